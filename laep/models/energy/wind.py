"""Output of wind turbines from the wind at a weather station's height."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

MEASURED_M = 10.0
"""Height at which weather data gives the wind: the World Meteorological Organization's standard."""


def hub_of_size(capacity_kw: Array, classes: Mapping[float, float]) -> Array:
    """
    Return the hub height of turbines by their size. [m].

    Parameters
    ----------
    capacity_kw : array
        Rated power. [kW]
    classes : mapping
        Hub height [m] -> rated power from which a turbine has it [kW]; the lowest starts at 0.
    """
    heights, least = (np.array(part) for part in zip(*sorted(classes.items(), key=lambda pair: pair[1]), strict=True))
    at: Array = heights[np.searchsorted(least, capacity_kw, side="right") - 1]
    return at


def output(
    wind_speed_m_s: Array, *, hub_m: float, shear: float, cut_in_m_s: float, rated_m_s: float, cut_out_m_s: float
) -> Array:
    """
    Return half-hourly output per unit of rated power.

    Parameters
    ----------
    wind_speed_m_s : array, shape (hours,)
        Hourly mean wind at 10 m. [m/s]
    hub_m, shear : float
        Hub height, by size, and exponent of the power law by which wind grows with height, `wind.shear`. [m, -]
    cut_in_m_s, rated_m_s, cut_out_m_s : float
        Wind at the hub where output starts, is full, and stops. [m/s]

    Returns
    -------
    array, shape (2 x hours,)
        0 to 1. [-]

    Notes
    -----
    Between start and full output power grows with the cube of the wind. A generic curve: no make of turbine, no losses
    to buildings or trees, which cost small turbines most.
    """
    speed = np.asarray(wind_speed_m_s, dtype=np.float64) * (hub_m / MEASURED_M) ** shear
    rising = (speed**3 - cut_in_m_s**3) / (rated_m_s**3 - cut_in_m_s**3)
    share = np.where((speed >= cut_in_m_s) & (speed < cut_out_m_s), np.minimum(rising, 1.0), 0.0)
    return np.asarray(share.repeat(2))
