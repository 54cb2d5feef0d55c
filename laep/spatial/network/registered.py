"""Which substation each generator of a register hangs from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from laep import names
from laep.schema.vocabulary import LEVELS, OPERATORS
from laep.spatial.network.serving import REACH_M, How
from laep.spatial.network.substations import served

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

BY_ID = "id in the register"
BY_NAME = "name in the register"
BY_AREA = "published supply area"
BY_UPPER = "bulk or grid supply point named in the register"
NONE = "none found"
WAYS = (BY_ID, BY_NAME, BY_UPPER, BY_AREA)
"""How a generator may be tied, the surest way first."""
_NAMED = (("substation_name", LEVELS[1:]), ("upstream_bsp", LEVELS[2:]), ("upstream_gsp", LEVELS[2:]))
"""Column of the register -> levels whose substations it may name: bulk supply points are written among primaries."""
_FAR_M = 100_000.0
"""No bulk or grid supply point feeds anybody from farther: beyond is a namesake. [m]"""
_PRIMARY_KV = 22.0
"""What is connected at no more hangs from a primary, whose area says more than a bulk supply point named. [kV]"""


def hangs_from(
    generators: gpd.GeoDataFrame, substations: gpd.GeoDataFrame, supply_areas: gpd.GeoDataFrame
) -> pd.DataFrame:
    """
    Return the substation that each generator hangs from.

    Parameters
    ----------
    generators, supply_areas : GeoDataFrame
        Layers `in_generator` (or `net_generator`) and `in_supply_area`; either may be empty.
    substations : GeoDataFrame
        From `substations.known`.

    Returns
    -------
    DataFrame, one row a generator
        `at`, the position of the substation (-1 where none is found), `method` and `confidence`.

    Notes
    -----
    In this order: the operator's id of the substation; the primary the register names; the bulk, then the grid supply
    point it names; the primary in whose published supply area the generator stands, which comes before the supply
    points for what is connected at 22 kV or less. Of several that bear a name the nearest counts, a primary within
    `REACH_M`; where a position is not known, one that alone bears it. A register that says whose network a generator
    is on names that operator's substations only.
    """
    ours = generators.reset_index(drop=True)
    listed = substations.reset_index(drop=True)
    by_id = _by_id(ours, listed)
    primary, bsp, gsp = (_named(ours, listed, column, levels) for column, levels in _NAMED)
    upper = np.where(bsp >= 0, bsp, gsp)
    found, _ = served(ours.geometry.to_numpy(), substations, supply_areas)
    area = np.where(np.isin(found.how, (How.INSIDE, How.EDGE)), found.primary, -1)
    low = (ours["voltage_kv"].astype("float64") <= _PRIMARY_KV).to_numpy()
    ways = [
        (by_id, BY_ID, "high"), (primary, BY_NAME, "high"), (np.where(low, area, -1), BY_AREA, "medium"),
        (upper, BY_UPPER, "medium"), (area, BY_AREA, "medium"),
    ]  # fmt: skip
    known = [at >= 0 for at, _, _ in ways]
    return pd.DataFrame(
        {
            "at": np.select(known, [at for at, _, _ in ways], -1),
            "method": np.select(known, [how for _, how, _ in ways], NONE),
            "confidence": np.select(known, [sure for _, _, sure in ways], "low"),
        }
    )


def _by_id(generators: gpd.GeoDataFrame, substations: gpd.GeoDataFrame) -> Ints:
    """Return the position of the substation whose id the register gives, if one alone bears it; -1 for none."""
    wanted = generators[["substation_id", "operator"]].assign(row=generators.index).dropna(subset=["substation_id"])
    listed = pd.DataFrame(substations[["substation_id", "operator"]]).assign(to=substations.index)
    both = wanted.merge(listed, on="substation_id", suffixes=("", "_listed"))
    both = both[_may_be(both["operator"], both["operator_listed"])]
    return _positions(both[~both.duplicated("row", keep=False)], generators)


def _named(generators: gpd.GeoDataFrame, substations: gpd.GeoDataFrame, column: str, levels: tuple[str, ...]) -> Ints:
    """Return the position of the substation that a column of the register names, -1 where there is none."""
    upper = substations[substations["level"].isin(levels)]
    wanted = pd.DataFrame({"name": generators[column]})
    found = names.pairs(wanted, pd.DataFrame(upper[["name"]]), by=[])
    operators = (
        frame["operator"].reindex(found[side]).reset_index(drop=True)
        for frame, side in ((generators, "row"), (substations, "to"))
    )
    found = found[_may_be(*operators).to_numpy()]
    row, to = found["row"].to_numpy(), found["to"].to_numpy()
    level = upper["level"].map(LEVELS.index).reindex(to).to_numpy()
    apart = shapely.distance(generators.geometry.to_numpy()[row], substations.geometry.to_numpy()[to])
    found = found.assign(level=level, apart=apart)
    alone = found["apart"].isna() & ~found.duplicated("row", keep=False)
    reach = np.where(level == LEVELS.index("primary"), REACH_M, _FAR_M)
    near = found[(found["apart"] <= reach) | alone]
    first = near.sort_values(["row", "tier", "level", "apart", "to"], kind="stable").drop_duplicates("row")
    return _positions(first, generators)


def _may_be(one: pd.Series[str], other: pd.Series[str]) -> pd.Series[bool]:
    """Return where two operators are the same, or one of them is not known."""
    told = one.isin(list(OPERATORS)) & other.isin(list(OPERATORS))
    same: pd.Series[bool] = ~told | (one == other).fillna(value=False)
    return same


def _positions(found: pd.DataFrame, generators: gpd.GeoDataFrame) -> Ints:
    at: Ints = found.set_index("row")["to"].reindex(generators.index).fillna(-1).to_numpy(dtype=np.int64)
    return at
