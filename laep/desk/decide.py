"""From places and sizes to verdicts: the one path that a single check and a hundred thousand proposals take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from laep.models.network import room
from laep.models.network.room import MEASURES
from laep.schema.vocabulary import LEVELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.desk.book import Book

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CUMULATIVE = ("queue", "prorata")
GENERATION, DEMAND, STORAGE = range(3)


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

    `binding` and `source` hold rows of the book: the substation that binds (below the limit when it lies between two)
    and the one whose figure decides, -1 for none; `where` is an index into `room.WHERE`.
    """

    verdict: Ints
    room_kw: Floats
    allowed_kw: Floats
    until: Ints
    binding: Ints
    source: Ints
    where: Ints
    further: NDArray[np.bool_]
    floor: NDArray[np.bool_]
    uncounted: NDArray[np.bool_]
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


def decide(book: Book, start: Ints, asked: Asks, *, years: Ints, cumulative: str | None = None) -> Decision:
    """
    Return the verdict of every proposal.

    Parameters
    ----------
    book : Book
        What is published.
    start : int array, shape (proposals,)
        Row of the substation each proposal is connected below; -1 where none is known.
    years : int array, shape (proposals,)
        Year each proposal asks for; 0 for the year of the figure itself.
    cumulative : str, optional
        `queue` or `prorata`: proposals share the room, at every level of their chains. None: each on its own.
    """
    parts = [_measure(book, start, asked.of(m), m, years=years, cumulative=cumulative) for m in range(len(MEASURES))]
    stacked = {name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]}
    overall = stacked["verdict"].max(axis=1)
    worst = np.argmax(stacked["verdict"] == overall[:, None], axis=1)
    return Decision(**stacked, overall=overall, measure=worst)


def bindings(book: Book, measure: int) -> room.Binding:
    """Return what binds at every substation of the book, for one measure."""
    chains = book.chains
    there = chains >= 0
    return room.binding(
        np.where(there, book.room_kw[chains, measure], np.nan),
        present=there,
        here=there & book.here[chains, measure],
        upstream=there & book.upstream[chains, measure],
    )


def _measure(
    book: Book, start: Ints, ask: Floats, measure: int, *, years: Ints, cumulative: str | None
) -> dict[str, NDArray[np.generic]]:
    count = len(book.substations)
    bound = bindings(book, measure) if count else None
    known = start >= 0
    if bound is None or not count:
        bound = _nothing()
        known = np.zeros(len(start), dtype=bool)
    at = np.where(known, start, 0)
    chains = np.where(known[:, None], book.chains[at], -1) if count else np.full((len(start), len(LEVELS)), -1)
    least = np.where(known, bound.room_kw[at], np.nan)
    # a battery is only measured apart where its headroom is published apart: elsewhere it counts as generation
    asked = np.where(np.isnan(least), 0.0, ask) if measure == STORAGE else ask
    row = np.arange(len(at))
    source = np.where(known & (bound.source[at] >= 0), chains[row, bound.source[at]], -1)
    level = np.where(known & (bound.level[at] >= 0), chains[row, bound.level[at]], -1)
    where = np.where(known, bound.where[at], room.NO_FIGURE)
    if cumulative and count:
        share = room.queue if cumulative == "queue" else room.pro_rata
        alone = least
        least, tight = share(asked, chains=chains, room_kw=book.room_kw[:, measure])
        taken = (tight >= 0) & (least < np.minimum(alone, np.where(asked > 0, asked, np.inf)) - room.EXACT_KW)
        source = np.where(taken, chains[row, tight], source)
        level, where = np.where(taken, source, level), np.where(taken, room.SHARED, where)
    uncounted = np.where(source >= 0, book.uncounted[source, measure], False) if count else known
    answer = room.judge(
        asked, room_kw=least, by_year_kw=_by_year(book, chains, measure, cumulative), years=book.years,
        start=_starts(book, source, measure, years), uncounted=uncounted,
    )  # fmt: skip
    return {
        "verdict": answer.verdict, "room_kw": answer.room_kw, "allowed_kw": answer.allowed_kw, "until": answer.until,
        "binding": level, "source": source, "where": where,
        "further": known & bound.further[at] & (where != room.SHARED), "uncounted": uncounted,
        "floor": np.where(source >= 0, book.floor[source, measure], False) if count else known,
    }  # fmt: skip


def _by_year(book: Book, chains: Ints, measure: int, cumulative: str | None) -> Floats:
    """Return the least room along each chain in every year; years are not looked ahead to when room is shared."""
    if cumulative or not len(book.years) or len(book.years) == 1:
        return np.full((len(chains), len(book.years)), np.nan)
    least = np.full((len(chains), len(book.years)), np.inf)
    for level in range(len(LEVELS)):
        there = chains[:, level] >= 0
        rooms = book.by_year_kw[chains[there, level], measure]
        least[there] = np.fmin(least[there], np.where(np.isnan(rooms), np.inf, rooms))
    return np.where(np.isinf(least), np.nan, least)


def _starts(book: Book, source: Ints, measure: int, years: Ints) -> Ints:
    """Return the year each proposal is judged from: the one asked for, else that of the figure."""
    picked = [rows[measure] for rows in book.picked]
    own = np.array([0 if row is None else row["year"] for row in picked], dtype=np.int64)
    figure = np.where(source >= 0, own[source], 0) if len(own) else np.zeros(len(source), dtype=np.int64)
    return np.where(years > 0, years, figure)


def _nothing() -> room.Binding:
    one = np.zeros(1, dtype=np.int64)
    return room.Binding(np.full(1, np.nan), one - 1, one - 1, one + room.NO_FIGURE, np.zeros(1, dtype=bool))
