"""NGED network capacity map, today's and the superseded one of 2021 to 2025 -> `in_substation` and `in_headroom`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.dso.form import normal, today
from laep.ingest.dso.form.today import Figure
from laep.ingest.net.ckan import HOSTS, Ckan
from laep.ingest.read import cells, forms, positions
from laep.ingest.read.files import edition_note, edition_year, one_file
from laep.ingest.read.table import numeric
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from laep.ingest.source import Request

SOURCE = Source(
    name="nged_capacity",
    title="NGED network capacity map",
    publisher="National Grid Electricity Distribution",
    licence="NGED open data licence (see the dataset page)",
    attribution="Supported by NGED Open Data",
    url="https://connecteddata.nationalgrid.co.uk/dataset/nged-network-capacity",
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV of the network capacity map or of the network opportunity map, or the older capacity map's CSV",
    options=("year",),
    nations=("england", "wales"),
    operator="nged",
    live=Ckan(host=HOSTS["nged"], package="nged-network-capacity", resource=r"capacity"),
    key="LAEP_NGED_KEY",
    tested_on="schema only",
)
_NOW = {
    "substation_id": ("substationNumber",),
    "own_id": ("substationID",),
    "name": ("name",),
    "type": ("type",),
    "voltages": ("voltages",),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "primary": ("primary",),
    "upstream_bsp": ("BSP",),
    "upstream_gsp": ("GSP",),
    "demand_connected": ("demandConnectedHeadroomMW",),
    "demand_contracted": ("demandContractedHeadroomMW",),
    "demand_connected_rag": ("demandConnectedRAG",),
    "demand_contracted_rag": ("demandContractedRAG",),
    "demand_limit": ("demandConstraintLimitingFactor",),
    "generation_connected": ("generationConnectedHeadroomMW",),
    "generation_contracted": ("generationContractedHeadroomMW",),
    "generation_connected_rag": ("generationConnectedRAG",),
    "generation_contracted_rag": ("generationContractedRAG",),
    "generation_limit": ("generationConstraintLimitingFactor",),
    "Capacity for demand": ("demandTotalCapacity",),
    "Demand quoted": ("demandQuotedCapacity",),
    "Highest demand": ("demandMaximum",),
    "Lowest demand": ("demandMinimum",),
    "Capacity for generation": ("generationTotalCapacity",),
    "Generation quoted": ("generationQuotedCapacity",),
}
_OLDER = {
    "substation_id": ("Substation Number",),
    "own_id": ("Network Reference ID",),
    "name": ("Substation Name",),
    "type": ("Asset Type",),
    "lower": ("Downstream Voltage",),
    "upper": ("Upstream Voltage",),
    "latitude": ("Latitude",),
    "longitude": ("Longitude",),
    "upstream_gsp": ("Group",),
    "demand": ("Demand Headroom (MVA)",),
    "demand_rag": ("Demand Headroom RAG",),
    "upstream_demand": ("Upstream Demand Headroom",),
    "upstream_demand_rag": ("Upstream Demand Headroom RAG",),
    "generation": ("Generation Headroom (MVA)",),
    "generation_rag": ("Generation Headroom RAG",),
    "firm_capacity_mva": ("Firm Capacity of Substation (MVA)",),
    "max_demand_mva": ("Measured Peak Demand (MVA)",),
    "Reverse power capability (MVA)": ("Reverse Power Capability (MVA)",),
    "Fault level headroom": ("Fault Level Headroom",),
    "Generation connected (kVA)": ("Generation Connected (kVA)",),
    "Generation accepted, not connected (kVA)": ("Generation Accepted Not Connected (kVA)",),
    "Generation offered, not accepted (kVA)": ("Generation Offered Not Accepted (kVA)",),
}
FORMS: forms.Forms = {"now": _NOW, "older": _OLDER}
"""Edition of the map -> our name -> spellings of the published one; remarks go by their label."""
COLUMNS = forms.every(FORMS)
_LEVELS = {
    "Primary": "primary", "Primary Substation": "primary", "BSP": "bsp", "Bulk Supply Point": "bsp", "GSP": "gsp",
    "Grid Supply Point": "gsp", "Super Grid Substation": "gsp", "Secondary": "secondary",
    "Distribution": "secondary", "Distribution Substation": "secondary",
}  # fmt: skip
_NEEDED = {
    "now": ("name", "type", "demand_connected", "generation_connected"),
    "older": ("name", "type", "demand", "generation"),
}
_FIGURES_NOW = tuple(
    Figure(
        column=f"{side}_{basis}", direction=side, unit="MW", basis=basis, rag=f"{side}_{basis}_colour",
        constraint=f"{side}_binds",
    )
    for side in ("demand", "generation")
    for basis in ("connected", "contracted")
)  # fmt: skip
_FIGURES_OLDER = tuple(
    Figure(
        column=side, direction=side, unit="MVA", basis="firm_n1" if side == "demand" else "not_stated",
        rag=f"{side}_colour", constraint=f"{side}_binds",
    )
    for side in ("demand", "generation")
)  # fmt: skip
_REMARKS_NOW = tuple(name for name in _NOW if name[0].isupper())
_REMARKS_OLDER = tuple(name for name in _OLDER if name[0].isupper())


def read(request: Request) -> Ingested:
    """
    Return the substations near the area and today's headroom, secondaries in the area among them.

    Notes
    -----
    Headroom of today's map is in MW, against what is connected and against what has been accepted as well (bases
    `connected` and `contracted`). Its capacities and demands have no unit, so they stand in `comment`. The older map
    is in MVA. Where reverse power capability is not known, NGED takes half the firm capacity for generation (its notes
    to the map); rows do not say where it did.
    """
    path = one_file(request, SOURCE)
    optional = {form: [name for name in columns if name not in _NEEDED[form]] for form, columns in FORMS.items()}
    form, raw = forms.read_form(path, FORMS, source=SOURCE, optional=optional)
    older = form == "older"
    year, edition = edition_year(path, request, SOURCE)
    places = positions.points(latitude=raw["latitude"], longitude=raw["longitude"])
    table = _older(raw) if older else _now(raw)
    found = today.layers(
        table, places, _FIGURES_OLDER if older else _FIGURES_NOW, request, SOURCE, operator="nged", year=year,
        edition=edition, published=raw,
    )  # fmt: skip
    notes = (*edition_note(year, edition, SOURCE), *found.notes)
    return Ingested(
        layers=found.layers, rows_read=found.rows_read, rows_kept=found.rows_kept, notes=notes, edition=edition
    )


def _now(raw: pd.DataFrame) -> pd.DataFrame:
    lower, upper = normal.voltage_list(raw["voltages"])
    secondary = cells.looked_up(raw["type"], _LEVELS).eq("secondary").fillna(value=False)
    fed_from = ("Fed from primary " + cells.tidy(raw["primary"])).where(secondary)
    columns = {f"{side}_{basis}": numeric(raw[f"{side}_{basis}"]) for side, basis in _sides()}
    colours = {f"{side}_{basis}_colour": normal.colour(raw[f"{side}_{basis}_rag"]) for side, basis in _sides()}
    binds = {f"{side}_binds": cells.tidy(raw[f"{side}_limit"]) for side in ("demand", "generation")}
    return _shared(raw, [fed_from, *_remarks(raw, _REMARKS_NOW)]).assign(
        voltage_kv=lower, upstream_voltage_kv=upper, upstream_bsp=cells.tidy(raw["upstream_bsp"]),
        **columns, **colours, **binds,
    )  # fmt: skip


def _sides() -> list[tuple[str, str]]:
    return [(side, basis) for side in ("demand", "generation") for basis in ("connected", "contracted")]


def _older(raw: pd.DataFrame) -> pd.DataFrame:
    lower, _ = normal.voltage_list(raw["lower"])
    upper, _ = normal.voltage_list(raw["upper"])
    demand, above = numeric(raw["demand"]), numeric(raw["upstream_demand"])
    tighter = ("Upstream demand headroom " + raw["upstream_demand"] + " MVA").where(above.lt(demand))
    return _shared(raw, _remarks(raw, _REMARKS_OLDER)).assign(
        voltage_kv=lower, upstream_voltage_kv=upper.where(upper.gt(lower)),
        firm_capacity_mva=numeric(raw["firm_capacity_mva"]), max_demand_mva=numeric(raw["max_demand_mva"]),
        demand=demand, generation=numeric(raw["generation"]), demand_colour=normal.colour(raw["demand_rag"]),
        generation_colour=normal.colour(raw["generation_rag"]), demand_binds=tighter.astype("string"),
        generation_binds=pd.Series(pd.NA, index=raw.index, dtype="string"),
    )  # fmt: skip


def _shared(raw: pd.DataFrame, remarks: list[pd.Series[str]]) -> pd.DataFrame:
    number = raw["substation_id"].str.replace(r"\.0+$", "", regex=True)
    return raw.assign(
        substation_id=number.fillna(raw["own_id"]), name=cells.tidy(raw["name"]),
        level=cells.looked_up(raw["type"], _LEVELS), upstream_gsp=cells.tidy(raw["upstream_gsp"]),
        comment=cells.joined(remarks, separator="\n"),
    )  # fmt: skip


def _remarks(raw: pd.DataFrame, labels: tuple[str, ...]) -> list[pd.Series[str]]:
    return [(f"{label}: " + raw[label]).astype("string") for label in labels]
