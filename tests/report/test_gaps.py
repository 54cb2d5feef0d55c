"""What is not known is said, weighed, and met with what to type."""

import re

import frames_for_report as made
import pandas as pd
import pytest

from laep import ingest
from laep.events import Skipped
from laep.report import advice, gaps, register
from laep.schema import LAYERS, conform


@pytest.fixture(scope="module")
def frames():
    return made.village()


@pytest.fixture(scope="module")
def found(frames):
    skipped = [Skipped("wind", ("model_month",), "No wind layer. Run `laep run`")]
    return register.unknowns(frames, skipped, assumptions=made.assumptions())


def test_the_layer_conforms_and_weights_rank(found):
    pd.testing.assert_frame_equal(conform(found, "plan_unknown"), found)
    assert found["weight"].tolist() == list(range(1, len(found) + 1))


def test_what_is_missing_is_asked_for_with_a_source_that_exists():
    nothing = register.unknowns({}, {}).set_index("unknown_id")
    for layer, (_, _, find_out, _) in advice.INPUTS.items():
        assert layer in LAYERS
        assert nothing.loc[f"layer.{layer}", "find_out"] == find_out
        for source in re.findall(r"laep ingest (\w+)", find_out):
            assert source in ingest.MODULES
    assert "`laep ingest osm --file PATH`" in nothing.loc["layer.in_building", "find_out"]


def test_a_layer_that_is_held_is_not_missed(frames, found):
    held = {f"layer.{layer}" for layer in advice.INPUTS if layer in frames}
    assert not held & set(found["unknown_id"])


@pytest.mark.parametrize(
    "unknown_id",
    ["rules.partner", "rules.survey", "link.secondary", "headroom.floor", "headroom.silent", "roofs.archetype",
     "demand.unestimated", "demand.measured", "assumptions.unconfirmed", "step.wind", "layer.in_elevation"],
)  # fmt: skip
def test_each_kind_of_gap_is_found(found, unknown_id):
    assert unknown_id in set(found["unknown_id"])


def test_rules_say_how_many_are_gates_and_quote_questions(found):
    row = found.set_index("unknown_id").loc["rules.partner"]
    assert row["what"] == f"What partners would do: 6{chr(160)}rules of the field guide turn on it"
    assert "5" in row["matters"]
    assert row["find_out"].count("?") == gaps.ASK_SHOWN


def test_a_floor_at_zero_is_not_taken_as_nothing(frames):
    above = frames["model_headroom"].assign(value=1.0)
    ids = set(register.unknowns({**frames, "model_headroom": above}, {})["unknown_id"])
    assert "headroom.floor" not in ids


def test_measured_roofs_raise_no_doubt_about_archetypes(frames):
    measured = frames["model_solar"].assign(method="lidar plane")
    ids = set(register.unknowns({**frames, "model_solar": measured}, {})["unknown_id"])
    assert "roofs.archetype" not in ids


def test_confirmed_assumptions_raise_no_doubt(frames):
    sure = made.assumptions().assign(confidence="confirmed_primary")
    assert "assumptions.unconfirmed" not in set(register.unknowns(frames, {}, assumptions=sure)["unknown_id"])


def test_certificates_show_in_the_counts_made_of_them_and_the_census_does_not(frames):
    for basis, missed in (("certificates", False), ("census", True)):
        held = {**frames, "model_stock": pd.DataFrame({"basis": [basis], "topic": ["heating"]})}
        assert ("layer.in_home" in set(register.unknowns(held, {})["unknown_id"])) is missed
