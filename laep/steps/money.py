"""Step that works out costs and benefits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep import schema
from laep.models.money import appraisal, flexibility
from laep.models.money.appraisal import Prices, SelfUse
from laep.pipeline import Step
from laep.schema.vocabulary import POOLS
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
    battery = appraisal.segment_battery(
        inputs.or_empty("model_balance"), inputs.or_empty("net_segment"), prices=prices, costs=rates, terms=terms
    )
    return {"model_finance": appraisal.table(homes, battery), "model_flexibility": _flexibility(take)}


def _flexibility(take: Assumptions) -> pd.DataFrame:
    kw_per_home = {
        "without_kit": take.value("guide.vpp.home_flex_none_kw", "kW/home"),
        "with_kit": take.value("guide.vpp.home_flex_asset_kw", "kW/home"),
    }
    earned = flexibility.homes(
        kw_per_home,
        revenue_gbp_per_kw=kit.span_from(take, "guide.vpp.revenue_gbp_per_kw", "GBP/kW/yr"),
        optimiser={size: take.value(f"guide.vpp.optimiser_share_{size}", "-") for size in POOLS},
        aggregator=take.value("guide.vpp.aggregator_share", "-"),
        local_kw=take.value("guide.vpp.local_min_kw", "kW"),
        national_kw=take.value("guide.vpp.national_min_kw", "kW"),
    )
    return schema.conform(earned, "model_flexibility")


def _prices(take: Assumptions) -> Prices:
    return Prices(
        home_import=kit.span_from(take, "tariff.retail.elec_p_kwh", "p/kWh"),
        home_export=kit.span_from(take, "tariff.export.longrun", "p/kWh"),
        home_export_now=kit.span_from(take, "tariff.export.seg_default", "p/kWh"),
    )


FINANCE = Step(
    "finance",
    "Working out costs and benefits",
    ("model_solar", "model_balance", "net_segment"),
    ("model_finance", "model_flexibility"),
    _finance,
)  # fmt: skip
