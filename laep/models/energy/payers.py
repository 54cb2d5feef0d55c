"""What a year's energy costs homes of each tenure, rating and way of heating -> layer `model_payer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from laep.models.energy.stock import hide
from laep.models.energy.use import looked_up
from laep.schema import LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.models.energy.household import Rates

Array = NDArray[np.float64]
POOR = ("D", "E", "F", "G")
"""Ratings below the C that rules for rented homes ask for."""
ENDS = ("value", "low", "high")
_METHOD = (
    "homes with a certificate: heat of the building it is in, at the price of its fuel, and the rest of the "
    "electricity of a mean home"
)


def table(
    homes: pd.DataFrame,
    ways: pd.Series[str],
    heat_kwh: Mapping[str, pd.Series[float]],
    *,
    base_kwh: float,
    rates: Rates,
    least_count: float,
) -> pd.DataFrame:
    """
    Return layer `model_payer`: the mean cost of a year's energy in homes of each kind.

    Parameters
    ----------
    homes : DataFrame
        Layer `in_home`.
    ways : Series, index of `homes`
        Way each is heated, of HEAT_WAYS; missing where the certificate does not say.
    heat_kwh : mapping of end to Series, index of `homes`
        Heat of each for rooms and water as if it were on gas, `value`, `low` and `high`; missing where it is not
        known. [kWh/yr]
    base_kwh : float
        Electricity of a mean home other than heat. [kWh/yr]
    rates : Rates
    least_count : float
        Counts below this are hidden, `privacy.least_count`. [homes]

    Notes
    -----
    What people go without to save is not seen: a low bill may be a cold home. The range is that of the mean of homes
    alike and of prices, not of one home beside another.
    """
    told = homes.assign(
        **{f"bill_{end}": _bill(heat_kwh[end], ways, base_kwh, rates, end) for end in ENDS},
        way=ways, all="all", heating=ways.where(ways.isna() | (ways == "gas"), "no_gas"),
    ).dropna(subset=["bill_value"])  # fmt: skip
    frames = [_topic(told, topic, least_count) for topic in ("all", "tenure", "rating", "heating")]
    found = pd.concat([frame for frame in frames if len(frame)] or [pd.DataFrame()], ignore_index=True)
    return found.reindex(columns=LAYERS["model_payer"].column_names)


def _bill(heat: pd.Series[float], ways: pd.Series[str], base_kwh: float, rates: Rates, end: str) -> pd.Series[float]:
    """Return what each home pays for heat and the rest of its electricity. [GBP/yr]."""
    per_heat = {
        way: float(getattr(rates.price["electricity" if way in ("electric", "heat_pump") else way], end))
        * float(rates.beside_gas[way].value)
        / float(rates.efficiency[way].value)
        for way in rates.efficiency
    }
    standing = rates.standing["electricity"] + np.where(ways == "gas", rates.standing["gas"], 0.0)
    base = base_kwh * float(getattr(rates.price["electricity"], end))
    return heat * looked_up(ways, per_heat) + base + standing


def _topic(told: pd.DataFrame, topic: str, least: float) -> pd.DataFrame:
    """Return the rows of one way of telling homes apart; none where even all of them are few."""
    kinds = told[told[topic].notna()].groupby(told[topic].astype("object"))
    counts = kinds.size()
    if counts.sum() < least:
        return pd.DataFrame()
    hidden = hide(counts, least=least)
    means = kinds[[f"bill_{end}" for end in ENDS]].mean()
    return pd.DataFrame(
        {
            "topic": topic,
            "category": counts.index.to_numpy(),
            "homes": counts.mask(hidden).astype("Int64").to_numpy(),
            "hidden": hidden.to_numpy(),
            "share": (counts / counts.sum()).mask(hidden).to_numpy(),
            "bill_gbp_per_yr": means["bill_value"].mask(hidden).to_numpy(),
            "bill_low_gbp_per_yr": means["bill_low"].mask(hidden).to_numpy(),
            "bill_high_gbp_per_yr": means["bill_high"].mask(hidden).to_numpy(),
            "poor_rating_share": kinds["rating"].agg(lambda one: one.isin(POOR).mean()).mask(hidden).to_numpy(),
            "no_gas_share": kinds["heating"].agg(lambda one: (one == "no_gas").mean()).mask(hidden).to_numpy(),
            "method": _METHOD,
            "confidence": "low",
        }
    )
