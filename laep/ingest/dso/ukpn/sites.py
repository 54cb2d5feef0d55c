"""UK Power Networks grid and primary sites -> `in_substation`; no headroom is published with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from laep.ingest.dso.form import normal
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.read import cells, positions
from laep.ingest.read.files import one_file
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, read_table
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    import pandas as pd

    from laep.ingest.source import Request

SOURCE = Source(
    name="ukpn_sites",
    title="UK Power Networks grid and primary sites",
    publisher="UK Power Networks",
    licence="CC BY 4.0",
    attribution="Contains data from UK Power Networks, CC BY 4.0",
    url="https://ukpowernetworks.opendatasoft.com/explore/dataset/grid-and-primary-sites",
    writes=("in_substation",),
    private=(),
    accepts="the CSV export, with labels or field names as its header",
    operator="ukpn",
    live=Opendatasoft(host=HOSTS["ukpn"], dataset="grid-and-primary-sites", labels=True),
    tested_on="real file",
)
COLUMNS = {
    "substation_id": ("SiteFunctionalLocation",),
    "name": ("SiteName",),
    "type": ("SiteType",),
    "transformers": ("PowerTransformerCount",),
    "easting": ("Easting",),
    "northing": ("Northing",),
    "lat_lon": ("Spatial Coordinates",),
    "rating_winter": ("transratingwinter",),
    "rating_summer": ("transratingsummer",),
    "demand_winter": ("maxdemandwinter",),
    "demand_summer": ("maxdemandsummer",),
}
"""Our name -> spellings of the published one. Labels and field names differ in capitals and underscores only."""
_LEVELS = {"Grid Substation": "bsp", "Primary Substation": "primary"}
_RATINGS = r"\d+(?:\.\d+)?(?:\s*,\s*\d+(?:\.\d+)?)*"


def read(request: Request) -> Ingested:
    """
    Return the grid and primary substations near the area.

    Notes
    -----
    The portal's field list (August 2025) gives neither ratings nor highest demands a unit. Ratings are read as MVA,
    since reverse power on the same rows is in MVA; `rating_mva` adds up the summer ratings, the lower of the two.
    Highest demands could be MW or MVA, so `max_demand_mva` stays missing and the figures stand in `comment`.
    Voltages come from names with a pair (`33/11kV`): the published site voltage is at times the upper and at times
    the lower one. Sites without a transformer, rating or demand are switching sites and are left out.
    """
    path = one_file(request, SOURCE)
    raw = read_table(path, COLUMNS, source=SOURCE)
    level = cells.looked_up(raw["type"], _LEVELS)
    feeding = _feeding(raw)
    usable = level.notna() & feeding & raw["substation_id"].notna() & ~raw["substation_id"].duplicated()
    table = raw[usable].assign(level=level[usable], name=cells.tidy(raw.loc[usable, "name"]))
    latitude, longitude = positions.split_pair(table["lat_lon"])
    places = positions.points(
        easting=table["easting"], northing=table["northing"], latitude=latitude, longitude=longitude
    )  # fmt: skip
    located = gpd.GeoDataFrame(table, geometry=places.points)
    kept = normal.around(located, request.clip)
    frame = _substations(located[kept])
    return Ingested(
        layers={"in_substation": as_layer(frame, "in_substation", source=SOURCE)},
        rows_read=len(raw),
        rows_kept=len(frame),
        notes=(
            *_dropped_notes(raw, level, feeding),
            *positions.missing_note(places),
            *positions.astray_note(places),
            normal.distance_note(kept),
            "Ratings and demands are published without a unit: ratings are read as MVA, demands stand in the comment.",
        ),
    )


def _feeding(raw: pd.DataFrame) -> pd.Series[bool]:
    figures = raw[["rating_winter", "rating_summer", "demand_winter", "demand_summer"]]
    feeding: pd.Series[bool] = numeric(raw["transformers"]).gt(0) | figures.notna().any(axis="columns")
    return feeding


def _substations(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    lower, upper = normal.voltages(table["name"])
    winter, summer = table["demand_winter"].fillna("not given"), table["demand_summer"].fillna("not given")
    demands = "Highest demand, unit not published: winter " + winter + "; summer " + summer
    return table.assign(
        operator="ukpn",
        voltage_kv=lower,
        upstream_voltage_kv=upper,
        rating_mva=_total(table["rating_summer"]),
        rating_text="winter " + table["rating_winter"] + "; summer " + table["rating_summer"],
        comment=demands.mask(table[["demand_winter", "demand_summer"]].isna().all(axis="columns")),
    )


def _total(text: pd.Series[str]) -> pd.Series[float]:
    """Return the sum of a list such as `18, 18`; missing where anything else stands in it."""
    clear = text.str.fullmatch(_RATINGS).fillna(value=False)
    sums = text[clear].str.extractall(r"(\d+(?:\.\d+)?)")[0].astype("float64").groupby(level=0).sum()
    return sums.reindex(text.index)


def _dropped_notes(raw: pd.DataFrame, level: pd.Series[str], feeding: pd.Series[bool]) -> list[str]:
    notes = []
    if unknown := int(level.isna().sum()):
        kinds = ", ".join(repr(kind) for kind in sorted(raw.loc[level.isna(), "type"].dropna().unique()))
        notes.append(f"{unknown:,} of {len(raw):,} rows are of a type laep does not know and are left out: {kinds}.")
    if idle := int((level.notna() & ~feeding).sum()):
        notes.append(
            f"{idle:,} of {len(raw):,} sites have no transformer, rating or demand: switching sites, left out."
        )
    if repeated := int((raw["substation_id"].isna() | raw["substation_id"].duplicated()).sum()):
        notes.append(f"{repeated:,} rows without a functional location, or repeating one, are left out.")
    return notes
