"""Compiled core of `laep.spatial.horizon`: how high the skyline stands in one direction, seen from the cells of a grid.

Every line of sight in one direction is walked once, from its far end to its near end, with the upper hull of what has
been passed kept on a stack: the skyline of a cell is the tangent from the cell to that hull, so nothing is too far away
to count and the work for a cell does not grow with distance.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR = 3
"""Cells this close are looked at along the ray of the cell itself, farther ones along the nearest line of its
direction, which passes within half a cell of it. Three is where the mean error stops falling steeply (bench)."""
LOWEST = np.float32(-1e5)
"""Height of what is not there: below everything. [m]"""
STACK = 128
"""Corners of a hull that are kept. Surveyed ground has some tens; beyond this every other one is let go, the same ones
however the grid is cut, at a cost of a few hundredths of a degree on a perfectly round hill."""
_LINES = 64


@njit(parallel=True, cache=True, error_model="numpy")
def sweep(
    height: NDArray[np.float32],
    seen: NDArray[np.uint8],
    slope: float,
    first: int,
    lift: float,
    hull_at: NDArray[np.float32],
    hull_height: NDArray[np.float32],
    depth: NDArray[np.int32],
    tangent: NDArray[np.float32],
) -> None:
    """
    Find the skyline of the cells of one strip, looking along its rows towards higher columns.

    Parameters
    ----------
    height : array, shape (rows + NEAR + 2, columns + NEAR)
        The strip with a row of `LOWEST` above and NEAR + 1 below, and the NEAR columns that lie beyond it.
    seen : array, shape (rows, columns)
        1 where the skyline is wanted.
    slope : float
        Rows passed per column, 0 to 1.
    first : int
        Column of the whole grid at which the strip begins.
    lift : float
        How far above its cell the eye is. [units of height]
    hull_at, hull_height : array, shape (lines, STACK)
        Hull of what lies beyond the strip, by line; grows as the strip is walked.
    depth : array, shape (lines,)
        Last corner in use of each hull; 0 at the start, with corner 0 set to `LOWEST` beyond the end of the grid.
    tangent : array, shape (rows, columns)
        Written where `seen`: rise of the skyline per cell of distance, never below 0.
    """
    rows, columns = seen.shape
    lines = depth.shape[0]
    offset = lines - rows
    unit = np.float32(1.0 / math.sqrt(1.0 + slope * slope))
    raised = np.float32(lift)
    for block in prange((lines + _LINES - 1) // _LINES):
        profile = np.empty(columns + NEAR, np.float32)
        for line in range(block * _LINES, min(lines, (block + 1) * _LINES)):
            base = float(line - offset)
            last = first + columns + NEAR - 1
            low, high, eye_low, eye_high = first, last, first, first + columns - 1
            if slope > 0:  # columns at which the line lies between the rows of the grid
                low = max(low, math.ceil((-1.0 - base) / slope))
                high = min(high, math.ceil((rows - base) / slope) - 1)
                eye_low = max(eye_low, math.ceil((-0.5 - base) / slope))
                eye_high = min(eye_high, math.ceil((rows - 0.5 - base) / slope) - 1)
            for column in range(low, high + 1):
                down = max(base + 1.0 + slope * column, 0.0)
                row = int(down)
                part = np.float32(down - row)
                above = height[np.uint32(row), np.uint32(column - first)]
                below = height[np.uint32(row + 1), np.uint32(column - first)]
                profile[column - first] = above + (below - above) * part
            at, tall, top = hull_at[line], hull_height[line], depth[line]
            for eye in range(min(first + columns - 1, high), max(first, low - NEAR) - 1, -1):
                column = eye + NEAR
                if low <= column <= high:
                    top = _insert(at, tall, top, column, profile[column - first])
                if eye < eye_low or eye > eye_high:
                    continue
                row = min(int(base + slope * eye + 0.5), rows - 1)
                if seen[np.uint32(row), np.uint32(eye - first)] == 0:
                    continue
                stands = height[np.uint32(row + 1), np.uint32(eye - first)] + raised
                best = _near(height, row + 1, eye - first, slope, stands)
                far = _tangent(at, tall, top, eye, stands)
                tangent[np.uint32(row), np.uint32(eye - first)] = max(best, far) * unit
            depth[line] = top


@njit(cache=True, error_model="numpy")
def _insert(at: NDArray[np.float32], height: NDArray[np.float32], top: int, column: int, value: np.float32) -> int:
    """Put a nearer point on a hull and take off the corners it hides; return the last corner."""
    here = np.float32(column)
    rise, run = height[top] - value, at[top] - here
    while top > 0:
        next_rise, next_run = height[top - 1] - value, at[top - 1] - here
        if rise * next_run > next_rise * run:
            break
        top -= 1
        rise, run = next_rise, next_run
    if top == STACK - 1:
        top = _thin(at, height, top)
    top += 1
    at[top], height[top] = here, value
    return top


@njit(cache=True, error_model="numpy")
def _thin(at: NDArray[np.float32], height: NDArray[np.float32], top: int) -> int:
    """Let go of every other corner of a full hull, keeping the nearest and the farthest."""
    kept = 0
    for corner in range(1, top + 1):
        if (top - corner) % 2 == 0:
            kept += 1
            at[kept], height[kept] = at[corner], height[corner]
    return kept


@njit(cache=True, error_model="numpy")
def _tangent(
    at: NDArray[np.float32], height: NDArray[np.float32], top: int, column: int, stands: np.float32
) -> np.float32:
    """Return the steepest rise per column from an eye to a hull: corners are tried outwards until it falls."""
    here = np.float32(column)
    rise, run = height[top] - stands, at[top] - here
    while top > 0:
        next_rise, next_run = height[top - 1] - stands, at[top - 1] - here
        if next_rise * run < rise * next_run:
            break
        top -= 1
        rise, run = next_rise, next_run
    return max(rise / run, np.float32(0))


@njit(cache=True, error_model="numpy")
def _near(height: NDArray[np.float32], row: int, column: int, slope: float, stands: np.float32) -> np.float32:
    """Return the steepest rise per column to the cells that are not on the hull yet, along the eye's own ray."""
    best = np.float32(0)
    for away in range(1, NEAR):
        down = slope * away
        whole = int(down)
        part = np.float32(down - whole)
        above = height[np.uint32(row + whole), np.uint32(column + away)]
        below = height[np.uint32(row + whole + 1), np.uint32(column + away)]
        best = max(best, (above + (below - above) * part - stands) / np.float32(away))
    return best
