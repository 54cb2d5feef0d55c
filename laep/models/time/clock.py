"""The half-hours of a year, in UTC and by the clock on the wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HOURS, PERIODS = 8760, 17520
"""Hours and settlement periods of a year without 29 February."""
PERIOD_H = 0.5
"""Length of a settlement period. [h]"""
ZONE = "Europe/London"
SATURDAY = 5


def half_hours(year: int) -> pd.DatetimeIndex:
    """Return the starts of a year's half-hours in UTC, 29 February left out: 17,520 of them."""
    times = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="30min", tz="UTC", inclusive="left")
    return times[~((times.month == 2) & (times.day == 29))]


def local(year: int) -> pd.DatetimeIndex:
    """Return the same half-hours by local clock time."""
    return half_hours(year).tz_convert(ZONE)


def hour(year: int) -> NDArray[np.float64]:
    """Return the local clock hour at which each half-hour starts, 0 to 23.5, shape (17520,)."""
    times = local(year)
    return (times.hour + times.minute / 60).to_numpy(dtype="float64")


def band(year: int, *, start_h: float, end_h: float) -> NDArray[np.bool_]:
    """
    Return which half-hours lie in a charging band of working days, shape (17520,).

    Parameters
    ----------
    year : int
        Calendar year, which sets weekdays and clock changes.
    start_h, end_h : float
        Local clock hours, the end not included; bank holidays count as the weekday they fall on. [h]
    """
    at = hour(year)
    working: NDArray[np.bool_] = (local(year).day_of_week < SATURDAY) & (at >= start_h) & (at < end_h)
    return working
