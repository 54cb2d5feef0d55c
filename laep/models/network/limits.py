"""Which level binds on the way up, by direction, technology, scenario and year -> layer `model_limit`.

The same figures, chains and verdicts as the desk's: `figures.choose` and `decide.decide`, asked for many substations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from laep.models.network import figures
from laep.models.network.decide import Asks, decide
from laep.models.network.figures import NOW, TECHNOLOGIES, Choice
from laep.models.network.room import MEASURES
from laep.models.network.verdicts import Where
from laep.schema.vocabulary import LEVELS, LIMIT_PLACES, VERDICTS, YEAR_STEP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.models.network.decide import Decision
    from laep.models.network.figures import Figures, Rows

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_MANAGED = r"(?i)\bANM\b|active network management|curtail|flexible connection|technical limits? agreed at gsp: *yes"
_ASKED = ["direction", "technology", "scenario", "year"]
_TOLD = {"value": "value", "unit": "unit", "scenario": "row_scenario", "year": "row_year", "basis": "basis",
         "floor_at_zero": "floor_at_zero", "constraint": "constraint"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Network:
    """
    What the limits of a network are worked out from.

    `substations` with what stands `above` each (`chain.above`) and `ways` (`chain.chains`); `tied` headroom
    (`headroom.tie`) and the same as `held` arrays; `queue_kw`, shape (substations,), from `queue.waiting_kw`.
    """

    substations: pd.DataFrame
    above: pd.DataFrame
    ways: Ints
    tied: pd.DataFrame
    held: Rows
    queue_kw: Floats


def questions(headroom: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """
    Return what the headroom table can be asked: `direction`, `technology`, `scenario` and `year`.

    Notes
    -----
    Today in both directions, and every published combination above secondary level, of which the first and last year
    and every fifth between are asked. The years of secondary estimates are asked as `now`, since they belong to no
    published scenario. Generation is asked as `inverter`, as solar is; that takes `any` where nothing else is told.
    """
    own = headroom["level"] == "secondary"
    later = headroom.loc[~own & (headroom["scenario"] != NOW), _ASKED]
    inverter = (later["direction"] == MEASURES[figures.GENERATION]) & (later["technology"] == "any")
    later = later.assign(technology=later["technology"].mask(inverter, "inverter")).drop_duplicates()
    ends = later["year"].isin([later["year"].min(), later["year"].max()]) if len(later) else later["year"].isna()
    later = later[ends | (later["year"] % YEAR_STEP == 0)]
    years = sorted({year, *headroom.loc[own & (headroom["year"] > year), "year"].astype(int)})
    today = [(way, kind, NOW, each) for way, kind in (("demand", "any"), ("generation", "inverter")) for each in years]
    both = pd.concat([pd.DataFrame(today, columns=_ASKED), later.astype({"year": "int64"})], ignore_index=True)
    return both.drop_duplicates().sort_values(_ASKED, kind="stable").reset_index(drop=True)


def table(
    network: Network, start: Ints, asked: pd.DataFrame, *, proposed_mw: Floats, year: int, power_factor: float
) -> pd.DataFrame:
    """
    Return what binds on the way up from some substations, for every question.

    Parameters
    ----------
    network : Network
    start : int array, shape (starts,)
        Positions of the substations to start from.
    asked : DataFrame
        From `questions`.
    proposed_mw : array, shape (substations,)
        Generation proposed at each; nan for none. [MW]
    year : int
        This year: what is asked of it as `now` is today's figure, whatever year that is of.
    power_factor : float
        Turns MVA into MW where the operator states none; `net.power_factor`. [-]

    Returns
    -------
    DataFrame, in the form of layer `model_limit`
        One row a start and question. `level` and what follows say which substation binds; `value` and what describes it
        are of the row whose figure decides, at that substation or below it (`figure_id`).
    """
    fixed = _fixed(network, start, proposed_mw)
    parts = [
        _answer(network, fixed, one, first=year, power_factor=power_factor) for one in asked.itertuples(index=False)
    ]
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values(["start_level", "start_id", *_ASKED], kind="stable").reset_index(drop=True)


def notes(bound: pd.DataFrame) -> tuple[str, ...]:
    """Return plain sentences on which level binds today, and where a queue stands that the figures may not hold."""
    today = bound[bound["scenario"] == NOW]
    today = today[today["year"] == today["year"].min()]
    said = []
    for (start, direction), rows in today.groupby(["start_level", "direction"], sort=True):
        level = rows["level"].where(rows["where"] != Where.BETWEEN.word, "the network above " + rows["level"])
        counts = level.where(rows["value"].notna(), "no level has a value").value_counts().sort_index()
        words = ", ".join(f"{name} at {count}" for name, count in counts.items())
        said.append(f"From {len(rows)} {start} substations up, what binds {direction} today: {words}.")
    if open_ := int(((today["queue_counted"] == "unknown") & (today["queue_mw"] > 0)).sum()):
        said.append(f"At {open_} of these a queue is known and whether the figure holds it is not: both are told.")
    return tuple(said)


@dataclass(frozen=True)
class _Fixed:
    """
    What is the same for every question.

    Where to start and what is proposed there [kW]; by substation: id, name, level and remark, with a last one for none;
    by start and level: how sure the way up is, and whether a level is only named; headroom less the queue, and its
    columns.
    """

    start: Ints
    ask_kw: Floats
    ids: NDArray[np.object_]
    names: NDArray[np.object_]
    levels: NDArray[np.object_]
    managed: NDArray[np.object_]
    sure: NDArray[np.object_]
    named_only: NDArray[np.bool_]
    held: Rows
    told: dict[str, NDArray[np.object_]]


def _fixed(network: Network, start: Ints, proposed_mw: Floats) -> _Fixed:
    listed = network.substations.reset_index(drop=True)
    lines = listed["comment"].astype("string").str.split("\n").explode().str.strip()
    managed = lines[lines.str.contains(_MANAGED, na=False)].groupby(level=0).agg("; ".join).reindex(listed.index)
    up = network.above.loc[start]
    sure = np.full((len(start), len(LEVELS)), "high", dtype=object)
    named_only = np.zeros((len(start), len(LEVELS)), dtype=bool)
    for level, name in enumerate(LEVELS[1:], start=1):
        known = up[name].to_numpy() >= 0
        sure[known, level] = up.loc[known, f"{name}_confidence"].to_numpy(dtype=object)
        named_only[:, level] = ~known & up[f"{name}_name"].notna().to_numpy()
    columns = (listed[name].to_numpy(dtype=object) for name in ("substation_id", "name", "level"))
    ids, names, levels = map(_padded, columns)
    return _Fixed(
        start=start, ask_kw=proposed_mw[start] * 1000, ids=ids, names=names, levels=levels,
        managed=_padded(managed.to_numpy(dtype=object)), sure=sure, named_only=named_only,
        held=figures.less_queue(network.held, network.queue_kw),
        told={name: _padded(network.tied[name].to_numpy(dtype=object)) for name in _TOLD},
    )  # fmt: skip


def _answer(network: Network, fixed: _Fixed, one: Any, *, first: int, power_factor: float) -> pd.DataFrame:
    """Return the rows that answer one question."""
    today = one.scenario == NOW
    year = None if today and one.year == first else int(one.year)
    kind = one.technology if one.technology in TECHNOLOGIES else TECHNOLOGIES[0]
    choice = Choice(
        scenario=None if today else one.scenario, year=year, today=first, technology=kind, power_factor=power_factor
    )
    chosen = figures.choose(fixed.held, choice, count=len(network.substations))
    ask_kw = fixed.ask_kw if one.technology == TECHNOLOGIES[0] else np.full(len(fixed.start), np.nan)
    none = np.zeros(len(fixed.start))
    asks = Asks(generation_kw=np.nan_to_num(ask_kw), demand_kw=none, storage_kw=none)
    decision = decide(chosen, network.ways, fixed.start, asks, years=np.full(len(fixed.start), year or 0))
    measure = MEASURES.index("storage" if one.technology == "storage" else one.direction)
    return _rows(network, fixed, chosen, decision, measure).assign(
        direction=one.direction, technology=one.technology, scenario=one.scenario, year=one.year,
        proposed_mw=ask_kw / 1000,
    )  # fmt: skip


def _rows(network: Network, fixed: _Fixed, chosen: Figures, decision: Decision, measure: int) -> pd.DataFrame:
    source, where = decision.source[:, measure], decision.where[:, measure]
    binding = np.where(where == Where.NO_FIGURE, -1, decision.binding[:, measure])
    row, generation = np.append(chosen.row[:, measure], -1)[source], measure != figures.DEMAND
    queued = np.append(network.queue_kw, np.nan)[source] / 1000
    counted = _padded(figures.queue_counted(fixed.held).astype(object))[row]
    counted[~(generation & (queued > 0))] = None
    until = decision.until[:, measure].astype(object)
    until[until < 0] = None
    level = [LEVELS.index(name) if name else -1 for name in fixed.levels[binding].tolist()]
    return pd.DataFrame(
        {
            "start_id": fixed.ids[fixed.start],
            "start_level": fixed.levels[fixed.start],
            "level": fixed.levels[binding],
            "substation_id": fixed.ids[binding],
            "name": fixed.names[binding],
            "where": np.array(LIMIT_PLACES, dtype=object)[where],
            "figure_id": fixed.ids[source],
            **{told: fixed.told[name][row] for name, told in _TOLD.items()},
            "room_mw": decision.room_kw[:, measure] / 1000,
            "queue_mw": np.where(generation, queued, np.nan),
            "queue_counted": counted,
            "managed": _managed(fixed.told["constraint"][row], fixed.managed[binding]),
            "levels_without_value": _silent(network, fixed, chosen, measure),
            "confidence": pd.Series(fixed.sure[np.arange(len(level)), level]).where(binding >= 0),
            "verdict": np.array(VERDICTS, dtype=object)[decision.verdict[:, measure]],
            "fits_until": until,
        }
    )


def _managed(constraint: NDArray[np.object_], remark: NDArray[np.object_]) -> pd.Series[str]:
    """Return the operator's words where they speak of actively managed or curtailable connections."""
    said = pd.Series(constraint, dtype="string")
    return said.where(said.str.contains(_MANAGED, na=False)).fillna(pd.Series(remark, dtype="string"))


def _silent(network: Network, fixed: _Fixed, chosen: Figures, measure: int) -> list[str | None]:
    """Return the levels on the way up that could not be compared, separated by ;."""
    ways = network.ways[fixed.start]
    silent = np.isnan(np.append(chosen.room_kw[:, measure], np.nan)[ways])
    lacking = fixed.named_only | ((ways >= 0) & silent)
    return [";".join(name for name, none in zip(LEVELS, row, strict=True) if none) or None for row in lacking.tolist()]


def _padded(values: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return values with one more, of nothing, for position -1."""
    return np.concatenate([values, np.array([None], dtype=object)])
