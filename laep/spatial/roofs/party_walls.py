"""Walls that buildings share: how much, which way they run, and the form of home that makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from laep.schema.vocabulary import HOME_USES
from laep.spatial.shapes import edges, extent, mean_bearing, wall_axis

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

TOUCH_M = 0.3
"""Footprints this close share a wall: volunteers seldom snap neighbours exactly. [m]"""
MIN_WALL_M = 2.0
"""Contact shorter than this is a corner or a porch, not a wall between homes. [m]"""
MIN_WALL_SHARE = 0.05
"""... and it must be this share of the smaller building's outline, so that a large block's corner does not count."""
NO_NEIGHBOUR = ("garage", "outbuilding")
"""A home joined to these alone is still detached."""
ROW_LENGTH_M, ROW_RATIO = 25.0, 3.0
"""A home this long, and so many times longer than wide, is a row of homes drawn as one footprint."""


def party_walls(buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Measure the walls each building shares with others; garages and outbuildings neither have nor make party walls.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer `in_building`.

    Returns
    -------
    DataFrame indexed like `buildings`
        `neighbours` (count), `row_buildings` (count in the connected row, itself included), `wall_m`, `share` of the
        outline (0 to 1), and `bearing_deg`, the length-weighted direction of the shared walls, 0 to 180 clockwise
        from grid north (missing where there is none).
    """
    count = len(buildings)
    one, other = _touching(buildings)
    outline = shapely.boundary(buildings.geometry.to_numpy())
    length = shapely.length(outline)
    near = shapely.buffer(buildings.geometry.to_numpy(), TOUCH_M, quad_segs=2)
    walls = shapely.intersection(outline[one], near[other])
    wall_m = shapely.length(walls)
    real = (wall_m >= MIN_WALL_M) & (wall_m >= MIN_WALL_SHARE * np.minimum(length[one], length[other]))
    pairs = set(zip(one[real].tolist(), other[real].tolist(), strict=True))
    both = np.array([(b, a) in pairs for a, b in zip(one.tolist(), other.tolist(), strict=True)], dtype=bool) & real
    one, other, walls, wall_m = one[both], other[both], walls[both], wall_m[both]
    _, row = connected_components(coo_array((np.ones(len(one)), (one, other)), shape=(count, count)), directed=False)
    shared = np.bincount(one, weights=wall_m, minlength=count)
    return pd.DataFrame(
        {
            "neighbours": np.bincount(one, minlength=count),
            "row_buildings": np.bincount(row, minlength=count)[row] if count else np.zeros(0, dtype=int),
            "wall_m": shared,
            "share": np.divide(shared, length, out=np.zeros(count), where=length > 0).clip(max=1.0),
            "bearing_deg": _bearing(walls, one, count),
        },
        index=buildings.index,
    )


def form(buildings: gpd.GeoDataFrame, walls: pd.DataFrame | None = None) -> pd.Series[str]:
    """
    Return the form of each home: detached, semi, end_terrace, mid_terrace or flat; missing for other buildings.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer `in_building`.
    walls : DataFrame, optional
        What `party_walls` gives for them, where it is already known.

    Returns
    -------
    Series `form` of string, indexed like `buildings`

    Notes
    -----
    A row of homes drawn as one footprint (several homes by the source's count, or long and narrow) is mid_terrace.
    A home joined to a shop or hall counts as joined: it has a party wall all the same. Bungalows are not told apart.
    """
    walls = party_walls(buildings) if walls is None else walls
    homes = buildings["homes"].astype("float64").fillna(1.0).to_numpy()
    neighbours, row = walls["neighbours"].to_numpy(), walls["row_buildings"].to_numpy()
    alone = np.select(
        [(homes >= 3) | _drawn_as_one(buildings), homes >= 2, neighbours == 0], ["mid_terrace", "semi", "detached"], ""
    )
    joined = np.select([neighbours >= 2, row > 2], ["mid_terrace", "end_terrace"], "semi")
    found = pd.Series(np.where(alone == "", joined, alone), index=buildings.index, dtype="string", name="form")
    found = found.mask(buildings["use"] == "flats", "flat")
    return found.where(buildings["use"].isin(HOME_USES))


def _drawn_as_one(buildings: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    shapes = buildings.geometry.to_numpy()
    sides = np.sort(extent(shapes, wall_axis(shapes)), axis=0)
    row: NDArray[np.bool_] = (sides[1] >= ROW_LENGTH_M) & (sides[1] >= ROW_RATIO * sides[0])
    return row


def _touching(buildings: gpd.GeoDataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    shapes = buildings.geometry.to_numpy()
    counts = np.flatnonzero(~buildings["use"].isin(NO_NEIGHBOUR) & ~shapely.is_empty(shapes))
    one, other = shapely.STRtree(shapes[counts]).query(shapes[counts], predicate="dwithin", distance=TOUCH_M)
    apart = one != other
    one, other = counts[one[apart]], counts[other[apart]]
    order = np.lexsort((other, one))
    return one[order], other[order]


def _bearing(walls: NDArray[np.object_], owner: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """Return the mean direction of each owner's walls, missing where it has none."""
    wall, step = edges(walls)
    building = owner[wall]
    bearing = mean_bearing(step, building, count, turns=2)
    return np.where(np.bincount(building, minlength=count) > 0, bearing, np.nan)
