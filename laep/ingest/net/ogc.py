"""OGC services: features by WFS, and elevation by WCS in boxes on the kilometre grid, where buildings stand."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import shapely

from laep.errors import FetchFailed
from laep.ingest.net import refusals
from laep.ingest.net.keys import base
from laep.ingest.net.manners import Manners
from laep.ingest.net.refusals import short
from laep.ingest.net.ways import collection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shapely import Geometry

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

_PAGE = 1000
_MOST_PAGES = 200
_MOST_QUARTERED = 2  # times a box is cut in four where a server cannot count on from a start
_CELL_M = 500  # side of the cells that boxes are made of
_FEW_BOXES = 10
_MOST_KM2 = 1000.0
_GIVE_UP_AFTER = 3  # failures more than successes: then it is the server, not the coast
_NO_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TWICE = Manners(attempts=2)  # a box beyond the survey is refused each time
_BYTES_A_CELL = 4.0  # a height as it is stored
_PACKED = 0.5  # of that, where it is sent compressed; tiles of the Welsh survey are of this size


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
        found = _Pages()
        self._box(fetcher, (math.floor(west), math.floor(south), math.ceil(east), math.ceil(north)), found)
        features = list({_identity(each): each for each in found.features}.values())
        if found.short:
            fetcher.notes.append(f"{self.feature}: the server gave {len(features):,} of {found.short:,} features.")
        placed = _in_degrees(features, found.crs, place)
        return (fetcher.keep(f"{self._name}.geojson", collection(placed), of=found.paths),)

    @property
    def _name(self) -> str:
        return self.name or self.feature.rpartition(":")[2]

    def _box(self, fetcher: Fetcher, box: tuple[int, int, int, int], found: _Pages, depth: int = 0) -> None:
        """Add the features of a box: page by page, or of its quarters where the server cannot count from a start."""
        first = self._page(fetcher, box, 0, found)
        came, matched = len(first["features"]), _matched(first)
        if came == matched or (matched is None and came < _PAGE):
            return
        try:
            while came and (matched is None or came < matched):
                page = len(self._page(fetcher, box, came, found)["features"])
                came += page
                if not page or (matched is None and page < _PAGE):
                    break
        except FetchFailed:
            if depth == _MOST_QUARTERED:
                found.short = matched or came + 1
                return
            for quarter in _quarters(box):
                self._box(fetcher, quarter, found, depth + 1)
            return
        if matched is not None and came < matched:
            found.short = matched

    def _page(self, fetcher: Fetcher, box: tuple[int, int, int, int], start: int, found: _Pages) -> dict[str, Any]:
        if len(found.paths) == _MOST_PAGES:
            raise FetchFailed(f"{self.url}: {self.feature} has more pages of features here than laep asks for.")
        params = {
            "service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": self.feature,
            "outputFormat": self.output, "srsName": "urn:ogc:def:crs:OGC:1.3:CRS84",
            "bbox": f"{','.join(map(str, box))},urn:ogc:def:crs:EPSG::27700", "count": _PAGE,
            # some servers refuse to count from a start, so the first page is asked for without one
            "startIndex": start or None,
        }  # fmt: skip
        path = fetcher.get(
            base(self.url), name=f"{self._name}-{start}.geojson", params=params, check=self.answer, polite=_TWICE
        )
        answer = self.answer(path)
        found.paths.append(path)
        found.features.extend(answer["features"])
        found.crs = found.crs or _crs_in(answer)
        return answer

    def answer(self, path: Path) -> dict[str, Any]:
        """Return the collection in an answer; as a check of one it tells errors, which come with status 200."""
        content = path.read_bytes()
        if content.lstrip()[:1] == b"<":
            raise FetchFailed(f"{self.url} answered with an error{exception_in(content)}.")
        return refusals.collection(self.url, path)


@dataclass
class _Pages:
    """What came of one feature type; `short` is how many features there are where not all came."""

    paths: list[Path] = field(default_factory=list)
    features: list[dict[str, Any]] = field(default_factory=list)
    crs: str = ""
    short: int = 0


def _matched(answer: dict[str, Any]) -> int | None:
    """Return how many features the server says there are, None where it does not know."""
    told = answer.get("numberMatched", answer.get("totalFeatures"))
    return told if isinstance(told, int) else None


def _quarters(box: tuple[int, int, int, int]) -> Iterator[tuple[int, int, int, int]]:
    west, south, east, north = box
    x, y = (west + east) // 2, (south + north) // 2
    yield from ((west, south, x, y), (x, south, east, y), (west, y, x, north), (x, y, east, north))


def _identity(feature: dict[str, Any]) -> str:
    """Return by what a feature that came in two boxes is known: its id, or all of it."""
    return str(feature.get("id") or json.dumps(feature, sort_keys=True))


def _crs_in(answer: dict[str, Any]) -> str:
    """Return the coordinate system that a collection names, such as `EPSG:27700`; empty where it names none."""
    crs = answer.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    named = (
        re.search(r"EPSG:+(?:[\d.]*:)?(\d+)$", str(properties.get("name"))) if isinstance(properties, dict) else None
    )
    return f"EPSG:{named[1]}" if named else ""


def _in_degrees(features: list[dict[str, Any]], crs: str, place: Place) -> list[dict[str, Any]]:
    """
    Return features in longitude and latitude, whatever the server made of being asked for them.

    One that ignores the question answers in metres of the National Grid, or with latitude first; where they come to
    lie tells which.
    """
    if not any(feature.get("geometry") for feature in features):
        return features
    frame = gpd.GeoDataFrame.from_features(features)
    here = shapely.box(*place.bounds_deg)
    there = shapely.box(*frame.total_bounds)
    if crs in {"", "EPSG:4326"} and here.intersects(there):
        return features
    if here.intersects(shapely.transform(there, lambda points: points[:, ::-1])):
        turned = frame.set_geometry(frame.geometry.map(lambda shape: shapely.transform(shape, lambda p: p[:, ::-1])))
    elif crs not in {"", "EPSG:4326"} or shapely.box(*place.bounds_m).intersects(there):
        turned = frame.set_crs(crs or 27700).to_crs(4326)
    else:
        return features  # its reader says where it lies
    return [
        {**feature, "geometry": shapely.geometry.mapping(shape) if shape is not None else None}
        for feature, shape in zip(features, turned.geometry, strict=True)
    ]


@dataclass(frozen=True, kw_only=True)
class Wcs:
    """
    A raster of the area as boxes of whole cells of the National Grid, where buildings stand.

    Attributes
    ----------
    url : str
        Address of the service.
    coverage : str
        A regular expression for the coverage's id.
    prefix : str
        How file names begin: `dsm` or `dtm`, by which readers know the kind.
    margin_m : float
        What is nearer to a building than this is fetched too: it throws shade. [m]
    box_m : int
        Longest side of a box; services refuse larger ones. [m]
    resolution_m : float
        Side of what the raster has one height for. [m]
    scale : float
        The raster is asked for with so many times the cells each way, fewer where that does.
    compressed : bool
        Whether the service sends rasters compressed when asked to.
    extent : tuple of float, optional
        West, south, east and north of what the service has, EPSG:27700; beyond it nothing is asked for. [m]
    """

    url: str
    coverage: str
    prefix: str
    margin_m: float = 100.0
    box_m: int = 4000
    resolution_m: float = 1.0
    scale: float = 1.0
    compressed: bool = False
    extent: tuple[float, float, float, float] | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return GeoTIFF files in EPSG:27700."""
        boxes = self.boxes(place)
        if not boxes:
            raise FetchFailed(self._nowhere(place))
        coverage = self.found(fetcher)
        area = sum((east - west) * (north - south) for west, south, east, north in boxes)
        cells = area * (self.scale / self.resolution_m) ** 2
        fetcher.expect(cells * _BYTES_A_CELL * (_PACKED if self.compressed else 1.0))
        files: list[Path] = []
        faults: list[FetchFailed] = []
        for box in boxes:
            try:
                files.append(self._raster(fetcher, coverage, box))
            except FetchFailed as fault:  # a box at sea or beyond the survey is refused
                faults.append(fault)
                if len(faults) - len(files) >= _GIVE_UP_AFTER:
                    raise
        if not files:
            raise faults[0]
        if faults:
            fetcher.notes.append(
                f"Boxes of {self.prefix} that could not be had: {len(faults)} of {len(boxes)}. {faults[0]}"
            )
        return tuple(files)

    def boxes(self, place: Place) -> list[tuple[int, int, int, int]]:
        """
        Return west, south, east, north of boxes that cover the buildings of the place and what is near them.

        Boxes are joined until they are few: a service is asked seldom rather than for little.

        Raises
        ------
        FetchFailed
            When they cover more than laep asks a public service for.
        """
        wide = self._wanted(place)
        if wide.is_empty:
            return []
        boxes = _fewer(_boxes(wide, _CELL_M, most=self.box_m // _CELL_M), most_m=self.box_m)
        km2 = sum((east - west) * (north - south) for west, south, east, north in boxes) / 1e6
        if km2 > _MOST_KM2:
            raise FetchFailed(f"buildings of the area stand on {km2:,.0f} km2, too much to ask {base(self.url)} for.")
        return boxes

    def _wanted(self, place: Place) -> Geometry:
        """Return what is to be covered: the buildings with the margin, or the whole place where nobody has looked."""
        stands = place.clip if place.buildings is None else place.buildings
        wide = stands.buffer(self.margin_m)
        return wide if self.extent is None else shapely.intersection(wide, shapely.box(*self.extent))

    def _nowhere(self, place: Place) -> str:
        if place.buildings is not None and place.buildings.is_empty:
            return "heights are fetched where buildings stand, and the area has no outlines of any yet."
        return f"{base(self.url)} has nothing here: the area lies outside what it surveys."

    def found(self, fetcher: Fetcher) -> str:
        """Return the id of the coverage; a pattern is looked for among those the service has."""
        if re.fullmatch(r"[\w.-]+", self.coverage):
            return self.coverage
        params = {"service": "WCS", "version": "2.0.1", "request": "GetCapabilities"}
        path = fetcher.get(base(self.url), name=f"{self.prefix}-coverages.xml", params=params, kind="xml")
        named = [node.text or "" for node in _parsed(self.url, path).iter() if node.tag.endswith("}CoverageId")]
        wanted = [name.strip() for name in named if re.search(self.coverage, name)]
        if not wanted:
            raise FetchFailed(f"{self.url} has no coverage like {self.coverage!r} any more.")
        return max(wanted)

    def _raster(self, fetcher: Fetcher, coverage: str, box: tuple[int, int, int, int]) -> Path:
        west, south, east, north = box
        params = {
            "subset": [f"E({west},{east})", f"N({south},{north})"], "service": "WCS", "version": "2.0.1",
            "request": "GetCoverage", "CoverageId": coverage, "format": "image/tiff",
            "geotiff:compression": "Deflate" if self.compressed else None,
            "SCALEFACTOR": self.scale if self.scale != 1.0 else None,
        }  # fmt: skip
        size = f"{east - west}x{north - south}"
        name = f"{self.prefix}_{west}_{south}_{size}.tif"
        return fetcher.get(base(self.url), name=name, params=params, kind="tiff", polite=_TWICE)


def _boxes(wide: Geometry, side: int, *, most: int) -> list[tuple[int, int, int, int]]:
    """Return boxes of whole cells of the National Grid, each of `side` metres, that cover a shape."""
    west, south, east, north = (value / side for value in wide.bounds)
    x, y = np.meshgrid(np.arange(math.floor(west), math.ceil(east)), np.arange(math.floor(south), math.ceil(north)))
    squares = shapely.box(x * side, y * side, (x + 1) * side, (y + 1) * side)
    shapely.prepare(wide)
    wanted = shapely.intersects(wide, squares) & ~shapely.touches(wide, squares)
    origin = np.array([x[0, 0], y[0, 0], x[0, 0], y[0, 0]])
    corners = (np.array(_rectangles(wanted, most)) + origin) * side
    return [(a, b, c, d) for a, b, c, d in corners.tolist()]


def _fewer(boxes: list[tuple[int, int, int, int]], *, most_m: int) -> list[tuple[int, int, int, int]]:
    """
    Return few boxes that cover others, joined two by two where that adds least ground.

    No two of them overlap, and none is longer than `most_m`: where only such a join is left, there are more.
    """
    held = np.array(boxes)
    while len(held) > _FEW_BOXES:
        joined = np.concatenate(
            [np.minimum(held[:, None, :2], held[None, :, :2]), np.maximum(held[:, None, 2:], held[None, :, 2:])],
            axis=-1,
        )
        added = _ground(joined) - _ground(held)[:, None] - _ground(held)[None, :]
        added[np.tril_indices(len(held))] = np.inf
        added[(joined[..., 2:] - joined[..., :2]).max(axis=-1) > most_m] = np.inf
        for first, second in np.argwhere(np.isfinite(added))[np.argsort(added[np.isfinite(added)], kind="stable")]:
            join = joined[first, second]
            inside = (held[:, :2] >= join[:2]).all(axis=1) & (held[:, 2:] <= join[2:]).all(axis=1)
            apart = ((held[:, :2] >= join[2:]) | (held[:, 2:] <= join[:2])).any(axis=1)
            if (inside | apart).all():
                held = np.vstack([held[~inside], join])
                break
        else:
            break
    return sorted((a, b, c, d) for a, b, c, d in held.tolist())


def _ground(boxes: np.ndarray) -> np.ndarray:
    """Return the area of boxes, the last axis west, south, east, north. [m2]."""
    area: np.ndarray = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    return area.astype(np.float64)


def _rectangles(wanted: np.ndarray, most: int) -> list[tuple[int, int, int, int]]:
    """
    Return rectangles that cover the wanted cells and no others, as first and past-the-last column and row.

    Each begins at a cell that none covers yet, goes along its row, and then up for as long as all of it is wanted;
    none is longer than `most` cells.
    """
    left = wanted.copy()
    found = []
    for row, column in np.argwhere(wanted).tolist():
        if not left[row, column]:
            continue
        run = left[row, column : column + most]
        past = column + (run.size if run.all() else int(np.argmin(run)))
        block = left[row : row + most, column:past].all(axis=1)
        top = row + (block.size if block.all() else int(np.argmin(block)))
        left[row:top, column:past] = False
        found.append((column, row, past, top))
    return found


def exception_in(content: bytes) -> str:
    """Return the words of an OGC exception report as `: ...`, empty where there are none."""
    found = re.search(rb"<(?:\w+:)?(?:ExceptionText|ServiceException\b)[^>]*>(.*?)</", content, re.DOTALL)
    return f": {short(found.group(1).decode('utf-8', errors='replace'))}" if found else ""


def _parsed(url: str, path: Path) -> ET.Element:
    content = path.read_bytes()
    if _NO_DTD.search(content):
        raise FetchFailed(f"{url} sent XML with definitions of its own, which laep does not read.")
    try:
        return ET.fromstring(content)  # noqa: S314 - definitions, by which XML does harm, are refused above
    except ET.ParseError:
        raise FetchFailed(f"{url} sent XML that breaks off or is damaged.") from None
