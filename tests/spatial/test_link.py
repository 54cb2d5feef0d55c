"""Which substations and zone each building belongs to."""

import pandas as pd
import pytest
from shapely import LineString, Point, box

from laep import schema
from laep.spatial.network import buildings as link


@pytest.fixture
def buildings(make_buildings):
    # west, east, in the slit between the areas, beyond them
    return make_buildings([box(x, 0, x + 10, 10) for x in (100, 700, 585, 5000)])


@pytest.fixture
def areas(make_layer):
    return make_layer(
        "in_supply_area", [box(0, -50, 580, 50), box(620, -50, 2000, 50)], supply_area_id=["a1", "a2"],
        level="primary", substation_name=["WEST", "EAST"], operator="ssen", source_id="areas",
    )  # fmt: skip


@pytest.fixture
def substations(make_layer):
    return make_layer(
        "in_substation", [Point(0, 5), Point(2000, 5), Point(105, 105), Point(705, 1005)],
        substation_id=["P1", "P2", "S1", "S2"], operator="ssen", name=["West", "East", "Lane", "Hill"],
        level=["primary", "primary", "secondary", "secondary"], source_id="table",
    )  # fmt: skip


def linked(buildings, substations, areas, zones, reach=500.0):
    licences = pd.DataFrame({"operator": ["ssen"]})
    found = link.building_links(buildings, substations, areas, zones, licences=licences, max_secondary_m=reach)
    schema.conform(found.frame, "link_building")
    return found.frame.set_index("building_id"), found.notes


def test_primary_by_area_else_nobody_whose_area_is_published(buildings, substations, areas, empty):
    frame, notes = linked(buildings, substations, areas, empty("in_zone"))
    assert frame["primary_id"].fillna("").tolist() == ["P1", "P2", "P1", ""]
    assert frame["primary_method"].fillna("").tolist() == ["published_area"] * 3 + [""]
    assert frame.loc["b0", "primary_distance_m"] == pytest.approx(105.0)
    assert frame["confidence"].tolist() == ["medium", "medium", "medium", "low"]
    assert "Primary substation: 3 of 4 buildings by published area, 0 by distance, 1 unlinked." in notes


def test_without_published_areas_the_nearest_primary_serves(buildings, substations, areas, empty):
    frame, _ = linked(buildings, substations, areas.iloc[:0], empty("in_zone"))
    assert frame["primary_id"].tolist() == ["P1", "P1", "P1", "P2"]
    assert set(frame["primary_method"]) == {"nearest"}
    assert frame.loc["b3", "primary_distance_m"] == pytest.approx(3005.0)


def test_secondary_by_distance_stops_at_the_limit(buildings, substations, areas, empty):
    frame, notes = linked(buildings, substations, areas, empty("in_zone"), reach=100.5)
    assert frame["secondary_id"].fillna("").tolist() == ["S1", "", "", ""]
    assert frame.loc["b0", "secondary_distance_m"] == pytest.approx(100.0)
    assert frame["secondary_method"].fillna("").tolist() == ["nearest", "", "", ""]
    assert "By distance, 1 buildings share 1 secondary substations." in notes


def test_published_secondary_area_beats_the_nearest(buildings, substations, areas, make_layer, empty):
    low = make_layer(
        "in_supply_area", [box(0, -50, 300, 50)], supply_area_id=["s2"], level="secondary", substation_name=["HILL"],
        operator="ssen", source_id="areas",
    )  # fmt: skip
    frame, _ = linked(buildings, substations, pd.concat([areas, low], ignore_index=True), empty("in_zone"))
    assert frame.loc["b0", ["secondary_id", "secondary_method", "confidence"]].tolist() == [
        "S2",
        "published_area",
        "high",
    ]


def test_area_without_a_listed_substation_gives_its_own_id(buildings, substations, areas, empty):
    frame, _ = linked(buildings, substations[substations["name"] != "West"], areas, empty("in_zone"))
    assert frame.loc["b0", "primary_id"] == "a1"
    assert pd.isna(frame.loc["b0", "primary_distance_m"])


def test_smallest_zone_is_taken(buildings, substations, areas, make_layer):
    zones = make_layer(
        "in_zone", [box(0, 0, 3000, 100), box(0, 0, 300, 100)], zone_id=["lsoa", "oa"], kind=["lsoa", "oa"],
        share_in_area=1.0,
    )  # fmt: skip
    frame, notes = linked(buildings, substations, areas, zones)
    assert frame["zone_id"].fillna("").tolist() == ["oa", "lsoa", "lsoa", ""]
    assert "1 of 4 buildings stand in no census zone." in notes


def test_nothing_to_link_to_leaves_everything_missing(buildings, empty):
    frame, notes = linked(buildings, empty("in_substation"), empty("in_supply_area"), empty("in_zone"))
    assert frame[["primary_id", "secondary_id", "zone_id", "primary_method"]].isna().all(axis=None)
    assert set(frame["confidence"]) == {"low"}
    assert "Secondary substation: 0 of 4 buildings by published area, 0 by distance, 4 unlinked." in notes


def test_no_buildings(substations, areas, empty):
    frame, _ = linked(empty("in_building"), substations, areas, empty("in_zone"))
    assert frame.empty


def test_ties_are_settled_the_same_way_whatever_the_order(buildings, make_layer, empty):
    pair = make_layer(
        "in_substation", [Point(105, 105), Point(105, 105)], substation_id=["Z", "A"], operator="ssen",
        level="secondary", source_id="t",
    )  # fmt: skip
    one, _ = linked(buildings, pair, empty("in_supply_area"), empty("in_zone"))
    other, _ = linked(buildings, pair.iloc[::-1].reset_index(drop=True), empty("in_supply_area"), empty("in_zone"))
    pd.testing.assert_frame_equal(one, other)


@pytest.fixture
def river(make_layer):
    """A street each side of a river with a bridge 300 m off; substations on both banks."""
    return make_layer(
        "in_road",
        [LineString([(0, 0), (300, 0)]), LineString([(0, 60), (300, 60)]), LineString([(300, 0), (300, 60)]),
         LineString([(-50, 30), (900, 30)])],
        road_id=["south", "north", "bridge", "water"], kind=["road", "road", "road", "waterway"],
        bridge=[False, False, True, False], tunnel=[False] * 4,
    )  # fmt: skip


def test_streets_lead_round_the_river_where_a_straight_line_would_cross(river, make_layer, make_buildings, empty):
    homes = make_buildings([box(x, 65, x + 8, 73) for x in (0, 50)])
    subs = make_layer(
        "in_substation", [Point(5, -5), Point(250, 66)], substation_id=["near", "round"], operator="nged",
        level="secondary", source_id="t",
    )  # fmt: skip
    nothing = (empty("in_supply_area"), empty("in_zone"))
    straight = link.building_links(homes, subs, *nothing, max_secondary_m=500.0).frame
    assert straight["secondary_id"].tolist() == ["near", "near"]
    assert straight["secondary_method"].unique().tolist() == ["nearest"]
    found = link.building_links(homes, subs, *nothing, max_secondary_m=500.0, roads=river)
    assert found.frame["secondary_id"].tolist() == ["round", "round"]
    assert found.frame["secondary_method"].unique().tolist() == ["along_streets"]
    assert found.frame["secondary_confidence"].tolist() == ["medium", "medium"]
    assert found.frame["secondary_street_m"].iloc[0] == pytest.approx(9 + 240 + 6, abs=11)
    assert "2 along streets, 0 by distance, 0 unlinked." in found.notes[1]


def test_a_full_transformer_sends_the_rest_to_the_next(river, make_layer, make_buildings, empty):
    homes = make_buildings([box(x, 65, x + 8, 73) for x in range(0, 200, 20)])
    subs = make_layer(
        "in_substation", [Point(5, 62), Point(290, 62)], substation_id=["small", "big"], operator="nged",
        level="secondary", rating_mva=[0.004, 0.5], source_id="t",
    )  # fmt: skip
    load = pd.Series(1.0, index=homes["building_id"])
    nothing = (empty("in_supply_area"), empty("in_zone"))
    found = link.building_links(homes, subs, *nothing, max_secondary_m=500.0, roads=river, load_kva=load)
    assert found.frame["secondary_id"].value_counts().to_dict() == {"big": 6, "small": 4}
    assert (found.frame["secondary_id"] == "small").tolist()[:4] == [True] * 4
    assert any(note.startswith("4 buildings go to the next") for note in found.notes)


def test_cables_come_before_streets(river, make_layer, make_buildings, empty):
    homes = make_buildings([box(100, 65, 108, 73)])
    subs = make_layer(
        "in_substation", [Point(150, 66), Point(10, -5)], substation_id=["close", "wired"], operator="ukpn",
        level="secondary", source_id="t",
    )  # fmt: skip
    cable = make_layer(
        "in_line", [LineString([(10, -2), (10, 70), (104, 64)])], line_id=["c"], operator="ukpn", level="lv",
        kind="underground", length_m=[170.0],
    )  # fmt: skip
    nothing = (empty("in_supply_area"), empty("in_zone"))
    frame = link.building_links(homes, subs, *nothing, max_secondary_m=500.0, roads=river, lines=cable).frame
    assert frame.loc[0, ["secondary_id", "secondary_method"]].tolist() == ["wired", "along_lines"]


def test_the_published_feeder_of_a_postcode_comes_first_and_serves_next_door(make_layer, make_buildings, empty):
    homes = make_buildings([box(x, 0, x + 8, 8) for x in (0, 20, 400)], postcode=["OX1 1AA", None, "OX1 1BB"])
    subs = make_layer(
        "in_substation", [Point(10, 20), Point(300, 0)], substation_id=["0499_001_005", "0499_001_010"],
        operator="ssen", level="secondary", source_id="t",
    )  # fmt: skip
    told = make_layer(
        "in_feeder", feeder_id=["f1", "f2", "f3"], postcode=["OX1 1AA", "OX1 1BB", "OX1 1BB"],
        secondary_id=["0499_001_010", "0499_001_005", "0499_001_010"], primary_number=["0499"] * 3, operator="ssen",
    )  # fmt: skip
    nothing = (empty("in_supply_area"), empty("in_zone"))
    frame = link.building_links(homes, subs, *nothing, max_secondary_m=500.0, feeders=told).frame
    assert frame["secondary_id"].tolist() == ["0499_001_010"] * 3  # the third: of two named, the nearer
    methods = ["published_feeder", "beside_published_feeder", "published_feeder"]
    assert frame["secondary_method"].tolist() == methods
    assert frame["secondary_confidence"].tolist() == ["high", "medium", "medium"]
    assert frame["lv_feeder_id"].fillna("").tolist() == ["f1", "", "f3"]
