"""Assumptions: complete, in range, read with their unit, and remembered."""

import pytest

from laep.assumptions import CONFIDENCES, Assumptions, shipped
from laep.errors import LaepError, UserFault


@pytest.mark.parametrize("key", sorted(shipped()))
def test_every_assumption_is_whole(key):
    row = shipped()[key]
    assert row.low <= row.value <= row.high
    assert row.confidence in CONFIDENCES
    assert row.unit
    assert row.meaning
    assert row.source
    assert row.year


def test_a_number_is_asked_for_in_its_unit():
    table = Assumptions()
    assert table.value("pv.system.loss", "-") == pytest.approx(0.14)
    with pytest.raises(LaepError, match="is in -, but was asked for in %"):
        table.get("pv.system.loss", "%")


def test_uses_are_remembered_until_forgotten():
    table = Assumptions()
    table.value("pv.system.loss", "-")
    assert table.used == {"pv.system.loss"}
    table.forget()
    assert table.used == set()
    assert table["pv.system.loss"].value > 0
    assert table.used == set()


def test_an_override_closes_the_range_and_says_so():
    row = Assumptions({"pv.system.loss": 0.1})["pv.system.loss"]
    assert row.span == (0.1, 0.1, 0.1)
    assert row.overridden
    assert "0.14" in row.source
    assert not shipped()["pv.system.loss"].overridden


@pytest.mark.parametrize("value", [True, "0.1", float("nan"), float("inf")])
def test_an_override_must_be_a_number(value):
    with pytest.raises(UserFault, match="needs a number, not"):
        Assumptions({"pv.system.loss": value})
    with pytest.raises(UserFault, match="needs a number in kWh/yr, not"):
        Assumptions({"demand.home_kwh": value})


def test_an_unknown_key_is_met_with_the_nearest():
    with pytest.raises(UserFault, match=r"Did you mean 'pv\.system\.loss'"):
        Assumptions({"pv.sytem.loss": 0.1})


def test_search_wants_every_word():
    found = {a.key for a in Assumptions().search("battery cost home")}
    assert "bess.capex_gbp_per_kwh.domestic" in found
    assert "pv.system.loss" not in found
