"""Compiled search for the rates at which yearly flows are worth nothing, which `laep.models.money.returns` asks.

With q = 1 + rate the worth of flows c is the polynomial sum(c_t q^-t). Its roots in (0, 1] of 1/q are the rates from 0
up, those of its reverse in (0, 1) of q the rates from -1 to 0, so no power grows without bound. Between two roots of
its derivative a polynomial meets zero at most once, and so its roots are found from the highest derivative down; where
the signs of its terms tell that there is one or none, that is spared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Integers = NDArray[np.int64]

_NOTHING = 1e-13
"""A worth below this share of all that goes in and out is none: a curve that touches zero is known by nothing else."""
_MOST_STEPS = 200


@njit(cache=True, nogil=True)
def _worth(terms: Array, x: float) -> tuple[float, float]:
    """Return a polynomial at `x`, lowest power first, and the sum of its terms without their signs."""
    worth = size = 0.0
    for k in range(terms.size - 1, -1, -1):
        worth = worth * x + terms[k]
        size = size * x + abs(terms[k])
    return worth, size


@njit(cache=True, nogil=True)
def _sign(terms: Array, x: float) -> int:
    worth, size = _worth(terms, x)
    if abs(worth) <= _NOTHING * size:
        return 0
    return 1 if worth > 0 else -1


@njit(cache=True, nogil=True)
def _between(terms: Array, low: float, high: float, rising: bool) -> float:
    """Return the one root between two points of opposite signs: Newton's steps, halving where one leads outside."""
    x = 0.5 * (low + high)
    for _ in range(_MOST_STEPS):
        worth = slope = 0.0
        for k in range(terms.size - 1, -1, -1):
            slope = slope * x + worth
            worth = worth * x + terms[k]
        if worth == 0.0:
            return x
        if (worth > 0) == rising:
            high = x
        else:
            low = x
        after = x - worth / slope if slope != 0.0 else low
        if not low < after < high:
            after = 0.5 * (low + high)
        if after in (low, high) or after == x:
            return x
        x = after
    return x


@njit(cache=True, nogil=True)
def _most_roots(terms: Array) -> int:
    """
    Return how many roots in (0, 1) a polynomial has at most, and has if it is 0 or 1; -1 where rounding might decide.

    The sign changes of (1 + y)^n p(1 / (1 + y)), whose positive roots are those in question (Budan 1807, Vincent 1836).
    """
    shifted, size = terms[::-1].copy(), np.abs(terms[::-1])
    for first in range(terms.size - 1):
        for k in range(terms.size - 2, first - 1, -1):
            shifted[k] += shifted[k + 1]
            size[k] += size[k + 1]
    changes, before = 0, 0.0
    for k in range(terms.size):
        if abs(shifted[k]) <= _NOTHING * size[k]:
            return -1
        if before * shifted[k] < 0:
            changes += 1
        before = np.sign(shifted[k])
    return changes


@njit(cache=True, nogil=True)
def _roots_by_derivatives(terms: Array) -> Array:
    """Return the real roots of any polynomial in (0, 1]: each derivative's roots part those of the one above it."""
    degree = terms.size - 1
    found = np.zeros(0)
    derivative = np.empty((degree + 1, degree + 1))
    derivative[0] = terms
    for order in range(1, degree + 1):
        for k in range(degree - order + 1):
            derivative[order, k] = derivative[order - 1, k + 1] * (k + 1) / order
    for order in range(degree - 1, -1, -1):
        part = derivative[order, : degree - order + 1]
        ends = np.empty(found.size + 2)
        ends[0], ends[1:-1], ends[-1] = 0.0, found, 1.0
        signs = np.empty(ends.size, dtype=np.int64)
        for i in range(ends.size):
            signs[i] = _sign(part, ends[i])
        roots, count = np.empty(2 * ends.size), 0
        for i in range(1, ends.size):
            if signs[i - 1] * signs[i] < 0:
                roots[count] = _between(part, ends[i - 1], ends[i], signs[i] > 0)
                count += 1
            elif signs[i] == 0 and ends[i] > (roots[count - 1] if count else 0.0):
                roots[count] = ends[i]
                count += 1
        found = roots[:count].copy()
    return found


@njit(cache=True, nogil=True)
def _roots_in_unit(terms: Array) -> Array:
    """Return the real roots of a polynomial in (0, 1], in order, each once."""
    most = _most_roots(terms)
    if most == 0:
        return np.zeros(0)
    if most == 1:
        return np.full(1, _between(terms, 0.0, 1.0, terms[0] < 0))
    return _roots_by_derivatives(terms)


@njit(cache=True, nogil=True)
def _trimmed(flows: Array) -> Array:
    """Return flows from the first to the last year in which money moves."""
    first, last = 0, flows.size
    while first < last and flows[first] == 0.0:
        first += 1
    while last > first and flows[last - 1] == 0.0:
        last -= 1
    return flows[first:last]


@njit(cache=True, nogil=True)
def rates(flows: Array) -> Array:
    """Return every real rate above -1 at which yearly flows are worth nothing, in order. [fraction/yr]."""
    moved = _trimmed(flows)
    if moved.size < 2:
        return np.zeros(0)
    below = _roots_in_unit(moved[::-1].copy())
    above = _roots_in_unit(moved.copy())
    below = below[below < 1.0]
    found = np.empty(below.size + above.size)
    found[: below.size] = below - 1.0
    found[below.size :] = 1.0 / above[::-1] - 1.0
    return found


@njit(cache=True, nogil=True)
def sign_changes(flows: Array) -> int:
    """Return how often yearly flows change from in to out or back; years without a flow are passed over."""
    changes, before = 0, 0.0
    for flow in flows:
        if flow != 0.0:
            if before * flow < 0.0:
                changes += 1
            before = np.sign(flow)
    return changes


@njit(cache=True, nogil=True)
def _one_rate(flows: Array) -> float:
    """Return the rate of flows that change sign once, which have just one; missing beside -1."""
    moved = _trimmed(flows)
    total, _ = _worth(moved, 1.0)
    forward = total * moved[-1] > 0  # what comes in the end outweighs what went before
    terms = moved.copy() if forward else moved[::-1].copy()
    x = _between(terms, 0.0, 1.0, terms[0] < 0)
    return 1.0 / x - 1.0 if forward else x - 1.0


@njit(cache=True, nogil=True, parallel=True)
def returns(flows: Array) -> tuple[Array, Integers, Integers]:
    """Return of each row of flows its rate, missing unless there is just one, its rates' number and sign changes."""
    rate = np.full(flows.shape[0], np.nan)
    count = np.zeros(flows.shape[0], dtype=np.int64)
    changes = np.zeros(flows.shape[0], dtype=np.int64)
    for i in prange(flows.shape[0]):
        changes[i] = sign_changes(flows[i])
        if changes[i] == 1:
            rate[i], count[i] = _one_rate(flows[i]), 1
        elif changes[i] > 1:
            found = rates(flows[i])
            count[i] = found.size
            if found.size == 1:
                rate[i] = found[0]
    return rate, count, changes
