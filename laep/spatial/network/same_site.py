"""One row for each substation that stands, where an operator lists it in several tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import shapely

from laep import names

if TYPE_CHECKING:
    import geopandas as gpd

SAME_SITE_M = 300.0
"""Within this two tables of one operator mean one substation by a name: gate and transformer differ by less. [m]"""

_WHICH = ["operator", "level", "_key"]
_OWN = frozenset({"substation_id", "source_id", "geometry"})


class Merged(NamedTuple):
    """Substations, each once, and a sentence on how many rows were the same."""

    frame: gpd.GeoDataFrame
    notes: tuple[str, ...]


def one_each(substations: gpd.GeoDataFrame) -> Merged:
    """
    Join rows that two sources give of one primary, bulk or grid supply point.

    Parameters
    ----------
    substations : GeoDataFrame
        Layer `in_substation`.

    Returns
    -------
    Merged
        The table that says most of a name keeps its rows, ids included; a row of another table with the same operator,
        level and name within `SAME_SITE_M` fills their blanks and goes. Two rows of one table are two substations, and
        secondaries are left as they are: many share a name.
    """
    table = substations.reset_index(drop=True)
    kept = _kept_by(table)
    if kept.empty:
        return Merged(table, ())
    going = table.loc[kept.index].assign(_filled=_filled(table), _to=kept)
    order = ["_to", "_filled", "source_id", "substation_id"]
    going = going.sort_values(order, ascending=[True, False, True, True], kind="stable")
    told = pd.DataFrame(going.drop(columns="geometry")).groupby("_to").first()
    for column in (name for name in table.columns if name not in _OWN):
        table[column] = table[column].fillna(told[column].reindex(table.index))
    note = f"{len(kept)} substations stand in two of the operator's lists, and count once."
    return Merged(table.drop(index=kept.index).reset_index(drop=True), (note,))


def _kept_by(table: gpd.GeoDataFrame) -> pd.Series[int]:
    """Return for each row that goes the row that stays."""
    rows = pd.DataFrame(table[["operator", "level", "source_id", "substation_id"]]).assign(
        _key=names.plain(table["name"]), _filled=_filled(table), _row=table.index
    )
    placed = (~(table.geometry.is_empty | table.geometry.isna())).to_numpy()
    rows = rows[placed & rows["_key"].notna() & (rows["level"] != "secondary") & (rows["operator"] != "osm")]
    first = rows.sort_values(
        ["_filled", "source_id", "substation_id"], ascending=[False, True, True], kind="stable"
    ).drop_duplicates(_WHICH)[[*_WHICH, "source_id"]]
    rows = rows.merge(first.rename(columns={"source_id": "_best"}), on=_WHICH)
    best = rows["source_id"] == rows["_best"]
    pairs = rows[~best].merge(rows.loc[best, [*_WHICH, "_row"]], on=_WHICH, suffixes=("", "_to"))
    shape = table.geometry.to_numpy()
    pairs["_apart"] = shapely.distance(shape[pairs["_row"].to_numpy()], shape[pairs["_row_to"].to_numpy()])
    near = pairs[pairs["_apart"] <= SAME_SITE_M].sort_values(["_row", "_apart", "_row_to"], kind="stable")
    kept: pd.Series[int] = near.drop_duplicates("_row").set_index("_row")["_row_to"]
    return kept


def _filled(table: gpd.GeoDataFrame) -> pd.Series[int]:
    """Return how much each row says."""
    said: pd.Series[int] = table.notna().sum(axis=1)
    return said
