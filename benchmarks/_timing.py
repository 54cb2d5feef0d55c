"""Timing several things side by side."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def side_by_side(*functions: Callable[[], object], repeats: int) -> list[float]:
    """
    Return the best time of each in seconds, running them in turn so that a busy moment hits them alike.

    The best of several runs is the one least disturbed by whatever else the machine was doing.
    """
    best = [float("inf")] * len(functions)
    for _ in range(repeats):
        for index, function in enumerate(functions):
            gc.collect()
            started = time.perf_counter()
            function()
            best[index] = min(best[index], time.perf_counter() - started)
    return best
