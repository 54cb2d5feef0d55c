"""Drawing in SVG without a drawing library: elements, scales, ticks, and shapes as short path strings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import shapely

from laep.report import legend

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

FONT = "'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"


def element(tag: str, *children: str, **attributes: object) -> str:
    """
    Return one element; `children` are markup already, attribute values are escaped.

    In attribute names `_` stands for `-` and a trailing `_` is dropped, as in `class_`. None leaves an attribute out.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    body = "".join(children)
    return f"<{tag}{written}>{body}</{tag}>" if body else f"<{tag}{written}/>"


def words(x: float, y: float, content: str, **attributes: object) -> str:
    """Return a line of text at a point; `content` is escaped here."""
    return element("text", escape(content), x=x, y=y, **attributes)


def drawing(
    parts: Iterable[str], *, width: float, height: float, name: str, title: str, description: str, **extra: object
) -> str:
    """Return a whole picture, with the title and description that a screen reader reads out."""
    return element(
        "svg",
        element("title", escape(title), id=f"{name}-title"),
        element("desc", escape(description), id=f"{name}-desc"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        font_family=FONT,
        fill=legend.INK,
        **extra,
    )


@dataclass(frozen=True)
class Linear:
    """A straight scale from data to drawing units."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where `value` stands on the drawing."""
        span = self.high - self.low
        return self.start + (self.end - self.start) * ((value - self.low) / span if span else 0.5)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return about `count` round numbers that cover `low` to `high`, for an axis."""
    span = high - low if high > low else abs(high) or 1.0
    rough = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * n, 10) for n in range(first, last + 1)]


def line_path(xs: Iterable[float], ys: Iterable[float]) -> str:
    """Return a path through points; a missing value breaks the line."""
    parts, pen = [], "M"
    for x, y in zip(xs, ys, strict=True):
        if math.isnan(y):
            pen = "M"
            continue
        parts.append(f"{pen}{_value(x)} {_value(y)}")
        pen = "L"
    return "".join(parts)


def area_path(polygons: NDArray[np.object_], *, x0: float, y1: float, unit: float, tolerance: float) -> str:
    """
    Return polygons as one path in whole drawing units, each ring drawn relative to its start.

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon
        In metres; missing and empty ones are left out.
    x0, y1 : float
        West and north edge of the map. [m]
    unit : float
        Metres in one drawing unit: what coordinates are rounded to. [m]
    tolerance : float
        How far a line may be straightened. [m]
    """
    return "".join(_rings(shapely.get_rings(_simple(polygons, tolerance)), x0=x0, y1=y1, unit=unit))


def _simple(polygons: NDArray[np.object_], tolerance: float) -> NDArray[np.object_]:
    there = polygons[~(shapely.is_missing(polygons) | shapely.is_empty(polygons))]
    simple = shapely.simplify(there, tolerance, preserve_topology=True)
    return np.asarray(shapely.get_parts(simple), dtype=object)


def _rings(rings: NDArray[np.object_], *, x0: float, y1: float, unit: float) -> list[str]:
    if not len(rings):
        return []
    points, ring = shapely.get_coordinates(rings, return_index=True)
    grid = np.rint(np.column_stack([(points[:, 0] - x0) / unit, (y1 - points[:, 1]) / unit])).astype(int)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    ends = np.append(starts[1:], len(ring)) - 1
    steps = np.diff(grid, axis=0, prepend=grid[:1])
    moves = [f"{x} {y}" if y >= 0 else f"{x}{y}" for x, y in steps.tolist()]
    drawn = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        x, y = grid[start]
        drawn.append(f"M{x} {y}l{_joined(moves[start + 1 : end])}z")
    return drawn


def _joined(moves: list[str]) -> str:
    return "".join(move if n == 0 or move[0] == "-" else f" {move}" for n, move in enumerate(moves))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | np.floating):
        return f"{float(value):.2f}".rstrip("0").rstrip(".") if math.isfinite(float(value)) else "0"
    return escape(str(value), quote=True)
