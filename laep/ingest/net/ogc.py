"""OGC services: features by WFS, and elevation by WCS in tiles that neighbouring areas share."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import shapely

from laep.errors import FetchFailed
from laep.ingest.net.refusals import short
from laep.ingest.net.ways import base, collection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

_PAGE = 1000
_MOST_PAGES = 200
_MOST_TILES = 400
_GIVE_UP_AFTER = 5  # failures more than successes: then it is the server, not the coast
_NO_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Wfs:
    """
    Features of one type whose box meets the area's box.

    Attributes
    ----------
    url : str
        Address of the service.
    feature : str
        Name of the feature type, such as `inspire-nrw:NRW_SSSI`.
    output : str
        What the server calls GeoJSON.
    name : str
        File name to keep the result under; empty takes the feature type's.
    """

    url: str
    feature: str
    output: str = "application/json"
    name: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return one GeoJSON file in EPSG:4326."""
        west, south, east, north = place.bounds_m
        box = f"{west:.0f},{south:.0f},{math.ceil(east)},{math.ceil(north)},urn:ogc:def:crs:EPSG::27700"
        params = {
            "service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": self.feature,
            "outputFormat": self.output, "srsName": "urn:ogc:def:crs:OGC:1.3:CRS84", "bbox": box, "count": _PAGE,
        }  # fmt: skip
        name = self.name or self.feature.rpartition(":")[2]
        pages: list[Path] = []
        found: list[dict[str, Any]] = []
        for number in range(_MOST_PAGES):
            # some servers refuse to count from a start, so the first page is asked for without one
            start = {"startIndex": len(found)} if found else {}
            part = fetcher.get(
                base(self.url), name=f"{name}-{number}.geojson", params={**params, **start}, check=self._check
            )
            features = json.loads(part.read_bytes())["features"]
            pages.append(part)
            found.extend(features)
            if len(features) < _PAGE:
                return (fetcher.keep(f"{name}.geojson", collection(found), of=pages),)
        raise FetchFailed(f"{self.url}: {self.feature} has more than {len(found):,} features here; laep stops there.")

    def _check(self, path: Path) -> None:
        content = path.read_bytes()
        if content.lstrip()[:1] == b"<":
            raise FetchFailed(f"{self.url} answered with an error{exception_in(content)}.")
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            raise FetchFailed(f"{self.url} sent JSON that breaks off or is damaged.") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("features"), list):
            raise FetchFailed(f"{self.url} answered without features.")


@dataclass(frozen=True, kw_only=True)
class Wcs:
    """
    A raster of the area as tiles on the kilometre grid.

    Attributes
    ----------
    url : str
        Address of the service.
    coverage : str
        A regular expression for the coverage's id.
    prefix : str
        How tile names begin: `dsm` or `dtm`, by which readers know the kind.
    margin_m : float
        Tiles that meet the area widened by this much are fetched: what stands outside throws shade inside. [m]
    tile_m : int
        Side of a tile. [m]
    """

    url: str
    coverage: str
    prefix: str
    margin_m: float = 100.0
    tile_m: int = 1000

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return GeoTIFF tiles in EPSG:27700."""
        tiles = list(self.tiles(place))
        if len(tiles) > _MOST_TILES:
            raise FetchFailed(f"the area needs {len(tiles):,} tiles of 1 km, more than laep fetches ({_MOST_TILES}).")
        coverage = self._coverage(fetcher)
        files: list[Path] = []
        faults: list[FetchFailed] = []
        for west, south in tiles:
            try:
                files.append(self._tile(fetcher, coverage, west, south))
            except FetchFailed as fault:  # a tile at sea or beyond the survey is refused
                faults.append(fault)
                if len(faults) - len(files) >= _GIVE_UP_AFTER:
                    raise
        if not files:
            raise faults[0]
        if faults:
            fetcher.notes.append(
                f"Tiles of {self.prefix} that could not be had: {len(faults)} of {len(tiles)}. {faults[0]}"
            )
        return tuple(files)

    def tiles(self, place: Place) -> Iterator[tuple[int, int]]:
        """Yield the south-west corner of every tile that meets the area with its margin, from the south-west on."""
        wide = place.clip.buffer(self.margin_m)
        west, south, east, north = (value / self.tile_m for value in wide.bounds)
        for x in range(math.floor(west), math.ceil(east)):
            for y in range(math.floor(south), math.ceil(north)):
                left, bottom = x * self.tile_m, y * self.tile_m
                if wide.intersects(shapely.box(left, bottom, left + self.tile_m, bottom + self.tile_m)):
                    yield left, bottom

    def _coverage(self, fetcher: Fetcher) -> str:
        if re.fullmatch(r"[\w.-]+", self.coverage):
            return self.coverage
        params = {"service": "WCS", "version": "2.0.1", "request": "GetCapabilities"}
        path = fetcher.get(base(self.url), name=f"{self.prefix}-coverages.xml", params=params, kind="xml")
        named = [node.text or "" for node in _parsed(self.url, path).iter() if node.tag.endswith("}CoverageId")]
        wanted = [name.strip() for name in named if re.search(self.coverage, name)]
        if not wanted:
            raise FetchFailed(f"{self.url} has no coverage like {self.coverage!r} any more.")
        return max(wanted)

    def _tile(self, fetcher: Fetcher, coverage: str, west: int, south: int) -> Path:
        east, north = west + self.tile_m, south + self.tile_m
        # `subset` stands twice, which a mapping of parameters cannot say
        url = f"{base(self.url)}?subset=E({west},{east})&subset=N({south},{north})"
        params = {
            "service": "WCS", "version": "2.0.1", "request": "GetCoverage", "CoverageId": coverage,
            "format": "image/tiff",
        }  # fmt: skip
        return fetcher.get(url, name=f"{self.prefix}_{west}_{south}.tif", params=params, kind="tiff", check=None)


def exception_in(content: bytes) -> str:
    """Return the words of an OGC exception report as `: ...`, empty where there are none."""
    found = re.search(rb"<(?:\w+:)?(?:ExceptionText|ServiceException)[^>]*>(.*?)</", content, re.DOTALL)
    return f": {short(found.group(1).decode('utf-8', errors='replace'))}" if found else ""


def _parsed(url: str, path: Path) -> ET.Element:
    content = path.read_bytes()
    if _NO_DTD.search(content):
        raise FetchFailed(f"{url} sent XML with definitions of its own, which laep does not read.")
    try:
        return ET.fromstring(content)  # noqa: S314 - definitions, by which XML does harm, are refused above
    except ET.ParseError:
        raise FetchFailed(f"{url} sent XML that breaks off or is damaged.") from None
