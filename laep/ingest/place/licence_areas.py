"""Which network operators serve a place -> `in_licence_area`: from a map of licence areas, else from places known."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from laep import licence
from laep.errors import SourceInvalid
from laep.ingest.read.vector import area_of, read_vector, texts
from laep.ingest.source import Ingested, Source
from laep.licence import AREAS
from laep.schema import conform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    from shapely import Geometry

    from laep.ingest.source import Request

SOURCE = Source(
    name="licence_areas",
    title="Licence areas of the electricity distribution network operators",
    publisher="National Energy System Operator (map); laep (places known, where no map is given)",
    licence="See the dataset page (map); derived from open data of four operators (places known)",
    attribution="Supported by National Energy SO Open Data, NGED Open Data, UKPN, Northern Powergrid and SSEN",
    url="https://www.neso.energy/data-portal (GIS boundaries for GB DNO licence areas)",
    writes=("in_licence_area",),
    accepts="a map of licence areas (GeoJSON, GeoPackage, shapefile); without one, places known to laep decide",
    options=("layer", "crs"),
    needs_file=False,
    tested_on="real file",
)


SAMPLES = 15
"""Points a side at which the area is asked, so that one across a border names both sides."""
LEAST_SHARE = 0.001
"""A smaller share of the area is a line drawn differently, not land in another licence area."""
_BY_MAP = "share of the area's land on the map of licence areas"
_BY_PLACE = "nearest places known to lie in a licence area"
_COLUMNS = ("id", "name", "licence_area", "area", "region", "longname", "dno_full", "shortname", "dno")


@dataclass(frozen=True, kw_only=True)
class Served:
    """A licence area the place may lie in: its operator, the share of the land, how that was found, and how surely."""

    licence_area: str
    operator: str
    share_of_area: float
    method: str
    confidence: str


def operators_of(clip: Geometry) -> tuple[str, ...]:
    """Return the operator groups that serve a place, or may serve it, most likely first; see `served_by`."""
    return tuple(dict.fromkeys(each.operator for each in served_by(clip)))


def served_by(clip: Geometry, *, areas: gpd.GeoDataFrame | None = None) -> tuple[Served, ...]:
    """
    Return the licence areas a place lies in, or may lie in, most likely first.

    Parameters
    ----------
    clip : Geometry
        The place, a polygon in EPSG:27700.
    areas : GeoDataFrame, optional
        Outlines with a column `licence_area` (EPSG:27700), as `outlines` reads them. None asks the places laep ships.

    Returns
    -------
    tuple of Served
        By map: share of the land, confidence high. By known places: medium and share 1 where one area is possible,
        else low with shares missing. Empty only where `areas` covers none of the place.
    """
    return _by_place(clip) if areas is None else _by_map(clip, areas)


def read(request: Request) -> Ingested:
    """Return the licence areas the place lies in, from the map given, else from places known."""
    clip = area_of(request, SOURCE)
    if len(request.files) > 1:
        raise SourceInvalid(f"{SOURCE.name} reads one map of licence areas, and {len(request.files)} were given.")
    notes: list[str] = []
    areas, rows_read = None, licence.count()
    if request.files:
        areas, rows_read = outlines(request.files[0], options=request.options, clip=clip)
    served = served_by(clip, areas=areas)
    if not served:
        raise SourceInvalid(
            f"{request.files[0]}: no licence area covers the place. Get a map of all of them from {SOURCE.url}."
        )
    if areas is None:
        notes.append(f"Told from the nearest of {rows_read:,} places whose licence area laep knows.")
    if len(served) > 1 and areas is None:
        notes.append(
            f"The place is near a border: {', '.join(each.licence_area for each in served)} are possible. A map from "
            f"{SOURCE.url} settles it."
        )
    frame = pd.DataFrame([asdict(each) for each in served]).assign(source_id=SOURCE.name)
    return Ingested(
        layers={"in_licence_area": conform(frame, "in_licence_area")}, rows_read=rows_read, rows_kept=len(frame),
        notes=tuple(notes),
    )  # fmt: skip


def outlines(path: Path, *, options: Mapping[str, Any], clip: Geometry | None) -> tuple[gpd.GeoDataFrame, int]:
    """
    Return the outlines of a map near the place with a column `licence_area`, and how many the map holds.

    A licence area is known by its distributor number, its group letter or any of its names, in whichever column.
    """
    vector = read_vector(
        path, source=SOURCE, layer=options.get("layer"), crs=options.get("crs"), clip=clip, shapes="polygon"
    )
    columns = {str(name).casefold(): str(name) for name in vector.frame.columns if name != "geometry"}
    found = pd.Series(pd.NA, index=vector.frame.index, dtype="string")
    for name in _COLUMNS:
        if name in columns:
            found = found.fillna(_named(texts(vector.frame, columns[name])))
    if len(found) and found.isna().all():
        raise SourceInvalid(
            f"{path}: no column that names licence areas, such as 'id' (10 to 23), 'name' (_A to _P, or EPN). The file "
            f"has {', '.join(map(repr, columns.values())) or 'no columns'}. Get a map from {SOURCE.url}."
        )
    named = vector.frame[["geometry"]].assign(licence_area=found)
    return named[found.notna()], vector.rows_read


def _named(text: pd.Series[str]) -> pd.Series[str]:
    known = {str(area.distributor): area.name for area in AREAS}
    for area in AREAS:
        known.update({_key(name): area.name for name in (area.group, area.name, *area.known_as)})
    return text.map(lambda value: known.get(_key(value)), na_action="ignore").astype("string")


def _key(name: str) -> str:
    plain = name.casefold().replace("&", "and")
    return plain if plain.startswith("_") else "".join(letter for letter in plain if letter.isalnum())


def _by_map(clip: Geometry, areas: gpd.GeoDataFrame) -> tuple[Served, ...]:
    inside = pd.Series(shapely.area(shapely.intersection(areas.geometry.to_numpy(), clip)), index=areas.index)
    share = (inside.groupby(areas["licence_area"]).sum() / clip.area).sort_values(ascending=False, kind="stable")
    operators = {area.name: area.operator for area in AREAS}
    return tuple(
        Served(
            licence_area=str(name), operator=operators[str(name)], share_of_area=min(float(part), 1.0), method=_BY_MAP,
            confidence="high",
        )
        for name, part in share.items()
        if part >= LEAST_SHARE
    )  # fmt: skip


def _by_place(clip: Geometry) -> tuple[Served, ...]:
    away_m = licence.distances(_sample(clip))
    may = set(np.flatnonzero(licence.possible(away_m).any(axis=0)).tolist())
    order = [at for at in np.argsort(away_m.min(axis=0), kind="stable").tolist() if at in may]
    alone = len(order) == 1
    return tuple(
        Served(
            licence_area=AREAS[at].name, operator=AREAS[at].operator, share_of_area=1.0 if alone else float("nan"),
            method=_BY_PLACE, confidence="medium" if alone else "low",
        )
        for at in order
    )  # fmt: skip


def _sample(clip: Geometry) -> Any:
    """Return points in the place: a regular net over it, and always one point of its own."""
    west, south, east, north = clip.bounds
    across, up = np.meshgrid(np.linspace(west, east, SAMPLES), np.linspace(south, north, SAMPLES))
    net = np.column_stack([across.ravel(), up.ravel()])
    inside = net[shapely.contains_xy(clip, net[:, 0], net[:, 1])]
    own = shapely.get_coordinates(shapely.point_on_surface(clip))
    return np.vstack([own, inside])
