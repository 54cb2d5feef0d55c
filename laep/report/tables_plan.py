"""The plan in table rows: building blocks, pathways, roadmap, assumptions and sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.layers import absent, each

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.printer import Printer

Row = dict[str, Any]

QUESTIONS_SHOWN = 5
"""A pathway lists this many questions; the building blocks list every one."""

VERDICT_WORDS = {
    "promising": "Promising",
    "possible": "Possible",
    "open": "Open question",
    "blocked": "Blocked for now",
    "advise_against": "Not advised here",
}
STANDING_WORDS = {
    "recommended": "Fits best",
    "possible": "Possible",
    "needs_answers": "Needs answers first",
    "ruled_out": "Does not fit",
}
GROUPS = (
    ("foundations", "Foundations", "Take stock, agree what matters, and find projects worth doing."),
    ("assets", "Assets", "Panels, pumps, batteries and chargers, owned by households, the community or a company."),
    ("smart_systems", "Smart systems", "Ways of running many assets together."),
)
STAGES = (
    ("identify_assets", "Take stock"),
    ("identify_target", "Agree what we want"),
    ("build_partnerships", "Find partners"),
    ("augment_assets", "Build or buy"),
    ("optimise", "Run it well"),
)


def blocks(frames: Mapping[str, pd.DataFrame]) -> list[Row]:
    """Return the three groups with their building blocks, and what speaks for and against each."""
    if absent(frames, "plan_block"):
        return []
    rules = frames.get("plan_rule")
    every = list(each(frames["plan_block"]))
    return [
        {
            "name": name,
            "purpose": purpose,
            "blocks": [_block(row, rules) for row in every if row.group_id == group],
        }
        for group, name, purpose in GROUPS
        if any(row.group_id == group for row in every)
    ]


def _block(row: Any, rules: pd.DataFrame | None) -> Row:
    mine = [] if rules is None else [rule for rule in each(rules) if rule.block_id == row.block_id]
    rank = {"gate": 0, "strong": 1, "weak": 2}
    mine.sort(key=lambda rule: (rank.get(rule.strength, 3), rule.rule_id))
    by_status: dict[tuple[str, str], list[Any]] = {}
    for rule in mine:
        by_status.setdefault((rule.side, rule.status), []).append(rule)
    return {
        "id": row.block_id,
        "name": row.name,
        "verdict": VERDICT_WORDS[row.verdict],
        "verdict_id": row.verdict,
        "headline": words.sentence(row.headline),
        "for_": [*by_status.get(("for", "met"), []), *by_status.get(("against", "not_met"), [])],
        "against": [*by_status.get(("against", "met"), []), *by_status.get(("for", "not_met"), [])],
        "unknown": _questions(mine),
        "effort": words.sentence(row.effort),
        "redirect": words.sentence(row.redirect),
        "needs": [words.sentence(need).rstrip(".") for need in words.split(row.needs_unmet, "\n")],
        "about": words.sentence(row.about),
        "benefits": words.sentence(row.benefits),
        "engagement": words.sentence(row.engagement),
        "expect": [words.sentence(line) for line in words.split(row.expect, "\n")],
        "leads_to": [words.sentence(line) for line in words.split(row.leads_to, "\n")],
    }


def _questions(rules: list[Any]) -> list[Row]:
    """Return the questions that would settle a block's open rules, each once, with the rules that turn on it."""
    asked: dict[str, list[Any]] = {}
    for rule in rules:
        if rule.status == "unknown":
            asked.setdefault(rule.ask if words.known(rule.ask) else words.sentence(rule.criterion), []).append(rule)
    return [
        {
            "ask": ask,
            "rules": ", ".join(rule.rule_id for rule in held),
            "gate": any(rule.strength == "gate" for rule in held),
        }
        for ask, held in asked.items()
    ]


def pathways(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return the pathways in the order of their match."""
    if absent(frames, "plan_pathway"):
        return []
    named = _block_names(frames)
    ends = dict(STAGES)
    return [
        {
            "id": row.pathway_id,
            "name": row.name,
            "rank": int(row.rank),
            "standing": STANDING_WORDS[row.standing],
            "standing_id": row.standing,
            "score": show(f"pathway.{words.slug(row.pathway_id)}.score"),
            "for_": words.split(row.reasons_for, "\n"),
            "against": words.split(row.reasons_against, "\n"),
            "settle": words.split(row.to_settle, "\n")[:QUESTIONS_SHOWN],
            "settle_left": max(len(words.split(row.to_settle, "\n")) - QUESTIONS_SHOWN, 0),
            "blocks": [named.get(block, block) for block in words.split(row.blocks)],
            "ends": ends.get(row.ends_at, str(row.ends_at).replace("_", " ")),
        }
        for row in each(frames["plan_pathway"].sort_values(["rank", "pathway_id"]))
    ]


def stages(frames: Mapping[str, pd.DataFrame]) -> list[Row]:
    """Return the five stages, each with its actions in order."""
    if absent(frames, "plan_action"):
        return []
    every = list(each(frames["plan_action"].sort_values("position")))
    return [{"name": name, "actions": [_action(row) for row in every if row.stage == stage]} for stage, name in STAGES]


def _action(row: Any) -> Row:
    return {
        "action": words.sentence(row.action),
        "who": row.who,
        "when": words.quarters(row.starts, row.ends),
        "first": words.quarter_index(row.starts),
        "last": words.quarter_index(row.ends),
        "why": words.sentence(row.why),
        "cost": re.sub(r"^None\b", "Nothing", words.sentence(row.cost)),
    }


def sources(frame: pd.DataFrame) -> list[Row]:
    """Return where the data came from, with licences, attribution and dates."""
    return [
        {
            "id": row.source_id,
            "title": words.sentence(row.title).rstrip("."),
            "publisher": row.publisher,
            "licence": words.sentence(row.licence),
            "attribution": words.sentence(row.attribution),
            "url": _address(row.url),
            "edition": row.edition if words.known(row.edition) else "",
            "retrieved": words.published_date(str(row.retrieved_at)),
            "sha256": str(row.sha256)[:12] if words.known(row.sha256) else "",
            "made": bool(words.known(row.rows_kept) and words.known(row.rows_read) and row.rows_kept > row.rows_read),
            "kept": words.whole(row.rows_kept) if words.known(row.rows_kept) else words.NOT_KNOWN,
            "read": words.whole(row.rows_read) if words.known(row.rows_read) else words.NOT_KNOWN,
            "notes": [words.sentence(note) for note in words.split(row.notes, "\n")],
        }
        for row in (each(frame) if not frame.empty else ())
    ]


def _address(url: object) -> str:
    """Return the web address that a provenance row starts with, without the remark some carry after it."""
    first = str(url).split(maxsplit=1)[:1]
    return first[0] if first and first[0].startswith(("https://", "http://")) else ""


def _block_names(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    return {row.block_id: row.name for row in each(frames.get("plan_block"))}
