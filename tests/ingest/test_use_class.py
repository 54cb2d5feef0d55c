"""Tags, words, places, land and size settle what a building is used for."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from laep.ingest.ground import use_class
from laep.schema import LAND_KINDS, PLACE_KINDS, USES


def use_of(footprint_m2=100.0, **tags):
    frame = pd.DataFrame({key: [value] for key, value in tags.items()}, dtype="string")
    found = use_class.from_tags(frame, pd.Series([footprint_m2])).iloc[0]
    return None if pd.isna(found) else found


@pytest.mark.parametrize(
    ("tags", "use"),
    [
        ({"building": "house"}, "home"),
        ({"building": "semidetached_house"}, "home"),
        ({"building": "Terrace"}, "home"),
        ({"building": "static caravan"}, "mobile_home"),
        ({"building": "farm"}, "home"),
        ({"building": "apartments"}, "flats"),
        ({"building": "retail"}, "shop"),
        ({"building": "retail;residential"}, "shop"),
        ({"building": "commercial"}, "office"),
        ({"building": "school"}, "school"),
        ({"building": "village_hall"}, "hall"),
        ({"building": "church"}, "worship"),
        ({"building": "hospital"}, "health"),
        ({"building": "stadium"}, "leisure"),
        ({"building": "hotel"}, "hotel"),
        ({"building": "public"}, "civic"),
        ({"building": "warehouse"}, "industry"),
        ({"building": "farm_auxiliary"}, "farm"),
        ({"building": "barn"}, "farm"),
        ({"building": "garages"}, "garage"),
        ({"building": "shed"}, "outbuilding"),
        ({"building": "service"}, "utility"),
        ({"building": "roof"}, "structure"),
        ({"building": "ruins"}, "structure"),
        ({"building": "yes"}, None),
        ({"building": "hose"}, None),
        ({"building": "non-residential"}, None),
        ({"building": "yes", "amenity": "school"}, "school"),
        ({"building": "yes", "amenity": "pub"}, "hotel"),
        ({"building": "yes", "amenity": "library"}, "civic"),
        ({"building": "yes", "amenity": "parking"}, "car_park"),
        ({"building": "yes", "shop": "convenience"}, "shop"),
        ({"building": "yes", "shop": "vacant"}, None),
        ({"building": "yes", "shop": "no", "office": "company"}, "office"),
        ({"building": "yes", "office": "government"}, "civic"),
        ({"building": "yes", "craft": "plumber"}, "industry"),
        ({"building": "yes", "leisure": "sports_centre"}, "leisure"),
        ({"building": "yes", "tourism": "guest_house"}, "hotel"),
        ({"building": "yes", "healthcare": "physiotherapist"}, "health"),
        ({"building": "yes", "club": "scout"}, "hall"),
        ({"building": "yes", "club": "sport"}, "leisure"),
        ({"building": "yes", "power": "substation"}, "utility"),
        ({"building": "yes", "man_made": "water_works"}, "utility"),
        ({"building": "church", "amenity": "community_centre"}, "hall"),
        ({"building": "warehouse", "shop": "doityourself"}, "shop"),
        ({"building": "warehouse", "office": "company"}, "industry"),
        ({"building": "house", "shop": "hairdresser"}, "home"),
        ({"building": "house", "office": "yes"}, "home"),
        ({"building": "house", "amenity": "dentist"}, "health"),
        ({"building": "house", "power": "generator"}, "home"),
        ({"building": "apartments", "shop": "convenience"}, "flats"),
        ({"building": "apartments", "amenity": "restaurant"}, "flats"),
        ({"building": "commercial", "amenity": "cinema"}, "leisure"),
    ],
)
def test_tags(tags, use):
    assert use_of(**tags) == use


def test_residential_is_flats_when_large():
    assert use_of(299.0, building="residential") == "home"
    assert use_of(301.0, building="residential") == "flats"


def test_every_word_maps_to_a_use():
    tables = (use_class.BUILDING, use_class.AMENITY, use_class.OF_PLACE, use_class.OF_LAND)
    assert {use for table in tables for use in table.values()} <= set(USES)
    assert set(use_class.OF_PLACE) <= set(PLACE_KINDS)
    assert set(use_class.OF_LAND) <= set(LAND_KINDS)
    assert set(USES) - {"unknown"} <= set(use_class.BUILDING.values())


def test_words_of_other_publishers():
    words = pd.Series(["farm", "flats", "Place Of Worship", "detached", "unknown", "xyz", None], dtype="string")
    found = use_class.from_words(words)
    assert found.tolist() == ["farm", "flats", "worship", "home", pd.NA, pd.NA, pd.NA]


def at(x, y, width, depth=None):
    return shapely.box(x, y, x + width, y + (depth or width))


def settle(buildings, places=(), land=(), **sizes):
    def frame(rows):
        uses = pd.Series([use for use, _ in rows], dtype="string")
        return gpd.GeoDataFrame({"use": uses}, geometry=[shape for _, shape in rows], crs=27700)

    table = use_class.settle(frame(buildings), places=frame(places), land=frame(land), **sizes)
    return list(zip(table["use"], table["use_basis"], strict=True))


def test_tag_wins_over_place_and_land():
    home = [("home", at(0, 0, 10))]
    assert settle(home, [("shop", shapely.Point(5, 5))], [("school", at(-50, -50, 200))]) == [("home", "tag")]


def test_place_inside_wins_over_land():
    bare = [(None, at(0, 0, 10))]
    land = [("industry", at(-50, -50, 200))]
    assert settle(bare, [("shop", shapely.Point(5, 5))], land) == [("shop", "place")]
    assert settle(bare, [("shop", shapely.Point(25, 5))], land) == [("industry", "land")]
    assert settle(bare, [(None, shapely.Point(5, 5))], land) == [("industry", "land")]


def test_most_places_win_then_the_earlier_use():
    bare = [(None, at(0, 0, 10))]
    points = [("shop", shapely.Point(1, 1)), ("leisure", shapely.Point(2, 2)), ("leisure", shapely.Point(3, 3))]
    assert settle(bare, points) == [("leisure", "place")]
    assert settle(bare, points[:2]) == [("shop", "place")]


def test_the_smallest_parcel_counts():
    land = [("home", at(-500, -500, 1000)), ("school", at(-50, -50, 200)), (None, at(-1, -1, 20))]
    assert settle([(None, at(0, 0, 10))], land=land) == [("school", "land")]


@pytest.mark.parametrize(
    ("side", "want"),
    [(4.0, ("unknown", "none")), (5.0, ("home", "land")), (17.3, ("home", "land")), (17.4, ("unknown", "none"))],
)
def test_homes_on_residential_land_have_the_size_of_homes(side, want):
    assert settle([(None, at(0, 0, side))], land=[("home", at(-50, -50, 200))]) == [want]


def test_small_ones_near_a_home_are_outbuildings():
    home = ("home", at(0, 0, 10))
    assert settle([home, (None, at(39, 0, 4))])[1] == ("outbuilding", "size")
    assert settle([home, (None, at(41, 0, 4))])[1] == ("unknown", "none")
    assert settle([home, (None, at(39, 0, 5.1))])[1] == ("unknown", "none")
    assert settle([("shop", at(0, 0, 10)), (None, at(12, 0, 4))])[1] == ("unknown", "none")


def test_sheds_of_homes_that_land_settled():
    land = [("home", at(-50, -50, 200))]
    assert settle([(None, at(0, 0, 10)), (None, at(15, 0, 4))], land=land) == [
        ("home", "land"),
        ("outbuilding", "size"),
    ]


def test_sizes_can_be_set():
    land = [("home", at(-50, -50, 200))]
    assert settle([(None, at(0, 0, 20))], land=land, home_max_m2=500.0) == [("home", "land")]
    assert settle([("home", at(0, 0, 10)), (None, at(12, 0, 6))], outbuilding_max_m2=40.0)[1] == ("outbuilding", "size")


def test_nothing_to_settle():
    assert settle([]) == []


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from([None, "home", "shop"]), st.floats(2, 40)), min_size=1, max_size=8),
    st.sampled_from([None, "home", "school"]),
)
def test_every_building_gets_a_use_and_a_basis(rows, ground):
    buildings = [(use, at(60.0 * i, 0, side)) for i, (use, side) in enumerate(rows)]
    land = [(ground, at(-10, -10, 1000))]
    found = settle(buildings, land=land)
    assert len(found) == len(rows)
    for (use, basis), (tag, _) in zip(found, rows, strict=True):
        assert use in USES
        assert (basis == "tag") == (tag is not None)
        assert (use == "unknown") == (basis == "none")
