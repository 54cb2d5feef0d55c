"""`python -m benchmarks`: list, run, and say whether the targets are met."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import _registry, _report


def main(words: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 1 when a target is missed, 2 for an unknown name."""
    asked = _parser().parse_args(words)
    try:
        if asked.list or not asked.names:
            return _list(asked.folder)
        for name in asked.names:
            _registry.check(name, asked.folder)
        found = _found([_run(name, asked.folder, "small" if asked.small else "full") for name in asked.names])
    except _registry.UnknownBenchmark as fault:
        print(fault, file=sys.stderr)
        return 2
    except _registry.BenchmarkInvalid as fault:
        print(fault, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as fault:
        print(f"Benchmark {fault.cmd[3]} stopped with exit code {fault.returncode}: see above.", file=sys.stderr)
        return 1
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        _report.show(found, Console())
    return 0 if found["ok"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure laep beside its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run; see --list")
    parser.add_argument("--list", action="store_true", help="say which benchmarks there are")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--small", action="store_true", help="run the small form: shows that it runs, measures nothing")
    parser.add_argument("--folder", type=Path, default=_registry.FOLDER, help="another folder of benchmark modules")
    return parser


def _list(folder: Path) -> int:
    for name in _registry.names(folder):
        print(f"{name:<12} {_registry.summary(name, folder)}")
    return 0


def _run(name: str, folder: Path, form: str) -> dict[str, Any]:
    """Run one benchmark in a child process; what it says on stderr goes straight through."""
    command = [sys.executable, "-m", "benchmarks._child", name, str(folder.resolve()), form]
    done = subprocess.run(command, cwd=_report.ROOT, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _found(results: list[dict[str, Any]]) -> dict[str, Any]:
    met = all(figure["ok"] for result in results for figure in result["figures"])
    return {"commit": _report.commit(), "machine": _report.machine(), "ok": met, "benchmarks": results}


if __name__ == "__main__":
    sys.exit(main())
