"""The buildings that are not ordinary houses: church, school, pub, shops, works, farms, flats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from . import roofs, tables
from .grid import Frame, facing, rectangle
from .houses import Block, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from .roofs import Facet

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class Special:
    """One building set by hand: its block, where it stands, its tags, and the electricity it uses a year."""

    block: Block
    frame: Frame
    tags: dict[str, str]
    name: str | None
    street: str
    kwh: float | None


def specials() -> list[Special]:
    """Return every building set by hand, in the order of `tables/places.csv`."""
    return [
        Special(
            block=_shaped(row["shape"]),
            frame=facing(float(row["x"]), float(row["y"]), float(row["degrees"])),
            tags=dict(pair.split("=", 1) for pair in row["tags"].split(";")),
            name=row["name"] or None,
            street=row["street"],
            kwh=float(row["kwh"]) if row["kwh"] else None,
        )
        for row in tables.rows("places")
    ]


def _shaped(words: str) -> Block:
    """Return the block a shape's words ask for, such as `hall pub 14 8 4.6 45` or `flats 26 13 9 wing=1`."""
    shape, *rest = words.split()
    plain = [word for word in rest if "=" not in word]
    named = dict(word.split("=", 1) for word in rest if "=" in word)
    return _SHAPES[shape](*plain, **named)


def _block(
    parts: list[Rectangle],
    facets: list[Facet],
    kind: str,
    storeys: float,
    *,
    homes: int = 0,
    form: str = "detached",
    age: str = "1970",
) -> Block:
    outline = shapely.union_all([rectangle(*p) for p in parts])
    u0, _, u1, v1 = outline.bounds
    return Block(kind, age, u1 - u0, v1, [Unit(outline, kind, form, homes, storeys)], facets)


def _hall(kind: str, w: str, d: str, eaves: str, pitch: str, ridge: str = "u") -> Block:
    wide, deep = float(w), float(d)
    facets = roofs.gable(0, 0, wide, deep, float(eaves), float(pitch), ridge=ridge)
    return _block([(0, 0, wide, deep)], facets, kind, 1)


def _level(kind: str, w: str, d: str, height: str, storeys: str = "1") -> Block:
    wide, deep = float(w), float(d)
    return _block([(0, 0, wide, deep)], roofs.flat(0, 0, wide, deep, float(height)), kind, float(storeys))


def _sheds(kind: str, w: str, d: str, eaves: str, pitch: str, count: str) -> Block:
    wide, deep = float(w), float(d)
    facets = roofs.bays(0, 0, wide, deep, float(eaves), float(pitch), int(count))
    return _block([(0, 0, wide, deep)], facets, kind, 1)


def _flats(
    w: str, d: str, homes: str, *, storeys: str = "3", level: str = "", age: str = "2014", wing: str = ""
) -> Block:
    wide, deep, high = float(w), float(d), 2.75 * float(storeys)
    parts: list[Rectangle] = [(0, 0, wide, deep)]
    facets = roofs.flat(0, 0, wide, deep, high + 0.4) if level else roofs.hip(0, 0, wide, deep, high, 32)
    if wing:
        facets += roofs.hip(0, 0, deep, deep + 10, high, 32)
        parts.append((0, deep, deep, deep + 10))
    return _block(parts, facets, "flats", float(storeys), homes=int(homes), form="flat", age=age)


def _church() -> Block:
    parts: list[Rectangle] = [(0, 0, 24, 10), (24, 1.6, 34, 8.4), (-6.5, 1.7, 0, 8.3), (8, -4, 12, 0)]
    facets = roofs.gable(0, 0, 24, 10, 7.0, 48) + roofs.gable(24, 1.6, 34, 8.4, 5.2, 50)
    facets += roofs.flat(-6.5, 1.7, 0, 8.3, 16.5) + roofs.gable(8, -4, 12, 5, 3.2, 45, ridge="v")
    return _block(parts, facets, "church", 1, age="1400")


def _school() -> Block:
    parts: list[Rectangle] = [(0, 0, 46, 14), (46, 0, 60, 26), (10, 14, 24, 30)]
    facets = roofs.flat(0, 0, 46, 14, 3.8) + roofs.gable(46, 0, 60, 26, 5.4, 22, ridge="v")
    return _block(parts, facets + roofs.mono(10, 14, 24, 30, 3.2, 6), "school", 1)


def _inn() -> Block:
    facets = roofs.gable(0, 0, 16, 7.5, 5.0, 46) + roofs.gable(0, 3.7, 6, 14, 4.0, 44, ridge="v")
    facets += roofs.flat(6, 7.5, 14, 12, 3.0) + roofs.flat(7.5, 3.2, 8.6, 4.3, 10.0, "chimney")
    return _block([(0, 0, 16, 7.5), (0, 7.5, 6, 14), (6, 7.5, 14, 12)], facets, "pub", 2, age="1740")


def _surgery() -> Block:
    return _block([(0, 0, 22, 13)], roofs.hip(0, 0, 22, 13, 3.0, 26), "surgery", 1)


def _manor() -> Block:
    facets = roofs.gable(0, 0, 22, 9, 6.8, 45)
    for u in (0, 15):
        facets += roofs.gable(u, -4, u + 7, 13, 6.8, 45, ridge="v")
    return _block([(0, 0, 22, 9), (0, -4, 7, 13), (15, -4, 22, 13)], facets, "house", 2.5, homes=1, age="1680")


def _farmhouse() -> Block:
    facets = roofs.gable(0, 0, 14, 7, 5.2, 44) + roofs.gable(0, 3, 6, 13, 4.6, 42, ridge="v")
    facets += roofs.flat(1, 3, 2, 4, 9.6, "chimney")
    return _block([(0, 0, 14, 7), (0, 7, 6, 13)], facets, "house", 2, homes=1, age="1720")


_SHAPES: dict[str, Callable[..., Block]] = {
    "church": _church,
    "farmhouse": _farmhouse,
    "flats": _flats,
    "hall": _hall,
    "inn": _inn,
    "level": _level,
    "manor": _manor,
    "school": _school,
    "sheds": _sheds,
    "surgery": _surgery,
}
