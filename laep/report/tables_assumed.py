"""Assumptions in table rows: one row each, or one row for a family of numbers that differ in a single word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.layers import each

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

Row = dict[str, Any]

FAMILY_LEAST = 3
"""Fewer numbers than this are easier to read in rows of their own."""
ALIKE_WORDS = 4
"""Texts are taken to say the same of different things when they share at least this many words."""
CONFIDENCE_WORDS = {
    "confirmed_primary": "read at the publisher",
    "confirmed_secondary": "read in a page that quotes the publisher",
    "derived": "worked out from confirmed figures",
    "guide": "field guide",
    "guide_chatgpt": "field guide, which took it from ChatGPT",
    "convention": "our own rule",
    "unconfirmed": "NOT CONFIRMED: a working value",
    "override": "set for this place",
}


def assumptions(frame: pd.DataFrame) -> list[Row]:
    """Return the assumptions used, in the order of their keys, however many steps used each."""
    if frame.empty:
        return []
    steps: dict[str, set[str]] = {}
    for key, step in zip(frame["key"], frame["step"], strict=True):
        steps.setdefault(key, set()).add(step)
    families: dict[tuple[str, str, str, str], list[Any]] = {}
    for row in each(frame.drop_duplicates("key").sort_values("key")):
        families.setdefault((row.key.rpartition(".")[0], row.unit, row.confidence, str(row.year)), []).append(row)
    rows = []
    for members in families.values():
        alike = len(members) >= FAMILY_LEAST and _blanked([row.meaning for row in members])
        rows += [_family(members, steps)] if alike else [_row([row], row.meaning, row.source, steps) for row in members]
    return sorted(rows, key=lambda row: row["key"])


def _family(members: Sequence[Any], steps: Mapping[str, set[str]]) -> Row:
    """Return one row for numbers that differ in a word; sources that differ further are all named."""
    sources = list(dict.fromkeys(row.source for row in members))
    meaning = _blanked([row.meaning for row in members])
    return _row(members, meaning, _blanked(sources) or "; ".join(sources), steps)


def _row(members: Sequence[Any], meaning: str, source: str, steps: Mapping[str, set[str]]) -> Row:
    first, several = members[0], len(members) > 1
    used = sorted(set().union(*(steps[row.key] for row in members)))
    return {
        "key": f"{first.key.rpartition('.')[0]}.*" if several else first.key,
        "meaning": words.sentence(meaning).rstrip("."),
        "values": [
            {"key": row.key, "label": row.key.rpartition(".")[2] if several else "", "value": _assumed(row)}
            for row in members
        ],
        "year": "" if first.year == "not stated" else first.year,
        "source": words.sentence(source).rstrip("."),
        "confidence": CONFIDENCE_WORDS.get(first.confidence, first.confidence),
        "confidence_id": first.confidence,
        "steps": words.listed(used),
    }


def _assumed(row: Any) -> str:
    unit = row.unit.removeprefix("-").replace("1/", "per ").replace("m2", "m²").replace("GBP", "£")
    value = f"{words.number(row.value, 4)} {unit}".strip()
    if row.low == row.value == row.high:
        return value
    return f"{value} ({words.number(row.low, 4)} to {words.number(row.high, 4)})"


def _blanked(texts: Sequence[str]) -> str:
    """Return texts as one, with a gap where they differ; nothing when they have too little in common."""
    if len(set(texts)) == 1:
        return texts[0]
    split = [text.split() for text in texts]
    shortest = min(len(parts) for parts in split)
    start = _shared(split, shortest)
    end = _shared([parts[::-1] for parts in split], shortest - start)
    if start + end < ALIKE_WORDS:
        return ""
    return " ".join([*split[0][:start], "…", *split[0][len(split[0]) - end :]])


def _shared(split: Sequence[Sequence[str]], most: int) -> int:
    """Return how many words all begin with, up to `most`."""
    return next((n for n in range(most) if len({parts[n] for parts in split}) > 1), most)
