"""Households by tenure, Census 2021 table TS054 -> layer `in_tenure`, for the census zones of the area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.net.ways import Download
from laep.ingest.read import forms
from laep.ingest.read.by_zone import NOMIS, joined, zones_of
from laep.ingest.read.files import files_of
from laep.ingest.read.table import check_file, numeric, whole
from laep.ingest.read.vector import refuse_text
from laep.ingest.source import Ingested, Request, Source
from laep.schema import conform

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = Source(
    name="tenure",
    title="Census 2021 table TS054, tenure of household",
    publisher="Office for National Statistics",
    licence="Open Government Licence v3.0",
    attribution="Source: Office for National Statistics licensed under the Open Government Licence v3.0",
    url="https://www.nomisweb.co.uk/sources/census_2021_bulk",
    writes=("in_tenure",),
    takes=("in_zone",),
    accepts="the TS054 bulk table (CSV, by Output Area or LSOA), or one with area_code and a column for each tenure",
    options=("codes",),
    nations=("england", "wales"),
    live=Download(url=f"{NOMIS}/census2021-ts054.zip", unpack=r"-lsoa\.csv$"),
    tested_on="real file",
)
"""`codes` lists zone codes for an area without `in_zone`."""

_T = "Tenure of household: "
FORMS: forms.Forms = {
    "bulk": {
        "zone_id": ("geography code",),
        "households": (f"{_T}Total: All households",),
        "owned": (f"{_T}Owned",),
        "shared_ownership": (f"{_T}Shared ownership",),
        "social_rented": (f"{_T}Social rented",),
        "private_landlord": (f"{_T}Private rented",),
        "rent_free": (f"{_T}Lives rent free",),
    },
    "pivoted": {
        "zone_id": ("area_code",),
        "owned_outright": ("Owned: Owns outright",),
        "owned_mortgage": ("Owned: Owns with a mortgage or loan",),
        "shared_ownership": ("Shared ownership: Shared ownership",),
        "council_rented": ("Social rented: Rents from council or Local Authority",),
        "other_social": ("Social rented: Other social rented",),
        "private_landlord": ("Private rented: Private landlord or letting agency",),
        "other_private": ("Private rented: Other private rented",),
        "rent_free": ("Lives rent free",),
    },
}
"""Form -> our name -> the published one: the bulk table, and the table with one column a tenure."""
COLUMNS = forms.every(FORMS)
_KINDS = ("owned", "shared_ownership", "social_rented", "private_rented")


def read(request: Request) -> Ingested:
    """
    Return layer `in_tenure`: one row per zone of the area that the table has.

    The zones are those of `in_zone`, else `options["codes"]` at a share of 1.
    """
    path = files_of(request, SOURCE)[0]
    zones, held = zones_of(request, SOURCE)
    table = _table(path)
    frame, notes = joined(path, table, zones, held, source=SOURCE)
    return Ingested(
        layers={"in_tenure": conform(frame.assign(source_id=SOURCE.name), "in_tenure")},
        rows_read=len(table),
        rows_kept=len(frame),
        notes=tuple(notes),
        edition="2021",
    )


def _table(path: Path) -> pd.DataFrame:
    """Return the whole table in our columns, whichever of the two forms the file has."""
    check_file(path, SOURCE)
    refuse_text(path, SOURCE)
    form, raw = forms.read_form(path, FORMS, source=SOURCE)
    counts = pd.DataFrame({name: numeric(raw[name]) for name in raw.columns if name != "zone_id"})
    table = _from_pivoted(counts) if form == "pivoted" else _from_bulk(counts)
    table = pd.DataFrame(whole(table)).assign(zone_id=raw["zone_id"])
    return table.dropna(subset=["zone_id", "households"]).drop_duplicates("zone_id")


def _from_bulk(counts: pd.DataFrame) -> pd.DataFrame:
    private = counts["private_landlord"] + counts["rent_free"]
    return counts[["households", "owned", "shared_ownership", "social_rented"]].assign(private_rented=private)


def _from_pivoted(counts: pd.DataFrame) -> pd.DataFrame:
    kinds = pd.DataFrame(
        {
            "owned": counts["owned_outright"] + counts["owned_mortgage"],
            "shared_ownership": counts["shared_ownership"],
            "social_rented": counts["council_rented"] + counts["other_social"],
            "private_rented": counts["private_landlord"] + counts["other_private"] + counts["rent_free"],
        }
    )
    return kinds.assign(households=kinds[list(_KINDS)].sum(axis=1, skipna=False))
