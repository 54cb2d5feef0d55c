"""Published tables: read by column name, with the many spellings of null, and told apart when they are not what they claim."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import SourceInvalid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from laep.ingest.source import Source

NULLS = ("", "N/A", "n/a", "NA", "#N/A", "NULL", "null", "None", "NaN", "nan", "-", "--", "Not Available", "Data Not Available")


def check_file(path: Path, source: Source) -> None:
    """Raise `SourceInvalid` unless `path` is a file with something in it."""
    if not path.is_file():
        raise SourceInvalid(
            f"{path}: no such file. Get {source.title} from {source.url} "
            f"and run `laep ingest {source.name} --file PATH`."
        )
    if path.stat().st_size == 0:
        raise SourceInvalid(f"{path}: the file is empty (0 bytes), so the download failed. Get it again from {source.url}.")


def read_table(
    path: Path, columns: Mapping[str, str], *, source: Source, optional: Collection[str] = (), skip_rows: int = 0
) -> pd.DataFrame:
    """
    Read the named columns of a published CSV as text, under our own names.

    Parameters
    ----------
    path : Path
        A CSV file; comma or semicolon, with or without a byte-order mark.
    columns : mapping
        Published name -> our name. Matching ignores case and runs of white space, nothing else.
    optional : collection of str
        Published names that may be absent: their column comes back all missing.
    skip_rows : int
        Title rows above the header.

    Returns
    -------
    DataFrame of `string` columns, one per entry of `columns`; every spelling of null is missing.

    Raises
    ------
    SourceInvalid
        When the file cannot be read as a table or a column is absent: names the columns found and the nearest match.
    """
    check_file(path, source)
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            for _ in range(skip_rows):
                next(lines, None)
            header = next(lines, "")
        raw = pd.read_csv(
            path, sep=";" if header.count(";") > header.count(",") else ",", dtype="string", skiprows=skip_rows,
            encoding="utf-8-sig", encoding_errors="replace", na_values=list(NULLS), keep_default_na=False,
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError) as error:
        raise SourceInvalid(f"{path}: not a table laep can read ({error}). {source.title} is {source.accepts}.") from error
    found = {_plain(name): name for name in raw.columns}
    missing = [name for name in columns if _plain(name) not in found and name not in optional]
    if missing:
        raise SourceInvalid(_missing_columns(path, missing, list(raw.columns), source))
    picked = {
        ours: raw[found[_plain(theirs)]] if _plain(theirs) in found else pd.Series(pd.NA, index=raw.index, dtype="string")
        for theirs, ours in columns.items()
    }
    table = pd.DataFrame(picked, index=raw.index)
    for name in table.columns:
        stripped = table[name].str.strip()
        table[name] = stripped.mask(stripped.isin(NULLS))
    return table


def numeric(values: pd.Series[str]) -> pd.Series[float]:
    """Return text as numbers; thousands separators go, anything that is not a number becomes missing."""
    return pd.to_numeric(values.str.replace(",", "", regex=False), errors="coerce").astype("float64")


def _plain(name: str) -> str:
    return " ".join(str(name).split()).casefold()


def _missing_columns(path: Path, missing: list[str], found: list[str], source: Source) -> str:
    lines = []
    for name in missing:
        near = difflib.get_close_matches(name, found, n=1)
        lines.append(f"{name!r}" + (f" (nearest in the file: {near[0]!r})" if near else ""))
    shown = ", ".join(repr(name) for name in found[:12]) + (" ..." if len(found) > 12 else "")
    return (
        f"{path}: no column {'; '.join(lines)}. The file has {shown}. "
        f"laep reads {source.accepts}; get it from {source.url}."
    )
