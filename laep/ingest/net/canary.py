"""What a portal says today of a dataset, asked in a small request: whether it is still there, and under which names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from laep.errors import FetchFailed, SourceInvalid
from laep.ingest.net import opendatasoft, refusals
from laep.ingest.net.arcgis import ArcGis, edition_in
from laep.ingest.net.ckan import Ckan
from laep.ingest.net.govuk import GovUk
from laep.ingest.net.keys import base
from laep.ingest.net.ogc import Wcs, Wfs
from laep.ingest.net.os_downloads import OsDownload
from laep.ingest.net.overpass import Overpass
from laep.ingest.net.planning_data import PlanningData
from laep.ingest.net.pvgis_api import Pvgis
from laep.ingest.net.ways import ByNation, ByOperator, Daily, Download, FirstOf, Several

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Live

_MOVED = (404, 410)
_CLOSED = (401, 403, 406)
_UNFINISHED = 400


@dataclass(frozen=True)
class Described:
    """What a portal says of a dataset: the name it goes by, its edition, and its columns where it lists them."""

    what: str
    edition: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """
    How one way of a source stands.

    `state` is `found`, `gone` (no such dataset, service or file), `closed` (an account, a key or another agent is
    wanted) or `silent` (no answer, or trouble); `said` is what the portal says of it.
    """

    host: str
    what: str
    state: str
    edition: str = ""
    columns: tuple[str, ...] = ()
    said: str = ""


def leaves(way: Live) -> Iterator[Live]:
    """Yield the ways that others are put together from, each a dataset of one host."""
    parts: tuple[Any, ...] = ()
    if isinstance(way, Several | FirstOf):
        parts = way.ways
    elif isinstance(way, ByNation):
        parts = tuple(filter(None, (way.england, way.wales, way.scotland)))
    elif isinstance(way, ByOperator):
        parts = tuple(each for _, each in way.ways)
    if not parts:
        yield way
    for part in parts:
        yield from leaves(part)


def ask(way: Live, fetcher: Fetcher) -> Answer:
    """Return what the host of one way says of it now."""
    host, what = address(way)
    try:
        found = describe(way, fetcher)
    except refusals.Refused as fault:
        state = "gone" if fault.status in _MOVED else "closed" if fault.status in _CLOSED else "silent"
        return Answer(host, what, state, said=str(fault))
    except SourceInvalid as fault:
        named = any(words in str(fault) for words in ("any more", "no such dataset", "has no", "lists no"))
        closed = any(words in str(fault) for words in ("account", "key"))
        return Answer(host, what, "gone" if named else "closed" if closed else "silent", said=str(fault))
    return Answer(host, found.what, "found", found.edition, found.columns)


def address(way: Live) -> tuple[str, str]:
    """Return the host of a way, and what it is asked for there."""
    held: dict[str, Any] = vars(way)
    where = held.get("host") or held.get("url") or held.get("services") or held["hosts"][0]
    names = ("dataset", "package", "service", "feature", "coverage", "product", "page")
    what = next((str(held[name]) for name in names if name in held), "")
    bare = str(where).split("://")[-1]
    return bare.split("/")[0], what or bare.rpartition("/")[2]


@singledispatch
def describe(way: Any, fetcher: Fetcher) -> Described:
    """
    Return what the host of a way says of its dataset.

    Raises
    ------
    FetchFailed
        When it does not, with the reason.
    """
    del fetcher
    raise FetchFailed(f"laep has no small question for a {type(way).__name__}.")


@describe.register(opendatasoft.Opendatasoft)
def _(way: opendatasoft.Opendatasoft, fetcher: Fetcher) -> Described:
    about = way.about(fetcher)
    names = [str(each.get(key) or "") for each in about.get("fields") or [] for key in ("name", "label")]
    return Described(
        way.dataset, opendatasoft.said_of(about, "modified")[:10], tuple(dict.fromkeys(filter(None, names)))
    )


@describe.register(Ckan)
def _(way: Ckan, fetcher: Fetcher) -> Described:
    newest = way.newest(fetcher)[0]
    return Described(newest.title, newest.changed[:10])


@describe.register(ArcGis)
def _(way: ArcGis, fetcher: Fetcher) -> Described:
    name, _, about = way.about(fetcher)
    fields = tuple(str(each.get("name")) for each in about.get("fields") or [] if isinstance(each, dict))
    return Described(name, edition_in(name), fields)


@describe.register(Wfs)
def _(way: Wfs, fetcher: Fetcher) -> Described:
    params = {"service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": way.feature, "count": 1}
    path = fetcher.get(
        base(way.url), name="first.geojson", params={**params, "outputFormat": way.output}, check=way.answer
    )
    first = way.answer(path)["features"][:1]
    return Described(way.feature, columns=tuple(first[0].get("properties") or {}) if first else ())


@describe.register(Wcs)
def _(way: Wcs, fetcher: Fetcher) -> Described:
    exact = replace(way, coverage=f"^{way.coverage}$") if way.coverage.isidentifier() else way
    return Described(exact.found(fetcher))


@describe.register(Overpass)
def _(way: Overpass, fetcher: Fetcher) -> Described:
    path = fetcher.get(f"{base(way.hosts[0])}/api/status", name="status.txt")
    return Described(path.read_text(encoding="utf-8", errors="replace").strip().partition("\n")[0])


@describe.register(PlanningData)
def _(way: PlanningData, fetcher: Fetcher) -> Described:
    asked = way.known(fetcher)
    return Described(f"{len(asked)} datasets", columns=asked)


@describe.register(Pvgis)
def _(way: Pvgis, fetcher: Fetcher) -> Described:
    try:
        fetcher.there(f"{base(way.host)}/seriescalc")
    except refusals.Refused as fault:
        if fault.status != _UNFINISHED:  # the service is there, and misses the place
            raise
    return Described(way.host)


@describe.register(OsDownload)
def _(way: OsDownload, fetcher: Fetcher) -> Described:
    formats = [str(each.get("format")) for each in way.offered(fetcher)]
    return Described(f"{way.product} as {', '.join(sorted(set(formats)))}")


@describe.register(GovUk)
def _(way: GovUk, fetcher: Fetcher) -> Described:
    url, edition = way.newest(fetcher)
    return Described(url.rpartition("/")[2], edition)


@describe.register(Download)
def _(way: Download, fetcher: Fetcher) -> Described:
    headers = fetcher.there(way.url, key=way.key)
    return Described(way.url.rpartition("/")[2], headers.get("Last-Modified", ""))


@describe.register(Daily)
def _(way: Daily, fetcher: Fetcher) -> Described:
    faults: list[refusals.Refused] = []
    for url in way.urls():
        try:
            fetcher.there(url)
            return Described(url.rpartition("/")[2])
        except refusals.Refused as fault:
            faults.append(fault)
    raise next((fault for fault in faults if fault.status not in _MOVED), faults[-1])
