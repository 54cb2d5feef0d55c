"""Designations that limit what can be built, from planning.data.gov.uk or any map file -> layer `in_constraint`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep.errors import SourceInvalid
from laep.ingest.net.ogc import Wfs
from laep.ingest.net.planning_data import PlanningData
from laep.ingest.net.ways import ByNation, Several
from laep.ingest.read.files import files_of
from laep.ingest.read.vector import (
    area_of,
    choose_column,
    edition_in,
    inside,
    polygons_of,
    read_vector,
    say_option,
    texts,
    unique_ids,
)
from laep.ingest.source import Ingested, Request, Source
from laep.schema import CRS, conform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely import Geometry

_NRW = "https://datamap.gov.wales/geoserver/ows"
_SCOT = "https://ogc.nature.scot/geoserver/protectedareas/wfs"
_IN_WALES = {
    "site-of-special-scientific-interest": "inspire-nrw:NRW_SSSI",
    "special-area-of-conservation": "inspire-nrw:NRW_SAC",
    "special-protection-area": "inspire-nrw:NRW_SPA",
    "ramsar": "inspire-nrw:NRW_RAMSAR",
    "national-nature-reserve": "inspire-nrw:NRW_NNR",
    "local-nature-reserve": "inspire-nrw:NRW_LNR",
    "ancient-woodland": "inspire-nrw:NRW_ANCIENT_WOODLAND_INVENTORY_2021",
    "national-park": "inspire-nrw:NRW_NATIONAL_PARK",
    "area-of-outstanding-natural-beauty": "inspire-nrw:NRW_AONB",
    "flood-risk-zone": "inspire-nrw:NRW_FLOODZONE_RIVERS_SEAS_MERGED",
    "listed-building": "inspire-wg:Cadw_ListedBuildings",
    "scheduled-monument": "inspire-wg:Cadw_SAM",
    "conservation-area": "geonode:conservation_areas_wales",
    "park-and-garden": "geonode:cadw_rhpg_registeredareas",
}
_IN_SCOTLAND = {
    "site-of-special-scientific-interest": "protectedareas:sssi",
    "special-area-of-conservation": "protectedareas:sac",
    "special-protection-area": "protectedareas:spa",
    "ramsar": "protectedareas:ramsar",
    "national-nature-reserve": "protectedareas:nnr",
    "local-nature-reserve": "protectedareas:lnr",
}
_IN_ENGLAND = (
    "green-belt", "area-of-outstanding-natural-beauty", "national-park", "site-of-special-scientific-interest",
    "special-area-of-conservation", "special-protection-area", "ramsar", "national-nature-reserve",
    "local-nature-reserve", "ancient-woodland", "flood-risk-zone", "listed-building-outline", "listed-building",
    "conservation-area", "scheduled-monument", "park-and-garden", "battlefield", "world-heritage-site",
    "world-heritage-site-buffer-zone", "heritage-coast", "tree-preservation-zone", "local-green-space",
    "common-land-and-village-green", "article-4-direction-area", "safeguarded-aerodrome",
)  # fmt: skip
_LIVE = ByNation(
    england=PlanningData(datasets=_IN_ENGLAND),
    wales=Several(ways=tuple(Wfs(url=_NRW, feature=layer, name=kind) for kind, layer in _IN_WALES.items())),
    scotland=Several(ways=tuple(Wfs(url=_SCOT, feature=layer, name=kind) for kind, layer in _IN_SCOTLAND.items())),
)
SOURCE = Source(
    name="constraints",
    title="planning designations from planning.data.gov.uk",
    publisher="Ministry of Housing, Communities and Local Government, or whoever publishes the file",
    licence="Open Government Licence v3.0 for planning.data.gov.uk; else as the publisher of the file states",
    attribution=(
        "(c) Crown copyright and database right. Contains public sector information licensed under the Open Government "
        "Licence v3.0"
    ),
    url="https://www.planning.data.gov.uk/dataset/",
    writes=("in_constraint",),
    accepts="GeoJSON from planning.data.gov.uk, or any map file of one kind of designation",
    options=("kind", "name_column", "id_column", "layer", "where", "crs"),
    live=_LIVE,
    tested_on="real file",
)

COLUMNS = {
    "name": ("name", "site_name", "nm", "title"),
    "id": ("entity", "reference", "listentry", "list_entry", "id", "ref", "objectid", "code"),
    "kind": ("dataset",),
    "ended": ("end-date", "end_date"),
}
"""What a designation needs -> the column names it goes by, in lower case; the first that is there counts."""

KINDS = (
    "green-belt", "area-of-outstanding-natural-beauty", "national-park", "site-of-special-scientific-interest",
    "special-area-of-conservation", "special-protection-area", "ramsar", "national-nature-reserve",
    "local-nature-reserve", "ancient-woodland", "flood-risk-zone", "listed-building-outline", "listed-building",
    "conservation-area",
    "scheduled-monument", "park-and-garden", "battlefield", "world-heritage-site-buffer-zone", "world-heritage-site",
    "heritage-coast", "tree-preservation-zone", "local-green-space", "common-land-and-village-green",
    "article-4-direction-area", "safeguarded-aerodrome",
)  # fmt: skip
"""Dataset names of planning.data.gov.uk looked for in a file's name; any other kind can be given as an option."""

ALIASES = (
    ("area-of-outstanding-natural-beauty", r"aonb|national-landscape|outstanding-natural-beauty|ahne"),
    ("national-scenic-area", r"national-scenic|scenic-area"),
    ("wild-land-area", r"wild-land"),
    ("national-park", r"national-park|parc-cenedlaethol"),
    ("site-of-special-scientific-interest", r"(?:^|-)sssi|special-scientific"),
    ("special-area-of-conservation", r"(?:^|-)sacs?(?:-|$)|areas?-of-conservation"),
    ("special-protection-area", r"(?:^|-)spas?(?:-|$)|special-protection"),
    ("ramsar", r"ramsar"),
    ("national-nature-reserve", r"(?:^|-)nnrs?(?:-|$)|national-nature"),
    ("local-nature-reserve", r"(?:^|-)lnrs?(?:-|$)|local-nature"),
    ("ancient-woodland", r"ancient-wood|(?:^|-)awi(?:-|$)"),
    ("flood-risk-zone", r"flood"),
    ("agricultural-land-classification", r"agricultural-land-class|(?:^|-)alc(?:-|$)"),
    ("land-capability-for-agriculture", r"land-capability|(?:^|-)lca(?:-|$)"),
    ("green-belt", r"green-?belt|green-wedge"),
    ("scheduled-monument", r"scheduled|ancient-monument"),
    ("listed-building", r"listed-building"),
    ("conservation-area", r"conservation-area"),
    ("park-and-garden", r"parks?-(?:and-)?gardens?|designed-landscape|historic-park"),
    ("battlefield", r"battlefield"),
    ("world-heritage-site", r"world-heritage|(?:^|-)whs(?:-|$)"),
    ("heritage-coast", r"heritage-coast"),
    ("tree-preservation-zone", r"tree-preservation|(?:^|-)tpo(?:-|$)"),
    ("common-land-and-village-green", r"common-land|village-green"),
)
"""Kind of designation and how datasets of Wales, Scotland and other publishers in England name it in a file's name."""

_GRADES = {
    "agricultural-land-classification": ("alc_grade", "alcgrade", "grade", "predictive_alc_grade", "predictive_grade"),
    "land-capability-for-agriculture": ("lccode", "lc_code", "lca_class", "class"),
    "flood-risk-zone": ("flood-risk-level", "flood_risk_level", "flood_zone", "floodzone"),
}
"""Kind -> columns that say which grade, class or zone. Column names of Wales and Scotland were not seen."""
_GRADE = r"(?:grade|zone|class|^)[\s_]*([1-7](?:\.\d|[ab])?)"
_POINT_RADIUS_M = 5.0  # a listed building given as a point becomes a disc about the width of a house


def read(request: Request) -> Ingested:
    """Return layer `in_constraint`: whole designations that touch the area. None recorded does not mean none exists."""
    area = area_of(request, SOURCE)
    parts = [_one(path, request.options, area) for path in files_of(request, SOURCE)]
    table = pd.concat([part for part, _, _ in parts], ignore_index=True)
    shape = np.asarray(table["geometry"], dtype=object)
    frame = gpd.GeoDataFrame(
        {
            "constraint_id": table["kind"] + "/" + unique_ids(table["id"], shape),
            "kind": table["kind"],
            "name": table["name"],
            "source_id": SOURCE.name,
        },
        geometry=shape,
        crs=CRS,
    )
    return Ingested(
        layers={"in_constraint": conform(frame, "in_constraint")},
        rows_read=sum(rows for _, rows, _ in parts),
        rows_kept=len(frame),
        notes=tuple(note for _, _, said in parts for note in said),
        edition=edition_in(request.files[0]),
    )


def _one(path: Path, options: Mapping[str, Any], area: Geometry) -> tuple[pd.DataFrame, int, list[str]]:
    vector = read_vector(
        path, source=SOURCE, layer=options.get("layer"), where=options.get("where"), crs=options.get("crs"),
        clip=area, required=False,
    )  # fmt: skip
    frame, notes = vector.frame, list(vector.notes)
    picked = {
        what: choose_column(
            frame, options.get(f"{what}_column"), usual, path=path, source=SOURCE, option=f"{what}_column"
        )
        for what, usual in COLUMNS.items()
    }
    kind, said = _kinds(frame, path, options.get("kind"), picked["kind"])
    frame = frame.assign(
        of_kind=kind, own_id=texts(frame, picked["id"]), own_name=texts(frame, picked["name"]),
        ended=texts(frame, picked["ended"]).notna(),
    )  # fmt: skip
    shape, discs = _areas(frame.geometry.to_numpy())
    frame = inside(frame.set_geometry(gpd.GeoSeries(shape, index=frame.index, crs=CRS)), area, by_point=False)
    if ended := int(frame["ended"].sum()):
        said.append(f"{path.name}: designations that have ended, left out: {ended}.")
    if discs:
        said.append(f"{path.name}: points drawn as discs of {_POINT_RADIUS_M:g} m radius: {discs}.")
    current = frame[~frame["ended"]]
    if current.empty:
        said.append(
            f"{path.name}: none of its rows touches the area. That means none is recorded there, not that none exists."
        )
    table = pd.DataFrame(
        {
            "id": current["own_id"],
            "kind": current["of_kind"],
            "name": current["own_name"],
            "geometry": np.asarray(current.geometry, dtype=object),
        }
    )
    return table, vector.rows_read, [*notes, *said]


def _kinds(frame: Any, path: Path, given: Any, column: str | None) -> tuple[pd.Series[str], list[str]]:
    """Return the kind of every row: the option, else the column `dataset`, else the file's name."""
    if given is not None:
        return pd.Series(_slug(str(given)), index=frame.index, dtype="string"), []
    kind = texts(frame, column)
    if column and kind.notna().all():
        return _graded(kind, frame), []
    stem = _slug(path.stem)
    from_name = next((known for known in KINDS if known in stem), None)
    from_name = from_name or next((known for known, pattern in ALIASES if re.search(pattern, stem)), None)
    if from_name is None:
        raise SourceInvalid(
            f"{path}: does not say which kind of designation it holds (no column `dataset`). "
            f"Set {say_option(SOURCE, 'kind', 'conservation-area')}, or a kind such as {', '.join(KINDS[:4])}."
        )
    return _graded(kind.fillna(from_name), frame), [f"{path.name}: taken for {from_name}, by the name of the file."]


def _graded(kind: pd.Series[str], frame: Any) -> pd.Series[str]:
    """Return kinds with the grade of farm land (1, 2, 3a, 3b, 4, 5) or the flood zone (2, 3) at their end."""
    named = {str(name).casefold(): str(name) for name in frame.columns}
    for family, columns in _GRADES.items():
        column = next((named[name] for name in columns if name in named), None)
        if column is not None:
            grade = texts(frame, column).str.lower().str.extract(_GRADE, expand=False)
            kind = kind.mask((kind == family) & grade.notna(), kind + "-" + grade)
    return kind


def _slug(text: str) -> str:
    return re.sub(r"[\s_]+", "-", text.strip().lower())


def _areas(shapes: Any) -> tuple[Any, int]:
    """Return each shape as a multipolygon, points and lines widened to discs and strips, and the number of points."""
    flat = shapely.get_dimensions(shapes) < 2
    out = shapes.copy()
    out[flat] = shapely.buffer(shapes[flat], _POINT_RADIUS_M)
    return polygons_of(out), int((shapely.get_dimensions(shapes) == 0).sum())
