"""A year's yield of many roof planes, beside pvlib's ModelChain one roof at a time."""
# ruff: noqa: N999  the registry loads modules by path, so a benchmark may be called what it measures

from __future__ import annotations

import numpy as np
import pandas as pd
import pvlib

from benchmarks import Figure
from benchmarks._timing import side_by_side
from laep.models import solar

SUMMARY = "yearly yield of 2,000 roof planes, against pvlib's ModelChain roof by roof"
PLANES, PEER_PLANES = 2_000, 4
LATITUDE, LONGITUDE = 51.78, -1.39
SYSTEM = solar.System(
    loss=0.14, temp_coefficient=-0.0035, u0=25.0, u1=6.84, inverter_efficiency=0.96, dc_ac_ratio=1.1, albedo=0.2
)


def run() -> list[Figure]:
    """Return how much faster the model is per plane than ModelChain on the same half-hours, and how far they differ."""
    weather, planes = _weather(), _planes()
    few = planes.iloc[:PEER_PLANES]

    def ours() -> pd.Series[float]:
        sky = solar.prepare(weather, latitude=LATITUDE, longitude=LONGITUDE)
        return solar.annual_yield(planes, sky, system=SYSTEM)

    half_hours = _half_hours(weather)

    def peer() -> list[float]:
        return [_model_chain(half_hours, tilt, azimuth) for tilt, azimuth in few.to_numpy()]

    took, few_took = side_by_side(ours, peer, repeats=3)
    scaled = few_took * PLANES / PEER_PLANES
    mine, theirs = ours().iloc[:PEER_PLANES].to_numpy(), np.array(peer())
    apart = float(np.abs(mine / theirs - 1).max())
    return [
        Figure(
            name="planes per second, over ModelChain's", value=scaled / took, unit="x", target=100.0, sense="at least",
            ours="2,000 planes, sun and sky included", ours_value=took,
            peer=f"{PEER_PLANES} planes by ModelChain, times {PLANES // PEER_PLANES}", peer_value=scaled,
        ),
        Figure(
            name="largest difference in yearly yield", value=apart, unit="of the yield", target=0.01, sense="at most",
            ours="mean yield", ours_value=float(mine.mean()), peer="mean yield", peer_value=float(theirs.mean()),
            runs_unit="kWh/kWp",
        ),
    ]  # fmt: skip


def _planes() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    tilt, azimuth = rng.uniform(5, 50, PLANES), rng.uniform(90, 270, PLANES)
    return pd.DataFrame({"tilt_deg": tilt, "azimuth_deg": azimuth})


def _weather() -> pd.DataFrame:
    """Return a made year of hourly weather: a clear sky dimmed by seeded clouds."""
    times = pd.date_range(f"{solar.YEAR}-01-01 00:30", periods=solar.HOURS, freq="h", tz="UTC")
    zenith = pvlib.solarposition.get_solarposition(times, LATITUDE, LONGITUDE)["apparent_zenith"]
    cloud = np.random.default_rng(2).beta(2, 1.5, solar.HOURS)
    ghi = pvlib.clearsky.haurwitz(zenith)["ghi"] * cloud
    parts = pvlib.irradiance.erbs(ghi, zenith, times)
    warmth = 10 - 7 * np.cos(2 * np.pi * (times.dayofyear - 20) / 365)
    return pd.DataFrame({
        "hour": np.arange(solar.HOURS), "ghi_w_m2": ghi.to_numpy(), "dni_w_m2": parts["dni"].to_numpy(),
        "dhi_w_m2": parts["dhi"].to_numpy(), "temp_air_c": np.asarray(warmth), "wind_speed_m_s": 4.0,
    })  # fmt: skip


def _half_hours(weather: pd.DataFrame) -> pd.DataFrame:
    """Return the half-hours the model itself works on, under pvlib's names and at their middles."""
    half = solar.half_hourly(weather, latitude=LATITUDE, longitude=LONGITUDE)
    half.index = pd.date_range(f"{solar.YEAR}-01-01 00:15", periods=solar.STEPS, freq="30min", tz="UTC")
    names = {"ghi_w_m2": "ghi", "dni_w_m2": "dni", "dhi_w_m2": "dhi", "temp_air_c": "temp_air"}
    half = half.rename(columns=names | {"wind_speed_m_s": "wind_speed"})
    return half[["ghi", "dni", "dhi", "temp_air", "wind_speed"]]


def _model_chain(weather: pd.DataFrame, tilt_deg: float, azimuth_deg: float) -> float:
    """Return a year's yield of one kWp with the same models chosen in pvlib's own chain. [kWh]."""
    array = pvlib.pvsystem.Array(
        mount=pvlib.pvsystem.FixedMount(surface_tilt=tilt_deg, surface_azimuth=azimuth_deg), albedo=SYSTEM.albedo,
        module_parameters={"pdc0": 1.0, "gamma_pdc": SYSTEM.temp_coefficient},
        temperature_model_parameters={"u0": SYSTEM.u0, "u1": SYSTEM.u1},
    )  # fmt: skip
    rating = 1 / (SYSTEM.dc_ac_ratio * SYSTEM.inverter_efficiency)
    system = pvlib.pvsystem.PVSystem(
        arrays=[array], inverter_parameters={"pdc0": rating, "eta_inv_nom": SYSTEM.inverter_efficiency}
    )
    chain = pvlib.modelchain.ModelChain(
        system, pvlib.location.Location(LATITUDE, LONGITUDE), dc_model="pvwatts", ac_model="pvwatts",
        aoi_model="physical", spectral_model="no_loss", temperature_model="faiman", transposition_model="perez",
        losses_model=_lose,
    )  # fmt: skip
    chain.run_model(weather)
    return float(chain.results.ac.fillna(0.0).sum() * solar.STEP_H)


def _lose(chain: pvlib.modelchain.ModelChain) -> None:
    chain.results.dc = chain.results.dc * (1 - SYSTEM.loss)
