"""How big a battery to try, and which size is worth most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.models.balance import dispatch
from laep.models.money import finance

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

DAYS_HELD = (0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.5)
"""Sizes first tried, in mean days of the segment's use: value rises steeply up to a night's use and hardly after it."""
HOURS = (1.0, 2.0, 4.0)
"""Hours at full power tried: what batteries behind a street's substation are sold with."""
FINER = 9
"""Sizes tried between the neighbours of the best one."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """
    What a battery costs and how its worth is counted.

    Attributes
    ----------
    gbp_per_kwh : float
        Installed cost of nameplate energy with `hours` at full power, `bess.capex_gbp_per_kwh.community`. [GBP/kWh]
    hours : float
        Hours at full power that price is for, `bess.hours`. [h]
    power_share : float
        Share of it that pays for power rather than energy, `bess.power_share`. [-]
    usable_share : float
        Usable over nameplate energy, `bess.usable_dod`. [-]
    opex_share : float
        Yearly running cost over capex, `bess.opex_share`. [1/yr]
    rate, years : float
        Real discount rate [fraction/yr] and life [years].
    """

    gbp_per_kwh: float
    hours: float
    power_share: float
    usable_share: float
    opex_share: float
    rate: float
    years: float

    def capex(self, kwh: Array, kw: Array) -> Array:
        """Return the cost of batteries of usable energy `kwh` and power `kw`. [GBP]."""
        usable = self.gbp_per_kwh / self.usable_share
        per_kw = usable * self.hours * self.power_share
        return np.asarray(kwh * usable * (1 - self.power_share) + kw * per_kw)


def size(homes: pd.Series[float], *, kwh_per_home: float, usable_share: float, hours: float) -> pd.DataFrame:
    """
    Size a shared battery by the homes it serves.

    Parameters
    ----------
    homes : Series, shape (segments,)
        Homes on each segment; missing gives no battery size. [homes]
    kwh_per_home : float
        Nameplate energy tried per home, assumption `bess.kwh_per_home`. [kWh]
    usable_share : float
        Usable share of the nameplate, assumption `bess.usable_dod`. [-]
    hours : float
        Hours the usable energy lasts at full power, assumption `bess.hours`. [h]

    Returns
    -------
    DataFrame `nameplate_kwh`, `usable_kwh`, `power_kw`, same index.

    Notes
    -----
    A size to try, not the best size: see `best`.
    """
    nameplate = homes.astype("float64") * kwh_per_home
    usable = nameplate * usable_share
    return pd.DataFrame({"nameplate_kwh": nameplate, "usable_kwh": usable, "power_kw": usable / hours})


def curve(
    demand_kw: Array,
    generation_kw: Array,
    *,
    sizes: pd.DataFrame,
    offer: Offer,
    round_trip_efficiency: float,
    import_gbp: Array | float,
    export_gbp: Array | float,
) -> pd.DataFrame:
    """
    Return what batteries of several sizes would do and be worth on one segment: self-sufficiency against cost.

    Parameters
    ----------
    demand_kw, generation_kw : array, shape (periods,)
        A year of the segment. [kW]
    sizes : DataFrame
        `kwh` (usable) and `kw` of each battery to try.
    offer : Offer
        What they cost.
    round_trip_efficiency, import_gbp, export_gbp
        As in `dispatch.rule_totals`.

    Returns
    -------
    DataFrame, one row a size in the order given
        `kwh`, `kw`, `capex_gbp`, `benefit_gbp_per_yr`, `npv_gbp`, `payback_years`, `self_sufficiency`,
        `self_consumption`, `peak_import_kw`, `peak_export_kw`.

    Notes
    -----
    The battery follows the self-consumption rule, without foresight: what a simple controller earns. Benefit is the
    bill without a battery less the bill with it.
    """
    kwh, kw = (np.append(0.0, sizes[name].to_numpy(dtype=np.float64)) for name in ("kwh", "kw"))
    # the first case has no battery: what the others are compared with
    sums = dispatch.rule_totals(
        np.atleast_2d(demand_kw), np.atleast_2d(generation_kw), battery_kwh=kwh, battery_kw=kw,
        round_trip_efficiency=round_trip_efficiency, import_gbp=import_gbp, export_gbp=export_gbp,
        segment=np.zeros(len(kwh), dtype=np.intp),
    )  # fmt: skip
    capex = offer.capex(kwh, kw)
    benefit, opex = sums.cost_gbp[0] - sums.cost_gbp, capex * offer.opex_share
    found = pd.DataFrame({
        "kwh": kwh,
        "kw": kw,
        "capex_gbp": capex,
        "benefit_gbp_per_yr": benefit,
        "npv_gbp": finance.npv(capex, benefit, opex, rate=offer.rate, years=offer.years),
        "payback_years": finance.payback(capex, benefit - opex, life=offer.years),
        "self_sufficiency": sums.self_sufficiency,
        "self_consumption": sums.self_consumption,
        "peak_import_kw": sums.peak_import_kw,
        "peak_export_kw": sums.peak_export_kw,
    })  # fmt: skip
    return found.iloc[1:].reset_index(drop=True)


def sizes_to_try(demand_kw: Array) -> pd.DataFrame:
    """Return the batteries first tried on a segment: `DAYS_HELD` of its mean daily use by `HOURS`."""
    daily = float(np.mean(demand_kw)) * 24
    pairs = [(daily * days, daily * days / hours) for days in DAYS_HELD for hours in (HOURS if days else HOURS[:1])]
    return pd.DataFrame(pairs, columns=["kwh", "kw"])


def best(
    demand_kw: Array,
    generation_kw: Array,
    *,
    offer: Offer,
    round_trip_efficiency: float,
    import_gbp: Array | float,
    export_gbp: Array | float,
) -> tuple[pd.Series[float], pd.DataFrame]:
    """
    Return the battery of highest net present value on one segment, and all that were tried.

    Returns
    -------
    A row of `curve` and the whole of it, smallest first. No battery is among those tried, so the best is never worth
    less than nothing; of equal ones the smallest is taken.
    """

    def tried(sizes: pd.DataFrame) -> pd.DataFrame:
        return curve(
            demand_kw, generation_kw, sizes=sizes, offer=offer, round_trip_efficiency=round_trip_efficiency,
            import_gbp=import_gbp, export_gbp=export_gbp,
        )  # fmt: skip

    first = tried(sizes_to_try(demand_kw))
    found = pd.concat([first, tried(_between(first))], ignore_index=True)
    found = found.sort_values(["kwh", "kw"], kind="stable").drop_duplicates(["kwh", "kw"]).reset_index(drop=True)
    return found.iloc[int(found["npv_gbp"].to_numpy().argmax())], found


def _between(first: pd.DataFrame) -> pd.DataFrame:
    """Return finer sizes round the best of those first tried, at its hours (any, when no battery was best)."""
    top = first.iloc[int(first["npv_gbp"].to_numpy().argmax())]
    energies = np.unique(first["kwh"])
    at = int(np.searchsorted(energies, top["kwh"]))
    low, high = energies[max(at - 1, 0)], energies[min(at + 1, len(energies) - 1)]
    hours = [top["kwh"] / top["kw"]] if top["kw"] > 0 else list(HOURS)
    finer = np.linspace(low, high, FINER + 2)[1:-1]
    return pd.DataFrame([(kwh, kwh / span) for kwh in finer for span in hours], columns=["kwh", "kw"])
