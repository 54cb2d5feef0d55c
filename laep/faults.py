"""
What becomes of an exception that nobody foresaw: one sentence, and a file to send us that holds nothing private.

The command line, the reading of sources and the running of steps each have one boundary that catches every exception
and asks `told` here. Everywhere else laep catches only what it knows.
"""

from __future__ import annotations

import errno
import os
import platform
import shutil
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from laep import files
from laep.errors import LaepError, MachineRefused, Unforeseen, UserFault
from laep.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE_NAME = "laep-fault.txt"
_FULL = "the disk is full. Make room"
_NOT_ALLOWED = (
    "this may not be read or written: another program holds it, or it is not yours. Close it there, or move it"
)
_READ_ONLY = "the disk can only be read. Copy the folder to one where you may write, go there"
_REFUSED = {
    errno.ENOSPC: _FULL,
    errno.EFBIG: _FULL,
    errno.EDQUOT: "your share of the disk is used up. Make room",
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EIO: "the disk cannot be read or written. See to the disk",
    errno.EMFILE: "too many files are open. Close other programs",
    errno.ENFILE: "too many files are open. Close other programs",
    errno.ENOMEM: "there is not enough memory. Close other programs",
}
"""What the computer refuses, and what to do about it; `then run this again` follows."""
_MENDED = {
    errno.ENAMETOOLONG: "the name is too long. Choose a shorter one.",
    errno.ENOENT: "there is no such file or folder.",
    errno.ENOTDIR: "a file is where a folder should be.",
    errno.EISDIR: "this is a folder, and a file is needed.",
    errno.EEXIST: "this is there already.",
}
"""What the user can mend by typing another name."""
_SQLITE = {
    "SQLITE_FULL": errno.ENOSPC,
    "SQLITE_READONLY": errno.EACCES,
    "SQLITE_CANTOPEN": errno.EACCES,
    "SQLITE_PERM": errno.EACCES,
    "SQLITE_IOERR": errno.EIO,
    "SQLITE_NOMEM": errno.ENOMEM,
}
"""What SQLite says of a file that may well be right, but cannot be used as things are."""
_LEAST_FREE_BYTES = 1_000_000
"""With less than this free, a library that could not write met a full disk, whatever it says."""


def told(error: Exception, *, doing: str, folder: Path) -> LaepError:
    """
    Return the fault that an exception amounts to.

    Parameters
    ----------
    error : Exception
        What was caught. A fault of laep's own comes back as it is.
    doing : str
        What was being done, in words without anything private, such as `source osm`.
    folder : Path
        Where `laep-fault.txt` goes, when nobody foresaw the exception; named where the exception names no file.
    """
    if isinstance(error, LaepError):
        return error
    where = None if isinstance(error, MemoryError) else folder
    known = refused(error, getattr(error, "filename", None) or _written(error) or where)
    return known or Unforeseen(f"{_words(error)} This happened in: {doing}. {_kept(error, doing, folder)}")


def refused(error: Exception, where: Path | str | None) -> LaepError | None:
    """Return what to say where the computer refused to read or write `where`; None where that is not what happened."""
    code = _code(error)
    if code in _MENDED:
        return UserFault(f"{where or 'A file'}: {_MENDED[code]}")
    if code in _REFUSED:
        return MachineRefused(
            f"{where or 'This computer'}: {_REFUSED[code]}, then run this again; what was finished is kept."
        )
    return None


def together(faults: Iterable[tuple[str, LaepError]], kind: type[UserFault]) -> LaepError:
    """Return one fault for those of several sources or steps; the user's, of `kind`, only where all of them are."""
    named = list(faults)
    text = "\n".join(f"{name}: {fault}" for name, fault in named)
    for other in (Unforeseen, MachineRefused, LaepError):
        if any(isinstance(fault, other) and not isinstance(fault, UserFault) for _, fault in named):
            return other(text)
    return kind(text)


def _code(error: Exception) -> int | None:
    """Return the number under which the operating system knows a fault, None for one that is not the computer's."""
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if name := getattr(error, "sqlite_errorname", ""):
        return _SQLITE.get("_".join(name.split("_")[:2]))  # what follows says how
    if isinstance(error, OSError) and error.errno:
        return error.errno
    writing = _written(error)
    return _state_of(Path(writing).parent) if writing else None


def _written(error: Exception) -> str | None:
    """Return the file that was being replaced when a fault happened (`files.replacing` notes it)."""
    notes: list[str] = getattr(error, "__notes__", [])
    return notes[0] if notes else None


def _state_of(folder: Path) -> int | None:
    """Return why nothing can be written to a folder, where a library does not say."""
    if not folder.is_dir():
        return errno.ENOENT
    if shutil.disk_usage(folder).free < _LEAST_FREE_BYTES:
        return errno.ENOSPC
    return None if os.access(folder, os.W_OK) else errno.EACCES


def _kept(error: Exception, doing: str, folder: Path) -> str:
    """Write what we need to mend it, and return where it is."""
    path = folder / FILE_NAME
    lines = [
        f"laep {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        f"in: {doing}",
        *_trace(error),
        "This file holds no data, no names and no paths of yours.",
    ]
    try:
        files.write_text(path, "\n".join(lines) + "\n")
    except OSError:
        return "Please tell us what you typed."
    return f"Please send us {path}: it holds where in laep it happened, and nothing of yours."


def _trace(error: BaseException) -> list[str]:
    """Return where an exception and its causes arose: places in programs only, for a message may quote a file."""
    lines = []
    cause: BaseException | None = error
    while cause is not None:
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        lines += [
            f"  {_short(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__)
        ]
        cause = cause.__cause__ or cause.__context__
    return lines


def _short(name: str) -> str:
    """Return a program file's path from its package on."""
    parts = Path(name).parts
    for root in ("site-packages", "laep"):
        if root in parts:
            at = len(parts) - 1 - parts[::-1].index(root)
            return "/".join(parts[at + (root != "laep") :])
    return parts[-1]


def _words(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}." if said else f"{type(error).__name__}."
