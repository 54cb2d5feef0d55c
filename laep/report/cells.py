"""What the report says, before any format: cells with the ids of their figures, sentences and tables of cells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LOOKS = ("plain", "strong", "code", "quiet", "missing", "flag", "rule", "red", "amber", "green")
"""How a cell may look: `missing` is not known, `flag` needs care, `rule` is the id of a rule."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """
    One thing to print: a figure of the register, or words.

    Attributes
    ----------
    figure_id : str
        The figure; its number, unit and range are in `plan_figure`.
    text : str
        Words, where there is no figure.
    look : str
        One of `LOOKS`.
    span : bool
        Whether the range of a figure is printed too.
    kilo : bool
        Whether a figure in MW is printed in kW.
    link : str
        Where the words lead: `#segments` or a web address.
    anchor : str
        Name by which others can lead here.
    """

    figure_id: str = ""
    text: str = ""
    look: str = "plain"
    span: bool = True
    kilo: bool = False
    link: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Sentence:
    """Cells in a line, and what is said small after them."""

    cells: tuple[Cell, ...] = ()
    notes: tuple[Sentence, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything is said."""
        return bool(self.cells)


Part = str | Cell | Sentence
Entry = Part | Iterable[Part]
Lines = tuple[Sentence, ...]
Row = tuple[Lines, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, a shorter one for narrow pages, and whether it holds numbers."""

    title: str
    short: str = ""
    number: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of lines of cells under columns; the first entry of a row names it."""

    table_id: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""

    def __bool__(self) -> bool:
        """Return whether there is a row."""
        return bool(self.rows)


def said(*parts: Part, notes: Iterable[Part] = ()) -> Sentence:
    """Return parts one after the other as a sentence, with their notes; notes that say nothing are left out."""
    held = [note for part in parts if isinstance(part, Sentence) for note in part.notes]
    own = [note if isinstance(note, Sentence) else said(note) for note in notes]
    return Sentence(tuple(cell for part in parts for cell in _cells(part)), tuple(filter(None, [*held, *own])))


def told(template: str, *parts: Part) -> Sentence:
    """Return a sentence with a part in the place of each `{}`; raise `ValueError` where there are not as many."""
    *pieces, end = template.split("{}")
    return said(*(piece for pair in zip(pieces, parts, strict=True) for piece in pair), end)


def joined(sentences: Iterable[Part], *, between: str = " ") -> Sentence:
    """Return sentences as one, those that say nothing left out."""
    whole = [sentence for part in sentences if (sentence := said(part))]
    return said(*(piece for n, part in enumerate(whole) for piece in ((between, part) if n else (part,))))


def strong(text: object) -> Cell:
    """Return words that stand out."""
    return Cell(text=str(text), look="strong")


def missing(text: str) -> Cell:
    """Return words that stand for something not known."""
    return Cell(text=text, look="missing")


def typed(text: object) -> Sentence:
    """Return text in which what stands between back-ticks is something to type."""
    parts = re.split(r"`([^`]*)`", str(text))
    return said(*(Cell(text=part, look="code") if n % 2 else part for n, part in enumerate(parts)))


def entries(*across: Entry) -> Row:
    """Return a row of a table; an entry is one part, or several as lines one below the other."""
    return tuple(_lines(entry) for entry in across)


def _cells(part: Part) -> tuple[Cell, ...]:
    if isinstance(part, Sentence):
        return part.cells
    if isinstance(part, Cell):
        return (part,)
    return (Cell(text=part),) if part else ()


def _lines(entry: Entry) -> Lines:
    if isinstance(entry, str | Cell | Sentence):
        return (entry if isinstance(entry, Sentence) else said(entry),)
    return tuple(part if isinstance(part, Sentence) else said(part) for part in entry)
