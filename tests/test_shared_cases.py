"""Every folder of awkward inputs kept beside the project: each is read right or refused, and what is advised works."""

import re
import shutil
import sqlite3
import subprocess
import sys
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from laep import area as areas
from laep import heights, ingest, schema
from laep.desk import proposals
from laep.errors import UserFault
from laep.ingest.place import boundary
from laep.ingest.source import Request
from laep.store import Store

ROOT = Path(__file__).resolve().parents[1]
CASES, SAMPLE = ROOT.parent / "shared" / "cases", ROOT / "sample_data"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not CASES.is_dir(), reason="needs the awkward inputs kept beside the project"),
]


def read(name, path, **options):
    """Read a file by a source, in the sample village."""
    clip, layers = village()
    return ingest.read_source(
        name, Request(files=(path,), clip=clip, layers=layers, options=options, area_id="here", name="Here")
    )


@cache
def village():
    """The sample village: its outline and the layers that other sources read by."""
    clip = gpd.read_file(SAMPLE / "boundary.geojson").to_crs(schema.CRS).union_all()
    layers = {}
    for name, file in (
        ("osm", "osm_buildings.geojson"), ("zones", "zones.geojson"), ("uprn", "os_open_uprn.csv"),
        ("ssen_feeder_lookup", "lv_feeder_lookup.csv"),
    ):  # fmt: skip
        layers |= ingest.read_source(name, Request(files=(SAMPLE / file,), clip=clip, layers=dict(layers))).layers
    return clip, layers


def held_by_qgis(folder, tmp_path):
    store = Store.create(tmp_path / "a.gpkg", "a")
    _, layers = village()
    with store.edit() as edit:
        edit.write("in_building", layers["in_building"], step="osm")
    script = [sys.executable, str(folder / "wal_hold.py"), str(store.path), "edit"]
    other = subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        other.stdout.readline(), other.stdout.readline()
        with store.edit() as edit:
            edit.write("in_zone", layers["in_zone"], step="zones")
    finally:
        other.communicate()
    assert (Store(store.path).read("in_building")["name"] == "edited by hand").sum() == 3
    assert len(store.read("in_zone")) == len(layers["in_zone"])
    with sqlite3.connect(store.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def headroom_text(folder, _):
    """Brackets and a word beside a nought are numbers; a bound is an unknown, never the bound; red is no room."""
    wanted = {
        "lt": (None, "<0.5"),
        "minus_red": (-3.2, None),
        "none": (0.0, None),
        "paren_red": (-3.2, None),
        "na_red": (None, "N/A"),
    }
    for name, (value, instead) in wanted.items():
        rows = read("ssen_headroom", folder / f"headroom-dashboard-data-march-2026_{name}.csv").layers["in_headroom"]
        row = rows[(rows["level"] == "primary") & (rows["direction"] == "demand")].iloc[0]
        assert (None if pd.isna(row["value"]) else row["value"]) == value, name
        assert (None if pd.isna(row["instead"]) else row["instead"]) == instead, name


def latest_sheet(folder, _):
    both = [read("metered", path).layers["in_metered"] for path in sorted(folder.iterdir())]
    pd.testing.assert_frame_equal(*(one.drop(columns="source_id") for one in both))
    assert set(both[0]["year"]) == {2024}


def certificate_dates(folder, _):
    found = [read("homes", path).layers["in_home"].set_index("uprn").sort_index() for path in sorted(folder.iterdir())]
    for one in found[1:]:
        pd.testing.assert_frame_equal(one[["lodged_date", "rating"]], found[0][["lodged_date", "rating"]])
    assert found[0]["lodged_date"].notna().all()


def light_of_nought(folder, _):
    for path in folder.iterdir():
        year = read("weather", path).layers["in_weather"]
        assert year["dni_w_m2"].sum() > 500_000
        assert 600 < year["ghi_w_m2"].sum() / 1000 < 1_400


def kilojoules(folder, _):
    refused("weather", folder / "w_ghi_kj.epw", "divide its irradiance by 3.6")


def tags_in_one_column(folder, _):
    control = read("osm", folder / "village.osm").layers["in_building"].set_index("building_id").sort_index()
    for name in ("village_multipolygons", "village_ogr2ogr"):
        found = read("osm", folder / f"{name}.gpkg").layers["in_building"].set_index("building_id").sort_index()
        for column in ("use", "homes", "storeys", "height_m", "postcode"):
            assert found[column].equals(control[column]), (name, column)


def several_layers(folder, _):
    found = read("osm", folder / "village_ogr2ogr.gpkg").layers
    assert (len(found["in_building"]), len(found["in_substation"]), len(found["in_generator"])) == (21, 1, 2)


def centres(folder, _):
    refused("osm", folder / "overpass_center.geojson", "`out geom;`")


def half_hours(name):
    def check(folder, _):
        for path in folder.iterdir():
            kw = read(name, path).layers["in_meter"]
            day = kw[kw["day_type"] == "weekday"].groupby("period")["mean_kw"].mean()
            assert day.idxmax() == 35, path.name  # the half-hour from 17:00
            assert kw["mean_kw"].mean() == pytest.approx(3074 / 8784, rel=0.02), path.name

    return check


def scaled_heights(folder, _):
    for path in folder.iterdir():
        with rasterio.open(path) as file:
            cells = file.read(1)
            metres = heights.in_metres(file, cells)[cells != file.nodata]
        assert 30 < np.nanmin(metres) < np.nanmax(metres) < 200


def gaps_of_nought(folder, _):
    shares = {
        path.stem: read("elevation", path).layers["in_elevation"]["valid_share"].iloc[0] for path in folder.iterdir()
    }
    assert shares["dsm_halfzero"] == pytest.approx(shares["dsm_f32min"], abs=0.01)
    assert shares["dtm_halfzero"] == pytest.approx(shares["dtm_f32min"], abs=0.01)
    assert shares["dsm_f32min"] < 0.6


def proposed(*ids):
    def check(folder, _):
        for path in sorted(folder.iterdir()):
            found = proposals.read(path, None)
            assert found.frame["id"].tolist() == list(ids), path.name
            assert not found.fault.any(), found.fault

    return check


def alike_layers(folder, _):
    with pytest.raises(UserFault, match=r"several layers: existing, proposals\. Save the one you mean as a file"):
        proposals.read(folder / "prop_two_layers.gpkg", None)


def metres_as_degrees(folder, _):
    with pytest.raises(UserFault, match="write the file again as EPSG:27700"):
        proposals.read(folder / "prop_bng_nocrs.geojson", None)


def settings(folder, tmp_path):
    for name in ("laep_bom", "laep_utf16"):
        shutil.copy(folder / f"{name}.toml", tmp_path / "laep.toml")
        assert areas.load(tmp_path).name
    shutil.copy(folder / "laep_cp1252.toml", tmp_path / "laep.toml")
    with pytest.raises(UserFault, match="UTF-8"):
        areas.load(tmp_path)


def feeder_zeros(folder, _):
    found = read("feeder_usage", folder / "feeder_excel_ids.csv")
    assert found.layers["in_load_profile"]["asset_id"].nunique() == 8  # all half-hours of the ninth are withheld
    assert found.rows_kept == 5_356


def not_standing(folder, _):
    found = read("osm", folder / "osm_awkward.geojson")
    assert len(found.layers["in_building"]) == 24
    assert any("do not stand" in note and note.endswith(": 4.") for note in found.notes)


def array_drawn_twice(folder, _):
    rows = read("osm", folder / "osm_awkward.geojson").layers["in_generator"]
    assert {"way/46", "node/47"} - {"".join(one.rsplit("-", 1)[:1]) for one in rows["generator_id"]}


def kilowatts(folder, _):
    path = folder / "ecr_kw.csv"
    refused("ecr", path, "more than their connection carries")


def apostrophe(folder, _):
    path = folder / "b_apostrophe.geojson"
    with pytest.raises(UserFault) as caught:
        boundary.from_file(path)
    where = re.search(r'`--where "(.*?)"`', str(caught.value)).group(1)
    assert boundary.from_file(path, where=where).name == "St Mary's"


def packed_boundary(folder, _):
    assert boundary.from_file(folder / "b.geojson.gz").geometry.area > 0


def nested_tags(folder, _):
    found = read("osm", folder / "overpass_nested_tags.geojson").layers
    assert (found["in_building"]["use"] != "unknown").sum() == 166
    assert len(found["in_address"]) == 119


def numbers_cut_short(folder, _):
    found = read("homes", folder / "epc_uprn_sci.csv")
    assert any("840 property numbers were cut" in note and "keep that column as text" in note for note in found.notes)


def repeated_rows(folder, _):
    found = read("ecr", folder / "ecr_dup.csv")
    assert found.layers["in_generator"]["capacity_kw"].sum() == 16_050
    assert any("2 rows repeat another row" in note for note in found.notes)


def turned_positions(folder, _):
    assert len(read("ecr", folder / "ecr_swapped_latlon.csv").layers["in_generator"]) == 5


def registers_and_watt_hours(folder, _):
    refused("meter", folder / "meter_cumulative.csv", "running reads of the register")
    refused("meter", folder / "meter_wh.csv", "says no unit")


PROPOSALS = ("Glyn-y-m\u00f4r farm \u2013 phase 1", "Caf\u00e9 roof")
RIGHT = {
    "01_wal_area_gpkg": held_by_qgis, "02_headroom_text": headroom_text, "03_lsoa_sheets": latest_sheet,
    "04_epc_dates": certificate_dates, "05_weather_zero_beam": light_of_nought, "06_weather_kj": kilojoules,
    "07_osm_other_tags": tags_in_one_column, "08_osm_layer_advice": several_layers, "09_osm_centres": centres,
    "10_meter_date_period": half_hours("meter"), "11_meter_ai_ae_ri_re": half_hours("meter"),
    "12_dsm_scaled_int16": scaled_heights, "13_dsm_zero_filled": gaps_of_nought,
    "14_proposals_first_layer": alike_layers, "15_proposals_no_crs": metres_as_degrees,
    "16_proposals_cp1252": proposed(*PROPOSALS), "17_toml_encoding": settings, "18_feeder_ids": feeder_zeros,
    "19_osm_not_standing": not_standing, "20_osm_solar_twice": array_drawn_twice, "21_ecr_kw_in_mw": kilowatts,
    "22_apostrophe": apostrophe, "23_geojson_gz": packed_boundary, "24_overpass_nested": nested_tags,
    "25_proposals_title_rows": proposed(*PROPOSALS), "26_epc_uprn_scientific": numbers_cut_short,
    "27_ecr_repeated_rows": repeated_rows, "28_ecr_swapped": turned_positions,
    "29_meter_cumulative_wh": registers_and_watt_hours, "30_meter_50_periods": half_hours("meter"),
}  # fmt: skip
"""Folder of a case -> what is right for it today."""
SOURCES = {
    "02": "ssen_headroom", "03": "metered", "04": "homes", "05": "weather", "06": "weather", "07": "osm", "08": "osm",
    "09": "osm", "10": "meter", "11": "meter", "12": "elevation", "13": "elevation", "18": "feeder_usage", "19": "osm",
    "20": "osm", "21": "ecr", "24": "osm", "26": "homes", "27": "ecr", "28": "ecr", "29": "meter", "30": "meter",
}  # fmt: skip
"""Number of a case that a source reads -> the source."""


@cache
def refusal(name, path):
    """The sentence a source refuses a file with; empty where it reads it."""
    try:
        read(name, path)
    except UserFault as fault:
        return str(fault)
    return ""


def refused(name, path, words):
    assert words in refusal(name, path)


def test_every_case_that_is_kept_is_tried():
    kept = {path.name for path in CASES.iterdir() if path.is_dir() and path.name[:2].isdigit()}
    assert kept == set(RIGHT)


@pytest.mark.parametrize("case", RIGHT)
def test_case(case, tmp_path):
    RIGHT[case](CASES / case, tmp_path)


def test_what_a_refusal_tells_to_type_works_when_it_is_typed():
    said = {}
    for folder in sorted(CASES.iterdir()):
        name = SOURCES.get(folder.name[:2])
        for path in sorted(folder.iterdir()) if name else ():
            if sentence := refusal(name, path):
                said[path.name] = sentence
                typed = re.findall(r"set `(\w+) = \"([^\"]+)\"` under \[sources\.(\w+)\]", sentence)
                others = re.findall(r"`laep [^`]+`", sentence)
                assert not others, sentence  # a command that is advised must be tried here
                for key, value, source in typed:
                    assert source == name
                    assert read(name, path, **{key: value}).rows_kept > 0
    assert {name for name, sentence in said.items() if "set `" in sentence} == {"ecr_kw.csv", "meter_wh.csv"}
