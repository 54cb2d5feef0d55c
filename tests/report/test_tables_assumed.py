"""Assumptions as rows: a family of numbers that differ in a word shares one, and every key is shown once."""

import frames_for_report as made
import pandas as pd

from laep.report import tables_assumed


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
    shown = tables_assumed.assumptions(_frame([*rows, alone]))
    assert [row["key"] for row in shown] == ["building.storeys.*", "demand.home_kwh"]
    assert shown[0]["meaning"] == "Storeys of a … building where the source has none"
    assert [(part["label"], part["value"]) for part in shown[0]["values"]] == [
        ("farm", "1 storeys (1 to 2)"),
        ("office", "2 storeys (2 to 3)"),
        ("school", "1.5 storeys (1.5 to 2.5)"),
    ]


def test_a_family_of_mixed_confidence_is_split():
    rows = [
        ("demand", f"use.{n}", 1.0, 1.0, 1.0, "kWh", f"Use of a kind {n} building in a year", "2026", "Ours", sure)
        for n, sure in enumerate(("convention", "convention", "convention", "unconfirmed"))
    ]
    shown = tables_assumed.assumptions(_frame(rows))
    assert [(row["key"], row["confidence_id"]) for row in shown] == [("use.*", "convention"), ("use.3", "unconfirmed")]


def test_every_assumption_is_shown_once():
    shown = tables_assumed.assumptions(made.assumptions())
    keys = [part["key"] for row in shown for part in row["values"]]
    assert sorted(keys) == sorted(made.assumptions()["key"].unique())


def test_steps_that_share_an_assumption_are_named_together():
    shown = {row["key"]: row["steps"] for row in tables_assumed.assumptions(made.assumptions())}
    assert shown["demand.home_kwh"] == "demand and finance"


def test_no_assumptions_give_no_rows():
    assert tables_assumed.assumptions(pd.DataFrame()) == []
