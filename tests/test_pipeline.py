"""The engine: what is stale, why, and what a run leaves behind."""

import re
from dataclasses import replace

import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from laep import area as areas
from laep import ingest, init, leaning, pipeline, steps
from laep.cli import app
from laep.errors import LaepError, LayerMissing
from laep.ingest.place import boundary
from laep.pipeline import Step
from laep.schema import LAYERS
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
         "annual_kwh": tenure["households"] * kwh, "annual_low_kwh": None, "annual_high_kwh": None, "home_share": 1.0,
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
    areas.override(area, {"pv.system.loss": 0.2})
    assert states(areas.load(area.folder), store) == [("demand", "fresh"), ("months", "fresh")]
    areas.override(area, {"demand.home_kwh": 3000})
    changed = areas.load(area.folder)
    assert pipeline.status(changed, store, STEPS)[0].reason == "assumption changed: demand.home_kwh"
    pipeline.run(changed, store, STEPS)
    used = store.assumptions().set_index("key").loc["demand.home_kwh"]
    assert (used["step"], used["value"], used["confidence"]) == ("demand", 3000, "override")


def test_a_step_runs_again_when_the_code_it_leans_on_has_changed(area, store, monkeypatch):
    pipeline.run(area, store, STEPS)
    on_function = leaning.on_function

    def newer(function, **more):
        leans = on_function(function, **more)
        return replace(leans, code="newer") if function is demand else leans

    monkeypatch.setattr(leaning, "on_function", newer)
    assert [s.reason for s in pipeline.status(area, store, STEPS)] == [
        "laep does this step differently now",
        "demand is about to run",
    ]


def test_a_new_rule_or_question_runs_the_steps_that_judge_by_it(tmp_path, monkeypatch):
    (tmp_path / "laep.toml").write_text('[area]\nname = "x"\n', encoding="utf-8")
    area = areas.load(tmp_path)
    store = Store.create(area.gpkg, area.area_id)
    judging = [step for step in steps.STEPS if step.name in ("stock", "blocks", "questions", "pathways")]
    pipeline.run(area, store, judging)
    assert states(area, store, judging) == [
        ("stock", "skipped"),
        ("blocks", "fresh"),
        ("questions", "fresh"),
        ("pathways", "fresh"),
    ]
    whole = leaning._sha256
    for table, told in {
        "questions.toml": {"blocks", "questions", "pathways"},
        "marketplace.toml": {"blocks", "questions", "pathways"},
        "pathways.toml": {"questions", "pathways"},
    }.items():
        monkeypatch.setattr(leaning, "_sha256", lambda path, table=table: whole(path) + "!" * (path.name == table))
        due = {s.step.name: s.reason for s in pipeline.status(area, store, judging) if s.due}
        assert told <= set(due)
        assert "stock" not in due
        assert {due[name] for name in told} <= {f"changed: {table}"}


def test_a_step_without_its_layer_is_skipped_with_the_reason_and_its_old_result_goes(area, store):
    pipeline.run(area, store, STEPS)
    with store.edit() as edit:
        edit.drop("in_tenure")
    happened = pipeline.run(area, store, STEPS)
    assert [s.state for s in happened] == ["skipped", "skipped"]
    assert happened[0].reason.endswith("Run `laep ingest tenure --file PATH`.")
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


def test_new_questions_are_written_into_the_answers_and_told(area, store, monkeypatch):
    area.answers.write_text('[residents]\neffort = "some"\n', encoding="utf-8")
    step = Step("rules", "", (pipeline.ANSWERS,), ("model_month",), lambda _: months_of_nothing())
    told = pipeline.run(area, store, (step,))[0].reason
    assert told.startswith("answers.toml asks more now, at the end of each part: ")
    asks = area.answers.read_text(encoding="utf-8")
    assert "\n# agreement = " in asks
    area.answers.write_text('[residents]\neffort = "a_lot"\n', encoding="utf-8")  # somebody took the lines out again
    assert "asks more" not in pipeline.run(area, store, (step,))[0].reason
    on_function = leaning.on_function
    monkeypatch.setattr(
        leaning, "on_function", lambda *a, **m: replace(on_function(*a, **m), data={"questions.toml": "newer"})
    )
    assert pipeline.status(area, store, (step,))[0].reason == "changed: questions.toml"
    assert "asks more now" in pipeline.run(area, store, (step,))[0].reason


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


def nothing(_inputs):
    return {}


def test_steps_run_after_those_whose_layers_they_read():
    first = Step("first", "", ("in_zone",), ("model_demand",), nothing)
    second = Step("second", "", ("model_demand",), ("model_month",), nothing)
    apart = Step("apart", "", ("in_home",), ("model_stock",), nothing)
    assert pipeline.in_order((second, apart, first)) == (apart, first, second)
    assert pipeline.in_order((apart, second, first)) == (apart, first, second)
    assert pipeline.in_order((first, second, apart)) == (first, second, apart)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ([("a", "model_demand", "model_month"), ("b", "model_month", "model_demand")], "wait for one another"),
        ([("a", "in_zone", "model_month"), ("b", "in_zone", "model_month")], "model_month is written by 2 steps"),
        ([("a", "model_demand", "model_month")], "a reads model_demand, which nobody writes"),
        ([("a", "in_moor", "model_month")], "a reads in_moor, which nobody writes"),
        ([("a", "in_zone", "in_home")], "a writes in_home, which sources write"),
        ([("a", "in_zone", "model_moor")], "a writes model_moor, which is no layer"),
    ],
)
def test_steps_that_do_not_fit_together_are_refused(wrong, told):
    with pytest.raises(LaepError, match=told):
        pipeline.in_order([Step(name, "", (reads,), (writes,), nothing) for name, reads, writes in wrong])


def test_every_layer_has_a_writer_and_only_sources_write_what_comes_from_outside():
    assert [layer for layer in LAYERS if not pipeline.writers(layer, steps.STEPS)] == []
    written = {layer for name in ingest.MODULES for layer in ingest.load(name).SOURCE.writes}
    assert {layer for layer in LAYERS if layer.startswith(pipeline.FROM_OUTSIDE)} == written


def test_what_is_advised_for_a_missing_layer_can_be_typed(tmp_path):
    square = boundary.Place(name="x", code=None, found_by="test", geometry=shapely.box(440000, 210000, 440400, 210400))
    made = init.create("x", square, parent=tmp_path)
    typed = {"layers in_place"}  # what the store itself says
    for layer in LAYERS:
        way = pipeline.way_to(layer, steps.STEPS)
        commands = re.findall(r"`laep ([^`]+)`", way)
        assert commands, layer
        assert set(re.findall(r"tep `(\w+)`", way)) <= {step.name for step in steps.STEPS if layer in step.writes}
        others = re.findall(r"or one of ([\w, ]+)\.", way)
        sources = [command.split()[1] for command in commands if command.startswith("ingest ")]
        for name in [*sources, *(others[0].split(", ") if others else ())]:
            assert layer in ingest.load(name).SOURCE.writes
        typed.update(commands)
    for command in sorted(typed):
        where = () if command.startswith("layers") else ("--area", str(made.folder))
        done = CliRunner().invoke(app, [*command.split(), *where])
        assert done.exit_code == 0 or "PATH: no such file" in str(done.exception), (command, done.output)


def test_what_steps_share_is_worked_out_once_a_run_and_again_for_other_layers(area, store):
    worked = []

    def inputs(made):
        return pipeline.Inputs(
            area=area, store=store, assumptions=None, answers=None, reads=("in_tenure",), made=made
        )  # fmt: skip

    def households(tenure):
        worked.append(1)
        return tenure["households"].sum()

    made = {}
    assert [inputs(made).once("households", ("in_tenure",), households) for _ in range(2)] == [100, 100]
    assert len(worked) == 1
    with store.edit() as edit:
        edit.write("in_tenure", ZONES.assign(households=7), step="ingest tenure")
    assert inputs(made).once("households", ("in_tenure",), households) == 7
