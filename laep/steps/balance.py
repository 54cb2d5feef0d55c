"""Steps that balance pieces of network half-hour by half-hour: which, how each stands, what balancing is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import LayerMissing
from laep.models.balance import dispatch, months, storage
from laep.models.energy import demand, solar
from laep.pipeline import AREA, Step
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.pipeline import Inputs


def _balance(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    demand_kw = _demand_kw(inputs)
    segments = inputs["net_segment"]
    known = segments["segment_id"].isin(demand_kw.columns)
    if not known.all():
        inputs.notes.append(f"{(~known).sum()} segments have no building whose use is estimated, and no balance")
    segments = segments[known]
    whole = segments.loc[segments["kind"] == "area", "segment_id"]
    if whole.empty:
        raise LayerMissing("No building in the area has an estimate of its electricity use, so there is no balance.")
    demand_kw = demand_kw[list(segments["segment_id"])]
    sky, system = kit.sky_over(inputs), kit.system_from(take)
    sizes = storage.size(
        segments["homes"].astype("float64"),
        kwh_per_home=take.value("bess.kwh_per_home", "kWh"),
        usable_share=take.value("bess.usable_dod", "-"),
        hours=take.value("bess.hours", "h"),
    )
    efficiency = take.value("bess.round_trip_efficiency", "-")
    today, roofs = kit.arrays_on(inputs, segments, "connected"), _suitable_planes(inputs)
    today_kw, roofs_kw = (
        solar.group_power(
            one, one["capacity_kwp"], one["segment_id"], sky, system=system, shade=kit.shade_on(inputs, one["roof_id"])
        )
        for one in (today, roofs)
    )
    # roof planes hold the room besides panels already up, so both together are all the solar there could be
    every, every_kw = pd.concat([today, roofs], ignore_index=True), today_kw.add(roofs_kw, fill_value=0.0)
    balanced = [
        _case("today", demand_kw, today_kw, today, sizes * 0, efficiency),
        _case("solar", demand_kw, every_kw, every, sizes * 0, efficiency),
        _case("solar_battery", demand_kw, every_kw, every, sizes, efficiency),
    ]
    area = whole.iloc[0]
    used = demand_kw[area].to_numpy()
    made = every_kw.get(area, pd.Series(0.0, index=demand_kw.index)).to_numpy()
    return {
        "model_balance": pd.concat(balanced, ignore_index=True),
        "model_month": months.sums(used, made, inputs["in_weather"]),
        "model_profile": months.days(used, made),
    }


def _case(
    case: str,
    demand_kw: pd.DataFrame,
    solar_kw: pd.DataFrame,
    planes: pd.DataFrame,
    battery: pd.DataFrame,
    efficiency: float,
) -> pd.DataFrame:
    """Return rows of `model_balance` for one case; segments are the columns of `demand_kw`, rows of `battery`."""
    ids = demand_kw.columns
    flows = dispatch.self_consumption(
        demand_kw.to_numpy().T,
        solar_kw.reindex(columns=ids, fill_value=0.0).to_numpy().T,
        battery_kwh=battery["usable_kwh"].to_numpy(),
        battery_kw=battery["power_kw"].to_numpy(),
        round_trip_efficiency=efficiency,
    )
    capacity = planes.groupby("segment_id")["capacity_kwp"].sum().reindex(ids, fill_value=0.0)
    return dispatch.indicators(
        flows,
        segment_ids=list(ids),
        case=case,
        capacity_kwp=capacity.to_numpy(dtype="float64"),
        method="estimated demand and roofs on standard profiles; battery follows self-consumption",
        confidence="low",
    )


def _demand_kw(inputs: Inputs) -> pd.DataFrame:
    """Return the half-hourly demand of each segment with any; homes that no map shows are the area's alone. [kW]."""
    every, segments = inputs["model_demand"], inputs["net_segment"]
    used = every.merge(inputs["link_segment"], left_on="scope_id", right_on="building_id")
    off_map = every[every["scope"] == "zone"].merge(
        segments.loc[segments["kind"] == "area", ["segment_id"]], how="cross"
    )
    used = pd.concat([used, off_map], ignore_index=True)
    return demand.half_hourly_by(used, used["segment_id"], year=inputs.area.begins.year)


def _suitable_planes(inputs: Inputs) -> pd.DataFrame:
    """Return the suitable roof planes, once for each segment they stand on."""
    planes = inputs["roof_plane"]
    columns = ["roof_id", "building_id", *solar.FACING, "capacity_kwp"]
    return pd.DataFrame(planes.loc[planes["suitable"], columns]).merge(inputs["link_segment"], on="building_id")


BALANCE = Step(
    "balance",
    "Balancing each segment half-hour by half-hour",
    (
        "in_boundary", "in_weather", "net_generator", "net_segment", "link_segment",
        "model_demand", "roof_plane", "roof_shade", AREA,
    ),
    ("model_balance", "model_month", "model_profile"),
    _balance,
)  # fmt: skip
