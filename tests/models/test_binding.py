"""What stands above what, which level binds, and whether a proposal fits: for a plan, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from laep import schema
from laep.models.network import chain, headroom, limits, queue


def layer(name, rows):
    spec = schema.LAYERS[name]
    frame = pd.DataFrame(rows).reindex(columns=spec.column_names)
    return frame.astype({column.name: column.dtype for column in spec.columns})


LISTED = [
    {"substation_id": "P1", "operator": "ssen", "name": "Eynsham Primary", "level": "primary",
     "upstream_bsp": "Yarnton BSP", "comment": "Old site\nTechnical Limits Agreed at GSP: Yes"},
    {"substation_id": "P2", "operator": "ssen", "name": "Witney Primary", "level": "primary",
     "upstream_bsp": "Nowhere BSP", "upstream_gsp": "Cowley GSP"},
    {"substation_id": "B1", "operator": "ssen", "name": "Yarnton", "level": "bsp", "upstream_gsp": "COWLEY"},
    {"substation_id": "B9", "operator": "nged", "name": "Nowhere BSP", "level": "bsp"},
    {"substation_id": "G1", "operator": "ssen", "name": "Cowley GSP", "level": "gsp"},
]  # fmt: skip


@pytest.fixture
def substations():
    return layer("in_substation", [{"source_id": "ssen_headroom"} | row for row in LISTED])


def room(substation_id, level, value, **more):
    base = {"substation_id": substation_id, "level": level, "direction": "generation", "technology": "any",
            "scenario": "now", "year": 2026, "value": value, "unit": "MW", "basis": "estimated",
            "floor_at_zero": False, "source_id": "ssen_headroom"}  # fmt: skip
    return base | more


def bound(substations, rows, start="P1", proposed_mw=np.nan, queue_kw=None, **asked):
    """The one row of `model_limit` that answers a question."""
    tied = headroom.tie(layer("in_headroom", rows), substations, one_place=True)
    above = chain.above(substations)
    network = limits.Network(
        substations=substations, above=above, ways=chain.chains(substations, above), tied=tied.headroom,
        held=headroom.arrays(tied.headroom, power_factor=0.9),
        queue_kw=np.zeros(len(substations)) if queue_kw is None else queue_kw,
    )  # fmt: skip
    ask = {"direction": "generation", "technology": "inverter", "scenario": "now", "year": 2026} | asked
    start_at = np.flatnonzero(substations["substation_id"] == start)
    proposed = np.full(len(substations), proposed_mw)
    found = limits.table(
        network, start_at, pd.DataFrame([ask]), proposed_mw=proposed, year=2026, power_factor=0.9
    )  # fmt: skip
    return schema.conform(found[schema.LAYERS["model_limit"].column_names], "model_limit").iloc[0]


def test_names_lead_upwards_and_through_the_bulk_supply_point(substations):
    up = chain.above(substations)
    ids = substations["substation_id"].to_numpy()
    ways = [[ids[at] for at in way if at >= 0] for way in chain.chains(substations, up)]
    assert ways == [["P1", "B1", "G1"], ["P2", "G1"], ["B1", "G1"], ["B9"], ["G1"]]
    assert up.loc[0, ["bsp_method", "gsp_method"]].tolist() == [chain.BY_NAME, chain.THROUGH]
    # another operator's namesake does not count, and the named level stays, without a position
    other = up.loc[1, ["bsp", "bsp_name", "bsp_method", "bsp_confidence", "gsp_confidence"]]
    assert other.tolist() == [-1, "Nowhere BSP", chain.NOT_LISTED, "low", "high"]
    links = chain.links(substations, up)
    assert links[["lower_id", "upper_level", "upper_id", "upper_name"]].fillna("").to_numpy().tolist() == [
        ["P1", "bsp", "B1", "Yarnton"], ["P2", "bsp", "", "Nowhere BSP"], ["B1", "gsp", "G1", "Cowley GSP"],
    ]  # fmt: skip


def test_two_grid_supply_points_of_one_place_stay_apart():
    rows = [
        {"substation_id": "I1", "name": "Iver 132kV GSP", "level": "gsp"},
        {"substation_id": "I2", "name": "Iver 66kV GSP", "level": "gsp"},
        {"substation_id": "P1", "name": "Hillingdon Primary", "level": "primary", "upstream_gsp": "Iver 66kV GSP"},
        {"substation_id": "P2", "name": "Chalvey Primary", "level": "primary", "upstream_gsp": "IVER 132KV"},
        {"substation_id": "P3", "name": "Denham Primary", "level": "primary", "upstream_gsp": "Iver"},
    ]
    up = chain.above(layer("in_substation", [{"operator": "ssen"} | row for row in rows]))
    assert up["gsp"].tolist() == [-1, -1, 1, 0, -1]


def test_what_hangs_from_a_secondary_leads_on_with_the_weakest_confidence(substations):
    below = layer("in_substation", [
        {"substation_id": "S1", "operator": "ssen", "level": "secondary"},
        {"substation_id": "S2", "operator": "ssen", "level": "secondary", "upstream_bsp": "Yarnton"},
    ])  # fmt: skip
    every = pd.concat([substations, below], ignore_index=True)
    primary = pd.DataFrame({"at": [-1] * 5 + [0, -1], "method": None, "confidence": [None] * 5 + ["medium", None]})
    up = chain.above(every, primary=primary)
    ids = every["substation_id"].to_numpy()
    ways = [[ids[at] for at in way if at >= 0] for way in chain.chains(every, up)[5:]]
    assert ways == [["S1", "P1", "B1", "G1"], ["S2", "B1", "G1"]]
    assert up.loc[5, ["primary_confidence", "bsp_confidence", "gsp_confidence"]].tolist() == ["medium"] * 3
    assert up.loc[6, ["bsp_confidence", "gsp_confidence"]].tolist() == ["high"] * 2


def test_the_least_room_binds_and_silent_levels_are_named(substations):
    row = bound(substations, [room("P1", "primary", 5.0), room("B1", "bsp", 3.0)])
    assert row[["level", "substation_id", "where", "room_mw"]].tolist() == ["bsp", "B1", "unnamed", 3.0]
    assert row["levels_without_value"] == "gsp"
    silent = bound(substations, [room("B9", "bsp", 3.0)])
    assert silent["where"] == "no_figure"
    assert silent[["level", "substation_id", "figure_id", "value", "room_mw"]].isna().all()


def test_the_operators_text_leads_to_the_substation_that_binds(substations):
    rows = [room("P1", "primary", 2.0, constraint="Upstream Thermal Capacity"),
            room("B1", "bsp", 2.0, constraint="Substation Thermal Capacity")]  # fmt: skip
    row = bound(substations, rows)
    assert row[["level", "substation_id", "where", "figure_id"]].tolist() == ["bsp", "B1", "named", "P1"]
    assert row["constraint"] == "Upstream Thermal Capacity"
    between = bound(substations, rows[:1])
    assert between[["level", "substation_id", "where"]].tolist() == ["primary", "P1", "between"]


@pytest.mark.parametrize(
    ("proposed", "rag", "constraint", "verdict"),
    [
        (2.0, "Green", None, "fits"),
        (4.0, "Green", None, "fits_with_limit"),
        (2.0, "Red", "Substation Fault Level", "unknown"),
        (2.0, "Amber", "Substation Fault Level", "fits"),
        (2.0, "Red", "Substation Thermal Capacity", "fits"),
        (np.nan, "Green", None, "not_asked"),
    ],
)
def test_a_proposal_is_held_against_all_that_stands_above(substations, proposed, rag, constraint, verdict):
    row = bound(substations, [room("P1", "primary", 3.0, rag=rag, constraint=constraint)], proposed_mw=proposed)
    assert row["verdict"] == verdict
    assert row["proposed_mw"] == pytest.approx(proposed, nan_ok=True)


def test_a_floored_zero_is_no_room(substations):
    rows = [room("P1", "primary", 0.0, floor_at_zero=True, source_id="other", basis="connected")]
    row = bound(substations, rows, proposed_mw=1.0, queue_kw=np.full(5, 2000.0))
    assert row[["verdict", "room_mw", "floor_at_zero"]].tolist() == ["does_not_fit", 0.0, True]


def test_a_later_year_too_small_is_told(substations):
    rows = [room("P1", "primary", 3.0), room("P1", "primary", 1.0, scenario="HT", year=2030)]
    row = bound(substations, rows, proposed_mw=2.0)
    assert row[["verdict", "fits_until"]].tolist() == ["fits_until", 2029]


def test_mva_counts_by_the_power_factor(substations):
    rows = [room("P1", "primary", 4.0, unit="MVA", direction="demand"), room("B1", "bsp", 3.7, direction="demand")]
    row = bound(substations, rows, direction="demand", technology="any")
    assert row[["level", "value", "unit", "verdict"]].tolist() == ["primary", 4.0, "MVA", "not_asked"]
    assert row["room_mw"] == pytest.approx(3.6)


def test_the_asked_scenario_and_the_last_year_before_count(substations):
    rows = [room("P1", "primary", 9.0), room("P1", "primary", 5.0, scenario="Holistic Transition", year=2030),
            room("P1", "primary", 2.0, scenario="Holistic Transition", year=2040), room("B1", "bsp", 6.0)]  # fmt: skip
    row = bound(substations, rows, scenario="Holistic Transition", year=2035)
    assert row[["level", "room_mw", "row_year", "row_scenario"]].tolist() == [
        "primary",
        5.0,
        2030,
        "Holistic Transition",
    ]


GENERATORS = [
    {"generator_id": "1", "technology": "solar", "status": "accepted", "capacity_kw": 2000.0},
    {"generator_id": "2", "technology": "storage", "status": "accepted", "capacity_kw": 500.0},
    {"generator_id": "3", "technology": "solar", "status": "accepted"},
    {"generator_id": "4", "technology": "solar", "status": "connected", "capacity_kw": 9000.0},
]  # fmt: skip


@pytest.fixture
def waiting(substations):
    ways = chain.chains(substations, chain.above(substations))
    return queue.waiting_kw(layer("net_generator", GENERATORS), np.array([0, 2, 0, 0]), ways)


def test_what_waits_at_a_primary_waits_above_it_too(substations, waiting):
    assert dict(zip(substations["substation_id"], waiting.tolist(), strict=True)) == {
        "P1": 2000.0, "P2": 0.0, "B1": 2500.0, "B9": 0.0, "G1": 2500.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "basis", "counted", "left"),
    [
        ("ssen_headroom", "estimated", "yes", 5.0),
        ("enwl_headroom", "connected", "no", 3.0),
        ("spen_headroom", "not_stated", "unknown", 5.0),
    ],
)
def test_the_queue_is_told_beside_the_figure_and_comes_off_where_it_must(
    substations, waiting, source, basis, counted, left
):
    row = bound(substations, [room("P1", "primary", 5.0, source_id=source, basis=basis)], queue_kw=waiting)
    assert row[["value", "queue_mw", "queue_counted", "room_mw"]].tolist() == [5.0, 2.0, counted, left]


def test_managed_connections_are_told_in_the_operators_words(substations):
    row = bound(substations, [room("P1", "primary", 3.0)])
    assert row["managed"] == "Technical Limits Agreed at GSP: Yes"
    assert bound(substations, [room("B1", "bsp", 3.0, constraint="ANM zone")])["managed"] == "ANM zone"


def test_every_published_question_is_asked():
    rows = layer("in_headroom", [
        room("P1", "primary", 3.0), room("P1", "primary", 1.0, scenario="HT", year=2040),
        room("P1", "primary", 1.0, scenario="HT", year=2038), room("P1", "primary", 2.0, scenario="HT", year=2030),
        room("S1", "secondary", 2.0, year=2031, unit="kVA"),
    ])  # fmt: skip
    assert limits.questions(rows, year=2026).to_numpy().tolist() == [
        ["demand", "any", "now", 2026], ["demand", "any", "now", 2031],
        ["generation", "inverter", "HT", 2030], ["generation", "inverter", "HT", 2040],
        ["generation", "inverter", "now", 2026], ["generation", "inverter", "now", 2031],
    ]  # fmt: skip


def test_notes_count_what_binds_today(substations):
    rows = pd.DataFrame([bound(substations, [room("P1", "primary", 2.0, constraint="Upstream Thermal Capacity")])])
    assert limits.notes(rows) == (
        "From 1 primary substations up, what binds generation today: the network above primary at 1.",
    )
