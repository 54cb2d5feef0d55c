"""The guide's worked checks of flexibility, by their ids."""

import pytest

from laep.assumptions import Assumptions
from laep.models.money import flexibility
from laep.models.money.span import Span

TAKE = Assumptions()
SMALL, LARGE = (TAKE.value(f"guide.vpp.optimiser_share_{size}", "-") for size in ("small", "large"))
AGGREGATOR = TAKE.value("guide.vpp.aggregator_share", "-")
REALISTIC, _, GOOD = TAKE.get("guide.vpp.revenue_gbp_per_kw", "GBP/kW/yr").span


def rows(revenue=None):
    found = flexibility.homes(
        {"without_kit": 0.3, "with_kit": 5.0},
        revenue_gbp_per_kw=revenue or Span(REALISTIC, REALISTIC, GOOD), optimiser={"small": SMALL, "large": LARGE},
        aggregator=AGGREGATOR, local_kw=10.0, national_kw=1000.0,
    )  # fmt: skip
    return found.set_index(["home", "pool"])


@pytest.mark.parametrize(
    ("kw", "per_home", "want"),
    [(1000, 5, 200), (1000, 1, 1000), (1000, 0.3, 3334), (10, 0.3, 34), (10, 5, 2), (1000, 0.1, 10_000)],
)
def test_we_04_to_07_implied_homes_needed_rounds_up(kw, per_home, want):
    assert flexibility.homes_needed(kw, kw_per_home=per_home) == want


def test_we_01_and_02_guide_a_home_earns_6_to_100_pounds_before_cuts():
    found = rows()["gross_gbp_per_yr"]
    assert found[("without_kit", "small")] == pytest.approx(6)
    assert found[("with_kit", "small")] == pytest.approx(100)


def test_we_10_derived_twice_that_where_it_goes_well_and_we_11_the_ceiling_is_never_a_forecast():
    found = rows()["gross_high_gbp_per_yr"]
    assert found[("without_kit", "small")] == pytest.approx(12)
    assert found[("with_kit", "small")] == pytest.approx(200)
    assert found.max() < 5 * 80


def test_we_12_implied_a_megawatt_by_what_a_kilowatt_earns():
    earned = Span(REALISTIC, REALISTIC, GOOD).times(1000.0)
    assert (earned.low, earned.high) == (20_000, 40_000)


def test_we_13_and_14_derived_a_small_pool_keeps_57_to_60_percent():
    share = flexibility.kept(SMALL, AGGREGATOR)
    assert (20_000 * share.low, 20_000 * share.high) == (pytest.approx(11_400), pytest.approx(12_060))
    assert share.value == share.low


def test_we_15_derived_a_large_pool_keeps_80_to_81_percent():
    share = flexibility.kept(LARGE, AGGREGATOR)
    assert (share.low, share.high) == (pytest.approx(0.80), pytest.approx(0.81))


def test_we_16_and_17_derived_what_a_home_may_keep_in_a_small_pool():
    found = rows(Span.exact(REALISTIC))
    kit, none = found.loc[("with_kit", "small")], found.loc[("without_kit", "small")]
    assert (kit["kept_gbp_per_yr"], kit["kept_high_gbp_per_yr"]) == (pytest.approx(57.0), pytest.approx(60.3))
    assert none["kept_gbp_per_yr"] == pytest.approx(3.42)


def test_cuts_that_take_all_leave_nothing():
    assert flexibility.kept(0.7, 0.5).low == 0
    assert flexibility.kept(0.7, 0.5).high == pytest.approx(0.15)
