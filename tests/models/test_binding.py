"""What stands above what, and which level binds."""

import numpy as np
import pandas as pd
import pytest

from laep import schema
from laep.ingest.dso.ssen import headroom as ssen_headroom
from laep.ingest.source import Request
from laep.models.network import chain


def layer(name, rows):
    spec = schema.LAYERS[name]
    frame = pd.DataFrame(rows).reindex(columns=spec.column_names)
    return frame.astype({column.name: column.dtype for column in spec.columns})


@pytest.fixture
def substations():
    return layer("in_substation", [
        {"substation_id": "P1", "operator": "ssen", "name": "Eynsham Primary", "level": "primary",
         "upstream_bsp": "Yarnton BSP", "comment": "Old site\nTechnical Limits Agreed at GSP: Yes"},
        {"substation_id": "P2", "operator": "ssen", "name": "Witney Primary", "level": "primary",
         "upstream_bsp": "Nowhere BSP", "upstream_gsp": "Cowley GSP"},
        {"substation_id": "B1", "operator": "ssen", "name": "Yarnton", "level": "bsp", "upstream_gsp": "COWLEY"},
        {"substation_id": "B9", "operator": "nged", "name": "Nowhere BSP", "level": "bsp"},
        {"substation_id": "G1", "operator": "ssen", "name": "Cowley GSP", "level": "gsp"},
    ])  # fmt: skip


def room(substation_id, level, value, **more):
    base = {"substation_id": substation_id, "level": level, "direction": "generation", "technology": "any",
            "scenario": "now", "year": 2026, "value": value, "unit": "MW", "basis": "estimated",
            "floor_at_zero": False, "source_id": "ssen_headroom"}  # fmt: skip
    return base | more


ASK = {"direction": "generation", "technology": "any", "scenario": "now", "year": 2026, "power_factor": 0.9}


def bound(substations, rows, start="P1", **ask):
    paths = chain.above(substations, ids=[start])
    return chain.binding_level(chain.at_levels(paths, layer("in_headroom", rows), **{**ASK, **ask})).iloc[0]


def test_names_lead_upwards_and_through_the_bulk_supply_point(substations):
    paths = chain.above(substations)
    way = paths[paths["start_id"] == "P1"]
    assert way["substation_id"].tolist() == ["P1", "B1", "G1"]
    assert way["method"].tolist() == [chain.SELF, chain.BY_NAME, chain.THROUGH_BSP]
    # another operator's namesake does not count, and the named level stays, without an id
    other = paths[paths["start_id"] == "P2"]
    assert other["substation_id"].fillna("").tolist() == ["P2", "", "G1"]
    assert other["method"].tolist() == [chain.SELF, chain.NOT_LISTED, chain.BY_NAME]
    assert other["confidence"].tolist() == ["high", "low", "high"]


def test_the_least_room_binds_and_silent_levels_are_named(substations):
    row = bound(substations, [room("P1", "primary", 5.0), room("B1", "bsp", 3.0)])
    assert row[["level", "substation_id", "counts_mw"]].tolist() == ["bsp", "B1", 3.0]
    assert row["levels_without_value"] == "gsp"


def test_among_equals_the_place_that_names_its_own_limit_binds(substations):
    rows = [room("P1", "primary", 0.0, constraint="Upstream Thermal Capacity"),
            room("B1", "bsp", 0.0, constraint="Substation Fault Level")]  # fmt: skip
    assert bound(substations, rows)["level"] == "bsp"


def test_mva_counts_by_the_power_factor(substations):
    rows = [room("P1", "primary", 4.0, unit="MVA", direction="demand"), room("B1", "bsp", 3.7, direction="demand")]
    row = bound(substations, rows, direction="demand")
    assert (row["level"], row["value_mw"]) == ("primary", pytest.approx(3.6))


def test_the_asked_scenario_and_the_last_year_before_count_else_today(substations):
    rows = [room("P1", "primary", 9.0), room("P1", "primary", 5.0, scenario="Holistic Transition", year=2030),
            room("P1", "primary", 2.0, scenario="Holistic Transition", year=2040), room("B1", "bsp", 6.0)]  # fmt: skip
    row = bound(substations, rows, scenario="Holistic Transition", year=2035)
    assert row[["level", "counts_mw", "row_year", "row_scenario"]].tolist() == [
        "primary", 5.0, 2030, "Holistic Transition",
    ]  # fmt: skip
    assert bound(substations, rows, scenario="Falling Behind", year=2035)["row_scenario"] == "now"


def test_technology_asked_for_comes_before_any(substations):
    rows = [room("P1", "primary", 9.0), room("P1", "primary", 1.0, technology="storage")]
    assert bound(substations, rows, technology="storage")["counts_mw"] == 1.0
    assert bound(substations, rows, technology="synchronous")["counts_mw"] == 9.0


GENERATORS = [
    {"generator_id": "1", "technology": "solar", "status": "accepted", "capacity_kw": 2000.0,
     "substation_name": "EYNSHAM"},
    {"generator_id": "2", "technology": "storage", "status": "accepted", "capacity_kw": 500.0,
     "substation_name": "Yarnton"},
    {"generator_id": "3", "technology": "solar", "status": "accepted", "substation_name": "Eynsham"},
    {"generator_id": "4", "technology": "solar", "status": "connected", "capacity_kw": 9000.0,
     "substation_name": "Eynsham"},
]  # fmt: skip


def test_what_waits_at_a_primary_waits_above_it_too(substations):
    waiting = chain.queue(layer("net_generator", GENERATORS), substations).set_index("substation_id")
    assert waiting["queue_mw"].to_dict() == {"P1": 2.0, "B1": 2.5, "G1": 2.5}
    assert waiting["queue_storage_mw"].to_dict() == {"P1": 0.0, "B1": 0.5, "G1": 0.5}
    assert waiting.loc["P1", ["queue_sites", "queue_unsized"]].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("source", "basis", "counted", "less", "counts"),
    [
        ("ssen_headroom", "estimated", "yes", np.nan, 5.0),
        ("enwl_headroom", "contracted", "yes", np.nan, 5.0),
        ("enwl_headroom", "connected", "no", 3.0, 3.0),
        ("spen_headroom", "not_stated", "unknown", 3.0, 5.0),
    ],
)
def test_the_queue_comes_off_only_where_the_figure_does_not_hold_it(substations, source, basis, counted, less, counts):
    waiting = chain.queue(layer("net_generator", GENERATORS), substations)
    row = bound(substations, [room("P1", "primary", 5.0, source_id=source, basis=basis)], queued=waiting)
    assert (row["queue_mw"], row["queue_counted"]) == (2.0, counted)
    assert row["less_queue_mw"] == pytest.approx(less, nan_ok=True)
    assert row["counts_mw"] == counts


def test_a_floored_zero_is_none_or_worse_and_nothing_is_taken_off_it(substations):
    rows = [room("P1", "primary", 0.0, floor_at_zero=True, source_id="other", basis="connected")]
    row = bound(substations, rows, queued=chain.queue(layer("net_generator", GENERATORS), substations))
    assert pd.isna(row["less_queue_mw"])
    fits = chain.fit(pd.DataFrame([row]), pd.Series([1.0], index=[row.name]))
    assert fits.tolist() == ["none_or_worse"]


@pytest.mark.parametrize(("proposed", "verdict"), [(2.0, "fits"), (4.0, "fits_part"), (np.nan, "unknown")])
def test_a_proposal_is_held_against_the_binding_level(substations, proposed, verdict):
    rows = pd.DataFrame([bound(substations, [room("P1", "primary", 3.0)])])
    assert chain.fit(rows, pd.Series([proposed], index=rows.index)).tolist() == [verdict]


def test_managed_connections_are_told_in_the_operators_words(substations):
    remarks = substations.set_index("substation_id")["comment"]
    row = bound(substations, [room("P1", "primary", 3.0)], remarks=remarks)
    assert row["managed"] == "Technical Limits Agreed at GSP: Yes"


def test_secondaries_hang_under_their_primary_with_the_weakest_confidence(substations):
    below = pd.DataFrame({"substation_id": ["S1", "S2"], "level": "secondary", "name": ["a", "b"],
                          "parent_id": ["P1", None], "method": ["nearest", None], "confidence": ["low", None]})  # fmt: skip
    paths = chain.under(below, chain.above(substations))
    assert paths.groupby("start_id")["level"].agg(list).to_dict() == {
        "S1": ["secondary", "primary", "bsp", "gsp"], "S2": ["secondary"],
    }  # fmt: skip
    assert paths.loc[paths["start_id"] == "S1", "confidence"].tolist() == ["high", "low", "low", "low"]


def test_every_question_is_answered_for_every_start(substations):
    rows = layer("in_headroom", [room("P1", "primary", 3.0),
                                 room("P1", "primary", 1.0, scenario="HT", year=2040, technology="inverter")])  # fmt: skip
    asked = chain.questions(rows, year=2026)
    assert asked.to_numpy().tolist() == [
        ["demand", "any", "now", 2026], ["generation", "any", "now", 2026], ["generation", "inverter", "HT", 2040],
    ]  # fmt: skip
    found = chain.bound_all(chain.above(substations, ids=["P1"]), rows, asked, power_factor=0.9)
    columns = schema.LAYERS["model_limit"].column_names
    assert len(schema.conform(found[columns], "model_limit")) == 3
    assert "what binds generation today: primary at 1." in " ".join(chain.notes(found))
    none = chain.bound_all(chain.above(substations, ids=[]), rows, asked, power_factor=0.9)
    assert schema.conform(none[columns], "model_limit").empty


def test_every_listed_primary_finds_its_grid_supply_point(shared_data):
    path = shared_data / "dso" / "ssen" / "headroom-dashboard-data-march-2026.csv"
    read = ssen_headroom.read(Request(files=(path,)))
    paths = chain.above(read.layers["in_substation"])
    primaries = paths[(paths["start_level"] == "primary")]
    assert primaries["start_id"].nunique() > 800
    tops = primaries[primaries["level"] == "gsp"].dropna(subset=["substation_id"])
    assert tops["start_id"].nunique() >= primaries["start_id"].nunique() - 1
    levels = chain.at_levels(paths, read.layers["in_headroom"], **ASK)
    own = levels[(levels["start_id"] == levels["substation_id"]) & (levels["start_level"] == "primary")]
    published = read.layers["in_headroom"].query('direction == "generation"').set_index("substation_id")["value"]
    assert (own["value"].to_numpy() == published.reindex(own["substation_id"]).to_numpy()).all()
