"""What the text of a cell says: names in one spacing, dates, years, words that stand for ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.schema.vocabulary import MONTHS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DATE_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d/%m/%Y", "%d/%m/%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %b %y",
    "%d %B %Y", "%d-%m-%Y", "%d.%m.%Y", "%d.%m.%y",
)  # fmt: skip
"""Dates as registers and spreadsheets write them, the day before the month."""
_TIME = r"[T ]\d{1,2}:\d{2}.*$"
_SLASHES = r"^(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}"
_SERIAL = r"^([2-7]\d{4})(?:\.\d+)?$"
"""A day as a spreadsheet counts it, from 1954 to 2119."""
_SERIAL_ZERO = "1899-12-30"
_ROUNDED = r"^\d(?:\.\d+)?E\+?\d+$"


def looked_up(text: pd.Series[str], words: Mapping[str, str]) -> pd.Series[str]:
    """Return our word for each published one, by a look-up that ignores case; missing where it knows none."""
    folded = {word.casefold(): ours for word, ours in words.items()}
    return text.str.casefold().map(folded).astype("string")


def tidy(text: pd.Series[str]) -> pd.Series[str]:
    """Return names with every run of white space, line breaks among them, as one space."""
    return text.str.split().str.join(" ").astype("string")


def iso_date(text: pd.Series[str]) -> pd.Series[str]:
    """
    Return dates as `YYYY-MM-DD`; missing where a cell is no date.

    Notes
    -----
    Read are ISO dates, those of registers and spreadsheets, and the day numbers that spreadsheets keep, each with or
    without a time. The day comes before the month, unless the column shows that it is American (`month_first`).
    """
    stripped = text.astype("string").str.strip()
    day = stripped.str.replace(_TIME, "", regex=True)
    if month_first(stripped):
        day = day.str.replace(r"^(\d{1,2})([/.-])(\d{1,2})(?=[/.-])", r"\3\2\1", regex=True)
    count = pd.to_numeric(day.str.extract(_SERIAL)[0], errors="coerce").astype("float64")
    found = pd.Timestamp(_SERIAL_ZERO) + pd.to_timedelta(count, unit="D").dt.floor("D")
    for form in _DATE_FORMATS:
        left = found.isna() & day.notna()
        if not left.any():
            break
        found[left] = pd.to_datetime(day[left], format=form, errors="coerce")
    return found.dt.strftime("%Y-%m-%d").astype("string")


def month_first(text: pd.Series[str]) -> bool:
    """Return whether a column of dates is American: a second number is too large for a month, and no first one is."""
    parts = text.str.extract(_SLASHES).astype("Float64")
    first, second = (parts[column].gt(len(MONTHS)).fillna(value=False) for column in (0, 1))
    return bool(second.any() and not first.any())


def rounded(text: pd.Series[str]) -> pd.Series[bool]:
    """Return which numbers a spreadsheet has cut to a few digits, such as `1.00012E+11`: which they were is lost."""
    cut: pd.Series[bool] = text.str.fullmatch(_ROUNDED, case=False).fillna(value=False).astype(bool)
    return cut


def joined(parts: Sequence[pd.Series[str]], *, separator: str = "; ") -> pd.Series[str]:
    """Return the texts of several columns as one, row by row, without those that are missing or repeat another."""
    rows = zip(*(part.fillna("").astype(str) for part in parts), strict=True)
    text = [separator.join(dict.fromkeys(filter(None, row))) for row in rows]
    whole = pd.Series(text, index=parts[0].index, dtype="string")
    return whole.mask(whole.eq(""))


def start_year(text: pd.Series[str]) -> pd.Series[int]:
    """Return the first year of texts such as `2038/39`, `2038.0`, `2038`, `01/04/2038` or `2038-01-01T00:00:00Z`."""
    tail = r"(?:\.0+)?(?:\s*[/-]\s*\d{2,4}|-\d{2}-\d{2}(?:[T ].*)?)?"
    year = text.str.extract(rf"^((?:19|20)\d{{2}}){tail}$")[0]
    year = year.fillna(text.str.extract(r"^\d{1,2}[/.]\d{1,2}[/.]((?:19|20)\d{2})$")[0])
    return pd.to_numeric(year, errors="coerce").astype("Int64")
