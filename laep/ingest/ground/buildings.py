"""Building footprints from any map file (Ordnance Survey, Overture, Microsoft, a council) -> layer `in_building`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep.errors import SourceInvalid
from laep.ingest.ground import use_class
from laep.ingest.net.os_downloads import OsDownload
from laep.ingest.read.files import files_of
from laep.ingest.read.table import whole
from laep.ingest.read.vector import (
    area_of,
    choose_column,
    edition_in,
    inside,
    nothing_inside,
    numbers,
    postcodes,
    read_vector,
    texts,
    unique_ids,
)
from laep.ingest.source import Ingested, Request, Source
from laep.schema import CRS, conform, empty

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely import Geometry

SOURCE = Source(
    name="buildings",
    title="building footprints, such as OS OpenMap Local",
    publisher="The publisher of the file you give; OS OpenMap Local: Ordnance Survey",
    licence="As the publisher of the file states; OS OpenMap Local: Open Government Licence v3.0",
    attribution=(
        "As the publisher of the file asks; OS OpenMap Local: Contains OS data (c) Crown copyright and database right"
    ),
    url="https://osdatahub.os.uk/downloads/open/OpenMapLocal",
    writes=("in_building", "in_building_use"),
    takes=("in_place", "in_land", "in_building"),
    accepts="any map file of building outlines (GeoPackage, Shapefile, GeoJSON, lines of GeoJSON, GML, GeoParquet)",
    options=(
        "layer", "where", "crs", "id_column", "use_column", "height_column", "storeys_column", "homes_column",
        "postcode_column", "name_column", *use_class.SIZES,
    ),
    live=OsDownload(
        product="OpenMapLocal", format="ESRI Shapefile", by_square=True,
        keep=r"(?:^|[/_])Building\.(?:shp|shx|dbf|prj|cpg)$", read=r"\.shp$",
    ),
    on_request=True,
    stands_in_for="osm",
)  # fmt: skip
"""OS OpenMap Local draws a row of houses as one outline, so it is fetched only when it is named, or when
OpenStreetMap cannot be had.

The layers `in_place` and `in_land`, where the area has them, give uses; footprints
that another source has drawn already come as `drawn`."""

COLUMNS = {
    "id": ("osm_ref", "building_id", "osid", "toid", "osm_id", "id", "gml_id", "fid", "objectid", "reference"),
    "use": (
        "use", "building_use", "use_class", "building", "description", "class", "subtype", "type", "buildgthem",
        "classifica", "theme",
    ),
    "use_else": ("buildinguse", "buildinguse_oslandusetiera", "subtype"),
    "height": (
        "height_m", "height", "building_height", "height_relativemax_m", "relh2", "relhmax", "measuredheight",
    ),
    "storeys": (
        "storeys", "building:levels", "levels", "num_floors", "floors", "number_of_floors", "numberoffloors",
    ),
    "homes": ("homes", "building:flats", "dwellings", "units", "buildinguse_addresscount_residential"),
    "postcode": ("postcode", "addr:postcode", "pcds"),
    "name": ("name", "names.primary", "distname", "distinctive_name"),
}  # fmt: skip
"""What a footprint can have -> the column names it goes by, in lower case; the first that is there counts.

They are those of OpenStreetMap, OS OpenMap Local, OS MasterMap and the National Geographic Database, Overture and
Microsoft. `use_else` says what a building is for where `use` does not."""

_OSM_COLUMNS = frozenset({"building", "class", "type"})  # where `farm` means a farmhouse, as it does in OpenStreetMap
_HOUSE_LIKE = ("home", "mobile_home", "outbuilding", "garage")  # a name here is part of somebody's address
_SAME_GROUND = 0.5  # two sources draw one building when they share more than half of the smaller outline: walls that
# only touch share nothing, and one outline over a row of houses shares all of each house
_RESIDENTIAL = frozenset({"residential", "residential building", "residential accommodation"})
_MAX_HEIGHT_M = 350.0  # above the tallest building in Great Britain (310 m)
_MAX_STOREYS = 100.0  # the same, in storeys (95)


def read(request: Request) -> Ingested:
    """Return layer `in_building`: footprints whose representative point is inside the area, with their use classes."""
    area = area_of(request, SOURCE)
    parts = [_one(path, request.options, area) for path in files_of(request, SOURCE)]
    if not any(len(part) for part, _, _ in parts):
        raise nothing_inside(request.files[0], SOURCE, "buildings")
    drawn = request.layers.get("in_building", empty("in_building"))
    table, told, overlaps = _one_a_building([part for part, _, _ in parts], drawn, request.files)
    places = _with_use(request.layers.get("in_place"), use_class.OF_PLACE)
    land = _with_use(request.layers.get("in_land"), use_class.OF_LAND)
    frame, notes = as_layer(
        table, places=places, land=land, sizes=sizes_in(request.options, SOURCE), source_id=SOURCE.name
    )
    return Ingested(
        layers={"in_building": frame, "in_building_use": told},
        rows_read=sum(rows for _, rows, _ in parts),
        rows_kept=len(frame),
        notes=(*(note for _, _, said in parts for note in said), *overlaps, *notes),
        edition=edition_in(request.files[0]),
    )


def as_layer(
    table: Any, *, places: Any, land: Any, sizes: Mapping[str, float], source_id: str
) -> tuple[Any, list[str]]:
    """
    Return footprints in the form of `in_building`, uses settled and repeats dropped, and notes.

    Parameters
    ----------
    table : GeoDataFrame
        Columns building_id, use (missing where no tag says), name, postcode, homes, storeys, height_m; EPSG:27700.
    places, land : GeoDataFrame
        Points and areas with a column `use`, see `use_class.settle`.
    sizes : mapping
        Keyword arguments of `use_class.settle`.
    """
    once, repeated = _drawn_once(table)
    shape = once.geometry.to_numpy()
    settled = use_class.settle(once, places=places, land=land, **sizes)
    frame = gpd.GeoDataFrame(
        {
            "building_id": unique_ids(once["building_id"], shape),
            "use": settled["use"],
            "use_basis": settled["use_basis"],
            "use_by": source_id,
            "use_told": settled["use"],
            "use_told_basis": settled["use_basis"],
            "name": once["name"].mask(settled["use"].isin(_HOUSE_LIKE)),
            "postcode": once["postcode"],
            "homes": whole(once["homes"].where(once["homes"] >= 0)),
            "storeys": once["storeys"].where(once["storeys"].between(0, _MAX_STOREYS, inclusive="right")),
            "height_m": once["height_m"].where(once["height_m"].between(0, _MAX_HEIGHT_M, inclusive="right")),
            "footprint_m2": shapely.area(shape),
            "source_id": source_id,
        },
        geometry=shape,
        crs=CRS,
    )
    notes = [f"Footprints drawn twice, second ones left out: {repeated}."] if repeated else []
    return conform(frame, "in_building"), [*notes, _say_uses(settled)]


def sizes_in(options: Mapping[str, Any], source: Source) -> dict[str, float]:
    """Return the size limits set in laep.toml, as keyword arguments of `use_class.settle`."""
    found = {name: options[name] for name in use_class.SIZES if name in options}
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise SourceInvalid(
                f"[sources.{source.name}] has {name} = {value!r}. Write a number of square metres, such as 25."
            )
    return {name: float(value) for name, value in found.items()}


def _one_a_building(
    parts: list[pd.DataFrame], drawn: pd.DataFrame, files: tuple[Path, ...]
) -> tuple[Any, pd.DataFrame, list[str]]:
    """
    Return the footprints of all files, those left out that another source or an earlier file draws, and notes.

    The second is what the footprints left out tell of the buildings of other sources, as layer `in_building_use`; a
    building of an earlier file whose use that does not say takes the use of a later one at once.
    """
    every = pd.DataFrame({"geometry": np.asarray(drawn["geometry"], dtype=object), "use": None})
    notes = []
    for part, path in zip(parts, files, strict=True):
        pairs = _share_ground(np.asarray(part["geometry"], dtype=object), np.asarray(every["geometry"], dtype=object))
        repeated = np.isin(np.arange(len(part)), pairs["one"])
        use = pairs.assign(use=part["use"].to_numpy()[pairs["one"]]).dropna(subset=["use"])
        use = use.sort_values("shared_m2", ascending=False, kind="stable").drop_duplicates("other").set_index("other")
        every["use"] = every["use"].fillna(use["use"].reindex(every.index))
        if count := int(repeated.sum()):
            notes.append(f"{path.name}: {count:,} of {len(part):,} footprints are drawn already, and left out.")
        every = pd.concat([every, part[~repeated]], ignore_index=True)
    told = pd.DataFrame({"building_id": drawn["building_id"].to_numpy(), "use": every["use"].iloc[: len(drawn)]})
    told = told.dropna(subset=["use"]).assign(source_id=SOURCE.name)
    news = told["building_id"].isin(drawn.loc[drawn["use_basis"] != "tag", "building_id"])
    if count := int(news.sum()):
        notes.append(f"The use of {count:,} buildings is taken from here: who draws them has no word for it.")
    kept = every.iloc[len(drawn) :].reset_index(drop=True)
    kept = kept.assign(use=kept["use"].astype("string"))
    return gpd.GeoDataFrame(kept, geometry="geometry", crs=CRS), conform(told, "in_building_use"), notes


def _share_ground(shapes: Any, earlier: Any) -> pd.DataFrame:
    """Return the pairs of shapes and earlier ones that share more than half of the smaller outline, and how much."""
    one, other = shapely.STRtree(earlier).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[one], earlier[other]))
    smaller = np.minimum(shapely.area(shapes[one]), shapely.area(earlier[other]))
    same = shared > _SAME_GROUND * smaller
    return pd.DataFrame({"one": one[same], "other": other[same], "shared_m2": shared[same]})


def _drawn_once(table: Any) -> tuple[Any, int]:
    """Return the table without footprints of the same outline, the one whose use is known kept, and how many went."""
    outline = pd.Series(shapely.to_wkb(shapely.normalize(table.geometry.to_numpy())), index=table.index)
    order = table["use"].isna().sort_values(kind="stable").index
    keep = ~outline.loc[order].duplicated().reindex(table.index)
    return table[keep].reset_index(drop=True), int((~keep).sum())


def _say_uses(settled: pd.DataFrame) -> str:
    by_basis = settled["use_basis"].value_counts().reindex(["tag", "place", "land", "size", "none"], fill_value=0)
    told = ", ".join(f"{int(count)} by {basis}" for basis, count in by_basis.items() if basis != "none" and count)
    return f"Use of buildings: {told or 'none known'}; {int(by_basis['none'])} unknown."


def _with_use(layer: Any, uses: Mapping[str, str]) -> Any:
    if layer is None or layer.empty:
        return use_class.nothing_around()
    return layer.assign(use=layer["kind"].map(uses).astype("string"))[["use", "geometry"]]


def _one(path: Path, options: Mapping[str, Any], area: Geometry) -> tuple[pd.DataFrame, int, list[str]]:
    vector = read_vector(
        path, source=SOURCE, layer=options.get("layer"), where=options.get("where"), crs=options.get("crs"),
        clip=area, shapes="polygon",
    )  # fmt: skip
    frame = inside(vector.frame, area, by_point=True).reset_index(drop=True)
    picked = {
        what: choose_column(
            frame, options.get(f"{what}_column"), usual, path=path, source=SOURCE, option=f"{what}_column"
        )
        for what, usual in COLUMNS.items()
    }
    homes = numbers(frame, picked["homes"])
    use, said = _uses(frame, picked["use"], path)
    if picked["use_else"] == picked["use"]:
        picked["use_else"] = None
    else:
        use = use.fillna(_uses(frame, picked["use_else"], path)[0])
    use = use.fillna(_dwellings(frame, [picked["use"], picked["use_else"]], homes))
    table = pd.DataFrame(
        {
            "building_id": texts(frame, picked["id"]),
            "use": use,
            "name": texts(frame, picked["name"]),
            "postcode": postcodes(texts(frame, picked["postcode"])),
            "homes": homes,
            "storeys": numbers(frame, picked["storeys"]),
            "height_m": numbers(frame, picked["height"]),
            "geometry": np.asarray(frame.geometry, dtype=object),
        }
    )
    columns = ", ".join(f"{what} from {name!r}" for what, name in picked.items() if name)
    read_from = (
        [f"{path.name}: read {columns}."] if columns else [f"{path.name}: outlines only, no columns laep knows."]
    )
    return table, vector.rows_read, [*vector.notes, *read_from, *said]


def _uses(frame: Any, column: str | None, path: Path) -> tuple[pd.Series[str], list[str]]:
    values = texts(frame, column)
    use = use_class.from_words(values)
    if column is not None and column.casefold() in _OSM_COLUMNS:
        footprint = pd.Series(shapely.area(frame.geometry.to_numpy()), index=frame.index)
        use = use_class.from_tags(pd.DataFrame({"building": values}), footprint).fillna(use)
    words = use_class.plain(values)
    said = words.isin(use_class.UNTYPED) | values.str.casefold().isin(use_class.UNSURVEYED)
    strange = values[use.isna() & values.notna() & ~said]
    if strange.empty:
        return use, []
    shown = ", ".join(sorted(set(strange))[:8])
    return use, [f"{path.name}: uses laep does not know in {column!r}, taken as untyped: {len(strange)} ({shown})."]


def _dwellings(frame: Any, columns: list[str | None], homes: pd.Series[float]) -> pd.Series[str]:
    """Return `flats` or `home` for buildings that are only said to be lived in: by the homes in them, else by size."""
    lived_in = pd.Series(data=False, index=frame.index)
    for column in columns:
        lived_in |= texts(frame, column).str.casefold().isin(_RESIDENTIAL).astype(bool)
    large = pd.Series(shapely.area(frame.geometry.to_numpy()) > use_class.HOME_MAX_M2, index=frame.index)
    several = homes.gt(1).where(homes.ge(1), large)
    return pd.Series(np.where(several, "flats", "home"), index=frame.index, dtype="string").where(lived_in)
