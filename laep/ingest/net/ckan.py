"""Portals that run CKAN (National Grid Electricity Distribution, SSEN): the action API, version 3.

File ids change with each edition, so the newest is found by its name. An answer with status 200 can still be a refusal
(`success` is false), and an address the visitor may not see reads `redacted`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from laep.errors import FetchFailed
from laep.ingest.net import keys
from laep.ingest.net.keys import base
from laep.ingest.net.opendatasoft import moment_in

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.net.refusals import Kind
    from laep.ingest.source import Place

HOSTS = {"nged": "connecteddata.nationalgrid.co.uk", "ssen": "data-api.ssen.co.uk"}
"""Portal of each operator group."""

_KINDS: dict[str, Kind] = {
    "csv": "csv",
    "zip": "zip",
    "geojson": "json",
    "json": "json",
    "xlsx": "xlsx",
    "parquet": "parquet",
}
_SHOWN = 8  # names listed in a message


@dataclass(frozen=True)
class Listed:
    """A file of a package: its address, title, when it was changed, and the licence the package states."""

    url: str
    title: str
    changed: str
    licence: str


@dataclass(frozen=True, kw_only=True)
class Ckan:
    """
    The newest file of a package, or files of its newest edition.

    Attributes
    ----------
    host : str
        The portal, from `HOSTS`.
    package : str
        Name or id of the package.
    resource : str
        A regular expression for the file's title or file name, case ignored.
    count : int
        How many files of the newest edition are wanted at most: those whose names have no other month than the newest.
    unpack : str or None
        For files that are zips: a regular expression for the members wanted, also of a zip in it; None leaves them.
    listing : bool
        Read the package's `datapackage.json` in place of the action API, which packages of thousands of files answer
        slowly.
    key : str or None
        Name of the key that is sent when it is set; empty takes the one of the operator whose portal this is.
    """

    host: str
    package: str
    resource: str = ""
    count: int = 1
    unpack: str | None = None
    listing: bool = False
    key: str | None = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys this way sends when they are set."""
        return (name,) if (name := self._key()) else ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return the newest matching file, or what was in it; it is the same for every place."""
        del place
        files: list[Path] = []
        for file in self.newest(fetcher):
            name = urlsplit(file.url).path.rpartition("/")[2] or file.title
            kind = _KINDS.get(name.rpartition(".")[2].casefold(), "any")
            edition = file.changed[:10]
            path = fetcher.get(file.url, name=name, kind=kind, key=self._key(), licence=file.licence, edition=edition)
            packed = self.unpack is not None and name.casefold().endswith(".zip")
            files.extend(fetcher.unpack(path, keep=str(self.unpack)) if packed else (path,))
        return tuple(files)

    def newest(self, fetcher: Fetcher) -> tuple[Listed, ...]:
        """
        Return the files of the newest edition that match, never none.

        Raises
        ------
        FetchFailed
            When the package has none, or does not show this account where they are.
        """
        resources, licence = self._listed(fetcher)
        found = []
        for resource in self._newest(resources):
            url = str(resource.get("url") or resource.get("path") or "")
            if "redacted" in url or not url:
                raise self._denied(_title(resource))
            changed = str(resource.get("last_modified") or resource.get("created") or "")
            found.append(Listed(self._address(url), _title(resource), changed, licence))
        return tuple(found)

    def _listed(self, fetcher: Fetcher) -> tuple[list[dict[str, Any]], str]:
        """Return what the package holds, and the licence it states."""
        name = f"{self.package}-files.json"
        if self.listing:
            url = f"{base(self.host)}/dataset/{self.package}/datapackage.json"
            listed = fetcher.json(url, name=name, key=self._key())
            package = listed if isinstance(listed, dict) else {}
        else:
            url = f"{base(self.host)}/api/3/action/package_show"
            answer = fetcher.json(url, name=name, params={"id": self.package}, key=self._key())
            if not isinstance(answer, dict) or answer.get("success") is not True:
                raise FetchFailed(f"{self.host} answered in a way laep does not know.")
            package = answer["result"] if isinstance(answer.get("result"), dict) else {}
        found = package.get("resources")
        if not isinstance(found, list):
            raise FetchFailed(f"{self.host}: the package {self.package} lists no files.")
        licence = next((str(package[key]) for key in ("rights", "license_title", "license_id") if package.get(key)), "")
        return [each for each in found if isinstance(each, dict)], licence

    def _newest(self, resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
        wanted = [each for each in resources if any(re.search(self.resource, n, re.IGNORECASE) for n in _names(each))]
        if not wanted:
            names = ", ".join(map(_title, resources[:_SHOWN])) or "none"
            raise FetchFailed(
                f"{self.host}: the package {self.package} has no file like {self.resource!r} any more; it has {names}."
            )
        ordered = sorted(wanted, key=_age)[::-1]
        return [each for each in ordered if _age(each)[0] == _age(ordered[0])[0]][: self.count]

    def _denied(self, title: str) -> FetchFailed:
        key = self._key()
        if key is None or keys.is_set(key):
            return FetchFailed(f"{self.host} does not show this account where {title!r} is.")
        return FetchFailed(f"{self.host} shows {title!r} only to those with an account. {keys.how_to_set(key)}")

    def _address(self, listed: str) -> str:
        """Return the address of a listed file; one of the portal's own is asked as the portal is, never less safely."""
        own = urlsplit(base(self.host))
        there = urlsplit(listed)
        if there.netloc in {"", own.netloc}:
            return urlunsplit((own.scheme, own.netloc, f"/{there.path.lstrip('/')}", there.query, ""))
        return listed

    def _key(self) -> str | None:
        if self.key != "":
            return self.key
        operator = next((name for name, host in HOSTS.items() if host == self.host), None)
        return "LAEP_NGED_KEY" if operator == "nged" else None


def _names(resource: dict[str, Any]) -> list[str]:
    url = str(resource.get("url") or resource.get("path") or "")
    return [*(str(resource.get(key) or "") for key in ("name", "title")), url.rpartition("/")[2]]


def _title(resource: dict[str, Any]) -> str:
    return next((name for name in _names(resource) if name), "a file without a name")


def _age(resource: dict[str, Any]) -> tuple[tuple[int, int], str, str]:
    """Return what sorts files by age: the month in the name, else when the file was last changed."""
    year, month, _ = max(map(moment_in, _names(resource)))
    changed = str(resource.get("last_modified") or resource.get("created") or resource.get("metadata_modified") or "")
    return (year, month), changed, _title(resource)
