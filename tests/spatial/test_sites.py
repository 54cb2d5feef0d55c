"""Buildings and land that could hold a shared asset."""

import pytest
import shapely
from shapely import Point, box

from laep import schema
from laep.spatial import sites, siting

NO_SETBACK = siting.Setbacks(
    home_m=0.0, building_m=0.0, road_m=0.0, path_m=0.0, water_m=0.0, line_m=0.0, least_piece_ha=0.0
)
KNOWN = {
    "setbacks": NO_SETBACK,
    "roof_min_kwp": 30.0, "ground_ha_per_mw": (2.0, 1.0, 4.0), "min_parcel_ha": 1.0,
    "carport_kwp_per_m2": (0.1, 0.05, 0.2), "carport_min_m2": 500.0, "lv_max_kwp": 200.0, "hv_max_kwp": 5000.0,
}  # fmt: skip


@pytest.fixture
def make_planes(make_layer):
    def build(ids, kwp, **columns):
        return make_layer(
            "roof_plane", [box(0, 0, 1, 1)] * len(ids), roof_id=[f"{i}-{n}" for n, i in enumerate(ids)],
            building_id=ids, **{
                "tilt_deg": 35.0, "azimuth_deg": 180.0, "plan_m2": 1.0, "sloped_m2": 1.0, "usable_m2": 1.0,
                "capacity_kwp": kwp, "capacity_low_kwp": [k / 2 for k in kwp],
                "capacity_high_kwp": [k * 2 for k in kwp],
                "suitable": True, "method": "footprint archetype: flat", "confidence": "low", **columns,
            },
        )  # fmt: skip

    return build


@pytest.fixture
def make_land(make_layer):
    def build(shapes, kind, **columns):
        ids = columns.pop("land_id", [f"l{i}" for i in range(len(shapes))])
        area = [shape.area for shape in shapes]
        return make_layer("in_land", shapes, land_id=ids, kind=kind, area_m2=area, **columns)

    return build


@pytest.fixture
def found(empty):
    def find(
        buildings=None,
        planes=None,
        *,
        places=None,
        land=None,
        constraints=None,
        links=None,
        roads=None,
        lines=None,
        **changes,
    ):
        given = {
            "in_building": buildings, "in_place": places, "in_land": land, "in_constraint": constraints,
            "roof_plane": planes, "link_building": links, "in_road": roads, "in_line": lines,
        }  # fmt: skip
        layers = {name: empty(name) if frame is None else frame for name, frame in given.items()}
        frame = sites.anchors(*layers.values(), **{**KNOWN, **changes}).sites
        schema.conform(frame, "site_anchor")
        return frame.set_index("site_id")

    return find


def test_corporate_roofs_need_the_least_capacity_and_community_roofs_a_caution(found, make_buildings, make_planes):
    buildings = make_buildings(
        [box(i * 100, 0, i * 100 + 10, 10) for i in range(5)], use=["shop", "shop", "hall", "home", "hall"]
    )
    planes = make_planes(["b0", "b1", "b1", "b2", "b3"], [29.0, 20.0, 20.0, 5.0, 90.0])
    frame = found(buildings, planes)
    assert frame.index.tolist() == ["roof-b1", "roof-b2"]  # b0 small, b3 a home, b4 no suitable plane
    assert frame["owner_kind"].tolist() == ["corporate", "community"]
    row = frame.loc["roof-b1", ["capacity_kwp", "capacity_low_kwp", "capacity_high_kwp", "area_m2"]]
    assert row.tolist() == [40.0, 20.0, 80.0, 100.0]
    assert frame["caution"].fillna("").tolist() == ["", "small: under 30 kWp"]
    assert set(frame["method"]) == {"suitable roof planes, footprint archetype: flat"}


def test_unsuitable_planes_do_not_count(found, make_buildings, make_planes):
    buildings = make_buildings([box(0, 0, 10, 10)], use="hall")
    assert found(buildings, make_planes(["b0"], [50.0], suitable=False)).empty


def test_a_school_is_one_site_named_after_its_grounds(found, make_buildings, make_planes, make_land):
    shapes = [box(0, 0, 10, 10), box(30, 0, 60, 10), box(500, 0, 510, 10)]
    buildings = make_buildings(shapes, use="school", name=["Hut", None, None])
    grounds = make_land([box(-10, -10, 100, 100)], "school_grounds", name=["Hill School"])
    frame = found(buildings, make_planes(["b0", "b1", "b2"], [10.0, 40.0, 5.0]), land=grounds)
    assert frame.index.tolist() == ["school-l0", "roof-b2"]
    row = frame.iloc[0]
    assert row[["name", "building_id", "land_id", "capacity_kwp", "area_m2"]].tolist() == [
        "Hill School",
        "b1",
        "l0",
        50,
        400,
    ]
    assert box(30, 0, 60, 10).contains(row["geometry"])


def test_f5_a_campus_holds_its_buildings_without_a_suitable_roof_too(found, make_buildings, make_planes):
    shapes = [box(0, 0, 10, 10), box(20, 0, 60, 10), box(5000, 0, 5010, 10)]
    frame = found(make_buildings(shapes, use="health"), make_planes(["b0"], [10.0]))
    assert frame["building_ids"].tolist() == ["b0;b1"]
    assert frame[["building_id", "capacity_kwp", "area_m2"]].to_numpy().tolist() == [["b0", 10.0, 500.0]]


def test_school_without_grounds_gathers_at_its_point_or_as_a_campus(found, make_buildings, make_planes, make_layer):
    shapes = [box(0, 0, 10, 10), box(100, 0, 110, 10), box(5000, 0, 5010, 10), box(5030, 0, 5040, 10)]
    places = make_layer("in_place", [Point(50, 0)], place_id=["p"], kind="school", name=["Dale School"])
    frame = found(make_buildings(shapes, use="school"), make_planes(["b0", "b1", "b2", "b3"], [9.0] * 4), places=places)
    assert frame["name"].fillna("").to_dict() == {"roof-b2": "", "school-p": "Dale School"}
    assert frame["capacity_kwp"].tolist() == [18.0, 18.0]


def test_buildings_take_the_name_of_a_fitting_place_at_the_door(found, make_buildings, make_planes, make_layer):
    buildings = make_buildings(
        [box(0, 0, 10, 10), box(100, 0, 110, 10), box(200, 0, 210, 10)], use=["hall", "worship", "civic"],
        name=[None, "St Mary", None],
    )  # fmt: skip
    places = make_layer(
        "in_place", [Point(5, 5), Point(12, 5), Point(105, 5), Point(205, 5)], place_id=["p1", "p2", "p3", "p4"],
        kind=["worship", "club", "worship", "library"], name=["Chapel", "Bowls Club", "Another", "Library"],
    )  # fmt: skip
    frame = found(buildings, make_planes(["b0", "b1", "b2"], [50.0] * 3), places=places)
    assert frame["name"].to_dict() == {"roof-b0": "Bowls Club", "roof-b1": "St Mary", "roof-b2": "Library"}
    assert frame["kind"].to_dict() == {"roof-b0": "club", "roof-b1": "worship", "roof-b2": "library"}
    assert "faculty" in frame.loc["roof-b1", "caution"]


def test_open_space_is_listed_without_capacity(found, make_land):
    land = make_land([box(0, 0, 100, 100), box(200, 0, 300, 100)], ["allotments", "playing_field"])
    frame = found(land=land)
    assert frame["capacity_kwp"].isna().all()
    assert set(frame["owner_kind"]) == {"community"}
    assert frame["caution"].str.contains("open space in use").all()


def test_car_parks_by_hand(found, make_land):
    land = make_land(
        [box(0, 0, 20, 50), box(100, 0, 120, 20), box(200, 0, 220, 50), box(190, -10, 400, 100)],
        ["car_park", "car_park", "car_park", "retail"],
    )
    frame = found(land=land)
    assert frame.index.tolist() == ["carport-l0", "carport-l2"]  # 400 m2 is too small
    assert (
        frame[["capacity_kwp", "capacity_low_kwp", "capacity_high_kwp"]].to_numpy().tolist()
        == [[100.0, 50.0, 200.0]] * 2
    )
    assert frame["owner_kind"].tolist() == ["not_known", "corporate"]


def test_f4_a_car_park_is_the_communitys_only_where_something_says_so(found, make_land, make_buildings):
    parks = [box(i * 1000, 0, i * 1000 + 20, 50) for i in range(6)]
    land = make_land(
        [*parks, box(3990, -10, 4100, 100)], ["car_park"] * 6 + ["recreation_ground"],
        operator=["Anytown Borough Council", "NCP", None, None, None, None, None],
        name=[None, None, "Castle Bingo Customer Car Park", "Station long-stay", None, None, None],
    )  # fmt: skip
    buildings = make_buildings([box(5030, 0, 5040, 10), box(5060, 0, 5070, 10)], use=["hall", "shop"])
    owners = found(buildings, land=land)["owner_kind"].drop("ground-l6").to_dict()
    assert owners == {
        "carport-l0": "community", "carport-l1": "corporate", "carport-l2": "corporate", "carport-l3": "not_known",
        "carport-l4": "community", "carport-l5": "community",
    }  # fmt: skip


def test_f4_who_holds_a_car_park_is_said_as_a_guess_until_somebody_has_asked(found, make_land):
    parks = [box(n * 300, 0, n * 300 + 30, 30) for n in range(3)]
    land = make_land(parks, ["car_park"] * 3, operator=[None, "Wiltshire Council", None], name=["Quay", "Hill", "Mill"])
    guessed = found(land=land)
    assert guessed["owner_kind"].tolist() == ["not_known", "community", "not_known"]
    assert guessed.loc["carport-l0", "caution"].startswith("owner not known; check clear height")
    assert guessed.loc["carport-l1", "caution"].startswith("taken to be a public or community body's")
    asked = found(land=land, told={"quay": "community", "carport-l1": "corporate"})
    assert asked["owner_kind"].tolist() == ["community", "corporate", "not_known"]
    assert asked["caution"].str.startswith("check clear height").tolist() == [True, True, False]


def test_f4_pubs_are_no_community_roofs_and_sports_halls_are(found, make_buildings, make_planes, make_layer):
    buildings = make_buildings([box(0, 0, 20, 20), box(100, 0, 120, 20), box(200, 0, 220, 20)], use="leisure")
    places = make_layer(
        "in_place", [Point(5, 5), Point(105, 5)], place_id=["p", "q"], kind=["pub", "sport"], name=["The Bull", "Gym"]
    )
    frame = found(buildings, make_planes(["b0", "b1", "b2"], [50.0, 20.0, 20.0]), places=places)
    assert frame["owner_kind"].to_dict() == {"roof-b0": "corporate", "roof-b1": "community"}


@pytest.mark.parametrize(
    ("hectares", "level", "street"), [(0.3, "secondary", "S1"), (2, "primary", None), (20, "bsp", None)]
)
def test_f7_a_site_connects_at_the_level_of_its_size(
    found, make_land, make_buildings, make_layer, hectares, level, street
):
    land = make_land([box(0, 0, 100, hectares * 100)], "farmland")
    links = make_layer(
        "link_building", None, building_id=["b0"], secondary_id=["S1"], primary_id=["P1"], confidence="high"
    )
    row = found(make_buildings([box(-20, 0, -10, 10)], use="home"), land=land, links=links, min_parcel_ha=0.1).iloc[0]
    assert row[["connects_at", "primary_id"]].tolist() == [level, "P1"]
    assert (row["secondary_id"] if isinstance(row["secondary_id"], str) else None) == street


def test_parcels_lose_what_designations_take(found, make_land, make_layer):
    # 4 ha; a woodland takes a quarter, counted once though drawn twice; green belt takes nothing
    land = make_land([box(0, 0, 200, 200), box(1000, 0, 1090, 100)], "farmland")
    constraints = make_layer(
        "in_constraint", [box(0, 0, 100, 100), box(-50, -50, 100, 100), box(0, 0, 500, 500)],
        constraint_id=["1", "2", "3"], kind=["ancient-woodland", "ancient-woodland", "green-belt"],
    )  # fmt: skip
    frame = found(land=land, constraints=constraints)
    assert frame.index.tolist() == ["ground-l0"]  # 0.9 ha is too small
    row = frame.iloc[0]
    assert row[["capacity_kwp", "capacity_low_kwp", "capacity_high_kwp"]].tolist() == [1500.0, 750.0, 3000.0]
    assert row["constraints"] == "ancient-woodland;green-belt"
    assert row["caution"] == (
        "candidate for a landowner talk: what the parcel could hold, not a proposal; "
        "green belt: planning will ask for special reasons; protected habitat"
    )


def test_every_hectare_of_a_parcel_is_left_or_explained_and_panels_keep_from_homes(
    empty, make_land, make_buildings, make_layer
):
    land = make_land([box(0, 0, 200, 200), box(500, 0, 520, 20)], "farmland")
    homes = make_buildings([box(-10, 0, -5, 200)], use="home")
    roads = make_layer(
        "in_road", [shapely.MultiLineString([[(0, 195), (200, 195)]])], road_id=["r"], kind="road", name="Mill Lane"
    )
    given = [
        homes,
        empty("in_place"),
        land,
        empty("in_constraint"),
        empty("roof_plane"),
        empty("link_building"),
        roads,
        empty("in_line"),
    ]
    kept = siting.Setbacks(
        home_m=25.0, building_m=0.0, road_m=8.0, path_m=0.0, water_m=0.0, line_m=0.0, least_piece_ha=0.1
    )
    found = sites.anchors(*given, **{**KNOWN, "setbacks": kept})
    (site,) = found.sites.itertuples()
    assert (site.site_id, site.near) == ("ground-l0", "Mill Lane")
    assert site.capacity_kwp == pytest.approx((200 - 20) * (200 - 13) / 1e4 / 2.0 * 1000, rel=1e-3)
    whole = (
        found.removed.groupby("land_id")["area_ha"]
        .sum()
        .add(found.land.set_index("land_id")["left_ha"], fill_value=0.0)
    )
    assert whole.to_dict() == pytest.approx({"l0": 4.0, "l1": 0.04})
    assert found.land["site_id"].tolist() == ["ground-l0"]
    assert set(found.removed["rule"]) == {"homes", "roads", "too_small"}


def test_a_parcel_all_designated_is_not_listed(found, make_land, make_layer):
    wet = make_layer("in_constraint", [box(-1, -1, 300, 300)], constraint_id=["1"], kind="flood-risk-zone")
    assert found(land=make_land([box(0, 0, 200, 200)], "brownfield"), constraints=wet).empty


def test_listed_hall_says_so_and_links_follow(found, make_buildings, make_planes, make_layer, make_land):
    buildings = make_buildings([box(0, 0, 10, 10)], use="hall")
    listed = make_layer("in_constraint", [box(2, 2, 4, 4)], constraint_id=["1"], kind="listed-building-outline")
    links = make_layer("link_building", building_id=["b0"], primary_id=["P"], secondary_id=["S"])
    land = make_land([box(20, 0, 60, 40), box(5000, 0, 5040, 40)], "allotments")
    frame = found(buildings, make_planes(["b0"], [40.0]), constraints=listed, links=links, land=land)
    assert frame.loc["roof-b0", "caution"] == "listed building: needs consent before anything is fixed to it"
    assert frame["primary_id"].fillna("").to_dict() == {"roof-b0": "P", "ground-l0": "P", "ground-l1": ""}
    assert frame["secondary_id"].fillna("").to_dict() == {"roof-b0": "S", "ground-l0": "S", "ground-l1": ""}


def test_largest_first_missing_last_and_nothing_at_all(found, make_buildings, make_planes, make_land):
    buildings = make_buildings([box(i * 100, 0, i * 100 + 10, 10) for i in range(3)], use="hall")
    frame = found(
        buildings, make_planes(["b0", "b1", "b2"], [40.0, 60.0, 40.0]), land=make_land([box(0, 50, 9, 99)], "common")
    )
    assert frame.index.tolist() == ["roof-b1", "roof-b0", "roof-b2", "ground-l0"]
    assert found().empty


def test_confidence_is_that_of_the_least_sure_plane(found, make_buildings, make_planes):
    buildings = make_buildings([box(i * 100, 0, i * 100 + 10, 10) for i in range(2)], use="hall")
    planes = make_planes(["b0", "b0", "b1"], [40.0] * 3, confidence=["medium", "low", "medium"])
    assert found(buildings, planes)["confidence"].to_dict() == {"roof-b0": "low", "roof-b1": "medium"}
