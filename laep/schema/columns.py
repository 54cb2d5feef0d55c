"""What a layer and a column are, the ways to write one down, and the words columns hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SCHEMA_VERSION = 1
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

    @property
    def dtype(self) -> str:
        """Return the pandas dtype the column has in memory."""
        return _DTYPES[self.type]


@dataclass(frozen=True)
class Layer:
    """One layer: its columns, geometry type (or none), the columns that identify a row, and the step that writes it."""

    name: str
    meaning: str
    written_by: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: Geometry | None = None
    private: bool = False
    """True when a row is one household: no row leaves the area folder, only counts of many (see `public`)."""

    @property
    def column_names(self) -> list[str]:
        """Return the column names in order, geometry left out."""
        return [column.name for column in self.columns]


def text(name: str, meaning: str, *, required: bool = False, private: bool = False) -> Column:
    """Return a text column."""
    return Column(name, "text", "-", meaning, required=required, private=private)


def number(name: str, unit: str, meaning: str, *, required: bool = False, private: bool = False) -> Column:
    """Return a float column with its unit."""
    return Column(name, "float", unit, meaning, required=required, private=private)


def count(name: str, meaning: str, *, unit: str = "count", required: bool = False, private: bool = False) -> Column:
    """Return a whole-number column."""
    return Column(name, "int", unit, meaning, required=required, private=private)


def flag(name: str, meaning: str, *, required: bool = False, private: bool = False) -> Column:
    """Return a yes/no column."""
    return Column(name, "bool", "-", meaning, required=required, private=private)


def spread(stem: str, unit: str, meaning: str, *, required: bool = False) -> tuple[Column, Column, Column]:
    """Return the central, low and high columns of one estimate: `stem_unit`, `stem_low_unit`, `stem_high_unit`."""
    suffix = unit_suffix(unit)
    return (
        number(f"{stem}_{suffix}", unit, meaning, required=required),
        number(f"{stem}_low_{suffix}", unit, f"{meaning}: low end"),
        number(f"{stem}_high_{suffix}", unit, f"{meaning}: high end"),
    )


def unit_suffix(unit: str) -> str:
    """Return how a unit is spelled at the end of a column name, such as `gbp_per_kw` for `GBP/kW`."""
    return unit.replace("/", "_per_").replace("%", "pct").lower()


SOURCE = text("source_id", "The row of `laep_provenance` this came from", required=True)
METHOD = text("method", "How the value was found", required=True)
CONFIDENCE = text("confidence", "high, medium or low", required=True)
