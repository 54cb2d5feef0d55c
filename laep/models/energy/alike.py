"""Buildings without a certificate take after like neighbours that have one, weighted against the register's bias.

A certificate is lodged when a home is built, sold, let or improved: homes that are let are in the register and homes
long lived in by their owners are not. What fills a gap is therefore weighted by who lives in the homes that have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NEIGHBOURS = 24
"""Buildings with a certificate that are looked at for one without."""
_OTHER_FORM = 0.15
"""What a neighbour of another form counts beside one of the same form."""
_SIZE_APART = 0.35
"""Footprints that differ by this much, as a logarithm, count a third of equal ones."""
_MOST = 5.0
"""No home stands for more than so many others."""
_ENOUGH = 1.0
"""Weight of neighbours, in whole buildings of the same form and size next door, from which a gap is well filled."""


@dataclass(frozen=True)
class Filled:
    """What every building is taken to be: `attributes`, and how much evidence of neighbours stands behind each. [-]."""

    attributes: pd.DataFrame
    evidence: pd.Series[float]


def fill(
    known: pd.DataFrame, places: pd.DataFrame, *, weight: pd.Series[float], scale_m: float, other: pd.Series[float]
) -> Filled:
    """
    Return the attributes of every building: its own where a certificate tells, else those of like neighbours.

    Parameters
    ----------
    known : DataFrame
        Attributes as numbers (`fabric.told`, averaged by building), rows for buildings with a certificate alone; an
        attribute that none of its certificates tells is missing.
    places : DataFrame
        Every building that holds homes, by the same index: `x`, `y`, `form`, `footprint_m2`.
    weight : Series
        How many homes without a certificate a building of `known` stands for, from `bias`.
    scale_m : float
        Distance at which a neighbour counts a third of one next door, `heat.alike_m`. [m]
    other : Series
        Attributes of a home of which nothing is known, for what no neighbour tells.

    Returns
    -------
    Filled
        `evidence` is infinite for buildings with a certificate.
    """
    usual = other.to_numpy(dtype="float64")
    values, evidence = np.tile(usual, (len(places), 1)), np.zeros(len(places))
    if len(known):
        near, evidence, counts = _weights(known, places, weight, scale_m)
        means = _means(known, near, counts, other.index)
        values = np.where(np.isnan(means), usual, means)
    own = known.reindex(places.index)[other.index]
    evidence[own.notna().any(axis=1).to_numpy()] = np.inf
    filled = own.where(own.notna(), pd.DataFrame(values, index=places.index, columns=other.index))
    return Filled(filled, pd.Series(evidence, index=places.index))


def well_filled(evidence: pd.Series[float]) -> pd.Series[bool]:
    """Return which gaps are filled from neighbours enough alike and near."""
    return evidence >= _ENOUGH


def bias(tenure: pd.DataFrame, zones: pd.DataFrame) -> pd.Series[float]:
    """
    Return how many homes without a certificate each certificate stands for, by who lives in it.

    Parameters
    ----------
    tenure : DataFrame
        A row a certificate: `zone_id` and `tenure`, either of which may be missing.
    zones : DataFrame
        Households of each census zone in the area, index `zone_id`, a column a tenure.

    Returns
    -------
    Series, index of `tenure`
        1 where zone or tenure is not known.

    Notes
    -----
    Households of a tenure by the census, less its certificates, over its certificates: what is left after those that
    are in the register. It says nothing of homes built since the census.
    """
    counted = tenure.groupby(["zone_id", "tenure"]).size().astype("float64")
    long = zones.rename_axis("zone_id").reset_index().melt("zone_id", var_name="tenure", value_name="households")
    households = long.set_index(["zone_id", "tenure"])["households"].astype("float64")
    left = (households.reindex(counted.index) - counted).clip(lower=0.0) / counted
    found = pd.Series(
        left.reindex(pd.MultiIndex.from_frame(tenure[["zone_id", "tenure"]])).to_numpy(), index=tenure.index
    )
    return found.fillna(1.0).clip(upper=_MOST)


def _weights(
    known: pd.DataFrame, places: pd.DataFrame, weight: pd.Series[float], scale_m: float
) -> tuple[NDArray[np.intp], Array, Array]:
    """Return the nearest known buildings of each place, how much evidence they are, and their weights."""
    donors = places.loc[known.index]
    tries = min(NEIGHBOURS, len(donors))
    far, near = cKDTree(donors[["x", "y"]].to_numpy()).query(places[["x", "y"]].to_numpy(), k=tries)
    far, near = far.reshape(len(places), tries), near.reshape(len(places), tries)
    form = donors["form"].fillna("").to_numpy(dtype=object)[near]
    same = form == places["form"].fillna("").to_numpy(dtype=object)[:, None]
    size = np.log(donors["footprint_m2"].to_numpy(dtype="float64"))
    apart = np.abs(size[near] - np.log(places["footprint_m2"].to_numpy(dtype="float64"))[:, None])
    like = np.exp(-far / scale_m - apart / _SIZE_APART) * np.where(same, 1.0, _OTHER_FORM)
    counts = like * np.maximum(weight.reindex(known.index).to_numpy(dtype="float64"), 1 / _MOST)[near]
    return near, like.sum(axis=1), counts


def _means(known: pd.DataFrame, near: NDArray[np.intp], counts: Array, columns: pd.Index[str]) -> Array:
    """Return the weighted mean of each attribute over the neighbours that tell it, missing where none does."""
    values = known[columns].to_numpy(dtype="float64")
    there = ~np.isnan(values)
    total = np.einsum("pn,pnc->pc", counts, np.nan_to_num(values)[near])
    behind = np.einsum("pn,pnc->pc", counts, there[near].astype("float64"))
    means: Array = np.divide(total, behind, out=np.full_like(total, np.nan), where=behind > 0)
    return means
