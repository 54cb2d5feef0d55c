"""The place a plan is about: found once by `laep init`, then read from the boundary file of the area folder."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import mapping

from laep.errors import SourceInvalid
from laep.hints import nearest
from laep.ingest.read.files import files_of
from laep.ingest.read.table import check_file
from laep.ingest.read.vector import GB_LAT, GB_LON, polygons_of, postcodes, read_vector, refuse_text, texts
from laep.ingest.source import Ingested, Request, Source
from laep.licence import IRELAND_EAST, IRELAND_LAT
from laep.schema import CRS, conform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shapely import Geometry

SOURCE = Source(
    name="boundary",
    title="the boundary of the area",
    publisher="Whoever drew the boundary; ward, parish and census boundaries: Office for National Statistics",
    licence="As its publisher states; Office for National Statistics boundaries: Open Government Licence v3.0",
    attribution=(
        "Where from the Office for National Statistics: Source: Office for National Statistics licensed under the Open "
        "Government Licence v3.0. Contains OS data (c) Crown copyright and database right"
    ),
    url="https://geoportal.statistics.gov.uk/",
    writes=("in_boundary",),
    accepts="a map file with the outline of the area (GeoJSON, GeoPackage, Shapefile)",
    options=("layer", "where", "crs"),
)

POSTCODES = Source(
    name="postcodes",
    title="the ONS Postcode Directory or OS Code-Point Open",
    publisher="Office for National Statistics; Ordnance Survey",
    licence="Open Government Licence v3.0",
    attribution=(
        "Contains OS data (c) Crown copyright and database right. Contains Royal Mail data (c) Royal Mail copyright "
        "and database right. Contains National Statistics data (c) Crown copyright and database right"
    ),
    url="https://geoportal.statistics.gov.uk/",
    writes=(),
    accepts="a CSV with a postcode column and latitude and longitude, or easting and northing",
)

COLUMNS = {
    "postcode": ("pcds", "postcode", "pcd", "pcd2", "pcd7", "pcd8"),
    "lat": ("lat", "latitude"),
    "lon": ("long", "lon", "lng", "longitude"),
    "easting": ("easting", "eastings", "oseast1m", "east1m"),
    "northing": ("northing", "northings", "osnrth1m", "north1m"),
}
"""What a postcode table needs -> the column names it goes by, in lower case."""

_NAME_COLUMNS = r"^(?:name|.*_name|.*nm|title|ward|parish)$"
_CODE = r"^[EWSNJK]\d{8}$"  # GSS code, as in E05006639
_NOT_BRITAIN = r"^(?:BT|IM|JE|GY)\d"  # Northern Ireland, Isle of Man, Channel Islands
_CIRCLE_SIDES = 64  # its area is 0.16 % below the circle's
_MAX_RADIUS_M = 50_000.0  # beyond this it is a region, not a neighbourhood
_CHUNK = 250_000  # rows of a postcode directory (2.7 million) held at once
_DECIMALS = 7  # of a degree: about a centimetre


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place: its name and code where it has them, how it was found, and its outline in EPSG:27700."""

    name: str
    code: str | None
    found_by: str
    geometry: Geometry


def read(request: Request) -> Ingested:
    """Return layer `in_boundary` from the area folder's boundary file."""
    path = files_of(request, SOURCE)[0]
    options = request.options
    place = from_file(path, where=options.get("where"), layer=options.get("layer"), crs=options.get("crs"))
    row = {
        "area_id": request.area_id or place.name,
        "name": place.name or request.name,
        "code": place.code,
        "found_by": place.found_by,
        "source_id": SOURCE.name,
    }
    frame = gpd.GeoDataFrame([row], geometry=[place.geometry], crs=CRS)
    note = f"The area is {shapely.area(place.geometry) / 1e6:.2f} km2."
    return Ingested(layers={"in_boundary": conform(frame, "in_boundary")}, rows_read=1, rows_kept=1, notes=(note,))


def from_file(path: Path, *, where: str | None = None, layer: str | None = None, crs: str | None = None) -> Place:
    """
    Return the one feature of a map file, or the one that `where` picks.

    Raises
    ------
    SourceInvalid
        When more than one feature is left: lists their names and how to pick one.
    """
    frame = _features(path, where=where, layer=layer, crs=crs)
    if len(frame) > 1:
        column, names = _names(frame)
        pick = f"`--where \"{column} = '{_quoted(names[0])}'\"`" if column else "`--where`"
        raise SourceInvalid(
            f"{path}: has {len(frame)} places and laep needs one: {_some(names)}. "
            f"Pick one with {pick}, or with `--place NAME --from {path}`."
        )
    return _place(frame, found_by=_kept_found_by(frame) or f"file {path.name}")


def _quoted(name: str) -> str:
    """Return a name as it stands between the quotes of a filter."""
    return name.replace("'", "''")


def from_code(code: str, path: Path, *, layer: str | None = None, crs: str | None = None) -> Place:
    """Return the feature that carries an ONS or other code in any column; the features of a wider code are joined."""
    frame = _features(path, layer=layer, crs=crs)
    wanted = code.strip().casefold()
    for column in _columns(frame):
        hit = (texts(frame, column).str.casefold() == wanted).fillna(value=False).to_numpy(dtype=bool)
        if hit.any():
            return _joined(frame[hit], column, code.strip())
    raise SourceInvalid(_unfound(path, "code", code, _codes(frame)))


def from_name(name: str, path: Path, *, layer: str | None = None, crs: str | None = None) -> Place:
    """Return the feature with this name in any text column (case and spacing ignored), or suggest the nearest."""
    frame = _features(path, layer=layer, crs=crs)
    wanted = _plain(name)
    for column in _columns(frame):
        hit = (texts(frame, column).map(_plain, na_action="ignore") == wanted).fillna(value=False).to_numpy(dtype=bool)
        if hit.sum() == 1:
            return _place(frame[hit], found_by=f"name {name.strip()} in {path.name}")
        if hit.any():
            codes = _some(_codes(frame[hit]))
            raise SourceInvalid(
                f"{path}: {int(hit.sum())} places have {name!r} in column {column}: {codes}. "
                f"Pick one with `--code CODE --from {path}`."
            )
    raise SourceInvalid(_unfound(path, "name", name, list(dict.fromkeys(_names(frame)[1]))))


def from_point(lat: float, lon: float, radius_m: float) -> Place:
    """Return a circle (64-sided) of `radius_m` metres round a point given in degrees."""
    if GB_LON[0] <= lat <= GB_LON[1] and GB_LAT[0] <= lon <= GB_LAT[1]:
        raise SourceInvalid(f"Latitude {lat} and longitude {lon} look swapped. Write the latitude first: {lon}, {lat}.")
    ireland = lon < IRELAND_EAST and IRELAND_LAT[0] < lat < IRELAND_LAT[1]
    if ireland or not (GB_LAT[0] <= lat <= GB_LAT[1] and GB_LON[0] <= lon <= GB_LON[1]):
        raise SourceInvalid(
            f"Latitude {lat}, longitude {lon} is not in Great Britain "
            f"(latitude {GB_LAT[0]} to {GB_LAT[1]}, longitude {GB_LON[0]} to {GB_LON[1]})."
        )
    spot = gpd.GeoSeries.from_xy([lon], [lat], crs="EPSG:4326").to_crs(CRS).iloc[0]
    where = f"{lat:.4f}, {lon:.4f}"
    return _circle(spot, radius_m, name=f"Around {where}", found_by=f"{radius_m:g} m round {where}")


def from_postcode(postcode: str, path: Path, radius_m: float) -> Place:
    """
    Return a circle of `radius_m` metres round a postcode found in a postcode table.

    Parameters
    ----------
    postcode : str
        Any spacing or case.
    path : Path
        CSV: ONSPD or NSPL, OS Code-Point Open (no header), or any with a postcode and a pair of coordinates.
    """
    wanted = postcodes(pd.Series([postcode], dtype="string")).iloc[0]
    if pd.isna(wanted):
        raise SourceInvalid(f"{postcode!r} is not a full postcode. Write it like `NP10 8JN`.")
    if re.match(_NOT_BRITAIN, wanted):
        raise SourceInvalid(
            f"Postcode {wanted} is not in Great Britain, the only place laep has network and weather rules for."
        )
    near: set[str] = set()
    for chunk in _postcode_chunks(path):
        hit = chunk[chunk["postcode"] == wanted]
        if len(hit):
            spot = _postcode_spot(hit.iloc[0], path)
            return _circle(spot, radius_m, name=f"Around {wanted}", found_by=f"{radius_m:g} m round postcode {wanted}")
        near.update(chunk["postcode"][chunk["postcode"].str.startswith(f"{wanted.split()[0]} ", na=False)])
    raise SourceInvalid(_unfound(path, "postcode", str(wanted), sorted(near)))


def write_geojson(place: Place, path: Path) -> None:
    """Write a place as GeoJSON in EPSG:4326, with its name, code and how it was found."""
    outline = gpd.GeoSeries([place.geometry], crs=CRS).to_crs("EPSG:4326").iloc[0]
    rounded = shapely.transform(outline, lambda degrees: np.round(degrees, _DECIMALS))
    feature = {
        "type": "Feature",
        "properties": {"name": place.name, "code": place.code, "found_by": place.found_by},
        "geometry": mapping(rounded),
    }
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _features(path: Path, *, where: str | None = None, layer: str | None = None, crs: str | None = None) -> Any:
    return read_vector(path, source=SOURCE, layer=layer, where=where, crs=crs, shapes="polygon").frame


def _columns(frame: Any) -> list[str]:
    return [str(name) for name in frame.columns if name != "geometry"]


def _place(frame: Any, *, found_by: str) -> Place:
    _, names = _names(frame)
    codes = _codes(frame)
    return Place(
        name=names[0] if names else "",
        code=codes[0] if codes else None,
        found_by=found_by,
        geometry=frame.geometry.iloc[0],
    )


def _joined(frame: Any, column: str, code: str) -> Place:
    shape = polygons_of(np.array([shapely.union_all(frame.geometry.to_numpy())], dtype=object))[0]
    _, names = _names(frame)
    one = len(frame) == 1
    found_by = f"code {code} ({column})" + ("" if one else f", {len(frame)} zones joined")
    return Place(name=names[0] if one and names else code, code=code, found_by=found_by, geometry=shape)


def _circle(spot: Geometry, radius_m: float, *, name: str, found_by: str) -> Place:
    if not 0 < radius_m <= _MAX_RADIUS_M:
        raise SourceInvalid(f"A radius of {radius_m:g} m cannot be used. Give metres above 0, up to {_MAX_RADIUS_M:g}.")
    ring = spot.buffer(radius_m, quad_segs=_CIRCLE_SIDES // 4)
    return Place(name=name, code=None, found_by=found_by, geometry=shapely.multipolygons([ring]))


def _kept_found_by(frame: Any) -> str:
    kept = texts(frame, "found_by" if "found_by" in frame.columns else None).iloc[0]
    return "" if pd.isna(kept) else str(kept)


def _names(frame: Any) -> tuple[str | None, list[str]]:
    """Return the first column that looks like names, and its values."""
    for column in _columns(frame):
        if re.match(_NAME_COLUMNS, column.casefold()):
            values = texts(frame, column).dropna().tolist()
            if values:
                return column, values
    return None, []


def _codes(frame: Any) -> list[str]:
    """Return the values of the first column that holds GSS codes, else of one called `code`."""
    for column in _columns(frame):
        values = texts(frame, column).dropna()
        if len(values) and values.str.fullmatch(_CODE).all():
            return [str(value) for value in values]
    return [str(value) for value in texts(frame, "code").dropna()] if "code" in frame.columns else []


def _unfound(path: Path, what: str, wanted: str, known: list[str]) -> str:
    by_plain = {_plain(value): value for value in known}
    near = [by_plain[value] for value in nearest(_plain(wanted), by_plain, most=3)]
    holding = [value for plain, value in by_plain.items() if _plain(wanted) in plain and value not in near]
    offered = [*near, *holding][:5]
    hint = f"Did you mean {' or '.join(offered)}?" if offered else f"It has {_some(known)}." if known else ""
    return f"{path}: no {what} {wanted!r}. {hint}".strip()


def _plain(text: str) -> str:
    return " ".join(str(text).split()).casefold()


def _some(values: list[str]) -> str:
    shown = sorted(set(values))
    return ", ".join(shown[:20]) + (f" and {len(shown) - 20} more" if len(shown) > 20 else "")


def _postcode_chunks(path: Path) -> Iterator[pd.DataFrame]:
    """Yield a postcode table in parts: `postcode` in its usual form, and lat and lon, or easting and northing."""
    check_file(path, POSTCODES)
    refuse_text(path, POSTCODES)
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = [name.strip().strip('"') for name in file.readline().split(",")]
    code_point = pd.notna(postcodes(pd.Series(header[:1], dtype="string")).iloc[0])
    picked = {0: "postcode", 2: "easting", 3: "northing"} if code_point else _postcode_columns(path, header)
    chunks = pd.read_csv(
        path, header=None if code_point else 0, usecols=list(picked), dtype="string", chunksize=_CHUNK,
        encoding="utf-8-sig", encoding_errors="replace",
    )  # fmt: skip
    for chunk in chunks:
        chunk.columns = pd.Index([picked[position] for position in sorted(picked)])
        yield chunk.assign(postcode=postcodes(chunk["postcode"]))


def _postcode_columns(path: Path, header: list[str]) -> dict[int, str]:
    lower = [name.casefold() for name in header]
    found = {
        ours: lower.index(theirs)
        for ours, usual in COLUMNS.items()
        if (theirs := next((name for name in usual if name in lower), None)) is not None
    }
    if "postcode" in found and ({"lat", "lon"} <= found.keys() or {"easting", "northing"} <= found.keys()):
        return {position: ours for ours, position in found.items()}
    raise SourceInvalid(
        f"{path}: needs a postcode column and either lat and long or easting and northing; it has "
        f"{', '.join(header[:12])}. laep reads {POSTCODES.accepts}; get one from {POSTCODES.url}."
    )


def _postcode_spot(row: pd.Series[Any], path: Path) -> Geometry:
    given = pd.to_numeric(row.reindex(["lat", "lon", "easting", "northing"]), errors="coerce")
    held = {str(name): float(value) for name, value in given.astype("float64").items()}
    if GB_LAT[0] <= held["lat"] <= GB_LAT[1] and GB_LON[0] <= held["lon"] <= GB_LON[1]:
        return gpd.GeoSeries.from_xy([held["lon"]], [held["lat"]], crs="EPSG:4326").to_crs(CRS).iloc[0]
    if held["easting"] > 0 and held["northing"] > 0:
        return shapely.Point(held["easting"], held["northing"])
    raise SourceInvalid(
        f"{path}: postcode {row['postcode']} has no position there, or not one in Great Britain. "
        "Try a neighbouring postcode, or give a point with its latitude and longitude."
    )
