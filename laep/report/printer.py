"""Printing figures: every number on the page carries the id of its row in `plan_figure`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from laep import words
from laep.report.layers import each

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd


class Printer:
    """Prints figures as links to their entry in the index at the end of the report."""

    def __init__(self, figures: pd.DataFrame) -> None:
        self._rows: dict[str, Any] = {row.figure_id: row for row in each(figures)}

    def __contains__(self, figure_id: str) -> bool:
        return figure_id in self._rows

    def value(self, figure_id: str) -> float | None:
        """Return the central value of a figure, or None when there is none."""
        row = self._rows.get(figure_id)
        return float(row.value) if row is not None and words.known(row.value) else None

    def text(self, figure_id: str, *, kilo: bool = False) -> words.Shown:
        """Return a figure in words and readers' units, without a link; with `kilo`, one in MW is shown in kW."""
        row = self._rows[figure_id]
        if kilo and row.unit == "MW":
            return words.quantity(row.value * 1000, "kW")
        return words.quantity(row.value, row.unit, low=row.low, high=row.high, exact=_published(row))

    def confidence(self, figure_id: str) -> str:
        """Return high, medium or low."""
        return str(self._rows[figure_id].confidence)

    def __call__(self, figure_id: str, *, span: bool = True, kilo: bool = False) -> Markup:
        """Return a figure as a link to where it is explained; one that does not exist prints as not known."""
        row = self._rows.get(figure_id)
        if row is None:
            return Markup('<span class="none">{}</span>').format(words.NOT_KNOWN)
        shown = self.text(figure_id, kilo=kilo)
        body = Markup("<b>{}</b>").format(shown.main)
        if span and shown.span:
            body += Markup(' <span class="span">({})</span>').format(shown.span)
        told = f"{row.label}. Confidence: {row.confidence}. To check it: laep explain {figure_id}"
        return Markup('<a class="fig" data-figure="{}" href="#figure.{}" title="{}">{}</a>').format(
            figure_id, figure_id, told, body
        )

    def first(self, figure_ids: Iterable[str]) -> Markup:
        """Return the first of several figures that exists."""
        return self(next((figure_id for figure_id in figure_ids if figure_id in self), ""))

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
    """Return whether a figure is a fact somebody published, printed to three significant figures, not an estimate."""
    return bool(row.layer.startswith("in_") or (row.layer == "model_headroom" and row.column == "value"))
