"""The engine: what is stale, why, and what a run leaves behind."""

import pandas as pd
import pytest

from laep import area as areas
from laep import pipeline
from laep.errors import LaepError, LayerMissing
from laep.pipeline import Step
from laep.store import Store

ZONES = pd.DataFrame(
    {"zone_id": ["E01"], "households": [100], "owned": [60], "shared_ownership": [0], "social_rented": [30],
     "private_rented": [10], "share_in_area": [1.0], "source_id": "tenure"}
)  # fmt: skip


@pytest.fixture
def area(tmp_path):
    (tmp_path / "laep.toml").write_text('[area]\nname = "x"\n', encoding="utf-8")
    return areas.load(tmp_path)


@pytest.fixture
def store(area):
    store = Store.create(area.gpkg, area.area_id)
    with store.edit() as edit:
        edit.write("in_tenure", ZONES, step="ingest tenure")
    return store


def demand(inputs):
    kwh = inputs.assumptions.value("demand.home_kwh", "kWh/yr")
    tenure = inputs["in_tenure"]
    inputs.notes.append(f"{len(tenure)} zones")
    frame = pd.DataFrame(
        {"scope": "zone", "scope_id": tenure["zone_id"], "use": "home", "homes": tenure["households"],
         "annual_kwh": tenure["households"] * kwh, "annual_low_kwh": None, "annual_high_kwh": None,
         "profile": "elexon_pc1", "method": "test", "confidence": "low"}
    )  # fmt: skip
    return {"model_demand": frame}


def months(inputs):
    total = inputs["model_demand"]["annual_kwh"].sum()
    rows = {"month": range(1, 13), "demand_kwh": total / 12, "solar_kwh": None, "ghi_kwh_m2": 1.0, "temp_air_c": 9.0}
    return {"model_month": pd.DataFrame(rows)}


DEMAND = Step("demand", "Working out demand", ("in_tenure",), ("model_demand",), demand)
MONTHS = Step("months", "Adding up months", ("model_demand",), ("model_month",), months)
STEPS = (DEMAND, MONTHS)


def states(area, store, steps=STEPS):
    return [(s.step.name, s.state) for s in pipeline.status(area, store, steps)]


def test_a_first_run_runs_everything_and_a_second_nothing(area, store):
    seen = []
    pipeline.run(area, store, STEPS, on_event=lambda e: seen.append((e.name, e.happened, e.note)))
    assert seen == [
        ("demand", "begins", "has not run yet"),
        ("demand", "done", "1 zones"),
        ("months", "begins", "has not run yet"),
        ("months", "done", "has not run yet"),
    ]
    assert [s.state for s in pipeline.run(area, store, STEPS)] == ["fresh", "fresh"]
    assert store.read("model_month")["demand_kwh"].sum() == pytest.approx(100 * 2500)


def test_a_changed_layer_makes_what_hangs_on_it_stale(area, store):
    pipeline.run(area, store, STEPS)
    with store.edit() as edit:
        edit.write("in_tenure", ZONES.assign(households=200), step="ingest tenure")
    found = pipeline.status(area, store, STEPS)
    assert [(s.state, s.reason) for s in found] == [
        ("stale", "changed: in_tenure"),
        ("stale", "demand is about to run"),
    ]
    assert [s.state for s in pipeline.run(area, store, STEPS)] == ["done", "done"]


def test_a_rewritten_layer_with_the_same_content_makes_nothing_stale(area, store):
    pipeline.run(area, store, STEPS)
    with store.edit() as edit:
        edit.write("in_tenure", ZONES.copy(), step="ingest tenure")
    assert states(area, store) == [("demand", "fresh"), ("months", "fresh")]


def test_only_the_assumptions_a_step_used_make_it_stale(area, store):
    pipeline.run(area, store, STEPS)
    areas.override(area, "pv.system.loss", 0.2)
    assert states(areas.load(area.folder), store) == [("demand", "fresh"), ("months", "fresh")]
    areas.override(area, "demand.home_kwh", 3000)
    changed = areas.load(area.folder)
    assert pipeline.status(changed, store, STEPS)[0].reason == "assumption changed: demand.home_kwh"
    pipeline.run(changed, store, STEPS)
    used = store.assumptions().set_index("key").loc["demand.home_kwh"]
    assert (used["step"], used["value"], used["confidence"]) == ("demand", 3000, "override")


def test_a_new_version_of_a_step_runs_again(area, store):
    pipeline.run(area, store, STEPS)
    newer = Step("demand", "Working out demand", ("in_tenure",), ("model_demand",), demand, version=2)
    assert pipeline.status(area, store, (newer, MONTHS))[0].reason == "laep does this step differently now"


def test_a_step_without_its_layer_is_skipped_with_the_reason_and_its_old_result_goes(area, store):
    pipeline.run(area, store, STEPS)
    with store.edit() as edit:
        edit.drop("in_tenure")
    happened = pipeline.run(area, store, STEPS)
    assert [s.state for s in happened] == ["skipped", "skipped"]
    assert "in_tenure" in happened[0].reason
    assert not store.has("model_demand")
    assert states(area, store) == [("demand", "skipped"), ("months", "skipped")]


def test_an_interrupted_run_goes_on_where_it_stopped(area, store):
    def stop(_inputs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.run(area, store, (DEMAND, Step("months", "", ("model_demand",), ("model_month",), stop)))
    assert [(s.step.name, s.state) for s in pipeline.run(area, store, STEPS)] == [
        ("demand", "fresh"),
        ("months", "done"),
    ]


def test_answers_are_an_input(area, store):
    step = Step("rules", "", (pipeline.ANSWERS,), ("model_month",), lambda _: months_of_nothing())
    pipeline.run(area, store, (step,))
    area.answers.write_text('[residents]\neffort = "some"\n', encoding="utf-8")
    assert pipeline.status(area, store, (step,))[0].reason == "changed: answers"


def months_of_nothing():
    rows = {"month": range(1, 13), "demand_kwh": None, "solar_kwh": None, "ghi_kwh_m2": 1.0, "temp_air_c": 9.0}
    return {"model_month": pd.DataFrame(rows)}


def test_a_step_may_read_only_what_it_declares(area, store):
    step = Step("sly", "", ("in_zone",), ("model_demand",), demand)
    with pytest.raises(LaepError, match="does not declare"):
        pipeline.run(area, store, (step,))


def test_a_step_writes_exactly_what_it_declares(area, store):
    step = Step("lazy", "", ("in_tenure",), ("model_demand", "model_month"), demand)
    with pytest.raises(LaepError, match="declares model_demand, model_month but wrote model_demand"):
        pipeline.run(area, store, (step,))


def test_optional_layers_come_as_none(area, store):
    inputs = pipeline.Inputs(area=area, store=store, assumptions=None, answers=None, reads=("in_zone", "in_tenure"))
    assert inputs.get("in_zone") is None
    assert list(inputs.frames()) == ["in_tenure"]
    with pytest.raises(LayerMissing, match="in_zone"):
        inputs["in_zone"]
