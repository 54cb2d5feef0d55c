"""Gathering the report's numbers: one `Figure` each, in a `Book` that reads them off the layers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laep import words
from laep.report.layers import held

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    import pandas as pd

LOW_SHARE = 0.2
"""A total is of low (or medium) confidence when rows of that confidence make up this share of it."""

APART = "sum, ends by their squares"
"""Method of a sum whose rows err apart from one another."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One printed number. `rows` is a pandas query on `layer`; `column` names the column or says the calculation."""

    figure_id: str
    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str
    layer: str
    rows: str = ""
    column: str
    method: str
    assumptions: str = ""
    confidence: str


class Book:
    """The figures gathered so far, and the layers they are gathered from."""

    def __init__(self, frames: Mapping[str, pd.DataFrame], *, lapsed: Container[str] = ()) -> None:
        self.frames = frames
        self._lapsed = lapsed
        self.figures: dict[str, Figure] = {}

    def layer(self, name: str) -> pd.DataFrame | None:
        """Return a layer that is there and holds rows, or None."""
        frame: pd.DataFrame | None = held(self.frames, name)
        return frame

    def add(
        self,
        figure_id: str,
        label: str,
        value: object,
        unit: str,
        *,
        layer: str,
        column: str,
        method: str,
        low: object = None,
        high: object = None,
        rows: str = "",
        assumptions: Iterable[str] = (),
        confidence: str = "high",
    ) -> None:
        """
        Add one figure; a missing value is kept only for a payback, where missing means never.

        Its confidence is low where it rests on a price or rule that has lapsed.
        """
        if not words.known(value) and unit != "years":
            return
        rests_on = list(assumptions)
        confidence = "low" if any(key in self._lapsed for key in rests_on) else confidence
        self.figures[figure_id] = Figure(
            figure_id=figure_id, label=label, value=_number(value), low=_number(low), high=_number(high), unit=unit,
            layer=layer, rows=rows, column=column, method=method, assumptions=";".join(rests_on),
            confidence=confidence,
        )  # fmt: skip

    def total(
        self, figure_id: str, label: str, layer: str, column: str, unit: str, *, rows: str = "",
        assumptions: Iterable[str] = (), apart: bool = False,
    ) -> None:  # fmt: skip
        """
        Add the sum of an estimate over the rows that have one.

        Ends add up low with low and high with high; of rows that err `apart` from one another, by their squares.
        """
        frame = self.layer(layer)
        if frame is None:
            return
        chosen = frame.query(rows) if rows else frame
        value, low, high = spread(chosen, column)
        if value.notna().any():
            total = value.sum()
            ends = (low.sum(), high.sum())
            if apart:
                ends = (total - ((value - low) ** 2).sum() ** 0.5, total + ((high - value) ** 2).sum() ** 0.5)
            self.add(
                figure_id, label, total, unit, layer=layer, column=column, method=APART if apart else "sum",
                low=ends[0], high=ends[1], rows=rows, assumptions=assumptions, confidence=weighed(chosen, value),
            )  # fmt: skip

    def count(
        self, figure_id: str, label: str, layer: str, *, rows: str = "", unit: str = "count", confidence: str = "high"
    ) -> None:
        """Add how many rows there are."""
        frame = self.layer(layer)
        if frame is not None:
            chosen = frame.query(rows) if rows else frame
            self.add(
                figure_id, label, len(chosen), unit, layer=layer, column="", method="count", rows=rows,
                confidence=confidence,
            )  # fmt: skip

    def ratio(
        self, figure_id: str, label: str, above: str, below: str, unit: str = "share", *, ranged: bool = True
    ) -> None:
        """Add one figure over another; the range is the widest of the two ranges taken together."""
        top, bottom = self.figures.get(above), self.figures.get(below)
        if top is None or bottom is None or top.value is None or not bottom.value:
            return
        spans = ranged and None not in (top.low, top.high, bottom.low, bottom.high) and bool(bottom.low)
        self.add(
            figure_id, label, top.value / bottom.value, unit, layer=top.layer, column=f"{above} / {below}",
            method="ratio", low=top.low / bottom.high if spans else None,  # type: ignore[operator]
            high=top.high / bottom.low if spans else None,  # type: ignore[operator]
            assumptions=dict.fromkeys(words.split(f"{top.assumptions};{bottom.assumptions}")),
            confidence=worse(top.confidence, bottom.confidence),
        )  # fmt: skip


def spread(frame: pd.DataFrame, column: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """
    Return the value, low and high series of an estimate; where an end is missing it is the value itself.

    `annual_kwh` goes with `annual_low_kwh` and `annual_high_kwh`, as `schema.spread` names them.
    """
    value = frame[column].astype("float64")
    low, high = (
        frame[name].astype("float64").fillna(value) if name in frame.columns else value for name in ends(column, frame)
    )
    return value, low, high


def ends(column: str, frame: pd.DataFrame) -> tuple[str, str]:
    """Return the names of the low and high columns that go with a central column."""
    parts = column.split("_")
    for cut in range(1, len(parts)):
        stem, unit = "_".join(parts[:cut]), "_".join(parts[cut:])
        if f"{stem}_low_{unit}" in frame.columns:
            return f"{stem}_low_{unit}", f"{stem}_high_{unit}"
    return f"{column}_low", f"{column}_high"


def weighed(frame: pd.DataFrame, weight: pd.Series) -> str:
    """Return the confidence of a total: the lowest grade that, with those below it, makes up `LOW_SHARE` of it."""
    if "confidence" not in frame.columns or not weight.sum() > 0:
        return "medium"
    shares = weight.groupby(frame["confidence"].to_numpy()).sum() / weight.sum()
    reached = 0.0
    for grade in ("low", "medium"):
        reached += float(shares.get(grade, 0.0))
        if reached >= LOW_SHARE:
            return grade
    return "high"


def worse(*grades: str) -> str:
    """Return the lowest of some confidences."""
    return next(grade for grade in ("low", "medium", "high") if grade in grades)


def where(**pairs: object) -> str:
    """Return a pandas query for rows in which each column equals its value."""
    return " and ".join(f"{column} == {json.dumps(value)}" for column, value in pairs.items())


def _number(value: object) -> float | None:
    return float(value) if words.known(value) else None  # type: ignore[arg-type]
