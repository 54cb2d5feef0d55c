"""Every assumed number, with its range, unit, source and confidence; who used which is remembered."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from laep.errors import LaepError, UserFault
from laep.hints import meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SHIPPED = Path(__file__).parent / "assumptions.toml"
CONFIDENCES = {
    "confirmed_primary": "read at the publisher",
    "confirmed_secondary": "read in a page that quotes the publisher",
    "derived": "arithmetic from confirmed figures",
    "guide": "printed in the field guide",
    "guide_chatgpt": "printed in the field guide, which names ChatGPT as its source",
    "convention": "our own rule or threshold",
    "unconfirmed": "a working value, not confirmed by a publication",
    "override": "set for this area in laep.toml",
}


@dataclass(frozen=True)
class Assumption:
    """One assumed number. `value`, `low` and `high` are in `unit`; `confidence` is a key of `CONFIDENCES`."""

    key: Annotated[str, "name of the assumption"]
    value: Annotated[float, "central value, in its unit"]
    low: Annotated[float, "low end, in its unit"]
    high: Annotated[float, "high end, in its unit"]
    unit: Annotated[str, "unit of the three"]
    meaning: Annotated[str, "what the number is"]
    year: Annotated[str, "year or edition it is of"]
    source: Annotated[str, "where it comes from"]
    confidence: Annotated[str, "how sure it is: a word of the table in assumptions.md"]

    @property
    def in_unit(self) -> str:
        """Return the unit as it follows a number, with a space before it; nothing for a plain number."""
        return "" if self.unit == "-" else f" {self.unit}"

    @property
    def wanted(self) -> str:
        """Return what to give for it, in words: `a number`, or `a number in kW`."""
        return f"a number in{self.in_unit}" if self.in_unit else "a number"

    @property
    def span(self) -> tuple[float, float, float]:
        """Return value, low and high, the order in which layers hold them."""
        return self.value, self.low, self.high


class Assumptions:
    """
    The assumptions of one area: the shipped table with the area's overrides laid over it.

    `used` holds the keys asked for since the last `forget`, so that a step's assumptions are recorded, not declared.
    """

    def __init__(self, overrides: Mapping[str, float] | None = None) -> None:
        self._table = dict(shipped())
        for key, value in (overrides or {}).items():
            self._table[key] = _overridden(self[key], value)
        self.used: set[str] = set()

    def __getitem__(self, key: str) -> Assumption:
        """Return an assumption without recording its use."""
        try:
            return self._table[key]
        except KeyError:
            raise UserFault(_unknown(key)) from None

    def __iter__(self) -> Iterator[Assumption]:
        return iter(self._table.values())

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def get(self, key: str, unit: str) -> Assumption:
        """Return assumption `key`, which the caller takes to be in `unit`; its use is recorded."""
        found = self[key]
        if found.unit != unit:
            raise LaepError(f"Assumption {key} is in {found.unit}, but was asked for in {unit}.")
        self.used.add(key)
        return found

    def value(self, key: str, unit: str) -> float:
        """Return the central value of `key` in `unit`; its use is recorded."""
        return self.get(key, unit).value

    def by_year(self, stem: str, unit: str) -> dict[int, tuple[float, float, float]]:
        """Return the assumptions `stem.YEAR` by year, each as value, low and high in `unit`; their use is recorded."""
        years = [key.rpartition(".")[2] for key in self._table if key.rpartition(".")[0] == stem]
        return {int(year): self.get(f"{stem}.{year}", unit).span for year in years}

    def forget(self) -> None:
        """Start a new record of uses."""
        self.used = set()

    def search(self, words: str) -> list[Assumption]:
        """Return the assumptions whose key, meaning or source holds every word."""
        wanted = words.casefold().split()
        return [a for a in self if all(w in f"{a.key} {a.meaning} {a.source} {a.unit}".casefold() for w in wanted)]


@cache
def shipped() -> dict[str, Assumption]:
    """Return the assumptions laep ships with, by key."""
    table = tomllib.loads(_SHIPPED.read_text(encoding="utf-8"))
    return {key: Assumption(key=key, **row) for key, row in table.items()}


def some(keys: Iterable[str]) -> dict[str, Assumption]:
    """Return a few shipped assumptions without reading the rest, for commands that must start quickly."""
    text = _SHIPPED.read_text(encoding="utf-8")
    parts = []
    for key in keys:
        _, found, rest = text.partition(f'\n["{key}"]\n')
        if not found:
            raise UserFault(_unknown(key))
        parts.append(found + rest.partition("\n[")[0])
    return {key: Assumption(key=key, **row) for key, row in tomllib.loads("\n".join(parts)).items()}


def _overridden(shipped_row: Assumption, value: float) -> Assumption:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UserFault(f"Assumption {shipped_row.key} needs {shipped_row.wanted}, not {value!r}.")
    return replace(
        shipped_row, value=float(value), low=float(value), high=float(value), confidence="override",
        source=f"Set for this area in laep.toml (laep ships {shipped_row.value:g}{shipped_row.in_unit})",
    )  # fmt: skip


def _unknown(key: str) -> str:
    return (
        f"There is no assumption {key!r}.{meant(key, shipped())} Run `laep assumptions --search WORD` to look for one."
    )
