"""The field guide's tests of a segment: is it matched and of the right size, and what does the guide say it saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.models.balance.segment_search import Limits

MADE = ("today_kwh", "planned_kwh", "roof_kwh")
USED = ("use_kwh", "car_kwh", "heat_kwh")


def judge(
    row: Mapping[str, Any], limits: Limits, *, homes: float, private: bool, stated_gbp: float
) -> dict[str, object]:
    """
    Return whether the guide's tests are passed and why, and its stated saving beside the derived one.

    Parameters
    ----------
    row : mapping
        Energy of a year, with every key of `MADE` and `USED` [kWh], and `network_gbp_per_yr`, what balancing is worth
        to the network. [GBP/yr]
    limits : Limits
        Homes and matched ratio between which a segment is a candidate.
    homes : float
        Homes on it; a segment without any has no stated saving.
    private : bool
        Whether the wires belong to one owner, who may serve any number of homes.
    stated_gbp : float
        What the guide says so many homes save, from `segment_case.guide_network_gbp`. [GBP/yr]

    Returns
    -------
    dict
        candidate, why, guide_gbp_per_yr and guide_difference_gbp_per_yr, as in layer `model_segment`.
    """
    ratio = sum(row[name] for name in MADE) / sum(row[name] for name in USED)
    matched = limits.ratio_low <= ratio <= limits.ratio_high
    told = [f"could make {ratio:.0%} of its use in a year: {'' if matched else 'not '}matched (SB-C08)"]
    if private:
        told += ["a private wire may serve any number (SB-C02)", "to ask: one owner, and willing? (SB-C03)"]
    else:
        told += [f"{homes:,.0f} homes (SB-C12)", "on the operator's network: innovation, with the operator (SB-R4)"]
    return {
        "candidate": bool(matched and (private or limits.homes_anchor <= homes <= limits.homes_most)),
        "why": "; ".join(told),
        "guide_gbp_per_yr": stated_gbp if homes else np.nan,
        "guide_difference_gbp_per_yr": row["network_gbp_per_yr"] - stated_gbp if homes else np.nan,
    }
