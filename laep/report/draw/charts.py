"""Charts as SVG: axes with units, few colours, shapes and dashes that can be told apart without them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from laep import words as say
from laep.report import legend
from laep.report.draw import svg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

WIDTH = 400.0
"""Drawing width: on the narrowest phone a 13 unit letter is still over 9 pixels high."""
_SIZE = 13
_SMALL = 11.5
_LEFT = 44.0


@dataclass(frozen=True)
class Whisker:
    """One row of a range chart: a label, the central value and its ends; an end that is missing is open."""

    label: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Bar:
    """One bar of the roadmap: its heading, and the quarters it runs over, as counts of quarters."""

    stage: str
    label: str
    first: int
    last: int


def months(frame: pd.DataFrame, *, with_solar: bool, name: str) -> str:
    """Return electricity used (bars) and, if asked, what roofs could make (dots on a line) in each month."""
    rows = frame.sort_values("month")
    demand = rows["demand_kwh"].to_numpy(dtype=float) / 1000
    solar = rows["solar_kwh"].to_numpy(dtype=float) / 1000
    shown = [demand, solar] if with_solar else [demand]
    _, down, parts = _frame(0.0, float(np.nanmax(shown)), height=210.0, unit="MWh in the month")
    step = (WIDTH - _LEFT - 6) / 12
    for n, value in enumerate(demand):
        if not math.isnan(value):
            parts.append(_bar(_LEFT + step * n + step * 0.18, down(value), step * 0.64, down(0.0) - down(value)))
    if with_solar:
        xs = [_LEFT + step * (n + 0.5) for n in range(12)]
        ys = [down(value) for value in solar]
        parts.append(svg.element("path", d=svg.line_path(xs, ys), fill="none", stroke=legend.SOLAR, stroke_width=2))
        parts += [
            svg.element("circle", cx=x, cy=y, r=3.4, fill=legend.PAPER, stroke=legend.SOLAR, stroke_width=2)
            for x, y in zip(xs, ys, strict=True)
            if not math.isnan(y)
        ]
    parts += _month_letters(step)
    what = "Electricity used and solar yield by month" if with_solar else "Electricity used by month"
    return svg.drawing(
        parts, width=WIDTH, height=236.0, name=name, title=what,
        description=f"Twelve months. {_peaks(demand, 'use')}{_peaks(solar, 'solar yield') if with_solar else ''}",
    )  # fmt: skip


def sunshine(frame: pd.DataFrame, *, name: str) -> str:
    """Return sunshine on level ground by month, for a place whose demand and roofs are not known."""
    values = frame.sort_values("month")["ghi_kwh_m2"].to_numpy(dtype=float)
    _, down, parts = _frame(0.0, float(np.nanmax(values)), height=210.0, unit="kWh on each m² in the month")
    step = (WIDTH - _LEFT - 6) / 12
    for n, value in enumerate(values):
        box = _bar(_LEFT + step * n + step * 0.18, down(value), step * 0.64, down(0.0) - down(value), fill=legend.SOLAR)
        parts.append(box)
    parts += _month_letters(step)
    return svg.drawing(
        parts, width=WIDTH, height=236.0, name=name, title="Sunshine by month", description=_peaks(values, "sunshine")
    )


def day(profile: pd.DataFrame, *, month: int, top: float, name: str, with_solar: bool) -> str:
    """Return the average day of a month: use as a line, and solar as a hill if asked; `top` in kW ends the axis."""
    rows = profile[profile["month"] == month].sort_values("period")
    hours = (rows["period"].to_numpy(dtype=float) - 0.5) / 2
    demand, solar = rows["demand_kw"].to_numpy(dtype=float), rows["solar_kw"].to_numpy(dtype=float)
    across, down, parts = _frame(0.0, top, height=190.0, unit="kW", wide=(0.0, 24.0))
    if with_solar:
        parts += _hill(across, down, hours, solar)
    parts += [_line(across, down, hours, demand), *_hours(across)]
    title = f"Average day in {say.month(month)}"
    told = f"Use peaks at {_clock(hours, demand)}."
    if with_solar:
        told += f" Solar peaks at {_clock(hours, solar)}."
    return svg.drawing(parts, width=WIDTH, height=218.0, name=name, title=title, description=told)


def cold_day(rows: pd.DataFrame, *, name: str) -> str:
    """Return the coldest day: heat of rooms and water as a line, what heat pumps would draw as a hill."""
    ordered = rows.sort_values("period")
    hours = (ordered["period"].to_numpy(dtype=float) - 0.5) / 2
    heat = ordered["space_kw"].to_numpy(dtype=float) + ordered["water_kw"].to_numpy(dtype=float)
    pumps = ordered["pump_kw"].to_numpy(dtype=float)
    across, down, parts = _frame(0.0, float(heat.max()), height=190.0, unit="kW", wide=(0.0, 24.0))
    parts += [*_hill(across, down, hours, pumps), _line(across, down, hours, heat), *_hours(across)]
    told = f"Heat is highest at {_clock(hours, heat)}, and heat pumps draw most at {_clock(hours, pumps)}."
    return svg.drawing(parts, width=WIDTH, height=218.0, name=name, title="The coldest day", description=told)


def headroom_years(
    frame: pd.DataFrame, *, name: str, title: str, bounds: tuple[float, float], scenarios: Sequence[str]
) -> str:
    """
    Return one line per scenario of headroom by year; each scenario keeps its colour and dash (`legend.series`).

    Parameters
    ----------
    frame : DataFrame
        Columns scenario, year, value, unit; one unit.
    bounds : tuple of float
        Lowest and highest value of the axis, so that two charts can share it.
    scenarios : sequence of str
        Every scenario of the report in order, so that one keeps its colour and dash from chart to chart.
    """
    unit = str(frame["unit"].iloc[0])
    years = sorted(frame["year"].astype(int).unique())
    across, down, parts = _frame(*bounds, height=200.0, unit=unit, wide=(float(years[0]), float(years[-1])))
    if bounds[0] < 0 < bounds[1]:
        zero = down(0.0)
        parts.append(svg.element("line", x1=_LEFT, x2=WIDTH - 6, y1=zero, y2=zero, stroke=legend.INK, stroke_width=1.2))
    for scenario, rows in frame.groupby("scenario", sort=True):
        ordered = rows.sort_values("year")
        path = svg.line_path(
            [across(float(year)) for year in ordered["year"]], [down(float(v)) for v in ordered["value"]]
        )
        colour, dash = legend.series(list(scenarios).index(str(scenario)))
        parts.append(
            svg.element("path", d=path, fill="none", stroke=colour, stroke_width=2.2, stroke_dasharray=dash or None)
        )
    parts += [
        svg.words(across(float(year)), 220.0, str(year), font_size=_SMALL, fill=legend.QUIET, text_anchor=anchor)
        for year, anchor in _year_labels(years)
    ]
    told = f"{len(frame['scenario'].unique())} scenarios from {years[0]} to {years[-1]}, in {unit}."
    return svg.drawing(parts, width=WIDTH, height=228.0, name=name, title=title, description=told)


def whiskers(
    rows: Sequence[Whisker], *, unit: str, name: str, title: str, reader: Callable[[float], str],
    most: float = math.inf, colour: str = legend.ACCENT,
) -> str:  # fmt: skip
    """
    Return central values as dots with their range as a band, one row each.

    A band with an arrow head goes on: its end is missing, or beyond `most`, where the axis stops.
    """
    ends = [min(x, most) for row in rows for x in (row.value, row.low, row.high) if x is not None]
    grid = svg.ticks(min(0.0, *ends), max(ends), 4)
    across = svg.Linear(grid[0], grid[-1], 10.0, WIDTH - 14)
    pitch, top = 40.0, 14.0
    bottom = top + pitch * len(rows)
    parts = [svg.element("line", x1=across(x), x2=across(x), y1=top - 6, y2=bottom, stroke=legend.RULE) for x in grid]
    for n, row in enumerate(rows):
        parts += _whisker(row, across, top + pitch * n, colour, grid[-1])
    for n, x in enumerate(grid):
        anchor = "start" if n == 0 else "end" if n == len(grid) - 1 else "middle"
        parts.append(
            svg.words(across(x), bottom + 15, reader(x), font_size=_SMALL, text_anchor=anchor, fill=legend.QUIET)
        )
    parts.append(svg.words(10.0, bottom + 33, unit, font_size=_SMALL, fill=legend.QUIET))
    told = "; ".join(_told(row, reader) for row in rows)
    return svg.drawing(parts, width=WIDTH, height=bottom + 40, name=name, title=title, description=told)


def shares(pieces: Sequence[tuple[str, float, str]], *, name: str, title: str) -> str:
    """Return one bar cut into (label, size, printed share) pieces; only wide pieces carry their share."""
    whole = sum(size for _, size, _ in pieces) or 1.0
    parts, x = [], 0.0
    for n, (_, size, printed) in enumerate(pieces):
        wide = WIDTH * size / whole
        parts.append(
            svg.element(
                "rect", x=x, y=2.0, width=max(wide - 1.5, 0.8), height=30.0, fill=legend.SHARES[n % len(legend.SHARES)]
            )
        )
        if wide > 46:
            ink = legend.PAPER if n % len(legend.SHARES) < legend.PALE_SHARES else legend.INK
            parts.append(svg.words(x + 8, 22.0, printed, font_size=_SIZE, fill=ink, font_weight=600))
        x += wide
    told = "; ".join(f"{label} {printed}" for label, _, printed in pieces)
    return svg.drawing(parts, width=WIDTH, height=34.0, name=name, title=title, description=told)


def sufficiency(rows: Sequence[tuple[str, float | None, float | None]], *, name: str) -> str:
    """Return, for each segment, the share of use met with solar (ring) and with a battery too (disc)."""
    pitch, top, label_width = 24.0, 22.0, 150.0
    across = svg.Linear(0.0, 1.0, label_width, WIDTH - 16)
    bottom = top + pitch * len(rows)
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = across(share)
        parts.append(svg.element("line", x1=x, x2=x, y1=top - 4, y2=bottom, stroke=legend.RULE))
        parts.append(svg.words(x, top - 9, f"{share:.0%}", font_size=_SMALL, text_anchor="middle", fill=legend.QUIET))
    for n, (label, solar, battery) in enumerate(rows):
        y = top + pitch * (n + 0.5)
        parts.append(svg.words(0.0, y + 4, _short(label, 22), font_size=12))
        if solar is not None and battery is not None:
            parts.append(
                svg.element(
                    "line", x1=across(solar), x2=across(battery), y1=y, y2=y, stroke=legend.QUIET, stroke_width=2
                )
            )
        if battery is not None:
            parts.append(svg.element("circle", cx=across(battery), cy=y, r=5.5, fill=legend.ACCENT))
        if solar is not None:
            ring = svg.element(
                "circle", cx=across(solar), cy=y, r=5, fill=legend.PAPER, stroke=legend.SOLAR, stroke_width=2
            )
            parts.append(ring)
    told = "; ".join(
        f"{label}: {say.percent(solar) if solar is not None else say.NOT_KNOWN} with solar, "
        f"{say.percent(battery) if battery is not None else say.NOT_KNOWN} with a battery too"
        for label, solar, battery in rows
    )
    title = "Share of yearly use each segment could meet itself"
    return svg.drawing(parts, width=WIDTH, height=bottom + 6, name=name, title=title, description=told)


def roadmap(bars: Sequence[Bar], *, name: str) -> str:
    """Return actions as bars over time, grouped under their stages."""
    first, last = min(bar.first for bar in bars), max(bar.last for bar in bars)
    start, end = first - first % 4, last - last % 4 + 4
    across = svg.Linear(float(start), float(end), 0.0, WIDTH)
    parts: list[str] = []
    y, stage = 26.0, ""
    for bar in bars:
        if bar.stage != stage:
            stage = bar.stage
            y += 6
            parts.append(svg.words(0.0, y + 11, stage, font_size=12.5, font_weight=700, fill=legend.ACCENT))
            y += 19
        parts += _roadmap_bar(bar, across, y)
        y += 27
    years = []
    for year in range(start // 4, end // 4):
        x = across(float(year * 4))
        years.append(svg.element("line", x1=x, x2=x, y1=4.0, y2=y, stroke=legend.RULE))
        years.append(svg.words(x + 4, 15.0, str(year), font_size=_SMALL, fill=legend.QUIET))
    told = "; ".join(
        f"{bar.stage}: {bar.label}, {say.quarters(_quarter(bar.first), _quarter(bar.last))}" for bar in bars
    )
    return svg.drawing(
        [*years, *parts], width=WIDTH, height=y + 4, name=name, title="Roadmap: what happens when", description=told
    )


def bounds(values: pd.Series) -> tuple[float, float]:
    """Return round ends of an axis that holds zero and all values."""
    grid = svg.ticks(min(0.0, float(values.min())), max(0.0, float(values.max())), 4)
    return grid[0], grid[-1]


def _frame(
    low: float, high: float, *, height: float, unit: str, wide: tuple[float, float] = (0.0, 1.0)
) -> tuple[svg.Linear, svg.Linear, list[str]]:
    """Return the two scales of a chart and its grid, with the unit above the value axis."""
    grid = svg.ticks(low, high if high > low else low + 1, 4)
    down = svg.Linear(grid[0], grid[-1], height - 6, 24.0)
    across = svg.Linear(wide[0], wide[1], _LEFT, WIDTH - 8)
    parts = [svg.words(0.0, 12.0, unit, font_size=_SMALL, fill=legend.QUIET)]
    for value in grid:
        y = down(value)
        stroke = legend.INK if value == grid[0] else legend.RULE
        parts.append(svg.element("line", x1=_LEFT, x2=WIDTH - 6, y1=y, y2=y, stroke=stroke, stroke_width=1))
        text = say.number(value, 3)
        parts.append(svg.words(_LEFT - 7, y + 4, text, font_size=_SMALL, text_anchor="end", fill=legend.QUIET))
    return across, down, parts


def _bar(x: float, y: float, width: float, height: float, fill: str = legend.DEMAND) -> str:
    return svg.element("rect", x=x, y=y, width=width, height=max(height, 0.0), fill=fill)


def _hill(across: svg.Linear, down: svg.Linear, hours: np.ndarray, values: np.ndarray) -> list[str]:
    """Return values over a day as a filled hill."""
    edge = svg.line_path([across(hour) for hour in hours], [down(value) for value in values])
    base = f"{edge}L{across(24):.1f} {down(0):.1f}L{across(0):.1f} {down(0):.1f}z"
    outline = svg.element("path", d=edge, fill="none", stroke=legend.SOLAR, stroke_width=1.5)
    return [svg.element("path", d=base, fill=legend.SOLAR_PALE), outline]


def _line(across: svg.Linear, down: svg.Linear, hours: np.ndarray, values: np.ndarray) -> str:
    """Return values over a day as a line."""
    path = svg.line_path([across(hour) for hour in hours], [down(value) for value in values])
    return svg.element("path", d=path, fill="none", stroke=legend.DEMAND, stroke_width=2.4, stroke_linejoin="round")


def _hours(across: svg.Linear) -> list[str]:
    """Return the hours below a day."""
    return [
        svg.words(across(hour), 210.0, f"{hour:02d}:00", font_size=_SMALL, text_anchor=anchor, fill=legend.QUIET)
        for hour, anchor in ((0, "start"), (6, "middle"), (12, "middle"), (18, "middle"), (24, "end"))
    ]


def _month_letters(step: float) -> list[str]:
    return [
        svg.words(_LEFT + step * (n + 0.5), 224.0, say.month(n + 1)[:3], font_size=_SMALL, text_anchor="middle",
                  fill=legend.QUIET)
        for n in range(12)
    ]  # fmt: skip


def _whisker(row: Whisker, across: svg.Linear, y: float, colour: str, most: float) -> list[str]:
    middle = y + 25
    parts = [svg.words(10.0, y + 11, _short(row.label, 46), font_size=_SIZE)]
    goes_on = row.high is None or row.high > most
    if row.low is not None and row.low <= most:
        high = most if row.high is None else min(row.high, most)
        parts.append(
            svg.element(
                "line", x1=across(row.low), x2=across(high), y1=middle, y2=middle, stroke=colour, stroke_width=5,
                stroke_opacity=0.35, stroke_linecap="butt" if goes_on else "round",
            )
        )  # fmt: skip
        if goes_on:
            x = across(most)
            tip = f"M{x - 2:.1f} {middle - 7:.1f}l9 7l-9 7z"
            parts.append(svg.element("path", d=tip, fill=colour, fill_opacity=0.6))
    if row.value is not None and row.value <= most:
        parts.append(svg.element("circle", cx=across(row.value), cy=middle, r=5.5, fill=colour))
    return parts


def _told(row: Whisker, reader: Callable[[float], str]) -> str:
    middle = reader(row.value) if row.value is not None else "never"
    if row.low is None:
        return f"{row.label}: {middle}"
    return f"{row.label}: {middle}, from {reader(row.low)} to {reader(row.high) if row.high is not None else 'never'}"


def _roadmap_bar(bar: Bar, across: svg.Linear, y: float) -> list[str]:
    x, end = across(float(bar.first)), across(float(bar.last + 1))
    parts = [
        svg.element("rect", x=x + 1, y=y, width=max(end - x - 2, 3.0), height=8.0, rx=4, fill=legend.ACCENT),
    ]
    label = _short(bar.label, 56)
    fits_right = x + len(label) * 5.9 < WIDTH
    at, anchor = (x + 1, "start") if fits_right else (WIDTH - 1, "end")
    parts.append(svg.words(at, y + 20, label, font_size=12, text_anchor=anchor))
    return parts


def _year_labels(years: Sequence[int]) -> list[tuple[int, str]]:
    """Return the years to write below the axis, the ends and every fifth that leaves them room."""
    if len(years) < 2:
        return [(years[0], "middle")]
    room = (years[-1] - years[0]) / 6
    inner = [year for year in years[1:-1] if year % 5 == 0 and year - years[0] > room and years[-1] - year > room]
    return [(years[0], "start"), *((year, "middle") for year in inner), (years[-1], "end")]


def _peaks(values: np.ndarray, what: str) -> str:
    if np.isnan(values).all():
        return f"{what.capitalize()} is {say.NOT_KNOWN}. "
    most, least = (say.month(int(at) + 1) for at in (np.nanargmax(values), np.nanargmin(values)))
    return f"{what.capitalize()} is highest in {most} and lowest in {least}. "


def _clock(hours: np.ndarray, values: np.ndarray) -> str:
    at = float(hours[int(np.argmax(values))])
    return f"about {int(at):02d}:{'30' if at % 1 >= 0.5 else '00'}"


def _quarter(index: int) -> str:
    return f"{index // 4} Q{index % 4 + 1}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
