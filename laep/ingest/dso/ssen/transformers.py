"""SSEN transformer load model -> secondary substations in `in_substation`, and their `in_headroom` by scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyproj

from laep.errors import SourceInvalid
from laep.ingest.dso.form import normal
from laep.ingest.net.ckan import HOSTS, Ckan
from laep.ingest.read import cells, positions
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, read_chunks, whole
from laep.ingest.read.vector import bbox_of
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from shapely import Geometry

    from laep.ingest.source import Request

SOURCE = Source(
    name="ssen_transformers",
    title="SSEN transformer load model",
    publisher="Scottish and Southern Electricity Networks Distribution",
    licence="See the dataset page (CC BY 4.0 on most SSEN datasets)",
    attribution="Supported by Scottish and Southern Electricity Networks open data",
    url="https://data.ssen.co.uk/@ssen-distribution (Transformer load model)",
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV `SEPD_transformers_open_data_with_nrn.csv`, its sister for the north of Scotland, or both",
    operator="ssen",
    live=Ckan(
        host=HOSTS["ssen"],
        package="d1c4009b-4386-4208-a14f-cc09aeeb4777",
        resource=r"transformer|onedrive",
        count=2,
        unpack=r"\.csv$",
    ),
    tested_on="excerpt",
)
COLUMNS = {
    "substation_id": ("full_nrn",),
    "name": ("transformer_name",),
    "year": ("year",),
    "scenario": ("scenario",),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "rating_kva": ("rating_kva",),
    "customers": ("n_customers",),
    "max_load_kva": ("max_load_kva",),
}


def read(request: Request) -> Ingested:
    """
    Return the secondary substations in the area and 500 m round it, with their headroom.

    Notes
    -----
    Headroom is the nameplate rating less the modelled highest load, in kVA, and may be below zero. It knows neither
    the ratings of the feeders nor voltage, nor what a transformer bears for a few hours.
    """
    if not request.files:
        raise SourceInvalid(f"{SOURCE.name} needs a file: {SOURCE.accepts}. Get it from {SOURCE.url}.")
    kept, rows_read, placeless = [], 0, 0
    for path in request.files:
        frame, read_here, lost_here = _read_file(path, request.clip)
        kept.append(frame)
        rows_read, placeless = rows_read + read_here, placeless + lost_here
    table = pd.concat(kept, ignore_index=True)
    notes = [
        f"{len(table):,} of {rows_read:,} rows are of substations in the area or within {normal.EDGE_M:.0f} m of it.",
    ]
    if table.empty:
        notes.append("Is this the file of the licence area the place is in?")
    if placeless:
        notes.append(f"{placeless:,} rows have no position, id, scenario or year and are left out.")
    substations, substation_notes = _substations(table)
    headroom, headroom_notes = _headroom(table)
    return Ingested(
        layers={
            "in_substation": as_layer(substations, "in_substation", source=SOURCE),
            "in_headroom": as_layer(headroom, "in_headroom", source=SOURCE),
        },
        rows_read=rows_read,
        rows_kept=len(table),
        notes=(*notes, *substation_notes, *headroom_notes),
    )


def _read_file(path: Path, clip: Geometry | None) -> tuple[pd.DataFrame, int, int]:
    """Return the rows to keep of one file, how many it has, and how many of them cannot be used."""
    box = None if clip is None else bbox_of(clip, crs=pyproj.CRS("EPSG:4326"), margin_m=normal.EDGE_M)
    kept, rows_read, unusable = [], 0, 0
    for chunk in read_chunks(path, COLUMNS, source=SOURCE):
        latitude, longitude = numeric(chunk["latitude"]), numeric(chunk["longitude"])
        placed = latitude.notna() & longitude.notna()
        if box is not None:  # cheap, before the points are made: the file covers half a country many times over
            placed &= longitude.between(box[0], box[2]) & latitude.between(box[1], box[3])
        table = _typed(chunk[placed])
        usable = table[["substation_id", "year", "scenario", "geometry"]].notna().all(axis="columns")
        near = positions.near(gpd.GeoSeries(table["geometry"]), clip, distance_m=normal.EDGE_M)
        rows_read += len(chunk)
        unusable += int((latitude.isna() | longitude.isna()).sum()) + int((near & ~usable).sum())
        kept.append(table[usable & near])
    return pd.concat(kept), rows_read, unusable


def _typed(chunk: pd.DataFrame) -> pd.DataFrame:
    places = positions.points(latitude=chunk["latitude"], longitude=chunk["longitude"])
    return chunk.assign(
        year=cells.start_year(chunk["year"]),
        scenario=normal.scenario_name(chunk["scenario"]),
        rating_kva=numeric(chunk["rating_kva"]),
        max_load_kva=numeric(chunk["max_load_kva"]),
        customers=whole(numeric(chunk["customers"])),
        rating_text=chunk["rating_kva"] + " kVA",
        geometry=places.points,
    )


def _substations(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return one row a substation, from its first row, and how often its rows disagree."""
    first = table.drop_duplicates("substation_id")
    differing = table.groupby("substation_id")[["rating_kva", "customers"]].nunique().gt(1).any(axis="columns")
    notes = [f"{len(first):,} secondary substations."]
    if differing.any():
        notes.append(
            f"{int(differing.sum()):,} of them have more than one rating or customer count in the file; "
            "the first is kept in in_substation."
        )
    frame = first.assign(
        name=cells.tidy(first["name"]), operator="ssen", level="secondary", rating_mva=first["rating_kva"] / 1000.0
    )  # fmt: skip
    return frame, notes


def _headroom(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    value = table["rating_kva"] - table["max_load_kva"]
    frame = table[["substation_id", "scenario", "year"]].assign(
        substation_name=cells.tidy(table["name"]), level="secondary", direction="demand", technology="any",
        value=value, unit="kVA", basis="nameplate", floor_at_zero=False,
    )  # fmt: skip
    rows, notes = normal.one_row_a_key(frame, source=SOURCE)
    if silent := int(rows["value"].isna().sum()):
        notes.append(f"{silent:,} headroom rows lack a rating or a load, so they have no value.")
    return rows, notes
