"""Units of columns and assumptions: one list, each a unit that a library of units reads."""

import re

import pint
import pytest

from laep.assumptions import shipped
from laep.schema import LAYERS
from laep.schema.vocabulary import AS_UNIT, UNITS

COUNTED = (
    "home", "household", "storey", "segment", "car", "heat_pump", "install", "session", "reading",
)  # fmt: skip


def columns():
    return ((f"{layer.name}.{column.name}", column.unit) for layer in LAYERS.values() for column in layer.columns)


@pytest.fixture(scope="module")
def units():
    found = pint.UnitRegistry(cache_folder=None)
    for definition in ("GBP = [money]", "kgCOe = kg", "kWp = kW", "VA = W", "period = 0.5 hour"):
        found.define(definition)
    found.define("p = GBP / 100")
    for name in COUNTED:
        found.define(f"{name} = [{name}]")
    return found


def parsed(units, unit):
    spelled = re.sub(r"(?<=m)([23])\b", r"**\1", unit.replace("CO2e", "COe"))
    return units.parse_units("" if unit == "-" else spelled)


def test_columns_and_assumptions_are_in_the_units_of_the_one_list():
    held = {unit for _, unit in columns() if unit != AS_UNIT} | {row.unit for row in shipped().values()}
    assert held == set(UNITS)
    assert len(set(UNITS)) == len(UNITS)


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_can_be_read(units, unit):
    assert parsed(units, unit) is not None


def test_no_two_spellings_are_one_unit(units):
    """Apparent power, and power of panels in full sun, are kept apart from power; a number from a count of things."""
    apart = {"kWp", "kVA", "MVA", "kWh/kWp", "count", "year"}
    sizes = {}
    for unit in (one for one in UNITS if one not in apart):
        said = units.Quantity(1.0, "delta_degC" if unit == "degC" else parsed(units, unit)).to_base_units()
        sizes.setdefault((round(said.magnitude, 12), str(said.units)), []).append(unit)
    assert not [alike for alike in sizes.values() if len(alike) > 1]
