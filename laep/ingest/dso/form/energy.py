"""What the registers of generation call a source of energy, in our words."""

from __future__ import annotations

import pandas as pd

_TECHNOLOGIES = (
    (r"tidal|\bwave\b|nuclear|geothermal|dry rocks|hydrogen|\boil\b|hard coal|brown coal|lignite|\bpeat\b", "other"),
    (r"stor(?:ed|age)|batter|flywheel|liquid air|compressed air", "storage"),
    (r"solar|photovoltaic", "solar"),
    (r"wind", "wind"),
    (r"\bhydro|water", "hydro"),
    (r"gasification|pyrolysis|waste|\befw\b|advanced conversion", "waste"),
    (r"bio(?:fuel|mass|gas)|landfill|sewage|anaerobic|digestion", "biomass"),
    (r"gas", "gas"),
)
"""Words for an energy source, tried in this order; what fits none is `other`."""


def technology(words: pd.Series[str]) -> pd.Series[str]:
    """Return our word for each energy source, `other` where it is none of ours or missing."""
    said = words.astype("string").str.casefold()
    found = pd.Series("other", index=words.index, dtype="string")
    for pattern, ours in reversed(_TECHNOLOGIES):
        found[said.str.contains(pattern).fillna(value=False)] = ours
    return found
