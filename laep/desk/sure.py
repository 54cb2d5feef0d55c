"""How much of a verdict is published: what has to hold beside the figures, and how the headline says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.desk import book as books
from laep.desk import place as places
from laep.desk.words import MEASURE_NAMES, named, number
from laep.models.network.decide import counted_below
from laep.models.network.room import MEASURES
from laep.models.network.verdicts import Verdict
from laep.schema.vocabulary import CONFIDENCES, LEVEL_NAMES, SURENESS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from laep.desk.book import Book

PUBLISHED, CONDITIONAL, LIKELY, OPEN = SURENESS
_GREEN = ("green", "g")
_ROOM = (Verdict.FITS, Verdict.FITS_UNTIL, Verdict.FITS_LIMITED)
_ABOVE = (("upstream_bsp", "bsp_fid", "bsp"), ("upstream_gsp", "gsp_fid", "gsp"))


def conditions(book: Book, start: int, measures: Sequence[int], *, asked_year: int, today: int) -> tuple[str, ...]:
    """
    Return what has to hold, beside the published figures, for room on the way up from a substation to be room.

    Parameters
    ----------
    start : int
        Position of the substation a proposal hangs from, -1 for none.
    measures : sequence of int
        Positions in `MEASURES` of what is asked for.
    asked_year, today : int
        Year asked for, 0 for today, and this year.
    """
    if start < 0:
        return ()
    chain = [int(place) for place in book.chains[start] if place >= 0]
    told = [
        _of_level(book, int(place), measure)
        for measure in measures
        for place, counted in zip(
            book.chains[start], counted_below(book.figures, book.chains[[start]], measure)[0], strict=True
        )
        if place >= 0 and not counted
    ]
    told += [_missing(book.substations[place]) for place in chain[:1]]
    told += [_of_year(book, chain, measure, asked_year or today) for measure in measures]
    return tuple(dict.fromkeys(text for text in told if text))


def doubt(site: sqlite3.Row, method: str, distance_m: float) -> str:
    """Return why it is only likely that a substation is the one a place hangs from; empty where it is known."""
    guessed = method in {places.NEAREST, places.SECONDARY}
    if not guessed and (site["level"] != "secondary" or site["link_confidence"] != CONFIDENCES[-1]):
        return ""
    if not guessed:
        return f"that {named(site)} hangs from the primary here is only likely"
    far = number(round(distance_m / 1000, 2))
    return f"{named(site)}, {far} km off, is only the nearest {LEVEL_NAMES[site['level']]}"


def code(verdict: int, told: Sequence[str], doubted: str) -> str:
    """Return how sure a verdict is: a word of `SURENESS`."""
    if verdict == Verdict.UNKNOWN:
        return OPEN
    if doubted:
        return LIKELY
    return CONDITIONAL if told and verdict in _ROOM else PUBLISHED


def headline(words: str, verdict: int, told: Sequence[str], doubted: str) -> str:
    """Return a verdict in words with what caps it: `Fits if ...`, `Likely: fits ...`."""
    sure = code(verdict, told, doubted)
    if sure in {PUBLISHED, OPEN}:
        return words
    said = words.removesuffix(".")
    if told and verdict in _ROOM:
        said = f"{said} if {', and '.join(told)}"
    if sure == LIKELY:
        said = f"Likely: {said[0].lower()}{said[1:]}; {doubted}"
    return f"{said}."


def _of_level(book: Book, place: int, measure: int) -> str:
    """Return what has to hold of one level: it has no figure, or only a transformer's rating."""
    site, row = book.substations[place], book.picked[place][measure]
    what = MEASURE_NAMES[MEASURES[measure]]
    if row is not None and books.is_rating(row):
        return (
            f"what is connected to the transformer of {named(site)} already leaves room for it (only its rating, "
            f"{number(row['value'])} {row['unit']}, is published)"
        )
    if MEASURES[measure] == "storage" or (row is not None and row["value"] is not None):
        return ""
    if row is None and site["level"] == "secondary":
        return f"the transformer of {named(site)} has room (neither a figure for {what} nor its rating is published)"
    if row is not None and (row["rag"] or "").strip().casefold() in _GREEN:
        return ""
    return f"{named(site)} has room for {what} (no figure is published)"


def _missing(site: sqlite3.Row) -> str:
    """Return what stands above a substation by its operator's word and is in no list."""
    gone = [site[name] for name, fid, level in _ABOVE if site[name] and site[fid] is None and site["level"] != level]
    return f"{' and '.join(gone)}, in no list that was read, has room" if gone else ""


def _of_year(book: Book, chain: Sequence[int], measure: int, wanted: int) -> str:
    """Return how old the figures are that stand for a year after the last that is published."""
    rows = [row for place in chain if (row := book.picked[place][measure]) is not None and not books.is_rating(row)]
    last = max((int(row["year"]) for row in rows if row["value"] is not None), default=wanted)
    return f"figures of {last}, the last published, still hold in {wanted}" if last < wanted else ""
