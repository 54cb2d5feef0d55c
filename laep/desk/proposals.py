"""Files of proposals: CSV, GeoPackage (or any vector file) or Excel, whatever their columns are called, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyogrio
import shapely

from laep import plain
from laep.desk import place as places
from laep.desk import postcodes, words
from laep.errors import UserFault
from laep.hints import nearest
from laep.ingest.read import packed
from laep.ingest.read.positions import grid_reference
from laep.ingest.read.shape_table import is_table
from laep.ingest.read.table import by_name, numeric, read_named, says_something, squash
from laep.ingest.read.vector import layers_of, read_rows, texts
from laep.ingest.source import Source
from laep.models.network.connection import PHASES
from laep.schema.vocabulary import LARGEST_CONNECTION_KW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from laep.desk.store import HeadroomStore

SPELLINGS: dict[str, tuple[str, ...]] = {
    "id": ("id", "proposal_id", "proposal", "reference", "ref", "site_id", "site_ref", "site", "name", "project"),
    "lat": ("latitude", "lat", "latitude_wgs84", "wgs84_latitude", "site_latitude", "lat_dd"),
    "lon": ("longitude", "lon", "lng", "long", "longitude_wgs84", "wgs84_longitude", "site_longitude", "lon_dd"),
    "easting": ("easting", "eastings", "x", "bng_e", "bng_easting", "easting_m", "eastings_m", "os_easting", "os_x"),
    "northing": (
        "northing",
        "northings",
        "y",
        "bng_n",
        "bng_northing",
        "northing_m",
        "northings_m",
        "os_northing",
        "os_y",
    ),
    "grid_reference": ("grid_reference", "grid_ref", "gridref", "os_grid_reference", "os_grid_ref", "ngr", "osgr"),
    "postcode": ("postcode", "post_code", "pcds", "pcd"),
    "asset": ("asset_id", "asset", "substation_id", "substation"),
    "generation_kw": ("generation_kw", "gen_kw", "pv_kw", "solar_kw", "capacity_kw", "kw"),
    "demand_kw": ("demand_kw", "import_kw", "load_kw"),
    "storage_kw": ("storage_kw", "battery_kw", "bess_kw"),
    "export_limit_kw": ("export_limit_kw", "export_kw", "export_capacity_kw"),
    "existing_kw": ("existing_kw", "existing_generation_kw", "installed_kw", "already_connected_kw"),
    "phases": ("phases", "phase", "supply_phases"),
    "year": ("year", "connection_year", "date_year"),
}
"""Our name -> the spellings it goes by, best first; case and anything but letters and digits do not matter.
A size that names no unit is none of them: a shapefile cuts `generation_mw` to `generation`, a thousand times less."""
SIZES = ("generation_kw", "demand_kw", "storage_kw", "export_limit_kw")
EXISTING = "existing_kw"
"""What generates or stores there already: it counts for the route, and asks for nothing."""
EXCEL = frozenset((".xlsx", ".xlsm"))
_MEGAWATTS = {
    name.replace("_kw", "_mw"): tuple(known.replace("_kw", "_mw") for known in SPELLINGS[name] if known.endswith("_kw"))
    for name in (*SIZES, EXISTING)
}
"""The same for sizes in MW."""
_SOURCE = Source(
    name="proposals", title="a table of proposals", publisher="whoever proposes", licence="", attribution="",
    url="the program that wrote it", writes=(),
    accepts="a CSV, an Excel or OpenDocument workbook, or a map file, with a row a proposal",
)  # fmt: skip
"""What the readers of files need to know to say what is wrong with one."""
_KW_PER_MW = 1000.0
_SLIP = 1000.0
"""A size this many times the file's median, or as small a part of it, may be in another unit."""
_YEARS = (2000, 2100)


@dataclass(frozen=True)
class Proposals:
    """
    Proposals in the order of their file.

    `frame` has `row` (data row from 1), `id`, the sizes in kW and `year` (0 for none); `points` their positions in
    EPSG:27700, shape (rows, 2); `asset` the fid of a substation named in the file, -1 for none; `phases` 1, 3 or 0 for
    not told; `fault` why a row cannot be checked, empty where it can; `columns` our names -> the file's; `unused` the
    columns of the file that no answer rests on; `notes`, a text a row, what to look at again.
    """

    frame: pd.DataFrame
    points: NDArray[np.float64]
    asset: NDArray[np.int64]
    phases: NDArray[np.int64]
    fault: NDArray[np.object_]
    columns: dict[str, str]
    unused: tuple[str, ...]
    notes: NDArray[np.object_]


def read(path: Path, held: HeadroomStore, *, postcode_file: Path | None = None) -> Proposals:
    """
    Return the proposals in a file; rows that cannot be checked keep their place and say why.

    Raises
    ------
    UserFault
        When the file cannot be read, or no column says where or how large the proposals are: with the names it has and
        the nearest match.
    """
    table, shapes = _table(path)
    if table.empty:
        raise UserFault(f"{path}: there is no row under the header, so nothing to check.")
    columns = _columns(path, table, located=shapes is not None)
    faults: list[list[str]] = [[] for _ in range(len(table))]
    sizes = {name: _size(table, columns, name, faults) for name in (*SIZES, EXISTING)}
    year, phases = _year(table, columns, faults), _phases(table, columns, faults)
    points, asset = _positions(table, columns, shapes, held, postcode_file, faults)
    asked = np.nan_to_num(np.stack([sizes[name] for name in SIZES[:3]])).max(axis=0)
    for at in np.flatnonzero(asked <= 0):
        if not faults[at]:
            faults[at].append("nothing is proposed: no size above 0")
    frame = pd.DataFrame({"row": np.arange(1, len(table) + 1), "id": _ids(table, columns), **sizes, "year": year})
    fault = np.array(["; ".join(found) for found in faults], dtype=object)
    unused = tuple(str(name) for name in table.columns if name not in columns.values())
    return Proposals(
        frame=frame, points=points, asset=asset, phases=phases, fault=fault, columns=columns, unused=unused,
        notes=_notes(frame),
    )  # fmt: skip


def _notes(frame: pd.DataFrame) -> NDArray[np.object_]:
    """Return what to look at again: ids of several rows, sizes a thousand times the file's median or as small."""
    notes = np.where(frame["id"].duplicated(keep=False), "several rows have this id", "").astype(object)
    for name in SIZES[:3]:
        kw = frame[name].where(frame[name] > 0)
        times = (kw / kw.median()).to_numpy(dtype=np.float64)
        odd = (times >= _SLIP) | (times <= 1 / _SLIP)
        said = f"{name} is a thousand times off the file's median: kW and MW mixed up?"
        notes[odd] = [f"{text}; {said}" if text else said for text in notes[odd]]
    return notes


def _table(path: Path) -> tuple[pd.DataFrame, NDArray[np.object_] | None]:
    """Return a file as text without what steers a terminal, and the middle of its shapes in EPSG:27700, if any."""
    with packed.opened([path]) as (unpacked,):
        table, shapes = _as_text(unpacked)
    return plain.frame(table), shapes


def _as_text(path: Path) -> tuple[pd.DataFrame, NDArray[np.object_] | None]:
    if not path.is_file():
        raise UserFault(f"{path}: no such file.")
    if is_table(path):
        return read_named(path, {**SPELLINGS, **_MEGAWATTS}, source=_SOURCE), None
    frame = read_rows(path, source=_SOURCE, layer=_layer(path))
    text = pd.DataFrame({name: texts(frame, name) for name in frame.columns if name != frame.geometry.name})
    return text, np.asarray(shapely.centroid(frame.geometry.to_numpy()), dtype=object)


def _layer(path: Path) -> str | None:
    """Return the layer of a map that has most of the columns; None where it has one, or several have as many."""
    fits = {
        layer: len(by_name(pyogrio.read_info(path, layer=layer)["fields"], {**SPELLINGS, **_MEGAWATTS}))
        for layer in layers_of(path)
    }
    best = [layer for layer, count in fits.items() if count == max(fits.values())]
    return best[0] if len(best) == 1 else None


def _columns(path: Path, table: pd.DataFrame, *, located: bool) -> dict[str, str]:
    """Return our names -> the file's, megawatts as `generation_mw`; raise when nothing says where or how large."""
    columns = by_name(table.columns, SPELLINGS)
    for megawatts, theirs in by_name(table.columns, _MEGAWATTS).items():
        if megawatts.replace("_mw", "_kw") not in columns:
            columns[megawatts] = theirs
    pairs = ({"lat", "lon"}, {"easting", "northing"}, {"grid_reference"}, {"postcode"}, {"asset"})
    faults = []
    if not located and not any(pair <= columns.keys() for pair in pairs):
        faults.append(
            "no columns for the position (lat and lon, easting and northing, grid_reference, or postcode)."
            f"{_near(POSITION, table)}"
        )
    sizes = set(SIZES[:3]) | {name.replace("_kw", "_mw") for name in SIZES[:3]}
    if not sizes & columns.keys():
        faults.append(f"no column for the size (generation_kw, demand_kw or storage_kw).{_near(SIZES[:3], table)}")
    if faults:
        names = ", ".join(repr(str(name)) for name in table.columns[:20])
        raise UserFault(f"{path}: {' And '.join(faults)} The file has {names}.")
    return columns


POSITION = ("lat", "lon", "latitude", "longitude", "easting", "northing", "grid_reference", "postcode")


def _near(wanted: tuple[str, ...], table: pd.DataFrame) -> str:
    theirs = {squash(name): str(name) for name in table.columns}
    found = []
    for name in wanted:
        near = nearest(squash(name), theirs, cutoff=0.7)
        if near:
            found.append(f"{theirs[near[0]]!r} for {name}")
    return f" Did you mean {', '.join(dict.fromkeys(found))}?" if found else ""


def _ids(table: pd.DataFrame, columns: Mapping[str, str]) -> pd.Series[str]:
    rows = pd.Series(np.arange(1, len(table) + 1), dtype="string")
    if "id" not in columns:
        return rows
    return table[columns["id"]].reset_index(drop=True).fillna(rows)


def _size(table: pd.DataFrame, columns: Mapping[str, str], name: str, faults: list[list[str]]) -> NDArray[np.float64]:
    """Return one size in kW, missing where the cell is empty; a cell that is no size is a fault of its row."""
    megawatts = name.replace("_kw", "_mw")
    column = columns.get(name) or columns.get(megawatts)
    if column is None:
        return np.full(len(table), np.nan)
    values, bad, text = _numbers(table[column])
    kw = values * (1.0 if name in columns else _KW_PER_MW)
    for at in np.flatnonzero(bad | (values < 0)):
        faults[at].append(f"{column} {text[at]!r} is " + ("not a number" if bad[at] else "below 0"))
    for at in np.flatnonzero(kw > LARGEST_CONNECTION_KW):
        faults[at].append(f"{column} {text[at]!r}: {words.TOO_LARGE}")
    return np.where((values < 0) | (kw > LARGEST_CONNECTION_KW), np.nan, kw)


def _year(table: pd.DataFrame, columns: Mapping[str, str], faults: list[list[str]]) -> NDArray[np.int64]:
    if "year" not in columns:
        return np.zeros(len(table), dtype=np.int64)
    values, bad, text = _numbers(table[columns["year"]])
    wrong = bad | (~np.isnan(values) & ~((values >= _YEARS[0]) & (values <= _YEARS[1]) & (values % 1 == 0)))
    for at in np.flatnonzero(wrong):
        faults[at].append(f"{columns['year']} {text[at]!r} is not a year between {_YEARS[0]} and {_YEARS[1]}")
    return np.where(wrong | np.isnan(values), 0, values).astype(np.int64)


def _phases(table: pd.DataFrame, columns: Mapping[str, str], faults: list[list[str]]) -> NDArray[np.int64]:
    if "phases" not in columns:
        return np.zeros(len(table), dtype=np.int64)
    values, bad, text = _numbers(table[columns["phases"]])
    wrong = bad | (~np.isnan(values) & ~np.isin(values, PHASES))
    for at in np.flatnonzero(wrong):
        faults[at].append(f"{columns['phases']} {text[at]!r}: supplies have 1 or 3 phases")
    return np.where(wrong | np.isnan(values), 0, values).astype(np.int64)


def _positions(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    shapes: NDArray[np.object_] | None,
    held: HeadroomStore,
    postcode_file: Path | None,
    faults: list[list[str]],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return positions and named substations; each way of giving a place fills what those before it left open."""
    points = np.full((len(table), 2), np.nan)
    told: list[str] = ["no position"] * len(table)
    if shapes is not None:
        there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        points[there] = shapely.get_coordinates(shapes[there])
    _from_numbers(table, columns, points, told)
    if "grid_reference" in columns:
        _from_references(table[columns["grid_reference"]], points, told)
    if "postcode" in columns:
        _from_postcodes(table[columns["postcode"]], points, told, held, postcode_file)
    asset = np.full(len(table), -1, dtype=np.int64)
    if "asset" in columns:
        _from_assets(table[columns["asset"]], asset, told, held)
    for at in np.flatnonzero(np.isnan(points[:, 0]) & (asset < 0)):
        faults[at].append(told[at])
    return points, asset


def _from_numbers(
    table: pd.DataFrame, columns: Mapping[str, str], points: NDArray[np.float64], told: list[str]
) -> None:
    """Fill in positions from two columns of numbers; eastings and northings that are degrees are read as such."""
    for first, second, find, order in (
        ("easting", "northing", places.from_grid, "easting and northing"),
        ("lat", "lon", places.from_degrees, "latitude and longitude"),
    ):
        if first not in columns or second not in columns:
            continue
        one, bad_one, _ = _numbers(table[columns[first]])
        two, bad_two, _ = _numbers(table[columns[second]])
        if first == "easting":  # x and y are often longitude and latitude, which are metres off the coast
            in_degrees, kind = places.from_degrees(two, one)
            _fill(points, np.where((kind == places.GOOD)[:, None], in_degrees, np.nan))
        found, kind = find(one, two)
        _fill(points, found)
        for at in np.flatnonzero(np.isnan(points[:, 0])):
            if bad_one[at] or bad_two[at]:
                told[at] = f"{order} are not both numbers"
            elif kind[at] != places.MISSING:
                swapped = kind[at] == places.SWAPPED
                told[at] = f"{order} look swapped" if swapped else f"{order} are not in Great Britain"


def _from_references(text: pd.Series[str], points: NDArray[np.float64], told: list[str]) -> None:
    open_rows = np.flatnonzero(np.isnan(points[:, 0]) & text.notna().to_numpy())
    east, north = grid_reference(text.iloc[open_rows].reset_index(drop=True).astype("string"))
    found, kind = places.from_grid(*(part.astype("float64").to_numpy(na_value=np.nan) for part in (east, north)))
    points[open_rows] = found
    for at in open_rows[kind != places.GOOD]:
        told[at] = f"grid reference {text.iloc[at]!r} is not one of Great Britain, such as SP 42236 10266"


def _from_postcodes(
    text: pd.Series[str],
    points: NDArray[np.float64],
    told: list[str],
    held: HeadroomStore,
    postcode_file: Path | None,
) -> None:
    open_rows = np.flatnonzero(np.isnan(points[:, 0]) & text.notna().to_numpy())
    if not len(open_rows):
        return
    listed = postcodes.read_all([postcode_file]) if postcode_file else held.postcodes()
    known = {code: (x, y) for code, x, y, _ in listed}
    for at in open_rows:
        code = postcodes.plain(str(text.iloc[at]))
        if code in known:
            points[at] = known[code]
        elif postcodes.is_elsewhere(code):
            told[at] = f"postcode {text.iloc[at]!r} is in no licence area of Great Britain"
        elif not known:
            told[at] = "only a postcode, and no list of postcodes: name one with --postcodes"
        else:
            told[at] = f"postcode {text.iloc[at]!r} is " + (
                "not in the list" if postcodes.is_postcode(code) else "not one"
            )


def _from_assets(text: pd.Series[str], asset: NDArray[np.int64], told: list[str], held: HeadroomStore) -> None:
    found: dict[str, list[int]] = {}
    for at in np.flatnonzero(text.notna().to_numpy()):
        name = str(text.iloc[at]).strip()
        if name not in found:
            found[name] = [int(row["fid"]) for row in held.find(name)]
        if len(found[name]) == 1:
            asset[at] = found[name][0]
        else:
            told[at] = f"asset {name!r} names {len(found[name]) or 'no'} substation{'s' * (len(found[name]) != 1)}"


def _fill(points: NDArray[np.float64], found: NDArray[np.float64]) -> None:
    empty = np.isnan(points[:, 0])
    points[empty] = found[empty]


def _numbers(text: pd.Series[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.object_]]:
    """Return cells as numbers (missing where empty or wrong), which are wrong, and the cells themselves."""
    values = np.asarray(numeric(text, told=False), dtype=np.float64)
    wrong = np.isnan(values) & np.asarray(says_something(text), dtype=bool)
    stripped = text.astype("string").str.strip()
    return values, wrong, np.asarray(stripped.to_numpy(dtype=object, na_value=""), dtype=object)
