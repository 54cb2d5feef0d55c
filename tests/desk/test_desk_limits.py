"""What no figure counts, what larger asks get, small generators, sizes in files and shared room (F2, F4, F5, F9, F14)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from laep.checked import Proposal
from laep.desk import bulk, check, proposals
from laep.errors import UserFault
from laep.models.network import decide, figures
from laep.models.network.figures import GENERATION, Choice
from laep.models.network.verdicts import Verdict

PRIMARY, ABOVE = 0, 1
CHAINS = np.array([[-1, PRIMARY, -1, ABOVE], [-1, -1, -1, ABOVE]])
RED_FOR = [
    (("Red", "Fault Level"), ("Green", None)),
    (("Red", "Fault-Level"), ("Green", None)),
    (("R", "Switchgear rating"), ("Green", None)),
    (("Red - Voltage", None), ("Green", None)),
    (("Red", None), ("Green", None)),
    (("Red", "Upstream Thermal Capacity & Substation Fault Level"), ("Green", None)),
    (("Green", None), ("Red", "Substation Fault Level")),
]


def told(primary, above, value=12.0, top=30.0):
    (rag, constraint), (top_rag, top_constraint) = primary, above
    columns = {
        "direction": ["generation"] * 2, "technology": ["any"] * 2, "scenario": ["now"] * 2, "year": [2026] * 2,
        "value": [value, top], "unit": ["MW"] * 2, "power_factor": [None] * 2, "basis": [None] * 2,
        "floor_at_zero": [False] * 2, "rag": [rag, top_rag], "constraint": [constraint, top_constraint], "instead": [None] * 2,
        "source_id": ["t"] * 2,
    }  # fmt: skip
    held = figures.rows(columns, [PRIMARY, ABOVE], power_factor=0.95)
    return figures.choose(held, Choice(power_factor=0.95), count=2)


def verdict(book, kw):
    none = np.zeros(1)
    asked = decide.Asks(generation_kw=np.array([float(kw)]), demand_kw=none, storage_kw=none)
    found = decide.decide(book, CHAINS, np.array([PRIMARY]), asked, years=np.zeros(1, dtype=np.int64))
    return Verdict(found.verdict[0, GENERATION]), float(found.allowed_kw[0, GENERATION])


@pytest.mark.parametrize(("primary", "above"), RED_FOR)
def test_f2_f15_red_for_what_is_not_counted_is_never_room_and_no_limit_mends_it(primary, above):
    assert verdict(told(primary, above), 500)[0] is Verdict.UNKNOWN
    assert verdict(told(primary, above), 40_000) == (Verdict.NO, 0.0)


def test_red_for_what_flows_has_the_room_that_is_published():
    assert verdict(told(("Red", "Substation Thermal Capacity"), ("Green", None)), 500)[0] is Verdict.FITS


def test_red_above_without_a_figure_is_open_unless_the_figure_below_counts_it():
    above = ("Red", "Substation Thermal Capacity")
    assert verdict(told(("Green", None), above, top=None), 500)[0] is Verdict.UNKNOWN
    assert verdict(told(("Amber", "Upstream Thermal Capacity"), above, top=None), 500)[0] is Verdict.FITS


@given(
    primary=some.sampled_from([("Green", None), ("Red", "Thermal"), ("Red", "Fault Level"), ("Red", None)]),
    value=some.one_of(some.none(), some.floats(-5, 20)), top=some.one_of(some.none(), some.floats(-5, 20)),
    small=some.floats(0.1, 30_000), more=some.floats(0, 30_000),
)  # fmt: skip
def test_f2_a_larger_ask_never_gets_a_better_verdict(primary, value, top, small, more):
    book = told(primary, ("Green", None), value, top)
    assert verdict(book, small)[0] <= verdict(book, small + more)[0]


def ask(held, numbers, **proposal):
    return check.check(held, Proposal(**proposal), numbers)


def test_f4_a_small_generator_is_told_of_and_headroom_does_not_decide(held, numbers):
    full = "E - WNDL - 07"
    small = ask(held, numbers, asset=full, generation_kw=3.6)
    assert (small.verdict, small.route.code) == ("fits", "g98")
    assert small.words.startswith("Connect and notify (G98)")
    single = ask(held, numbers, asset=full, generation_kw=5)
    assert (single.route.code, single.route.phases, single.verdict) == ("g99_short", 1, "does_not_fit")
    assert ask(held, numbers, asset=full, generation_kw=5, phases=3).route.code == "g98"


def test_f9_a_site_that_sends_nothing_out_is_a_case(held, numbers):
    found = ask(held, numbers, asset="E - WNDL - 07", generation_kw=250, export_limit_kw=0)
    assert found.verdict == "fits"
    assert found.route.code == "g99"


def write(tmp_path, header, *rows):
    path = tmp_path / "proposals.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_f5_a_size_without_a_unit_is_asked_about(held, tmp_path):
    with pytest.raises(UserFault, match=r"no column for the size .* 'generation' for generation_kw"):
        proposals.read(write(tmp_path, "lat,lon,generation", "51.778,-1.4709,5"), held)


def test_f5_capacity_and_export_limit_are_two_things_and_unused_columns_are_named(held, numbers, tmp_path):
    path = write(tmp_path, "lat,lon,capacity_kw,export_kw,phases,colour", "51.778,-1.4709,1500,100,3,red")
    said = []
    row = bulk.check_file(held, path, numbers, on_stage=said.append).table.iloc[0]
    assert (row["generation_kw"], row["export_limit_kw"], row["verdict"]) == (1500, 100, "fits")
    assert row["g99_type"] == "B"
    assert "columns of proposals.csv that are not used: colour" in said


def test_f14_before_and_after_are_those_of_the_moment(held, numbers, tmp_path):
    sizes = ("A,700", "B,700", "C,700")
    path = write(tmp_path, "lat,lon,id,generation_kw", *(f"51.778,-1.4709,{row}" for row in sizes))
    found = bulk.check_file(held, path, numbers, cumulative="queue").table
    assert found["verdict"].tolist() == ["fits", "fits_with_limit", "does_not_fit"]
    np.testing.assert_allclose(found["before"], [1.1, 0.4, 0.0], atol=1e-6)
    np.testing.assert_allclose(found["after"], [0.4, 0.0, 0.0], atol=1e-6)


def test_f14_what_cannot_be_said_in_one_direction_takes_nothing_in_the_other():
    kw = np.array([8000.0, 8000.0])
    asked = decide.Asks(generation_kw=kw, demand_kw=np.array([100.0, 0.0]), storage_kw=np.zeros(2))
    start, years = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
    found = decide.decide(told(("Green", None), ("Green", None)), CHAINS, start, asked, years=years, cumulative="queue")
    assert found.overall.tolist() == [Verdict.UNKNOWN, Verdict.FITS]


def test_f14_six_proposals_shared_by_size_say_their_share_and_take_no_more_than_there_is(held, numbers, tmp_path):
    sizes = (1100, 550, 275, 100, 100, 75)  # twice what is published for the primary
    path = write(tmp_path, "asset,id,generation_kw", *(f"E - WNDL - 03,P{n},{kw}" for n, kw in enumerate(sizes)))
    shared = bulk.check_file(held, path, numbers, cumulative="prorata").table
    np.testing.assert_allclose(shared["share"], 0.5, atol=1e-3)
    assert 1099 < shared["allowed_generation_kw"].sum() <= 1100
    queue = bulk.check_file(held, path, numbers, cumulative="queue").table
    assert queue["share"].tolist() == [1, 0, 0, 0, 0, 0]
    assert queue["after"].tolist() == [0] * 6
    assert bulk.check_file(held, path, numbers).table["share"].isna().all()
