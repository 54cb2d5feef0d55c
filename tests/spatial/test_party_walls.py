"""Shared walls and the form of home they make."""

import numpy as np
import pandas as pd
import pytest
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from laep.spatial.roofs import party_walls


def row_of(count, *, gap=0.0, width=6.0, depth=9.0):
    return [box(i * (width + gap), 0, i * (width + gap) + width, depth) for i in range(count)]


def test_terrace_has_ends_and_middles(make_buildings):
    found = party_walls.form(make_buildings(row_of(4)))
    assert found.tolist() == ["end_terrace", "mid_terrace", "mid_terrace", "end_terrace"]


def test_pair_and_single(make_buildings):
    assert party_walls.form(make_buildings(row_of(2))).tolist() == ["semi", "semi"]
    assert party_walls.form(make_buildings(row_of(1))).tolist() == ["detached"]


def test_share_and_bearing_by_hand(make_buildings):
    walls = party_walls.party_walls(make_buildings(row_of(3)))
    # 9 m of party wall each side (and at most 0.3 m of each adjoining wall) on a 30 m outline
    assert walls["wall_m"].to_numpy() == pytest.approx([9.6, 19.2, 9.6])
    assert walls["share"].to_numpy() == pytest.approx([0.32, 0.64, 0.32])
    assert walls["bearing_deg"].to_numpy() % 180 == pytest.approx([0, 0, 0], abs=1e-6)  # walls run north
    assert walls["row_buildings"].tolist() == [3, 3, 3]


@pytest.mark.parametrize(("gap", "touching"), [(0.25, True), (0.4, False)])
def test_a_gap_within_drawing_error_still_touches(make_buildings, gap, touching):
    share = party_walls.party_walls(make_buildings(row_of(2, gap=gap)))["share"]
    assert (share > 0).all() == touching


def test_a_corner_is_not_a_wall(make_buildings):
    corner = make_buildings([box(0, 0, 10, 10), box(10, 10, 20, 20), box(-10, 9, 0, 19)])
    assert party_walls.party_walls(corner)["neighbours"].tolist() == [0, 0, 0]


def test_a_garage_between_leaves_both_detached(make_buildings):
    shapes = [box(0, 0, 8, 8), box(8, 0, 11, 6), box(11, 0, 19, 8)]
    found = party_walls.form(make_buildings(shapes, use=["home", "garage", "home"]))
    assert found.fillna("").tolist() == ["detached", "", "detached"]


def test_flats_shops_and_rows_drawn_as_one(make_buildings):
    shapes = [box(0, 0, 20, 20), box(100, 0, 110, 10), box(200, 0, 240, 9), box(300, 0, 312, 9), box(400, 0, 408, 9)]
    buildings = make_buildings(shapes, use=["flats", "shop", "home", "home", "home"], homes=[None, None, None, 4, 2])
    found = party_walls.form(buildings).fillna("").tolist()
    assert found == ["flat", "", "mid_terrace", "mid_terrace", "semi"]


def test_no_buildings(empty):
    assert party_walls.form(empty("in_building")).empty
    assert party_walls.party_walls(empty("in_building")).empty


@given(st.integers(2, 6), st.floats(0, 179.9), st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_turning_and_shuffling_change_nothing_but_the_bearing(make_buildings, count, turn, random):
    order = list(range(count))
    random.shuffle(order)
    turned = [shapely.affinity.rotate(shape, -turn, origin=(0, 0)) for shape in row_of(count)]
    ids = [f"b{i}" for i in order]
    walls = party_walls.party_walls(make_buildings([turned[i] for i in order], building_id=ids)).set_axis(ids)
    assert (np.abs((walls["bearing_deg"] - turn + 90) % 180 - 90) < 1e-3).all()
    straight = party_walls.party_walls(make_buildings(row_of(count))).set_axis([f"b{i}" for i in range(count)])
    pd.testing.assert_series_equal(walls["wall_m"].sort_index(), straight["wall_m"].sort_index(), rtol=1e-6)
    assert walls["neighbours"].sort_index().tolist() == straight["neighbours"].tolist()
