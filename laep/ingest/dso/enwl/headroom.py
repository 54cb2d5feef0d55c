"""Electricity North West network development plan -> `in_substation` and `in_headroom`, demand and generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import normal
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.read import cells, forms, positions
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="enwl_headroom",
    title="Electricity North West NDP headroom of primaries and bulk supply points",
    publisher="SP Electricity North West",
    licence="See the dataset page (CC BY 4.0 on most of its datasets)",
    attribution="Contains data from SP Electricity North West",
    url="https://electricitynorthwest.opendatasoft.com/explore/dataset/ndp-pry-bsp-headroom",
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV `ndp-pry-bsp-headroom`, the CSV `ndp-pry-bsp-generation`, or both",
    operator="enwl",
    live=Several(
        ways=(
            Opendatasoft(host=HOSTS["enwl"], dataset="ndp-pry-bsp-headroom", labels=True),
            Opendatasoft(host=HOSTS["enwl"], dataset="ndp-pry-bsp-generation", labels=True),
        )
    ),
    key="LAEP_ENWL_KEY",
    tested_on="excerpt",
)
_COMMON = {
    "substation_id": ("GROUP_NUMBER", "substation"),
    "type": ("GROUP", "substation_type"),
    "year": ("YEAR",),
    "scenario": ("SCENARIO",),
    "easting": ("CENTROID_X",),
    "northing": ("CENTROID_Y",),
    "lat_lon": ("geopoint",),
}
_DEMAND = {"firm": ("FIRM HEADROOM ( MVA )",), "non_firm": ("NON-FIRM HEADROOM ( MVA )",)}
_GENERATION = {
    "primary_inverter": ("PRY GEN HEADROOM - INVERTER BASED ( MW )",),
    "primary_synchronous_lv": ("PRY GEN HEADROOM - SYNCHRONOUS LV ( MW )",),
    "primary_synchronous_hv": ("PRY GEN HEADROOM - SYNCHRONOUS HV ( MW )",),
    "primary_storage": ("PRY BATTERY HEADROOM ( MW)",),
    "bsp_inverter": ("BSP GEN HEADROOM - INVERTER BASED ( MW )",),
    "bsp_synchronous": ("BSP GEN HEADROOM - SYNCHRONOUS ( MW )",),
    "bsp_storage": ("BSP BATTERY HEADROOM ( MW )",),
}
_OLDER = {"status": ("status",), "headroom": ("headroom_mva",)}
FORMS: forms.Forms = {
    "demand": {**_COMMON, **_DEMAND},
    "generation": {**_COMMON, **_GENERATION},
    "older": {**_COMMON, **_OLDER},
}
"""Form -> our name -> spellings of the published one."""
COLUMNS = forms.every(FORMS)
_OPTIONAL = ("easting", "northing", "lat_lon")
_LEVELS = {"PRIMARY": "primary", "PRY": "primary", "BSP": "bsp", "BULK SUPPLY POINT": "bsp", "GSP": "gsp"}


def read(request: Request) -> Ingested:
    """
    Return the primaries and bulk supply points near the area and their headroom in every scenario and year.

    Notes
    -----
    Demand headroom is in MVA and stays there: no power factor is published. Generation is in MW. A primary has two
    synchronous figures, for plant at low and at high voltage: the lower is kept and both stand in `constraint`.
    Battery headroom is published beside generation, so it is generation of technology `storage`. Whether `YEAR` is
    the first or the last of a financial year is not published; it is kept as it stands.
    """
    if not request.files:
        raise SourceInvalid(f"{SOURCE.name} needs a file: {SOURCE.accepts}. Get it from {SOURCE.url}.")
    every = pd.concat([_read_rows(path) for path in request.files], ignore_index=True)
    usable = every[["substation_id", "level", "year", "scenario"]].notna().all(axis="columns")
    table = every[usable].assign(substation_id=normal.distinct_ids(every["substation_id"], every["level"])[usable])
    located, place_notes = _located(table)
    kept = normal.around(located, request.clip)
    substations = located[kept].assign(operator="enwl")
    headroom, floor_notes = normal.with_floors(_long(table))
    inside = table["substation_id"].isin(substations["substation_id"])
    rows, repeat_notes = normal.one_row_a_key(headroom[headroom["row"].isin(table.index[inside])], source=SOURCE)
    return Ingested(
        layers={
            "in_substation": as_layer(substations, "in_substation", source=SOURCE),
            "in_headroom": as_layer(rows, "in_headroom", source=SOURCE),
        },
        rows_read=len(every),
        rows_kept=int(inside.sum()),
        notes=(
            *_dropped_notes(every, table, headroom),
            *place_notes,
            normal.distance_note(kept),
            *repeat_notes,
            *floor_notes,
        ),
    )


def named(ids: pd.Series[str], level: pd.Series[str]) -> pd.Series[str]:
    """Return what to call a substation: its published name, or for a number the level and the number."""
    words = level.map({"primary": "Primary ", "bsp": "BSP ", "gsp": "GSP "})
    return ids.mask(ids.str.fullmatch(r"\d+").fillna(value=False), words + ids).astype("string")


def _dropped_notes(every: pd.DataFrame, table: pd.DataFrame, headroom: pd.DataFrame) -> list[str]:
    notes = []
    if dropped := len(every) - len(table):
        notes.append(f"{dropped:,} of {len(every):,} rows lack a known group, number, year or scenario: left out.")
    if silent := int((~table.index.isin(headroom["row"])).sum()):
        notes.append(f"{silent:,} of {len(every):,} rows have no headroom figure at all: left out.")
    return notes


def _read_rows(path: Path) -> pd.DataFrame:
    """Return the rows of one file under our names; the columns of the other forms are all missing."""
    _, raw = forms.read_form(path, FORMS, source=SOURCE, optional=dict.fromkeys(FORMS, _OPTIONAL))
    raw = raw.reindex(columns=list(COLUMNS)).astype("string")
    return raw.assign(
        level=cells.looked_up(raw["type"], _LEVELS),
        year=cells.start_year(raw["year"]),
        scenario=normal.scenario_name(raw["scenario"]),
        name=named(raw["substation_id"], cells.looked_up(raw["type"], _LEVELS)),
    )


def _located(table: pd.DataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return one row a substation with its point, from its first row that has one."""
    placed = table[["easting", "lat_lon"]].notna().any(axis="columns")
    order = table.assign(placeless=~placed).sort_values(["substation_id", "placeless"], kind="stable")
    first = order.drop_duplicates("substation_id").reset_index(drop=True)
    latitude, longitude = positions.split_pair(first["lat_lon"])
    places = positions.points(
        easting=first["easting"], northing=first["northing"], latitude=latitude, longitude=longitude
    )  # fmt: skip
    return gpd.GeoDataFrame(first, geometry=places.points), [
        *positions.missing_note(places),
        *positions.astray_note(places),
    ]


def _long(table: pd.DataFrame) -> pd.DataFrame:
    """Return headroom in long form: one row for each figure the forms hold; `row` is the row of `table`."""
    columns = {name: numeric(table[name]) for name in (*_DEMAND, *_GENERATION, "headroom")}
    figures = pd.DataFrame(columns, index=table.index)
    is_bsp = table["level"].ne("primary")
    by_voltage = figures[["primary_synchronous_lv", "primary_synchronous_hv"]]
    both = by_voltage.notna().all(axis="columns") & ~is_bsp
    constraint = (
        "Synchronous plant: " + table["primary_synchronous_lv"] + " MW at low voltage, "
        + table["primary_synchronous_hv"] + " MW at high voltage"
    ).where(both)  # fmt: skip
    generation = {
        "inverter": figures["primary_inverter"].mask(is_bsp, figures["bsp_inverter"]),
        "synchronous": by_voltage.min(axis="columns").mask(is_bsp, figures["bsp_synchronous"]),
        "storage": figures["primary_storage"].mask(is_bsp, figures["bsp_storage"]),
    }
    parts = [
        _part(table, figures["firm"], "demand", basis="firm_n1"),
        _part(table, figures["non_firm"], "demand", basis="non_firm"),
        _part(table, figures["headroom"], "demand", basis=_basis(table["status"])),
        *(_part(table, value, "generation", technology=kind) for kind, value in generation.items()),
    ]
    long = pd.concat(parts, ignore_index=True)
    synchronous = long["technology"].eq("synchronous")
    long["constraint"] = long["row"].map(constraint).where(synchronous).astype("string")
    return long


def _part(
    table: pd.DataFrame,
    value: pd.Series[float],
    direction: str,
    *,
    technology: str = "any",
    basis: str | pd.Series[str] = "not_stated",
) -> pd.DataFrame:
    unit = "MVA" if direction == "demand" else "MW"
    part = table[["substation_id", "level", "year", "scenario"]].assign(
        row=table.index, substation_name=table["name"], direction=direction, technology=technology, basis=basis,
        value=value, unit=unit, value_mw=value if unit == "MW" else float("nan"),
    )  # fmt: skip
    return part[value.notna()]


def _basis(status: pd.Series[str]) -> pd.Series[str]:
    """Return what the older edition's `status` says of N-1 security, where it says it."""
    plain = status.str.casefold().str.replace(r"[^a-z]", "", regex=True)
    return plain.map({"firm": "firm_n1", "nonfirm": "non_firm"}).fillna("not_stated").astype("string")
