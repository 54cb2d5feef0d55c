"""Electricity North West primary areas (Voronoi cells) -> `in_supply_area`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import areas
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="enwl_areas",
    title="SP Electricity North West areas round primaries (NDP)",
    publisher="SP Electricity North West",
    licence="See the dataset page (CC BY 4.0, SP ENW Shared Licence or OGL v3)",
    attribution="Contains data from SP Electricity North West",
    url="https://electricitynorthwest.opendatasoft.com/explore/dataset/ndp-pry-voronoi",
    writes=("in_supply_area",),
    private=(),
    accepts="the GeoJSON or CSV export of `ndp-pry-voronoi`",
    options=areas.OPTIONS,
    nations=("england",),
    operator="enwl",
    live=Opendatasoft(host=HOSTS["enwl"], dataset="ndp-pry-voronoi", format="geojson", near="geo_shape"),
    key="LAEP_ENWL_KEY",
    tested_on="schema only",
)
COLUMNS = {"substation_name": ("pry_group", "PRY GROUP")}
"""Our name -> spellings of the published one."""


def read(request: Request) -> Ingested:
    """
    Return the areas that touch the area; see `areas.read`.

    Notes
    -----
    They are Voronoi cells, drawn half way between neighbouring primaries: nearer to `nearest` than to what is fed.
    """
    return areas.read(request, SOURCE, COLUMNS, operator="enwl", level="primary")
