"""Which nation a place is in: by its code, by where it lies, and only along the border by asking."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from laep.errors import FetchFailed
from laep.ingest.net.arcgis import ONS, ONS_COUNTRIES, ArcGis
from laep.ingest.source import NATIONS, Place

if TYPE_CHECKING:
    from shapely import Geometry

    from laep.ingest.net.fetch import Fetcher

_BY_LETTER = {"E": "england", "W": "wales", "S": "scotland"}
_SCOTLAND_FROM_NORTH_M = 530_000.0  # the Mull of Galloway; no part of Scotland lies further south
_ENGLAND_TO_NORTH_M = 658_000.0  # Berwick; no part of England lies further north
_WALES_BOX_M = (146_000.0, 165_000.0, 356_000.0, 396_000.0)
_ENGLAND_IN_WALES_BOX_FROM_M = 250_000.0  # east of it England begins: Devon lies south of the box, Shropshire in it


def nations_of(clip: Geometry, *, code: str | None = None, fetcher: Fetcher | None = None) -> tuple[str, ...]:
    """
    Return the nations an area may lie in, in the order of `NATIONS`.

    Parameters
    ----------
    clip : Geometry
        The area, EPSG:27700.
    code : str, optional
        Its ONS code, whose first letter tells.
    fetcher : Fetcher, optional
        Asks the ONS where position alone leaves more than one.
    """
    if code and len(code) == 9 and code[0] in _BY_LETTER:
        return (_BY_LETTER[code[0]],)
    possible = _by_position(clip)
    if len(possible) == 1 or fetcher is None:
        return possible
    return _asked(clip, fetcher) or possible


def _by_position(clip: Geometry) -> tuple[str, ...]:
    west, south, east, north = clip.bounds
    left, bottom, right, top = _WALES_BOX_M
    wales = east > left and west < right and north > bottom and south < top
    scotland = north > _SCOTLAND_FROM_NORTH_M
    england = south < _ENGLAND_TO_NORTH_M and not (wales and east < _ENGLAND_IN_WALES_BOX_FROM_M)
    found = {"england": england, "wales": wales, "scotland": scotland}
    return tuple(nation for nation in NATIONS if found[nation])


def _asked(clip: Geometry, fetcher: Fetcher) -> tuple[str, ...]:
    try:
        paths = ArcGis(services=ONS, service=ONS_COUNTRIES, name="countries").fetch(fetcher, Place(clip=clip))
    except FetchFailed:
        return ()
    features = json.loads(paths[0].read_bytes())["features"]
    words = {str(value).casefold() for each in features for value in (each.get("properties") or {}).values()}
    return tuple(nation for nation in NATIONS if nation in words)
