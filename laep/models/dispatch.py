"""The half-hourly balance of many network segments at once: what is used, stored, drawn and sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import LaepError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

PERIOD_H = 0.5
"""A settlement period lasts half an hour."""
BALANCED_SHARE_OF_PEAK = 0.01
"""A half-hour counts as balanced below this share of peak demand: the meaning of `model_balance.balanced_share`."""


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
    if not 0 < round_trip_efficiency <= 1:
        raise LaepError(f"round_trip_efficiency is above 0 and at most 1, not {round_trip_efficiency}.")
    eta = float(np.sqrt(round_trip_efficiency))
    net = generation - demand
    surplus, deficit = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    into, out_of = np.minimum(surplus, power[:, None]), np.minimum(deficit, power[:, None])
    delta = np.ascontiguousarray((into * (eta * PERIOD_H) - out_of * (PERIOD_H / eta)).T)
    start = _closing_state(delta, energy) if start_kwh is None else _started(start_kwh, energy)
    state = _follow(delta, start, energy).T
    step = np.diff(state, axis=1)
    charge = np.minimum(np.maximum(step, 0.0) / (eta * PERIOD_H), surplus)
    discharge = np.minimum(np.maximum(-step, 0.0) * (eta / PERIOD_H), deficit)
    return Flows(
        demand_kw=demand, generation_kw=generation, import_kw=deficit - discharge, export_kw=surplus - charge,
        charge_kw=charge, discharge_kw=discharge, state_kwh=state, battery_kwh=energy, battery_kw=power,
    )  # fmt: skip


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
    flows = [np.asarray(values, dtype=np.float64) for values in (demand, generation)]
    sizes = [np.asarray(values, dtype=np.float64) for values in (energy, power)]
    faults = []
    if flows[0].ndim != 2 or flows[0].shape != flows[1].shape or flows[0].size == 0:
        faults.append(f"demand {flows[0].shape} and generation {flows[1].shape} are not both (segments, periods)")
    elif any(size.shape != flows[0].shape[:1] for size in sizes):
        faults.append(f"battery sizes {sizes[0].shape}, {sizes[1].shape} do not match {flows[0].shape[0]} segments")
    names = ("demand_kw", "generation_kw", "battery_kwh", "battery_kw")
    for name, values in zip(names, (*flows, *sizes), strict=True):
        if not np.isfinite(values).all() or (values < 0).any():
            faults.append(f"{name} holds missing, infinite or negative values")
    if faults:
        raise LaepError("The half-hourly balance cannot run: " + "; ".join(faults) + ".")
    return flows[0], flows[1], sizes[0], sizes[1]


def _started(start_kwh: Array, energy: Array) -> Array:
    start = np.asarray(start_kwh, dtype=np.float64)
    if start.shape != energy.shape or not ((start >= 0) & (start <= energy)).all():
        raise LaepError("start_kwh needs one value per segment, between 0 and the battery's energy.")
    return start


def _closing_state(delta: Array, energy: Array) -> Array:
    """Return the starting state that a year of `delta` leads back to."""
    if not energy.any():
        return np.zeros_like(energy)
    ends = np.stack([np.zeros_like(energy), energy])
    for change in delta:
        np.add(ends, change, out=ends)
        np.minimum(ends, energy, out=ends)
        np.maximum(ends, 0.0, out=ends)
    low, high = ends
    return np.asarray(np.where(delta.sum(axis=0) > 0, high, low), dtype=np.float64)


def _follow(delta: Array, start: Array, energy: Array) -> Array:
    """Return the state before each period and after the last, shape (periods + 1, segments): time is the only loop."""
    state = np.zeros((len(delta) + 1, len(energy)))
    if not energy.any():
        return state
    state[0] = start
    for before, change, after in zip(state[:-1], delta, state[1:], strict=True):
        np.add(before, change, out=after)
        np.minimum(after, energy, out=after)
        np.maximum(after, 0.0, out=after)
    return state


def _energy(power_kw: Array) -> Array:
    return np.asarray(power_kw.sum(axis=1) * PERIOD_H)


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _balanced_share(flows: Flows) -> Array:
    peak = flows.demand_kw.max(axis=1)
    limit = (BALANCED_SHARE_OF_PEAK * peak)[:, None]
    share = ((flows.import_kw <= limit) & (flows.export_kw <= limit)).mean(axis=1)
    return np.where(peak > 0, share, np.nan)
