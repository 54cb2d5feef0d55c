"""What a building is used for: OSM tags, a publisher's own words, or the ground it stands on -> `schema.USES`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep.ingest.read.vector import points_of
from laep.schema.vocabulary import HOME_USES, USES

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME_MIN_M2 = 25.0
"""Smallest footprint taken for a home: in Newport 99 of 100 OSM houses are larger (1st percentile 31 m2)."""
HOME_MAX_M2 = 300.0
"""Largest footprint taken for one home: 99 of 100 OSM houses in Newport are smaller (99th percentile 231 m2)."""
OUTBUILDING_MAX_M2 = 25.0
"""Largest untyped footprint beside a home taken for a shed or the like: three in four OSM sheds are smaller (24 m2)."""
NEAR_HOME_M = 30.0
"""How far from a home its sheds stand: about the depth of a back garden."""

SIZES = ("home_min_m2", "home_max_m2", "outbuilding_max_m2")
"""Option names of the three sizes above."""


def _table(uses: Mapping[str, str]) -> dict[str, str]:
    return {word: use for use, words in uses.items() for word in words.split()}


BUILDING = _table(
    {
        "home": "house detached semidetached_house semi semi_detached semi-detached terrace terraced terraced_house "
        "bungalow cottage dwelling villa cabin farm farmhouse home almshouse residential",
        "mobile_home": "static_caravan caravan mobile_home houseboat",
        "flats": "apartments apartment flats flat maisonette dormitory student_accommodation sheltered_housing "
        "retirement_flats",
        "shop": "retail shop supermarket kiosk bank pharmacy mall",
        "office": "office offices commercial",
        "school": "school college university kindergarten nursery education",
        "hall": "community_centre village_hall hall scout_hall scout_hut parish_hall community",
        "worship": "church chapel cathedral mosque temple synagogue gurdwara kingdom_hall shrine religious monastery "
        "convent presbytery",
        "health": "hospital clinic doctors surgery health_centre medical",
        "care": "care_home nursing_home retirement_home hospice",
        "leisure": "sports_centre sports_hall stadium grandstand pavilion clubhouse club cinema theatre riding_hall "
        "swimming_pool leisure",
        "hotel": "hotel guest_house hostel motel bed_and_breakfast pub bar restaurant cafe canteen",
        "civic": "civic public government townhall library fire_station police courthouse ambulance_station prison "
        "museum",
        "industry": "industrial warehouse factory manufacture works workshop depot hangar distribution_centre industry",
        "farm": "farm_auxiliary barn cowshed sty stable stables agricultural livestock poultry_house",
        "car_park": "parking multi-storey multistorey car_park",
        "garage": "garage garages carport",
        "outbuilding": "shed hut outbuilding annexe annex summerhouse conservatory allotment_house beach_hut boathouse "
        "bin_store bicycle_shed porch",
        "utility": "transformer_tower substation service pumping_station utility boiler_house telephone_exchange "
        "tech_cab power",
        "structure": "roof canopy gazebo greenhouse glasshouse slurry_tank silo digester gasometer storage_tank tank "
        "water_tower reservoir_covered ruins collapsed construction bridge tent marquee container",
        "other": "tower bunker military castle transportation train_station bus_station toilets",
    }
)
"""OSM `building` value -> use. `residential` becomes flats above `HOME_MAX_M2`."""

UNTYPED = frozenset(
    {"yes", "unclassified", "unknown", "building", "non-residential", "non_residential", "mixed", "mixed_use"}
)
"""Values that say a building is there, and no more."""
NOT_STANDING = frozenset(
    {"construction", "proposed", "planned", "demolished", "destroyed", "razed", "removed", "dismantled", "ruins",
     "collapsed"}
)  # fmt: skip
"""Values that say there is no roof: not yet, or no more."""
_GENERIC = frozenset({*UNTYPED, "commercial", "public", "civic", "retail"})  # any tag that says more wins over these

AMENITY = _table(
    {
        "school": "school college university kindergarten childcare prep_school language_school music_school",
        "hall": "community_centre social_centre village_hall community_hall",
        "worship": "place_of_worship monastery",
        "health": "hospital clinic doctors dentist veterinary health_post",
        "care": "nursing_home social_facility hospice",
        "leisure": "theatre cinema arts_centre casino social_club events_venue gambling conference_centre",
        "hotel": "pub bar biergarten cafe restaurant fast_food food_court ice_cream nightclub",
        "shop": "pharmacy post_office bank bureau_de_change marketplace fuel car_rental car_wash bicycle_rental",
        "civic": "townhall library police fire_station courthouse prison public_building ambulance_station",
        "industry": "post_depot recycling waste_transfer_station",
    }
)
_LEISURE = _table(
    {
        "leisure": "sports_centre sports_hall stadium fitness_centre swimming_pool ice_rink bowling_alley dance "
        "golf_course adult_gaming_centre amusement_arcade escape_game hackerspace marina",
    }
)
_TOURISM = _table(
    {"hotel": "hotel guest_house hostel motel apartment chalet", "civic": "museum gallery", "leisure": "theme_park zoo"}
)
_POWER = _table({"utility": "substation sub_station transformer plant"})  # not generator: that is a panel on a roof
_MAN_MADE = _table(
    {
        "industry": "works",
        "utility": "wastewater_plant water_works pumping_station telephone_exchange",
        "structure": "silo storage_tank tank gasometer water_tower reservoir_covered bunker_silo chimney bridge",
    }
)
_CLUB = _table({"hall": "scout scouts guides youth social"})
_LANDUSE = _table(
    {
        "industry": "industrial depot port quarry",
        "shop": "retail",
        "office": "commercial",
        "farm": "farmyard",
        "structure": "greenhouse_horticulture construction",
        "school": "education",
        "worship": "religious churchyard",
        "garage": "garages",
        "outbuilding": "allotments",
        "leisure": "recreation_ground",
        "home": "residential",
    }
)
OF_PLACE = {
    "school": "school", "hall": "hall", "worship": "worship", "club": "leisure", "library": "civic", "health": "health",
    "pub": "hotel", "shop": "shop", "civic": "civic", "sport": "leisure",
}  # fmt: skip
"""Kind in `in_place` -> use of the untyped building round it."""
OF_LAND = {
    "school_grounds": "school", "industrial": "industry", "retail": "shop", "farmyard": "farm",
    "allotments": "outbuilding", "residential": "home", "recreation_ground": "leisure", "playing_field": "leisure",
}  # fmt: skip
"""Kind in `in_land` -> use of the untyped buildings on it; `residential` only fits buildings the size of a home."""

SURVEYED = {
    "home": (
        "Detached House", "Semi-Detached House", "Mid-Terrace House", "End-Of-Terrace House",
    ),
    "mobile_home": ("Static Caravan Or Mobile Home",),
    "flats": ("Multiple Residential Accommodation",),
    "shop": ("Commercial Activity: Retail",),
    "school": (
        "Education", "Education Building", "School", "College", "University", "University College",
        "University School", "Children's Nursery", "Pupil Referral Centre",
    ),
    "hall": ("Community Building", "Community Meeting Place", "Multi-Purpose Community Centre"),
    "worship": (
        "Community Services: Religious Worship", "Abbey", "Buddhist Temple", "Cathedral", "Chapel", "Church",
        "Gurdwara", "Hindu Temple", "Kingdom Hall", "Minster", "Mosque", "Place Of Worship", "Religious Meeting Place",
        "Stupa", "Synagogue",
    ),
    "health": (
        "Medical Or Health Care", "Health Centre", "Hospital", "Medical Building", "Medical Care Facility",
    ),
    "care": ("Hospice",),
    "leisure": (
        "Attraction Or Activity", "Sports Attraction Or Facility", "Sports Building", "Sports Pavilion",
        "Leisure Or Sports Centre", "Swimming Pool", "Cinema", "Theatre", "Golf Clubhouse", "Bowls Clubhouse",
        "Attraction Building",
    ),
    "hotel": ("Temporary Or Holiday Accommodation", "Temporary Or Holiday Accommodation Building"),
    "civic": (
        "Government Services", "Government Building", "Local Government Facility", "Central Government Services",
        "Community Services: Emergency Services", "Community Services: Other", "Library", "Museum", "Fire Station",
        "Police Station", "Ambulance Station", "Law Court", "Library And Museum", "Art Gallery",
    ),
    "industry": (
        "Commercial Activity: Industrial Or Manufacturing", "Commercial Activity: Distribution Or Storage",
    ),
    "farm": ("Agriculture Or Aquaculture", "Agriculture Building"),
    "outbuilding": ("Domestic Outbuilding",),
    "utility": (
        "Utility Or Environmental Protection", "Utility Building", "Electricity Sub Station",
        "Electricity Distribution Facility", "Electricity Storage Facility", "Gas Governor", "Pumping Station",
        "Telephone Exchange", "Telecommunications Facility", "Water Treatment Facility",
        "Waste Water Treatment Works", "Power Station", "Heating Plant",
    ),
    "other": (
        "Transport: Air", "Transport: Rail", "Transport: Road, Track Or Path", "Transport: Water", "Defence",
        "Defence Building", "Historic",
        "Historic Building", "Transport Building", "Community Services: Funerary", "Crematorium", "Prison",
    ),
    "structure": ("Construction", "Construction Building", "Building Under Construction"),
}  # fmt: skip
"""Use -> what the Ordnance Survey's National Geographic Database says of a building (`description`, `buildinguse`)."""
UNSURVEYED = frozenset(
    {
        "residential building", "residential accommodation", "commercial building", "commercial activity: other",
        "commercial activity: animal services", "ancillary building", "mixed use", "mixed use building", "unknown use",
        "unknown building", "unknown or unused artificial", "unknown or unused natural", "community services",
    }
)  # fmt: skip
"""What it says where it does not know: the ground and the size of the building settle these, as they do for OSM."""

HOUSING = {"assisted_living": "flats", "sheltered_housing": "flats", "group_home": "care", "nursing_home": "care"}
"""Kind of social facility that people live in -> use; one of another kind, such as a food bank, is a hall."""
_FLATS_NAME = r"\b(?:flats|apartments|sheltered|retirement|almshouses?|extra care)\b"
"""Words in the name of a social facility that show homes of their own; without them and a kind it is a care home."""

_RANK = {use: rank for rank, use in enumerate(USES)}
_NO_USE = frozenset({"no", "vacant", "none"})


def from_tags(
    tags: pd.DataFrame, footprint_m2: pd.Series[float], *, home_max_m2: float = HOME_MAX_M2
) -> pd.Series[str]:
    """
    Return the use that OSM tags state; missing where they only say that a building is there.

    Parameters
    ----------
    tags : DataFrame
        Any of the columns building, name, amenity, social_facility, shop, office, leisure, tourism, healthcare, craft,
        club, power, man_made.
    footprint_m2 : Series
        Footprint area, same index. [m2]
    home_max_m2 : float
        `building=residential` above this is flats. [m2]

    Notes
    -----
    What goes on inside wins over the shape of the building (a church that is now a community centre is a hall), except
    that a shop or office below flats or in a house leaves it flats or a home.
    """
    word = plain(column(tags, "building"))
    built = word.map(BUILDING).astype("string")
    built = built.mask((word == "residential") & (footprint_m2 > home_max_m2), "flats")
    generic = (word.isin(_GENERIC) | built.isna()).to_numpy(dtype=bool)
    dwelling = built.isin(HOME_USES).to_numpy(dtype=bool)
    inside, trade, desk = activity(tags), _shop(tags), _desk(tags)
    parked = plain(column(tags, "amenity")).eq("parking").fillna(value=False).to_numpy(dtype=bool)
    built = built.mask(parked & generic, "car_park")
    use = built.mask(desk.notna() & generic, desk)
    use = use.mask(trade.notna() & ~dwelling, trade)
    return use.mask(inside.notna() & (built != "flats").fillna(value=True), inside)


def activity(tags: pd.DataFrame) -> pd.Series[str]:
    """Return the use of what goes on at a place, shops and offices left out; missing where no tag says."""
    steps = (
        _social(tags),
        plain(column(tags, "amenity")).map(AMENITY),
        column(tags, "healthcare").notna().map({True: "health"}),
        plain(column(tags, "leisure")).map(_LEISURE),
        plain(column(tags, "tourism")).map(_TOURISM),
        plain(column(tags, "club")).map(_CLUB),
        column(tags, "club").notna().map({True: "leisure"}),
        plain(column(tags, "power")).map(_POWER),
        plain(column(tags, "man_made")).map(_MAN_MADE),
    )
    return first_of(steps, tags.index)


def of_point(tags: pd.DataFrame) -> pd.Series[str]:
    """Return the use that a point on the map gives the untyped building round it."""
    return first_of((activity(tags), _shop(tags), _desk(tags)), tags.index)


def of_ground(tags: pd.DataFrame) -> pd.Series[str]:
    """Return the use that a tagged area gives the untyped buildings on it; `home` still has to fit in size."""
    return first_of((activity(tags), plain(column(tags, "landuse")).map(_LANDUSE), _shop(tags)), tags.index)


def from_words(values: pd.Series[str]) -> pd.Series[str]:
    """Return the use a publisher's own word stands for: one of `USES`, an OSM building or an OSM amenity value."""
    words = {**AMENITY, **BUILDING, **{use: use for use in USES if use != "unknown"}}
    surveyed = {name.casefold(): use for use, names in SURVEYED.items() for name in names}
    return (
        values.astype("string")
        .str.strip()
        .str.casefold()
        .map(surveyed)
        .fillna(plain(values).map(words))
        .astype("string")
    )


def settle(
    buildings: Any,
    *,
    places: Any,
    land: Any,
    home_min_m2: float = HOME_MIN_M2,
    home_max_m2: float = HOME_MAX_M2,
    outbuilding_max_m2: float = OUTBUILDING_MAX_M2,
    near_home_m: float = NEAR_HOME_M,
) -> pd.DataFrame:
    """
    Settle the use of every building: by its tag, else a place inside it, the land below it, or its size beside a home.

    Parameters
    ----------
    buildings : GeoDataFrame
        Column `use` (missing where no tag says) and footprints, EPSG:27700.
    places : GeoDataFrame
        Points with a column `use`.
    land : GeoDataFrame
        Areas with a column `use`; where several lie under a building the smallest counts.
    home_min_m2, home_max_m2 : float
        Footprints between these, on land in use for homes, are homes. [m2]
    outbuilding_max_m2, near_home_m : float
        Untyped footprints below this and this near a home are outbuildings. [m2], [m]

    Returns
    -------
    DataFrame `use`, `use_basis`, same index; what nothing settles is `unknown` on the basis `none`.
    """
    use = buildings["use"].astype("string").copy()
    basis = pd.Series("tag", index=use.index, dtype="string").mask(use.isna())
    size = pd.Series(shapely.area(buildings.geometry.to_numpy()), index=use.index)

    def settle_as(found: pd.Series[str], why: str) -> None:
        fresh = use.isna() & found.notna()
        use[fresh], basis[fresh] = found[fresh], why

    settle_as(_by_place(buildings[use.isna()], places).reindex(use.index), "place")
    ground = _by_land(buildings[use.isna()], land).reindex(use.index)
    fits = size.between(home_min_m2, home_max_m2)
    settle_as(ground.mask((ground == "home") & ~fits), "land")
    small = use.isna() & (size < outbuilding_max_m2)
    homes = buildings[use.isin(HOME_USES)]
    settle_as(_by_homes(buildings[small], homes, near_home_m).reindex(use.index), "size")
    return pd.DataFrame({"use": use.fillna("unknown"), "use_basis": basis.fillna("none")})


def reconcile(buildings: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """
    Return buildings each with one use, whichever sources tell of it, and the source whose word that is.

    Parameters
    ----------
    buildings : DataFrame
        Layer `in_building`: each building by the source that draws it.
    told : DataFrame
        Layer `in_building_use`: what other sources say in words of the same buildings.

    Notes
    -----
    The word of the source that draws a building wins, then that of another, in order of name, and last what a place,
    the land or the size suggests. What the drawing source told is kept, so the result does not depend on what was
    reconciled before.
    """
    own = as_told(buildings)
    others = told.sort_values(["building_id", "source_id"], kind="stable").drop_duplicates("building_id")
    word = others.set_index("building_id").reindex(own["building_id"])
    wins = (own["use_basis"] != "tag").to_numpy() & word["use"].notna().to_numpy()
    use, by = (pd.Series(word[name].to_numpy(), index=own.index, dtype="string") for name in ("use", "source_id"))
    return own.assign(
        use=own["use"].mask(wins, use),
        use_basis=own["use_basis"].mask(wins, "tag"),
        use_by=own["use_by"].mask(wins, by),
    )


def as_told(buildings: pd.DataFrame) -> pd.DataFrame:
    """Return layer `in_building` as each building's own source told of it, without what others say."""
    return buildings.assign(
        use=buildings["use_told"].fillna(buildings["use"]),
        use_basis=buildings["use_told_basis"].fillna(buildings["use_basis"]),
        use_by=buildings["source_id"],
    )


def column(tags: pd.DataFrame, name: str) -> pd.Series[str]:
    """Return a tag column as text, all missing when there is none."""
    if name not in tags.columns:
        return pd.Series(pd.NA, index=tags.index, dtype="string")
    return tags[name].astype("string")


def plain(values: pd.Series[str]) -> pd.Series[str]:
    """Return the first of several values (`retail;residential`) in lower case with underscores."""
    first = values.astype("string").str.replace(r";.*$", "", regex=True).str.strip().str.lower()
    return first.str.replace(" ", "_", regex=False)


def _social(tags: pd.DataFrame) -> pd.Series[str]:
    """Return the use of social facilities: by their kind, else by their name; missing for everything else."""
    kind, name = plain(column(tags, "social_facility")), column(tags, "name")
    by_name = name.str.contains(_FLATS_NAME, case=False, regex=True, na=False).map({True: "flats", False: "care"})
    told = kind.map(HOUSING).astype("string").fillna(kind.where(kind.isna(), "hall"))
    use = told.mask(by_name == "flats", "flats").fillna(by_name.astype("string"))
    return use.where(plain(column(tags, "amenity")).eq("social_facility").fillna(value=False))


def _shop(tags: pd.DataFrame) -> pd.Series[str]:
    value = plain(column(tags, "shop"))
    use = pd.Series("shop", index=tags.index, dtype="string")
    return use.mask(value.isna() | value.isin(_NO_USE))


def _desk(tags: pd.DataFrame) -> pd.Series[str]:
    office, craft = plain(column(tags, "office")), plain(column(tags, "craft"))
    steps = (
        office.map({"government": "civic"}),
        office.mask(office.isin(_NO_USE)).notna().map({True: "office"}),
        craft.mask(craft.isin(_NO_USE)).notna().map({True: "industry"}),
    )
    return first_of(steps, tags.index)


def first_of(steps: tuple[pd.Series[Any], ...], index: pd.Index[Any]) -> pd.Series[str]:
    """Return the first value that is there, step by step."""
    out = pd.Series(pd.NA, index=index, dtype="string")
    for step in steps:
        out = out.fillna(step.astype("string"))
    return out


def _by_place(buildings: Any, places: Any) -> pd.Series[str]:
    """Return the use most places in each building share; the earlier in `USES` where they tie."""
    found = places[places["use"].notna()]
    place, building = _pairs(buildings.geometry.to_numpy(), found.geometry.to_numpy())
    pairs = pd.DataFrame({"building": building, "use": found["use"].to_numpy()[place]})
    counted = pairs.groupby(["building", "use"]).size().rename("places").reset_index()
    counted["rank"] = counted["use"].map(_RANK)
    best = counted.sort_values(["building", "places", "rank"], ascending=[True, False, True]).drop_duplicates(
        "building"
    )
    return pd.Series(best["use"].to_numpy(), index=buildings.index[best["building"].to_numpy()], dtype="string")


def _by_land(buildings: Any, land: Any) -> pd.Series[str]:
    """Return the use of the smallest parcel under a point in each building."""
    found = land[land["use"].notna()]
    shapes = found.geometry.to_numpy()
    building, parcel = _pairs(shapes, points_of(buildings.geometry.to_numpy()))
    pairs = pd.DataFrame(
        {"building": building, "use": found["use"].to_numpy()[parcel], "size": shapely.area(shapes)[parcel]}
    )
    pairs["rank"] = pairs["use"].map(_RANK)
    best = pairs.sort_values(["building", "size", "rank"]).drop_duplicates("building")
    return pd.Series(best["use"].to_numpy(), index=buildings.index[best["building"].to_numpy()], dtype="string")


def _by_homes(small: Any, homes: Any, near_home_m: float) -> pd.Series[str]:
    tree = shapely.STRtree(homes.geometry.to_numpy())
    beside = np.unique(tree.query(small.geometry.to_numpy(), predicate="dwithin", distance=near_home_m)[0])
    return pd.Series("outbuilding", index=small.index[beside], dtype="string")


def _pairs(areas: Any, points: Any) -> tuple[Any, Any]:
    """Return positions of points and of the areas they lie in."""
    point, area = shapely.STRtree(areas).query(points, predicate="intersects")
    return point, area


def nothing_around() -> Any:
    """Return an empty frame of places or land, for sources that know of none."""
    return gpd.GeoDataFrame({"use": pd.Series([], dtype="string")}, geometry=gpd.GeoSeries([], crs="EPSG:27700"))
