"""What yearly flows of money return: worth, rates, payback, cost of a unit, and how well they carry a loan.

Flows are arrays whose last axis is the year: entry 0 is now, entry t the end of year t; money in is positive. [GBP]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from laep.models.money import returns_kernel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Rates:
    """
    Internal rate of return of each row of flows, and whether it means anything.

    Attributes
    ----------
    rate : array
        The rate at which the flows are worth nothing; missing where there is none, or more than one. [fraction/yr]
    count : array of int
        How many real rates above -1 there are.
    sign_changes : array of int
        How often money turns from out to in or back; there are never more rates than that (Descartes).
    """

    rate: Array
    count: NDArray[np.int64]
    sign_changes: NDArray[np.int64]


def discounted(flows: ArrayLike, rate: ArrayLike) -> Array:
    """
    Return yearly flows at their worth now.

    Parameters
    ----------
    flows : array (..., years + 1)
    rate : float or array of the shape of the rows
        Discount rate, above -1. [fraction/yr]
    """
    flows = np.asarray(flows, dtype=np.float64)
    by_year = (1 + np.asarray(rate, dtype=np.float64))[..., None] ** -np.arange(flows.shape[-1])
    at_worth: Array = flows * by_year
    return at_worth


def worth(flows: ArrayLike, rate: ArrayLike) -> Array:
    """Return the net present value of each row of flows, its first year undiscounted. [GBP]."""
    total: Array = discounted(flows, rate).sum(axis=-1)
    return total


def rates(flows: ArrayLike) -> Rates:
    """
    Return the internal rate of return of each row of flows.

    A row that turns only once, out and then in or the other way round, has just one. Others are searched for all their
    real rates, and where there are several none is *the* return: judge such a row by its worth at a stated rate.
    """
    flows = np.asarray(flows, dtype=np.float64)
    rows = np.ascontiguousarray(flows.reshape(-1, flows.shape[-1]))
    rate, count, changes = returns_kernel.returns(rows)
    shape = flows.shape[:-1]
    return Rates(rate=rate.reshape(shape), count=count.reshape(shape), sign_changes=changes.reshape(shape))


def every_rate(flows: ArrayLike) -> Array:
    """Return every real rate above -1 at which one row of flows is worth nothing, in order. [fraction/yr]."""
    found: Array = returns_kernel.rates(np.ascontiguousarray(flows, dtype=np.float64))
    return found


def payback(flows: ArrayLike) -> Array:
    """
    Return when each row of flows has paid back for good, in years and parts of a year; missing where it never does.

    A year's flow is taken to come evenly through the year, so that 100 back at 40 a year is two and a half years. What
    falls due later, as a part bought again, counts: it is when the sum turns positive and stays so.
    """
    sums = np.cumsum(np.asarray(flows, dtype=np.float64), axis=-1)
    owing = sums < 0
    years = sums.shape[-1]
    last = years - 1 - np.argmax(owing[..., ::-1], axis=-1)
    never, at_once = owing[..., -1], ~owing.any(axis=-1)
    after = np.minimum(last + 1, years - 1)[..., None]
    here, there = (np.take_along_axis(sums, at, axis=-1)[..., 0] for at in (last[..., None], after))
    step = np.where(never | at_once, 1.0, there - here)
    found: Array = np.where(never, np.nan, np.where(at_once, 0.0, last - here / step))
    return found


def levelised_cost(costs: ArrayLike, made: ArrayLike, rate: ArrayLike) -> Array:
    """
    Return the levelised cost of what is made: the worth of all costs over the worth of all output.

    Parameters
    ----------
    costs : array (..., years + 1)
        Money paid, as positive numbers. [GBP]
    made : array (..., years + 1)
        Output of each year. [kWh]
    rate : float or array of the shape of the rows
        Discount rate. [fraction/yr]

    Returns
    -------
    array, GBP/kWh; missing where nothing is made.
    """
    paid, output = np.broadcast_arrays(worth(costs, rate), worth(made, rate))
    each: Array = np.divide(paid, output, out=np.full(output.shape, np.nan), where=output > 0)
    return each


def break_even(flows: ArrayLike, sold: ArrayLike, rate: ArrayLike) -> Array:
    """
    Return by how much the price of what is sold may fall (positive) or must rise (negative) for a worth of nothing.

    Parameters
    ----------
    flows : array (..., years + 1)
        All flows at today's price. [GBP]
    sold : array (..., years + 1)
        What is sold at that price. [kWh]
    rate : float or array of the shape of the rows
        Discount rate. [fraction/yr]

    Returns
    -------
    array, GBP/kWh; missing where nothing is sold.
    """
    return levelised_cost(flows, sold, rate)


def level_payment(principal: ArrayLike, rate: ArrayLike, years: ArrayLike) -> Array:
    """Return the yearly payment, at each year's end, that repays `principal` with interest over `years`. [GBP/yr]."""
    principal, rate, years = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (principal, rate, years))
    )
    growth = -np.expm1(-years * np.log1p(rate))
    free = rate == 0
    share = np.where(free, 1 / years, rate / np.where(free, 1.0, growth))
    paid: Array = principal * share
    return paid


@dataclass(frozen=True, kw_only=True)
class Loan:
    """What a loan costs its borrower year by year: arrays (..., years + 1), entry 0 now. [GBP]."""

    interest: Array
    repaid: Array
    owed: Array

    @property
    def service(self) -> Array:
        """Return interest and repayment together."""
        return self.interest + self.repaid


def loan(principal: ArrayLike, *, rate: ArrayLike, years: ArrayLike, span: int) -> Loan:
    """
    Return a loan taken now and repaid by level payments.

    Parameters
    ----------
    principal, rate, years : float or array
        Sum [GBP], yearly interest [fraction/yr] and term [whole years].
    span : int
        Years that the arrays cover, at least the longest term.

    Notes
    -----
    What is owed after t of n payments is principal (1 + r)^t less t payments with their interest; in closed form, so
    that no rounding gathers: principal (1 - (1 + r)^(t - n)) / (1 - (1 + r)^-n).
    """
    principal, rate, years = (
        value[..., None]
        for value in np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (principal, rate, years)))
    )
    left = np.maximum(years - np.arange(span + 1), 0.0)
    grown = -np.expm1(-left * np.log1p(rate)), -np.expm1(-years * np.log1p(rate))
    free = rate == 0
    owed = principal * np.where(free, left / years, grown[0] / np.where(free, 1.0, grown[1]))
    before = np.concatenate([owed[..., :1], owed[..., :-1]], axis=-1)
    interest = before * rate
    interest[..., 0] = 0.0
    return Loan(interest=interest, repaid=before - owed, owed=owed)


def least_cover(cash: ArrayLike, service: ArrayLike) -> Array:
    """Return the least of yearly cash before a loan over what the loan takes; missing where there is no loan."""
    cash, service = np.broadcast_arrays(np.asarray(cash, dtype=np.float64), np.asarray(service, dtype=np.float64))
    cover = np.divide(cash, service, out=np.full(cash.shape, np.inf), where=service > 0)
    least = cover.min(axis=-1)
    found: Array = np.where(np.isinf(least), np.nan, least)
    return found
