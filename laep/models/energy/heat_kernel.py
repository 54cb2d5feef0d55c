"""Compiled loop over half-hours and homes: one mass, warmed by a heater that follows a clock, cooled by the weather.

One home a row; each is worked out by itself, and sums in one order: results do not depend on the number of threads. The
arithmetic of a half-hour is that of `tests/models/test_heat.py`'s plain loop, line for line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

LOSS, MASS, GAINS, APERTURE, POWER, SHIFT, PATTERN, COUNT = range(8)
"""Columns of `homes`: heat loss [W/K]; heat the mass holds [Wh/K]; gains within [W]; window that lets sun in [m2]; most
the heater gives [W]; half-hours by which the clock is early; which pattern the clock follows; homes that it stands for,
times the calibration of each."""
AIR, SUN, INVERSE = range(3)
"""Rows of `weather`: air temperature [degC], light on windows [W/m2], and electricity a unit of heat takes [-]."""
HEAT, POWERED, PEAK = range(3)
"""Columns of `years`: heat of the year [Wh], electricity [Wh], highest half-hour of heat [W]."""
BLOCK = 64
"""Homes worked out together, half-hour by half-hour: their state stays in the nearest cache, and their sums are written
once a half-hour. Blocks are added in order, whoever works them out."""


@njit(cache=True, parallel=True, nogil=True, fastmath={"nnan", "nsz"})
def run(homes: Array, weather: Array, wanted: Array, step_h: float, years: Array, sums: Array) -> None:
    """
    Work out a year of every home.

    Parameters
    ----------
    homes : array, shape (homes, 8)
    weather : array, shape (3, steps)
    wanted : array, shape (patterns, 2 * steps)
        Temperature the clock asks for, the year twice over, so that an early clock runs on into the next. [degC]
    step_h : float
        Length of a step. [h]
    years : array, shape (homes, 3)
        Filled.
    sums : array, shape (blocks, 2, steps)
        Filled: heat, and electricity, of all homes of a block. [W]
    """
    steps = weather.shape[1]
    for block in prange(sums.shape[0]):
        first = block * BLOCK
        some = min(BLOCK, homes.shape[0] - first)
        ready = homes[first : first + some].T.copy()
        loss, gains, aperture = ready[LOSS], ready[GAINS], ready[APERTURE]
        most, count, rate = ready[POWER], ready[COUNT], step_h / ready[MASS]
        pattern, shift = ready[PATTERN].astype(np.int64), ready[SHIFT].astype(np.int64)
        inside, heat, powered, peak = np.empty(some), np.zeros(some), np.zeros(some), np.zeros(some)
        for home in range(some):
            inside[home] = wanted[pattern[home], 0]
        for step in range(steps):
            air, sun, inverse = weather[AIR, step], weather[SUN, step], weather[INVERSE, step]
            together = 0.0
            for home in range(some):
                free = gains[home] + aperture[home] * sun - loss[home] * (inside[home] - air)
                goal = wanted[pattern[home], step + shift[home]]
                given = min(max((goal - inside[home]) / rate[home] - free, 0.0), most[home])
                inside[home] += rate[home] * (given + free)
                heat[home] += given
                powered[home] += given * inverse
                peak[home] = max(peak[home], given)
                together += count[home] * given
            sums[block, 0, step] = together
            sums[block, 1, step] = together * inverse
        for home in range(some):
            years[first + home, HEAT], years[first + home, POWERED] = heat[home] * step_h, powered[home] * step_h
            years[first + home, PEAK] = peak[home]
