"""How many homes flexibility of a size takes."""

from __future__ import annotations

import math


def homes_needed(kw: float, *, kw_per_home: float) -> int:
    """Return the whole homes it takes to offer `kw`."""
    # rounding first: 1000 / 0.1 must not become 10001 for a last binary digit
    return math.ceil(round(kw / kw_per_home, 9))
