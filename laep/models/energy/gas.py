"""Gas of homes: how many of each place are on it and what one uses, by the area's meters where they are published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from laep.models.energy import mean_use
from laep.models.energy.use import by_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.models.money.span import Span

Array = NDArray[np.float64]
_ENOUGH = 0.5  # meters of postcodes for half of the homes on gas: fewer may be all of one kind


@dataclass(frozen=True, kw_only=True)
class Gas:
    """
    Gas of the homes of each place.

    Attributes
    ----------
    share : array, shape (places,)
        Share of homes on gas; missing where nothing says. [-]
    kwh : array, shape (places,)
        Gas of a place if all its homes were on gas. [kWh/yr]
    doubt : Span
        How far all places may be off together, around 1. [-]
    method, confidence, note : str
        Where it comes from, how sure it is, and what to tell.
    """

    share: Array
    kwh: Array
    doubt: Span
    method: str
    confidence: str
    note: str


def of_places(
    expected_kwh: Array,
    homes: Array,
    zone: pd.Series[str],
    metered: pd.DataFrame | None,
    *,
    told_share: Array,
    doubt: Mapping[str, Span],
) -> Gas:
    """
    Return the gas of each place: brought to the meters of its zone, else of the area's postcodes, else as expected.

    Parameters
    ----------
    expected_kwh : array, shape (places,)
        Gas of a place if all its homes were on gas, by what its homes are like: it tells places apart. [kWh/yr]
    homes : array, shape (places,)
        Homes of each place. [homes]
    zone : Series, shape (places,)
        Zone of each place, of the kind that `metered` has; missing where none.
    metered : DataFrame or None
        Layer `in_metered`, `share_in_area` that of a zone's households.
    told_share : array, shape (places,)
        Share of homes that census or certificates say are on gas; missing where they do not. [-]
    doubt : mapping of str to Span
        How far sums may be off, around 1, where they are `metered` and where they are `expected`. [-]

    Notes
    -----
    In a zone with meters the gas of its places adds up to what its meters say of the homes inside the area. Zones
    without meters are brought to the others.
    """
    by_zone = zones(metered, "gas")
    if len(by_zone):
        return _by_zone(expected_kwh, homes, zone, by_zone, told_share, doubt["metered"])
    rows = mean_use.latest(metered, "postcode", "gas")
    meters, on = float(rows["meters"].sum()), float(np.nansum(homes * told_share))
    if meters > 0 and meters >= _ENOUGH * on:
        mean = float(rows["total_kwh"].sum()) / meters
        note = f"Gas of homes by {meters:,.0f} meters in {len(rows):,} postcodes: {mean:,.0f} kWh a year each"
        each = mean * float(homes.sum()) / float(expected_kwh.sum())
        return Gas(
            share=told_share, kwh=expected_kwh * each, doubt=doubt["metered"], confidence="medium", note=note,
            method="the mean of the area's postcodes with gas meters, shared by the heat homes need",
        )  # fmt: skip
    note = (
        "Gas of homes is what such homes are expected to use: `laep ingest metered --file PATH` with the government's "
        "table of gas would give what meters here say"
    )
    return Gas(
        share=told_share, kwh=expected_kwh, doubt=doubt["expected"], confidence="low", note=note,
        method="what such homes are expected to use",
    )  # fmt: skip


def zones(metered: pd.DataFrame | None, fuel: str) -> pd.DataFrame:
    """Return meters of homes and what they say by zone, of the part inside the area; columns meters, kwh, year."""
    rows = mean_use.latest(metered, "lsoa", fuel).dropna(subset=["total_kwh"])
    part = rows["share_in_area"].astype("float64").fillna(1.0)
    found = pd.DataFrame(
        {
            "meters": rows["meters"].astype("float64") * part,
            "kwh": rows["total_kwh"].astype("float64") * part,
            "year": rows["year"],
        }
    )
    return found.set_axis(rows["area_code"].astype("object"))


def _by_zone(
    expected: Array, homes: Array, zone: pd.Series[str], by_zone: pd.DataFrame, told_share: Array, doubt: Span
) -> Gas:
    code = pd.Index(by_zone.index).get_indexer(zone.astype("object"))
    inside = code >= 0

    def total(values: Array) -> Array:
        return by_code(values[inside], code[inside], len(by_zone))

    meters, kwh = by_zone["meters"].to_numpy(), by_zone["kwh"].to_numpy()
    share = np.where(inside, np.minimum(_ratio(meters, total(homes)), 1.0)[code], told_share)
    on = total(expected * np.nan_to_num(share))
    some = on > 0
    mean = float(kwh[some].sum() / on[some].sum()) if some.any() else 1.0
    each = np.where(inside & some[code], _ratio(kwh, on)[code], mean)
    year = "" if by_zone["year"].isna().all() else f" of {int(by_zone['year'].max())}"
    note = (
        f"Gas of homes by {meters.sum():,.0f} meters in {len(by_zone):,} census zones{year}: {kwh.sum():,.0f} kWh; "
        f"homes in zones without meters: {homes[~inside].sum():,.0f}"
    )
    return Gas(
        share=share, kwh=expected * each, doubt=doubt, confidence="high", note=note,
        method=f"gas meters of the census zone{year}, shared among its homes by the heat they need",
    )  # fmt: skip


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
