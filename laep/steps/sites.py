"""Step that looks for shared sites: large roofs, car parks and land."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.errors import LayerMissing
from laep.pipeline import ANSWERS, Step
from laep.spatial import sites
from laep.spatial.siting import Setbacks

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.assumptions import Assumptions
    from laep.pipeline import Inputs


def _sites(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    if inputs.get("in_building") is None and inputs.get("in_land") is None:
        raise LayerMissing("There are neither buildings nor land to look at. Run `laep ingest osm --file PATH` first.")
    take = inputs.assumptions
    found = sites.anchors(
        inputs.or_empty("in_building"),
        inputs.or_empty("in_place"),
        inputs.or_empty("in_land"),
        inputs.or_empty("in_constraint"),
        inputs.or_empty("roof_plane"),
        inputs.or_empty("link_building"),
        inputs.or_empty("in_road"),
        inputs.or_empty("in_line"),
        setbacks=_setbacks(take),
        roof_min_kwp=take.value("site.roof.min_kwp", "kWp"),
        ground_ha_per_mw=take.get("solar_farm.land_ha_per_mw", "ha/MW").span,
        min_parcel_ha=take.value("site.solar.min_parcel_ha.community", "ha"),
        carport_kwp_per_m2=take.get("site.carport.kwp_per_m2", "kWp/m2").span,
        carport_min_m2=take.value("site.carport.min_m2", "m2"),
        lv_max_kwp=take.value("net.connection.lv_max_kw", "kW") * take.value("pv.system.dc_ac_ratio", "-"),
        hv_max_kwp=take.value("net.connection.hv_max_mw", "MW") * 1000 * take.value("pv.system.dc_ac_ratio", "-"),
        told=inputs.answers.owners,
    )
    called = {one.casefold() for column in ("site_id", "name") for one in found.sites[column].dropna().astype(str)}
    for name in inputs.answers.owners:
        if name.casefold() not in called:
            inputs.notes.append(f"answers.toml says who holds {name!r}, but no site here has that name or id")
    return {"site_anchor": found.sites, "site_land": found.land, "site_removed": found.removed}


def _setbacks(take: Assumptions) -> Setbacks:
    return Setbacks(
        home_m=take.value("site.setback.solar.home_m", "m"),
        building_m=take.value("site.setback.solar.building_m", "m"),
        road_m=take.value("site.setback.solar.road_m", "m"),
        path_m=take.value("site.setback.solar.path_m", "m"),
        water_m=take.value("site.setback.solar.water_m", "m"),
        line_m=take.value("site.setback.solar.line_m", "m"),
        least_piece_ha=take.value("site.land.min_piece_ha", "ha"),
    )


SITES = Step(
    "sites",
    "Looking for shared sites",
    (
        "in_building",
        "in_place",
        "in_land",
        "in_constraint",
        "roof_plane",
        "link_building",
        "in_road",
        "in_line",
        ANSWERS,
    ),
    ("site_anchor", "site_land", "site_removed"),
    _sites,
)
