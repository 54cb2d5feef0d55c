"""Steps that look for self-balancing segments: which groups of streets to choose, and what balancing them is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from laep import schema
from laep.errors import LayerMissing
from laep.models.balance import segment_case, segment_search, segment_tests, storage
from laep.models.balance.segment_case import Flexible, Kit, Prices, Year
from laep.models.energy import demand, heat, solar, transport, uptake, wind
from laep.models.energy import homes as homes_of
from laep.models.money import costs
from laep.models.time import clock
from laep.pipeline import AREA, Step
from laep.spatial.network import segments
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy.typing as npt

    from laep.assumptions import Assumptions
    from laep.models.money.span import Span
    from laep.pipeline import Inputs

    Array = npt.NDArray[np.float64]

WINTER = (11, 12, 1, 2)
"""Months in which the transmission system peaks."""


def _segments(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    used = inputs["model_demand"]
    homes = used[used["scope"] == "building"].set_index("scope_id")["homes"]
    min_homes = take.value("net.segment.min_homes", "homes")
    owned = segments.single_owner(
        inputs["in_boundary"], inputs["in_building"], homes, inputs.or_empty("in_land"), min_homes=min_homes
    )
    most = int(take.value("net.segment.owned", "segments"))
    if len(owned) > most:
        inputs.notes.append(f"{len(owned) - most} smaller sites of one owner are left out")
    found = segments.candidates(
        inputs["in_boundary"],
        inputs["in_building"],
        homes,
        inputs["link_building"],
        inputs.or_empty("in_substation"),
        min_homes=min_homes,
        extra=pd.concat([_groups(inputs, homes), segments.largest(owned, most)], ignore_index=True),
    )
    whole = found.segments["kind"] == "area"
    every = found.segments["homes"].mask(whole, round(homes_of.total(inputs["model_home"])))
    return {"net_segment": found.segments.assign(homes=every), "link_segment": found.links}


def _groups(inputs: Inputs, homes: pd.Series[float]) -> pd.DataFrame:
    """Return the groups of streets that match best, as further segments."""
    take = inputs.assumptions
    buildings = inputs["in_building"]
    units = segments.units(
        buildings,
        homes,
        inputs["link_building"],
        inputs.or_empty("in_land"),
        max_homes=take.value("net.segment.unit_homes", "homes"),
        max_gap_m=take.value("net.segment.max_gap_m", "m"),
    )
    named = {"buildings": buildings, "places": inputs.or_empty("in_place")}
    if inputs.get("in_weather") is None or inputs.get("roof_plane") is None:
        inputs.notes.append("no search for groups of streets: that takes weather and roofs")
        return segments.grouped(units, [], **named)
    pieces, most = _pieces(inputs, units), take.get("net.segment.max_homes", "homes")
    room = int(take.value("net.segment.chosen", "segments"))
    chosen: list[npt.NDArray[np.intp]] = []
    # neighbourhoods first, then groups as large as the guide goes: larger ones match better but are harder to run
    for homes_most, share in ((most.low, room - room // 2), (most.value, room // 2)):
        limits = _limits(take, homes_most=homes_most)
        found, scores = segment_search.search(pieces, limits, most=share)
        inputs.notes.append(segment_search.told(pieces, limits, found, scores))
        chosen += [group for group in found if not any(np.array_equal(group, other) for other in chosen)]
    return segments.grouped(units, chosen, **named)


def _pieces(inputs: Inputs, units: segments.Units) -> segment_search.Pieces:
    take = inputs.assumptions
    unit_of = pd.Series(
        units.frame["unit_id"].to_numpy()[units.of_building], index=inputs["in_building"]["building_id"]
    )
    ids, homes = units.frame["unit_id"].to_numpy(), units.frame["homes"].to_numpy(dtype="float64")
    used = inputs["model_demand"]
    use_kw = demand.half_hourly_by(used, used["scope_id"].map(unit_of), year=inputs.area.begins.year)
    planes = _planes(inputs)
    roofs = solar.group_power(
        planes, planes["capacity_kwp"], planes["building_id"].map(unit_of), kit.sky_over(inputs),
        system=kit.system_from(take), shade=kit.shade_on(inputs, planes["roof_id"]),
    )  # fmt: skip
    added = _added(inputs)
    cars, heating = added.cars(homes), added.pumps(homes)
    moves = cars * take.value("ev.flexible_share", "-")
    moves += heating * take.value("heat_pump.flexible_share", "-")
    kwp = planes.groupby("building_id")["capacity_kwp"].sum()
    large = unit_of.reindex(kwp.index[kwp >= take.value("guide.sb.anchor_kw", "kW")])
    return segment_search.Pieces(
        _columns(use_kw, ids) + cars + heating,
        _columns(roofs, ids),
        flexible_kw=moves,
        homes=homes,
        anchor=np.isin(ids, large.dropna().to_numpy()),
        edges=units.edges,
    )


def _columns(power: pd.DataFrame, ids: npt.NDArray[np.object_]) -> Array:
    """Return the series of `ids`, zero where there is none, shape (ids, 17520)."""
    return np.asarray(power.reindex(columns=ids, fill_value=0.0).to_numpy(dtype="float64").T)


def _limits(take: Assumptions, *, homes_most: float) -> segment_search.Limits:
    return segment_search.Limits(
        homes_distributed=take.value("guide.sb.homes_distributed", "homes"),
        homes_anchor=take.value("guide.sb.homes_anchor", "homes"),
        homes_most=homes_most,
        ratio_low=take.value("guide.sb.matched_ratio_low", "-"),
        ratio_high=take.value("guide.sb.matched_ratio_high", "-"),
    )


def _planes(inputs: Inputs) -> pd.DataFrame:
    planes = inputs["roof_plane"]
    columns = ["roof_id", "building_id", *solar.FACING, "capacity_kwp"]
    return pd.DataFrame(planes.loc[planes["suitable"], columns]).reset_index(drop=True)


def _added(inputs: Inputs) -> uptake.Added:
    take, year = inputs.assumptions, inputs.area.begins.year
    car_kwh = take.value("ev.kwh_per_year", "kWh/yr") * take.value("ev.home_share", "-")
    charging = transport.charging(
        year,
        plug_in_h=take.value("ev.plug_in_hour", "h"),
        spread_h=take.value("ev.plug_in_spread_h", "h"),
        session_kwh=transport.session_kwh(car_kwh, per_week=take.value("ev.sessions_per_week", "sessions")),
        charger_kw=take.value("ev.charger_kw", "kW"),
    )
    pumping = heat.heat_pump(
        inputs["in_weather"].sort_values("hour")["temp_air_c"].to_numpy(dtype="float64"),
        year=year,
        base_c=take.value("heat_pump.base_c", "degC"),
        night_floor=take.value("heat_pump.night_floor", "-"),
        night_from_h=take.value("heat_pump.night_from_h", "h"),
        night_to_h=take.value("heat_pump.night_to_h", "h"),
        hot_water_share=take.value("heat_pump.hot_water_share", "-"),
    )
    ahead = int(take.value("uptake.segment_year", "year"))
    cars, pumps = (uptake.between(known, [ahead])[ahead][0] for known in (kit.chargers(take), kit.heat_pumps(take)))
    return uptake.added(
        charging=charging,
        pumping=pumping,
        car_kwh=car_kwh,
        pump_kwh=take.value("heat_pump.kwh_per_year", "kWh/yr"),
        cars_per_home=cars,
        pumps_per_home=pumps,
    )


def _self_balance(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, net = inputs.assumptions, inputs["net_segment"]
    chosen = net[net["chosen"].fillna(value=False).astype(bool)].reset_index(drop=True)
    if chosen.empty:
        raise LayerMissing(
            "No piece of network here is chosen for a closer look: see what `laep status` says of segments."
        )
    years, kwp, roof_capex = _years(inputs, chosen)
    added = _added(inputs)
    rows, tried = [], []
    names = segments.names(chosen)
    for segment, name in zip(chosen.itertuples(), names, strict=True):
        key = str(segment.segment_id)
        if not years[key].use_kw.any():
            inputs.notes.append(f"{key}: no building there has an estimate of use")
            continue
        case = _case(inputs, segment, years[key], kwp[key], roof_capex[key], added=added)
        rows.append(case.row | _labels(segment, name, added, kwp[key]) | _tests(take, segment, case.row))
        tried.append(case.tried.assign(segment_id=key))
    if not rows:
        raise LayerMissing("No chosen segment has a building with an estimate of its use.")
    worked = pd.DataFrame(rows)[schema.LAYERS["model_segment"].column_names]
    return {
        "model_segment": schema.conform(worked, "model_segment"),
        "model_storage": schema.conform(pd.concat(tried, ignore_index=True), "model_storage"),
    }


def _case(
    inputs: Inputs, segment: Any, year: Year, kwp: float, roof_capex: Span, *, added: uptake.Added
) -> segment_case.Case:
    take, homes, private = inputs.assumptions, float(segment.homes), segment.arrangement != segments.PUBLIC
    return segment_case.work_out(
        year,
        flexible=_flexible(take, added, homes=homes, year=inputs.area.begins.year),
        prices=_prices(inputs, home=homes > 0),
        kit=_kit(take, roof_capex, kwp, private=private),
        homes=homes,
        one_meter=private,
        new_connection=segment.kind == "new_development",
        export_limit_kw=float(segment.rating_kva) * take.value("net.power_factor", "-"),
    )


def _labels(segment: Any, name: str, added: uptake.Added, kwp: float) -> dict[str, object]:
    homes = float(segment.homes)
    return {
        "segment_id": segment.segment_id,
        "name": name,
        "kind": segment.kind,
        "arrangement": segment.arrangement,
        "homes": segment.homes,
        "cars": homes * added.cars_per_home,
        "heat_pumps": homes * added.pumps_per_home,
        "roof_kwp": kwp,
        "method": segment_case.METHOD,
        "confidence": "low",
    }


def _years(inputs: Inputs, chosen: gpd.GeoDataFrame) -> tuple[dict[str, Year], pd.Series[float], dict[str, Span]]:
    """Return the half-hours of each chosen segment, the further panels that fit, and what they cost."""
    take = inputs.assumptions
    ids = chosen["segment_id"].to_numpy()
    links = inputs["link_segment"]
    links = links[links["segment_id"].isin(ids)]
    used = inputs["model_demand"].merge(links, left_on="scope_id", right_on="building_id")
    use_kw = _columns(demand.half_hourly_by(used, used["segment_id"], year=inputs.area.begins.year), ids)
    sky, system = kit.sky_over(inputs), kit.system_from(take)
    planes = _planes(inputs).merge(links, on="building_id")
    roof_kw = _columns(
        solar.group_power(
            planes, planes["capacity_kwp"], planes["segment_id"], sky, system=system,
            shade=kit.shade_on(inputs, planes["roof_id"]),
        ),
        ids,
    )  # fmt: skip
    kwp = planes.groupby("segment_id")["capacity_kwp"].sum().reindex(ids, fill_value=0.0)
    made = {status: _generation(inputs, chosen, sky, system, status) for status in ("connected", "accepted")}
    on_roofs = made["accepted"][1].reindex(ids, fill_value=0.0)  # what is connected is no longer in the planes' room
    left = (1 - on_roofs / kwp.where(kwp > 0)).clip(lower=0.0).fillna(0.0)
    added, homes = _added(inputs), chosen["homes"].to_numpy(dtype="float64")
    car_kw, heat_kw = added.cars(homes), added.pumps(homes)
    years = {
        segment_id: Year(
            use_kw=use_kw[i],
            car_kw=car_kw[i],
            heat_kw=heat_kw[i],
            today_kw=made["connected"][0][i],
            planned_kw=made["accepted"][0][i],
            roof_kw=roof_kw[i] * left.iloc[i],
        )
        for i, segment_id in enumerate(ids)
    }
    return years, kwp * left, costs.by_group(planes, left, bands=kit.costs_from(take).bands)


def _generation(
    inputs: Inputs, chosen: gpd.GeoDataFrame, sky: solar.Sky, system: solar.System, status: str
) -> tuple[Array, pd.Series[float]]:
    """Return what generators of one status make on each segment, and the solar among them that sits on roofs. [kW]."""
    take, ids = inputs.assumptions, chosen["segment_id"].to_numpy()
    arrays = kit.arrays_on(inputs, chosen, status)
    shade = kit.shade_on(inputs, arrays["roof_id"])
    power = _columns(
        solar.group_power(arrays, arrays["capacity_kwp"], arrays["segment_id"], sky, system=system, shade=shade),
        ids,
    )
    standing = kit.generators_on(inputs, chosen)
    standing = standing[standing["status"] == status]
    power = power + _wind(inputs, standing[standing["technology"] == "wind"], ids)
    water = standing[standing["technology"] == "hydro"].groupby("segment_id")["capacity_kw"].sum()
    power = power + water.reindex(ids, fill_value=0.0).to_numpy()[:, None] * take.value("hydro.load_factor", "-")
    small = arrays[arrays["capacity_kwp"] < take.value("guide.sb.anchor_kw", "kW")]
    return power, small.groupby("segment_id")["capacity_kwp"].sum().astype("float64")


def _wind(inputs: Inputs, turbines: pd.DataFrame, ids: npt.NDArray[np.object_]) -> Array:
    """Return what wind turbines make on each segment, each at the hub height of its size, shape (ids, 17520). [kW]."""
    take = inputs.assumptions
    classes = {
        take.value(f"wind.hub_m.{size}", "m"): take.value(f"wind.above_kw.{size}", "kW")
        for size in ("small", "medium", "large")
    }
    hub_m = wind.hub_of_size(turbines["capacity_kw"].to_numpy(dtype="float64"), classes)
    power = np.zeros((len(ids), clock.PERIODS))
    for height in np.unique(hub_m):
        alike = turbines[hub_m == height].groupby("segment_id")["capacity_kw"].sum()
        kw = alike.reindex(ids, fill_value=0.0).to_numpy(dtype="float64")
        power += kw[:, None] * wind.output(
            inputs["in_weather"].sort_values("hour")["wind_speed_m_s"].to_numpy(dtype="float64"),
            hub_m=float(height),
            shear=take.value("wind.shear", "-"),
            cut_in_m_s=take.value("wind.cut_in_m_s", "m/s"),
            rated_m_s=take.value("wind.rated_m_s", "m/s"),
            cut_out_m_s=take.value("wind.cut_out_m_s", "m/s"),
        )
    return power


def _prices(inputs: Inputs, *, home: bool) -> Prices:
    """Return prices; where there are no homes, those of businesses."""
    take, year = inputs.assumptions, inputs.area.begins.year
    bought, sold = (
        ("tariff.retail.elec_p_kwh", "tariff.export.longrun")
        if home
        else ("tariff.business.elec_p_kwh", "tariff.export.ppa_community")
    )
    red_band = clock.band(
        year, start_h=take.value("net.duos.red_from_h", "h"), end_h=take.value("net.duos.red_to_h", "h")
    )
    per_mw = kit.span_from(take, "guide.sb.connection_gbp_per_mw", "GBP/MW")
    return Prices(
        home_import=kit.span_from(take, bought, "p/kWh"),
        home_export=kit.span_from(take, sold, "p/kWh"),
        premium=kit.span_from(take, "guide.lem.premium_p_kwh", "p/kWh"),
        red=kit.span_from(take, "guide.sb.duos_red_p_kwh", "p/kWh"),
        transmission=kit.span_from(take, "net.tnuos.avoidable_gbp_per_kw", "GBP/kW/yr"),
        connection=per_mw.times(1 / 1000),
        own_use=kit.span_from(take, "pv.self_consumption.domestic_no_battery", "-"),
        red_band=red_band,
        winter_peak=red_band & np.isin(clock.local(year).month, WINTER),
    )


def _flexible(take: Assumptions, added: uptake.Added, *, homes: float, year: int) -> Flexible:
    plugged_h = take.value("ev.plugged_in_hours", "h")
    sessions = take.value("ev.sessions_per_week", "sessions")
    return Flexible(
        car_share=take.value("ev.flexible_share", "-"),
        heat_share=take.value("heat_pump.flexible_share", "-"),
        plugged_in=transport.plugged_in(year, plug_in_h=take.value("ev.plug_in_hour", "h"), hours=plugged_h),
        car_ceiling_kw=transport.at_chargers_kw(
            homes * added.cars_per_home, per_week=sessions, charger_kw=take.value("ev.charger_kw", "kW")
        ),
        heat_window_h=take.value("heat_pump.window_h", "h"),
        heat_ceiling_kw=homes * added.pumps_per_home * take.value("heat_pump.admd_kw", "kW"),
    )


def _kit(take: Assumptions, roof_capex: Span, kwp: float, *, private: bool) -> Kit:
    prices, terms = kit.costs_from(take), kit.terms_from(take)
    rate = terms.corporate_discount if private else terms.community_discount
    return Kit(
        roof_capex=roof_capex,
        roof_opex=prices.roof_opex.times(float(kwp)),
        offer=storage.Offer(
            gbp_per_kwh=float(prices.shared_battery.value),
            hours=take.value("bess.hours", "h"),
            power_share=take.value("bess.power_share", "-"),
            usable_share=terms.usable_share,
            opex_share=float(prices.battery_opex_share.value),
            rate=rate,
            years=float(terms.battery_years.value),
        ),
        battery_gbp_per_kwh=prices.shared_battery,
        battery_opex_share=prices.battery_opex_share,
        round_trip_efficiency=terms.round_trip_efficiency,
        rate=rate,
        roof_years=terms.roof_years,
        battery_years=terms.battery_years,
        degradation=terms.degradation,
    )


def _tests(take: Assumptions, segment: Any, row: Mapping[str, Any]) -> dict[str, object]:
    """Return the field guide's tests of a segment, and its stated saving."""
    homes = float(segment.homes)
    stated = segment_case.guide_network_gbp(
        homes,
        case_gbp=take.value("guide.sb.case_gbp", "GBP/yr"),
        case_homes=take.value("guide.sb.case_homes", "homes"),
    )
    limits = _limits(take, homes_most=take.value("net.segment.max_homes", "homes"))
    private = segment.arrangement != segments.PUBLIC
    return segment_tests.judge(row, limits, homes=homes, private=private, stated_gbp=stated)


SEGMENTS = Step(
    "segments",
    "Cutting the network into candidate segments",
    (
        "in_boundary", "in_building", "in_substation", "in_place", "in_land", "in_weather", "link_building",
        "model_demand", "model_home", "roof_plane", "roof_shade", AREA,
    ),
    ("net_segment", "link_segment"),
    _segments,
)  # fmt: skip
SELF_BALANCE = Step(
    "self_balance",
    "Working out what balancing the chosen segments is worth",
    (
        "in_boundary", "in_weather", "net_generator", "net_segment", "link_segment", "model_demand", "roof_plane",
        "roof_shade", AREA,
    ),
    ("model_segment", "model_storage"),
    _self_balance,
)  # fmt: skip
