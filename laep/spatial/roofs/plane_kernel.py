"""
Compiled: the planes of each roof, from its cells.

Every 3 x 3 and 2 x 3 patch of cells is a guess at a plane. The flattest guesses grow over neighbouring cells that lie
on them, and the largest region is kept, until nothing flat is left. Then planes and cells settle together: each cell
goes to the plane of a neighbour it fits best, with a small price for standing alone; planes are fitted again; two
planes that one plane describes as well are joined; a plane too small to trust is given up. No random numbers: same
cells, same planes.
"""
# ruff: noqa: C901, PLR0912  a compiled loop over cells reads best whole

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from laep.spatial.roofs.plane_cells import inner
from laep.spatial.roofs.plane_moments import MOMENTS, PARTS, add, fit_all, solve, sums
from laep.spatial.roofs.plane_shape import as_ridge, face_walls

if TYPE_CHECKING:
    from numpy.typing import NDArray

FREE, BLOCKED, LOW, UNSEEN, EDGE = -1, -2, -3, -4, -5
"""Labels of cells on no plane: not settled, something standing on the roof, near the ground, without a value, and
a cell of a wall or edge that may be given to the plane beside it."""

SIGMA_MIN_M, SIGMA_MAX_M = 0.05, 0.25
"""Spread of cells about their plane: a survey repeats to 5 cm; rougher than 25 cm is not a roof surface. [m]"""
SMOOTH_SHARE, SMOOTH_BIAS, LEAST_BIAS = 0.3, 1.15, 1.9
"""The spread of a building's cells is read from its smoothest patches, since the others lie over ridges and edges, and
from the smoothest patch over each cell: the lower of the two. Both look smoother than the noise is, so much."""
REACH = 2.5
"""Spreads from a plane within which a cell belongs to it."""
TOLERANCE_M = (0.13, 0.40)
"""Bounds of that distance: tiles and sagging rafters below, a step between two roofs above. [m]"""
RIVALS = 5
"""Regions grown before the largest is taken."""
ROUNDS = 5
ALONE = 0.9
"""Price of each neighbour on another plane, in squared spreads: smooths edges without eating corners."""
JOIN, JOIN_PER_CELL = 14.0, 0.12
"""Two planes are one when fitting them as one costs less, in squared spreads: a fixed part, and a part a cell."""
JOIN_GAP_M = 4.0
"""Pieces of one plane may lie this far apart: the two sides of a dormer or a cross gable. [m]"""
LOW_M = 1.0
"""A cell this near the ground is not roof. [m]"""
BUMP_M = 0.3
"""A lone cell this far above all its neighbours is a chimney or a vent, not the edge of a wall. [m]"""
WALL_SLOPE, WALL_SLOPE_THIN = 2.75, 1.43
"""Steeper than 70 degrees is a wall, not a roof; a strip one or two cells wide, or a rough one, already from 55, since
cells half on a wall and half beside it make such strips. [-]"""
ROUGH_CELLS, ROUGH_M = 25, 0.18
"""A patch of fewer cells, this far from its plane on average, is plant, glass or a crown and not a slope. [-], [m]"""
CRUMB_CELLS = 3
"""Fewer cells, cut off from the rest of their plane, are given to the plane round them."""
STITCH_SLOPE = 0.05
"""Touching planes whose slopes differ by less, and whose step a shift of one cell explains, are one: seams of a
resampled raster, and terraces that step down a hill. 3 degrees. [-]"""
STITCH_BORDER = 3
"""Pairs of cells along which they must touch."""


@inner
def _patches(
    at: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    usable: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """
    Fit a plane to every small patch of usable cells.

    Returns
    -------
    Row, column, rows and columns of each patch, its spread, and for each cell the least spread of a patch over it. [m]
    """
    height, width = at.shape
    patch, spread = np.empty((3 * height * width, 4), np.int32), np.empty(3 * height * width)
    least = np.full(x.size, np.inf)
    s, plane, count = np.zeros(MOMENTS), np.zeros(3), 0
    for kind in range(3):
        tall, wide, need = (3, 3, 8) if kind == 0 else ((2, 3, 6) if kind == 1 else (3, 2, 6))
        for r in range(height - tall + 1):
            for c in range(width - wide + 1):
                s[:] = 0.0
                for i in range(r, r + tall):
                    for j in range(c, c + wide):
                        k = at[i, j]
                        if k >= 0 and usable[k]:
                            add(s, x[k], y[k], z[k])
                if s[0] < need:
                    continue
                rss = solve(s, plane)
                if rss < 0.0:
                    continue
                off = np.sqrt(rss / (s[0] - 3.0))
                patch[count, 0], patch[count, 1], patch[count, 2], patch[count, 3] = r, c, tall, wide
                spread[count] = off * (1.0 if kind == 0 else 1.5)  # three spare cells say less than six
                count += 1
                for i in range(r, r + tall):
                    for j in range(c, c + wide):
                        k = at[i, j]
                        if k >= 0 and usable[k]:
                            least[k] = min(least[k], off)
    return patch[:count], spread[:count], least


@inner
def _grow(
    patch: NDArray[np.int32],
    at: NDArray[np.int32],
    cell_row: NDArray[np.int32],
    cell_column: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    label: NDArray[np.int32],
    usable: NDArray[np.bool_],
    tolerance: float,
    stamp: NDArray[np.int32],
    mark: int,
    queue: NDArray[np.int32],
) -> tuple[int, int]:
    """Fill `queue` with the free cells joined to a patch that lie on its plane; return how many, and the last mark."""
    height, width = at.shape
    s, plane = np.zeros(MOMENTS), np.zeros(3)
    for i in range(patch[0], patch[0] + patch[2]):
        for j in range(patch[1], patch[1] + patch[3]):
            k = at[i, j]
            if k >= 0 and usable[k]:
                add(s, x[k], y[k], z[k])
    solve(s, plane)
    count = 0
    for _ in range(3):
        mark += 1
        count, head, refit = 0, 0, 12.0
        s[:] = 0.0
        for i in range(patch[0], patch[0] + patch[2]):
            for j in range(patch[1], patch[1] + patch[3]):
                k = at[i, j]
                if k >= 0 and usable[k] and abs(z[k] - plane[0] * x[k] - plane[1] * y[k] - plane[2]) < tolerance:
                    stamp[k] = mark
                    queue[count] = k
                    count += 1
                    add(s, x[k], y[k], z[k])
        while head < count:
            k = queue[head]
            head += 1
            for turn in range(4):
                i = cell_row[k] + (turn == 0) - (turn == 1)
                j = cell_column[k] + (turn == 2) - (turn == 3)
                if i < 0 or j < 0 or i >= height or j >= width:
                    continue
                m = at[i, j]
                if m < 0 or stamp[m] == mark or label[m] != FREE or not usable[m]:
                    continue
                if abs(z[m] - plane[0] * x[m] - plane[1] * y[m] - plane[2]) < tolerance:
                    stamp[m] = mark
                    queue[count] = m
                    count += 1
                    add(s, x[m], y[m], z[m])
                    if s[0] >= refit:
                        solve(s, plane)
                        refit *= 1.5
        if s[0] < 4 or solve(s, plane) < 0.0:
            return 0, mark
    return count, mark


@inner
def _extract(
    at: NDArray[np.int32],
    cell_row: NDArray[np.int32],
    cell_column: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    usable: NDArray[np.bool_],
    label: NDArray[np.int32],
    patch: NDArray[np.int32],
    spread: NDArray[np.float64],
    tolerance: float,
    least_cells: int,
    most_planes: int,
) -> int:
    """Label regions one after another, the largest of a few rivals first; return how many."""
    order = np.argsort(spread, kind="mergesort")
    n = x.size
    stamp, queue, best = np.zeros(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    seen = np.zeros(n, np.int32)
    spent = np.zeros(order.size, np.bool_)
    mark, planes, turn = 0, 0, 0
    while planes < most_planes:
        turn += 1
        best_count, rivals = 0, 0
        for o in range(order.size):
            if spent[o]:
                continue
            p = patch[order[o]]
            if spread[order[o]] > tolerance:
                break
            free, fresh = True, True
            for i in range(p[0], p[0] + p[2]):
                for j in range(p[1], p[1] + p[3]):
                    k = at[i, j]
                    if k >= 0 and usable[k]:
                        free = free and label[k] == FREE
                        fresh = fresh and seen[k] != turn
            if not free:
                spent[o] = True
                continue
            if not fresh:
                continue
            count, mark = _grow(p, at, cell_row, cell_column, x, y, z, label, usable, tolerance, stamp, mark, queue)
            if count < least_cells:
                spent[o] = True
                continue
            for q in range(count):
                seen[queue[q]] = turn
            if count > best_count:
                best_count = count
                best[:count] = queue[:count]
            rivals += 1
            if rivals >= RIVALS:
                break
        if best_count == 0:
            break
        for q in range(best_count):
            label[best[q]] = planes
        planes += 1
    return planes


@inner
def _settle(
    at: NDArray[np.int32],
    cell_row: NDArray[np.int32],
    cell_column: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    usable: NDArray[np.bool_],
    label: NDArray[np.int32],
    plane: NDArray[np.float64],
    sigma: float,
    tolerance: float,
) -> int:
    """Give each cell the label, among its neighbours' and none, that costs least; return how many changed."""
    height, width = at.shape
    limit = (tolerance / sigma) ** 2
    changed = 0
    near = np.empty(8, np.int32)
    for k in range(x.size):
        if not usable[k]:
            continue
        count = 0
        beside = np.full(4, -9, np.int32)
        for i in range(cell_row[k] - 1, cell_row[k] + 2):
            for j in range(cell_column[k] - 1, cell_column[k] + 2):
                if i < 0 or j < 0 or i >= height or j >= width or at[i, j] < 0 or at[i, j] == k:
                    continue
                other = label[at[i, j]]
                di, dj = i - cell_row[k], j - cell_column[k]
                if di == 0 or dj == 0:
                    beside[(di + 1) // 2 + (2 if di == 0 else 0) + ((dj + 1) // 2 if di == 0 else 0)] = other
                new = other >= 0
                for q in range(count):
                    new = new and near[q] != other
                if new:
                    near[count] = other
                    count += 1
        was = label[k]
        pick, price = FREE, limit
        for q in range(4):
            price += ALONE * (beside[q] >= 0) * 0.5
        for q in range(count):
            p = near[q]
            off = (z[k] - plane[p, 0] * x[k] - plane[p, 1] * y[k] - plane[p, 2]) / sigma
            cost = off * off
            if cost > limit:
                continue
            for m in range(4):
                cost += ALONE * (beside[m] >= 0 and beside[m] != p)
            if cost < price or (cost == price and p < pick):
                pick, price = p, cost
        if pick != was:
            label[k] = pick
            changed += 1
    return changed


@inner
def _boxes(
    label: NDArray[np.int32], x: NDArray[np.float64], y: NDArray[np.float64], planes: int
) -> NDArray[np.float64]:
    box = np.empty((planes, 4))
    box[:, 0] = box[:, 1] = np.inf
    box[:, 2] = box[:, 3] = -np.inf
    for k in range(x.size):
        p = label[k]
        if p >= 0:
            box[p, 0], box[p, 1] = min(box[p, 0], x[k]), min(box[p, 1], y[k])
            box[p, 2], box[p, 3] = max(box[p, 2], x[k]), max(box[p, 3], y[k])
    return box


@inner
def _join(
    label: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    planes: int,
    sigma: float,
) -> int:
    """Join pairs of planes that one plane describes as well, the best pair first; return how many were joined."""
    s, box = sums(label, x, y, z, planes), _boxes(label, x, y, planes)
    rss, spare = np.zeros(planes), np.zeros(3)
    for p in range(planes):
        rss[p] = solve(s[p], spare) if s[p, 0] >= 3 else -1.0
    joined = 0
    while True:
        best, one, other = 0.0, -1, -1
        for p in range(planes):
            if rss[p] < 0.0:
                continue
            for q in range(p + 1, planes):
                if rss[q] < 0.0:
                    continue
                if max(box[p, 0] - box[q, 2], box[q, 0] - box[p, 2]) > JOIN_GAP_M:
                    continue
                if max(box[p, 1] - box[q, 3], box[q, 1] - box[p, 3]) > JOIN_GAP_M:
                    continue
                both = solve(s[p] + s[q], spare)
                n = s[p, 0] + s[q, 0]
                gain = JOIN + JOIN_PER_CELL * min(s[p, 0], s[q, 0]) - (both - rss[p] - rss[q]) / (sigma * sigma)
                if gain > best and np.sqrt(both / n) < 1.6 * sigma:
                    best, one, other = gain, p, q
        if one < 0:
            return joined
        s[one] += s[other]
        rss[one], rss[other] = solve(s[one], spare), -1.0
        box[one, :2] = np.minimum(box[one, :2], box[other, :2])
        box[one, 2:] = np.maximum(box[one, 2:], box[other, 2:])
        for k in range(x.size):
            if label[k] == other:
                label[k] = one
        joined += 1


@inner
def _stitch(
    at: NDArray[np.int32],
    cell_row: NDArray[np.int32],
    cell_column: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    label: NDArray[np.int32],
    plane: NDArray[np.float64],
    planes: int,
    cell: float,
) -> int:
    """Join touching planes that a seam of the raster keeps apart; return how many were joined."""
    height, width = at.shape
    touch, step = np.zeros((planes, planes)), np.zeros((planes, planes))
    for k in range(label.size):
        p = label[k]
        if p < 0:
            continue
        for turn in range(2):
            i, j = cell_row[k] + (turn == 0), cell_column[k] + (turn == 1)
            if i >= height or j >= width or at[i, j] < 0:
                continue
            q = label[at[i, j]]
            if q < 0 or q == p:
                continue
            off = (plane[q, 0] - plane[p, 0]) * x[k] + (plane[q, 1] - plane[p, 1]) * y[k] + plane[q, 2] - plane[p, 2]
            touch[min(p, q), max(p, q)] += 1
            step[min(p, q), max(p, q)] += abs(off)
    new = np.arange(planes).astype(np.int32)
    joined = 0
    for p in range(planes):
        for q in range(p + 1, planes):
            if touch[p, q] < STITCH_BORDER or new[p] == new[q]:
                continue
            slope = max(np.hypot(plane[p, 0], plane[p, 1]), np.hypot(plane[q, 0], plane[q, 1]))
            differ = np.hypot(plane[p, 0] - plane[q, 0], plane[p, 1] - plane[q, 1])
            if differ < STITCH_SLOPE and step[p, q] / touch[p, q] < slope * cell:
                low, high = min(new[p], new[q]), max(new[p], new[q])
                for m in range(planes):
                    if new[m] == high:
                        new[m] = low
                joined += 1
    for k in range(label.size):
        if label[k] >= 0:
            label[k] = new[label[k]]
    return joined


@inner
def _no_walls(
    at: NDArray[np.int32],
    cell_row: NDArray[np.int32],
    cell_column: NDArray[np.int32],
    label: NDArray[np.int32],
    plane: NDArray[np.float64],
    planes: int,
) -> None:
    """Give up planes that are walls; the slope a raster gives the edge of one becomes edge of the planes beside it."""
    height, width = at.shape
    broad = np.zeros(planes, np.bool_)
    for k in range(label.size):
        r, c, p = cell_row[k], cell_column[k], label[k]
        if p < 0 or broad[p] or r == 0 or c == 0 or r == height - 1 or c == width - 1:
            continue
        inner = True
        for turn in range(4):
            m = at[r + (turn == 0) - (turn == 1), c + (turn == 2) - (turn == 3)]
            inner = inner and m >= 0 and label[m] == p
        broad[p] = inner
    wall = np.zeros(planes, np.bool_)
    for p in range(planes):
        slope = np.hypot(plane[p, 0], plane[p, 1])
        wall[p] = slope > (WALL_SLOPE if broad[p] and plane[p, 3] <= ROUGH_M else WALL_SLOPE_THIN)
    for k in range(label.size):
        if label[k] >= 0 and wall[label[k]]:
            label[k] = FREE if broad[label[k]] else EDGE


@inner
def _sweep(
    at: NDArray[np.int32],
    cell_row: NDArray[np.int32],
    cell_column: NDArray[np.int32],
    label: NDArray[np.int32],
) -> None:
    """Give crumbs, a few cells of a plane cut off from the rest, to whatever is round them."""
    height, width = at.shape
    seen = np.zeros(label.size, np.bool_)
    queue = np.empty(label.size, np.int32)
    for k in range(label.size):
        if label[k] < 0 or seen[k]:
            continue
        seen[k], queue[0], head, tail = True, k, 0, 1
        while head < tail:
            r, c = cell_row[queue[head]], cell_column[queue[head]]
            head += 1
            for turn in range(4):
                i, j = r + (turn == 0) - (turn == 1), c + (turn == 2) - (turn == 3)
                if i < 0 or j < 0 or i >= height or j >= width or at[i, j] < 0:
                    continue
                m = at[i, j]
                if not seen[m] and label[m] == label[k]:
                    seen[m], queue[tail] = True, m
                    tail += 1
        if tail < CRUMB_CELLS:
            for q in range(tail):
                label[queue[q]] = EDGE


@inner
def _no_crowns(label: NDArray[np.int32], plane: NDArray[np.float64], planes: int) -> None:
    """Give up small patches too rough to be a slope."""
    count = np.zeros(planes, np.int64)
    for k in range(label.size):
        if label[k] >= 0:
            count[label[k]] += 1
    for k in range(label.size):
        if label[k] >= 0 and count[label[k]] < ROUGH_CELLS and plane[label[k], 3] > ROUGH_M:
            label[k] = FREE


@inner
def _renumber(label: NDArray[np.int32], planes: int, least_cells: int) -> int:
    """Give up planes of too few cells and number the others without gaps; return how many are left."""
    count, new = np.zeros(planes, np.int64), np.full(planes, FREE, np.int32)
    for k in range(label.size):
        if label[k] >= 0:
            count[label[k]] += 1
    kept = 0
    for p in range(planes):
        if count[p] >= least_cells:
            new[p] = kept
            kept += 1
    for k in range(label.size):
        if label[k] >= 0:
            label[k] = new[label[k]]
    return kept


@inner
def _refit(
    label: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    planes: int,
    plane: NDArray[np.float64],
    least_cells: int,
) -> int:
    """Give up planes of too few cells and fit the others again; return how many are left."""
    kept = _renumber(label, planes, least_cells)
    fit_all(label, x, y, z, kept, plane)
    return kept


@inner
def _close(
    at: NDArray[np.int32],
    cell_row: NDArray[np.int32],
    cell_column: NDArray[np.int32],
    z: NDArray[np.float64],
    above: NDArray[np.float64],
    label: NDArray[np.int32],
) -> None:
    """Say of every cell on no plane what it is: something on the roof, low, unseen, or the edge of a plane."""
    height, width = at.shape
    free = np.zeros((height + 2, width + 2), np.bool_)
    for k in range(label.size):
        if label[k] < 0 and label[k] != EDGE:
            free[cell_row[k] + 1, cell_column[k] + 1] = True
    for k in range(label.size):
        if label[k] >= 0 or label[k] == EDGE:
            continue
        r, c = cell_row[k] + 1, cell_column[k] + 1
        block = (
            (free[r - 1, c - 1] and free[r - 1, c] and free[r, c - 1])
            or (free[r - 1, c] and free[r - 1, c + 1] and free[r, c + 1])
            or (free[r, c - 1] and free[r + 1, c - 1] and free[r + 1, c])
            or (free[r, c + 1] and free[r + 1, c] and free[r + 1, c + 1])
        )
        if np.isnan(z[k]):
            label[k] = UNSEEN if block else EDGE
        elif above[k] < LOW_M:
            label[k] = LOW if block else EDGE
        elif block:
            label[k] = BLOCKED
        else:
            top = -np.inf
            for i in range(max(0, r - 2), min(height, r + 1)):
                for j in range(max(0, c - 2), min(width, c + 1)):
                    m = at[i, j]
                    if m >= 0 and m != k and not np.isnan(z[m]):
                        top = max(top, z[m])
            label[k] = BLOCKED if z[k] > top + BUMP_M and np.isfinite(top) else EDGE


@inner
def _middle(values: NDArray[np.float64], share: float) -> float:
    kept = values[np.isfinite(values)]
    if kept.size == 0:
        return np.nan
    return float(np.sort(kept)[int(share * (kept.size - 1))])


@inner
def _one(
    cell_row: NDArray[np.int32],
    cell_column: NDArray[np.int32],
    z: NDArray[np.float64],
    above: NDArray[np.float64],
    size: NDArray[np.float64],
    axis: NDArray[np.float64],
    least_cells: int,
    label: NDArray[np.int32],
    plane: NDArray[np.float64],
) -> int:
    """Label the cells of one building and write its planes, heights taken from the lowest cell; return how many."""
    n = z.size
    height, width = cell_row.max() + 1, cell_column.max() + 1
    at = np.full((height, width), -1, np.int32)
    x, y = np.empty(n), np.empty(n)
    usable = np.empty(n, np.bool_)
    for k in range(n):
        at[cell_row[k], cell_column[k]] = k
        x[k] = (cell_column[k] + 0.5) * size[0] + (cell_row[k] + 0.5) * size[1]
        y[k] = (cell_column[k] + 0.5) * size[2] + (cell_row[k] + 0.5) * size[3]
        usable[k] = above[k] >= LOW_M  # false for missing values
        label[k] = FREE
    patch, spread, least = _patches(at, x, y, z, usable)
    smooth = _middle(spread[patch[:, 2] * patch[:, 3] == 9], SMOOTH_SHARE)
    smooth = np.fmin(SMOOTH_BIAS * smooth, LEAST_BIAS * _middle(least, 0.5))
    cell = np.sqrt(abs(size[0] * size[3] - size[1] * size[2]))
    planes = 0
    if np.isfinite(smooth):
        sigma = min(max(smooth, SIGMA_MIN_M), SIGMA_MAX_M)
        tolerance = min(max(REACH * sigma, TOLERANCE_M[0]), TOLERANCE_M[1])
        planes = _extract(
            at, cell_row, cell_column, x, y, z, usable, label, patch, spread, tolerance, least_cells, plane.shape[0]
        )
        for _ in range(ROUNDS):
            if planes == 0:
                break
            joined = _join(label, x, y, z, planes, sigma)
            before = planes
            planes = _refit(label, x, y, z, planes, plane, least_cells)
            moved = _settle(at, cell_row, cell_column, x, y, z, usable, label, plane, sigma, tolerance)
            moved += _settle(at, cell_row, cell_column, x, y, z, usable, label, plane, sigma, tolerance)
            if moved == 0 and joined == 0 and planes == before:
                break
        planes = _refit(label, x, y, z, planes, plane, least_cells)
        if _stitch(at, cell_row, cell_column, x, y, label, plane, planes, cell):
            planes = _refit(label, x, y, z, planes, plane, least_cells)
        _no_walls(at, cell_row, cell_column, label, plane, planes)
        _sweep(at, cell_row, cell_column, label)
        planes = _refit(label, x, y, z, planes, plane, least_cells)
        _no_crowns(label, plane, planes)
        planes = _refit(label, x, y, z, planes, plane, least_cells)
        face_walls(sums(label, x, y, z, planes), plane, planes, axis)
    planes = as_ridge(
        x, y, z, usable, label, plane, planes, axis, cell, TOLERANCE_M[0], TOLERANCE_M[1], JOIN * SIGMA_MIN_M**2,
        least_cells, FREE,
    )  # fmt: skip
    _close(at, cell_row, cell_column, z, above, label)
    return planes


@njit(cache=True, nogil=True)
def fit(
    offset: NDArray[np.int64],
    row: NDArray[np.int32],
    column: NDArray[np.int32],
    z: NDArray[np.float64],
    above: NDArray[np.float64],
    size: NDArray[np.float64],
    axis: NDArray[np.float64],
    least_cells: int,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    """
    Find the planes of every building.

    Parameters
    ----------
    offset, row, column
        Cells of the buildings (CSR), as `plane_cells.burn` gives them.
    z, above : array, shape (cells,)
        Surface, and surface above the ground; missing values are nan. [m]
    size : array, shape (4,)
        East and north steps of one column and one row: east per column, east per row, north per column, north per row.
    axis : array, shape (buildings, 2)
        Unit vector (east, north) along or across most walls.
    least_cells : int
        Cells below which a plane is not trusted.

    Returns
    -------
    label : array, shape (cells,)
        Number of the cell's plane within its building, or `BLOCKED`, `LOW`, `UNSEEN`, `EDGE`.
    first : array, shape (buildings + 1,)
        First plane of each building in `plane`.
    plane : array, shape (planes, 4)
        Slope east and north, height where the building's first column and row begin [m], and spread of its cells [m].
    """
    buildings = offset.size - 1
    label = np.empty(row.size, np.int32)
    first = np.zeros(buildings + 1, np.int64)
    found = np.empty((64 + 4 * buildings, PARTS))
    total = 0
    for b in range(buildings):
        lo, hi = offset[b], offset[b + 1]
        if hi > lo:
            r, c = row[lo:hi] - row[lo:hi].min(), column[lo:hi] - column[lo:hi].min()
            lowest = np.inf
            for k in range(lo, hi):
                lowest = min(lowest, z[k] if z[k] == z[k] else lowest)
            some = np.zeros(((hi - lo) // least_cells + 2, PARTS))
            planes = _one(r, c, z[lo:hi] - lowest, above[lo:hi], size, axis[b], least_cells, label[lo:hi], some)
            if total + planes > found.shape[0]:
                larger = np.empty((2 * (total + planes), PARTS))
                larger[:total] = found[:total]
                found = larger
            found[total : total + planes] = some[:planes]
            found[total : total + planes, 2] += lowest
            total += planes
        first[b + 1] = total
    return label, first, found[:total]
