"""PVGIS hourly series and typical years, as CSV or JSON, turned from moments into hour means.

PVGIS gives irradiance at one moment of each hour. Clearness (light over light outside the air) changes less from moment
to moment than light does: it is read between the moments at mid-hour, and met with the mean sun of the hour.
"""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pvlib

from laep.errors import SourceInvalid
from laep.ingest.weather import climate
from laep.ingest.weather.climate import HOURS, MONTH, YEAR, Array, HourSun
from laep.ingest.weather.file import ACCEPTS, BRL_NOTE, URL, Station, WeatherYear, beam, hour_of_year, light_notes
from laep.schema.vocabulary import MONTHS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_NAMES = {"T2m": "temp_air_c", "Tamb": "temp_air_c", "WS10m": "wind_speed_m_s", "W10": "wind_speed_m_s"}
_STAMP = re.compile(r"\d{8}:\d{4}")
_LOW_SUN_DEG = 3.0
"""Below this height the clearness of a single moment is noise; that of the nearest moment above it is used. [deg]"""
_MOST_CLEARNESS = 1.0
"""No moment has more light than there is outside the air."""
_PLANE_ALBEDO = 0.2
"""Ground reflectance in the in-plane irradiance of PVGIS (PVGIS user manual)."""
_HALVINGS = 24
"""Halvings of the search for level light: 1,400 W/m2 is cut to less than a thousandth."""


def read_csv(path: Path, text: str) -> WeatherYear:
    """Read a PVGIS sheet: `name: value` lines, a table that starts at its time column, and a legend below."""
    lines = [line.rstrip(",; \t\r") for line in text.lstrip().splitlines()]
    start = next((i for i, line in enumerate(lines) if re.match(r"(time|date)\b.*,", line, re.IGNORECASE)), None)
    if start is None:
        raise SourceInvalid(f"{path}: this PVGIS file has no hourly table. Get the hourly series or TMY from {URL}.")
    pairs = (line.partition(":") for line in lines[:start])
    said = {key.strip().casefold(): value.strip() for key, _, value in pairs if value}
    if any("axis" in key or "tracking" in key for key in said):
        raise SourceInvalid(f"{path}: laep reads PVGIS series for a fixed plane, not a tracker. Ask for slope 0.")
    rows = [line for line in lines[start + 1 :] if _STAMP.match(line)]
    table = pd.read_csv(io.StringIO("\n".join([lines[start], *rows])), dtype="string").rename(columns=str.strip)
    station = Station(
        path=path,
        latitude=_number(said.get("latitude (decimal degrees)"), path, "latitude"),
        longitude=_number(said.get("longitude (decimal degrees)"), path, "longitude"),
        edition=said.get("radiation database", "PVGIS typical year"),
        tilt_deg=_number(said.get("slope", "0"), path, "slope"),
        azimuth_deg=_number(said.get("azimuth", "0"), path, "azimuth") + 180,
        offset_h=_number(said.get("irradiance time offset (h)", "0"), path, "time offset"),
    )
    return _year(station, table)


def read_json(path: Path, text: str) -> WeatherYear:
    """Read a PVGIS reply in JSON, hourly series or typical year."""
    try:
        reply: dict[str, Any] = json.loads(text)
        inputs, outputs = reply["inputs"], reply["outputs"]
        place, plane = inputs["location"], inputs.get("mounting_system", {"fixed": {}}).get("fixed")
        tilt, azimuth = ((plane or {}).get(key, {}).get("value", 0) for key in ("slope", "azimuth"))
        hourly = outputs.get("hourly") or outputs.get("tmy_hourly")
        numbers = {
            "latitude": float(place["latitude"]),
            "longitude": float(place["longitude"]),
            "tilt_deg": float(tilt),
            "azimuth_deg": float(azimuth) + 180,
            "offset_h": float(place.get("irradiance_time_offset", 0)),
        }
        edition = str(inputs.get("meteo_data", {}).get("radiation_db", "PVGIS"))
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise SourceInvalid(f"{path}: not a PVGIS reply laep can read ({error!r}). laep reads {ACCEPTS}.") from error
    if not hourly:
        raise SourceInvalid(
            f"{path}: this PVGIS reply has no hourly values, only {', '.join(outputs)}. "
            f"Get the hourly series or TMY from {URL}."
        )
    if plane is None:
        raise SourceInvalid(f"{path}: laep reads PVGIS series for a fixed plane, not a tracker. Ask for slope 0.")
    return _year(Station(path=path, edition=edition, **numbers), pd.DataFrame(hourly).astype("string"))


def _year(station: Station, table: pd.DataFrame) -> WeatherYear:
    """Turn PVGIS moments into a typical year of hour means."""
    times, values = _parsed(station, table)
    light = _light_columns(station, values)
    needed = [*light, "temp_air_c", "wind_speed_m_s"]
    if lacking := [name for name in needed if name not in values]:
        raise SourceInvalid(f"{station.path}: no column for {', '.join(lacking)} among {', '.join(values.columns)}.")
    if gaps := int(values[needed].isna().any(axis=1).sum()):
        raise SourceInvalid(f"{station.path}: {gaps} rows have blanks. Get the file again from {URL}.")
    picked, note, yearly = _typical_months(station, times, values[light].sum(axis=1))
    chosen = values.iloc[picked].reset_index(drop=True)
    sun = climate.hour_sun(station.latitude, station.longitude)
    frame, method = _hour_means(station, chosen, _in_year(times.iloc[picked], station.offset_h), sun)
    frame = frame.assign(temp_air_c=chosen["temp_air_c"], wind_speed_m_s=chosen["wind_speed_m_s"])
    notes = (note, method, *light_notes(frame["ghi_w_m2"].to_numpy(), sun))
    said = tuple(note for note in notes if note)
    return WeatherYear(station=station, frame=frame, rows=len(table), notes=said, yearly_kwh_m2=yearly)


def _parsed(station: Station, table: pd.DataFrame) -> tuple[pd.Series[pd.Timestamp], pd.DataFrame]:
    """Return the moments, and all other columns as numbers under our names."""
    stamp = next((name for name in table.columns if name.casefold().startswith(("time", "date"))), "")
    text = table.get(stamp, pd.Series(dtype="string"))
    times = pd.to_datetime(text, format="%Y%m%d:%H%M", errors="coerce", utc=True)
    if times.empty or times.isna().any():
        raise SourceInvalid(f"{station.path}: {times.isna().sum()} of {len(times)} times are not like 20160101:0010.")
    values = table.drop(columns=stamp).rename(columns=_NAMES).apply(pd.to_numeric, errors="coerce").astype("float64")
    return times, values


def _light_columns(station: Station, values: pd.DataFrame) -> list[str]:
    """Return the columns whose sum says how much light a row has."""
    for columns in (["G(h)"], ["G(i)"], ["Gb(i)", "Gd(i)", "Gr(i)"], ["Gb(i)", "Gd(i)"], ["G_i"]):
        if set(columns) <= set(values.columns):
            return columns
    raise SourceInvalid(
        f"{station.path}: no irradiance: laep looks for G(h), G(i), Gb(i) with Gd(i), or G_i; "
        f"the file has {', '.join(values.columns)}."
    )


def _typical_months(
    station: Station, times: pd.Series[pd.Timestamp], light: pd.Series[float]
) -> tuple[NDArray[np.intp], str, pd.Series[float] | None]:
    """
    Pick the rows of a typical year: for each month a year whose light is near the mean of all whole years.

    A typical year from PVGIS already mixes years: its months are then taken as they stand. The light of each whole
    year comes back as well where there are several. [kWh/m2]
    """
    clock = times.dt
    hour = hour_of_year(clock.month, clock.day, clock.hour)
    keyed = pd.DataFrame({"year": clock.year, "hour": hour, "light": light, "row": np.arange(len(times))}).dropna()
    keyed = keyed.drop_duplicates(["year", "hour"])
    keyed["month"] = MONTH[keyed["hour"].astype(int)]
    counts = keyed.groupby(["year", "month"])["light"].agg(["size", "sum"]).reset_index()
    whole = counts[counts["size"] == np.bincount(MONTH)[counts["month"]]]
    months = whole.pivot_table(index="year", columns="month", values="sum")
    full = months.dropna() if months.shape[1] == 12 and len(keyed) > HOURS else months
    if months.shape[1] < 12 or full.empty:
        raise SourceInvalid(
            f"{station.path}: holds {len(keyed):,} hours and no whole year (8,760 hours). "
            "Ask PVGIS for whole calendar years, January to December."
        )
    years = _nearest_years(full)
    row = keyed.set_index(["year", "hour"])["row"]
    picked = row.loc[pd.MultiIndex.from_arrays([np.array(years)[MONTH], np.arange(HOURS)])]
    dropped = sorted(set(keyed["year"]) - set(full.index))
    several = full.notna().all().all() and len(full) > 1
    yearly = full.sum(axis=1).div(1000) if several else None  # hours of W/m2
    return picked.to_numpy(dtype=np.intp), _months_note(full, years, dropped), yearly


def _nearest_years(light: pd.DataFrame) -> list[int]:
    """
    Return a year for each month, near the month's mean while the sum of the picks stays near the yearly mean.

    Of two years both are as far from their mean: without the second wish, chance could pick the brighter each time.
    """
    off = light - light.mean()
    order = off.abs().min().sort_values(ascending=False, kind="stable").index
    years: dict[int, int] = {}
    total = 0.0
    for month in order:
        miss = off[month].abs() + (total + off[month]).abs()
        years[month] = int(miss.idxmin())
        total += float(off.loc[years[month], month])
    return [years[month] for month in range(12)]


def _months_note(full: pd.DataFrame, years: list[int], dropped: list[int]) -> str:
    if len(full) == 1:
        note = f"The year {years[0]} as it was."
    else:
        named = ", ".join(f"{month.title()} {year}" for month, year in zip(MONTHS, years, strict=True))
        span = f"{full.index.min()} to {full.index.max()}"
        note = f"A year of typical months from {span}, each near the mean sunshine of its month: {named}."
    return note + (f" Left out as not whole: {', '.join(map(str, dropped))}." if dropped else "")


def _in_year(times: pd.Series[pd.Timestamp], offset_h: float) -> pd.DatetimeIndex:
    """Return the moments of the picked rows moved into the one typical year."""
    minutes = np.round(times.dt.minute.to_numpy() + 60 * offset_h)
    start = pd.date_range(f"{YEAR}-01-01", periods=HOURS, freq="h", tz="UTC")
    return pd.DatetimeIndex(start + pd.to_timedelta(minutes, unit="min"))


def _hour_means(
    station: Station, values: pd.DataFrame, moments: pd.DatetimeIndex, sun: HourSun
) -> tuple[pd.DataFrame, str]:
    """Turn the light of single moments into hour means by way of clearness."""
    at = pvlib.solarposition.get_solarposition(moments, station.latitude, station.longitude)
    ghi, dhi, method = _level_light(station, values, moments, at)
    height = at["apparent_elevation"].to_numpy()
    normal = pvlib.irradiance.get_extra_radiation(moments).to_numpy()
    extra = np.sin(np.radians(np.maximum(height, _LOW_SUN_DEG))) * normal
    high = height > _LOW_SUN_DEG
    clock = ((moments - pd.Timestamp(YEAR, 1, 1, tz="UTC")) / pd.Timedelta(hours=1)).to_numpy()
    middle = np.arange(HOURS) + 0.5
    clearness = np.clip(ghi / extra, 0, _MOST_CLEARNESS)
    hourly = np.interp(middle, clock[high], clearness[high]) * sun.extra_w_m2
    if dhi is None:
        dni, diffuse = climate.split(hourly, sun)
    else:
        share = np.clip(np.divide(dhi, ghi, out=np.ones(HOURS), where=ghi > 0), 0, 1)
        dni = beam(hourly * (1 - np.interp(middle, clock[high], share[high])), sun)
        diffuse = hourly - dni * sun.cos_zenith
    return pd.DataFrame({"ghi_w_m2": hourly, "dni_w_m2": dni, "dhi_w_m2": diffuse}), method


def _level_light(
    station: Station, values: pd.DataFrame, moments: pd.DatetimeIndex, at: pd.DataFrame
) -> tuple[Array, Array | None, str]:
    """Return global and (where the file has it) diffuse irradiance on level ground at each moment, and the method."""
    columns = _light_columns(station, values)
    light = values[columns].sum(axis=1).to_numpy()
    if columns != ["G(h)"] and station.tilt_deg != 0:
        return _from_plane(station, light, moments, at)
    diffuse = next((name for name in ("Gd(h)", "Gd(i)") if name in values), None)
    return light, values[diffuse].to_numpy() if diffuse else None, "" if diffuse else BRL_NOTE


def _from_plane(
    station: Station, plane: Array, moments: pd.DatetimeIndex, at: pd.DataFrame
) -> tuple[Array, Array, str]:
    """
    Work back from light on a sloped plane to light on level ground.

    Each moment is solved by halving: the global irradiance whose diffuse share (Erbs, as smoothed by Driesse) and Perez
    transposition give the plane's light. pvlib's `gti_dirint` was tried and left: see `docs/methods-weather.md`.
    """
    zenith, azimuth = at["apparent_zenith"].to_numpy(), at["azimuth"].to_numpy()
    normal = pvlib.irradiance.get_extra_radiation(moments).to_numpy()
    air = pvlib.atmosphere.get_relative_airmass(np.where(zenith < 90, zenith, 90.0))
    cosine = np.cos(np.radians(np.minimum(zenith, 90.0 - _LOW_SUN_DEG)))
    day = moments.day_of_year.to_numpy()

    def diffuse(ghi: Array) -> Array:
        return np.asarray(pvlib.irradiance.erbs_driesse(ghi, zenith, datetime_or_doy=day)["dhi"], dtype="float64")

    def on_plane(ghi: Array) -> Array:
        dhi = diffuse(ghi)
        light = pvlib.irradiance.get_total_irradiance(
            station.tilt_deg, station.azimuth_deg, zenith, azimuth, (ghi - dhi) / cosine, ghi, dhi, dni_extra=normal,
            airmass=air, model="perez", albedo=_PLANE_ALBEDO,
        )  # fmt: skip
        total: Array = np.nan_to_num(np.asarray(light["poa_global"], dtype="float64"))
        return total

    low, high = np.zeros(len(plane)), np.where(zenith < 90, normal * cosine * _MOST_CLEARNESS, 0.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        short = on_plane(middle) < plane
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    ghi = np.where(plane > 0, (low + high) / 2, 0.0)
    note = (
        f"The file has only light on a plane of {station.tilt_deg:g} deg, facing {station.azimuth_deg:g} deg from "
        "north: light on level ground is worked back from it (Erbs split, Perez sky, solved by halving), which adds "
        "about one per cent of doubt."
    )
    return ghi, diffuse(ghi), note


def _number(text: str | None, path: Path, what: str) -> float:
    found = re.search(r"-?\d+(\.\d+)?", text or "")
    if found is None:
        raise SourceInvalid(f"{path}: no {what} in the head of this PVGIS file. Get it again from {URL}.")
    return float(found.group())
