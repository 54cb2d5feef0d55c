"""What a store publishes, as the arrays the network engine takes: chains of substations and the figures that count."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from laep.desk.store import CITE, TABLES
from laep.errors import UserFault
from laep.hints import meant
from laep.models.network import figures
from laep.models.network.figures import NOW, Choice
from laep.schema.vocabulary import DIRECTIONS, LEVELS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from laep.desk.store import HeadroomStore
    from laep.models.network.figures import Figures

_HEADROOM = (
    "direction", "technology", "scenario", "year", "value", "unit", "power_factor", "basis", "floor_at_zero", "rag",
    "constraint", "instead", "source_id",
)  # fmt: skip

_NUMBERED = re.compile(r"^\d+ *- *")
"""Before a scenario's name in some operators' files: `2 - COUNTERFACTUAL`."""


@dataclass(frozen=True)
class Book:
    """
    What is published, by substation (position `index[fid]`) and measure (`MEASURES`).

    `chains`, shape (substations, levels), has the position of each level from the substation upwards, -1 where there is
    none. `picked` holds the headroom row behind each figure (a mapping), or None, and `unit_kw`, shape (substations,
    measures), the kW in one unit of it.
    """

    substations: Sequence[sqlite3.Row]
    index: Mapping[int, int]
    chains: NDArray[np.int64]
    figures: Figures
    picked: Sequence[Sequence[Any]]
    unit_kw: NDArray[np.float64]


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
    return _book(substations, [*rows, *_ratings(substations, rows, chosen)], chosen)


def is_rating(row: Mapping[str, Any] | sqlite3.Row) -> bool:
    """Return whether a row of a book is no published headroom but the rating of a transformer."""
    return row["fid"] is None


def _ratings(substations: Sequence[sqlite3.Row], rows: Sequence[sqlite3.Row], choice: Choice) -> list[dict[str, Any]]:
    """
    Return rows that hold street substations to the rating of their transformer, in the form of headroom.

    Only in a direction for which nobody publishes a figure: no more than the rating can flow, and what flows already is
    not known.
    """
    told = {(row["substation_fid"], row["direction"]) for row in rows if row["value"] is not None or row["instead"]}
    year = choice.year or choice.today or max((int(row["year"]) for row in rows), default=0)
    empty: dict[str, Any] = dict.fromkeys((*TABLES["headroom"], "fid"))
    return [
        empty | {name: site[name] for name in ("substation_id", "level", "source_id", *CITE)} | {
            "substation_name": site["name"], "direction": direction, "technology": "any", "scenario": NOW, "year": year,
            "value": site["rating_mva"] * 1000, "unit": "kVA", "basis": "nameplate", "substation_fid": site["fid"],
        }
        for site in substations if site["level"] == LEVELS[0] and site["rating_mva"]
        for direction in DIRECTIONS if (site["fid"], direction) not in told
    ]  # fmt: skip


def _book(substations: Sequence[sqlite3.Row], rows: Sequence[Any], choice: Choice) -> Book:
    index = {row["fid"]: place for place, row in enumerate(substations)}
    columns = {name: [row[name] for row in rows] for name in _HEADROOM}
    at = [index.get(row["substation_fid"], -1) for row in rows]
    published = figures.rows(columns, at, power_factor=choice.power_factor)
    waiting = np.array([row["queue_kw"] for row in substations], dtype=np.float64)
    chosen = figures.choose(figures.less_queue(published, waiting), choice, count=len(substations))
    return Book(
        substations=substations,
        index=index,
        chains=_chains(substations, index),
        figures=chosen,
        picked=[[rows[row] if row >= 0 else None for row in three] for three in chosen.row.tolist()],
        unit_kw=np.append(published.unit_kw, np.nan)[chosen.row],
    )


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
    plain = _NUMBERED.sub("", " ".join(choice.scenario.split())).casefold()
    found = {name.casefold(): name for name in published}.get(plain)
    if found is None:
        hint = meant(choice.scenario, published, cutoff=0.3)
        listed = ", ".join(repr(name) for name in published) or "today's figures only"
        raise UserFault(f"--scenario {choice.scenario!r} is in none of the files.{hint} They hold: {listed}.")
    return replace(choice, scenario=None if found == NOW else found)
