"""What a step or source leans on: enough to run again when it must, and no more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from laep import ingest, leaning
from laep.steps import STEPS

STEP = {step.name: step for step in STEPS}


@pytest.fixture
def changed(monkeypatch):
    """Return the steps and sources that are due when one module has changed."""
    text = leaning._text

    def forget():
        for kept in (leaning._parts, leaning._outline, leaning._imports):
            kept.cache_clear()

    def due(module, old="", new="# changed"):
        before = hashes()
        forget()
        monkeypatch.setattr(
            leaning, "_text",
            lambda name: (text(name).replace(old, new) if old else text(name) + new) if name == module else text(name),
        )  # fmt: skip
        after = hashes()
        monkeypatch.setattr(leaning, "_text", text)
        forget()
        return {name for name in before if before[name] != after[name]}

    return due


def hashes():
    found = {name: leaning.on_function(step.run).code for name, step in STEP.items()}
    sources = ("osm", "tenure", "weather")
    return found | {name: leaning.on_module(ingest.MODULES[name]).code for name in sources}


def test_a_model_makes_the_steps_due_that_use_it_and_no_others(changed):
    assert changed("laep.models.energy.solar") == {
        "solar", "heat", "segments", "balance", "self_balance", "assets", "finance",
    }  # fmt: skip
    assert changed("laep.models.money.finance") >= {"finance"}
    assert "heights" not in changed("laep.models.money.finance")


def test_what_a_model_leans_on_in_turn_counts(changed):
    assert {"demand", "segments", "balance"} <= changed("laep.models.time.profiles")


def test_a_step_stands_apart_from_its_neighbours_in_one_file(changed):
    assert changed("laep.steps.network", "def _headroom(inputs: Inputs)", "def _headroom(inputs: Inputs, one=1)") == {
        "headroom"
    }
    assert "demand" not in changed("laep.steps.kit")


def test_a_reader_makes_its_own_source_due(changed):
    assert changed("laep.ingest.people.tenure") == {"tenure"}
    assert {"osm", "tenure"} <= changed("laep.ingest.read.table") | changed("laep.ingest.read.vector")


def test_neither_a_new_version_nor_another_layer_makes_anything_due(changed):
    assert changed("laep.version") == set()
    assert changed("laep.schema.layers") == set()


def test_a_layer_at_hand_counts():
    bare = leaning.on_function(STEP["demand"].run)
    assert leaning.on_function(STEP["demand"].run, layers=("model_demand",)).code != bare.code


def test_every_shipped_table_belongs_to_some_step_or_source():
    leant = {name for step in STEPS for name in leaning.on_function(step.run).data}
    leant |= {name for module in ingest.MODULES.values() for name in leaning.on_module(module).data}
    about = {"editions.toml"}  # what portals had when it was looked at: no layer hangs on it
    assert {path.name for path in leaning._shipped()} == leant | about
    assert not leant & about
    assert {"questions.toml", "self_balancing.toml"} <= set(leaning.on_function(STEP["blocks"].run).data)
    assert "elexon_shape.csv" in leaning.on_function(STEP["balance"].run).data
    assert "climate_month.csv" in leaning.on_module(ingest.MODULES["weather"]).data


def test_hashes_are_the_same_in_every_process():
    ask = "from laep import leaning; from laep.steps import STEPS; print([leaning.on_function(s.run, layers=(*s.layers, *s.writes)) for s in STEPS])"
    told = [
        subprocess.run(
            [sys.executable, "-c", ask], capture_output=True, text=True, check=True,
            cwd=Path(__file__).parents[1], env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert told[0] == told[1]
