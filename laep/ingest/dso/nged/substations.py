"""NGED substation locations (GSPs, BSPs, primaries) -> `in_substation`; no headroom is published with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from laep.ingest.dso.form import normal
from laep.ingest.net.ckan import HOSTS, Ckan
from laep.ingest.read import cells, positions
from laep.ingest.read.files import one_file
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import read_table
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    import pandas as pd

    from laep.ingest.source import Request

SOURCE = Source(
    name="nged_substations",
    title="NGED primary substation locations",
    publisher="National Grid Electricity Distribution",
    licence="NGED open data licence (see the dataset page)",
    attribution="Supported by NGED Open Data",
    url="https://connecteddata.nationalgrid.co.uk (Primary substation locations)",
    writes=("in_substation",),
    private=(),
    accepts="the CSV of primary, bulk supply point and super grid locations",
    operator="nged",
    live=Ckan(host=HOSTS["nged"], package="primary-substation-location-easting-northings", resource=r"\.csv$"),
    tested_on="real file",
)
COLUMNS = {
    "substation_id": ("Substation Number",),
    "name": ("Substation Name",),
    "type": ("Substation Type",),
    "easting": ("Easting",),
    "northing": ("Northing",),
    "latitude": ("Latitude",),
    "longitude": ("Longitude",),
}
_LEVELS = {"Super Grid Substation": "gsp", "Bulk Supply Point": "bsp", "Primary Substation": "primary"}
_OPTIONAL = ("latitude", "longitude")
_SIX_POINT_SIX = r"(?i)\b6 6(?=\s*kv)"
"""`Courthouse Green 33/6 6kv S Stn`: names have lost their points."""
_PAIR = r"(?i)\b(400|275|132|66|33) (132|66|33|25|11|6\.6)(?=\s*kv)"
"""A pair of voltages written with a space, as in `Ruskington 33 11kv S Stn`: only steps that exist, so that the number
of a site (`Lincoln No 1 33kv`) is not taken for one."""


def read(request: Request) -> Ingested:
    """
    Return the substations near the area; switching stations transform nothing, so they are left out.

    Notes
    -----
    Voltages come from names that give a pair, such as `Madeley 33/11kv`; they are missing elsewhere. The operator
    also types a few customers' own substations (solar farms among them) as primaries; they cannot be told apart.
    """
    path = one_file(request, SOURCE)
    raw = read_table(path, COLUMNS, source=SOURCE, optional=_OPTIONAL)
    level = cells.looked_up(raw["type"], _LEVELS)
    usable = level.notna() & raw["substation_id"].notna() & ~raw["substation_id"].duplicated()
    table = raw[usable].assign(level=level[usable], name=cells.tidy(raw.loc[usable, "name"]))
    places = positions.points(
        easting=table["easting"], northing=table["northing"],
        latitude=table["latitude"], longitude=table["longitude"],
    )  # fmt: skip
    located = gpd.GeoDataFrame(table, geometry=places.points)
    kept = normal.around(located, request.clip)
    substations = located[kept]
    plain = substations["name"].str.replace(_SIX_POINT_SIX, "6.6", regex=True)
    lower, upper = normal.voltages(plain.str.replace(_PAIR, r"\1/\2", regex=True))
    frame = substations.assign(operator="nged", voltage_kv=lower, upstream_voltage_kv=upper)
    notes = [
        *_dropped_notes(raw, usable),
        *positions.missing_note(places),
        *positions.astray_note(places),
        normal.distance_note(kept),
    ]
    return Ingested(
        layers={"in_substation": as_layer(frame, "in_substation", source=SOURCE)},
        rows_read=len(raw), rows_kept=len(frame), notes=tuple(notes),
    )  # fmt: skip


def _dropped_notes(raw: pd.DataFrame, usable: pd.Series[bool]) -> list[str]:
    notes = [f"{int(usable.sum()):,} of {len(raw):,} rows are GSPs, BSPs or primaries."]
    other = cells.looked_up(raw["type"], _LEVELS).isna()
    for kind, number in raw.loc[other, "type"].fillna("no type").value_counts().sort_index().items():
        notes.append(f"{number:,} rows of type {kind!r} are left out.")
    if repeated := int((raw["substation_id"].isna() | raw["substation_id"].duplicated())[~other].sum()):
        notes.append(f"{repeated:,} rows without a substation number, or repeating one, are left out.")
    return notes
