"""Compiled: which raster cells each footprint covers, and the ground beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import shapely
from numba import njit

from laep.spatial.rasters import to_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.spatial.rasters import Block
    from laep.spatial.shapes import Geometries

Function = TypeVar("Function", bound=Callable[..., object])
_NO_WAY_IN: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Options of the compiler that its type stubs do not know."""
RING_CELLS_MIN = 2
"""Cells nearest the wall left out of the ground: eaves and the edge of the wall itself share them."""
RING_CELLS_LEAST = 12
"""Open cells farther off that make up the ground without them."""


def inner(function: Function) -> Function:
    """Compile a function that only compiled code calls: a way in from Python takes longer to compile than it does."""
    compiled: Function = njit(cache=True, nogil=True, **_NO_WAY_IN)(function)
    return compiled


def cells(block: Block) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return the cells of the buildings of a block, as `burn` gives them."""
    return _cells(block, block.shapes)


def taken(block: Block) -> NDArray[np.bool_]:
    """Return which cells of a block's window any building covers."""
    _, row, column = _cells(block, np.concatenate([block.shapes, block.others]))
    mask = np.zeros(block.dsm.shape, dtype=bool)
    mask[row, column] = True
    return mask


def _cells(block: Block, shapes: Geometries) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    end = np.ones(len(xy), dtype=bool)
    end[:-1] = of_ring[1:] != of_ring[:-1]
    owner = of_shape[of_part][of_ring]
    start = np.searchsorted(owner, np.arange(len(shapes) + 1)).astype(np.int64)
    found: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]] = burn(
        to_cells(block.transform, xy), end, start, *block.dsm.shape
    )
    return found


@inner
def _crossings(
    xy: NDArray[np.float64], first: int, last: int, ring_end: NDArray[np.bool_], y: float, found: NDArray[np.float64]
) -> int:
    """Write where the line of height `y` cuts the edges of the points `first` to `last`; return how many cuts."""
    count = 0
    for k in range(first, last - 1):
        if ring_end[k]:
            continue
        y0, y1 = xy[k, 1], xy[k + 1, 1]
        if (y0 <= y) != (y1 <= y):
            found[count] = xy[k, 0] + (y - y0) * (xy[k + 1, 0] - xy[k, 0]) / (y1 - y0)
            count += 1
    found[:count].sort()
    return count


@njit(cache=True, nogil=True)
def burn(
    xy: NDArray[np.float64], ring_end: NDArray[np.bool_], start: NDArray[np.int64], height: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """
    Return the cells whose middle each polygon covers, all buildings in one run (CSR).

    Parameters
    ----------
    xy : array, shape (points, 2)
        Column and row, with fractions, of the rings' points; rings are closed.
    ring_end : array of bool, shape (points,)
        True at the last point of each ring.
    start : array, shape (buildings + 1,)
        First point of each building.
    height, width : int
        Shape of the window; cells outside it are left out.

    Returns
    -------
    Offsets, shape (buildings + 1,), and row and column of each cell, row by row within a building. Two overlapping
    footprints both get the cells they share.
    """
    buildings = start.size - 1
    offset = np.zeros(buildings + 1, np.int64)
    row, column = np.empty(1024, np.int32), np.empty(1024, np.int32)
    most = 1
    for b in range(buildings):
        most = max(most, start[b + 1] - start[b])
    cut = np.empty(most, np.float64)
    total = 0
    for b in range(buildings):
        first, last = start[b], start[b + 1]
        if last > first:
            low, high = xy[first:last, 1].min(), xy[first:last, 1].max()
            for r in range(max(0, int(np.floor(low - 0.5))), min(height, int(np.ceil(high + 0.5)))):
                cuts = _crossings(xy, first, last, ring_end, r + 0.5, cut)
                for k in range(0, cuts - 1, 2):
                    left = max(0, int(np.ceil(cut[k] - 0.5)))
                    right = min(width, int(np.ceil(cut[k + 1] - 0.5)))
                    if total + right - left > row.size:
                        size = 2 * (total + right - left)
                        row, column = _grown(row, size), _grown(column, size)
                    for c in range(left, right):
                        row[total], column[total] = r, c
                        total += 1
        offset[b + 1] = total
    return offset, row[:total], column[:total]


@inner
def _grown(old: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    new = np.empty(size, np.int32)
    new[: old.size] = old
    return new


@njit(cache=True, nogil=True)
def ring_ground(
    dsm: NDArray[np.float64],
    taken: NDArray[np.bool_],
    offset: NDArray[np.int64],
    row: NDArray[np.int32],
    column: NDArray[np.int32],
    reach: int,
    share: float,
) -> NDArray[np.float64]:
    """
    Return a low quantile of the surface round each building, cells of any building left out.

    Cells an eave may reach are left out too where enough others lie open.

    Parameters
    ----------
    dsm : array, shape (rows, columns). [m]
    taken : array of bool, shape (rows, columns)
        Cells of any building.
    offset, row, column
        Cells of the buildings, as `burn` gives them.
    reach : int
        How far beyond the building's box to look. [cells]
    share : float
        The quantile, 0 to 1.

    Returns
    -------
    array, shape (buildings,); missing where no open cell with a value lies near. [m]
    """
    height, width = dsm.shape
    ground = np.full(offset.size - 1, np.nan)
    for b in range(offset.size - 1):
        first, last = offset[b], offset[b + 1]
        if last == first:
            continue
        r0, r1 = max(0, row[first:last].min() - reach), min(height, row[first:last].max() + reach + 1)
        c0, c1 = max(0, column[first:last].min() - reach), min(width, column[first:last].max() + reach + 1)
        seen = np.empty((r1 - r0) * (c1 - c0), np.float64)
        for least in (RING_CELLS_LEAST, 1):
            count = 0
            for r in range(r0, r1):
                for c in range(c0, c1):
                    if taken[r, c] or np.isnan(dsm[r, c]) or (least > 1 and _beside(taken, r, c)):
                        continue
                    seen[count] = dsm[r, c]
                    count += 1
            if count >= least:
                break
        if count:
            seen[:count].sort()
            ground[b] = seen[int(share * (count - 1))]
    return ground


@inner
def _beside(taken: NDArray[np.bool_], r: int, c: int) -> bool:
    """Return whether a building is within the cells an eave may reach."""
    height, width = taken.shape
    near = RING_CELLS_MIN - 1
    for i in range(max(0, r - near), min(height, r + near + 1)):
        for j in range(max(0, c - near), min(width, c + near + 1)):
            if taken[i, j]:
                return True
    return False
