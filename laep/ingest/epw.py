"""EnergyPlus weather files (EPW): hour-ending local standard time, mean irradiance over the hour."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest import climate
from laep.ingest.climate import HOURS, HourSun
from laep.ingest.weather_file import BRL_NOTE, Station, WeatherYear, beam, hour_of_year, lateness_min, light_notes

if TYPE_CHECKING:
    from pathlib import Path

_HEAD_LINES = 8
_COLUMNS = {6: "temp_air_c", 13: "ghi", 14: "dni", 15: "dhi", 21: "wind_speed_m_s"}
_MISSING = {"temp_air_c": 99.9, "ghi": 9999.0, "dni": 9999.0, "dhi": 9999.0, "wind_speed_m_s": 999.0}
_LONGEST_GAP_H = 6
"""Gaps in temperature and wind up to this long are bridged by straight lines. [h]"""
_MOST_BEAM = 1.25
"""Direct light above a clear sky's by this much cannot be: it comes of dividing by a sun on the horizon."""


def read(path: Path, text: str) -> WeatherYear:
    """
    Read the text of an EPW file into a year of hours that start at 00:00 UTC on 1 January.

    Raises
    ------
    SourceInvalid
        When the head has no place, an hour is missing or comes twice, or irradiance is missing.
    """
    lines = text.lstrip().splitlines()
    head = [part.strip() for part in lines[0].split(",")]
    try:
        latitude, longitude, zone = (float(head[place]) for place in (6, 7, 8))
    except (IndexError, ValueError) as error:
        raise SourceInvalid(
            f"{path}: the LOCATION line of this EPW has no latitude, longitude and time zone."
        ) from error
    edition = f"EPW {', '.join(part for part in head[1:6] if part)}"
    station = Station(path=path, latitude=latitude, longitude=longitude, edition=edition)
    if zone % 1:
        raise SourceInvalid(f"{path}: time zone {zone} is not a whole number of hours. Great Britain has 0.")
    try:
        raw = pd.read_csv(io.StringIO("\n".join(lines[_HEAD_LINES:])), header=None, usecols=[1, 2, 3, *_COLUMNS])
    except ValueError as error:
        raise SourceInvalid(f"{path}: the rows of this EPW cannot be read ({error}). Get the file again.") from error
    raw = raw.apply(pd.to_numeric, errors="coerce")
    year = raw.rename(columns=_COLUMNS)[list(_COLUMNS.values())].astype("float64")
    year = year.mask(year == pd.Series(_MISSING))
    year = _whole_year(path, year, hour_of_year(raw[1], raw[2], raw[3] - 1))
    # An hour that starts at h local standard time starts at h - zone UTC.
    year = year.iloc[np.roll(np.arange(HOURS), -int(zone))].reset_index(drop=True)
    sun = climate.hour_sun(latitude, longitude)
    frame, notes = _complete(path, year, sun)
    notes = (*notes, *light_notes(frame["ghi_w_m2"].to_numpy(), sun))
    return WeatherYear(station=station, frame=frame, rows=len(raw), notes=notes)


def _whole_year(path: Path, year: pd.DataFrame, hour: pd.Series[float]) -> pd.DataFrame:
    """Return the rows in order of hour, or say what is missing."""
    kept = year[hour.notna()].set_axis(hour.dropna().astype(int), axis=0)
    again = int(kept.index.duplicated().sum())
    missing = HOURS - kept.index.nunique()
    if again or missing:
        raise SourceInvalid(
            f"{path}: {missing:,} of 8,760 hours are missing and {again:,} come twice. laep needs one whole year."
        )
    return kept.sort_index().reset_index(drop=True)


def _complete(path: Path, year: pd.DataFrame, sun: HourSun) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Build the irradiance an EPW leaves blank from what it has, and bridge short gaps in temperature and wind."""
    blank = year.isna().all()
    notes = []
    ghi, dni, dhi = (year[name].to_numpy() for name in ("ghi", "dni", "dhi"))
    if blank["ghi"] and not (blank["dni"] or blank["dhi"]):
        ghi = dhi + dni * sun.cos_zenith
        notes.append("The file leaves global irradiance blank: it is built from direct normal and diffuse.")
    if not blank["ghi"] and (blank["dni"] or blank["dhi"]):
        dni, dhi = climate.split(np.maximum(ghi, 0), sun)
        notes.append(BRL_NOTE)
    frame = pd.DataFrame({"ghi_w_m2": ghi, "dni_w_m2": dni, "dhi_w_m2": dhi})
    if missing := int(frame.isna().any(axis=1).sum()):
        raise SourceInvalid(f"{path}: {missing:,} hours have no irradiance. laep needs every hour of a year.")
    if below := int((frame < 0).any(axis=1).sum()):
        notes.append(f"{below} hours with irradiance below nought are set to nought.")
    frame, more = _on_time(frame.clip(lower=0), sun)
    for name in ("temp_air_c", "wind_speed_m_s"):
        frame[name], bridged = _bridged(path, year[name])
        if bridged:
            notes.append(f"{bridged} hours without {name} are bridged from their neighbours.")
    return frame, (*notes, *more)


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
