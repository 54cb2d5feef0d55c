"""A typical year of hourly weather from regional month means, for a place that has no weather file of its own.

The month means are those of SAP 2012, Appendix U. Within them a year is drawn that has clear, mixed and dull days in
the proportions a British month has, and that comes back to every month mean. `docs/methods-weather.md` has the method.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pandas as pd
import pvlib
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq
from scipy.signal import lfilter
from scipy.special import expit, ndtr

from laep.resources import package_data

Array = NDArray[np.float64]

YEAR = 2022
"""The calendar whose sun positions stand for a typical year: not a leap year, and midway between two."""
HOURS = 8760
DAYS = 365
MONTH = pd.date_range(f"{YEAR}-01-01", periods=HOURS, freq="h", tz="UTC").month.to_numpy() - 1
"""Month of each hour, 0 to 11."""
DAY = np.repeat(np.arange(DAYS), 24)

_SUBSTEPS = 6
"""Sun positions in an hour: every 10 minutes puts sunrise right to about half a per cent of the first hour's light."""
_MIN_LIGHT_W_M2 = 1.0
"""Extraterrestrial light below which an hour's clearness index is not used: the sun is up for a minute or so."""
_DULLEST = 0.15
_DULLEST_SWING = 0.07
"""Daily light of the dullest days over that of a clear day, 0.08 in midwinter to 0.22 in midsummer: with them the
spread of daily clearness is that of the station years in `docs/methods-weather.md`."""
_DAY_PERSISTENCE = 0.29
"""Correlation of clearness from day to day: Graham et al. (1988); 0.04 to 0.26 in eight station years."""
_DARKEST_HOUR = 0.03
"""An hour's least light over that of a clear sky: thick cloud still lets some through."""
_BEAM_SHARE_OF_CLEAR = 1.05
"""An hour's beam may pass the clear-sky beam of Meinel by this much, as the clearest days do."""

_TEMP_PERSISTENCE = 0.65
"""Correlation of daily temperature anomalies from day to day: 0.49 to 0.68, middle 0.63, in eight station years."""
_TEMP_SPREAD_C = 2.3
"""Standard deviation of daily temperature anomalies from a 31-day mean: 1.9 to 2.6 in eight station years. [degC]"""
_TEMP_RANGE_DULL_C = 2.3
_TEMP_RANGE_SLOPE_C = 9.4
"""Daily range of temperature = 2.3 + 9.4 x daily clearness: means of straight fits to eight station years. [degC]"""
_TEMP_PEAK_H = 14.5
"""Apparent solar hour at which the daily temperature wave peaks. [h]"""

_WIND_PERSISTENCE = 0.92
"""Correlation of wind speed from hour to hour: 0.86 to 0.98 in eight station years."""
_WIND_SHAPE = 2.0
"""Weibull shape of hourly wind speeds: 2 has a spread of 0.52 of the mean; station years have 0.52 to 0.68."""
_WIND_DAY_WAVE = 0.18
"""Half the difference between afternoon and night wind over the mean: 0.08 to 0.31 in eight station years."""


@dataclass(frozen=True)
class HourSun:
    """
    The sun over the hours of a year, shape (8760,), averaged over the part of each hour that it is up.

    Attributes
    ----------
    cos_zenith : array
        Cosine of the sun's zenith angle, mean over the whole hour with nought for the part it is down. [-]
    elevation_deg : array
        Mean height while up, 0 for hours of night. [deg]
    extra_w_m2 : array
        Extraterrestrial irradiance on level ground, mean over the hour. [W/m2]
    clear_w_m2 : array
        Global irradiance under a clear sky (Haurwitz 1945), mean over the hour. [W/m2]
    beam_w_m2 : array
        Direct normal irradiance under a clear sky (Meinel and Meinel 1976), mean while up. [W/m2]
    solar_hour : array
        Apparent solar time at mid-hour. [h]
    """

    cos_zenith: Array
    elevation_deg: Array
    extra_w_m2: Array
    clear_w_m2: Array
    beam_w_m2: Array
    solar_hour: Array


@lru_cache(maxsize=8)
def hour_sun(latitude: float, longitude: float) -> HourSun:
    """Return where the sun stands in each hour of the typical year, hour 0 starting 1 January 00:00 UTC."""
    step = pd.Timedelta(hours=1) / _SUBSTEPS
    times = pd.date_range(f"{YEAR}-01-01", periods=HOURS * _SUBSTEPS, freq=step, tz="UTC") + step / 2
    sun = pvlib.solarposition.get_solarposition(times, latitude, longitude)
    height = sun["apparent_elevation"].to_numpy()
    up = height > 0
    cosine = np.where(up, np.sin(np.radians(height)), 0.0)
    normal = pvlib.irradiance.get_extra_radiation(times).to_numpy()
    clear = pvlib.clearsky.haurwitz(sun["apparent_zenith"])["ghi"].to_numpy()
    air = pvlib.atmosphere.get_relative_airmass(np.where(up, 90 - height, 90.0))
    beam = np.where(up, normal * 0.7 ** (air**0.678), 0.0)  # Meinel and Meinel (1976), p. 46
    clock = np.arange(HOURS) % 24 + 0.5
    return HourSun(
        cos_zenith=_mean(cosine),
        elevation_deg=_mean_up(np.where(up, height, 0.0), up),
        extra_w_m2=_mean(cosine * normal),
        clear_w_m2=_mean(clear),
        beam_w_m2=_mean_up(beam, up),
        solar_hour=(clock + longitude / 15 + _mean(sun["equation_of_time"].to_numpy()) / 60) % 24,
    )


def region_of_postcode(postcode: str) -> int | None:
    """Return the SAP climate region of a postcode or outward code, or None when no entry matches it."""
    plain = re.sub(r"[^A-Z0-9]", "", postcode.upper())
    outcode = re.sub(r"(?<=[A-Z0-9]{2})[0-9][A-Z]{2}$", "", plain)
    for pattern, region in _postcodes():
        if pattern.fullmatch(outcode):
            return region
    return None


def nearest_region(latitude: float, longitude: float) -> tuple[int, str]:
    """Return the climate region and letters of the postcode area whose centroid lies nearest."""
    areas = _table("postcode_area.csv")
    east = (areas["longitude_deg"] - longitude) * np.cos(np.radians(latitude))
    nearest = ((areas["latitude_deg"] - latitude) ** 2 + east**2).idxmin()
    return int(areas.loc[nearest, "region_no"]), str(areas.loc[nearest, "area"])


def centre_of_postcode(postcode: str) -> tuple[float, float] | None:
    """Return latitude and longitude of the postcode area a postcode lies in, or None when its letters are not known."""
    letters = re.match(r"\s*([A-Za-z]{1,2})", postcode)
    areas = _table("postcode_area.csv")
    here = areas[areas["area"] == (letters.group(1).upper() if letters else "")]
    own = here[here["region_no"] == region_of_postcode(postcode)]
    found = here if own.empty else own
    return None if found.empty else (float(found["latitude_deg"].mean()), float(found["longitude_deg"].mean()))


def region_name(region: int) -> str:
    """Return what SAP calls a climate region."""
    regions = _table("climate_region.csv").set_index("region_no")
    return str(regions.loc[region, "region"])


def month_means(region: int) -> pd.DataFrame:
    """Return twelve rows: `temp_air_c` [degC], `wind_speed_m_s` [m/s] and `ghi_w_m2` [W/m2] of a climate region."""
    months = _table("climate_month.csv")
    return months[months["region_no"] == region].set_index("month").drop(columns="region_no").astype("float64")


def typical_year(region: int, *, latitude: float, longitude: float) -> pd.DataFrame:
    """
    Draw a typical year of hourly weather for a climate region, seen from one place.

    Parameters
    ----------
    region : int
        SAP climate region, 0 (UK average) to 21. It alone seeds the draw.
    latitude, longitude : float
        Where the sun is seen from. [deg]

    Returns
    -------
    DataFrame, 8760 rows from 1 January 00:00 UTC
        `hour`, `ghi_w_m2`, `dni_w_m2`, `dhi_w_m2` (hour means), `temp_air_c`, `wind_speed_m_s`. Month means of `ghi`,
        temperature and wind equal the table; GHI = DHI + DNI x `HourSun.cos_zenith` in every hour.
    """
    sun = hour_sun(latitude, longitude)
    means = month_means(region)
    rng = np.random.default_rng(region)
    day_light = _daily_light(sun, means["ghi_w_m2"].to_numpy(), rng)
    ghi = _hourly_light(sun, day_light, means["ghi_w_m2"].to_numpy(), rng)
    dni, dhi = split(ghi, sun)
    clearness = _by_day(ghi) / _by_day(sun.extra_w_m2)
    return pd.DataFrame(
        {
            "hour": np.arange(HOURS),
            "ghi_w_m2": ghi,
            "dni_w_m2": dni,
            "dhi_w_m2": dhi,
            "temp_air_c": _temperature(clearness, sun.solar_hour, means["temp_air_c"].to_numpy(), rng),
            "wind_speed_m_s": _wind(sun.solar_hour, means["wind_speed_m_s"].to_numpy(), rng),
        }
    )


def split(ghi: Array, sun: HourSun) -> tuple[Array, Array]:
    """
    Split hourly global irradiance into direct normal and diffuse horizontal, closed in every hour.

    Parameters
    ----------
    ghi : array, shape (8760,)
        Global horizontal irradiance. [W/m2]
    sun : HourSun

    Returns
    -------
    dni, dhi : arrays
        With ghi = dhi + dni x sun.cos_zenith. [W/m2]

    Notes
    -----
    The BRL model: B. Ridley, J. Boland, P. Lauret, Renewable Energy 35 (2010) 478-483,
    doi:10.1016/j.renene.2009.07.018.
    Beam above what a clear sky lets through is moved to the diffuse.
    """
    beam = ghi * (1 - diffuse_share(ghi, sun))
    most = sun.beam_w_m2 * _BEAM_SHARE_OF_CLEAR
    dni = np.minimum(_over(beam, sun.cos_zenith), most)
    dhi = ghi - dni * sun.cos_zenith
    return dni, dhi


def diffuse_share(ghi: Array, sun: HourSun) -> Array:
    """Return the BRL diffuse share of hourly global irradiance, 1 for hours with next to no sun."""
    lit = sun.extra_w_m2 > _MIN_LIGHT_W_M2
    hourly = np.clip(_over(np.where(lit, ghi, 0.0), sun.extra_w_m2), 0, 1)
    daily = np.clip(_over(_by_day(ghi), _by_day(sun.extra_w_m2)), 0, 1)[DAY]
    before, after = np.roll(hourly, 1), np.roll(hourly, -1)
    lit_before, lit_after = np.roll(lit, 1), np.roll(lit, -1)
    persistence = np.where(lit_before & lit_after, (before + after) / 2, np.where(lit_after, after, before))
    power = (
        -5.38 + 6.63 * hourly + 0.006 * sun.solar_hour - 0.007 * sun.elevation_deg + 1.75 * daily + 1.31 * persistence
    )
    return np.where(lit, expit(-power), 1.0)


def _daily_light(sun: HourSun, month_ghi: Array, rng: np.random.Generator) -> Array:
    """Return each day's light as a share of a clear day's: evenly spaced quantiles, in a persistent random order."""
    clear, month = _by_day(sun.clear_w_m2), MONTH[::24]
    order = lfilter([1.0], [1.0, -_DAY_PERSISTENCE], rng.standard_normal(DAYS))
    light = np.empty(DAYS)
    for number in range(12):
        days = np.flatnonzero(month == number)
        mean = month_ghi[number] * 24 * len(days) / clear[days].sum()
        rank = np.argsort(np.argsort(order[days], kind="stable"), kind="stable")
        dullest = _DULLEST - _DULLEST_SWING * np.cos(2 * np.pi * (number + 0.5) / 12)
        light[days] = _quantile((rank + 0.5) / len(days), mean, dullest)
    return light


def _quantile(probability: Array, mean: float, dullest: float) -> Array:
    """Return quantiles of the truncated exponential of Bendt et al. (1981) between the dullest day and a clear one."""
    width = 1 - dullest
    aim = (mean - dullest) / width

    def miss(steepness: float) -> float:
        return float(1 / -np.expm1(-steepness) - 1 / steepness - aim)

    # A steepness of nought is a level distribution with a mean of a half, where the formula is nought over nought.
    level = abs(aim - 0.5) < 1e-6
    steepness = 1e-6 if level else brentq(miss, *((1e-6, 500.0) if aim > 0.5 else (-500.0, -1e-6)))
    found: Array = dullest + width * np.log1p(probability * np.expm1(steepness)) / steepness
    return found


def _hourly_light(sun: HourSun, day_light: Array, month_ghi: Array, rng: np.random.Generator) -> Array:
    """Return hourly global irradiance: the TAG model within the day, then the day's and the month's sum. [W/m2]."""
    extra, cap = sun.extra_w_m2, sun.clear_w_m2
    target = day_light * _by_day(cap)
    daily = (target / _by_day(extra))[:, None]
    sine = np.maximum(np.sin(np.radians(sun.elevation_deg)).reshape(DAYS, 24), np.sin(np.radians(1.0)))
    # R. Aguiar, M. Collares-Pereira, Solar Energy 49 (1992) 167-174: mean, spread and persistence of hourly clearness.
    base = -0.19 + 1.12 * daily + 0.24 * np.exp(-8 * daily)
    height = 0.32 - 1.6 * (daily - 0.5) ** 2
    fade = 0.19 + 2.27 * daily**2 - 2.51 * daily**3
    mean = base + height * np.exp(-fade / sine)
    spread = 0.14 * np.exp(-20 * (daily - 0.35) ** 2) * np.exp((3 * (daily - 0.45) ** 2 + 16 * daily**5) * (1 - sine))
    persistence = (0.38 + 0.06 * np.cos(7.4 * daily - 2.5))[:, 0]
    noise = _walk(rng.standard_normal((DAYS, 24)), persistence)
    shape = np.clip((mean + spread * noise).ravel() * extra, _DARKEST_HOUR * cap, cap)
    by_day = fill(shape, cap, DAY, target)
    hours = np.bincount(MONTH, minlength=12)
    return fill(by_day, cap, MONTH, month_ghi * hours)


def fill(shape: Array, cap: Array, group: NDArray[np.intp], target: Array) -> Array:
    """
    Scale `shape` within each group so that it sums to `target` and nowhere passes `cap`.

    Parameters
    ----------
    shape, cap : array, shape (n,)
        What to scale, and its ceiling, in one unit; a shape of nought stays nought.
    group : int array, shape (n,)
        Group of each entry, 0 to len(target) - 1.
    target : array
        Sum of each group; a target above the sum of the group's caps ends at the caps.

    Notes
    -----
    Entries that reach their cap are held there and the rest scaled again, until none is above.
    """
    full = np.zeros(len(shape), dtype=bool)
    while True:
        room: Array = target - np.bincount(group, np.where(full, cap, 0.0), len(target))
        free: Array = np.bincount(group, np.where(full, 0.0, shape), len(target)).astype("float64")
        value: Array = np.where(full, cap, shape * _over(room, free)[group])
        over = (value > cap) & ~full
        if not over.any():
            return value
        full |= over


def _temperature(clearness: Array, solar_hour: Array, month_c: Array, rng: np.random.Generator) -> Array:
    """Return hourly air temperature: season, spells of warm and cold days, and a daily wave. [degC]."""
    raw = _walk(rng.standard_normal((1, DAYS)), np.array([_TEMP_PERSISTENCE]))[0] * _TEMP_SPREAD_C
    spell = _between_days(raw)
    reach = _between_days((_TEMP_RANGE_DULL_C + _TEMP_RANGE_SLOPE_C * clearness) / 2)
    wave = np.cos((solar_hour - _TEMP_PEAK_H) * np.pi / 12)
    return _level(spell + reach * wave, month_c)


def _wind(solar_hour: Array, month_m_s: Array, rng: np.random.Generator) -> Array:
    """Return hourly wind speed: Weibull, persistent, windier by day. [m/s]."""
    # Read along the hours the walk is standard normal, so its quantile is uniform and the Weibull quantile follows.
    walk = _walk(rng.standard_normal((1, HOURS)), np.array([_WIND_PERSISTENCE]))[0]
    speed = (-np.log1p(-ndtr(walk))) ** (1 / _WIND_SHAPE)
    speed = speed * (1 + _WIND_DAY_WAVE * np.cos((solar_hour - _TEMP_PEAK_H) * np.pi / 12))
    hours = np.bincount(MONTH)
    factor = month_m_s / (np.bincount(MONTH, speed) / hours)
    return np.asarray(speed * factor[MONTH])


def _level(values: Array, month_mean: Array) -> Array:
    """Add the smooth yearly curve that brings every month of `values` to its mean."""
    middle = (np.bincount(MONTH, np.arange(HOURS) + 0.5) / np.bincount(MONTH)).tolist()
    knots = np.array([*middle, middle[0] + HOURS])
    basis = CubicSpline(knots, np.vstack([np.eye(12), np.eye(12)[:1]]), bc_type="periodic")
    time = np.arange(HOURS) + 0.5
    curves = basis(np.where(time < knots[0], time + HOURS, time))
    hours = np.bincount(MONTH)
    means = np.stack([np.bincount(MONTH, column) for column in curves.T], axis=1) / hours[:, None]
    level = np.linalg.solve(means, month_mean - np.bincount(MONTH, values) / hours)
    return np.asarray(values + curves @ level)


def _walk(noise: Array, persistence: Array) -> Array:
    """Turn rows of independent noise into first-order autoregressive rows of unit variance."""
    walk = noise.copy()
    grain = np.sqrt(1 - persistence**2)
    for step in range(1, noise.shape[1]):
        walk[:, step] = persistence * walk[:, step - 1] + grain * noise[:, step]
    return walk


def _between_days(daily: Array) -> Array:
    """Return daily values at every hour, by straight lines from noon to noon, the year closing on itself."""
    noon = np.arange(-1, DAYS + 1) * 24 + 12
    hourly: Array = np.interp(np.arange(HOURS) + 0.5, noon, np.concatenate([daily[-1:], daily, daily[:1]]))
    return hourly


def _by_day(hourly: Array) -> Array:
    return np.asarray(hourly.reshape(DAYS, 24).sum(axis=1))


def _mean(substeps: Array) -> Array:
    return np.asarray(substeps.reshape(HOURS, _SUBSTEPS).mean(axis=1))


def _mean_up(substeps: Array, up: NDArray[np.bool_]) -> Array:
    counted = up.reshape(HOURS, _SUBSTEPS).sum(axis=1)
    return _over(substeps.reshape(HOURS, _SUBSTEPS).sum(axis=1), counted.astype("float64"))


def _over(above: Array, below: Array) -> Array:
    """Divide, with nought where the divisor is nought."""
    ratio: Array = np.divide(above, below, out=np.zeros(np.shape(above)), where=below > 0)
    return ratio


@cache
def _postcodes() -> list[tuple[re.Pattern[str], int]]:
    table = _table("climate_postcode.csv")
    return [(re.compile(p), int(r)) for p, r in zip(table["outcode_pattern"], table["region_no"], strict=True)]


@cache
def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(package_data(name), comment="#", keep_default_na=False)
