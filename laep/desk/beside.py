"""What stands beside a verdict in an operator's own words: transmission impact, fault level."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from laep.checked import Transmission
from laep.desk.words import named, number

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from laep.desk.settings import Settings

_THRESHOLD = re.compile(r"TIA Threshold: *([\d.]+) *(kW|MW)", re.IGNORECASE)
_FAULT_LEVEL = re.compile(r"3-Phase Break Fault Level \(kA\): *([\d.]+)")
_FAULT_RATING = re.compile(r"3-Phase Break Fault Rating \(kA\): *([\d.]+)")
_FAULT_WORDS = re.compile(r"^Fault level: *(.+)$", re.MULTILINE)
_KW = {"kw": 1.0, "mw": 1000.0}
_ABOVE = (
    "{rating} kW is at or above the {threshold} kW from which the transmission system is asked ({basis}): the operator "
    "applies for a transmission impact assessment, and the project joins the queue through Gate 2 (connections reform, "
    "in force since 10 June 2025)."
)
_BELOW = (
    "{rating} kW is below the {threshold} kW from which a transmission impact assessment is needed ({basis}), unless "
    "fault level is at its limit here."
)
_OPEN = (
    "{rating} kW may need a transmission impact assessment: the threshold is {least} kW on islands and {most} kW on "
    "the mainland (2025), and the operator publishes none for this substation."
)


def transmission(
    rating_kw: float, chain: Sequence[sqlite3.Row], licence_areas: Sequence[str], settings: Settings
) -> Transmission:
    """
    Return whether generation and storage of some rating need a transmission impact assessment.

    The operator's own threshold counts, of the lowest level that has one; else that of the licence area.
    """
    if rating_kw <= 0:
        return Transmission(from_kw=None, needed=None, basis="", words="")
    for site in chain:
        if found := _THRESHOLD.search(site["comment"] or ""):
            from_kw = float(found[1]) * _KW[found[2].casefold()]
            return _told(rating_kw, from_kw, f"the operator's threshold at {named(site)}")
    ends = {settings.tia_from_kw(name) for name in licence_areas}
    if not ends:
        return Transmission(from_kw=None, needed=None, basis="", words="")
    least, most = min(low for low, _ in ends), max(high for _, high in ends)
    if least <= rating_kw < most:
        said = _OPEN.format(rating=number(rating_kw), least=number(least), most=number(most))
        return Transmission(from_kw=None, needed=None, basis="licence area", words=said)
    return _told(rating_kw, most if rating_kw >= most else least, "the rule of 2025 for the licence area")


def fault_level(site: sqlite3.Row) -> str:
    """Return the fault level of a substation against its rating, as published; empty where it is not."""
    text = site["comment"] or ""
    level, rating = _FAULT_LEVEL.search(text), _FAULT_RATING.search(text)
    if level is None:
        said = _FAULT_WORDS.search(text)
        return said[1] if said else ""
    if rating is None or not float(rating[1]):
        return f"{number(float(level[1]))} kA, no rating published"
    share = float(level[1]) / float(rating[1])
    return f"{number(float(level[1]))} of {number(float(rating[1]))} kA ({share:.0%} of rating)"


def _told(rating_kw: float, from_kw: float, basis: str) -> Transmission:
    needed = rating_kw >= from_kw
    said = (_ABOVE if needed else _BELOW).format(rating=number(rating_kw), threshold=number(from_kw), basis=basis)
    return Transmission(from_kw=from_kw, needed=needed, basis=basis, words=said)
