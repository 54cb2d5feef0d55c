"""When electric cars charge at home."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from laep.models.time import clock

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

DAY = 48
"""Half-hours in a day."""
FINE = 10
"""Parts each half-hour is cut into while a session's length is laid over the times of plugging in."""


def charging(year: int, *, plug_in_h: float, spread_h: float, session_kwh: float, charger_kw: float) -> Array:
    """
    Return the share of a year's home charging that falls in each half-hour when nobody steers it.

    Parameters
    ----------
    year : int
        Calendar year, for clock changes.
    plug_in_h, spread_h : float
        Mean local hour of plugging in and its standard deviation, `ev.plug_in_hour` and `ev.plug_in_spread_h`. [h]
    session_kwh, charger_kw : float
        Energy of a session and power of a charger, which give how long a session lasts. [kWh, kW]

    Returns
    -------
    array, shape (17520,)
        Sums to 1. [-]

    Notes
    -----
    Plug-in times are normally distributed round the clock and every day is alike; each car draws full power from
    plugging in until its session is done. Weekends, holidays and cold weather are left out.
    """
    return _over_year(_day(plug_in_h, spread_h, session_kwh / charger_kw), year)


def plugged_in(year: int, *, plug_in_h: float, hours: float) -> npt.NDArray[np.bool_]:
    """Return in which half-hours cars stand plugged in: `hours` from the local hour `plug_in_h`, shape (17520,)."""
    since: npt.NDArray[np.float64] = (clock.hour(year) - plug_in_h) % 24
    return np.asarray(since < hours)


def session_kwh(car_kwh: float, *, per_week: float) -> float:
    """Return the energy of one session of a car that takes `car_kwh` a year in `per_week` sessions a week. [kWh]."""
    return car_kwh / (per_week * 365 / 7)


def at_chargers_kw(cars: float, *, per_week: float, charger_kw: float) -> float:
    """
    Return the power of the chargers that have a car at them on an average day. [kW].

    Parameters
    ----------
    cars : float
        Cars that charge at home.
    per_week : float
        Sessions of a car a week, `ev.sessions_per_week`. [sessions]
    charger_kw : float
        Power of a charger, `ev.charger_kw`. [kW]
    """
    return cars * per_week / 7 * charger_kw


def _day(plug_in_h: float, spread_h: float, lasts_h: float) -> Array:
    """Return the share of a day's charging in each local half-hour, shape (48,)."""
    edges = np.arange(DAY * FINE + 1) * (24 / (DAY * FINE))
    # the normal distribution wrapped round the clock: a day before and after is ample for spreads of a few hours
    reached = np.zeros(len(edges))
    for days in (-1, 0, 1):
        z = (edges + 24 * days - plug_in_h) / (spread_h * math.sqrt(2))
        reached += np.array([math.erf(value) for value in z]) / 2
    arriving = np.diff(reached)
    parts = np.clip(lasts_h * DAY * FINE / 24 - np.arange(DAY * FINE), 0, 1)
    turns = np.fft.irfft(np.fft.rfft(arriving) * np.fft.rfft(parts / parts.sum()), DAY * FINE)
    shape = np.maximum(turns, 0.0).reshape(DAY, FINE).sum(axis=1)
    return np.asarray(shape / shape.sum())


def _over_year(day: Array, year: int) -> Array:
    period = (clock.hour(year) * 2).astype(int)
    shape = day[period]
    return np.asarray(shape / shape.sum())
