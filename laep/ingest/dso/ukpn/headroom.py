"""UK Power Networks network scenario headroom report -> `in_substation` and `in_headroom`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.dso.form import normal, years
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.read import cells, positions
from laep.ingest.read.files import files_of
from laep.ingest.read.table import instead, numeric, read_table
from laep.ingest.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="ukpn_headroom",
    title="UK Power Networks DFES network headroom report",
    publisher="UK Power Networks",
    licence="CC BY 4.0",
    attribution="Contains data from UK Power Networks, CC BY 4.0",
    url="https://ukpowernetworks.opendatasoft.com/explore/dataset/dfes-network-headroom-report",
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV export of `dfes-network-headroom-report`, with labels or field names as its header",
    nations=("england",),
    operator="ukpn",
    live=Opendatasoft(
        host=HOSTS["ukpn"], dataset="dfes-network-headroom-report", near="spatial_coordinates", margin_m=50_000.0
    ),
    key="LAEP_UKPN_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "category": ("Category",),
    "name": ("Substation Name",),
    "voltage": ("Voltage (kV)",),
    "substation_id": ("sitefunctionallocation", "Site Functional Location"),
    "upstream_bsp": ("BulkSupplyPoint",),
    "upstream_gsp": ("GridSupplyPoint",),
    "scenario": ("Scenario",),
    "year": ("Year",),
    "headroom": ("Headroom (MW)",),
    "lat_lon": ("Spatial Coordinates",),
}
"""Our name -> spellings of the published one. Labels and field names differ in capitals and punctuation only."""
_OPTIONAL = ("upstream_bsp", "upstream_gsp", "lat_lon")
PRIMARY_UPTO_KV = 25.0
"""A busbar up to 20 kV feeds a town, one of 33 kV and more feeds primaries."""


def read(request: Request) -> Ingested:
    """
    Return the substations near the area and their headroom in every scenario and year.

    Notes
    -----
    `Year` is the financial year that starts in it (the portal's own field list). A voltage up to 25 kV is a primary;
    higher ones are bulk supply points, which the publisher calls grid substations. Categories are demand, inverter
    and synchronous generation; what limits the figures is not published, so the basis is not stated.
    """
    paths = files_of(request, SOURCE)
    every = pd.concat([_read_rows(path) for path in paths], ignore_index=True)
    long = every.assign(substation_id=normal.distinct_ids(every["substation_id"], every["level"]))
    placed = long.assign(placeless=long["lat_lon"].isna()).sort_values("placeless", kind="stable")
    sites = years.sites_of(placed)
    latitude, longitude = positions.split_pair(sites["lat_lon"])
    places = positions.points(latitude=latitude, longitude=longitude)
    named = sites.assign(name=sites["substation_name"], voltage_kv=sites["kv"])
    return years.layers(long, named, places, request, SOURCE, operator="ukpn", rows_read=len(every))


def _read_rows(path: Path) -> pd.DataFrame:
    raw = read_table(path, COLUMNS, source=SOURCE, optional=_OPTIONAL)
    name = cells.tidy(raw["name"])
    lower, _ = normal.voltage_list(raw["voltage"])
    kind = raw["category"].str.casefold()
    direction = pd.Series(pd.NA, index=raw.index, dtype="string")
    direction[kind.str.contains("demand").fillna(value=False)] = "demand"
    direction[kind.str.contains(r"\bgen").fillna(value=False)] = "generation"
    technology = pd.Series("any", index=raw.index, dtype="string")
    technology[kind.str.contains("inverter").fillna(value=False)] = "inverter"
    technology[kind.str.contains("synch").fillna(value=False) & direction.eq("generation").fillna(value=False)] = (
        "synchronous"
    )
    level = pd.Series(pd.NA, index=raw.index, dtype="string")
    level[lower.le(PRIMARY_UPTO_KV)] = "primary"
    level[lower.gt(PRIMARY_UPTO_KV)] = "bsp"
    value = numeric(raw["headroom"])
    scenario, vintage = normal.scenario_and_vintage(raw["scenario"])
    return raw.assign(
        substation_id=raw["substation_id"].fillna(name), substation_name=name, kv=lower, level=level,
        direction=direction, technology=technology, scenario=scenario, scenario_vintage=vintage,
        year=cells.start_year(raw["year"]), value=value, value_mw=value, unit="MW", basis="not_stated",
        instead=instead(raw["headroom"]),
        upstream_bsp=cells.tidy(raw["upstream_bsp"]), upstream_gsp=cells.tidy(raw["upstream_gsp"]),
    )  # fmt: skip
