"""Postcodes and where they are, from Ordnance Survey Code-Point Open or any table with a postcode and a position."""

from __future__ import annotations

import csv
import io
import itertools
import re
from typing import TYPE_CHECKING

from laep.errors import SourceInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
"""Capitals without spaces; what `plain` returns."""
_NAMES = {
    "postcode": ("postcode", "pcds", "pcd", "pcd2", "pcd7", "pcd8"),
    "x": ("easting", "eastings", "oseast1m", "east1m"),
    "y": ("northing", "northings", "osnrth1m", "north1m"),
    "lat": ("latitude", "lat"),
    "lon": ("longitude", "long", "lon"),
    "ended": ("doterm", "terminated", "date_of_termination"),
}
_CODE_POINT = {"postcode": 0, "x": 2, "y": 3}
"""Columns of Code-Point Open, whose files have no header."""
_NOWHERE_QUALITY = "90"
"""Code-Point's positional quality of a postcode without a position."""
_WEST, _SOUTH, _EAST, _NORTH = 0.0, 0.0, 700_000.0, 1_300_000.0
"""Extent of the British National Grid: no postcode lies outside. [m]"""
_OTHER_GRID = re.compile(r"(?:BT|GY|IM|JE)\d")
"""Postcode areas outside Great Britain: their eastings and northings are of the Irish grid or of none."""


def plain(text: str) -> str:
    """Return a postcode in capitals without spaces."""
    return "".join(text.split()).upper()


def is_postcode(text: str) -> bool:
    """Return whether a text is written like a whole postcode."""
    return POSTCODE.fullmatch(plain(text)) is not None


def is_outcode(text: str) -> bool:
    """Return whether a text is written like the first half of a postcode, such as `OX29`."""
    return re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?", plain(text)) is not None


def is_elsewhere(postcode: str) -> bool:
    """Return whether a postcode is of Northern Ireland, the Isle of Man or the Channel Islands."""
    return _OTHER_GRID.match(plain(postcode)) is not None


def read_all(files: Iterable[Path]) -> list[tuple[str, float, float, str]]:
    """
    Return (postcode, easting, northing, end) of every postcode with a position, from CSVs, folders or zips of them.

    `end` says since when a postcode is no longer in use, as published, empty where it is.
    """
    found: dict[str, tuple[float, float, str]] = {}
    for path in files:
        before = len(found)
        for member, lines in _texts(path):
            found.update({code: (x, y, ended) for code, x, y, ended in _records(lines, member)})
        if len(found) == before:
            raise SourceInvalid(f"{path}: no postcode with a position in it. laep reads Code-Point Open, or a CSV with "
                                "a postcode and an easting and northing, or latitude and longitude.")  # fmt: skip
    return [(code, *found[code]) for code in sorted(found)]


def find(path: Path, postcode: str) -> tuple[float, float, str] | None:
    """Return the position of one postcode in a file and when it ended, None where it is not there."""
    wanted = plain(postcode)
    for member, lines in _texts(path):
        for code, x, y, ended in _records(lines, member, only=wanted):
            if code == wanted:
                return x, y, ended
    return None


def _texts(path: Path) -> Iterator[tuple[str, TextIO]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.csv")):
            with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
                yield str(file), lines
    elif path.suffix.lower() == ".zip":
        import zipfile  # here, as most checks need no zip and it takes a moment to load

        from laep.ingest.net.archive import check_members

        names = check_members(path, lambda name: name.lower().endswith(".csv") and "doc/" not in name.lower())
        with zipfile.ZipFile(path) as archive:
            for name in names:
                with archive.open(name) as raw:
                    yield f"{path}/{name}", io.TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="")
    elif path.is_file():
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            yield str(path), lines
    else:
        raise SourceInvalid(f"{path}: no such file. Code-Point Open is at https://osdatahub.os.uk/downloads/open.")


def _records(lines: TextIO, where: str, *, only: str | None = None) -> Iterator[tuple[str, float, float, str]]:
    reader = csv.reader(lines)
    first = next(_whole(reader, where), None)
    if first is None:
        return
    headless = bool(first) and is_postcode(first[0])
    places = _CODE_POINT if headless else _header(first, where)
    located: list[tuple[str, float, float, str]] = []
    for record in _whole(itertools.chain([first], reader) if headless else reader, where):
        if len(record) <= max(places.values()):
            continue
        code = plain(record[places["postcode"]])
        nowhere = (headless and record[1] == _NOWHERE_QUALITY) or is_elsewhere(code)
        if nowhere or (only is not None and code != only):
            continue
        across, up = ("x", "y") if "x" in places else ("lon", "lat")
        ended = record[places["ended"]].strip() if "ended" in places else ""
        try:
            located.append((code, float(record[places[across]]), float(record[places[up]]), ended))
        except ValueError:
            continue  # postcodes of the armed forces have no position
    for each in located if "x" in places else _projected(located):
        if _WEST <= each[1] <= _EAST and _SOUTH <= each[2] <= _NORTH:
            yield each


def _whole(records: Iterator[list[str]], where: str) -> Iterator[list[str]]:
    try:
        yield from records
    except csv.Error as error:
        raise SourceInvalid(f"{where}: is no whole CSV ({error}). Get it again.") from error


def _header(names: Sequence[str], where: str) -> dict[str, int]:
    from laep.ingest.read.table import by_name, say_missing

    found = {ours: names.index(name) for ours, name in by_name(names, _NAMES).items()}
    if "postcode" in found and ({"x", "y"} <= found.keys() or {"lat", "lon"} <= found.keys()):
        return found if {"x", "y"} <= found.keys() else {key: at for key, at in found.items() if key not in {"x", "y"}}
    said = say_missing([_NAMES["x" if "postcode" in found else "postcode"]], names)
    raise SourceInvalid(
        f"{where}: no column for {'the position' if 'postcode' in found else 'the postcode'}: {said} laep reads "
        "Code-Point Open, or a CSV with a postcode and an easting and northing, or latitude and longitude."
    )


def _projected(rows: list[tuple[str, float, float, str]]) -> Iterator[tuple[str, float, float, str]]:
    from laep.desk.place import to_grid

    if rows:
        across, up = to_grid([row[2] for row in rows], [row[1] for row in rows])
        codes, ends = [row[0] for row in rows], [row[3] for row in rows]
        yield from zip(codes, across.tolist(), up.tolist(), ends, strict=True)
