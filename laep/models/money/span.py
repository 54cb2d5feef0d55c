"""A number with its low and high end, or an array of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from laep.errors import LaepError
from laep.schema import unit_suffix

Amount = float | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """
    A value with its low and high end: numbers, or arrays of one shape. `Span(*assumption.span)` makes one.

    Ends combine low with low and high with high, which suits sums and products of quantities that are not negative.
    """

    value: Amount
    low: Amount
    high: Amount

    def __post_init__(self) -> None:
        """Refuse ends on the wrong side of the value; missing values pass."""
        if np.any(np.less(self.value, self.low)) or np.any(np.less(self.high, self.value)):
            raise LaepError(f"A span needs low <= value <= high, not {self.low}, {self.value}, {self.high}.")

    @classmethod
    def exact(cls, value: Amount) -> Span:
        """Return a span without width."""
        return cls(value, value, value)

    @classmethod
    def around(cls, value: Amount, *others: Amount) -> Span:
        """Return the span of several estimates of one thing, `value` the central one; missing ones are passed over."""
        low, high = value, value
        for other in others:
            low, high = np.fmin(low, other), np.fmax(high, other)
        return cls(value, low, high)

    def times(self, other: Span | float) -> Span:
        """Return the product, low with low and high with high."""
        by = other if isinstance(other, Span) else Span.exact(other)
        return Span(self.value * by.value, self.low * by.low, self.high * by.high)

    def over(self, other: Span) -> Span:
        """Return the quotient: its low end takes the other's high end, and the other way round."""
        return Span(self.value / other.value, self.low / other.high, self.high / other.low)

    def rest(self) -> Span:
        """Return what is left of one."""
        return Span(1.0 - self.value, 1.0 - self.high, 1.0 - self.low)

    def plus(self, other: Span) -> Span:
        """Return the sum, low with low and high with high."""
        return Span(self.value + other.value, self.low + other.low, self.high + other.high)

    def less(self, other: Span) -> Span:
        """Return the difference: its low end takes the other's high end, and the other way round."""
        return Span(self.value - other.value, self.low - other.high, self.high - other.low)

    def least(self, other: Span) -> Span:
        """Return the smaller of the two at each end; where one is missing, the other."""
        return Span(np.fmin(self.value, other.value), np.fmin(self.low, other.low), np.fmin(self.high, other.high))

    def most(self, other: Span) -> Span:
        """Return the larger of the two at each end; where one is missing, the other."""
        return Span(np.fmax(self.value, other.value), np.fmax(self.low, other.low), np.fmax(self.high, other.high))

    def where(self, mask: npt.NDArray[np.bool_], other: Span) -> Span:
        """Return an array span: this one where `mask` holds, the other elsewhere."""
        return Span(
            np.where(mask, self.value, other.value),
            np.where(mask, self.low, other.low),
            np.where(mask, self.high, other.high),
        )

    def taken(self, mask: npt.NDArray[np.bool_]) -> Span:
        """Return an array span without the entries that `mask` does not hold."""
        return Span(*(np.asarray(end)[mask] for end in (self.value, self.low, self.high)))

    def columns(self, stem: str, unit: str) -> dict[str, Amount]:
        """Return the three columns in which a layer holds this span."""
        suffix = unit_suffix(unit)
        return {f"{stem}_{suffix}": self.value, f"{stem}_low_{suffix}": self.low, f"{stem}_high_{suffix}": self.high}
