"""Headroom by scenario and year, long or wide -> rows of `in_headroom`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from laep.ingest.dso.form import normal, today
from laep.ingest.read import positions
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import instead, numeric
from laep.ingest.source import Ingested

if TYPE_CHECKING:
    from collections.abc import Collection

    from laep.ingest.source import Request, Source

_YEAR = re.compile(r"^(?P<stem>.*?)[^a-z0-9]*(?P<year>(?:19|20)\d{2})(?:\s*[/-]\s*\d{2,4})?$")


def year_columns(names: Collection[str]) -> dict[str, tuple[str, int]]:
    """
    Return stem and year of every column whose name ends in a year, such as `best_view_2024` or `BEST VIEW 2024/25`.

    The stem is in lower case, its words parted by single spaces.
    """
    found = {}
    for name in names:
        if match := _YEAR.match(str(name).casefold().strip()):
            words = re.findall(r"[a-z0-9]+", match["stem"])
            found[str(name)] = (" ".join(words), int(match["year"]))
    return found


def melted(table: pd.DataFrame, columns: dict[str, tuple[str, int]]) -> pd.DataFrame:
    """
    Return a wide table long: a row a row and year column that says something, `stem`, `year`, `value` and `instead`.

    The other columns are repeated, `row` says which row of the table it was; rows follow the order of `columns`, then
    of `table`.
    """
    others = table.drop(columns=list(columns)).assign(row=range(len(table)))
    parts = [
        others.assign(stem=stem, year=year, value=numeric(table[name]), instead=instead(table[name]))
        for name, (stem, year) in columns.items()
    ]
    nothing = others.assign(stem="", year=0, value=float("nan"), instead="").iloc[:0]
    long = pd.concat(parts, ignore_index=True) if parts else nothing
    return long[_told(long)].reset_index(drop=True)


def _told(headroom: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows have a figure, or text in its place."""
    there: pd.Series[bool] = headroom["value"].notna()
    return there | headroom["instead"].notna() if "instead" in headroom else there


def layers(
    headroom: pd.DataFrame,
    sites: pd.DataFrame,
    places: positions.Places,
    request: Request,
    source: Source,
    *,
    operator: str,
    rows_read: int,
    edition: str = "",
) -> Ingested:
    """
    Return the substations near the area and their headroom by scenario and year.

    Parameters
    ----------
    headroom : DataFrame
        Columns of `in_headroom`; rows without an id, level, direction, scenario or year are left out and counted.
        `row`, where there is one, says which row of the file each is of.
    sites : DataFrame
        One row a substation: `substation_id`, `name`, `level`, and further columns of `in_substation`.
    places : Places
        Position of each row of `sites`.
    rows_read : int
        Rows of the file, before a wide one was made long.
    """
    required = ["substation_id", "level", "direction", "scenario", "year"]
    usable = headroom[required].notna().all(axis="columns")
    long, floor_notes = normal.with_floors(headroom[usable & _told(headroom)].reset_index(drop=True))
    every = gpd.GeoDataFrame(sites.assign(operator=operator), geometry=places.points)
    kept = today.near(every, request)
    substations = every[kept]
    inside = long["substation_id"].isin(substations["substation_id"])
    rows, repeat_notes = normal.one_row_a_key(long[inside], source=source)
    notes = [
        *_dropped_notes(headroom, usable), *positions.missing_note(places), *positions.astray_note(places),
        *today.kept_notes(every, kept), *repeat_notes, *floor_notes,
    ]  # fmt: skip
    return Ingested(
        layers={
            "in_substation": as_layer(substations, "in_substation", source=source),
            "in_headroom": as_layer(rows, "in_headroom", source=source),
        },
        rows_read=rows_read, rows_kept=rows["row"].nunique() if "row" in rows else len(rows), notes=tuple(notes),
        edition=edition,
    )  # fmt: skip


def sites_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a substation of a long table, from its first row; rows without id or level are left out."""
    named = table[table[["substation_id", "level"]].notna().all(axis="columns")]
    return named.drop_duplicates("substation_id").reset_index(drop=True)


def _dropped_notes(headroom: pd.DataFrame, usable: pd.Series[bool]) -> list[str]:
    notes = []
    if dropped := int((~usable).sum()):
        notes.append(
            f"{dropped:,} of {len(headroom):,} figures lack a known substation, level, direction, scenario or year: "
            "left out."
        )
    if silent := int((usable & ~_told(headroom)).sum()):
        notes.append(f"{silent:,} of {len(headroom):,} rows have no headroom figure: left out.")
    return notes
