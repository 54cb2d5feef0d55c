"""Published tables are read by name, and what is no such table is met with one clear sentence."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laep.errors import SourceInvalid
from laep.ingest.read.table import NULLS, check_file, has_column, held, numeric, read_chunks, read_table
from laep.ingest.source import Source

SOURCE = Source(
    name="demo", title="Demo data", publisher="P", licence="L", attribution="A", url="https://example.org/demo",
    writes=(), accepts="a CSV of demo rows",
)  # fmt: skip
COLUMNS = {"site": ("Site ID",), "load": ("Load (MVA)",)}


def write(tmp_path, content, name="demo.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(tmp_path, content, **options):
    return read_table(write(tmp_path, content), COLUMNS, source=SOURCE, **options)


def test_ids_keep_their_leading_zeros_and_other_columns_stay_behind(tmp_path):
    table = read(tmp_path, "Other,Site ID,Load (MVA)\nx,0042,1.50\n")
    assert table.to_dict("list") == {"site": ["0042"], "load": ["1.50"]}
    assert [str(kind) for kind in table.dtypes] == ["string", "string"]


def test_byte_order_mark_semicolons_case_and_spaces_do_not_matter(tmp_path):
    table = read(tmp_path, "\ufeffsite  id; LOAD (MVA)\r\n0042;1.5\r\n")
    assert table.to_dict("list") == {"site": ["0042"], "load": ["1.5"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_publishers_use_is_read(tmp_path, encoding):
    table = read(tmp_path, "Site ID,Load (MVA)\nCôte £5,1\n".encode(encoding))
    assert table["site"].tolist() == ["Côte £5"]


@pytest.mark.parametrize("null", [*NULLS, "n/a", "data not available", " N/A ", "null"])
def test_every_spelling_of_null_is_missing(tmp_path, null):
    table = read(tmp_path, f'Site ID,Load (MVA)\n1,"{null}"\n')
    assert table["load"].isna().all()


def test_line_breaks_inside_quotes_stay_in_the_cell(tmp_path):
    table = read(tmp_path, 'Site ID,Load (MVA)\r\n"Transmission works:\r\nAdd a 3rd",2\r\nb,3\r\n')
    assert table["site"].tolist() == ["Transmission works:\nAdd a 3rd", "b"]


def test_title_rows_with_commas_quotes_and_blanks_are_stepped_over(tmp_path):
    table = read(tmp_path, '"Register, part 1\nApril",,\n\nSite ID,Load (MVA)\n7,1\n')
    assert table.to_dict("list") == {"site": ["7"], "load": ["1"]}


def test_absent_columns_are_named_with_what_is_there_and_the_nearest(tmp_path):
    with pytest.raises(SourceInvalid) as caught:
        read(tmp_path, "Site ID,Load (MW)\n1,2\n")
    message = str(caught.value)
    assert "no column 'Load (MVA)' (nearest in the file: 'Load (MW)')" in message
    assert "The file has 'Site ID', 'Load (MW)'" in message
    assert "another table" not in message
    assert SOURCE.accepts in message
    assert SOURCE.url in message


def test_another_table_is_called_that_and_named_by_its_first_columns(tmp_path):
    wanted = {f"c{n}": (f"Column {n}",) for n in range(9)}
    with pytest.raises(SourceInvalid) as caught:
        read_table(write(tmp_path, "Column 0,x\n1,2\n"), wanted, source=SOURCE)
    message = str(caught.value)
    assert "'Column 6'" in message
    assert "'Column 7'" not in message
    assert "; 2 more." in message
    assert "looks like another table than Demo data" in message


def test_an_optional_column_may_be_absent_and_is_all_missing(tmp_path):
    table = read(tmp_path, "Site ID\n1\n", optional=("load",))
    assert table["load"].isna().all()
    assert str(table["load"].dtype) == "string"


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(SourceInvalid, match="2 columns are called 'Site ID'"):
        read(tmp_path, "Site ID,site id,Load (MVA)\n1,2,3\n")


def test_empty_cells_past_the_header_are_harmless_and_values_are_not(tmp_path):
    assert read(tmp_path, "Site ID,Load (MVA)\n1,2,,\n3,4,,\n")["load"].tolist() == ["2", "4"]
    with pytest.raises(SourceInvalid, match="data row 2 has more values than the header"):
        read(tmp_path, "Site ID,Load (MVA)\n1,2,\n3,x,4\n")
    with pytest.raises(SourceInvalid, match="not a table laep can read"):
        read(tmp_path, "Site ID,Load (MVA)\n1,2\n3,x,4\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 and so on", "Excel workbook or a zip"),
        (b"\xd0\xcf\x11\xe0 and so on", "old Excel workbook"),
        (b"<!DOCTYPE html><html>Log in</html>", "web page"),
        (b'\xef\xbb\xbf{"error_code": "ForbiddenAccess"}', "JSON.*ForbiddenAccess"),
        (b"Site ID,Load\0\0\0", "binary"),
        (b"\n\n\n", "no header"),
    ],
)
def test_what_is_no_table_is_said_to_be_what_it_is(tmp_path, content, words):
    with pytest.raises(SourceInvalid, match=words):
        read(tmp_path, content)


def test_missing_and_empty_files_say_what_to_do(tmp_path):
    with pytest.raises(SourceInvalid, match=r"no such file.*laep ingest demo --file"):
        check_file(tmp_path / "none.csv", SOURCE)
    with pytest.raises(SourceInvalid, match="empty"):
        check_file(write(tmp_path, b""), SOURCE)


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_a_header_without_rows_says_that_an_account_may_be_needed(tmp_path, end):
    with pytest.raises(SourceInvalid, match=r"no row under it.*log in at https://example\.org/demo"):
        read(tmp_path, f"Site ID,Load (MVA){end}")


def test_chunks_count_rows_on_and_together_are_the_table(tmp_path):
    path = write(tmp_path, "Site ID,Load (MVA)\n" + "".join(f"{n:03d},{n}\n" for n in range(5)))
    chunks = list(read_chunks(path, COLUMNS, source=SOURCE, chunk_rows=2))
    assert [list(chunk.index) for chunk in chunks] == [[0, 1], [2, 3], [4]]
    pd.testing.assert_frame_equal(pd.concat(chunks), read_table(path, COLUMNS, source=SOURCE))


SPELLINGS = {"area": ("Licence Area", "dno_area"), "site": ("Site ID",)}


@pytest.mark.parametrize(
    "header", ["Licence Area ,Site ID", "licence_area,site_id", "licence__area_,SiteID", "DNO Area,site-id"]
)
def test_labels_and_api_names_are_one_spelling(tmp_path, header):
    path = write(tmp_path, f"{header}\nEPN,1\n")
    table = read_table(path, SPELLINGS, source=SOURCE)
    assert table[["area", "site"]].to_dict("list") == {"area": ["EPN"], "site": ["1"]}


def test_a_column_under_none_of_its_spellings_is_named_with_the_nearest(tmp_path):
    path = write(tmp_path, "Site ID,Licence Areas\n1,x\n")
    assert held(path, SPELLINGS, source=SOURCE) == {"site"}
    with pytest.raises(SourceInvalid, match="no column 'Licence Area' \\(nearest in the file: 'Licence Areas'\\)"):
        read_table(path, SPELLINGS, source=SOURCE)


def test_has_column_matches_as_columns_are_read(tmp_path):
    path = write(tmp_path, "FIRM HEADROOM ( MVA )\n1\n")
    assert has_column(path, "firm_headroom_mva", source=SOURCE)
    assert not has_column(path, "headroom_mva", source=SOURCE)


def test_numbers_are_read_only_where_there_is_one_number():
    text = pd.Series(
        ["1,234.5", "-12,345,678", "24, 24", "1,5", "\u22123.5", " 7 ", "1e3", "inf", "x", None], dtype="string"
    )
    want = [1234.5, -12345678.0, None, None, -3.5, 7.0, 1000.0, None, None, None]
    pd.testing.assert_series_equal(numeric(text), pd.Series(want, dtype="float64"))


@given(st.integers(-(10**12), 10**12))
def test_thousands_separators_do_not_change_a_number(number):
    text = pd.Series([str(number), f"{number:,}"], dtype="string")
    assert numeric(text).tolist() == [float(number)] * 2
