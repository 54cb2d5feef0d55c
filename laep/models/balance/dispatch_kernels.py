"""
Compiled loops over half-hours for one battery behind one connection: a rule, and the exact optimum.

Everything here works on plain arrays in kW and kWh, one segment a row, and checks nothing: that is the business of
`laep.models.balance.dispatch`. Each segment is worked out on its own and in one order, so results do not depend on how
rows are shared among threads; the kernels release the interpreter's lock and several threads call them.

The optimum rests on the value of holding energy being a convex, piecewise linear function of the state: let V[t](s) be
the least cost of the rest of the year when the battery holds s before half-hour t, and g[t](x) the cost of a half-hour
in which the state rises by x. Then V[t](s) = min over x of g[t](x) + V[t+1](s + x): an infimal convolution, which for
convex piecewise linear functions is a merge of their pieces in order of slope (Rockafellar, Convex Analysis, 1970,
section 16). A function is held as its left end and the slopes and lengths of its pieces: which states are cheapest
does not hang on its level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

TOTALS = (
    "import_kw", "export_kw", "charge_kw", "discharge_kw", "peak_import_kw", "peak_export_kw", "balanced", "cost",
    "marked_import_kw", "demand_kw", "generation_kw", "least",
)  # fmt: skip
"""Columns that `rule_totals` fills: sums over half-hours, two peaks, a count, a cost, import in marked periods, the
two inputs, and the least value of either input, which tells whether one was negative."""
PIECES = 3
"""The cost of a half-hour has this many straight pieces, some of them perhaps of no length."""
FAST = {"nnan", "nsz"}
"""No input is missing and the sign of zero is nobody's concern; sums keep their order, so results stay the same."""
LEAST_KW = 1e-9
"""Less than this is not moved: beside other loads it is lost in the last digits of a number."""
HALVINGS = 60
"""Times the range of a level is halved: enough for the last digit of a number."""
SLIVER = 1e-13
"""A piece shorter than this share of the battery is rounding error of the trimming, and dropped."""


@njit(cache=True, nogil=True)
def _closing_state(demand: Array, generation: Array, energy: float, power: float, eta: float, hours: float) -> float:
    """
    Return the state that a year of the rule leads back to.

    The steps from some half-hour to the end of the year turn state s into clip(s + total, low, high). Going back from
    the end, low and high soon meet, and with them the state is known. If they never do, it is the high end when the
    year gains energy and the low one when it does not.
    """
    total, low, high = 0.0, 0.0, energy
    for t in range(demand.size - 1, -1, -1):
        net = generation[t] - demand[t]
        change = min(max(net, 0.0), power) * eta * hours - min(max(-net, 0.0), power) * hours / eta
        new_low, new_high = min(max(total, low), high), min(max(energy + total, low), high)
        total += change
        low, high = new_low, new_high
        if low == high:
            return low
    return high if total > 0 else low


@njit(cache=True, nogil=True)
def closing_states(
    demand: Array, generation: Array, row: Integers, energy: Array, power: Array, eta: float, hours: float, first: int,
    last: int, out: Array,
) -> None:  # fmt: skip
    """Fill `out` with the state that a year of the rule leads back to, for cases `first` to `last`."""
    for i in range(first, last):
        out[i] = _closing_state(demand[row[i]], generation[row[i]], energy[i], power[i], eta, hours)


@njit(cache=True, nogil=True, fastmath=FAST)
def rule_flows(
    demand: Array, generation: Array, energy: Array, power: Array, start: Array, eta: float, hours: float, first: int,
    last: int, imported: Array, exported: Array, charge: Array, discharge: Array, state: Array,
) -> None:  # fmt: skip
    """Fill the flows of segments `first` to `last` under the self-consumption rule."""
    rise, fall = eta * hours, hours / eta
    for i in range(first, last):
        held = start[i]
        state[i, 0] = held
        for t in range(demand.shape[1]):
            net = generation[i, t] - demand[i, t]
            surplus, deficit = max(net, 0.0), max(-net, 0.0)
            after = held + min(surplus, power[i]) * rise - min(deficit, power[i]) * fall
            after = max(min(after, energy[i]), 0.0)
            into = min(max(after - held, 0.0) / rise, surplus)
            out_of = min(max(held - after, 0.0) / fall, deficit)
            held = after
            charge[i, t] = into
            discharge[i, t] = out_of
            imported[i, t] = deficit - out_of
            exported[i, t] = surplus - into
            state[i, t + 1] = held


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _range(need: Array, made: Array) -> tuple[float, float]:
    """Return the highest of one series and the lowest of both, four at a time: each waits for the one before it."""
    top_a = top_b = top_c = top_d = 0.0
    low_a = low_b = low_c = low_d = 0.0
    whole = need.size // 4 * 4
    for t in range(0, whole, 4):
        top_a, low_a = max(top_a, need[t]), min(low_a, need[t], made[t])
        top_b, low_b = max(top_b, need[t + 1]), min(low_b, need[t + 1], made[t + 1])
        top_c, low_c = max(top_c, need[t + 2]), min(low_c, need[t + 2], made[t + 2])
        top_d, low_d = max(top_d, need[t + 3]), min(low_d, need[t + 3], made[t + 3])
    for t in range(whole, need.size):
        top_a, low_a = max(top_a, need[t]), min(low_a, need[t], made[t])
    return max(top_a, top_b, top_c, top_d), min(low_a, low_b, low_c, low_d)


@njit(cache=True, nogil=True, fastmath=FAST)
def rule_totals(
    demand: Array, generation: Array, row: Integers, energy: Array, power: Array, start: Array, eta: float,
    hours: float, limit: float, buy: Array, sell: Array, marked: Array, first: int, last: int, out: Array,
) -> None:  # fmt: skip
    """
    Fill the rows `first` to `last` of `out` (columns `TOTALS`) with the rule on series `row[i]`, keeping no flows.

    A half-hour is balanced when it draws and sends no more than `limit` times the highest demand.
    """
    rise, fall = eta * hours, hours / eta
    per_rise, per_fall = 1.0 / rise, 1.0 / fall
    for i in range(first, last):
        held, most, size = start[i], power[i], energy[i]
        need, made = demand[row[i]], generation[row[i]]
        top, least = _range(need, made)
        edge = limit * top
        used = produced = drawn = sent = into_sum = out_sum = top_drawn = top_sent = cost = marked_sum = 0.0
        balanced = 0
        for t in range(need.size):
            net = made[t] - need[t]
            change = min(max(net, 0.0), most) * rise - min(max(-net, 0.0), most) * fall
            after = max(min(held + change, size), 0.0)
            into = max(after - held, 0.0) * per_rise
            out_of = max(held - after, 0.0) * per_fall
            held = after
            rest = net - into + out_of
            taken, given = max(-rest, 0.0), max(rest, 0.0)
            used += need[t]
            produced += made[t]
            drawn += taken
            sent += given
            into_sum += into
            out_sum += out_of
            top_drawn = max(top_drawn, taken)
            top_sent = max(top_sent, given)
            cost += taken * buy[t] - given * sell[t]
            marked_sum += taken * marked[t]
            balanced += (taken <= edge) & (given <= edge)
        out[i, 0] = drawn
        out[i, 1] = sent
        out[i, 2] = into_sum
        out[i, 3] = out_sum
        out[i, 4] = top_drawn
        out[i, 5] = top_sent
        out[i, 6] = balanced
        out[i, 7] = cost * hours
        out[i, 8] = marked_sum
        out[i, 9] = used
        out[i, 10] = produced
        out[i, 11] = least


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _half_hour(
    net: float, buy: float, sell: float, up: float, down: float, eta: float, slopes: Array, lengths: Array
) -> None:
    """
    Fill the pieces of x -> g(-x) for one half-hour, steepest fall first.

    `net` is generation less demand in kWh; `up` and `down` are the largest rise and fall of the state in kWh.
    """
    per = 1.0 / eta
    if net > 0:
        own = min(net * eta, up)
        slopes[0], lengths[0] = -buy * per, up - own
        slopes[1], lengths[1] = -sell * per, own
        slopes[2], lengths[2] = -sell * eta, down
    else:
        own = min(-net * per, down)
        slopes[0], lengths[0] = -buy * per, up
        slopes[1], lengths[1] = -buy * eta, own
        slopes[2], lengths[2] = -sell * eta, down - own


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _before(
    net: float, buy: float, sell: float, up: float, down: float, eta: float, size: float, left: float, slopes: Array,
    lengths: Array, at: int, count: int, new_slopes: Array, new_lengths: Array, new_at: int, own_slopes: Array,
    own_lengths: Array,
) -> tuple[float, int]:  # fmt: skip
    """Write the pieces of V[t] at `new_at`, given those of V[t+1] at `at`; return its left end and count."""
    left -= up
    _half_hour(net, buy, sell, up, down, eta, own_slopes, own_lengths)
    cut = max(-left, 0.0)
    left = max(left, 0.0)
    room = size - left
    sliver = SLIVER * size
    i, j, end, written = at, 0, at + count, new_at
    while i < end or j < PIECES:
        if j >= PIECES or (i < end and slopes[i] <= own_slopes[j]):
            slope, length = slopes[i], lengths[i]
            i += 1
        else:
            slope, length = own_slopes[j], own_lengths[j]
            j += 1
        if cut > 0:
            gone = min(cut, length)
            cut -= gone
            length -= gone
        if length <= sliver:
            continue
        if room <= sliver:
            break
        length = min(length, room)
        room -= length
        if written > new_at and new_slopes[written - 1] == slope:
            new_lengths[written - 1] += length
        else:
            new_slopes[written], new_lengths[written] = slope, length
            written += 1
    return left, written - new_at


@njit(cache=True, nogil=True, fastmath=FAST)
def optimal_states(
    demand: Array, generation: Array, buy: Array, sell: Array, size: float, power: float, start: float, end: float,
    eta: float, hours: float, slopes: Array, lengths: Array, places: Integers, lefts: Array, states: Array,
) -> bool:  # fmt: skip
    """
    Fill `states` with the state before each half-hour and after the last on a cheapest year of one segment.

    The pieces of every V[t] are kept in `slopes` and `lengths`, those of t between `places[t + 1]` and `places[t]`;
    returns False when they were too short. Going forward, the state after a half-hour is found by walking the same
    merge: what it takes of V[t+1]'s pieces up to the present state is the state to go to.
    """
    periods = demand.size
    own_slopes, own_lengths = np.empty(PIECES), np.empty(PIECES)
    up, down = power * hours * eta, power * hours / eta
    slopes[0], lengths[0] = 0.0, size - end
    count, left, at = 1, end, 0
    places[periods + 1], places[periods], lefts[periods] = 0, 1, end
    for t in range(periods - 1, -1, -1):
        after = at + count
        if after + count + PIECES > slopes.size:
            return False
        net = (generation[t] - demand[t]) * hours
        left, count = _before(
            net, buy[t], sell[t], up, down, eta, size, left, slopes, lengths, at, count, slopes, lengths, after,
            own_slopes, own_lengths,
        )  # fmt: skip
        at = after
        places[t], lefts[t] = after + count, left
    held = start
    states[0] = held
    for t in range(periods):
        net = (generation[t] - demand[t]) * hours
        _half_hour(net, buy[t], sell[t], up, down, eta, own_slopes, own_lengths)
        i, stop, j = places[t + 2], places[t + 1], 0
        rest = held - (lefts[t + 1] - up)
        taken = 0.0
        while rest > 0 and (i < stop or j < PIECES):
            if j >= PIECES or (i < stop and slopes[i] <= own_slopes[j]):
                part = min(rest, lengths[i])
                taken += part
                i += 1
            else:
                part = min(rest, own_lengths[j])
                j += 1
            rest -= part
        held = min(max(lefts[t + 1] + taken, 0.0), size)
        states[t + 1] = held
    return True


@njit(cache=True, nogil=True, inline="always")
def _added(level: float, stays: float, most: float) -> float:
    """Return what a half-hour takes when valleys are filled to `level`."""
    return min(max(level - stays, 0.0), most)


@njit(cache=True, nogil=True)
def _fill(stays: Array, ceiling: Array, moved: float, out: Array) -> None:
    """Fill `out` with `moved` in all, put where `stays` is lowest, at most `ceiling` in each half-hour."""
    low, high = stays.min(), (stays + ceiling).max()
    for _ in range(HALVINGS):
        level = 0.5 * (low + high)
        filled = 0.0
        for t in range(stays.size):
            filled += _added(level, stays[t], ceiling[t])
        if filled < moved:
            low = level
        else:
            high = level
    filled = 0.0
    for t in range(stays.size):
        out[t] = _added(high, stays[t], ceiling[t])
        filled += out[t]
    # the level is known to the last digits only: what is left over is a rounding error, spread in proportion
    out *= moved / filled


@njit(cache=True, nogil=True)
def fill_valleys(base: Array, load: Array, share: float, ceiling: Array, width: int, offset: int, out: Array) -> None:
    """
    Fill `out` with `load` after `share` of it has moved into the valleys of `base` within each window.

    Windows are `width` half-hours long and begin at `offset`; what lies before the first and after the last whole
    window is left as it is. At most `ceiling` is added to what stays in each half-hour; each window keeps its energy,
    and one without room for it is left as it is.
    """
    out[:] = load
    for first in range(offset, load.size - width + 1, width):
        last = first + width
        moved = load[first:last].sum() * share
        if moved <= LEAST_KW or ceiling[first:last].sum() < moved:
            continue
        fixed = load[first:last] * (1.0 - share)
        _fill(base[first:last] + fixed, ceiling[first:last], moved, out[first:last])
        out[first:last] += fixed
