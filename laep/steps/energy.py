"""Steps that work out energy and money: demand, solar, half-hourly balance, headroom, finance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import LayerMissing
from laep.models.energy import demand, mean_use, solar, yields
from laep.models.money import appraisal
from laep.models.money.appraisal import Prices, SelfUse
from laep.models.network import chain, headroom
from laep.pipeline import AREA, Step
from laep.spatial.roofs import party_walls
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.assumptions import Assumptions
    from laep.pipeline import Inputs

_BUSINESSES = (
    "shop", "office", "school", "hall", "worship", "health", "leisure", "hotel", "civic", "industry", "farm",
)  # fmt: skip
_HOME_FORMS = ("flat", "mid_terrace", "end_terrace", "semi", "detached")


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
        mean = _mean_use(inputs, float(demand.households(tenure).sum()))
        return {"model_demand": demand.zones_to_mean(tenure, mean=mean, home_kwh=home_kwh)}
    storeys = {use: take.get(f"building.storeys.{use}", "storeys").span for use in (*_BUSINESSES, "home", "flats")}
    counted = demand.homes(
        buildings,
        flat_m2=take.value("building.flat_m2", "m2"),
        storeys={use: span[0] for use, span in storeys.items()},
        home_footprint_m2=take.value("building.home_footprint_m2", "m2"),
        home_min_m2=take.value("building.home_min_m2", "m2"),
        home_max_m2=take.value("building.home_max_m2", "m2"),
    )
    estimated = demand.buildings_to_mean(
        buildings,
        counted,
        mean=_mean_use(inputs, float(counted["homes"].sum())),
        home_kwh=home_kwh,
        intensity={use: take.get(f"demand.intensity_kwh_m2.{use}", "kWh/m2/yr").span for use in _BUSINESSES},
        storeys=storeys,
        form=party_walls.form(buildings),
        archetype_kwh={form: take.get(f"demand.archetype_kwh.{form}", "kWh/yr").span for form in _HOME_FORMS},
    )
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


def _solar(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    roofs, sky, system = inputs["roof_plane"], kit.sky_over(inputs), kit.system_from(inputs.assumptions)
    shade = kit.shade_on(inputs, roofs["roof_id"])
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


def _doubt(inputs: Inputs) -> yields.Doubt:
    take, years = inputs.assumptions, inputs.get("in_weather_year")
    return yields.Doubt(
        yearly_light=None if years is None else years["light_kwh_m2"],
        year_to_year=take.value("pv.weather.year_to_year", "-"),
        loss=take.get("pv.system.loss", "-").span,
        shade=take.get("pv.system.shade", "-").span,
    )


def _headroom(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, held = inputs.assumptions, kit.network(inputs)
    judged = headroom.judge(
        inputs["link_substation"],
        held.substations,
        held.headroom,
        kit.roof_export_mw(inputs),
        ways=chain.chains(held.substations, chain.above(held.substations)),
        green_share=take.value("net.headroom.rag_green_share", "-"),
        amber_share=take.value("net.headroom.rag_amber_share", "-"),
        power_factor=take.value("net.power_factor", "-"),
        year=inputs.area.begins.year,
    )
    inputs.notes += headroom.notes(judged)
    return {"model_headroom": judged}


def _finance(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    prices, rates, terms = _prices(take), kit.costs_from(take), kit.terms_from(take)
    yields = inputs["model_solar"]
    of_demand = kit.span_from(take, "pv.self_sufficiency.domestic_no_battery", "-")
    homes = appraisal.home_offers(
        yields,
        demand_kwh=kit.span_from(take, "demand.home_kwh", "kWh/yr"),
        battery_kwh=take.value("bess.home_kwh", "kWh"),
        alone=SelfUse(
            of_yield=kit.span_from(take, "pv.self_consumption.domestic_no_battery", "-"), of_demand=of_demand
        ),
        with_battery=SelfUse(
            of_yield=kit.span_from(take, "pv.self_consumption.domestic_5kwh_battery", "-"),
            of_demand=kit.span_from(take, "pv.self_sufficiency.domestic_5kwh_battery", "-"),
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
            kind: kit.span_from(take, f"pv.self_consumption.{word}", "-")
            for kind, word in appraisal.SELF_USE_OF_KIND.items()
        },
        of_demand=kit.span_from(take, "pv.self_sufficiency.site", "-"),
        yield_kwh_per_kwp=appraisal.typical_yield(yields),
        prices=prices,
        costs=rates,
        terms=terms,
    )
    battery = appraisal.segment_battery(
        inputs.or_empty("model_balance"), inputs.or_empty("net_segment"), prices=prices, costs=rates, terms=terms
    )
    return {"model_finance": appraisal.table(homes, shared, battery)}


def _prices(take: Assumptions) -> Prices:
    return Prices(
        home_import=kit.span_from(take, "tariff.retail.elec_p_kwh", "p/kWh"),
        home_export=kit.span_from(take, "tariff.export.longrun", "p/kWh"),
        site_import=kit.span_from(take, "tariff.business.elec_p_kwh", "p/kWh"),
        site_export=kit.span_from(take, "tariff.export.ppa_community", "p/kWh"),
    )


DEMAND = Step(
    "demand", "Estimating electricity use", ("in_building", "in_tenure", "in_metered"), ("model_demand",), _demand
)
SOLAR = Step(
    "solar",
    "Working out solar yields",
    ("in_boundary", "in_building", "in_weather", "in_weather_year", "roof_plane", "roof_shade"),
    ("model_plane", "model_solar"),
    _solar,
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
    (*kit.NETWORK_LAYERS, "link_substation", "link_building", "model_solar", AREA),
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
