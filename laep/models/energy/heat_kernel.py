"""Compiled loop over half-hours and homes: one mass, warmed by a heater that follows a clock, cooled by the weather.

One home a row, each worked out on its own and in one order, so results do not depend on the number of threads. The
arithmetic of a half-hour is that of `tests/models/test_heat.py`'s plain loop, line for line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit, prange

if TYPE_CHECKING:
    import numpy as np
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
"""Homes whose sums are kept together: blocks are added in order, whoever works them out."""


@njit(cache=True, parallel=True, nogil=True)
def run(homes: Array, weather: Array, wanted: Array, step_h: float, years: Array, sums: Array) -> None:
    """
    Work out a year of every home.

    Parameters
    ----------
    homes : array, shape (homes, 8)
    weather : array, shape (3, steps)
    wanted : array, shape (patterns, steps)
        Temperature the clock asks for. [degC]
    step_h : float
        Length of a step. [h]
    years : array, shape (homes, 3)
        Filled.
    sums : array, shape (blocks, 2, steps)
        Filled: heat, and electricity, of all homes of a block. [W]
    """
    steps = weather.shape[1]
    for block in prange(sums.shape[0]):
        for home in range(block * BLOCK, min((block + 1) * BLOCK, homes.shape[0])):
            loss, mass = homes[home, LOSS], homes[home, MASS]
            gains, aperture = homes[home, GAINS], homes[home, APERTURE]
            most, count = homes[home, POWER], homes[home, COUNT]
            shift, pattern = int(homes[home, SHIFT]), int(homes[home, PATTERN])
            rate = step_h / mass
            inside = wanted[pattern, 0]
            heat, powered, peak = 0.0, 0.0, 0.0
            at = shift % steps
            for step in range(steps):
                free = gains + aperture * weather[SUN, step] - loss * (inside - weather[AIR, step])
                given = min(max((wanted[pattern, at] - inside) / rate - free, 0.0), most)
                inside += rate * (given + free)
                heat += given
                powered += given * weather[INVERSE, step]
                peak = max(peak, given)
                sums[block, 0, step] += count * given
                sums[block, 1, step] += count * given * weather[INVERSE, step]
                at += 1
                if at == steps:
                    at = 0
            years[home, HEAT], years[home, POWERED] = heat * step_h, powered * step_h
            years[home, PEAK] = peak
