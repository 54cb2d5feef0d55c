import pytest
from hypothesis import given
from hypothesis import strategies as st

from laep.errors import LaepError
from laep.models.money import flexibility

SMALL = {"optimiser_share": 0.33, "aggregator_share": 0.10}
LARGE = {"optimiser_share": 0.10, "aggregator_share": 0.10}


@pytest.mark.parametrize(("price", "want"), [(20, 20_000), (40, 40_000), (80, 80_000)])  # WE-12
def test_gross_of_a_megawatt(price, want):
    assert flexibility.gross_gbp(1000, gbp_per_kw=price) == want


@pytest.mark.parametrize(("kw", "price", "want"), [(0.3, 20, 6), (5, 20, 100), (0.3, 40, 12), (5, 80, 400)])
def test_gross_of_a_home(kw, price, want):  # WE-01, WE-02, WE-10, WE-11
    assert flexibility.gross_gbp(kw, gbp_per_kw=price) == pytest.approx(want)


def test_net_under_both_readings():
    assert flexibility.net_gbp(20_000, share_model="additive", **SMALL) == pytest.approx(11_400)  # WE-13
    assert flexibility.net_gbp(20_000, share_model="sequential", **SMALL) == pytest.approx(12_060)  # WE-14
    assert flexibility.kept_share(share_model="additive", **LARGE) == pytest.approx(0.80)  # WE-15
    assert flexibility.kept_share(share_model="sequential", **LARGE) == pytest.approx(0.81)


def test_what_a_home_keeps():  # WE-16, WE-17
    keep = {"gbp_per_kw": 20} | SMALL
    assert flexibility.home_net_gbp(5, share_model="additive", **keep) == pytest.approx(57.00)
    assert flexibility.home_net_gbp(5, share_model="sequential", **keep) == pytest.approx(60.30)
    assert flexibility.home_net_gbp(0.3, share_model="additive", **keep) == pytest.approx(3.42)


@pytest.mark.parametrize("model", [None, "", "both"])
def test_no_net_revenue_without_a_share_model(model):
    with pytest.raises(LaepError, match="additive or sequential"):
        flexibility.home_net_gbp(5, gbp_per_kw=20, share_model=model, **SMALL)


def test_a_share_is_a_fraction():
    with pytest.raises(LaepError, match="aggregator_share"):
        flexibility.net_gbp(1, optimiser_share=0.1, aggregator_share=10, share_model="additive")


@given(optimiser=st.floats(0, 1), aggregator=st.floats(0, 1))
def test_sequential_cuts_never_leave_less_than_additive_ones(optimiser, aggregator):
    kept = [
        flexibility.kept_share(optimiser_share=optimiser, aggregator_share=aggregator, share_model=model)
        for model in ("additive", "sequential")
    ]
    assert 0 <= kept[0] <= kept[1] + 1e-12 <= 1 + 1e-9


@pytest.mark.parametrize(
    ("kw", "per_home", "want"),
    [(1000, 5, 200), (1000, 1, 1000), (1000, 0.3, 3334), (10, 0.3, 34), (10, 5, 2), (1000, 0.1, 10_000)],
)
def test_homes_needed_rounds_up(kw, per_home, want):  # WE-04 to WE-07
    assert flexibility.homes_needed(kw, kw_per_home=per_home) == want
