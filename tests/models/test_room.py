"""Room on chains of substations: what binds, verdicts, and room shared by several."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laep.models.network import room, verdicts

NAN = np.nan
S, P, B, G = range(4)


def bound(figures, texts, unproven=(False,) * 4):
    """What binds one chain, from figures [kW] and constraint texts from secondary to GSP; None is an absent level."""
    present = np.array([[figure is not None for figure in figures]])
    names = [room.named(text) for text in texts]
    found = room.binding(
        np.array([[NAN if figure is None else figure for figure in figures]], dtype=float),
        present=present,
        here=np.array([[name.here for name in names]]),
        upstream=np.array([[name.upstream for name in names]]),
        unproven=np.array([unproven]),
    )
    return (
        found.level[0],
        verdicts.Where(found.where[0]).word,
        found.room_kw[0],
        found.source[0],
        bool(found.further[0]),
    )


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (None, (False, False, False)),
        ("", (False, False, False)),
        ("Upstream of Witney", (False, True, False)),
        ("Substation Thermal Capacity", (True, False, True)),
        ("Upstream Thermal Capacity", (False, True, True)),
        ("Upstream Thermal Capacity & Substation Fault Level", (True, True, False)),
        ("Upstream Fault Level Constraint", (False, True, False)),
        ("Fault-Level", (True, False, False)),
        ("Voltage", (True, False, False)),
        ("Switchgear rating", (True, False, False)),
        ("Upstream Voltage Constraint", (False, True, False)),
        ("Substation Fault Level & Upstream Fault Level Constraint", (True, True, False)),
    ],
)
def test_f2_f15_a_constraint_text_names_limits(text, want):
    assert tuple(room.named(text)) == want


def test_the_least_figure_binds_where_nobody_names_a_limit():
    assert bound([None, 5000, 2000, NAN], [None] * 4) == (B, "unnamed", 2000, B, False)


def test_among_equal_figures_the_lowest_level_binds():
    assert bound([None, 2000, 2000, NAN], [None] * 4) == (P, "unnamed", 2000, P, False)


def test_a02_below_a_level_with_text_in_place_of_a_figure_no_room_is_proven():
    hidden = (False, True, False, False)
    assert bound([None, NAN, 9310, None], [None] * 4, hidden)[:2] == (P, "no_figure")
    assert np.isnan(bound([None, NAN, 9310, None], [None] * 4, hidden)[2])
    assert bound([None, NAN, 0, None], [None] * 4, hidden) == (B, "unnamed", 0, B, False)  # none above is none


def test_an_upstream_limit_is_followed_to_the_substation_that_names_its_own():
    up, own = "Upstream Thermal Capacity", "Substation Thermal Capacity"
    assert bound([None, 0, 0, NAN], [None, up, up, own]) == (G, "named", 0, P, False)
    assert bound([None, 0, 0, NAN], [None, up, f"{own} & {up}", own]) == (B, "named", 0, P, True)


def test_a_limit_no_substation_names_lies_between():
    up = "Upstream Voltage Constraint"
    assert bound([None, 0, None, NAN], [None, up, None, None]) == (P, "between", 0, P, False)
    assert bound([None, 0, None, None], [None, up, None, None]) == (P, "between", 0, P, False)


def test_a_level_with_more_room_than_the_limit_is_not_the_limit():
    texts = [None, "Upstream Thermal Capacity", "Substation Thermal Capacity", None]
    assert bound([None, 1900, 9800, NAN], texts) == (P, "between", 1900, P, False)


def test_a_tighter_level_above_binds_whatever_the_lower_says():
    texts = [None, "Substation Thermal Capacity", None, None]
    assert bound([None, 5000, 300, NAN], texts) == (B, "unnamed", 300, B, False)


def test_without_a_figure_the_room_is_unknown_and_the_text_still_speaks():
    level, where, kw, source, _ = bound([None, None, None, NAN], [None, None, None, "Substation Thermal Capacity"])
    assert (level, where, source) == (G, "named", -1)
    assert np.isnan(kw)
    assert bound([None, NAN, None, None], [None] * 4)[:2] == (P, "no_figure")


def verdict(ask, rooms, years=(2026,), start=2026, *, uncounted=False):
    by_year = np.array([rooms], dtype=float)
    answer = room.judge(
        np.array([ask], dtype=float), room_kw=by_year[:, list(years).index(start)], by_year_kw=by_year,
        years=np.array(years), start=np.array([start]), uncounted=np.array([uncounted]),
    )  # fmt: skip
    return verdicts.Verdict(answer.verdict[0]).word, answer.allowed_kw[0], answer.until[0]


def test_verdicts_by_hand():
    assert verdict(250, [1100]) == ("fits", 250, -1)
    assert verdict(1100, [1100]) == ("fits", 1100, -1)
    assert verdict(2500, [1100]) == ("fits_with_limit", 1100, -1)
    assert verdict(250, [123.456]) == ("fits_with_limit", 123.4, -1)
    assert verdict(250, [0]) == ("does_not_fit", 0, -1)
    assert verdict(250, [-50]) == ("does_not_fit", 0, -1)
    assert verdict(0, [-50]) == ("not_asked", 0, -1)
    assert verdict(NAN, [100])[0] == "not_asked"
    assert verdict(250, [NAN])[0] == "unknown"


def test_room_that_ends_gives_the_last_year_it_fits():
    years = (2026, 2027, 2028, 2029)
    assert verdict(500, [900, 700, 400, 600], years) == ("fits_until", 500, 2027)
    assert verdict(500, [900, 700, 400, 600], years, 2029) == ("fits", 500, -1)


def test_f2_red_for_a_limit_that_figures_do_not_count_proves_nothing_and_no_limit_mends_it():
    assert verdict(500, [94_260], uncounted=True)[0] == "unknown"
    assert verdict(500, [400], uncounted=True)[0] == "does_not_fit"


CHAINS = np.array([[-1, 0, 2, -1], [-1, 1, 2, -1], [-1, 0, 2, -1]])
"""Two primaries (0, 1) under one bulk supply point (2)."""


def test_a_queue_shares_the_level_above():
    found, tight = room.queue(
        np.array([600.0, 600.0, 600.0]), chains=CHAINS, room_kw=np.array([1000.0, 1000.0, 1500.0])
    )
    assert found.tolist() == [1000, 900, 300]  # 400 left at primary 0, 1500 - 1200 = 300 at the bulk supply point
    assert tight.tolist() == [P, B, B]


def test_pro_rata_gives_each_the_smallest_share_on_its_chain():
    found, tight = room.pro_rata(
        np.array([600.0, 600.0, 300.0]), chains=CHAINS, room_kw=np.array([450.0, 1000.0, 1200.0])
    )
    # primary 0: 450 of 900 asked; bulk supply point: 1200 of 1500 asked
    assert found.tolist() == [300, 480, 150]
    assert tight.tolist() == [P, B, P]


def test_nobody_without_a_figure_is_given_room():
    for share in (room.queue, room.pro_rata):
        found, tight = share(np.array([5.0]), chains=np.array([[-1, 0, -1, -1]]), room_kw=np.array([NAN]))
        assert np.isnan(found[0])
        assert tight[0] == -1


@given(
    st.lists(st.floats(0, 2000), min_size=1, max_size=12),
    st.lists(st.floats(-100, 3000), min_size=5, max_size=5),
    st.randoms(use_true_random=False),
)
def test_shared_room_is_never_given_twice(asks, rooms, random):
    ask, kw = np.array(asks), np.array(rooms)
    chains = np.array([[-1, random.randrange(3), random.choice([-1, 3]), random.choice([-1, 4])] for _ in asks])
    for share in (room.queue, room.pro_rata):
        found, _ = share(ask, chains=chains, room_kw=kw)
        given_kw = np.where(found >= ask - room.EXACT_KW, ask, np.maximum(room.limited(found), 0))
        for asset in range(len(kw)):
            taken = given_kw[(chains == asset).any(axis=1)].sum()
            assert taken <= max(kw[asset], 0) + 1e-3
