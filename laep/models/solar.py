"""Light on roofs and the power it gives: hourly weather to half-hours, sky to planes, planes to buildings.

The sun and the sky are worked out once for a place (`prepare`); each orientation is then a short exact sum over the
half-hours of daylight. Planes take their figures from a grid of orientations by straight lines between its nodes, so
the yields of planes and the half-hourly power of groups rest on the same numbers. `docs/methods-solar-demand.md` has
the equations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pvlib
from numpy.typing import NDArray

from laep.errors import LaepError

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = NDArray[np.float64]
Whole = NDArray[np.intp]

YEAR = 2022
"""The calendar whose sun positions stand for a typical year, the one `in_weather` is drawn in."""
HOURS = 8760
STEPS = 17520
"""Half-hours in a year."""
STEP_H = 0.5

TILT_STEP_DEG = 5.0
AZIMUTH_STEP_DEG = 5.0
"""Spacing of the grid of orientations: a yield read from it is within 0.4 % of the exact one (a test holds this)."""
_CHUNK = 16
"""Orientations worked at once: their arrays fit the processor's cache, which is faster than more at a time."""
_SUBSTEPS = 3
"""Sun positions in a half-hour: every 10 minutes, so that half-hours of sunrise have their share of light."""
_IAM_STEPS = 4096
"""Steps of the table of glass transmission over the cosine of incidence: its error is below 1e-5."""
_RATED_C = 25.0
_CONFIDENCE = ("low", "medium", "high")


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
    """

    loss: float
    temp_coefficient: float
    u0: float
    u1: float
    inverter_efficiency: float
    dc_ac_ratio: float
    albedo: float


@dataclass(frozen=True)
class Sky:
    """
    Sun and sky over the half-hours of daylight of a year at one place; what no roof changes.

    Attributes
    ----------
    step : int array, shape (lit,)
        Half-hours of the year with light, 0 to 17519.
    sun : array, shape (lit, 3)
        Unit vectors to the sun: east, north, up.
    beam, level : array, shape (lit,)
        Direct normal and global horizontal irradiance. [W/m2]
    isotropic, around_sun, horizon : array, shape (lit,)
        The three parts of Perez diffuse light: of the dome, round the sun per unit of cosine, at the horizon. [W/m2]
    temp_air_c, wind_speed_m_s : array, shape (lit,)
    """

    step: Whole
    sun: Array
    beam: Array
    level: Array
    isotropic: Array
    around_sun: Array
    horizon: Array
    temp_air_c: Array
    wind_speed_m_s: Array


@dataclass(frozen=True)
class Bins:
    """
    Grid orientations that stand for many planes.

    Attributes
    ----------
    tilt_deg, azimuth_deg : array, shape (bins,)
        Orientations of the grid that at least one plane uses. [deg]
    corner : int array, shape (planes, 4)
        Numbers of the four orientations round each plane.
    weight : array, shape (planes, 4)
        Their weights; each row sums to 1.
    """

    tilt_deg: Array
    azimuth_deg: Array
    corner: Whole
    weight: Array


def half_hourly(weather: pd.DataFrame, *, latitude: float, longitude: float) -> pd.DataFrame:
    """
    Bring a year of hourly weather to half-hours.

    Parameters
    ----------
    weather : DataFrame, 8760 rows
        Layer `in_weather` in order of hour.
    latitude, longitude : float
        Where the sun is seen from. [deg]

    Returns
    -------
    DataFrame, 17520 rows from 1 January 00:00 UTC
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
    sun, outside, normal = _sun(latitude, longitude)
    up = np.linalg.norm(sun, axis=1) > 0
    halves = outside.reshape(HOURS, 2)
    whole = np.repeat(halves.sum(axis=1), 2)
    # Light in an hour of night (twilight, or a file's clock that is off) is spread evenly and stays diffuse.
    share = np.divide(2 * outside, whole, out=np.ones(STEPS), where=whole > 0)
    ghi, dhi = (np.repeat(weather[name].to_numpy(dtype="float64"), 2) * share for name in ("ghi_w_m2", "dhi_w_m2"))
    height = np.where(up, sun[:, 2], 0.0)
    beam = np.divide(np.maximum(ghi - dhi, 0), height, out=np.zeros(STEPS), where=height > 0)
    beam = np.minimum(beam, normal)
    return pd.DataFrame(
        {
            "ghi_w_m2": ghi,
            "dni_w_m2": beam,
            "dhi_w_m2": ghi - beam * height,
            "temp_air_c": _between_hours(weather["temp_air_c"].to_numpy(dtype="float64")),
            "wind_speed_m_s": _between_hours(weather["wind_speed_m_s"].to_numpy(dtype="float64")),
            "zenith_deg": np.degrees(np.arccos(height)),
            "azimuth_deg": np.degrees(np.arctan2(sun[:, 0], sun[:, 1])) % 360,
            "dni_extra_w_m2": normal,
        }
    )


def prepare(weather: pd.DataFrame, *, latitude: float, longitude: float) -> Sky:
    """
    Work out sun and sky of a place once, for any number of roofs.

    Parameters are those of `half_hourly`. Diffuse light is parted by Perez et al. (1990), Solar Energy 44, 271-289,
    with the coefficients and limits of `pvlib.irradiance.perez`.
    """
    half = half_hourly(weather, latitude=latitude, longitude=longitude)
    lit = np.flatnonzero((half["ghi_w_m2"] > 0) & (half["zenith_deg"] < 90))
    part = half.iloc[lit]
    zenith, azimuth = part["zenith_deg"].to_numpy(), part["azimuth_deg"].to_numpy()
    # A wall that faces the sun holds all three parts of Perez light, and is bright enough not to be cut at nought.
    parts = pvlib.irradiance.perez(
        90.0, azimuth, part["dhi_w_m2"].to_numpy(), part["dni_w_m2"].to_numpy(), part["dni_extra_w_m2"].to_numpy(),
        zenith, azimuth, pvlib.atmosphere.get_relative_airmass(zenith), return_components=True,
    )  # fmt: skip
    sine = np.sin(np.radians(zenith))
    return Sky(
        step=lit,
        sun=_vectors(90 - zenith, azimuth),
        beam=part["dni_w_m2"].to_numpy(),
        level=part["ghi_w_m2"].to_numpy(),
        isotropic=2 * parts["poa_isotropic"],
        around_sun=np.divide(parts["poa_circumsolar"], sine, out=np.zeros(len(lit)), where=sine > 0),
        horizon=parts["poa_horizon"],
        temp_air_c=part["temp_air_c"].to_numpy(),
        wind_speed_m_s=part["wind_speed_m_s"].to_numpy(),
    )


def unit_power(sky: Sky, tilt_deg: Array, azimuth_deg: Array, *, system: System) -> Array:
    """
    Half-hourly power of one kWp on each orientation, at the inverter's output.

    Parameters
    ----------
    sky : Sky
    tilt_deg, azimuth_deg : array, shape (planes,)
        Slope, and direction it faces clockwise from north. [deg]
    system : System

    Returns
    -------
    array, shape (17520, planes)
        [kW/kWp]
    """
    tilt, azimuth = np.atleast_1d(tilt_deg), np.atleast_1d(azimuth_deg)
    power = np.zeros((STEPS, len(tilt)))
    for some in _chunks(len(tilt)):
        power[sky.step, some] = _lit_power(sky, tilt[some], azimuth[some], system)
    return power


def unit_yield(sky: Sky, tilt_deg: Array, azimuth_deg: Array, *, system: System) -> Array:
    """Return what one kWp on each orientation yields in a year, each worked exactly. [kWh/kWp]."""
    tilt, azimuth = np.atleast_1d(tilt_deg), np.atleast_1d(azimuth_deg)
    kwh = np.zeros(len(tilt))
    for some in _chunks(len(tilt)):
        kwh[some] = _lit_power(sky, tilt[some], azimuth[some], system).sum(axis=0) * STEP_H
    return kwh


def binned(planes: pd.DataFrame) -> Bins:
    """
    Place planes on the grid of orientations.

    Parameters
    ----------
    planes : DataFrame
        With `tilt_deg` and `azimuth_deg`, such as layer `roof_plane`.

    Returns
    -------
    Bins
        The orientations used and, for each plane, the four round it with weights that fall off in straight lines.
    """
    tilt = planes["tilt_deg"].to_numpy(dtype="float64")
    azimuth = planes["azimuth_deg"].to_numpy(dtype="float64") % 360
    if not (np.isfinite(tilt).all() and np.isfinite(azimuth).all()):
        raise LaepError("Some roof planes have no tilt or azimuth. Run `laep run roofs` again.")
    row, column = np.floor(tilt / TILT_STEP_DEG), np.floor(azimuth / AZIMUTH_STEP_DEG)
    along, round_ = tilt / TILT_STEP_DEG - row, azimuth / AZIMUTH_STEP_DEG - column
    rows = np.stack([row, row, row + 1, row + 1], axis=1).astype(np.intp)
    columns = np.stack([column, column + 1, column, column + 1], axis=1).astype(np.intp)
    weight = np.stack([(1 - along) * (1 - round_), (1 - along) * round_, along * (1 - round_), along * round_], axis=1)
    turns = round(360 / AZIMUTH_STEP_DEG)
    # A level plane faces every way: all its azimuths are one orientation. Corners of no weight need none of their own.
    columns = np.where(rows == 0, 0, columns % turns)
    code = np.where(
        weight > 0, rows * turns + columns, (rows * turns + columns)[np.arange(len(rows)), weight.argmax(1)][:, None]
    )
    used, corner = np.unique(code, return_inverse=True)
    return Bins(
        tilt_deg=used // turns * TILT_STEP_DEG,
        azimuth_deg=used % turns * AZIMUTH_STEP_DEG,
        corner=corner.reshape(code.shape),
        weight=weight,
    )


def annual_yield(planes: pd.DataFrame, sky: Sky, *, system: System) -> pd.Series[float]:
    """
    Return what one kWp on each plane yields in a first year.

    Parameters
    ----------
    planes : DataFrame
        With `tilt_deg` and `azimuth_deg`, such as layer `roof_plane`.

    Returns
    -------
    Series `yield_kwh_per_kwp`, same index. [kWh/kWp]

    Notes
    -----
    Shading by other roofs, trees and hills, snow and dirt are not in it, but for what `system.loss` allows.
    """
    bins = binned(planes)
    node = unit_yield(sky, bins.tilt_deg, bins.azimuth_deg, system=system)
    kwh = (node[bins.corner] * bins.weight).sum(axis=1)
    return pd.Series(kwh, index=planes.index, name="yield_kwh_per_kwp", dtype="float64")


def group_power(
    planes: pd.DataFrame, capacity_kwp: pd.Series[float], group: pd.Series[str], sky: Sky, *, system: System
) -> pd.DataFrame:
    """
    Half-hourly power of groups of planes, such as all roofs of one network segment.

    Parameters
    ----------
    planes : DataFrame
        With `tilt_deg` and `azimuth_deg`; a plane that belongs to several groups comes once for each.
    capacity_kwp : Series, same index
        Panels on each plane. [kWp]
    group : Series, same index
        Group each plane belongs to; planes without one are left out.

    Returns
    -------
    DataFrame, 17520 rows, one column a group in sorted order
        [kW] Its sum x 0.5 h equals the sum of capacity x `annual_yield`, to rounding.
    """
    here = group.notna().to_numpy()
    code, names = pd.factorize(group[here], sort=True)
    bins = binned(planes[here])
    capacity = np.zeros((len(bins.tilt_deg), len(names)))
    share = capacity_kwp[here].to_numpy(dtype="float64")[:, None] * bins.weight
    np.add.at(capacity, (bins.corner, np.repeat(code[:, None], 4, axis=1)), share)
    lit = np.zeros((len(sky.step), len(names)))
    for some in _chunks(len(bins.tilt_deg)):
        lit += _lit_power(sky, bins.tilt_deg[some], bins.azimuth_deg[some], system) @ capacity[some]
    power = np.zeros((STEPS, len(names)))
    power[sky.step] = lit
    return pd.DataFrame(power, columns=pd.Index(names))


def buildings_solar(
    roof_planes: pd.DataFrame,
    buildings: pd.DataFrame,
    yields: pd.Series[float],
    *,
    year_to_year: float,
    loss: tuple[float, float, float],
) -> pd.DataFrame:
    """
    Return what the suitable planes of each building could hold and yield, as layer `model_solar`.

    Parameters
    ----------
    roof_planes : DataFrame
        Layer `roof_plane`.
    buildings : DataFrame
        Layer `in_building`, of which `building_id` and `use` are read.
    yields : Series, index of `roof_planes`
        `annual_yield` of each plane. [kWh/kWp]
    year_to_year : float
        Half-width of the spread of sunshine between years, `pv.weather.year_to_year`. [fraction]
    loss : tuple of float
        `pv.system.loss` and its low and high end; `yields` rest on the first. [fraction]

    Returns
    -------
    DataFrame
        One row a building with a suitable plane, in the order of `buildings`.

    Notes
    -----
    The low end takes the low capacity, a dull year and the high loss at once, the high end their opposites: a range for
    one building, wider than that of a street's sum. Loss is taken to act in proportion, which clipping makes slightly
    less than true.
    """
    used = roof_planes[roof_planes["suitable"].astype(bool) & (roof_planes["capacity_kwp"] > 0)]
    strangers = ~used["building_id"].isin(buildings["building_id"])
    if strangers.any():
        raise LaepError(
            f"{strangers.sum()} roof planes are of buildings that are not there. Run `laep run roofs` again."
        )
    central, low, high = loss
    rate = yields.loc[used.index]
    work = used[["building_id", "capacity_kwp", "capacity_low_kwp", "capacity_high_kwp", "method"]].assign(
        annual_kwh=used["capacity_kwp"] * rate,
        annual_low_kwh=used["capacity_low_kwp"] * rate * (1 - year_to_year) * (1 - high) / (1 - central),
        annual_high_kwh=used["capacity_high_kwp"] * rate * (1 + year_to_year) * (1 - low) / (1 - central),
        rank=used["confidence"].map({name: i for i, name in enumerate(_CONFIDENCE)}),
    )
    sums = work.drop(columns=["method", "rank"]).groupby("building_id", sort=False).sum()
    biggest = work.sort_values("capacity_kwp", ascending=False, kind="stable").drop_duplicates("building_id")
    sums["method"] = biggest.set_index("building_id")["method"] + "; half-hourly light on each plane"
    sums["confidence"] = work.groupby("building_id")["rank"].min().map(dict(enumerate(_CONFIDENCE)))
    sums["yield_kwh_per_kwp"] = sums["annual_kwh"] / sums["capacity_kwp"]
    return buildings[["building_id", "use"]].merge(sums.reset_index(), on="building_id", how="inner", validate="1:1")


def _lit_power(sky: Sky, tilt_deg: Array, azimuth_deg: Array, system: System) -> Array:
    """Return the power of one kWp in the half-hours of daylight, shape (lit, planes). [kW]."""
    facing = _vectors(90 - tilt_deg, azimuth_deg)
    cosine = np.maximum(sky.sun @ facing.T, 0)
    up, across = facing[:, 2], np.hypot(facing[:, 0], facing[:, 1])
    beam = sky.beam[:, None] * cosine
    diffuse = sky.isotropic[:, None] * (0.5 * (1 + up))
    diffuse += sky.around_sun[:, None] * cosine
    diffuse += sky.horizon[:, None] * across
    np.maximum(diffuse, 0, out=diffuse)
    diffuse += sky.level[:, None] * (system.albedo * 0.5 * (1 - up))
    effective = beam * _through_glass(cosine) + diffuse
    cell = pvlib.temperature.faiman(
        beam + diffuse, sky.temp_air_c[:, None], sky.wind_speed_m_s[:, None], system.u0, system.u1
    )
    direct = effective * 0.001 * (1 + system.temp_coefficient * (cell - _RATED_C)) * (1 - system.loss)
    rating = 1 / (system.dc_ac_ratio * system.inverter_efficiency)
    power: Array = pvlib.inverter.pvwatts(direct, rating, system.inverter_efficiency)
    return power


def _through_glass(cosine: Array) -> Array:
    """Return the share of direct light that passes the glass (De Soto et al. 2006), by table."""
    place = cosine * _IAM_STEPS
    whole = np.minimum(place.astype(np.intp), _IAM_STEPS - 1)
    table = _glass()
    step: Array = table[whole] + (table[whole + 1] - table[whole]) * (place - whole)
    return step


@cache
def _glass() -> Array:
    cosine = np.arange(_IAM_STEPS + 1) / _IAM_STEPS
    share: Array = np.nan_to_num(pvlib.iam.physical(np.degrees(np.arccos(cosine))))
    return share


def _sun(latitude: float, longitude: float) -> tuple[Array, Array, Array]:
    """Return by half-hour the unit vector to the sun while up, and light outside the air on level ground and normal."""
    step = pd.Timedelta(hours=STEP_H) / _SUBSTEPS
    times = pd.date_range(f"{YEAR}-01-01", periods=STEPS * _SUBSTEPS, freq=step, tz="UTC") + step / 2
    at = pvlib.solarposition.get_solarposition(times, latitude, longitude)
    height = at["apparent_elevation"].to_numpy()
    vector = np.where((height > 0)[:, None], _vectors(height, at["azimuth"].to_numpy()), 0.0)
    normal = pvlib.irradiance.get_extra_radiation(times).to_numpy().reshape(STEPS, _SUBSTEPS)
    outside = (vector[:, 2].reshape(STEPS, _SUBSTEPS) * normal).mean(axis=1)
    mean = vector.reshape(STEPS, _SUBSTEPS, 3).mean(axis=1)
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    return np.divide(mean, length, out=np.zeros_like(mean), where=length > 0), outside, normal.mean(axis=1)


def _vectors(height_deg: Array, azimuth_deg: Array) -> Array:
    """Return unit vectors (east, north, up), shape (n, 3)."""
    height, azimuth = np.radians(height_deg), np.radians(azimuth_deg)
    return np.stack([np.cos(height) * np.sin(azimuth), np.cos(height) * np.cos(azimuth), np.sin(height)], axis=1)


def _between_hours(hourly: Array) -> Array:
    """Return half-hour values by straight lines between the middles of hours, the year closing on itself."""
    middle = np.arange(-1, HOURS + 1) + 0.5
    line: Array = np.interp(
        (np.arange(STEPS) + 0.5) * STEP_H, middle, np.concatenate([hourly[-1:], hourly, hourly[:1]])
    )
    return line


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, count, _CHUNK))
