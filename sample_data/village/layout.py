"""Houses set along the streets, none on top of another, each with a number, a street and a place in the list."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from . import land, roads
from .grid import OVERLAY_M, Frame, cut, rectangle, rng, steady
from .houses import STYLES, Block, Unit, merge
from .places import specials
from .roofs import Facet, flat, gable, placed, seen

if TYPE_CHECKING:
    from shapely import Geometry, LineString, Polygon

SHED_CHANCE = 0.1
MERGED = {"terrace_old": 0.45, "council": 0.3, "council_old_folk": 0.5, "modern_terrace": 0.35, "core": 0.15}


@dataclass
class Building:
    """One outline on the map with everything the sample knows about it, geometry in local metres."""

    outline: Polygon
    kind: str
    form: str
    style: str
    age: str
    homes: int
    storeys: float
    street: str
    block: int
    merged: bool
    facets: list[Facet]
    along_m: float = 0.0
    side: str = "L"
    tags: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    kwh: float | None = None
    number: str = ""
    base: float = 0.0
    ref: str = ""
    postcode: str = ""
    behind: Frame | None = None


class Ground:
    """What is taken already: houses, gardens, streets and land kept clear."""

    def __init__(self) -> None:
        clear = [p.shape.buffer(1.5) for p in land.PARCELS if p.keep_clear]
        zone3, _ = land.flood_zones()
        self.fixed = shapely.union_all([*clear, zone3, roads.tarmac().buffer(0.2), roads.turning_heads()])
        shapely.prepare(self.fixed)
        self.boundary = land.BOUNDARY
        shapely.prepare(self.boundary)
        self.cores: list[Geometry] = []
        self.gardens: list[Geometry] = []
        self._boxes = np.zeros((0, 4))

    def take(self, core: Geometry, garden: Geometry) -> None:
        """Mark a house and its garden as taken."""
        self.cores.append(core)
        self.gardens.append(garden)
        self._boxes = np.vstack([self._boxes, shapely.union(core, garden).bounds])

    def free(self, core: Geometry, garden: Geometry, *, over_gardens: bool = False) -> bool:
        """Return whether a house and its garden fit; a shed may stand in a garden."""
        if self.fixed.intersects(core) or self.fixed.intersects(garden) or not self.boundary.contains(garden):
            return False
        x0, y0, x1, y1 = shapely.union(core, garden).bounds
        b = self._boxes
        near = np.flatnonzero((b[:, 0] < x1) & (b[:, 2] > x0) & (b[:, 1] < y1) & (b[:, 3] > y0))
        return not any(
            core.intersects(self.cores[i])
            or garden.intersects(self.cores[i])
            or (not over_gardens and core.intersects(self.gardens[i]))
            for i in near
        )


def _footprint(block: Block, frame: Frame) -> tuple[Geometry, Geometry]:
    """Return the ground a block takes (with half its side gap) and its shared back garden, in village metres."""
    outline = shapely.union_all([u.outline for u in block.units])
    u0, v0, u1, v1 = outline.bounds
    core = rectangle(u0 - block.gap / 2, v0 - 0.3, u1 + block.gap / 2, v1 + 0.5)
    garden = rectangle(u0, v1, u1, v1 + block.garden)
    return frame.place(core), frame.place(garden)


def _settle(
    block: Block, frame: Frame, random: np.random.Generator, index: int, street: str, at: float, side: str
) -> list[Building]:
    """Return the buildings of a block where it stands, each with the roof seen from above."""
    if random.random() < MERGED.get(block.style, 0.0) and all(u.kind == "house" for u in block.units):
        block = merge(block)
    facets = seen(placed(block.facets, frame))
    found = []
    for unit in block.units:
        exact = frame.place(unit.outline)
        outline = shapely.transform(exact, lambda xy: np.round(xy, 2))
        own = [replace(f, patch=cut(shapely.intersection, f.patch, exact)) for f in facets]
        own = [f for f in own if f.patch.area > 0.05]
        centre = unit.outline.centroid.x
        found.append(
            Building(
                outline,
                unit.kind,
                unit.form,
                block.style,
                block.age,
                unit.homes,
                unit.storeys,
                street,
                index,
                block.merged,
                own,
                at + (centre if side == "L" else -centre),
                side,
                behind=frame.shifted(centre, unit.outline.bounds[3]),
            )
        )
    return found


def _special_buildings(ground: Ground) -> list[Building]:
    found: list[Building] = []
    for index, special in enumerate(specials()):
        random = rng(f"special {index}")
        core, garden = _footprint(special.block, special.frame)
        ground.take(core, garden if special.block.style == "flats" else core)
        for b in _settle(special.block, special.frame, random, index, special.street, 0.0, "L"):
            b.tags, b.name = special.tags, special.name
            b.kwh = special.kwh
            found.append(b)
    return found


def _street_row(
    street: roads.Street, row: roads.Row, line: LineString, ground: Ground, first: int, random: np.random.Generator
) -> list[list[Building]]:
    """Return the blocks of one row, set one after another wherever they fit."""
    make, end = STYLES[row.style], min(row.end, line.length)
    blocks: list[list[Building]] = []
    at = row.start + (3.0 if row.start == 0 else 0.0)
    while at < end:
        probe = roads.frame_at(line, min(at + 3.0, line.length), row.side, street.half + 4.5)
        spot = probe.place(rectangle(-2, 0, 2, 3))
        if not ground.free(spot, spot):
            at += 2.0
            continue
        for room in (7, 3, 2, 1):
            block = make(random, room)
            mid = at + block.width / 2
            if mid + block.width / 2 > end + 2:
                continue
            frame = roads.frame_at(line, mid, row.side, street.half + block.setback).shifted(-block.width / 2, 0)
            core, garden = _footprint(block, frame)
            if not ground.free(core, garden):
                continue
            ground.take(core, garden)
            settled = _settle(block, frame, random, first + len(blocks), street.name_at(mid), mid, row.side)
            blocks.append(settled)
            at += block.width + block.gap * 0.9
            break
        else:
            at += 2.0
    return blocks


def _close_ends(
    street: roads.Street, line: LineString, ground: Ground, first: int, random: np.random.Generator
) -> list[list[Building]]:
    """Return the houses round the head of a close, fanned about its end."""
    style = street.rows[-1].style
    end, before = line.interpolate(line.length), line.interpolate(line.length - 3)
    heading = np.degrees(np.arctan2(end.y - before.y, end.x - before.x))
    blocks: list[list[Building]] = []
    for turn in (0.0, 38.0, -38.0, 75.0, -75.0):
        for room in (3, 2, 1):
            block = STYLES[style](random, room)
            angle = np.radians(heading + turn)
            east, north = steady(np.cos(angle)), steady(np.sin(angle))
            reach = 10.5 + min(block.setback, 4.0)
            frame = Frame(end.x + reach * east, end.y + reach * north, north, -east)
            frame = frame.shifted(-block.width / 2, 0)
            core, garden = _footprint(block, frame)
            if ground.free(core, garden):
                ground.take(core, garden)
                blocks.append(
                    _settle(block, frame, random, first + len(blocks), street.name, line.length + turn / 10, "L")
                )
                break
    return blocks


def _sheds(buildings: list[Building], ground: Ground, first: int) -> list[Building]:
    """Return garden sheds behind some of the houses, where there is room for one."""
    random = rng("sheds")
    found: list[Building] = []
    for b in buildings:
        if b.kind != "house" or b.behind is None or random.random() > SHED_CHANCE:
            continue
        w, d, back = (float(random.uniform(low, high)) for low, high in ((1.8, 3.2), (1.8, 4.2), (3.5, 7.0)))
        frame = b.behind.shifted(float(random.uniform(-1.5, 1.5)) - w / 2, back)
        core = frame.place(rectangle(-0.5, -0.5, w + 0.5, d + 0.5))
        if ground.free(core, core, over_gardens=True):
            ground.take(core, core)
            unit = Unit(rectangle(0, 0, w, d), "shed", homes=0, storeys=1)
            roof = gable(0, 0, w, d, 1.9, 15) if random.random() < 0.5 else flat(0, 0, w, d, 2.2)
            block = Block("shed", b.age, w, d, [unit], roof)
            found += _settle(block, frame, random, first + len(found), b.street, b.along_m, b.side)
    return found


def build() -> tuple[list[Building], Geometry]:
    """Return every building, and the gardens as one shape."""
    ground = Ground()
    buildings = _special_buildings(ground)
    index = len(specials())
    for street in roads.STREETS:
        random, line = rng(f"street {street.name}"), street.line
        groups: list[list[Building]] = []
        if street.rows and street.name.endswith(("Close", "Court")):
            groups += _close_ends(street, line, ground, index, random)
        for row in street.rows:
            groups += _street_row(street, row, line, ground, index + len(groups), random)
        index += len(groups)
        buildings += [b for group in groups for b in group]
    buildings += _sheds(buildings, ground, index)
    gardens = shapely.union_all(ground.gardens, grid_size=OVERLAY_M)
    return buildings, gardens


def newer_blocks(buildings: list[Building]) -> set[int]:
    """Return the three blocks built after the laser survey: the last houses of one close."""
    close = sorted(
        (b for b in buildings if b.street == "Whinchat Close" and b.homes), key=lambda b: (-b.along_m, b.block)
    )
    blocks: list[int] = []
    for b in close:
        if b.block not in blocks:
            blocks.append(b.block)
    return set(blocks[:3])
