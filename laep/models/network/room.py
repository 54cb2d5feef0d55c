"""Room left on a chain of substations: what binds, whether proposals fit, and how several share it.

Arrays in and out, for one proposal or a hundred thousand; numpy only, so that one check starts quickly. Along the last
axis a chain runs upwards in the order of `vocabulary.LEVELS`; levels it does not have are absent. Room is in kW,
worked out by the caller from what is published; nan where no figure is published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from laep.models.network.verdicts import Verdict, Where

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

MEASURES = ("generation", "demand", "storage")
"""What is compared with published headroom; `storage` only where an operator publishes batteries apart."""
EXACT_KW = 1e-6
"""Room and a proposal closer than this are equal: what is left of adding and subtracting published decimals."""
LIMIT_STEP_KW = 0.1
"""Limits are given in steps of this, rounded down."""


class Named(NamedTuple):
    """What a constraint text names: a limit at the substation, one upstream, and one that headroom in MW counts."""

    here: bool
    upstream: bool
    counted: bool


@dataclass(frozen=True)
class Binding:
    """
    What binds on each chain: arrays of shape (chains,).

    `room_kw` is the least published headroom, `level` the position of the binding level (-1 without a figure), `source`
    the position whose row gave `room_kw`, `where` a `Where`, `further` whether a limit above is named too.
    """

    room_kw: Floats
    level: Ints
    source: Ints
    where: Ints
    further: Flags


@dataclass(frozen=True)
class Answer:
    """Arrays of shape (proposals,): verdict code, room found [kW], what is allowed [kW], and the last year it fits."""

    verdict: Ints
    room_kw: Floats
    allowed_kw: Floats
    until: Ints


_COUNTED = ("thermal", "reverse power", "transformer", "overload", "firm capacity")
"""Words for limits on what flows, which a headroom counts."""


@lru_cache(maxsize=4096)
def named(text: str | None) -> Named:
    """
    Return what one published constraint text names.

    `Upstream Thermal Capacity & Substation Fault Level` names both. A headroom in MW or MVA counts what flows through
    plant; fault level, voltage, switchgear, protection, and what no word is known for, it does not: `counted` is true
    where it counts all that is named.
    """
    here = upstream = False
    counted = True
    for part in (text or "").replace(";", "&").replace(",", "&").split("&"):
        words = part.casefold().strip()
        if not words:
            continue
        above = words.startswith("upstream") and "substation" not in words
        upstream |= above
        here |= not above
        counted &= any(word in words for word in _COUNTED)
    return Named(here, upstream, counted and (here or upstream))


def binding(room_kw: Floats, *, present: Flags, here: Flags, upstream: Flags, unproven: Flags) -> Binding:
    """
    Return what binds each chain.

    Parameters
    ----------
    room_kw : array, shape (chains, levels)
        Published headroom. [kW]
    present, here, upstream : bool arrays, same shape
        Which levels the chain has, and what the constraint text of each names: a limit at the substation, or upstream.
    unproven : bool array, same shape
        Levels for which text is published in place of a figure.

    Notes
    -----
    The least figure decides; among equals the lowest level, since operators such as SSEN publish figures that already
    count what stands above. The text of that row then says where its limit sits: when it names upstream limits only,
    the next level is asked in the same way. Where that names nothing, or has a larger figure, the limit lies between
    the two (`Where.BETWEEN`, with `level` the lower one): in circuits no substation stands for. Below an unproven level
    the room of the others proves nothing, so it is not known, unless there is none.
    """
    chains, levels = room_kw.shape
    rows = np.arange(chains)
    figures = np.where(present & ~np.isnan(room_kw), room_kw, np.inf)
    least = figures.min(axis=1)
    silent = np.isinf(least)
    level = np.where(silent, np.argmax(present, axis=1), np.argmin(figures, axis=1))
    source = np.where(silent, -1, level)
    where = np.where(silent, Where.NO_FIGURE, Where.UNNAMED)
    asking = present.any(axis=1)
    for _ in range(levels):
        own, sent = here[rows, level], upstream[rows, level] & ~here[rows, level]
        where[asking & own] = Where.NAMED
        asking &= sent
        where[asking] = Where.BETWEEN
        above = _next(present, level)
        as_tight = np.isinf(figures[rows, above]) | (figures[rows, above] <= least + EXACT_KW)
        asking &= (above >= 0) & as_tight & (here[rows, above] | upstream[rows, above])
        level = np.where(asking, above, level)
    hidden = (present & unproven).any(axis=1) & (least > EXACT_KW)
    level = np.where(hidden, np.argmax(present & unproven, axis=1), level)
    return Binding(
        room_kw=np.where(silent | hidden, np.nan, least),
        level=np.where(present.any(axis=1), level, -1),
        source=np.where(hidden, -1, source),
        where=np.where(hidden, Where.NO_FIGURE, where),
        further=upstream[rows, level] & here[rows, level],
    )


def judge(
    ask_kw: Floats,
    *,
    room_kw: Floats,
    by_year_kw: Floats,
    years: Ints,
    start: Ints,
    uncounted: Flags,
) -> Answer:
    """
    Return whether proposals fit, each on its own.

    Parameters
    ----------
    ask_kw : array, shape (proposals,)
        What is proposed; 0 or nan is not asked. [kW]
    room_kw : array, shape (proposals,)
        Least room along the chain in the year asked for. [kW]
    by_year_kw : array, shape (proposals, years)
        The same in every published year; nan where none is. [kW]
    years, start : arrays, shape (years,) and (proposals,)
        Calendar years, and the year asked for.
    uncounted : bool array, shape (proposals,)
        The operator marks some level red for what no figure counts, such as fault level: room in MW then proves
        nothing, and no limit on what is sent out or drawn mends it. More than the room does not fit all the same.
    """
    asked = ask_kw > 0
    fits = room_kw >= ask_kw - EXACT_KW
    later = (years[None, :] >= start[:, None]) & ~np.isnan(by_year_kw)
    fails = later & (by_year_kw < ask_kw[:, None] - EXACT_KW)
    ends = fails.any(axis=1) & fits
    first_failure = years[np.argmax(fails, axis=1)] if len(years) else np.zeros(len(ask_kw), dtype=np.int64)
    limit = np.where(uncounted, 0.0, np.maximum(limited(room_kw), 0.0))
    verdict = np.select(
        [~asked, np.isnan(room_kw), fits & uncounted, ends, fits, limit > 0],
        [Verdict.NOT_ASKED, Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.FITS_UNTIL, Verdict.FITS, Verdict.FITS_LIMITED],
        Verdict.NO,
    )
    allowed = np.select([~asked, np.isnan(room_kw) | uncounted & fits, fits], [0.0, np.nan, ask_kw], limit)
    return Answer(verdict.astype(np.int64), room_kw, allowed, np.where(ends, first_failure - 1, -1))


def limited(room_kw: Floats) -> Floats:
    """Return room rounded down to a limit one can be set to. [kW]."""
    steps: Floats = np.floor(room_kw / LIMIT_STEP_KW + EXACT_KW) * LIMIT_STEP_KW
    return np.round(steps, 6)


def limited_one(room_kw: float) -> float:
    """Return `limited` of one figure. [kW]."""
    return round(math.floor(room_kw / LIMIT_STEP_KW + EXACT_KW) * LIMIT_STEP_KW, 6)


def queue(ask_kw: Floats, *, chains: Ints, room_kw: Floats) -> tuple[Floats, Ints]:
    """
    Return the room each proposal finds, and the level it finds it at, when proposals are served in their order.

    Parameters
    ----------
    ask_kw : array, shape (proposals,)
        What is proposed. [kW]
    chains : int array, shape (proposals, levels)
        Asset at each level, -1 where there is none.
    room_kw : array, shape (assets,)
        Room at each asset before the first; nan limits nobody. [kW]

    Returns
    -------
    Room of shape (proposals,), nan where no asset of the chain has a figure [kW], and the level where it is least, -1
    where none has one.

    Notes
    -----
    A proposal takes what it asks, or the limit that is left, at every level of its chain: two primaries under one bulk
    supply point share its room. What is taken never adds up to more than an asset's room.
    """
    left: list[float] = room_kw.tolist()
    known = (chains >= 0) & ~np.isnan(room_kw[chains])
    found, tight = np.full(len(ask_kw), np.nan), np.full(len(ask_kw), -1)
    for index in np.flatnonzero(known.any(axis=1)).tolist():
        assets = chains[index].tolist()
        levels = [level for level, sure in enumerate(known[index].tolist()) if sure]
        tight[index] = level = min(levels, key=lambda level: left[assets[level]])
        found[index] = room = left[assets[level]]
        ask = float(ask_kw[index])
        if ask > 0:
            take = ask if room >= ask - EXACT_KW else max(limited_one(room), 0.0)
            for level in levels:
                left[assets[level]] -= take
    return found, tight


def pro_rata(ask_kw: Floats, *, chains: Ints, room_kw: Floats) -> tuple[Floats, Ints]:
    """
    Return the room each proposal finds, and the level it finds it at, when all share by what they ask.

    Parameters and what is returned are as in `queue`; the order of proposals does not matter. A proposal's room is its
    ask times the smallest share that any asset of its chain has for all that is asked of it.
    """
    ask = np.where(ask_kw > 0, ask_kw, 0.0)
    known = (chains >= 0) & ~np.isnan(room_kw[chains])
    total = np.zeros(len(room_kw))
    np.add.at(total, chains[known], np.broadcast_to(ask[:, None], chains.shape)[known])
    share = np.full(len(room_kw), np.inf)
    with np.errstate(over="ignore"):  # next to nothing asked: a share without end
        np.divide(np.maximum(room_kw, 0.0), total, out=share, where=total > 0)
    asks = known & (ask > 0)[:, None]
    asking = np.full(chains.shape, np.inf)
    np.multiply(share[chains], ask[:, None], out=asking, where=asks)
    silent = np.where(known & (ask <= 0)[:, None], room_kw[chains], np.inf)
    rooms = np.minimum(asking, silent)
    some = known.any(axis=1)
    return np.where(some, rooms.min(axis=1), np.nan), np.where(some, np.argmin(rooms, axis=1), -1)


def _next(present: Flags, level: Ints) -> Ints:
    """Return the next level above that each chain has, -1 at its top."""
    above = present & (np.arange(present.shape[1])[None, :] > level[:, None])
    return np.where(above.any(axis=1), np.argmax(above, axis=1), -1)
