"""The area's homes counted by rating, heating, fuel, age and kind, with small counts hidden -> layer `model_stock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator

TOPICS = (
    "rating", "fuel", "heating", "property_type", "built_form", "age_band", "walls", "walls_insulated", "pv", "tenure",
)  # fmt: skip
"""Columns of `in_home` that are counted."""
COLUMNS = ("basis", "topic", "category", "homes", "share", "of_homes", "hidden", "method", "confidence")

_CERTIFICATES = "latest energy certificate of each home that has one"
_CENSUS = "census households, zones by the share of their homes in the area"
_POVERTY = "modelled by the publisher for each zone, zones by the share of their homes in the area"
_TENURES = ("owned", "shared_ownership", "social_rented", "private_rented")
_WHOLE = 0.999  # a zone with this much of its land inside is taken to be wholly inside
_YES_NO = {True: "yes", False: "no"}


def stock(
    homes: pd.DataFrame | None,
    census: pd.DataFrame | None,
    fuel_poverty: pd.DataFrame | None,
    tenure: pd.DataFrame | None,
    *,
    least_count: float,
) -> pd.DataFrame:
    """
    Return layer `model_stock`: counts of homes by topic and answer, none of which gives a household away.

    Parameters
    ----------
    homes, census, fuel_poverty, tenure : DataFrame or None
        Layers `in_home`, `in_census`, `in_fuel_poverty` and `in_tenure`; those that are not held are left out. Their
        `share_in_area` is that of a zone's households (`homes.share`).
    least_count : float
        Counts of certificates below this are hidden, `privacy.least_count`. [homes]

    Notes
    -----
    Census counts and fuel poverty are statistics that their publishers have already made safe; they are not hidden
    again. Certificates are lodged when a home is built, sold, let or improved, so homes that have not moved for long
    are missing from them, and a panel or boiler fitted since is not seen.
    """
    parts = [
        *(_certificates(homes, least_count) if homes is not None else ()),
        *(_census(census) if census is not None else ()),
        *(_census(_by_tenure(tenure)) if tenure is not None else ()),
        *(_poverty(fuel_poverty) if fuel_poverty is not None else ()),
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    whole = pd.concat(parts, ignore_index=True)
    ordered: pd.DataFrame = whole.sort_values(["basis", "topic", "category"], kind="stable", ignore_index=True)
    return ordered[list(COLUMNS)]


def hide(counts: pd.Series[int], *, least: float) -> pd.Series[bool]:
    """
    Return which counts of one topic to hide, so that no small one is shown or can be worked out from the total.

    Parameters
    ----------
    counts : Series
        Homes by answer, all above zero; their sum is published beside them.
    least : float
        Smallest count that is shown. [homes]

    Returns
    -------
    Series of bool, same index
        Counts below `least`, and then the next larger ones until at least two are hidden that add up to `least`:
        one hidden count is the total less the others.
    """
    order = counts.sort_values(kind="stable")
    hidden = order < least
    if not hidden.any():
        return hidden.reindex(counts.index)
    number = int(hidden.sum())
    while number < len(order) and (number < 2 or order.iloc[:number].sum() < least):
        number += 1
    hidden.iloc[:number] = True
    return hidden.reindex(counts.index)


def _certificates(homes: pd.DataFrame, least: float) -> Iterator[pd.DataFrame]:
    for topic in TOPICS:
        told = homes[topic].dropna()
        if pd.api.types.is_bool_dtype(told.dtype):
            told = told.map(_YES_NO)
        counts = told.astype("string").value_counts().sort_index()
        total = int(counts.sum())
        if total < max(least, 1):
            continue  # the total itself would give the few away
        hidden = hide(counts, least=least)
        shown = counts.astype("float64").mask(hidden)
        yield _rows("certificates", topic, shown, total, hidden, _CERTIFICATES, "medium")


def _census(census: pd.DataFrame) -> Iterator[pd.DataFrame]:
    weight = census["share_in_area"].astype("float64")
    households = census["households"].astype("float64") * weight
    sure = "high" if bool((weight >= _WHOLE).all()) else "medium"
    sums = households.groupby([census["topic"], census["category"]]).sum()
    for topic in sorted(set(census["topic"])):
        counts = sums.loc[topic].drop("total", errors="ignore").sort_index()
        total = round(float(counts.sum()))
        if total > 0:
            yield _rows("census", topic, counts.round(), total, counts < 0, _CENSUS, sure)


def _by_tenure(tenure: pd.DataFrame) -> pd.DataFrame:
    """Return `in_tenure` in the form of `in_census`; a tenure that a zone does not state is left out everywhere."""
    counts = tenure[["zone_id", "share_in_area", *_TENURES]]
    long = counts.melt(["zone_id", "share_in_area"], var_name="category", value_name="households").assign(
        topic="tenure"
    )
    stated = long["households"].notna().groupby(long["category"]).transform("all")
    return long[stated]


def _poverty(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    known = frame.dropna(subset=["households", "fuel_poor"])
    weight = known["share_in_area"].astype("float64")
    total = round(float((known["households"].astype("float64") * weight).sum()))
    if total > 0:
        poor = round(float((known["fuel_poor"].astype("float64") * weight).sum()))
        counts = pd.Series({"fuel_poor": float(poor), "not_fuel_poor": float(total - poor)})
        yield _rows("statistics", "fuel_poverty", counts, total, counts < 0, _POVERTY, "low")


def _rows(
    basis: str,
    topic: str,
    counts: pd.Series[float],
    total: int,
    hidden: pd.Series[bool],
    method: str,
    confidence: str,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "basis": basis,
            "topic": topic,
            "category": counts.index.astype("string"),
            "homes": counts.round().astype("Int64").to_numpy(),
            "share": (counts / total).to_numpy(dtype="float64"),
            "of_homes": total,
            "hidden": hidden.to_numpy(dtype=bool),
            "method": method,
            "confidence": confidence,
        }
    )
