"""Solar panels on the roofs of a building, or of the buildings of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from laep.models.assets.kind import Kind
from laep.models.energy import solar
from laep.models.money import costs
from laep.models.money.span import Span

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from laep.models.assets.kind import Around, Take

    Array = NDArray[np.float64]

ROOFTOP = "rooftop_pv"
_BANDS = {"0_4kw": 0.0, "4_10kw": 4.0, "10_50kw": 10.0, "50_250kw": 50.0, "250kw_plus": 250.0}
"""Cost bands: last word of the assumption key, and the capacity above which it holds. [kW]"""


def bands(take: Take) -> dict[float, Span]:
    """Return what panels on a roof cost by size: capacity above which it holds [kW] -> cost [GBP/kW]."""
    return {above: take(f"pv.capex_gbp_per_kw.rooftop_{band}", "GBP/kW") for band, above in _BANDS.items()}


def doubt(around: Around, _: Take) -> Span:
    """Return the yearly output of panels over its central value. [-]."""
    return around.sun_doubt


def years(take: Take) -> Span:
    """Return how long panels last. [years]."""
    return take("pv.lifetime_years", "years")


def fade(take: Take) -> Span:
    """Return the share of output that panels lose each year. [1/yr]."""
    return take("pv.degradation_per_year", "1/yr")


def rating(capacity_kw: Array, take: Take) -> Array:
    """Return the inverters' rating behind panels: what counts on the network. [kW]."""
    return capacity_kw / take("pv.system.dc_ac_ratio", "-").value


def inverter(capacity_kw: Array, take: Take) -> Span:
    """Return what new inverters cost. [GBP]."""
    return take("pv.inverter.gbp_per_kw", "GBP/kW").times(Span.exact(rating(capacity_kw, take)))


def inverter_years(take: Take) -> Span:
    """Return how long an inverter lasts. [years]."""
    return take("pv.inverter.years", "years")


def _output(sites: pd.DataFrame, around: Around, _: Take) -> Array:
    """Return output of the planes of each site together; a site without a suitable plane makes nothing known."""
    planes = around.planes
    of_site = planes["site_id"].where(planes["site_id"].isin(sites["site_id"]))
    kwp = planes["capacity_kwp"].astype("float64")
    power = solar.group_power(planes, kwp, of_site, around.sky, system=around.system, shade=around.shade)
    each = power / kwp.groupby(of_site).sum().reindex(power.columns)
    return np.ascontiguousarray(each.reindex(columns=sites["site_id"]).to_numpy().T)


def _build(capacity_kw: Array, take: Take) -> Span:
    return costs.capex_of(ROOFTOP, capacity_kw, bands=costs.bands({ROOFTOP: bands(take)}))


def _upkeep(capacity_kw: Array, take: Take) -> Span:
    return take("pv.opex_gbp_per_kw_yr.community_roof", "GBP/kW/yr").times(Span.exact(capacity_kw))


SOLAR_ROOF = Kind(
    technology=ROOFTOP, output=_output, doubt=doubt, build=_build, upkeep=_upkeep, part=inverter,
    part_years=inverter_years, years=years, fade=fade, rating=rating, on_land=False,
)  # fmt: skip
