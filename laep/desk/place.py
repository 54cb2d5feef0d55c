"""Where a proposal is, as people write it, and which primary substation serves that place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from laep import licence
from laep.desk import postcodes, store, whose
from laep.errors import UserFault

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from laep.desk.store import HeadroomStore

    Floats = NDArray[np.float64]

LATITUDES, LONGITUDES = (49.0, 61.5), (-9.0, 2.5)
EASTINGS, NORTHINGS = (0.0, 700_000.0), (0.0, 1_300_000.0)
"""Great Britain, in degrees and in metres of the National Grid."""
INSIDE, EDGE, NEAREST = "published supply area", "at the edge of a published supply area", "nearest primary"
NOBODY = "no primary known"
ASKED, SECONDARY = "asked by its id", "nearest secondary substation"
BEYOND = "outside the published supply areas of the primaries nearest to it"
TOO_FAR = "farther from the nearest primary than primaries standing as densely serve"
CONFIDENCE = {INSIDE: "high", EDGE: "medium", NEAREST: "low", ASKED: "high"}
GOOD, SWAPPED, OUTSIDE, MISSING = range(4)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_HOW = (
    "Write latitude,longitude (51.78,-1.37), easting,northing (443560,209225), a grid reference (SP 43560 09225) or a "
    "postcode."
)
_COMPASS = re.compile(r"([\d.]+)\s*\u00b0?\s*([NS])[,;\s]+([\d.]+)\s*\u00b0?\s*([EW])", re.IGNORECASE)
"""As people write a position: 51.78N 1.37W."""
_REFERENCE = re.compile(r"[A-HJ-Z]{2}(?:\s*\d{2,5}){1,2}", re.IGNORECASE)
_WORDS3 = re.compile(r"/{0,3}\w+\.\w+\.\w+")


@dataclass(frozen=True)
class Place:
    """A position in EPSG:27700, how it was given, and why it is no more than roughly the place, empty where it is."""

    x: float
    y: float
    given: str
    vague: str = ""


@dataclass(frozen=True)
class Served:
    """
    For many places: fid of the primary (-1 for none), how it was found, and how far off it stands. [m].

    `licences`, shape (places, 14), says which licence areas each may lie in, in the order of `licence.AREAS`, and
    `operator` whose network it is on, as `licence.code`; -1 where that is not settled.
    """

    fid: NDArray[np.int64]
    method: NDArray[np.object_]
    distance_m: Floats
    licences: NDArray[np.bool_]
    operator: NDArray[np.int64]


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
    if other := _otherwise(text.strip(), held):
        return other
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


def _otherwise(text: str, held: HeadroomStore) -> Place | None:
    """Return the place a text names that is neither two plain numbers nor a postcode; None for one that may be."""
    if compass := _COMPASS.fullmatch(text):
        north, east = (-1.0 if letter in "SWsw" else 1.0 for letter in (compass[2], compass[4]))
        return _of_degrees(text, float(compass[1]) * north, float(compass[3]) * east)
    if postcodes.is_outcode(text):
        return _of_outcode(text, held)
    if _REFERENCE.fullmatch(text):
        return _of_reference(text)
    if _WORDS3.fullmatch(text) and not text.replace(".", "").isdigit():
        raise UserFault(
            f"--at {text!r} looks like what3words, whose grid is not open, so laep cannot read it. Open it in their "
            f"app or page and copy the coordinates. {_HOW}"
        )
    return None


def _of_degrees(text: str, latitude: float, longitude: float) -> Place:
    found, kind = from_degrees([latitude], [longitude])
    if kind[0] != GOOD:
        raise UserFault(f"--at {text}: read as latitude and longitude, this is not in Great Britain. {_HOW}")
    return Place(float(found[0, 0]), float(found[0, 1]), "latitude, longitude")


def _of_reference(text: str) -> Place:
    import pandas as pd  # here, as most checks need none of it

    from laep.ingest.read.positions import grid_reference

    east, north = grid_reference(pd.Series([text], dtype="string"))
    if east.isna()[0]:
        raise UserFault(f"--at {text!r}: a grid reference has two letters and an even number of digits. {_HOW}")
    found, kind = from_grid([float(east[0])], [float(north[0])])
    if kind[0] != GOOD:
        raise UserFault(f"--at {text!r}: this grid reference is not in Great Britain. {_HOW}")
    return Place(float(found[0, 0]), float(found[0, 1]), "grid reference")


def _of_outcode(text: str, held: HeadroomStore) -> Place:
    code = postcodes.plain(text)
    found = held.outcode(code)
    if found is None:
        raise UserFault(
            f"--at {text!r} is the first half of a postcode, and the store holds none that begins so. Give the whole "
            "postcode or a position, or put a list in with `laep headroom build --postcodes FILE`."
        )
    x, y, count = found
    return Place(x, y, f"the middle of the {count:,} postcodes of {code}", vague=f"{code} is a whole district")


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


def serving(x: float, y: float, held: HeadroomStore) -> Served:
    """Return what `serving_many` does, for one place."""
    from laep.spatial.network.serving import AREA_GAP_M

    return _served(np.array([[x, y]]), held, held.areas_at(x, y, margin_m=AREA_GAP_M))


def serving_many(points: Floats, held: HeadroomStore) -> Served:
    """Return which primary serves each of many places, shape (places, 2), and whose network it is on."""
    return _served(points, held, held.areas())


def _served(points: Floats, held: HeadroomStore, areas: Sequence[sqlite3.Row]) -> Served:
    import shapely

    from laep.spatial.network.serving import How, Primaries, serving

    sites = held.primaries()
    fid = np.array([site[0] for site in sites], dtype=np.int64)
    place = {key: at for at, key in enumerate(fid.tolist())}
    listed = np.array([site[1:5] for site in sites], dtype=np.float64).reshape(-1, 4)
    codes = np.array([licence.code(site[5]) for site in sites], dtype=np.int64)
    shapes = shapely.from_wkb(np.array([store.wkb(row["geom"]) for row in areas], dtype=object))
    owner = np.array([place.get(row["substation_fid"], -1) for row in areas], dtype=np.int64)
    known = Primaries(xy=listed[:, :2], operator=codes, own=listed[:, 2] > 0, mapped=listed[:, 3] > 0)
    licences = whose.licences(points, held)
    found = serving(points, shapes, owner, known, operators=licence.operators(licences))
    told = {How.INSIDE: INSIDE, How.EDGE: EDGE, How.NEAREST: NEAREST, How.BEYOND: BEYOND, How.NOBODY: NOBODY,
            How.FAR: TOO_FAR, How.UNLISTED: "", How.BORDER: whose.BORDER,
            How.NOWHERE: whose.NOWHERE}  # fmt: skip
    method = np.array([told[how] for how in How], dtype=object)[found.how]
    unlisted = np.array([_unlisted(row["substation_name"]) for row in areas], dtype=object)
    lost = found.how == How.UNLISTED
    method[lost] = unlisted[found.area[lost]]
    drawn = np.array([licence.code(row["operator"]) for row in areas] + [-1], dtype=np.int64)[found.area]
    owner_code = np.append(codes, -1)[found.primary]
    licences, operator = whose.settled(licences, np.where(owner_code >= 0, owner_code, drawn))
    stranger = (found.how == How.NOBODY) & (operator >= 0)
    method[stranger] = [whose.stranger(code) for code in operator[stranger].tolist()]
    return Served(np.append(fid, -1)[found.primary], method, found.distance_m, licences, operator)


def _unlisted(name: str) -> str:
    return f"in the published supply area of {name}, which is in none of the substation lists read"


def _kinds(one: Floats, two: Floats, first: tuple[float, float], second: tuple[float, float]) -> NDArray[np.int64]:
    def within(values: Floats, bounds: tuple[float, float]) -> NDArray[np.bool_]:
        return np.asarray((values > bounds[0]) & (values < bounds[1]))

    good = within(one, first) & within(two, second)
    swapped = within(two, first) & within(one, second)
    missing = np.isnan(one) | np.isnan(two)
    return np.select([missing, good, swapped], [MISSING, GOOD, SWAPPED], OUTSIDE).astype(np.int64)


def _of_postcode(text: str, held: HeadroomStore, postcode_file: Path | None) -> Place:
    code = postcodes.plain(text)
    if postcodes.is_elsewhere(code):
        raise UserFault(
            f"--at {text!r} is a postcode of Northern Ireland, the Isle of Man or the Channel Islands, which are in no "
            "licence area of Great Britain."
        )
    found = postcodes.find(postcode_file, code) if postcode_file else held.postcode(code)
    if found is not None:
        x, y, ended = found
        since = f", not in use since {ended}" if ended else ""
        return Place(x, y, f"postcode {code[:-3]} {code[-3:]}{since}")
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
