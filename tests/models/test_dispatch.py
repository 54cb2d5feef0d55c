import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from laep import schema
from laep.errors import LaepError
from laep.models.balance import dispatch, storage
from laep.models.time import clock

TOLERANCE = 1e-9


def run(demand, generation, kwh, kw, *, efficiency=0.81, start=None):
    demand, generation = np.atleast_2d(demand), np.atleast_2d(generation)
    sizes = [np.broadcast_to(np.asarray(size, float), (len(demand),)) for size in (kwh, kw)]
    return dispatch.self_consumption(
        demand, generation, battery_kwh=sizes[0], battery_kw=sizes[1], round_trip_efficiency=efficiency,
        start_kwh=None if start is None else np.broadcast_to(np.asarray(start, float), (len(demand),)),
    )  # fmt: skip


def one_at_a_time(demand, generation, *, kwh, kw, efficiency, start):
    """The same rule told the long way, for one segment: limits on charge and discharge, not a clipped state."""
    eta, held = efficiency**0.5, start
    rows = []
    for need, made in zip(demand, generation, strict=True):
        surplus, deficit = max(made - need, 0), max(need - made, 0)
        charge = min(surplus, kw, (kwh - held) / (eta * 0.5))
        discharge = min(deficit, kw, held * eta / 0.5)
        held += (charge * eta - discharge / eta) * 0.5
        rows.append((deficit - discharge, surplus - charge, charge, discharge, held))
    return np.array(rows).T


def test_hand_worked_day():
    # efficiency 0.81: 0.9 each way. 4 kW spare for half an hour, of which 2 kW fits the power: 1 kWh in, 0.9 kWh held.
    # Then 3 kW short: 0.9 kWh held gives 0.81 kWh, 1.62 kW over the half-hour, and 1.38 kW is drawn.
    flows = run([1.0, 3.0], [5.0, 0.0], 10, 2, start=0)
    np.testing.assert_allclose(flows.charge_kw, [[2, 0]])
    np.testing.assert_allclose(flows.discharge_kw, [[0, 1.62]])
    np.testing.assert_allclose(flows.export_kw, [[2, 0]])
    np.testing.assert_allclose(flows.import_kw, [[0, 1.38]])
    np.testing.assert_allclose(flows.state_kwh, [[0, 0.9, 0]], atol=TOLERANCE)
    np.testing.assert_allclose(flows.loss_kwh, [0.19])


def test_a_full_battery_takes_only_what_fits():
    flows = run([0.0, 0.0], [8.0, 8.0], 1.8, 100, start=0)
    np.testing.assert_allclose(flows.charge_kw, [[4, 0]], atol=TOLERANCE)
    np.testing.assert_allclose(flows.export_kw, [[4, 8]])


def test_indicators_of_the_hand_worked_day():
    flows = run([1.0, 3.0], [5.0, 0.0], 10, 2, start=0)
    frame = dispatch.indicators(
        flows, segment_ids=["s1"], case="solar_battery", capacity_kwp=np.array([5.0]), method="test", confidence="low"
    )
    row = schema.conform(frame, "model_balance").iloc[0]
    assert row[["demand_kwh", "generation_kwh"]].tolist() == [2.0, 2.5]
    assert row["import_kwh"] == pytest.approx(0.69)
    assert row["export_kwh"] == pytest.approx(1.0)
    assert row["loss_kwh"] == pytest.approx(0.19)
    assert row["self_consumption"] == pytest.approx(1.5 / 2.5)
    assert row["self_sufficiency"] == pytest.approx(1.31 / 2)
    assert row["peak_import_kw"] == pytest.approx(1.38)
    assert row["peak_export_kw"] == pytest.approx(2.0)
    assert row["balanced_share"] == 0


def test_balanced_share_counts_half_hours_within_one_percent_of_peak_demand():
    flows = run([10.0, 5.0, 5.0, 5.0], [10.0, 5.09, 5.2, 4.91], 0, 0)
    frame = dispatch.indicators(
        flows, segment_ids=["s1"], case="solar", capacity_kwp=np.array([1.0]), method="test", confidence="low"
    )
    assert frame["balanced_share"].tolist() == [0.75]


@pytest.mark.parametrize(
    ("demand", "generation", "blank"),
    [([0.0, 0.0], [1.0, 2.0], "self_sufficiency"), ([1.0, 2.0], [0.0, 0.0], "self_consumption")],
)
def test_nothing_to_share_is_missing_not_zero(demand, generation, blank):
    flows = run(demand, generation, [4.0], [2.0])
    frame = dispatch.indicators(
        flows, segment_ids=["s1"], case="solar", capacity_kwp=np.array([1.0]), method="test", confidence="low"
    )
    assert np.isnan(frame[blank].iloc[0])
    assert frame["balanced_share"].isna().iloc[0] == (blank == "self_sufficiency")
    schema.conform(frame, "model_balance")


def test_no_battery_leaves_the_flows_alone():
    flows = run([[1.0, 4.0]], [[3.0, 1.0]], 0, 0)
    np.testing.assert_array_equal(flows.import_kw, [[0, 3]])
    np.testing.assert_array_equal(flows.export_kw, [[2, 0]])
    assert not flows.state_kwh.any()


def test_year_that_closes_on_itself():
    # Dark first, sun after: the year starts with the full battery the sun leaves, and 1.5 kWh out takes 1.5 / 0.9.
    flows = run([3.0, 0.0], [0.0, 8.0], 1.8, 100)
    np.testing.assert_allclose(flows.state_kwh, [[1.8, 1.8 - 1.5 / 0.9, 1.8]])
    np.testing.assert_allclose(flows.import_kw, 0, atol=TOLERANCE)


def test_battery_that_never_fills_or_empties_by_itself_still_closes():
    flows = run([0.0, 0.0], [1.0, 1.0], 5.0, 1.0)
    np.testing.assert_allclose(flows.state_kwh, [[5, 5, 5]])
    flows = run([1.0, 1.0], [0.0, 0.0], 5.0, 1.0)
    np.testing.assert_allclose(flows.state_kwh, 0)


series = hnp.arrays(float, (3, 12), elements=st.floats(0, 50, allow_subnormal=False))
sizes = hnp.arrays(float, 3, elements=st.one_of(st.just(0.0), st.floats(0.1, 60)))


@settings(max_examples=80, deadline=None)
@given(demand=series, generation=series, kwh=sizes, kw=sizes, efficiency=st.floats(0.3, 1))
def test_energy_is_conserved(demand, generation, kwh, kw, efficiency):
    flows = run(demand, generation, kwh, kw, efficiency=efficiency)
    into = flows.generation_kw + flows.import_kw + flows.discharge_kw
    np.testing.assert_allclose(into, flows.demand_kw + flows.export_kw + flows.charge_kw, atol=TOLERANCE, rtol=0)
    stored = (flows.charge_kw - flows.discharge_kw).sum(axis=1) * clock.PERIOD_H
    np.testing.assert_allclose(stored, flows.loss_kwh + flows.change_kwh, atol=TOLERANCE, rtol=0)
    eta = efficiency**0.5
    lost = ((1 - eta) * flows.charge_kw + (1 / eta - 1) * flows.discharge_kw).sum(axis=1) * clock.PERIOD_H
    np.testing.assert_allclose(flows.loss_kwh, lost, atol=1e-7, rtol=0)
    np.testing.assert_allclose(flows.change_kwh, 0, atol=1e-7)
    for flow in (flows.import_kw, flows.export_kw, flows.charge_kw, flows.discharge_kw, flows.state_kwh):
        assert (flow >= 0).all()
    assert (flows.state_kwh <= kwh[:, None]).all()
    assert (np.minimum(flows.charge_kw, flows.discharge_kw) == 0).all()
    assert (np.maximum(flows.charge_kw, flows.discharge_kw) <= kw[:, None] + TOLERANCE).all()


@settings(max_examples=60, deadline=None)
@given(demand=series, generation=series, kwh=sizes, kw=sizes, efficiency=st.floats(0.3, 1), held=st.floats(0, 1))
def test_many_at_once_equals_one_at_a_time(*, demand, generation, kwh, kw, efficiency, held):
    flows = run(demand, generation, kwh, kw, efficiency=efficiency, start=held * kwh)
    for i in range(3):
        want = one_at_a_time(demand[i], generation[i], kwh=kwh[i], kw=kw[i], efficiency=efficiency, start=held * kwh[i])
        got = np.array([flows.import_kw[i], flows.export_kw[i], flows.charge_kw[i], flows.discharge_kw[i],
                        flows.state_kwh[i, 1:]])  # fmt: skip
        np.testing.assert_allclose(got, want, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"demand": [[1.0, np.nan]]}, "demand_kw holds missing"),
        ({"generation": [[1.0, -1.0]]}, "generation_kw holds missing, infinite or negative"),
        ({"generation": [[1.0]]}, "not both"),
        ({"kwh": [-1.0]}, "battery_kwh"),
        ({"efficiency": 0.0}, "above 0"),
        ({"start": [99.0]}, "start_kwh"),
    ],
)
def test_what_cannot_be_balanced_is_refused(change, words):
    given_ = {"demand": [[1.0, 2.0]], "generation": [[1.0, 2.0]], "kwh": [1.0], "kw": [1.0]} | change
    with pytest.raises(LaepError, match=words):
        run(given_.pop("demand"), given_.pop("generation"), given_.pop("kwh"), given_.pop("kw"), **given_)


def test_battery_size():
    sized = storage.size(pd.Series([10.0, None], index=["a", "b"]), kwh_per_home=3, usable_share=0.9, hours=2)
    want = pd.DataFrame(
        {"nameplate_kwh": [30.0, None], "usable_kwh": [27.0, None], "power_kw": [13.5, None]}, index=["a", "b"]
    )
    pd.testing.assert_frame_equal(sized, want)
