"""How far laep is, on standard error: a moving line in a terminal, a plain line a source or step elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from laep.commands import screen
from laep.events import Happened

if TYPE_CHECKING:
    from laep.events import Event


class Progress:
    """Shows events as they come, from `with` to the end of its block."""

    def __init__(self) -> None:
        self._console = screen.console(sys.stderr)
        self._spinner = self._console.status("")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._spinner.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._spinner.stop()

    def event(self, event: Event) -> None:
        """Show one event of a source or step; why a source could not be had is told at the end."""
        if event.happened in (Happened.LOCKED, Happened.FRESH):
            return
        if event.happened is Happened.LARGE:
            self._console.print(event.note, highlight=False, markup=False)
            return
        what = event.title or f"reading {event.name}"
        if event.happened is Happened.BEGINS:
            self._spinner.update(f"{what} ...")
            return
        told = {Happened.DONE: "" if event.title else f", {event.note}", Happened.SKIPPED: f" ({event.note})"}
        if not self._console.is_terminal:
            line = f"{event.title or event.name}: {event.happened}{told.get(event.happened, '')}"
            self._console.print(line, highlight=False, markup=False)

    def bytes(self, name: str, done: int, total: int | None) -> None:
        """Show how far a download is."""
        share = f" of {total / 1e6:,.1f}" if total else ""
        self._spinner.update(f"fetching {name}: {done / 1e6:,.1f}{share} MB ...")


def steps() -> Progress:
    """Return the progress of steps; says beforehand when they will take longer than usual."""
    from laep.resources import drop_old_kernels, kernels_kept

    drop_old_kernels()
    if not kernels_kept():
        screen.note("The first run on this computer takes a minute or two longer: fast code is prepared once and kept.")
    return Progress()
