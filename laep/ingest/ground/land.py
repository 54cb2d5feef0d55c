"""Car parks, allotments, playing fields, brownfield ... from any published map file -> layer `in_land`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep.ingest.ground.places import find_kinds
from laep.ingest.net.os_downloads import OsDownload
from laep.ingest.read.files import files_of
from laep.ingest.read.vector import (
    area_of,
    choose_column,
    edition_in,
    inside,
    numbers,
    polygons_of,
    read_vector,
    texts,
    unique_ids,
)
from laep.ingest.source import Ingested, Request, Source
from laep.schema import CRS, LAND_KINDS, conform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely import Geometry

SOURCE = Source(
    name="land",
    title="a map of open land, such as OS Open Greenspace",
    publisher="The publisher of the file you give; OS Open Greenspace: Ordnance Survey",
    licence="As the publisher of the file states; OS Open Greenspace: Open Government Licence v3.0",
    attribution=(
        "As the publisher of the file asks; OS Open Greenspace: Contains OS data (c) Crown copyright and database right"
    ),
    url="https://osdatahub.os.uk/downloads/open/OpenGreenspace",
    writes=("in_land",),
    accepts="any map file of areas (GeoJSON, GeoPackage, Shapefile), one row a parcel",
    options=("kind", "kind_column", "name_column", "id_column", "operator_column", "layer", "where", "crs"),
    live=OsDownload(
        product="OpenGreenspace",
        format="ESRI Shapefile",
        by_square=True,
        keep=r"(?:^|[/_])GreenspaceSite\.(?:shp|shx|dbf|prj|cpg)$",
        read=r"\.shp$",
    ),
    on_request=True,
    tested_on="real file",
)
"""OpenStreetMap has most of this land already, so OS Open Greenspace is fetched only when it is named."""

COLUMNS = {
    "kind": ("kind", "function", "site_type", "fclass", "landuse", "leisure", "category", "use", "type",
             "dataset"),
    "name": ("name", "site_name", "distname1", "distname", "distinctive_name_1", "sitenameaddress", "site-address",
             "title"),
    "id": ("osm_ref", "land_id", "osm_id", "id", "site_id", "sitereference", "entity", "reference", "ref"),
    "operator": ("operator", "owner"),
    "hectares": ("hectares", "area_ha", "site_area_ha"),
    "ended": ("end-date", "end_date", "enddate"),
}  # fmt: skip
"""What a parcel needs -> the column names it goes by, in lower case; the first that is there counts."""

WORDS: dict[str, str] = {
    "allotments": "allotments",
    "playing_field": "pitch playing_field",
    "recreation_ground": "recreation_ground",
    "park": "park",
    "common": "common village_green",
    "car_park": "parking car_park",
    "school_grounds": "school college university kindergarten",
    "cemetery": "cemetery grave_yard graveyard",
    "brownfield": "brownfield",
    "industrial": "industrial",
    "retail": "retail",
    "farmland": "farmland orchard meadow vineyard plant_nursery",
    "farmyard": "farmyard",
    "grass": "grass grassland",
    "woodland": "forest wood",
    "residential": "residential",
    "water": "water reservoir basin",
    "construction": "construction",
    "other": "golf_course commercial military quarry landfill religious greenfield railway garages depot port",
}
"""OSM landuse, leisure, amenity and natural values by kind of land."""

_HINTS = (
    ("allotments", r"allotment|community_growing"),
    ("cemetery", r"cemeter|burial|religious_ground"),
    ("playing_field", r"playing_field|pitch|sports_facility|bowling_green|tennis|football|cricket"),
    ("recreation_ground", r"recreation|play_space|play_area|playground"),
    ("car_park", r"car_?_?park|parking|park_and_ride"),
    ("school_grounds", r"school|college"),
    ("common", r"common|village_green"),
    ("brownfield", r"brownfield|previously_developed"),
    ("industrial", r"industr|employment|business_park"),
    ("retail", r"retail"),
    ("park", r"park|garden"),
    ("woodland", r"wood|forest|plantation"),
    ("farmland", r"farm|arable|pasture|agricultur"),
    ("water", r"(?:^|_)water(?:_|$)|reservoir|lake|pond"),
    ("grass", r"grass|amenity_green|meadow"),
    ("other", r"golf|amenity_land|natural|nature_reserve"),
)
"""Pattern looked for in a publisher's own words when they are not OSM's, in this order."""


_M2_PER_HA = 10_000.0


def read(request: Request) -> Ingested:
    """Return layer `in_land`: whole parcels of each file that touch the area."""
    area = area_of(request, SOURCE)
    parts = [_one(path, request.options, area) for path in files_of(request, SOURCE)]
    frame, notes = as_layer(pd.concat([part for part, _, _ in parts], ignore_index=True), SOURCE.name)
    return Ingested(
        layers={"in_land": frame},
        rows_read=sum(rows for _, rows, _ in parts),
        rows_kept=len(frame),
        notes=(*(note for _, _, said in parts for note in said), *notes),
        edition=edition_in(request.files[0]),
    )


def as_layer(parcels: pd.DataFrame, source_id: str) -> tuple[Any, list[str]]:
    """Return parcels in the form of `in_land`, each kind and outline once, and a note on how many were left out."""
    shape = np.asarray(parcels["geometry"], dtype=object)
    outline = pd.Series(shapely.to_wkb(shapely.normalize(shape)), index=parcels.index)
    repeated = pd.DataFrame({"outline": outline, "kind": parcels["kind"]}).duplicated().to_numpy()
    kept, shape = parcels[~repeated], shape[~repeated]
    frame = gpd.GeoDataFrame(
        {
            "land_id": unique_ids(kept["land_id"], shape),
            "kind": kept["kind"],
            "name": kept["name"],
            "operator": kept["operator"],
            "area_m2": shapely.area(shape),
            "source_id": source_id,
        },
        geometry=shape,
        crs=CRS,
    )
    notes = [f"Parcels drawn twice, second ones left out: {int(repeated.sum())}."] if repeated.any() else []
    return conform(frame, "in_land"), notes


def _areas(path: Path, options: Mapping[str, Any], area: Geometry) -> tuple[Any, list[str]]:
    """
    Return the file's areas, and sites that a register gives as a point and a size as circles of that size.

    A circle has the site's area and middle, not its outline: the note says so.
    """
    asked = {"layer": options.get("layer"), "where": options.get("where"), "crs": options.get("crs"), "clip": area}
    anything = read_vector(path, source=SOURCE, required=False, **asked)
    frame = anything.frame
    column = choose_column(frame, None, COLUMNS["hectares"], path=path, source=SOURCE, option="")
    point = shapely.get_dimensions(frame.geometry.to_numpy()) == 0
    if column is None or not point.any():
        return read_vector(path, source=SOURCE, shapes="polygon", required=False, **asked), []
    size = numbers(frame, column).to_numpy()
    sized = point & (size > 0)
    shape = frame.geometry.to_numpy().copy()
    shape[sized] = shapely.buffer(shape[sized], np.sqrt(size[sized] * _M2_PER_HA / np.pi))
    kept = shapely.get_dimensions(shape) == 2
    notes = [f"{path.name}: sites given as a point and a size, drawn as circles, not as they are: {int(sized.sum())}."]
    if left := int((~kept).sum()):
        notes.append(f"{path.name}: points and lines without a size, left out: {left}.")
    shape[kept] = polygons_of(shape[kept])
    whole = frame.set_geometry(gpd.GeoSeries(shape, index=frame.index, crs=CRS))[kept]
    return replace(anything, frame=whole), notes


def _one(path: Path, options: Mapping[str, Any], area: Geometry) -> tuple[pd.DataFrame, int, list[str]]:
    vector, circles = _areas(path, options, area)
    frame = inside(vector.frame, area, by_point=False)
    notes = [*vector.notes, *circles]
    ended = texts(frame, choose_column(frame, None, COLUMNS["ended"], path=path, source=SOURCE, option="")).notna()
    if ended.any():
        notes.append(f"{path.name}: parcels that have left the register, left out: {int(ended.sum())}.")
        frame = frame[~ended.to_numpy(dtype=bool)]
    if frame.empty and len(vector.frame):
        notes.append(f"{path.name}: none of its {vector.rows_read} rows touches the area.")
    kind, said = find_kinds(
        frame, path, options, source=SOURCE, usual=COLUMNS["kind"], kinds=LAND_KINDS, words=WORDS, hints=_HINTS
    )

    def read_as(what: str) -> pd.Series[str]:
        named = options.get(f"{what}_column")
        return texts(
            frame, choose_column(frame, named, COLUMNS[what], path=path, source=SOURCE, option=f"{what}_column")
        )

    table = pd.DataFrame(
        {
            "land_id": read_as("id"),
            "kind": kind,
            "name": read_as("name"),
            "operator": read_as("operator"),
            "geometry": np.asarray(frame.geometry, dtype=object),
        }
    )
    return table[kind.notna()], vector.rows_read, [*notes, *said]
