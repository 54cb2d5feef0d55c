"""Files written whole or not at all, one writer at a time, and the folder that laep keeps of its own."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from laep.errors import UserFault

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE_VARIABLE = "LAEP_CACHE"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """
    Yield a new, empty place beside `path` to write to; what stands there at the end takes the place of `path`.

    The move is one step, so others see the file of before or the file of after. When anything fails inside the
    block, the part is removed and `path` stays as it was. The part keeps the ending of `path`, by which some writers
    choose a format, and carries the number of this process, so two at once do not write into one another's. A
    database leaves a journal beside its part when it is killed, and would take that of an older part for its own:
    it is removed as well, before and after.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    _remove(part)
    try:
        yield part
        flush(part)
        part.replace(path)
    finally:
        _remove(part)


def _remove(part: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        part.with_name(part.name + ending).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in UTF-8, in one move."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def flush(path: Path) -> None:
    """Return when the content of `path` has reached the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def locked(path: Path, *, seconds: float, busy: str) -> Iterator[None]:
    """
    Hold the lock of `path` against every other laep; the lock is a hidden file beside it.

    Raises
    ------
    UserFault
        With the sentence `busy`, when another laep has held it for `seconds`.
    """
    import filelock  # noqa: PLC0415 - no command that only reads needs it

    try:
        with filelock.FileLock(path.with_name(f".{path.name}.lock")).acquire(timeout=seconds):
            yield
    except filelock.Timeout as error:
        raise UserFault(busy) from error


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
