"""The search for self-balancing groups in a town of 20,000 buildings, beside groups grown at random."""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks import Figure
from benchmarks._child import peak_memory_mib
from laep import schema
from laep.models.balance import segment_search
from laep.models.time import profiles
from laep.models.time.clock import PERIODS
from laep.spatial.network import segments

SUMMARY = "groups of streets that balance best in a town of 20,000 buildings, against 200 random ones"
BUILDINGS, PRIMARIES, RANDOM = 20_000, 4, 200
SMALL = {"BUILDINGS": 4_000, "RANDOM": 3}
PLOT_M = 18.0
LIMITS = segment_search.Limits(
    homes_distributed=300.0, homes_anchor=100.0, homes_most=2000.0, ratio_low=0.5, ratio_high=1.5
)
INDICATORS = ("overlap", "self_sufficiency", "self_consumption")


def run() -> list[Figure]:
    """Return how long pieces, profiles and search take together, and how the groups found compare with random ones."""
    buildings, homes, links, kwh, kwp = _town()
    started = time.perf_counter()
    units = segments.units(buildings, homes, links, schema.empty("in_land"), max_homes=100.0, max_gap_m=60.0)
    pieces = _pieces(units, kwh, kwp, homes)
    found = {aim: segment_search.search(pieces, LIMITS, aim=aim, most=10)[0] for aim in INDICATORS}
    took = time.perf_counter() - started
    chance = segment_search.random_groups(pieces, LIMITS, count=RANDOM, seed=1)
    ours = {aim: segment_search.score(pieces, found[aim][0])[aim] for aim in INDICATORS}
    theirs = {aim: max(segment_search.score(pieces, group)[aim] for group in chance) for aim in INDICATORS}
    memory = peak_memory_mib() / 1024
    return [
        Figure(
            name=f"pieces, profiles and three searches over {len(pieces)} pieces", value=took, unit="s", target=60.0,
            sense="at most", ours=f"{len(buildings):,} buildings", ours_value=took, peer="target", peer_value=60.0,
        ),
        Figure(
            name="peak memory of the benchmark", value=memory, unit="GiB", target=2.0, sense="at most",
            ours="whole process", ours_value=memory, peer="target", peer_value=2.0, runs_unit="GiB",
        ),
        *(
            Figure(
                name=f"{aim.replace('_', '-')} of the best group found, over the best of {len(chance)} random ones",
                value=float(ours[aim] / theirs[aim]), unit="x", target=1.0, sense="at least",
                ours="the search, with that aim", ours_value=float(ours[aim]), peer="best of the random groups",
                peer_value=float(theirs[aim]), runs_unit="",
            )
            for aim in INDICATORS
        ),
    ]  # fmt: skip


def _town() -> tuple[gpd.GeoDataFrame, pd.Series[float], pd.DataFrame, np.ndarray, np.ndarray]:
    """Return a made town: a grid of plots, shops in the middle, works at one edge, a transformer to about 150 plots."""
    rng = np.random.default_rng(1)
    side = int(np.ceil(BUILDINGS**0.5))
    x, y = (values.ravel()[:BUILDINGS] * PLOT_M for values in np.meshgrid(np.arange(side), np.arange(side)))
    centre, works = np.hypot(x - x.mean(), y - y.mean()) < 250, x > x.max() - 120
    business = (centre & (rng.random(BUILDINGS) < 0.5)) | (works & (rng.random(BUILDINGS) < 0.7))
    size = np.where(business, rng.uniform(10, 16, BUILDINGS), rng.uniform(6, 10, BUILDINGS))
    ids = np.array([f"b{n}" for n in range(BUILDINGS)])
    frame = schema.empty("in_building").reindex(range(BUILDINGS))
    frame = frame.assign(building_id=ids, footprint_m2=size**2, source_id="made", use="home", use_basis="none")
    buildings = gpd.GeoDataFrame(frame, geometry=shapely.box(x, y, x + size, y + size), crs=schema.CRS)
    homes = pd.Series(np.where(business, 0.0, 1.0), index=ids)
    links = schema.empty("link_building").reindex(range(BUILDINGS)).assign(
        building_id=ids,
        secondary_id=[f"S{int(a)}-{int(b)}" for a, b in zip(x // (12 * PLOT_M), y // (12 * PLOT_M), strict=True)],
        primary_id=[f"P{n}" for n in (2 * (x > x.mean()) + (y > y.mean()))],
    )  # fmt: skip
    # [demand of homes, of businesses], then solar facing east, south and west
    kwh = np.column_stack([~business * rng.gamma(6, 450, BUILDINGS), business * rng.gamma(3, 9000, BUILDINGS)])
    turn = rng.integers(0, 3, BUILDINGS)
    kwp = (turn[:, None] == np.arange(3)) * np.where(business, 20.0, 3.2)[:, None] * rng.random((BUILDINGS, 1))
    return buildings, homes, links, kwh, kwp


def _pieces(units: segments.Units, kwh: np.ndarray, kwp: np.ndarray, homes: pd.Series[float]) -> segment_search.Pieces:
    def of_units(values: np.ndarray) -> np.ndarray:
        sums = [np.bincount(units.of_building, column, minlength=len(units.frame)) for column in values.T]
        return np.column_stack(sums)

    shapes = np.stack([profiles.profile(name, year=2026) for name in ("elexon_pc1", "elexon_pc3")])
    demand, generation = of_units(kwh) @ shapes * 2, of_units(kwp) @ _sun()
    return segment_search.Pieces(
        demand, generation, flexible_kw=demand * 0.1, homes=of_units(homes.to_numpy()[:, None])[:, 0],
        anchor=np.zeros(len(units.frame), dtype=bool), edges=units.edges,
    )  # fmt: skip


def _sun() -> np.ndarray:
    """Return half-hourly output per kWp of panels facing east, south and west under made clouds, shape (3, 17520)."""
    step = np.arange(PERIODS)
    hour, day = step % 48 / 2, step // 48
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365)
    cloud = np.random.default_rng(2).beta(1.2, 1.2, 365)[day]
    output = []
    for turn in (-3.0, 0.0, 3.0):
        angle = np.radians(15 * (hour - 12 - turn / 2))
        height = np.sin(0.9) * np.sin(declination) + np.cos(0.9) * np.cos(declination) * np.cos(angle)
        output.append(np.maximum(height, 0.0) * cloud)
    return np.stack(output)
