"""SSEN primary substation supply areas -> `in_supply_area`, those that touch the area."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from laep.errors import OutsideArea, SourceInvalid
from laep.ingest.net.ckan import HOSTS, Ckan
from laep.ingest.net.ways import ByNation
from laep.ingest.read import cells, shape_table
from laep.ingest.read.files import files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import say_missing
from laep.ingest.read.vector import read_vector, texts, unique_ids
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.read.vector import Vector
    from laep.ingest.source import Request


def _of(licence_area: str) -> Ckan:
    """Return the way to the areas of one licence area, which is a file of its own."""
    files = rf"^{licence_area}.*\.(?:geojson|gpkg|zip)$"
    return Ckan(host=HOSTS["ssen"], package="primary-substation-boundaries", resource=files)


SOURCE = Source(
    name="ssen_areas",
    title="SSEN primary substation supply areas",
    publisher="Scottish and Southern Electricity Networks Distribution",
    licence="CC BY 4.0",
    attribution="Supported by Scottish and Southern Electricity Networks open data",
    url="https://data.ssen.co.uk/@ssen-distribution/primary-substation-boundaries",
    writes=("in_supply_area",),
    private=(),
    accepts="GeoJSON, shapefile or GeoPackage of primary supply areas, of one licence area or both",
    options=("layer", "where", "crs"),
    operator="ssen",
    live=ByNation(england=_of("sepd"), scotland=_of("shepd")),
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
    read, beside = _read(request)
    parts = [_areas(path, vector.frame) for path, vector in read]
    frame = pd.concat([areas for areas, _ in parts], ignore_index=True)
    rows_read = sum(vector.rows_read for _, vector in read)
    named = frame["substation_name"].notna()
    kept = frame[named if request.clip is None else named & frame.intersects(request.clip)]
    notes = [f"{len(kept):,} of {rows_read:,} supply areas touch the area and are kept whole."]
    notes += [*(note for _, vector in read for note in vector.notes), *beside]
    if nameless := int((~named).sum()):
        notes.append(f"{nameless:,} areas have no substation name and are left out.")
    return Ingested(
        layers={"in_supply_area": as_layer(kept, "in_supply_area", source=SOURCE)},
        rows_read=rows_read, rows_kept=len(kept), notes=tuple(notes), edition=max(year for _, year in parts),
    )  # fmt: skip


def _read(request: Request) -> tuple[list[tuple[Path, Vector]], list[str]]:
    """Return the files that have something near the area; one that has not is of the other licence area, and a note."""
    found: list[tuple[Path, Vector]] = []
    faults: list[OutsideArea] = []
    for path in files_of(request, SOURCE):
        try:
            vector = read_vector(
                path, source=SOURCE, layer=request.options.get("layer"), where=request.options.get("where"),
                clip=request.clip, crs=request.options.get("crs"), shapes="polygon",
            )  # fmt: skip
        except OutsideArea as fault:
            faults.append(fault)
        else:
            found.append((path, vector))
    if not found:
        raise faults[0]
    return found, [f"{path.name} is of another licence area: nothing of it is near." for path in _left(request, found)]


def _left(request: Request, found: list[tuple[Path, Vector]]) -> list[Path]:
    return [path for path in request.files if path not in {near for near, _ in found}]


def _areas(path: Path, areas: Any) -> tuple[Any, str]:
    """Return the areas of one file under our names, and the year of their edition."""
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
    return frame, year


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
