"""SSEN substation data, some 235,000 sites of every level -> `in_substation`; no figures are published with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.dso.form import today
from laep.ingest.net.ckan import HOSTS, Ckan
from laep.ingest.read import cells, positions
from laep.ingest.read.files import one_file
from laep.ingest.read.table import read_table
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from laep.ingest.source import Request

SOURCE = Source(
    name="ssen_substations",
    title="SSEN substation data",
    publisher="Scottish and Southern Electricity Networks Distribution",
    licence="CC BY 4.0",
    attribution="Supported by Scottish and Southern Electricity Networks open data",
    url="https://data.ssen.co.uk/@ssen-distribution/ssen-substation-data",
    writes=("in_substation",),
    private=(),
    accepts="the CSV of substation data",
    nations=("england", "scotland"),
    operator="ssen",
    live=Ckan(host=HOSTS["ssen"], package="ssen-substation-data", resource=r"substation"),
    on_request=True,
    tested_on="schema only",
)
COLUMNS = {
    "owner": ("Owner", "Owner Name"),
    "type": ("Type",),
    "class": ("Class",),
    "substation_id": ("Number", "Substation Number", "Site Number", "Name"),
    "status": ("Status",),
    "place": ("Locality",),
    "easting": ("Location X (m)", "x", "Easting"),
    "northing": ("Location Y (m)", "y", "Northing"),
}
"""Our name -> spellings of the published one. Nobody outside the portal has written its header down: these are the
names that programs which read it use, so a file that goes by others is refused with the names it has."""
_OPTIONAL = ("owner", "class", "status", "place")
_KINDS = (
    (r"distribution|secondary|ground|pole", "secondary"),
    (r"primary", "primary"),
    (r"bulk|grid", "bsp"),
    (r"supergrid|gsp", "gsp"),
)
"""Words of the published type; later ones win, so that `Supergrid` is a grid supply point."""


def read(request: Request) -> Ingested:
    """
    Return the substations near the area, secondaries only in it and 500 m round it.

    Notes
    -----
    Names are not published beside the numbers, only localities. The primaries and supply points of `ssen_headroom`
    have other ids and names, so these rows are of use mostly for secondaries.
    """
    path = one_file(request, SOURCE)
    raw = read_table(path, COLUMNS, source=SOURCE, optional=_OPTIONAL)
    kind = raw["type"].str.casefold()
    level = pd.Series(pd.NA, index=raw.index, dtype="string")
    for words, ours in _KINDS:
        level[kind.str.contains(words).fillna(value=False)] = ours
    places = positions.points(easting=raw["easting"], northing=raw["northing"])
    place = cells.tidy(raw["place"])
    table = raw.assign(
        name=place, level=level,
        comment=cells.joined(
            [
                ("Kind: " + cells.tidy(raw["type"])).astype("string"),
                ("Class: " + cells.tidy(raw["class"])).astype("string"),
                ("Status: " + cells.tidy(raw["status"])).astype("string"),
                ("Owner: " + cells.tidy(raw["owner"])).astype("string"),
            ],
            separator="\n",
        ),
    )  # fmt: skip
    return today.layers(table, places, (), request, SOURCE, operator="ssen", year=0)
