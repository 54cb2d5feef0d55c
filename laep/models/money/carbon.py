"""Emissions avoided by local electricity."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from laep.models.money.span import Amount


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
