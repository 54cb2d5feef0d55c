"""Compiled search for a tree of pipes over streets: buildings joined one by one, torn off and joined again.

A tree is held by the parent of each node (itself for the source, -1 outside), the way to the source along it, and the
flow through the edge to the parent. A stretch of pipe costs a part by its length and a part by length and flow.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

OUT = -1
"""Parent of a node that no pipe reaches."""
LEEWAY = 0.015
"""A tree that costs this much more may still be gone on from, at first: from there a better one may be reached."""


@njit(cache=True, nogil=True)
def _join(  # noqa: C901 - one loop over a heap, in the compiled language
    start: int, flow_kw: float, first: Whole, end: Whole, length: Array, fixed: float, by_kw: float, parent: Whole,
    way: Array, flow: Array, seen: Array, before: Whole, stamp: Whole, turn: int,
) -> float:  # fmt: skip
    """Join a node to the tree by the cheapest way; return what that costs, infinite where no way leads."""
    rate = fixed + by_kw * flow_kw
    heap = [(0.0, start)]
    seen[start], before[start], stamp[start] = 0.0, OUT, turn
    best, at = np.inf, OUT
    while heap:
        cost, node = heappop(heap)
        if cost > seen[node]:
            continue
        if cost >= best:
            break
        if parent[node] != OUT:
            whole = cost + by_kw * flow_kw * way[node]
            if whole < best:
                best, at = whole, node
            continue
        for edge in range(first[node], first[node + 1]):
            other = end[edge]
            reached = cost + rate * length[edge]
            if stamp[other] != turn or reached < seen[other]:
                seen[other], before[other], stamp[other] = reached, node, turn
                heappush(heap, (reached, other))
    if at == OUT:
        return np.inf
    node = at
    while before[node] != OUT:
        nearer = before[node]
        parent[nearer] = node
        way[nearer] = way[node] + (seen[node] - seen[nearer]) / rate
        node = nearer
    node = start
    while parent[node] != node:
        flow[node] += flow_kw
        node = parent[node]
    return best


@njit(cache=True, nogil=True)
def _tear(start: int, flow_kw: float, parent: Whole, flow: Array, held: Whole) -> None:
    """Take a node's flow off the tree, and with it the pipes that carry nothing then."""
    node = start
    held[start] -= 1
    while parent[node] != node:
        above = parent[node]
        flow[node] -= flow_kw
        if flow[node] <= 1e-9 and held[node] <= 0:
            flow[node] = 0.0
            parent[node] = OUT
        node = above


@njit(cache=True, nogil=True)
def _cost(parent: Whole, way: Array, flow: Array, fixed: float, by_kw: float) -> float:
    total = 0.0
    for node in range(parent.size):
        if parent[node] != OUT and parent[node] != node:
            total += (way[node] - way[parent[node]]) * (fixed + by_kw * flow[node])
    return total


@njit(cache=True, nogil=True)
def search(
    source: int, ends: Whole, flow_kw: Array, order: Whole, groups: Whole, first: Whole, end: Whole, length: Array,
    fixed: float, by_kw: float, parent: Whole, way: Array, flow: Array,
) -> float:  # fmt: skip
    """
    Find a cheap tree from a source to every end, and fill `parent`, `way` and `flow`; return what it costs.

    Parameters
    ----------
    source : int
        Node of the source.
    ends, flow_kw : arrays, shape (ends,)
        Node of each end, and what it draws.
    order : array, shape (ends,)
        Order in which ends are joined at first.
    groups : array, shape (rounds, size)
        Ends that are torn off together in each round, and joined again in this order; a round that leads to a dearer
        tree is undone, but for some at first (`LEEWAY`), and the cheapest tree of all is kept.
    first, end, length : arrays
        The graph as compressed rows.
    fixed, by_kw : float
        Cost of a metre, and of a metre and a unit of flow.
    parent, way, flow : arrays, shape (nodes,)
        Filled.
    """
    size = parent.size
    seen, before, stamp = np.zeros(size), np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    held = np.zeros(size, dtype=np.int64)
    parent[:] = OUT
    parent[source] = source
    way[:] = 0.0
    flow[:] = 0.0
    turn = 0
    for i in order:
        turn += 1
        held[ends[i]] += 1
        if not np.isfinite(
            _join(ends[i], flow_kw[i], first, end, length, fixed, by_kw, parent, way, flow, seen, before, stamp, turn)
        ):
            return np.inf
    cost = _cost(parent, way, flow, fixed, by_kw)
    now_parent, now_way, now_flow, now_held = parent.copy(), way.copy(), flow.copy(), held.copy()
    best, best_parent, best_way, best_flow = cost, parent.copy(), way.copy(), flow.copy()
    rounds = groups.shape[0]
    for round_ in range(rounds):
        for i in groups[round_]:
            if i >= 0:
                _tear(ends[i], flow_kw[i], parent, flow, held)
        for i in groups[round_]:
            if i >= 0:
                turn += 1
                held[ends[i]] += 1
                _join(
                    ends[i], flow_kw[i], first, end, length, fixed, by_kw, parent, way, flow, seen, before, stamp, turn
                )
        tried = _cost(parent, way, flow, fixed, by_kw)
        if tried < cost * (1 + LEEWAY * (1 - round_ / rounds)):
            cost = tried
            now_parent[:], now_way[:], now_flow[:], now_held[:] = parent, way, flow, held
            if cost < best:
                best = cost
                best_parent[:], best_way[:], best_flow[:] = parent, way, flow
        else:
            parent[:], way[:], flow[:], held[:] = now_parent, now_way, now_flow, now_held
    parent[:], way[:], flow[:] = best_parent, best_way, best_flow
    return best
