"""How much of which roof plane the solar panels that are up already take: which they are says `net_generator`."""

from __future__ import annotations

import pandas as pd


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
