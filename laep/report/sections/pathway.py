"""A way forward: the pathways in the order of their match, and the roadmap of the closest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.book import where
from laep.report.cells import Column, Sentence, Table, entries, joined, missing, strong, told
from laep.report.draw import charts
from laep.report.layers import absent, each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.cells import Row
    from laep.report.material import Material
    from laep.report.printer import Printer

TITLE = "A way forward"
QUESTIONS_SHOWN = 5
"""A pathway lists this many questions; the building blocks list every one."""
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
    """Add how much of what each pathway needs is there."""
    for row in each(book.layer("plan_pathway")):
        book.add(
            f"pathway.{words.slug(row.pathway_id)}.score", f"Share of the preconditions of {row.name} that are met",
            row.score, "share", layer="plan_pathway", rows=where(pathway_id=row.pathway_id), column="score",
            method="value", confidence="medium",
        )  # fmt: skip


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames = material.frames
    held = stages(frames)
    return {
        "lede": _lede(frames, material.name),
        "pathways": pathways(frames, material.show),
        "chart": _chart(frames),
        "stages": held,
    }


def in_order(frames: Mapping[str, pd.DataFrame]) -> list[Any]:
    """Return the pathways, the best match first."""
    if absent(frames, "plan_pathway"):
        return []
    return list(each(frames["plan_pathway"].sort_values(["rank", "pathway_id"])))


def _lede(frames: Mapping[str, pd.DataFrame], name: str) -> Sentence:
    best = next(iter(in_order(frames)), None)
    if best is None:
        return Sentence()
    if best.standing == "recommended":
        return told("On what is known today, {} fits {} best.", strong(best.name), name)
    return told(
        "No pathway has everything it needs yet. The closest, on what is known today, is {}.", strong(best.name)
    )


def pathways(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[dict[str, Any]]:
    """Return the pathways in the order of their match."""
    named = {row.block_id: row.name for row in each(frames.get("plan_block"))}
    return [_way(n, row, named, show) for n, row in enumerate(in_order(frames))]


def _way(n: int, row: Any, named: Mapping[str, str], show: Printer) -> dict[str, Any]:
    questions = words.split(row.to_settle, "\n")
    blocks = ", then ".join(named.get(block, block) for block in words.split(row.blocks))
    ends = dict(STAGES).get(row.ends_at, str(row.ends_at).replace("_", " "))
    return {
        "closest": n == 0,
        "name": row.name,
        "standing": _STANDINGS[row.standing],
        "made_of": joined(
            [
                f"Made of: {blocks}." if blocks else "",
                f"Complete after the stage “{ends}”.",
                told(
                    "Of what it needs, {} is known to be in place.", show(f"pathway.{words.slug(row.pathway_id)}.score")
                ),
            ]
        ),
        "for_": words.split(row.reasons_for, "\n"),
        "against": words.split(row.reasons_against, "\n"),
        "settle": questions[:QUESTIONS_SHOWN],
        "settle_left": max(len(questions) - QUESTIONS_SHOWN, 0),
    }


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
