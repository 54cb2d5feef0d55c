"""Whether the tables and sentences of one report agree: sums, shares, repeats of a figure, numbers without an id."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pandas as pd

from laep.report.book import ends
from laep.schema import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIGURE = re.compile(r'<a class="fig" data-figure="([^"]+)"[^>]*><b>([^<]*)</b>')
_CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
_BARE = re.compile(r"(?<![\w.,])(?:£\s?\d|\d[\d,.]*(?:%|\s(?:[kM]Wh?p?|[kM]VA|years?|homes|households)(?!\w)))")
_CHAPTERS = ("one-page", "baseline", "network", "solar", "sites", "segments", "money")
"""Chapters whose numbers are figures; in the others a number stands beside the id of its rule, or is an assumption."""
_NAMED = (
    "Somewhere from", "5 kWh battery", "under 30 kWp", "% real", "5% after that", "carries 20%", "925 kWh",
    "1 MVA carries", "less than 1 MW", "Could meet", "of more than",
)  # fmt: skip
"""Words round numbers that are ranges of figures, names, keys of a map, rules of tax or an operator's own text."""
_POWERS = {"k": 1.0, "M": 1e3, "G": 1e6, "": 1.0}
_SUMS = {
    "demand.annual": (r"demand\.(?!annual|homes_annual|other_annual|unestimated)\w+\.annual|demand\.off_map_annual",),
    "month.all.demand": (r"month\.\d+\.demand",),
    "month.all.solar": (r"month\.\d+\.solar",),
    "solar.annual": (r"solar\.(?!method)\w+\.annual",),
    "solar.capacity": (r"solar\.(?!method)\w+\.capacity", r"solar\.method\..*\.capacity"),
    "solar.roofs": (r"solar\.(?!method)\w+\.roofs", r"solar\.method\..*\.roofs"),
    "buildings.count": (r"buildings\.\w+\.count",),
}
"""Figure -> ways in which others add up to it."""
_SAME = (
    ("month.all.demand", "demand.annual"), ("homes.count", "segment.area-{area}.homes"),
    ("segment.area-{area}.demand", "demand.annual"),
)  # fmt: skip
"""Figures that are one thing under two ids."""


def faults(page: str, figures: pd.DataFrame, *, area: str) -> list[str]:
    """
    Return where a report contradicts itself, as sentences.

    Parameters
    ----------
    page : str
        The report as HTML.
    figures : DataFrame
        Layer `plan_figure`, by `figure_id`.
    area : str
        Id of the area, as it stands in figure ids.
    """
    value = figures["value"].to_dict()
    return [
        *_ends(figures), *_ranged(figures), *_added(value), *_one_thing(value, area), *_shares(value), *_paid_back(value),
        *_printed_once(page), *_columns(page), *_without_id(page),
    ]  # fmt: skip


def _ends(figures: pd.DataFrame) -> Iterator[str]:
    held = figures.dropna(subset=["value", "low", "high"])
    odd = held[(held["low"] > held["value"] + 1e-9) | (held["value"] > held["high"] + 1e-9)]
    yield from (f"{name} lies outside its range" for name in odd.index)


def _ranged(figures: pd.DataFrame) -> Iterator[str]:
    """Yield figures read off a column that has a range in its layer, and that come without one."""
    read_off = figures[
        figures["method"].isin(["value", "sum", "first"]) & figures["low"].isna() & figures["high"].isna()
    ]
    for name, layer, column in zip(read_off.index, read_off["layer"], read_off["column"], strict=True):
        columns = pd.DataFrame(columns=LAYERS[layer].column_names) if layer in LAYERS else pd.DataFrame()
        if column in columns and ends(column, columns)[0] in columns:
            yield f"{name} has lost the range of {column} in {layer}"


def _added(value: Mapping[str, float]) -> Iterator[str]:
    for whole, ways in _SUMS.items():
        for way in ways:
            parts = [held for name, held in value.items() if re.fullmatch(way, name) and name != whole]
            if whole in value and parts and not math.isclose(sum(parts), value[whole], rel_tol=1e-6):
                yield f"{way} add up to {sum(parts):,.1f}, not to {whole}, {value[whole]:,.1f}"


def _one_thing(value: Mapping[str, float], area: str) -> Iterator[str]:
    for one, other in ((a.format(area=area), b.format(area=area)) for a, b in _SAME):
        if one in value and other in value and not math.isclose(value[one], value[other], rel_tol=1e-3, abs_tol=0.5):
            yield f"{one} is {value[one]:,.1f} and {other} is {value[other]:,.1f}"
    streets = sum(held for name, held in value.items() if re.fullmatch(r"segment\.secondary-.*\.homes", name))
    if streets > value.get("homes.count", math.inf) + 0.5:
        yield f"street substations have {streets:,.0f} homes, the place {value['homes.count']:,.0f}"


def _shares(value: Mapping[str, float]) -> Iterator[str]:
    groups: dict[str, float] = {}
    for name, held in value.items():
        if name.endswith("_share") and name.startswith(("tenure.", "stock.")):
            groups[name.rpartition(".")[0]] = groups.get(name.rpartition(".")[0], 0.0) + held
    yield from (f"shares of {group} add up to {whole:.1%}" for group, whole in groups.items() if whole > 1.005)
    land = sum(held for name, held in value.items() if re.fullmatch(r"network\.primary\..*\.share_of_area", name))
    if land > 1.005:
        yield f"primaries serve {land:.1%} of the land"


def _paid_back(value: Mapping[str, float]) -> Iterator[str]:
    for name, years in value.items():
        stem = name.removesuffix(".payback")
        if name.startswith("finance.") and name.endswith(".payback") and not math.isnan(years):
            cost, kept = value[f"{stem}.capex"], value[f"{stem}.benefit"] - value[f"{stem}.opex"]
            if not math.isclose(cost / kept, years, rel_tol=0.01):
                yield f"{stem}: {cost:,.0f} over {kept:,.0f} a year is not {years:.1f} years"


def _printed_once(page: str) -> Iterator[str]:
    shown: dict[str, set[float]] = {}
    for name, text in _FIGURE.findall(page):
        shown.setdefault(name, set()).add(round(_number(text), 6))
    yield from (f"{name} is printed as {sorted(texts)}" for name, texts in shown.items() if len(texts) > 1)


def _columns(page: str) -> Iterator[str]:
    """Yield tables whose printed columns do not add up to the printed sum in their last row, but for rounding."""
    for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
        rows = [_CELL.findall(row) for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)]
        if not rows or rows[-1][0] not in ("All", "The year"):
            continue
        for cells in zip(*(row[1:] for row in rows[1:]), strict=True):
            found = [_FIGURE.search(cell) for cell in cells]
            parts = [one[2] for one in found[:-1] if one]
            if found[-1] and parts:
                whole, rounded = _number(found[-1][2]), sum(map(_half, parts)) + _half(found[-1][2])
                if abs(sum(map(_number, parts)) - whole) > rounded * (1 + 1e-9):
                    yield f"printed parts of {found[-1][1]} add up to {sum(map(_number, parts)):,.0f}, not {whole:,.0f}"


def _number(text: str) -> float:
    """Return a printed number in the small unit of its kind: pounds, kW, kWh."""
    found = re.search(r"[\d,]*\.?\d+", text)
    if found is None:
        return math.nan
    unit = re.search(r"([kMG])(?:W|VA)", text)
    size = 1e6 if "million" in text else _POWERS[unit[1]] if unit else 1.0
    return float(found[0].replace(",", "")) * size * (-1.0 if "\u2212" in text else 1.0)


def _half(text: str) -> float:
    """Return half of the last place that a printed number of two figures shows; counts show all."""
    number = abs(_number(text))
    counted = not re.search(r"[a-zA-Z£%]", text)
    return 0.0 if counted or not number else 0.5 * 10 ** (math.floor(math.log10(number)) - 1)


class _Bare(HTMLParser):
    """Gathers the text of each chapter that is no figure, no picture and no key of a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.chapter, self.held, self._hidden, self._open = "", {}, 0, []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "section" and named.get("id"):
            self.chapter = str(named["id"])
        hides = tag in ("svg", "code", "style", "script") or (tag == "a" and named.get("class") == "fig")
        if tag not in ("br", "meta", "link", "img", "input", "hr", "col", "path", "circle", "rect", "line", "use"):
            self._open.append(hides)
            self._hidden += hides

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag not in ("br", "path", "circle", "rect", "line", "use"):
            self._hidden -= self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.held[self.chapter] = self.held.get(self.chapter, "") + data


def _without_id(page: str) -> Iterator[str]:
    read = _Bare()
    read.feed(page)
    for chapter in _CHAPTERS:
        text = re.sub(r"\s+", " ", read.held.get(chapter, ""))
        for found in _BARE.finditer(text):
            around = text[max(0, found.start() - 40) : found.end() + 40]
            if not any(name in around for name in _NAMED):
                yield f"{chapter}: no id stands behind {found[0]!r} in {around!r}"
