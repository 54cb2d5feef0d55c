"""Roof planes seen in a surface model: how steep, which way, how large, and their outlines on the footprint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from rasterio.transform import Affine

from laep.spatial.rasters import BLOCK_CELLS, blocks, describe, groups, moved, repeats
from laep.spatial.roofs import plane_cells, plane_kernel, plane_outline
from laep.spatial.shapes import heading, polygonal, wall_axis

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from laep.spatial.rasters import Block, Placed, Raster
    from laep.spatial.shapes import Geometries

COARSEST_M = 2.0
"""Cells wider than this show that there is a roof, not which way its slopes face. [m]"""
FINEST_M, HALF_METRE = 0.4, 0.5
"""Finer cells are averaged to about half a metre: more of them cost time and add no plane. [m]"""
SMALLEST_PLANE_M2 = 4.5
"""A smaller patch of cells is as likely a chance as a roof. [m2]"""
LEAST_CELLS = 5
"""Fewer cells fix no plane, however large they are."""
SLIVER_M2 = 0.25
"""Pieces smaller than this are left by cutting to the footprint, not parts of a roof. [m2]"""
BUILT_M = 1.5
"""A cell this far above the ground is building; lower than a storey, since sheds count. [m]"""
MOSTLY = 0.5
"""A building is in the survey when this share of its cells has a value, and this share of those stands up."""
RING_STANDS, RING_LEAST = 0.4, 8
"""Where fewer of the cells inside the walls stand, a smaller building stood there at the survey, though a courtyard may
be low; and how many such cells tell. [-], [cells]"""
PLANES_COVER = 0.3
"""Firm planes over a smaller share of the footprint leave too much unexplained to be used."""
FIRM_CELLS, FIRM_RESIDUAL_M = 10, 0.12
"""Tree crowns hold small patches that pass for planes; one of this many cells, or this smooth, they do not. [-], [m]"""
GROUND_REACH_M, GROUND_SHARE = 6.0, 0.1
"""Without a terrain model the ground is the lowest tenth of the open cells this near. [m], [-]"""
MENDS = 4
"""Turns in which folded outlines are mended before a whole building keeps its steps."""
LEVEL_DEG = 3.0
"""The direction of a plane less steep than this is chance. [deg]"""

_GRID = "EPSG:27700"
_BESIDE = ((0, 1), (0, -1), (1, 0), (-1, 0))
_SAID = {
    "unseen": "off the survey", "low": "not standing in it", "rough": "with no clear planes",
    "small": "too small for it", "coarse": "where it is too coarse",
}  # fmt: skip


class Found(NamedTuple):
    """
    What a surface model says of the roofs of some buildings.

    Attributes
    ----------
    planes : GeoDataFrame, EPSG:27700
        `row` (position of the building), `plane`, `tilt_deg`, `azimuth_deg`, `plan_m2`, `height_m` (of its
        cells above ground, on average), `residual_m` (root mean square distance of its cells), `cells`, geometry.
    seen : DataFrame, one row per building
        `status` (`planes`, `coarse`, `small`, `unseen`, `low` or `rough`), `cover_share`, `built_share` (missing where
        no ground is known: then nothing tells a roof from a yard), `plane_share`,
        `bare` (true where a terrain model gave the ground) and `resolution_m`.
    """

    planes: gpd.GeoDataFrame
    seen: pd.DataFrame


class _Fitted(NamedTuple):
    """One block's buildings: cells (CSR), surface, height above ground, labels, planes."""

    offset: NDArray[np.int64]
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    z: NDArray[np.float64]
    above: NDArray[np.float64]
    label: NDArray[np.int32]
    first: NDArray[np.int64]
    plane: NDArray[np.float64]
    size: NDArray[np.float64]
    ground: NDArray[np.float64]
    bare: NDArray[np.bool_]


def from_rasters(
    buildings: gpd.GeoDataFrame,
    dsm: Sequence[Path | str | Placed],
    dtm: Sequence[Path | str | Placed] = (),
    *,
    moved_m: tuple[float, float] = (0.0, 0.0),
    block_cells: int = BLOCK_CELLS,
) -> Found:
    """
    Find the planes of every roof that a surface model shows.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer `in_building`.
    dsm, dtm : sequence of paths
        Surface and terrain models, in any coordinates in metres; the finest that shows a building is used. Without a
        terrain model the ground is read beside the building.
    moved_m : (east, north)
        How far the footprints are moved to read the rasters, as `register.shift` finds. The planes are given on the
        footprints where they stand. [m]
    block_cells : int
        Side of the square whose buildings are read together. The result does not depend on it. [cells]

    Returns
    -------
    Found
        The planes of a building do not overlap and stay inside its footprint.

    Raises
    ------
    SourceInvalid
        When a raster cannot be opened, or its coordinates are unknown or in degrees.
    """
    seen = _unseen(len(buildings))
    frames = []
    ground = [describe(path) for path in dtm]
    placed = buildings.assign(geometry=buildings.geometry.translate(*moved_m)) if any(moved_m) else buildings
    for group in groups(dsm):
        todo = np.flatnonzero((seen["status"] != "planes").to_numpy())
        grid, resolution = _grid(group[0], placed)
        raster = replace(group[0], resolution=resolution)
        for block in blocks(placed, todo, group, ground, block_cells=block_cells, grid=grid):
            found, now = in_block(block, buildings, moved_m, raster)
            better = now[(now["cover_share"] >= seen["cover_share"].reindex(now.index)) | (now["status"] == "planes")]
            seen.loc[better.index] = better
            frames.append(found)
    planes = pd.concat(frames, ignore_index=True) if frames else _no_planes()
    planes = planes.sort_values(["row", "plane"], kind="stable").reset_index(drop=True)
    return Found(gpd.GeoDataFrame(planes, geometry="geometry", crs=_GRID), seen)


def _grid(raster: Raster, buildings: gpd.GeoDataFrame) -> tuple[Affine | None, float]:
    """Return the grid to fit planes on where it is not the raster's own, and how fine the survey is. [m]."""
    shapes = buildings.geometry.to_crs(raster.crs).to_numpy()
    cells, first = repeats(raster, shapes[shapely.intersects(shapes, shapely.box(*raster.bounds))])
    resolution = cells * raster.resolution
    if resolution < FINEST_M:
        cells = max(cells, int(HALF_METRE / raster.resolution))
    return (moved(raster.transform, first) @ Affine.scale(cells) if cells > 1 else None), resolution


def _unseen(count: int) -> pd.DataFrame:
    missing = np.full(count, np.nan)
    return pd.DataFrame(
        {
            "status": np.full(count, "unseen", dtype=object), "cover_share": np.zeros(count), "built_share": missing,
            "plane_share": missing.copy(), "bare": np.zeros(count, dtype=bool), "resolution_m": missing.copy(),
        }
    )  # fmt: skip


def _no_planes() -> pd.DataFrame:
    number = {
        name: pd.Series([], dtype=float) for name in ("tilt_deg", "azimuth_deg", "plan_m2", "height_m", "residual_m")
    }
    whole = {name: pd.Series([], dtype="int64") for name in ("row", "plane", "cells")}
    return pd.DataFrame({**whole, **number, "geometry": pd.Series([], dtype=object)})


def summary(found: Found) -> str:
    """Return in words how many buildings have planes from the surface model, and why others have none."""
    counts = found.seen["status"].value_counts()
    without = [f"{counts[name]:,} {said}" for name, said in _SAID.items() if name in counts]
    said = f"{counts.get('planes', 0):,} of {len(found.seen):,} roofs are read from the surface model"
    return said + (f"; guessed from the footprint: {', '.join(without)}" if without else "")


def in_block(
    block: Block, buildings: gpd.GeoDataFrame, moved_m: tuple[float, float], raster: Raster
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the planes of one block's buildings and what was seen of them, both by position in `buildings`."""
    fit = fitted(block)
    seen = _seen(fit, block, raster.resolution)
    footprints = buildings.geometry.to_numpy()[block.rows]
    parts = _outlines(fit, block, raster, moved_m, footprints)
    planes = _planes(parts, fit, block, raster)
    area = shapely.area(footprints)
    firm = planes["plan_m2"].where((planes["cells"] >= FIRM_CELLS) | (planes["residual_m"] <= FIRM_RESIDUAL_M), 0.0)
    covered, held = (np.bincount(planes["building"], part, minlength=len(area)) for part in (planes["plan_m2"], firm))
    seen["plane_share"] = np.divide(covered, area, out=np.zeros(len(area)), where=area > 0)
    sparse = (seen["status"] == "planes").to_numpy() & (held < PLANES_COVER * area)
    seen.loc[sparse, "status"] = "rough"
    usable = (seen["status"] == "planes").to_numpy()
    planes = planes[usable[planes["building"].to_numpy()]].copy()
    planes["row"] = block.rows[planes["building"].to_numpy()]
    return planes.drop(columns="building"), seen.set_index(block.rows)


def fitted(block: Block) -> _Fitted:
    """Return the cells of the buildings of a block, and the planes fitted to them."""
    grid = block.transform
    size = np.array([grid.a, grid.b, grid.d, grid.e])
    offset, row, column = plane_cells.cells(block)
    building = np.repeat(np.arange(len(block.shapes)), np.diff(offset))
    z = block.dsm[row, column]
    below = block.dtm[row, column]
    cell = float(np.sqrt(abs(grid.a * grid.e - grid.b * grid.d)))
    bare = np.bincount(building[~np.isnan(below)], minlength=len(block.shapes)) > 0.5 * np.diff(offset)
    ground = np.full(len(block.shapes), np.nan)
    if not bare.all():
        reach = max(2, round(GROUND_REACH_M / cell))
        ground = plane_cells.ring_ground(block.dsm, plane_cells.taken(block), offset, row, column, reach, GROUND_SHARE)
    below = np.where(bare[building] & ~np.isnan(below), below, ground[building])
    counted = np.bincount(building[~np.isnan(below)], minlength=len(block.shapes))
    total = np.bincount(building, np.nan_to_num(below), minlength=len(block.shapes))
    ground = np.divide(total, counted, out=np.full(len(total), np.nan), where=counted > 0)
    above = np.where(np.isnan(below) & ~np.isnan(z), np.inf, z - below)  # a survey cut out along the walls is all roof
    least = max(LEAST_CELLS, int(np.ceil(SMALLEST_PLANE_M2 / cell**2)))
    along = heading(wall_axis(block.shapes))
    label, first, plane = plane_kernel.fit(offset, row, column, z, above, size, along, least)
    return _Fitted(offset, row, column, z, above, label, first, plane, size, ground, bare)


def _seen(fitted: _Fitted, block: Block, resolution: float) -> pd.DataFrame:
    count = len(block.shapes)
    cells = np.diff(fitted.offset)
    building = np.repeat(np.arange(count), cells)
    valid = np.bincount(building[~np.isnan(fitted.z)], minlength=count)
    known = np.bincount(building[np.isfinite(fitted.above)], minlength=count)
    built = np.bincount(building[np.isfinite(fitted.above) & (fitted.above > BUILT_M)], minlength=count)
    cover = np.divide(valid, cells, out=np.zeros(count), where=cells > 0)
    standing = np.divide(built, known, out=np.full(count, np.nan), where=known > 0)
    status = np.select(
        [
            cells == 0,
            cover < MOSTLY,
            (standing < MOSTLY) | (_beside_walls(fitted, block) < RING_STANDS),
            np.full(count, resolution > COARSEST_M),
            np.diff(fitted.first) == 0,
        ],
        ["small", "unseen", "low", "coarse", "rough"],
        "planes",
    )
    status = np.where((cells < LEAST_CELLS) & (status != "unseen"), "small", status)
    return pd.DataFrame(
        {
            "status": status, "cover_share": cover, "built_share": standing, "plane_share": np.nan,
            "bare": fitted.bare, "resolution_m": resolution,
        }
    )  # fmt: skip


def _beside_walls(fitted: _Fitted, block: Block) -> NDArray[np.float64]:
    """Return the share of the second row of cells inside each outline that stands; missing where there are few."""
    count = len(block.shapes)
    building = np.repeat(np.arange(count), np.diff(fitted.offset))
    owner = np.full(np.array(block.dsm.shape) + 4, -1, np.int32)
    row, column = fitted.row + 2, fitted.column + 2
    owner[row, column] = building
    once, twice = (
        np.all([owner[row + down * n, column + right * n] == building for down, right in _BESIDE], axis=0)
        for n in (1, 2)
    )
    ring = once & ~twice & np.isfinite(fitted.above)
    cells = np.bincount(building[ring], minlength=count)
    standing = np.bincount(building[ring & (fitted.above > BUILT_M)], minlength=count)
    share: NDArray[np.float64] = np.divide(standing, cells, out=np.full(count, np.nan), where=cells >= RING_LEAST)
    return share


def _outlines(
    fitted: _Fitted, block: Block, raster: Raster, moved_m: tuple[float, float], footprints: Geometries
) -> pd.DataFrame:
    """Return the pieces of every plane, cut to the footprint: `building`, `label`, geometry."""
    building, label, shapes = _traced(fitted)
    kept = label >= 0
    building, label = building[kept], label[kept]
    shapes = _placed(shapes[kept], block, raster, moved_m)
    cut = polygonal(shapely.intersection(shapes, footprints[building]))
    return pd.DataFrame({"building": building, "label": label, "geometry": cut})


def _traced(fitted: _Fitted) -> tuple[NDArray[np.int64], NDArray[np.int64], Geometries]:
    """
    Return building, label and outline of every piece of roof and of what stands on it.

    An outline that straightening has folded goes back to its steps, and its neighbours with it along the shared
    border. If that does not mend a building in a few turns, all of it keeps its steps.
    """
    todo = np.arange(len(fitted.offset) - 1, dtype=np.int64)
    folded: NDArray[np.int64] = np.empty((0, 2), dtype=np.int64)
    kept: list[tuple[NDArray[np.int64], NDArray[np.int64], Geometries]] = []
    for turn in range(MENDS + 1):
        first = np.searchsorted(folded[:, 0], np.append(todo, np.iinfo(np.int64).max)).astype(np.int64)
        xy, ring, owner = plane_outline.trace(
            fitted.offset, fitted.row, fitted.column, fitted.label, fitted.first, fitted.plane, fitted.size,
            todo, first, np.ascontiguousarray(folded[:, 1]),
        )  # fmt: skip
        shapes, of_ring = _polygons(xy, ring, owner)
        wrong = np.unique(
            np.concatenate([owner[of_ring][~shapely.is_valid(shapes), :2], owner[owner[:, 4] == 1, :2]]), axis=0
        )
        building = owner[of_ring, 0]
        todo = np.unique(wrong[:, 0])
        done = ~np.isin(building, todo) if turn < MENDS else np.ones(len(building), dtype=bool)
        kept.append((building[done], owner[of_ring, 2][done], shapes[done]))
        if not len(todo):
            break
        whole = np.column_stack([todo, np.full(len(todo), -1)])
        folded = (
            whole
            if turn == MENDS - 1
            else np.unique(np.concatenate([folded[np.isin(folded[:, 0], todo)], wrong]), axis=0)
        )
    building, label = np.concatenate([part[0] for part in kept]), np.concatenate([part[1] for part in kept])
    return building, label, np.concatenate([part[2] for part in kept])


def _polygons(
    xy: NDArray[np.float64], ring: NDArray[np.int64], owner: NDArray[np.int64]
) -> tuple[Geometries, NDArray[np.intp]]:
    """Return one polygon per piece, holes within it, and the position of its outer ring."""
    if not len(owner):
        return np.empty(0, dtype=object), np.empty(0, dtype=np.intp)
    size = np.diff(ring)
    order = np.lexsort((owner[:, 3], owner[:, 1], owner[:, 0]))
    order = order[size[order] >= 4]
    points = np.concatenate([np.arange(ring[k], ring[k + 1]) for k in order])
    outer = np.flatnonzero(owner[order, 3] == 0)
    rings_at = np.concatenate([[0], np.cumsum(size[order])])
    shapes = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, xy[points], (rings_at, np.append(outer, len(order)))
    )
    return shapes, order[outer]


def _placed(shapes: Geometries, block: Block, raster: Raster, moved_m: tuple[float, float]) -> Geometries:
    """Return shapes drawn in columns and rows where they stand on the map, the footprints' move undone."""
    xy = shapely.get_coordinates(shapes)
    grid = block.transform
    east = grid.a * xy[:, 0] + grid.b * xy[:, 1] + grid.c
    north = grid.d * xy[:, 0] + grid.e * xy[:, 1] + grid.f
    if raster.crs.to_epsg() != 27700:
        east, north = pyproj.Transformer.from_crs(raster.crs, _GRID, always_xy=True).transform(east, north)
    placed: Geometries = shapely.set_coordinates(shapes, np.column_stack([east, north]) - np.array(moved_m))
    return placed


def _planes(parts: pd.DataFrame, fitted: _Fitted, block: Block, raster: Raster) -> pd.DataFrame:
    """Return one row per plane from its pieces: slope, direction, area, height, fit."""
    parts = parts[shapely.area(parts["geometry"].to_numpy()) > SLIVER_M2].sort_values(
        ["building", "label"], kind="stable"
    )
    number = fitted.first[parts["building"].to_numpy()] + parts["label"].to_numpy()
    pieces, of_part = shapely.get_parts(parts["geometry"].to_numpy(), return_index=True)
    large = shapely.area(pieces) > SLIVER_M2
    pieces, number = pieces[large], number[of_part[large]]
    used, position = np.unique(number, return_inverse=True)
    shapes = shapely.multipolygons(pieces, indices=position)
    building = np.searchsorted(fitted.first, used, side="right") - 1
    slope_e, slope_n, _, residual = fitted.plane[used].T
    tilt = np.degrees(np.arctan(np.hypot(slope_e, slope_n)))
    azimuth = np.degrees(np.arctan2(-slope_e, -slope_n)) + _turn(shapes, raster)
    azimuth = azimuth % 360.0 % 360.0  # once leaves 360 where it is a hair below 0
    of_cell = np.repeat(np.arange(len(block.shapes)), np.diff(fitted.offset))
    on = fitted.label >= 0
    of_plane = fitted.first[of_cell[on]] + fitted.label[on]
    cells = np.bincount(of_plane, minlength=len(fitted.plane))
    height = np.bincount(of_plane, fitted.z[on], minlength=len(fitted.plane)) / np.maximum(cells, 1)
    planes = pd.DataFrame(
        {
            "building": building, "tilt_deg": tilt, "azimuth_deg": np.where(tilt < LEVEL_DEG, 180.0, azimuth),
            "plan_m2": shapely.area(shapes), "height_m": height[used] - fitted.ground[building],
            "residual_m": residual, "cells": cells[used], "geometry": shapes,
        }
    )  # fmt: skip
    planes = planes[(planes["plan_m2"] >= SMALLEST_PLANE_M2 / 2) & ~(planes["height_m"] < BUILT_M)]
    planes = planes.sort_values(["building", "plan_m2"], ascending=[True, False], kind="stable")
    planes.insert(0, "plane", planes.groupby("building").cumcount() + 1)
    return planes


def _turn(shapes: Geometries, raster: Raster) -> NDArray[np.float64]:
    """Return how far the raster's north lies clockwise of grid north at each shape. [deg]."""
    if raster.crs.to_epsg() == 27700 or not len(shapes):
        return np.zeros(len(shapes))
    east, north = shapely.get_coordinates(shapely.centroid(shapes)).T
    there = pyproj.Transformer.from_crs(_GRID, raster.crs, always_xy=True)
    back = pyproj.Transformer.from_crs(raster.crs, _GRID, always_xy=True)
    x, y = there.transform(east, north)
    up_e, up_n = back.transform(x, np.asarray(y) + 10.0)
    turn: NDArray[np.float64] = np.degrees(np.arctan2(up_e - east, up_n - north))
    return turn
