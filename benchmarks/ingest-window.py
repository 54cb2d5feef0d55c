"""One ward read out of half a million buildings, beside the same ward cut out by hand first."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from benchmarks import Figure

SUMMARY = "a ward read from a file of 500,000 buildings, against the same ward cut out by hand"
BUILDINGS, TOWN_M, WARD_M = 500_000, 35_000.0, 3_000.0
REPEATS = 5
SMALL = {"BUILDINGS": 2_000, "REPEATS": 1}
MARGIN_M = 2.0  # a straight edge bends when it is reprojected, so the reader looks a metre further
WEST, SOUTH = 400_000.0, 200_000.0
READ = """
import json, re, sys, time
from pathlib import Path
import shapely
from laep.ingest.ground import buildings
from laep.ingest.read.vector import read_vector

path, clip = Path(sys.argv[1]), shapely.box(*map(float, sys.argv[2:6]))
best = float("inf")
for _ in range(int(sys.argv[6])):
    started = time.perf_counter()
    found = read_vector(path, source=buildings.SOURCE, clip=clip, shapes="polygon")
    best = min(best, time.perf_counter() - started)
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1))
print(json.dumps([best, peak / 1024, len(found.frame)]))
"""
"""Peak memory as Linux tells it of this process alone: `getrusage` would begin with what the parent held."""


def run() -> list[Figure]:
    """Return time and peak memory of reading the ward from the whole file, over those of reading the cut file."""
    with tempfile.TemporaryDirectory() as folder:
        town = _town()
        centre = TOWN_M / 2
        ward = shapely.box(WEST + centre, SOUTH + centre, WEST + centre + WARD_M, SOUTH + centre + WARD_M)
        cut = town[shapely.intersects(town.geometry.to_numpy(), ward.buffer(MARGIN_M, join_style="mitre"))]
        figures = []
        for suffix in ("gpkg", "parquet"):
            whole_path, cut_path = (Path(folder) / f"{name}.{suffix}" for name in ("whole", "cut"))
            _write(town, whole_path)
            _write(cut, cut_path)
            figures += _compared(suffix, whole_path, cut_path, ward)
        return figures


def _compared(suffix: str, whole: Path, cut: Path, ward: shapely.Geometry) -> list[Figure]:
    took, peak, rows = _read(whole, ward)
    cut_took, cut_peak, cut_rows = _read(cut, ward)
    if rows != cut_rows:
        raise AssertionError(f"{rows} rows from the whole file, {cut_rows} from the cut one")
    said = f"{rows:,.0f} buildings from {{}}, {suffix}"
    whole_file, by_hand = said.format("the whole file"), said.format("the ward cut out by hand")
    return [
        Figure(
            name=f"time, {suffix}", value=took / cut_took, unit="x", target=3.0, sense="at most", ours=whole_file,
            ours_value=took, peer=by_hand, peer_value=cut_took,
        ),
        Figure(
            name=f"peak memory, {suffix}", value=peak / cut_peak, unit="x", target=1.5, sense="at most",
            ours=whole_file, ours_value=peak, peer=by_hand, peer_value=cut_peak, runs_unit="MiB",
        ),
    ]  # fmt: skip


def _read(path: Path, ward: shapely.Geometry) -> tuple[float, float, int]:
    """Return seconds, peak memory and rows of reading a file in a process of its own. [s, MiB, -]."""
    words = [sys.executable, "-c", READ, str(path), *map(str, ward.bounds), str(REPEATS)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    took, peak, rows = json.loads(done.stdout)
    return took, peak, rows


def _town() -> gpd.GeoDataFrame:
    """Return houses strewn over a county, neighbours near each other in the file as publishers sort them."""
    rng = np.random.default_rng(3)
    x, y = WEST + rng.uniform(0, TOWN_M, BUILDINGS), SOUTH + rng.uniform(0, TOWN_M, BUILDINGS)
    order = np.lexsort((x, y // 1000))
    x, y = x[order], y[order]
    shapes = shapely.box(x, y, x + rng.uniform(5, 15, BUILDINGS), y + rng.uniform(5, 15, BUILDINGS))
    attributes = {"id": np.arange(BUILDINGS).astype(str), "building": "house", "height": rng.uniform(4, 12, BUILDINGS)}
    return gpd.GeoDataFrame(attributes, geometry=shapes, crs="EPSG:27700")


def _write(frame: gpd.GeoDataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        frame.to_parquet(path, write_covering_bbox=True, row_group_size=10_000)
    else:
        frame.to_file(path)
