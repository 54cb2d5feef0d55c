"""Every assumed number, with its range, unit, source and confidence; who used which is remembered."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

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


_DIVISORS = {
    "bess.capex_gbp_per_kwh.community", "bess.hours", "bess.lifetime_years", "bess.round_trip_efficiency",
    "bess.usable_dod", "building.flat_m2", "building.home_footprint_m2", "ev.charger_kw", "ev.home_share",
    "demand.gas_home_mean_kwh",
    "ev.kwh_per_year", "ev.plug_in_spread_h", "ev.sessions_per_week", "guide.sb.case_homes",
    "guide.vpp.home_flex_asset_kw", "guide.vpp.home_flex_none_kw", "heat.alike_m",
    "heat.calibration", "heat.calibration_apart", "heat.efficiency.electric", "heat.efficiency.gas",
    "heat.efficiency.heat_network", "heat.efficiency.lpg", "heat.efficiency.oil", "heat.efficiency.solid",
    "heat.efficiency.wood", "heat.homes_apart", "heat.inner_share", "heat.loft.bare_u",
    "heat.loft.conductivity", "heat.mass_wh_per_m2_k", "heat.prebound_apart", "heat.route.air.years",
    "heat.route.communal.years", "heat.route.direct.years", "heat.route.loop.years", "heat.route.network.spf",
    "heat.route.network.years", "heat.spf.air", "heat.spf.ground",
    "heat.storey_m", "heat.zones_apart", "heat_pump.window_h", "net.lv.homes_per_feeder",
    "net.segment.unit_homes", "pv.lifetime_years", "solar_farm.land_ha_per_mw",
}  # fmt: skip
"""Assumptions that something is shared out or divided by, so that zero has no meaning."""
_FLOORED = "privacy."
"""How the keys begin of assumptions that protect people: none goes below the low end of its range."""
_LEAST_ROOM = 0.5
"""A value is far off when it lies further outside the range than the range is wide, or than this share of the value."""
_PER_HUNDRED = 100.0
"""Between a share and its per cent, or a pound and its pence."""


class Override(NamedTuple):
    """A value of an area's own, and where it comes from."""

    value: float
    source: str


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
    valid_from: Annotated[str, "ISO date from which a price or rule holds; empty for what has no date"] = ""
    review_by: Annotated[str, "ISO date by which it is to be read again; empty for what has no date"] = ""
    valid_to: Annotated[str, "ISO date on which a price or rule ends by its own terms; empty where none is set"] = ""

    @property
    def lapses(self) -> str:
        """Return the ISO date after which it counts as lapsed; empty for what has no date and for an area's own."""
        return "" if self.confidence == "override" else self.valid_to or self.review_by

    def lapsed(self, day: dt.date) -> bool:
        """Return whether the day on which it ends, or by which it was to be read again, is over."""
        return bool(self.lapses) and dt.date.fromisoformat(self.lapses) < day

    @property
    def lapse_told(self) -> str:
        """Return what became of it once it has lapsed, as the end of a sentence, with a date in ISO form."""
        if self.valid_to:
            return f"lapsed on {self.valid_to}, and no later one is known"
        return f"to be read again by {self.review_by}"

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

    def __init__(self, overrides: Mapping[str, float | Override] | None = None) -> None:
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


def lapsed(day: dt.date, keys: Iterable[str] | None = None) -> list[Assumption]:
    """Return the shipped assumptions (or those of `keys`) that ended, or should have been read again, before `day`."""
    table = shipped()
    return [table[key] for key in (table if keys is None else keys) if key in table and table[key].lapsed(day)]


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


def impossible(row: Assumption, value: object) -> str:
    """Return why a value cannot stand for a shipped assumption in any plan, as the end of a sentence; else nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"needs {row.wanted}, not {value!r}"
    if row.key.startswith(_FLOORED) and value < row.low:
        return f"protects people's privacy and cannot go below {row.low:g}{row.in_unit}, as {value:g} does"
    if value < 0 <= row.low:
        return f"cannot be below zero, as {value:g} is"
    if value == 0 and row.key in _DIVISORS:
        return "cannot be zero: something is shared out by it. Write a small number for almost none"
    return ""


def unlikely(row: Assumption, value: float) -> str:
    """Return a sentence that asks about a value far outside the range of a shipped assumption; nothing for others."""
    if _within_reach(row, value):
        return ""
    meant_values = [v for v in (value / _PER_HUNDRED, value * _PER_HUNDRED) if value and _within_reach(row, v)]
    ask = f" Did you mean {meant_values[0]:g}?" if meant_values else ""
    return (
        f"{row.key}={value:g} lies far outside {row.low:g} to {row.high:g}{row.in_unit} ({row.meaning}).{ask} "
        "Add --anyway where it is meant so."
    )


def _within_reach(row: Assumption, value: float) -> bool:
    room = max(row.high - row.low, abs(row.value) * _LEAST_ROOM)
    return row.low - room <= value <= row.high + room


def _overridden(row: Assumption, given: float | Override) -> Assumption:
    value, source = given if isinstance(given, Override) else (given, "")
    if why := impossible(row, value):
        raise UserFault(f"Assumption {row.key} {why}.")
    said = f"Set for this area: {source}" if source else "Set for this area in laep.toml"
    return replace(
        row, value=float(value), low=float(value), high=float(value), confidence="override",
        source=f"{said} (laep ships {row.value:g}{row.in_unit})",
    )  # fmt: skip


def _unknown(key: str) -> str:
    return (
        f"There is no assumption {key!r}.{meant(key, shipped())} Run `laep assumptions --search WORD` to look for one."
    )
