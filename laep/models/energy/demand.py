"""Electricity use of buildings, or of census zones where no buildings are held, and its half-hours.

Homes take a typical home's use, businesses their floor area times a benchmark. What rests on nothing stays missing.
`docs/methods-solar-demand.md` says what each figure is worth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from laep.models.energy import mean_use
from laep.models.time import profiles
from laep.models.time.clock import PERIOD_H, PERIODS
from laep.schema import uses

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Span = tuple[float, float, float]
"""Central, low and high value."""

HOME_PROFILE, BUSINESS_PROFILE = uses.RULES["home"].profile, uses.RULES["shop"].profile

_ENDS = ("", "_low", "_high")


def buildings_demand(
    buildings: pd.DataFrame,
    counted: pd.DataFrame,
    *,
    home_kwh: Span,
    intensity: Mapping[str, Span],
    storeys: Mapping[str, Span],
    form: pd.Series[str] | None = None,
    archetype_kwh: Mapping[str, Span] | None = None,
) -> pd.DataFrame:
    """
    Estimate the electricity each building uses in a year, as layer `model_demand` of scope `building`.

    Parameters
    ----------
    buildings : DataFrame
        Layer `in_building`.
    counted : DataFrame
        Rows of layer `model_home` of scope `building`, one a building in the same order.
    home_kwh : tuple
        Use of a typical home and of a low and a high user, `demand.home_kwh`. [kWh/yr]
    intensity : mapping of use to tuple
        Use per floor area of a business, `demand.intensity_kwh_m2.*`. [kWh/m2/yr]
    storeys : mapping of use to tuple
        Storeys where the source has none, `building.storeys.*`. [storeys]
    form : Series, optional
        Built form of homes: detached, semi, end_terrace, mid_terrace or flat; homes without one keep `home_kwh`, and
        so do homes counted as several in one detached building, which then are not detached from each other.
    archetype_kwh : mapping of form to tuple, optional
        Use by built form, `demand.archetype_kwh.*`; goes with `form`. [kWh/yr]

    Returns
    -------
    DataFrame
        One row a building. Garages, outbuildings, utilities and unknown buildings that are no homes have no figure and
        no profile.

    Notes
    -----
    A business with homes above it, as the source counts them, is taken to fill one storey. The range is that of one
    building: low users with low users, so the sum of many is more certain than the sum of their ranges.
    """
    count = counted["homes"].to_numpy(dtype="float64")
    per_home, by_form = _per_home(buildings, count, home_kwh, form, archetype_kwh)
    floors = _floors(buildings, count, storeys)
    domestic = np.where(count[:, None] > 0, count[:, None] * per_home, np.nan)
    business = _column(buildings["footprint_m2"]) * floors * _spans(buildings["use"], intensity)
    at_home, at_work = ~np.isnan(domestic[:, 0]), ~np.isnan(business[:, 0])
    known = at_home | at_work
    annual = np.where(known[:, None], np.nan_to_num(domestic) + np.nan_to_num(business), np.nan)
    mostly_homes = np.nan_to_num(domestic[:, 0]) >= np.nan_to_num(business[:, 0])
    sure = at_home & ~at_work & counted["confidence"].isin(["high", "medium"]).to_numpy()
    return pd.DataFrame(
        {
            "scope": "building",
            "scope_id": buildings["building_id"].to_numpy(),
            "use": buildings["use"].to_numpy(),
            "homes": count,
            **{f"annual{end}_kwh": annual[:, i] for i, end in enumerate(_ENDS)},
            "home_share": _share_of_homes(domestic[:, 0], annual[:, 0]),
            "profile": _profiles(buildings["use"], mostly_homes).where(known),
            "method": _methods(counted["method"], buildings["storeys"], at_home, at_work, by_form),
            "confidence": np.where(sure, "medium", "low"),
        }
    )


def zones_demand(zones: pd.DataFrame, *, home_kwh: Span) -> pd.DataFrame:
    """
    Estimate the use of the homes of census zones that stand in no mapped building, as `model_demand` of scope `zone`.

    Parameters
    ----------
    zones : DataFrame
        Rows of layer `model_home` of scope `zone`.
    home_kwh : tuple
        Use of a typical home and of a low and a high user, `demand.home_kwh`. [kWh/yr]

    Notes
    -----
    Businesses are not in it: a census of homes says nothing of them.
    """
    count = zones["off_map_homes"].to_numpy(dtype="float64")
    return pd.DataFrame(
        {
            "scope": "zone",
            "scope_id": zones["scope_id"].to_numpy(),
            "use": "home",
            "homes": count,
            **{f"annual{end}_kwh": count * kwh for end, kwh in zip(_ENDS, home_kwh, strict=True)},
            "home_share": 1.0,
            "profile": HOME_PROFILE,
            "method": "census households that no mapped building holds, a typical home's use; homes only",
            "confidence": "medium",
        }
    )


def buildings_to_mean(
    buildings: pd.DataFrame,
    counted: pd.DataFrame,
    *,
    mean: mean_use.MeanUse,
    home_kwh: Span,
    intensity: Mapping[str, Span],
    mean_over_median: Mapping[str, Span],
    storeys: Mapping[str, Span],
    form: pd.Series[str],
    archetype_kwh: Mapping[str, Span],
) -> pd.DataFrame:
    """
    Estimate the use of each building as `buildings_demand` does, scaled so that sums over an area are sums of means.

    Parameters
    ----------
    mean : MeanUse
        From `mean_use.electricity`; its method is added to that of buildings with homes.
    mean_over_median : mapping of use to tuple
        Mean over median intensity of a business, `demand.mean_over_median.*`: published intensities are those of the
        building in the middle, and of some kinds a few buildings use most of the electricity. The ends go with those
        of the intensity. [-]

    Returns
    -------
    DataFrame
        Layer `model_demand` of scope `building`.
    """
    alone = buildings_demand(
        buildings, counted, home_kwh=home_kwh, intensity={}, storeys=storeys, form=form, archetype_kwh=archetype_kwh
    )
    factor = factor_to_mean(alone, mean_kwh=mean.kwh)
    estimated = buildings_demand(
        buildings, counted, home_kwh=mean_use.times(home_kwh, factor),
        intensity={use: mean_use.product(span, mean_over_median[use]) for use, span in intensity.items()},
        storeys=storeys, form=form, archetype_kwh=mean_use.scaled(archetype_kwh, factor),
    )  # fmt: skip
    at_home = counted["homes"].to_numpy() > 0
    estimated["method"] = estimated["method"].where(~at_home, estimated["method"] + f"; {mean.method}")
    at_work = estimated["method"].str.contains("benchmark")
    estimated["method"] = estimated["method"].where(~at_work, estimated["method"] + "; businesses from median to mean")
    return estimated


def zones_to_mean(zones: pd.DataFrame, *, mean: mean_use.MeanUse, home_kwh: Span) -> pd.DataFrame:
    """Estimate the use of homes that no map shows as `zones_demand` does, scaled to a known mean of a home."""
    some = zones[zones["off_map_homes"] > 0]
    found = zones_demand(some, home_kwh=mean_use.times(home_kwh, mean.kwh / home_kwh[0]))
    return found.assign(method=found["method"] + f"; {mean.method}")


def factor_to_mean(estimated: pd.DataFrame, *, mean_kwh: float) -> float:
    """
    Return the factor that brings the estimated mean use of a home to a known mean.

    Parameters
    ----------
    estimated : DataFrame
        Layer `model_demand` of scope `building`, homes only (`buildings_demand` without `intensity`).
    mean_kwh : float
        Mean use of the homes, by meters or assumed. [kWh/yr]

    Returns
    -------
    float
        1 where no home is estimated.

    Notes
    -----
    The typical home of a benchmark is the one in the middle. Few homes with high use lift the mean above it, so that
    sums over an area made of typical homes are too low. Differences between built forms stay as they are. [-]
    """
    homes = float(estimated["homes"].sum())
    total = float(estimated["annual_kwh"].sum())
    return mean_kwh * homes / total if homes > 0 and total > 0 else 1.0


def half_hourly_by(demand: pd.DataFrame, group: pd.Series[str], *, year: int) -> pd.DataFrame:
    """
    Add up the half-hourly demand of groups of rows, such as the buildings of one network segment.

    Parameters
    ----------
    demand : DataFrame
        Rows of layer `model_demand`; a row that belongs to several groups comes once for each.
    group : Series, same index
        Group of each row; rows without one are left out.

    Returns
    -------
    DataFrame, 17520 rows, one column a group with a figure, in sorted order. [kW]
    """
    known = demand["annual_kwh"].notna() & demand["profile"].notna() & group.notna()
    rows = demand.loc[known, ["profile", "annual_kwh"]].assign(group=group[known])
    kwh = rows.pivot_table(index="profile", columns="group", values="annual_kwh", aggfunc="sum", fill_value=0.0)
    shapes = [profiles.profile(str(name), year=year) for name in kwh.index]
    shape = np.stack(shapes, axis=1) if shapes else np.zeros((PERIODS, 0))
    return pd.DataFrame(shape @ kwh.to_numpy(dtype="float64") / PERIOD_H, columns=pd.Index(kwh.columns.astype(str)))


def _per_home(
    buildings: pd.DataFrame,
    count: Array,
    home_kwh: Span,
    form: pd.Series[str] | None,
    archetype_kwh: Mapping[str, Span] | None,
) -> tuple[Array, Flags]:
    """Return what one home of each building uses, shape (buildings, 3) [kWh/yr], and whether its form says so."""
    typical = np.tile(np.array(home_kwh), (len(buildings), 1))
    if form is None or archetype_kwh is None:
        return typical, np.zeros(len(buildings), dtype=bool)
    told = form.reindex(buildings.index).mask(buildings["use"] == "flats", "flat")
    known = _spans(told.mask((told == "detached").fillna(value=False) & (count > 1)), archetype_kwh)
    by_form = ~np.isnan(known[:, 0])
    return np.where(by_form[:, None], known, typical), by_form


def _share_of_homes(domestic: Array, annual: Array) -> Array:
    """Return the share of each building's use that homes have; missing where use is."""
    share = np.divide(np.nan_to_num(domestic), annual, out=np.full(len(annual), np.nan), where=annual > 0)
    return np.asarray(share)


def _floors(buildings: pd.DataFrame, count: Array, storeys: Mapping[str, Span]) -> Array:
    """Return storeys that a business fills, shape (buildings, 3): one where homes share the building."""
    stated = _column(buildings["storeys"])
    floors = np.where(np.isnan(stated), _spans(buildings["use"], storeys), stated)
    return np.where(count[:, None] > 0, np.minimum(floors, 1.0), floors)


def _profiles(use: pd.Series[str], mostly_homes: Flags) -> pd.Series[str]:
    """Return the shape of the day of each building: that of homes where they use most of it, else that of its use."""
    of_use = use.map({name: rule.profile or HOME_PROFILE for name, rule in uses.RULES.items()}).astype("string")
    return pd.Series(np.where(mostly_homes, HOME_PROFILE, of_use), dtype="string")


def _methods(
    home_method: pd.Series[str], storeys: pd.Series[float], at_home: Flags, at_work: Flags, by_form: Flags
) -> NDArray[np.object_]:
    """Return how each figure was found, in words."""
    kind = pd.Series(
        np.where(by_form, ", the use of its built form", ", a typical home's use"), index=home_method.index
    )
    home = home_method.astype("object") + kind.astype("object")
    floor = np.where(storeys.notna(), "storeys of the source", "assumed storeys").astype(object)
    work = "floor area by " + floor + ", a benchmark's use"
    found = np.select(
        [at_home & at_work, at_home, at_work],
        [(home + "; one storey of business, a benchmark's use").to_numpy(), home.to_numpy(), work],
        default=np.array("no estimate: nothing says what it uses", dtype=object),
    )
    return np.asarray(found, dtype=object)


def _spans(keys: pd.Series[str], table: Mapping[str, Span]) -> Array:
    """Return the three values of each key, missing where the table has none, shape (keys, 3)."""
    columns = [keys.map({name: span[end] for name, span in table.items()}) for end in range(3)]
    return np.concatenate([_column(column) for column in columns], axis=1)


def _column(values: pd.Series[Any]) -> Array:
    """Return values as a column of floats, missing ones as NaN, shape (n, 1)."""
    return pd.to_numeric(values).to_numpy(dtype="float64", na_value=np.nan)[:, None]
