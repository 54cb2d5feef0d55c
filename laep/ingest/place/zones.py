"""Census zones (Output Areas, LSOAs, Data Zones) that touch the area -> layer `in_zone`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep.errors import SourceInvalid
from laep.ingest.net.arcgis import ONS, ONS_LSOAS, ArcGis
from laep.ingest.net.ways import ByNation, Download
from laep.ingest.read.files import files_of
from laep.ingest.read.vector import area_of, choose_column, polygons_of, read_vector, say_option, texts
from laep.ingest.source import Ingested, Request, Source
from laep.schema import CRS, conform

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = Source(
    name="zones",
    title="census zone boundaries (Output Areas or LSOAs)",
    publisher="Office for National Statistics; in Scotland, National Records of Scotland",
    licence="Open Government Licence v3.0",
    attribution=(
        "Source: Office for National Statistics licensed under the Open Government Licence v3.0. "
        "Contains OS data (c) Crown copyright and database right"
    ),
    url="https://geoportal.statistics.gov.uk/",
    writes=("in_zone",),
    accepts="a map file of Output Areas, LSOAs or Data Zones with their codes",
    options=("id_column", "name_column", "layer", "where", "crs"),
    live=ByNation(
        england=ArcGis(services=ONS, service=ONS_LSOAS, name="lsoa21"),
        wales=ArcGis(services=ONS, service=ONS_LSOAS, name="lsoa21"),
        scotland=Download(
            url="https://maps.gov.scot/ATOM/shapefiles/SG_DataZoneBdry_2022.zip",
            unpack=r"MHW\.(?:shp|shx|dbf|prj|cpg)$",
            read=r"\.shp$",
        ),
    ),
    tested_on="real file",
)

COLUMNS = {"name": ("oa21nm", "lsoa21nm", "lsoa11nm", "area_name", "name", "dzname")}
"""What a zone can have -> the column names it goes by, in lower case. Its code is known by how it is written."""

_KINDS = (("oa", r"^[EW]00\d{6}$|^S00\d{6}$"), ("lsoa", r"^[EW]01\d{6}$|^S01\d{6}$"))
_CODE = r"^[EWS]\d{8}$"
_LEAST_SHARE = 0.001  # less than a thousandth of a zone is a boundary drawn twice, not land inside the area


def read(request: Request) -> Ingested:
    """Return layer `in_zone`: zones with more than a thousandth of their land inside the area, and that share."""
    area = area_of(request, SOURCE)
    path = files_of(request, SOURCE)[0]
    options = request.options
    vector = read_vector(
        path, source=SOURCE, layer=options.get("layer"), where=options.get("where"), crs=options.get("crs"),
        clip=area, shapes="polygon",
    )  # fmt: skip
    code = _code_column(vector.frame, path, options.get("id_column"))
    name = choose_column(
        vector.frame, options.get("name_column"), COLUMNS["name"], path=path, source=SOURCE, option="name_column"
    )
    zones = _whole(vector.frame, code, name)
    shape = zones.geometry.to_numpy()
    share = shapely.area(shapely.intersection(shape, area)) / shapely.area(shape)
    frame = zones.assign(kind=_kinds(zones["zone_id"]), share_in_area=np.minimum(share, 1.0), source_id=SOURCE.name)[
        share > _LEAST_SHARE
    ]
    if frame.empty:
        raise SourceInvalid(f"{path}: no zone overlaps the area. Get the file that covers it from {SOURCE.url}.")
    partly = int((frame["share_in_area"] < 1 - _LEAST_SHARE).sum())
    note = f"Zones from column {code!r}: {len(frame)} touch the area, {partly} of them lie partly outside."
    return Ingested(
        layers={"in_zone": conform(frame, "in_zone")},
        rows_read=vector.rows_read,
        rows_kept=len(frame),
        notes=(*vector.notes, note),
        edition=_edition(code),
    )


def _code_column(frame: Any, path: Path, named: Any) -> str:
    if named is not None:
        column = choose_column(frame, named, (), path=path, source=SOURCE, option="id_column")
        return str(column)
    for column in frame.columns:
        if column != "geometry":
            values = texts(frame, column).dropna()
            if len(values) and values.str.fullmatch(_CODE).all() and values.nunique() > len(values) / 2:
                return str(column)
    raise SourceInvalid(
        f"{path}: no column of census zone codes such as W00010053 or E01028513. It has "
        f"{', '.join(str(name) for name in frame.columns if name != 'geometry') or 'no columns'}. "
        f"Set {say_option(SOURCE, 'id_column', 'COLUMN')}."
    )


def _whole(frame: Any, code: str, name: str | None) -> Any:
    """Return one row a zone, the parts of a zone that came in several rows joined."""
    table = frame[["geometry"]].assign(zone_id=texts(frame, code), name=texts(frame, name)).dropna(subset=["zone_id"])
    if not table["zone_id"].duplicated().any():
        return table
    joined = table.dissolve("zone_id", as_index=False)
    shape = polygons_of(joined.geometry.to_numpy())
    return joined.set_geometry(gpd.GeoSeries(shape, index=joined.index, crs=CRS))


def _kinds(codes: pd.Series[str]) -> pd.Series[str]:
    kind = pd.Series("other", index=codes.index, dtype="string")
    for name, pattern in _KINDS:
        kind = kind.mask(codes.str.fullmatch(pattern), name)
    return kind


def _edition(column: str) -> str:
    """Return the census year in a column name such as `OA11CD`."""
    match = re.search(r"(?:OA|LSOA|DZ)(\d\d)CD", column.upper())
    return f"20{match.group(1)}" if match else ""
