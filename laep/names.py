"""
Substation names, brought to a form in which two publishers' spellings of one place are equal.

It stands on the ground floor because models climb chains by name and the map is matched by name, and neither may import
the other.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_RATIO = r"\b\d+(?:\.\d+)?\s*(?:KV)?\s*/\s*\d+(?:\.\d+)?\s*(?:KV)?\b"  # 33/11KV: what it does, not which one it is
_VOLTAGE = r"\b\d+(?:\.\d+)?\s*(?:KV)?\b|\bT\d(?:\s*(?:&|AND|,)\s*T?\d)*\b"
# T1 is a transformer, T3 & T4 are two, and no place
_KIND = (
    r"\b(?:PRIMARY|SUB\s*STATIONS?|S\s*STN|S\s*S|STN|BSP|GSP|SGP|SGT\d*|GRID|SUPPLY POINT|BULK|"
    r"SWITCHING(?:\s*STATION)?)\b"
)
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
    """Return `plain` names with numbers and transformers dropped: a weaker key, for where the first finds nothing."""
    return plain(names.astype("string").str.upper().str.replace(_VOLTAGE, " ", regex=True))


WRITTEN, PLAIN, BARE = range(3)
"""How two names agree: as written, without punctuation and kind, and without the voltage of one of them as well."""


def pairs(wanted: pd.DataFrame, listed: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """
    Return which rows of `wanted` may name which rows of `listed`.

    Parameters
    ----------
    wanted, listed : DataFrame
        `name` and the columns in `by`, which must be equal: two operators' substations of one name are two places.

    Returns
    -------
    DataFrame
        `row` and `to`, the indexes of the two, and `tier`: `WRITTEN`, `PLAIN` or `BARE`. Each pair has its best tier.

    Notes
    -----
    Names without voltages agree only where one of the two says none: `Cowley 132kV` may be `COWLEY`, and `Iver 66kV` is
    never `Iver 132kV`.
    """
    found = []
    for tier, key in enumerate((_written, plain, without_voltage)):
        ours, theirs = (_keyed(frame, key, by) for frame in (wanted, listed))
        both = ours.merge(theirs.rename(columns={"row": "to"}), on=[*by, "key"], suffixes=("", "_listed"))
        either = both["bare"] | both["bare_listed"]
        found.append(both.loc[either if tier == BARE else both.index, ["row", "to"]].assign(tier=tier))
    return pd.concat(found, ignore_index=True).drop_duplicates(["row", "to"])


def find(wanted: pd.DataFrame, listed: pd.DataFrame, *, by: Sequence[str]) -> pd.Series[int]:
    """
    Return the row of `listed` that each row of `wanted` names.

    Parameters
    ----------
    wanted, listed : DataFrame
        As in `pairs`.

    Returns
    -------
    Series indexed like `wanted`
        Index of the row in `listed` that agrees best; missing where none does, or more than one equally well.
    """
    found = pairs(wanted, listed, by=by)
    best = found[found["tier"] == found.groupby("row")["tier"].transform("min")]
    sure = best[~best.duplicated("row", keep=False)]
    return sure.set_index("row")["to"].reindex(wanted.index).astype("Int64")


def _keyed(frame: pd.DataFrame, key: Callable[[pd.Series[str]], pd.Series[str]], by: Sequence[str]) -> pd.DataFrame:
    """Return the rows that have a key, and whether their name is bare of voltages."""
    keys = key(frame["name"])
    keyed = frame[list(by)].assign(key=keys, row=frame.index, bare=(plain(frame["name"]) == keys).fillna(value=False))
    return keyed.dropna(subset=["key"])


def _written(names: pd.Series[str]) -> pd.Series[str]:
    return names.astype("string").str.casefold().str.split().str.join(" ")


def customers_own(names: pd.Series[str]) -> pd.Series[bool]:
    """
    Return which names say the substation was built for one generator, battery or railway, so serves no homes.

    One that is called a primary serves a place of that name: `Battery Point Primary` feeds Stornoway.
    """
    upper = names.astype("string").str.upper()
    own = upper.str.contains(_CUSTOMER, regex=True) & ~upper.str.contains(r"\bPRIMARY\b", regex=True)
    return own.fillna(value=False).astype(bool)


def similar(one: str, other: str) -> bool:
    """Return whether two plain names differ by a spelling slip, or one begins with the other."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= 4 and longer.startswith(shorter):
        return True
    return difflib.SequenceMatcher(a=shorter, b=longer, autojunk=False).ratio() >= _SIMILAR
