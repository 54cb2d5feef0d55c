"""The skyline round each roof plane -> layer `roof_shade`: from surface models, with their trees and hills.

`docs/methods-solar-demand.md` has the method and what it was measured against.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from rasterio.enums import Resampling
from rasterio.features import rasterize

from laep import schema
from laep.spatial import rasters
from laep.spatial.horizon_kernel import EDGE, LOWEST, NEAR, STACK, by_plane, sky_above, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray
    from rasterio.transform import Affine

    Floats = NDArray[np.float64]
    Heights = NDArray[np.float32]
    Whole = NDArray[np.intp]
    Reader = Callable[[int, int, int, int], Heights]

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

    read: Reader
    rows: int
    columns: int
    cell_m: float


@dataclass(frozen=True)
class _Ray:
    """One direction: its place among those asked for, and how it lies in the grid once turned to run one way."""

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
    return Grid(lambda top, bottom, left, right: surface[top:bottom, left:right], rows, columns, cell_m)


def angles(
    grid: Grid,
    row: Whole,
    column: Whole,
    *,
    azimuth_deg: Floats,
    lift_m: float = 0.0,
    strip_cells: int = STRIP_CELLS,
) -> Heights:
    """
    Return how high the skyline stands, seen from some cells.

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

    Returns
    -------
    array, shape (cells, directions)
        Height of the skyline above the level, 0 where nothing rises above it. [deg]

    Notes
    -----
    Between cell centres the surface runs straight. The curve of the Earth is left out: 0.02 deg at 5 km.
    """
    found = np.empty((len(row), len(azimuth_deg)), np.float32)
    for number, tangent in tangents(grid, row, column, azimuth_deg=azimuth_deg, lift_m=lift_m, strip_cells=strip_cells):
        found[:, number] = np.degrees(np.arctan(tangent))
    return found


def tangents(
    grid: Grid,
    row: Whole,
    column: Whole,
    *,
    azimuth_deg: Floats,
    lift_m: float = 0.0,
    strip_cells: int = STRIP_CELLS,
) -> Iterator[tuple[int, Heights]]:
    """Yield each direction's number and the tangent of the skyline from every cell; parameters as for `angles`."""
    rays = [_ray(number, azimuth) for number, azimuth in enumerate(azimuth_deg.tolist())] if len(row) else []
    whole = grid.read(0, grid.rows, 0, grid.columns) if grid.rows * grid.columns <= strip_cells else None
    for transposed in (False, True):
        for backward in (False, True):
            some = [ray for ray in rays if (ray.transposed, ray.backward) == (transposed, backward)]
            if some:
                yield from _one_way(grid, whole, row, column, some, lift_m, strip_cells)


def roof_shade(
    planes: gpd.GeoDataFrame,
    dsm: Sequence[Path | str | rasters.Placed],
    *,
    lift_m: float,
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
    strip_cells : int
        As for `angles`.

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
    parts: list[pd.DataFrame] = []
    todo = np.arange(len(planes))
    for group in rasters.groups(dsm):
        if len(todo):
            parts.append(_by_group(planes, todo, group, lift_m, strip_cells))
            todo = np.setdiff1d(todo, parts[-1].index.to_numpy())
    if not parts or not sum(len(part) for part in parts):
        return schema.conform(schema.empty("roof_shade"), "roof_shade")
    return schema.conform(pd.concat(parts).sort_index(), "roof_shade")


def sky_terms(tangent: Floats, *, tilt_deg: Floats, from_facing_deg: Floats) -> tuple[Floats, Floats]:
    """
    Return what a direction adds to the light of an even sky on a tilted plane: above the skyline, and with none.

    Parameters
    ----------
    tangent : array
        Tangent of the skyline's height.
    tilt_deg, from_facing_deg : array
        Slope of the plane; direction looked in less the direction the plane faces. [deg]

    Notes
    -----
    The integral over height h of cos(incidence) cos(h), from the skyline or the plane's own edge up to the zenith:
    with tilt b and azimuth a from where it faces, cos b (1 - sin2 h)/2 + sin b cos a ((pi/2 - h)/2 - sin(2h)/4).
    Summed over all directions and times 2/directions it is the view factor (1 + cos b)/2 of a free plane.
    """
    up, across, edge = _as_seen(tilt_deg, from_facing_deg)
    return sky_above(np.maximum(np.arctan(tangent), edge), up, across), sky_above(edge, up, across)


def written(values: Floats) -> list[str]:
    """Return each row of angles as text: tenths of a degree, separated by blanks."""
    tenths = np.rint(values * 10).astype(np.intp)
    words = np.array([f"{tenth / 10:.1f}" for tenth in range(int(tenths.max(initial=0)) + 1)], dtype=object)
    return [" ".join(line) for line in words[tenths].tolist()]


def _as_seen(tilt_deg: Floats, from_facing_deg: Floats) -> tuple[Floats, Floats, Floats]:
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
    grid: Grid, whole: Heights | None, row: Whole, column: Whole, rays: list[_Ray], lift_m: float, strip_cells: int
) -> Iterator[tuple[int, Heights]]:
    """Walk the strips from the far end to the nearest eye, all directions of one way (east, west, south or north)."""
    transposed, backward = rays[0].transposed, rays[0].backward
    across, along = (grid.columns, grid.rows) if transposed else (grid.rows, grid.columns)
    place, ahead = (column, row) if transposed else (row, column)
    ahead = along - 1 - ahead if backward else ahead
    nearest, farthest = int(ahead.min()), int(ahead.max())
    low, high = int(place.min()), int(place.max())
    width = along if whole is not None else max(1, strip_cells // across)
    sides = {False: (low, high), True: (across - 1 - high, across - 1 - low)}
    hulls = [_hulls(sides[ray.mirrored], (nearest, farthest), along, ray.slope) for ray in rays]
    found = np.zeros((len(rays), len(row)), np.float32)
    first_eye = np.empty(len(row), np.int32)
    for first in reversed(range(nearest, along, width)):
        last = min(first + width, along)
        strip = _strip(grid, whole, transposed, backward, first, last)
        within = (ahead >= first) & (ahead < last)
        inside = slice(None) if within.all() else np.flatnonzero(within)
        eye = np.full((last - first, across), -1, np.int32)
        eye[ahead[inside] - first, place[inside]] = np.arange(len(row), dtype=np.int32)[inside]
        first_eye[inside] = eye[ahead[inside] - first, place[inside]]
        for ray, hull, tangent in zip(rays, hulls, found, strict=True):
            sweep(
                strip, eye, ray.slope, ray.mirrored, first, lift_m, grid.cell_m, hull.start, hull.corner, hull.depth,
                tangent,
            )  # fmt: skip
    twins = (first_eye != np.arange(len(row))).any()  # a cell that is asked for twice is looked from once
    for ray, tangent in zip(rays, found, strict=True):
        yield ray.number, tangent[first_eye] if twins else tangent


def _hulls(at: tuple[int, int], ahead: tuple[int, int], along: int, slope: float) -> _Hulls:
    """Return the empty hulls of the lines that meet an eye, or could: eyes stand between these rows and columns."""
    start = at[0] - int(slope * ahead[1] + 0.5)
    lines = at[1] - int(slope * ahead[0] + 0.5) + 1 - start
    corner = np.empty((lines, STACK, 2), np.float32)
    corner[:, 0] = along + NEAR + 1, LOWEST
    return _Hulls(start, corner, np.zeros(lines, np.int32))


def _strip(grid: Grid, whole: Heights | None, transposed: bool, backward: bool, first: int, last: int) -> Heights:
    """Return a strip turned so that one looks from row to row, with the `NEAR` rows beyond it and an edge."""
    across, along = (grid.columns, grid.rows) if transposed else (grid.rows, grid.columns)
    beyond = min(last + NEAR, along)
    low, high = (along - beyond, along - first) if backward else (first, beyond)
    window = (low, high, 0, across) if transposed else (0, across, low, high)
    part = grid.read(*window) if whole is None else whole[window[0] : window[1], window[2] : window[3]]
    turned = part if transposed else part.T
    strip = np.full((last - first + NEAR, across + 2 * EDGE), LOWEST, np.float32)
    held = strip[: beyond - first, EDGE:-EDGE]
    np.fmax(turned[::-1] if backward else turned, LOWEST, out=held)  # which also takes the place of what is missing
    return strip


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
        up, across, edge = _as_seen(tilt, azimuth[number] - facing)
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
    block = max(1, STRIP_CELLS // grid.columns)
    bounds = shapely.bounds(shapes)
    for top in range(0, grid.rows, block):
        bottom = min(top + block, grid.rows)
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
