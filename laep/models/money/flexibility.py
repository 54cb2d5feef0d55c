"""What flexibility of homes could earn, what is kept of it, and how many homes a size takes -> `model_flexibility`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from laep.models.money.span import Span

if TYPE_CHECKING:
    from collections.abc import Mapping


def homes_needed(kw: float, *, kw_per_home: float) -> int:
    """Return the whole homes it takes to offer `kw`."""
    # rounding first: 1000 / 0.1 must not become 10001 for a last binary digit
    return math.ceil(round(kw / kw_per_home, 9))


def kept(*cuts: float) -> Span:
    """
    Return the share of a gross sum that is left when some take a cut of it.

    Parameters
    ----------
    *cuts : float
        Shares that optimiser, aggregator and others take. [-]

    Returns
    -------
    Span
        Low where each takes its cut of the gross, high where each takes it of what the one before left; the low one is
        the value. It is seldom said which is meant.
    """
    of_gross = max(1 - sum(cuts), 0.0)
    return Span(of_gross, of_gross, max(math.prod(1 - cut for cut in cuts), of_gross))


def homes(
    kw_per_home: Mapping[str, float],
    *,
    revenue_gbp_per_kw: Span,
    optimiser: Mapping[str, float],
    aggregator: float,
    local_kw: float,
    national_kw: float,
) -> pd.DataFrame:
    """
    Return what a home could earn by flexibility, as layer `model_flexibility`.

    Parameters
    ----------
    kw_per_home : mapping
        Kind of home -> what it could shift or send out when asked. [kW]
    revenue_gbp_per_kw : Span
        Gross earnings of a kW in a year over all markets; a ceiling is no forecast and is left out. [GBP/kW/yr]
    optimiser : mapping
        Size of the pool -> share of the gross that its optimiser takes. [-]
    aggregator : float
        Share that whoever gathers homes takes beside it. [-]
    local_kw, national_kw : float
        Least sizes of pools that markets take. [kW]
    """
    rows = []
    for home, kw in kw_per_home.items():
        gross = revenue_gbp_per_kw.times(kw)
        for pool, cut in optimiser.items():
            left = gross.times(kept(cut, aggregator))
            rows.append(
                {
                    "home": home, "pool": pool, "flexible_kw": kw,
                    **gross.columns("gross", "GBP/yr"), **left.columns("kept", "GBP/yr"),
                    "homes_local": homes_needed(local_kw, kw_per_home=kw),
                    "homes_national": homes_needed(national_kw, kw_per_home=kw),
                    "method": "field guide: earnings of a kW, less the cuts of optimiser and aggregator",
                    "confidence": "low",
                }
            )  # fmt: skip
    return pd.DataFrame(rows)
