"""Steps that find things on the map: which substation, which roof, which site, which piece of network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.errors import LayerMissing
from laep.models import lv
from laep.pipeline import Step
from laep.spatial import chain, heights, horizon, link, network, roofs, segments, sites

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.pipeline import Inputs


def _network(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    linked = network.serving_substations(
        inputs["in_boundary"], inputs["in_substation"], inputs.or_empty("in_supply_area")
    )
    inputs.notes += linked.notes
    return {"link_substation": linked.frame}


def _links(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, used, lines = inputs.assumptions, inputs.get("model_demand"), inputs.or_empty("in_line")
    substations, areas, feeders = (inputs.or_empty(name) for name in ("in_substation", "in_supply_area", "in_feeder"))
    load_kva = None
    if used is not None:
        home_kw = take.value("admd.gas_heated.measured_kw", "kW")
        load_kva = lv.load_kva(used, home_kw=home_kw, power_factor=take.value("net.power_factor", "-"))
    parents, _ = chain.parents(substations, areas, feeders)
    linked = link.building_links(
        inputs["in_building"],
        substations,
        areas,
        inputs.or_empty("in_zone"),
        max_secondary_m=take.value("net.link.max_secondary_m", "m"),
        roads=inputs.or_empty("in_road"),
        lines=lines[lines["level"] == "lv"],
        feeders=feeders,
        parents=parents,
        load_kva=load_kva,
    )
    inputs.notes += linked.notes
    return {"link_building": linked.frame}


def _heights(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    rasters = inputs["in_elevation"]
    path = rasters["path"].map(lambda name: inputs.area.folder / name)
    dsm, dtm = (list(path[rasters["kind"] == kind]) for kind in ("dsm", "dtm"))
    buildings = inputs["in_building"]
    shift = heights.offset(buildings, dsm, dtm)
    if shift.gain > 0:
        inputs.notes.append(
            f"footprints would sit better on the elevation model if moved {shift.dx_m:g} m east and {shift.dy_m:g} m "
            f"north ({shift.gain:.0%} more cells on a building); they were not moved"
        )
    return {"roof_height": heights.building_heights(buildings, dsm, dtm)}


def _roofs(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    planes = roofs.from_footprints(
        inputs["in_building"],
        heights=inputs.get("roof_height"),
        pitch_deg=take.get("pv.roof.pitch_default_deg", "deg").span,
        low_pitch_deg=take.get("pv.roof.low_pitch_deg", "deg").span,
        flat_tilt_deg=take.get("pv.roof.flat_tilt_deg", "deg").span,
        usable_pitched=take.get("pv.roof.usable_fraction.pitched", "fraction").span,
        usable_flat=take.get("pv.roof.usable_fraction.flat", "fraction").span,
        power_density=take.get("pv.module.power_density", "W/m2").span,
        min_usable_m2=take.value("pv.roof.min_usable_m2", "m2"),
        max_from_south_deg=take.value("pv.roof.max_from_south_deg", "deg"),
        flat_from_footprint_m2=take.value("pv.roof.flat_from_footprint_m2", "m2"),
    )
    return {"roof_plane": planes}


def _horizons(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    rasters = inputs.get("in_elevation")
    surfaces = [] if rasters is None else list(rasters.loc[rasters["kind"] == "dsm", "path"])
    if not surfaces:
        raise LayerMissing(
            "There is no surface model, so the shade on roofs is not known and a usual range stands for it. "
            "Run `laep ingest elevation --file PATH`."
        )
    planes = inputs["roof_plane"]
    shade = horizon.roof_shade(
        planes,
        [inputs.area.folder / path for path in surfaces],
        lift_m=inputs.assumptions.value("pv.roof.panel_height_m", "m"),
    )
    if lacking := len(planes) - len(shade):
        inputs.notes.append(
            f"{lacking:,} of {len(planes):,} roof planes lie off the surface model: their shade is not known"
        )
    return {"roof_shade": shade}


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
        roof_min_kwp=take.value("site.roof.min_kwp", "kWp"),
        ground_ha_per_mw=take.get("solar_farm.land_ha_per_mw", "ha/MW").span,
        min_parcel_ha=take.value("site.solar.min_parcel_ha.community", "ha"),
        carport_kwp_per_m2=take.get("site.carport.kwp_per_m2", "kWp/m2").span,
        carport_min_m2=take.value("site.carport.min_m2", "m2"),
    )
    return {"site_anchor": found}


def _segments(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    demand = inputs["model_demand"]
    found = segments.candidates(
        inputs["in_boundary"],
        inputs["in_building"],
        demand[demand["scope"] == "building"].set_index("scope_id")["homes"],
        inputs["link_building"],
        inputs.or_empty("in_substation"),
        min_homes=inputs.assumptions.value("net.segment.min_homes", "homes"),
    )
    return {"net_segment": found.segments, "link_segment": found.links}


NETWORK = Step(
    "network",
    "Finding the substations that serve the area",
    ("in_boundary", "in_substation", "in_supply_area"),
    ("link_substation",),
    _network,
)
LINKS = Step(
    "links",
    "Linking buildings to substations and census zones",
    (
        "in_building", "in_substation", "in_supply_area", "in_zone", "in_road", "in_line", "in_feeder", "model_demand",
    ),
    ("link_building",),
    _links,
    version=2,
)  # fmt: skip
HEIGHTS = Step("heights", "Reading building heights", ("in_building", "in_elevation"), ("roof_height",), _heights)
ROOFS = Step("roofs", "Finding roof planes", ("in_building", "roof_height"), ("roof_plane",), _roofs)
HORIZONS = Step(
    "horizons",
    "Reading the skyline round each roof",
    ("in_elevation", "roof_plane"),
    ("roof_shade",),
    _horizons,
)
SITES = Step(
    "sites",
    "Looking for shared sites",
    ("in_building", "in_place", "in_land", "in_constraint", "roof_plane", "link_building"),
    ("site_anchor",),
    _sites,
)
SEGMENTS = Step(
    "segments",
    "Cutting the network into candidate segments",
    ("in_boundary", "in_building", "in_substation", "link_building", "model_demand"),
    ("net_segment", "link_segment"),
    _segments,
)
