"""
Dispatch and sizing by linear programme, solved by HiGHS: what the fast optimum is held to, and what it does not cover.

The latter: several batteries, a limit on what the network takes or gives, generation that may be turned down, prices
under which selling beats buying or energy costs less than nothing, and batteries whose size is part of the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np
from highspy._core import _Highs
from scipy import sparse

from laep.errors import LaepError
from laep.models.time.clock import PERIOD_H

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Places = npt.NDArray[np.signedinteger]


@dataclass(frozen=True, kw_only=True)
class Battery:
    """
    One battery, of given size or of a size to be found.

    Attributes
    ----------
    kwh, kw : float
        Usable energy and power; with a yearly cost, the most that may be built. [kWh, kW]
    round_trip_efficiency : float
        Energy out over energy in; its square root is lost each way. [-]
    start_kwh, end_kwh : float, optional
        What it holds at the start, and at least at the end. Without both, it ends as it starts, at any level. [kWh]
    gbp_per_kwh_yr, gbp_per_kw_yr : float, optional
        Yearly cost of its energy and power, such as an annuity with upkeep; with either, the size is found.
    """

    kwh: float
    kw: float
    round_trip_efficiency: float
    start_kwh: float | None = None
    end_kwh: float | None = None
    gbp_per_kwh_yr: float | None = None
    gbp_per_kw_yr: float | None = None

    @property
    def sized(self) -> bool:
        """Return whether the size is to be found."""
        return self.gbp_per_kwh_yr is not None or self.gbp_per_kw_yr is not None


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """
    A cheapest run of half-hours. Flows have shape (periods,) and are in kW; those of batteries (batteries, periods).

    In every half-hour generation - curtailed + import + discharge = demand + export + charge. `state_kwh` has shape
    (batteries, periods + 1); `cost_gbp` is import less export, `build_gbp` the yearly cost of sizes that were found.
    """

    import_kw: Array
    export_kw: Array
    curtailed_kw: Array
    charge_kw: Array
    discharge_kw: Array
    state_kwh: Array
    battery_kwh: Array
    battery_kw: Array
    cost_gbp: float
    build_gbp: float


def solve(
    demand_kw: Array,
    generation_kw: Array,
    batteries: Sequence[Battery],
    *,
    import_gbp: Array,
    export_gbp: Array,
    import_limit_kw: float = np.inf,
    export_limit_kw: float = np.inf,
    curtail: bool = True,
) -> Schedule:
    """
    Return the schedule of least cost of import less export, and of the yearly cost of sizes to be found.

    Parameters
    ----------
    demand_kw, generation_kw : array, shape (periods,)
        Mean power in each half-hour. [kW]
    batteries : sequence of Battery
        Any number; none leaves only curtailment to decide.
    import_gbp, export_gbp : array, shape (periods,)
        Prices known in advance, any sign. [GBP/kWh]
    import_limit_kw, export_limit_kw : float
        Most the network gives or takes. [kW]
    curtail : bool
        Whether generation may be turned down.

    Raises
    ------
    LaepError
        When no schedule keeps the limits, with what to change.

    Notes
    -----
    Where it would pay to buy and sell, or to charge and discharge, in one half-hour, which nobody can, a yes-or-no
    variable forbids it there; otherwise the programme is linear. Perfect foresight, no ageing.
    """
    need, made = (np.asarray(values, dtype=np.float64) for values in (demand_kw, generation_kw))
    buy, sell = (np.broadcast_to(np.asarray(p, dtype=np.float64), need.shape) for p in (import_gbp, export_gbp))
    if need.ndim != 1 or need.shape != made.shape:
        raise LaepError(f"Demand {need.shape} and generation {made.shape} are not both (periods,).")
    model = _Model(need.size, len(batteries))
    model.flows(buy, sell, made if curtail else np.zeros_like(made), import_limit_kw, export_limit_kw)
    model.balance(need - made)
    for number, battery in enumerate(batteries):
        model.battery(number, battery)
    highest = sum(battery.kw for battery in batteries)
    model.exclude_trade(np.flatnonzero(sell > buy), need + highest, made + highest)
    odd = np.flatnonzero((np.minimum(buy, sell) < 0) | (sell > buy))
    for number, battery in enumerate(batteries):
        model.exclude_cycling(number, odd, battery.kw)
    return _schedule(model, model.run(), buy, sell)


class _Model:
    """Columns and rows of the programme, gathered as arrays."""

    def __init__(self, periods: int, batteries: int) -> None:
        self.periods, self.batteries = periods, batteries
        self.cost: list[Array] = []
        self.upper: list[Array] = []
        self.lower: list[Array] = []
        self.whole: list[int] = []
        self.columns = 0
        self.entries: list[tuple[Places, Places, Array]] = []
        self.row_lower: list[Array] = []
        self.row_upper: list[Array] = []
        self.rows = 0
        self.at: dict[tuple[str, int], Places] = {}

    def add(self, name: str, number: int, *, cost: Array, upper: Array, lower: Array | None = None) -> Places:
        """Add columns and return their positions."""
        count = len(cost)
        place = np.arange(self.columns, self.columns + count)
        self.columns += count
        self.cost.append(np.asarray(cost, dtype=np.float64))
        self.upper.append(np.asarray(upper, dtype=np.float64))
        self.lower.append(np.zeros(count) if lower is None else np.asarray(lower, dtype=np.float64))
        self.at[name, number] = place
        return place

    def constrain(self, terms: Sequence[tuple[Places, Array | float]], lower: Array, upper: Array) -> None:
        """Add one row per element: the sum of column times factor lies between `lower` and `upper`."""
        rows = np.arange(self.rows, self.rows + len(lower))
        self.rows += len(lower)
        for place, factor in terms:
            self.entries.append((rows, place, np.broadcast_to(np.asarray(factor, dtype=np.float64), rows.shape)))
        self.row_lower.append(lower)
        self.row_upper.append(upper)

    def flows(self, buy: Array, sell: Array, spill: Array, most_in: float, most_out: float) -> None:
        every = np.ones(self.periods)
        self.add("import", 0, cost=buy * PERIOD_H, upper=every * most_in)
        self.add("export", 0, cost=-sell * PERIOD_H, upper=every * most_out)
        self.add("curtailed", 0, cost=every * 0.0, upper=spill)
        for number in range(self.batteries):
            for name in ("charge", "discharge"):
                self.add(name, number, cost=every * 0.0, upper=every * np.inf)

    def balance(self, net_demand: Array) -> None:
        terms: list[tuple[Places, Array | float]] = [
            (self.at["import", 0], 1.0), (self.at["export", 0], -1.0), (self.at["curtailed", 0], -1.0),
        ]  # fmt: skip
        for number in range(self.batteries):
            terms += [(self.at["discharge", number], 1.0), (self.at["charge", number], -1.0)]
        self.constrain(terms, net_demand, net_demand)

    def battery(self, number: int, battery: Battery) -> None:
        eta, count = float(np.sqrt(battery.round_trip_efficiency)), self.periods
        into, out_of = self.at["charge", number], self.at["discharge", number]
        ceiling, floor = np.full(count + 1, battery.kwh), np.zeros(count + 1)
        if battery.start_kwh is not None:
            floor[0] = ceiling[0] = battery.start_kwh
        if battery.end_kwh is not None:
            floor[-1] = battery.end_kwh
        state = self.add("state", number, cost=np.zeros(count + 1), upper=ceiling, lower=floor)
        nothing = np.zeros(count)
        self.constrain(
            [(state[1:], 1.0), (state[:-1], -1.0), (into, -eta * PERIOD_H), (out_of, PERIOD_H / eta)], nothing, nothing
        )
        if battery.start_kwh is None and battery.end_kwh is None:
            self.constrain([(state[-1:], 1.0), (state[:1], -1.0)], np.zeros(1), np.zeros(1))
        if battery.sized:
            self._size(number, battery, state)
        else:
            for place in (into, out_of):
                self._limit(place, battery.kw)

    def _size(self, number: int, battery: Battery, state: Places) -> None:
        energy = self.add("kwh", number, cost=np.array([battery.gbp_per_kwh_yr or 0.0]), upper=np.array([battery.kwh]))
        power = self.add("kw", number, cost=np.array([battery.gbp_per_kw_yr or 0.0]), upper=np.array([battery.kw]))
        for places, size in (
            (state, energy),
            (self.at["charge", number], power),
            (self.at["discharge", number], power),
        ):
            below = np.full(len(places), -np.inf)
            self.constrain([(places, 1.0), (np.full(len(places), size[0]), -1.0)], below, np.zeros(len(places)))

    def _limit(self, place: Places, most: float) -> None:
        upper = np.concatenate(self.upper)
        upper[place] = most
        self.upper = [upper]

    def exclude_trade(self, periods: Places, most_in: Array, most_out: Array) -> None:
        self._either(periods, self.at["import", 0], self.at["export", 0], most_in, most_out)

    def exclude_cycling(self, number: int, periods: Places, most: float) -> None:
        ends = np.full(self.periods, most)
        self._either(periods, self.at["charge", number], self.at["discharge", number], ends, ends)

    def _either(self, periods: Places, one: Places, other: Places, most_one: Array, most_other: Array) -> None:
        """In these half-hours at most one of two flows is above zero."""
        if not len(periods):
            return
        switch = self.add("switch", self.columns, cost=np.zeros(len(periods)), upper=np.ones(len(periods)))
        self.whole += switch.tolist()
        below, nothing = np.full(len(periods), -np.inf), np.zeros(len(periods))
        self.constrain([(one[periods], 1.0), (switch, -most_one[periods])], below, nothing)
        self.constrain([(other[periods], 1.0), (switch, most_other[periods])], below, most_other[periods])

    def run(self) -> tuple[Array, float]:
        """Solve and return the value of every column and the objective."""
        # the public class writes a banner to standard output as soon as it is made, where `--json` goes
        solver = _Highs()
        solver.setOptionValue("output_flag", False)
        problem = highspy.HighsLp()
        problem.num_col_, problem.num_row_ = self.columns, self.rows
        problem.col_cost_ = np.concatenate(self.cost)
        problem.col_lower_, problem.col_upper_ = np.concatenate(self.lower), np.concatenate(self.upper)
        problem.row_lower_, problem.row_upper_ = np.concatenate(self.row_lower), np.concatenate(self.row_upper)
        row, column, factor = (np.concatenate([entry[k] for entry in self.entries]) for k in range(3))
        matrix = sparse.coo_matrix((factor, (row, column)), (self.rows, self.columns)).tocsc()
        problem.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        problem.a_matrix_.start_, problem.a_matrix_.index_ = matrix.indptr, matrix.indices
        problem.a_matrix_.value_ = matrix.data
        if self.whole:
            kinds = np.full(self.columns, highspy.HighsVarType.kContinuous, dtype=object)
            kinds[self.whole] = highspy.HighsVarType.kInteger
            problem.integrality_ = kinds.tolist()
        solver.passModel(problem)
        solver.run()
        status = solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise LaepError(
                f"No schedule was found (HiGHS says {solver.modelStatusToString(status)}). Check that the import limit "
                "covers the highest demand the batteries cannot, and that start and end can be reached."
            )
        return np.asarray(solver.getSolution().col_value), float(solver.getInfo().objective_function_value)


def _schedule(model: _Model, solved: tuple[Array, float], buy: Array, sell: Array) -> Schedule:
    values, objective = solved
    drawn, sent, spilled = (values[model.at[name, 0]] for name in ("import", "export", "curtailed"))
    trade = float((drawn * buy - sent * sell).sum() * PERIOD_H)
    many = range(model.batteries)

    def of(name: str, width: int) -> Array:
        found = [values[model.at[name, number]] for number in many]
        return np.stack(found) if found else np.zeros((0, width))

    upper = np.concatenate(model.upper)
    sizes = [
        [
            float(values[model.at[name, n]][0] if (name, n) in model.at else upper[model.at[place, n]].max())
            for n in many
        ]
        for name, place in (("kwh", "state"), ("kw", "charge"))
    ]
    return Schedule(
        import_kw=drawn, export_kw=sent, curtailed_kw=spilled, charge_kw=of("charge", model.periods),
        discharge_kw=of("discharge", model.periods), state_kwh=of("state", model.periods + 1),
        battery_kwh=np.array(sizes[0]), battery_kw=np.array(sizes[1]), cost_gbp=trade, build_gbp=objective - trade,
    )  # fmt: skip
