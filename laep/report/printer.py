"""Figures as readers see them: in words and readers' units, whatever the report is printed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.cells import Cell, missing
from laep.report.layers import each

if TYPE_CHECKING:
    import pandas as pd


class Printer:
    """Says what stands in `plan_figure`, and makes the cells that print it."""

    def __init__(self, figures: pd.DataFrame) -> None:
        self._rows: dict[str, Any] = {row.figure_id: row for row in each(figures)}

    def __contains__(self, figure_id: str) -> bool:
        return figure_id in self._rows

    def __call__(self, figure_id: str, *, span: bool = True, kilo: bool = False) -> Cell:
        """Return the cell that prints a figure; one that does not exist is said to be not known."""
        if figure_id not in self:
            return missing(words.NOT_KNOWN)
        return Cell(figure_id=figure_id, span=span, kilo=kilo)

    def value(self, figure_id: str) -> float | None:
        """Return the central value of a figure, or None when there is none."""
        row = self._rows.get(figure_id)
        return float(row.value) if row is not None and words.known(row.value) else None

    def text(self, figure_id: str, *, kilo: bool = False) -> words.Shown:
        """Return a figure in words and readers' units; with `kilo`, one in MW is shown in kW."""
        row = self._rows[figure_id]
        if kilo and row.unit == "MW":
            return words.quantity(row.value * 1000, "kW")
        return words.quantity(row.value, row.unit, low=row.low, high=row.high, exact=_published(row))

    def label(self, figure_id: str) -> str:
        """Return what a figure is, in words."""
        return str(self._rows[figure_id].label)

    def confidence(self, figure_id: str) -> str:
        """Return high, medium or low."""
        return str(self._rows[figure_id].confidence)

    def entry(self, figure_id: str) -> dict[str, str]:
        """Return what the index says about a figure."""
        row = self._rows[figure_id]
        source = " ".join(part for part in (row.layer, row.column if words.known(row.column) else "") if part)
        return {
            "id": figure_id,
            "label": row.label,
            "value": str(self.text(figure_id)),
            "source": f"{source} ({row.method})",
            "confidence": row.confidence,
        }


def _published(row: Any) -> bool:
    """Return whether a figure is a fact somebody registered, printed to three significant figures, not an estimate."""
    return bool(row.layer.startswith("in_") or (row.layer, row.column) == ("model_metered", "metered_kwh"))
