"""Ranks the six pathways and `stop_here` for a place, says whether one leads, and lays it out in dated steps."""

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
NOTHING_SMART = "ST-06"
"""The reason to stop that is found on the blocks; the others are found on answers, in `preferences`."""
OPEN = 4
"""Tier of what needs answers; see `tier`."""
BARRED = ("blocked", "advise_against")
STATUS = {"met": True, "not_met": False, "unknown": None}
EFFORT_WORDS = {"elsewhere": "next to no", "little": "a little", "some": "some", "a_lot": "a lot of"}
ENOUGH = "Warm homes, good settings and a fair tariff may be all people want. Nobody has to go further."


@dataclass(frozen=True)
class Need:
    """
    One condition of a pathway.

    `must` marks what it cannot do without, `starts` what people must have said for it to be possible, `holds_back` what
    keeps it from being recommended while it is known not to hold.
    """

    words: str
    test: Check
    must: bool = False
    starts: bool = False
    holds_back: bool = False


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
    named: Mapping[str, str] = field(default_factory=dict)
    ours: tuple[str, ...] = ()


class Place(NamedTuple):
    """What is known of the place: rule rows and block rows by id, and what residents want."""

    rules: Mapping[str, Mapping[str, Any]]
    blocks: Mapping[str, Mapping[str, Any]]
    preferences: Preferences

    def finding(self, check: Check) -> Finding:
        """Return what a check on rules finds."""
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


class Case(NamedTuple):
    """One pathway held against the place."""

    pathway: Pathway
    found: tuple[tuple[Need, Finding], ...]
    barred: tuple[str, ...]
    standing: str

    def number(self, holds: bool | None) -> int:
        """Return how many conditions hold, do not hold, or are not known to."""
        return sum(finding.holds is holds for _, finding in self.found)

    @property
    def held_back(self) -> bool:
        """Return whether something that may still grow is known to be short."""
        return any(finding.holds is False for need, finding in self.found if need.holds_back)


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
    `ruled_out`: something it cannot do without is known to be missing, or a block at its core is blocked or advised
    against. `possible`: nothing is, and people have said what the pathway starts from. `recommended`: moreover all it
    cannot do without is met, no block at its core is open, the effort is within what people offer, residents say the
    extra is worth it where it is a smart system (PR-06), and no stop rule speaks against it. `needs_answers`: the rest.
    How many conditions a pathway has never counts, nor how many of them are met; nor do the number and cleverness of
    blocks (PR-01). Among those that are possible or recommended, what a stop rule closes, or asks more effort than
    people offer, comes after the others, then what is held back by something short, then what serves fewer of
    residents' wishes, then what asks more of them.

    `stop_here` is never ruled out. It is recommended when a stop rule holds (then only what that rule leaves open may
    stand before it), or when everything else is ruled out. Otherwise it stands among the pathways that need answers.
    These share one rank, and follow the effort they ask, least first: nothing said so far puts one before another.

    `leads` marks the first, if it is recommended or possible. Else none leads (PR-07, PR-13).
    """
    place = Place(_by_id(plan_rule, "rule_id"), _by_id(plan_block, "block_id"), preferences)
    ordered = sorted(cases(place), key=lambda case: _order(case, preferences))
    tiers = [tier(case, preferences) for case in ordered]
    ranks = [tiers.index(tier) + 1 if tier >= OPEN else n for n, tier in enumerate(tiers, start=1)]
    rows = [
        {**_row(case, place), "rank": position, "leads": n == 0 and tiers[0] < OPEN}
        for n, (case, position) in enumerate(zip(ordered, ranks, strict=True))
    ]
    return schema.conform(pd.DataFrame(rows), "plan_pathway")


def cases(place: Place) -> list[Case]:
    """Return every pathway held against a place, `stop_here` last."""
    found = [_case(pathway, place) for pathway in pathways().values() if pathway.id != STOP_HERE]
    return [*found, _stop_case(found, place)]


def roadmap(
    plan_pathway: pd.DataFrame,
    plan_block: pd.DataFrame,
    plan_rule: pd.DataFrame,
    plan_question: pd.DataFrame,
    *,
    start: dt.date,
    refresh_years: float,
) -> pd.DataFrame:
    """
    Return layer `plan_action`: first steps, then the leading pathway under the five stages, in dated quarters.

    Where none leads, the first steps and the questions that would part the pathways most are all there is.

    Parameters
    ----------
    plan_pathway : DataFrame
        From `rank`.
    plan_block, plan_rule : DataFrame
        From `laep.models.guide.evaluate`.
    plan_question : DataFrame
        From `laep.models.guide.asking.questions_left`.
    start : date
        The first step starts in the quarter that holds this day.
    refresh_years : float
        Years until the plan is looked at again, assumption `guide.laep.refresh_years`. [years]

    Notes
    -----
    Lengths of steps are our planning convention, kept with the steps in the data. Steps of blocks other than the plan
    itself are marked as conditional unless the pathway is recommended.
    """
    names = dict(zip(plan_block["block_id"], plan_block["name"], strict=True))
    statuses = dict(zip(plan_rule["rule_id"], plan_rule["status"], strict=True))
    convenor_found = statuses["LA-C04"] == "met"
    if not plan_pathway["leads"].any():
        open_rows = plan_question[~plan_question["answered"].astype(bool)].sort_values("position")
        asked = list(zip(open_rows["ask"], open_rows["section"], strict=True))
        return roadmaps.questions_only(first_steps(), asked, start=start, convenor_found=convenor_found)
    leading = plan_pathway[plan_pathway["leads"].astype(bool)].iloc[0]
    pathway = pathways()[leading["pathway_id"]]
    course = roadmaps.Course(
        name=str(leading["name"]),
        blocks=tuple(str(leading["blocks"]).split(";")),
        ends_at=str(leading["ends_at"]),
        moved=pathway.moved,
        ours=pathway.ours,
        sure=leading["standing"] == "recommended",
        to_settle=tuple(str(leading["to_settle"]).split("\n")) if isinstance(leading["to_settle"], str) else (),
        names=names,
        convenor_found=convenor_found,
    )
    return roadmaps.lay_out(course, first_steps(), start=start, refresh_years=refresh_years)


def first_steps() -> list[Mapping[str, Any]]:
    """Return the steps that every roadmap opens with, as they stand in the data."""
    return list(_table()["first"])


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
    faults += [f"{need.words}: not for people to say" for need in pathway.needs if need.starts and not _said(need.test)]
    faults += [f"no block {one}" for one in sorted({*pathway.blocks, *pathway.core}) if one not in blocks()]
    faults += [f"no stage {one}" for one in (pathway.ends_at, *pathway.moved.values()) if one not in STAGES]
    wishes = questions()["priorities"].options
    return faults + [f"no wish {one}" for one in pathway.serves if one not in wishes]


def _said(test: Check) -> bool:
    """Return whether a test rests on answers alone."""
    inner = [leaf for one in leaves(test) if "rule" in one for leaf in leaves(rules()[one["rule"]].test)]
    return bool(inner) and all("answer" in leaf for leaf in inner)


def _by_id(frame: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    rows = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
    return {str(row[key]): {str(name): value for name, value in row.items()} for row in rows}


def _case(pathway: Pathway, place: Place) -> Case:
    found = tuple((need, place.finding(need.test)) for need in pathway.needs)
    barred = tuple(block for block in pathway.core if place.blocks[block]["verdict"] in BARRED)
    case = Case(pathway, found, barred, "")
    return case._replace(standing=_standing(case, place))


def _standing(case: Case, place: Place) -> str:
    pathway, wishes = case.pathway, place.preferences
    musts = [finding.holds for need, finding in case.found if need.must]
    if case.barred or False in musts:
        return "ruled_out"
    if not all(finding.holds for need, finding in case.found if need.starts):
        return "needs_answers"
    worth = wishes.asks_for(pathway.id) or not pathway.asks_worth or wishes.worth_more is True
    open_core = any(place.blocks[block]["verdict"] == "open" for block in pathway.core)
    ready = None not in musts and not case.held_back and not open_core and wishes.accepts(pathway.effort) is not False
    return "recommended" if ready and worth and left_open(case, wishes) else "possible"


def left_open(case: Case, wishes: Preferences) -> bool:
    """Return whether no stop rule closes a pathway."""
    return wishes.leaves_open(case.pathway.id, smart=case.pathway.asks_worth)


def _stop_case(others: list[Case], place: Place) -> Case:
    wishes = place.preferences
    nothing_else = all(case.standing == "ruled_out" for case in others)
    enough = bool(wishes.stops) or nothing_else
    otherwise = "needs_answers" if wishes.open_stops else "possible"
    return Case(pathways()[STOP_HERE], (), (), "recommended" if enough else otherwise)


def tier(case: Case, wishes: Preferences) -> int:
    """Return how far up a case stands; from `OPEN` on nothing said so far puts one before another."""
    if case.pathway.id == STOP_HERE:
        return 2 if case.standing == "recommended" else OPEN
    asked_for = case.standing == "possible" and wishes.asks_for(case.pathway.id) and left_open(case, wishes)
    tiers = {"recommended": 0, "possible": 1 if asked_for else 3, "needs_answers": OPEN, "ruled_out": OPEN + 1}
    return tiers[case.standing]


def _order(case: Case, wishes: Preferences) -> tuple[int, bool, bool, int, int, int]:
    stands = tier(case, wishes)
    effort, position = EFFORTS.index(case.pathway.effort), list(pathways()).index(case.pathway.id)
    if stands >= OPEN:
        return stands, False, False, 0, effort, position
    unwanted = not left_open(case, wishes) or wishes.accepts(case.pathway.effort) is False
    return stands, unwanted, case.held_back, -len(served(case, wishes)), effort, position


def _row(case: Case, place: Place) -> dict[str, object]:
    kept, ends_at = _course(case.pathway, place)
    texts = _stop_texts(place) if case.pathway.id == STOP_HERE else _texts(case, place)
    speaks_for, against, to_settle = ("\n".join(lines) for lines in (*map(unique, texts[:2]), merged(texts[2])))
    return {
        "pathway_id": case.pathway.id, "name": _named(case.pathway, kept), "standing": case.standing,
        "met": case.number(holds=True), "unmet": case.number(holds=False), "unknown": case.number(holds=None),
        "reasons_for": speaks_for or "Nothing known speaks for it yet.", "reasons_against": against or None,
        "to_settle": to_settle or None, "blocks": ";".join(kept), "ends_at": ends_at,
    }  # fmt: skip


def _course(pathway: Pathway, place: Place) -> tuple[list[str], str]:
    """Return the blocks that stay in and the stage at which the pathway then ends."""
    unwanted = place.preferences.worth_more is False
    left_out = [
        block
        for block in pathway.without
        if place.blocks[block]["verdict"] in BARRED or (unwanted and place.blocks[block]["group_id"] == SMART)
    ]
    ends = [pathway.ends_at, *(pathway.without[block] for block in left_out)]
    return [block for block in pathway.blocks if block not in left_out], min(ends, key=STAGES.index)


def _named(pathway: Pathway, kept: list[str]) -> str:
    """Return what a pathway is called, given the blocks that stay in."""
    return next((name for block, name in pathway.named.items() if block not in kept), pathway.name)


def _texts(case: Case, place: Place) -> tuple[list[str], list[str], list[str]]:
    wishes = place.preferences
    wanted = [one.label for key, one in questions()["priorities"].options.items() if key in served(case, wishes)]
    speaks_for = [f"Residents want {_joined(wanted)}, which this serves."] if wanted else []
    speaks_for += [_reason(need, finding, place, "") for need, finding in case.found if finding.holds]
    against = [_reason(need, finding, place, "Missing: ") for need, finding in case.found if finding.holds is False]
    against += [f"{place.blocks[block]['name']}: {place.blocks[block]['headline']}" for block in case.barred]
    against += [*_strong_against(case, place), *_unwanted(case.pathway, wishes)]
    to_settle = [question for _, finding in case.found for question in finding.ask]
    to_settle += [*_open_gates(case.pathway, place), *_open_wishes(case.pathway, wishes)]
    return speaks_for, against, to_settle


def _stop_texts(place: Place) -> tuple[list[str], list[str], list[str]]:
    wishes = place.preferences
    smart = [row for row in place.blocks.values() if row["group_id"] == SMART]
    speaks_for = [f"{stop.outcome} ({stop.id})" for stop in wishes.stops] + [ENOUGH]
    if all(row["verdict"] == "blocked" for row in smart):
        missing = " ".join(f"{row['name']}: {row['headline']}" for row in smart)
        enough = "Nothing smart can run here as things stand, so assets that people own or share are as far as it goes."
        speaks_for.append(f"{enough} {missing} ({NOTHING_SMART})")
    against = ["Residents say a smarter scheme would be worth its extra effort and risk."] if wishes.worth_more else []
    return speaks_for, against, list(wishes.open_stops)


def served(case: Case, wishes: Preferences) -> set[str]:
    """Return the wishes of residents that a pathway serves."""
    return set(case.pathway.serves) & set(wishes.priorities)


def _reason(need: Need, finding: Finding, place: Place, lead: str) -> str:
    """Return a condition and what was found on it; where people said it outright, their words alone."""
    words = "" if place.said_outright(finding) else f"{lead}{need.words}. "
    return f"{words}{' '.join(finding.because)} ({', '.join(finding.origin)})"


def _strong_against(case: Case, place: Place) -> list[str]:
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


def _open_gates(pathway: Pathway, place: Place) -> list[str]:
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
