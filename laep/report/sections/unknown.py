"""What we do not know: the gaps, why they matter and how to fill them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep.report.advice import for_operator
from laep.report.cells import Column, Table, entries, typed
from laep.report.layers import each

if TYPE_CHECKING:
    from laep.report.book import Book
    from laep.report.material import Material

TITLE = "What we do not know"


def figures(book: Book) -> None:
    """Add how many things are not known."""
    book.count("unknowns.count", "Things we do not know", "plan_unknown")


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    gaps = each(material.frames["plan_unknown"].sort_values("weight"))
    return {
        "gaps": Table(
            table_id="unknown",
            columns=(Column("What we do not know"), Column("Why it matters"), Column("How to find out")),
            rows=tuple(
                entries(typed(gap.what), typed(gap.matters), typed(for_operator(gap.find_out, material.inputs.served)))
                for gap in gaps
            ),
        )
    }
