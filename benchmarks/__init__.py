"""
Measurements with targets: `python -m benchmarks --list`, then `python -m benchmarks NAME`.

A benchmark is a module in this folder whose name does not start with an underscore. It has a one-line `SUMMARY` and a
`run()` that returns figures. Its name is the module's name. `SMALL` gives its constants the values of its small form
(`--small`), which shows that it runs and measures nothing. Adding the file is all it takes.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Figure:
    """
    One measured number with its target and the run it is compared with.

    Attributes
    ----------
    name : str
        What was measured, in plain words.
    value : float
        The number the target is set for: a ratio or a count, since a time alone says more of the machine than of us.
    unit : str
        Unit of `value`; `x` for a ratio.
    target : float
        The limit.
    sense : str
        Whether `value` should be `at least` or `at most` the target.
    ours, peer : str
        What the two runs did.
    ours_value, peer_value : float
        What the two runs measured, in `runs_unit`.
    runs_unit : str
        Unit of the two runs.
    """

    name: str
    value: float
    unit: str
    target: float
    sense: Literal["at least", "at most"]
    ours: str
    ours_value: float
    peer: str
    peer_value: float
    runs_unit: str = "s"

    @property
    def ok(self) -> bool:
        """Return whether the target is met; a value that is not a number does not meet it."""
        if math.isnan(self.value):
            return False
        return self.value >= self.target if self.sense == "at least" else self.value <= self.target

    def as_dict(self) -> dict[str, Any]:
        """Return the figure with its verdict, ready for JSON."""
        return asdict(self) | {"ok": self.ok}
