"""Step that estimates the electricity of homes and businesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.models.energy import demand, homes, mean_use
from laep.pipeline import Step
from laep.schema import uses
from laep.spatial.roofs import party_walls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.pipeline import Inputs

_HOME_FORMS = ("flat", "mid_terrace", "end_terrace", "semi", "detached")


def _demand(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, counted = inputs.assumptions, inputs["model_home"]
    home_kwh = take.get("demand.home_kwh", "kWh/yr").span
    mean = _mean_use(inputs, homes.total(counted))
    parts = [demand.zones_to_mean(counted[counted["scope"] == "zone"], mean=mean, home_kwh=home_kwh)]
    buildings = inputs.get("in_building")
    if buildings is not None:
        floors = [(use, uses.RULES[use].intensity) for use in uses.BUSINESSES]
        estimated = demand.buildings_to_mean(
            buildings,
            counted[counted["scope"] == "building"].set_axis(buildings.index),
            mean=mean,
            home_kwh=home_kwh,
            intensity={use: take.get(f"demand.intensity_kwh_m2.{word}", "kWh/m2/yr").span for use, word in floors},
            mean_over_median={use: take.get(f"demand.mean_over_median.{word}", "-").span for use, word in floors},
            storeys={use: take.get(f"building.storeys.{word}", "storeys").span for use, word in floors},
            form=party_walls.form(buildings),
            archetype_kwh={form: take.get(f"demand.archetype_kwh.{form}", "kWh/yr").span for form in _HOME_FORMS},
        )
        inputs.notes.append(
            f"{estimated['annual_kwh'].isna().sum():,} of {len(estimated):,} buildings have no estimate of use"
        )
        parts.insert(0, estimated)
    return {"model_demand": pd.concat([part for part in parts if len(part)], ignore_index=True)}


def _mean_use(inputs: Inputs, count: float) -> mean_use.MeanUse:
    """Return what a home of the area uses on average, and say where that comes from."""
    assumed = inputs.assumptions.value("demand.home_mean_kwh", "kWh/yr")
    metered = inputs.get("in_metered")
    if metered is not None:
        share = homes.share(metered, inputs["model_home"], zone="area_code")
        metered = metered.assign(share_in_area=share)
    found = mean_use.electricity(metered, homes=count, assumed_kwh=assumed)
    inputs.notes.append(found.note)
    return found


DEMAND = Step(
    "demand", "Estimating electricity use", ("in_building", "in_metered", "model_home"), ("model_demand",), _demand
)
