"""UK Power Networks primary, grid and secondary postcode areas -> `in_supply_area`, and the headroom beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import areas, normal
from laep.ingest.dso.ukpn.secondary import share_left
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.read import shape_table
from laep.ingest.read.files import edition_note, edition_year, files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, say_missing, squash
from laep.ingest.read.vector import unique_ids
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="ukpn_areas",
    title="UK Power Networks supply areas of grid, primary and secondary substations",
    publisher="UK Power Networks",
    licence="CC BY 4.0",
    attribution="Contains data from UK Power Networks, CC BY 4.0",
    url=(
        "https://ukpowernetworks.opendatasoft.com (ukpn_primary_postcode_area, ukpn-grid-postcode-area, "
        "ukpn_secondary_postcode_area)"
    ),
    writes=("in_supply_area", "in_headroom"),
    private=(),
    accepts="the GeoJSON or CSV export of one or more of these datasets",
    options=("layer", "where", "crs", "year"),
    nations=("england",),
    operator="ukpn",
    live=Several(
        ways=(
            Opendatasoft(host=HOSTS["ukpn"], dataset="ukpn_primary_postcode_area", format="geojson", near="geo_shape"),
            Opendatasoft(host=HOSTS["ukpn"], dataset="ukpn-grid-postcode-area", format="geojson", near="geo_shape"),
            Opendatasoft(
                host=HOSTS["ukpn"], dataset="ukpn_secondary_postcode_area", format="geojson", near="geo_shape"
            ),
        )
    ),
    key="LAEP_UKPN_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "primary": ("primary",),
    "primary_id": ("primary_floc", "Primary_site_floc"),
    "grid": ("grid_site",),
    "grid_id": ("grid_site_floc",),
    "secondary_id": ("sitefunctionallocation", "sitefunctionallocationclean"),
    "upstream_gsp": ("grid_supply_point",),
    "winter": ("firmcapacitywinter",),
    "summer": ("firmcapacitysummer",),
    "season": ("seasonofconstraint",),
    "rag": ("demandrag", "DemandRAG (Red Amber Green)"),
    "unused": ("demand", "Unutilised Capacity"),
    "rating_kva": ("onanrating",),
    "headroom_band": ("demand_headroom",),
    "utilisation_band": ("utilisation_band",),
}
"""Our name -> spellings of the published one, of the three datasets together."""
_CLASH = ("sitefunctionallocation",)
"""Heads two columns of the secondary areas where labels are the header: the id, and the id cleaned up."""


def read(request: Request) -> Ingested:
    """
    Return the supply areas that touch the area, whole, and today's demand headroom at their substations.

    Notes
    -----
    For grid and primary substations the share of the firm capacity left in the season that binds is published (`%`),
    and the firm capacity in MW: headroom is their product. For secondaries see `ukpn_secondary`. Ids equal those of
    `ukpn_sites` and `ukpn_secondary`, which have the positions of the substations; here only areas are drawn.
    """
    paths = files_of(request, SOURCE)
    year, edition = edition_year(paths[0], request, SOURCE)
    drawn, headroom, rows_read = [], [], 0
    notes = edition_note(year, edition, SOURCE)
    for path in paths:
        found = shape_table.read(
            path, COLUMNS, request, SOURCE, kind="polygon", optional=list(COLUMNS), first_of=_CLASH
        )  # fmt: skip
        named = _named(found, path)
        here, said = areas.touching(named, request, level=None)
        drawn.append(here)
        headroom.append(_headroom(here, year=year, edition=edition))
        rows_read += found.rows_read
        notes += [f"{path.name}: {len(here):,} supply areas touch the area and are kept whole.", *found.notes, *said]
    every = pd.concat(drawn, ignore_index=True)
    kept = every.assign(supply_area_id=unique_ids(every["substation_id"], every.geometry.to_numpy()))
    rows, floor_notes = normal.with_floors(pd.concat(headroom, ignore_index=True))
    once, repeat_notes = normal.one_row_a_key(rows, source=SOURCE)
    return Ingested(
        layers={
            "in_supply_area": as_layer(kept, "in_supply_area", source=SOURCE),
            "in_headroom": as_layer(once, "in_headroom", source=SOURCE),
        },
        rows_read=rows_read, rows_kept=len(kept), notes=(*notes, *repeat_notes, *floor_notes), edition=edition,
    )  # fmt: skip


def _named(found: shape_table.Shapes, path: Path) -> pd.DataFrame:
    """Return the areas with id, name and level: the most detailed substation a row names."""
    frame: pd.DataFrame = found.frame
    have = {squash(name) for name in found.names}
    if found.names and not have & {"primary", "gridsite", "sitefunctionallocation", "sitefunctionallocationclean"}:
        raise SourceInvalid(
            f"{path}: {say_missing([('primary', 'grid_site', 'sitefunctionallocation')], found.names)} "
            f"laep reads {SOURCE.accepts}; get it from {SOURCE.url}."
        )
    secondary, primary = frame["secondary_id"].notna(), frame["primary"].notna()
    ids = frame["secondary_id"].fillna(frame["primary_id"]).fillna(frame["primary"])
    level = np.select([secondary, primary, frame["grid"].notna()], ["secondary", "primary", "bsp"], default="")
    kind = pd.Series(level, index=frame.index, dtype="string")
    name = frame["secondary_id"].fillna(frame["primary"]).fillna(frame["grid"])
    return frame.assign(
        substation_id=ids.fillna(frame["grid_id"]).fillna(frame["grid"]), substation_name=name,
        type=kind.mask(kind.eq("")), operator="ukpn", upstream_bsp=frame["grid"].where(primary | secondary),
    )  # fmt: skip


def _headroom(here: pd.DataFrame, *, year: int, edition: str) -> pd.DataFrame:
    secondary = here["level"].eq("secondary")
    share = numeric(here["unused"]) / 100.0
    firm = _firm(here)
    left_kva = share_left(here["headroom_band"], here["utilisation_band"]) * numeric(here["rating_kva"])
    value = (share * firm).where(~secondary, left_kva)
    of_firm = here["unused"] + " % of " + firm.round(2).astype("string") + " MW, " + here["season"].str.lower()
    used = "Used: " + here["utilisation_band"]
    rows = pd.DataFrame(here.drop(columns="geometry")).assign(
        direction="demand", technology="any", scenario="now", year=year, value=value,
        scenario_vintage=pd.Series(edition or None, index=here.index, dtype="string"),
        unit=pd.Series("MW", index=here.index, dtype="string").mask(secondary, "kVA"),
        value_mw=value.where(~secondary),
        basis=pd.Series("estimated", index=here.index, dtype="string").mask(secondary, "nameplate"),
        rag=normal.colour(here["rag"]), constraint=of_firm.where(~secondary, used).astype("string"),
    )  # fmt: skip
    said: pd.Series[bool] = rows[["value", "rag"]].notna().any(axis="columns")
    return rows.loc[said]


def _firm(here: pd.DataFrame) -> pd.Series[float]:
    """Return the firm capacity in MW of the season that binds, the lower of the two where none is named."""
    by_season = pd.DataFrame({season: numeric(here[season]) for season in ("winter", "summer")})
    binds = here["season"].str.casefold()
    lowest = by_season.min(axis="columns")
    summer = by_season["summer"].where(binds.str.contains("summer").fillna(value=False), lowest)
    return by_season["winter"].where(binds.str.contains("winter").fillna(value=False), summer)
