"""Published supply areas of any operator -> `in_supply_area`, those that touch the area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.read import cells, shape_table
from laep.ingest.read.files import files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.vector import unique_ids
from laep.ingest.source import Ingested
from laep.schema import LEVELS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import geopandas as gpd

    from laep.ingest.source import Request, Source

OPTIONS = ("layer", "where", "crs", "name", "level")
"""Keys of laep.toml every source of supply areas knows: `name` is the column of the substation's name."""
_TYPES = {
    "primary": "primary", "primaries": "primary", "pss": "primary", "pry": "primary", "bsp": "bsp",
    "bulk supply point": "bsp", "grid": "bsp", "gsp": "gsp", "grid supply point": "gsp", "supply point": "bsp",
    "secondary": "secondary", "distribution": "secondary",
}  # fmt: skip


def read(
    request: Request,
    source: Source,
    columns: Mapping[str, Collection[str]],
    *,
    operator: str,
    level: str | None = None,
    names: Mapping[str, Collection[str]] | None = None,
) -> Ingested:
    """
    Return the supply areas of the files that touch the area, whole.

    Parameters
    ----------
    columns : mapping
        Our name -> published names: `substation_name`, and where there are such `supply_area_id`, `upstream_bsp`,
        `upstream_gsp` and `type`.
    level : str or None
        Level of all areas; None where a column `type` or the file's name tells, as in `South Wales Primary.gpkg`. The
        option `level` decides before either.
    names : mapping, optional
        Level -> spellings of the substation's name, where the column depends on the level.

    Notes
    -----
    Names stay as published. Areas are drawn round what is fed today; at their edges homes may hang on the neighbour.
    """
    optional = [ours for ours in columns if ours != "substation_name"]
    frames, rows_read = [], 0
    notes: list[str] = []
    for path in files_of(request, source):
        stands_for = _level(path, request, source, level, typed="type" in columns)
        spellings = dict(columns)
        if chosen := (names or {}).get(stands_for or ""):
            spellings["substation_name"] = chosen
        if name := request.options.get("name"):
            spellings["substation_name"] = (str(name),)
        found = shape_table.read(path, spellings, request, source, kind="polygon", optional=optional)
        areas, said = touching(found.frame, request, level=stands_for)
        notes += [*found.notes, *said, *_nothing_note(areas, path)]
        rows_read += found.rows_read
        frames.append(areas)
    every = pd.concat(frames, ignore_index=True)
    ids = (
        every["supply_area_id"] if "supply_area_id" in columns else pd.Series(pd.NA, index=every.index, dtype="string")
    )
    kept = every.assign(
        operator=operator,
        supply_area_id=unique_ids(ids.fillna(every["substation_name"]), every.geometry.to_numpy()),
    )
    counted = f"{len(kept):,} of {rows_read:,} supply areas touch the area and are kept whole."
    return Ingested(
        layers={"in_supply_area": as_layer(kept, "in_supply_area", source=source)},
        rows_read=rows_read, rows_kept=len(kept), notes=(counted, *notes),
    )  # fmt: skip


def touching(frame: gpd.GeoDataFrame, request: Request, *, level: str | None) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the areas with a name and a known level that touch the plan's area, and notes on the others."""
    names = cells.tidy(frame["substation_name"])
    levels = (
        cells.looked_up(frame["type"], _TYPES) if "type" in frame else pd.Series(pd.NA, frame.index, dtype="string")
    )
    levels = levels.fillna(level) if level else levels
    tidied = frame.assign(
        substation_name=names, level=levels,
        **{column: cells.tidy(frame[column]) for column in ("upstream_bsp", "upstream_gsp") if column in frame},
    )  # fmt: skip
    usable = names.notna() & levels.notna()
    touches = pd.Series(data=True, index=frame.index) if request.clip is None else frame.intersects(request.clip)
    notes = []
    if nameless := int((touches & names.isna()).sum()):
        notes.append(f"{nameless:,} areas have no substation name and are left out.")
    if unknown := int((touches & names.notna() & levels.isna()).sum()):
        notes.append(f"{unknown:,} areas are of a kind laep does not know and are left out.")
    return tidied[usable & touches].reset_index(drop=True), notes


def _level(path: Path, request: Request, source: Source, level: str | None, *, typed: bool) -> str | None:
    given = request.options.get("level")
    if given is not None and given not in LEVELS:
        raise SourceInvalid(f"[sources.{source.name}] level = {given!r}: write one of {', '.join(LEVELS)}.")
    if given is not None or level is not None:
        return given or level
    name = f"{path.stem} {request.options.get('layer', '')}".casefold()
    found = next((ours for word, ours in _TYPES.items() if word in name), None)
    if found is None and not typed:
        raise SourceInvalid(
            f"{path.name}: neither the file nor its name says which substations these are the areas of. "
            f'Write `level = "primary"` (or {", ".join(LEVELS)}) under [sources.{source.name}] in laep.toml.'
        )
    return found


def _nothing_note(areas: gpd.GeoDataFrame, path: Path) -> list[str]:
    if len(areas):
        return []
    return [f"{path.name} has no supply area here. Is this the file of the operator that serves this place?"]
