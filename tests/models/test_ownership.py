"""Ownership moves money between people and makes none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laep.errors import LaepError
from laep.models.money import returns
from laep.models.money.ownership import Debt, Project, Shares, Terms, at_half_the_raise, shared_out

YEARS = 25
SOCIETY = Terms(
    surplus={"community_fund": 1.0}, grant=0.1, shares=Shares(raised=0.6, interest=0.04, repaid_from=3, repaid_over=18),
    debt=Debt(lent=0.3, interest=0.06, years=15), host_pays=0.8, rent=2.0, benefit=1.0,
)  # fmt: skip
OWN = Terms(stakes={"host": 1.0}, surplus={"host": 1.0})


def project(*, build=40_000.0, saved=5_000.0, sold=1_500.0, upkeep=600.0, swap=3_000.0, rows=1):
    def level(amount):
        return np.broadcast_to(
            np.where(np.arange(YEARS + 1) > 0, np.asarray(amount)[..., None], 0.0), (rows, YEARS + 1)
        )

    built = np.zeros((rows, YEARS + 1))
    built[:, 0], built[:, 12] = build, swap
    return Project(
        build=built, upkeep=level(upkeep), saved=level(saved), sold=level(sold), capacity_kw=np.full(rows, 50.0)
    )


@given(
    build=st.floats(1, 1e6), saved=st.floats(0, 1e5), sold=st.floats(0, 1e5), upkeep=st.floats(0, 2e4),
    terms=st.sampled_from([SOCIETY, OWN, at_half_the_raise(SOCIETY, debt=SOCIETY.debt)]),
)  # fmt: skip
def test_what_one_pays_another_gets(build, saved, sold, upkeep, terms):
    asset = project(build=build, saved=saved, sold=sold, upkeep=upkeep)
    outcome = shared_out(asset, terms)
    all_of_them = sum(outcome.parties.values()).cumsum(axis=-1) + outcome.account
    assert all_of_them == pytest.approx(asset.net.cumsum(axis=-1), rel=1e-9, abs=1e-6 * build)


def test_who_owns_and_uses_an_asset_has_all_of_it():
    asset = project(swap=0.0)
    outcome = shared_out(asset, OWN)
    assert set(outcome.parties) == {"host"}
    assert outcome.parties["host"] == pytest.approx(asset.net)
    assert np.isnan(outcome.cover)


def test_members_get_interest_on_what_is_still_in_and_their_money_back():
    outcome = shared_out(project(), SOCIETY)
    members = outcome.parties["members"][0]
    raised = 24_000.0
    assert members[0] == -raised
    assert members[1:3] == pytest.approx([raised * 0.04] * 2)
    assert members[3] == pytest.approx(raised * 0.04 + raised / 18)
    assert members[4] == pytest.approx(raised * 17 / 18 * 0.04 + raised / 18)
    assert not members[21:].any()
    assert returns.rates(members).rate == pytest.approx(0.04)
    assert outcome.unpaid == pytest.approx(0, abs=1e-9)


def test_the_lender_earns_its_interest_and_sees_its_cover():
    outcome = shared_out(project(), SOCIETY)
    assert returns.rates(outcome.parties["lender"][0]).rate == pytest.approx(0.06)
    cash = 5_000 * 0.8 + 1_500 - 600 - 50 * 3.0
    assert outcome.cover == pytest.approx(cash / returns.level_payment(12_000.0, 0.06, 15))


def test_a_part_bought_again_is_saved_up_for_before_a_surplus_is_paid():
    with_swap, without = (shared_out(project(swap=swap), SOCIETY) for swap in (6_000.0, 0.0))
    assert with_swap.shortest >= 0
    assert with_swap.parties["members"] == pytest.approx(without.parties["members"])
    lost = without.parties["community_fund"].sum() - with_swap.parties["community_fund"].sum()
    assert lost == pytest.approx(6_000)


def test_shares_are_paid_as_far_as_there_is_money_and_a_lack_is_told():
    outcome = shared_out(project(saved=1_500.0, sold=500.0), SOCIETY)
    assert outcome.unpaid > 0
    assert outcome.shortest < 0
    assert (outcome.parties["members"][0, 1:] >= 0).all()
    assert outcome.cover < 1


def test_half_a_raise_is_lent_instead():
    half = at_half_the_raise(SOCIETY, debt=Debt(lent=0.0, interest=0.08, years=15))
    assert half.shares.raised == pytest.approx(0.3)
    assert (half.debt.lent, half.debt.interest) == (pytest.approx(0.6), 0.08)
    with pytest.raises(LaepError, match="no share offer"):
        at_half_the_raise(OWN, debt=SOCIETY.debt)


def test_a_partnership_shares_what_is_left_by_its_stakes():
    terms = Terms(stakes={"company": 0.75, "members": 0.25}, surplus={"company": 0.75, "members": 0.25}, host_pays=1.0)
    outcome = shared_out(project(swap=0.0), terms)
    assert outcome.parties["company"] == pytest.approx(3 * outcome.parties["members"])
    assert not outcome.parties["host"].any()


def test_many_assets_at_once_are_each_as_alone():
    sizes = np.array([10_000.0, 40_000.0, 90_000.0])
    together = shared_out(project(build=sizes, rows=3), SOCIETY)
    for row, size in enumerate(sizes):
        alone = shared_out(project(build=size), SOCIETY)
        for party, flows in alone.parties.items():
            assert together.parties[party][row] == pytest.approx(flows[0])


def test_terms_that_do_not_add_up_are_refused():
    with pytest.raises(LaepError, match=r"pay for 90\.0% of the build"):
        Terms(stakes={"company": 0.9}, surplus={"company": 1.0})
    with pytest.raises(LaepError, match=r"share out 120\.0% of what is left"):
        Terms(stakes={"company": 1.0}, surplus={"company": 1.2})
