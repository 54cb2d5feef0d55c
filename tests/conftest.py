"""Fixtures every test can use."""

import os
import tempfile
from pathlib import Path

import pytest

import laep.plan
from laep import explain
from laep.resources import drop_old_kernels
from laep.results import Story

ROOT = Path(__file__).resolve().parents[1]
os.environ["LAEP_OFFLINE"] = "1"  # no test touches the internet, nor the cache and keys of whoever runs it
HOME = tempfile.TemporaryDirectory(prefix="laep-tests-")
os.environ["LAEP_CACHE"] = os.environ["LAEP_CONFIG"] = HOME.name
drop_old_kernels()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real published files beside the project; tests that need it are skipped where it is not there."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the real files kept beside the project, which are not in this checkout")
    return folder


@pytest.fixture(scope="session")
def sample_plan(tmp_path_factory) -> laep.plan.Plan:
    """The plan of the sample village, read, run and reported once in a session; who changes it takes a copy."""
    plan = laep.demo(tmp_path_factory.mktemp("village"))
    plan.ingest()
    plan.report()
    return plan


@pytest.fixture(scope="session")
def stories(sample_plan) -> dict[str, Story]:
    """What `laep explain` tells of every figure and rule of the sample village."""
    held = explain.Held(sample_plan.area, sample_plan.store)
    return {name: explain.told(held, name) for name in (*held.figures, *held.rules)}
