"""A whole ward from surface model to yields, from the command line, with the time of every step."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.transform import from_origin

from benchmarks import Figure
from laep import resources
from laep.schema import CRS

SUMMARY = "a ward of 4,000 buildings and 4 km2 of surface and ground model, to yields"
KM = 1000
"""Side of the piece of the sample village that the ward is made of four times. [cells of 1 m]"""
LEFT, TOP = 435490.0, 209660.0
"""North-west corner of the piece with most buildings."""
BUILDINGS = 1000
"""Buildings taken of each piece."""
LAST = "Working out solar yields"
"""What the command says when the yields are there. Steps after it plan and reckon with money."""
KIB_PER_GIB = 1024**2
SHOWN = 6
WARM = True
"""Run once before the run that is timed, so that nothing is compiled in it."""
SMALL = {"KM": 200, "BUILDINGS": 3, "WARM": False}


def run() -> list[Figure]:
    """Return the time and the most memory of `laep run`; the slowest steps go to stderr."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        count = _make(place)
        _laep("init", "Ward", "--boundary", str(place / "ward.geojson"), "--offline", "--into", folder)
        area = ["--area", str(place / "ward")]
        _laep("ingest", "osm", "--file", str(place / "buildings.geojson"), "--offline", *area)
        files = [word for name in ("dsm", "dtm") for word in ("--file", str(place / f"{name}.tif"))]
        _laep("ingest", "elevation", *files, "--offline", *area)
        gathered, _, _ = _laep("ingest", "--offline", *area)
        if WARM:
            _laep("run", *area)
            (place / "ward" / "ward.gpkg").unlink()
            gathered, _, _ = _laep("ingest", "--offline", *area)
        took, peak, steps = _laep("run", *area)
    names = list(steps)
    to_yields = sum(steps[name] for name in names[: names.index(LAST) + 1])
    slowest = sorted(steps.items(), key=lambda step: -step[1])[:SHOWN]
    profile = ", ".join(f"{name.lower()} {seconds:.1f} s" for name, seconds in slowest)
    print(f"slowest steps: {profile}", file=sys.stderr)
    ours = f"laep run, {count:,} buildings"
    return [
        Figure(
            name="time of the run, from surface model to yields", value=to_yields, unit="s", target=20.0,
            sense="at most", ours=f"{ours}, until yields are there ({profile})", ours_value=to_yields,
            peer=f"to the end of the run; gathering the files before it took {gathered:.1f} s", peer_value=took,
        ),
        Figure(
            name="most memory held", value=peak, unit="GiB", target=1.5, sense="at most", ours=ours, ours_value=peak,
            peer="both models in memory as 32-bit numbers", peer_value=2 * 4 * KM**2 * 4 / KIB_PER_GIB / 1024,
            runs_unit="GiB",
        ),
    ]  # fmt: skip


def _make(folder: Path) -> int:
    """Write boundary, buildings and both models of the ward; return how many buildings there are."""
    sample = resources.sample_data()
    outer = shapely.box(LEFT, TOP - 2 * KM, LEFT + 2 * KM, TOP)
    gpd.GeoDataFrame({"name": ["Ward"]}, geometry=[outer.buffer(-1)], crs=CRS).to_file(folder / "ward.geojson")
    piece = gpd.read_file(sample / "osm_buildings.geojson").to_crs(CRS)
    inside = piece.within(shapely.box(LEFT, TOP - KM, LEFT + KM, TOP).buffer(-1))
    piece = piece[inside.to_numpy()].head(BUILDINGS)
    parts = []
    for number in range(4):
        moved = piece.set_geometry(piece.translate(KM * (number % 2), -KM * (number // 2)))
        parts.append(moved.assign(osm_ref=[f"way/{90_000_000 + number * KM + n}" for n in range(len(piece))]))
    ward = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=CRS)
    ward.to_crs("EPSG:4326").to_file(folder / "buildings.geojson")
    for name in ("dsm", "dtm"):
        with rasterio.open(sample / f"{name}_1m.tif") as file:
            row, column = file.index(LEFT + 0.5, TOP - 0.5)
            heights = file.read(1, window=((row, row + KM), (column, column + KM)))
            profile = file.profile | {
                "height": 2 * KM, "width": 2 * KM, "transform": from_origin(LEFT, TOP, 1, 1),
            }  # fmt: skip
        with rasterio.open(folder / f"{name}.tif", "w", **profile) as file:
            file.write(np.tile(heights, (2, 2)), 1)
    return len(ward)


def _laep(*words: str) -> tuple[float, float, dict[str, float]]:
    """Run one command; return its seconds, the most memory it held in GiB, and the seconds of each step it told of."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", "from laep.cli import main; main()", *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=resources.sample_data().parent,
    )  # fmt: skip
    steps: dict[str, float] = {}
    said, last = [], started
    for line in process.stderr or ():
        now = time.perf_counter()
        steps[line.strip().split(":")[0]] = now - last
        said.append(line)
        last = now
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, ["laep", *words], stderr="".join(said))
    return time.perf_counter() - started, usage.ru_maxrss / KIB_PER_GIB, steps
