"""Candidate pieces of network."""

import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from laep.spatial import segments

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
