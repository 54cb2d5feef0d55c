"""One benchmark in a process of its own, so that its peak memory is its own: writes one line of JSON to stdout."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from pathlib import Path

from benchmarks import _registry

KIB_PER_MIB = 1024


def main(name: str, folder: Path, form: str) -> None:
    """Run the benchmark in its `full` or `small` form and print its figures, its time and its peak memory."""
    benchmark = _registry.load(name, folder, small=form == "small")
    started = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        figures = benchmark.run()
    found = {
        "name": name,
        "summary": benchmark.summary,
        "seconds": time.perf_counter() - started,
        "peak_memory_mib": peak_memory_mib(),
        "figures": [figure.as_dict() for figure in figures],
    }
    print(json.dumps(found))


def peak_memory_mib() -> float:
    """Return the most memory this process, or one it started, has held."""
    usage = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return usage / KIB_PER_MIB / (KIB_PER_MIB if sys.platform == "darwin" else 1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
