"""Monitored load of a substation or transformer, at any interval -> typical days in `in_load_profile`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.read import forms
from laep.ingest.read.files import files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import header, held, numeric, say_missing
from laep.ingest.read.typical_days import TypicalDays
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="load_monitor",
    title="monitored load of substations",
    publisher="The network operator of the area",
    licence="See the operator's dataset page (UK Power Networks: CC BY 4.0)",
    attribution="Supported by open data of the network operator",
    url="https://ukpowernetworks.opendatasoft.com (power flow of transformers; National Grid: LV load monitor)",
    writes=("in_load_profile",),
    accepts="the CSV of one or more substations near the area: these tables have no positions, so choose the file",
    tested_on="real file",
)
FORMS: forms.Forms = {
    "transformers": {
        "stamp": ("timestamp", "time_utc"),
        "asset": ("tx_id", "transformer_id"),
        "mw": ("active_power_mw", "mw"),
        "amps": ("current_amps", "amps"),
    },
    "monitor": {
        "stamp": ("timestamp",),
        "asset": ("Substation",),
        "what": ("Description",),
        "kw": ("original_values", "value", "values"),
    },
}
"""Form -> our name -> the published ones. UK Power Networks: power flow of primary and grid transformers, of which
either quantity may be blank all through. National Grid: low-voltage load monitor, one row a phase,
`721030 - Chestnut Drive`, `L1 Active Power`."""
COLUMNS = forms.every(FORMS)
_QUANTITIES = ("mw", "amps")


def read(request: Request) -> Ingested:
    """
    Return the typical days of each transformer, or of each substation over its phases.

    Notes
    -----
    Amperes stay amperes: without a voltage and a power factor they are no power. Times without a zone are read as UTC.
    """
    tables = [_table(path) for path in files_of(request, SOURCE)]
    readings = pd.concat([table for table, _ in tables], ignore_index=True)
    kept = readings.dropna()
    parts = [_days(part, str(unit)) for unit, part in kept.groupby("unit", sort=True)]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if frame.empty:
        raise SourceInvalid(f"{request.files[0]}: no reading with a time and a value. Get it again from {SOURCE.url}.")
    notes = [note for _, said in tables for note in said]
    if lost := len(readings) - len(kept):
        notes.append(f"{lost:,} of {len(readings):,} readings have no time or no value and are left out.")
    return Ingested(
        layers={"in_load_profile": as_layer(frame, "in_load_profile", source=SOURCE)},
        rows_read=len(readings),
        rows_kept=len(kept),
        notes=tuple(notes),
    )


def _table(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return columns asset_id, substation_id, substation_name, level, operator, utc_ms, value, unit, and notes."""
    form, raw = forms.read_form(path, FORMS, source=SOURCE, optional={"transformers": _QUANTITIES})
    return _transformers(path, raw) if form == "transformers" else _monitor(path, raw)


def _transformers(path: Path, raw: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    quantities = {name: FORMS["transformers"][name] for name in _QUANTITIES}
    if not held(path, quantities, source=SOURCE):
        said = say_missing([[names[0] for names in quantities.values()]], header(path, {}, source=SOURCE))
        raise SourceInvalid(f"{path}: {said} One of power and current is needed; get it from {SOURCE.url}.")
    mw, amps = numeric(raw["mw"]), numeric(raw["amps"])
    powered = mw.notna().any()
    site = raw["asset"].str.replace(r"_t\d+$", "", regex=True)
    table = pd.DataFrame(
        {
            "asset_id": raw["asset"], "substation_id": site, "substation_name": site.str.replace("_", " "),
            "level": "transformer", "operator": "ukpn", "utc_ms": _utc_ms(raw["stamp"]),
            "value": mw * 1000.0 if powered else amps, "unit": "kW" if powered else "A",
        }
    )  # fmt: skip
    return table, [] if powered else [f"{path.name}: only the current is published, so the profile is in amperes."]


def _monitor(path: Path, raw: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    power = raw[raw["what"].str.contains("Active Power", case=False).fillna(value=False)]
    site = power["asset"].str.partition(" - ")
    phases = pd.DataFrame(
        {"asset": power["asset"], "id": site[0], "name": site[2], "utc_ms": _utc_ms(power["stamp"]),
         "value": numeric(power["kw"])}
    )  # fmt: skip
    keys = ["asset", "id", "name", "utc_ms"]
    whole = phases.groupby(keys, as_index=False, dropna=False)["value"].agg(["sum", "count"])
    full = whole["count"].eq(power["what"].nunique())
    table = pd.DataFrame(
        {
            "asset_id": whole["id"], "substation_id": whole["id"], "substation_name": whole["name"],
            "level": "secondary", "operator": "nged", "utc_ms": whole["utc_ms"],
            "value": whole["sum"].where(full), "unit": "kW",
        }
    )  # fmt: skip
    return table, [f"{path.name}: {power['what'].nunique()} phases are summed; its numbers are read as kW."]


def _days(readings: pd.DataFrame, unit: str) -> pd.DataFrame:
    about = readings.drop_duplicates("asset_id")[
        ["asset_id", "level", "operator", "substation_id", "substation_name"]
    ].reset_index(drop=True)
    number = pd.Index(about["asset_id"]).get_indexer(pd.Index(readings["asset_id"]))
    sums = TypicalDays()
    sums.add(number, readings["utc_ms"].to_numpy(dtype="int64"), readings["value"].to_numpy(dtype="float64"))
    days = sums.frame(about["asset_id"].tolist())
    named = about.take(days.pop("asset").to_numpy()).reset_index(drop=True)
    return pd.concat([named, days], axis="columns").assign(unit=unit)


def _utc_ms(stamps: pd.Series[str]) -> pd.Series[int]:
    times = pd.to_datetime(stamps, errors="coerce", utc=True, format="ISO8601").dt.as_unit("ms")
    return times.astype("int64").astype("Int64").mask(times.isna())
