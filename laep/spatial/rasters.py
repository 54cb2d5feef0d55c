"""Elevation rasters read by window: many files, several grids, holes in them; a town need not fit in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import shapely
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window
from scipy import ndimage

from laep import heights
from laep.errors import SourceInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from laep.spatial.shapes import Geometries

MARGIN_M = 16.0
"""Ground read round the outermost building of a window. [m]"""
PLAUSIBLE_M = (-200.0, 2000.0)
"""Elevations outside this are nodata in disguise, such as -3.4e38: Great Britain spans -4 to 1345 m. [m]"""
BLOCK_CELLS = 2048
"""Side of the square whose buildings are read together: a block of both models is under 100 MB. [cells]"""

REPEAT_TILES, REPEAT_CELLS, REPEAT_LEAST = 5, 96, 5
"""Tiles in which repeated values are looked for, their side, and steps there must be in each. [cells]"""
REPEAT_STILL, REPEAT_CHANGE, REPEAT_JITTER = 0.1, 0.8, 1.5
"""Share of the cells of a column that differ from the next between steps, at most, and at a step on average; and how
much the distance between steps may vary. [-], [-], [cells]"""
SAME_GRID_CELLS = 0.001
"""Grids whose corners lie this near each other's are one, and their cells are read as they are. [cells]"""

_GRID = "EPSG:27700"


@dataclass(frozen=True)
class Placed:
    """A file and the coordinates it is known to be in, whatever it says itself."""

    path: Path | str
    crs: str


@dataclass(frozen=True)
class Raster:
    """One file: where it is, how fine, and in which coordinates (GB grid where the file does not say)."""

    path: str
    crs: rasterio.CRS
    transform: Affine
    bounds: tuple[float, float, float, float]
    resolution: float


@dataclass(frozen=True)
class Block:
    """
    A window of one grid: heights, ground (all missing without a terrain model), and the buildings centred in it.

    `others` are the buildings in the window that belong to other blocks: not to be read, and not open ground either.
    """

    dsm: NDArray[np.float64]
    dtm: NDArray[np.float64]
    transform: Affine
    shapes: Geometries
    rows: NDArray[np.intp]
    others: Geometries


def describe(given: Path | str | Placed) -> Raster:
    """Return what a file covers and how finely; raise `SourceInvalid` where it has no grid in metres."""
    path, known = (given.path, given.crs) if isinstance(given, Placed) else (given, None)
    try:
        with heights.opened(path) as raster:
            crs, bounds, size = raster.crs, tuple(raster.bounds), raster.res
            transform = raster.transform
    except rasterio.errors.RasterioIOError as error:
        raise SourceInvalid(
            f"{path}: not a raster laep can read ({error}). Run `laep ingest elevation` again."
        ) from error
    if known is not None:
        crs = rasterio.CRS.from_user_input(known)
    elif crs is None or "Airy" in crs.to_wkt():  # British files often carry no grid, or one written by hand
        crs = rasterio.CRS.from_string(_GRID)
        if bounds[0] < 0 or bounds[1] < 0 or bounds[2] > 700_000 or bounds[3] > 1_300_000:
            raise SourceInvalid(
                f"{path}: the file does not say its coordinates, and {bounds} is not on the British grid. "
                "Write them in with `gdal_edit.py -a_srs EPSG:CODE FILE`."
            )
    if not crs.is_projected:
        raise SourceInvalid(f"{path}: is in degrees; laep needs metres. Run `gdalwarp -t_srs {_GRID} IN.tif OUT.tif`.")
    return Raster(str(path), crs, transform, bounds, float(max(size)))


def groups(paths: Sequence[Path | str | Placed]) -> list[list[Raster]]:
    """Return rasters that share coordinates and cell size, finest first."""
    rasters = sorted((describe(path) for path in paths), key=lambda one: (one.resolution, one.path))
    found: dict[tuple[float, str], list[Raster]] = {}
    for raster in rasters:
        found.setdefault((round(raster.resolution, 3), raster.crs.to_wkt()), []).append(raster)
    return list(found.values())


def blocks(
    buildings: gpd.GeoDataFrame,
    rows: NDArray[np.intp],
    rasters: list[Raster],
    terrain: list[Raster],
    *,
    block_cells: int = BLOCK_CELLS,
    grid: Affine | None = None,
) -> Iterator[Block]:
    """
    Yield the windows of one grid that hold the centres of buildings a raster reaches.

    Parameters
    ----------
    buildings : GeoDataFrame
        Footprints, in any coordinates.
    rows : array of int
        Positions of the buildings wanted.
    rasters, terrain : list of Raster
        Surface models that share one grid, and terrain models of any.
    block_cells : int
        Side of the square whose buildings are read together; what is read does not depend on it.
    grid : Affine, optional
        A coarser grid in the same coordinates, cells averaged into it; that of the first raster if not given.
    """
    how = Resampling.nearest if grid is None else Resampling.average
    grid = rasters[0].transform if grid is None else grid
    shapes = buildings.geometry.to_crs(rasters[0].crs).to_numpy()
    tiles = shapely.box(*np.array([raster.bounds for raster in rasters]).T)
    tree = shapely.STRtree(shapes)
    reached = np.intersect1d(rows, tree.query(tiles, predicate="intersects")[1])
    centres = shapely.get_coordinates(shapely.centroid(shapes[reached]))
    tile = np.floor(to_cells(grid, centres) / block_cells)
    _, which = np.unique(tile, axis=0, return_inverse=True)
    for number in range(which.max() + 1 if len(which) else 0):
        members = reached[which.reshape(-1) == number]
        transform, shape = window_over(grid, shapes[members])
        dsm = read(rasters, rasters[0].crs, transform, shape, how)
        dtm = read(terrain, rasters[0].crs, transform, shape, Resampling.bilinear)
        height, width = shape
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) @ np.array(
            [[transform.a, transform.d], [transform.b, transform.e]]
        ) + np.array([transform.c, transform.f])
        others = np.setdiff1d(tree.query(shapely.Polygon(corners), predicate="intersects"), members)
        yield Block(dsm, dtm, transform, shapes[members], members, shapes[others])


def repeats(raster: Raster, shapes: Geometries) -> tuple[int, NDArray[np.int_]]:
    """
    Return how many cells each way repeat one value, and the first column and row of such a square.

    A survey that was written on a finer grid stands in steps, which are no roofs. Read from tiles round a few of the
    shapes; 1 where most show no steps, or they do not agree.
    """
    middle = to_cells(raster.transform, shapely.get_coordinates(shapely.centroid(shapes)))
    some = np.linspace(0, len(middle) - 1, min(len(middle), REPEAT_TILES)).astype(int)
    steps, first = [], []
    for column, row in middle[some].astype(int):
        corner = np.maximum(np.array([column, row]) - REPEAT_CELLS // 2, 0)
        shape = (REPEAT_CELLS, REPEAT_CELLS)
        tile = read([raster], raster.crs, moved(raster.transform, corner), shape, Resampling.nearest)
        across, down = _step(tile), _step(tile.T)
        if across is not None and down is not None:
            steps.append(min(across[0], down[0]))
            first.append((corner + np.array([across[1], down[1]])) % steps[-1])
    if 2 * len(steps) <= len(some) or min(steps) < max(steps) - 1:
        return 1, np.zeros(2, dtype=int)
    return steps[0], first[0]


def _step(tile: NDArray[np.float64]) -> tuple[int, int] | None:
    """Return after how many columns values change, and the first column after a change; None where that is unclear."""
    seen = ~np.isnan(tile)
    both = seen[:, 1:] & seen[:, :-1]
    change = ((tile[:, 1:] != tile[:, :-1]) & both).sum(axis=0) / np.maximum(both.sum(axis=0), 1)
    run, runs = ndimage.label(change > REPEAT_STILL)  # a turned grid spreads a step over a few columns
    if runs < REPEAT_LEAST:
        return None
    inner = np.arange(2, runs)
    share = ndimage.sum_labels(change, run, inner)
    at = ndimage.sum_labels(change * np.arange(len(change)), run, inner) / share
    apart = np.diff(at)
    if share.mean() < REPEAT_CHANGE or share.min() < REPEAT_CHANGE / 2 or np.ptp(apart) > REPEAT_JITTER:
        return None
    return round(float(apart.mean())), round(float(at[0])) + 1


def window_over(grid: Affine, shapes: Geometries) -> tuple[Affine, tuple[int, int]]:
    """Return the grid and shape (rows, columns) of the whole cells round some shapes, with a margin of ground."""
    around = shapely.box(*(shapely.total_bounds(shapes) + np.array([-1, -1, 1, 1]) * MARGIN_M))
    corners = to_cells(grid, shapely.get_coordinates(around))
    low, high = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
    width, height = (high - low).tolist()
    return moved(grid, low), (height, width)


def to_cells(grid: Affine, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return column and row, with fractions, of each point."""
    back = ~grid
    cells: NDArray[np.float64] = xy @ np.array([[back.a, back.d], [back.b, back.e]]) + np.array([back.c, back.f])
    return cells


def read(
    rasters: list[Raster], crs: rasterio.CRS, transform: Affine, shape: tuple[int, int], resampling: Resampling
) -> NDArray[np.float64]:
    """Return one window put together from every file that reaches it; missing where none has a plausible value."""
    window = np.full(shape, np.nan)
    for raster in rasters:
        reach = transform_bounds(raster.crs, crs, *raster.bounds)
        corners = to_cells(transform, shapely.get_coordinates(shapely.box(*reach)))
        low = np.clip(np.floor(corners.min(axis=0)), 0, shape[::-1]).astype(int)
        high = np.clip(np.ceil(corners.max(axis=0)), 0, shape[::-1]).astype(int)
        if (high <= low).any():
            continue
        values, seen = _part(raster, crs, moved(transform, low), tuple((high - low)[::-1].tolist()), resampling)
        seen &= (values > PLAUSIBLE_M[0]) & (values < PLAUSIBLE_M[1])
        part = window[low[1] : high[1], low[0] : high[0]]
        np.copyto(part, values, where=np.isnan(part) & seen)
    return window


def _part(
    raster: Raster, crs: rasterio.CRS, transform: Affine, shape: tuple[int, int], resampling: Resampling
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return one file's values over part of a window, and which of them it has."""
    height, width = shape
    corner = to_cells(raster.transform, np.array([[transform.c, transform.f]]))[0]
    first = np.round(corner).astype(int)
    same_size = np.allclose(
        (transform.a, transform.b, transform.d, transform.e), raster.transform[:2] + raster.transform[3:5]
    )
    with heights.opened(raster.path) as source:
        if crs == raster.crs and same_size and np.abs(corner - first).max() < SAME_GRID_CELLS:
            window = Window(int(first[0]), int(first[1]), width, height)
            cells = source.read(1, window=window, masked=True, boundless=_beyond(window, source.shape))
            metres = heights.in_metres(source, cells.data)
            return metres, ~np.ma.getmaskarray(cells) & ~heights.is_filling(source, metres)
        empty = heights.nodata(source)
        with WarpedVRT(
            source, src_crs=raster.crs, crs=crs, transform=transform, height=height, width=width,
            resampling=resampling, add_alpha=empty is None, src_nodata=empty, nodata=empty, tolerance=0.01,
        ) as warped:  # fmt: skip
            metres = heights.in_metres(source, warped.read(1))
            return metres, (warped.dataset_mask() > 0) & ~heights.is_filling(source, metres)


def _beyond(window: Window, shape: tuple[int, int]) -> bool:
    """Return whether a window reaches over the edge of its file."""
    rows, columns = shape
    low = window.row_off < 0 or window.col_off < 0
    return bool(low or window.row_off + window.height > rows or window.col_off + window.width > columns)


def moved(grid: Affine, cells: NDArray[np.int_]) -> Affine:
    """Return the grid with its corner moved by so many columns and rows."""
    east = grid.c + grid.a * cells[0] + grid.b * cells[1]
    north = grid.f + grid.d * cells[0] + grid.e * cells[1]
    return Affine(grid.a, grid.b, float(east), grid.d, grid.e, float(north))
