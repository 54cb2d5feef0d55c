"""A heat network as a tree of pipes over streets: exact on small cases, by search on large ones.

The cost of a stretch is a part by its length (the trench) and a part by its length and what flows through it (a wider
pipe), so the best tree is neither the shortest nor that of shortest ways. Small cases go to HiGHS as a flow from the
source to every building of its own; larger ones are joined building by building and mended by tearing neighbours off
and joining them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix, csr_matrix, hstack, identity, kron, vstack
from scipy.sparse.csgraph import dijkstra

from laep.models.energy import heat_tree_kernel as kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

ROUNDS, TORN, QUICK = 400, 20, 10
"""Times each building is torn off with some of its neighbours, how many are at once, and how often where a plan lays
many networks, which is a little dearer and forty times as fast."""
MOST_ROUNDS = 40_000
"""No more groups than this are tried, whatever the number of buildings."""
_SEED = 20290
_MARGIN_M = 60.0


class Pipes(NamedTuple):
    """Stretches of a tree: node at each end, the one nearer to the source first, length [m], and flow [kW]."""

    start: Whole
    end: Whole
    length_m: Array
    flow_kw: Array

    def cost(self, *, fixed: float, by_kw: float) -> float:
        """Return what the tree costs: `fixed` a metre and `by_kw` a metre and kW."""
        return float((self.length_m * (fixed + by_kw * self.flow_kw)).sum())


def lay(
    graph: csr_matrix, nodes: Array, source: int, ends: Whole, flow_kw: Array, *, fixed: float, by_kw: float,
    most_flows: int,
) -> Pipes:  # fmt: skip
    """
    Lay pipes from a source to buildings: proven to be the cheapest tree where that is quick, else by search.

    Parameters
    ----------
    nodes : array, shape (nodes, 2)
        Where the nodes of the graph are. [m]
    most_flows : int
        Most ends times directions of stretches that HiGHS is asked for.

    Notes
    -----
    Only streets in the box round the ends, and half its size again on each side, are looked at; with them all where
    that cuts an end off. Other parameters as in `grow`.
    """
    every = np.append(ends, source)
    low, high = nodes[every].min(axis=0), nodes[every].max(axis=0)
    margin = (high - low).max() / 2 + _MARGIN_M
    inside = np.flatnonzero(((nodes >= low - margin) & (nodes <= high + margin)).all(axis=1))
    place = np.full(len(nodes), -1, dtype=np.int64)
    place[inside] = np.arange(len(inside))
    part = graph[inside][:, inside]
    if not np.isfinite(dijkstra(part, directed=False, indices=place[source])[place[ends]]).all():
        inside, place, part = np.arange(len(nodes)), np.arange(len(nodes)), graph
    start, flows = int(place[source]), len(np.unique(ends)) * part.nnz
    found = None
    if flows <= most_flows:
        found = exact(part, start, place[ends], flow_kw, fixed=fixed, by_kw=by_kw)
    if found is None:
        found = grow(part, start, place[ends], flow_kw, fixed=fixed, by_kw=by_kw, rounds=QUICK)
    return Pipes(inside[found.start], inside[found.end], found.length_m, found.flow_kw)


def grow(
    graph: csr_matrix, source: int, ends: Whole, flow_kw: Array, *, fixed: float, by_kw: float, rounds: int = ROUNDS
) -> Pipes:  # fmt: skip
    """
    Find a cheap tree of pipes from a source to every end by search.

    Parameters
    ----------
    graph : csr_matrix, shape (nodes, nodes)
        Lengths of stretches of street, both ways. [m]
    source : int
        Node of the energy centre.
    ends, flow_kw : arrays, shape (ends,)
        Node of each building, all on the source's part of the graph, and what it draws. [kW]
    fixed, by_kw : float
        Cost of a metre of pipe, and of a metre and kW.
    rounds : int
        Times each building is torn off and joined again.

    Notes
    -----
    Repeatable: groups that are torn off together are drawn with a fixed seed, nearest neighbours along the streets of
    one building each.
    """
    ends, flow_kw = _merged(ends, flow_kw)
    away = dijkstra(graph, directed=False, indices=source)[ends]
    kept = ends != source
    ends, flow_kw, away = ends[kept], flow_kw[kept], away[kept]
    parent = np.zeros(graph.shape[0], dtype=np.int64)
    way, flow = np.zeros(graph.shape[0]), np.zeros(graph.shape[0])
    if not len(ends):
        return _pipes(parent - 1, way, flow)
    kernel.search(
        source, ends, flow_kw, np.argsort(away, kind="stable"), _groups(graph, ends, rounds),
        graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data.astype(np.float64),
        fixed, by_kw, parent, way, flow,
    )  # fmt: skip
    return _pipes(parent, way, flow)


def exact(
    graph: csr_matrix, source: int, ends: Whole, flow_kw: Array, *, fixed: float, by_kw: float, seconds: float = 60.0
) -> Pipes | None:
    """
    Find the cheapest tree of pipes with HiGHS; None where it was not proven in time. Parameters as in `grow`.

    Notes
    -----
    A flow of its own runs to each end, at most one through a pipe that is laid: a bound that is close to the optimum,
    at the price of a variable an end and direction of a stretch. Meant for some thousands of those.
    """
    ends, flow_kw = _merged(ends, flow_kw)
    kept = ends != source
    ends, flow_kw = ends[kept], flow_kw[kept]
    upper = coo_matrix(graph)
    one_way = upper.row < upper.col
    row, col, length = upper.row[one_way], upper.col[one_way], upper.data[one_way]
    tails, heads = np.concatenate([row, col]), np.concatenate([col, row])
    nodes, arcs, goods = graph.shape[0], len(tails), len(ends)
    out = coo_matrix((np.ones(arcs), (tails, np.arange(arcs))), shape=(nodes, arcs))
    into = coo_matrix((np.ones(arcs), (heads, np.arange(arcs))), shape=(nodes, arcs))
    balance = kron(identity(goods), out - into)
    asked = np.zeros((goods, nodes))
    asked[:, source] += 1.0
    asked[np.arange(goods), ends] -= 1.0
    flows = kron(identity(goods), identity(arcs))
    laid = kron(np.ones((goods, 1)), identity(arcs))
    left = csr_matrix((goods * nodes, arcs))
    lines = vstack([hstack([balance, left]), hstack([flows, -laid])]).tocsr()
    limits = np.concatenate([asked.ravel(), np.full(goods * arcs, -np.inf)])
    tops = np.concatenate([asked.ravel(), np.zeros(goods * arcs)])
    metres = np.tile(length, 2)
    price = np.concatenate([(by_kw * flow_kw[:, None] * metres[None, :]).ravel(), fixed * metres])
    whole = np.concatenate([np.zeros(goods * arcs), np.ones(arcs)])
    found = milp(
        price, constraints=LinearConstraint(lines, limits, tops), integrality=whole, bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 1e-6},
    )  # fmt: skip
    if found.status != 0:
        return None
    carried = (np.rint(found.x[: goods * arcs]).reshape(goods, arcs) * flow_kw[:, None]).sum(axis=0)
    used = np.flatnonzero(carried > 0)
    return Pipes(tails[used].astype(np.int64), heads[used].astype(np.int64), metres[used], carried[used])


def _merged(ends: Whole, flow_kw: Array) -> tuple[Whole, Array]:
    """Return each node once, with what all buildings there draw."""
    nodes, back = np.unique(ends, return_inverse=True)
    return nodes.astype(np.int64), np.bincount(back.reshape(-1), weights=flow_kw).astype(np.float64)


def _groups(graph: csr_matrix, ends: Whole, each: int) -> Whole:
    """Return which ends are torn off together, round by round: a drawn end and some of its nearest, in drawn order."""
    rng = np.random.default_rng(_SEED)
    rounds = min(each * len(ends), MOST_ROUNDS)
    size = min(TORN, len(ends))
    picked = rng.permutation(np.resize(np.arange(len(ends)), rounds))
    near = _nearest(graph, ends, min(2 * size, len(ends)))
    mixed = np.argsort(rng.random((rounds, near.shape[1])), axis=1)[:, :size]
    groups = np.take_along_axis(near[picked], mixed, axis=1)
    groups[np.arange(size) >= rng.integers(1, size + 1, rounds)[:, None]] = -1
    return groups


def _nearest(graph: csr_matrix, ends: Whole, count: int) -> Whole:
    """Return the nearest ends of each along the streets, itself among them, shape (ends, count)."""
    found = np.empty((len(ends), count), dtype=np.int64)
    for begin in range(0, len(ends), _BLOCK):
        metres = dijkstra(graph, directed=False, indices=ends[begin : begin + _BLOCK])[:, ends]
        found[begin : begin + _BLOCK] = np.argsort(metres, axis=1, kind="stable")[:, :count]
    return found


_BLOCK = 200


def _pipes(parent: Whole, way: Array, flow: Array) -> Pipes:
    node = np.flatnonzero((parent >= 0) & (parent != np.arange(len(parent))))
    return Pipes(parent[node], node.astype(np.int64), way[node] - way[parent[node]], flow[node])
