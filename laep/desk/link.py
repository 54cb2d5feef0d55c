"""What hangs from what in a headroom store: each substation's chain, each area's, row's and generator's substation."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep.models.network.headroom import normal_name
from laep.names import customers_own
from laep.spatial.network.serving import match_areas, prefer_published

PUBLISHED = "published upstream names"
NEAREST_M = 22_000.0
"""Nobody is taken to be fed from farther: the widest published primary supply area reaches that far."""
_HEADROOM_ID = ["substation_id", "level"]


@dataclass(frozen=True)
class Linked:
    """The layers of a store with `fid` of what each row belongs to, and plain sentences on what was matched."""

    substations: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    headroom: pd.DataFrame
    generators: gpd.GeoDataFrame
    notes: tuple[str, ...]


def link(
    substations: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    headroom: pd.DataFrame,
    generators: gpd.GeoDataFrame,
    *,
    one_place: bool,
) -> Linked:
    """
    Return the layers `in_substation`, `in_supply_area`, `in_headroom` and `in_generator`, tied together.

    Parameters
    ----------
    one_place : bool
        True for one area, where a name means one substation whoever publishes it. In a store of several operators a
        headroom row is only given to a substation of the same operator: there are two Newports.
    """
    listed, notes = prefer_published(substations)
    listed = listed.reset_index(drop=True)
    rows, placeless, said = _headroom(headroom.reset_index(drop=True), listed, one_place=one_place)
    every = pd.concat([pd.DataFrame(listed), placeless], ignore_index=True) if len(placeless) else pd.DataFrame(listed)
    every["fid"] = np.arange(1, len(every) + 1)
    placed = gpd.GeoDataFrame(every, geometry="geometry", crs=substations.crs)
    placed["made_up"] = (placed["fid"] > len(listed)).astype(int)
    said_so = placed["fid"].isin(rows.loc[rows["value"].notna(), "substation_fid"])
    placed["customers_own"] = (customers_own(placed["name"]) & ~said_so).astype(int)
    shapes, shape_notes = _areas(areas.reset_index(drop=True), placed)
    placed, chain_notes = _chains(placed, shapes)
    made, made_notes = _generators(generators.reset_index(drop=True), placed, shapes)
    return Linked(placed, shapes, rows, made, (*notes, *said, *shape_notes, *chain_notes, *made_notes))


def containing(points: shapely.Geometry, areas: gpd.GeoDataFrame) -> pd.Series[int]:
    """Return, for each of an array of points, the row of the smallest area that holds it; -1 where none does."""
    shapes = areas.geometry.to_numpy()
    point, area = shapely.STRtree(shapes).query(points, predicate="intersects")
    hits = pd.DataFrame({"point": point, "area": area, "size": shapely.area(shapes)[area]})
    hits = hits.sort_values(["point", "size", "area"], kind="stable").drop_duplicates("point")
    return hits.set_index("point")["area"].reindex(range(len(points))).fillna(-1).astype(int)


def _headroom(
    headroom: pd.DataFrame, substations: gpd.GeoDataFrame, *, one_place: bool
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return headroom rows with `substation_fid`, and the substations that only headroom rows tell of."""
    theirs = pd.DataFrame(substations.drop(columns="geometry"))
    theirs["fid"] = np.arange(1, len(theirs) + 1)
    ours = headroom.assign(row=np.arange(len(headroom)), operator=headroom["source_id"].str.split("_").str[0])
    same = [] if one_place else ["operator"]
    by_source = ours[["row", "source_id", *_HEADROOM_ID]].merge(
        theirs[["fid", "source_id", *_HEADROOM_ID]], on=["source_id", *_HEADROOM_ID]
    )
    rest = ours[~ours["row"].isin(by_source["row"])]
    once = theirs.drop_duplicates([*same, *_HEADROOM_ID], keep=False)
    by_id = rest[["row", *same, *_HEADROOM_ID]].merge(once[["fid", *same, *_HEADROOM_ID]], on=[*same, *_HEADROOM_ID])
    rest = rest[~rest["row"].isin(by_id["row"])]
    by_name = _by_name(rest, theirs, same)
    pairs = pd.concat([by_source.assign(by_name=0), by_id.assign(by_name=0), by_name.assign(by_name=1)])
    rest = rest[~rest["row"].isin(by_name["row"])]
    placeless, alone = _placeless(rest, first=len(theirs) + 1)
    pairs = pd.concat([pairs, alone.assign(by_name=0)])[["row", "fid", "by_name"]].sort_values(["row", "fid"])
    linked = headroom.take(pairs["row"].to_numpy()).reset_index(drop=True)
    linked["substation_fid"], linked["by_name"] = pairs["fid"].to_numpy(), pairs["by_name"].to_numpy()
    note = (
        f"Headroom: {len(by_source) + len(by_id):,} of {len(headroom):,} rows matched to a substation by id, "
        f"{by_name['row'].nunique():,} by name; {len(rest):,} rows belong to {len(placeless):,} substations "
        "without a position."
    )
    return linked, placeless, [note] if len(headroom) else []


def _by_name(rows: pd.DataFrame, substations: pd.DataFrame, same: list[str]) -> pd.DataFrame:
    keys = [*same, "level", "key"]
    named = substations.assign(key=normal_name(substations["name"])).dropna(subset="key")
    named = named[named["level"] != "secondary"].drop_duplicates(keys, keep=False)
    groups = rows[["row", *same, "level", "substation_name"]].drop_duplicates()
    members = groups.assign(key=groups["substation_name"].str.split(" / ")).explode("key").reset_index(drop=True)
    members = members.assign(key=normal_name(members["key"])).dropna(subset="key")
    return members.merge(named[["fid", *keys]], on=keys)[["row", "fid"]].drop_duplicates()


def _placeless(rows: pd.DataFrame, *, first: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    keys = ["operator", "level", "substation_id"]
    once = rows.sort_values("row").drop_duplicates(keys)
    made = once[[*keys, "source_id", "file", "source_row"]].assign(name=once["substation_name"], geometry=None)
    made["fid"] = np.arange(first, first + len(made))
    return made.drop(columns="fid"), rows[["row", *keys]].merge(made[[*keys, "fid"]], on=keys)[["row", "fid"]]


def _areas(areas: gpd.GeoDataFrame, substations: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    if areas.empty:
        return areas.assign(substation_fid=[], link_method=[], link_confidence=[]), []
    matched = match_areas(areas, substations)
    found = (matched["position"] >= 0).to_numpy()
    fids = substations["fid"].to_numpy()[matched["position"].to_numpy().clip(min=0)]
    linked = areas.assign(
        substation_fid=pd.array(np.where(found, fids, -1), dtype="Int64"),
        link_method=np.where(found, "name of the substation", "no substation of that name"),
        link_confidence=matched["confidence"].to_numpy(),
    )
    linked["substation_fid"] = linked["substation_fid"].mask(~found)
    return linked, [f"Supply areas: {int(found.sum()):,} of {len(areas):,} matched to a substation by name."]


def _chains(substations: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    frame = substations.assign(primary_fid=_primary_above(substations, areas))
    for level in ("bsp", "gsp"):
        frame[f"{level}_fid"] = _named_above(frame, level)
    through = frame.set_index("fid")
    for column in ("bsp_fid", "gsp_fid"):
        primary = frame["primary_fid"].map(through[column])
        frame[column] = frame[column].fillna(primary)
    frame["gsp_fid"] = frame["gsp_fid"].fillna(frame["bsp_fid"].map(through["gsp_fid"]))
    secondary = frame["level"] == "secondary"
    frame["link_method"] = np.where(secondary, frame["link_method"], PUBLISHED)
    frame["link_confidence"] = np.where(secondary, frame["link_confidence"], "high")
    wanted = frame["upstream_gsp"].notna() & frame["level"].isin(["primary", "bsp"])
    note = (
        f"Chains: {int((wanted & frame['gsp_fid'].notna()).sum()):,} of {int(wanted.sum()):,} published grid supply "
        "points found by name."
    )
    return frame, [note]


def _named_above(frame: pd.DataFrame, level: str) -> pd.Series[int]:
    """Return the fid of the substation named as `upstream_LEVEL`, of the same operator."""
    listed = frame[frame["level"] == level]
    found = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    for key in (_spelled, normal_name):  # as written, then without voltages and words such as `Grid`
        known = listed.assign(key=key(listed["name"])).dropna(subset="key")
        known = known.drop_duplicates(["operator", "key"], keep=False)[["operator", "key", "fid"]]
        above = frame[["operator"]].assign(key=key(frame[f"upstream_{level}"])).merge(known, how="left")["fid"]
        found = found.fillna(pd.Series(above.to_numpy(), index=frame.index, dtype="Int64"))
    lower = {"bsp": ["primary", "secondary"], "gsp": ["bsp", "primary", "secondary"]}[level]
    return found.where(frame["level"].isin(lower))


def _spelled(names: pd.Series[str]) -> pd.Series[str]:
    return names.astype("string").str.casefold().str.split().str.join(" ")


def _primary_above(frame: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series[int]:
    """Return the primary of each secondary substation: by published area, else the nearest; sets how on `frame`."""
    primary = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    frame["link_method"], frame["link_confidence"] = None, None
    rows = frame.index[(frame["level"] == "secondary") & ~(frame.geometry.isna() | frame.geometry.is_empty)]
    if not len(rows):
        return primary
    points = frame.geometry.loc[rows].to_numpy()
    usable = areas[(areas["level"] == "primary") & areas["substation_fid"].notna()].reset_index(drop=True)
    inside = containing(points, usable) if len(usable) else pd.Series(-1, index=range(len(points)))
    held = rows[inside.to_numpy() >= 0]
    primary[held] = usable["substation_fid"].to_numpy()[inside.to_numpy()[inside.to_numpy() >= 0]]
    frame.loc[held, ["link_method", "link_confidence"]] = ["published supply area of the primary", "medium"]
    rest = rows[inside.to_numpy() < 0]
    sites = frame[(frame["level"] == "primary") & ~(frame.geometry.isna() | frame.geometry.is_empty)]
    if len(rest) and len(sites):
        tree = shapely.STRtree(sites.geometry.to_numpy())
        near = tree.query_nearest(frame.geometry.loc[rest].to_numpy(), max_distance=NEAREST_M, all_matches=False)
        primary[rest[near[0]]] = sites["fid"].to_numpy()[near[1]]
        frame.loc[rest[near[0]], ["link_method", "link_confidence"]] = ["nearest primary", "low"]
    return primary


def _generators(
    generators: gpd.GeoDataFrame, substations: gpd.GeoDataFrame, areas: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Give each generator the primary its register names, if one of that name is in reach, else that of its area."""
    frame = generators.assign(row=np.arange(len(generators)), key=normal_name(generators["substation_name"]))
    listed = substations[(substations["level"] == "primary") & ~substations.geometry.isna()]
    listed = listed.assign(key=normal_name(listed["name"])).dropna(subset="key")
    pairs = frame.dropna(subset="key")[["row", "key", "geometry"]].merge(
        listed[["key", "fid", "geometry"]], on="key", suffixes=("", "_site")
    )
    pairs["distance"] = shapely.distance(pairs["geometry"].to_numpy(), pairs["geometry_site"].to_numpy())
    near = pairs[pairs["distance"] <= NEAREST_M].sort_values(["row", "distance", "fid"]).drop_duplicates("row")
    fid = near.set_index("row")["fid"].reindex(frame["row"]).reset_index(drop=True).astype("Int64")
    by_name = fid.notna()
    usable = areas[(areas["level"] == "primary") & areas["substation_fid"].notna()].reset_index(drop=True)
    if len(usable) and len(frame):
        inside = containing(frame.geometry.to_numpy(), usable).to_numpy()
        held = usable["substation_fid"].to_numpy()[inside.clip(min=0)]
        fid = fid.fillna(pd.Series(held, dtype="Int64").mask(inside < 0))
    by_area = fid.notna() & ~by_name
    linked = frame.drop(columns=["row", "key"]).assign(
        substation_fid=fid,
        link_method=np.select([by_name, by_area], ["name in the register", "published supply area"], "none found"),
        link_confidence=np.select([by_name, by_area], ["high", "medium"], "low"),
    )
    note = (
        f"Generators: {int(by_name.sum()):,} of {len(frame):,} tied to a primary by name, "
        f"{int(by_area.sum()):,} by supply area."
    )
    return linked, [note] if len(frame) else []
