"""Whose network a place is on, before anything else is said of it: licence areas by a map, else by places known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from laep import licence
from laep.checked import Network
from laep.desk import store
from laep.schema.vocabulary import OPERATORS
from laep.spatial.shapes import containing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from laep.desk.store import HeadroomStore

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

BORDER = "near the border of two operators' licence areas, and no map of them was read to tell whose network it is"
NOWHERE = "in no licence area of Great Britain that is known: at sea, in Northern Ireland or abroad"
COAST_M = 1_000.0
"""Off the map's coast by less is the coast, drawn coarsely."""
_MAP = "map of licence areas"
_PLACES = "nearest places known to lie in a licence area"
_ASSET = "operator of the substation"
_CODES = tuple(OPERATORS)
_OF_AREA = np.array([licence.code(area.operator) for area in licence.AREAS])


def licences(points: Floats, held: HeadroomStore) -> Flags:
    """Return which licence areas each of many points may lie in, shape (points, 14), in the order of `AREAS`."""
    if not held.has_licences():
        return licence.around(points)
    one = len(points) == 1
    rows = held.licences_at(*points[0].tolist(), margin_m=COAST_M) if one else held.licences()
    found = np.zeros((len(points), len(licence.AREAS)), dtype=bool)
    at = _containing(points, rows)
    order = [area.name for area in licence.AREAS]
    column = np.array([order.index(row["licence_area"]) for row in rows], dtype=np.int64)
    found[np.flatnonzero(at >= 0), column[at[at >= 0]]] = True
    return found


def settled(may: Flags, drawn: Ints) -> tuple[Flags, Ints]:
    """
    Return the licence areas that are left, and whose network each point is on, -1 where several are possible.

    Parameters
    ----------
    may : bool array, shape (points, 14)
        From `licences`.
    drawn : int array, shape (points,)
        Whose primary or published supply area serves each point, as `licence.code`: it settles a border. -1 for none.
    """
    left = np.where(drawn[:, None] >= 0, may & (drawn[:, None] == _OF_AREA), may)
    operators = licence.operators(left)
    only = np.where(operators.sum(axis=1) == 1, operators.argmax(axis=1), -1)
    return left, np.where(drawn >= 0, drawn, only)


def stranger(code: int) -> str:
    """Return why nothing is known where no file of the operator was read."""
    name = OPERATORS[_CODES[code]]
    return f"on the network of {name}, of whose primary substations none was read: build with its files"


def of_place(may: Flags, operator: int, held: HeadroomStore) -> Network:
    """Return whose network one place is on; `may` of shape (14,) and `operator` from `settled`."""
    mapped = held.has_licences()
    areas = [area for area, there in zip(licence.AREAS, may.tolist(), strict=True) if there]
    names = tuple(dict.fromkeys(area.operator for area in areas))
    own = _CODES[operator] if operator >= 0 else None
    confidence: Literal["high", "medium", "low"] = "high" if mapped else "low" if own is None else "medium"
    return _network(
        held, own, names if own is None else (own,), tuple(area.name for area in areas), _MAP if mapped else _PLACES,
        confidence,
    )  # fmt: skip


def of_asset(site: sqlite3.Row, held: HeadroomStore) -> Network:
    """Return whose network a substation belongs to."""
    own = site["operator"] if site["operator"] in OPERATORS else None
    areas: tuple[str, ...] = ()
    if own is not None and site["x"] is not None:
        may = licences(np.array([[site["x"], site["y"]]]), held)[0] & (licence.code(own) == _OF_AREA)
        areas = tuple(area.name for area, there in zip(licence.AREAS, may.tolist(), strict=True) if there)
    return _network(held, own, () if own is None else (own,), areas, _ASSET, "high")


def names(may: Flags) -> NDArray[np.object_]:
    """Return the licence areas that each point may lie in, as text; shape (points, 14) in, (points,) out."""
    kinds, back = np.unique(may, axis=0, return_inverse=True)
    told = [
        "; ".join(area.name for area, there in zip(licence.AREAS, kind, strict=True) if there)
        for kind in kinds.tolist()
    ]
    return np.array(told, dtype=object)[back.reshape(-1)]


def operator_names(codes: Ints) -> NDArray[np.object_]:
    """Return operators by their short names, empty for -1."""
    return np.array([*_CODES, ""], dtype=object)[codes]


def _network(
    held: HeadroomStore,
    own: str | None,
    operators: tuple[str, ...],
    areas: tuple[str, ...],
    method: str,
    confidence: Literal["high", "medium", "low"],
) -> Network:
    there = own in held.operators()
    return Network(
        operator=own, operators=operators, licence_areas=areas, method=method, confidence=confidence, in_store=there,
        words=_words(own, areas, in_store=there),
    )  # fmt: skip


def _words(own: str | None, areas: Sequence[str], *, in_store: bool) -> str:
    listed = " or ".join(areas)
    if own is not None:
        where = f" ({listed} licence area)" if areas else ""
        told = f"Network of {OPERATORS[own]}{where}."
        return told if in_store else f"{told} The store holds none of its files: build with them."
    if not areas:
        return f"{NOWHERE[0].upper()}{NOWHERE[1:]}."
    by_name = {area.name: OPERATORS[area.operator] for area in licence.AREAS}
    both = " or ".join(f"{name} ({by_name[name]})" for name in areas)
    return (
        f"Near a border of licence areas: {both}. A map of them settles it: "
        "`laep headroom build --into STORE --licence-areas FILE`."
    )


def _containing(points: Floats, rows: Sequence[sqlite3.Row]) -> Ints:
    found = np.full(len(points), -1, dtype=np.int64)
    placed = np.flatnonzero(~np.isnan(points).any(axis=1))
    shapes = shapely.from_wkb(np.array([store.wkb(row["geom"]) for row in rows], dtype=object))
    for gap_m in (0.0, COAST_M):
        left = placed[found[placed] < 0]
        found[left] = containing(shapely.points(points[left]), shapes, gap_m=gap_m)
    return found
