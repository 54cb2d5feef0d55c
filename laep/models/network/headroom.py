"""What the network has left at the substations that serve a place, what binds it, and what rooftop solar would ask.

For headroom at every level of a chain, with queue, technology, scenario and year, see `laep/models/network/chain.py`.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from laep import schema

MATCHED_BY_NAME = "[headroom matched by name, as the source gives no usable id]"
"""Added to `constraint` where a headroom row was found by name and level instead of by id."""
LEVEL_ORDER = {"primary": 0, "bsp": 1, "gsp": 2, "secondary": 3}
DIRECTIONS = {"demand": "MVA", "generation": "MW"}
"""Both directions, with the unit in which most operators publish them."""
_COMPARED = ("any", "inverter")
_NOT_A_NAME = frozenset(
    ("primary", "bsp", "gsp", "bulk", "grid", "supply", "point", "substation", "station", "sub", "s", "ss", "switching")
)
_VOLTAGE = re.compile(r"\b\d+(\.\d+)?(\s*/\s*\d+(\.\d+)?)*\s*kv\b|\bt\d\b")
"""Also `T1`: a transformer, not a place."""


def judge(
    link_substation: pd.DataFrame,
    substations: pd.DataFrame,
    headroom: pd.DataFrame,
    proposed_mw: pd.Series[float],
    *,
    green_share: float,
    amber_share: float,
    power_factor: float,
    year: int,
) -> pd.DataFrame:
    """
    Return layer `model_headroom`: the published rows of the linked substations, each with a verdict.

    Parameters
    ----------
    link_substation, substations, headroom : DataFrame
        Layers `link_substation`, `in_substation` and `in_headroom`.
    proposed_mw : Series indexed by substation_id
        Export that new rooftop solar could add at the sunniest half-hour. A bulk or grid supply point that is not in
        it gets the sum of the primaries of this area that hang from it. [MW]
    green_share, amber_share : float
        Headroom over capacity above which a row without a published colour is green, amber; assumptions
        `net.headroom.rag_green_share`, `net.headroom.rag_amber_share`. [-]
    power_factor : float
        Turns MVA into MW for comparison only, where the operator states none; assumption `net.power_factor`. [-]
    year : int
        Year given to rows that stand for `nothing published`.

    Notes
    -----
    Rows are found by id and level, else by normalised name and level where that is unambiguous; `MATCHED_BY_NAME` then
    stands in `constraint`. A linked primary, bulk or grid supply point with nothing published in a direction gets one
    row with a missing value. Secondary substations get only the rows that exist.

    `binding` is `upstream` when every limit named is upstream, `here` when one of them is at the substation,
    `unknown` when none is named. `verdict`: `fits` (room for the proposal), `fits_part` (room for some of it; on rows
    where nothing is proposed, such as demand, only that some room is left), `none`, `none_or_worse` (the operator
    never publishes less than zero), `unknown`. Synchronous and storage rows are not compared with solar.
    """
    linked = _linked(link_substation, substations)
    found = _found(linked, headroom, substations)
    rows = pd.concat([found, _silent(linked, found, year=year)], ignore_index=True)
    rows["proposed_mw"] = _proposed(rows, _with_upstream(proposed_mw, chain(link_substation, substations)))
    in_mw = comparable_mw(rows, power_factor=power_factor)
    rows["rag_basis"] = np.where(rows["rag"].notna(), "published", "convention")
    ours = _rag(in_mw / (rows["capacity_mva"] * power_factor), green_share=green_share, amber_share=amber_share)
    rows["rag"] = rows["rag"].fillna(ours)
    rows["binding"] = binding(rows["constraint"])
    rows["constraint"] = _said(rows["constraint"], by_name=rows["by_name"])
    rows["relief"] = _relief(rows)
    rows["verdict"] = _verdict(rows, in_mw)
    return _ordered(schema.conform(rows[schema.LAYERS["model_headroom"].column_names], "model_headroom"))


def limits(
    model_headroom: pd.DataFrame,
    link_substation: pd.DataFrame,
    substations: pd.DataFrame,
    *,
    power_factor: float,
) -> pd.DataFrame:
    """
    Return, for each serving primary and direction, the level along primary, BSP and GSP that binds today.

    Parameters
    ----------
    model_headroom : DataFrame
        From `judge`.
    link_substation, substations : DataFrame
        Layers of the same name; they say what stands above what.
    power_factor : float
        As in `judge`. [-]

    Returns
    -------
    DataFrame with `primary_id`, `primary_name`, `direction`, the binding row's `level`, `substation_id`, `name`,
    `value`, `unit`, `floor_at_zero`, `rag`, `binding`, `verdict`, `relief`, and `levels_without_value`, the levels
    that could not be compared, separated by ;. Where no level has a value, `level` and all that follows is missing
    and the verdict unknown.

    Notes
    -----
    The smallest headroom binds. Among equals, a limit named at the substation itself comes before one named upstream.
    Rows of today (`now`) are used; where an operator publishes only scenarios, the worst of their first year.
    """
    today = _today(model_headroom, power_factor=power_factor)
    paths = chain(link_substation, substations).merge(
        today.drop(columns="level"), left_on="upstream_id", right_on="substation_id"
    )
    paths["_here"] = paths["binding"].map({"here": 0, "upstream": 1}).fillna(2)
    paths["_level"] = paths["level"].map(LEVEL_ORDER)
    keys = ["primary_id", "direction"]
    paths = paths.sort_values([*keys, "in_mw", "_here", "_level"], na_position="last", kind="stable")
    first = paths.drop_duplicates(keys).set_index(keys)
    silent = paths[paths["in_mw"].isna()].sort_values("_level").groupby(keys)["level"].agg(";".join)
    first["levels_without_value"] = silent.reindex(first.index).astype("string")
    told = ["level", "substation_id", "name", "value", "unit", "floor_at_zero", "rag", "binding", "relief"]
    known = first["in_mw"].notna()
    for column in told:
        first[column] = first[column].where(known)
    columns = [*keys, "primary_name", *told, "verdict", "levels_without_value"]
    return first.reset_index()[columns]


def matched(link_substation: pd.DataFrame, substations: pd.DataFrame, headroom: pd.DataFrame) -> pd.DataFrame:
    """
    Return the rows of `in_headroom` that belong to the linked substations, under the ids those have here.

    Parameters
    ----------
    link_substation, substations, headroom : DataFrame
        Layers `link_substation`, `in_substation` and `in_headroom`.

    Notes
    -----
    Found as in `judge`: by id and level, else by normalised name and level. `substation_id` is that of the linked
    substation; the rest is as published.
    """
    found = _found(_linked(link_substation, substations), headroom, substations)
    return found[schema.LAYERS["in_headroom"].column_names].reset_index(drop=True)


def chain(link_substation: pd.DataFrame, substations: pd.DataFrame) -> pd.DataFrame:
    """
    Return what stands above each serving primary, itself included.

    Returns
    -------
    DataFrame `primary_id`, `primary_name`, `level`, `upstream_id`, one row per primary and linked substation on its
    way up, found by the names its operator publishes, else by `link_substation.serves_id`.
    """
    linked = _linked(link_substation, substations)
    primaries = linked[(linked["level"] == "primary") & (linked["role"] == "serves")]
    parts = [primaries.assign(upstream_id=primaries["substation_id"])]
    for level in ("bsp", "gsp"):
        above = linked[linked["level"] == level]
        by_name = primaries.assign(_key=normal_name(primaries[f"upstream_{level}"])).dropna(subset="_key")
        names = pd.DataFrame({"_key": normal_name(above["name"]), "upstream_id": above["substation_id"]})
        named = by_name.merge(names.dropna(), on="_key")
        rest = primaries[~primaries["substation_id"].isin(named["substation_id"])]
        served = pd.DataFrame({"substation_id": above["serves_id"], "upstream_id": above["substation_id"]})
        parts += [part.assign(level=level) for part in (named, rest.merge(served.dropna(), on="substation_id"))]
    paths = pd.concat(parts, ignore_index=True).rename(columns={"substation_id": "primary_id", "name": "primary_name"})
    paths = paths[["primary_id", "primary_name", "level", "upstream_id"]]
    return paths.drop_duplicates(["primary_id", "upstream_id"]).reset_index(drop=True)


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


def binding(constraint: pd.Series[str]) -> pd.Series[str]:
    """Return where the limit sits: `upstream` when every limit named is, `here` when one is not, else `unknown`."""
    text = constraint.astype("string").str.strip()
    rest = text.str.replace(r"(?i)upstream[^&;,]*", "", regex=True).str.strip(" &;,")
    only_upstream = (rest == "") & ~text.str.contains("substation", case=False)
    words = np.where(only_upstream.fillna(value=False), "upstream", "here")
    return pd.Series(words, index=constraint.index, dtype="string").mask(text.fillna("") == "", "unknown")


def comparable_mw(rows: pd.DataFrame, *, power_factor: float) -> pd.Series[float]:
    """Return headroom in MW for comparison: as published in MW, else MVA times the stated or the given power factor."""
    per_unit = rows["unit"].map({"MW": 1.0, "MVA": power_factor, "kVA": power_factor / 1000}).astype("float64")
    converted = rows["value"].astype("float64") * per_unit
    return rows["value_mw"].astype("float64").fillna(converted) if "value_mw" in rows else converted


def normal_name(names: pd.Series[str]) -> pd.Series[str]:
    """Return names in lower case without punctuation, voltages and words like `primary`; missing when none is left."""
    plain = names.astype("string").str.casefold().str.replace(_VOLTAGE, " ", regex=True)
    words = plain.str.replace("'", "", regex=False).str.replace(r"[^a-z0-9]+", " ", regex=True).str.split()
    kept = words.map(lambda found: " ".join(w for w in found if w not in _NOT_A_NAME), na_action="ignore")
    kept = kept.astype("string")
    return kept.mask(kept == "")


def _linked(link_substation: pd.DataFrame, substations: pd.DataFrame) -> pd.DataFrame:
    """Return one row per linked substation with what `in_substation` knows of it; a serving role comes first."""
    order = link_substation["role"].map({"serves": 0}).fillna(1)
    once = link_substation.assign(_order=order).sort_values(["_order", "source_id", "substation_id"], kind="stable")
    once = once.drop_duplicates("substation_id").rename(columns={"name": "link_name"})
    kept = ["source_id", "substation_id", "name", "upstream_bsp", "upstream_gsp", "rating_mva", "firm_capacity_mva",
            "works", "works_date", "upstream_works", "upstream_works_date"]  # fmt: skip
    columns = ["source_id", "substation_id", "link_name", "level", "role", "serves_id"]
    linked = once[columns].merge(substations[kept], on=["source_id", "substation_id"], how="left")
    linked["name"] = linked["link_name"].fillna(linked["name"])
    linked["capacity_mva"] = linked["firm_capacity_mva"].fillna(linked["rating_mva"])
    return linked


def _found(linked: pd.DataFrame, headroom: pd.DataFrame, substations: pd.DataFrame) -> pd.DataFrame:
    """Return the headroom rows of the linked substations, by id and level, else by name and level."""
    published = headroom.rename(columns={"source_id": "headroom_source", "substation_id": "headroom_id"})
    by_id = linked.merge(published, left_on=["substation_id", "level"], right_on=["headroom_id", "level"])
    unclaimed = published[~published["headroom_id"].isin(substations["substation_id"])]
    by_name = _by_name(linked[linked["level"] != "secondary"], unclaimed)
    found = pd.concat([by_id.assign(by_name=False), by_name.assign(by_name=True)], ignore_index=True)
    found = _one_source(found)
    found["rag"] = found["rag"].str.strip().str.capitalize()
    return found.assign(source_id=found["headroom_source"])


def _by_name(linked: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Join on normalised name and level where both sides mean one substation by it; a group goes by each member."""
    keys = ["_key", "level"]
    ours = linked.assign(_key=normal_name(linked["name"])).dropna(subset="_key")
    members = published.assign(_key=published["substation_name"].str.split(" / ")).explode("_key")
    theirs = members.assign(_key=normal_name(members["_key"])).dropna(subset="_key")
    theirs = theirs[theirs.groupby(keys)["headroom_id"].transform("nunique") == 1]
    theirs = theirs.drop_duplicates([*keys, "direction", "technology", "scenario", "year", "basis", "headroom_source"])
    return ours[~ours.duplicated(keys, keep=False)].merge(theirs, on=keys)


def _one_source(found: pd.DataFrame) -> pd.DataFrame:
    """
    Keep one source per substation for today and one for the scenarios: its own where that publishes, else by name.

    An operator often has today's position in one table and the years to come in another.
    """
    told = found.assign(_now=found["scenario"] == "now", _other=found["source_id"] != found["headroom_source"])
    first = told.sort_values(["_other", "headroom_source"], kind="stable").groupby(["substation_id", "_now"])
    return found[told["headroom_source"] == first["headroom_source"].transform("first").reindex(told.index)]


def _silent(linked: pd.DataFrame, found: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """Return one row per direction for each linked substation above secondary level that has none."""
    due = linked[linked["level"] != "secondary"].merge(
        pd.DataFrame({"direction": list(DIRECTIONS), "unit": list(DIRECTIONS.values())}), how="cross"
    )
    have = pd.MultiIndex.from_frame(found[["substation_id", "direction"]])
    due = due[~pd.MultiIndex.from_frame(due[["substation_id", "direction"]]).isin(have)]
    return due.assign(technology="any", scenario="now", year=year, basis="not_stated", by_name=False)


def _with_upstream(proposed_mw: pd.Series[float], paths: pd.DataFrame) -> pd.Series[float]:
    """Add to the proposals those of the substations above, where they are not given."""
    above = paths.assign(mw=paths["primary_id"].map(proposed_mw)).groupby("upstream_id")["mw"].sum(min_count=1)
    rest: pd.Series[float] = above[~above.index.isin(proposed_mw.index)].astype("float64")
    both: pd.Series[float] = pd.concat([proposed_mw.astype("float64"), rest])
    return both


def _proposed(rows: pd.DataFrame, proposed_mw: pd.Series[float]) -> pd.Series[float]:
    compared = (rows["direction"] == "generation") & rows["technology"].isin(_COMPARED)
    proposed = rows["substation_id"].map(proposed_mw).to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(np.where(compared, proposed, np.nan), index=rows.index)


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


def _verdict(rows: pd.DataFrame, in_mw: pd.Series[float]) -> pd.Series[str]:
    proposed = rows["proposed_mw"]
    compared = (rows["direction"] == "generation") & rows["technology"].isin(_COMPARED)
    clipped = rows["floor_at_zero"].astype("boolean").fillna(value=False).astype("bool")
    words = np.select(
        [in_mw.isna(), (in_mw <= 0) & clipped, in_mw <= 0, ~compared, proposed.isna(), in_mw >= proposed],
        ["unknown", "none_or_worse", "none", "fits_part", "unknown", "fits"],
        "fits_part",
    )
    return pd.Series(words, index=rows.index, dtype="string")


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    order = rows.assign(_level=rows["level"].map(LEVEL_ORDER))
    by = ["_level", "substation_id", "direction", "technology", "scenario", "year", "basis"]
    return order.sort_values(by, kind="stable").drop(columns="_level").reset_index(drop=True)


def _today(model_headroom: pd.DataFrame, *, power_factor: float) -> pd.DataFrame:
    """Return the row that counts today for each substation and direction."""
    rows = model_headroom[model_headroom["technology"].isin(_COMPARED)].copy()
    rows["in_mw"] = comparable_mw(rows, power_factor=power_factor)
    rows["_later"] = (rows["scenario"] != "now").astype(int)
    rows = rows.sort_values(
        ["substation_id", "direction", "_later", "year", "in_mw", "basis"], na_position="last", kind="stable"
    )
    return rows.drop_duplicates(["substation_id", "direction"]).drop(columns="_later")
