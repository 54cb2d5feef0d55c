"""Land: parcels drawn by hand, fields cut by hedges, and the trees that stand on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Geometry, LineString, Point, Polygon

from . import tables
from .grid import HEIGHT, WIDTH, rng, simple, smooth

BROOK = smooth([(-80, 300), (100, 318), (250, 300), (400, 262), (545, 264), (680, 236), (820, 225), (980, 172),
                (1130, 150), (1400, 92)])  # fmt: skip

BOUNDARY = Polygon([(6, 214), (60, 120), (180, 64), (330, 84), (470, 30), (620, 10), (760, 40), (905, 22), (1060, 58),
                    (1190, 36), (1288, 120), (1296, 330), (1262, 470), (1292, 640), (1278, 820), (1296, 1010),
                    (1210, 1128), (1090, 1192), (900, 1176), (760, 1194), (560, 1186), (400, 1196), (236, 1150),
                    (150, 1168), (60, 1080), (14, 930), (40, 760), (4, 600), (26, 420)])  # fmt: skip


@dataclass(frozen=True)
class Parcel:
    """A piece of land with its OpenStreetMap tags; `open` land keeps houses off."""

    name: str | None
    tags: dict[str, str]
    shape: Polygon
    keep_clear: bool = True


def _parcel(row: dict[str, str]) -> Parcel:
    tags = dict(pair.split("=", 1) for pair in row["tags"].split(";"))
    corners = [tuple(map(float, corner.split())) for corner in row["corners"].split(",")]
    return Parcel(row["name"] or None, tags, Polygon(corners), row["keep_clear"] == "yes")


PARCELS = [_parcel(row) for row in tables.rows("parcels")]

# Hedges across the fields, beyond the houses.
HEDGES = [
    [(-10, 560), (120, 545), (210, 520)], [(-10, 470), (80, 450), (120, 405)], [(185, 400), (250, 330), (240, 300)],
    [(300, 350), (330, 280), (340, 70)], [(430, 290), (470, 160), (480, 10)], [(480, 160), (560, 175)],
    [(590, 200), (700, 170), (760, 20)], [(760, 225), (790, 120), (780, 20)], [(985, 172), (960, 90), (980, 10)],
    [(1130, 150), (1160, 30)], [(1222, 400), (1310, 380)], [(860, 290), (1000, 260), (1130, 280), (1300, 260)],
    [(1130, 150), (1140, 280), (1120, 372)], [(1180, 750), (1120, 820), (990, 830), (900, 870)],
    [(1256, 800), (1310, 790)], [(880, 880), (920, 1000), (900, 1200)], [(1000, 905), (920, 930)],
    [(240, 850), (230, 960), (255, 1160)], [(48, 872), (10, 880)], [(235, 960), (20, 985)], [(150, 900), (140, 975)],
    [(60, 300), (70, 120)], [(250, 300), (200, 210)], [(1200, 600), (1310, 640)], [(860, 40), (880, 210)],
    [(330, 1150), (320, 1200)], [(700, 1160), (800, 1100), (905, 1090)], [(20, 640), (60, 690)],
]  # fmt: skip


@dataclass(frozen=True)
class Trees:
    """Trees as arrays: where, how high, how wide."""

    x: np.ndarray
    y: np.ndarray
    height: np.ndarray
    radius: np.ndarray

    def kept(self, keep: np.ndarray) -> Trees:
        """Return the trees for which `keep` is true."""
        return Trees(self.x[keep], self.y[keep], self.height[keep], self.radius[keep])


def hedge_lines() -> list[LineString]:
    """Return the hedges as lines."""
    return [LineString(points) for points in HEDGES]


def wood(parcel: Polygon, spacing: float, stream: str) -> np.ndarray:
    """Return places for trees at about `spacing` metres over a parcel, shape (n, 2)."""
    random = rng(stream)
    x0, y0, x1, y1 = parcel.bounds
    gx, gy = np.meshgrid(np.arange(x0, x1, spacing), np.arange(y0, y1, spacing))
    xy = np.column_stack([gx.ravel(), gy.ravel()]) + random.uniform(-0.4, 0.4, (gx.size, 2)) * spacing
    return xy[shapely.contains_xy(parcel, xy[:, 0], xy[:, 1])]


def along(line: LineString, spacing: float, spread: float, chance: float, stream: str) -> np.ndarray:
    """Return places for trees along a line, by chance, shape (n, 2)."""
    random = rng(stream)
    at = np.arange(0, line.length, spacing)
    at = at[random.random(at.size) < chance]
    points = shapely.line_interpolate_point(line, at)
    return shapely.get_coordinates(points) + random.uniform(-spread, spread, (at.size, 2))


def plant(buildings: Geometry, roads: Geometry, gardens: Geometry) -> Trees:
    """Return every tree whose crown is clear of roofs and carriageways."""
    random = rng("trees")
    groups = [
        (wood(p.shape, 6.0, f"wood {i}"), 11, 19) for i, p in enumerate(PARCELS) if p.tags.get("landuse") == "forest"
    ]
    groups += [(along(line, 14, 1.0, 0.5, f"hedge {i}"), 6, 15) for i, line in enumerate(hedge_lines())]
    groups += [(along(BROOK.offset_curve(side), 9, 2.0, 0.6, f"brook {side}"), 6, 14) for side in (-6, 6)]
    by_name = {p.name: p.shape for p in PARCELS}
    groups.append((along(by_name["Barrowmere Green"].exterior, 16, 1.5, 0.7, "green"), 9, 16))
    groups.append((along(by_name["St Wulfrida's churchyard"].exterior, 13, 2.0, 0.7, "churchyard"), 7, 14))
    groups.append((along(by_name["Recreation Ground"].exterior, 12, 1.5, 0.7, "rec"), 7, 13))
    groups.append((along(by_name["Barrowmere Sports Club"].exterior.buffer(8).exterior, 12, 1.5, 0.6, "club"), 7, 13))
    groups.append((wood(by_name["Barrowmere Common"], 32, "common"), 4, 12))
    groups.append((wood(gardens, 15, "gardens"), 3, 10))
    xy = np.vstack([g[0] for g in groups])
    height = np.concatenate([random.uniform(low, high, len(g)) for g, low, high in groups])
    radius = np.clip(height * random.uniform(0.24, 0.38, height.size), 1.2, 6.0)
    trees = Trees(*np.round(xy.T, 2), np.round(height, 2), np.round(radius, 2))
    points = shapely.points(xy)
    shapely.prepare(buildings)
    clear = shapely.distance(points, buildings) > radius + 0.8
    clear &= shapely.distance(points, roads) > 0.5 * radius
    clear &= (xy[:, 0] > -55) & (xy[:, 0] < WIDTH + 55) & (xy[:, 1] > -55) & (xy[:, 1] < HEIGHT + 55)
    return trees.kept(clear)


def flood_zones() -> tuple[Geometry, Geometry]:
    """Return flood zone 3 and flood zone 2: the low ground by the brook."""
    widths = [(0, 34), (300, 30), (600, 42), (900, 58), (1500, 40)]
    at = np.arange(0, BROOK.length, 20)
    half = np.interp(at, *np.array(widths, dtype=float).T) + 7 * np.sin(at / 55)
    points = [BROOK.interpolate(float(s)) for s in at]
    zone3 = shapely.union_all([Point(p).buffer(float(h)) for p, h in zip(points, half, strict=True)])
    zone2 = shapely.union_all([Point(p).buffer(float(h) * 1.45 + 6) for p, h in zip(points, half, strict=True)])
    return simple(zone3, 1.0), simple(zone2, 1.0)
