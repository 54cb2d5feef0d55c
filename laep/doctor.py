"""`laep doctor`: whether this computer is ready, and what this area still lacks."""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.metadata
import os
import platform
import shutil
from typing import TYPE_CHECKING

import pyogrio

from laep import area, assumptions, pipeline, resources, steps
from laep.errors import LaepError, UserFault
from laep.files import CACHE_VARIABLE
from laep.gather import gather, obtain, standing
from laep.ingest.net import keys
from laep.ingest.net.cache import Cache
from laep.ingest.net.fetch import OFFLINE_VARIABLE, offline_by_environment
from laep.ingest.place import licence_areas
from laep.results import Examined, Finding
from laep.store import Store
from laep.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher

_LIBRARIES = ("geopandas", "pandas", "numpy", "pyogrio", "rasterio", "shapely", "pvlib", "scipy", "jinja2")
_DRIVERS = {
    "GPKG": "GeoPackages",
    "OSM": "OpenStreetMap .pbf files",
    "GeoJSON": "GeoJSON",
    "ESRI Shapefile": "shapefiles",
}
_SPARE_MB = 500


def examine_portals(folder: Path, fetcher: Fetcher) -> Examined:
    """
    Return how the sources stand at their portals: those of the area in `folder`, or all where there is no area.

    Each dataset is asked about in one small request, with the pauses that fetching keeps.
    """
    if fetcher.offline:
        return Examined((Finding("portals", "warn", f"not asked, as {OFFLINE_VARIABLE} is set or laep is offline"),))
    place = None
    if (folder / area.TOML_NAME).is_file() and area.load(folder).gpkg.is_file():
        found = area.load(folder)
        place = obtain.Fetching(found, Store(found.gpkg), fetcher, ()).place
    return Examined(
        tuple(
            Finding(one.source, "good" if one.well else "warn", one.told, one.advice)
            for one in standing.asked(fetcher, place)
        )
    )


def examine(folder: Path) -> Examined:
    """Return what was found about this computer, and about the area in `folder` when there is one."""
    today = dt.datetime.now(dt.UTC).date()
    computer = (
        *_libraries(), *_drivers(), *_shipped(), *_lapsed(today), *_disk(folder), *_network(), *_keys(),
    )  # fmt: skip
    return Examined((*computer, *_area(folder)))


def _libraries() -> Iterator[Finding]:
    yield Finding("laep", "good", f"{__version__} on Python {platform.python_version()}, {platform.system()}")
    for name in _LIBRARIES:
        try:
            importlib.import_module(name)
            yield Finding(name, "good", importlib.metadata.version(name))
        except ImportError as error:
            yield Finding(name, "bad", str(error), "Install laep again in a fresh environment.")


def _drivers() -> Iterator[Finding]:
    known = pyogrio.list_drivers(read=True)
    for driver, reads in _DRIVERS.items():
        if driver in known:
            yield Finding(f"reads {reads}", "good", f"GDAL {pyogrio.__gdal_version_string__}")
        else:
            yield Finding(f"reads {reads}", "bad", "no GDAL driver", "Install laep again in a fresh environment.")


def _shipped() -> Iterator[Finding]:
    for name, path in (("templates", resources.templates()), ("sample data", resources.sample_data())):
        if path.is_dir():
            yield Finding(name, "good", "there")
        else:
            yield Finding(name, "bad", f"{path} is not there", "Install laep again.")


def _lapsed(day: dt.date) -> Iterator[Finding]:
    """Name the shipped prices and rules that ended, or should have been read again, before `day`."""
    for one in assumptions.lapsed(day):
        told = f"{one.meaning}: {one.value:g}{one.in_unit} of {one.year}, {one.lapse_told}"
        advice = f"Take a newer laep, or set today's with `laep assumptions --set {one.key}=VALUE`."
        yield Finding(f"assumption {one.key}", "warn", told, advice)


def _disk(folder: Path) -> Iterator[Finding]:
    spare = shutil.disk_usage(folder if folder.is_dir() else folder.parent).free / 1e6
    state = "good" if spare > _SPARE_MB else "warn"
    yield Finding("disk", state, f"{spare:,.0f} MB free", "" if state == "good" else "Make room before a large ingest.")


def _network() -> Iterator[Finding]:
    """Say where fetched files are kept, and whether laep may fetch; no server is asked."""
    kept = Cache().folder
    offline = offline_by_environment()
    held = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file()) if kept.is_dir() else 0
    if _can_write(kept):
        yield Finding("cache", "good", f"{kept}, {held / 1e6:,.0f} MB")
    else:
        yield Finding("cache", "bad", f"{kept} cannot be written", f"Set {CACHE_VARIABLE} to a folder of yours.")
    yield Finding("network", "good", f"not used, as {OFFLINE_VARIABLE} is set" if offline else "used by `laep ingest`")


def _can_write(folder: Path) -> bool:
    """Return whether files can be made in a folder, or in the nearest one above that is there; nothing is made."""
    there = next(one for one in (folder, *folder.resolve().parents) if one.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _keys() -> Iterator[Finding]:
    """Say which keys are set; their values are never shown."""
    for name, key in keys.KEYS.items():
        try:
            there = keys.is_set(name)
        except UserFault as fault:
            yield Finding(name, "bad", str(fault), keys.how_to_set(name))
            continue
        if there:
            yield Finding(name, "good", f"set ({key.holder})")
        else:
            yield Finding(name, "good", f"not set ({key.holder}); laep works without", keys.how_to_set(name))


def _operators(store: Store) -> Iterator[Finding]:
    """Say whose network the area stands on."""
    if "in_boundary" not in store.layers():
        return
    served = licence_areas.served_by(store.public("in_boundary").geometry.union_all())
    found = ", ".join(f"{one.operator} ({one.licence_area})" for one in served)
    advice = ""
    if len(served) > 1:
        advice = "The place is near a border: `laep ingest licence_areas --file PATH`, with a map of them, settles it."
    yield Finding("network operator", "good", found, advice)


def _area(folder: Path) -> Iterator[Finding]:
    if not (folder / area.TOML_NAME).is_file():
        yield Finding("area", "warn", f"{folder} holds no {area.TOML_NAME}", "Make an area with `laep init NAME`.")
        return
    try:
        found = area.load(folder)
        yield Finding("area", "good", f"{found.name} in {found.folder}")
        if not _can_write(found.folder):
            yield Finding("area folder", "bad", "cannot be written", "Copy it to where you may write, and go there.")
        if not found.gpkg.is_file():
            yield Finding("area file", "warn", "no data read yet", "Run `laep ingest`.")
            return
        store = Store(found.gpkg)
        yield from _operators(store)
        for source in gather.status(found, store):
            if source.state != "fresh":
                yield Finding(f"source {source.name}", "warn", source.reason, f"Run `laep ingest {source.name}`.")
        for step in pipeline.status(found, store, steps.STEPS):
            if step.state != "fresh":
                advice = "" if step.state == "skipped" else "Run `laep run`."
                yield Finding(f"step {step.step.name}", "warn", step.reason, advice)
    except LaepError as fault:
        yield Finding("area", "bad", str(fault))
