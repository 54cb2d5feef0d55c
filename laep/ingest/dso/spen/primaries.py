"""SP Energy Networks heat maps of primaries for generation -> `in_substation`: positions, firm capacity, demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.dso.form import today
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.read import cells, positions
from laep.ingest.read.files import files_of
from laep.ingest.read.table import numeric, read_table
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="spen_primaries",
    title="SP Energy Networks distributed generation heat maps of primaries",
    publisher="SP Energy Networks",
    licence="See the dataset page",
    attribution="Contains data from SP Energy Networks",
    url=(
        "https://spenergynetworks.opendatasoft.com (distributed-generation-sp-distribution-heat-maps-spd-primary-"
        "substations, distributed-generation-sp-manweb-heat-maps-spm-primary-substations)"
    ),
    writes=("in_substation",),
    private=(),
    accepts="the CSV export of one or both datasets",
    nations=("england", "wales", "scotland"),
    operator="spen",
    live=Several(
        ways=(
            Opendatasoft(
                host=HOSTS["spen"], dataset="distributed-generation-sp-distribution-heat-maps-spd-primary-substations"
            ),
            Opendatasoft(
                host=HOSTS["spen"], dataset="distributed-generation-sp-manweb-heat-maps-spm-primary-substations"
            ),
        )
    ),
    key="LAEP_SPEN_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "name": ("substation_name",),
    "group": ("primary_group",),
    "firm_capacity": ("firm_capacity_mva",),
    "max_demand": ("maximum_load_mva",),
    "lat_lon": ("geo_point_2d",),
}
"""Our name -> spellings of the published one; the other columns of these tables have not been seen in use."""


def read(request: Request) -> Ingested:
    """
    Return the primaries near the area with firm capacity and highest load, which `spen_headroom` has no place for.

    Notes
    -----
    No ids are published: names stand for them, in capitals as in `spen_headroom`, so that its rows find these.
    """
    paths = files_of(request, SOURCE)
    raw = pd.concat(
        [read_table(path, COLUMNS, source=SOURCE, optional=("group",)) for path in paths], ignore_index=True
    )
    latitude, longitude = positions.split_pair(raw["lat_lon"])
    places = positions.points(latitude=latitude, longitude=longitude)
    name = cells.tidy(raw["name"])
    table = raw.assign(
        substation_id=name.str.upper(), name=name, level="primary", firm_capacity_mva=numeric(raw["firm_capacity"]),
        max_demand_mva=numeric(raw["max_demand"]),
        comment=("Primary group: " + cells.tidy(raw["group"])).where(raw["group"].ne(raw["name"])).astype("string"),
    )  # fmt: skip
    return today.layers(table, places, (), request, SOURCE, operator="spen", year=0, by_name=True)
