"""Addresses: those on a map -> private layer `in_address`, and how two ways of writing one are told to be the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep.ingest.read.vector import inside, points_of, postcodes, unique_ids
from laep.schema import CRS, conform

if TYPE_CHECKING:
    from shapely import Geometry

TAGS = ("addr:housenumber", "addr:housename", "addr:street")
"""OpenStreetMap tags of an address, besides the postcode."""

_MOST_IN_RANGE = 60  # a range such as 1-199 is more likely a mistake, or two numbers of one flat, than a street
_UNIT = r"^(?:flat|apartment|apt|unit|room|studio|maisonette|floor)\b"
_STREET_WORDS = {
    "st": "street", "rd": "road", "ave": "avenue", "av": "avenue", "ln": "lane", "cl": "close", "dr": "drive",
    "ct": "court", "pl": "place", "gdns": "gardens", "cres": "crescent", "terr": "terrace", "sq": "square",
}  # fmt: skip


def from_tags(features: Any, buildings: Any, area: Geometry, *, source_id: str) -> tuple[Any, list[str]]:
    """
    Return layer `in_address`: every feature inside `area` with a house number or name, and the building it stands in.

    Parameters
    ----------
    features : GeoDataFrame
        Map features with OpenStreetMap tags as columns, EPSG:27700.
    buildings : GeoDataFrame
        Layer `in_building`.
    """
    told = features[features["addr:housenumber"].notna() | features["addr:housename"].notna()]
    found = inside(told, area, by_point=True)
    shape = points_of(found.geometry.to_numpy())
    frame = gpd.GeoDataFrame(
        {
            "address_id": unique_ids(found["osm_id"], shape),
            "building_id": _building_of(shape, buildings),
            "number": found["addr:housenumber"],
            "name": found["addr:housename"],
            "street": found["addr:street"],
            "postcode": postcodes(found["addr:postcode"]),
            "source_id": source_id,
        },
        geometry=shape,
        crs=CRS,
    )
    return conform(frame, "in_address"), []


def keys(addresses: pd.DataFrame) -> pd.DataFrame:
    """
    Return the ways to look up each address of `in_address`, a row each: `building_id`, `key`.

    A key is `postcode|house` or `street|house`, where house is a number or a name in plain lower case. A range such as
    12-16 stands for its even or odd numbers, 12;14 for both.
    """
    several = addresses["number"].map(_numbers, na_action="ignore")
    by_number = addresses.assign(house=several).explode("house")
    by_name = addresses.assign(house=plain(addresses["name"]))
    rows = pd.concat([by_number, by_name]).dropna(subset=["house", "building_id"])
    house = rows["house"].astype("string")
    found = [
        pd.DataFrame({"building_id": rows["building_id"], "key": place + "|" + house})
        for place in (rows["postcode"], streets(rows["street"]))
    ]
    return pd.concat(found).dropna().drop_duplicates().reset_index(drop=True)


def houses(lines: pd.Series[str]) -> pd.DataFrame:
    """
    Return what an address written in one line, such as `Flat 2, 14 High Street`, may be looked up by.

    Returns
    -------
    DataFrame, same index
        `number` (14), `plain_number` (14 of 14a), `street` (high street), and `name`: the first part that is neither
        a flat nor a number with its street.
    """
    parts = lines.str.split(",").explode().str.strip()
    flat = parts.str.contains(_UNIT, case=False, regex=True, na=True)
    rest = parts[~flat]
    numbered = rest.str.extract(r"(?i)^(?P<number>\d+\s?[a-z]?(?:\s?-\s?\d+[a-z]?)?)\b[\s,]*(?P<street>.*)$")
    is_number = numbered["number"].notna()
    first = numbered[is_number].groupby(level=0).first().reindex(lines.index)
    bare = rest[~is_number].groupby(level=0)
    following = bare.first().reindex(lines.index)
    number = first["number"].astype("string").str.lower().str.replace(" ", "", regex=False)
    own_street = first["street"].mask(first["street"] == "")
    return pd.DataFrame(
        {
            "number": number,
            "plain_number": number.str.extract(r"^(\d+)", expand=False),
            "street": streets(own_street.fillna(following)),
            "name": plain(following),
        },
        index=lines.index,
    )


def plain(values: pd.Series[str]) -> pd.Series[str]:
    """Return text in lower case without punctuation; blanks missing."""
    text = values.astype("string").str.lower().str.replace(r"['.\u2019]", "", regex=True)
    text = text.str.replace(r"[^a-z0-9]+", " ", regex=True).str.strip()
    return text.mask(text == "")


def streets(values: pd.Series[str]) -> pd.Series[str]:
    """Return street names in plain form, a usual short form at the end written out: `Mill Ln` is `mill lane`."""
    text = plain(values)
    last = text.str.extract(r"(\S+)$", expand=False)
    long = last.map(_STREET_WORDS).astype("string")
    return text.mask(long.notna(), text.str.replace(r"\S+$", "", regex=True) + long)


def _building_of(points: Any, buildings: Any) -> Any:
    found = np.full(len(points), None, dtype=object)
    point, building = shapely.STRtree(buildings.geometry.to_numpy()).query(points, predicate="intersects")
    found[point[::-1]] = buildings["building_id"].to_numpy()[building[::-1]]
    return pd.array(found, dtype="string")


def _numbers(text: str) -> list[str]:
    found: list[str] = []
    for part in re.split(r"[;,&/]", text.lower()):
        word = re.sub(r"\s+", "", part)
        ends = re.fullmatch(r"(\d{1,5})-(\d{1,5})", word)
        if ends and 0 < int(ends[2]) - int(ends[1]) <= _MOST_IN_RANGE:
            low, high = int(ends[1]), int(ends[2])
            found += [str(n) for n in range(low, high + 1, 2 if (high - low) % 2 == 0 else 1)]
        elif word:
            found.append(word)
    return found
