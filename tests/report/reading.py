"""Cells read as a person reads them, for tests: words, and figures by their id in square brackets."""

from __future__ import annotations

from laep.report.cells import Cell, Sentence, Table


def text(thing: object) -> str:
    """Return a cell, sentence or entry in plain words; notes stand in round brackets."""
    if isinstance(thing, Cell):
        return f"[{thing.figure_id}]" if thing.figure_id else thing.text
    if isinstance(thing, Sentence):
        notes = "".join(f" ({text(note)})" for note in thing.notes)
        return "".join(text(cell) for cell in thing.cells) + notes
    if isinstance(thing, tuple | list):
        return " / ".join(text(part) for part in thing)
    return str(thing)


def rows(table: Table) -> list[list[str]]:
    """Return the entries of a table in plain words."""
    return [[text(entry) for entry in row] for row in table.rows]


def names(table: Table) -> list[str]:
    """Return what the rows of a table are called."""
    return [row[0] for row in rows(table)]


def printed(thing: object) -> set[str]:
    """Return the ids of all figures in what a section says, however deep they stand."""
    if isinstance(thing, Cell):
        return {thing.figure_id} - {""}
    if isinstance(thing, Sentence):
        return printed((thing.cells, thing.notes))
    if isinstance(thing, Table):
        return printed(thing.rows)
    if isinstance(thing, dict):
        return printed(tuple(thing.values()))
    if isinstance(thing, tuple | list):
        return set().union(*(printed(part) for part in thing)) if thing else set()
    return set()
