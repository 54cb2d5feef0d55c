"""Which substations serve the area, and what stands above them -> layer `link_substation`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep import licence, names, schema
from laep.spatial.network.same_site import one_each
from laep.spatial.network.serving import AREA_GAP_M, How, Primaries, Served, reach_m, serving
from laep.spatial.shapes import Geometries, containing, polygonal, voronoi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

PUBLISHED = "published_area"
NEAREST = "nearest"
UPSTREAM = "published_upstream"
INSIDE = "inside_area"
SLIVER_SHARE = 0.01
"""A supply area that covers less of the plan's land than this may only seem to: its line is drawn coarsely."""
NAMESAKE_M = 10_000.0
"""A substation farther than this from a supply area is another of the same name."""


class Linked(NamedTuple):
    """A link layer, and plain sentences on what was matched, left over or guessed."""

    frame: pd.DataFrame
    notes: tuple[str, ...]


def serving_substations(
    boundary: gpd.GeoDataFrame,
    substations: gpd.GeoDataFrame,
    supply_areas: gpd.GeoDataFrame,
    *,
    licences: pd.DataFrame,
    above: Callable[[pd.DataFrame], pd.DataFrame],
) -> Linked:
    """
    Return the substations that serve the area and those named above them, as layer `link_substation`.

    Parameters
    ----------
    boundary, supply_areas : GeoDataFrame
        Layers `in_boundary` and `in_supply_area`; the second may be empty.
    substations : GeoDataFrame
        From `known`; may be empty.
    licences : DataFrame
        Layer `in_licence_area`: whose network the place is on. Where empty the places that `licence` knows decide.
    above : function
        What stands above each substation of a list: `chain.above` of the network models, which this room cannot import.

    Returns
    -------
    Linked
        Primaries by share of the area's land, then upstream rows, then secondaries.

    Notes
    -----
    A primary serves by its published supply area; land outside every published area goes by the rule of
    `laep.spatial.network.serving` (`nearest`, low), so expect this to be wrong near the middle.
    """
    land = shapely.union_all(polygonal(boundary.geometry.to_numpy()))
    serves, notes = _primaries(land, substations, supply_areas, licences["operator"])
    upper, upper_notes = _upstream(serves, substations, above)
    frame = pd.concat([serves, upper, _secondaries(land, substations)], ignore_index=True)
    frame["distance_m"] = shapely.distance(frame["geometry"].to_numpy(), shapely.centroid(land)) if len(frame) else []
    frame.loc[frame["unlocated"].astype(bool), "distance_m"] = np.nan
    placed = gpd.GeoDataFrame(frame, geometry="geometry", crs=schema.CRS)
    columns = [*schema.LAYERS["link_substation"].column_names, "geometry"]
    return Linked(schema.conform(placed[columns], "link_substation"), (*notes, *upper_notes))


def prefer_published(substations: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """
    Return each substation once, without those only OpenStreetMap has at a level where an operator lists its own.

    Every use of `in_substation` that pairs or counts substations goes through this, so that ids and order agree: by
    source and id.
    """
    osm = substations["operator"] == "osm"
    listed = set(substations.loc[~osm, "level"])
    drop = osm & substations["level"].isin(listed)
    notes = (f"{int(drop.sum())} OpenStreetMap substations left out: an operator lists its own.",) if drop.any() else ()
    ordered = substations[~drop].sort_values(["source_id", "substation_id"], kind="stable")
    merged = one_each(ordered)
    return merged.frame, (*notes, *merged.notes)


def known(listed: gpd.GeoDataFrame, made_up: pd.DataFrame, supply_areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Return every substation that is told of, in the order of positions that the network models count by.

    Parameters
    ----------
    listed : GeoDataFrame
        From `prefer_published`.
    made_up : DataFrame
        Substations that only headroom tells of, without a position: `headroom.tie`. They come last.
    supply_areas : GeoDataFrame
        Layer `in_supply_area`: what an area says stands above its substation is taken where its list never says such a
        thing; a blank in a list that does is no bulk supply point, not an unknown one.
    """
    every = with_placeless(listed, made_up)
    position = match_areas(supply_areas, every)["position"].to_numpy()
    told = pd.DataFrame(supply_areas[["upstream_bsp", "upstream_gsp"]]).set_axis(position)
    told = told[~told.index.duplicated() & (told.index >= 0)]
    for column in told.columns:
        silent = every[column].isna().groupby(every["source_id"]).transform("all")
        every[column] = every[column].fillna(told[column].reindex(every.index).where(silent))
    return every


def with_placeless(listed: gpd.GeoDataFrame, more: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return substations with more of them, without a position, at the end."""
    if not len(more):
        return listed.reset_index(drop=True)
    placeless = gpd.GeoDataFrame(more, geometry=[shapely.Point()] * len(more), crs=listed.crs)
    return pd.concat([listed, placeless], ignore_index=True)


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


def primaries(substations: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame, matched: pd.DataFrame) -> Primaries:
    """
    Return what `serving` needs to know of primaries, one entry a row of `substations`; other levels have no position.

    Parameters
    ----------
    substations, supply_areas : GeoDataFrame
        Layers `in_substation` and the primary rows of `in_supply_area`.
    matched : DataFrame
        From `match_areas` for these.
    """
    shapes = substations.geometry.to_numpy()
    there = (substations["level"] == "primary").to_numpy() & ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    xy = np.full((len(substations), 2), np.nan)
    xy[there] = shapely.get_coordinates(shapes[there])
    mapped = np.zeros(len(substations), dtype=bool)
    mapped[matched["position"].to_numpy()[matched["position"].to_numpy() >= 0]] = True
    around = containing(shapes[there], polygonal(supply_areas.geometry.to_numpy()), gap_m=AREA_GAP_M)
    drawn = supply_areas["operator"].reset_index(drop=True).reindex(around).to_numpy(dtype=object, na_value="")
    mapped[there] |= drawn == substations["operator"].to_numpy(dtype=object)[there]
    operator = substations["operator"].map(licence.code).to_numpy(dtype=np.int64)
    own = names.customers_own(substations["name"]).to_numpy()
    return Primaries(xy=xy, operator=operator, own=own, mapped=mapped)


def served(
    points: Geometries,
    substations: gpd.GeoDataFrame,
    supply_areas: gpd.GeoDataFrame,
    *,
    operators: NDArray[np.bool_] | None = None,
) -> tuple[Served, pd.DataFrame]:
    """
    Return what `serving` says of an array of points, and `match_areas` of the primaries' supply areas.

    Without `operators`, whose network each point is on is told from the places that `licence` knows.
    """
    areas = supply_areas[supply_areas["level"] == "primary"].reset_index(drop=True)
    matched = match_areas(areas, substations)
    xy = np.full((len(points), 2), np.nan)
    placed = ~(shapely.is_missing(points) | shapely.is_empty(points))
    xy[placed] = shapely.get_coordinates(points[placed])
    found = serving(
        xy,
        polygonal(areas.geometry.to_numpy()),
        matched["position"].to_numpy(dtype=np.int64),
        primaries(substations, areas, matched),
        operators=licence.operators(licence.around(xy)) if operators is None else operators,
    )
    return found, matched


def primary_of(
    points: Geometries,
    substations: gpd.GeoDataFrame,
    supply_areas: gpd.GeoDataFrame,
    *,
    operators: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """
    Return the primary that serves each of an array of points, by the rule of `serving`; `operators` as in `served`.

    Returns
    -------
    DataFrame, one row a point
        `id` (the area's own where its substation is in no list), `method` (`published_area` or `nearest`),
        `confidence` and `distance_m`; missing where none is known.
    """
    found, matched = served(points, substations, supply_areas, operators=operators)
    told = matched[["substation_id", "confidence"]].reindex(found.area).reset_index(drop=True)
    near = pd.Series(found.how == How.NEAREST)
    ids = substations["substation_id"].reset_index(drop=True).reindex(found.primary).reset_index(drop=True)
    method = pd.Series(PUBLISHED, index=near.index, dtype="string").where(found.area >= 0).mask(near, NEAREST)
    return pd.DataFrame(
        {
            "id": told["substation_id"].astype("string").mask(near, ids),
            "method": method,
            "confidence": told["confidence"].astype("string").mask(near, "low"),
            "distance_m": found.distance_m,
        }
    )


def _same_name(areas: gpd.GeoDataFrame, substations: gpd.GeoDataFrame) -> pd.DataFrame:
    wanted = pd.DataFrame(areas[["operator", "level"]]).assign(name=areas["substation_name"])
    listed = pd.DataFrame(substations[["operator", "level", "name"]]).reset_index(drop=True)
    found = names.pairs(wanted, listed, by=["operator", "level"]).rename(columns={"row": "area", "to": "sub"})
    found["tier"] = (found["tier"] == names.BARE).astype(int)
    pairs = _measured(found, areas, substations)
    # one without a position is named by an area if nobody else bears the name
    alone = pairs["distance"].isna() & ~pairs.duplicated("area", keep=False)
    pairs = pairs[(pairs["distance"] <= NAMESAKE_M) | alone]
    # a key that has lost its voltage may fit two neighbours: then it names neither
    weak = pairs["tier"] == 1
    return pairs[~weak | ~pairs[weak].duplicated("area", keep=False).reindex(pairs.index, fill_value=False)]


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
    land: shapely.Geometry, substations: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame, told: Iterable[str]
) -> tuple[pd.DataFrame, list[str]]:
    every = supply_areas[supply_areas["level"] == "primary"].reset_index(drop=True)
    areas = every.assign(geometry=polygonal(every.geometry.to_numpy()))
    areas["inside_m2"] = shapely.area(shapely.intersection(areas.geometry.to_numpy(), land))
    areas["share"] = areas["inside_m2"] / land.area
    areas = areas[areas["share"] > 0].reset_index(drop=True)
    matched = match_areas(areas, substations)
    published, notes = _by_area(areas, substations, matched)
    covered = shapely.union_all(shapely.buffer(areas.geometry.to_numpy(), AREA_GAP_M))
    gap = shapely.difference(land, covered)
    if gap.area / land.area <= SLIVER_SHARE:
        return published, notes
    listed = primaries(substations, every, match_areas(every, substations))
    operators = licence.narrowed(shapely.get_coordinates(shapely.point_on_surface(gap))[None, 0], told)
    inferred = _by_distance(gap, land, substations, listed, np.flatnonzero(operators[0]))
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


def _by_area(
    areas: gpd.GeoDataFrame, substations: gpd.GeoDataFrame, matched: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    found = (matched["position"] >= 0).to_numpy()
    rows = substations.reset_index(drop=True).reindex(matched["position"].to_numpy()).reset_index(drop=True)
    placed = found & ~(rows.geometry.isna() | rows.geometry.is_empty).to_numpy()
    rows["name"] = rows["name"].where(found, areas["substation_name"])
    for column in ("upstream_bsp", "upstream_gsp"):
        rows[column] = rows[column].where(found, areas[column])
    within = shapely.point_on_surface(areas.geometry.to_numpy())
    frame = pd.DataFrame(
        {
            "substation_id": matched["substation_id"], "source_id": matched["source_id"], "name": rows["name"],
            "level": "primary", "role": "serves", "operator": areas["operator"], "upstream_bsp": rows["upstream_bsp"],
            "upstream_gsp": rows["upstream_gsp"], "share_of_area": areas["share"], "unlocated": ~placed,
            "supply_m2": shapely.area(areas.geometry.to_numpy()), "inside_m2": areas["inside_m2"],
            "method": np.where(found, PUBLISHED, f"{PUBLISHED}, substation not in the operator's list"),
            "confidence": matched["confidence"].mask(areas["share"] < SLIVER_SHARE, "low"),
            "geometry": np.where(placed, rows["geometry"].to_numpy(), within),
        }
    )  # fmt: skip
    frame = frame.sort_values(["share_of_area", "source_id", "substation_id"], ascending=[False, True, True])
    sums = frame.groupby(["source_id", "substation_id"], sort=False)[["share_of_area", "inside_m2", "supply_m2"]].sum()
    frame = frame.drop_duplicates(["source_id", "substation_id"]).reset_index(drop=True)
    frame["share_of_area"] = sums["share_of_area"].to_numpy().clip(max=1.0)
    frame["share_of_supply"] = (sums["inside_m2"] / sums["supply_m2"]).to_numpy().clip(max=1.0)
    note = f"{len(areas)} published supply areas touch the area, {int(found.sum())} matched to a substation."
    return frame, [note] if len(areas) else []


def _by_distance(
    gap: shapely.Geometry,
    land: shapely.Geometry,
    substations: gpd.GeoDataFrame,
    listed: Primaries,
    operators: NDArray[np.int64],
) -> pd.DataFrame:
    """
    Share land outside every published area out among the primaries, as `serving` gives each of its points one.

    `operators` are codes of those whose network the land may be on: only one settles whose primary is meant.
    """
    theirs = np.isin(listed.operator, (*operators, -1)) & (len(operators) == 1)
    free = np.flatnonzero(theirs & ~listed.own & ~np.isnan(listed.xy).any(axis=1))
    _, once = np.unique(listed.xy[free], axis=0, return_index=True)
    free = free[np.sort(once)]
    sites = substations.iloc[free].reset_index(drop=True)
    if not len(sites):
        return _rows(sites).assign(share_of_area=[], method=[], confidence=[])
    cells = shapely.intersection(voronoi(listed.xy[free], land), gap)
    reached = shapely.intersection(cells, shapely.buffer(sites.geometry.to_numpy(), reach_m(listed, free)))
    sites["share_of_area"] = np.where(listed.mapped[free], 0.0, shapely.area(reached) / land.area)
    sites = sites[sites["share_of_area"] > 0].sort_values("share_of_area", ascending=False, kind="stable")
    rows = _rows(sites).assign(share_of_area=sites["share_of_area"].to_numpy(), method=NEAREST, confidence="low")
    return rows.reset_index(drop=True)


def _upstream(
    serves: pd.DataFrame, substations: gpd.GeoDataFrame, above: Callable[[pd.DataFrame], pd.DataFrame]
) -> tuple[pd.DataFrame, list[str]]:
    columns = ["operator", "level", "name", "upstream_bsp", "upstream_gsp"]
    upper = substations.index[substations["level"].isin(["bsp", "gsp"])]
    up = above(pd.concat([serves[columns], substations.loc[upper, columns]], ignore_index=True)).iloc[: len(serves)]
    links = serves[["substation_id", "share_of_area", "confidence"]].rename(columns={"substation_id": "serves"})
    parts, lost = [], set()
    for level in ("bsp", "gsp"):
        at = up[level].to_numpy()
        parts.append(links[at >= 0].assign(position=upper[at[at >= 0] - len(serves)]))
        lost |= set(up.loc[at < 0, f"{level}_name"].dropna())
    notes = [f"Not in the operator's list, so left out: {', '.join(sorted(lost))} (upstream)."] if lost else []
    return _upstream_rows(pd.concat(parts, ignore_index=True), substations), notes


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
