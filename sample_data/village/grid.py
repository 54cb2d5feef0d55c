"""Where the village lies, its seeds, and the small geometry every other module leans on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from shapely import Geometry, LineString, Polygon

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 20290
EAST, NORTH = 435_350.0, 208_400.0
WIDTH, HEIGHT = 1300.0, 1200.0
OVERLAY_M = 0.0001  # two lines meant as one are one on this grid, whatever their last digits

# One fixed, grid-free shift (OSGB36 to WGS84, EPSG operation 1314), so that the bytes written do not depend on which
# datum grids a computer holds.
_TO_WGS84 = (
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy "
    "+step +proj=push +v_3 +step +proj=cart +ellps=airy "
    "+step +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 "
    "+convention=position_vector "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)
_transformer = pyproj.Transformer.from_pipeline(_TO_WGS84)


def rng(stream: str) -> np.random.Generator:
    """Return the random numbers of one named stream, so that a change in one module leaves the others alone."""
    return np.random.default_rng([SEED, *stream.encode()])


def steady(value: float) -> float:
    """Return a sine, a tangent or a part of a heading without its last digits, which differ between processors."""
    return round(float(value), 12)


def to_27700(geometry: Geometry) -> Geometry:
    """Move local metres to the National Grid, to the centimetre."""
    return shapely.transform(geometry, lambda xy: np.round(xy + np.array([EAST, NORTH]), 2))


def to_wgs84(geometry: Geometry) -> Geometry:
    """Move local metres to longitude and latitude, to seven decimals."""

    def move(xy: np.ndarray) -> np.ndarray:
        lon, lat = _transformer.transform(np.round(xy[:, 0] + EAST, 2), np.round(xy[:, 1] + NORTH, 2))
        return np.round(np.column_stack([lon, lat]), 7)

    return shapely.transform(geometry, move)


def cut(how: Callable[..., Geometry], one: Geometry, other: Geometry) -> Geometry:
    """
    Return the surfaces of an overlay made on the grid, such as `cut(shapely.difference, roof, dormer)`.

    Both shapes are set on the grid first: where two nearly parallel lines cross hangs on their last digits.
    """
    one, other = shapely.set_precision([one, other], OVERLAY_M)
    parts = shapely.get_parts(how(one, other, grid_size=OVERLAY_M))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def grown(shape: Geometry, *by_m: float) -> Geometry:
    """Return a shape grown by each distance in turn, set on the grid after each; a distance below zero shrinks it."""
    for distance in by_m:
        shape = shapely.set_precision(shape.buffer(distance), OVERLAY_M)
    return shape


def simple(shape: Geometry, tolerance_m: float) -> Geometry:
    """Return a shape with fewer corners; round arcs hold many corners equally far off, so it goes on the grid first."""
    return shapely.simplify(shapely.set_precision(shape, OVERLAY_M), tolerance_m)


@dataclass(frozen=True)
class Frame:
    """A place and a heading: `u` runs along the front, `v` runs away from the street, to the left of `u`."""

    x: float
    y: float
    ux: float
    uy: float

    def points(self, uv: np.ndarray) -> np.ndarray:
        """Return local village metres for frame coordinates, shape (n, 2)."""
        u, v = uv[:, 0], uv[:, 1]
        return np.column_stack([self.x + u * self.ux - v * self.uy, self.y + u * self.uy + v * self.ux])

    def place(self, geometry: Geometry) -> Geometry:
        """Return a geometry drawn in the frame where it stands in the village."""
        return shapely.transform(geometry, self.points)

    def gradient(self, a: float, b: float) -> tuple[float, float]:
        """Return a slope given along `u` and `v` as one along east and north."""
        return a * self.ux - b * self.uy, a * self.uy + b * self.ux

    def shifted(self, u: float, v: float) -> Frame:
        """Return the same heading from another spot."""
        x, y = self.points(np.array([[u, v]]))[0]
        return Frame(float(x), float(y), self.ux, self.uy)


def facing(x: float, y: float, degrees: float) -> Frame:
    """Return a frame whose front runs at `degrees` anticlockwise from east."""
    angle = np.radians(degrees)
    return Frame(x, y, steady(np.cos(angle)), steady(np.sin(angle)))


def rectangle(u0: float, v0: float, u1: float, v1: float) -> Polygon:
    """Return a rectangle, anticlockwise from its lower left corner."""
    return Polygon([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])


def smooth(points: list[tuple[float, float]], step: float = 2.0) -> LineString:
    """Return a Catmull-Rom curve through the points, a vertex about every `step` metres."""
    p = np.array(points, dtype=float)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    pieces = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        n = max(2, int(steady(np.hypot(*(c - b))) / step))
        t = np.linspace(0, 1, n, endpoint=False)[:, None]
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return LineString(np.round(np.vstack([*pieces, p[-2:-1]]), 2))
