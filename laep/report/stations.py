"""The substations the report names: which serve the place, what is above them, and the room published at each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from laep import words
from laep.report.labels import name_or
from laep.report.layers import absent, each
from laep.schema.vocabulary import DIRECTIONS, LEVEL_NAMES, LEVELS, VERDICT_NAMES, YEAR_STEP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from laep.report.cells import Part
    from laep.report.printer import Printer

MINOR_SHARE = 0.05
"""A substation that serves less of the land than this is named, but not called the network of the place."""
NOT_PUBLISHED = "not published"
OF_ONE_TABLE = ["substation_id", "direction", "technology", "unit", "basis"]
"""Columns of `model_headroom` that are alike in one table and one chart: firm and non-firm room are two."""
_BINDING_WORDS = {"here": "at this substation", "upstream": "further up the network", "unknown": "where is not stated"}


@dataclass(frozen=True, kw_only=True)
class Room:
    """What is published of the room at a substation, for one direction and technology."""

    figure: Part
    technology: str
    when: str
    rag: str
    own_colour: bool
    floored: bool
    constraint: str
    binding: str
    fit: str
    verdict: str
    none: bool

    @property
    def short(self) -> bool:
        """Return whether there is none left."""
        return self.rag == "red" or self.none


@dataclass(frozen=True, kw_only=True)
class Station:
    """A substation above the street, and the room it has each way."""

    substation_id: str
    name: str
    level: str
    serves: bool
    minor: bool
    room: Mapping[str, list[Room]]
    told: bool
    binds: list[str]
    relief: str

    def short_of(self) -> list[str]:
        """Return which of demand and generation there is no more room for."""
        return [direction for direction in DIRECTIONS if any(room.short for room in self.room[direction])]

    def every(self) -> list[Room]:
        """Return what is published for both directions."""
        return [room for direction in DIRECTIONS for room in self.room[direction]]


@dataclass(frozen=True, kw_only=True)
class Serving:
    """A primary that serves the area; `stem` begins its figure ids, `chain` names what feeds it, the nearest first."""

    substation_id: str
    stem: str
    name: str
    method: str
    confidence: str
    chain: list[str]

    @property
    def guessed(self) -> bool:
        """Return whether it is taken to serve the area only because no nearer one is known."""
        return self.confidence == "low"


def serving(frames: Mapping[str, pd.DataFrame]) -> list[Serving]:
    """Return the primaries that serve the area, the largest share first, with the chain above each."""
    if absent(frames, "link_substation"):
        return []
    links = frames["link_substation"]
    ids = substation_slugs(frames)
    upstream = list(each(links[links["role"] == "upstream"]))
    chosen = links[links["role"] == "serves"].sort_values(
        ["share_of_area", "substation_id"], ascending=[False, True], na_position="last"
    )
    return [
        Serving(
            substation_id=str(row.substation_id),
            stem=f"network.{row.level}.{ids[row.substation_id]}",
            name=name_or(row, row.substation_id),
            method=words.sentence(words.method(row.method)).rstrip("."),
            confidence=row.confidence,
            chain=_above(row, upstream),
        )
        for row in each(chosen[chosen["level"] != "secondary"])
    ]


def guessed(frames: Mapping[str, pd.DataFrame]) -> set[str]:
    """Return the ids of substations that are taken to serve the area only because no nearer one is known."""
    if absent(frames, "link_substation"):
        return set()
    links = frames["link_substation"]
    return set(links.loc[(links["role"] == "serves") & (links["confidence"] == "low"), "substation_id"].astype(str))


def doubt(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return that what serves the area is a guess, as a sentence; nothing where it is known."""
    names = [one.name for one in serving(frames) if one.guessed]
    if not names:
        return ""
    if len(names) == 1:
        return f"That {names[0]} serves this place is a guess: it is the nearest known. What follows holds if it does."
    serve = f"That {words.listed(names)} serve this place is a guess: they are the nearest known."
    return f"{serve} What follows holds if they do."


def _above(row: Any, upstream: Iterable[Any]) -> list[str]:
    """Return the names of the substations that feed one, the nearest first."""
    above = [one for one in upstream if row.substation_id in (words.split(one.serves_id) or [row.substation_id])]
    named = [one.name for level in ("gsp", "bsp") for one in above if one.level == level and words.known(one.name)]
    return named[::-1]


def stations(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Station]:
    """Return the substations above the street, serving ones first, each with its headroom both ways."""
    if absent(frames, "model_headroom"):
        return []
    headline = headline_headroom(frames["model_headroom"])
    ids = headroom_ids(frames["model_headroom"], substation_slugs(frames))
    headline = headline.assign(figure_id=ids.loc[headline.index])
    above = headline[headline["level"] != "secondary"]
    order = {"serves": 0, "upstream": 1}
    land = _land_served(frames)
    keys = sorted(
        {
            (order.get(r.role, 2), LEVELS.index(r.level), -land.get(r.substation_id, 0.0), str(r.name), r.substation_id)
            for r in each(above)
        }
    )
    return [_station(above[above["substation_id"] == key[-1]], land, show) for key in keys]


def _land_served(frames: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Return the share of the area's land each serving substation has, where it is known."""
    served = [] if absent(frames, "link_substation") else each(frames["link_substation"].query('role == "serves"'))
    return {row.substation_id: float(row.share_of_area) for row in served if words.known(row.share_of_area)}


def _station(headroom: pd.DataFrame, land: Mapping[str, float], show: Printer) -> Station:
    first = next(iter(each(headroom)))
    relief = next((row.relief for row in each(headroom) if words.known(row.relief)), "")
    room = {way: [_room(row, show) for row in each(headroom[headroom["direction"] == way])] for way in DIRECTIONS}
    return Station(
        substation_id=str(first.substation_id),
        name=name_or(first, first.substation_id),
        level=LEVEL_NAMES[first.level].capitalize(),
        serves=first.role == "serves",
        minor=land.get(first.substation_id, 1.0) < MINOR_SHARE,
        room=room,
        told=any(row.figure_id in show or words.known(row.rag) for row in each(headroom)),
        binds=_binds(room),
        relief=words.dated(words.sentence(relief)),
    )


def _room(row: Any, show: Printer) -> Room:
    return Room(
        figure=show(row.figure_id) if row.figure_id in show else NOT_PUBLISHED,
        technology="" if row.technology == "any" else row.technology,
        when="" if row.scenario == "now" else f"{row.scenario}, {int(row.year)}",
        rag=str(row.rag).casefold() if words.known(row.rag) else "",
        own_colour=row.rag_basis == "convention" and words.known(row.rag),
        floored=bool(words.known(row.floor_at_zero) and row.floor_at_zero and row.value == 0),
        constraint=str(row.constraint).lower().replace(" & ", " and ") if words.known(row.constraint) else "",
        binding=_BINDING_WORDS[row.binding],
        fit=VERDICT_NAMES[row.verdict],
        verdict=row.verdict,
        none=bool(words.known(row.value) and row.value <= 0),
    )


def _binds(room: Mapping[str, list[Room]]) -> list[str]:
    """Return what limits a substation and where, once where the same limits both demand and generation."""
    found: dict[str, list[str]] = {}
    for direction, held in room.items():
        for one in held:
            if one.constraint:
                found.setdefault(f"{one.constraint}, {one.binding}", []).append(direction)
    return [f"{words.listed(dict.fromkeys(ways)).capitalize()}: {limit}" for limit, ways in found.items()]


def printed_years(years: Iterable[int]) -> list[int]:
    """Return the scenario years printed as figures: the first, the last, and every fifth between."""
    found = sorted(set(years))
    return [year for year in found if year in (found[0], found[-1]) or year % YEAR_STEP == 0]


def printed(headroom: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows of `model_headroom` are printed: today's, and each table's `printed_years` of known values."""
    known = headroom[(headroom["scenario"] != "now") & headroom["value"].notna()]
    years = known.groupby(OF_ONE_TABLE)["year"].transform(lambda told: told.isin(printed_years(told.astype(int))))
    return (headroom["scenario"] == "now") | years.reindex(headroom.index, fill_value=False).astype(bool)


def substation_slugs(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the part of a figure id that stands for each substation the report names."""
    found: set[str] = set()
    for layer in ("link_substation", "model_headroom"):
        frame = frames.get(layer)
        if frame is not None:
            found |= set(frame["substation_id"].astype(str))
    return words.slugs(sorted(found))


def headroom_ids(headroom: pd.DataFrame, ids: Mapping[str, str]) -> pd.Series:
    """Return the figure id of each row of `model_headroom`; the basis joins in only where it tells two rows apart."""
    technology = headroom["technology"].where(headroom["technology"] != "any", "")
    scenario = headroom["scenario"].map(words.slug) + "." + headroom["year"].astype(str)
    parts = pd.DataFrame(
        {
            "stem": "network." + headroom["level"] + "." + headroom["substation_id"].map(dict(ids)),
            "direction": headroom["direction"] + "_headroom",
            "technology": technology,
            "when": scenario.where(headroom["scenario"] != "now", ""),
        }
    ).astype("string")
    found = parts.apply(lambda row: ".".join(part for part in row if part), axis=1).astype("string")
    return found.where(~found.duplicated(keep=False), found + "." + headroom["basis"]).astype("string")


def headline_headroom(headroom: pd.DataFrame) -> pd.DataFrame:
    """
    Return one row per substation, direction and technology: today's position, else the earliest year of a scenario.

    Where there is no position of today, a scenario whose name holds "best" goes before the others.
    """
    order = headroom.assign(
        _now=(headroom["scenario"] != "now"), _best=~headroom["scenario"].str.casefold().str.contains("best")
    ).sort_values(["_now", "_best", "year", "scenario", "basis"], kind="stable")
    kept = order.drop_duplicates(["substation_id", "direction", "technology"])
    return kept.drop(columns=["_now", "_best"]).sort_index(kind="stable")
