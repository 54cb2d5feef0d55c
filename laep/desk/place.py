"""Where a proposal is, as people write it, and which primary substation serves that place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from laep.desk import postcodes, store
from laep.errors import UserFault

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from laep.desk.store import HeadroomStore

    Floats = NDArray[np.float64]

LATITUDES, LONGITUDES = (49.0, 61.5), (-9.0, 2.5)
EASTINGS, NORTHINGS = (0.0, 700_000.0), (0.0, 1_300_000.0)
"""Great Britain, in degrees and in metres of the National Grid."""
EDGE_M = 100.0
"""A place this near to a supply area is in it: SSEN's are simplified to about 55 m a side."""
NEAREST_M = 22_000.0
"""Nobody is taken to be fed from farther: the widest published primary supply area reaches that far."""
INSIDE, EDGE, NEAREST = "published supply area", "at the edge of a published supply area", "nearest primary"
NOBODY = "no primary known"
CONFIDENCE = {INSIDE: "high", EDGE: "medium", NEAREST: "low"}
GOOD, SWAPPED, OUTSIDE, MISSING = range(4)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_HOW = "Write latitude,longitude (51.78,-1.37), easting,northing (443560,209225), or a postcode."


@dataclass(frozen=True)
class Place:
    """A position in EPSG:27700 and how it was given."""

    x: float
    y: float
    given: str


@dataclass(frozen=True)
class Served:
    """For many places: fid of the primary (-1 for none), how it was found, and how far off it stands. [m]."""

    fid: NDArray[np.int64]
    method: NDArray[np.object_]
    distance_m: Floats


def parse(text: str, *, held: HeadroomStore, postcode_file: Path | None) -> Place:
    """
    Return the place a text names.

    Raises
    ------
    UserFault
        For a text that is neither two numbers nor a postcode, numbers the wrong way round or outside Great Britain, and
        a postcode nobody gave a list for.
    """
    if postcodes.is_postcode(text):
        return _of_postcode(text, held, postcode_file)
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    if len(parts) != 2 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise UserFault(f"--at {text!r} is neither two numbers nor a whole postcode. {_HOW}")
    first, second = float(parts[0]), float(parts[1])
    degrees = abs(first) <= 180 and abs(second) <= 180
    found, kind = from_degrees([first], [second]) if degrees else from_grid([first], [second])
    if kind[0] == SWAPPED:
        order = "latitude comes first" if degrees else "the easting comes first"
        raise UserFault(f"--at {text}: these look swapped; {order}. Write --at {parts[1]},{parts[0]}")
    if kind[0] != GOOD:
        what = "latitude and longitude" if degrees else "easting and northing"
        raise UserFault(f"--at {text}: read as {what}, this is not in Great Britain. {_HOW}")
    return Place(float(found[0, 0]), float(found[0, 1]), "latitude, longitude" if degrees else "easting, northing")


def from_degrees(latitude: Any, longitude: Any) -> tuple[Floats, NDArray[np.int64]]:
    """Return positions on the National Grid, shape (places, 2), and for each whether it is `GOOD`."""
    lat, lon = np.asarray(latitude, dtype=float), np.asarray(longitude, dtype=float)
    kind = _kinds(lat, lon, LATITUDES, LONGITUDES)
    found = np.full((len(lat), 2), np.nan)
    good = kind == GOOD
    if good.any():
        found[good, 0], found[good, 1] = to_grid(lat[good], lon[good])
    return found, kind


def from_grid(easting: Any, northing: Any) -> tuple[Floats, NDArray[np.int64]]:
    """Return positions as `from_degrees` does, from eastings and northings."""
    across, up = np.asarray(easting, dtype=float), np.asarray(northing, dtype=float)
    kind = _kinds(across, up, EASTINGS, NORTHINGS)
    found = np.stack([across, up], axis=1)
    found[kind != GOOD] = np.nan
    return found, kind


def to_grid(latitude: Any, longitude: Any) -> tuple[Floats, Floats]:
    """Return eastings and northings of degrees. [m]."""
    across, up = _transformer().transform(longitude, latitude)
    return np.asarray(across, dtype=float), np.asarray(up, dtype=float)


def to_degrees(x: float, y: float) -> tuple[float, float]:
    """Return latitude and longitude of a position on the National Grid."""
    lon, lat = _transformer().transform(x, y, direction="INVERSE")
    return float(lat), float(lon)


def serving(x: float, y: float, held: HeadroomStore) -> tuple[int, str, float]:
    """
    Return the fid of the primary that serves one place (-1 for none), how it was found, and how far it stands off [m].

    The smallest published supply area that holds the place decides; else one within `EDGE_M`; else the nearest primary
    of those whose area is not published. A primary built for one customer serves nobody else.
    """
    import shapely

    rows = held.areas_at(x, y, margin_m=EDGE_M)
    shapes = shapely.from_wkb([store.wkb(row["geom"]) for row in rows])
    away = shapely.distance(shapes, shapely.Point(x, y)) if rows else np.empty(0)
    near = [i for i in np.lexsort((shapely.area(shapes), away)) if away[i] <= EDGE_M] if rows else []
    sites = held.sites("primary")
    if near and rows[near[0]]["substation_fid"] is None:
        return -1, _unlisted(rows[near[0]]["substation_name"]), np.nan
    if near:
        fid = int(rows[near[0]]["substation_fid"])
        at = next(((px, py) for key, px, py, _, _ in sites if key == fid), (np.nan, np.nan))
        return fid, INSIDE if away[near[0]] == 0 else EDGE, float(np.hypot(at[0] - x, at[1] - y))
    free = np.array([site[:3] for site in sites if not (site[3] or site[4])], dtype=float).reshape(-1, 3)
    if not len(free):
        return -1, NOBODY, np.nan
    off = np.hypot(free[:, 1] - x, free[:, 2] - y)
    best = int(np.argmin(off))
    if off[best] > NEAREST_M:
        return -1, f"no primary within {NEAREST_M / 1000:.0f} km", float(off[best])
    return int(free[best, 0]), NEAREST, float(off[best])


def serving_many(points: Floats, held: HeadroomStore) -> Served:
    """Return what `serving` does for many places at once, shape (places, 2); missing places get none."""
    import shapely

    fid = np.full(len(points), -1, dtype=np.int64)
    method = np.full(len(points), NOBODY, dtype=object)
    placed = np.flatnonzero(~np.isnan(points).any(axis=1))
    spots = shapely.points(points[placed])
    areas = held.areas()
    if areas:
        shapes = shapely.from_wkb([store.wkb(row["geom"]) for row in areas])
        owner = np.array([row["substation_fid"] or -1 for row in areas], dtype=np.int64)
        unlisted = np.array([_unlisted(row["substation_name"]) for row in areas], dtype=object)
        shapely.prepare(shapes)
        for words, distance in ((INSIDE, 0.0), (EDGE, EDGE_M)):
            rest = np.flatnonzero(method[placed] == NOBODY)
            spot, area = _pairs(spots[rest], shapes, distance)
            spot = placed[rest][spot]
            fid[spot], method[spot] = owner[area], np.where(owner[area] > 0, words, unlisted[area])
    sites = held.sites("primary")
    where = np.full((max((site[0] for site in sites), default=0) + 2, 2), np.nan)
    for key, x, y, _, _ in sites:
        where[key] = x, y
    free = np.array([site[:3] for site in sites if not (site[3] or site[4])], dtype=float).reshape(-1, 3)
    rest = placed[method[placed] == NOBODY]
    if len(free) and len(rest):
        tree = shapely.STRtree(shapely.points(free[:, 1:]))
        _, site = _first(*tree.query_nearest(shapely.points(points[rest]), all_matches=True))
        off = np.hypot(*(free[site, 1:] - points[rest]).T)
        close = off <= NEAREST_M
        fid[rest[close]], method[rest[close]] = free[site[close], 0].astype(np.int64), NEAREST
        method[rest[~close]] = f"no primary within {NEAREST_M / 1000:.0f} km"
    return Served(fid, method, np.hypot(*(where[fid] - points).T))


def _unlisted(name: str) -> str:
    return f"in the published supply area of {name}, which is in none of the substation lists read"


def _pairs(spots: Any, shapes: Any, distance: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each place within `distance` of an area the nearest one, the smallest among equals."""
    import shapely

    tree = shapely.STRtree(shapes)
    if distance:
        spot, area = tree.query(spots, predicate="dwithin", distance=distance)
        away = shapely.distance(spots[spot], shapes[area])
    else:
        spot, area = tree.query(spots, predicate="intersects")
        away = np.zeros(len(spot))
    order = np.lexsort((area, shapely.area(shapes)[area], away, spot))
    return _first(spot[order], area[order])


def _first(spot: Any, other: Any) -> tuple[Any, Any]:
    kept, first = np.unique(spot, return_index=True)
    return kept, other[first]


def _kinds(one: Floats, two: Floats, first: tuple[float, float], second: tuple[float, float]) -> NDArray[np.int64]:
    def within(values: Floats, bounds: tuple[float, float]) -> NDArray[np.bool_]:
        return np.asarray((values > bounds[0]) & (values < bounds[1]))

    good = within(one, first) & within(two, second)
    swapped = within(two, first) & within(one, second)
    missing = np.isnan(one) | np.isnan(two)
    return np.select([missing, good, swapped], [MISSING, GOOD, SWAPPED], OUTSIDE).astype(np.int64)


def _of_postcode(text: str, held: HeadroomStore, postcode_file: Path | None) -> Place:
    code = postcodes.plain(text)
    found = postcodes.find(postcode_file, code) if postcode_file else held.postcode(code)
    if found is not None:
        return Place(found[0], found[1], f"postcode {code[:-3]} {code[-3:]}")
    if postcode_file:
        raise UserFault(f"{postcode_file} does not hold the postcode {text!r}. Check it, or give latitude,longitude.")
    if held.has_postcodes():
        raise UserFault(f"The store does not hold the postcode {text!r}. Check it, or give latitude,longitude.")
    raise UserFault(
        f"--at {text!r} is a postcode, and the store holds none. Name a list with --postcodes FILE (Code-Point Open, "
        "https://osdatahub.os.uk/downloads/open), put one in with `laep headroom build --postcodes FILE`, or give "
        "latitude,longitude."
    )


@cache
def _transformer() -> Any:
    import pyproj

    return pyproj.Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
