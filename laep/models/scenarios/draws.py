"""Chance: many draws of everything that is not known exactly, and what comes of them.

Draws are those of a scrambled Sobol sequence, which fills the space evenly: of a smooth outcome a thousand of them say
as much as tens of thousands of plain random ones. The same seed gives the same draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import qmc

from laep.errors import LaepError
from laep.models.money.span import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SEED = 20_500_101
"""Any number would do, so long as it is always the same."""
_P10_P50_P90 = (0.1, 0.5, 0.9)


def drawn(spans: Mapping[str, Span], count: int, *, seed: int = SEED) -> dict[str, Array]:
    """
    Return `count` draws of each quantity, all independent of each other.

    Parameters
    ----------
    spans : mapping
        Name -> value with its low and high end, numbers. A quantity without a range is the same in every draw.
    count : int
        Draws, a power of 2: Sobol points are evenly spread at those counts only.
    seed : int
        Which scrambling of the sequence.

    Returns
    -------
    dict of name to array (count,)

    Notes
    -----
    A triangle stands on each range, highest at the value: nothing outside the range is drawn, and the ends are least
    likely.
    """
    if count < 1 or count & (count - 1):
        raise LaepError(
            f"The number of draws must be a power of 2, such as {2 ** max(count, 1).bit_length():,}, not {count:,}."
        )
    names = [name for name, span in spans.items() if span.low < span.high]
    even = qmc.Sobol(max(len(names), 1), scramble=True, rng=np.random.default_rng(seed)).random(count)
    shares = dict(zip(names, even.T, strict=False))
    return {
        name: _triangle(shares[name], span) if name in shares else np.full(count, float(span.value))
        for name, span in spans.items()
    }


def percentiles(outcomes: Array) -> Span:
    """
    Return the median of outcomes with the ends that one in ten lies below, and one in ten above (P50, P10, P90).

    The last axis is the draws. Where an outcome is missing in some draws, those say nothing; see `chance`.
    """
    low, middle, high = np.nanquantile(outcomes, _P10_P50_P90, axis=-1)
    return Span(middle, low, high)


def chance(happens: NDArray[np.bool_]) -> Array:
    """Return in which share of draws, the last axis, something happens. [-]."""
    share: Array = np.mean(happens, axis=-1)
    return share


def _triangle(share: Array, span: Span) -> Array:
    """Return the quantity below which a share of the triangle on its range lies."""
    low, mode, high = float(span.low), float(span.value), float(span.high)
    width = high - low
    rising = low + np.sqrt(share * width * (mode - low))
    falling = high - np.sqrt((1 - share) * width * (high - mode))
    return np.where(share * width < mode - low, rising, falling)
