"""A place without outlines of buildings: what is known, what to get first in order of worth, and what needs no data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.advice import for_operator
from laep.report.cells import Column, Sentence, Table, entries, strong, told, typed
from laep.report.layers import absent, each, filled
from laep.schema.vocabulary import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.material import Material

TITLE = "A starter for {name}"
_FIRST = 8
"""Gaps that are listed; those after them tell of buildings that are not known yet."""


def due(frames: Mapping[str, pd.DataFrame]) -> bool:
    """Return whether a place has no outline of a building, from which homes, heat, roofs and costs all start."""
    return absent(frames, "in_building")


def verdict(name: str) -> Sentence:
    """Return the sentence under the title."""
    return told(
        "This is a starter, not a plan: no outline of a building in {} is known yet, and homes, heat, roofs and costs "
        "all start from them.",
        name,
    )


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    return {
        "known": _known(material),
        "gaps": _gaps(material),
        "wishes": [words.sentence(w) for w in material.inputs.wishes],
    }


def _known(material: Material) -> list[Sentence]:
    """Return what is known of the place already."""
    known = [
        told("The network here is {}'s ({}).", OPERATORS.get(operator, operator), area)
        for area, operator, _ in material.inputs.served
    ]
    show = material.show
    figures = ("sunshine.annual", "tenure.households", "existing.solar_capacity")
    known += [told("{}: {}.", show.label(figure), show(figure)) for figure in figures if figure in show]
    sources = [words.sentence(one.title).rstrip(".") for one in each(filled(material.inputs.provenance))]
    return [*known, told("Read so far: {}.", "; ".join(sources))] if sources else known


def _gaps(material: Material) -> Table:
    """Return what to get, what it is worth and how, the worthiest first."""
    gaps = each(material.frames["plan_unknown"].sort_values("weight").head(_FIRST))
    return Table(
        table_id="starter",
        columns=(Column("What to get"), Column("What it is worth"), Column("How")),
        rows=tuple(
            entries(strong(gap.what), typed(gap.matters), typed(for_operator(gap.find_out, material.inputs.served)))
            for gap in gaps
        ),
    )
