"""Candidate pieces of network that might balance themselves -> layers `net_segment` and `link_segment`."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep import schema
from laep.spatial.network import NEAREST, PUBLISHED
from laep.spatial.shapes import Geometries, polygonal, voronoi

AROUND_M = 30.0
"""How far a secondary's drawn outline reaches beyond its buildings: gardens and the street, not the fields. [m]"""
TOO_MANY_HOMES = 500
"""What 1 MVA, the largest common secondary, feeds at 2 kVA a home: with more, others are missing from the list."""
MIXED = f"{PUBLISHED} and {NEAREST}"
_CONFIDENCE = {PUBLISHED: "high", MIXED: "medium", NEAREST: "low"}


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

    Returns
    -------
    Segments
        Secondaries by homes, then primaries, then the area; every building that is in a listed segment is linked.

    Notes
    -----
    Each building owns the land nearest to it; a segment is the land of its buildings inside the boundary, kept close
    to them for a secondary. Method and confidence are those of the links: a segment found by distance is a guess.
    """
    land = shapely.union_all(polygonal(boundary.geometry.to_numpy()))
    members = _members(buildings, homes, links)
    listed = pd.concat(
        [_listed(members, "secondary", min_homes=min_homes), _listed(members, "primary", min_homes=0)],
        ignore_index=True,
    )
    cells = _cells(buildings, land)
    listed["geometry"] = [
        _outline(cells, buildings, rows, land, close=kind == "secondary")
        for rows, kind in zip(listed["rows"], listed["kind"], strict=True)
    ]
    known = substations.drop_duplicates("substation_id").set_index("substation_id")
    listed["name"] = known["name"].reindex(listed["substation_id"]).to_numpy()
    listed["rating_kva"] = known["rating_mva"].reindex(listed["substation_id"]).to_numpy(dtype=float) * 1000
    listed["segment_id"] = listed["kind"] + "-" + listed["substation_id"]
    listed = listed[~shapely.is_empty(listed["geometry"].to_numpy())]
    segments = pd.concat([listed, _whole(boundary, members, land)], ignore_index=True)
    columns = [*schema.LAYERS["net_segment"].column_names, "geometry"]
    placed = gpd.GeoDataFrame(segments[columns], geometry="geometry", crs=schema.CRS)
    return Segments(schema.conform(placed, "net_segment"), _linked(segments, buildings))


def _members(buildings: gpd.GeoDataFrame, homes: pd.Series[float], links: pd.DataFrame) -> pd.DataFrame:
    """Return the links in the order of the buildings, with the homes in each."""
    ordered = links.set_index("building_id").reindex(buildings["building_id"]).reset_index()
    counted = homes.astype("float64").groupby(level=0).sum().reindex(buildings["building_id"]).fillna(0.0)
    return ordered.assign(row=range(len(buildings)), homes=counted.to_numpy())


def _listed(members: pd.DataFrame, level: str, *, min_homes: float) -> pd.DataFrame:
    linked = members.dropna(subset=[f"{level}_id"])
    published = (linked[f"{level}_method"] == PUBLISHED).fillna(False).astype(float)
    grouped = linked.assign(published=published).groupby(f"{level}_id", sort=True)
    share = grouped["published"].mean()
    listed = pd.DataFrame(
        {
            "kind": level,
            "buildings": grouped.size(),
            "homes": grouped["homes"].sum().round(),
            "rows": [linked["row"].to_numpy()[grouped.indices[key]] for key in share.index],
            "method": np.select([share == 1, share == 0], [PUBLISHED, NEAREST], MIXED),
        },
        index=share.index,
    )
    listed["confidence"] = listed["method"].map(_CONFIDENCE)
    if level == "secondary":
        crowded = (listed["homes"] > TOO_MANY_HOMES) & (listed["method"] != PUBLISHED)
        listed.loc[crowded, "method"] += ": too many homes for one, so the list of substations is not complete"
        listed.loc[crowded, "confidence"] = "low"
    listed = listed[listed["homes"] >= min_homes].rename_axis("substation_id").reset_index()
    return listed.sort_values(["homes", "substation_id"], ascending=[False, True], kind="stable")


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
            "method": "the whole area", "confidence": "high", "rows": [members["row"].to_numpy()],
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
