"""The queue: what is accepted and not yet connected at each substation and below it.

How it counts is said once, in `figures.less_queue`: it comes off a generation figure only where the operator is known
not to have taken it off already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from laep.models.network.chain import carried

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ACCEPTED = "accepted"


def waiting_kw(generators: pd.DataFrame, at: NDArray[np.int64], ways: NDArray[np.int64]) -> NDArray[np.float64]:
    """
    Return the accepted, not yet connected generation and storage at each substation and below it. [kW].

    Parameters
    ----------
    generators : DataFrame
        Layer `in_generator`; a site without a capacity is not in the sum.
    at : int array, shape (generators,)
        Position of the substation each hangs from, -1 where none is known.
    ways : int array, shape (substations, levels)
        From `chain.chains`.
    """
    accepted = (generators["status"] == ACCEPTED).to_numpy(dtype=bool)
    size_kw = generators["capacity_kw"].to_numpy(dtype=np.float64, na_value=np.nan)
    return carried(size_kw[accepted], at[accepted], ways)
