"""When heat pumps draw power."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from laep.errors import LaepError
from laep.models.time import clock
from laep.models.time.clock import HOURS

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]


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
