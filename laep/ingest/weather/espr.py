"""ESP-r climate files as text (`*.a`): a year of hours in whole units, rows as in an EPW of the same station."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.weather import climate
from laep.ingest.weather.climate import HOURS
from laep.ingest.weather.file import Station, WeatherYear, complete, light_notes

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS = {0: "dhi", 1: "tenth_deg", 2: "second", 3: "tenth_m_s"}
_HEAD = 3
"""Lines that are no comment before the hours: the site, the year and place, and the days held."""


def read(path: Path, text: str) -> WeatherYear:
    """
    Read the text of an ESP-r climate file into a year of hours that start at 00:00 UTC on 1 January.

    Raises
    ------
    SourceInvalid
        When the head has no place or the file is not a whole year.

    Notes
    -----
    The third column is direct normal irradiance, or global where the flag in the head is not 0. The longitude is the
    difference from the time meridian, which for Great Britain is Greenwich.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "*"))]
    head = [part.partition("#")[0].strip() for part in (lines[1] if len(lines) > _HEAD else "").split(",")]
    try:
        year, latitude, longitude, flag = int(head[0]), float(head[1]), float(head[2]), int(head[3])
    except (IndexError, ValueError) as error:
        raise SourceInvalid(
            f"{path}: the head of this ESP-r climate file has no year, latitude, longitude and flag."
        ) from error
    site = " ".join(lines[0].partition("#")[0].split())
    station = Station(path=path, latitude=latitude, longitude=longitude, edition=f"ESP-r {site}, {year}")
    try:
        raw = pd.read_csv(io.StringIO("\n".join(lines[_HEAD:])), header=None, usecols=list(_COLUMNS), index_col=False)
    except ValueError as error:
        raise SourceInvalid(f"{path}: the rows of this file cannot be read ({error}). Get the file again.") from error
    hours = raw.rename(columns=_COLUMNS).apply(pd.to_numeric, errors="coerce").astype("float64")
    if len(hours) != HOURS:
        raise SourceInvalid(f"{path}: holds {len(hours):,} hours, not 8,760. laep needs one whole year.")
    light = "dni" if flag == 0 else "ghi"
    known = pd.DataFrame({"ghi": float("nan"), "dni": float("nan"), "dhi": hours["dhi"]}, index=hours.index)
    known[light] = hours["second"]
    known = known.assign(temp_air_c=hours["tenth_deg"] / 10, wind_speed_m_s=hours["tenth_m_s"] / 10)
    sun = climate.hour_sun(latitude, longitude)
    frame, notes = complete(path, known, sun)
    return WeatherYear(
        station=station, frame=frame, rows=HOURS, notes=(*notes, *light_notes(frame["ghi_w_m2"].to_numpy(), sun))
    )
