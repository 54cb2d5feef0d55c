"""Compiled core of `laep.spatial.horizon`: how high the skyline stands in one direction, seen from the cells of a grid.

Every line of sight in one direction is walked once, from its far end to its near end, with the upper hull of what has
been passed kept on a stack: the skyline of a cell is the tangent from the cell to that hull, so nothing is too far away
to count and the work for a cell does not grow with distance. Lines start whole cells apart, so how a line lies between
two rows depends on the column alone and is worked out once for all of them; they are walked side by side, a patch of
the grid at a time that fits in the nearest cache.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Height = TypeVar("Height", float, NDArray[np.float64])

NEAR = 3
"""Cells this close are looked at along the ray of the cell itself, farther ones along the nearest line of its
direction, which passes within half a cell of it. Three is where the mean error stops falling steeply (bench)."""
LOWEST = np.float32(-1e5)
"""Height of what is not there: below everything. [m]"""
STACK = 128
"""Corners of a hull that are kept. Surveyed ground has some tens; beyond this every other one is let go, the same ones
however the grid is cut, at a cost of a few hundredths of a degree on a perfectly round hill."""
EDGE = NEAR + 1
"""Rows of `LOWEST` on either side of a strip, so that nothing has to be asked about its edge."""
_LINES, _COLUMNS = 64, 32
"""Lines and columns walked at a time: a patch takes 30 kB."""
_AT, _HEIGHT = 0, 1


@njit(parallel=True, cache=True, error_model="numpy")
def sweep(
    height: NDArray[np.float32],
    eye: NDArray[np.int32],
    slope: float,
    mirrored: bool,
    first: int,
    lift: float,
    cell: float,
    start: int,
    hull: NDArray[np.float32],
    depth: NDArray[np.int32],
    tangent: NDArray[np.float32],
) -> None:
    """
    Find the skyline of the cells of one strip, looking towards higher columns.

    Parameters
    ----------
    height : array, shape (columns + NEAR, EDGE + rows + EDGE)
        The strip column by column, with rows of `LOWEST` on both sides and the NEAR columns that lie beyond it.
    eye : array, shape (columns, rows)
        Where the skyline is wanted, its place in `tangent`; -1 elsewhere.
    slope : float
        Rows passed per column, 0 to 1.
    mirrored : bool
        Whether rows are counted, and passed, from the last to the first.
    first : int
        Column of the whole grid at which the strip begins.
    lift : float
        How far above its cell the eye is. [units of height]
    cell : float
        Side of a cell. [units of height]
    start : int
        Row at which line 0 stands in column 0 of the grid, below 0 where it enters later; line 1 stands in the next.
    hull : array, shape (lines, STACK, 2)
        Column and height of the corners of what lies beyond the strip, by line; grows as the strip is walked.
    depth : array, shape (lines,)
        Last corner in use of each hull; 0 at the start, with corner 0 at `LOWEST` beyond the end of the grid.
    tangent : array, shape (eyes,)
        Written at the places in `eye`: tangent of the skyline, never below 0.
    """
    columns, rows = eye.shape
    lines = depth.shape[0]
    unit, raised = np.float32(1.0 / (cell * math.sqrt(1.0 + slope * slope))), np.float32(lift)
    down, part, nearest = _slant(slope, first, columns + NEAR)
    turn, origin = (-1, rows - 1) if mirrored else (1, 0)
    for block in prange((lines + _LINES - 1) // _LINES):
        begin, end = block * _LINES, min(lines, (block + 1) * _LINES)
        for right in range(columns - 1, -1, -_COLUMNS):
            left = max(right - _COLUMNS, -1)
            if start + end + down[right + NEAR] < 0:
                break
            for line in range(begin, end):
                base = start + line
                if base + down[left + 1] > rows:
                    break
                own, top = np.uint32(line), np.uint32(depth[line])
                for here in range(right, left, -1):
                    ahead = np.uint32(here + NEAR)
                    row = base + down[ahead]
                    if row < -1:
                        break
                    if row < rows:
                        at = origin + turn * row + EDGE
                        above, below = height[ahead, np.uint32(at)], height[ahead, np.uint32(at + turn)]
                        value = above + (below - above) * part[ahead]
                        top = _insert(hull, own, top, np.float32(first + ahead), value)
                    row = base + nearest[np.uint32(here)]
                    at = origin + turn * row
                    place = eye[np.uint32(here), np.uint32(at)] if 0 <= row < rows else np.int32(-1)
                    if place < 0:
                        continue
                    stands = height[np.uint32(here), np.uint32(at + EDGE)] + raised
                    near = _near(height, here, at + EDGE, turn, slope, stands)
                    far = _far(hull, own, top, np.float32(first + here), stands)
                    tangent[np.uint32(place)] = max(near, far) * unit
                depth[line] = top


def sky_above(height: Height, up: Height, across: Height) -> Height:
    """Return the light of an even sky between a height and the zenith in one direction: see `horizon.sky_terms`."""
    light: Height = up * np.cos(height) ** 2 / 2 + across * ((np.pi / 2 - height) / 2 - np.sin(2 * height) / 4)
    return light


_sky_above = njit(inline="always")(sky_above)


@njit(parallel=True, cache=True, error_model="numpy")
def by_plane(
    tangent: NDArray[np.float32],
    starts: NDArray[np.intp],
    up: NDArray[np.float64],
    across: NDArray[np.float64],
    edge: NDArray[np.float64],
    mean: NDArray[np.float64],
    spread: NDArray[np.float64],
    light: NDArray[np.float64],
) -> None:
    """
    Gather the skyline of one direction by plane.

    Parameters
    ----------
    tangent : array, shape (cells,)
        In order of plane.
    starts : int array, shape (planes + 1,)
        First cell of each plane, and the end.
    up, across, edge : array, shape (planes,)
        As for `sky_above`; height of the plane's own edge. [rad]
    mean, spread : array, shape (planes,)
        Written: mean and standard deviation of the skyline's height. [deg]
    light : array, shape (planes,)
        Added to: the mean of `sky_above`.
    """
    for plane in prange(starts.size - 1):
        first, last = starts[plane], starts[plane + 1]
        total, lit = 0.0, 0.0
        height = np.empty(last - first)
        for cell in range(first, last):
            high = math.atan(np.float64(tangent[cell]))
            height[cell - first] = high
            total += high
            lit += _sky_above(max(high, edge[plane]), up[plane], across[plane])
        middle = total / (last - first)
        off = 0.0
        for high in height:
            off += (high - middle) ** 2
        mean[plane], spread[plane] = math.degrees(middle), math.degrees(math.sqrt(off / (last - first)))
        light[plane] += lit / (last - first)


@njit(cache=True, error_model="numpy")
def _slant(slope: float, first: int, columns: int) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
    """Return by column the whole rows a line has passed, what is left over, and the nearest row."""
    down, nearest = np.empty(columns, np.int32), np.empty(columns, np.int32)
    part = np.empty(columns, np.float32)
    for column in range(columns):
        passed = slope * (first + column)
        down[column], nearest[column] = int(passed), int(passed + 0.5)
        part[column] = passed - int(passed)
    return down, part, nearest


# inlined: passing an array costs more than what is done here, and unsigned places spare a look at their sign
@njit(inline="always")
def _insert(
    hull: NDArray[np.float32], line: np.uint32, top: np.uint32, here: np.float32, value: np.float32
) -> np.uint32:
    """Put a nearer point on a hull and take off the corners it hides; return the last corner."""
    rise, run = hull[line, top, _HEIGHT] - value, hull[line, top, _AT] - here
    while top > 0:
        under = np.uint32(top - 1)
        next_rise, next_run = hull[line, under, _HEIGHT] - value, hull[line, under, _AT] - here
        if rise * next_run > next_rise * run:
            break
        top, rise, run = under, next_rise, next_run
    if top == STACK - 1:
        top = _thin(hull, line, top)
    top = np.uint32(top + 1)
    hull[line, top, _AT], hull[line, top, _HEIGHT] = here, value
    return top


@njit(cache=True, error_model="numpy")
def _thin(hull: NDArray[np.float32], line: np.uint32, top: np.uint32) -> np.uint32:
    """Let go of every other corner of a full hull, keeping the nearest and the farthest."""
    kept = 0
    for corner in range(1, top + 1):
        if (top - corner) % 2 == 0:
            kept += 1
            hull[line, kept] = hull[line, corner]
    return np.uint32(kept)


@njit(inline="always")
def _far(
    hull: NDArray[np.float32], line: np.uint32, top: np.uint32, here: np.float32, stands: np.float32
) -> np.float32:
    """Return the steepest rise per column from an eye to a hull: corners are tried outwards until it falls."""
    rise, run = hull[line, top, _HEIGHT] - stands, hull[line, top, _AT] - here
    corner = top
    while corner > 0:
        corner = np.uint32(corner - 1)
        next_rise, next_run = hull[line, corner, _HEIGHT] - stands, hull[line, corner, _AT] - here
        if next_rise * run < rise * next_run:
            break
        rise, run = next_rise, next_run
    return max(rise / run, np.float32(0))


@njit(inline="always")
def _near(height: NDArray[np.float32], column: int, at: int, turn: int, slope: float, stands: np.float32) -> np.float32:
    """Return the steepest rise per column to the cells that are not on the hull yet, along the eye's own ray."""
    best = np.float32(0)
    for away in range(1, NEAR):
        down = slope * away
        part = np.float32(down - int(down))
        row = at + turn * int(down)
        above, below = (
            height[np.uint32(column + away), np.uint32(row)],
            height[np.uint32(column + away), np.uint32(row + turn)],
        )
        best = max(best, (above + (below - above) * part - stands) / np.float32(away))
    return best
