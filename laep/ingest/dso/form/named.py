"""Tables without positions: which of their rows are of substations near the area, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from laep.errors import SourceInvalid

if TYPE_CHECKING:
    from laep.ingest.source import Request, Source

_TAIL = r"\b(?:primary|grid|gsp|bsp|substation|s\s*stn|s/s|local|\d+(?:\.\d+)?\s*kv|kv|\d+)\b"
"""What operators add to a substation's name in one table and not in another."""


def key(names: pd.Series[str]) -> pd.Series[str]:
    """Return names without case, voltages, levels and everything but letters: `J37 East Bay 33/11kV` -> `jeastbay`."""
    plain = names.astype("string").str.casefold().str.replace(_TAIL, " ", regex=True)
    return plain.str.replace(r"[^a-z]", "", regex=True)


def near(request: Request, source: Source, *names: pd.Series[str]) -> pd.Series[bool]:
    """
    Return which rows name a substation the area has in `in_substation` or `in_supply_area`, in any of their columns.

    Without an area every row is kept.

    Raises
    ------
    SourceInvalid
        When the area holds neither, so that no row could be told from another.
    """
    if request.clip is None:
        return pd.Series(data=True, index=names[0].index)
    sites, areas = (request.layers.get(layer) for layer in ("in_substation", "in_supply_area"))
    known = _known(sites, "name") | _known(areas, "substation_name")
    if not known:
        raise SourceInvalid(
            f"{source.name} has no positions, so laep finds its rows by the names of substations, and the area has "
            "none yet. Read the operator's substations or supply areas first (see `laep sources`)."
        )
    found = pd.Series(data=False, index=names[0].index)
    for column in names:
        found |= key(column).isin(known).astype(bool)
    return found


def _known(layer: Any, column: str) -> set[str]:
    if layer is None:
        return set()
    return set(key(layer[column]).dropna()) - {""}
