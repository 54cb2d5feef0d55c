"""Step that estimates the electricity of homes and businesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.errors import LayerMissing
from laep.models.energy import demand, mean_use
from laep.pipeline import Step
from laep.spatial.roofs import party_walls

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.pipeline import Inputs


_BUSINESSES = (
    "shop", "office", "school", "hall", "worship", "health", "leisure", "hotel", "civic", "industry", "farm",
)  # fmt: skip


_HOME_FORMS = ("flat", "mid_terrace", "end_terrace", "semi", "detached")


def _demand(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    home_kwh = take.get("demand.home_kwh", "kWh/yr").span
    buildings = inputs.get("in_building")
    if buildings is None:
        tenure = inputs.get("in_tenure")
        if tenure is None:
            raise LayerMissing(
                "There are neither buildings nor census households to reckon from. "
                "Run `laep ingest osm --file PATH`, or `laep ingest zones` and `laep ingest tenure`."
            )
        mean = _mean_use(inputs, float(demand.households(tenure).sum()))
        return {"model_demand": demand.zones_to_mean(tenure, mean=mean, home_kwh=home_kwh)}
    storeys = {use: take.get(f"building.storeys.{use}", "storeys").span for use in (*_BUSINESSES, "home", "flats")}
    counted = demand.homes(
        buildings,
        flat_m2=take.value("building.flat_m2", "m2"),
        storeys={use: span[0] for use, span in storeys.items()},
        home_footprint_m2=take.value("building.home_footprint_m2", "m2"),
        home_min_m2=take.value("building.home_min_m2", "m2"),
        home_max_m2=take.value("building.home_max_m2", "m2"),
    )
    estimated = demand.buildings_to_mean(
        buildings,
        counted,
        mean=_mean_use(inputs, float(counted["homes"].sum())),
        home_kwh=home_kwh,
        intensity={use: take.get(f"demand.intensity_kwh_m2.{use}", "kWh/m2/yr").span for use in _BUSINESSES},
        storeys=storeys,
        form=party_walls.form(buildings),
        archetype_kwh={form: take.get(f"demand.archetype_kwh.{form}", "kWh/yr").span for form in _HOME_FORMS},
    )
    inputs.notes.append(
        f"{counted['homes'].sum():,.0f} homes counted; {estimated['annual_kwh'].isna().sum():,} of "
        f"{len(estimated):,} buildings have no estimate of use"
    )
    return {"model_demand": estimated}


def _mean_use(inputs: Inputs, homes: float) -> mean_use.MeanUse:
    """Return what a home of the area uses on average, and say where that comes from."""
    assumed = inputs.assumptions.value("demand.home_mean_kwh", "kWh/yr")
    found = mean_use.electricity(inputs.get("in_metered"), homes=homes, assumed_kwh=assumed)
    inputs.notes.append(found.note)
    return found


DEMAND = Step(
    "demand", "Estimating electricity use", ("in_building", "in_tenure", "in_metered"), ("model_demand",), _demand
)
