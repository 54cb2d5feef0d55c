"""Heat of 4,000 homes half-hour by half-hour, their measures and routes, and trees of pipes beside the optimum."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from benchmarks import Figure
from laep.assumptions import Assumptions
from laep.models.energy import fabric, heat, heat_route, heat_tree, measures
from laep.models.time import clock
from laep.schema.vocabulary import FUELS, LACKING
from laep.spatial import clusters as near
from laep.steps import heat as step
from laep.steps import heat_routes, kit

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SUMMARY = (
    "heat of 4,000 homes, a year of half-hours, with packages and routes; pipes of 1,000 buildings and the optimum"
)
HOMES, LOOPED, BUILDINGS, CASES = 4_000, 6, 1_000, 20
SMALL = {"HOMES": 60, "LOOPED": 1, "BUILDINGS": 30, "CASES": 1}
YEAR = 2026
FIXED, BY_KW = 1200.0, 0.3
_SIDES, _ENDS = (5, 6, 7, 8), (20, 40, 60, 100)


def run() -> list[Figure]:
    """Return how long the homes take, beside a plain loop, and trees of pipes beside proven ones."""
    return [*_homes(), *_trees()]


def _homes() -> list[Figure]:
    take, rng = Assumptions(), np.random.default_rng(1)
    area, filled, frame = _stock(rng)
    loss = fabric.heat_loss(area, filled, shape=_shape())
    homes, sky = step.needs(take, area, loss), _sky(rng)
    times, pump = step.clock_from(take), step.pump_from(take)

    def year(one: heat.Homes, *, pumps: bool = False) -> heat.Year:
        return heat.year_of(one, sky, year=YEAR, times=times, pump=pump, pumps=pumps)

    year(homes)
    started = time.perf_counter()
    need, _ = year(homes), year(homes, pumps=True)
    cut = measures.cuts(area, filled, shape=_shape(), terms=step.terms(take)).to_numpy().sum(axis=1)
    less = np.minimum(cut, 0.8 * homes.loss_w_per_k)
    slope = (need.heat_kwh - year(replace(homes, loss_w_per_k=homes.loss_w_per_k - less)).heat_kwh) / less
    worked = measures.work_out(frame, area, filled, slope=slope, shape=_shape(), terms=step.terms(take))
    measures.table(frame, worked, measures.types(frame, least=10), prices=kit.heat_prices(take))
    _routes(frame, take, rng)
    took = time.perf_counter() - started
    started = time.perf_counter()
    year(homes)
    one_year = time.perf_counter() - started
    loop, apart = _loop(homes, sky, times, pump, need)
    return [
        Figure(
            name=f"{HOMES:,} homes: three years of half-hours, measures, packages, clusters and routes", value=took,
            unit="s", target=5.0, sense="at most", ours="all of it", ours_value=took, peer="target", peer_value=5.0,
        ),
        Figure(
            name="a year of half-hours beside a plain loop over homes", value=loop / one_year, unit="x", target=100.0,
            sense="at least", ours=f"{HOMES:,} homes", ours_value=one_year,
            peer=f"plain loop, {LOOPED} homes times {HOMES / LOOPED:g}", peer_value=loop,
        ),
        Figure(
            name="largest difference from it in the heat of a year", value=apart, unit="-", target=1e-9,
            sense="at most", ours="kernel", ours_value=float(need.heat_kwh[:LOOPED].mean()), peer="plain loop",
            peer_value=float(need.heat_kwh[:LOOPED].mean()), runs_unit="kWh",
        ),
    ]  # fmt: skip


def _loop(
    homes: heat.Homes, sky: heat.Climate, times: heat.Clock, pump: heat.Pump, found: heat.Year
) -> tuple[float, float]:
    """Return what a plain loop over some homes takes, scaled to all, and how far its heat is off. [s], [-]."""
    early, follows = heat.clocks(len(homes.count), times, pumps=False)
    wanted, inverse = heat.patterns(YEAR, times), heat.inverse_cop(sky.air_c, pump=pump)
    air, sun = sky.air_c.tolist(), sky.sun_w_m2.tolist()
    started, worst = time.perf_counter(), 0.0
    for home in range(LOOPED):
        loss, mass = float(homes.loss_w_per_k[home]), float(homes.mass_wh_per_k[home])
        gains, window, most = float(homes.gains_w[home]), float(homes.aperture_m2[home]), float(homes.heater_w[home])
        goals = np.roll(wanted[int(follows[home])], -int(early[home])).tolist()
        inside, total, power = float(wanted[int(follows[home])][0]), 0.0, 0.0
        for at, goal in enumerate(goals):
            free = gains + window * sun[at] - loss * (inside - air[at])
            rate = clock.PERIOD_H / mass
            given = min(max((goal - inside) / rate - free, 0.0), most)
            inside += rate * (given + free)
            total += given
            power += given * inverse[at]
        worst = max(worst, abs(total * clock.PERIOD_H / 1000 / found.heat_kwh[home] - 1))
    return (time.perf_counter() - started) * HOMES / LOOPED, worst


def _stock(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return areas, attributes and rows of homes drawn at random in rows of streets."""
    floor = rng.uniform(50, 140, HOMES)
    footprint = floor / 2 / 0.85
    ground = pd.DataFrame({
        "footprint_m2": footprint, "outline_m": 4 * np.sqrt(footprint), "homes": 1.0,
        "party_share": rng.choice([0.0, 0.25, 0.5], HOMES),
    })  # fmt: skip
    area = fabric.areas(ground, pd.Series(floor), storeys=pd.Series(2.0, index=ground.index), shape=_shape())
    stock = fabric.of_stock(shares=dict.fromkeys(LACKING, 0.4), fuels={"gas": 1.0}, pump=0.0)
    filled = pd.DataFrame([stock] * HOMES)
    filled["wall"] = rng.uniform(0.3, 1.6, HOMES)
    side = int(np.ceil(np.sqrt(HOMES)))
    x, y = (part.ravel()[:HOMES] * 14.0 for part in np.meshgrid(np.arange(side), np.arange(side)))
    used = floor * 90.0
    frame = pd.DataFrame({
        "homes": 1.0, "form": rng.choice(["semi", "detached", "mid_terrace", "flat"], HOMES), "x": x, "y": y,
        "age_band": rng.choice(fabric.AGE_BANDS, HOMES), "calibration": 0.8, "space_heat_kwh": used,
        "space_heat_low_kwh": used * 0.9, "space_heat_high_kwh": used * 1.1, "hot_water_kwh": 2200.0, "design_kw": 5.0,
        "pump_peak_kw": 1.7, "pump_share": 0.0, **{f"{fuel}_share": float(fuel == "gas") for fuel in FUELS},
        **{f"lacks_{name}_share": 0.4 for name in LACKING},
    })  # fmt: skip
    return area, filled, frame


def _routes(frame: pd.DataFrame, take: Assumptions, rng: np.random.Generator) -> None:
    """Gather the homes into clusters, lay pipes for each on streets, and work out every way to heat it."""
    plot = pd.Series(100.0, index=frame.index)
    street = pd.Series((frame["y"] // 28).astype(int).astype("string"), index=frame.index)
    number = near.cluster(frame, street, plot, reach_m=60.0, most_homes=120.0)
    by = frame.groupby(number)
    graph = _streets(int(np.ceil(np.sqrt(HOMES))), rng, 14.0, gaps=0.0)[0]
    metres = []
    for rows in by.groups.values():
        ends = np.asarray(rows, dtype=np.int64)
        pipes = heat_tree.lay(
            graph, frame[["x", "y"]].to_numpy(), int(ends[0]), ends, np.full(len(ends), 3.0), fixed=FIXED, by_kw=BY_KW,
            most_flows=0,
        ) if int(ends.max()) < graph.shape[0] else None  # fmt: skip
        metres.append(0.0 if pipes is None else float(pipes.length_m.sum()))
    heat_kwh = by["space_heat_kwh"].sum() + by["hot_water_kwh"].sum()
    clusters = pd.DataFrame({
        "cluster_id": [f"c{one}" for one in by.groups], "homes": by["homes"].sum(), "heat_kwh": heat_kwh,
        "heat_low_kwh": heat_kwh * 0.9, "heat_high_kwh": heat_kwh * 1.1, "design_kw": by["design_kw"].sum(),
        "pump_peak_kw": by["pump_peak_kw"].sum(), "flat_share": 0.1, "outdoor_m2": 100.0, "pipe_m": metres,
        "pipe_mwm": 10.0, "density_kwh_per_m": heat_kwh / np.maximum(metres, 1.0), "oil_share": 0.0,
    })  # fmt: skip
    heat_route.ways(clusters, terms=heat_routes.terms(take))


def _sky(rng: np.random.Generator) -> heat.Climate:
    at = np.arange(clock.PERIODS)
    season = np.cos((at / 48 + 10) / 365 * 2 * np.pi)
    air = 10 - 6.5 * season + 2.5 * np.sin((at % 48 - 18) / 48 * 2 * np.pi) + rng.normal(0, 1.0, clock.PERIODS)
    sun = np.maximum(np.cos((at % 48 - 24) / 24 * np.pi), 0.0) * (150 - 100 * season)
    return heat.Climate(air_c=air, sun_w_m2=sun)


def _shape() -> fabric.Shape:
    return fabric.Shape(storey_m=2.5, inner_share=0.85, window_share=0.16, bridge_share=0.1)


def _streets(side: int, rng: np.random.Generator, pitch: float, *, gaps: float) -> tuple[csr_matrix, np.ndarray]:
    """Return a town's streets as a grid with bends and gaps, and the nodes of its largest part."""
    place = np.arange(side * side).reshape(side, side)
    across, down = (np.stack(pair, axis=-1).reshape(-1, 2) for pair in (
        (place[:, :-1], place[:, 1:]), (place[:-1], place[1:])))  # fmt: skip
    pairs = np.concatenate([across, down])
    pairs = pairs[rng.random(len(pairs)) >= gaps]
    metres = pitch * rng.uniform(0.9, 1.4, len(pairs))
    both = coo_matrix(
        (np.r_[metres, metres], (np.r_[pairs[:, 0], pairs[:, 1]], np.r_[pairs[:, 1], pairs[:, 0]])),
        shape=(side * side, side * side),
    ).tocsr()
    _, part = connected_components(both, directed=False)
    return both, np.flatnonzero(part == np.bincount(part).argmax())


def _trees() -> list[Figure]:
    """Return how far searched trees are from proven ones, and how long a large one takes."""
    gaps = []
    for seed in range(CASES):
        rng = np.random.default_rng(seed)
        graph, main = _streets(_SIDES[seed % 4], rng, 60.0, gaps=0.12)
        ends = rng.choice(main, _ENDS[seed % 4]).astype(np.int64)
        flow_kw = rng.uniform(3, 9, len(ends))
        case = (graph, int(main[0]), ends, flow_kw)
        searched = heat_tree.grow(*case, fixed=FIXED, by_kw=BY_KW).cost(fixed=FIXED, by_kw=BY_KW)
        proven = heat_tree.exact(*case, fixed=FIXED, by_kw=BY_KW)
        if proven is not None:
            gaps.append(searched / proven.cost(fixed=FIXED, by_kw=BY_KW) - 1)
    rng = np.random.default_rng(99)
    graph, main = _streets(int(np.ceil(np.sqrt(3.6 * BUILDINGS))), rng, 20.0, gaps=0.12)
    ends = rng.choice(main, BUILDINGS).astype(np.int64)
    started = time.perf_counter()
    heat_tree.grow(graph, int(main[0]), ends, rng.uniform(3, 9, BUILDINGS), fixed=FIXED, by_kw=BY_KW)
    took = time.perf_counter() - started
    return [
        Figure(
            name=f"tree of pipes for {BUILDINGS:,} buildings", value=took, unit="s", target=10.0, sense="at most",
            ours=f"{graph.shape[0]:,} nodes of street", ours_value=took, peer="target", peer_value=10.0,
        ),
        Figure(
            name=f"cost of trees over the proven least, worst of {len(gaps)} cases of up to 100 buildings",
            value=max(gaps), unit="-", target=0.05, sense="at most", ours="worst", ours_value=max(gaps), peer="median",
            peer_value=float(np.median(gaps)), runs_unit="",
        ),
    ]  # fmt: skip
