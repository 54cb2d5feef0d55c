"""NGED supply areas of GSPs, BSPs, primaries and distribution substations -> `in_supply_area`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import areas
from laep.ingest.net.ckan import HOSTS, Ckan
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="nged_areas",
    title="NGED electricity supply areas (spatial datasets)",
    publisher="National Grid Electricity Distribution",
    licence="NGED open data licence (see the dataset page)",
    attribution="Supported by NGED Open Data",
    url="https://connecteddata.nationalgrid.co.uk/dataset/spatial-datasets",
    writes=("in_supply_area",),
    private=(),
    accepts="the GeoPackages `REGION Primary.gpkg`, `REGION BSP.gpkg`, `REGION GSP.gpkg`, `REGION Distribution.gpkg`",
    options=areas.OPTIONS,
    nations=("england", "wales"),
    operator="nged",
    live=Ckan(host=HOSTS["nged"], package="spatial-datasets", resource=r"primary", count=4),
    key="LAEP_NGED_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "supply_area_id": ("NRID", "NR"),
    "substation_name": ("NAME",),
    "upstream_bsp": ("BSP_NRID_NAME",),
    "upstream_gsp": ("GSP_NRID_NAME",),
}
"""Our name -> spellings of the published one."""
_NAMES = {
    "primary": ("PRIM_NRID_NAME", "NAME"),
    "bsp": ("BSP_NRID_NAME", "NAME"),
    "gsp": ("GSP_NRID_NAME", "NAME"),
    "secondary": ("NAME",),
}


def read(request: Request) -> Ingested:
    """
    Return the supply areas that touch the area; see `areas.read`.

    Notes
    -----
    Four files are published a region, named after the level: `South Wales Primary.gpkg`, `... BSP.gpkg`,
    `... GSP.gpkg` and `... Distribution.gpkg`. Give any of them; the name is kept, as it says the level.
    """
    return areas.read(request, SOURCE, COLUMNS, operator="nged", names=_NAMES)
