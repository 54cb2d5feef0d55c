"""OpenStreetMap by the Overpass API: everything laep reads in the area's box, as one `.osm` file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from laep.errors import FetchFailed
from laep.ingest.net import manners
from laep.ingest.net.keys import base
from laep.ingest.net.refusals import short, together
from laep.ingest.net.ways import widened

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

HOSTS = ("overpass-api.de", "overpass.private.coffee")
"""Public servers, asked one after the other."""
SERVER_VARIABLE = "LAEP_OVERPASS"
"""Environment variable with servers to ask in their place, separated by commas."""
_TIMEOUT_S = 50  # the server stops before laep stops waiting for it: nothing runs on that nobody waits for
_MOST_KM2 = 400.0  # a large rural ward with its margin; beyond it an extract is kinder to a server run by volunteers


@dataclass(frozen=True, kw_only=True)
class Overpass:
    """
    Features with any of some tags, whole, in the area's box.

    Attributes
    ----------
    tags : tuple of str
        Keys such as `building`, or a key and values, `natural=wood|water`; `way:highway` asks for lines alone, without
        the relations they are part of, such as a whole river.
    margin_m : float
        The box is this much wider on every side. [m]
    hosts : tuple of str
        The servers, asked in this order; `LAEP_OVERPASS` goes before them.
    """

    tags: tuple[str, ...]
    margin_m: float = 500.0
    hosts: tuple[str, ...] = HOSTS

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return one `.osm` file."""
        west, south, east, north = place.bounds_m
        size = (east - west + 2 * self.margin_m) * (north - south + 2 * self.margin_m) / 1e6
        if size > _MOST_KM2:
            raise FetchFailed(f"the area's box is {size:,.0f} km2, too large to ask a public server for.")
        form = {"data": self.query(widened(place, self.margin_m))}
        faults: list[FetchFailed] = []
        for host in _servers() or self.hosts:
            try:
                return (self._asked(fetcher, host, form),)
            except FetchFailed as fault:
                faults.append(fault)
        raise together(faults)

    def _asked(self, fetcher: Fetcher, host: str, form: dict[str, str]) -> Path:
        address = base(host)
        url = address if address.endswith("/interpreter") else f"{address}/api/interpreter"
        return fetcher.get(
            url, name="openstreetmap.osm", form=form, kind="xml", check=partial(_check, host), polite=manners.OVERPASS
        )

    def query(self, bounds_deg: tuple[float, float, float, float]) -> str:
        """Return the query for a box of west, south, east, north."""
        west, south, east, north = bounds_deg
        box = f"[bbox:{south:.5f},{west:.5f},{north:.5f},{east:.5f}]"
        wanted = "".join(f"{_selector(tag)};" for tag in self.tags)
        # ways and relations come with the nodes they are drawn by, in the order that readers of .osm files need
        return f"[out:xml][timeout:{_TIMEOUT_S}]{box};({wanted});(._;>;);out body;"


def _servers() -> tuple[str, ...]:
    """Return the servers that the user wants asked, if any."""
    return tuple(filter(None, (each.strip() for each in os.environ.get(SERVER_VARIABLE, "").split(","))))


def _check(host: str, path: Path) -> None:
    """Find the server's own remark, which stands at the end of an answer that is not whole."""
    with path.open("rb") as file:
        head = file.read(2048)
        file.seek(max(path.stat().st_size - 4096, 0))
        tail = file.read()
    if remark := re.search(rb"<remark>(.*?)</remark>", head + tail, re.DOTALL):
        said = short(remark.group(1).decode("utf-8", errors="replace"))
        raise FetchFailed(f"{host} gave up on the query ({said}). Try again when it is less busy.")
    if b"</osm>" not in tail:
        raise FetchFailed(f"{host} sent an answer that breaks off.")


def _selector(tag: str) -> str:
    """Return what selects a tag: points, lines and relations, or only those before the first `:` when it is `way:`."""
    kind, tag = ("way", tag.removeprefix("way:")) if tag.startswith("way:") else ("nwr", tag)
    key, sign, values = tag.partition("=")
    if not sign:
        return f'{kind}["{key}"]'
    return f'{kind}["{key}"~"^({values})$"]' if "|" in values else f'{kind}["{key}"="{values}"]'
