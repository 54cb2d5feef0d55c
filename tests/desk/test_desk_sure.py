"""What a verdict rests on: figures alone, a transformer's rating, levels without a figure, years gone by (F3, section 2)."""

import numpy as np
import pytest

from laep.checked import Proposal
from laep.desk import bulk, check, sure
from laep.desk.book import Book
from laep.models.network import decide, figures
from laep.models.network.figures import Choice

STREET = "0499_002_020"
PRIMARY = "E - WNDL - 03"


def ask(held, numbers, **proposal):
    return check.check(held, Proposal(**proposal), numbers)


def test_f3_a_proposal_is_held_to_the_rating_of_its_own_transformer(held, numbers):
    site = held.find(STREET)[0]
    rating_kw = site["rating_mva"] * 1000 * numbers.power_factor
    small, large = (ask(held, numbers, asset=STREET, generation_kw=kw) for kw in (0.5 * rating_kw, 2 * rating_kw))
    assert small.verdict == "fits"
    assert small.sureness == "conditional"
    assert small.words.startswith(f"Fits if what is connected to the transformer of {site['name']} already leaves room")
    assert (large.verdict, large.binding.level) == ("fits_with_limit", "secondary")
    assert large.measures[0].allowed_kw == pytest.approx(rating_kw, abs=0.1)
    assert "the rating of its transformer, is published" in large.measures[0].reason
    assert any(text.startswith("A connection at high voltage") for text in large.help)
    assert large.chain[0].figure("generation").basis == "nameplate"


@pytest.mark.parametrize(
    ("constraint", "colour", "want"),
    [
        (None, "Amber", ("Top has room for sending out (no figure is published)",)),
        (None, "Green", ()),
        ("Upstream Thermal Capacity", "Amber", ()),
    ],
)
def test_a_level_without_a_figure_is_a_condition_unless_green_or_counted_below(constraint, colour, want):
    rows = [
        {"fid": 1, "value": 4.0, "unit": "MW", "rag": "Amber", "constraint": constraint, "year": 2026},
        {"fid": 2, "value": None, "unit": "MW", "rag": colour, "constraint": None, "year": 2026},
    ]
    same = {name: [row[name] for row in rows] for name in ("value", "unit", "rag", "constraint", "year")}
    none = dict.fromkeys(("power_factor", "basis", "floor_at_zero", "instead"), [None] * 2)
    told = {"direction": ["generation"] * 2, "technology": ["any"] * 2, "scenario": ["now"] * 2, "source_id": ["t"] * 2}
    held = figures.rows(same | none | told, [0, 1], power_factor=0.95)
    sites = [
        {"name": name, "substation_id": name, "level": level, "upstream_bsp": None, "upstream_gsp": None}
        for name, level in (("Low", "primary"), ("Top", "gsp"))
    ]
    book = Book(
        substations=sites, index={1: 0, 2: 1}, chains=np.array([[-1, 0, -1, 1], [-1, -1, -1, 1]]),
        figures=figures.choose(held, Choice(power_factor=0.95), count=2),
        picked=[[row, None, None] for row in rows], unit_kw=np.full((2, 3), 1000.0),
    )  # fmt: skip
    assert sure.conditions(book, 0, [figures.GENERATION], asked_year=0, today=2026) == want
    assert sure.conditions(book, -1, [figures.GENERATION], asked_year=0, today=2026) == ()


def test_f1_the_headline_carries_what_is_only_likely(held, numbers):
    found = ask(held, numbers, at="51.85,-1.25", generation_kw=400)
    assert found.sureness in {"likely", "open"}
    if found.sureness == "likely":
        assert found.words.startswith("Likely: ")
        assert "is only the nearest primary substation" in found.words


def test_a_year_beyond_the_table_says_which_figures_it_stands_on(held, numbers, tmp_path):
    last = ask(held, numbers, asset=PRIMARY, generation_kw=100).chain[0].generation.year
    found = ask(held, numbers, asset=PRIMARY, generation_kw=100, year=last + 24)
    assert found.words == f"Fits if figures of {last}, the last published, still hold in {last + 24}."
    path = tmp_path / "two.csv"
    path.write_text(f"id,asset,generation_kw,year\nA,{PRIMARY},100,{last + 24}\n")
    row = bulk.check_file(held, path, numbers).table.iloc[0]
    assert row["headline"] == found.words
    assert (row["figure_year"], row["figure_scenario"], row["sureness"]) == (last, "now", "conditional")
    assert row["edition"] == found.data[0].edition


def test_todays_figure_of_a_table_of_scenarios_is_that_of_this_year():
    columns = {
        "direction": ["demand"] * 3, "technology": ["any"] * 3, "scenario": ["Best View"] * 3,
        "year": [2024, 2026, 2030], "value": [9.0, 5.0, 1.0], "unit": ["MW"] * 3, "power_factor": [None] * 3,
        "basis": [None] * 3, "floor_at_zero": [False] * 3, "rag": [None] * 3, "constraint": [None] * 3,
        "instead": [None] * 3, "source_id": ["t"] * 3,
    }  # fmt: skip
    held = figures.rows(columns, [0, 0, 0], power_factor=0.95)
    for today, year in ((None, 2024), (2020, 2024), (2027, 2026), (2040, 2030)):
        found = figures.choose(held, Choice(today=today, power_factor=0.95), count=1)
        assert found.year[0, figures.DEMAND] == year
    said_now = figures.rows(columns | {"scenario": ["now", "Best View", "Best View"]}, [0, 0, 0], power_factor=0.95)
    assert figures.choose(said_now, Choice(today=2040, power_factor=0.95), count=1).year[0, figures.DEMAND] == 2024


def test_a_figure_that_names_upstream_limits_counts_those_above_it(held):
    chains = np.array([[0, 1, -1, 2]])
    columns = {
        "direction": ["generation"] * 3, "technology": ["any"] * 3, "scenario": ["now"] * 3, "year": [2026] * 3,
        "value": [0.05, 4.0, None], "unit": ["MW"] * 3, "power_factor": [None] * 3, "basis": [None] * 3,
        "floor_at_zero": [False] * 3, "rag": [None, "Amber", "Red"],
        "constraint": [None, "Upstream Thermal Capacity", "Substation Thermal Capacity"], "instead": [None] * 3,
        "source_id": ["t"] * 3,
    }  # fmt: skip
    rows = figures.rows(columns, [0, 1, 2], power_factor=0.95)
    book = figures.choose(rows, Choice(power_factor=0.95), count=3)
    assert decide.barrier(book, chains, figures.GENERATION).tolist() == [-1]
    assert decide.counted_below(book, chains, figures.GENERATION).tolist() == [[False, False, True, True]]
