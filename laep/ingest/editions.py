"""
Which edition of each source laep is known to read, and by which names of columns: `editions.toml`.

The fingerprint is of the names in the module's `COLUMNS` and `FORMS`. A test fails when they change and the entry does
not: whoever teaches laep the names of a new edition writes down which it is.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from laep.ingest.read.table import squash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from types import ModuleType

_DIGITS = 12


@dataclass(frozen=True)
class Edition:
    """The newest edition of a source that laep is known to read, and the fingerprint of the columns it knows."""

    edition: str
    columns: str


@cache
def known() -> Mapping[str, Edition]:
    """Return the declared edition of every source that laep ships."""
    table = tomllib.loads(Path(__file__).with_name("editions.toml").read_text(encoding="utf-8"))
    return {name: Edition(**held) for name, held in table.items()}


def fingerprint(module: ModuleType) -> str:
    """Return what changes when a name changes by which a source's columns are known; empty for one without columns."""
    columns: Mapping[str, Collection[str]] = getattr(module, "COLUMNS", {})
    forms: Mapping[str, Mapping[str, Collection[str]]] = getattr(module, "FORMS", {})
    if not columns:
        return ""
    said = {"columns": _plain(columns), "forms": {form: _plain(held) for form, held in forms.items()}}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def missing(module: ModuleType, there: Iterable[str]) -> list[str]:
    """Return the published names that a portal's own list of columns has under none of the spellings laep knows."""
    names = {squash(name) for name in there}
    columns: Mapping[str, Collection[str]] = getattr(module, "COLUMNS", {})
    return [next(iter(spellings)) for spellings in columns.values() if not names & {squash(each) for each in spellings}]


def _plain(columns: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    return {ours: sorted(map(str, spellings)) for ours, spellings in columns.items()}
