"""What meters of homes say beside what their kinds tell -> layer `model_metered`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
_AREA = "area"
_METHOD = "published meters of homes, by the share of each zone's households in the area; modelled by form of home"


def beside(by_zone: pd.DataFrame, fuel: str, zone: pd.Series[str], homes: Array, modelled_kwh: Array) -> pd.DataFrame:
    """
    Return the rows of one fuel: every zone with meters, and all of them together.

    Parameters
    ----------
    by_zone : DataFrame, index zone id
        From `gas.zones`: meters, kwh and year of the part inside the area.
    fuel : str
        What is metered.
    zone : Series, shape (places,)
        Zone of each place; missing where none of them.
    homes, modelled_kwh : array, shape (places,)
        Homes of each place, and what they would use by their kind alone; missing where it is not known.
        [homes, kWh/yr]
    """
    inside = pd.DataFrame({"homes": homes, "modelled_kwh": modelled_kwh}).groupby(zone.to_numpy()).sum(min_count=1)
    rows = by_zone.join(inside).rename(columns={"kwh": "metered_kwh"}).assign(scope="zone", scope_id=by_zone.index)
    total = rows[["meters", "metered_kwh", "homes", "modelled_kwh"]].sum()
    whole = pd.DataFrame([{**total, "year": by_zone["year"].max(), "scope": _AREA, "scope_id": _AREA}])
    every = pd.concat([rows, whole], ignore_index=True).fillna({"homes": 0.0})
    metered = every["metered_kwh"].where(every["metered_kwh"] > 0)
    return every.assign(
        fuel=fuel,
        year=every["year"].astype("Int64"),
        difference=every["modelled_kwh"] / metered - 1.0,
        method=_METHOD,
    )
