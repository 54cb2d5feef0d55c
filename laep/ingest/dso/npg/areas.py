"""Northern Powergrid supply areas -> `in_supply_area`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import areas
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
        "https://northernpowergrid.opendatasoft.com (distribution-substation-service-areas; the 2023 primary "
        "areas are at https://github.com/odileeds/northern-powergrid)"
    ),
    writes=("in_supply_area",),
    private=(),
    accepts="a GeoJSON, GeoPackage, shapefile, or CSV export with its shapes",
    options=areas.OPTIONS,
    nations=("england",),
    operator="npg",
    tested_on="real file",
)
COLUMNS = {"substation_name": ("PRIMARYNM", "primary_name", "substation_name", "psp_name", "name")}
"""Our name -> spellings of the published one. The areas of distribution substations are read with the option `name`,
as nobody outside the portal has seen their columns."""


def read(request: Request) -> Ingested:
    """Return the supply areas that touch the area; see `areas.read`."""
    return areas.read(request, SOURCE, COLUMNS, operator="npg")
