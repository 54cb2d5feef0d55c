"""Households in fuel poverty, sub-regional statistics by LSOA -> layer `in_fuel_poverty`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.net.govuk import GovUk
from laep.ingest.read.by_zone import CODE, ZONE_CODES, joined, zones_of
from laep.ingest.read.files import files_of
from laep.ingest.read.table import numeric, read_table, whole
from laep.ingest.read.vector import refuse_text
from laep.ingest.source import Ingested, Request, Source
from laep.schema import conform

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SOURCE = Source(
    name="fuel_poverty",
    title="sub-regional fuel poverty statistics by LSOA",
    publisher="Department for Energy Security and Net Zero",
    licence="Open Government Licence v3.0",
    attribution="Contains public sector information licensed under the Open Government Licence v3.0",
    url="https://www.gov.uk/government/collections/fuel-poverty-sub-regional-statistics",
    writes=("in_fuel_poverty",),
    takes=("in_zone",),
    accepts="the published workbook, or its LSOA sheet saved as CSV; it covers England",
    options=("codes",),
    nations=("england",),
    live=GovUk(page="government/statistics/sub-regional-fuel-poverty-data-{year}-{two_before}-data", file=r"\.xlsx$"),
    tested_on="schema only",
)
"""`codes` lists zone codes for an area without `in_zone`; that layer, where held, comes as the option `zones`."""


def footnoted(names: Iterable[str]) -> tuple[str, ...]:
    """Return names as they are, and with the footnote digit or note that some editions hang on them."""
    return tuple(
        spelling
        for name in names
        for spelling in (name, *(f"{name}{n}" for n in range(1, 7)), *(f"{name} [Note {n}]" for n in range(1, 10)))
    )


COLUMNS = {
    "zone_id": (*footnoted(["LSOA Code"]), *ZONE_CODES),
    "households": footnoted(["Number of households"]),
    "fuel_poor": footnoted(["Number of households in fuel poverty"]),
    "percent": footnoted(["Proportion of households fuel poor (%)"]),
}
"""Our name -> the names the column goes by."""


def read(request: Request) -> Ingested:
    """
    Return layer `in_fuel_poverty`: one row per LSOA of the area that the table has.

    A figure for one LSOA is a model's estimate and noisy; the publisher advises to read neighbourhoods together.
    """
    path = files_of(request, SOURCE)[0]
    refuse_text(path, SOURCE)
    zones, held = zones_of(request, SOURCE)
    raw = read_table(path, COLUMNS, source=SOURCE)
    raw = raw[raw["zone_id"].str.fullmatch(CODE, na=False)].drop_duplicates("zone_id")
    table = pd.DataFrame(
        {
            "zone_id": raw["zone_id"],
            "households": whole(numeric(raw["households"])),
            "fuel_poor": whole(numeric(raw["fuel_poor"])),
            "fuel_poor_share": numeric(raw["percent"]) / 100.0,
        }
    )
    frame, notes = joined(path, table, zones, held, source=SOURCE)
    return Ingested(
        layers={"in_fuel_poverty": conform(frame.assign(source_id=SOURCE.name), "in_fuel_poverty")},
        rows_read=len(raw),
        rows_kept=len(frame),
        notes=tuple(notes),
        edition=_year(path),
    )


def _year(path: Path) -> str:
    """Return the year in the file's name: of the statistics or of their publication, as the publisher wrote it."""
    found = re.search(r"(?<!\d)(20\d\d)(?!\d)", path.name)
    return found.group(1) if found else ""
