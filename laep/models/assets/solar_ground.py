"""Solar panels on a field or on waste ground: rows at a tilt of their own, facing south."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.models.assets import solar_roof
from laep.models.assets.kind import Kind, value_of
from laep.models.energy import solar
from laep.models.money.span import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.models.assets.kind import Around, Take

    Array = NDArray[np.float64]


def one_plane(sites: pd.DataFrame, around: Around, take: Take, *, tilt_deg: float, lost: float) -> Array:
    """
    Return the output of one kWp that stands alike at all sites, (sites, 17520). [kW/kWp].

    Parameters
    ----------
    tilt_deg : float
        Its slope; it faces as `solar_farm.azimuth_deg` says. [deg]
    lost : float
        Share lost beside the usual losses, such as what one row takes from the next. [-]
    """
    plane = pd.DataFrame({"tilt_deg": [tilt_deg], "azimuth_deg": [value_of(take, "solar_farm.azimuth_deg", "deg")]})
    alone = pd.Series(["plane"], dtype="string")
    power = solar.group_power(plane, pd.Series([1.0]), alone, around.sky, system=around.system)
    return np.repeat(power.to_numpy().T * (1 - lost), len(sites), axis=0)


def land_upkeep(own: str, capacity_kw: Array, take: Take) -> Span:
    """Return a year's running cost of an array on land: its own, and rent, business rates and insurance. [GBP/yr]."""
    each = take(own, "GBP/kW/yr")
    for due in ("rent", "rates", "insurance"):
        each = each.plus(take(f"site.land.{due}_gbp_per_kw_yr", "GBP/kW/yr"))
    return each.times(Span.exact(capacity_kw))


def _output(sites: pd.DataFrame, around: Around, take: Take) -> Array:
    tilt, lost = value_of(take, "solar_farm.tilt_deg", "deg"), value_of(take, "solar_farm.row_shade", "-")
    return one_plane(sites, around, take, tilt_deg=tilt, lost=lost)


def _doubt(around: Around, take: Take) -> Span:
    rows, alone = take("solar_farm.row_shade", "-"), around.sun_doubt
    return Span(1.0, alone.low * (1 - rows.high) / (1 - rows.value), alone.high * (1 - rows.low) / (1 - rows.value))


def _build(capacity_kw: Array, take: Take) -> Span:
    return take("solar_farm.capex_gbp_per_kw.1_5mw", "GBP/kW").times(Span.exact(capacity_kw))


def _upkeep(capacity_kw: Array, take: Take) -> Span:
    return land_upkeep("solar_farm.opex_gbp_per_kw_yr", capacity_kw, take)


def _years(take: Take) -> Span:
    return take("solar_farm.lifetime_years", "years")


SOLAR_GROUND = Kind(
    technology="ground_pv", output=_output, doubt=_doubt, build=_build, upkeep=_upkeep, part=solar_roof.inverter,
    part_years=solar_roof.inverter_years, years=_years, fade=solar_roof.fade, rating=solar_roof.rating,
)  # fmt: skip
