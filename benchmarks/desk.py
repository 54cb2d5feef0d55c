"""One proposal at the headroom desk: how long a whole process takes, and whether it says what is published."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import Figure
from benchmarks._desk import FILES, NOWHERE, SAMPLE, SSEN, make_store, measured
from benchmarks._timing import side_by_side
from laep.checked import Proposal
from laep.desk import check, place, settings, store
from laep.resources import sample_data

if TYPE_CHECKING:
    from laep.results import Checked

SUMMARY = "one headroom check as a whole process, and every primary against its published row"
REPEATS = 9
SMALL = {"REPEATS": 1, "SSEN": NOWHERE}
ASK = ("--at", "51.78,-1.47", "--generation-kw", "250")
IMPORTS = "import sqlite3, shapely, pyproj"


def run() -> list[Figure]:
    """Return the times of one check and of bare imports, and how many primaries come back as published."""
    with tempfile.TemporaryDirectory() as folder:
        path, which = make_store(Path(folder), SSEN)
        words = ("-m", "laep.cli", "headroom", "check", "--store", str(path), *ASK)
        took, bare = side_by_side(lambda: measured(*words), lambda: measured("-c", IMPORTS), repeats=REPEATS)
        return [
            Figure(
                name=f"one check, whole process ({which})", value=took, unit="s", target=0.6, sense="at most",
                ours="laep headroom check", ours_value=took, peer=f"python -c {IMPORTS!r}", peer_value=bare,
            ),
            Figure(
                name="the same, over the bare imports of what it needs", value=took / bare, unit="x", target=3.0,
                sense="at most", ours="laep headroom check", ours_value=took, peer=f"python -c {IMPORTS!r}",
                peer_value=bare,
            ),
            *_against_the_file(path),
        ]  # fmt: skip


def _against_the_file(path: Path) -> list[Figure]:
    """Return how many primaries give back their row, bind where its text says, and are found at their own place."""
    published = _published()
    numbers = settings.shipped()
    with store.HeadroomStore.open(path) as held:
        answers = {
            asset: check.check(held, Proposal(asset=asset, generation_kw=1, demand_kw=1), numbers)
            for asset in published
        }
        sites = [row for row in held.substations() if row["level"] == "primary"]
        served = place.serving_many(np.array([[row["x"], row["y"]] for row in sites]), held)
    same = sum(_unchanged(answers[asset], row) for asset, row in published.items())
    agree = sum(_agrees(answers[asset], row) for asset, row in published.items())
    home = sum(int(fid == row["fid"]) for row, fid in zip(sites, served.fid.tolist(), strict=True))
    whole = float(len(published))
    told = f"{len(published)} primaries in the published file"
    return [
        _share("asked by id: primaries whose published values come back unchanged", same, 100.0, told, whole),
        _share("asked by id: primaries whose binding level agrees with the texts", agree, 100.0, told, whole),
        _share(
            "asked at its own coordinates: the same primary (docs/headroom-desk.md lists the rest)", home, 98.0, told,
            whole,
        ),
    ]  # fmt: skip


def _share(name: str, ours: int, target: float, peer: str, whole: float) -> Figure:
    return Figure(
        name=name, value=100 * ours / whole, unit="%", target=target, sense="at least", ours="as asked",
        ours_value=ours, peer=peer, peer_value=whole, runs_unit="primaries",
    )  # fmt: skip


def _published() -> dict[str, dict[str, str]]:
    path = SSEN / FILES[0] if (SSEN / FILES[0]).is_file() else sample_data() / SAMPLE[0]
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return {row["AssetID"]: row for row in csv.DictReader(lines) if row["Substation Type"] == "Primary"}


def _unchanged(found: Checked, row: dict[str, str]) -> bool:
    own = found.chain[0]
    if own.generation is None or own.demand is None:
        return False
    wanted = (float(row["Estimated Generation Headroom (MW)"]), float(row["Estimated Demand Headroom (MVA)"]))
    return bool((own.generation.before, own.demand.before) == wanted)


def _agrees(found: Checked, row: dict[str, str]) -> bool:
    told = {measure.measure: measure.level for measure in found.measures}
    for measure, column in (("generation", "Generation Constraint"), ("demand", "Demand Constraint")):
        parts = [part.strip() for part in row[column].split("&") if part.strip() not in ("", "N/A")]
        upstream_only = bool(parts) and all(part.startswith("Upstream") for part in parts)
        if (told[measure] == "primary") == upstream_only:
            return False
    return True
