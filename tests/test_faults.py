"""What becomes of an exception that nobody foresaw, and of a computer that says no (torture 1, 2, 5, 6, 7, 9)."""

import errno
import sqlite3
import threading
from pathlib import Path

import pandas as pd
import pytest
import shapely

from laep import area as areas
from laep import doctor, faults, files, ingest, init, pipeline
from laep.cli import _failed
from laep.desk import build
from laep.errors import AreaInvalid, LaepError, MachineRefused, SourceInvalid, Unforeseen, UserFault
from laep.gather import gather
from laep.ingest.place.boundary import Place
from laep.pipeline import Step
from laep.resources import sample_data
from laep.store import Store

SECRET = "12 High Street, Mrs Jones"


@pytest.fixture
def area(tmp_path):
    square = shapely.box(440000, 210000, 441000, 211000)
    return init.create("Test Place", Place(name="Test", code=None, found_by="test", geometry=square), parent=tmp_path)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, MachineRefused, "the disk is full. Make room, then run this again"),
        (errno.EROFS, MachineRefused, "can only be read"),
        (errno.EACCES, MachineRefused, "another program holds it, or it is not yours"),
        (errno.ENAMETOOLONG, UserFault, "the name is too long"),
        (errno.ENOENT, UserFault, "there is no such file or folder"),
    ],
)
def test_what_the_computer_refuses_is_one_sentence_with_what_and_where(tmp_path, number, kind, words, capsys):
    error = OSError(number, "x", str(tmp_path / "plan.gpkg"))
    fault = faults.told(error, doing="a command", folder=tmp_path)
    assert isinstance(fault, kind)
    assert str(fault).startswith(str(tmp_path / "plan.gpkg"))
    assert words in str(fault)
    assert _failed(error) == (2 if kind is UserFault else 1)
    assert "our fault" not in capsys.readouterr().err
    assert not (tmp_path / faults.FILE_NAME).exists()


def test_a_full_disk_names_the_file_and_is_not_kept_full(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "laep.toml"
    path.write_text("before", encoding="utf-8")
    monkeypatch.setattr(files, "flush", full)
    with pytest.raises(OSError, match="No space") as caught:
        files.write_text(path, "after")
    assert str(path) in str(faults.told(caught.value, doing="a command", folder=tmp_path))
    assert [one.name for one in tmp_path.iterdir()] == ["laep.toml"]
    assert path.read_text(encoding="utf-8") == "before"


def test_a_file_to_send_us_holds_nothing_private(tmp_path):
    def read():
        raise ValueError(SECRET)

    try:
        read()
    except ValueError as error:
        fault = faults.told(error, doing="source meter", folder=tmp_path)
    sent = (tmp_path / faults.FILE_NAME).read_text(encoding="utf-8")
    assert isinstance(fault, Unforeseen)
    assert SECRET in str(fault)  # on the user's own screen
    assert "source meter" in sent
    assert "builtins.ValueError" in sent
    assert "test_faults.py" in sent
    assert SECRET not in sent
    assert str(tmp_path) not in sent
    assert str(Path.home()) not in sent


def test_a_reader_that_breaks_is_one_source_lost_and_the_others_go_on(area, monkeypatch):
    def broken(_):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(ingest.load("licence_areas"), "read", broken)
    with pytest.raises(Unforeseen, match=r"licence_areas: RuntimeError.*laep-fault\.txt"):
        gather.read(area)
    assert {"in_boundary", "in_weather"} <= set(Store(area.gpkg).layers())
    assert SECRET not in (area.folder / faults.FILE_NAME).read_text(encoding="utf-8")


def test_faults_of_the_user_alone_are_the_users():
    mine, ours = SourceInvalid("no column x"), Unforeseen("KeyError")
    assert type(faults.together([("osm", mine)], SourceInvalid)) is SourceInvalid
    assert type(faults.together([("osm", mine), ("uprn", ours)], SourceInvalid)) is Unforeseen


def test_a_step_that_breaks_is_tried_again_and_the_others_go_on(area):
    def month(demand):
        rows = {"month": range(1, 13), "demand_kwh": demand, "solar_kwh": None, "ghi_kwh_m2": 1.0, "temp_air_c": 9.0}
        return {"model_month": pd.DataFrame(rows)}

    def broken(_):
        raise ZeroDivisionError(SECRET)

    store = Store.create(area.gpkg, area.area_id)
    steps = (
        Step("first", "", (), ("model_demand",), broken),
        Step("second", "", (), ("model_month",), lambda _: month(1.0)),
    )
    with pytest.raises(Unforeseen, match="first: ZeroDivisionError"):
        pipeline.run(area, store, steps)
    assert store.has("model_month")
    assert pipeline.status(area, store, steps)[0].reason == "failed last time"
    assert SECRET not in pipeline.skipped(store, steps)[0].reason
    assert str(area.folder) not in pipeline.skipped(store, steps)[0].reason


def test_a_full_disk_stops_a_run_and_nothing_counts_as_failed(area):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device", "x")

    store = Store.create(area.gpkg, area.area_id)
    with pytest.raises(MachineRefused, match="disk is full"):
        pipeline.run(area, store, (Step("first", "", (), ("model_demand",), full),))
    assert store.steps() == {}


def test_nothing_more_is_written_into_a_damaged_file(area):
    gather.read(area)
    content = bytearray(area.gpkg.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    area.gpkg.write_bytes(content)
    with pytest.raises(LaepError, match=r"damaged|malformed"), Store(area.gpkg).edit() as edit:
        edit.drop("in_place")
    assert area.gpkg.read_bytes() == bytes(content)


def at_once(*calls):
    raised = []

    def guarded(call):
        try:
            call()
        except UserFault as fault:
            raised.append(fault)

    threads = [threading.Thread(target=guarded, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_builds_at_once_lose_no_source(tmp_path):
    into = tmp_path / "h.gpkg"
    chosen = [{"ecr": [sample_data() / "ecr.csv"]}, {"ssen_headroom": [sample_data() / "ssen_headroom_march_2026.csv"]}]
    assert at_once(*(lambda one=one: build.build(into, one) for one in chosen)) == []
    with sqlite3.connect(into) as db:
        assert [row[0] for row in db.execute("SELECT source_id FROM source ORDER BY 1")] == ["ecr", "ssen_headroom"]


def test_two_people_who_set_an_assumption_at_once_both_keep_it(area):
    keys = ["pv.system.loss", "demand.home_kwh", "tariff.retail.elec_p_kwh", "site.roof.min_kwp"]
    assert at_once(*(lambda key=key: areas.override(area, {key: 1.0}) for key in keys)) == []
    assert set(areas.load(area.folder).overrides) == set(keys)


def test_two_areas_of_one_name_at_once_are_one_and_a_sentence(tmp_path):
    place = Place(name="Test", code=None, found_by="test", geometry=shapely.box(440000, 210000, 441000, 211000))
    raised = at_once(*[lambda: init.create("Same", place, parent=tmp_path)] * 4)
    assert [type(fault) for fault in raised] == [AreaInvalid] * 3
    assert not (tmp_path / "same" / "same").exists()


def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path):
    path = tmp_path / "h.gpkg"
    for ending in ("", "-journal", "-wal"):
        (tmp_path / f".h.999999.part.gpkg{ending}").write_text("x", encoding="utf-8")
    (tmp_path / ".other.999999.part.gpkg").write_text("x", encoding="utf-8")
    with files.locked(path):
        files.write_text(path, "new")
    assert {one.name for one in tmp_path.iterdir()} - {".h.gpkg.lock"} == {"h.gpkg", ".other.999999.part.gpkg"}


def test_a_store_that_another_program_holds_is_not_replaced_under_it(tmp_path):
    into = tmp_path / "h.gpkg"
    chosen = {"ecr": [sample_data() / "ecr.csv"]}
    build.build(into, chosen)
    other = sqlite3.connect(into, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("CREATE TABLE drawn (name TEXT)")
    with pytest.raises(UserFault, match=r"Another program is using .*h\.gpkg"):
        build.build(into, chosen)
    other.close()
    build.build(into, chosen)
    with sqlite3.connect(into) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_replaced_link_stays_a_link(tmp_path):
    (tmp_path / "real.txt").write_text("before", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    files.write_text(tmp_path / "link.txt", "after")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text(encoding="utf-8") == "after"


def test_the_doctor_sees_a_cache_that_cannot_be_written(tmp_path, monkeypatch):  # torture 7
    (tmp_path / "file").write_text("x", encoding="utf-8")
    monkeypatch.setenv("LAEP_CACHE", str(tmp_path / "file" / "cache"))
    (found,) = [one for one in doctor.examine(tmp_path).findings if one.topic == "cache"]
    assert (found.state, found.advice) == ("bad", "Set LAEP_CACHE to a folder of yours.")
    monkeypatch.setenv("LAEP_CACHE", str(tmp_path / "new" / "cache"))
    (found,) = [one for one in doctor.examine(tmp_path).findings if one.topic == "cache"]
    assert found.state == "good"
    assert not (tmp_path / "new").exists()
