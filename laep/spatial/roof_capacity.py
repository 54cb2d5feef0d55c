"""How much panel a roof plane can carry: shares of its area for now, the same for every way of finding planes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Span = tuple[float, float, float]
"""An assumption's value, low and high."""

SOUTH_DEG = 180.0


def with_capacity(
    planes: pd.DataFrame,
    *,
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
        `tilt_deg`, `tilt_low_deg`, `tilt_high_deg`, `azimuth_deg`, `plan_m2`, however the planes were found.
    flat_below_deg : float
        Planes less steep take panels on frames that face south, `pv.roof.flat_below_deg`. [deg]
    flat_tilt_deg : (value, low, high)
        Tilt of those frames, `pv.roof.flat_tilt_deg`; only the value is used. [deg]
    usable_pitched, usable_flat : (value, low, high)
        Share of a plane that panels can cover, `pv.roof.usable_fraction.*`. [-]
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
    Shares of an area: no panel is laid out, so a plane cut up by dormers counts as much as a whole one.
    """
    flat = (planes["tilt_deg"] < flat_below_deg).to_numpy()
    found = planes.assign(
        panel_tilt_deg=np.where(flat, flat_tilt_deg[0], planes["tilt_deg"]),
        panel_azimuth_deg=np.where(flat, SOUTH_DEG, planes["azimuth_deg"]),
        sloped_m2=planes["plan_m2"] / _cosine(planes["tilt_deg"]),
    )
    for end, name in enumerate(("", "_low", "_high")):
        sloped = planes["plan_m2"] / _cosine(planes[f"tilt{name}_deg"])
        usable = sloped * np.where(flat, usable_flat[end], usable_pitched[end])
        found[f"usable{name}_m2"] = usable
        found[f"capacity{name}_kwp"] = usable * power_density[end] / 1000.0
    from_south = np.abs((planes["azimuth_deg"] - SOUTH_DEG + 180.0) % 360.0 - 180.0)
    found["suitable"] = (found["usable_m2"] >= min_usable_m2) & (flat | (from_south <= max_from_south_deg))
    return found


def _cosine(degrees: pd.Series[float]) -> NDArray[np.float64]:
    cosine: NDArray[np.float64] = np.cos(np.radians(degrees.to_numpy(dtype=float)))
    return cosine
