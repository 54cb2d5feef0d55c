"""Distribution future energy scenarios by primary substation -> `in_forecast`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import named
from laep.ingest.read import cells
from laep.ingest.read.files import files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import header, numeric, read_table
from laep.ingest.read.vector import refuse_text
from laep.ingest.source import Ingested, Source
from laep.schema.vocabulary import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="dfes",
    title="future energy scenarios by primary substation",
    publisher="The network operator of the area",
    licence="Northern Powergrid: CC BY and its Open Data Licence v1.0; SSEN: CC BY 4.0; else see the dataset page",
    attribution="Supported by open data of the network operator",
    url="https://data.ssen.co.uk (distribution future energy scenarios; each operator has its own)",
    writes=("in_forecast",),
    takes=("in_substation", "in_supply_area"),
    accepts="Northern Powergrid's CSVs, one a measure with a column a year, or SSEN's scenarios by primary as JSON",
    tested_on="real file",
)
COLUMNS = {
    "substation_name": ("Primary",),
    "licence_area": ("Licence area",),
    "level": ("Voltage level",),
    "scenario": ("Scenario name",),
    "measure": ("Output parameter",),
}
_UNITS = ((r"\(MW\)|capacity.*MW", "MW"), (r"MWh", "MWh"), (r"%", "%"), (r"[Nn]umber", "count"))
_SCENARIOS = {"EE": "Electric Engagement", "FB": "Falling Behind", "HT": "Holistic Transition"}
"""Short names in SSEN's DFES 2025 -> the scenarios of NESO's Future Energy Scenarios 2024 and 2025 they follow."""
_JSON_UNITS = {"Number": "count", "MW": "MW", "MWh": "MWh"}


def read(request: Request) -> Ingested:
    """
    Return the forecasts of substations the area knows by name.

    Notes
    -----
    A value without a year (a baseline) is left out: the file does not say which year it is of.
    """
    found = [_one(path) for path in files_of(request, SOURCE)]
    every = pd.concat([table for table, _ in found], ignore_index=True)
    kept = every[named.near(request, SOURCE, every["substation_name"])].reset_index(drop=True)
    places = f"{kept['substation_name'].nunique():,} of {every['substation_name'].nunique():,}"
    notes = [*(note for _, said in found for note in said), f"{places} substations are known to the area by name."]
    once = kept.drop_duplicates(["substation_name", "measure", "scenario", "year"])
    if repeated := len(kept) - len(once):
        notes.append(f"{repeated:,} rows repeat a substation, measure, scenario and year: the first is kept.")
    return Ingested(
        layers={"in_forecast": as_layer(once, "in_forecast", source=SOURCE)},
        rows_read=len(every),
        rows_kept=len(once),
        notes=tuple(notes),
    )


def _one(path: Path) -> tuple[pd.DataFrame, list[str]]:
    if path.suffix.lower() == ".json":
        return _by_name(path)
    return _wide(path)


def _wide(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Read one row a primary with a column a year."""
    years = sorted(name for name in header(path, COLUMNS, source=SOURCE) if re.fullmatch(r"20\d\d", name.strip()))
    wanted = {**COLUMNS, **{year: (year,) for year in years}}
    table = read_table(path, wanted, source=SOURCE, optional=("licence_area",))
    if not years:
        raise SourceInvalid(f"{path}: no column is a year, such as 2030. laep reads {SOURCE.accepts}.")
    long = table.melt(id_vars=list(COLUMNS), value_vars=years, var_name="year", value_name="text")
    measure = cells.tidy(long["measure"])
    operator = long["licence_area"].str.startswith("NPg").map({True: "npg"}).fillna("unknown")
    level = cells.looked_up(cells.tidy(long["level"]), {level: level for level in LEVELS})
    frame = pd.DataFrame(
        {
            "substation_name": cells.tidy(long["substation_name"]), "level": level,
            "operator": operator, "measure": measure, "scenario": cells.tidy(long["scenario"]),
            "scenario_vintage": _vintage(path), "year": long["year"].astype("Int64"), "value": numeric(long["text"]),
            "unit": _unit(measure),
        }
    )  # fmt: skip
    whole = frame.dropna(subset=["substation_name", "scenario", "measure", "level"])
    notes = [f"{path.name}: {len(table):,} substations, {years[0]} to {years[-1]}: {measure.iloc[0]}."]
    if odd := int(level.isna().sum()) // len(years):
        notes.append(f"{path.name}: {odd:,} substations name none of the levels {', '.join(LEVELS)}: left out.")
    return whole, notes


def _by_name(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Read `{substation: {measure: {scenario: {year: value}, "units": unit}}}`."""
    refuse_text(path, SOURCE)
    try:
        table = json.loads(path.read_text(encoding="utf-8-sig"))
        rows = list(_leaves(table))
    except (ValueError, AttributeError, UnicodeError, RecursionError) as error:
        raise SourceInvalid(
            f"{path}: is not the JSON of scenarios by primary ({error}). laep reads {SOURCE.accepts}."
        ) from error
    columns = ["substation_name", "measure", "scenario", "year", "value", "unit"]
    frame = pd.DataFrame(rows, columns=columns)
    dated = frame[frame["year"].str.fullmatch(r"20\d\d")]
    if dated.empty:
        raise SourceInvalid(f"{path}: holds no value with a year. laep reads {SOURCE.accepts}.")
    notes = [f"{path.name}: {frame['substation_name'].nunique():,} substations, scenarios by year."]
    if undated := len(frame) - len(dated):
        notes.append(f"{path.name}: {undated:,} values without a year (baselines) are left out.")
    text = dated.astype(dict.fromkeys(("substation_name", "measure", "scenario", "unit"), "string"))
    return text.assign(
        level="primary", operator="ssen", scenario_vintage=_vintage(path), year=text["year"].astype("Int64"),
        scenario=text["scenario"].replace(_SCENARIOS), unit=text["unit"].replace(_JSON_UNITS),
        value=pd.to_numeric(text["value"], errors="coerce").astype("float64"),
    ), notes  # fmt: skip


def _leaves(table: dict[str, Any]) -> Iterator[tuple[str, str, str, str, Any, str]]:
    for substation, measures in table.items():
        for measure, scenarios in measures.items():
            unit = str(scenarios.get("units", "as published"))
            for scenario, years in scenarios.items():
                if scenario != "units":
                    for year, value in years.items():
                        yield substation, measure, scenario, str(year), value, unit


def _unit(measure: pd.Series[str]) -> pd.Series[str]:
    unit = pd.Series("as published", index=measure.index, dtype="string")
    for pattern, name in reversed(_UNITS):
        unit[measure.str.contains(pattern).fillna(value=False)] = name
    return unit


def _vintage(path: Path) -> str | None:
    year = re.search(r"(?<!\d)(20\d\d)(?!\d)", path.name)
    return f"DFES {year[1]}" if year else None
