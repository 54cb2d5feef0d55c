"""Text of other people made harmless: nothing in it steers a terminal, and no cell of a table becomes a formula."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import pandas as pd

Frame = TypeVar("Frame", bound="pd.DataFrame")

_CONTROLS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
"""What is no character to read: all but tab and new line of the control codes, and marks that turn text round."""
_ESCAPES = r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]"
"""What makes a terminal do things: titles, colours, moves."""
_STEERING = re.compile(f"{_ESCAPES}|{_CONTROLS}")
_FORMULA = re.compile(r"[=+\-@\t\r]")
"""How a cell begins that spreadsheets work out rather than show."""


def text(words: str) -> str:
    """Return text without what steers a terminal; lines and tabs stay."""
    return _STEERING.sub("", words.replace("\r\n", "\n"))


def one_line(words: str) -> str:
    """Return text on one line, without what steers a terminal."""
    return " ".join(text(words).split())


def frame(given: Frame) -> Frame:
    """Return a frame whose text columns hold nothing that steers a terminal; the same frame where none does."""
    kept = given
    for name in _texts(given):
        values = given[name].astype("string")
        if (odd := values.str.contains(_STEERING.pattern, regex=True, na=False)).any():
            kept = kept.assign(**{name: given[name].mask(odd, values.str.replace(_STEERING, "", regex=True))})
    return kept


def table(given: pd.DataFrame) -> pd.DataFrame:
    """
    Return a frame to be written as CSV: text cells that a spreadsheet would work out get an apostrophe in front.

    Numbers stay numbers, a minus sign before them too.
    """
    kept = given
    for name in _texts(given):
        values = given[name].astype("string")
        if (live := values.str.match(_FORMULA.pattern, na=False)).any():
            kept = kept.assign(**{name: given[name].mask(live, "'" + values)})
    return kept


def cell(value: object) -> object:
    """Return one cell of a CSV as `table` does."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _texts(given: pd.DataFrame) -> list[str]:
    kinds = given.dtypes
    return [name for name in given.columns if name != "geometry" and kinds[name] in ("object", "string", "str")]
