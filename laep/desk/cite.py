"""Where each row of a layer stands in its operator's file: the file's name and the data row, counted from 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.ingest.dso.form import normal
from laep.ingest.read import cells
from laep.ingest.read.shape_table import is_table
from laep.ingest.read.table import by_name, numeric, read_named, squash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from numpy.typing import NDArray

    from laep.ingest.source import Source

VERBATIM_ROWS = 100_000
"""Files with more rows are cited by row only: copying them would double the store."""
_NUMBERED = r"^(\d+)-(\d+)-\d+$"
"""Ids that a reader makes of the file's place, the data row and a part, where a register has none to give away."""
_COVERAGE = 0.9
"""Share of a layer's ids that a column must hold, or of its own cells that must be ids, to be where they came from."""
_SAMPLE = 2000


class Citations:
    """
    The rows of one source's files, found again by id, scenario, year and the figure they hold.

    `named` are the files as people know them: a packed one is read unpacked.
    """

    def __init__(self, source: ModuleType, files: Sequence[Path], named: Sequence[Path]) -> None:
        self._columns: Mapping[str, Collection[str]] = getattr(source, "COLUMNS", {})
        self._source: Source = source.SOURCE
        self._names = [path.name for path in named]
        self._tables = [
            (name, read_named(path, self._columns, source=self._source))
            for path, name in zip(files, self._names, strict=True) if is_table(path)
        ]  # fmt: skip

    def cite(self, layer: pd.DataFrame, id_column: str) -> pd.DataFrame:
        """
        Return `layer` with `file` and `source_row`, missing where the row cannot be told.

        Notes
        -----
        A row that holds the layer's figure (or the text in its place) comes first, then one that agrees in year and
        scenario as well as in id, then the earlier file.
        """
        only = self._names[0] if len(self._names) == 1 else pd.NA
        file = pd.Series(only, index=layer.index, dtype="string")
        row = pd.Series(pd.NA, index=layer.index, dtype="Int64")
        parts = layer[id_column].str.extract(_NUMBERED).astype("Int64")
        if len(layer) and parts.notna().all(axis=None):
            names = dict(enumerate((name for name, _ in self._tables), start=1))
            return layer.assign(file=parts[0].map(names).astype("string"), source_row=parts[1])
        plain = layer.reset_index(drop=True)
        found = [self._places(plain, number, id_column) for number in range(len(self._tables))]
        if found:
            order = {"at": True, "holds": False, "keys": False, "file": True, "row": True}
            best = pd.concat(found).sort_values(list(order), ascending=list(order.values())).drop_duplicates("at")
            where = layer.index[best["at"]]
            row[where] = best["row"].to_numpy()
            file[where] = [self._tables[number][0] for number in best["file"]]
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
            file: table[[name for name in table if squash(str(name)) in public]].fillna("")
            for file, table in self._tables
        }
        return [
            (self._source.name, file, int(row), json.dumps(_cells(tables[file], int(row)), ensure_ascii=False))
            for file, row in wanted.sort_values(["file", "source_row"]).itertuples(index=False)
        ]

    def _places(self, layer: pd.DataFrame, number: int, id_column: str) -> pd.DataFrame:
        """
        Return the data rows of one file that rows of the layer may have come from.

        `at` is the position in the layer, `row` the data row, `keys` how many columns agree, `holds` whether the row
        holds the figure. Where the id alone agrees the first of its rows is taken.
        """
        table = self._tables[number][1]
        ids = _plain(layer[id_column])
        column = _holding(ids, table)
        keys = ["id"]
        theirs = pd.DataFrame({"row": range(1, len(table) + 1)}, index=table.index)
        ours = pd.DataFrame({"id": ids, "at": layer.index})
        theirs["id"] = pd.NA if column is None else _plain(table[column])
        for name, tidy in (("year", cells.start_year), ("scenario", normal.scenario_name)):
            published = self._published(name, table)
            if name in layer and published is not None:
                theirs[name] = tidy(table[published].astype("string")).astype("string")
                ours[name] = layer[name].astype("string")
                keys.append(name)
        parts = []
        for count in range(len(keys), 0, -1):
            known = theirs.dropna(subset=keys[:count])
            if count < len(keys):
                known = known.drop_duplicates(keys[:count])
            parts.append(ours.merge(known[["row", *keys[:count]]], on=keys[:count])[["at", "row"]].assign(keys=count))
        pairs = pd.concat(parts, ignore_index=True)
        return pairs.assign(file=number, holds=_holds(layer, table, pairs) if "value" in layer else True)

    def _published(self, ours: str, table: pd.DataFrame) -> str | None:
        """Return the column of the file that the reader calls `ours`."""
        return by_name(table.columns, {ours: self._columns.get(ours, ())}).get(ours)


def _holds(layer: pd.DataFrame, table: pd.DataFrame, pairs: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which pairs of layer and table row are of a row that holds the layer's figure, or text in its place."""
    rows = pairs["row"].to_numpy(dtype=np.int64) - 1
    there = layer.iloc[pairs["at"].to_numpy(dtype=np.int64)]
    told = table.iloc[np.unique(rows)]
    at = np.searchsorted(np.unique(rows), rows)
    numbers = np.column_stack([numeric(told[name], told=False) for name in told])[at]
    figures = there["value"].to_numpy(dtype=np.float64, na_value=np.nan)[:, None]
    same: NDArray[np.bool_] = np.isclose(numbers, figures, rtol=1e-9, atol=1e-12).any(axis=1)
    if "instead" in there:
        texts = told.to_numpy(dtype=object, na_value="")[at]
        same |= (texts == there["instead"].to_numpy(dtype=object, na_value="-")[:, None]).any(axis=1)
    return same


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
