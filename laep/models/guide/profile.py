"""What a block is, whatever the place: what to expect of it and how it leads to others, in words for `plan_block`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.models.guide.catalogue import BANDS, blocks, guide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.models.guide.catalogue import Band, Block

FIT_WORDS = {"natural": "usually", "possible": "can be", "unlikely": "hardly"}
"""How well a level fits, in words; `unstated` levels are left out, since the guide says nothing of them."""
READING = " (our reading of a table that is hard to read)"
STATED = "clear"
MOVING = "smart_systems"
"""The group whose rules and markets change so fast that the date of the guide belongs beside them (PR-08)."""


def profile(block: Block) -> dict[str, str | None]:
    """Return the columns of `plan_block` that say what a block is, the same in every place."""
    return {
        "about": block.one_line,
        "engagement": block.engagement,
        "benefits": block.benefits_note,
        "expect": "\n".join(_expectations(block)),
        "leads_to": "\n".join(_leads_to(block.id)) or None,
    }


def _expectations(block: Block) -> list[str]:
    lines = [_expected(name, block.bands[name]) for name in BANDS]
    return [*lines, guide().dated] if block.group_id == MOVING else lines


def _expected(name: str, band: Band) -> str:
    title, words = guide().bands[name]
    parts = [f"{said} {_row(band, fit, words)}" for fit, said in FIT_WORDS.items() if _row(band, fit, words)]
    unsure = any(how != STATED and fit in FIT_WORDS for fit, how in band.levels.values())
    return f"{title}: {'; '.join(parts)}{READING if unsure else ''}. {band.note}"


def _row(band: Band, fit: str, words: Mapping[str, str]) -> str:
    return " or ".join(words[level] for level, (found, _) in band.levels.items() if found == fit)


def _leads_to(block_id: str) -> list[str]:
    """Return how the block bears on others: the others' names, and why."""
    said = []
    for edge in guide().edges:
        if block_id in edge.from_blocks:
            others = [blocks()[one].name for one in edge.to_blocks if one != block_id]
            whom = f" {', '.join(others)}" if others else ""
            said.append(f"{guide().kinds[edge.kind]}{whom}: {edge.why[:1].lower()}{edge.why[1:]}")
    return said
