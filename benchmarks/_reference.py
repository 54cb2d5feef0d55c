"""What the compiled loops are held to, and what they give in the plain form that tests and benchmarks compare."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pvlib
from numpy.typing import NDArray

from laep.models.energy import solar
from laep.spatial.roofs import horizon

Array = NDArray[np.float64]


def plain_power(steps: pd.DataFrame, tilt_deg: float, azimuth_deg: float, *, system: solar.System) -> Array:
    """
    Return the power of one kWp on one open plane by pvlib's own functions, one after another.

    Parameters
    ----------
    steps : DataFrame
        As from `solar.stepped`.

    Returns
    -------
    array, shape (len(steps),)
        [kW/kWp] It knows no shade but that in `system.loss`.
    """
    lit = steps[(steps["ghi_w_m2"] > 0) & (steps["zenith_deg"] < 90)]
    zenith, azimuth, beam, level, diffuse, extra, air, wind = (
        lit[name].to_numpy() for name in (
            "zenith_deg", "azimuth_deg", "dni_w_m2", "ghi_w_m2", "dhi_w_m2", "dni_extra_w_m2", "temp_air_c",
            "wind_speed_m_s",
        )
    )  # fmt: skip
    incidence = pvlib.irradiance.aoi(tilt_deg, azimuth_deg, zenith, azimuth)
    light = pvlib.irradiance.get_total_irradiance(
        tilt_deg, azimuth_deg, zenith, azimuth, beam, level, diffuse, dni_extra=extra, model="perez",
        airmass=pvlib.atmosphere.get_relative_airmass(zenith), albedo=system.albedo,
    )  # fmt: skip
    effective = light["poa_direct"] * pvlib.iam.physical(incidence) + light["poa_diffuse"]
    cell = pvlib.temperature.faiman(light["poa_global"], air, wind, system.u0, system.u1)
    direct = pvlib.pvsystem.pvwatts_dc(effective, cell, 1.0, system.temp_coefficient) * (1 - system.loss)
    power = np.zeros(len(steps))
    rating = 1 / (system.dc_ac_ratio * system.inverter_efficiency)
    power[steps.index.get_indexer(lit.index)] = pvlib.inverter.pvwatts(direct, rating, system.inverter_efficiency)
    return power


def unit_power(sky: solar.Sky, tilt_deg: Array, azimuth_deg: Array, *, system: solar.System) -> Array:
    """Return the power of one kWp on each open orientation in every step of a year, shape (steps, planes). [kW/kWp]."""
    planes = pd.DataFrame({"tilt_deg": np.atleast_1d(tilt_deg), "azimuth_deg": np.atleast_1d(azimuth_deg)})
    each = pd.Series(np.arange(len(planes)))
    power = solar.group_power(planes, pd.Series(1.0, index=planes.index), each, sky, system=system)
    return np.asarray(power, dtype="float64")


def angles(
    grid: horizon.Grid,
    row: NDArray[np.intp],
    column: NDArray[np.intp],
    *,
    azimuth_deg: Array,
    lift_m: float = 0.0,
    strip_cells: int = horizon.STRIP_CELLS,
) -> NDArray[np.float32]:
    """Return how high the skyline stands, shape (cells, directions) [deg]; parameters as for `horizon.tangents`."""
    found = np.empty((len(row), len(azimuth_deg)), np.float32)
    for number, tangent in horizon.tangents(
        grid, row, column, azimuth_deg=azimuth_deg, lift_m=lift_m, strip_cells=strip_cells
    ):
        found[:, number] = np.degrees(np.arctan(tangent))
    return found
