"""Land left for an asset: nothing of it lies on what rules it out, and every hectare that is gone is explained."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from laep.spatial import siting
from laep.spatial.siting import Rule, left_over

SQUARE = box(0, 0, 200, 200)
spots = st.tuples(st.floats(-50, 250), st.floats(-50, 250))


def shapes(*made):
    return np.array(made, dtype=object)


@settings(max_examples=40, deadline=None)
@given(st.lists(spots, max_size=6), st.lists(spots, min_size=2, max_size=4), st.floats(0, 60), st.floats(0, 30))
def test_no_land_left_lies_on_what_rules_it_out_and_every_hectare_gone_is_explained(homes, road, home_m, road_m):
    boxes = shapes(*(box(x, y, x + 10, y + 8) for x, y in homes))
    street = shapes(LineString(road))
    parcels = shapes(SQUARE, shapely.affinity.translate(SQUARE, 150, 20))
    rules = [Rule("homes", boxes, home_m), Rule("roads", street, road_m)]
    left, removed = left_over(parcels, rules, least_piece_ha=0.2)
    gone = removed.groupby("parcel")["area_ha"].sum().reindex(range(2), fill_value=0.0).to_numpy()
    assert shapely.area(left) / 1e4 + gone == pytest.approx(shapely.area(parcels) / 1e4, abs=1e-9)
    for shape in left:
        assert shapely.area(shapely.difference(shape, shapely.union_all(parcels))) < 1e-6
        for rule in rules:
            inner = rule.reach_m - 0.1 - rule.reach_m / 50  # a buffer's arc is drawn by short chords
            if inner > 0 and len(rule.shapes):
                assert not shapely.dwithin(shape, shapely.union_all(rule.shapes), inner) or shape.is_empty
        assert all(piece.area >= 2000 for piece in shapely.get_parts(shape))


def test_land_that_two_rules_rule_out_is_told_under_the_first():
    wet, homes = shapes(box(0, 0, 100, 200)), shapes(box(90, 0, 110, 200))
    left, removed = left_over(shapes(SQUARE), [Rule("flood", wet, 0.0), Rule("homes", homes, 10.0)], least_piece_ha=0.1)
    assert removed["rule"].tolist() == ["flood", "homes"]
    assert removed["area_ha"].tolist() == pytest.approx([2.0, 0.4], abs=0.01)
    assert removed["position"].tolist() == [0, 1]
    assert left[0].area / 1e4 == pytest.approx(1.6, abs=0.01)


def test_pieces_too_small_to_fence_go_last_and_say_so():
    left, removed = left_over(
        shapes(SQUARE), [Rule("road", shapes(LineString([(8, -10), (8, 210)])), 3.0)], least_piece_ha=0.2
    )
    assert removed["rule"].tolist() == ["road", siting.TOO_SMALL]
    assert removed["area_ha"].tolist() == pytest.approx([0.12, 0.1])
    assert len(shapely.get_parts(left[0])) == 1


def test_a_parcel_that_is_all_ruled_out_is_empty_and_one_that_nothing_touches_whole():
    left, removed = left_over(
        shapes(SQUARE, box(1000, 0, 1100, 100)),
        [Rule("flood", shapes(Point(100, 100).buffer(500)), 0.0)],
        least_piece_ha=0.1,
    )
    assert left[0].is_empty
    assert left[1].area == 10_000
    assert removed["parcel"].tolist() == [0]


def test_no_parcel_and_no_rule():
    left, removed = left_over(shapes(), [Rule("homes", shapes(), 25.0)], least_piece_ha=0.1)
    assert len(left) == 0
    assert removed.empty
