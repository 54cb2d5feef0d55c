"""The truth about the village, which no publisher would know: planes, links, electricity, panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from . import network, writing
from .grid import EAST, NORTH, simple, to_27700

if TYPE_CHECKING:
    from pathlib import Path

    from .layout import Building
    from .network import Network
    from .people import Home

PLANE_COLUMNS = (
    "building_id", "plane", "roof_type", "tilt_deg", "azimuth_deg", "plan_m2", "sloped_m2", "in_survey", "ref_e",
    "ref_n", "ref_z_m", "slope_e", "slope_n", "wkt",
)  # fmt: skip


def write_planes(path: Path, buildings: list[Building], missing: set[int]) -> int:
    """
    Write every roof plane seen from above.

    Height above datum of a plane is `ref_z_m + slope_e * (E - ref_e) + slope_n * (N - ref_n)`; EPSG:27700, metres.
    """
    rows = []
    for b in buildings:
        planes = [f for f in b.facets if f.kind != "chimney" and f.patch.area >= 0.5]
        for n, f in enumerate(planes, start=1):
            plan = round(f.patch.area, 6)
            shape = to_27700(simple(f.patch, 0.005))
            rows.append(
                {
                    "building_id": b.ref, "plane": n, "roof_type": f.kind, "tilt_deg": f"{f.tilt_deg:.2f}",
                    "azimuth_deg": f"{f.azimuth_deg:.2f}", "plan_m2": f"{plan:.2f}",
                    "sloped_m2": f"{round(plan / np.cos(np.radians(f.tilt_deg)), 6):.2f}",
                    "in_survey": "no" if b.block in missing else "yes", "ref_e": f"{f.x0 + EAST:.3f}",
                    "ref_n": f"{f.y0 + NORTH:.3f}", "ref_z_m": f"{b.base + f.z:.3f}", "slope_e": f"{f.a:.6f}",
                    "slope_n": f"{f.b:.6f}", "wkt": shapely.to_wkt(shape, rounding_precision=2, trim=True),
                }
            )  # fmt: skip
    writing.table(path, PLANE_COLUMNS, rows)
    return len(rows)


def write_links(path: Path, buildings: list[Building], net: Network) -> None:
    """Write what each building hangs from: feeder, secondary, primary."""
    rows = []
    for i, b in enumerate(buildings):
        s = net.substations[int(net.of_building[i])]
        rows.append(
            {"building_id": b.ref, "lv_feeder_id": s.feeder_id(net.feeder[i]), "secondary_id": s.nrn,
             "secondary_name": s.name, "hv_feeder_id": s.hv, "primary_nrn": network.PRIMARY_NRN,
             "primary_name": network.PRIMARY_NAME}
        )  # fmt: skip
    writing.table(path, list(rows[0]), rows)


def write_demand(path: Path, buildings: list[Building], homes: list[Home], kwh: np.ndarray) -> None:
    """Write the kind, homes and electricity of every building."""
    count = np.bincount([h.building for h in homes], minlength=len(buildings))
    rows = [
        {"building_id": b.ref, "kind": b.kind, "form": b.form if b.homes else "", "homes": int(count[i]),
         "storeys": f"{b.storeys:g}", "annual_kwh": round(float(kwh[i]))}
        for i, b in enumerate(buildings)
    ]  # fmt: skip
    writing.table(path, list(rows[0]), rows)


def write_panels(path: Path, buildings: list[Building], homes: list[Home], mapped: list[int]) -> None:
    """Write the panels already on roofs, and whether the map knows of them."""
    rows = []
    for i in sorted({h.building for h in homes if h.pv_kw}):
        kw = sum(h.pv_kw for h in homes if h.building == i)
        rows.append(
            {
                "building_id": buildings[i].ref,
                "capacity_kw": f"{kw:.2f}",
                "on_map": "yes" if i in mapped else "no",
                "in_register": "no",
            }
        )
    big = next(b for b in buildings if b.name == "Meadow End Logistics")
    rows.append({"building_id": big.ref, "capacity_kw": "250.00", "on_map": "no", "in_register": "yes"})
    writing.table(path, list(rows[0]), rows)
