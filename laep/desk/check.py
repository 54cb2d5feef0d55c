"""One proposal checked: verdict, what binds, the chain before and after, route, cost, works, help, source rows."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from laep import licence
from laep.checked import (
    AssumptionUsed,
    Cost,
    DataUsed,
    Figure,
    Level,
    Measured,
    Queue,
    Registered,
    ServedBy,
    SourceRow,
    Spot,
    Summed,
    Works,
)
from laep.desk import beside, sure, whose, words
from laep.desk import book as books
from laep.desk import place as places
from laep.errors import UserFault
from laep.hints import meant, nearest
from laep.models.network.connection import G98
from laep.models.network.decide import Asks, Decision, asks, decide
from laep.models.network.figures import DEMAND, GENERATION, NOW, TECHNOLOGIES, Choice
from laep.models.network.room import MEASURES
from laep.models.network.verdicts import Verdict
from laep.results import Checked
from laep.schema.vocabulary import LARGEST_CONNECTION_KW, LEVELS, LIMIT_PLACES, MONTHS, VERDICTS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from laep.checked import Network, Proposal
    from laep.desk.book import Book
    from laep.desk.settings import Settings
    from laep.desk.store import HeadroomStore

_AHEAD_YEARS = (2000, 2100)
_EXPORT_LIMIT = "An export limit (G100) of {limit} kW would let it connect within what is published today."
_BATTERY = (
    "A battery that takes in at least {over} kW at the sunniest or windiest times would keep what leaves the site to "
    "{limit} kW; how much energy it must hold depends on the site."
)
_FLEXIBLE = (
    "A flexible (curtailable) connection: ask the operator whether it offers one here, and for the expected hours it "
    "would turn the site down."
)
_BARRED = (
    "No limit on what is sent out or drawn mends this: ask the operator what fault level, voltage or switchgear leave."
)
_OWN_TRANSFORMER = (
    "A connection at high voltage, with a transformer of its own, is not held to {name}: ask for it by naming the "
    "primary (`--asset`)."
)
_LOAD = "A timed or flexible demand connection, or a battery charged off-peak, that keeps what is drawn to {limit} kW."


@dataclass(frozen=True)
class _Start:
    """Where a proposal hangs: fid (-1 when unknown), how that was found, and where it is."""

    fid: int
    method: str
    confidence: str
    distance_m: float
    place: places.Place | None
    network: Network


def check(held: HeadroomStore, proposal: Proposal, settings: Settings, *, postcode_file: Path | None = None) -> Checked:
    """
    Return everything that is known of whether one proposal can connect.

    Raises
    ------
    UserFault
        For sizes, places, assets, years and scenarios that cannot be, each with what to write instead.
    """
    _refuse(proposal)
    asked = asks(*(np.array([np.nan if v is None else v]) for v in _sizes(proposal)))
    largest = float(max(asked.generation_kw[0], asked.demand_kw[0]))
    begun = _start(held, proposal, largest, settings, postcode_file)
    choice = Choice(
        scenario=proposal.scenario, year=proposal.year, today=this_year(), technology=proposal.technology,
        power_factor=settings.power_factor,
    )  # fmt: skip
    book = books.read(held, [begun.fid] if begun.fid > 0 else [], choice)
    start = np.array([book.index.get(begun.fid, -1)], dtype=np.int64)
    decision = decide(book.figures, book.chains, start, asked, years=np.array([proposal.year or 0], dtype=np.int64))
    return _report(held, proposal, settings, begun, book, start, asked, decision)


def _sizes(proposal: Proposal) -> tuple[float | None, ...]:
    return proposal.generation_kw, proposal.demand_kw, proposal.storage_kw, proposal.export_limit_kw


def _refuse(proposal: Proposal) -> None:
    faults = []
    if (proposal.at is None) == (proposal.asset is None):
        faults.append('Give either --at PLACE or --asset ID, as in `--at 51.78,-1.37` or `--asset "E - AMEM - 01"`.')
    names = ("--generation-kw", "--demand-kw", "--storage-kw", "--export-limit-kw", "--existing-kw")
    for name, value in zip(names, (*_sizes(proposal), proposal.existing_kw), strict=True):
        if value is not None and not (np.isfinite(value) and value >= 0):
            faults.append(f"{name} {value}: a size is a number of kW, 0 or more.")
        elif value is not None and value > LARGEST_CONNECTION_KW:
            faults.append(f"{name} {value:g}: {words.TOO_LARGE}.")
    if not any(value for value in _sizes(proposal)[:3]):
        faults.append("Nothing is proposed: give --generation-kw, --demand-kw or --storage-kw above 0.")
    if proposal.year is not None and not _AHEAD_YEARS[0] <= proposal.year <= _AHEAD_YEARS[1]:
        faults.append(f"--year {proposal.year} is not a year between {_AHEAD_YEARS[0]} and {_AHEAD_YEARS[1]}.")
    if proposal.technology not in TECHNOLOGIES:
        hint = meant(proposal.technology, TECHNOLOGIES)
        faults.append(f"--technology {proposal.technology!r} is none of {', '.join(TECHNOLOGIES)}.{hint}")
    if proposal.phases not in (None, 1, 3):
        faults.append(f"--phases {proposal.phases}: supplies have 1 or 3 phases.")
    if faults:
        raise UserFault("\n".join(faults))


def _start(
    held: HeadroomStore, proposal: Proposal, largest_kw: float, settings: Settings, postcode_file: Path | None
) -> _Start:
    if proposal.asset is not None:
        site = _asset(held, proposal.asset)
        return _Start(int(site["fid"]), places.ASKED, "high", float("nan"), None, whose.of_asset(site, held))
    place = places.parse(str(proposal.at), held=held, postcode_file=postcode_file)
    served = places.serving(place.x, place.y, held)
    fid, method, distance = int(served.fid[0]), str(served.method[0]), float(served.distance_m[0])
    operator = int(served.operator[0])
    network = whose.of_place(served.licences[0], operator, held)
    if largest_kw <= settings.lv_max_kw:
        near = held.secondaries_near(place.x, place.y, within_m=settings.secondary_m)
        theirs = [row for row in near if operator >= 0 and licence.code(row[3]) in (operator, -1)]
        off = [(float(np.hypot(x - place.x, y - place.y)), key) for key, x, y, _ in theirs]
        if off and min(off)[0] <= settings.secondary_m:
            distance, key = min(off)
            return _Start(key, places.SECONDARY, "low", distance, place, network)
    return _Start(fid, method, places.CONFIDENCE.get(method, "low"), distance, place, network)


def _asset(held: HeadroomStore, text: str) -> sqlite3.Row:
    found = held.find(text)
    if len(found) == 1:
        return found[0]
    if found:
        listed = "; ".join(f"{row['substation_id']!r} ({words.named(row)}, {row['level']})" for row in found)
        raise UserFault(f"--asset {text!r} names {len(found)} substations: {listed}. Give the id of one.")
    known = {name.casefold(): name for pair in held.names() for name in pair if name}
    near = nearest(text.casefold(), known, most=3, cutoff=0.5)
    hint = " Nearest: " + ", ".join(repr(known[name]) for name in near) + "." if near else ""
    raise UserFault(f"--asset {text!r}: no substation has that id or name.{hint}")


def _report(
    held: HeadroomStore,
    proposal: Proposal,
    settings: Settings,
    begun: _Start,
    book: Book,
    start: np.ndarray[Any, Any],
    asked: Asks,
    decision: Decision,
) -> Checked:
    chain = [int(place) for place in book.chains[start[0]] if place >= 0] if start[0] >= 0 else []
    unserved = begun.method if begun.fid < 0 else ""
    every = [_of_measure(book, decision, asked, m, unserved) for m in range(len(MEASURES))]
    measures = tuple(one for one in every if one.verdict != Verdict.NOT_ASKED.word) or (every[0],)
    overall, worst = int(decision.overall[0]), int(decision.measure[0])
    rows = [row for place in chain for row in book.picked[place] if row is not None]
    named = [MEASURES.index(one.measure) for one in measures]
    counted = [row for place in chain for m in named if (row := book.picked[place][m]) is not None]
    sites = [book.substations[place] for place in chain]
    rating = sum(float(kw or 0) for kw in (proposal.generation_kw, proposal.storage_kw))
    at_site = rating + float(proposal.existing_kw or 0) if rating else 0.0
    largest = max(float(asked.generation_kw[0]), float(asked.demand_kw[0]))
    route = settings.route(at_site, float(asked.demand_kw[0]), phases=proposal.phases)
    notify = route.code == G98 and not proposal.demand_kw
    cost = settings.cost_gbp(largest, phases=route.phases)
    told = sure.conditions(book, int(start[0]), named, asked_year=proposal.year or 0, today=this_year())
    vague = begun.place.vague if begun.place else ""
    doubted = vague or (sure.doubt(sites[0], begun.method, begun.distance_m) if chain else "")
    plain = words.verdict(overall, worst, float(decision.allowed_kw[0, worst]), int(decision.until[0, worst]))
    return Checked(
        verdict=VERDICTS[Verdict.FITS if notify else overall],
        words=words.NOTIFY if notify else sure.headline(plain, overall, told, doubted),
        sureness=sure.PUBLISHED if notify else sure.code(overall, told, doubted),
        conditions=() if notify else told,
        doubt="" if notify else doubted,
        binding=next(one for one in measures if one.measure == MEASURES[worst]).binding,
        proposal=proposal,
        network=begun.network,
        place=_spot(begun),
        served_by=_served(held, begun),
        measures=measures,
        chain=tuple(_of_level(book, place, asked) for place in chain),
        queue=_queue(held, book, chain),
        route=route,
        transmission=beside.transmission(at_site, sites, begun.network.licence_areas, settings),
        cost=None if cost is None else Cost(gbp=cost[0], low_gbp=cost[1], high_gbp=cost[2]),
        works=_works(book, chain),
        help=_help(book, asked, measures, chain),
        notes=_notes(proposal, counted, settings),
        data=_sources(held, book, chain, rows),
        source_rows=_source_rows(held, book, chain, rows),
        assumptions=tuple(
            AssumptionUsed(key=a.key, value=a.value, low=a.low, high=a.high, unit=a.unit, confidence=a.confidence,
                           source=a.source)
            for a in settings.table.values()
        ),
    )  # fmt: skip


def _of_measure(book: Book, decision: Decision, asked: Asks, measure: int, unserved: str) -> Measured:
    place = int(decision.binding[0, measure])
    bound = book.substations[place] if place >= 0 else None
    ask = float(asked.of(measure)[0])
    code = int(decision.verdict[0, measure])
    return Measured(
        measure=MEASURES[measure],
        verdict=VERDICTS[code],
        ask_kw=ask,
        room_kw=_plain(decision.room_kw[0, measure]),
        allowed_kw=_plain(decision.allowed_kw[0, measure]),
        fits_until=int(decision.until[0, measure]) if code == Verdict.FITS_UNTIL else None,
        level=words.binding_level(book, decision, 0, measure),
        substation_id=bound["substation_id"] if bound else None,
        name=words.named(bound) if bound else None,
        where=LIMIT_PLACES[int(decision.where[0, measure])],
        binds=words.binding_words(book, decision, 0, measure),
        barred=bool(decision.barrier[0, measure] >= 0),
        none_or_worse=bool(decision.floor[0, measure] and decision.room_kw[0, measure] <= 0),
        reason=words.reason(book, decision, 0, measure, ask, unserved=unserved),
    )


def _of_level(book: Book, place: int, asked: Asks) -> Level:
    site = book.substations[place]
    figures = {
        name: _before_after(row, float(asked.of(measure)[0]) / float(book.unit_kw[place, measure]))
        for measure, name in enumerate(MEASURES)
        if (row := book.picked[place][measure]) is not None
    }
    return Level(
        level=site["level"], substation_id=site["substation_id"], name=words.named(site), operator=site["operator"],
        link=site["link_method"], link_confidence=site["link_confidence"], rating_mva=site["rating_mva"],
        firm_capacity_mva=site["firm_capacity_mva"], fault_level=beside.fault_level(site), **figures,
    )  # fmt: skip


def _before_after(row: sqlite3.Row, ask: float) -> Figure:
    """Return one published figure, unchanged, and what the proposal would leave of it, in its own unit."""
    same = ("unit", "basis", "scenario", "year", "rag", "constraint", "technology")
    return Figure(
        before=row["value"],
        after=None if row["value"] is None else round(row["value"] - ask, 6),
        floor_at_zero=None if row["floor_at_zero"] is None else bool(row["floor_at_zero"]),
        **{name: row[name] for name in same},
    )


def _spot(begun: _Start) -> Spot | None:
    if begun.place is None:
        return None
    lat, lon = places.to_degrees(begun.place.x, begun.place.y)
    return Spot(
        given_as=begun.place.given, easting=round(begun.place.x, 1), northing=round(begun.place.y, 1),
        latitude=round(lat, 6), longitude=round(lon, 6),
    )  # fmt: skip


def _served(held: HeadroomStore, begun: _Start) -> ServedBy:
    rows = held.substations([begun.fid]) if begun.fid > 0 else []
    return ServedBy(
        substation_id=rows[0]["substation_id"] if rows else None,
        name=words.named(rows[0]) if rows else None,
        level=rows[0]["level"] if rows else None,
        method=begun.method,
        confidence=begun.confidence,
        distance_m=_plain(begun.distance_m, 1),
    )


def _queue(held: HeadroomStore, book: Book, chain: list[int]) -> Queue:
    """Return what is connected and accepted at and below each level, by register and operator."""
    listed = tuple(
        group
        for place in chain if book.substations[place]["level"] != LEVELS[0]
        for group in _registered(book.substations[place], held.generators(book.substations[place]["fid"]))
    )  # fmt: skip
    sums = ("connected_generation_mw", "contracted_generation_mw", "contracted_demand_mva")
    summed = tuple(
        Summed(name=words.named(row), level=row["level"], **{name: row[name] for name in sums})
        for row in (book.substations[place] for place in chain)
        if any(row[name] is not None for name in sums)
    )
    return Queue(register=listed, published=summed)


def _registered(site: sqlite3.Row, made: list[sqlite3.Row]) -> list[Registered]:
    """Return generators at and below one substation, summed by status and technology."""
    groups: dict[tuple[str, str], list[float | None]] = {}
    for row in made:
        groups.setdefault((row["status"], row["technology"]), []).append(row["capacity_kw"])
    return [
        Registered(level=site["level"], name=words.named(site), status=status, technology=kind, sites=len(sizes),
                   kw=round(sum(s for s in sizes if s), 3), without_size=sum(s is None for s in sizes))
        for (status, kind), sizes in sorted(groups.items())
    ]  # fmt: skip


def _works(book: Book, chain: list[int]) -> tuple[Works, ...]:
    found = []
    for place in chain:
        site = book.substations[place]
        for where, text, date in (
            ("at the substation", "works", "works_date"), ("upstream", "upstream_works", "upstream_works_date"),
        ):  # fmt: skip
            if site[text]:
                plain = "; ".join(line.strip() for line in site[text].splitlines() if line.strip())
                found.append(Works(name=words.named(site), where=where, works=plain, date=site[date]))
    return tuple(found)


def _help(book: Book, asked: Asks, measures: Sequence[Measured], chain: list[int]) -> tuple[str, ...]:
    """Return what else would let a proposal in that does not simply fit."""
    told = [text for measure in measures for text in _help_with(measure, asked)]
    if not told:
        return ()
    sites = [book.substations[place] for place in chain]
    if len(chain) > 1 and any(measure.level == LEVELS[0] for measure in measures):
        told.append(_OWN_TRANSFORMER.format(name=words.named(sites[0])))
    if limits := [site for site in sites if "Technical Limits Agreed at GSP: Yes" in (site["comment"] or "")]:
        told.append(
            f"Technical limits are agreed at the grid supply point of {words.named(limits[0])}: generation may connect "
            "before transmission works are done, and be turned down until then."
        )
    if any(site["works"] or site["upstream_works"] for site in sites):
        told.append("Waiting: works that could release room are published (see works).")
    return tuple(told)


def _help_with(measure: Measured, asked: Asks) -> list[str]:
    """Return what would help with one measure; nothing where it fits, or where nothing is known."""
    lacking = {Verdict.FITS_LIMITED.word, Verdict.NO.word, Verdict.FITS_UNTIL.word}
    limit, ask = measure.allowed_kw or 0.0, measure.ask_kw
    if measure.barred:
        return [_BARRED]
    if measure.verdict not in lacking:
        return []
    if measure.measure == MEASURES[DEMAND]:
        return [_LOAD.format(limit=words.number(limit))] if limit < ask else []
    if measure.measure != MEASURES[GENERATION]:
        return []
    told = [_EXPORT_LIMIT.format(limit=words.number(limit))] if 0 < limit < ask else []
    if limit < ask and not asked.storage_kw[0]:
        told.append(_BATTERY.format(over=words.number(ask - limit), limit=words.number(limit)))
    return [*told, _FLEXIBLE]


def _notes(proposal: Proposal, rows: list[sqlite3.Row], settings: Settings) -> tuple[str, ...]:
    notes = []
    if any(row["unit"] in {"MVA", "kVA"} and row["power_factor"] is None for row in rows):
        notes.append(
            f"Figures in MVA stay as published. The proposal, in kW, is set against them with a power factor of "
            f"{settings.power_factor:g} (assumption net.power_factor)."
        )
    if proposal.storage_kw:
        notes.append("The battery counts at its full rating both ways, unless an export limit is given.")
    only_now = [row for row in rows if row["scenario"] == NOW]
    if (proposal.scenario or proposal.year) and only_now:
        what = " and ".join(w for w in (f"scenario {proposal.scenario}" if proposal.scenario else "",
                                        f"year {proposal.year}" if proposal.year else "") if w)  # fmt: skip
        if len(only_now) == len(rows):
            notes.append(f"Only today's figures are published for this chain, so {what} changes nothing.")
        else:
            notes.append(f"Some levels publish today's figures only; they stand in for {what}.")
    if proposal.year and rows and max(int(row["year"]) for row in rows) < proposal.year:
        notes.append(f"The last published year is {max(int(row['year']) for row in rows)}.")
    if any(row["by_name"] for row in rows):
        notes.append("Some headroom was matched to its substation by name, as its source gives no usable id.")
    if proposal.existing_kw:
        notes.append("What is there already counts for the route, not against published headroom, which holds it.")
    notes.append("Published headroom is a guide: only the operator's study and offer decide.")
    return tuple(notes)


def _sources(held: HeadroomStore, book: Book, chain: list[int], rows: list[sqlite3.Row]) -> tuple[DataUsed, ...]:
    named = {book.substations[place]["reading"] for place in chain} | {row["reading"] for row in rows}
    same = ("source_id", "title", "publisher", "files", "licence", "attribution", "url")
    return tuple(
        DataUsed(
            edition=source["edition"] or "not stated",
            age_months=age_months(source["edition"]),
            read_on=(source["retrieved_at"] or "")[:10],
            **{name: source[name] for name in same},
        )
        for source in held.sources()
        if source["fid"] in named
    )


def this_year() -> int:
    """Return the year that today's position is of."""
    return dt.datetime.now(dt.UTC).year


def age_months(edition: str | None, *, today: dt.date | None = None) -> int | None:
    """Return how many months ago an edition such as `March 2026` came out; None where it names no month and year."""
    months, parts = tuple(MONTHS.values()), (edition or "").title().split()
    if len(parts) != 2 or parts[0] not in months or not parts[1].isdigit():
        return None
    day = today or dt.datetime.now(dt.UTC).date()
    return max((day.year - int(parts[1])) * 12 + day.month - months.index(parts[0]) - 1, 0)


def _source_rows(held: HeadroomStore, book: Book, chain: list[int], rows: list[sqlite3.Row]) -> tuple[SourceRow, ...]:
    """Return the rows of the operators' files that the answer rests on, with their cells where the store keeps them."""
    cited: dict[tuple[Any, ...], str] = {}
    for place in chain:
        site = book.substations[place]
        cited.setdefault((site["source_id"], site["file"], site["source_row"]), words.named(site))
    for row in rows:
        cited.setdefault(
            (row["source_id"], row["file"], row["source_row"]), row["substation_name"] or row["substation_id"]
        )
    told = []
    for (source, file, number), name in cited.items():
        cells = held.verbatim(source, file, number) if number is not None else None
        told.append(
            SourceRow(source_id=source, file=file, row=number, about=name, cells=json.loads(cells) if cells else None)
        )
    return tuple(told)


def _plain(value: Any, digits: int = 6) -> float | None:
    return None if np.isnan(value) else round(float(value), digits)
