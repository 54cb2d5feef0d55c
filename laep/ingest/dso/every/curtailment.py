"""Generation held back by active network management -> `in_curtailment`, one row a scheme, site and year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import ByOperator, Several
from laep.ingest.read import cells, forms
from laep.ingest.read.files import files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request


def _rows(operator: str, *datasets: str) -> Several:
    return Several(ways=tuple(Opendatasoft(host=HOSTS[operator], dataset=dataset) for dataset in datasets))


SOURCE = Source(
    name="curtailment",
    title="generation held back by network management",
    publisher="The network operator of the area",
    licence="See the operator's dataset page",
    attribution="Supported by open data of the network operator",
    url="https://ukpowernetworks.opendatasoft.com (curtailment events, constraint breaches)",
    writes=("in_curtailment",),
    accepts=(
        "the CSV of UK Power Networks' curtailment events or constraint breaches, or of SP Energy Networks' capacity "
        "management system"
    ),
    live=ByOperator(
        ways=(
            ("ukpn", _rows("ukpn", "ukpn-curtailment-events-site-specific", "ukpn-constraint-breaches-history")),
            ("spen", _rows("spen", "capacity-management-system")),
        )
    ),
    tested_on="real file",
)
FORMS: forms.Forms = {
    "events": {
        "site": ("der_name",),
        "scheme": ("scheme_name",),
        "starts": ("start_time_utc",),
        "hours": ("duration_hours",),
        "access_cut_kwh": ("total_der_access_reduction_kWh",),
        "energy_lost_kwh": ("estimated_energy_lost_kWh",),
        "cause": ("driver",),
    },
    "breaches": {
        "site": ("constraint_id",),
        "scheme": ("scheme",),
        "starts": ("start_time_utc",),
        "hours": ("duration_hours",),
        "access_cut_kwh": ("total_der_access_reduction_kWh",),
        "description": ("constraint_description",),
        "voltage_kv": ("constraint_voltage_kV",),
    },
    "lost": {
        "site": ("site_name",),
        "scheme": ("network_management_scheme",),
        "starts": ("date",),
        "energy_lost": ("generation_lost",),
    },
}
"""Form -> our name -> the published one. UK Power Networks: curtailment events by site, which go by a code, and the
circuits that were over their limit. SP Energy Networks: its capacity management system, whose `generation_lost` has no
unit in its name, so it is not kept."""
COLUMNS = forms.every(FORMS)
_OPERATORS = {"events": "ukpn", "breaches": "ukpn", "lost": "spen"}
_KEY = ["operator", "scheme", "site", "year", "cause"]
_SUMS = ("hours", "access_cut_kwh", "energy_lost_kwh")


def read(request: Request) -> Ingested:
    """
    Return every scheme of the file: the rows have no position, and schemes are named after their grid supply point.

    Notes
    -----
    `access_cut_kwh` is export that was not allowed; `energy_lost_kwh` is what the operator estimates would have been
    exported. A year that the file only half covers is half a year.
    """
    tables = [_one(path) for path in files_of(request, SOURCE)]
    every = pd.concat(tables, ignore_index=True)
    usable = every[every[["scheme", "site", "year"]].notna().all(axis="columns")]
    groups = usable.groupby(_KEY, sort=True)
    frame = groups[list(_SUMS)].sum(min_count=1).join(groups.size().rename("events"))
    frame = frame.join(groups[["description", "voltage_kv"]].first()).reset_index()
    years = f"{usable['year'].min()} to {usable['year'].max()}" if len(usable) else "no year"
    notes = [f"{len(usable):,} events of {usable['scheme'].nunique():,} schemes, {years}."]
    if lost := len(every) - len(usable):
        notes.append(f"{lost:,} rows have no scheme, site or time and are left out.")
    return Ingested(
        layers={"in_curtailment": as_layer(frame, "in_curtailment", source=SOURCE)},
        rows_read=len(every), rows_kept=len(usable), notes=tuple(notes),
    )  # fmt: skip


def _one(path: Path) -> pd.DataFrame:
    form, raw = forms.read_form(path, FORMS, source=SOURCE)
    day = cells.iso_date(raw["starts"].fillna(""))
    numbers = {name: numeric(raw[name]) if name in raw else float("nan") for name in (*_SUMS, "voltage_kv")}
    texts = {name: cells.tidy(raw[name]) if name in raw else None for name in ("description", "cause")}
    table = pd.DataFrame(
        {"scheme": cells.tidy(raw["scheme"]), "site": cells.tidy(raw["site"]), "operator": _OPERATORS[form],
         "year": pd.to_numeric(day.str[:4]).astype("Int64"), **numbers, **texts}
    )  # fmt: skip
    return table.astype({"description": "string", "cause": "string"}).fillna({"cause": ""})
