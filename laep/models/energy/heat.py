"""Half-hourly heat of homes: what the weather takes, what the clock asks for, and what heat pumps draw.

Each home is one mass with a heater that follows a clock. Homes of one kind differ in their clocks, so that a thousand
of them peak as a thousand do. What is reckoned here is the heat of homes kept at one temperature; `heat_fit` holds it
to what meters say. `docs/methods-heat.md` has the equations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, qmc

from laep.errors import LaepError
from laep.models.energy import heat_kernel as kernel
from laep.models.time import clock
from laep.models.time.clock import HOURS

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Array = npt.NDArray[np.float64]

KELVIN = 273.15


@dataclass(frozen=True, kw_only=True)
class Clock:
    """
    When homes are heated, by the clock on the wall: assumptions of group `heat`.

    Attributes
    ----------
    room_c : float
        Temperature asked for, mean of all rooms, `heat.room_c`. [degC]
    off_c : float
        Temperature below which no home is let fall, `heat.off_c`. [degC]
    setback_k : float
        By how much heat pumps are turned down at night, `heat.setback_k`. [degC]
    two_periods : float
        Share of homes heated twice a day on weekdays; the others all day, `heat.two_periods`. [-]
    morning_h, morning_long_h, evening_h, evening_long_h : float
        When the two periods begin, and how long they are. [h]
    spread_h : float
        Standard deviation of those times from home to home, `heat.spread_h`. [h]
    """

    room_c: float
    off_c: float
    setback_k: float
    two_periods: float
    morning_h: float
    morning_long_h: float
    evening_h: float
    evening_long_h: float
    spread_h: float


@dataclass(frozen=True, kw_only=True)
class Climate:
    """A year of half-hours: air [degC], and light on windows that face all ways alike [W/m2]; shape (17520,)."""

    air_c: Array
    sun_w_m2: Array


@dataclass(frozen=True, kw_only=True)
class Pump:
    """
    A heat pump.

    Attributes
    ----------
    spf : float
        Heat over electricity in a year, `heat.spf.air`. [-]
    flow_c : float
        Temperature of the water it makes for rooms, `heat.flow_c`. [degC]
    size : float
        Its power over what the home needs on the coldest day it is made for, `heat.pump_size`. [-]
    base_c : float
        Outdoor temperature above which no space heat is needed, `heat_pump.base_c`. [degC]
    """

    spf: float
    flow_c: float
    size: float
    base_c: float


@dataclass(frozen=True)
class Year:
    """
    What a year of homes comes to.

    Attributes
    ----------
    heat_kwh, powered_kwh : array, shape (homes,)
        Space heat of one home, and electricity if a heat pump gives it. [kWh]
    peak_kw : array, shape (homes,)
        Highest half-hour of heat. [kW]
    heat_kw, powered_kw : array, shape (17520,)
        The same of all homes together. [kW]
    """

    heat_kwh: Array
    powered_kwh: Array
    peak_kw: Array
    heat_kw: Array
    powered_kw: Array


def climate(steps: pd.DataFrame, *, albedo: float) -> Climate:
    """
    Return air and light on windows from half-hourly weather (`solar.stepped`).

    Notes
    -----
    Windows face all ways alike: a wall sees half the sky and half the ground, and of direct light on average the sine
    of the zenith angle over pi.
    """
    sine = np.sin(np.radians(steps["zenith_deg"].to_numpy(dtype="float64")))
    light = (
        steps["dni_w_m2"].to_numpy(dtype="float64") * sine / np.pi
        + steps["dhi_w_m2"].to_numpy(dtype="float64") / 2
        + steps["ghi_w_m2"].to_numpy(dtype="float64") * albedo / 2
    )
    return Climate(air_c=steps["temp_air_c"].to_numpy(dtype="float64"), sun_w_m2=light)


def inverse_cop(air_c: Array, *, pump: Pump) -> Array:
    """
    Return the electricity a unit of heat takes in each half-hour. [-].

    Notes
    -----
    An ideal machine's efficiency between air and flow, scaled so that a year of degree-hours below `base_c` gives
    `spf`. Frost on the coil is in the scale, not in the shape.
    """
    flow = pump.flow_c + KELVIN
    ideal = (flow - np.minimum(air_c + KELVIN, flow - 1.0)) / flow
    degrees = np.maximum(pump.base_c - air_c, 0.0)
    mean = float((ideal * degrees).sum() / degrees.sum()) if degrees.any() else float(ideal.mean())
    found: Array = ideal / mean / pump.spf
    return found


def patterns(year: int, times: Clock) -> Array:
    """Return the temperature asked for in each half-hour, shape (3, 17520): two periods, all day, a heat pump's."""
    local = clock.local(year)
    hour = clock.hour(year)
    weekend = np.asarray(local.day_of_week) >= clock.SATURDAY
    ends = times.evening_h + times.evening_long_h
    all_day = (hour >= times.morning_h) & (hour < ends)
    morning = (hour >= times.morning_h) & (hour < times.morning_h + times.morning_long_h)
    evening = (hour >= times.evening_h) & (hour < ends)
    twice = np.where(weekend, all_day, morning | evening)
    rows = [np.where(on, times.room_c, low) for on, low in (
        (twice, times.off_c), (all_day, times.off_c), (all_day, times.room_c - times.setback_k))]  # fmt: skip
    return np.stack(rows).astype("float64")


TWICE, ALL_DAY, PUMP = range(3)
"""Rows of `patterns`."""


@dataclass(frozen=True, kw_only=True)
class Homes:
    """
    What homes are to a year of weather, arrays of shape (rows,); a row stands for the homes of one building.

    Attributes
    ----------
    loss_w_per_k, mass_wh_per_k : array
        Heat one home loses, and heat it holds. [W/K], [Wh/K]
    gains_w, aperture_m2 : array
        Heat given off within, and window that lets the sun in. [W], [m2]
    heater_w : array
        The most its heater gives. [W]
    count : array
        Homes, each times its calibration (`heat_fit`). [homes]
    """

    loss_w_per_k: Array
    mass_wh_per_k: Array
    gains_w: Array
    aperture_m2: Array
    heater_w: Array
    count: Array


def clocks(rows: int, times: Clock, *, pumps: bool) -> tuple[Array, Array]:
    """
    Return by how many half-hours each home's clock is early, and which of `patterns` it follows.

    Notes
    -----
    Drawn from a Halton sequence in the order of the rows: spread evenly whatever their number, and the same each time.
    """
    drawn = qmc.Halton(d=2, scramble=False).random(rows + 1)[1:]
    early = np.rint(norm.ppf(drawn[:, 0]) * times.spread_h / clock.PERIOD_H)
    follows = np.where(drawn[:, 1] < times.two_periods, TWICE, ALL_DAY)
    return early % clock.PERIODS, np.full(rows, float(PUMP)) if pumps else follows.astype("float64")


def year_of(homes: Homes, weather: Climate, *, year: int, times: Clock, pump: Pump, pumps: bool) -> Year:
    """
    Work out a year of half-hours of every home.

    Parameters
    ----------
    homes : Homes
    weather : Climate
    year : int
        Calendar year, for weekends and clock changes.
    times : Clock
    pump : Pump
    pumps : bool
        True where all homes have heat pumps and their gentler clock, False where boilers heat by `times`.
    """
    if weather.air_c.shape != (clock.PERIODS,) or not np.isfinite(weather.air_c).all():
        raise LaepError(f"Homes need the air of {clock.PERIODS} half-hours, none missing, not {weather.air_c.shape}.")
    rows = len(homes.count)
    early, follows = clocks(rows, times, pumps=pumps)
    table = np.column_stack([
        homes.loss_w_per_k, homes.mass_wh_per_k, homes.gains_w, homes.aperture_m2, homes.heater_w, early, follows,
        homes.count,
    ]).reshape(rows, kernel.COUNT + 1)  # fmt: skip
    sky = np.stack([weather.air_c, weather.sun_w_m2, inverse_cop(weather.air_c, pump=pump)])
    years = np.zeros((rows, kernel.PEAK + 1))
    sums = np.zeros((-(-rows // kernel.BLOCK), 2, clock.PERIODS))
    kernel.run(table, sky, np.tile(patterns(year, times), 2), clock.PERIOD_H, years, sums)
    together = sums.sum(axis=0) / 1000
    return Year(
        heat_kwh=years[:, kernel.HEAT] / 1000,
        powered_kwh=years[:, kernel.POWERED] / 1000,
        peak_kw=years[:, kernel.PEAK] / 1000,
        heat_kw=together[0],
        powered_kw=together[1],
    )


def heat_pump(
    temp_air_c: Array, *, year: int, base_c: float, night_floor: float, night_from_h: float, night_to_h: float,
    hot_water_share: float,
) -> Array:  # fmt: skip
    """
    Return the share of a year's heat pump electricity that falls in each half-hour, for many homes together.

    Parameters
    ----------
    temp_air_c : array, shape (8760,)
        Hourly air temperature, from 1 January 00:00 UTC. [degC]
    year : int
        Calendar year, for clock changes.
    base_c : float
        Outdoor temperature above which no space heat is needed, `heat_pump.base_c`. [degC]
    night_floor : float
        Demand at night over what the weather asks for, `heat_pump.night_floor`. [-]
    night_from_h, night_to_h : float
        Local hours between which it holds. [h]
    hot_water_share : float
        Share of the year's electricity that heats water, spread evenly. [-]

    Returns
    -------
    array, shape (17520,)
        Sums to 1. [-]

    Notes
    -----
    Space heat follows degree-hours below `base_c`, turned down at night, so that demand peaks in the morning, as Love
    et al. (Applied Energy, 2017) measured on about 700 sites. Efficiency is the same in all weather, which understates
    the coldest days.
    """
    temperature = np.asarray(temp_air_c, dtype=np.float64)
    if temperature.shape != (HOURS,) or not np.isfinite(temperature).all():
        raise LaepError(f"Heat pumps need the air temperature of {HOURS} hours, none missing, not {temperature.shape}.")
    hour = clock.hour(year)
    at_night = ((hour - night_from_h) % 24) < ((night_to_h - night_from_h) % 24)
    degrees = np.maximum(base_c - temperature, 0.0).repeat(2) * np.where(at_night, night_floor, 1.0)
    flat = np.full(degrees.size, 1 / degrees.size)
    if degrees.sum() == 0:
        return flat
    return np.asarray((1 - hot_water_share) * degrees / degrees.sum() + hot_water_share * flat)
