"""The engine: which steps are stale and why, and running them in order, each result in place before the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from laep import answers as answers_file
from laep.assumptions import Assumptions
from laep.errors import LaepError, LayerMissing
from laep.events import Event, Happened, unheard
from laep.schema import empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from laep.answers import Answers
    from laep.area import Area
    from laep.events import Listener
    from laep.store import LayerState, StepState, Store

ABSENT = "absent"
ANSWERS = "answers"
"""An input that is not a layer: what people said."""
AREA = "area"
"""An input that is not a layer: the area's name and when its roadmap begins."""


class Inputs:
    """
    What a step may use: the layers it declares, the area's assumptions, and the answers.

    `inputs[layer]` insists on a layer, `inputs.get(layer)` gives None when the area does not hold it. What a step
    notices (matched and unmatched counts, fallbacks) goes into `notes`.
    """

    def __init__(
        self, *, area: Area, store: Store, assumptions: Assumptions, answers: Answers, reads: tuple[str, ...]
    ) -> None:
        self.notes: list[str] = []
        self.area = area
        self.assumptions = assumptions
        self.answers = answers
        self._store = store
        self._reads = reads
        self._held = store.layers()

    def __getitem__(self, layer: str) -> pd.DataFrame:
        """Return a layer the step cannot do without."""
        if layer not in self._reads:
            raise LaepError(f"A step read layer {layer}, which it does not declare.")
        return self._store.read(layer)

    def get(self, layer: str) -> pd.DataFrame | None:
        """Return a layer the step can do without, or None."""
        return self[layer] if layer in self._held else None

    def or_empty(self, layer: str) -> pd.DataFrame:
        """Return a layer the step can do without, or one with no rows."""
        found = self.get(layer)
        return empty(layer) if found is None else found

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every declared layer that the area holds, by name."""
        return {layer: self[layer] for layer in self._reads if layer in self._held}

    def assumptions_used(self) -> pd.DataFrame:
        """Return one row per step run so far and assumption it used."""
        return self._store.assumptions()

    def skipped(self) -> dict[str, str]:
        """Return the steps that could not run, with the reason."""
        return {name: state.message for name, state in self._store.steps().items() if state.outcome == "skipped"}


@dataclass(frozen=True)
class Step:
    """
    One step: a function of declared layers to written layers.

    `run` may raise `LayerMissing`: the step is then recorded as skipped with the message as its reason, and its layers
    are absent. `version` grows when the same inputs should give another result.
    """

    name: str
    title: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: Callable[[Inputs], Mapping[str, pd.DataFrame]]
    version: int = 1


@dataclass(frozen=True)
class StepStatus:
    """Whether a step is `fresh`, `skipped`, `stale` or `new`, and why."""

    step: Step
    state: str
    reason: str

    @property
    def due(self) -> bool:
        """Return whether the step would run now."""
        return self.state in ("stale", "new")


def status(area: Area, store: Store, steps: Iterable[Step]) -> list[StepStatus]:
    """Return the standing of every step; what depends on a step that is due is itself stale."""
    assumptions = Assumptions(area.overrides)
    given = _given(area, store)
    held, ran = store.layers(), store.steps()
    changing: dict[str, str] = {}
    found = []
    for step in steps:
        reason = _why_due(step, ran.get(step.name), held, given, assumptions)
        upstream = next((changing[layer] for layer in step.reads if layer in changing), None)
        if not reason and upstream:
            reason = f"{upstream} is about to run"
        if reason:
            state = "stale" if step.name in ran else "new"
            changing |= dict.fromkeys(step.writes, step.name)
        else:
            state = "fresh" if ran[step.name].outcome == "done" else "skipped"
            reason = ran[step.name].message
        found.append(StepStatus(step, state, reason))
    return found


def run(area: Area, store: Store, steps: Iterable[Step], *, on_event: Listener = unheard) -> list[StepStatus]:
    """
    Run every stale step in order and return what happened to each.

    `on_event` is told of every step that begins, with the reason, and of how each ends.
    """
    assumptions = Assumptions(area.overrides)
    answers = answers_file.read(area.answers)
    happened = []
    for step in steps:
        given = _given(area, store)
        previous = store.steps().get(step.name)
        reason = _why_due(step, previous, store.layers(), given, assumptions)
        if previous and not reason:
            state, note = ("fresh" if previous.outcome == "done" else "skipped"), previous.message
        else:
            on_event(Event(step.name, Happened.BEGINS, reason, step.title))
            inputs = Inputs(area=area, store=store, assumptions=assumptions, answers=answers, reads=_layers(step))
            state, note = _run_one(step, inputs, store, _current(step, given))
        on_event(Event(step.name, Happened(state), note or reason, step.title))
        happened.append(StepStatus(step, state, note))
    return happened


def _run_one(step: Step, inputs: Inputs, store: Store, current: Mapping[str, str]) -> tuple[str, str]:
    inputs.assumptions.forget()
    try:
        results, outcome, message = step.run(inputs), "done", "\n".join(inputs.notes)
    except LayerMissing as missing:
        results, outcome, message = {}, "skipped", str(missing)
    if outcome == "done" and set(results) != set(step.writes):
        raise LaepError(f"Step {step.name} declares {', '.join(step.writes)} but wrote {', '.join(results)}.")
    used = [inputs.assumptions[key] for key in sorted(inputs.assumptions.used)]
    with store.edit() as edit:
        for layer in step.writes:
            if outcome == "done":
                edit.write(layer, results[layer], step=step.name)
            else:
                edit.drop(layer)
        edit.record_step(step.name, version=step.version, inputs=current, used=used, outcome=outcome, message=message)
    return outcome, message


def _why_due(
    step: Step,
    previous: StepState | None,
    held: Mapping[str, LayerState],
    given: Mapping[str, str],
    assumptions: Assumptions,
) -> str:
    if previous is None:
        return "has not run yet"
    if previous.version != step.version:
        return "laep does this step differently now"
    current = _current(step, given)
    changed = [name for name in current if previous.inputs.get(name) != current[name]]
    if changed:
        return "changed: " + ", ".join(changed)
    moved = [
        key for key, span in previous.assumptions.items() if key not in assumptions or [*assumptions[key].span] != span
    ]
    if moved:
        return "assumption changed: " + ", ".join(moved)
    lost = [layer for layer in step.writes if previous.outcome == "done" and layer not in held]
    return "lost its layer " + ", ".join(lost) if lost else ""


def _given(area: Area, store: Store) -> dict[str, str]:
    fingerprints = {name: state.fingerprint for name, state in store.layers().items()}
    return {**fingerprints, ANSWERS: answers_file.read(area.answers).digest(), AREA: f"{area.name} from {area.begins}"}


def _current(step: Step, given: Mapping[str, str]) -> dict[str, str]:
    return {name: given.get(name, ABSENT) for name in step.reads}


def _layers(step: Step) -> tuple[str, ...]:
    return tuple(name for name in step.reads if name not in (ANSWERS, AREA))
