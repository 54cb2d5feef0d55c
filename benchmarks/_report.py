"""Where and on what commit the benchmarks ran, and what they found, as a table."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]


def machine() -> dict[str, Any]:
    """Return what the figures ran on."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
    }


def commit() -> str:
    """Return the short commit, with `+` when files differ from it; `unknown` outside a checkout."""
    short = _git("rev-parse", "--short", "HEAD")
    return "unknown" if short is None else short + ("+" if _git("status", "--porcelain") else "")


def show(found: dict[str, Any], console: Console) -> None:
    """Print one table per benchmark: each figure beside its target, and under it the two runs behind it."""
    for benchmark in found["benchmarks"]:
        table = Table("figure", "value", "target", "ok", title=escape(benchmark["summary"]), title_justify="left")
        for figure in benchmark["figures"]:
            table.add_row(*(escape(cell) for cell in _cells(figure)), end_section=True)
        console.print(table)
        console.print(f"{benchmark['name']}: {benchmark['seconds']:.1f} s, peak {benchmark['peak_memory_mib']:.0f} MiB")
        console.print()
    on = found["machine"]
    console.print(escape(f"{on['processor']}, {on['cpus']} CPUs, {on['system']}, Python {on['python']}"))
    console.print(f"commit {found['commit']}: {'every target met' if found['ok'] else 'a target was missed'}")


def _cells(figure: dict[str, Any]) -> tuple[str, ...]:
    unit, runs_unit = figure["unit"], figure["runs_unit"]
    runs = "\n".join(f"  {figure[f'{who}_value']:.3g} {runs_unit}: {figure[who]}" for who in ("ours", "peer"))
    return (
        f"{figure['name']}\n{runs}",
        f"{figure['value']:.3g} {unit}",
        f"{figure['sense']} {figure['target']:g} {unit}",
        "yes" if figure["ok"] else "NO",
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
