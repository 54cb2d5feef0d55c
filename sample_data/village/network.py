"""The electricity network: substations by the streets, the feeders they send out, and what hangs from each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from . import roads
from .grid import facing, rectangle

if TYPE_CHECKING:
    from shapely import Geometry, Polygon

    from .layout import Building

PRIMARY_NRN, PRIMARY_NAME = "0499", "BARROWMERE"
PRIMARY_AT = (1246.0, 560.0)
HV_FEEDERS = {"001": "HATCH COPSE", "002": "STANHOLT ROAD", "003": "MEADOW END", "004": "SOUTHFIELD"}
VILLAGE_SUBSTATIONS = 12
FEEDER_HOMES = 42
RATINGS = (200, 315, 500, 800)


@dataclass
class Substation:
    """One secondary substation: where it stands, its rating, its kind (ground or pole mounted), and its number."""

    name: str
    x: float
    y: float
    kind: str  # GM or PM
    rating_kva: float
    hv: str
    number: str = ""
    homes: int = 0
    others: int = 0
    outline: Polygon | None = None
    feeders: list[str] = field(default_factory=list)

    @property
    def nrn(self) -> str:
        """Return the number the operator knows it by."""
        return f"{PRIMARY_NRN}_{self.hv}_{self.number}"

    def feeder_id(self, feeder: str) -> str:
        """Return the twelve-figure id of one of its feeders."""
        return f"{PRIMARY_NRN}{self.hv}{self.number}{feeder}"


@dataclass
class Network:
    """The substations, and for each building the place of its substation in that list and its feeder."""

    substations: list[Substation]
    of_building: np.ndarray
    feeder: list[str]


FIXED = [
    Substation("FOUNDRY WAY", 1086, 510, "GM", 800, "003"),
    Substation("MEADOW END", 1092, 428, "GM", 1000, "003"),
    Substation("BROOK FARM", 131, 418, "PM", 50, "002"),
    Substation("HATCH FARM", 1178, 736, "PM", 100, "001"),
    Substation("SOUTHFIELD", 604, 182, "PM", 50, "004"),
    Substation("SEWAGE WORKS", 1146, 196, "PM", 100, "004"),
]
_PRIVATE = {"Foundry Way": 0, "Brook Farm Drive": 2, "Hatch Farm Drive": 3}


def build(buildings: list[Building]) -> Network:
    """Return the network: homes in runs along a street share a feeder, each run goes to the substation nearest it."""
    xy = np.array([[b.outline.centroid.x, b.outline.centroid.y] for b in buildings])
    homes = np.array([b.homes for b in buildings])
    runs = _runs(buildings)
    close = (homes > 0) & (xy[:, 1] > 300) & np.array([b.street not in _PRIVATE for b in buildings])
    spots = _spots(xy[close], homes[close])
    substations = _placed(spots, buildings) + [Substation(**vars(s)) for s in FIXED]
    count = len(substations) - len(FIXED)
    of_building = _assigned(runs, xy, homes, np.array([[s.x, s.y] for s in substations[:count]]))
    _fix_private(buildings, xy, of_building, count)
    _number(substations)
    feeder = _feeders(substations, of_building, runs, xy, homes)
    for i, s in enumerate(substations):
        mine = of_building == i
        s.homes = int(homes[mine].sum())
        s.others = int(sum(1 for b, m in zip(buildings, mine, strict=True) if m and b.kwh))
        if i < count:
            s.rating_kva = float(next((r for r in RATINGS if r >= 1.6 * s.homes + 22 * s.others), RATINGS[-1]))
    return Network(substations, of_building, feeder)


def _runs(buildings: list[Building], most: int = 16) -> np.ndarray:
    """Return a run number for each building: neighbours along one street, about `most` homes together."""
    order = sorted(range(len(buildings)), key=lambda i: (buildings[i].street, buildings[i].along_m, i))
    runs = np.zeros(len(buildings), dtype=int)
    run, held, street = -1, 0, None
    for i in order:
        b = buildings[i]
        if b.street != street or held >= most:
            run, held, street = run + 1, 0, b.street
        runs[i] = run
        held += b.homes
    return runs


def _spots(xy: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return centres of the homes by Lloyd's rounds from a spread start, shape (n, 2)."""
    centres = [xy[np.argmin(xy.sum(axis=1))]]
    for _ in range(VILLAGE_SUBSTATIONS - 1):
        gap = np.min([np.hypot(*(xy - c).T) for c in centres], axis=0)
        centres.append(xy[np.argmax(gap)])
    found = np.array(centres)
    for _ in range(40):
        near = np.argmin(np.hypot(xy[:, None, 0] - found[None, :, 0], xy[:, None, 1] - found[None, :, 1]), axis=1)
        found = np.array([np.average(xy[near == k], axis=0, weights=weight[near == k]) for k in range(len(found))])
    return found


def _placed(spots: np.ndarray, buildings: list[Building]) -> list[Substation]:
    """Return ground-mounted substations on the verge nearest each spot, clear of houses."""
    taken = shapely.union_all([b.outline for b in buildings])
    shapely.prepare(taken)
    candidates = []
    for street in roads.STREETS:
        line = street.line
        for side in "LR":
            for at in np.arange(8, line.length - 8, 4.0):
                frame = roads.frame_at(line, float(at), side, street.half + 0.6)
                candidates.append((frame, street.name_at(float(at))))
    boxes = np.array([f.place(rectangle(-1.5, 0, 1.5, 2.4)) for f, _ in candidates])
    free = shapely.distance(boxes, taken) > 1.2
    tarmac = roads.tarmac()
    shapely.prepare(tarmac)
    free &= ~shapely.intersects(tarmac, boxes)
    middle = shapely.get_coordinates(shapely.centroid(boxes))
    substations: list[Substation] = []
    for x, y in spots:
        far = np.where(free, np.hypot(middle[:, 0] - x, middle[:, 1] - y), np.inf)
        k = int(np.argmin(far))
        outline = shapely.transform(boxes[k], lambda p: np.round(p, 2))
        name = candidates[k][1].upper()
        repeats = sum(s.name.startswith(name) for s in substations)
        name = f"{name} NO {repeats + 1}" if repeats else name
        hv = "001" if y > 820 else "002" if x < 560 else "003" if x > 760 else "004"
        substations.append(
            Substation(name, *(float(v) for v in np.round(middle[k], 2)), "GM", 500, hv, outline=outline)
        )
        free &= np.hypot(middle[:, 0] - middle[k, 0], middle[:, 1] - middle[k, 1]) > 20
    return substations


def _assigned(runs: np.ndarray, xy: np.ndarray, homes: np.ndarray, at: np.ndarray) -> np.ndarray:
    of_run = {}
    for run in np.unique(runs):
        mine = runs == run
        weight = homes[mine] if homes[mine].sum() else np.ones(mine.sum())
        centre = np.average(xy[mine], axis=0, weights=weight)
        of_run[run] = int(np.argmin(np.hypot(*(at - centre).T)))
    return np.array([of_run[run] for run in runs])


def _fix_private(buildings: list[Building], xy: np.ndarray, of_building: np.ndarray, count: int) -> None:
    """Hang the business park, the farms and the sewage works from their own substations."""
    for i, b in enumerate(buildings):
        if b.street in _PRIVATE:
            of_building[i] = count + _PRIVATE[b.street]
        if b.street == "Foundry Way" and xy[i, 1] < 460:
            of_building[i] = count + 1
        if b.kind == "utility":
            of_building[i] = count + 5
        if b.street == "Mill Lane" and xy[i, 1] < 230:
            of_building[i] = count + 4


def _number(substations: list[Substation]) -> None:
    """Give the substations along each high voltage feeder their numbers, from the primary outwards."""
    for hv in HV_FEEDERS:
        mine = [s for s in substations if s.hv == hv]
        mine.sort(key=lambda s: (np.hypot(s.x - PRIMARY_AT[0], s.y - PRIMARY_AT[1]), s.name))
        for i, s in enumerate(mine):
            s.number = f"{(i + 1) * 5:03d}"


def _feeders(
    substations: list[Substation], of_building: np.ndarray, runs: np.ndarray, xy: np.ndarray, homes: np.ndarray
) -> list[str]:
    """Return the feeder of each building: runs taken in turn by bearing, about forty homes a feeder."""
    feeder = [""] * len(runs)
    for i, s in enumerate(substations):
        mine = np.flatnonzero(of_building == i)
        bearing = {r: _bearing(xy[mine[runs[mine] == r]].mean(axis=0), s) for r in np.unique(runs[mine])}
        number, held = 1, 0
        for run in sorted(bearing, key=lambda r: (bearing[r], r)):
            here = mine[runs[mine] == run]
            if held and held + homes[here].sum() > FEEDER_HOMES:
                number, held = number + 1, 0
            held += int(homes[here].sum())
            for b in here:
                feeder[b] = f"{number:02d}"
        s.feeders = [f"{n:02d}" for n in range(1, number + 1)] if mine.size else []
    return feeder


def _bearing(point: np.ndarray, s: Substation) -> float:
    return float(np.arctan2(point[0] - s.x, point[1] - s.y))


def kiosk(s: Substation) -> Geometry:
    """Return the outline of a ground-mounted substation that was set by hand."""
    return s.outline if s.outline is not None else facing(s.x - 1.5, s.y - 1.2, 0).place(rectangle(0, 0, 3, 2.4))
