"""Where published rows stand: points from eastings, latitudes, pairs in one text and grid references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from laep.ingest.read.table import numeric
from laep.schema import CRS

if TYPE_CHECKING:
    from shapely import Geometry

SHARED_PRIMARY_M = 10_000.0
"""How far outside the area a generator or a need may stand and still share its primary substation: published supply
areas reach 6 km from their substation on average, and seldom more than 15 km."""
ASTRAY_M = 100.0
"""Two published positions of one thing further apart than this are not rounding, so somebody should look."""
_GREAT_BRITAIN_M = (0.0, 0.0, 700_000.0, 1_300_000.0)
_GREAT_BRITAIN_DEG = (-9.0, 49.0, 2.5, 61.5)
_GRID_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Places:
    """
    Points in EPSG:27700, None where no position was published, and how the positions agree.

    `swapped` is how many had their two numbers the wrong way round, and were turned.
    """

    points: gpd.GeoSeries
    astray_m: pd.Series[float]
    swapped: int = 0

    @property
    def missing(self) -> int:
        """Return how many rows have no position."""
        return int(self.points.isna().sum())

    @property
    def astray(self) -> int:
        """Return how many rows have two positions more than `ASTRAY_M` apart."""
        return int((self.astray_m > ASTRAY_M).sum())


def points(
    *,
    easting: pd.Series[str] | None = None,
    northing: pd.Series[str] | None = None,
    latitude: pd.Series[str] | None = None,
    longitude: pd.Series[str] | None = None,
) -> Places:
    """
    Return positions from text: eastings and northings where they lie in Great Britain, else latitude and longitude.

    Positions outside Great Britain (0, 0 among them) count as not published. Latitude and longitude the wrong way round
    can only be that; eastings and northings are where turning them brings them to the latitude and longitude beside.
    """
    index = next(axis.index for axis in (easting, latitude) if axis is not None)
    first = _located(easting, northing, index, crs=CRS, bounds=_GREAT_BRITAIN_M)
    second = _located(longitude, latitude, index, crs="EPSG:4326", bounds=_GREAT_BRITAIN_DEG)
    other = _located(latitude, longitude, index, crs="EPSG:4326", bounds=_GREAT_BRITAIN_DEG)
    turned = second.isna() & other.notna()
    second = second.where(~turned, other)
    crossed = _located(northing, easting, index, crs=CRS, bounds=_GREAT_BRITAIN_M)
    over = (_apart(first, second) > ASTRAY_M) & (_apart(crossed, second) <= ASTRAY_M)
    first = first.where(~over, crossed)
    whole = first.where(first.notna(), second)
    return Places(points=whole, astray_m=_apart(first, second), swapped=int((turned | over).sum()))


def _apart(one: gpd.GeoSeries, other: gpd.GeoSeries) -> pd.Series[float]:
    """Return how far two positions of each row lie apart, missing where one is. [m]."""
    both = one.notna() & other.notna()
    apart = pd.Series(np.nan, index=one.index)
    apart[both] = one[both].distance(other[both])
    return apart


def _located(
    x: pd.Series[str] | None,
    y: pd.Series[str] | None,
    index: pd.Index,
    *,
    crs: str,
    bounds: tuple[float, float, float, float],
) -> gpd.GeoSeries:
    if x is None or y is None:
        return gpd.GeoSeries([None] * len(index), index=index, crs=CRS)
    across, up = numeric(x), numeric(y)
    inside = across.gt(bounds[0]) & up.gt(bounds[1]) & across.lt(bounds[2]) & up.lt(bounds[3])
    there = gpd.GeoSeries(gpd.points_from_xy(across[inside], up[inside]), index=index[inside], crs=crs)
    return gpd.GeoSeries(there.to_crs(CRS).reindex(index), crs=CRS)


def split_pair(text: pd.Series[str]) -> tuple[pd.Series[str], pd.Series[str]]:
    """Return latitude and longitude of texts such as `51.9681, 1.3161` or `{"lon": 1.3161, "lat": 51.9681}`."""
    halves = text.str.split(",", n=1, expand=True).reindex(columns=[0, 1])
    first, second = (halves[column].astype("string").str.strip() for column in (0, 1))
    number = r"[\s\"':=]+(-?\d+(?:\.\d+)?)"
    latitude = text.str.extract(rf"(?i)\blat\w*{number}")[0].astype("string")
    longitude = text.str.extract(rf"(?i)\blon\w*{number}")[0].astype("string")
    return latitude.fillna(first), longitude.fillna(second)


def grid_reference(text: pd.Series[str]) -> tuple[pd.Series[str], pd.Series[str]]:
    """
    Return eastings and northings in metres, as text, of National Grid references such as `SP 42236 10266`.

    References that are not two letters and an even number of digits become missing. The 100 km squares are lettered
    in rows of five from the north west, I left out, first in squares of 500 km, then inside them (Ordnance Survey, A
    guide to coordinate systems in Great Britain, section 7).
    """
    parts = text.str.upper().str.replace(" ", "", regex=False).str.extract(r"^([A-HJ-Z])([A-HJ-Z])(\d+)$")
    big, small = (parts[column].map(_GRID_LETTERS.index, na_action="ignore").astype("Int64") for column in (0, 1))
    digits = parts[2].astype("string")
    half = digits.str.len() // 2
    even = digits.str.len().mod(2).eq(0) & half.le(5)
    number = pd.DataFrame({"digits": digits, "half": half})[even.fillna(value=False)]
    east = [text[:cut].ljust(5, "0") for text, cut in zip(number["digits"], number["half"], strict=True)]
    north = [text[cut:].ljust(5, "0") for text, cut in zip(number["digits"], number["half"], strict=True)]
    column = (big - 2) % 5 * 5 + small % 5
    row = 19 - big // 5 * 5 - small // 5
    easting = column.astype("string") + pd.Series(east, index=number.index, dtype="string").reindex(text.index)
    northing = row.astype("string") + pd.Series(north, index=number.index, dtype="string").reindex(text.index)
    return easting, northing


def near(where: gpd.GeoSeries, clip: Geometry | None, *, distance_m: float) -> pd.Series[bool]:
    """Return which points lie within `distance_m` of the area; all of them while there is no area."""
    if clip is None:
        return pd.Series(data=True, index=where.index, dtype=bool)
    inside: pd.Series[bool] = where.distance(clip).le(distance_m)
    return inside


def missing_note(places: Places, *, what: str = "substations") -> list[str]:
    """Return a note on rows without a position, if there are any."""
    if not places.missing:
        return []
    return [f"{places.missing:,} of {len(places.points):,} {what} have no position that lies in Great Britain."]


def astray_note(places: Places, *, what: str = "substations") -> list[str]:
    """Return a note on rows whose two positions do not agree, if there are any."""
    notes = []
    if places.swapped:
        notes.append(f"{places.swapped:,} {what} have the two numbers of a position the wrong way round: turned.")
    if not places.astray:
        return notes
    note = (
        f"{places.astray:,} {what} have two published positions more than {ASTRAY_M:.0f} m apart (up to "
        f"{places.astray_m.max() / 1000:.1f} km); the eastings and northings are kept."
    )
    return [*notes, note]
