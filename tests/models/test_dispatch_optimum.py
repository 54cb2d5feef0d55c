"""The cheapest year of a battery: by the fast programme, by HiGHS, and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from benchmarks import _dispatch_lp
from laep.errors import LaepError
from laep.models.balance import dispatch
from laep.models.time import clock

PERIODS = 16
BATTERY = {"battery_kwh": np.array([4.0]), "battery_kw": np.array([2.0]), "round_trip_efficiency": 0.81}


def lp(demand, generation, *, kwh, kw, efficiency, buy, sell, start, end, **options):
    battery = _dispatch_lp.Battery(kwh=kwh, kw=kw, round_trip_efficiency=efficiency, start_kwh=start, end_kwh=end)
    return _dispatch_lp.solve(demand, generation, [battery], import_gbp=buy, export_gbp=sell, **options)


def test_hand_worked_night_and_peak():
    # Cheap at first (10p), then dear (40p). 0.9 each way: 1.62 kW needs 0.9 kWh held, bought as 1 kWh (2 kW) at 10p.
    flows = dispatch.optimum(
        [[0.0, 1.62]], [[0.0, 0.0]], **BATTERY, import_gbp=[0.1, 0.4], export_gbp=[0.0, 0.0],
        start_kwh=np.zeros(1), end_kwh=np.zeros(1),
    )  # fmt: skip
    np.testing.assert_allclose(flows.charge_kw, [[2.0, 0.0]])
    np.testing.assert_allclose(flows.discharge_kw, [[0.0, 1.62]])
    np.testing.assert_allclose(flows.state_kwh, [[0.0, 0.9, 0.0]], atol=1e-12)
    assert dispatch.cost_gbp(flows, import_gbp=[0.1, 0.4], export_gbp=0.0)[0] == pytest.approx(0.1)


def test_prices_too_close_for_the_losses_leave_the_battery_idle():
    # 0.81 round trip: 33p later is not worth 30p now (30 / 0.81 = 37)
    flows = dispatch.optimum([[1.0, 1.0]], [[0.0, 0.0]], **BATTERY, import_gbp=[0.30, 0.33], export_gbp=[0.0, 0.0])
    assert not flows.charge_kw.any()
    assert not flows.discharge_kw.any()


series = hnp.arrays(float, (2, PERIODS), elements=st.floats(0, 20).map(lambda v: round(v, 3)))
prices = hnp.arrays(float, (2, PERIODS), elements=st.floats(0, 0.6).map(lambda v: round(v, 3)))
sizes = hnp.arrays(float, 2, elements=st.floats(0, 30).map(lambda v: round(v, 2)))


@settings(max_examples=60, deadline=None)
@given(
    demand=series, generation=series, price=prices, kwh=sizes, kw=sizes, efficiency=st.floats(0.4, 1), data=st.data()
)
def test_equals_the_linear_programme(*, demand, generation, price, kwh, kw, efficiency, data):
    buy, sell = price.max(axis=0), price.min(axis=0)
    start = np.array([data.draw(st.floats(0, size)) for size in kwh])
    sizes_ = {"battery_kwh": kwh, "battery_kw": kw, "round_trip_efficiency": efficiency}
    given_ = sizes_ | {"import_gbp": buy, "export_gbp": sell, "start_kwh": start, "end_kwh": start}
    least = dispatch.cost_gbp(dispatch.optimum(demand, generation, **given_), import_gbp=buy, export_gbp=sell)
    rule = dispatch.self_consumption(demand, generation, **sizes_, start_kwh=start)
    for i in range(2):
        found = lp(
            demand[i], generation[i], kwh=kwh[i], kw=kw[i], efficiency=efficiency, buy=buy, sell=sell, start=start[i],
            end=start[i], curtail=False,
        )  # fmt: skip
        assert least[i] == pytest.approx(found.cost_gbp, rel=1e-9, abs=1e-7)
        if rule.state_kwh[i, -1] >= start[i]:
            assert least[i] <= dispatch.cost_gbp(rule, import_gbp=buy, export_gbp=sell)[i] + 1e-9


@settings(max_examples=60, deadline=None)
@given(demand=series, generation=series, price=prices, kwh=sizes, kw=sizes, efficiency=st.floats(0.4, 1))
def test_the_optimum_conserves_energy_and_keeps_its_limits(*, demand, generation, price, kwh, kw, efficiency):
    flows = dispatch.optimum(
        demand, generation, battery_kwh=kwh, battery_kw=kw, round_trip_efficiency=efficiency,
        import_gbp=price.max(axis=0), export_gbp=price.min(axis=0),
    )  # fmt: skip
    into = flows.generation_kw + flows.import_kw + flows.discharge_kw
    np.testing.assert_allclose(into, flows.demand_kw + flows.export_kw + flows.charge_kw, atol=1e-9, rtol=0)
    year = [(flow.sum(axis=1) * clock.PERIOD_H) for flow in (demand, generation, flows.import_kw, flows.export_kw)]
    np.testing.assert_allclose(year[1] + year[2], year[0] + year[3] + flows.loss_kwh + flows.change_kwh, atol=1e-9)
    eta = efficiency**0.5
    lost = ((1 - eta) * flows.charge_kw + (1 / eta - 1) * flows.discharge_kw).sum(axis=1) * clock.PERIOD_H
    np.testing.assert_allclose(flows.loss_kwh, lost, atol=1e-9)
    assert (flows.state_kwh >= 0).all()
    assert (flows.state_kwh <= kwh[:, None]).all()
    assert (np.maximum(flows.charge_kw, flows.discharge_kw) <= kw[:, None]).all()
    assert (np.minimum(flows.charge_kw, flows.discharge_kw) == 0).all()
    assert (np.minimum(flows.import_kw, flows.export_kw) == 0).all()


@settings(max_examples=40, deadline=None)
@given(demand=series, generation=series, kwh=sizes, kw=sizes, efficiency=st.floats(0.4, 1))
def test_totals_are_the_sums_of_the_flows(demand, generation, kwh, kw, efficiency):
    battery = {"battery_kwh": kwh, "battery_kw": kw, "round_trip_efficiency": efficiency}
    flows = dispatch.self_consumption(demand, generation, **battery)
    buy, marked = np.linspace(0.1, 0.4, PERIODS), np.arange(PERIODS) % 3 == 0
    sums = dispatch.rule_totals(demand, generation, **battery, import_gbp=buy, export_gbp=0.05, marked=marked)
    for name in ("demand", "generation", "import", "export", "charge", "discharge"):
        want = getattr(flows, f"{name}_kw").sum(axis=1) * clock.PERIOD_H
        np.testing.assert_allclose(getattr(sums, f"{name}_kwh"), want, atol=1e-9)
    np.testing.assert_allclose(sums.cost_gbp, dispatch.cost_gbp(flows, import_gbp=buy, export_gbp=0.05), atol=1e-9)
    np.testing.assert_allclose(sums.peak_import_kw, flows.import_kw.max(axis=1), atol=1e-9)
    np.testing.assert_allclose(sums.peak_export_kw, flows.export_kw.max(axis=1), atol=1e-9)
    np.testing.assert_allclose(sums.marked_import_kwh, flows.import_kw[:, marked].sum(axis=1) * 0.5, atol=1e-9)


def test_cases_can_share_a_segment():
    demand, generation = np.array([[1.0, 3.0], [2.0, 2.0]]), np.array([[5.0, 0.0], [0.0, 9.0]])
    sums = dispatch.rule_totals(
        demand, generation, battery_kwh=np.zeros(3), battery_kw=np.zeros(3), round_trip_efficiency=0.81,
        segment=np.array([1, 0, 1]),
    )  # fmt: skip
    assert sums.import_kwh.tolist() == [1.0, 1.5, 1.0]
    assert sums.self_sufficiency.tolist() == [0.5, 0.25, 0.5]


def test_shared_among_threads_the_result_is_the_same_to_the_last_bit():
    rng = np.random.default_rng(3)
    demand, generation = rng.gamma(2, 5, (40, 500)), np.maximum(rng.normal(2, 12, (40, 500)), 0)
    battery = {"battery_kwh": np.linspace(0, 60, 40), "battery_kw": np.linspace(0, 30, 40)}
    options = {"round_trip_efficiency": 0.9, "import_gbp": rng.uniform(0.1, 0.4, 500), "export_gbp": np.full(500, 0.05)}
    together = dispatch.optimum(demand, generation, **battery, **options)
    apart = [
        dispatch.optimum(demand[i : i + 1], generation[i : i + 1], battery_kwh=battery["battery_kwh"][i : i + 1],
                         battery_kw=battery["battery_kw"][i : i + 1], **options).state_kwh[0]
        for i in range(40)
    ]  # fmt: skip
    assert together.state_kwh.tolist() == np.array(apart).tolist()


def test_many_small_steps_get_the_room_they_need():
    # a large battery with little power keeps a piece for almost every price: more than the first room
    rng = np.random.default_rng(4)
    demand, buy = np.ones((1, 400)), rng.uniform(0.1, 0.5, 400)
    options = {"round_trip_efficiency": 0.9, "import_gbp": buy, "export_gbp": np.zeros(400)}
    ends = {"start_kwh": np.zeros(1), "end_kwh": np.zeros(1)}
    battery = {"battery_kwh": np.array([100.0]), "battery_kw": np.array([0.4])}
    flows = dispatch.optimum(demand, demand * 0, **battery, **options, **ends)
    want = lp(demand[0], demand[0] * 0, kwh=100.0, kw=0.4, efficiency=0.9, buy=buy, sell=buy * 0, start=0.0, end=0.0)
    assert dispatch.cost_gbp(flows, import_gbp=buy, export_gbp=0.0)[0] == pytest.approx(want.cost_gbp)


def test_prices_under_which_one_could_trade_without_end_are_refused():
    # exporting pays more than importing costs at first
    given_ = BATTERY | {"import_gbp": [0.1, 0.3], "export_gbp": [0.2, 0.0]}
    with pytest.raises(LaepError, match="0 <= export price <= import price"):
        dispatch.optimum([[0.0, 1.0]], [[1.0, 0.0]], **given_)


def test_an_export_limit_turns_generation_down():
    found = lp(
        np.array([0.0, 1.0]), np.array([5.0, 0.0]), kwh=0.45, kw=2.0, efficiency=0.81, buy=np.full(2, 0.3),
        sell=np.full(2, 0.05), start=0.0, end=0.0, export_limit_kw=2.0,
    )  # fmt: skip
    # 1 kW charges (0.5 kWh x 0.9 = 0.45 kWh, all it holds), 2 kW go out, 2 kW are lost
    np.testing.assert_allclose(found.charge_kw, [[1.0, 0.0]], atol=1e-7)
    np.testing.assert_allclose(found.export_kw, [2.0, 0.0], atol=1e-7)
    np.testing.assert_allclose(found.curtailed_kw, [2.0, 0.0], atol=1e-7)
    np.testing.assert_allclose(found.discharge_kw, [[0.0, 0.81]], atol=1e-7)
    with pytest.raises(LaepError, match="import limit"):
        lp(np.array([3.0, 3.0]), np.zeros(2), kwh=1.0, kw=1.0, efficiency=0.81, buy=np.full(2, 0.3),
           sell=np.zeros(2), start=0.0, end=0.0, import_limit_kw=2.0)  # fmt: skip


def test_two_batteries_share_the_work_and_size_is_bought_only_when_it_pays():
    demand, generation, buy, sell = np.array([0.0, 4.0]), np.array([4.0, 0.0]), np.full(2, 0.4), np.zeros(2)
    two = [_dispatch_lp.Battery(kwh=9, kw=1.5, round_trip_efficiency=1.0, start_kwh=0.0, end_kwh=0.0)] * 2
    found = _dispatch_lp.solve(demand, generation, two, import_gbp=buy, export_gbp=sell)
    assert found.cost_gbp == pytest.approx((4.0 - 3.0) * 0.5 * 0.4)
    # 2 kWh moved saves 0.8; it needs 2 kWh of energy and 4 kW of power
    for per_kwh, want in ((0.1, 2.0), (0.5, 0.0)):
        sized = _dispatch_lp.Battery(kwh=50, kw=50, round_trip_efficiency=1.0, gbp_per_kwh_yr=per_kwh, gbp_per_kw_yr=0)
        found = _dispatch_lp.solve(demand, generation, [sized], import_gbp=buy, export_gbp=sell)
        assert found.battery_kwh[0] == pytest.approx(want, abs=1e-7)
        assert found.build_gbp == pytest.approx(want * per_kwh, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"import_gbp": [0.1, np.nan]}, "Prices need one number"),
        ({"import_gbp": [0.1, 0.2, 0.3]}, "Prices need one number"),
        ({"end_kwh": np.array([9.0])}, "between 0 and the battery"),
        ({"battery_kw": np.array([0.0]), "start_kwh": np.zeros(1), "end_kwh": np.ones(1)}, "cannot reach"),
    ],
)
def test_what_has_no_optimum_is_refused(change, words):
    given_ = BATTERY | {"import_gbp": [0.3, 0.3], "export_gbp": [0.0, 0.0]} | change
    with pytest.raises(LaepError, match=words):
        dispatch.optimum([[1.0, 1.0]], [[0.0, 0.0]], **given_)
