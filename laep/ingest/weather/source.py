"""Hourly weather -> layer `in_weather`: from a file, or drawn from the month means that ship with laep.

A file is known by what is in it, not by its name. `docs/methods-weather.md` has the methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pyproj import Geod, Transformer

from laep.errors import SourceInvalid
from laep.ingest.net.pvgis_api import Pvgis
from laep.ingest.read.table import check_file
from laep.ingest.source import Ingested, Request, Source
from laep.ingest.weather import climate, csv_file, epw, espr, pvgis
from laep.ingest.weather.climate import HOURS
from laep.ingest.weather.file import ACCEPTS, URL, Station, WeatherYear
from laep.schema import conform

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SOURCE = Source(
    name="weather",
    title="Hourly weather",
    publisher="European Commission Joint Research Centre (PVGIS), BRE (month means), or the publisher of your file",
    licence=(
        "PVGIS: free use, source acknowledged; SAP 2012 figures: BRE, quoted with their source; a file of your own "
        "keeps its publisher's terms"
    ),
    attribution="PVGIS (c) European Union; or month means: SAP 2012 v9.92, Appendix U, BRE",
    url=URL,
    writes=("in_weather", "in_weather_year"),
    accepts=ACCEPTS,
    options=("region",),
    needs_file=False,
    live=Pvgis(),
    tested_on="real file",
)

_FAR_KM = 60.0
"""A station farther off than this is named in the notes as far. [km]"""
_REGIONS = 21


def read(request: Request) -> Ingested:
    """
    Read one weather file, or draw a typical year from the month means of the area's climate region.

    Raises
    ------
    SourceInvalid
        When the file is not one laep reads, is not of Great Britain, or does not hold every hour of a year.
    """
    if len(request.files) > 1:
        raise SourceInvalid(f"weather takes one file, not {len(request.files)}. Name one with `--file`.")
    if not request.files:
        return _embedded(request)
    path = request.files[0]
    check_file(path, SOURCE)
    year = _read_text(path, path.read_bytes().decode("utf-8-sig", errors="replace"), request)
    layers = {"in_weather": _finish(year.frame)}
    if year.yearly_kwh_m2 is not None:
        layers["in_weather_year"] = _years(year.yearly_kwh_m2)
    return Ingested(
        layers=layers,
        rows_read=year.rows,
        rows_kept=HOURS,
        notes=(*year.notes, *_distance_note(year.station, request)),
        edition=year.station.edition,
    )


def _read_text(path: Path, text: str, request: Request) -> WeatherYear:
    """Tell the kinds apart by their first words and read the file."""
    first = text.lstrip()[:40].casefold()
    if first.startswith("location,"):
        return epw.read(path, text)
    if first.startswith("{"):
        return pvgis.read_json(path, text)
    if first.startswith("latitude (decimal degrees)"):
        return pvgis.read_csv(path, text)
    if first.startswith("*climate"):
        return espr.read(path, text)
    if csv_file.header_line(text) is not None:
        known = request.clip is not None or request.postcode is not None
        return csv_file.read(path, text, place=_place(request) if known else None)
    shown = next(iter(text.strip()[:60].splitlines()), "")
    raise SourceInvalid(
        f"{path}: not weather laep can read (it starts {shown!r}). laep reads {ACCEPTS}; {URL} offers PVGIS files. "
        "Without a file, laep draws a typical year."
    )


def _years(yearly_kwh_m2: pd.Series[float]) -> pd.DataFrame:
    years = yearly_kwh_m2.rename_axis("year").rename("light_kwh_m2").reset_index()
    return conform(years.assign(source_id=SOURCE.name), "in_weather_year")


def _embedded(request: Request) -> Ingested:
    """Draw the typical year of the climate region the area lies in."""
    latitude, longitude = _place(request)
    region, how = _region(request, latitude, longitude)
    frame = climate.typical_year(region, latitude=latitude, longitude=longitude)
    notes = (
        f"Climate region {region} ({climate.region_name(region)}), {how}.",
        (
            "No weather file: a typical year is drawn so that sunshine, temperature and wind equal the region's month "
            "means (SAP 2012, Appendix U). The hours are made up, the months are not. A PVGIS file gives real years."
        ),
    )
    return Ingested(
        layers={"in_weather": _finish(frame)}, rows_read=12, rows_kept=HOURS, notes=notes, edition="SAP 2012 v9.92"
    )


def _region(request: Request, latitude: float, longitude: float) -> tuple[int, str]:
    """Return the climate region and how it was found: the option, the postcode, or the nearest postcode area."""
    asked = request.options.get("region")
    if asked is not None:
        if isinstance(asked, bool) or not isinstance(asked, int) or not 0 <= asked <= _REGIONS:
            raise SourceInvalid(f"weather: region must be a whole number from 0 to {_REGIONS}, not {asked!r}.")
        return asked, "as laep.toml says"
    known = climate.region_of_postcode(request.postcode) if request.postcode else None
    if known is not None:
        return known, f"from postcode {request.postcode}"
    region, area = climate.nearest_region(latitude, longitude)
    unknown = f"; postcode {request.postcode} is in no list" if request.postcode else ""
    return region, f"inferred from the nearest postcode area, {area}{unknown}"


def _place(request: Request) -> tuple[float, float]:
    """Return latitude and longitude of the middle of the area, or of its postcode area."""
    if request.clip is not None:
        middle = request.clip.centroid
        longitude, latitude = Transformer.from_crs(27700, 4326, always_xy=True).transform(middle.x, middle.y)
        return latitude, longitude
    found = climate.centre_of_postcode(request.postcode) if request.postcode else None
    if found is None:
        raise SourceInvalid("weather needs to know where the area is. Run `laep ingest boundary` first.")
    return found


def _distance_note(station: Station, request: Request) -> tuple[str, ...]:
    if request.clip is None:
        return ()
    latitude, longitude = _place(request)
    _, _, metres = Geod(ellps="WGS84").inv(longitude, latitude, station.longitude, station.latitude)
    far = " That is far: the area may have another climate." if metres > _FAR_KM * 1000 else ""
    return (f"The weather is of a place {metres / 1000:.0f} km from the middle of the area.{far}",)


def _finish(frame: pd.DataFrame) -> pd.DataFrame:
    return conform(frame.assign(hour=np.arange(HOURS), source_id=SOURCE.name), "in_weather")
