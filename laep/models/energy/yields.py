"""What planes yield, with range and P90 -> layers `model_plane`, `model_solar`, `model_yield`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import LaepError
from laep.schema.vocabulary import MONTHS

if TYPE_CHECKING:
    from collections.abc import Mapping


Triple = tuple[float, float, float]

PATH = "half-hourly light by compiled loop"
SKYLINE, NO_SKYLINE = "skyline from the surface model", "shade not known: a usual skyline"
_CONFIDENCE = ("low", "medium", "high")
_LEAST_YEARS = 5
"""Years of weather below which their spread says too little, and the assumption is used."""
_EXCEEDED_90, _HALF_OF_90 = 1.2816, 1.6449
"""In a normal law: standard deviations below the mean that 90 years in 100 exceed; half the range that holds 90."""


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """
    What makes a yield uncertain.

    Attributes
    ----------
    year_to_year : float
        Half of the range that holds 90 years in 100, `pv.weather.year_to_year`. [fraction]
    loss : tuple of float
        `pv.system.loss` and its low and high end. [fraction]
    other : float
        Standard deviation of all else that a yield rests on, `pv.yield.other_doubt`. [fraction]
    yearly_light : Series, optional
        Sunshine of each year, where the weather has several; below five years `year_to_year` is used.
    """

    year_to_year: float
    loss: Triple
    other: float
    yearly_light: pd.Series[float] | None = None

    @property
    def year_spread(self) -> float:
        """Return the standard deviation of years over their mean. [fraction]."""
        light = self.yearly_light
        if light is not None and len(light) >= _LEAST_YEARS:
            return float(light.std(ddof=1) / light.mean())
        return self.year_to_year / _HALF_OF_90

    @property
    def basis(self) -> str:
        """Return in words what the spread of years rests on."""
        light = self.yearly_light
        if light is not None and len(light) >= _LEAST_YEARS:
            return f"spread of {len(light)} years"
        return "usual spread of years"

    @property
    def ends(self) -> tuple[float, float]:
        """Return low and high over the central yield under one skyline: poor years with high losses. [fraction]."""
        central, low_loss, high_loss = self.loss
        years = _HALF_OF_90 * self.year_spread
        return (1 - years) * (1 - high_loss) / (1 - central), (1 + years) * (1 - low_loss) / (1 - central)

    @property
    def p90(self) -> float:
        """
        Return the yield of a year that is exceeded at odds of 90 in 100, over the middle one. [fraction].

        All sources of doubt count, as a lender has it: weather, light on the tilted plane, modules, losses, shade. They
        are taken to be independent (Thevenard and Pelland, Solar Energy 91 (2013) 432-441).
        """
        return 1 - _EXCEEDED_90 * math.hypot(self.year_spread, self.other)


def planes(
    roof_planes: pd.DataFrame,
    monthly: pd.DataFrame,
    open_kwh: pd.Series[float],
    sky_view: pd.Series[float],
    *,
    ends_kwh: tuple[pd.Series[float], pd.Series[float]],
    doubt: Doubt,
) -> pd.DataFrame:
    """
    Return what one kWp on each plane yields, as layer `model_plane`.

    Parameters
    ----------
    roof_planes : DataFrame
        Layer `roof_plane`.
    monthly : DataFrame, columns 1 to 12
        `solar.monthly_yield` of each plane, shade included. [kWh/kWp]
    open_kwh : Series
        Yield of the same plane with nothing round it and no loss for shade. [kWh/kWp]
    sky_view : Series
        Share of its sky each plane sees; missing where no survey shows its skyline.
    ends_kwh : tuple of Series
        Yield of each plane under the highest and under the lowest skyline it may have; that of `monthly` where a survey
        shows it. [kWh/kWp]
    doubt : Doubt

    Notes
    -----
    Low takes a poor year, the high loss and the highest skyline at once, high their opposites. Loss acts in proportion,
    which clipping makes slightly less than true.
    """
    known = sky_view.notna().to_numpy()
    annual = monthly.sum(axis=1).to_numpy()
    low, high = doubt.ends
    rank = roof_planes["confidence"].map(_CONFIDENCE.index).to_numpy(dtype=np.intp)
    rank = np.where(known, rank, np.minimum(rank, _CONFIDENCE.index("medium")))
    frame = pd.DataFrame(
        {
            "roof_id": roof_planes["roof_id"],
            "building_id": roof_planes["building_id"],
            "yield_kwh_per_kwp": annual,
            "yield_low_kwh_per_kwp": ends_kwh[0].to_numpy() * low,
            "yield_high_kwh_per_kwp": ends_kwh[1].to_numpy() * high,
            "yield_p90_kwh_per_kwp": annual * doubt.p90,
            "sky_view": sky_view,
            "shade_loss": np.where(known, 1 - annual / open_kwh.to_numpy(), np.nan),
        },
        index=roof_planes.index,
    )
    for number, month in enumerate(MONTHS, start=1):
        frame[f"{month}_kwh_per_kwp"] = monthly[number]
    frame["method"] = np.where(known, f"{PATH}; {SKYLINE}; ", f"{PATH}; {NO_SKYLINE}; ") + np.asarray(doubt.basis)
    frame["confidence"] = np.array(_CONFIDENCE)[rank]
    return frame


def buildings(roof_planes: pd.DataFrame, in_building: pd.DataFrame, yields: pd.DataFrame) -> pd.DataFrame:
    """
    Return what the suitable planes of each building could hold and yield, as layer `model_solar`.

    Parameters
    ----------
    roof_planes : DataFrame
        Layer `roof_plane`.
    in_building : DataFrame
        Layer `in_building`, of which `building_id` and `use` are read.
    yields : DataFrame
        Layer `model_plane`.

    Returns
    -------
    DataFrame
        One row a building with a suitable plane, in the order of `in_building`.

    Notes
    -----
    Low capacity meets low yield, high meets high: a range for one building, wider than that of a street's sum.
    """
    work = _suitable(roof_planes, yields)
    strangers = ~work["building_id"].isin(in_building["building_id"])
    if strangers.any():
        raise LaepError(f"{strangers.sum()} roof planes are of buildings that are not there. Run `laep run` again.")
    sums = _sums(work, work["building_id"])
    biggest = work.sort_values("capacity_kwp", ascending=False, kind="stable").drop_duplicates("building_id")
    biggest = biggest.set_index("building_id")
    sums["method"] = biggest["roof_method"] + "; " + biggest["method"]
    sums["yield_kwh_per_kwp"] = sums["annual_kwh"] / sums["capacity_kwp"]
    wanted = [name for name in sums.columns if name not in {"annual_p90_kwh", *_month_columns()}]
    return in_building[["building_id", "use"]].merge(
        sums[wanted].rename_axis("building_id").reset_index(), on="building_id", how="inner", validate="1:1"
    )


def scopes(roof_planes: pd.DataFrame, yields: pd.DataFrame, members: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """
    Return what the suitable planes of buildings, substations, segments and the whole area yield, as `model_yield`.

    Parameters
    ----------
    roof_planes, yields : DataFrame
        Layers `roof_plane` and `model_plane`.
    members : mapping of scope to DataFrame
        With `building_id` and `scope_id`; a building may belong to several of a scope.
    """
    work = _suitable(roof_planes, yields)
    found = [_scope(work, "building", work["building_id"]), _scope(work, "area", pd.Series("area", index=work.index))]
    for scope, frame in members.items():
        placed = work.merge(frame.dropna(subset=["scope_id"]), on="building_id", how="inner")
        found.append(_scope(placed, scope, placed["scope_id"]))
    return pd.concat(found, ignore_index=True)


def _suitable(roof_planes: pd.DataFrame, yields: pd.DataFrame) -> pd.DataFrame:
    """Return the suitable planes with their energy. [kWh]."""
    used = roof_planes[roof_planes["suitable"].astype(bool) & (roof_planes["capacity_kwp"] > 0)]
    columns = ["roof_id", "building_id", "capacity_kwp", "capacity_low_kwp", "capacity_high_kwp", "method"]
    work = used[columns].rename(columns={"method": "roof_method"})
    work = work.merge(yields.drop(columns="building_id"), on="roof_id", how="inner", validate="1:1")
    for end in ("", "_low", "_high"):
        work[f"annual{end}_kwh"] = work[f"capacity{end}_kwp"] * work[f"yield{end}_kwh_per_kwp"]
    work["annual_p90_kwh"] = work["capacity_kwp"] * work["yield_p90_kwh_per_kwp"]
    for month in MONTHS:
        work[f"{month}_kwh"] = work["capacity_kwp"] * work[f"{month}_kwh_per_kwp"]
    work["rank"] = work["confidence"].map(_CONFIDENCE.index).astype("int64")
    return work


def _sums(work: pd.DataFrame, by: pd.Series[str]) -> pd.DataFrame:
    grouped = work.groupby(by.to_numpy(), sort=True)
    names = [f"{stem}{end}" for stem, unit in (("capacity", "kwp"), ("annual", "kwh")) for end in _endings(unit)]
    sums = grouped[[*names, "annual_p90_kwh", *_month_columns()]].sum()
    # The least certain plane speaks for all.
    sums["confidence"] = grouped["rank"].min().map(dict(enumerate(_CONFIDENCE)))
    return sums


def _scope(work: pd.DataFrame, scope: str, by: pd.Series[str]) -> pd.DataFrame:
    sums = _sums(work, by)
    shaded = work["capacity_kwp"].where(work["sky_view"].notna(), 0.0).groupby(by.to_numpy(), sort=True).sum()
    share = (shaded / sums["capacity_kwp"]).map("{:.0%}".format)
    sums["method"] = f"{PATH}; skyline known for " + share.astype(str) + " of capacity"
    frame = sums.rename_axis("scope_id").reset_index()
    frame.insert(0, "scope", scope)
    return frame


def _endings(unit: str) -> tuple[str, str, str]:
    return f"_{unit}", f"_low_{unit}", f"_high_{unit}"


def _month_columns() -> list[str]:
    return [f"{month}_kwh" for month in MONTHS]
