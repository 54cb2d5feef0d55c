"""OpenStreetMap, an extract or exported GeoJSON -> buildings, places, land, substations and generators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from laep.errors import SourceInvalid
from laep.ingest.ground import addresses, buildings, land, places, use_class
from laep.ingest.ground.roads import only_roads, roads_in
from laep.ingest.ground.use_class import column, plain
from laep.ingest.net.overpass import Overpass
from laep.ingest.read import extract
from laep.ingest.read.files import files_of
from laep.ingest.read.vector import (
    area_of,
    bbox_of,
    clean,
    edition_in,
    inside,
    layers_of,
    nothing_inside,
    points_of,
    polygons_of,
    postcodes,
    read_vector,
    refuse_text,
    texts,
    unique_ids,
)
from laep.ingest.source import Ingested, Request, Source
from laep.schema import CRS, LAYERS, conform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely import Geometry

SOURCE = Source(
    name="osm",
    title="an OpenStreetMap extract",
    publisher="OpenStreetMap contributors",
    licence="Open Database Licence (ODbL) 1.0",
    attribution="(c) OpenStreetMap contributors",
    url="https://download.geofabrik.de/",
    writes=("in_building", "in_place", "in_land", "in_substation", "in_generator", "in_address", "in_road"),
    accepts="an OpenStreetMap extract (.osm.pbf or .osm), or GeoJSON files with OpenStreetMap tags as columns",
    options=("layer", "crs", *use_class.SIZES),
    live=Overpass(
        tags=(
            "building",
            "amenity",
            "shop",
            "office",
            "craft",
            "club",
            "leisure",
            "tourism",
            "healthcare",
            "landuse",
            "natural=wood|scrub|heath|grassland|wetland|water|sand|scree|bare_rock",
            "man_made",
            "power",
            "parking",
            "place=city|town|village|hamlet|suburb|neighbourhood|quarter|isolated_dwelling",
            "addr:housenumber",
            "addr:housename",
            "way:highway",
            "way:waterway",
        )
    ),
    told_by="map",
    tested_on="real file",
)

TAGS = (
    "name", "building", "building:levels", "building:flats", "height", "addr:postcode", "amenity", "shop", "office",
    "craft", "club", "leisure", "tourism", "healthcare", "landuse", "natural", "place", "man_made", "parking",
    "social_facility", "operator", "ref", "power", "disused", "substation", "voltage", "generator:source",
    "generator:method", "generator:type", "generator:output:electricity", "plant:source", "plant:method",
    "plant:output:electricity", *addresses.TAGS,
)  # fmt: skip
"""The tags laep reads. House numbers and names go into the private layer `in_address` alone; telephone numbers and the
like are never kept."""

_IDS = ("osm_ref", "@id", "osm_id", "osm_way_id", "id")
_COARSE = ("osmplotr_kind", "kind", "type")  # where an export has no tags but one column of kinds
_PACKED = ("other_tags", "all_tags", "tags")  # where a program has put tags into one column
_TELLING = frozenset({"building", "amenity", "landuse", "leisure", "shop", "power", "place", "natural", "office"})
_LAYERS = {
    "points": ("osm_id", "name", "ref", "place", "man_made", "other_tags"),
    "lines": ("osm_id", "name", "man_made", "other_tags"),
    "multipolygons": ("osm_id", "osm_way_id", "name", "amenity", "building", "craft", "landuse", "leisure", "man_made",
                      "natural", "office", "place", "shop", "tourism", "other_tags"),
}  # fmt: skip
"""Layers GDAL makes of an extract, and the columns worth reading of each; every other tag is in `other_tags`."""

_KINDS = {"points": "node", "lines": "way", "multipolygons": "relation"}
"""What the `osm_id` of each of these layers numbers."""

_AROUND_M = 500.0  # substations this far outside still feed streets inside: the longest low-voltage feeders
_SAME_PLACE_M = 300.0  # two rows of one kind and name this close are a site and its building
_ELSEWHERE_PARKING = frozenset(
    {"underground", "multi-storey", "rooftop", "street_side", "lane", "on_kerb", "half_on_kerb"}
)
_SPORT = "sports_centre sports_hall stadium fitness_centre swimming_pool golf_course ice_rink bowling_alley track"
_SETTLEMENTS = "city town village hamlet suburb neighbourhood quarter"
_NOT_SUBSTATIONS = frozenset({"transition", "traction", "compensation", "converter"})
_KV_LEVELS = ((200.0, "gsp"), (100.0, "bsp"), (20.0, "primary"))  # highest voltage from which a site is that level, kV
_TECHNOLOGY = {
    "solar": "solar", "wind": "wind", "hydro": "hydro", "battery": "storage", "gas": "gas", "biomass": "biomass",
    "biogas": "biomass", "biofuel": "biomass", "waste": "waste",
}  # fmt: skip
_KW = {"w": 1e-3, "kw": 1.0, "kwp": 1.0, "mw": 1e3, "mwp": 1e3, "gw": 1e6}
_METRES = {"m": 1.0, "metre": 1.0, "metres": 1.0, "meters": 1.0, "ft": 0.3048, "feet": 0.3048, "'": 0.3048}


def read(request: Request) -> Ingested:
    """
    Return what OpenStreetMap knows of the area: buildings, places, land, substations, generators and addresses.

    Buildings count as inside by a point within them, land when any of it touches, and substations up to 500 m outside.
    """
    area = area_of(request, SOURCE)
    files = files_of(request, SOURCE)
    told = [path for path in files if not only_roads(path, _TELLING, layer=request.options.get("layer"))] or list(files)
    parts = [_features(path, area, request.options, alone=len(told) == 1) for path in told]
    features = _merged(pd.concat([part for part, _, _ in parts], ignore_index=True))
    made = {
        "in_building": _buildings(features, area, buildings.sizes_in(request.options, SOURCE)),
        "in_place": _places(features, area),
        "in_land": _land(features, area),
        "in_substation": _substations(features, area),
        "in_generator": _generators(features, area),
    }
    if all(frame.empty for frame, _ in made.values()):
        raise nothing_inside(files[0], SOURCE, f"{len(features)} features")
    ids = {name: frame.iloc[:, 0] for name, (frame, _) in made.items()}
    made["in_address"] = addresses.from_tags(features, made["in_building"][0], area, source_id=SOURCE.name)
    return Ingested(
        layers={name: frame for name, (frame, _) in made.items()}
        | {"in_road": roads_in(files, area, source=SOURCE, options=request.options)},
        rows_read=sum(rows for _, rows, _ in parts),
        rows_kept=len(set().union(*ids.values())),
        notes=(*(note for _, _, said in parts for note in said), *(note for _, said in made.values() for note in said)),
        edition=edition_in(files[0]),
    )


def hstore(other_tags: pd.Series[str], keys: tuple[str, ...]) -> pd.DataFrame:
    r"""
    Return the named tags of GDAL's `other_tags`, such as `"power"=>"substation","voltage"=>"11000"`, a column each.

    A quote inside a value is written `\"`, so `"key"=>"` can only begin a tag.
    """
    held = other_tags.dropna().astype("string")
    found = {}
    for key in keys:
        start = f'"{key}"=>"'
        rows = held[held.str.contains(start, regex=False)]
        value = rows.str.extract(rf'(?:^|,){start}((?:[^"\\]|\\.)*)"', expand=False)
        found[key] = value.str.replace(r"\\(.)", r"\1", regex=True).reindex(other_tags.index).astype("string")
    return pd.DataFrame(found, index=other_tags.index)


def metres(values: pd.Series[str]) -> pd.Series[float]:
    """Return heights such as `8`, `8 m` or `26'` in metres; anything else is missing."""
    return _in_unit(values.str.replace(r"(?<=\d)\s*$", " m", regex=True), _METRES)


def kilowatts(values: pd.Series[str]) -> pd.Series[float]:
    """Return outputs such as `4 kW` or `2.5 MWp` in kilowatts; `yes`, or a number without a unit, is missing."""
    return _in_unit(values, _KW)


def _in_unit(values: pd.Series[str], units: Mapping[str, float]) -> pd.Series[float]:
    part = values.str.strip().str.lower().str.extract(r"^(\d+(?:\.\d+)?)\s*([a-z']+)$")
    number = pd.to_numeric(part[0], errors="coerce").astype("float64")
    return number * part[1].map(units).astype("float64")


def _features(path: Path, area: Geometry, options: Mapping[str, Any], *, alone: bool) -> tuple[Any, int, list[str]]:
    """Return the tagged features of one file near the area, EPSG:27700: `osm_id`, the tags in `TAGS`, geometry."""
    refuse_text(path, SOURCE)
    if path.suffix.lower() in {".pbf", ".osm"}:
        return _from_extract(path, area)
    layer, crs = options.get("layer"), options.get("crs")
    known = [name for name in layers_of(path) if name in _LAYERS] if layer is None else []
    if len(known) <= 1:
        return _from_export(path, area, layer=next(iter(known), layer), crs=crs, required=alone)
    found = [_from_export(path, area, layer=name, crs=crs, required=False) for name in known]
    return (
        pd.concat([table for table, _, _ in found], ignore_index=True),
        sum(rows for _, rows, _ in found),
        [f"{path.name}: read its layers {', '.join(known)}.", *(note for _, _, said in found for note in said)],
    )


def _from_extract(path: Path, area: Geometry) -> tuple[Any, int, list[str]]:
    bbox = bbox_of(area, crs=pyproj.CRS("EPSG:4326"), margin_m=_AROUND_M)
    parts = []
    for layer, columns in _LAYERS.items():
        only = "other_tags LIKE '%\"power\"=>%'" if layer == "lines" else None  # roads and rivers are of no use here
        try:
            rows = extract.read(path, layer=layer, columns=columns, bbox=bbox, where=only)
        except (DataSourceError, DataLayerError, FeatureError) as error:
            raise SourceInvalid(
                f"{path}: is not {SOURCE.accepts}, or is damaged ({error}). Get it again from {SOURCE.url}."
            ) from error
        parts.append(_tagged(rows, layer))
    features = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4326").to_crs(CRS)
    if features.empty:
        raise SourceInvalid(
            f"{path}: has nothing in or near the area. Get the extract that covers it from {SOURCE.url}."
        )
    features, notes = clean(features, shapes="any")
    return features, len(features), notes


def _tagged(rows: Any, layer: str) -> Any:
    """Return one layer of an extract with its tags in columns and ids such as `way/123`."""
    held = [name for name in TAGS if name in rows.columns]
    tags = hstore(rows["other_tags"], tuple(name for name in TAGS if name not in held))
    whole = rows[[*held, "geometry"]].join(tags[tags.notna().any(axis=1)])
    kind = _KINDS[layer]
    ids = kind + "/" + texts(rows, "osm_id")
    whole["osm_id"] = ids.fillna("way/" + texts(rows, "osm_way_id")) if layer == "multipolygons" else ids
    return whole


def _from_export(
    path: Path, area: Geometry, *, layer: str | None, crs: str | None, required: bool
) -> tuple[Any, int, list[str]]:
    columns = (*TAGS, *_IDS, *_COARSE, *_PACKED)
    vector = read_vector(
        path, source=SOURCE, layer=layer, crs=crs, clip=area, margin_m=_AROUND_M, required=required, columns=columns
    )
    frame, notes = _unpacked(vector.frame), list(vector.notes)
    tags = [name for name in TAGS if name in frame.columns]
    coarse = next((name for name in _COARSE if name in frame.columns and _kinds(frame[name])), None)
    table = frame[[*tags, "geometry"]].copy()
    if len(frame) and not _TELLING & set(tags):
        if coarse is None:
            raise SourceInvalid(
                f"{path}: has none of the OpenStreetMap tag columns {', '.join(sorted(_TELLING))}. laep reads "
                f"{SOURCE.accepts}; other maps are read by the sources buildings, places and land, "
                f"as in `laep ingest buildings --file {path}`."
            )
        table["building"] = texts(frame, coarse)
        notes.append(f"{path.name}: has no tags, so buildings were typed by its column {coarse!r}.")
    table["osm_id"] = _ids(frame, layer)
    return table, vector.rows_read, notes


def _unpacked(frame: Any) -> Any:
    """Return rows with the tags that a program has put into one column, as GDAL or as JSON, in columns of their own."""
    packed = [name for name in _PACKED if name in frame.columns]
    for name in packed:
        nested = frame[name].map(lambda cell: json.dumps(cell) if isinstance(cell, dict) else cell)
        text = texts(frame.assign(**{name: nested}), name)
        json_rows = text.str.startswith("{").fillna(value=False)
        found = hstore(text.mask(json_rows), TAGS).combine_first(_of_json(text[json_rows]).reindex(text.index))
        for tag in found.columns[found.notna().any()]:
            held = texts(frame, tag) if tag in frame.columns else pd.Series(pd.NA, index=text.index, dtype="string")
            frame = frame.assign(**{tag: held.fillna(found[tag])})
    return frame.drop(columns=packed)


def _of_json(text: pd.Series[str]) -> pd.DataFrame:
    """Return the tags in cells such as `{"building": "house"}`, a column each; a cell that is no JSON has none."""
    rows = []
    for cell in text:
        try:
            held = json.loads(cell)
        except ValueError:
            held = {}
        rows.append([held.get(tag) if isinstance(held.get(tag), str) else None for tag in TAGS])
    return pd.DataFrame(rows, index=text.index, columns=list(TAGS), dtype="string")


def _kinds(values: pd.Series[Any]) -> bool:
    """Return whether a column holds kinds of buildings, and not what an object is to the map, such as `way`."""
    return bool(plain(values.astype("string")).isin([*use_class.BUILDING, *use_class.UNTYPED]).any())


def _ids(frame: Any, layer: str | None) -> pd.Series[str]:
    """Return ids such as `way/123`; those of a layer that GDAL has made carry no word for what they number."""
    ids = pd.Series(pd.NA, index=frame.index, dtype="string")
    for name in _IDS:
        if name in frame.columns:
            own = texts(frame, name)
            if layer in _KINDS:
                own = ("way" if name == "osm_way_id" else _KINDS[layer]) + "/" + own
            ids = ids.fillna(own)
    return ids


def _merged(features: Any) -> Any:
    """Return each object once, tags of all files put together, and the fences of power sites as areas."""
    table = features.reindex(columns=["osm_id", *TAGS, "geometry"])
    table[list(TAGS)] = table[list(TAGS)].astype("string")
    table["geometry"] = _fenced(table["geometry"].to_numpy(), table["power"].notna().to_numpy())
    outline = pd.Series(shapely.to_wkb(table["geometry"].to_numpy(), hex=True), index=table.index).astype("string")
    key = (table["osm_id"] + "|" + outline).fillna(pd.Series(table.index, index=table.index).astype("string"))
    twice = key.duplicated(keep=False)
    untyped = plain(table["building"]).isin(use_class.UNTYPED)  # a row that says more about the building goes first
    several = table[twice].loc[untyped[twice].sort_values(kind="stable").index]
    together = pd.DataFrame(several).groupby(key, sort=False).first()
    return gpd.GeoDataFrame(pd.concat([pd.DataFrame(table[~twice]), together], ignore_index=True), crs=CRS)


def _fenced(shapes: Any, power: Any) -> Any:
    """Return shapes with the closed lines among those tagged power turned into areas: GDAL leaves them as lines."""
    ring = power & (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & shapely.is_closed(shapes)
    out = shapes.copy()
    out[ring] = shapely.build_area(shapes[ring])
    empty = shapely.is_empty(out)
    out[empty] = shapes[empty]
    return out


def _says(values: pd.Series[str], *words: str) -> Any:
    """Return where a tag is one of `words`, as plain true and false."""
    return plain(values).isin(words).to_numpy(dtype=bool)


def _is_area(features: Any) -> Any:
    return shapely.get_dimensions(features.geometry.to_numpy()) == 2


def _is_building(features: Any) -> Any:
    return features["building"].notna().to_numpy() & ~_says(features["building"], "no")


def _buildings(features: Any, area: Geometry, sizes: Mapping[str, float]) -> tuple[Any, list[str]]:
    """Return `in_building`: every area tagged building, inside by a point within it."""
    built = _is_building(features)
    _refuse_centres(features[built])
    standing = ~_says(features["building"], *use_class.NOT_STANDING)
    tagged = inside(features[built & standing & _is_area(features)], area, by_point=True)
    shape = polygons_of(tagged.geometry.to_numpy())
    footprint = pd.Series(shapely.area(shape), index=tagged.index)
    table = gpd.GeoDataFrame(
        {
            "building_id": tagged["osm_id"],
            "use": use_class.from_tags(tagged, footprint, home_max_m2=sizes.get("home_max_m2", use_class.HOME_MAX_M2)),
            "name": tagged["name"],
            "postcode": postcodes(tagged["addr:postcode"]),
            "homes": pd.to_numeric(tagged["building:flats"], errors="coerce").astype("float64"),
            "storeys": pd.to_numeric(tagged["building:levels"], errors="coerce").astype("float64"),
            "height_m": metres(tagged["height"]),
        },
        geometry=shape,
        crs=CRS,
    )
    bare = features[~built]
    points = bare[shapely.get_dimensions(bare.geometry.to_numpy()) == 0]
    ground = bare[_is_area(bare)]
    frame, notes = buildings.as_layer(
        table,
        places=points[["geometry"]].assign(use=use_class.of_point(points)),
        land=ground[["geometry"]].assign(use=use_class.of_ground(ground)),
        sizes=sizes,
        source_id=SOURCE.name,
    )
    gone = len(inside(features[built & ~standing & _is_area(features)], area, by_point=True))
    said = f"Buildings that do not stand (being built, planned, in ruins or taken down), left out: {gone}."
    return frame, [*notes, *([said] if gone else []), *_strange_words(tagged)]


def _refuse_centres(built: Any) -> None:
    """Raise `SourceInvalid` where all buildings are points: Overpass sends their centres when it is asked to."""
    if len(built) and not _is_area(built).any():
        raise SourceInvalid(
            f"All {len(built):,} buildings in it are points or lines, without an outline. In an Overpass query, write "
            f"`out geom;` in place of `out center;`, or get an extract from {SOURCE.url}."
        )


def _strange_words(tagged: Any) -> list[str]:
    word = plain(tagged["building"])
    strange = word[word.notna() & ~word.isin(use_class.UNTYPED) & ~word.isin(use_class.BUILDING.keys())]
    if strange.empty:
        return []
    return [f"Buildings with a type laep does not know, taken as untyped: {len(strange)} ({_some(strange)})."]


def _some(values: pd.Series[str]) -> str:
    return ", ".join(sorted(set(values))[:8])


def _places(features: Any, area: Geometry) -> tuple[Any, list[str]]:
    """Return `in_place`: points, and a point within each area, tagged as a place people go to."""
    found = features.assign(kind=_place_kind(features))
    found = found[found["kind"].notna()]
    found = found.set_geometry(gpd.GeoSeries(points_of(found.geometry.to_numpy()), index=found.index, crs=CRS))
    near = inside(found, area, by_point=False)
    once, merged = _one_a_site(near)
    table = once[["kind", "name", "operator", "geometry"]].assign(place_id=once["osm_id"])
    frame, notes = places.as_layer(table, SOURCE.name)
    said = f"Places mapped both as a site and as a building on it, kept once: {merged}."
    return frame, [*notes, *([said] if merged else [])]


def _place_kind(tags: Any) -> pd.Series[str]:
    exact = {word: kind for kind, words in places.WORDS.items() for word in words.split()}
    shop = plain(column(tags, "shop"))
    steps = (
        plain(tags["amenity"]).map(exact),
        tags["healthcare"].notna().map({True: "health"}),
        plain(tags["building"]).map(dict.fromkeys(("village_hall", "parish_hall", "scout_hall", "scout_hut"), "hall")),
        plain(tags["leisure"]).map(dict.fromkeys(_SPORT.split(), "sport")),
        plain(tags["club"]).map(dict.fromkeys(("scout", "scouts", "guides"), "hall")),
        tags["club"].notna().map({True: "club"}),
        plain(tags["tourism"]).map({"museum": "civic", "gallery": "civic"}),
        plain(tags["office"]).map({"government": "civic"}),
        shop.mask(shop.isin(["no", "vacant"])).notna().map({True: "shop"}),
        plain(tags["place"]).map(dict.fromkeys(_SETTLEMENTS.split(), "settlement")),
    )
    return use_class.first_of(steps, tags.index)


def _one_a_site(found: Any) -> tuple[Any, int]:
    """Return places less those that repeat kind and name close to the first; shops and chargers all stay."""
    named = found["name"].notna() & ~found["kind"].isin(["shop", "charging"])
    key = (found["kind"] + "|" + found["name"].str.casefold()).fillna("")
    spot = gpd.GeoSeries(found.geometry, crs=CRS)
    place = pd.DataFrame({"x": spot.x, "y": spot.y, "key": key})
    first = place.groupby("key")[["x", "y"]].transform("first")
    apart = np.hypot(place["x"] - first["x"], place["y"] - first["y"])
    again = named & key.duplicated() & (apart <= _SAME_PLACE_M)
    return found[~again], int(again.sum())


def _land(features: Any, area: Geometry) -> tuple[Any, list[str]]:
    """Return `in_land`: areas without a building tag, by land use, whole wherever they touch the area."""
    ground = features[_is_area(features) & ~_is_building(features)]
    kind = _land_kind(ground)
    elsewhere = _says(kind, "car_park") & _says(ground["parking"], *_ELSEWHERE_PARKING)
    found = inside(ground.assign(kind=kind)[kind.notna().to_numpy() & ~elsewhere], area, by_point=False)
    table = pd.DataFrame(
        {
            "land_id": found["osm_id"],
            "kind": found["kind"],
            "name": found["name"],
            "operator": found["operator"],
            "geometry": polygons_of(found.geometry.to_numpy()),
        }
    )
    frame, notes = land.as_layer(table, SOURCE.name)
    left = len(inside(ground[elsewhere], area, by_point=False))
    said = f"Car parks under ground, on decks or along streets, left out of land: {left}."
    return frame, [*notes, *([said] if left else [])]


def _land_kind(tags: Any) -> pd.Series[str]:
    exact = {word: kind for kind, words in land.WORDS.items() for word in words.split()}
    school = dict.fromkeys(land.WORDS["school_grounds"].split(), "school_grounds")
    steps = (
        plain(tags["amenity"]).map({**school, "parking": "car_park", "grave_yard": "cemetery"}),
        plain(tags["leisure"]).map({"pitch": "playing_field", "park": "park", "common": "common",
                                    "golf_course": "other",
                                    "recreation_ground": "recreation_ground", "nature_reserve": "other"}),
        plain(tags["landuse"]).map(exact),
        tags["landuse"].notna().map({True: "other"}),
        plain(tags["natural"]).map({"wood": "woodland", "water": "water", "grassland": "grass", "heath": "other",
                                    "scrub": "other", "wetland": "other"}),
    )  # fmt: skip
    return use_class.first_of(steps, tags.index)


def _substations(features: Any, area: Geometry) -> tuple[Any, list[str]]:
    """Return `in_substation`: power=substation up to 500 m around the area; secondary unless its voltage says more."""
    tagged = features[_says(features["power"], "substation")]
    near = inside(tagged, area.buffer(_AROUND_M), by_point=True)
    gone = _says(near["substation"], *_NOT_SUBSTATIONS) | _says(near["disused"], "yes")
    kept = near[~gone]
    kilovolts = _voltages(kept["voltage"])
    shape = points_of(kept.geometry.to_numpy())
    frame = gpd.GeoDataFrame(
        {
            "substation_id": unique_ids(kept["osm_id"], shape),
            "operator": "osm",
            "name": kept["name"].fillna(kept["ref"]),
            "level": _levels(kilovolts),
            "voltage_kv": kilovolts["low"],
            "upstream_voltage_kv": kilovolts["high"],
            "comment": "Operator on OpenStreetMap: " + kept["operator"],
            "source_id": SOURCE.name,
        },
        geometry=shape,
        crs=CRS,
    )
    dropped = f"Railway, disused or cable-to-line sites, which feed no local streets, left out: {gone.sum()}."
    return _filled(frame, "in_substation"), [dropped] if gone.any() else []


def _voltages(values: pd.Series[str]) -> pd.DataFrame:
    """Return the voltages of a tag such as `132000;33000;11000`: `high`, the `next` below it and the `low`, in kV."""
    split = values.str.split(";").explode()
    volts = pd.to_numeric(split, errors="coerce").astype("float64")
    kilovolts = volts.where(volts > 0) / 1000.0
    high = kilovolts.groupby(level=0).max()
    lower = kilovolts.where(kilovolts < high.reindex(kilovolts.index)).groupby(level=0)
    return pd.DataFrame({"high": high, "next": lower.max(), "low": lower.min()}).reindex(values.index)


def _levels(kilovolts: pd.DataFrame) -> pd.Series[str]:
    """Return the level of each site by its highest voltage; 132 kV straight to 11 kV is a primary."""
    level = pd.Series("secondary", index=kilovolts.index, dtype="string")
    for least, name in reversed(_KV_LEVELS):
        level = level.mask(kilovolts["high"] >= least, name)
    return level.mask((level == "bsp") & (kilovolts["next"] < _KV_LEVELS[-1][0]), "primary")


def _generators(features: Any, area: Geometry) -> tuple[Any, list[str]]:
    """Return `in_generator`: generators and power plants as points, less solar water heaters and parts of another."""
    made = _says(features["power"], "plant", "generator") | features["generator:source"].notna().to_numpy()
    found = inside(features[made], area, by_point=True)
    shape = points_of(found.geometry.to_numpy())
    source = plain(found["plant:source"].fillna(found["generator:source"]))
    technology = source.map(_TECHNOLOGY).astype("string").fillna("other")
    warm = found["generator:type"].str.contains("thermal", na=False).to_numpy(dtype=bool)
    heat = (technology == "solar").to_numpy(dtype=bool) & (_says(found["generator:method"], "thermal") | warm)
    output = found["plant:output:electricity"].fillna(found["generator:output:electricity"])
    whole = _whole(found, shape, technology)
    part, in_plant = whole >= 0, (whole >= 0) & _says(found["power"], "plant")[whole]
    kw = _with_parts(kilowatts(output), whole)
    gone = _says(found["disused"], "yes")
    keep = ~(heat | part | gone)
    frame = gpd.GeoDataFrame(
        {
            "generator_id": unique_ids(found["osm_id"], shape),
            "told_by": SOURCE.told_by,
            "technology": technology,
            "status": "connected",
            "name": found["name"],
            "capacity_kw": kw,
            "distance_m": 0.0,
            "source_id": SOURCE.name,
        },
        geometry=shape,
        crs=CRS,
    )[keep]
    counts = {
        "Solar water heaters, which make no electricity, left out": int(heat.sum()),
        "Generators that are part of a mapped power plant, left out": int((in_plant & ~heat).sum()),
        "Generators drawn as an area and again as a point on it, left out once": int((part & ~in_plant & ~heat).sum()),
        "Generators without a capacity on the map": int(frame["capacity_kw"].isna().sum()),
    }
    return _filled(frame, "in_generator"), [f"{what}: {count}." for what, count in counts.items() if count]


def _whole(found: Any, points: Any, technology: pd.Series[str]) -> Any:
    """
    Return for each row the place of the row it is part of, -1 where it is none.

    A plant holds what it surrounds of its technology, and an array drawn as an area holds a point on it.
    """
    plant, shapes, kind = _says(found["power"], "plant"), found.geometry.to_numpy(), technology.to_numpy()
    area = shapely.area(shapes) > 0
    inner, outer = shapely.STRtree(shapes).query(points, predicate="intersects")
    holds = (plant[outer] & ~plant[inner]) | (area[outer] & ~area[inner])
    holds &= kind[outer] == kind[inner]
    whole = np.full(len(found), -1)
    whole[inner[holds]] = outer[holds]
    return whole


def _with_parts(kw: pd.Series[float], whole: Any) -> pd.Series[float]:
    """Return capacities, of a whole that has none the sum of its parts'. [kW]."""
    part = whole >= 0
    sums = kw[part].groupby(whole[part]).sum(min_count=1).reindex(range(len(kw)))
    return kw.fillna(pd.Series(sums.to_numpy(), index=kw.index))


def _filled(frame: Any, layer: str) -> Any:
    """Return `frame` with the columns of `layer` it has nothing to say about, all missing."""
    return conform(frame.reindex(columns=[*LAYERS[layer].column_names, "geometry"]), layer)
