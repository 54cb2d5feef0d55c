"""Half-hourly meter readings of one building, as suppliers export them -> `in_meter`, which stays in the folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.read.files import files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import by_name, header, numeric, read_table, say_missing
from laep.ingest.read.typical_days import TypicalDays
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="meter",
    title="half-hourly meter readings",
    publisher="Whoever owns the meter; ask the supplier or data collector for half-hourly data",
    licence="The owner's: personal where it is a home's",
    attribution="Meter readings given by their owner",
    url="https://www.ofgem.gov.uk (ask your electricity supplier for half-hourly readings)",
    writes=("in_meter",),
    accepts="a CSV or workbook with a column of times and one of kWh, or a row a day with 48 columns",
    options=("building", "site", "column", "clock"),
    tested_on="schema only",
)
"""Options: `building`, the id in `in_building` it is of; `site`, a name; `column`, the one that holds kWh; `clock`,
`local` (as bills are) or `utc`, for times without a zone."""

COLUMNS = {
    "time": (
        "timestamp", "time", "datetime", "date time", "start", "interval start", "reading date time", "settlement time",
    ),
    "date": ("date", "settlement date", "reading date", "day"),
    "kwh": (
        "kwh", "consumption (kwh)", "consumption", "usage (kwh)", "value", "energy (kwh)", "import kwh",
    ),
}  # fmt: skip
"""Our name -> the names it goes by, best first: half-hours by time, or a row a day by date."""
_PERIODS = 48
_HALF_HOUR_MS = 1_800_000
_CLOCK = "Europe/London"
_DAY_FIRST = r"^\d{1,2}[/-]\d{1,2}[/-]\d{4}"


def read(request: Request) -> Ingested:
    """
    Return the typical days of the meter, one file a meter.

    Notes
    -----
    Times name the start of a half-hour. Without a zone they are read by the local clock, where the hour that comes
    twice in October is read as it stands in the file: first summer time, then winter time. kWh in half an hour become
    kW.
    """
    clock = request.options.get("clock", "local")
    if clock not in {"local", "utc"}:
        raise SourceInvalid(f'[sources.meter] has clock = {clock!r}. Write "local" or "utc".')
    parts, notes, rows, kept = [], [], 0, 0
    for path in files_of(request, SOURCE):
        stamps, kwh, said = _readings(path, request.options.get("column"))
        utc = _utc(stamps, local=clock == "local")
        good = utc.notna() & kwh.notna()
        if not good.any():
            raise SourceInvalid(f"{path}: no reading with a time and a number of kWh. laep reads {SOURCE.accepts}.")
        site = str(request.options.get("site") or path.stem)
        parts.append(
            _days(utc[good], kwh[good]).assign(site=site, days=utc[good].dt.tz_convert(_CLOCK).dt.date.nunique())
        )
        notes += [said, *_gaps(path, good, kwh)]
        rows, kept = rows + len(kwh), kept + int(good.sum())
    frame = pd.concat(parts, ignore_index=True).assign(building_id=request.options.get("building"))
    return Ingested(
        layers={"in_meter": as_layer(frame.astype({"building_id": "string"}), "in_meter", source=SOURCE)},
        rows_read=rows, rows_kept=kept, notes=tuple(notes),
    )  # fmt: skip


def _readings(path: Path, column: object) -> tuple[pd.Series[str], pd.Series[float], str]:
    """Return times as text, kWh, and how the file was read."""
    names = header(path, COLUMNS, source=SOURCE)
    found = by_name(names, COLUMNS)
    wide = [name for name in names if _period(name) is not None]
    if len(wide) == _PERIODS:
        return _wide(path, names, found.get("date"), wide)
    time, energy = found.get("time", found.get("date")), _energy(path, names, found, column)
    if time is None or energy is None:
        lacking = "times" if time is None else "kWh"
        said = say_missing([COLUMNS["time" if time is None else "kwh"]], names)
        raise SourceInvalid(f"{path}: no column of {lacking}: {said} laep reads {SOURCE.accepts}.")
    table = read_table(path, {"time": (time,), "kwh": (energy,)}, source=SOURCE)
    return table["time"], numeric(table["kwh"]), f"{path.name}: times from {time!r}, kWh from {energy!r}."


def _wide(
    path: Path, names: list[str], date: str | None, wide: list[str]
) -> tuple[pd.Series[str], pd.Series[float], str]:
    if date is None:
        raise SourceInvalid(f"{path}: has 48 columns of half-hours but {say_missing([COLUMNS['date']], names)}")
    ordered = sorted(wide, key=lambda name: _period(name) or 0)
    columns = {"date": (date,), **{str(at): (name,) for at, name in enumerate(ordered)}}
    table = read_table(path, columns, source=SOURCE)
    long = table.melt(id_vars="date", var_name="period", value_name="kwh").astype({"period": "int64"})
    minutes = long["period"] * 30
    clock = (minutes // 60).astype("string").str.zfill(2) + ":" + (minutes % 60).astype("string").str.zfill(2)
    day = long["date"].str.replace(r"[T ]\d{1,2}:\d{2}.*$", "", regex=True)
    return day + " " + clock, numeric(long["kwh"]), f"{path.name}: a row a day of 48 half-hours, dates from {date!r}."


def _energy(path: Path, names: list[str], found: dict[str, str], column: object) -> str | None:
    """Return the column of kWh: the one the user names, else the usual one."""
    if column is None:
        return found.get("kwh")
    named = by_name(names, {"kwh": (str(column),)})
    if not named:
        raise SourceInvalid(f"{path}: {say_missing([(str(column),)], names)} Mend `column` in [sources.meter].")
    return named["kwh"]


def _period(name: str) -> int | None:
    """Return the period, 1 to 48, of a column called `1`, `HH01`, `Period 1`, `00:00` or `00:30 kWh`."""
    text = name.strip().casefold().removesuffix("kwh").strip(" _()")
    if found := re.fullmatch(r"(\d{1,2}):([03]0)(?::00)?", text):
        return int(found[1]) * 2 + int(found[2]) // 30 + 1
    if found := re.fullmatch(r"(?:hh|p|period|kwh)?[ _]?(\d{1,2})", text):
        return int(found[1]) if 1 <= int(found[1]) <= _PERIODS else None
    return None


def _utc(stamps: pd.Series[str], *, local: bool) -> pd.Series[pd.Timestamp]:
    """Return times in UTC; those with a zone keep it, those that cannot be read or never were are missing."""
    first = bool(stamps.str.contains(_DAY_FIRST).fillna(value=False).any())
    zoned = stamps.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$").fillna(value=False)
    named = pd.to_datetime(stamps.where(zoned), errors="coerce", utc=True, format="ISO8601")
    bare = stamps.mask(zoned)
    plain = pd.to_datetime(bare, errors="coerce", dayfirst=first, format="mixed" if first else "ISO8601")
    if not local:
        return named.fillna(plain.dt.tz_localize("UTC"))
    twice = plain.groupby(plain).cumcount().eq(0).to_numpy()  # the first of a doubled hour is still summer time
    clock = plain.dt.tz_localize(_CLOCK, ambiguous=np.asarray(twice), nonexistent="NaT")
    return named.fillna(clock.dt.tz_convert("UTC"))


def _days(utc: pd.Series[pd.Timestamp], kwh: pd.Series[float]) -> pd.DataFrame:
    sums = TypicalDays()
    ms = np.asarray(utc.dt.as_unit("ms").astype("int64"), dtype=np.int64)
    sums.add(np.zeros(len(ms), dtype=np.int64), ms, np.asarray(kwh, dtype=np.float64) * 2)
    names = {"mean": "mean_kw", "sd": "sd_kw", "lowest": "lowest_kw", "highest": "highest_kw"}
    return sums.frame(["meter"]).drop(columns=["asset", "meters"]).rename(columns=names)


def _gaps(path: Path, good: pd.Series[bool], kwh: pd.Series[float]) -> list[str]:
    lost, below = int((~good).sum()), int((kwh < 0).sum())
    notes = [f"{path.name}: {lost:,} of {len(good):,} readings have no time or no number: left out."] if lost else []
    return [*notes, f"{path.name}: {below:,} readings are below nought: read as export."] if below else notes
