"""What hangs from what in a headroom store: the network engine's answers, by `fid` of the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.models.network import chain, headroom, queue
from laep.schema import empty
from laep.spatial.network import parents, registered, substations

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

PUBLISHED = "published upstream names"
AREA_METHODS = ("name of the substation", "no substation of that name")


@dataclass(frozen=True)
class Linked:
    """The layers of a store with `fid` of what each row belongs to, and plain sentences on what was matched."""

    substations: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    headroom: pd.DataFrame
    generators: gpd.GeoDataFrame
    notes: tuple[str, ...]


def link(
    listed: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    published: pd.DataFrame,
    generators: gpd.GeoDataFrame,
    *,
    one_place: bool,
) -> Linked:
    """
    Return the layers `in_substation`, `in_supply_area`, `in_headroom` and `in_generator`, tied together.

    Parameters
    ----------
    one_place : bool
        True for one area, where a name means one substation whoever publishes it. In a store of several operators a
        headroom row is only given to a substation of the same operator: there are two Newports.

    Notes
    -----
    A `fid` is the position of a substation in the network engine, counted from 1.
    """
    once, dropped = substations.prefer_published(listed)
    tied = headroom.tie(published, once, one_place=one_place)
    known = substations.known(once, tied.made_up, areas)
    placed = known.assign(fid=np.arange(1, len(known) + 1), made_up=(np.arange(len(known)) >= len(once)).astype(int))
    areas = areas.reset_index(drop=True)
    matched = substations.match_areas(areas, known)
    primary = (areas["level"] == "primary").to_numpy()
    sites = substations.primaries(known, areas[primary], matched[primary])
    placed = placed.assign(customers_own=sites.own.astype(int), mapped=sites.mapped.astype(int))
    placed, ways, said = _chains(placed, areas)
    hangs = registered.hangs_from(generators, known, areas)
    placed["queue_kw"] = queue.waiting_kw(generators, hangs["at"].to_numpy(), ways)
    rows = tied.headroom.assign(substation_fid=tied.headroom["at"] + 1, by_name=tied.headroom["by_name"].astype(int))
    return Linked(
        placed,
        _areas(areas, matched),
        rows.drop(columns="at"),
        generators.assign(
            substation_fid=_fids(hangs["at"].to_numpy()), link_method=hangs["method"].to_numpy(),
            link_confidence=hangs["confidence"].to_numpy(),
        ),
        (*dropped, *tied.notes, *_area_notes(matched), said, *_generator_notes(generators, hangs)),
    )  # fmt: skip


def _chains(placed: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, NDArray[np.int64], str]:
    """Add what stands above each substation, and how that is known; return the chains by position as well."""
    found, _ = parents.parents(placed, areas, empty("in_feeder"))
    keys = ["operator", "substation_id"]
    links = found.set_index(keys).reindex(pd.MultiIndex.from_frame(placed[keys])).set_axis(placed.index)
    secondary = (placed["level"] == "secondary").to_numpy()
    primary = links.assign(at=_positions(placed, links["parent_id"]))
    above = chain.above(placed, primary=primary)
    fids = {f"{level}_fid": _fids(above[level].to_numpy()) for level in ("primary", "bsp", "gsp")}
    told = placed.assign(
        **fids,
        link_method=np.where(secondary, primary["method"], PUBLISHED),
        link_confidence=np.where(secondary, primary["confidence"], "high"),
    )
    wanted = told["upstream_gsp"].notna() & told["level"].isin(["primary", "bsp"])
    note = (
        f"Chains: {int((wanted & told['gsp_fid'].notna()).sum()):,} of {int(wanted.sum()):,} published grid supply "
        "points found by name."
    )
    return told, chain.chains(placed, above), note


def _positions(placed: gpd.GeoDataFrame, wanted: pd.Series[str]) -> pd.Series[int]:
    """Return the position of the primary of each id: of one's own operator, else of the only one that bears the id."""
    primaries = placed[placed["level"] == "primary"]
    own = pd.Series(primaries.index, index=pd.MultiIndex.from_frame(primaries[["operator", "substation_id"]]))
    only = pd.Series(primaries.index, index=primaries["substation_id"])
    asked = pd.MultiIndex.from_arrays([placed["operator"], wanted])
    found = pd.Series(own.groupby(level=[0, 1]).first().reindex(asked).to_numpy(), index=placed.index)
    alone = wanted.map(only[~only.index.duplicated(keep=False)]).astype("float64")
    return found.fillna(alone).fillna(-1).astype("int64")


def _areas(areas: gpd.GeoDataFrame, matched: pd.DataFrame) -> gpd.GeoDataFrame:
    at = matched["position"].to_numpy(dtype=np.int64)
    return areas.assign(
        substation_fid=_fids(at), link_method=np.where(at >= 0, *AREA_METHODS),
        link_confidence=matched["confidence"].to_numpy(),
    )  # fmt: skip


def _area_notes(matched: pd.DataFrame) -> list[str]:
    found = int((matched["position"] >= 0).sum())
    told = f"Supply areas: {found:,} of {len(matched):,} matched to a substation by name."
    return [told] if len(matched) else []


def _generator_notes(generators: pd.DataFrame, hangs: pd.DataFrame) -> list[str]:
    """Return how many generators, and how many MW of them, are tied to a substation, way by way."""
    mw = generators["capacity_kw"].fillna(0.0).to_numpy(dtype=np.float64) / 1000
    ways = hangs["method"].to_numpy()
    parts = [
        f"{int((ways == way).sum()):,} ({mw[ways == way].sum():,.0f} MW) by {way}"
        for way in registered.WAYS
        if (ways == way).any()
    ]
    tied = (hangs["at"] >= 0).to_numpy()
    told = (
        f"Generators: {int(tied.sum()):,} of {len(hangs):,} ({mw[tied].sum():,.0f} of {mw.sum():,.0f} MW) tied to a "
        f"substation: {', '.join(parts)}."
    )
    return [told] if len(hangs) else []


def _fids(at: NDArray[np.int64]) -> pd.arrays.IntegerArray:
    """Return positions as fids, missing for position -1."""
    return pd.arrays.IntegerArray(at + 1, mask=at < 0)
