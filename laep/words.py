"""Numbers, ranges, dates and lists in plain British English, in the units readers use."""

from __future__ import annotations

import datetime as dt
import math
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laep.schema.vocabulary import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_KNOWN = "not known"
MINUS = "\u2212"
NBSP = "\u00a0"
FEWEST_PEOPLE = 10
"""Counts of people or households below this are not printed, so that nobody can be picked out."""
FEW = f"fewer than {FEWEST_PEOPLE}"

_COUNTED = {"count", "buildings", "roofs", "rules", "sites", "units", "substations", "year"}
_PEOPLE = {"households", "homes"}
_MEGA = {"MW", "MVA"}
_MEGA_PLACES = 2
"""Published headroom is seldom known closer than to 10 kW."""
_SHOUTED = {"GSP", "BSP", "GRP", "SGP"}
_UNITS = {"KV": "kV", "KVA": "kVA", "MVA": "MVA", "KW": "kW", "MW": "MW"}
_MONTHS = tuple(MONTHS.values())

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTH_HOURS = {n + 1: (24 * sum(_DAYS[:n]), 24 * sum(_DAYS[: n + 1])) for n in range(12)}
"""First hour of each month of a year of 8,760 hours, and the first hour after it."""
METHODS = {
    "published_area": "the operator's published supply area",
    "published_upstream": "the operator names it",
    "inside_area": "it stands inside the area",
    "nearest": "it is the nearest known one, which may be wrong",
    "published_id": "the operator's own numbers say so",
    "published_feeder": "the operator publishes it for the postcode",
    "beside_published_feeder": "the operator publishes it for the building next door",
    "along_lines": "it is the nearest along the operator's cables",
    "along_streets": "it is the nearest along the streets that has room, which may be wrong",
}


@dataclass(frozen=True)
class Shown:
    """A number ready to print: `main` with its unit, and `span`, the range in the same unit, or nothing."""

    main: str
    span: str = ""

    def __str__(self) -> str:
        """Return the number, and its range in brackets."""
        return f"{self.main} ({self.span})" if self.span else self.main


def known(value: object) -> bool:
    """Return whether `value` is there: not None, not NA, not NaN, not blank text."""
    if value is None:
        return False
    if isinstance(value, str):
        return bool(value.strip())
    try:
        return not math.isnan(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def significant(value: float, digits: int) -> float:
    """Return `value` rounded to `digits` significant figures."""
    if not value:
        return 0.0
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def number(value: float, digits: int = 2, *, most_places: int = 6) -> str:
    """Return `value` to `digits` significant figures, with thousands separators and a true minus sign."""
    rounded = round(significant(value, digits), most_places)
    if not rounded:
        return "0"
    places = min(most_places, max(0, digits - 1 - math.floor(math.log10(abs(rounded)))))
    text = f"{abs(rounded):,.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{MINUS}{text}" if rounded < 0 else text


def exact(value: float | None, *, missing: str = NOT_KNOWN) -> str:
    """Return a published figure as short as it is exact, to three places, thousands parted, a hyphen below 0."""
    if value is None or not known(value):
        return missing
    text = f"{value:,.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def power(kw: float) -> str:
    """Return a power in kW, or in MW from 1 MW up, as figures are printed."""
    return quantity(kw, "kW").main


def energy(kwh: float) -> str:
    """Return an energy in kWh, or in MWh from 1 MWh up, as figures are printed."""
    return quantity(kwh, "kWh").main


def whole(value: float) -> str:
    """Return `value` as a whole number with thousands separators."""
    text = f"{abs(round(value)):,}"
    return f"{MINUS}{text}" if round(value) < 0 else text


def percent(share: float) -> str:
    """Return a share of one as a whole percentage; a small one that is not nothing is "under 1%"."""
    if 0 < share < 0.01:
        return "under 1%"
    if 0.99 < share < 1:
        return "over 99%"
    return f"{whole(100 * share)}%"


def method(code: object) -> str:
    """Return how something was found in words, for the short codes that layers hold; other words as they stand."""
    text = str(code) if isinstance(code, str) else NOT_KNOWN
    head, comma, tail = text.partition(",")
    return f"{METHODS.get(head, head).replace('_', ' ')}{comma}{tail}"


def roughly(share: float) -> str:
    """Return a share of one in everyday words, such as `about half`."""
    steps = (
        (0.0, "none"), (0.1, "a few"), (0.2, "some"), (0.3, "about a quarter"), (0.4, "about a third"),
        (0.6, "about half"), (0.7, "about two thirds"), (0.8, "about three quarters"), (0.95, "most"),
        (0.9999, "nearly all"),
    )  # fmt: skip
    return next((said for edge, said in steps if share <= edge), "all")


def people(count: float) -> str:
    """Return a count of households, rounded so that small groups cannot be worked out from the others."""
    if count < FEWEST_PEOPLE:
        return FEW
    step = 5 if count < 100 else 10
    return whole(step * round(count / step))


def money(pounds: float, digits: int = 2) -> str:
    """Return an amount in pounds: millions in words, the rest rounded to `digits` significant figures."""
    sign = MINUS if pounds < 0 else ""
    size = abs(pounds)
    if significant(size, digits) >= 1e6:
        return f"{sign}£{number(size / 1e6, digits)}{NBSP}million"
    return f"{sign}£{number(size, digits)}"


def quantity(value: object, unit: str, *, low: object = None, high: object = None, exact: bool = False) -> Shown:
    """
    Return a number in the unit readers use, with its range where it has one.

    Parameters
    ----------
    value, low, high : float or missing
        Central value and range, in `unit`.
    unit : str
        Unit as in a layer, such as kWh, kWp, GBP, share, years.
    exact : bool
        True for a number that is a fact rather than an estimate: three significant figures, not two.
    """
    if unit == "years":
        return _years(value, low, high)
    if not known(value):
        return Shown(NOT_KNOWN)
    spread = known(low) and known(high) and (_f(low) != _f(value) or _f(high) != _f(value))
    if unit in _PEOPLE and unit == "households":
        return Shown(people(_f(value)))
    if unit in _COUNTED or unit in _PEOPLE:
        return Shown(whole(_f(value)), f"{whole(_f(low))} to {whole(_f(high))}" if spread else "")
    digits = 3 if exact and not spread else 2
    factor, before, after = _reader(unit, _f(value))
    if unit == "share":
        return Shown(percent(_f(value)), f"{percent(_f(low))} to {percent(_f(high))}" if spread else "")
    if before == "£":
        main = money(_f(value), digits)
        span = f"{money(_f(low), digits)} to {money(_f(high), digits)}" if spread else ""
    else:
        places = _MEGA_PLACES if unit in _MEGA else 6
        places = 0 if unit == "degC" else places
        main = number(_f(value) * factor, digits, most_places=places)
        span = f"{number(_f(low) * factor, digits)} to {number(_f(high) * factor, digits)}" if spread else ""
    return Shown(main + after, span)


def _years(value: object, low: object, high: object) -> Shown:
    """Return a payback: a missing value means that it does not come back while the thing lasts."""
    if not known(value):
        best = f"{number(_f(low))}{NBSP}years at best" if known(low) else ""
        return Shown("does not pay back in its life", best)
    if known(low) and known(high) and _f(low) == _f(high) == _f(value):
        return Shown(f"{number(_f(value))}{NBSP}years")
    span = f"{number(_f(low))} to {number(_f(high)) if known(high) else 'never'}" if known(low) else ""
    return Shown(f"{number(_f(value))}{NBSP}years", span)


def _f(value: object) -> float:
    return float(value)  # type: ignore[arg-type]


def _reader(unit: str, size: float) -> tuple[float, str, str]:
    """Return the factor from a layer's unit to the reader's, and what is printed before and after the number."""
    per_year = unit.endswith("/yr")
    stem = unit.removesuffix("/yr")
    tail = " a year" if per_year else ""
    if stem.startswith("GBP"):
        return 1.0, "£", tail
    big = abs(size)
    if stem == "kWh" and big >= 1e7:
        return 1e-6, "", f"{NBSP}GWh{tail}"
    if stem == "kWh" and big >= 1000:
        return 1e-3, "", f"{NBSP}MWh{tail}"
    if stem in ("kW", "kWp") and big >= 1000:
        return 1e-3, "", f"{NBSP}{'MW' if stem == 'kW' else 'MWp'}{tail}"
    if stem == "kgCO2e" and big >= 1000:
        return 1e-3, "", f"{NBSP}tonnes CO2e{tail}"
    if stem == "kgCO2e":
        return 1.0, "", f"{NBSP}kg CO2e{tail}"
    spelled = {"kWh/kWp": "kWh per kWp", "kWh/m2": "kWh per m²", "m2": "m²", "degC": "°C", "-": ""}.get(stem, stem)
    return 1.0, "", f"{NBSP}{spelled}{tail}" if spelled else tail


def count_of(count: float, one: str, many: str | None = None) -> str:
    """Return a whole number with its noun: `1 roof`, `12 roofs`."""
    return f"{whole(count)}{NBSP}{one if round(count) == 1 else many or one + 's'}"


def listed(items: Iterable[str]) -> str:
    """Return items as a list in words: `a, b and c`."""
    words = list(items)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def first_few(names: Iterable[str], *, most: int = 3) -> str:
    """Return the first few names in a row, each once, saying how many more there are."""
    every = [name for name in dict.fromkeys(names) if name]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def split(text: object, mark: str = ";") -> list[str]:
    """Return the parts of a separated text, trimmed, without blanks; missing text has none."""
    if not isinstance(text, str):
        return []
    return [part.strip() for part in text.split(mark) if part.strip()]


def sentence(text: object) -> str:
    """Return `text` with a capital first letter and a full stop; missing text stays empty."""
    if not isinstance(text, str) or not text.strip():
        return ""
    trimmed = text.strip()
    return trimmed[0].upper() + trimmed[1:] + ("" if trimmed[-1] in ".!?:" else ".")


def date(value: dt.date) -> str:
    """Return a date as `5 March 2027`."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def month(number_: int) -> str:
    """Return the name of month 1 to 12."""
    return _MONTHS[number_ - 1]


def published_date(text: object) -> str:
    """Return `Jun-28` as `June 2028` and an ISO date in words; anything else as it stands."""
    if not isinstance(text, str) or not text.strip():
        return ""
    short = re.fullmatch(r"\s*([A-Za-z]{3})[- ](\d{2}|\d{4})\s*", text)
    names = {name[:3].casefold(): name for name in _MONTHS}
    if short and short[1].casefold() in names:
        year = int(short[2]) + (2000 if len(short[2]) == 2 else 0)
        return f"{names[short[1].casefold()]} {year}"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", text.strip()):
        try:
            return date(dt.date.fromisoformat(text.strip()[:10]))
        except ValueError:
            return text.strip()
    return text.strip()


def dated(text: object) -> str:
    """Return text with short dates spelled out: `Jun-28` as `June 2028`, `2026-09` as `September 2026`."""
    short = rf"\b({'|'.join(name[:3] for name in _MONTHS)}) ?- ?(\d{{2}}|\d{{4}})\b"
    if not isinstance(text, str):
        return ""
    spelled = re.sub(short, lambda found: published_date(f"{found[1]}-{found[2]}"), text)
    return re.sub(r"\b(20\d\d)-(0[1-9]|1[0-2])(?:-([0-2]\d|3[01]))?\b", _spelled, spelled)


def _spelled(found: re.Match[str]) -> str:
    day = f"{int(found[3])} " if found[3] else ""
    return f"{day}{_MONTHS[int(found[2]) - 1]} {found[1]}"


def titled(name: str) -> str:
    """Return a name that is shouted, such as `HEATH ROAD`, with small letters; any other name as it stands."""
    if not name.isupper() or len(name) < 4:
        return name
    return re.sub(r"[A-Z][A-Z']*", lambda word: _calmed(word[0]), name)


def _calmed(word: str) -> str:
    return _UNITS.get(word, word if word in _SHOUTED else word.capitalize())


def quarters(starts: str, ends: str) -> str:
    """Return `2027 Q1`, `2027 Q4` as `January to December 2027`; what is not a quarter as it stands."""
    first, last = quarter_index(starts), quarter_index(ends)
    if first is None or last is None:
        return starts if starts == ends else f"{starts} to {ends}"
    begins, finishes = _MONTHS[first % 4 * 3], _MONTHS[last % 4 * 3 + 2]
    same_year = first // 4 == last // 4
    return f"{begins} to {finishes} {last // 4}" if same_year else f"{begins} {first // 4} to {finishes} {last // 4}"


def quarter_index(text: str) -> int | None:
    """Return a quarter as a count of quarters since year 0, to place it on a time line; None when it is not one."""
    found = re.fullmatch(r"\s*(\d{4})\s*Q([1-4])\s*", text)
    return int(found[1]) * 4 + int(found[2]) - 1 if found else None


def slug(text: str) -> str:
    """Return `text` in lower case with only letters, digits, underscores and hyphens, for use in an id."""
    return re.sub(r"[^a-z0-9_]+", "-", text.casefold()).strip("-") or "x"


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Return a distinct slug per name; names that would fall together each get a check sum of their spelling."""
    stems = {name: slug(name) for name in dict.fromkeys(names)}
    shared = {stem for stem, times in Counter(stems.values()).items() if times > 1}
    return {name: f"{stem}-{zlib.crc32(name.encode()):08x}" if stem in shared else stem for name, stem in stems.items()}
