"""Steps in dated quarters: the first steps of every plan, then those of one course -> `plan_action`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from laep import schema
from laep.models.guide.catalogue import Activity, blocks
from laep.schema.vocabulary import STAGES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

PLAN = "laep"
ASKED_AT_ONCE = 3
"""Open questions written out in one step; more would not be read."""
STAGE_NAMES = {
    "identify_assets": "the look at where you stand",
    "identify_target": "the choice of a target",
    "build_partnerships": "finding partners",
    "augment_assets": "building",
    "optimise": "running it well",
}


@dataclass(frozen=True)
class Course:
    """
    One pathway as it would be followed here.

    `blocks` in order, up to the stage `ends_at`; `moved` puts a block's steps into another stage; `ours` lists stages
    on which the guide's text is damaged; `sure` is whether it is recommended; `to_settle` are the open questions;
    `names` are the blocks' names.
    """

    name: str
    blocks: tuple[str, ...]
    ends_at: str
    moved: Mapping[str, str]
    ours: tuple[str, ...]
    sure: bool
    to_settle: tuple[str, ...]
    names: Mapping[str, str]
    convenor_found: bool


@dataclass(frozen=True)
class _Step:
    """One step before and after it has its quarters, counted from the start."""

    id: str
    stage: str
    text: str
    who: str
    why: str
    cost: str
    quarters: int = 1
    together: bool = False
    begins: int = 0

    @property
    def ends(self) -> int:
        return self.begins + self.quarters - 1


def lay_out(
    course: Course, first: Sequence[Mapping[str, Any]], *, start: dt.date, refresh_years: float
) -> pd.DataFrame:
    """
    Return layer `plan_action`.

    Parameters
    ----------
    course : Course
        The pathway to lay out.
    first : sequence of mappings
        Steps every plan opens with; they run beside the others and hold nothing up.
    start : date
        Day in the first quarter.
    refresh_years : float
        Years until the plan is looked at again. [years]
    """
    steps = [_Step(**row) for row in first]
    clock = 0
    for stage in STAGES[: STAGES.index(course.ends_at) + 1]:
        chains = _chains(course, stage)
        laid = [step for chain in chains for step in _dated(chain, clock)]
        clock = max([step.ends for step in laid], default=clock) + 1
        steps += [*laid, replace(_stop(stage, last=stage == course.ends_at), begins=clock - 1)]
    steps.append(replace(_refresh(refresh_years), begins=round(refresh_years * 4)))
    return _rows(steps, start)


def questions_only(
    first: Sequence[Mapping[str, Any]], asked: Sequence[tuple[str, str]], *, start: dt.date, convenor_found: bool
) -> pd.DataFrame:
    """
    Return layer `plan_action` where no pathway leads: the first steps and the questions, and nothing after.

    Parameters
    ----------
    first : sequence of mappings
        Steps every plan opens with.
    asked : sequence of (question, section)
        Questions nobody has answered, the one that would part the pathways most first; sections as in `answers.toml`.
    start : date
        Day in the first quarter.
    convenor_found : bool
        Whether somebody is known to bring people together.
    """
    steps = [_Step(**row) for row in first]
    steps += [] if convenor_found else [_CONVENOR]
    steps += [_question(n, ask, section) for n, (ask, section) in enumerate(asked[:ASKED_AT_ONCE], start=1)]
    return _rows(steps, start)


def _question(n: int, ask: str, section: str) -> _Step:
    why = "The answer would part the pathways most." if n == 1 else "After that, this would part them most."
    who = "Planning team, asking residents" if section == "residents" else "Planning team, asking partners"
    return _Step(f"ASK-{n:02d}", "identify_target", ask, who, f"PR-03, PR-13: {why}", "A short survey and a few calls")


def _rows(steps: Sequence[_Step], start: dt.date) -> pd.DataFrame:
    """Return the steps in order with their quarters, as layer `plan_action`."""
    origin = start.year * 4 + (start.month - 1) // 3
    rows = [
        {
            "action_id": step.id, "stage": step.stage, "position": position, "action": step.text, "who": step.who,
            "starts": _quarter(origin + step.begins), "ends": _quarter(origin + step.ends), "why": step.why,
            "cost": step.cost,
        }
        for position, step in enumerate(steps, start=1)
    ]  # fmt: skip
    return schema.conform(pd.DataFrame(rows), "plan_action")


def _chains(course: Course, stage: str) -> list[list[_Step]]:
    """Return the steps of one stage, a chain for each block: chains run side by side, steps of a chain in turn."""
    chains = [
        [_step(course, block_id, one) for one in _activities(course, block_id, stage)] for block_id in course.blocks
    ]
    if stage == "identify_assets" and not course.convenor_found:
        chains[0] = [_CONVENOR, *chains[0]]
    if stage == "identify_target" and course.to_settle:
        chains[0] = [_ask(course), *chains[0]]
    return chains


def _activities(course: Course, block_id: str, stage: str) -> list[Activity]:
    return [one for one in blocks()[block_id].activities if course.moved.get(block_id, one.stage) == stage]


def _step(course: Course, block_id: str, one: Activity) -> _Step:
    stage = course.moved.get(block_id, one.stage)
    why = [f"{course.names[block_id]}, checklist {', '.join(one.covers)}."]
    if block_id != PLAN:
        why.append(f"For: {course.name}." if course.sure else f"Only if people choose: {course.name}.")
        if stage in course.ours:
            why.append("The guide's text on this stage is damaged; the step is our reading.")
    return _Step(one.covers[0], stage, one.text, one.who, " ".join(why), one.cost, one.quarters, one.together)


def _dated(chain: list[_Step], clock: int) -> list[_Step]:
    dated: list[_Step] = []
    free = clock
    for step in chain:
        begins = dated[-1].begins if step.together and dated else free
        dated.append(replace(step, begins=begins))
        free = max(free, dated[-1].ends + 1)
    return dated


def _stop(stage: str, *, last: bool) -> _Step:
    done = f"After {STAGE_NAMES[stage]}, ask: is this enough?"
    whole = "The pathway is complete here. Nothing further is owed."
    part = "Stopping here is as good an end as going on. Go on only if the next step adds enough for its effort."
    text = f"{done} {whole if last else part}"
    return _Step(f"STOP-{stage}", stage, text, "Residents", "PR-02, PR-06: enough is a fair place to end", "None")


def _ask(course: Course) -> _Step:
    rest = len(course.to_settle) - ASKED_AT_ONCE
    more = f" And {rest} more: see the pathway." if rest > 0 else ""
    text = f"Settle what is not known yet: {' '.join(course.to_settle[:ASKED_AT_ONCE])}{more}"
    why = f"Without these answers nobody can say whether this fits: {course.name}."
    return _Step("ASK-01", "identify_target", text, "Planning team", why, "A short survey and a few calls")


def _refresh(years: float) -> _Step:
    why = f"PR-08: rules, prices and places change; plans are usually looked at again after about {years:g} years"
    text = "Look at the plan again: what was done, what has changed, what people want now. Run it afresh on new data."
    return _Step("REFRESH-01", "identify_assets", text, "Planning team", why, "Less than the first time")


def _quarter(index: int) -> str:
    return f"{index // 4} Q{index % 4 + 1}"


_CONVENOR = _Step(
    "LA-C04",
    "identify_assets",
    "Find someone able and willing to bring people together: a resident, a group, the council or the network operator.",
    "Whoever cares enough to start",
    "LA-C04: without a convenor a plan does not come about",
    "None",
)
