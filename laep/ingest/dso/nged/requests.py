"""National Grid's counts of connections asked for, by substation -> `in_connection_request`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.dso.form import named
from laep.ingest.read import cells
from laep.ingest.read.files import one_file
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, read_table
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from laep.ingest.source import Request

SOURCE = Source(
    name="nged_requests",
    title="NGED new connections",
    publisher="National Grid Electricity Distribution",
    licence="NGED open data licence (derived from OGL v3); see the dataset page",
    attribution="Supported by NGED Open Data",
    url="https://connecteddata.nationalgrid.co.uk (New connections)",
    writes=("in_connection_request",),
    takes=("in_substation", "in_supply_area"),
    accepts="the CSV of connection enquiries, offers and acceptances by substation",
    operator="nged",
    tested_on="real file",
)
COLUMNS = {
    "gsp": ("Grid Supply Point",),
    "bsp": ("Bulk Supply Point",),
    "primary": ("Primary Substation",),
    "voltage": ("Proposed Connection Voltage (kV)",),
    "status": ("Connection Status",),
    "demand_requests": ("Total Demand Number",),
    "demand_mw": ("Total Demand Capacity (MW)",),
    "generation_requests": ("Total Generation Number",),
    "generation_mw": ("Total Generation Capacity (MW)",),
}
_STATUSES = {
    "budget estimates provided": "budget",
    "connection offers not yet accepted": "offered",
    "connection offers accepted": "accepted",
}
_NUMBERS = ("demand_requests", "demand_mw", "generation_requests", "generation_mw")
_KEY = ["gsp", "bsp", "primary", "voltage_kv", "status"]


def read(request: Request) -> Ingested:
    """Return the rows that name a substation the area knows, at any of the three levels."""
    path = one_file(request, SOURCE)
    raw = read_table(path, COLUMNS, source=SOURCE)
    status = cells.looked_up(cells.tidy(raw["status"]), _STATUSES)
    names = {level: cells.tidy(raw[level]) for level in ("gsp", "bsp", "primary")}
    table = pd.DataFrame(
        {**{level: name.fillna("") for level, name in names.items()}, "voltage_kv": numeric(raw["voltage"]),
         "status": status, **{name: numeric(raw[name]) for name in _NUMBERS}}
    )  # fmt: skip
    usable = table[["voltage_kv", "status"]].notna().all(axis="columns")
    here = named.near(request, SOURCE, *names.values())
    kept = table[usable & here].groupby(_KEY, as_index=False, sort=True)[list(_NUMBERS)].sum(min_count=1)
    notes = [f"{int(here.sum()):,} of {len(raw):,} rows name a substation the area knows."]
    if lost := int((~usable).sum()):
        notes.append(f"{lost:,} rows have no voltage, or a status laep does not know, and are left out.")
    return Ingested(
        layers={"in_connection_request": as_layer(kept, "in_connection_request", source=SOURCE)},
        rows_read=len(raw),
        rows_kept=int((usable & here).sum()),
        notes=tuple(notes),
    )
