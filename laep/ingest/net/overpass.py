"""OpenStreetMap by the Overpass API: everything laep reads in the area's box, as one `.osm` file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laep.errors import FetchFailed
from laep.ingest.net.refusals import short
from laep.ingest.net.ways import base, widened

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

HOST = "overpass-api.de"
_TIMEOUT_S = 180
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
    host : str
        The server.
    """

    tags: tuple[str, ...]
    margin_m: float = 500.0
    host: str = HOST

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return one `.osm` file."""
        west, south, east, north = place.bounds_m
        size = (east - west + 2 * self.margin_m) * (north - south + 2 * self.margin_m) / 1e6
        if size > _MOST_KM2:
            raise FetchFailed(f"the area's box is {size:,.0f} km2, too large to ask {self.host} for.")
        url = f"{base(self.host)}/api/interpreter"
        form = {"data": self.query(widened(place, self.margin_m))}
        return (fetcher.get(url, name="openstreetmap.osm", form=form, kind="xml", check=self._check),)

    def query(self, bounds_deg: tuple[float, float, float, float]) -> str:
        """Return the query for a box of west, south, east, north."""
        west, south, east, north = bounds_deg
        box = f"[bbox:{south:.5f},{west:.5f},{north:.5f},{east:.5f}]"
        wanted = "".join(f"{_selector(tag)};" for tag in self.tags)
        # ways and relations come with the nodes they are drawn by, in the order that readers of .osm files need
        return f"[out:xml][timeout:{_TIMEOUT_S}]{box};({wanted});(._;>;);out body;"

    def _check(self, path: Path) -> None:
        """Find the server's own remark, which stands at the end of an answer that is not whole."""
        with path.open("rb") as file:
            head = file.read(2048)
            file.seek(max(path.stat().st_size - 4096, 0))
            tail = file.read()
        if remark := re.search(rb"<remark>(.*?)</remark>", head + tail, re.DOTALL):
            said = short(remark.group(1).decode("utf-8", errors="replace"))
            raise FetchFailed(f"{self.host} gave up on the query ({said}). Try again when it is less busy.")
        if b"</osm>" not in tail:
            raise FetchFailed(f"{self.host} sent an answer that breaks off.")


def _selector(tag: str) -> str:
    """Return what selects a tag: points, lines and relations, or only those before the first `:` when it is `way:`."""
    kind, tag = ("way", tag.removeprefix("way:")) if tag.startswith("way:") else ("nwr", tag)
    key, sign, values = tag.partition("=")
    if not sign:
        return f'{kind}["{key}"]'
    return f'{kind}["{key}"~"^({values})$"]' if "|" in values else f'{kind}["{key}"="{values}"]'
