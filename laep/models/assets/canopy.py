"""Solar panels on a canopy over parked cars: nearly flat, so that rain runs off and cars stay dry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.models.assets import solar_roof
from laep.models.assets.kind import Kind, value_of
from laep.models.assets.solar_ground import land_upkeep, one_plane
from laep.models.money.span import Span

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from laep.models.assets.kind import Around, Take

    Array = NDArray[np.float64]


def _output(sites: pd.DataFrame, around: Around, take: Take) -> Array:
    tilt = value_of(take, "site.carport.tilt_deg", "deg")
    return one_plane(sites, around, take, tilt_deg=tilt, lost=0.0)


def _build(capacity_kw: Array, take: Take) -> Span:
    return take("site.carport.capex_gbp_per_kw", "GBP/kW").times(Span.exact(capacity_kw))


def _upkeep(capacity_kw: Array, take: Take) -> Span:
    return land_upkeep("pv.opex_gbp_per_kw_yr.community_roof", capacity_kw, take)


CANOPY = Kind(
    technology="carport_pv", output=_output, doubt=solar_roof.doubt, build=_build, upkeep=_upkeep,
    part=solar_roof.inverter, part_years=solar_roof.inverter_years, years=solar_roof.years, fade=solar_roof.fade,
    rating=solar_roof.rating,
)  # fmt: skip
