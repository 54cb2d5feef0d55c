"""Tables of substations with today's figures beside them -> `in_substation` and `in_headroom`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from laep.ingest.dso.form import normal
from laep.ingest.read import positions
from laep.ingest.read.layer import as_layer
from laep.ingest.source import Ingested

if TYPE_CHECKING:
    from collections.abc import Sequence

    from laep.ingest.source import Request, Source


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One headroom column of a table: what it says, and the columns with its colour and with what binds it."""

    column: str
    direction: str
    unit: str
    technology: str = "any"
    basis: str = "not_stated"
    rag: str | None = None
    constraint: str | None = None


def layers(
    table: pd.DataFrame,
    places: positions.Places,
    figures: Sequence[Figure],
    request: Request,
    source: Source,
    *,
    operator: str,
    year: int,
    edition: str = "",
    by_name: bool = False,
    published: pd.DataFrame | None = None,
) -> Ingested:
    """
    Return the substations near the area and today's headroom at them.

    Parameters
    ----------
    table : DataFrame
        One row a substation: `substation_id`, `name` and `level` (text), further columns of `in_substation`, and the
        columns `figures` names: numbers, and text for colours and constraints.
    places : Places
        Position of each row of `table`.
    operator : str
        Value of the layer's column.
    year, edition : int, str
        What today's figures stand for.
    published : DataFrame, optional
        The columns `figures` names as text, row by row: what stands in place of a number is kept.
    by_name : bool
        True where ids are only names: a second substation of a name, elsewhere, then gets `#2` behind it.

    Notes
    -----
    Primaries and what stands above them are kept within 50 km, secondaries only in the area and 500 m round it. Ids
    that stand for several levels get the level added. Whether an operator clips at zero is read from the whole table.
    """
    usable = table[["substation_id", "level"]].notna().all(axis="columns")
    ids = normal.distinct_ids(table["substation_id"], table["level"])
    if by_name:
        ids = normal.told_apart(ids, places.points)
    usable &= ~ids.duplicated()
    every = gpd.GeoDataFrame(table.assign(substation_id=ids, operator=operator), geometry=places.points)[usable]
    headroom, floor_notes = normal.with_floors(_headroom(every, figures, published, year=year, edition=edition))
    kept = near(every, request)
    substations = every[kept]
    rows = headroom[headroom["substation_id"].isin(substations["substation_id"])]
    written = {"in_substation": as_layer(substations, "in_substation", source=source)}
    if figures:
        written["in_headroom"] = as_layer(rows, "in_headroom", source=source)
    notes = [*_dropped_notes(table, ids), *_place_notes(places, usable), *kept_notes(every, kept), *floor_notes]
    return Ingested(
        layers=written, rows_read=len(table), rows_kept=len(substations), notes=tuple(notes), edition=edition
    )


def near(substations: gpd.GeoDataFrame, request: Request) -> pd.Series[bool]:
    """Return the substations to keep: secondaries at the area, the others as `normal.around` says."""
    secondary = substations["level"].eq("secondary").fillna(value=False).to_numpy(dtype=bool)
    kept = pd.Series(data=False, index=substations.index, dtype=bool)
    above = substations[~secondary]
    kept[above.index] = normal.around(above, request.clip)
    below = substations[secondary]
    kept[below.index] = positions.near(below.geometry, request.clip, distance_m=normal.EDGE_M)
    return kept


def kept_notes(substations: gpd.GeoDataFrame, kept: pd.Series[bool]) -> list[str]:
    """Return how many substations were kept and left out."""
    secondary = substations["level"].eq("secondary").fillna(value=False)
    notes = [] if secondary.all() and len(kept) else [normal.distance_note(kept[~secondary])]
    if secondary.any():
        inside = int(kept[secondary].sum())
        note = (
            f"{inside:,} of {int(secondary.sum()):,} secondary substations are in the area or within "
            f"{normal.EDGE_M:.0f} m of it, and are kept."
        )
        notes.append(note if inside else f"{note} Is this the file of the operator that serves this place?")
    return notes


def _headroom(
    substations: pd.DataFrame, figures: Sequence[Figure], published: pd.DataFrame | None, *, year: int, edition: str
) -> pd.DataFrame:
    """Return one row a substation and figure that says anything: a value, a colour or a constraint."""
    blank = pd.Series(pd.NA, index=substations.index, dtype="string")
    vintage = blank.fillna(edition) if edition else blank
    parts = []
    for figure in figures:
        value = substations[figure.column].astype("float64")
        part = substations[["substation_id", "level"]].assign(
            substation_name=substations["name"], direction=figure.direction, technology=figure.technology,
            scenario="now", scenario_vintage=vintage, year=year, value=value, unit=figure.unit,
            value_mw=value if figure.unit == "MW" else np.nan, basis=figure.basis,
            rag=substations[figure.rag] if figure.rag else blank,
            constraint=substations[figure.constraint] if figure.constraint else blank,
            instead=_instead(substations, figure, value, published),
        )  # fmt: skip
        parts.append(pd.DataFrame(part[part[["value", "rag", "constraint", "instead"]].notna().any(axis="columns")]))
    columns = ["substation_id", "direction", "technology", "value"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _instead(
    substations: pd.DataFrame, figure: Figure, value: pd.Series[float], published: pd.DataFrame | None
) -> pd.Series[str]:
    blank = pd.Series(pd.NA, index=substations.index, dtype="string")
    if published is None or figure.column not in published:
        return blank
    text = published[figure.column].reindex(substations.index)
    return normal.in_place(text, value, substations[figure.rag] if figure.rag else blank, substations["level"])


def _dropped_notes(table: pd.DataFrame, ids: pd.Series[str]) -> list[str]:
    notes = []
    if unknown := int(table["level"].isna().sum()):
        notes.append(f"{unknown:,} of {len(table):,} rows are of a kind laep does not know, and are left out.")
    if nameless := int((table["level"].notna() & table["substation_id"].isna()).sum()):
        notes.append(f"{nameless:,} rows without an id are left out.")
    if repeated := int((table["level"].notna() & ids.notna() & ids.duplicated()).sum()):
        notes.append(f"{repeated:,} rows repeat an id and level, and are left out; the first of each is kept.")
    return notes


def _place_notes(places: positions.Places, usable: pd.Series[bool]) -> list[str]:
    there = positions.Places(points=places.points[usable], astray_m=places.astray_m[usable], swapped=places.swapped)
    return [*positions.missing_note(there), *positions.astray_note(there)]
