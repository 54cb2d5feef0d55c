"""What homes use of every carrier: heat by the ways they are heated, cooking, cars at home, lights and appliances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from laep.models.energy.use import SURE, Part
from laep.models.money.span import Span
from laep.schema.vocabulary import HEAT_WAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from laep.models.energy.gas import Gas

Array = NDArray[np.float64]

ELECTRIC = ("electric", "heat_pump")
"""Ways of heating that are on the home's electricity meter."""
_CENSUS = {
    "mains_gas": "gas", "two_or_more": "gas", "bottled_gas": "lpg", "oil": "oil", "wood": "wood", "solid_fuel": "solid",
    "heat_network": "heat_network", "electric": "electric", "none": "electric", "renewable": "heat_pump",
    "two_or_more_renewable": "heat_pump",
}  # fmt: skip
"""Answer of the census on central heating -> way of heating; homes without any are taken to have electric heaters."""
_ELECTRIC_METHODS = {
    "cooking": "a typical home's cooking, taken out of its electricity",
    "cars": "electric cars a home has on average in the country, charged on the home's meter",
    "appliances": "electricity of homes less heat, cooking and cars at home",
}
_CERTIFICATE = {
    "gas": "gas", "lpg": "lpg", "oil": "oil", "biomass": "wood", "solid": "solid", "heat_network": "heat_network",
    "electricity": "electric",
}  # fmt: skip
"""Main fuel on a certificate -> way of heating."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """
    What homes have in common: assumptions.

    Attributes
    ----------
    efficiency : mapping of way to Span
        Useful heat over energy, `heat.efficiency.*`. [-]
    beside_gas : mapping of way to Span
        Heat of such a home over that of a like home on gas, `heat.use_beside_gas.*`. [-]
    hot_water_kwh : Span
        Heat of a home's hot water, `heat.hot_water_kwh`. [kWh/yr]
    cooking_gas_kwh, cooking_kwh : Span
        Gas that a home with gas cooks with, and electricity that a home does. [kWh/yr]
    appliances_least : float
        Share of electricity that at least runs lights and appliances, `demand.appliances_least_share`. [-]
    homes_apart : Span
        How far the heat of one home may be off what is usual of homes alike, around 1. [-]
    metered_doubt : Span
        How far the electricity of homes together may be off, around 1. [-]
    price, carbon : mapping of carrier to Span
        `tariff.*` and `carbon.*`. [GBP/kWh, kgCO2e/kWh]
    standing : mapping of carrier to float
        Standing charge of a home. [GBP/yr]
    """

    efficiency: Mapping[str, Span]
    beside_gas: Mapping[str, Span]
    hot_water_kwh: Span
    cooking_gas_kwh: Span
    cooking_kwh: Span
    appliances_least: float
    homes_apart: Span
    metered_doubt: Span
    price: Mapping[str, Span]
    carbon: Mapping[str, Span]
    standing: Mapping[str, float]


@dataclass(frozen=True)
class Standing:
    """
    Standing charges of homes, shared over the parts of a carrier as they use it.

    Attributes
    ----------
    homes : mapping of carrier to array, shape (places,)
        Homes that pay it. [homes]
    charge : mapping of carrier to float
        What each pays. [GBP/yr]
    use : mapping of carrier to array, shape (places,)
        What homes use of it in all. [kWh/yr]
    """

    homes: Mapping[str, Array]
    charge: Mapping[str, float]
    use: Mapping[str, Array]

    def of(self, carrier: str, kwh: Array) -> Array:
        """Return the standing charges that go with a part of the use of each place. [GBP/yr]."""
        if carrier not in self.charge:
            return np.zeros_like(kwh)
        whole = self.use[carrier]
        share = np.divide(kwh, whole, out=np.zeros_like(kwh), where=np.nan_to_num(whole) > 0)
        return np.asarray(self.homes[carrier] * self.charge[carrier] * share)


def ways_by_zone(census: pd.DataFrame) -> pd.DataFrame:
    """
    Return the share of households heated in each way, by census zone.

    Parameters
    ----------
    census : DataFrame
        Rows of `in_census` of topic heating.

    Returns
    -------
    DataFrame, index zone_id, columns HEAT_WAYS
        Of the households whose way is known: "other" kinds are left out. [-]
    """
    rows = census[census["category"].isin(list(_CENSUS))]
    counts = rows.assign(way=rows["category"].map(_CENSUS), households=rows["households"].astype("float64"))
    wide = counts.pivot_table(index="zone_id", columns="way", values="households", aggfunc="sum", fill_value=0.0)
    return _shares(wide.reindex(columns=list(HEAT_WAYS), fill_value=0.0))


def way_of(homes: pd.DataFrame) -> pd.Series[str]:
    """Return the way each home of `in_home` is heated, missing where its certificate does not say."""
    told = homes["fuel"].map(_CERTIFICATE).mask(homes["heating"] == "heat_pump", "heat_pump")
    return told.astype("string")


def ways_by_certificate(homes: pd.DataFrame) -> pd.Series[float]:
    """Return the share of homes with a certificate that are heated in each way, index HEAT_WAYS; `in_home`. [-]."""
    counts = way_of(homes).value_counts().reindex(list(HEAT_WAYS)).fillna(0.0)
    return _shares(counts.to_frame().T).iloc[0]


def ways_beside_gas(told: Array, gas_share: Array) -> Array:
    """
    Return the share of homes heated in each way where meters tell how many are on gas, shape (places, ways).

    Parameters
    ----------
    told : array, shape (places, ways)
        Shares by census or certificates, in the order of HEAT_WAYS; missing where they do not say. [-]
    gas_share : array, shape (places,)
        Share on gas. [-]

    Notes
    -----
    The other ways share what gas leaves as census or certificates have them. Where these know none, it stays unknown
    what heats those homes: missing.
    """
    gas = HEAT_WAYS.index("gas")
    others = np.delete(told, gas, axis=1)
    whole = others.sum(axis=1, keepdims=True)
    left = 1.0 - gas_share[:, None]
    shared = np.where(left > 0, np.divide(others, whole, out=np.full_like(others, np.nan), where=whole > 0) * left, 0.0)
    return np.insert(shared, gas, gas_share, axis=1)


def parts(
    homes: Array, electricity: Array, own: Span, gas: Gas, ways: Array, rates: Rates, *, car_kwh: Array, car_doubt: Span
) -> list[Part]:
    """
    Return what homes use, part by part.

    Parameters
    ----------
    homes : array, shape (places,)
        Homes of each place. [homes]
    electricity : array, shape (places,)
        Electricity of homes, as in `model_demand`. [kWh/yr]
    own : Span
        How far that of one place may be off by itself, around 1. [-]
    gas : Gas
        From `gas.of_places`.
    ways : array, shape (places, ways)
        From `ways_beside_gas`.
    rates : Rates
    car_kwh : array, shape (places,)
        Electricity that cars take at home, which is on the same meter. [kWh/yr]
    car_doubt : Span
        How far `car_kwh` may be off, around 1. [-]

    Notes
    -----
    Electricity stays what `model_demand` has: electric heat, cooking and cars at home are taken out of it, lights and
    appliances are the rest. Where electric heat would leave them less than `appliances_least`, it is held back.
    """
    useful = heat(homes, gas, rates)
    fuel = {way: _fuel(way, useful, ways[:, n], rates) for n, way in enumerate(HEAT_WAYS)}
    cooking = homes * float(rates.cooking_kwh.value)
    room = np.maximum(electricity * (1.0 - rates.appliances_least) - cooking - car_kwh, 0.0)
    wanted = sum((np.nan_to_num(fuel[way].kwh) for way in ELECTRIC), np.zeros_like(electricity))
    held = np.minimum(np.divide(room, wanted, out=np.ones_like(room), where=wanted > 0), 1.0)
    fuel |= {way: fuel[way].times(held) for way in ELECTRIC}
    on_gas = homes * gas.share
    of_home = Standing(
        {"electricity": homes, "gas": np.nan_to_num(on_gas)}, rates.standing,
        {"electricity": electricity, "gas": gas.kwh * gas.share},
    )  # fmt: skip
    return [
        *(part for way, need in fuel.items() for part in _heat(way, need, gas, of_home, rates)),
        _gas_cooking(on_gas, gas, of_home, rates),
        _electric("cooking", cooking, rates.cooking_kwh.over(Span.exact(rates.cooking_kwh.value)), own, of_home, rates),
        _electric("cars", car_kwh, car_doubt, own, of_home, rates),
        _electric(
            "appliances", electricity - cooking - car_kwh - wanted * held, rates.metered_doubt, own, of_home, rates
        ),
    ]


@dataclass(frozen=True)
class Need:
    """Energy or heat of each place for rooms and for water, shape (places,). [kWh/yr]."""

    space: Array
    water: Array

    @property
    def kwh(self) -> Array:
        """Return both together."""
        return self.space + self.water

    def times(self, factor: Array | float) -> Need:
        """Return both times a factor."""
        return Need(self.space * factor, self.water * factor)


def heat(homes: Array, gas: Gas, rates: Rates) -> Need:
    """
    Return the useful heat of each place if all its homes were on gas.

    Hot water takes what a home usually does, at most half of it. [kWh/yr].
    """
    burnt = np.maximum(gas.kwh - homes * float(rates.cooking_gas_kwh.value), 0.0)
    useful = burnt * float(rates.efficiency["gas"].value)
    water = np.minimum(homes * float(rates.hot_water_kwh.value), useful / 2)
    return Need(useful - water, water)


def _fuel(way: str, useful: Need, share: Array, rates: Rates) -> Need:
    """Return what the homes of each place heated in one way use for it. [kWh/yr]."""
    factor = float(rates.beside_gas[way].value) / float(rates.efficiency[way].value)
    return useful.times(share * factor)


def _heat(way: str, need: Need, gas: Gas, standing: Standing, rates: Rates) -> Iterator[Part]:
    """Yield space heat and hot water of homes heated in one way."""
    carrier = "electricity" if way in ELECTRIC else way
    doubt = SURE if way == "gas" else rates.efficiency["gas"].times(rates.beside_gas[way]).over(rates.efficiency[way])
    water = rates.hot_water_kwh.over(Span.exact(rates.hot_water_kwh.value))
    sums = np.nansum(need.water), np.nansum(need.space)
    tilt = float(sums[0] / sums[1]) if sums[1] > 0 else 0.0  # what water takes more, rooms have less
    space = Span(1.0, max(1.0 - tilt * (float(water.high) - 1.0), 0.0), 1.0 + tilt * (1.0 - float(water.low)))
    for end_use, kwh, factor in (("space_heat", need.space, space), ("hot_water", need.water, water)):
        sure = {"space_heat": gas.confidence, "hot_water": "medium"}[end_use] if way == "gas" else "low"
        yield Part(
            sector="homes", carrier=carrier, end_use=end_use, kwh=kwh,
            factor=factor.times(doubt.over(Span.exact(doubt.value))).times(gas.doubt), own=rates.homes_apart,
            price=rates.price[carrier], carbon=rates.carbon[carrier], standing=standing.of(carrier, kwh),
            method=gas.method if way == "gas" else f"homes heated so by the census or certificates; {gas.method}",
            confidence=sure,
        )  # fmt: skip


def _gas_cooking(on_gas: Array, gas: Gas, standing: Standing, rates: Rates) -> Part:
    kwh = np.minimum(on_gas * float(rates.cooking_gas_kwh.value), gas.kwh * gas.share)
    return Part(
        sector="homes", carrier="gas", end_use="cooking", kwh=kwh,
        factor=rates.cooking_gas_kwh.over(Span.exact(rates.cooking_gas_kwh.value)), own=rates.homes_apart,
        price=rates.price["gas"], carbon=rates.carbon["gas"], standing=standing.of("gas", kwh),
        method="what homes with gas cook with, taken out of their gas", confidence="low",
    )  # fmt: skip


def _electric(end_use: str, kwh: Array, factor: Span, own: Span, standing: Standing, rates: Rates) -> Part:
    """Return a part of the electricity of homes other than heat."""
    return Part(
        sector="transport" if end_use == "cars" else "homes", carrier="electricity", end_use=end_use, kwh=kwh,
        factor=factor, own=own, price=rates.price["electricity"], carbon=rates.carbon["electricity"],
        standing=standing.of("electricity", kwh), method=_ELECTRIC_METHODS[end_use],
        confidence="medium" if end_use == "appliances" else "low",
    )  # fmt: skip


def _shares(counts: pd.DataFrame) -> pd.DataFrame:
    whole = counts.sum(axis=1)
    return counts.div(whole.where(whole > 0), axis=0)
