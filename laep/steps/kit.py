"""What several steps take from layers and assumptions alike: network, sky, shade, array, costs, terms, ranges."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Geod, Transformer

from laep.models.assets import solar_roof
from laep.models.energy import measures, solar, yields
from laep.models.money import costs, finance
from laep.models.money.appraisal import Costs, Terms
from laep.models.money.span import Span
from laep.models.network import chain, connection, headroom
from laep.schema import CRS, LAYERS
from laep.spatial.network import generators, substations
from laep.spatial.roofs import existing, typical_skyline
from laep.spatial.roofs.horizon import SECTORS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.assumptions import Assumptions
    from laep.pipeline import Inputs

CENTRAL, LOW, HIGH = range(3)
"""Places in the span of an assumption."""
NETWORK_LAYERS = ("in_substation", "in_supply_area", "in_headroom")
"""What `network` reads, for the declaration of a step that calls it."""


class Network(NamedTuple):
    """
    Every substation the area's layers tell of, its headroom tied to them by position, and what to say of both.

    `above` and `ways` say what stands above each, as `chain.above` and `chain.chains` do.
    """

    substations: gpd.GeoDataFrame
    headroom: pd.DataFrame
    notes: tuple[str, ...]
    above: pd.DataFrame
    ways: NDArray[np.int64]


def network(inputs: Inputs) -> Network:
    """Return the substations of the area, the headroom of each and what stands above it."""
    return inputs.once("network", (), _network, or_empty=NETWORK_LAYERS)


def network_with(inputs: Inputs, estimated: pd.DataFrame) -> Network:
    """Return what `network` does, with estimates in the form of `in_headroom` beside what is published."""
    listed, areas, published = map(inputs.or_empty, NETWORK_LAYERS)
    told = [frame for frame in (published, estimated) if len(frame)]
    return _network(listed, areas, pd.concat(told, ignore_index=True) if told else published)


def _network(listed: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, published: pd.DataFrame) -> Network:
    merged, dropped = substations.prefer_published(listed)
    tied = headroom.tie(published.drop_duplicates(LAYERS["in_headroom"].key), merged, one_place=True)
    known = substations.known(merged, tied.made_up, areas)
    above = chain.above(known)
    return Network(known, tied.headroom, (*dropped, *tied.notes), above, chain.chains(known, above))


def roof_export_mw(inputs: Inputs) -> pd.Series[float]:
    """Return the highest export that all suitable roofs on a substation could add, by substation id. [MW]."""
    roofs, links = inputs.get("model_solar"), inputs.get("link_building")
    if roofs is None or links is None:
        return pd.Series(dtype="float64")
    linked = roofs.merge(links, on="building_id")
    capacity_kwp = pd.concat([linked.groupby(level)["capacity_kwp"].sum() for level in ("primary_id", "secondary_id")])
    return connection.export_mw(
        capacity_kwp,
        dc_ac_ratio=inputs.assumptions.value("pv.system.dc_ac_ratio", "-"),
        diversity=inputs.assumptions.value("net.diversity.pv_export", "-"),
    )


def sky_over(inputs: Inputs) -> solar.Sky:
    """Return sun and sky over the middle of the area."""
    return inputs.once("sky", ("in_boundary", "in_weather"), _sky)


def half_hourly_weather(inputs: Inputs) -> pd.DataFrame:
    """Return a year of weather over the middle of the area in half-hours."""
    return inputs.once("weather", ("in_boundary", "in_weather"), _half_hours)


def _half_hours(boundary: gpd.GeoDataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    longitude, latitude, _ = _centre(boundary)
    return solar.stepped(weather, latitude=latitude, longitude=longitude, per_hour=2)


def _sky(boundary: gpd.GeoDataFrame, weather: pd.DataFrame) -> solar.Sky:
    longitude, latitude, grid_north = _centre(boundary)
    return solar.prepare(weather, latitude=latitude, longitude=longitude, grid_north_deg=grid_north)


def _centre(boundary: gpd.GeoDataFrame) -> tuple[float, float, float]:
    """Return longitude and latitude of the middle, and how far the grid's north is off true north there. [deg]."""
    centre = boundary.geometry.union_all().centroid
    to_world = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    (longitude, there), (latitude, farther) = to_world.transform([centre.x] * 2, [centre.y, centre.y + 1000.0])
    grid_north, _, _ = Geod(ellps="WGS84").inv(longitude, latitude, there, farther)
    return float(longitude), float(latitude), float(grid_north)


def system_from(take: Assumptions) -> solar.System:
    """Return what every array has in common."""
    return solar.System(
        loss=take.value("pv.system.loss", "-"),
        temp_coefficient=take.value("pv.module.temp_coefficient", "1/degC"),
        u0=take.value("pv.module.u0", "W/m2/K"),
        u1=take.value("pv.module.u1", "W s/m3/K"),
        inverter_efficiency=take.value("pv.inverter.efficiency", "-"),
        dc_ac_ratio=take.value("pv.system.dc_ac_ratio", "-"),
        albedo=take.value("pv.ground.albedo", "-"),
        shade=take.value("pv.system.shade", "-"),
    )


def doubt_over(inputs: Inputs) -> yields.Doubt:
    """Return what makes yields of the area uncertain."""
    take, years = inputs.assumptions, inputs.get("in_weather_year")
    return yields.Doubt(
        yearly_light=None if years is None else years["light_kwh_m2"],
        year_to_year=take.value("pv.weather.year_to_year", "-"),
        loss=take.get("pv.system.loss", "-").span,
        other=take.value("pv.yield.other_doubt", "-"),
    )


def shade_on(inputs: Inputs, roof_id: pd.Series[str], *, end: int = CENTRAL) -> solar.Shade:
    """
    Return the skylines of planes, row for row: as surveyed, else typical of a place so closely covered.

    `end` says which of the assumed skylines: 0 as assumed, 1 the low and 2 the high one. What is on no known roof plane
    has none.
    """
    held = inputs.or_empty("roof_shade").set_index("roof_id").reindex(roof_id)
    horizon, spread = (
        np.array([row.split() if isinstance(row, str) else [np.nan] * SECTORS for row in held[name]], dtype="float64")
        for name in ("horizon_deg", "horizon_spread_deg")
    )
    horizon, spread = horizon.reshape(-1, SECTORS), spread.reshape(-1, SECTORS)
    sky_view = held["sky_view"].to_numpy(dtype="float64", copy=True)
    tilt, mean = _typical_skyline(inputs, roof_id, end)
    some = np.isnan(sky_view) & np.isfinite(mean)
    horizon[some], spread[some], sky_view[some] = typical_skyline.around(tilt[some], mean[some])
    return solar.Shade(horizon_deg=horizon, spread_deg=spread, sky_view=sky_view)


def _typical_skyline(inputs: Inputs, roof_id: pd.Series[str], end: int) -> tuple[solar.Array, solar.Array]:
    """Return the slope of the panels on each plane, and how high things typically stand round it. [deg]."""
    planes = inputs["roof_plane"].set_index("roof_id").reindex(roof_id)
    tilt = planes["panel_tilt_deg"].fillna(planes["tilt_deg"]).to_numpy(dtype="float64")
    base, rise = (inputs.assumptions.get(f"pv.skyline.{name}", "deg").span[end] for name in ("open_deg", "covered_deg"))
    return tilt, base + rise * planes["covered_share"].to_numpy(dtype="float64")


def arrays_on(inputs: Inputs, segments: gpd.GeoDataFrame, status: str) -> pd.DataFrame:
    """
    Return the solar arrays of one status on each segment, of a size that is known or assumed.

    What is up stands on the roof planes it takes, where they are known; the rest faces south at the usual pitch.

    Returns
    -------
    DataFrame
        Columns segment_id, building_id, roof_id, those of `solar.FACING`, capacity_kwp.
    """
    take = inputs.assumptions
    standing = generators_on(inputs, segments)
    solar_here = standing[(standing["technology"] == "solar") & (standing["status"] == status)]
    arrays = solar_here[["segment_id", "building_id", "capacity_kw"]].dropna(subset=["capacity_kw"])
    planes = pd.DataFrame(inputs["roof_plane"][["roof_id", "building_id", *solar.FACING, "existing_kwp"]])
    held = planes if status == generators.UP else planes.iloc[:0]
    found = existing.on_planes(arrays.rename(columns={"capacity_kw": "capacity_kwp"}), held)
    pitch = take.value("pv.roof.pitch_default_deg", "deg")
    return found.fillna({"tilt_deg": pitch, "azimuth_deg": 180.0})


def generators_on(inputs: Inputs, segments: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the rows of `net_generator` on each segment, with `segment_id`; homes' panels where they are many."""
    least = inputs.assumptions.value("privacy.least_count", "homes")
    return generators.on_segments(
        gpd.GeoDataFrame(inputs.or_empty("net_generator")), segments, inputs["link_segment"], least=least
    )


def costs_from(take: Assumptions) -> Costs:
    """Return what kit costs, with ranges."""
    return Costs(
        bands=costs.bands({solar_roof.ROOFTOP: solar_roof.bands(partial(span_from, take))}),
        home_opex=span_from(take, "pv.opex_gbp_per_kw_yr.domestic", "GBP/kW/yr"),
        roof_opex=span_from(take, "pv.opex_gbp_per_kw_yr.community_roof", "GBP/kW/yr"),
        home_battery=span_from(take, "bess.capex_gbp_per_kwh.domestic", "GBP/kWh"),
        shared_battery=span_from(take, "bess.capex_gbp_per_kwh.community", "GBP/kWh"),
        battery_opex_share=span_from(take, "bess.opex_share", "1/yr"),
    )


def connecting(take: Assumptions) -> connection.Connecting:
    """Return at what level an asset connects by its size, and what that may cost: as the headroom desk does."""
    return connection.Connecting(
        g98_limit_kw=take.value("net.g98.limit_kw", "kW"),
        lv_max_kw=take.value("net.connection.lv_max_kw", "kW"),
        hv_max_mw=take.value("net.connection.hv_max_mw", "MW"),
        lv_gbp=take.get("net.connection.lv_gbp", "GBP").span,
        hv_gbp=take.get("net.connection.hv_gbp", "GBP").span,
    )


def terms_from(take: Assumptions) -> Terms:
    """Return lives, real discount rates and other terms of an appraisal."""
    inflation = take.value("finance.inflation_long_run", "1/yr")
    return Terms(
        home_discount=take.value("finance.discount.green_book", "1/yr"),
        community_discount=finance.real_rate(take.value("finance.discount.community", "1/yr"), inflation=inflation),
        corporate_discount=finance.real_rate(take.value("finance.discount.corporate", "1/yr"), inflation=inflation),
        roof_years=span_from(take, "pv.lifetime_years", "years"),
        battery_years=span_from(take, "bess.lifetime_years", "years"),
        degradation=span_from(take, "pv.degradation_per_year", "1/yr"),
        round_trip_efficiency=take.value("bess.round_trip_efficiency", "-"),
        usable_share=take.value("bess.usable_dod", "-"),
        carbon_kg_per_kwh=take.value("carbon.elec_2026", "kgCO2e/kWh"),
        carbon_path=carbon_path(take),
    )


def carbon_path(take: Assumptions) -> dict[int, tuple[float, float, float]]:
    """Return the emissions of grid electricity by year, today's first. [kgCO2e/kWh]."""
    return {2026: take.get("carbon.elec_2026", "kgCO2e/kWh").span, **take.by_year("carbon.elec", "kgCO2e/kWh")}


def chargers(take: Assumptions) -> dict[int, tuple[float, float, float]]:
    """Return how many home chargers a home has, by year. [per home]."""
    return take.by_year("uptake.ev_chargers_per_home", "1/home")


def heat_pumps(take: Assumptions) -> dict[int, tuple[float, float, float]]:
    """Return how many heat pumps a home has, by year. [per home]."""
    return take.by_year("uptake.heat_pumps_per_home", "1/home")


_HEATERS = {
    "gas": "gas", "oil": "oil", "lpg": "lpg", "solid": "solid", "biomass": "wood", "heat_network": "heat_network",
    "electricity": "electric", "none": "electric", "other": "electric",
}  # fmt: skip
"""Fuel of a home -> what its efficiency, price and carbon go by; who has none or another is taken to buy power."""


def heat_prices(take: Assumptions) -> measures.Prices:
    """Return what a unit of heat costs and emits by fuel, in [GBP/kWh] and [kgCO2e/kWh] of heat."""
    gbp, kg = {}, {}
    for fuel, word in _HEATERS.items():
        per_heat = span_from(take, f"heat.efficiency.{word}", "-")
        over = Span(1 / per_heat.value, 1 / per_heat.high, 1 / per_heat.low)
        gbp[fuel] = span_from(take, _PRICES.get(word, f"tariff.fuel.{word}_p_kwh"), "p/kWh").times(over).times(1 / 100)
        kg[fuel] = span_from(
            take, "carbon.elec_2026" if word == "electric" else f"carbon.fuel.{word}", "kgCO2e/kWh"
        ).times(over)
    pump = span_from(take, "heat.spf.air", "-")
    over = Span(1 / pump.value, 1 / pump.high, 1 / pump.low)
    gbp[measures.PUMP] = span_from(take, _PRICES["electric"], "p/kWh").times(over).times(1 / 100)
    kg[measures.PUMP] = span_from(take, "carbon.elec_2026", "kgCO2e/kWh").times(over)
    return measures.Prices(gbp, kg)


_PRICES = {"gas": "tariff.retail.gas_p_kwh", "electric": "tariff.retail.elec_p_kwh"}


def span_from(take: Assumptions, key: str, unit: str) -> Span:
    """Return an assumption with its ends."""
    return Span(*take.get(key, unit).span)
