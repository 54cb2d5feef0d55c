"""Which benchmarks there are, by name."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks import Figure

FOLDER = Path(__file__).resolve().parent


class UnknownBenchmark(Exception):
    """No module of that name is in the folder."""


class BenchmarkInvalid(Exception):
    """A module in the folder lacks what makes it a benchmark."""


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A name, what it measures, and how to run it."""

    name: str
    summary: str
    run: Callable[[], list[Figure]]


def names(folder: Path = FOLDER) -> list[str]:
    """Return the names of the benchmarks in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def summary(name: str, folder: Path = FOLDER) -> str:
    """Return the `SUMMARY` of a benchmark without importing it and the libraries it measures."""
    check(name, folder)
    for node in ast.parse((folder / f"{name}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "SUMMARY" for t in node.targets):
            return str(ast.literal_eval(node.value))
    raise BenchmarkInvalid(f"{folder / name}.py needs a SUMMARY text.")


def check(name: str, folder: Path = FOLDER) -> None:
    """Raise `UnknownBenchmark`, with the nearest name, when there is no benchmark called `name`."""
    known = names(folder)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownBenchmark(f"There is no benchmark {name!r}.{hint} See `python -m benchmarks --list`.")


def load(name: str, folder: Path = FOLDER, *, small: bool = False) -> Benchmark:
    """Return the benchmark called `name`, its module loaded, in its small form when asked for."""
    check(name, folder)
    # loaded by path, not imported by name: `yield` and `help` are good names for benchmarks but not for modules
    spec = importlib.util.spec_from_file_location(f"benchmarks.case_{name}", folder / f"{name}.py")
    if spec is None or spec.loader is None:
        raise BenchmarkInvalid(f"{folder / name}.py cannot be loaded.")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # dataclasses look their module up there
    spec.loader.exec_module(module)
    texts = isinstance(getattr(module, "SUMMARY", None), str) and isinstance(getattr(module, "SMALL", None), dict)
    if not texts or not callable(getattr(module, "run", None)):
        raise BenchmarkInvalid(f"{folder / name}.py needs a SUMMARY text, SMALL and a run() that returns figures.")
    if small:
        vars(module).update(module.SMALL)
    return Benchmark(name=name, summary=module.SUMMARY, run=module.run)
