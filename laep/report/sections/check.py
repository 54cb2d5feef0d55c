"""How to check a number: which numbers the report prints is known once it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laep.report.material import Material

TITLE = "How to check a number"


def rows(material: Material) -> dict[str, Any]:
    """Return nothing: a leaf lists the figures that it printed, as `Printer.entry` tells of them."""
    del material
    return {}
