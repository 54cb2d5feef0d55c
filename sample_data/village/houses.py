"""Kinds of house: outlines of each home in a block and the roof over them, drawn with the street front along `u`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import shapely
from shapely import Polygon

from . import roofs
from .grid import rectangle, steady

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from .roofs import Facet


@dataclass(frozen=True)
class Unit:
    """One building outline: what it is, how many homes it holds, and in what form."""

    outline: Polygon
    kind: str  # house, flats, garage, or a special kind such as church
    form: str = "detached"  # detached, semi, end_terrace, mid_terrace, bungalow, flat
    homes: int = 1
    storeys: float = 2.0


@dataclass(frozen=True)
class Block:
    """A run of joined homes with the roof over it; `width` is its length along the street."""

    style: str
    age: str
    width: float
    depth: float
    units: list[Unit]
    facets: list[Facet]
    setback: float = 5.0
    gap: float = 3.0
    garden: float = 8.0
    merged: bool = field(default=False)


def merge(block: Block) -> Block:
    """Return the block as one outline, as some mappers draw a terrace."""
    outline = shapely.union_all([u.outline for u in block.units])
    first = block.units[0]
    return replace(block, units=[replace(first, outline=outline, homes=sum(u.homes for u in block.units))], merged=True)


def _chimney(u: float, v: float, top: float) -> list[Facet]:
    return roofs.flat(u - 0.55, v - 0.5, u + 0.55, v + 0.5, top, "chimney")


def _tan(pitch: float) -> float:
    return steady(math.tan(math.radians(pitch)))


def _forms(n: int) -> list[str]:
    if n == 1:
        return ["detached"]
    if n == 2:
        return ["semi", "semi"]
    return ["end_terrace", *["mid_terrace"] * (n - 2), "end_terrace"]


def row(
    rng: np.random.Generator, n: int, *, style: str, age: str, w: float, d: float, eaves: float, pitch: float,
    setback: float, gap: float, hipped: bool = False, outrigger: float = 0.0, chimneys: bool = True,
    extension: float = 0.0, dormer: float = 0.0, garden: float = 8.0, storeys: float = 2.0,
) -> Block:  # fmt: skip
    """Return `n` joined houses under one ridge, with rear wings, flat extensions and dormers by chance."""
    width = n * w
    main = roofs.hip if hipped else roofs.gable
    facets = main(0, 0, width, d, eaves, pitch)
    ridge = eaves + _tan(pitch) * min(d, width if hipped else d) / 2
    units, deepest = [], d
    wings = rng.random(n) < outrigger
    for i, form in enumerate(_forms(n)):
        u0, u1 = i * w, (i + 1) * w
        parts = [rectangle(u0, 0, u1, d)]
        if wings[i]:
            ww, wd = 0.52 * w, float(rng.uniform(3.0, 4.5))
            a, b, falls = (u1 - ww, u1, "-u") if i % 2 == 0 else (u0, u0 + ww, "+u")
            low = float(rng.choice([2.6, 4.3]))
            facets += roofs.mono(a, d, b, d + wd, low, 28, falls=falls)
            parts.append(rectangle(a, d, b, d + wd))
            deepest = max(deepest, d + wd)
        elif rng.random() < extension:
            ed = float(rng.uniform(2.8, 4.0))
            lean = roofs.flat(u0, d, u1, d + ed, 2.9) if rng.random() < 0.6 else roofs.mono(u0, d, u1, d + ed, 2.4, 12)
            facets += lean
            parts.append(rectangle(u0, d, u1, d + ed))
            deepest = max(deepest, d + ed)
        if rng.random() < dormer:
            facets += roofs.flat(u0 + 1.0, d / 2 + 0.2, u1 - 1.0, d - 0.8, ridge - 0.25, "dormer")
        if chimneys and (i % 2 == 0 or n == 1):
            at = u1 if i + 1 < n else u1 - 1.0
            if not hipped or n == 2:
                facets += _chimney(at, d / 2, ridge + 1.0)
        units.append(Unit(shapely.union_all(parts), "house", form, 1, storeys))
    return Block(style, age, width, deepest, units, facets, setback, gap, garden)


def terrace_old(rng: np.random.Generator, room: int = 7) -> Block:
    """Return a Victorian terrace hard on the pavement, with rear wings."""
    n = int(min(room, rng.integers(2, 7)))
    return row(
        rng, max(n, 1), style="terrace_old", age="1890", w=float(rng.uniform(4.9, 6.0)), d=float(rng.uniform(7.6, 8.8)),
        eaves=5.2, pitch=float(rng.uniform(38, 44)), setback=float(rng.choice([0.6, 2.2])),
        gap=float(rng.uniform(2.0, 7.5)), outrigger=0.75, dormer=0.04, garden=9,
    )  # fmt: skip


def core(rng: np.random.Generator, room: int = 5) -> Block:
    """Return one of the mixed old houses round the green: cottages, Georgian houses, short terraces."""
    pick = rng.random()
    if pick < 0.18 and room >= 5:
        return georgian(rng)
    if pick < 0.62:
        n = int(min(room, rng.integers(1, 4)))
        return row(
            rng, n, style="cottage", age="1780", w=float(rng.uniform(5.6, 8.0)), d=float(rng.uniform(5.6, 7.0)),
            eaves=float(rng.uniform(4.2, 5.0)), pitch=float(rng.uniform(44, 51)), setback=float(rng.uniform(0.4, 2.5)),
            gap=float(rng.uniform(1.2, 5.0)), outrigger=0.35, extension=0.2, garden=9,
        )  # fmt: skip
    block = terrace_old(rng, min(room, 5))
    return replace(block, age="1860", gap=float(rng.uniform(1.2, 4.0)))


def georgian(rng: np.random.Generator) -> Block:
    """Return a double-fronted hipped house behind a front garden."""
    w, d = float(rng.uniform(10.5, 13)), float(rng.uniform(8.5, 10))
    eaves = float(rng.uniform(6.0, 7.0))
    facets = roofs.hip(0, 0, w, d, eaves, 36)
    parts = [rectangle(0, 0, w, d)]
    if rng.random() < 0.7:
        facets += roofs.gable(0, d, 5, d + 5, 4.4, 36, ridge="v")
        parts.append(rectangle(0, d, 5, d + 5))
    top = eaves + _tan(36) * d / 2 + 1.2
    facets += _chimney(w / 2 - 0.3 * (w - d) / 2, d / 2, top)
    unit = Unit(shapely.union_all(parts), "house", "detached", 1, 2.5)
    return Block("georgian", "1790", w, d + 5, [unit], facets, float(rng.uniform(3, 7)), float(rng.uniform(4, 8)), 10)


def semi_30s(rng: np.random.Generator, room: int = 2) -> Block:
    """Return a hipped pair with bays, some with a flat-roofed garage at the side."""
    n = 2 if room >= 2 else 1
    block = row(
        rng, n, style="semi_30s", age="1935", w=float(rng.uniform(6.2, 6.8)) if n == 2 else 8.4,
        d=float(rng.uniform(7.8, 8.6)), eaves=5.2, pitch=float(rng.uniform(38, 43)), setback=float(rng.uniform(6, 8.5)),
        gap=float(rng.uniform(3.2, 5)), hipped=True, extension=0.4, dormer=0.05, garden=10,
    )  # fmt: skip
    return _garages(rng, _bays(block), 0.3)


def semi_50s(rng: np.random.Generator, room: int = 2) -> Block:
    """Return a plain pair of the fifties or sixties, now and then a short terrace."""
    n = 4 if room >= 4 and rng.random() < 0.16 else min(room, 2)
    block = row(
        rng, n, style="semi_50s", age="1958", w=float(rng.uniform(5.9, 6.5)), d=float(rng.uniform(7.2, 8.0)),
        eaves=5.1, pitch=float(rng.uniform(31, 37)), setback=float(rng.uniform(5.5, 7)),
        gap=float(rng.uniform(3.4, 6.5)), hipped=bool(n == 2 and rng.random() < 0.35), extension=0.35, dormer=0.04,
        garden=8,
    )  # fmt: skip
    return _garages(rng, block, 0.25)


def council(rng: np.random.Generator, room: int = 4) -> Block:
    """Return the plain houses of the housing association's estate, in fours and pairs."""
    n = 4 if room >= 4 and rng.random() < 0.4 else min(room, 2)
    return row(
        rng, n, style="council", age="1952", w=float(rng.uniform(5.7, 6.2)), d=float(rng.uniform(7.0, 7.6)), eaves=5.0,
        pitch=float(rng.uniform(35, 39)), setback=float(rng.uniform(5, 6.5)), gap=float(rng.uniform(3.6, 7.0)),
        extension=0.12, dormer=0.02, garden=8,
    )  # fmt: skip


def council_old_folk(rng: np.random.Generator, room: int = 4) -> Block:
    """Return a row of small terraced bungalows for older tenants."""
    return row(
        rng, min(room, 4), style="council_old_folk", age="1968", w=6.4, d=7.4, eaves=2.5, pitch=28, setback=3.5,
        gap=float(rng.uniform(3, 5)), chimneys=False, garden=5, storeys=1,
    )  # fmt: skip


def bungalow(rng: np.random.Generator, room: int = 2) -> Block:
    """Return a bungalow or a chalet-roofed house of the seventies."""
    if rng.random() < 0.22:
        return det_70s(rng, room)
    w, d = float(rng.uniform(9.5, 11.5)), float(rng.uniform(7.6, 9.0))
    pitch, setback = float(rng.uniform(26, 33)), float(rng.uniform(5.5, 7.5))
    facets = (roofs.hip if rng.random() < 0.4 else roofs.gable)(0, 0, w, d, 2.5, pitch)
    parts = [rectangle(0, 0, w, d)]
    if rng.random() < 0.5:
        facets += roofs.gable(0, -2.0, 4.4, d / 2, 2.5, pitch, ridge="v")
        parts.append(rectangle(0, -2.0, 4.4, 0))
    unit = Unit(shapely.union_all(parts), "house", "bungalow", 1, 1)
    block = Block("bungalow", "1972", w, d, [unit], facets, setback, float(rng.uniform(2.6, 4)), 7)
    return _garages(rng, block, 0.55)


def det_70s(rng: np.random.Generator, room: int = 2) -> Block:
    """Return a detached house of the seventies with a shallow roof and an attached flat-roofed garage."""
    del room
    w, d = float(rng.uniform(8.4, 9.8)), float(rng.uniform(7.2, 8.4))
    ridge = "u" if rng.random() < 0.7 else "v"
    facets = roofs.gable(0, 0, w, d, 4.9, float(rng.uniform(24, 31)), ridge=ridge)
    unit = Unit(rectangle(0, 0, w, d), "house", "detached", 1, 2)
    block = Block("det_70s", "1974", w, d, [unit], facets, 6.5, float(rng.uniform(2.4, 3.6)), 8)
    return _garages(rng, block, 0.8)


def modern(rng: np.random.Generator, room: int = 4) -> Block:
    """Return one of the house types of the new estate: detached, pairs and short terraces."""
    pick = rng.random()
    if pick < 0.46 or room < 2:
        return modern_detached(rng)
    n = 2 if pick < 0.84 or room < 3 else int(min(room, rng.integers(3, 5)))
    block = row(
        rng, n, style="modern_semi" if n == 2 else "modern_terrace", age="2014", w=float(rng.uniform(4.7, 5.6)),
        d=float(rng.uniform(8.2, 9.2)), eaves=5.1, pitch=float(rng.uniform(36, 42)), setback=float(rng.uniform(3, 5)),
        gap=float(rng.uniform(3.2, 6.5)), chimneys=False, garden=10,
    )  # fmt: skip
    if n == 2 and rng.random() < 0.3:
        facets = roofs.gable(0, 0, block.width, 8.4, 5.1, 38) + _gablet(0.4, 8.4) + _gablet(block.width - 3.6, 8.4)
        units = [replace(u, outline=rectangle(i * block.width / 2, 0, (i + 1) * block.width / 2, 8.4))
                 for i, u in enumerate(block.units)]  # fmt: skip
        block = replace(block, facets=facets, units=units, depth=8.4)
    return block


def modern_detached(rng: np.random.Generator) -> Block:
    """Return a four-bedroom house with a front gable, and often a pitched garage beside it."""
    w, d = float(rng.uniform(7.6, 9.4)), float(rng.uniform(7.0, 8.2))
    pitch = float(rng.uniform(35, 42))
    facets = (roofs.hip if rng.random() < 0.2 else roofs.gable)(0, 0, w, d, 5.1, pitch)
    parts = [rectangle(0, 0, w, d)]
    if rng.random() < 0.55:
        facets += roofs.gable(0, -1.2, 3.8, d / 2, 5.1, pitch, ridge="v")
        parts.append(rectangle(0, -1.2, 3.8, 0))
    unit = Unit(shapely.union_all(parts), "house", "detached", 1, 2)
    block = Block(
        "modern_detached", "2014", w, d, [unit], facets, float(rng.uniform(4.5, 6.5)), float(rng.uniform(3, 6)), 10
    )
    if rng.random() < 0.55:
        shed = Unit(rectangle(w + 0.9, 2.0, w + 4.0, 8.0), "garage", "detached", 0, 1)
        facets = [*block.facets, *roofs.gable(w + 0.9, 2.0, w + 4.0, 8.0, 2.3, 38, ridge="v")]
        block = replace(block, units=[unit, shed], facets=facets, width=w + 4.0, depth=max(d, 8.0))
    return block


def _gablet(u: float, d: float) -> list[Facet]:
    """Return a small front gable that does not stand out of the wall line."""
    return roofs.gable(u, 0, u + 3.2, d / 2, 5.1 + 0.3, 38, ridge="v")


def _bays(block: Block) -> Block:
    """Return a pair with two-storey bays at its outer corners."""
    units, facets = [], list(block.facets)
    for i, unit in enumerate(block.units):
        u = 0.6 if i == 0 else block.width - 3.2
        facets += roofs.gable(u, -0.8, u + 2.6, 3.0, 5.0, 40, ridge="v")
        units.append(replace(unit, outline=unit.outline.union(rectangle(u, -0.8, u + 2.6, 0))))
    return replace(block, units=units, facets=facets)


def _garages(rng: np.random.Generator, block: Block, chance: float) -> Block:
    """Return a block with flat-roofed garages joined to its ends by chance; the frame moves to keep `u` from zero."""
    units, facets, right = list(block.units), list(block.facets), block.width
    last = len(units) - 1
    if rng.random() < chance:
        a, b = right, right + 2.8
        units[last] = replace(units[last], outline=units[last].outline.union(rectangle(a, 1.4, b, 6.6)))
        facets += roofs.flat(a, 1.4, b, 6.6, 2.6)
        right = b
    return replace(block, units=units, facets=facets, width=right)


STYLES: dict[str, Callable[..., Block]] = {
    "terrace_old": terrace_old,
    "core": core,
    "semi_30s": semi_30s,
    "semi_50s": semi_50s,
    "council": council,
    "council_old_folk": council_old_folk,
    "bungalow": bungalow,
    "det_70s": det_70s,
    "modern": modern,
}
