"""The two layers that the report writes: every figure it prints, and what is not known."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd

from laep.report import gaps
from laep.report.book import Book
from laep.report.sections import REGISTERING
from laep.schema import conform, empty

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from laep.events import Skipped


def figures(frames: Mapping[str, pd.DataFrame], *, lapsed: Container[str] = ()) -> pd.DataFrame:
    """
    Return every number the report prints, one row each.

    Parameters
    ----------
    frames : mapping of layer name to DataFrame
        The layers the area holds, as `schema.LAYERS` describes them; any may be absent.
    lapsed : container of str
        Keys of prices and rules that have lapsed: figures that rest on them are of low confidence.

    Returns
    -------
    DataFrame in the form of layer `plan_figure`. A figure whose layer is absent is absent.
    """
    book = Book(frames, lapsed=lapsed)
    for section in REGISTERING:
        section.figures(book)
    if not book.figures:
        return empty("plan_figure")
    return conform(pd.DataFrame([asdict(figure) for figure in book.figures.values()]), "plan_figure")


def unknowns(
    frames: Mapping[str, pd.DataFrame], skipped: Iterable[Skipped], *, assumptions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """
    Return what is not known, the weightiest first.

    Parameters
    ----------
    frames : mapping of layer name to DataFrame
        The layers the area holds; any may be absent.
    skipped : iterable of Skipped
        Steps that could not run.
    assumptions : DataFrame, optional
        Assumptions used, with at least columns key, meaning, confidence.

    Returns
    -------
    DataFrame in the form of layer `plan_unknown`.
    """
    found = gaps.find(frames, skipped, assumptions)
    if not found:
        return empty("plan_unknown")
    return conform(pd.DataFrame([asdict(gap) for gap in found]), "plan_unknown")
