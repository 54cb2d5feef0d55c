"""What readers call the things that layers hold."""

from __future__ import annotations

from typing import Any

from laep import words
from laep.schema import uses

USE_WORDS = {name: use.title for name, use in uses.RULES.items()}
UNNAMED = "Substation without a name"


def name_or(row: Any, otherwise: object) -> str:
    """Return the name of a row, or what to call it where it has none."""
    name = getattr(row, "name", None)
    return str(name) if words.known(name) else str(otherwise)


def site_called(row: Any, kind: str) -> str:
    """Return the name of a place for an asset, or what it is and which road or place it stands by."""
    near = getattr(row, "near", None)
    return name_or(row, f"{kind} by {near}" if words.known(near) else f"{kind} without a name")


def called(row: Any) -> str:
    """Return the name of a substation, or its id in words."""
    return name_or(row, f"substation {row.substation_id}")
