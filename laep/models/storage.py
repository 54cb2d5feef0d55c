"""How big a battery to try."""

from __future__ import annotations

import pandas as pd


def size(homes: pd.Series[float], *, kwh_per_home: float, usable_share: float, hours: float) -> pd.DataFrame:
    """
    Size a shared battery by the homes it serves.

    Parameters
    ----------
    homes : Series, shape (segments,)
        Homes on each segment; missing gives no battery size. [homes]
    kwh_per_home : float
        Nameplate energy tried per home, assumption `bess.kwh_per_home`. [kWh]
    usable_share : float
        Usable share of the nameplate, assumption `bess.usable_dod`. [-]
    hours : float
        Hours the usable energy lasts at full power, assumption `bess.hours`. [h]

    Returns
    -------
    DataFrame `nameplate_kwh`, `usable_kwh`, `power_kw`, same index.

    Notes
    -----
    A size to try, not the best size: nothing is optimised.
    """
    nameplate = homes.astype("float64") * kwh_per_home
    usable = nameplate * usable_share
    return pd.DataFrame({"nameplate_kwh": nameplate, "usable_kwh": usable, "power_kw": usable / hours})
