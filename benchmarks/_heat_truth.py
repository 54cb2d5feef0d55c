"""Homes' heat beside what meters, trials and statistics say: gas of areas left out of the fit, peaks, savings."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

import laep
from benchmarks._report import ROOT
from laep import pipeline, steps
from laep.assumptions import Assumptions
from laep.ingest.weather import climate
from laep.models.energy import fabric, heat, heat_fit, solar
from laep.models.time import profiles
from laep.spatial import homes as placed
from laep.steps import heat as step

if TYPE_CHECKING:
    from laep.store import Store

LEEDS = ROOT.parent / "shared" / "data" / "homes" / "energy" / "leeds_053_postcode_metered.csv"
LEEDS_AT = (53.82, -1.51)
LEEDS_REGION = 11
"""SAP climate region of LS8: East Pennines."""
YEAR = 2026
SOURCES = ("osm", "zones", "tenure", "census", "metered", "uprn", "homes")
ERROR, BIAS, PEAK = 0.15, 0.05, 0.15
"""How far the middle area, all areas together, and peaks of 100 homes may be off."""
LOVE_KW, WITH_PUMP_KW = 1.7, 3.0
"""Peak a home of many heat pumps (Love et al. 2017), and of homes with them (CLNR's 1.5 kW and that, at two times)."""
WATSON_KW = 170e6 / 27.2e6
"""Peak of heat a home in Great Britain: 170 GW (Watson et al. 2019) over 27.2 million households (2018)."""
_WORKS = {
    "cavity": "DECC 2013, as quoted: walls of all kinds of home, some filled in part before",
    "loft": "DECC 2013, as quoted: empty lofts among them; the village's are half full",
}
DECC = {"cavity": 1400.0, "loft": 400.0}
"""Gas saved in a year by homes that had the work in 2010 (DECC 2013, as quoted). [kWh]"""


class Held(NamedTuple):
    """One check: what, found, the other figure, unit, how far off it may be (None: reported), and a remark."""

    what: str
    found: float
    other: float
    unit: str
    within: float | None
    note: str = ""

    @property
    def off(self) -> float:
        """Return how far off it is."""
        return self.found if self.unit == "-" else self.found / self.other - 1

    @property
    def ok(self) -> bool | None:
        """Return whether that is near enough."""
        return None if self.within is None else abs(self.off) <= self.within


def measure() -> list[Held]:
    """Read the village and Leeds, and hold their heat to what is known."""
    with tempfile.TemporaryDirectory() as folder:
        plan = laep.demo(folder)
        plan.ingest(*SOURCES)
        pipeline.run(plan.area, plan.store, [one for one in steps.STEPS if one.name in ("homes", "heat")])
        store = plan.store
        found = [*_left_out("sample village, zones", *_village(store, "lsoa"), by="area"),
                 *_left_out("sample village, postcodes", *_village(store, "postcode"), by="area"),
                 *_peaks(store), *_savings(store)]  # fmt: skip
    return found + (_leeds() if LEEDS.is_file() else [])


def _village(store: Store, kind: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return buildings with what they need and the area they are in, and the metered gas of those areas."""
    rows = store.read("model_heat").query("scope == 'building'").set_index("scope_id")
    ground = store.read("in_building").set_index("building_id")
    certificates = store.read("in_home").dropna(subset=["building_id", "postcode"])
    metered = heat_fit.units(store.read("in_metered"), kind)
    if kind == "lsoa":
        zones = store.read("in_zone")
        area = placed.zone_of(ground, zones[zones["zone_id"].isin(metered.index)])
    else:
        area = certificates.groupby("building_id")["postcode"].agg(lambda one: one.mode()[0]).reindex(ground.index)
    need = rows["need_kwh"] / rows["homes"] / rows["floor_m2"]
    frame = pd.DataFrame({
        "need_kwh_m2": need, "floor_m2": rows["floor_m2"], "gas_homes": rows["homes"] * rows["gas_share"],
        "area": area.reindex(rows.index),
    })  # fmt: skip
    return frame, metered


def _left_out(name: str, frame: pd.DataFrame, metered: pd.DataFrame, *, by: str) -> list[Held]:
    """Return median error and bias of the gas of areas, each left out of the fit in turn."""
    take = Assumptions()
    water, efficiency = take.value("heat.hot_water_kwh", "kWh/yr"), take.value("heat.efficiency.gas", "-")
    cooking = take.value("heat.cooking_gas_kwh", "kWh/yr")
    told = heat_fit.space_heat(
        metered, pd.Series(water, index=metered.index), efficiency=efficiency, cooking_kwh=cooking
    )  # fmt: skip
    held = heat_fit.left_out(frame, told, metered["meters"], by=by, prior=step.prior(take))
    true, found = ((held[one] + water) / efficiency + cooking for one in ("metered_kwh", "found_kwh"))
    error = found / true - 1
    bias = float((found * held["meters"]).sum() / (true * held["meters"]).sum() - 1)
    note = f"{len(held)} areas, {held['meters'].sum():,.0f} meters"
    return [
        Held(f"{name}: gas left out of the fit, median error", float(error.abs().median()), 0.0, "-", ERROR, note),
        Held(
            f"{name}: the same, all together",
            bias,
            0.0,
            "-",
            BIAS,
            f"nine in ten within {error.abs().quantile(0.9):.0%}",
        ),
    ]


def _leeds() -> list[Held]:
    """Return the same for postcodes of one place in Leeds, of which floor areas alone are known."""
    rows = pd.read_csv(LEEDS).dropna(subset=["mean_tfa_m2", "gas_mean_kwh", "gas_meters"])
    take = Assumptions()
    shape = fabric.Shape(storey_m=2.5, inner_share=0.85, window_share=0.16, bridge_share=0.1)
    count = len(rows)
    footprint = rows["mean_tfa_m2"] / 2 / 0.85
    outline = 4 * np.sqrt(footprint)
    ground = pd.DataFrame({"footprint_m2": footprint, "outline_m": outline, "party_share": 0.5, "homes": 1.0})
    area = fabric.areas(ground, rows["mean_tfa_m2"], storeys=pd.Series(2.0, index=rows.index), shape=shape)
    stock = fabric.of_stock(shares={}, fuels={}, pump=0.0)
    loss = fabric.heat_loss(area, pd.DataFrame([stock] * count, index=rows.index), shape=shape)
    weather = climate.typical_year(LEEDS_REGION, latitude=LEEDS_AT[0], longitude=LEEDS_AT[1])
    half_hours = solar.stepped(weather, latitude=LEEDS_AT[0], longitude=LEEDS_AT[1], per_hour=2)
    need = heat.year_of(
        step.needs(take, area, loss), heat.climate(half_hours, albedo=0.2), year=YEAR, times=step.clock_from(take),
        pump=step.pump_from(take), pumps=False,
    ).heat_kwh  # fmt: skip
    metered = rows.rename(columns={"gas_meters": "meters", "gas_mean_kwh": "mean_kwh"}).set_index("postcode")
    frame = pd.DataFrame({
        "need_kwh_m2": need / area["floor_m2"], "floor_m2": area["floor_m2"], "gas_homes": rows["gas_meters"],
        "area": rows["postcode"], "zone": rows["lsoa21cd"],
    })  # fmt: skip
    by_zone = metered.assign(kwh=metered["meters"] * metered["mean_kwh"]).groupby("lsoa21cd")[["meters", "kwh"]].sum()
    zones = by_zone.assign(mean_kwh=by_zone["kwh"] / by_zone["meters"])
    return [
        *_left_out("Leeds 053, zones", frame.assign(area=frame["zone"]), zones, by="area"),
        *(one._replace(within=None) for one in _left_out("Leeds 053, postcodes", frame, metered, by="area")),
    ]


def _peaks(store: Store) -> list[Held]:
    """Return peaks a home of heat pumps, of homes with them, and of heat as it is used today."""
    profile = store.read("model_heat_profile").query("day == 'coldest'").sort_values("period")
    homes = store.read("model_heat")["homes"].sum()
    pump = profile["pump_kw"].to_numpy() / homes
    take = Assumptions()
    shape = profiles.profile("elexon_pc1", year=YEAR)
    winter = shape.reshape(-1, 48)
    home = winter[int(np.argmax(winter.max(axis=1)))]
    home = home / home.max() * take.value("admd.gas_heated.measured_kw", "kW")
    return [
        Held("peak of heat pumps, a home of many", float(pump.max()), LOVE_KW, "kW", PEAK,
             "Love et al. 2017, some 700 heat pumps; all homes of the village on its coldest typical day"),
        Held("their draw at night over that peak", float(pump.min() / pump.max()), 0.4, "share", None,
             "the same: about 40 %"),
        Held("peak of homes with heat pumps", float((pump + home).max()), WITH_PUMP_KW, "kW", PEAK,
             "1.5 kW of CLNR's homes with Elexon's shape, and heat pumps, by half-hours; 2.5 to 3.5 is told"),
        Held("peak of heat as used today, a home", float((profile["space_kw"] + profile["water_kw"]).max() / homes),
             WATSON_KW, "kW", None, "Watson et al. 2019: 170 GW in Great Britain, on a day colder than typical"),
    ]  # fmt: skip


def _savings(store: Store) -> list[Held]:
    """Return gas saved by measures beside what the government's statistics found."""
    found = store.read("model_measure").query("scope == 'area'").set_index("measure")
    efficiency = Assumptions().value("heat.efficiency.gas", "-")
    return [
        Held(f"gas saved by {name}", float(found["saved_kwh"][name]) / efficiency, kwh, "kWh", None,
             _WORKS[name])
        for name, kwh in DECC.items() if name in found.index
    ]  # fmt: skip
