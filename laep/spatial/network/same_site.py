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

_OWN = frozenset({"substation_id", "source_id", "file", "source_row", "reading"})
"""What a row keeps, whatever others say of the substation."""


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
        The table that says most of a name keeps its rows, ids included; a row of another table with the same operator
        and level fills their blanks and goes where it has the same id, whatever the positions say, or the same name
        within `SAME_SITE_M`. Where one of the two has no position a name counts that is borne once in each table.
        Two rows of one table are two substations, and secondaries are left as they are: many share a name.
    """
    table = substations.reset_index(drop=True)
    kept = _kept_by(table)
    if kept.empty:
        return Merged(table, ())
    going = table.loc[kept.index].assign(_filled=_filled(table), _to=kept)
    order = ["_to", "_filled", "source_id", "substation_id"]
    going = going.sort_values(order, ascending=[True, False, True, True], kind="stable")
    told = going.groupby("_to").first()
    for column in (name for name in table.columns if name not in _OWN):
        table[column] = table[column].fillna(told[column].reindex(table.index))
    note = f"{len(kept)} substations stand in two of the operator's lists, and count once."
    return Merged(table.drop(index=kept.index).reset_index(drop=True), (note,))


def _kept_by(table: gpd.GeoDataFrame) -> pd.Series[int]:
    """Return for each row that goes the row that stays."""
    rows = pd.DataFrame(table[["operator", "level", "source_id", "substation_id"]]).assign(
        _key=names.plain(table["name"]), _filled=_filled(table), _row=table.index
    )
    rows = rows[(rows["level"] != "secondary") & (rows["operator"] != "osm")]
    by_id, by_name = (_pairs(rows, key) for key in ("substation_id", "_key"))
    shape = table.geometry.to_numpy()
    apart = shapely.distance(shape[by_name["_row"].to_numpy()], shape[by_name["_row_to"].to_numpy()])
    by_name = by_name.assign(_apart=apart)
    alone = by_name["_apart"].isna() & ~_shared(by_name, "_row") & ~_shared(by_name, "_row_to")
    found = pd.concat([by_id.assign(_apart=0.0), by_name[(by_name["_apart"] <= SAME_SITE_M) | alone]])
    first = found.sort_values(["_row", "_apart", "_row_to"], kind="stable").drop_duplicates("_row")
    kept: pd.Series[int] = first.set_index("_row")["_row_to"]
    return kept[~kept.index.isin(kept)]


def _pairs(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return `_row` and `_row_to`: rows that share operator, level and a key with one of the table that says most."""
    which = ["operator", "level", key]
    rows = rows.dropna(subset=[key])
    order = ["_filled", "source_id", "substation_id"]
    first = rows.sort_values(order, ascending=[False, True, True], kind="stable").drop_duplicates(which)
    rows = rows.merge(first[[*which, "source_id"]].rename(columns={"source_id": "_best"}), on=which)
    best = rows["source_id"] == rows["_best"]
    return rows[~best].merge(rows.loc[best, [*which, "_row"]], on=which, suffixes=("", "_to"))[["_row", "_row_to"]]


def _shared(pairs: pd.DataFrame, side: str) -> pd.Series[bool]:
    """Return which pairs have a row that other pairs have too."""
    return pairs.duplicated(side, keep=False)


def _filled(table: gpd.GeoDataFrame) -> pd.Series[int]:
    """Return how much each row says."""
    said: pd.Series[int] = table.notna().sum(axis=1)
    return said
