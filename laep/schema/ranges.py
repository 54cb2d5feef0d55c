"""How large numbers that come from outside are: what is usual in a unit, and what can be at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from laep.schema.vocabulary import AS_UNIT

if TYPE_CHECKING:
    from laep.schema.columns import Column, Layer


class Reach(NamedTuple):
    """The usual least and most of a unit, told of when passed, and the least and most that can be, else refused."""

    usual_least: float
    usual_most: float
    least: float
    most: float


BY_UNIT = {
    "MW": Reach(-2_000, 2_000, -100_000, 100_000),
    "MVA": Reach(-2_000, 2_000, -100_000, 100_000),
    "kVA": Reach(-2_000_000, 2_000_000, -1e8, 1e8),
    "kW": Reach(-500_000, 500_000, -5e6, 5e6),
    "A": Reach(-20_000, 20_000, -1e6, 1e6),
    "MWh": Reach(-1e7, 1e7, -1e9, 1e9),
    "kWh": Reach(-1e9, 1e9, -1e12, 1e12),
    "kWh/yr": Reach(0, 1e8, 0, 1e10),
    "kWh/m2": Reach(500, 2_500, 0, 10_000),
    "kWp": Reach(0, 50, 0, 10_000),
    "kV": Reach(0, 400, 0, 1_000),
    "W/m2": Reach(0, 1_300, 0, 2_000),
    "m/s": Reach(0, 40, 0, 120),
    "m": Reach(0, 200_000, 0, 2e6),
    "mm": Reach(0, 1_000, 0, 1e5),
    "m2": Reach(0, 1e8, 0, 1e11),
    "h": Reach(0, 8_784, 0, 1e5),
    "storeys": Reach(0, 60, 0, 200),
    "households": Reach(0, 20_000, 0, 1e6),
    "homes": Reach(0, 2_000, 0, 50_000),
    "count": Reach(0, 1e6, 0, 1e8),
    "readings": Reach(0, 1e8, 0, 1e11),
    "days": Reach(0, 10_000, 0, 1e5),
    "GBP/MWh": Reach(0, 20_000, -1e6, 1e6),
    "GBP/yr": Reach(0, 1e8, -1e10, 1e10),
}
"""
A column says its own where it knows better. The largest there is sets the scale: grid supply points and schemes of
2 GW, some 60 GW of demand and 30 million meters in Great Britain, census areas of a few thousand households, lines at
400 kV; what is usual is far above what a village shows, so that a note means something.
"""
ANY_UNIT = Reach(-1e12, 1e12, -1e15, 1e15)
"""Numbers in a unit that an operator has made up."""


def bounded(layer: Layer) -> Layer:
    """Return a layer whose columns of numbers say what is usual and what can be, by their unit if not themselves."""
    return replace(layer, columns=tuple(map(_bounded, layer.columns)))


def _bounded(column: Column) -> Column:
    reach = BY_UNIT.get(column.unit)
    if reach is None or column.type not in ("float", "int") or column.unit == AS_UNIT:
        return column
    least = reach.least if column.least is None else column.least
    most = reach.most if column.most is None else column.most
    usual = column.usual or (max(reach.usual_least, least), min(reach.usual_most, most))
    return replace(column, least=least, most=most, usual=usual)
