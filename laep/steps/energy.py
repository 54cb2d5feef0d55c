"""Steps of the whole energy of the place: what is used of every carrier, what it costs and emits, and who pays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from laep.models.energy import business, cars, gas, household, metered, payers, use
from laep.models.energy import homes as counted
from laep.models.money.span import Span
from laep.pipeline import AREA, Step
from laep.schema import conform, empty, uses
from laep.schema.vocabulary import HEAT_WAYS
from laep.spatial import homes as placed
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from laep.assumptions import Assumptions
    from laep.models.energy.gas import Gas
    from laep.models.energy.household import Rates
    from laep.models.energy.use import Part
    from laep.pipeline import Inputs

    Array = NDArray[np.float64]

_FUELS = ("oil", "lpg", "solid", "wood", "heat_network")
SAME_USE = "same_use"
"""Scenario of what the same use would emit in years to come."""


class Places(NamedTuple):
    """Buildings, and homes of census zones that no map shows: `model_demand`, and the heat of each by `model_heat`."""

    rows: pd.DataFrame
    ground: gpd.GeoDataFrame
    heat: pd.DataFrame

    def column(self, name: str) -> Array:
        """Return a column of `model_demand`, shape (places,)."""
        return self.rows[name].to_numpy(dtype="float64")

    def zone(self, zones: gpd.GeoDataFrame) -> pd.Series[str]:
        """Return which of some census zones each place is in; missing where none."""
        inside = placed.zone_of(self.ground, zones) if len(self.ground) and len(zones) else pd.Series(dtype="string")
        apart = self.rows["scope_id"].iloc[len(self.ground) :]
        own = apart.where(apart.isin(zones["zone_id"])).astype("string")
        return pd.concat([inside.reset_index(drop=True), own], ignore_index=True).reindex(range(len(self.rows)))


def _use(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, places = inputs.assumptions, _places(inputs)
    rates, readings = _rates(take), _metered(inputs)
    told = _told_ways(inputs, places)
    burnt = _gas(inputs, places, readings, told)
    ways = household.ways_beside_gas(told, burnt.share)
    inputs.notes.append(burnt.note)
    parts = [
        *_homes(inputs, places, burnt, ways, rates),
        *_business(take, places, burnt),
        *_cars(inputs, places),
    ]
    year = inputs.area.begins.year
    stays = kit.span_from(take, "spend.stays_local_share", "-")
    found = use.table(parts, _scopes(inputs, places), stays=stays, year=year)
    path = {on: Span(*span) for on, span in take.by_year("carbon.elec", "kgCO2e/kWh").items()}
    area = found[found["scope"] == "area"]
    later = use.carbon_path(area, path, scenario=SAME_USE)
    inputs.notes += _notes(area, places)
    return {
        "model_use": conform(pd.concat([found, later], ignore_index=True), "model_use"),
        "model_metered": conform(_beside(inputs, places, readings, told), "model_metered"),
        "model_payer": _payers(inputs, places, burnt, area, rates),
    }


def _places(inputs: Inputs) -> Places:
    rows = inputs["model_demand"].reset_index(drop=True)
    heat = inputs.or_empty("model_heat").set_index(["scope", "scope_id"])
    alike = heat.reindex(pd.MultiIndex.from_frame(rows[["scope", "scope_id"]])).reset_index(drop=True)
    return Places(rows=rows, ground=gpd.GeoDataFrame(inputs.or_empty("in_building")), heat=alike)


def _metered(inputs: Inputs) -> pd.DataFrame | None:
    held = inputs.get("in_metered")
    if held is None:
        return None
    return held.assign(share_in_area=counted.share(held, inputs["model_home"], zone="area_code"))


def _told_ways(inputs: Inputs, places: Places) -> Array:
    """Return the share of homes heated in each way by census zone, else by certificates, shape (places, ways)."""
    census, rated = inputs.or_empty("in_census"), inputs.get("in_home")
    by_zone = household.ways_by_zone(census[census["topic"] == "heating"])
    zone = places.zone(_zones(inputs, by_zone.index))
    told = by_zone.reindex(zone).to_numpy(dtype="float64")
    if rated is None:
        return told
    middle = household.ways_by_certificate(rated).to_numpy(dtype="float64")
    return np.where(np.isnan(told), middle, told)


def _zones(inputs: Inputs, ids: pd.Index[str]) -> gpd.GeoDataFrame:
    held = gpd.GeoDataFrame(inputs.or_empty("in_zone"))
    return gpd.GeoDataFrame(held[held["zone_id"].isin(ids)])


def _gas(inputs: Inputs, places: Places, readings: pd.DataFrame | None, told: Array) -> Gas:
    take, homes = inputs.assumptions, places.column("homes")
    apart = math.exp(take.value("heat.calibration_apart", "-"))
    zone = places.zone(_zones(inputs, gas.zones(readings, "gas").index))
    return gas.of_places(
        _expected(take, places, places.heat["space_heat_kwh"]), homes, zone, readings,
        told_share=told[:, HEAT_WAYS.index("gas")],
        doubt={"metered": _metered_doubt(take), "expected": Span(1.0, 1.0 / apart, apart)},
    )  # fmt: skip


def _expected(take: Assumptions, places: Places, rooms: pd.Series[float]) -> Array:
    """Return the gas of each place if all its homes burnt it: by the heat model, else a mean home's. [kWh/yr]."""
    homes = places.column("homes")
    heat = (rooms + places.heat["hot_water_kwh"]).to_numpy(dtype="float64")
    cooking = homes * take.value("heat.cooking_gas_kwh", "kWh/yr")
    usual = homes * take.value("demand.gas_home_mean_kwh", "kWh/yr")
    return np.where(np.isnan(heat), usual, heat / take.value("heat.efficiency.gas", "-") + cooking)


def _metered_doubt(take: Assumptions) -> Span:
    off = take.value("demand.metered_doubt", "-")
    return Span(1.0, 1.0 - off, 1.0 + off)


def _rates(take: Assumptions) -> Rates:
    apart = math.exp(take.value("heat.homes_apart", "-"))
    other = kit.span_from(take, "heat.use_beside_gas.other", "-")
    beside = {"gas": Span.exact(1.0), "electric": kit.span_from(take, "heat.use_beside_gas.electric", "-")}
    return household.Rates(
        efficiency={
            "gas": kit.span_from(take, "heat.efficiency.gas", "-"),
            "heat_pump": kit.span_from(take, "heat.spf.air", "-"),
            **{way: kit.span_from(take, f"heat.efficiency.{way}", "-") for way in (*_FUELS, "electric")},
        },
        beside_gas={way: beside.get(way, other) for way in HEAT_WAYS},
        hot_water_kwh=kit.span_from(take, "heat.hot_water_kwh", "kWh/yr"),
        cooking_gas_kwh=kit.span_from(take, "heat.cooking_gas_kwh", "kWh/yr"),
        cooking_kwh=kit.span_from(take, "demand.cooking_kwh", "kWh/yr"),
        appliances_least=take.value("demand.appliances_least_share", "-"),
        homes_apart=Span(1.0, 1.0 / apart, apart),
        metered_doubt=_metered_doubt(take),
        price={
            "electricity": _pence(take, "tariff.retail.elec_p_kwh"), "gas": _pence(take, "tariff.retail.gas_p_kwh"),
            **{fuel: _pence(take, f"tariff.fuel.{fuel}_p_kwh") for fuel in _FUELS},
        },
        carbon=_carbon(take),
        standing={
            "electricity": take.value("tariff.retail.elec_standing_gbp", "GBP/yr"),
            "gas": take.value("tariff.retail.gas_standing_gbp", "GBP/yr"),
        },
    )  # fmt: skip


def _pence(take: Assumptions, key: str) -> Span:
    """Return a price in pounds. [GBP/kWh]."""
    return kit.span_from(take, key, "p/kWh").times(0.01)


def _carbon(take: Assumptions) -> dict[str, Span]:
    """Return what each carrier emits today. [kgCO2e/kWh]."""
    fuels = ("gas", *_FUELS, "petrol_diesel")
    return {
        "electricity": kit.span_from(take, "carbon.elec_2026", "kgCO2e/kWh"),
        **{fuel: kit.span_from(take, f"carbon.fuel.{fuel}", "kgCO2e/kWh") for fuel in fuels},
    }


def _homes(inputs: Inputs, places: Places, burnt: Gas, ways: Array, rates: Rates) -> list[Part]:
    take, homes = inputs.assumptions, places.column("homes")
    at_home = (
        _uptake(take)
        .times(kit.span_from(take, "ev.kwh_per_year", "kWh/yr"))
        .times(kit.span_from(take, "ev.home_share", "-"))
    )
    return household.parts(
        homes, _electricity(places, "homes"), _own(places), burnt, ways, rates,
        car_kwh=homes * float(at_home.value), car_doubt=at_home.over(Span.exact(at_home.value)),
    )  # fmt: skip


def _uptake(take: Assumptions) -> Span:
    """Return the electric cars of a home today, by chargers at home in the country. [cars]."""
    known = kit.chargers(take)
    return Span(*known[min(known)])


def _electricity(places: Places, sector: str) -> Array:
    """Return the electricity of homes or of the others of each place. [kWh/yr]."""
    of_homes = places.column("home_share")
    return places.column("annual_kwh") * (of_homes if sector == "homes" else 1.0 - of_homes)


def _own(places: Places) -> Span:
    """Return how far the electricity of one place may be off by itself, around 1."""
    value = places.column("annual_kwh")
    some = np.where(value > 0, value, np.nan)
    low, high = (places.column(f"annual_{end}_kwh") / some for end in ("low", "high"))
    return Span(np.ones(len(value)), np.fmin(low, 1.0), np.fmax(high, 1.0))


def _business(take: Assumptions, places: Places, burnt: Gas) -> list[Part]:
    floors = [(name, uses.RULES[name].intensity) for name in uses.BUSINESSES]
    return business.parts(
        _electricity(places, "business"), _own(places), places.rows["use"], burnt.share,
        elec_kwh_m2={
            name: kit.span_from(take, f"demand.intensity_kwh_m2.{word}", "kWh/m2/yr") for name, word in floors
        },
        gas_kwh_m2={
            name: kit.span_from(take, f"demand.gas_intensity_kwh_m2.{word}", "kWh/m2/yr") for name, word in floors
        },
        mean_over_median={name: kit.span_from(take, f"demand.mean_over_median.{word}", "-") for name, word in floors},
        on_gas=kit.span_from(take, "demand.business_gas_share", "-"),
        price={
            "electricity": _pence(take, "tariff.business.elec_p_kwh"), "gas": _pence(take, "tariff.business.gas_p_kwh")
        },
        carbon=_carbon(take),
    )  # fmt: skip


def _cars(inputs: Inputs, places: Places) -> list[Part]:
    take, homes = inputs.assumptions, places.column("homes")
    census = inputs.or_empty("in_census")
    held = cars.per_household(
        census[census["topic"] == "cars"], of_three_or_more=take.value("car.of_three_or_more", "cars")
    )
    zone = places.zone(_zones(inputs, held.index))
    known = homes * held.reindex(zone).to_numpy(dtype="float64")
    charged = _uptake(take)
    return cars.parts(
        known, homes * float(charged.value),
        fuel_kwh=kit.span_from(take, "car.fuel_kwh_per_year", "kWh/yr"),
        car_kwh=kit.span_from(take, "ev.kwh_per_year", "kWh/yr"), home_share=kit.span_from(take, "ev.home_share", "-"),
        uptake=charged, carbon=_carbon(take),
        price={
            "electricity": _pence(take, "tariff.fuel.public_charging_p_kwh"),
            "petrol_diesel": _pence(take, "tariff.fuel.petrol_diesel_p_kwh"),
        },
    )  # fmt: skip


def _scopes(inputs: Inputs, places: Places) -> dict[str, pd.Series[str]]:
    """Return what of each scope every place belongs to; missing where it belongs to none, or none is known."""
    ids = places.rows["scope_id"].astype("string").reset_index(drop=True)
    links = inputs.or_empty("link_building").set_index("building_id")
    held = gpd.GeoDataFrame(inputs.or_empty("in_zone"))
    lsoas = held[held["kind"] == "lsoa"]
    on_map = ids.where((places.rows["scope"] == "building").to_numpy())
    return {
        "building": on_map,
        "zone": places.zone(gpd.GeoDataFrame(lsoas if len(lsoas) else held)),
        "secondary": on_map.map(links["secondary_id"]),
        "primary": on_map.map(links["primary_id"]),
        "area": pd.Series("area", index=ids.index),
    }


def _beside(inputs: Inputs, places: Places, readings: pd.DataFrame | None, told: Array) -> pd.DataFrame:
    """Return what meters of homes say beside what the kinds of homes tell, by zone and for the area."""
    take, homes = inputs.assumptions, places.column("homes")
    electricity = _electricity(places, "homes")
    mean = take.value("demand.home_mean_kwh", "kWh/yr") * np.nansum(homes) / np.nansum(electricity)
    expected = _expected(take, places, places.heat["need_kwh"] * take.value("heat.calibration", "-"))
    frames = []
    for fuel, modelled in (("electricity", electricity * mean), ("gas", expected * told[:, HEAT_WAYS.index("gas")])):
        by_zone = gas.zones(readings, fuel)
        if len(by_zone):
            zone = places.zone(_zones(inputs, by_zone.index))
            frames.append(metered.beside(by_zone, fuel, zone, homes, modelled))
    return pd.concat(frames, ignore_index=True) if frames else empty("model_metered")


def _payers(inputs: Inputs, places: Places, burnt: Gas, area: pd.DataFrame, rates: Rates) -> pd.DataFrame:
    """Return what homes of each kind pay, by their certificates; empty where there are none."""
    rated, homes = inputs.get("in_home"), float(places.column("homes").sum())
    if rated is None or homes == 0:
        return empty("model_payer")
    take = inputs.assumptions
    other = area[(area["carrier"] == "electricity") & area["end_use"].isin(["appliances", "cooking"])]
    return conform(
        payers.table(
            rated,
            household.way_of(rated),
            _heat_of_homes(rated, places, burnt, rates),
            base_kwh=float(other["annual_kwh"].sum()) / homes,
            rates=rates,
            least_count=take.value("privacy.least_count", "homes"),
        ),
        "model_payer",
    )


def _heat_of_homes(rated: pd.DataFrame, places: Places, burnt: Gas, rates: Rates) -> dict[str, pd.Series[float]]:
    """Return the heat of each home with a certificate as if it were on gas: that of a mean home of its building."""
    homes = places.column("homes")
    each = household.heat(homes, burnt, rates).kwh / np.where(homes > 0, homes, np.nan)
    value = use.looked_up(rated["building_id"], dict(zip(places.rows["scope_id"], each, strict=True)))
    ends = {"value": 1.0, "low": float(burnt.doubt.low), "high": float(burnt.doubt.high)}
    return {end: value * factor for end, factor in ends.items()}


def _notes(area: pd.DataFrame, places: Places) -> list[str]:
    """Return what is to be said of the sums: energy, cost and emissions in all, and what has no figure."""
    unknown = int(places.rows["annual_kwh"].isna().sum())
    kwh, pounds, kg = (area[name].sum() for name in ("annual_kwh", "cost_gbp_per_yr", "carbon_kgco2e_per_yr"))
    return [
        f"All energy in a year: {kwh / 1e6:,.1f} GWh, {pounds / 1e6:,.2f} million pounds, {kg / 1e3:,.0f} tonnes CO2e",
        f"Buildings without a figure, left out: {unknown:,} of {len(places.rows):,}",
    ]


USE = Step(
    "use",
    "Adding up energy of every carrier, what it costs and emits",
    (
        "in_building", "in_zone", "in_metered", "in_census", "in_home", "model_home", "model_demand", "model_heat",
        "link_building", AREA,
    ),
    ("model_use", "model_metered", "model_payer"),
    _use,
)  # fmt: skip
