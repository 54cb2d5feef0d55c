"""Compiled core of `horizon`: how high the skyline stands in one direction, seen from the cells of a grid.

Every line of sight in one direction is walked once, from its far end to its near end, with the upper hull of what has
been passed kept on a stack: the skyline of a cell is the tangent from the cell to that hull, so nothing is too far away
to count and the work for a cell does not grow with distance. Lines start whole cells apart, so how a line lies between
two rows depends on the column alone and is worked out once for all of them. The grid is walked a patch at a time that
fits in the nearest cache: what the lines of a patch meet is read for all of them at once, then each is walked alone.
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
"""Lines and columns walked at a time: what a patch meets takes 32 kB."""
_AT, _HEIGHT = 0, 1
_OUTSIDE = np.float32(-np.inf)
"""What a line meets where it is not over the grid."""


@njit(parallel=True, cache=True, error_model="numpy")
def sweep(
    height: NDArray[np.float32],
    eye: NDArray[np.int32],
    slope: float,
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
    for block in prange((lines + _LINES - 1) // _LINES):
        begin, count = block * _LINES, min(lines - block * _LINES, _LINES)
        met, near = np.empty((_COLUMNS, _LINES), np.float32), np.empty((_COLUMNS, _LINES), np.float32)
        stands, place = np.empty((_COLUMNS, _LINES), np.float32), np.empty((_COLUMNS, _LINES), np.int32)
        for right in range(columns, 0, -_COLUMNS):
            left = max(right - _COLUMNS, 0)
            if start + begin + count + down[right - 1 + NEAR] < 0:
                break
            if start + begin + down[left] > rows:
                continue
            for step in range(right - left):
                here = left + step
                _meet(height, here + NEAR, start + begin + down[here + NEAR], part[here + NEAR], rows, count, met[step])
                _look(
                    height, eye, here, start + begin + nearest[here], slope, raised, count, stands[step], near[step],
                    place[step],
                )  # fmt: skip
            for line in range(count):
                _walk(
                    hull, depth, begin + line, first + left, right - left, np.uint32(line), met, stands, near, place,
                    unit, tangent,
                )  # fmt: skip


def sky_above(height: Height, up: Height, across: Height) -> Height:
    """
    Return the light of an even sky between a height and the zenith in one direction, on a tilted plane.

    Parameters
    ----------
    height : float or array
        Of the skyline or the plane's own edge, whichever is higher. [rad]
    up, across : float or array
        The plane's share of light from above and from the side: cos b and sin b cos a, with tilt b and direction a from
        where it faces.

    Notes
    -----
    The integral over height h of cos(incidence) cos(h): up (1 - sin2 h)/2 + across ((pi/2 - h)/2 - sin(2h)/4). Summed
    over all directions and times 2/directions it is the view factor (1 + cos b)/2 of a free plane.
    """
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


# inlined from here on: calling costs more than what is done
@njit(inline="always")
def _meet(
    height: NDArray[np.float32], column: int, row: int, part: np.float32, rows: int, count: int,
    met: NDArray[np.float32],
) -> None:  # fmt: skip
    """Write the height of the surface where neighbouring lines, the first of them below this row, cross a column."""
    low, high = min(max(-1 - row, 0), count), max(min(rows - row, count), 0)
    met[:] = _OUTSIDE
    if low < high:
        above = height[column, row + low + EDGE : row + high + EDGE]
        below = height[column, row + low + EDGE + 1 : row + high + EDGE + 1]
        over = met[low:high]
        for line in range(high - low):
            over[line] = above[line] + (below[line] - above[line]) * part


@njit(inline="always")
def _look(
    height: NDArray[np.float32], eye: NDArray[np.int32], column: int, row: int, slope: float, raised: np.float32,
    count: int, stands: NDArray[np.float32], near: NDArray[np.float32], place: NDArray[np.int32],
) -> None:  # fmt: skip
    """Write the eyes of neighbouring lines: place, height, and steepest rise to what is not on the hull yet.

    That rise is taken along the eye's own ray, per column, and never below 0.
    """
    low, high = min(max(-row, 0), count), max(min(eye.shape[1] - row, count), 0)
    place[:] = -1
    if low < high:
        place[low:high] = eye[column, row + low : row + high]
        own, top = stands[low:high], near[low:high]
        own[:] = height[column, row + low + EDGE : row + high + EDGE] + raised
        top[:] = 0
        for away in range(1, NEAR):
            passed = slope * away
            part, at = np.float32(passed - int(passed)), row + int(passed) + EDGE
            above = height[column + away, at + low : at + high]
            below = height[column + away, at + low + 1 : at + high + 1]
            for line in range(high - low):
                rise = (above[line] + (below[line] - above[line]) * part - own[line]) / np.float32(away)
                top[line] = max(top[line], rise)


@njit(inline="always")
def _walk(
    hull: NDArray[np.float32], depth: NDArray[np.int32], number: int, first: int, columns: int, at: np.uint32,
    met: NDArray[np.float32], stands: NDArray[np.float32], near: NDArray[np.float32], place: NDArray[np.int32],
    unit: np.float32, tangent: NDArray[np.float32],
) -> None:  # fmt: skip
    """Walk a line through a patch: put what it meets on its hull, and look from its eyes.

    The two nearest corners are kept at hand; unsigned places spare a look at their sign.
    """
    line = np.uint32(number)
    top = np.uint32(depth[line])
    top_at, top_height = hull[line, top, _AT], hull[line, top, _HEIGHT]
    under_at, under_height = _under(hull, line, top)
    for step in range(columns - 1, -1, -1):
        value = met[np.uint32(step), at]
        if value > _OUTSIDE:
            here = np.float32(first + step + NEAR)
            rise, run = top_height - value, top_at - here
            while top > 0:
                next_rise, next_run = under_height - value, under_at - here
                if rise * next_run > next_rise * run:
                    break
                rise, run = next_rise, next_run
                top_at, top_height = under_at, under_height
                top = np.uint32(top - 1)
                under_at, under_height = _under(hull, line, top)
            if top == STACK - 1:
                top = _thin(hull, line, top)
            under_at, under_height = top_at, top_height
            top_at, top_height = here, value
            top = np.uint32(top + 1)
            hull[line, top, _AT], hull[line, top, _HEIGHT] = here, value
        eye = place[np.uint32(step), at]
        if eye >= 0:
            here, level = np.float32(first + step), stands[np.uint32(step), at]
            rise, run = top_height - level, top_at - here
            next_rise, next_run = under_height - level, under_at - here
            corner = top
            while corner > 0 and next_rise * run >= rise * next_run:
                rise, run = next_rise, next_run
                corner = np.uint32(corner - 1)
                next_at, next_height = _under(hull, line, corner)
                next_rise, next_run = next_height - level, next_at - here
            tangent[np.uint32(eye)] = max(near[np.uint32(step), at], rise / run) * unit
    depth[line] = top


@njit(inline="always")
def _under(hull: NDArray[np.float32], line: np.uint32, corner: np.uint32) -> tuple[np.float32, np.float32]:
    """Return where the corner under a corner is, and its height."""
    under = np.uint32(corner - 1) if corner > 0 else np.uint32(0)
    return hull[line, under, _AT], hull[line, under, _HEIGHT]


@njit(cache=True, error_model="numpy")
def _thin(hull: NDArray[np.float32], line: np.uint32, top: np.uint32) -> np.uint32:
    """Let go of every other corner of a full hull, keeping the nearest and the farthest."""
    kept = 0
    for corner in range(1, top + 1):
        if (top - corner) % 2 == 0:
            kept += 1
            hull[line, kept] = hull[line, corner]
    return np.uint32(kept)
