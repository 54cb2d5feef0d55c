"""Roof planes of the sample village from its surface model, beside RANSAC one building at a time."""

from __future__ import annotations

import importlib
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import Figure, _roof_truth
from benchmarks._peers import INSTALL
from benchmarks._roof_truth import DSM, DTM
from laep.spatial.rasters import blocks, describe
from laep.spatial.roofs import plane_cells, planes

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

SUMMARY = "roof planes of the sample village, outlines included, against scikit-learn's RANSAC building by building"
REPEATS, PEER_BUILDINGS, PEER_PLANES, PEER_TRIALS = 5, 60, 6, 100
SMALL = {"REPEATS": 1, "PEER_BUILDINGS": 2}
INLIER_M, LEAST_CELLS = 0.15, 5


def run() -> list[Figure]:
    """Return speed and accuracy on the sample's roofs, in processor time; RANSAC in the same run where installed."""
    buildings = _roof_truth.sample_buildings()
    found = planes.from_rasters(buildings, DSM, DTM)  # compiles
    score = _roof_truth.sample_score(found)
    whole = _best(lambda: planes.from_rasters(buildings, DSM, DTM))
    block = next(blocks(buildings, np.arange(len(buildings)), [describe(DSM[0])], [describe(DTM[0])]))
    fitted = _best(lambda: planes.fitted(block))
    traced = _best(lambda: planes.in_block(block, buildings, (0.0, 0.0), describe(DSM[0])))
    ransac = _ransac(buildings)
    count = len(buildings)
    peer = ransac or (float("nan"), float("nan"))
    peer_name = (
        f"{PEER_BUILDINGS} buildings by scikit-learn's RANSAC"
        if ransac
        else f"scikit-learn is not installed: {INSTALL}"
    )
    figures = [
        Figure(
            name="buildings a second on one core, cells to clipped outlines", value=count / traced, unit="buildings/s",
            target=3_000.0, sense="at least", ours=f"{count} buildings, rasters read", ours_value=count / traced,
            peer="planes alone, no outlines", peer_value=count / fitted, runs_unit="buildings/s",
        ),
        Figure(
            name="the same, reading both rasters", value=count / whole, unit="buildings/s", target=1_500.0,
            sense="at least", ours=f"{count} buildings from the files", ours_value=count / whole, peer=peer_name,
            peer_value=peer[0], runs_unit="buildings/s",
        ),
    ]  # fmt: skip
    if ransac:
        figures.append(
            Figure(
                name="speed over RANSAC's, planes and outlines against planes alone", value=count / traced / peer[0],
                unit="x", target=50.0, sense="at least", ours="laep", ours_value=count / traced, peer=peer_name,
                peer_value=peer[0], runs_unit="buildings/s",
            )
        )  # fmt: skip
    return figures + _accuracy(score, peer[1], peer_name)


def _accuracy(score: _roof_truth.Score, peer_right: float, peer_name: str) -> list[Figure]:
    def figure(name: str, value: float, unit: str, target: float, *, least: bool = False) -> Figure:
        return Figure(
            name=name, value=value, unit=unit, target=target, sense="at least" if least else "at most",
            ours=f"{score.planes} planes of {score.buildings} buildings", ours_value=value,
            peer=peer_name if least else "the sample's truth", peer_value=peer_right if least else 0.0, runs_unit=unit,
        )  # fmt: skip

    return [
        figure("buildings with the right number of planes", score.right_number, "share", 0.95, least=True),
        figure("slope of matched planes, root mean square error", score.tilt_rmse_deg, "deg", 2.0),
        figure("direction of matched planes, root mean square error", score.azimuth_rmse_deg, "deg", 3.0),
        figure("area of matched planes, median error", score.area_median_error, "share", 0.05),
    ]


def _best(work: Callable[[], object]) -> float:
    took = []
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return min(took)


def _ransac(buildings: gpd.GeoDataFrame) -> tuple[float, float] | None:
    """Return buildings a second of RANSAC, and the share with the right number of planes; None when not installed."""
    try:
        model = importlib.import_module("sklearn.linear_model").RANSACRegressor
    except ImportError:
        return None
    truth = _roof_truth.sample_truth()
    first, most = _roof_truth.counts(truth)
    some = buildings[buildings["building_id"].isin(most[most > 0].index)].iloc[:: len(buildings) // PEER_BUILDINGS]
    some = some.iloc[:PEER_BUILDINGS]
    block = next(blocks(some, np.arange(len(some)), [describe(DSM[0])], []))
    offset, row, column = plane_cells.cells(block)
    height = block.dsm[row, column]
    started = time.process_time()
    found = [
        _peel(model, np.column_stack([column[a:b], row[a:b]]).astype(float), height[a:b]) for a, b in pairwise(offset)
    ]
    took = time.process_time() - started
    names = some["building_id"].to_numpy()
    right = [first[name] <= count <= most[name] for name, count in zip(names, found, strict=True)]
    return len(some) / took, float(np.mean(right))


def _peel(model: Callable[..., Any], xy: NDArray[np.float64], z: NDArray[np.float64]) -> int:
    """Return how many planes of counted size RANSAC takes off one roof, the best first."""
    count = 0
    for _ in range(PEER_PLANES):
        if len(z) < LEAST_CELLS:
            break
        fit = model(residual_threshold=INLIER_M, max_trials=PEER_TRIALS, random_state=0, min_samples=3)
        try:
            fit.fit(xy, z)
        except ValueError:  # no three cells agree
            break
        on = fit.inlier_mask_
        count += int(on.sum() >= _roof_truth.COUNTED_M2)
        xy, z = xy[~on], z[~on]
    return count
