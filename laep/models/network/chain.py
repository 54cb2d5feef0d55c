"""What stands above each substation, how much room every level has, and which level binds.

For a whole operator's tables as well as for one area: nothing here needs an area.
`laep/models/network/headroom.py` judges the substations of one area.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from laep.models.network.headroom import binding, comparable_mw, normal_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Direction = Literal["demand", "generation"]
Technology = Literal["any", "inverter", "synchronous", "storage"]

NOW = "now"
SELF = "itself"
BY_NAME = "published name"
THROUGH_BSP = "published name, through its bulk supply point"
NOT_LISTED = "published name, not in the operator's list"

QUEUE_COUNTED: Mapping[str, str] = {"contracted": "yes", "connected": "no", "ssen_headroom": "yes", "model_lv": "no"}
"""
Whether a generation headroom already has the accepted queue taken off, by its basis, else its source, else `unknown`.

SSEN's is checked on its March 2026 table: at Yiewsley, Beaconsfield and Chalvey the figure is the rating with one
transformer out, less 5 %, plus minimum demand, less connected, less contracted generation, to the last digit. At
Northolt, Bath Road West, Bridge Road and Harefield it is not, so something else binds there: contracted is taken as
counted all the same, since nothing suggests that it is left out.
"""
YEAR_STEP = 5
"""Scenario years asked for are every fifth, beside the first and the last: what the report prints."""
_UPWARDS = {"secondary": 0, "primary": 1, "bsp": 2, "gsp": 3}
_MANAGED = r"(?i)\bANM\b|active network management|curtail|flexible connection|technical limits? agreed at gsp: *yes"
_ASKED = ["direction", "technology", "scenario", "year"]
_STRONG = {"high": 0, "medium": 1, "low": 2}


def above(substations: pd.DataFrame, *, ids: Iterable[str] | None = None) -> pd.DataFrame:
    """
    Return the way up from each primary or bulk supply point, by the names its operator publishes.

    Parameters
    ----------
    substations : DataFrame
        Layer `in_substation`, or an operator's whole list in that form; geometry is not used.
    ids : iterable of str, optional
        Substations to start from; None starts from every one.

    Returns
    -------
    DataFrame, one row per start and level
        `start_id`, `start_level`, `level`, `substation_id` (missing where the named one is not listed), `name`,
        `method`, `confidence`. The first row of each start is itself. Secondaries have only that: see `under`.

    Notes
    -----
    Names are compared within one operator and level, by `normal_name`. A name that two substations share is medium: the
    one with most filled columns is taken. A level that is named nowhere has no row.
    """
    listed = _listed(substations)
    starts = listed if ids is None else listed[listed["substation_id"].isin(set(ids))]
    own = starts.assign(start_id=starts["substation_id"], start_level=starts["level"], method=SELF, confidence="high")
    bsp = _named(starts[starts["level"] == "primary"], "bsp", listed)
    gsp = _named(starts[starts["level"].isin(["primary", "bsp"])], "gsp", listed)
    through = _named(_without(bsp, gsp).merge(_upstream_gsp(listed), on="substation_id"), "gsp", listed)
    through = through.assign(method=through["method"].where(through["method"] != BY_NAME, THROUGH_BSP))
    parts = [part[_PATH] for part in (own, bsp, gsp, through)]
    return _in_order(pd.concat(parts, ignore_index=True).astype("string"))


def under(parents: pd.DataFrame, paths: pd.DataFrame) -> pd.DataFrame:
    """
    Return paths that start one level further down, such as from the secondaries of each primary.

    Parameters
    ----------
    parents : DataFrame
        `substation_id`, `level`, `name`, `parent_id`, `method` and `confidence` of what stands below.
    paths : DataFrame
        From `above`.

    Returns
    -------
    DataFrame in the form of `above`
        The confidence of every row is that of its weakest link.
    """
    lower = parents.rename(columns={"substation_id": "start_id", "level": "start_level"})
    own = lower.assign(level=lower["start_level"], substation_id=lower["start_id"], method=SELF, confidence="high")
    links = lower[["start_id", "start_level", "parent_id", "method", "confidence"]].dropna(subset=["parent_id"])
    up = links.merge(paths, left_on="parent_id", right_on="start_id", suffixes=("", "_up"))
    weaker = up["confidence_up"].map(_STRONG) > up["confidence"].map(_STRONG)
    up["confidence"] = up["confidence_up"].where(weaker, up["confidence"])
    up["method"] = up["method"].where(up["method_up"] == SELF, up["method_up"])
    return _in_order(pd.concat([own[_PATH], up[_PATH]], ignore_index=True).astype("string"))


def queue(generators: pd.DataFrame, substations: pd.DataFrame) -> pd.DataFrame:
    """
    Return the accepted, not yet connected generation and storage at each substation and below it.

    Parameters
    ----------
    generators, substations : DataFrame
        Layers `net_generator` and `in_substation`. A generator hangs from the substation of its published name.

    Returns
    -------
    DataFrame
        `substation_id`, `queue_mw` (generation and storage, registered capacity), `queue_storage_mw` (storage alone),
        `queue_sites`, `queue_unsized` (sites without a capacity, not in the sum).

    Notes
    -----
    The register names the operator by file only, so a name counts where one substation among all listed bears it;
    primaries are tried before bulk and grid supply points. What hangs from a primary counts at every level above it.
    """
    accepted = generators[generators["status"] == "accepted"]
    listed = _listed(substations)
    listed = listed[listed["level"] != "secondary"].assign(_key=normal_name(listed["name"]))
    listed = listed.dropna(subset=["_key"]).sort_values("_up", kind="stable")
    listed = listed[~listed.duplicated(["_key", "level"], keep=False)].drop_duplicates("_key")
    named = accepted.assign(_key=normal_name(accepted["substation_name"])).dropna(subset=["_key"])
    at = named[["_key", "technology", "capacity_kw"]].merge(listed[["_key", "substation_id"]], on="_key")
    paths = above(substations, ids=at["substation_id"].unique())
    up = at.merge(paths.dropna(subset=["substation_id"]), left_on="substation_id", right_on="start_id")
    mw = up["capacity_kw"].astype("float64") / 1000
    up = up.assign(mw=mw, storage=mw.where(up["technology"] == "storage"), unsized=mw.isna())
    sums = up.groupby("substation_id_y").agg(
        queue_mw=("mw", "sum"), queue_storage_mw=("storage", "sum"), queue_sites=("mw", "size"),
        queue_unsized=("unsized", "sum"),
    )  # fmt: skip
    return sums.rename_axis("substation_id").reset_index()


def at_levels(
    paths: pd.DataFrame,
    headroom: pd.DataFrame,
    *,
    direction: Direction,
    technology: Technology,
    scenario: str,
    year: int,
    power_factor: float,
    queued: pd.DataFrame | None = None,
    remarks: pd.Series[str] | None = None,
) -> pd.DataFrame:
    """
    Return one row per start and level with the headroom that counts there, and what is known of it.

    Parameters
    ----------
    paths : DataFrame
        From `above` or `under`.
    headroom : DataFrame
        Layer `in_headroom`, with any estimated rows in the same form.
    direction, technology, scenario, year
        What is asked. `scenario` may be `now`.
    power_factor : float
        Turns MVA into MW where the operator states none. [-]
    queued : DataFrame, optional
        From `queue`.
    remarks : Series indexed by substation_id, optional
        The operators' remarks, searched for managed connections (`in_substation.comment`).

    Returns
    -------
    DataFrame
        The columns of `paths`, `value`, `unit`, `value_mw`, `row_scenario`, `row_year`, `row_technology`, `basis`,
        `floor_at_zero`, `rag`, `constraint`, `binding`, `source_id`, `queue_mw`, `queue_counted` (yes, no, unknown),
        `less_queue_mw` (`value_mw` less the queue; missing where the operator has
        taken it off, and where a value that is never published below zero is zero), `counts_mw`
        (the figure to compare with: less the queue only where the operator has not taken it off) and `managed`.

    Notes
    -----
    Per level the row of the asked scenario counts, of the asked year or the last one before it, else the first after;
    where that scenario is not published, today's; where neither is, the worst of the others. Among technologies the
    asked one comes before `any`, and `any` takes inverter rows where it has none. Of several bases the smallest counts.
    """
    asked = pd.DataFrame({"direction": [direction], "technology": [technology], "scenario": [scenario], "year": [year]})
    found = _levels(paths, headroom, asked, power_factor=power_factor, queued=queued, remarks=remarks)
    return found.drop(columns=["_asked", *_ASKED])


def binding_level(levels: pd.DataFrame) -> pd.DataFrame:
    """
    Return, for each start, the level that binds: the row of `at_levels` with the least `counts_mw`.

    Returns
    -------
    DataFrame
        One row per start, in order of first appearance, with the columns of `levels` and `levels_without_value` (the
        levels on the way that could not be compared, separated by ;). Where no level has a value, what describes the
        level is missing.

    Notes
    -----
    Among equals, a limit named at the substation itself comes before one named upstream, then the lower level.
    """
    return _least(levels, ["start_id"])


def fit(bound: pd.DataFrame, proposed_mw: pd.Series[float]) -> pd.Series[str]:
    """
    Return whether a proposal fits at the binding level: fits, fits_part, none, none_or_worse or unknown.

    Parameters
    ----------
    bound : DataFrame
        From `binding_level`.
    proposed_mw : Series, same index
        What is proposed. [MW]
    """
    room = bound["counts_mw"]
    clipped = bound["floor_at_zero"].astype("boolean").fillna(value=False).astype("bool")
    words = np.select(
        [room.isna(), (room <= 0) & clipped, room <= 0, proposed_mw.isna(), room >= proposed_mw],
        ["unknown", "none_or_worse", "none", "unknown", "fits"],
        "fits_part",
    )
    return pd.Series(words, index=bound.index, dtype="string")


_PATH = ["start_id", "start_level", "level", "substation_id", "name", "method", "confidence"]
_VALUE = [
    "substation_id", "level", "value", "unit", "value_mw", "row_scenario", "row_year", "row_technology", "basis",
    "floor_at_zero", "rag", "constraint", "source_id",
]  # fmt: skip


def _listed(substations: pd.DataFrame) -> pd.DataFrame:
    """Return each id once, the best filled row first."""
    columns = ["substation_id", "operator", "name", "level", "upstream_bsp", "upstream_gsp"]
    plain = pd.DataFrame(substations[columns]).astype("string")
    filled = -substations.notna().sum(axis=1)
    order = plain.assign(_filled=filled.to_numpy(), _up=plain["level"].map(_UPWARDS))
    order = order.sort_values(["substation_id", "_filled", "operator"], kind="stable")
    return order.drop_duplicates("substation_id").sort_values(["_up", "substation_id"], kind="stable")


def _named(starts: pd.DataFrame, level: str, listed: pd.DataFrame) -> pd.DataFrame:
    """Return one path row per start whose `upstream_<level>` is published."""
    begun = (
        starts if "start_id" in starts else starts.assign(start_id=starts["substation_id"], start_level=starts["level"])
    )
    begun = begun.assign(said=begun[f"upstream_{level}"])
    wanted = begun[["start_id", "start_level", "operator", "said"]].assign(_key=normal_name(begun["said"]))
    bearers = (
        listed[listed["level"] == level].assign(_key=lambda rows: normal_name(rows["name"])).dropna(subset=["_key"])
    )
    bearers = bearers.assign(_twice=bearers.duplicated(["operator", "_key"], keep=False))
    bearers = bearers.sort_values(["_filled", "substation_id"], kind="stable").drop_duplicates(["operator", "_key"])
    kept = bearers[["operator", "_key", "substation_id", "name", "_twice"]]
    both = wanted.dropna(subset=["_key"]).merge(kept, on=["operator", "_key"], how="left")
    lost = both["substation_id"].isna()
    twice = both["_twice"].astype("boolean").fillna(value=False).astype(bool)
    return both.assign(
        level=level,
        name=both["name"].fillna(both["said"]),
        method=np.where(lost, NOT_LISTED, BY_NAME),
        confidence=np.select([lost, twice], ["low", "medium"], "high"),
    )


def _without(bsp: pd.DataFrame, gsp: pd.DataFrame) -> pd.DataFrame:
    """Return the way to a bulk supply point of those starts that name no grid supply point themselves."""
    rest = bsp[~bsp["start_id"].isin(gsp["start_id"])].dropna(subset=["substation_id"])
    return rest[["start_id", "start_level", "operator", "substation_id"]]


def _upstream_gsp(listed: pd.DataFrame) -> pd.DataFrame:
    return listed.loc[listed["level"] == "bsp", ["substation_id", "upstream_gsp"]]


def _in_order(paths: pd.DataFrame) -> pd.DataFrame:
    order = paths.assign(_from=paths["start_level"].map(_UPWARDS), _up=paths["level"].map(_UPWARDS))
    order = order.sort_values(["_from", "start_id", "_up"], kind="stable")
    return order.drop_duplicates(["start_id", "level"])[_PATH].reset_index(drop=True)


def _levels(
    paths: pd.DataFrame,
    headroom: pd.DataFrame,
    asked: pd.DataFrame,
    *,
    power_factor: float,
    queued: pd.DataFrame | None,
    remarks: pd.Series[str] | None,
) -> pd.DataFrame:
    """Return `at_levels` for every question: its columns, those of `asked`, and `_asked`, the question's number."""
    numbered = asked[_ASKED].reset_index(drop=True).rename_axis("_asked").reset_index()
    rows = _answers(headroom, numbered, power_factor)
    found = numbered.merge(paths, how="cross").merge(rows, on=["_asked", "substation_id", "level"], how="left")
    found["binding"] = binding(found["constraint"])
    return _with_managed(_with_queue(found, queued), remarks)


def _least(levels: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the row with the least `counts_mw` of each group, groups in order of first appearance."""
    group = levels.groupby(keys, sort=False).ngroup()
    order = levels.assign(
        _group=group,
        _here=levels["binding"].map({"here": 0, "upstream": 1}).fillna(2),
        _up=levels["level"].map(_UPWARDS),
    )
    order = order.sort_values(["_group", "counts_mw", "_here", "_up"], na_position="last", kind="stable")
    first = order.drop_duplicates("_group").set_index("_group")
    silent = order[order["counts_mw"].isna()].sort_values(["_group", "_up"], kind="stable")
    lacking = silent.groupby("_group")["level"].agg(";".join)
    first["levels_without_value"] = lacking.reindex(first.index).astype("string")
    kept = {"start_id", "start_level", "counts_mw", "managed", "_asked", *_ASKED}
    told = [column for column in levels.columns if column not in kept]
    first[told] = first[told].where(first["counts_mw"].notna())
    return first.reset_index(drop=True)[[*levels.columns, "levels_without_value"]]


def _answers(headroom: pd.DataFrame, asked: pd.DataFrame, power_factor: float) -> pd.DataFrame:
    """Return for each question the one row of each substation and level that answers it."""
    published = pd.DataFrame(headroom).assign(value_mw=comparable_mw(headroom, power_factor=power_factor))
    wanted = asked.rename(columns={"technology": "_technology", "scenario": "_scenario", "year": "_year"})
    rows = published.merge(wanted, on="direction")
    exact = rows["technology"] == rows["_technology"]
    fits = exact | (rows["technology"] == "any") | ((rows["_technology"] == "any") & (rows["technology"] == "inverter"))
    later = rows["year"].astype("int64") - rows["_year"].astype("int64")
    order = rows.assign(
        _silent=rows["value_mw"].isna(),
        _other=np.select([rows["scenario"] == rows["_scenario"], rows["scenario"] == NOW], [0, 1], 2),
        _after=(later > 0).astype(int),
        _gap=later.abs(),
        _wide=(~exact).astype(int),
    )[fits]
    key = ["_asked", "substation_id", "level"]
    by = [*key, "_silent", "_other", "_after", "_gap", "_wide", "value_mw", "basis", "source_id"]
    order = order.sort_values(by, kind="stable").drop_duplicates(key)
    told = {"scenario": "row_scenario", "year": "row_year", "technology": "row_technology"}
    return order.rename(columns=told)[["_asked", *_VALUE]]


def _with_queue(found: pd.DataFrame, queued: pd.DataFrame | None) -> pd.DataFrame:
    """Add what is accepted and not connected; it takes room from generation only."""
    held = pd.Series(dtype="float64") if queued is None else queued.set_index("substation_id")["queue_mw"]
    waiting = found["substation_id"].map(held).astype("float64").where(found["direction"] == "generation")
    counted = found["basis"].map(QUEUE_COUNTED).fillna(found["source_id"].map(QUEUE_COUNTED)).fillna("unknown")
    counted = counted.where(waiting.notna())
    value = found["value_mw"].astype("float64")
    floored = found["floor_at_zero"].astype("boolean").fillna(value=False).astype(bool) & (value <= 0)
    rest = (value - waiting).mask(floored | (counted == "yes"))
    return found.assign(
        queue_mw=waiting,
        queue_counted=counted.astype("string"),
        less_queue_mw=rest,
        counts_mw=rest.where(counted == "no", value).fillna(value),
    )


def _with_managed(found: pd.DataFrame, remarks: pd.Series[str] | None) -> pd.DataFrame:
    """Add the operator's words where they speak of actively managed or curtailable connections."""
    said = found["constraint"].astype("string").where(found["constraint"].str.contains(_MANAGED, na=False))
    if remarks is not None:
        lines = remarks[~remarks.index.duplicated()].astype("string").str.split("\n").explode().str.strip()
        spoken = lines[lines.str.contains(_MANAGED, na=False)].groupby(level=0).agg("; ".join)
        said = said.fillna(found["substation_id"].map(spoken).astype("string"))
    return found.assign(managed=said.astype("string"))


def questions(headroom: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """
    Return what the headroom table can be asked: `direction`, `technology`, `scenario` and `year`.

    Notes
    -----
    Today in both directions, and every published combination above secondary level, of which the first and last year
    and every fifth between are asked. The years of secondary estimates are asked as `now`, since they belong to no
    published scenario.
    """
    own = headroom["level"] == "secondary"
    later = headroom.loc[~own & (headroom["scenario"] != NOW), _ASKED].drop_duplicates()
    ends = later["year"].isin([later["year"].min(), later["year"].max()]) if len(later) else later["year"].isna()
    later = later[ends | (later["year"] % YEAR_STEP == 0)]
    years = sorted({year, *headroom.loc[own & (headroom["year"] > year), "year"].astype(int)})
    today = pd.MultiIndex.from_product([["demand", "generation"], ["any"], [NOW], years], names=_ASKED).to_frame(
        index=False
    )
    both = pd.concat([today, later.astype({"year": "int64"})], ignore_index=True).drop_duplicates()
    return both.sort_values(_ASKED, kind="stable").reset_index(drop=True)


def bound_all(
    paths: pd.DataFrame,
    headroom: pd.DataFrame,
    asked: pd.DataFrame,
    *,
    power_factor: float,
    queued: pd.DataFrame | None = None,
    remarks: pd.Series[str] | None = None,
) -> pd.DataFrame:
    """Return `binding_level` for every question in `asked`, as layer `model_limit`; parameters as in `at_levels`."""
    found = _levels(paths, headroom, asked, power_factor=power_factor, queued=queued, remarks=remarks)
    bound = _least(found, ["_asked", "start_id"]).drop(columns="_asked")
    return bound.sort_values(["start_level", "start_id", *_ASKED], kind="stable").reset_index(drop=True)


def notes(bound: pd.DataFrame) -> tuple[str, ...]:
    """Return plain sentences on which level binds today, and where a queue stands that the figures may not hold."""
    today = bound[bound["scenario"] == NOW]
    today = today[today["year"] == today["year"].min()]
    said = []
    for (start, direction), rows in today.groupby(["start_level", "direction"], sort=True):
        counts = rows["level"].fillna("no level has a value").value_counts().sort_index()
        words = ", ".join(f"{level} at {count}" for level, count in counts.items())
        said.append(f"From {len(rows)} {start} substations up, what binds {direction} today: {words}.")
    if open_ := int(((today["queue_counted"] == "unknown") & (today["queue_mw"] > 0)).sum()):
        said.append(f"At {open_} of these a queue is known and whether the figure holds it is not: both are kept.")
    return tuple(said)
