"""Step that works out costs and benefits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.models.money import appraisal
from laep.models.money.appraisal import Prices, SelfUse
from laep.pipeline import Step
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.assumptions import Assumptions
    from laep.pipeline import Inputs


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
    sites = inputs.or_empty("site_anchor")
    shared = appraisal.site_offers(
        sites,
        yields,
        inputs.or_empty("model_demand"),
        of_yield={
            kind: kit.span_from(take, f"pv.self_consumption.{word}", "-")
            for kind, word in appraisal.SELF_USE_OF_KIND.items()
        },
        of_demand=kit.span_from(take, "pv.self_sufficiency.site", "-"),
        yield_kwh_per_kwp={"rooftop_pv": appraisal.typical_yield(yields), **kit.open_yields(inputs)},
        connection_gbp=kit.connection_gbp(take, sites["capacity_kwp"]),
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
        home_export_now=kit.span_from(take, "tariff.export.seg_default", "p/kWh"),
        site_import=kit.span_from(take, "tariff.business.elec_p_kwh", "p/kWh"),
        site_export=kit.span_from(take, "tariff.export.ppa_community", "p/kWh"),
    )


FINANCE = Step(
    "finance",
    "Working out costs and benefits",
    (
        "in_boundary", "in_weather", "in_weather_year", "model_solar", "model_demand", "site_anchor", "model_balance",
        "net_segment",
    ),
    ("model_finance",),
    _finance,
)  # fmt: skip
