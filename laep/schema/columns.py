"""What a layer and a column are, the ways to write one down, and the words columns hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from laep.schema.vocabulary import (
    CONFIDENCES,
    DIRECTIONS,
    GENERATOR_STATUSES,
    GENERATOR_TECHNOLOGIES,
    HEADROOM_TECHNOLOGIES,
    LEVELS,
    PLANNING_STATES,
    ROLES,
    TOLD_BY,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA_VERSION = 2
CRS = "EPSG:27700"

Type = Literal["text", "float", "int", "bool", "time"]
Geometry = Literal["Point", "MultiLineString", "MultiPolygon"]

_DTYPES: dict[str, str] = {
    "text": "string",
    "float": "float64",
    "int": "Int64",
    "bool": "boolean",
    "time": "datetime64[ms, UTC]",
}


@dataclass(frozen=True)
class Column:
    """One column: name, type, unit ('-' when it has none), meaning; `required` forbids missing values."""

    name: str
    type: Type
    unit: str
    meaning: str
    required: bool = False
    private: bool = False
    among: tuple[str, ...] = ()
    """The words it may hold; empty where any text will do."""
    least: float | None = None
    most: float | None = None
    """A number beyond these is no such number."""
    usual: tuple[float, float] | None = None
    """A number beyond these may be right, and is told of."""

    @property
    def dtype(self) -> str:
        """Return the pandas dtype the column has in memory."""
        return _DTYPES[self.type]

    @property
    def allowed(self) -> str:
        """Return which values it may hold, in words; nothing where all of its type may stand."""
        if self.among:
            return ", ".join(self.among)
        if self.least is not None and self.most is not None:
            return f"{self.least:,.9g} to {self.most:,.9g}"
        if self.least is not None:
            return f"{self.least:,.9g} or more"
        return "" if self.most is None else f"{self.most:,.9g} or less"

    @property
    def expected(self) -> str:
        """Return the usual range, in words; nothing where none is known."""
        return f"{self.usual[0]:,.9g} to {self.usual[1]:,.9g}" if self.usual else ""

    @property
    def held_to(self) -> str:
        """Return what it may hold and what is usual, in words."""
        narrower = self.expected and self.expected != self.allowed
        return f"{self.allowed}; usually {self.expected}" if narrower else self.allowed


@dataclass(frozen=True)
class Layer:
    """One layer: its columns, geometry type (or none), and the columns that identify a row."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: Geometry | None = None
    private: bool = False
    """True when a row is one household: no row leaves the area folder, only counts of many (see `public`)."""
    private_rows: str = ""
    """Flag column of a layer some of whose rows are one household each: those rows stay in the area folder."""

    @property
    def column_names(self) -> list[str]:
        """Return the column names in order, geometry left out."""
        return [column.name for column in self.columns]


def text(
    name: str, meaning: str, *, among: Iterable[str] = (), required: bool = False, private: bool = False
) -> Column:
    """Return a text column, which holds any text or the words of `among`."""
    return Column(name, "text", "-", meaning, required=required, private=private, among=tuple(among))


def number(
    name: str, unit: str, meaning: str, *, least: float | None = None, most: float | None = None,
    usual: tuple[float, float] | None = None, required: bool = False, private: bool = False,
) -> Column:  # fmt: skip
    """Return a float column with its unit, and its range where it has one."""
    return Column(name, "float", unit, meaning, required=required, private=private, least=least, most=most, usual=usual)


def amount(
    name: str, unit: str, meaning: str, *, most: float | None = None, usual: tuple[float, float] | None = None,
    required: bool = False, private: bool = False,
) -> Column:  # fmt: skip
    """Return a float column, with its unit, that is never below zero."""
    return number(name, unit, meaning, least=0.0, most=most, usual=usual, required=required, private=private)


def share(name: str, meaning: str, *, required: bool = False, private: bool = False) -> Column:
    """Return a float column that holds a share of one."""
    return number(name, "-", meaning, least=0.0, most=1.0, required=required, private=private)


def count(
    name: str, meaning: str, *, unit: str = "count", least: float = 0, most: float | None = None,
    usual: tuple[float, float] | None = None, required: bool = False, private: bool = False,
) -> Column:  # fmt: skip
    """Return a whole-number column."""
    return Column(name, "int", unit, meaning, required=required, private=private, least=least, most=most, usual=usual)


def flag(name: str, meaning: str, *, required: bool = False, private: bool = False) -> Column:
    """Return a yes/no column."""
    return Column(name, "bool", "-", meaning, required=required, private=private)


def spread(
    stem: str, unit: str, meaning: str, *, least: float | None = None, required: bool = False
) -> tuple[Column, Column, Column]:
    """Return the central, low and high columns of one estimate: `stem_unit`, `stem_low_unit`, `stem_high_unit`."""
    suffix = unit_suffix(unit)
    return (
        number(f"{stem}_{suffix}", unit, meaning, least=least, required=required),
        number(f"{stem}_low_{suffix}", unit, f"{meaning}: low end", least=least),
        number(f"{stem}_high_{suffix}", unit, f"{meaning}: high end", least=least),
    )


def year(meaning: str, *, required: bool = False) -> Column:
    """Return the column of a calendar year."""
    return count("year", meaning, unit="year", least=1900, most=2200, required=required)


def month(meaning: str, *, private: bool = False) -> Column:
    """Return the column of a month."""
    return count("month", meaning, unit="month", least=1, most=12, required=True, private=private)


def period(meaning: str, *, private: bool = False) -> Column:
    """Return the column of a settlement period of a day of the local day."""
    return count("period", meaning, unit="period", least=1, most=48, required=True, private=private)


def unit_suffix(unit: str) -> str:
    """Return how a unit is spelled at the end of a column name, such as `gbp_per_kw` for `GBP/kW`."""
    return unit.replace("/", "_per_").lower()


SOURCE = text("source_id", "The row of `laep_provenance` this came from", required=True)
METHOD = text("method", "How the value was found", required=True)
CONFIDENCE = text("confidence", "How sure it is", among=CONFIDENCES, required=True)
LEVEL = text("level", "Level of the substation, from the street up", among=LEVELS, required=True)
DIRECTION = text("direction", "Drawing (demand) or sending out (generation)", among=DIRECTIONS, required=True)
HEADROOM_TECHNOLOGY = text(
    "technology", "Coupling it holds for; any where all are one", among=HEADROOM_TECHNOLOGIES, required=True
)
ROLE = text("role", "Whether it serves the area, or stands above one that does", among=ROLES, required=True)
TELLER = text("told_by", "Kind of source that tells of it", among=TOLD_BY, required=True)
GENERATOR = text("technology", "What it runs on", among=GENERATOR_TECHNOLOGIES, required=True)
GENERATOR_STATUS = text(
    "status", "Running, accepted by the operator, or planned", among=GENERATOR_STATUSES, required=True
)
PLANNING = text("planning", "Where its planning application stands; missing without one", among=PLANNING_STATES)
DISTANCE = amount("distance_m", "m", "Distance from the edge of the area; 0 inside it")
