"""Distance along streets, rivers as barriers, and sharing out what transformers can carry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from laep.spatial.network import streets


@pytest.fixture
def banks(make_layer):
    """Two streets on either side of a river, joined by one bridge 400 m to the east."""

    def build(bridge=True, tunnel=False):
        return make_layer(
            "in_road",
            [LineString([(0, 0), (400, 0)]), LineString([(0, 100), (400, 100)]), LineString([(400, 0), (400, 100)]),
             LineString([(-100, 50), (1000, 50)])],
            road_id=["south", "north", "bridge", "river"], kind=["road", "road", "road", "waterway"],
            bridge=[False, False, bridge, False], tunnel=[False, False, False, tunnel],
        )  # fmt: skip

    return build


def reach(roads, sources, targets, max_m=5000.0):
    ways = streets.graph(roads)
    ours, theirs = streets.attach(np.array(targets, float), ways), streets.attach(np.array(sources, float), ways)
    return streets.pairs(theirs, ours, ways, max_m=max_m)


def test_the_house_across_the_river_goes_round_by_the_bridge(banks):
    found = reach(banks(), sources=[(0, 10)], targets=[(0, -10), (0, 90)])
    # beside the same street: 10 m + 10 m; across: 10 + 400 + 100 + 400 + 10
    assert found.metres.tolist() == pytest.approx([20.0, 920.0])


def test_a_house_is_not_led_to_a_nearer_street_across_the_water(banks):
    ways = streets.graph(banks())
    at = streets.attach(np.array([[0.0, 49.0], [0.0, 51.0]]), ways)
    assert ways.nodes[at.node, 1].tolist() == [0.0, 100.0]
    assert at.off_m.tolist() == pytest.approx([49.0, 49.0])


def test_a_street_over_water_without_a_bridge_is_cut_and_a_culvert_is_no_barrier(banks):
    assert not len(reach(banks(bridge=False), sources=[(0, 10)], targets=[(0, 90)]).metres)
    assert reach(banks(bridge=False, tunnel=True), sources=[(0, 10)], targets=[(0, 90)]).metres[0] == pytest.approx(920)


def test_reach_stops_at_the_limit_with_both_ends_counted(banks):
    assert len(reach(banks(), [(0, 10)], [(0, 90)], max_m=920.1).metres) == 1
    assert len(reach(banks(), [(0, 10)], [(0, 90)], max_m=919.9).metres) == 0


def test_blocks_of_sources_give_what_one_block_gives(banks, monkeypatch):
    sources, targets = [(x, 10) for x in range(0, 400, 40)], [(x, 90) for x in range(0, 400, 30)]
    whole = reach(banks(), sources, targets)
    monkeypatch.setattr(streets, "_CELLS", 1)
    for one, other in zip(whole, reach(banks(), sources, targets), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_streets_and_no_points_give_no_pairs(banks, empty):
    assert not len(reach(empty("in_road"), [(0, 0)], [(0, 0)]).metres)
    nobody = np.empty((0, 2))
    ways = streets.graph(banks())
    assert not len(streets.pairs(streets.attach(nobody, ways), streets.attach(nobody, ways), ways, max_m=9.0).metres)


def pairs_of(rows):
    target, source, metres = zip(*rows, strict=True)
    return streets.in_order(np.array(target), np.array(source), np.array(metres, float))


def test_what_overflows_goes_to_the_next_and_the_edge_gives_way():
    # three homes of 1 nearest to source 0, which holds 2; home 1 loses least by moving (20 m against 80 and 90)
    both = pairs_of([(0, 0, 10), (0, 1, 100), (1, 0, 40), (1, 1, 60), (2, 0, 20), (2, 1, 100)])
    source, how = streets.share_out(both, np.ones(3), np.array([2.0, 5.0]))
    assert source.tolist() == [0, 1, 0]
    assert how.tolist() == ["first", "next", "first"]


def test_full_everywhere_too_big_for_all_and_out_of_reach_are_told_apart():
    both = pairs_of([(0, 0, 10), (1, 0, 20), (2, 0, 30)])
    source, how = streets.share_out(both, np.array([1.0, 1.0, 9.0, 1.0]), np.array([1.0]))
    assert source.tolist() == [0, 0, 0, -1]
    assert how.tolist() == ["first", "over", "alone", ""]


def test_unknown_capacity_is_without_limit():
    both = pairs_of([(i, 0, 10 + i) for i in range(50)])
    source, how = streets.share_out(both, np.full(50, 9.0), np.array([np.nan]))
    assert set(source) == {0}
    assert set(how) == {"first"}


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 10_000))
def test_nobody_is_given_more_than_it_has(homes, sources, seed):
    rng = np.random.default_rng(seed)
    near = rng.random((homes, sources)) < 0.7
    target, source = np.nonzero(near)
    reach_ = streets.in_order(target, source, rng.random(len(target)) * 500)
    load, room = rng.random(homes) * 3, rng.random(sources) * 10
    given_to, how = streets.share_out(reach_, load, room)
    placed = np.isin(how, ["first", "next"])
    assert (np.bincount(given_to[placed], load[placed], sources) <= room + 1e-9).all()
    assert ((given_to >= 0) == near.any(axis=1)).all()
