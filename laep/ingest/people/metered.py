"""Metered electricity and gas of homes by postcode or LSOA, sub-national statistics -> layer `in_metered`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.net.govuk import GovUk
from laep.ingest.net.ways import Several
from laep.ingest.people.fuel_poverty import footnoted
from laep.ingest.read.by_zone import CODE, zones_of
from laep.ingest.read.files import files_of
from laep.ingest.read.table import header, numeric, read_chunks, sheet_of, whole
from laep.ingest.read.vector import postcodes, refuse_text, say_option
from laep.ingest.source import Ingested, Request, Source
from laep.schema import conform
from laep.schema.vocabulary import METERED_FUELS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

_PAGES = "government/statistics/postcode-level-{fuel}-statistics-{{year}}"
SOURCE = Source(
    name="metered",
    title="metered domestic electricity and gas by postcode or LSOA",
    publisher="Department for Energy Security and Net Zero",
    licence="Open Government Licence v3.0",
    attribution="Contains public sector information licensed under the Open Government Licence v3.0",
    url="https://www.gov.uk/government/collections/sub-national-electricity-consumption-data",
    writes=("in_metered",),
    takes=("in_zone", "in_building", "in_address"),
    accepts="the postcode tables (CSV) or the LSOA tables (workbook, or a sheet saved as CSV) of domestic electricity "
    "and gas, one fuel a file",
    options=("fuel", "year", "codes", "postcodes"),
    live=Several(
        ways=(
            GovUk(page=_PAGES.format(fuel="electricity"), file=r"all_meters_electricity_\d{4}\.csv$"),
            GovUk(page=_PAGES.format(fuel="gas"), file=r"level_gas_\d{4}\.csv$"),
        )
    ),
    on_request=True,
    tested_on="excerpt",
)
"""
`fuel` and `year` say what the file's name does not; `codes` and `postcodes` list the area's LSOAs and postcodes.

The tables by postcode, of all of Great Britain, are fetched when they are named.
"""

COLUMNS = {
    "postcode": ("Postcode",),
    "lsoa": footnoted(["LSOA code", "Lower Layer Super Output Area (LSOA) Code", "LSOACode", "LSOA21CD", "LSOA11CD"]),
    "meters": (
        "Num_meters", *footnoted(["Number of meters", "Total number of domestic electricity meters",
        "Number of consuming meters", "METERS"]),
    ),
    "total_kwh": (
        "Total_cons_kwh", *footnoted(["Total consumption (kWh)", "Consumption (kWh)",
        "Total domestic electricity consumption (kWh)", "KWH"]),
    ),
    "mean_kwh": (
        "Mean_cons_kwh", *footnoted(["Mean consumption (kWh per meter)",
        "Mean domestic electricity consumption (kWh per meter)"]),
    ),
    "median_kwh": (
        "Median_cons_kwh", *footnoted(["Median consumption (kWh per meter)",
        "Median domestic electricity consumption (kWh per meter)"]),
    ),
}  # fmt: skip
"""Our name -> the names the column goes by; the postcode files first, then editions of the LSOA sheets."""
_BOTH_FUELS = {
    fuel: {"meters": (f"{short}_meters",), "mean_kwh": (f"{short}_mean_kwh",)}
    for fuel, short in (("electricity", "elec"), ("gas", "gas"))
}
"""A research table with both fuels in one row: columns by fuel."""
_VALUES = ("meters", "total_kwh", "mean_kwh", "median_kwh")


def read(request: Request) -> Ingested:
    """
    Return layer `in_metered`: one row for each postcode or LSOA of the area, fuel and year.

    The area's postcodes are those of its buildings and addresses, so one that the map does not know is missed. The
    publisher leaves out postcodes with few meters.
    """
    kept: list[pd.DataFrame] = []
    notes: list[str] = []
    rows_read = 0
    for path in files_of(request, SOURCE):
        refuse_text(path, SOURCE)
        frame, rows, said = _one(path, request)
        rows_read += rows
        kept.append(frame)
        notes += [f"{path.name}: {note}" for note in said]
    every = pd.concat(kept, ignore_index=True)
    table = every.drop_duplicates(["kind", "area_code", "fuel", "year"])
    if len(table) < len(every):
        notes.append(f"Rows that repeat an area, fuel and year, left out: {len(every) - len(table)}.")
    if table.empty:
        raise SourceInvalid(
            f"None of the area's postcodes or LSOAs is in {', '.join(path.name for path in request.files)}. "
            f"Get the file that covers the area from {SOURCE.url}."
        )
    years = sorted(set(table["year"].dropna()))
    return Ingested(
        layers={"in_metered": conform(table.assign(source_id=SOURCE.name), "in_metered")},
        rows_read=rows_read,
        rows_kept=len(table),
        notes=tuple(notes),
        edition=", ".join(str(year) for year in years),
    )


def _one(path: Path, request: Request) -> tuple[pd.DataFrame, int, list[str]]:
    names = header(path, COLUMNS, source=SOURCE)
    folded = {re.sub(r"[^a-z0-9]", "", name.casefold()) for name in names}
    kind = "postcode" if "postcode" in folded else "lsoa"
    wanted = _wanted(kind, request)
    year = _year(path, request.options, sheet=sheet_of(path, COLUMNS, source=SOURCE))
    if {"elecmeters", "gasmeters"} <= folded:
        parts = [_rows(path, kind, columns, wanted, fuel) for fuel, columns in _BOTH_FUELS.items()]
    else:
        spellings = {name: COLUMNS[name] for name in _VALUES}
        parts = [_rows(path, kind, spellings, wanted, _fuel(path, names, request.options))]
    frame = pd.concat([part for part, _, _ in parts], ignore_index=True).assign(kind=kind, year=year)
    frame["year"] = frame["year"].astype("Int64")
    suppressed = sum(blank for _, _, blank in parts)
    notes = [f"Of {len(wanted):,} {_plural(kind)} of the area found in the table: {frame['area_code'].nunique():,}."]
    if suppressed:
        notes.append(f"Rows the publisher blanked, because few meters stand behind them, left out: {suppressed:,}.")
    if year is None:
        notes.append(f"Which year it is of is not known. Set {say_option(SOURCE, 'year', '2024')}.")
    return frame, max(rows for _, rows, _ in parts), notes


def _rows(
    path: Path, kind: str, spellings: Mapping[str, Collection[str]], wanted: pd.DataFrame, fuel: str
) -> tuple[pd.DataFrame, int, int]:
    """Return the rows of the area, the rows of the whole file, and how many of the area are blanked."""
    columns = {"area_code": COLUMNS[kind], **{name: spellings.get(name, ()) for name in _VALUES}}
    rows, found = 0, []
    for chunk in read_chunks(path, columns, source=SOURCE, optional=("total_kwh", "median_kwh")):
        code = postcodes(chunk["area_code"]) if kind == "postcode" else chunk["area_code"]
        rows += int(code.str.fullmatch(CODE, na=False).sum()) if kind == "lsoa" else int(code.notna().sum())
        found.append(chunk.assign(area_code=code).merge(wanted, on="area_code", how="inner"))
    raw = pd.concat(found, ignore_index=True)
    table = raw[["area_code", "share_in_area"]].assign(fuel=fuel)
    for name in _VALUES:
        table[name] = numeric(raw[name])
    blank = table["mean_kwh"].isna() & table["total_kwh"].isna()
    table["meters"] = whole(table["meters"])
    total = table["total_kwh"].fillna(table["mean_kwh"] * table["meters"].astype("float64"))
    return table.assign(total_kwh=total)[~blank], rows, int(blank.sum())


def _wanted(kind: str, request: Request) -> pd.DataFrame:
    """Return the area's postcodes or LSOAs, `area_code`, with `share_in_area`, missing for a postcode."""
    if kind == "postcode":
        codes = area_postcodes(request)
        if codes.empty:
            raise SourceInvalid(
                "Which postcodes the area covers is not known: no building or address has one. Run `laep ingest osm "
                f'--file PATH` first, or write `postcodes = ["OX29 4AA"]` under [sources.{SOURCE.name}] in laep.toml.'
            )
        return pd.DataFrame({"area_code": codes, "share_in_area": float("nan")})
    zones, _ = zones_of(request, SOURCE)
    lsoas = zones[zones["zone_id"].str.match(r"^[EWS]01")]
    if lsoas.empty:
        raise SourceInvalid(
            f"The area's census zones, such as {zones['zone_id'].iloc[0]}, are no LSOAs, and this table goes by LSOA. "
            f'Read LSOA boundaries with `laep ingest zones --file PATH`, or write `codes = ["E01028513"]` under '
            f"[sources.{SOURCE.name}] in laep.toml."
        )
    return lsoas.rename(columns={"zone_id": "area_code"})


def area_postcodes(request: Request) -> pd.Series[str]:
    """Return the area's full postcodes: listed in laep.toml, and those of buildings and addresses on the map."""
    listed = request.options.get("postcodes") or ()
    if isinstance(listed, str):
        listed = (listed,)
    held: list[Any] = [pd.Series([str(code) for code in listed], dtype="string")]
    for name in ("in_building", "in_address"):
        frame = request.layers.get(name)
        if frame is not None:
            held.append(frame["postcode"].astype("string"))
    return postcodes(pd.concat(held, ignore_index=True)).dropna().drop_duplicates().sort_values(ignore_index=True)


def _fuel(path: Path, names: Iterable[str], options: Mapping[str, Any]) -> str:
    """Return which fuel a file is of: the option, else its name, else its column names."""
    given = options.get("fuel")
    if given is not None:
        if given not in METERED_FUELS:
            raise SourceInvalid(f"[sources.{SOURCE.name}] has fuel = {given!r}. Choose electricity or gas.")
        return str(given)
    for text in (path.stem.casefold(), " ".join(names).casefold()):
        told = [fuel for fuel, word in (("electricity", "elec"), ("gas", "gas")) if word in text]
        if len(told) == 1:
            return told[0]
    raise SourceInvalid(
        f"{path}: does not say whether it is electricity or gas. Put the word into the file's name, or set "
        f"{say_option(SOURCE, 'fuel', 'electricity')}."
    )


def _year(path: Path, options: Mapping[str, Any], *, sheet: str) -> int | None:
    """Return the year a table is of: the option, else the one its sheet is called by, else the last of its name."""
    given = options.get("year")
    if given is not None:
        text = str(given).strip()
        if not re.fullmatch(r"20\d\d", text):
            raise SourceInvalid(f"[sources.{SOURCE.name}] has year = {given!r}. Write a year such as 2024.")
        return int(text)
    named = (re.findall(r"(?<!\d)(20\d\d)(?!\d)", text) for text in (sheet, path.stem))
    found = next((years for years in named if years), None)
    return int(found[-1]) if found else None


def _plural(kind: str) -> str:
    return "postcodes" if kind == "postcode" else "LSOAs"
