"""Zones carry the share of their land inside the area; households come by zone and say which zones have none."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.people import tenure
from laep.ingest.place import zones
from laep.ingest.source import Request
from laep.schema import conform

AREA = shapely.box(326000, 187000, 327000, 188000)
BULK = [name for (name,) in tenure.FORMS["bulk"].values()]
PIVOTED = [name for (name,) in tenure.FORMS["pivoted"].values()]


def at(x, y, width, depth=None):
    return shapely.box(326000 + x, 187000 + y, 326000 + x + width, 187000 + y + (depth or width))


def put(path, shapes, crs=27700, **columns):
    gpd.GeoDataFrame(columns, geometry=shapes, crs=27700).to_crs(crs).to_file(path)
    return path


def read(path, **options):
    return zones.read(Request(files=(path,), clip=AREA, options=options))


def fails(call, *words):
    with pytest.raises(SourceInvalid) as caught:
        call()
    for word in words:
        assert word in str(caught.value)


def test_share_is_by_land(tmp_path):
    shapes = [at(0, 0, 500), at(900, 0, 400, 100), at(999.7, 200, 400, 100), at(-900, 0, 450)]
    codes = ["W00008463", "W00008464", "W00008465", "W00008466"]
    result = read(put(tmp_path / "oa.gpkg", shapes, LAD11CD=["W06000022"] * 4, OA11CD=codes))
    frame = result.layers["in_zone"]
    assert conform(frame, "in_zone").equals(frame)
    assert frame["zone_id"].tolist() == codes[:2]  # the third has 0.3 m of its 400 m inside, the fourth none
    assert frame["share_in_area"].tolist() == pytest.approx([1.0, 0.25])
    assert frame["kind"].tolist() == ["oa", "oa"]
    assert result.edition == "2011"
    assert (result.rows_read, result.rows_kept) == (4, 2)
    assert result.notes[-1] == "Zones from column 'OA11CD': 2 touch the area, 1 of them lie partly outside."


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("E00030771", "oa"), ("S00088966", "oa"), ("E01006075", "lsoa"), ("W01001632", "lsoa"), ("S01006506", "lsoa"),
        ("E02001259", "other"),
    ],
)  # fmt: skip
def test_kinds_of_zone(tmp_path, code, kind):
    frame = read(put(tmp_path / "z.geojson", [at(0, 0, 500)], crs=4326, area_code=[code])).layers["in_zone"]
    assert frame[["zone_id", "kind"]].to_numpy().tolist() == [[code, kind]]


def test_names_and_named_columns(tmp_path):
    path = put(tmp_path / "z.gpkg", [at(0, 0, 500)], key=["Z1"], LSOA21NM=["Trafford 001D"], label=["Own name"])
    fails(lambda: read(path), "no column of census zone codes", "key, LSOA21NM, label", "`id_column = ")
    frame = read(path, id_column="key").layers["in_zone"]
    assert frame[["zone_id", "kind", "name"]].to_numpy().tolist() == [["Z1", "other", "Trafford 001D"]]
    assert read(path, id_column="key", name_column="label").layers["in_zone"]["name"].tolist() == ["Own name"]


def test_a_zone_in_several_rows_is_joined(tmp_path):
    path = put(
        tmp_path / "z.gpkg", [at(0, 0, 100), at(900, 900, 200), at(300, 0, 100)], code=["E00000001"] * 2 + ["E00000002"]
    )
    frame = read(path).layers["in_zone"].set_index("zone_id")
    assert frame.loc["E00000001", "share_in_area"] == pytest.approx((100**2 + 100**2) / (100**2 + 200**2))
    assert frame.loc["E00000002", "share_in_area"] == 1.0


def test_zones_of_somewhere_else(tmp_path):
    away = put(tmp_path / "away.gpkg", [shapely.box(526000, 187000, 526100, 187100)], code=["E00000001"])
    touching = put(tmp_path / "touching.gpkg", [at(1000, 0, 100)], code=["E00000001"])
    fails(lambda: read(away), "nothing near the area")
    fails(lambda: read(touching), "no zone overlaps the area")


def bulk(path, rows):
    pd.DataFrame(rows, columns=BULK).assign(date=2021, geography="x").to_csv(path, index=False)
    return path


def households(path, codes=(), share=None):
    layers = (
        {"in_zone": pd.DataFrame({"zone_id": list(codes), "share_in_area": share or [1.0] * len(codes)})}
        if codes
        else {}
    )
    return tenure.read(Request(files=(path,), clip=AREA, layers=layers))


def test_bulk_table(tmp_path):
    path = bulk(
        tmp_path / "ts054.csv",
        [
            ["E01000001", "1,837", 481, 4, 22, 1329, 1],
            ["E01000002", 826, 433, 2, 27, 364, None],
            ["E01000003", 9, 9, 0, 0, 0, 0],
        ],
    )
    result = households(path, ["E01000001", "E01000002"], [1.0, 0.25])
    frame = result.layers["in_tenure"]
    assert conform(frame, "in_tenure").equals(frame)
    assert frame.astype(object).to_numpy().tolist() == [
        ["E01000001", 1837, 481, 4, 22, 1330, 1.0, "tenure"], ["E01000002", 826, 433, 2, 27, pd.NA, 0.25, "tenure"],
    ]  # fmt: skip
    assert (result.rows_read, result.rows_kept, result.edition) == (3, 2, "2021")
    assert result.notes == ("Zones of the area found in the table: 2 of 2.",)


def test_table_with_a_column_for_each_tenure(tmp_path):
    path = tmp_path / "oa.csv"
    pd.DataFrame([["E00030771", 59, 56, 0, 1, 8, 9, 2, 3]], columns=PIVOTED).to_csv(path, index=False)
    frame = households(path, ["E00030771"]).layers["in_tenure"]
    assert frame.drop(columns=["share_in_area", "source_id"]).to_numpy().tolist() == [["E00030771", 138, 115, 0, 9, 14]]


def test_zones_the_table_does_not_have(tmp_path):
    path = bulk(tmp_path / "t.csv", [["W01001632", 571, 356, 10, 129, 70, 6]])
    result = households(path, ["W01001672", "W01001632"])
    assert result.layers["in_tenure"]["zone_id"].tolist() == ["W01001632"]
    assert result.notes[0] == "Zones of the area found in the table: 1 of 2."
    assert "left without households: 1 (W01001672)" in result.notes[1]
    assert "2011 and 2021" in result.notes[2]


def test_zones_named_in_the_area_file(tmp_path):
    path = bulk(tmp_path / "t.csv", [["W01001632", 571, 356, 10, 129, 70, 6]])
    for codes in ("W01001632", ["W01001632", " W01001632 "]):
        result = tenure.read(Request(files=(path,), clip=AREA, options={"codes": codes}))
        assert result.layers["in_tenure"][["zone_id", "share_in_area"]].to_numpy().tolist() == [["W01001632", 1.0]]
        assert result.notes == ("Zones of laep.toml found in the table: 1 of 1.",)


def test_no_zones_at_all(tmp_path):
    path = bulk(tmp_path / "t.csv", [["W01001632", 571, 356, 10, 129, 70, 6]])
    fails(
        lambda: households(path), "`laep ingest zones --file PATH` first", '`codes = ["E01028513"]`', "[sources.tenure]"
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("W00008463", "one of the two is Output Areas, the other LSOAs"),
        ("S01006506", "England and Wales"),
        ("W01001633", "The nearest it has is W01001632"),
    ],
)
def test_tables_with_none_of_the_zones(tmp_path, code, words):
    path = bulk(tmp_path / "t.csv", [["W01001632", 571, 356, 10, 129, 70, 6]])
    fails(lambda: households(path, [code]), "none of the 1 zones", words)


def test_tables_that_cannot_be_used(tmp_path):
    fails(lambda: households(tmp_path / "none.csv", ["W01001632"]), "no such file", "nomisweb")
    page = tmp_path / "page.csv"
    page.write_text("<!DOCTYPE html><html></html>")
    fails(lambda: households(page, ["W01001632"]), "web page")
    other = tmp_path / "other.csv"
    other.write_text("geography code,Total\nW01001632,5\n")
    fails(lambda: households(other, ["W01001632"]), "no column", "All households", "TS054")


@pytest.mark.real
def test_real_newport(shared_data):
    area = (
        gpd.read_file(shared_data / "boundaries/newport_wards.geojson")
        .query("WD13NM == 'Graig'")
        .to_crs(27700)
        .union_all()
    )
    clip = {"clip": area}
    oas = zones.read(Request(files=(shared_data / "boundaries/newport_oa2011.geojson",), **clip)).layers["in_zone"]
    lsoas = zones.read(Request(files=(shared_data / "boundaries/newport_lsoa2011.geojson",), **clip)).layers["in_zone"]
    assert (len(oas), len(lsoas)) == (27, 7)
    for frame in (oas, lsoas):  # zones tile the ward: their land inside adds up to it, but for generalised lines
        assert (frame.area * frame["share_in_area"]).sum() == pytest.approx(area.area, rel=0.01)
    table = shared_data / "homes/census2021/census2021-ts054-lsoa.csv"
    result = tenure.read(Request(files=(table,), layers={"in_zone": lsoas}, **clip))
    assert (result.rows_read, result.rows_kept) == (35672, 6)
    assert "(W01001672)" in result.notes[1]
    rows = result.layers["in_tenure"]
    parts = rows[["owned", "shared_ownership", "social_rented", "private_rented"]].sum(axis=1)
    assert (parts - rows["households"]).abs().max() <= 3  # the census office perturbs small counts


@pytest.mark.real
def test_real_trafford_output_areas(shared_data):
    area = gpd.read_file(shared_data / "boundaries/trafford_oa2021.geojson").to_crs(27700).union_all()
    held = zones.read(Request(files=(shared_data / "boundaries/trafford_oa2021.geojson",), clip=area)).layers["in_zone"]
    by_oa = shared_data / "homes/census2021/trafford_household_tenure_oa.csv"
    by_lsoa = shared_data / "homes/census2021/census2021-ts054-lsoa.csv"
    small = tenure.read(Request(files=(by_oa,), clip=area, layers={"in_zone": held})).layers["in_tenure"]
    lsoas = zones.read(Request(files=(shared_data / "boundaries/trafford_lsoa2021.geojson",), clip=area)).layers[
        "in_zone"
    ]
    large = tenure.read(Request(files=(by_lsoa,), clip=area, layers={"in_zone": lsoas})).layers["in_tenure"]
    assert (len(small), len(large)) == (738, 139)
    for kind in ("households", "owned", "social_rented", "private_rented"):
        assert small[kind].sum() == pytest.approx(large[kind].sum(), rel=0.01)
