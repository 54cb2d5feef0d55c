"""The area GeoPackage: atomic, checked, recognisable."""

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from pandas.testing import assert_frame_equal

from laep import store as stores
from laep.assumptions import Assumptions
from laep.errors import LayerMissing, SchemaBroken, StoreInvalid, UserFault
from laep.schema import LAYERS, conform, empty
from laep.store import Provenance, Store, fingerprint


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "area.gpkg", "area")


def beside(store):
    """Names of the files in the area folder, but for the lock."""
    return sorted(path.name for path in store.path.parent.iterdir() if path.suffix != ".lock")


def places(names, source="osm"):
    return gpd.GeoDataFrame(
        {"place_id": names, "kind": "hall", "name": None, "operator": None, "source_id": source},
        geometry=[shapely.Point(440000 + i, 210000) for i in range(len(names))],
        crs=27700,
    )


def test_a_layer_comes_back_as_it_went_in(store):
    with store.edit() as edit:
        edit.write("in_place", places(["b", "a"]), step="ingest osm")
    back = store.read("in_place")
    assert_frame_equal(pd.DataFrame(back), pd.DataFrame(conform(places(["b", "a"]), "in_place")))
    assert store.layers()["in_place"].fingerprint == fingerprint(back)
    assert store.layers()["in_place"].rows == 2


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_can_be_written_empty_and_read_back(store, layer):
    with store.edit() as edit:
        edit.write(layer, empty(layer), step="test")
    back = store.read(layer)
    assert back.empty
    assert list(back.columns) == list(empty(layer).columns)


def test_missing_values_stay_missing(store):
    tenure = pd.DataFrame(
        {"zone_id": ["E01", "E02"], "households": [10, 20], "owned": [None, 3], "shared_ownership": [1, None],
         "social_rented": [None, None], "private_rented": [0, 1], "share_in_area": [1.0, 0.5], "source_id": "tenure"}
    )  # fmt: skip
    with store.edit() as edit:
        edit.write("in_tenure", tenure, step="ingest tenure")
    back = store.read("in_tenure")
    assert back["owned"].isna().tolist() == [True, False]
    assert back["social_rented"].isna().all()
    assert back["private_rented"].tolist() == [0, 1]


def test_a_source_replaces_its_own_rows_only(store):
    with store.edit() as edit:
        edit.replace_source("in_place", places(["a", "b"], "osm"), source_id="osm")
        edit.replace_source("in_place", places(["x"], "places"), source_id="places")
    with store.edit() as edit:
        edit.replace_source("in_place", places(["c"], "osm"), source_id="osm")
    assert store.read("in_place")["place_id"].tolist() == ["c", "x"]


def test_an_error_inside_an_edit_leaves_the_file_as_it_was(store):
    with store.edit() as edit:
        edit.write("in_place", places(["a"]), step="one")
    before = store.path.read_bytes()

    def broken():
        with store.edit() as edit:
            edit.write("in_place", places(["b"]), step="two")
            edit.write("in_place", places(["b", "b"]), step="three")

    with pytest.raises(SchemaBroken, match="repeat the key place_id"):
        broken()
    assert store.path.read_bytes() == before
    assert beside(store) == ["area.gpkg"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
def test_a_process_killed_in_the_middle_of_a_write_leaves_the_previous_state(store, tmp_path):
    with store.edit() as edit:
        edit.write("in_place", places(["a"]), step="one")
    script = textwrap.dedent(
        f"""
        import os, signal, geopandas as gpd, shapely
        from pathlib import Path
        from laep.store import Store
        values = {{"place_id": ["b"], "kind": "hall", "name": None, "operator": None, "source_id": "osm"}}
        rows = gpd.GeoDataFrame(values, geometry=[shapely.Point(1, 1)], crs=27700)
        with Store(Path({str(store.path)!r})).edit() as edit:
            edit.write("in_place", rows, step="two")
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, cwd=os.getcwd())  # noqa: PTH109
    assert done.returncode == -signal.SIGKILL
    again = Store(store.path)
    assert again.read("in_place")["place_id"].tolist() == ["a"]
    with again.edit() as edit:
        edit.write("in_place", places(["c"]), step="three")
    assert again.read("in_place")["place_id"].tolist() == ["c"]
    assert beside(store) == ["area.gpkg"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX processes")
def test_a_process_killed_at_any_statement_of_a_write_leaves_one_state_or_the_other(store):
    with store.edit() as edit:
        edit.write("in_place", places(["a"]), step="one")
    seen = set()
    for statement in itertools.count(1, 5):
        child = os.fork()
        if child == 0:
            write_and_die(store.path, statement)
        _, status = os.waitpid(child, 0)
        names = Store(store.path).read("in_place")["place_id"].tolist()
        assert names in (["a"], [str(n) for n in range(3000)])
        seen.add(len(names))
        with sqlite3.connect(store.path) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        with Store(store.path).edit() as edit:  # the next write finds nothing in its way
            edit.write("in_place", places(["a"]), step="one")
        assert Store(store.path).read("in_place")["place_id"].tolist() == ["a"]
        assert beside(store) == ["area.gpkg"]
        if status == 0:
            break
    assert seen == {1, 3000}


def write_and_die(path, statement):
    """Kill this process when a write has come to its `statement`th statement, or after it."""
    counted = iter(range(1, 1000))

    def dying(path):
        db = connect(path)
        db.set_trace_callback(lambda _: os.kill(os.getpid(), signal.SIGKILL) if next(counted) >= statement else None)
        return db

    connect, stores._connect = stores._connect, dying
    with Store(path).edit() as edit:
        edit.write("in_place", places([str(n) for n in range(3000)]), step="two")
    os._exit(0)


def test_what_another_program_saves_while_it_holds_the_file_stays(store):
    with store.edit() as edit:
        edit.write("in_place", places(["a"]), step="one")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")  # as QGIS does
    other.execute("CREATE TABLE layer_styles (name TEXT)")
    other.execute("INSERT INTO layer_styles VALUES ('drawn by hand')")
    other.execute("BEGIN")
    assert other.execute("SELECT count(*) FROM in_place").fetchone() == (1,)
    with store.edit() as edit:
        edit.write("in_place", places(["b", "c"]), step="two")
    assert other.execute("SELECT count(*) FROM in_place").fetchone() == (1,)  # one state for as long as it reads
    other.execute("COMMIT")
    assert other.execute("SELECT count(*) FROM in_place").fetchone() == (2,)
    other.close()
    again = Store(store.path)
    assert again.read("in_place")["place_id"].tolist() == ["b", "c"]
    with sqlite3.connect(store.path) as db:
        assert db.execute("SELECT name FROM layer_styles").fetchall() == [("drawn by hand",)]
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_another_programs_unfinished_edits_are_waited_for_and_named(store, monkeypatch):
    monkeypatch.setattr(stores, "_WAIT_SECONDS", 0.1)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreInvalid, match=r"Another program is using .* nothing is lost"):
        Store(store.path)
    other.execute("ROLLBACK")
    other.execute("BEGIN IMMEDIATE")

    def write():
        with store.edit() as edit:
            edit.write("in_place", places(["b"]), step="two")

    with pytest.raises(StoreInvalid, match="Another program is using"):
        write()
    other.close()
    assert not store.has("in_place")
    write()
    assert store.read("in_place")["place_id"].tolist() == ["b"]


def test_a_file_behind_a_link_stays_where_it_is(store, tmp_path):
    link = tmp_path / "elsewhere" / "area.gpkg"
    link.parent.mkdir()
    link.symlink_to(store.path)
    with Store(link).edit() as edit:
        edit.write("in_place", places(["a"]), step="one")
    assert link.is_symlink()
    assert store.has("in_place")


def test_a_layer_is_read_once_and_a_reader_keeps_its_changes_to_itself(store, monkeypatch):
    with store.edit() as edit:
        edit.replace_source("in_place", places(["a", "b"]), source_id="osm")
    reads, read = [], pyogrio.read_dataframe
    monkeypatch.setattr(pyogrio, "read_dataframe", lambda *args, **more: reads.append(more) or read(*args, **more))
    mine = store.read("in_place")
    mine.loc[0, "place_id"] = "x"
    mine["kind"] = "pub"
    mine.loc[0, "geometry"] = shapely.Point(0, 0)
    mine.insert(0, "extra", 1)
    theirs = store.read("in_place")
    assert theirs["place_id"].tolist() == ["a", "b"]
    assert theirs["kind"].tolist() == ["hall", "hall"]
    assert theirs.geometry[0] == shapely.Point(440000, 210000)
    assert "extra" not in theirs.columns
    assert len(reads) == 1
    with Store(store.path).edit() as edit:
        edit.replace_source("in_place", places(["c"]), source_id="osm")
    assert store.read("in_place")["place_id"].tolist() == ["c"]


def test_what_is_kept_of_a_write_is_what_the_file_gives_back(store):
    for shapes in ([shapely.Point(1, 1), shapely.Point()], [shapely.Point(1, 1), None], [shapely.Point(1, 2)] * 2):
        with store.edit() as edit:
            edit.write("in_place", places(["a", "b"]).set_geometry(shapes, crs=27700), step="test")
        kept, read = store.read("in_place"), Store(store.path).read("in_place")
        assert_frame_equal(pd.DataFrame(kept), pd.DataFrame(read))
        assert fingerprint(kept) == fingerprint(read)


def test_dropping_a_layer_leaves_nothing_of_it(store):
    with store.edit() as edit:
        edit.write("in_place", places(["a"]), step="one")
        edit.drop("in_place")
    assert not store.has("in_place")
    assert "in_place" not in [name for name, _ in pyogrio.list_layers(store.path)]
    with pytest.raises(LayerMissing, match="no layer in_place: `laep layers in_place` says"):
        store.read("in_place")


def test_the_file_is_a_geopackage_that_other_tools_can_list(store):
    with store.edit() as edit:
        edit.write("in_place", places(["a"]), step="one")
    listed = dict(pyogrio.list_layers(store.path))
    assert listed["in_place"] == "Point"
    assert {"laep_provenance", "laep_assumption"} <= set(listed)
    assert gpd.read_file(store.path, layer="in_place").crs.to_epsg() == 27700


def test_a_layer_in_the_file_is_as_gdal_makes_one(store, tmp_path):
    with store.edit() as edit:
        edit.write("in_zone", empty("in_zone"), step="one")
        edit.write("in_place", places(["a", "b"]), step="one")
    with store.edit() as edit:
        edit.write("in_place", places(["a", "b", "c"]), step="two")
    pyogrio.write_dataframe(
        conform(places(["a", "b", "c"]), "in_place"), tmp_path / "gdal.gpkg", layer="in_place", use_arrow=True,
        geometry_type="Point", layer_options={"GEOMETRY_NAME": "geom"},
    )  # fmt: skip
    told = [
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name LIKE '%in_place%' ORDER BY name",
        "SELECT table_name, data_type, identifier, min_x, max_y, srs_id FROM gpkg_contents WHERE table_name = 'in_place'",
        "SELECT * FROM gpkg_geometry_columns WHERE table_name = 'in_place'",
        "SELECT table_name, column_name, extension_name FROM gpkg_extensions WHERE table_name = 'in_place'",
        "SELECT * FROM gpkg_ogr_contents WHERE table_name = 'in_place'",
        "SELECT * FROM rtree_in_place_geom ORDER BY id",
        "SELECT * FROM in_place",
    ]
    with sqlite3.connect(store.path) as ours, sqlite3.connect(tmp_path / "gdal.gpkg") as theirs:
        for query in told:
            assert ours.execute(query).fetchall() == theirs.execute(query).fetchall(), query
    near = gpd.read_file(store.path, layer="in_place", bbox=(440001.5, 209999, 440003, 210001))
    assert near["place_id"].tolist() == ["c"]


def test_provenance_and_assumptions_are_kept(store):
    row = Provenance(
        source_id="osm", title="OpenStreetMap", publisher="OSM", licence="ODbL-1.0", attribution="(c)", url="u",
        edition="2026", files="a.pbf", sha256="0" * 64, rows_read=3, rows_kept=2, layers="in_place", notes="",
    )  # fmt: skip
    table = Assumptions()
    with store.edit() as edit:
        edit.record_source(row)
        edit.record_source(row)
        edit.record_step("solar", inputs={"roof_plane": "x"}, used=[table["pv.system.loss"]])
    assert store.provenance()["rows_kept"].tolist() == [2]
    assert store.assumptions()[["step", "key"]].to_numpy().tolist() == [["solar", "pv.system.loss"]]
    assert store.steps()["solar"].assumptions == {"pv.system.loss": [*table["pv.system.loss"].span]}


def test_a_text_file_named_gpkg_is_refused(tmp_path):
    path = tmp_path / "area.gpkg"
    path.write_text("this is not a database, whatever its name says" * 50)
    with pytest.raises(StoreInvalid, match="not an area file made by laep"):
        Store(path)


def test_a_geopackage_of_someone_else_is_refused(tmp_path):
    path = tmp_path / "other.gpkg"
    places(["a"]).to_file(path, layer="things")
    with pytest.raises(StoreInvalid, match="not an area file made by laep"):
        Store(path)


def test_a_file_of_a_newer_laep_is_refused(store):
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE laep_meta SET value = '999' WHERE key = 'schema_version'")
    with pytest.raises(StoreInvalid, match="newer laep"):
        Store(store.path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "UPDATE laep_layer SET layer = 'in_moor' WHERE layer = 'in_place'",
            r"another laep .* has a layer in_moor that laep \S+ does not know\. Open it with that one",
        ),
        (
            'ALTER TABLE "in_place" ADD COLUMN moor TEXT',
            r"older laep \(layer in_place has other columns there\)\. Move it away and run `laep ingest`",
        ),
    ],
)
def test_a_file_whose_layers_are_others_is_refused(store, change, words):
    with store.edit() as edit:
        edit.write("in_place", places(["a"]), step="test")
    Store(store.path)
    with sqlite3.connect(store.path) as db:
        db.execute(change)
    with pytest.raises(StoreInvalid, match=words):
        Store(store.path)


def test_no_file_says_what_to_type(tmp_path):
    with pytest.raises(StoreInvalid, match="laep ingest"):
        Store(tmp_path / "area.gpkg")


def test_a_second_writer_waits_and_then_says_so(store, monkeypatch):
    monkeypatch.setattr(stores, "_WAIT_SECONDS", 0.1)

    def write_again():
        with store.edit(), store.edit():
            pass

    with pytest.raises(UserFault, match="Another laep is writing"):
        write_again()


def test_same_rows_same_fingerprint_other_rows_another():
    one = conform(places(["a", "b"]), "in_place")
    same = conform(places(["a", "b"]), "in_place")
    other = conform(places(["a", "c"]), "in_place")
    moved = one.copy()
    moved.loc[1, "geometry"] = shapely.Point(0, 0)
    assert fingerprint(one) == fingerprint(same)
    assert len({fingerprint(one), fingerprint(other), fingerprint(moved)}) == 3
