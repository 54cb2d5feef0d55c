"""The engine: which steps are stale and why, and running them in order, each result in place before the next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, TypeVar

from laep import answers as answers_file
from laep import faults, ingest, leaning
from laep.assumptions import Assumptions
from laep.errors import LaepError, LayerMissing, MachineRefused, UserFault
from laep.events import Event, Happened, Skipped, unheard
from laep.schema import LAYERS, empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

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
CODE = "laep"
"""An input that is not a layer: laep's own code that the step leans on."""
QUESTIONS = "questions.toml"
"""An input that is not a layer: the questions laep asks."""
FROM_OUTSIDE = "in_"
"""How the names of layers begin that sources write; all others are written by steps."""

Made = TypeVar("Made")


class Inputs:
    """
    What a step may use: the layers it declares, the area's assumptions, and the answers.

    `inputs[layer]` insists on a layer, `inputs.get(layer)` gives None when the area does not hold it. What a step
    notices (matched and unmatched counts, fallbacks) goes into `notes`.
    """

    def __init__(
        self,
        *,
        area: Area,
        store: Store,
        assumptions: Assumptions,
        answers: Answers,
        reads: tuple[str, ...],
        steps: Sequence[Step] = (),
        made: dict[Any, Any] | None = None,
    ) -> None:
        self.notes: list[str] = []
        self.area = area
        self.assumptions = assumptions
        self.answers = answers
        self._store = store
        self._reads = reads
        self._steps = steps
        self._made = {} if made is None else made
        self._held = store.layers()

    def __getitem__(self, layer: str) -> pd.DataFrame:
        """Return a layer the step cannot do without."""
        if layer not in self._reads:
            raise LaepError(f"A step read layer {layer}, which it does not declare.")
        if layer not in self._held:
            raise LayerMissing(f"The area has no layer {layer}. {way_to(layer, self._steps)}")
        return self._store.read(layer, known=self._held[layer].fingerprint)

    def once(
        self, name: str, layers: Iterable[str], make: Callable[..., Made], *, or_empty: Iterable[str] = ()
    ) -> Made:
        """
        Return what `make` gives for `layers` and those it can do without, worked out once a run while they stay as is.

        Steps share it, so nobody changes it; and `make` takes nothing but the layers: what it took of assumptions
        would be noted for the first of the steps alone.
        """
        frames = [*map(self.__getitem__, layers), *map(self.or_empty, or_empty)]
        key = (
            name,
            *(self._held[layer].fingerprint if layer in self._held else ABSENT for layer in (*layers, *or_empty)),
        )
        if key not in self._made:
            self._made[key] = make(*frames)
        found: Made = self._made[key]
        return found

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

    def skipped(self) -> list[Skipped]:
        """Return the steps that could not run, by name."""
        return skipped(self._store, self._steps)


@dataclass(frozen=True)
class Step:
    """
    One step: a function of declared layers to written layers.

    `run` may raise `LayerMissing`: the step is then recorded as skipped with the message as its reason, and its layers
    are absent. A step runs again when the code or the shipped tables that `run` leans on have changed (`leaning`).
    """

    name: str
    title: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: Callable[[Inputs], Mapping[str, pd.DataFrame]]

    @property
    def layers(self) -> tuple[str, ...]:
        """Return what it reads that is a layer."""
        return tuple(name for name in self.reads if name not in (ANSWERS, AREA))


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


def in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """
    Return steps so that each comes after those whose layers it reads; else in the order given.

    Raises
    ------
    LaepError
        When two steps write one layer, one writes what sources write, one reads a layer that nobody writes, or steps
        wait for one another in a circle.
    """
    faults = _faults(steps)
    if faults:
        raise LaepError("The steps do not fit together: " + "; ".join(faults) + ".")
    writer = {layer: step.name for step in steps for layer in step.writes}
    graph = TopologicalSorter(
        {step.name: [writer[layer] for layer in step.layers if layer in writer] for step in steps}
    )
    try:
        graph.prepare()
    except CycleError as error:
        raise LaepError(f"Steps wait for one another: {' -> '.join(error.args[1])}.") from error
    place = {step.name: n for n, step in enumerate(steps)}
    ordered: list[Step] = []
    ready: set[str] = set()
    while graph.is_active():
        ready.update(graph.get_ready())
        first = min(ready, key=place.__getitem__)
        ready.remove(first)
        ordered.append(steps[place[first]])
        graph.done(first)
    return tuple(ordered)


def _faults(steps: Sequence[Step]) -> list[str]:
    writers = Counter(layer for step in steps for layer in step.writes)
    told = [f"{layer} is written by {times} steps" for layer, times in writers.items() if times > 1]
    for step in steps:
        told += [f"{step.name} writes {layer}, which sources write" for layer in step.writes if _outside(layer)]
        told += [f"{step.name} writes {layer}, which is no layer" for layer in step.writes if layer not in LAYERS]
        told += [
            f"{step.name} reads {layer}, which nobody writes"
            for layer in step.layers
            if layer not in writers and not (_outside(layer) and layer in LAYERS)
        ]
    return told


def writers(layer: str, steps: Iterable[Step]) -> list[str]:
    """Return who writes a layer: the sources, or the one step."""
    if _outside(layer):
        return [name for name in ingest.MODULES if layer in ingest.load(name).SOURCE.writes]
    return [step.name for step in steps if layer in step.writes]


def way_to(layer: str, steps: Iterable[Step]) -> str:
    """Return what to type to get a layer that the area does not hold."""
    names = writers(layer, steps)
    if not names:
        return "No step writes it."
    if not _outside(layer):
        return f"Step `{names[0]}` of `laep run` writes it: see `laep status`."
    first, *others = names
    file = " --file PATH" if ingest.load(first).SOURCE.needs_file else ""
    more = f", or one of {', '.join(others)}" if others else ""
    return f"Run `laep ingest {first}{file}`{more}."


def skipped(store: Store, steps: Iterable[Step]) -> list[Skipped]:
    """Return the steps that could not run when they last tried, by name."""
    writes = {step.name: step.writes for step in steps}
    ran = store.steps()
    return [
        Skipped(name, writes.get(name, ()), ran[name].message)
        for name in sorted(ran)
        if ran[name].outcome in ("skipped", "failed")
    ]


def status(area: Area, store: Store, steps: Iterable[Step]) -> list[StepStatus]:
    """Return the standing of every step; what depends on a step that is due is itself stale."""
    assumptions = Assumptions(area.overrides)
    held, ran = store.layers(), store.steps()
    given = _said(area, answers_file.read(area.answers)) | _fingerprints(held)
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


def run(area: Area, store: Store, steps: Sequence[Step], *, on_event: Listener = unheard) -> list[StepStatus]:
    """
    Run every stale step in order and return what happened to each.

    `on_event` is told of every step that begins, with the reason, and of how each ends.

    Raises
    ------
    LaepError
        After all steps have been tried, with every fault of ours in one message. What the others made is kept; a step
        that failed is tried again next time. What the user or the computer has to mend first stops the run at once.
    """
    failed: list[tuple[str, LaepError]] = []
    assumptions, answers = Assumptions(area.overrides), answers_file.read(area.answers)
    said, made = _said(area, answers), {}  # type: dict[str, str], dict[Any, Any]
    happened = []
    for step in steps:
        held, previous = store.layers(), store.steps().get(step.name)
        given = said | _fingerprints(held)
        reason = _why_due(step, previous, held, given, assumptions)
        if previous and not reason:
            state, note = ("fresh" if previous.outcome == "done" else "skipped"), previous.message
        else:
            on_event(Event(step.name, Happened.BEGINS, reason, step.title))
            inputs = Inputs(
                area=area, store=store, assumptions=assumptions, answers=answers, reads=step.layers, steps=steps,
                made=made,
            )  # fmt: skip
            if ANSWERS in step.reads and _asks_anew(step, previous, given):
                inputs.notes += _learnt(area)
            state, note = _run_one(step, inputs, store, _current(step, given), failed)
        on_event(Event(step.name, Happened(state), note or reason, step.title))
        happened.append(StepStatus(step, state, note))
    if failed:
        raise faults.together(failed, UserFault) from failed[0][1]
    return happened


def _run_one(
    step: Step, inputs: Inputs, store: Store, current: Mapping[str, str], failed: list[tuple[str, LaepError]]
) -> tuple[str, str]:
    inputs.assumptions.forget()
    try:
        results, outcome, message = _made(step, inputs), "done", "\n".join(inputs.notes)
        _keep(step, inputs, store, current, results, outcome, message)
    except LayerMissing as missing:
        outcome, message = "skipped", str(missing)
        _keep(step, inputs, store, current, {}, outcome, message)
    except Exception as error:
        fault = faults.told(error, doing=f"step {step.name}", folder=inputs.area.folder)
        if isinstance(fault, UserFault | MachineRefused):
            raise fault from error
        failed.append((step.name, fault))
        outcome, message = "failed", f"laep went wrong here: see {faults.FILE_NAME} in the area folder."
        _keep(step, inputs, store, current, {}, outcome, message)
    return outcome, message


def _made(step: Step, inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    results = step.run(inputs)
    if set(results) != set(step.writes):
        raise LaepError(f"Step {step.name} declares {', '.join(step.writes)} but wrote {', '.join(results)}.")
    return results


def _keep(
    step: Step,
    inputs: Inputs,
    store: Store,
    current: Mapping[str, str],
    results: Mapping[str, pd.DataFrame],
    outcome: str,
    message: str,
) -> None:
    """Write what a step made, or take away what it made before, and record how it ended."""
    used = [inputs.assumptions[key] for key in sorted(inputs.assumptions.used)]
    with store.edit() as edit:
        for layer in step.writes:
            if layer in results:
                edit.write(layer, results[layer], step=step.name)
            else:
                edit.drop(layer)
        edit.record_step(step.name, inputs=current, used=used, outcome=outcome, message=message)


def _why_due(
    step: Step,
    previous: StepState | None,
    held: Mapping[str, LayerState],
    given: Mapping[str, str],
    assumptions: Assumptions,
) -> str:
    if previous is None:
        return "has not run yet"
    if previous.outcome == "failed":
        return "failed last time"
    current = _current(step, given)
    changed = [name for name in current if previous.inputs.get(name) != current[name]]
    if changed == [CODE]:
        return "laep does this step differently now"
    if changed:
        return "changed: " + ", ".join(changed)
    moved = [
        key for key, span in previous.assumptions.items() if key not in assumptions or [*assumptions[key].span] != span
    ]
    if moved:
        return "assumption changed: " + ", ".join(moved)
    lost = [layer for layer in step.writes if previous.outcome == "done" and layer not in held]
    return "lost its layer " + ", ".join(lost) if lost else ""


def _asks_anew(step: Step, previous: StepState | None, given: Mapping[str, str]) -> bool:
    return previous is None or previous.inputs.get(QUESTIONS) != _current(step, given).get(QUESTIONS)


def _learnt(area: Area) -> list[str]:
    """Write questions that are new into answers.toml, and say which."""
    new = answers_file.learn(area.answers)
    return [f"answers.toml asks more now, at the end of each part: {', '.join(new)}"] if new else []


def _said(area: Area, answers: Answers) -> dict[str, str]:
    return {ANSWERS: answers.digest(), AREA: f"{area.name} from {area.begins}"}


def _fingerprints(held: Mapping[str, LayerState]) -> dict[str, str]:
    return {name: state.fingerprint for name, state in held.items()}


def _current(step: Step, given: Mapping[str, str]) -> dict[str, str]:
    leans = leaning.on_function(step.run, layers=(*step.layers, *step.writes))
    return {**{name: given.get(name, ABSENT) for name in step.reads}, CODE: leans.code, **leans.data}


def _outside(layer: str) -> bool:
    return layer.startswith(FROM_OUTSIDE)
