"""
Substation names, brought to a form in which two publishers' spellings of one place are equal.

It stands on the ground floor because models climb chains by name and the map is matched by name, and neither may import
the other.
"""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_RATIO = r"\b\d+(?:\.\d+)?\s*(?:KV)?\s*/\s*\d+(?:\.\d+)?\s*(?:KV)?\b"  # 33/11KV: what it does, not which one it is
_KIND = (
    r"\b(?:PRIMARY|SUB\s*STATIONS?|S\s*STN|S\s*S|STN|BSP|GSP|SGP|SGT\d*|GRID|SUPPLY POINT|BULK|"
    r"SWITCHING(?:\s*STATION)?)\b"
)
_PLAINER = tuple(
    (re.compile(pattern, re.ASCII), instead)
    for pattern, instead in (
        ("&", " AND "), (_RATIO, " "), ("['\u2019]", ""), (r"(?<=\d)\s*KV\b", ""), (r"[^A-Z0-9.]+|\.(?!\d)", " "),
        (_KIND, " "), (" ", ""),
    )
)  # fmt: skip
"""What is replaced in a name in upper case, in turn, and by what."""
_VOLTAGE = re.compile(r"\b\d+(?:\.\d+)?\s*(?:KV)?\b|\bT\d(?:\s*(?:&|AND|,)\s*T?\d)*\b", re.ASCII)
# T1 is a transformer, T3 & T4 are two, and no place
_CUSTOMER = r"\b(?:SOLAR|PV|WIND\s?FARM|GENERATION|BESS|ESS|BATTERY|STORAGE|TRACKSIDE|TRACTION|BIOMASS)\b"
_SIMILAR = 0.8  # difflib ratio: LABURNUM and LABURNAM agree, NEWBURY and NEWBURN do not
_REMEMBERED = 1 << 18
"""How many names are kept with their plain forms: those of every substation of an operator, which steps ask again."""


def plain(names: pd.Series[str]) -> pd.Series[str]:
    """
    Return names upper case, without punctuation, spaces, the word for what they are, or a voltage ratio.

    `EYNSHAM PRIMARY`, `Eynsham 33/11kV S.Stn` and `Eynsham` all give `EYNSHAM`; `Iver 132` and `Iver 66` stay apart.
    """
    return _each(_plain, names)


def without_voltage(names: pd.Series[str]) -> pd.Series[str]:
    """Return `plain` names with numbers and transformers dropped: a weaker key, for where the first finds nothing."""
    return _each(_without_voltage, names)


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
    keys: tuple[Callable[[str], str], ...] = (_written, _plain, _without_voltage)
    for tier, key in enumerate(keys):
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


def _keyed(frame: pd.DataFrame, key: Callable[[str], str], by: Sequence[str]) -> pd.DataFrame:
    """Return the rows that have a key, and whether their name is bare of voltages."""
    keys = _each(key, frame["name"])
    keyed = frame[list(by)].assign(key=keys, row=frame.index, bare=(plain(frame["name"]) == keys).fillna(value=False))
    return keyed.dropna(subset=["key"])


def _each(key: Callable[[str], str], names: pd.Series[str]) -> pd.Series[str]:
    """Return the key of each name; missing where the name is, or has none."""
    keys = [key(name) or None if isinstance(name, str) else None for name in names]
    return pd.Series(keys, index=names.index, name=names.name, dtype="string")


def _written(name: str) -> str:
    return " ".join(name.casefold().split())


@lru_cache(_REMEMBERED)
def _plain(name: str) -> str:
    upper = name.upper()
    for pattern, instead in _PLAINER:
        upper = pattern.sub(instead, upper)
    return upper


@lru_cache(_REMEMBERED)
def _without_voltage(name: str) -> str:
    return _plain(_VOLTAGE.sub(" ", name.upper()))


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
