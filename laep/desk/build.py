"""Operators' files in, one headroom store out: recognised, read by the ingest sources, linked, replaced whole."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from laep import ingest, licence, plain
from laep.desk import cite, postcodes, store
from laep.desk.link import Linked, link
from laep.errors import LayerMissing, SourceInvalid, UserFault
from laep.files import locked, now
from laep.gather.gather import provenance
from laep.hints import meant
from laep.ingest.place import licence_areas
from laep.ingest.read.table import squash
from laep.ingest.source import Request
from laep.schema import CRS, empty

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from laep.store import Store

LAYERS = {
    "in_substation": ("substation", "substation_id"),
    "in_supply_area": ("supply_area", "supply_area_id"),
    "in_headroom": ("headroom", "substation_id"),
    "in_generator": ("generator", "generator_id"),
}
"""Layer -> table of the store, and the column its rows are found again by in the file."""
_LEAST_COLUMNS = 3
_ENOUGH = 0.5
"""A file is a source's when it has half the source's columns, or when half its columns are the source's."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a build read and what the store now holds."""

    path: Path
    read: dict[str, tuple[str, ...]]
    rows: dict[str, int]
    notes: tuple[str, ...]


def sources() -> list[str]:
    """Return the ingest sources a headroom store takes: operators' own, neither maps nor what planners hold."""
    offered = {name: ingest.load(name).SOURCE for name in ingest.names()}
    return [
        name
        for name, source in offered.items()
        if source.told_by in ("", "register") and set(source.writes) & LAYERS.keys()
    ]


def choose(files: Iterable[Path], named: Iterable[str] = ()) -> dict[str, list[Path]]:
    """
    Return source -> files, from files to be recognised and from texts such as `ssen_headroom=FILE`.

    Raises
    ------
    UserFault
        With every file that is missing, unknown or of no source, at once.
    """
    chosen: dict[str, list[Path]] = {}
    faults: list[str] = []
    known = sources()
    for text in named:
        name, sign, file = text.partition("=")
        if not sign or name.strip() not in known:
            hint = meant(name.strip(), known)
            faults.append(f"--source {text}: write SOURCE=FILE.{hint} Sources: {', '.join(known)}.")
        elif not Path(file.strip()).is_file():
            faults.append(f"{file.strip()}: no such file.")
        else:
            chosen.setdefault(name.strip(), []).append(Path(file.strip()))
    for path in files:
        try:
            chosen.setdefault(recognise(path), []).append(path)
        except UserFault as fault:
            faults.append(str(fault))
    if faults:
        raise UserFault("\n".join(faults))
    return chosen


def recognise(path: Path) -> str:
    """Return the source whose columns a file has; raise `SourceInvalid` when it is none's."""
    if not path.is_file():
        raise SourceInvalid(f"{path}: no such file.")
    there = {squash(name) for name in _columns(path)}
    scores = []
    for name in sources():
        columns = getattr(ingest.load(name), "COLUMNS", {})
        wanted = [{squash(spelling) for spelling in spellings} for spellings in columns.values()]
        have = sum(bool(group & there) for group in wanted)
        enough = have >= _LEAST_COLUMNS and have >= _ENOUGH * min(len(wanted), len(there))
        good = enough or 0 < have == len(there)
        scores.append((good, have, have / max(len(wanted), 1), name))
    good, have, _, name = max(scores)
    if not good:
        near = f" The nearest is {name}, of whose columns it has {have}." if have else ""
        raise SourceInvalid(
            f"{path}: laep cannot tell which operator's table this is.{near} "
            f"Name it: `--source NAME={path}`, NAME one of {', '.join(sources())}."
        )
    return name


def build(
    into: Path,
    chosen: Mapping[str, Sequence[Path]],
    *,
    postcode_files: Sequence[Path] = (),
    licence_map: Path | None = None,
    on_source: Callable[[str], None] = lambda _: None,
) -> Built:
    """
    Read sources into the store at `into`, keeping those it holds already; a source named again is replaced.

    The store is written anew beside the old one and takes its place in one move.
    """
    if not chosen and not postcode_files and licence_map is None:
        raise UserFault("Nothing to read: name operators' files, as in `laep headroom build --into STORE FILE...`.")
    if not into.parent.is_dir():
        raise UserFault(f"{into.parent}: there is no such folder to put the store in.")
    with locked(into):  # what the store holds must stay what it is until it is written anew
        return _build(into, chosen, postcode_files, licence_map, on_source)


def _build(
    into: Path,
    chosen: Mapping[str, Sequence[Path]],
    postcode_files: Sequence[Path],
    licence_map: Path | None,
    on_source: Callable[[str], None],
) -> Built:
    held = _held(into, without=chosen) if into.exists() else _Held({}, [], [], [], [])
    layers, provenance, cells, places, licences = held
    read: dict[str, tuple[str, ...]] = {}
    for name, files in chosen.items():
        on_source(name)
        frames, row, copied, notes = _read(name, tuple(files))
        for layer, frame in frames.items():
            layers[layer] = pd.concat([layers[layer], frame], ignore_index=True) if layer in layers else frame
        provenance.append(row)
        cells += copied
        read[name] = notes
    if postcode_files:
        on_source("postcodes")
        places = postcodes.read_all(postcode_files)
    if licence_map is not None:
        on_source(licence_areas.SOURCE.name)
        licences = _licences(licence_map)
    linked = link(*_complete(layers), one_place=False)
    with store.writing(into) as db:
        fill(db, linked, provenance)
        _fill_shapes(db, "licence_area", licences)
        db.executemany("INSERT OR REPLACE INTO verbatim VALUES (?, ?, ?, ?)", cells)
        db.executemany("INSERT OR REPLACE INTO postcode VALUES (?, ?, ?)", places)
        db.execute("INSERT INTO laep_meta VALUES ('built_at', ?)", (now(),))
    rows = {
        "substation": len(linked.substations), "supply_area": len(linked.areas), "headroom": len(linked.headroom),
        "generator": len(linked.generators), "postcode": len(places), "source": len(provenance),
    }  # fmt: skip
    return Built(path=into, read=read, rows=rows, notes=linked.notes)


@contextmanager
def from_area(area_store: Store) -> Iterator[store.HeadroomStore]:
    """Return the headroom store that an area's layers make, held in memory."""
    if not area_store.has("in_substation") and not area_store.has("in_headroom"):
        raise LayerMissing(
            f"{area_store.path} holds no substations and no headroom. "
            "Run `laep ingest ssen_headroom --file PATH`, or that of its operator: see `laep sources`."
        )
    layers = {name: area_store.public(name) for name in LAYERS if area_store.has(name)}
    if "in_generator" in layers:
        layers["in_generator"] = layers["in_generator"].query("told_by == 'register'")
    cited = {name: frame.assign(file=None, source_row=None) for name, frame in layers.items()}
    with store.in_memory() as db:
        held = area_store.provenance()
        fill(db, link(*_complete(cited), one_place=True), held.reindex(columns=list(store.SOURCE)).to_dict("records"))
        store.index(db)
        yield store.HeadroomStore(db, path=None)


def fill(db: sqlite3.Connection, linked: Linked, provenance: Sequence[Mapping[Any, Any]]) -> None:
    """Write linked layers and their sources into the tables of a store."""
    _shapes(db, "substation", linked.substations, ("fid", *store.MADE))
    _shapes(db, "supply_area", linked.areas)
    _shapes(db, "generator", linked.generators)
    store.insert(db, "headroom", store.TABLES["headroom"], _rows(linked.headroom, store.TABLES["headroom"]))
    known = {row["source_id"]: row for row in provenance}
    frame = pd.DataFrame([known[name] for name in sorted(known)], columns=list(store.SOURCE))
    store.insert(db, "source", store.SOURCE, _rows(frame, store.SOURCE))


def _read(name: str, files: tuple[Path, ...]) -> tuple[dict[str, Any], dict[str, Any], list[Any], tuple[str, ...]]:
    """Return one source's layers with the place of each row, its provenance, its cells, and what it has to say."""
    module = ingest.load(name)
    found = ingest.read_source(name, Request(files=files))
    citations = cite.Citations(module, files)
    layers = {
        layer: citations.cite(plain.frame(frame), LAYERS[layer][1])
        for layer, frame in found.layers.items()
        if layer in LAYERS
    }
    row = {**asdict(provenance(module.SOURCE, found, files)), "retrieved_at": now()}
    del row["layers"]
    return layers, row, citations.verbatim(layers.values()), found.notes


class _Held(NamedTuple):
    """What a store holds: layers, provenance, cells of files, postcodes, and licence areas with their shapes."""

    layers: dict[str, Any]
    provenance: list[dict[str, Any]]
    cells: list[Any]
    postcodes: list[tuple[str, float, float]]
    licences: list[tuple[bytes, str, str]]


def _held(path: Path, *, without: Iterable[str]) -> _Held:
    """Return what a store holds of the sources that are not read anew."""
    dropped = set(without)
    with store.HeadroomStore.open(path) as held:
        layers = {}
        for layer, (table, _) in LAYERS.items():
            names, rows = held.table(table)
            frame = pd.DataFrame(rows, columns=names)
            frame = frame[~frame["source_id"].isin(dropped)]
            layers[layer] = _typed(frame, layer)
        provenance = [dict(row) for row in held.sources() if row["source_id"] not in dropped]
        cells = [row for row in held.table("verbatim")[1] if row[0] not in dropped]
        licences = [(store.wkb(row["geom"]), row["licence_area"], row["operator"]) for row in held.licences()]
        return _Held(layers, provenance, cells, held.postcodes(), licences)


def _licences(path: Path) -> list[tuple[bytes, str, str]]:
    """Return the shape, name and operator of each licence area of a map."""
    outlines, _ = licence_areas.outlines(path, options={}, clip=None)
    whole = outlines.dissolve(by="licence_area").sort_index()
    operators = {area.name: area.operator for area in licence.AREAS}
    shapes = shapely.to_wkb(whole.geometry.to_numpy())
    return [(shape, name, operators[name]) for shape, name in zip(shapes, whole.index, strict=True)]


def _fill_shapes(db: sqlite3.Connection, table: str, rows: Sequence[tuple[bytes, str, str]]) -> None:
    shapes = gpd.GeoSeries.from_wkb([row[0] for row in rows], crs=CRS)
    listed = pd.DataFrame([row[1:] for row in rows], columns=list(store.TABLES[table]))
    _shapes(db, table, gpd.GeoDataFrame(listed, geometry=shapes, crs=CRS))


def _typed(frame: pd.DataFrame, layer: str) -> Any:
    """Return rows of a store in the types of the layer; substations made up for headroom rows, and copies, go."""
    own = empty(layer)
    if layer == "in_substation":
        frame = frame[frame["made_up"] == 0]
    if layer == "in_headroom":
        frame = frame.drop_duplicates([column for column in frame if column not in {"fid", "substation_fid"}])
    kept = frame.reindex(columns=[*(name for name in own.columns if name != "geometry"), *store.CITE])
    types = {name: own[name].dtype for name in kept.columns if name in own} | {"file": "string", "source_row": "Int64"}
    kept = kept.astype(types).reset_index(drop=True)
    if "geometry" not in own:
        return kept
    blobs = [None if blob is None else store.wkb(blob) for blob in frame["geom"]]
    return gpd.GeoDataFrame(kept, geometry=gpd.GeoSeries.from_wkb(blobs, crs=CRS), crs=CRS)


def _complete(layers: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    found = []
    for layer in LAYERS:
        frame = layers.get(layer)
        found.append(frame if frame is not None else empty(layer).assign(file=None, source_row=None))
    return found[0], found[1], found[2], found[3]


def _shapes(db: sqlite3.Connection, table: str, frame: gpd.GeoDataFrame, first: tuple[str, ...] = ()) -> None:
    shapes = frame.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    fids = frame["fid"].tolist() if "fid" in frame else list(range(1, len(frame) + 1))
    blobs = [store.shape(wkb) if ok else None for wkb, ok in zip(shapely.to_wkb(shapes), there, strict=True)]
    middle = shapely.get_coordinates(shapely.centroid(shapes[there])).tolist()
    places = iter(middle)
    points = [next(places) if ok else (None, None) for ok in there]
    columns = store.TABLES[table]
    extra = [name for name in first if name != "fid"]
    rows = (
        (fid, blob, *point, *more, *row)
        for fid, blob, point, more, row in zip(
            fids, blobs, points, _rows(frame, extra), _rows(pd.DataFrame(frame), columns), strict=True
        )
    )
    store.insert(db, table, ("fid", "geom", "x", "y", *extra, *columns), rows)
    boxes = shapely.bounds(shapes)
    db.executemany(
        f"INSERT INTO rtree_{table}_geom VALUES (?, ?, ?, ?, ?)",  # noqa: S608
        [(fid, b[0], b[2], b[1], b[3]) for fid, b, ok in zip(fids, boxes.tolist(), there, strict=True) if ok],
    )


def _rows(frame: pd.DataFrame, columns: Iterable[str]) -> list[tuple[Any, ...]]:
    """Return rows as plain Python values, None where missing."""
    wanted = list(columns)
    if not wanted:
        return [()] * len(frame)
    plain = pd.DataFrame(frame).reindex(columns=wanted)
    values = [plain[name].astype(object).where(plain[name].notna(), None).tolist() for name in wanted]
    return list(zip(*values, strict=True))


def _columns(path: Path) -> list[str]:
    if path.suffix.lower() in {".csv", ".txt", ".tsv"}:
        return cite.headers(path)
    try:
        return list(pyogrio.read_info(path)["fields"])
    except pyogrio.errors.DataSourceError:
        return []
