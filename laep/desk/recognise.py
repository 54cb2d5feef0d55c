"""Which source reads a file: told by its columns, and where several share these, by its places and its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import pyproj
import shapely

from laep import ingest, licence
from laep.errors import SourceInvalid, UserFault
from laep.hints import meant
from laep.ingest.read import positions
from laep.ingest.read.shape_table import is_table
from laep.ingest.read.table import header, read_chunks, squash
from laep.ingest.read.vector import layers_of
from laep.ingest.source import Source
from laep.schema import CRS
from laep.schema.vocabulary import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

LAYERS = {
    "in_substation": ("substation", "substation_id"),
    "in_supply_area": ("supply_area", "supply_area_id"),
    "in_headroom": ("headroom", "substation_id"),
    "in_generator": ("generator", "generator_id"),
}
"""Layer -> table of the store, and the column its rows are found again by in the file."""
ANY = Source(
    name="operators' files", title="a table of a network operator", publisher="a network operator", licence="",
    attribution="", url="the operator's portal", writes=(), accepts="a CSV, a workbook or a map file",
)  # fmt: skip
"""What the readers of files need to know to say what is wrong with one that nobody has recognised yet."""
_LEAST_COLUMNS = 3
_ENOUGH = 0.5
"""A file is a source's when it has half the source's columns, or when half its columns are the source's."""
_LOOKED_AT = 2000
"""Rows that tell whose a file is."""
_PLACES = ("latitude", "longitude", "lat_lon", "easting", "northing", "area")


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
    """
    Return the source whose columns a file has.

    Notes
    -----
    Of several with the same columns, as the operators' LTDS tables are, the one counts on whose operator's network the
    rows lie; where they do not tell, the one the file is named after.

    Raises
    ------
    SourceInvalid
        When it is none's, when its rows lie on another operator's network, or when neither columns nor rows nor name
        tell whose it is.
    """
    if not path.is_file():
        raise SourceInvalid(f"{path}: no such file.")
    best, nearest_one = _by_columns({squash(name) for name in _columns(path)})
    if not best:
        near = f" The nearest is {nearest_one}." if nearest_one else ""
        raise SourceInvalid(f"{path}: laep cannot tell which operator's table this is.{near} {_name_it(path)}")
    if len(best) == 1 and is_table(path):
        return best[0]
    operator = _whose(path, best[0])
    if operator is not None:
        theirs = [name for name in best if ingest.load(name).SOURCE.operator in (operator, None)]
        if not theirs:
            raise SourceInvalid(
                f"{path}: its rows lie on the network of {OPERATORS[operator]}, and {' and '.join(best)} "
                f"read{'s' * (len(best) == 1)} those of others. {_name_it(path)}"
            )
        best = theirs
    return best[0] if len(best) == 1 else _by_file_name(path, best)


def _by_columns(there: Collection[str]) -> tuple[list[str], str]:
    """Return the sources whose columns a file has best, and the nearest one where it has those of none."""
    scores = {}
    for name in sources():
        columns = getattr(ingest.load(name), "COLUMNS", {})
        wanted = [{squash(spelling) for spelling in spellings} for spellings in columns.values()]
        have = sum(bool(group & set(there)) for group in wanted)
        enough = have >= _LEAST_COLUMNS and have >= _ENOUGH * min(len(wanted), len(there))
        good = enough or 0 < have == len(there)
        scores[name] = (good, have, have / max(len(wanted), 1))
    most = max(scores.values())
    best = [name for name, score in scores.items() if score == most]
    return (best, "") if most[0] else ([], best[0] if most[1] else "")


def _columns(path: Path) -> list[str]:
    """Return the columns of a table, whichever sheet they stand on, or of the first layer of a map; none of others."""
    if is_table(path):
        wanted = {
            spelling: (spelling,)
            for name in sources()
            for spellings in getattr(ingest.load(name), "COLUMNS", {}).values()
            for spelling in spellings
        }
        return header(path, wanted, source=ANY)
    return [name for layer in layers_of(path)[:1] for name in pyogrio.read_info(path, layer=layer)["fields"]]


def _whose(path: Path, name: str) -> str | None:
    """Return on whose network most rows of a file lie, as they say or as they stand; None where that is not told."""
    points, said = _in_table(path, name) if is_table(path) else _in_map(path)
    named = [operator for text in said if (operator := licence.called(text))]
    if named:
        return max(sorted(set(named)), key=named.count)
    may = licence.operators(licence.around(points[~np.isnan(points).any(axis=1)]))
    counts = may[may.sum(axis=1) == 1].sum(axis=0)
    return tuple(OPERATORS)[int(counts.argmax())] if counts.sum() else None


def _in_table(path: Path, name: str) -> tuple[NDArray[np.float64], Sequence[str]]:
    """Return where the first rows of a table stand, and what they say of their licence area."""
    known: Mapping[str, Collection[str]] = ingest.load(name).COLUMNS
    columns = {ours: known.get(ours, ()) for ours in _PLACES}
    rows = next(read_chunks(path, columns, source=ANY, optional=_PLACES, chunk_rows=_LOOKED_AT))
    latitude, longitude = positions.split_pair(rows["lat_lon"])
    places = positions.points(
        easting=rows["easting"], northing=rows["northing"],
        latitude=rows["latitude"].fillna(latitude), longitude=rows["longitude"].fillna(longitude),
    )  # fmt: skip
    shapes = places.points.to_numpy()
    points = np.full((len(rows), 2), np.nan)
    points[~shapely.is_missing(shapes)] = shapely.get_coordinates(shapes)
    return points, rows["area"].dropna().tolist()


def _in_map(path: Path) -> tuple[NDArray[np.float64], Sequence[str]]:
    """Return the middle of the box of each shape of a map."""
    layer = layers_of(path)[0]
    crs = pyogrio.read_info(path, layer=layer)["crs"]
    _, (west, south, east, north) = pyogrio.read_bounds(path, layer=layer)
    if crs is None or not len(west):
        return np.zeros((0, 2)), ()
    to_grid = pyproj.Transformer.from_crs(crs, CRS, always_xy=True)
    return np.column_stack(to_grid.transform((west + east) / 2, (south + north) / 2)), ()


def _by_file_name(path: Path, tied: Sequence[str]) -> str:
    """Return which of some sources a file is named after: by its dataset, else by an operator or licence area."""
    stem, operator = squash(path.stem), licence.called(path.stem)
    sets = {name: re.findall(r"`([^`]+)`", ingest.load(name).SOURCE.accepts) for name in tied}
    best = [name for name in tied if any(squash(one) in stem for one in sets[name])]
    best = best or [name for name in tied if ingest.load(name).SOURCE.operator == operator]
    if len(best) == 1:
        return best[0]
    raise SourceInvalid(
        f"{path}: {', '.join(tied)} have the same columns, and neither where its rows lie nor its name tells whose it "
        f"is. {_name_it(path, tied)}"
    )


def _name_it(path: Path, names: Sequence[str] = ()) -> str:
    return f"Name it: `--source NAME={path}`, NAME one of {', '.join(names or sources())}."
