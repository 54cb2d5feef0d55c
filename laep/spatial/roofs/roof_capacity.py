"""How much panel a roof plane can carry: laid out module by module where a survey shows the plane, else by share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from laep.spatial.roofs import packing
from laep.spatial.roofs.existing import taken

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Span = tuple[float, float, float]
"""An assumption's value, low and high."""

SOUTH_DEG = 180.0
_LESS = (0, 2, 1)
"""Which end of a span that takes room away goes with the value, the low and the high capacity."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """
    How panels are laid out on a plane that a survey shows.

    Attributes
    ----------
    module : Module
        Sides of a module, `pv.module.width_m` and `pv.module.length_m`.
    edge_m, flat_edge_m : (value, low, high)
        Clear strip along the edges of pitched and of flat roofs, `pv.roof.edge_m.*`. [m]
    sun_deg : float
        Height of the sun down to which rows on a flat roof do not shade each other, `pv.roof.row_sun_deg`. [deg]
    unseen : (value, low, high)
        Share of the modules lost to windows, vents and flues a survey does not show, `pv.roof.unseen_share`. [-]
    """

    module: packing.Module
    edge_m: Span
    flat_edge_m: Span
    sun_deg: float
    unseen: Span


def with_capacity(
    planes: pd.DataFrame,
    *,
    layout: Layout,
    flat_below_deg: float,
    flat_tilt_deg: Span,
    usable_pitched: Span,
    usable_flat: Span,
    power_density: Span,
    min_usable_m2: float,
    max_from_south_deg: float,
) -> pd.DataFrame:
    """
    Return planes with the columns of layer `roof_plane` that say what panels fit.

    Parameters
    ----------
    planes : DataFrame
        `geometry`, `seen` (whether a survey shows the plane), `tilt_deg`, `tilt_low_deg`, `tilt_high_deg`,
        `azimuth_deg`, `plan_m2`.
    layout : Layout
        How panels are laid out where a survey shows the plane.
    flat_below_deg : float
        Planes less steep take panels on frames that face south, `pv.roof.flat_below_deg`. [deg]
    flat_tilt_deg : (value, low, high)
        Tilt of those frames, `pv.roof.flat_tilt_deg`; only the value is used. [deg]
    usable_pitched, usable_flat : (value, low, high)
        Share of a plane that panels can cover where only the footprint is known, `pv.roof.usable_fraction.*`. [-]
    power_density : (value, low, high)
        Capacity per area of panel, `pv.module.power_density`. [W/m2]
    min_usable_m2, max_from_south_deg : float
        What makes a plane suitable: `pv.roof.min_usable_m2` [m2], `pv.roof.max_from_south_deg` [deg].

    Returns
    -------
    DataFrame
        As given, with `panel_tilt_deg`, `panel_azimuth_deg`, `sloped_m2`, `usable_*`, `capacity_*` and `suitable`.

    Notes
    -----
    Whole modules inside the edge strip, in rows, less a share for what no survey shows. On a flat roof rows face south
    with a gap that keeps them out of each other's shade. A plane nobody has seen is not laid out: it may have a dormer.
    """
    flat = (planes["tilt_deg"] < flat_below_deg).to_numpy()
    found = planes.assign(
        panel_tilt_deg=np.where(flat, flat_tilt_deg[0], planes["tilt_deg"]),
        panel_azimuth_deg=np.where(flat, SOUTH_DEG, planes["azimuth_deg"]),
        sloped_m2=planes["plan_m2"] / _cosine(planes["tilt_deg"]),
    )
    seen = planes["seen"].to_numpy(dtype=bool)
    for end, name in enumerate(("", "_low", "_high")):
        sloped = planes["plan_m2"] / _cosine(planes[f"tilt{name}_deg"])
        by_share = sloped * np.where(flat, usable_flat[end], usable_pitched[end])
        usable = by_share.to_numpy(dtype=float, copy=True)
        usable[seen] = _laid_out(planes[seen], flat[seen], layout, _LESS[end], flat_tilt_deg[0])
        found[f"usable{name}_m2"] = usable
        found[f"capacity{name}_kwp"] = usable * power_density[end] / 1000.0
    from_south = np.abs((planes["azimuth_deg"] - SOUTH_DEG + 180.0) % 360.0 - 180.0)
    found["suitable"] = (found["usable_m2"] >= min_usable_m2) & (flat | (from_south <= max_from_south_deg))
    return found


def less_existing(planes: pd.DataFrame, existing: pd.DataFrame, *, min_usable_m2: float) -> pd.DataFrame:
    """
    Return planes with the room that panels already up leave, and `existing_kwp`, which is private.

    Parameters
    ----------
    planes : DataFrame
        What `with_capacity` gives, and `building_id`.
    existing : DataFrame
        Capacity already on each building, indexed by building_id: all in `there_kw`, and in `public_kw` what others
        than a home's certificate tell of. Only that leaves less room: it is published roof by roof, and would tell
        which homes the certificates are of. [kW]
    min_usable_m2 : float
        Room below which a plane is no longer suitable, `pv.roof.min_usable_m2`. [m2]
    """
    used = taken(planes, existing["public_kw"])
    room = ((planes["capacity_kwp"] - used) / planes["capacity_kwp"].where(planes["capacity_kwp"] > 0)).fillna(1.0)
    left = planes.assign(existing_kwp=taken(planes, existing["there_kw"]))
    for name in ("", "_low", "_high"):
        left[f"usable{name}_m2"] = planes[f"usable{name}_m2"] * room
        left[f"capacity{name}_kwp"] = planes[f"capacity{name}_kwp"] * room
    left["suitable"] = planes["suitable"] & (left["usable_m2"] >= min_usable_m2)
    return left


def _laid_out(
    planes: pd.DataFrame, flat: NDArray[np.bool_], layout: Layout, end: int, flat_tilt_deg: float
) -> NDArray[np.float64]:
    """Return the area of the modules that fit on planes that have been seen. [m2]."""
    shapes = np.asarray(planes["geometry"], dtype=object)
    tilt, azimuth = (planes[name].to_numpy(dtype=float) for name in ("tilt_deg", "azimuth_deg"))
    modules = np.zeros(len(planes), dtype=np.int64)
    pitched = ~flat
    modules[pitched] = packing.pitched(
        shapes[pitched], tilt[pitched], azimuth[pitched], module=layout.module, margin_m=layout.edge_m[end]
    )
    modules[flat] = packing.flat(
        shapes[flat], np.full(int(flat.sum()), SOUTH_DEG), module=layout.module, tilt_deg=flat_tilt_deg,
        sun_deg=layout.sun_deg, margin_m=layout.flat_edge_m[end],
    )  # fmt: skip
    kept = layout.module.area_m2 * (1.0 - layout.unseen[end])
    return np.asarray(modules * kept, dtype=np.float64)


def _cosine(degrees: pd.Series[float]) -> NDArray[np.float64]:
    cosine: NDArray[np.float64] = np.cos(np.radians(degrees.to_numpy(dtype=float)))
    return cosine
