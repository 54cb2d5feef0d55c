"""Steps that count the homes of the area, and what certificates and the census say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from laep.errors import LayerMissing
from laep.models.energy import homes
from laep.models.energy.stock import stock
from laep.pipeline import Step
from laep.spatial import homes as placed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.pipeline import Inputs


def _homes(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, ground = inputs.assumptions, gpd.GeoDataFrame(inputs.or_empty("in_building"))
    households = _households(inputs)
    if ground.empty and households.empty:
        raise LayerMissing(
            "There are neither buildings nor census households to count homes by. "
            "Run `laep ingest osm --file PATH`, or `laep ingest zones` and `laep ingest tenure`."
        )
    points = inputs.get("in_uprn")
    standing = None if points is None else pd.Series(placed.addresses(ground, gpd.GeoDataFrame(points)))
    buildings = _of_buildings(inputs, ground, standing)
    around = _zones(inputs, households, bare=ground.empty)
    reach, around["map_share"] = placed.map_reach(ground, gpd.GeoDataFrame(inputs["in_boundary"]), around)
    zone = placed.zone_of(ground, around)
    around["homes"] = _by_zone(buildings["homes"], zone, around)
    around["guessed"] = _by_zone(buildings["homes"].where(homes.guessed(buildings), 0.0), zone, around)
    around["loose"] = _loose(inputs, standing, around)
    zones = homes.of_zones(pd.DataFrame(around), apart=take.value("building.homes_apart", "-"))
    found = homes.table(homes.scaled(buildings, zone, zones), zones, map_share=reach)
    inputs.notes += homes.notes(found)
    return {"model_home": found}


def _of_buildings(inputs: Inputs, ground: gpd.GeoDataFrame, standing: pd.Series[int] | None) -> pd.DataFrame:
    take, rated = inputs.assumptions, inputs.get("in_home")
    sizes = homes.Sizes(
        flat_m2=take.value("building.flat_m2", "m2"),
        flats_storeys=take.value("building.storeys.flats", "storeys"),
        home_footprint_m2=take.value("building.home_footprint_m2", "m2"),
        home_min_m2=take.value("building.home_min_m2", "m2"),
        home_max_m2=take.value("building.home_max_m2", "m2"),
    )
    addresses = (
        None
        if standing is None
        else standing.value_counts().reindex(range(len(ground)), fill_value=0).astype("float64")
    )
    certificates = None
    if rated is not None:
        certificates = ground["building_id"].map(rated["building_id"].value_counts()).fillna(0.0).astype("float64")
    return homes.of_buildings(
        ground, homes.mapped(ground, sizes), addresses=addresses, certificates=certificates
    )  # fmt: skip


def _households(inputs: Inputs) -> pd.Series[float]:
    """Return the households of each whole census zone, by the first of tenure, census and fuel poverty that has it."""
    found = pd.Series(dtype="float64")
    for layer in ("in_tenure", "in_census", "in_fuel_poverty"):
        rows = inputs.or_empty(layer)
        if layer == "in_census":
            rows = rows[rows["category"] == "total"]
        by_zone = rows.drop_duplicates("zone_id").set_index("zone_id")["households"].astype("float64").dropna()
        found = found.combine_first(by_zone) if len(found) else by_zone
    return found


def _zones(inputs: Inputs, households: pd.Series[float], *, bare: bool) -> gpd.GeoDataFrame:
    """
    Return the census zones with their households and the share of their land in the area.

    Without boundaries of zones no building can be told to stand in one: then those of the tenure table count if there
    are no buildings (`bare`), and none otherwise.
    """
    held = inputs.get("in_zone")
    if held is None:
        tenure = inputs.or_empty("in_tenure") if bare else inputs.or_empty("in_tenure").iloc[:0]
        held = gpd.GeoDataFrame(
            {"zone_id": tenure["zone_id"], "kind": "other", "share_in_area": tenure["share_in_area"]},
            geometry=gpd.GeoSeries([None] * len(tenure), crs="EPSG:27700"),
        )
    told = held["zone_id"].map(households).astype("float64")
    most = told.groupby(held["kind"].to_numpy()).sum().idxmax() if len(held) else ""
    return gpd.GeoDataFrame(
        {"zone_id": held["zone_id"], "land_share": held["share_in_area"], "households": told,
         "main": held["kind"] == most},
        geometry=gpd.GeoSeries(held.geometry.to_numpy(), index=held.index, crs="EPSG:27700"),
    )  # fmt: skip


def _by_zone(values: pd.Series[float], zone: pd.Series[str], zones: pd.DataFrame) -> pd.Series[float]:
    return zones["zone_id"].map(values.groupby(zone.to_numpy()).sum()).fillna(0.0).astype("float64")


def _loose(inputs: Inputs, standing: pd.Series[int] | None, zones: gpd.GeoDataFrame) -> pd.Series[float]:
    """Return the addresses of each zone that stand in no building; missing where no addresses are held."""
    if standing is None:
        return pd.Series(np.nan, index=zones.index)
    points = gpd.GeoDataFrame(inputs["in_uprn"])[(standing < 0).to_numpy()]
    return _by_zone(pd.Series(1.0, index=points.index), placed.zone_of(points, zones), zones)


def _stock(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    counted = stock(
        inputs.get("in_home"),
        _weighted(inputs, "in_census"),
        _weighted(inputs, "in_fuel_poverty"),
        _weighted(inputs, "in_tenure"),
        least_count=inputs.assumptions.value("privacy.least_count", "homes"),
    )
    if counted.empty:
        raise LayerMissing(
            "How homes are built and heated is not known. Run `laep ingest homes --file PATH` with energy "
            "certificates, or `laep ingest census --file PATH`."
        )
    if hidden := int(counted["hidden"].sum()):
        inputs.notes.append(f"Counts hidden because they are small, or would give a small one away: {hidden}")
    return {"model_stock": counted}


def _weighted(inputs: Inputs, layer: str) -> pd.DataFrame | None:
    """Return a layer by census zone with the share of each zone's households in the area."""
    held = inputs.get(layer)
    return None if held is None else held.assign(share_in_area=homes.share(held, inputs.get("model_home")))


HOMES = Step(
    "homes",
    "Counting homes by map, addresses, certificates and census",
    ("in_boundary", "in_building", "in_uprn", "in_home", "in_zone", "in_tenure", "in_census", "in_fuel_poverty"),
    ("model_home",),
    _homes,
)
STOCK = Step(
    "stock",
    "Counting homes by rating, heating and kind",
    ("in_home", "in_census", "in_fuel_poverty", "in_tenure", "model_home"),
    ("model_stock",),
    _stock,
)
