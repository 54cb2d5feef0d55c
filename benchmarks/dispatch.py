"""A year of half-hours with a battery: by rule and at least cost, for one segment and for a thousand."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import Figure, _dispatch_lp
from benchmarks._peers import python_with
from benchmarks._timing import side_by_side
from laep.models.balance import dispatch
from laep.models.time import clock

SUMMARY = "battery years by rule and at least cost, against loops, HiGHS and PyPSA"
SEGMENTS, PERIODS, EFFICIENCY = 1_000, 17_520, 0.9
SOME = 100
"""Segments dispatched at least cost, half-hour by half-hour."""
SMALL = {"SEGMENTS": 2, "SOME": 2, "PERIODS": 7 * 48}


def run() -> list[Figure]:
    """Return times of a thousand segment-years, and how one compares with HiGHS and PyPSA in speed and in cost."""
    demand, generation, energy = _segments()
    hour = np.arange(PERIODS) % 48 / 2
    buy = np.where((hour >= 16) & (hour < 19), 0.42, np.where((hour >= 1) & (hour < 5), 0.12, 0.26))
    prices = {"import_gbp": buy, "export_gbp": np.full(PERIODS, 0.08)}
    return [*_rule(demand, generation, energy), *_exact(demand, generation, energy, prices)]


def _segments() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return made demand and generation, shape (segments, periods), and the energy of each battery."""
    rng = np.random.default_rng(1)
    hour, day = np.arange(PERIODS) % 48 / 2, np.arange(PERIODS) // 48
    shape = 0.3 + np.exp(-(((hour - 18) / 2.5) ** 2)) + 0.4 * np.exp(-(((hour - 8) / 1.5) ** 2))
    sun = np.maximum(np.cos((hour - 12) / 12 * np.pi), 0) * (1 - 0.7 * np.cos((day + 10) / 365 * 2 * np.pi))
    demand = shape * rng.gamma(4, 10, (SEGMENTS, PERIODS))
    cloud = rng.beta(1.2, 1.2, (SEGMENTS, PERIODS // 48)).repeat(48, axis=1)
    return demand, sun * cloud * rng.uniform(20, 120, (SEGMENTS, 1)), np.linspace(50, 600, SEGMENTS)


def _battery(energy: np.ndarray) -> dict[str, Any]:
    return {"battery_kwh": energy, "battery_kw": energy / 2, "round_trip_efficiency": EFFICIENCY}


def _rule(demand: np.ndarray, generation: np.ndarray, energy: np.ndarray) -> list[Figure]:
    last = slice(-1, None)
    start = np.zeros(SEGMENTS)

    def ours() -> dispatch.Totals:
        return dispatch.rule_totals(demand, generation, **_battery(energy))

    def peer() -> np.ndarray:
        return _over_time(demand, generation, energy)

    ours()
    took, loop_took = side_by_side(ours, peer, repeats=2)
    took = min(took, *side_by_side(ours, repeats=9))
    flows = dispatch.self_consumption(
        demand[last],
        generation[last],
        **_battery(energy[last]),
        start_kwh=start[last],
    )
    drawn, sent = _loop(demand[-1].tolist(), generation[-1].tolist(), float(energy[-1]))
    apart = max(np.abs(flows.import_kw[0] - drawn).max(), np.abs(flows.export_kw[0] - sent).max())
    return [
        Figure(
            name="1,000 segment-years by rule", value=took, unit="s", target=0.1, sense="at most",
            ours="sums, peaks, cost and balanced share", ours_value=took,
            peer="import and export by a numpy loop over time", peer_value=loop_took,
        ),
        Figure(
            name="largest difference from a plain loop in any half-hour", value=float(apart), unit="kW", target=1e-9,
            sense="at most", ours="mean drawn", ours_value=float(flows.import_kw.mean()), peer="mean drawn",
            peer_value=float(drawn.mean()), runs_unit="kW",
        ),
    ]  # fmt: skip


def _exact(demand: np.ndarray, generation: np.ndarray, energy: np.ndarray, prices: dict[str, Any]) -> list[Figure]:
    one, some = slice(0, 1), slice(0, SOME)
    start = np.zeros(1)

    def many() -> dispatch.Flows:
        return dispatch.optimum(demand[some], generation[some], **_battery(energy[some]), **prices)

    def ours() -> dispatch.Flows:
        return dispatch.optimum(
            demand[one], generation[one], **_battery(energy[one]), **prices,
            start_kwh=start, end_kwh=start,
        )  # fmt: skip

    def highs() -> _dispatch_lp.Schedule:
        battery = _dispatch_lp.Battery(
            kwh=energy[0], kw=energy[0] / 2, round_trip_efficiency=EFFICIENCY, start_kwh=0.0, end_kwh=0.0
        )
        return _dispatch_lp.solve(demand[0], generation[0], [battery], **prices, curtail=False)

    many()
    ours()
    took, one_took, highs_took = side_by_side(many, ours, highs, repeats=3)
    cost = float(dispatch.cost_gbp(ours(), **prices)[0])
    best = highs().cost_gbp
    figures = [
        Figure(
            name="100 segment-years at least cost", value=took, unit="s", target=1.0, sense="at most",
            ours="dispatch of 100", ours_value=took, peer="100 times HiGHS on one", peer_value=highs_took * SOME,
        ),
        Figure(
            name="one segment-year with its dispatch, over HiGHS's time", value=highs_took / one_took, unit="x",
            target=500.0, sense="at least", ours="merging slopes", ours_value=one_took, peer="HiGHS, same programme",
            peer_value=highs_took,
        ),
        Figure(
            name="difference in cost from HiGHS", value=abs(cost / best - 1), unit="of the cost", target=1e-9,
            sense="at most", ours="merging slopes", ours_value=cost, peer="HiGHS", peer_value=best, runs_unit="GBP",
        ),
    ]  # fmt: skip
    return [*figures, *_pypsa(demand[0], generation[0], float(energy[0]), prices, one_took=one_took, cost=cost)]


def _pypsa(
    demand: np.ndarray, generation: np.ndarray, energy: float, prices: dict[str, Any], *, one_took: float,
    cost: float,
) -> list[Figure]:  # fmt: skip
    python = python_with("pypsa")
    if python is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "segment.npz"
        np.savez(path, demand=demand, generation=generation, energy=energy, efficiency=EFFICIENCY, **prices)
        done = subprocess.run([python, "-c", _PYPSA, str(path)], capture_output=True, text=True, check=True)
    seconds, found = json.loads(done.stdout.splitlines()[-1])
    return [
        Figure(
            name="the same, over PyPSA's time", value=seconds / one_took, unit="x", target=1000.0, sense="at least",
            ours="merging slopes", ours_value=one_took, peer="PyPSA with HiGHS, model building included",
            peer_value=seconds,
        ),
        Figure(
            name="difference in cost from PyPSA", value=abs(cost / found - 1), unit="of the cost", target=1e-6,
            sense="at most", ours="merging slopes", ours_value=cost, peer="PyPSA", peer_value=found, runs_unit="GBP",
        ),
    ]  # fmt: skip


_PYPSA = """
import json, logging, sys, time, warnings
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
import numpy as np, pandas as pd, pypsa
held = np.load(sys.argv[1])
def solve():
    steps = pd.RangeIndex(len(held["demand"]))
    series = lambda values: pd.Series(values, steps)
    n = pypsa.Network()
    n.set_snapshots(steps)
    n.snapshot_weightings = n.snapshot_weightings.astype(float) * 0.5
    n.add("Bus", "b")
    n.add("Load", "use", bus="b", p_set=series(held["demand"]))
    made = series(held["generation"])
    n.add("Generator", "sun", bus="b", p_nom=1, p_min_pu=made, p_max_pu=made)
    n.add("Generator", "buy", bus="b", p_nom=1e5, marginal_cost=series(held["import_gbp"]))
    n.add("Generator", "sell", bus="b", p_nom=1e5, p_min_pu=-1, p_max_pu=0, marginal_cost=series(held["export_gbp"]))
    each_way, power = float(held["efficiency"]) ** 0.5, float(held["energy"]) / 2
    n.add("StorageUnit", "s", bus="b", p_nom=power, max_hours=2, efficiency_store=each_way,
          efficiency_dispatch=each_way, state_of_charge_initial=0)
    n.optimize(solver_name="highs", solver_options={"output_flag": False}, include_objective_constant=False)
    return float(n.objective)
started = time.perf_counter()
cost = solve()
print(json.dumps([time.perf_counter() - started, cost]))
"""


def _over_time(demand: np.ndarray, generation: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """Return import and export of all segments, the loop over time and numpy across segments."""
    eta, hours, held = EFFICIENCY**0.5, clock.PERIOD_H, np.zeros(SEGMENTS)
    sums = np.zeros((2, SEGMENTS))
    for net in (generation - demand).T.copy():
        charge = np.minimum(np.minimum(np.maximum(net, 0), energy / 2), (energy - held) / (eta * hours))
        discharge = np.minimum(np.minimum(np.maximum(-net, 0), energy / 2), held * eta / hours)
        held += (charge * eta - discharge / eta) * hours
        rest = net - charge + discharge
        sums += np.maximum([-rest, rest], 0)
    return sums


def _loop(demand: list[float], generation: list[float], energy: float) -> tuple[np.ndarray, np.ndarray]:
    """Return import and export of one segment, written as one would without arrays."""
    eta, hours, held = EFFICIENCY**0.5, clock.PERIOD_H, 0.0
    drawn, sent = [], []
    for need, made in zip(demand, generation, strict=True):
        surplus, deficit = max(made - need, 0.0), max(need - made, 0.0)
        charge = min(surplus, energy / 2, (energy - held) / (eta * hours))
        discharge = min(deficit, energy / 2, held * eta / hours)
        held += (charge * eta - discharge / eta) * hours
        drawn.append(deficit - discharge)
        sent.append(surplus - charge)
    return np.array(drawn), np.array(sent)
