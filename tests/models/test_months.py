"""A year in short keeps the energy of the year."""

import numpy as np
import pandas as pd
import pytest

from laep.models.balance import months

HALF_HOURS = np.arange(17_520.0)
WEATHER = pd.DataFrame({"hour": range(8760), "ghi_w_m2": 100.0, "temp_air_c": 10.0})


def test_months_hold_the_energy_of_the_year_and_the_light_of_their_hours():
    found = months.sums(HALF_HOURS, np.ones(17_520), WEATHER).set_index("month")
    assert found["demand_kwh"].sum() == pytest.approx(HALF_HOURS.sum() / 2)
    assert found.loc[2, ["solar_kwh", "ghi_kwh_m2", "temp_air_c"]].tolist() == pytest.approx([28 * 24, 67.2, 10.0])


def test_the_order_of_weather_rows_does_not_matter():
    weather = WEATHER.assign(temp_air_c=np.arange(8760.0))
    mixed = weather.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(*(months.sums(HALF_HOURS, HALF_HOURS, one) for one in (weather, mixed)))


def test_the_mean_day_of_a_month_is_that_of_its_days():
    found = months.days(HALF_HOURS % 48, np.zeros(17_520)).set_index(["month", "period"])
    assert len(found) == 12 * 48
    assert found.loc[(7, 3), "demand_kw"] == 2.0
