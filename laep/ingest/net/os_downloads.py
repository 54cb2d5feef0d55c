"""Ordnance Survey open products, by the downloads interface: no key, checked by size and sum, unpacked."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from laep.errors import FetchFailed
from laep.ingest.net.keys import base

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

HOST = "api.os.uk/downloads/v1"
_SQUARE_M = 100_000
_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # the National Grid has no I


@dataclass(frozen=True, kw_only=True)
class OsDownload:
    """
    One open product of the Ordnance Survey.

    Attributes
    ----------
    product : str
        Its id, such as `OpenUPRN`.
    format : str
        The format's name, such as `CSV` or `ESRI Shapefile`; signs and case in it do not count.
    by_square : bool
        Fetch only the 100 km squares the area lies in, for products offered so; else all of Great Britain.
    keep : str
        A regular expression for the members of the zip wanted.
    read : str
        A regular expression for those of them that are read: a shapefile is one, with others beside it.
    unpack : bool
        Give the members; else the zip itself, for a reader that looks inside and saves the room.
    host : str
        The server.
    """

    product: str
    format: str
    by_square: bool = False
    keep: str = ""
    read: str = ""
    unpack: bool = True
    host: str = HOST

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return the members of the product's zip, or of each square's."""
        offered = self.offered(fetcher)
        areas = list(squares(place)) if self.by_square else ["GB"]
        return tuple(itertools.chain.from_iterable(self._area(fetcher, offered, area) for area in areas))

    def offered(self, fetcher: Fetcher) -> list[dict[str, Any]]:
        """Return the files that the product is offered as."""
        url = f"{base(self.host)}/products/{self.product}/downloads"
        listed = fetcher.json(url, name=f"{self.product}-downloads.json")
        return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []

    def _area(self, fetcher: Fetcher, offered: list[dict[str, Any]], area: str) -> tuple[Path, ...]:
        wanted = _plain(self.format)
        match = [e for e in offered if e.get("area") == area and _plain(str(e.get("format", ""))) == wanted]
        if not match:
            forms = ", ".join(sorted({str(each.get("format")) for each in offered})) or "nothing"
            raise FetchFailed(f"{self.host} does not offer {self.product} for {area} as {self.format}; it has {forms}.")
        chosen = match[0]
        name = str(chosen.get("fileName") or f"{self.product}_{area}.zip")
        path = fetcher.get(
            str(chosen["url"]), name=name, kind="zip", size_bytes=int(chosen["size"]) if "size" in chosen else None,
            md5=str(chosen["md5"]) if re.fullmatch(r"[0-9a-fA-F]{32}", str(chosen.get("md5", ""))) else None,
        )  # fmt: skip
        if not self.unpack:
            return (path,)
        return tuple(each for each in fetcher.unpack(path, keep=self.keep) if re.search(self.read, each.name))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def squares(place: Place) -> Iterator[str]:
    """Yield the letters of the 100 km National Grid squares the area's box meets, such as `SP`."""
    west, south, east, north = (value / _SQUARE_M for value in place.bounds_m)
    for x, y in itertools.product(
        range(math.floor(west), math.floor(east) + 1), range(math.floor(south), math.floor(north) + 1)
    ):
        yield letters(x, y)


def letters(x: int, y: int) -> str:
    """Return the letters of the square `x` hundred kilometres east and `y` north of the grid's origin."""
    big, small = (x // 5 + 2, 3 - y // 5), (x % 5, 4 - y % 5)
    return _LETTERS[big[1] * 5 + big[0]] + _LETTERS[small[1] * 5 + small[0]]
