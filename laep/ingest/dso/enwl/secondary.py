"""Electricity North West distribution substations and their monitored headroom -> `in_substation`, `in_headroom`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import normal, today
from laep.ingest.dso.form import years as future
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.read import cells, positions, shape_table
from laep.ingest.read.files import one_file
from laep.ingest.read.table import header, numeric, read_table, say_missing, whole
from laep.ingest.read.vector import points_of, read_vector, texts
from laep.ingest.source import Ingested, Source
from laep.schema import CRS

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="enwl_secondary",
    title="Electricity North West distribution substations: DFES low-voltage headroom and smart meter counts",
    publisher="SP Electricity North West",
    licence="CC BY 4.0 (headroom); see the dataset page of the smart meter counts",
    attribution="Contains data from SP Electricity North West, CC BY 4.0",
    url="https://electricitynorthwest.opendatasoft.com/explore/dataset/dfes-lv-headroom-monitored",
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV export of `dfes-lv-headroom-monitored`, or the GeoJSON of smart meters by distribution substation",
    options=("layer", "where", "crs"),
    nations=("england",),
    operator="enwl",
    live=Opendatasoft(host=HOSTS["enwl"], dataset="dfes-lv-headroom-monitored", near="geopoint", margin_m=500.0),
    key="LAEP_ENWL_KEY",
    tested_on="excerpt",
)
COLUMNS = {
    "substation_id": ("secondary_substation", "SECONDARY SUBSTATION"),
    "easting": ("x",),
    "northing": ("y",),
    "lat_lon": ("geopoint",),
    "units": ("all_values_kva", "ALL VALUES = kVA"),
}
"""Our name -> spellings of the published one; columns such as `best_view_2030` follow, one a scenario and year."""
_OPTIONAL = ("lat_lon", "units", "easting", "northing")
_METERS = {
    "substation_id": ("dist_number",),
    "customers": ("all_customers",),
    "meters": ("smart_meters",),
    "primary": ("pry_number",),
    "feeder": ("pry_feeder",),
    "owner": ("ownership",),
}


def read(request: Request) -> Ingested:
    """
    Return the distribution substations in the area and 500 m round it, and their headroom by scenario and year.

    Notes
    -----
    Headroom is in kVA, which the table says in the name of a column that holds nothing. The smart meter dataset gives
    positions, customers and the primary that feeds each substation, but no headroom.
    """
    path = one_file(request, SOURCE)
    if shape_table.is_table(path):
        return _headroom(path, request)
    return _meters(path, request)


def _headroom(path: Path, request: Request) -> Ingested:
    found = header(path, COLUMNS, source=SOURCE)
    years = {name: to for name, to in future.year_columns(found).items() if to[0]}
    if not years:
        raise SourceInvalid(
            f"{path}: no column for a scenario and year: {say_missing([('best_view_2030',)], found)} "
            f"laep reads {SOURCE.accepts}; get it from {SOURCE.url}."
        )
    raw = read_table(path, {**COLUMNS, **{name: (name,) for name in years}}, source=SOURCE, optional=_OPTIONAL)
    long = future.melted(raw.assign(level="secondary", name=raw["substation_id"]), years)
    rows = long.assign(
        substation_name=long["name"], direction="demand", technology="any", unit="kVA", basis="not_stated",
        scenario=long["stem"].str.title().astype("string"),
    )  # fmt: skip
    sites = future.sites_of(raw.assign(level="secondary", name=raw["substation_id"]))
    latitude, longitude = positions.split_pair(sites["lat_lon"])
    places = positions.points(
        easting=sites["easting"], northing=sites["northing"], latitude=latitude, longitude=longitude
    )  # fmt: skip
    return future.layers(rows, sites, places, request, SOURCE, operator="enwl", rows_read=len(raw))


def _meters(path: Path, request: Request) -> Ingested:
    vector = read_vector(
        path, source=SOURCE, layer=request.options.get("layer"), where=request.options.get("where"),
        clip=request.clip, margin_m=normal.EDGE_M, crs=request.options.get("crs"), required=False,
    )  # fmt: skip
    chosen = shape_table.match(vector.frame, _METERS, path=path, source=SOURCE, optional=[*_METERS][1:])
    raw = pd.DataFrame({ours: texts(vector.frame, chosen.get(ours)) for ours in _METERS}, index=vector.frame.index)
    points = gpd.GeoSeries(points_of(vector.frame.geometry.to_numpy()), index=raw.index, crs=CRS)
    places = positions.Places(points=points, astray_m=pd.Series(float("nan"), index=raw.index))
    table = raw.assign(
        name=raw["substation_id"], level="secondary", customers=whole(numeric(raw["customers"])),
        comment=cells.joined(
            [
                ("Fed from primary " + raw["primary"]).astype("string"),
                ("Feeder " + raw["feeder"]).astype("string"),
                ("Owner: " + raw["owner"]).astype("string"),
            ],
            separator="\n",
        ),
    )  # fmt: skip
    found = today.layers(table, places, (), request, SOURCE, operator="enwl", year=0)
    return Ingested(
        layers=found.layers, rows_read=vector.rows_read, rows_kept=found.rows_kept,
        notes=(*vector.notes, *found.notes, "No headroom is published with these substations."),
    )  # fmt: skip
