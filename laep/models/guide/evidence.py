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
    that one is missed; `most`: it is the most it can be, so it may miss one but never shows that one is reached.
    """

    key: str
    value: float | bool | None
    sentence: str
    origin: tuple[str, ...]
    ask: str = ""
    least: bool = False
    most: bool = False


def unknown(key: str, layers: Iterable[str], sentence: str, ask: str = "") -> Evidence:
    """Return evidence that is not there yet."""
    return Evidence(key, None, sentence, tuple(layers), ask)


def numbers(frame: pd.DataFrame, column: str) -> pd.Series[float]:
    """Return a column as floats, whatever dtype it came in; missing stays missing."""
    return pd.to_numeric(frame[column], errors="coerce").astype("float64")
