"""The headroom store: one indexed GeoPackage of whole operators' files, opened with nothing but SQLite.

A check reads a handful of rows of it, so it starts without pandas or GDAL. The same tables are filled in memory from
an area GeoPackage, so both are asked in the same way.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laep import files
from laep.errors import StoreInvalid
from laep.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

VERSION = 4
SRS = 27700
_APPLICATION_ID = 0x47504B47
_GPKG_VERSION = 10300
_MANY = 500
"""Values bound in one query: SQLite allows at least 999."""

SUBSTATION = (
    "substation_id", "operator", "name", "level", "voltage_kv", "upstream_voltage_kv", "upstream_bsp", "upstream_gsp",
    "rating_text", "rating_mva", "firm_capacity_mva", "max_demand_mva", "min_demand_mva", "contracted_demand_mva",
    "connected_generation_mw", "contracted_generation_mw", "customers", "upstream_works", "upstream_works_date",
    "works", "works_date", "comment", "source_id",
)  # fmt: skip
SUPPLY_AREA = (
    "supply_area_id", "level", "substation_name", "operator", "upstream_bsp", "upstream_gsp", "source_id",
)  # fmt: skip
HEADROOM = (
    "substation_id", "substation_name", "level", "direction", "technology", "scenario", "scenario_vintage", "year",
    "value", "unit", "value_mw", "power_factor", "basis", "floor_at_zero", "rag", "constraint",
    "instead", "source_id",
)  # fmt: skip
GENERATOR = (
    "generator_id", "technology", "status", "capacity_kw", "storage_kwh", "voltage_kv", "substation_name",
    "upstream_bsp", "upstream_gsp", "substation_id", "operator", "connected_on", "source_id",
)  # fmt: skip
LICENCE_AREA = ("licence_area", "operator")
SOURCE = (
    "source_id", "title", "publisher", "licence", "attribution", "url", "edition", "files", "sha256", "rows_read",
    "rows_kept", "notes", "retrieved_at",
)  # fmt: skip
CITE = ("file", "source_row", "reading")
"""Where a row stands: the file's name, the data row counted from 1, and the `fid` in `source` of who read it."""
MADE = {"customers_own": "INTEGER", "mapped": "INTEGER", "made_up": "INTEGER", "queue_kw": "REAL"}
"""What a build finds of each substation: whether it was built for one customer, whether published areas say what is
served there, whether only headroom tells of it, and what is accepted there and below and not yet connected."""
LINKS = ("primary_fid", "bsp_fid", "gsp_fid", "link_method", "link_confidence")
_REAL = ("_kv", "_mva", "_mw", "_kw", "_kwh", "value", "power_factor")
_WHOLE = ("_fid", "year", "customers", "source_row", "floor_at_zero", "rows_read", "rows_kept", "by_name", "reading")
TABLES: dict[str, tuple[str, ...]] = {
    "substation": (*SUBSTATION, *LINKS, *CITE),
    "supply_area": (*SUPPLY_AREA, "substation_fid", "link_method", "link_confidence", *CITE),
    "headroom": (*HEADROOM, "substation_fid", "by_name", *CITE),
    "generator": (*GENERATOR, "substation_fid", "link_method", "link_confidence", *CITE),
    "licence_area": LICENCE_AREA,
    "source": SOURCE,
}
"""Table -> its columns after `fid` (and `geom`, for those in `SHAPES`)."""
SHAPES = {
    "substation": "POINT", "supply_area": "MULTIPOLYGON", "generator": "POINT", "licence_area": "MULTIPOLYGON",
}  # fmt: skip
_INDEXES = """
CREATE INDEX substation_by_id ON substation (substation_id);
CREATE INDEX substation_by_name ON substation (name COLLATE NOCASE);
CREATE INDEX substation_by_level ON substation (level, fid);
CREATE INDEX headroom_by_substation ON headroom (substation_fid);
CREATE INDEX generator_by_substation ON generator (substation_fid);
CREATE INDEX supply_area_by_substation ON supply_area (substation_fid);
"""
_GEOPACKAGE = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER);
CREATE TABLE gpkg_geometry_columns (table_name TEXT PRIMARY KEY, column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL);
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
    definition TEXT NOT NULL, scope TEXT NOT NULL, UNIQUE (table_name, column_name, extension_name));
CREATE TABLE laep_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE verbatim (source_id TEXT, file TEXT, source_row INTEGER, cells TEXT,
    PRIMARY KEY (source_id, file, source_row));
CREATE TABLE postcode (postcode TEXT PRIMARY KEY, x REAL NOT NULL, y REAL NOT NULL, ended TEXT NOT NULL) WITHOUT ROWID;
"""


class HeadroomStore:
    """A headroom store, open for reading. Rows come as `sqlite3.Row`, read by column name."""

    def __init__(self, db: sqlite3.Connection, *, path: Path | None) -> None:
        self._db = db
        db.row_factory = sqlite3.Row
        self.path = path

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[HeadroomStore]:
        """Open the store at `path`; raise `StoreInvalid` when it is not one that this laep can use."""
        check(path)
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            yield cls(db, path=path)

    def meta(self) -> dict[str, str]:
        """Return what the store says of itself: version, when and by which laep it was built."""
        return {row["key"]: row["value"] for row in self._db.execute("SELECT key, value FROM laep_meta")}

    def sources(self) -> list[sqlite3.Row]:
        """Return one row a reading of a source."""
        return self._db.execute("SELECT * FROM source ORDER BY fid").fetchall()

    def substations(self, fids: Iterable[int] | None = None) -> list[sqlite3.Row]:
        """Return substations by `fid`; all but the secondary ones when none are named."""
        if fids is None:
            return self._db.execute(f"{_SUBSTATIONS} WHERE level <> 'secondary' ORDER BY fid").fetchall()
        return self._among(f"{_SUBSTATIONS} WHERE fid IN ({{}}) ORDER BY fid", sorted(set(fids)))

    def headroom(self, fids: Iterable[int] | None = None) -> list[sqlite3.Row]:
        """Return the headroom rows of substations; of all but the secondary ones when none are named."""
        if fids is None:
            return self._db.execute(
                "SELECT * FROM headroom WHERE substation_fid IN (SELECT fid FROM substation WHERE level <> 'secondary')"
                " ORDER BY substation_fid, fid"
            ).fetchall()
        return self._among(
            "SELECT * FROM headroom WHERE substation_fid IN ({}) ORDER BY substation_fid, fid", sorted(set(fids))
        )

    def operators(self) -> list[str]:
        """Return whose substations the store holds."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT operator FROM substation ORDER BY 1")]

    def scenarios(self) -> list[str]:
        """Return the scenarios that headroom is published for, `now` among them."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT scenario FROM headroom ORDER BY 1")]

    def find(self, text: str) -> list[sqlite3.Row]:
        """Return the substations whose id, else whose name, is `text`, in any case."""
        wanted = " ".join(text.split())
        for where in ("substation_id = ? COLLATE NOCASE", "name = ? COLLATE NOCASE"):
            if found := self._db.execute(f"{_SUBSTATIONS} WHERE {where} ORDER BY fid", (wanted,)).fetchall():
                return found
        return []

    def names(self) -> list[tuple[str, str]]:
        """Return id and name of every substation above secondary level, to suggest the nearest from."""
        query = "SELECT substation_id, coalesce(name, '') FROM substation WHERE level <> 'secondary' ORDER BY fid"
        return [(row[0], row[1]) for row in self._db.execute(query)]

    def areas_at(self, x: float, y: float, *, margin_m: float) -> list[sqlite3.Row]:
        """Return the primary supply areas whose box comes within `margin_m` of a point, with their shape as `wkb`."""
        rows = self._db.execute(
            "SELECT a.* FROM supply_area a JOIN rtree_supply_area_geom r ON r.id = a.fid "
            "WHERE r.minx <= ? AND r.maxx >= ? AND r.miny <= ? AND r.maxy >= ? AND a.level = 'primary' ORDER BY a.fid",
            (x + margin_m, x - margin_m, y + margin_m, y - margin_m),
        )
        return rows.fetchall()

    def areas(self) -> list[sqlite3.Row]:
        """Return every primary supply area."""
        return self._db.execute("SELECT * FROM supply_area WHERE level = 'primary' ORDER BY fid").fetchall()

    def sites(self, level: str) -> list[tuple[int, float, float, str]]:
        """Return fid, x, y and operator of the substations of a level that have a position."""
        query = "SELECT fid, x, y, operator FROM substation WHERE level = ? AND x IS NOT NULL ORDER BY fid"
        return [tuple(row) for row in self._db.execute(query, (level,))]

    def primaries(self) -> list[tuple[int, float | None, float | None, int, int, str]]:
        """Return fid, x, y of primaries, whether a customer's own, whether published areas tell of it, and operator."""
        query = "SELECT fid, x, y, customers_own, mapped, operator FROM substation WHERE level = 'primary' ORDER BY fid"
        return [tuple(row) for row in self._db.execute(query)]

    def licences(self) -> list[sqlite3.Row]:
        """Return the licence areas of the map that was read, if one was."""
        return self._db.execute("SELECT * FROM licence_area ORDER BY fid").fetchall()

    def licences_at(self, x: float, y: float, *, margin_m: float) -> list[sqlite3.Row]:
        """Return the licence areas whose box comes within `margin_m` of a point."""
        rows = self._db.execute(
            "SELECT a.* FROM licence_area a JOIN rtree_licence_area_geom r ON r.id = a.fid "
            "WHERE r.minx <= ? AND r.maxx >= ? AND r.miny <= ? AND r.maxy >= ? ORDER BY a.fid",
            (x + margin_m, x - margin_m, y + margin_m, y - margin_m),
        )
        return rows.fetchall()

    def has_licences(self) -> bool:
        """Return whether a map of licence areas was read into the store."""
        return self._db.execute("SELECT 1 FROM licence_area LIMIT 1").fetchone() is not None

    def secondaries_near(self, x: float, y: float, *, within_m: float) -> list[tuple[int, float, float, str]]:
        """Return fid, x, y and operator of the secondary substations in a square round a point."""
        query = (
            "SELECT s.fid, s.x, s.y, s.operator FROM substation s JOIN rtree_substation_geom r ON r.id = s.fid "
            "WHERE s.level = 'secondary' AND r.minx <= ? AND r.maxx >= ? AND r.miny <= ? AND r.maxy >= ? ORDER BY s.fid"
        )
        box = (x + within_m, x - within_m, y + within_m, y - within_m)
        return [tuple(row) for row in self._db.execute(query, box)]

    def generators(self, fid: int) -> list[sqlite3.Row]:
        """Return what is connected or accepted at one substation and at all that hang from it."""
        return self._db.execute(
            "SELECT g.* FROM generator g JOIN substation s ON s.fid = g.substation_fid "
            "WHERE ? IN (s.fid, s.primary_fid, s.bsp_fid, s.gsp_fid) ORDER BY g.fid",
            (fid,),
        ).fetchall()

    def postcode(self, postcode: str) -> tuple[float, float, str] | None:
        """Return the position of a postcode (capitals, no spaces) and when it ended, None when it is not held."""
        row = self._db.execute("SELECT x, y, ended FROM postcode WHERE postcode = ?", (postcode,)).fetchone()
        return None if row is None else (row[0], row[1], row[2])

    def outcode(self, outcode: str) -> tuple[float, float, int] | None:
        """Return the middle of the postcodes in use that begin with `outcode`, and how many; None for none."""
        query = "SELECT avg(x), avg(y), count(*) FROM postcode WHERE postcode GLOB ? AND ended = ''"
        x, y, count = self._db.execute(query, (f"{outcode}???",)).fetchone()
        return (x, y, count) if count else None

    def postcodes(self) -> list[tuple[str, float, float, str]]:
        """Return every postcode with its position, and when it ended, empty where it is in use."""
        return [tuple(row) for row in self._db.execute("SELECT postcode, x, y, ended FROM postcode")]

    def has_postcodes(self) -> bool:
        """Return whether postcodes were read into the store."""
        return self._db.execute("SELECT 1 FROM postcode LIMIT 1").fetchone() is not None

    def verbatim(self, source_id: str, file: str, row: int) -> str | None:
        """Return the published cells of one source row as JSON, where the store keeps them."""
        query = "SELECT cells FROM verbatim WHERE source_id = ? AND file = ? AND source_row = ?"
        found = self._db.execute(query, (source_id, file, row)).fetchone()
        return None if found is None else str(found[0])

    def table(self, name: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and rows of one whole table, in order of fid."""
        order = "fid" if name in TABLES else "1"
        found = self._db.execute(f"SELECT * FROM {name} ORDER BY {order}")  # noqa: S608
        return [column[0] for column in found.description], [tuple(row) for row in found]

    def _among(self, query: str, values: Sequence[int]) -> list[sqlite3.Row]:
        rows: list[sqlite3.Row] = []
        for start in range(0, len(values), _MANY):
            part = values[start : start + _MANY]
            rows += self._db.execute(query.format(",".join("?" * len(part))), part)
        return rows


_SUBSTATIONS = "SELECT * FROM substation"


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Fill a new store beside `path` and put it in place at the end; when anything fails, `path` stays as it was."""
    with files.replacing(path) as part, closing(sqlite3.connect(part)) as db:
        create(db)
        yield db
        finish(db)


@contextmanager
def in_memory() -> Iterator[sqlite3.Connection]:
    """Return an empty store that lives as long as the block."""
    with closing(sqlite3.connect(":memory:")) as db:
        create(db)
        yield db


def create(db: sqlite3.Connection) -> None:
    """Make the tables of a store."""
    db.executescript(_GEOPACKAGE)
    db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {_GPKG_VERSION}")
    for table, columns in TABLES.items():
        extra = [] if table not in SHAPES else ["geom BLOB", "x REAL", "y REAL"]
        extra += (
            ["customers_own INTEGER", "mapped INTEGER", "made_up INTEGER", "queue_kw REAL"]
            if table == "substation"
            else []
        )
        typed = ", ".join([*extra, *(f'"{name}" {_type(name)}' for name in columns)])
        db.execute(f"CREATE TABLE {table} (fid INTEGER PRIMARY KEY, {typed})")
        if table in SHAPES:
            db.execute(f"CREATE VIRTUAL TABLE rtree_{table}_geom USING rtree (id, minx, maxx, miny, maxy)")


def insert(db: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows into one table."""
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608


def index(db: sqlite3.Connection) -> None:
    """Index the tables once they are filled."""
    db.executescript(_INDEXES)


def finish(db: sqlite3.Connection) -> None:
    """Index the tables and list them as a GeoPackage does, so that QGIS opens them."""
    import pyproj

    index(db)
    known = {-1: ("Undefined cartesian", "NONE", "undefined"), 0: ("Undefined geographic", "NONE", "undefined")}
    for code, (name, body, definition) in known.items():
        db.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, '')", (name, code, body, code, definition))
    for code in (4326, SRS):
        crs = pyproj.CRS.from_epsg(code)
        row = (crs.name, code, "EPSG", code, crs.to_wkt("WKT1_GDAL"))
        db.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, '')", row)
    for table in TABLES:
        if table in SHAPES:
            _list_shapes(db, table)
        else:
            contents = "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, ?, ?, 0)"
            db.execute(contents, (table, "attributes", table))
    db.execute("INSERT OR REPLACE INTO laep_meta VALUES ('headroom_store', ?)", (str(VERSION),))
    db.execute("INSERT OR REPLACE INTO laep_meta VALUES ('laep_version', ?)", (__version__,))
    db.commit()
    db.execute("ANALYZE")
    db.commit()


def shape(wkb: bytes) -> bytes:
    """Return a geometry in the form a GeoPackage holds it."""
    return b"GP\x00\x01" + struct.pack("<i", SRS) + wkb


def wkb(blob: bytes) -> bytes:
    """Return the plain geometry in what `shape` wrote."""
    return blob[8:]


def check(path: Path) -> None:
    """Raise `StoreInvalid` unless `path` is a headroom store this laep can use."""
    if not path.is_file():
        raise StoreInvalid(
            f"{path}: there is no headroom store. Make one: `laep headroom build --into {path} FILE...`."
        )
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            meta = dict(db.execute("SELECT key, value FROM laep_meta"))
    except sqlite3.DatabaseError as error:
        raise StoreInvalid(
            f"{path} is not a headroom store ({error}). Make one: `laep headroom build --into STORE FILE...`."
        ) from error
    if "area_id" in meta:
        folder = path.parent if path.parent != Path() else "."
        raise StoreInvalid(f"{path} is the GeoPackage of an area, not a headroom store. Write `--area {folder}`.")
    if meta.get("headroom_store") != str(VERSION):
        raise StoreInvalid(
            f"{path} is a headroom store of form {meta.get('headroom_store')}, and this laep reads form {VERSION}. "
            f"Build it again: `laep headroom build --into {path} FILE...`."
        )


def _list_shapes(db: sqlite3.Connection, table: str) -> None:
    box = db.execute(f"SELECT min(minx), min(miny), max(maxx), max(maxy) FROM rtree_{table}_geom").fetchone()  # noqa: S608
    db.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id) "
        "VALUES (?, 'features', ?, ?, ?, ?, ?, ?)",
        (table, table, *box, SRS),
    )
    db.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (table, SHAPES[table], SRS))
    page = "http://www.geopackage.org/spec120/#extension_rtree"
    db.execute("INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index', ?, 'write-only')", (table, page))


def _type(name: str) -> str:
    if name.endswith(_WHOLE):
        return "INTEGER"
    return "REAL" if name.endswith(_REAL) else "TEXT"


def add_styles(path: Path, styles: Iterable[tuple[str, str, str]]) -> None:
    """Put (layer, style name, QML) into a GeoPackage, as the style QGIS opens each layer with."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(_LAYER_STYLES)
        db.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('layer_styles', "
            "'attributes', 'layer_styles', 0)"
        )
        db.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner, ui) "
            "VALUES ('', '', ?, 'geom', ?, ?, '', 1, '', '', '')",
            list(styles),
        )


_LAYER_STYLES = """
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,
    styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))
"""
