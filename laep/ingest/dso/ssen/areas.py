"""SSEN primary substation supply areas -> `in_supply_area`, those that touch the area."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from laep.errors import SourceInvalid
from laep.ingest.net.ckan import HOSTS, Ckan
from laep.ingest.read import cells, shape_table
from laep.ingest.read.files import one_file
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import say_missing
from laep.ingest.read.vector import read_vector, texts, unique_ids
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="ssen_areas",
    title="SSEN primary substation supply areas",
    publisher="Scottish and Southern Electricity Networks Distribution",
    licence="CC BY 4.0",
    attribution="Supported by Scottish and Southern Electricity Networks open data",
    url="https://data.ssen.co.uk/@ssen-distribution/primary-substation-boundaries",
    writes=("in_supply_area",),
    private=(),
    accepts="a GeoJSON, shapefile or GeoPackage of primary supply areas",
    options=("layer", "where", "crs"),
    operator="ssen",
    live=Ckan(
        host=HOSTS["ssen"], package="primary-substation-boundaries", resource=r"\.(?:geojson|gpkg|zip)$", count=1
    ),
    tested_on="real file",
)
COLUMNS = {
    "supply_area_id": ("PRIMARY_NRN_SPLIT",),
    "upstream_bsp": ("BSP_NAME",),
    "upstream_gsp": ("GSP_NAME",),
}
"""The column of the substation's name is not among them: it goes by the year of the edition, as `PRIMARY_NAME_2027`."""
_NAME = re.compile(r"primary(?:_name(?:_(\d{4}))?)?", re.IGNORECASE)


def read(request: Request) -> Ingested:
    """
    Return the supply areas that touch the area, whole.

    Notes
    -----
    Names stay as published, which is in capitals and without the word `Primary` that the headroom table puts behind
    them. Areas are drawn round what is fed today; at their edges homes may hang on the neighbour.
    """
    path = one_file(request, SOURCE)
    vector = read_vector(
        path, source=SOURCE, layer=request.options.get("layer"), where=request.options.get("where"),
        clip=request.clip, crs=request.options.get("crs"), shapes="polygon",
    )  # fmt: skip
    areas = vector.frame
    column, year = _name_column(areas, path)
    found = shape_table.match(areas, COLUMNS, path=path, source=SOURCE, optional=COLUMNS)
    name = cells.tidy(texts(areas, column))
    frame = areas[["geometry"]].assign(
        supply_area_id=unique_ids(texts(areas, found.get("supply_area_id")).fillna(name), areas.geometry.to_numpy()),
        substation_name=name,
        level="primary",
        operator="ssen",
        upstream_bsp=cells.tidy(texts(areas, found.get("upstream_bsp"))),
        upstream_gsp=cells.tidy(texts(areas, found.get("upstream_gsp"))),
    )
    touching = name.notna() if request.clip is None else name.notna() & frame.intersects(request.clip)
    kept = frame[touching]
    notes = [f"{len(kept):,} of {vector.rows_read:,} supply areas touch the area and are kept whole.", *vector.notes]
    if nameless := int(name.isna().sum()):
        notes.append(f"{nameless:,} areas have no substation name and are left out.")
    return Ingested(
        layers={"in_supply_area": as_layer(kept, "in_supply_area", source=SOURCE)},
        rows_read=vector.rows_read, rows_kept=len(kept), notes=tuple(notes), edition=year,
    )  # fmt: skip


def _name_column(areas: Any, path: Path) -> tuple[str, str]:
    """Return the column of the substation's name, which goes by the year of the edition, and that year."""
    columns = [str(name) for name in areas.columns if name != "geometry"]
    names = sorted((match[1] or "", name) for name in columns if (match := _NAME.fullmatch(name.strip())))
    if not names:
        raise SourceInvalid(
            f"{path}: {say_missing([('PRIMARY_NAME_<year>', 'Primary')], columns)} "
            f"Get {SOURCE.title} from {SOURCE.url}."
        )
    year, column = names[-1]
    return column, year
