"""A built wheel, installed where nothing else of laep is, does the whole job on the sample village."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def test_templates_and_sample_data_are_inside(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.startswith("laep/_templates/area/") for name in names)
    assert any(name.startswith("laep/_templates/report/") for name in names)
    assert "laep/_sample_data/osm_buildings.geojson" in names
    assert "laep/assumptions.toml" in names


@pytest.mark.slow
def test_the_wheel_alone_makes_a_plan(wheel, tmp_path):
    home = tmp_path / "empty"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    site = next(home.rglob("site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    libraries = Path(pytest.__file__).resolve().parents[1]
    (site / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    where = subprocess.run(
        [python, "-c", "import laep; print(laep.__file__)"],
        check=True, capture_output=True, text=True, cwd=tmp_path, env=alone,
    ).stdout  # fmt: skip
    assert str(site.resolve()) in str(Path(where.strip()).resolve())
    done = subprocess.run(
        [python, "-m", "laep.cli", "demo", "--into", tmp_path / "demo"],
        check=False, capture_output=True, text=True, cwd=tmp_path, env=alone,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = Path(done.stdout.strip().splitlines()[-1])
    assert report.is_file()
    assert "Barrowmere" in report.read_text(encoding="utf-8")
