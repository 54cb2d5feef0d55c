"""What of a piece of land is left when everything that rules it out is taken off, and what took how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from laep.schema.vocabulary import HOME_USES
from laep.spatial.shapes import Geometries, polygonal

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

M2_PER_HA = 10_000.0
TOO_SMALL = "too_small"
"""Rule by which what is left in pieces too small to use goes too."""


TAKEN = ("woodland", "water", "cemetery", "construction")
"""Kinds of land on which nothing goes, where they lie inside a parcel."""
RULES_OUT_NOTHING = (
    "conservation-area", "green-belt", "area-of-outstanding-natural-beauty", "national-park", "world-heritage",
    "article-4", "heritage-coast", "listed-building",
)  # fmt: skip
"""Designations that call for care but do not take land out of a parcel; every other one does."""


@dataclass(frozen=True, kw_only=True)
class Setbacks:
    """
    How far panels on land keep from what is there [m], and the smallest piece of land worth fencing [ha].

    `site.setback.solar...` and `site.land.min_piece_ha`.
    """

    home_m: float
    building_m: float
    road_m: float
    path_m: float
    water_m: float
    line_m: float
    least_piece_ha: float


class Rule(NamedTuple):
    """Something that rules land out: what it is called, its shapes, and how far from them. [m]."""

    name: str
    shapes: Geometries
    reach_m: float


class Left(NamedTuple):
    """What is left of each parcel (n,), and what took how much: `parcel` (position), `rule`, `area_ha`, `position`."""

    shapes: Geometries
    removed: pd.DataFrame


def solar_rules(
    buildings: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    land: gpd.GeoDataFrame,
    constraints: gpd.GeoDataFrame,
    setbacks: Setbacks,
) -> list[Rule]:
    """
    Return what panels on land keep off, in the order in which it counts.

    Parameters
    ----------
    buildings, roads, lines, land, constraints : GeoDataFrame
        Layers `in_building`, `in_road`, `in_line`, `in_land`, `in_constraint`; any may be empty.
    setbacks : Setbacks
    """
    soft = constraints["kind"].map(lambda kind: any(word in kind for word in RULES_OUT_NOTHING)).astype(bool)
    hard = constraints[~soft]
    homes = buildings["use"].isin(HOME_USES)
    overhead = lines["kind"] == "overhead"

    def of(layer: gpd.GeoDataFrame, kind: str) -> Geometries:
        shapes: Geometries = layer.geometry.to_numpy()[(layer["kind"] == kind).to_numpy()]
        return shapes

    return [
        *(Rule(kind, polygonal(of(hard, kind)), 0.0) for kind in sorted(hard["kind"].unique())),
        *(Rule(kind, polygonal(of(land, kind)), 0.0) for kind in TAKEN),
        Rule("homes", buildings.geometry.to_numpy()[homes.to_numpy()], setbacks.home_m),
        Rule("buildings", buildings.geometry.to_numpy()[~homes.to_numpy()], setbacks.building_m),
        Rule("roads", of(roads, "road"), setbacks.road_m),
        Rule("paths", of(roads, "path"), setbacks.path_m),
        Rule("waterways", of(roads, "waterway"), setbacks.water_m),
        Rule("overhead_lines", lines.geometry.to_numpy()[overhead.to_numpy()], setbacks.line_m),
    ]


def left_over(parcels: Geometries, rules: Iterable[Rule], *, least_piece_ha: float) -> Left:
    """
    Take off parcels what each rule rules out, one rule after the other.

    Parameters
    ----------
    parcels : array of geometry, shape (n,)
    rules : iterable of Rule
        In the order in which they count: land that two rules rule out is told under the first.
    least_piece_ha : float
        Pieces smaller than that are taken off last. [ha]

    Notes
    -----
    The area of each parcel is that of what is left of it and all that is told to be removed, to rounding.
    """
    left = polygonal(parcels)
    told = []
    for place, rule in enumerate(rules):
        after = _without(left, rule)
        told.append(_lost(left, after, rule.name, place))
        left = after
    large = _large_pieces(left, least_piece_ha * M2_PER_HA)
    told.append(_lost(left, large, TOO_SMALL, len(told)))
    return Left(large, pd.concat(told, ignore_index=True))


def _without(parcels: Geometries, rule: Rule) -> Geometries:
    """Return parcels without what lies within reach of a rule's shapes."""
    shapes = rule.shapes[~shapely.is_empty(rule.shapes)]
    tree = shapely.STRtree(shapes)
    parcel, near = tree.query(parcels, predicate="dwithin", distance=rule.reach_m)
    if not len(parcel):
        return parcels
    met, back = np.unique(near, return_inverse=True)
    grown = shapely.buffer(shapes[met], rule.reach_m) if rule.reach_m else shapes[met]
    taken = (
        pd.Series(polygonal(grown)[back], dtype=object)
        .groupby(parcel)
        .agg(lambda parts: shapely.union_all(list(parts)))
    )
    after = parcels.copy()
    at = taken.index.to_numpy(dtype=np.intp)
    after[at] = polygonal(shapely.difference(parcels[at], taken.to_numpy()))
    return after


def _large_pieces(parcels: Geometries, least_m2: float) -> Geometries:
    pieces, parcel = shapely.get_parts(parcels, return_index=True)
    large = shapely.area(pieces) >= least_m2
    kept = np.full(len(parcels), shapely.MultiPolygon(), dtype=object)
    grouped = pd.Series(pieces[large], dtype=object).groupby(parcel[large]).agg(list)
    kept[grouped.index.to_numpy(dtype=np.intp)] = [shapely.MultiPolygon(parts) for parts in grouped]
    return kept


def _lost(before: Geometries, after: Geometries, name: str, place: int) -> pd.DataFrame:
    gone = shapely.area(before) - shapely.area(after)
    some = np.flatnonzero(gone > 0)
    return pd.DataFrame({"parcel": some, "rule": name, "area_ha": gone[some] / M2_PER_HA, "position": place})
