"""Layer `model_heat`: the heat of homes building by building, before and after it is held to meters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from laep.models.energy import alike, heat
from laep.models.energy.fabric import AGE_BANDS, ENDS
from laep.models.time import clock
from laep.schema.vocabulary import FUELS, LACKING, MONTHS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.models.energy.heat_fit import Fit

    Array = NDArray[np.float64]
    Span = tuple[float, float, float]

COLDEST = "coldest"
_SUMS = (
    "need_kwh", "design_kw", "pump_kwh", "pump_peak_kw",
    *(f"{stem}{end}_kwh" for stem in ("space_heat", "hot_water") for end in ENDS),
)  # fmt: skip
"""Columns that add up over buildings; the others are means of their homes."""
_PER_DAY = 48


class Apart(NamedTuple):
    """How far homes' heat may be off where their zone is metered, and where it is not: logarithms. [-]."""

    metered: float
    not_metered: float


def start(buildings: pd.DataFrame, area: pd.DataFrame, filled: pd.DataFrame, need_kwh: Array) -> pd.DataFrame:
    """
    Return a row a building: what stands there, what it is like, and what its homes would need at one temperature.

    Parameters
    ----------
    buildings : DataFrame
        `building_id`, `homes`, `form`, `zone_id`, `postcode`.
    area : DataFrame, same index
        From `fabric.areas`.
    filled : DataFrame, same index
        Attributes, from `alike.fill`.
    need_kwh : array
        Space heat of one home at one temperature. [kWh/yr]
    """
    ages = filled[[f"age_{band}" for band in AGE_BANDS]].set_axis(list(AGE_BANDS), axis=1)
    known = ages.notna().all(axis=1)
    return pd.DataFrame({
        "scope": "building", "scope_id": buildings["building_id"], "homes": buildings["homes"],
        "form": buildings["form"], "zone_id": buildings["zone_id"], "postcode": buildings["postcode"],
        "age_band": ages.fillna(0.0).idxmax(axis=1).where(known).astype("string"), "floor_m2": area["floor_m2"],
        "need_kwh_m2": need_kwh / area["floor_m2"],
        **{f"{fuel}_share": filled[f"fuel_{fuel}"] for fuel in FUELS}, "pump_share": filled["pump"],
        **{f"lacks_{name}_share": filled[f"lacks_{name}"] for name in LACKING},
    })  # fmt: skip


def gas_homes(frame: pd.DataFrame, meters: pd.Series[float], *, certain: NDArray[np.bool_]) -> pd.Series[float]:
    """
    Return how many homes of each building are taken to be heated by gas, in all as many as a zone has meters.

    Parameters
    ----------
    frame : DataFrame
        From `start`.
    meters : Series, index zone id
        Domestic gas meters of each zone in the area. [count]
    certain : bool array
        Buildings whose certificates say so; only the others are brought to the meters.
    """
    found = (frame["homes"] * frame["gas_share"]).astype("float64")
    fixed = pd.Series(np.where(certain, found, 0.0), index=frame.index).groupby(frame["zone_id"]).sum()
    open_ = pd.Series(np.where(certain, 0.0, found), index=frame.index).groupby(frame["zone_id"]).sum()
    target = meters.reindex(open_.index)
    by_zone = ((target - fixed).clip(lower=0.0) / open_.where(open_ > 0)).fillna(1.0)
    factor = frame["zone_id"].map(by_zone).astype("float64").fillna(1.0)
    brought = np.minimum(found * factor, frame["homes"])
    return found.where(pd.Series(certain, index=frame.index), brought)


def held(frame: pd.DataFrame, gas: pd.Series[float], fitted: Fit, *, water_kwh: Span) -> pd.DataFrame:
    """Return the rows with the heat they use, fuels brought to the gas homes, and hot water. [kWh]."""
    share = (gas / frame["homes"]).clip(upper=1.0)
    others = (1 - frame["gas_share"]).where(frame["gas_share"] < 1)
    scale = ((1 - share) / others).fillna(0.0)
    # shares of a whole may pass one by a rounding
    fuels = {f"{fuel}_share": (frame[f"{fuel}_share"] * scale).clip(upper=1.0) for fuel in FUELS if fuel != "gas"}
    left = 1 - share - sum(fuels.values())
    fuels["other_share"] = (fuels["other_share"] + left).clip(lower=0.0)
    factor = fitted.factor(frame["need_kwh_m2"], frame["zone_id"])
    need = frame["need_kwh_m2"] * frame["floor_m2"] * frame["homes"]
    value, low, high = water_kwh
    return frame.assign(
        gas_share=share,
        **fuels,
        pump_share=np.minimum(frame["pump_share"], fuels["electricity_share"]),
        calibration=factor,
        need_kwh=need,
        space_heat_kwh=need * factor,
        hot_water_kwh=frame["homes"] * value,
        hot_water_low_kwh=frame["homes"] * low,
        hot_water_high_kwh=frame["homes"] * high,
    )


def counted(needs: heat.Homes, frame: pd.DataFrame) -> heat.Homes:
    """Return homes to the weather, each building with its homes times their calibration."""
    return replace(needs, count=(frame["homes"] * frame["calibration"]).to_numpy(dtype="float64"))


def with_pumps(homes: heat.Homes, loss: pd.DataFrame, *, times: heat.Clock, design_c: float, size: float) -> heat.Homes:
    """Return the same homes with heat pumps of the size they need."""
    return replace(homes, heater_w=loss["heat_loss_w_per_k"].to_numpy() * (times.room_c - design_c) * size)


def days(
    today: heat.Year, pumped: heat.Year, weather: heat.Climate, water_kwh: float, *, year: int, times: heat.Clock,
    spf: float,
) -> pd.DataFrame:  # fmt: skip
    """
    Return layer `model_heat_profile`: the average day of each month, and the day on which heat pumps draw most.

    Notes
    -----
    Water is heated evenly over the hours in which homes are lived in. [kW]
    """
    water = water_kwh * awake(year, times) / clock.PERIOD_H
    series = np.stack([weather.air_c, today.heat_kw, water, pumped.powered_kw + water / spf])
    shaped = series.reshape(4, -1, _PER_DAY)
    month = np.asarray(clock.half_hours(year).month)[::_PER_DAY]
    coldest = int(np.argmax(shaped[3].sum(axis=1)))
    chosen = [shaped[:, month == number].mean(axis=1) for number in range(1, 13)] + [shaped[:, coldest]]
    return pd.DataFrame({
        "day": np.repeat([*MONTHS, COLDEST], _PER_DAY), "period": np.tile(np.arange(1, _PER_DAY + 1), 13),
        **{name: np.concatenate([day[i] for day in chosen])
           for i, name in enumerate(("temp_air_c", "space_kw", "water_kw", "pump_kw"))},
    })  # fmt: skip


def awake(year: int, times: heat.Clock) -> Array:
    """Return the share of a year's hot water that is heated in each half-hour, shape (17520,); it sums to 1."""
    hour = clock.hour(year)
    on = (hour >= times.morning_h) & (hour < times.evening_h + times.evening_long_h)
    share: Array = on / on.sum()
    return share


def finish(
    frame: pd.DataFrame, loss: pd.DataFrame, pumped: heat.Year, days: pd.DataFrame, *, evidence: pd.Series[float],
    fitted: Fit, apart: Apart, design_k: float, spf: float,
) -> pd.DataFrame:  # fmt: skip
    """
    Return the rows of buildings whole: loss, ends, what heat pumps would draw, and how sure it is.

    Notes
    -----
    The peak of all heat pumps is shared out by what homes need on the coldest day: added up over the area it is the
    peak of all, and added up over a street what the street draws then. The highest draw of few homes is higher.
    """
    metered = frame["zone_id"].isin(fitted.zone.index)
    relative = (loss["heat_loss_high_w_per_k"] - loss["heat_loss_low_w_per_k"]) / 2 / loss["heat_loss_w_per_k"]
    wide = np.where(metered, apart.metered, np.hypot(apart.not_metered, fitted.power * relative))
    through = loss["heat_loss_w_per_k"] * frame["homes"] * frame["calibration"]
    share = through / through.sum()
    basis = np.select([np.isinf(evidence), evidence > 0], ["certificate", "neighbours"], "typical")
    sure = metered & (alike.well_filled(evidence))
    return frame.assign(
        **loss,
        fabric_basis=basis,
        space_heat_low_kwh=frame["space_heat_kwh"] * np.exp(-wide),
        space_heat_high_kwh=frame["space_heat_kwh"] * np.exp(wide),
        design_kw=loss["heat_loss_w_per_k"] * frame["homes"] * design_k / 1000,
        pump_kwh=frame["calibration"] * frame["homes"] * pumped.powered_kwh + frame["hot_water_kwh"] / spf,
        pump_peak_kw=share * days["pump_kw"].max(),
        method=_method(basis, metered, fitted),
        confidence=np.where(sure, "medium", "low"),
    )


def off_map(rows: pd.DataFrame, model_home: pd.DataFrame, zone: pd.Series[str]) -> pd.DataFrame:
    """Return a row a zone for homes that no map shows: a mean home of the zone, or of the area, for each."""
    lacking = model_home[(model_home["scope"] == "zone") & (model_home["off_map_homes"] > 0)]
    if lacking.empty:
        return rows.iloc[:0]
    numbers = rows.select_dtypes("number").columns
    adds_up = list(_SUMS)
    per_home = rows[numbers].copy()
    per_home[adds_up] = per_home[adds_up].div(rows["homes"], axis=0)
    weighted = per_home.mul(rows["homes"], axis=0)
    by_zone = weighted.groupby(zone.to_numpy()).sum().div(rows["homes"].groupby(zone.to_numpy()).sum(), axis=0)
    area = weighted.sum() / rows["homes"].sum()
    found = by_zone.reindex(lacking["scope_id"]).fillna(area)
    count = lacking["off_map_homes"].to_numpy(dtype="float64")
    found[adds_up] = found[adds_up].mul(count, axis=0)
    typical = (rows["fabric_basis"] == "typical").all()
    return found.assign(
        scope="zone", scope_id=lacking["scope_id"].to_numpy(), homes=count,
        fabric_basis="typical" if typical else "neighbours",
        method="homes that no map shows: a mean home of the zone for each", confidence="low",
    ).reset_index(drop=True)  # fmt: skip


def notes(rows: pd.DataFrame, fitted: Fit) -> list[str]:
    """Return what is to be said of the heat: how it was found, and how it was held to meters."""
    count = rows["homes"].sum()
    of = {name: rows.loc[rows["fabric_basis"] == name, "homes"].sum() / count for name in ("certificate", "neighbours")}
    told = (
        f"Fabric of {of['certificate']:.0%} of homes from certificates in their building, of {of['neighbours']:.0%} "
        "from like neighbours, of the others as homes of the nation are"
    )
    if not fitted.meters:
        return [
            told,
            "No metered gas is held, so homes' heat is held to none: `laep ingest metered --file PATH` would mend that",
        ]
    mean = float((rows["calibration"] * rows["need_kwh"]).sum() / rows["need_kwh"].sum())
    fit = (
        f"Held to the gas of {fitted.meters:,.0f} meters: homes use {mean:.2f} of what they would need at one "
        f"temperature, with the power {fitted.power:.2f} of it; zones lie within "
        f"{fitted.zone.min():.2f} to {fitted.zone.max():.2f} of that"
    )
    return [told, fit]


def _method(basis: NDArray[np.str_], metered: pd.Series[bool], fitted: Fit) -> NDArray[np.object_]:
    """Return how each figure was found, in words that tell of no certificate."""
    if not fitted.meters:
        held_to = np.full(len(basis), "not held to any meter", dtype=object)
    else:
        held_to = np.where(metered, "held to the metered gas of its zone", "held to the metered gas of other zones")
    found = np.where(basis == "typical", "outline, and fabric as homes of the nation are; ", "outline, and fabric by "
                     "energy certificates of it or of like neighbours; ").astype(object)  # fmt: skip
    return np.asarray(found + "one mass warmed half-hour by half-hour; " + held_to.astype(object), dtype=object)
