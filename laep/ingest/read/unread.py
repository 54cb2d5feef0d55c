"""Cells with text where a number is due: noted while a source reads, and told by row and column once it has read."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

_SHOWN = 6
"""Cells named in a note; the others are counted."""


@dataclass
class Log:
    """
    Cells that hold no number: (data row from 1, our column, text), and the published name of each column.

    `said` are sentences on how a file was read.
    """

    cells: dict[tuple[int, str, str], None] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    said: dict[str, None] = field(default_factory=dict)

    def notes(self) -> tuple[str, ...]:
        """Return what was told, and one sentence on all such cells, where there are some."""
        if not self.cells:
            return tuple(self.said)
        told = [
            f"data row {row}, {self.headers.get(column, column)!r}: {text!r}"
            for row, column, text in list(self.cells)[:_SHOWN]
        ]
        more = f"; and {len(self.cells) - _SHOWN:,} more" if len(self.cells) > _SHOWN else ""
        told_of = f"{len(self.cells):,} cells hold text that is not one number, and count as not known"
        return (*self.said, f"{told_of}: {'; '.join(told)}{more}.")


_LOG: ContextVar[Log | None] = ContextVar("unread", default=None)


@contextmanager
def watched() -> Iterator[Log]:
    """Yield the log of what is not read as a number inside the block."""
    log = Log()
    token = _LOG.set(log)
    try:
        yield log
    finally:
        _LOG.reset(token)


def called(headers: Mapping[str, str]) -> None:
    """Note the published names of columns, by ours."""
    log = _LOG.get()
    if log is not None:
        log.headers |= headers


def tell(sentence: str) -> None:
    """Keep a sentence on how a file was read, once."""
    log = _LOG.get()
    if log is not None:
        log.said[sentence] = None


def note(text: pd.Series[str]) -> None:
    """Note cells of a column, named and indexed as the table was read."""
    log = _LOG.get()
    if log is not None:
        rows, column = text.index.to_numpy(dtype="int64") + 1, str(text.name)
        log.cells |= {(row, column, cell): None for row, cell in zip(rows.tolist(), text.tolist(), strict=True)}
