"""What the text of a cell says: names in one spacing, dates, years, words that stand for ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DATE_FORMATS = ("%d/%m/%Y", "%d/%m/%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%d-%m-%Y")


def looked_up(text: pd.Series[str], words: Mapping[str, str]) -> pd.Series[str]:
    """Return our word for each published one, by a look-up that ignores case; missing where it knows none."""
    folded = {word.casefold(): ours for word, ours in words.items()}
    return text.str.casefold().map(folded).astype("string")


def tidy(text: pd.Series[str]) -> pd.Series[str]:
    """Return names with every run of white space, line breaks among them, as one space."""
    return text.str.split().str.join(" ").astype("string")


def iso_date(text: pd.Series[str]) -> pd.Series[str]:
    """Return dates as `YYYY-MM-DD`: ISO with or without a time, or day first; missing where it is no such date."""
    day = text.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:$|[T ])")[0]
    found = pd.to_datetime(day, format="%Y-%m-%d", errors="coerce")
    first = text.str.replace(r"[T ]\d{1,2}:\d{2}.*$", "", regex=True)
    for form in _DATE_FORMATS:
        found = found.fillna(pd.to_datetime(first, format=form, errors="coerce"))
    return found.dt.strftime("%Y-%m-%d").astype("string")


def joined(parts: Sequence[pd.Series[str]], *, separator: str = "; ") -> pd.Series[str]:
    """Return the texts of several columns as one, row by row, without those that are missing or repeat another."""
    rows = zip(*(part.fillna("").astype(str) for part in parts), strict=True)
    text = [separator.join(dict.fromkeys(filter(None, row))) for row in rows]
    whole = pd.Series(text, index=parts[0].index, dtype="string")
    return whole.mask(whole.eq(""))


def start_year(text: pd.Series[str]) -> pd.Series[int]:
    """Return the first year of texts such as `2038/39`, `2038.0`, `2038` or `2038-01-01T00:00:00+00:00`."""
    tail = r"(?:\.0+)?(?:\s*[/-]\s*\d{2,4}|-\d{2}-\d{2}(?:[T ].*)?)?"
    year = text.str.extract(rf"^((?:19|20)\d{{2}}){tail}$")[0]
    return pd.to_numeric(year, errors="coerce").astype("Int64")
