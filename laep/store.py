"""The only opener of the area GeoPackage: atomic writes, schema checks, provenance, and what each layer was made from.

A write gathers in memory and goes into the file in one SQLite transaction, so a process killed at any moment leaves the
state before or the state after, never a mixture, and only what changed is written. The file itself is never swapped
for another: a program that holds it open, in whatever journal mode, goes on seeing it, and what that program has saved
stays. Beside the layers the file holds five tables of laep's own: `laep_meta`, `laep_layer`, `laep_step`,
`laep_provenance` and `laep_assumption`.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from laep import faults, files
from laep.errors import LayerMissing, StoreInvalid
from laep.schema import LAYERS, SCHEMA_VERSION, conform, public
from laep.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from laep.assumptions import Assumption
    from laep.errors import LaepError

_TABLES = """
CREATE TABLE laep_layer (layer TEXT PRIMARY KEY, step TEXT NOT NULL, fingerprint TEXT NOT NULL,
    rows INTEGER NOT NULL, written_at TEXT NOT NULL);
CREATE TABLE laep_step (step TEXT PRIMARY KEY, inputs TEXT NOT NULL, assumptions TEXT NOT NULL, ran_at TEXT NOT NULL,
    outcome TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE laep_provenance (fid INTEGER PRIMARY KEY, source_id TEXT UNIQUE NOT NULL, title TEXT, publisher TEXT,
    licence TEXT, attribution TEXT, url TEXT, edition TEXT, files TEXT, sha256 TEXT, retrieved_at TEXT,
    rows_read INTEGER, rows_kept INTEGER, layers TEXT, notes TEXT);
CREATE TABLE laep_assumption (fid INTEGER PRIMARY KEY, step TEXT NOT NULL, key TEXT NOT NULL, value REAL, low REAL,
    high REAL, unit TEXT, meaning TEXT, year TEXT, source TEXT, confidence TEXT, UNIQUE (step, key));
"""
_READABLE = ("laep_provenance", "laep_assumption")  # listed in the GeoPackage, so that QGIS offers them as tables
_WAIT_SECONDS = 30.0
"""How long a write waits for another program to finish its own."""
_IN_USE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
"""What SQLite says of a file that another program is writing to."""
_OWN = {"fid", "geom"}
"""Columns of a table that are the format's own."""


@dataclass(frozen=True)
class LayerState:
    """One layer as it stands: who wrote it, what it holds (as a hash), how many rows, and when."""

    layer: str
    step: str
    fingerprint: str
    rows: int
    written_at: str


@dataclass(frozen=True)
class StepState:
    """
    The last run of one step.

    `inputs` maps what it read to fingerprints, `assumptions` the keys it used to the value, low and high it used;
    `outcome` is `done`, with what the step noticed in `message`, or `skipped` or `failed`, with the reason.
    """

    step: str
    inputs: dict[str, str]
    assumptions: dict[str, list[float]]
    ran_at: str
    outcome: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the rows of one source came from. `files`, `layers` and `notes` are newline-separated."""

    source_id: str
    title: str
    publisher: str
    licence: str
    attribution: str
    url: str
    edition: str
    files: str
    sha256: str
    rows_read: int
    rows_kept: int
    layers: str
    notes: str
    retrieved_at: str = ""


class Store:
    """
    An area GeoPackage. Reading needs nothing more; writing goes through `edit`.

    A layer is read from the file once and kept while it stays what it is (by fingerprint). Each reader gets a frame of
    its own: pandas copies what one of them changes, and only that.
    """

    def __init__(self, path: Path) -> None:
        """Open the GeoPackage at `path`; raise `StoreInvalid` when it is not one that this laep can use."""
        self.path = path
        self._kept: dict[str, tuple[str, pd.DataFrame]] = {}
        self._sound = False
        _check(path)

    @classmethod
    def create(cls, path: Path, area_id: str) -> Store:
        """Make a new, empty area GeoPackage at `path`, or open the one that is there."""
        with files.locked(path, seconds=_WAIT_SECONDS):
            if not path.exists():
                with files.replacing(path) as part:
                    _found(part, area_id)
        return cls(path)

    def layers(self) -> dict[str, LayerState]:
        """Return the layers the file holds, by name."""
        return {row["layer"]: LayerState(**row) for row in self._rows("SELECT * FROM laep_layer ORDER BY layer")}

    def steps(self) -> dict[str, StepState]:
        """Return the last run of each step, by name."""
        return {row["step"]: _step_state(row) for row in self._rows("SELECT * FROM laep_step ORDER BY step")}

    def has(self, layer: str) -> bool:
        """Return whether the file holds `layer`."""
        return layer in self.layers()

    def read(self, layer: str, *, known: str = "") -> pd.DataFrame:
        """
        Return one layer in its normal form; a layer with geometry comes as a GeoDataFrame.

        `known` is the fingerprint of the content that is wanted, of one who has looked at `layers`: where that content
        is kept, nobody looks at the file again.
        """
        kept, frame = self._kept.get(layer, ("", None))
        if frame is not None and kept == known:
            return frame.copy(deep=False)
        state = self.layers().get(layer)
        if state is None:
            raise LayerMissing(f"The area has no layer {layer}: `laep layers {layer}` says what writes it.")
        if frame is None or kept != state.fingerprint:
            frame = conform(pyogrio.read_dataframe(self.path, layer=layer, use_arrow=True), layer)
            self._kept[layer] = state.fingerprint, frame
        return frame.copy(deep=False)

    def public(self, layer: str) -> pd.DataFrame:
        """Return what of a layer may leave the area folder (see `schema.public`): for everything that is published."""
        return public(self.read(layer), layer)

    def write_public(self, path: Path) -> list[str]:
        """
        Write what may leave the area folder into a GeoPackage at `path`, and return its layers.

        It has the layers that are not private, without what is private in them, and two tables: `laep_provenance` and
        `laep_assumption`. Rasters are named without the folder they lie in.
        """
        names = [name for name in self.layers() if not LAYERS[name].private]
        tables = {"laep_provenance": self.provenance(), "laep_assumption": self.assumptions()}
        with files.replacing(path) as part:
            for name in names:
                frame = self.public(name)
                if name == "in_elevation":
                    frame = frame.assign(path=[Path(each).name for each in frame["path"]])
                shape = {"geometry_type": LAYERS[name].geometry} if LAYERS[name].geometry else {}
                pyogrio.write_dataframe(frame, part, layer=name, driver="GPKG", append=part.exists(), **shape)
            for name, frame in tables.items():
                pyogrio.write_dataframe(frame, part, layer=name, driver="GPKG", append=part.exists())
        return names

    def source_ids(self, layer: str) -> list[str]:
        """Return the sources whose rows an ingested layer holds."""
        return [row["source_id"] for row in self._rows(f'SELECT DISTINCT source_id FROM "{layer}" ORDER BY 1')]  # noqa: S608

    def provenance(self) -> pd.DataFrame:
        """Return one row per source read, ordered by `source_id`."""
        return self._table("SELECT * FROM laep_provenance ORDER BY source_id")

    def assumptions(self) -> pd.DataFrame:
        """Return one row per step and assumption it used."""
        return self._table("SELECT * FROM laep_assumption ORDER BY step, key")

    @contextmanager
    def edit(self) -> Iterator[Edit]:
        """
        Gather changes and write them all at the end, or none of them when anything fails.

        Before the first edit the file is looked through: into one that is damaged nothing more is written.
        """
        with files.locked(self.path, seconds=_WAIT_SECONDS):
            if not self._sound:
                _check_pages(self.path)
                self._sound = True
            edit = Edit(self)
            yield edit
            edit.save()
            self._kept |= edit.kept()

    def _rows(self, query: str) -> list[dict[str, Any]]:
        with closing(_connect(self.path)) as db:
            return [dict(row) for row in db.execute(query)]

    def _table(self, query: str) -> pd.DataFrame:
        with closing(_connect(self.path)) as db:
            return pd.read_sql_query(query, db).drop(columns="fid")


class _New(NamedTuple):
    """A layer about to be written: its rows, and a GeoPackage in memory that holds it alone, as GDAL makes it."""

    frame: pd.DataFrame
    state: LayerState
    content: bytes
    comes_back: bool
    """Whether reading the layer gives `frame` again in every bit."""


class Edit:
    """Changes to an area GeoPackage, inside `Store.edit`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._layers: dict[str, _New | None] = {}
        self._statements: list[tuple[str, list[Any]]] = []

    def write(self, layer: str, frame: pd.DataFrame, *, step: str) -> None:
        """Replace `layer` with `frame`, checked against the schema; `step` is who wrote it."""
        self._write(layer, conform(frame, layer), step=step, comes_back=True)

    def held(self, layer: str) -> pd.DataFrame | None:
        """Return a layer as it will be, None where there will be none."""
        if layer in self._layers:
            new = self._layers[layer]
            return None if new is None else new.frame
        return self._store.read(layer) if self._store.has(layer) else None

    def settle(self, layer: str, frame: pd.DataFrame) -> None:
        """Put `frame` in place of an `in_` layer, whose rows stay those of their sources."""
        new = self._layers.get(layer)
        step = new.state.step if new else self._store.layers()[layer].step
        self._write(layer, conform(frame, layer), step=step, comes_back=False)

    def replace_source(self, layer: str, frame: pd.DataFrame, *, source_id: str) -> None:
        """Replace the rows of one source in an `in_` layer and keep the rows of the others."""
        others = self._other_sources(layer, source_id)
        rows = frame if others is None or others.empty else pd.concat([others, frame], ignore_index=True)
        # text of other people may hold what GDAL leaves out on the way
        self._write(layer, conform(_stable(rows, layer), layer), step=f"ingest {source_id}", comes_back=False)

    def remove_source(self, source_id: str, layers: Iterable[str]) -> None:
        """Take the rows of a source out of `layers` and forget that it was read; a layer of its alone goes."""
        held = self._store.layers()
        for layer in layers:
            others = self._other_sources(layer, source_id)
            if others is None or others.empty:
                self.drop(layer)
            else:
                self._write(layer, conform(others, layer), step=held[layer].step, comes_back=False)
        self._execute("DELETE FROM laep_provenance WHERE source_id = ?", [(source_id,)])
        self._execute("DELETE FROM laep_step WHERE step = ?", [(f"ingest {source_id}",)])

    def drop(self, layer: str) -> None:
        """Remove a layer, if it is there."""
        self._layers[layer] = None

    def record_step(
        self,
        step: str,
        *,
        inputs: Mapping[str, str],
        used: Iterable[Assumption],
        outcome: str = "done",
        message: str = "",
    ) -> None:
        """Record a run of `step`: what it read, which assumptions it used, how it ended and what it has to say."""
        rows = sorted(used, key=lambda a: a.key)
        values = json.dumps({a.key: a.span for a in rows})
        self._execute(
            "INSERT OR REPLACE INTO laep_step VALUES (?, ?, ?, ?, ?, ?)",
            [(step, json.dumps(dict(sorted(inputs.items()))), values, files.now(), outcome, message)],
        )
        self._execute("DELETE FROM laep_assumption WHERE step = ?", [(step,)])
        self._execute(
            "INSERT INTO laep_assumption (step, key, value, low, high, unit, meaning, year, source, confidence) "
            "VALUES (:step, :key, :value, :low, :high, :unit, :meaning, :year, :source, :confidence)",
            [{"step": step, **asdict(a)} for a in rows],
        )

    def record_source(self, row: Provenance) -> None:
        """Record where the rows of one source came from; a file of the user's own counts as retrieved when read."""
        values = {**asdict(row), "retrieved_at": row.retrieved_at or files.now()}
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        self._execute(f"INSERT OR REPLACE INTO laep_provenance ({names}) VALUES ({marks})", [values])  # noqa: S608

    def save(self) -> None:
        """
        Write everything in one transaction.

        Raises
        ------
        StoreInvalid, MachineRefused
            When the file cannot be written, with what stands in the way; the file is then as it was.
        """
        made = {layer: f"made_{n}" for n, (layer, new) in enumerate(self._layers.items()) if new}
        try:
            with closing(_connect(self._store.path)) as db:
                for layer, new in self._layers.items():
                    if new:
                        db.execute(f"ATTACH ':memory:' AS {made[layer]}")
                        db.deserialize(new.content, name=made[layer])
                with db:
                    db.execute("BEGIN IMMEDIATE")
                    for layer, new in self._layers.items():
                        _drop(db, layer)
                        if new:
                            _place(db, layer, made[layer])
                            db.execute("INSERT INTO laep_layer VALUES (?, ?, ?, ?, ?)", astuple(new.state))
                    for statement, rows in self._statements:
                        db.executemany(statement, rows)
        except sqlite3.DatabaseError as error:
            raise _unusable(self._store.path, error) from error

    def kept(self) -> dict[str, tuple[str, pd.DataFrame]]:
        """Return the layers that need not be read again, with their fingerprints."""
        return {
            layer: (new.state.fingerprint, new.frame) for layer, new in self._layers.items() if new and new.comes_back
        }

    def _write(self, layer: str, normal: pd.DataFrame, *, step: str, comes_back: bool) -> None:
        shape = LAYERS[layer].geometry
        extra = {"geometry_type": shape, "layer_options": {"GEOMETRY_NAME": "geom"}} if shape else {}
        content = io.BytesIO()
        pyogrio.write_dataframe(normal, content, layer=layer, driver="GPKG", use_arrow=True, **extra)
        state = LayerState(layer, step, fingerprint(normal), len(normal), files.now())
        whole = comes_back and not (shape and (normal.geometry.isna() | normal.geometry.is_empty).any())
        self._layers[layer] = _New(normal, state, content.getvalue(), whole)

    def _other_sources(self, layer: str, source_id: str) -> pd.DataFrame | None:
        rows = self.held(layer)
        return None if rows is None else rows[rows["source_id"] != source_id]

    def _execute(self, statement: str, rows: Iterable[Any]) -> None:
        self._statements.append((statement, list(rows)))


def is_area_file(path: Path) -> bool:
    """Return whether a GeoPackage is one that laep made for an area; one that is in use counts as such."""
    try:
        with closing(_connect(path)) as db:
            return bool(db.execute("SELECT 1 FROM laep_meta WHERE key = 'area_id'").fetchone())
    except sqlite3.DatabaseError as error:
        return _in_use(error) or faults.refused(error, path) is not None


def fingerprint(frame: pd.DataFrame) -> str:
    """Return a hash of a layer's content: same rows in the same order, same hash."""
    attributes = frame.drop(columns="geometry", errors="ignore")
    digest = hashlib.sha256("|".join(attributes.columns).encode())
    digest.update(pd.util.hash_pandas_object(pd.DataFrame(attributes), index=False).to_numpy().tobytes())
    if isinstance(frame, gpd.GeoDataFrame):
        for blob in shapely.to_wkb(frame.geometry.array):
            digest.update(blob or b"\0")
    return digest.hexdigest()


def _stable(rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    order = [name for name in ("source_id", *LAYERS[layer].key) if name in rows.columns]
    return rows.sort_values(list(dict.fromkeys(order)), kind="stable", ignore_index=True)


def _found(path: Path, area_id: str) -> None:
    """Make an empty area GeoPackage at `path`."""
    meta = {"area_id": area_id, "schema_version": str(SCHEMA_VERSION), "laep_version": __version__}
    frame = pd.DataFrame({"key": list(meta), "value": list(meta.values())})
    pyogrio.write_dataframe(frame, path, layer="laep_meta", driver="GPKG")
    with closing(_connect(path)) as db:
        db.executescript(_TABLES)
        db.executemany(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'attributes', ?, 0)",
            [(name, name) for name in _READABLE],
        )


def _place(db: sqlite3.Connection, layer: str, made: str) -> None:
    """Copy a layer, its spatial index and all that the format says of it from the database `made` into the file."""
    index = f"rtree_{layer}_geom"
    parts = db.execute(
        f"SELECT type, name, sql FROM {made}.sqlite_master WHERE (tbl_name = ? OR name = ?) AND sql IS NOT NULL "  # noqa: S608
        "ORDER BY type <> 'table', rowid",
        (layer, index),
    ).fetchall()
    for kind, name, sql in parts:
        db.execute(sql)
        if kind == "table":  # what triggers would do for each row came along with the copy
            db.execute(f'INSERT INTO main."{name}" SELECT * FROM {made}."{name}"')  # noqa: S608
    db.execute(f"INSERT OR IGNORE INTO main.gpkg_spatial_ref_sys SELECT * FROM {made}.gpkg_spatial_ref_sys")  # noqa: S608
    for name, sql in _tables_about_layers(db, made):
        if not db.execute("SELECT 1 FROM main.sqlite_master WHERE name = ?", (name,)).fetchone():
            db.execute(sql)
        db.execute(f"INSERT INTO main.{name} SELECT * FROM {made}.{name} WHERE table_name = ?", (layer,))  # noqa: S608


def _drop(db: sqlite3.Connection, layer: str) -> None:
    db.execute(f'DROP TABLE IF EXISTS main."{layer}"')
    db.execute(f'DROP TABLE IF EXISTS main."rtree_{layer}_geom"')
    for name, _ in reversed(_tables_about_layers(db, "main")):
        db.execute(f"DELETE FROM main.{name} WHERE table_name = ?", (layer,))  # noqa: S608
    db.execute("DELETE FROM laep_layer WHERE layer = ?", (layer,))


def _tables_about_layers(db: sqlite3.Connection, database: str) -> list[tuple[str, str]]:
    """Return the format's own tables with a row a layer that `database` holds, and how each is made."""
    known = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions", "gpkg_ogr_contents")
    there = dict(
        tuple(row)
        for row in db.execute(f"SELECT name, sql FROM {database}.sqlite_master WHERE type = 'table'")  # noqa: S608
    )
    return [(name, there[name]) for name in known if name in there]


def _step_state(row: Mapping[str, Any]) -> StepState:
    return StepState(**{**row, "inputs": json.loads(row["inputs"]), "assumptions": json.loads(row["assumptions"])})


def _check(path: Path) -> None:
    if not path.is_file():
        raise StoreInvalid(f"{path} is not there yet. Run `laep ingest` in the area folder first.")
    try:
        with closing(_connect(path)) as db:
            meta = dict(tuple(row) for row in db.execute("SELECT key, value FROM laep_meta"))
            other = _other_columns(db)
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from error
    version = int(meta.get("schema_version", "0"))
    if version > SCHEMA_VERSION:
        raise StoreInvalid(
            f"{path} was made by a newer laep ({meta.get('laep_version')}, schema {version}); "
            f"this is laep {__version__} (schema {SCHEMA_VERSION}). Update laep to open it."
        )
    if unknown := [layer for layer in other if layer not in LAYERS]:
        raise StoreInvalid(
            f"{path} was made by another laep ({meta.get('laep_version')}), which has a layer {unknown[0]} that laep "
            f"{__version__} does not know. Open it with that one, or move it away and run `laep ingest` again."
        )
    if version < SCHEMA_VERSION or other:
        what = f"layer {other[0]} has other columns there" if other else f"schema {version}"
        raise StoreInvalid(f"{path} was made by an older laep ({what}). Move it away and run `laep ingest` again.")


def _check_pages(path: Path) -> None:
    """Raise `StoreInvalid` where the pages of the file do not fit together, as after a disk has failed."""
    try:
        with closing(_connect(path)) as db:
            said = [row[0] for row in db.execute("PRAGMA quick_check(1)")]
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from error
    if said != ["ok"]:
        raise StoreInvalid(
            f"{path} is damaged ({' '.join(said[0].split())}), and laep writes nothing more into it. Put back a copy, "
            "or move it away and run `laep ingest`: laep.toml and answers.toml are not touched."
        )


def _other_columns(db: sqlite3.Connection) -> list[str]:
    """Return the layers in the file whose columns are not those they have today."""
    held = [row[0] for row in db.execute("SELECT layer FROM laep_layer ORDER BY layer")]
    columns = {name: {row["name"] for row in db.execute(f'PRAGMA table_info("{name}")')} for name in held}
    return [name for name in held if name not in LAYERS or columns[name] - _OWN != set(LAYERS[name].column_names)]


def _unusable(path: Path, error: sqlite3.DatabaseError) -> LaepError:
    """Return what to say of a file that SQLite will not read or write; only one that is no area file is to be moved."""
    if _in_use(error):
        return StoreInvalid(
            f"Another program is using {path}, such as QGIS with edits that are not saved. Save and close it there, "
            "then run this again: nothing is lost."
        )
    return faults.refused(error, path) or StoreInvalid(
        f"{path} is not an area file made by laep ({error}). Move it away and run `laep ingest`, or name another area."
    )


def _in_use(error: sqlite3.DatabaseError) -> bool:
    """Return whether another program stands in the way; the finer words in the upper bits of its code say how."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _IN_USE


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db
