"""Which published figure counts, worked by hand."""

import numpy as np
import pytest

from laep.models.network import figures
from laep.models.network.figures import DEMAND, GENERATION, STORAGE, Choice

NAN = np.nan
COLUMNS = (
    "direction", "technology", "scenario", "year", "value", "unit", "power_factor", "basis", "floor_at_zero", "rag",
    "constraint", "instead", "source_id",
)  # fmt: skip
PLAIN = {"direction": "generation", "technology": "any", "scenario": "now", "year": 2026, "unit": "MW",
         "basis": "estimated", "source_id": "spen_headroom"}  # fmt: skip


def published(*rows, at=None, power_factor=0.9):
    columns = {name: [(PLAIN | row).get(name) for row in rows] for name in COLUMNS}
    return figures.rows(columns, at or [0] * len(rows), power_factor=power_factor)


def counting(*rows, measure=GENERATION, **choice):
    """The room of the figure that counts for one substation [kW]."""
    found = figures.choose(published(*rows), Choice(power_factor=0.9, **choice), count=1)
    return found.room_kw[0, measure]


def test_units_and_the_stated_power_factor():
    held = published(
        {"value": 2}, {"value": 2, "unit": "MVA"}, {"value": 2, "unit": "MVA", "power_factor": 0.8},
        {"value": 500, "unit": "kVA"}, {"value": None},
    )  # fmt: skip
    assert held.kw.tolist() == pytest.approx([2000, 1800, 1600, 450, NAN], nan_ok=True)


def test_the_kind_asked_for_comes_before_any_and_batteries_stand_apart():
    rows = [{"value": 9}, {"value": 1, "technology": "synchronous"}, {"value": 3, "technology": "storage"}]
    assert counting(*rows) == 9000
    assert counting(*rows, technology="synchronous") == 1000
    assert counting(*rows, measure=STORAGE) == 3000
    assert np.isnan(counting(*rows, measure=DEMAND))


def test_of_several_bases_the_first_that_gives_a_value_counts():
    assert counting({"value": 8, "basis": "connected"}, {"value": 3, "basis": "contracted"}) == 3000
    assert counting({"value": 8, "basis": "connected"}, {"value": None, "basis": "contracted", "rag": "Red"}) == 8000
    assert counting({"value": 8, "basis": "connected"}, {"value": 9, "basis": "contracted"}) == 9000


def test_the_scenario_asked_for_then_today_then_the_worst_of_the_others():
    rows = [{"value": 9}, {"value": 5, "scenario": "HT", "year": 2030}, {"value": 2, "scenario": "HT", "year": 2040}]
    assert counting(*rows, scenario="HT", year=2035) == 5000
    assert counting(*rows, scenario="HT", year=2029) == 5000
    assert counting(*rows, scenario="FB", year=2035) == 9000
    assert counting(*rows) == 9000
    assert (
        counting(*rows, year=2045) == 2000
    )  # no scenario asked for: today's, and after it the worst that is published
    assert counting(*rows[1:], {"value": 1, "scenario": "EE", "year": 2030}) == 1000


def test_every_year_has_the_last_figure_before_it():
    rows = published(
        {"value": 9}, {"value": 5, "scenario": "HT", "year": 2030}, {"value": 7, "year": 2028}, at=[0, 0, 1]
    )
    found = figures.choose(rows, Choice(power_factor=0.9), count=3)
    assert found.years.tolist() == [2026, 2028, 2030]
    assert found.by_year_kw[0, GENERATION].tolist() == [9000, 9000, 5000]
    assert found.by_year_kw[1, GENERATION].tolist() == [7000, 7000, 7000]
    assert np.isnan(found.by_year_kw[2]).all()
    assert found.row[:, GENERATION].tolist() == [0, 2, -1]


def test_red_for_what_megawatts_do_not_count_is_told():
    found = figures.choose(
        published(
            {"value": 9, "rag": " red ", "constraint": "Substation Fault Level"},
            {"value": 9, "rag": "Red", "constraint": "Substation Thermal Capacity"},
            {"value": 9, "rag": "Amber", "constraint": "Upstream Fault Level Constraint"},
            at=[0, 1, 2],
        ),
        Choice(power_factor=0.9),
        count=3,
    )
    assert found.uncounted[:, GENERATION].tolist() == [True, False, False]
    assert found.here[:, GENERATION].tolist() == [True, True, False]
    assert found.upstream[:, GENERATION].tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("row", "counted", "left"),
    [
        ({"value": 5, "source_id": "ssen_headroom"}, "yes", 5000),
        ({"value": 5, "basis": "contracted"}, "yes", 5000),
        ({"value": 5, "basis": "connected"}, "no", 3000),
        ({"value": 5, "basis": "not_stated"}, "unknown", 5000),
        ({"value": 5, "basis": "connected", "direction": "demand"}, "no", 5000),
        ({"value": 0, "basis": "connected", "floor_at_zero": True}, "no", 0),
    ],
)
def test_the_queue_comes_off_only_where_the_figure_does_not_hold_it(row, counted, left):
    held = figures.less_queue(published(row), np.array([2000.0]))
    assert figures.queue_counted(held).tolist() == [counted]
    assert held.counts_kw.tolist() == [left]


def test_nothing_published_is_no_figure():
    found = figures.choose(published(), Choice(power_factor=0.9, year=2030), count=2)
    assert np.isnan(found.room_kw).all()
    assert (found.row == -1).all()
    assert found.by_year_kw.shape == (2, 3, 1)
