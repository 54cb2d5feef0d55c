"""Workbooks read as tables: the sheet and row whose header fits, as text."""

import pandas as pd
import pyogrio
import pytest

from laep.errors import SourceInvalid
from laep.ingest.read.table import has_column, header, read_chunks, read_table
from laep.ingest.source import Source

SOURCE = Source(
    name="x", title="A table", publisher="p", licence="l", attribution="a", url="https://example.org", writes=(), accepts="a workbook",
)  # fmt: skip
SHEETS = {
    "Notes": [["About this workbook", None], ["Substation", "is a name"]],
    "Data": [
        ["Title row", None, None],
        [None, None, None],
        ["Substation", "Headroom (MW)", "Year"],
        ["0012", "1,234.5", "2030/31"],
        ["N/A", "#REF!", ""],
    ],
}


def write(path, sheets=SHEETS):
    for name, rows in sheets.items():
        width = max(map(len, rows))
        frame = pd.DataFrame(rows, columns=[f"c{at}" for at in range(width)], dtype="string")
        pyogrio.write_dataframe(frame, path, driver=path.suffix[1:].upper(), layer=name, append=path.exists())
    return path


@pytest.mark.parametrize("kind", [".xlsx", ".ods"])
def test_the_sheet_and_row_that_fit_are_read_as_text(kind, tmp_path):
    path = write(tmp_path / f"book{kind}")
    table = read_table(path, {"name": ("Substation",), "value": ("headroom (mw)",), "year": ("Year",)}, source=SOURCE)
    assert table["name"].tolist() == ["0012", pd.NA]
    assert table["value"].tolist() == ["1,234.5", pd.NA]
    assert table["year"].tolist() == ["2030/31", pd.NA]
    assert len(list(read_chunks(path, {"year": ("Year",)}, source=SOURCE))) == 1
    assert header(path, {"name": ("Substation",), "year": ("Year",)}, source=SOURCE) == [
        "Substation",
        "Headroom (MW)",
        "Year",
    ]
    assert has_column(path, "headroom_mw", source=SOURCE)


def test_a_missing_column_of_a_workbook_names_the_nearest(tmp_path):
    path = write(tmp_path / "book.xlsx")
    with pytest.raises(SourceInvalid, match=r"no column 'Head room' \(nearest in the file: 'Headroom \(MW\)'\)"):
        read_table(path, {"name": ("Substation",), "value": ("Head room",), "year": ("Year",)}, source=SOURCE)


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04 half a file"])
def test_what_is_no_workbook_says_so(content, tmp_path):
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    with pytest.raises(SourceInvalid, match=r"is not a whole workbook|the file is empty"):
        read_table(path, {"year": ("Year",)}, source=SOURCE)


def test_an_empty_workbook_is_refused(tmp_path):
    path = write(tmp_path / "book.xlsx", {"Data": [[None, None]]})
    with pytest.raises(SourceInvalid, match=r"no column 'Year'|has anything in it"):
        read_table(path, {"year": ("Year",)}, source=SOURCE)


def test_of_two_columns_of_one_name_the_first_is_read_only_where_it_was_foreseen(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,value,id\n1,2,3\n")
    with pytest.raises(SourceInvalid, match="2 columns are called 'id'"):
        read_table(path, {"id": ("id",)}, source=SOURCE)
    assert read_table(path, {"id": ("id",)}, source=SOURCE, first_of=("ID",))["id"].tolist() == ["1"]


def test_a_name_that_fits_exactly_is_taken_before_one_that_fits_by_its_letters(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("Fault Level,Fault Level %\n0.7,70\n")
    wanted = {"share": ("Fault Level %", "fault_level_"), "other": ("Fault Level %",)}
    table = read_table(path, wanted, source=SOURCE, optional=("other",))
    assert table["share"].tolist() == ["70"]
    assert table["other"].isna().all(), "one column does not stand for two"
