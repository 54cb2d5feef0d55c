"""planning.data.gov.uk (England): the entities of each dataset that meet the area, a GeoJSON file a dataset."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from laep.errors import FetchFailed
from laep.ingest.net.ways import base, collection, outline_deg

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

HOST = "www.planning.data.gov.uk"
_PAGE = 500  # the most that the service gives at once
_MOST_PAGES = 100
_OUTLINE_M = 50.0  # the outline goes into the address, so it is drawn with few points
_LONGEST_OUTLINE = 1500  # characters; servers refuse addresses much longer than this


@dataclass(frozen=True, kw_only=True)
class PlanningData:
    """
    Entities of some datasets.

    Attributes
    ----------
    datasets : tuple of str
        Dataset names, such as `green-belt`.
    host : str
        The server.
    """

    datasets: tuple[str, ...]
    host: str = HOST

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return one GeoJSON file for each dataset that has something there; the first dataset's always."""
        outline = outline_deg(place.clip, tolerance_m=_OUTLINE_M)
        if len(outline.wkt) > _LONGEST_OUTLINE:
            outline = outline.envelope
        files: list[Path] = []
        for dataset in self.datasets:
            path, count = self._dataset(fetcher, dataset, outline.wkt)
            if count or not files:
                files.append(path)
        return tuple(files)

    def _dataset(self, fetcher: Fetcher, dataset: str, outline: str) -> tuple[Path, int]:
        pages: list[Path] = []
        found: list[dict[str, Any]] = []
        for number in range(_MOST_PAGES):
            params = {
                "dataset": dataset, "geometry": outline, "geometry_relation": "intersects", "limit": _PAGE,
                "offset": len(found),
            }  # fmt: skip
            part = fetcher.get(
                f"{base(self.host)}/entity.geojson", name=f"{dataset}-{number}.geojson", params=params, kind="json",
                check=self._check,
            )  # fmt: skip
            features = json.loads(part.read_bytes())["features"]
            pages.append(part)
            found.extend(features)
            if len(features) < _PAGE:
                return fetcher.keep(f"{dataset}.geojson", collection(found), of=pages), len(found)
        raise FetchFailed(f"{self.host}: {dataset} has more than {len(found):,} entities here; laep stops there.")

    def _check(self, path: Path) -> None:
        try:
            answer = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            raise FetchFailed(f"{self.host} sent JSON that breaks off or is damaged.") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("features"), list):
            raise FetchFailed(f"{self.host} answered without entities.")
