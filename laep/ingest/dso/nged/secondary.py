"""NGED distribution substations -> secondary substations in `in_substation`; no headroom is published with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.dso.form import today
from laep.ingest.net.ckan import HOSTS, Ckan
from laep.ingest.read import cells, positions
from laep.ingest.read.files import files_of
from laep.ingest.read.table import numeric, read_table, whole
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from laep.ingest.source import Request

SOURCE = Source(
    name="nged_secondary",
    title="NGED distribution substations",
    publisher="National Grid Electricity Distribution",
    licence="NGED open data licence (see the dataset page)",
    attribution="Supported by NGED Open Data",
    url="https://connecteddata.nationalgrid.co.uk (Distribution substations)",
    writes=("in_substation",),
    private=(),
    accepts="the CSV of distribution substations of one or more licence areas",
    nations=("england", "wales"),
    operator="nged",
    live=Ckan(host=HOSTS["nged"], package="distribution-substations", resource=r"substation"),
    key="LAEP_NGED_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "substation_id": ("SUBSTATION NUMBER",),
    "name": ("SUBSTATION NAME",),
    "type": ("SUBSTATION TYPE",),
    "grid_reference": ("GRID REFERENCE",),
    "latitude": ("LATITUDE",),
    "longitude": ("LONGITUDE",),
    "rating": ("SUBSTATION_RATING",),
    "day_demand": ("DAY_MAX_DEMAND",),
    "night_demand": ("NIGHT_MAX_DEMAND",),
    "customers": ("CUSTOMERS COUNT",),
    "primary": ("PRIMARY SUBSTATION NAME",),
    "feeder": ("HV FEEDER",),
    "low_carbon": ("LCT Count",),
    "storage": ("Energy Storage",),
    "charge_points": ("EV Charge Point",),
    "heat_pumps": ("Heat Pump",),
    "solar": ("Photovoltaic",),
}
"""Our name -> spellings of the published one."""
_REQUIRED = ("substation_id", "name")
_SAID = {
    "primary": "Fed from primary",
    "feeder": "High-voltage feeder",
    "type": "Kind",
    "rating": "Rating (unit not published)",
    "day_demand": "Highest demand by day (unit not published)",
    "night_demand": "Highest demand by night (unit not published)",
    "low_carbon": "Low-carbon devices",
    "solar": "Solar panels",
    "heat_pumps": "Heat pumps",
    "charge_points": "Charge points",
    "storage": "Batteries",
}


def read(request: Request) -> Ingested:
    """
    Return the distribution substations in the area and 500 m round it.

    Notes
    -----
    Neither ratings nor demands have a unit in the table, so they stand in `comment` and `rating_text`, and nothing is
    worked out from them.
    """
    paths = files_of(request, SOURCE)
    optional = [name for name in COLUMNS if name not in _REQUIRED]
    raw = pd.concat([read_table(path, COLUMNS, source=SOURCE, optional=optional) for path in paths], ignore_index=True)
    easting, northing = positions.grid_reference(raw["grid_reference"])
    published = positions.points(latitude=raw["latitude"], longitude=raw["longitude"])
    square = positions.points(easting=easting, northing=northing)
    places = positions.Places(
        points=published.points.where(published.points.notna(), square.points), astray_m=published.astray_m
    )
    table = raw.assign(
        substation_id=raw["substation_id"].str.replace(r"\.0+$", "", regex=True), name=cells.tidy(raw["name"]),
        level="secondary", customers=whole(numeric(raw["customers"])), rating_text=raw["rating"],
        comment=cells.joined(
            [(f"{label}: " + cells.tidy(raw[column])).astype("string") for column, label in _SAID.items()],
            separator="\n",
        ),
    )  # fmt: skip
    found = today.layers(table, places, (), request, SOURCE, operator="nged", year=0)
    return Ingested(
        layers=found.layers, rows_read=found.rows_read, rows_kept=found.rows_kept,
        notes=(*found.notes, "Ratings and demands are published without a unit: they stand in the comment."),
    )  # fmt: skip
