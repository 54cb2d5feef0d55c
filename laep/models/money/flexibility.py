"""What flexibility can earn, gross and net of those who sell it on."""

from __future__ import annotations

import math
from typing import Literal

from laep.errors import LaepError

ShareModel = Literal["additive", "sequential"]


def homes_needed(kw: float, *, kw_per_home: float) -> int:
    """Return the whole homes it takes to offer `kw`."""
    # rounding first: 1000 / 0.1 must not become 10001 for a last binary digit
    return math.ceil(round(kw / kw_per_home, 9))


def gross_gbp(kw: float, *, gbp_per_kw: float) -> float:
    """Return a year's revenue before anyone takes a share. [GBP/yr]."""
    return kw * gbp_per_kw


def kept_share(*, optimiser_share: float, aggregator_share: float, share_model: ShareModel) -> float:
    """
    Return the share of gross revenue left after the optimiser's and the aggregator's cut.

    Parameters
    ----------
    optimiser_share, aggregator_share : float
        Cuts of flexibility revenue, 0 to 1. [-]
    share_model : str
        additive: both are cuts of the gross. sequential: the aggregator's is a cut of what the optimiser leaves.
    """
    for name, share in (("optimiser_share", optimiser_share), ("aggregator_share", aggregator_share)):
        if not 0 <= share <= 1:
            raise LaepError(f"{name} lies between 0 and 1, not {share}.")
    if share_model == "additive":
        return max(1 - optimiser_share - aggregator_share, 0.0)
    if share_model == "sequential":
        return (1 - optimiser_share) * (1 - aggregator_share)
    raise LaepError(f"Net flexibility revenue needs a share model, additive or sequential, not {share_model!r}.")


def net_gbp(gross: float, *, optimiser_share: float, aggregator_share: float, share_model: ShareModel) -> float:
    """Return what is left of a year's gross revenue; see `kept_share`. [GBP/yr]."""
    kept = kept_share(optimiser_share=optimiser_share, aggregator_share=aggregator_share, share_model=share_model)
    return gross * kept


def home_net_gbp(
    kw: float,
    *,
    gbp_per_kw: float,
    optimiser_share: float,
    aggregator_share: float,
    share_model: ShareModel | None,
) -> float:
    """
    Return what one home could keep in a year, before kit and standing charges.

    Raises
    ------
    LaepError
        When no share model is chosen: the field guide gives two readings and neither is the default.
    """
    if share_model is None:
        raise LaepError("What a home keeps depends on how the cuts are taken: choose additive or sequential.")
    gross = gross_gbp(kw, gbp_per_kw=gbp_per_kw)
    return net_gbp(gross, optimiser_share=optimiser_share, aggregator_share=aggregator_share, share_model=share_model)
