"""Who pays and who gains, year by year, when an asset is owned one way or another.

Every pound that one party pays another receives, so the flows of all parties add up to those of the asset itself,
whatever the ownership: ownership moves money, it makes none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from laep.errors import LaepError
from laep.models.money import returns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MEMBERS, LENDER, GIVER, HOST, FUND = "members", "lender", "grant_giver", "host", "community_fund"
"""Parties that any ownership may know: who holds community shares, lends, gives, uses the power on site, and the fund
that a community spends from. Owners beside them are named in the terms."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """
    What an asset pays and earns, whoever owns it: arrays (..., years + 1), entry 0 now, positive numbers. [GBP].

    Attributes
    ----------
    build
        What it costs now, with its connection and development, and in later years parts bought again.
    upkeep
        Operation, insurance, business rates, administration.
    saved
        What the site's own users no longer buy, at the price they would have paid.
    sold
        All that it earns elsewhere: export, flexibility, certificates.
    capacity_kw
        Size, by which rents and benefit funds are reckoned, (...). [kW]
    """

    build: Array
    upkeep: Array
    saved: Array
    sold: Array
    capacity_kw: Array

    @property
    def net(self) -> Array:
        """Return what is left each year for everyone together."""
        return self.saved + self.sold - self.build - self.upkeep


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Community shares: share of the build they raise, interest [fraction/yr], and years of repayment, both whole."""

    raised: float
    interest: float
    repaid_from: int
    repaid_over: int


@dataclass(frozen=True, kw_only=True)
class Debt:
    """A loan repaid by level payments: share of the build it pays, interest [fraction/yr] and term [years]."""

    lent: float
    interest: float
    years: int


@dataclass(frozen=True, kw_only=True)
class Terms:
    """
    How an asset is paid for and what it pays out.

    Attributes
    ----------
    stakes
        Owner -> share of the build that it pays itself.
    surplus
        Party -> share of what is left when all dues are met.
    grant
        Share of the build that is given.
    shares, debt
        Community shares and a loan, where there are any.
    host_pays
        What the site's users pay for the power they use, as a share of the price they would have paid. [-]
    rent, benefit
        What the asset pays its host for the place, and a community fund. [GBP/kW/yr]
    """

    stakes: Mapping[str, float] = field(default_factory=dict)
    surplus: Mapping[str, float]
    grant: float = 0.0
    shares: Shares | None = None
    debt: Debt | None = None
    host_pays: float = 0.0
    rent: float = 0.0
    benefit: float = 0.0

    def __post_init__(self) -> None:
        """Refuse terms that do not pay for the whole build, or share out more or less than what is left."""
        paid = sum(self.stakes.values()) + self.grant
        paid += (self.shares.raised if self.shares else 0.0) + (self.debt.lent if self.debt else 0.0)
        if abs(paid - 1) > 1e-9:
            raise LaepError(
                f"These terms pay for {paid:.1%} of the build: stakes, grant, shares and loan must make 100 %."
            )
        if abs(sum(self.surplus.values()) - 1) > 1e-9:
            raise LaepError(f"These terms share out {sum(self.surplus.values()):.1%} of what is left, not 100 %.")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What each party pays and gets.

    Attributes
    ----------
    parties
        Party -> flows (..., years + 1), money in positive. [GBP]
    account
        What the asset's own account holds at each year's end, (..., years + 1): the flows of all parties so far and
        this make up those of the asset. [GBP]
    cover
        Least of yearly cash over what the loan takes, (...); missing without a loan. [-]
    shortest
        The lowest that the account comes to, (...): below nothing somebody has to put money in that these terms do not
        provide. [GBP]
    unpaid
        Community shares that have not been paid back at the end, (...). [GBP]
    """

    parties: Mapping[str, Array]
    account: Array
    cover: Array
    shortest: Array
    unpaid: Array


def shared_out(project: Project, terms: Terms) -> Outcome:
    """
    Return what each party pays and gets under `terms`.

    Notes
    -----
    Dues are met in this order each year: upkeep, rent and benefit fund, the loan, parts bought again, interest on
    shares, repayment of shares. Interest and repayment are paid as far as the account allows, and not made up for: that
    is what withdrawable shares promise. Only then is a surplus paid out, and never what later years will lack. What the
    account holds at the end, or lacks, goes to those who share the surplus.
    """
    first = project.build[..., 0]
    span = project.build.shape[-1] - 1
    years = np.arange(span + 1) > 0
    rent, benefit = (
        np.where(years, project.capacity_kw[..., None] * each, 0.0) for each in (terms.rent, terms.benefit)
    )
    bought = project.saved * terms.host_pays
    debt = terms.debt or Debt(lent=0.0, interest=0.0, years=1)
    loan = returns.loan(first * debt.lent, rate=debt.interest, years=debt.years, span=span)
    cash = bought + project.sold - project.upkeep - rent - benefit
    free = cash - loan.service - np.where(years, project.build, 0.0)
    shares = _Withdrawable(first, terms.shares, span)
    account, paid, left_over = _paid_out(free, shares)
    parties: dict[str, Array] = {}

    def add(party: str, flows: Array) -> None:
        parties[party] = parties[party] + flows if party in parties else flows

    add(HOST, project.saved - bought + rent)
    if terms.benefit:
        add(FUND, benefit)
    if terms.debt:
        add(LENDER, loan.service - _now(first * debt.lent, span))
    if terms.grant:
        add(GIVER, -_now(first * terms.grant, span))
    if terms.shares:
        add(MEMBERS, paid.interest + paid.repaid - _now(first * terms.shares.raised, span))
    for party, share in terms.stakes.items():
        add(party, -_now(first * share, span))
    for party, share in terms.surplus.items():
        add(party, left_over * share)
    return Outcome(
        parties=parties,
        account=account,
        cover=returns.least_cover(cash[..., 1:], loan.service[..., 1:]),
        shortest=np.minimum(account.min(axis=-1), left_over[..., -1]),
        unpaid=first * shares.raised - paid.repaid.sum(axis=-1),
    )


def at_half_the_raise(terms: Terms, *, debt: Debt) -> Terms:
    """Return the same terms when a share offer raises half of what it asks for, and `debt` lends the rest."""
    if terms.shares is None:
        raise LaepError("There is no share offer in these terms that could fall short.")
    missing = terms.shares.raised / 2
    lent = (terms.debt.lent if terms.debt else 0.0) + missing
    return replace(terms, shares=replace(terms.shares, raised=missing), debt=replace(debt, lent=lent))


class _Withdrawable:
    """What is due on community shares each year: capital by level parts, and interest on what is still in."""

    def __init__(self, first: Array, shares: Shares | None, span: int) -> None:
        self.raised = shares.raised if shares else 0.0
        self.interest = shares.interest if shares else 0.0
        when = np.arange(span + 1)
        start, over = (shares.repaid_from, shares.repaid_over) if shares else (1, 1)
        self.due = (first * self.raised)[..., None] * np.clip((when - start + 1) / over, 0.0, 1.0)
        self.capital = first * self.raised


@dataclass(frozen=True)
class _Paid:
    interest: Array
    repaid: Array


def _paid_out(free: Array, shares: _Withdrawable) -> tuple[Array, _Paid, Array]:
    """Return the account at each year's end, what shares were paid, and the surplus paid out."""
    needed = _needed_later(free, shares)
    account, interest, repaid, surplus = (np.zeros_like(free) for _ in range(4))
    in_hand, still_in = np.zeros_like(shares.capital), shares.capital
    for year in range(1, free.shape[-1]):
        in_hand = in_hand + free[..., year]
        interest[..., year] = np.clip(still_in * shares.interest, 0.0, np.maximum(in_hand, 0.0))
        in_hand = in_hand - interest[..., year]
        owing = np.maximum(still_in - (shares.capital - shares.due[..., year]), 0.0)
        repaid[..., year] = np.clip(owing, 0.0, np.maximum(in_hand, 0.0))
        in_hand, still_in = in_hand - repaid[..., year], still_in - repaid[..., year]
        surplus[..., year] = np.maximum(in_hand - needed[..., year], 0.0)
        account[..., year] = in_hand = in_hand - surplus[..., year]
    surplus[..., -1] += in_hand
    account[..., -1] = 0.0
    return account, _Paid(interest, repaid), surplus


def _needed_later(free: Array, shares: _Withdrawable) -> Array:
    """Return what must stay in the account at each year's end so that every later due can be met."""
    still_in = shares.capital[..., None] - np.concatenate(
        [np.zeros_like(shares.due[..., :1]), shares.due[..., :-1]], axis=-1
    )
    dues = still_in * shares.interest + np.diff(shares.due, axis=-1, prepend=0.0)
    need = np.zeros_like(free)
    for year in range(free.shape[-1] - 2, -1, -1):
        need[..., year] = np.maximum(need[..., year + 1] - free[..., year + 1] + dues[..., year + 1], 0.0)
    return need


def _now(amount: Array, span: int) -> Array:
    flows = np.zeros((*np.shape(amount), span + 1))
    flows[..., 0] = amount
    return flows
