"""Steps that work out energy and money: demand, solar, half-hourly balance, headroom, finance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import Transformer

from laep.errors import LayerMissing
from laep.models import appraisal, costs, demand, dispatch, finance, headroom, mean_use, solar, storage, yields
from laep.models.appraisal import Costs, Prices, SelfUse, Terms
from laep.models.span import Span
from laep.pipeline import AREA, Step
from laep.schema import CRS
from laep.spatial import party_walls
from laep.spatial.horizon import SECTORS

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
    roofs, sky, system = inputs["roof_plane"], _sky(inputs), _system(inputs.assumptions)
    shade = _shade(inputs, roofs["roof_id"])
    open_system = replace(system, loss=1 - (1 - system.loss) / (1 - system.shade))
    found = yields.planes(
        roofs,
        solar.monthly_yield(roofs, sky, system=system, shade=shade),
        solar.annual_yield(roofs, sky, system=open_system),
        pd.Series(shade.sky_view, index=roofs.index),
        doubt=_doubt(inputs),
    )
    links, segments = inputs.or_empty("link_building"), inputs.or_empty("link_segment")
    members = {
        level: links[["building_id", f"{level}_id"]].rename(columns={f"{level}_id": "scope_id"})
        for level in ("secondary", "primary")
    }
    members["segment"] = segments.rename(columns={"segment_id": "scope_id"})
    return {
        "model_plane": found,
        "model_solar": yields.buildings(roofs, inputs["in_building"], found),
        "model_yield": yields.scopes(roofs, found, members),
    }


def _shade(inputs: Inputs, roof_id: pd.Series[str]) -> solar.Shade:
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
    take = inputs.assumptions
    return yields.Doubt(
        year_to_year=take.value("pv.weather.year_to_year", "fraction"),
        loss=take.get("pv.system.loss", "fraction").span,
        shade=take.get("pv.system.shade", "fraction").span,
    )


def _balance(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    demand_kw = _demand_kw(inputs)
    segments = inputs["net_segment"]
    known = segments["segment_id"].isin(demand_kw.columns)
    if not known.all():
        inputs.notes.append(f"{(~known).sum()} segments have no building whose use is estimated, and no balance")
    segments = segments[known]
    whole = segments.loc[segments["kind"] == "area", "segment_id"]
    if whole.empty:
        raise LayerMissing("No building in the area has an estimate of its electricity use, so there is no balance.")
    demand_kw = demand_kw[list(segments["segment_id"])]
    sky, system = _sky(inputs), _system(take)
    sizes = storage.size(
        segments["homes"].astype("float64"),
        kwh_per_home=take.value("bess.kwh_per_home", "kWh"),
        usable_share=take.value("bess.usable_dod", "fraction"),
        hours=take.value("bess.hours", "h"),
    )
    efficiency = take.value("bess.round_trip_efficiency", "fraction")
    today, roofs = _existing_solar(inputs, segments), _suitable_planes(inputs)
    today_kw = solar.group_power(today, today["capacity_kwp"], today["segment_id"], sky, system=system)
    roofs_kw = solar.group_power(
        roofs, roofs["capacity_kwp"], roofs["segment_id"], sky, system=system, shade=_shade(inputs, roofs["roof_id"])
    )
    balanced = [
        _case("today", demand_kw, today_kw, today, sizes * 0, efficiency),
        _case("solar", demand_kw, roofs_kw, roofs, sizes * 0, efficiency),
        _case("solar_battery", demand_kw, roofs_kw, roofs, sizes, efficiency),
    ]
    area = whole.iloc[0]
    solar_kw = roofs_kw[area] if area in roofs_kw else pd.Series(0.0, index=demand_kw.index)
    months, profile = _year(demand_kw[area], solar_kw, inputs["in_weather"])
    return {"model_balance": pd.concat(balanced, ignore_index=True), "model_month": months, "model_profile": profile}


def _case(
    case: str,
    demand_kw: pd.DataFrame,
    solar_kw: pd.DataFrame,
    planes: pd.DataFrame,
    battery: pd.DataFrame,
    efficiency: float,
) -> pd.DataFrame:
    """Return rows of `model_balance` for one case; segments are the columns of `demand_kw`, rows of `battery`."""
    ids = demand_kw.columns
    flows = dispatch.self_consumption(
        demand_kw.to_numpy().T,
        solar_kw.reindex(columns=ids, fill_value=0.0).to_numpy().T,
        battery_kwh=battery["usable_kwh"].to_numpy(),
        battery_kw=battery["power_kw"].to_numpy(),
        round_trip_efficiency=efficiency,
    )
    capacity = planes.groupby("segment_id")["capacity_kwp"].sum().reindex(ids, fill_value=0.0)
    return dispatch.indicators(
        flows,
        segment_ids=list(ids),
        case=case,
        capacity_kwp=capacity.to_numpy(dtype="float64"),
        method="estimated demand and roofs on standard profiles; battery follows self-consumption",
        confidence="low",
    )


def _headroom(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    judged = headroom.judge(
        inputs["link_substation"],
        inputs["in_substation"],
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
    prices, rates, terms = _prices(take), _costs(take), _terms(take)
    yields = inputs["model_solar"]
    of_demand = _span(take, "pv.self_sufficiency.domestic_no_battery", "fraction")
    homes = appraisal.home_offers(
        yields,
        demand_kwh=_span(take, "demand.home_kwh", "kWh/yr"),
        battery_kwh=take.value("bess.home_kwh", "kWh"),
        alone=SelfUse(of_yield=_span(take, "pv.self_consumption.domestic_no_battery", "fraction"), of_demand=of_demand),
        with_battery=SelfUse(
            of_yield=_span(take, "pv.self_consumption.domestic_5kwh_battery", "fraction"),
            of_demand=_span(take, "pv.self_sufficiency.domestic_5kwh_battery", "fraction"),
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
            kind: _span(take, f"pv.self_consumption.{word}", "fraction")
            for kind, word in appraisal.SELF_USE_OF_KIND.items()
        },
        of_demand=_span(take, "pv.self_sufficiency.site", "fraction"),
        yield_kwh_per_kwp=appraisal.typical_yield(yields),
        prices=prices,
        costs=rates,
        terms=terms,
    )
    battery = appraisal.segment_battery(
        inputs.or_empty("model_balance"), inputs.or_empty("net_segment"), prices=prices, costs=rates, terms=terms
    )
    return {"model_finance": appraisal.table(homes, shared, battery)}


def _sky(inputs: Inputs) -> solar.Sky:
    longitude, latitude = _centre(inputs["in_boundary"])
    return solar.prepare(inputs["in_weather"], latitude=latitude, longitude=longitude)


def _centre(boundary: gpd.GeoDataFrame) -> tuple[float, float]:
    centre = boundary.geometry.union_all().centroid
    longitude, latitude = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(centre.x, centre.y)
    return float(longitude), float(latitude)


def _system(take: Assumptions) -> solar.System:
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


def _demand_kw(inputs: Inputs) -> pd.DataFrame:
    """Return the half-hourly demand of each segment with any. [kW]."""
    used = inputs["model_demand"].merge(inputs["link_segment"], left_on="scope_id", right_on="building_id")
    return demand.half_hourly_by(used, used["segment_id"], year=inputs.area.begins.year)


def _suitable_planes(inputs: Inputs) -> pd.DataFrame:
    """Return the suitable roof planes, once for each segment they stand on."""
    planes = inputs["roof_plane"]
    columns = ["roof_id", "building_id", "tilt_deg", "azimuth_deg", "capacity_kwp"]
    return pd.DataFrame(planes.loc[planes["suitable"], columns]).merge(inputs["link_segment"], on="building_id")


def _existing_solar(inputs: Inputs, segments: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return connected arrays of known size, once for each segment they stand on, as planes of the usual pitch."""
    generators = inputs.or_empty("in_generator")
    arrays = generators[(generators["technology"] == "solar") & (generators["status"] == "connected")]
    arrays = arrays[~arrays.geometry.is_empty & arrays.geometry.notna()]
    inside = arrays.sjoin(segments[["segment_id", "geometry"]], predicate="within")
    unsized = inside.loc[inside["capacity_kw"].isna(), "generator_id"].nunique()
    if unsized:
        inputs.notes.append(f"{unsized} connected solar arrays have no known size and are left out of today's balance")
    known = inside[inside["capacity_kw"].notna()]
    return pd.DataFrame(
        {
            "segment_id": known["segment_id"].to_numpy(),
            "capacity_kwp": known["capacity_kw"].to_numpy(dtype="float64"),
            "tilt_deg": inputs.assumptions.value("pv.roof.pitch_default_deg", "deg"),
            "azimuth_deg": 180.0,
        }
    )


def _year(
    demand_kw: pd.Series[float], solar_kw: pd.Series[float], weather: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return layers `model_month` and `model_profile` of the whole area."""
    times = pd.date_range("2001-01-01", periods=len(demand_kw), freq="30min")
    half_hours = pd.DataFrame(
        {
            "month": times.month,
            "period": times.hour * 2 + times.minute // 30 + 1,
            "demand_kw": demand_kw.to_numpy(),
            "solar_kw": solar_kw.to_numpy(),
        }
    )
    months = half_hours.groupby("month")[["demand_kw", "solar_kw"]].sum().mul(dispatch.PERIOD_H)
    months.columns = ["demand_kwh", "solar_kwh"]
    hours = weather.sort_values("hour").set_index(times[::2].month)
    months["ghi_kwh_m2"] = hours.groupby(level=0)["ghi_w_m2"].sum() / 1000
    months["temp_air_c"] = hours.groupby(level=0)["temp_air_c"].mean()
    profile = half_hours.groupby(["month", "period"], as_index=False)[["demand_kw", "solar_kw"]].mean()
    return months.reset_index(), profile


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
        home_import=_span(take, "tariff.retail.elec_p_kwh", "p/kWh"),
        home_export=_span(take, "tariff.export.longrun", "p/kWh"),
        site_import=_span(take, "tariff.business.elec_p_kwh", "p/kWh"),
        site_export=_span(take, "tariff.export.ppa_community", "p/kWh"),
    )


def _costs(take: Assumptions) -> Costs:
    bands = {
        "rooftop_pv": {
            above: _span(take, f"pv.capex_gbp_per_kw.rooftop_{band}", "GBP/kW") for band, above in _ROOF_BANDS.items()
        },
        "ground_pv": {0.0: _span(take, "solar_farm.capex_gbp_per_kw.1_5mw", "GBP/kW")},
        "carport_pv": {0.0: _span(take, "site.carport.capex_gbp_per_kw", "GBP/kW")},
    }
    return Costs(
        bands=costs.bands(bands),
        home_opex=_span(take, "pv.opex_gbp_per_kw_yr.domestic", "GBP/kW/yr"),
        roof_opex=_span(take, "pv.opex_gbp_per_kw_yr.community_roof", "GBP/kW/yr"),
        ground_opex=_span(take, "solar_farm.opex_gbp_per_kw_yr", "GBP/kW/yr"),
        home_battery=_span(take, "bess.capex_gbp_per_kwh.domestic", "GBP/kWh"),
        shared_battery=_span(take, "bess.capex_gbp_per_kwh.community", "GBP/kWh"),
        battery_opex_share=_span(take, "bess.opex_share", "fraction/yr"),
    )


def _terms(take: Assumptions) -> Terms:
    inflation = take.value("finance.inflation_long_run", "fraction/yr")
    return Terms(
        home_discount=take.value("finance.discount.green_book", "fraction/yr"),
        community_discount=finance.real_rate(
            take.value("finance.discount.community", "fraction/yr"), inflation=inflation
        ),
        corporate_discount=finance.real_rate(
            take.value("finance.discount.corporate", "fraction/yr"), inflation=inflation
        ),
        roof_years=_span(take, "pv.lifetime_years", "years"),
        ground_years=_span(take, "solar_farm.lifetime_years", "years"),
        battery_years=_span(take, "bess.lifetime_years", "years"),
        degradation=_span(take, "pv.degradation_per_year", "fraction/yr"),
        round_trip_efficiency=take.value("bess.round_trip_efficiency", "fraction"),
        usable_share=take.value("bess.usable_dod", "fraction"),
        carbon_kg_per_kwh=take.value("carbon.elec_2026", "kgCO2e/kWh"),
    )


def _span(take: Assumptions, key: str, unit: str) -> Span:
    return Span(*take.get(key, unit).span)


DEMAND = Step(
    "demand", "Estimating electricity use", ("in_building", "in_tenure", "in_metered"), ("model_demand",), _demand
)
SOLAR = Step(
    "solar",
    "Working out solar yields",
    ("in_boundary", "in_building", "in_weather", "roof_plane", "roof_shade", "link_building", "link_segment"),
    ("model_plane", "model_solar", "model_yield"),
    _solar,
    version=2,
)
BALANCE = Step(
    "balance",
    "Balancing each segment half-hour by half-hour",
    (
        "in_boundary", "in_weather", "in_generator", "net_segment", "link_segment", "model_demand", "roof_plane",
        "roof_shade", AREA,
    ),
    ("model_balance", "model_month", "model_profile"),
    _balance,
)  # fmt: skip
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
