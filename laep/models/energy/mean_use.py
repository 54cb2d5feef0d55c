"""What a home of the area uses on average, by its meters where they are published, else by a national figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from laep import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

Span = tuple[float, float, float]
"""Central, low and high value."""

_ENOUGH = 0.5  # meters for half of the homes: fewer may be all of one kind, such as the newest estate


@dataclass(frozen=True)
class MeanUse:
    """Mean electricity of a home in a year, and where it comes from in words. [kWh/yr]."""

    kwh: float
    method: str
    note: str
    metered: bool


def electricity(metered: pd.DataFrame | None, *, homes: float, assumed_kwh: float) -> MeanUse:
    """
    Return the mean electricity use of the area's homes.

    Parameters
    ----------
    metered : DataFrame or None
        Layer `in_metered`. Zones (LSOAs) are weighted by their share in the area and come before postcodes, whose
        share is not known; of several years the latest counts.
    homes : float
        Homes counted in the area. [homes]
    assumed_kwh : float
        Mean use of a home where meters do not cover half of the homes, `demand.home_mean_kwh`. [kWh/yr]
    """
    for kind in ("lsoa", "postcode"):
        rows = latest(metered, kind, "electricity").dropna(subset=["meters", "mean_kwh"])
        weight = rows["meters"].astype("float64") * rows["share_in_area"].astype("float64").fillna(1.0)
        meters = float(weight.sum())
        if meters > 0 and meters >= _ENOUGH * homes:
            mean = float((rows["mean_kwh"].astype("float64") * weight).sum() / meters)
            words = "census zones (LSOAs)" if kind == "lsoa" else "postcodes"
            year = "" if rows["year"].isna().all() else f" of {int(rows['year'].max())}"
            note = (
                f"Homes scaled to the mean of {meters:,.0f} domestic meters in {len(rows):,} {words}{year}: "
                f"{mean:,.0f} kWh a year"
            )
            return MeanUse(mean, f"scaled to the meters of the area's {words}", note, metered=True)
    note = (
        f"No metered use covers half of the homes, so they are scaled to a national mean of {assumed_kwh:,.0f} kWh a "
        "year: `laep ingest metered --file PATH` would give the area's own"
    )
    return MeanUse(assumed_kwh, "scaled to a national mean use", note, metered=False)


def scaled(spans: Mapping[str, Span], factor: float) -> dict[str, Span]:
    """Return each value, low and high times `factor`."""
    return {key: times(span, factor) for key, span in spans.items()}


def times(span: Span, factor: float) -> Span:
    """Return value, low and high times `factor`."""
    return span[0] * factor, span[1] * factor, span[2] * factor


def product(one: Span, other: Span) -> Span:
    """Return the products of two values, of their low and of their high ends."""
    return one[0] * other[0], one[1] * other[1], one[2] * other[2]


def latest(metered: pd.DataFrame | None, kind: str, fuel: str) -> pd.DataFrame:
    """Return the rows of one fuel and kind of area (`lsoa` or `postcode`), of the latest year, that count meters."""
    if metered is None:
        return schema.empty("in_metered")
    rows = metered[(metered["kind"] == kind) & (metered["fuel"] == fuel)].dropna(subset=["meters"])
    year = rows["year"].max()
    return rows if pd.isna(year) else rows[rows["year"] == year]
