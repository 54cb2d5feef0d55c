import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laep.errors import LaepError
from laep.models.money import carbon, finance
from laep.models.money.span import Span

rates = st.floats(0, 0.3)
lives = st.integers(1, 45)
ageing = st.floats(0, 0.05)
money = st.floats(0, 1e5)


def test_annuity_factor_by_hand():
    assert finance.present_value_factor(0.05, 2) == pytest.approx(1 / 1.05 + 1 / 1.05**2)
    assert finance.present_value_factor(0.0, 7) == 7
    assert finance.present_value_factor(0.1, 2, degradation=0.5) == pytest.approx(1 / 1.1 + 0.5 / 1.21)


@given(rate=rates, years=lives, fall=ageing)
def test_factor_is_the_sum_of_discounted_years(rate, years, fall):
    t = np.arange(1, years + 1)
    want = ((1 - fall) ** (t - 1) / (1 + rate) ** t).sum()
    assert finance.present_value_factor(rate, years, degradation=fall) == pytest.approx(want, rel=1e-7)


@given(capex=money, benefit=money, opex=money, rate=rates, years=lives, fall=ageing)
def test_npv_is_the_discounted_cash_flow(*, capex, benefit, opex, rate, years, fall):
    flows = np.concatenate([[-capex], benefit * (1 - fall) ** np.arange(years) - opex])
    want = (flows / (1 + rate) ** np.arange(years + 1)).sum()
    assert finance.npv(capex, benefit, opex, rate=rate, years=years, degradation=fall) == pytest.approx(want, abs=0.05)


def test_npv_of_many_at_once():
    got = finance.npv(np.array([100.0, 0.0]), np.array([10.0, 10.0]), 1.0, rate=0.0, years=np.array([10.0, 5.0]))
    np.testing.assert_allclose(got, [-10, 45])


@pytest.mark.parametrize(
    ("years", "life", "times"),
    [(30, 15, [15]), (30, 10, [10, 20]), (30, 40, []), (31, 15, [15, 30]), (30, math.inf, [])],
)
def test_a_part_is_bought_again_when_it_wears_out(years, life, times):
    want = sum(500 * 1.04**-t for t in times)
    assert finance.replacements(500.0, rate=0.04, years=years, life=life) == pytest.approx(want)


def test_replacements_without_interest():
    assert finance.replacements(500.0, rate=0.0, years=30, life=10) == pytest.approx(1000)


def test_payback_is_missing_when_it_never_comes():
    found = finance.payback(np.array([100.0] * 3), np.array([20.0, 0.0, -5.0]), life=30.0)
    np.testing.assert_allclose(found, [5, np.nan, np.nan])


def test_f4_payback_is_missing_beyond_the_life():
    worth = finance.worth(
        Span(100.0, 50.0, 120.0), Span.exact(0.0), Span(2.8, 2.0, 4.0), rate=0.0, years=Span(30.0, 25.0, 35.0),
        degradation=Span.exact(0.0),
    )  # fmt: skip
    assert math.isnan(worth.payback.value)  # 36 years on a life of 30
    assert worth.payback.low == pytest.approx(12.5)
    assert math.isnan(worth.payback.high)


def test_f11_payback_goes_by_the_first_year_and_worth_by_the_life():
    worth = finance.worth(
        Span.exact(100.0), Span.exact(0.0), Span.exact(8.0), first_year=Span.exact(10.0), rate=0.0,
        years=Span.exact(20.0), degradation=Span.exact(0.0),
    )  # fmt: skip
    assert (worth.payback.value, worth.npv.value) == (10, 60)


def test_real_rate():
    assert finance.real_rate(0.0506, inflation=0.03) == pytest.approx(0.02)


def test_worth_by_hand():
    worth = finance.worth(
        Span(100.0, 80.0, 120.0), Span(2.0, 1.0, 4.0), Span(12.0, 10.0, 15.0),
        rate=0.0, years=Span(20.0, 10.0, 30.0), degradation=Span.exact(0.0),
    )  # fmt: skip
    assert (worth.payback.value, worth.payback.low) == (pytest.approx(10), pytest.approx(80 / 14))
    assert math.isnan(worth.payback.high)  # 20 years on a life of 10
    assert (worth.npv.value, worth.npv.low, worth.npv.high) == (100, 10 * 6 - 120, 30 * 14 - 80)


def test_high_payback_is_missing_when_the_low_benefit_does_not_cover_running_costs():
    worth = finance.worth(
        Span(100.0, 80.0, 120.0), Span(2.0, 1.0, 4.0), Span(12.0, 3.0, 15.0),
        rate=0.03, years=Span(20.0, 10.0, 30.0), degradation=Span(0.01, 0.0, 0.02),
    )  # fmt: skip
    assert math.isnan(worth.payback.high)
    # a longer life makes a loss worse, so the low end takes it
    assert worth.npv.low == pytest.approx(finance.npv(120, 3, 4, rate=0.03, years=30, degradation=0.02))


@given(
    ends=st.tuples(*[st.tuples(money, money, money).map(sorted) for _ in range(3)]),
    life=st.tuples(lives, lives, lives).map(sorted),
    rate=rates,
)
def test_the_range_holds_the_value(ends, life, rate):
    capex, opex, benefit = (Span(middle, low, high) for low, middle, high in ends)
    worth = finance.worth(
        capex, opex, benefit, rate=rate, years=Span(life[1], life[0], life[2]), degradation=Span(0.005, 0.003, 0.008),
        renewed=capex, renewed_every=Span(15.0, 10.0, 20.0),
    )  # fmt: skip
    assert worth.npv.low <= worth.npv.value <= worth.npv.high


def test_span_arithmetic_goes_low_with_low():
    a, b = Span(2.0, 1.0, 3.0), Span(5.0, 4.0, 6.0)
    assert a.times(b) == Span(10, 4, 18)
    assert a.times(2) == Span(4, 2, 6)
    assert a.plus(b) == Span(7, 5, 9)
    assert b.less(a) == Span(3, 1, 5)
    assert a.least(Span(1.5, 1.5, 4)) == Span(1.5, 1.0, 3.0)
    assert Span.around(2.0, 3.0, math.nan, 1.0) == Span(2.0, 1.0, 3.0)
    assert a.columns("opex", "GBP/yr") == {"opex_gbp_per_yr": 2, "opex_low_gbp_per_yr": 1, "opex_high_gbp_per_yr": 3}


def test_a_span_with_its_ends_crossed_is_refused():
    with pytest.raises(LaepError, match="low <= value <= high"):
        Span(1.0, 2.0, 3.0)


def test_carbon_of_a_life_follows_the_grid_as_it_gets_cleaner():
    path = {2026: (0.13, 0.10, 0.16), 2028: (0.05, 0.04, 0.10)}
    life = {"path": path, "years": Span(4.0, 3.0, 5.0), "degradation": Span(0.0, 0.0, 0.0)}
    found = carbon.lifetime_kg(1000.0, **life)
    # 2026 to 2029: 0.13, 0.09, 0.05, 0.05; the cleanest grid for three years, the dirtiest for five
    assert (found.value, found.low, found.high) == pytest.approx((320.0, 210.0, 590.0))
    assert carbon.lifetime_kg(-1000.0, **life).value == pytest.approx(-320.0)
    aged = carbon.lifetime_kg(1000.0, path=path, years=Span.exact(2.0), degradation=Span(0.5, 0.5, 0.5))
    assert aged.value == pytest.approx(130.0 + 45.0)
