"""What the layers say about the field guide's rules: figures with a sentence each. An absent layer is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Evidence:
    """
    One thing found on the map, or not found out yet.

    `value` is a number or a yes/no; None is unknown, and then `ask` says what would settle it, unless a question of
    `answers.toml` already asks the same. `sentence` says what was found in plain words, and may say something even
    where the value is unknown. `least`: the value is the least it can be, so it may reach a threshold but never shows
    that one is missed.
    """

    key: str
    value: float | bool | None
    sentence: str
    origin: tuple[str, ...]
    ask: str = ""
    least: bool = False


def unknown(key: str, layers: Iterable[str], sentence: str, ask: str = "") -> Evidence:
    """Return evidence that is not there yet."""
    return Evidence(key, None, sentence, tuple(layers), ask)


def percent(share: float) -> str:
    """Return a share in whole percent."""
    return f"{share * 100:.0f} %"


def counted(number: float, one: str, many: str) -> str:
    """Return a number with its noun, such as `1 home` or `2,300 homes`."""
    return f"{number:,.0f} {one if round(number) == 1 else many}"


def power(kw: float) -> str:
    """Return a power in kW, or in MW from 1 MW up."""
    if abs(kw) >= 1000:
        return f"{kw / 1000:,.1f} MW"
    return f"{kw:,.0f} kW" if abs(kw) >= 10 else f"{kw:,.1f} kW"


def listed(names: Iterable[str], *, most: int = 3) -> str:
    """Return the first few names in a row, saying how many more there are."""
    every = [name for name in dict.fromkeys(names) if name]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def numbers(frame: pd.DataFrame, column: str) -> pd.Series[float]:
    """Return a column as floats, whatever dtype it came in; missing stays missing."""
    return pd.to_numeric(frame[column], errors="coerce").astype("float64")
