"""Reading sources into the area GeoPackage: which ones, in which order, and which have changed since last time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from laep import area as areas
from laep import faults, ingest, leaning, plain
from laep.area import SourceChoice
from laep.errors import NotCached, OutsideArea, SourceInvalid, StoreInvalid, UserFault
from laep.events import Event, Happened, unheard
from laep.files import sha256
from laep.gather import catalogue, fetched, obtain
from laep.hints import did_you_mean
from laep.ingest.ground import use_class
from laep.ingest.source import Request
from laep.results import SourceRead
from laep.schema import empty
from laep.store import Provenance, Store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from laep.area import Area
    from laep.errors import LaepError
    from laep.events import Listener
    from laep.gather.fetched import Fetched
    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Ingested, Source
    from laep.store import Edit

ALWAYS = ("boundary", "licence_areas", "weather")
"""Sources that need no file from the user, and so are never left out."""


@dataclass(frozen=True)
class SourceStatus:
    """One source the area names: `fresh`, `stale`, `new` or `missing` (its file is gone), and why."""

    name: str
    state: str
    reason: str


def named(area: Area) -> list[str]:
    """Return the sources this area reads, in reading order."""
    held = {*area.sources, *ALWAYS, *fetched.of_area(area)}
    return list(ingest.in_order(held & {*ingest.names()}))


def status(area: Area, store: Store) -> list[SourceStatus]:
    """Return the standing of every source the area names."""
    ran = store.steps()
    found = []
    for name in named(area):
        files = obtain.known_files(area, name)
        gone = [path for path in (*files, *obtain.files_beside(area, name)) if not path.is_file()]
        previous = ran.get(f"ingest {name}")
        if gone:
            found.append(SourceStatus(name, "missing", f"no file {gone[0]}"))
        elif previous is None:
            found.append(SourceStatus(name, "new", "has not been read yet"))
        elif changed := [k for k, v in _inputs(area, name, files, store).items() if previous.inputs.get(k) != v]:
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
    fetcher: Fetcher | None = None,
    on_event: Listener = unheard,
) -> dict[str, Ingested]:
    """
    Read sources into the area GeoPackage and return what each gave.

    Parameters
    ----------
    names : iterable of str
        Sources to read; none means all that the area names, and for a live area all that can be fetched for it.
    files : iterable of Path
        Files for the one source named; they are written into laep.toml when the reading went well.
    again : bool
        Read sources whose files have not changed as well.
    fetcher : Fetcher, optional
        Fetches sources that have no local file: those named, and in a live area every one that applies. None reads
        local files and what was fetched before.
    on_event : callable
        Told of every source as it begins and ends. One that nobody named may be missed, uncached or locked: no fault.

    Raises
    ------
    SourceInvalid
        After all sources have been tried, with every fault in one message. What could be read is kept. Where one of
        the faults is ours or the computer's, it is raised as such.
    """
    names, files, before = list(names), [path.expanduser() for path in files], area
    _check_names(names, files)
    area = areas.take_back(area, names)
    if files:
        known = area.sources.get(names[0], SourceChoice())
        chosen = replace(known, files=tuple(path.resolve() for path in files))
        area = replace(area, sources={**area.sources, names[0]: chosen})
    store = Store.create(area.gpkg, area.area_id)
    _remove_unnamed([] if names else _unnamed(area, store), store, on_event)
    given_back: dict[str, Ingested] = {}
    met: list[tuple[str, LaepError]] = []
    fetching = obtain.Fetching(area, store, fetcher, tuple(names)) if fetcher else None
    missed: set[str] = set()
    for name in _with_stand_ins(_in_turn(area, names, fetching, on_event), missed, fetching):
        on_event(Event(name, Happened.BEGINS))
        try:
            result = _read_one(area, name, store, again=again or name in names, fetching=fetching)
        except StoreInvalid:  # nothing can be written: no other source would fare better
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of a source: whatever happens in one, the others go on
            fault = faults.told(error, doing=f"source {name}", folder=area.folder)
            if name not in {*names, *area.sources, *ALWAYS}:
                lost = Happened.UNCACHED if isinstance(fault, NotCached) else Happened.MISSED
                on_event(Event(name, lost, str(fault)))
                missed.update([name] * (lost is Happened.MISSED))
                continue
            met.append((name, fault))
            on_event(Event(name, Happened.FAILED, str(fault)))
            if name == "boundary":
                break
            continue
        if result is None:
            on_event(Event(name, Happened.FRESH))
        else:
            result = _say_replaced(before, name, files, result)
            given_back[name] = result
            on_event(Event(name, Happened.DONE, told(name, result).kept))
    if met:
        raise faults.together(met, SourceInvalid) from met[0][1]
    if files:
        areas.remember_files(area, names[0], files)
    return given_back


def remove(area: Area, name: str) -> None:
    """
    Take a source out of the area: its rows, what is known of them, and its lines in laep.toml.

    Raises
    ------
    UserFault
        When there is no such source, the area does not have it, or cannot do without.
    """
    source: Source = ingest.load(name).SOURCE
    if name in ALWAYS:
        raise UserFault(f"An area always has {name}: it needs no file, and so it cannot be taken out.")
    store = Store(area.gpkg)
    if name not in {*area.sources, *fetched.of_area(area), *_held(store)}:
        raise UserFault(f"The area has no source {name}. It has {', '.join(_held(store)) or 'none'}.")
    with store.edit() as edit:
        edit.remove_source(name, source.writes)
        _settle(edit, source.writes)
    areas.forget_source(area, name)
    fetched.remember(area, name, ())


def _held(store: Store) -> list[str]:
    return store.provenance()["source_id"].tolist()


def _unnamed(area: Area, store: Store) -> list[str]:
    """Return the sources that the area holds and whose lines have gone from laep.toml."""
    return sorted({*_held(store)} - {*named(area)})


def _remove_unnamed(unnamed: list[str], store: Store, on_event: Listener) -> None:
    for name in unnamed:
        written = ingest.load(name).SOURCE.writes if name in ingest.names() else ()
        with store.edit() as edit:
            edit.remove_source(name, written)
            _settle(edit, written)
        on_event(Event(name, Happened.REMOVED))


def _say_replaced(area: Area, name: str, files: list[Path], result: Ingested) -> Ingested:
    """Return what a source gave with a note on files of `area` that other files have taken the place of."""
    gone = {path.name for path in area.sources.get(name, SourceChoice()).files} - {path.name for path in files}
    if not files or not gone:
        return result
    every = " ".join(f"--file {each}" for each in ("OLD", "NEW"))
    note = f"This takes the place of {', '.join(sorted(gone))}. To have both: `laep ingest {name} {every}`."
    return replace(result, notes=(note, *result.notes))


def told(name: str, result: Ingested) -> SourceRead:
    """Return what is told of a source that was read."""
    return SourceRead(name, result.rows_read, result.rows_kept, result.edition, result.notes)


def _in_turn(area: Area, names: list[str], fetching: obtain.Fetching | None, on_event: Listener) -> Iterator[str]:
    """Yield the boundary, then what else is wanted: which sources apply is only known once the boundary is read."""
    yield "boundary"
    wanted = {*ALWAYS, *(names or named(area))} - {"boundary"}
    if fetching and area.live and not names:
        unasked, locked = catalogue.automatic(fetching.place)
        wanted.update({*unasked} - {*area.without})
        for name in locked:
            if name not in {*wanted, *area.without}:
                on_event(Event(name, Happened.LOCKED, str(ingest.load(name).SOURCE.key)))
    yield from ingest.in_order(wanted)


def _with_stand_ins(turn: Iterator[str], missed: Collection[str], fetching: obtain.Fetching | None) -> Iterator[str]:
    """Yield sources in turn, and after one that has come to be among the `missed` those that stand in for it."""
    given: set[str] = set()
    for name in turn:
        if name not in given:
            given.add(name)
            yield name
        if name in missed and fetching:
            others = [other for other in catalogue.stand_ins(name, fetching.place) if other not in given]
            given.update(others)
            yield from others


def _check_names(names: list[str], files: list[Path]) -> None:
    for name in names:
        ingest.load(name)
    if files and len(names) != 1:
        raise UserFault("`--file` goes with one source, as in `laep ingest osm --file map.osm.pbf`.")


def _read_one(
    area: Area, name: str, store: Store, *, again: bool, fetching: obtain.Fetching | None = None
) -> Ingested | None:
    """Read one source into the store, or return None when nothing has changed since it was last read."""
    source: Source = ingest.load(name).SOURCE
    choice = area.sources.get(name, SourceChoice())
    _check_options(area, source, choice)
    got = replace(obtain.files_of(area, source, fetching), also=obtain.files_beside(area, name))
    obtain.check(source, got)
    inputs = _inputs(area, name, got.files, store)
    previous = store.steps().get(f"ingest {name}")
    if previous and previous.inputs == inputs and not again:
        return None
    try:
        result = ingest.read_source(name, _request(area, name, choice, got.files, store))
    except OutsideArea:
        raise
    except Exception:
        if fetching and got.records:  # what a reader refuses may be half a file: it is asked for anew next time
            fetching.fetcher.drop(got.files)
        raise
    result = replace(result, notes=(*got.said, *_say_licence(source, got.records), *result.notes))
    _keep(store, source, got, inputs, result)
    if got.records:
        fetched.remember(area, name, got.records)
    return result


def _say_licence(source: Source, records: tuple[Fetched, ...]) -> list[str]:
    """Return a note where the portal states a licence in other words than laep does."""
    known = source.licence.casefold()
    stated = {each.licence for each in records if each.licence and each.licence.casefold() not in known}
    return [f"The portal states the licence as: {licence}." for licence in sorted(stated)]


def _request(area: Area, name: str, choice: SourceChoice, files: tuple[Path, ...], store: Store) -> Request:
    takes = ingest.load(name).SOURCE.takes
    layers = {layer: _of_others(store.read(layer), name) for layer in takes if store.has(layer)}
    options: dict[str, Any] = dict(choice.options) | obtain.option_files(area, name)
    clip = None if name == "boundary" else store.read("in_boundary").geometry.union_all()
    return Request(
        files=files, clip=clip, layers=layers, options=options, area_id=area.area_id, name=area.name,
        postcode=area.postcode, folder=area.folder,
    )  # fmt: skip


def _keep(store: Store, source: Source, got: obtain.Files, inputs: Mapping[str, str], result: Ingested) -> None:
    held = store.layers()
    with store.edit() as edit:
        for layer in source.writes:
            if layer in result.layers:
                edit.replace_source(layer, plain.frame(result.layers[layer]), source_id=source.name)
            elif layer in held:
                edit.replace_source(layer, empty(layer), source_id=source.name)
        _settle(edit, source.writes)
        edit.record_step(f"ingest {source.name}", inputs=inputs, used=())
        edit.record_source(provenance(source, result, (*got.files, *got.also), records=got.records))


def _settle(edit: Edit, written: Collection[str]) -> None:
    """Settle what several sources tell of one thing, where one of them has written: the use of a building."""
    buildings = edit.held("in_building")
    if buildings is not None and {"in_building", "in_building_use"} & {*written}:
        told = edit.held("in_building_use")
        settled = use_class.reconcile(buildings, empty("in_building_use") if told is None else told)
        if not settled["use_by"].equals(buildings["use_by"]):
            edit.settle("in_building", settled)


def provenance(
    source: Source, result: Ingested, files: Collection[Path], *, records: Collection[Fetched] = ()
) -> Provenance:
    """Return where the rows of one source came from; `records` are those of files that were fetched."""
    given = [path.name for path in files]
    own = source.of_households and not records  # what laep fetched it named itself
    names = _numbered(given) if own else {name: name for name in given}
    return Provenance(
        source_id=source.name,
        title=source.title,
        publisher=source.publisher,
        licence=source.licence,
        attribution=source.attribution,
        url="\n".join([source.url, *dict.fromkeys(each.url for each in records)]),
        edition=result.edition or max((each.edition for each in records), default=""),
        files="\n".join(names[name] for name in given),
        sha256="\n".join(sha256(path) for path in files),
        rows_read=result.rows_read,
        rows_kept=result.rows_kept,
        layers="\n".join(sorted(result.layers)),
        notes="\n".join(_without_names(note, names) for note in result.notes),
        retrieved_at=max((each.retrieved_at for each in records), default=""),
    )


def _numbered(names: list[str]) -> dict[str, str]:
    """Return what files of a private source are called in outputs: their own names may tell of a home."""
    return {name: f"file {number}" for number, name in enumerate(dict.fromkeys(names), start=1)}


def _without_names(note: str, names: Mapping[str, str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        note = note.replace(name, names[name])
    return plain.one_line(note)


def _check_options(area: Area, source: Source, choice: SourceChoice) -> None:
    for key in choice.options:
        if key not in source.options:
            known = ("file", "files", *source.options)
            line = area.line_of(key, f"sources.{source.name}")
            raise SourceInvalid(
                f"{area.toml}, line {line}: unknown key {key!r} in [sources.{source.name}]. {did_you_mean(key, known)}"
            )


def _inputs(area: Area, name: str, files: tuple[Path, ...], store: Store) -> dict[str, str]:
    layers = store.layers()
    inputs: dict[str, str] = {}
    for path in (*files, *obtain.files_beside(area, name)):  # two of them may have one name, in two folders
        inputs[path.name] = ";".join(filter(None, (inputs.get(path.name), sha256(path))))
    inputs["options"] = area.sources.get(name, SourceChoice()).digest()
    module = ingest.load(name)
    leans = leaning.on_module(module.__name__, layers=module.SOURCE.writes)
    inputs |= {"laep": leans.code, **leans.data}
    if name != "boundary":
        inputs["in_boundary"] = layers["in_boundary"].fingerprint if "in_boundary" in layers else ""
        inputs["postcode"] = area.postcode or ""
    if name in ingest.added():
        inputs["package"] = ingest.package(ingest.added()[name])
    source = ingest.load(name).SOURCE
    for layer in source.takes:
        own = layer in source.writes
        inputs[layer] = "" if layer not in layers else _mark(store, layer, name) if own else layers[layer].fingerprint
    return inputs


def _of_others(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of a layer that another source wrote, as it told them: a source never takes what it gave."""
    others = frame[frame["source_id"] != name]
    return use_class.as_told(others) if "use_told" in others else others


def _mark(store: Store, layer: str, name: str) -> str:
    """Return a fingerprint of what other sources wrote into a layer that this source writes into as well."""
    rows = _of_others(store.read(layer), name)
    if rows.empty:
        return ""
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()
