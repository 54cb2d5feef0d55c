"""A hundred thousand proposals at the headroom desk, as a whole process, beside a plain spatial join."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import Figure
from benchmarks._desk import NOWHERE, SSEN, make_proposals, make_store, measured

SUMMARY = "100,000 proposals checked as a whole process: alone, in queue order, pro rata"
COUNT = 100_000
SMALL = {"COUNT": 50, "SSEN": NOWHERE}
MEMORY_MIB = 1024.0
WAYS = {"alone": (), "queue": ("--cumulative", "queue"), "pro rata": ("--cumulative", "prorata")}
JOIN = (
    "import sys, geopandas as gpd, pandas as pd\n"
    "p = pd.read_csv(sys.argv[1])\n"
    "p = gpd.GeoDataFrame(p, geometry=gpd.points_from_xy(p.easting, p.northing), crs=27700)\n"
    "a = gpd.read_file(sys.argv[2], layer='supply_area')\n"
    "j = p.sjoin(a, how='left')\n"
    "h = gpd.read_file(sys.argv[2], layer='headroom')\n"
    "j.merge(h[h.direction == 'generation'], on='substation_fid', how='left')"
    ".drop(columns='geometry').to_csv(sys.argv[3])"
)
"""What one would write by hand: only the published areas, only one figure, no chain, no verdict."""


def run() -> list[Figure]:
    """Return the time and memory of each way of checking, and the time of a plain join."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, which = make_store(folder, SSEN)
        proposals = folder / "proposals.csv"
        make_proposals(path, proposals, count=COUNT)
        out = str(folder / "out.csv")
        call = ("-m", "laep.cli", "headroom", "check", "--store", str(path), "--file", str(proposals), "--out", out)
        join_took, join_memory, _ = measured("-c", JOIN, str(proposals), str(path), out)
        figures = []
        for label, more in WAYS.items():
            took, memory, _ = measured(*call, *more)
            figures += [
                Figure(
                    name=f"{COUNT:,} proposals, {label}: time ({which})", value=took, unit="s", target=20.0,
                    sense="at most",
                    ours=f"laep headroom check --file, {label}", ours_value=took,
                    peer="geopandas: areas joined, one figure, no chain", peer_value=join_took,
                ),
                Figure(
                    name=f"{COUNT:,} proposals, {label}: memory", value=memory, unit="MiB", target=MEMORY_MIB,
                    sense="at most", ours=f"laep headroom check --file, {label}", ours_value=memory,
                    peer="geopandas: areas joined, one figure, no chain", peer_value=join_memory, runs_unit="MiB",
                ),
            ]  # fmt: skip
        return figures
