"""What generates and stores electricity, each thing once: rows that several sources give of one are joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep import names
from laep.schema import LAYERS, conform, empty, vocabulary
from laep.spatial.shapes import containing

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.bool_]
    Rows = npt.NDArray[np.int_]

UP = "connected"
HOMES = "homes"
"""Source of energy certificates, and the start of the ids of what only they tell of."""
_LEVELS = ((1.0, "secondary"), (22.0, "primary"), (132.0, "bsp"))
"""Voltages at the point of connection below which a generator hangs from that level, as `in_line` parts them; at 132 kV
and more from a grid supply point. [kV]"""
_CONFIDENCE = {"register": "high", "planning": "medium", "map": "medium", "certificate": "medium"}
_RANK = {word: rank for rank, word in enumerate(vocabulary.TOLD_BY)}
_FIRST = (
    "storage_kwh", "voltage_kv", "substation_name", "upstream_bsp", "upstream_gsp", "substation_id", "operator",
    "connected_on", "planning", "name",
)  # fmt: skip
"""Columns that come from the first of the joined rows that says something."""
_M2_PER_KW = 10.0
"""Of one hectare a megawatt."""
_STATUS = list(vocabulary.GENERATOR_STATUSES)
_ROOF, _SPOT, _SIZE, _NAME, _OPEN, _NO_RULE = range(6)
"""Rules by which two rows are one thing, the surest first."""


@dataclass(frozen=True, kw_only=True)
class Alike:
    """
    When rows of two sources tell of one thing.

    Attributes
    ----------
    reach_m : float
        How far beside a footprint a mapped array may be drawn and still be on it; `pv.existing.reach_m`. [m]
    spot_m : float
        Nearer than this, two rows are one thing; `net.generator.spot_m`. [m]
    site_m : float
        How far a register's point may lie from what is drawn; `net.generator.site_m`. [m]
    name_m : float
        How far apart two rows of one name may be; `net.generator.name_m`. [m]
    size_share : float
        Smaller over larger capacity from which two sizes agree; `net.generator.size_share`. [-]
    ha_per_mw : float
        Land that a generator in the open takes, and so how far off what is drawn of it; `solar_farm.land_ha_per_mw`.
        [ha/MW]
    own_connection_kw : float
        Larger than this, a generator does not hang from a street's cables; `net.generator.own_connection_kw`. [kW]
    """

    reach_m: float
    spot_m: float
    site_m: float
    name_m: float
    size_share: float
    ha_per_mw: float
    own_connection_kw: float


class Reconciled(NamedTuple):
    """Layer `net_generator`, and sentences on what was joined."""

    frame: gpd.GeoDataFrame
    notes: tuple[str, ...]


def reconcile(
    generators: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, homes: pd.DataFrame, *, alike: Alike, home_kw: float
) -> Reconciled:
    """
    Return one row for each generator or battery that any source tells of.

    Parameters
    ----------
    generators, buildings, homes
        Layers `in_generator`, `in_building`, `in_home`; each may be empty.
    alike : Alike
        When two rows are one thing.
    home_kw : float
        Size of a mapped or certified array of which none is known; `pv.existing.home_kw`. [kW]

    Returns
    -------
    Reconciled
        Rows of one source are never joined with each other but through a row of another.

    Notes
    -----
    Rows of different sources and one technology are one thing where they are (1) on one roof, (2) on one spot, (3) of
    one size, larger than a home's and within a site of each other, (4) of one name, or (5) in the open, on the land one
    takes, drawn parts of a registered whole. A row that is up and one that is not are one thing only where their sizes
    agree. Size: the register's word counts before the planning register's, then the map's, summed over its parts.
    Position and building: the map's, which is drawn; a register's point may be the gate. Certificates add panels only
    to roofs on which no other source knows any.
    """
    things = _things(generators, buildings, alike.reach_m)
    root = np.arange(len(things))
    for teller, rank in _RANK.items():
        following = (things["rank"] == rank).to_numpy()
        if following.any() and rank:
            leading = (things["rank"] < rank).to_numpy()
            root = root[_leads(_pairs(things, leading, following, alike), root, alike, parts=teller == "map")]
    things["root"] = root
    joined = _joined(things, home_kw=home_kw, own_connection_kw=alike.own_connection_kw)
    known = joined.loc[(joined["technology"] == "solar") & (joined["status"] == UP), "building_id"].dropna()
    panels = _of_homes(homes, buildings, known, home_kw=home_kw)
    every = [frame for frame in (joined, panels) if len(frame)] or [joined]
    rows = pd.concat(every, ignore_index=True)[[*LAYERS["net_generator"].column_names, "geometry"]]
    return Reconciled(gpd.GeoDataFrame(conform(rows, "net_generator")), _notes(things, joined, panels, alike))


def totals(generators: pd.DataFrame, *, least: float) -> pd.DataFrame:
    """
    Return layer `model_generation`: sums of `net_generator` inside the area, outside it, and where nobody says.

    Parameters
    ----------
    generators : DataFrame
        Layer `net_generator`.
    least : float
        Fewest homes a published count may stand for; `privacy.least_count`. Fewer are not counted. [homes]
    """
    away = generators["distance_m"].astype("float64")
    place = np.select([away.eq(0), away.gt(0)], vocabulary.GENERATOR_WHERE[:2], vocabulary.GENERATOR_WHERE[2])
    rows = published(pd.DataFrame(generators.drop(columns="geometry")).assign(place=place), by="place", least=least)
    rows = rows.assign(assumed=rows["method"] == "assumed", unsized=rows["capacity_kw"].isna())
    sums = rows.groupby(list(LAYERS["model_generation"].key)).agg(
        generators=("generator_id", "size"), of_homes=("household", "sum"), assumed=("assumed", "sum"),
        unsized=("unsized", "sum"), capacity_kw=("capacity_kw", lambda kw: kw.sum(min_count=1)),
    )  # fmt: skip
    return conform(sums.reset_index(), "model_generation")


def published(rows: pd.DataFrame, *, by: str, least: float) -> pd.DataFrame:
    """
    Return the rows of `net_generator` that count in sums by column `by`.

    What only certificates tell of counts where it is the sum of at least `least` homes. [homes]
    """
    homes = rows["household"].astype(bool)
    alike = homes.groupby(rows[by]).transform("sum")
    return rows[~homes | (alike >= least)]


def on_segments(
    generators: gpd.GeoDataFrame, segments: gpd.GeoDataFrame, links: pd.DataFrame, *, least: float
) -> pd.DataFrame:
    """
    Return what stands on each segment: by its building, else by its place.

    Parameters
    ----------
    generators, segments, links
        Layers `net_generator`, `net_segment`, `link_segment`.
    least : float
        As in `totals`. [homes]

    Returns
    -------
    DataFrame
        Columns of `net_generator` and `segment_id`; a generator once for each segment it stands on.
    """
    here = links[links["segment_id"].isin(segments["segment_id"])]
    linked = generators["building_id"].isin(links["building_id"])
    by_building = pd.DataFrame(generators[linked].drop(columns="geometry")).merge(here, on="building_id")
    loose = generators[~linked & _placed(generators)]
    by_place = loose.sjoin(segments[["segment_id", "geometry"]], predicate="within")
    found = pd.concat([by_building, pd.DataFrame(by_place.drop(columns=["geometry", "index_right"]))])
    return published(found.reset_index(drop=True), by="segment_id", least=least)


def on_streets(generators: pd.DataFrame, links: pd.DataFrame, *, most_kw: float, least: float) -> pd.Series[float]:
    """
    Return the solar that is up on the cables of each secondary substation, indexed by `secondary_id`. [kW].

    Parameters
    ----------
    generators, links
        Layers `net_generator` and `link_building`.
    most_kw : float
        Larger than this an array has a connection of its own; `net.generator.own_connection_kw`. [kW]
    least : float
        As in `totals`. [homes]
    """
    solar = up(generators)
    on = solar[solar["capacity_kw"] <= most_kw].merge(links[["building_id", "secondary_id"]], on="building_id")
    on = published(on.dropna(subset=["secondary_id"]), by="secondary_id", least=least)
    kw: pd.Series[float] = on.groupby("secondary_id")["capacity_kw"].sum()
    return kw


def on_roofs(generators: pd.DataFrame) -> pd.DataFrame:
    """
    Return the solar that is up on each building, indexed by `building_id`.

    Returns
    -------
    DataFrame
        Columns `there_kw`, all of it, and `public_kw`, what not only a home's certificate tells of. [kW]
    """
    solar = up(generators)
    public = solar["capacity_kw"].mask(solar["household"].astype(bool), 0.0)
    return (
        solar.assign(there_kw=solar["capacity_kw"], public_kw=public)
        .groupby("building_id")[["there_kw", "public_kw"]]
        .sum()
    )


def up(generators: pd.DataFrame) -> pd.DataFrame:
    """Return the solar that is up, of a size that is known or assumed."""
    solar = (generators["technology"] == "solar") & (generators["status"] == UP)
    return pd.DataFrame(generators[solar & generators["capacity_kw"].notna()])


def _things(generators: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, reach_m: float) -> gpd.GeoDataFrame:
    """Return `in_generator` with the building each stands on, its rank, whether it is up, and its name to compare."""
    rows = generators.reset_index(drop=True)
    drawn, placed = (rows["told_by"] == "map").to_numpy(), _placed(rows)
    building = pd.Series(pd.NA, index=rows.index, dtype="string")
    footprints, ids = buildings.geometry.to_numpy(), buildings["building_id"].to_numpy()
    for which, reach in ((placed & drawn, reach_m), (placed & ~drawn, 0.0)):
        at = containing(rows.geometry.to_numpy()[which], footprints, gap_m=reach)
        building[np.flatnonzero(which)[at >= 0]] = ids[at[at >= 0]]
    return rows.assign(
        building_id=building,
        rank=rows["told_by"].map(_RANK),
        up=rows["status"] == UP,
        plain=names.plain(rows["name"]),
        kw=rows["capacity_kw"].astype("float64"),
    )


def _placed(rows: gpd.GeoDataFrame) -> Mask:
    shapes = rows.geometry.to_numpy()
    there: Mask = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return there


def _pairs(things: gpd.GeoDataFrame, leading: Mask, following: Mask, alike: Alike) -> pd.DataFrame:
    """Return rows `lead`, `row`, `rule` and `apart_m` of what may be one thing, best first."""
    shapes, placed = things.geometry.to_numpy(), _placed(things)
    leads, rows = np.flatnonzero(leading & placed), np.flatnonzero(following & placed)
    at, to = shapely.STRtree(shapes[leads]).query(shapes[rows], predicate="dwithin", distance=alike.name_m)
    pairs = pd.DataFrame({"lead": leads[to], "row": rows[at]})
    pairs["apart_m"] = shapely.distance(shapes[pairs["lead"]], shapes[pairs["row"]])
    pairs["kw"], pairs["lead_kw"] = (things["kw"].to_numpy()[pairs[name]] for name in ("row", "lead"))
    pairs["rule"] = _rule(things, pairs, alike)
    order = ["rule", "apart_m", "lead", "row"]
    return pairs[pairs["rule"] < _NO_RULE].sort_values(order, kind="stable", ignore_index=True)


def _rule(things: pd.DataFrame, pairs: pd.DataFrame, alike: Alike) -> Rows:
    """Return the surest rule by which each pair is one thing."""
    one, two = things.iloc[pairs["lead"]].reset_index(drop=True), things.iloc[pairs["row"]].reset_index(drop=True)
    apart, kw = pairs["apart_m"], pairs[["kw", "lead_kw"]]
    agree = (kw.min(axis=1) >= alike.size_share * kw.max(axis=1)) & kw.notna().all(axis=1)
    may_agree = agree | kw.isna().any(axis=1)
    ground = np.minimum(
        alike.site_m, alike.spot_m + np.sqrt(pairs["lead_kw"].fillna(0.0) * alike.ha_per_mw * _M2_PER_KW)
    )
    drawn, roofs = two["told_by"] == "map", one["building_id"].notna().astype(int) + two["building_id"].notna()
    in_open = roofs == 0
    tests = {
        _ROOF: one["building_id"].eq(two["building_id"]).fillna(value=False) & (drawn | may_agree),
        _SPOT: (apart <= alike.spot_m) & (in_open | ((roofs == 1) & may_agree)),
        _SIZE: (apart <= alike.site_m) & agree & (kw.min(axis=1) > alike.own_connection_kw),
        _NAME: one["plain"].eq(two["plain"]).fillna(value=False),
        _OPEN: (apart <= ground) & in_open & drawn,
    }
    found = np.select([test.to_numpy(dtype=bool) for test in tests.values()], list(tests), _NO_RULE)
    possible = one["technology"].eq(two["technology"]) & (one["up"].eq(two["up"]) | agree)
    return np.where(possible.to_numpy(dtype=bool), found, _NO_RULE)


def _leads(pairs: pd.DataFrame, root: Rows, alike: Alike, *, parts: bool) -> Rows:
    """
    Return for each row the row it is joined to, itself where it is joined to none.

    Each round offers every row left to its best lead. Where `parts` are drawn a lead takes all on its roof or spot and
    of its name, and of the rest as many as its size holds, surest and nearest first; else it takes one row.
    """
    lead, used = np.arange(len(root)), np.zeros(len(root))
    left = pairs.assign(root=root[pairs["lead"]])
    while len(left):
        best = left.drop_duplicates("row")
        held = used[best["root"]] + best["kw"].fillna(0.0).groupby(best["root"]).cumsum()
        over = best["rule"].isin([_SIZE, _OPEN]) & (held * alike.size_share > best["lead_kw"])
        taken = best[~over if parts else ~best.duplicated("root")]
        lead[taken["row"]] = taken["root"]
        np.add.at(used, taken["root"].to_numpy(), taken["kw"].fillna(0.0).to_numpy())
        full = left["root"].isin(taken["root"]) & (not parts)
        left = left[~full & ~left["row"].isin(taken["row"])].drop(best.index, errors="ignore")
    return lead


def _joined(things: gpd.GeoDataFrame, *, home_kw: float, own_connection_kw: float) -> gpd.GeoDataFrame:
    """Return one row for each root, in the columns of `net_generator`."""
    rows = things.assign(id=things["source_id"] + "/" + things["generator_id"])
    rows = rows.sort_values(["root", "rank"], kind="stable")
    groups = rows.groupby("root")
    drawn_first = rows.assign(off=rows["told_by"] != "map").sort_values(["root", "off", "rank"], kind="stable")
    place = drawn_first.drop_duplicates("root").set_index("root")
    lead = rows.drop_duplicates("root").set_index("root")
    frame = place[["geometry", "building_id", "distance_m"]].assign(
        generator_id=lead["id"],
        technology=lead["technology"],
        source_id=lead["source_id"],
        status=rows["status"].map(_STATUS.index).groupby(rows["root"]).min().map(_STATUS.__getitem__),
        told_by=groups["told_by"].agg(lambda told: "; ".join(told.unique())),
        sources=groups["id"].agg("; ".join),
        household=False,
        **{name: groups[name].first() for name in _FIRST},
    )
    frame = frame.join(_sizes(rows, frame, home_kw))
    return frame.assign(level=_level(frame, own_connection_kw))


def _sizes(rows: pd.DataFrame, frame: pd.DataFrame, home_kw: float) -> pd.DataFrame:
    """Return capacity_kw, method, confidence and why of each joined thing, indexed by root."""
    told = rows.groupby(["root", "rank", "told_by"])["kw"].sum(min_count=1).reset_index()
    by = told["told_by"].map(vocabulary.TOLD_BY).astype("string")
    said = told["kw"].map("{:,.10g} kW".format).mask(told["kw"].isna(), "no size").astype("string")
    why = ("the " + by + ": " + said).groupby(told["root"]).agg("; ".join)
    best = told.dropna(subset=["kw"]).drop_duplicates("root").set_index("root").reindex(frame.index)
    unsized = best["kw"].isna()
    # a register lists what is larger than a home's, so only what is drawn is taken as one
    assumed = unsized & (frame["technology"] == "solar") & (frame["status"] == UP) & (frame["told_by"] == "map")
    method = best["told_by"].mask(assumed, "assumed").fillna("not stated")
    return pd.DataFrame(
        {
            "capacity_kw": best["kw"].mask(assumed, home_kw),
            "method": method,
            "confidence": method.map(_CONFIDENCE).fillna("low"),
            "why": why.mask(assumed, why + "; taken as a home's"),
        }
    )


def _level(frame: pd.DataFrame, own_connection_kw: float) -> pd.Series[str]:
    """Return the level each hangs from: by the voltage it is connected at, else the street's where small on a roof."""
    kv, small = frame["voltage_kv"].astype("float64"), frame["capacity_kw"] <= own_connection_kw
    roof = frame["building_id"].notna() & small & (frame["status"] == UP)
    found = pd.Series("secondary", index=frame.index, dtype="string").where(roof)
    for least, level in ((np.inf, "gsp"), *reversed(_LEVELS)):
        found = found.mask(kv < least, level)
    return found


def _of_homes(
    homes: pd.DataFrame, buildings: gpd.GeoDataFrame, known: pd.Series[str], *, home_kw: float
) -> gpd.GeoDataFrame:
    """Return a row for each certificate with panels, on a building of the area on which nobody else knows any."""
    certified = homes["pv"].fillna(value=False).astype(bool) & homes["building_id"].isin(buildings["building_id"])
    on = homes.loc[certified & ~homes["building_id"].isin(known), ["building_id", "pv_kwp"]]
    on = on.sort_values(["building_id", "pv_kwp"], kind="stable", ignore_index=True)
    stated = on["pv_kwp"].astype("float64")
    number = (on.groupby("building_id").cumcount() + 1).astype("string")
    frame = empty("net_generator").reindex(on.index)
    return frame.assign(
        generator_id=HOMES + "/" + on["building_id"] + "/" + number,
        technology="solar",
        status=UP,
        capacity_kw=stated.fillna(home_kw),
        told_by="certificate",
        sources=HOMES,
        why=stated.notna().map({True: "the certificate's size", False: "the certificate says panels, no size"}),
        building_id=on["building_id"],
        level="secondary",
        distance_m=0.0,
        household=True,
        method=stated.notna().map({True: "certificate", False: "assumed"}),
        confidence=stated.notna().map({True: "medium", False: "low"}),
        source_id=HOMES,
    )


def _notes(things: pd.DataFrame, frame: pd.DataFrame, panels: pd.DataFrame, alike: Alike) -> tuple[str, ...]:
    """Return what was joined, what was assumed, and where sources do not agree."""
    told = things.groupby(["root", "told_by"])["kw"].sum(min_count=1).groupby("root")
    apart = int((told.min() < alike.size_share * told.max()).sum())
    solar = frame[(frame["technology"] == "solar") & (frame["status"] == UP)]
    assumed = int((frame["method"] == "assumed").sum() + (panels["method"] == "assumed").sum())
    sizeless = int(solar["capacity_kw"].isna().sum())
    said = {
        f"Rows told: {len(things):,}, of {len(frame):,} generators and batteries, each counted once": len(things),
        f"Of another size by a lesser source, whose word does not count: {apart:,}": apart,
        f"Panels on homes by their certificates alone: {len(panels):,}": len(panels),
        f"Arrays of unknown size that count as a home's: {assumed:,}": assumed,
        f"Registered arrays without a size, not in any sum: {sizeless:,}": sizeless,
    }
    return tuple(f"{note}." for note, count in said.items() if count)
