"""Long Term Development Statement capacity heat maps, the nearest to one schema -> `in_substation`, `in_headroom`."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import normal, today
from laep.ingest.dso.form.today import Figure
from laep.ingest.read import cells, positions, shape_table
from laep.ingest.read.files import edition_note, edition_year, files_of
from laep.ingest.read.table import numeric, read_table
from laep.ingest.read.vector import refuse_text
from laep.ingest.source import Ingested

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request, Source

OPTIONS = ("year", "unit")
COLUMNS = {
    "substation_id": ("mrid",),
    "name": ("site_name", "name"),
    "type": ("type",),
    "area": ("area",),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon"),
    "lat_lon": ("latlon", "geo_point_2d", "coordinates", "latitude_longitude"),
    "voltages": ("voltages", "voltage", "connection_voltage_kv", "proposed_connection_voltage_kv"),
    "upstream_gsp": ("gsp", "grid_supply_point"),
    "upstream_bsp": ("bsp",),
    "demand_headroom": ("demandavailablecapacity",),
    "demand_rag": ("demandconstraint",),
    "demand_limit": ("demandconstraintlimitingfactor",),
    "generation_headroom": ("generationavailablecapacity",),
    "generation_rag": ("generationconstraint",),
    "generation_limit": ("generationconstraintlimitingfactor",),
    "firm_capacity": ("demandfirmcapacity",),
    "max_demand": ("demandmaximum",),
    "min_demand": ("demandminimum",),
    "generation_firm": ("generationfirmcapacity",),
    "reverse_total": ("reversepowerflowtotalcapacity",),
    "reverse_available": ("reversepowerflowavailablecapacity",),
    "contracted_demand": ("demandcontractedcapacity", "loadconnectionoffersacceptedcapacity"),
    "contracted_generation": ("generationcontractedcapacity", "generationconnectionoffersacceptedcapacity",
                              "generationconnectionofferacceptedcapacity"),
    "other_limit": ("otherconstraints",),
}  # fmt: skip
"""Our name -> spellings of the published one at Northern Powergrid, UK Power Networks and SP Energy Networks."""
_REQUIRED = ("name", "type", "demand_headroom", "generation_headroom")
_LEVELS = {
    "Primary": "primary", "Primary Substation": "primary", "BSP": "bsp", "Bulk Supply Point": "bsp",
    "Grid": "bsp", "Grid Substation": "bsp", "GSP": "gsp", "Grid Supply Point": "gsp", "Secondary": "secondary",
}  # fmt: skip
_SCOTTISH = "SPD"
"""In SP Distribution 132 kV belongs to transmission, so its grid substations are grid supply points."""
UNITS = ("MW", "MVA")
_SAID = {
    "firm_capacity": "Firm capacity",
    "max_demand": "Highest demand",
    "min_demand": "Lowest demand",
    "generation_firm": "Firm capacity for generation",
    "reverse_total": "Reverse power capacity",
    "reverse_available": "Reverse power capacity available",
    "contracted_demand": "Demand contracted",
}


def read(request: Request, source: Source, *, operator: str, unit: str | None = None) -> Ingested:
    """
    Return the substations near the area and today's headroom of the heat maps given.

    Parameters
    ----------
    unit : str or None
        Unit the operator states, None where it states none: then the option `unit`, else MW, is taken, and said so.

    Notes
    -----
    Firm capacity and demands go into the layer's MVA columns only when the unit is MVA; in MW they stand in `comment`,
    as no power factor is published. Where `gsp` and `bsp` are ids, they are turned into names by the same table.
    """
    paths = files_of(request, source)
    raw = pd.concat([_read_file(path, source) for path in paths], ignore_index=True)
    year, edition = edition_year(paths[-1], request, source)
    taken = _unit(request, source, unit)
    latitude, longitude = positions.split_pair(raw["lat_lon"])
    places = positions.points(
        latitude=raw["latitude"].fillna(latitude), longitude=raw["longitude"].fillna(longitude)
    )  # fmt: skip
    figures = [
        Figure(column=f"{side}_headroom", direction=side, unit=taken, rag=f"{side}_colour", constraint=f"{side}_binds")
        for side in ("demand", "generation")
    ]
    found = today.layers(
        _table(raw, unit=taken), places, figures, request, source, operator=operator, year=year, edition=edition,
        by_name=bool(raw["substation_id"].isna().all()), published=raw,
    )  # fmt: skip
    notes = [*edition_note(year, edition, source), *_unit_note(request, source, unit, taken), *found.notes]
    return Ingested(
        layers=found.layers, rows_read=found.rows_read, rows_kept=found.rows_kept, notes=tuple(notes), edition=edition
    )


def _read_file(path: Path, source: Source) -> pd.DataFrame:
    """Return one heat map under our names, from a table or from a release in JSON, whose rows are in `Substations`."""
    optional = [name for name in COLUMNS if name not in _REQUIRED]
    refuse_text(path, source)
    with path.open("rb") as file:
        start = file.read(64).removeprefix(codecs.BOM_UTF8).lstrip()
    if not start.startswith(b"{"):
        return read_table(path, COLUMNS, source=source, optional=optional)
    try:
        held = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceInvalid(f"{path}: is not whole JSON ({error}). Get it again from {source.url}.") from error
    rows = held.get("Substations") if isinstance(held, dict) else None
    plain = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if not plain:
        raise SourceInvalid(
            f"{path}: has no list 'Substations' with something in it. laep reads {source.accepts}; get it from "
            f"{source.url}."
        )
    table = pd.DataFrame(plain)
    chosen = shape_table.match(table, COLUMNS, path=path, source=source, optional=optional)
    return pd.DataFrame({ours: _texts(table, chosen.get(ours)) for ours in COLUMNS})


def _texts(table: pd.DataFrame, column: str | None) -> pd.Series[str]:
    """Return a column as text; lists of numbers keep their brackets, other nested values are missing."""
    if column is None:
        return pd.Series(pd.NA, index=table.index, dtype="string")
    text = table[column].map(lambda cell: pd.NA if cell is None or isinstance(cell, dict) else str(cell))
    return text.astype("string").str.strip().replace({"": pd.NA, "nan": pd.NA})


def _unit(request: Request, source: Source, unit: str | None) -> str:
    given = request.options.get("unit")
    if given is not None and given not in UNITS:
        raise SourceInvalid(f"[sources.{source.name}] unit = {given!r}: write one of {', '.join(UNITS)}.")
    return given or unit or UNITS[0]


def _unit_note(request: Request, source: Source, unit: str | None, taken: str) -> list[str]:
    if unit is not None or request.options.get("unit") is not None:
        return []
    note = (
        f"The table does not give the unit of its capacities: they are read as {taken}. If the dataset page says "
        f'otherwise, write `unit = "MVA"` in [sources.{source.name}] of laep.toml.'
    )
    return [note]


def _table(raw: pd.DataFrame, *, unit: str) -> pd.DataFrame:
    """Return one row a substation: columns of `in_substation`, and figures, colours and limits of both directions."""
    name = cells.tidy(raw["name"])
    lower, upper = normal.voltage_list(raw["voltages"])
    scottish = raw["area"].str.upper().eq(_SCOTTISH).fillna(value=False) & raw["type"].str.casefold().str.startswith(
        "grid"
    )
    level = cells.looked_up(raw["type"], _LEVELS).mask(scottish.fillna(value=False), "gsp")
    in_mva = unit == "MVA"
    blank = pd.Series(float("nan"), index=raw.index)
    by_id = pd.Series(name.to_numpy(), index=raw["substation_id"].to_numpy()).groupby(level=0).first()
    return raw.assign(
        substation_id=raw["substation_id"].fillna(name), name=name, level=level,
        voltage_kv=lower, upstream_voltage_kv=upper,
        upstream_gsp=_as_name(raw["upstream_gsp"], by_id), upstream_bsp=_as_name(raw["upstream_bsp"], by_id),
        firm_capacity_mva=numeric(raw["firm_capacity"]) if in_mva else blank,
        max_demand_mva=numeric(raw["max_demand"]) if in_mva else blank,
        min_demand_mva=numeric(raw["min_demand"]) if in_mva else blank,
        contracted_demand_mva=numeric(raw["contracted_demand"]) if in_mva else blank,
        contracted_generation_mw=blank if in_mva else numeric(raw["contracted_generation"]),
        comment=cells.joined(
            [(f"{label} (as published, {unit}): " + raw[column]).astype("string") for column, label in _SAID.items()],
            separator="\n",
        ),
        **_sides(raw),
    )  # fmt: skip


def _sides(raw: pd.DataFrame) -> dict[str, pd.Series[float] | pd.Series[str]]:
    columns: dict[str, pd.Series[float] | pd.Series[str]] = {}
    for side in ("demand", "generation"):
        columns[f"{side}_headroom"] = numeric(raw[f"{side}_headroom"])
        columns[f"{side}_colour"] = normal.colour(raw[f"{side}_rag"])
        columns[f"{side}_binds"] = cells.joined([cells.tidy(raw[f"{side}_limit"]), cells.tidy(raw["other_limit"])])
    return columns


def _as_name(upstream: pd.Series[str], by_id: pd.Series[str]) -> pd.Series[str]:
    """Return the name of the substation an id stands for, else the text itself."""
    return upstream.map(by_id).astype("string").fillna(cells.tidy(upstream))
