"""Streets, paths and waterways of OpenStreetMap -> `in_road`: what cables run along, and what they cannot cross."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from laep.ingest.ground.use_class import plain
from laep.ingest.read import extract
from laep.ingest.read.vector import bbox_of, inside, layers_of, read_vector, texts, unique_ids
from laep.schema import CRS, LAYERS, conform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from shapely import Geometry

    from laep.ingest.source import Source

TAGS = ("highway", "waterway", "name", "bridge", "tunnel")
AROUND_M = 500.0
"""Streets this far outside still lead to the substations there: the longest low-voltage feeders."""

_PATHS = frozenset(
    {"footway", "path", "cycleway", "bridleway", "steps", "track", "pedestrian", "corridor", "via_ferrata"}
)
_NO_STREET = frozenset(
    {"motorway", "motorway_link", "proposed", "construction", "razed", "abandoned", "raceway", "bus_guideway",
     "elevator", "platform", "rest_area", "services", "corridor", "via_ferrata", "no"}
)  # fmt: skip
"""No cable to homes runs along these."""
_WATER = ("river", "canal")
"""Wide enough to be a barrier; streams and ditches pass under streets everywhere, mostly unmapped."""
_NOT = ("no",)


def roads_in(paths: Iterable[Path], area: Geometry, *, source: Source, options: Mapping[str, Any]) -> Any:
    """
    Return layer `in_road`: streets, paths, rivers and canals in the area and 500 m round it.

    Files without a column `highway` or `waterway` have nothing to say and are passed over.
    """
    layers = {path: lines_layer(path, options.get("layer")) for path in paths}
    found = [
        _lines(path, area, source, layer=layer, crs=options.get("crs"))
        for path, layer in layers.items()
        if holds_roads(path, layer=layer)
    ]
    columns = ["osm_id", *TAGS, "geometry"]
    every = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)
    lines = gpd.GeoDataFrame(every.reindex(columns=columns), geometry="geometry", crs=CRS)
    return _layer(inside(lines, area.buffer(AROUND_M), by_point=False), source.name)


def lines_layer(path: Path, layer: str | None) -> str | None:
    """Return the layer of a file that streets are in: the one named, else the one GDAL puts lines into, if any."""
    return layer or next((name for name in layers_of(path) if name == "lines"), None)


def holds_roads(path: Path, *, layer: str | None) -> bool:
    """Return whether a file could hold streets: any extract, or an export with a column for them."""
    if path.suffix.lower() in {".pbf", ".osm"}:
        return True
    return bool({"highway", "waterway"} & _fields(path, layer))


def only_roads(path: Path, telling: frozenset[str], *, layer: str | None) -> bool:
    """Return whether an export has streets and none of the columns `telling`, which other features need."""
    if path.suffix.lower() in {".pbf", ".osm"}:
        return False
    return holds_roads(path, layer=layer) and not telling & _fields(path, layer)


def _fields(path: Path, layer: str | None) -> set[str]:
    try:
        first = layer or next(iter(layers_of(path)), None)
        return set(pyogrio.read_info(path, layer=first)["fields"])
    except (DataSourceError, DataLayerError, UnicodeDecodeError):  # the reader of the other layers says what is wrong
        return set()


def _lines(path: Path, area: Geometry, source: Source, *, layer: str | None, crs: str | None) -> Any:
    """Return the tagged lines of one file near the area, EPSG:27700."""
    if path.suffix.lower() not in {".pbf", ".osm"}:
        frame = read_vector(
            path,
            source=source,
            layer=layer,
            crs=crs,
            clip=area,
            margin_m=AROUND_M,
            required=False,
            columns=(*TAGS, "osm_ref", "osm_id", "@id"),
        ).frame
        ref = next((name for name in ("osm_ref", "osm_id", "@id") if name in frame.columns), None)
        return frame.assign(osm_id=texts(frame, ref))
    bbox = bbox_of(area, crs=pyproj.CRS("EPSG:4326"), margin_m=AROUND_M)
    try:
        rows = extract.read(
            path, layer="lines", columns=["osm_id", "name", "highway", "waterway", "other_tags"], bbox=bbox,
            where="highway IS NOT NULL OR waterway IS NOT NULL",
        )  # fmt: skip
    except (DataSourceError, DataLayerError, FeatureError):  # told of by the reader of the other layers
        return gpd.GeoDataFrame(columns=["osm_id", *TAGS, "geometry"], geometry="geometry", crs=CRS)
    told = rows["other_tags"].astype("string")
    for tag in ("bridge", "tunnel"):
        rows[tag] = told.str.extract(rf'(?:^|,)"{tag}"=>"([^"]*)"', expand=False)
    return rows.assign(osm_id="way/" + texts(rows, "osm_id")).to_crs(CRS)


def _layer(lines: Any, source_id: str) -> Any:
    highway, waterway = plain(lines["highway"].astype("string")), plain(lines["waterway"].astype("string"))
    kind = pd.Series(pd.NA, index=lines.index, dtype="string")
    kind = kind.mask(waterway.isin(_WATER).to_numpy(dtype=bool), "waterway")
    street = (highway.notna() & ~highway.isin(_NO_STREET)).to_numpy(dtype=bool)
    kind = kind.mask(street, "road").mask(street & highway.isin(_PATHS).to_numpy(dtype=bool), "path")
    dimension = shapely.get_dimensions(lines.geometry.to_numpy())
    keep = kind.notna().to_numpy(dtype=bool) & (dimension == 1)
    bridge, tunnel = (_yes(lines[tag]) for tag in ("bridge", "tunnel"))
    frame = gpd.GeoDataFrame(
        {
            "road_id": lines["osm_id"].astype("string"), "kind": kind,
            "sort": waterway.where(kind == "waterway", highway), "name": lines["name"].astype("string"),
            "bridge": bridge, "tunnel": tunnel, "source_id": source_id,
        },
        geometry=lines.geometry.to_numpy(), crs=CRS,
    )[keep]  # fmt: skip
    frame = frame[frame["road_id"].isna() | ~frame["road_id"].duplicated()]  # one way of several files
    frame["road_id"] = unique_ids(frame["road_id"], frame.geometry.to_numpy())
    return conform(frame.reindex(columns=[*LAYERS["in_road"].column_names, "geometry"]), "in_road")


def _yes(values: pd.Series[str]) -> pd.Series[bool]:
    word = plain(values.astype("string"))
    said: pd.Series[bool] = (word.notna() & ~word.isin(_NOT)).fillna(value=False).astype("boolean")
    return said
