"""The half-hourly balance of many network segments at once: what is used, stored, drawn and sent."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import LaepError
from laep.models.balance import dispatch_kernels
from laep.models.time.clock import PERIOD_H

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

BALANCED_SHARE_OF_PEAK = 0.01
"""A half-hour counts as balanced below this share of peak demand: the meaning of `model_balance.balanced_share`."""
PIECES = 64
"""Straight pieces the value of a battery's state is first given room for; more are made when they are needed."""
MANY = 4096
"""Half-hours below which sharing the work among threads costs more than it saves."""


@dataclass(frozen=True, kw_only=True)
class Flows:
    """
    Power of each segment in each half-hour, and the energy its battery holds.

    Flows have shape (segments, periods) and are in kW. `state_kwh` has shape (segments, periods + 1): what the battery
    holds before each period, and after the last. Sizes have shape (segments,).
    """

    demand_kw: Array
    generation_kw: Array
    import_kw: Array
    export_kw: Array
    charge_kw: Array
    discharge_kw: Array
    state_kwh: Array
    battery_kwh: Array
    battery_kw: Array

    @property
    def change_kwh(self) -> Array:
        """Return how much more each battery holds at the end than at the start, in kWh."""
        return np.asarray(self.state_kwh[:, -1] - self.state_kwh[:, 0])

    @property
    def loss_kwh(self) -> Array:
        """Return what each battery took in and neither gave back nor still holds, in kWh."""
        return np.asarray((self.charge_kw.sum(axis=1) - self.discharge_kw.sum(axis=1)) * PERIOD_H - self.change_kwh)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """
    Sums over the half-hours of many cases, without the flows behind them. All arrays have shape (cases,).

    Energy is in kWh, peaks in kW, `balanced` counts half-hours, `cost_gbp` is what import costs less what export earns,
    `marked_import_kwh` is what is drawn in the marked half-hours.
    """

    demand_kwh: Array
    generation_kwh: Array
    import_kwh: Array
    export_kwh: Array
    charge_kwh: Array
    discharge_kwh: Array
    peak_import_kw: Array
    peak_export_kw: Array
    balanced: Array
    cost_gbp: Array
    marked_import_kwh: Array

    @property
    def self_sufficiency(self) -> Array:
        """Return the share of demand met from the segment; missing without demand."""
        return _share(self.demand_kwh - self.import_kwh, self.demand_kwh)

    @property
    def self_consumption(self) -> Array:
        """Return the share of generation used on the segment or stored; missing without generation."""
        return _share(self.generation_kwh - self.export_kwh, self.generation_kwh)


def self_consumption(
    demand_kw: Array,
    generation_kw: Array,
    *,
    battery_kwh: Array,
    battery_kw: Array,
    round_trip_efficiency: float,
    start_kwh: Array | None = None,
) -> Flows:
    """
    Use local generation first, store what is left, give it back when demand exceeds generation.

    Parameters
    ----------
    demand_kw, generation_kw : array, shape (segments, periods)
        Mean power in each half-hour, not negative. [kW]
    battery_kwh : array, shape (segments,)
        Usable energy; zero where there is no battery. [kWh]
    battery_kw : array, shape (segments,)
        Highest power in or out, on the network's side. [kW]
    round_trip_efficiency : float
        Energy out over energy in, assumption `bess.round_trip_efficiency`; its square root is lost each way. [-]
    start_kwh : array, shape (segments,), optional
        What the batteries hold at the start. Left out, each holds what it will hold at the end, so that the year
        closes on itself and no energy comes from nowhere. [kWh]

    Returns
    -------
    Flows with, in every half-hour, generation + import + discharge = demand + export + charge.

    Notes
    -----
    With eta the one-way efficiency and h the hours of a period, the state follows

        s[t+1] = clip(s[t] + eta h min(surplus, power) - (h / eta) min(deficit, power), 0, energy)

    and the flows are read back from its steps. A year maps the starting state s to clip(s + sum, low, high), where low
    and high are the ends reached from an empty and from a full battery, so the closing state is known after one pass.
    No price, no foresight, no ageing, and no limit of the network inside the segment.
    """
    demand, generation, energy, power = _checked(demand_kw, generation_kw, battery_kwh, battery_kw)
    eta = _one_way(round_trip_efficiency)
    start = _closing(demand, generation, energy, power, eta) if start_kwh is None else _started(start_kwh, energy)
    drawn, sent, into, out_of = (np.empty(demand.shape) for _ in range(4))
    state = np.empty((demand.shape[0], demand.shape[1] + 1))

    def fill(first: int, last: int) -> None:
        dispatch_kernels.rule_flows(
            demand, generation, energy, power, start, eta, PERIOD_H, first, last, drawn, sent, into, out_of, state
        )

    spread(fill, *demand.shape)
    return Flows(
        demand_kw=demand, generation_kw=generation, import_kw=drawn, export_kw=sent, charge_kw=into,
        discharge_kw=out_of, state_kwh=state, battery_kwh=energy, battery_kw=power,
    )  # fmt: skip


def rule_totals(
    demand_kw: Array,
    generation_kw: Array,
    *,
    battery_kwh: Array,
    battery_kw: Array,
    round_trip_efficiency: float,
    import_gbp: Array | float = 0.0,
    export_gbp: Array | float = 0.0,
    marked: npt.NDArray[np.bool_] | None = None,
    segment: npt.NDArray[np.intp] | None = None,
) -> Totals:
    """
    Return the sums of a year of `self_consumption`, for many segments or many batteries, without keeping flows.

    Parameters
    ----------
    demand_kw, generation_kw : array, shape (segments, periods)
        As in `self_consumption`. [kW]
    battery_kwh, battery_kw : array, shape (cases,)
        Batteries to try. [kWh, kW]
    round_trip_efficiency : float
        As in `self_consumption`. [-]
    import_gbp, export_gbp : float or array, shape (periods,)
        What a unit costs and earns. [GBP/kWh]
    marked : array of bool, shape (periods,), optional
        Half-hours whose import is summed apart, such as a red band.
    segment : array of int, shape (cases,), optional
        Row of the series each case stands on; left out, case i stands on row i.

    Notes
    -----
    Each case starts with what it ends with, as in `self_consumption`.
    """
    demand, generation = _series(demand_kw, generation_kw, look=False)
    rows = np.arange(len(demand)) if segment is None else np.asarray(segment, dtype=np.int64)
    energy, power = _sizes(battery_kwh, battery_kw, len(rows))
    eta, periods = _one_way(round_trip_efficiency), demand.shape[1]
    buy, sell = (_prices(price, 1, periods)[0] for price in (import_gbp, export_gbp))
    flags = np.zeros(periods) if marked is None else np.asarray(marked, dtype=np.float64)
    start, out = np.empty(len(rows)), np.empty((len(rows), len(dispatch_kernels.TOTALS)))

    def fill(first: int, last: int) -> None:
        dispatch_kernels.closing_states(demand, generation, rows, energy, power, eta, PERIOD_H, first, last, start)
        dispatch_kernels.rule_totals(
            demand, generation, rows, energy, power, start, eta, PERIOD_H, BALANCED_SHARE_OF_PEAK, buy, sell, flags,
            first, last, out,
        )  # fmt: skip

    spread(fill, len(rows), periods)
    found = dict(zip(dispatch_kernels.TOTALS, out.T, strict=True))
    sums = ("demand", "generation", "import", "export", "charge", "discharge", "marked_import")
    if not (np.isfinite(out).all() and (found["least"] >= 0).all()):
        _plain(demand_kw=demand, generation_kw=generation)
    return Totals(
        **{f"{name}_kwh": found[f"{name}_kw"] * PERIOD_H for name in sums}, cost_gbp=found["cost"],
        **{name: found[name] for name in ("peak_import_kw", "peak_export_kw", "balanced")},
    )  # fmt: skip


def optimum(
    demand_kw: Array,
    generation_kw: Array,
    *,
    battery_kwh: Array,
    battery_kw: Array,
    round_trip_efficiency: float,
    import_gbp: Array,
    export_gbp: Array,
    start_kwh: Array | None = None,
    end_kwh: Array | None = None,
) -> Flows:
    """
    Return a cheapest year of each segment, half-hour by half-hour, with prices and weather known in advance.

    The optimum of the linear programme, without solving one.

    Parameters
    ----------
    demand_kw, generation_kw, battery_kwh, battery_kw, round_trip_efficiency
        As in `self_consumption`.
    import_gbp, export_gbp : array, shape (periods,) or (segments, periods)
        Prices known in advance, 0 <= export <= import in each half-hour. [GBP/kWh]
    start_kwh, end_kwh : array, shape (segments,), optional
        What each battery holds at the start, and at least at the end. Left out, both are what it holds under
        `self_consumption`, so that the two can be compared. [kWh]

    Returns
    -------
    Flows
        Cheapest in `dispatch.cost_gbp`. Among equally cheap years it is one of many.

    Raises
    ------
    LaepError
        Where export pays more than import costs, or a price is negative.

    Notes
    -----
    Perfect foresight: what a controller earns lies between `self_consumption` and this.
    """
    demand, generation, energy, power = _checked(demand_kw, generation_kw, battery_kwh, battery_kw)
    eta = _one_way(round_trip_efficiency)
    buy, sell = (_prices(price, len(demand), demand.shape[1]) for price in (import_gbp, export_gbp))
    _covered(buy, sell)
    start, end = _ends(demand, generation, energy, power, eta, start_kwh, end_kwh)
    state = np.empty((demand.shape[0], demand.shape[1] + 1))

    def fill(first: int, last: int) -> None:
        for i in range(first, last):
            price, paid = buy[i if len(buy) > 1 else 0], sell[i if len(sell) > 1 else 0]
            state[i] = _cheapest_states(
                demand[i], generation[i], price, paid, energy[i], power[i], start[i], end[i], eta
            )

    spread(fill, *demand.shape)
    return _flows_of(demand, generation, state, energy, power, eta)


def cost_gbp(flows: Flows, *, import_gbp: Array | float, export_gbp: Array | float) -> Array:
    """Return what import costs less what export earns, shape (segments,); prices as in `optimum`. [GBP]."""
    bill = flows.import_kw * np.asarray(import_gbp) - flows.export_kw * np.asarray(export_gbp)
    return np.asarray(bill.sum(axis=1) * PERIOD_H)


def _covered(import_gbp: Array, export_gbp: Array) -> None:
    """Refuse prices under which one could buy and sell without end, or be paid to waste."""
    if not ((export_gbp >= 0) & (export_gbp <= import_gbp)).all():
        raise LaepError("The cheapest year needs 0 <= export price <= import price in every half-hour.")


def indicators(
    flows: Flows, *, segment_ids: Sequence[str], case: str, capacity_kwp: Array, method: str, confidence: str
) -> pd.DataFrame:
    """
    Sum a year of flows into one row of layer `model_balance` per segment.

    Parameters
    ----------
    flows : Flows
        From `self_consumption`.
    segment_ids : sequence of str, length segments
        Ids as in `net_segment`.
    case : str
        today, solar or solar_battery.
    capacity_kwp : array, shape (segments,)
        Solar capacity behind `generation_kw`. [kWp]
    method, confidence : str
        How demand and generation were found, and how far to trust them.

    Returns
    -------
    DataFrame with the columns of `model_balance`. Energy is kW times 0.5 h. `self_consumption` is missing without
    generation, `self_sufficiency` and `balanced_share` without demand. `loss_kwh` holds the battery's losses and the
    change in what it holds, so that generation + import = demand + export + loss.
    """
    demand, generation = _energy(flows.demand_kw), _energy(flows.generation_kw)
    drawn, sent = _energy(flows.import_kw), _energy(flows.export_kw)
    return pd.DataFrame({
        "segment_id": list(segment_ids),
        "case": case,
        "demand_kwh": demand,
        "generation_kwh": generation,
        "import_kwh": drawn,
        "export_kwh": sent,
        "loss_kwh": flows.loss_kwh + flows.change_kwh,
        "self_consumption": _share(generation - sent, generation),
        "self_sufficiency": _share(demand - drawn, demand),
        "peak_import_kw": flows.import_kw.max(axis=1),
        "peak_export_kw": flows.export_kw.max(axis=1),
        "balanced_share": _balanced_share(flows),
        "battery_kwh": flows.battery_kwh,
        "battery_kw": flows.battery_kw,
        "capacity_kwp": np.asarray(capacity_kwp, dtype=np.float64),
        "method": method,
        "confidence": confidence,
    })  # fmt: skip


def _checked(demand: Array, generation: Array, energy: Array, power: Array) -> tuple[Array, Array, Array, Array]:
    need, made = _series(demand, generation)
    size, most = _sizes(energy, power, len(need))
    return need, made, size, most


def _series(demand: Array, generation: Array, *, look: bool = True) -> tuple[Array, Array]:
    """Return both series as the kernels take them; `look` at every value unless the caller does."""
    need, made = (np.ascontiguousarray(values, dtype=np.float64) for values in (demand, generation))
    if need.ndim != 2 or need.shape != made.shape or need.size == 0:
        raise LaepError(
            f"The half-hourly balance cannot run: demand {need.shape} and generation {made.shape} are not both "
            "(segments, periods)."
        )
    if look:
        _plain(demand_kw=need, generation_kw=made)
    return need, made


def _sizes(energy: Array, power: Array, count: int) -> tuple[Array, Array]:
    size, most = (np.ascontiguousarray(values, dtype=np.float64) for values in (energy, power))
    if size.shape != (count,) or most.shape != (count,):
        raise LaepError(
            f"The half-hourly balance cannot run: battery sizes {size.shape}, {most.shape} do not match {count} "
            "segments or cases."
        )
    _plain(battery_kwh=size, battery_kw=most)
    return size, most


def _plain(**named: Array) -> None:
    # min and max see missing values and cost no second array the size of the first
    bad = [name for name, values in named.items() if values.size and not (values.min() >= 0 and values.max() < np.inf)]
    if bad:
        raise LaepError(
            "The half-hourly balance cannot run: "
            + "; ".join(f"{name} holds missing, infinite or negative values" for name in bad)
            + "."
        )


def _one_way(round_trip_efficiency: float) -> float:
    if not 0 < round_trip_efficiency <= 1:
        raise LaepError(f"round_trip_efficiency is above 0 and at most 1, not {round_trip_efficiency}.")
    return float(np.sqrt(round_trip_efficiency))


def _prices(price: Array | float, segments: int, periods: int) -> Array:
    """Return prices with one row for all segments or one each."""
    rows = np.ascontiguousarray(np.atleast_2d(np.asarray(price, dtype=np.float64)))
    if rows.shape == (1, 1):
        rows = np.full((1, periods), rows[0, 0])
    if rows.shape not in {(1, periods), (segments, periods)} or not np.isfinite(rows).all():
        raise LaepError(
            f"Prices need one number for each of {periods} half-hours, not {np.shape(price)}, none missing."
        )
    return rows


def _started(start_kwh: Array, energy: Array) -> Array:
    start = np.ascontiguousarray(start_kwh, dtype=np.float64)
    if start.shape != energy.shape or not ((start >= 0) & (start <= energy)).all():
        raise LaepError("start_kwh needs one value per segment, between 0 and the battery's energy.")
    return start


def _ends(
    demand: Array, generation: Array, energy: Array, power: Array, eta: float, start: Array | None, end: Array | None
) -> tuple[Array, Array]:
    if start is None or end is None:
        closing = _closing(demand, generation, energy, power, eta)
    first = closing if start is None else _started(start, energy)
    last = closing if end is None else _started(end, energy)
    return first, last


def _closing(demand: Array, generation: Array, energy: Array, power: Array, eta: float) -> Array:
    """Return the starting state that a year of the rule leads back to."""
    start, rows = np.empty(len(energy)), np.arange(len(energy))
    dispatch_kernels.closing_states(demand, generation, rows, energy, power, eta, PERIOD_H, 0, len(energy), start)
    return start


def spread(fill: Callable[[int, int], None], rows: int, periods: int) -> None:
    """Call `fill(first, last)` on all rows, shared among threads: the kernels inside let go of the interpreter."""
    workers = min(rows, _processors()) if rows * periods > MANY else 1
    if workers <= 1:
        fill(0, rows)
        return
    # more parts than threads, so that a thread another program slows down does not hold up the rest
    edges = np.linspace(0, rows, min(rows, 4 * workers) + 1).astype(int)
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(fill, edges[:-1].tolist(), edges[1:].tolist()))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cheapest_states(
    demand: Array, generation: Array, buy: Array, sell: Array, size: float, power: float, start: float, end: float,
    eta: float,
) -> Array:  # fmt: skip
    periods = len(demand)
    states, lefts = np.empty(periods + 1), np.empty(periods + 1)
    places, room = np.empty(periods + 2, dtype=np.int64), periods * 8 + PIECES
    while not dispatch_kernels.optimal_states(
        demand, generation, buy, sell, size, power, start, end, eta, PERIOD_H, np.empty(room), np.empty(room), places,
        lefts, states,
    ):  # fmt: skip
        room *= 2
    if start < lefts[0] - dispatch_kernels.SLIVER * size:
        raise LaepError("A battery cannot reach end_kwh from start_kwh with the power it has.")
    return states


def _flows_of(demand: Array, generation: Array, state: Array, energy: Array, power: Array, eta: float) -> Flows:
    """Return the flows behind the states: what is not charged or discharged is drawn or sent."""
    step = np.diff(state, axis=1)
    into = np.minimum(np.maximum(step, 0.0) / (eta * PERIOD_H), power[:, None])
    out_of = np.minimum(np.maximum(-step, 0.0) * (eta / PERIOD_H), power[:, None])
    rest = generation - demand - into + out_of
    return Flows(
        demand_kw=demand, generation_kw=generation, import_kw=np.maximum(-rest, 0.0), export_kw=np.maximum(rest, 0.0),
        charge_kw=into, discharge_kw=out_of, state_kwh=state, battery_kwh=energy, battery_kw=power,
    )  # fmt: skip


def _energy(power_kw: Array) -> Array:
    return np.asarray(power_kw.sum(axis=1) * PERIOD_H)


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _balanced_share(flows: Flows) -> Array:
    peak = flows.demand_kw.max(axis=1)
    limit = (BALANCED_SHARE_OF_PEAK * peak)[:, None]
    share = ((flows.import_kw <= limit) & (flows.export_kw <= limit)).mean(axis=1)
    return np.where(peak > 0, share, np.nan)
