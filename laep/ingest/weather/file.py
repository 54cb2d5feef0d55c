"""What all weather files share: where they are of, when their hours are, and whether light and sun agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.weather import climate
from laep.ingest.weather.climate import HOURS, YEAR, Array, HourSun

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://re.jrc.ec.europa.eu/pvg_tools/en/"
ACCEPTS = (
    "an EnergyPlus .epw file, a PVGIS hourly series or typical year as CSV or JSON, an ESP-r climate file as text, or "
    "a CSV of 8,760 hours"
)
BRL_NOTE = "The file has global irradiance alone: direct and diffuse are split by the BRL model."

_GB = (49.8, 61.0, -8.7, 1.9)
"""South, north, west and east of Great Britain and its islands. [deg]"""
_LATE_MIN = 15.0
"""Light that lies this much earlier or later than the sun is named in the notes; clouds alone move it less. [min]"""
_DARK_SHARE = 0.001
"""A larger share of the year's light in hours of night is named in the notes."""
_LONGEST_GAP_H = 6
"""Gaps in temperature and wind up to this long are bridged by straight lines. [h]"""
_YEAR_KWH_M2 = (600.0, 1400.0)
"""Light on the level that no year in Great Britain falls short of or passes: long-term means run from 750 in Shetland
to 1,250 on the Channel coast (PVGIS, SARAH-3). [kWh/m2]"""
_KJ_PER_WH = 3.6
_ADDS_UP = 0.1
"""Direct and diffuse light that miss the global of a year by more than this share are not of the same sky."""
_MOST_BEAM = 1.25
"""Direct light above a clear sky's by this much cannot be: it comes of dividing by a sun on the horizon."""


@dataclass(frozen=True, kw_only=True)
class Station:
    """
    What a file says of itself.

    Attributes
    ----------
    path : Path
    latitude, longitude : float
        [deg]
    edition : str
        Station and dataset as the file names them.
    tilt_deg, azimuth_deg : float
        Plane its irradiance lies on; azimuth clockwise from north. [deg]
    offset_h : float
        By how much irradiance was seen after the time written beside it. [h]
    """

    path: Path
    latitude: float
    longitude: float
    edition: str
    tilt_deg: float = 0.0
    azimuth_deg: float = 180.0
    offset_h: float = 0.0

    def __post_init__(self) -> None:
        """Refuse weather from elsewhere."""
        south, north, west, east = _GB
        if not (south <= self.latitude <= north and west <= self.longitude <= east):
            raise SourceInvalid(
                f"{self.path}: this weather is of {self.latitude:g} N, {self.longitude:g} E, outside Great Britain. "
                f"Get a file for the area from {URL}."
            )


@dataclass(frozen=True, kw_only=True)
class WeatherYear:
    """
    A year read from a file: 8760 hours in the columns of `in_weather`, source rows, and what there is to say.

    `yearly_kwh_m2` is the light of each whole year of a file that holds several, by year, on the file's own plane.
    """

    station: Station
    frame: pd.DataFrame
    rows: int
    notes: tuple[str, ...]
    yearly_kwh_m2: pd.Series[float] | None = None


def hour_of_year(month: pd.Series[Any], day: pd.Series[Any], hour: pd.Series[Any]) -> pd.Series[float]:
    """Return the hour in a year without a leap day; 29 February and impossible dates are missing."""
    parts = pd.DataFrame({"year": YEAR, "month": month, "day": day, "hour": hour})
    when = pd.to_datetime(parts, errors="coerce")
    since: pd.Series[float] = (when - pd.Timestamp(YEAR, 1, 1)) / pd.Timedelta(hours=1)
    return since


def beam(horizontal: Array, sun: HourSun) -> Array:
    """Return direct normal from direct horizontal irradiance, held below the light outside the air. [W/m2]."""
    up = sun.cos_zenith > 0
    most = np.divide(sun.extra_w_m2, sun.cos_zenith, out=np.zeros(HOURS), where=up)
    return np.clip(np.divide(horizontal, sun.cos_zenith, out=np.zeros(HOURS), where=up), 0, most)


def lateness_min(light: Array, sun: HourSun) -> float:
    """Return by how much the middle of the year's light lies after that of the light outside the air. [min]."""

    def centre(values: Array) -> float:
        return float((values * sun.solar_hour).sum() / max(values.sum(), 1e-9))

    return 60 * (centre(light) - centre(sun.extra_w_m2))


def light_notes(ghi: Array, sun: HourSun) -> tuple[str, ...]:
    """Say when light and sun disagree: light in the dark, or a day that lies early or late."""
    notes = []
    dark = ghi[sun.cos_zenith <= 0].sum() / max(ghi.sum(), 1)
    if dark > _DARK_SHARE:
        notes.append(f"{dark:.1%} of the light falls in hours when the sun is down: check the file's clock.")
    late = lateness_min(ghi, sun)
    if abs(late) > _LATE_MIN:
        notes.append(
            f"The light lies {abs(late):.0f} minutes {'later' if late > 0 else 'earlier'} than the sun: "
            "east and west roofs may be off by a few per cent."
        )
    return tuple(notes)


def whole_year(path: Path, year: pd.DataFrame, hour: pd.Series[float]) -> pd.DataFrame:
    """Return the rows in order of hour, or say what is missing."""
    kept = year[hour.notna()].set_axis(hour.dropna().astype(int), axis=0)
    again = int(kept.index.duplicated().sum())
    missing = HOURS - kept.index.nunique()
    if again or missing:
        raise SourceInvalid(
            f"{path}: {missing:,} of 8,760 hours are missing and {again:,} come twice. laep needs one whole year."
        )
    return kept.sort_index().reset_index(drop=True)


def complete(path: Path, year: pd.DataFrame, sun: HourSun) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """
    Build the irradiance a file leaves blank from what it has, and bridge short gaps in temperature and wind.

    Parameters
    ----------
    year : DataFrame, shape (8760,)
        Columns ghi, dni, dhi (at least two of them, or ghi alone; the others missing all through), temp_air_c,
        wind_speed_m_s. [W/m2], [degC], [m/s]
    """
    year, notes = _without_empty(year)
    blank = year.isna().all()
    ghi, dni, dhi = (year[name].to_numpy() for name in ("ghi", "dni", "dhi"))
    if blank["ghi"] and not (blank["dni"] or blank["dhi"]):
        ghi = dhi + dni * sun.cos_zenith
        notes.append("The file leaves global irradiance blank: it is built from direct normal and diffuse.")
    elif not blank["ghi"] and blank["dni"] and not blank["dhi"]:
        dni = beam(np.maximum(ghi - dhi, 0), sun)
        notes.append("The file has no direct irradiance: it is built from global and diffuse.")
    elif not blank["ghi"] and (blank["dni"] or blank["dhi"]):
        dni, dhi = climate.split(np.maximum(ghi, 0), sun)
        notes.append(BRL_NOTE)
    frame = pd.DataFrame({"ghi_w_m2": ghi, "dni_w_m2": dni, "dhi_w_m2": dhi})
    if missing := int(frame.isna().any(axis=1).sum()):
        raise SourceInvalid(f"{path}: {missing:,} hours have no irradiance. laep needs every hour of a year.")
    if below := int((frame < 0).any(axis=1).sum()):
        notes.append(f"{below} hours with irradiance below nought are set to nought.")
    frame, more = _on_time(frame.clip(lower=0), sun)
    _check_year(path, float(frame["ghi_w_m2"].sum()) / 1000)
    frame, apart = _adding_up(frame, sun)
    for name in ("temp_air_c", "wind_speed_m_s"):
        frame[name], bridged = _bridged(path, year[name])
        if bridged:
            notes.append(f"{bridged} hours without {name} are bridged from their neighbours.")
    return frame, (*notes, *more, *apart)


def _without_empty(year: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the year with direct or diffuse light that is 0 all through as blank: no year in Britain is without."""
    empty = [name for name in ("dni", "dhi") if not year[name].fillna(0).any() and year[name].notna().any()]
    if not empty or not year["ghi"].fillna(0).any():
        return year, []
    words = " and ".join({"dni": "direct", "dhi": "diffuse"}[name] for name in empty)
    return year.assign(**dict.fromkeys(empty, np.nan)), [f"The file's {words} irradiance is 0 all through: set aside."]


def _check_year(path: Path, kwh_m2: float) -> None:
    """Raise `SourceInvalid` for light that Britain does not get in a year, with the unit it may be in."""
    least, most = _YEAR_KWH_M2
    if least <= kwh_m2 <= most:
        return
    kilojoules = least <= kwh_m2 / _KJ_PER_WH <= most
    hint = (
        f" It looks like kJ/m2: divide its irradiance by {_KJ_PER_WH:g}, to W/m2, and read it again."
        if kilojoules
        else f" See that its irradiance is in W/m2, or get a file from {URL}."
    )
    raise SourceInvalid(
        f"{path}: its light adds up to {kwh_m2:,.0f} kWh/m2 a year, and Britain gets {least:,.0f} to {most:,.0f}.{hint}"
    )


def _adding_up(frame: pd.DataFrame, sun: HourSun) -> tuple[pd.DataFrame, list[str]]:
    """Return the year with direct and diffuse light split anew from global where the three do not add up."""
    ghi = frame["ghi_w_m2"].to_numpy()
    parts = frame["dhi_w_m2"].to_numpy() + frame["dni_w_m2"].to_numpy() * np.maximum(sun.cos_zenith, 0)
    share = float(parts.sum() / ghi.sum())
    if abs(share - 1) <= _ADDS_UP:
        return frame, []
    dni, dhi = climate.split(ghi, sun)
    said = f"Direct and diffuse light add up to {share:.0%} of global: set aside, and global is split by the BRL model."
    return frame.assign(dni_w_m2=dni, dhi_w_m2=dhi), [said]


def _on_time(frame: pd.DataFrame, sun: HourSun) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Move light whose hours are named by another convention, and hold direct light below a clear sky's."""
    ghi = frame["ghi_w_m2"].to_numpy()
    late = lateness_min(ghi, sun)
    hours = round(late / 60)
    notes = []
    if hours:
        frame = frame.apply(np.roll, shift=-hours)
        below = frame["ghi_w_m2"].to_numpy() - frame["dhi_w_m2"].to_numpy()
        frame = frame.assign(dni_w_m2=beam(np.maximum(below, 0), sun))
        notes.append(
            f"The file's light lies {abs(late):.0f} minutes {'later' if late > 0 else 'earlier'} than the sun: "
            f"its hours are named by another convention, so irradiance is moved by {-hours:+d} h."
        )
    most = sun.beam_w_m2 * _MOST_BEAM
    if strong := int((frame["dni_w_m2"] > most).sum()):
        frame = frame.assign(dni_w_m2=np.minimum(frame["dni_w_m2"], most))
        notes.append(
            f"{strong} hours have more direct light than a clear sky lets through: held at {_MOST_BEAM:g} times that."
        )
    return frame, tuple(notes)


def _bridged(path: Path, values: pd.Series[float]) -> tuple[pd.Series[float], int]:
    missing = values.isna()
    longest = int(missing.groupby((~missing).cumsum()).sum().max())
    if longest > _LONGEST_GAP_H:
        raise SourceInvalid(
            f"{path}: {values.name} is missing for {longest} hours on end. laep bridges {_LONGEST_GAP_H} at most."
        )
    return values.interpolate(limit_direction="both"), int(missing.sum())
