"""What it costs to build an array or a battery, before VAT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import LaepError
from laep.models.money.span import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt


def bands(rates: Mapping[str, Mapping[float, Span]]) -> pd.DataFrame:
    """
    Return the cost bands as one small frame.

    Parameters
    ----------
    rates : mapping
        Technology -> {capacity above which the band holds, in kW: cost in GBP/kW}; the first band starts at 0.

    Returns
    -------
    DataFrame `technology`, `above_kw`, `gbp_per_kw`, `gbp_per_kw_low`, `gbp_per_kw_high`, sorted.
    """
    rows = [
        (technology, above_kw, rate.value, rate.low, rate.high)
        for technology, by_size in rates.items()
        for above_kw, rate in by_size.items()
    ]
    columns = ["technology", "above_kw", "gbp_per_kw", "gbp_per_kw_low", "gbp_per_kw_high"]
    return pd.DataFrame(rows, columns=columns).sort_values(["technology", "above_kw"], ignore_index=True)


def capex(technology: pd.Series[str], capacity_kw: pd.Series[float], *, bands: pd.DataFrame) -> Span:
    """
    Return the installed cost of arrays, in GBP before VAT.

    Parameters
    ----------
    technology, capacity_kw : Series of one length
        rooftop_pv, ground_pv or carport_pv, and panel capacity. [kWp]
    bands : DataFrame
        From `bands`.

    Notes
    -----
    The rate of a band holds in its middle, and runs straight between middles over the logarithm of the size: no array
    costs less than a smaller one. The middle is the geometric one; of the first band half its upper edge, of the last
    twice its lower.

    Raises
    ------
    LaepError
        When a technology has no band that starts at 0.
    """
    known = set(bands.loc[bands["above_kw"] == 0, "technology"])
    if missing := sorted(set(technology) - known):
        raise LaepError(f"There is no cost band from 0 kW for {', '.join(missing)}.")
    capacity = capacity_kw.to_numpy(dtype=np.float64)
    rates = np.full((3, len(capacity)), np.nan)
    for name, table in bands.groupby("technology"):
        rows = (technology == name).to_numpy(dtype=bool)
        middles = np.log(_middles(table["above_kw"].to_numpy(dtype=np.float64)))
        size = np.log(np.maximum(capacity[rows], np.finfo(np.float64).tiny))
        for end, column in enumerate(("gbp_per_kw", "gbp_per_kw_low", "gbp_per_kw_high")):
            rates[end, rows] = np.interp(size, middles, table[column].to_numpy(dtype=np.float64))
    return Span(*(rates * capacity))


def _middles(above_kw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the size for which the rate of each band holds; one band holds for any. [kW]."""
    if len(above_kw) == 1:
        return np.ones(1)
    inner = np.sqrt(above_kw[1:-1] * above_kw[2:])
    return np.concatenate([[above_kw[1] / 2], inner, [above_kw[-1] * 2]])


def capex_of(technology: str, capacity_kw: npt.NDArray[np.float64], *, bands: pd.DataFrame) -> Span:
    """Return `capex` of arrays of one technology, sizes and costs of any one shape. [GBP]."""
    flat = pd.Series(capacity_kw.ravel())
    each = capex(pd.Series(technology, index=flat.index, dtype="object"), flat, bands=bands)
    return Span(*(np.reshape(end, capacity_kw.shape) for end in (each.value, each.low, each.high)))


def by_group(planes: pd.DataFrame, share: pd.Series[float], *, bands: pd.DataFrame) -> dict[str, Span]:
    """
    Return what the panels on each segment cost, in GBP before VAT: each building pays the price of its own size.

    Parameters
    ----------
    planes : DataFrame
        Roof planes with segment_id, building_id and capacity_kwp. [kWp]
    share : Series by segment_id
        Share of each segment's panels that is built. [-]
    bands : DataFrame
        From `bands`.

    Returns
    -------
    dict of segment_id to Span
        One entry a row of `share`; nothing is paid where there are no planes.
    """
    sizes = planes.groupby(["segment_id", "building_id"], as_index=False)["capacity_kwp"].sum()
    each = capex(pd.Series("rooftop_pv", index=sizes.index), sizes["capacity_kwp"], bands=bands)
    ends = pd.DataFrame({end: getattr(each, end) for end in ("value", "low", "high")})
    sums = ends.groupby(sizes["segment_id"].to_numpy()).sum().reindex(share.index, fill_value=0.0).mul(share, axis=0)
    return {str(key): Span(*(float(v) for v in row)) for key, *row in sums.itertuples()}


def battery(nameplate_kwh: float, *, gbp_per_kwh: Span) -> Span:
    """Return the installed cost of a battery of `nameplate_kwh`, in GBP before VAT."""
    return gbp_per_kwh.times(nameplate_kwh)
