"""The skyline round every roof cell of a village, beside GRASS r.horizon on a corner of it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import rasterio
from numba import njit
from numpy.typing import NDArray
from rasterio.transform import from_origin

from benchmarks import Figure, _reference
from benchmarks._timing import side_by_side
from laep.spatial.roofs import horizon

NO_GRASS = "GRASS is not installed: `make peers` says how"
SUMMARY = "skyline in 36 directions, unlimited distance, 1 m surface model, against GRASS r.horizon"
CELLS, CORNER, EDGE = 1000, 200, 40
SMALL = {"CELLS": 60, "CORNER": 60, "EDGE": 10}
FINE = 0.25
"""Step of the ray march that both are held to. [cells]"""

Floats = NDArray[np.float64]
Surface = NDArray[np.float32]
Whole = NDArray[np.intp]


def run() -> list[Figure]:
    """Return time per million cells and mean error, ours and GRASS's where it is installed."""
    surface, roof = _village(CELLS)
    grid = horizon.of_array(surface, 1.0)
    roofs, every = np.nonzero(roof), np.nonzero(np.ones_like(roof))
    _whole(grid, roofs[0][:9], roofs[1][:9])  # compiles
    took, all_took = side_by_side(lambda: _whole(grid, *roofs), lambda: _whole(grid, *every), repeats=5)
    share = f"{roof.mean():.0%} of cells"
    figures = [
        Figure(
            name="time per million cells of surface, every roof cell an eye", value=took, unit="s", target=0.5,
            sense="at most", ours=f"roof cells ({share}), 36 directions", ours_value=took,
            peer="every cell an eye, the same way", peer_value=all_took,
        )
    ]  # fmt: skip
    return figures + _beside_grass(surface[:CORNER, :CORNER], roof[:CORNER, :CORNER], all_took / CELLS**2)


def _beside_grass(surface: Surface, roof: NDArray[np.bool_], per_cell: float) -> list[Figure]:
    row, column = np.nonzero(roof)
    inside = (np.minimum(row, column) >= EDGE) & (np.maximum(row, column) < len(surface) - EDGE)
    row, column = row[inside], column[inside]
    azimuth = horizon.sector_azimuths()
    ours = _reference.angles(horizon.of_array(surface, 1.0), row, column, azimuth_deg=azimuth)
    slow = np.degrees(np.arctan(_march(surface.astype(np.float64), row, column, azimuth)))
    error = float(np.abs(ours - slow).mean())
    if shutil.which("grass") is None:
        return [
            Figure(
                name="mean error on roof cells, against a march along each ray", value=error, unit="deg", target=1.0,
                sense="at most", ours="mean skyline", ours_value=float(ours.mean()), peer=NO_GRASS,
                peer_value=float("nan"), runs_unit="deg",
            )
        ]  # fmt: skip
    theirs, grass_took = _grass(surface)
    grass_error = float(np.abs(theirs[:, row, column].T - slow).mean())
    return [
        Figure(
            name="time per cell, over r.horizon's, every cell an eye", value=grass_took / surface.size / per_cell,
            unit="x", target=100.0, sense="at least", ours="a million cells", ours_value=per_cell * 1e6,
            peer=f"r.horizon on {surface.size:,} cells, scaled", peer_value=grass_took / surface.size * 1e6,
        ),
        Figure(
            name="mean error on roof cells over r.horizon's, against a march along each ray",
            value=error / grass_error, unit="x", target=1.0, sense="at most", ours="ours", ours_value=error,
            peer="r.horizon", peer_value=grass_error, runs_unit="deg",
        ),
    ]  # fmt: skip


def _whole(grid: horizon.Grid, row: Whole, column: Whole) -> float:
    """Walk all directions and keep nothing but a sum, as one keeps means by plane."""
    azimuth = horizon.sector_azimuths()
    seen = horizon.tangents(grid, row, column, azimuth_deg=azimuth, lift_m=0.0, strip_cells=horizon.STRIP_CELLS)
    return sum(float(tangent[-1]) for _, tangent in seen)


def _village(cells: int) -> tuple[Surface, NDArray[np.bool_]]:
    """Return a sloping ground with gabled houses and round trees, surveyed with 5 cm of noise, and where roofs are."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:cells, 0:cells].astype(np.float64)
    ground = 100 + 0.02 * x + 0.01 * y
    surface, roof = ground.copy(), np.zeros((cells, cells), dtype=bool)
    spacing, half = 20, 9
    for top in range(half, cells - half, spacing):
        for left in range(half, cells - half, spacing):
            window = np.s_[max(0, top - half) : top + half, max(0, left - half) : left + half]
            along, across = x[window] - left, y[window] - top
            turn = rng.uniform(0, np.pi)
            u = along * np.cos(turn) + across * np.sin(turn)
            v = across * np.cos(turn) - along * np.sin(turn)
            length, width, eaves = rng.uniform(4, 7), rng.uniform(3, 4.5), rng.uniform(4.5, 9)
            house = (np.abs(u) <= length) & (np.abs(v) <= width)
            height = ground[top, left] + eaves + (width - np.abs(v)) * np.tan(np.radians(rng.uniform(25, 50)))
            surface[window][house] = height[house]
            roof[window][house] = True
            away = np.hypot(along - 8, across - 8)
            tree = (away < 3) & ~roof[window]
            crown = ground[window] + rng.uniform(4, 14) + np.sqrt(np.maximum(9 - away**2, 0))
            surface[window][tree] = crown[tree]
    return (surface + rng.normal(0, 0.05, surface.shape)).astype(np.float32), roof


@njit(nogil=True)
def _march(surface: Floats, rows: Whole, columns: Whole, azimuth: Floats) -> Floats:
    """Return the tangent of the skyline by small steps along each ray on the bilinear surface, the slow way."""
    high, wide = surface.shape
    found = np.zeros((rows.size, azimuth.size))
    for way in range(azimuth.size):
        east, south = np.sin(np.radians(azimuth[way])), -np.cos(np.radians(azimuth[way]))
        for eye in range(rows.size):
            away, best = 1.0, 0.0
            while True:
                x, y = columns[eye] + east * away, rows[eye] + south * away
                i, j = int(np.floor(x)), int(np.floor(y))
                if i < 0 or j < 0 or i >= wide - 1 or j >= high - 1:
                    break
                top = surface[j, i] * (1 - x + i) + surface[j, i + 1] * (x - i)
                low = surface[j + 1, i] * (1 - x + i) + surface[j + 1, i + 1] * (x - i)
                best = max(best, (top * (1 - y + j) + low * (y - j) - surface[rows[eye], columns[eye]]) / away)
                away += FINE
            found[eye, way] = best
    return found


def _grass(surface: Surface) -> tuple[Surface, float]:
    """Return r.horizon's angles by direction clockwise from north, and how long r.horizon itself took."""
    with tempfile.TemporaryDirectory() as folder:
        dsm = Path(folder) / "dsm.tif"
        with rasterio.open(
            dsm, "w", driver="GTiff", width=surface.shape[1], height=surface.shape[0], count=1, dtype="float32",
            crs="EPSG:27700", transform=from_origin(400000, 290000, 1, 1),
        ) as file:  # fmt: skip
            file.write(surface, 1)
        script = Path(folder) / "run.sh"
        # GRASS counts from east, against the clock; ours is clockwise from north
        names = [f"h_{(90 - angle) % 360:03d}" for angle in range(0, 360, 10)]
        script.write_text(
            f"set -e\nr.in.gdal input={dsm} output=dsm -o --q\ng.region raster=dsm\ndate +%s.%N\n"
            "r.horizon -d elevation=dsm step=10 start=0 end=360 output=h --q\ndate +%s.%N\n"
            + "".join(f"r.out.gdal input={name} output={folder}/{name}.tif --q -f\n" for name in names)
        )
        done = subprocess.run(
            ["grass", "--tmp-location", "EPSG:27700", "--exec", "sh", str(script)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        began, ended = (float(line) for line in done.stdout.split() if line.replace(".", "").isdigit())
        angles = np.stack([rasterio.open(f"{folder}/{name}.tif").read(1) for name in names])
    return np.maximum(angles, 0.0), ended - began
