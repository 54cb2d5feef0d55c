"""
Which primary serves a place: the one rule, for the buildings of a plan and for proposals at the desk.

Arrays of places in, arrays out; numpy and shapely only, so that one check starts quickly.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import shapely

from laep.spatial.shapes import Geometries, containing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

AREA_GAP_M = 100.0
"""Slits narrower than this between supply areas are drawing error: SSEN's are simplified to about 55 m a side."""
REACH_M = 22_000.0
"""Nobody is taken to be fed from farther: the widest published primary supply area reaches that far."""


class How(IntEnum):
    """
    How the primary of a place is known, or why none is.

    The place stands in a published area, or at its edge; in one whose substation is in no list; nearest to a primary
    that no published area tells of; nearest to one whose area, or its neighbours', is published and does not reach it;
    farther than `REACH_M` from every primary; or no primary is listed.
    """

    INSIDE = 0
    EDGE = 1
    UNLISTED = 2
    NEAREST = 3
    BEYOND = 4
    FAR = 5
    NOBODY = 6


@dataclass(frozen=True, kw_only=True)
class Primaries:
    """
    Primary substations: `xy` of shape (primaries, 2) [m], nan without a position, and flags of shape (primaries,).

    `own` marks those built for one customer. `mapped` those with a published supply area, or inside somebody's: their
    operator has said what is served there.
    """

    xy: Floats
    own: Flags
    mapped: Flags


@dataclass(frozen=True)
class Served:
    """For each place: position of its primary and of the area it stands in (-1 for none), a `How`, and distance [m]."""

    primary: Ints
    area: Ints
    how: Ints
    distance_m: Floats


def serving(places: Floats, areas: Geometries, owner: Ints, primaries: Primaries) -> Served:
    """
    Return the primary that serves each place.

    Parameters
    ----------
    places : array, shape (places, 2)
        Nan where a place has no position. [m]
    areas : array of polygon, shape (areas,)
        Published supply areas of primaries.
    owner : int array, shape (areas,)
        Position of the primary of each area; -1 where it is in no list.
    primaries : Primaries

    Returns
    -------
    Served
        The smallest area that holds the place decides, else the nearest within `AREA_GAP_M`; else the nearest primary,
        unless it was built for one customer. One whose operator has published what is served there does not serve a
        place outside: then nobody is known. Networks follow streets, rivers and history, so the nearest may be wrong.
    """
    count = len(places)
    primary, area = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    how, distance = np.full(count, How.NOBODY, dtype=np.int64), np.full(count, np.nan)
    left = np.flatnonzero(~np.isnan(places).any(axis=1))
    for kind, gap_m in ((How.INSIDE, 0.0), (How.EDGE, AREA_GAP_M)):
        held = containing(shapely.points(places[left]), areas, gap_m=gap_m)
        rows = left[held >= 0]
        area[rows], how[rows] = held[held >= 0], kind
        left = left[held < 0]
    inside = area >= 0
    primary[inside] = owner[area[inside]]
    how[inside & (primary < 0)] = How.UNLISTED
    near, off = nearest(places[left], primaries)
    found = near >= 0
    how[left[found]] = np.select(
        [off[found] > REACH_M, primaries.mapped[near[found]]], [How.FAR, How.BEYOND], How.NEAREST
    )
    serves = how[left] == How.NEAREST
    primary[left[serves]] = near[serves]
    known = primary >= 0
    distance[known] = np.hypot(*(primaries.xy[primary[known]] - places[known]).T)
    return Served(primary, area, how, distance)


def nearest(places: Floats, primaries: Primaries) -> tuple[Ints, Floats]:
    """Return the nearest primary that may serve others, -1 where there is none, and how far it is. [m]."""
    free = np.flatnonzero(~primaries.own & ~np.isnan(primaries.xy).any(axis=1))
    if not len(free) or not len(places):
        return np.full(len(places), -1, dtype=np.int64), np.full(len(places), np.nan)
    tree = shapely.STRtree(shapely.points(primaries.xy[free]))
    (place, site), off = tree.query_nearest(shapely.points(places), all_matches=True, return_distance=True)
    order = np.lexsort((site, place))  # of several on one spot the first
    _, first = np.unique(place[order], return_index=True)
    return free[site[order][first]], off[order][first]
