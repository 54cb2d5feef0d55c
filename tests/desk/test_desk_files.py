"""Whose a file is, which row a figure came from, and what a second build does to the first (F6-F8, F10-F13)."""

import json

import openpyxl
import pytest

from laep.desk import build, place, postcodes, readings, recognise, store
from laep.errors import SourceInvalid, UserFault
from laep.resources import sample_data

HEADROOM = sample_data() / "ssen_headroom_march_2026.csv"
LTDS = "mrid,name,latitude,longitude,type,gsp,bsp,area,demandavailablecapacity,generationavailablecapacity"
ENWL = "GROUP,GROUP_NUMBER,YEAR,SCENARIO,{},CENTROID_X,CENTROID_Y,geopoint"
DEMAND = ENWL.format("FIRM HEADROOM ( MVA ),NON-FIRM HEADROOM ( MVA )")
GENERATION = ENWL.format(
    "PRY GEN HEADROOM - INVERTER BASED ( MW ),PRY GEN HEADROOM - SYNCHRONOUS LV ( MW ),"
    "PRY GEN HEADROOM - SYNCHRONOUS HV ( MW ),PRY BATTERY HEADROOM ( MW),BSP GEN HEADROOM - INVERTER BASED ( MW ),"
    "BSP GEN HEADROOM - SYNCHRONOUS ( MW ),BSP BATTERY HEADROOM ( MW )"
)
LEEDS, GLASGOW, IPSWICH = "53.80,-1.55", "55.86,-4.25", "52.06,1.15"


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n")
    return path


def made(into, *files):
    return build.build(into, recognise.choose(files))


def demand(path, year, firm):
    return write(path, DEMAND, f'PRIMARY,100111,{year},Best View,{firm},9.1,382000,398000,"53.47,-2.27"')


def generation(path, year):
    return write(path, GENERATION, f'PRIMARY,100111,{year},Best View,5.5,1.1,2.2,3.3,,,,382000,398000,"53.47,-2.27"')


@pytest.mark.parametrize(
    ("name", "place", "area", "source"),
    [
        ("heat.csv", LEEDS, "", "npg_ltds"),
        ("heat.csv", GLASGOW, "", "spen_ltds"),
        ("heat.csv", IPSWICH, "", "ukpn_ltds"),
        ("heat.csv", ",", "SPM", "spen_ltds"),
        ("ltds-capacity-heatmap-2026.csv", ",", "", "npg_ltds"),
        ("distribution-capacity-heatmaps-spd.csv", ",", "", "spen_ltds"),
        ("ukpn-capacity-heatmap.csv", LEEDS, "", "npg_ltds"),
    ],
)
def test_f7_tables_with_the_same_columns_are_told_apart_by_rows_then_by_name(tmp_path, name, place, area, source):
    path = write(tmp_path / name, LTDS, f"1,Low Road,{place},Primary,G,B,{area},3.0,2.0")
    assert recognise.recognise(path) == source


def test_f7_what_tells_nobody_is_asked_about(tmp_path):
    path = write(tmp_path / "heat.csv", LTDS, "1,Low Road,,,Primary,G,B,,3.0,2.0")
    with pytest.raises(SourceInvalid, match=r"have the same columns.*--source NAME=.*npg_ltds|ukpn_ltds"):
        recognise.recognise(path)


def test_f10_areas_of_one_operator_are_not_read_as_anothers(shared_data):
    path = shared_data / "dso/enwl/enwl_flexibility_tender_areas_manchester.geojson"
    with pytest.raises(SourceInvalid, match="network of SP Electricity North West, and npg_areas reads those of"):
        recognise.recognise(path)


def test_f10_supply_areas_alone_make_a_store(tmp_path):
    found = made(tmp_path / "areas.gpkg", sample_data() / "ssen_primary_areas.geojson")
    assert found.rows["supply_area"] == 3
    assert found.rows["substation"] == 0


def test_f12_a_table_on_the_second_sheet_is_recognised(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Read me first"])
    sheet = book.create_sheet("Data")
    for line in (sample_data() / "nshr_scenarios.csv").read_text(encoding="utf-8-sig").splitlines():
        sheet.append(line.split(","))
    book.save(tmp_path / "workbook.xlsx")
    assert recognise.recognise(tmp_path / "workbook.xlsx") == "spen_headroom"


def test_f8_the_row_cited_is_the_one_that_holds_the_figure(tmp_path):
    made(tmp_path / "s.gpkg", demand(tmp_path / "demand.csv", 2030, 0.48), generation(tmp_path / "gen.csv", 2030))
    with store.HeadroomStore.open(tmp_path / "s.gpkg") as held:
        rows = held.headroom([held.find("100111")[0]["fid"]])
        assert {(row["direction"], row["technology"]): row["file"] for row in rows} == {
            ("demand", "any"): "demand.csv", ("generation", "inverter"): "gen.csv",
            ("generation", "synchronous"): "gen.csv", ("generation", "storage"): "gen.csv",
        }  # fmt: skip
        for row in rows:
            cells = json.loads(held.verbatim(row["source_id"], row["file"], row["source_row"]))
            assert f"{row['value']:g}" in cells.values()


def test_f11_files_of_one_source_stand_side_by_side_until_a_new_edition_comes(tmp_path):
    into = tmp_path / "s.gpkg"
    made(into, demand(tmp_path / "demand.csv", 2030, 0.48))
    beside = made(into, generation(tmp_path / "gen.csv", 2030))
    assert beside.changes[0].endswith("beside enwl_headroom (demand.csv)")
    assert (beside.rows["headroom"], beside.rows["substation"]) == (5, 1)
    later = made(into, demand(tmp_path / "demand_2027.csv", 2031, 0.5))
    assert "in place of enwl_headroom (demand.csv) with" in later.changes[0]
    with store.HeadroomStore.open(into) as held:
        assert {row["year"] for row in held.headroom([1]) if row["direction"] == "demand"} == {2031}
        assert [row["files"] for row in held.sources()] == ["demand_2027.csv", "gen.csv"]


def test_f11_an_edition_of_which_nothing_can_be_used_replaces_nothing(tmp_path):
    into = tmp_path / "s.gpkg"
    made(into, demand(tmp_path / "demand.csv", 2030, 0.48))
    before = into.read_bytes()
    with pytest.raises(UserFault, match="none of 1 rows can be used by enwl_headroom"):
        made(into, demand(tmp_path / "demand.csv", "FY51", 0.5))
    assert into.read_bytes() == before


def test_f11_a_day_in_place_of_a_year_is_read(tmp_path):
    [reading] = readings.read("enwl_headroom", [demand(tmp_path / "demand.csv", "01/04/2030", 0.48)])
    assert set(reading.layers["in_headroom"]["year"]) == {2030}


def test_f11_postcodes_are_added_and_f13_northern_irish_ones_left_out(tmp_path):
    into = tmp_path / "s.gpkg"
    first = write(tmp_path / "one.csv", "pcds,oseast1m,osnrth1m,lat,long,doterm", "OX29 9AC,436600,208950,51.8,-1.5,")
    second = write(
        tmp_path / "onspd.csv", "pcds,oseast1m,osnrth1m,lat,long,doterm",
        "BT10 0AA,331110,370489,54.57,-5.97,", "OX29 9ZZ,436700,208950,51.8,-1.5,201206",
    )  # fmt: skip
    for listed in (first, second):
        build.build(into, {}, postcode_files=[listed])
    with store.HeadroomStore.open(into) as held:
        assert [row[0] for row in held.postcodes()] == ["OX299AC", "OX299ZZ"]
        assert place.parse("OX29 9ZZ", held=held, postcode_file=None).given.endswith("not in use since 201206")
        with pytest.raises(UserFault, match="no licence area of Great Britain"):
            place.parse("BT10 0AA", held=held, postcode_file=None)
    assert postcodes.find(second, "BT10 0AA") is None


def test_every_row_read_is_kept_or_left_out(village):
    with store.HeadroomStore.open(village) as held:
        for row in held.sources():
            assert 0 < row["rows_kept"] <= row["rows_read"], row["source_id"]


def test_a_postcode_beyond_the_grid_and_a_damaged_zip_are_no_postcodes(tmp_path):  # torture 12
    (tmp_path / "p.csv").write_text(
        "postcode,easting,northing\nOX29 4AA,443000,209000\nOX29 4AB,443000,2e20\n", encoding="utf-8"
    )
    assert [row[0] for row in postcodes.read_all([tmp_path / "p.csv"])] == ["OX294AA"]
    (tmp_path / "codepo.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(SourceInvalid, match="damaged or not a plain zip"):
        postcodes.read_all([tmp_path / "codepo.zip"])
    (tmp_path / "long.csv").write_text('postcode,easting,northing\n"' + "x" * 200_000 + '",1,2\n', encoding="utf-8")
    with pytest.raises(SourceInvalid, match="is no whole CSV"):
        postcodes.read_all([tmp_path / "long.csv"])
