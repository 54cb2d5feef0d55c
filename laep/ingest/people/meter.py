"""Half-hourly meter readings of one building, as suppliers export them -> `in_meter`, which stays in the folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.read.cells import iso_date
from laep.ingest.read.files import files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import by_name, header, numeric, read_table, say_missing
from laep.ingest.read.typical_days import TypicalDays
from laep.ingest.read.vector import say_option
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from collections.abc import Mapping
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
    accepts="a CSV or workbook with a column of times and one of kWh, with days and the number of each half-hour, or "
    "a row a day with 48 columns",
    options=("building", "site", "column", "unit", "clock"),
    tested_on="schema only",
)
"""Options: `building`, the id in `in_building` it is of; `site`, a name; `column`, the one that holds kWh; `unit`,
`kWh` or `Wh`, where it says none; `clock`, `local` (as bills are) or `utc`, for times without a zone."""

COLUMNS = {
    "time": (
        "timestamp", "time", "datetime", "date time", "start", "interval start", "reading date time", "settlement time",
    ),
    "date": ("date", "settlement date", "reading date", "day"),
    "kwh": (
        "kwh", "consumption (kwh)", "consumption", "usage (kwh)", "value", "energy (kwh)", "import kwh",
    ),
    "period": ("settlement period", "sett period", "period", "hh", "half hour"),
    "channel": ("measurement quantity", "measurement quantity id", "channel", "mq", "register type", "reading type"),
    "meter": ("mpan", "mpan core", "meter", "meter id", "meter serial number", "msid"),
}  # fmt: skip
"""Our name -> the names it goes by, best first: half-hours by time, by date and number, or a row a day by date; which
channel a row is of, and which meter."""
_BESIDE = ("channel", "meter")
_DRAWN = ("AI", "IMPORT", "ACTIVE IMPORT", "CONSUMPTION")
"""Active import, as data collectors and suppliers call it; beside it they send export and reactive channels."""
_DAY, _LONG_DAY = 46, 50
"""Half-hours of the days on which the clock goes forward and back."""
_CLOCK_TIME = r"\d{1,2}:\d{2}"
_UNITS = {"kwh": 1.0, "wh": 0.001}
_MANY_KWH = 20.0
"""A supply that draws more in an average half-hour takes high voltage or is read in kWh that say so. [kWh]"""
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
        stamps, kwh, said = _readings(path, request.options)
        utc = _utc(stamps, local=clock == "local")
        good = utc.notna() & kwh.notna()
        if not good.any():
            raise SourceInvalid(f"{path}: no reading with a time and a number of kWh. laep reads {SOURCE.accepts}.")
        site = str(request.options.get("site") or path.stem)
        parts.append(
            _days(utc[good], kwh[good]).assign(site=site, days=utc[good].dt.tz_convert(_CLOCK).dt.date.nunique())
        )
        notes += [*said, *_gaps(path, good, kwh)]
        rows, kept = rows + len(kwh), kept + int(good.sum())
    frame = pd.concat(parts, ignore_index=True).assign(building_id=request.options.get("building"))
    return Ingested(
        layers={"in_meter": as_layer(frame.astype({"building_id": "string"}), "in_meter", source=SOURCE)},
        rows_read=rows, rows_kept=kept, notes=tuple(notes),
    )  # fmt: skip


def _readings(path: Path, options: Mapping[str, Any]) -> tuple[pd.Series[str], pd.Series[float], list[str]]:
    """Return times as text, kWh, and how the file was read."""
    names = header(path, COLUMNS, source=SOURCE)
    wide = [name for name in names if _period(name) is not None]
    found = by_name(names, COLUMNS)
    beside = {ours: name for ours, name in found.items() if ours in _BESIDE}
    local = options.get("clock", "local") == "local"
    if _DAY <= len(wide) <= _LONG_DAY:
        return _wide(path, names, found.get("date"), wide, beside, local=local)
    energy = _energy(path, names, found, options.get("column"))
    by_period = "time" not in found and "period" in found
    time = found.get("time", found.get("date"))
    if time is None or energy is None:
        lacking = "times" if time is None else "kWh"
        said = say_missing([(*COLUMNS["time"], *COLUMNS["date"]) if time is None else COLUMNS["kwh"]], names)
        raise SourceInvalid(f"{path}: no column of {lacking}: {said} laep reads {SOURCE.accepts}.")
    columns = {"time": time, "kwh": energy, **beside, **({"period": found["period"]} if by_period else {})}
    table = read_table(path, {ours: (name,) for ours, name in columns.items()}, source=SOURCE)
    table, said_of = _one_meter(path, table)
    kwh = _in_kwh(path, numeric(table["kwh"]), energy, options)
    if by_period:
        told = f"{path.name}: times from {time!r} and {found['period']!r}, kWh from {energy!r}."
        return _of_period(table["time"], numeric(table["period"]), local=local), kwh, [told, *said_of]
    if "time" not in found and not table["time"].str.contains(_CLOCK_TIME).any():
        raise SourceInvalid(
            f"{path}: {time!r} holds days without a time, and no column numbers the half-hours of a day. "
            f"laep reads {SOURCE.accepts}."
        )
    return table["time"], kwh, [f"{path.name}: times from {time!r}, kWh from {energy!r}.", *said_of]


def _wide(
    path: Path, names: list[str], date: str | None, wide: list[str], beside: Mapping[str, str], *, local: bool
) -> tuple[pd.Series[str], pd.Series[float], list[str]]:
    """Return readings of a row a day: columns named by the clock say when they begin, or end; numbers count on."""
    if date is None:
        lacking = say_missing([COLUMNS["date"]], names)
        raise SourceInvalid(f"{path}: has {len(wide)} columns of half-hours but {lacking}")
    at = {name: _period(name) or 0 for name in wide}
    if at[wide[0]] > at[wide[-1]]:  # 00:30 first and 00:00 last: named by when they end
        at = {name: place for place, name in enumerate(wide, start=1)}
    columns = {"date": date, **beside, **{str(at[name]): name for name in wide}}
    table = read_table(path, {ours: (name,) for ours, name in columns.items()}, source=SOURCE)
    table, said = _one_meter(path, table)
    periods = [str(place) for place in sorted(at.values())]
    long = table.melt(id_vars="date", value_vars=periods, var_name="period", value_name="kwh")
    period = long["period"].astype("int64")
    long = long[long["kwh"].notna() | period.le(_PERIODS)].reset_index(drop=True)
    period = long["period"].astype("int64")
    told = f"{path.name}: a row a day of {len(wide)} half-hours, dates from {date!r}."
    if not any(":" in name for name in wide):
        return _of_period(long["date"], period.astype("float64"), local=local), numeric(long["kwh"]), [told, *said]
    minutes = (period - 1) * 30
    clock = (minutes // 60).astype("string").str.zfill(2) + ":" + (minutes % 60).astype("string").str.zfill(2)
    return (iso_date(long["date"]) + " " + clock).astype("string"), numeric(long["kwh"]), [told, *said]


def _of_period(date: pd.Series[str], period: pd.Series[float], *, local: bool) -> pd.Series[str]:
    """Return when half-hours begin, as text in UTC; they are counted from midnight on, 46 to 50 of them in a day."""
    day = pd.to_datetime(iso_date(date), format="%Y-%m-%d", errors="coerce").dt.tz_localize(_CLOCK if local else "UTC")
    half_hours = period.where(period.between(1, _LONG_DAY)) - 1
    begins = day.dt.tz_convert("UTC") + pd.to_timedelta(half_hours * _HALF_HOUR_MS, unit="ms")
    return begins.dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype("string")


def _one_meter(path: Path, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of what was drawn from the network; raise `SourceInvalid` where they are of several meters."""
    said = []
    if "channel" in table:
        channel = table["channel"].str.upper().str.strip()
        drawn = channel.isin(_DRAWN)
        if drawn.any() and not drawn.all():
            kinds = ", ".join(sorted(set(channel[~drawn].dropna())))
            said.append(f"{path.name}: {int((~drawn).sum()):,} rows of other channels ({kinds}) are left out.")
            table = table[drawn].reset_index(drop=True)
    meters = sorted(set(table["meter"].dropna())) if "meter" in table else []
    if len(meters) > 1:
        raise SourceInvalid(
            f"{path}: has readings of {len(meters)} meters, and laep takes a file a meter. Save each in a "
            "file of its own."
        )
    return table, said


def _in_kwh(path: Path, values: pd.Series[float], name: str, options: Mapping[str, Any]) -> pd.Series[float]:
    """
    Return readings in kWh.

    Raises
    ------
    SourceInvalid
        For running reads of a register, and for a column that says no unit and looks as if it were in Wh.
    """
    known = values.dropna()
    steps = known.diff().dropna()
    if len(steps) >= _DAY and (steps >= 0).all() and known.iloc[-1] > known.iloc[0]:
        raise SourceInvalid(
            f"{path}: {name!r} never falls, from {known.iloc[0]:g} to {known.iloc[-1]:g}: these are running reads of "
            "the register. laep needs what each half-hour used: take the read before from each."
        )
    unit = options.get("unit") or next((word for word in ("kwh", "wh") if word in _words(name)), None)
    if unit is None and len(known) and (known % 1 == 0).all() and known.mean() > _MANY_KWH:
        raise SourceInvalid(
            f"{path}: {name!r} says no unit, and its numbers are whole and {known.mean():,.0f} on average. If they are "
            f'watt-hours, set {say_option(SOURCE, "unit", "Wh")}, else "kWh".'
        )
    if str(unit or "kwh").casefold() not in _UNITS:
        raise SourceInvalid(f'[sources.meter] has unit = {unit!r}. Write "kWh" or "Wh".')
    return values * _UNITS[str(unit or "kwh").casefold()]


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", name.casefold())


def _energy(path: Path, names: list[str], found: dict[str, str], column: object) -> str | None:
    """Return the column of kWh: the one the user names, else the usual one."""
    if column is None:
        return found.get("kwh")
    named = by_name(names, {"kwh": (str(column),)})
    if not named:
        raise SourceInvalid(f"{path}: {say_missing([(str(column),)], names)} Mend `column` in [sources.meter].")
    return named["kwh"]


def _period(name: str) -> int | None:
    """Return the period, 1 to 50, of a column called `1`, `HH01`, `Period 1`, `00:00` or `00:30 kWh`."""
    text = name.strip().casefold().removesuffix("kwh").strip(" _()")
    if found := re.fullmatch(r"(\d{1,2}):([03]0)(?::00)?", text):
        return int(found[1]) * 2 + int(found[2]) // 30 + 1
    if found := re.fullmatch(r"(?:hh|p|period|kwh)?[ _]?(\d{1,2})", text):
        return int(found[1]) if 1 <= int(found[1]) <= _LONG_DAY else None
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
