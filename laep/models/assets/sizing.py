"""How large: the size that is worth most, the largest that the place holds, and those that the network has room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.models.assets import sizing_kernel
from laep.models.network.figures import NOW
from laep.models.time.clock import PERIOD_H
from laep.schema.vocabulary import ASSET_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from laep.models.assets.kind import Kind, Take
    from laep.models.money.span import Span

    Array = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Value = Callable[[Integers, Array, Array], Array]

FREE = np.inf
"""An export limit that limits nothing. [kW]"""
_STEPS = 64
"""Sizes tried up to the most, and again round the best: it is found to one part in two thousand of the most."""
_ALL = 0.99
"""From this share of the most that a place holds the best size is all of it."""
_BEST, _LARGEST, _FITS, _LIMITED, _LATER = ASSET_OPTIONS


@dataclass(frozen=True, kw_only=True)
class Places:
    """
    What the sites of one kind of asset offer: arrays over sites.

    Attributes
    ----------
    made
        Output of one kW in each half-hour, (sites, 17520). [kW/kW]
    used, used_low, used_high
        What the host uses in each half-hour, (sites, 17520) [kW], and its ends over that (sites,) [-].
    most_kw
        The largest that the place holds. [kW]
    doubt
        Yearly output over its central value: 1 with its low and high end. [-]
    """

    made: Array
    used: Array
    used_low: Array
    used_high: Array
    most_kw: Array
    doubt: Span


@dataclass(frozen=True, kw_only=True)
class Room:
    """
    What the network has room for at each site, arrays over sites; missing where nothing is published. [kW].

    Attributes
    ----------
    street_kw, primary_kw
        For what connects in the street, up to `street_most_kw`, and for what connects at a primary.
    later_kw, later_year
        The same at a primary in the last year that the operator publishes, and that year.
    street_most_kw
        The largest that connects in the street.
    """

    street_kw: Array
    primary_kw: Array
    later_kw: Array
    later_year: Array
    street_most_kw: float

    @property
    def now_kw(self) -> Array:
        """Return the largest that fits today."""
        small = np.minimum(self.street_kw, self.street_most_kw)
        return np.fmax(small, self.primary_kw)

    def holds(self, site: Integers, sent_kw: Array) -> Array:
        """Return whether what is sent out fits today at some sites: 1, 0, or missing where nothing says."""
        street, primary = self.street_kw[site], self.primary_kw[site]
        room = np.where((sent_kw <= self.street_most_kw) & ~np.isnan(street), street, primary)
        held: Array = np.where(np.isnan(room), np.nan, sent_kw <= room + 1e-9)
        return held


def room_at(sites: pd.DataFrame, limits: pd.DataFrame, *, year: int, street_most_kw: float) -> Room:
    """
    Return what the network has room for at sites.

    Parameters
    ----------
    sites : DataFrame
        Layer `site_anchor`.
    limits : DataFrame
        Layer `model_limit`: what binds on the way up from the substations that serve the area; may be empty.
    year : int
        This year.
    street_most_kw : float
        The largest that connects in the street, `net.connection.lv_max_kw`. [kW]

    Notes
    -----
    Later room is that of the last year published, of the scenario that leaves least.
    """
    asked = limits[(limits["direction"] == "generation") & limits["technology"].isin(["any", "inverter"])]
    asked = asked.assign(room_kw=asked["room_mw"].astype("float64") * 1000, year=asked["year"].astype("int64"))
    today = asked[(asked["scenario"] == NOW) & (asked["year"] == year)].groupby("start_id")["room_kw"].min()
    later = asked[asked["scenario"] != NOW]
    last = later[later["year"] == later.groupby("start_id")["year"].transform("max")].groupby("start_id")
    primary = sites["primary_id"]
    return Room(
        street_kw=_by_id(today, sites["secondary_id"]),
        primary_kw=_by_id(today, primary),
        later_kw=_by_id(last["room_kw"].min(), primary),
        later_year=_by_id(last["year"].max(), primary),
        street_most_kw=street_most_kw,
    )


def _by_id(values: pd.Series[float], ids: pd.Series[str]) -> Array:
    return np.asarray(values.reindex(ids.astype("object")), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Energy:
    """What becomes of the first year's output: used by the host, sent out, and let go behind an export limit. [kWh]."""

    used: Array
    sent: Array
    lost: Array


def energy(
    places: Places, site: Integers, size: Array, most_sent: Array, *, output: float = 1.0, use: Array | float = 1.0
) -> Energy:
    """
    Return what becomes of the output of assets, arrays of one shape.

    Parameters
    ----------
    site : int array
        Row of each asset in `places`.
    size, most_sent : array
        Capacity, and export limit or `FREE`. [kW]
    output, use : float, array (sites,)
        Output and the host's use over their central values. [-]
    """
    need = places.used * np.broadcast_to(use, len(places.most_kw))[:, None]
    parts = np.broadcast_arrays(site, size * output, most_sent)
    of, kw, most = (np.ascontiguousarray(part).ravel() for part in parts)
    found = sizing_kernel.shares(places.made, need, of, kw, most, PERIOD_H)
    used, sent, lost = (part.reshape(parts[0].shape) for part in found)
    return Energy(used=used, sent=sent, lost=lost)


def options(kind: Kind, places: Places, room: Room, take: Take, *, value: Value) -> pd.DataFrame:
    """
    Return the sizes of asset that each site could have.

    Parameters
    ----------
    value : callable
        Sites (rows of `places`), sizes and export limits [kW], arrays of one shape -> net present value, by which the
        best size is found. [GBP]

    Returns
    -------
    DataFrame `site`, `option`, `capacity_kw`, `limit_kw` (`FREE` without), `year` (0 for today)
        A row a site and option. `best_value` only where a size below the largest is worth most; `fits_now`,
        `export_limited`, `after_works` only where the network has not room for the largest today, and says for what.
    """
    sites = np.arange(len(places.most_kw))
    rated = kind.rating(places.most_kw, take) / places.most_kw
    now, later = room.now_kw / rated, room.later_kw / rated
    tight = now < places.most_kw
    best, worth = _best(kind, places, value)
    apart = (worth > 0) & (best < _ALL * places.most_kw)
    whole = np.full(len(sites), FREE)
    some = [
        _rows(_BEST, sites[apart], best[apart], whole[apart]),
        _rows(_LARGEST, sites, places.most_kw, whole),
        _rows(_FITS, sites[tight], _of_size(kind, now)[tight], whole[tight]),
        _rows(_LIMITED, sites[tight], places.most_kw[tight], room.now_kw[tight]),
    ]
    grows = tight & (later > now)
    after = _rows(_LATER, sites[grows], _of_size(kind, np.minimum(later, places.most_kw))[grows], whole[grows])
    some.append(after.assign(year=room.later_year[grows].astype("int64")))
    table = pd.concat(some, ignore_index=True)
    return table[table["capacity_kw"] > 0].sort_values(["site", "option"], ignore_index=True)


def _best(kind: Kind, places: Places, value: Value) -> tuple[Array, Array]:
    """Return the size of each site that is worth most, and what it is worth."""
    count = len(places.most_kw)
    if kind.sizes:
        tried = np.tile(np.array(kind.sizes), (count, 1))
        tried = np.where(tried <= places.most_kw[:, None], tried, np.nan)
        return _highest(tried, value)
    step = places.most_kw / _STEPS
    coarse, _ = _highest(step[:, None] * np.arange(1, _STEPS + 1), value)
    near = coarse[:, None] + step[:, None] * np.linspace(-1, 1, _STEPS + 1)
    return _highest(np.clip(near, step[:, None] / _STEPS, places.most_kw[:, None]), value)


def _highest(tried: Array, value: Value) -> tuple[Array, Array]:
    sites = np.broadcast_to(np.arange(len(tried))[:, None], tried.shape)
    worth = value(sites, tried, np.full(tried.shape, FREE))
    worth = np.where(np.isnan(worth), -np.inf, worth)
    top = worth.argmax(axis=1)[:, None]
    return np.take_along_axis(tried, top, axis=1)[:, 0], np.take_along_axis(worth, top, axis=1)[:, 0]


def _of_size(kind: Kind, most_kw: Array) -> Array:
    """Return the largest size up to a most that a kind comes in; 0 for none."""
    if not kind.sizes:
        return most_kw
    sizes = np.array([0.0, *kind.sizes])
    found: Array = sizes[np.searchsorted(sizes, np.nan_to_num(most_kw), side="right") - 1]
    return found


def _rows(option: str, site: Integers, capacity_kw: Array, limit_kw: Array) -> pd.DataFrame:
    return pd.DataFrame({"site": site, "option": option, "capacity_kw": capacity_kw, "limit_kw": limit_kw, "year": 0})
