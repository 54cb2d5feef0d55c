"""Routes of clusters: cost, choice and its reason, what the network carries, and trees of pipes."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_matrix

from laep.models.energy import heat_route, heat_tree
from laep.models.money.span import Span
from laep.models.network import carries

FIXED, BY_KW = 1200.0, 0.3


def grid(side, *, seed, drop=0.12):
    """Streets of a town: a grid with bends and gaps, and the nodes of its largest part."""
    rng = np.random.default_rng(seed)
    place = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate([
        np.stack([place[:, :-1].ravel(), place[:, 1:].ravel()], axis=1),
        np.stack([place[:-1].ravel(), place[1:].ravel()], axis=1),
    ])  # fmt: skip
    pairs = pairs[rng.random(len(pairs)) >= drop]
    metres = rng.uniform(40, 90, len(pairs))
    both = coo_matrix(
        (np.r_[metres, metres], (np.r_[pairs[:, 0], pairs[:, 1]], np.r_[pairs[:, 1], pairs[:, 0]])),
        shape=(side**2,) * 2,
    )
    return both.tocsr(), rng


def town(side, ends, *, seed):
    graph, rng = grid(side, seed=seed, drop=0.0)
    return graph, 0, rng.choice(np.arange(1, side**2), ends).astype(np.int64), rng.uniform(3, 9, ends)


def test_a_tree_by_hand():
    # a street of three nodes, and a shorter way from the first to the last that only one of them would use
    graph = coo_matrix(([10, 10, 10, 10, 15, 15], ([0, 1, 1, 2, 0, 2], [1, 0, 2, 1, 2, 0])), shape=(3, 3)).tocsr()
    for lay in (heat_tree.grow, heat_tree.exact):
        pipes = lay(graph, 0, np.array([1, 2]), np.array([2.0, 3.0]), fixed=100.0, by_kw=1.0)
        assert sorted(zip(pipes.start.tolist(), pipes.end.tolist(), pipes.flow_kw.tolist(), strict=True)) == [
            (0, 1, 5.0), (1, 2, 3.0),
        ]  # fmt: skip
        assert pipes.cost(fixed=100.0, by_kw=1.0) == pytest.approx(10 * 105 + 10 * 103)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_search_is_near_the_optimum(seed):
    case = town(6, 30, seed=seed)
    near, best = (lay(*case, fixed=FIXED, by_kw=BY_KW) for lay in (heat_tree.grow, heat_tree.exact))
    assert best.cost(fixed=FIXED, by_kw=BY_KW) <= near.cost(fixed=FIXED, by_kw=BY_KW) * (1 + 1e-9)
    assert near.cost(fixed=FIXED, by_kw=BY_KW) <= best.cost(fixed=FIXED, by_kw=BY_KW) * 1.05


def test_flows_add_up_and_no_pipe_closes_a_ring():
    graph, source, ends, kw = town(8, 50, seed=5)
    pipes = heat_tree.grow(graph, source, ends, kw, fixed=FIXED, by_kw=BY_KW)
    nodes = set(pipes.start.tolist()) | set(pipes.end.tolist())
    assert len(pipes.end) == len(nodes) - 1 == len(set(pipes.end.tolist()))
    out = np.bincount(pipes.start, weights=pipes.flow_kw, minlength=graph.shape[0])
    into = np.bincount(pipes.end, weights=pipes.flow_kw, minlength=graph.shape[0])
    drawn = np.bincount(ends, weights=kw, minlength=graph.shape[0])
    drawn[source] = -kw[ends != source].sum()
    np.testing.assert_allclose(into - out, drawn, atol=1e-6)
    np.testing.assert_allclose(pipes.length_m, [graph[a, b] for a, b in zip(pipes.start, pipes.end, strict=True)])


def test_the_search_repeats_itself():
    case = town(6, 30, seed=7)
    one, other = (heat_tree.grow(*case, fixed=FIXED, by_kw=BY_KW) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_building_at_the_source_needs_no_pipe():
    graph, source, _, _ = town(4, 3, seed=1)
    assert len(heat_tree.grow(graph, source, np.array([source]), np.array([5.0]), fixed=FIXED, by_kw=BY_KW).end) == 0


TERMS = heat_route.Terms(
    capex={way: Span(cost, cost * 0.8, cost * 1.2) for way, cost in (
        ("air", 13000.0), ("loop", 20000.0), ("communal", 12000.0), ("network", 6000.0), ("direct", 4000.0))},
    years={way: Span.exact(20.0) for way in heat_route.WAYS},
    factor={way: Span.exact(value) for way, value in (
        ("air", 3.0), ("loop", 3.5), ("communal", 3.0), ("network", 3.0), ("direct", 1.0))},
    loss={"communal": Span.exact(0.1), "network": Span.exact(0.2)},
    upkeep={"air": Span.exact(150.0)},
    pipe_m=Span.exact(1200.0), pipe_m_mw=Span.exact(300.0), centre_kw=Span.exact(900.0), diversity=0.6,
    home_gbp_kwh=Span.exact(0.25), bulk_gbp_kwh=Span.exact(0.2), carbon_kg_kwh=0.13, rate=0.035, outdoor_m2=12.0,
    least_homes=8.0, density=4000.0, close=0.05, grant_gbp=7500.0, off_gas_gbp=9000.0,
)  # fmt: skip


def clusters(**changes):
    row = {
        "cluster_id": "heat-001", "homes": 40.0, "heat_kwh": 360_000.0, "heat_low_kwh": 300_000.0,
        "heat_high_kwh": 400_000.0, "design_kw": 200.0, "pump_peak_kw": 70.0, "flat_share": 0.0, "outdoor_m2": 150.0,
        "pipe_m": 500.0, "pipe_mwm": 40.0, "density_kwh_per_m": 720.0, "oil_share": 0.0, "network_share": 0.0,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def chosen(carried=carries.FITS, held=carries.FITS, **changes):
    frame = clusters(**changes)
    told = pd.DataFrame({"carried": carried, "carried_why": "-", "held": held}, index=frame["cluster_id"])
    routes = heat_route.ways(frame, terms=TERMS)
    return heat_route.choose(frame, routes, told, close=TERMS.close).iloc[0], routes.set_index("route")


def test_the_yearly_cost_of_a_heat_pump_by_hand():
    _, routes = chosen()
    annuity = 0.035 / (1 - 1.035**-20)
    assert routes.loc["air", "electricity_kwh"] == pytest.approx(3000)
    assert routes.loc["air", "running_gbp_per_yr"] == pytest.approx(3000 * 0.25 + 150)
    assert routes.loc["air", "annual_gbp_per_yr"] == pytest.approx(13000 * annuity + 900)
    assert routes.loc["network", "capex_gbp"] == pytest.approx(
        6000 + 1200 * 500 / 40 + 300 * 40 / 40 + 900 * 200 * 0.6 / 40
    )
    assert routes.loc["direct", "peak_kw"] == pytest.approx(3 * routes.loc["air", "peak_kw"])


def test_homes_with_land_get_a_unit_each_and_flats_share_one():
    assert chosen()[0]["route"] == "air"
    assert chosen(flat_share=0.9, outdoor_m2=5.0)[0]["route"] == "communal"
    assert chosen(outdoor_m2=5.0)[1].loc["air", "why_not"] == "homes have no room outside for a unit of their own"
    assert chosen(outdoor_m2=5.0, homes=4.0)[0]["route"] == "direct"


def test_a_dense_street_gets_a_network_and_one_that_has_it_keeps_it():
    dense, routes = chosen(pipe_m=60.0, pipe_mwm=5.0, density_kwh_per_m=6000.0, outdoor_m2=5.0)
    assert routes.loc["network", "possible"]
    assert dense["route"] == "network"
    assert chosen(network_share=0.8)[0]["route"] == "network"
    assert chosen(network_share=0.8)[0]["second"] == "air"
    assert chosen(pipe_m=np.nan, density_kwh_per_m=np.nan)[1].loc["network", "why_not"] == (
        "no streets are mapped that pipes could follow"
    )


def test_without_any_room_on_the_network_it_is_best_to_wait():
    waiting, _ = chosen(carries.NO, carries.NO)
    assert (waiting["route"], waiting["second"]) == ("wait", "air")
    assert chosen(carries.NO, carries.FITS)[0]["route"] == "air"
    assert chosen(carries.UNKNOWN, carries.UNKNOWN)[0]["route"] == "air"


def test_the_reason_is_one_plain_sentence():
    for changes in ({}, {"flat_share": 0.9}, {"outdoor_m2": 5.0}, {"network_share": 1.0}):
        why = chosen(**changes)[0]["why"]
        assert why[0].isupper()
        assert why.endswith(".")
        assert why.count(".") == 1


def test_without_streets_it_is_said_that_pipes_are_not_known():
    why = chosen(pipe_m=np.nan, density_kwh_per_m=np.nan)[0]["why"]
    assert "not known, as no streets are mapped" in why


def test_tank_fuel_earns_the_larger_grant():
    assert chosen(oil_share=0.9)[1].loc["air", "grant_gbp"] == 9000
    assert chosen()[1].loc[["air", "loop", "direct"], "grant_gbp"].tolist() == [7500, 7500, 0]


def asked(room_kw, *, peak=(10.0, 10.0)):
    homes = pd.DataFrame({
        "cluster_id": ["A", "B"], "homes": 5.0, "pump_peak_kw": peak, "feeder": None, "secondary": "S", "primary": None,
    })  # fmt: skip
    rooms = pd.DataFrame({"room_kw": [room_kw], "basis": "published"}, index=["S"])
    cable = carries.Cable(rating_kva=100.0, home_kw=1.5, power_factor=0.95)
    return carries.asks(homes, rooms, held_back=0.5, cable=cable)


@pytest.mark.parametrize(
    ("room_kw", "verdict", "held"),
    [(20.0, "fits", "fits"), (19.0, "fits_with_limit", "fits"), (9.0, "does_not_fit", "fits_with_limit"),
     (4.0, "does_not_fit", "does_not_fit"), (np.nan, "unknown", "unknown")],
)  # fmt: skip
def test_all_fit_one_fits_or_none(room_kw, verdict, held):
    found = asked(room_kw)
    assert found["verdict"].tolist() == [verdict, verdict]
    assert found["held_verdict"].tolist() == [held, held]


def test_what_is_not_known_is_no_room_and_no_no():
    tests = asked(np.nan)
    told = carries.of_clusters(tests, pd.Series(["A", "C"]))
    assert told["carried"].tolist() == ["unknown", "unknown"]
    assert tests["first_share"].isna().all()
    assert "not known" in told.loc["A", "carried_why"]


def test_a_cable_carries_what_its_homes_do_not_draw_today():
    homes = pd.DataFrame({
        "cluster_id": ["A"], "homes": 40.0, "pump_peak_kw": 60.0, "feeder": "F", "secondary": None, "primary": None,
    })  # fmt: skip
    cable = carries.Cable(rating_kva=100.0, home_kw=1.5, power_factor=0.9)
    found = carries.asks(homes, pd.DataFrame(columns=["room_kw", "basis"]), held_back=0.5, cable=cable).iloc[0]
    assert found["room_kw"] == pytest.approx(100 * 0.9 - 60)
    assert (found["verdict"], found["held_verdict"]) == ("does_not_fit", "fits")
    assert found["first_share"] == pytest.approx(0.5)
