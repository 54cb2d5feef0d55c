"""What an asset costs and earns: over its life, by year, with everything that is not known drawn many times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from laep.models.assets import sizing
from laep.models.money import finance
from laep.models.money.ownership import Project
from laep.models.money.span import Span
from laep.models.scenarios import draws
from laep.schema.vocabulary import ASSET_QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from laep.models.assets.kind import Kind, Take
    from laep.models.assets.sizing import Places

    Array = NDArray[np.float64]
    Integers = NDArray[np.int64]

_EDGE = Span(0.0, -1.0, 1.0)
"""Where in its range a quantity is: -1 at the low end, 1 at the high one, 0 at the value."""


@dataclass(frozen=True, kw_only=True)
class Money:
    """
    Prices at some sites.

    Attributes
    ----------
    saved, sold
        What the host no longer pays for power it uses, and what is earned by power sent out. [GBP/kWh]
    rate
        Real discount rate of whoever would own it, (sites,). [1/yr]
    connection
        Capacity on the network [kW] -> cost of a connection, missing where none is known. [GBP]
    """

    saved: Span
    sold: Span
    rate: Array
    connection: Callable[[Array], Span]


@dataclass(frozen=True, kw_only=True)
class Assets:
    """Assets of one kind, arrays (assets,): row of the site, capacity and export limit [kW]."""

    kind: Kind
    take: Take
    places: Places
    money: Money
    site: Integers
    size: Array
    limit: Array

    @cached_property
    def energy(self) -> sizing.Energy:
        """Return what becomes of the first year's output."""
        return sizing.energy(self.places, self.site, self.size, self.limit)

    @cached_property
    def connection(self) -> Span:
        """Return what a connection of its size may cost; in its money only where it needs one of its own. [GBP]."""
        return self.money.connection(np.minimum(self.kind.rating(self.size, self.take), self.limit))

    @cached_property
    def spans(self) -> dict[str, Span]:
        """Return every quantity with its ends; `output` and `use` over their central values."""
        kind, take = self.kind, self.take
        none = Span.exact(np.zeros(self.size.shape))
        return {
            "build": kind.build(self.size, take),
            "connection": self.connection if kind.on_land else none,
            "upkeep": kind.upkeep(self.size, take),
            "part": kind.part(self.size, take),
            "part_years": kind.part_years(take),
            "output": self.places.doubt,
            "use": Span(np.ones(self.size.shape), self.places.used_low[self.site], self.places.used_high[self.site]),
            "saved": self.money.saved,
            "sold": self.money.sold,
            "years": kind.years(take),
            "fade": kind.fade(take),
        }

    def npv(self, at: Mapping[str, Array | float]) -> Array:
        """
        Return the net present value of each asset in each case, (assets, cases). [GBP].

        Parameters
        ----------
        at : mapping
            Quantity -> where in its range it is in each case, -1 to 1, (cases,); those not named are at their value.
        """
        cases = {name: np.atleast_1d(np.asarray(at.get(name, 0.0), dtype=np.float64)) for name in ASSET_QUANTITIES}
        put: dict[str, Array] = {name: _at(span, cases[name]) for name, span in self.spans.items()}
        used, sent = self._shared_out(cases["output"], cases["use"])
        benefit = used * put["saved"] + sent * put["sold"]
        rate = self.money.rate[self.site][:, None]
        once = finance.npv(
            put["build"] + put["connection"], benefit, put["upkeep"],
            rate=rate, years=put["years"], degradation=put["fade"],
        )  # fmt: skip
        again = finance.replacements(put["part"], rate=rate, years=put["years"], life=put["part_years"])
        return np.asarray(once - again)

    def _shared_out(self, output: Array, use: Array) -> tuple[Array, Array]:
        """Return energy used and sent out in each case: between the ends of output and use, and their values."""
        made, need = self.spans["output"], self.spans["use"]
        used, sent = (np.zeros((len(self.size), len(output))) for _ in range(2))
        for there, level in ((made.low, -1), (made.value, 0), (made.high, 1)):
            near = np.clip(1 - np.abs(output - level), 0, None)
            for host, place in ((np.asarray(need.low), -1), (np.asarray(need.value), 0), (np.asarray(need.high), 1)):
                share = near * np.clip(1 - np.abs(use - place), 0, None)
                if not share.any():
                    continue
                found = self._energy_at(float(there), np.broadcast_to(host, self.size.shape))
                used += found.used[:, None] * share
                sent += found.sent[:, None] * share
        return used, sent

    def _energy_at(self, output: float, use: Array) -> sizing.Energy:
        """Return what becomes of another output, where another use stands row for row."""
        by_site = np.ones(len(self.places.most_kw))
        by_site[self.site] = use
        return sizing.energy(self.places, self.site, self.size, self.limit, output=output, use=by_site)

    @cached_property
    def ageing(self) -> Array:
        """Return the output of each year over the first's, nothing now, (years + 1,). [-]."""
        when = np.arange(round(float(self.spans["years"].value)) + 1)
        return np.where(when > 0, (1 - float(self.spans["fade"].value)) ** np.maximum(when - 1, 0), 0.0)

    def project(self) -> Project:
        """Return what each asset pays and earns year by year, every quantity at its value. [GBP]."""
        span = {name: span.value for name, span in self.spans.items()}
        when = np.arange(len(self.ageing))
        years = len(when) - 1
        build = np.zeros((len(self.size), years + 1))
        build[:, 0] = span["build"] + span["connection"]
        if np.isfinite(span["part_years"]):
            for year in range(round(float(span["part_years"])), years, round(float(span["part_years"]))):
                build[:, year] += span["part"]
        return Project(
            build=build,
            upkeep=np.where(when > 0, np.asarray(span["upkeep"])[:, None], 0.0),
            saved=(self.energy.used * span["saved"])[:, None] * self.ageing,
            sold=(self.energy.sent * span["sold"])[:, None] * self.ageing,
            capacity_kw=self.size,
        )

    def made_kwh(self) -> Span:
        """Return the first year's output that is used or sent out. [kWh]."""
        made, as_it_is = self.spans["output"], np.ones(len(self.size))
        low, high = (self._energy_at(float(end), as_it_is) for end in (made.low, made.high))
        return Span(*(found.used + found.sent for found in (self.energy, low, high)))


def best_value(kind: Kind, places: Places, money: Money, take: Take) -> Callable[[Integers, Array, Array], Array]:
    """Return what `sizing.options` goes by: net present value with every quantity at its value. [GBP]."""

    def value(site: Integers, size: Array, limit: Array) -> Array:
        known = ~np.isnan(size)
        some = Assets(
            kind=kind, take=take, places=places, money=money, site=site[known], size=size[known], limit=limit[known]
        )
        worth = np.full(size.shape, np.nan)
        worth[known] = some.npv({})[:, 0]
        return worth

    return value


def drawn_npv(assets: Assets, *, count: int) -> Array:
    """Return the net present value of each asset in many draws, (assets, draws). [GBP]."""
    return assets.npv(draws.drawn(dict.fromkeys(ASSET_QUANTITIES, _EDGE), count))


def one_by_one(assets: Assets, end: float) -> Array:
    """Return the worth of assets with one quantity at a time at its low (-1) or high (1) end, (assets, quantities)."""
    cases = np.eye(len(ASSET_QUANTITIES)) * end
    return assets.npv(dict(zip(ASSET_QUANTITIES, cases, strict=True)))


def _at(span: Span, where: Array) -> Array:
    """Return a quantity where it is in its range in each case, (assets or 1, cases)."""
    value, low, high = (
        np.atleast_1d(np.asarray(end, dtype=np.float64))[:, None] for end in (span.value, span.low, span.high)
    )
    with np.errstate(invalid="ignore"):
        up, down = np.where(where > 0, where * (high - value), 0.0), np.where(where < 0, where * (value - low), 0.0)
    put: Array = value + np.nan_to_num(up) + np.nan_to_num(down)
    return put
