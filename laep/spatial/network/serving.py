"""Which substations serve the area, and what stands above them -> layer `link_substation`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep import names, schema
from laep.spatial.network.same_site import one_each
from laep.spatial.shapes import polygonal, voronoi

if TYPE_CHECKING:
    from numpy.typing import NDArray

PUBLISHED = "published_area"
NEAREST = "nearest"
UPSTREAM = "published_upstream"
INSIDE = "inside_area"
AREA_GAP_M = 100.0
"""Slits narrower than this between supply areas are drawing error: SSEN's are simplified to about 55 m a side."""
SLIVER_SHARE = 0.01
"""A supply area that covers less of the plan's land than this may only seem to: its line is drawn coarsely."""
NAMESAKE_M = 10_000.0
"""A substation farther than this from a supply area is another of the same name."""


class Linked(NamedTuple):
    """A link layer, and plain sentences on what was matched, left over or guessed."""

    frame: pd.DataFrame
    notes: tuple[str, ...]


def serving_substations(
    boundary: gpd.GeoDataFrame, substations: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame
) -> Linked:
    """
    Return the substations that serve the area and those named above them, as layer `link_substation`.

    Parameters
    ----------
    boundary, substations, supply_areas : GeoDataFrame
        Layers `in_boundary`, `in_substation` and `in_supply_area`; the last two may be empty.

    Returns
    -------
    Linked
        Primaries by share of the area's land, then upstream rows, then secondaries.

    Notes
    -----
    A primary serves by its published supply area. Land outside every published area goes to the nearest primary
    (`nearest`, low): networks follow streets, rivers and history, so expect this to be wrong near the middle.
    """
    land = shapely.union_all(polygonal(boundary.geometry.to_numpy()))
    usable, dropped = prefer_published(substations)
    serving, notes = _primaries(land, usable, supply_areas)
    above, above_notes = _upstream(serving, usable)
    frame = pd.concat([serving, above, _secondaries(land, usable)], ignore_index=True)
    frame["distance_m"] = shapely.distance(frame["geometry"].to_numpy(), shapely.centroid(land)) if len(frame) else []
    frame.loc[frame["unlocated"].astype(bool), "distance_m"] = np.nan
    placed = gpd.GeoDataFrame(frame, geometry="geometry", crs=schema.CRS)
    columns = [*schema.LAYERS["link_substation"].column_names, "geometry"]
    return Linked(schema.conform(placed[columns], "link_substation"), (*dropped, *notes, *above_notes))


def prefer_published(substations: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """
    Return each substation once, without those only OpenStreetMap has at a level where an operator lists its own.

    Every use of `in_substation` that pairs or counts substations goes through this, so that ids agree.
    """
    osm = substations["operator"] == "osm"
    listed = set(substations.loc[~osm, "level"])
    drop = osm & substations["level"].isin(listed)
    notes = (f"{int(drop.sum())} OpenStreetMap substations left out: an operator lists its own.",) if drop.any() else ()
    merged = one_each(substations[~drop])
    return merged.frame, (*notes, *merged.notes)


def match_areas(supply_areas: gpd.GeoDataFrame, substations: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Find the substation each supply area is named after.

    Parameters
    ----------
    supply_areas, substations : GeoDataFrame
        Layers `in_supply_area` and `in_substation`; only equal `operator` and `level` are compared.

    Returns
    -------
    DataFrame indexed like `supply_areas`
        `position` of the row in `substations` (-1 where none), `substation_id`, `source_id` (the area's own where
        there is no substation), and `confidence`: high for equal names whose bulk supply points do not disagree,
        medium for an equal name with a different bulk supply point or a near spelling, low where none was found.
    """
    areas = supply_areas.reset_index(drop=True)
    pairs = pd.concat([_same_name(areas, substations), _near_name(areas, substations)], ignore_index=True)
    pairs["filled"] = substations.notna().sum(axis=1).to_numpy()[pairs["sub"].to_numpy(dtype=np.intp)]
    keys = substations[["source_id", "substation_id"]].take(pairs["sub"].to_numpy(dtype=np.intp)).reset_index(drop=True)
    pairs = pd.concat([pairs, keys], axis=1)
    order = ["area", "tier", "inside", "filled", "distance", "source_id", "substation_id"]
    best = pairs.sort_values(order, ascending=[True, True, False, False, True, True, True], kind="stable")
    best = best.drop_duplicates("area").set_index("area").reindex(range(len(areas)))
    found = best["sub"].notna()
    position = best["sub"].fillna(-1).astype(int).to_numpy()
    agree = _bsp_agrees(areas, substations, position)
    confidence = np.select([~found, (best["tier"] == 0) & agree], ["low", "high"], "medium")
    matched = pd.DataFrame(
        {
            "position": position,
            "substation_id": best["substation_id"].where(found, areas["supply_area_id"]).astype("string"),
            "source_id": best["source_id"].where(found, areas["source_id"]).astype("string"),
            "confidence": pd.array(confidence.tolist(), dtype="string"),
        }
    )
    return matched.set_index(supply_areas.index)


def nearest_candidates(substations: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Return the primaries that could serve land outside every published supply area.

    An operator whose areas are published has said what it serves, so the others' primaries are taken; all of them
    where no other operator is listed. Substations named after a solar farm, battery or railway serve no homes.
    """
    ours = (substations["level"] == "primary") & ~names.customers_own(substations["name"])
    primaries = substations[ours & ~substations.geometry.is_empty]
    said = set(supply_areas.loc[supply_areas["level"] == "primary", "operator"])
    others = primaries[~primaries["operator"].isin(said)]
    return others if len(others) else primaries


def _same_name(areas: gpd.GeoDataFrame, substations: gpd.GeoDataFrame) -> pd.DataFrame:
    tiers = []
    for tier, key in enumerate((names.plain, names.without_voltage)):
        left = areas[["operator", "level"]].assign(name=key(areas["substation_name"]), area=range(len(areas)))
        right = substations[["operator", "level"]].assign(name=key(substations["name"]), sub=range(len(substations)))
        both = left.dropna(subset=["name"]).merge(right.dropna(subset=["name"]), on=["operator", "level", "name"])
        pairs = _measured(both[["area", "sub"]], areas, substations).assign(tier=tier)
        pairs = pairs[pairs["distance"] <= NAMESAKE_M]
        if tier:  # a key that has lost its voltage may fit two neighbours: then it names neither
            pairs = pairs[~pairs.duplicated("area", keep=False)]
        tiers.append(pairs)
    return pd.concat(tiers, ignore_index=True)


def _near_name(areas: gpd.GeoDataFrame, substations: gpd.GeoDataFrame) -> pd.DataFrame:
    tree = shapely.STRtree(substations.geometry.to_numpy())
    area, sub = tree.query(areas.geometry.to_numpy(), predicate="intersects")
    ours = areas.iloc[area].reset_index(drop=True)
    theirs = substations.iloc[sub].reset_index(drop=True)
    said, listed = names.plain(ours["substation_name"]), names.plain(theirs["name"])
    alike = [
        pd.notna(one) and pd.notna(other) and names.similar(one, other) for one, other in zip(said, listed, strict=True)
    ]
    keep = np.array(alike, dtype=bool) & (ours["operator"] == theirs["operator"]) & (ours["level"] == theirs["level"])
    pairs = pd.DataFrame({"area": area, "sub": sub})[keep.to_numpy()]
    return _measured(pairs, areas, substations).assign(tier=2)


def _measured(pairs: pd.DataFrame, areas: gpd.GeoDataFrame, substations: gpd.GeoDataFrame) -> pd.DataFrame:
    shapes = areas.geometry.to_numpy()[pairs["area"].to_numpy(dtype=np.intp)]
    points = substations.geometry.to_numpy()[pairs["sub"].to_numpy(dtype=np.intp)]
    distance = shapely.distance(shapes, points)
    return pairs.assign(distance=distance, inside=distance == 0.0).reset_index(drop=True)


def _bsp_agrees(
    areas: gpd.GeoDataFrame, substations: gpd.GeoDataFrame, position: NDArray[np.int_]
) -> NDArray[np.bool_]:
    said = names.plain(areas["upstream_bsp"]).reset_index(drop=True)
    listed = names.plain(substations["upstream_bsp"]).reset_index(drop=True).reindex(position).reset_index(drop=True)
    agree: NDArray[np.bool_] = (said.isna() | listed.isna() | (said == listed).fillna(False)).to_numpy(dtype=bool)
    return agree


def _primaries(
    land: shapely.Geometry, substations: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, list[str]]:
    areas = supply_areas[supply_areas["level"] == "primary"].reset_index(drop=True)
    areas = areas.assign(geometry=polygonal(areas.geometry.to_numpy()))
    areas["share"] = shapely.area(shapely.intersection(areas.geometry.to_numpy(), land)) / land.area
    areas = areas[areas["share"] > 0].reset_index(drop=True)
    published, notes = _by_area(areas, substations)
    covered = shapely.union_all(shapely.buffer(areas.geometry.to_numpy(), AREA_GAP_M))
    gap = shapely.difference(land, covered)
    if gap.area / land.area <= SLIVER_SHARE:
        return published, notes
    inferred = _by_distance(gap, land, nearest_candidates(substations, supply_areas))
    held = set(zip(published["source_id"], published["substation_id"], strict=True))
    again = [key in held for key in zip(inferred["source_id"], inferred["substation_id"], strict=True)]
    inferred = inferred[~np.array(again, dtype=bool)]
    notes.append(
        f"{gap.area / land.area:.0%} of the area lies in no published supply area: "
        + (
            f"{len(inferred)} nearest primaries are inferred for it."
            if len(inferred)
            else "no primary was found for it."
        )
    )
    return pd.concat([published, inferred], ignore_index=True), notes


def _by_area(areas: gpd.GeoDataFrame, substations: gpd.GeoDataFrame) -> tuple[pd.DataFrame, list[str]]:
    matched = match_areas(areas, substations)
    found = (matched["position"] >= 0).to_numpy()
    rows = substations.reset_index(drop=True).reindex(matched["position"].to_numpy()).reset_index(drop=True)
    rows["name"] = rows["name"].where(found, areas["substation_name"])
    rows["upstream_bsp"] = rows["upstream_bsp"].where(rows["upstream_bsp"].notna(), areas["upstream_bsp"])
    rows["upstream_gsp"] = rows["upstream_gsp"].where(rows["upstream_gsp"].notna(), areas["upstream_gsp"])
    within = shapely.point_on_surface(areas.geometry.to_numpy())
    frame = pd.DataFrame(
        {
            "substation_id": matched["substation_id"], "source_id": matched["source_id"], "name": rows["name"],
            "level": "primary", "role": "serves", "operator": areas["operator"], "upstream_bsp": rows["upstream_bsp"],
            "upstream_gsp": rows["upstream_gsp"], "share_of_area": areas["share"], "unlocated": ~found,
            "method": np.where(found, PUBLISHED, f"{PUBLISHED}, substation not in the operator's list"),
            "confidence": matched["confidence"].mask(areas["share"] < SLIVER_SHARE, "low"),
            "geometry": np.where(found, rows["geometry"].to_numpy(), within),
        }
    )  # fmt: skip
    frame = frame.sort_values(["share_of_area", "source_id", "substation_id"], ascending=[False, True, True])
    shares = frame.groupby(["source_id", "substation_id"], sort=False)["share_of_area"].sum()
    frame = frame.drop_duplicates(["source_id", "substation_id"]).reset_index(drop=True)
    frame["share_of_area"] = shares.to_numpy().clip(max=1.0)
    note = f"{len(areas)} published supply areas touch the area, {int(found.sum())} matched to a substation."
    return frame, [note] if len(areas) else []


def _by_distance(gap: shapely.Geometry, land: shapely.Geometry, primaries: gpd.GeoDataFrame) -> pd.DataFrame:
    sites = primaries.sort_values(["source_id", "substation_id"], kind="stable")
    sites = sites[~sites.geometry.to_wkb().duplicated()].reset_index(drop=True)
    if not len(sites):
        return _rows(sites).assign(share_of_area=[], method=[], confidence=[])
    cells = voronoi(shapely.get_coordinates(sites.geometry.to_numpy()), land)
    sites["share_of_area"] = shapely.area(shapely.intersection(cells, gap)) / land.area
    sites = sites[sites["share_of_area"] > 0].sort_values("share_of_area", ascending=False, kind="stable")
    rows = _rows(sites).assign(share_of_area=sites["share_of_area"].to_numpy(), method=NEAREST, confidence="low")
    return rows.reset_index(drop=True)


def _upstream(serving: pd.DataFrame, substations: gpd.GeoDataFrame) -> tuple[pd.DataFrame, list[str]]:
    links = serving[["operator", "upstream_bsp", "upstream_gsp", "substation_id", "share_of_area", "confidence"]]
    bsps, lost_bsp = _named(links, "upstream_bsp", "bsp", substations)
    through = bsps.groupby("serves")["position"].first().map(substations["upstream_gsp"])
    gsp = links["upstream_gsp"].where(links["upstream_gsp"].notna(), links["substation_id"].map(through))
    gsps, lost_gsp = _named(links.assign(upstream_gsp=gsp), "upstream_gsp", "gsp", substations)
    pairs = pd.concat([bsps, gsps], ignore_index=True)
    lost = sorted({*lost_bsp, *lost_gsp})
    notes = [f"Not in the operator's list, so left out: {', '.join(lost)} (upstream)."] if lost else []
    return _upstream_rows(pairs, substations), notes


def _named(
    links: pd.DataFrame, column: str, level: str, substations: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, list[str]]:
    wanted = links.assign(key=names.plain(links[column])).dropna(subset=["key"])
    listed = substations.loc[substations["level"] == level, ["operator", "name", "source_id", "substation_id"]]
    listed = listed.assign(key=names.plain(listed["name"]), position=listed.index)
    listed = listed.dropna(subset=["key"]).sort_values(["source_id", "substation_id"], kind="stable")
    listed = listed.drop_duplicates(["operator", "key"])[["operator", "key", "position"]]
    both = wanted.merge(listed, on=["operator", "key"], how="left")
    lost = both.loc[both["position"].isna(), column].astype(str).unique().tolist()
    kept = both.dropna(subset=["position"]).rename(columns={"substation_id": "serves"})
    kept["position"] = kept["position"].astype(int)
    return kept[["serves", "position", "share_of_area", "confidence"]], lost


def _upstream_rows(pairs: pd.DataFrame, substations: gpd.GeoDataFrame) -> pd.DataFrame:
    grouped = pairs.groupby("position", sort=False)
    rows = _rows(substations.loc[list(grouped.groups)]).reset_index(drop=True)
    best = [min(group, key=["high", "medium", "low"].index) for _, group in grouped["confidence"]]
    return rows.assign(
        role="upstream",
        serves_id=grouped["serves"].agg(";".join).to_numpy(),
        share_of_area=grouped["share_of_area"].sum().clip(upper=1.0).to_numpy(),
        method=UPSTREAM,
        confidence=best,
    )


def _secondaries(land: shapely.Geometry, substations: gpd.GeoDataFrame) -> pd.DataFrame:
    inside = (substations["level"] == "secondary") & substations.geometry.intersects(land)
    rows = _rows(substations[inside].sort_values(["source_id", "substation_id"], kind="stable"))
    return rows.assign(method=INSIDE, confidence="medium")


def _rows(substations: gpd.GeoDataFrame) -> pd.DataFrame:
    columns = ["substation_id", "source_id", "name", "level", "operator", "upstream_bsp", "upstream_gsp", "geometry"]
    rows = pd.DataFrame(substations[columns])
    return rows.assign(role="serves", serves_id=None, share_of_area=np.nan, unlocated=False)
