"""Energy of every carrier in a year, by what it is used for: in each place, and added up over zones and substations.

A place is a building, or the homes of a census zone that no map shows. What is known of a part of the use is its
central amount in each place, a factor that all places share, and how far each place may be off by itself: so sums of
many places are surer than any one of them. `docs/methods-energy.md` says what each part rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from laep.models.money.span import Span
from laep.schema import empty
from laep.schema.vocabulary import TODAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Array = NDArray[np.float64]
KEY = ["scope", "scope_id", "sector", "carrier", "end_use", "scenario", "year"]
AMOUNTS = tuple(
    f"{stem}{end}_{unit}"
    for stem, unit in (
        ("annual", "kwh"),
        ("cost", "gbp_per_yr"),
        ("leaving", "gbp_per_yr"),
        ("carbon", "kgco2e_per_yr"),
    )
    for end in ("", "_low", "_high")
)
"""Columns of layer `model_use` that add up."""
SURE = Span.exact(1.0)
_ONE_PLACE = "building"


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    One carrier for one end use of one kind of user, in every place.

    Attributes
    ----------
    sector, carrier, end_use : str
        Words of `schema.vocabulary`.
    kwh : array, shape (places,)
        Central amount before `factor`; missing where it is not known. [kWh/yr]
    factor : Span
        What all places are multiplied by: the doubt they share. [-]
    own : Span
        How far one place may be off by itself, around 1; numbers, or arrays of shape (places,). [-]
    price, carbon : Span
        What a kWh costs its user, and emits. [GBP/kWh, kgCO2e/kWh]
    standing : array, shape (places,)
        Standing charges. [GBP/yr]
    method, confidence : str
        How it was found, and how sure its sum over many places is; of one building it is low.
    """

    sector: str
    carrier: str
    end_use: str
    kwh: Array
    factor: Span
    own: Span
    price: Span
    carbon: Span
    standing: Array
    method: str
    confidence: str


def table(parts: Iterable[Part], scopes: Mapping[str, pd.Series[str]], *, stays: Span, year: int) -> pd.DataFrame:
    """
    Return layer `model_use` of today: every part added up over every scope.

    Parameters
    ----------
    parts : iterable of Part
        Several of one sector, carrier and end use are summed.
    scopes : mapping of scope to Series, shape (places,)
        What of each scope a place belongs to; missing where it belongs to none.
    stays : Span
        Share of what is spent that stays in the area, `spend.stays_local_share`. [-]
    year : int
        Year the figures stand for.

    Returns
    -------
    DataFrame
        One row a scope, id, sector, carrier and end use that uses anything.

    Notes
    -----
    Ends of a sum: the shared factor moves all places together, and what is a place's own is taken to be independent
    from place to place, so that its half-widths add up by their squares.
    """
    codes = {scope: pd.factorize(ids, sort=True) for scope, ids in scopes.items()}
    frames = [
        _summed(part, scope, code, np.asarray(ids, dtype=object), year)
        for part in parts
        for scope, (code, ids) in codes.items()
    ]
    some = [frame for frame in frames if len(frame)]
    if not some:
        return empty("model_use")
    every = pd.concat(some, ignore_index=True)
    alike = every.groupby(KEY, sort=False, as_index=False)
    told = {"method": "first", "confidence": "first"}
    held = [name for name in AMOUNTS if name in every]
    joined: pd.DataFrame = alike.agg({**dict.fromkeys(held, "sum"), **told})
    return _leaving(joined, stays)


def carbon_path(area: pd.DataFrame, path: Mapping[int, Span], *, scenario: str) -> pd.DataFrame:
    """
    Return the same use of the area in years to come, with the emissions that electricity then has.

    Parameters
    ----------
    area : DataFrame
        Rows of `model_use` of scope `area`.
    path : mapping of int to Span
        Emissions of grid electricity by year. [kgCO2e/kWh]
    scenario : str
        What the rows are called by.

    Notes
    -----
    Prices stay what they are: nobody knows them, and this is no forecast of bills.
    """
    electric = (area["carrier"] == "electricity").to_numpy()
    frames = []
    for year, factor in path.items():
        ends = zip(("", "_low", "_high"), (factor.value, factor.low, factor.high), strict=True)
        carbon = {
            f"carbon{end}_kgco2e_per_yr": np.where(
                electric, area[f"annual{end}_kwh"] * by, area[f"carbon{end}_kgco2e_per_yr"]
            )
            for end, by in ends
        }
        frames.append(area.assign(year=year, scenario=scenario, **carbon))
    return pd.concat(frames, ignore_index=True)


def _leaving(rows: pd.DataFrame, stays: Span) -> pd.DataFrame:
    """Add what of the cost leaves the area."""
    leaves = stays.rest()
    ends = zip(("", "_low", "_high"), (leaves.value, leaves.low, leaves.high), strict=True)
    return rows.assign(
        **{f"leaving{end}_gbp_per_yr": rows[f"cost{end}_gbp_per_yr"] * float(share) for end, share in ends}
    )


def looked_up(words: pd.Series[str], values: Mapping[str, float]) -> pd.Series[float]:
    """Return the value of each word, missing where it has none; a column without a word is one of numbers too."""
    return words.astype("object").map(dict(values)).astype("float64")


def by_code(values: Array, code: NDArray[np.intp], count: int) -> Array:
    """Return the sum of the values of each code from 0 to `count` - 1, shape (count,)."""
    return np.bincount(code, weights=values, minlength=count).astype(np.float64)


def _summed(part: Part, scope: str, code: NDArray[np.intp], ids: NDArray[np.object_], year: int) -> pd.DataFrame:
    """Return one part added up over one scope."""
    counted = (code >= 0) & (np.nan_to_num(part.kwh) > 0)

    def total(values: Array) -> Array:
        return by_code(values[counted], code[counted], len(ids))

    value, low, high = (_spread(part, end, total) for end in ("value", "low", "high"))
    used = np.bincount(code[counted], minlength=len(ids)) > 0
    standing = total(part.standing)
    frame = pd.DataFrame(
        {
            "scope": scope, "scope_id": ids, "sector": part.sector, "carrier": part.carrier, "end_use": part.end_use,
            "scenario": TODAY, "year": year,
        }
    )  # fmt: skip
    for end, kwh in (("value", value), ("low", low), ("high", high)):
        suffix = "" if end == "value" else f"_{end}"
        frame[f"annual{suffix}_kwh"] = kwh
        frame[f"cost{suffix}_gbp_per_yr"] = kwh * getattr(part.price, end) + standing
        frame[f"carbon{suffix}_kgco2e_per_yr"] = kwh * getattr(part.carbon, end)
    frame["method"] = part.method
    frame["confidence"] = "low" if scope == _ONE_PLACE else part.confidence
    return frame[used]


def _spread(part: Part, end: str, total: Callable[[Array], Array]) -> Array:
    """Return the central, low or high sum of a part by group."""
    central = part.kwh * part.factor.value
    if end == "value":
        return total(central)
    together = total(central) * getattr(part.factor, end) / part.factor.value
    half = central * np.abs(getattr(part.own, end) - 1.0)
    apart = np.sqrt(total(half**2))
    return np.asarray(np.maximum(together - apart, 0.0) if end == "low" else together + apart)
