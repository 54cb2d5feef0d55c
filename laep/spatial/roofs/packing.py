"""How many whole modules fit on a roof plane: rows of one size, portrait or landscape, inside the edge margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.spatial.shapes import Geometries

    Floats = NDArray[np.float64]

_OFFSETS = 6
"""Heights at which the first row is tried, evenly over one row: more find a module more on one roof in two hundred."""
_SLIVER = 1e-9  # part of a metre below which two heights are one


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module of PV: its two sides. [m]."""

    width_m: float
    length_m: float

    @property
    def area_m2(self) -> float:
        """Return its area. [m2]."""
        return self.width_m * self.length_m


@dataclass(frozen=True)
class _Sides:
    """Sides of what is left of planes inside the margin (x, y, x, y), where each part's begin, and its plane."""

    edges: Floats
    starts: NDArray[np.int64]
    plane: NDArray[np.intp]
    planes: int

    def rows(self, *, along_m: float, deep_m: float, pitch_m: float) -> NDArray[np.int64]:
        """Return how many modules fit on each plane in rows so far apart."""
        fits = _fit(self.edges, self.starts, along_m, deep_m, pitch_m)
        return np.bincount(self.plane, weights=fits, minlength=self.planes).astype(np.int64)


def pitched(
    planes: Geometries, tilt_deg: Floats, azimuth_deg: Floats, *, module: Module, margin_m: float
) -> NDArray[np.int64]:
    """
    Return how many modules fit flush on each pitched plane.

    Parameters
    ----------
    planes : array of (Multi)Polygon, shape (n,)
        Outlines as seen from above, holes where something is in the way.
    tilt_deg, azimuth_deg : array, shape (n,)
        Slope, and the direction it faces, clockwise from north. [deg]
    module : Module
        Its sides.
    margin_m : float
        Clear strip along every edge, measured on the slope. [m]

    Returns
    -------
    array of int, shape (n,)
        The better of portrait and landscape, all rows of a plane alike; a row may start anywhere along the eaves.
    """
    sides = _sides(_unroll(planes, tilt_deg, azimuth_deg), margin_m)
    upright = sides.rows(along_m=module.width_m, deep_m=module.length_m, pitch_m=module.length_m)
    lying = sides.rows(along_m=module.length_m, deep_m=module.width_m, pitch_m=module.width_m)
    return np.maximum(upright, lying)


def flat(
    planes: Geometries,
    azimuth_deg: Floats,
    *,
    module: Module,
    tilt_deg: float,
    sun_deg: float,
    margin_m: float,
) -> NDArray[np.int64]:
    """
    Return how many modules fit on each flat roof in rows that face `azimuth_deg`, on their long side.

    Parameters
    ----------
    planes, azimuth_deg, module, margin_m
        As for `pitched`.
    tilt_deg : float
        Slope of the modules on their frames. [deg]
    sun_deg : float
        Height of the sun down to which one row does not shade the next: it sets the gap between rows. [deg]
    """
    tilt, sun = np.radians(tilt_deg), np.radians(sun_deg)
    deep = module.width_m * np.cos(tilt)
    gap = module.width_m * np.sin(tilt) / np.tan(sun)
    level = _unroll(planes, np.zeros(len(planes)), azimuth_deg)
    return _sides(level, margin_m).rows(along_m=module.length_m, deep_m=float(deep), pitch_m=float(deep + gap))


def _unroll(planes: Geometries, tilt_deg: Floats, azimuth_deg: Floats) -> Geometries:
    """Return outlines in coordinates of the plane itself: along the eaves, and down the slope in true length."""
    xy, plane = shapely.get_coordinates(planes, return_index=True)
    facing = np.radians(azimuth_deg)[plane]
    centre = shapely.get_coordinates(shapely.centroid(planes))[plane]
    east, north = (xy - centre).T
    along = east * np.cos(facing) - north * np.sin(facing)
    down = (east * np.sin(facing) + north * np.cos(facing)) / np.cos(np.radians(tilt_deg))[plane]
    unrolled: Geometries = shapely.set_coordinates(planes.copy(), np.column_stack([along, down]))
    return unrolled


def _sides(unrolled: Geometries, margin_m: float) -> _Sides:
    inner = shapely.buffer(unrolled, -margin_m, join_style="mitre")
    parts, plane = shapely.get_parts(inner, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    closed = np.append(np.diff(ring) == 0, False)
    here = np.flatnonzero(closed)
    edges = np.column_stack([xy[here], xy[here + 1]])
    starts = np.searchsorted(part[ring[here]], np.arange(len(parts) + 1))
    return _Sides(edges, starts, plane, len(unrolled))


@numba.njit(cache=True, parallel=True)
def _fit(edges: Floats, starts: NDArray[np.int64], along: float, deep: float, pitch: float) -> NDArray[np.int64]:
    """Return the most modules that fit into each polygon, over several heights of the first row."""
    found = np.zeros(len(starts) - 1, np.int64)
    for part in numba.prange(len(starts) - 1):
        sides = edges[starts[part] : starts[part + 1]]
        if len(sides) == 0:
            continue
        low, high = sides[:, 1].min(), sides[:, 1].max()
        slack = max(min(high - low - deep, pitch), 0.0)
        for offset in range(_OFFSETS if slack > 0 else 1):
            total, bottom = 0, low + slack * offset / (_OFFSETS - 1)
            while bottom + deep <= high + _SLIVER:
                total += _in_row(sides, bottom, bottom + deep, along)
                bottom += pitch
            found[part] = max(found[part], total)
    return found


@numba.njit(cache=True)
def _in_row(sides: Floats, bottom: float, top: float, along: float) -> int:
    """
    Return how many modules of length `along` fit between two heights.

    The row is cut into slabs at every corner in it. Within a slab the sides are straight lines that do not cross, so
    the stretch that is inside all through a slab follows from the two ends of each side; a module has to be inside
    through all slabs.
    """
    cuts = np.empty(len(sides) + 2)
    cuts[0], cuts[1], count = bottom, top, 2
    for side in range(len(sides)):
        if bottom < sides[side, 1] < top:
            cuts[count] = sides[side, 1]
            count += 1
    cuts = np.sort(cuts[:count])
    left, right = np.empty(len(sides) + 1), np.empty(len(sides) + 1)
    spans, first = 0, True
    for slab in range(count - 1):
        a, b = cuts[slab], cuts[slab + 1]
        if b - a < _SLIVER:
            continue
        crossings = _crossings(sides, a, b)
        if first:
            spans, first = _pairs(crossings, left, right), False
        else:
            spans = _narrowed(crossings, left, right, spans)
    total = 0
    for span in range(spans):
        total += int((right[span] - left[span] + _SLIVER) / along)
    return total


@numba.njit(cache=True)
def _crossings(sides: Floats, a: float, b: float) -> Floats:
    """Return where sides cross a slab, from left to right: place at its middle, at its bottom and at its top."""
    middle, count = (a + b) / 2, 0
    found = np.empty((len(sides), 3))
    for side in range(len(sides)):
        x1, y1, x2, y2 = sides[side]
        if (y1 <= middle) != (y2 <= middle):
            slope = (x2 - x1) / (y2 - y1)
            found[count, 0] = x1 + slope * (middle - y1)
            found[count, 1] = x1 + slope * (a - y1)
            found[count, 2] = x1 + slope * (b - y1)
            count += 1
    found = found[:count]
    return found[np.argsort(found[:, 0])]


@numba.njit(cache=True)
def _pairs(crossings: Floats, left: Floats, right: Floats) -> int:
    """Write the stretches inside the polygon through a whole slab into `left` and `right`; return how many."""
    spans = 0
    for pair in range(len(crossings) // 2):
        start = max(crossings[2 * pair, 1], crossings[2 * pair, 2])
        end = min(crossings[2 * pair + 1, 1], crossings[2 * pair + 1, 2])
        if end > start:
            left[spans], right[spans] = start, end
            spans += 1
    return spans


@numba.njit(cache=True)
def _narrowed(crossings: Floats, left: Floats, right: Floats, spans: int) -> int:
    """Narrow stretches to what is inside this slab as well; return how many are left."""
    starts, ends = np.empty(len(left)), np.empty(len(left))
    here = _pairs(crossings, starts, ends)
    kept_left, kept_right, count = np.empty(len(left)), np.empty(len(left)), 0
    for old in range(spans):
        for new in range(here):
            start, end = max(left[old], starts[new]), min(right[old], ends[new])
            if end > start and count < len(left):
                kept_left[count], kept_right[count] = start, end
                count += 1
    left[:count], right[:count] = kept_left[:count], kept_right[:count]
    return count
