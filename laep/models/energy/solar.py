"""Light on roofs and the power it gives: hourly weather to half-hours, sky to planes, planes to buildings and networks.

The sun and the sky are worked out once for a place (`prepare`); each plane is then an exact sum over the steps of
daylight in a compiled loop, with its own skyline. Tests and benchmarks hold the loop to pvlib's own functions, one
after another. `docs/methods-solar-demand.md` has the equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pvlib
from numpy.typing import NDArray

from laep.errors import LaepError
from laep.models.energy import solar_kernel as kernel
from laep.models.time.clock import HOURS

Array = NDArray[np.float64]
Single = NDArray[np.float32]
Whole = NDArray[np.intp]

YEAR = 2022
"""The calendar whose sun positions stand for a typical year, the one `in_weather` is drawn in."""

FACING = ["tilt_deg", "azimuth_deg", "panel_tilt_deg", "panel_azimuth_deg"]
"""Columns that say how panels on a plane lie; the plane's own count where those of the panels are missing."""
_CHUNK = 65_536
"""Planes whose skylines are made ready at a time."""
_STEPS_10_MIN = 6
"""Sun positions in an hour: every 10 minutes, so that steps of sunrise have their share of light."""
_SHARPEST_DEG = 0.53
"""A skyline without spread still takes this much to let the whole sun through: the sun's own width. [deg]"""
_UNIFORM = 3**0.5
"""Half the width of an even spread over its standard deviation."""


@dataclass(frozen=True, kw_only=True)
class System:
    """
    What turns light on a plane into power.

    Attributes
    ----------
    loss : float
        All losses but temperature, reflection and inverter, `pv.system.loss`. [fraction]
    temp_coefficient : float
        Power change per degree of cell temperature above 25 degC, `pv.module.temp_coefficient`. [1/degC]
    u0, u1 : float
        Faiman heat loss factors, `pv.module.u0`, `pv.module.u1`. [W/m2/K, W s/m3/K]
    inverter_efficiency : float
        Nominal efficiency, `pv.inverter.efficiency`. [fraction]
    dc_ac_ratio : float
        Panel capacity over inverter capacity, `pv.system.dc_ac_ratio`. [ratio]
    albedo : float
        Ground reflectance, `pv.ground.albedo`. [fraction]
    shade : float
        Part of `loss` that stands for shade where no skyline is known, `pv.system.shade`. [fraction]
    """

    loss: float
    temp_coefficient: float
    u0: float
    u1: float
    inverter_efficiency: float
    dc_ac_ratio: float
    albedo: float
    shade: float = 0.0


@dataclass(frozen=True)
class Sky:
    """
    Sun and sky over the steps of daylight of a year at one place; what no roof changes.

    Attributes
    ----------
    step : int array, shape (lit,)
        Steps of the year with light: half-hours, 0 to 17519, or hours, 0 to 8759.
    step_h : float
        Length of a step, 0.5 or 1. [h]
    sun : array, shape (lit, 3)
        Unit vectors to the sun: east, north, up, in the directions planes and skylines are counted in.
    beam, level : array, shape (lit,)
        Direct normal and global horizontal irradiance. [W/m2]
    isotropic, around_sun, horizon : array, shape (lit,)
        The three parts of Perez diffuse light: of the dome, round the sun per unit of cosine, at the horizon. [W/m2]
    temp_air_c, wind_speed_m_s : array, shape (lit,)
    """

    step: Whole
    step_h: float
    sun: Array
    beam: Array
    level: Array
    isotropic: Array
    around_sun: Array
    horizon: Array
    temp_air_c: Array
    wind_speed_m_s: Array


@dataclass(frozen=True, kw_only=True)
class Shade:
    """
    What stands round planes, row for row with them, surveyed or assumed; a plane that has neither has NaN throughout.

    Attributes
    ----------
    horizon_deg, spread_deg : array, shape (planes, sectors)
        Height of the skyline by sector, mean and standard deviation over the plane; sector 0 is centred on north. [deg]
    sky_view : array, shape (planes,)
        Share of the light of an even sky that still reaches the plane. [fraction]
    """

    horizon_deg: NDArray[np.floating]
    spread_deg: NDArray[np.floating]
    sky_view: NDArray[np.floating]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Return for which planes there is a skyline."""
        known: NDArray[np.bool_] = np.isfinite(self.sky_view)
        return known


def stepped(weather: pd.DataFrame, *, latitude: float, longitude: float, per_hour: int) -> pd.DataFrame:
    """
    Bring a year of hourly weather to steps of an hour or a half.

    Parameters
    ----------
    weather : DataFrame, 8760 rows
        Layer `in_weather` in order of hour.
    latitude, longitude : float
        Where the sun is seen from. [deg]
    per_hour : int
        Steps in an hour: 1 or 2.

    Returns
    -------
    DataFrame, 8760 or 17520 rows from 1 January 00:00 UTC
        `ghi_w_m2`, `dni_w_m2`, `dhi_w_m2`, `temp_air_c`, `wind_speed_m_s`, `zenith_deg`, `azimuth_deg`,
        `dni_extra_w_m2`.

    Notes
    -----
    The two halves of an hour share its light in proportion to the light outside the air, so clearness is kept and the
    hour's energy too, exactly. The sun stands where it is at mid half-hour; while it rises or sets, where it is at the
    middle of the lit part. GHI = DHI + DNI cos(zenith) in every half-hour: direct light is taken as GHI - DHI of the
    hour (its DNI column is not read), and what would pass the light outside the air is counted as diffuse.
    Temperature and wind run by straight lines between the middles of hours.
    """
    if len(weather) != HOURS:
        raise LaepError(f"Hourly weather has {len(weather):,} rows, not {HOURS:,}. Run `laep ingest weather` again.")
    sun, outside, normal = _sun(latitude, longitude, per_hour)
    steps = HOURS * per_hour
    up = np.linalg.norm(sun, axis=1) > 0
    whole = np.repeat(outside.reshape(HOURS, per_hour).sum(axis=1), per_hour)
    # Light in an hour of night (twilight, or a file's clock that is off) is spread evenly and stays diffuse.
    share = np.divide(per_hour * outside, whole, out=np.ones(steps), where=whole > 0)
    ghi, dhi = (
        np.repeat(weather[name].to_numpy(dtype="float64"), per_hour) * share for name in ("ghi_w_m2", "dhi_w_m2")
    )
    height = np.where(up, sun[:, 2], 0.0)
    beam = np.divide(np.maximum(ghi - dhi, 0), height, out=np.zeros(steps), where=height > 0)
    beam = np.minimum(beam, normal)
    return pd.DataFrame(
        {
            "ghi_w_m2": ghi,
            "dni_w_m2": beam,
            "dhi_w_m2": ghi - beam * height,
            "temp_air_c": _between_hours(weather["temp_air_c"].to_numpy(dtype="float64"), per_hour),
            "wind_speed_m_s": _between_hours(weather["wind_speed_m_s"].to_numpy(dtype="float64"), per_hour),
            "zenith_deg": np.degrees(np.arccos(height)),
            "azimuth_deg": np.degrees(np.arctan2(sun[:, 0], sun[:, 1])) % 360,
            "dni_extra_w_m2": normal,
        }
    )


def prepare(
    weather: pd.DataFrame, *, latitude: float, longitude: float, hourly: bool = False, grid_north_deg: float = 0.0
) -> Sky:
    """
    Work out sun and sky of a place once, for any number of roofs.

    Parameters are those of `stepped`, whether to keep whole hours, and which way the north lies that planes and
    skylines are counted from, clockwise from true north: the sun is turned to it, so nothing else needs to be. Diffuse
    light is parted by Perez et al. (1990), Solar Energy 44, 271-289, with the coefficients and limits of
    `pvlib.irradiance.perez`.
    """
    per_hour = 1 if hourly else 2
    steps = stepped(weather, latitude=latitude, longitude=longitude, per_hour=per_hour)
    lit = np.flatnonzero((steps["ghi_w_m2"] > 0) & (steps["zenith_deg"] < 90))
    part = steps.iloc[lit]
    zenith, azimuth = part["zenith_deg"].to_numpy(), part["azimuth_deg"].to_numpy()
    # A wall that faces the sun holds all three parts of Perez light, and is bright enough not to be cut at nought.
    parts = pvlib.irradiance.perez(
        90.0, azimuth, part["dhi_w_m2"].to_numpy(), part["dni_w_m2"].to_numpy(), part["dni_extra_w_m2"].to_numpy(),
        zenith, azimuth, pvlib.atmosphere.get_relative_airmass(zenith), return_components=True,
    )  # fmt: skip
    sine = np.sin(np.radians(zenith))
    return Sky(
        step=lit,
        step_h=1 / per_hour,
        sun=_vectors(90 - zenith, azimuth - grid_north_deg),
        beam=part["dni_w_m2"].to_numpy(),
        level=part["ghi_w_m2"].to_numpy(),
        isotropic=2 * parts["poa_isotropic"],
        around_sun=np.divide(parts["poa_circumsolar"], sine, out=np.zeros(len(lit)), where=sine > 0),
        horizon=parts["poa_horizon"],
        temp_air_c=part["temp_air_c"].to_numpy(),
        wind_speed_m_s=part["wind_speed_m_s"].to_numpy(),
    )


def monthly_yield(planes: pd.DataFrame, sky: Sky, *, system: System, shade: Shade | None = None) -> pd.DataFrame:
    """
    Return what one kWp on each plane yields in each month of a first year, each plane worked exactly.

    Parameters
    ----------
    planes : DataFrame
        With `tilt_deg` and `azimuth_deg`, such as layer `roof_plane`; its `panel_tilt_deg` and `panel_azimuth_deg` come
        first where it has them.
    sky : Sky
    system : System
    shade : Shade, optional
        Row for row with `planes`. Direct light, and the light round the sun, comes back over the spread of the skyline;
        the rest of the sky is dimmed by `sky_view`. A plane without a skyline keeps `system.shade` as its shade.

    Returns
    -------
    DataFrame, columns 1 to 12, same index
        [kWh/kWp]

    Notes
    -----
    What hides the sky is taken as black, and a half-shaded plane as losing half its direct light: strings of modules
    without power electronics can lose more.
    """
    columns, sector, month = _columns(sky, system, shade)
    order = np.lexsort((sector, month))
    months, group = _runs(month[order], sector[order])
    total = np.zeros((len(planes), 12))
    ready, table, rated = np.ascontiguousarray(columns[:, order]), _table(planes, system, shade), _rated(system)
    for first in range(0, len(planes), _CHUNK):
        some = slice(first, first + _CHUNK)
        start, rate = _shadow(part(shade, some), sector)
        kernel.month_sums(ready, months, group, table[some], start, rate, rated, total[some])
    return pd.DataFrame(total * sky.step_h, index=planes.index, columns=pd.RangeIndex(1, 13, name="month"))


def annual_yield(planes: pd.DataFrame, sky: Sky, *, system: System, shade: Shade | None = None) -> pd.Series[float]:
    """Return what one kWp on each plane yields in a first year; parameters as for `monthly_yield`. [kWh/kWp]."""
    return monthly_yield(planes, sky, system=system, shade=shade).sum(axis=1).rename("yield_kwh_per_kwp")


def group_power(
    planes: pd.DataFrame,
    capacity_kwp: pd.Series[float],
    group: pd.Series[str],
    sky: Sky,
    *,
    system: System,
    shade: Shade | None = None,
) -> pd.DataFrame:
    """
    Power of groups of planes in every step of a year, such as all roofs of one network segment.

    Parameters
    ----------
    planes : DataFrame
        With `tilt_deg` and `azimuth_deg`; a plane that belongs to several groups comes once for each.
    capacity_kwp : Series, same index
        Panels on each plane. [kWp]
    group : Series, same index
        Group each plane belongs to; planes without one are left out.
    sky, system, shade
        As for `monthly_yield`.

    Returns
    -------
    DataFrame, 17520 rows (8760 for hours), one column a group in sorted order
        [kW] Its sum times the step equals the sum of capacity x `annual_yield`, to rounding.
    """
    here = np.flatnonzero(group.notna().to_numpy())
    code, names = pd.factorize(group.iloc[here], sort=True)
    theirs = part(shade, here)
    columns, sector, _ = _columns(sky, system, theirs)
    table = _table(planes.iloc[here], system, theirs)
    table[:, kernel.UNIT] = capacity_kwp.iloc[here].to_numpy(dtype="float64")
    start, rate = _shadow(theirs, sector)
    lit = np.zeros((len(names), len(sky.step)))
    kernel.group_sums(
        np.ascontiguousarray(columns), sector, table, code.astype(np.int64), start, rate, _rated(system), lit
    )
    power = np.zeros((round(HOURS / sky.step_h), len(names)))
    power[sky.step] = lit.T
    return pd.DataFrame(power, columns=pd.Index(names))


def _columns(sky: Sky, system: System, shade: Shade | None) -> tuple[Single, NDArray[np.int64], Whole]:
    """Return what the kernel reads by step, and the sector the sun stands in and the month (0 to 11) of each."""
    sectors = 1 if shade is None else shade.horizon_deg.shape[1]
    azimuth = np.degrees(np.arctan2(sky.sun[:, 0], sky.sun[:, 1]))
    sector = np.round(azimuth / (360 / sectors)).astype(np.int64) % sectors
    columns = np.stack(
        [
            *sky.sun.T,
            np.degrees(np.arcsin(np.clip(sky.sun[:, 2], 0, 1))),
            sky.beam,
            sky.around_sun,
            sky.isotropic,
            sky.horizon,
            sky.level * system.albedo,
            1 / (system.u0 + system.u1 * sky.wind_speed_m_s),
            sky.temp_air_c,
        ],
        dtype=np.float32,
        casting="same_kind",
    )
    days = pd.date_range(f"{YEAR}-01-01", periods=HOURS, freq="h").month.to_numpy() - 1
    return columns, sector, days[(sky.step * sky.step_h).astype(np.intp)].astype(np.intp)


def _runs(month: Whole, sector: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return runs of equal month (month, first and last group) and, in them, of equal sector (sector, steps)."""
    starts = np.flatnonzero(np.diff(month * 1000 + sector, prepend=-1))
    group = np.stack([sector[starts], starts, np.append(starts[1:], len(sector))], axis=1)
    firsts = np.flatnonzero(np.diff(month[starts], prepend=-1))
    months = np.stack([month[starts][firsts], firsts, np.append(firsts[1:], len(starts))], axis=1)
    return months.astype(np.int64), group.astype(np.int64)


def _table(planes: pd.DataFrame, system: System, shade: Shade | None) -> Array:
    """Return what the kernel reads by plane, with 1 kWp on each."""
    table = np.ones((len(planes), 5))
    for column, name in ((kernel.TILT, "tilt_deg"), (kernel.AZIMUTH, "azimuth_deg")):
        angle = planes[name].to_numpy(dtype="float64")
        if f"panel_{name}" in planes:  # frames on a flat roof face otherwise than the roof
            panel = planes[f"panel_{name}"].to_numpy(dtype="float64")
            angle = np.where(np.isnan(panel), angle, panel)
        table[:, column] = angle
    if not np.isfinite(table).all():
        raise LaepError("Some roof planes have no tilt or azimuth. Run `laep run` again.")
    table[:, kernel.KEPT] = 1 - system.loss
    if shade is not None:
        # A known skyline takes the place of the loss that stands for shade.
        table[shade.known, kernel.KEPT] /= 1 - system.shade
        table[:, kernel.SKY] = np.where(shade.known, shade.sky_view, 1.0)
    return table


def part(shade: Shade | None, rows: Whole | slice) -> Shade | None:
    """Return the skylines of some planes."""
    if shade is None:
        return None
    return Shade(horizon_deg=shade.horizon_deg[rows], spread_deg=shade.spread_deg[rows], sky_view=shade.sky_view[rows])


def _shadow(shade: Shade | None, sector: NDArray[np.int64]) -> tuple[Single, Single]:
    """Return, by plane and sector, the sun height at which direct light comes back, and the share of it per degree."""
    if shade is None or not len(sector):
        return np.full((1, 1), kernel.NO_SHADE, np.float32), np.ones((1, 1), np.float32)
    width = np.maximum(2 * _UNIFORM * shade.spread_deg, _SHARPEST_DEG)
    start = np.where(shade.horizon_deg > 0, shade.horizon_deg - width / 2, kernel.NO_SHADE).astype(np.float32)
    rate = np.where(np.isfinite(width), 1 / width, 1.0).astype(np.float32)
    return start, rate


def _rated(system: System) -> Single:
    rating = 1 / (system.dc_ac_ratio * system.inverter_efficiency)
    return np.array([system.temp_coefficient, system.inverter_efficiency, rating], np.float32)


def _sun(latitude: float, longitude: float, per_hour: int) -> tuple[Array, Array, Array]:
    """Return by step the unit vector to the sun while up, and light outside the air on level ground and normal."""
    steps, within = HOURS * per_hour, _STEPS_10_MIN // per_hour
    step = pd.Timedelta(hours=1) / _STEPS_10_MIN
    times = pd.date_range(f"{YEAR}-01-01", periods=HOURS * _STEPS_10_MIN, freq=step, tz="UTC") + step / 2
    at = pvlib.solarposition.get_solarposition(times, latitude, longitude)
    height = at["apparent_elevation"].to_numpy()
    vector = np.where((height > 0)[:, None], _vectors(height, at["azimuth"].to_numpy()), 0.0)
    normal = pvlib.irradiance.get_extra_radiation(times).to_numpy().reshape(steps, within)
    outside = (vector[:, 2].reshape(steps, within) * normal).mean(axis=1)
    mean = vector.reshape(steps, within, 3).mean(axis=1)
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    return np.divide(mean, length, out=np.zeros_like(mean), where=length > 0), outside, normal.mean(axis=1)


def _vectors(height_deg: Array, azimuth_deg: Array) -> Array:
    """Return unit vectors (east, north, up), shape (n, 3)."""
    height, azimuth = np.radians(height_deg), np.radians(azimuth_deg)
    return np.stack([np.cos(height) * np.sin(azimuth), np.cos(height) * np.cos(azimuth), np.sin(height)], axis=1)


def _between_hours(hourly: Array, per_hour: int) -> Array:
    """Return values at mid-step by straight lines between the middles of hours, the year closing on itself."""
    middle = np.arange(-1, HOURS + 1) + 0.5
    line: Array = np.interp(
        (np.arange(HOURS * per_hour) + 0.5) / per_hour, middle, np.concatenate([hourly[-1:], hourly, hourly[:1]])
    )
    return line
