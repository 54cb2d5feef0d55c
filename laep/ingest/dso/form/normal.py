"""What only operators' tables need on their way to the normal form: reach, voltages, scenarios, floors, one key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from laep.ingest.read.cells import tidy
from laep.ingest.read.positions import ASTRAY_M, near
from laep.ingest.read.table import instead, numeric
from laep.schema import LAYERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from shapely import Geometry

    from laep.ingest.source import Source

NEARBY_M = 50_000.0
"""How far off a substation may stand and still be kept. The widest published primary supply area reaches 22 km from its
substation and the loneliest primary in the north of Scotland is 31 km from the next, so nothing that feeds a place is
further off than this; substations named upstream are kept at any distance."""
EDGE_M = 500.0
"""How far outside the area a secondary substation may stand and still feed homes in it: low voltage feeders are 500 m
at most."""

_NO_FIGURE = "N/A"


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


def voltages(text: pd.Series[str]) -> tuple[pd.Series[float], pd.Series[float]]:
    """
    Return the lower and upper voltage in kV of texts such as `132 / 33`, `33/11kV` or `132/33/11kv`.

    One number alone is the voltage on the lower side: what the substation gives out. Text without a number, or a
    number that only names the site (`No 1 33kv`), gives none: pairs need a stroke between them.
    """
    numbers = text.str.extract(r"(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)(?:\s*/\s*(\d+(?:\.\d+)?))?").astype("Float64")
    alone = numeric(text, told=False)
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


def colour(text: pd.Series[str]) -> pd.Series[str]:
    """Return Red, Amber or Green from texts such as `GREEN` or `Red - Fault Level`; missing where none is named."""
    named = text.str.extract(r"(?i)\b(red|amber|green)\b")[0]
    return named.str.capitalize().astype("string")


def scenario_and_vintage(text: pd.Series[str]) -> tuple[pd.Series[str], pd.Series[str]]:
    """Return scenario and edition of texts such as `DFES 2026 - Holistic Transition`; the edition may be missing."""
    parts = tidy(text).str.extract(r"(?i)^((?:DFES|FES|NDP)\s*20\d\d)\s*[-:]\s*(.+)$")
    return scenario_name(parts[1].astype("string").fillna(text)), parts[0].astype("string")


def scenario_name(text: pd.Series[str]) -> pd.Series[str]:
    """Return scenario names without the number some operators put before them; capitals become a title."""
    bare = tidy(text.str.replace(r"^\s*\d+\s*-\s*", "", regex=True))
    return bare.mask(bare.eq(bare.str.upper()) & bare.str.len().gt(4), bare.str.title())


def in_place(
    text: pd.Series[str], value: pd.Series[float], rag: pd.Series[str], level: pd.Series[str]
) -> pd.Series[str]:
    """
    Return what is published in place of a figure: text that is no number, and `N/A` where it says that there is none.

    It says so where the row is red and others of its level have figures. Where a whole level has none, as SSEN's supply
    points, its colour tells of a level that is not measured so.
    """
    red = colour(rag).eq("Red").fillna(value=False)
    measured = value.notna().groupby(level).transform("any").fillna(value=False).astype(bool)
    return instead(text).mask(value.isna() & red & measured & instead(text).isna(), _NO_FIGURE)


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
