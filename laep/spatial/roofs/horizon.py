"""The skyline round each roof plane -> layer `roof_shade`: from surface models, with their trees and hills.

`docs/methods-solar-demand.md` has the method and what it was measured against.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
import shapely
from rasterio.enums import Resampling
from rasterio.features import rasterize

from laep import schema
from laep.spatial import rasters
from laep.spatial.roofs.horizon_kernel import EDGE, LOWEST, NEAR, STACK, by_plane, sky_above, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray
    from rasterio.transform import Affine

    Floats = NDArray[np.float64]
    Heights = NDArray[np.float32]
    Whole = NDArray[np.intp]
    Seats = NDArray[np.int32]
    Cells = TypeVar("Cells", Heights, Seats)
    Reader = Callable[[int, int, int, int], Cells]

SECTORS = 36
"""Directions the skyline is read in, every 10 degrees clockwise from grid north."""
REACH_M = 2000.0
"""Surface read round the outermost planes. Within it there is no limit of distance. [m]"""
STRIP_CELLS = 30_000_000
"""Cells of a strip: with its working copies under 500 MB. A town is walked strip by strip, with the same result."""
OFF_PLANE_M = 1.0
"""Cells this far above or below the plane's own surface are a chimney, an overhanging tree or the ground by the wall.
[m]"""
_FITS, _STEADY = 4, 0.75
"""Times the surface of a plane is fitted, each time to the share of its cells that lay nearest to it before."""
_FLAT = 1e-12


@dataclass(frozen=True)
class Grid:
    """A surface: how to read a window of it (rows from, to, columns from, to), its shape and the side of its cells."""

    read: Reader[Heights]
    rows: int
    columns: int
    cell_m: float


@dataclass(frozen=True)
class _Way:
    """East, west, south or north: how a grid is turned for one to look towards higher rows, and its shape then."""

    transposed: bool
    backward: bool
    along: int
    across: int


@dataclass(frozen=True)
class _Ray:
    """One direction: its place among those asked for, and how it lies in a grid turned its way."""

    number: int
    transposed: bool
    backward: bool
    mirrored: bool
    slope: float


@dataclass(frozen=True)
class _Hulls:
    """Hulls by line; `start` is the row at which line 0 stands in column 0."""

    start: int
    corner: Heights
    depth: NDArray[np.int32]


def sector_azimuths(sectors: int = SECTORS) -> Floats:
    """Return the middle of each sector, clockwise from north. [deg]."""
    return np.arange(sectors, dtype=np.float64) * (360.0 / sectors)


def of_array(surface: Heights, cell_m: float) -> Grid:
    """Return a surface held in memory; missing heights are NaN."""
    rows, columns = surface.shape
    return Grid(_windows(surface), rows, columns, cell_m)


def tangents(
    grid: Grid,
    row: Whole,
    column: Whole,
    *,
    azimuth_deg: Floats,
    lift_m: float,
    strip_cells: int,
) -> Iterator[tuple[int, Heights]]:
    """
    Yield each direction's number and the tangent of the skyline's height, seen from some cells.

    Parameters
    ----------
    grid : Grid
        Row 0 is the northernmost.
    row, column : int array, shape (cells,)
        Where the eye is.
    azimuth_deg : array, shape (directions,)
        Directions looked in, clockwise from the grid's north. [deg]
    lift_m : float
        How far the eye is above its cell. [m]
    strip_cells : int
        Most cells held at a time; the result does not depend on it, bit for bit.

    Yields
    ------
    number, array of shape (cells,)
        Tangent of the skyline above the level, 0 where nothing rises above it; directions in no order.

    Notes
    -----
    Between cell centres the surface runs straight. The curve of the Earth is left out: 0.02 deg at 5 km.
    """
    if not len(row):
        return
    rays = [_ray(number, azimuth) for number, azimuth in enumerate(azimuth_deg.tolist())]
    eyes: Reader[Seats] = partial(_seated, row, column)
    if grid.rows * grid.columns <= strip_cells:
        grid = of_array(grid.read(0, grid.rows, 0, grid.columns), grid.cell_m)
        eyes = _windows(eyes(0, grid.rows, 0, grid.columns))
    seat = np.empty(len(row), np.int32)
    for top, bottom in _blocks(grid, strip_cells):
        inside = np.flatnonzero((row >= top) & (row < bottom))
        seat[inside] = eyes(top, bottom, 0, grid.columns)[row[inside] - top, column[inside]]
    shared = (seat != np.arange(len(row))).any()
    spans = tuple((int(part.min()), int(part.max())) for part in (row, column))
    for transposed, backward in itertools.product((False, True), repeat=2):
        way = _Way(transposed, backward, *((grid.rows, grid.columns) if transposed else (grid.columns, grid.rows)))
        some = [ray for ray in rays if (ray.transposed, ray.backward) == (transposed, backward)]
        found = np.empty((len(some), len(row)), np.float32)
        _one_way(grid, eyes, way, spans if transposed else spans[::-1], some, lift_m, strip_cells, found)
        for ray, tangent in zip(some, found, strict=True):
            yield ray.number, tangent[seat] if shared else tangent


def roof_shade(
    planes: gpd.GeoDataFrame,
    dsm: Sequence[Path | str | rasters.Placed],
    *,
    lift_m: float,
    moved_m: tuple[float, float] = (0.0, 0.0),
    strip_cells: int = STRIP_CELLS,
) -> pd.DataFrame:
    """
    Return the skyline round each roof plane and the share of sky it leaves, as layer `roof_shade`.

    Parameters
    ----------
    planes : GeoDataFrame
        Layer `roof_plane`.
    dsm : sequence of paths
        Surface models (tops of things), in any coordinates in metres; files on a finer grid are used first.
    lift_m : float
        How far panels stand above the tiles, `pv.roof.panel_height_m`: it takes them out of the noise of the survey.
    moved_m : (east, north)
        How far the planes are moved to read the rasters, as `heights.moved_m` gives. [m]
    strip_cells : int
        As for `tangents`.

    Returns
    -------
    DataFrame
        One row per plane that lies on a surface model, in order; the others have none, since nothing is known of them.

    Notes
    -----
    Every cell of the plane is an eye. Mean and spread over the cells are kept by sector: a neighbour's roof that
    shades the lower half of a plane is then half a shadow, not all or nothing. Cells more than 1 m off the plane's own
    surface are left out where others remain.
    """
    planes = planes.assign(geometry=planes.geometry.translate(*moved_m))
    parts: list[pd.DataFrame] = []
    todo = np.arange(len(planes))
    for group in rasters.groups(dsm):
        if len(todo):
            parts.append(_by_group(planes, todo, group, lift_m, strip_cells))
            todo = np.setdiff1d(todo, parts[-1].index.to_numpy())
    if not parts or not sum(len(part) for part in parts):
        return schema.conform(schema.empty("roof_shade"), "roof_shade")
    return schema.conform(pd.concat(parts).sort_index(), "roof_shade")


def written(values: Floats) -> list[str]:
    """Return each row of angles as text: tenths of a degree, separated by blanks."""
    tenths = np.rint(values * 10).astype(np.intp)
    words = np.array([f"{tenth / 10:.1f}" for tenth in range(int(tenths.max(initial=0)) + 1)], dtype=object)
    return [" ".join(line) for line in words[tenths].tolist()]


def as_seen(tilt_deg: Floats, from_facing_deg: Floats) -> tuple[Floats, Floats, Floats]:
    """Return a plane's share of light from above and from the side, by direction, and how high its own edge stands."""
    tilt, away = np.radians(tilt_deg), np.radians(from_facing_deg)
    up, across = np.cos(tilt), np.sin(tilt) * np.cos(away)
    return up, across, np.arctan2(np.maximum(-across, 0.0), up)


def _ray(number: int, azimuth_deg: float) -> _Ray:
    east, south = math.sin(math.radians(azimuth_deg)), -math.cos(math.radians(azimuth_deg))
    east, south = (0.0 if abs(part) < _FLAT else part for part in (east, south))
    transposed = abs(south) > abs(east)
    along, across = (south, east) if transposed else (east, south)
    return _Ray(number, transposed, along < 0, across < 0, abs(across / along))


def _one_way(
    grid: Grid, eyes: Reader[Seats], way: _Way, spans: Sequence[tuple[int, int]],
    rays: list[_Ray], lift_m: float, strip_cells: int, found: Heights,
) -> None:  # fmt: skip
    """Walk the strips from the far end to the nearest eye, in all directions of one way."""
    (nearest, farthest), (low, high) = spans
    if way.backward:
        nearest, farthest = way.along - 1 - farthest, way.along - 1 - nearest
    sides = {False: (low, high), True: (way.across - 1 - high, way.across - 1 - low)}
    hulls = [_hulls(sides[ray.mirrored], (nearest, farthest), way.along, ray.slope) for ray in rays]
    width = max(1, strip_cells // way.across)
    for first in reversed(range(nearest, way.along, width)):
        last = min(first + width, way.along)
        strip, eye = _strip(grid, way, first, last), np.ascontiguousarray(_turned(eyes, way, first, last))
        for mirrored in (False, True):
            if mirrored:
                strip, eye = np.ascontiguousarray(strip[:, ::-1]), np.ascontiguousarray(eye[:, ::-1])
            for ray, hull, tangent in zip(rays, hulls, found, strict=True):
                if ray.mirrored == mirrored:
                    sweep(
                        strip, eye, ray.slope, first, lift_m, grid.cell_m, hull.start, hull.corner, hull.depth, tangent
                    )


def _hulls(at: tuple[int, int], ahead: tuple[int, int], along: int, slope: float) -> _Hulls:
    """Return the empty hulls of the lines that meet an eye, or could: eyes stand between these rows and columns."""
    start = at[0] - int(slope * ahead[1] + 0.5)
    lines = at[1] - int(slope * ahead[0] + 0.5) + 1 - start
    corner = np.empty((lines, STACK, 2), np.float32)
    corner[:, 0] = along + NEAR + 1, LOWEST
    return _Hulls(start, corner, np.zeros(lines, np.int32))


def _strip(grid: Grid, way: _Way, first: int, last: int) -> Heights:
    """Return a strip turned its way, with the `NEAR` rows beyond it and an edge."""
    beyond = min(last + NEAR, way.along)
    strip = np.full((last - first + NEAR, way.across + 2 * EDGE), LOWEST, np.float32)
    held = strip[: beyond - first, EDGE:-EDGE]
    np.fmax(_turned(grid.read, way, first, beyond), LOWEST, out=held)  # also takes the place of what is missing
    return strip


def _turned(read: Reader[Cells], way: _Way, first: int, last: int) -> Cells:
    """Return the cells from row `first` up to row `last` of a grid that is turned its way."""
    low, high = (way.along - last, way.along - first) if way.backward else (first, last)
    part = read(low, high, 0, way.across) if way.transposed else read(0, way.across, low, high).T
    return part[::-1] if way.backward else part


def _windows(cells: Cells) -> Reader[Cells]:
    return lambda top, bottom, left, right: cells[top:bottom, left:right]


def _seated(row: Whole, column: Whole, top: int, bottom: int, left: int, right: int) -> Seats:
    """Return which eye is in each cell of a window, -1 where none is; of those that share a cell, one."""
    inside = np.flatnonzero((row >= top) & (row < bottom) & (column >= left) & (column < right))
    seats = np.full((bottom - top, right - left), -1, np.int32)
    seats[row[inside] - top, column[inside] - left] = inside
    return seats


def _blocks(grid: Grid, cells: int) -> Iterator[tuple[int, int]]:
    """Yield the first row of each block of so many cells, and the row after its last."""
    rows = max(1, cells // grid.columns)
    return ((top, min(top + rows, grid.rows)) for top in range(0, grid.rows, rows))


def _by_group(
    planes: gpd.GeoDataFrame, todo: Whole, group: list[rasters.Raster], lift_m: float, strip_cells: int
) -> pd.DataFrame:
    """Return rows of `roof_shade`, indexed by position, for the planes that rasters of one grid reach."""
    shapes = planes.geometry.iloc[todo].to_crs(group[0].crs).to_numpy()
    tiles = shapely.box(*np.array([one.bounds for one in group]).T)
    reached = np.unique(shapely.STRtree(shapes).query(tiles, predicate="intersects")[1])
    if not len(reached):
        none = np.empty((0, SECTORS))
        return _rows(planes, todo[:0], none, none, np.empty(0), np.empty(0, np.intp))
    grid, transform = _grid(group, shapes[reached], tiles)
    plane, row, column, height = _cells(shapes[reached], grid, transform)
    plane, row, column = _on_surface(plane, row, column, height)
    used, plane = np.unique(plane, return_inverse=True)
    where = todo[reached[used]]
    turned = -math.degrees(math.atan2(transform.d, transform.a))  # grids that lie askew: their north is not up
    return _rows(
        planes, where, *_by_sector(planes.iloc[where], grid, plane, row, column, turned, lift_m, strip_cells),
        np.bincount(plane, minlength=len(used)),
    )  # fmt: skip


def _by_sector(
    planes: gpd.GeoDataFrame, grid: Grid, plane: Whole, row: Whole, column: Whole, turned_deg: float, lift_m: float,
    strip_cells: int,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Return mean and spread of the skyline by plane and sector, and each plane's share of its sky."""
    count = int(plane.max()) + 1
    mean, spread = np.zeros((count, SECTORS)), np.zeros((count, SECTORS))
    open_sky, seen_sky = np.zeros(count), np.zeros(count)
    tilt, facing = (
        (planes[f"panel_{name}"].fillna(planes[name]) if f"panel_{name}" in planes else planes[name]).to_numpy(
            "float64"
        )
        for name in ("tilt_deg", "azimuth_deg")
    )
    azimuth = sector_azimuths()
    starts = np.append(np.flatnonzero(np.diff(plane, prepend=-1)), len(plane))
    seen = tangents(grid, row, column, azimuth_deg=azimuth - turned_deg, lift_m=lift_m, strip_cells=strip_cells)
    for number, tangent in seen:
        up, across, edge = as_seen(tilt, azimuth[number] - facing)
        by_plane(tangent, starts, up, across, edge, mean[:, number], spread[:, number], seen_sky)
        open_sky += sky_above(edge, up, across)
    return mean, spread, seen_sky / open_sky


def _rows(
    planes: gpd.GeoDataFrame, where: Whole, mean: Floats, spread: Floats, sky: Floats, cells: Whole
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "roof_id": planes["roof_id"].to_numpy()[where],
            "sky_view": np.clip(sky, 0.0, 1.0),
            "horizon_mean_deg": mean.mean(axis=1),
            "horizon_deg": written(mean),
            "horizon_spread_deg": written(spread),
            "cells": cells,
        },
        index=where,
    )
    frame["method"] = "skyline of the surface model round every cell of the plane"
    frame["confidence"] = np.where(frame["cells"] >= 4, "high", "medium")
    return frame


def _grid(group: list[rasters.Raster], shapes: NDArray[np.object_], tiles: NDArray[np.object_]) -> tuple[Grid, Affine]:
    """Return the surface within reach of the planes, on the grid of the first raster."""
    near = shapely.box(*(shapely.total_bounds(shapes) + np.array([-1, -1, 1, 1]) * REACH_M))
    held = shapely.box(*shapely.total_bounds(tiles))
    corners = rasters.to_cells(group[0].transform, shapely.get_coordinates(shapely.intersection(near, held)))
    low = np.floor(corners.min(axis=0) + 1e-6).astype(int)
    high = np.ceil(corners.max(axis=0) - 1e-6).astype(int)
    transform = rasters.moved(group[0].transform, low)
    columns, rows = (high - low).tolist()

    def read(top: int, bottom: int, left: int, right: int) -> Heights:
        window = rasters.moved(transform, np.array([left, top]))
        heights = rasters.read(group, group[0].crs, window, (bottom - top, right - left), Resampling.nearest)
        return heights.astype(np.float32)

    return Grid(read, rows, columns, math.hypot(transform.a, transform.d)), transform


def _cells(shapes: NDArray[np.object_], grid: Grid, transform: Affine) -> tuple[Whole, Whole, Whole, Heights]:
    """Return which plane each cell under a plane belongs to, its row and column, and its height; missing left out."""
    found = []
    bounds = shapely.bounds(shapes)
    for top, bottom in _blocks(grid, STRIP_CELLS):
        strip = shapely.box(*_extent(rasters.moved(transform, np.array([0, top])), grid.columns, bottom - top))
        some = np.flatnonzero((bounds[:, 3] >= shapely.bounds(strip)[1]) & (bounds[:, 1] <= shapely.bounds(strip)[3]))
        if not len(some):
            continue
        heights = grid.read(top, bottom, 0, grid.columns)
        plane, row, column = _burnt(shapes[some], rasters.moved(transform, np.array([0, top])), heights.shape)
        height = heights[row, column]
        there = ~np.isnan(height)
        found.append((some[plane[there]], row[there] + top, column[there], height[there]))
    plane, row, column, height = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((column, row, plane))
    return plane[order], row[order], column[order], height[order]


def _extent(transform: Affine, columns: int, rows: int) -> tuple[float, float, float, float]:
    corners = np.array(
        [
            (transform.a * x + transform.b * y + transform.c, transform.d * x + transform.e * y + transform.f)
            for x, y in ((0, 0), (columns, 0), (0, rows), (columns, rows))
        ]
    )
    return (*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())


def _burnt(shapes: NDArray[np.object_], transform: Affine, shape: tuple[int, ...]) -> tuple[Whole, Whole, Whole]:
    """Return plane, row and column of each cell whose centre a plane covers; a sliver has the cell of its middle."""
    numbered = [(one, number) for number, one in enumerate(shapes) if not one.is_empty]
    burnt = rasterize(numbered, out_shape=shape, fill=-1, transform=transform, dtype="int32")
    row, column = np.nonzero(burnt >= 0)
    plane = burnt[row, column].astype(np.intp)
    missed = np.setdiff1d(np.arange(len(shapes)), plane)
    middle = rasters.to_cells(transform, shapely.get_coordinates(shapely.point_on_surface(shapes[missed])))
    at = np.floor(middle).astype(np.intp)
    inside = (at >= 0).all(axis=1) & (at[:, 1] < shape[0]) & (at[:, 0] < shape[1])
    return (
        np.concatenate([plane, missed[inside]]),
        np.concatenate([row, at[inside, 1]]),
        np.concatenate([column, at[inside, 0]]),
    )


def _on_surface(plane: Whole, row: Whole, column: Whole, height: Heights) -> tuple[Whole, Whole, Whole]:
    """Leave out cells far from the flat surface that fits their plane best, where others remain."""
    far = np.zeros(len(plane))
    steady = np.ones(len(plane), dtype=bool)
    for _ in range(_FITS):
        off = _residual(plane, row, column, height, steady)
        far = np.abs(off - pd.Series(off).groupby(plane).transform("median").to_numpy())
        steady = far <= pd.Series(far).groupby(plane).transform("quantile", _STEADY).to_numpy()
    kept = (far <= OFF_PLANE_M) | (np.bincount(plane, far <= OFF_PLANE_M)[plane] == 0)
    return plane[kept], row[kept], column[kept]


def _residual(plane: Whole, row: Whole, column: Whole, height: Heights, steady: NDArray[np.bool_]) -> Floats:
    """Return how far each cell is from the flat surface that fits the steady cells of its plane best. [m]."""
    count = np.maximum(np.bincount(plane, steady), 1)
    x, y, z = (value - (np.bincount(plane, value * steady) / count)[plane] for value in _floats(column, row, height))
    xx, yy, xy, xz, yz = (np.bincount(plane, a * b * steady) for a, b in ((x, x), (y, y), (x, y), (x, z), (y, z)))
    whole = xx * yy - xy * xy
    good = whole > 1e-6 * np.maximum(xx * yy, 1.0)
    east, south = (
        np.divide(top, whole, out=np.zeros(len(whole)), where=good) for top in (xz * yy - yz * xy, yz * xx - xz * xy)
    )
    off: Floats = z - east[plane] * x - south[plane] * y
    return off


def _floats(*values: NDArray[np.number]) -> tuple[Floats, ...]:
    return tuple(value.astype("float64") for value in values)
