"""Ranks the six pathways and `stop_here` for a place, and lays the leading one out in dated steps."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from laep import schema
from laep.answers import merged, questions
from laep.errors import LaepError
from laep.models.guide import roadmaps
from laep.models.guide.catalogue import blocks, leaf_faults, rules
from laep.models.guide.engine import SMART
from laep.models.guide.logic import Check, Finding, judge, leaves, unique
from laep.models.guide.preferences import EFFORTS, Preferences
from laep.schema.vocabulary import STAGES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

STOP_HERE = "stop_here"
HALF = 0.5
"""A pathway is possible once it has at least as many conditions met as not: below that, mostly questions are left."""
BARRED = ("blocked", "advise_against")
STATUS = {"met": True, "not_met": False, "unknown": None}
EFFORT_WORDS = {"elsewhere": "next to no", "little": "a little", "some": "some", "a_lot": "a lot of"}
ENOUGH = "Warm homes, good settings and a fair tariff may be all people want. Nobody has to go further."


@dataclass(frozen=True)
class Need:
    """One condition of a pathway; `must` marks what it cannot do without."""

    words: str
    test: Check
    must: bool = False


@dataclass(frozen=True)
class Pathway:
    """One pathway as it stands in `pathways.toml`."""

    id: str
    name: str
    summary: str
    blocks: tuple[str, ...]
    core: tuple[str, ...]
    ends_at: str
    effort: str
    serves: tuple[str, ...]
    needs: tuple[Need, ...]
    asks_worth: bool = False
    moved: Mapping[str, str] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)
    ours: tuple[str, ...] = ()


class _Place(NamedTuple):
    """What is known of the place: rule rows and block rows by id, and what residents want."""

    rules: Mapping[str, Mapping[str, Any]]
    blocks: Mapping[str, Mapping[str, Any]]
    preferences: Preferences

    def finding(self, check: Check) -> Finding:
        return judge(check, self._leaf)

    def _leaf(self, leaf: Check) -> Finding:
        row = self.rules[leaf["rule"]]
        asked = tuple((row["ask"] or "").splitlines())
        return Finding(STATUS[row["status"]], (row["evidence"],), (leaf["rule"],), asked)

    def said_outright(self, finding: Finding) -> bool:
        """Return whether people's own yes or no settled it, so that the evidence says it all."""
        rests_on = [name for rule in finding.origin for name in self.rules[rule]["origin"].split(";")]
        asked = questions()
        outright = ("facts", "yes_no")
        names = [name.removeprefix("answers.") for name in rests_on]
        return all(name in asked and asked[name].kind in outright for name in names)


class _Case(NamedTuple):
    """One pathway held against the place."""

    pathway: Pathway
    found: tuple[tuple[Need, Finding], ...]
    barred: tuple[str, ...]
    standing: str
    score: float


def rank(plan_rule: pd.DataFrame, plan_block: pd.DataFrame, preferences: Preferences) -> pd.DataFrame:
    """
    Return layer `plan_pathway`: the six pathways and `stop_here`, the best match first.

    Parameters
    ----------
    plan_rule, plan_block : DataFrame
        From `laep.models.guide.evaluate`.
    preferences : Preferences
        From `laep.models.guide.preferences.of`.

    Notes
    -----
    `score` is the share of a pathway's conditions that are met; an unknown one counts as not met yet and stands in
    `to_settle`. `ruled_out`: something it cannot do without is known to be missing, or a block at its core is blocked
    or advised against. `recommended`: everything it cannot do without is met, no block at its core is open, the effort
    is within what people offer, residents say the extra is worth it where it is a smart system (PR-06), and no stop
    rule speaks against it. `possible`: at least half its conditions are met. `needs_answers`: the rest, and every
    pathway as long as nobody has answered anything. Ties go to the pathway with fewer conditions known not to hold,
    then to the one that serves more of what residents want, then to the one that asks less of them. The number and
    cleverness of blocks never counts (PR-01).

    `stop_here` is never ruled out. It is recommended when a stop rule holds (then only what that rule leaves open may
    stand before it), or when everything else is ruled out; otherwise it follows whatever is still open.
    """
    place = _Place(_by_id(plan_rule, "rule_id"), _by_id(plan_block, "block_id"), preferences)
    cases = [_case(pathway, place) for pathway in pathways().values() if pathway.id != STOP_HERE]
    cases.append(_stop_case(cases, place))
    cases.sort(key=lambda case: _order(case, preferences))
    rows = [{**_row(case, place), "rank": position} for position, case in enumerate(cases, start=1)]
    return schema.conform(pd.DataFrame(rows), "plan_pathway")


def roadmap(
    plan_pathway: pd.DataFrame,
    plan_block: pd.DataFrame,
    plan_rule: pd.DataFrame,
    *,
    start: dt.date,
    refresh_years: float,
) -> pd.DataFrame:
    """
    Return layer `plan_action`: first steps, then the leading pathway under the five stages, in dated quarters.

    Parameters
    ----------
    plan_pathway : DataFrame
        From `rank`.
    plan_block, plan_rule : DataFrame
        From `laep.models.guide.evaluate`.
    start : date
        The first step starts in the quarter that holds this day.
    refresh_years : float
        Years until the plan is looked at again, assumption `guide.laep.refresh_years`. [years]

    Notes
    -----
    Lengths of steps are our planning convention, kept with the steps in the data. Steps of blocks other than the plan
    itself are marked as conditional unless the pathway is recommended.
    """
    leading = plan_pathway.sort_values("rank", kind="stable").iloc[0]
    pathway = pathways()[leading["pathway_id"]]
    names = dict(zip(plan_block["block_id"], plan_block["name"], strict=True))
    statuses = dict(zip(plan_rule["rule_id"], plan_rule["status"], strict=True))
    course = roadmaps.Course(
        name=pathway.name,
        blocks=tuple(str(leading["blocks"]).split(";")),
        ends_at=str(leading["ends_at"]),
        moved=pathway.moved,
        ours=pathway.ours,
        sure=leading["standing"] == "recommended",
        to_settle=tuple(str(leading["to_settle"]).split("\n")) if isinstance(leading["to_settle"], str) else (),
        names=names,
        convenor_found=statuses["LA-C04"] == "met",
    )
    return roadmaps.lay_out(course, _table()["first"], start=start, refresh_years=refresh_years)


@cache
def pathways() -> dict[str, Pathway]:
    """Return the pathways by id, simplest first, checked against the rules, blocks and stages."""
    found = {row["id"]: _pathway(row) for row in _table()["pathway"]}
    faults = [f"{one.id}: {fault}" for one in found.values() for fault in _faults(one)]
    if faults:
        raise LaepError("The pathways that ship with laep are broken: " + "; ".join(faults))
    return found


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("pathways.toml").read_text(encoding="utf-8"))


def _pathway(row: Mapping[str, Any]) -> Pathway:
    lists = {key: tuple(row[key]) for key in ("blocks", "core", "serves", "ours") if key in row}
    return Pathway(**{**row, **lists, "needs": tuple(Need(**need) for need in row["needs"])})


def _faults(pathway: Pathway) -> list[str]:
    known = set(rules())
    faults = [fault for need in pathway.needs for leaf in leaves(need.test) for fault in leaf_faults(leaf, known)]
    faults += [
        f"{need.words}: not a rule" for need in pathway.needs for leaf in leaves(need.test) if "rule" not in leaf
    ]
    faults += [f"no block {one}" for one in {*pathway.blocks, *pathway.core} if one not in blocks()]
    faults += [f"no stage {one}" for one in (pathway.ends_at, *pathway.moved.values()) if one not in STAGES]
    wishes = questions()["priorities"].options
    return faults + [f"no wish {one}" for one in pathway.serves if one not in wishes]


def _by_id(frame: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    rows = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
    return {str(row[key]): {str(name): value for name, value in row.items()} for row in rows}


def _case(pathway: Pathway, place: _Place) -> _Case:
    found = tuple((need, place.finding(need.test)) for need in pathway.needs)
    barred = tuple(block for block in pathway.core if place.blocks[block]["verdict"] in BARRED)
    score = sum(finding.holds is True for _, finding in found) / len(found)
    return _Case(pathway, found, barred, _standing(pathway, found, barred, score, place), score)


def _standing(
    pathway: Pathway, found: tuple[tuple[Need, Finding], ...], barred: tuple[str, ...], score: float, place: _Place
) -> str:
    musts = [finding.holds for need, finding in found if need.must]
    if barred or False in musts:
        return "ruled_out"
    wishes = place.preferences
    if not wishes.answered:
        return "needs_answers"
    worth = wishes.asks_for(pathway.id) or not pathway.asks_worth or wishes.worth_more is True
    open_core = any(place.blocks[block]["verdict"] == "open" for block in pathway.core)
    ready = None not in musts and not open_core and worth and wishes.accepts(pathway.effort) is not False
    if ready and wishes.leaves_open(pathway.id, smart=pathway.asks_worth):
        return "recommended"
    return "possible" if score >= HALF else "needs_answers"


def _stop_case(others: list[_Case], place: _Place) -> _Case:
    wishes = place.preferences
    nothing_else = all(case.standing == "ruled_out" for case in others)
    enough = bool(wishes.stops) or nothing_else
    otherwise = "needs_answers" if wishes.open_stops else "possible"
    return _Case(pathways()[STOP_HERE], (), (), "recommended" if enough else otherwise, float(enough))


def _order(case: _Case, wishes: Preferences) -> tuple[int, float, float, float, int, int]:
    stopping = case.pathway.id == STOP_HERE
    tier = {"recommended": 0, "possible": 2, "needs_answers": 3, "ruled_out": 5}[case.standing]
    if stopping:
        tier = 1 if case.standing == "recommended" else 4
    served = len(set(wishes.priorities) & set(case.pathway.serves))
    position = list(pathways()).index(case.pathway.id)
    unmet = sum(finding.holds is False for _, finding in case.found) / max(len(case.found), 1)
    return tier, -case.score, unmet, -served, EFFORTS.index(case.pathway.effort), position


def _row(case: _Case, place: _Place) -> dict[str, object]:
    kept, ends_at = _course(case.pathway, place)
    texts = _stop_texts(place) if case.pathway.id == STOP_HERE else _texts(case, place)
    speaks_for, against, to_settle = ("\n".join(lines) for lines in (*map(unique, texts[:2]), merged(texts[2])))
    return {
        "pathway_id": case.pathway.id, "name": case.pathway.name, "standing": case.standing, "score": case.score,
        "reasons_for": speaks_for or "Nothing known speaks for it yet.", "reasons_against": against or None,
        "to_settle": to_settle or None, "blocks": ";".join(kept), "ends_at": ends_at,
    }  # fmt: skip


def _course(pathway: Pathway, place: _Place) -> tuple[list[str], str]:
    """Return the blocks that stay in and the stage at which the pathway then ends."""
    unwanted = place.preferences.worth_more is False
    left_out = [
        block
        for block in pathway.without
        if place.blocks[block]["verdict"] in BARRED or (unwanted and place.blocks[block]["group_id"] == SMART)
    ]
    ends = [pathway.ends_at, *(pathway.without[block] for block in left_out)]
    return [block for block in pathway.blocks if block not in left_out], min(ends, key=STAGES.index)


def _texts(case: _Case, place: _Place) -> tuple[list[str], list[str], list[str]]:
    wishes = place.preferences
    served = [one.label for key, one in questions()["priorities"].options.items() if key in _served(case, wishes)]
    speaks_for = [f"Residents want {_joined(served)}, which this serves."] if served else []
    speaks_for += [_reason(need, finding, place, "") for need, finding in case.found if finding.holds]
    against = [_reason(need, finding, place, "Missing: ") for need, finding in case.found if finding.holds is False]
    against += [f"{place.blocks[block]['name']}: {place.blocks[block]['headline']}" for block in case.barred]
    against += [*_strong_against(case, place), *_unwanted(case.pathway, wishes)]
    to_settle = [question for _, finding in case.found for question in finding.ask]
    to_settle += [*_open_gates(case.pathway, place), *_open_wishes(case.pathway, wishes)]
    return speaks_for, against, to_settle


def _stop_texts(place: _Place) -> tuple[list[str], list[str], list[str]]:
    wishes = place.preferences
    smart = [row for row in place.blocks.values() if row["group_id"] == SMART]
    speaks_for = [f"{stop.outcome} ({stop.id})" for stop in wishes.stops] + [ENOUGH]
    if all(row["verdict"] == "blocked" for row in smart):
        missing = " ".join(f"{row['name']}: {row['headline']}" for row in smart)
        enough = "Nothing smart can run here as things stand, so assets that people own or share are as far as it goes."
        speaks_for.append(f"{enough} {missing} (ST-06)")
    against = ["Residents say a smarter scheme would be worth its extra effort and risk."] if wishes.worth_more else []
    return speaks_for, against, list(wishes.open_stops)


def _served(case: _Case, wishes: Preferences) -> set[str]:
    return set(case.pathway.serves) & set(wishes.priorities)


def _reason(need: Need, finding: Finding, place: _Place, lead: str) -> str:
    """Return a condition and what was found on it; where people said it outright, their words alone."""
    words = "" if place.said_outright(finding) else f"{lead}{need.words}. "
    return f"{words}{' '.join(finding.because)} ({', '.join(finding.origin)})"


def _strong_against(case: _Case, place: _Place) -> list[str]:
    """Return the strong rules against the blocks at the core that hold and are not among the conditions already."""
    told = {rule for _, finding in case.found for rule in finding.origin}
    return [
        f"{row['criterion']}. {row['evidence']} ({row['rule_id']})"
        for row in place.rules.values()
        if row["block_id"] in case.pathway.core
        and (row["side"], row["strength"], row["status"]) == ("against", "strong", "met")
        and row["rule_id"] not in told
    ]


def _unwanted(pathway: Pathway, wishes: Preferences) -> list[str]:
    """Return what residents' own wishes hold against a pathway."""
    said = []
    if wishes.effort and wishes.accepts(pathway.effort) is False:
        asked, offered = EFFORT_WORDS[pathway.effort], EFFORT_WORDS[wishes.effort]
        said.append(f"It asks for {asked} effort from residents, who offer {offered} effort.")
    if not wishes.leaves_open(pathway.id, smart=pathway.asks_worth):
        said += [f"{stop.outcome} ({stop.id})" for stop in wishes.stops if pathway.asks_worth or not stop.smart_only]
    return said


def _open_gates(pathway: Pathway, place: _Place) -> list[str]:
    """Return the questions that would settle what the blocks at the core cannot do without."""
    asked: list[str] = []
    for block_id in pathway.core:
        gates = blocks()[block_id].gates()
        for gate in (place.blocks[block_id]["gates_unknown"] or "").split(";"):
            if gate:
                asked += place.finding(gates[gate][1]).ask
    return asked


def _open_wishes(pathway: Pathway, wishes: Preferences) -> list[str]:
    asked = []
    if pathway.asks_worth and wishes.worth_more is None:
        asked.append(questions()["worth_more"].ask)
    if wishes.effort is None:
        asked.append(questions()["effort"].ask)
    return asked


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
