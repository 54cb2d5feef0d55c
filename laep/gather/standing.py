"""How the sources stand at their portals today: found, gone, closed or silent, and which columns they lack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from laep import ingest
from laep.gather import catalogue
from laep.ingest import editions
from laep.ingest.net import canary, ways

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

WORDS = {
    "found": "is there",
    "gone": "is gone or has another name",
    "closed": "is not shown to this computer",
    "silent": "does not answer",
}
"""State of a dataset at its portal, in words."""


@dataclass(frozen=True)
class Standing:
    """One dataset of a source at its portal; `missing` are columns that laep reads and the portal does not list."""

    source: str
    answer: canary.Answer
    known: str
    missing: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Return whether there is nothing to look at."""
        return self.answer.state == "found" and not self.missing

    @property
    def told(self) -> str:
        """Return how it stands, in a sentence."""
        answer = self.answer
        said = f"{answer.host}: {answer.what} {WORDS[answer.state]}"
        edition = f", edition {answer.edition} (laep knows {self.known})" if answer.edition else ""
        lacks = f"; it lists no column {', '.join(self.missing)}" if self.missing else ""
        return f"{said}{edition}{lacks}." + (f" {answer.said}" if answer.said else "")

    @property
    def advice(self) -> str:
        """Return what to do where something has changed."""
        return "" if self.well else ways.by_hand(ingest.load(self.source).SOURCE)


def asked(fetcher: Fetcher, place: Place | None = None) -> Iterator[Standing]:
    """Yield the standing of every dataset that laep fetches, or of those that can have something for a place."""
    for source in catalogue.sources():
        if source.live is None or (place is not None and not catalogue.applies(source, place)):
            continue
        module = ingest.load(source.name)
        declared = editions.known().get(source.name)
        for way in dict.fromkeys(canary.leaves(source.live)):
            answer = canary.ask(way, fetcher)
            yield Standing(source.name, answer, declared.edition if declared else "", _missing(module, answer))


def _missing(module: ModuleType, answer: canary.Answer) -> tuple[str, ...]:
    """Return columns that laep reads and the portal does not list; of several forms any dataset lacks some."""
    if not answer.columns or hasattr(module, "FORMS"):
        return ()
    return tuple(editions.missing(module, answer.columns))
