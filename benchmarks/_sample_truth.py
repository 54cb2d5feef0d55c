"""What laep finds in the sample village beside what it was drawn with: homes, electricity, panels, fuel poverty."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import laep
from laep import pipeline, steps

if TYPE_CHECKING:
    from laep.store import Store

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data"
SOURCES = ("osm", "zones", "tenure", "metered", "fuel_poverty", "uprn", "homes", "ecr", "repd")
STEPS = ("homes", "stock", "demand", "generators")
HOMES, BUSINESSES = 0.1, 0.2
"""How far sums of homes and of businesses may be from the truth. [-]"""
_KINDS = {
    "Pubs": ("pub",), "Shop": ("shop",), "School": ("school",), "Halls and club": ("hall", "club"),
    "Church and chapel": ("church", "chapel"), "Surgery": ("surgery",), "Offices": ("office",),
    "Warehouses, industry, garage": ("warehouse", "industrial", "garage_trade"), "Farm buildings": ("farm_auxiliary",),
    "Pumping station": ("utility",),
}  # fmt: skip
"""Kinds of building in the truth, by the name of their row."""


@dataclass(frozen=True)
class Held:
    """One figure of the village: true, found, its unit, and how far it may be off; None where nothing is aimed at."""

    what: str
    true: float
    found: float
    unit: str
    within: float | None = None

    @property
    def error(self) -> float:
        """Return how far off it is, as a share of the truth."""
        return self.found / self.true - 1

    @property
    def ok(self) -> bool | None:
        """Return whether it is near enough."""
        return None if self.within is None else abs(self.error) <= self.within


def measure() -> list[Held]:
    """Read the village into a folder of its own, and hold what is found to the truth."""
    with tempfile.TemporaryDirectory() as folder:
        plan = laep.demo(folder)
        plan.ingest(*SOURCES)
        pipeline.run(plan.area, plan.store, [step for step in steps.STEPS if step.name in STEPS])
        return held(plan.store)


def held(store: Store) -> list[Held]:
    """Return every figure of an area that holds the village."""
    truth = pd.read_csv(SAMPLE / "truth" / "demand.csv").set_index("building_id")
    demand = store.read("model_demand").query("scope == 'building'").set_index("scope_id")
    both = truth.join(demand[["annual_kwh"]].rename(columns={"annual_kwh": "found_kwh"})).fillna({"found_kwh": 0.0})
    lived_in = both["homes"] > 0
    rows = [
        Held("Homes", truth["homes"].sum(), _area(store)["homes"], "homes", HOMES),
        Held("Fuel-poor homes", *_fuel_poor(store), "homes", HOMES),
        Held("Solar that is up", *_solar(store), "kW"),
        _use("Electricity of homes", both[lived_in], HOMES),
        _use("Electricity of all other buildings", both[~lived_in], BUSINESSES),
    ]
    return rows + [_use(f"- {name}", both[both["kind"].isin(kinds)]) for name, kinds in _KINDS.items()]


def _use(what: str, rows: pd.DataFrame, within: float | None = None) -> Held:
    return Held(what, rows["annual_kwh"].sum() / 1000, rows["found_kwh"].sum() / 1000, "MWh", within)


def _area(store: Store) -> pd.Series:
    return store.read("model_home").query("scope == 'area'").iloc[0]


def _fuel_poor(store: Store) -> tuple[float, float]:
    """Return the fuel-poor households of the four zones, all of whose homes stand in the area, and those found."""
    stock = store.read("model_stock").query("topic == 'fuel_poverty' and category == 'fuel_poor'")
    return float(store.read("in_fuel_poverty")["fuel_poor"].sum()), float(stock["homes"].iloc[0])


def _solar(store: Store) -> tuple[float, float]:
    sums = store.read("model_generation").query("place == 'here' and status == 'connected' and technology == 'solar'")
    return pd.read_csv(SAMPLE / "truth" / "existing_pv.csv")["capacity_kw"].sum(), float(sums["capacity_kw"].sum())
