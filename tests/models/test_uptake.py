"""Uptake between known years, and the power that cars and heat pumps add."""

import numpy as np
import pytest

from laep.models.energy import transport, uptake

KNOWN = {2040: (0.9, 0.6, 1.0), 2030: (0.3, 0.2, 0.4)}


def test_between_known_years_uptake_runs_straight_and_outside_it_stays_level():
    found = uptake.between(KNOWN, [2025, 2035, 2060])
    assert found[2025] == (0.3, 0.2, 0.4)
    assert found[2035] == pytest.approx((0.6, 0.4, 0.7))
    assert found[2060] == (0.9, 0.6, 1.0)


def test_a_plan_has_its_first_year_and_the_known_years_after_it():
    assert list(uptake.from_year(KNOWN, 2031)) == [2031, 2040]
    assert list(uptake.from_year(KNOWN, 2030)) == [2030, 2040]


def test_what_is_added_holds_the_energy_of_every_car_and_pump():
    shape = np.array([0.25, 0.75])
    added = uptake.added(
        charging=shape, pumping=shape[::-1], car_kwh=2000.0, pump_kwh=4000.0, cars_per_home=0.5, pumps_per_home=0.25
    )
    homes = np.array([10.0, 0.0])
    assert added.cars(homes).tolist() == [[5 * 1000, 5 * 3000], [0, 0]]  # 5 cars, 500 and 1,500 kWh in half an hour
    assert added.pumps(homes).sum(axis=1).tolist() == [2.5 * 4000 * 2, 0]


def test_chargers_have_a_car_at_them_as_often_as_cars_plug_in():
    assert transport.at_chargers_kw(14.0, per_week=3.5, charger_kw=7.0) == 49.0
