"""Whether a file that came is whole, looked for at its end: proxies and portals in trouble end answers cleanly."""

from __future__ import annotations

import json
import struct
import zipfile
from typing import TYPE_CHECKING, Any, BinaryIO

from laep.errors import FetchFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from laep.ingest.net.refusals import Kind

_TAIL_BYTES = 4096
_PARSED_BYTES = 20_000_000  # JSON up to this size is parsed; of a larger one the end is looked at
_PLACES = {273: 279, 324: 325}  # tags of where strips or tiles of a TIFF begin -> of how long each is
_WANTED = {*_PLACES, *_PLACES.values()}
_WIDTHS = {1: "B", 3: "H", 4: "I", 16: "Q"}  # types of numbers in a TIFF, as `struct` calls them
_DIRECTORIES = 64  # as many pictures, with their overviews, as are looked at in one TIFF


def check(host: str, name: str, path: Path, kind: Kind) -> None:
    """
    Refuse a file that is not whole.

    Raises
    ------
    FetchFailed
        Saying how it shows.
    """
    if why := _cut(path, kind):
        raise FetchFailed(f"{host} sent {name} broken off: {why}.")


def _cut(path: Path, kind: Kind) -> str:
    """Return how a file shows that it is not whole, empty for one that is."""
    if kind in {"zip", "xlsx"}:
        return "" if _has_directory(path) else "the list at its end is missing"
    if kind == "tiff":
        return _tiff_cut(path)
    tail = _tail(path)
    if kind == "parquet":
        return "" if tail.endswith(b"PAR1") else "its footer is missing"
    if kind == "json":
        return "" if _json_closes(path, tail) else "its brackets do not close"
    if kind == "xml":
        return "" if tail.rstrip().endswith(b">") else "its last tag does not close"
    if kind == "csv":
        last = tail.rstrip().rpartition(b"\n")[2].lstrip()
        return "its last line is an error" if last.startswith((b"{", b"}", b"<")) else ""
    return ""


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _TAIL_BYTES, 0))
        return file.read()


def _has_directory(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path):
            return True
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def _json_closes(path: Path, tail: bytes) -> bool:
    if path.stat().st_size > _PARSED_BYTES:
        return tail.rstrip().endswith((b"}", b"]"))
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return True


def _tiff_cut(path: Path) -> str:
    """Return how a TIFF shows that strips or tiles of it lie beyond its end."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            ends = list(_ends(file))
    except (struct.error, KeyError, OSError):
        return "its directory lies beyond its end"
    if not ends:
        return "it has no picture"
    return "" if max(ends) <= size else f"it ends after {size:,} of {max(ends):,} bytes"


def _ends(file: BinaryIO) -> Iterator[int]:
    """Yield where each strip and tile of a TIFF ends (TIFF 6.0, section 2; BigTIFF has eight bytes for four)."""
    order = "<" if file.read(2) == b"II" else ">"
    big = _read(file, f"{order}H")[0] == 43
    entries_as, entry, offset = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    if big:
        _read(file, f"{order}HH")
    (at,) = _read(file, order + offset)
    for _ in range(_DIRECTORIES):
        if not at:
            return
        file.seek(at)
        (entries,) = _read(file, order + entries_as)
        read = [_read(file, order + entry) for _ in range(entries)]
        (at,) = _read(file, order + offset)
        held = {tag: _numbers(file, order, kind, count, place) for tag, kind, count, place in read if tag in _WANTED}
        for begins, lengths in _PLACES.items():
            pairs = zip(held.get(begins, ()), held.get(lengths, ()), strict=False)
            yield from (start + length for start, length in pairs)


def _numbers(file: BinaryIO, order: str, kind: int, count: int, place: bytes) -> tuple[Any, ...]:
    """Return the numbers of one entry: they stand in it where they fit, else where it points."""
    form = f"{order}{count}{_WIDTHS[kind]}"
    if struct.calcsize(form) <= len(place):
        return struct.unpack(form, place[: struct.calcsize(form)])
    file.seek(struct.unpack(order + ("Q" if len(place) == 8 else "I"), place)[0])
    return _read(file, form)


def _read(file: BinaryIO, form: str) -> tuple[Any, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))
