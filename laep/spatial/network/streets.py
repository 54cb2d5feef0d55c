"""The street graph: how far things are apart along streets, with rivers crossed only where there is a bridge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from laep.spatial.shapes import Geometries

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int_]

STEP_M = 20.0
"""Streets have a node at least this often, so that the nearest node is the nearest point of street within 10 m."""
_GRID_M = 0.01
"""Vertices closer than this are one: the same point, brought from degrees twice."""
_TRIES = 12
"""Nodes tried, nearest first, for one that can be reached without crossing a barrier."""
_CELLS = 8_000_000
"""Distances held at once: 64 MB."""


class Streets(NamedTuple):
    """Nodes (x, y), the matrix of lengths between neighbours, the part of the graph each is in, and the barriers."""

    nodes: Floats
    graph: csr_matrix
    part: Ints
    barriers: Geometries


class Attached(NamedTuple):
    """For each point the street node it is reached from (-1: none) and how far off it stands, in metres."""

    node: Ints
    off_m: Floats


class Pairs(NamedTuple):
    """Which target is reached from which source and how many metres off, ordered by target, distance, source."""

    target: Ints
    source: Ints
    metres: Floats


def graph(roads: gpd.GeoDataFrame) -> Streets:
    """
    Return the graph of layer `in_road`, or of cables in layer `in_line`, which have no barriers.

    Notes
    -----
    Rivers and canals outside tunnels are barriers. A stretch of street that crosses one and is neither bridge nor
    tunnel is cut: streets over a bridge nobody mapped as such cost a detour, which is the safer error.
    """
    water, over = roads["kind"] == "waterway", np.zeros(len(roads), dtype=bool)
    if "bridge" in roads:
        over = _is(roads["bridge"]) | _is(roads["tunnel"])
    barriers: Geometries = np.array(roads.geometry.to_numpy()[water & ~over], dtype=object)
    ways, carries = roads[~water], over[~water]
    lines, way = shapely.get_parts(ways.geometry.to_numpy(), return_index=True)
    points, line = shapely.get_coordinates(shapely.segmentize(lines, STEP_M), return_index=True)
    nodes, at = np.unique(np.rint(points / _GRID_M), axis=0, return_inverse=True)
    nodes, at = nodes * _GRID_M, at.reshape(-1)
    follows = line[1:] == line[:-1]
    start, end = at[:-1][follows], at[1:][follows]
    carried = carries[way[line[:-1][follows]]]
    open_ = carried | ~_crosses(nodes[start], nodes[end], barriers)
    start, end = start[open_], end[open_]
    length = np.hypot(*(nodes[start] - nodes[end]).T)
    joined = _shortest(start, end, length, len(nodes))
    _, part = connected_components(joined, directed=False)
    return Streets(nodes, joined, part.astype(np.int_), barriers)


def attach(points: Floats, streets: Streets, *, off_m: float = np.inf) -> Attached:
    """Return the nearest street node of each point (x, y), on its side of every barrier and at most `off_m` away."""
    node = np.full(len(points), -1, dtype=np.int_)
    off = np.full(len(points), np.nan)
    if not len(streets.nodes) or not len(points):
        return Attached(node, off)
    tries = min(_TRIES, len(streets.nodes))
    far, near = cKDTree(streets.nodes).query(points, k=tries)
    far, near = far.reshape(len(points), tries), near.reshape(len(points), tries)
    left = np.arange(len(points))
    for turn in range(tries):
        left = left[far[left, turn] <= off_m]
        free = ~_crosses(points[left], streets.nodes[near[left, turn]], streets.barriers)
        node[left[free]], off[left[free]] = near[left[free], turn], far[left[free], turn]
        left = left[~free]
        if not len(left):
            break
    return Attached(node, off)


def joined(targets: Attached, sources: Attached, streets: Streets) -> NDArray[np.bool_]:
    """Return which targets stand on a part of the graph that a source stands on as well."""
    fed = np.unique(streets.part[sources.node[sources.node >= 0]])
    on: NDArray[np.bool_] = targets.node >= 0
    on[on] = np.isin(streets.part[targets.node[on]], fed)
    return on


def pairs(sources: Attached, targets: Attached, streets: Streets, *, max_m: float) -> Pairs:
    """
    Return every target within reach of a source along streets.

    Parameters
    ----------
    sources, targets : Attached
        From `attach`.
    max_m : float
        Farthest, the ways between street and either end included. [m]
    """
    ends, of_end = np.unique(targets.node[targets.node >= 0], return_inverse=True)
    reached = np.flatnonzero(targets.node >= 0)
    by_end = reached[np.argsort(of_end, kind="stable")]
    count = np.bincount(of_end, minlength=len(ends))
    first = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int_)
    usable = np.flatnonzero(sources.node >= 0)
    found = [
        _spread(block, metres, by_end, count, first)
        for block, metres in _distances(usable, sources.node, ends, streets, max_m)
    ]
    if not found:
        return nothing()
    target, source = (np.concatenate([part[i] for part in found]).astype(np.int_) for i in range(2))
    metres = np.concatenate([part[2] for part in found]) + sources.off_m[source] + targets.off_m[target]
    return in_order(target[metres <= max_m], source[metres <= max_m], metres[metres <= max_m])


def straight_pairs(sources: Floats, targets: Floats, barriers: Geometries, *, max_m: float, most: int = 8) -> Pairs:
    """Return for each target the nearest sources in a straight line that crosses no barrier, at most `most` of them."""
    if not len(sources) or not len(targets):
        return nothing()
    tries = min(most, len(sources))
    metres, source = cKDTree(sources).query(targets, k=tries, distance_upper_bound=max_m)
    metres, source = metres.reshape(-1), source.reshape(-1)
    target = np.repeat(np.arange(len(targets)), tries)
    near = np.isfinite(metres)
    target, source, metres = target[near], source[near], metres[near]
    free = ~_crosses(targets[target], sources[source], barriers)
    return in_order(target[free], source[free], metres[free])


def nothing() -> Pairs:
    """Return no pairs."""
    return Pairs(np.array([], dtype=np.int_), np.array([], dtype=np.int_), np.array([]))


def in_order(target: Ints, source: Ints, metres: Floats) -> Pairs:
    """Return pairs by target, then distance, then source."""
    order = np.lexsort((source, metres, target))
    return Pairs(target[order], source[order], metres[order])


def share_out(reach: Pairs, load: Floats, capacity: Floats) -> tuple[Ints, NDArray[np.str_]]:
    """
    Give each target a source that has room for it: the nearest one, else the next.

    Parameters
    ----------
    reach : Pairs
        Who could be served from where.
    load : array, shape (targets,)
        What each target asks for; missing counts nothing.
    capacity : array, shape (sources,)
        What each source can give, in the same unit; missing is without limit.

    Returns
    -------
    source of each target, -1 out of reach, and how it came about
        `first`; `next` (its nearest was full); `alone` (asks for more by itself than any source within reach can give,
        so it must have a supply of its own; the nearest is named); `over` (all within reach are full; the nearest is
        named); or empty.

    Notes
    -----
    Where a source is full, those keep their place whose next best is farthest beyond it, so the edge gives way towards
    the neighbour that is closest. It is deferred acceptance with a fixed order of preference, so the result does not
    depend on the order of rows and no two could better swap.
    """
    room = np.where(np.isnan(capacity), np.inf, capacity)
    asks = np.nan_to_num(load)
    start = np.searchsorted(reach.target, np.arange(len(load)))
    stop = np.searchsorted(reach.target, np.arange(len(load)), side="right")
    most = np.full(len(load), -np.inf)
    np.maximum.at(most, reach.target, room[reach.source])
    within = stop > start
    alone = within & (asks > most)
    held = _accept(reach, np.where(alone, 0.0, asks), room, start, stop, within & ~alone)
    nearest = np.where(within, start, -1)
    how = np.select([~within, alone, held < 0, held == start], ["", "alone", "over", "first"], "next")
    chosen = np.where(held >= 0, held, nearest)
    source = np.where(chosen >= 0, reach.source[chosen] if len(reach.source) else -1, -1)
    return source.astype(np.int_), how


def _accept(reach: Pairs, asks: Floats, room: Floats, start: Ints, stop: Ints, wanting: NDArray[np.bool_]) -> Ints:
    """Return the pair each target ends with, -1 where none would have it."""
    rows = np.arange(len(reach.target))
    last = rows + 1 == stop[reach.target]
    loss = np.where(last, np.inf, np.append(reach.metres, 0.0)[rows + 1] - reach.metres)
    held = np.full(len(asks), -1, dtype=np.int_)
    turn = start.copy()
    while (ask := np.flatnonzero(wanting & (held < 0) & (turn < stop))).size:
        touched = np.zeros(len(room), dtype=bool)
        touched[reach.source[turn[ask]]] = True
        staying = held[held >= 0]
        staying = staying[touched[reach.source[staying]]]
        rivals = np.concatenate([staying, turn[ask]])
        order = rivals[np.lexsort((reach.target[rivals], reach.metres[rivals], -loss[rivals], reach.source[rivals]))]
        full = _running(asks[reach.target[order]], reach.source[order]) > room[reach.source[order]]
        held[reach.target[order[full]]] = -1
        held[reach.target[order[~full]]] = order[~full]
        turn[ask] += 1
    return held


def _running(values: Floats, group: Ints) -> Floats:
    """Return the running sum of values inside each group; equal groups stand together."""
    total = np.cumsum(values)
    begins = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    before = np.where(begins > 0, total[begins - 1], 0.0)
    running: Floats = total - np.repeat(before, np.diff(np.append(begins, len(values))))
    return running


def _distances(usable: Ints, node: Ints, ends: Ints, streets: Streets, max_m: float) -> Any:
    """Yield sources and their distances to `ends`, a block at a time; out of reach is infinite."""
    if not len(ends):
        return
    size = max(1, _CELLS // len(streets.nodes))
    for begin in range(0, len(usable), size):
        block = usable[begin : begin + size]
        metres = dijkstra(streets.graph, directed=False, indices=node[block], limit=max_m)
        yield block, metres[:, ends]


def _spread(block: Ints, metres: Floats, by_end: Ints, count: Ints, first: Ints) -> tuple[Ints, Ints, Floats]:
    """Return a row for each target at each end reached."""
    row, end = np.nonzero(np.isfinite(metres))
    many = count[end]
    source = np.repeat(block[row], many)
    offset = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    return by_end[np.repeat(first[end], many) + offset], source, np.repeat(metres[row, end], many)


def _shortest(start: Ints, end: Ints, length: Floats, size: int) -> csr_matrix:
    """Return the matrix of lengths; of two stretches between the same nodes the shorter counts."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    edges = pd.DataFrame({"low": low, "high": high, "length": length})
    edges = edges[edges["low"] != edges["high"]].groupby(["low", "high"], sort=True)["length"].min().reset_index()
    both = coo_matrix((edges["length"], (edges["low"], edges["high"])), shape=(size, size))
    return both.tocsr()


def _crosses(begin: Floats, end: Floats, barriers: Geometries) -> NDArray[np.bool_]:
    """Return which straight lines touch a barrier."""
    hit = np.zeros(len(begin), dtype=bool)
    if len(barriers) and len(begin):
        lines = shapely.linestrings(np.stack([begin, end], axis=1))
        hit[shapely.STRtree(barriers).query(lines, predicate="intersects")[0]] = True
    return hit


def _is(flags: pd.Series[bool]) -> NDArray[np.bool_]:
    plain: NDArray[np.bool_] = flags.fillna(value=False).to_numpy(dtype=bool)
    return plain
