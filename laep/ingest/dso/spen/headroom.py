"""SP Energy Networks scenario headroom workbooks (Manweb, Distribution) -> `in_headroom`; they hold no positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import normal
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import ByNation
from laep.ingest.read import cells
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import has_column, instead, numeric, read_table
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="spen_headroom",
    title="SP Energy Networks network scenario headroom report",
    publisher="SP Energy Networks",
    licence="See the dataset page",
    attribution="Contains data from SP Energy Networks",
    url="https://spenergynetworks.opendatasoft.com (datasets spm-nshr-data-workbook and spd-nshr-data-workbook)",
    writes=("in_headroom",),
    private=(),
    accepts="`spm-nshr-data-workbook`, `spd-nshr-data-workbook`, or both, as workbooks or CSV",
    operator="spen",
    live=ByNation(
        england=Opendatasoft(host=HOSTS["spen"], dataset="spm-nshr-data-workbook", labels=True),
        wales=Opendatasoft(host=HOSTS["spen"], dataset="spm-nshr-data-workbook", labels=True),
        scotland=Opendatasoft(host=HOSTS["spen"], dataset="spd-nshr-data-workbook", labels=True),
    ),
    key="LAEP_SPEN_KEY",
    tested_on="excerpt",
)
COLUMNS = {
    "name": ("Substation/Group", "substation_group"),
    "voltage": ("Voltage", "Voltage (kV)"),
    "scenario": ("Scenario",),
    "year": ("Financial Year", "DFES Year", "Year"),
    "headroom": ("Headroom (MW)",),
    "kind": ("Headroom Type",),
}
"""Our name -> spellings of the published one, in the workbooks of 2024 to 2026."""
_DISTRIBUTION_COLUMN = "GSP"
_SCENARIOS = {
    "HT": "Holistic Transition",
    "EE": "Electric Engagement",
    "HE": "Hydrogen Evolution",
    "CF": "Counterfactual",
    "BV": "Baseline",
}
_TECHNOLOGY_WORDS = (
    (r"storage|batter", "storage"),
    (r"inverter|converter|non[- ]?synchronous|asynchronous", "inverter"),
    (r"synchronous", "synchronous"),
)
"""Tried in this order: `non-synchronous` holds the word `synchronous`."""


def read(request: Request) -> Ingested:
    """
    Return the headroom of every substation or group in every scenario and year.

    Notes
    -----
    Ids are the published names in capitals: the workbooks give neither numbers nor positions, so these rows can only
    be matched by name, and a group such as `ABERGELE T1 / PENSARN T1` by one of its members. `2038/39` is 2038: the
    publisher's field list says that a year stands for the financial year that starts in it.
    """
    if not request.files:
        raise SourceInvalid(f"{SOURCE.name} needs a file: {SOURCE.accepts}. Get it from {SOURCE.url}.")
    every = pd.concat([_read_rows(path) for path in request.files], ignore_index=True)
    usable = every[["name", "level", "year", "scenario", "direction"]].notna().all(axis="columns")
    table = every[usable]
    floors, floor_notes = _floors(table)
    frame = table.assign(
        substation_id=normal.distinct_ids(table["name"].str.upper(), table["level"]), substation_name=table["name"],
        unit="MW", value_mw=table["value"], basis="not_stated", floor_at_zero=floors,
    )  # fmt: skip
    rows, repeat_notes = normal.one_row_a_key(frame, source=SOURCE)
    return Ingested(
        layers={"in_headroom": as_layer(rows, "in_headroom", source=SOURCE)},
        rows_read=len(every),
        rows_kept=len(rows),
        notes=(
            *_dropped_notes(every, usable), *repeat_notes, *floor_notes,
            "No positions are published: the rows of all substations are kept, to be matched by name.",
        ),
    )  # fmt: skip


def _read_rows(path: Path) -> pd.DataFrame:
    raw = read_table(path, COLUMNS, source=SOURCE)
    direction, technology = _kinds(raw["kind"])
    return pd.DataFrame(
        {
            "name": cells.tidy(raw["name"]),
            "level": _levels(raw["voltage"], distribution=_is_distribution(path)),
            "scenario": normal.scenario_name(raw["scenario"]).replace(_SCENARIOS),
            "year": cells.start_year(raw["year"]),
            "direction": direction,
            "technology": technology,
            "value": numeric(raw["headroom"]),
            "instead": instead(raw["headroom"]),
            "kind": raw["kind"],
        }
    )


def _is_distribution(path: Path) -> bool:
    """Return whether this is SP Distribution (Scotland): its workbook has a GSP for each row, its name says SPD."""
    return "spd" in path.name.casefold() or has_column(path, _DISTRIBUTION_COLUMN, source=SOURCE)


def _levels(voltage: pd.Series[str], *, distribution: bool) -> pd.Series[str]:
    """
    Return the level a busbar voltage stands for.

    Up to 25 kV is a primary. 33 kV and above is a bulk supply point in Manweb, but a grid supply point in Scotland,
    where 132 kV belongs to transmission; so is 132 kV in Manweb.
    """
    kv = numeric(voltage, told=False).fillna(normal.voltage_list(voltage)[0])
    level = pd.Series(pd.NA, index=voltage.index, dtype="string")
    level[kv.gt(0) & kv.le(25)] = "primary"
    level[kv.gt(25) & kv.lt(132)] = "gsp" if distribution else "bsp"
    level[kv.ge(132)] = "gsp"
    return level


def _kinds(kind: pd.Series[str]) -> tuple[pd.Series[str], pd.Series[str]]:
    """Return direction and technology of headroom types such as `Demand` and `Generation (Synchronous)`."""
    plain = kind.str.casefold()
    direction = pd.Series(pd.NA, index=kind.index, dtype="string")
    direction[plain.str.contains("generation|storage|batter").fillna(value=False)] = "generation"
    direction[plain.str.contains("demand").fillna(value=False)] = "demand"
    technology = pd.Series("any", index=kind.index, dtype="string")
    for words, name in reversed(_TECHNOLOGY_WORDS):
        technology[plain.str.contains(words).fillna(value=False) & direction.eq("generation").fillna(value=False)] = (
            name
        )
    return direction, technology


def _floors(table: pd.DataFrame) -> tuple[pd.Series[bool], list[str]]:
    floors = pd.Series(pd.NA, index=table.index, dtype="boolean")
    notes = []
    for direction, value in table.groupby("direction")["value"]:
        floors[value.index] = normal.floor_at_zero(value)
        notes.append(normal.floor_note(value, what=f"{str(direction).title()} headroom (MW)"))
    return floors, notes


def _dropped_notes(every: pd.DataFrame, usable: pd.Series[bool]) -> list[str]:
    notes = [f"{int(usable.sum()):,} of {len(every):,} rows have a name, voltage, scenario, year and known type."]
    if unknown := sorted(every.loc[every["direction"].isna(), "kind"].dropna().unique()):
        notes.append(f"Rows of headroom type {', '.join(repr(kind) for kind in unknown)} are left out.")
    return notes
