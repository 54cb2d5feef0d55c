"""Roofs as sloping facets: where several parts of a roof meet, the highest is the one seen from above."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely
from shapely import Geometry, Polygon

from .grid import OVERLAY_M, Frame, cut, rectangle, steady


@dataclass(frozen=True)
class Facet:
    """
    One plane of a roof over a patch of ground.

    Height above the building's base is `z + a * (x - x0) + b * (y - y0)`. [m]
    """

    patch: Geometry
    z: float
    a: float
    b: float
    kind: str
    x0: float = 0.0
    y0: float = 0.0

    def height(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the height above the base at some points."""
        return self.z + self.a * (x - self.x0) + self.b * (y - self.y0)

    @property
    def tilt_deg(self) -> float:
        """Return the slope above horizontal."""
        return float(np.degrees(np.arctan(np.hypot(self.a, self.b))))

    @property
    def azimuth_deg(self) -> float:
        """Return the way the plane faces, clockwise from north; a flat plane is given 180."""
        if np.hypot(self.a, self.b) < 1e-9:
            return 180.0
        return steady(np.degrees(np.arctan2(-self.a, -self.b))) % 360.0


def placed(facets: list[Facet], frame: Frame) -> list[Facet]:
    """Return facets drawn in a frame where they stand in the village."""
    moved = []
    for f in facets:
        a, b = frame.gradient(f.a, f.b)
        x0, y0 = frame.points(np.array([[f.x0, f.y0]]))[0]
        patch = shapely.set_precision(frame.place(f.patch), OVERLAY_M)
        moved.append(replace(f, patch=patch, a=a, b=b, x0=float(x0), y0=float(y0)))
    return moved


def flat(u0: float, v0: float, u1: float, v1: float, height: float, kind: str = "flat") -> list[Facet]:
    """Return a level roof."""
    return [Facet(rectangle(u0, v0, u1, v1), height, 0.0, 0.0, kind)]


def mono(u0: float, v0: float, u1: float, v1: float, low: float, pitch: float, *, falls: str = "+v") -> list[Facet]:
    """Return a lean-to whose low edge faces `falls`: one of +u, -u, +v, -v."""
    s = steady(np.tan(np.radians(pitch)))
    x0, y0, a, b = {"+v": (u0, v1, 0.0, -s), "-v": (u0, v0, 0.0, s), "+u": (u1, v0, -s, 0.0), "-u": (u0, v0, s, 0.0)}[
        falls
    ]
    return [Facet(rectangle(u0, v0, u1, v1), low, a, b, "lean-to", x0, y0)]


def gable(u0: float, v0: float, u1: float, v1: float, eaves: float, pitch: float, *, ridge: str = "u") -> list[Facet]:
    """Return two slopes with the ridge along `ridge`."""
    s = steady(np.tan(np.radians(pitch)))
    if ridge == "u":
        m = (v0 + v1) / 2
        return [
            Facet(rectangle(u0, v0, u1, m), eaves, 0.0, s, "gable", u0, v0),
            Facet(rectangle(u0, m, u1, v1), eaves, 0.0, -s, "gable", u0, v1),
        ]
    m = (u0 + u1) / 2
    return [
        Facet(rectangle(u0, v0, m, v1), eaves, s, 0.0, "gable", u0, v0),
        Facet(rectangle(m, v0, u1, v1), eaves, -s, 0.0, "gable", u1, v0),
    ]


def hip(u0: float, v0: float, u1: float, v1: float, eaves: float, pitch: float) -> list[Facet]:
    """Return four slopes meeting in a ridge along the longer side."""
    s = steady(np.tan(np.radians(pitch)))
    w, d = u1 - u0, v1 - v0
    if w >= d:
        p, q = (u0 + d / 2, (v0 + v1) / 2), (u1 - d / 2, (v0 + v1) / 2)
        front, back = [(u0, v0), (u1, v0), q, p], [(u1, v1), (u0, v1), p, q]
        left, right = [(u0, v1), (u0, v0), p], [(u1, v0), (u1, v1), q]
    else:
        p, q = ((u0 + u1) / 2, v0 + w / 2), ((u0 + u1) / 2, v1 - w / 2)
        front, back = [(u0, v0), (u1, v0), p], [(u1, v1), (u0, v1), q]
        left, right = [(u0, v1), (u0, v0), p, q], [(u1, v0), (u1, v1), q, p]
    return [
        Facet(Polygon(front), eaves, 0.0, s, "hip", u0, v0),
        Facet(Polygon(back), eaves, 0.0, -s, "hip", u0, v1),
        Facet(Polygon(left), eaves, s, 0.0, "hip", u0, v0),
        Facet(Polygon(right), eaves, -s, 0.0, "hip", u1, v0),
    ]


def bays(u0: float, v0: float, u1: float, v1: float, eaves: float, pitch: float, count: int) -> list[Facet]:
    """Return shallow gables side by side along `u`, ridges along `v`, as over a warehouse."""
    edges = np.linspace(u0, u1, count + 1)
    facets: list[Facet] = []
    for a, b in pairwise(edges):
        facets += [replace(f, kind="shallow") for f in gable(float(a), v0, float(b), v1, eaves, pitch, ridge="v")]
    return facets


def seen(facets: list[Facet]) -> list[Facet]:
    """Return the patches of each facet that are seen from above: where no other facet is higher."""
    visible = []
    for i, f in enumerate(facets):
        patch = f.patch
        for j, g in enumerate(facets):
            if i == j or not patch.intersects(g.patch):
                continue
            over = _where_higher(g, f, tie=j < i)
            if over is not None:
                patch = cut(shapely.difference, patch, over)
        pieces = [p for p in shapely.get_parts(patch) if p.area > 0.05]
        if pieces:
            visible.append(replace(f, patch=shapely.union_all(pieces)))
    return visible


def _where_higher(g: Facet, f: Facet, *, tie: bool) -> Geometry | None:
    """Return the part of `g`'s patch where it stands above `f`, or None."""
    a, b = g.a - f.a, g.b - f.b
    c = g.height(np.zeros(1), np.zeros(1))[0] - f.height(np.zeros(1), np.zeros(1))[0]
    size = steady(np.hypot(a, b))
    if size < 1e-9:
        return g.patch if c > 1e-9 or (abs(c) <= 1e-9 and tie) else None
    # The half plane a x + b y + c > 0, as a square far larger than any roof.
    centre = g.patch.centroid
    gap = (a * centre.x + b * centre.y + c) / size
    nx, ny = a / size, b / size
    px, py = centre.x - gap * nx, centre.y - gap * ny
    far = 500.0
    half = Polygon(
        [
            (px - far * ny, py + far * nx),
            (px + far * ny, py - far * nx),
            (px + far * ny + far * nx, py - far * nx + far * ny),
            (px - far * ny + far * nx, py + far * nx + far * ny),
        ]
    )
    over = cut(shapely.intersection, g.patch, half)
    return over if over.area > 1e-6 else None
