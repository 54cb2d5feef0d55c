"""Small geometry helpers the other modules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

Geometries = np.ndarray
"""An object array of shapely geometries."""

_COLLECTION = 7  # shapely type id of GeometryCollection
_STEADY, _STEADY_DEG, _STEADY_M = 12, 9, 6
"""Decimals of a unit vector, a bearing and a length that are kept: processors differ in those beyond, and which of a
square's sides is the longer, or on which side of a ridge a cell lies, must not hang on them."""


def polygonal(shapes: Geometries) -> Geometries:
    """
    Return the shapes made valid, with only their polygon parts.

    Parameters
    ----------
    shapes : array of geometry, shape (n,)

    Returns
    -------
    array of Polygon or MultiPolygon, shape (n,); one with no area comes back empty.
    """
    made = np.array(shapes, dtype=object, copy=True)
    broken = ~shapely.is_valid(made)
    made[broken] = shapely.make_valid(made[broken])
    mixed = np.flatnonzero(shapely.get_type_id(made) == _COLLECTION)
    for i in mixed:  # a handful: a polygon that met a line at a touching edge
        parts = shapely.get_parts(made[i])
        made[i] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    flat = shapely.get_dimensions(made) < 2
    made[flat] = shapely.Polygon()
    return made


def halves(
    shapes: Geometries, centre: NDArray[np.float64], along: NDArray[np.float64]
) -> tuple[Geometries, Geometries]:
    """
    Split each polygon by the line through `centre` in direction `along`.

    Parameters
    ----------
    shapes : array of polygon, shape (n,)
    centre : array, shape (n, 2). [m]
    along : array of unit vectors, shape (n, 2)

    Returns
    -------
    The part to the left of `along` and the part to its right, shape (n,) each.
    """
    bounds = shapely.bounds(shapes)
    reach = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])[:, None] + 1.0
    left = np.column_stack([-along[:, 1], along[:, 0]])
    back, front = centre - along * reach, centre + along * reach
    sides = []
    for normal in (left, -left):
        ring = np.stack([back, front, front + normal * reach, back + normal * reach], axis=1)
        sides.append(polygonal(shapely.intersection(shapes, shapely.polygons(ring))))
    return sides[0], sides[1]


def containing(points: Geometries, areas: Geometries, *, gap_m: float = 0.0) -> NDArray[np.intp]:
    """
    Return for each point the position of the area it stands in: the smallest where several overlap, -1 where none.

    Parameters
    ----------
    points : array of Point, shape (n,)
    areas : array of polygon, shape (m,)
    gap_m : float
        A point outside every area takes the nearest one within this distance: published areas are simplified, and
        the slits that leaves between neighbours are drawing error. [m]
    """
    found = np.full(len(points), -1, dtype=np.intp)
    if not len(points) or not len(areas):
        return found
    tree = shapely.STRtree(areas)
    at, area = tree.query(points, predicate="intersects")
    largest_first = np.lexsort((-area, -shapely.area(areas)[area]))
    found[at[largest_first]] = area[largest_first]
    out = np.flatnonzero(found < 0)
    if gap_m > 0 and len(out):
        at, area = tree.query_nearest(points[out], max_distance=gap_m)
        first = np.lexsort((area, at))[::-1]
        found[out[at[first]]] = area[first]
    return found


def voronoi(xy: NDArray[np.float64], cover: shapely.Geometry) -> Geometries:
    """
    Return the land nearer to each point than to any other, at least as wide as `cover`.

    Parameters
    ----------
    xy : array, shape (n, 2). [m]
        Points; coincident points share one cell.
    cover : Geometry
        What the cells must cover together.

    Returns
    -------
    array of Polygon, shape (n,), in the order of the points.
    """
    unique, back = np.unique(xy, axis=0, return_inverse=True)
    if len(unique) == 1:
        everywhere = shapely.box(*shapely.bounds(shapely.union(cover, shapely.points(unique[0])))).buffer(1.0)
        return np.full(len(xy), everywhere, dtype=object)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(unique), extend_to=cover))
    nearest = shapely.STRtree(cells).nearest(shapely.points(unique))
    ordered: Geometries = cells[nearest][back.reshape(-1)]
    return ordered


def edges(shapes: Geometries) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """
    Return every straight edge of the shapes' lines or outlines.

    Parameters
    ----------
    shapes : array of line or polygon, shape (n,)

    Returns
    -------
    The position of the shape each edge belongs to, shape (m,), and its (east, north) step, shape (m, 2). [m]
    """
    areal = shapely.get_dimensions(shapes) == 2
    lines = np.where(areal, shapely.boundary(shapes), shapes)
    parts, of_shape = shapely.get_parts(lines, return_index=True)
    xy, of_part = shapely.get_coordinates(parts, return_index=True)
    same = of_part[1:] == of_part[:-1]
    return of_shape[of_part[1:][same]], np.diff(xy, axis=0)[same]


def heading(bearing_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors (east, north) along some bearings, shape (n, 2), the same on every processor."""
    angle = np.radians(bearing_deg)
    return np.round(np.column_stack([np.sin(angle), np.cos(angle)]), _STEADY)


def mean_bearing(step: NDArray[np.float64], owner: NDArray[np.intp], count: int, *, turns: int) -> NDArray[np.float64]:
    """
    Return the mean direction of some steps, each weighted by its length; 0 where there are none.

    Parameters
    ----------
    step : array, shape (m, 2)
        How far each runs east and north. [m]
    owner : array of int, shape (m,)
        Which of the `count` means it belongs to.
    turns : int
        How many directions count as one: 2 for a line, which runs both ways, 4 for walls along and across. The angle
        is taken that many times before it is summed, so that 179 and 1 agree.

    Returns
    -------
    Bearings of 0 up to 360 / `turns`, shape (count,). [deg]
    """
    length, angle = np.hypot(*step.T), turns * np.arctan2(step[:, 0], step[:, 1])
    sine = np.bincount(owner, weights=length * np.sin(angle), minlength=count)
    cosine = np.bincount(owner, weights=length * np.cos(angle), minlength=count)
    mean: NDArray[np.float64] = np.round(np.degrees(np.arctan2(sine, cosine)) / turns, _STEADY_DEG) % (360.0 / turns)
    return mean


def wall_axis(shapes: Geometries) -> NDArray[np.float64]:
    """Return the bearing, 0 to 90, that most wall length runs along or across."""
    building, step = edges(shapes)
    return mean_bearing(step, building, len(shapes), turns=4)


def extent(shapes: Geometries, axis: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far each shape reaches along its axis and across it, in metres; a square reaches as far both ways."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    angle = np.radians(axis)[owner]
    east, north = xy.T
    reach = []
    for place in (east * np.sin(angle) + north * np.cos(angle), east * np.cos(angle) - north * np.sin(angle)):
        low, high = np.full(len(shapes), np.inf), np.full(len(shapes), -np.inf)
        np.minimum.at(low, owner, place)
        np.maximum.at(high, owner, place)
        reach.append(np.where(np.isfinite(low), np.round(high - low, _STEADY_M), 0.0))
    return reach[0], reach[1]
