"""Steps that work out what roofs yield, plane by plane, and add it up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from laep.models.energy import solar, yields
from laep.pipeline import Step
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.pipeline import Inputs


def _solar(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    roofs, sky, system = inputs["roof_plane"], kit.sky_over(inputs), kit.system_from(inputs.assumptions)
    shade = kit.shade_on(inputs, roofs["roof_id"])
    surveyed = roofs["roof_id"].isin(inputs.or_empty("roof_shade")["roof_id"])
    open_system = replace(system, loss=1 - (1 - system.loss) / (1 - system.shade))
    monthly = solar.monthly_yield(roofs, sky, system=system, shade=shade)
    guessed = roofs[~surveyed]
    ends = [
        solar.annual_yield(guessed, sky, system=system, shade=kit.shade_on(inputs, guessed["roof_id"], end=end))
        .reindex(roofs.index)
        .fillna(monthly.sum(axis=1))
        for end in (kit.HIGH, kit.LOW)
    ]
    found = yields.planes(
        roofs,
        monthly,
        solar.annual_yield(roofs, sky, system=open_system),
        pd.Series(shade.sky_view, index=roofs.index).where(surveyed),
        ends_kwh=(ends[0], ends[1]),
        doubt=kit.doubt_over(inputs),
    )
    return {"model_plane": found, "model_solar": yields.buildings(roofs, inputs["in_building"], found)}


def _yields(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    links, segments = inputs.or_empty("link_building"), inputs.or_empty("link_segment")
    members = {
        level: links[["building_id", f"{level}_id"]].rename(columns={f"{level}_id": "scope_id"})
        for level in ("secondary", "primary")
    }
    members["segment"] = segments.rename(columns={"segment_id": "scope_id"})
    return {"model_yield": yields.scopes(inputs["roof_plane"], inputs["model_plane"], members)}


SOLAR = Step(
    "solar",
    "Working out solar yields",
    ("in_boundary", "in_building", "in_weather", "in_weather_year", "roof_plane", "roof_shade"),
    ("model_plane", "model_solar"),
    _solar,
)


YIELDS = Step(
    "yields",
    "Adding yields up by substation and segment",
    ("roof_plane", "model_plane", "link_building", "link_segment"),
    ("model_yield",),
    _yields,
)
