"""
Whose network a place is on: the 14 licence areas of Great Britain, told from places known to lie in them.

Ground floor, numpy only: reading a map of licence areas, one check at the desk and a whole plan ask it alike.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from laep import resources
from laep.schema.vocabulary import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LicenceArea:
    """A licence area: first digits of its meter numbers, grid supply point group, its names, operator group."""

    distributor: int
    group: str
    name: str
    operator: str
    known_as: tuple[str, ...]


AREAS = (
    LicenceArea(10, "_A", "Eastern", "ukpn", ("EPN", "Eastern Power Networks", "East England")),
    LicenceArea(11, "_B", "East Midlands", "nged", ("EMID", "EMIDS", "EMEB")),
    LicenceArea(12, "_C", "London", "ukpn", ("LPN", "London Power Networks")),
    LicenceArea(13, "_D", "Merseyside and North Wales", "spen", ("SPM", "MANW", "SP Manweb")),
    LicenceArea(14, "_E", "West Midlands", "nged", ("WMID", "WMIDS", "MIDE")),
    LicenceArea(15, "_F", "North East", "npg", ("NPGN", "NEDL", "NEEB", "Northern", "North East England")),
    LicenceArea(16, "_G", "North West", "enwl", ("ENWL", "ENW", "NORW", "North West England")),
    LicenceArea(17, "_P", "North Scotland", "ssen", ("SHEPD", "HYDE")),
    LicenceArea(18, "_N", "South Scotland", "spen", ("SPD", "SPOW", "South and Central Scotland")),
    LicenceArea(19, "_J", "South Eastern", "ukpn", ("SPN", "SEEB", "South East England")),
    LicenceArea(20, "_H", "Southern", "ssen", ("SEPD", "SOUT", "Southern England")),
    LicenceArea(21, "_K", "South Wales", "nged", ("SWALES", "SWAE")),
    LicenceArea(22, "_L", "South West", "nged", ("SWEST", "SWEB", "South West England")),
    LicenceArea(23, "_M", "Yorkshire", "npg", ("NPGY", "YEDL", "YELG")),
)
"""Numbers and letters: Elexon's list of distributors; operators: their own portals, September 2026."""
_CODES = {name: at for at, name in enumerate(OPERATORS)}
TIMES, PLUS_M = 1.5, 5_000.0
"""A licence area is possible when its nearest known place is no further than 1.5 times the nearest of all plus 5 km.
Checked against NESO's map on 60,000 points of Great Britain: the true area is then among those named at 99.8 % of them,
and at 87 % of them it is the only one."""
SEA_M = 40_000.0
"""Nowhere on the land of NESO's map, but for a few islets, is farther than 33 km from a place known: beyond is sea."""
IRELAND_EAST, IRELAND_LAT = -5.4, (51.0, 55.25)
"""The box round Great Britain also holds Ireland: west of this longitude, between these latitudes."""
_WORD = 4
"""Longest name of a licence area or operator that is a word such as `EPN`, to be found only as one."""
_CHUNK = 128  # points compared with every place known at once: what a processor keeps at hand


def distances(points: Floats) -> Floats:
    """
    Return how far each point is from the nearest place known to lie in each licence area.

    Parameters
    ----------
    points : array, shape (points, 2)
        EPSG:27700; nan where there is no position. [m]

    Returns
    -------
    Array of shape (points, 14), in the order of `AREAS`. [m]
    """
    xy, begins = _known()
    own, theirs = (points**2).sum(axis=1), (xy**2).sum(axis=1)[:, None]
    found = np.empty((len(AREAS), len(points)))
    for start in range(0, len(points), _CHUNK):
        part = slice(start, start + _CHUNK)
        squared = theirs - 2.0 * (xy @ points[part].T)
        np.minimum.reduceat(squared, begins, axis=0, out=found[:, part])
    away_m: Floats = np.sqrt(np.maximum(found.T + own[:, None], 0.0))
    return away_m


def possible(away_m: Floats) -> Flags:
    """Return which licence areas each point may lie in, from `distances`, in the same shape."""
    found: Flags = away_m <= TIMES * away_m.min(axis=1, keepdims=True) + PLUS_M
    return found


def around(points: Floats) -> Flags:
    """Return which licence areas each of many points may lie in, shape (points, 14); none at sea."""
    away_m = distances(points)
    near: Flags = away_m.min(axis=1, keepdims=True) <= SEA_M
    return possible(away_m) & near


def operators(areas: Flags) -> Flags:
    """Return which operators (in the order of `OPERATORS`) have any of some licence areas, shape (points, 6)."""
    return np.stack([areas[:, [area.operator == name for area in AREAS]].any(axis=1) for name in OPERATORS], axis=1)


def narrowed(points: Floats, told: Iterable[str]) -> Flags:
    """
    Return which operators' network each point may be on, shape (points, 6).

    `told` are the operators whose licence areas touch the place as a whole, as a map has it: one settles it, several
    narrow down what places known tell of each point, and none leaves it to these.
    """
    said = np.array([name in set(told) for name in OPERATORS])
    if said.sum() == 1:
        return np.broadcast_to(said, (len(points), len(OPERATORS)))
    found = operators(around(points))
    return found & said if said.any() else found


def called(text: str) -> str | None:
    """
    Return the operator that a text such as `Eastern Power Networks (EPN)` or `SP Manweb plc` names.

    A licence area by its name or what else it is called, or an operator by its name or short name; None where no word
    of it is one. Names of up to four letters count as whole words only.
    """
    words = set(re.findall(r"[a-z0-9]+", text.casefold()))
    whole = "".join(re.findall(r"[a-z0-9]+", text.casefold()))
    fits = [name for name in _names() if (name in words if len(name) <= _WORD else name in whole)]
    return _names()[max(fits, key=len)] if fits else None


def code(operator: str) -> int:
    """Return the position of an operator in `OPERATORS`, -1 for who holds no licence area, such as OpenStreetMap."""
    return _CODES.get(operator, -1)


def count() -> int:
    """Return how many places are known."""
    return len(_known()[0])


@cache
def _names() -> dict[str, str]:
    """Return what licence areas and operators are called, letters and digits alone -> the operator's short name."""
    said = [(name, area.operator) for area in AREAS for name in (area.name, *area.known_as)]
    said += [(name, short) for short, long in OPERATORS.items() for name in (short, long)]
    return {"".join(re.findall(r"[a-z0-9]+", name.casefold())): operator for name, operator in said}


@cache
def _known() -> tuple[Floats, Ints]:
    """Return the places known, in the order of `AREAS` [m], and where each licence area begins among them."""
    listed: dict[str, list[tuple[float, float]]] = {area.name: [] for area in AREAS}
    with resources.package_data("licence_area.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(line for line in lines if not line.startswith("#")):
            listed[row["licence_area"]].append((float(row["easting_km"]), float(row["northing_km"])))
    begins = np.cumsum([0, *(len(each) for each in listed.values())])[:-1]
    return np.array([each for places in listed.values() for each in places]) * 1000.0, begins
