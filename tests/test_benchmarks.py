import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import Figure, _registry

ROOT = Path(__file__).resolve().parents[1]
TOY = """
from benchmarks import Figure

SUMMARY = "a toy"
SMALL = {{}}


def run():
    print("chatter that must not spoil the result")
    return [
        Figure(name="speed", value={value}, unit="x", target=2.0, sense="{sense}",
               ours="one way", ours_value=1.0, peer="the other way", peer_value={value}),
    ]
"""


def benchmarks(*words):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


TOYS = {
    "fast": ("3.0", "at least"),
    "slow": ("1.0", "at least"),
    "lean": ("1.0", "at most"),
    "lost": ("float('nan')", "at most"),
}
BROKEN = """
SUMMARY = "x"
SMALL = {}


def run():
    raise ValueError("worn out")
"""


@pytest.fixture
def toys(tmp_path):
    for name, (value, sense) in TOYS.items():
        (tmp_path / f"{name}.py").write_text(TOY.format(value=value, sense=sense), encoding="utf-8")
    (tmp_path / "_helper.py").write_text("raise RuntimeError", encoding="utf-8")
    return tmp_path


def test_every_module_of_the_folder_is_listed():
    done = benchmarks("--list")
    assert done.returncode == 0
    listed = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"dispatch", "help"} <= set(listed)
    assert listed == sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("name", _registry.names())
def test_every_benchmark_runs_in_its_small_form(name):
    figures = _registry.load(name, small=True).run()
    assert figures
    assert all(isinstance(figure, Figure) and figure.name and figure.unit for figure in figures)


def test_a_new_module_is_a_new_benchmark(toys):
    done = benchmarks("--folder", str(toys))
    assert done.stdout.split("\n")[0].split(maxsplit=1) == ["fast", "a toy"]
    assert "_helper" not in done.stdout


@pytest.mark.parametrize(
    ("names", "code"), [(["fast", "lean"], 0), (["slow"], 1), (["fast", "slow"], 1), (["lost"], 1)]
)
def test_a_missed_target_is_exit_code_one(toys, names, code):
    done = benchmarks(*names, "--folder", str(toys))
    assert done.returncode == code, done.stderr
    assert ("every target met" in done.stdout) == (code == 0)
    assert "the other way" in done.stdout


def test_json_says_what_where_and_beside_what(toys):
    done = benchmarks("fast", "--json", "--folder", str(toys))
    found = json.loads(done.stdout)
    assert found["ok"] is True
    assert found["commit"]
    assert set(found["machine"]) == {"system", "processor", "cpus", "python"}
    toy = found["benchmarks"][0]
    assert (toy["name"], toy["summary"]) == ("fast", "a toy")
    assert 5 < toy["peak_memory_mib"] < 500
    assert toy["seconds"] >= 0
    assert toy["figures"] == [
        {"name": "speed", "value": 3.0, "unit": "x", "target": 2.0, "sense": "at least", "ours": "one way",
         "ours_value": 1.0, "peer": "the other way", "peer_value": 3.0, "runs_unit": "s", "ok": True},
    ]  # fmt: skip
    assert "chatter" in done.stderr


def test_an_unknown_name_is_exit_code_two_and_names_the_nearest(toys):
    done = benchmarks("fast", "slwo", "--folder", str(toys))
    assert done.returncode == 2
    assert "'slow'" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("source", "words"), [("def run():\n    return []\n", "needs a SUMMARY"), (BROKEN, "worn out")]
)
def test_a_broken_benchmark_fails_and_says_why(tmp_path, source, words):
    (tmp_path / "bad.py").write_text(source, encoding="utf-8")
    done = benchmarks("bad", "--folder", str(tmp_path))
    assert done.returncode == 1
    assert words in done.stderr
