"""The only opener of the area GeoPackage: atomic writes, schema checks, provenance, and what each layer was made from.

A write happens on a copy that replaces the file in one move, so a process killed at any moment leaves the state before
or the state after, never a mixture. Beside the layers the file holds five tables of laep's own: `laep_meta`,
`laep_layer`, `laep_step`, `laep_provenance` and `laep_assumption`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from laep import files
from laep.errors import LayerMissing, StoreInvalid
from laep.schema import LAYERS, SCHEMA_VERSION, conform, public
from laep.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from laep.assumptions import Assumption

_TABLES = """
CREATE TABLE laep_layer (layer TEXT PRIMARY KEY, step TEXT NOT NULL, fingerprint TEXT NOT NULL,
    rows INTEGER NOT NULL, written_at TEXT NOT NULL);
CREATE TABLE laep_step (step TEXT PRIMARY KEY, version INTEGER NOT NULL, inputs TEXT NOT NULL,
    assumptions TEXT NOT NULL, ran_at TEXT NOT NULL, outcome TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE laep_provenance (fid INTEGER PRIMARY KEY, source_id TEXT UNIQUE NOT NULL, title TEXT, publisher TEXT,
    licence TEXT, attribution TEXT, url TEXT, edition TEXT, files TEXT, sha256 TEXT, retrieved_at TEXT,
    rows_read INTEGER, rows_kept INTEGER, layers TEXT, notes TEXT);
CREATE TABLE laep_assumption (fid INTEGER PRIMARY KEY, step TEXT NOT NULL, key TEXT NOT NULL, value REAL, low REAL,
    high REAL, unit TEXT, meaning TEXT, year TEXT, source TEXT, confidence TEXT, UNIQUE (step, key));
"""
_READABLE = ("laep_provenance", "laep_assumption")  # listed in the GeoPackage, so that QGIS offers them as tables
_LOCK_SECONDS = 30
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
    `outcome` is `done`, with what the step noticed in `message`, or `skipped`, with the reason.
    """

    step: str
    version: int
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
    """An area GeoPackage. Reading needs nothing more; writing goes through `edit`."""

    def __init__(self, path: Path) -> None:
        """Open the GeoPackage at `path`; raise `StoreInvalid` when it is not one that this laep can use."""
        self.path = path
        _check(path)

    @classmethod
    def create(cls, path: Path, area_id: str) -> Store:
        """Make a new, empty area GeoPackage at `path`, or open the one that is there."""
        if not path.exists():
            part = _part(path)
            part.unlink(missing_ok=True)
            meta = {"area_id": area_id, "schema_version": str(SCHEMA_VERSION), "laep_version": __version__}
            frame = pd.DataFrame({"key": list(meta), "value": list(meta.values())})
            pyogrio.write_dataframe(frame, part, layer="laep_meta", driver="GPKG")
            with closing(_connect(part)) as db, db:
                db.executescript(_TABLES)
                db.executemany(
                    "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
                    "VALUES (?, 'attributes', ?, 0)",
                    [(name, name) for name in _READABLE],
                )
            part.replace(path)
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

    def read(self, layer: str) -> pd.DataFrame:
        """Return one layer in its normal form; a layer with geometry comes as a GeoDataFrame."""
        if not self.has(layer):
            raise LayerMissing(f"The area has no layer {layer}. {_way_to(layer)}")
        frame = pyogrio.read_dataframe(self.path, layer=layer, use_arrow=True)
        return conform(frame, layer)

    def public(self, layer: str) -> pd.DataFrame:
        """Return what of a layer may leave the area folder (see `schema.public`): for everything that is published."""
        return public(self.read(layer), layer)

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
        """Write to a copy and put it in place at the end; when anything fails, the file stays as it was."""
        with _lock(self.path):
            part = _part(self.path)
            shutil.copyfile(self.path, part)
            try:
                yield Edit(part)
                files.flush(part)
                part.replace(self.path)
            finally:
                part.unlink(missing_ok=True)

    def _rows(self, query: str) -> list[dict[str, Any]]:
        with closing(_connect(self.path)) as db:
            return [dict(row) for row in db.execute(query)]

    def _table(self, query: str) -> pd.DataFrame:
        with closing(_connect(self.path)) as db:
            return pd.read_sql_query(query, db).drop(columns="fid")


class Edit:
    """The writable copy of an area GeoPackage, inside `Store.edit`."""

    def __init__(self, part: Path) -> None:
        self._part = part

    def write(self, layer: str, frame: pd.DataFrame, *, step: str) -> None:
        """Replace `layer` with `frame`, checked against the schema; `step` is who wrote it."""
        normal = conform(frame, layer)
        self.drop(layer)
        shape = LAYERS[layer].geometry
        extra = {"geometry_type": shape, "layer_options": {"GEOMETRY_NAME": "geom"}} if shape else {}
        pyogrio.write_dataframe(normal, self._part, layer=layer, driver="GPKG", use_arrow=True, **extra)
        state = (layer, step, fingerprint(normal), len(normal), files.now())
        self._execute("INSERT OR REPLACE INTO laep_layer VALUES (?, ?, ?, ?, ?)", [state])

    def replace_source(self, layer: str, frame: pd.DataFrame, *, source_id: str) -> None:
        """Replace the rows of one source in an `in_` layer and keep the rows of the others."""
        others = self._other_sources(layer, source_id)
        rows = frame if others is None or others.empty else pd.concat([others, frame], ignore_index=True)
        self.write(layer, _stable(rows, layer), step=f"ingest {source_id}")

    def drop(self, layer: str) -> None:
        """Remove a layer, if it is there."""
        with closing(_connect(self._part)) as db, db:
            db.execute(f'DROP TABLE IF EXISTS "{layer}"')
            db.execute(f'DROP TABLE IF EXISTS "rtree_{layer}_geom"')
            for table in _tables_about_layers(db):
                db.execute(f"DELETE FROM {table} WHERE table_name = ?", (layer,))  # noqa: S608
            db.execute("DELETE FROM laep_layer WHERE layer = ?", (layer,))

    def record_step(
        self,
        step: str,
        *,
        version: int,
        inputs: Mapping[str, str],
        used: Iterable[Assumption],
        outcome: str = "done",
        message: str = "",
    ) -> None:
        """Record a run of `step`: what it read, which assumptions it used, how it ended and what it has to say."""
        rows = sorted(used, key=lambda a: a.key)
        values = json.dumps({a.key: a.span for a in rows})
        self._execute(
            "INSERT OR REPLACE INTO laep_step VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(step, version, json.dumps(dict(sorted(inputs.items()))), values, files.now(), outcome, message)],
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

    def _other_sources(self, layer: str, source_id: str) -> pd.DataFrame | None:
        with closing(_connect(self._part)) as db:
            if not db.execute("SELECT 1 FROM laep_layer WHERE layer = ?", (layer,)).fetchone():
                return None
        rows = conform(pyogrio.read_dataframe(self._part, layer=layer, use_arrow=True), layer)
        return rows[rows["source_id"] != source_id]

    def _execute(self, statement: str, rows: Iterable[Any]) -> None:
        with closing(_connect(self._part)) as db, db:
            db.executemany(statement, list(rows))


def fingerprint(frame: pd.DataFrame) -> str:
    """Return a hash of a layer's content: same rows in the same order, same hash."""
    attributes = frame.drop(columns="geometry", errors="ignore")
    digest = hashlib.sha256("|".join(attributes.columns).encode())
    digest.update(pd.util.hash_pandas_object(pd.DataFrame(attributes), index=False).to_numpy().tobytes())
    if isinstance(frame, gpd.GeoDataFrame):
        for blob in shapely.to_wkb(frame.geometry.array):
            digest.update(blob or b"\0")
    return digest.hexdigest()


def _way_to(layer: str) -> str:
    verb, _, names = LAYERS[layer].written_by.partition(" ")
    if verb != "ingest":
        return f"The step `{verb}` writes it: see `laep status`."
    first, *others = names.split(", ")
    more = f", or one of {', '.join(others)}" if others else ""
    return f"Run `laep ingest {first} --file PATH`{more}."


def _stable(rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    order = [name for name in ("source_id", *LAYERS[layer].key) if name in rows.columns]
    return rows.sort_values(list(dict.fromkeys(order)), kind="stable", ignore_index=True)


def _tables_about_layers(db: sqlite3.Connection) -> list[str]:
    known = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions", "gpkg_ogr_contents")
    there = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [name for name in reversed(known) if name in there]


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
        raise StoreInvalid(
            f"{path} is not an area file made by laep ({error}). "
            "Move it away and run `laep ingest`, or name another area."
        ) from error
    version = int(meta.get("schema_version", "0"))
    if version > SCHEMA_VERSION:
        raise StoreInvalid(
            f"{path} was made by a newer laep ({meta.get('laep_version')}, schema {version}); "
            f"this is laep {__version__} (schema {SCHEMA_VERSION}). Update laep to open it."
        )
    if version < SCHEMA_VERSION or other:
        what = f"layer {other[0]} has other columns there" if other else f"schema {version}"
        raise StoreInvalid(f"{path} was made by an older laep ({what}). Move it away and run `laep ingest` again.")


def _other_columns(db: sqlite3.Connection) -> list[str]:
    """Return the layers in the file whose columns are not those they have today."""
    held = [row[0] for row in db.execute("SELECT layer FROM laep_layer ORDER BY layer")]
    columns = {name: {row["name"] for row in db.execute(f'PRAGMA table_info("{name}")')} for name in held}
    return [name for name in held if name not in LAYERS or columns[name] - _OWN != set(LAYERS[name].column_names)]


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    return db


def _part(path: Path) -> Path:
    return path.with_name(f".{path.stem}.part.gpkg")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    busy = f"Another laep is writing to {path}. Wait for it to finish, then run this again."
    with files.locked(path, seconds=_LOCK_SECONDS, busy=busy):
        yield
