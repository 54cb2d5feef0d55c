"""Files as spreadsheets, GIS programs and people leave them; the ids are those of the review that found each."""

import dataclasses
import gzip
import json
import re
import sqlite3
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin
from samples import CLIP, sample

from laep import area as areas
from laep import files, heights, ingest
from laep.errors import SourceInvalid, UserFault
from laep.ingest.ground import osm
from laep.ingest.place import boundary
from laep.ingest.read import cells, positions
from laep.ingest.read.table import numeric
from laep.ingest.source import Request
from laep.ingest.weather import climate

ZONE = sample("metered").layers["in_zone"]["zone_id"].iloc[0]
HOUSE = shapely.box(445_000, 205_000, 445_010, 205_008)


def read(name, files, told=None, **options):
    told = told or sample(name)
    request = Request(files=tuple(files), clip=told.clip, layers=told.layers, options={**told.options, **options},
                      area_id="place", name="The place")  # fmt: skip
    return ingest.read_source(name, request)


def changed(name, **cells_by_column):
    """The sample of a source with other cells, by our names."""
    told, columns = sample(name), ingest.load(name).COLUMNS
    names = {ours: next(theirs for theirs in columns[ours] if theirs in told.rows[0]) for ours in cells_by_column}
    row = told.rows[0] | {names[ours]: cell for ours, cell in cells_by_column.items()}
    return dataclasses.replace(told, rows=(row, *told.rows[1:]))


@pytest.mark.parametrize(
    ("text", "number"),
    [("(3.2)", -3.2), ("(1,250)", -1250), ("0 (none)", 0), ("0.0 (No capacity)", 0), ("4.1*", 4.1), ("'7", 7),
     ("1 250.5", 1250.5), ("1\u00a0250", 1250), ("\u22123", -3), ("1,234.5", 1234.5)],
)  # fmt: skip
def test_a02_a_number_is_read_out_of_what_is_round_it(text, number):
    assert numeric(pd.Series([text], dtype="string")).tolist() == [number]


@pytest.mark.parametrize("text", ["<0.5", "> 10", "1-2", "24, 24", "1,5", "(none)", "3 (2)", "5 MW", "12%", "n/k"])
def test_a02_what_is_not_one_number_is_named_with_row_and_column(text, tmp_path):
    told = changed("ssen_headroom", demand_headroom=text)
    found = read("ssen_headroom", told.write(tmp_path), told)
    rows = found.layers["in_headroom"]
    row = rows[(rows["direction"] == "demand") & (rows["substation_id"] == told.rows[0]["AssetID"])].iloc[0]
    assert pd.isna(row["value"])
    assert row["instead"] == text
    (note,) = (note for note in found.notes if "not one number" in note)
    assert f"data row 1, 'Estimated Demand Headroom (MVA)': {text!r}" in note


def test_a02_red_without_a_figure_stands_in_place_of_one_where_its_level_has_figures(tmp_path):
    told = changed("ssen_headroom", demand_headroom="N/A", demand_rag="Red")
    one = told.rows[0]
    other = one | {"AssetID": "2", "Estimated Demand Headroom (MVA)": "5"}
    for rows, instead in (((one,), {}), ((one, other), {(one["AssetID"], "demand"): "N/A"})):
        held = dataclasses.replace(told, rows=rows)
        headroom = read("ssen_headroom", held.write(tmp_path), held).layers["in_headroom"]
        assert headroom.set_index(["substation_id", "direction"])["instead"].dropna().to_dict() == instead


FIGURES = {
    "ukpn_headroom": "headroom", "spen_headroom": "headroom", "npg_headroom": "demand_headroom_capacity_mw_2030",
    "enwl_secondary": "best_view_2030", "npg_heatmap": "generation_headroom", "ukpn_ltds": "generation_headroom",
    "nged_capacity": "demand_connected", "enwl_heatmap": "inverter",
}  # fmt: skip
"""A headroom figure of each form: our name, or the column of a year."""


@pytest.mark.parametrize(("name", "figure"), FIGURES.items())
def test_a02_text_in_place_of_headroom_is_kept_by_every_form(name, figure, tmp_path):
    told, columns = sample(name), ingest.load(name).COLUMNS
    whole = read(name, told.write(tmp_path), told).layers["in_headroom"]
    told = dataclasses.replace(told, rows=(told.rows[0] | {columns.get(figure, (figure,))[0]: "<0.5"}, *told.rows[1:]))
    found = read(name, told.write(tmp_path), told)
    rows = found.layers["in_headroom"]
    assert len(rows) == len(whole)
    assert rows["instead"].dropna().tolist() == ["<0.5"]
    assert any("'<0.5'" in note for note in found.notes)


@pytest.mark.parametrize(
    ("written", "day"),
    [("2021-02-22", "2021-02-22"), ("2021-02-22 00:00:00", "2021-02-22"), ("2021/02/22", "2021-02-22"),
     ("20210222", "2021-02-22"), ("22/02/2021", "2021-02-22"), ("22/02/21", "2021-02-22"), ("22-Feb-21", "2021-02-22"),
     ("22-Feb-2021", "2021-02-22"), ("22 February 2021", "2021-02-22"), ("22.02.2021", "2021-02-22"),
     ("22/02/2021 09:30", "2021-02-22"), ("44249", "2021-02-22"), ("44249.5", "2021-02-22"), ("31/02/2021", None),
     ("1/2/2021", "2021-02-01"), ("last week", None), ("12345678", None)],
)  # fmt: skip
def test_a04_dates_in_every_form_a_spreadsheet_writes(written, day):
    found = cells.iso_date(pd.Series([written, None], dtype="string"))
    assert found.fillna("none").tolist() == [day or "none", "none"]


def test_a04_a_column_that_shows_that_it_is_american_is_read_so():
    dates = pd.Series(["3/6/2014", "4/28/2024", "12/5/2017 10:00"], dtype="string")
    assert cells.month_first(dates)
    assert cells.iso_date(dates).tolist() == ["2014-03-06", "2024-04-28", "2017-12-05"]
    mixed = pd.Series(["3/6/2014", "4/28/2024", "28/4/2024"], dtype="string")
    assert cells.iso_date(mixed).tolist()[0::2] == ["2014-06-03", "2024-04-28"]


def test_a28_positions_the_wrong_way_round_are_turned_and_told():
    text = {name: pd.Series([cell], dtype="string") for name, cell in
            {"easting": "205000", "northing": "443000", "latitude": "51.742", "longitude": "-1.378"}.items()}  # fmt: skip
    found = positions.points(**text)
    assert found.points[0].distance(shapely.Point(443_000, 205_000)) < positions.ASTRAY_M
    assert (found.swapped, found.astray) == (1, 0)
    degrees = positions.points(latitude=text["longitude"], longitude=text["latitude"])
    assert degrees.points[0].distance(shapely.Point(443_000, 205_000)) < positions.ASTRAY_M
    assert positions.astray_note(degrees, what="sites") == [
        "1 sites have the two numbers of a position the wrong way round: turned."
    ]


def tagged(tmp_path, name, rows, shapes=None, layer=None, **keywords):
    frame = gpd.GeoDataFrame(rows, geometry=shapes or [HOUSE] * len(rows), crs=27700)
    path = tmp_path / name
    pyogrio.write_dataframe(frame, path, layer=layer, **keywords)
    return path


def osm_read(*files, **options):
    return ingest.read_source("osm", Request(files=files, clip=CLIP, options=options))


def test_a07_tags_that_ogr2ogr_has_put_into_one_column_are_read(tmp_path):
    rows = pd.DataFrame(
        {"osm_id": [None], "osm_way_id": ["7"], "building": ["apartments"],
         "other_tags": ['"building:flats"=>"16","building:levels"=>"4","addr:postcode"=>"OX29 9UO"']}
    )  # fmt: skip
    path = tagged(tmp_path, "village.gpkg", rows, layer="multipolygons")
    building = osm_read(path).layers["in_building"].iloc[0]
    assert building[["building_id", "homes", "storeys", "postcode"]].tolist() == ["way/7", 16, 4.0, "OX29 9UO"]


def test_a08_the_layers_gdal_makes_of_an_extract_are_read_together(tmp_path):
    tagged(tmp_path, "village.gpkg", pd.DataFrame({"osm_id": ["1"], "other_tags": ['"amenity"=>"school"']}),
           [HOUSE.centroid], layer="points")  # fmt: skip
    path = tagged(tmp_path, "village.gpkg", pd.DataFrame({"osm_way_id": ["7"], "building": ["yes"]}),
                  layer="multipolygons", append=True)  # fmt: skip
    found = osm_read(path)
    assert found.layers["in_building"]["use"].tolist() == ["school"]
    assert found.layers["in_place"]["place_id"].tolist() == ["node/1"]


def test_a08_the_advice_to_name_a_layer_works_when_it_is_typed(tmp_path):
    for layer in ("old", "new"):
        path = tagged(tmp_path, "two.gpkg", pd.DataFrame({"building": ["yes"]}), layer=layer, append=layer == "new")
    with pytest.raises(SourceInvalid, match=r"Say which, such as `layer = \"old\"` under \[sources.osm\]"):
        osm_read(path)
    assert "layer" in osm.SOURCE.options
    assert len(osm_read(path, layer="old").layers["in_building"]) == 1


def test_a09_centres_in_place_of_outlines_are_refused(tmp_path):
    path = tagged(tmp_path, "centres.geojson", pd.DataFrame({"building": ["house", "yes"]}), [HOUSE.centroid] * 2)
    with pytest.raises(SourceInvalid, match=r"All 2 buildings in it are points .* `out geom;`"):
        osm_read(path)


def test_a19_what_does_not_stand_has_no_roof(tmp_path):
    words = ["construction", "proposed", "demolished", "ruins", "house", "yes"]
    shapes = [shapely.box(445_000 + 20 * n, 205_000, 445_010 + 20 * n, 205_010) for n in range(len(words))]
    found = osm_read(tagged(tmp_path, "b.geojson", pd.DataFrame({"building": words}), shapes))
    assert len(found.layers["in_building"]) == 2
    assert any("do not stand" in note and note.endswith(": 4.") for note in found.notes)


def test_a20_an_array_drawn_as_an_area_and_a_point_is_one(tmp_path):
    tags = {"power": "generator", "generator:source": "solar", "generator:output:electricity": "4 kW"}
    path = tagged(tmp_path, "b.geojson", pd.DataFrame([{**tags, "building": "house"}, tags]), [HOUSE, HOUSE.centroid])
    assert osm_read(path).layers["in_generator"]["capacity_kw"].tolist() == [4.0]


def test_a24_tags_nested_in_one_property_are_read(tmp_path):
    rows = pd.DataFrame({"type": ["way"], "id": ["7"], "tags": [json.dumps({"building": "school", "height": "8"})]})
    building = osm_read(tagged(tmp_path, "b.geojson", rows)).layers["in_building"].iloc[0]
    assert building[["use", "height_m"]].tolist() == ["school", 8.0]


def test_f1_an_extract_that_breaks_off_is_refused(tmp_path):
    node = '<node id="{}" lat="51.74" lon="-1.35" version="1"><tag k="amenity" v="school"/></node>\n'
    text = '<?xml version="1.0"?><osm version="0.6">\n' + "".join(node.format(n) for n in range(2000))
    path = tmp_path / "cut.osm"
    path.write_text(text[:-40], encoding="utf-8")
    with pytest.raises(SourceInvalid, match=r"is damaged \(.*Get it again"):
        osm_read(path)


def test_f1_a_real_extract_that_breaks_off_is_refused(shared_data, tmp_path):
    whole = next(shared_data.rglob("newport*.osm.pbf"))
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.97)])
    area = shapely.box(324_000, 185_000, 333_000, 191_000)
    with pytest.raises(SourceInvalid, match="Get it again"):
        ingest.read_source("osm", Request(files=(path,), clip=area))


def test_a22_the_advice_to_pick_a_place_works_when_it_is_typed(tmp_path):
    rows = pd.DataFrame({"WD24NM": ["St Mary's", "Eynsham"]})
    path = tagged(tmp_path, "wards.geojson", rows, [HOUSE, HOUSE.buffer(50)])
    with pytest.raises(SourceInvalid) as caught:
        boundary.from_file(path)
    where = str(caught.value).split('--where "')[1].split('"`')[0]
    assert boundary.from_file(path, where=where).name == "St Mary's"
    with pytest.raises(SourceInvalid, match="written twice, as in 'St Mary''s'"):
        boundary.from_file(path, where="WD24NM = 'St Mary's'")


def test_a23_a_packed_geojson_is_read(tmp_path):
    plain = tagged(tmp_path, "b.geojson", pd.DataFrame({"building": ["house"]}))
    packed = tmp_path / "b.geojson.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert len(osm_read(packed).layers["in_building"]) == 1


def test_a23_whatever_is_packed_is_read_and_a_fault_in_it_names_the_packed_file(tmp_path):
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(SourceInvalid, match=rf"^{re.escape(str(packed))}: no column"):
        read("tenure", [packed])
    packed.write_bytes(packed.read_bytes()[:-6])
    with pytest.raises(SourceInvalid, match=r"breaks off or is damaged .* Get it again"):
        read("tenure", [packed])
    heights_packed = tmp_path / "dsm.tif.gz"
    heights_packed.write_bytes(gzip.compress(raster(tmp_path / "dsm.tif", surface()).read_bytes()))
    with pytest.raises(SourceInvalid, match=rf"Type `gunzip {re.escape(str(heights_packed))}`") as caught:
        read("elevation", [heights_packed], sample("weather"))
    (tmp_path / "dsm.tif").unlink()
    subprocess.run(re.search("`(.*)`", str(caught.value)).group(1).split(), check=True)
    assert len(read("elevation", [tmp_path / "dsm.tif"], sample("weather")).layers["in_elevation"]) == 1


def lsoa_workbook(path, *sheets):
    """A workbook as the department publishes it: a cover, and a sheet a year below four lines of text."""
    names = ["LSOA code", "Number of meters", "Total consumption (kWh)", "Mean consumption (kWh per meter)",
             "Median consumption (kWh per meter)"]  # fmt: skip
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"Sub-national consumption": ["Contents"]}).to_excel(book, sheet_name="Cover sheet", index=False)
        for sheet, mean in sheets:
            rows = pd.DataFrame([names, [ZONE, 10, mean * 10, mean, mean]])
            rows.to_excel(book, sheet_name=sheet, index=False, header=False, startrow=4)
    return path


def test_a03_of_a_sheet_a_year_the_latest_is_read_and_told(tmp_path):
    path = lsoa_workbook(tmp_path / "LSOA_domestic_elec_2010-2024.xlsx", ("2010", 4300), ("2023", 3300), ("2024", 3200))
    found = read("metered", [path], sample("metered"))
    assert found.layers["in_metered"][["year", "mean_kwh"]].to_numpy().tolist() == [[2024, 3200.0]]
    assert any("'2024', the latest of 3" in note for note in found.notes)


def test_a03_sheets_that_fit_alike_and_say_no_year_are_asked_about(tmp_path):
    path = lsoa_workbook(tmp_path / "elec_2024.xlsx", ("England", 4300), ("Wales", 3300))
    with pytest.raises(SourceInvalid, match=r"2 sheets .*'England', 'Wales'.* Save the one you mean as CSV"):
        read("metered", [path], sample("metered"))


def test_a18_feeders_whose_zeros_a_spreadsheet_ate_are_told_apart(tmp_path):
    told = sample("feeder_usage")
    id_ = told.rows[0]["dataset_id"]
    told = dataclasses.replace(
        told, rows=tuple(row | {"dataset_id": row["dataset_id"].lstrip("0")} for row in told.rows), clip=CLIP,
        layers={"in_feeder": pd.DataFrame({"feeder_id": [id_]})},
    )  # fmt: skip
    found = read("feeder_usage", told.write(tmp_path), told)
    assert set(found.layers["in_load_profile"]["asset_id"]) == {id_}
    assert any("have lost the zeros" in note for note in found.notes)
    told = dataclasses.replace(told, layers={"in_feeder": pd.DataFrame({"feeder_id": ["x-1"]})})
    assert any(
        "those of the list held like 'x-1'" in note for note in read("feeder_usage", told.write(tmp_path), told).notes
    )


def test_a04_a26_what_a_spreadsheet_did_to_certificates_is_told(tmp_path):
    told = sample("homes")
    american = dataclasses.replace(
        told,
        rows=tuple(row | {"UPRN": "1.00000E+12", "LODGEMENT_DATE": f"{n % 12 + 1}/28/2019"}
                   for n, row in enumerate(told.rows)),
    )  # fmt: skip
    found = read("homes", american.write(tmp_path), american)
    assert set(found.layers["in_home"]["lodged_date"].str[8:]) == {"28"}
    for words in ("cut to a few digits", "month first"):
        assert any(words in note for note in found.notes), words


def test_a26_numbers_that_are_cut_are_told_from_those_that_are_not():
    text = pd.Series(["1.00012E+11", "1E+05", "100012345678", "1.5", None], dtype="string")
    assert cells.rounded(text).tolist() == [True, True, False, False, False]


@pytest.fixture(scope="module")
def hours():
    """A year of weather as in `in_weather`, at Eynsham."""
    return climate.typical_year(1, latitude=51.79, longitude=-1.393)


def weather_file(path, year, **changed):
    times = pd.date_range("2022-01-01", periods=len(year), freq="h")
    named = {
        "ghi": "ghi_w_m2",
        "dni": "dni_w_m2",
        "dhi": "dhi_w_m2",
        "temp_air": "temp_air_c",
        "wind_speed": "wind_speed_m_s",
    }
    rows = pd.DataFrame({ours: year[theirs].to_numpy() for ours, theirs in named.items()}).assign(**changed)
    rows.insert(0, "time", times.strftime("%Y-%m-%dT%H:%M"))
    path.write_text("Latitude,51.79,Longitude,-1.393\n" + rows.to_csv(index=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("empty", [("dni",), ("dhi",), ("dni", "dhi")])
def test_a05_light_that_is_nought_all_through_is_split_anew(empty, hours, tmp_path):
    found = read("weather", [weather_file(tmp_path / "w.csv", hours, **dict.fromkeys(empty, 0.0))], sample("weather"))
    year = found.layers["in_weather"]
    assert year["dni_w_m2"].sum() == pytest.approx(hours["dni_w_m2"].sum(), rel=0.15)
    assert any("0 all through" in note for note in found.notes)


def test_a05_parts_that_do_not_add_up_are_set_aside(hours, tmp_path):
    path = weather_file(tmp_path / "w.csv", hours, dhi=hours["dhi_w_m2"].to_numpy() * 3.6)
    found = read("weather", [path], sample("weather"))
    assert any("add up to" in note and "BRL" in note for note in found.notes)
    assert found.layers["in_weather"]["dhi_w_m2"].sum() < 1.5 * hours["dhi_w_m2"].sum()


def test_a06_a_year_in_kilojoules_is_refused_with_the_remedy(hours, tmp_path):
    kj = {name: hours[f"{name}_w_m2"].to_numpy() * 3.6 for name in ("ghi", "dni", "dhi")}
    with pytest.raises(SourceInvalid, match=r"Britain gets 600 to 1,400. It looks like kJ/m2: divide .* by 3.6"):
        read("weather", [weather_file(tmp_path / "w.csv", hours, **kj)], sample("weather"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a17_f12_toml_is_read_as_windows_editors_save_it(encoding, tmp_path):
    path = tmp_path / "laep.toml"
    path.write_bytes('[area]\r\nname = "F\u00f4n"\r\n'.encode(encoding))
    assert areas.load(tmp_path).name == "F\u00f4n"


def test_a17_toml_in_another_encoding_is_told(tmp_path):
    (tmp_path / "laep.toml").write_bytes('[area]\nname = "F\u00f4n"\n'.encode("cp1252"))
    with pytest.raises(UserFault, match="UTF-8"):
        areas.load(tmp_path)


def wide(names, *days):
    return "\n".join([",".join(["Date", *names]), *(",".join([day, *map(str, cells)]) for day, cells in days)]) + "\n"


def metered(tmp_path, text, **options):
    path = tmp_path / "hall.csv"
    path.write_text(text, encoding="utf-8")
    found = read("meter", [path], sample("meter"), **options)
    frame = found.layers["in_meter"]
    return found, dict(zip(frame["period"].tolist(), frame["mean_kw"].tolist(), strict=True))


PEAK = {35: 2.0}
"""A day of 0.2 kW with 2 kW from five to half past."""
CELLS = [1.0 if place == 35 else 0.1 for place in range(1, 49)]


@pytest.mark.parametrize("names", [("Settlement Date", "Settlement Period"), ("Date", "Period"), ("date", "HH")])
def test_a10_days_and_numbers_of_half_hours_have_their_times(names, tmp_path):
    rows = [f"08/01/2024,{place},{cell}" for place, cell in enumerate(CELLS, start=1)]
    _, found = metered(tmp_path, "\n".join([",".join((*names, "kWh")), *rows]))
    assert len(found) == 48
    assert {place: kw for place, kw in found.items() if kw > 1} == PEAK


def test_a10_days_without_times_are_refused(tmp_path):
    with pytest.raises(SourceInvalid, match=r"'Date' holds days without a time"):
        metered(tmp_path, "Date,kWh\n2024-01-08,3\n2024-01-09,4\n")


def test_a11_only_what_is_drawn_counts_and_the_rest_is_told(tmp_path):
    rows = [("08/01/2024", ["AI", *CELLS]), ("08/01/2024", ["AE", *[0.0] * 48]), ("08/01/2024", ["RI", *[0.3] * 48])]
    said, found = metered(tmp_path, wide(["Measurement Quantity", *(f"HH{n:02}" for n in range(1, 49))], *rows))
    assert {place: kw for place, kw in found.items() if kw > 1} == PEAK
    assert any("2 rows of other channels (AE, RI)" in note for note in said.notes)


def test_a11_several_meters_in_a_file_are_refused(tmp_path):
    rows = [("08/01/2024", ["2000000000001", *CELLS]), ("08/01/2024", ["2000000000002", *CELLS])]
    with pytest.raises(SourceInvalid, match="has readings of 2 meters"):
        metered(tmp_path, wide(["MPAN", *(f"HH{n:02}" for n in range(1, 49))], *rows))


def test_a29_running_reads_of_a_register_are_refused(tmp_path):
    times = pd.date_range("2024-01-08", periods=96, freq="30min").strftime("%Y-%m-%d %H:%M")
    rows = "\n".join(f"{time},{10_000 + n / 10}" for n, time in enumerate(times))
    with pytest.raises(SourceInvalid, match=r"'kWh' never falls, from 10000 .*running reads"):
        metered(tmp_path, f"Timestamp,kWh\n{rows}\n")


def test_a29_watt_hours_under_a_bare_name_are_asked_about_and_read_when_told(tmp_path):
    text = "Timestamp,{}\n2024-01-08 17:00,1000\n2024-01-08 17:30,100\n"
    with pytest.raises(SourceInvalid, match=r'says no unit.* set `unit = "Wh"` under \[sources.meter\]'):
        metered(tmp_path, text.format("Consumption"))
    for name, options in (("Consumption", {"unit": "Wh"}), ("Consumption (Wh)", {"column": "Consumption (Wh)"})):
        assert metered(tmp_path, text.format(name), **options)[1] == {35: 2.0, 36: 0.2}
    assert metered(tmp_path, text.format("Consumption"), unit="kWh")[1][35] == 2000.0


def test_a30_days_of_46_and_50_half_hours_count_from_midnight(tmp_path):
    names = [f"HH{n:02}" for n in range(1, 51)]
    autumn = [0.1] * 50
    autumn[49] = 1.0  # the last half-hour of the day
    _, found = metered(tmp_path, wide(names, ("27/10/2024", autumn), ("28/10/2024", [*CELLS, "", ""])))
    assert found[48] == pytest.approx((2.0 + 0.2) / 2) or max(found.values()) == 2.0
    spring = [0.1] * 45 + [1.0]
    _, found = metered(tmp_path, wide(names[:46], ("31/03/2024", spring)))
    assert {place: kw for place, kw in found.items() if kw > 1} == {48: 2.0}


def test_a30_columns_named_by_the_end_of_their_half_hour(tmp_path):
    names = [f"{n // 2 % 24:02}:{n % 2 * 30:02}" for n in range(1, 49)]
    _, found = metered(tmp_path, wide(names, ("08/01/2024", CELLS)))
    assert {place: kw for place, kw in found.items() if kw > 1} == PEAK


def test_a21_capacities_no_connection_carries_are_asked_about(tmp_path):
    told = sample("ecr")
    column = ingest.load("ecr").COLUMNS["capacity_mw_1"]
    name = next(theirs for theirs in column if theirs in told.rows[0])
    usual = read("ecr", told.write(tmp_path), told).layers["in_generator"]

    def thousandfold(rows):
        changed = [row | {name: str(float(row[name]) * 1000)} if n < rows and row[name] else row
                   for n, row in enumerate(told.rows)]  # fmt: skip
        return dataclasses.replace(told, rows=tuple(changed))

    some = thousandfold(1)
    found = read("ecr", some.write(tmp_path), some)
    assert int(found.layers["in_generator"]["capacity_kw"].isna().sum()) == int(usual["capacity_kw"].isna().sum()) + 1
    assert any("more than their connection carries" in note for note in found.notes)
    every = thousandfold(len(told.rows))
    with pytest.raises(SourceInvalid, match=r'If the file is in kW, set `unit = "kW"` under \[sources.ecr\]'):
        read("ecr", every.write(tmp_path), every)
    assert "unit" in ingest.load("ecr").SOURCE.options


def test_a27_a_row_that_repeats_another_counts_once(tmp_path):
    told = sample("ecr")
    numbered = [row | {"Import MPAN": f"{2_000_000_000_000 + n}"} for n, row in enumerate(told.rows)]
    once = dataclasses.replace(told, rows=tuple(numbered))
    twice = dataclasses.replace(told, rows=(*numbered, *numbered[:2]))
    alone, both = (read("ecr", each.write(tmp_path), each) for each in (once, twice))
    capacity = [found.layers["in_generator"]["capacity_kw"].sum() for found in (alone, both)]
    assert capacity[0] == capacity[1] > 0
    assert any("2 rows repeat another row" in note for note in both.notes)


def raster(path, values, **profile):
    grid = from_origin(CLIP.bounds[0], CLIP.bounds[3], 250.0, 250.0)
    with rasterio.open(path, "w", driver="GTiff", width=40, height=40, count=1, crs=27700, transform=grid,
                       dtype=values.dtype, **profile) as file:  # fmt: skip
        file.write(values, 1)
    return path


def surface(rows=40):
    return np.random.default_rng(1).uniform(60, 100, (rows, 40)).astype("float32")


def heights_of(path):
    with rasterio.open(path) as file:
        metres = heights.in_metres(file, file.read(1))
        return np.where(heights.is_filling(file, metres), np.nan, metres)


def test_a12_integers_with_a_scale_are_metres(tmp_path):
    path = raster(tmp_path / "dsm.tif", (surface() * 100).astype("int16"))
    with rasterio.open(path, "r+") as file:
        file.scales = (0.01,)
    assert heights_of(path).min() == pytest.approx(60, abs=1)


def test_a13_noughts_that_fill_gaps_are_no_heights(tmp_path):
    values = surface()
    values[:, :20] = 0
    path = raster(tmp_path / "dsm_1.tif", values)
    found = read("elevation", [path], sample("weather"))
    assert found.layers["in_elevation"]["valid_share"].tolist() == [pytest.approx(0.5, abs=0.02)]
    assert any("its noughts are gaps" in note for note in found.notes)
    shore = surface() - 60  # land that runs down to the sea
    shore[:, :20] = 0
    assert not np.isnan(heights_of(raster(tmp_path / "shore.tif", shore))).any()


@pytest.mark.parametrize("committed", [True, False])
def test_a01_an_output_that_another_program_holds_open_is_not_swapped(committed, tmp_path):
    path = tmp_path / "out.gpkg"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE t (a)")
    script = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None); db.execute('pragma journal_mode=wal');"
        "db.execute('insert into t values (1)'); db.execute('begin'); db.execute('insert into t values (2)');"
        + ("db.execute('commit');" if committed else "")
        + "print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "held\n"
    with pytest.raises(UserFault, match="Another program is using"), files.replacing(path) as part:
        part.write_bytes(b"new")
    other.communicate()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM t").fetchone() == (2 if committed else 1,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
