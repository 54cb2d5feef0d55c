"""What all weather files share: where they are of, when their hours are, and whether light and sun agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.climate import HOURS, YEAR, Array, HourSun

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://re.jrc.ec.europa.eu/pvg_tools/en/"
ACCEPTS = "an EnergyPlus .epw file, or a PVGIS hourly series or typical year as CSV or JSON"
BRL_NOTE = "The file has global irradiance alone: direct and diffuse are split by the BRL model."

_GB = (49.8, 61.0, -8.7, 1.9)
"""South, north, west and east of Great Britain and its islands. [deg]"""
_LATE_MIN = 15.0
"""Light that lies this much earlier or later than the sun is named in the notes; clouds alone move it less. [min]"""
_DARK_SHARE = 0.001
"""A larger share of the year's light in hours of night is named in the notes."""


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
    """A year read from a file: 8760 hours in the columns of `in_weather`, source rows, and what there is to say."""

    station: Station
    frame: pd.DataFrame
    rows: int
    notes: tuple[str, ...]


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
