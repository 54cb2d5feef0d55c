"""The year of an area in short: sums of each month, and the mean day of each month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.models.time.clock import PERIOD_H

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]


def sums(demand_kw: Array, solar_kw: Array, weather: pd.DataFrame) -> pd.DataFrame:
    """
    Return energy and weather of each month, as layer `model_month`.

    Parameters
    ----------
    demand_kw, solar_kw : array, shape (17520,)
        Half-hours from 1 January 00:00 UTC. [kW]
    weather : DataFrame
        Layer `in_weather`, 8,760 hours: ghi_w_m2 [W/m2] and temp_air_c [degC] by `hour`.

    Returns
    -------
    DataFrame
        month, demand_kwh, solar_kwh, ghi_kwh_m2 and temp_air_c, a row a month.
    """
    times = _half_hours(len(demand_kw))
    energy = pd.DataFrame({"demand_kwh": demand_kw, "solar_kwh": solar_kw}).mul(PERIOD_H)
    months = energy.groupby(times.month).sum().rename_axis("month")
    hours = weather.sort_values("hour").set_index(times[::2].month)
    months["ghi_kwh_m2"] = hours.groupby(level=0)["ghi_w_m2"].sum() / 1000
    months["temp_air_c"] = hours.groupby(level=0)["temp_air_c"].mean()
    return months.reset_index()


def days(demand_kw: Array, solar_kw: Array) -> pd.DataFrame:
    """Return the mean power of each settlement period (1 to 48, UTC) in each month, as layer `model_profile`. [kW]."""
    times = _half_hours(len(demand_kw))
    half_hours = pd.DataFrame(
        {
            "month": times.month,
            "period": times.hour * 2 + times.minute // 30 + 1,
            "demand_kw": demand_kw,
            "solar_kw": solar_kw,
        }
    )
    return half_hours.groupby(["month", "period"], as_index=False)[["demand_kw", "solar_kw"]].mean()


def _half_hours(count: int) -> pd.DatetimeIndex:
    return pd.date_range("2001-01-01", periods=count, freq="30min")  # any year of 365 days
