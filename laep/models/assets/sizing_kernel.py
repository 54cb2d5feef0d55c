"""Compiled core of `laep.models.assets.sizing`: what becomes of every half-hour's output at many sizes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Integers = NDArray[np.int64]


@njit(cache=True, nogil=True, parallel=True)
def shares(
    made: Array, used: Array, site: Integers, size: Array, most_sent: Array, hours: float
) -> tuple[Array, Array, Array]:
    """
    Return what of its output each asset's host uses, sends out, and has to let go. [kWh/yr].

    Parameters
    ----------
    made, used : array (sites, steps)
        Output of one kW [kW/kW] and what the host uses [kW].
    site : array (assets,)
        Row of each asset.
    size, most_sent : array (assets,)
        Capacity, and the most it may send out at a time. [kW]
    hours : float
        Length of a step.
    """
    own, sent, lost = np.zeros(size.size), np.zeros(size.size), np.zeros(size.size)
    for i in prange(size.size):
        output, need = made[site[i]], used[site[i]]
        direct = out = over = 0.0
        for t in range(output.size):
            power = size[i] * output[t]
            taken = min(power, need[t])
            left = power - taken
            away = min(left, most_sent[i])
            direct += taken
            out += away
            over += left - away
        own[i], sent[i], lost[i] = direct * hours, out * hours, over * hours
    return own, sent, lost
