"""Steps that work out energy and money: demand, solar, half-hourly balance, headroom, finance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import Geod, Transformer

from laep.errors import LayerMissing
from laep.models.energy import demand, mean_use, solar, yields
from laep.models.money import appraisal, costs, finance
from laep.models.money.appraisal import Costs, Prices, SelfUse, Terms
from laep.models.money.span import Span
from laep.models.network import headroom
from laep.pipeline import AREA, Step
from laep.schema import CRS
from laep.spatial.network.serving import prefer_published
from laep.spatial.roofs import party_walls
from laep.spatial.roofs.horizon import SECTORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from laep.assumptions import Assumptions
    from laep.pipeline import Inputs

_BUSINESSES = (
    "shop", "office", "school", "hall", "worship", "health", "leisure", "hotel", "civic", "industry", "farm",
)  # fmt: skip
_HOME_FORMS = ("flat", "mid_terrace", "end_terrace", "semi", "detached")
_ROOF_BANDS = {"0_4kw": 0.0, "4_10kw": 4.0, "10_50kw": 10.0, "50_250kw": 50.0, "250kw_plus": 250.0}
"""Cost bands of rooftop solar: last word of the assumption key, and the capacity above which it holds. [kW]"""


def _demand(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    home_kwh = take.get("demand.home_kwh", "kWh/yr").span
    buildings = inputs.get("in_building")
    if buildings is None:
        tenure = inputs.get("in_tenure")
        if tenure is None:
            raise LayerMissing(
                "There are neither buildings nor census households to reckon from. "
                "Run `laep ingest osm --file PATH`, or `laep ingest zones` and `laep ingest tenure`."
            )
        households = float((tenure["households"].astype("float64") * tenure["share_in_area"]).sum())
        mean = _mean_use(inputs, households)
        zones = demand.zones_demand(tenure, home_kwh=_scaled(home_kwh, mean.kwh / home_kwh[0]))
        return {"model_demand": zones.assign(method=zones["method"] + f"; {mean.method}")}
    storeys = {use: take.get(f"building.storeys.{use}", "storeys").span for use in (*_BUSINESSES, "home", "flats")}
    counted = demand.homes(
        buildings,
        flat_m2=take.value("building.flat_m2", "m2"),
        storeys={use: span[0] for use, span in storeys.items()},
        home_footprint_m2=take.value("building.home_footprint_m2", "m2"),
        home_min_m2=take.value("building.home_min_m2", "m2"),
        home_max_m2=take.value("building.home_max_m2", "m2"),
    )
    archetypes = {form: take.get(f"demand.archetype_kwh.{form}", "kWh/yr").span for form in _HOME_FORMS}
    form = party_walls.form(buildings)
    alone = demand.buildings_demand(
        buildings, counted, home_kwh=home_kwh, intensity={}, storeys=storeys, form=form, archetype_kwh=archetypes
    )
    mean = _mean_use(inputs, float(counted["homes"].sum()))
    factor = demand.factor_to_mean(alone, mean_kwh=mean.kwh)
    estimated = demand.buildings_demand(
        buildings,
        counted,
        home_kwh=_scaled(home_kwh, factor),
        intensity={use: take.get(f"demand.intensity_kwh_m2.{use}", "kWh/m2/yr").span for use in _BUSINESSES},
        storeys=storeys,
        form=form,
        archetype_kwh=mean_use.scaled(archetypes, factor),
    )
    at_home = counted["homes"].to_numpy() > 0
    estimated["method"] = estimated["method"].where(~at_home, estimated["method"] + f"; {mean.method}")
    inputs.notes.append(
        f"{counted['homes'].sum():,.0f} homes counted; {estimated['annual_kwh'].isna().sum():,} of "
        f"{len(estimated):,} buildings have no estimate of use"
    )
    return {"model_demand": estimated}


def _mean_use(inputs: Inputs, homes: float) -> mean_use.MeanUse:
    """Return what a home of the area uses on average, and say where that comes from."""
    assumed = inputs.assumptions.value("demand.home_mean_kwh", "kWh/yr")
    found = mean_use.electricity(inputs.get("in_metered"), homes=homes, assumed_kwh=assumed)
    inputs.notes.append(found.note)
    return found


def _scaled(span: tuple[float, float, float], factor: float) -> tuple[float, float, float]:
    return span[0] * factor, span[1] * factor, span[2] * factor


def _solar(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    roofs, sky, system = inputs["roof_plane"], sky_over(inputs), system_from(inputs.assumptions)
    shade = shade_on(inputs, roofs["roof_id"])
    open_system = replace(system, loss=1 - (1 - system.loss) / (1 - system.shade))
    found = yields.planes(
        roofs,
        solar.monthly_yield(roofs, sky, system=system, shade=shade),
        solar.annual_yield(roofs, sky, system=open_system),
        pd.Series(shade.sky_view, index=roofs.index),
        doubt=_doubt(inputs),
    )
    return {"model_plane": found, "model_solar": yields.buildings(roofs, inputs["in_building"], found)}


def _yields(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    links, segments = inputs.or_empty("link_building"), inputs.or_empty("link_segment")
    members = {
        level: links[["building_id", f"{level}_id"]].rename(columns={f"{level}_id": "scope_id"})
        for level in ("secondary", "primary")
    }
    members["segment"] = segments.rename(columns={"segment_id": "scope_id"})
    return {"model_yield": yields.scopes(inputs["roof_plane"], inputs["model_plane"], members)}


def shade_on(inputs: Inputs, roof_id: pd.Series[str]) -> solar.Shade:
    """Return the skylines of planes, row for row."""
    held = inputs.or_empty("roof_shade").set_index("roof_id").reindex(roof_id)
    horizon, spread = (
        np.array([row.split() if isinstance(row, str) else [np.nan] * SECTORS for row in held[name]], dtype="float64")
        for name in ("horizon_deg", "horizon_spread_deg")
    )
    return solar.Shade(
        horizon_deg=horizon.reshape(-1, SECTORS),
        spread_deg=spread.reshape(-1, SECTORS),
        sky_view=held["sky_view"].to_numpy(dtype="float64"),
    )


def _doubt(inputs: Inputs) -> yields.Doubt:
    take, years = inputs.assumptions, inputs.get("in_weather_year")
    return yields.Doubt(
        yearly_light=None if years is None else years["light_kwh_m2"],
        year_to_year=take.value("pv.weather.year_to_year", "fraction"),
        loss=take.get("pv.system.loss", "fraction").span,
        shade=take.get("pv.system.shade", "fraction").span,
    )


def _headroom(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    judged = headroom.judge(
        inputs["link_substation"],
        prefer_published(inputs["in_substation"])[0],
        inputs.or_empty("in_headroom"),
        _export_mw(inputs),
        green_share=take.value("net.headroom.rag_green_share", "fraction"),
        amber_share=take.value("net.headroom.rag_amber_share", "fraction"),
        power_factor=take.value("net.power_factor", "-"),
        year=inputs.area.begins.year,
    )
    inputs.notes += headroom.notes(judged)
    return {"model_headroom": judged}


def _finance(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    prices, rates, terms = _prices(take), costs_from(take), terms_from(take)
    yields = inputs["model_solar"]
    of_demand = span_from(take, "pv.self_sufficiency.domestic_no_battery", "fraction")
    homes = appraisal.home_offers(
        yields,
        demand_kwh=span_from(take, "demand.home_kwh", "kWh/yr"),
        battery_kwh=take.value("bess.home_kwh", "kWh"),
        alone=SelfUse(
            of_yield=span_from(take, "pv.self_consumption.domestic_no_battery", "fraction"), of_demand=of_demand
        ),
        with_battery=SelfUse(
            of_yield=span_from(take, "pv.self_consumption.domestic_5kwh_battery", "fraction"),
            of_demand=span_from(take, "pv.self_sufficiency.domestic_5kwh_battery", "fraction"),
        ),
        prices=prices,
        costs=rates,
        terms=terms,
    )
    shared = appraisal.site_offers(
        inputs.or_empty("site_anchor"),
        yields,
        inputs.or_empty("model_demand"),
        of_yield={
            kind: span_from(take, f"pv.self_consumption.{word}", "fraction")
            for kind, word in appraisal.SELF_USE_OF_KIND.items()
        },
        of_demand=span_from(take, "pv.self_sufficiency.site", "fraction"),
        yield_kwh_per_kwp=appraisal.typical_yield(yields),
        prices=prices,
        costs=rates,
        terms=terms,
    )
    battery = appraisal.segment_battery(
        inputs.or_empty("model_balance"), inputs.or_empty("net_segment"), prices=prices, costs=rates, terms=terms
    )
    return {"model_finance": appraisal.table(homes, shared, battery)}


def sky_over(inputs: Inputs) -> solar.Sky:
    """Return sun and sky over the middle of the area."""
    longitude, latitude, grid_north = _centre(inputs["in_boundary"])
    return solar.prepare(inputs["in_weather"], latitude=latitude, longitude=longitude, grid_north_deg=grid_north)


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
        loss=take.value("pv.system.loss", "fraction"),
        temp_coefficient=take.value("pv.module.temp_coefficient", "1/degC"),
        u0=take.value("pv.module.u0", "W/m2/K"),
        u1=take.value("pv.module.u1", "W s/m3/K"),
        inverter_efficiency=take.value("pv.inverter.efficiency", "fraction"),
        dc_ac_ratio=take.value("pv.system.dc_ac_ratio", "ratio"),
        albedo=take.value("pv.ground.albedo", "fraction"),
        shade=take.value("pv.system.shade", "fraction"),
    )


def _export_mw(inputs: Inputs) -> pd.Series[float]:
    """Return the highest export that all suitable roofs on a substation could add, by substation id. [MW]."""
    roofs, links = inputs.get("model_solar"), inputs.get("link_building")
    if roofs is None or links is None:
        return pd.Series(dtype="float64")
    take = inputs.assumptions
    share = take.value("net.diversity.pv_export", "fraction") / take.value("pv.system.dc_ac_ratio", "ratio")
    linked = roofs.merge(links, on="building_id")
    by_level = [linked.groupby(column)["capacity_kwp"].sum() for column in ("primary_id", "secondary_id")]
    export: pd.Series[float] = pd.concat(by_level) * share / 1000
    return export


def _prices(take: Assumptions) -> Prices:
    return Prices(
        home_import=span_from(take, "tariff.retail.elec_p_kwh", "p/kWh"),
        home_export=span_from(take, "tariff.export.longrun", "p/kWh"),
        site_import=span_from(take, "tariff.business.elec_p_kwh", "p/kWh"),
        site_export=span_from(take, "tariff.export.ppa_community", "p/kWh"),
    )


def costs_from(take: Assumptions) -> Costs:
    """Return what kit costs, with ranges."""
    bands = {
        "rooftop_pv": {
            above: span_from(take, f"pv.capex_gbp_per_kw.rooftop_{band}", "GBP/kW")
            for band, above in _ROOF_BANDS.items()
        },
        "ground_pv": {0.0: span_from(take, "solar_farm.capex_gbp_per_kw.1_5mw", "GBP/kW")},
        "carport_pv": {0.0: span_from(take, "site.carport.capex_gbp_per_kw", "GBP/kW")},
    }
    return Costs(
        bands=costs.bands(bands),
        home_opex=span_from(take, "pv.opex_gbp_per_kw_yr.domestic", "GBP/kW/yr"),
        roof_opex=span_from(take, "pv.opex_gbp_per_kw_yr.community_roof", "GBP/kW/yr"),
        ground_opex=span_from(take, "solar_farm.opex_gbp_per_kw_yr", "GBP/kW/yr"),
        home_battery=span_from(take, "bess.capex_gbp_per_kwh.domestic", "GBP/kWh"),
        shared_battery=span_from(take, "bess.capex_gbp_per_kwh.community", "GBP/kWh"),
        battery_opex_share=span_from(take, "bess.opex_share", "fraction/yr"),
    )


def terms_from(take: Assumptions) -> Terms:
    """Return lives, real discount rates and other terms of an appraisal."""
    inflation = take.value("finance.inflation_long_run", "fraction/yr")
    return Terms(
        home_discount=take.value("finance.discount.green_book", "fraction/yr"),
        community_discount=finance.real_rate(
            take.value("finance.discount.community", "fraction/yr"), inflation=inflation
        ),
        corporate_discount=finance.real_rate(
            take.value("finance.discount.corporate", "fraction/yr"), inflation=inflation
        ),
        roof_years=span_from(take, "pv.lifetime_years", "years"),
        ground_years=span_from(take, "solar_farm.lifetime_years", "years"),
        battery_years=span_from(take, "bess.lifetime_years", "years"),
        degradation=span_from(take, "pv.degradation_per_year", "fraction/yr"),
        round_trip_efficiency=take.value("bess.round_trip_efficiency", "fraction"),
        usable_share=take.value("bess.usable_dod", "fraction"),
        carbon_kg_per_kwh=take.value("carbon.elec_2026", "kgCO2e/kWh"),
    )


def span_from(take: Assumptions, key: str, unit: str) -> Span:
    """Return an assumption with its ends."""
    return Span(*take.get(key, unit).span)


DEMAND = Step(
    "demand", "Estimating electricity use", ("in_building", "in_tenure", "in_metered"), ("model_demand",), _demand
)
SOLAR = Step(
    "solar",
    "Working out solar yields",
    ("in_boundary", "in_building", "in_weather", "in_weather_year", "roof_plane", "roof_shade"),
    ("model_plane", "model_solar"),
    _solar,
    version=4,
)
YIELDS = Step(
    "yields",
    "Adding yields up by substation and segment",
    ("roof_plane", "model_plane", "link_building", "link_segment"),
    ("model_yield",),
    _yields,
)
HEADROOM = Step(
    "headroom",
    "Judging network headroom",
    ("in_substation", "in_headroom", "link_substation", "link_building", "model_solar", AREA),
    ("model_headroom",),
    _headroom,
)
FINANCE = Step(
    "finance",
    "Working out costs and benefits",
    ("model_solar", "model_demand", "site_anchor", "model_balance", "net_segment"),
    ("model_finance",),
    _finance,
)
