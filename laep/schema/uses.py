"""What each use of a building means for a plan: the table `uses.toml`, checked as it is read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Use:
    """One use of buildings; `uses.toml` says what each field means."""

    title: str
    holds: str
    roof: bool
    demand: Literal["homes", "business", "none"]
    source: str
    intensity: str = ""
    profile: str = ""
    owner: Literal["community", "corporate", ""] = ""


_TABLE = resources.files(__package__).joinpath("uses.toml")
RULES = {name: Use(**row) for name, row in tomllib.loads(_TABLE.read_text("utf-8")).items()}
"""Every use, in the order it is told."""
BUSINESSES = tuple(name for name, use in RULES.items() if use.demand == "business")
"""Uses whose electricity follows from their floor area."""
ROOFLESS = tuple(name for name, use in RULES.items() if not use.roof)
"""Uses of what has no roof that panels could stand on."""


def owned_by(owner: str) -> tuple[str, ...]:
    """Return the uses whose buildings are taken to be in the hands of `community` or `corporate`."""
    return tuple(name for name, use in RULES.items() if use.owner == owner)
