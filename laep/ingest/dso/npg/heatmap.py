"""Northern Powergrid heat map, as points or areas -> `in_substation`, `in_headroom` and `in_supply_area`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import areas, normal, today
from laep.ingest.dso.form.today import Figure
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.read import cells, positions, shape_table
from laep.ingest.read.files import edition_note, edition_year, files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, read_table
from laep.ingest.read.vector import unique_ids
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="npg_heatmap",
    title="Northern Powergrid heat map",
    publisher="Northern Powergrid",
    licence="Northern Powergrid Open Data Licence v1.0",
    attribution="Supported by Northern Powergrid Open Data",
    url="https://northernpowergrid.opendatasoft.com (heatmapdatatable, heatmapsubstationareas)",
    writes=("in_substation", "in_headroom", "in_supply_area"),
    private=(),
    accepts="the CSV export of `heatmapdatatable`, or the GeoJSON or CSV export of `heatmapsubstationareas`",
    options=("layer", "where", "crs", "year"),
    nations=("england",),
    operator="npg",
    live=Several(
        ways=(
            Opendatasoft(host=HOSTS["npg"], dataset="heatmapdatatable"),
            Opendatasoft(host=HOSTS["npg"], dataset="heatmapsubstationareas", format="geojson", near="geo_shape"),
        )
    ),
    together=True,
    tested_on="excerpt",
)
COLUMNS = {
    "name": ("psp_name", "Name"),
    "type": ("typetable", "Type"),
    "easting": ("grid_easting", "Substation Eastings"),
    "northing": ("grid_northing", "Substation Northings"),
    "lat_lon": ("substation_location", "Substation Location"),
    "voltage": ("pvoltage", "Downstream Voltage"),
    "firm_capacity": ("firm_cap", "Firm Capacity"),
    "min_demand": ("mindemand", "Minimum Demand"),
    "max_demand": ("maxdemand", "Maximum Demand"),
    "accepted_generation": ("gentot", "Accepted Generation"),
    "accepted_demand": ("demtot", "Accepted Demand"),
    "generation_headroom": ("genhr", "Generation Headroom"),
    "demand_headroom": ("demhr", "Demand Headroom"),
    "generation_voltage": ("gen_voltage_constraint", "Generation Voltage Constraint"),
    "demand_voltage": ("dem_voltage_constraint", "Demand Voltage Constraint"),
    "generation_upstream": ("upgenconst", "Upstream Generation Constraint"),
    "demand_upstream": ("updemconst", "Upstream Demand Constraint"),
    "generation_here": ("genconstraint", "Generation Constraints"),
    "demand_here": ("demconstraint", "Demand Constraints"),
    "generation_rag": ("worst_case_constraint_gen_colour", "Worst Case constraint Gen Colour"),
    "demand_rag": ("worst_case_constraint_dem_colour", "Worst Case constraint Dem Colour"),
    "upstream": ("upstreamname", "Upstream Substation"),
    "upstream_gsp": ("gsp_name", "Upstream GSP"),
    "fault_level": ("Fault Level %", "fault_level_"),
}
"""Our name -> spellings of the published one: the table's field names, then the labels of the areas."""
_REQUIRED = ("name", "type", "demand_headroom", "generation_headroom")
_LEVELS = {"Primary": "primary", "BSP": "bsp", "Bulk Supply Point": "bsp", "Supply Point": "bsp", "GSP": "gsp"}
_FIGURES = tuple(
    Figure(
        column=f"{side}_headroom", direction=side, unit="MVA", basis="firm_n1" if side == "demand" else "not_stated",
        rag=f"{side}_colour", constraint=f"{side}_binds",
    )
    for side in ("demand", "generation")
)  # fmt: skip
_COLOUR = r"(?i)\b(?:red|amber|green)\b\s*-?\s*"
UNIT_NOTE = (
    "The table gives no units: capacities, demands and headroom are read as MVA, because firm capacities are those of "
    "transformers and headroom is what is left of them."
)


def read(request: Request) -> Ingested:
    """
    Return the substations near the area with today's headroom, and the supply areas that touch it where there are any.

    Notes
    -----
    No ids are published: names stand for them, with the level behind those that two levels share, as in
    `HEXHAM (bsp)`. Demand headroom is the firm capacity less the highest and the accepted demand, or less where the
    network above binds (checked on the published rows), so its basis is `firm_n1`.
    """
    paths = files_of(request, SOURCE)
    read_files = [_read_file(path, request) for path in paths]
    table = pd.concat([frame for frame, _, _ in read_files], ignore_index=True)
    table = table[~table.duplicated(["name", "type", "lat_lon"]) | table["lat_lon"].isna()].reset_index(drop=True)
    year, edition = edition_year(paths[-1], request, SOURCE)
    latitude, longitude = positions.split_pair(table["lat_lon"])
    places = positions.points(
        easting=table["easting"], northing=table["northing"], latitude=latitude, longitude=longitude
    )  # fmt: skip
    found = today.layers(
        _described(table),
        places,
        _FIGURES,
        request,
        SOURCE,
        operator="npg",
        year=year,
        edition=edition,
        by_name=True,
        published=table,
    )
    outlines = [outline for _, outline, _ in read_files if outline is not None]
    layers = dict(found.layers)
    if outlines:
        drawn = pd.concat(outlines, ignore_index=True)
        drawn = drawn.assign(supply_area_id=unique_ids(drawn["substation_name"], drawn.geometry.to_numpy()))
        layers["in_supply_area"] = as_layer(drawn, "in_supply_area", source=SOURCE)
    notes = [note for _, _, said in read_files for note in said]
    return Ingested(
        layers=layers, rows_read=found.rows_read, rows_kept=found.rows_kept, edition=edition,
        notes=(*notes, *edition_note(year, edition, SOURCE), UNIT_NOTE, *found.notes),
    )  # fmt: skip


def _read_file(path: Path, request: Request) -> tuple[pd.DataFrame, pd.DataFrame | None, tuple[str, ...]]:
    """Return the substations of one file, its supply areas where it has shapes, and notes."""
    optional = [name for name in COLUMNS if name not in _REQUIRED]
    if shape_table.is_table(path) and not shape_table.in_table(path, SOURCE):
        return read_table(path, COLUMNS, source=SOURCE, optional=optional), None, ()
    found = shape_table.read(
        path, COLUMNS, request, SOURCE, kind="polygon", margin_m=normal.NEARBY_M, optional=optional
    )  # fmt: skip
    if found.frame.empty:
        raise SourceInvalid(
            f"{path}: has nothing within {normal.NEARBY_M / 1000:.0f} km of the area. See {SOURCE.url}."
        )
    named = found.frame.rename(columns={"name": "substation_name"}).assign(operator="npg")
    drawn, said = areas.touching(named.drop(columns="upstream"), request, level=None)
    notes = (f"{len(drawn):,} supply areas touch the area and are kept whole.", *found.notes, *said)
    return pd.DataFrame(found.frame.drop(columns="geometry")), drawn, notes


def _described(table: pd.DataFrame) -> pd.DataFrame:
    name, upstream = cells.tidy(table["name"]), cells.tidy(table["upstream"])
    level = cells.looked_up(table["type"], _LEVELS)
    fault = ("Fault level: " + numeric(table["fault_level"]).round(1).astype("string") + " % of rating").astype(
        "string"
    )
    return table.assign(
        substation_id=name, name=name, level=level, voltage_kv=numeric(table["voltage"]),
        upstream_bsp=upstream.where(level.eq("primary").fillna(value=False) & upstream.ne(name)),
        upstream_gsp=cells.tidy(table["upstream_gsp"]),
        firm_capacity_mva=numeric(table["firm_capacity"]), max_demand_mva=numeric(table["max_demand"]),
        min_demand_mva=numeric(table["min_demand"]), contracted_demand_mva=numeric(table["accepted_demand"]),
        comment=cells.joined(
            ["Accepted generation (as published, no unit): " + table["accepted_generation"], fault], separator="\n"
        ),
        **{f"{side}_headroom": numeric(table[f"{side}_headroom"]) for side in ("demand", "generation")},
        **{f"{side}_colour": normal.colour(table[f"{side}_rag"]) for side in ("demand", "generation")},
        **{f"{side}_binds": _binds(table, side) for side in ("demand", "generation")},
    )  # fmt: skip


def _binds(table: pd.DataFrame, side: str) -> pd.Series[str]:
    """Return what binds: what stands behind a colour (`Red - Fault Level`), a voltage limit, and a limit upstream."""
    here = table[f"{side}_here"].str.replace(_COLOUR, "", regex=True).str.strip("[]\"' ,;")
    here = here.str.replace(r"\s*[,;]\s*", "; ", regex=True)
    here = here.mask(here.eq("") | here.str.match(r"(?i)no\b").fillna(value=False)).astype("string")
    voltage = table[f"{side}_voltage"].mask(table[f"{side}_voltage"].str.match(r"(?i)no\b").fillna(value=False))
    above = table[f"{side}_upstream"]
    above = above.mask(above.str.fullmatch(r"(?i)no(?:ne)?|green").fillna(value=False))
    named = above.str.contains("upstream", case=False).fillna(value=False)
    return cells.joined([here, voltage, above.where(named, "Upstream " + above)])
