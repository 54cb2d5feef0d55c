"""Where homes stand: addresses in buildings, buildings in census zones, and how far the map of buildings reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from laep.spatial.shapes import containing, polygonal

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

AT_THE_WALL_M = 3.0
"""An address this close to a footprint belongs to it: maps and address points differ by a metre or two. [m]"""


def addresses(buildings: gpd.GeoDataFrame, points: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return for each address point of `in_uprn` the position of its building, -1 where it stands in none."""
    return containing(points.geometry.to_numpy(), buildings.geometry.to_numpy(), gap_m=AT_THE_WALL_M)


def zone_of(shapes: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.Series[str]:
    """Return the census zone under a point in each shape, missing where none; of zones that overlap the smallest."""
    at = containing(shapely.point_on_surface(shapes.geometry.to_numpy()), polygonal(zones.geometry.to_numpy()))
    ids = zones["zone_id"].reset_index(drop=True).reindex(at)
    return pd.Series(ids.to_numpy(), index=shapes.index, dtype="string")


def map_reach(
    buildings: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame, zones: gpd.GeoDataFrame
) -> tuple[float, pd.Series[float]]:
    """
    Return the share of the area's land, and of each zone's land in it, in the box round all mapped buildings.

    A map file that ends before the boundary has no building beyond its edge; so has a moor: the census tells which.

    Returns
    -------
    float and Series, index of `zones`
        Missing where no building is mapped. [-]
    """
    area = boundary.geometry.union_all()
    if not len(buildings):
        return float("nan"), pd.Series(np.nan, index=zones.index)
    reached = shapely.intersection(area, shapely.box(*buildings.total_bounds))
    inside = shapely.intersection(polygonal(zones.geometry.to_numpy()), area)
    land = shapely.area(inside)
    in_reach = shapely.area(shapely.intersection(inside, reached))
    share = np.divide(in_reach, land, out=np.zeros_like(land), where=land > 0)
    return float(shapely.area(reached) / shapely.area(area)), pd.Series(np.minimum(share, 1.0), index=zones.index)
