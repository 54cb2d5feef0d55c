"""Electricity North West conductors -> `in_line`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import lines
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="enwl_lines",
    title="SP Electricity North West conductors",
    publisher="SP Electricity North West",
    licence="SP ENW Shared Licence (conductors of a local authority); see the dataset page of the others",
    attribution="Contains data from SP Electricity North West",
    url=(
        "https://electricitynorthwest.opendatasoft.com (sp-enw-gis-conductor-LOCAL-AUTHORITY, "
        "enwl-lv-overhead-conductors)"
    ),
    writes=("in_line",),
    accepts="the GeoJSON or CSV export of one or more of these datasets",
    options=lines.OPTIONS,
    nations=("england",),
    operator="enwl",
    live=Opendatasoft(
        host=HOSTS["enwl"], dataset="enwl-lv-overhead-conductors", format="geojson", near="geo_shape", margin_m=500.0
    ),
    key="LAEP_ENWL_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "line_id": ("fid",),
    "voltage": ("voltage",),
    "kind": ("cable_class",),
    "circuit": ("hv_feeder", "lv_network"),
    "status": ("status",),
}
"""Our name -> spellings of the published one."""


def read(request: Request) -> Ingested:
    """Return the conductors near the area; see `lines.read`."""
    return lines.read(request, SOURCE, COLUMNS, operator="enwl", needs=("voltage",))
