"""Elevation rasters (LIDAR surface and ground models) kept on this computer -> layer `in_elevation`."""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from rasterio.errors import RasterioIOError
from rasterio.features import geometry_mask
from rasterio.windows import Window, from_bounds

from laep import heights
from laep.errors import OutsideArea, SourceInvalid
from laep.files import sha256
from laep.ingest.net.archive import check_members
from laep.ingest.net.ogc import Wcs
from laep.ingest.net.ways import ByNation, FirstOf, Several
from laep.ingest.read.files import files_of
from laep.ingest.read.vector import (
    NATIONAL_GRID,
    area_of,
    edition_in,
    in_britain,
    lonlat,
    refuse_text,
    say_box,
    say_option,
)
from laep.ingest.source import Ingested, Request, Source
from laep.schema import CRS, conform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely import Geometry

_EA = "https://environment.data.gov.uk/spatialdata/lidar-composite"
_EA_EXTENT = (80_000.0, 4_000.0, 656_000.0, 665_000.0)  # beyond it the service answers with errors, or noughts
_JNCC = "https://srsp-ows.jncc.gov.uk/ows"
_PHASES = range(6, 0, -1)  # of the Scottish surveys, the newest first; each covers other parts of the country


def _of_england(model: str, *, coverage: str, prefix: str, scale: float = 1.0) -> Wcs:
    """Return the way to a model; bare ground is smooth, and does with half the cells each way."""
    url = f"{_EA}-{model}/wcs"
    return Wcs(url=url, coverage=coverage, prefix=prefix, compressed=True, extent=_EA_EXTENT, scale=scale)


_LIVE = ByNation(
    england=Several(
        ways=(
            _of_england("digital-surface-model-first-return-dsm-1m", coverage=r"FZ_DSM_1m$", prefix="dsm"),
            _of_england("digital-terrain-model-dtm-1m", coverage=r"Elevation_DTM_1m$", prefix="dtm", scale=0.5),
        )
    ),
    scotland=Several(
        ways=tuple(
            FirstOf(
                ways=tuple(
                    Wcs(url=_JNCC, coverage=f"scotland__scotland-lidar-{phase}-{kind}", prefix=kind)
                    for phase in _PHASES
                )
            )
            for kind in ("dsm", "dtm")
        )
    ),
)
SOURCE = Source(
    name="elevation",
    title="LIDAR elevation rasters",
    publisher="Environment Agency (England), Natural Resources Wales, or the Scottish Remote Sensing Portal",
    licence="Open Government Licence v3.0",
    attribution="(c) Environment Agency copyright and/or database right; in Wales and Scotland, as the portal asks",
    url="https://environment.data.gov.uk/survey",
    writes=("in_elevation",),
    accepts="GeoTIFF or ESRI ASCII grids of heights in metres, also zipped",
    options=("kind", "dtm", "crs", "survey_date"),
    file_options=("dtm",),
    live=_LIVE,
    stands_beside="in_building",
    keeps_files=True,
    tested_on="real file",
)
"""
In laep.toml `files` are surface models and `dtm` ground models, unless a name has `dsm`, `dtm` or `dem` in it::

    [sources.elevation]
    files = ["lidar/dsm_tl35ne.zip"]
    dtm = ["lidar/dtm_tl35ne.zip"]
"""

_ZIP = "/vsizip/{"  # how GDAL is told that what follows, up to the brace, is a zip
_RASTERS = (".asc", ".tif", ".tiff")
_STRIP_ROWS = 1024  # rows of a raster held in memory at once
_LOWEST_M = -500.0  # below this a cell holds a mark for "no value", such as -9999, whatever the file says
_COARSE_M = 2.0  # a roof slope is a few metres long: wider cells cannot show which way it faces
_AIRY_M = 6_377_563.396  # semi-major axis of the Airy 1830 ellipsoid, which the National Grid is drawn on
_GRID_TERMS = {
    "Latitude of natural origin": 49.0,
    "Longitude of natural origin": -2.0,
    "False easting": 400_000.0,
    "False northing": -100_000.0,
}


@dataclass(frozen=True, kw_only=True)
class _Raster:
    path: Path
    address: str
    kind: str
    guessed: bool

    @property
    def name(self) -> str:
        """Return the raster's own name, inside a zip or not."""
        return self.address.rsplit("/", 1)[-1]

    @property
    def label(self) -> str:
        """Return how errors name the raster: its path, and which one of a zip."""
        return str(self.path) if self.name == self.path.name else f"{self.path} ({self.name})"


def read(request: Request) -> Ingested:
    """
    Return layer `in_elevation`: one row per raster with values inside the area. The rasters stay where they are.

    `valid_share` is the part of the area's cells, at the raster's own cell size, that this raster has a value for: the
    shares of tiles that do not overlap add up to the share of the area that is covered.
    """
    area = area_of(request, SOURCE)
    rasters = _rasters(request)
    rows, notes = [], []
    for raster in rasters:
        row, said = _row(raster, area, request)
        notes.extend(said)
        if row is not None:
            rows.append(row)
    if not rows:
        raise OutsideArea(_uncovered(rasters, area, request.options))
    if idle := len(rasters) - len(rows):
        notes.append(f"Rasters with no value inside the area, left out: {idle}.")
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    frame["survey_date"] = frame["survey_date"].astype("string")
    notes.extend(_say_cover(frame))
    return Ingested(
        layers={"in_elevation": conform(frame, "in_elevation")},
        rows_read=len(rasters),
        rows_kept=len(frame),
        notes=tuple(dict.fromkeys(notes)),
        edition=edition_in(rasters[0].path),
    )


def kind_in(name: str) -> str | None:
    """Return the kind a file name states: `dsm` (tops of things), `dtm` (bare ground, or DEM), `canopy`, else None."""
    lower = name.lower()
    if "cdsm" in lower or "chm" in lower:
        return "canopy"
    if "dsm" in lower:
        return "dsm"
    return "dtm" if "dtm" in lower or "dem" in lower else None


def kept_as(address: str, path: Path, folder: Path | None) -> str:
    """
    Return how `in_elevation` keeps an address: from the area folder on where the file is in it, or next to it.

    Next to it is beside the folder, or in a folder beside it. An area is then moved or passed on with its rasters.
    """
    if folder is None:
        return address
    if path.is_relative_to(folder):
        near = path.relative_to(folder)
    elif folder.parent in path.parents[:2]:
        near = Path("..") / path.relative_to(folder.parent)
    else:
        return address
    return address.replace(str(path), near.as_posix(), 1)


def found_at(kept: str, folder: Path) -> str:
    """Return the address that GDAL opens for what `kept_as` gave; an absolute one stays as it is."""
    if kept.startswith(_ZIP):
        archive, member = kept.removeprefix(_ZIP).split("}", 1)
        return f"{_ZIP}{folder / archive}}}{member}"
    return str(folder / kept)


def _rasters(request: Request) -> list[_Raster]:
    given = request.options.get("dtm") or ()
    ground = [Path(each) for each in ((given,) if isinstance(given, str | Path) else given)]
    surface = request.files if request.files or ground else files_of(request, SOURCE)
    kind = request.options.get("kind")
    if kind not in {None, "dsm", "dtm"}:
        raise SourceInvalid(
            f'[sources.elevation] has kind = {kind!r}. Write "dsm" (tops of things) or "dtm" (bare ground).'
        )
    found = [_kinded(path, address, kind) for path in surface for address in _addresses(path)]
    found += [_kinded(path, address, "dtm") for path in ground for address in _addresses(path)]
    return list({raster.address: raster for raster in found}.values())


def _kinded(path: Path, address: str, given: str | None) -> _Raster:
    named = kind_in(address.rsplit("/", 1)[-1]) or kind_in(path.name)
    if named == "canopy" and given is None:
        raise SourceInvalid(
            f"{path}: is a canopy model (trees only) by its name. laep needs a surface or a ground model."
        )
    kind = given or named
    return _Raster(path=path, address=address, kind=kind or "dsm", guessed=kind is None)


def _addresses(path: Path) -> list[str]:
    """Return the address GDAL opens each raster of a file by: the file itself, or the rasters in a zip."""
    refuse_text(path, SOURCE)
    if path.suffix.lower() != ".zip":
        return [str(path)]
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(name for name in archive.namelist() if name.lower().endswith(_RASTERS))
    except zipfile.BadZipFile as error:
        raise SourceInvalid(f"{path}: is not a whole zip file. Download it again from {SOURCE.url}.") from error
    members = [name for name in members if kind_in(name.rsplit("/", 1)[-1]) != "canopy"] or members
    if not members:
        raise SourceInvalid(f"{path}: holds no raster ({', '.join(_RASTERS)}). laep reads {SOURCE.accepts}.")
    check_members(path, members.__contains__)  # GDAL reads on for ever in a damaged one
    return [f"{_ZIP}{path}}}/{member}" for member in members]  # braces keep the // of a bare path from being lost


def _row(raster: _Raster, area: Geometry, request: Request) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the row of one raster, or None when it has no value inside the area, and notes."""
    options = request.options
    with _opened(raster) as data:
        crs, notes = _true_crs(raster, data, options.get("crs"))
        footprint = _footprint(data, crs)
        if not footprint.intersects(area):
            return None, []
        try:
            share = _valid_share(data, _turned(area, CRS, crs))
        except RasterioIOError as error:
            raise _damaged(raster) from error
        cells = data.width * data.height
        if data.nodata is None and heights.nodata(data) is not None:
            notes.append(f"{raster.name}: names no value for gaps; its noughts are gaps, as nothing else is near.")
    if share == 0.0:
        return None, []
    resolution = round(math.sqrt(footprint.area / cells), 3)
    if raster.guessed:
        notes.append(f"{raster.name}: taken for a surface model (dsm), because its name does not say.")
    if resolution > _COARSE_M and raster.kind == "dsm":
        notes.append(f"{raster.name}: cells of {resolution:g} m are too wide to tell how a roof slopes.")
    date = options.get("survey_date")
    return {
        "path": kept_as(raster.address, raster.path, request.folder),
        "kind": raster.kind,
        "crs": _say_crs(crs),
        "resolution_m": resolution,
        "valid_share": share,
        "survey_date": str(date) if date else edition_in(Path(raster.address)) or edition_in(raster.path) or None,
        "sha256": sha256(raster.path),
        "source_id": SOURCE.name,
        "geometry": footprint,
    }, notes


def _opened(raster: _Raster) -> Any:
    try:
        data = heights.opened(raster.address)
    except RasterioIOError as error:
        raise _damaged(raster) from error
    if data.count > 1 or data.dtypes[0] == "uint8":
        data.close()
        raise SourceInvalid(
            f"{raster.label}: is a picture or a mask, not heights in metres. laep reads {SOURCE.accepts}."
        )
    return data


def _damaged(raster: _Raster) -> SourceInvalid:
    return SourceInvalid(
        f"{raster.label}: is not a raster, or is damaged. laep reads {SOURCE.accepts}; get it from {SOURCE.url}."
    )


def _true_crs(raster: _Raster, data: Any, named: str | None) -> tuple[pyproj.CRS, list[str]]:
    """Return the coordinate system: the option, else what the file says, else the National Grid if it fits."""
    if named:
        try:
            return pyproj.CRS.from_user_input(named), []
        except pyproj.exceptions.CRSError as error:
            raise SourceInvalid(
                f"There is no coordinate system {named!r}. Write it like {say_option(SOURCE, 'crs', CRS)}."
            ) from error
    if data.crs is None:
        west, south, east, north = data.bounds
        low_x, low_y, high_x, high_y = NATIONAL_GRID
        if low_x <= west < east <= high_x and low_y <= south < north <= high_y and east - west > 1:
            return pyproj.CRS(CRS), [
                f"{raster.path.name}: says no coordinate system; taken for the British National Grid."
            ]
        raise SourceInvalid(
            f"{raster.label}: does not say which coordinate system it is in. "
            f"Set {say_option(SOURCE, 'crs', 'EPSG:NUMBER')}."
        )
    crs = pyproj.CRS.from_wkt(data.crs.to_wkt())
    if crs.to_epsg() is None and _is_national_grid(crs):
        return pyproj.CRS(CRS), [
            f"{raster.path.name}: its coordinate system is the British National Grid in other words."
        ]
    return crs, []


def _is_national_grid(crs: pyproj.CRS) -> bool:
    base = (crs.source_crs if crs.is_bound else None) or crs  # without the shift to WGS 84 some files carry
    operation = base.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return False
    terms = {param.name: float(param.value) for param in operation.params}
    same = all(math.isclose(terms.get(name, math.nan), value, abs_tol=1e-6) for name, value in _GRID_TERMS.items())
    return same and base.ellipsoid is not None and math.isclose(base.ellipsoid.semi_major_metre, _AIRY_M, abs_tol=0.01)


def _footprint(data: Any, crs: pyproj.CRS) -> Geometry:
    """Return the outline of a raster in EPSG:27700, its edges split so that they bend where they should."""
    step, wide, high = data.transform, data.width, data.height
    ring = shapely.Polygon(
        [(step.a * col + step.b * row + step.c, step.d * col + step.e * row + step.f)
         for col, row in ((0, 0), (wide, 0), (wide, high), (0, high))]
    )  # fmt: skip
    turned = ring if crs.to_epsg() == 27700 else _turned(shapely.segmentize(ring, ring.length / 80), crs, CRS)
    return shapely.multipolygons([turned])


def _turned(shape: Geometry, old: Any, new: Any) -> Geometry:
    return gpd.GeoSeries([shape], crs=old).to_crs(new).iloc[0]


def _valid_share(data: Any, area: Geometry) -> float:
    """Return the share of the cells of `area` (in the raster's coordinates) that this raster has a value for."""
    part = shapely.intersection(area, shapely.box(*data.bounds))
    if part.area == 0.0:
        return 0.0
    found = sum(_valid_cells(data, area, strip) for strip in _strips(_window(data, part.bounds)))
    return float(min(found * abs(data.transform.a * data.transform.e) / area.area, 1.0))


def _window(data: Any, bounds: tuple[float, float, float, float]) -> Window:
    """Return the whole cells that cover a box, no further than the raster's edge."""
    box = from_bounds(*bounds, transform=data.transform)
    left, top = max(math.floor(box.col_off), 0), max(math.floor(box.row_off), 0)
    right = min(math.ceil(box.col_off + box.width), data.width)
    bottom = min(math.ceil(box.row_off + box.height), data.height)
    return Window(left, top, right - left, bottom - top)


def _strips(window: Window) -> Iterable[Window]:
    first, last = int(window.row_off), int(window.row_off + window.height)
    for start in range(first, last, _STRIP_ROWS):
        yield Window(int(window.col_off), start, int(window.width), min(_STRIP_ROWS, last - start))


def _valid_cells(data: Any, area: Geometry, window: Window) -> int:
    cells = data.read(1, window=window, masked=True)
    values = heights.in_metres(data, cells.data)
    valid = ~np.ma.getmaskarray(cells) & np.isfinite(values) & (values > _LOWEST_M) & ~heights.is_filling(data, values)
    within = geometry_mask([area], valid.shape, data.window_transform(window), invert=True)
    return int(np.count_nonzero(valid & within))


def _say_crs(crs: pyproj.CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def _say_cover(frame: Any) -> list[str]:
    shares = frame.groupby("kind")["valid_share"].sum().clip(upper=1.0)
    names = {"dsm": "Surface models", "dtm": "Ground models"}
    return [f"{names[kind]} have values for {share:.0%} of the area." for kind, share in shares.items()]


def _uncovered(rasters: list[_Raster], area: Geometry, options: Mapping[str, Any]) -> str:
    with _opened(rasters[0]) as data:
        crs, _ = _true_crs(rasters[0], data, options.get("crs"))
        there = lonlat(data.bounds, crs)
    here = lonlat(area.bounds)
    label = rasters[0].label if len(rasters) == 1 else f"{len(rasters)} rasters, such as {rasters[0].label}"
    abroad = there is not None and not in_britain(there)
    return (
        f"{label}: {'lies outside Great Britain' if abroad else 'has no value inside the area'}. It covers "
        f"{say_box(there) if there else 'nowhere on Earth'}; the area covers {say_box(here) if here else 'nowhere'}. "
        f"Get the tiles of the area from {SOURCE.url}."
    )
