"""Solar panels that are up already: which building they are on, and how much of which roof plane they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

_MAPPED = "osm"
"""Source whose arrays are drawn where they are; a register gives the site, which may be the gate."""


def arrays_on_buildings(
    buildings: gpd.GeoDataFrame, generators: gpd.GeoDataFrame, homes: pd.DataFrame, *, reach_m: float
) -> pd.DataFrame:
    """
    Return what is known of panels on each building that has some.

    Parameters
    ----------
    buildings, generators, homes
        Layers `in_building`, `in_generator`, `in_home`; the last two may be empty.
    reach_m : float
        How far beside a footprint a mapped array may be drawn and still be on it. [m]

    Returns
    -------
    DataFrame
        One row a building: building_id, arrays (how many), sized_kw (sum of those of known size), unsized (how many
        are not), basis (`map`, `register` or `certificate`).

    Notes
    -----
    Of a building that several sources know of, the map is believed first, then the register, then the certificates: no
    array is counted twice, and one that only a lesser source knows of, beside others on the building, is missed.
    """
    solar = generators[(generators["technology"] == "solar") & (generators["status"] == "connected")]
    solar = solar[~shapely.is_missing(solar.geometry.to_numpy()) & ~solar.geometry.is_empty]
    mapped = solar["source_id"].eq(_MAPPED)
    certified = homes[homes["pv"].fillna(value=False).astype(bool) & homes["building_id"].notna()]
    found = [
        _rows(_building_of(buildings, solar[mapped], reach_m), solar.loc[mapped, "capacity_kw"], "map"),
        _rows(_building_of(buildings, solar[~mapped], 0.0), solar.loc[~mapped, "capacity_kw"], "register"),
        _rows(certified["building_id"], certified["pv_kwp"], "certificate"),
    ]
    rows = pd.concat(found, ignore_index=True)
    first = rows.groupby("building_id")["rank"].transform("min")
    best = rows[rows["rank"].eq(first)]
    groups = best.groupby("building_id", sort=True)
    return pd.DataFrame(
        {
            "arrays": groups.size(),
            "sized_kw": groups["kw"].sum(),
            "unsized": groups["kw"].apply(lambda kw: int(kw.isna().sum())),
            "basis": groups["basis"].first(),
        }
    ).reset_index()


def apart(buildings: gpd.GeoDataFrame, generators: gpd.GeoDataFrame, *, reach_m: float) -> gpd.GeoDataFrame:
    """
    Return the connected solar arrays with a known place that stand on no building, such as those in fields.

    Takes layers `in_building` and `in_generator`, and `reach_m` [m], as `arrays_on_buildings` does.
    """
    solar = generators[(generators["technology"] == "solar") & (generators["status"] == "connected")]
    solar = solar[~shapely.is_missing(solar.geometry.to_numpy()) & ~solar.geometry.is_empty]
    mapped = solar["source_id"].eq(_MAPPED)
    found = [_building_of(buildings, solar[mapped], reach_m), _building_of(buildings, solar[~mapped], 0.0)]
    return solar[pd.concat(found).reindex(solar.index).isna()]


def taken(planes: pd.DataFrame, existing_kw: pd.Series[float]) -> pd.Series[float]:
    """
    Return how much of each plane's capacity the panels already on its building take.

    Parameters
    ----------
    planes : DataFrame
        Columns building_id, azimuth_deg, capacity_kwp, suitable.
    existing_kw : Series
        Capacity already there, indexed by building_id. [kW]

    Returns
    -------
    Series, same index
        The suitable plane that faces nearest south is taken first, then the next; never more than a plane holds. [kWp]
    """
    order = pd.DataFrame(
        {
            "building_id": planes["building_id"], "unsuitable": ~planes["suitable"].astype(bool),
            "from_south": (planes["azimuth_deg"] - 180.0).abs(), "capacity": planes["capacity_kwp"],
        }
    ).sort_values(["building_id", "unsuitable", "from_south"], kind="stable")  # fmt: skip
    there = order["building_id"].map(existing_kw).astype("float64").fillna(0.0)
    before = order.groupby("building_id")["capacity"].cumsum() - order["capacity"]
    used: pd.Series[float] = (there - before).clip(lower=0.0).clip(upper=order["capacity"])
    return used.reindex(planes.index).rename("existing_kwp")


def on_planes(arrays: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    """
    Part the arrays of each building among the planes they take up.

    Parameters
    ----------
    arrays : DataFrame
        Columns building_id and capacity_kwp, others kept.
    planes : DataFrame
        Columns building_id and existing_kwp, others kept.

    Returns
    -------
    DataFrame
        A row for each plane that holds some, or one with the columns of `planes` missing where none is said to.
    """
    held = planes[planes["existing_kwp"] > 0].copy()
    held["share"] = held["existing_kwp"] / held.groupby("building_id")["existing_kwp"].transform("sum")
    parted = arrays.merge(held.drop(columns="existing_kwp"), on="building_id", how="left")
    return parted.assign(capacity_kwp=parted["capacity_kwp"] * parted["share"].fillna(1.0)).drop(columns="share")


def _building_of(buildings: gpd.GeoDataFrame, points: gpd.GeoDataFrame, reach_m: float) -> pd.Series[str]:
    """Return the building each point is on, or nearest to within reach; missing where there is none."""
    tree = shapely.STRtree(buildings.geometry.to_numpy())
    point, building = tree.query_nearest(points.geometry.to_numpy(), max_distance=max(reach_m, 1e-9), all_matches=False)
    ids = pd.Series(pd.NA, index=points.index, dtype="string")
    ids.iloc[point] = buildings["building_id"].to_numpy()[building]
    return ids


def _rows(building_id: pd.Series[str], kw: pd.Series[float], basis: str) -> pd.DataFrame:
    rank = ("map", "register", "certificate").index(basis)
    rows = pd.DataFrame({"building_id": building_id, "kw": kw.astype("float64"), "rank": rank, "basis": basis})
    return rows[rows["building_id"].notna()]
