"""Which contiguous groups of network pieces match their own generation and demand best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import LaepError
from laep.models.balance import dispatch, segment_kernels

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Places = npt.NDArray[np.intp]

AIMS = {
    "overlap": segment_kernels.OVERLAP,
    "self_sufficiency": segment_kernels.SUFFICIENCY,
    "self_consumption": segment_kernels.CONSUMPTION,
}
"""What a group can be scored by."""
RANDOM, SEED = 200, 1
"""Groups grown at random that a search is held against, and the seed that makes them the same each time."""
IMPROVED = 4
"""Groups improved for each one asked for; others, grown elsewhere, are taken as they are where these overlap."""
TOGETHER = 256
"""Groups grown side by side: their half-hours take 70 MB."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    What makes a group a candidate at all: the field guide's B.8 and 4.3.3.

    Attributes
    ----------
    homes_distributed, homes_anchor, homes_most : float
        Fewest homes when generation and use are spread out, fewest with an anchor, and most. [homes]
    ratio_low, ratio_high : float
        Yearly generation over demand between which the two count as reasonably matched (rule SB-C08). [-]
    """

    homes_distributed: float
    homes_anchor: float
    homes_most: float
    ratio_low: float
    ratio_high: float

    def array(self) -> Array:
        """Return the limits in the order the kernels read them."""
        return np.array([self.homes_distributed, self.homes_anchor, self.homes_most, self.ratio_low, self.ratio_high])


class Pieces:
    """The pieces to group: their half-hours, homes, anchors and neighbours, checked and laid out for the kernels."""

    def __init__(
        self,
        demand_kw: Array,
        generation_kw: Array,
        *,
        flexible_kw: Array,
        homes: Array,
        anchor: npt.ArrayLike,
        edges: Places,
    ) -> None:
        """
        Lay out the pieces.

        Parameters
        ----------
        demand_kw, generation_kw : array, shape (pieces, periods)
            A year of each piece, whole days. [kW]
        flexible_kw : array, shape (pieces, periods)
            The part of demand that can move within its day. [kW]
        homes : array, shape (pieces,)
            Homes on each. [homes]
        anchor : array of bool, shape (pieces,)
            Whether a large load, roof or generator stands there.
        edges : array of int, shape (n, 2)
            Pairs of pieces that touch.
        """
        used, made, moving = (
            np.asarray(values, dtype=np.float64) for values in (demand_kw, generation_kw, flexible_kw)
        )
        if used.ndim != 2 or used.shape != made.shape or used.shape != moving.shape:
            raise LaepError(f"Demand {used.shape}, generation {made.shape} and flexible load differ in shape.")
        if used.shape[1] % segment_kernels.DAY:
            raise LaepError(f"Pieces are matched day by day: {used.shape[1]} half-hours are not whole days.")
        bad = not all(np.isfinite(values).all() for values in (used, made, moving))
        if bad or (moving > used + 1e-9).any() or min(v.min(initial=0.0) for v in (made, moving)) < 0:
            raise LaepError("Values are missing or negative, or more load is flexible than there is.")
        self.demand_kw, self.generation_kw = used, made
        self.fixed = np.ascontiguousarray(used - moving)
        self.made = np.ascontiguousarray(made)
        self.moves = np.ascontiguousarray(
            moving.reshape(len(used), used.shape[1] // segment_kernels.DAY, segment_kernels.DAY).sum(axis=2)
        )
        self.sizes = np.column_stack(
            [
                np.asarray(homes, dtype=np.float64),
                np.asarray(anchor, dtype=np.float64),
                used.sum(axis=1),
                made.sum(axis=1),
            ]
        )
        self.starts, self.nexts = _adjacency(edges, len(used))

    def __len__(self) -> int:
        """Return how many pieces there are."""
        return len(self.fixed)

    def sums(self, groups: Iterable[Places]) -> tuple[Array, Array]:
        """Return demand and generation of groups of pieces, shape (groups, periods). [kW]."""
        lists = list(groups)
        shape = (len(lists), self.fixed.shape[1])
        used, made = np.zeros(shape), np.zeros(shape)
        for row, group in enumerate(lists):
            used[row] = self.demand_kw[np.sort(group)].sum(axis=0)
            made[row] = self.generation_kw[np.sort(group)].sum(axis=0)
        return used, made


def search(pieces: Pieces, limits: Limits, *, aim: str = "overlap", most: int) -> tuple[list[Places], Array]:
    """
    Return the groups that match best and do not overlap, best first, and their scores.

    Parameters
    ----------
    pieces : Pieces
    limits : Limits
        What makes a group a candidate; groups outside are never returned.
    aim : str
        Key of `AIMS`. overlap is matched energy over all energy made or used: 1 when every half-hour balances.
    most : int
        Most groups to return.

    Notes
    -----
    A group grows from every piece in turn, taking the neighbour with which it scores best, and is then improved by
    single pieces joining or leaving. That finds good groups, not provably the best. Ties go to the lower position, so
    the result depends on nothing but the input. Matching counts each half-hour, and lets flexible load take what is
    left over within its day; no battery, no limit of cables.
    """
    count = len(pieces)
    groups, scores = np.zeros((count, count), dtype=bool), np.full(count, -1.0)
    for first in range(0, count, TOGETHER):
        _grow(pieces, limits, aim, np.arange(first, min(first + TOGETHER, count)), groups, scores)
    # many pieces grow into the same group: only the best of those that differ are worth improving
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] >= 0]
    _, unlike = np.unique(groups[order], axis=0, return_index=True)
    some = order[np.sort(unlike)[: IMPROVED * most]]
    better, raised = groups[some], scores[some]
    _improve(pieces, limits, aim, better, raised)
    groups[some], scores[some] = better, raised
    chosen: list[int] = []
    taken = np.zeros(count, dtype=bool)
    for row in np.argsort(-scores, kind="stable"):
        if scores[row] >= 0 and len(chosen) < most and not (taken & groups[row]).any():
            taken |= groups[row]
            chosen.append(int(row))
    return [np.flatnonzero(groups[row]) for row in chosen], scores[chosen]


def _grow(
    pieces: Pieces, limits: Limits, aim: str, seeds: Places, groups: npt.NDArray[np.bool_], scores: Array
) -> None:
    """
    Write the best allowed group grown from each seed, and its score; the score stays as it is where there is none.

    From its seed a group takes, again and again, the neighbour with which it scores best, up to the most homes. All
    grow by one piece at a time, so groups that have become the same grow on as one: that of the lowest seed.
    """
    count, periods = pieces.fixed.shape
    alone = np.empty(count)
    segment_kernels.alone(pieces.fixed, pieces.made, pieces.moves, pieces.sizes, AIMS[aim], alone)
    inside, sums = np.zeros((len(seeds), count), dtype=bool), np.zeros((len(seeds), pieces.sizes.shape[1]))
    used, made = np.zeros((len(seeds), periods)), np.zeros((len(seeds), periods))
    moves, units, reached = np.zeros((len(seeds), pieces.moves.shape[1])), seeds.astype(np.int64), alone[seeds]
    alike = np.arange(len(seeds))  # whose group each one's is by now
    growing = alike
    while len(growing := growing[_takes(units[growing], sums[growing], pieces, limits)]):
        wanted = inside[growing]
        wanted[np.arange(len(growing)), units[growing]] = True
        _, first, same = np.unique(wanted, axis=0, return_index=True, return_inverse=True)
        led = np.flatnonzero(np.isin(alike, growing))
        alike[led] = growing[first[same.reshape(-1)]][np.searchsorted(growing, alike[led])]
        growing = growing[np.sort(first)]
        now = reached.copy()

        def fill(begin: int, end: int, rows: Places = growing) -> None:
            segment_kernels.advance(
                pieces.fixed, pieces.made, pieces.moves, pieces.sizes, pieces.starts, pieces.nexts, limits.array(),
                AIMS[aim], rows[begin:end], inside, sums, used, made, moves, units, reached,
            )  # fmt: skip

        dispatch.spread(fill, len(growing), periods)
        own = alike[led]
        better = (now[own] > scores[seeds[led]]) & _within(sums[own], limits)
        groups[seeds[led[better]]], scores[seeds[led[better]]] = inside[own[better]], now[own[better]]


def _takes(units: Places, sums: Array, pieces: Pieces, limits: Limits) -> npt.NDArray[np.bool_]:
    """Return which groups have a piece to take and room for its homes."""
    homes: Array = sums[:, 0] + pieces.sizes[units, 0]
    return (homes <= limits.homes_most) & (units >= 0)


def _improve(pieces: Pieces, limits: Limits, aim: str, groups: npt.NDArray[np.bool_], scores: Array) -> None:
    def fill(first: int, last: int) -> None:
        segment_kernels.improve(
            pieces.fixed, pieces.made, pieces.moves, pieces.sizes, pieces.starts, pieces.nexts, limits.array(),
            AIMS[aim], first, last, groups, scores,
        )  # fmt: skip

    if len(groups):
        dispatch.spread(fill, len(groups), pieces.fixed.shape[1])


def score(pieces: Pieces, group: Places) -> pd.Series[float]:
    """Return overlap, self_sufficiency and self_consumption of one group, matched as in `search`. [-]."""
    nothing, still = np.zeros(pieces.fixed.shape[1]), np.zeros(pieces.moves.shape[1])
    rows = np.sort(group)
    used, made, moves = (_sum(values, rows) for values in (pieces.fixed, pieces.made, pieces.moves))
    energy = segment_kernels.matched(used, made, moves, nothing, nothing, still, 1.0)
    demand, generation = pieces.sizes[rows, 2].sum(), pieces.sizes[rows, 3].sum()
    below = {"overlap": demand + generation - energy, "self_sufficiency": demand, "self_consumption": generation}
    return pd.Series({name: energy / whole if whole > 0 else np.nan for name, whole in below.items()})


def allowed(pieces: Pieces, limits: Limits, group: Places) -> bool:
    """Return whether a group is a candidate: homes and match within the limits."""
    return bool(_within(pieces.sizes[group].sum(axis=0, keepdims=True), limits)[0])


def _within(sums: Array, limits: Limits) -> npt.NDArray[np.bool_]:
    """Return which groups are candidates, by their sums in the order of `Pieces.sizes`."""
    homes, anchors, demand, generation = sums.T
    least = np.where(anchors > 0, limits.homes_anchor, limits.homes_distributed)
    within: npt.NDArray[np.bool_] = (least <= homes) & (homes <= limits.homes_most)
    within &= (limits.ratio_low * demand <= generation) & (generation <= limits.ratio_high * demand)
    return within


def random_groups(pieces: Pieces, limits: Limits, *, count: int, seed: int) -> list[Places]:
    """
    Return contiguous groups grown at random that are candidates: what a search has to beat.

    Each starts at a random piece and takes random neighbours until it has a random number of homes between the fewest
    and the most. Groups outside the limits are thrown away; 50 tries a group are made.
    """
    rng = np.random.default_rng(seed)
    found: list[Places] = []
    for _ in range(50 * count):
        if len(found) == count or not len(pieces):
            break
        group = _grown(pieces, rng, rng.uniform(limits.homes_anchor, limits.homes_most))
        if allowed(pieces, limits, group):
            found.append(group)
    return found


def told(pieces: Pieces, limits: Limits, chosen: list[Places], scores: Array) -> str:
    """Return in words what a search found, held against groups grown at random; without any, why there is none."""
    if not chosen:
        generation, used = pieces.generation_kw.sum(), pieces.demand_kw.sum()
        ratio = f"solar could make {generation / used:.0%} of use" if used > 0 else "no use is estimated"
        return (
            f"none of {len(pieces)} pieces of network grows into a group of up to {limits.homes_most:,.0f} homes that "
            f"passes the guide's tests: {ratio}"
        )
    chance = random_groups(pieces, limits, count=RANDOM, seed=SEED)
    best = max((score(pieces, group)["overlap"] for group in chance), default=np.nan)
    return (
        f"groups of up to {limits.homes_most:,.0f} homes: {len(chosen)} found among {len(pieces)} pieces; in the best "
        f"{scores[0]:.1%} of all energy made or used matches in its own time, in the best of {len(chance)} random "
        f"groups {best:.1%}"
    )


def _sum(values: Array, rows: Places) -> Array:
    """Return the sum of some rows, one after the other and so without a copy of them all."""
    total: Array = values[rows[0]].copy()
    for row in rows[1:]:
        total += values[row]
    return total


def _grown(pieces: Pieces, rng: np.random.Generator, homes: float) -> Places:
    unit = int(rng.integers(len(pieces)))
    inside, edge = {unit}, set[int]()
    total = pieces.sizes[unit, 0]
    while total < homes:
        edge |= set(pieces.nexts[slice(*pieces.starts[unit : unit + 2])].tolist()) - inside
        edge.discard(unit)
        if not edge:
            break
        unit = sorted(edge)[int(rng.integers(len(edge)))]
        inside.add(unit)
        total += pieces.sizes[unit, 0]
    return np.array(sorted(inside), dtype=np.intp)


def _adjacency(edges: Places, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where the neighbours of each piece begin, shape (count + 1,), and the neighbours, sorted."""
    pairs = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
    both = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
    starts = np.searchsorted(both[:, 0], np.arange(count + 1))
    return starts.astype(np.int64), np.ascontiguousarray(both[:, 1])
