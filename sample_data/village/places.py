"""The buildings that are not ordinary houses: church, school, pub, shops, works, farms, flats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import shapely

from . import roofs
from .grid import Frame, facing, rectangle
from .houses import Block, Unit

if TYPE_CHECKING:
    from .roofs import Facet


@dataclass(frozen=True)
class Special:
    """One building set by hand: its block, where it stands, its tags, and the electricity it uses a year."""

    block: Block
    frame: Frame
    tags: dict[str, str]
    name: str | None = None
    street: str = "High Street"
    kwh: float = 0.0
    truth: dict[str, str] = field(default_factory=dict)


def _block(parts: list[tuple[float, float, float, float]], facets: list[Facet], kind: str, storeys: float, homes: int = 0,
           form: str = "detached", age: str = "1970") -> Block:  # fmt: skip
    outline = shapely.union_all([rectangle(*p) for p in parts])
    u0, _, u1, v1 = outline.bounds
    return Block(kind, age, u1 - u0, v1, [Unit(outline, kind, form, homes, storeys)], facets)


def _hall(
    w: float, d: float, eaves: float, pitch: float, kind: str, *, ridge: str = "u", storeys: float = 1, **more: object
) -> Block:
    return _block([(0, 0, w, d)], roofs.gable(0, 0, w, d, eaves, pitch, ridge=ridge), kind, storeys, **more)  # type: ignore[arg-type]


def _level(w: float, d: float, height: float, kind: str, *, storeys: float = 1, **more: object) -> Block:
    return _block([(0, 0, w, d)], roofs.flat(0, 0, w, d, height), kind, storeys, **more)  # type: ignore[arg-type]


def _shed(w: float, d: float, eaves: float, pitch: float, count: int, kind: str = "warehouse") -> Block:
    return _block([(0, 0, w, d)], roofs.bays(0, 0, w, d, eaves, pitch, count), kind, 1)


def _church() -> Block:
    parts = [(0, 0, 24, 10), (24, 1.6, 34, 8.4), (-6.5, 1.7, 0, 8.3), (8, -4, 12, 0)]
    facets = roofs.gable(0, 0, 24, 10, 7.0, 48) + roofs.gable(24, 1.6, 34, 8.4, 5.2, 50)
    facets += roofs.flat(-6.5, 1.7, 0, 8.3, 16.5) + roofs.gable(8, -4, 12, 5, 3.2, 45, ridge="v")
    return _block(parts, facets, "church", 1, age="1400")


def _school() -> Block:
    parts = [(0, 0, 46, 14), (46, 0, 60, 26), (10, 14, 24, 30)]
    facets = (
        roofs.flat(0, 0, 46, 14, 3.8)
        + roofs.gable(46, 0, 60, 26, 5.4, 22, ridge="v")
        + roofs.mono(10, 14, 24, 30, 3.2, 6)
    )
    return _block(parts, facets, "school", 1)


def _barn(w: float, d: float, eaves: float, pitch: float = 18) -> Block:
    return _hall(w, d, eaves, pitch, "farm_auxiliary")


def _flats(
    w: float, d: float, homes: int, *, storeys: int = 3, level: bool = False, age: str = "2014", wing: bool = False
) -> Block:
    eaves = 2.75 * storeys
    facets = roofs.flat(0, 0, w, d, eaves + 0.4) if level else roofs.hip(0, 0, w, d, eaves, 32)
    parts = [(0.0, 0.0, w, d)]
    if wing:
        facets += roofs.hip(0, 0, d, d + 10, eaves, 32)
        parts.append((0, d, d, d + 10))
    return _block(parts, facets, "flats", storeys, homes, "flat", age)


def _pub() -> Block:
    facets = roofs.gable(0, 0, 16, 7.5, 5.0, 46) + roofs.gable(0, 3.7, 6, 14, 4.0, 44, ridge="v")
    facets += roofs.flat(6, 7.5, 14, 12, 3.0) + roofs.flat(7.5, 3.2, 8.6, 4.3, 10.0, "chimney")
    return _block([(0, 0, 16, 7.5), (0, 7.5, 6, 14), (6, 7.5, 14, 12)], facets, "pub", 2, age="1740")


def _surgery() -> Block:
    facets = roofs.hip(0, 0, 22, 13, 3.0, 26)
    return _block([(0, 0, 22, 13)], facets, "surgery", 1)


def _manor() -> Block:
    facets = (
        roofs.gable(0, 0, 22, 9, 6.8, 45)
        + roofs.gable(0, -4, 7, 13, 6.8, 45, ridge="v")
        + roofs.gable(15, -4, 22, 13, 6.8, 45, ridge="v")
    )
    return _block([(0, 0, 22, 9), (0, -4, 7, 13), (15, -4, 22, 13)], facets, "house", 2.5, 1, age="1680")


def _farmhouse() -> Block:
    facets = (
        roofs.gable(0, 0, 14, 7, 5.2, 44)
        + roofs.gable(0, 3, 6, 13, 4.6, 42, ridge="v")
        + roofs.flat(1, 3, 2, 4, 9.6, "chimney")
    )
    return _block([(0, 0, 14, 7), (0, 7, 6, 13)], facets, "house", 2, 1, age="1720")


def specials() -> list[Special]:
    """Return every building set by hand."""
    yard = {"building": "industrial"}
    ware = {"building": "warehouse"}
    farm = {"building": "farm_auxiliary"}
    flats = {"building": "apartments"}
    return [
        Special(_church(), facing(700, 588, 4), {"building": "church", "amenity": "place_of_worship", "religion": "christian"}, "St Wulfrida's", "Church Lane", 9_000),
        Special(_hall(14, 9, 5.0, 42, "chapel", ridge="v"), facing(425, 630, -80), {"building": "chapel", "amenity": "place_of_worship", "religion": "christian"}, "Chapel Row Methodist Chapel", "Chapel Row", 4_500),
        Special(_school(), facing(580, 800, 4), {"building": "school"}, "Barrowmere Church of England Primary School", "Heath Road", 78_000),
        Special(_hall(20, 8, 5.0, 44, "school"), facing(588, 848, 4), {"building": "school"}, None, "Heath Road", 12_000),
        Special(_pub(), facing(570, 482, 165).shifted(0, 0), {"building": "yes", "amenity": "pub"}, "The Three Larches", "High Street", 62_000),
        Special(_hall(14, 8, 4.6, 45, "pub"), facing(1010, 541, 183), {"building": "yes"}, "The Waggoner", "Kings Hatch Road", 55_000),
        Special(_hall(24, 12, 3.6, 30, "hall"), facing(447, 617, -17).shifted(-6, 0), {"building": "yes", "amenity": "community_centre"}, "Barrowmere Village Hall", "High Street", 16_000),
        Special(_level(24, 16, 4.2, "shop"), facing(812, 562, 2), {"building": "retail", "shop": "convenience"}, "Barrowmere Stores", "High Street", 92_000),
        Special(_surgery(), facing(812, 602, 2), {"building": "yes", "amenity": "doctors"}, "Mere Surgery", "Pound Lane", 38_000),
        Special(_hall(16, 12, 4.2, 12, "garage_trade"), facing(260, 566, 165).shifted(0, 0), {"building": "industrial", "shop": "car_repair"}, "Stanlow Garage", "Stanlow Road", 24_000),
        Special(_hall(18, 9, 3.2, 25, "club"), facing(846, 330, 88), {"building": "yes"}, "Barrowmere Sports Club", "Tanners Lane", 21_000),
        Special(_hall(14, 8, 3.0, 30, "hall"), facing(958, 800, 10), {"building": "yes"}, "Scout Hut", "Hazel Grove", 5_000),
        Special(_level(5, 4, 2.4, "shed"), facing(1105, 700, 0), {"building": "yes"}, None, "Maple Avenue", 0),
        Special(_shed(70, 42, 8.6, 6, 3), facing(1098, 382, 2), ware, "Meadow End Logistics", "Foundry Way", 310_000),
        Special(_shed(45, 30, 7.2, 7, 2), facing(1160, 506, 6), ware, None, "Foundry Way", 120_000),
        Special(_shed(32, 28, 6.6, 6, 2), facing(1026, 440, 10), yard, None, "Foundry Way", 95_000),
        Special(_shed(36, 22, 6.4, 8, 2, "industrial"), facing(1022, 480, 14), yard, "Foundry Way Units 4-7", "Foundry Way", 84_000),
        Special(_shed(28, 20, 6.0, 7, 2, "industrial"), facing(1164, 450, 3), yard, None, "Foundry Way", 70_000),
        Special(_level(40, 14, 7.2, "office", storeys=2), facing(1097, 520, 8), {"building": "commercial"}, "Hatch House", "Foundry Way", 105_000),
        Special(_level(24, 12, 6.6, "office", storeys=2), facing(1024, 515, 12), {"building": "yes"}, None, "Foundry Way", 52_000),
        Special(_level(30, 16, 5.6, "industrial"), facing(912, 330, -4), yard, "Former creamery boiler house", "Foundry Way", 0),
        Special(_manor(), facing(716, 652, 4).shifted(-10, -2), {"building": "house"}, "Barrowmere Manor", "Pound Lane"),
        Special(_farmhouse(), facing(148, 372, 90), {"building": "house"}, "Brook Farm", "Brook Farm Drive"),
        Special(_barn(32, 16, 5.5), facing(100, 344, 0), farm, None, "Brook Farm Drive", 18_000),
        Special(_barn(26, 14, 5.0), facing(100, 366, 0), farm, None, "Brook Farm Drive", 6_000),
        Special(_barn(20, 7, 4.0, 42), facing(102, 386, 4), farm, "Brook Farm barn", "Brook Farm Drive", 0),
        Special(_farmhouse(), facing(1188, 812, -6), {"building": "house"}, "Hatch Farm", "Hatch Farm Drive"),
        Special(_barn(40, 20, 6.2, 14), facing(1206, 754, -2), farm, None, "Hatch Farm Drive", 26_000),
        Special(_barn(30, 15, 5.4), facing(1216, 780, -2), farm, None, "Hatch Farm Drive", 0),
        Special(_barn(22, 10, 4.4, 35), facing(1222, 806, -2), farm, None, "Hatch Farm Drive", 0),
        Special(_farmhouse(), facing(640, 108, 90), {"building": "house"}, "Southfield Farm", "Mill Lane"),
        Special(_barn(36, 18, 5.8, 15), facing(648, 96, -6), farm, None, "Mill Lane", 22_000),
        Special(_barn(28, 14, 5.2), facing(654, 124, -6), farm, None, "Mill Lane", 0),
        Special(_farmhouse(), facing(524, 276, 80), {"building": "house"}, "The Old Mill", "Mill Lane"),
        Special(_level(18, 7, 3.4, "utility"), facing(1160, 176, 0), {"building": "industrial"}, None, "Kings Hatch Road", 140_000),
        Special(_flats(26, 13, 9, wing=True), facing(612, 962, 70), flats, "Kestrel Court", "Skylark Way"),
        Special(_flats(24, 13, 9), facing(470, 912, 184), flats, "Merlin Court", "Skylark Way"),
        Special(_flats(28, 13, 12), facing(610, 1052, 4), flats, "Harrier Court", "Skylark Way"),
        Special(_flats(26, 13, 9, wing=True), facing(800, 972, -12), flats, "Osprey Court", "Goldcrest Avenue"),
        Special(_flats(30, 10, 12, level=True, age="1964"), facing(306, 862, 10), flats, "Rushmead House", "Coronation Avenue"),
        Special(_flats(30, 10, 12, level=True, age="1964"), facing(352, 872, 2), flats, "Withy House", "Coronation Avenue"),
        Special(_flats(22, 11, 6, storeys=2, age="1988"), facing(470, 470, 195), flats, "Forge Court", "Forge Lane"),
        Special(_flats(40, 14, 24, storeys=2, age="1988", wing=True), facing(905, 560, 2), {"building": "yes", "amenity": "social_facility"}, "Barrow Court retirement flats", "High Street"),
    ]  # fmt: skip
