"""Which primary each secondary hangs from, and the links from feeder to grid supply point -> layer `link_chain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from laep import licence, names, schema
from laep.schema.vocabulary import OPERATORS
from laep.spatial.network.substations import (
    NEAREST,
    PUBLISHED,
    Linked,
    match_areas,
    primary_of,
    with_placeless,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

PUBLISHED_ID = "published_id"
NUMBERED = r"^(\d{4})_(\d{3})_(\d{3})$"
"""SSEN's id of a transformer: primary, high-voltage feeder, transformer."""
_STRONG = {"high": 0, "medium": 1, "low": 2}


def parents(
    substations: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame, feeders: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """
    Return the primary of each secondary, and of each secondary that only the feeder lookup knows.

    Parameters
    ----------
    substations : GeoDataFrame
        From `substations.known`.
    supply_areas, feeders : DataFrame
        Layers `in_supply_area` and `in_feeder`; either may be empty.

    Returns
    -------
    DataFrame
        `substation_id`, `name`, `parent_id` (missing where none is found), `parent_name`, `hv_feeder_id`,
        `hv_feeder_name`, `method` (published_id, published_area, nearest), `confidence`.

    Notes
    -----
    A transformer's id begins with the number of its primary. The number is told by the supply area that bears it, or
    by the name the feeder lookup gives it. Else the primary that serves the place it stands at: see `serving`.
    """
    found = _secondaries(substations, feeders)
    by_number = _numbers(substations, supply_areas, feeders)
    number = found["substation_id"].str.extract(NUMBERED)[0]
    found["parent_id"] = number.map(by_number["parent_id"]).astype("string")
    found["confidence"] = number.map(by_number["confidence"]).astype("string")
    found["method"] = pd.Series(PUBLISHED_ID, index=found.index, dtype="string").where(found["parent_id"].notna())
    _by_place(found, substations, supply_areas)
    named = substations.drop_duplicates("substation_id").set_index("substation_id")["name"]
    found["parent_name"] = found["parent_id"].map(named).astype("string")
    by_id, by_area, by_distance = (int((found["method"] == way).sum()) for way in (PUBLISHED_ID, PUBLISHED, NEAREST))
    note = (
        f"{len(found)} secondary substations: the primary of {by_id} by their published id, of {by_area} by the supply "
        f"area they stand in, of {by_distance} by distance; {int(found['parent_id'].isna().sum())} without one."
    )
    return found.drop(columns="geometry"), (note,) if len(found) else ()


def primaries(substations: gpd.GeoDataFrame, link_chain: pd.DataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """
    Return substations with the secondaries that only the chain tells of at their end, and the primary of each.

    Parameters
    ----------
    substations : GeoDataFrame
        From `substations.known`.
    link_chain : DataFrame
        Layer of that name, from `links`.

    Returns
    -------
    The substations, and one row for each: `at`, the position of its primary (-1 for none), `method` and `confidence` of
    that link, past the high-voltage feeder where it is known, and `used`, whether a building hangs from it.
    """
    lower = link_chain[link_chain["lower_level"] == "secondary"].drop_duplicates("lower_id").set_index("lower_id")
    feeder = link_chain[link_chain["lower_level"] == "hv_feeder"].drop_duplicates("lower_id").set_index("lower_id")
    by_feeder = lower["upper_level"] == "hv_feeder"
    past = feeder.reindex(lower["upper_id"].where(by_feeder)).set_axis(lower.index)
    columns = ["upper_id", "method", "confidence"]
    up = lower[columns].mask(by_feeder, past[columns])
    more = lower.index.difference(substations.loc[substations["level"] == "secondary", "substation_id"])
    extra = pd.DataFrame({"substation_id": more, "level": "secondary", "name": lower["lower_name"].reindex(more)})
    every = with_placeless(substations, extra)
    upper = pd.Series(every.index, index=every["substation_id"])[(every["level"] == "primary").to_numpy()]
    of = up.reindex(every["substation_id"]).set_axis(every.index).where(every["level"] == "secondary")
    at = of["upper_id"].map(upper[~upper.index.duplicated()])
    used = lower["buildings"].fillna(0).reindex(every["substation_id"]).to_numpy(dtype="float64") > 0
    told = of[["method", "confidence"]].assign(at=at.fillna(-1).astype("int64"))
    return every, told.assign(used=used & (every["level"] == "secondary").to_numpy())


def links(
    parents_: pd.DataFrame,
    feeders: pd.DataFrame,
    above: pd.DataFrame,
    link_building: pd.DataFrame,
    *,
    serving: Iterable[str] = (),
) -> Linked:
    """
    Return every known link from low-voltage feeder to grid supply point, as layer `link_chain`.

    Parameters
    ----------
    parents_ : DataFrame
        From `parents`.
    feeders, link_building : DataFrame
        Layers `in_feeder` and `link_building`; either may be empty.
    above : DataFrame
        The link from each primary and bulk supply point to the next level above it, with the columns of `link_chain`.
    serving : iterable of str
        Primaries to follow upwards beside those of the secondaries.
    """
    rows = [
        _feeder_rows(feeders, link_building),
        *_secondary_rows(parents_, link_building),
        _upper_rows({*parents_["parent_id"].dropna(), *serving}, above),
    ]
    frame = pd.concat(rows, ignore_index=True).drop_duplicates(["lower_level", "lower_id", "upper_level"])
    columns = schema.LAYERS["link_chain"].column_names
    linked = schema.conform(frame.reindex(columns=columns), "link_chain")
    return Linked(linked, _counts(linked))


def _secondaries(usable: gpd.GeoDataFrame, feeders: pd.DataFrame) -> pd.DataFrame:
    """Return each secondary once, listed ones first, with what its feeders say of it."""
    listed = usable.loc[usable["level"] == "secondary", ["substation_id", "name", "operator", "geometry"]]
    listed = listed.sort_values(["substation_id"], kind="stable").drop_duplicates(["operator", "substation_id"])
    told = feeders.sort_values("feeder_id", kind="stable").drop_duplicates("secondary_id")
    only = told[~told["secondary_id"].isin(listed["substation_id"])]
    only = only.rename(columns={"secondary_id": "substation_id", "secondary_name": "name"})
    both = pd.concat(
        [pd.DataFrame(listed), only[["substation_id", "name", "operator"]].assign(geometry=shapely.Point())],
        ignore_index=True,
    )
    number = both["substation_id"].str.extract(NUMBERED)
    spelled = (number[0] + "_" + number[1]).astype("string")
    said = both["substation_id"].map(told.set_index("secondary_id")["hv_feeder_id"]).astype("string")
    both["hv_feeder_id"] = said.fillna(spelled)
    feeder_names = told.drop_duplicates("hv_feeder_id").set_index("hv_feeder_id")["hv_feeder_name"]
    both["hv_feeder_name"] = both["hv_feeder_id"].map(feeder_names).astype("string")
    return both


def _numbers(usable: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame, feeders: pd.DataFrame) -> pd.DataFrame:
    """Return the substation id and confidence of each primary's number."""
    primaries = usable[(usable["level"] == "primary") & (usable["operator"] == "ssen")]
    areas = supply_areas[(supply_areas["level"] == "primary") & (supply_areas["operator"] == "ssen")]
    matched = match_areas(areas, usable)
    numbered = areas["supply_area_id"].str.extract(r"^(\d{4})\b")[0]
    by_area = pd.DataFrame(
        {"number": numbered, "parent_id": matched["substation_id"], "confidence": matched["confidence"]}
    )[matched["position"] >= 0]
    told = feeders.drop_duplicates("primary_number")
    said = pd.DataFrame({"number": told["primary_number"], "_key": names.plain(told["primary_name"])}).dropna()
    listed = primaries.assign(_key=names.plain(primaries["name"])).dropna(subset=["_key"])
    listed = listed[~listed["_key"].duplicated(keep=False)]
    by_name = said.merge(pd.DataFrame(listed[["_key", "substation_id"]]), on="_key")
    by_name = by_name.rename(columns={"substation_id": "parent_id"}).assign(confidence="high")
    own = pd.DataFrame({"number": primaries["substation_id"], "parent_id": primaries["substation_id"]})
    own = own[own["number"].str.fullmatch(r"\d{4}")].assign(confidence="high")
    every = pd.concat([own, by_area, by_name[["number", "parent_id", "confidence"]]], ignore_index=True)
    every = every.dropna(subset=["number"]).assign(_rank=lambda rows: rows["confidence"].map(_STRONG))
    return every.sort_values(["number", "_rank"], kind="stable").drop_duplicates("number").set_index("number")


def _by_place(found: pd.DataFrame, usable: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame) -> None:
    """Fill in the primary, of its own operator where that is known, that serves where each remaining secondary is."""
    left = found.index[found["parent_id"].isna() & ~shapely.is_empty(found["geometry"].to_numpy())]
    shapes = found.loc[left, "geometry"].to_numpy()
    own = found.loc[left, "operator"].map(licence.code).to_numpy(dtype=np.int64)[:, None] == np.arange(len(OPERATORS))
    around = licence.operators(licence.around(shapely.get_coordinates(shapes)))
    operators = np.where(own.any(axis=1, keepdims=True), own, around)
    served = primary_of(shapes, usable, supply_areas, operators=operators)
    for column, told in (("parent_id", "id"), ("confidence", "confidence"), ("method", "method")):
        found.loc[left, column] = served[told].to_numpy()


def _feeder_rows(feeders: pd.DataFrame, link_building: pd.DataFrame) -> pd.DataFrame:
    once = feeders.sort_values(["feeder_id", "postcode"], kind="stable").drop_duplicates("feeder_id")
    served = link_building["lv_feeder_id"].value_counts()
    return pd.DataFrame(
        {
            "lower_level": "lv_feeder", "lower_id": once["feeder_id"], "lower_name": None, "upper_level": "secondary",
            "upper_id": once["secondary_id"], "upper_name": once["secondary_name"],
            "buildings": once["feeder_id"].map(served).fillna(0).astype("Int64"), "method": PUBLISHED_ID,
            "confidence": "high",
        }
    )  # fmt: skip


def _secondary_rows(parents_: pd.DataFrame, link_building: pd.DataFrame) -> list[pd.DataFrame]:
    """Return secondary to high-voltage feeder and on to the primary, or straight to the primary where none is known."""
    served = link_building["secondary_id"].value_counts()
    own = parents_.assign(
        lower_level="secondary", lower_id=parents_["substation_id"], lower_name=parents_["name"],
        buildings=parents_["substation_id"].map(served).fillna(0).astype("Int64"),
    )  # fmt: skip
    fed = own[own["hv_feeder_id"].notna()]
    to_feeder = fed.assign(
        upper_level="hv_feeder", upper_id=fed["hv_feeder_id"], upper_name=fed["hv_feeder_name"], method=PUBLISHED_ID,
        confidence="high",
    )  # fmt: skip
    up = own[own["parent_id"].notna()]
    up = up.assign(upper_level="primary", upper_id=up["parent_id"], upper_name=up["parent_name"])
    straight, feeder = up[up["hv_feeder_id"].isna()], up[up["hv_feeder_id"].notna()]
    feeder = feeder.assign(
        lower_level="hv_feeder", lower_id=feeder["hv_feeder_id"], lower_name=feeder["hv_feeder_name"]
    )
    sums = feeder.groupby("lower_id")["buildings"].sum()
    feeder["buildings"] = feeder["lower_id"].map(sums)
    return [to_feeder, feeder, straight]


def _upper_rows(used: set[str], above: pd.DataFrame) -> pd.DataFrame:
    """Return the links up from the primaries in use, and on from their bulk supply points."""
    primary = above["lower_id"].isin(used) & (above["lower_level"] == "primary")
    bsps = above.loc[primary & (above["upper_level"] == "bsp"), "upper_id"].dropna()
    on = above["lower_id"].isin(bsps) & (above["lower_level"] == "bsp")
    return above[primary | on].assign(buildings=pd.array([pd.NA] * int((primary | on).sum()), dtype="Int64"))


def _counts(linked: pd.DataFrame) -> tuple[str, ...]:
    said = []
    for level, rows in linked.groupby("lower_level", sort=True):
        known, sure = rows["upper_id"].notna(), rows["confidence"] == "high"
        words = str(level).replace("_", " ")
        said.append(f"{words}: {int(known.sum())} of {len(rows)} linked upwards, {int((known & sure).sum())} surely.")
    return tuple(said)
