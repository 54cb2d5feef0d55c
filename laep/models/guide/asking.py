"""Which open question would part the pathways most, so that it is asked first -> `plan_question`."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep import schema
from laep.answers import YES, Answer, Answers, Question, questions
from laep.models.guide import engine, pathways, preferences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from laep.models.guide.evidence import Evidence

PLENTY = 10_000.0
"""A count that reaches whatever the guide asks for; no count reaches less than none."""
CLOSED, STANDS, WANTED, AHEAD = range(4)
"""How far an answer has brought a pathway: shut, no further, spoken for, possible or better."""


def questions_left(
    evidence: Mapping[str, Evidence], answers: Answers, *, thresholds: Mapping[str, float]
) -> pd.DataFrame:
    """
    Return layer `plan_question`: every question, those without an answer in the order in which to ask them.

    Parameters
    ----------
    evidence, answers, thresholds
        As for `laep.models.guide.evaluate`.

    Notes
    -----
    Each answer that an open question can have is tried alone, on top of what was answered. It parts two pathways that
    stood alike and then do not: because one is shut (ruled out, closed by a stop rule, or more effort than people
    offer), spoken for (it serves a wish named, or people said what it starts from), or has come to be possible. `parts`
    is how many pairs of the seven that is, on average over the answers; ties keep the order of `answers.toml`.
    """
    now = _levels(evidence, answers, thresholds)
    rows = [
        {
            "question_id": question.id, "section": question.section, "ask": question.ask,
            "answered": question.id in answers.given,
            "parts": _parts(question, now, evidence, answers, thresholds)
            if question.id not in answers.given
            else None,
        }
        for question in questions().values()
    ]  # fmt: skip
    frame = pd.DataFrame(rows).sort_values("parts", ascending=False, na_position="last", kind="stable")
    return schema.conform(frame.assign(position=range(1, len(frame) + 1)), "plan_question")


def _parts(
    question: Question,
    now: list[int],
    evidence: Mapping[str, Evidence],
    answers: Answers,
    thresholds: Mapping[str, float],
) -> float:
    """Return how many pairs of pathways an answer parts, on average."""
    tried = [
        _levels(evidence, Answers({**answers.given, question.id: answer}), thresholds) for answer in _possible(question)
    ]
    alike = [(one, other) for one, other in combinations(range(len(now)), 2) if now[one] == now[other]]
    return float(np.mean([sum(then[one] != then[other] for one, other in alike) for then in tried]))


def _possible(question: Question) -> Iterator[Answer]:
    """Yield the answers a question can have: each option alone, or none and plenty of what is counted."""
    if question.kind in ("share", "number"):
        for number in (0.0, 1.0 if question.kind == "share" else PLENTY):
            yield Answer(question.id, number)
    elif question.kind in ("choice", "choices"):
        for picked in question.options:
            yield Answer(question.id, None, tuple((one, one == picked) for one in question.options))
    else:
        for option in question.options if question.kind == "facts" else (YES,):
            for holds in (True, False):
                yield Answer(question.id, None, ((option, holds),))


def _levels(evidence: Mapping[str, Evidence], answers: Answers, thresholds: Mapping[str, float]) -> list[int]:
    """Return how far each pathway is with these answers, in the order of the data."""
    rules, blocks = engine.rows(evidence, answers, thresholds=thresholds)
    wishes = preferences.of(answers, thresholds=thresholds)
    place = pathways.Place(
        {str(row["rule_id"]): row for row in rules}, {str(row["block_id"]): row for row in blocks}, wishes
    )
    return [_level(case, wishes) for case in pathways.cases(place)]


def _level(case: pathways.Case, wishes: preferences.Preferences) -> int:
    stopping = case.pathway.id == pathways.STOP_HERE
    shut = case.standing == "ruled_out" or not pathways.left_open(case, wishes)
    if not stopping and (shut or wishes.accepts(case.pathway.effort) is False):
        return CLOSED
    if pathways.tier(case, wishes) < pathways.OPEN:
        return AHEAD
    return WANTED if pathways.served(case, wishes) else STANDS
