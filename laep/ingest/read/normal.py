"""What every operator's table needs on its way to the normal form: places, levels, voltages, dates, floors, one key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep.errors import SourceInvalid
from laep.ingest.read.table import numeric, read_table, spelled
from laep.schema import CRS, LAYERS, conform

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from shapely import Geometry

    from laep.ingest.source import Request, Source

NEARBY_M = 50_000.0
"""How far off a substation may stand and still be kept. The widest published primary supply area reaches 22 km from its
substation and the loneliest primary in the north of Scotland is 31 km from the next, so nothing that feeds a place is
further off than this; substations named upstream are kept at any distance."""
EDGE_M = 500.0
"""How far outside the area a secondary substation may stand and still feed homes in it: low voltage feeders are 500 m
at most."""
ASTRAY_M = 100.0
"""Two published positions of one thing further apart than this are not rounding, so somebody should look."""
_GREAT_BRITAIN_M = (0.0, 0.0, 700_000.0, 1_300_000.0)
_GREAT_BRITAIN_DEG = (-9.0, 49.0, 2.5, 61.5)
_GRID_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_DATE_FORMATS = ("%d/%m/%Y", "%d/%m/%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%d-%m-%Y")


@dataclass(frozen=True)
class Places:
    """Points in EPSG:27700, None where no position was published, and how the positions agree."""

    points: gpd.GeoSeries
    astray_m: pd.Series[float]

    @property
    def missing(self) -> int:
        """Return how many rows have no position."""
        return int(self.points.isna().sum())

    @property
    def astray(self) -> int:
        """Return how many rows have two positions more than `ASTRAY_M` apart."""
        return int((self.astray_m > ASTRAY_M).sum())


def one_file(request: Request, source: Source) -> Path:
    """Return the one file of a source that reads a single file."""
    if len(request.files) != 1:
        raise SourceInvalid(
            f"{source.name} reads one file, and {len(request.files)} were given. "
            f"Name the newest in [sources.{source.name}] of laep.toml as `file`."
        )
    return request.files[0]


def need_rows(table: pd.DataFrame, path: Path, source: Source) -> None:
    """Raise `SourceInvalid` for a table with a header and nothing under it, which portals give to those not let in."""
    if table.empty:
        raise SourceInvalid(
            f"{path}: there is a header but no row under it. Portals send that when a dataset needs an account: "
            f"log in at {source.url} and download {source.title} again."
        )


def read_spelled(
    path: Path,
    columns: Mapping[str, Collection[str]],
    *,
    source: Source,
    optional: Collection[str] = (),
    first_of: Collection[str] = (),
) -> pd.DataFrame:
    """
    Return a table under our names, whichever of its spellings each column goes by; absent ones are all missing.

    Parameters are as in `table.spelled`. Raises `SourceInvalid` for a column under none of its spellings, and for a
    header with nothing under it.
    """
    chosen = spelled(path, columns, source=source, optional=optional, first_of=first_of)
    raw = read_table(path, chosen, source=source, first_of=first_of)
    need_rows(raw, path, source)
    return raw.reindex(columns=list(columns)).astype("string")


def edition_year(path: Path, request: Request, source: Source) -> tuple[int, str]:
    """
    Return the year today's figures stand for, and the edition in words.

    The option `year` decides, else a year in the file's name, else the date of the file itself, which a download sets.
    """
    given = request.options.get("year")
    if given is not None and not re.fullmatch(r"20\d\d", str(given)):
        raise SourceInvalid(f"[sources.{source.name}] year = {given!r} is not a year such as 2026.")
    if given is not None:
        return int(given), str(given)
    named = re.findall(r"(?<!\d)20\d\d(?!\d)", path.name)
    if named:
        return int(named[-1]), named[-1]
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).year, ""


def edition_note(year: int, edition: str, source: Source) -> list[str]:
    """Return a note where the year is only the date of the file."""
    if edition:
        return []
    note = (
        f"The table has no date, nor has its file's name: its figures are taken to be of {year}, the year of the file. "
        f"Write `year = YEAR` in [sources.{source.name}] of laep.toml if that is wrong."
    )
    return [note]


def as_layer(frame: pd.DataFrame, layer_name: str, *, source: Source) -> pd.DataFrame:
    """Return `frame` as rows of a layer: columns it lacks are all missing, columns the layer lacks are left behind."""
    layer = LAYERS[layer_name]
    full = frame.assign(source_id=source.name)
    absent = {
        column.name: pd.Series(index=full.index, dtype=column.dtype)
        for column in layer.columns
        if column.name not in full.columns
    }
    full = full.assign(**absent)
    names = [*layer.column_names, "geometry"] if layer.geometry else layer.column_names
    if layer.geometry:
        full = gpd.GeoDataFrame(full, geometry="geometry", crs=CRS)
    return conform(full[names], layer_name)


def points(
    *,
    easting: pd.Series[str] | None = None,
    northing: pd.Series[str] | None = None,
    latitude: pd.Series[str] | None = None,
    longitude: pd.Series[str] | None = None,
) -> Places:
    """
    Return positions from text: eastings and northings where they lie in Great Britain, else latitude and longitude.

    Positions outside Great Britain (0, 0 among them) count as not published.
    """
    index = next(axis.index for axis in (easting, latitude) if axis is not None)
    first = _located(easting, northing, index, crs=CRS, bounds=_GREAT_BRITAIN_M)
    second = _located(longitude, latitude, index, crs="EPSG:4326", bounds=_GREAT_BRITAIN_DEG)
    both = first.notna() & second.notna()
    apart = pd.Series(np.nan, index=index)
    apart[both] = first[both].distance(second[both])
    return Places(points=first.where(first.notna(), second), astray_m=apart)


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


def around(frame: gpd.GeoDataFrame, clip: Geometry | None) -> pd.Series[bool]:
    """Return the substations to keep: near the area, without a position, or named upstream of one that is kept."""
    kept: pd.Series[bool] = near(frame.geometry, clip, distance_m=NEARBY_M) | frame.geometry.isna()
    named = {"name", "upstream_bsp", "upstream_gsp"} <= set(frame.columns)
    if named:
        upstream = pd.concat([frame.loc[kept, "upstream_bsp"], frame.loc[kept, "upstream_gsp"]]).dropna()
        kept |= frame["name"].isin(upstream)
    return kept


def distance_note(kept: pd.Series[bool]) -> str:
    """Return how many substations were kept and left out by `around`."""
    note = (
        f"{int(kept.sum()):,} of {len(kept):,} substations are within {NEARBY_M / 1000:.0f} km of the area, "
        f"upstream of one that is, or have no position, and are kept."
    )
    return note if kept.any() or kept.empty else f"{note} Is this the file of the operator that serves this place?"


def missing_note(places: Places, *, what: str = "substations") -> list[str]:
    """Return a note on rows without a position, if there are any."""
    if not places.missing:
        return []
    return [f"{places.missing:,} of {len(places.points):,} {what} have no position that lies in Great Britain."]


def astray_note(places: Places, *, what: str = "substations") -> list[str]:
    """Return a note on rows whose two positions do not agree, if there are any."""
    if not places.astray:
        return []
    note = (
        f"{places.astray:,} {what} have two published positions more than {ASTRAY_M:.0f} m apart (up to "
        f"{places.astray_m.max() / 1000:.1f} km); the eastings and northings are kept."
    )
    return [note]


def voltages(text: pd.Series[str]) -> tuple[pd.Series[float], pd.Series[float]]:
    """
    Return the lower and upper voltage in kV of texts such as `132 / 33`, `33/11kV` or `132/33/11kv`.

    One number alone is the voltage on the lower side: what the substation gives out. Text without a number, or a
    number that only names the site (`No 1 33kv`), gives none: pairs need a stroke between them.
    """
    numbers = text.str.extract(r"(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)(?:\s*/\s*(\d+(?:\.\d+)?))?").astype("Float64")
    alone = numeric(text)
    lower = numbers.min(axis="columns").astype("float64").fillna(alone)
    return lower, numbers.max(axis="columns").astype("float64")


def voltage_list(text: pd.Series[str]) -> tuple[pd.Series[float], pd.Series[float]]:
    """
    Return the lowest and the highest voltage in kV named in texts such as `33;11`, `[132, 33]`, `230.000 V` or `11kV`.

    A number followed by V, or above 1,000, is in volts. One number alone gives the lower side only.
    """
    found = text.astype("string").str.extractall(r"(\d+(?:\.\d+)?)\s*(k?V)?(?![a-z0-9])", flags=re.IGNORECASE)
    value = found[0].astype("float64")
    volts = found[1].str.casefold().eq("v").fillna(value=False) | value.gt(1000)
    kv = value.mask(volts, value / 1000.0).where(lambda all_: all_.gt(0))
    grouped = kv.groupby(level=0)
    lowest = grouped.min().reindex(text.index).astype("float64")
    highest = grouped.max().reindex(text.index).astype("float64")
    return lowest, highest.where(highest.gt(lowest))


def levels(text: pd.Series[str], words: dict[str, str]) -> pd.Series[str]:
    """Return the level each published type stands for, by a look-up that ignores case; missing where it knows none."""
    folded = {word.casefold(): level for word, level in words.items()}
    return text.str.casefold().map(folded).astype("string")


def tidy(text: pd.Series[str]) -> pd.Series[str]:
    """Return names with every run of white space, line breaks among them, as one space."""
    return text.str.split().str.join(" ").astype("string")


def iso_date(text: pd.Series[str]) -> pd.Series[str]:
    """Return dates as `YYYY-MM-DD`: ISO with or without a time, or day first; missing where it is no such date."""
    day = text.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:$|[T ])")[0]
    found = pd.to_datetime(day, format="%Y-%m-%d", errors="coerce")
    first = text.str.replace(r"[T ]\d{1,2}:\d{2}.*$", "", regex=True)
    for form in _DATE_FORMATS:
        found = found.fillna(pd.to_datetime(first, format=form, errors="coerce"))
    return found.dt.strftime("%Y-%m-%d").astype("string")


def colour(text: pd.Series[str]) -> pd.Series[str]:
    """Return Red, Amber or Green from texts such as `GREEN` or `Red - Fault Level`; missing where none is named."""
    named = text.str.extract(r"(?i)\b(red|amber|green)\b")[0]
    return named.str.capitalize().astype("string")


def joined(parts: Sequence[pd.Series[str]], *, separator: str = "; ") -> pd.Series[str]:
    """Return the texts of several columns as one, row by row, without those that are missing or repeat another."""
    rows = zip(*(part.fillna("").astype(str) for part in parts), strict=True)
    text = [separator.join(dict.fromkeys(filter(None, row))) for row in rows]
    whole = pd.Series(text, index=parts[0].index, dtype="string")
    return whole.mask(whole.eq(""))


def scenario_and_vintage(text: pd.Series[str]) -> tuple[pd.Series[str], pd.Series[str]]:
    """Return scenario and edition of texts such as `DFES 2026 - Holistic Transition`; the edition may be missing."""
    parts = tidy(text).str.extract(r"(?i)^((?:DFES|FES|NDP)\s*20\d\d)\s*[-:]\s*(.+)$")
    return scenario_name(parts[1].astype("string").fillna(text)), parts[0].astype("string")


def scenario_name(text: pd.Series[str]) -> pd.Series[str]:
    """Return scenario names without the number some operators put before them; capitals become a title."""
    bare = tidy(text.str.replace(r"^\s*\d+\s*-\s*", "", regex=True))
    return bare.mask(bare.eq(bare.str.upper()) & bare.str.len().gt(4), bare.str.title())


def start_year(text: pd.Series[str]) -> pd.Series[int]:
    """Return the first year of texts such as `2038/39`, `2038.0`, `2038` or `2038-01-01T00:00:00+00:00`."""
    tail = r"(?:\.0+)?(?:\s*[/-]\s*\d{2,4}|-\d{2}-\d{2}(?:[T ].*)?)?"
    year = text.str.extract(rf"^((?:19|20)\d{{2}}){tail}$")[0]
    return pd.to_numeric(year, errors="coerce").astype("Int64")


def floor_at_zero(values: pd.Series[float]) -> bool | None:
    """
    Return whether an operator clips headroom at zero, from all the values it published in one file.

    One value below zero says no; none below and some exactly zero says yes; neither says nothing (None).
    """
    if (values < 0).any():
        return False
    return True if values.eq(0).any() else None


def floor_note(values: pd.Series[float], *, what: str) -> str:
    """Return the evidence for `floor_at_zero` in words."""
    below, zero, known = int((values < 0).sum()), int(values.eq(0).sum()), int(values.notna().sum())
    start = f"{what}: of {known:,} published values {below:,} are below zero and {zero:,} are exactly zero"
    reading = {
        True: "so zero is read as none or worse",
        False: "so negative values are kept and zero means zero",
        None: "so nothing is known about a floor",
    }[floor_at_zero(values)]
    return f"{start}, {reading}."


def distinct_ids(ids: pd.Series[str], level: pd.Series[str]) -> pd.Series[str]:
    """Return ids that tell levels apart: one that stands for several levels gets its level added, as `HEXHAM (bsp)`."""
    shared = pd.DataFrame({"id": ids, "level": level}).groupby("id")["level"].transform("nunique").gt(1)
    return ids.mask(shared, ids + " (" + level + ")")


def told_apart(ids: pd.Series[str], where: gpd.GeoSeries) -> pd.Series[str]:
    """Return ids with `#2`, `#3` behind those that repeat one of a substation more than `ASTRAY_M` away."""
    places = where.to_numpy()
    rows = pd.Series(range(len(ids)), index=ids.to_numpy())[where.notna().to_numpy()]
    first = ids.map(rows[~rows.index.duplicated() & rows.index.notna()]).astype("Float64")
    known = (first.notna() & where.notna()).to_numpy(dtype=bool)
    apart = pd.Series(data=False, index=ids.index)
    apart[known] = shapely.distance(places[known], places[first[known].astype(int).to_numpy()]) > ASTRAY_M
    turn = apart.groupby(ids).cumsum() + 1
    return ids.mask(apart & ids.notna(), ids + " #" + turn.astype("string"))


def one_row_a_key(headroom: pd.DataFrame, *, source: Source) -> tuple[pd.DataFrame, list[str]]:
    """Return rows of `in_headroom` with one row a key, the least headroom where the file has several, and a note."""
    key: Sequence[str] = [name for name in LAYERS["in_headroom"].key if name != "source_id"]
    first = headroom.sort_values("value", kind="stable").drop_duplicates(list(key)).sort_index(kind="stable")
    repeated = len(headroom) - len(first)
    if not repeated:
        return first, []
    note = (
        f"{repeated:,} rows repeat a substation, scenario and year already given in {source.title}; "
        "the row with the least headroom is kept."
    )
    return first, [note]


def with_floors(long: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return rows of `in_headroom` with `floor_at_zero`, decided by direction and technology, and the evidence."""
    floors = pd.Series(pd.NA, index=long.index, dtype="boolean")
    notes = []
    for (direction, technology), value in long.groupby(["direction", "technology"])["value"]:
        floors[value.index] = floor_at_zero(value)
        notes.append(floor_note(value, what=f"Headroom, {direction}, {technology}"))
    return long.assign(floor_at_zero=floors), notes
