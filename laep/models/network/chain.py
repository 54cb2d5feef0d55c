"""The one way up: what stands above each substation, by the names its operator publishes.

For one area as well as for a whole operator's list, for plan and desk alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep import names
from laep.schema.vocabulary import CONFIDENCES, LEVELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BY_NAME = "published name"
THROUGH = "published name, through what stands between"
NOT_LISTED = "published name, not in the operator's list"
_UPPER = LEVELS[1:]
_SAYS = {"bsp": ("secondary", "primary"), "gsp": ("secondary", "primary", "bsp")}
"""Which levels may name what stands above them at each of these."""


def above(substations: pd.DataFrame, *, primary: pd.DataFrame | None = None) -> pd.DataFrame:
    """
    Return what stands above each substation.

    Parameters
    ----------
    substations : DataFrame
        Layer `in_substation`, or an operator's whole list in that form; `operator`, `level`, `name`, `upstream_bsp` and
        `upstream_gsp` are used.
    primary : DataFrame, optional
        One row a substation: `at`, the position of its primary (-1 for none), `method` and `confidence`. Only secondary
        substations have one.

    Returns
    -------
    DataFrame, one row a substation, indexed by position
        For `primary`, `bsp` and `gsp`: `LEVEL`, the position of that substation (-1 where none is known), `LEVEL_name`
        as published, `LEVEL_method` and `LEVEL_confidence`.

    Notes
    -----
    Names are compared within one operator and level, by `names.find`: one that two substations bear names neither. What
    a substation does not say itself is taken from its primary, then from its bulk supply point; the confidence is that
    of the weakest link. A level that is named nowhere has neither position nor name.
    """
    listed = substations[["operator", "level", "name", "upstream_bsp", "upstream_gsp"]].reset_index(drop=True)
    up = _primaries(listed, primary)
    for level in ("bsp", "gsp"):
        _add_named(up, listed, level)
    for level, way in (("bsp", "primary"), ("gsp", "primary"), ("gsp", "bsp")):
        _add_through(up, level, way)
    return up


def chains(substations: pd.DataFrame, up: pd.DataFrame) -> Ints:
    """
    Return the position of the substation at each level on the way up, itself included; -1 where there is none.

    Parameters
    ----------
    substations, up : DataFrame
        As given to and returned by `above`.

    Returns
    -------
    Array of shape (substations, levels), levels in the order of `vocabulary.LEVELS`.
    """
    own = substations["level"].map(LEVELS.index).to_numpy(dtype=np.int64)
    found = np.full((len(substations), len(LEVELS)), -1, dtype=np.int64)
    found[:, 1:] = up[list(_UPPER)].to_numpy(dtype=np.int64).reshape(-1, len(_UPPER))
    found[np.arange(len(LEVELS)) <= own[:, None]] = -1
    found[np.arange(len(own)), own] = np.arange(len(own))
    return found


def links(substations: pd.DataFrame, up: pd.DataFrame) -> pd.DataFrame:
    """
    Return the link from each primary and bulk supply point to the next level that is known above it.

    Returns
    -------
    DataFrame
        `lower_level`, `lower_id`, `lower_name`, `upper_level`, `upper_id` (missing where the named one is not listed),
        `upper_name`, `method`, `confidence`.
    """
    listed = substations.reset_index(drop=True)
    parts = []
    for lower, uppers in (("primary", ("bsp", "gsp")), ("bsp", ("gsp",))):
        left = listed.index[listed["level"] == lower]
        for upper in uppers:
            told = left[(up.loc[left, upper] >= 0) | up.loc[left, f"{upper}_name"].notna()]
            at = up.loc[told, upper].to_numpy()
            named = listed[["substation_id", "name"]].reindex(at).reset_index(drop=True)
            parts.append(
                pd.DataFrame(
                    {
                        "lower_level": lower,
                        "lower_id": listed.loc[told, "substation_id"].to_numpy(),
                        "lower_name": listed.loc[told, "name"].to_numpy(),
                        "upper_level": upper,
                        "upper_id": named["substation_id"].to_numpy(),
                        "upper_name": named["name"].fillna(up.loc[told, f"{upper}_name"].reset_index(drop=True)),
                        "method": up.loc[told, f"{upper}_method"].to_numpy(),
                        "confidence": up.loc[told, f"{upper}_confidence"].to_numpy(),
                    }
                )
            )
            left = left.difference(told)
    return pd.concat(parts, ignore_index=True)


def carried(values: Floats, at: Ints, ways: Ints) -> Floats:
    """
    Return the sum, at each substation, of the values that hang from it or from anything below it.

    Parameters
    ----------
    values, at : arrays, shape (things,)
        A value of each thing, nan for none, and the position of the substation it hangs from, -1 for none.
    ways : int array, shape (substations, levels)
        From `chains`.
    """
    sums = np.zeros(len(ways))
    known = (at >= 0) & ~np.isnan(values)
    for level in ways[at[known]].T:
        np.add.at(sums, level[level >= 0], values[known][level >= 0])
    return sums


def weakest(*confidences: pd.Series[str]) -> pd.Series[str]:
    """Return the least of several confidences, row by row; missing ones do not count."""
    ranks = pd.concat([each.map(CONFIDENCES.index, na_action="ignore") for each in confidences], axis=1)
    worst = ranks.astype("float64").max(axis=1)
    return worst.map(dict(enumerate(CONFIDENCES))).astype("string")


def _primaries(listed: pd.DataFrame, primary: pd.DataFrame | None) -> pd.DataFrame:
    at = pd.Series(-1, index=listed.index) if primary is None else primary["at"].reset_index(drop=True)
    at = at.where(listed["level"] == "secondary", -1).astype("int64")
    told = pd.DataFrame({"primary": at, "primary_name": listed["name"].reindex(at).to_numpy()}, index=listed.index)
    for column in ("method", "confidence"):
        said = None if primary is None else primary[column].to_numpy()
        told[f"primary_{column}"] = pd.Series(said, index=listed.index, dtype="string").where(at >= 0)
    return told


def _add_named(up: pd.DataFrame, listed: pd.DataFrame, level: str) -> None:
    """Add the substation of a level that each one names itself."""
    said = listed[f"upstream_{level}"].astype("string").where(listed["level"].isin(_SAYS[level]))
    said = said.where(names.plain(said).notna())
    wanted = pd.DataFrame({"operator": listed["operator"], "name": said})
    at = names.find(wanted, listed[listed["level"] == level], by=["operator"])
    found = at.notna()
    up[level] = at.fillna(-1).astype("int64")
    up[f"{level}_name"] = said
    up[f"{level}_method"] = pd.Series(np.where(found, BY_NAME, NOT_LISTED), dtype="string").where(said.notna())
    up[f"{level}_confidence"] = pd.Series(np.where(found, "high", "low"), dtype="string").where(said.notna())


def _add_through(up: pd.DataFrame, level: str, way: str) -> None:
    """Fill in a level that a substation does not lead to itself from what it hangs from at a level between."""
    lacking = up.index[(up[level] < 0) & (up[way] >= 0)]
    theirs = up.loc[up.loc[lacking, way]].set_axis(lacking)
    better = (theirs[level] >= 0) | (up.loc[lacking, f"{level}_name"].isna() & theirs[f"{level}_name"].notna())
    rows = lacking[better]
    theirs = theirs.loc[rows]
    up.loc[rows, level] = theirs[level]
    up.loc[rows, f"{level}_name"] = theirs[f"{level}_name"]
    up.loc[rows, f"{level}_method"] = theirs[f"{level}_method"].mask(theirs[level] >= 0, THROUGH)
    up.loc[rows, f"{level}_confidence"] = weakest(up.loc[rows, f"{way}_confidence"], theirs[f"{level}_confidence"])
