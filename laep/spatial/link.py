"""Which substations and census zone each building belongs to -> layer `link_building`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from laep import schema
from laep.spatial.network import (
    AREA_GAP_M,
    NEAREST,
    PUBLISHED,
    Linked,
    match_areas,
    nearest_candidates,
    prefer_published,
)
from laep.spatial.shapes import Geometries, containing, polygonal

if TYPE_CHECKING:
    import geopandas as gpd


def building_links(
    buildings: gpd.GeoDataFrame,
    substations: gpd.GeoDataFrame,
    supply_areas: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    max_secondary_m: float,
) -> Linked:
    """
    Link each building to a primary substation, a secondary substation and a census zone, as layer `link_building`.

    Parameters
    ----------
    buildings, substations, supply_areas, zones : GeoDataFrame
        Layers `in_building`, `in_substation`, `in_supply_area` and `in_zone`; all but the first may be empty.
    max_secondary_m : float
        Farthest a building is linked to a secondary by distance alone, assumption `net.link.max_secondary_m`. [m]

    Returns
    -------
    Linked
        One row per building, in the order of `buildings`; confidence is high where both substations come from a
        published supply area, medium where one does, low where neither does.

    Notes
    -----
    `nearest` is the straight line: it knows neither streets, cables, transformer size nor open points. Of several
    zones a building takes the smallest, so an output area before its LSOA.
    """
    usable, notes = prefer_published(substations)
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    primary = _published(points, usable, supply_areas, "primary")
    _add_nearest(primary, points, nearest_candidates(usable, supply_areas), np.inf)
    secondary = _published(points, usable, supply_areas, "secondary")
    _add_nearest(secondary, points, usable[usable["level"] == "secondary"], max_secondary_m)
    frame = pd.DataFrame(
        {
            "building_id": buildings["building_id"].to_numpy(),
            **{f"secondary_{column}": secondary[column] for column in ("id", "method", "distance_m")},
            **{f"primary_{column}": primary[column] for column in ("id", "method", "distance_m")},
            "zone_id": _zone(points, zones),
            "confidence": _confidence(primary, secondary),
        }
    )
    return Linked(schema.conform(frame, "link_building"), (*notes, *_counts(frame)))


def _published(
    points: Geometries, substations: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame, level: str
) -> pd.DataFrame:
    areas = supply_areas[supply_areas["level"] == level].reset_index(drop=True)
    areas = areas.assign(geometry=polygonal(areas.geometry.to_numpy()))
    at = containing(points, areas.geometry.to_numpy(), gap_m=AREA_GAP_M)
    matched = match_areas(areas, substations)
    ids = matched["substation_id"].reindex(at).reset_index(drop=True)
    row = matched["position"].reindex(at).fillna(-1).astype(int).to_numpy()
    stands = substations.geometry.reindex(row).to_numpy()
    return pd.DataFrame(
        {
            "id": ids.astype("string"),
            "method": pd.Series(PUBLISHED, index=range(len(at)), dtype="string").where(at >= 0),
            "distance_m": shapely.distance(points, stands),
        }
    )


def _add_nearest(linked: pd.DataFrame, points: Geometries, substations: gpd.GeoDataFrame, max_m: float) -> None:
    left = np.flatnonzero(linked["id"].isna())
    if not len(left) or not len(substations):
        return
    ordered = substations.sort_values(["source_id", "substation_id"], kind="stable")
    tree = cKDTree(shapely.get_coordinates(ordered.geometry.to_numpy()))
    distance, at = tree.query(shapely.get_coordinates(points[left]), distance_upper_bound=max_m)
    near = np.isfinite(distance)
    rows = linked.index[left[near]]
    linked.loc[rows, "id"] = ordered["substation_id"].to_numpy()[at[near]]
    linked.loc[rows, "method"] = NEAREST
    linked.loc[rows, "distance_m"] = distance[near]


def _zone(points: Geometries, zones: gpd.GeoDataFrame) -> pd.Series[str]:
    at = containing(points, polygonal(zones.geometry.to_numpy()), gap_m=AREA_GAP_M)
    ids: pd.Series[str] = zones["zone_id"].reset_index(drop=True).reindex(at).reset_index(drop=True).astype("string")
    return ids


def _confidence(primary: pd.DataFrame, secondary: pd.DataFrame) -> list[str]:
    both = pd.DataFrame({"primary": primary["method"], "secondary": secondary["method"]})
    published = (both == PUBLISHED).fillna(value=False).sum(axis=1)
    return [("low", "medium", "high")[count] for count in published]


def _counts(frame: pd.DataFrame) -> list[str]:
    total = len(frame)
    notes = []
    for level in ("primary", "secondary"):
        methods = frame[f"{level}_method"].value_counts()
        published, nearest = int(methods.get(PUBLISHED, 0)), int(methods.get(NEAREST, 0))
        notes.append(
            f"{level.capitalize()} substation: {published} of {total} buildings by published area, "
            f"{nearest} by distance, {total - published - nearest} unlinked."
        )
        if level == "secondary" and nearest:
            by_distance = frame.loc[frame["secondary_method"] == NEAREST, "secondary_id"]
            notes.append(f"By distance, {nearest} buildings share {by_distance.nunique()} secondary substations.")
    if without := int(frame["zone_id"].isna().sum()):
        notes.append(f"{without} of {total} buildings stand in no census zone.")
    return notes
