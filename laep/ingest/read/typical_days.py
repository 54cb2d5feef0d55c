"""Typical days out of any number of readings: sums by month, day type and half-hour of the local clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from laep.schema.vocabulary import DAY_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_CLOCK = "Europe/London"
_PERIODS = 48
_HALF_HOUR_MS = 1_800_000
_COLUMNS = ("asset", "month", "day", "period", "readings", "meters", "mean", "sd", "lowest", "highest")


@dataclass
class _Days:
    """Running sums of one month and day type: an array of feeders by periods each."""

    count: NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, _PERIODS), np.int32))
    meters: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, _PERIODS)))
    total: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, _PERIODS)))
    squares: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, _PERIODS)))
    lowest: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, _PERIODS)))
    highest: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, _PERIODS)))

    def add(self, feeders: int, at: NDArray[np.int64], meters: NDArray[np.float64], kw: NDArray[np.float64]) -> None:
        """Add readings at flat places `feeder * 48 + period - 1`."""
        if len(self.count) < feeders:
            self._grow(max(feeders, 2 * len(self.count)))
        np.add.at(self.count.reshape(-1), at, 1)
        np.add.at(self.meters.reshape(-1), at, meters)
        np.add.at(self.total.reshape(-1), at, kw)
        np.add.at(self.squares.reshape(-1), at, kw * kw)
        np.minimum.at(self.lowest.reshape(-1), at, kw)
        np.maximum.at(self.highest.reshape(-1), at, kw)

    def _grow(self, rows: int) -> None:
        more = (rows - len(self.count), _PERIODS)
        for name, start in (
            ("count", 0),
            ("meters", 0),
            ("total", 0),
            ("squares", 0),
            ("lowest", np.inf),
            ("highest", 0),
        ):
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.full(more, start, old.dtype)]))


@dataclass
class TypicalDays:
    """Running sums of many assets; memory grows with assets and months, never with readings."""

    days: dict[tuple[int, int], _Days] = field(default_factory=dict)

    def add(
        self,
        asset: NDArray[np.int64],
        utc_ms: NDArray[np.int64],
        values: NDArray[np.float64],
        meters: NDArray[np.float64] | None = None,
    ) -> None:
        """
        Add readings.

        Parameters
        ----------
        asset : array of int, shape (n,)
            Which asset each reading is of, numbered from 0.
        utc_ms : array of int, shape (n,)
            A moment in the half-hour each reading is of, in UTC since 1970. [ms]
        values : array, shape (n,)
            Readings, none of them missing.
        meters : array, shape (n,), optional
            Meters behind each reading.

        Notes
        -----
        On the day the clock goes back two half-hours come twice and count twice; on the day it goes forward two are
        missing.
        """
        half_hour, place = np.unique(utc_ms // _HALF_HOUR_MS, return_inverse=True)
        local = pd.to_datetime(half_hour * _HALF_HOUR_MS, unit="ms", utc=True).tz_convert(_CLOCK)
        day_type = np.maximum(local.day_of_week.to_numpy() - 4, 0)
        period = (local.hour * 2 + local.minute // 30).to_numpy()
        kind = (local.month.to_numpy() * 3 + day_type)[place]
        at = asset * _PERIODS + period[place]
        behind = np.full(len(values), np.nan) if meters is None else meters
        assets = int(asset.max(initial=-1)) + 1
        for key in np.unique(kind):
            these = kind == key
            days = self.days.setdefault((int(key) // 3, int(key) % 3), _Days())
            days.add(assets, at[these], behind[these], values[these])

    def frame(self, names: Sequence[str]) -> pd.DataFrame:
        """
        Return one row for each asset, month, day type and period with a reading, and let go of the sums.

        Parameters
        ----------
        names : sequence of str
            Id of each asset; rows come in the order of the ids.

        Returns
        -------
        DataFrame
            Columns asset (its number), month, day_type, period, readings, meters, mean, sd, lowest, highest.
        """
        order = np.argsort(np.asarray(names, dtype=object), kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        parts = [_typical(month, day, self.days.pop((month, day)), rank) for month, day in sorted(self.days)]
        table = {name: np.concatenate([part[name] for part in parts]) if parts else np.zeros(0) for name in _COLUMNS}
        sort = np.lexsort([table[name] for name in ("period", "day", "month", "asset")])
        asset = order[table.pop("asset").astype(np.int64)[sort]] if len(sort) else np.zeros(0, np.int64)
        day = table.pop("day").astype(np.int64)[sort]
        frame = pd.DataFrame({"asset": asset})
        for name in list(table):
            frame[name] = table.pop(name)[sort]
        return frame.assign(day_type=pd.array(DAY_TYPES, dtype="string").take(day))


def _typical(month: int, day: int, sums: _Days, rank: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return one row for each asset and period with a reading, as arrays; assets by their rank among the ids."""
    code, period = np.nonzero(sums.count)
    count = sums.count[code, period]
    mean = sums.total[code, period] / count
    spread = np.maximum(sums.squares[code, period] - count * mean**2, 0.0)
    found = (
        rank[code], np.full(len(code), month, np.int8), np.full(len(code), day, np.int8), (period + 1).astype(np.int8),
        count, sums.meters[code, period] / count, mean, np.sqrt(spread / np.where(count > 1, count - 1, np.nan)),
        sums.lowest[code, period], sums.highest[code, period],
    )  # fmt: skip
    return dict(zip(_COLUMNS, found, strict=True))
