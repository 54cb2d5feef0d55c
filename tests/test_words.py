"""Numbers, ranges and dates in plain words."""

import datetime as dt
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laep import words

MINUS, NBSP = words.MINUS, words.NBSP


@pytest.mark.parametrize(
    ("value", "digits", "want"),
    [
        (1234.5, 2, "1,200"),
        (1234.5, 3, "1,230"),
        (0.0345, 2, "0.035"),
        (9.48, 3, "9.48"),
        (10.04, 2, "10"),
        (-3.706, 3, f"{MINUS}3.71"),
        (99.6, 2, "100"),
        (0, 2, "0"),
        (1_846_000, 2, "1,800,000"),
    ],
)
def test_number_keeps_significant_figures(value, digits, want):
    assert words.number(value, digits) == want


@given(st.floats(min_value=-1e9, max_value=1e9).filter(lambda x: abs(x) > 1e-3))
def test_number_reads_back_within_half_a_unit_of_its_second_figure(value):
    back = float(words.number(value).replace(",", "").replace(MINUS, "-"))
    assert abs(back - value) <= abs(value) * 0.051


def test_published_megawatts_stop_at_two_places():
    assert str(words.quantity(0.286, "MW", exact=True)) == f"0.29{NBSP}MW"
    assert str(words.quantity(9.48, "MW", exact=True)) == f"9.48{NBSP}MW"


def test_quantity_scales_value_and_range_alike():
    assert str(words.quantity(8_412_345, "kWh", low=6_500_000, high=10_100_000)) == (
        f"8,400{NBSP}MWh (6,500 to 10,000)"
    )
    assert str(words.quantity(820, "kWh")) == f"820{NBSP}kWh"
    assert str(words.quantity(23_400, "GBP", low=-1200, high=51_000)) == f"£23,000 ({MINUS}£1,200 to £51,000)"
    assert str(words.quantity(0.47, "share", low=0.3, high=0.712)) == "47% (30% to 71%)"


def test_a_range_that_is_a_point_is_not_printed():
    assert words.quantity(5.0, "kWp", low=5.0, high=5.0).span == ""


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA, pd.NaT, "", "  "])
def test_missing_is_not_known_and_never_zero(missing):
    assert not words.known(missing)
    assert str(words.quantity(missing, "kWh")) == "not known"


@pytest.mark.parametrize(
    ("value", "low", "high", "want"),
    [
        (11.2, 8.0, 17.4, f"11{NBSP}years (8 to 17)"),
        (11.2, 8.0, None, f"11{NBSP}years (8 to never)"),
        (None, 14.0, None, f"does not pay back in its life (14{NBSP}years at best)"),
        (math.nan, math.nan, math.nan, "does not pay back in its life"),
        (6.0, 6.0, 6.0, f"6{NBSP}years"),
    ],
)
def test_payback_that_is_missing_means_never(value, low, high, want):
    assert str(words.quantity(value, "years", low=low, high=high)) == want


@pytest.mark.parametrize(
    ("count", "want"), [(0, "fewer than 10"), (9.9, "fewer than 10"), (10, "10"), (63.8, "65"), (571.8, "570")]
)
def test_small_groups_of_people_are_hidden_and_others_rounded(count, want):
    assert words.people(count) == want
    assert str(words.quantity(count, "households")) == want


@pytest.mark.parametrize(
    ("share", "want"),
    [(0, "0%"), (0.004, "under 1%"), (0.473, "47%"), (0.996, "over 99%"), (1, "100%"), (1.21, "121%")],
)
def test_percent(share, want):
    assert words.percent(share) == want


@given(st.floats(min_value=0, max_value=1))
def test_roughly_always_says_something(share):
    assert words.roughly(share)


def test_roughly_names_the_ends():
    assert [words.roughly(x) for x in (0.0, 0.5, 1.0)] == ["none", "about half", "all"]


def test_dates_and_quarters_in_words():
    assert words.date(dt.date(2026, 11, 3)) == "3 November 2026"
    assert words.published_date("Jun-28") == "June 2028"
    assert words.published_date("2026-11-20T09:12:00+00:00") == "20 November 2026"
    assert words.published_date("2026-13-45") == "2026-13-45"
    assert words.published_date("when funded") == "when funded"
    assert words.quarters("2027 Q1", "2027 Q4") == "January to December 2027"
    assert words.quarters("2027 Q3", "2028 Q1") == "July 2027 to March 2028"
    assert words.quarters("soon", "later") == "soon to later"
    assert words.dated("84 residents, 2026-09") == "84 residents, September 2026"
    assert words.dated("Works (Jun-28)") == "Works (June 2028)"


def test_quarter_index_counts_quarters():
    assert words.quarter_index("2027 Q3") - words.quarter_index("2026 Q4") == 3
    assert words.quarter_index("spring") is None


def test_names_in_capitals_are_calmed_and_others_kept():
    assert words.titled("KING'S HATCH ROAD NO 2") == "King's Hatch Road No 2"
    assert words.titled("WITNEY BSP") == "Witney BSP"
    assert words.titled("Eynsham Primary") == "Eynsham Primary"


def test_lists_and_sentences():
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed([]) == ""
    assert words.split(" a ;; b ") == ["a", "b"]
    assert words.split(pd.NA) == []
    assert words.sentence("why not") == "Why not."
    assert words.sentence(pd.NA) == ""


def test_slugs_stay_apart_and_do_not_depend_on_company():
    found = words.slugs(["E - COWL - 54", "e cowl 54", "home_pv"])
    assert found["home_pv"] == "home_pv"
    assert len(set(found.values())) == 3
    assert found["E - COWL - 54"] == words.slugs(["e cowl 54", "E - COWL - 54"])["E - COWL - 54"]


def test_published_figures_are_told_exactly():
    assert [words.exact(value) for value in (12345.0, 1.2345, -0.01, -0.0001)] == ["12,345", "1.234", "-0.01", "0"]
    assert words.exact(None, missing="not published") == words.exact(float("nan"), missing="not published")


def test_power_is_in_mw_from_one_mw_up():
    assert [words.power(kw) for kw in (1.26, 12.6, 1260)] == ["1.3\u00a0kW", "13\u00a0kW", "1.3\u00a0MW"]


def test_the_first_few_names_say_how_many_more():
    assert words.first_few(["a", "b", "a", "", "c", "d"]) == "a, b, c and 1 more"
    assert words.first_few(["a"]) == "a"
