"""Files packed with gzip, as portals hand large ones out: read as what is in them, by sources and the desk alike."""

from __future__ import annotations

import gzip
import os
import tempfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from laep.errors import SourceInvalid, UserFault
from laep.ingest.net.archive import most_of
from laep.ingest.read.vector import holds_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MARK = b"\x1f\x8b"
_BLOCK = 1 << 20


@contextmanager
def opened(paths: Sequence[Path]) -> Iterator[tuple[Path, ...]]:
    """
    Yield files as they are, and packed ones unpacked under their own names, for as long as the block lasts.

    Features line by line stay packed: `vector` streams them. What goes wrong in the block is told of the packed file.

    Raises
    ------
    SourceInvalid
        For a packed file that breaks off, or grows beyond reason.
    """
    if not any(is_packed(path) for path in paths):
        yield tuple(paths)
        return
    with tempfile.TemporaryDirectory(prefix="laep-unpacked-") as folder:
        plain = [_unpacked(path, Path(folder) / str(number)) for number, path in enumerate(paths)]
        try:
            yield tuple(plain)
        except UserFault as fault:
            said = str(fault)
            for unpacked, path in zip(plain, paths, strict=True):
                said = said.replace(str(unpacked), str(path))
            raise type(fault)(said) from fault


def is_packed(path: Path) -> bool:
    """Return whether a file is packed with gzip, whatever its name, and not one of features line by line."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK and not holds_lines(path)


def _unpacked(path: Path, folder: Path) -> Path:
    """Return what is in a packed file, in a folder of its own and as old as it is; another file comes back itself."""
    if not is_packed(path):
        return path
    folder.mkdir()
    target = folder / (path.stem if path.suffix.lower() == ".gz" else path.name)
    most = most_of(path)
    try:
        with gzip.open(path, "rb") as file, target.open("wb") as out:
            while block := file.read(_BLOCK):
                out.write(block)
                if out.tell() > most:
                    raise SourceInvalid(f"{path}: would grow to more than {most / 1e6:,.0f} MB. Not read.")
    except (OSError, EOFError, zlib.error) as error:
        raise SourceInvalid(
            f"{path}: is packed (gzip) and breaks off or is damaged ({error}). Get it again."
        ) from error
    os.utime(target, (path.stat().st_atime, path.stat().st_mtime))
    return target
