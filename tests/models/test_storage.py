"""Batteries by power and energy: which is worth most."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from laep.errors import LaepError
from laep.models.balance import shifting, storage

OFFER = storage.Offer(
    gbp_per_kwh=100.0, hours=2.0, power_share=0.3, usable_share=0.8, opex_share=0.01, rate=0.0, years=10.0
)
PRICES = {"round_trip_efficiency": 1.0, "import_gbp": 0.3, "export_gbp": 0.1}


def days(count, demand=(0.0, 4.0), generation=(4.0, 0.0)):
    """Days of two half-hours."""
    return np.tile(demand, count), np.tile(generation, count)


def test_cost_splits_into_energy_and_power():
    # 80 kWh usable is 100 kWh of nameplate: GBP 10,000 at two hours, of which 30 % is for 40 kW of power
    assert OFFER.capex(80.0, 40.0) == pytest.approx(10_000)
    assert OFFER.capex(80.0, 20.0) == pytest.approx(8_500)
    assert OFFER.capex(80.0, 80.0) == pytest.approx(13_000)


def test_hand_worked_worth():
    # 100 days; 2 kWh spare, 2 kWh wanted. 1 kWh at 2 kW: saves 100 x (0.3 - 0.1) = 20 a year.
    found = storage.curve(*days(100), sizes=pd.DataFrame({"kwh": [1.0], "kw": [2.0]}), offer=OFFER, **PRICES).iloc[0]
    capex = 1 / 0.8 * 100 * 0.7 + 2 / 0.8 * 100 * 2 * 0.3
    assert found["capex_gbp"] == pytest.approx(capex)
    assert found["benefit_gbp_per_yr"] == pytest.approx(20)
    assert found["npv_gbp"] == pytest.approx(10 * (20 - 0.01 * capex) - capex)
    assert np.isnan(found["payback_years"])  # 13 years, on a life of 10
    assert found["self_sufficiency"] == pytest.approx(0.5)
    assert found["peak_import_kw"] == pytest.approx(2.0)


def test_more_storage_never_meets_less_and_the_best_is_worth_most():
    rng = np.random.default_rng(0)
    hour = np.arange(48 * 60) % 48 / 2
    demand = 10 + 6 * np.exp(-((hour - 18) ** 2) / 8) + rng.uniform(0, 2, hour.size)
    generation = np.maximum(np.cos((hour - 12) * np.pi / 12), 0) * rng.uniform(5, 50, hour.size)
    offer = storage.Offer(
        gbp_per_kwh=30.0, hours=2.0, power_share=0.3, usable_share=0.9, opex_share=0.01, rate=0.03, years=15.0
    )
    best, tried = storage.best(demand, generation, offer=offer, **PRICES)
    assert best["npv_gbp"] == tried["npv_gbp"].max()
    assert best["npv_gbp"] > 0
    two_hours = tried[np.isclose(tried["kwh"], tried["kw"] * 2)]
    assert (np.diff(two_hours["self_sufficiency"]) >= -1e-12).all()
    assert (np.diff(two_hours["capex_gbp"]) > 0).all()
    # nothing on a much finer net is worth noticeably more
    grid = np.linspace(0, tried["kwh"].max(), 120)
    fine = pd.DataFrame({"kwh": np.tile(grid, 3), "kw": np.concatenate([grid / hours for hours in storage.HOURS])})
    top = storage.curve(demand, generation, sizes=fine, offer=offer, **PRICES)["npv_gbp"].max()
    assert best["npv_gbp"] > 0.98 * top


def test_a_battery_that_does_not_pay_is_not_chosen():
    dear = storage.Offer(
        gbp_per_kwh=9000.0, hours=2.0, power_share=0.3, usable_share=0.9, opex_share=0.01, rate=0.03, years=15.0
    )
    best, _ = storage.best(*days(50), offer=dear, **PRICES)
    assert (best["kwh"], best["npv_gbp"]) == (0, 0)


def test_load_moves_into_the_valley():
    # 4 half-hours: 3 kW asked for where everything else asks 5; two thirds can move to where the rest is 0 and 1
    got = shifting.shift([5.0, 0.0, 1.0, 9.0], [3.0, 0.0, 0.0, 0.0], share=1.0, ceiling_kw=10.0, window_h=2.0)
    np.testing.assert_allclose(got, [0.0, 2.0, 1.0, 0.0])
    got = shifting.shift([5.0, 0.0, 1.0, 9.0], [3.0, 0.0, 0.0, 0.0], share=2 / 3, ceiling_kw=1.2, window_h=2.0)
    np.testing.assert_allclose(got, [1.0, 1.2, 0.8, 0.0])
    shut = np.array([10.0, 0.0, 10.0, 10.0])
    got = shifting.shift([5.0, 0.0, 1.0, 9.0], [3.0, 0.0, 0.0, 0.0], share=1.0, ceiling_kw=shut, window_h=2.0)
    np.testing.assert_allclose(got, [0.0, 0.0, 3.0, 0.0])


loads = hnp.arrays(float, 60, elements=st.floats(0, 30, allow_subnormal=False))
bases = hnp.arrays(float, 60, elements=st.floats(-50, 50, allow_subnormal=False))


@settings(max_examples=80, deadline=None)
@given(base=bases, load=loads, share=st.floats(0, 1), ceiling=st.floats(0, 60), offset=st.integers(0, 8))
def test_every_window_keeps_its_energy_and_no_peak_grows(base, load, share, ceiling, offset):
    got = shifting.shift(base, load, share=share, ceiling_kw=ceiling, window_h=4.0, from_h=offset / 2)
    assert (got >= 0).all()
    ends = np.arange(offset, 61, 8)
    np.testing.assert_array_equal(got[:offset], load[:offset])
    np.testing.assert_array_equal(got[ends[-1] :], load[ends[-1] :])
    for first, last in itertools.pairwise(ends):
        assert got[first:last].sum() == pytest.approx(load[first:last].sum(), abs=1e-9)
        if ceiling >= load.max():
            assert (base + got)[first:last].max() <= (base + load)[first:last].max() + 1e-6


@pytest.mark.parametrize(
    ("change", "words"),
    [({"share": 1.5}, "between 0 and 1"), ({"window_h": 0.7}, "half-hours"), ({"load": [1.0]}, "not both"),
     ({"load": [1.0, -1.0]}, "negative")],
)  # fmt: skip
def test_what_cannot_be_shifted_is_refused(change, words):
    given_ = {"base": [0.0, 0.0], "load": [1.0, 1.0], "share": 0.5, "ceiling_kw": 1.0, "window_h": 1.0} | change
    with pytest.raises(LaepError, match=words):
        shifting.shift(given_.pop("base"), given_.pop("load"), **given_)
