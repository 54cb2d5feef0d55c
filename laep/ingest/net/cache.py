"""What was fetched, kept once on this computer for every area, by the hash of its content.

Three folders: `files/HASH/NAME` is the content, `index/ASK.json` says which request gave which content and when, and
`part/ASK.part` is a download under way. No name, path or text in here holds a key.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from laep.errors import FetchFailed
from laep.files import CACHE_VARIABLE, cache_folder, now, sha256, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK_SECONDS = 3600.0  # another laep may be downloading the same country-wide file
_LONGEST_NAME = 80


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a file came from: address without keys, moments in UTC, and what the server says of this version of it."""

    url: str
    name: str
    sha256: str
    size_bytes: int
    retrieved_at: str
    checked_at: str
    etag: str = ""
    last_modified: str = ""
    licence: str = ""
    edition: str = ""

    def age_s(self) -> float:
        """Return seconds since the server was last asked."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.checked_at)).total_seconds()


class Cache:
    """The shared folder of fetched files."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use `folder`, else the one in `LAEP_CACHE`, else the user's cache folder; nothing is made yet."""
        self.folder = folder or cache_folder()

    def find(self, ask: str) -> Origin | None:
        """Return what answered a request before, or None where it is gone or no longer what was fetched."""
        try:
            origin = Origin(**json.loads(self._entry(ask).read_text(encoding="utf-8")))
            origin.age_s()
        except (OSError, ValueError, TypeError, AttributeError):
            return None
        return origin if self._whole(origin) else None

    def path(self, origin: Origin) -> Path:
        """Return where the content of `origin` is."""
        return self.folder / "files" / origin.sha256[:32] / origin.name

    def keep(self, ask: str, part: Path, origin: Origin) -> Path:
        """Move a finished download to its place and remember which request gave it."""
        path = self.path(origin)
        path.parent.mkdir(parents=True, exist_ok=True)
        part.replace(path)
        self.remember(ask, origin)
        return path

    def remember(self, ask: str, origin: Origin) -> None:
        """Write the index entry of a request in one move."""
        entry = self._entry(ask)
        entry.parent.mkdir(parents=True, exist_ok=True)
        write_text(entry, json.dumps(asdict(origin), indent=1) + "\n")

    def confirm(self, ask: str, origin: Origin) -> Origin:
        """Note that the server says the content is still the newest."""
        confirmed = replace(origin, checked_at=now())
        self.remember(ask, confirmed)
        return confirmed

    def forget(self, ask: str) -> None:
        """Forget what answered a request."""
        self._entry(ask).unlink(missing_ok=True)

    def forget_unpacked(self, digest: str) -> None:
        """Remove what was unpacked of one archive."""
        for folder in (self.folder / "unpacked").glob(f"{digest[:32]}-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def part(self, ask: str) -> Path:
        """Return the path of a download under way."""
        path = self.folder / "part" / f"{ask}.part"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def unpacked(self, digest: str, keep: str) -> Path:
        """Return the folder for the members of an archive that match `keep`."""
        return self.folder / "unpacked" / f"{digest[:32]}-{hashlib.sha256(keep.encode()).hexdigest()[:8]}"

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock `name` against every other laep on this computer."""
        path = self.folder / "lock" / f"{name}.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            held = FileLock(path).acquire(timeout=_LOCK_SECONDS)
        except Timeout:
            raise FetchFailed("another laep has been fetching the same data for an hour. Try again later.") from None
        except OSError as error:
            raise FetchFailed(
                f"the cache folder {self.folder} cannot be written ({error.strerror}). Set {CACHE_VARIABLE} to another."
            ) from error
        with held:
            yield

    def _entry(self, ask: str) -> Path:
        return self.folder / "index" / f"{ask}.json"

    def _whole(self, origin: Origin) -> bool:
        path = self.path(origin)
        return path.is_file() and path.stat().st_size == origin.size_bytes and sha256(path) == origin.sha256


def tidy_name(name: str) -> str:
    """Return a file name that every system takes, its ending kept."""
    clean = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "file"
    if len(clean) <= _LONGEST_NAME:
        return clean
    stem, dot, ending = clean.rpartition(".")
    short = ending if dot and len(ending) < 12 else ""
    return (stem if short else clean)[: _LONGEST_NAME - 13] + (f".{short}" if short else "")
