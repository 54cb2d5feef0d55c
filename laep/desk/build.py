"""Readings of operators' files in, one headroom store out: linked, and replaced whole."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from laep import licence
from laep.desk import postcodes, readings, store
from laep.desk.link import Linked, link
from laep.desk.recognise import LAYERS
from laep.errors import LayerMissing, UserFault
from laep.files import locked, now
from laep.ingest.place import licence_areas
from laep.models.network import lv
from laep.schema import CRS, empty
from laep.schema import LAYERS as SCHEMA

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from laep.desk.readings import Reading
    from laep.store import Store


@dataclass(frozen=True, kw_only=True)
class Built:
    """
    What a build read and what the store now holds.

    `read` has what each file's reader noticed, `changes` what became of what the store held before.
    """

    path: Path
    read: dict[str, tuple[str, ...]]
    rows: dict[str, int]
    changes: tuple[str, ...]
    notes: tuple[str, ...]


def build(
    into: Path,
    chosen: Mapping[str, Sequence[Path]],
    *,
    postcode_files: Sequence[Path] = (),
    licence_map: Path | None = None,
    on_source: Callable[[str], None] = lambda _: None,
) -> Built:
    """
    Read files into the store at `into`, beside what it holds already.

    A file takes the place of one read before it when it has its name, or tells of the same things: see
    `readings.replaced`. The store is written anew beside the old one and takes its place in one move.
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
    held, places, licences = _held(into) if into.exists() else ([], [], [])
    changes: list[str] = []
    read: dict[str, tuple[str, ...]] = {}
    for name, files in chosen.items():
        on_source(name)
        for reading in readings.read(name, files):
            held, said = readings.added(held, reading)
            changes.append(said)
            read[reading.label] = reading.notes
    if postcode_files:
        on_source("postcodes")
        before = {row[0]: row for row in places}
        places = list((before | {row[0]: row for row in postcodes.read_all(postcode_files)}).values())
        changes.append(f"postcodes: {len(places) - len(before):,} added to {len(before):,}")
    if licence_map is not None:
        on_source(licence_areas.SOURCE.name)
        licences = _licences(licence_map)
    linked = link(*_complete(readings.joined(held)), one_place=False)
    with store.writing(into) as db:
        fill(db, linked, [reading.provenance for reading in held])
        _fill_shapes(db, "licence_area", licences)
        db.executemany(
            "INSERT OR REPLACE INTO verbatim VALUES (?, ?, ?, ?)", [row for reading in held for row in reading.cells]
        )
        db.executemany("INSERT OR REPLACE INTO postcode VALUES (?, ?, ?, ?)", sorted(places))
        db.execute("INSERT INTO laep_meta VALUES ('built_at', ?)", (now(),))
    rows = {
        "substation": len(linked.substations), "supply_area": len(linked.areas), "headroom": len(linked.headroom),
        "generator": len(linked.generators), "postcode": len(places), "source": len(held),
    }  # fmt: skip
    return Built(path=into, read=read, rows=rows, changes=tuple(changes), notes=linked.notes)


@contextmanager
def from_area(area_store: Store) -> Iterator[store.HeadroomStore]:
    """Return the headroom store that an area's layers make, held in memory."""
    if not area_store.has("in_substation") and not area_store.has("in_headroom"):
        raise LayerMissing(
            f"{area_store.path} holds no substations and no headroom. "
            "Run `laep ingest ssen_headroom --file PATH`, or that of its operator: see `laep sources`."
        )
    layers = {name: area_store.public(name) for name in LAYERS if area_store.has(name)}
    made = "net_generator" if area_store.has("net_generator") else "in_generator"
    if area_store.has(made):  # once the plan has run, each real thing once: only registers tell of what is accepted
        told = area_store.public(made)
        columns = [*SCHEMA["in_generator"].column_names, "geometry"]
        layers["in_generator"] = told[told["told_by"].str.contains("register")].reindex(columns=columns)
    if area_store.has("model_lv"):  # what the plan found of street substations counts for a small proposal
        screened = lv.as_headroom(area_store.public("model_lv"))
        layers["in_headroom"] = pd.concat([layers.get("in_headroom", empty("in_headroom")), screened])
    held = area_store.provenance()
    order = {source: number for number, source in enumerate(held["source_id"], start=1)}
    cited = {
        name: frame.assign(file=None, source_row=None, reading=frame["source_id"].map(order).astype("Int64"))
        for name, frame in layers.items()
    }
    with store.in_memory() as db:
        fill(db, link(*_complete(cited), one_place=True), held.reindex(columns=list(store.SOURCE)).to_dict("records"))
        store.index(db)
        yield store.HeadroomStore(db, path=None)


def fill(db: sqlite3.Connection, linked: Linked, provenance: Sequence[Mapping[Any, Any]]) -> None:
    """Write linked layers and their sources, in the order that `reading` counts them by, into the tables of a store."""
    _shapes(db, "substation", linked.substations, ("fid", *store.MADE))
    _shapes(db, "supply_area", linked.areas)
    _shapes(db, "generator", linked.generators)
    store.insert(db, "headroom", store.TABLES["headroom"], _rows(linked.headroom, store.TABLES["headroom"]))
    frame = pd.DataFrame(list(provenance), columns=list(store.SOURCE))
    store.insert(db, "source", store.SOURCE, _rows(frame, store.SOURCE))


def _held(path: Path) -> tuple[list[Reading], list[tuple[str, float, float, str]], list[tuple[bytes, str, str]]]:
    """Return what a store holds: readings, postcodes, and licence areas with their shapes."""
    with store.HeadroomStore.open(path) as held:
        found = readings.of_store(held)
        licences = [(store.wkb(row["geom"]), row["licence_area"], row["operator"]) for row in held.licences()]
        return found, held.postcodes(), licences


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


def _complete(layers: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
    found = []
    for layer in LAYERS:
        frame = layers.get(layer)
        found.append(frame if frame is not None else empty(layer).assign(**dict.fromkeys(store.CITE)))
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
