"""Steps that find things on the map: which substation, which roof, which site, which piece of network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.errors import LayerMissing
from laep.ingest.ground import elevation
from laep.models.network import chain as levels
from laep.models.network import lv
from laep.pipeline import Step
from laep.spatial import sites
from laep.spatial.network import buildings as link
from laep.spatial.network import generators
from laep.spatial.network import parents as chain
from laep.spatial.network import substations as network
from laep.spatial.rasters import Placed
from laep.spatial.roofs import heights, horizon, planes, registration
from laep.spatial.roofs import roof_planes as roofs
from laep.spatial.roofs.packing import Module
from laep.spatial.roofs.roof_capacity import Layout
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.assumptions import Assumptions
    from laep.pipeline import Inputs


def _network(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    held = kit.network(inputs)
    linked = network.serving_substations(
        inputs["in_boundary"], held.substations, inputs.or_empty("in_supply_area"), above=levels.above
    )
    inputs.notes += [*held.notes, *linked.notes]
    return {"link_substation": linked.frame}


def _links(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, used, lines = inputs.assumptions, inputs.get("model_demand"), inputs.or_empty("in_line")
    substations, areas, feeders = (
        kit.network(inputs).substations,
        *map(inputs.or_empty, ("in_supply_area", "in_feeder")),
    )
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


def _rasters(inputs: Inputs) -> tuple[list[Placed], list[Placed]]:
    """Return the surface models and the ground models of the area, each in the coordinates it was read in."""
    held = inputs.get("in_elevation")
    if held is None:
        return [], []
    at = [
        Placed(elevation.found_at(path, inputs.area.folder), crs)
        for path, crs in zip(held["path"], held["crs"], strict=True)
    ]
    kinds = held["kind"].tolist()
    surface, ground = ([each for each, kind in zip(at, kinds, strict=True) if kind == of] for of in ("dsm", "dtm"))
    return surface, ground


def _heights(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    buildings, (dsm, dtm) = inputs["in_building"], _rasters(inputs)
    shift = registration.shift(buildings, dsm, dtm)
    inputs.notes += shift.told()
    return {"roof_height": heights.building_heights(buildings, dsm, dtm, moved_m=shift.moved_m)}


def _roofs(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, buildings, (dsm, dtm) = inputs.assumptions, inputs["in_building"], _rasters(inputs)
    read = inputs.get("roof_height")
    found = planes.from_rasters(buildings, dsm, dtm, moved_m=heights.moved_m(read)) if dsm else None
    if found is not None:
        inputs.notes.append(planes.summary(found))
    made = roofs.roof_planes(
        buildings,
        found,
        heights=read,
        existing_kw=_existing_kw(inputs),
        constraints=inputs.or_empty("in_constraint"),
        layout=_layout(take),
        pitch_deg=take.get("pv.roof.pitch_default_deg", "deg").span,
        low_pitch_deg=take.get("pv.roof.low_pitch_deg", "deg").span,
        flat_from_footprint_m2=take.value("pv.roof.flat_from_footprint_m2", "m2"),
        flat_below_deg=take.value("pv.roof.flat_below_deg", "deg"),
        flat_tilt_deg=take.get("pv.roof.flat_tilt_deg", "deg").span,
        usable_pitched=take.get("pv.roof.usable_fraction.pitched", "-").span,
        usable_flat=take.get("pv.roof.usable_fraction.flat", "-").span,
        power_density=take.get("pv.module.power_density", "W/m2").span,
        min_usable_m2=take.value("pv.roof.min_usable_m2", "m2"),
        max_from_south_deg=take.value("pv.roof.max_from_south_deg", "deg"),
    )
    return {"roof_plane": made}


def _layout(take: Assumptions) -> Layout:
    return Layout(
        module=Module(width_m=take.value("pv.module.width_m", "m"), length_m=take.value("pv.module.length_m", "m")),
        edge_m=take.get("pv.roof.edge_m.pitched", "m").span,
        flat_edge_m=take.get("pv.roof.edge_m.flat", "m").span,
        sun_deg=take.value("pv.roof.row_sun_deg", "deg"),
        unseen=take.get("pv.roof.unseen_share", "-").span,
    )


def _existing_kw(inputs: Inputs) -> pd.Series[float]:
    """Return the capacity of the panels already on each building. [kW]."""
    there = generators.on_roofs(inputs.or_empty("net_generator"))
    if len(there):
        inputs.notes.append(f"{len(there):,} buildings have solar panels already, and so much less room")
    return there


def _horizons(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    surfaces, _ = _rasters(inputs)
    if not surfaces:
        raise LayerMissing(
            "There is no surface model, so the shade on roofs is not known and a usual range stands for it. "
            "Run `laep ingest elevation --file PATH`."
        )
    standing = inputs["roof_plane"]
    shade = horizon.roof_shade(
        standing,
        surfaces,
        lift_m=inputs.assumptions.value("pv.roof.panel_height_m", "m"),
        moved_m=heights.moved_m(inputs.get("roof_height")),
    )
    if lacking := len(standing) - len(shade):
        inputs.notes.append(
            f"{lacking:,} of {len(standing):,} roof planes lie off the surface model: their shade is not known"
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


NETWORK = Step(
    "network",
    "Finding the substations that serve the area",
    ("in_boundary", *kit.NETWORK_LAYERS),
    ("link_substation",),
    _network,
)
LINKS = Step(
    "links",
    "Linking buildings to substations and census zones",
    (
        "in_building", *kit.NETWORK_LAYERS, "in_zone", "in_road", "in_line", "in_feeder", "model_demand",
    ),
    ("link_building",),
    _links,
)  # fmt: skip
HEIGHTS = Step("heights", "Reading building heights", ("in_building", "in_elevation"), ("roof_height",), _heights)
ROOFS = Step(
    "roofs",
    "Finding roof planes",
    ("in_building", "in_elevation", "roof_height", "net_generator", "in_constraint"),
    ("roof_plane",),
    _roofs,
)
HORIZONS = Step(
    "horizons",
    "Reading the skyline round each roof",
    ("in_elevation", "roof_height", "roof_plane"),
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
