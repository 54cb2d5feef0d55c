"""Files written whole or not at all, one writer at a time, and the folder that laep keeps of its own."""

from __future__ import annotations

import codecs
import glob
import hashlib
import os
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from laep.errors import UserFault

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE_VARIABLE = "LAEP_CACHE"
_WAIT_SECONDS = 30.0
"""How long a command waits for another laep to finish writing the same file."""
_BESIDE = ("-journal", "-wal", "-shm")
"""Endings of the files that SQLite keeps beside a database while somebody writes to it."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """
    Yield a new, empty place beside `path` to write to; what stands there at the end takes the place of `path`.

    The move is one step, so others see the file of before or the file of after. When anything fails inside the
    block, the part is removed and `path` stays as it was. The part keeps the ending of `path`, by which some writers
    choose a format, and carries the number of this process, so two at once do not write into one another's. A
    database leaves a journal beside its part when it is killed, and would take that of an older part for its own:
    it is removed as well, before and after. A link stays a link: what it leads to is replaced. A fault carries `path`
    as a note, by which `faults` tells where it happened.
    """
    path = path.resolve()
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        _remove(part)
        yield part
        flush(part)
        _let_go(path)
        part.replace(path)
    except BaseException as error:
        error.add_note(str(path))
        raise
    finally:
        _remove(part)


def _remove(part: Path) -> None:
    for ending in ("", *_BESIDE):
        part.with_name(part.name + ending).unlink(missing_ok=True)


def _let_go(path: Path) -> None:
    """
    Take in what another program left beside a database, which would spoil the one that takes its place.

    Raises
    ------
    UserFault
        When that program still has the database open.
    """
    if not any(path.with_name(path.name + ending).exists() for ending in _BESIDE):
        return
    import sqlite3  # noqa: PLC0415 - only a database that somebody has open asks

    try:
        with closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = DELETE").fetchone()
            db.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise UserFault(
            f"Another program is using {path}, such as QGIS. Save and close it there, then run this again."
        ) from error


def remove_dead_parts(path: Path) -> None:
    """Remove what writers of `path` left that were killed; whoever holds its lock is the only one alive."""
    for part in path.parent.glob(f".{glob.escape(path.stem)}.*.part{glob.escape(path.suffix)}*"):
        part.unlink(missing_ok=True)


def read_text(path: Path) -> str:
    """
    Return the text of a file that people edit: UTF-8 with or without a mark at its beginning, or marked UTF-16.

    Raises
    ------
    UserFault
        When it is in another encoding, with how to save it.
    """
    content = path.read_bytes()
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserFault(
            f"{path}, line {line}: this is not UTF-8 text. In your editor choose Save As, and UTF-8 as the encoding."
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in UTF-8, in one move."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def flush(path: Path) -> None:
    """Return when the content of `path` has reached the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def locked(path: Path, *, seconds: float = _WAIT_SECONDS) -> Iterator[None]:
    """
    Hold the lock of `path` against every other laep; the lock is a hidden file beside it.

    Every command that writes a file, or reads it to write it anew, holds its lock meanwhile. What writers left that
    were killed is removed first.

    Raises
    ------
    UserFault
        When another laep has held it for `seconds`.
    """
    import filelock  # noqa: PLC0415 - no command that only reads needs it

    path = path.resolve()
    try:
        with filelock.FileLock(path.with_name(f".{path.name}.lock")).acquire(timeout=seconds):
            remove_dead_parts(path)
            yield
    except filelock.Timeout as error:
        raise UserFault(f"Another laep is writing to {path}. Wait for it to finish, then run this again.") from error


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def now() -> str:
    """Return this moment in UTC to the second, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def cache_folder() -> Path:
    """Return the folder of what laep keeps outside area folders: the one in `LAEP_CACHE`, else the user's cache."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    import platformdirs  # noqa: PLC0415 - see above

    return platformdirs.user_cache_path("laep", appauthor=False)
