"""A way forward: the pathways, the one that leads first if one does, and its roadmap or the first steps alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from laep import words
from laep.report.book import where
from laep.report.cells import Column, Sentence, Table, entries, joined, missing, strong, told
from laep.report.draw import charts
from laep.report.layers import absent, each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from laep.report.book import Book
    from laep.report.cells import Row
    from laep.report.material import Material
    from laep.report.printer import Printer

TITLE = "A way forward"
QUESTIONS_SHOWN = 5
"""A pathway lists this many questions; the building blocks list every one."""
_CONDITIONS = {"met": "known to hold", "unmet": "known not to hold", "unknown": "that nobody knows of yet"}
"""Columns that count the conditions of a pathway, and what they count."""
_STANDINGS = {
    "recommended": "Fits best",
    "possible": "Possible",
    "needs_answers": "Needs answers first",
    "ruled_out": "Does not fit",
}
STAGES = (
    ("identify_assets", "Take stock"),
    ("identify_target", "Agree what we want"),
    ("build_partnerships", "Find partners"),
    ("augment_assets", "Build or buy"),
    ("optimise", "Run it well"),
)


def figures(book: Book) -> None:
    """Add how many conditions of each pathway hold, do not hold, or are not known to."""
    for row in each(book.layer("plan_pathway")):
        if row.met + row.unmet + row.unknown == 0:
            continue
        for column, what in _CONDITIONS.items():
            book.add(
                f"pathway.{words.slug(row.pathway_id)}.{column}", f"Conditions of {row.name} {what}",
                getattr(row, column), "count", layer="plan_pathway", rows=where(pathway_id=row.pathway_id),
                column=column, method="value", confidence="medium",
            )  # fmt: skip


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames = material.frames
    held = stages(frames)
    return {
        "lede": _lede(frames, material.name),
        "leads": leading(frames) is not None,
        "pathways": pathways(frames, material.show),
        "chart": _chart(frames),
        "stages": [stage for stage in held if stage["table"]] if leading(frames) is None else held,
    }


def leading(frames: Mapping[str, pd.DataFrame]) -> Any:
    """Return the pathway that leads, or None: as long as people have not said enough, none does."""
    return next((row for row in in_order(frames) if row.leads), None)


def undecided(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return why no pathway leads."""
    questions = frames.get("plan_question")
    asked = pd.DataFrame() if questions is None else questions[questions["section"] == "residents"]
    if asked.empty or not asked["answered"].astype(bool).any():
        return "Nobody has yet said what they want, so no way forward comes before another."
    return "What people have said so far puts no way forward before another."


def next_question(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return the open question whose answer would part the pathways most; empty where none is left."""
    questions = frames.get("plan_question")
    if questions is None:
        return ""
    left = questions[~questions["answered"].astype(bool)].sort_values("position")
    return str(left["ask"].iloc[0]) if len(left) else ""


def in_order(frames: Mapping[str, pd.DataFrame]) -> list[Any]:
    """Return the pathways, the best match first; those that share a rank stay in the order of the layer."""
    if absent(frames, "plan_pathway"):
        return []
    return list(each(frames["plan_pathway"].sort_values("rank", kind="stable")))


def _lede(frames: Mapping[str, pd.DataFrame], name: str) -> Sentence:
    best = leading(frames)
    if best is None:
        ask = next_question(frames)
        return joined([undecided(frames), told("To ask next: {}", strong(ask)) if ask else ""])
    if best.standing == "recommended":
        return told("On what people said and what is known today, {} fits {} best.", strong(best.name), name)
    return told(
        "No pathway has everything it needs yet. On what people said, {} is possible and comes first.",
        strong(best.name),
    )


def pathways(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[dict[str, Any]]:
    """Return the pathways in the order of their match."""
    named = {row.block_id: row.name for row in each(frames.get("plan_block"))}
    return [_way(row, named, show) for row in in_order(frames)]


def _way(row: Any, named: Mapping[str, str], show: Printer) -> dict[str, Any]:
    questions = words.split(row.to_settle, "\n")
    blocks = ", then ".join(named.get(block, block) for block in words.split(row.blocks))
    ends = dict(STAGES).get(row.ends_at, str(row.ends_at).replace("_", " "))
    return {
        "leads": bool(row.leads),
        "name": row.name,
        "standing": _STANDINGS[row.standing],
        "made_of": joined(
            [
                f"Made of: {blocks}." if blocks else "",
                f"Complete after the stage “{ends}”.",
                _conditions(f"pathway.{words.slug(row.pathway_id)}", show),
            ]
        ),
        "for_": words.split(row.reasons_for, "\n"),
        "against": words.split(row.reasons_against, "\n"),
        "settle": questions[:QUESTIONS_SHOWN],
        "settle_left": max(len(questions) - QUESTIONS_SHOWN, 0),
    }


def _conditions(stem: str, show: Printer) -> Sentence:
    """Return how many conditions of a pathway hold, do not hold and are open; nothing where it has none."""
    if f"{stem}.met" not in show:
        return Sentence()
    counts = (show(f"{stem}.{column}") for column in _CONDITIONS)
    return told("Conditions known to hold: {}; known not to: {}; not known yet: {}.", *counts)


def stages(frames: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Return the five stages, each with the table of its actions in order."""
    return [
        {
            "name": name,
            "table": Table(
                table_id=f"roadmap-{words.slug(stage)}",
                columns=tuple(Column(title) for title in ("What", "Who", "When", "Why", "Cost")),
                rows=tuple(_action(row) for row in actions),
            ),
        }
        for stage, name, actions in _staged(frames)
    ]


def _staged(frames: Mapping[str, pd.DataFrame]) -> list[tuple[str, str, list[Any]]]:
    """Return the id, name and actions of each stage; none without a roadmap."""
    if absent(frames, "plan_action"):
        return []
    every = list(each(frames["plan_action"].sort_values("position")))
    return [(stage, name, [row for row in every if row.stage == stage]) for stage, name in STAGES]


def _action(row: Any) -> Row:
    cost = re.sub(r"^None\b", "Nothing", words.sentence(row.cost))
    return entries(
        words.sentence(row.action), row.who, words.quarters(row.starts, row.ends), words.sentence(row.why),
        cost or missing(words.NOT_KNOWN),
    )  # fmt: skip


def _chart(frames: Mapping[str, pd.DataFrame]) -> str | None:
    bars = list(_bars(_staged(frames)))
    return charts.roadmap(bars, name="chart-roadmap") if bars else None


def _bars(staged: Iterable[tuple[str, str, list[Any]]]) -> Iterable[charts.Bar]:
    for _, name, actions in staged:
        for row in actions:
            first, last = words.quarter_index(row.starts), words.quarter_index(row.ends)
            if first is not None and last is not None:
                yield charts.Bar(name, words.sentence(row.action).rstrip("."), first, last)
