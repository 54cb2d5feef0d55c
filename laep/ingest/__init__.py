"""Published files in, `in_*` layers out. One module a source, with `SOURCE`, `COLUMNS` (if it has some) and `read`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module, metadata
from typing import TYPE_CHECKING

from laep.errors import SourceInvalid, ValuesBroken
from laep.hints import did_you_mean
from laep.ingest.read import packed, unread
from laep.ingest.read.files import refuse_pointers
from laep.ingest.source import Source
from laep.schema import LAYERS, unusual
from laep.schema.vocabulary import TOLD_BY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import ModuleType

    from laep.ingest.source import Ingested, Request

GROUP = "laep.sources"
"""Entry points of other packages: name of the source -> module."""
MODULES: dict[str, str] = {
    "boundary": "laep.ingest.place.boundary",
    "licence_areas": "laep.ingest.place.licence_areas",
    "osm": "laep.ingest.ground.osm",
    "places": "laep.ingest.ground.places",
    "land": "laep.ingest.ground.land",
    "buildings": "laep.ingest.ground.buildings",
    "constraints": "laep.ingest.ground.constraints",
    "zones": "laep.ingest.place.zones",
    "tenure": "laep.ingest.people.tenure",
    "census": "laep.ingest.people.census",
    "metered": "laep.ingest.people.metered",
    "fuel_poverty": "laep.ingest.people.fuel_poverty",
    "uprn": "laep.ingest.ground.uprn",
    "homes": "laep.ingest.people.homes",
    "weather": "laep.ingest.weather.source",
    "elevation": "laep.ingest.ground.elevation",
    "ssen_headroom": "laep.ingest.dso.ssen.headroom",
    "ssen_areas": "laep.ingest.dso.ssen.areas",
    "ssen_transformers": "laep.ingest.dso.ssen.transformers",
    "ssen_feeder_lookup": "laep.ingest.dso.ssen.feeder_lookup",
    "feeder_usage": "laep.ingest.dso.every.feeder_usage",
    "nged_substations": "laep.ingest.dso.nged.substations",
    "ukpn_sites": "laep.ingest.dso.ukpn.sites",
    "enwl_headroom": "laep.ingest.dso.enwl.headroom",
    "spen_headroom": "laep.ingest.dso.spen.headroom",
    "ssen_substations": "laep.ingest.dso.ssen.substations",
    "ssen_lines": "laep.ingest.dso.ssen.lines",
    "nged_capacity": "laep.ingest.dso.nged.capacity",
    "nged_areas": "laep.ingest.dso.nged.areas",
    "nged_secondary": "laep.ingest.dso.nged.secondary",
    "ukpn_ltds": "laep.ingest.dso.ukpn.ltds",
    "ukpn_headroom": "laep.ingest.dso.ukpn.headroom",
    "ukpn_areas": "laep.ingest.dso.ukpn.areas",
    "ukpn_secondary": "laep.ingest.dso.ukpn.secondary",
    "ukpn_lines": "laep.ingest.dso.ukpn.lines",
    "npg_ltds": "laep.ingest.dso.npg.ltds",
    "npg_heatmap": "laep.ingest.dso.npg.heatmap",
    "npg_headroom": "laep.ingest.dso.npg.headroom",
    "npg_areas": "laep.ingest.dso.npg.areas",
    "npg_lines": "laep.ingest.dso.npg.lines",
    "enwl_heatmap": "laep.ingest.dso.enwl.heatmap",
    "enwl_areas": "laep.ingest.dso.enwl.areas",
    "enwl_secondary": "laep.ingest.dso.enwl.secondary",
    "enwl_lines": "laep.ingest.dso.enwl.lines",
    "spen_ltds": "laep.ingest.dso.spen.ltds",
    "spen_primaries": "laep.ingest.dso.spen.primaries",
    "spen_areas": "laep.ingest.dso.spen.areas",
    "spen_lines": "laep.ingest.dso.spen.lines",
    "ecr": "laep.ingest.dso.every.ecr",
    "repd": "laep.ingest.dso.every.repd",
    "ukpn_low_carbon": "laep.ingest.dso.ukpn.low_carbon",
    "flexibility": "laep.ingest.dso.every.flexibility",
    "curtailment": "laep.ingest.dso.every.curtailment",
    "dfes": "laep.ingest.dso.every.dfes",
    "nged_requests": "laep.ingest.dso.nged.requests",
    "load_monitor": "laep.ingest.dso.every.load_monitor",
    "meter": "laep.ingest.people.meter",
}
"""Every source laep ships by the name the user types; those of other packages come after them (`names`)."""
_BROKEN = (ImportError, AttributeError, NameError, SyntaxError, TypeError, ValueError)
"""What a module written for another version of laep, or half installed, ends in while it is imported."""


@cache
def added() -> Mapping[str, metadata.EntryPoint]:
    """
    Return the sources of other packages by name, in the order of the alphabet.

    Raises
    ------
    SourceInvalid
        When two packages, or one and laep itself, have a source of one name.
    """
    found: dict[str, metadata.EntryPoint] = {}
    for entry in sorted(metadata.entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        if entry.name in MODULES or entry.name in found:
            other = package(found[entry.name]) if entry.name in found else "laep itself"
            raise SourceInvalid(f"{package(entry)} has a source {entry.name!r}, and so has {other}. {_mend(entry)}")
        found[entry.name] = entry
    return found


def names() -> tuple[str, ...]:
    """Return every source by the name the user types: those laep ships, then those of other packages."""
    return (*MODULES, *added())


def load(name: str) -> ModuleType:
    """
    Return the module of source `name`.

    Raises
    ------
    SourceInvalid
        For an unknown name, with the nearest right one, and for a source of another package that is broken.
    """
    if name in MODULES:
        return import_module(MODULES[name])
    if name in added():
        return _from_package(added()[name])
    raise SourceInvalid(f"There is no source {name!r}. {did_you_mean(name, names())} `laep sources` lists them.")


def read_source(name: str, request: Request) -> Ingested:
    """
    Return what source `name` reads, with notes on cells of text where a number is due, and on unusual numbers.

    Files packed with gzip are unpacked while it reads.

    Raises
    ------
    SourceInvalid
        Also for a packed file of a source whose files are read again later (`Source.keeps_files`).
    """
    module = load(name)
    for path in request.files:
        refuse_pointers(path)
        if module.SOURCE.keeps_files and packed.is_packed(path):
            raise SourceInvalid(f"{path}: is packed (gzip), and laep reads it anew in each run. Type `gunzip {path}`.")
    with unread.watched() as log, packed.opened(request.files) as files, _values_are_the_files(request.files):
        found: Ingested = module.read(replace(request, files=files))
    odd = [note for layer, frame in found.layers.items() for note in unusual(frame, layer)]
    return replace(found, notes=(*found.notes, *log.notes(), *odd))


@contextmanager
def _values_are_the_files(files: tuple[Path, ...]) -> Iterator[None]:
    """Say of values that no layer takes that they stand in the files."""
    try:
        yield
    except ValuesBroken as fault:
        named = ", ".join(path.name for path in files) or "What comes with laep"
        raise SourceInvalid(f"{named}: {fault}. Mend these rows in the file, or leave them out.") from fault


def in_order(wanted: Iterable[str]) -> Iterator[str]:
    """
    Yield sources so that each comes after those that fill a layer it reads by, and else in the order of `names`.

    Raises
    ------
    SourceInvalid
        When some wait for one another.
    """
    place = {name: at for at, name in enumerate(names())}
    sources = {name: load(name).SOURCE for name in wanted}
    waits = {
        name: {other for other, fills in sources.items() if other != name and {*source.takes} & {*fills.writes}}
        for name, source in sources.items()
    }
    sorter = TopologicalSorter(waits)
    try:
        sorter.prepare()
    except CycleError as error:
        raise SourceInvalid(f"These sources wait for one another: {', '.join(error.args[1][1:])}.") from error
    ready: set[str] = set()
    while sorter.is_active():
        ready |= set(sorter.get_ready())
        first = min(ready, key=place.__getitem__)
        ready.remove(first)
        yield first
        sorter.done(first)


def package(entry: metadata.EntryPoint) -> str:
    """Return the package an entry point comes from, with its version."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def _from_package(entry: metadata.EntryPoint) -> ModuleType:
    try:
        module: ModuleType = entry.load()
    except _BROKEN as error:
        raise SourceInvalid(
            f"The source {entry.name!r} of {package(entry)} cannot be loaded ({error}). {_mend(entry)}"
        ) from error
    source = getattr(module, "SOURCE", None)
    if not isinstance(source, Source) or not callable(getattr(module, "read", None)):
        fault = f"{entry.value} has no SOURCE that is a laep.ingest.source.Source, or no function read(request)"
    elif source.name != entry.name:
        fault = f"its SOURCE is called {source.name!r}"
    elif "in_generator" in source.writes and source.told_by not in TOLD_BY:
        fault = f"it writes in_generator, so its SOURCE needs told_by: one of {', '.join(TOLD_BY)}"
    elif unknown := sorted({*source.writes, *source.takes} - LAYERS.keys()):
        fault = f"laep has no layer {', '.join(unknown)}"
    else:
        return module
    raise SourceInvalid(f"The source {entry.name!r} of {package(entry)} cannot be used: {fault}. {_mend(entry)}")


def _mend(entry: metadata.EntryPoint) -> str:
    named = entry.dist.name if entry.dist else "PACKAGE"
    return f"Update that package, or take it out: `pip uninstall {named}`."
