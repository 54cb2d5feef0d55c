"""What balancing one segment would do and be worth: its year of half-hours, indicators, and money with ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from laep.models.balance import dispatch, shifting, storage
from laep.models.money import finance
from laep.models.money.span import Span
from laep.models.network import connection
from laep.models.time.clock import PERIOD_H

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Array = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

QUIET = dispatch.BALANCED_SHARE_OF_PEAK
"""Import below this share of peak demand counts as none: the meaning of `islanded_h`."""
METHOD = "estimated demand and roofs, assumed cars and heat pumps, standard profiles; battery on a simple rule"
NOON_H = 12.0
"""Cars' days run from noon to noon, so that a night is never cut in two."""


@dataclass(frozen=True, kw_only=True)
class Year:
    """
    A year of one segment. All arrays have shape (17520,) and are in kW.

    `use_kw` is what homes and businesses use today, `car_kw` and `heat_kw` what cars and heat pumps would add;
    `today_kw` is connected generation, `planned_kw` accepted, `roof_kw` what further suitable roofs could make.
    """

    use_kw: Array
    car_kw: Array
    heat_kw: Array
    today_kw: Array
    planned_kw: Array
    roof_kw: Array

    @property
    def demand_kw(self) -> Array:
        """Return demand with cars and heat pumps, nothing shifted."""
        return self.use_kw + self.car_kw + self.heat_kw

    @property
    def given_kw(self) -> Array:
        """Return generation that comes in any case: connected and accepted."""
        return self.today_kw + self.planned_kw

    @property
    def generation_kw(self) -> Array:
        """Return all generation."""
        return self.given_kw + self.roof_kw


@dataclass(frozen=True, kw_only=True)
class Flexible:
    """
    What can move.

    Attributes
    ----------
    car_share, heat_share : float
        Share of charging and of heat pump use that can move, `ev.flexible_share` and `heat_pump.flexible_share`. [-]
    plugged_in : array of bool, shape (17520,)
        When cars stand plugged in.
    car_ceiling_kw : float
        Power of the chargers with a car at them. [kW]
    heat_window_h : float
        How long heat can wait, `heat_pump.window_h`. [h]
    heat_ceiling_kw : float
        Power of all heat pumps. [kW]
    """

    car_share: float
    heat_share: float
    plugged_in: Flags
    car_ceiling_kw: float
    heat_window_h: float
    heat_ceiling_kw: float


@dataclass(frozen=True, kw_only=True)
class Prices:
    """
    What energy and network use cost.

    `home_import`, `home_export`, `premium` and `red` are in p/kWh, `transmission` in GBP/kW/yr, `connection` in GBP/kW.
    `own_use` is the share of a home's solar it uses itself. `red_band` and `winter_peak` are the half-hours they fall
    in, arrays of bool of shape (17520,).
    """

    home_import: Span
    home_export: Span
    premium: Span
    red: Span
    transmission: Span
    connection: Span
    own_use: Span
    red_band: Flags
    winter_peak: Flags

    def outside_red(self, demand_kw: Array) -> float:
        """
        Return the unit price outside the red band that leaves the year's bill for `demand_kw` as it is. [p/kWh].

        The usual price holds an average of network charges. Taking the red band's out of it and adding it where it
        falls changes when a unit is dear, not what the year costs.
        """
        in_red = float(demand_kw[self.red_band].sum() / demand_kw.sum()) if demand_kw.any() else 0.0
        return float(self.home_import.value) - float(self.red.value) * in_red

    def series_gbp(self, demand_kw: Array) -> tuple[Array, Array]:
        """Return import and export prices by half-hour, shape (17520,) each. [GBP/kWh]."""
        buy = (self.outside_red(demand_kw) + np.where(self.red_band, float(self.red.value), 0.0)) / 100
        # never below what export pays: nobody can gain by buying and selling at once
        sell = np.minimum(float(self.home_export.value) / 100, buy)
        return np.maximum(buy, 0.0), np.maximum(sell, 0.0)

    def passed_gbp(self) -> tuple[Array, Array]:
        """Return what a unit that neighbours pass on saves and gives up on the operator's network, as `series_gbp`."""
        give_up = np.full(len(self.red_band), float(self.home_export.value) / 100)
        return give_up + float(self.premium.value) / 100, give_up


@dataclass(frozen=True, kw_only=True)
class Kit:
    """
    What is built and what it costs.

    Attributes
    ----------
    roof_capex, roof_opex : Span
        Cost of the further roofs [GBP] and of keeping them [GBP/yr].
    offer : storage.Offer
        Central cost of a battery; `battery_gbp_per_kwh` its range. [GBP/kWh]
    round_trip_efficiency : float
        [-]
    rate, roof_years, battery_years, degradation
        Real discount rate [fraction/yr], lives [years] and yearly loss of solar yield [fraction/yr].
    """

    roof_capex: Span
    roof_opex: Span
    offer: storage.Offer
    battery_gbp_per_kwh: Span
    battery_opex_share: Span
    round_trip_efficiency: float
    rate: float
    roof_years: Span
    battery_years: Span
    degradation: Span


@dataclass(frozen=True, kw_only=True)
class Case:
    """A segment worked out: a row's columns, the batteries tried, and the flows before and after balancing."""

    row: dict[str, object]
    tried: pd.DataFrame
    before: dispatch.Flows
    after: dispatch.Flows


def work_out(
    year: Year, *, flexible: Flexible, prices: Prices, kit: Kit, homes: float, one_meter: bool, new_connection: bool,
    export_limit_kw: float,
) -> Case:  # fmt: skip
    """
    Return what balancing one segment would do and be worth.

    Parameters
    ----------
    year : Year
        Its half-hours.
    flexible, prices, kit
        What can move, what energy costs, what kit costs.
    homes : float
        Homes on it. [homes]
    one_meter : bool
        Whether all of it could stand behind one meter: a private wire or an island. Else power passed between homes
        uses the operator's network and earns a local premium only.
    new_connection : bool
        Whether a connection is still to be bought, so that a lower peak saves on it.
    export_limit_kw : float
        What its transformer takes back; missing where not known. [kW]

    Notes
    -----
    *Before* is the same demand and the same roofs with nothing stored or shifted; *after* has the battery of highest
    net present value under the self-consumption rule, cars and heat pumps shifted within their windows. The battery is
    sized at the prices that its money is counted at: behind one meter those of import and export, on the operator's
    network what a unit passed on is worth more than one sent out, which seldom pays for any. Money compares
    *after* with the demand and connected and accepted generation alone, so it pays for the roofs too. Cables, meters,
    a controller and a company to run it are left out: the field guide gives no figures for them.
    """
    shifted = _shifted(year, flexible)
    buy, sell = prices.series_gbp(year.demand_kw) if one_meter else prices.passed_gbp()
    best, tried = storage.best(
        shifted, year.generation_kw, offer=kit.offer, round_trip_efficiency=kit.round_trip_efficiency,
        import_gbp=buy, export_gbp=sell,
    )  # fmt: skip
    pack = (float(best["kwh"]), float(best["kw"]))
    before = _run(year.demand_kw, year.generation_kw, (0.0, 0.0), kit.round_trip_efficiency)
    after = _run(shifted, year.generation_kw, pack, kit.round_trip_efficiency)
    alone = _run(year.demand_kw, year.given_kw, (0.0, 0.0), kit.round_trip_efficiency)
    money = _money(
        alone, after, year, pack, prices=prices, kit=kit, homes=homes, one_meter=one_meter,
        new_connection=new_connection, peak_saved_kw=float(before.import_kw.max() - after.import_kw.max()),
    )  # fmt: skip
    row = {
        **_energy(year, shifted),
        **_indicators(before, after, export_limit_kw),
        "battery_kwh": pack[0], "battery_kw": pack[1], "battery_npv_gbp": float(best["npv_gbp"]),
        **gap(after, import_gbp=buy, export_gbp=sell, round_trip_efficiency=kit.round_trip_efficiency),
        **money,
    }  # fmt: skip
    return Case(row=row, tried=tried, before=before, after=after)


def gap(
    flows: dispatch.Flows, *, import_gbp: Array, export_gbp: Array, round_trip_efficiency: float
) -> dict[str, float]:
    """Return the bill of one segment under the rule, the least it could be, and the gap, with the same battery."""
    least = dispatch.optimum(
        flows.demand_kw, flows.generation_kw, battery_kwh=flows.battery_kwh, battery_kw=flows.battery_kw,
        round_trip_efficiency=round_trip_efficiency, import_gbp=import_gbp, export_gbp=export_gbp,
        start_kwh=flows.state_kwh[:, 0], end_kwh=np.minimum(flows.state_kwh[:, -1], flows.state_kwh[:, 0]),
    )  # fmt: skip
    rule, best = (float(dispatch.cost_gbp(f, import_gbp=import_gbp, export_gbp=export_gbp)[0]) for f in (flows, least))
    return {"rule_gbp_per_yr": rule, "optimum_gbp_per_yr": best, "gap_gbp_per_yr": rule - best}


def guide_network_gbp(homes: float, *, case_gbp: float, case_homes: float) -> float:
    """Return the field guide's stated saving for this many homes: its 200-home private wire, home by home. [GBP/yr]."""
    return homes * case_gbp / case_homes


def _shifted(year: Year, flexible: Flexible) -> Array:
    """Return demand after cars, then heat pumps, have moved into the valleys of what is left."""
    rest = year.use_kw + year.heat_kw - year.generation_kw
    open_kw = np.where(flexible.plugged_in, flexible.car_ceiling_kw, 0.0)
    cars = shifting.shift(rest, year.car_kw, share=flexible.car_share, ceiling_kw=open_kw, window_h=24.0, from_h=NOON_H)
    rest = year.use_kw + cars - year.generation_kw
    heat = shifting.shift(
        rest, year.heat_kw, share=flexible.heat_share, ceiling_kw=flexible.heat_ceiling_kw,
        window_h=flexible.heat_window_h,
    )  # fmt: skip
    return year.use_kw + cars + heat


def _run(demand: Array, generation: Array, pack: tuple[float, float], efficiency: float) -> dispatch.Flows:
    return dispatch.self_consumption(
        demand[None], generation[None], battery_kwh=np.array([pack[0]]), battery_kw=np.array([pack[1]]),
        round_trip_efficiency=efficiency,
    )  # fmt: skip


def _energy(year: Year, shifted: Array) -> dict[str, float]:
    parts = {
        "use_kwh": year.use_kw, "car_kwh": year.car_kw, "heat_kwh": year.heat_kw, "today_kwh": year.today_kw,
        "planned_kwh": year.planned_kw, "roof_kwh": year.roof_kw,
    }  # fmt: skip
    moved = float(np.abs(shifted - year.demand_kw).sum() * PERIOD_H / 2)
    return {name: float(flow.sum() * PERIOD_H) for name, flow in parts.items()} | {"shifted_kwh": moved}


def _indicators(before: dispatch.Flows, after: dispatch.Flows, export_limit_kw: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for ending, flows in (("_before", before), ("", after)):
        demand, made = flows.demand_kw.sum(), flows.generation_kw.sum()
        drawn, sent = flows.import_kw[0], flows.export_kw[0]
        quiet = QUIET * flows.demand_kw.max()
        alone = drawn <= quiet
        found |= {
            f"self_sufficiency{ending}": float(1 - drawn.sum() / demand) if demand > 0 else np.nan,
            f"self_consumption{ending}": float(1 - sent.sum() / made) if made > 0 else np.nan,
            f"peak_import{ending}_kw": float(drawn.max()),
            f"peak_export{ending}_kw": float(sent.max()),
            f"balanced_share{ending}": float((alone & (sent <= quiet)).mean()) if demand > 0 else np.nan,
            f"islanded{ending}_h": float(alone.sum() * PERIOD_H),
            f"curtailed{ending}_kwh": float(np.maximum(sent - export_limit_kw, 0.0).sum() * PERIOD_H),
        }
    return found | {
        "islanded_longest_h": _longest(after.import_kw[0] <= QUIET * after.demand_kw.max()) * PERIOD_H,
        "curtailment_avoided_kwh": found["curtailed_before_kwh"] - found["curtailed_kwh"],
        "headroom_demand_kw": found["peak_import_before_kw"] - found["peak_import_kw"],
        "headroom_generation_kw": found["peak_export_before_kw"] - found["peak_export_kw"],
    }


def _longest(flags: Flags) -> int:
    """Return the length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _money(
    alone: dispatch.Flows, after: dispatch.Flows, year: Year, pack: tuple[float, float], *, prices: Prices, kit: Kit,
    homes: float, one_meter: bool, new_connection: bool, peak_saved_kw: float,
) -> dict[str, object]:  # fmt: skip
    energy = _energy_benefit(alone, after, year, prices, one_meter=one_meter)
    duos, transmission = _network_benefit(alone, after, prices)
    network = float(duos.value + transmission.value)
    if not one_meter:
        duos, transmission = (Span(0.0, 0.0, saving.high) for saving in (duos, transmission))
    once = prices.connection.times(max(peak_saved_kw, 0.0))
    once = once if new_connection else Span(0.0, 0.0, once.high)
    scale = kit.offer.capex(np.array(pack[0]), np.array(pack[1])) / kit.offer.gbp_per_kwh
    battery = kit.battery_gbp_per_kwh.times(float(scale))
    capex, opex = kit.roof_capex.plus(battery), kit.roof_opex.plus(battery.times(kit.battery_opex_share))
    benefit = energy.plus(duos).plus(transmission)
    worth = finance.worth(
        capex.less(once), opex, benefit, rate=kit.rate, years=kit.roof_years, degradation=kit.degradation,
        renewed=battery, renewed_every=kit.battery_years,
    )  # fmt: skip
    each = benefit.less(opex)
    each = Span(each.value / homes, each.low / homes, each.high / homes) if homes > 0 else Span.exact(np.nan)
    return {
        **energy.columns("energy", "GBP/yr"), **duos.columns("duos", "GBP/yr"),
        **transmission.columns("tnuos", "GBP/yr"), **once.columns("connection", "GBP"),
        **capex.columns("capex", "GBP"), **opex.columns("opex", "GBP/yr"), **benefit.columns("benefit", "GBP/yr"),
        **worth.payback.columns("payback", "years"), **worth.npv.columns("npv", "GBP"),
        **each.columns("home", "GBP/yr"), "network_gbp_per_yr": network,
    }  # fmt: skip


def _energy_benefit(
    alone: dispatch.Flows, after: dispatch.Flows, year: Year, prices: Prices, *, one_meter: bool
) -> Span:
    """
    Return a year's saving on energy, without the red band. [GBP/yr].

    Behind one meter every unit not imported saves the unit price. On the operator's network only what a home uses of
    its own roof does; what passes between homes earns the export price and a premium. Its high end is as behind one
    meter, which a local market or a licence exemption would allow.
    """
    saved = float((alone.import_kw.sum() - after.import_kw.sum()) * PERIOD_H)
    sent = float((after.export_kw.sum() - alone.export_kw.sum()) * PERIOD_H)
    less = float(prices.home_import.value) - prices.outside_red(year.demand_kw)
    made = float(year.roof_kw.sum() * PERIOD_H)
    ends = []
    for end in ("value", "low", "high"):
        unit, paid, share, extra = (
            float(getattr(span, end))
            for span in (prices.home_import, prices.home_export, prices.own_use, prices.premium)
        )
        unit = max(unit - less, 0.0)
        own = saved if one_meter or end == "high" else min(share * made, saved)
        ends.append((own * unit + (saved - own) * (paid + extra * (end != "low")) + sent * paid) / 100)
    return Span.around(*ends)


def _network_benefit(alone: dispatch.Flows, after: dispatch.Flows, prices: Prices) -> tuple[Span, Span]:
    """
    Return a year's saving on the red band and on transmission if all stands behind one meter. [GBP/yr].

    What some avoid others pay. Only behind one meter can it be had at all.
    """
    less = alone.import_kw[0] - after.import_kw[0]
    red_kwh = max(float(less[prices.red_band].sum() * PERIOD_H), 0.0)
    peak_kw = max(float(less[prices.winter_peak].mean()), 0.0) if prices.winter_peak.any() else 0.0
    savings = []
    for red, transmission in ((prices.red, Span.exact(0.0)), (Span.exact(0.0), prices.transmission)):
        ends = [
            connection.avoided_charges_gbp(
                peak_kw=peak_kw, tnuos_gbp_per_kw=float(getattr(transmission, end)), red_band_kwh=red_kwh,
                duos_red_p_per_kwh=float(getattr(red, end)),
            )
            for end in ("value", "low", "high")
        ]  # fmt: skip
        savings.append(Span(*ends))
    return savings[0], savings[1]
