"""Step that works out the heat of homes, half-hour by half-hour, held to meters, and what would save some of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep import schema
from laep.errors import LayerMissing
from laep.models.energy import alike, fabric, heat, heat_fit, heat_table, homes, measures
from laep.pipeline import AREA, Step
from laep.schema.vocabulary import LACKING, TENURES
from laep.spatial import homes as placed
from laep.spatial.roofs import party_walls
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.assumptions import Assumptions
    from laep.pipeline import Inputs


_LEAST_CUT, _MOST_CUT = 0.05, 0.8
"""Shares of a home's heat loss between which the slope of heat over loss is taken."""


class _Stock(NamedTuple):
    """Buildings that hold homes, with form and zones, and the certificates in them."""

    buildings: gpd.GeoDataFrame
    certificates: pd.DataFrame


class _Made(NamedTuple):
    """What is worked out on the way: areas, attributes, losses, what homes are to the weather, and their rows."""

    area: pd.DataFrame
    filled: alike.Filled
    loss: pd.DataFrame
    needs: heat.Homes
    frame: pd.DataFrame
    fitted: heat_fit.Fit


def _heat(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    stock = _stock(inputs)
    made = _needed(inputs, stock)
    rows, days = _used(inputs, made)
    worked = _measures(inputs, made, rows)
    kind = measures.types(rows, least=inputs.assumptions.value("privacy.least_count", "homes"))
    prices = kit.heat_prices(inputs.assumptions)
    steps = measures.table(rows, worked, kind, prices=prices)
    off_map = heat_table.off_map(rows, inputs["model_home"], stock.buildings["zone_id"])
    layers = {
        "model_heat": pd.concat([rows, off_map]) if len(off_map) else rows,
        "model_heat_profile": days,
        "model_measure": steps,
        "model_home_type": measures.of_types(
            rows, kind, steps, prices=prices, life_years=inputs.assumptions.value("heat.measure.life_years", "years")
        ),
    }
    inputs.notes += heat_table.notes(layers["model_heat"], made.fitted)
    return {
        name: schema.conform(frame.reindex(columns=schema.LAYERS[name].column_names), name)
        for name, frame in layers.items()
    }


def _needed(inputs: Inputs, stock: _Stock) -> _Made:
    """Return what homes need at one temperature, and what meters make of it."""
    take = inputs.assumptions
    shape, filled = _shape(take), _filled(inputs, stock)
    area = fabric.areas(
        stock.buildings, filled.attributes["floor_m2"], storeys=_storeys(inputs, stock.buildings), shape=shape
    )
    loss = fabric.heat_loss(area, filled.attributes, shape=shape)
    to_weather = needs(take, area, loss)
    frame = heat_table.start(stock.buildings, area, filled.attributes, _year(inputs, to_weather).heat_kwh)
    fitted, gas = _fit(inputs, stock, frame)
    held = heat_table.held(frame, gas, fitted, water_kwh=take.get("heat.hot_water_kwh", "kWh/yr").span)
    return _Made(area, filled, loss, to_weather, held, fitted)


def _used(inputs: Inputs, made: _Made) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of buildings whole, and the days of layer `model_heat_profile`."""
    take = inputs.assumptions
    times, pump, design_c = clock_from(take), pump_from(take), take.value("heat.design_c", "degC")
    counted = heat_table.counted(made.needs, made.frame)
    pumps = heat_table.with_pumps(counted, made.loss, times=times, design_c=design_c, size=pump.size)
    pumped = _year(inputs, pumps, pumps=True)
    days = heat_table.days(
        _year(inputs, counted), pumped, _climate(inputs), made.frame["hot_water_kwh"].sum(),
        year=inputs.area.begins.year, times=times, spf=pump.spf,
    )  # fmt: skip
    rows = heat_table.finish(
        made.frame, made.loss, pumped, days, evidence=made.filled.evidence, fitted=made.fitted,
        apart=heat_table.Apart(take.value("heat.zones_apart", "-"), take.value("heat.calibration_apart", "-")),
        design_k=times.room_c - design_c, spf=pump.spf,
    )  # fmt: skip
    return rows, days


def _measures(inputs: Inputs, made: _Made, rows: pd.DataFrame) -> measures.Worked:
    """Return every measure at every building; the slope of heat over loss is that of all measures together."""
    shape, costs = _shape(inputs.assumptions), terms(inputs.assumptions)
    cut = measures.cuts(made.area, made.filled.attributes, shape=shape, terms=costs)
    lacking = rows[[f"lacks_{name}_share" for name in LACKING]].to_numpy(dtype="float64")
    loss = made.needs.loss_w_per_k
    less = np.clip((cut.to_numpy() * lacking).sum(axis=1), _LEAST_CUT * loss, _MOST_CUT * loss)
    after = _year(inputs, replace(made.needs, loss_w_per_k=loss - less)).heat_kwh
    before = (rows["need_kwh"] / rows["homes"]).to_numpy(dtype="float64")
    return measures.work_out(
        rows, made.area, made.filled.attributes, slope=(before - after) / less, shape=shape, terms=costs
    )


def _year(inputs: Inputs, homes_: heat.Homes, *, pumps: bool = False) -> heat.Year:
    """Return a year of half-hours of homes at the local weather."""
    take = inputs.assumptions
    return heat.year_of(
        homes_,
        _climate(inputs),
        year=inputs.area.begins.year,
        times=clock_from(take),
        pump=pump_from(take),
        pumps=pumps,
    )


def _stock(inputs: Inputs) -> _Stock:
    """Return the buildings that hold homes, with their form, outline and zone, and the certificates in them."""
    ground = gpd.GeoDataFrame(inputs["in_building"])
    counted = inputs["model_home"]
    held = counted[counted["scope"] == "building"].set_index("scope_id")["homes"]
    ground = ground.assign(homes=ground["building_id"].map(held).astype("float64").fillna(0.0))
    walls = party_walls.party_walls(ground)
    form = party_walls.form(ground.assign(homes=inputs["in_building"]["homes"]), walls)
    lived = (ground["homes"] > 0).to_numpy()
    if not lived.any():
        raise LayerMissing("No building is known to hold homes. Run `laep ingest osm --file PATH` with the area's map.")
    centre = shapely.centroid(ground.geometry.to_numpy())
    ground = ground.assign(
        form=form.mask(form.isna() & (ground["homes"] >= 2), "flat").fillna("detached"),
        outline_m=shapely.length(ground.geometry.to_numpy()),
        party_share=walls["share"].to_numpy(),
        x=shapely.get_x(centre),
        y=shapely.get_y(centre),
    )[lived]
    zones = gpd.GeoDataFrame(inputs.or_empty("in_zone"))
    metered = inputs.or_empty("in_metered")
    by_gas = zones[zones["zone_id"].isin(metered["area_code"])]
    main = by_gas if len(by_gas) else zones[zones["zone_id"].isin(_main_zones(inputs))]
    tenure = zones[zones["zone_id"].isin(inputs.or_empty("in_tenure")["zone_id"])]
    ground = ground.set_index("building_id", drop=False).rename_axis("id")
    certificates = inputs.or_empty("in_home").dropna(subset=["building_id"])
    certificates = certificates[certificates["building_id"].isin(ground.index)].reset_index(drop=True)
    ground["zone_id"] = placed.zone_of(ground, main)
    ground["tenure_zone"] = placed.zone_of(ground, tenure)
    ground["postcode"] = _postcodes(ground, certificates)
    return _Stock(ground, certificates)


def _main_zones(inputs: Inputs) -> pd.Series[str]:
    """Return the census zones whose homes are added up."""
    counted = inputs["model_home"]
    zones = counted[(counted["scope"] == "zone") & counted["households"].notna()]
    found: pd.Series[str] = zones["scope_id"]
    return found


def _postcodes(ground: pd.DataFrame, certificates: pd.DataFrame) -> pd.Series[str]:
    """Return the postcode of each building: the map's, else that of most certificates in it."""
    of_homes = (
        certificates.dropna(subset=["postcode"]).groupby("building_id")["postcode"].agg(lambda one: one.mode()[0])
    )
    return ground["postcode"].astype("string").fillna(ground["building_id"].map(of_homes).astype("string"))


def _filled(inputs: Inputs, stock: _Stock) -> alike.Filled:
    """Return what every building is like: its own certificates, else those of like neighbours."""
    take, certificates = inputs.assumptions, stock.certificates
    told = fabric.told(certificates, loft=_loft(take))
    tenure = certificates[["building_id", "tenure"]].assign(
        zone_id=certificates["building_id"].map(stock.buildings["tenure_zone"]).astype("string")
    )
    known = told.groupby(certificates["building_id"]).mean()
    stands_for = alike.bias(tenure, _households(inputs)).groupby(certificates["building_id"]).mean()
    fuels = {fuel: take.value(f"heat.unknown.{fuel}", "-") for fuel in ("gas", "electricity", "oil")}
    fuels["other"] = max(1 - sum(fuels.values()), 0.0)
    other = fabric.of_stock(
        shares={name: take.value(f"heat.unknown.{name}", "-") for name in LACKING},
        fuels=fuels,
        pump=take.value("heat.unknown.pump", "-"),
    )
    return alike.fill(known, stock.buildings, weight=stands_for, scale_m=take.value("heat.alike_m", "m"), other=other)


def _households(inputs: Inputs) -> pd.DataFrame:
    """Return the households of each census zone in the area by tenure; part owned counts as owned."""
    rows = inputs.or_empty("in_tenure")
    share = homes.share(rows, inputs["model_home"]) if len(rows) else rows["share_in_area"].astype("float64")
    counts = pd.DataFrame({name: rows[name].astype("float64") * share for name in TENURES})
    counts["owned"] += (rows["shared_ownership"].astype("float64") * share).fillna(0.0)
    return counts.set_axis(rows["zone_id"].to_numpy(dtype=object))


def _storeys(inputs: Inputs, buildings: pd.DataFrame) -> pd.Series[float]:
    """Return storeys where no certificate tells the floor area: the source's, else by height, else assumed."""
    take = inputs.assumptions
    usual = {form: take.value(f"building.storeys.{use}", "storeys") for form, use in (("flat", "flats"), ("", "home"))}
    read = inputs.get("roof_height")
    height = buildings["height_m"].astype("float64")
    if read is not None:
        height = (
            buildings["building_id"].map(read.set_index("building_id")["height_m"]).astype("float64").fillna(height)
        )
    by_height = ((height - take.value("heat.roof_m", "m")) / take.value("heat.storey_m", "m")).clip(lower=1.0)
    assumed = pd.Series(np.where(buildings["form"] == "flat", usual["flat"], usual[""]), index=buildings.index)
    return buildings["storeys"].astype("float64").fillna(by_height).fillna(assumed)


def needs(take: Assumptions, area: pd.DataFrame, loss: pd.DataFrame) -> heat.Homes:
    """Return what homes are to the weather, one of each building."""
    through, floor = loss["heat_loss_w_per_k"].to_numpy(), area["floor_m2"].to_numpy()
    colder = take.value("heat.room_c", "degC") - take.value("heat.design_c", "degC")
    return heat.Homes(
        loss_w_per_k=through,
        mass_wh_per_k=floor * take.value("heat.mass_wh_per_m2_k", "Wh/m2/K"),
        gains_w=floor * take.value("heat.gains_w_m2", "W/m2"),
        aperture_m2=area["window_m2"].to_numpy() * take.value("heat.window_gain", "-"),
        heater_w=through * colder * take.value("heat.boiler_size", "-"),
        count=np.ones(len(area)),
    )


def _fit(inputs: Inputs, stock: _Stock, frame: pd.DataFrame) -> tuple[heat_fit.Fit, pd.Series[float]]:
    """Return the fit to metered gas, and how many homes of each building are taken to be heated by it."""
    take, metered = inputs.assumptions, inputs.or_empty("in_metered")
    zones, codes = heat_fit.units(metered, "lsoa"), heat_fit.units(metered, "postcode")
    share = homes.share(metered, inputs["model_home"], zone="area_code")
    here = zones["meters"] * share.groupby(metered["area_code"]).first().reindex(zones.index).fillna(1.0)
    gas = heat_table.gas_homes(frame, here, certain=stock.buildings.index.isin(stock.certificates["building_id"]))
    water, efficiency = take.value("heat.hot_water_kwh", "kWh/yr"), take.value("heat.efficiency.gas", "-")
    cooking = take.value("heat.cooking_gas_kwh", "kWh/yr")
    rows = frame.assign(gas_homes=gas)
    fitted = heat_fit.to_meters(
        rows, {"zone_id": zones, "postcode": codes}, water_kwh=water, efficiency=efficiency, cooking_kwh=cooking,
        prior=prior(take),
    )  # fmt: skip
    return fitted, gas


def prior(take: Assumptions) -> heat_fit.Prior:
    """Return what is taken of heat used before any meter is read."""
    return heat_fit.Prior(
        level=take.value("heat.calibration", "-"),
        level_apart=take.value("heat.calibration_apart", "-"),
        power=take.value("heat.prebound", "-"),
        power_apart=take.value("heat.prebound_apart", "-"),
        homes_apart=take.value("heat.homes_apart", "-"),
        zones_apart=take.value("heat.zones_apart", "-"),
    )


def _climate(inputs: Inputs) -> heat.Climate:
    """Return a year of half-hours of air and light on windows."""
    return heat.climate(kit.half_hourly_weather(inputs), albedo=inputs.assumptions.value("pv.ground.albedo", "-"))


def _shape(take: Assumptions) -> fabric.Shape:
    return fabric.Shape(
        storey_m=take.value("heat.storey_m", "m"),
        inner_share=take.value("heat.inner_share", "-"),
        window_share=take.value("heat.window_share", "-"),
        bridge_share=take.value("heat.bridge_share", "-"),
    )


def _loft(take: Assumptions) -> fabric.Loft:
    return fabric.Loft(
        bare_u=take.value("heat.loft.bare_u", "W/m2/K"),
        conductivity=take.value("heat.loft.conductivity", "W/m/K"),
        full_mm=take.value("heat.loft.full_mm", "mm"),
    )


def clock_from(take: Assumptions) -> heat.Clock:
    """Return when homes are heated."""
    return heat.Clock(
        room_c=take.value("heat.room_c", "degC"),
        off_c=take.value("heat.off_c", "degC"),
        setback_k=take.value("heat.setback_k", "degC"),
        two_periods=take.value("heat.two_periods", "-"),
        morning_h=take.value("heat.morning_h", "h"),
        morning_long_h=take.value("heat.morning_long_h", "h"),
        evening_h=take.value("heat.evening_h", "h"),
        evening_long_h=take.value("heat.evening_long_h", "h"),
        spread_h=take.value("heat.spread_h", "h"),
    )


def terms(take: Assumptions) -> measures.Terms:
    """Return what measures in homes cost and reach."""
    per_m2 = ("cavity", "solid_wall", "loft", "floor", "glazing")
    per_home = ("draughts", "controls", "hot_water")
    return measures.Terms(
        cost={
            **{name: kit.span_from(take, f"heat.measure.{name}.gbp_m2", "GBP/m2") for name in per_m2},
            **{name: kit.span_from(take, f"heat.measure.{name}.gbp", "GBP") for name in per_home},
        },
        reached={
            "cavity": float(fabric.any_age("wall", "cavity_insulated")[0]),
            "solid_wall": float(fabric.any_age("wall", "solid_insulated")[0]),
            "floor": float(fabric.any_age("floor", "insulated")[0]),
            "loft": take.value("heat.measure.loft.reached_u", "W/m2/K"),
            "glazing": take.value("heat.measure.glazing.reached_u", "W/m2/K"),
        },
        air_share=kit.span_from(take, "heat.measure.draughts.share", "-"),
        control_share=kit.span_from(take, "heat.measure.controls.share", "-"),
        water_share=kit.span_from(take, "heat.measure.hot_water.share", "-"),
        performance=kit.span_from(take, "heat.measure.performance", "-"),
        comfort=kit.span_from(take, "heat.measure.comfort", "-"),
    )


def pump_from(take: Assumptions) -> heat.Pump:
    """Return the heat pump of a home."""
    return heat.Pump(
        spf=take.value("heat.spf.air", "-"),
        flow_c=take.value("heat.flow_c", "degC"),
        size=take.value("heat.pump_size", "-"),
        base_c=take.value("heat_pump.base_c", "degC"),
    )


HEAT = Step(
    "heat",
    "Working out the heat of homes and what would save it",
    (
        "in_boundary", "in_building", "in_home", "in_metered", "in_tenure", "in_weather", "in_zone", "model_home",
        "roof_height", AREA,
    ),
    ("model_heat", "model_heat_profile", "model_measure", "model_home_type"),
    _heat,
)  # fmt: skip
