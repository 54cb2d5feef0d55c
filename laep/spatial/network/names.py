"""Substation names, brought to a form in which two publishers' spellings of one place are equal."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_RATIO = r"\b\d+(?:\.\d+)?\s*(?:KV)?\s*/\s*\d+(?:\.\d+)?\s*(?:KV)?\b"  # 33/11KV: what it does, not which one it is
_VOLTAGE = r"\b\d+(?:\.\d+)?\s*(?:KV)?\b"
_KIND = r"\b(?:PRIMARY|SUBSTATIONS?|S\s*STN|S\s*S|STN|BSP|GSP|SGP|GRID|SUPPLY POINT|BULK)\b"
_CUSTOMER = r"\b(?:SOLAR|PV|WIND\s?FARM|GENERATION|BESS|ESS|BATTERY|STORAGE|TRACKSIDE|TRACTION|BIOMASS)\b"
_SIMILAR = 0.8  # difflib ratio: LABURNUM and LABURNAM agree, NEWBURY and NEWBURN do not


def plain(names: pd.Series[str]) -> pd.Series[str]:
    """
    Return names upper case, without punctuation, spaces, the word for what they are, or a voltage ratio.

    `EYNSHAM PRIMARY`, `Eynsham 33/11kV S.Stn` and `Eynsham` all give `EYNSHAM`; `Iver 132` and `Iver 66` stay apart.
    """
    upper = names.astype("string").str.upper().str.replace("&", " AND ", regex=False)
    bare = upper.str.replace(_RATIO, " ", regex=True).str.replace(r"['\u2019]", "", regex=True)
    bare = bare.str.replace(r"(?<=\d)\s*KV\b", "", regex=True).str.replace(r"[^A-Z0-9.]+|\.(?!\d)", " ", regex=True)
    kept = bare.str.replace(_KIND, " ", regex=True).str.replace(" ", "", regex=False)
    return kept.mask(kept == "")


def without_voltage(names: pd.Series[str]) -> pd.Series[str]:
    """Return `plain` names with every number dropped as well: a weaker key, for where the first finds nothing."""
    return plain(names.astype("string").str.upper().str.replace(_VOLTAGE, " ", regex=True))


def customers_own(names: pd.Series[str]) -> pd.Series[bool]:
    """Return which names say the substation was built for one generator, battery or railway, so serves no homes."""
    return names.astype("string").str.upper().str.contains(_CUSTOMER, regex=True).fillna(value=False).astype(bool)


def similar(one: str, other: str) -> bool:
    """Return whether two plain names differ by a spelling slip, or one begins with the other."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= 4 and longer.startswith(shorter):
        return True
    return difflib.SequenceMatcher(a=shorter, b=longer, autojunk=False).ratio() >= _SIMILAR


_WORD = re.compile(r"[a-z0-9]+")


def slug(text: str) -> str:
    """Return text as lower-case words joined by hyphens, for use inside an id."""
    return "-".join(_WORD.findall(text.lower()))
