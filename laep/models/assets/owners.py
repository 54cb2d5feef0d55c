"""The ways a shared asset can be owned, and what each asks and pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.models.assets.kind import value_of
from laep.models.money import finance
from laep.models.money.ownership import FUND, HOST, Debt, Shares, Terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from laep.models.assets.kind import Take

COMPANY, SOCIETY, PROVIDER, LANDLORD = "company", "society", "provider", "landlord"


def _host(_: Take) -> Terms:
    return Terms(stakes={HOST: 1.0}, surplus={HOST: 1.0}, host_pays=1.0)


def _loan(take: Take) -> Terms:
    debt = _debt(take, lent=value_of(take, "own.loan.share", "-"))
    return Terms(stakes={HOST: 1 - debt.lent}, surplus={HOST: 1.0}, debt=debt, host_pays=1.0)


def _shares(take: Take) -> Terms:
    return Terms(
        surplus={FUND: 1.0},
        shares=Shares(
            raised=1.0,
            interest=_real(take, "own.shares.interest"),
            repaid_from=round(value_of(take, "own.shares.repaid_from_year", "years")),
            repaid_over=round(value_of(take, "own.shares.repaid_over_years", "years")),
        ),
        host_pays=value_of(take, "own.host_pays_share", "-"),
    )


def _company(take: Take) -> Terms:
    return Terms(
        stakes={COMPANY: 1.0}, surplus={COMPANY: 1.0}, host_pays=value_of(take, "own.host_pays_share", "-"),
        benefit=value_of(take, "own.company.fund_gbp_per_kw_yr", "GBP/kW/yr"),
    )  # fmt: skip


def _shared(take: Take) -> Terms:
    theirs = value_of(take, "own.shared.community_share", "-")
    stakes = {COMPANY: 1 - theirs, SOCIETY: theirs}
    return Terms(stakes=stakes, surplus=stakes, host_pays=value_of(take, "own.host_pays_share", "-"))


def _landlord(take: Take) -> Terms:
    return Terms(stakes={LANDLORD: 1.0}, surplus={LANDLORD: 1.0}, host_pays=value_of(take, "own.host_pays_share", "-"))


def _service(take: Take) -> Terms:
    debt = _debt(take, lent=value_of(take, "own.loan.share", "-"))
    return Terms(
        stakes={PROVIDER: 1 - debt.lent}, surplus={PROVIDER: 1.0}, debt=debt,
        host_pays=value_of(take, "own.service.host_pays_share", "-"),
    )  # fmt: skip


OWNERSHIPS: dict[str, Callable[[Take], Terms]] = {
    "host": _host, "host_loan": _loan, "community_shares": _shares, "company": _company, "shared": _shared,
    "landlord": _landlord, "service": _service,
}  # fmt: skip
"""Ownership -> assumptions -> terms. `host` owns what stands on its own ground, and what it pays it gets; `shared` is a
company of two owners."""
FOR_A_HOST = ("landlord", "service")
"""Ownerships that take somebody on the site who uses its power."""


def loan_terms(take: Take) -> Debt:
    """Return on what terms money can be borrowed, such as what a share offer does not raise."""
    return _debt(take, lent=0.0)


def _debt(take: Take, *, lent: float) -> Debt:
    return Debt(
        lent=lent, interest=_real(take, "own.loan.interest"), years=round(value_of(take, "own.loan.years", "years"))
    )


def _real(take: Take, key: str) -> float:
    """Return a nominal rate in real terms, as all flows are."""
    return finance.real_rate(
        value_of(take, key, "1/yr"), inflation=value_of(take, "finance.inflation_long_run", "1/yr")
    )
