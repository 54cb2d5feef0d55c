"""Zip files from elsewhere, unpacked without trusting them: no way out of the folder, no bombs, no surprises."""

from __future__ import annotations

import gzip
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from laep.errors import SourceInvalid
from laep.ingest.read.files import refuse_pointing

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = 20_000_000_000
"""All that may come out of one archive; the largest open product laep reads (OS Open UPRN) is about 2 GB."""
MOST_RATIO = 250
"""Text shrinks to a fiftieth at best, and empty raster to a two-hundredth: beyond this it is made to burst."""
_MOST_MEMBERS = 20_000
RATIO_FROM_BYTES = 10_000_000
"""Small members may be mostly blanks."""
_BLOCK = 1 << 20


def unpack(
    archive: Path, into: Path, *, keep: str = "", most_bytes: int = MOST_BYTES, most_ratio: int = MOST_RATIO
) -> tuple[Path, ...]:
    """
    Unpack the members whose path matches `keep` into the folder `into`, all or nothing, and return them sorted.

    Parameters
    ----------
    keep : str
        A regular expression looked for in each member's path, case ignored; empty keeps all.
    most_bytes, most_ratio : int
        Limits on what comes out, in bytes, and in bytes out for each byte in.

    Raises
    ------
    SourceInvalid
        When the file is no zip, is damaged or locked, breaks a limit, wants to write elsewhere, or holds nothing kept.
    """
    if into.is_dir():
        return _files_in(into)
    into.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=into.parent))
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _chosen(archive, opened, keep, most_bytes, most_ratio)
            for member in members:
                _copy(archive, opened, member, workshop, most_bytes)
        workshop.replace(into)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SourceInvalid(f"{archive.name}: the archive is damaged or not a plain zip ({error}).") from error
    except FileExistsError:
        pass  # another laep unpacked it meanwhile
    except OSError as error:
        if not into.is_dir():
            raise SourceInvalid(f"{archive.name}: cannot be unpacked ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return _files_in(into)


def names(archive: Path, keep: str = "") -> list[str]:
    """Return the names of the members whose path matches `keep`; none of a file that is no zip."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return [name for name in opened.namelist() if re.search(keep, name, re.IGNORECASE)]
    except (zipfile.BadZipFile, OSError):
        return []


def check_members(archive: Path, keep: Callable[[str], bool]) -> list[str]:
    """
    Read members of a zip through, as they are about to be opened inside it, and return their names, sorted.

    Raises
    ------
    SourceInvalid
        When one is damaged, locked, wants to write elsewhere, or would grow beyond reason.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            names = sorted(filter(keep, opened.namelist()))
            for name in names:
                member = opened.getinfo(name)
                _check(archive, member, MOST_RATIO)
                with opened.open(member) as packed:  # the end of the stream compares the checksum
                    refuse_pointing(archive, packed.read(_BLOCK))
                    while packed.read(_BLOCK):
                        pass
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SourceInvalid(f"{archive}: the archive is damaged or not a plain zip ({error}).") from error
    return names


def most_of(path: Path) -> int:
    """Return to how many bytes a gzipped file may grow."""
    return min(MOST_BYTES, max(RATIO_FROM_BYTES, MOST_RATIO * path.stat().st_size))


def check_gzip(path: Path) -> None:
    """
    Read a gzipped file through, as it is about to be opened by a library that would not notice where it breaks off.

    Raises
    ------
    SourceInvalid
        When it is damaged, cut short, or would grow beyond reason.
    """
    most, grown = most_of(path), 0
    try:
        with gzip.open(path, "rb") as packed:
            while block := packed.read(_BLOCK):
                grown += len(block)
                if grown > most:
                    raise SourceInvalid(f"{path}: would grow to more than {most / 1e6:,.0f} MB. Not read.")
    except (OSError, EOFError, zlib.error) as error:
        raise SourceInvalid(f"{path}: the gzipped file is damaged or cut short ({error}). Get it again.") from error


def _files_in(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in folder.rglob("*") if path.is_file()))


def _chosen(
    archive: Path, opened: zipfile.ZipFile, keep: str, most_bytes: int, most_ratio: int
) -> list[zipfile.ZipInfo]:
    everything = opened.infolist()
    if len(everything) > _MOST_MEMBERS:
        raise SourceInvalid(f"{archive.name}: holds {len(everything):,} files, more than laep unpacks.")
    wanted = [m for m in everything if not m.is_dir() and re.search(keep, m.filename, re.IGNORECASE)]
    for member in wanted:
        _check(archive, member, most_ratio)
    if sum(member.file_size for member in wanted) > most_bytes:
        raise SourceInvalid(f"{archive.name}: would unpack to more than {most_bytes / 1e9:,.1f} GB.")
    if not wanted:
        names = ", ".join(member.filename for member in everything[:8]) or "nothing"
        raise SourceInvalid(f"{archive.name}: holds no file laep looks for; it has {names}.")
    return wanted


def _check(archive: Path, member: zipfile.ZipInfo, most_ratio: int) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or "\x00" in member.filename:
        raise SourceInvalid(f"{archive.name}: wants to write outside its folder ({member.filename!r}). Not unpacked.")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise SourceInvalid(f"{archive.name}: {member.filename!r} is a link or a device, not a file. Not unpacked.")
    if member.file_size > RATIO_FROM_BYTES and member.file_size > most_ratio * max(member.compress_size, 1):
        raise SourceInvalid(
            f"{archive.name}: {member.filename!r} would grow more than {most_ratio} times. Not unpacked."
        )


def _copy(archive: Path, opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, most_bytes: int) -> None:
    """Copy one member out, stopping where it turns out larger than it says."""
    target = folder / PurePosixPath(member.filename.replace("\\", "/"))
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with opened.open(member) as packed, target.open("xb") as file:
        while block := packed.read(_BLOCK):
            written += len(block)
            if written > min(member.file_size, most_bytes):
                raise SourceInvalid(f"{archive.name}: {member.filename!r} is larger than it says. Not unpacked.")
            file.write(block)
