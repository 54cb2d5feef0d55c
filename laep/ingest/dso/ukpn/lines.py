"""UK Power Networks overhead lines, low to extra-high voltage -> `in_line`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import lines
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="ukpn_lines",
    title="UK Power Networks overhead lines",
    publisher="UK Power Networks",
    licence="CC BY 4.0",
    attribution="Contains data from UK Power Networks, CC BY 4.0",
    url=(
        "https://ukpowernetworks.opendatasoft.com (ukpn-lv-overhead-lines-shapefile, "
        "ukpn-hv-overhead-lines-shapefile, ukpn-33kv-overhead-lines, ukpn-132kv-overhead-lines)"
    ),
    writes=("in_line",),
    accepts="the GeoJSON, shapefile or CSV export of one or more of these datasets, under their published names",
    options=lines.OPTIONS,
    nations=("england",),
    operator="ukpn",
    live=Several(
        ways=(
            Opendatasoft(
                host=HOSTS["ukpn"],
                dataset="ukpn-lv-overhead-lines-shapefile",
                format="geojson",
                near="geo_shape",
                margin_m=500.0,
            ),
            Opendatasoft(
                host=HOSTS["ukpn"],
                dataset="ukpn-hv-overhead-lines-shapefile",
                format="geojson",
                near="geo_shape",
                margin_m=500.0,
            ),
        )
    ),
    key="LAEP_UKPN_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "line_id": ("id",),
    "level": ("ob_class", "Class"),
    "circuit": ("circuit",),
}
"""Our name -> spellings of the published one. The datasets hold little but shapes."""


def read(request: Request) -> Ingested:
    """
    Return the overhead lines near the area; see `lines.read`.

    Notes
    -----
    The tables give no voltage: the level comes from the file's name, so keep the published one. Most of London's and
    the towns' network is underground and not in these datasets.
    """
    return lines.read(request, SOURCE, COLUMNS, operator="ukpn", kind="overhead")
