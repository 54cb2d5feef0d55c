"""Compiled search over contiguous groups of network pieces, which `laep.models.balance.segment_search` prepares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

DAY = 48
"""Half-hours in a day, within which flexible load can move."""
OVERLAP, SUFFICIENCY, CONSUMPTION = 0, 1, 2
"""What a group is scored by: matched energy over all energy, over demand, or over generation."""
MOST_CHANGES = 200
"""A group is improved by one piece at a time, at most this often: far more than any group has needed."""


@njit(cache=True, nogil=True, inline="always")
def _day(used: Array, made: Array, more_used: Array, more_made: Array, sign: float, first: int) -> tuple[float, float]:
    """Return energy matched in its own half-hours, and generation left over, in one day; four sums side by side."""
    match_a = match_b = match_c = match_d = 0.0
    left_a = left_b = left_c = left_d = 0.0
    for t in range(first, first + DAY, 4):
        need, give = used[t] + sign * more_used[t], made[t] + sign * more_made[t]
        match_a += min(need, give)
        left_a += max(give - need, 0.0)
        need, give = used[t + 1] + sign * more_used[t + 1], made[t + 1] + sign * more_made[t + 1]
        match_b += min(need, give)
        left_b += max(give - need, 0.0)
        need, give = used[t + 2] + sign * more_used[t + 2], made[t + 2] + sign * more_made[t + 2]
        match_c += min(need, give)
        left_c += max(give - need, 0.0)
        need, give = used[t + 3] + sign * more_used[t + 3], made[t + 3] + sign * more_made[t + 3]
        match_d += min(need, give)
        left_d += max(give - need, 0.0)
    return match_a + match_b + (match_c + match_d), left_a + left_b + (left_c + left_d)


@njit(cache=True, nogil=True)
def matched(
    used: Array, made: Array, moves: Array, more_used: Array, more_made: Array, more_moves: Array, sign: float
) -> float:
    """
    Return the energy a group matches with one more piece (`sign` 1), or one fewer (-1).

    Fixed demand `used` is met in its own half-hour; what can move, `moves` a day, takes what generation is left that
    day.
    """
    total = 0.0
    for day in range(moves.size):
        now, left = _day(used, made, more_used, more_made, sign, day * DAY)
        total += now + min(moves[day] + sign * more_moves[day], left)
    return total


@njit(cache=True, nogil=True, inline="always")
def _score(energy: float, demand: float, generation: float, aim: int) -> float:
    below = demand + generation - energy
    if aim == SUFFICIENCY:
        below = demand
    elif aim == CONSUMPTION:
        below = generation
    return energy / below if below > 0 else 0.0


@njit(cache=True, nogil=True, inline="always")
def _allowed(homes: float, anchors: float, demand: float, generation: float, limits: Array) -> bool:
    least = limits[1] if anchors > 0 else limits[0]
    return bool(least <= homes <= limits[2] and limits[3] * demand <= generation <= limits[4] * demand)


@njit(cache=True, nogil=True, inline="always")
def _mismatch(demand: float, generation: float, limits: Array) -> float:
    """Return by how much yearly generation over demand lies outside its limits, and 1 more; 0 within them."""
    off = max(limits[3] * demand - generation, generation - limits[4] * demand)
    return 1.0 + off / demand if off > 0 and demand > 0 else 0.0


@njit(cache=True, nogil=True)
def _holds_together(inside: Flags, without: int, starts: Integers, nexts: Integers) -> bool:
    """Return whether a group stays in one part when one piece leaves it."""
    count, first = 0, -1
    for unit in range(inside.size):
        if inside[unit] and unit != without:
            count += 1
            first = unit
    if first < 0:
        return False
    seen = np.zeros(inside.size, dtype=np.bool_)
    waiting = np.empty(inside.size, dtype=np.int64)
    waiting[0], top, reached = first, 1, 1
    seen[first] = True
    while top:
        top -= 1
        unit = waiting[top]
        for k in range(starts[unit], starts[unit + 1]):
            other = nexts[k]
            if inside[other] and not seen[other] and other != without:
                seen[other] = True
                waiting[top] = other
                top += 1
                reached += 1
    return reached == count


@njit(cache=True, nogil=True)
def _border(inside: Flags, starts: Integers, nexts: Integers) -> Flags:
    """Return the pieces outside that touch the group."""
    edge = np.zeros(inside.size, dtype=np.bool_)
    for unit in range(inside.size):
        if inside[unit]:
            for k in range(starts[unit], starts[unit + 1]):
                edge[nexts[k]] = not inside[nexts[k]]
    return edge


@njit(cache=True, nogil=True)
def _best_change(
    inside: Flags, sums: Array, used: Array, made: Array, moves: Array, all_used: Array, all_made: Array,
    all_moves: Array, sizes: Array, starts: Integers, nexts: Integers, limits: Array, aim: int, grow: bool,
) -> tuple[int, float]:  # fmt: skip
    """
    Return the piece whose joining, or leaving, gives the best score, and that score; -1 when there is none.

    While growing, only joining counts and a group may be too small or, if there is no other way, badly matched; else it
    must stay allowed.
    """
    edge = _border(inside, starts, nexts)
    best, score = -1, -np.inf
    for unit in range(inside.size):
        if not (edge[unit] or (inside[unit] and not grow)):
            continue
        sign = -1.0 if inside[unit] else 1.0
        homes, anchors = sums[0] + sign * sizes[unit, 0], sums[1] + sign * sizes[unit, 1]
        demand, generation = sums[2] + sign * sizes[unit, 2], sums[3] + sign * sizes[unit, 3]
        if homes > limits[2] or not (grow or _allowed(homes, anchors, demand, generation, limits)):
            continue
        if inside[unit] and not _holds_together(inside, unit, starts, nexts):
            continue
        energy = matched(used, made, moves, all_used[unit], all_made[unit], all_moves[unit], sign)
        found = _score(energy, demand, generation, aim) - _mismatch(demand, generation, limits)
        if found > score:
            best, score = unit, found
    return best, score


@njit(cache=True, nogil=True)
def _change(
    unit: int, inside: Flags, sums: Array, used: Array, made: Array, moves: Array, all_used: Array, all_made: Array,
    all_moves: Array, sizes: Array,
) -> None:  # fmt: skip
    """Let a piece join the group, or leave it; sums are made anew on leaving, so that no rounding stays behind."""
    if not inside[unit]:
        inside[unit] = True
        sums += sizes[unit]
        used += all_used[unit]
        made += all_made[unit]
        moves += all_moves[unit]
        return
    inside[unit] = False
    sums[:] = 0.0
    used[:] = 0.0
    made[:] = 0.0
    moves[:] = 0.0
    for other in range(inside.size):
        if inside[other]:
            sums += sizes[other]
            used += all_used[other]
            made += all_made[other]
            moves += all_moves[other]


@njit(cache=True, nogil=True)
def alone(all_used: Array, all_made: Array, all_moves: Array, sizes: Array, aim: int, scores: Array) -> None:
    """Fill `scores` with that of each piece as a group of its own."""
    nothing, still = np.zeros(all_used.shape[1]), np.zeros(all_moves.shape[1])
    for seed in range(scores.size):
        energy = matched(all_used[seed], all_made[seed], all_moves[seed], nothing, nothing, still, 1.0)
        scores[seed] = _score(energy, sizes[seed, 2], sizes[seed, 3], aim)


@njit(cache=True, nogil=True)
def advance(
    all_used: Array, all_made: Array, all_moves: Array, sizes: Array, starts: Integers, nexts: Integers, limits: Array,
    aim: int, rows: Integers, inside: Flags, sums: Array, used: Array, made: Array, moves: Array, units: Integers,
    scores: Array,
) -> None:  # fmt: skip
    """Let `units` join the groups in `rows`, and fill it with the piece that each would take next, and that score."""
    for row in rows:
        _change(
            units[row], inside[row], sums[row], used[row], made[row], moves[row], all_used, all_made, all_moves, sizes
        )
        units[row], scores[row] = _best_change(
            inside[row], sums[row], used[row], made[row], moves[row], all_used, all_made, all_moves, sizes, starts,
            nexts, limits, aim, True,
        )  # fmt: skip


@njit(cache=True, nogil=True)
def improve(
    all_used: Array, all_made: Array, all_moves: Array, sizes: Array, starts: Integers, nexts: Integers, limits: Array,
    aim: int, first: int, last: int, groups: Flags, scores: Array,
) -> None:  # fmt: skip
    """Let single pieces join or leave the groups `first` to `last`, the best change first, while their scores rise."""
    count, periods = all_used.shape
    for row in range(first, last):
        inside, sums = np.zeros(count, dtype=np.bool_), np.zeros(sizes.shape[1])
        used, made, moves = np.zeros(periods), np.zeros(periods), np.zeros(all_moves.shape[1])
        for unit in range(count):
            if groups[row, unit]:
                _change(unit, inside, sums, used, made, moves, all_used, all_made, all_moves, sizes)
        for _ in range(MOST_CHANGES):
            unit, score = _best_change(
                inside, sums, used, made, moves, all_used, all_made, all_moves, sizes, starts, nexts, limits, aim, False
            )
            if unit < 0 or score <= scores[row]:
                break
            _change(unit, inside, sums, used, made, moves, all_used, all_made, all_moves, sizes)
            scores[row] = score
        groups[row] = inside
