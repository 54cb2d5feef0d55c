"""Buildings and land that could hold a shared asset -> layers `site_anchor`, `site_land`, `site_removed`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from laep import schema
from laep.schema import uses
from laep.schema.vocabulary import LEVELS
from laep.spatial import siting
from laep.spatial.designations import touched
from laep.spatial.shapes import Geometries, containing, polygonal
from laep.spatial.siting import M2_PER_HA, Setbacks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from laep.spatial.roofs.roof_capacity import Span

COMMUNITY_USES, CORPORATE_USES = uses.owned_by("community"), uses.owned_by("corporate")
COMMUNITY_PLACES = ("school", "hall", "worship", "club", "library", "health", "civic", "sport")
"""Kinds of place whose building, or car park, a public or community body holds: a sports ground, but no pub."""
COMMUNITY_LAND = ("school_grounds", "recreation_ground", "playing_field", "park", "common", "allotments")
PUBLIC_BODY = r"\b(?:council|parish|borough|county|nhs|trust|university|network rail|national park)\b"
"""Words in the name of an operator that show a public or community body."""
OPEN_SPACE = ("allotments", "common", "playing_field", "recreation_ground")
PARCELS = ("brownfield", "farmland")
NEAR_M = 500.0
"""A place without a name is told by the named road, or else the named place, that it stands by, up to this far. [m]"""
BUSINESS_LAND = ("retail", "industrial")
PLACES_IN = {
    "school": ("school",), "hall": ("hall", "club"), "worship": ("worship",), "health": ("health",),
    "care": ("health",),
    "leisure": ("sport", "club"), "civic": ("civic", "library"), "shop": ("shop", "pub"), "hotel": ("pub",),
}  # fmt: skip
"""Kinds of place that may give a building of each use its name."""
BECOMES = ("club", "library")
"""Kinds of place that say more than the use of the building they stand in."""
AT_THE_DOOR_M = 10.0
"""A place point this close to a footprint is taken to be in it: points are often put at the entrance. [m]"""
SAME_SCHOOL_M = 150.0
"""School buildings this close to one school point, on no mapped grounds, are one school. [m]"""
CAMPUS_M = 50.0
"""School or health buildings this close to each other, with neither grounds nor a school point, are one site. [m]"""
CAMPUS_USES = ("school", "health")
COMMUNITY_DOOR_M = 50.0
"""A car park this close to a community building belongs to it, where nobody says whose it is. [m]"""
LINK_REACH_M = 500.0
"""Land takes the substations of the nearest building this close: its own connection would start there. [m]"""

CAPACITY = ("capacity_kwp", "capacity_low_kwp", "capacity_high_kwp")
DESIGNATION_CAUTIONS = {
    "listed-building": "listed building: needs consent before anything is fixed to it",
    "conservation-area": "conservation area: ask the council about panels that can be seen",
    "scheduled-monument": "scheduled monument: needs consent",
    "flood": "flood zone: keep equipment above flood level",
    "green-belt": "green belt: planning will ask for special reasons",
    "area-of-outstanding-natural-beauty": "protected landscape: planning will look hard at it",
    "national-park": "protected landscape: planning will look hard at it",
    "site-of-special-scientific-interest": "protected habitat",
    "special-area-of-conservation": "protected habitat",
    "special-protection-area": "protected habitat",
    "ancient-woodland": "protected habitat",
}
KIND_CAUTIONS = {
    "worship": "many places of worship are listed or need a faculty: ask early",
    "allotments": "open space in use: a place to ask the plot holders, not one to cover",
    "common": "open space in use, with common rights: a place to ask people, not one to cover",
    "playing_field": "open space in use: a place to ask the players, not one to cover",
    "recreation_ground": "open space in use: a place to ask people, not one to cover",
    "car_park": "check clear height, lighting and bays lost",
    "brownfield": "often meant for homes: check the local plan and the ground",
    "farmland": "candidate for a landowner talk: what the parcel could hold, not a proposal",
}


OWNER_CAUTIONS = {
    "not_known": "owner not known",
    "community": "taken to be a public or community body's, by the map: ask whose it is",
}
"""What is said of car parks and of nothing else, whose holder is guessed from what stands round them."""


class Found(NamedTuple):
    """Sites, the land that is left of each parcel, and what took the rest: the three layers."""

    sites: gpd.GeoDataFrame
    land: gpd.GeoDataFrame
    removed: pd.DataFrame


def anchors(
    buildings: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    land: gpd.GeoDataFrame,
    constraints: gpd.GeoDataFrame,
    roof_planes: gpd.GeoDataFrame,
    links: pd.DataFrame,
    roads: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    *,
    setbacks: Setbacks,
    roof_min_kwp: float,
    ground_ha_per_mw: Span,
    min_parcel_ha: float,
    carport_kwp_per_m2: Span,
    carport_min_m2: float,
    lv_max_kwp: float,
    hv_max_kwp: float,
    told: Mapping[str, str] | None = None,
) -> Found:
    """
    Return the roofs and land that could hold a shared asset, largest capacity first, and what is left of each parcel.

    Parameters
    ----------
    buildings, places, land, constraints, roof_planes : GeoDataFrame
        Layers `in_building`, `in_place`, `in_land`, `in_constraint` and `roof_plane`; any may be empty.
    links : DataFrame
        Layer `link_building`; may be empty.
    roads, lines : GeoDataFrame
        Layers `in_road` and `in_line`, which parcels keep from and places are told by; may be empty.
    setbacks : Setbacks
    roof_min_kwp : float
        Smallest corporate roof listed; a community roof below it is listed with a caution, `site.roof.min_kwp`. [kWp]
    ground_ha_per_mw : (value, low, high)
        Land a solar farm takes, `solar_farm.land_ha_per_mw`; more land per MW gives the low capacity. [ha/MW]
    min_parcel_ha : float
        Smallest free parcel listed, `site.solar.min_parcel_ha.community`. [ha]
    carport_kwp_per_m2 : (value, low, high)
        Canopy capacity, `site.carport.kwp_per_m2`. [kWp/m2]
    carport_min_m2 : float
        Smallest car park listed, `site.carport.min_m2`. [m2]
    lv_max_kwp, hv_max_kwp : float
        Largest arrays taken to connect in the street and at a primary, `net.connection.lv_max_kw` and
        `net.connection.hv_max_mw`; larger ones connect at a bulk supply point. [kWp]
    told : mapping of name or site id to who holds it, optional
        What people said when they were asked; it goes before what the map says.

    Notes
    -----
    Capacity of a roof is that of its suitable planes. Open space in use has no capacity: it is listed because the
    people who use it are worth asking. Ownership is guessed from use, and of a car park from its operator, the land it
    lies on and the buildings beside it: where none of them says, it is not known. Nobody has been asked.
    """
    roofs = _roofs(buildings, places, land, roof_planes, roof_min_kwp=roof_min_kwp)
    parcels = land[land["kind"].isin(PARCELS)].reset_index(drop=True)
    rules = siting.solar_rules(buildings, roads, lines, land, constraints, setbacks)
    left = siting.left_over(parcels.geometry.to_numpy(), rules, least_piece_ha=setbacks.least_piece_ha)
    grounds = pd.concat(
        [
            _open_space(land),
            _car_parks(buildings, places, land, carport_kwp_per_m2, carport_min_m2),
            _parcels(parcels, left.shapes, ground_ha_per_mw, min_parcel_ha),
        ],
        ignore_index=True,
    )
    grounds["link_id"] = _nearest_linked(grounds["geometry"].to_numpy(), buildings, links)
    sites = pd.concat([roofs, grounds], ignore_index=True)
    kinds = touched(sites["geometry"].to_numpy(), constraints)
    asked = _asked(sites, told or {})
    sites["owner_kind"] = asked.fillna(sites["owner_kind"])
    sites["constraints"] = kinds
    sites["caution"] = _cautions(sites, kinds, guessed=asked.isna())
    sites["near"] = _near(sites, roads, places)
    linked = links.drop_duplicates("building_id").set_index("building_id")
    for column in ("primary_id", "secondary_id"):
        sites[column] = linked[column].reindex(sites["link_id"]).to_numpy()
    sites["connects_at"] = _connects_at(sites["capacity_kwp"], lv_max_kwp, hv_max_kwp)
    sites["secondary_id"] = sites["secondary_id"].mask(sites["connects_at"].isin(LEVELS[1:]))
    sites["geometry"] = shapely.point_on_surface(sites["geometry"].to_numpy())
    sites = sites.sort_values(["capacity_kwp", "site_id"], ascending=[False, True], kind="stable")
    columns = [*schema.LAYERS["site_anchor"].column_names, "geometry"]
    found = schema.conform(gpd.GeoDataFrame(sites[columns], geometry="geometry", crs=schema.CRS), "site_anchor")
    return Found(found, *_land_told(parcels, left, found))


def _land_told(
    parcels: gpd.GeoDataFrame, left: siting.Left, sites: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return layers `site_land` and `site_removed`: each hectare of each parcel is in one or the other."""
    ids = parcels["land_id"].astype("string")
    site_id = ("ground-" + ids).where(("ground-" + ids).isin(sites["site_id"]))
    held = gpd.GeoDataFrame(
        {
            "land_id": ids, "site_id": site_id, "kind": parcels["kind"],
            "area_ha": shapely.area(polygonal(parcels.geometry.to_numpy())) / M2_PER_HA,
            "left_ha": shapely.area(left.shapes) / M2_PER_HA,
        },
        geometry=left.shapes, crs=schema.CRS,
    )  # fmt: skip
    gone = left.removed.assign(land_id=ids.to_numpy()[left.removed["parcel"].to_numpy(dtype=np.intp)])
    columns = schema.LAYERS["site_removed"].column_names
    return (
        schema.conform(held[held["left_ha"] > 0].reset_index(drop=True), "site_land"),
        schema.conform(gone[columns].reset_index(drop=True), "site_removed"),
    )


def _near(sites: pd.DataFrame, roads: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> pd.Series[str]:
    """Return the named road that each site stands by, or else the named place; missing where none is near."""
    shapes = sites["geometry"].to_numpy()
    found = pd.Series(pd.NA, index=sites.index, dtype="string")
    for named in (roads[(roads["kind"] == "road") & roads["name"].notna()], places[places["name"].notna()]):
        if len(named) and len(sites):
            tree = shapely.STRtree(named.geometry.to_numpy())
            site, near = tree.query_nearest(shapes, max_distance=NEAR_M, all_matches=False)
            told = pd.Series(named["name"].to_numpy()[near], index=sites.index[site], dtype="string")
            found = found.fillna(told)
    return found


def _roofs(
    buildings: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    land: gpd.GeoDataFrame,
    roof_planes: gpd.GeoDataFrame,
    *,
    roof_min_kwp: float,
) -> pd.DataFrame:
    every = pd.DataFrame(buildings).merge(_roof_capacity(roof_planes), on="building_id", how="left")
    able = every["capacity_kwp"].notna() | every["use"].isin(CAMPUS_USES)  # a campus uses what its other buildings use
    sites = _named(every[able & every["use"].isin([*COMMUNITY_USES, *CORPORATE_USES])].reset_index(drop=True), places)
    community = sites["use"].isin(COMMUNITY_USES) | sites["place_kind"].isin(COMMUNITY_PLACES)
    sites = sites.assign(owner_kind=np.where(community, "community", "corporate"))
    sites = sites[community | (sites["capacity_kwp"] >= roof_min_kwp)].reset_index(drop=True)
    sites = _campuses_joined(sites, places, land)
    sites = sites[sites["capacity_kwp"] > 0].reset_index(drop=True)
    small = (sites["capacity_kwp"] < roof_min_kwp).to_numpy()
    return sites.assign(
        technology="rooftop_pv",
        note=pd.array(np.where(small, f"small: under {roof_min_kwp:g} kWp", ""), dtype="string"),
    )


def _roof_capacity(roof_planes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return, per building with a suitable plane, its capacity, how it was found, and how sure that is."""
    suitable = pd.DataFrame(roof_planes[roof_planes["suitable"].astype(bool)])
    grouped = suitable.groupby("building_id", sort=True)
    totals = grouped[list(CAPACITY)].sum()
    sure = suitable.assign(sure=suitable["confidence"] != "low").groupby("building_id")["sure"].all()
    totals["method"] = "suitable roof planes, " + grouped["method"].first()
    totals["confidence"] = np.where(sure, "medium", "low")
    return totals.reset_index()


def _named(sites: pd.DataFrame, places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give each building the name of the nearest place of a fitting kind inside it, where it has none, and its kind."""
    fits = pd.DataFrame([(use, kind) for use, kinds in PLACES_IN.items() for kind in kinds], columns=["use", "kind"])
    shapes = sites["geometry"].to_numpy()
    points = places.geometry.to_numpy()
    place, site = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=AT_THE_DOOR_M)
    found = places.iloc[place][["place_id", "kind", "name"]].rename(columns={"name": "place_name"})
    found = found.assign(
        site=site, use=sites["use"].to_numpy()[site], away=shapely.distance(shapes[site], points[place])
    )
    found = found.merge(fits, on=["use", "kind"]).sort_values(["site", "away", "place_id"], kind="stable")
    best = found.drop_duplicates("site").set_index("site").reindex(range(len(sites)))
    return sites.assign(
        name=sites["name"].where(sites["name"].notna(), best["place_name"]),
        kind=best["kind"].where(best["kind"].isin(BECOMES), sites["use"]),
        place_kind=best["kind"],
    )


def _campuses_joined(sites: pd.DataFrame, places: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the sites with the buildings of one school or hospital as one, and the columns every roof site has."""
    school = (sites["use"] == "school").to_numpy()
    points = shapely.point_on_surface(sites["geometry"].to_numpy())
    grounds = land[land["kind"] == "school_grounds"].reset_index(drop=True)
    on_grounds = np.where(school, containing(points, polygonal(grounds.geometry.to_numpy())), -1)
    schools = places[places["kind"] == "school"].reset_index(drop=True)
    reach = shapely.buffer(schools.geometry.to_numpy(), SAME_SCHOOL_M)
    near = np.where(school & (on_grounds < 0), containing(points, reach), -1)
    sites = sites.assign(
        land_id=grounds["land_id"].reindex(on_grounds).to_numpy(),
        site_id="roof-" + _campus(sites, alone=(on_grounds < 0) & (near < 0)).astype("string"),
        size=shapely.area(sites["geometry"].to_numpy()),
        link_id=sites["building_id"],
    )
    for index, rows, column in ((on_grounds, grounds, "land_id"), (near, schools, "place_id")):
        key = rows[column].reindex(index).reset_index(drop=True).astype("string")
        sites["site_id"] = sites["site_id"].where(index < 0, "school-" + key)
        said = rows["name"].reindex(index).reset_index(drop=True)
        sites["name"] = said.where(said.notna(), sites["name"])
    return _merged(sites)


def _campus(sites: pd.DataFrame, *, alone: NDArray[np.bool_]) -> pd.Series[str]:
    """Return for each building the lowest building id of the campus it stands on: its own where it is on none."""
    ids = sites["building_id"].astype("string")
    on_campus = np.flatnonzero(alone & sites["use"].isin(CAMPUS_USES).to_numpy())
    shapes = sites["geometry"].to_numpy()[on_campus]
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=CAMPUS_M)
    use = sites["use"].to_numpy()[on_campus]
    alike = use[one] == use[other]
    links = coo_array((np.ones(alike.sum()), (one[alike], other[alike])), shape=(len(shapes), len(shapes)))
    _, campus = connected_components(links, directed=False)
    lowest = ids.iloc[on_campus].groupby(campus).transform("min")
    return lowest.reindex(ids.index).fillna(ids)


def _merged(sites: pd.DataFrame) -> pd.DataFrame:
    ordered = sites.assign(guess=sites["confidence"] == "low", bare=sites["capacity_kwp"].isna()).sort_values(
        ["bare", "size", "building_id"], ascending=[True, False, True], kind="stable"
    )
    grouped = ordered.groupby("site_id", sort=True)
    merged = grouped[["owner_kind", "kind", "building_id", "land_id", "link_id", "method"]].first()
    merged["name"] = grouped["name"].first()
    merged["building_ids"] = grouped["building_id"].agg(";".join)
    merged[list(CAPACITY)] = grouped[list(CAPACITY)].sum()
    merged["area_m2"] = grouped["size"].sum()
    merged["confidence"] = np.where(grouped["guess"].any(), "low", "medium")
    merged["geometry"] = grouped["geometry"].first()
    return merged.reset_index()


def _ground(land: gpd.GeoDataFrame, prefix: str, technology: str) -> pd.DataFrame:
    """Return land rows in the form every ground site shares; capacity is left missing."""
    return pd.DataFrame(
        {
            "site_id": prefix + "-" + land["land_id"].astype("string"), "land_id": land["land_id"],
            "owner_kind": "corporate", "kind": land["kind"], "name": land["name"],
            "building_id": None, "building_ids": None, "technology": technology, "area_m2": land["area_m2"],
            **dict.fromkeys(CAPACITY, np.nan),
            "method": "listed only", "confidence": "low", "note": "", "geometry": land.geometry.to_numpy(),
        },
        index=land.index,
    )  # fmt: skip


def _open_space(land: gpd.GeoDataFrame) -> pd.DataFrame:
    return _ground(land[land["kind"].isin(OPEN_SPACE)], "ground", "ground_pv").assign(
        owner_kind="community", method="listed only: no capacity claimed"
    )


def _car_parks(
    buildings: gpd.GeoDataFrame, places: gpd.GeoDataFrame, land: gpd.GeoDataFrame, kwp_per_m2: Span, min_m2: float
) -> pd.DataFrame:
    parks = land[(land["kind"] == "car_park") & (land["area_m2"] >= min_m2)].reset_index(drop=True)
    sites = _ground(parks, "carport", "carport_pv").assign(
        owner_kind=_parking_owners(parks, buildings, places, land), method="car park area times canopy density"
    )
    for column, density in zip(CAPACITY, kwp_per_m2, strict=True):
        sites[column] = sites["area_m2"] * density
    return sites


def _parking_owners(
    parks: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, places: gpd.GeoDataFrame, land: gpd.GeoDataFrame
) -> NDArray[np.str_]:
    """Return who holds each car park: by its operator, its name, the land below it, then the building nearest to it."""
    shapes = parks.geometry.to_numpy()
    middle = shapely.point_on_surface(shapes)
    shops, grounds = (
        containing(middle, polygonal(land[land["kind"].isin(kinds)].geometry.to_numpy())) >= 0
        for kinds in (BUSINESS_LAND, COMMUNITY_LAND)
    )
    used = buildings[buildings["use"].isin([*COMMUNITY_USES, *CORPORATE_USES])]
    met = places[places["kind"].isin(COMMUNITY_PLACES)].geometry.to_numpy()
    ours = np.concatenate([used["use"].isin(COMMUNITY_USES).to_numpy(dtype=bool), np.ones(len(met), dtype=bool)])
    tree = shapely.STRtree(np.concatenate([used.geometry.to_numpy(), met]))
    park, near = tree.query_nearest(shapes, max_distance=COMMUNITY_DOOR_M, all_matches=False)
    beside = np.isin(np.arange(len(parks)), park[ours[near]])
    said = parks["operator"].str.contains(PUBLIC_BODY, case=False, regex=True)
    public = said.fillna(value=False).to_numpy(dtype=bool)
    customers = parks["name"].str.contains("customer", case=False).fillna(value=False).to_numpy(dtype=bool)
    private = said.notna().to_numpy(dtype=bool) | customers | shops
    owners: NDArray[np.str_] = np.select(
        [public, private, grounds | beside], ["community", "corporate", "community"], "not_known"
    )
    return owners


def _parcels(parcels: gpd.GeoDataFrame, left: Geometries, ha_per_mw: Span, min_parcel_ha: float) -> pd.DataFrame:
    free_ha = shapely.area(left) / M2_PER_HA
    keep = free_ha >= min_parcel_ha
    sites = _ground(parcels[keep].assign(geometry=left[keep]).reset_index(drop=True), "ground", "ground_pv")
    sites = sites.assign(method="land left after what rules it out, over land per MW")
    value, low, high = ha_per_mw
    for column, ha in zip(CAPACITY, (value, high, low), strict=True):
        sites[column] = free_ha[keep] / ha * 1000
    return sites


def _connects_at(capacity_kwp: pd.Series[float], lv_max_kwp: float, hv_max_kwp: float) -> pd.Series[str]:
    """Return the level of the substation that an array of each capacity connects at; missing without a capacity."""
    street, primary, bulk = LEVELS[:3]
    level = pd.Series(bulk, index=capacity_kwp.index, dtype="string")
    return (
        level.mask(capacity_kwp <= hv_max_kwp, primary)
        .mask(capacity_kwp <= lv_max_kwp, street)
        .where(capacity_kwp.notna())
    )


def _nearest_linked(shapes: Geometries, buildings: gpd.GeoDataFrame, links: pd.DataFrame) -> pd.Series[str]:
    """Return the id of the nearest linked building within reach of each shape."""
    linked = buildings[buildings["building_id"].isin(links["building_id"])]
    found = pd.Series(pd.NA, index=range(len(shapes)), dtype="string")
    if not len(linked) or not len(shapes):
        return found
    tree = shapely.STRtree(linked.geometry.to_numpy())
    site, near = tree.query_nearest(shapes, max_distance=LINK_REACH_M, all_matches=False)
    found.iloc[site] = linked["building_id"].to_numpy()[near]
    return found


def _asked(sites: pd.DataFrame, told: Mapping[str, str]) -> pd.Series[str]:
    """Return who holds each site by what people said of its name or id; missing where nobody was asked."""
    said = {name.casefold(): owner for name, owner in told.items()}
    by_name = sites["name"].astype("string").str.casefold().map(said)
    return sites["site_id"].astype("string").str.casefold().map(said).fillna(by_name).astype("string")


def _cautions(sites: pd.DataFrame, designations: pd.Series[str], *, guessed: pd.Series[bool]) -> pd.Series[str]:
    """Return what to check first; of a car park also whose it is, where that is `guessed`."""
    spoken = {kinds: _spoken(kinds) for kinds in designations.dropna().unique()}
    unsure = guessed & (sites["kind"] == "car_park")
    parts = pd.DataFrame(
        {
            "owner": sites["owner_kind"].map(OWNER_CAUTIONS).where(unsure).astype("string"),
            "kind": sites["kind"].map(KIND_CAUTIONS).astype("string"),
            "designations": designations.map(spoken).astype("string"),
            "note": sites["note"].astype("string"),
        }
    ).fillna("")
    joined = parts["owner"] + "; " + parts["kind"] + "; " + parts["designations"] + "; " + parts["note"]
    tidy = joined.str.replace(r"(; )+", "; ", regex=True).str.strip("; ")
    return tidy.mask(tidy == "")


def _spoken(kinds: str) -> str:
    said = [words for part, words in DESIGNATION_CAUTIONS.items() if part in kinds]
    return "; ".join(dict.fromkeys(said))
