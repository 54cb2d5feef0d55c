"""Published headroom tied to substations, and judged against what rooftop solar would ask -> layer `model_headroom`.

Which level binds on the way up, by scenario and year: `laep/models/network/limits.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from laep import names, schema
from laep.models.network import figures, room
from laep.models.network.chain import carried
from laep.schema.vocabulary import DIRECTIONS, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from laep.models.network.figures import Rows

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MATCHED_BY_NAME = "[headroom matched by name, as the source gives no usable id]"
"""Added to `constraint` where a headroom row was found by name and level instead of by id."""
_USUAL_UNIT = {"demand": "MVA", "generation": "MW"}
"""The unit in which most operators publish each direction."""
_COMPARED = ("any", "inverter")
_LEVEL_ORDER = {"primary": 0, "bsp": 1, "gsp": 2, "secondary": 3}
"""As readers meet them: what serves the place, what stands above it, and then the streets."""
_ID = ["substation_id", "level"]
_COLUMNS = (
    "direction", "technology", "scenario", "year", "value", "unit", "power_factor", "basis", "floor_at_zero", "rag",
    "constraint", "instead", "source_id",
)  # fmt: skip


class Tied(NamedTuple):
    """
    Headroom rows and the substations they are of.

    `headroom` holds each row under every substation it is of, with `at`, the position of that substation, and
    `by_name`, whether the name found it. Positions beyond the list given are those of `made_up`: substations that only
    headroom tells of. `notes` are plain sentences on what was matched.
    """

    headroom: pd.DataFrame
    made_up: pd.DataFrame
    notes: tuple[str, ...]


def tie(headroom: pd.DataFrame, substations: pd.DataFrame, *, one_place: bool) -> Tied:
    """
    Tie headroom to substations: by source and id, else by id, else by name; always within one level.

    Parameters
    ----------
    headroom, substations : DataFrame
        Layers `in_headroom` and `in_substation`, or whole operators' tables in that form.
    one_place : bool
        True for one area, where a name means one substation whoever publishes it. Among several operators a row is only
        given to a substation of the same operator: there are two Newports.

    Notes
    -----
    A row whose name is a group, `ABERGELE T1 / PENSARN T1`, is of each of its members. Rows that find nobody make up a
    substation of their own, without a position, so that one asked for by its id is answered.
    """
    theirs = pd.DataFrame(substations[["operator", "source_id", "name", *_ID]]).reset_index(drop=True)
    theirs["at"] = np.arange(len(theirs))
    ours = pd.DataFrame(headroom).reset_index(drop=True)
    ours = ours.assign(row=np.arange(len(ours)), operator=ours["source_id"].str.split("_").str[0])
    same = [] if one_place else ["operator"]
    pairs: list[pd.DataFrame] = []
    for keys in (["source_id", *_ID], [*same, *_ID]):
        rest = _rest(ours, pairs)
        once = theirs.drop_duplicates(keys, keep=False)
        pairs.append(rest[["row", *keys]].merge(once[["at", *keys]], on=keys)[["row", "at"]])
    by_id = sum(len(found) for found in pairs)
    by_name = _by_name(_rest(ours, pairs), theirs, same)
    pairs.append(by_name)
    rest = _rest(ours, pairs)
    made_up, alone = _made_up(rest, substations.columns, first=len(theirs))
    told = pd.concat([*pairs, alone]).sort_values(["row", "at"])
    tied = ours.take(told["row"].to_numpy()).reset_index(drop=True)[list(headroom.columns)]
    tied = tied.assign(at=told["at"].to_numpy(dtype=np.int64), by_name=told["row"].isin(by_name["row"]).to_numpy())
    note = (
        f"Headroom: {by_id:,} of {len(ours):,} rows matched to a substation by id, {by_name['row'].nunique():,} by "
        f"name; {len(rest):,} rows belong to {len(made_up):,} substations without a position."
    )
    return Tied(tied, made_up, (note,) if len(ours) else ())


def arrays(tied: pd.DataFrame, *, power_factor: float) -> Rows:
    """Return tied headroom as the arrays `figures.choose` takes."""
    plain = {name: tied[name].astype(object).where(tied[name].notna(), None).tolist() for name in _COLUMNS}
    return figures.rows(plain, tied["at"].tolist(), power_factor=power_factor)


def comparable_mw(rows: pd.DataFrame, *, power_factor: float) -> pd.Series[float]:
    """Return headroom in MW for comparison: as published in MW, else MVA times the given power factor."""
    unstated = np.full(len(rows), np.nan)
    per_unit = figures.unit_kw(rows["unit"].to_numpy(dtype=str), unstated, power_factor)
    return rows["value"].astype("float64") * per_unit / 1000


def judge(
    link_substation: pd.DataFrame,
    substations: pd.DataFrame,
    tied: pd.DataFrame,
    proposed_mw: pd.Series[float],
    *,
    ways: Ints,
    green_share: float,
    amber_share: float,
    power_factor: float,
    year: int,
) -> pd.DataFrame:
    """
    Return layer `model_headroom`: the published rows of the linked substations, each with a verdict.

    Parameters
    ----------
    link_substation, substations : DataFrame
        Layers `link_substation` and `in_substation`, with those that only headroom tells of.
    tied : DataFrame
        From `tie` for these substations.
    proposed_mw : Series indexed by substation_id
        Export that new rooftop solar could add at the sunniest half-hour. A bulk or grid supply point that is not in
        it gets the sum of the primaries that hang from it. [MW]
    ways : int array, shape (substations, levels)
        From `chain.chains`.
    green_share, amber_share : float
        Headroom over capacity above which a row without a published colour is green, amber; assumptions
        `net.headroom.rag_green_share`, `net.headroom.rag_amber_share`. [-]
    power_factor : float
        Turns MVA into MW for comparison only, where the operator states none; assumption `net.power_factor`. [-]
    year : int
        Year given to rows that stand for `nothing published`.

    Notes
    -----
    `MATCHED_BY_NAME` stands in `constraint` where a row was found by name. A linked primary, bulk or grid supply point
    with nothing published in a direction gets one row with a missing value. Secondary substations get only the rows
    that exist. Of two sources that give one figure the substation's own is kept.

    `binding` is `upstream` when every limit named is upstream, `here` when one of them is at the substation,
    `unknown` when none is named. `verdict` is that of this row alone: what stands above may hold the proposal back, see
    layer `model_limit`. Demand, synchronous and storage rows are not compared with solar: `not_asked`.
    """
    linked = _linked(link_substation, substations)
    found = linked.merge(tied.rename(columns={"source_id": "headroom_source", **_TIED}), on="at")
    rows = pd.concat([_once(found), _silent(linked, found, year=year)], ignore_index=True)
    asked_mw = np.append(with_upstream(proposed_mw, substations, ways), np.nan)[rows["at"].to_numpy(dtype=np.int64)]
    asked = rows["substation_id"].map(proposed_mw).astype("float64").fillna(pd.Series(asked_mw, index=rows.index))
    rows["proposed_mw"] = asked.where((rows["direction"] == "generation") & rows["technology"].isin(_COMPARED))
    held = arrays(rows, power_factor=power_factor)
    rows["rag"] = rows["rag"].astype("string").str.strip().str.capitalize()
    rows["rag_basis"] = np.where(rows["rag"].notna(), "published", "convention")
    share = held.kw / 1000 / (rows["capacity_mva"] * power_factor)
    rows["rag"] = rows["rag"].fillna(_rag(share, green_share=green_share, amber_share=amber_share))
    rows["binding"] = _binding(held.constraint)
    rows["verdict"] = _verdict(held, rows["proposed_mw"].to_numpy(dtype=np.float64) * 1000)
    rows["constraint"] = _said(rows["constraint"], by_name=rows["by_name"])
    rows["relief"] = _relief(rows)
    return _ordered(schema.conform(rows[schema.LAYERS["model_headroom"].column_names], "model_headroom"))


def with_upstream(proposed_mw: pd.Series[float], substations: pd.DataFrame, ways: Ints) -> Floats:
    """
    Return what is proposed at each substation: as given, else what the primaries that hang from it add up to.

    Parameters
    ----------
    proposed_mw : Series indexed by substation_id. [MW]
    substations : DataFrame
        `substation_id` and `level`.
    ways : int array, shape (substations, levels)
        From `chain.chains`.
    """
    own = np.asarray(substations["substation_id"].map(proposed_mw), dtype=np.float64)
    at = np.where(substations["level"] == "primary", np.arange(len(substations)), -1)
    below = carried(own, at, ways)
    some = carried((~np.isnan(own)).astype(np.float64), at, ways) > 0
    given: Floats = np.where(np.isnan(own) & some, below, own)
    return given


def notes(model_headroom: pd.DataFrame) -> tuple[str, ...]:
    """Return plain sentences on how many substations have a published value, and how many were matched by name."""
    known = model_headroom.groupby(["level", "substation_id"])["value"].count() > 0
    by_name = model_headroom["constraint"].str.contains(MATCHED_BY_NAME, regex=False, na=False)
    matched = model_headroom.loc[by_name, "substation_id"].nunique()
    said = [
        f"{int(values.sum())} of {len(values)} linked substations at {level} level have a published headroom value."
        for level, values in known.groupby(level="level")
    ]
    return (*said, *([f"{matched} substations were matched to headroom by name."] if matched else []))


def _rest(rows: pd.DataFrame, pairs: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows that are in none of the pairs."""
    return rows[~rows["row"].isin(pd.concat([found["row"] for found in pairs]) if pairs else [])]


def _by_name(rows: pd.DataFrame, substations: pd.DataFrame, same: list[str]) -> pd.DataFrame:
    """Return the rows and the substations above the street that a name ties, each member of a group by its own."""
    keys = [*same, "level"]
    groups = rows[[*keys, "substation_name"]].drop_duplicates()
    members = groups.assign(name=groups["substation_name"].str.split(" / ")).explode("name").reset_index(drop=True)
    members["at"] = names.find(members, substations[substations["level"] != "secondary"], by=keys)
    found = members.dropna(subset=["at"]).drop(columns="name").drop_duplicates()
    told = rows[["row", "source_id", "substation_id", *keys, "substation_name"]]
    tied = told.merge(found, on=[*keys, "substation_name"])
    one = tied.groupby(["source_id", "at"])["substation_id"].transform("nunique") == 1  # two ids are two substations
    return tied.loc[one, ["row", "at"]]


def _made_up(rows: pd.DataFrame, columns: pd.Index[str], *, first: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the substations that only these rows tell of, and the pairs with them."""
    keys = ["operator", "level", "substation_id"]
    once = rows.drop_duplicates(keys)
    made = once.assign(name=once["substation_name"])
    made = made[[column for column in columns if column in made]].reset_index(drop=True)
    places = once[keys].assign(at=np.arange(first, first + len(once)))
    return made, rows[["row", *keys]].merge(places, on=keys)[["row", "at"]]


def _linked(link_substation: pd.DataFrame, substations: pd.DataFrame) -> pd.DataFrame:
    """Return one row per linked substation with what `in_substation` knows of it; a serving role comes first."""
    order = link_substation["role"].map({"serves": 0}).fillna(1)
    once = link_substation.assign(_order=order).sort_values(["_order", "source_id", "substation_id"], kind="stable")
    once = once.drop_duplicates("substation_id").rename(columns={"name": "link_name"})
    listed = pd.DataFrame(substations).reset_index(drop=True)
    kept = ["at", "source_id", "substation_id", "name", "rating_mva", "firm_capacity_mva", "works", "works_date",
            "upstream_works", "upstream_works_date"]  # fmt: skip
    columns = ["source_id", "substation_id", "link_name", "level", "role"]
    listed = listed.assign(at=np.arange(len(listed)))[kept]
    linked = once[columns].merge(listed, on=["source_id", "substation_id"], how="left")
    linked["at"] = linked["at"].fillna(-1).astype("int64")
    linked["name"] = linked["link_name"].fillna(linked["name"])
    linked["capacity_mva"] = linked["firm_capacity_mva"].fillna(linked["rating_mva"])
    return linked


_TIED = {name: f"tied_{name}" for name in (*_ID, "substation_name")}


def _once(found: pd.DataFrame) -> pd.DataFrame:
    """Keep one row of each figure of a substation: its own source's before another's, found by id before by name."""
    order = found.assign(_other=found["source_id"] != found["headroom_source"])
    order = order.sort_values(["by_name", "_other", "headroom_source"], kind="stable")
    kept = order.drop_duplicates(["at", "direction", "technology", "scenario", "year", "basis"])
    return kept.drop(columns="_other").assign(source_id=kept["headroom_source"])


def _silent(linked: pd.DataFrame, found: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """Return one row per direction for each linked substation above secondary level that has none."""
    due = linked[linked["level"] != "secondary"].merge(
        pd.DataFrame({"direction": DIRECTIONS, "unit": [_USUAL_UNIT[way] for way in DIRECTIONS]}), how="cross"
    )
    have = pd.MultiIndex.from_frame(found[["substation_id", "direction"]])
    due = due[~pd.MultiIndex.from_frame(due[["substation_id", "direction"]]).isin(have)]
    return due.assign(technology="any", scenario="now", year=year, basis="not_stated", by_name=False)


def _rag(share: pd.Series[float], *, green_share: float, amber_share: float) -> pd.Series[str]:
    colour = np.select([share.isna(), share > green_share, share > amber_share], ["", "Green", "Amber"], "Red")
    colours = pd.Series(colour, index=share.index, dtype="string")
    return colours.mask(colours == "")


def _said(constraint: pd.Series[str], *, by_name: pd.Series[bool]) -> pd.Series[str]:
    by_name = by_name.astype("bool")
    noted = constraint.astype("string").fillna("").str.cat([MATCHED_BY_NAME] * len(constraint), sep=" ").str.strip()
    return constraint.astype("string").where(~by_name, noted)


def _relief(rows: pd.DataFrame) -> pd.Series[str]:
    """Return `Upstream: works (date). Substation: works (date).`, whichever of the two is published."""
    upstream = _works("Upstream", rows["upstream_works"], rows["upstream_works_date"])
    here = _works("Substation", rows["works"], rows["works_date"])
    both = upstream.fillna("").str.cat(here.fillna(""), sep=". ").str.strip(". ")
    return both.mask(both == "")


def _works(where: str, works: pd.Series[str], dates: pd.Series[str]) -> pd.Series[str]:
    one_line = works.astype("string").str.strip().str.replace(r"\s*[\r\n]+\s*", "; ", regex=True)
    when = dates.astype("string").str.strip().fillna("no date published")
    return f"{where}: " + one_line + " (" + when + ")"


def _binding(constraint: NDArray[np.str_]) -> list[str]:
    """Return where the limit sits: `upstream` when every limit named is, `here` when one is not, else `unknown`."""
    named = [room.named(text) for text in constraint.tolist()]
    return ["here" if limit.here else "upstream" if limit.upstream else "unknown" for limit in named]


def _verdict(held: Rows, ask_kw: Floats) -> list[str]:
    """Return the verdict on a proposal of each row's figure alone."""
    count = len(ask_kw)
    alone = figures.flags(held, np.arange(count))
    none = np.zeros((count, 0))
    answer = room.judge(
        ask_kw, room_kw=held.kw, by_year_kw=none, years=np.zeros(0, dtype=np.int64),
        start=np.zeros(count, dtype=np.int64), uncounted=alone["uncounted"],
    )  # fmt: skip
    return [VERDICTS[code] for code in answer.verdict.tolist()]


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    order = rows.assign(_level=rows["level"].map(_LEVEL_ORDER))
    by = ["_level", "substation_id", "direction", "technology", "scenario", "year", "basis"]
    return order.sort_values(by, kind="stable").drop(columns="_level").reset_index(drop=True)
