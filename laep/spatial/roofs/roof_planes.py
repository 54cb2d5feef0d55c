"""Roofs -> layer `roof_plane`: planes seen in a surface model, else the roof most likely on such a building."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep import schema
from laep.spatial.designations import on_roofs, touched
from laep.spatial.roofs.party_walls import party_walls
from laep.spatial.roofs.roof_capacity import SOUTH_DEG, Layout, Span, less_existing, with_capacity
from laep.spatial.shapes import Geometries, extent, halves, heading, polygonal, wall_axis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.spatial.roofs.planes import Found

ALWAYS_FLAT = ("industry", "garage", "utility")
ALWAYS_GABLE = ("home", "worship", "outbuilding")
SHALLOW_GABLE = ("farm",)
SMALLEST_PLANE_M2 = 0.01
"""A sliver left by the cut, not a plane. [m2]"""
GOOD_RESIDUAL_M, POOR_RESIDUAL_M = 0.12, 0.25
"""Cells this near their plane show it well; this far, hardly. [m]"""
GOOD_SHARE, POOR_SHARE = 0.8, 0.5
"""Planes over this share of the footprint explain the roof; over less than the second, they leave it unknown."""
GOOD_CELLS, GOOD_CELL_M = 8, 1.0
"""Cells that fix a plane well: how many, how wide. [-], [m]"""
SPREAD_OF_SQUARE = 0.29
"""Standard deviation of places in a square, as a share of its side: how firmly cells hold a slope."""
WHY_NOT = {
    "unseen": "", "low": ", since no roof stands here in the survey",
    "rough": ", since the survey shows no clear planes",
    "small": ", since it is too small for the survey", "coarse": ", since the survey is too coarse",
}  # fmt: skip
"""What the method adds where a surface model gave no planes, by `Found.seen.status`."""


class Carrying(TypedDict):
    """What `roof_capacity.with_capacity` takes besides the planes."""

    layout: Layout
    flat_below_deg: float
    flat_tilt_deg: Span
    usable_pitched: Span
    usable_flat: Span
    power_density: Span
    min_usable_m2: float
    max_from_south_deg: float


def roof_planes(
    buildings: gpd.GeoDataFrame,
    found: Found | None = None,
    *,
    pitch_deg: Span,
    low_pitch_deg: Span,
    flat_from_footprint_m2: float,
    heights: pd.DataFrame | None = None,
    existing: pd.DataFrame | None = None,
    constraints: gpd.GeoDataFrame | None = None,
    covered_share: pd.Series[float] | None = None,
    **carrying: Unpack[Carrying],
) -> gpd.GeoDataFrame:
    """
    Return the roof planes of every building, as layer `roof_plane`.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer `in_building`.
    found : planes.Found, optional
        Planes seen in a surface model. Buildings without any get those their footprint suggests.
    pitch_deg, low_pitch_deg : (value, low, high)
        Pitch of a gable, and of a barn's shallow gable: `pv.roof.pitch_default_deg`, `pv.roof.low_pitch_deg`. [deg]
    flat_from_footprint_m2 : float
        Footprint from which all but homes, barns and churches are taken as flat, `pv.roof.flat_from_footprint_m2`. [m2]
    heights : DataFrame, optional
        Layer `roof_height`; a footprint's roof gets medium confidence where the height is known to medium or better.
    existing : DataFrame, optional
        Capacity of the panels already on each building, as `roof_capacity.less_existing` takes it. [kW]
    constraints : GeoDataFrame, optional
        Layer `in_constraint`: what a building touches of listing, conservation areas and the like is written down.
    covered_share : Series, optional
        What buildings and woods cover of the land round each building, indexed by building_id. [fraction]
    **carrying
        As for `roof_capacity.with_capacity`.

    Returns
    -------
    GeoDataFrame
        The planes of a building do not overlap. `method` says how they were found, and why not from the surface model.

    Notes
    -----
    From a footprint a gable has two planes, cut along its ridge, and a flat roof has one; together they cover it. No
    hips, dormers, chimneys, shade or L-shaped ridges: right for a street on average, often wrong for one house.
    """
    guessed = _archetypes(
        buildings, pitch_deg=pitch_deg, low_pitch_deg=low_pitch_deg, flat_from_footprint_m2=flat_from_footprint_m2
    )
    guessed["confidence"] = np.where(
        buildings["building_id"].isin(_height_known(heights)).to_numpy()[guessed["row"].to_numpy(dtype=np.intp)],
        "medium",
        "low",
    )
    planes = guessed if found is None else _both(found, guessed)
    planes = with_capacity(planes, **carrying)
    planes["building_id"] = buildings["building_id"].to_numpy()[planes["row"].to_numpy(dtype=np.intp)]
    planes["roof_id"] = planes["building_id"].astype(str) + "-" + planes["plane"].astype(str)
    there = pd.DataFrame({"there_kw": [], "public_kw": []}, dtype="float64") if existing is None else existing
    planes = less_existing(planes, there, min_usable_m2=carrying["min_usable_m2"])
    planes["constraints"] = _designated(buildings, constraints).to_numpy()[planes["row"].to_numpy(dtype=np.intp)]
    planes["covered_share"] = np.nan if covered_share is None else planes["building_id"].map(covered_share)
    columns = [*schema.LAYERS["roof_plane"].column_names, "geometry"]
    return schema.conform(gpd.GeoDataFrame(planes[columns], geometry="geometry", crs=schema.CRS), "roof_plane")


def _designated(buildings: gpd.GeoDataFrame, constraints: gpd.GeoDataFrame | None) -> pd.Series[str]:
    if constraints is None:
        return pd.Series(pd.NA, index=range(len(buildings)), dtype="string")
    return touched(buildings.geometry.to_numpy(), on_roofs(constraints))


def _archetypes(
    buildings: gpd.GeoDataFrame, *, pitch_deg: Span, low_pitch_deg: Span, flat_from_footprint_m2: float
) -> pd.DataFrame:
    shapes = polygonal(buildings.geometry.to_numpy())
    kind = roof_kinds(buildings, flat_from_footprint_m2=flat_from_footprint_m2).to_numpy()
    ridge = ridge_bearing(buildings)
    planes: pd.DataFrame = pd.concat([_flat(shapes, kind), _gables(shapes, kind, ridge)], ignore_index=True)
    planes = planes[shapely.area(planes["geometry"].to_numpy()) > SMALLEST_PLANE_M2]
    planes = planes.sort_values(["row", "plane"], kind="stable").reset_index(drop=True)
    shallow = planes["kind"] == "shallow gable"
    for end, name in enumerate(("", "_low", "_high")):
        slope = np.where(shallow, low_pitch_deg[end], pitch_deg[end])
        planes[f"tilt{name}_deg"] = np.where(planes["kind"] == "flat", 0.0, slope)
    planes["plan_m2"] = shapely.area(planes["geometry"].to_numpy())
    planes["height_m"] = planes["residual_m"] = np.nan
    planes["seen"] = False
    planes["method"] = [f"footprint archetype: {kind}" for kind in planes["kind"]]
    return planes


def _both(found: Found, guessed: pd.DataFrame) -> pd.DataFrame:
    """Return the planes seen in the surface model, and guessed ones, with the reason, where it shows none."""
    status = found.seen["status"].to_numpy()
    seen = pd.DataFrame(found.planes)
    seen["method"] = "plane in the surface model"
    seen["seen"] = True
    seen["confidence"] = _confidence(seen, found.seen)
    side = np.sqrt(np.maximum(seen["plan_m2"], 1.0))
    unsure = 2 * np.degrees(seen["residual_m"] / (SPREAD_OF_SQUARE * side * np.sqrt(seen["cells"])))
    seen["tilt_low_deg"] = np.maximum(seen["tilt_deg"] - unsure, 0.0)
    seen["tilt_high_deg"] = np.minimum(seen["tilt_deg"] + unsure, 75.0)
    guessed = guessed[(status != "planes")[guessed["row"].to_numpy(dtype=np.intp)]].copy()
    reason = status[guessed["row"].to_numpy(dtype=np.intp)]
    guessed["method"] += pd.Series(reason, index=guessed.index).map(WHY_NOT)
    guessed.loc[reason != "unseen", "confidence"] = "low"
    both = pd.concat([seen, guessed.drop(columns="kind")], ignore_index=True)
    return both.sort_values(["row", "plane"], kind="stable").reset_index(drop=True)


def _confidence(planes: pd.DataFrame, seen: pd.DataFrame) -> NDArray[np.object_]:
    of = seen.iloc[planes["row"].to_numpy(dtype=np.intp)]
    share, cell = of["plane_share"].to_numpy(dtype=float), of["resolution_m"].to_numpy(dtype=float)
    residual = planes["residual_m"].to_numpy()
    good = (residual <= GOOD_RESIDUAL_M) & (share >= GOOD_SHARE) & (cell <= GOOD_CELL_M + 0.01)
    good &= (planes["cells"] >= GOOD_CELLS).to_numpy() & of["built_share"].notna().to_numpy()
    poor = (residual > POOR_RESIDUAL_M) | (share < POOR_SHARE)
    named: NDArray[np.object_] = np.select([poor, good], ["low", "high"], "medium").astype(object)
    return named


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
    bearing = np.asarray(ridge, dtype=np.float64)[row]
    along = heading(bearing)
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


def _height_known(heights: pd.DataFrame | None) -> pd.Series[str]:
    if heights is None:
        return pd.Series([], dtype="string")
    return heights.loc[heights["height_m"].notna() & (heights["confidence"] != "low"), "building_id"]
