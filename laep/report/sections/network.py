"""Room on the network: which substation serves the place, how much room each has now and later, and what binds."""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pandas as pd

from laep import words
from laep.report import legend
from laep.report.book import where
from laep.report.cells import Cell, Column, Sentence, Table, entries, joined, missing, said, strong, told
from laep.report.draw import charts, maps, marks
from laep.report.labels import called, name_or
from laep.report.layers import absent, each
from laep.report.sections.segments import sent_out
from laep.report.sections.solar import ROOF
from laep.report.stations import (
    NOT_PUBLISHED,
    OF_ONE_TABLE,
    doubt,
    headroom_ids,
    printed,
    printed_years,
    serving,
    stations,
    substation_slugs,
)
from laep.schema.vocabulary import DIRECTIONS, LEVEL_NAMES, OPERATORS, VERDICT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from laep.report.advice import Served
    from laep.report.book import Book
    from laep.report.cells import Part
    from laep.report.material import Material
    from laep.report.printer import Printer
    from laep.report.stations import Room, Serving, Station

TITLE = "Room on the network"
SECONDARIES_SHOWN = 10
"""The table of street substations stops here; layer `model_headroom` holds them all."""
NEEDS_SHOWN = 5
_PROPOSED = ("net.diversity.pv_export", "net.power_factor")
_SCREENED = ("admd.gas_heated.measured_kw", "net.lv.homes_per_feeder", "net.lv.cable_r_ohm_per_km")
_SUBSTATION_FACTS = {
    "max_demand": ("max_demand_mva", "MVA", "Highest demand seen at {}"),
    "firm_capacity": ("firm_capacity_mva", "MVA", "Firm capacity of {}"),
    "rating": ("rating_mva", "MVA", "Transformer rating of {}"),
    "connected_generation": ("connected_generation_mw", "MW", "Generation connected at {}"),
    "contracted_generation": ("contracted_generation_mw", "MW", "Generation contracted at {} but not yet connected"),
    "contracted_demand": ("contracted_demand_mva", "MVA", "Demand contracted at {} but not yet connected"),
    "customers": ("customers", "count", "Customers fed from {}"),
}
_BASES = {"firm_n1": "firm", "non_firm": "non-firm"}
"""Bases of headroom that operators publish side by side, in words."""
_SCREEN_WORDS = {
    "transformer": "the transformer",
    "cable": "what the cables carry",
    "voltage": "voltage at the far end",
}
_FIT_COUNTED = {
    "fits": "there would be room for all they send out at",
    "fits_with_limit": "for part of it at",
    "does_not_fit": "for none at",
    "unknown": "and no telling at",
    "not_asked": "and nothing to send out at",
}


def figures(book: Book) -> None:
    """Add which substations serve the place, the room they publish, and what operators say of them."""
    _links(book)
    _published(book)
    _facts(book)
    _managed(book)


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames, show = material.frames, material.show
    held, near = stations(frames, show), serving(frames)
    years = scenario_years(frames, show)
    return {
        "operators": operators(frames, material.inputs.served),
        "serving": _serving_table(near, show),
        "doubt": doubt(frames),
        "map": _map(material),
        "stations": held,
        "room": room_table(held),
        "room_notes": _room_notes(frames, held),
        "asked": _asked(near, held, sent_out(frames, show), show),
        "years": years,
        "scenarios": _scenario_keys(years),
        "limits": limits(frames),
        "curtailment": curtailment(frames, show),
        "flexibility": flexibility(frames),
        "screening": screening(frames, show),
        "screening_basis": _screening_basis(frames),
        "screening_now": _screening_now(show),
        "streets": streets(frames, show),
        "streets_told": _streets_told(show),
    }


def operators(frames: Mapping[str, pd.DataFrame], served: Served) -> str:
    """
    Return whose network the place is on, as a sentence.

    Parameters
    ----------
    served : tuple of (licence area, operator, confidence)
        What is known where the area holds no layer `in_licence_area`.
    """
    held = frames.get("in_licence_area")
    found = served
    if held is not None and len(held):
        found = tuple(held[["licence_area", "operator", "confidence"]].itertuples(index=False, name=None))
    if not found:
        return ""
    areas: dict[str, list[str]] = {}
    for area, operator, _ in found:
        areas.setdefault(OPERATORS.get(operator, operator), []).append(area)
    unsure = len(found) > 1 and any(confidence == "low" for *_, confidence in found)
    between = " or " if unsure else " and "
    named = between.join(f"{operator} ({between.join(theirs)})" for operator, theirs in areas.items())
    if unsure and len(areas) > 1:
        return f"The place is near a border between networks: it may be on that of {named}."
    sure = "" if all(confidence == "high" for *_, confidence in found) else ", by the places known to lie in each area"
    return f"The network here belongs to {named}{sure}."


def _serving_table(near: Iterable[Serving], show: Printer) -> Table:
    return Table(
        table_id="substations-serving",
        columns=(
            Column("Substation"), Column("Share of the land", "Of the land"), Column("Fed from"), Column("How we know"),
        ),
        rows=tuple(
            entries(
                one.name, show(f"{one.stem}.share_of_area"), ", then ".join(one.chain) or missing(words.NOT_KNOWN),
                f"{one.method}; confidence {one.confidence}",
            )
            for one in near
        ),
    )  # fmt: skip


def _map(material: Material) -> maps.Map | None:
    frames = material.frames
    if material.ground is None or (absent(frames, "in_substation") and absent(frames, "in_supply_area")):
        return None
    return maps.network(material.ground, frames, name="map-network", title=f"The network round {material.name}")


def room_table(held: Iterable[Station]) -> Table:
    """Return how much room is left at each substation; no row where nothing is told of any."""
    every = list(held)
    return Table(
        table_id="headroom",
        columns=(
            Column("Substation"),
            Column("More demand", number=True),
            Column("More generation", number=True),
            Column("What binds, and where", "What binds"),
            Column("Planned works"),
        ),
        rows=tuple(
            entries(
                said(one.name, notes=(one.level + ("" if one.serves else ", above us"),)),
                *([_published_room(room) for room in one.room[way]] or missing(NOT_PUBLISHED) for way in DIRECTIONS),
                one.binds or missing(NOT_PUBLISHED),
                one.relief or missing("none published"),
            )
            for one in every
            if any(station.told for station in every)
        ),
    )


def _published_room(room: Room) -> Sentence:
    colour = Cell(text=room.rag.capitalize() + (" (ours)" if room.own_colour else ""), look=room.rag or "plain")
    shown = joined([room.figure, room.technology, colour if room.rag else ""])
    return said(shown, notes=("none or worse" if room.floored else "", room.when))


def _room_notes(frames: Mapping[str, pd.DataFrame], held: Iterable[Station]) -> Sentence:
    """Return what has to be known to read the table of room."""
    every = [room for one in held for room in one.every()]
    floored = strong("0 published by an operator that never publishes less than 0 means none, or worse.")
    ours = "Colours marked “ours” follow our own rule, because the operator publishes none."
    mixed = "MVA is what a transformer carries and MW what is used or made: 1 MVA carries a little less than 1 MW."
    units = set() if absent(frames, "model_headroom") else set(frames["model_headroom"]["unit"])
    return joined(
        [
            floored if any(room.floored for room in every) else "",
            ours if any(room.own_colour for room in every) else "",
            mixed if {"MVA", "MW"} <= units else "",
        ]
    )


def _asked(near: Iterable[Serving], held: Iterable[Station], sent: Mapping[str, Part], show: Printer) -> list[Sentence]:
    """
    Return what rooftop solar would ask of each serving substation, against the room that is published.

    Parameters
    ----------
    sent : mapping of substation id to part of a sentence
        The most that would leave it at once in a year followed half-hour by half-hour.
    """
    return [
        joined(
            [
                told(
                    "Panels on all the suitable roof left on {}, besides those there today, could make up to {} in the "
                    "sunniest half-hour, before any use is taken off: a connection is judged by that.",
                    one.name, show(f"{one.stem}.proposed"),
                ),
                *(
                    said("Against ", room.figure, " published: ", strong(room.fit), ".")
                    for station in held if station.name == one.name
                    for room in station.room["generation"] if room.verdict not in ("unknown", "not_asked")
                ),
                told(
                    "With today's panels added and what is used at each moment taken off, {} at most would be sent "
                    "out at once.", sent[one.substation_id],
                ) if one.substation_id in sent else "",
            ]
        )
        for one in near if f"{one.stem}.proposed" in show
    ]  # fmt: skip


def scenario_years(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[dict[str, Any]]:
    """Return, for each serving substation, direction and technology with scenarios, a chart and printed years."""
    if absent(frames, "model_headroom"):
        return []
    headroom = frames["model_headroom"]
    future = headroom.assign(figure_id=headroom_ids(headroom, substation_slugs(frames)))
    future = future[(future["scenario"] != "now") & (future["role"] == "serves") & (future["level"] != "secondary")]
    grouped = future.dropna(subset="value").groupby(OF_ONE_TABLE, sort=True)
    held = [(key, part) for key, part in grouped if len(set(part["year"])) > 1 and part["value"].count() > 1]
    scenarios = sorted({name for _, part in held for name in part["scenario"]})
    return [
        _years(n, key, part, pd.concat([other for (*_, unit, _), other in held if unit == key[3]]), scenarios, show)
        for n, (key, part) in enumerate(held)
    ]


def _years(
    n: int, key: tuple[Any, ...], part: pd.DataFrame, alike: pd.DataFrame, scenarios: list[str], show: Printer
) -> dict[str, Any]:
    """Return the chart of one substation, on one axis with all that are `alike` in unit, and its table."""
    substation, direction, technology, _, basis = key
    name = name_or(next(iter(each(part))), substation)
    kinds = ("" if technology == "any" else technology, _BASES.get(basis, ""))
    kind = f" ({', '.join(filter(None, kinds))})" if any(kinds) else ""
    years = printed_years(part["year"].astype(int))
    chart = charts.headroom_years(
        part, name=f"chart-years-{n}", title=f"Room for more {direction} at {name} by year{kind}",
        bounds=charts.bounds(alike["value"].dropna()), scenarios=scenarios,
    )  # fmt: skip
    table = Table(
        table_id=f"headroom-years-{n + 1}",
        caption=f"{name}, room for more {direction}{kind}",
        columns=(Column("Scenario"), *(Column(str(year)) for year in years)),
        rows=tuple(
            entries(str(scenario), *(_in_year(held, year, show) for year in years))
            for scenario, held in part.groupby("scenario", sort=True)
        ),
    )
    return {"title": f"{name}: more {direction}{kind}", "chart": chart, "table": table, "scenarios": scenarios}


def _in_year(held: pd.DataFrame, year: int, show: Printer) -> Part:
    at = held[held["year"] == year]
    return "" if at.empty else show(str(at["figure_id"].iloc[0]))


def _scenario_keys(years: Iterable[Mapping[str, Any]]) -> tuple[marks.Key, ...]:
    names: list[str] = next((one["scenarios"] for one in years), [])
    return tuple(marks.Key(name, marks.line(*legend.series(n))) for n, name in enumerate(names))


def limits(frames: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Return which level of the network sets the room at each serving primary today, both ways, and remarks on it."""
    if absent(frames, "model_limit"):
        return {"lines": [], "remarks": []}
    held = frames["model_limit"]
    today = held[(held["scenario"] == "now") & (held["start_level"] == "primary")]
    today = today[(today["year"] == today["year"].min()) & today["level"].notna()]
    names = _linked_names(frames)
    lines, managed = [], []
    for row in each(today):
        start = names.get(row.start_id, row.start_id)
        lines.append(f"{start}, more {row.direction}: {_limit(row)}.")
        managed += [(_gloss(row.managed), start)] * words.known(row.managed)
    remarks = [
        f"The operator says of {', '.join(dict.fromkeys(start for _, start in part))}: {remark}."
        for remark, part in groupby(sorted(managed, key=itemgetter(0)), key=itemgetter(0))
    ]
    return {"lines": lines, "remarks": remarks}


def _limit(row: Any) -> str:
    itself = row.substation_id == row.start_id
    named = "the substation itself" if itself else f"{name_or(row, row.substation_id)}, {LEVEL_NAMES[row.level]}"
    if row.where == "between":
        return f"the network above {'it' if itself else named}, where the operator names a limit at no substation"
    return named


def _linked_names(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    if absent(frames, "link_substation"):
        return {}
    named = frames["link_substation"].dropna(subset=["name"])
    return dict(zip(named["substation_id"].astype(str), named["name"].astype(str), strict=True))


def _gloss(managed: str) -> str:
    """Return what an operator says of managed limits, its short form spelled out."""
    return str(managed).replace(
        "Technical Limits Agreed at GSP: Yes", "agreed limits let some connect before works end"
    )


def curtailment(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table:
    """Return how much generation each scheme above the area held back in the last year told."""
    return Table(
        table_id="curtailment",
        columns=(
            Column("Scheme"), Column("Year"), Column("Times", number=True),
            Column("Hours, all sites", "Hours", number=True),
            Column("Energy lost, as estimated", "Energy lost", number=True),
        ),
        rows=tuple(
            entries(
                words.titled(str(held["scheme"].iloc[0])), str(int(held["year"].iloc[0])),
                *(show(f"{stem}.{part}") for part in ("events", "hours", "lost")),
            )
            for stem, held, _ in curtailed(frames)
        ),
    )  # fmt: skip


def flexibility(frames: Mapping[str, pd.DataFrame]) -> Table:
    """Return the nearest places for which the operator seeks flexible use."""
    return Table(
        table_id="flexibility",
        columns=(
            Column("For"), Column("Where"), Column("How much"), Column("From"),
            Column("When, and what was decided", "When"),
        ),
        rows=tuple(
            entries(
                words.titled(str(row.zone)),
                "in the area" if row.distance_m == 0 else f"{words.number(row.distance_m / 1000)} km away",
                f"up to {words.number(row.capacity)} {row.unit}" if words.known(row.capacity) else "",
                words.published_date(row.starts) if words.known(row.starts) else "",
                joined(str(part) for part in (row.window, words.sentence(row.outcome)) if words.known(part)),
            )
            for row in each(_needs(frames))
        ),
    )  # fmt: skip


def _needs(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Return the nearest need of each zone, the nearest zones first."""
    if absent(frames, "in_flexibility"):
        return None
    needs = frames["in_flexibility"].sort_values(["distance_m", "need_id"], kind="stable")
    return needs.drop_duplicates("zone").head(NEEDS_SHOWN)


def screening(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table:
    """Return, for each direction and year, at how many street substations laep's own screening finds room."""
    held: Any = [] if absent(frames, "model_lv") else frames["model_lv"].groupby(["direction", "year"], sort=True)
    return Table(
        table_id="street-screening",
        columns=(
            Column("Year"), Column("For more"), Column("With room left", number=True), Column("Screened", number=True),
            Column("Most often limited by"),
        ),
        rows=tuple(
            entries(
                str(int(year)), str(direction), show(f"network.lv.{direction}.{int(year)}.with_room"),
                show(f"network.lv.{direction}.{int(year)}.screened"),
                _SCREEN_WORDS[str(part["binding"].value_counts().sort_index().idxmax())],
            )
            for (direction, year), part in held
        ),
    )  # fmt: skip


def _screening_basis(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return in one sentence what the screened feeders are taken to be, and who made the power flow."""
    if absent(frames, "model_lv"):
        return ""
    held = frames["model_lv"]
    feeders = words.listed(sorted(set(held["feeder"])))
    flows = words.listed(sorted(set(held["flow_by"])))
    return f"Each feeder is taken as {feeders}. Power flow, which checks the voltages: {flows}."


def _screening_now(show: Printer) -> Sentence:
    """Return what the screening of generation does not count: the panels that are still to come."""
    if "segments.over_rating" not in show:
        return Sentence()
    return told(
        "Room for more generation is what is left beside the panels of today. With panels on every suitable roof, {} "
        "of {} street substations would send out more than their transformer's rating at some moment of the year.",
        show("segments.over_rating"), show("segments.rated"),
    )  # fmt: skip


def streets(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table:
    """Return the street substations with least room for rooftop solar, the tightest first."""
    return Table(
        table_id="street-substations",
        columns=(
            Column("Tightest first"), Column("Buildings linked", "Buildings", number=True),
            Column("Room for generation", "Room", number=True), Column("Solar could send", "Solar", number=True),
            Column("So there is"),
        ),
        rows=tuple(
            entries(
                name_or(row, row.substation_id), show(f"{stem}.buildings"),
                show(row.figure_id) if row.figure_id in show else NOT_PUBLISHED,
                show(f"{stem}.proposed", kilo=True), VERDICT_NAMES[row.verdict],
            )
            for row in each(_tightest(frames))
            for stem in [row.figure_id.partition(".generation_headroom")[0]]
        ),
    )  # fmt: skip


def _tightest(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Return the soonest room for generation at the street substations that have least."""
    if absent(frames, "model_headroom"):
        return None
    headroom = frames["model_headroom"]
    held = headroom.assign(figure_id=headroom_ids(headroom, substation_slugs(frames)))
    held = held[(held["level"] == "secondary") & (held["direction"] == "generation")]
    held = held.sort_values(["substation_id", "year"], kind="stable").drop_duplicates("substation_id")
    rank = {"does_not_fit": 0, "fits_with_limit": 1, "unknown": 2, "not_asked": 3, "fits": 4}
    ranked = held.assign(_rank=held["verdict"].map(rank)).sort_values(["_rank", "value", "substation_id"])
    return ranked.head(SECONDARIES_SHOWN)


def _streets_told(show: Printer) -> Sentence:
    """Return how many street substations have room for all, part or none of the rooftop solar on them."""
    counted = [
        said(f"{label} ", show(f"network.secondary.{verdict}_count"))
        for verdict, label in _FIT_COUNTED.items()
        if f"network.secondary.{verdict}_count" in show
    ]
    return said(joined(counted, between=", "), " street substations") if counted else Sentence()


def _links(book: Book) -> None:
    """Add which substation serves how much of the area, and how many buildings."""
    serving = book.layer("link_substation")
    ids = substation_slugs(book.frames)
    for row in each(serving):
        book.add(
            f"network.{row.level}.{ids[row.substation_id]}.share_of_area", f"Share of the land {called(row)} serves",
            row.share_of_area, "share", layer="link_substation",
            rows=where(source_id=row.source_id, substation_id=row.substation_id), column="share_of_area",
            method="value", confidence=row.confidence,
        )  # fmt: skip
    buildings = book.layer("link_building")
    if buildings is None:
        return
    for level in ("primary", "secondary"):
        column = f"{level}_id"
        for substation, count in buildings[column].value_counts().sort_index().items():
            if substation in ids:
                book.add(
                    f"network.{level}.{ids[substation]}.buildings", f"Buildings linked to {level} {substation}",
                    count, "buildings", layer="link_building", rows=where(**{column: substation}), column="",
                    method="count", confidence="medium",
                )  # fmt: skip
        book.add(
            f"network.{level}.linked_count", f"Buildings linked to a {level} substation",
            int(buildings[column].notna().sum()), "buildings", layer="link_building", rows=f"{column} == {column}",
            column="", method="count", confidence="medium",
        )  # fmt: skip


def _published(book: Book) -> None:
    """Add the published headroom of every level, now and in the printed years, and what rooftop solar would ask."""
    _screened(book)
    published = book.layer("model_headroom")
    if published is None:
        return
    named = published.assign(figure_id=headroom_ids(published, substation_slugs(book.frames)))
    for row in each(named[printed(named)]):
        rows = where(
            substation_id=row.substation_id, direction=row.direction, technology=row.technology,
            scenario=row.scenario, year=int(row.year), basis=row.basis,
        )  # fmt: skip
        when = "now" if row.scenario == "now" else f"in {int(row.year)}, scenario {row.scenario}"
        book.add(
            row.figure_id, f"Room for more {row.direction} at {called(row)} {when}, as published", row.value, row.unit,
            layer="model_headroom", rows=rows, column="value", method="value",
            confidence="medium" if row.basis in ("estimated", "not_stated") else "high",
        )  # fmt: skip
    proposed = named[named["proposed_mw"].notna() & (named["direction"] == "generation")]
    for row in each(proposed.drop_duplicates(["level", "substation_id"])):
        stem = row.figure_id.partition(".generation_headroom")[0]
        book.add(
            f"{stem}.proposed", f"Export that all suitable roofs on {called(row)} could add at the sunniest half-hour",
            row.proposed_mw, "MW", layer="model_headroom", column="proposed_mw", method="first",
            rows=where(substation_id=row.substation_id, direction="generation"), assumptions=(*ROOF, *_PROPOSED),
            confidence="low",
        )  # fmt: skip
    _secondary(book, named)


def _screened(book: Book) -> None:
    """Add how many street substations laep's own screening finds room at, by direction and year."""
    rows = book.layer("model_lv")
    if rows is None:
        return
    for _, part in rows.groupby(["direction", "year"], sort=True):
        direction, year = str(part["direction"].iloc[0]), int(part["year"].iloc[0])
        stem, at = f"network.lv.{direction}.{year}", where(direction=direction, year=year)
        book.add(
            f"{stem}.screened", f"Street substations screened for {direction} in {year}", len(part), "substations",
            layer="model_lv", rows=at, column="", method="count", confidence="low",
        )  # fmt: skip
        book.add(
            f"{stem}.with_room", f"Street substations with room left for {direction} in {year}, as laep reckons it",
            int((part["headroom_kw"] > 0).sum()), "substations", low=int((part["headroom_low_kw"] > 0).sum()),
            high=int((part["headroom_high_kw"] > 0).sum()), layer="model_lv", rows=f"{at} and headroom_kw > 0",
            column="", method="count", confidence="low", assumptions=_SCREENED,
        )  # fmt: skip


def _secondary(book: Book, named: pd.DataFrame) -> None:
    chosen = named[(named["level"] == "secondary") & (named["direction"] == "generation")]
    current = chosen.sort_values(["substation_id", "year"], kind="stable").drop_duplicates("substation_id")
    for verdict, count in current["verdict"].value_counts().sort_index().items():
        book.add(
            f"network.secondary.{verdict}_count",
            f"Secondary substations, by room for the solar on their roofs: {VERDICT_NAMES[str(verdict)]}", count,
            "substations", layer="model_headroom",
            column='level == "secondary", direction == "generation", the earliest row of each',
            method="calculation", confidence="medium",
        )  # fmt: skip


def _facts(book: Book) -> None:
    """Add what operators publish about each substation the report names."""
    frame = book.layer("in_substation")
    ids = substation_slugs(book.frames)
    if frame is None:
        return
    for row in each(frame[frame["substation_id"].isin(list(ids))]):
        for stem, (column, unit, label) in _SUBSTATION_FACTS.items():
            figure_id = f"network.{row.level}.{ids[row.substation_id]}.{stem}"
            if figure_id not in book.figures:
                book.add(
                    figure_id, label.format(called(row)), getattr(row, column), unit, layer="in_substation",
                    rows=where(source_id=row.source_id, substation_id=row.substation_id), column=column, method="value",
                )  # fmt: skip


def _managed(book: Book) -> None:
    """Add how long and how much generation was held back by the schemes above the area, in the last year told."""
    for stem, rows, found in curtailed(book.frames):
        label = f"{{}} under the scheme {rows['scheme'].iloc[0]} in {int(rows['year'].iloc[0])}"
        for name, column, unit, what in (
            ("events", "events", "count", "Times generation was held back"),
            ("hours", "hours", "h", "Hours generation was held back, summed over sites"),
            ("lost", "energy_lost_kwh", "kWh", "Energy estimated to be lost"),
        ):
            if rows[column].notna().any():
                book.add(
                    f"{stem}.{name}", label.format(what), rows[column].sum(), unit, layer="in_curtailment",
                    rows=found, column=column, method="sum",
                )  # fmt: skip


def curtailed(frames: Mapping[str, pd.DataFrame]) -> list[tuple[str, pd.DataFrame, str]]:
    """Return, for each scheme named after a substation of the area, its figure stem, last year's rows, their query."""
    held, links = frames.get("in_curtailment"), frames.get("link_substation")
    if held is None or links is None or held.empty:
        return []
    ours = {_stem(name) for name in links["name"].dropna()} - {""}
    found = []
    for scheme in sorted(held["scheme"].unique()):
        if _stem(scheme) in ours:
            rows = held[held["scheme"] == scheme]
            year = int(rows["year"].max())
            alike = where(scheme=scheme, year=year)
            found.append((f"network.curtailment.{words.slug(scheme)}", rows[rows["year"] == year], alike))
    return found


def _stem(name: str) -> str:
    """Return the first word of the name of a substation or of a scheme called after one: `WALPOLE-W` is walpole."""
    return re.split(r"[\s\-_/]", str(name).strip().casefold())[0]
