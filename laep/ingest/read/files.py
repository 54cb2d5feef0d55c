"""Which files a source was given, and which year and edition they are of."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from laep.errors import SourceInvalid

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request, Source


def one_file(request: Request, source: Source) -> Path:
    """Return the one file of a source that reads a single file."""
    if len(request.files) != 1:
        raise SourceInvalid(
            f"{source.name} reads one file, and {len(request.files)} were given. "
            f"Name the newest in [sources.{source.name}] of laep.toml as `file`."
        )
    return request.files[0]


def files_of(request: Request, source: Source) -> tuple[Path, ...]:
    """Return the files asked for; raises `SourceInvalid` when there are none."""
    if not request.files:
        raise SourceInvalid(
            f"No file for {source.name}. Get {source.title} from {source.url} "
            f"and run `laep ingest {source.name} --file PATH`."
        )
    return request.files


_POINTERS = (b"<vrtdataset", b"<ogrvrtdatasource", b"<gdal_wms", b"<gdal_wcs", b"<ogrwfsdatasource", b"<wcs_gdal")
"""How files begin that hold no data and send the reader elsewhere, perhaps into the network."""
_START_BYTES = 4096


def refuse_pointers(path: Path) -> None:
    """Raise `SourceInvalid` for a file that only says where data lies, such as a VRT, whatever its name ends in."""
    with path.open("rb") as file:
        refuse_pointing(path, file.read(_START_BYTES))


def refuse_pointing(path: Path, start: bytes) -> None:
    """Raise `SourceInvalid` where a file, or a member of a zip, that begins so only says where data lies."""
    if any(mark in start[:_START_BYTES].lower() for mark in _POINTERS):
        raise SourceInvalid(
            f"{path}: holds no data, only where to find some (a virtual file). Name the file it points to."
        )


def edition_year(path: Path, request: Request, source: Source) -> tuple[int, str]:
    """
    Return the year today's figures stand for, and the edition in words.

    The option `year` decides, else a year in the file's name, else the date of the file itself, which a download sets.
    """
    given = request.options.get("year")
    if given is not None and not re.fullmatch(r"20\d\d", str(given)):
        raise SourceInvalid(f"[sources.{source.name}] year = {given!r} is not a year such as 2026.")
    if given is not None:
        return int(given), str(given)
    named = re.findall(r"(?<!\d)20\d\d(?!\d)", path.name)
    if named:
        return int(named[-1]), named[-1]
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).year, ""


def edition_note(year: int, edition: str, source: Source) -> list[str]:
    """Return a note where the year is only the date of the file."""
    if edition:
        return []
    note = (
        f"The table has no date, nor has its file's name: its figures are taken to be of {year}, the year of the file. "
        f"Write `year = YEAR` in [sources.{source.name}] of laep.toml if that is wrong."
    )
    return [note]
