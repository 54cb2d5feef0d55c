"""Assumptions: complete, in range, read with their unit, and remembered."""

import ast
import datetime as dt
import re
from pathlib import Path

import pytest

import laep
from laep import doctor
from laep.assumptions import CONFIDENCES, Assumptions, Override, impossible, lapsed, shipped, unlikely
from laep.errors import LaepError, UserFault
from laep.version import RELEASED


@pytest.mark.parametrize("key", sorted(shipped()))
def test_every_assumption_is_whole(key):
    row = shipped()[key]
    assert row.low <= row.value <= row.high
    assert row.confidence in CONFIDENCES
    assert row.unit
    assert row.meaning
    assert row.source
    assert row.year


DATED = ("tariff.", "vat.", "carbon.", "net.duos.", "net.tnuos.", "pv.capex_gbp_per_kw.", "finance.discount.green_book")
"""How the keys of prices and rules of a date begin."""


@pytest.mark.parametrize("key", sorted(shipped()))
def test_prices_and_rules_say_from_when_they_hold_and_when_to_read_them_again(key):
    row = shipped()[key]
    assert bool(row.valid_from) == bool(row.review_by)
    assert row.valid_from or not key.startswith(DATED)
    assert not row.valid_from or dt.date.fromisoformat(row.valid_from) < dt.date.fromisoformat(row.review_by)


def test_no_release_ships_a_price_or_rule_that_has_lapsed_unless_a_later_one_was_looked_for_in_vain():
    day = f"{RELEASED.day} {RELEASED:%B %Y}"
    late = [f"{row.key}: {row.lapse_told}; read it again" for row in lapsed(RELEASED)
            if f"later cap was looked for on {day} and not found" not in row.source]  # fmt: skip
    assert late == []
    assert [row.key for row in shipped().values() if row.valid_from and row.valid_from > str(RELEASED)] == []
    assert [row.key for row in shipped().values() if row.valid_to and row.valid_to < row.valid_from] == []


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("tariff.retail.elec_p_kwh", "of Jul-Sep 2026, lapsed on 2026-09-30, and no later one is known"),
        ("tariff.export.longrun", "to be read again by 2027-06-30"),
    ],
)
def test_what_has_lapsed_is_named_unless_the_area_has_set_it(key, told):
    last = dt.date.fromisoformat(shipped()[key].lapses)
    after = last + dt.timedelta(days=1)
    assert key not in [row.key for row in lapsed(last)]
    assert key in [row.key for row in lapsed(after)]
    assert [row.key for row in lapsed(after, ["pv.system.loss", key])] == [key]
    assert not Assumptions({key: 25.0})[key].lapsed(after)
    (found,) = [one for one in doctor._lapsed(after) if key in one.topic]
    assert told in found.found


def test_every_assumption_is_read():
    """A number that nothing reads can be set without any effect: code or a shipped table must name it."""
    package = Path(laep.__file__).parent
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in package.rglob("*.py")]
    tables = [path.read_text(encoding="utf-8") for path in package.rglob("*.toml") if path.name != "assumptions.toml"]
    asked = [pattern for tree in trees for node in ast.walk(tree) for pattern in _asked(node)]
    named = {*asked, *(re.escape(word) for text in tables for word in re.findall(r"[a-z0-9_.]+", text))}
    families = [pattern for pattern in asked if ".+" in pattern and re.match(r"[a-z]+\\\.", pattern)]
    some = re.compile("|".join(families))
    assert [key for key in shipped() if re.escape(key) not in named and not some.fullmatch(key)] == []


def _asked(node):
    """Return patterns of the keys a piece of code may ask for: a text, a text with parts put in, a stem by year."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values)
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "by_year":
        yield re.escape(node.args[0].value) + r"\..+"


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
    assert row.confidence == "override"
    assert "0.14" in row.source
    assert shipped()["pv.system.loss"].confidence != "override"


@pytest.mark.parametrize("value", [True, "0.1", float("nan"), float("inf")])
def test_an_override_must_be_a_number(value):
    with pytest.raises(UserFault, match="needs a number, not"):
        Assumptions({"pv.system.loss": value})
    with pytest.raises(UserFault, match="needs a number in kWh/yr, not"):
        Assumptions({"demand.home_kwh": value})


def test_an_own_value_may_say_where_it_comes_from():
    row = Assumptions({"pv.system.loss": Override(0.1, "our installer")})["pv.system.loss"]
    assert row.value == 0.1
    assert row.source == "Set for this area: our installer (laep ships 0.14)"


def test_nothing_laep_ships_is_refused_or_asked_about():
    for row in shipped().values():
        assert [word for value in row.span for word in (impossible(row, value), unlikely(row, value)) if word] == []


def test_an_unknown_key_is_met_with_the_nearest():
    with pytest.raises(UserFault, match=r"Did you mean 'pv\.system\.loss'"):
        Assumptions({"pv.sytem.loss": 0.1})


def test_search_wants_every_word():
    found = {a.key for a in Assumptions().search("battery cost home")}
    assert "bess.capex_gbp_per_kwh.domestic" in found
    assert "pv.system.loss" not in found
