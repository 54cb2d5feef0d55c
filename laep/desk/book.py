"""Published headroom as arrays: for every substation and measure the figure that counts, its year, and its chain."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from laep.errors import UserFault
from laep.models.network import room
from laep.models.network.room import MEASURES
from laep.schema.vocabulary import LEVELS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from laep.desk.store import HeadroomStore

NOW = "now"
_BASES = ("firm_n1", "contracted", "estimated", "connected", "nameplate", "not_stated", "non_firm")
"""Which figure counts where an operator publishes several: what is left in a fault and after what it has accepted."""
_UNIT_KW = {"MW": 1000.0, "MVA": 1000.0, "kVA": 1.0, "kW": 1.0}
_APPARENT = ("MVA", "kVA")
_RED = "red"
_ABOVE = {"secondary": "primary_fid", "primary": "bsp_fid", "bsp": "gsp_fid"}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which figures to read: scenario and year (None for today's), kind of generator, power factor for MVA."""

    scenario: str | None = None
    year: int | None = None
    technology: str = "inverter"
    power_factor: float


@dataclass(frozen=True)
class Book:
    """
    What is published, by substation (row `index[fid]`) and measure (`MEASURES`).

    Arrays have shape (substations, measures), `by_year_kw` (substations, measures, years), `chains` (substations,
    levels) with the row of each level from the substation upwards, -1 where there is none. `picked` holds the headroom
    row behind each figure, or None.
    """

    substations: Sequence[sqlite3.Row]
    index: Mapping[int, int]
    chains: NDArray[np.int64]
    picked: Sequence[Sequence[sqlite3.Row | None]]
    room_kw: NDArray[np.float64]
    by_year_kw: NDArray[np.float64]
    years: NDArray[np.int64]
    here: NDArray[np.bool_]
    upstream: NDArray[np.bool_]
    floor: NDArray[np.bool_]
    uncounted: NDArray[np.bool_]
    choice: Choice

    def unit_kw(self, row: sqlite3.Row) -> float:
        """Return kW in one unit of a headroom row."""
        return unit_kw(row, self.choice.power_factor)


def read(held: HeadroomStore, fids: Iterable[int] | None, choice: Choice) -> Book:
    """Return the book of some substations and all that stands above them; of all but secondary ones for None."""
    chosen = _known_scenario(held, choice)
    substations = held.substations(fids)
    while fids is not None:
        have = {row["fid"] for row in substations}
        above = {row[name] for row in substations for name in ("primary_fid", "bsp_fid", "gsp_fid") if row[name]}
        if above <= have:
            break
        substations = held.substations(have | above)
    rows = held.headroom(None if fids is None else [row["fid"] for row in substations])
    if fids is None:
        substations = sorted(substations, key=lambda row: row["fid"])
    return _book(substations, rows, chosen)


def extend(held: HeadroomStore, fids: Iterable[int], choice: Choice) -> Book:
    """Return the book of all but secondary substations, and of the secondary ones named."""
    chosen = _known_scenario(held, choice)
    named = sorted(set(fids))
    substations = [*held.substations(), *(row for row in held.substations(named) if row["level"] == LEVELS[0])]
    lower = [row["fid"] for row in substations if row["level"] == LEVELS[0]]
    return _book(substations, [*held.headroom(), *held.headroom(lower)], chosen)


def unit_kw(row: sqlite3.Row, power_factor: float) -> float:
    """Return kW in one unit of a headroom row; MVA and kVA by the power factor it states, else by the one given."""
    factor = _UNIT_KW[row["unit"]]
    if row["unit"] not in _APPARENT:
        return factor
    stated: float | None = row["power_factor"]
    return factor * (power_factor if stated is None else stated)


def _book(substations: Sequence[sqlite3.Row], rows: Sequence[sqlite3.Row], choice: Choice) -> Book:
    index = {row["fid"]: place for place, row in enumerate(substations)}
    grouped: dict[tuple[int, int], list[sqlite3.Row]] = {}
    for row in rows:
        if (measure := _measure(row, choice.technology)) is not None and row["substation_fid"] in index:
            grouped.setdefault((index[row["substation_fid"]], measure), []).append(row)
    series = {key: _series(_one_kind(found, choice.technology), choice) for key, found in grouped.items()}
    starts = {row["year"] for found in series.values() for row in found}
    years = np.array(sorted(starts | ({choice.year} if choice.year else set())), dtype=np.int64)
    shape = (len(substations), len(MEASURES))
    arrays: dict[str, Any] = {
        "room_kw": np.full(shape, np.nan), "by_year_kw": np.full((*shape, len(years)), np.nan),
        **{name: np.zeros(shape, dtype=bool) for name in ("here", "upstream", "floor", "uncounted")},
    }  # fmt: skip
    picked: list[list[sqlite3.Row | None]] = [[None] * len(MEASURES) for _ in substations]
    for (place, measure), found in series.items():
        row = _in_year(found, choice.year)
        picked[place][measure] = row
        _write(arrays, place, measure, row, choice)
        arrays["by_year_kw"][place, measure] = _stepped(found, years, choice.power_factor)
    return Book(
        substations=substations, index=index, chains=_chains(substations, index), picked=picked, years=years,
        choice=choice, **arrays,
    )  # fmt: skip


def _measure(row: sqlite3.Row, technology: str) -> int | None:
    """Return which measure a headroom row is for, None when it is for none that is asked."""
    kind = row["technology"]
    if row["direction"] == "demand":
        return MEASURES.index("demand") if kind == "any" else None
    if kind == "storage":
        return MEASURES.index("storage")
    return MEASURES.index("generation") if kind in ("any", technology) else None


def _one_kind(rows: list[sqlite3.Row], technology: str) -> list[sqlite3.Row]:
    """Return the rows of the technology asked for, else of any; and of one basis within each scenario."""
    own = [row for row in rows if row["technology"] == technology] or rows
    best: dict[str, int] = {}
    ranks = [_BASES.index(row["basis"]) if row["basis"] in _BASES else len(_BASES) for row in own]
    for row, rank in zip(own, ranks, strict=True):
        best[row["scenario"]] = min(rank, best.get(row["scenario"], rank))
    return [row for row, rank in zip(own, ranks, strict=True) if rank == best[row["scenario"]]]


def _series(rows: list[sqlite3.Row], choice: Choice) -> list[sqlite3.Row]:
    """
    Return one row a year: of the scenario asked for, else today's and after it the worst of all scenarios.

    Where nothing of the scenario asked for is published for a substation, today's figure stands.
    """
    now = [row for row in rows if row["scenario"] == NOW]
    later = [row for row in rows if row["scenario"] != NOW]
    if choice.scenario is not None:
        chosen = [row for row in later if row["scenario"] == choice.scenario] or now or later
    else:
        last = max((row["year"] for row in now), default=None)
        chosen = now + [row for row in later if last is None or row["year"] > last]
    worst: dict[int, sqlite3.Row] = {}
    for row in chosen:
        held = worst.get(row["year"])
        if held is None or _order(row, choice) < _order(held, choice):
            worst[row["year"]] = row
    return [worst[year] for year in sorted(worst)]


def _order(row: sqlite3.Row, choice: Choice) -> float:
    """Return room for sorting: a figure before none."""
    return float("inf") if row["value"] is None else _kw(row, choice.power_factor)


def _kw(row: sqlite3.Row, power_factor: float) -> float:
    return float("nan") if row["value"] is None else row["value"] * unit_kw(row, power_factor)


def _in_year(series: list[sqlite3.Row], year: int | None) -> sqlite3.Row:
    """Return the row of a year: the last one not after it, else the first."""
    until = [row for row in series if year is None or row["year"] <= year]
    return series[0] if year is None or not until else until[-1]


def _stepped(series: list[sqlite3.Row], years: NDArray[np.int64], power_factor: float) -> NDArray[np.float64]:
    """Return room in every year, each figure standing until the next one."""
    rooms = np.array([_kw(row, power_factor) for row in series])
    known = np.array([row["year"] for row in series])
    stepped: NDArray[np.float64] = rooms[np.maximum(np.searchsorted(known, years, side="right") - 1, 0)]
    return stepped


def _write(arrays: dict[str, Any], place: int, measure: int, row: sqlite3.Row, choice: Choice) -> None:
    named = room.named(row["constraint"])
    arrays["room_kw"][place, measure] = _kw(row, choice.power_factor)
    arrays["here"][place, measure] = named.here
    arrays["upstream"][place, measure] = named.upstream
    arrays["floor"][place, measure] = bool(row["floor_at_zero"])
    red = (row["rag"] or "").strip().casefold() == _RED
    arrays["uncounted"][place, measure] = red and (named.here or named.upstream) and not named.counted


def _chains(substations: Sequence[sqlite3.Row], index: Mapping[int, int]) -> NDArray[np.int64]:
    chains = np.full((len(substations), len(LEVELS)), -1, dtype=np.int64)
    for place, row in enumerate(substations):
        own = LEVELS.index(row["level"])
        chains[place, own] = place
        for level, name in enumerate(("primary_fid", "bsp_fid", "gsp_fid"), start=1):
            if level > own and row[name] is not None:
                chains[place, level] = index.get(row[name], -1)
    return chains


def _known_scenario(held: HeadroomStore, choice: Choice) -> Choice:
    """Return the choice with its scenario as published; raise `UserFault` for one nobody publishes."""
    if choice.scenario is None:
        return choice
    published = held.scenarios()
    found = {name.casefold(): name for name in published}.get(" ".join(choice.scenario.split()).casefold())
    if found is None:
        near = difflib.get_close_matches(choice.scenario, published, n=1, cutoff=0.3)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(repr(name) for name in published) or "today's figures only"
        raise UserFault(f"--scenario {choice.scenario!r} is in none of the files.{hint} They hold: {listed}.")
    return Choice(
        scenario=None if found == NOW else found, year=choice.year, technology=choice.technology,
        power_factor=choice.power_factor,
    )  # fmt: skip
