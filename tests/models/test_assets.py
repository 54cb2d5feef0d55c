"""Sizes and worth of shared assets, on places small enough to reckon by hand."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laep.assumptions import Assumptions
from laep.models.assets import KINDS, offers, sizing, worth
from laep.models.assets.owners import OWNERSHIPS
from laep.models.assets.sizing import FREE, Places, Room
from laep.models.assets.worth import Assets, Money
from laep.models.money.span import Span
from laep.models.time.clock import PERIOD_H, PERIODS
from laep.schema import LAYERS
from laep.steps import kit

ROOF, GROUND = KINDS["rooftop_pv"], KINDS["ground_pv"]
RATES = offers.Rates(community=0.03, corporate=0.06, carbon_kg_per_kwh=0.13)
TAKE = partial(kit.span_from, Assumptions())
"""Half a day of sun at full power, half a day of night."""
SUN = np.tile(np.repeat([1.0, 0.0], 24), 365) * 0.2


def places(*, most=(50.0, 50.0), used=(4.0, 0.0), made=SUN):
    count = len(most)
    return Places(
        made=np.tile(made, (count, 1)), used=np.repeat(np.array(used, dtype=float)[:, None], PERIODS, axis=1),
        used_low=np.full(count, 0.8), used_high=np.full(count, 1.3), most_kw=np.array(most, dtype=float),
        doubt=Span(1.0, 0.85, 1.1),
    )  # fmt: skip


def money(count=2, *, saved=0.25, sold=0.05):
    return Money(
        saved=Span(saved, saved * 0.8, saved * 1.2), sold=Span(sold, sold * 0.8, sold * 1.2),
        rate=np.full(count, 0.03), connection=lambda kw: Span.exact(np.full(np.shape(kw), 1000.0)),
    )  # fmt: skip


def room(*, street=(np.nan, np.nan), primary=(np.nan, np.nan), later=(np.nan, np.nan), year=2030.0):
    return Room(
        street_kw=np.array(street, dtype=float), primary_kw=np.array(primary, dtype=float),
        later_kw=np.array(later, dtype=float), later_year=np.full(len(street), year), street_most_kw=200.0,
    )  # fmt: skip


def assets(kind=ROOF, *, site=(0,), size=(30.0,), limit=(FREE,), held=None, prices=None):
    held = held or places()
    return Assets(
        kind=kind, take=TAKE, places=held, money=prices or money(len(held.most_kw)), site=np.array(site),
        size=np.array(size, dtype=float), limit=np.array(limit, dtype=float),
    )  # fmt: skip


def test_output_is_used_sent_out_and_let_go():
    found = sizing.energy(places(), np.array([0, 0, 1]), np.array([30.0, 30.0, 30.0]), np.array([FREE, 1.0, 0.0]))
    hours = PERIODS / 2 * PERIOD_H
    assert found.used == pytest.approx([4 * hours, 4 * hours, 0])
    assert found.sent == pytest.approx([2 * hours, hours, 0])
    assert found.lost == pytest.approx([0, hours, 6 * hours])


@settings(deadline=None)  # the first case loads the kernel
@given(
    size=st.floats(0.1, 500), limit=st.floats(0, 100) | st.just(FREE), output=st.floats(0.5, 1.5), use=st.floats(0, 3)
)
def test_no_energy_is_made_or_lost_in_the_sharing(size, limit, output, use):
    found = sizing.energy(places(), np.array([0]), np.array([size]), np.array([limit]), output=output, use=use)
    assert found.used + found.sent + found.lost == pytest.approx(size * output * SUN.sum() * PERIOD_H)
    assert found.used <= places().used[0].sum() * PERIOD_H * use + 1e-9


def test_the_best_size_is_that_of_every_size_tried_one_by_one():
    held, prices = places(most=(50.0,), used=(4.0,)), money(1, sold=0.02)
    value = worth.best_value(ROOF, held, prices, TAKE)
    every = np.arange(1, 5001) * 0.01
    brute = value(np.zeros(len(every), dtype=int), every, np.full(len(every), FREE))
    rows = sizing.options(ROOF, held, room(street=(np.nan,), primary=(np.nan,), later=(np.nan,)), TAKE, value=value)
    best = rows.loc[rows["option"] == "best_value", "capacity_kw"].item()
    assert best == pytest.approx(every[brute.argmax()], abs=50 / 2000)
    assert value(np.array([0]), np.array([best]), np.array([FREE])) >= brute.max() - 1e-3 * abs(brute.max())


def test_options_follow_what_the_network_has_room_for():
    held = places(most=(50.0, 50.0))
    value = worth.best_value(ROOF, held, money(), TAKE)
    ratio = 50 / ROOF.rating(np.array([50.0]), TAKE)[0]
    rows = sizing.options(ROOF, held, room(primary=(20.0, 900.0), later=(40.0, 900.0)), TAKE, value=value)
    tight, free = (rows[rows["site"] == site].set_index("option") for site in (0, 1))
    assert tight.loc["fits_now", "capacity_kw"] == pytest.approx(20 * ratio)
    assert tight.loc["export_limited", ["capacity_kw", "limit_kw"]].tolist() == [50, 20]
    assert tight.loc["after_works", "capacity_kw"] == pytest.approx(40 * ratio)
    assert tight.loc["after_works", "year"] == 2030
    assert set(free.index) <= {"best_value", "largest"}


def test_nothing_published_promises_nothing():
    held, unknown = places(), room()
    rows = offers.of_kind(
        ROOF, pd.DataFrame({"site_id": ["a", "b"]}), held, unknown, money(), TAKE, rates=RATES
    )["model_asset"]  # fmt: skip
    assert set(rows["option"]) <= {"best_value", "largest"}
    assert rows["fits"].isna().all()
    assert rows["room_kw"].isna().all()


def test_what_fits_is_chosen_before_what_is_worth_more():
    frames = offers.layers([
        offers.of_kind(
            GROUND, pd.DataFrame({"site_id": ["a", "b"]}), places(most=(5000.0, 100.0), used=(0, 0), made=SUN * 3),
            room(primary=(1000.0, 1000.0)), money(sold=0.2), TAKE, rates=RATES,
        )
    ])  # fmt: skip
    rows = frames["model_asset"].set_index(["site_id", "option"])
    assert rows.loc[("a", "largest"), "npv_gbp"] > rows.loc[("a", "fits_now"), "npv_gbp"]
    assert not rows.loc[("a", "largest"), "main"]
    assert rows[rows["main"]].index.get_level_values("site_id").tolist() == ["a", "b"]
    assert rows.loc[rows["main"], "fits"].all()


def test_money_of_a_year_is_energy_times_price():
    some = assets(size=(30.0,))
    project = some.project()
    hours = PERIODS / 2 * PERIOD_H
    assert project.saved[0, 1] == pytest.approx(4 * hours * 0.25)
    assert project.sold[0, 1] == pytest.approx(2 * hours * 0.05)
    fade = TAKE("pv.degradation_per_year", "1/yr").value
    assert project.saved[0, 2] == pytest.approx(project.saved[0, 1] * (1 - fade))
    swaps = np.flatnonzero(project.build[0])
    assert swaps.tolist() == [0, 12, 24]


def test_worth_by_closed_form_is_that_of_the_yearly_flows():
    some = assets(size=(10.0, 30.0, 50.0), site=(0, 0, 1), limit=(FREE, 1.0, FREE))
    flows = some.project().net
    by_year = (flows / 1.03 ** np.arange(flows.shape[1])).sum(axis=1)
    assert some.npv({})[:, 0] == pytest.approx(by_year, rel=1e-9)


def test_draws_stay_between_all_bad_and_all_good_and_hold_the_middle():
    some = assets(size=(10.0, 30.0), site=(0, 0))
    drawn = worth.drawn_npv(some, count=256)
    assert drawn.shape == (2, 256)
    middle = some.npv({})[:, 0]
    assert (drawn.min(axis=1) < middle).all()
    assert (drawn.max(axis=1) > middle).all()
    assert (worth.drawn_npv(some, count=256) == drawn).all()


def test_one_thing_at_a_time_moves_worth_as_it_should():
    some = assets(size=(30.0,))
    names = list(worth.ASSET_QUANTITIES)
    low, high = (dict(zip(names, worth.one_by_one(some, end)[0], strict=True)) for end in (-1.0, 1.0))
    assert all(high[name] > low[name] for name in ("output", "use", "saved", "sold", "years", "part_years"))
    assert all(high[name] < low[name] for name in ("build", "upkeep", "part", "fade"))
    assert high["connection"] == low["connection"]  # a roof uses the supply that is there


def test_every_ownership_of_every_site_is_told_and_no_host_pays_for_power_it_does_not_use():
    frames = offers.layers([
        offers.of_kind(ROOF, pd.DataFrame({"site_id": ["a", "b"]}), places(), room(), money(), TAKE, rates=RATES)
    ])  # fmt: skip
    owners = frames["model_asset_owner"]
    assert set(owners.loc[owners["site_id"] == "a", "ownership"]) == set(OWNERSHIPS)
    assert set(OWNERSHIPS) - set(owners.loc[owners["site_id"] == "b", "ownership"]) == {"landlord", "service"}
    years, held = frames["model_asset_year"], owners[owners["ownership"] != "host_loan"]
    whole = years.groupby("site_id")["net_gbp"].sum()
    for (site, _), parties in held.groupby(["site_id", "ownership"]):
        assert parties["life_gbp"].sum() == pytest.approx(whole[site])
    for name, frame in frames.items():
        assert list(frame.columns) == LAYERS[name].column_names
        assert not frame.duplicated(list(LAYERS[name].key)).any()
