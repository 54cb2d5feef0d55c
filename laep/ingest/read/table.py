"""Published tables: read by column name, with the many spellings of null, and told apart from what is no table."""

from __future__ import annotations

import codecs
import csv
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from laep.errors import SourceInvalid
from laep.hints import nearest
from laep.ingest.read import unread, workbook
from laep.ingest.read.files import refuse_pointers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from laep.ingest.source import Source

NULLS = (
    "", "N/A", "#N/A", "NA", "NULL", "None", "NaN", "-", "--", "Not Available", "Data Not Available", "Not Applicable",
    "Data Not Applicable", "No Data", "\u2013", "\u2014", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?",
)  # fmt: skip
"""Spellings of a missing value, in any case; the last four are what spreadsheets leave behind."""
_NULLS = frozenset(null.lower() for null in NULLS)
_SEPARATORS = (",", ";", "\t", "|")
_TITLE_ROWS = 10
"""How far down a header may stand: publishers put a title, a date and a note above it, not more."""
_CHUNK_ROWS = 200_000
"""Rows held at once: a file of millions then needs some hundred megabytes, not all there is."""
_BLOCK = 1 << 20
_ARROW_BLOCK = 16 << 20
"""Bytes parsed at once: larger blocks are no faster."""
_SHOWN = 6
"""Missing columns named in a message, so that it can still be read."""
_LISTED = 12
"""Columns of a file named in a message."""
_EXACT = 2.0**53
"""Whole numbers from here on are not told apart."""
_MANY = 3
"""From so many wanted columns on, a record that names one of them only is no header."""
_NUMBER_WITH_THOUSANDS = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"
_DRESSED = (
    (r"\((\d[\d,]*(?:\.\d+)?)\)", r"-\1"),
    (r"(?i)([+-]?\d[\d,]*(?:\.\d+)?)\s*\((?:none|nil|zero|no [a-z ]+)\)", r"\1"),
    (r"([+-]?\d[\d,]*(?:\.\d+)?)\s*[*\u2020\u2021]+", r"\1"),
    (r"'([+-]?\d[\d,]*(?:\.\d+)?)", r"\1"),
)  # fmt: skip
"""Numbers as spreadsheets and people dress them, and the bare number: brackets of accounts for what is below zero,
nothing said in words as well, the mark of a footnote, the quote by which Excel keeps text."""
_SPACED = r"[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:\.\d+)?"
"""Thousands parted by blanks, as GIS programs and Excel write them in some settings."""


@dataclass(frozen=True)
class _Layout:
    """
    How a table is laid out: encoding, separator, index of the header record, its names, width of the rows.

    A sheet of a workbook has neither encoding nor separator; its name is `sheet`, its cells, as text, are `cells`.
    """

    encoding: str
    separator: str
    header_row: int
    names: list[str]
    width: int
    cells: pd.DataFrame | None = None
    sheet: str = ""


def check_file(path: Path, source: Source) -> None:
    """Raise `SourceInvalid` unless `path` is a file with something in it that is more than a pointer elsewhere."""
    typed = "init NAME --boundary" if source.name == "boundary" else f"ingest {source.name} --file"
    if path.is_dir():
        raise SourceInvalid(f"{path}: is a folder, and laep reads files. Name the file in it: `laep {typed} PATH`.")
    if not path.is_file():
        raise SourceInvalid(f"{path}: no such file. Get {source.title} from {source.url} and run `laep {typed} PATH`.")
    if path.stat().st_size == 0:
        raise SourceInvalid(
            f"{path}: the file is empty (0 bytes), so the download failed. Get it again from {source.url}."
        )
    refuse_pointers(path)


def read_table(
    path: Path,
    columns: Mapping[str, Collection[str]],
    *,
    source: Source,
    optional: Collection[str] = (),
    first_of: Collection[str] = (),
) -> pd.DataFrame:
    """
    Read the named columns of a published CSV or workbook as text, under our own names.

    Parameters
    ----------
    path : Path
        A CSV file: comma, semicolon, tab or bar; with or without a byte-order mark; UTF-8, UTF-16 or Windows-1252. Or
        an Excel or OpenDocument workbook: the sheet whose header holds most of the columns is read. Title rows above
        the header are stepped over.
    columns : mapping
        Our name -> the published names it goes by: labels, API names, older editions. The first one found is taken.
        Matching ignores case and everything but letters and digits, so `Licence Area`, `licence_area` and
        `licence__area_` are one spelling.
    optional : collection of str
        Our names that may be absent: their column comes back all missing.
    first_of : collection of str
        Published names that are known to head two columns: the first is read.

    Returns
    -------
    DataFrame of `string` columns, one per entry of `columns` in their order, indexed by data row from 0; every
    spelling of null is missing.

    Raises
    ------
    SourceInvalid
        When the file cannot be read as a table, has no row under its header, a column goes by none of its spellings
        (names the columns found and the nearest match), or a spelling fits two columns.
    """
    chunks = list(read_chunks(path, columns, source=source, optional=optional, first_of=first_of))
    return pd.concat(chunks) if len(chunks) > 1 else chunks[0]


def read_chunks(
    path: Path,
    columns: Mapping[str, Collection[str]],
    *,
    source: Source,
    optional: Collection[str] = (),
    chunk_rows: int = _CHUNK_ROWS,
    first_of: Collection[str] = (),
) -> Iterator[pd.DataFrame]:
    """Yield what `read_table` returns in pieces of `chunk_rows`, for files too large to hold; at least one piece."""
    layout = _layout(path, _every(columns), source=source)
    places = _places(path, columns, layout, source=source, optional=optional, first_of=first_of)
    unread.called({ours: layout.names[place] for ours, place in places.items()})
    rows = 0
    for raw in _pieces(path, layout, source=source, chunk_rows=chunk_rows):
        rows += len(raw)
        yield _pick(raw, {ours: places.get(ours) for ours in columns})
    if not rows:
        portal = (
            f" Portals send that when a dataset needs an account: log in at {source.url} and download {source.title} "
            "again."
        )
        raise SourceInvalid(
            f"{path}: there is a header but no row under it.{portal if source.url.startswith('http') else ''}"
        )


def _pieces(path: Path, layout: _Layout, *, source: Source, chunk_rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows under the header as text, columns numbered from 0, in pieces that hold at least one row."""
    if layout.cells is not None:
        below = layout.cells.iloc[layout.header_row + 1 :].reset_index(drop=True)
        if len(below):
            yield below
        return
    try:
        with pd.read_csv(
            path, sep=layout.separator, header=None, names=list(range(layout.width)), skiprows=layout.header_row + 1,
            index_col=False, dtype="string", keep_default_na=False, na_values=[""], encoding=layout.encoding,
            encoding_errors="replace", chunksize=chunk_rows,
        ) as reader:  # fmt: skip
            for raw in reader:
                _check_overflow(raw, layout, path)
                if len(raw):
                    yield raw
    except (pd.errors.ParserError, UnicodeError) as error:
        raise SourceInvalid(
            f"{path}: not a table laep can read ({str(error).strip()}). {source.title} is {source.accepts}."
        ) from error
    except pd.errors.EmptyDataError:
        return


def held(path: Path, columns: Mapping[str, Collection[str]], *, source: Source) -> set[str]:
    """Return our names of the columns a file has, to tell which of several forms it is; spelled as in `read_table`."""
    layout = _layout(path, _every(columns), source=source)
    return set(_places(path, columns, layout, source=source, optional=columns))


def arrow_batches(
    path: Path,
    columns: Mapping[str, Collection[str]],
    types: Mapping[str, pa.DataType],
    *,
    source: Source,
    optional: Collection[str] = (),
) -> Iterator[pa.RecordBatch]:
    """
    Yield the columns of a large CSV, typed and under our own names, a block at a time.

    Parameters
    ----------
    columns, optional
        As for `read_table`.
    types : mapping
        Our name -> Arrow type; times are read as ISO 8601 with or without an offset.

    Raises
    ------
    pyarrow.ArrowInvalid
        When a value is not of its type, and for a workbook: `read_chunks` reads such a file as text, some twenty times
        slower.
    """
    layout = _layout(path, _every(columns), source=source)
    if layout.cells is not None:
        raise pa.ArrowInvalid("a workbook has no types")
    places = _places(path, columns, layout, source=source, optional=optional)
    chosen = {layout.names[place]: ours for ours, place in places.items()}
    reader = pacsv.open_csv(
        path,
        read_options=pacsv.ReadOptions(
            column_names=layout.names, skip_rows=layout.header_row + 1, encoding=layout.encoding.removesuffix("-sig"),
            block_size=_ARROW_BLOCK,
        ),
        parse_options=pacsv.ParseOptions(delimiter=layout.separator),
        convert_options=pacsv.ConvertOptions(
            include_columns=list(chosen), column_types={theirs: types[ours] for theirs, ours in chosen.items()},
            null_values=list(NULLS), strings_can_be_null=True, quoted_strings_can_be_null=True,
        ),
    )  # fmt: skip
    for batch in reader:
        yield batch.rename_columns([chosen[name] for name in batch.schema.names])


def has_column(path: Path, name: str, *, source: Source) -> bool:
    """Return whether the file has a column `name` in any spelling."""
    return bool(held(path, {name: (name,)}, source=source))


def _every(columns: Mapping[str, Collection[str]]) -> list[str]:
    return [name for names in columns.values() for name in names]


def _places(
    path: Path,
    columns: Mapping[str, Collection[str]],
    layout: _Layout,
    *,
    source: Source,
    optional: Collection[str] = (),
    first_of: Collection[str] = (),
) -> dict[str, int]:
    """Return our name -> where its column stands; no column stands for two of our names."""
    places: dict[str, int] = {}
    missing: list[tuple[str]] = []
    for ours, names in columns.items():
        found = (_place(name, layout, path, first_of=first_of) for name in names)
        place = next((place for place in found if place is not None and place not in places.values()), None)
        if place is not None:
            places[ours] = place
        elif ours not in optional:
            missing.append((next(iter(names)),))
    if missing:
        raise SourceInvalid(_missing_columns(path, missing, len(columns), layout.names, source))
    return places


def by_name(names: Iterable[object], columns: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Return our name -> the name, among those a file has, that is the first of its spellings there."""
    have: dict[str, str] = {}
    for name in names:
        have.setdefault(squash(str(name)), str(name))
    found = {ours: [have[squash(name)] for name in known if squash(name) in have] for ours, known in columns.items()}
    return {ours: theirs[0] for ours, theirs in found.items() if theirs}


def header(path: Path, columns: Mapping[str, Collection[str]], *, source: Source) -> list[str]:
    """Return the names in the header, for tables whose columns cannot be named beforehand, such as one a year."""
    return _layout(path, _every(columns), source=source).names


def numeric(values: pd.Series[str], *, told: bool = True) -> pd.Series[float]:
    """
    Return text as numbers; anything that is not one number becomes missing, and is told with its row and column.

    Parameters
    ----------
    told : bool
        False for a column that need not hold numbers: what is none is then no fault, and nothing is said of it.

    Notes
    -----
    Commas and blanks go only where they part thousands: `1,234.5` is a number, `24, 24` and `1,5` are not. Where the
    meaning is plain a number is taken out of what is round it: `(3.2)` is -3.2, as accounts write it, `0 (none)` is 0,
    and `4.1*` has a footnote. A bound such as `<0.5` is not a number: read as one, it would be room that nobody has
    published. Such cells are noted (`unread`) for whoever reads the source.
    """
    text = values.astype("string").str.strip().str.replace("\u2212", "-", regex=False)
    for dressed, bare in _DRESSED:
        text = text.str.replace(rf"^{dressed}$", bare, regex=True)
    grouped = text.str.fullmatch(_NUMBER_WITH_THOUSANDS).fillna(value=False)
    spaced = text.str.fullmatch(_SPACED).fillna(value=False)
    plain = text.mask(grouped, text.str.replace(",", "", regex=False))
    plain = plain.mask(spaced, text.str.replace(r"\s", "", regex=True))
    numbers = pd.to_numeric(plain, errors="coerce").astype("float64")
    numbers = numbers.where(numbers.abs() != float("inf"))
    if told:
        unread.note(values[numbers.isna() & says_something(values)])
    return numbers


def says_something(values: pd.Series[str]) -> pd.Series[bool]:
    """Return which cells say something, as every spelling of null does not."""
    text = values.astype("string").str.strip()
    said: pd.Series[bool] = (text.notna() & ~text.str.lower().isin(_NULLS)).astype(bool)
    return said


def instead(values: pd.Series[str]) -> pd.Series[str]:
    """Return the text of cells that hold one in place of a number; missing where there is a number or nothing."""
    silent = numeric(values, told=False).isna() & says_something(values)
    return values.astype("string").where(silent)


def whole(values: Any) -> Any:
    """Return numbers, a Series or a frame, as the nearest whole ones; one too large to be exact becomes missing."""
    return values.round().where(values.abs() < _EXACT).astype("Int64")


def _plain(name: str) -> str:
    return " ".join(str(name).split()).casefold()


def squash(name: str) -> str:
    """Return the letters and digits of a column's name, in lower case: what its spellings have in common."""
    return "".join(letter for letter in str(name).casefold() if letter.isalnum())


def _layout(path: Path, wanted: Collection[str], *, source: Source) -> _Layout:
    """Find the separator and the header: of the first records, the one that holds most of the wanted columns."""
    check_file(path, source)
    keys = {squash(name) for name in wanted}
    if workbook.is_one(path):
        return _sheet_layout(path, keys, source=source)
    encoding = _encoding(path, source)
    best: tuple[tuple[int, int], _Layout] | None = None
    for separator in _SEPARATORS:
        records = _first_records(path, encoding, separator, _TITLE_ROWS)
        for row, record in enumerate(records):
            score = (_fit(keys, record, row), len(record) if row == 0 else 0)
            if any(record) and (best is None or score > best[0]):
                below = next((len(data) for data in records[row + 1 :] if data), 0)
                names = [name.strip() for name in record]
                best = score, _Layout(encoding, separator, row, names, max(len(names), below))
    if best is None:
        raise SourceInvalid(f"{path}: there is no header in the first rows. laep reads {source.accepts}.")
    return best[1]


def _fit(keys: set[str], names: Collection[str], row: int) -> int:
    """Return how many wanted columns a record names; below the first, one of many is a cell that says such a word."""
    found = len(keys & {squash(name) for name in names if name})
    return 0 if row and found == 1 and len(keys) >= _MANY else found


def _sheet_layout(path: Path, keys: set[str], *, source: Source) -> _Layout:
    """Find the sheet and the header: of the first rows of all sheets, the one with most of the wanted columns."""
    found: dict[str, tuple[int, _Layout]] = {}
    for sheet, cells in workbook.sheets(path, source=source).items():
        for row in range(min(len(cells), _TITLE_ROWS + 1)):
            names = cells.iloc[row].fillna("").str.strip().tolist()
            score = _fit(keys, names, row)
            if any(names) and (sheet not in found or score > found[sheet][0]):
                found[sheet] = score, _Layout("", "", row, names, len(names), cells, sheet)
    if not found:
        raise SourceInvalid(f"{path}: no sheet of this workbook has anything in it. laep reads {source.accepts}.")
    most = max(score for score, _ in found.values())
    return _one_sheet(path, [layout for score, layout in found.values() if score == most], fits=most > 0)


def _one_sheet(path: Path, best: list[_Layout], *, fits: bool) -> _Layout:
    """
    Return the sheet to read of those that fit alike: the latest of a sheet a year, which is told.

    Raises
    ------
    SourceInvalid
        For several that fit and say no year: which one is meant cannot be known.
    """
    years = {layout.sheet: re.findall(r"(?<!\d)20\d\d(?!\d)", layout.sheet) for layout in best}
    if len(best) == 1 or not fits:
        return best[0]
    listed = ", ".join(repr(layout.sheet) for layout in best[:_SHOWN])
    if not all(years.values()):
        raise SourceInvalid(
            f"{path}: {len(best)} sheets of this workbook have these columns ({listed}), and laep reads one. Save the "
            "one you mean as CSV."
        )
    latest = max(best, key=lambda layout: years[layout.sheet][-1])
    unread.tell(f"{path.name}: read the sheet {latest.sheet!r}, the latest of {len(best)} with these columns.")
    return latest


def sheet_of(path: Path, columns: Mapping[str, Collection[str]], *, source: Source) -> str:
    """Return the name of the sheet that `read_table` reads of a workbook; empty for a file of text."""
    return _layout(path, _every(columns), source=source).sheet


def read_named(path: Path, known: Mapping[str, Collection[str]], *, source: Source) -> pd.DataFrame:
    """
    Return every column of a table as text under its published name; the first of several that share one.

    `known`, as `columns` of `read_table`, tells the header from what stands above it.
    """
    names = dict.fromkeys(name for name in header(path, known, source=source) if name)
    return read_table(path, {name: (name,) for name in names}, source=source, first_of=list(names))


def _first_records(path: Path, encoding: str, separator: str, count: int) -> list[list[str]]:
    """Return the first records, up to one the csv module cannot hold, such as a cell with the outline of a county."""
    records: list[list[str]] = []
    with path.open(encoding=encoding, errors="replace", newline="") as lines:
        try:
            records.extend(itertools.islice(csv.reader(lines, delimiter=separator), count + 1))
        except csv.Error:
            return records
    return records


def _place(name: str, layout: _Layout, path: Path, *, first_of: Collection[str] = ()) -> int | None:
    found = [index for index, theirs in enumerate(layout.names) if squash(theirs) == squash(name)]
    exact = [index for index in found if _plain(layout.names[index]) == _plain(name)]
    if len(exact) == 1:
        return exact[0]
    if len(found) > 1 and squash(name) not in {squash(known) for known in first_of}:
        raise SourceInvalid(f"{path}: {len(found)} columns are called {name!r}, so laep cannot tell which is meant.")
    return found[0] if found else None


def _check_overflow(raw: pd.DataFrame, layout: _Layout, path: Path) -> None:
    """Rows may end in empty cells that the header lacks; a value there means the columns have slipped."""
    overflow = raw[list(range(len(layout.names), layout.width))].notna().any(axis="columns")
    if overflow.any():
        row = overflow.tolist().index(True) + 1 + int(raw.index.min())
        raise SourceInvalid(
            f"{path}: data row {row} has more values than the header has columns ({len(layout.names)}), "
            "so its values do not stand under their names. Get the file again, or mend that row."
        )


def _pick(raw: pd.DataFrame, places: Mapping[str, int | None]) -> pd.DataFrame:
    absent = pd.Series(pd.NA, index=raw.index, dtype="string")
    return pd.DataFrame(
        {ours: absent if place is None else _clean(raw[place]) for ours, place in places.items()}, index=raw.index
    )


def _clean(values: pd.Series[str]) -> pd.Series[str]:
    stripped = values.str.replace("\r\n", "\n", regex=False).str.strip()
    return stripped.mask(stripped.str.lower().isin(_NULLS))


def _encoding(path: Path, source: Source) -> str:
    """Tell the encoding, and tell files that are no text table at all."""
    with path.open("rb") as file:
        start = file.read(4096)
        if problem := _not_a_table(start):
            raise SourceInvalid(f"{path}: {problem} laep reads {source.accepts}; get it from {source.url}.")
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"  # what spreadsheets on Windows write
    return "utf-8-sig"


def _not_a_table(start: bytes) -> str:
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"PK"):
        return "this is an Excel workbook or a zip, not a CSV. Unpack it, or save the sheet as CSV."
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "this is an old Excel workbook, not a CSV. Save the sheet as CSV."
    if text.startswith(b"<"):
        return "this is a web page, not a CSV: the download was refused or asked for a login."
    if text.startswith((b"{", b"[")):
        return f"this is JSON, not a CSV: {text[:120].decode('utf-8', 'replace')!r}."
    utf16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\0" in start and not utf16:
        return "this is a binary file, not a CSV."
    return ""


def say_missing(missing: Sequence[Collection[str]], found: Iterable[object]) -> str:
    """Return which columns are missing, each by its spellings, with the nearest name in the file, and what it has."""
    names = [str(name) for name in found if str(name)]
    folded = {squash(theirs): theirs for theirs in names}
    lines = []
    for spellings in missing[:_SHOWN]:
        near = next((found[0] for name in spellings if (found := nearest(squash(name), folded))), None)
        hint = f" (nearest in the file: {folded[near]!r})" if near else ""
        lines.append(f"{' or '.join(map(repr, spellings))}{hint}")
    if len(missing) > _SHOWN:
        lines.append(f"{len(missing) - _SHOWN} more")
    shown = ", ".join(map(repr, names[:_LISTED])) + (" ..." if len(names) > _LISTED else "")
    return f"no column {'; '.join(lines)}. The file has {shown or 'none with a name'}."


def _missing_columns(path: Path, missing: list[tuple[str]], wanted: int, found: list[str], source: Source) -> str:
    other = f"This looks like another table than {source.title}. " if len(missing) * 2 > wanted > 1 else ""
    return f"{path}: {say_missing(missing, found)} {other}laep reads {source.accepts}; get it from {source.url}."
