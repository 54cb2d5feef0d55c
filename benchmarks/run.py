"""
One run of every step: time by step, layer reads and bytes written, beside the way of an engine without memory.

The peer does what the engine did before it had one (commit e7cdea5): each step reads its layers anew, prepares sky and
network anew, and copies the whole file to write into it. The old engine itself had 21 steps, took 187 reads and wrote
208 MB for the sample. Time is that of the processor, all threads together: what else the computer does hardly moves it.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from unittest import mock

import geopandas as gpd
import pyogrio
import shapely

from benchmarks import Figure
from laep import area as areas
from laep import files, init, pipeline, sample, steps
from laep.events import Event, Happened
from laep.gather import gather
from laep.ingest.place import boundary
from laep.schema import conform
from laep.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pandas as pd

    from laep.area import Area
    from laep.store import Edit

SUMMARY = "one run of every step: time, layer reads and bytes written, beside reading and copying for each step"
STEPS = steps.STEPS
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SMALL = {
    "STEPS": tuple(step for step in STEPS if step.name in ("stock", "demand", "network")),
    "SHARED": SHARED / "none",
}
READS = 50
FASTER = 1.5
_IO = Path("/proc/self/io")
"""Where Linux counts what a process writes; other systems have no such figure, and the benchmark leaves it out."""


class _Forgetful(Store):
    """The store of before: a layer is read anew each time, and a write copies the whole file."""

    def read(self, layer: str, *, known: str = "") -> pd.DataFrame:  # noqa: ARG002 - it knows nothing
        """Return a layer from the file."""
        return conform(pyogrio.read_dataframe(self.path, layer=layer, use_arrow=True), layer)

    @contextmanager
    def edit(self) -> Iterator[Edit]:
        """Write to a copy, and put it in place of the file."""
        with files.replacing(self.path) as part:
            shutil.copyfile(self.path, part)
            with Store(part).edit() as edit:
                yield edit


def _anew(
    inputs: pipeline.Inputs,
    _name: str,
    layers: Iterable[str],
    make: Callable[..., Any],
    *,
    or_empty: Iterable[str] = (),
) -> Any:
    """Return what `Inputs.once` does, worked out anew: nothing was shared between steps before."""
    return make(*(inputs[layer] for layer in layers), *map(inputs.or_empty, or_empty))


class _Ran(NamedTuple):
    """What one run took: seconds of the processor, each step's share, layer reads, bytes written, and its layers."""

    seconds: float
    by_step: dict[str, float]
    reads: int
    written: int
    layers: dict[str, str]


def run() -> list[Figure]:
    """Return figures of the sample village and, where its files are at hand, of Newport."""
    with tempfile.TemporaryDirectory(prefix="laep-run-") as folder:
        made = {"the sample": sample.create(Path(folder))}
        if SHARED.is_dir():
            made["Newport"] = _newport(Path(folder))
        return [figure for name, area in made.items() for figure in _figures(name, area)]


def _figures(name: str, area: Area) -> list[Figure]:
    gather.read(area)
    _ran(area, Store)  # compiles what is not compiled yet
    with mock.patch.object(pipeline.Inputs, "once", _anew):
        before = _ran(area, _Forgetful)
    now = _ran(area, Store)
    print(f"{name}: seconds of the processor by step, before and now")
    for step, seconds in now.by_step.items():
        print(f"  {step:<14} {before.by_step[step]:8.2f} {seconds:8.2f}")
    same = sum(before.layers.get(layer) == mark for layer, mark in now.layers.items()) / len(now.layers)
    faster = before.seconds / now.seconds
    figures = [
        _figure(f"{name}: a run", faster, "x", FASTER, "at least", now.seconds, before.seconds, "s"),
        _figure(f"{name}: layer reads", now.reads, "reads", READS, "at most", now.reads, before.reads, ""),
        _figure(f"{name}: layers that are the same in every bit", same, "of all", 1.0, "at least", same, 1.0, ""),
    ]
    if _IO.is_file():
        less = before.written / now.written
        millions = now.written / 1e6, before.written / 1e6
        figures.append(_figure(f"{name}: bytes written", less, "x", 1.0, "at least", *millions, "MB"))
    return figures


def _figure(
    name: str,
    value: float,
    unit: str,
    target: float,
    sense: Literal["at least", "at most"],
    ours: float,
    theirs: float,
    runs_unit: str,
) -> Figure:
    return Figure(
        name=name, value=value, unit=unit, target=target, sense=sense, ours="now", ours_value=ours,
        peer="read and copied for each step", peer_value=theirs, runs_unit=runs_unit,
    )  # fmt: skip


def _ran(area: Area, kind: type[Store]) -> _Ran:
    """Run every step in a copy of an area whose sources are read and that has not run."""
    with tempfile.TemporaryDirectory(dir=area.folder.parent) as folder:
        copy = areas.load(shutil.copytree(area.folder, Path(folder) / area.folder.name))
        store = kind(copy.gpkg)
        began: dict[str, float] = {}
        by_step: dict[str, float] = {}

        def hear(event: Event) -> None:
            if event.happened is Happened.BEGINS:
                began[event.name] = time.process_time()
            else:
                by_step[event.name] = time.process_time() - began[event.name]

        with mock.patch.object(pyogrio, "read_dataframe", wraps=pyogrio.read_dataframe) as read:
            written, started = _written(), time.process_time()
            pipeline.run(copy, store, STEPS, on_event=hear)
            seconds, written = time.process_time() - started, _written() - written
        marks = {layer: state.fingerprint for layer, state in Store(copy.gpkg).layers().items()}
        return _Ran(seconds, by_step, read.call_count, written, marks)


def _written() -> int:
    """Return how many bytes this process has written so far, 0 where that is not counted."""
    if not _IO.is_file():
        return 0
    return int(dict(line.split(": ") for line in _IO.read_text(encoding="utf-8").splitlines())["wchar"])


def _newport(folder: Path) -> Area:
    """Return an area of 3,450 buildings in Newport, its sources named."""
    box = gpd.GeoDataFrame({"name": ["Rogerstone"]}, geometry=[shapely.box(325300, 186200, 328000, 188200)], crs=27700)
    box.to_file(folder / "box.gpkg")
    made = init.create("Rogerstone and Bassaleg", boundary.from_file(folder / "box.gpkg"), parent=folder)
    stem = "newport_graig_bassaleg_rhiwderin"
    for source, names in {
        "osm": [f"buildings/newport/{stem}_{kind}.geojson" for kind in ("buildings", "landuse", "points")],
        "nged_substations": ["dso/nged/nged_substation_locations_2025.csv"],
        "zones": ["boundaries/newport_lsoa2011.geojson"],
        "tenure": ["homes/census2021/census2021-ts054-lsoa.csv"],
    }.items():
        areas.remember_files(made, source, [SHARED / name for name in names])
    return areas.load(made.folder)
