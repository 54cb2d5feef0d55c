"""Candidate pieces of network that might balance themselves -> layers `net_segment` and `link_segment`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import Delaunay, QhullError, cKDTree

from laep import schema
from laep.schema.vocabulary import SECONDARY_METHODS
from laep.spatial.network.substations import NEAREST
from laep.spatial.shapes import Geometries, containing, polygonal, voronoi

if TYPE_CHECKING:
    from numpy.typing import NDArray

AROUND_M = 30.0
"""How far a secondary's drawn outline reaches beyond its buildings: gardens and the street, not the fields. [m]"""
TOO_MANY_HOMES = 500
"""What 1 MVA, the largest common secondary, feeds at 2 kVA a home: with more, others are missing from the list."""
_METHODS = ("published_id", *SECONDARY_METHODS)
"""How buildings were found to hang from a substation, primary or secondary, the surest way first."""
"""Ways a building is linked to its substation, the surest first."""
_COLUMNS = [*schema.LAYERS["net_segment"].column_names, "rows", "geometry"]
_NONE = pd.DataFrame(columns=["segment_id", "kind", "name", "rows", "method", "confidence", "arrangement", "chosen"])
KIND_WORDS = {
    "group": "Group of streets", "estate": "Estate", "campus": "Campus", "business_park": "Business park",
    "new_development": "New development", "island": "Island",
}  # fmt: skip
PRIVATE, PUBLIC, ISLAND = "private_wire", "public_network", "island"
"""Ways a segment could be run: on the wires of one owner, on the operator's, or cut off from others by water."""
_OWNED = {"residential": "estate", "industrial": "business_park", "retail": "business_park"}
_ALONE = {"school_grounds": "campus", "construction": "new_development"}
"""Kinds of land with one owner when the map names an operator, and those that usually have one anyway."""
FEWEST_BUILDINGS = 2
"""A wire between buildings takes two of them."""
APART_M = 100.0
"""Parts of a place closer than this may be joined by a bridge or be drawing error. [m]"""
NAMED_WITHIN_M = 600.0
"""A place farther away than a short walk does not help anyone to see which streets are meant. [m]"""
FEW_POINTS = 50
"""Up to this many points every pair is looked at: a triangulation needs four that are not in line."""


class Units(NamedTuple):
    """
    The pieces that groups are built of: a frame with a row each, the unit of each building, and which units touch.

    `frame` has `unit_id`, `head_id` (secondary), `primary_id`, `buildings`, `homes`, `method` and `confidence`;
    `of_building` the position of each building's unit, shape (buildings,); `edges` pairs of positions, shape (n, 2).
    """

    frame: pd.DataFrame
    of_building: NDArray[np.intp]
    edges: NDArray[np.intp]


class Segments(NamedTuple):
    """Layer `net_segment` and layer `link_segment`."""

    segments: gpd.GeoDataFrame
    links: pd.DataFrame


def candidates(
    boundary: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    homes: pd.Series[float],
    links: pd.DataFrame,
    substations: gpd.GeoDataFrame,
    *,
    min_homes: float,
    extra: pd.DataFrame | None = None,
) -> Segments:
    """
    Return the candidate segments: one a secondary with enough homes, one a serving primary, and the whole area.

    Parameters
    ----------
    boundary, buildings, substations : GeoDataFrame
        Layers `in_boundary`, `in_building` and `in_substation`.
    homes : Series indexed by building id
        Homes in each building; a missing building or value counts no home. [homes]
    links : DataFrame
        Layer `link_building`.
    min_homes : float
        Fewest homes a secondary needs to be listed, `net.segment.min_homes`. [homes]
    extra : DataFrame, optional
        Further segments in the form `single_owner` and `grouped` give.

    Returns
    -------
    Segments
        Secondaries by homes, then primaries, then further ones, then the area; every building that is in a listed
        segment is linked.

    Notes
    -----
    Each building owns the land nearest to it; a segment is the land of its buildings inside the boundary, kept close
    to them for a secondary. Method and confidence are those of the links: a segment found by distance is a guess.
    """
    land = shapely.union_all(polygonal(boundary.geometry.to_numpy()))
    members = _members(buildings, homes, links)
    listed = pd.concat(
        [
            _listed(members, "secondary", min_homes=min_homes),
            _listed(members, "primary", min_homes=0),
            _counted(_NONE if extra is None else extra, members),
        ],
        ignore_index=True,
    )
    cells = _cells(buildings, land)
    listed["geometry"] = [
        _outline(cells, buildings, rows, land, close=kind != "primary")
        for rows, kind in zip(listed["rows"], listed["kind"], strict=True)
    ]
    known = substations.drop_duplicates("substation_id").set_index("substation_id")
    of_head = known[["name", "rating_mva"]].reindex(listed["substation_id"]).reset_index(drop=True)
    listed["name"] = listed["name"].fillna(of_head["name"])
    listed["rating_kva"] = listed["rating_kva"].fillna(of_head["rating_mva"].astype("float64") * 1000)
    listed["segment_id"] = listed["segment_id"].fillna(listed["kind"] + "-" + listed["substation_id"])
    listed = listed[~shapely.is_empty(listed["geometry"].to_numpy())]
    segments = pd.concat([listed, _whole(boundary, members, land)], ignore_index=True).reindex(columns=_COLUMNS)
    placed = gpd.GeoDataFrame(segments.drop(columns="rows"), geometry="geometry", crs=schema.CRS)
    return Segments(schema.conform(placed, "net_segment"), _linked(segments, buildings))


def units(
    buildings: gpd.GeoDataFrame,
    homes: pd.Series[float],
    links: pd.DataFrame,
    land: gpd.GeoDataFrame,
    *,
    max_homes: float,
    max_gap_m: float,
) -> Units:
    """
    Cut the buildings into the smallest pieces of network that can be told apart, and say which of them touch.

    Parameters
    ----------
    buildings, land : GeoDataFrame
        Layers `in_building` and `in_land`; of the second only water matters.
    homes : Series indexed by building id
        Homes in each building. [homes]
    links : DataFrame
        Layer `link_building`.
    max_homes : float
        A piece drawn by distance, or without a substation, is halved until it has no more, `net.segment.unit_homes`.
    max_gap_m : float
        Pieces touch when neighbouring buildings stand no farther apart, `net.segment.max_gap_m`. [m]

    Notes
    -----
    A piece is a low-voltage feeder where published, else what hangs from one secondary. Halves are cut across the
    longer side, with as many homes in each: neighbourhoods of a size one transformer could feed, not real feeders.
    Neighbours are those of the Delaunay triangulation; no pair reaches across mapped water or to another primary.
    """
    members = _members(buildings, homes, links)
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    xy = shapely.get_coordinates(points)
    part = _parts(members, xy, max_homes)
    code, names = pd.factorize(part["unit_id"], sort=True)
    grouped = part.groupby(code, sort=True)
    frame = pd.DataFrame(
        {
            "unit_id": np.asarray(names, dtype=str),
            "head_id": grouped["secondary_id"].first(),
            "primary_id": grouped["primary_id"].first(),
            "buildings": grouped.size(),
            "homes": grouped["homes"].sum(),
            "method": grouped["how"].first(),
            "confidence": grouped["sure"].first(),
        }
    )
    return Units(frame, np.asarray(code, dtype=np.intp), _touching(xy, code, frame, land, max_gap_m))


def grouped(
    units: Units,
    groups: list[NDArray[np.intp]],
    *,
    buildings: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """
    Return groups of units as further segments for `candidates`.

    Parameters
    ----------
    units : Units
    groups : list of int arrays
        Positions of the units in each group.
    buildings, places : GeoDataFrame
        Layers `in_building` and `in_place`; a group is called after the named place nearest to its middle.
    """
    rows = []
    known = places[places["name"].notna()]
    for number, group in enumerate(groups, start=1):
        parts, at = units.frame.iloc[np.sort(group)], np.flatnonzero(np.isin(units.of_building, group))
        near = _near(buildings.geometry.to_numpy()[at], known)
        rows.append(
            {
                "segment_id": f"group-{number}",
                "kind": "group",
                "name": f"Group {number}, round {near}" if near else f"Group {number}",
                "substation_id": parts["primary_id"].iloc[0],
                "rows": at,
                "method": f"{len(parts)} neighbouring pieces under one primary: {_kinds(parts['method'])}",
                "confidence": "low" if (parts["confidence"] == "low").any() else "medium",
                "arrangement": PUBLIC,
                "chosen": True,
            }
        )
    return pd.DataFrame(rows, columns=[*_NONE.columns, "substation_id"])


def _near(shapes: Geometries, places: gpd.GeoDataFrame) -> str | None:
    """Return the name of the place nearest to the middle of some buildings, if one is near enough to mean anything."""
    middle = shapely.points(*np.median(shapely.get_coordinates(shapely.centroid(shapes)), axis=0))
    away = shapely.distance(places.geometry.to_numpy(), middle)
    if not len(away) or away.min() > NAMED_WITHIN_M:
        return None
    return str(places["name"].iloc[int(np.argmin(away))])


def single_owner(
    boundary: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    homes: pd.Series[float],
    land: gpd.GeoDataFrame,
    *,
    min_homes: float,
) -> pd.DataFrame:
    """
    Return estates, campuses, business parks, new developments and islands as further segments for `candidates`.

    Parameters
    ----------
    boundary, buildings, land : GeoDataFrame
        Layers `in_boundary`, `in_building` and `in_land`.
    homes : Series indexed by building id
        Homes in each building. [homes]
    min_homes : float
        Fewest homes of an estate or island, `net.segment.min_homes`. [homes]

    Notes
    -----
    Who owns the land is not open data. Homes, industry and shops count as one owner's only where the map names an
    operator; school grounds and building sites usually have one. Every row says which, and is to be asked about.
    """
    counted = homes.astype("float64").groupby(level=0).sum().reindex(buildings["building_id"]).fillna(0.0)
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    each = np.asarray(counted.to_numpy(), dtype=np.float64)
    named = land["operator"].notna()
    owned = land[(land["kind"].isin(_OWNED) & named) | land["kind"].isin(_ALONE)].reset_index(drop=True)
    found = [*_on_land(points, each, owned, min_homes), *_islands(points, each, boundary, min_homes)]
    return pd.DataFrame(found, columns=list(_NONE.columns))


def largest(owned: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the `most` segments of one owner with the most buildings, in the order they came; of equals the first."""
    size = owned["rows"].map(len)
    return owned.loc[size.sort_values(ascending=False, kind="stable").index[:most]].sort_index()


def names(chosen: pd.DataFrame) -> list[str]:
    """Return the names of segments; one without is called by its kind and its place in the list, from 1."""
    called = [f"{KIND_WORDS[kind]} {number}" for number, kind in enumerate(chosen["kind"], start=1)]
    return chosen["name"].astype(object).where(chosen["name"].notna(), called).tolist()


def _on_land(
    points: Geometries, homes: NDArray[np.float64], land: gpd.GeoDataFrame, min_homes: float
) -> list[dict[str, object]]:
    at = containing(points, land.geometry.to_numpy())
    found: list[dict[str, object]] = []
    for position, parcel in enumerate(land.itertuples()):
        rows = np.flatnonzero(at == position)
        kind = _OWNED.get(parcel.kind) or _ALONE[parcel.kind]
        if len(rows) < FEWEST_BUILDINGS or (kind == "estate" and homes[rows].sum() < min_homes):
            continue
        who = parcel.operator if pd.notna(parcel.operator) else None
        found.append(
            {
                "segment_id": f"{kind}-{parcel.land_id}",
                "kind": kind,
                "name": parcel.name if pd.notna(parcel.name) else who,
                "rows": rows,
                "method": f"land of one operator on the map: {who}" if who else "land that usually has one owner",
                "confidence": "medium" if who else "low",
                "arrangement": PRIVATE,
                "chosen": True,
            }
        )
    return found


def _islands(
    points: Geometries, homes: NDArray[np.float64], boundary: gpd.GeoDataFrame, min_homes: float
) -> list[dict[str, object]]:
    parts = shapely.get_parts(polygonal(boundary.geometry.to_numpy()))
    parts = parts[np.argsort(-shapely.area(parts), kind="stable")]
    at = containing(points, parts)
    found: list[dict[str, object]] = []
    for position in range(1, len(parts)):
        rows = np.flatnonzero(at == position)
        others = np.delete(parts, position)
        if homes[rows].sum() < min_homes or shapely.distance(parts[position], others).min() < APART_M:
            continue
        found.append(
            {
                "segment_id": f"island-{position}",
                "kind": "island",
                "name": None,
                "rows": rows,
                "method": "a part of the place apart from the rest: an island if the outline follows the shore",
                "confidence": "low",
                "arrangement": ISLAND,
                "chosen": True,
            }
        )
    return found


def _counted(extra: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return further segments with their buildings and homes counted."""
    homes = members["homes"].to_numpy()
    counts = [(len(rows), round(homes[rows].sum())) for rows in extra["rows"]]
    sized = pd.DataFrame(counts, columns=["buildings", "homes"], index=extra.index, dtype=object)
    return extra.assign(buildings=sized["buildings"], homes=sized["homes"])


def _kinds(methods: pd.Series[str]) -> str:
    return "; ".join(f"{count} {how}" for how, count in methods.value_counts().sort_index().items())


def _parts(members: pd.DataFrame, xy: NDArray[np.float64], max_homes: float) -> pd.DataFrame:
    """Return the members with the unit of each, how it was found and how sure that is."""
    feeder, head = members["lv_feeder_id"], members["secondary_id"]
    sure = members["secondary_confidence"].fillna("low")
    key = ("feeder-" + feeder).fillna("secondary-" + head).fillna("unlinked-" + members["primary_id"].fillna("none"))
    how = np.select([feeder.notna(), head.notna()], ["low-voltage feeders", "secondaries"], "neighbourhoods")
    found = members.assign(unit_id=key.astype(str), how=how, sure=sure.where(head.notna(), "low").astype(str))
    crowded = found.groupby("unit_id")["homes"].transform("sum") > max_homes
    for unit_id, rows in found[crowded & (found["sure"] != "high")].groupby("unit_id", sort=True):
        at = rows["row"].to_numpy(dtype=np.intp)
        piece = _halved(xy[at], rows["homes"].to_numpy(dtype=np.float64), max_homes)
        found.loc[rows.index, "unit_id"] = [f"{unit_id}-{number}" for number in piece]
        found.loc[rows.index, ["how", "sure"]] = ["neighbourhoods", "low"]
    return found


def _halved(xy: NDArray[np.float64], homes: NDArray[np.float64], max_homes: float) -> NDArray[np.intp]:
    """Return the piece of each point: halves across the longer side, until none has more than `max_homes`."""
    piece = np.zeros(len(xy), dtype=np.intp)
    waiting, count = [np.arange(len(xy))], 0
    while waiting:
        rows = waiting.pop()
        if homes[rows].sum() <= max_homes or len(rows) == 1:
            piece[rows] = count
            count += 1
            continue
        along = int(np.argmax(np.ptp(xy[rows], axis=0)))
        ordered = rows[np.lexsort((rows, xy[rows, 1 - along], xy[rows, along]))]
        reached = np.cumsum(homes[ordered])
        cut = int(np.clip(np.searchsorted(reached, reached[-1] / 2) + 1, 1, len(rows) - 1))
        waiting += [ordered[cut:], ordered[:cut]]
    return piece


def _touching(
    xy: NDArray[np.float64], unit: NDArray[np.intp], frame: pd.DataFrame, land: gpd.GeoDataFrame, max_gap_m: float
) -> NDArray[np.intp]:
    """Return the pairs of units with neighbouring buildings, lower position first, sorted, shape (n, 2)."""
    pairs = _neighbours(xy, max_gap_m)
    near = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) <= max_gap_m
    primary = frame["primary_id"].fillna("").astype(str).to_numpy()
    ends = unit[pairs]
    pairs = pairs[near & (ends[:, 0] != ends[:, 1]) & (primary[ends[:, 0]] == primary[ends[:, 1]])]
    water = land.geometry.to_numpy()[(land["kind"] == "water").to_numpy(dtype=bool)]
    if len(water) and len(pairs):
        across, _ = shapely.STRtree(water).query(shapely.linestrings(xy[pairs]), predicate="crosses")
        pairs = np.delete(pairs, np.unique(across), axis=0)
    joined: NDArray[np.intp] = np.unique(np.sort(unit[pairs], axis=1), axis=0).reshape(-1, 2)
    return joined


def _neighbours(xy: NDArray[np.float64], max_gap_m: float) -> NDArray[np.intp]:
    if len(xy) > FEW_POINTS:
        try:
            corners = Delaunay(xy).simplices.astype(np.intp)
        except QhullError:  # all in one line: a single street
            return np.asarray(cKDTree(xy).query_pairs(max_gap_m, output_type="ndarray"), dtype=np.intp)
        return np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    return np.asarray(cKDTree(xy).query_pairs(max_gap_m, output_type="ndarray"), dtype=np.intp).reshape(-1, 2)


def _members(buildings: gpd.GeoDataFrame, homes: pd.Series[float], links: pd.DataFrame) -> pd.DataFrame:
    """Return the links in the order of the buildings, with the homes in each."""
    ordered = links.set_index("building_id").reindex(buildings["building_id"]).reset_index()
    counted = homes.astype("float64").groupby(level=0).sum().reindex(buildings["building_id"]).fillna(0.0)
    return ordered.assign(row=range(len(buildings)), homes=counted.to_numpy())


def _listed(members: pd.DataFrame, level: str, *, min_homes: float) -> pd.DataFrame:
    linked = members.dropna(subset=[f"{level}_id"])
    grouped = linked.groupby(f"{level}_id", sort=True)
    ways = linked[f"{level}_method"].fillna(NEAREST)
    methods = pd.Series(
        {key: sorted(set(ways.iloc[at]), key=_METHODS.index) for key, at in grouped.indices.items()}, dtype=object
    )
    methods = methods.sort_index()
    listed = pd.DataFrame(
        {
            "kind": level,
            "buildings": grouped.size(),
            "homes": grouped["homes"].sum().round(),
            "rows": [linked["row"].to_numpy()[grouped.indices[key]] for key in methods.index],
            "method": methods.map(" and ".join),
            "confidence": methods.map(_trust),
        },
        index=methods.index,
    ).assign(segment_id=None, name=None, rating_kva=np.nan, chosen=False)
    if level == "secondary":
        crowded = listed.index.isin(incomplete(linked))
        listed.loc[crowded, "method"] += ": too many homes for one, so the list of substations is not complete"
        listed.loc[crowded, "confidence"] = "low"
    listed = listed[listed["homes"] >= min_homes].rename_axis("substation_id").reset_index()
    return listed.sort_values(["homes", "substation_id"], ascending=[False, True], kind="stable")


def incomplete(linked: pd.DataFrame) -> list[str]:
    """
    Return the secondaries with more homes than one can feed, where not every link is published: others are not listed.

    Parameters
    ----------
    linked : DataFrame
        A row a building: `secondary_id`, `secondary_method` and `homes`.
    """
    sure = linked["secondary_method"].fillna(NEAREST).str.startswith("published")
    grouped = linked.assign(sure=sure).groupby("secondary_id")
    crowded = (grouped["homes"].sum() > TOO_MANY_HOMES) & ~grouped["sure"].all()
    return [str(key) for key in crowded.index[crowded]]


def _trust(methods: list[str]) -> str:
    if all(method.startswith("published") for method in methods):
        return "high"
    return "low" if methods == [NEAREST] else "medium"


def _cells(buildings: gpd.GeoDataFrame, land: shapely.Geometry) -> Geometries:
    if not len(buildings):
        return np.array([], dtype=object)
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    return voronoi(shapely.get_coordinates(points), land)


def _owned(cells: Geometries) -> shapely.Geometry:
    """Return the union of cells that share whole edges; buildings at one point share one cell, which counts once."""
    _, once = np.unique(shapely.to_wkb(cells), return_index=True)
    return shapely.coverage_union_all(cells[once])


def _outline(
    cells: Geometries, buildings: gpd.GeoDataFrame, rows: Geometries, land: shapely.Geometry, *, close: bool
) -> shapely.Geometry:
    owned = shapely.intersection(_owned(cells[rows]), land)
    if close:
        around = shapely.buffer(shapely.convex_hull(buildings.geometry.to_numpy()[rows]), AROUND_M, quad_segs=2)
        owned = shapely.intersection(owned, shapely.union_all(around))
    outline: shapely.Geometry = polygonal(np.array([owned], dtype=object))[0]
    return outline


def _whole(boundary: gpd.GeoDataFrame, members: pd.DataFrame, land: shapely.Geometry) -> pd.DataFrame:
    first = boundary.iloc[0]
    return pd.DataFrame(
        {
            "segment_id": f"area-{first['area_id']}", "kind": "area", "name": first["name"], "substation_id": None,
            "buildings": len(members), "homes": round(members["homes"].sum()), "rating_kva": np.nan,
            "method": "the whole area", "confidence": "high", "rows": [members["row"].to_numpy()], "chosen": False,
            "geometry": [polygonal(np.array([land], dtype=object))[0]],
        }
    )  # fmt: skip


def _linked(segments: pd.DataFrame, buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    sizes = segments["rows"].map(len).to_numpy(dtype=np.intp)
    rows = np.concatenate([*segments["rows"], np.array([], dtype=np.intp)]).astype(np.intp)
    pairs = pd.DataFrame(
        {
            "segment_id": segments["segment_id"].to_numpy().repeat(sizes),
            "building_id": buildings["building_id"].to_numpy()[rows],
        }
    )
    return schema.conform(pairs, "link_segment")
