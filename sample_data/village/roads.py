"""The streets: drawn by hand as a few points each, then smoothed. Local metres, east and north of the corner."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import Geometry, LineString, Point

from .grid import Frame, smooth, steady


@dataclass(frozen=True)
class Row:
    """Houses of one style along one side of a street, between two distances from its start."""

    side: str  # L or R, seen along the street
    start: float
    end: float
    style: str


@dataclass(frozen=True)
class Street:
    """A street: its line, half its width with pavement, the rows of houses along it, and its names by distance."""

    name: str
    points: list[tuple[float, float]]
    rows: list[Row] = field(default_factory=list)
    half: float = 4.0
    names: tuple[tuple[float, str], ...] = ()

    @property
    def line(self) -> LineString:
        """Return the smoothed centre line."""
        return smooth(self.points)

    def name_at(self, distance: float) -> str:
        """Return the name the street goes by at a distance from its start."""
        found = [name for start, name in self.names if start <= distance]
        return found[-1] if found else self.name


def frame_at(line: LineString, distance: float, side: str, offset: float) -> Frame:
    """Return a frame `offset` metres to one side of a line, its back away from the line."""
    a = line.interpolate(max(distance - 1.5, 0.0))
    b = line.interpolate(min(distance + 1.5, line.length))
    ux, uy = b.x - a.x, b.y - a.y
    size = float(np.hypot(ux, uy))
    ux, uy = steady(ux / size), steady(uy / size)
    ux, uy = (ux, uy) if side == "L" else (-ux, -uy)
    p = line.interpolate(distance)
    return Frame(p.x - offset * uy, p.y + offset * ux, ux, uy)


def both(style: str, start: float = 0.0, end: float = 9999.0) -> list[Row]:
    """Return rows of one style on both sides."""
    return [Row("L", start, end, style), Row("R", start, end, style)]


THROUGH = Street(
    "High Street",
    [(-60, 668), (120, 628), (270, 590), (400, 556), (500, 528), (575, 503), (660, 499), (760, 522), (880, 548),
     (1010, 556), (1150, 585), (1360, 645)],
    [
        Row("L", 470, 1010, "core"), Row("R", 440, 800, "core"), Row("R", 800, 930, "semi_30s"),
        Row("L", 250, 470, "semi_30s"), Row("R", 215, 440, "semi_30s"),
        Row("L", 1010, 1200, "semi_30s"), Row("R", 930, 1130, "semi_30s"),
    ],
    half=5.0, names=((0, "Stanholt Road"), (440, "High Street"), (960, "Kings Hatch Road")),
)  # fmt: skip
MILL = Street(
    "Mill Lane",
    [(592, 500), (600, 440), (588, 380), (562, 322), (548, 270), (556, 200), (590, 120), (620, 40), (628, -60)],
    [Row("L", 0, 175, "core"), Row("R", 0, 95, "core"), Row("R", 110, 170, "terrace_old")],
    half=3.8,
)
HEATH = Street(
    "Heath Road",
    [(655, 499), (668, 545), (655, 600), (640, 660), (648, 730), (672, 800), (665, 880), (640, 960), (650, 1060),
     (690, 1160), (704, 1260)],
    [Row("L", 110, 300, "core"), Row("R", 160, 215, "core"), Row("R", 225, 300, "semi_30s"),
     Row("L", 395, 560, "semi_30s"), Row("R", 320, 420, "semi_30s"), Row("R", 480, 570, "det_70s")],
    half=4.5, names=((0, "Church Lane"), (210, "Heath Road")),
)  # fmt: skip
GREEN = Street("Green Side", [(505, 527), (515, 570), (560, 602), (612, 606), (655, 600)],
               [Row("L", 0, 160, "core")], half=3.2)  # fmt: skip
FORGE = Street("Forge Lane", [(418, 551), (425, 500), (440, 450), (490, 415), (550, 405), (597, 412)],
               both("terrace_old"), half=3.2)  # fmt: skip
ALBION = Street("Albion Street", [(516, 572), (482, 620), (472, 680), (500, 738), (560, 762), (655, 752)],
                [Row("L", 0, 400, "terrace_old"), Row("R", 0, 400, "core")], half=3.4)  # fmt: skip
CHAPEL = Street("Chapel Row", [(473, 680), (400, 672), (345, 640), (322, 577)], both("terrace_old"), half=3.2)
TANNERS = Street("Tanners Lane", [(590, 385), (650, 395), (708, 418), (738, 465), (748, 519)],
                 [Row("L", 0, 400, "core"), Row("R", 0, 60, "core"), Row("R", 60, 400, "semi_30s")],
                 half=3.2)  # fmt: skip
POUND = Street("Pound Lane", [(640, 662), (700, 672), (765, 655), (795, 600), (803, 532)],
               [Row("L", 0, 400, "semi_30s"), Row("R", 40, 400, "core")], half=3.4)  # fmt: skip

OLD = [THROUGH, MILL, HEATH, GREEN, FORGE, ALBION, CHAPEL, TANNERS, POUND]

MIDDLE = [
    Street("Elm Crescent", [(672, 800), (740, 815), (820, 803), (882, 752), (893, 690), (872, 625), (872, 547)],
           both("semi_50s")),
    Street("Larch Road", [(762, 813), (772, 750), (762, 700), (758, 657)], both("semi_50s")),
    Street("Rowan Close", [(769, 735), (800, 742), (838, 728)], both("semi_50s"), half=3.4),
    Street("Maple Avenue", [(878, 640), (935, 652), (1000, 640), (1045, 610), (1062, 562)], both("semi_50s")),
    Street("Hazel Grove", [(935, 652), (945, 712), (960, 770), (935, 830), (880, 848), (820, 838), (805, 806)],
           [*both("bungalow", 0, 130), *both("semi_50s", 130)]),
    Street("Orchard Way", [(268, 591), (268, 530), (290, 470), (345, 440), (400, 448), (438, 458)], both("bungalow")),
    Street("Damson Close", [(300, 462), (290, 415), (305, 375)], both("bungalow"), half=3.4),
    Street("Quince Close", [(360, 441), (368, 395), (385, 365)], both("bungalow"), half=3.4),
    Street("Plum Walk", [(270, 540), (320, 525), (365, 500)], both("bungalow"), half=3.4),
    Street("Coronation Avenue", [(212, 604), (222, 680), (232, 760), (288, 832), (370, 850), (450, 832), (506, 744)],
           [Row("L", 0, 999, "council"), Row("R", 0, 150, "council"), Row("R", 190, 999, "council")]),
    Street("Jubilee Road", [(226, 705), (290, 712), (350, 735), (395, 780), (402, 848)], both("council")),
    Street("Silver Place", [(345, 733), (380, 722), (420, 735)], both("council"), half=3.4),
    Street("Festival Close", [(262, 802), (300, 785), (338, 795)], both("council_old_folk"), half=3.4),
]  # fmt: skip

MODERN = [
    Street("Skylark Way", [(648, 1040), (590, 1045), (530, 1030), (470, 1040), (410, 1020), (385, 960), (420, 905),
                           (490, 895), (560, 910), (600, 940), (648, 950)], both("modern"), half=4.0),
    Street("Lapwing Drive", [(530, 1032), (520, 1085), (470, 1125), (400, 1130), (340, 1100), (330, 1040), (345, 985),
                             (386, 968)], [Row("L", 0, 260, "modern"), Row("R", 0, 999, "modern")]),
    Street("Curlew Close", [(494, 896), (500, 940), (490, 975)], both("modern"), half=3.2),
    Street("Plover Close", [(565, 912), (555, 955), (565, 985)], both("modern"), half=3.2),
    Street("Fieldfare Court", [(412, 1020), (440, 985), (450, 950)], both("modern"), half=3.2),
    Street("Dunnock Close", [(400, 1130), (398, 1085), (385, 1062)], both("modern"), half=3.2),
    Street("Wagtail Road", [(590, 1045), (585, 1095), (600, 1140), (650, 1150), (686, 1148)], both("modern"), half=3.6),
    Street("Martin Close", [(522, 1080), (550, 1105), (552, 1140)], both("modern"), half=3.2),
    Street("Goldcrest Avenue", [(641, 962), (700, 955), (770, 965), (830, 945), (870, 895), (850, 845)],
           both("modern")),
    Street("Wren Rise", [(770, 965), (775, 1010), (760, 1050), (715, 1075), (655, 1075)], both("modern"), half=3.6),
    Street("Swift Close", [(726, 957), (725, 920), (735, 885)], both("modern"), half=3.2),
    Street("Nuthatch Close", [(795, 960), (785, 920), (795, 890)], both("modern"), half=3.2),
    Street("Whinchat Close", [(775, 1010), (815, 1015), (850, 1000)], both("modern"), half=3.2),
]  # fmt: skip

WORK = [Street("Foundry Way", [(1080, 569), (1086, 500), (1075, 440), (1020, 405), (960, 400)], half=5.0)]
TRACKS = [
    Street("Brook Farm Drive", [(120, 628), (135, 540), (120, 450), (135, 395)], half=2.5),
    Street("Hatch Farm Drive", [(1180, 592), (1175, 680), (1190, 760)], half=2.5),
]

MEETS_M = 9.0  # a street that ends this close to another joins it: lines are drawn to the kerb
STREETS = [*OLD, *MIDDLE, *MODERN, *WORK, *TRACKS]


def joined() -> list[tuple[Street, LineString]]:
    """Return the streets cut where they meet, each end that stops short of another street led on to it."""
    lines = [street.line for street in STREETS]
    led = [_led_on(line, [other for other in lines if other is not line]) for line in lines]
    cut = shapely.get_parts(shapely.node(shapely.multilinestrings([shapely.set_precision(line, 0.1) for line in led])))
    middle = shapely.line_interpolate_point(cut, 0.5, normalized=True)
    of = [int(np.argmin(shapely.distance(lines, point))) for point in middle]
    found = [(STREETS[i], line) for i, line in zip(of, cut, strict=True) if line.length > 0]
    return sorted(found, key=lambda pair: (pair[0].name, round(pair[1].centroid.x), round(pair[1].centroid.y)))


def _led_on(line: LineString, others: list[LineString]) -> LineString:
    points = list(line.coords)
    for end in (0, -1):
        at = Point(points[end])
        near = min(others, key=at.distance)
        if at.distance(near) < MEETS_M:
            reached = near.interpolate(near.project(at))
            beyond = (2 * reached.x - at.x, 2 * reached.y - at.y) if at.distance(near) > 0 else (at.x, at.y)
            points = [beyond, *points] if end == 0 else [*points, beyond]
    return LineString(points)


def tarmac() -> Geometry:
    """Return the ground the streets take, pavements included."""
    return shapely.union_all([street.line.buffer(street.half, cap_style="flat") for street in STREETS])


def turning_heads() -> Geometry:
    """Return the round ends of the closes."""
    ends = [s.line.interpolate(s.line.length).buffer(7.0) for s in STREETS if s.name.endswith(("Close", "Court"))]
    return shapely.union_all(ends)
