"""Operators' files into a store: recognised, linked, cited, refreshed, replaced whole or not at all."""

import json
import shutil
import sqlite3

import pyogrio
import pytest

from laep.desk import build, recognise, store
from laep.errors import StoreInvalid, UserFault
from laep.resources import sample_data

SAMPLE = sample_data()
HEADROOM = SAMPLE / "ssen_headroom_march_2026.csv"


def test_files_are_recognised_by_their_columns():
    want = {
        "ssen_headroom_march_2026.csv": "ssen_headroom",
        "ssen_primary_areas.geojson": "ssen_areas",
        "ecr.csv": "ecr",
        "ssen_transformers.csv": "ssen_transformers",
        "nshr_scenarios.csv": "spen_headroom",
    }
    assert {name: recognise.recognise(SAMPLE / name) for name in want} == want


def test_files_of_nobody_are_refused_together(tmp_path):
    (tmp_path / "shopping.csv").write_text("fruit,price\napples,2\n")
    with pytest.raises(UserFault) as fault:
        recognise.choose([tmp_path / "shopping.csv", tmp_path / "gone.csv"], ["ssen_hedroom=x.csv"])
    assert "cannot tell which operator" in str(fault.value)
    assert "gone.csv: no such file" in str(fault.value)
    assert "Did you mean 'ssen_headroom'" in str(fault.value)


def test_what_a_store_holds(held):
    names, rows = held.table("substation")
    levels = [row[names.index("level")] for row in rows]
    assert {level: levels.count(level) for level in set(levels)} == {"gsp": 1, "bsp": 2, "primary": 9, "secondary": 18}
    assert len(held.table("supply_area")[1]) == 3
    assert len(held.table("generator")[1]) == 6
    assert [row["source_id"] for row in held.sources()] == ["ecr", "ssen_areas", "ssen_headroom", "ssen_transformers"]


def test_chains_follow_the_published_names(held):
    by_fid = {row["fid"]: row for row in held.substations()}
    primary = held.find("E - WNDL - 03")[0]
    assert by_fid[primary["bsp_fid"]]["name"] == "Hallam Cross BSP"
    assert by_fid[primary["gsp_fid"]]["name"] == "Windlebury GSP"
    alone = held.find("Foxhanger Primary")[0]
    assert alone["bsp_fid"] is None
    assert by_fid[alone["gsp_fid"]]["name"] == "Windlebury GSP"


def test_rows_are_cited_with_their_published_cells(held):
    row = held.find("barrowmere primary")[0]
    assert (row["file"], row["source_row"]) == ("ssen_headroom_march_2026.csv", 3)
    cells = json.loads(held.verbatim("ssen_headroom", row["file"], row["source_row"]))
    assert cells["AssetID"] == "E - WNDL - 03"
    assert cells["Estimated Demand Headroom (MVA)"] == "2.40"


def test_customers_are_never_copied(village, held):
    raw = village.read_bytes()
    assert b"Lark Hill Solar" not in raw
    names, rows = held.table("generator")
    assert {row[names.index("file")] for row in rows} == {"ecr.csv"}
    assert sorted(row[names.index("source_row")] for row in rows) == [1, 2, 3, 4, 5, 6]


def test_generators_hang_from_the_primary_their_register_names(held):
    fid = held.find("Barrowmere Primary")[0]["fid"]
    assert sorted(row["capacity_kw"] for row in held.generators(fid)) == [250, 400, 500, 4900]


def test_a_source_read_again_replaces_its_rows_and_keeps_the_others(village, tmp_path):
    path = tmp_path / "store.gpkg"
    shutil.copy(village, path)
    one_row = tmp_path / "headroom-dashboard-data-march-2026.csv"
    one_row.write_text(HEADROOM.read_text().replace("E - WNDL - 12", "E - NEW - 01"))
    build.build(path, recognise.choose([one_row]))
    with store.HeadroomStore.open(path) as held:
        assert held.find("E - WNDL - 12") == []
        assert held.find("E - NEW - 01")[0]["name"] == "Foxhanger Primary"
        assert len(held.table("generator")[1]) == 6
        assert len(held.table("headroom")[1]) == 24 + 108


def test_building_twice_gives_the_same_rows(village, tmp_path):
    files = recognise.choose([HEADROOM, SAMPLE / "ecr.csv"])
    tables = []
    for name in ("one.gpkg", "two.gpkg"):
        build.build(tmp_path / name, files)
        with store.HeadroomStore.open(tmp_path / name) as held:
            tables.append([held.table(table) for table in ("substation", "headroom", "generator", "verbatim")])
    assert tables[0] == tables[1]


def test_a_build_that_fails_leaves_the_store_as_it_was(village, tmp_path):
    path = tmp_path / "store.gpkg"
    shutil.copy(village, path)
    before = path.read_bytes()
    broken = tmp_path / "headroom-dashboard-data-march-2026.csv"
    broken.write_text(HEADROOM.read_text().splitlines()[0] + "\n")
    with pytest.raises(UserFault, match="no row under it"):
        build.build(path, {"ssen_headroom": [broken]})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if ".part" in file.name] == []


def test_rows_of_another_operator_do_not_attach_by_name(tmp_path):
    path = tmp_path / "store.gpkg"
    build.build(path, recognise.choose([HEADROOM, SAMPLE / "nshr_scenarios.csv"]))
    with store.HeadroomStore.open(path) as held:
        own = held.find("Barrowmere Primary")
        assert {row["source_id"] for row in held.headroom([own[0]["fid"]])} == {"ssen_headroom"}
        assert "spen" in {row["operator"] for row in held.substations()}


def test_gdal_reads_it_as_a_geopackage(village):
    layers = dict(pyogrio.list_layers(village).tolist())
    assert layers["substation"] == "Point"
    assert layers["supply_area"] == "MultiPolygon"
    frame = pyogrio.read_dataframe(village, layer="substation")
    assert frame.crs.to_epsg() == 27700
    assert len(frame) == 30


def test_a_file_of_another_kind_is_no_store(tmp_path, village):
    (tmp_path / "text.gpkg").write_text("not a database at all, but long enough to be read as one" * 20)
    sqlite3.connect(tmp_path / "empty.gpkg").close()
    for name, words in (
        ("text.gpkg", "not a headroom store"),
        ("empty.gpkg", "not a headroom store"),
        ("no.gpkg", "no headroom store"),
    ):
        with pytest.raises(StoreInvalid, match=words):
            store.check(tmp_path / name)
    with sqlite3.connect(tmp_path / "old.gpkg") as db:
        db.execute("CREATE TABLE laep_meta (key, value)")
        db.execute("INSERT INTO laep_meta VALUES ('headroom_store', '0')")
    with pytest.raises(StoreInvalid, match="Build it again"):
        store.check(tmp_path / "old.gpkg")


def test_postcodes_are_kept_and_found(village, tmp_path):
    path = tmp_path / "store.gpkg"
    shutil.copy(village, path)
    code_point = tmp_path / "ox.csv"
    code_point.write_text('"OX29 9AC",10,436600,208950,"E92000001"\n"OX299ZZ",90,0,0,""\n')
    build.build(path, {}, postcode_files=[code_point])
    with store.HeadroomStore.open(path) as held:
        assert held.postcode("OX299AC") == (436600, 208950, "")
        assert held.postcode("OX299ZZ") is None
        assert len(held.table("headroom")[1]) == 24 + 108
