"""Land: parcels drawn by hand, fields cut by hedges, and the trees that stand on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Geometry, LineString, Point, Polygon

from .grid import HEIGHT, WIDTH, rng, smooth

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


def _p(*points: tuple[float, float]) -> Polygon:
    return Polygon(points)


PARCELS = [
    Parcel("Barrowmere Green", {"landuse": "village_green"}, _p((520, 531), (574, 512), (650, 508), (659, 545), (648, 590), (612, 598), (566, 594), (526, 566))),
    Parcel("St Wulfrida's churchyard", {"amenity": "grave_yard", "religion": "christian"}, _p((676, 556), (720, 552), (765, 560), (768, 625), (735, 648), (670, 645), (666, 605))),
    Parcel("Barrowmere Church of England Primary School", {"amenity": "school", "operator": "Three Streams Learning Trust"}, _p((518, 778), (645, 770), (655, 815), (646, 868), (575, 882), (512, 868))),
    Parcel("Recreation Ground", {"leisure": "park", "operator": "Barrowmere Parish Council"}, _p((965, 672), (1060, 655), (1120, 700), (1115, 800), (1000, 808), (985, 740))),
    Parcel("Recreation Ground play area", {"leisure": "playground"}, _p((1000, 690), (1028, 685), (1032, 712), (1004, 716)), keep_clear=False),
    Parcel("Barrowmere Sports Club", {"leisure": "pitch", "sport": "cricket;football"}, _p((700, 292), (838, 288), (842, 392), (706, 396))),
    Parcel("Long Ground allotments", {"landuse": "allotments", "operator": "Barrowmere Parish Council"}, _p((1090, 660), (1150, 650), (1168, 770), (1130, 775), (1124, 700))),
    Parcel("Barrowmere Common", {"leisure": "common"}, _p((40, 680), (195, 655), (208, 760), (235, 850), (150, 900), (48, 872), (62, 770))),
    Parcel("The Mere", {"landuse": "reservoir"}, _p((420, 300), (452, 288), (500, 292), (520, 312), (500, 338), (452, 346), (424, 330))),
    Parcel("Former Hallam Creamery", {"landuse": "brownfield"}, _p((905, 318), (985, 312), (1010, 345), (1000, 385), (925, 382), (902, 360))),
    Parcel("Hatch Copse", {"landuse": "forest"}, _p((1010, 905), (1120, 880), (1240, 910), (1255, 1040), (1160, 1110), (1040, 1090), (985, 1000))),
    Parcel("Brookside Plantation", {"landuse": "forest"}, _p((150, 130), (260, 120), (300, 180), (230, 225), (140, 200))),
    Parcel("Meadow End business park", {"landuse": "industrial"}, _p((1000, 545), (1140, 572), (1230, 560), (1222, 390), (1120, 372), (1022, 380), (1010, 420), (990, 470))),
    Parcel("Co-operative parade", {"landuse": "retail"}, _p((806, 556), (868, 556), (868, 596), (808, 596))),
    Parcel("Sewage works", {"landuse": "industrial", "operator": "Thames Valley Drainage"}, _p((1150, 165), (1215, 158), (1222, 215), (1156, 222))),
    Parcel("Brook Farm", {"landuse": "farmyard"}, _p((95, 340), (185, 335), (190, 402), (98, 408))),
    Parcel("Hatch Farm", {"landuse": "farmyard"}, _p((1180, 752), (1250, 748), (1256, 838), (1170, 842))),
    Parcel("Southfield Farm", {"landuse": "farmyard"}, _p((612, 96), (690, 88), (700, 165), (604, 170))),
    Parcel("Village hall car park", {"amenity": "parking", "operator": "Barrowmere Parish Council", "capacity": "34"}, _p((428, 572), (470, 560), (480, 600), (436, 612))),
    Parcel("Surgery car park", {"amenity": "parking", "capacity": "18"}, _p((838, 560), (862, 562), (862, 592), (838, 592)), keep_clear=False),
    Parcel("Sports club car park", {"amenity": "parking", "capacity": "60"}, _p((662, 300), (694, 300), (698, 376), (664, 374))),
    Parcel("Business park car park", {"amenity": "parking", "parking": "surface", "capacity": "140"}, _p((1100, 455), (1152, 458), (1148, 505), (1098, 502)), keep_clear=False),
    Parcel("Creamery yard", {"amenity": "parking", "parking": "surface"}, _p((948, 322), (984, 320), (998, 345), (950, 350)), keep_clear=False),
    Parcel("School playing field", {"leisure": "pitch", "sport": "multi"}, _p((522, 784), (572, 781), (575, 845), (524, 846)), keep_clear=False),
    Parcel("Glebe Field", {"landuse": "grass"}, _p((520, 640), (590, 632), (615, 650), (612, 730), (545, 735), (512, 700))),
    Parcel("Garage forecourt", {"landuse": "retail"}, _p((222, 548), (262, 538), (266, 585), (229, 595))),
]  # fmt: skip

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
    return zone3.simplify(1.0), zone2.simplify(1.0)
