"""Which published figure counts: for every substation and measure one row of the headroom tables, and its room.

Arrays in and out, numpy only, for one check at the desk, for a whole operator and for one area alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from laep.models.network import room
from laep.models.network.room import MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]
    Texts = NDArray[np.str_]

NOW = "now"
"""Scenario of today's published position."""
GENERATION, DEMAND, STORAGE = range(3)
"""Positions in `MEASURES`."""
TECHNOLOGIES = ("inverter", "synchronous")
"""Kinds of generator that headroom is published for, the usual one first."""
BASES = ("firm_n1", "contracted", "estimated", "connected", "nameplate", "not_stated", "non_firm")
"""Which figure counts where an operator publishes several: what is left in a fault and after what it has accepted."""
QUEUE_COUNTED: Mapping[str, str] = {"contracted": "yes", "connected": "no", "ssen_headroom": "yes", "model_lv": "no"}
"""
Whether a generation headroom already has the accepted queue taken off, by its basis, else its source, else `unknown`.

SSEN's is checked on its March 2026 table: at Yiewsley, Beaconsfield and Chalvey the figure is the rating with one
transformer out, less 5 %, plus minimum demand, less connected, less contracted generation, to the last digit. At
Northolt, Bath Road West, Bridge Road and Harefield it is not, so something else binds there: contracted is taken as
counted all the same, since nothing suggests that it is left out.
"""
_UNIT_KW = {"MW": 1000.0, "MVA": 1000.0, "kVA": 1.0, "kW": 1.0}
_APPARENT = ("MVA", "kVA")
_RED = re.compile(r"\s*(red|r)\b", re.IGNORECASE)
"""`Red`, `R`, and `Red - Voltage` alike."""
_TEXT = ("direction", "technology", "scenario", "unit", "basis", "rag", "constraint", "instead", "source_id")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """
    Which figures to read: scenario and year (None for today's), kind of generator, power factor for MVA.

    `today` is this year: of a table that publishes scenarios alone its figure is today's, None for the first year's.
    """

    scenario: str | None = None
    year: int | None = None
    today: int | None = None
    technology: str = TECHNOLOGIES[0]
    power_factor: float


@dataclass(frozen=True, kw_only=True)
class Rows:
    """
    Headroom rows as arrays of shape (rows,), columns as in `in_headroom`; missing texts are empty.

    `at` is the position of the substation, -1 where there is none. `unit_kw` is kW in one `unit`, `kw` the room a row
    leaves as published, and `counts_kw` the same less the accepted queue where the figure does not hold it; nan where
    no figure is given.
    """

    at: Ints
    direction: Texts
    technology: Texts
    scenario: Texts
    unit: Texts
    basis: Texts
    rag: Texts
    constraint: Texts
    instead: Texts
    source_id: Texts
    year: Ints
    floor: Flags
    unit_kw: Floats
    kw: Floats
    counts_kw: Floats


@dataclass(frozen=True, kw_only=True)
class Figures:
    """
    What counts, by substation and measure (`MEASURES`).

    Arrays have shape (substations, measures), `by_year_kw` (substations, measures, years). `row` is the position of the
    headroom row behind each figure and `year` the year of that row; -1 where there is none. `here`, `upstream` and
    `uncounted` say what its constraint text names: see `room.named`. `silent_red` marks what is red without a figure
    for a limit that figures count: those further down may count it. `unproven` marks a substation whose figure is text
    that is no number.
    """

    row: Ints
    year: Ints
    room_kw: Floats
    by_year_kw: Floats
    years: Ints
    here: Flags
    upstream: Flags
    floor: Flags
    uncounted: Flags
    unproven: Flags
    silent_red: Flags


def rows(columns: Mapping[str, Sequence[Any]], at: Sequence[int], *, power_factor: float) -> Rows:
    """
    Return headroom rows as arrays.

    Parameters
    ----------
    columns : mapping of name to values, None where missing
        Columns of `in_headroom`.
    at : sequence of int
        Position of the substation each row belongs to.
    power_factor : float
        Turns MVA into kW where the row states none; `net.power_factor`. [-]
    """
    texts = {name: _texts(columns[name]) for name in _TEXT}
    per_unit = unit_kw(texts["unit"], _numbers(columns["power_factor"]), power_factor)
    kw = _numbers(columns["value"]) * per_unit
    return Rows(
        at=np.array(at, dtype=np.int64),
        **texts,
        year=np.array(columns["year"], dtype=np.int64),
        floor=np.array([bool(flag) for flag in columns["floor_at_zero"]], dtype=bool),
        unit_kw=per_unit,
        kw=kw,
        counts_kw=kw,
    )


def unit_kw(unit: Texts, stated: Floats, power_factor: float) -> Floats:
    """Return kW in one unit of headroom; MVA and kVA by the power factor that is stated, else by the one given."""
    per_unit = _by_text(unit, lambda text: _UNIT_KW.get(text, np.nan))
    factor = np.where(np.isnan(stated), power_factor, stated)
    return np.where(np.isin(unit, _APPARENT), per_unit * factor, per_unit)


def less_queue(held: Rows, queue_kw: Floats) -> Rows:
    """
    Return rows whose `counts_kw` has the accepted queue taken off, where it is known that the figure does not hold it.

    Parameters
    ----------
    queue_kw : array, shape (substations,)
        Generation and storage accepted at each substation and below, not yet connected. [kW]

    Notes
    -----
    A zero of an operator that never publishes less stays as it is: how far below zero it stands is not known.
    """
    waiting = np.where(held.at >= 0, np.nan_to_num(queue_kw)[held.at], 0.0) if len(queue_kw) else np.zeros(len(held.at))
    taken = (held.direction == MEASURES[GENERATION]) & (queue_counted(held) == "no") & ~(held.floor & (held.kw <= 0))
    return replace(held, counts_kw=np.where(taken, held.kw - waiting, held.kw))


def queue_counted(held: Rows) -> Texts:
    """Return whether each row has the accepted queue taken off already: yes, no or unknown."""
    by_basis = _by_text(held.basis, lambda text: QUEUE_COUNTED.get(text, ""))
    by_source = _by_text(held.source_id, lambda text: QUEUE_COUNTED.get(text, "unknown"))
    return np.where(by_basis == "", by_source, by_basis)


def choose(held: Rows, choice: Choice, *, count: int) -> Figures:
    """
    Return the figure that counts for each of `count` substations and each measure.

    Notes
    -----
    The kind of generator asked for comes before `any`. Of several bases the first of `BASES` that gives a value counts,
    scenario by scenario. Without a scenario that is today's figure, and after its year the worst of all scenarios; with
    one, its own series, else today's, else the worst of the others. In a year the last figure not after it stands, else
    the first; among several of one year the least, a figure before none.
    """
    chosen = _series(_one_basis(_one_kind(_asked(held, choice)), held), held, choice)
    shape = (count, len(MEASURES))
    years = np.unique(np.concatenate([held.year[chosen.row], [choice.year] if choice.year else []])).astype(np.int64)
    steps = _steps(chosen, held.year[chosen.row], years)
    picked = _picked(chosen, held, choice)
    row = np.full(count * len(MEASURES), -1, dtype=np.int64)
    row[chosen.key[picked]] = chosen.row[picked]
    by_year = np.full((count * len(MEASURES), len(years)), np.nan)
    by_year[chosen.key[picked]] = held.counts_kw[chosen.row][steps]
    return _figures(held, row.reshape(shape), by_year.reshape((*shape, len(years))), years)


@dataclass(frozen=True)
class _Chosen:
    """Rows in play: their positions, and the substation and measure each is for, as one number."""

    row: Ints
    key: Ints
    exact: Flags

    def where(self, kept: Flags | Ints) -> _Chosen:
        return _Chosen(self.row[kept], self.key[kept], self.exact[kept])


def _asked(held: Rows, choice: Choice) -> _Chosen:
    """Return the rows that tell of a measure."""
    storage = held.technology == MEASURES[STORAGE]
    exact = held.technology == choice.technology
    either = held.technology == "any"
    demand = held.direction == MEASURES[DEMAND]
    measure = np.select([demand & either, demand, storage, exact | either], [DEMAND, -1, STORAGE, GENERATION], -1)
    kept = np.flatnonzero((measure >= 0) & (held.at >= 0))
    return _Chosen(kept, held.at[kept] * len(MEASURES) + measure[kept], exact[kept])


def _one_kind(chosen: _Chosen) -> _Chosen:
    """Keep the rows of the technology asked for where there are any."""
    return chosen.where(chosen.exact | ~np.isin(chosen.key, chosen.key[chosen.exact]))


def _one_basis(chosen: _Chosen, held: Rows) -> _Chosen:
    """Keep one basis of each scenario: the first that gives a value, else the first."""
    rank = _by_text(held.basis[chosen.row], lambda text: BASES.index(text) if text in BASES else len(BASES))
    silent = np.isnan(held.kw[chosen.row])
    _, scenario = np.unique(held.scenario[chosen.row], return_inverse=True)
    group = chosen.key * (scenario.max(initial=0) + 1) + scenario.reshape(-1)
    _, group = np.unique(group, return_inverse=True)
    best = np.full(len(rank), 2 * len(BASES) + 2)
    np.minimum.at(best, group.reshape(-1), rank + (len(BASES) + 1) * silent)
    return chosen.where(rank == best[group.reshape(-1)] % (len(BASES) + 1))


def _series(chosen: _Chosen, held: Rows, choice: Choice) -> _Chosen:
    """Keep one row a year of each substation and measure, in order of year."""
    scenario, year = held.scenario[chosen.row], held.year[chosen.row]
    now = scenario == NOW
    size = chosen.key.max(initial=-1) + 1
    if choice.scenario is None:
        last = np.full(size, np.iinfo(np.int64).min)
        np.maximum.at(last, chosen.key[now], year[now])
        kept = now | (year > last[chosen.key])
    else:
        tier = np.select([scenario == choice.scenario, now], [0, 1], 2)
        best = np.full(size, 2)
        np.minimum.at(best, chosen.key, tier)
        kept = tier == best[chosen.key]
    chosen, year = chosen.where(kept), year[kept]
    room_kw = held.counts_kw[chosen.row]
    order = np.lexsort((np.where(np.isnan(room_kw), np.inf, room_kw), year, chosen.key))
    chosen, year = chosen.where(order), year[order]
    same = (chosen.key[1:] == chosen.key[:-1]) & (year[1:] == year[:-1])
    return chosen.where(np.concatenate([np.ones(min(len(year), 1), dtype=bool), ~same]))


def _picked(chosen: _Chosen, held: Rows, choice: Choice) -> Ints:
    """Return for each substation and measure the position of the row of a year: the last not after it, else first."""
    keys, first = np.unique(chosen.key, return_index=True)
    year = held.year[chosen.row]
    asked = choice.year or choice.today
    if asked is None:
        return first
    until = year <= asked
    if choice.year is None:  # where today's position is published it stands, whatever year it is of
        until &= ~np.isin(chosen.key, chosen.key[held.scenario[chosen.row] == NOW])
    last = first.copy()
    np.maximum.at(last, np.searchsorted(keys, chosen.key[until]), np.flatnonzero(until))
    return last


def _steps(chosen: _Chosen, year: Ints, years: Ints) -> Ints:
    """Return the position of the row that stands in every year, shape (substations and measures in play, years)."""
    keys, first = np.unique(chosen.key, return_index=True)
    standing = np.full((len(keys), len(years)), -1, dtype=np.int64)
    standing[np.searchsorted(keys, chosen.key), np.searchsorted(years, year)] = np.arange(len(year))
    return np.maximum(np.maximum.accumulate(standing, axis=1), first[:, None]) if len(years) else standing


def flags(held: Rows, at: Ints) -> dict[str, Flags]:
    """
    Return what some rows say beside their figure.

    Returns
    -------
    `here`, `upstream` (whether the constraint text names a limit there), `floor` (never published below zero),
    `uncounted` (marked red for something that MW do not count, such as fault level, or for no reason given),
    `silent_red` (marked red for what they count, without a figure) and `unproven` (text stands in place of a figure),
    each of shape (rows,).
    """
    named = [room.named(text) for text in held.constraint[at].tolist()]
    here, upstream, counted = np.array(named, dtype=bool).reshape(-1, 3).T
    red = _by_text(held.rag[at], lambda text: _RED.match(text) is not None)
    return {
        "here": here,
        "upstream": upstream,
        "floor": held.floor[at],
        "uncounted": red & ~counted & ~(held.kw[at] <= 0),
        "silent_red": red & counted & np.isnan(held.kw[at]),
        "unproven": np.isnan(held.kw[at]) & (held.instead[at] != ""),
    }


def _figures(held: Rows, row: Ints, by_year_kw: Floats, years: Ints) -> Figures:
    there = row >= 0
    at = row[there]
    told: dict[str, Flags] = {}
    for name, values in flags(held, at).items():
        told[name] = np.zeros(row.shape, dtype=bool)
        told[name][there] = values
    room_kw, year = np.full(row.shape, np.nan), np.full(row.shape, -1, dtype=np.int64)
    room_kw[there], year[there] = held.counts_kw[at], held.year[at]
    return Figures(row=row, year=year, room_kw=room_kw, by_year_kw=by_year_kw, years=years, **told)


def _texts(values: Sequence[Any]) -> Texts:
    return np.array(["" if value is None else value for value in values], dtype=str)


def _numbers(values: Sequence[Any]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _by_text(texts: Texts, told: Callable[[str], Any]) -> NDArray[Any]:
    """Return what a function says of each text, asking it once a different text."""
    different, back = np.unique(texts, return_inverse=True)
    said = np.array([told(text) for text in different.tolist()])
    return said[back.reshape(-1)] if len(said) else np.zeros(0, dtype=bool)
