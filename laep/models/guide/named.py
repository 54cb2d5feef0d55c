"""What the guide calls by an id, besides its rules: principles, gates, checklists, reasons to stop, pathways."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from laep.answers import questions
from laep.models.guide.catalogue import blocks, guide
from laep.models.guide.pathways import NOTHING_SMART, first_steps, pathways
from laep.models.guide.preferences import stop_rules

if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def named() -> dict[str, str]:
    """Return what stands behind each id, in words; an id of several things has a line for each."""
    found: dict[str, str] = {}
    for name, words in (*_across(), *_of_blocks(), *_of_pathways()):
        found[name] = f"{found[name]}\n{words}" if name in found else words
    return found


def _across() -> Iterator[tuple[str, str]]:
    """Yield what holds across blocks: principles, how blocks lead to others, and the questions."""
    for one in guide().principles:
        yield one.id, f"a principle of the field guide. {one.says}.\nWhat laep does about it: {one.so}."
    names = {block.id: block.name for block in blocks().values()}
    for edge in guide().edges:
        from_to = [", ".join(names[block] for block in side) for side in (edge.from_blocks, edge.to_blocks)]
        bears = f"{guide().kinds[edge.kind]} {from_to[1]}".strip()
        yield edge.id, f"how blocks of the field guide hang together. {from_to[0]}. {bears}: {edge.why}"
    for question in questions().values():
        yield question.id, f"a question of answers.toml, part {question.section}. {question.ask}"


def _of_blocks() -> Iterator[tuple[str, str]]:
    """Yield the blocks, the groups of gates that stand in for one another, and the checklists behind the roadmap."""
    for block in blocks().values():
        yield block.id, f"a building block of the field guide, {block.name}. {block.one_line}"
        for group in block.groups:
            through = f"It holds, or not, through {', '.join(group.members)}."
            yield group.id, f"a gate of the field guide for {block.name}. It needs {group.need}.\n{through}"
        for step in block.activities:
            for covered in step.covers:
                kept = "" if covered == step.covers[0] else f" The roadmap has it in step {step.covers[0]}."
                yield covered, f"from the field guide's checklist for {block.name}.{kept} {step.text}\nWho: {step.who}."


def _of_pathways() -> Iterator[tuple[str, str]]:
    """Yield the pathways, the reasons to stop, and the steps that every roadmap has."""
    for pathway in pathways().values():
        yield pathway.id, f"a pathway of the field guide, {pathway.name}. {pathway.summary}"
    for stop in stop_rules():
        yield stop["id"], f"a reason to stop. {stop['criterion']}. {stop['outcome']}"
    yield NOTHING_SMART, "a reason to stop. Every smart system is blocked as things stand; assets may still do."
    for step in first_steps():
        yield step["id"], f"a first step of every roadmap. {step['text']}\nWhy: {step['why']}."
