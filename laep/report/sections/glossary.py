"""Words and abbreviations: which of them the report uses is known once it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laep.report.material import Material

TITLE = "Words and abbreviations"


def rows(material: Material) -> dict[str, Any]:
    """Return nothing: a leaf lists the terms of `report.glossary` that it printed."""
    del material
    return {}
