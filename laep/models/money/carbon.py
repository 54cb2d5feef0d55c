"""Emissions avoided by local electricity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from laep.models.money.span import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.models.money.span import Amount

    Path = Mapping[int, tuple[float, float, float]]


def avoided_kg(kwh: Amount, *, kg_per_kwh: float) -> Amount:
    """
    Return the emissions that `kwh` of local electricity avoid in the year of the factor.

    Parameters
    ----------
    kwh : float or array
        Electricity generated; negative for a loss. [kWh]
    kg_per_kwh : float
        Average emissions of grid electricity, assumption `carbon.elec_2026`. [kgCO2e/kWh]

    Notes
    -----
    An average factor: it says nothing of the hour, and falls as the grid gets cleaner, so a life's total is not this
    times the years. Making and scrapping the kit is left out.
    """
    return kwh * kg_per_kwh


def lifetime_kg(kwh: float, *, path: Path, years: Span, degradation: Span) -> Span:
    """
    Return the emissions that local electricity avoids over a life, as the grid gets cleaner. [kgCO2e].

    Parameters
    ----------
    kwh : float
        Electricity of the first year; negative for a loss. [kWh]
    path : mapping of year to (value, low, high)
        Average emissions of grid electricity, assumptions `carbon.elec_2026` and `carbon.elec.YEAR`; between its years
        they run straight, and after the last they stay. The first year of the life is the first of the path.
        [kgCO2e/kWh]
    years, degradation : Span
        Life [years], and yield lost each year [1/yr].

    Notes
    -----
    The low end has the cleanest grid, the shortest life and the fastest ageing. Average factors, as in `avoided_kg`.
    """
    ends = (
        _over_life(kwh, path, end, life, ageing)
        for end, life, ageing in (
            (0, years.value, degradation.value), (1, years.low, degradation.high), (2, years.high, degradation.low),
        )
    )  # fmt: skip
    return Span.around(*ends)


def _over_life(kwh: float, path: Path, end: int, life: Amount, ageing: Amount) -> float:
    told = sorted(path)
    age = np.arange(round(float(life)))
    factor = np.interp(told[0] + age, told, [path[year][end] for year in told])
    return float(kwh * np.sum(factor * (1 - ageing) ** age))
