"""Compiled: what is known of roofs before one is looked at. Slopes face the walls; narrow roofs have a level ridge."""
# ruff: noqa: C901  a compiled loop over cells reads best whole

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from laep.spatial.roofs.plane_cells import inner

if TYPE_CHECKING:
    from numpy.typing import NDArray

FACING_SLOPE, FACING_TURN = 0.05, 0.26
"""Planes steeper than 3 degrees, within 15 degrees of square to a wall, may be turned square to it. [-], [rad]"""
FACING_PRICE, FACING_NOISE_M = 25.0, 0.01
"""They are where that costs less than so many times the variance of their cells, five spreads of what chance does to a
direction: that roofs are built on walls is surer than that. Surveys are rounded to about a centimetre. [-], [m]"""
NARROW_CELLS = 7.0
"""Across a narrower building a slope is one to three cells wide, so both sides of a ridge are fitted together."""
RIDGE_SLOPE = (0.12, 2.0)
"""Slopes beside such a ridge, or valley: 7 to 63 degrees. [-]"""
RIDGE_SPREAD_M = 0.15
"""Cells farther from it on average are not that roof. [m]"""
RIDGE_STEPS = 41
"""Places tried for the ridge, across the middle half of the building."""
RIDGE_SHARE = 0.6
"""Share of the building that must be under it; the rest may be an extension. [-]"""
STOREY_M = 2.0
"""Cells within this of the middle height are the main roof, to begin with. [m]"""
_HEIGHT, _SLOPE = 3, 4


@inner
def face_walls(s: NDArray[np.float64], plane: NDArray[np.float64], planes: int, axis: NDArray[np.float64]) -> None:
    """
    Turn planes square to the walls where their cells do not say otherwise.

    Parameters
    ----------
    s : array, shape (planes, MOMENTS)
        Sums over the cells of each plane.
    plane : array, shape (planes, PARTS)
        Fitted freely; written.
    axis : array, shape (2,)
        Unit vector along or across most walls.
    """
    for p in range(planes):
        slope = np.hypot(plane[p, 0], plane[p, 1])
        along = plane[p, 0] * axis[0] + plane[p, 1] * axis[1]
        across = plane[p, 1] * axis[0] - plane[p, 0] * axis[1]
        if slope < FACING_SLOPE or max(abs(along), abs(across)) < slope * np.cos(FACING_TURN):
            continue
        du, dv = (axis[0], axis[1]) if abs(along) > abs(across) else (-axis[1], axis[0])
        n = s[p, 0]
        mx, my, mz = s[p, 1] / n, s[p, 2] / n, s[p, 3] / n
        xx, xy, yy = s[p, 4] / n - mx * mx, s[p, 5] / n - mx * my, s[p, 6] / n - my * my
        xz, yz, zz = s[p, 7] / n - mx * mz, s[p, 8] / n - my * mz, s[p, 9] / n - mz * mz
        uu, uz = du * du * xx + 2 * du * dv * xy + dv * dv * yy, du * xz + dv * yz
        if uu <= 0.0:
            continue
        square = max(0.0, zz - uz * uz / uu)
        free = plane[p, 3] ** 2
        if n * (square - free) > FACING_PRICE * max(n * free / max(n - 3.0, 1.0), FACING_NOISE_M**2):
            continue
        plane[p, 0], plane[p, 1] = du * uz / uu, dv * uz / uu
        plane[p, 2] = mz - plane[p, 0] * mx - plane[p, 1] * my
        plane[p, 3] = np.sqrt(square)


@inner
def _ridge(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    taken: NDArray[np.bool_],
    axis: NDArray[np.float64],
    cell: float,
    best: NDArray[np.float64],
) -> bool:
    """
    Fit a level ridge, or valley, with two equal slopes to a narrow building, along and across its walls.

    Writes the direction across the ridge (two), where the ridge lies on it, its height, and how steeply the roof falls
    from it (below 0 for a valley); returns whether such a roof can be laid over the cells.
    """
    least = np.inf
    n = 0.0
    for k in range(x.size):
        n += taken[k]
    if n < 4:
        return False
    for turn in range(2):
        du, dv = (axis[0], axis[1]) if turn == 0 else (-axis[1], axis[0])
        low, high = np.inf, -np.inf
        for k in range(x.size):
            if taken[k]:
                u = du * x[k] + dv * y[k]
                low, high = min(low, u), max(high, u)
        if (high - low) / cell + 1.0 > NARROW_CELLS:
            continue
        for step in range(RIDGE_STEPS):
            ridge = low + (high - low) * (0.25 + 0.5 * step / (RIDGE_STEPS - 1))
            sv = sz = svv = svz = szz = 0.0
            left = right = 0
            for k in range(x.size):
                if taken[k]:
                    off = du * x[k] + dv * y[k] - ridge
                    left, right = left + (off < 0), right + (off >= 0)
                    v = abs(off)
                    sv, sz, svv, svz, szz = sv + v, sz + z[k], svv + v * v, svz + v * z[k], szz + z[k] * z[k]
            vv, vz, zz = svv - sv * sv / n, svz - sv * sz / n, szz - sz * sz / n
            if vv < 1e-6 or left < 2 or right < 2:
                continue
            slope = -vz / vv
            rss = max(zz - vz * vz / vv, 0.0)
            if RIDGE_SLOPE[0] <= abs(slope) <= RIDGE_SLOPE[1] and rss < least:
                least = rss
                best[0], best[1], best[2], best[_HEIGHT], best[_SLOPE] = du, dv, ridge, (sz + slope * sv) / n, slope
    return least < np.inf


@inner
def _misses(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    label: NDArray[np.int32],
    plane: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how far each cell is from the plane it is on, infinite on none. [m]."""
    off = np.full(x.size, np.inf)
    for k in range(x.size):
        p = label[k]
        if p >= 0:
            off[k] = abs(z[k] - plane[p, 0] * x[k] - plane[p, 1] * y[k] - plane[p, 2])
    return off


@inner
def _staying(
    off: NDArray[np.float64],
    usable: NDArray[np.bool_],
    taken: NDArray[np.bool_],
    label: NDArray[np.int32],
    planes: int,
    least_cells: int,
) -> NDArray[np.bool_]:
    """Return which planes still stand on enough cells, near enough to them, without those a ridge takes."""
    left, miss = np.zeros(planes, np.int64), np.zeros(planes)
    for k in range(off.size):
        if usable[k] and label[k] >= 0 and not taken[k]:
            left[label[k]] += 1
            miss[label[k]] += off[k] * off[k]
    return (left >= least_cells) & (miss <= left * RIDGE_SPREAD_M**2)


@inner
def _put(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    taken: NDArray[np.bool_],
    stays: NDArray[np.bool_],
    best: NDArray[np.float64],
    spread: float,
    label: NDArray[np.int32],
    plane: NDArray[np.float64],
    free: int,
) -> int:
    """Write the two sides of a ridge as planes 0 and 1, those that stay after them; return how many there are."""
    number = np.full(stays.size, free, np.int32)
    old = plane[: stays.size].copy()
    count = 2
    for p in range(stays.size):
        if stays[p]:
            number[p], plane[count] = count, old[p]
            count += 1
    for k in range(x.size):
        if taken[k]:
            label[k] = 0 if best[0] * x[k] + best[1] * y[k] < best[2] else 1
        elif label[k] >= 0:
            label[k] = number[label[k]]
    for p in range(2):
        fall = best[_SLOPE] if p == 0 else -best[_SLOPE]
        plane[p, 0], plane[p, 1] = fall * best[0], fall * best[1]
        plane[p, 2], plane[p, 3] = best[_HEIGHT] - fall * best[2], spread
    return count


@inner
def as_ridge(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    usable: NDArray[np.bool_],
    label: NDArray[np.int32],
    plane: NDArray[np.float64],
    planes: int,
    axis: NDArray[np.float64],
    cell: float,
    near: float,
    far: float,
    price: float,
    least_cells: int,
    free: int,
) -> int:
    """
    Put a ridge or valley in the place of what was found on a narrow building where it explains the cells better.

    Parameters
    ----------
    near, far : float
        A cell farther off costs no more than this one; a cell farther off than that is not of this roof. [m]
    price : float
        What a plane costs, as a sum of squares. [m2]
    least_cells : int
        Cells below which a plane found before is given up.
    free : int
        Label of cells on no plane.

    Returns
    -------
    How many planes there are; those found before keep the cells of an extension.
    """
    if not usable.any():
        return planes
    middle = np.median(z[usable])
    taken = usable & (np.abs(z - middle) <= STOREY_M)
    best, off = np.zeros(5), np.zeros(x.size)
    for _ in range(2):
        if not _ridge(x, y, z, taken, axis, cell, best):
            return planes
        off = np.abs(z - best[_HEIGHT] + best[_SLOPE] * np.abs(best[0] * x + best[1] * y - best[2]))
        taken = usable & (off <= far)
    spread = np.sqrt(np.mean(off[taken] ** 2)) if taken.any() else np.inf
    if taken.sum() < RIDGE_SHARE * usable.sum() or spread > RIDGE_SPREAD_M:
        return planes
    was = _misses(x, y, z, label, plane)
    stays = _staying(was, usable, taken, label, planes, least_cells)
    now = then = 0.0
    for k in range(x.size):
        if usable[k]:
            now += min(near, was[k]) ** 2
            kept = label[k] >= 0 and stays[label[k]]
            then += min(near, off[k] if taken[k] else (was[k] if kept else near)) ** 2
    if then + (2 + stays.sum()) * price > now + planes * price:
        return planes
    return _put(x, y, taken, stays, best, spread, label, plane, free)
