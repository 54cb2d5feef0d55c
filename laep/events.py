"""What happens while sources are read and steps run, told one event at a time to whoever shows progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Happened(StrEnum):
    """What became of a source or a step."""

    BEGINS = "begins"
    """It is being read or run; the note of a step says why."""
    FRESH = "fresh"
    """Nothing has changed since last time."""
    DONE = "done"
    SKIPPED = "skipped"
    """A step that lacks a layer it needs; the note says which and how to get it."""
    FAILED = "failed"
    """A source that somebody asked for could not be read, or a step: a fault, raised once all others were tried."""
    MISSED = "missed"
    """A source that nobody named could not be had now: no fault."""
    UNCACHED = "uncached"
    """A source that nobody named could be had online, and laep is offline."""
    REMOVED = "removed"
    """A source whose lines have gone from laep.toml: its rows go too."""
    LARGE = "large"
    """Much is about to be fetched; the note says how much, and for what."""
    LOCKED = "locked"
    """A source that would be fetched if its key were set; the note names the key."""


@dataclass(frozen=True)
class Event:
    """One thing that happened to a source or a step, with its title where it has one."""

    name: str
    happened: Happened
    note: str = ""
    title: str = ""


class Skipped(NamedTuple):
    """A step that could not run: which layers are missing for it, and why."""

    step: str
    layers: tuple[str, ...]
    reason: str


Listener = Callable[[Event], None]


def unheard(_: Event) -> None:
    """Listen to nothing."""
