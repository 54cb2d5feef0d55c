"""Half-hourly shapes of electricity use: what share of a year falls in each settlement period.

The shapes are Elexon's average profiles of classes 1 to 4, by season and day type. A year is laid out by the local
clock, as settlement days are, and given back in UTC.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from laep.errors import LaepError
from laep.models.time import clock
from laep.resources import package_data
from laep.schema.vocabulary import PROFILES

Array = NDArray[np.float64]

SEASONS = ("wtr", "spr", "smr", "hsr", "aut")
"""Winter, spring, summer, high summer, autumn."""
DAY_TYPES = ("wd", "sat", "sun")


@cache
def _shapes() -> pd.DataFrame:
    table = pd.read_csv(package_data("elexon_shape.csv"), comment="#")
    return table.set_index(["profile", "period"])


def profile(name: str, *, year: int) -> Array:
    """
    Return the share of a year's electricity used in each half-hour.

    Parameters
    ----------
    name : str
        One of `PROFILES`.
    year : int
        Calendar year, which sets weekdays, clock changes and seasons.

    Returns
    -------
    array, shape (17520,)
        From 1 January 00:00 UTC; sums to 1 exactly (`math.fsum`). [-]

    Notes
    -----
    The half-hour from 07:00 by the clock is period 15 in summer and winter alike. On the day the clock goes forward
    periods 3 and 4 fall out (46 remain), on the day it goes back they come twice (50). 29 February is left out. Bank
    holidays are taken as the weekday they fall on.
    """
    if name not in PROFILES:
        raise LaepError(f"There is no profile {name!r}. Profiles: {', '.join(PROFILES)}.")
    local = clock.local(year)
    period = local.hour * 2 + local.minute // 30
    days = pd.Index(local.date)
    kinds = {day: SEASONS.index(season(day)) * len(DAY_TYPES) + DAY_TYPES.index(day_type(day)) for day in days.unique()}
    curves = _shapes().loc[name, [f"{s}_{d}" for s in SEASONS for d in DAY_TYPES]].to_numpy(dtype="float64")
    load = curves[period.to_numpy(), days.map(kinds).to_numpy()]
    share = load / math.fsum(load)
    # Rounding leaves a few 1e-17: the largest half-hour takes them.
    share[share.argmax()] += 1 - math.fsum(share)
    return np.asarray(share, dtype="float64")


def season(day: date) -> str:
    """
    Return the settlement season of a local day, one of `SEASONS`.

    Spring runs from the March clock change; summer is the ten weeks from the 16th Saturday before the August bank
    holiday; high summer runs from the 6th Saturday before it to the Sunday after it; autumn to the eve of the October
    clock change; the rest is winter.
    """
    holiday = _last(day.year, 8, weekday=0)
    starts = (
        (_last(day.year, 10, weekday=6), "wtr"),
        (holiday + timedelta(days=7), "aut"),
        (_saturday_before(holiday, 6), "hsr"),
        (_saturday_before(holiday, 16), "smr"),
        (_last(day.year, 3, weekday=6), "spr"),
    )
    return next((name for start, name in starts if day >= start), "wtr")


def day_type(day: date) -> str:
    """Return the settlement day type of a local day: `wd`, `sat` or `sun`."""
    return {5: "sat", 6: "sun"}.get(day.weekday(), "wd")


def _last(year: int, month: int, *, weekday: int) -> date:
    """Return the last day of a 31-day month that falls on a weekday (0 is Monday)."""
    end = date(year, month, 31)
    return end - timedelta(days=(end.weekday() - weekday) % 7)


def _saturday_before(monday: date, count: int) -> date:
    """Return the `count`-th Saturday before a Monday."""
    return monday - timedelta(days=2 + 7 * (count - 1))
