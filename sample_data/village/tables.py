"""The small tables kept beside the code: published headers, and rows written by hand."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "tables"


@cache
def header(name: str) -> tuple[str, ...]:
    """Return the column names of one published file, in order."""
    text = (FOLDER / "headers.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)[name].split(","))


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one hand-written table."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
