"""Electricity North West heat maps of primaries and bulk supply points -> `in_substation` and `in_headroom`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.dso.enwl.headroom import named
from laep.ingest.dso.form import normal, today
from laep.ingest.dso.form.today import Figure
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.read import cells, positions
from laep.ingest.read.files import edition_note, edition_year, files_of
from laep.ingest.read.table import has_column, numeric, read_table
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="enwl_heatmap",
    title="Electricity North West heat maps",
    publisher="SP Electricity North West",
    licence="See the dataset page (CC BY 4.0 on most of its datasets)",
    attribution="Contains data from SP Electricity North West",
    url="https://electricitynorthwest.opendatasoft.com (enwl-pry-heatmap, enwl-bsp-heatmap)",
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV export of `enwl-pry-heatmap`, of `enwl-bsp-heatmap`, or both",
    options=("year",),
    nations=("england",),
    operator="enwl",
    live=Several(
        ways=(
            Opendatasoft(host=HOSTS["enwl"], dataset="enwl-pry-heatmap"),
            Opendatasoft(host=HOSTS["enwl"], dataset="enwl-bsp-heatmap"),
        )
    ),
    key="LAEP_ENWL_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "primary": ("pry_number",),
    "bsp": ("bsp_number",),
    "gsp": ("gsp_number",),
    "class": ("class",),
    "voltage": ("voltage_kv", "voltage_mw"),
    "circuit_mva": ("circuit_mva",),
    "demand_firm": ("dem_hr_firm_mw",),
    "demand_non_firm": ("dem_hr_non_firm_mw",),
    "inverter": ("gen_hr_inverter_mw",),
    "synchronous": ("gen_hr_synchronous_mw",),
    "synchronous_lv": ("gen_hr_lv_synchronous_mw",),
    "synchronous_hv": ("gen_hr_hv_synchronous_mw",),
    "storage": ("batt_storage_hr_mw",),
    "lat_lon": ("geo_point_2d",),
}
"""Our name -> spellings of the published one. The primaries' voltage is published under a name that ends in `_mw`."""
_REQUIRED = ("bsp", "demand_firm", "inverter")
_FIGURES = (
    Figure(column="demand_firm", direction="demand", unit="MW", basis="firm_n1"),
    Figure(column="demand_non_firm", direction="demand", unit="MW", basis="non_firm"),
    Figure(column="inverter", direction="generation", technology="inverter", unit="MW"),
    Figure(column="least_synchronous", direction="generation", technology="synchronous", unit="MW", constraint="both"),
    Figure(column="storage", direction="generation", technology="storage", unit="MW"),
)


def read(request: Request) -> Ingested:
    """
    Return the primaries and bulk supply points near the area and today's headroom.

    Notes
    -----
    No names are published: a primary goes by its number, `Primary 100111`. Its two synchronous figures, for plant at
    low and at high voltage, are read as in `enwl_headroom`: the lower is kept, both stand in `constraint`.
    """
    paths = files_of(request, SOURCE)
    raw = pd.concat([_read_file(path) for path in paths], ignore_index=True)
    year, edition = edition_year(paths[-1], request, SOURCE)
    latitude, longitude = positions.split_pair(raw["lat_lon"])
    places = positions.points(latitude=latitude, longitude=longitude)
    found = today.layers(
        _table(raw), places, _FIGURES, request, SOURCE, operator="enwl", year=year, edition=edition, published=raw
    )  # fmt: skip
    notes = (*edition_note(year, edition, SOURCE), *found.notes)
    return Ingested(
        layers=found.layers, rows_read=found.rows_read, rows_kept=found.rows_kept, notes=notes, edition=edition
    )


def _read_file(path: Path) -> pd.DataFrame:
    level = "primary" if has_column(path, "pry_number", source=SOURCE) else "bsp"
    optional = [name for name in COLUMNS if name not in _REQUIRED]
    return read_table(path, COLUMNS, source=SOURCE, optional=optional).assign(level=level)


def _table(raw: pd.DataFrame) -> pd.DataFrame:
    is_primary = raw["level"].eq("primary")
    ids = raw["primary"].where(is_primary, raw["bsp"]).str.replace(r"\.0+$", "", regex=True)
    by_voltage = pd.DataFrame({side: numeric(raw[f"synchronous_{side}"]) for side in ("lv", "hv")})
    both = "Synchronous plant: " + raw["synchronous_lv"] + " MW at low voltage, " + raw["synchronous_hv"]
    lower, _ = normal.voltage_list(raw["voltage"])
    return raw.assign(
        substation_id=ids, name=named(ids, raw["level"]), voltage_kv=lower,
        upstream_bsp=named(raw["bsp"], pd.Series("bsp", index=raw.index)).where(is_primary),
        upstream_gsp=named(raw["gsp"], pd.Series("gsp", index=raw.index)),
        both=(both + " MW at high voltage").astype("string"),
        least_synchronous=by_voltage.min(axis="columns").fillna(numeric(raw["synchronous"])),
        comment=cells.joined(
            [
                ("Circuit capacity: " + raw["circuit_mva"] + " MVA").astype("string"),
                ("Class, as published: " + raw["class"]).astype("string"),
            ],
            separator="\n",
        ),
        **{
            column: numeric(raw[column]) for column in ("demand_firm", "demand_non_firm", "inverter", "storage")
        },
    )  # fmt: skip
