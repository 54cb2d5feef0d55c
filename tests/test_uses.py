"""F6: each kind of building by its own rule, from one table: a roof or none, whose demand, its shape, homes or none."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from laep.assumptions import Assumptions
from laep.ingest.ground import use_class
from laep.schema import uses
from laep.schema.vocabulary import HOME_USES, PROFILES, USES


def use_of(**tags):
    frame = pd.DataFrame({key: [value] for key, value in tags.items()}, dtype="string")
    return use_class.from_tags(frame, pd.Series([900.0])).iloc[0]


def test_the_table_has_every_use_and_homes_are_those_with_meters_of_their_own():
    assert sorted(uses.RULES) == sorted(USES)
    assert sorted(HOME_USES) == sorted(name for name, use in uses.RULES.items() if use.demand == "homes")
    assert {use.profile for use in uses.RULES.values()} - {""} <= set(PROFILES)
    assert len({uses.RULES[name].profile for name in uses.BUSINESSES}) == 1  # which `network.lv` takes for all of them
    assert all(use.source and use.holds for use in uses.RULES.values())


@pytest.mark.parametrize("name", uses.BUSINESSES)
def test_every_business_has_its_intensity_and_storeys(name):
    use, take = uses.RULES[name], Assumptions()
    assert take.value(f"demand.intensity_kwh_m2.{use.intensity}", "kWh/m2/yr") > 0
    assert take.value(f"building.storeys.{use.intensity}", "storeys") >= 1


@pytest.mark.parametrize(
    ("tags", "use"),
    [
        ({"building": "yes", "amenity": "parking", "parking": "multi-storey"}, "car_park"),
        ({"building": "retail", "amenity": "parking"}, "car_park"),
        ({"building": "parking"}, "car_park"),
        ({"building": "yes", "amenity": "restaurant"}, "hotel"),
        ({"building": "pub"}, "hotel"),
        ({"building": "yes", "amenity": "social_facility", "name": "Barrow Court retirement flats"}, "flats"),
        ({"building": "yes", "amenity": "social_facility", "social_facility": "assisted_living"}, "flats"),
        ({"building": "yes", "amenity": "social_facility", "social_facility": "nursing_home"}, "care"),
        ({"building": "yes", "amenity": "social_facility", "social_facility": "food_bank"}, "hall"),
        ({"building": "yes", "amenity": "social_facility", "name": "The Laurels"}, "care"),
        ({"building": "yes", "amenity": "nursing_home"}, "care"),
        ({"building": "yes", "amenity": "doctors"}, "health"),
        ({"building": "static_caravan"}, "mobile_home"),
        *[({"building": word}, "structure") for word in (
            "glasshouse", "greenhouse", "silo", "storage_tank", "gasometer", "ruins", "construction", "bridge", "tent",
            "canopy", "roof",
        )],
        ({"building": "yes", "man_made": "silo"}, "structure"),
    ],
)  # fmt: skip
def test_f6_each_kind_has_its_use(tags, use):
    assert use_of(**tags) == use


def test_f6_what_has_no_roof_gets_no_panels_and_no_demand():
    for name in ("structure", "mobile_home", "car_park"):
        assert not uses.RULES[name].roof
    assert uses.RULES["structure"].demand == "none"
    assert "care" not in HOME_USES


def test_a_car_park_on_open_ground_says_nothing_of_the_shop_on_it():
    ground = pd.DataFrame({"amenity": ["parking"]}, dtype="string")
    assert use_class.of_ground(ground).isna().all()
    land = gpd.GeoDataFrame({"use": use_class.of_ground(ground)}, geometry=[box(0, 0, 99, 99)], crs=27700)
    shop = gpd.GeoDataFrame({"use": pd.Series([pd.NA], dtype="string")}, geometry=[box(9, 9, 40, 40)], crs=27700)
    assert use_class.settle(shop, places=use_class.nothing_around(), land=land)["use"].tolist() == ["unknown"]
