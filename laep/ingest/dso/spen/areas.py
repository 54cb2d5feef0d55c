"""SP Energy Networks primary areas (Distribution, Manweb) -> `in_supply_area`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import areas
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="spen_areas",
    title="SP Energy Networks supply areas of primaries and primary groups",
    publisher="SP Energy Networks",
    licence="See the dataset page",
    attribution="Contains data from SP Energy Networks",
    url=(
        "https://spenergynetworks.opendatasoft.com (ndp-spd-primary-substation-polygons, "
        "ndp-spm-primary-group-polygons, spm-dfes-substation-polygons-pss)"
    ),
    writes=("in_supply_area",),
    private=(),
    accepts="the GeoJSON or CSV export of one or more of these datasets",
    options=areas.OPTIONS,
    nations=("england", "wales", "scotland"),
    operator="spen",
    live=Several(
        ways=(
            Opendatasoft(
                host=HOSTS["spen"], dataset="ndp-spd-primary-substation-polygons", format="geojson", near="geo_shape"
            ),
            Opendatasoft(
                host=HOSTS["spen"], dataset="ndp-spm-primary-group-polygons", format="geojson", near="geo_shape"
            ),
        )
    ),
    key="LAEP_SPEN_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "substation_name": ("primary_substation", "primary_group", "primary_su", "primary_sub"),
    "upstream_bsp": ("grid_group",),
    "upstream_gsp": ("gsp",),
}
"""Our name -> spellings of the published one: Distribution, Manweb, then the names a shapefile leaves."""


def read(request: Request) -> Ingested:
    """
    Return the supply areas that touch the area; see `areas.read`.

    Notes
    -----
    Manweb runs its primaries in groups that share load, so an area there is that of a group such as
    `ABERGELE T1 / PENSARN T1`.
    """
    return areas.read(request, SOURCE, COLUMNS, operator="spen", level="primary")
