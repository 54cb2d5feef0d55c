"""`fetched.json` in the area folder: which files in the shared cache each source of this area was read from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from laep.files import locked, write_text
from laep.ingest.net.cache import Cache

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from laep.area import Area
    from laep.ingest.net.fetch import Fetcher

NAME = "fetched.json"


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """One fetched file: where in the cache, from which address, when, and what the portal says of it."""

    file: str
    url: str
    sha256: str
    retrieved_at: str
    licence: str = ""
    edition: str = ""

    def path(self, cache: Cache) -> Path:
        """Return the file's path."""
        return cache.folder / self.file


def of_area(area: Area) -> dict[str, tuple[Fetched, ...]]:
    """Return what was fetched for each source of the area; nothing where the record is missing or damaged."""
    try:
        table = json.loads((area.folder / NAME).read_text(encoding="utf-8"))
        return {source: tuple(Fetched(**each) for each in rows) for source, rows in table.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def paths(area: Area, source: str) -> tuple[Path, ...]:
    """Return the cached files of one source; a file cleared from the cache is not there any more."""
    cache = Cache()
    return tuple(each.path(cache) for each in of_area(area).get(source, ()))


def described(fetcher: Fetcher, files: Iterable[Path]) -> tuple[Fetched, ...]:
    """Return the records of files that a fetcher gave."""
    found = []
    for path in files:
        origin = fetcher.origin(path)
        found.append(
            Fetched(
                file=path.relative_to(fetcher.cache.folder).as_posix(),
                url=origin.url,
                sha256=origin.sha256,
                retrieved_at=origin.retrieved_at,
                licence=origin.licence,
                edition=origin.edition,
            )
        )
    return tuple(found)


def remember(area: Area, source: str, files: Iterable[Fetched]) -> None:
    """Write the files of one source into the area's record, in one move; one without files leaves it."""
    path = area.folder / NAME
    with locked(path):
        table = {**of_area(area), source: tuple(files)}
        rows = {name: [asdict(each) for each in table[name]] for name in sorted(table) if table[name]}
        write_text(path, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
