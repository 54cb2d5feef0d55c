"""Steps that read roofs: heights of buildings, roof planes, and the skyline round each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.errors import LayerMissing
from laep.ingest.ground import elevation
from laep.pipeline import Step
from laep.schema import uses
from laep.spatial.network import generators
from laep.spatial.rasters import Placed
from laep.spatial.roofs import heights, horizon, planes, registration, typical_skyline
from laep.spatial.roofs import roof_planes as roofs
from laep.spatial.roofs.packing import Module
from laep.spatial.roofs.roof_capacity import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.assumptions import Assumptions
    from laep.pipeline import Inputs


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
    take, every, (dsm, dtm) = inputs.assumptions, inputs["in_building"], _rasters(inputs)
    buildings = every[~every["use"].isin(uses.ROOFLESS)].reset_index(drop=True)
    if roofless := len(every) - len(buildings):
        inputs.notes.append(
            f"{roofless:,} structures, mobile homes and car parks have no roof that panels could stand on"
        )
    read = inputs.get("roof_height")
    found = planes.from_rasters(buildings, dsm, dtm, moved_m=heights.moved_m(read)) if dsm else None
    if found is not None:
        inputs.notes.append(planes.summary(found))
    made = roofs.roof_planes(
        buildings,
        found,
        heights=read,
        existing=_existing(inputs),
        constraints=inputs.or_empty("in_constraint"),
        covered_share=typical_skyline.covered(
            every, inputs.or_empty("in_land"), within_m=take.value("pv.skyline.within_m", "m")
        ),
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


def _existing(inputs: Inputs) -> pd.DataFrame:
    """Return the capacity of the panels already on each building, and what of it is public. [kW]."""
    there = generators.on_roofs(inputs.or_empty("net_generator"))
    if public := int((there["public_kw"] > 0).sum()):
        inputs.notes.append(f"{public:,} buildings have solar panels already, and so much less room")
    if len(there) - public >= inputs.assumptions.value("privacy.least_count", "homes"):
        inputs.notes.append(
            f"{len(there) - public:,} roofs have panels that only certificates tell of, which is private: their room "
            "counts as if none were there"
        )
    return there


def _horizons(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    surfaces, _ = _rasters(inputs)
    if not surfaces:
        raise LayerMissing(
            "There is no surface model, so the shade on roofs is not known and the skyline usual for so closely built "
            "a place stands for it. Run `laep ingest elevation --file PATH`."
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
            f"{lacking:,} of {len(standing):,} roof planes lie off the surface model: a usual skyline stands for theirs"
        )
    return {"roof_shade": shade}


HEIGHTS = Step("heights", "Reading building heights", ("in_building", "in_elevation"), ("roof_height",), _heights)


ROOFS = Step(
    "roofs",
    "Finding roof planes",
    ("in_building", "in_elevation", "in_land", "roof_height", "net_generator", "in_constraint"),
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
