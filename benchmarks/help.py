"""How long the front door takes to open."""

from __future__ import annotations

import subprocess
import sys

from benchmarks import Figure
from benchmarks._report import ROOT
from benchmarks._timing import side_by_side

SUMMARY = "laep --help, against the help of an app that does nothing"
REPEATS = 9
SMALL = {"REPEATS": 1}
HEAVY = ("pandas", "numpy", "geopandas", "shapely", "scipy", "rasterio", "pyogrio", "pyproj", "pvlib")
EMPTY_APP = "import rich, typer; app = typer.Typer(); app.command()(lambda: None); app()"


def run() -> list[Figure]:
    """Return the time of `--help` over that of an empty app, and how many heavy libraries it loads."""
    took, empty_took = side_by_side(
        lambda: _python("-m", "laep.cli", "--help"),
        lambda: _python("-c", EMPTY_APP, "--help"),
        repeats=REPEATS,
    )
    loaded = _heavy("-m", "laep.cli", "--help")
    return [
        Figure(
            name="time to show the help, over that of an app with one empty command", value=took / empty_took, unit="x",
            target=1.5, sense="at most", ours="python -m laep.cli --help", ours_value=took,
            peer="a Typer app of one command --help", peer_value=empty_took,
        ),
        Figure(
            name="heavy libraries loaded for the help", value=len(loaded), unit="libraries", target=0,
            sense="at most", ours=", ".join(loaded) or "none", ours_value=len(loaded),
            peer=", ".join(HEAVY) + " looked for", peer_value=len(HEAVY), runs_unit="libraries",
        ),
    ]  # fmt: skip


def _heavy(*words: str) -> list[str]:
    """Return which heavy libraries a run of Python imports."""
    lines = _python("-X", "importtime", *words).stderr.splitlines()
    imported = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    return [name for name in HEAVY if name in imported]


def _python(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True)
