"""Draws stay in their range, are the same twice, and say what is known in closed form."""

import numpy as np
import pytest

from laep.errors import LaepError
from laep.models.money.span import Span
from laep.models.scenarios import draws

SPANS = {"price": Span(20.0, 15.0, 35.0), "life": Span(25.0, 20.0, 30.0), "size": Span(4.0, 4.0, 4.0)}


def test_draws_stay_within_their_range_and_mean_what_a_triangle_means():
    drawn = draws.drawn(SPANS, 1024)
    assert set(drawn) == set(SPANS)
    assert drawn["price"].min() >= 15
    assert drawn["price"].max() <= 35
    assert drawn["price"].mean() == pytest.approx((20 + 15 + 35) / 3, rel=1e-3)
    assert (drawn["price"] < 20).mean() == pytest.approx(5 / 20, abs=2e-3)
    assert (drawn["size"] == 4).all()


def test_draws_are_the_same_twice_and_others_with_another_seed():
    one, two, other = draws.drawn(SPANS, 64), draws.drawn(SPANS, 64), draws.drawn(SPANS, 64, seed=1)
    assert (one["price"] == two["price"]).all()
    assert (one["price"] != other["price"]).all()


def test_quantities_are_drawn_apart_from_each_other():
    drawn = draws.drawn(SPANS, 4096)
    assert np.corrcoef(drawn["price"], drawn["life"])[0, 1] == pytest.approx(0, abs=0.02)


def test_a_thousand_even_draws_beat_a_thousand_random_ones():
    spans = {f"part_{k}": Span(1.0, 0.0, 2.0) for k in range(10)}

    def error(parts):
        return abs(np.mean(sum(v**2 for v in parts)) - 10 * (1 + 1 / 6))

    even = np.mean([error(draws.drawn(spans, 1024, seed=s).values()) for s in range(20)])
    plain = np.mean([error(np.random.default_rng(s).triangular(0, 1, 2, (10, 1024))) for s in range(20)])
    assert plain > 10 * even


def test_percentiles_are_those_of_each_row():
    found = draws.percentiles(np.array([np.arange(101.0), np.arange(101.0) * 2]))
    assert found.value == pytest.approx([50, 100])
    assert found.low == pytest.approx([10, 20])
    assert found.high == pytest.approx([90, 180])
    assert draws.chance(np.array([[True, False, True, True]])) == pytest.approx([0.75])


def test_a_number_that_sobol_points_are_not_even_at_is_refused():
    with pytest.raises(LaepError, match="power of 2, such as 1,024, not 1,000"):
        draws.drawn(SPANS, 1000)
