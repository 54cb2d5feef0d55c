"""The search for groups of pieces that match their own generation and demand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laep.errors import LaepError
from laep.models.balance import segment_search as ss

DAY = 48
ANY = ss.Limits(homes_distributed=0, homes_anchor=0, homes_most=1e9, ratio_low=0, ratio_high=1e9)
MORNING = np.repeat([1.0, 0.0], DAY // 2)
EVENING = np.repeat([0.0, 1.0], DAY // 2)


def pieces(demand, generation, edges, *, flexible=None, homes=None, anchor=None):
    demand, generation = np.asarray(demand, float), np.asarray(generation, float)
    count = len(demand)
    return ss.Pieces(
        demand, generation, flexible_kw=np.zeros_like(demand) if flexible is None else flexible,
        homes=np.ones(count) if homes is None else homes, anchor=np.zeros(count) if anchor is None else anchor,
        edges=np.asarray(edges, dtype=np.intp).reshape(-1, 2),
    )  # fmt: skip


def line(count):
    return [(i, i + 1) for i in range(count - 1)]


def test_complements_find_each_other():
    # 0 makes in the morning, 1 uses in the morning, 2 uses in the evening, 3 makes in the evening
    held = pieces([0 * MORNING, MORNING, EVENING, 0 * EVENING], [MORNING, 0 * MORNING, 0 * MORNING, EVENING], line(4))
    both = ss.Limits(homes_distributed=2, homes_anchor=2, homes_most=2, ratio_low=0.5, ratio_high=1.5)
    groups, scores = ss.search(held, both, most=5)
    assert [group.tolist() for group in groups] == [[0, 1], [2, 3]]
    assert scores.tolist() == [1.0, 1.0]


def test_hand_worked_score_with_flexible_load():
    # 24 h at 1 kW of sun in the morning; 0.5 kW fixed all day and 6 kWh that can move: 12 half-hours x 1 kW
    flexible = (EVENING > 0) * 0.5
    demand = 0.5 + flexible
    held = pieces([demand], [MORNING], [], flexible=flexible[None])
    # sums of kW over half-hours: matched 24 x 0.5 at once, and 12 moved into the 12 left over
    got = ss.score(held, np.array([0]))
    assert got["self_consumption"] == pytest.approx(1.0)
    assert got["self_sufficiency"] == pytest.approx(24 / 36)
    assert got["overlap"] == pytest.approx(24 / (36 + 24 - 24))
    fixed = pieces([demand], [MORNING], [])
    assert ss.score(fixed, np.array([0]))["self_consumption"] == pytest.approx(0.5)


def test_guide_rules_decide_what_is_a_candidate():
    limits = ss.Limits(homes_distributed=300, homes_anchor=100, homes_most=2000, ratio_low=0.5, ratio_high=1.5)
    demand, generation = [np.ones(DAY)], [np.full(DAY, 0.8)]
    assert not ss.allowed(pieces(demand, generation, [], homes=[150.0]), limits, np.array([0]))
    assert ss.allowed(pieces(demand, generation, [], homes=[150.0], anchor=[1.0]), limits, np.array([0]))
    assert ss.allowed(pieces(demand, generation, [], homes=[300.0]), limits, np.array([0]))
    assert not ss.allowed(pieces(demand, generation, [], homes=[2001.0]), limits, np.array([0]))
    assert not ss.allowed(pieces(demand, [np.full(DAY, 0.4)], [], homes=[300.0]), limits, np.array([0]))
    assert not ss.allowed(pieces(demand, [np.full(DAY, 1.6)], [], homes=[300.0]), limits, np.array([0]))
    assert ss.search(pieces(demand, generation, [], homes=[150.0]), limits, most=3)[0] == []


def connected(group, edges):
    inside, seen, todo = set(group), set(), [group[0]]
    while todo:
        unit = todo.pop()
        seen.add(unit)
        todo += [b if a == unit else a for a, b in edges if unit in (a, b) and {a, b} <= inside and not {a, b} <= seen]
    return seen == inside


def town(seed, count=9):
    rng = np.random.default_rng(seed)
    hour = np.arange(2 * DAY) % DAY
    peak, sun = rng.uniform(14, 44, (count, 1)), rng.uniform(0, 3, (count, 1))
    demand = 0.3 + rng.uniform(0.2, 2, (count, 1)) * np.exp(-((hour - peak) ** 2) / 40)
    generation = sun * np.maximum(np.cos((hour - 24) * np.pi / 24), 0)
    side = 3
    edges = [(i, i + 1) for i in range(count) if i % side < side - 1] + [(i, i + side) for i in range(count - side)]
    return pieces(demand, generation, edges, homes=rng.integers(20, 90, count)), edges


LIMITS = ss.Limits(homes_distributed=100, homes_anchor=60, homes_most=300, ratio_low=0.4, ratio_high=1.6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), aim=st.sampled_from(sorted(ss.AIMS)))
def test_groups_are_contiguous_allowed_apart_and_near_the_best_of_all(seed, aim):
    held, edges = town(seed)
    groups, scores = ss.search(held, LIMITS, aim=aim, most=4)
    every = [
        np.array(group)
        for size in range(1, 10)
        for group in itertools.combinations(range(9), size)
        if connected(group, edges) and ss.allowed(held, LIMITS, np.array(group))
    ]
    if not every:
        assert groups == []
        return
    top = max(ss.score(held, group)[aim] for group in every)
    assert scores[0] == pytest.approx(ss.score(held, groups[0])[aim], abs=1e-9)
    assert 0.9 * top <= scores[0] <= top + 1e-9
    members = [unit for group in groups for unit in group]
    assert len(members) == len(set(members))
    for group in groups:
        assert connected(group.tolist(), edges)
        assert ss.allowed(held, LIMITS, group)


@pytest.mark.parametrize("seed", range(4))
def test_no_worse_than_the_best_of_many_random_groups_and_the_same_each_time(seed):
    held, _ = town(seed)
    chance = ss.random_groups(held, LIMITS, count=200, seed=1)
    assert len(chance) == 200
    for aim in ss.AIMS:
        groups, scores = ss.search(held, LIMITS, aim=aim, most=1)
        assert scores[0] >= max(ss.score(held, group)[aim] for group in chance) - 1e-9
        again, same = ss.search(held, LIMITS, aim=aim, most=1)
        assert again[0].tolist() == groups[0].tolist()
        assert same.tolist() == scores.tolist()


def test_groups_that_grow_into_one_another_grow_on_as_each_would_alone(monkeypatch):
    for seed in range(6):
        held, _ = town(seed, count=12)
        groups, scores = ss.search(held, LIMITS, most=4)
        with monkeypatch.context() as patched:
            patched.setattr(ss, "TOGETHER", 1)
            alone, same = ss.search(held, LIMITS, most=4)
        assert [group.tolist() for group in groups] == [group.tolist() for group in alone]
        np.testing.assert_allclose(scores, same, rtol=1e-12)


def test_group_sums_are_those_of_its_pieces():
    held, _ = town(1)
    used, made = held.sums([np.array([2, 0])])
    np.testing.assert_array_equal(used[0], held.demand_kw[0] + held.demand_kw[2])
    np.testing.assert_array_equal(made[0], held.generation_kw[0] + held.generation_kw[2])


@pytest.mark.parametrize(
    ("change", "words"),
    [({"generation": np.ones((1, 47))}, "differ in shape"), ({"flexible": np.full((1, DAY), 2.0)}, "more load"),
     ({"generation": np.full((1, DAY), np.nan)}, "missing")],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused(change, words):
    given_ = {"demand": np.ones((1, DAY)), "generation": np.ones((1, DAY))} | change
    with pytest.raises(LaepError, match=words):
        pieces(given_["demand"], given_["generation"], [], flexible=given_.get("flexible"))
    with pytest.raises(LaepError, match="whole days"):
        pieces(np.ones((1, 50)), np.ones((1, 50)), [])


def test_no_pieces_give_no_groups():
    held = pieces(np.zeros((0, DAY)), np.zeros((0, DAY)), [])
    assert ss.search(held, ANY, most=3)[0] == []
    assert ss.random_groups(held, ANY, count=5, seed=1) == []
