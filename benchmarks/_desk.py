"""What both desk benchmarks need: a store, proposals, and a process timed with its own peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks._report import ROOT
from laep.desk import build, store
from laep.resources import sample_data

if TYPE_CHECKING:
    from pathlib import Path

SSEN = ROOT.parent / "shared" / "data" / "dso" / "ssen"
FILES = ("headroom-dashboard-data-march-2026.csv", "sepd_primarysubstation_esa_2025_simplified.geojson")
SAMPLE = ("ssen_headroom_march_2026.csv", "ssen_primary_areas.geojson")
NOWHERE = ROOT / "no such folder"
"""For the small form: the sample village stands in for the operator."""
SPREAD_M = 3000.0
KIB_PER_MIB = 1024


def make_store(folder: Path, published: Path) -> tuple[Path, str]:
    """Return a store of all SSEN, or of the sample village where `published` has no real files, and which it is."""
    real = all((published / name).is_file() for name in FILES)
    files = [published / name for name in FILES] if real else [sample_data() / name for name in SAMPLE]
    path = folder / "headroom.gpkg"
    build.build(path, dict(zip(("ssen_headroom", "ssen_areas"), ([file] for file in files), strict=True)))
    return path, "SSEN, March 2026" if real else "the sample village (SSEN's files are not here)"


def make_proposals(path: Path, into: Path, *, count: int) -> None:
    """Write proposals scattered round the primaries of a store, most of them small."""
    rng = np.random.default_rng(20290)
    with store.HeadroomStore.open(path) as held:
        sites = np.array([site[1:3] for site in held.sites("primary")])
    points = sites[rng.integers(0, len(sites), count)] + rng.normal(0, SPREAD_M, (count, 2))
    sizes = np.round(rng.lognormal(5, 1.5, count), 1)
    rows = [f"P{i},{x:.0f},{y:.0f},{kw},{kw / 4:.2f}" for i, ((x, y), kw) in enumerate(zip(points, sizes, strict=True))]
    into.write_text("\n".join(["id,easting,northing,generation_kw,demand_kw", *rows]) + "\n", encoding="utf-8")


def measured(*words: str) -> tuple[float, float, str]:
    """Run Python and return its wall time [s], its own peak memory [MiB] and what it printed."""
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        out = child.stdout.read().decode() if child.stdout else ""
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - started
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, words)
    return took, usage.ru_maxrss / KIB_PER_MIB / (KIB_PER_MIB if sys.platform == "darwin" else 1), out
