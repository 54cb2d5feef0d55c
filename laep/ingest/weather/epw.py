"""EnergyPlus weather files (EPW): hour-ending local standard time, mean irradiance over the hour."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.weather import climate
from laep.ingest.weather.climate import HOURS
from laep.ingest.weather.file import Station, WeatherYear, complete, hour_of_year, light_notes, whole_year

if TYPE_CHECKING:
    from pathlib import Path

_HEAD_LINES = 8
_COLUMNS = {6: "temp_air_c", 13: "ghi", 14: "dni", 15: "dhi", 21: "wind_speed_m_s"}
_MISSING = {"temp_air_c": 99.9, "ghi": 9999.0, "dni": 9999.0, "dhi": 9999.0, "wind_speed_m_s": 999.0}


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
    year = whole_year(path, year, hour_of_year(raw[1], raw[2], raw[3] - 1))
    # An hour that starts at h local standard time starts at h - zone UTC.
    year = year.iloc[np.roll(np.arange(HOURS), -int(zone))].reset_index(drop=True)
    sun = climate.hour_sun(latitude, longitude)
    frame, notes = complete(path, year, sun)
    notes = (*notes, *light_notes(frame["ghi_w_m2"].to_numpy(), sun))
    return WeatherYear(station=station, frame=frame, rows=len(raw), notes=notes)
