"""ArcGIS feature services, such as the Office for National Statistics' boundaries: queried for the area, page by page.

Service names carry their edition (`Wards_December_2024_Boundaries_UK_BGC`), so the newest is found by a pattern. Errors
come with status 200.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from laep.errors import FetchFailed
from laep.ingest.net.opendatasoft import moment_in
from laep.ingest.net.ways import base, collection, outline_deg

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

ONS = "services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services"
"""Feature services of the Office for National Statistics."""
ONS_WARDS = r"^Wards_\w+_20\d\d_Boundaries_UK_BGC(_V\d+)?$"
ONS_PARISHES = r"^Parishes_and_Non_Civil_Parished_Areas_\w+_20\d\d_Boundaries_EW_BGC(_V\d+)?$"
ONS_DISTRICTS = r"^Local_Authority_Districts_\w+_20\d\d_Boundaries_UK_BGC(_V\d+)?$"
ONS_LSOAS = r"^Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC(_V\d+)?$"
ONS_OUTPUT_AREAS = r"^Output_Areas_2021_EW_BGC(_V\d+)?$"
ONS_COUNTRIES = r"^Countries_\w+_20\d\d_Boundaries_UK_BUC(_V\d+)?$"
ONS_POSTCODES = r"^Online_ONS_Postcode_Directory_Live$"

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
        page = min(int(about.get("maxRecordCount") or _PAGE), _PAGE)
        params = {
            "where": self.where, "outFields": self.fields, "outSR": "4326", "f": "geojson", "returnGeometry": "true",
            "resultRecordCount": page, "orderByFields": about.get("objectIdField"), **(more or {}),
        }  # fmt: skip
        pages: list[Path] = []
        found: list[dict[str, Any]] = []
        for number in range(_MOST_PAGES):
            part = fetcher.get(
                f"{address}/query", name=f"{name}-{number}.geojson", kind="json", check=self.check,
                params={**params, "resultOffset": len(found)},
            )  # fmt: skip
            answer = json.loads(part.read_bytes())
            pages.append(part)
            found.extend(answer["features"])
            if not answer["features"] or not _more(answer):
                return fetcher.keep(f"{self.name or name}.geojson", collection(found), of=pages)
        raise FetchFailed(f"{self.services}: {name} has more than {len(found):,} features here; laep stops there.")

    def about(self, fetcher: Fetcher) -> tuple[str, str, dict[str, Any]]:
        """Return the service's name, the layer's address, and what the server says of the layer."""
        name = self._service(fetcher)
        service = f"{base(self.services)}/{name}/FeatureServer"
        address = f"{service}/{self._layer(fetcher, service) if self.layer is None else self.layer}"
        about = fetcher.json(address, name=f"{name}-about.json", params={"f": "json"})
        if not isinstance(about, dict):
            raise FetchFailed(f"{self.services} describes {name} in a way laep does not know.")
        return name, address, about

    def _service(self, fetcher: Fetcher) -> str:
        if re.fullmatch(r"\w+", self.service):
            return self.service
        listed = fetcher.json(base(self.services), name="services.json", params={"f": "json"})
        services = listed.get("services", []) if isinstance(listed, dict) else []
        names = [str(each.get("name", "")).rpartition("/")[2] for each in services if isinstance(each, dict)]
        wanted = [name for name in names if re.search(self.service, name)]
        if not wanted:
            raise FetchFailed(f"{self.services} has no service like {self.service!r} any more.")
        return max(wanted, key=lambda name: moment_in(name.replace("_", " ")))

    def _layer(self, fetcher: Fetcher, address: str) -> int:
        about = fetcher.json(address, name="layers.json", params={"f": "json"})
        listed = [*(about.get("layers") or []), *(about.get("tables") or [])]
        if not listed:
            raise FetchFailed(f"{address} has no layer.")
        return int(listed[0]["id"])

    def check(self, path: Path) -> None:
        """Refuse an answer that is not a list of features: errors come with status 200."""
        try:
            answer = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            raise FetchFailed(f"{self.services} sent JSON that breaks off or is damaged.") from None
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict):
            said = " ".join([str(error.get("message", "")), *map(str, error.get("details") or [])]).strip()
            raise FetchFailed(f"{self.services} answered with error {error.get('code', '')}: {said or 'no reason'}.")
        if not isinstance(answer, dict) or not isinstance(answer.get("features"), list):
            raise FetchFailed(f"{self.services} answered without features.")


def _more(answer: Mapping[str, Any]) -> bool:
    """Return whether the server says there is a further page."""
    properties = answer.get("properties") or {}
    return bool(answer.get("exceededTransferLimit") or properties.get("exceededTransferLimit"))
