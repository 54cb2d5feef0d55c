"""What we assumed: one row for each assumed number, or for a family of numbers that differ in a single word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import assumptions, words
from laep.report.cells import Cell, Column, Sentence, Table, entries, joined, said
from laep.report.layers import each

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from laep.report.cells import Row
    from laep.report.material import Material

TITLE = "What we assumed"
FAMILY_LEAST = 3
"""Fewer numbers than this are easier to read in rows of their own."""
ALIKE_WORDS = 4
"""Texts are taken to say the same of different things when they share at least this many words."""
_CONFIDENCES = {
    "confirmed_primary": "Read at the publisher",
    "confirmed_secondary": "Read in a page that quotes the publisher",
    "derived": "Worked out from confirmed figures",
    "guide": "Field guide",
    "guide_chatgpt": "Field guide, which took it from ChatGPT",
    "convention": "Our own rule",
    "unconfirmed": "NOT CONFIRMED: a working value",
    "override": "Set for this place",
}
_FLAGGED = ("unconfirmed", "override", "guide_chatgpt")
"""Confidences that a reader should see."""
_GUIDE = ("guide", "guide_chatgpt")


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    held = material.inputs.assumptions
    return {"assumed": table(held), "lapsed": lapsed(held, material.inputs.generated)}


def lapsed(held: pd.DataFrame, day: dt.date, *, keys: str = "") -> list[Sentence]:
    """Return the prices and rules used that ended, or should have been read again, before `day`; none set here."""
    if held.empty:
        return []
    used = held.loc[held["confidence"] != "override", "key"].drop_duplicates()
    return [
        said(
            f"{one.meaning}: {words.number(one.value)}{one.in_unit}, of {words.dated(one.year)}, ",
            f"{words.dated(one.lapse_told)}.",
        )
        for one in assumptions.lapsed(day, sorted(used))
        if one.key.startswith(keys)
    ]


def guide_used(held: pd.DataFrame) -> bool:
    """Return whether a figure of the field guide was used."""
    return not held.empty and bool(held["confidence"].isin(_GUIDE).any())


def table(held: pd.DataFrame) -> Table:
    """Return the assumptions used, in the order of their keys, however many steps used each."""
    return Table(
        table_id="assumptions",
        columns=(
            Column("What is assumed"),
            Column("Value and range", "Value"),
            Column("How sure, and source", "How sure"),
        ),
        rows=tuple(_row(members, _steps(held)) for members in families(held)),
    )


def families(held: pd.DataFrame) -> list[list[Any]]:
    """Return the assumptions used in the order of their keys, those that differ in a word together."""
    if held.empty:
        return []
    alike: dict[tuple[str, str, str, str], list[Any]] = {}
    for row in each(held.drop_duplicates("key").sort_values("key")):
        alike.setdefault((row.key.rpartition(".")[0], row.unit, row.confidence, str(row.year)), []).append(row)
    found = []
    for members in alike.values():
        together = len(members) >= FAMILY_LEAST and _blanked([row.meaning for row in members])
        found += [members] if together else [[row] for row in members]
    return sorted(found, key=_key)


def _key(members: Sequence[Any]) -> str:
    first = members[0].key
    return f"{first.rpartition('.')[0]}.*" if len(members) > 1 else first


def _steps(held: pd.DataFrame) -> dict[str, set[str]]:
    return {str(key): set(part) for key, part in held.groupby("key")["step"]} if len(held) else {}


def _row(members: Sequence[Any], steps: Mapping[str, set[str]]) -> Row:
    """Return one row; of a family, the meaning with a gap where they differ, and every source."""
    first = members[0]
    sources = list(dict.fromkeys(row.source for row in members))
    meaning = words.sentence(_blanked([row.meaning for row in members])).rstrip(".")
    source = words.sentence(_blanked(sources) or "; ".join(sources)).rstrip(".")
    year = "" if first.year == "not stated" else f"; {first.year}"
    used = words.listed(sorted(set().union(*(steps[row.key] for row in members))))
    look = "flag" if first.confidence in _FLAGGED else "strong"
    sure = Cell(text=f"{_CONFIDENCES.get(first.confidence, first.confidence)}.", look=look)
    return entries(
        said(meaning, " ", Cell(text=_key(members), look="code")),
        _values(members),
        joined([sure, f"{source}{year}.", Cell(text=f"Used in: {used}.", look="quiet")]),
    )


def _values(members: Sequence[Any]) -> Sentence:
    """Return the values with their ranges; of a family, each after the word that it alone has."""
    several = len(members) > 1
    texts = [
        f"{row.key.rpartition('.')[2].replace('_', ' ')}: {assumed(row)}" if several else assumed(row)
        for row in members
    ]
    ends = [*["; "] * (len(texts) - 1), ""]
    return said(
        *(
            Cell(text=f"{text}{end}", anchor=f"assumption.{row.key}")
            for row, text, end in zip(members, texts, ends, strict=True)
        )
    )


def assumed(row: Any) -> str:
    """Return the value of an assumption with its unit, and its range where it has one."""
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
