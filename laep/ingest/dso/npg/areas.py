"""Northern Powergrid supply areas -> `in_supply_area`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import areas
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="npg_areas",
    title="Northern Powergrid supply areas of substations",
    publisher="Northern Powergrid",
    licence="Northern Powergrid Open Data Licence v1.0",
    attribution="Supported by Northern Powergrid Open Data",
    url=(
        "https://northernpowergrid.opendatasoft.com (substation_combined_service_areas; the 2023 primary "
        "areas are at https://github.com/odileeds/northern-powergrid)"
    ),
    writes=("in_supply_area",),
    private=(),
    accepts="a GeoJSON, GeoPackage, shapefile, or CSV export with its shapes",
    options=areas.OPTIONS,
    nations=("england",),
    operator="npg",
    live=Opendatasoft(
        host=HOSTS["npg"], dataset="substation_combined_service_areas", format="geojson", near="geo_shape"
    ),
    tested_on="real file",
)
COLUMNS = {
    "substation_name": ("PRIMARYNM", "primary", "primary_name", "substation_name", "psp_name", "name"),
    "type": ("substation_class",),
}
"""Our name -> spellings of the published one: of the file of 2023, then of the combined areas (as a reader of theirs
takes them). The areas of distribution substations are read with the option `name`, as nobody outside the portal has
seen their columns."""


def read(request: Request) -> Ingested:
    """Return the supply areas that touch the area; see `areas.read`."""
    return areas.read(request, SOURCE, COLUMNS, operator="npg")
