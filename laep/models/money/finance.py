"""Discounting and payback. All money is real (in the prices of one year) and all rates are real rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from laep.models.money.span import Amount, Span


@dataclass(frozen=True, kw_only=True)
class Worth:
    """Simple payback in years and net present value in GBP, each with its range."""

    payback: Span
    npv: Span


def real_rate(nominal: float, *, inflation: float) -> float:
    """Return the real rate behind a nominal one: (1 + nominal) / (1 + inflation) - 1 (Fisher). [fraction/yr]."""
    return (1 + nominal) / (1 + inflation) - 1


def present_value_factor(rate: Amount, years: Amount, *, degradation: Amount = 0.0) -> Amount:
    """
    Return today's worth of 1 a year, paid at each year's end, shrinking by `degradation` a year after the first.

    Parameters
    ----------
    rate : float or array
        Real discount rate, above -1. [fraction/yr]
    years : float or array
        How long it is paid. [years]
    degradation : float or array
        Share lost each year, from 0 to below 1. [fraction/yr]

    Notes
    -----
    With q = (1 - degradation) / (1 + rate), the factor is (1 - q^years) / (1 - q) / (1 + rate), and years / (1 + rate)
    where q is 1. Without degradation it is the annuity factor (1 - (1 + rate)^-years) / rate.
    """
    rate, years, degradation = np.asarray(rate), np.asarray(years), np.asarray(degradation)
    q = (1 - degradation) / (1 + rate)
    level = q == 1
    series = (1 - q**years) / np.where(level, 1.0, 1 - q)
    return np.asarray(np.where(level, years, series) / (1 + rate), dtype=np.float64)


def replacements(cost: Amount, *, rate: Amount, years: Amount, life: Amount) -> Amount:
    """
    Return today's worth of buying a part again each time its life ends before `years` are over.

    Parameters
    ----------
    cost : float or array
        Cost of the part each time. [GBP]
    rate : float or array
        Real discount rate. [fraction/yr]
    years, life : float or array
        How long it is needed and how long one lasts; an infinite life is never replaced. [years]
    """
    bought = np.maximum(np.ceil(np.asarray(years) / np.asarray(life)) - 1, 0)
    if not np.any(bought):
        return cost * 0.0
    first = (1 + np.asarray(rate)) ** -np.asarray(life, dtype=np.float64)
    series = np.where(first == 1, bought, first * (1 - first**bought) / np.where(first == 1, 1.0, 1 - first))
    worth_now: Amount = cost * series
    return worth_now


def npv(
    capex: Amount, benefit: Amount, opex: Amount, *, rate: Amount, years: Amount, degradation: Amount = 0.0
) -> Amount:
    """
    Return the net present value of an asset bought today.

    Parameters
    ----------
    capex, benefit, opex : float or array
        Cost now [GBP]; first-year benefit, which degrades, and running cost, which does not [GBP/yr].
    rate, years, degradation : float or array
        As in `present_value_factor`.
    """
    gains = benefit * present_value_factor(rate, years, degradation=degradation)
    worth_now: Amount = gains - opex * present_value_factor(rate, years) - capex
    return worth_now


def payback(capex: Amount, net_benefit: Amount, *, life: Amount) -> Amount:
    """Return capex over yearly net benefit, in years; missing where it takes longer than the life, or for ever."""
    capex, net = np.broadcast_arrays(np.asarray(capex, dtype=np.float64), np.asarray(net_benefit, dtype=np.float64))
    years = np.divide(capex, net, out=np.full(net.shape, np.nan), where=net > 0)
    within: Amount = np.where(years <= life, years, np.nan)
    return within


def worth(
    capex: Span,
    opex: Span,
    benefit: Span,
    *,
    first_year: Span | None = None,
    rate: Amount,
    years: Span,
    degradation: Span,
    renewed: Span | None = None,
    renewed_every: Span | None = None,
) -> Worth:
    """
    Return payback and net present value with their ranges.

    Parameters
    ----------
    capex, opex, benefit : Span
        Cost now [GBP], running cost, and benefit of a year before ageing at the prices of a whole life [GBP/yr].
    first_year : Span, optional
        Benefit of the first year at its own prices, which payback goes by; else `benefit`. [GBP/yr]
    rate : float or array
        Real discount rate: one for all three ends. [fraction/yr]
    years, degradation : Span
        Life [years] and yearly loss of benefit [fraction/yr].
    renewed, renewed_every : Span, optional
        Cost of a part bought again within the life [GBP], and how long it lasts [years].

    Notes
    -----
    `low` is the low value of each result. Low payback: low capex over high benefit less low opex, missing where that
    is longer than the longest life; the central and the high one go by the central and the shortest. Low net present
    value: every unfavourable end at once (capex, opex and degradation high, benefit low, and the worse end of the
    life). The range is therefore wider than the likely one.
    """
    part, every = renewed or Span.exact(0.0), renewed_every or Span.exact(np.inf)

    def value(
        *, cost: Amount, gain: Amount, keep: Amount, fall: Amount, life: Amount, swap: Amount, lasts: Amount
    ) -> Amount:
        once = npv(cost, gain, keep, rate=rate, years=life, degradation=fall)
        return once - replacements(swap, rate=rate, years=life, life=lasts)

    central = value(
        cost=capex.value, gain=benefit.value, keep=opex.value, fall=degradation.value,
        life=years.value, swap=part.value, lasts=every.value,
    )  # fmt: skip
    ends = [
        value(cost=cost, gain=gain, keep=keep, fall=fall, life=life, swap=swap, lasts=lasts)
        for cost, gain, keep, fall, swap, lasts in (
            (capex.high, benefit.low, opex.high, degradation.high, part.high, every.low),
            (capex.low, benefit.high, opex.low, degradation.low, part.low, every.high),
        )
        for life in (years.low, years.high)
    ]
    net = (first_year or benefit).less(opex)
    times = Span(
        payback(capex.value, net.value, life=years.value),
        payback(capex.low, net.high, life=years.high),
        payback(capex.high, net.low, life=years.low),
    )
    return Worth(payback=times, npv=Span.around(central, *ends))
