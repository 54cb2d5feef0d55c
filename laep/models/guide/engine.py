"""Tests every rule on the evidence and the answers, and says where each block stands -> `plan_rule`, `plan_block`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from laep import schema
from laep.answers import YES, Answers, questions
from laep.errors import LaepError
from laep.models.guide.catalogue import COMPARISONS, Block, Rule, blocks, rules
from laep.models.guide.collect import with_answers
from laep.models.guide.logic import Check, Finding, judge, unique
from laep.models.guide.profile import profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.models.guide.evidence import Evidence

STATUS = {True: "met", False: "not_met", None: "unknown"}
SMART = "smart_systems"
WORTH_MORE = "worth_more"
"""The question that must be answered yes before anything smart is called promising (PR-06)."""
BLANK = {"survey": "No answer yet.", "partner": "No answer yet."}
"""What stands as evidence where nothing at all was found, by evidence type; `Not known yet.` for the others."""


class Judged(NamedTuple):
    """Layer `plan_rule` and layer `plan_block`."""

    rules: pd.DataFrame
    blocks: pd.DataFrame


class Bench:
    """Judges checks on evidence and answers; each rule is judged once, so that both sides of a question agree."""

    def __init__(self, evidence: Mapping[str, Evidence], answers: Answers, thresholds: Mapping[str, float]) -> None:
        self._evidence = evidence
        self._answers = answers
        self._thresholds = thresholds
        self._judged: dict[str, Finding | None] = {}

    def rule(self, rule_id: str) -> Finding:
        """Return what the test of a rule finds."""
        if rule_id not in self._judged:
            self._judged[rule_id] = None
            self._judged[rule_id] = self.judge(rules()[rule_id].test)
        found = self._judged[rule_id]
        if found is None:
            raise LaepError(f"The test of rule {rule_id} leans on itself.")
        return found

    def judge(self, check: Check) -> Finding:
        """Return what a check finds."""
        return judge(check, self._leaf)

    def _leaf(self, leaf: Check) -> Finding:
        if "rule" in leaf:
            return self.rule(leaf["rule"])
        if "tell" in leaf:
            told = self._evidence[leaf["tell"]]
            return Finding(None, unique([told.sentence]), told.origin, unique([told.ask]))
        if "evidence" in leaf:
            return self._on_evidence(leaf)
        if "answer" in leaf:
            return self._on_answer(leaf)
        return Finding(False, (leaf["never"],), ("guide",))

    def _on_evidence(self, leaf: Check) -> Finding:
        found = self._evidence[leaf["evidence"]]
        holds, used = self._compared(leaf, found.value) if "is" not in leaf else (found.value, ())
        holds = holds if holds is None or "is" not in leaf else bool(holds) is leaf["is"]
        if (found.least and holds is ("below" in leaf)) or (found.most and holds is ("below" not in leaf)):
            holds = None
        said = (found.sentence,) if found.sentence else ()
        asked = (found.ask,) if holds is None and found.ask else ()
        return Finding(holds if holds is None else bool(holds), said, unique([*found.origin, *used]), asked)

    def _on_answer(self, leaf: Check) -> Finding:
        question = questions()[leaf["answer"]]
        origin: tuple[str, ...] = (f"answers.{question.id}",)
        if "is" in leaf:
            options = [leaf["is"]] if isinstance(leaf["is"], str) else leaf["is"]
            said = [self._answers.holds(question.id, option) for option in options]
            holds = True if True in said else None if None in said else False
            words = [self._answers.words(question.id, option) for option in options]
            asked = [question.asked(option) for option in options]
        else:
            holds, used = self._compared(leaf, self._answers.number(question.id))
            words, asked, origin = [self._answers.words(question.id)], [question.asked(YES)], origin + used
        return Finding(holds, unique(words), origin, unique(asked) if holds is None else ())

    def _compared(self, leaf: Check, value: float | bool | None) -> tuple[bool | None, tuple[str, ...]]:
        how = next(name for name in COMPARISONS if name in leaf)
        if value is None:
            return None, (leaf[how],)
        limit = self._thresholds[leaf[how]]
        holds = {"at_least": value >= limit, "below": value < limit, "above": value > limit}[how]
        return holds, (leaf[how],)


def evaluate(evidence: Mapping[str, Evidence], answers: Answers, *, thresholds: Mapping[str, float]) -> Judged:
    """
    Return every rule of the guide tested on this place, and where each block stands.

    Parameters
    ----------
    evidence : mapping of key to Evidence
        From `gather`.
    answers : Answers
        From `laep.answers.read`; may be empty.
    thresholds : mapping of assumption key to value
        Those of `laep.models.guide.thresholds`.

    Returns
    -------
    Judged
        `rules`, layer `plan_rule` in the guide's order, and `blocks`, layer `plan_block`.

    Notes
    -----
    `blocked`: something the block cannot do without is known to be missing. `advise_against`: more strong rules against
    it hold than for it, leaving out those judged through a gate or group. `open`: most of what it cannot do without is
    unknown. `promising`: all of that holds, and something strong speaks for it; a smart system also needs residents to
    say the extra is worth it. `possible`: the rest. Counts only compare the two sides of one block, never two blocks.
    The local energy plan is never advised against.
    """
    tested, stands = rows(evidence, answers, thresholds=thresholds)
    return Judged(schema.conform(pd.DataFrame(tested), "plan_rule"), schema.conform(pd.DataFrame(stands), "plan_block"))


def rows(
    evidence: Mapping[str, Evidence], answers: Answers, *, thresholds: Mapping[str, float]
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return the rows of `plan_rule` and of `plan_block`; parameters as for `evaluate`."""
    bench = Bench(with_answers(evidence, answers, thresholds=thresholds), answers, thresholds)
    tested = [_rule_row(rule, bench.rule(rule.id)) for rule in rules().values()]
    return tested, [_block_row(block, bench, worth_more=answers.holds(WORTH_MORE)) for block in blocks().values()]


def _rule_row(rule: Rule, found: Finding) -> dict[str, object]:
    said = " ".join(found.because)
    if found.holds is None:
        said = f"Not known yet. {said}" if said else BLANK.get(rule.evidence_type, "Not known yet.")
    return {
        "rule_id": rule.id, "block_id": rule.block_id, "side": rule.side, "strength": rule.strength,
        "evidence_type": rule.evidence_type, "criterion": rule.criterion, "status": STATUS[found.holds],
        "evidence": said, "origin": ";".join(found.origin), "ask": "\n".join(found.ask) or None,
    }  # fmt: skip


class _Stand(NamedTuple):
    """What is known of one block: gates that fail or are open, and rules met on each side by strength."""

    missing: dict[str, str]
    asked: dict[str, str]
    held: int
    strong_for: list[Rule]
    strong_against: list[Rule]


def _block_row(block: Block, bench: Bench, *, worth_more: bool | None) -> dict[str, object]:
    stand = _stand(block, bench)
    verdict = _verdict(block, stand, worth_more=worth_more)
    statuses = [(rule.side, bench.rule(rule.id).holds) for rule in block.rules]
    redirects = [one.text for one in block.redirects if bench.judge(one.when).holds]
    return {
        "block_id": block.id, "name": block.name, "group_id": block.group_id, "verdict": verdict,
        "headline": _headline(block, stand, verdict, worth_more=worth_more),
        "met_for": statuses.count(("for", True)), "met_against": statuses.count(("against", True)),
        "unknown": sum(holds is None for _, holds in statuses),
        "gates_unmet": ";".join(stand.missing) or None, "gates_unknown": ";".join(stand.asked) or None,
        "needs_unmet": _needs(stand.missing), "needs_unknown": _needs(stand.asked),
        "redirect": " ".join(redirects) or None, "effort": block.effort, **profile(block),
    }  # fmt: skip


def _stand(block: Block, bench: Bench) -> _Stand:
    gates = {gate: (need, bench.judge(check).holds) for gate, (need, check) in block.gates().items()}
    met = [rule for rule in block.rules if bench.rule(rule.id).holds and rule.strength != "weak"]
    return _Stand(
        missing={gate: need for gate, (need, holds) in gates.items() if holds is False},
        asked={gate: need for gate, (need, holds) in gates.items() if holds is None},
        held=sum(holds is True for _, holds in gates.values()),
        strong_for=[rule for rule in met if rule.side == "for"],
        strong_against=[rule for rule in met if rule.side == "against" and not rule.judged_by],
    )


def _verdict(block: Block, stand: _Stand, *, worth_more: bool | None) -> str:
    settled = not stand.missing and not stand.asked
    ready = settled and bool(stand.strong_for) and (block.group_id != SMART or worth_more is True)
    if block.never_avoid:
        return "promising" if ready else "possible"
    if stand.missing:
        return "blocked"
    if len(stand.strong_against) > len(stand.strong_for):
        return "advise_against"
    if len(stand.asked) > stand.held:
        return "open"
    return "promising" if ready else "possible"


def _headline(block: Block, stand: _Stand, verdict: str, *, worth_more: bool | None) -> str:
    if verdict == "blocked":
        return f"Not as things stand: it needs {_row(stand.missing)}."
    if verdict == "advise_against":
        return f"More speaks against it than for it here, first of all: {_lower(stand.strong_against[0].criterion)}."
    if verdict == "open":
        return f"Too little is known. Still to find out about: {_row(stand.asked)}."
    if verdict == "promising":
        fits = "It fits what is known here: nothing it cannot do without is missing"
        return f"{fits}, and {_lower(stand.strong_for[0].criterion)}."
    if stand.missing:
        return f"Worth doing once there is {_row(stand.missing)}."
    if stand.asked:
        return f"It could work here; still to settle: {_row(stand.asked)}."
    if block.group_id == SMART and worth_more is not True:
        said = "residents say the extra is not worth it" if worth_more is False else "ask whether the extra is worth it"
        return f"All it cannot do without is there, but {said}."
    return "Nothing stands in its way, but nothing strong speaks for it either."


def _needs(gates: Mapping[str, str]) -> str | None:
    """Return what gates ask for, a line each."""
    return "\n".join(f"{need[:1].upper()}{need[1:]}" for need in unique(gates.values())) or None


def _row(needs: Mapping[str, str], *, most: int = 2) -> str:
    """Return the first few needs in words."""
    every = list(unique(needs.values()))
    rest = len(every) - most
    shown = every[:most] + ([f"{rest} more"] if rest > 0 else [])
    return shown[0] if len(shown) == 1 else f"{'; '.join(shown[:-1])}; and {shown[-1]}"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
