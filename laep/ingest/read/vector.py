"""Any vector file a person may download, read as clean shapes in EPSG:27700, or refused in one plain sentence."""

from __future__ import annotations

import codecs
import gzip
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from shapely.errors import GEOSException

from laep.errors import LayerMissing, OutsideArea, SourceInvalid
from laep.hints import nearest
from laep.ingest.net.archive import check_gzip, check_members
from laep.ingest.read import geoparquet
from laep.ingest.read.files import refuse_pointers
from laep.ingest.read.table import check_file, squash
from laep.schema import CRS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from shapely import Geometry

    from laep.ingest.source import Request, Source

GB_LON = (-8.7, 1.9)
GB_LAT = (49.8, 60.9)
"""Great Britain with its islands, EPSG:4326: Scilly to Shetland, St Kilda to Lowestoft."""
NATIONAL_GRID = (0.0, 0.0, 700_000.0, 1_300_000.0)
"""Extent of the British National Grid, EPSG:27700. [m]"""

_SAMPLE = 200  # rows looked at before a whole file is read; enough to tell degrees from metres
_HEAD = 4096  # bytes that tell one collection from a feature a line
_SHOWN = 8  # names or values listed in a message, so that it still fits a terminal
_ONE_FILE = "Save the one you mean as a file of its own"
_MARGIN_M = 1.0  # added to the box handed to GDAL, because a straight edge bends when it is reprojected
_WHOLE = 2.0**53  # below this a float tells one whole number from the next
_ZIPPED = (".gpkg", ".shp", ".geojson", ".json", ".gml", ".tab", ".fgb", ".kml")
_LINES = (".geojsonl", ".geojsons", ".geojsonseq", ".ndjson")
_CSV_OPTIONS = {
    "X_POSSIBLE_NAMES": "lon,long,longitude,lng,x,easting,eastings,geox,x_coordinate",
    "Y_POSSIBLE_NAMES": "lat,latitude,y,northing,northings,geoy,y_coordinate",
    "KEEP_GEOM_COLUMNS": "YES",
}

Shapes = Literal["polygon", "any"]


@dataclass(frozen=True, kw_only=True)
class Vector:
    """Rows of one file in EPSG:27700, how many the file holds, and what was done to them."""

    frame: Any
    rows_read: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _File:
    path: Path
    address: str
    layer: str | None
    source: Source
    options: dict[str, str] = field(default_factory=dict)
    encoding: str | None = None

    @property
    def label(self) -> str:
        """Return how messages name the file."""
        many = (
            self.layer
            and self.layer != self.path.stem
            and self.path.suffix.lower() in {".gpkg", ".gml", ".gdb", ".zip"}
        )
        return f"{self.path} (layer {self.layer})" if many else str(self.path)


def read_vector(
    path: Path,
    *,
    source: Source,
    layer: str | None = None,
    where: str | None = None,
    clip: Geometry | None = None,
    margin_m: float = 0.0,
    crs: str | None = None,
    shapes: Shapes = "any",
    columns: Sequence[str] | None = None,
    required: bool = True,
) -> Vector:
    """
    Read one vector file as valid, two-dimensional shapes in EPSG:27700.

    Parameters
    ----------
    path : Path
        Any format GDAL reads, a zip that holds one, GeoParquet, GeoJSON a line a feature (also gzipped), or a CSV with
        a pair of coordinate columns. GeoPackage, GeoParquet and lines of GeoJSON are read by window: what lies away
        from `clip` is never held in memory.
    source : Source
        Named in errors, with the page the data comes from.
    layer, where : str, optional
        Layer of a file that has several; a GDAL attribute filter such as `"use = 'school'"`.
    clip : Geometry, optional
        Area in EPSG:27700: only rows whose box meets its box (widened by `margin_m`) are read.
    margin_m : float
        Ground around `clip` to read as well. [m]
    crs : str, optional
        Coordinate system to take the file to be in, whatever it says itself.
    shapes : str
        `polygon` keeps the polygonal part of each row, as a multipolygon; `any` keeps what is there.
    columns : sequence of str, optional
        Attribute columns to read; None reads all.
    required : bool
        True raises when nothing is near `clip`; False returns no rows and a note.

    Raises
    ------
    SourceInvalid
        With what is wrong and what to do next: no file, an empty file, a web page, no coordinate system, swapped or
        foreign coordinates, several layers, a filter that fits nothing, no polygons where polygons are due.
    """
    opened = _open(path, layer=layer, source=source)
    sample = _rows(opened, max_features=_SAMPLE)
    if sample.empty and not required:
        return _nothing_in(opened)
    true_crs, notes = _true_crs(opened, sample, crs)
    bbox = None if clip is None else bbox_of(clip, crs=true_crs, margin_m=margin_m)
    frame = _rows(opened, where=where, bbox=bbox, columns=columns)
    if frame.empty and where is not None:
        _refuse_idle_filter(opened, where, sample)
    if clip is None:
        _refuse_abroad(opened, frame.total_bounds, true_crs)
    frame = frame.set_crs(true_crs, allow_override=True).to_crs(CRS)
    if clip is not None and frame.empty:
        notes.append(_nothing_near(opened, clip, true_crs, required=required))
    rows = len(frame)
    frame, mended = clean(frame, shapes=shapes)
    if shapes == "polygon" and rows and frame.empty:
        raise SourceInvalid(
            f"{opened.label}: has no polygons ({_kinds(sample)}), and {source.title} has to be areas. "
            f"laep reads {source.accepts}; get it from {source.url}."
        )
    return Vector(frame=frame, rows_read=_count(opened, bbox, frame, where), notes=(*notes, *mended))


def _nothing_in(opened: _File) -> Vector:
    """Return no rows, as services answer for a place where nothing of a kind is recorded."""
    nothing = gpd.GeoDataFrame({"geometry": gpd.GeoSeries([], crs=CRS)}, geometry="geometry", crs=CRS)
    return Vector(frame=nothing, rows_read=0, notes=(f"{opened.path.name}: has no rows.",))


def read_rows(path: Path, *, source: Source, layer: str | None = None) -> Any:
    """Return every row of one layer in its order, whether it has a shape or not, in EPSG:27700."""
    opened = _open(path, layer=layer, source=source)
    frame = _rows(opened)
    true_crs, _ = _true_crs(opened, frame, None)
    return frame.set_crs(true_crs, allow_override=True).to_crs(CRS)


def clean(frame: Any, *, shapes: Shapes) -> tuple[Any, list[str]]:
    """Return `frame` flat, valid and without empty shapes (`polygon`: as multipolygons), and notes on what went."""
    notes = []
    shape = shapely.force_2d(frame.geometry.to_numpy())
    broken = ~shapely.is_valid(shape) & ~shapely.is_missing(shape)
    shape[broken] = shapely.make_valid(shape[broken])
    if mended := int(broken.sum()):
        notes.append(f"Shapes that crossed themselves, repaired: {mended}.")
    absent = shapely.is_missing(shape) | shapely.is_empty(shape)
    if blank := int(absent.sum()):
        notes.append(f"Rows without a shape, left out: {blank}.")
    if shapes == "polygon":
        shape = polygons_of(shape)
        flat = shapely.is_missing(shape) & ~absent
        absent |= flat
        if dropped := int(flat.sum()):
            notes.append(f"Points and lines where areas are needed, left out: {dropped}.")
    kept = frame.set_geometry(gpd.GeoSeries(shape, index=frame.index, crs=frame.crs))[~absent]
    return kept.rename_geometry("geometry") if kept.geometry.name != "geometry" else kept, notes


def polygons_of(shapes: Any) -> Any:
    """Return the polygonal part of each shape as a MultiPolygon, None where it has none; array in, array out."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    row = row[inner]
    area = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    out = np.full(len(shapes), None, dtype=object)
    if area.any():
        shapely.multipolygons(parts[area], indices=row[area], out=out)
    return out


def points_of(shapes: Any) -> Any:
    """Return one point for each shape: inside an area, half way along what is left."""
    lines = np.isin(shapely.get_type_id(shapes), [1, 2, 5])  # LineString, LinearRing, MultiLineString
    return np.where(lines, shapely.centroid(shapes), shapely.point_on_surface(shapes))


def bbox_of(clip: Geometry, *, crs: pyproj.CRS, margin_m: float = 0.0) -> tuple[float, float, float, float]:
    """Return the box round `clip` (EPSG:27700, widened by `margin_m` metres) in `crs`."""
    margin = margin_m + _MARGIN_M
    west, south, east, north = clip.bounds
    turn = pyproj.Transformer.from_crs(CRS, crs, always_xy=True)
    box: tuple[float, float, float, float] = turn.transform_bounds(
        west - margin, south - margin, east + margin, north + margin
    )
    return box


def inside(frame: Any, clip: Geometry, *, by_point: bool) -> Any:
    """Return the rows inside `clip`: by a point within each shape, or every row that touches it."""
    shapes = frame.geometry.to_numpy()
    shapely.prepare(clip)
    return frame[shapely.intersects(clip, points_of(shapes) if by_point else shapes)]


def area_of(request: Request, source: Source) -> Geometry:
    """Return the area asked for; raises `LayerMissing` when the boundary has not been read yet."""
    if request.clip is None:
        raise LayerMissing(f"There is no boundary to cut {source.title} to. Run `laep ingest boundary` first.")
    return request.clip


def nothing_inside(path: Path, source: Source, what: str) -> OutsideArea:
    """Return the error for a file that comes near the area but has nothing in it."""
    return OutsideArea(
        f"{path}: has {what} near the area but none inside its boundary. Check that the file covers the whole area; "
        f"get it from {source.url}."
    )


def choose_column(
    frame: Any, named: Any, usual: Iterable[str], *, path: Path, source: Source, option: str
) -> str | None:
    """
    Return the column `named` by the user, else the first of `usual` the file has, else None.

    A name to the letter, case apart, goes before one that is the same but for its marks: `building_use` and
    `buildinguse` are two publishers' columns with two meanings.
    """
    found = {squash(name): str(name) for name in frame.columns if name != "geometry"}
    if named is None:
        names = list(usual)
        exact = {name.casefold(): name for name in found.values()}
        close = (found[squash(name)] for name in names if squash(name) in found)
        return next((exact[name] for name in names if name in exact), None) or next(close, None)
    if squash(named) in found:
        return found[squash(named)]
    near = nearest(str(named), found.values())
    hint = f" (nearest: {near[0]!r})" if near else ""
    raise SourceInvalid(
        f"{path}: no column {named!r}{hint}. The file has {_listed(found.values())}. "
        f"Mend {say_option(source, option, 'COLUMN')}."
    )


def texts(frame: Any, column: str | None) -> pd.Series[str]:
    """Return a column as trimmed text: whole numbers without a decimal point, blanks missing."""
    if column is None:
        return pd.Series(pd.NA, index=frame.index, dtype="string")
    values = frame[column]
    known = values.dropna()
    if pd.api.types.is_float_dtype(values) and (known % 1 == 0).all() and (known.abs() < _WHOLE).all():
        values = values.astype("Int64")
    plain: pd.Series[str] = values.astype("string").str.strip()
    return plain.mask(plain == "")


def numbers(frame: Any, column: str | None) -> pd.Series[float]:
    """Return a column as numbers; anything that is not a number is missing."""
    return pd.to_numeric(texts(frame, column), errors="coerce").astype("float64")


def unique_ids(ids: pd.Series[str], shapes: Any) -> pd.Series[str]:
    """Return ids without gaps or repeats: a missing one is made from the place, the second of a kind gets `#2`."""
    spots = points_of(shapes)
    east = pd.Series(np.floor(shapely.get_x(spots).round(2)), index=ids.index).astype("Int64").astype("string")
    north = pd.Series(np.floor(shapely.get_y(spots).round(2)), index=ids.index).astype("Int64").astype("string")
    whole = ids.fillna("E" + east + "N" + north)
    turn = whole.groupby(whole).cumcount() + 1
    told_apart = whole.where(turn == 1, whole + "#" + turn.astype("string"))
    return unique_ids(told_apart, shapes) if told_apart.duplicated().any() else told_apart


def postcodes(values: pd.Series[str]) -> pd.Series[str]:
    """Return full postcodes in their usual form, such as `NP10 8JN`; anything else is missing."""
    tight = values.str.upper().str.replace(r"\s+", "", regex=True)
    part = tight.str.extract(r"^([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})$")
    return (part[0] + " " + part[1]).astype("string")


def edition_in(path: Path) -> str:
    """Return the date in a file name, such as `newport-2023-06-13.osm.pbf`, as ISO text; empty when there is none."""
    match = re.search(r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)", path.name)
    return "-".join(match.groups()) if match else ""


def layers_of(path: Path) -> list[str]:
    """Return the layers with shapes of a file that can hold several; none where it cannot be opened so."""
    if path.suffix.lower() == ".parquet":
        return []
    refuse_pointers(path)
    try:
        return [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]
    except DataSourceError:  # told of where it is read
        return []


def say_option(source: Source, key: str, value: str) -> str:
    """Return how to set an option: a flag of `laep init` for the boundary, else a key in laep.toml."""
    if source.name == "boundary":
        return f'`--{key} "{value}"`'
    return f'`{key} = "{value}"` under [sources.{source.name}] in laep.toml'


def refuse_text(path: Path, source: Source) -> None:
    """Raise `SourceInvalid` when `path` is missing, empty, or a web page saved in place of the data."""
    check_file(path, source)
    with path.open("rb") as file:
        start = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise SourceInvalid(
            f"{path}: is a web page, not {source.accepts}: the site sent a page in place of the data. "
            f"Download it again from {source.url}."
        )


def _open(path: Path, *, layer: str | None, source: Source) -> _File:
    refuse_text(path, source)
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _File(path=path, address=str(path), layer=None, source=source)
    address = _zip_member(path, source) if kind == ".zip" else _line_by_line(path)
    try:
        layers = pyogrio.list_layers(address)
    except DataSourceError as error:
        raise SourceInvalid(
            f"{path}: {_not_geographic(path)}. laep reads {source.accepts}; get it from {source.url}."
        ) from error
    if kind == ".csv":
        return _File(
            path=path, address=address, layer=str(layers[0][0]), source=source, options=_CSV_OPTIONS,
            encoding=_encoding(path),
        )  # fmt: skip
    names = [str(name) for name, geometry in layers if geometry is not None]
    return _File(path=path, address=address, layer=_one_layer(names, layer, path=path, source=source), source=source)


def _zip_member(path: Path, source: Source) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            held = archive.namelist()
    except zipfile.BadZipFile as error:
        raise SourceInvalid(f"{path}: is not a whole zip file. Download it again from {source.url}.") from error
    members = [name for name in held if name.lower().endswith(_ZIPPED) and not name.startswith("__MACOSX")]
    if len(members) == 1:
        check_members(path, members.__contains__)
        return f"/vsizip/{path}/{members[0]}"
    what = f"holds several maps ({_listed(members)})" if members else f"holds no map, only {_listed(held)}"
    raise SourceInvalid(f"{path}: {what}. Unpack it and name one file.")


def _line_by_line(path: Path) -> str:
    """Return the address GDAL streams a file of one GeoJSON feature a line by, also gzipped; else the path itself."""
    squeezed = path.suffix.lower() == ".gz"
    if squeezed:
        check_gzip(path)
    name = path.stem.lower() if squeezed else path.name.lower()
    inside = f"/vsigzip/{path}" if squeezed else str(path)
    if name.endswith(_LINES) or (squeezed and holds_lines(path)):
        return f"GeoJSONSeq:{inside}"
    return inside


def _encoding(path: Path) -> str | None:
    """Return the encoding of a table of text where it is not UTF-8: what spreadsheets on Windows write."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
        except UnicodeDecodeError:
            return "cp1252"
    return None


def holds_lines(path: Path) -> bool:
    """Return whether a gzipped file holds a feature a line, and not one collection: Microsoft calls that `.csv.gz`."""
    try:
        with gzip.open(path, "rb") as file:
            start = file.read(_HEAD).lstrip()
    except (OSError, EOFError, zlib.error):
        return False
    return start.startswith(b"{") and not re.search(rb'"FeatureCollection"|"features"\s*:', start)


def _not_geographic(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(200)
    if b"\x00" in start:
        return "is not a map file, or is damaged"
    line = start.decode("utf-8", errors="replace").strip().splitlines()[0] if start.strip() else ""
    return f"is not a map file, or is only part of one: it begins {line[:60]!r}"


def _one_layer(names: list[str], layer: str | None, *, path: Path, source: Source) -> str:
    if not names:
        raise SourceInvalid(
            f"{path}: has no layer with shapes in it. laep reads {source.accepts}; get it from {source.url}."
        )
    if layer is not None and layer not in names:
        raise SourceInvalid(
            f"{path}: no layer {layer!r}. It has {_listed(names)}. Set {say_option(source, 'layer', names[0])}."
        )
    if layer is None and len(names) > 1:
        known = "layer" in source.options
        advice = f"Say which, such as {say_option(source, 'layer', names[0])}" if known else _ONE_FILE
        raise SourceInvalid(f"{path}: has several layers: {_listed(names)}. {advice}.")
    return layer or names[0]


def _rows(
    opened: _File,
    *,
    where: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    columns: Sequence[str] | None = None,
    max_features: int | None = None,
) -> Any:
    if opened.layer is None:
        return _parquet_rows(opened, where=where, bbox=bbox, columns=columns, max_features=max_features)
    try:
        rows = pyogrio.read_dataframe(
            opened.address, layer=opened.layer, where=where, bbox=bbox, columns=columns, max_features=max_features,
            use_arrow=max_features is None and opened.encoding is None, on_invalid="fix", encoding=opened.encoding,
            **opened.options,
        )  # fmt: skip
    except (DataSourceError, DataLayerError, FeatureError, GEOSException, ValueError, OSError) as error:
        raise _unreadable(opened, where, error) from error
    return _with_shapes(opened, rows)


def _unreadable(opened: _File, where: str | None, error: Exception) -> SourceInvalid:
    if where is not None and not isinstance(error, DataSourceError):
        sample = _rows(opened, max_features=_SAMPLE)
        odd = where.count("'") % 2
        quote = " A quote inside a value is written twice, as in 'St Mary''s'." if odd else ""
        return SourceInvalid(f"{opened.label}: cannot use where = {where!r}.{quote} {_fields(sample)}")
    return SourceInvalid(
        f"{opened.label}: breaks off while it is read ({error}). Get it again from {opened.source.url}."
    )


def _with_shapes(opened: _File, rows: Any) -> Any:
    if isinstance(rows, gpd.GeoDataFrame):
        return rows
    raise SourceInvalid(
        f"{opened.label}: no pair of coordinate columns such as lon and lat, or easting and northing. "
        f"It has {_listed(rows.columns)}. Rename the two that hold the place."
    )


def _parquet_rows(
    opened: _File,
    *,
    where: str | None,
    bbox: tuple[float, float, float, float] | None,
    columns: Sequence[str] | None,
    max_features: int | None,
) -> Any:
    if where is not None:
        raise SourceInvalid(
            f"{opened.path}: `where` does not work on GeoParquet. Save the part you want as a GeoPackage."
        )
    try:
        return geoparquet.read(_parquet(opened), bbox=bbox, columns=columns, max_rows=max_features)
    except (pa.ArrowException, shapely.errors.GEOSException, OSError) as error:
        raise _unreadable(opened, None, error) from error


def _parquet(opened: _File) -> geoparquet.GeoParquet:
    try:
        return geoparquet.open_file(opened.path)
    except geoparquet.NotGeoParquet as error:
        raise SourceInvalid(
            f"{opened.path}: is not GeoParquet ({error}). Get it again from {opened.source.url}."
        ) from error


def _true_crs(opened: _File, sample: Any, named: str | None) -> tuple[pyproj.CRS, list[str]]:
    """Return the coordinate system to read the file in, after checking it against the coordinates themselves."""
    if sample.empty:
        raise SourceInvalid(f"{opened.label}: has no rows. Get it again from {opened.source.url}.")
    looks = _looks_like(sample.total_bounds)
    declared = _named_crs(opened, named) if named else sample.crs
    if looks == "swapped":
        raise SourceInvalid(
            f"{opened.label}: latitude and longitude are swapped: x runs to {sample.total_bounds[2]:.3f} where Great "
            "Britain has longitudes from -8.7 to 1.9. Write the file again with longitude first (in QGIS: Swap X and Y "
            "coordinates)."
        )
    if declared is None and opened.options and looks:
        taken = "EPSG:4326" if looks == "degrees" else CRS
        return pyproj.CRS(taken), [f"{opened.path.name} was taken to be in {taken}, by its coordinates."]
    if declared is None:
        raise SourceInvalid(
            f"{opened.label}: does not say which coordinate system it is in. {_advise_crs(opened, looks)}"
        )
    if (looks == "metres" and declared.is_geographic) or (looks == "degrees" and declared.is_projected):
        wrong = f"{opened.label}: is given as {declared.to_string()[:40]}, but it is not."
        raise SourceInvalid(f"{wrong} {_advise_crs(opened, looks)}")
    return declared, []


def _named_crs(opened: _File, named: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(named)
    except pyproj.exceptions.CRSError as error:
        raise SourceInvalid(
            f"There is no coordinate system {named!r}. Write it like {say_option(opened.source, 'crs', CRS)}."
        ) from error


def _advise_crs(opened: _File, looks: str | None) -> str:
    if looks == "degrees":
        return f"Its coordinates look like longitude and latitude: {_set_crs(opened.source, 'EPSG:4326')}."
    if looks == "metres":
        return f"Its coordinates look like the British National Grid: {_set_crs(opened.source, CRS)}."
    return f"Ask its publisher, then {_set_crs(opened.source, 'EPSG:NUMBER')}."


def _set_crs(source: Source, value: str) -> str:
    if source.name == "boundary" or "crs" not in source.options:
        return f"write the file again as {value} (in QGIS: Set Layer CRS, then Export)"
    return f"set {say_option(source, 'crs', value)}"


def _looks_like(bounds: Any) -> str | None:
    west, south, east, north = (float(value) for value in bounds)
    slack = 1.0  # degrees: a file may reach a little way out to sea

    def within(low: float, high: float, limits: tuple[float, float]) -> bool:
        return limits[0] - slack <= low and high <= limits[1] + slack

    if within(west, east, GB_LON) and within(south, north, GB_LAT):
        return "degrees"
    if within(west, east, GB_LAT) and within(south, north, GB_LON):
        return "swapped"
    on_grid = (
        west >= NATIONAL_GRID[0]
        and south >= NATIONAL_GRID[1]
        and east <= NATIONAL_GRID[2]
        and north <= NATIONAL_GRID[3]
    )
    return "metres" if on_grid and max(east, north) > 1000 else None


def lonlat(bounds: Any, crs: Any = CRS) -> tuple[float, float, float, float] | None:
    """Return a box in degrees, or None when it has no place on Earth in that coordinate system."""
    if not np.isfinite(np.asarray(bounds, dtype="float64")).all():
        return None
    turn = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    box: tuple[float, float, float, float] = turn.transform_bounds(*bounds)
    return box if np.isfinite(box).all() else None


def say_box(box: tuple[float, float, float, float]) -> str:
    """Return a box in degrees in words."""
    return f"longitude {box[0]:.2f} to {box[2]:.2f}, latitude {box[1]:.2f} to {box[3]:.2f}"


def in_britain(box: tuple[float, float, float, float]) -> bool:
    """Return whether a box in degrees meets the box round Great Britain."""
    return box[0] <= GB_LON[1] and box[2] >= GB_LON[0] and box[1] <= GB_LAT[1] and box[3] >= GB_LAT[0]


def _refuse_abroad(opened: _File, bounds: Any, crs: pyproj.CRS) -> None:
    box = lonlat(bounds, crs)
    if box is None or not in_britain(box):
        place = say_box(box) if box else "coordinates that are nowhere on Earth"
        raise SourceInvalid(
            f"{opened.label}: lies outside Great Britain ({place}). If its coordinate system is wrong, "
            f"{_set_crs(opened.source, 'EPSG:NUMBER')}; else choose another file."
        )


def _nothing_near(opened: _File, clip: Geometry, crs: pyproj.CRS, *, required: bool) -> str:
    bounds = _total_bounds(opened)
    _refuse_abroad(opened, bounds, crs)
    there, here = lonlat(bounds, crs), lonlat(clip.bounds)
    text = (
        f"has nothing near the area. The file covers {say_box(there) if there else 'nowhere'}; "
        f"the area covers {say_box(here) if here else 'nowhere'}."
    )
    if required:
        raise OutsideArea(f"{opened.label}: {text} Get a file that covers the area from {opened.source.url}.")
    return f"{opened.path.name}: {text}"  # notes go into the report: no paths of this computer


def _total_bounds(opened: _File) -> Any:
    if opened.layer is None and (extent := _parquet(opened).extent):
        return np.array(extent)
    if opened.layer is None or opened.options:
        return _rows(opened).total_bounds
    return pyogrio.read_info(opened.address, layer=opened.layer, force_total_bounds=True)["total_bounds"]


def _refuse_idle_filter(opened: _File, where: str, sample: Any) -> None:
    if not _rows(opened, where=where, max_features=1).empty:
        return
    named = [name for name in sample.columns if name != "geometry" and str(name).casefold() in where.casefold()]
    values = [f"{name} has values such as {_listed(sorted(set(texts(sample, name).dropna())))}." for name in named]
    raise SourceInvalid(f"{opened.label}: nothing fits where = {where!r}. {' '.join(values) or _fields(sample)}")


def _fields(sample: Any) -> str:
    shown = []
    for name in sample.columns[:_SHOWN]:
        if name != "geometry":
            value = texts(sample, name).dropna()
            shown.append(f"{name} (such as {value.iloc[0]!r})" if len(value) else f"{name} (blank)")
    return f"Its columns are {', '.join(shown) or 'none'}. Write it like `COLUMN = 'value'`."


def _count(opened: _File, bbox: Any, frame: Any, where: str | None) -> int:
    """Return the rows of the whole layer where the format tells, else the rows that were read."""
    if where is not None or bbox is None:
        return len(frame)
    if opened.layer is None:
        return _parquet(opened).rows
    return max(int(pyogrio.read_info(opened.address, layer=opened.layer)["features"]), len(frame))


def _kinds(sample: Any) -> str:
    found = sorted(set(sample.geometry.geom_type.dropna()))
    return "only " + " and ".join(f"{kind}s" for kind in found) if found else "no shapes at all"


def _listed(names: Iterable[Any]) -> str:
    all_names = [str(name) for name in names]
    return ", ".join(all_names[:_SHOWN]) + (f" and {len(all_names) - _SHOWN} more" if len(all_names) > _SHOWN else "")
