"""Rates, worth and payback of yearly flows, against closed forms and against two other programs."""

import numpy as np
import numpy_financial
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from laep.models.money import returns

SPAN = 41


def _random_flows(count=1000, seed=20261130):
    """Flows of every awkward sort: late starts, swaps, grants first, ends that cost, tiny and huge, all in, all out."""
    draw = np.random.default_rng(seed)
    flows = []
    for k in range(count):
        years = draw.integers(1, SPAN)
        row = draw.normal(1, 3, years + 1) * 10 ** draw.uniform(-3, 7)
        if k % 3 == 0:
            row = np.abs(row)
            row[: draw.integers(1, 3)] *= -years
        if k % 11 == 0:
            row[draw.random(row.size) < 0.5] = 0
        if k % 13 == 0:
            row = np.abs(row)
        if k % 17 == 0:
            row[-1] -= np.abs(row).sum()
        flows.append(np.concatenate([row, np.zeros(SPAN - row.size)]))
    return np.array(flows)


@pytest.fixture(scope="module")
def flows():
    return _random_flows()


@pytest.fixture(scope="module")
def found(flows):
    return returns.rates(flows)


def test_a_thousand_flows_are_worth_nothing_at_every_rate_found(flows, found):
    checked = 0
    for row, count in zip(flows, found.count, strict=True):
        every = returns.every_rate(row)
        assert len(every) == count
        for rate in every:
            terms = returns.discounted(row, rate)
            assert abs(terms.sum()) <= 1e-9 * np.abs(terms).sum()
            checked += 1
    assert checked > 800


def test_there_are_no_more_rates_than_turns_and_as_many_but_for_pairs(found):
    assert (found.count <= found.sign_changes).all()
    assert ((found.sign_changes - found.count) % 2 == 0).mean() > 0.99  # a rate that is two in one counts once
    assert (np.isnan(found.rate) == (found.count != 1)).all()
    assert {0, 1, 2, 3} <= set(found.count)


def test_a_single_rate_is_that_of_two_other_programs(flows, found):
    agreed = 0
    for row, rate in zip(flows[found.count == 1], found.rate[found.count == 1], strict=True):
        if not -0.5 < rate < 5:
            continue  # the others start from 10 % and leave such ones unsolved
        others = [numpy_financial.irr(row), pyxirr.irr(row)]
        solved = [value for value in others if value is not None and not np.isnan(value)]
        assert rate == pytest.approx(solved[0], abs=1e-7)
        agreed += len(solved)
    assert agreed > 900


@pytest.mark.parametrize(
    ("row", "want"),
    [
        ([-100, 230, -132], [0.1, 0.2]),
        ([-100, 110], [0.1]),
        ([-100, 100], [0.0]),
        ([-100, 50], [-0.5]),
        ([0, 0, -100, 110, 0], [0.1]),
        ([100, -110], [0.1]),
        ([-100, 240, -144], [0.2]),  # twice the same
        ([1, -2, 2], []),
        ([10, 20], []),
        ([-10, -20], []),
        ([0, 0], []),
        ([-1e-9, 1e9], [1e18 - 1]),
        ([-1000, 3600, -4310, 1716], [0.1, 0.2, 0.3]),
        ([-80, 0, 0, 0, 10], [8**-0.25 - 1]),
    ],
)
def test_rates_by_hand(row, want):
    assert returns.every_rate(row) == pytest.approx(want, rel=1e-6, abs=1e-9)


@given(st.lists(st.floats(-0.6, 2), min_size=2, max_size=4), st.integers(0, 20))
def test_rates_put_in_are_found(put, late):
    put = sorted(put)
    if min(np.diff(put)) < 0.05:
        return
    row = np.ones(1)
    for rate in put:
        row = np.convolve(row, [-(1 + rate), 1][::-1])
    assert returns.every_rate(np.concatenate([np.zeros(late), row])) == pytest.approx(put, abs=1e-6)


def test_worth_is_that_of_numpy_financial(flows):
    ours = returns.worth(flows[:100], 0.07)
    for row, worth in zip(flows[:100], ours, strict=True):
        assert worth == pytest.approx(numpy_financial.npv(0.07, row), rel=1e-12)


@pytest.mark.parametrize(
    ("row", "want"),
    [
        ([-100, 40, 40, 40], 2.5),
        ([-100, 60, 60, -30, 40], 3 + 10 / 40),  # paid back, then a part is bought again
        ([-100, 10, 10], np.nan),
        ([0, 10], 0.0),
        ([-100, 50, 50], 2.0),
    ],
)
def test_payback_is_for_good(row, want):
    assert returns.payback(row) == pytest.approx(want, nan_ok=True)


def test_discounted_payback_is_later():
    row = [-100, 40, 40, 40]
    assert returns.payback(returns.discounted(row, 0.05)) == pytest.approx(
        2 + (100 - 40 / 1.05 - 40 / 1.05**2) / (40 / 1.05**3)
    )


def test_selling_at_the_levelised_cost_is_worth_nothing():
    costs, made = np.array([1000.0, 10, 10, 200]), np.array([0, 500.0, 490, 480])
    price = returns.levelised_cost(costs, made, 0.06)
    assert returns.worth(made * price - costs, 0.06) == pytest.approx(0, abs=1e-9)
    assert np.isnan(returns.levelised_cost(costs, made * 0, 0.06))


def test_at_the_break_even_price_nothing_is_left():
    made = np.array([0, 500.0, 490, 480])
    flows = made * 0.2 - np.array([100.0, 10, 10, 10])
    less = returns.break_even(flows, made, 0.05)
    assert returns.worth(flows - made * less, 0.05) == pytest.approx(0, abs=1e-9)


@given(st.floats(1, 1e7), st.just(0.0) | st.floats(1e-3, 0.2), st.integers(1, 40))
def test_a_loan_is_that_of_numpy_financial(principal, rate, years):
    loan = returns.loan(principal, rate=rate, years=years, span=SPAN)
    pay = returns.level_payment(principal, rate, years)
    assert pay == pytest.approx(-numpy_financial.pmt(rate, years, principal), rel=1e-9)
    when = np.arange(1, years + 1)
    assert loan.service[1 : years + 1] == pytest.approx(np.full(years, pay), rel=1e-9)
    assert loan.interest[when] == pytest.approx(
        -numpy_financial.ipmt(rate, when, years, principal), rel=1e-6, abs=1e-6 * principal
    )
    assert loan.repaid.sum() == pytest.approx(principal)
    assert not loan.service[years + 1 :].any()
    assert returns.worth(loan.service, rate) == pytest.approx(principal)


def test_many_loans_at_once():
    loans = returns.loan([1000.0, 500.0], rate=[0.05, 0.0], years=[2, 5], span=6)
    assert loans.owed.shape == (2, 7)
    assert loans.service[1] == pytest.approx([0, 100, 100, 100, 100, 100, 0])


def test_cover_is_that_of_the_worst_year():
    assert returns.least_cover([0, 130, 120, 50], [0, 100, 100, 0]) == pytest.approx(1.2)
    assert np.isnan(returns.least_cover([0, 130], [0, 0]))
