"""Roof planes from footprints alone -> layer `roof_plane`: what kind of building it is decides what roof it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep import schema
from laep.spatial.party_walls import party_walls
from laep.spatial.shapes import Geometries, extent, halves, polygonal, wall_axis

if TYPE_CHECKING:
    from numpy.typing import NDArray

Span = tuple[float, float, float]
"""An assumption's value, low and high."""

SOUTH_DEG = 180.0
ALWAYS_FLAT = ("industry", "garage", "utility")
ALWAYS_GABLE = ("home", "worship", "outbuilding")
SHALLOW_GABLE = ("farm",)
SMALLEST_PLANE_M2 = 0.01
"""A sliver left by the cut, not a plane. [m2]"""


def from_footprints(
    buildings: gpd.GeoDataFrame,
    *,
    pitch_deg: Span,
    low_pitch_deg: Span,
    flat_tilt_deg: Span,
    usable_pitched: Span,
    usable_flat: Span,
    power_density: Span,
    min_usable_m2: float,
    max_from_south_deg: float,
    flat_from_footprint_m2: float,
    heights: pd.DataFrame | None = None,
) -> gpd.GeoDataFrame:
    """
    Return the roof planes that footprints suggest, as layer `roof_plane`.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer `in_building`.
    pitch_deg, low_pitch_deg : (value, low, high)
        Pitch of a gable, and of a barn's shallow gable: `pv.roof.pitch_default_deg`, `pv.roof.low_pitch_deg`. [deg]
    flat_tilt_deg : (value, low, high)
        Tilt of panels on a flat roof, `pv.roof.flat_tilt_deg`; only the value is used. [deg]
    usable_pitched, usable_flat : (value, low, high)
        Share of a plane that panels can cover, `pv.roof.usable_fraction.*`. [-]
    power_density : (value, low, high)
        Capacity per area of panel, `pv.module.power_density`. [W/m2]
    min_usable_m2, max_from_south_deg : float
        What makes a plane suitable: `pv.roof.min_usable_m2` [m2], `pv.roof.max_from_south_deg` [deg].
    flat_from_footprint_m2 : float
        Footprint from which all but homes, barns and churches are taken as flat, `pv.roof.flat_from_footprint_m2`. [m2]
    heights : DataFrame, optional
        Layer `roof_height`; a building whose height is known to medium confidence or better gets medium here.

    Returns
    -------
    GeoDataFrame
        A gable has two planes, cut along its ridge; a flat roof has one, facing south. The planes of a building
        add up to its footprint.

    Notes
    -----
    No hips, dormers, chimneys, shade or L-shaped ridges: right for a street on average, often wrong for one house.
    Directions are from grid north, which is up to 3 degrees off true north at the edges of Great Britain.
    """
    shapes = polygonal(buildings.geometry.to_numpy())
    kind = roof_kinds(buildings, flat_from_footprint_m2=flat_from_footprint_m2).to_numpy()
    ridge = ridge_bearing(buildings)
    planes = pd.concat([_flat(shapes, kind), _gables(shapes, kind, ridge)], ignore_index=True)
    planes = planes[shapely.area(planes["geometry"].to_numpy()) > SMALLEST_PLANE_M2]
    planes = planes.sort_values(["row", "plane"], kind="stable").reset_index(drop=True)
    shallow = planes["kind"] == "shallow gable"
    slope = {end: np.where(shallow, low_pitch_deg[end], pitch_deg[end]) for end in range(3)}
    flat = (planes["kind"] == "flat").to_numpy()
    planes["tilt_deg"] = np.where(flat, flat_tilt_deg[0], slope[0])
    planes["plan_m2"] = shapely.area(planes["geometry"].to_numpy())
    _add_capacity(planes, flat, slope, usable_pitched, usable_flat, power_density)
    from_south = np.abs(planes["azimuth_deg"] - SOUTH_DEG)
    planes["suitable"] = (planes["usable_m2"] >= min_usable_m2) & (flat | (from_south <= max_from_south_deg))
    planes["building_id"] = buildings["building_id"].to_numpy()[planes["row"].to_numpy(dtype=np.intp)]
    planes["roof_id"] = planes["building_id"].astype(str) + "-" + planes["plane"].astype(str)
    planes["method"] = "footprint archetype: " + planes["kind"].astype(str)
    planes["confidence"] = np.where(planes["building_id"].isin(_height_known(heights)), "medium", "low")
    columns = [*schema.LAYERS["roof_plane"].column_names, "geometry"]
    return schema.conform(gpd.GeoDataFrame(planes[columns], geometry="geometry", crs=schema.CRS), "roof_plane")


def roof_kinds(buildings: gpd.GeoDataFrame, *, flat_from_footprint_m2: float) -> pd.Series[str]:
    """
    Return the roof each building is taken to have: gable, shallow gable or flat, indexed like `buildings`.

    Homes, worship and outbuildings: gable. Barns: shallow gable. Industry, garages and utilities: flat. Everything
    else is flat from `flat_from_footprint_m2` (a supermarket, a school), a gable below it (a shop in a terrace).
    """
    use = buildings["use"]
    large = buildings["footprint_m2"] >= flat_from_footprint_m2
    kind = np.select(
        [use.isin(SHALLOW_GABLE), use.isin(ALWAYS_GABLE), use.isin(ALWAYS_FLAT) | large],
        ["shallow gable", "gable", "flat"],
        "gable",
    )
    return pd.Series(kind, index=buildings.index, dtype="string", name="roof_kind")


def ridge_bearing(buildings: gpd.GeoDataFrame) -> pd.Series[float]:
    """
    Return the direction the ridge of each building most likely runs, 0 to 180 in degrees clockwise from grid north.

    The walls give two axes at right angles. A home in a row has its ridge along the row, so across the party walls;
    any other building along the longer axis.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer `in_building`.

    Returns
    -------
    Series `ridge_bearing_deg`, indexed like `buildings`
    """
    shapes = polygonal(buildings.geometry.to_numpy())
    axis = wall_axis(shapes)
    along, across = extent(shapes, axis)
    longer = np.where(along >= across, axis, axis + 90.0)
    row = party_walls(buildings)["bearing_deg"].to_numpy() + 90.0
    turn = np.abs((row - axis + 45.0) % 180.0 - 45.0)  # 0 on this axis, 90 on the other
    in_row = np.where(turn <= 45.0, axis, axis + 90.0)
    ridge = np.where(np.isnan(row), longer, in_row) % 180.0
    return pd.Series(ridge, index=buildings.index, name="ridge_bearing_deg")


def _flat(shapes: Geometries, kind: NDArray[np.object_]) -> pd.DataFrame:
    row = np.flatnonzero(kind == "flat")
    return _planes(row, 1, shapes[row], np.full(len(row), SOUTH_DEG), kind[row])


def _gables(shapes: Geometries, kind: NDArray[np.object_], ridge: pd.Series[float]) -> pd.DataFrame:
    row = np.flatnonzero(kind != "flat")
    bearing = ridge.to_numpy()[row]
    along = np.column_stack([np.sin(np.radians(bearing)), np.cos(np.radians(bearing))])
    centre = shapely.get_coordinates(shapely.centroid(shapes[row]))
    full = ~shapely.is_empty(shapes[row])
    left, right = halves(shapes[row][full], centre, along[full])
    one = _planes(row[full], 1, left, (bearing[full] - 90.0) % 360.0, kind[row][full])
    two = _planes(row[full], 2, right, (bearing[full] + 90.0) % 360.0, kind[row][full])
    return pd.concat([one, two], ignore_index=True)


def _planes(
    row: NDArray[np.intp], plane: int, shapes: Geometries, azimuth: NDArray[np.float64], kind: NDArray[np.object_]
) -> pd.DataFrame:
    return pd.DataFrame({"row": row, "plane": plane, "azimuth_deg": azimuth, "kind": kind, "geometry": shapes})


def _add_capacity(
    planes: pd.DataFrame,
    flat: NDArray[np.bool_],
    slope: dict[int, NDArray[np.float64]],
    usable_pitched: Span,
    usable_flat: Span,
    power_density: Span,
) -> None:
    for end, name in enumerate(("", "_low", "_high")):
        sloped: pd.Series[float] = planes["plan_m2"] / np.where(flat, 1.0, np.cos(np.radians(slope[end])))
        usable: pd.Series[float] = sloped * np.where(flat, usable_flat[end], usable_pitched[end])
        if end == 0:
            planes["sloped_m2"] = sloped
        planes[f"usable{name}_m2"] = usable
        planes[f"capacity{name}_kwp"] = usable * power_density[end] / 1000.0


def _height_known(heights: pd.DataFrame | None) -> pd.Series[str]:
    if heights is None:
        return pd.Series([], dtype="string")
    return heights.loc[heights["height_m"].notna() & (heights["confidence"] != "low"), "building_id"]
