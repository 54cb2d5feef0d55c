"""The register of printed numbers: each has one id and can be worked out again from what it names."""

import math

import frames_for_report as made
import pandas as pd
import pytest

from laep.assumptions import shipped
from laep.report import book, register, stations
from laep.schema import LAYERS, conform


@pytest.fixture(scope="module")
def frames():
    return made.village()


@pytest.fixture(scope="module")
def plan(frames):
    return register.figures(frames)


def test_every_figure_has_its_own_id_and_the_layer_conforms(plan):
    assert plan["figure_id"].is_unique
    pd.testing.assert_frame_equal(conform(plan, "plan_figure"), plan)
    assert plan["figure_id"].str.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+").all()


def test_the_figures_named_in_the_plan_are_there(plan):
    wanted = {
        "homes.count", "demand.annual", "solar.capacity", "solar.annual", "solar.share_of_demand",
        "network.primary.15148.demand_headroom", "network.primary.15148.generation_headroom",
        "network.primary.15148.generation_headroom.holistic-transition.2030", "finance.home_pv.payback",
        "tenure.owned_share", "existing.solar_count", "segment.seg-1.self_sufficiency", "sites.community_capacity",
    }  # fmt: skip
    assert wanted <= set(plan["figure_id"])


def test_figures_can_be_found_again_in_the_rows_they_name(plan, frames):
    found = 0
    some = plan.iloc[::3]
    for row in some.itertuples():
        chosen = frames[row.layer].query(row.rows) if row.rows else frames[row.layer]
        if row.method == "count":
            assert len(chosen) == row.value, row.figure_id
        elif row.method in ("sum", "max", "value", "first") and row.column in frames[row.layer].columns:
            column = chosen[row.column].astype("float64")
            if row.method == "value":
                assert len(column) == 1, row.figure_id
            again = column.iloc[0] if row.method in ("value", "first") else getattr(column, row.method)()
            assert again == pytest.approx(row.value, nan_ok=True), row.figure_id
        else:
            continue
        found += 1
    assert found > 0.8 * len(some)


def test_ratios_name_figures_and_are_theirs(plan):
    by_id = plan.set_index("figure_id")
    ratios = plan[plan["method"] == "ratio"]
    assert len(ratios)
    for row in ratios.itertuples():
        above, below = row.column.split(" / ")
        assert row.value == pytest.approx(by_id.loc[above, "value"] / by_id.loc[below, "value"])


def test_share_of_demand_takes_the_widest_range(plan):
    by_id = plan.set_index("figure_id")
    solar, demand, share = (by_id.loc[key] for key in ("solar.annual", "demand.annual", "solar.share_of_demand"))
    assert share["low"] == pytest.approx(solar["low"] / demand["high"])
    assert share["high"] == pytest.approx(solar["high"] / demand["low"])


def test_ranges_hold_their_value(plan):
    ranged = plan.dropna(subset=["value", "low", "high"])
    assert ((ranged["low"] <= ranged["value"]) & (ranged["value"] <= ranged["high"])).all()


def test_assumptions_and_layers_named_exist(plan):
    keys = {key for text in plan["assumptions"].dropna() for key in text.split(";") if key}
    assert keys <= set(shipped())
    assert set(plan["layer"]) <= set(LAYERS)


@pytest.mark.parametrize(
    "absent", ["in_building", "model_demand", "model_solar", "model_headroom", "in_tenure", "in_substation"]
)
def test_a_figure_whose_layer_is_absent_is_absent(frames, absent):
    left = {name: frame for name, frame in frames.items() if name != absent}
    assert absent not in set(register.figures(left)["layer"])


def test_nothing_held_gives_no_figures():
    empty = register.figures({})
    assert empty.empty
    pd.testing.assert_frame_equal(conform(empty, "plan_figure"), empty)


def test_an_empty_layer_counts_as_absent(frames):
    nothing = {"in_building": frames["in_building"].iloc[:0]}
    assert register.figures(nothing).empty


def test_totals_take_missing_ends_from_the_value_and_leave_missing_values_out():
    rows = [("a", 100.0, 80.0, 120.0), ("b", 50.0, math.nan, math.nan), ("c", math.nan, math.nan, math.nan)]
    demand = pd.DataFrame(rows, columns=["scope_id", "annual_kwh", "annual_low_kwh", "annual_high_kwh"]).assign(
        scope="building", use="home", homes=1.0, home_share=1.0, profile=pd.NA, method="x", confidence="medium"
    )
    plan = register.figures({"model_demand": conform(demand, "model_demand")}).set_index("figure_id")
    total = plan.loc["demand.annual"]
    assert (total["value"], total["low"], total["high"]) == (150.0, 130.0, 170.0)
    assert plan.loc["demand.unestimated_count", "value"] == 1


def test_weighed_confidence_is_low_when_a_fifth_of_the_weight_is():
    frame = pd.DataFrame({"confidence": ["high", "high", "low"]})
    assert book.weighed(frame, pd.Series([40.0, 40.0, 20.0])) == "low"
    assert book.weighed(frame, pd.Series([45.0, 45.0, 10.0])) == "high"
    assert book.worse("high", "medium") == "medium"


def test_queries_survive_hostile_ids(frames):
    odd = "a\"b' `c` @d \\ <e>"
    segments = frames["net_segment"].copy()
    segments.loc[0, "segment_id"] = odd
    plan = register.figures({"net_segment": segments})
    row = plan[plan["figure_id"].str.endswith(".homes") & plan["rows"].str.contains("<e>")].iloc[0]
    assert len(segments.query(row["rows"])) == 1
    assert segments.query(row["rows"])["segment_id"].iloc[0] == odd


def test_headroom_ids_carry_the_basis_only_where_it_tells_rows_apart(frames):
    rows = frames["model_headroom"].query('substation_id == "15148" and scenario == "now" and direction == "demand"')
    twice = pd.concat([rows, rows.assign(basis="firm_n1")], ignore_index=True)
    ids = stations.headroom_ids(twice, {"15148": "15148"})
    stem = "network.primary.15148.demand_headroom"
    assert list(ids) == [f"{stem}.estimated", f"{stem}.firm_n1"]
    assert list(stations.headroom_ids(rows, {"15148": "15148"})) == [stem]


def test_headline_headroom_prefers_today_then_the_best_view(frames):
    future = frames["model_headroom"].query('scenario != "now" and direction == "demand"')
    assert (
        stations.headline_headroom(frames["model_headroom"]).query('substation_id == "15148"')["scenario"] == "now"
    ).all()
    best = future.assign(scenario=future["scenario"].where(future["scenario"] != "Falling Behind", "Best View"))
    line = stations.headline_headroom(best)
    assert len(line) == 1
    assert (line.iloc[0]["scenario"], line.iloc[0]["year"]) == ("Best View", 2026)


def test_printed_years_are_the_ends_and_every_fifth():
    assert stations.printed_years([2026, 2027, 2030, 2031, 2034]) == [2026, 2030, 2034]


def test_small_groups_stay_out_of_no_figure_but_carry_their_unit(plan):
    row = plan.set_index("figure_id").loc["tenure.shared_ownership"]
    assert row["unit"] == "households"
    assert row["value"] == round(2 + 3 + 0.6)


def test_what_rests_on_a_price_that_has_lapsed_is_of_low_confidence(frames):
    held = {**frames, "model_finance": frames["model_finance"].assign(confidence="medium")}
    before = register.figures(held).set_index("figure_id")
    after = register.figures(held, lapsed={"tariff.retail.elec_p_kwh"}).set_index("figure_id")
    moved = before["assumptions"].str.contains("tariff.retail.elec_p_kwh", regex=False)
    assert (before.loc[moved, "confidence"] == "medium").any()
    assert set(after.loc[moved, "confidence"]) == {"low"}
    assert after.loc[~moved, "confidence"].equals(before.loc[~moved, "confidence"])
