"""Many proposals: the same answers as one by one, lenient columns, bad rows that stop nobody, shared room."""

import subprocess
import sys
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest

from laep.checked import Proposal
from laep.desk import bulk, check, proposals
from laep.errors import UserFault

HEADER = "Site Ref,Latitude,Longitude,Easting,Northing,Postcode,Generation (kW),Demand kW,Battery_kW,Year"
GOOD = (
    "A,51.7780,-1.4709,,,,250,,,",  # Barrowmere: 1.1 MW left
    "B,51.7780,-1.4709,,,,2500,,,",
    "C,,,443000,210000,,100,,,",  # Kings Hatch: none or worse
    'D,51.7780,-1.4709,,,,,"2,000",,',  # 2.4 MVA at 0.95: room for 2,280 kW
    "E,51.8196,-1.1331,,,,5,,,",  # outside every area: nearest, none left
    "F,51.7780,-1.4709,,,,1000,,400,",
)
BAD = (
    "G,-1.4709,51.7780,,,,250,,,",
    "H,48.85,2.35,,,,250,,,",
    "I,,,,,,250,,,",
    "J,51.7780,-1.4709,,,,lots,,,",
    "K,51.7780,-1.4709,,,,-5,,,",
    "L,51.7780,-1.4709,,,,,,,",
    "M,,,,,OX29 9AC,250,,,",
    "N,51.7780,-1.4709,,,,250,,,30",
)


@pytest.fixture
def written(tmp_path):
    def write(*rows, name="proposals.csv", header=HEADER):
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return write


def test_each_row_has_the_answer_it_would_have_alone(held, numbers, written):
    table = bulk.check_file(held, written(*GOOD), numbers).table.set_index("id")
    alone = {
        "A": {"at": "51.7780,-1.4709", "generation_kw": 250},
        "B": {"at": "51.7780,-1.4709", "generation_kw": 2500},
        "C": {"at": "443000,210000", "generation_kw": 100},
        "D": {"at": "51.7780,-1.4709", "demand_kw": 2000},
        "E": {"at": "51.8196,-1.1331", "generation_kw": 5},
        "F": {"at": "51.7780,-1.4709", "generation_kw": 1000, "storage_kw": 400},
    }
    for name, proposal in alone.items():
        found = check.check(held, Proposal(**proposal), numbers)
        row = table.loc[name]
        told = next(m for m in found.measures if m.measure == row["binding_measure"])
        assert row["verdict"] == found.verdict, name
        assert row["reason"] == told.reason
        assert (row["binding_level"], row["binding_id"]) == (told.level, told.substation_id)
        assert row["substation_id"] == found.served_by.substation_id
        assert (row["method"], row["confidence"]) == (found.served_by.method, found.served_by.confidence)
        assert (row["route"], row["g99_type"]) == (found.route.code, found.route.g99_type)
        assert row["connection_gbp"] == found.cost.gbp
    assert table["verdict"].tolist() == [
        "fits",
        "fits_with_limit",
        "does_not_fit",
        "fits",
        "does_not_fit",
        "fits_with_limit",
    ]
    assert table.loc["B", "limit_kw"] == 1100
    assert (table.loc["A", "before"], table.loc["A", "after"], table.loc["A", "unit"]) == (1.1, 0.85, "MW")
    assert (table.loc["A", "source_file"], table.loc["A", "source_row"]) == ("ssen_headroom_march_2026.csv", 3)


def test_bad_rows_are_listed_with_reasons_and_stop_nobody(held, numbers, written):
    checked = bulk.check_file(held, written(*GOOD, *BAD), numbers)
    assert checked.counts() == {"fits": 2, "fits_with_limit": 2, "does_not_fit": 2, "not_checked": 8}
    reasons = checked.bad.set_index("id")["reason"]
    for name, words in {
        "G": "latitude and longitude look swapped", "H": "not in Great Britain", "I": "no position",
        "J": "Generation (kW) 'lots' is not a number", "K": "Generation (kW) '-5' is below 0", "L": "nothing is proposed",
        "M": "only a postcode, and no list of postcodes", "N": "Year '30' is not a year",
    }.items():  # fmt: skip
        assert words in reasons[name], name
    assert checked.bad["row"].tolist() == list(range(7, 15))


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("id,latitud,longitud,generation_kw", "Did you mean 'latitud' for lat"),
        ("id,lat,lon,genration_kw", "Did you mean 'genration_kw' for generation_kw"),
        ("fruit,price", "no columns for the position.*And no column for the size"),
    ],
)
def test_wrong_headers_are_met_with_the_nearest(held, numbers, written, header, words):
    path = written(",".join("1" * (header.count(",") + 1)), header=header)
    with pytest.raises(UserFault, match=words):
        bulk.check_file(held, path, numbers)


def test_megawatts_are_read_as_such(held, written):
    given = proposals.read(written("1,436600,208947,2.5", header="id,x,y,Generation_MW"), held)
    assert given.frame["generation_kw"].tolist() == [2500]


def test_assets_and_postcodes_place_a_proposal(held, numbers, written, tmp_path):
    codes = tmp_path / "codes.csv"
    codes.write_text("postcode,easting,northing\nOX29 9AC,436600,208947\n")
    path = written("1,,OX29 9AC,250", "2,E - WNDL - 07,,250", "3,nobody,,250", header="id,asset,postcode,generation_kw")
    table = bulk.check_file(held, path, numbers, postcode_file=codes).table
    assert table["substation"].tolist()[:2] == ["Barrowmere Primary", "Minster Vale Primary"]
    assert table["method"].tolist()[:2] == ["published supply area", "asked by its id"]
    assert table["reason"][2] == "asset 'nobody' names no substations"


def test_a_queue_gives_the_first_what_there_is(held, numbers, written):
    rows = [f"{name},436600,208947,600" for name in "abc"]
    path = written(*rows, header="id,easting,northing,generation_kw")
    table = bulk.check_file(held, path, numbers, cumulative="queue").table
    assert table["verdict"].tolist() == ["fits", "fits_with_limit", "does_not_fit"]
    assert table["allowed_generation_kw"].tolist() == [600, 500, 0]
    assert table["where"].tolist() == ["named", "shared", "shared"]
    shared = bulk.check_file(held, path, numbers, cumulative="prorata").table
    assert shared["limit_kw"].tolist() == [366.6] * 3  # 1,100 kW over 1,800 kW asked
    apart = bulk.check_file(held, path, numbers).table
    assert apart["verdict"].tolist() == ["fits"] * 3


def test_primaries_under_one_bulk_supply_point_share_its_room(held, numbers, written):
    rows = ["a,E - WNDL - 03,900", "b,E - WNDL - 05,900"]  # 1.1 MW published at each, and at the bulk supply point
    path = written(*rows, header="id,asset,generation_kw")
    table = bulk.check_file(held, path, numbers, cumulative="queue").table
    assert table["allowed_generation_kw"].tolist() == [900, 200]
    assert table["binding"].tolist()[1] == "Hallam Cross BSP"


def test_several_years_cannot_share_room(held, numbers, written):
    path = written("a,436600,208947,600,2027", "b,436600,208947,600,2028", header="id,x,y,generation_kw,year")
    assert len(bulk.check_file(held, path, numbers).table) == 2
    with pytest.raises(UserFault, match="need one year"):
        bulk.check_file(held, path, numbers, cumulative="queue")


def test_a_geopackage_goes_in_and_comes_out(held, numbers, tmp_path):
    frame = gpd.GeoDataFrame({"ref": ["a"], "kw": [250.0]}, geometry=gpd.points_from_xy([-1.4709], [51.7780]), crs=4326)
    frame.to_file(tmp_path / "in.gpkg")
    checked = bulk.check_file(held, tmp_path / "in.gpkg", numbers)
    bulk.write(checked, tmp_path / "out.gpkg")
    back = pyogrio.read_dataframe(tmp_path / "out.gpkg")
    assert back["verdict"].tolist() == ["fits"]
    assert back.crs.to_epsg() == 27700
    assert round(back.geometry[0].x) == 436600


def test_excel_goes_in_and_comes_out(held, numbers, tmp_path):
    pd.DataFrame({"id": ["a"], "lat": [51.778], "lon": [-1.4709], "generation kW": [250]}).to_excel(
        tmp_path / "in.xlsx", index=False
    )
    checked = bulk.check_file(held, tmp_path / "in.xlsx", numbers)
    bulk.write(checked, tmp_path / "out.xlsx")
    assert pd.read_excel(tmp_path / "out.xlsx")["verdict"].tolist() == ["fits"]


def test_no_id_becomes_a_formula_or_steers_a_terminal(held, numbers, written, tmp_path):  # torture 9
    rows = ("=HYPERLINK(A2),51.7780,-1.4709,,,,250,,,", "a\x1b[2Jb,51.7780,-1.4709,,,,250,,,")
    checked = bulk.check_file(held, written(*rows), numbers)
    bulk.write(checked, tmp_path / "v.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "v.xlsx").active
    assert [sheet.cell(row, 1).data_type for row in (2, 3)] == ["s", "s"]
    assert [sheet.cell(row, 1).value for row in (2, 3)] == ["=HYPERLINK(A2)", "ab"]
    bulk.write(checked, tmp_path / "v.csv")
    assert pd.read_csv(tmp_path / "v.csv")["id"].tolist() == ["'=HYPERLINK(A2)", "ab"]


@pytest.mark.parametrize("member", ["", "xl/workbook.xml", "[Content_Types].xml"])
def test_what_is_no_workbook_is_refused_with_the_remedy(held, numbers, tmp_path, member):
    path = tmp_path / "in.xlsx"
    pd.DataFrame({"id": ["a"]}).to_excel(path, index=False)
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, b"<html" if name == member else content)
    if not member:
        path.write_text("<html>Sign in</html>")
    with pytest.raises(UserFault, match=r"in\.xlsx: .*(whole workbook|no sheet|Save the sheet as CSV)"):
        bulk.check_file(held, path, numbers)


def test_many_rows_place_as_one_row_does(held, numbers, written):
    from laep.desk import place

    rng = np.random.default_rng(3)
    points = np.stack([rng.uniform(428000, 462000, 400), rng.uniform(200000, 222000, 400)], axis=1)
    many = place.serving_many(points, held)
    one = [place.serving(x, y, held) for x, y in points.tolist()]
    assert many.fid.tolist() == [served.fid[0] for served in one]
    assert many.method.tolist() == [served.method[0] for served in one]
    assert len(set(many.method.tolist())) >= 2


def test_the_command_writes_counts_and_lists_bad_rows(village, written, tmp_path):
    out = tmp_path / "verdicts.csv"
    done = subprocess.run(
        [sys.executable, "-m", "laep.cli", "headroom", "check", "--store", village, "--file", written(*GOOD, *BAD), "--out", out],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "14 proposals" in done.stdout
    assert "8 rows could not be checked" in done.stderr
    assert "row 7: latitude and longitude look swapped" in done.stderr
    assert len(pd.read_csv(out)) == 14


ROW = ["F\u00f4n", 51.7780, -1.4709, 250]
NAMES = ["Site", "Latitude", "Longitude", "Generation (kW)"]


def placed(held, numbers, path):
    table = bulk.check_file(held, path, numbers).table
    assert table["id"].tolist() == ["F\u00f4n"]
    assert table["verdict"].tolist() == ["fits"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("above", [0, 3])
def test_a16_a25_proposals_in_every_encoding_below_titles_are_read(held, numbers, tmp_path, encoding, above):
    path = tmp_path / "in.csv"
    lines = [*["Proposals of the parish", "", "as of today"][:above], ",".join(NAMES), ",".join(map(str, ROW))]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    placed(held, numbers, path)


def test_a25_proposals_behind_a_sheet_of_notes_and_below_a_title_are_read(held, numbers, tmp_path):
    path = tmp_path / "in.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"Notes": ["See the next sheet"]}).to_excel(book, sheet_name="Notes", index=False)
        pd.DataFrame([NAMES, ROW]).to_excel(book, sheet_name="Sites", index=False, header=False, startrow=2)
    placed(held, numbers, path)


def test_a14_of_several_layers_the_one_with_the_columns_is_read(held, numbers, tmp_path):
    path = tmp_path / "in.gpkg"
    for layer, names in (
        ("existing", {"what": ["battery"]}),
        ("proposed", {"id": ["F\u00f4n"], "generation_kw": [250]}),
    ):
        at = gpd.points_from_xy([ROW[2]], [ROW[1]], crs=4326)
        gpd.GeoDataFrame(names, geometry=at).to_crs(27700).to_file(path, layer=layer)
    placed(held, numbers, path)
    gpd.GeoDataFrame({"id": ["b"], "generation_kw": [1]}, geometry=at).to_file(path, layer="second")
    with pytest.raises(
        UserFault, match=r"several layers: existing, proposed, second\. Save the one you mean as a file"
    ):
        bulk.check_file(held, path, numbers)


def test_a15_metres_that_are_given_as_degrees_are_refused(held, numbers, tmp_path):
    path = tmp_path / "in.geojson"
    frame = gpd.GeoDataFrame({"generation_kw": [250]}, geometry=gpd.points_from_xy([436_500], [209_000]))
    path.write_text(frame.to_json(), encoding="utf-8")
    with pytest.raises(UserFault, match=r"given as EPSG:4326, but it is not.* write the file again as EPSG:27700"):
        bulk.check_file(held, path, numbers)
