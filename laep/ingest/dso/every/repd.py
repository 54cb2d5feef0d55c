"""Renewable Energy Planning Database -> `in_generator`: planned, being built and running, without applicants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import energy
from laep.ingest.net.govuk import GovUk
from laep.ingest.read import cells, positions
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, read_table
from laep.ingest.source import Ingested, Source
from laep.schema.vocabulary import PLANNING_ENDED, PLANNING_STATES

if TYPE_CHECKING:
    from laep.ingest.source import Request

_PAGE = "government/publications/renewable-energy-planning-database-quarterly-extract"
SOURCE = Source(
    name="repd",
    title="Renewable Energy Planning Database: quarterly extract",
    publisher="Department for Energy Security and Net Zero",
    licence="Open Government Licence v3.0",
    attribution="Contains public sector information licensed under the Open Government Licence v3.0",
    url=f"https://www.gov.uk/{_PAGE}",
    writes=("in_generator",),
    accepts="the quarterly extract (CSV), which lists schemes of 150 kW and more",
    live=GovUk(page=_PAGE, file=r"\.csv$"),
    told_by="planning",
    tested_on="schema only",
)
COLUMNS = {
    "reference": ("Ref ID",),
    "updated": ("Record Last Updated (dd/mm/yyyy)", "Record Last Updated"),
    "name": ("Site Name",),
    "technology": ("Technology Type",),
    "capacity_mw": ("Installed Capacity (MWelec)",),
    "state": ("Development Status (short)",),
    "region": ("Region",),
    "country": ("Country",),
    "easting": ("X-coordinate",),
    "northing": ("Y-coordinate",),
    "operating_on": ("Operational",),
}
"""Our name -> spellings of the published one. The operator or applicant and the address are not among them, so they are
never kept; the site's name stays in the area folder."""
_OPTIONAL = ("updated", "name", "region", "country", "operating_on")
_STATES = {
    "application submitted": "applied",
    "appeal lodged": "appealed",
    "awaiting construction": "granted",
    "no application required": "not_required",
    "under construction": "building",
    "operational": "operating",
    "application refused": "refused",
    "appeal refused": "refused",
    "application withdrawn": "withdrawn",
    "appeal withdrawn": "withdrawn",
    "revised": "replaced",
    "planning permission expired": "expired",
    "abandoned": "abandoned",
    "decommissioned": "decommissioned",
}
_IRISH = "northern ireland"


def read(request: Request) -> Ingested:
    """
    Return schemes in the area and round it that are running, or may yet be.

    Notes
    -----
    A scheme that was refused, withdrawn, replaced, has lapsed or is gone counts for nothing. Planning permission is not
    a connection offer: what does not run is `planned`, whatever its state. Coordinates in Northern Ireland are on the
    Irish Grid, which laep does not read. Of several editions the latest record of each scheme counts.
    """
    if not request.files:
        raise SourceInvalid(f"{SOURCE.name} needs a file: {SOURCE.accepts}. See {SOURCE.url}.")
    tables = [read_table(path, COLUMNS, source=SOURCE, optional=_OPTIONAL) for path in request.files]
    every = pd.concat(tables, ignore_index=True)
    latest = _latest(every)
    irish = latest[["region", "country"]].apply(lambda told: cells.tidy(told).str.casefold().eq(_IRISH)).any(axis=1)
    british = latest[~irish]
    planning = cells.looked_up(cells.tidy(british["state"]), _STATES)
    alive = planning.isin(PLANNING_STATES)
    places = positions.points(easting=british["easting"], northing=british["northing"])
    placed = places.points.notna()
    inside = alive & placed & positions.near(places.points, request.clip, distance_m=positions.SHARED_PRIMARY_M)
    schemes = gpd.GeoDataFrame(british, geometry=places.points)[inside]
    generators = _generators(schemes, planning[inside])
    generators["distance_m"] = np.nan if request.clip is None else generators.distance(request.clip)
    counts = {
        "Records of a scheme that a later one replaces, left out": len(every) - len(latest),
        "Schemes in Northern Ireland, on the Irish Grid, left out": int(irish.sum()),
        **_ended(british["state"], planning),
        "Schemes without a position in Great Britain, left out": int((alive & ~placed).sum()),
        f"Schemes more than {positions.SHARED_PRIMARY_M / 1000:.0f} km from the area, left out": int(
            (alive & placed & ~inside).sum()
        ),
        "Schemes without a capacity": int(generators["capacity_kw"].isna().sum()),
    }
    updated = cells.iso_date(latest["updated"]).dropna()
    return Ingested(
        layers={"in_generator": as_layer(generators, "in_generator", source=SOURCE)},
        rows_read=len(every),
        rows_kept=len(generators),
        notes=tuple(f"{what}: {count:,}." for what, count in counts.items() if count),
        edition=f"records to {updated.max()}" if len(updated) else "",
    )


def _latest(every: pd.DataFrame) -> pd.DataFrame:
    """Return each scheme once, as last updated; a row without a reference is a scheme of its own."""
    reference = cells.tidy(every["reference"]).str.removesuffix(".0")
    own = "row-" + pd.Series(every.index + 1, index=every.index).astype("string")
    dated = every.assign(reference=reference.fillna(own), _on=cells.iso_date(every["updated"]))
    newest = dated.sort_values("_on", kind="stable", na_position="first").drop_duplicates("reference", keep="last")
    return newest.drop(columns="_on").sort_index()


def _generators(schemes: gpd.GeoDataFrame, planning: pd.Series[str]) -> gpd.GeoDataFrame:
    running = planning == "operating"
    megawatts = numeric(schemes["capacity_mw"])
    return schemes[["name", "geometry"]].assign(
        generator_id=schemes["reference"],
        technology=energy.technology(schemes["technology"]),
        status=running.map({True: "connected", False: "planned"}),
        planning=planning,
        name=cells.tidy(schemes["name"]),
        capacity_kw=megawatts.where(megawatts > 0) * 1000.0,
        connected_on=cells.iso_date(schemes["operating_on"]).where(running),
    )


def _ended(state: pd.Series[str], planning: pd.Series[str]) -> dict[str, int]:
    """Return how many schemes count for nothing, by why; states that are not known are named."""
    counts = {f"Schemes {words}, left out": int((planning == ended).sum()) for ended, words in PLANNING_ENDED.items()}
    strange = state[planning.isna()]
    kinds = ", ".join(repr(kind) for kind in sorted(strange.dropna().unique()))
    return counts | {f"Schemes in no state that laep knows ({kinds or 'none given'}), left out": len(strange)}
