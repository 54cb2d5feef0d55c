"""Moving part of a load to better times of day, without changing how much energy it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from laep.errors import LaepError
from laep.models.balance import dispatch_kernels
from laep.models.time.clock import PERIOD_H

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]


def shift(
    base_kw: Array, load_kw: Array, *, share: float, ceiling_kw: Array | float, window_h: float, from_h: float = 0.0
) -> Array:
    """
    Return a load after part of it has moved to where everything else is lowest, window by window.

    Parameters
    ----------
    base_kw : array, shape (periods,)
        Demand less generation of everything else; below zero where there is power to spare. [kW]
    load_kw : array, shape (periods,)
        The load before anything moves, not negative. [kW]
    share : float
        Share of it that can move. [-]
    ceiling_kw : float or array, shape (periods,)
        Most that can be added to what stays in each half-hour; 0 where nothing can move to. [kW]
    window_h, from_h : float
        Length of the windows, a whole number of half-hours, and when the first begins. [h]

    Returns
    -------
    array, shape (periods,)
        Each window takes the energy it took before; so does the year. [kW]

    Notes
    -----
    Within a window the load rises like water into the valleys of `base_kw`, which makes the highest half-hour as low as
    it can be. Perfect foresight within the window and none beyond it. Comfort, and what a driver needs before the end
    of a window, are left to `share`.
    """
    base, load = (np.ascontiguousarray(values, dtype=np.float64) for values in (base_kw, load_kw))
    ceiling = np.ascontiguousarray(np.broadcast_to(np.asarray(ceiling_kw, dtype=np.float64), load.shape))
    faults = []
    if base.shape != load.shape or load.ndim != 1:
        faults.append(f"base {base.shape} and load {load.shape} are not both (periods,)")
    elif not (np.isfinite(base).all() and np.isfinite(load).all() and (load >= 0).all() and (ceiling >= 0).all()):
        faults.append("values are missing, or loads negative")
    width, offset = round(window_h / PERIOD_H), round(from_h / PERIOD_H)
    if not 0 <= share <= 1:
        faults.append(f"a share of {share} is not between 0 and 1")
    if width < 1 or abs(width * PERIOD_H - window_h) > 1e-9:
        faults.append(f"a window of {window_h} h is not a whole number of half-hours")
    if faults:
        raise LaepError("A load cannot be shifted: " + "; ".join(faults) + ".")
    out = np.empty_like(load)
    dispatch_kernels.fill_valleys(base, load, share, ceiling, width, offset, out)
    return out
