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
GATE_M = 300.0
"""Whoever stands this near to a primary is on the network of who owns it: a published point is gate or transformer."""
REACH_M = 22_000.0
"""Nobody is taken to be fed from farther: the widest published primary supply area reaches that far."""
NEIGHBOURS, TIMES = 6, 1.3
"""A primary reaches 1.3 times as far as its sixth nearest neighbour stands: 99 % of the land of the 439 supply areas
that SSEN published in 2025 lies within that of its own primary, whether they stand 2 km apart or 20."""


class How(IntEnum):
    """
    How the primary of a place is known, or why none is.

    The place stands in a published area, or at its edge; in one whose substation is in no list; nearest to a primary
    that no published area tells of; nearest to one whose area, or its neighbours', is published and does not reach it;
    farther from the nearest primary than `reach_m`; no primary of its operator is listed; more than one operator may
    have the network; or nobody has, as at sea.
    """

    INSIDE = 0
    EDGE = 1
    UNLISTED = 2
    NEAREST = 3
    BEYOND = 4
    FAR = 5
    NOBODY = 6
    BORDER = 7
    NOWHERE = 8


@dataclass(frozen=True, kw_only=True)
class Primaries:
    """
    Primary substations: `xy` of shape (primaries, 2) [m], nan without a position, and the rest of shape (primaries,).

    `operator` is a `licence.code`. `own` marks those built for one customer. `mapped` those with a published supply
    area, or inside somebody's: their operator has said what is served there.
    """

    xy: Floats
    operator: Ints
    own: Flags
    mapped: Flags


@dataclass(frozen=True)
class Served:
    """For each place: position of its primary and of the area it stands in (-1 for none), a `How`, and distance [m]."""

    primary: Ints
    area: Ints
    how: Ints
    distance_m: Floats


def serving(places: Floats, areas: Geometries, owner: Ints, primaries: Primaries, *, operators: Flags) -> Served:
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
    operators : bool array, shape (places, operators)
        Whose network each place may be on: `licence.operators`.

    Returns
    -------
    Served
        The smallest area that holds the place decides, else the nearest within `AREA_GAP_M`; else the nearest primary
        of the operator whose network it is, unless it was built for one customer. Where more than one operator may have
        it, none is taken. A primary whose operator has published what is served there does not serve a place outside:
        then nobody is known. Networks follow streets, rivers and history, so the nearest may be wrong.
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
    operators = _at_the_gate(places[left], primaries, operators[left])
    near, off = nearest(places[left], primaries, operators)
    many = operators.sum(axis=1)
    mapped = primaries.mapped[near] & (near >= 0) if len(primaries.mapped) else near >= 0
    how[left] = np.select(
        [many == 0, many > 1, near < 0, off > reach_m(primaries, near), mapped],
        [How.NOWHERE, How.BORDER, How.NOBODY, How.FAR, How.BEYOND],
        How.NEAREST,
    )
    serves = how[left] == How.NEAREST
    primary[left[serves]] = near[serves]
    known = primary >= 0
    distance[known] = np.hypot(*(primaries.xy[primary[known]] - places[known]).T)
    return Served(primary, area, how, distance)


def reach_m(primaries: Primaries, which: Ints) -> Floats:
    """
    Return how far some primaries may serve where nobody has drawn it, by how densely their operator's stand. [m].

    `which` are positions, -1 for none. `REACH_M` at most, and where fewer than `NEIGHBOURS` others are known.
    """
    found = np.full(len(which), REACH_M)
    free = ~primaries.own & ~np.isnan(primaries.xy).any(axis=1)
    for one in np.unique(which[which >= 0]):
        theirs = free & (primaries.operator == primaries.operator[one])
        theirs[one] = False
        if theirs.sum() >= NEIGHBOURS:
            off = np.hypot(*(primaries.xy[theirs] - primaries.xy[one]).T)
            found[which == one] = min(TIMES * np.partition(off, NEIGHBOURS - 1)[NEIGHBOURS - 1], REACH_M)
    return found


def _at_the_gate(places: Floats, primaries: Primaries, operators: Flags) -> Flags:
    """Return `operators` with a border settled where a primary of one of them is no farther than `GATE_M`."""
    found = operators.copy()
    for row in np.flatnonzero(operators.sum(axis=1) > 1):
        off = np.hypot(*(primaries.xy - places[row]).T)
        near = primaries.operator[off <= GATE_M]
        there = np.isin(np.arange(operators.shape[1]), near) & operators[row]
        found[row] = there if there.any() else operators[row]
    return found


def nearest(places: Floats, primaries: Primaries, operators: Flags) -> tuple[Ints, Floats]:
    """
    Return the nearest primary of the one operator of each place that may serve others, and how far it is. [m].

    -1 and nan where there is none, and where more than one operator is possible. A primary of who holds no licence area
    (OpenStreetMap's) may be anybody's.
    """
    found, off = np.full(len(places), -1, dtype=np.int64), np.full(len(places), np.nan)
    free = ~primaries.own & ~np.isnan(primaries.xy).any(axis=1)
    only = np.where(operators.sum(axis=1) == 1, operators.argmax(axis=1), -1)
    for operator in np.unique(only[only >= 0]):
        theirs = np.flatnonzero(free & np.isin(primaries.operator, (operator, -1)))
        ours = np.flatnonzero(only == operator)
        if len(theirs):
            site, off[ours] = _nearest(places[ours], primaries.xy[theirs])
            found[ours] = theirs[site]
    return found, off


def _nearest(places: Floats, sites: Floats) -> tuple[Ints, Floats]:
    """Return which of some sites is nearest to each place, and how far off: of several on one spot the first."""
    tree = shapely.STRtree(shapely.points(sites))
    (place, site), off = tree.query_nearest(shapely.points(places), all_matches=True, return_distance=True)
    order = np.lexsort((site, place))
    _, first = np.unique(place[order], return_index=True)
    return site[order][first], off[order][first]
