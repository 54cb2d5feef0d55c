"""Neighbouring homes that are alike, gathered into clusters; what lies round them, and their outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import Delaunay, QhullError, cKDTree

from laep.spatial.shapes import voronoi

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Whole = NDArray[np.intp]

_UNLIKE_FORM, _UNLIKE_STREET, _UNLIKE_PLOT = 1.0, 0.5, 0.5
"""What homes of other forms, on other streets, and plots of another size (a factor of e) are apart, in reaches."""
_LOOSE = 3.0
"""How much farther apart than the homes of a cluster a small one's neighbours may be (Felzenszwalb and Huttenlocher's
k, in reaches)."""
_FEWEST = 5
"""A cluster of fewer buildings joins the nearest one."""
_AROUND_M = 18.0
"""How far the outline of a cluster reaches beyond its buildings. [m]"""
_MOST_PLOT_M2 = 2000.0
"""No home's land is taken to be larger: beyond are fields. [m2]"""
_FEW = 4


def plots(buildings: gpd.GeoDataFrame, homes: pd.Series[float]) -> pd.Series[float]:
    """Return the land nearer to each building than to another, its footprint left out, for one of its homes. [m2]."""
    centre = shapely.centroid(buildings.geometry.to_numpy())
    xy = shapely.get_coordinates(centre)
    cells = voronoi(xy, shapely.box(*buildings.total_bounds).buffer(_AROUND_M))
    land = np.minimum(shapely.area(cells), _MOST_PLOT_M2) - shapely.area(buildings.geometry.to_numpy())
    return pd.Series(np.maximum(land, 0.0) / homes.to_numpy(dtype="float64"), index=buildings.index)


def street_of(buildings: gpd.GeoDataFrame, roads: gpd.GeoDataFrame) -> pd.Series[str]:
    """Return the name of the nearest named street of each building, missing where no street has a name."""
    named = roads[(roads["kind"] == "road") & roads["name"].notna()] if len(roads) else roads
    if not len(named):
        return pd.Series(pd.NA, index=buildings.index, dtype="string")
    centre = shapely.centroid(buildings.geometry.to_numpy())
    nearest = shapely.STRtree(named.geometry.to_numpy()).nearest(centre)
    return pd.Series(named["name"].to_numpy()[nearest], index=buildings.index, dtype="string")


def cluster(
    buildings: pd.DataFrame, street: pd.Series[str], plot_m2: pd.Series[float], *, reach_m: float, most_homes: float
) -> NDArray[np.intp]:
    """
    Return the cluster of each building, numbered from 0 by the first building of each.

    Parameters
    ----------
    buildings : DataFrame
        `x`, `y`, `form`, `homes`.
    street, plot_m2 : Series, same index
        From `street_of` and `plots`.
    reach_m : float
        Neighbours farther apart are of different clusters, `heat.cluster.reach_m`. [m]
    most_homes : float
        No cluster holds more, `heat.cluster.most_homes`. [homes]

    Notes
    -----
    Felzenszwalb and Huttenlocher (2004), International Journal of Computer Vision 59: two parts are joined where the
    step between them is no larger than the steps within them. Steps are distance and unlikeness together. Afterwards
    small parts join their nearest neighbour.
    """
    one, other, step = _steps(buildings, street, plot_m2, reach_m)
    order = np.lexsort((other, one, step))
    part = np.arange(len(buildings))
    within, count = np.zeros(len(buildings)), np.ones(len(buildings))
    homes = buildings["homes"].to_numpy(dtype="float64").copy()

    def root(node: int) -> int:
        while part[node] != node:
            part[node] = part[part[node]]
            node = int(part[node])
        return node

    for small_only in (False, True):
        for at in order:
            a, b = root(int(one[at])), root(int(other[at]))
            if a == b or homes[a] + homes[b] > most_homes:
                continue
            alike = step[at] <= min(within[a] + _LOOSE / count[a], within[b] + _LOOSE / count[b])
            if alike or (small_only and min(count[a], count[b]) < _FEWEST):
                keep, gone = min(a, b), max(a, b)
                part[gone] = keep
                homes[keep] += homes[gone]
                count[keep] += count[gone]
                within[keep] = max(within[a], within[b], step[at])
    roots = np.array([root(node) for node in range(len(buildings))])
    _, number = np.unique(roots, return_inverse=True)
    found: NDArray[np.intp] = number.reshape(-1)
    return found


def outlines(buildings: gpd.GeoDataFrame, number: NDArray[np.intp]) -> NDArray[np.object_]:
    """Return the outline of each cluster: its buildings and the ground between them."""
    grown = shapely.buffer(buildings.geometry.to_numpy(), _AROUND_M, quad_segs=2)
    shapes = [shapely.union_all(grown[number == one]) for one in range(int(number.max(initial=-1)) + 1)]
    simpler: NDArray[np.object_] = shapely.simplify(np.array(shapes, dtype=object), 1.0)
    return simpler


def _steps(
    buildings: pd.DataFrame, street: pd.Series[str], plot_m2: pd.Series[float], reach_m: float
) -> tuple[Whole, Whole, NDArray[np.float64]]:
    """Return pairs of neighbours and how far apart they are, in reaches and unlikeness."""
    xy = buildings[["x", "y"]].to_numpy(dtype="float64")
    one, other = _neighbours(xy)
    metres = np.hypot(*(xy[one] - xy[other]).T)
    near = metres <= reach_m
    one, other, metres = one[near], other[near], metres[near]
    form, named = (values.fillna("").to_numpy(dtype=object) for values in (buildings["form"], street))
    size = np.log(plot_m2.to_numpy(dtype="float64") + 1.0)
    step = (
        metres / reach_m
        + _UNLIKE_FORM * (form[one] != form[other])
        + _UNLIKE_STREET * (named[one] != named[other])
        + _UNLIKE_PLOT * np.abs(size[one] - size[other])
    )
    return one, other, step


def _neighbours(xy: NDArray[np.float64]) -> tuple[Whole, Whole]:
    """Return pairs of points that touch in a triangulation; all pairs of a few."""
    if len(xy) < _FEW:
        pairs = cKDTree(xy).query_pairs(np.inf, output_type="ndarray")
    else:
        try:
            sides = Delaunay(xy, qhull_options="QJ").simplices
        except QhullError:
            pairs = cKDTree(xy).query_pairs(np.inf, output_type="ndarray")
        else:
            pairs = np.concatenate([sides[:, [0, 1]], sides[:, [1, 2]], sides[:, [2, 0]]])
    ordered = np.unique(np.sort(pairs.reshape(-1, 2), axis=1), axis=0)
    return ordered[:, 0].astype(np.intp), ordered[:, 1].astype(np.intp)
