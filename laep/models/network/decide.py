"""From figures, chains and sizes to verdicts: the one path that a check, many proposals and a plan take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from laep.models.network import room
from laep.models.network.figures import STORAGE
from laep.models.network.room import MEASURES
from laep.models.network.verdicts import Verdict, Where

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.models.network.figures import Figures

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

CUMULATIVE = ("queue", "prorata")
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, kw_only=True)
class Asks:
    """
    What proposals ask of the network, arrays of shape (proposals,), in kW.

    `generation_kw` is the most that could leave the site, `demand_kw` the most it could draw, `storage_kw` the battery
    alone, which some operators publish headroom for.
    """

    generation_kw: Floats
    demand_kw: Floats
    storage_kw: Floats

    def of(self, measure: int) -> Floats:
        """Return the ask of one measure."""
        return (self.generation_kw, self.demand_kw, self.storage_kw)[measure]


@dataclass(frozen=True)
class Decision:
    """
    Verdicts of shape (proposals, measures), and the worst of each proposal.

    `binding` and `source` are positions of substations: the one that binds (below the limit when it lies between two)
    and the one whose figure decides, -1 for none; `where` is a `Where`; `barrier` the lowest that is red for what no
    figure on the chain counts, -1 for none.
    """

    verdict: Ints
    room_kw: Floats
    allowed_kw: Floats
    until: Ints
    binding: Ints
    source: Ints
    where: Ints
    further: Flags
    floor: Flags
    barrier: Ints
    overall: Ints
    measure: Ints


def asks(generation_kw: Floats, demand_kw: Floats, storage_kw: Floats, export_limit_kw: Floats) -> Asks:
    """
    Return what proposals ask; missing sizes are not asked.

    A battery may send out and draw its whole rating, so it counts in both directions, unless an export limit holds
    generation and battery together to less.
    """
    made, used, stored = (np.nan_to_num(values, nan=0.0) for values in (generation_kw, demand_kw, storage_kw))
    cap = np.where(np.isnan(export_limit_kw), np.inf, export_limit_kw)
    return Asks(
        generation_kw=np.minimum(made + stored, cap), demand_kw=used + stored, storage_kw=np.minimum(stored, cap)
    )


def decide(
    figures: Figures, chains: Ints, start: Ints, asked: Asks, *, years: Ints, cumulative: str | None = None
) -> Decision:
    """
    Return the verdict of every proposal.

    Parameters
    ----------
    figures : Figures
        What is published.
    chains : int array, shape (substations, levels)
        Position of the substation at each level on the way up from each, itself included; -1 where there is none.
    start : int array, shape (proposals,)
        Position of the substation each proposal is connected below; -1 where none is known.
    years : int array, shape (proposals,)
        Year each proposal asks for; 0 for the year of the figure itself.
    cumulative : str, optional
        `queue` or `prorata`: proposals share the room, at every level of their chains. None: each on its own.
    """
    # one more substation, of which nothing is known, stands for what has no place in the network: position -1
    known = np.concatenate([chains, np.full((1, chains.shape[1]), -1, dtype=np.int64)])
    measures = range(len(MEASURES))
    parts = [_measure(figures, known, start, asked.of(m), m, years=years) for m in measures]
    if cumulative:  # what is refused, or cannot be said, in one direction takes nothing in the other
        alone = np.stack([part["verdict"] for part in parts], axis=1)
        takes: Flags = np.all(alone < Verdict.UNKNOWN, axis=1)
        parts = [
            _measure(figures, known, start, asked.of(m), m, years=years, cumulative=cumulative, takes=takes)
            for m in measures
        ]
    stacked = {name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]}
    overall = stacked["verdict"].max(axis=1)
    worst = np.argmax(stacked["verdict"] == overall[:, None], axis=1)
    overall = np.where(overall == Verdict.NOT_ASKED, Verdict.FITS, overall)  # nothing is asked of the network
    return Decision(**stacked, overall=overall, measure=worst)


def bindings(figures: Figures, chains: Ints, measure: int) -> room.Binding:
    """Return what binds on each chain, for one measure."""
    there = chains >= 0
    return room.binding(
        np.where(there, _at(figures.room_kw[:, measure], chains, np.nan), np.nan),
        present=there,
        here=there & _at(figures.here[:, measure], chains, missing=False),
        upstream=there & _at(figures.upstream[:, measure], chains, missing=False),
        unproven=there & _at(figures.unproven[:, measure], chains, missing=False),
    )


def _measure(
    figures: Figures,
    chains: Ints,
    start: Ints,
    ask: Floats,
    measure: int,
    *,
    years: Ints,
    cumulative: str | None = None,
    takes: Flags | None = None,
) -> dict[str, NDArray[np.generic]]:
    bound = bindings(figures, chains, measure)
    ways, least = chains[start], bound.room_kw[start]
    # a battery is only measured apart where its headroom is published apart: elsewhere it counts as generation
    asked = np.where(np.isnan(least), 0.0, ask) if measure == STORAGE else ask
    source, level = (_step(ways, at[start]) for at in (bound.source, bound.level))
    where = bound.where[start]
    if cumulative:
        share = room.queue if cumulative == CUMULATIVE[0] else room.pro_rata
        alone = least
        taking = asked if takes is None else np.where(takes, asked, 0.0)
        least, tight = share(taking, chains=ways, room_kw=np.append(figures.room_kw[:, measure], np.nan))
        least = np.where(np.isnan(alone), np.nan, least)  # sharing does not prove what was not proven
        taken = (tight >= 0) & (least < np.minimum(alone, np.where(asked > 0, asked, np.inf)) - room.EXACT_KW)
        source = np.where(taken, _step(ways, tight), source)
        level, where = np.where(taken, source, level), np.where(taken, Where.SHARED, where)
    red = barrier(figures, ways, measure)
    figure_year = _at(figures.year[:, measure], source, 0)
    answer = room.judge(
        asked, room_kw=least, by_year_kw=_by_year(figures, ways, measure, cumulative), years=figures.years,
        start=np.where(years > 0, years, figure_year), uncounted=red >= 0,
    )  # fmt: skip
    return {
        "verdict": answer.verdict, "room_kw": answer.room_kw, "allowed_kw": answer.allowed_kw, "until": answer.until,
        "binding": level, "source": source, "where": where,
        "further": bound.further[start] & (where != Where.SHARED), "barrier": red,
        "floor": _at(figures.floor[:, measure], source, missing=False),
    }  # fmt: skip


def barrier(figures: Figures, ways: Ints, measure: int) -> Ints:
    """
    Return the lowest substation of each chain that is red for what no figure on it counts, -1 for none.

    A level that is red without a figure, for a limit on what flows, is none where a figure further down counts it.
    """
    told = _at(figures.uncounted[:, measure], ways, missing=False)
    silent = _at(figures.silent_red[:, measure], ways, missing=False)
    red = told | silent & ~counted_below(figures, ways, measure)
    return _step(ways, np.where(red.any(axis=1), red.argmax(axis=1), -1))


def counted_below(figures: Figures, ways: Ints, measure: int) -> Flags:
    """Return for each level of each chain whether a figure further down names limits upstream, and so counts them."""
    names = _at(figures.upstream[:, measure] & ~np.isnan(figures.room_kw[:, measure]), ways, missing=False)
    below: Flags = np.zeros(ways.shape, dtype=bool)
    below[:, 1:] = np.logical_or.accumulate(names, axis=1)[:, :-1]
    return below


def _by_year(figures: Figures, ways: Ints, measure: int, cumulative: str | None) -> Floats:
    """Return the least room along each chain in every year; years are not looked ahead to when room is shared."""
    if cumulative or len(figures.years) <= 1:
        return np.full((len(ways), len(figures.years)), np.nan)
    least = np.full((len(ways), len(figures.years)), np.inf)
    for level in ways.T:
        there = level >= 0
        rooms = figures.by_year_kw[level[there], measure]
        least[there] = np.fmin(least[there], np.where(np.isnan(rooms), np.inf, rooms))
    return np.where(np.isinf(least), np.nan, least)


def _step(ways: Ints, level: Ints) -> Ints:
    """Return the substation at a level of each chain, -1 for level -1."""
    found: Ints = np.where(level >= 0, ways[np.arange(len(ways)), level], -1)
    return found


def _at(values: NDArray[Kind], positions: Ints, missing: float) -> NDArray[Kind]:
    """Return values by position, `missing` for position -1."""
    padded: NDArray[Kind] = np.append(values, np.array(missing, dtype=values.dtype))
    return padded[positions]
