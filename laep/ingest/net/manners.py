"""How laep behaves at each host: who it says it is, how long it leaves one alone, and what it does not ask twice."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import metadata

from laep.version import __version__

CONTACT_VARIABLE = "LAEP_CONTACT"
"""Environment variable with an address (page or e-mail) that publishers may write to; it is named in every request."""
_WHAT = "local area energy plans from open data"


@dataclass(frozen=True, kw_only=True)
class Manners:
    """
    What one kind of host wants of those who ask.

    Attributes
    ----------
    browser_like : bool
        Say who asks in the form of browsers, as its edge turns away everybody else.
    alone : str
        Requests of all laeps on this computer that have this word go one after the other; empty for no such rule.
    runs_on : bool
        A question that got no answer may still be worked on there, so it is not asked again meanwhile.
    busy_s : float
        Least wait after the host has said that it is busy or was asked too often. [s]
    attempts : int or None
        How often a question is asked; None leaves it to the fetcher.
    """

    browser_like: bool = False
    alone: str = ""
    runs_on: bool = False
    busy_s: float = 0.0
    attempts: int | None = None


USUAL = Manners()
OVERPASS = Manners(alone="overpass", runs_on=True, busy_s=30.0, attempts=2)
"""Servers run by volunteers: an agent of one's own, one question at a time, and half a minute of rest when busy
(rules of their administrators, April 2026)."""
_BROWSER_LIKE = Manners(browser_like=True)
_OF_HOST = {"data-api.ssen.co.uk": _BROWSER_LIKE, "ssen-smart-meter-prod.portaljs.com": _BROWSER_LIKE}


def of(host: str) -> Manners:
    """Return the manners for a host."""
    return _OF_HOST.get(host, USUAL)


def agent(manners: Manners) -> str:
    """Return what the header `User-Agent` says: laep, its version, and where to reach whoever runs or makes it."""
    named = "; ".join([_WHAT, *(f"+{address}" for address in (_contact(), _page()) if address)])
    if manners.browser_like:
        return f"Mozilla/5.0 (compatible; laep/{__version__}; {named})"
    return f"laep/{__version__} ({named})"


def _contact() -> str:
    """Return the address given by the user, without what no header may hold."""
    return "".join(sign for sign in os.environ.get(CONTACT_VARIABLE, "") if "!" <= sign <= "~" and sign not in "();")


def _page() -> str:
    """Return the project page that the installed package names, empty where it names none."""
    try:
        listed = metadata.metadata("laep").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return ""
    return next((line.partition(",")[2].strip() for line in listed), "")
