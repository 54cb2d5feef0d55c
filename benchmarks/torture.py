"""
What killed processes, other programs and damaged files do to laep.

The long form takes hours; `python -m benchmarks torture --small` takes seconds and is part of the tests. What was found
before (commit 36df867) stands beside each figure. `docs/reliability.md` holds the last long run.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from benchmarks import Figure, _mutate
from benchmarks._report import ROOT
from laep import area as areas
from laep import ingest, init, resources, sample
from laep.errors import LaepError, UserFault
from laep.gather import gather
from laep.ingest.place import boundary
from laep.ingest.place.boundary import Place
from laep.ingest.source import Request
from laep.schema import LAYERS, conform
from laep.store import Store, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from laep.ingest.source import Ingested

SUMMARY = "kills, other programs and damaged files: what is lost, corrupt, a traceback, without end or silently wrong"
KILLS = 450
COMMAND_KILLS = 50
MUTATIONS = 9_500
ABSURD = 500
WHOLE = True
SOURCES = tuple(sample.FILES)
SMALL = {
    "KILLS": 5, "COMMAND_KILLS": 0, "MUTATIONS": 12, "ABSURD": 5, "WHOLE": False,
    "SOURCES": ("zones", "tenure", "fuel_poverty", "ecr", "repd", "ssen_headroom"),
}  # fmt: skip
_SIGNALS = ("SIGKILL", "SIGKILL", "SIGINT", "SIGTERM", "SIGHUP")
_LONGEST_S = 20
"""A reader that takes longer hangs."""
_RIGHT, _REFUSED, _CRASH, _SILENT, _HANG = range(5)
_ENDS = ("right", "refused", "traceback", "silently wrong", "hang")
_SQUARE = shapely.box(440_000, 210_000, 441_000, 211_000)
_COMMANDS = (
    ("run",), ("assumptions", "--set", "tariff.retail.elec_p_kwh={n}"), ("ingest", "ssen_headroom", "ecr", "--offline"),
    ("report",), ("headroom", "build", "--into", "h.gpkg", str(resources.sample_data() / "ecr.csv")),
)  # fmt: skip


@dataclass
class Harm:
    """What kills, or other programs, did: how many were tried, and how often what must not be was."""

    tried: int = 0
    lost: int = 0
    broken: int = 0
    left: int = 0
    next_failed: int = 0
    told: list[str] = field(default_factory=list)

    def note(self, what: str, words: str) -> None:
        """Count one harm, and keep what it was."""
        setattr(self, what, getattr(self, what) + 1)
        self.told.append(f"{what}: {words}")


def run() -> list[Figure]:
    """Return how often each kind of harm was met."""
    dice = random.Random(12)
    with tempfile.TemporaryDirectory(prefix="laep-torture-") as folder:
        at = Path(folder)
        figures = _say_kills(_killed_writers(at / "kills", dice))
        figures += _say_holders(_held_by_others(at / "held"))
        if COMMAND_KILLS:
            figures += _say_kills(_killed_commands(at / "commands", dice), of="a command")
        figures += _say_mutations(_mutated(at / "files", dice))
        if WHOLE:
            figures += _same_bits(at / "bits")
            figures.append(_difference(at / "difference"))
    return figures


def _killed_writers(folder: Path, dice: random.Random) -> Harm:
    """Kill a process that writes generation after generation into one area file, at random moments."""
    store, harm = _small_area(folder), Harm()
    for turn in range(KILLS):
        told, name = _kill_one(store.path, _SIGNALS[turn % len(_SIGNALS)], dice.uniform(0.0, 0.25))
        harm.tried += 1
        _look_at(store.path, harm, name)
        kept = _generations(store.path)
        if len(kept) != 1 or max(kept) < told:
            harm.note("lost", f"{name}: {told} was done, the file holds {sorted(kept)}")
        _next_write(store.path, harm, max(kept) + 1)
    return harm


def _small_area(folder: Path) -> Store:
    folder.mkdir(parents=True)
    place = Place(name="Test", code=None, found_by="torture", geometry=_SQUARE)
    area = init.create("Test Place", place, parent=folder)
    gather.read(area)
    store = Store(area.gpkg)
    _write_generation(store, 1)
    return store


def _write_generation(store: Store, number: int) -> None:
    """Write one number into two layers, a large and a small one: in a whole file they say the same."""
    months = {
        "month": range(1, 13),
        "demand_kwh": float(number),
        "solar_kwh": None,
        "ghi_kwh_m2": 1.0,
        "temp_air_c": 9.0,
    }
    halves = [
        {"month": month, "period": period, "demand_kw": float(number), "solar_kw": 0.0}
        for month in range(1, 13) for period in range(1, 49)
    ]  # fmt: skip
    with store.edit() as edit:
        edit.write("model_profile", pd.DataFrame(halves), step="torture")
        edit.write("model_month", pd.DataFrame(months), step="torture")


def _generations(path: Path) -> set[int]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT demand_kwh FROM model_month UNION SELECT demand_kw FROM model_profile").fetchall()
    return {int(row[0]) for row in rows}


def _kill_one(path: Path, name: str, after_s: float) -> tuple[int, str]:
    """Return the last generation that a killed writer said was done, and the signal that killed it."""
    first = max(_generations(path)) + 1
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        for ends in ("SIGTERM", "SIGHUP", "SIGINT"):
            signal.signal(getattr(signal, ends), signal.default_int_handler)
        with contextlib.suppress(BaseException):
            store = Store(path)
            for number in range(first, first + 1000):
                _write_generation(store, number)
                os.write(writing, f"{number}\n".encode())
        os._exit(0)
    os.close(writing)
    select.select([reading], [], [], 30.0)  # it is at work
    time.sleep(after_s)
    os.kill(child, getattr(signal, name))
    os.waitpid(child, 0)
    said = os.read(reading, 1 << 16).decode().split()
    os.close(reading)
    return int(said[-1]) if said else first - 1, name


def _look_at(path: Path, harm: Harm, what: str) -> None:
    """Count a file that does not open, or whose pages do not fit together."""
    try:
        Store(path).layers()
        with closing(sqlite3.connect(path)) as db:
            said = [row[0] for row in db.execute("PRAGMA integrity_check")]
    except (LaepError, sqlite3.DatabaseError) as error:
        said = [str(error)]
    if said != ["ok"]:
        harm.note("broken", f"{what}: {said[0]}")


def _next_write(path: Path, harm: Harm, number: int) -> None:
    """Write once more, which must go well and clear away what the killed one left."""
    try:
        _write_generation(Store(path), number)
    except LaepError as error:
        harm.note("next_failed", str(error))
    if left := _leftovers(path.parent):
        harm.note("left", ", ".join(left))


def _leftovers(folder: Path) -> list[str]:
    ends = ("-journal", "-wal", "-shm")
    return [each.name for each in folder.iterdir() if ".part" in each.name or each.name.endswith(ends)]


def _killed_commands(folder: Path, dice: random.Random) -> Harm:
    """Kill commands at random moments in a finished area, and then run the next one."""
    folder.mkdir(parents=True)
    plan, harm = _whole_sample(folder), Harm()
    done = {name for name, state in Store(plan.gpkg).steps().items() if state.outcome == "done"}
    took: dict[str, float] = {}
    for turn in range(COMMAND_KILLS + len(_COMMANDS)):
        words = [word.format(n=20 + turn / 10) for word in _COMMANDS[turn % len(_COMMANDS)]]
        name = _SIGNALS[(turn // len(_COMMANDS)) % len(_SIGNALS)]
        areas.override(areas.load(plan.folder), {"demand.base_temp_c": 15.5 + turn / 1000} if words[0] == "run" else {})
        started = time.perf_counter()
        process = _start(words, plan.folder)
        if turn < len(_COMMANDS):  # the first of each kind says how long it takes
            process.wait()
            took[words[0]] = time.perf_counter() - started
            continue
        time.sleep(dice.uniform(0.1, 1.0) * took[words[0]])
        process.send_signal(getattr(signal, name))
        process.wait()
        harm.tried += 1
        _look_at(plan.gpkg, harm, f"{name} {words[0]}")
        held = {step for step, state in Store(plan.gpkg).steps().items() if state.outcome == "done"}
        if done - held:
            harm.note("lost", f"{name} {words[0]}: {', '.join(sorted(done - held))}")
        after = _start(words, plan.folder)
        if after.wait() != 0:
            harm.note("next_failed", f"{name} {words[0]}: exit code {after.returncode}")
        if left := _leftovers(plan.folder):
            harm.note("left", f"{name} {words[0]}: {', '.join(left)}")
    return harm


def _start(words: Iterable[str], folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", "-c", "from laep.cli import main; main()", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _whole_sample(folder: Path, **environment: str) -> areas.Area:
    """Return the sample village, read and run by a process of its own."""
    command = [sys.executable, "-W", "ignore", "-c", "from laep.cli import main; main()", "demo", "--into", str(folder)]
    said = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    subprocess.run(command, env=said, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return areas.load(next(path.parent for path in folder.glob("*/laep.toml")))


def _held_by_others(folder: Path) -> Harm:
    """Write while another program reads, writes, has edits in a WAL, or has crashed with some."""
    store, harm = _small_area(folder), Harm()
    for turn, (how, hold) in enumerate(_HOLDERS.items(), start=2):
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("CREATE TABLE IF NOT EXISTS theirs (name TEXT)")
        hold(other, how)
        refused = ""
        try:
            _write_generation(Store(store.path), turn)
        except UserFault as fault:
            refused = str(fault)
        other.close()
        harm.tried += 1
        _look_at(store.path, harm, how)
        with closing(sqlite3.connect(store.path)) as db:
            names = {row[0] for row in db.execute("SELECT name FROM theirs")}
        if how in _THEIRS and how not in names:
            harm.note("lost", f"{how}: what they saved")
        if not refused and max(_generations(store.path)) != turn:
            harm.note("lost", f"{how}: what laep wrote")
    return harm


def _reads(other: sqlite3.Connection, _: str) -> None:
    other.execute("BEGIN")
    other.execute("SELECT * FROM laep_layer").fetchone()


def _saves(other: sqlite3.Connection, how: str) -> None:
    other.execute("INSERT INTO theirs VALUES (?)", (how,))


def _saves_in_wal(other: sqlite3.Connection, how: str) -> None:
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("PRAGMA wal_autocheckpoint = 0")
    other.execute("INSERT INTO theirs VALUES (?)", (how,))


def _crashes_in_wal(other: sqlite3.Connection, how: str) -> None:
    path = other.execute("PRAGMA database_list").fetchone()[2]
    other.close()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            _saves_in_wal(sqlite3.connect(path, isolation_level=None), how)
        os._exit(9)
    os.waitpid(child, 0)


_HOLDERS: dict[str, Callable[[sqlite3.Connection, str], None]] = {
    "reads": _reads, "has saved": _saves, "has saved in WAL mode": _saves_in_wal,
    "crashed in WAL mode": _crashes_in_wal,
}  # fmt: skip
_THEIRS = {"has saved", "has saved in WAL mode", "crashed in WAL mode"}


def _mutated(folder: Path, dice: random.Random) -> tuple[Counter[int], Counter[int], list[str]]:
    """Read damaged copies of the sample's files; return how the damaged and the absurd ended, and what was bad."""
    folder.mkdir(parents=True)
    damaged, absurd, bad = Counter[int](), Counter[int](), list[str]()
    every = {name: _Whole(name) for name in SOURCES}
    for whole in every.values():
        whole.take(every)
    for whole, times in zip(every.values(), _shares(MUTATIONS, len(every)), strict=True):
        for _ in range(times):
            path, seed = dice.choice(whole.files), dice.randrange(1 << 30)
            end = whole.try_(folder, path, _mutate.damaged(path.read_bytes(), random.Random(seed)), known=False)
            damaged[end] += 1
            bad += [f"{whole.name} {path.name} seed {seed}: {_ENDS[end]}"] * (end in (_CRASH, _HANG))
    tables = [whole for whole in every.values() if whole.measured]
    for whole, times in zip(tables, _shares(ABSURD, len(tables)), strict=True):
        for _ in range(times):
            path, seed = dice.choice(whole.measured), dice.randrange(1 << 30)
            end = whole.try_(folder, path, _mutate.blown_up(path.read_bytes(), random.Random(seed)), known=True)
            absurd[end] += 1
            said = f"{whole.name} {path.name} absurd seed {seed}: {_ENDS[end]}"
            bad += [said] * (end in (_CRASH, _SILENT, _HANG))
    return damaged, absurd, bad


def _shares(total: int, parts: int) -> list[int]:
    return [total // parts + (turn < total % parts) for turn in range(parts)]


class _Whole:
    """A source of the sample village as it is: its files, what it takes, and what it gives."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.files = [resources.sample_data() / each for each in sample.FILES[name]]
        self.measured = [path for path in self.files if _mutate.has_measured(path)]
        self._clip = boundary.from_file(resources.sample_data() / "boundary.geojson").geometry
        self._layers: dict[str, pd.DataFrame] = {}
        self._right: tuple[Mapping[str, str], tuple[str, ...]] | None = None

    def take(self, others: Mapping[str, _Whole]) -> None:
        """Read what the source takes of others, which are read without it."""
        for layer in ingest.load(self.name).SOURCE.takes:
            fills = [other for other in others.values() if layer in ingest.load(other.name).SOURCE.writes]
            if fills and fills[0] is not self:
                self._layers[layer] = fills[0].found(fills[0].files).layers[layer]

    def found(self, files: Iterable[Path]) -> Ingested:
        """Return what the source gives for files."""
        asked = Request(files=tuple(files), clip=self._clip, layers=self._layers, area_id="a", name="A")
        return ingest.read_source(self.name, asked)

    def read(self, files: Iterable[Path]) -> tuple[Mapping[str, str], tuple[str, ...]]:
        """Return a fingerprint of each layer, and the notes."""
        found = self.found(files)
        return {layer: fingerprint(conform(frame, layer)) for layer, frame in found.layers.items()}, found.notes

    def try_(self, folder: Path, path: Path, content: bytes, *, known: bool) -> int:
        """Return how reading ends with one file exchanged; `known` where its numbers cannot be taken in silence."""
        changed = folder / path.name
        changed.write_bytes(content)
        files = [changed if each == path else each for each in self.files]
        if known and self._right is None:
            self._right = self.read(self.files)
        right = self._right or ({}, ())
        child = os.fork()
        if child == 0:
            os._exit(self._end(files, right, known=known))
        return _wait(child)

    def _end(self, files: list[Path], right: tuple[Mapping[str, str], tuple[str, ...]], *, known: bool) -> int:
        try:
            marks, notes = self.read(files)
        except UserFault:
            return _REFUSED
        except BaseException:  # noqa: BLE001 - whatever a reader ends in is what is counted here
            return _CRASH
        told = bool({*notes} - {*right[1]})
        return _SILENT if known and marks != right[0] and not told else _RIGHT


def _wait(child: int) -> int:
    """Return the exit code of a process, or that it hangs."""
    ends = time.monotonic() + _LONGEST_S
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else _CRASH
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return _HANG


def _same_bits(folder: Path) -> list[Figure]:
    """Run the sample in other ways, and count the layers that differ."""
    ways = {
        "hash seed 1, not 0": {"PYTHONHASHSEED": "1"},
        "one thread, not all": {"NUMBA_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
        "kernels just compiled, not kept": {"NUMBA_CACHE_DIR": str(folder / "kernels"), "PYTHONHASHSEED": "0"},
    }
    first = _marks(_whole_sample(_made(folder / "first"), PYTHONHASHSEED="0"))
    found = []
    for number, (way, environment) in enumerate(ways.items()):
        marks = _marks(_whole_sample(_made(folder / f"again-{number}"), **environment))
        differ = sorted(layer for layer in first if marks.get(layer) != first[layer])
        found.append(_count(f"layers that differ: {way}", len(differ), len(first), 5, "layers", told=", ".join(differ)))
    return found


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _marks(area: areas.Area) -> dict[str, str]:
    return {name: state.fingerprint for name, state in Store(area.gpkg).layers().items()}


def _difference(folder: Path) -> Figure:
    """Count the buildings whose published rows change where panels are struck out of all certificates."""
    frames = []
    for way in ("with", "without"):
        area = sample.create(_made(folder / way))
        if way == "without":
            _strike_panels(folder / "epc.csv", area)
        for words in (("ingest", "--offline"), ("report",)):
            if _start(words, area.folder).wait():
                raise subprocess.CalledProcessError(1, words)
        store = Store(area.gpkg)
        frames.append({name: pd.DataFrame(store.public(name)) for name in store.layers()})
    found = sum(_changed_rows(frames[0][name], frames[1][name], name) for name in _BY_BUILDING)
    return _count(
        "rows of one building that tell of a certificate's panels", found, len(frames[0]["in_building"]), 12, "rows"
    )


_BY_BUILDING = (
    "roof_plane",
    "roof_shade",
    "model_plane",
    "model_solar",
    "model_demand",
    "model_home",
    "net_generator",
    "link_building",
)


def _strike_panels(path: Path, area: areas.Area) -> None:
    table = pd.read_csv(resources.sample_data() / "epc_certificates.csv", dtype=str, keep_default_na=False)
    table[["PHOTO_SUPPLY", "SOLAR_WATER_HEATING_FLAG"]] = ""
    table.to_csv(path, index=False, encoding="utf-8")
    areas.remember_files(area, "homes", [path])


def _changed_rows(one: pd.DataFrame, other: pd.DataFrame, layer: str) -> int:
    key = list(LAYERS[layer].key)
    both = [frame.drop(columns="geometry", errors="ignore").set_index(key).astype(str) for frame in (one, other)]
    shared = both[0].index.intersection(both[1].index)
    apart = len(both[0].index.symmetric_difference(both[1].index))
    return apart + int((both[0].loc[shared] != both[1].loc[shared]).any(axis="columns").sum())


def _say_kills(harm: Harm, of: str = "a writer") -> list[Figure]:
    for words in harm.told:
        print(words)
    return [
        _count(f"finished work lost to kills of {of}", harm.lost, harm.tried, 2, "kills"),
        _count(f"area files damaged by kills of {of}", harm.broken, harm.tried, 11, "kills"),
        _count(f"next commands that failed after {of}", harm.next_failed, harm.tried, 37, "kills"),
        _count(f"leftovers after the next command ({of})", harm.left, harm.tried, 2, "kills"),
    ]


def _say_holders(harm: Harm) -> list[Figure]:
    for words in harm.told:
        print(words)
    return [
        _count(
            "layers or edits lost where another program holds the file", harm.lost + harm.broken, harm.tried, 3, "ways"
        )
    ]


def _say_mutations(found: tuple[Counter[int], Counter[int], list[str]]) -> list[Figure]:
    damaged, absurd, bad = found
    for words in bad:
        print(words)
    print(f"damaged: {dict(damaged)}; absurd: {dict(absurd)}; ends: {_ENDS}")
    tried = sum(damaged.values())
    return [
        _count("damaged files that end in a traceback", damaged[_CRASH] + absurd[_CRASH], tried, 37, "files"),
        _count(f"damaged files that take over {_LONGEST_S} s", damaged[_HANG] + absurd[_HANG], tried, 1, "files"),
        _count(
            "numbers a million times too large, taken in silence", absurd[_SILENT], sum(absurd.values()), 65, "files"
        ),
    ]


def _count(name: str, value: int, tried: int, before: int, unit: str, *, told: str = "") -> Figure:
    if told:
        print(f"{name}: {told}")
    return Figure(
        name=name, value=value, unit=unit, target=0, sense="at most", ours=f"of {tried:,} tried", ours_value=value,
        peer="found by the review of commit 36df867, which tried other numbers", peer_value=before, runs_unit=unit,
    )  # fmt: skip
