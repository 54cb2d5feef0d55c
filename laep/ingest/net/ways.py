"""Fetching one source for one place, with the manual way in every error; and files whose address stays the same."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import geopandas as gpd
import shapely

from laep.errors import FetchFailed, SourceInvalid
from laep.ingest.net import keys
from laep.ingest.net.refusals import together

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from shapely import Geometry

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.net.refusals import Kind
    from laep.ingest.source import Live, Place, Source


def fetch(source: Source, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
    """
    Return files of `source` for `place` in the shared cache.

    Raises
    ------
    SourceInvalid
        Saying what went wrong and how to get the file by hand.
    """
    if source.live is None:
        raise SourceInvalid(f"laep cannot fetch this source. {by_hand(source)}")
    if source.key and not keys.is_set(source.key):
        raise SourceInvalid(f"this source needs a key. {keys.how_to_set(source.key)} {by_hand(source)}")
    fetcher.purpose = source.title
    try:
        return source.live.fetch(fetcher, place)
    except SourceInvalid as fault:
        raise type(fault)(f"{keys.hide(str(fault))} {by_hand(source)}") from None


def by_hand(source: Source) -> str:
    """Return the manual way to a source, as a sentence."""
    return f"By hand: download {source.title} from {source.url} and run `laep ingest {source.name} --file PATH`."


def key_state(source: Source) -> str:
    """Return `no`, `set` or `not set`: whether fetching this source takes a key, and has it."""
    if source.live is None:
        return "no"
    if source.key:
        return "set" if keys.is_set(source.key) else "not set"
    optional = source.live.keys
    if not optional:
        return "no"
    return "set" if all(keys.is_set(name) for name in optional) else "not set"


def widened(place: Place, margin_m: float) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of the area's box, `margin_m` metres wider on every side."""
    from laep.ingest.source import Place as Spot  # noqa: PLC0415 - only a type elsewhere in this module

    box = shapely.box(*place.bounds_m).buffer(margin_m, join_style="mitre") if margin_m else place.clip
    west, south, east, north = Spot(clip=box).bounds_deg
    return round(west, 6), round(south, 6), round(east, 6), round(north, 6)


def outline_deg(clip: Geometry, *, tolerance_m: float) -> Geometry:
    """Return an area's outline in degrees, EPSG:4326, with fewer points and never smaller than the area."""
    wide = clip.buffer(tolerance_m).simplify(tolerance_m)
    degrees = gpd.GeoSeries([wide], crs=27700).to_crs(4326).iloc[0]
    return shapely.set_precision(degrees, 1e-6)


def collection(features: Iterable[dict[str, Any]]) -> bytes:
    """Return GeoJSON features as the bytes of one collection in longitude and latitude."""
    return json.dumps({"type": "FeatureCollection", "features": list(features)}, ensure_ascii=False).encode()


@dataclass(frozen=True, kw_only=True)
class Download:
    """
    A file at an address that stays the same, unpacked where it is a zip.

    Attributes
    ----------
    url : str
        The address.
    name : str
        File name to keep it under; empty takes it from the address.
    unpack : str or None
        For a zip: a regular expression for the members wanted; empty for all; None leaves the file as it is.
    read : str
        A regular expression for those of them that are read: a shapefile is one, with others beside it.
    kind : str
        What must come (see `laep.ingest.net.refusals`); a file to unpack must be a zip.
    key : str or None
        Name of the key that is sent when it is set.
    """

    url: str
    name: str = ""
    unpack: str | None = None
    read: str = ""
    kind: Kind = "any"
    key: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys this way sends when they are set."""
        return (self.key,) if self.key else ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return the file, or what was in it; it is the same for every place."""
        del place
        name = self.name or urlsplit(self.url).path.rpartition("/")[2] or "download"
        kind: Kind = "zip" if self.unpack is not None else self.kind
        path = fetcher.get(self.url, name=name, kind=kind, key=self.key)
        if self.unpack is None:
            return (path,)
        return tuple(each for each in fetcher.unpack(path, keep=self.unpack) if re.search(self.read, each.name))


@dataclass(frozen=True, kw_only=True)
class Daily:
    """
    A file that is published each day under that day's date.

    Attributes
    ----------
    url : str
        The address, with the date's place in it as `{:%Y%m%d}`.
    kind : str
        What must come.
    days : int
        How many days are tried, from today back: today's may not be out yet.
    today : date or None
        What today is; None asks the clock.
    """

    url: str
    kind: Kind = "any"
    days: int = 4
    today: date | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return the newest file; it is the same for every place."""
        return FirstOf(ways=tuple(Download(url=url, kind=self.kind) for url in self.urls())).fetch(fetcher, place)

    def urls(self) -> tuple[str, ...]:
        """Return the addresses it may be at, the newest first."""
        last = self.today or datetime.now(UTC).date()
        return tuple(self.url.format(last - timedelta(days=back)) for back in range(self.days))


@dataclass(frozen=True, kw_only=True)
class Several:
    """Several ways whose files are read together. Where only some can be had, those are taken, with a note."""

    ways: tuple[Live, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys these ways send when they are set."""
        return tuple(dict.fromkeys(name for way in self.ways for name in way.keys))

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return the files of every way that gives some."""
        files: list[Path] = []
        faults: list[SourceInvalid] = []
        for way in self.ways:
            try:
                files.extend(way.fetch(fetcher, place))
            except SourceInvalid as fault:  # which a zip without the file looked for is, too
                faults.append(fault)
        if not files:
            raise together(faults)
        fetcher.notes.extend(f"A part is missing: {fault}" for fault in faults)
        return tuple(files)


@dataclass(frozen=True, kw_only=True)
class FirstOf:
    """Ways to the same thing, the best first; the first that gives a file counts."""

    ways: tuple[Live, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys these ways send when they are set."""
        return tuple(dict.fromkeys(name for way in self.ways for name in way.keys))

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return the files of the first way that gives some."""
        faults: list[SourceInvalid] = []
        for way in self.ways:
            try:
                return way.fetch(fetcher, place)
            except SourceInvalid as fault:
                faults.append(fault)
        raise together(faults)


@dataclass(frozen=True, kw_only=True)
class ByNation:
    """Another way in each nation; a place along the border gets all of its nations'."""

    england: Live | None = None
    wales: Live | None = None
    scotland: Live | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys these ways send when they are set."""
        return Several(ways=_given(self.england, self.wales, self.scotland)).keys

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return the files of the place's nations; of all where they are not known."""
        known = {"england": self.england, "wales": self.wales, "scotland": self.scotland}
        asked = place.nations or tuple(known)
        ways = _given(*(known[nation] for nation in asked))
        if not ways:
            raise FetchFailed(f"laep knows no service for this in {' or '.join(name.title() for name in asked)}.")
        return ways[0].fetch(fetcher, place) if len(ways) == 1 else Several(ways=ways).fetch(fetcher, place)


@dataclass(frozen=True, kw_only=True)
class ByOperator:
    """Another way for each network operator; where several serve a place, or none is known, all of them are asked."""

    ways: tuple[tuple[str, Live], ...]

    @property
    def operators(self) -> tuple[str, ...]:
        """Operators there is a way for."""
        return tuple(operator for operator, _ in self.ways)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys these ways send when they are set."""
        return Several(ways=tuple(way for _, way in self.ways)).keys

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return the files of the operators that serve the place."""
        ways = tuple(way for operator, way in self.ways if not place.operators or operator in place.operators)
        if not ways:
            raise FetchFailed(f"laep knows no service for this of {' or '.join(place.operators)}.")
        return ways[0].fetch(fetcher, place) if len(ways) == 1 else Several(ways=ways).fetch(fetcher, place)


def _given(*ways: Live | None) -> tuple[Live, ...]:
    return tuple(way for way in ways if way is not None)
