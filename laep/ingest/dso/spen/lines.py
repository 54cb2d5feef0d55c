"""SP Energy Networks line assets -> `in_line`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import lines
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="spen_lines",
    title="SP Energy Networks line assets",
    publisher="SP Energy Networks",
    licence="See the dataset page",
    attribution="Contains data from SP Energy Networks",
    url=(
        "https://spenergynetworks.opendatasoft.com (spd_spt_gis_shapefiles_line_assets, spm_gis_shapefiles_line_assets)"
    ),
    writes=("in_line",),
    accepts="the GeoJSON, shapefile or CSV export of one or both datasets",
    options=lines.OPTIONS,
    nations=("england", "wales", "scotland"),
    operator="spen",
    live=Several(
        ways=(
            Opendatasoft(
                host=HOSTS["spen"],
                dataset="spd_spt_gis_shapefiles_line_assets",
                format="geojson",
                near="geo_shape",
                margin_m=500.0,
            ),
            Opendatasoft(
                host=HOSTS["spen"],
                dataset="spm_gis_shapefiles_line_assets",
                format="geojson",
                near="geo_shape",
                margin_m=500.0,
            ),
        )
    ),
    key="LAEP_SPEN_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "line_id": ("sp_enid",),
    "voltage": ("voltage",),
    "kind": ("asset_type",),
    "status": ("status",),
}
"""Our name -> spellings of the published one."""


def read(request: Request) -> Ingested:
    """Return the lines near the area; see `lines.read`. The sections of one asset share an id and are told apart."""
    return lines.read(request, SOURCE, COLUMNS, operator="spen", needs=("voltage",))
