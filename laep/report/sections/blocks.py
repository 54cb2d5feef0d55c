"""Building blocks: what speaks for and against each way of organising local energy, and what nobody knows yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.book import where
from laep.report.cells import Cell, Sentence, said
from laep.report.layers import absent, each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.material import Material

TITLE = "Building blocks"
_VERDICTS = {
    "promising": "Promising",
    "possible": "Possible",
    "open": "Open question",
    "blocked": "Blocked for now",
    "advise_against": "Not advised here",
}
_GROUPS = (
    ("foundations", "Foundations", "Take stock, agree what matters, and find projects worth doing."),
    ("assets", "Assets", "Panels, pumps, batteries and chargers, owned by households, the community or a company."),
    ("smart_systems", "Smart systems", "Ways of running many assets together."),
)


def figures(book: Book) -> None:
    """Add how many rules were tested, and how many of them nobody has evidence on."""
    book.count("rules.count", "Rules of the field guide tested", "plan_rule", unit="rules")
    label = "Rules nobody has evidence on yet"
    book.count("rules.unknown", label, "plan_rule", rows=where(status="unknown"), unit="rules")


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    return {"groups": groups(material.frames)}


def groups(frames: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Return the three groups with their building blocks, and what speaks for and against each."""
    if absent(frames, "plan_block"):
        return []
    every = list(each(frames["plan_block"]))
    rules = _by_block(frames.get("plan_rule"))
    return [
        {
            "name": name,
            "purpose": purpose,
            "blocks": [_block(row, rules.get(row.block_id, [])) for row in every if row.group_id == group],
        }
        for group, name, purpose in _GROUPS
        if any(row.group_id == group for row in every)
    ]


def _by_block(rules: pd.DataFrame | None) -> dict[str, list[Any]]:
    """Return the rules of each block, gates first."""
    rank = {"gate": 0, "strong": 1, "weak": 2}
    found: dict[str, list[Any]] = {}
    for rule in sorted(each(rules), key=lambda rule: (rank.get(rule.strength, 3), rule.rule_id)):
        found.setdefault(rule.block_id, []).append(rule)
    return found


def _block(row: Any, rules: list[Any]) -> dict[str, Any]:
    by_status: dict[tuple[str, str], list[Sentence]] = {}
    for rule in rules:
        by_status.setdefault((rule.side, rule.status), []).append(_rule(rule))
    return {
        "id": row.block_id,
        "name": row.name,
        "verdict": _VERDICTS[row.verdict],
        "headline": words.sentence(row.headline),
        "for_": [*by_status.get(("for", "met"), []), *by_status.get(("against", "not_met"), [])],
        "against": [*by_status.get(("against", "met"), []), *by_status.get(("for", "not_met"), [])],
        "unknown": questions(rules),
        "effort": words.sentence(row.effort),
        "redirect": words.sentence(row.redirect),
        "needs": [words.sentence(need).rstrip(".") for need in words.split(row.needs_unmet, "\n")],
        "about": words.sentence(row.about),
        "benefits": words.sentence(row.benefits),
        "engagement": words.sentence(row.engagement),
        "expect": [words.sentence(line) for line in words.split(row.expect, "\n")],
        "leads_to": [words.sentence(line) for line in words.split(row.leads_to, "\n")],
    }


def _rule(rule: Any) -> Sentence:
    """Return what a rule says of the place, with its id; of one that is not met, what was found says it outright."""
    gate = ", gate" if rule.strength == "gate" else ""
    known_as = Cell(text=f"{rule.rule_id}{gate}", look="rule")
    if rule.status == "not_met":
        return said(str(rule.evidence), " ", known_as, notes=(f"Not the case: {rule.criterion}.",))
    return said(rule.criterion, " ", known_as, notes=(str(rule.evidence),))


def questions(rules: Iterable[Any]) -> list[Sentence]:
    """Return the questions that would settle a block's open rules, each once, with the rules that turn on it."""
    asked: dict[str, list[Any]] = {}
    for rule in rules:
        if rule.status == "unknown":
            asked.setdefault(rule.ask if words.known(rule.ask) else words.sentence(rule.criterion), []).append(rule)
    return [said(ask, " ", Cell(text=_ids(held), look="rule")) for ask, held in asked.items()]


def _ids(rules: list[Any]) -> str:
    gate = ", gate" if any(rule.strength == "gate" for rule in rules) else ""
    return ", ".join(rule.rule_id for rule in rules) + gate
