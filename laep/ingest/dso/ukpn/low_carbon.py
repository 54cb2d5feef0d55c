"""UK Power Networks' low-carbon kit by secondary substation -> `in_low_carbon`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from laep.ingest.dso.form import normal
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.read import cells, positions
from laep.ingest.read.files import one_file
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, read_table
from laep.ingest.source import Ingested, Source
from laep.schema import CRS

if TYPE_CHECKING:
    from laep.ingest.source import Request

SOURCE = Source(
    name="ukpn_low_carbon",
    title="UK Power Networks low-carbon technologies by secondary substation",
    publisher="UK Power Networks",
    licence="See the dataset page (CC BY 4.0 on most UK Power Networks datasets)",
    attribution="Supported by UK Power Networks Open Data",
    url="https://ukpowernetworks.opendatasoft.com (Low carbon technologies, secondary)",
    writes=("in_low_carbon",),
    accepts="the CSV `ukpn-low-carbon-technologies-secondary.csv`",
    operator="ukpn",
    live=Opendatasoft(
        host=HOSTS["ukpn"],
        dataset="ukpn-low-carbon-technologies-secondary",
        labels=True,
        near="geopoint",
        margin_m=normal.EDGE_M,
    ),
    tested_on="real file",
)
COLUMNS = {
    "connections": ("LCT_Connections",),
    "kind": ("Type",),
    "import_kw": ("Import",),
    "export_kw": ("Export",),
    "substation_id": ("FunctionalLocation",),
    "substation_name": ("SecondarySubstationAlias",),
    "status": ("Status",),
    "primary_id": ("Primary_FunctionalLocation",),
    "primary_name": ("PrimaryFeeder",),
    "position": ("geopoint",),
}
_KINDS = {
    "solar pv": "solar", "wind": "wind", "battery storage": "storage", "ev charging point": "ev_charger",
    "heat pump": "heat_pump",
}  # fmt: skip
_STATUSES = {"connected": "connected", "accepted": "accepted"}
_KEY = ["substation_id", "technology", "status"]
_NUMBERS = ("connections", "import_kw", "export_kw")


def read(request: Request) -> Ingested:
    """
    Return the kit on secondary substations in the area and 500 m round it.

    Notes
    -----
    `Import` and `Export` carry no unit; sums over a substation of some kilowatts a home show that they are kilowatts.
    A position given to several substations is where the operator places them, and may be that of the postcode.
    """
    path = one_file(request, SOURCE)
    raw = read_table(path, COLUMNS, source=SOURCE)
    latitude, longitude = positions.split_pair(raw["position"])
    places = positions.points(latitude=latitude, longitude=longitude)
    table = gpd.GeoDataFrame(
        {
            **{name: raw[name] for name in ("substation_id", "substation_name", "primary_id", "primary_name")},
            "operator": "ukpn",
            "technology": cells.looked_up(cells.tidy(raw["kind"]), _KINDS).fillna("other"),
            "status": cells.looked_up(cells.tidy(raw["status"]), _STATUSES),
            **{name: numeric(raw[name]).where(lambda found: found >= 0) for name in _NUMBERS},
        },
        geometry=places.points,
    )
    usable = table[["substation_id", "status", "connections"]].notna().all(axis="columns") & places.points.notna()
    near = usable & positions.near(places.points, request.clip, distance_m=normal.EDGE_M)
    kept = _once(table[near])
    kept["distance_m"] = np.nan if request.clip is None else kept.distance(request.clip)
    of_all = f"{int(near.sum()):,} of {len(raw):,} rows"
    notes = [
        f"{of_all} are of substations in the area or within {normal.EDGE_M:.0f} m of it.",
        *positions.missing_note(places, what="rows"),
    ]
    return Ingested(
        layers={"in_low_carbon": as_layer(kept, "in_low_carbon", source=SOURCE)},
        rows_read=len(raw), rows_kept=int(near.sum()), notes=tuple(notes),
    )  # fmt: skip


def _once(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row a substation, technology and status, several rows of one summed."""
    groups = table.groupby(_KEY, sort=True)
    sums = groups[list(_NUMBERS)].sum(min_count=1)
    about = groups[["operator", "substation_name", "primary_id", "primary_name", "geometry"]].first()
    return gpd.GeoDataFrame(sums.join(about).reset_index(), geometry="geometry", crs=CRS)
