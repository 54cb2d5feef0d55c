"""Candidate pieces of network."""

import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from laep.spatial.network import segments

LAND = box(0, 0, 1000, 1000)


@pytest.fixture
def buildings(make_buildings):
    return make_buildings([box(x, 500, x + 10, 510) for x in (100, 130, 160, 700, 730, 960)])


@pytest.fixture
def links(make_layer):
    return make_layer(
        "link_building", building_id=[f"b{i}" for i in range(6)], secondary_id=["S1"] * 3 + ["S2"] * 2 + [None],
        secondary_method=["nearest"] * 3 + ["published_area"] * 2 + [None], primary_id=["P1"] * 5 + ["P2"],
        primary_method=["published_area"] * 4 + ["nearest"] * 2,
    )  # fmt: skip


@pytest.fixture
def substations(make_layer):
    return make_layer(
        "in_substation", [Point(130, 600), Point(720, 600), Point(0, 0)], substation_id=["S1", "S2", "P1"],
        name=["Lane", "Hill", "Town Primary"], level=["secondary", "secondary", "primary"],
        rating_mva=[0.5, None, 24.0],
    )  # fmt: skip


HOMES = pd.Series([10.0, 4.0, None, 5.0, 3.0], index=["b0", "b1", "b2", "b3", "b4"])  # b5 not counted at all


def candidates(make_boundary, buildings, links, substations, min_homes=8.0, homes=HOMES):
    return segments.candidates(make_boundary(LAND), buildings, homes, links, substations, min_homes=min_homes)


def test_segments_count_their_buildings_and_homes(make_boundary, buildings, links, substations):
    found = candidates(make_boundary, buildings, links, substations).segments.set_index("segment_id")
    assert found.index.tolist() == ["secondary-S1", "secondary-S2", "primary-P1", "primary-P2", "area-here"]
    assert found["homes"].tolist() == [14, 8, 22, 0, 22]
    assert found["buildings"].tolist() == [3, 2, 5, 1, 6]
    assert found["name"].fillna("").tolist() == ["Lane", "Hill", "Town Primary", "", "Here"]
    assert found["rating_kva"].fillna(-1).tolist() == [500, -1, 24_000, -1, -1]


def test_method_and_confidence_come_from_the_links(make_boundary, buildings, links, substations):
    found = candidates(make_boundary, buildings, links, substations).segments
    assert found["method"].tolist() == [
        "nearest", "published_area", "published_area and nearest", "nearest", "the whole area",
    ]  # fmt: skip
    assert found["confidence"].tolist() == ["low", "high", "medium", "low", "high"]


def test_ways_of_linking_are_told_the_surest_first_and_in_no_order_by_chance(
    make_boundary, buildings, links, substations
):
    ways = ["along_streets", "beside_published_feeder", "published_feeder"]
    found = candidates(make_boundary, buildings, links.assign(secondary_method=[*ways, *ways]), substations).segments
    assert found["method"].iloc[0] == "published_feeder and beside_published_feeder and along_streets"


def test_too_few_homes_is_not_listed(make_boundary, buildings, links, substations):
    found = candidates(make_boundary, buildings, links, substations, min_homes=9.0)
    assert "secondary-S2" not in set(found.segments["segment_id"])
    assert "secondary-S2" not in set(found.links["segment_id"])


def test_outlines_lie_inside_apart_and_hold_their_buildings(make_boundary, buildings, links, substations):
    found = candidates(make_boundary, buildings, links, substations).segments.set_index("segment_id").geometry
    assert found.within(LAND.buffer(1e-6)).all()
    assert found["secondary-S1"].intersection(found["secondary-S2"]).area == pytest.approx(0)
    assert found["secondary-S1"].contains(shapely.union_all(buildings.geometry.to_numpy()[:3]))
    assert found["secondary-S1"].area < found["primary-P1"].area
    assert found["primary-P1"].area + found["primary-P2"].area == pytest.approx(LAND.area)
    assert found["primary-P1"].bounds[2] == pytest.approx(850.0)  # halfway from 735 to 965


def test_links_name_every_building_of_a_segment(make_boundary, buildings, links, substations):
    found = candidates(make_boundary, buildings, links, substations).links
    by_segment = found.groupby("segment_id")["building_id"].agg(list).to_dict()
    assert by_segment["secondary-S1"] == ["b0", "b1", "b2"]
    assert by_segment["primary-P2"] == ["b5"]
    assert by_segment["area-here"] == [f"b{i}" for i in range(6)]


def test_an_impossible_count_by_distance_says_the_list_is_short(make_boundary, buildings, links, substations):
    crowd = pd.Series([600.0], index=["b0"])
    row = candidates(make_boundary, buildings, links, substations, homes=crowd).segments.iloc[0]
    assert row["segment_id"] == "secondary-S1"
    assert "not complete" in row["method"]
    assert row["confidence"] == "low"


def test_no_buildings_or_links_leave_the_area_alone(make_boundary, buildings, substations, empty):
    for held in (buildings, empty("in_building")):
        found = candidates(make_boundary, held, empty("link_building"), substations)
        assert found.segments["segment_id"].tolist() == ["area-here"]
        assert len(found.links) == len(held)


@given(st.lists(st.sampled_from(["A", "B", "C", None]), min_size=1, max_size=12), st.data())
@settings(max_examples=10, deadline=None)
def test_homes_of_primaries_and_unlinked_add_up(make_boundary, make_buildings, make_layer, empty, heads, data):
    counts = data.draw(st.lists(st.integers(0, 5), min_size=len(heads), max_size=len(heads)))
    ids = [f"b{i}" for i in range(len(heads))]
    held = make_buildings([box(i * 80, 10, i * 80 + 9, 19) for i in range(len(heads))], building_id=ids)
    links = make_layer("link_building", building_id=ids, primary_id=heads)
    homes = pd.Series(counts, index=ids, dtype=float)
    found = candidates(make_boundary, held, links, empty("in_substation"), homes=homes).segments
    linked = sum(count for count, head in zip(counts, heads, strict=True) if head)
    assert found.loc[found["kind"] == "primary", "homes"].sum() == linked
    assert found.loc[found["kind"] == "area", "homes"].tolist() == [sum(counts)]


def units(buildings, homes, links, land, **options):
    return segments.units(buildings, homes, links, land, **({"max_homes": 100.0, "max_gap_m": 60.0} | options))


def street(make_buildings, count, step=20.0, start=(0.0, 0.0)):
    return make_buildings(
        [box(start[0] + i * step, start[1], start[0] + i * step + 8, start[1] + 8) for i in range(count)]
    )


def test_units_are_feeders_then_secondaries_then_halved_neighbourhoods(make_buildings, make_layer, empty):
    held = street(make_buildings, 8)
    ids = list(held["building_id"])
    links = make_layer(
        "link_building", building_id=ids, lv_feeder_id=["F1", "F1", *[None] * 6],
        secondary_id=["S1", "S1", "S2", "S2", *[None] * 4], secondary_confidence=["high"] * 4 + [None] * 4,
        primary_id=["P1"] * 8,
    )  # fmt: skip
    found = units(held, pd.Series(30.0, index=ids), links, empty("in_land"), max_homes=60.0)
    assert found.frame["unit_id"].tolist() == ["feeder-F1", "secondary-S2", "unlinked-P1-0", "unlinked-P1-1"]
    assert found.frame["homes"].tolist() == [60, 60, 60, 60]
    assert found.of_building.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert found.edges.tolist() == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]  # within 60 m along the street
    assert found.frame["method"].tolist() == ["low-voltage feeders", "secondaries", *["neighbourhoods"] * 2]
    assert found.frame["confidence"].tolist() == ["high", "high", "low", "low"]


def test_units_keep_to_their_primary_and_their_bank(make_buildings, make_layer, empty):
    held = street(make_buildings, 4, step=30.0)
    ids = list(held["building_id"])
    links = make_layer(
        "link_building", building_id=ids, secondary_id=["S1", "S2", "S3", "S4"], primary_id=["P1"] * 3 + ["P2"]
    )
    homes = pd.Series(1.0, index=ids)
    assert units(held, homes, links, empty("in_land"), max_gap_m=35.0).edges.tolist() == [[0, 1], [1, 2]]
    river = make_layer("in_land", [box(15, -50, 25, 60)], land_id=["w"], kind=["water"], area_m2=[1100.0])
    assert units(held, homes, links, river, max_gap_m=35.0).edges.tolist() == [[1, 2]]
    assert units(held, homes, links, empty("in_land"), max_gap_m=20.0).edges.tolist() == []


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=60), st.integers(1, 9))
@settings(max_examples=20, deadline=None)
def test_every_building_has_a_unit_and_homes_add_up(make_buildings, make_layer, empty, at, most):
    held = make_buildings([box(x * 15, y * 15, x * 15 + 8, y * 15 + 8) for x, y in at])
    ids = list(held["building_id"])
    links = make_layer("link_building", building_id=ids)
    found = units(held, pd.Series(1.0, index=ids), links, empty("in_land"), max_homes=float(most))
    assert found.frame["homes"].sum() == len(at)
    assert found.frame["homes"].max() <= most
    assert sorted(set(found.of_building)) == list(range(len(found.frame)))
    assert (found.edges[:, 0] < found.edges[:, 1]).all()


def test_a_group_is_named_after_the_nearest_place_and_drawn(make_boundary, make_buildings, make_layer, empty):
    held = street(make_buildings, 4, start=(100.0, 100.0))
    ids = list(held["building_id"])
    links = make_layer("link_building", building_id=ids, secondary_id=["S1", "S1", "S2", "S2"], primary_id=["P1"] * 4)
    homes = pd.Series([5.0, 6.0, 7.0, 8.0], index=ids)
    found = units(held, homes, links, empty("in_land"))
    places = make_layer(
        "in_place", [Point(140, 150), Point(900, 900)], place_id=["a", "b"], kind=["school", "hall"],
        name=["Hill School", "Far Hall"],
    )  # fmt: skip
    extra = segments.grouped(found, [pd.array([0, 1], dtype=int).to_numpy()], buildings=held, places=places)
    made = segments.candidates(
        make_boundary(LAND), held, homes, links, empty("in_substation"), min_homes=10.0, extra=extra
    )
    row = made.segments.set_index("segment_id").loc["group-1"]
    assert row["name"] == "Group 1, round Hill School"
    assert (row["homes"], row["buildings"], row["substation_id"]) == (26, 4, "P1")
    assert (row["arrangement"], row["chosen"], row["confidence"]) == ("public_network", True, "low")
    assert row["geometry"].contains(shapely.union_all(held.geometry.to_numpy()))
    assert made.links.query("segment_id == 'group-1'")["building_id"].tolist() == ids
    assert not made.segments.set_index("segment_id").loc["secondary-S1", "chosen"]


def test_land_of_one_owner(make_boundary, make_buildings, make_layer):
    held = make_buildings(
        [
            box(x, y, x + 8, y + 8)
            for x, y in ((10, 10), (30, 10), (210, 10), (230, 10), (410, 10), (610, 10), (630, 10))
        ]
    )
    ids = list(held["building_id"])
    land = make_layer(
        "in_land", [box(0, 0, 100, 100), box(200, 0, 300, 100), box(400, 0, 500, 100), box(600, 0, 700, 100)],
        land_id=["school", "works", "alone", "homes"],
        kind=["school_grounds", "industrial", "construction", "residential"],
        name=["Hill School", None, "Site", "Lane"], operator=[None, None, None, "Housing Trust"], area_m2=[1e4] * 4,
    )  # fmt: skip
    homes = pd.Series([0.0] * 5 + [6.0, 6.0], index=ids)
    found = segments.single_owner(make_boundary(LAND), held, homes, land, min_homes=10.0)
    # works without an operator could have any number of owners; a single building needs no wire of its own
    assert found["segment_id"].tolist() == ["campus-school", "estate-homes"]
    assert found["confidence"].tolist() == ["low", "medium"]
    assert [rows.tolist() for rows in found["rows"]] == [[0, 1], [5, 6]]
    assert set(found["arrangement"]) == {"private_wire"}
    assert segments.single_owner(make_boundary(LAND), held, homes, land, min_homes=20.0)["kind"].tolist() == ["campus"]


def test_a_part_of_the_place_across_the_water_is_an_island(make_boundary, make_buildings, empty):
    shore = shapely.union_all([LAND, box(1500, 0, 1700, 200)])
    held = make_buildings([box(1510 + 20 * i, 50, 1518 + 20 * i, 58) for i in range(3)])
    homes = pd.Series(5.0, index=held["building_id"])
    found = segments.single_owner(make_boundary(shore), held, homes, empty("in_land"), min_homes=10.0)
    assert found[["kind", "arrangement"]].to_numpy().tolist() == [["island", "island"]]
    near = shapely.union_all([LAND, box(1050, 0, 1250, 200)])
    moved = make_buildings([box(1060 + 20 * i, 50, 1068 + 20 * i, 58) for i in range(3)])
    homes = pd.Series(5.0, index=moved["building_id"])
    assert segments.single_owner(make_boundary(near), moved, homes, empty("in_land"), min_homes=10.0).empty


def test_of_sites_of_one_owner_those_with_the_most_buildings_are_kept_in_their_order():
    owned = pd.DataFrame({"segment_id": list("abcd"), "rows": [[1], [2, 3], [4, 5, 6], [7, 8]]})
    assert segments.largest(owned, 2)["segment_id"].tolist() == ["b", "c"]
    assert segments.largest(owned, 9).equals(owned)


def test_a_segment_without_a_name_is_called_by_its_kind_and_place_in_the_list():
    chosen = pd.DataFrame({"kind": ["group", "estate", "group"], "name": ["Mill Lane", None, pd.NA]})
    assert segments.names(chosen) == ["Mill Lane", "Estate 2", "Group of streets 3"]
