"""A year of half-hours on many segments at once, beside a plain loop over one segment."""

from __future__ import annotations

import numpy as np

from benchmarks import Figure
from benchmarks._timing import side_by_side
from laep.models import dispatch

SUMMARY = "self-consumption battery on 100 segments for a year, against a plain loop"
SEGMENTS, PERIODS, EFFICIENCY = 100, 17_520, 0.9


def run() -> list[Figure]:
    """Return how much faster the model is per segment-year than a per-step loop, and how far the two differ."""
    rng = np.random.default_rng(1)
    demand = rng.gamma(2, 20, (SEGMENTS, PERIODS))
    generation = np.maximum(rng.normal(10, 60, (SEGMENTS, PERIODS)), 0)
    energy = np.linspace(50, 600, SEGMENTS)

    def ours() -> dispatch.Flows:
        return dispatch.self_consumption(
            demand, generation, battery_kwh=energy, battery_kw=energy / 2, round_trip_efficiency=EFFICIENCY,
            start_kwh=np.zeros(SEGMENTS),
        )  # fmt: skip

    def peer() -> tuple[np.ndarray, np.ndarray]:
        return _loop(demand[-1].tolist(), generation[-1].tolist(), float(energy[-1]))

    took, loop_took = side_by_side(ours, peer, repeats=9)
    flows, (drawn, sent) = ours(), peer()
    apart = max(np.abs(flows.import_kw[-1] - drawn).max(), np.abs(flows.export_kw[-1] - sent).max())
    return [
        Figure(
            name="segment-years per second, over the loop's", value=loop_took * SEGMENTS / took, unit="x", target=5.0,
            sense="at least", ours="100 segment-years in one call", ours_value=took,
            peer="one segment-year in a Python loop, times 100", peer_value=loop_took * SEGMENTS,
        ),
        Figure(
            name="largest difference in any half-hour", value=float(apart), unit="kW", target=1e-9, sense="at most",
            ours="mean drawn", ours_value=float(flows.import_kw[-1].mean()), peer="mean drawn",
            peer_value=float(drawn.mean()), runs_unit="kW",
        ),
    ]  # fmt: skip


def _loop(demand: list[float], generation: list[float], energy: float) -> tuple[np.ndarray, np.ndarray]:
    """Return import and export of one segment, written as one would without arrays."""
    eta, hours, held = EFFICIENCY**0.5, dispatch.PERIOD_H, 0.0
    drawn, sent = [], []
    for need, made in zip(demand, generation, strict=True):
        surplus, deficit = max(made - need, 0.0), max(need - made, 0.0)
        charge = min(surplus, energy / 2, (energy - held) / (eta * hours))
        discharge = min(deficit, energy / 2, held * eta / hours)
        held += (charge * eta - discharge / eta) * hours
        drawn.append(deficit - discharge)
        sent.append(surplus - charge)
    return np.array(drawn), np.array(sent)
