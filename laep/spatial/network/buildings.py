"""Which substations and census zone each building belongs to -> layer `link_building`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from laep import licence, schema
from laep.spatial.network import streets
from laep.spatial.network.parents import PUBLISHED_ID
from laep.spatial.network.serving import AREA_GAP_M
from laep.spatial.network.substations import (
    NEAREST,
    PUBLISHED,
    Linked,
    match_areas,
    primary_of,
)
from laep.spatial.shapes import Geometries, containing, polygonal

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

PUBLISHED_FEEDER = "published_feeder"
NEXT_DOOR = "beside_published_feeder"
NEXT_DOOR_M = 30.0
"""A building this close to one whose postcode has one secondary is fed from the same: right for 93 % in the sample."""
ALONG_LINES = "along_lines"
ALONG_STREETS = "along_streets"
LINE_OFF_M = 40.0
"""A building or substation farther than this from every drawn cable is not on it: services are short."""
CLEAR = 1.5
"""A secondary is clearly the nearest when the next one is this many times farther."""
_SURE = (PUBLISHED, PUBLISHED_FEEDER, PUBLISHED_ID)
_SAID = {
    PUBLISHED_ID: "by published id",
    PUBLISHED_FEEDER: "by published feeder",
    NEXT_DOOR: "beside one of those",
    ALONG_LINES: "along published cables",
    ALONG_STREETS: "along streets",
}


class _Sites(NamedTuple):
    """Secondaries in a fixed order: ids, points (x, y) and ratings (missing: unknown)."""

    ids: NDArray[np.object_]
    xy: NDArray[np.float64]
    rating_kva: NDArray[np.float64]


def building_links(
    buildings: gpd.GeoDataFrame,
    substations: gpd.GeoDataFrame,
    supply_areas: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    max_secondary_m: float,
    roads: gpd.GeoDataFrame | None = None,
    lines: gpd.GeoDataFrame | None = None,
    feeders: pd.DataFrame | None = None,
    parents: pd.DataFrame | None = None,
    licences: pd.DataFrame | None = None,
    load_kva: pd.Series[float] | None = None,
) -> Linked:
    """
    Link each building to a primary substation, a secondary substation and a census zone, as layer `link_building`.

    Parameters
    ----------
    buildings, supply_areas, zones : GeoDataFrame
        Layers `in_building`, `in_supply_area` and `in_zone`; all but the first may be empty.
    substations : GeoDataFrame
        From `substations.known`; may be empty.
    max_secondary_m : float
        Farthest a building is linked to a secondary that nobody published for it, along streets where they are known,
        assumption `net.link.max_secondary_m`. [m]
    roads : GeoDataFrame, optional
        Layer `in_road`. Without streets distance is a straight line.
    lines : GeoDataFrame, optional
        The low-voltage rows of layer `in_line`; where a building and a substation stand on one set of joined cables,
        they come before streets.
    feeders : DataFrame, optional
        Layer `in_feeder`: which secondary feeds a postcode.
    parents : DataFrame, optional
        From `chain.parents`: the primary of each secondary.
    licences : DataFrame, optional
        Layer `in_licence_area`: whose network the place is on. Without it the places that `licence` knows decide.
    load_kva : Series indexed by building id, optional
        What each building asks of its transformer at the peak. With it, no transformer of known rating is given more
        than its rating while another within reach has room. [kVA]

    Returns
    -------
    Linked
        One row per building, in the order of `buildings`; overall confidence is high where both substations are
        published for the building, medium where one is, low where neither is.

    Notes
    -----
    The published feeder of a postcode comes before a published supply area, and that before distance. The primary is
    that of the secondary where the secondary is published and its id says so. Streets know neither cables nor open
    points. Of several zones a building takes the smallest, so an output area before its LSOA.
    """
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    reached, shared = _secondaries(
        points, buildings, substations, supply_areas, feeders, lines, roads, load_kva, max_secondary_m
    )
    operators = licence.narrowed(shapely.get_coordinates(points), () if licences is None else licences["operator"])
    primary = primary_of(points, substations, supply_areas, operators=operators)
    _add_parents(primary, reached, parents, points, substations)
    frame = pd.DataFrame(
        {
            "building_id": buildings["building_id"].to_numpy(),
            **{f"secondary_{column}": reached[column] for column in ("id", "method", "distance_m", "street_m")},
            "secondary_confidence": reached["confidence"],
            "lv_feeder_id": reached["feeder"],
            **{f"primary_{column}": primary[column] for column in ("id", "method", "distance_m")},
            "primary_confidence": primary["confidence"],
            "zone_id": _zone(points, zones),
            "confidence": _confidence(primary, reached),
        }
    )
    return Linked(schema.conform(frame, "link_building"), (*_counts(frame), *shared))


def _secondaries(
    points: Geometries,
    buildings: gpd.GeoDataFrame,
    substations: gpd.GeoDataFrame,
    supply_areas: gpd.GeoDataFrame,
    feeders: pd.DataFrame | None,
    lines: gpd.GeoDataFrame | None,
    roads: gpd.GeoDataFrame | None,
    load_kva: pd.Series[float] | None,
    max_m: float,
) -> tuple[pd.DataFrame, list[str]]:
    """Return the secondary of each building with how it was found, and sentences on transformers that were full."""
    sites = _sites(substations)
    reach, way = _reach(shapely.get_coordinates(points), sites, lines, roads, max_m)
    found = _published(points, substations, supply_areas)
    _add_feeders(found, buildings, feeders, sites, reach)
    _add_neighbours(found, shapely.get_coordinates(points))
    asks = pd.Series(0.0, index=buildings["building_id"]) if load_kva is None else load_kva
    load = np.asarray(asks.reindex(buildings["building_id"]), dtype=np.float64)
    said = _add_inferred(found, sites, reach, way, load)
    _add_distances(found, points, sites, reach, way)
    return found, said


def _published(points: Geometries, substations: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the secondary in whose published supply area each building stands."""
    areas = supply_areas[supply_areas["level"] == "secondary"].reset_index(drop=True)
    areas = areas.assign(geometry=polygonal(areas.geometry.to_numpy()))
    at = containing(points, areas.geometry.to_numpy(), gap_m=AREA_GAP_M)
    matched = match_areas(areas, substations)
    told = matched[["substation_id", "confidence"]].reindex(at).reset_index(drop=True)
    row = matched["position"].reindex(at).fillna(-1).astype(int).to_numpy()
    stands = substations.geometry.reindex(row).to_numpy()
    return pd.DataFrame(
        {
            "id": told["substation_id"].astype("string"),
            "method": pd.Series(PUBLISHED, index=range(len(at)), dtype="string").where(at >= 0),
            "distance_m": shapely.distance(points, stands),
            "street_m": np.nan,
            "confidence": told["confidence"].astype("string"),
            "feeder": pd.Series(pd.NA, index=range(len(at)), dtype="string"),
        }
    )


def _sites(substations: gpd.GeoDataFrame) -> _Sites:
    rows = substations[substations["level"] == "secondary"]
    rows = rows[~rows.geometry.is_empty & rows.geometry.notna()]
    rows = rows.sort_values(["source_id", "substation_id"], kind="stable").drop_duplicates("substation_id")
    return _Sites(
        rows["substation_id"].to_numpy(dtype=object),
        shapely.get_coordinates(rows.geometry.to_numpy()),
        rows["rating_mva"].to_numpy(dtype="float64", na_value=np.nan) * 1000.0,
    )


def _reach(
    xy: NDArray[np.float64],
    sites: _Sites,
    lines: gpd.GeoDataFrame | None,
    roads: gpd.GeoDataFrame | None,
    max_m: float,
) -> tuple[streets.Pairs, NDArray[np.object_]]:
    """Return which secondaries each building can be reached from, and by which way that was measured."""
    way = np.full(len(xy), NEAREST, dtype=object)
    found, barriers = [], np.array([], dtype=object)
    for name, drawn, off_m in ((ALONG_LINES, lines, LINE_OFF_M), (ALONG_STREETS, roads, np.inf)):
        if drawn is None or not len(drawn):
            continue
        ways = streets.graph(drawn)
        barriers = np.concatenate([barriers, ways.barriers])
        rest = np.flatnonzero(way == NEAREST)
        ours, theirs = streets.attach(xy[rest], ways, off_m=off_m), streets.attach(sites.xy, ways, off_m=off_m)
        on = streets.joined(ours, theirs, ways)
        along = streets.pairs(theirs, ours, ways, max_m=max_m)
        found.append(streets.Pairs(rest[along.target], along.source, along.metres))
        way[rest[on]] = name
    rest = np.flatnonzero(way == NEAREST)  # on no street, or on streets that lead to no substation: the map has gaps
    straight = streets.straight_pairs(sites.xy, xy[rest], barriers, max_m=max_m)
    found.append(streets.Pairs(rest[straight.target], straight.source, straight.metres))
    return streets.in_order(*(np.concatenate(part) for part in zip(*found, strict=True))), way


def _add_feeders(
    found: pd.DataFrame, buildings: gpd.GeoDataFrame, feeders: pd.DataFrame | None, sites: _Sites, reach: streets.Pairs
) -> None:
    """Put the secondary and the feeder published for a building's postcode in place of its supply area's."""
    if feeders is None or not len(feeders):
        return
    said = pd.DataFrame({"row": range(len(buildings)), "postcode": buildings["postcode"].to_numpy()}).dropna()
    told = feeders.sort_values(["postcode", "secondary_id", "feeder_id"], kind="stable")
    by_code = told.groupby(["postcode", "secondary_id"], sort=True)["feeder_id"].agg(["first", "size"]).reset_index()
    by_code["rivals"] = by_code.groupby("postcode")["secondary_id"].transform("size")
    both = said.merge(by_code, on="postcode")
    metres = pd.Series(reach.metres, index=pd.MultiIndex.from_arrays([reach.target, sites.ids[reach.source]]))
    both["metres"] = metres.reindex(pd.MultiIndex.from_frame(both[["row", "secondary_id"]])).to_numpy()
    both = both.sort_values(["row", "metres", "secondary_id"], na_position="last", kind="stable").drop_duplicates("row")
    rows = found.index[both["row"].to_numpy()]
    found.loc[rows, "id"] = both["secondary_id"].to_numpy()
    found.loc[rows, "method"] = PUBLISHED_FEEDER
    found.loc[rows, "confidence"] = np.where(both["rivals"] == 1, "high", "medium")
    found.loc[rows, "feeder"] = both["first"].where(both["size"] == 1).to_numpy()


def _add_neighbours(found: pd.DataFrame, xy: NDArray[np.float64]) -> None:
    """Let a building without a published secondary go with one beside it that surely has one."""
    sure = np.flatnonzero(found["method"].isin([PUBLISHED_FEEDER]) & found["confidence"].isin(["high"]))
    left = np.flatnonzero(found["id"].isna())
    if not len(sure) or not len(left):
        return
    away, at = cKDTree(xy[sure]).query(xy[left], distance_upper_bound=NEXT_DOOR_M)
    rows = left[np.isfinite(away)]
    found.loc[rows, "id"] = found["id"].to_numpy()[sure[at[np.isfinite(away)]]]
    found.loc[rows, "method"] = NEXT_DOOR
    found.loc[rows, "confidence"] = "medium"


def _add_inferred(
    found: pd.DataFrame, sites: _Sites, reach: streets.Pairs, way: NDArray[np.object_], load: NDArray[np.float64]
) -> list[str]:
    """Give every other building a secondary that has room for it, and say how often the nearest had none."""
    known = found["id"].notna().to_numpy()
    taken = pd.Series(np.nan_to_num(load[known])).groupby(found.loc[known, "id"].to_numpy()).sum()
    room = np.maximum(sites.rating_kva - taken.reindex(sites.ids).fillna(0.0).to_numpy(), 0.0)
    open_ = ~known[reach.target]
    asked = streets.Pairs(reach.target[open_], reach.source[open_], reach.metres[open_])
    source, how = streets.share_out(asked, load, room)
    rows = np.flatnonzero(source >= 0)
    found.loc[rows, "id"] = sites.ids[source[rows]]
    found.loc[rows, "method"] = way[rows]
    clear = _clear(asked, len(found))[rows] & (how[rows] == "first") & (way[rows] != NEAREST)
    found.loc[rows, "confidence"] = np.where(clear, "medium", "low")
    return _shared(pd.Series(how))


def _clear(reach: streets.Pairs, size: int) -> NDArray[np.bool_]:
    """Return which targets have one source clearly nearer than the next."""
    first = np.searchsorted(reach.target, np.arange(size))
    stop = np.searchsorted(reach.target, np.arange(size), side="right")
    padded = np.append(reach.metres, np.inf)
    last = len(reach.metres)
    nearest = padded[np.where(stop > first, first, last)]
    second = padded[np.where(stop > first + 1, first + 1, last)]
    clear: NDArray[np.bool_] = second >= CLEAR * nearest
    return clear


def _shared(how: pd.Series[str]) -> list[str]:
    counts = how.value_counts()
    words = {
        "next": "buildings go to the next secondary substation, as the nearest has no room for what they ask",
        "alone": "buildings ask for more than any transformer within reach can give, so must have their own supply; "
        "the nearest is named",
        "over": "buildings stand where every transformer within reach is full by our estimate; the nearest is named",
    }
    return [f"{int(counts[key])} {text}." for key, text in words.items() if counts.get(key, 0)]


def _add_distances(
    found: pd.DataFrame, points: Geometries, sites: _Sites, reach: streets.Pairs, way: NDArray[np.object_]
) -> None:
    """Fill in how far each building's secondary is: straight, and along streets where that was measured."""
    place = pd.Series(range(len(sites.ids)), index=sites.ids).reindex(found["id"]).to_numpy(dtype="float64")
    here = np.flatnonzero(~np.isnan(place))
    at = place[here].astype(np.int_)
    away = np.hypot(*(shapely.get_coordinates(points[here]) - sites.xy[at]).T)
    found.loc[here, "distance_m"] = away
    size = max(len(sites.ids), 1)
    key = reach.target * size + reach.source
    order = np.argsort(key, kind="stable")
    spot = np.minimum(np.searchsorted(key[order], here * size + at), max(len(key) - 1, 0))
    if len(key):
        match = (key[order][spot] == here * size + at) & (way[here] != NEAREST)
        found.loc[here[match], "street_m"] = reach.metres[order][spot][match]


def _add_parents(
    primary: pd.DataFrame,
    secondary: pd.DataFrame,
    parents: pd.DataFrame | None,
    points: Geometries,
    substations: gpd.GeoDataFrame,
) -> None:
    """Take the primary that a published secondary's own id names."""
    if parents is None or not len(parents):
        return
    sure = parents[parents["method"] == PUBLISHED_ID].drop_duplicates("substation_id").set_index("substation_id")
    told = secondary["method"].isin([PUBLISHED, PUBLISHED_FEEDER]) & secondary["id"].isin(sure.index)
    rows = np.flatnonzero(told.to_numpy(dtype=bool))
    ids = sure["parent_id"].reindex(secondary["id"].iloc[rows])
    stands = substations.drop_duplicates("substation_id").set_index("substation_id").geometry
    primary.loc[rows, "id"] = ids.to_numpy()
    primary.loc[rows, "method"] = PUBLISHED_ID
    primary.loc[rows, "confidence"] = sure["confidence"].reindex(secondary["id"].iloc[rows]).to_numpy()
    primary.loc[rows, "distance_m"] = shapely.distance(points[rows], stands.reindex(ids).to_numpy())


def _zone(points: Geometries, zones: gpd.GeoDataFrame) -> pd.Series[str]:
    at = containing(points, polygonal(zones.geometry.to_numpy()), gap_m=AREA_GAP_M)
    ids: pd.Series[str] = zones["zone_id"].reset_index(drop=True).reindex(at).reset_index(drop=True).astype("string")
    return ids


def _confidence(primary: pd.DataFrame, secondary: pd.DataFrame) -> list[str]:
    both = pd.DataFrame({"primary": primary["method"], "secondary": secondary["method"]})
    published = both.isin(_SURE).sum(axis=1)
    return [("low", "medium", "high")[count] for count in published]


def _counts(frame: pd.DataFrame) -> list[str]:
    total = len(frame)
    notes = []
    for level in ("primary", "secondary"):
        methods = frame[f"{level}_method"].value_counts()
        published, nearest = int(methods.get(PUBLISHED, 0)), int(methods.get(NEAREST, 0))
        others = "".join(f"{int(methods[key])} {text}, " for key, text in _SAID.items() if methods.get(key, 0))
        notes.append(
            f"{level.capitalize()} substation: {published} of {total} buildings by published area, {others}"
            f"{nearest} by distance, {int(frame[f'{level}_id'].isna().sum())} unlinked."
        )
        inferred = frame[f"{level}_method"].isin([NEAREST, ALONG_STREETS, ALONG_LINES])
        if level == "secondary" and inferred.any():
            by_distance = frame.loc[inferred, "secondary_id"]
            notes.append(
                f"By distance, {len(by_distance)} buildings share {by_distance.nunique()} secondary substations."
            )
    if feeders := int(frame["lv_feeder_id"].notna().sum()):
        notes.append(f"Low-voltage feeder: known for {feeders} of {total} buildings.")
    if without := int(frame["zone_id"].isna().sum()):
        notes.append(f"{without} of {total} buildings stand in no census zone.")
    return notes
