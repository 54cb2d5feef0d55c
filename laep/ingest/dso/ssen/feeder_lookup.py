"""SSEN low-voltage feeder lookup (postcode to feeder, secondary, high-voltage feeder, primary) -> `in_feeder`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.net.ways import Download
from laep.ingest.read import cells
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, read_chunks, whole
from laep.ingest.read.vector import postcodes
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="ssen_feeder_lookup",
    title="SSEN low-voltage feeder lookup",
    publisher="Scottish and Southern Electricity Networks Distribution",
    licence="See the dataset page (CC BY 4.0 on most SSEN datasets)",
    attribution="Supported by Scottish and Southern Electricity Networks open data",
    url="https://data.ssen.co.uk/@ssen-distribution (Smart meter data, LV feeder lookup)",
    writes=("in_feeder",),
    takes=("in_building", "in_substation"),
    accepts="the CSV `LV_FEEDER_LOOKUP.csv`, which comes with the smart meter data",
    operator="ssen",
    live=Download(url="https://ssen-smart-meter-prod.portaljs.com/LV_FEEDER_LOOKUP/LV_FEEDER_LOOKUP.csv", kind="csv"),
    on_request=True,
    tested_on="excerpt",
)
COLUMNS = {
    "feeder_id": ("dataset_id",),
    "postcode": ("postcode",),
    "primary_number": ("primary_substation_id",),
    "primary_name": ("primary_substation_name",),
    "hv_number": ("hv_feeder_id",),
    "hv_feeder_name": ("hv_feeder_name",),
    "secondary_number": ("secondary_substation_id",),
    "secondary_name": ("secondary_substation_name",),
    "customers": ("total_mpan_count",),
}
_PARTS = ["primary_number", "hv_number", "secondary_number"]
_NEEDED = ["feeder_id", "postcode", *_PARTS]


def read(request: Request) -> Ingested:
    """
    Return the feeders of postcodes that buildings of the area carry, and those of its listed secondaries.

    Notes
    -----
    The file has no positions and covers half a country, so buildings or secondary substations have to be read first.
    Ids are put together as the transformer load model spells them: `0499_001_005` is substation 005 on high-voltage
    feeder 001 of primary 0499. A feeder with few meters is left out by SSEN.
    """
    if not request.files:
        raise SourceInvalid(f"{SOURCE.name} needs a file: {SOURCE.accepts}. Get it from {SOURCE.url}.")
    codes, secondaries = _near(request)
    if not codes and not secondaries:
        raise SourceInvalid(
            f"{SOURCE.name} has no positions, so laep finds its rows by the postcodes of buildings or the ids of "
            "secondary substations, and the area has neither. Run `laep ingest osm --file PATH` or "
            "`laep ingest ssen_transformers --file PATH` first."
        )
    parts = [_kept(path, codes, secondaries) for path in request.files]
    table = pd.concat([kept for kept, _, _ in parts], ignore_index=True)
    rows_read, unusable = sum(read for _, read, _ in parts), sum(bad for _, _, bad in parts)
    once = table.drop_duplicates(["feeder_id", "postcode"])
    counts = (
        f"{once['feeder_id'].nunique():,} feeders of {once['secondary_id'].nunique():,} secondary substations, "
        f"{once['postcode'].nunique():,} postcodes"
    )
    notes = [f"{len(once):,} of {rows_read:,} rows are of the area: {counts}."]
    if unusable:
        notes.append(f"{unusable:,} rows have no full postcode, feeder or substation and are left out.")
    if repeated := len(table) - len(once):
        notes.append(f"{repeated:,} rows repeat a feeder and postcode and are left out.")
    return Ingested(
        layers={"in_feeder": as_layer(once, "in_feeder", source=SOURCE)},
        rows_read=rows_read, rows_kept=len(once), notes=tuple(notes),
    )  # fmt: skip


def _near(request: Request) -> tuple[set[str], set[str]]:
    """Return the postcodes on buildings and the ids of secondaries that the area holds."""
    buildings: Any = request.layers.get("in_building")
    substations: Any = request.layers.get("in_substation")
    codes = set() if buildings is None else set(buildings["postcode"].dropna())
    if substations is None:
        return codes, set()
    return codes, set(substations.loc[substations["level"] == "secondary", "substation_id"].dropna())


def _kept(path: Path, codes: set[str], secondaries: set[str]) -> tuple[pd.DataFrame, int, int]:
    """Return the rows of one file to keep, how many it has, and how many of them cannot be used."""
    kept, rows_read, unusable = [], 0, 0
    for chunk in read_chunks(path, COLUMNS, source=SOURCE):
        typed = _typed(chunk)
        bad = typed[[*_NEEDED, "secondary_id"]].isna().any(axis="columns")
        here = typed["postcode"].isin(codes) | typed["secondary_id"].isin(secondaries)
        rows_read, unusable = rows_read + len(chunk), unusable + int(bad.sum())
        kept.append(typed[here & ~bad])
    return pd.concat(kept), rows_read, unusable


def _typed(chunk: pd.DataFrame) -> pd.DataFrame:
    words = chunk.astype("string")
    names = {name: cells.tidy(words[name]) for name in ("primary_name", "hv_feeder_name", "secondary_name")}
    primary, feeder, secondary = (words[name].str.strip() for name in _PARTS)
    return words.assign(
        **names,
        feeder_id=words["feeder_id"].str.strip(),
        postcode=postcodes(words["postcode"]),
        operator="ssen",
        primary_number=primary,
        hv_feeder_id=primary + "_" + feeder,
        secondary_id=primary + "_" + feeder + "_" + secondary,
        customers=whole(numeric(words["customers"])),
    )
