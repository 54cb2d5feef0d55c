"""Schools, halls, places of worship, pubs, charging points ... from any published map file -> layer `in_place`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep.errors import SourceInvalid
from laep.ingest.ground.place_tables import adapt
from laep.ingest.ground.use_class import plain
from laep.ingest.net.ways import ByNation, Daily
from laep.ingest.read.files import files_of
from laep.ingest.read.vector import (
    area_of,
    choose_column,
    edition_in,
    inside,
    points_of,
    read_vector,
    say_option,
    texts,
    unique_ids,
)
from laep.ingest.source import Ingested, Request, Source
from laep.schema import CRS, PLACE_KINDS, conform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from shapely import Geometry

_SCHOOLS = "https://ea-edubase-api-prod.azurewebsites.net/edubase/downloads/public"
SOURCE = Source(
    name="places",
    title="a map of local places, such as schools or halls",
    publisher="The publisher of the file you give, such as a council or the Department for Education",
    licence="As the publisher of the file states; council open data is mostly Open Government Licence v3.0",
    attribution="As the publisher of the file asks",
    url="https://www.data.gov.uk/ (schools: https://get-information-schools.service.gov.uk/Downloads)",
    writes=("in_place",),
    accepts="any map file (GeoJSON, GeoPackage, Shapefile) or a CSV with coordinates, one row a place",
    options=("kind", "kind_column", "name_column", "id_column", "operator_column", "layer", "where", "crs"),
    live=ByNation(england=Daily(url=f"{_SCHOOLS}/edubasealldata{{:%Y%m%d}}.csv", kind="csv")),
    on_request=True,
    tested_on="real file",
)
"""What is fetched is the Department for Education's register of schools; OpenStreetMap has most of them already."""

COLUMNS = {
    "kind": ("kind", "amenity", "fclass", "site_type", "facility_type", "functionaltheme", "functional_theme",
             "classifica", "classification", "buildgthem", "building_theme", "category", "type", "dataset"),
    "name": ("name", "site_name", "distname", "distinctive_name", "propertyname", "establishmentname",
             "title"),
    "id": ("osm_ref", "place_id", "osm_id", "unique_reference_number", "urn", "site_id", "assetcode", "id", "ref",
           "reference"),
    "operator": ("operator", "owner", "organisationlabel"),
}  # fmt: skip
"""What a place needs -> the column names it goes by, in lower case; the first that is there counts."""

WORDS: dict[str, str] = {
    "school": "school college university kindergarten music_school language_school prep_school",
    "hall": "community_centre social_centre village_hall community_hall parish_hall scout_hall scout_hut",
    "worship": "place_of_worship monastery",
    "club": "social_club club",
    "library": "library",
    "health": "hospital clinic doctors dentist pharmacy nursing_home social_facility hospice veterinary health_post",
    "pub": "pub bar biergarten",
    "shop": "cafe restaurant fast_food food_court ice_cream post_office bank marketplace fuel",
    "civic": "townhall courthouse police fire_station prison public_building ambulance_station arts_centre theatre "
    "cinema museum gallery",
    "charging": "charging_station",
}
"""OSM amenity values by kind of place."""

_HINTS = (
    ("library", r"librar"),
    ("charging", r"charging|charge_?point"),
    ("worship", r"worship|church|chapel|mosque|synagogue|gurdwara|cathedral|religious"),
    ("school", r"school|college|universit|academ|nurser|kindergarten|education|sixth_form"),
    ("sport", r"sport|swim|gym|fitness|stadium|golf|tennis|squash|pitch|leisure_cent|athlet|rink|ski_|studio|bowl"),
    ("health", r"hospital|clinic|doctor|dentist|surger|health|medical|pharmac|hospice"),
    ("hall", r"village_hall|parish_hall|community_(?:centre|center|hall|building)|scout|guide_h"),
    ("club", r"club"),
    ("pub", r"(?:^|_)(?:pub|pubs|inn|bar)(?:_|$)|public_house"),
    ("civic", r"town_hall|council|civic|police|fire_station|court|museum|emergency|government"),
    ("shop", r"shop|retail|store|supermarket|market|post_office|attraction_and_leisure"),
    ("settlement", r"^(?:city|town|village|hamlet|suburb|neighbourhood|settlement)$"),
)  # fmt: skip
"""Pattern looked for in a publisher's own words when they are not OSM's, in this order."""


def read(request: Request) -> Ingested:
    """Return layer `in_place`: the places of each file inside the area, as points, with their kind."""
    area = area_of(request, SOURCE)
    parts = [_one(path, request.options, area) for path in files_of(request, SOURCE)]
    frame, notes = as_layer(pd.concat([part for part, _, _ in parts], ignore_index=True), SOURCE.name)
    return Ingested(
        layers={"in_place": frame},
        rows_read=sum(rows for _, rows, _ in parts),
        rows_kept=len(frame),
        notes=(*(note for _, _, said in parts for note in said), *notes),
        edition=edition_in(request.files[0]),
    )


def as_layer(places: pd.DataFrame, source_id: str) -> tuple[Any, list[str]]:
    """Return places in the form of `in_place`, rows that repeat a place dropped, and a note on how many."""
    shape = points_of(places["geometry"].to_numpy())
    spot = pd.Series(shapely.to_wkt(shape, rounding_precision=0), index=places.index)
    repeated = pd.DataFrame({"spot": spot, "kind": places["kind"], "name": places["name"]}).duplicated().to_numpy()
    kept = places[~repeated]
    frame = gpd.GeoDataFrame(
        {
            "place_id": unique_ids(kept["place_id"], shape[~repeated]),
            "kind": kept["kind"],
            "name": kept["name"],
            "operator": kept["operator"],
            "source_id": source_id,
        },
        geometry=shape[~repeated],
        crs=CRS,
    )
    notes = [f"Rows that repeat a place already there, left out: {int(repeated.sum())}."] if repeated.any() else []
    return conform(frame, "in_place"), notes


def kinds_of(values: pd.Series[str], words: Mapping[str, str], hints: Iterable[tuple[str, str]]) -> pd.Series[str]:
    """
    Return the kind each of a publisher's words stands for: by exact word, else by the first pattern it holds.

    Parameters
    ----------
    values : Series of str
        Words such as `place_of_worship` or `Place Of Worship`.
    words : mapping
        Kind -> space-separated words that stand for it.
    hints : iterable of (kind, pattern)
        Patterns over the word in lower case with underscores.
    """
    word = plain(values)
    exact = {each: kind for kind, all_words in words.items() for each in (kind, *all_words.split())}
    found = word.map(exact).astype("string")
    for kind, pattern in hints:
        found = found.mask(found.isna() & word.str.contains(pattern, regex=True, na=False), kind)
    return found


def find_kinds(
    frame: Any,
    path: Path,
    options: Mapping[str, Any],
    *,
    source: Source,
    usual: Iterable[str],
    kinds: tuple[str, ...],
    words: Mapping[str, str],
    hints: Iterable[tuple[str, str]],
) -> tuple[pd.Series[str], list[str]]:
    """
    Return the kind of every row: the option `kind`, else a column, else the file's name; missing where none tells.

    Raises
    ------
    SourceInvalid
        When `kind` is not one laep knows, or nothing in the file says what its rows are.
    """
    if (given := options.get("kind")) is not None:
        if given not in kinds:
            raise SourceInvalid(f"[sources.{source.name}] has kind = {given!r}. Choose one of {', '.join(kinds)}.")
        return pd.Series(given, index=frame.index, dtype="string"), []
    column = choose_column(frame, options.get("kind_column"), usual, path=path, source=source, option="kind_column")
    values = texts(frame, column)
    found = kinds_of(values, words, hints)
    stem = kinds_of(pd.Series([path.stem], dtype="string"), words, hints).iloc[0]
    notes = [f"{path.name}: kind read from column {column!r}."] if column and found.notna().any() else []
    if pd.notna(stem) and (guessed := int(found.isna().sum())):
        found = found.fillna(stem)
        notes.append(f"{path.name}: rows taken for {stem} by the name of the file: {guessed}.")
    if len(frame) and found.isna().all():
        values_seen = ", ".join(sorted(set(values.dropna()))[:8])
        seen = f"column {column!r} says {values_seen}" if column else f"no column of {', '.join(usual)}"
        raise SourceInvalid(
            f"{path}: cannot tell what its rows are: {seen}. Set {say_option(source, 'kind', kinds[0])} "
            f"(one of {', '.join(kinds)}), or {say_option(source, 'kind_column', 'COLUMN')}."
        )
    if unknown := sorted(set(values[found.isna()].dropna())):
        rows = int(found.isna().sum())
        notes.append(f"{path.name}: rows of no kind laep uses, left out: {rows} ({', '.join(unknown[:8])}).")
    return found, notes


def _one(path: Path, options: Mapping[str, Any], area: Geometry) -> tuple[pd.DataFrame, int, list[str]]:
    vector = read_vector(
        path, source=SOURCE, layer=options.get("layer"), where=options.get("where"), crs=options.get("crs"),
        clip=area, required=False,
    )  # fmt: skip
    frame = inside(vector.frame, area, by_point=True)
    notes = list(vector.notes)
    if frame.empty and len(vector.frame):
        notes.append(f"{path.name}: none of its {vector.rows_read} rows is inside the area.")
    kind: pd.Series[str] | None = None
    if not {"kind", "kind_column"} & options.keys():
        frame, kind, said = adapt(frame, path)
    if kind is None:
        kind, said = find_kinds(
            frame, path, options, source=SOURCE, usual=COLUMNS["kind"], kinds=PLACE_KINDS, words=WORDS, hints=_HINTS
        )

    def read_as(what: str) -> pd.Series[str]:
        named = options.get(f"{what}_column")
        return texts(
            frame, choose_column(frame, named, COLUMNS[what], path=path, source=SOURCE, option=f"{what}_column")
        )

    table = pd.DataFrame(
        {
            "place_id": read_as("id"),
            "kind": kind,
            "name": read_as("name"),
            "operator": read_as("operator"),
            "geometry": np.asarray(frame.geometry, dtype=object),
        }
    )
    return table[kind.notna()], vector.rows_read, [*notes, *said]
