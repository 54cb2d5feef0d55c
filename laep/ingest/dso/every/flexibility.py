"""Flexible use that network operators seek to buy, by place -> `in_flexibility`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import ByOperator, Several
from laep.ingest.read import cells, forms, positions
from laep.ingest.read.files import files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric
from laep.ingest.source import Ingested, Source
from laep.schema import CRS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from laep.ingest.source import Request


def _portal(operator: str, dataset: str) -> Opendatasoft:
    return Opendatasoft(host=HOSTS[operator], dataset=dataset, labels=True)


SOURCE = Source(
    name="flexibility",
    title="flexible use that network operators seek",
    publisher="The network operator of the area",
    licence="See the operator's dataset page (UK Power Networks: CC BY 4.0)",
    attribution="Supported by open data of the network operator",
    url="https://ukpowernetworks.opendatasoft.com (DNOA, flexibility tenders; each operator has its own)",
    writes=("in_flexibility",),
    accepts=(
        "the CSV of SP Electricity North West's tender requirements, or of UK Power Networks' tender postcodes, DNOA "
        "or low-voltage DNOA"
    ),
    live=ByOperator(
        ways=(
            ("ukpn", Several(ways=(_portal("ukpn", "ukpn-dnoa"), _portal("ukpn", "ukpn-low-voltage-dnoa")))),
            ("enwl", _portal("enwl", "enwl-flexibility-tender-site-requirements")),
        )
    ),
    tested_on="real file",
)
FORMS: forms.Forms = {
    "requirements": {
        "zone": ("Output_NAME",),
        "substation": ("Substation_Name",),
        "substation_id": ("Sub_Number",),
        "capacity": ("Maximum_requirement__MVA_",),
        "product": ("Need_Type",),
        "starts": ("Delivery_start_date",),
        "months": ("Months_Required",),
        "days": ("Days_required",),
        "times": ("Times_required",),
        "ceiling": ("Ceiling_price__Per_Annum (£)_",),
        "utilisation": ("Maximum_Utilisation_Price___MWh",),
        "latitude": ("Lat",),
        "longitude": ("Long",),
    },
    "low_voltage_dnoa": {
        "zone": ("sitefunctionallocation",),
        "substation_id": ("Transformer Functional Location", "floc"),
        "capacity": ("TR11 flex capacity awarded(kW)",),
        "outcome": ("DNOA Result",),
        "starts": ("Constraint year",),
        "position": ("geopoint",),
    },
    "dnoa": {
        "zone": ("Substation Title",),
        "substation_id": ("Functional Location",),
        "constraint": ("Constraint description",),
        "season": ("Constraint season",),
        "outcome": ("DNOA result",),
        "starts": ("Constraint occurrence year",),
        "position": ("Spatial Coordinates",),
    },
    "tender_postcodes": {
        "zone": ("Flexibility_Zone",),
        "product": ("Competition_Pot",),
        "postcode": ("Post_Code",),
        "starts": ("Tender_Round",),
        "position": ("geo_point",),
    },
}
"""Form -> our name -> the published ones. SP Electricity North West: tender site requirements. UK Power Networks:
distribution network options assessment at low voltage and above it, whose procurement columns, one a year, hold no
unit; and which postcodes each tendered zone covers, of which one row a zone and round comes out."""
COLUMNS = forms.every(FORMS)


def read(request: Request) -> Ingested:
    """Return the needs placed in the area or within 10 km of it, nearest position first where a zone has many."""
    found = [_one(path, number) for number, path in enumerate(files_of(request, SOURCE), start=1)]
    every = pd.concat([table for table, _ in found], ignore_index=True)
    shapes = gpd.GeoSeries(every.pop("geometry"), crs=CRS)
    needs = gpd.GeoDataFrame(every, geometry=shapes)
    placed = needs.geometry.notna()
    near = placed & positions.near(needs.geometry, request.clip, distance_m=positions.SHARED_PRIMARY_M)
    kept = needs[near].copy()
    kept["distance_m"] = np.nan if request.clip is None else kept.distance(request.clip)
    kept = kept.sort_values("distance_m", kind="stable").drop_duplicates("need_id").sort_index()
    notes = [note for _, said in found for note in said]
    notes.append(
        f"{len(kept):,} needs are in the area or within {positions.SHARED_PRIMARY_M / 1000:.0f} km of it; "
        f"{int((placed & ~near).sum()):,} rows are further off."
    )
    if lost := int((~placed).sum()):
        notes.append(f"{lost:,} rows have no position in Great Britain and are left out.")
    return Ingested(
        layers={"in_flexibility": as_layer(kept, "in_flexibility", source=SOURCE)},
        rows_read=len(needs), rows_kept=int(near.sum()), notes=tuple(notes),
    )  # fmt: skip


def _one(path: Path, number: int) -> tuple[pd.DataFrame, list[str]]:
    form, raw = forms.read_form(path, FORMS, source=SOURCE)
    table = _ROWS[form](raw)
    if "need_id" not in table:
        table["need_id"] = pd.Series(table.index + 1, index=table.index).astype("string")
    table["need_id"] = f"{number}-" + table["need_id"]
    table["geometry"] = _points(raw)
    return table, [f"{path.name}: {len(raw):,} rows, {table['zone'].nunique():,} zones or substations."]


def _points(raw: pd.DataFrame) -> Any:
    if "position" in raw:
        latitude, longitude = positions.split_pair(raw["position"])
    else:
        latitude, longitude = raw["latitude"], raw["longitude"]
    return positions.points(latitude=latitude, longitude=longitude).points


def _requirements(raw: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "operator": "enwl", "zone": raw["zone"].fillna(raw["substation"]), "substation_id": raw["substation_id"],
            "product": raw["product"], "capacity": numeric(raw["capacity"]), "unit": "MVA",
            "starts": cells.iso_date(raw["starts"]).fillna(raw["starts"]),
            "window": _joined(raw[["months", "days", "times"]]),
            "utilisation_gbp_per_mwh": numeric(raw["utilisation"]),
            "ceiling_gbp_per_yr": numeric(raw["ceiling"]).where(lambda pounds: pounds > 0),
        }
    ).dropna(subset=["zone"])  # fmt: skip


def _dnoa(raw: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "operator": "ukpn", "zone": raw["zone"].fillna(raw["substation_id"]),
            "substation_id": raw["substation_id"], "product": raw["constraint"], "starts": raw["starts"],
            "window": raw["season"], "outcome": raw["outcome"],
        }
    ).dropna(subset=["zone"])  # fmt: skip


def _low_voltage(raw: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "operator": "ukpn", "zone": raw["zone"].fillna(raw["substation_id"]),
            "substation_id": raw["substation_id"], "capacity": numeric(raw["capacity"]), "unit": "kW",
            "starts": raw["starts"], "outcome": raw["outcome"],
        }
    ).dropna(subset=["zone"])  # fmt: skip


def _postcodes(raw: pd.DataFrame) -> pd.DataFrame:
    named = raw["zone"] + ", " + raw["starts"].fillna("round not said") + ", " + raw["product"].fillna("")
    return pd.DataFrame(
        {"operator": "ukpn", "zone": raw["zone"], "product": raw["product"], "starts": raw["starts"], "need_id": named}
    ).dropna(subset=["zone"])  # fmt: skip


def _joined(parts: pd.DataFrame) -> pd.Series[str]:
    """Return the texts of each row, those that are missing left out, as one."""
    text = pd.Series("", index=parts.index, dtype="string")
    for name in parts:
        text = text + (", " + parts[name].astype("string")).fillna("")
    joined = text.str.removeprefix(", ")
    return joined.mask(joined == "")


_ROWS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "requirements": _requirements, "low_voltage_dnoa": _low_voltage, "dnoa": _dnoa, "tender_postcodes": _postcodes,
}  # fmt: skip
"""Form -> what becomes of its rows."""
