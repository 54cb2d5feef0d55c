"""Yields of very many roof planes with their skylines, beside pvlib: its ModelChain and its single functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pvlib

from benchmarks import Figure, _reference
from benchmarks._timing import side_by_side
from laep.models.energy import solar
from laep.models.time.clock import HOURS

SUMMARY = "hourly yields of a million roof planes with skylines, against pvlib roof by roof"
PLANES, CHAIN_PLANES, PLAIN_PLANES = 1_000_000, 4, 40
SMALL = {"PLANES": 40, "CHAIN_PLANES": 1, "PLAIN_PLANES": 2}
LATITUDE, LONGITUDE = 51.78, -1.39
SYSTEM = solar.System(
    loss=0.14, temp_coefficient=-0.0035, u0=25.0, u1=6.84, inverter_efficiency=0.96, dc_ac_ratio=1.1, albedo=0.2
)


def run() -> list[Figure]:
    """Return how much faster the compiled loop is per plane than pvlib, and how far the two differ."""
    weather, planes = _weather(), _planes()
    shade, few = _shade(PLANES), planes.iloc[:PLAIN_PLANES]
    steps = _hours(weather)
    open_sky = solar.prepare(weather, latitude=LATITUDE, longitude=LONGITUDE, hourly=True)
    solar.monthly_yield(few, open_sky, system=SYSTEM, shade=_shade(PLAIN_PLANES))  # compiles

    def ours() -> pd.DataFrame:
        sky = solar.prepare(weather, latitude=LATITUDE, longitude=LONGITUDE, hourly=True)
        return solar.monthly_yield(planes, sky, system=SYSTEM, shade=shade)

    def plain() -> list[np.ndarray]:
        return [_reference.plain_power(steps, tilt, azimuth, system=SYSTEM) for tilt, azimuth in few.to_numpy()]

    named = _named(steps)

    def chain() -> list[float]:
        return [_model_chain(named, tilt, azimuth) for tilt, azimuth in few.iloc[:CHAIN_PLANES].to_numpy()]

    took, plain_took, chain_took = side_by_side(ours, plain, chain, repeats=2)
    mine = _reference.unit_power(open_sky, *few.to_numpy().T, system=SYSTEM).T
    theirs, chained = np.array(plain()), np.array(chain())
    years, want = solar.annual_yield(few, open_sky, system=SYSTEM).to_numpy(), theirs.sum(axis=1)
    runs = {"ours": "a million planes with 36 sectors of skyline, months and year, sun and sky included"}
    return [
        Figure(
            name="planes per second, over ModelChain's", value=chain_took / CHAIN_PLANES / (took / PLANES), unit="x",
            target=5000.0, sense="at least", **runs, ours_value=took,
            peer=f"{CHAIN_PLANES} planes by ModelChain, without skylines, times {PLANES // CHAIN_PLANES:,}",
            peer_value=chain_took * PLANES / CHAIN_PLANES,
        ),
        Figure(
            name="time for a million planes", value=took, unit="s", target=10.0, sense="at most", **runs,
            ours_value=took, peer=f"{PLAIN_PLANES} planes by pvlib's functions, times {PLANES // PLAIN_PLANES:,}",
            peer_value=plain_took * PLANES / PLAIN_PLANES,
        ),
        Figure(
            name="largest difference in yearly yield from pvlib's functions", value=float(abs(years / want - 1).max()),
            unit="of the yield", target=1e-6, sense="at most", ours="mean yield of open planes",
            ours_value=float(years.mean()), peer="mean yield", peer_value=float(want.mean()), runs_unit="kWh/kWp",
        ),
        Figure(
            name="largest difference in any hour from pvlib's functions", unit="of the peak",
            value=float(abs(mine - theirs).max() / theirs.max()), target=0.01, sense="at most", ours="highest hour",
            ours_value=float(mine.max()), peer="highest hour", peer_value=float(theirs.max()), runs_unit="kW/kWp",
        ),
        Figure(
            name="largest difference in yearly yield from ModelChain", unit="of the yield", target=0.01,
            value=float(abs(years[:CHAIN_PLANES] / chained - 1).max()), sense="at most", ours="mean yield",
            ours_value=float(years[:CHAIN_PLANES].mean()), peer="mean yield", peer_value=float(chained.mean()),
            runs_unit="kWh/kWp",
        ),
    ]  # fmt: skip


def _planes() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({"tilt_deg": rng.uniform(5, 50, PLANES), "azimuth_deg": rng.uniform(90, 270, PLANES)})


def _shade(count: int) -> solar.Shade:
    rng = np.random.default_rng(3)
    return solar.Shade(
        horizon_deg=rng.uniform(0, 25, (count, 36)).astype(np.float32),
        spread_deg=rng.uniform(0, 5, (count, 36)).astype(np.float32),
        sky_view=rng.uniform(0.7, 1.0, count),
    )


def _weather() -> pd.DataFrame:
    """Return a made year of hourly weather: a clear sky dimmed by seeded clouds."""
    times = pd.date_range(f"{solar.YEAR}-01-01 00:30", periods=HOURS, freq="h", tz="UTC")
    zenith = pvlib.solarposition.get_solarposition(times, LATITUDE, LONGITUDE)["apparent_zenith"]
    cloud = np.random.default_rng(2).beta(2, 1.5, HOURS)
    ghi = pvlib.clearsky.haurwitz(zenith)["ghi"] * cloud
    parts = pvlib.irradiance.erbs(ghi, zenith, times)
    warmth = 10 - 7 * np.cos(2 * np.pi * (times.dayofyear - 20) / 365)
    return pd.DataFrame({
        "hour": np.arange(HOURS), "ghi_w_m2": ghi.to_numpy(), "dni_w_m2": parts["dni"].to_numpy(),
        "dhi_w_m2": parts["dhi"].to_numpy(), "temp_air_c": np.asarray(warmth), "wind_speed_m_s": 4.0,
    })  # fmt: skip


def _hours(weather: pd.DataFrame) -> pd.DataFrame:
    """Return the hours the model itself works on."""
    return solar.stepped(weather, latitude=LATITUDE, longitude=LONGITUDE, per_hour=1)


def _named(steps: pd.DataFrame) -> pd.DataFrame:
    """Return them under pvlib's names and at their middles."""
    names = {"ghi_w_m2": "ghi", "dni_w_m2": "dni", "dhi_w_m2": "dhi", "temp_air_c": "temp_air"}
    named = steps.rename(columns=names | {"wind_speed_m_s": "wind_speed"})
    named.index = pd.date_range(f"{solar.YEAR}-01-01 00:30", periods=HOURS, freq="h", tz="UTC")
    return named[["ghi", "dni", "dhi", "temp_air", "wind_speed"]]


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
    return float(chain.results.ac.fillna(0.0).sum())


def _lose(chain: pvlib.modelchain.ModelChain) -> None:
    chain.results.dc = chain.results.dc * (1 - SYSTEM.loss)
