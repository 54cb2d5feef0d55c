"""The one place that prints: results to standard output, progress, notes and faults to standard error."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import typer

from laep import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from laep.errors import LaepError
    from laep.results import Result, Table


def show(result: Result, *shown: str | Table, notes: Iterable[str] = (), as_json: bool) -> None:
    """Print a result: as JSON, or as the texts and tables given, with notes on standard error."""
    if as_json:
        json_text(result.as_dict())
        return
    for part in shown:
        if isinstance(part, str):
            text(part)
        else:
            _table(part)
    for line in notes:
        note(line)


def text(words: str, *, end: str = "\n") -> None:
    """Print a result that is text already."""
    typer.echo(plain.text(words) + end, nl=False)


def json_text(data: Mapping[str, Any]) -> None:
    """Print plain data as JSON; letters that the stream cannot carry are escaped, as JSON can."""
    text(json.dumps(data, indent=2, ensure_ascii=not _carries_all(sys.stdout), default=str))


def fit_streams() -> None:
    """Let a stream put `?` for a letter that it cannot carry, as older consoles of Windows cannot all."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not _carries_all(stream):
            stream.reconfigure(errors="replace")


def _carries_all(stream: Any) -> bool:
    return str(getattr(stream, "encoding", None) or "utf-8").casefold().startswith("utf")


def csv_text(rows: list[dict[str, Any]]) -> None:
    """Print rows as CSV."""
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: plain.cell(value) for name, value in row.items()} for row in rows)
    text(written.getvalue(), end="")


def note(words: str) -> None:
    """Say something beside the result, on standard error."""
    typer.echo(plain.text(words), err=True)


def fault(error: LaepError, *, ours: bool) -> None:
    """Say what went wrong, and whose fault it is."""
    from rich.markup import escape

    said, after = ("laep went wrong:", "\nThis is our fault, not yours.") if ours else ("laep:", "")
    line = f"[bold red]{said}[/bold red] {escape(plain.text(str(error)))}{after}"
    console(sys.stderr).print(line, highlight=False, soft_wrap=True)


def console(stream: Any) -> Console:
    """Return a console for a stream: as wide as the terminal, and 160 characters in a pipe or file."""
    from rich.console import Console

    return Console(file=stream, width=None if stream.isatty() else 160, soft_wrap=False)


def _table(table: Table) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table as Drawn

    drawn = Drawn(title=table.title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in table.headings:
        drawn.add_column(heading, overflow="fold")
    for row in table.rows:
        drawn.add_row(*(escape(plain.text(str(cell))) for cell in row))
    console(sys.stdout).print(drawn, highlight=False)
