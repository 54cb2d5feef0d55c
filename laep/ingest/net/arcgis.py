"""ArcGIS feature services, such as the Office for National Statistics' boundaries: queried for the area, page by page.

Service names carry their edition (`Wards_December_2024_Boundaries_UK_BGC`), so the newest is found by a pattern, and
what is had says which it was. Errors come with status 200.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from laep.errors import FetchFailed
from laep.ingest.net import refusals
from laep.ingest.net.keys import base
from laep.ingest.net.opendatasoft import moment_in
from laep.ingest.net.ways import collection, outline_deg

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

ONS = "services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services"
"""Feature services of the Office for National Statistics."""
_EDITION = r"_[A-Za-z]+_20\d\d_(?:Boundaries_)?"
"""Month and year in a service's name; since 2025 as in `WD_MAY_2026_UK_BGC`, before that with `Boundaries`."""
_VERSION = r"(?:_V\d+)?$"
ONS_WARDS = rf"^(?:Wards|WD){_EDITION}UK_BGC{_VERSION}"
ONS_PARISHES = rf"^(?:Parishes_and_Non_Civil_Parished_Areas|PARNCP){_EDITION}EW_BGC{_VERSION}"
ONS_DISTRICTS = rf"^(?:Local_Authority_Districts|LAD){_EDITION}UK_BGC{_VERSION}"
ONS_LSOAS = rf"^Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC{_VERSION}"
ONS_OUTPUT_AREAS = rf"^Output_Areas_2021_EW_BGC{_VERSION}"
ONS_COUNTRIES = rf"^(?:Countries|CTRY){_EDITION}UK_BUC{_VERSION}"
ONS_POSTCODES = r"^Online_ONS_Postcode_Directory_Live$"
_EDITIONS = 3
"""So many of a service's editions are looked through for a place that the newest does not have."""

_PAGE = 1000
_MOST_PAGES = 200
_TOLERANCE_M = 20.0  # the outline asked with may be this much wider than the area


@dataclass(frozen=True, kw_only=True)
class ArcGis:
    """
    Features of one service that meet the area.

    Attributes
    ----------
    services : str
        Folder of services, such as `ONS`.
    service : str
        A regular expression for the service's name; the newest edition counts.
    layer : int or None
        Number of the layer; None takes the service's first layer or table.
    where : str
        A further condition in SQL.
    fields : str
        Columns wanted, separated by commas.
    everywhere : bool
        Ask for all features, not only those that meet the area.
    name : str
        File name to keep the result under; empty takes the service's name.
    """

    services: str
    service: str
    layer: int | None = None
    where: str = "1=1"
    fields: str = "*"
    everywhere: bool = False
    name: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return one GeoJSON file."""
        spatial: dict[str, str] = {}
        if not self.everywhere:
            west, south, east, north = outline_deg(place.clip, tolerance_m=_TOLERANCE_M).bounds
            spatial = {
                "geometry": f"{west:.6f},{south:.6f},{east:.6f},{north:.6f}", "geometryType": "esriGeometryEnvelope",
                "inSR": "4326", "spatialRel": "esriSpatialRelIntersects",
            }  # fmt: skip
        return (self.features(fetcher, spatial),)

    def features(self, fetcher: Fetcher, more: Mapping[str, str] | None = None) -> Path:
        """Return a GeoJSON file of the features that meet `where` and the further parameters."""
        name, address, about = self.about(fetcher)
        edition = edition_in(name)
        page = min(int(about.get("maxRecordCount") or _PAGE), _PAGE)
        params = {
            "where": self.where, "outFields": self.fields, "outSR": "4326", "f": "geojson", "returnGeometry": "true",
            "resultRecordCount": page, "orderByFields": about.get("objectIdField"), **(more or {}),
        }  # fmt: skip
        pages: list[Path] = []
        found: list[dict[str, Any]] = []
        start = 0
        for number in range(_MOST_PAGES):
            part = fetcher.get(
                f"{address}/query", name=f"{name}-{number}.geojson", kind="json", check=self.check,
                params={**params, "resultOffset": start}, edition=edition,
            )  # fmt: skip
            answer = refusals.collection(self.services, part)
            pages.append(part)
            found.extend(answer["features"])
            start += len(answer["features"]) or page  # an empty page may stand before others
            if not _more(answer):
                return fetcher.keep(f"{self.name or name}.geojson", collection(found), of=pages)
        raise FetchFailed(f"{self.services}: {name} has more than {len(found):,} features here; laep stops there.")

    def about(self, fetcher: Fetcher) -> tuple[str, str, dict[str, Any]]:
        """Return the service's name, the layer's address, and what the server says of the layer."""
        name = self.editions(fetcher)[0]
        service = f"{base(self.services)}/{name}/FeatureServer"
        address = f"{service}/{self._layer(fetcher, service) if self.layer is None else self.layer}"
        about = fetcher.json(address, name=f"{name}-about.json", params={"f": "json"})
        if not isinstance(about, dict):
            raise FetchFailed(f"{self.services} describes {name} in a way laep does not know.")
        return name, address, about

    def editions(self, fetcher: Fetcher) -> tuple[str, ...]:
        """Return the names of the newest services that match, the newest first; never none."""
        if re.fullmatch(r"\w+", self.service):
            return (self.service,)
        listed = fetcher.json(base(self.services), name="services.json", params={"f": "json"})
        services = listed.get("services") if isinstance(listed, dict) else None
        each = services if isinstance(services, list) else []
        names = [str(one.get("name", "")).rpartition("/")[2] for one in each if isinstance(one, dict)]
        wanted = [name for name in names if re.search(self.service, name, re.IGNORECASE)]
        if not wanted:
            raise FetchFailed(f"{self.services} has no service like {self.service!r} any more.")
        return tuple(sorted(wanted, key=lambda name: moment_in(name.replace("_", " ")), reverse=True)[:_EDITIONS])

    def _layer(self, fetcher: Fetcher, address: str) -> int:
        about = fetcher.json(address, name="layers.json", params={"f": "json"})
        held = about if isinstance(about, dict) else {}
        listed = [each for kind in ("layers", "tables") for each in held.get(kind) or [] if isinstance(each, dict)]
        if not listed or not isinstance(listed[0].get("id"), int):
            raise FetchFailed(f"{address} has no layer.")
        return int(listed[0]["id"])

    def check(self, path: Path) -> None:
        """Refuse an answer that is not a list of features."""
        refusals.collection(self.services, path)


def edition_in(name: str) -> str:
    """Return the edition in a service's name, such as `December 2024`; empty where it has none."""
    found = re.search(r"_([A-Za-z]{3,9})_(20\d\d)_", name)
    return f"{found[1].capitalize()} {found[2]}" if found else ""


def _more(answer: Mapping[str, Any]) -> bool:
    """Return whether the server says there is a further page."""
    properties = answer.get("properties")
    told = properties.get("exceededTransferLimit") if isinstance(properties, dict) else False
    return bool(answer.get("exceededTransferLimit") or told)
