"""Which substation each generator of a register hangs from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from laep import names
from laep.schema.vocabulary import LEVELS
from laep.spatial.network.serving import REACH_M, How
from laep.spatial.network.substations import served

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

BY_NAME = "name in the register"
BY_AREA = "published supply area"
NONE = "none found"


def hangs_from(
    generators: gpd.GeoDataFrame, substations: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame
) -> pd.DataFrame:
    """
    Return the substation that each generator hangs from.

    Parameters
    ----------
    generators, supply_areas : GeoDataFrame
        Layers `in_generator` and `in_supply_area`; either may be empty.
    substations : GeoDataFrame
        From `substations.known`.

    Returns
    -------
    DataFrame, one row a generator
        `at`, the position of the substation (-1 where none is found), `method` and `confidence`.

    Notes
    -----
    The register's own name comes first: the nearest that bears it within `REACH_M`, primaries before bulk and grid
    supply points, as the register names its operator by file only. Where a position is not known one that alone bears
    the name counts. Else it is the primary in whose published supply area the generator stands.
    """
    at = _named(generators.reset_index(drop=True), substations.reset_index(drop=True))
    by_name = at >= 0
    found, _ = served(generators.geometry.to_numpy(), substations, supply_areas)
    by_area = ~by_name & np.isin(found.how, (How.INSIDE, How.EDGE))
    return pd.DataFrame(
        {
            "at": np.where(by_area, found.primary, at),
            "method": np.select([by_name, by_area], [BY_NAME, BY_AREA], NONE),
            "confidence": np.select([by_name, by_area], ["high", "medium"], "low"),
        }
    )


def _named(generators: gpd.GeoDataFrame, substations: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return the position of the substation each generator's register names, -1 where there is none."""
    upper = substations[substations["level"] != LEVELS[0]]
    wanted = pd.DataFrame({"name": generators["substation_name"]})
    found = names.pairs(wanted, pd.DataFrame(upper[["name"]]), by=[])
    found["level"] = upper["level"].map(LEVELS.index).reindex(found["to"]).to_numpy()
    ours = generators.geometry.to_numpy()[found["row"].to_numpy()]
    found["apart"] = shapely.distance(ours, substations.geometry.to_numpy()[found["to"].to_numpy()])
    alone = found["apart"].isna() & ~found.duplicated("row", keep=False)
    near = found[(found["apart"] <= REACH_M) | alone]
    first = near.sort_values(["row", "tier", "level", "apart", "to"], kind="stable").drop_duplicates("row")
    at: NDArray[np.int64] = first.set_index("row")["to"].reindex(generators.index).fillna(-1).to_numpy(dtype=np.int64)
    return at
