"""What every kind of asset says of itself, and what it is told of the place it would stand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from laep.models.money.span import Span

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from laep.models.energy.solar import Shade, Sky, System

    Array = NDArray[np.float64]

Take = Callable[[str, str], Span]
"""Key and unit of an assumption -> its value with its ends."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """
    What sun, wind and roofs give at some sites.

    Attributes
    ----------
    sky, system
        Sun and sky of a year, and what all arrays have in common.
    planes, shade
        The suitable roof planes of the sites: `site_id`, tilt_deg, azimuth_deg, capacity_kwp [kWp]; and their skylines,
        row for row.
    sun_doubt
        Yearly output of panels over its central value: 1 with its low and high end. [-]
    wind_m_s
        Hourly wind at 10 m, (8760,). [m/s]
    """

    sky: Sky
    system: System
    planes: pd.DataFrame
    shade: Shade
    sun_doubt: Span
    wind_m_s: Array


def value_of(take: Take, key: str, unit: str) -> float:
    """Return an assumption without its ends."""
    return float(take(key, unit).value)


def nothing(capacity_kw: Array, _: Take) -> Span:
    """Return the cost of a part that an asset does not have. [GBP]."""
    return Span.exact(np.zeros_like(capacity_kw))


def never(_: Take) -> Span:
    """Return how long a part lasts that an asset does not have. [years]."""
    return Span.exact(np.inf)


def unchanged(_: Take) -> Span:
    """Return the share of output lost each year by an asset that does not age. [1/yr]."""
    return Span.exact(0.0)


def whole(capacity_kw: Array, _: Take) -> Array:
    """Return what of a capacity counts on the network: all of it. [kW]."""
    return capacity_kw


@dataclass(frozen=True, kw_only=True)
class Kind:
    """
    A kind of asset.

    Attributes
    ----------
    technology
        The word of `site_anchor` for it.
    output
        Sites (rows of `site_anchor`), what is around them, assumptions -> output of one kW in each half-hour of a year,
        (sites, 17520). [kW/kW]
    doubt
        What is around, assumptions -> yearly output over its central value: 1 with its low and high end. [-]
    build, upkeep
        Capacity [kW, any shape], assumptions -> cost now, before VAT, without connection [GBP]; of a year [GBP/yr].
    part, part_years
        What is bought again within the life, as `build` [GBP], and how long it lasts [years].
    years, fade
        Life [years] and share of output lost each year [1/yr].
    rating
        Capacity, assumptions -> what of it counts on the network. [kW]
    on_land
        Whether it needs a connection of its own: an asset on a building uses the supply that is there.
    sizes
        The sizes it comes in, smallest first; empty where any will do. [kW]
    """

    technology: str
    output: Callable[[pd.DataFrame, Around, Take], Array]
    doubt: Callable[[Around, Take], Span]
    build: Callable[[Array, Take], Span]
    upkeep: Callable[[Array, Take], Span]
    years: Callable[[Take], Span]
    part: Callable[[Array, Take], Span] = nothing
    part_years: Callable[[Take], Span] = never
    fade: Callable[[Take], Span] = unchanged
    rating: Callable[[Array, Take], Array] = whole
    on_land: bool = True
    sizes: tuple[float, ...] = ()
