"""The blocks' rules, gates, redirects and actions as they stand in this folder's TOML files, read and checked once."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from laep.answers import questions
from laep.assumptions import shipped
from laep.errors import LaepError
from laep.models.guide import collect
from laep.models.guide.logic import Check, leaves
from laep.schema.vocabulary import EVIDENCE_TYPES, GROUPS, SIDES, STAGES, STRENGTHS

if TYPE_CHECKING:
    from collections.abc import Mapping

BLOCK_IDS = (
    "laep", "marketplace", "collective_purchasing", "community_anchor", "corporate_anchor", "flexibility_vpp",
    "local_energy_market", "self_balancing",
)  # fmt: skip
COMPARISONS = ("at_least", "below", "above")
FITS = ("natural", "possible", "unlikely", "unstated")
BANDS = ("scale", "finance", "technology", "regulatory", "benefits")


@dataclass(frozen=True)
class Rule:
    """One rule of the guide. `need`: what a gate asks for. `judged_by`: the gate or group that stands for it."""

    id: str
    block_id: str
    side: str
    strength: str
    evidence_type: str
    criterion: str
    test: Check
    need: str = ""
    judged_by: str = ""


@dataclass(frozen=True)
class GateGroup:
    """Gates that stand in for one another: the group is met if its test holds."""

    id: str
    need: str
    test: Check

    @property
    def members(self) -> tuple[str, ...]:
        """Return the rules judged through this group."""
        return tuple(dict.fromkeys(leaf["rule"] for leaf in leaves(self.test)))


@dataclass(frozen=True)
class Redirect:
    """A better route, given when its check holds."""

    when: Check
    text: str


@dataclass(frozen=True)
class Activity:
    """One step of the roadmap: `covers` are the guide's checklist ids it takes in; `together` with the step before."""

    covers: tuple[str, ...]
    stage: str
    quarters: int
    text: str
    who: str
    cost: str
    together: bool = False


@dataclass(frozen=True)
class Band:
    """How well a block fits each level of one matrix: level -> (fit, how clearly the guide's table can be read)."""

    note: str
    levels: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Block:
    """One building block: what it is, what it asks, and its rules."""

    id: str
    order: int
    group_id: str
    name: str
    one_line: str
    effort: str
    engagement: str
    benefits_note: str
    bands: Mapping[str, Band]
    rules: tuple[Rule, ...]
    groups: tuple[GateGroup, ...]
    redirects: tuple[Redirect, ...]
    activities: tuple[Activity, ...]
    never_avoid: str = ""

    def gates(self) -> dict[str, tuple[str, Check]]:
        """
        Return what must hold for the block to work: id -> (what it needs, the check that must hold).

        A gate against the block turns into the check that it does not hold. Rules judged through a group, or through
        the other side of the same question, are left out.
        """
        grouped = {member for group in self.groups for member in group.members}
        found = {group.id: (group.need, group.test) for group in self.groups}
        for rule in self.rules:
            if rule.strength == "gate" and rule.id not in grouped and not rule.judged_by:
                check: Check = {"rule": rule.id}
                found[rule.id] = (rule.need, check if rule.side == "for" else {"not": check})
        return found


@dataclass(frozen=True)
class Edge:
    """How blocks lead to others: `from_blocks` enable, require, supply (and so on) `to_blocks`."""

    id: str
    from_blocks: tuple[str, ...]
    kind: str
    to_blocks: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Principle:
    """What the guide holds to be true of any place, in short, and what laep does about it."""

    id: str
    says: str
    so: str


@dataclass(frozen=True)
class Guide:
    """What holds across blocks: the date of its rules, principles, words for tables and kinds of edge, and edges."""

    dated: str
    principles: tuple[Principle, ...]
    bands: Mapping[str, tuple[str, Mapping[str, str]]]
    kinds: Mapping[str, str]
    edges: tuple[Edge, ...]


@cache
def blocks() -> dict[str, Block]:
    """Return the eight blocks by id, in the guide's order, checked against the questions, evidence and assumptions."""
    found = {block_id: _block(_toml(f"{block_id}.toml")) for block_id in BLOCK_IDS}
    if faults := _faults(found):
        raise LaepError("The rules that ship with laep are broken: " + "; ".join(faults))
    return found


@cache
def rules() -> dict[str, Rule]:
    """Return every rule by id, in the guide's order."""
    return {rule.id: rule for block in blocks().values() for rule in block.rules}


@cache
def guide() -> Guide:
    """Return what the guide says across blocks."""
    table = _toml("guide.toml")
    words = ({key: value for key, value in row.items() if key not in ("id", "name")} for row in table["band"])
    return Guide(
        dated=table["dated"],
        principles=tuple(Principle(**row) for row in table["principle"]),
        bands={row["id"]: (row["name"], levels) for row, levels in zip(table["band"], words, strict=True)},
        kinds=table["kinds"],
        edges=tuple(
            Edge(row["id"], tuple(row["from"]), row["kind"], tuple(row["to"]), row["why"]) for row in table["edge"]
        ),
    )


@cache
def thresholds() -> dict[str, str]:
    """Return every assumption the engine needs, with its unit: what to pass to `gather` and `evaluate`."""
    named = {leaf[how] for rule in rules().values() for leaf in leaves(rule.test) for how in COMPARISONS if how in leaf}
    return {key: shipped()[key].unit for key in sorted(named | set(collect.THRESHOLDS))}


def leaf_faults(leaf: Check, known_rules: set[str]) -> list[str]:
    """Return what is wrong with one leaf of a check: names that nothing bears, or a test that cannot be made."""
    faults = [f"no assumption {leaf[how]}" for how in COMPARISONS if how in leaf and leaf[how] not in shipped()]
    if "rule" in leaf:
        return faults if leaf["rule"] in known_rules else [f"no rule {leaf['rule']}"]
    if key := leaf.get("evidence") or leaf.get("tell"):
        known = key in {*collect.KEYS, *collect.ANSWERED_KEYS}
        return faults if known else [f"no evidence {key}"]
    if "answer" in leaf:
        question = questions().get(leaf["answer"])
        if question is None:
            return [f"no question {leaf['answer']}"]
        options = [leaf["is"]] if isinstance(leaf.get("is"), str) else leaf.get("is", [])
        return faults + [
            f"{question.id} has no option {option}" for option in options if option not in question.options
        ]
    return faults if "never" in leaf else [f"cannot test {dict(leaf)}"]


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("blocks", name).read_text(encoding="utf-8"))


def _block(table: Mapping[str, Any]) -> Block:
    about = dict(table["block"])
    bands = {name: _band(levels) for name, levels in about.pop("bands").items()}
    return Block(
        group_id=about.pop("group"),
        bands=bands,
        rules=tuple(_rule(about["id"], row) for row in table["rule"]),
        groups=tuple(GateGroup(**row) for row in table.get("group", [])),
        redirects=tuple(Redirect(**row) for row in table.get("redirect", [])),
        activities=tuple(Activity(**{**row, "covers": tuple(row["covers"])}) for row in table["action"]),
        **about,
    )


def _rule(block_id: str, row: Mapping[str, Any]) -> Rule:
    rest = {key: value for key, value in row.items() if key != "type"}
    return Rule(block_id=block_id, evidence_type=row["type"], **rest)


def _band(levels: Mapping[str, Any]) -> Band:
    return Band(levels["note"], {name: (pair[0], pair[1]) for name, pair in levels.items() if name != "note"})


def _band_faults(name: str, band: Band) -> list[str]:
    known = guide().bands[name][1]
    faults = [f"{name} has no level {level}" for level in band.levels.keys() ^ known.keys()]
    return faults + [f"{name} fits {fit}" for fit, _ in band.levels.values() if fit not in FITS]


def _faults(found: Mapping[str, Block]) -> list[str]:
    every = [rule for block in found.values() for rule in block.rules]
    known = {rule.id for rule in every}
    groups = {group.id for block in found.values() for group in block.groups}
    ids = [rule.id for rule in every] + [group.id for block in found.values() for group in block.groups]
    faults = [f"{name} stands {times} times" for name, times in Counter(ids).items() if times > 1]
    faults += [f"{rule.id}: {fault}" for rule in every for fault in _rule_faults(rule, known, known | groups)]
    for block in found.values():
        checks = [group.test for group in block.groups] + [redirect.when for redirect in block.redirects]
        faults += [
            f"{block.id}: {fault}" for check in checks for leaf in leaves(check) for fault in leaf_faults(leaf, known)
        ]
        faults += [f"{block.id}: no stage {one.stage}" for one in block.activities if one.stage not in STAGES]
        faults += [] if block.group_id in GROUPS else [f"{block.id}: no group {block.group_id}"]
        faults += [f"{block.id}: {fault}" for name in BANDS for fault in _band_faults(name, block.bands[name])]
    faults += [f"{edge.id}: no kind {edge.kind}" for edge in guide().edges if edge.kind not in guide().kinds]
    faults += [
        f"{edge.id}: no block {one}" for edge in guide().edges for one in edge.from_blocks + edge.to_blocks
        if one not in found
    ]  # fmt: skip
    return faults


def _rule_faults(rule: Rule, known: set[str], judges: set[str]) -> list[str]:
    faults = [fault for leaf in leaves(rule.test) for fault in leaf_faults(leaf, known)]
    allowed = {"side": SIDES, "strength": STRENGTHS, "evidence_type": EVIDENCE_TYPES}
    faults += [
        f"{name} is {getattr(rule, name)}" for name, words in allowed.items() if getattr(rule, name) not in words
    ]
    if rule.strength == "gate" and not rule.need:
        faults.append("a gate that does not say what it needs")
    if rule.judged_by and rule.judged_by not in judges:
        faults.append(f"judged by {rule.judged_by}, which is nothing")
    return faults
