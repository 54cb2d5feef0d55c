"""
Compiled: from labelled cells to outlines that share their edges exactly.

The border between two labels runs along cell edges, in steps. Each border is straightened: onto the line in which two
planes meet, where it follows that line, else onto the straight pieces that fit its steps. A border belongs to both
sides and each of its points is moved once, so the outlines of a building neither overlap nor leave gaps; where
straightening would fold an outline, that outline keeps its steps.
"""
# ruff: noqa: C901, PLR0912  a compiled loop over cells reads best whole

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from laep.spatial.roofs.plane_cells import inner

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARGIN = 3
"""Cells by which labels are carried beyond the footprint, so that every outline reaches past the walls it is cut to."""
OUTSIDE = -9
RIDGE_MEAN, RIDGE_MOST = 0.8, 1.7
"""A border follows the line where its planes meet when it lies this near on average, and nowhere farther. [cells]"""
RIDGE_SLOPE = 0.07
"""Planes whose slopes differ by less meet in a line too uncertain to use: 4 degrees. [-]"""
BEND = 0.75
"""Steps this far off a straight piece begin another: a slanting wall makes steps of half a cell. [cells]"""
HOLD = 0.02
"""Pull of a point to where it was, beside the pull of one line: settles points that only one line moves."""
FARTHEST, FARTHEST_OUT = 1.6, 6.0
"""No point moves farther, on the roof and on the frame round it. [cells]"""


@inner
def _spread(label: NDArray[np.int32], known: NDArray[np.bool_]) -> None:
    """Carry labels outward over unknown cells, ring by ring; the label most neighbours have, the lowest of equals."""
    height, width = label.shape
    todo = np.empty((height * width, 2), np.int32)
    new = np.empty(height * width, np.int32)
    left = 0
    for i in range(height):
        for j in range(width):
            if not known[i, j]:
                todo[left, 0], todo[left, 1] = i, j
                left += 1
    votes = np.empty(9, np.int32)
    while left:
        rest, done = 0, 0
        for q in range(left):
            i, j = todo[q, 0], todo[q, 1]
            count = 0
            for a in range(max(0, i - 1), min(height, i + 2)):
                for b in range(max(0, j - 1), min(width, j + 2)):
                    if known[a, b]:
                        votes[count] = label[a, b]
                        count += 1
            new[q] = OUTSIDE
            if count:
                most = 0
                for v in range(count):
                    same = 0
                    for w in range(count):
                        same += votes[w] == votes[v]
                    if same > most or (same == most and votes[v] < new[q]):
                        most, new[q] = same, votes[v]
                done += 1
        if not done:
            return
        for q in range(left):
            i, j = todo[q, 0], todo[q, 1]
            if new[q] != OUTSIDE:
                label[i, j], known[i, j] = new[q], True
            else:
                todo[rest, 0], todo[rest, 1] = i, j
                rest += 1
        left = rest


@inner
def _label_at(label: NDArray[np.int32], i: int, j: int) -> int:
    if i < 0 or j < 0 or i >= label.shape[0] or j >= label.shape[1]:
        return OUTSIDE
    here: int = label[i, j]
    return here


@inner
def _edge(label: NDArray[np.int32], i: int, j: int, way: int) -> bool:
    """Return whether a border leaves grid point (i, j): 0 east, 1 south, 2 west, 3 north."""
    if way == 0:
        return _label_at(label, i - 1, j) != _label_at(label, i, j)
    if way == 1:
        return _label_at(label, i, j - 1) != _label_at(label, i, j)
    if way == 2:
        return _label_at(label, i - 1, j - 1) != _label_at(label, i, j - 1)
    return _label_at(label, i - 1, j - 1) != _label_at(label, i - 1, j)


@inner
def _is_node(label: NDArray[np.int32], i: int, j: int) -> bool:
    """Return whether borders meet here: three or four leave, or it is a corner of the frame."""
    if (i == 0 or i == label.shape[0]) and (j == 0 or j == label.shape[1]):
        return True
    ways = 0
    for way in range(4):
        ways += _edge(label, i, j, way)
    return ways > 2


@inner
def _constrain(pull: NDArray[np.float64], n0: float, n1: float, d: float, weight: float) -> None:
    """Add the line n0 x + n1 y = d to the lines one point is pulled to."""
    pull[0] += weight * n0 * n0
    pull[1] += weight * n0 * n1
    pull[2] += weight * n1 * n1
    pull[3] += weight * n0 * d
    pull[4] += weight * n1 * d


@inner
def _meeting(
    plane: NDArray[np.float64], p: int, q: int, size: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Return the line (in columns and rows) where two planes meet as n0, n1, d, and how much their slopes differ."""
    a, b, c = plane[p, 0] - plane[q, 0], plane[p, 1] - plane[q, 1], plane[p, 2] - plane[q, 2]
    n0, n1 = a * size[0] + b * size[2], a * size[1] + b * size[3]
    length = np.hypot(n0, n1)
    if length < 1e-12:
        return 0.0, 0.0, 0.0, 0.0
    return n0 / length, n1 / length, -c / length, np.hypot(a, b)


@inner
def _line_through(path: NDArray[np.float64], first: int, last: int) -> tuple[float, float, float, bool]:
    """Return the straight line that fits the middles of the steps between two points of a path."""
    n = last - first
    if n < 3:
        return 0.0, 0.0, 0.0, False
    mx = my = xx = xy = yy = 0.0
    for k in range(first, last):
        mx += (path[k, 0] + path[k + 1, 0]) / 2
        my += (path[k, 1] + path[k + 1, 1]) / 2
    mx, my = mx / n, my / n
    for k in range(first, last):
        u, v = (path[k, 0] + path[k + 1, 0]) / 2 - mx, (path[k, 1] + path[k + 1, 1]) / 2 - my
        xx, xy, yy = xx + u * u, xy + u * v, yy + v * v
    turn = 0.5 * np.arctan2(2 * xy, xx - yy)  # direction of the longest spread
    n0, n1 = -np.sin(turn), np.cos(turn)
    return n0, n1, n0 * mx + n1 * my, True


@inner
def _bends(path: NDArray[np.float64], count: int, keep: NDArray[np.bool_], first: int, last: int) -> None:
    """Mark the points of a path without which it would stray more than `BEND` (Douglas and Peucker, 1973)."""
    stack = np.empty((count + 2, 2), np.int64)
    stack[0, 0], stack[0, 1] = first, last
    depth = 1
    while depth:
        depth -= 1
        a, b = stack[depth, 0], stack[depth, 1]
        dx, dy = path[b, 0] - path[a, 0], path[b, 1] - path[a, 1]
        length = np.hypot(dx, dy)
        worst, at = 0.0, -1
        for k in range(a + 1, b):
            u, v = path[k, 0] - path[a, 0], path[k, 1] - path[a, 1]
            off = abs(u * dy - v * dx) / length if length > 0 else np.hypot(u, v)
            if off > worst:
                worst, at = off, k
        if worst > BEND:
            keep[at] = True
            stack[depth, 0], stack[depth, 1] = a, at
            stack[depth + 1, 0], stack[depth + 1, 1] = at, b
            depth += 2


@inner
def _border(
    path: NDArray[np.float64],
    count: int,
    one: int,
    other: int,
    plane: NDArray[np.float64],
    size: NDArray[np.float64],
    within: NDArray[np.bool_],
    keep: NDArray[np.bool_],
    pull: NDArray[np.float64],
) -> None:
    """Choose which points of a border stay, and to which lines they are pulled."""
    if OUTSIDE in (one, other):
        return
    if min(one, other) < 0 and count <= 6:  # a chimney on a ridge is small but square
        keep[:count] = True
        return
    closed = path[0, 0] == path[count - 1, 0] and path[0, 1] == path[count - 1, 1]
    if one >= 0 and other >= 0 and not closed:
        n0, n1, d, differ = _meeting(plane, one, other, size)
        if differ > RIDGE_SLOPE:
            mean = most = seen = 0.0
            for k in range(count):  # where labels were only carried outward the steps say nothing
                if within[k]:
                    off = abs(n0 * path[k, 0] + n1 * path[k, 1] - d)
                    mean, most, seen = mean + off, max(most, off), seen + 1.0
            mean /= max(seen, 1.0)
            if seen and mean < RIDGE_MEAN and most < RIDGE_MOST:
                _constrain(pull[0], n0, n1, d, 1.0)
                _constrain(pull[count - 1], n0, n1, d, 1.0)
                return
    if closed and count <= 9:
        keep[:count] = True
        return
    if closed:
        far, at = 0.0, 0
        for k in range(count):
            off = np.hypot(path[k, 0] - path[0, 0], path[k, 1] - path[0, 1])
            if off > far:
                far, at = off, k
        keep[0] = keep[at] = keep[count - 1] = True
        _bends(path, count, keep, 0, at)
        _bends(path, count, keep, at, count - 1)
    else:
        _bends(path, count, keep, 0, count - 1)
    begin = 0
    for k in range(1, count):
        if keep[k] or k == count - 1:
            n0, n1, d, fits = _line_through(path, begin, k)
            if fits:
                _constrain(pull[begin], n0, n1, d, 0.5)
                _constrain(pull[k], n0, n1, d, 0.5)
            begin = k


@inner
def _straighten(
    label: NDArray[np.int32],
    plane: NDArray[np.float64],
    size: NDArray[np.float64],
    seen: NDArray[np.bool_],
    keep: NDArray[np.bool_],
    point: NDArray[np.float64],
) -> None:
    """Choose which grid points the outlines keep, and where those points go. Frame points stay on the frame."""
    height, width = label.shape
    step_i, step_j = np.array([0, 1, 0, -1]), np.array([1, 0, -1, 0])
    pull = np.zeros((height + 1, width + 1, 5))
    done = np.zeros((height + 1, width + 1, 4), np.bool_)
    room = 4 * (height + 2) * (width + 2) // 2 + 8
    path, corner = np.empty((room, 2)), np.empty((room, 2), np.int64)
    path_keep, path_pull, within = np.empty(room, np.bool_), np.empty((room, 5)), np.empty(room, np.bool_)
    for loops in range(2):  # borders from node to node first, then those that close on themselves
        for i in range(height + 1):
            for j in range(width + 1):
                node = _is_node(label, i, j)
                if node:
                    keep[i, j] = True
                if loops == 0 and not node:
                    continue
                for way in range(4):
                    if done[i, j, way] or not _edge(label, i, j, way):
                        continue
                    one, other = _sides(label, i, j, way)
                    a, b, go, count = i, j, way, 1
                    path[0, 0], path[0, 1], corner[0, 0], corner[0, 1] = j, i, i, j
                    while True:
                        done[a, b, go] = True
                        a, b = a + step_i[go], b + step_j[go]
                        done[a, b, (go + 2) % 4] = True
                        path[count, 0], path[count, 1], corner[count, 0], corner[count, 1] = b, a, a, b
                        count += 1
                        if (a == i and b == j) or _is_node(label, a, b):
                            break
                        back = (go + 2) % 4
                        for turn in range(4):
                            if turn != back and _edge(label, a, b, turn):
                                go = turn
                                break
                    path_keep[:count] = False
                    path_pull[:count] = 0.0
                    for k in range(count):
                        within[k] = False
                        for m in range(max(0, corner[k, 0] - 1), min(height, corner[k, 0] + 1)):
                            for n in range(max(0, corner[k, 1] - 1), min(width, corner[k, 1] + 1)):
                                within[k] |= seen[m, n]
                    _border(path, count, one, other, plane, size, within, path_keep, path_pull)
                    for k in range(count):
                        keep[corner[k, 0], corner[k, 1]] |= path_keep[k]
                        pull[corner[k, 0], corner[k, 1]] += path_pull[k]
    for i in range(height + 1):
        for j in range(width + 1):
            point[i, j, 0], point[i, j, 1] = j, i
            if keep[i, j] and pull[i, j, 0] + pull[i, j, 2] > 0:
                _place(i, j, height, width, pull[i, j], point[i, j])


@inner
def _sides(label: NDArray[np.int32], i: int, j: int, way: int) -> tuple[int, int]:
    if way == 0:
        return _label_at(label, i - 1, j), _label_at(label, i, j)
    if way == 1:
        return _label_at(label, i, j - 1), _label_at(label, i, j)
    if way == 2:
        return _label_at(label, i - 1, j - 1), _label_at(label, i, j - 1)
    return _label_at(label, i - 1, j - 1), _label_at(label, i - 1, j)


@inner
def _place(i: int, j: int, height: int, width: int, pull: NDArray[np.float64], point: NDArray[np.float64]) -> None:
    """Move one point to the lines it is pulled to; a point of the frame only along the frame."""
    xx, xy, yy = pull[0] + HOLD, pull[1], pull[2] + HOLD
    x, y = pull[3] + HOLD * j, pull[4] + HOLD * i
    if i in (0, height) and j in (0, width):
        return
    if i in (0, height):
        point[0] = min(max((x - xy * i) / xx, j - FARTHEST_OUT, 0.0), j + FARTHEST_OUT, width)
    elif j in (0, width):
        point[1] = min(max((y - xy * j) / yy, i - FARTHEST_OUT, 0.0), i + FARTHEST_OUT, height)
    else:
        det = xx * yy - xy * xy
        to_x, to_y = (x * yy - y * xy) / det, (y * xx - x * xy) / det
        if np.hypot(to_x - j, to_y - i) <= FARTHEST:
            point[0], point[1] = to_x, to_y


@inner
def _pieces(label: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    """Return which connected piece (by edges) each cell belongs to, and how many there are."""
    height, width = label.shape
    piece = np.full((height, width), -1, np.int32)
    queue = np.empty((height * width, 2), np.int32)
    count = 0
    for i in range(height):
        for j in range(width):
            if piece[i, j] >= 0:
                continue
            piece[i, j] = count
            queue[0, 0], queue[0, 1] = i, j
            head, tail = 0, 1
            while head < tail:
                a, b = queue[head, 0], queue[head, 1]
                head += 1
                for turn in range(4):
                    c, d = a + (turn == 0) - (turn == 1), b + (turn == 2) - (turn == 3)
                    if c < 0 or d < 0 or c >= height or d >= width or piece[c, d] >= 0:
                        continue
                    if label[c, d] == label[a, b]:
                        piece[c, d] = count
                        queue[tail, 0], queue[tail, 1] = c, d
                        tail += 1
            count += 1
    return piece, count


@inner
def _unmove(piece: NDArray[np.int32], which: int, keep: NDArray[np.bool_], point: NDArray[np.float64]) -> None:
    """Put the points round one piece, or all, back where the cells have them."""
    height, width = piece.shape
    for i in range(height + 1):
        for j in range(width + 1):
            touches = which < 0
            for a in range(i - 1, i + 1):
                for b in range(j - 1, j + 1):
                    touches = touches or _label_at(piece, a, b) == which
            if touches:
                keep[i, j] = True
                point[i, j, 0], point[i, j, 1] = j, i


@inner
def _inside(piece: NDArray[np.int32], i: int, j: int, way: int, which: int) -> bool:
    """Return whether the directed edge leaving (i, j) has piece `which` on its right and something else on its left."""
    if way == 0:
        right, left = _label_at(piece, i, j), _label_at(piece, i - 1, j)
    elif way == 1:
        right, left = _label_at(piece, i, j - 1), _label_at(piece, i, j)
    elif way == 2:
        right, left = _label_at(piece, i - 1, j - 1), _label_at(piece, i, j - 1)
    else:
        right, left = _label_at(piece, i - 1, j), _label_at(piece, i - 1, j - 1)
    return right == which and left != which


@inner
def _rings(
    label: NDArray[np.int32],
    keep: NDArray[np.bool_],
    point: NDArray[np.float64],
    xy: NDArray[np.float64],
    ring: NDArray[np.int64],
    owner: NDArray[np.int64],
    piece: NDArray[np.int32],
) -> tuple[int, int]:
    """Write the rings of every piece: its piece, label, 1 for a hole, 1 when folded; return points and rings."""
    height, width = label.shape
    step_i, step_j = np.array([0, 1, 0, -1]), np.array([1, 0, -1, 0])
    done = np.zeros((height + 1, width + 1, 4), np.bool_)
    points, rings = 0, 0
    for i in range(height):
        for j in range(width):
            which = piece[i, j]
            if done[i, j, 0] or not _inside(piece, i, j, 0, which):
                continue
            a, b, go = i, j, 0
            start, area, moved = points, 0.0, 0.0
            while not done[a, b, go]:
                done[a, b, go] = True
                if keep[a, b]:
                    xy[points] = point[a, b]
                    points += 1
                area += b * (a + step_i[go]) - (b + step_j[go]) * a
                a, b = a + step_i[go], b + step_j[go]
                for turn in (
                    3,
                    0,
                    1,
                ):  # left first: a piece that meets itself at a corner gets a hole there, not a knot
                    if _inside(piece, a, b, (go + turn) % 4, which):
                        go = (go + turn) % 4
                        break
            for k in range(start, points):
                m = k + 1 if k + 1 < points else start
                moved += xy[k, 0] * xy[m, 1] - xy[m, 0] * xy[k, 1]
            owner[rings, 3] = points - start < 3 or area * moved <= 0
            if points > start:
                xy[points] = xy[start]
                points += 1
            owner[rings, 0], owner[rings, 1], owner[rings, 2] = which, label[i, j], area < 0
            rings += 1
            ring[rings] = points
    return points, rings


@njit(cache=True, nogil=True)
def trace(
    offset: NDArray[np.int64],
    row: NDArray[np.int32],
    column: NDArray[np.int32],
    cell_label: NDArray[np.int32],
    first: NDArray[np.int64],
    plane: NDArray[np.float64],
    size: NDArray[np.float64],
    wanted: NDArray[np.int64],
    folded_first: NDArray[np.int64],
    folded: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """
    Return the outlines of every plane, and of every hole between them, carried a few cells beyond the footprints.

    Parameters
    ----------
    offset, row, column, cell_label, first, plane, size
        As `plane_kernel.fit` takes and gives them.
    wanted : array, shape (some buildings,)
        Buildings to trace.
    folded_first, folded : array, shape (some buildings + 1,) and (pieces,)
        Pieces of each (CSR) whose outlines keep to the cell edges; -1 for all pieces.

    Returns
    -------
    xy : array, shape (points, 2)
        Column and row, with fractions; rings are closed.
    ring : array, shape (rings + 1,)
        First point of each ring.
    owner : array, shape (rings, 5)
        Building, piece within it, label (as in `fit`), 1 for a hole in the piece, and 1 where straightening folded it.
    """
    all_xy, all_ring, all_owner = np.empty((4096, 2)), np.zeros(1024, np.int64), np.empty((1024, 5), np.int64)
    points, rings = 0, 0
    for w in range(wanted.size):
        b = wanted[w]
        lo, hi = offset[b], offset[b + 1]
        if first[b + 1] == first[b]:
            continue
        r0, c0 = row[lo:hi].min() - MARGIN, column[lo:hi].min() - MARGIN
        height, width = row[lo:hi].max() - r0 + 1 + MARGIN, column[lo:hi].max() - c0 + 1 + MARGIN
        label = np.full((height, width), OUTSIDE, np.int32)
        known = np.zeros((height, width), np.bool_)
        for k in range(lo, hi):
            if cell_label[k] != -5:  # an edge cell takes the label of the plane beside it
                label[row[k] - r0, column[k] - c0] = cell_label[k]
                known[row[k] - r0, column[k] - c0] = True
        seen = known.copy()
        _spread(label, known)
        planes = plane[first[b] : first[b + 1]].copy()
        planes[:, 2] -= MARGIN * (planes[:, 0] * (size[0] + size[1]) + planes[:, 1] * (size[2] + size[3]))
        keep = np.zeros((height + 1, width + 1), np.bool_)
        point = np.empty((height + 1, width + 1, 2))
        _straighten(label, planes, size, seen, keep, point)
        piece, _ = _pieces(label)
        for q in range(folded_first[w], folded_first[w + 1]):
            _unmove(piece, folded[q], keep, point)
        room = 4 * height * width + 8
        while points + room > all_xy.shape[0]:
            larger = np.empty((2 * all_xy.shape[0] + room, 2))
            larger[:points] = all_xy[:points]
            all_xy = larger
        xy, ring, owner = all_xy[points : points + room], np.zeros(room, np.int64), np.empty((room, 4), np.int64)
        count, more = _rings(label, keep, point, xy, ring, owner, piece)
        for _ in range(3):
            again = False
            for k in range(more):
                if owner[k, 3]:
                    _unmove(piece, owner[k, 0], keep, point)
                    again = True
            if not again:
                break
            count, more = _rings(label, keep, point, xy, ring, owner, piece)
        xy[:count, 0] += c0
        xy[:count, 1] += r0
        while rings + more + 1 > all_ring.size:
            bigger, wider = (
                np.zeros(2 * all_ring.size + more, np.int64),
                np.empty((2 * all_ring.size + more, 5), np.int64),
            )
            bigger[: rings + 1], wider[:rings] = all_ring[: rings + 1], all_owner[:rings]
            all_ring, all_owner = bigger, wider
        for k in range(more):
            all_ring[rings + k + 1] = points + ring[k + 1]
            all_owner[rings + k, 0] = b
            all_owner[rings + k, 1:] = owner[k]
        points, rings = points + count, rings + more
    return all_xy[:points], all_ring[: rings + 1], all_owner[:rings]
