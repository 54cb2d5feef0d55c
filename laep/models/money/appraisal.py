"""Money and carbon of home arrays and a shared battery -> layer `model_finance`; sites are in `models.assets`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from laep import schema
from laep.models.money import carbon, finance
from laep.models.money import costs as costs_of
from laep.models.money.span import Amount, Span

if TYPE_CHECKING:
    from collections.abc import Mapping


_COLUMNS = schema.LAYERS["model_finance"].column_names
_ENERGY = ["annual_kwh", "annual_low_kwh", "annual_high_kwh"]
_CAPACITY = ["capacity_kwp", "capacity_low_kwp", "capacity_high_kwp"]


@dataclass(frozen=True, kw_only=True)
class Prices:
    """
    Prices of electricity in p/kWh, before VAT where the payer can reclaim it.

    All are real and level over the life but `home_export_now`, what a home's export earns in the first year.
    """

    home_import: Span
    home_export: Span
    home_export_now: Span


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Costs before VAT: `bands` from `costs.bands`; running costs in GBP/kW/yr; batteries in GBP per nameplate kWh."""

    bands: pd.DataFrame
    home_opex: Span
    roof_opex: Span
    home_battery: Span
    shared_battery: Span
    battery_opex_share: Span


@dataclass(frozen=True, kw_only=True)
class Terms:
    """
    Real discount rates and ageing [fraction/yr], lives [years], battery shares [-], carbon [kgCO2e/kWh].

    `carbon_path` holds the emissions of grid electricity by year; `carbon_kg_per_kwh` is that of its first.
    """

    home_discount: float
    community_discount: float
    corporate_discount: float
    roof_years: Span
    battery_years: Span
    degradation: Span
    round_trip_efficiency: float
    usable_share: float
    carbon_kg_per_kwh: float
    carbon_path: carbon.Path


@dataclass(frozen=True, kw_only=True)
class SelfUse:
    """How much of its yield an array's host uses: the share `of_yield`, at most the share `of_demand` of yearly use."""

    of_yield: Span
    of_demand: Span


def used_kwh(made: Span, demand: Span, use: SelfUse) -> Span:
    """
    Return the yearly energy used on site: a share of the yield, capped by a share of the demand.

    A missing demand sets no cap. The cap matters where an array is big for its building: a share measured on small
    arrays would otherwise have a home use more sunshine than it uses electricity.
    """
    return made.times(use.of_yield).least(demand.times(use.of_demand))


def income(
    made: Span, used: Span, *, saved_p: Span, sold_p: Span, direct: Span | None = None, efficiency: float = 1.0
) -> Span:
    """
    Return used energy times the price it saves plus the rest times the price it earns.

    Parameters
    ----------
    made, used : Span
        Yearly yield, and what of it is used on site. [kWh]
    saved_p, sold_p : Span
        Price of import saved and of export earned. [p/kWh]
    direct : Span, optional
        What would be used without a battery: the rest of `used` passes through it and its losses come out of export.
    efficiency : float
        Round-trip efficiency of that battery. [-]

    Returns
    -------
    Span, low with low and high with high. [GBP/yr]
    """
    straight = direct or used

    def at(made: Amount, used: Amount, straight: Amount, saved: Amount, sold: Amount) -> Amount:
        exported = np.maximum(made - used - battery_loss(used, straight, efficiency=efficiency), 0.0)
        return (used * saved + exported * sold) / 100

    return Span.around(
        at(made.value, used.value, straight.value, saved_p.value, sold_p.value),
        at(made.low, used.low, straight.low, saved_p.low, sold_p.low),
        at(made.high, used.high, straight.high, saved_p.high, sold_p.high),
    )


def battery_loss(used: Amount, direct: Amount, *, efficiency: float) -> Amount:
    """Return what a battery loses to lift yearly self-use from `direct` to `used`. [kWh]."""
    return (used - direct) * (1 / efficiency - 1)


def typical_yield(solar: pd.DataFrame) -> Span:
    """Return the median yield per kWp of the buildings in `model_solar`, with the medians of its ends. [kWh/kWp]."""
    ends = _yields(solar[solar["capacity_kwp"] > 0]).median()
    return Span.around(*(float(ends[name]) for name in ("value", "low", "high")))


def home_offers(
    solar: pd.DataFrame,
    *,
    demand_kwh: Span,
    battery_kwh: float,
    alone: SelfUse,
    with_battery: SelfUse,
    prices: Prices,
    costs: Costs,
    terms: Terms,
) -> pd.DataFrame:
    """
    Return two rows of `model_finance`: an array on a typical home, and the same with a battery.

    Parameters
    ----------
    solar : DataFrame
        Layer `model_solar`. The typical home has the median capacity and yield of the homes with a suitable roof.
    demand_kwh : Span
        Yearly electricity use of the typical home. [kWh]
    battery_kwh : float
        Nameplate energy of the battery. [kWh]
    alone, with_battery : SelfUse
        Self-use without and with the battery.
    prices, costs, terms
        What energy, kit and capital cost.

    Notes
    -----
    The battery's losses come out of export; it is bought again when its life ends before the array's.
    No rows where no home has a suitable roof.
    """
    homes = solar[(solar["use"] == "home") & (solar["capacity_kwp"] > 0)]
    if homes.empty:
        return pd.DataFrame(columns=_COLUMNS)
    kwp = float(homes["capacity_kwp"].median())
    made = typical_yield(homes).times(kwp)
    array = costs_of.capex(pd.Series(["rooftop_pv"]), pd.Series([kwp]), bands=costs.bands)
    upkeep = costs.home_opex.times(kwp)
    pack = costs_of.battery(battery_kwh, gbp_per_kwh=costs.home_battery)
    efficiency = terms.round_trip_efficiency
    direct = used_kwh(made, demand_kwh, alone)
    stored = used_kwh(made, demand_kwh, with_battery).most(direct)
    lost = battery_loss(stored.value, direct.value, efficiency=efficiency)

    def earned(sold_p: Span, used: Span) -> Span:
        return income(made, used, saved_p=prices.home_import, sold_p=sold_p, direct=direct, efficiency=efficiency)

    told = f"median of homes with a suitable roof; {_discounted(terms.home_discount)}"
    alike = {"units": len(homes), "capacity_kw": kwp, "annual_kwh": made.value}
    life: dict[str, Any] = {"rate": terms.home_discount, "years": terms.roof_years, "degradation": terms.degradation}
    solar_only = _rows(
        {"asset_id": ["home_pv"], "kind": "home_pv", "name": "Solar on a typical home", **alike,
         "self_consumption": direct.value / made.value,
         "carbon_kg": carbon.avoided_kg(made.value, kg_per_kwh=terms.carbon_kg_per_kwh),
         **_life_carbon(made.value, terms, terms.roof_years), "method": told, "confidence": "medium"},
        capex=array, opex=upkeep, benefit=earned(prices.home_export, direct),
        first_year=earned(prices.home_export_now, direct), **life,
    )  # fmt: skip
    with_pack = _rows(
        {"asset_id": ["home_pv_battery"], "kind": "home_pv_battery", **alike,
         "name": f"Solar and a {battery_kwh:g} kWh battery on a typical home",
         "self_consumption": stored.value / made.value,
         "carbon_kg": carbon.avoided_kg(made.value - lost, kg_per_kwh=terms.carbon_kg_per_kwh),
         **_life_carbon(made.value - lost, terms, terms.roof_years),
         "method": f"{told}; battery bought again when worn out", "confidence": "low"},
        capex=array.plus(pack), opex=upkeep.plus(pack.times(costs.battery_opex_share)),
        benefit=earned(prices.home_export, stored), first_year=earned(prices.home_export_now, stored),
        renewed=pack, renewed_every=terms.battery_years, **life,
    )  # fmt: skip
    return pd.concat([solar_only, with_pack], ignore_index=True)


def segment_battery(
    balance: pd.DataFrame, segments: pd.DataFrame, *, prices: Prices, costs: Costs, terms: Terms
) -> pd.DataFrame:
    """
    Return one row of `model_finance`: the shared battery on the segment where a pound buys most.

    Parameters
    ----------
    balance, segments : DataFrame
        Layers `model_balance` (cases solar and solar_battery) and `net_segment`. Secondary segments are looked at
        where there are any, else primaries and the area.
    prices, costs, terms
        What energy, kit and capital cost. Import saved is worth the home price, export given up the home export price.

    Notes
    -----
    A value to the homes on the segment taken together. It is no business case by itself: no supplier or owner can
    collect it today without a private wire, a local market or a licence exemption, and charges for using the network
    between the homes are left out. The losses count as emissions.
    """
    pairs = _with_and_without(balance, segments)
    if pairs.empty:
        return pd.DataFrame(columns=_COLUMNS)
    pairs["saved_kwh"] = pairs["import_kwh"] - pairs["import_kwh_battery"]
    pairs["given_up_kwh"] = pairs["export_kwh"] - pairs["export_kwh_battery"]
    value = pairs["saved_kwh"] * prices.home_import.value - pairs["given_up_kwh"] * prices.home_export.value
    best = pairs.assign(score=value / pairs["battery_kwh_battery"]).sort_values(
        ["score", "segment_id"], ascending=[False, True], kind="stable"
    ).iloc[0]  # fmt: skip
    pack = costs_of.battery(best["battery_kwh_battery"] / terms.usable_share, gbp_per_kwh=costs.shared_battery)
    saved = prices.home_import.times(best["saved_kwh"] / 100)
    lost = best["given_up_kwh"] - best["saved_kwh"]
    told = "community value, not a business case by itself: needs a private wire, local market or licence exemption"
    return _rows(
        {"asset_id": [f"segment_battery_{best['segment_id']}"], "kind": "segment_battery", "units": 1,
         "name": f"Shared battery on {best['name'] if pd.notna(best['name']) else 'a substation without a name'}",
         "capacity_kw": best["battery_kw_battery"], "annual_kwh": best["saved_kwh"],
         "self_consumption": best["self_consumption_battery"],
         "carbon_kg": carbon.avoided_kg(-lost, kg_per_kwh=terms.carbon_kg_per_kwh),
         **_life_carbon(-lost, terms, terms.battery_years),
         "method": f"{told}; {_discounted(terms.community_discount)}", "confidence": "low"},
        capex=pack, opex=pack.times(costs.battery_opex_share),
        benefit=saved.less(prices.home_export.times(best["given_up_kwh"] / 100)),
        rate=terms.community_discount, years=terms.battery_years, degradation=Span.exact(0.0),
    )  # fmt: skip


def table(*offers: pd.DataFrame) -> pd.DataFrame:
    """Return layer `model_finance` from the offers, in the order given."""
    held = [offer for offer in offers if len(offer)]
    return schema.conform(pd.concat(held, ignore_index=True) if held else offers[0], "model_finance")


def _rows(
    told: Mapping[str, Any],
    *,
    capex: Span,
    opex: Span,
    benefit: Span,
    rate: Amount,
    years: Span,
    degradation: Span,
    first_year: Span | None = None,
    renewed: Span | None = None,
    renewed_every: Span | None = None,
) -> pd.DataFrame:
    """Return the columns of money beside what is told; without prices of its own the first year has those of a life."""
    worth = finance.worth(
        capex, opex, benefit, first_year=first_year, rate=rate, years=years, degradation=degradation,
        renewed=renewed, renewed_every=renewed_every,
    )  # fmt: skip
    money = (
        capex.columns("capex", "GBP")
        | opex.columns("opex", "GBP/yr")
        | (first_year or benefit).columns("benefit", "GBP/yr")
        | benefit.columns("life_benefit", "GBP/yr")
        | worth.payback.columns("payback", "years")
        | worth.npv.columns("npv", "GBP")
    )
    return pd.DataFrame({**told, **money, "life_years": years.value})[_COLUMNS]


def _life_carbon(kwh: Amount, terms: Terms, years: Span) -> dict[str, Any]:
    """Return the columns of what a first year's energy avoids over a life."""
    found = carbon.lifetime_kg(float(kwh), path=terms.carbon_path, years=years, degradation=terms.degradation)
    return dict(found.columns("life_carbon", "kgCO2e"))


def _yields(solar: pd.DataFrame) -> pd.DataFrame:
    """Return yield per kWp and its ends: each end of the energy belongs to the same end of the capacity."""
    return pd.DataFrame({
        "value": solar["yield_kwh_per_kwp"],
        "low": solar["annual_low_kwh"] / solar["capacity_low_kwp"].where(solar["capacity_low_kwp"] > 0),
        "high": solar["annual_high_kwh"] / solar["capacity_high_kwp"].where(solar["capacity_high_kwp"] > 0),
    }).astype("float64")  # fmt: skip


def _with_and_without(balance: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Return one row per segment with a battery: its sums without it, and with it under `_battery` names."""
    kinds = ("secondary",) if (segments["kind"] == "secondary").any() else ("primary", "area")
    some = segments[segments["kind"].isin(kinds)]
    with_it = balance[(balance["case"] == "solar_battery") & (balance["battery_kwh"] > 0)]
    pairs = balance[balance["case"] == "solar"].merge(with_it, on="segment_id", suffixes=("", "_battery"))
    return pairs.merge(some[["segment_id", "name"]], on="segment_id")


def _discounted(rate: float) -> str:
    return f"net present value at {rate:.1%} real"
