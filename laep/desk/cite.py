"""Where each row of a layer stands in its operator's file: the file's name and the data row, counted from 1."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.dso.form import normal
from laep.ingest.read import cells
from laep.ingest.read.table import by_name, squash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from laep.ingest.source import Source

VERBATIM_ROWS = 100_000
"""Files with more rows are cited by row only: copying them would double the store."""
_NUMBERED = r"^(\d+)-(\d+)-\d+$"
"""Ids that a reader makes of the file's place, the data row and a part, where a register has none to give away."""
_COVERAGE = 0.9
"""Share of a layer's ids that a column must hold, or of its own cells that must be ids, to be where they came from."""
_SAMPLE = 2000


class Citations:
    """The rows of one source's files, found again by id, scenario and year."""

    def __init__(self, source: ModuleType, files: Sequence[Path]) -> None:
        self._columns: Mapping[str, Collection[str]] = getattr(source, "COLUMNS", {})
        self._source: Source = source.SOURCE
        self._tables = [(path, table) for path in files if (table := _text_table(path)) is not None]

    def cite(self, layer: pd.DataFrame, id_column: str) -> pd.DataFrame:
        """Return `layer` with `file` and `source_row`, missing where the row cannot be told."""
        file = pd.Series(pd.NA, index=layer.index, dtype="string")
        row = pd.Series(pd.NA, index=layer.index, dtype="Int64")
        parts = layer[id_column].str.extract(_NUMBERED).astype("Int64")
        if len(layer) and parts.notna().all(axis=None):
            names = dict(enumerate((path.name for path, _ in self._tables), start=1))
            return layer.assign(file=parts[0].map(names).astype("string"), source_row=parts[1])
        for path, table in self._tables:
            for found in self._places(layer, table, id_column):
                here = row.isna() & found.notna()
                row[here], file[here] = found[here], path.name
        return layer.assign(file=file, source_row=row)

    def verbatim(self, cited: Iterable[pd.DataFrame]) -> list[tuple[str, str, int, str]]:
        """
        Return (source, file, row, cells as JSON) of every row that a layer cites.

        Only cells of columns that the source knows and does not call private are copied; none of a source that does
        not say which are (`Source.private`).
        """
        if self._source.private is None:
            return []
        open_ = {name: names for name, names in self._columns.items() if name not in self._source.private}
        public = {squash(spelling) for names in open_.values() for spelling in names}
        wanted = pd.concat([frame[["file", "source_row"]] for frame in cited]).dropna().drop_duplicates()
        if len(wanted) > VERBATIM_ROWS:
            return []
        tables = {
            path.name: table[[name for name in table if squash(str(name)) in public]] for path, table in self._tables
        }
        return [
            (self._source.name, file, int(row), json.dumps(_cells(tables[file], int(row)), ensure_ascii=False))
            for file, row in wanted.sort_values(["file", "source_row"]).itertuples(index=False)
        ]

    def _places(self, layer: pd.DataFrame, table: pd.DataFrame, id_column: str) -> list[pd.Series[int]]:
        """Return the data row of each row of the layer, the most exact way of finding it first."""
        ids = _plain(layer[id_column])
        column = _holding(ids, table)
        if column is None:
            return []
        theirs = pd.DataFrame({"id": _plain(table[column]), "row": range(1, len(table) + 1)})
        ours = pd.DataFrame({"id": ids}, index=layer.index)
        ways = [["id"]]
        for name, tidy in (("year", cells.start_year), ("scenario", normal.scenario_name)):
            published = self._published(name, table)
            if name in layer and published is not None:
                theirs[name] = tidy(table[published].astype("string")).astype("string")
                ours[name] = layer[name].astype("string")
                ways.insert(0, [*ways[0], name])
        found = []
        for keys in ways:
            first = theirs.dropna(subset=keys).drop_duplicates(keys)
            rows = ours.merge(first, on=keys, how="left")["row"]
            rows.index = layer.index
            found.append(rows.astype("Int64"))
        return found

    def _published(self, ours: str, table: pd.DataFrame) -> str | None:
        """Return the column of the file that the reader calls `ours`."""
        return by_name(table.columns, {ours: self._columns.get(ours, ())}).get(ours)


def headers(path: Path) -> list[str]:
    """Return the column names of a text table: the longest of its first lines."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        first = "".join(line for _, line in zip(range(12), lines, strict=False))
    found: list[str] = []
    for separator in (",", ";", "\t", "|"):
        for record in csv.reader(first.splitlines(), delimiter=separator):
            found = record if len(record) > len(found) else found
            break
    return found


def _text_table(path: Path) -> pd.DataFrame | None:
    """Return a CSV as text, None for a file of another kind."""
    if path.suffix.lower() not in {".csv", ".txt", ".tsv"}:
        return None
    names = headers(path)
    separator = next((mark for mark in (",", ";", "\t", "|") if _begins(path, mark.join(names[:2]), mark)), ",")
    try:
        return pd.read_csv(path, sep=separator, dtype="string", keep_default_na=False, encoding_errors="replace",
                           encoding="utf-8-sig")  # fmt: skip
    except pd.errors.ParserError:
        return None  # a title above the header: the reader copes, and the rows go without a number


def _begins(path: Path, text: str, mark: str) -> bool:
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        line = lines.readline().replace('"', "")
    return line.startswith(text.replace('"', "")) and mark in line


def _holding(ids: pd.Series[str], table: pd.DataFrame) -> str | None:
    """
    Return the column the ids came from, None when there is none.

    A file may hold the ids of part of a layer, when a source has several files, or many rows that were left out.
    """
    known = set(ids.dropna())
    best, share = None, 0.0
    for column in table.columns:
        cells = _plain(table[column].iloc[:_SAMPLE])
        cells = cells[cells.notna() & cells.ne("")]
        forward = cells.isin(known).mean() if len(cells) else 0.0
        whole = len(known & set(_plain(table[column]).dropna())) / len(known) if known and forward else 0.0
        if max(forward, whole) >= _COVERAGE and forward + whole > share:
            best, share = str(column), forward + whole
    return best


def _plain(text: pd.Series[str]) -> pd.Series[str]:
    """Return ids as published: without what laep adds to tell levels apart, in one case."""
    return cells.tidy(text.astype("string").str.replace(r" \((?:gsp|bsp|primary)\)$", "", regex=True)).str.upper()


def _cells(table: pd.DataFrame, row: int) -> dict[str, str]:
    return {str(name): str(value) for name, value in table.iloc[row - 1].items() if str(value)}
