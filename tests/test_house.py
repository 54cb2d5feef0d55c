"""The house rules a machine can hold: imports run one way, only some rooms open files or print, docs are true."""

import ast
import os
import subprocess
import sys
from pathlib import Path

from laep import ingest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "laep").rglob("*.py"))


def calls(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def typing_only(path):
    """Modules a file imports for its annotations alone."""
    blocks = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]  # fmt: skip
    return {
        alias.name for block in blocks for node in block.body if isinstance(node, ast.Import) for alias in node.names
    }


def test_imports_run_one_way():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout


def test_only_the_front_door_prints():
    printing = [path for path in MODULES if {"print", "typer.echo"} & set(calls(path))]
    assert printing == [ROOT / "laep" / "cli.py", ROOT / "laep" / "commands" / "screen.py"]


def test_only_the_store_opens_a_database():
    opening = [path for path in MODULES if "sqlite3" in set(imported(path)) - typing_only(path)]
    letting_go = ROOT / "laep" / "files.py"  # asks whether another program holds the database it is about to replace
    assert opening == [ROOT / "laep" / "desk" / "store.py", letting_go, ROOT / "laep" / "store.py"]


def test_models_and_geometry_stay_apart():
    for path in (ROOT / "laep" / "models").rglob("*.py"):
        loaded = {name.split(".")[0] for name in imported(path)}
        assert not {"shapely", "geopandas", "pyogrio", "rasterio"} & loaded, path


def test_only_the_line_and_what_fetches_over_it_reach_the_network():
    clients = {"requests", "urllib3", "httpx", "aiohttp", "socket", "urllib.request", "http"}
    reaching = {
        path.name for path in MODULES for name in imported(path) if name in clients or name.split(".")[0] in clients
    }
    assert reaching == {"fetch.py", "line.py"}


def test_generated_docs_are_true():
    own = {name: value for name, value in os.environ.items() if name != "PYTHONWARNDEFAULTENCODING"}  # libraries warn
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], capture_output=True, text=True, check=False, cwd=ROOT, env=own
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_source_module_has_the_three_names():
    for name in ingest.MODULES:
        module = ingest.load(name)
        assert module.SOURCE.name == name
        assert module.SOURCE.url.startswith("https://")
        assert module.SOURCE.licence
        assert callable(module.read)
