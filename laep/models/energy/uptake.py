"""How many electric cars and heat pumps homes have in a year to come, and the power they add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from laep.models.time import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Span = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Added:
    """
    What cars and heat pumps add to the demand of homes.

    Attributes
    ----------
    car_kw, heat_kw : array, shape (17520,)
        Half-hourly power of one car that charges at home, and of one heat pump. [kW]
    cars_per_home, pumps_per_home : float
        How many of each a home has. [per home]
    """

    car_kw: Array
    heat_kw: Array
    cars_per_home: float
    pumps_per_home: float

    def cars(self, homes: Array) -> Array:
        """Return the power of the cars of some homes, shape (places, 17520). [kW]."""
        return np.asarray(homes)[:, None] * self.cars_per_home * self.car_kw

    def pumps(self, homes: Array) -> Array:
        """Return the power of the heat pumps of some homes, shape (places, 17520). [kW]."""
        return np.asarray(homes)[:, None] * self.pumps_per_home * self.heat_kw


def between(known: Mapping[int, Span], years: Iterable[int]) -> dict[int, Span]:
    """
    Return uptake in some years: by straight lines between the years it is known for, level before and after them.

    Parameters
    ----------
    known : mapping of int to (float, float, float)
        Year to value, low and high. [per home]
    years : iterable of int

    Returns
    -------
    dict of int to (float, float, float)
        Year to value, low and high. [per home]
    """
    wanted, given = list(years), sorted(known)
    ends = zip(*(known[year] for year in given), strict=True)
    value, low, high = (np.interp(wanted, given, end).tolist() for end in ends)
    return dict(zip(wanted, zip(value, low, high, strict=True), strict=True))


def from_year(known: Mapping[int, Span], first: int) -> dict[int, Span]:
    """Return uptake in the first year of a plan and in every known year after it. [per home]."""
    return between(known, [first, *(year for year in sorted(known) if year > first)])


def added(
    *,
    charging: Array,
    pumping: Array,
    car_kwh: float,
    pump_kwh: float,
    cars_per_home: float,
    pumps_per_home: float,
) -> Added:
    """
    Return what one more car and one more heat pump draw in each half-hour.

    Parameters
    ----------
    charging, pumping : array, shape (17520,)
        Share of a year's energy that falls in each half-hour, from `transport.charging` and `heat.heat_pump`. [-]
    car_kwh, pump_kwh : float
        Energy a car takes at home, and a heat pump, in a year. [kWh/yr]
    cars_per_home, pumps_per_home : float
        How many of each a home has. [per home]
    """
    return Added(
        car_kw=charging * car_kwh / clock.PERIOD_H,
        heat_kw=pumping * pump_kwh / clock.PERIOD_H,
        cars_per_home=cars_per_home,
        pumps_per_home=pumps_per_home,
    )
