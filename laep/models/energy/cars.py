"""Cars and vans of households: how many, what they burn, and what electric ones take at home and elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from laep.models.energy.use import SURE, Part, looked_up
from laep.models.money.span import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Array = NDArray[np.float64]


def per_household(census: pd.DataFrame, *, of_three_or_more: float) -> pd.Series[float]:
    """
    Return the cars and vans of a household by census zone; rows of `in_census` of topic cars. [cars].

    `of_three_or_more` is how many a household has that told it has three or more, `car.of_three_or_more`.
    """
    cars = {"none": 0.0, "one": 1.0, "two": 2.0, "three_or_more": of_three_or_more}
    rows = census[census["category"].isin(list(cars))]
    count = rows["households"].astype("float64")
    held = (count * looked_up(rows["category"], cars)).groupby(rows["zone_id"]).sum()
    households = count.groupby(rows["zone_id"]).sum()
    return (held / households.where(households > 0)).rename("cars")


def parts(
    cars: Array,
    electric: Array,
    *,
    fuel_kwh: Span,
    car_kwh: Span,
    home_share: Span,
    uptake: Span,
    price: Mapping[str, Span],
    carbon: Mapping[str, Span],
) -> list[Part]:
    """
    Return what cars and vans of households use away from home, part by part; at home it is on the home's meter.

    Parameters
    ----------
    cars, electric : array, shape (places,)
        Cars and vans, and those of them that are electric. [cars]
    fuel_kwh, car_kwh : Span
        What a petrol or diesel car burns, and an electric one takes. [kWh/yr]
    home_share, uptake : Span
        Share of charging at home; electric cars a home. [-]
    price, carbon : mapping of carrier to Span
        At the pump and at a public chargepoint. [GBP/kWh, kgCO2e/kWh]

    Notes
    -----
    Vans and lorries of businesses, buses and through traffic are left out: nothing held counts them.
    """
    elsewhere = home_share.rest().times(car_kwh.over(Span.exact(car_kwh.value)))
    none = np.zeros_like(cars)
    return [
        Part(
            sector="transport", carrier="electricity", end_use="cars", kwh=electric * float(car_kwh.value),
            factor=elsewhere.times(uptake.over(Span.exact(uptake.value))), own=SURE, price=price["electricity"],
            carbon=carbon["electricity"], standing=none,
            method="electric cars a home has on average in the country, charged in public", confidence="low",
        ),
        Part(
            sector="transport", carrier="petrol_diesel", end_use="cars", kwh=np.maximum(cars - electric, 0.0),
            factor=fuel_kwh, own=SURE, price=price["petrol_diesel"], carbon=carbon["petrol_diesel"], standing=none,
            method="cars and vans of households by the census, less electric ones, at a typical car's fuel",
            confidence="medium",
        ),
    ]  # fmt: skip
