"""Assumptions as rows: a family of numbers that differ in a word shares one, and every key is shown once."""

import datetime as dt

import frames_for_report as made
import pandas as pd
import reading

from laep.assumptions import shipped
from laep.report.sections import assumptions


def _frame(rows):
    return pd.DataFrame(rows, columns=made.assumptions().columns)


def test_assumptions_that_differ_in_a_word_share_a_row():
    meaning = "Storeys of a {} building where the source has none"
    rows = [
        ("demand", f"building.storeys.{use}", value, value, value + 1, "storeys", meaning.format(use), "2026",
         "Our own convention", "convention")
        for use, value in (("farm", 1.0), ("office", 2.0), ("school", 1.5))
    ]  # fmt: skip
    alone = ("demand", "demand.home_kwh", 2.0, 1.0, 3.0, "kWh/yr", "Use of a home", "2026", "Ofgem", "guide")
    shown = reading.rows(assumptions.table(_frame([*rows, alone])))
    assert [row[0] for row in shown] == [
        "Storeys of a … building where the source has none building.storeys.*",
        "Use of a home demand.home_kwh",
    ]
    assert shown[0][1] == "farm: 1 storeys (1 to 2); office: 2 storeys (2 to 3); school: 1.5 storeys (1.5 to 2.5)"
    assert shown[0][2] == "Our own rule. Our own convention; 2026. Used in: demand."


def test_a_family_of_mixed_confidence_is_split():
    rows = [
        ("demand", f"use.{n}", 1.0, 1.0, 1.0, "kWh", f"Use of a kind {n} building in a year", "2026", "Ours", sure)
        for n, sure in enumerate(("convention", "convention", "convention", "unconfirmed"))
    ]
    shown = assumptions.families(_frame(rows))
    assert [[one.key for one in members] for members in shown] == [["use.0", "use.1", "use.2"], ["use.3"]]


def test_every_assumption_is_shown_once():
    table = assumptions.table(made.assumptions())
    keys = [cell.anchor.removeprefix("assumption.") for row in table.rows for cell in row[1][0].cells]
    assert sorted(keys) == sorted(made.assumptions()["key"].unique())


def test_steps_that_share_an_assumption_are_named_together():
    (row,) = [row for row in reading.rows(assumptions.table(made.assumptions())) if "demand.home_kwh" in row[0]]
    assert row[2].endswith("Used in: demand and finance.")


def test_no_assumptions_give_no_rows():
    assert not assumptions.table(pd.DataFrame())


def test_a_price_that_has_lapsed_is_named_unless_the_place_has_set_it():
    key = "tariff.retail.elec_p_kwh"
    after = dt.date.fromisoformat(shipped()[key].lapses) + dt.timedelta(days=1)
    held = pd.DataFrame({"key": [key], "confidence": ["confirmed_secondary"]})
    (said,) = assumptions.lapsed(held, after)
    assert reading.text(said).endswith("lapsed on 30 September 2026, and no later one is known.")
    assert assumptions.lapsed(held, after, keys="vat.") == []
    assert assumptions.lapsed(held, after - dt.timedelta(days=1)) == []
    assert assumptions.lapsed(held.assign(confidence="override"), after) == []
