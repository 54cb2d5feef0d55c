"""What a verdict means, in sentences a reader can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from laep.desk.book import is_rating
from laep.models.network.room import EXACT_KW, MEASURES
from laep.models.network.verdicts import Verdict, Where
from laep.schema.vocabulary import LEVEL_NAMES
from laep.words import exact

if TYPE_CHECKING:
    import sqlite3

    from laep.desk.book import Book
    from laep.models.network.decide import Decision

MEASURE_NAMES = {"generation": "sending out", "demand": "drawing", "storage": "a battery"}
ABOVE = "above "
"""Before the level of a limit that lies between a substation and the next one up."""


def number(value: float | None) -> str:
    """Return a published figure; `not published` when missing."""
    return exact(value, missing="not published")


def named(row: sqlite3.Row) -> str:
    """Return the name of a substation, its id where it has no name."""
    return str(row["name"] or row["substation_id"])


def figure(row: Any) -> str:
    """Return a published figure with its unit, and what zero means where the operator publishes nothing below."""
    if row is None or row["value"] is None:
        return "no figure"
    worse = " (none or worse)" if row["floor_at_zero"] and row["value"] <= 0 else ""
    what = ", the rating of its transformer," if is_rating(row) else ""
    return f"{number(row['value'])} {row['unit']}{worse}{what}"


def binding_level(book: Book, decision: Decision, at: int, measure: int) -> str:
    """Return the level that binds, such as `bsp`, or `above LEVEL`; empty where none is known."""
    place = int(decision.binding[at, measure])
    if place < 0:
        return ""
    level = str(book.substations[place]["level"])
    return ABOVE + level if decision.where[at, measure] == Where.BETWEEN else level


def binding_words(book: Book, decision: Decision, at: int, measure: int) -> str:
    """Return what binds and how that is known."""
    place, where = int(decision.binding[at, measure]), int(decision.where[at, measure])
    if place < 0:
        return "nothing is known of the network here"
    name, level = named(book.substations[place]), LEVEL_NAMES[book.substations[place]["level"]]
    row = book.picked[place][measure]
    constraint = " ".join((row["constraint"] or "").split()) if row is not None else ""
    if where == Where.BETWEEN:
        return f"the network above {name}: the operator names {constraint!r}, and no substation above names it its own"
    if where == Where.NAMED:
        more = "; a limit further up is named as well" if decision.further[at, measure] else ""
        return f"{name}, a {level}: the operator names {constraint!r}{more}"
    if where == Where.SHARED:
        return f"{name}, a {level}: other proposals of the file take what is published for it"
    if where == Where.UNNAMED:
        return f"{name}, a {level}: the least figure of the chain; the operator names no limit"
    return f"{name}, a {level}: {_no_figure(row)}"


def _no_figure(row: Any) -> str:
    """Return what stands in place of a figure."""
    told = "no figure" if row is None or not row["instead"] else f"{row['instead']!r} in place of a figure"
    colour = f" and {row['rag'].strip().casefold()}" if row is not None and row["rag"] else ""
    return f"{told}{colour} is published"


TOO_LARGE = "no connection to a distribution network is as large: is this in W, not kW"
NOTIFY = "Connect and notify (G98): published headroom does not decide on so small a generator."


def verdict(code: int, measure: int, limit_kw: float, until: int) -> str:
    """Return a verdict as one sentence."""
    what = MEASURE_NAMES[MEASURES[measure]]
    return {
        Verdict.NOT_ASKED: "Nothing was asked.",
        Verdict.FITS: "Fits.",
        Verdict.FITS_UNTIL: f"Fits until {until}.",
        Verdict.FITS_LIMITED: f"Fits with a limit of {number(limit_kw)} kW on {what}.",
        Verdict.UNKNOWN: f"Cannot be said: what is published does not settle {what}.",
        Verdict.NO: f"Does not fit, because of {what}.",
    }[Verdict(code)]


def reason(book: Book, decision: Decision, at: int, measure: int, ask_kw: float, *, unserved: str = "") -> str:
    """Return why one measure of a proposal has its verdict."""
    code, place = int(decision.verdict[at, measure]), int(decision.source[at, measure])
    what = f"{number(ask_kw)} kW of {'battery' if measure == 2 else MEASURES[measure]}"
    if code == Verdict.NOT_ASKED:
        return ""
    if unserved:
        return f"{what}: {unserved}, so no headroom applies."
    if place < 0 and _unproven(book, decision, at, measure):
        return f"{what}: {binding_words(book, decision, at, measure)}, so nothing shows that there is room."
    if place < 0:
        return (
            f"{what}: no figure is published for any level of the chain; {binding_words(book, decision, at, measure)}."
        )
    row = book.picked[place][measure]
    told = f"{figure(row)} is published for {named(book.substations[place])}{_queued(book, place, measure)}"
    bound = binding_words(book, decision, at, measure)
    left = number(float(decision.room_kw[at, measure]))
    if decision.barrier[at, measure] >= 0 and decision.room_kw[at, measure] > 0:
        red = _red(book, int(decision.barrier[at, measure]), measure)
        room = "which has room, but" if code == Verdict.UNKNOWN else "which is less than asked, and"
        return f"{what}: {told}, {room} {red}, which no such figure counts and no limit mends."
    if code == Verdict.FITS_UNTIL:
        return (
            f"{what}: {told}; after {int(decision.until[at, measure])} the published room is too small. Binds: {bound}."
        )
    if code == Verdict.FITS_LIMITED:
        return f"{what}: {told}, room for {left} kW. Binds: {bound}."
    if code == Verdict.NO:
        return f"{what}: {told}, so there is none left. Binds: {bound}."
    return f"{what}: {told}, room for {left} kW. Would bind first: {bound}."


def _unproven(book: Book, decision: Decision, at: int, measure: int) -> bool:
    """Return whether the verdict hangs on a substation that the operator tells of without a figure."""
    binding = int(decision.binding[at, measure])
    return binding >= 0 and bool(book.figures.unproven[binding, measure])


def _red(book: Book, place: int, measure: int) -> str:
    """Return what a substation is marked red for."""
    row = book.picked[place][measure]
    constraint = " ".join((row["constraint"] or "").split()) if row is not None else ""
    return f"{named(book.substations[place])} is marked red ({constraint or 'no reason is published'})"


def _queued(book: Book, place: int, measure: int) -> str:
    """Return what the accepted queue takes off a figure that does not hold it; empty where nothing is taken."""
    row = book.picked[place][measure]
    published_kw = np.nan if row is None or row["value"] is None else row["value"] * book.unit_kw[place, measure]
    taken = float(published_kw - book.figures.room_kw[place, measure])
    return f", of which {number(taken)} kW are accepted and not yet connected" if taken > EXACT_KW else ""
