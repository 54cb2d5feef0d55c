"""Reading sources into the area GeoPackage: which ones, in which order, and which have changed since last time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from laep import __version__, ingest
from laep import area as areas
from laep.area import SourceChoice
from laep.errors import SourceInvalid, UserFault
from laep.ingest.source import Request
from laep.schema import empty
from laep.store import Provenance, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from laep.area import Area
    from laep.ingest.source import Ingested, Source

ALWAYS = ("boundary", "weather")
"""Sources that need no file from the user, and so are never left out."""
_TAKES = {
    "tenure": {"zones": "in_zone"},
    "census": {"zones": "in_zone"},
    "fuel_poverty": {"zones": "in_zone"},
    "metered": {"zones": "in_zone", "buildings": "in_building", "addresses": "in_address"},
    "homes": {"buildings": "in_building", "addresses": "in_address", "uprns": "in_uprn"},
    "buildings": {"places": "in_place", "land": "in_land", "drawn": "in_building"},
    "ssen_feeder_lookup": {"buildings": "in_building", "substations": "in_substation"},
    "feeder_usage": {"feeders": "in_feeder"},
}
"""Layers some sources read their file by, where the area holds them: option -> layer. They are read before it."""


@dataclass(frozen=True)
class SourceStatus:
    """One source the area names: `fresh`, `stale`, `new` or `missing` (its file is gone), and why."""

    name: str
    state: str
    reason: str


def named(area: Area) -> list[str]:
    """Return the sources this area reads, in reading order."""
    return [name for name in ingest.MODULES if name in area.sources or name in ALWAYS]


def status(area: Area, store: Store) -> list[SourceStatus]:
    """Return the standing of every source the area names."""
    ran = store.steps()
    found = []
    for name in named(area):
        gone = [path for path in _files(area, name) if not path.is_file()]
        previous = ran.get(f"ingest {name}")
        if gone:
            found.append(SourceStatus(name, "missing", f"no file {gone[0]}"))
        elif previous is None:
            found.append(SourceStatus(name, "new", "has not been read yet"))
        elif changed := [k for k, v in _inputs(area, name, store).items() if previous.inputs.get(k) != v]:
            found.append(SourceStatus(name, "stale", "changed: " + ", ".join(changed)))
        else:
            found.append(SourceStatus(name, "fresh", ""))
    return found


def read(
    area: Area,
    names: Iterable[str] = (),
    *,
    files: Iterable[Path] = (),
    again: bool = False,
    on_source: Callable[[str, str, str], None] = lambda *_: None,
) -> dict[str, Ingested]:
    """
    Read sources into the area GeoPackage and return what each gave.

    Parameters
    ----------
    names : iterable of str
        Sources to read; none means all that the area names.
    files : iterable of Path
        Files for the one source named; they are written into laep.toml when the reading went well.
    again : bool
        Read sources whose files have not changed as well.
    on_source : callable
        Called as `on_source(name, "reads" | "fresh" | "done" | "failed", note)`.

    Raises
    ------
    SourceInvalid
        After all sources have been tried, with every fault in one message. What could be read is kept.
    """
    names, files = list(names), [path.expanduser() for path in files]
    wanted = _wanted(area, names, files)
    if files:
        known = area.sources.get(names[0], SourceChoice())
        chosen = replace(known, files=tuple(path.resolve() for path in files))
        area = replace(area, sources={**area.sources, names[0]: chosen})
    store = Store.create(area.gpkg, area.area_id)
    given_back: dict[str, Ingested] = {}
    faults: list[str] = []
    for name in wanted:
        on_source(name, "reads", "")
        try:
            result = _read_one(area, name, store, again=again or name in names)
        except UserFault as fault:
            faults.append(f"{name}: {fault}")
            on_source(name, "failed", str(fault))
            if name == "boundary":
                break
            continue
        if result is None:
            on_source(name, "fresh", "")
        else:
            given_back[name] = result
            on_source(name, "done", rows_kept(result))
    if faults:
        raise SourceInvalid("\n".join(faults))
    if files:
        areas.remember_files(area, names[0], files)
    return given_back


def rows_kept(result: Ingested) -> str:
    """Return how many rows a source gave, in words."""
    dropped = f" of {result.rows_read:,}" if result.rows_read > result.rows_kept else ""
    return f"{result.rows_kept:,}{dropped} rows kept"


def _wanted(area: Area, names: list[str], files: list[Path]) -> list[str]:
    for name in names:
        ingest.load(name)
    if files and len(names) != 1:
        raise UserFault("`--file` goes with one source, as in `laep ingest osm --file map.osm.pbf`.")
    return sorted({*ALWAYS, *(names or named(area))}, key=list(ingest.MODULES).index)


def _read_one(area: Area, name: str, store: Store, *, again: bool) -> Ingested | None:
    """Read one source into the store, or return None when nothing has changed since it was last read."""
    module = ingest.load(name)
    source: Source = module.SOURCE
    choice = area.sources.get(name, SourceChoice())
    _check_options(area, source, choice)
    files = _files(area, name)
    if source.needs_file and not files:
        raise SourceInvalid(
            f"no file named. {source.title} is at {source.url}; then run `laep ingest {name} --file PATH`."
        )
    for path in files:
        if not path.is_file():
            raise SourceInvalid(f"{path}: no such file. Get {source.title} from {source.url}.")
    inputs = _inputs(area, name, store)
    previous = store.steps().get(f"ingest {name}")
    if previous and previous.inputs == inputs and not again:
        return None
    result: Ingested = module.read(_request(area, name, choice, files, store))
    _keep(store, source, files, inputs, result)
    return result


def _request(area: Area, name: str, choice: SourceChoice, files: tuple[Path, ...], store: Store) -> Request:
    options: dict[str, Any] = dict(choice.options)
    for option, layer in _TAKES.get(name, {}).items():
        if store.has(layer):
            options[option] = _of_others(store.read(layer), name)
    clip = None if name == "boundary" else store.read("in_boundary").geometry.union_all()
    return Request(
        files=files, clip=clip, options=options, area_id=area.area_id, name=area.name, postcode=area.postcode
    )  # fmt: skip


def _keep(store: Store, source: Source, files: tuple[Path, ...], inputs: Mapping[str, str], result: Ingested) -> None:
    held = store.layers()
    with store.edit() as edit:
        for layer in source.writes:
            if layer in result.layers:
                edit.replace_source(layer, result.layers[layer], source_id=source.name)
            elif layer in held:
                edit.replace_source(layer, empty(layer), source_id=source.name)
        edit.record_step(f"ingest {source.name}", version=1, inputs=inputs, used=())
        edit.record_source(
            Provenance(
                source_id=source.name,
                title=source.title,
                publisher=source.publisher,
                licence=source.licence,
                attribution=source.attribution,
                url=source.url,
                edition=result.edition,
                files="\n".join(path.name for path in files),
                sha256="\n".join(_sha256(path) for path in files),
                rows_read=result.rows_read,
                rows_kept=result.rows_kept,
                layers="\n".join(sorted(result.layers)),
                notes="\n".join(result.notes),
            )
        )


def _check_options(area: Area, source: Source, choice: SourceChoice) -> None:
    for key in choice.options:
        if key not in source.options:
            known = ("file", "files", *source.options)
            line = area.line_of(key, f"sources.{source.name}")
            raise SourceInvalid(
                f"{area.toml}, line {line}: unknown key {key!r} in [sources.{source.name}]. {areas.nearest(key, known)}"
            )


def _files(area: Area, name: str) -> tuple[Path, ...]:
    if name == "boundary":
        return (area.boundary,)
    return area.sources.get(name, SourceChoice()).files


def _inputs(area: Area, name: str, store: Store) -> dict[str, str]:
    layers = store.layers()
    inputs = {path.name: _sha256(path) for path in _files(area, name)}
    inputs["options"] = area.sources.get(name, SourceChoice()).digest()
    inputs["laep"] = __version__
    if name != "boundary":
        inputs["in_boundary"] = layers["in_boundary"].fingerprint if "in_boundary" in layers else ""
        inputs["postcode"] = area.postcode or ""
    for layer in _TAKES.get(name, {}).values():
        own = layer in ingest.load(name).SOURCE.writes
        inputs[layer] = "" if layer not in layers else _mark(store, layer, name) if own else layers[layer].fingerprint
    return inputs


def _of_others(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of a layer that another source wrote: a source never takes what it gave itself."""
    return frame[frame["source_id"] != name]


def _mark(store: Store, layer: str, name: str) -> str:
    """Return a fingerprint of what other sources wrote into a layer that this source writes into as well."""
    rows = _of_others(store.read(layer), name)
    if rows.empty:
        return ""
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
