"""What businesses and public buildings use: electricity as `model_demand` has it, and gas for heat beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from laep.models.energy.use import Part, looked_up
from laep.models.money.span import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Array = NDArray[np.float64]


def parts(
    electricity: Array,
    own: Span,
    use: pd.Series[str],
    gas_share: Array,
    *,
    elec_kwh_m2: Mapping[str, Span],
    gas_kwh_m2: Mapping[str, Span],
    mean_over_median: Mapping[str, Span],
    on_gas: Span,
    price: Mapping[str, Span],
    carbon: Mapping[str, Span],
) -> list[Part]:
    """
    Return what businesses use, part by part.

    Parameters
    ----------
    electricity : array, shape (places,)
        Electricity of businesses, as in `model_demand`. [kWh/yr]
    own : Span
        How far that of one place may be off by itself, around 1. [-]
    use : Series, shape (places,)
        Use of the building.
    gas_share : array, shape (places,)
        Share of the homes around that are on gas: where none is, there is no main; missing where nothing says. [-]
    elec_kwh_m2, gas_kwh_m2 : mapping of use to Span
        `demand.intensity_kwh_m2.*` and `demand.gas_intensity_kwh_m2.*`. [kWh/m2/yr]
    mean_over_median : mapping of use to Span
        `demand.mean_over_median.*`, by which `electricity` was scaled. [-]
    on_gas : Span
        Share of floor area on gas where all homes around are, `demand.business_gas_share`. [-]
    price, carbon : mapping of carrier to Span
        What a kWh costs a business, and emits. [GBP/kWh, kgCO2e/kWh]

    Notes
    -----
    Floor area is told by the electricity: both benchmarks are of the same buildings. Heat by oil, or by electricity
    beyond what the benchmark of electricity holds, is not known and left out.
    """
    per_kwh = {
        name: float(gas_kwh_m2[name].value) / float(elec_kwh_m2[name].value) / float(mean_over_median[name].value)
        for name in gas_kwh_m2
    }
    gas = electricity * looked_up(use, per_kwh).to_numpy() * gas_share
    apart = [span.over(Span.exact(span.value)) for span in mean_over_median.values()]
    shared = Span(1.0, *(float(np.median([getattr(span, end) for span in apart])) for end in ("low", "high")))
    middle = [span.over(Span.exact(span.value)) for span in gas_kwh_m2.values() if span.value > 0]
    own_gas = Span(1.0, min(float(span.low) for span in middle), max(float(span.high) for span in middle))
    none = np.zeros_like(electricity)
    return [
        Part(
            sector="business", carrier="electricity", end_use="process", kwh=electricity, factor=shared, own=own,
            price=price["electricity"], carbon=carbon["electricity"], standing=none,
            method="floor area times a benchmark, from median to mean", confidence="low",
        ),
        Part(
            sector="business", carrier="gas", end_use="space_heat", kwh=gas, factor=on_gas, own=own_gas,
            price=price["gas"], carbon=carbon["gas"], standing=none,
            method="floor area times a benchmark of buildings with gas, and the share that has it", confidence="low",
        ),
    ]  # fmt: skip
