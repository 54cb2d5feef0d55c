"""What a computer refuses, at every file laep writes, and what consoles and file systems of others take (torture 7)."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import shapely

from laep import answers, faults, files, init, publish, sample
from laep import area as areas
from laep.commands import screen
from laep.desk import build, bulk, settings
from laep.desk import map as mapping
from laep.desk.store import HeadroomStore
from laep.errors import AreaInvalid, LaepError, MachineRefused, UserFault
from laep.gather import fetched, gather
from laep.ingest.place.boundary import Place
from laep.resources import sample_data
from laep.store import Store

PLACE = Place(name="Test", code=None, found_by="test", geometry=shapely.box(440000, 210000, 441000, 211000))
REGISTER = {"ssen_headroom": [sample_data() / "ssen_headroom_march_2026.csv"]}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    path = tmp_path_factory.mktemp("desk") / "h.gpkg"
    build.build(path, REGISTER)
    return path


@pytest.fixture
def area(tmp_path):
    return init.create("Test Place", PLACE, parent=tmp_path)


def drawn(desk, into):
    with HeadroomStore.open(desk) as held:
        mapping.draw(held, into, settings.shipped())


def checked(desk, into):
    asked = into.parent / "asked.csv"
    asked.write_text("id,lat,lon,generation_kw\na,51.78,-1.47,50\n", encoding="utf-8")
    with HeadroomStore.open(desk) as held:
        bulk.write(bulk.check_file(held, asked, settings.shipped()), into)


def unlearnt(area):
    area.answers.write_text("[residents]\n", encoding="utf-8")
    answers.learn(area.answers)


class Here(NamedTuple):
    """An area, a headroom store, and a folder to write to."""

    area: areas.Area
    desk: Path
    folder: Path


WRITERS = {
    "ingest": ("test-place.gpkg", lambda here: gather.read(here.area)),
    "assumptions --set": ("laep.toml", lambda here: areas.override(here.area, {"pv.system.loss": 0.1})),
    "ingest --file": ("laep.toml", lambda here: areas.remember_files(here.area, "osm", [Path("x")])),
    "ingest, what was fetched": ("fetched.json", lambda here: fetched.remember(here.area, "osm", ())),
    "run, new questions": ("answers.toml", lambda here: unlearnt(here.area)),
    "report": ("index.html", lambda here: publish.write(here.area, Store.create(here.area.gpkg, "test-place"))),
    "headroom build": ("h.gpkg", lambda here: build.build(here.folder / "h.gpkg", REGISTER)),
    "headroom map": ("headroom.gpkg", lambda here: drawn(here.desk, here.folder / "map")),
    "check --out csv": ("v.csv", lambda here: checked(here.desk, here.folder / "v.csv")),
    "check --out xlsx": ("v.xlsx", lambda here: checked(here.desk, here.folder / "v.xlsx")),
    "check --out gpkg": ("v.gpkg", lambda here: checked(here.desk, here.folder / "v.gpkg")),
}
REFUSALS = {
    "full": (errno.ENOSPC, "the disk is full"),
    "read-only": (errno.EROFS, "can only be read"),
    "held": (errno.EACCES, "another program holds it"),
}


@pytest.mark.parametrize("command", WRITERS)
def test_a_refusal_is_one_sentence_that_names_the_file_and_nothing_stays(command, area, desk, tmp_path, monkeypatch):
    name, write = WRITERS[command]
    monkeypatch.setattr(publish.html, "report", lambda _: "page")
    if command == "report":
        Store.create(area.gpkg, "test-place")
    for number, words in REFUSALS.values():

        def refuse(*_, number=number):
            raise OSError(number, os.strerror(number))

        # a full or read-only disk says so when content reaches it; a file held by another, when it is to be replaced
        at = (Path, "replace") if number == errno.EACCES else (files, "flush")
        with monkeypatch.context() as patched:
            patched.setattr(*at, refuse)
            with pytest.raises(OSError, match=os.strerror(number)) as caught:
                write(Here(area, desk, tmp_path))
        fault = faults.told(caught.value, doing="a command", folder=tmp_path)
        assert isinstance(fault, MachineRefused)
        assert name in str(fault).split(":", 1)[0]
        assert words in str(fault)
        assert not list(tmp_path.rglob("*.part*"))


def test_a_folder_that_another_program_holds_is_a_sentence(tmp_path, monkeypatch):
    def held(*_):
        raise PermissionError(errno.EACCES, "Access is denied", "x")

    monkeypatch.setattr(Path, "rename", held)
    with pytest.raises(PermissionError) as caught:
        init.create("Test Place", PLACE, parent=tmp_path)
    assert isinstance(faults.told(caught.value, doing="a command", folder=tmp_path), MachineRefused)
    assert list(tmp_path.iterdir()) == []


def test_a_name_too_long_is_the_users_to_mend(tmp_path, desk):
    for write in (drawn, checked):
        with pytest.raises((OSError, LaepError)) as caught:
            write(desk, tmp_path / f"{'n' * 300}.csv")
        fault = faults.told(caught.value, doing="a command", folder=tmp_path)
        assert isinstance(fault, UserFault)
        assert "the name is too long" in str(fault)


@pytest.mark.parametrize("name", ["CON", "nul", "Com1", "LPT9"])
def test_an_area_has_no_name_that_windows_keeps(name, tmp_path):
    with pytest.raises(AreaInvalid, match="Windows keeps the name"):
        init.create(name, PLACE, parent=tmp_path)


def test_the_folder_of_a_long_name_is_short(tmp_path):
    made = init.create("Llanfairpwllgwyngyll and the " + "very " * 60 + "long name", PLACE, parent=tmp_path)
    assert len(made.folder.name) <= 60
    assert not made.folder.name.endswith("-")


@pytest.mark.parametrize("encoding", ["cp1252", "cp850"])
def test_a_console_without_a_letter_gets_another(encoding):
    code = (
        "from laep.commands import screen; from laep.results import Result, Table; from laep.errors import UserFault\n"
        "screen.fit_streams(); screen.text('\u0174yddgrug \u2192'); screen.note('\u0174'); screen.json_text({'a': '\u0174'})\n"
        "screen.show(Result(), Table('\u0174', ('\u2192',), [('\u0174',)]), as_json=False)\n"
        "screen.fault(UserFault('\u0174'), ours=False)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": encoding}
    )
    assert done.returncode == 0, done.stderr
    assert b"?yddgrug ?" in done.stdout
    assert b'"\\u0174"' in done.stdout  # JSON keeps the letter


def test_a_stream_that_carries_all_stays_strict(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stream)
    screen.fit_streams()
    assert stream.errors == "strict"


def test_the_sample_writes_as_everything_else_does(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "flush", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full"):
        sample.create(tmp_path)
