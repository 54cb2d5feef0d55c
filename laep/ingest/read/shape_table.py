"""Shapes an operator publishes: map files, and tables that hold each shape as text in a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from laep.errors import SourceInvalid
from laep.ingest.read import workbook
from laep.ingest.read.table import by_name, header, held, read_chunks, say_missing
from laep.ingest.read.vector import bbox_of, clean, polygons_of, read_vector, texts
from laep.schema import CRS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from shapely import Geometry

    from laep.ingest.source import Request, Source

_TABLES = (".csv", ".txt", ".tsv")
_SHAPE = ("geo_shape", "Geo Shape", "route_lat_long", "route", "geometry", "geom", "wkt", "shape", "the_geom")
"""Columns that hold a shape as GeoJSON or well-known text: Opendatasoft's exports first, then SSEN's lines."""
_SHORT = 10
"""Letters a shapefile leaves of a column's name."""
_CHUNK_ROWS = 20_000
"""Rows parsed at once: a shape as text takes some kilobytes, a county's outline a megabyte."""
_DEGREES = 200.0
"""No longitude or latitude is larger, and no British grid coordinate on land is as small in both axes."""


@dataclass(frozen=True, kw_only=True)
class Shapes:
    """
    Rows near the area as text under our names with a `geometry` (EPSG:27700), how many the file has, and notes.

    `names` are the columns the file has.
    """

    frame: gpd.GeoDataFrame
    rows_read: int
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def is_table(path: Path) -> bool:
    """Return whether the file's name says that it is a table, not a map."""
    return path.suffix.lower() in _TABLES or workbook.is_one(path)


def in_table(path: Path, source: Source) -> bool:
    """Return whether a table has a column with shapes."""
    return bool(held(path, {name: (name,) for name in _SHAPE}, source=source))


def read(
    path: Path,
    columns: Mapping[str, Collection[str]],
    request: Request,
    source: Source,
    *,
    kind: str,
    margin_m: float = 0.0,
    optional: Collection[str] = (),
    first_of: Collection[str] = (),
) -> Shapes:
    """
    Return the polygons or lines of one file that lie near the area, whole, with their columns under our names.

    Parameters
    ----------
    columns : mapping
        Our name -> the published names it goes by; matching ignores case and everything but letters and digits, and
        bears the ten letters a shapefile leaves.
    kind : str
        `polygon` or `line`.
    margin_m : float
        Ground round the area to read as well. [m]
    optional, first_of : collection of str
        As in `table.read_table`.

    Raises
    ------
    SourceInvalid
        For a file that is neither map nor table, has no shapes of that kind, or lacks a column: names those it has.
    """
    if is_table(path):
        return _from_table(
            path, columns, request, source, kind=kind, margin_m=margin_m, optional=optional, first_of=first_of
        )
    vector = read_vector(
        path, source=source, layer=request.options.get("layer"), where=request.options.get("where"),
        clip=request.clip, margin_m=margin_m, crs=request.options.get("crs"),
        shapes="polygon" if kind == "polygon" else "any", required=False,
    )  # fmt: skip
    chosen = match(vector.frame, columns, path=path, source=source, optional=optional)
    frame = pd.DataFrame({ours: texts(vector.frame, chosen.get(ours)) for ours in columns}, index=vector.frame.index)
    located = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(vector.frame.geometry, crs=CRS))
    kept, notes = _of_kind(located, kind=kind, path=path, source=source)
    names = tuple(str(name) for name in vector.frame.columns if name != "geometry")
    return Shapes(
        frame=kept.reset_index(drop=True), rows_read=vector.rows_read, names=names, notes=(*vector.notes, *notes)
    )


def match(
    frame: Any, columns: Mapping[str, Collection[str]], *, path: Path, source: Source, optional: Collection[str]
) -> dict[str, str]:
    """Return our name -> the column of a map file that goes by one of its spellings, optional ones only if there."""
    have = [str(name) for name in frame.columns if name != "geometry"]
    cut = [name for name in have if len(name) == _SHORT]
    short = by_name(cut, {ours: [name[:_SHORT] for name in names] for ours, names in columns.items()})
    chosen, missing = {**short, **by_name(have, columns)}, []
    for ours, names in columns.items():
        if ours not in chosen and ours not in optional:
            missing.append(names)
    if missing:
        raise SourceInvalid(
            f"{path}: {say_missing(missing, have)} laep reads {source.accepts}; get it from {source.url}."
        )
    return chosen


def lines_of(shapes: Any) -> Any:
    """Return the linear part of each shape as a MultiLineString, None where it has none; array in, array out."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    row = row[inner]
    linear = (shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(parts)
    out = np.full(len(shapes), None, dtype=object)
    if linear.any():
        shapely.multilinestrings(parts[linear], indices=row[linear], out=out)
    return out


def parsed(text: pd.Series[str]) -> gpd.GeoSeries:
    """Return shapes in EPSG:27700 from GeoJSON or well-known text, in degrees or on the grid; None for others."""
    values = text.astype(object).where(text.notna(), None).to_numpy()
    is_json = text.str.lstrip().str.startswith("{").fillna(value=False).to_numpy(dtype=bool)
    shape = np.full(len(values), None, dtype=object)
    shape[is_json] = shapely.from_geojson(values[is_json], on_invalid="ignore")
    shape[~is_json] = shapely.from_wkt(values[~is_json], on_invalid="ignore")
    bounds = shapely.bounds(shape)
    sound = np.isfinite(bounds).all(axis=1)
    shape[~sound] = None
    degrees = sound & (np.abs(bounds) < _DEGREES).all(axis=1)
    out = shape.copy()
    out[degrees] = gpd.GeoSeries(shape[degrees], crs="EPSG:4326").to_crs(CRS).to_numpy()
    out[~np.isfinite(shapely.bounds(out)).all(axis=1)] = None
    return gpd.GeoSeries(out, index=text.index, crs=CRS)


def _from_table(
    path: Path,
    columns: Mapping[str, Collection[str]],
    request: Request,
    source: Source,
    *,
    kind: str,
    margin_m: float,
    optional: Collection[str],
    first_of: Collection[str],
) -> Shapes:
    wanted = {"shape": _SHAPE, **columns}
    if not in_table(path, source):
        raise SourceInvalid(
            f"{path}: no column with shapes, such as {_SHAPE[0]!r}. Export {source.title} with its shapes, "
            f"or as GeoJSON, from {source.url}."
        )
    kept, rows_read, shapeless = [], 0, 0
    for chunk in read_chunks(path, wanted, source=source, optional=optional, chunk_rows=_CHUNK_ROWS, first_of=first_of):
        geometry = parsed(chunk["shape"])
        rows_read += len(chunk)
        shapeless += int(geometry.isna().sum())
        there = geometry.notna().to_numpy() & _meets(geometry, request.clip, margin_m=margin_m)
        frame = chunk[list(columns)]
        kept.append(gpd.GeoDataFrame(frame[there], geometry=geometry[there], crs=CRS))
    located = gpd.GeoDataFrame(pd.concat(kept, ignore_index=True), geometry="geometry", crs=CRS)
    of_kind, notes = _of_kind(located, kind=kind, path=path, source=source)
    if shapeless:
        notes.append(f"Rows without a shape that can be read, left out: {shapeless:,}.")
    names = tuple(header(path, wanted, source=source))
    return Shapes(frame=of_kind.reset_index(drop=True), rows_read=rows_read, names=names, notes=tuple(notes))


def _meets(geometry: gpd.GeoSeries, clip: Geometry | None, *, margin_m: float) -> Any:
    """Return which shapes have a box that meets the box of the area."""
    if clip is None:
        return np.ones(len(geometry), dtype=bool)
    west, south, east, north = bbox_of(clip, crs=pyproj.CRS(CRS), margin_m=margin_m)
    left, low, right, high = shapely.bounds(geometry.to_numpy()).T
    return (left <= east) & (right >= west) & (low <= north) & (high >= south)


def _of_kind(located: gpd.GeoDataFrame, *, kind: str, path: Path, source: Source) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the rows whose shapes have a part of that kind, as multipart shapes."""
    frame, notes = clean(located, shapes="any")
    shapes = frame.geometry.to_numpy()
    shape = polygons_of(shapes) if kind == "polygon" else lines_of(shapes)
    fits = ~shapely.is_missing(shape)
    if len(frame) and not fits.any():
        found = ", ".join(sorted(set(frame.geometry.geom_type)))
        raise SourceInvalid(f"{path}: has no {kind}s (only {found}). laep reads {source.accepts}.")
    if other := int((~fits).sum()):
        notes.append(f"Shapes that are no {kind}s, left out: {other:,}.")
    kept = frame.set_geometry(gpd.GeoSeries(shape, index=frame.index, crs=CRS))[fits]
    return kept, notes
