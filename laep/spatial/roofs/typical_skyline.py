"""The skyline to expect round a roof that no survey shows: by how much of the land buildings and woods cover there.

`docs/methods-solar-demand.md` has the law, and the places with a surface model that it was held to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from laep.spatial.roofs.horizon import as_seen, sector_azimuths
from laep.spatial.roofs.horizon_kernel import sky_above
from laep.spatial.shapes import polygonal

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LOOKS = 48
"""Points round a building at which the land is looked at."""
_GOLDEN = (3 - 5**0.5) * np.pi
"""Angle from one of them to the next: they then lie evenly over the disc, as the seeds of a sunflower. [rad]"""
_EYES = (np.arange(32) + 0.5) / 32
"""Shares of a plane's cells that see a lower skyline, for the cells that stand for all. [-]"""


class Typical(NamedTuple):
    """Skylines as `solar.Shade` holds them: mean and spread by sector, shape (planes, sectors) [deg]; share of sky."""

    horizon_deg: Floats
    spread_deg: Floats
    sky_view: Floats


def covered(buildings: gpd.GeoDataFrame, land: gpd.GeoDataFrame, *, within_m: float) -> pd.Series[float]:
    """
    Return the share of the land round each building that buildings, itself among them, and woods cover.

    Parameters
    ----------
    buildings, land : GeoDataFrame
        Layers `in_building` and `in_land`.
    within_m : float
        Radius looked at, `pv.skyline.within_m`. [m]

    Returns
    -------
    Series, indexed by `building_id`
        Counted at 48 points spread evenly over the disc, so in steps of 2 %. [fraction]
    """
    woods = land.geometry[land["kind"] == "woodland"] if len(land) else land.geometry
    tall = np.concatenate([polygonal(part.to_numpy()) for part in (buildings.geometry, woods)])
    middle = shapely.get_coordinates(shapely.centroid(buildings.geometry.to_numpy()))
    turn = np.arange(_LOOKS)
    reach = within_m * np.sqrt((turn + 0.5) / _LOOKS)
    offsets = np.stack([reach * np.cos(turn * _GOLDEN), reach * np.sin(turn * _GOLDEN)], axis=1)
    points = shapely.points((middle[:, None] + offsets).reshape(-1, 2))
    hit = np.unique(shapely.STRtree(tall).query(points, predicate="intersects")[0])
    count = np.bincount(hit // _LOOKS, minlength=len(buildings))
    return pd.Series(count / _LOOKS, index=pd.Index(buildings["building_id"], name="building_id"))


def around(tilt_deg: Floats, mean_deg: Floats) -> Typical:
    """
    Return the skyline round planes of a slope, where things stand a given height on average, in all directions alike.

    Parameters
    ----------
    tilt_deg, mean_deg : array, shape (planes,)
        Slope of the panels; mean height of the skyline. [deg]

    Notes
    -----
    Heights are taken to fall off as exp(-height/mean): many directions are open, few are high, as the surveyed places
    show, where spread and mean are about alike. What the plane itself hides is not counted twice.
    """
    pairs, which = np.unique(np.stack([tilt_deg, mean_deg]), axis=1, return_inverse=True)
    height = np.minimum(np.radians(-pairs[1][:, None] * np.log1p(-_EYES)), np.pi / 2)
    seen, free = np.zeros(pairs.shape[1]), np.zeros(pairs.shape[1])
    for azimuth in sector_azimuths():
        up, across, edge = as_seen(pairs[0], np.full(pairs.shape[1], azimuth))
        higher = np.maximum(height, edge[:, None])
        seen += sky_above(higher, up[:, None], across[:, None]).mean(axis=1)
        free += sky_above(edge, up, across)
    sectors = np.ones(len(sector_azimuths()))
    mean, spread = np.degrees(height.mean(axis=1)), np.degrees(height.std(axis=1))
    return Typical(np.outer(mean[which], sectors), np.outer(spread[which], sectors), (seen / free)[which])
