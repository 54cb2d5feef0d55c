"""GOV.UK: files of a publication by the content interface, as every edition has another address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from laep.errors import FetchFailed
from laep.ingest.net.keys import base
from laep.ingest.net.opendatasoft import moment_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.net.refusals import Kind
    from laep.ingest.source import Place

HOST = "www.gov.uk"
_KINDS: dict[str, Kind] = {"csv": "csv", "xlsx": "xlsx", "zip": "zip"}
_YEARS = 4  # editions are named after the year they tell of, which lies one or two back
_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class GovUk:
    """
    The newest file of a publication that is like a pattern.

    Attributes
    ----------
    page : str
        Path of the publication's page, such as `government/publications/NAME`. Where every edition has a page of its
        own, `{year}` stands for the year in it and `{two_before}` for the year two before it; the newest page counts.
    file : str
        A regular expression for the file's title or name, case ignored.
    host : str
        The server.
    today : int or None
        The year it is; None asks the clock.
    """

    page: str
    file: str
    host: str = HOST
    today: int | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return the file; it is the same for every place."""
        del place
        url, edition = self.newest(fetcher)
        name = urlsplit(url).path.rpartition("/")[2]
        return (
            fetcher.get(url, name=name, kind=_KINDS.get(name.rpartition(".")[2].casefold(), "any"), edition=edition),
        )

    def newest(self, fetcher: Fetcher) -> tuple[str, str]:
        """
        Return where the newest file is, and the day its page was changed.

        Raises
        ------
        FetchFailed
            When no page is there, or none of its files is like the pattern.
        """
        about = self._newest_page(fetcher)
        held = {str(each["url"]): str(each.get("title") or "") for each in _attachments(about.get("details"))}
        wanted = [url for url, title in held.items() if _like(self.file, title, url)]
        if not wanted:
            names = ", ".join(list(held.values())[:_SHOWN]) or "none"
            raise FetchFailed(f"{self.host}: {self.page} has no file like {self.file!r} any more; it has {names}.")
        newest = max(wanted, key=lambda url: moment_in(urlsplit(url).path.rpartition("/")[2]))
        return newest, str(about.get("public_updated_at") or about.get("updated_at") or "")[:10]

    def address(self, page: str) -> str:
        """Return where the description of a page is asked for."""
        return f"{base(self.host)}/api/content/{page}"

    def pages(self) -> tuple[str, ...]:
        """Return the paths of pages that may be the newest, the newest first."""
        if "{year}" not in self.page:
            return (self.page,)
        last = self.today or datetime.now(UTC).year
        years = range(last, last - _YEARS, -1)
        return tuple(self.page.format(year=year, two_before=year - 2) for year in years)

    def _newest_page(self, fetcher: Fetcher) -> dict[str, Any]:
        faults: list[FetchFailed] = []
        for page in self.pages():
            try:
                about = fetcher.json(self.address(page), name="publication.json")
            except FetchFailed as fault:
                faults.append(fault)
                continue
            if isinstance(about, dict):
                return about
        raise faults[-1] if faults else FetchFailed(f"{self.host} describes {self.page} in a way laep does not know.")


def _like(pattern: str, *names: str) -> bool:
    return any(re.search(pattern, name, re.IGNORECASE) for name in names)


def _attachments(part: Any) -> Iterator[dict[str, Any]]:
    """Yield what has an address and a kind of content, at whatever depth a publication keeps it."""
    if isinstance(part, dict):
        if isinstance(part.get("url"), str) and "://" in part["url"] and part.get("content_type"):
            yield part
        for value in part.values():
            yield from _attachments(value)
    elif isinstance(part, list):
        for value in part:
            yield from _attachments(value)
