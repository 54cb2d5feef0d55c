"""Where the data came from: publishers, licences, attribution, editions and rows used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.cells import Cell, Column, Sentence, Table, entries, joined, said
from laep.report.layers import each, filled

if TYPE_CHECKING:
    import pandas as pd

    from laep.report.cells import Row
    from laep.report.material import Material

TITLE = "Where the data came from"
_HASH_SHOWN = 12


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    held = filled(material.inputs.provenance)
    return {"titles": [_title(row) for row in each(held)], "sources": sources(held)}


def sources(held: pd.DataFrame | None) -> Table:
    """Return one row per source."""
    return Table(
        table_id="sources",
        columns=(
            Column("Source"),
            Column("Publisher and licence", "Publisher"),
            Column("What was read and used", "Used"),
        ),
        rows=tuple(_source(row) for row in each(held)),
    )


def _source(row: Any) -> Row:
    address = _address(row.url)
    terms = joined([f"{row.publisher}.", words.sentence(row.licence), words.sentence(row.attribution)])
    return entries(
        said(_title(row), notes=(Cell(text=row.source_id, look="code"),)),
        joined([terms, Cell(text=address, link=address) if address else ""]),
        joined([_read(row), *(words.sentence(note) for note in words.split(row.notes, "\n")), _hash(row.sha256)]),
    )


def _title(row: Any) -> str:
    return words.sentence(row.title).rstrip(".")


def _read(row: Any) -> str:
    """Return which edition was read when, and how many of its rows were used."""
    edition = f"Edition {row.edition}; " if words.known(row.edition) else ""
    kept, read = (words.whole(n) if words.known(n) else words.NOT_KNOWN for n in (row.rows_kept, row.rows_read))
    made = words.known(row.rows_kept) and words.known(row.rows_read) and row.rows_kept > row.rows_read
    count = f"{kept} rows made from {read}." if made else f"{kept} of {read} rows used."
    return f"{edition}read {words.published_date(str(row.retrieved_at))}; {count}"


def _hash(sha256: object) -> Sentence:
    if not words.known(sha256):
        return Sentence()
    return said(Cell(text="SHA-256", look="quiet"), " ", Cell(text=f"{str(sha256)[:_HASH_SHOWN]}…", look="code"))


def _address(url: object) -> str:
    """Return the web address that a provenance row starts with, without the remark some carry after it."""
    first = str(url).split(maxsplit=1)[:1]
    return first[0] if first and first[0].startswith(("https://", "http://")) else ""
