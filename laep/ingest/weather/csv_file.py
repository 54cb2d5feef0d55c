"""Weather as a CSV of 8,760 hours with named columns, such as the CIBSE layout or one written by hand."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.read.table import by_name, say_missing, squash
from laep.ingest.weather import climate
from laep.ingest.weather.file import Station, WeatherYear, complete, hour_of_year, light_notes, whole_year

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {
    "time": ("time", "timestamp", "datetime", "date_time", "time(utc)", "valid_time"),
    "month": ("month",),
    "day": ("day", "date"),
    "hour": ("hour",),
    "ghi": ("ghi", "ghi_w_m2", "gsr", "global_horizontal", "g(h)"),
    "dni": ("dni", "dni_w_m2", "direct_normal", "gb(n)"),
    "dhi": ("dhi", "dhi_w_m2", "dsr", "diffuse_horizontal", "gd(h)"),
    "temp": ("temp_air_c", "temp_air", "dbt", "t2m", "temperature"),
    "wind": ("wind_speed_m_s", "wind_speed", "ws10m", "ws"),
}
"""What an hour needs -> names its column goes by; `gsr`, `dsr`, `dbt` and `ws` are those of CIBSE files."""
_KNOT_M_S = 0.514444
"""One international knot. [m/s]"""
_KNOTS = "ws"  # in CIBSE files, which give wind in knots
_MOST_HEAD = 200
"""How far down the header may stand: CIBSE files explain themselves for some thirty lines first."""


def header_line(text: str) -> int | None:
    """Return the line whose names hold sunshine, air temperature and a time; None when there is none."""
    for number, line in enumerate(text.splitlines()[:_MOST_HEAD]):
        found = by_name(_names(line), COLUMNS).keys()
        if {"ghi", "temp"} <= found and found & {"time", "hour"}:
            return number
    return None


def read(path: Path, text: str, *, place: tuple[float, float] | None) -> WeatherYear:
    """
    Read a CSV into a year of hours that start at 00:00 UTC on 1 January.

    Parameters
    ----------
    place : (latitude, longitude), optional
        Where the weather is of, when the file does not say (a line `Latitude,51.5,Longitude,-0.4` above the header).

    Raises
    ------
    SourceInvalid
        When a column is missing, no place is known, or the file is not a whole year.

    Notes
    -----
    Hours 1 to 24 are read as EPW's: hour 1 ends at 01:00. Hours 0 to 23 and times begin the hour. A light that lies an
    hour or more off the sun is moved. Without diffuse or direct irradiance, global is split by the BRL model.
    """
    line = header_line(text)
    if line is None:
        raise SourceInvalid(f"{path}: no header with a time, `ghi` and `temp_air` in its first {_MOST_HEAD} lines.")
    lines = text.splitlines()
    station = _station(path, lines[:line], place)
    names = _names(lines[line])
    found = by_name(names, COLUMNS)
    if "wind" not in found:
        raise SourceInvalid(f"{path}: no column for wind speed: {say_missing([COLUMNS['wind']], names)}")
    try:
        raw = pd.read_csv(
            io.StringIO("\n".join(lines[line + 1 :])), header=None, names=list(range(len(names))), index_col=False,
            dtype="string", skip_blank_lines=True,
        )  # fmt: skip
    except ValueError as error:
        raise SourceInvalid(f"{path}: the rows cannot be read ({error}). Get the file again.") from error
    column = {what: raw[names.index(theirs)] for what, theirs in found.items()}
    year = pd.DataFrame({what: _number(column, what, raw) for what in ("ghi", "dni", "dhi")})
    knots = _KNOT_M_S if squash(found["wind"]) == _KNOTS else 1.0
    year = year.assign(temp_air_c=_number(column, "temp", raw), wind_speed_m_s=_number(column, "wind", raw) * knots)
    year = whole_year(path, year, _hours(path, column))
    sun = climate.hour_sun(station.latitude, station.longitude)
    frame, notes = complete(path, year, sun)
    return WeatherYear(
        station=station, frame=frame, rows=len(raw), notes=(*notes, *light_notes(frame["ghi_w_m2"].to_numpy(), sun))
    )


def _names(line: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([line]), [])]


def _number(column: dict[str, pd.Series[str]], what: str, raw: pd.DataFrame) -> pd.Series[float]:
    if what not in column:
        return pd.Series(np.nan, index=raw.index)
    return pd.to_numeric(column[what].str.strip(), errors="coerce").astype("float64")


def _hours(path: Path, column: dict[str, pd.Series[str]]) -> pd.Series[float]:
    """Return the hour of the year each row begins."""
    if "time" in column:
        when = pd.to_datetime(column["time"], errors="coerce", utc=True, format="ISO8601")
        return hour_of_year(when.dt.month, when.dt.day, when.dt.hour)
    if not {"month", "day"} <= set(column):
        raise SourceInvalid(f"{path}: hours need a month and a day, or one column of times such as 2023-01-01T00:00.")
    month, day, hour = (pd.to_numeric(column[what], errors="coerce") for what in ("month", "day", "hour"))
    return hour_of_year(month, day, hour - 1 if hour.max() == 24 else hour)


def _station(path: Path, head: list[str], place: tuple[float, float] | None) -> Station:
    said = " ".join(head)
    found = [re.search(rf"{axis}\W+(-?\d+(?:\.\d+)?)", said, flags=re.IGNORECASE) for axis in ("latitude", "longitude")]
    if found[0] and found[1]:
        latitude, longitude = float(found[0][1]), float(found[1][1])
    elif place:
        latitude, longitude = place
    else:
        raise SourceInvalid(
            f"{path}: does not say where it is of. Put a line `Latitude,51.5,Longitude,-0.4` above the header."
        )
    site = re.search(r'^Site,\W*([^"\n]*?)\W*$', "\n".join(head), flags=re.MULTILINE)
    return Station(path=path, latitude=latitude, longitude=longitude, edition=f"CSV {site[1] if site else path.stem}")
