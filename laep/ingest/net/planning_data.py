"""planning.data.gov.uk (England): the entities of some datasets that meet the area, a GeoJSON file a dataset."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from laep.errors import FetchFailed
from laep.ingest.net import refusals
from laep.ingest.net.keys import base
from laep.ingest.net.manners import Manners
from laep.ingest.net.ways import collection, outline_deg

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

HOST = "www.planning.data.gov.uk"
_PAGE = 500  # the most that the service gives at once
_MOST_PAGES = 100
_OUTLINE_M = 50.0  # the outline goes into the address, so it is drawn with few points
_LONGEST_OUTLINE = 1500  # characters; servers refuse addresses much longer than this
_AT_ONCE = 13  # datasets named in one address, for the same reason
_MOST_REFUSED = 3  # datasets refused by themselves before the rest is left alone
_OF_ALL = (401, 403, 406, 429)  # refusals that are not of this dataset or that
_TWICE = Manners(attempts=2)  # a dataset that fails is found by asking again without it


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
        """Return one GeoJSON file for each dataset that has something there; an empty one where none has."""
        outline = outline_deg(place.clip, tolerance_m=_OUTLINE_M)
        if len(outline.wkt) > _LONGEST_OUTLINE:
            outline = outline.envelope
        found = _Found()
        for start in range(0, len(self.datasets), _AT_ONCE):
            try:
                self._several(fetcher, self.datasets[start : start + _AT_ONCE], outline.wkt, found)
            except FetchFailed as fault:
                found.faults.append(fault)
        if not found.pages:
            raise found.faults[0]
        fetcher.notes.extend(f"A part is missing: {fault}" for fault in found.faults)
        by_dataset: dict[str, list[dict[str, Any]]] = {}
        for feature in found.features:
            by_dataset.setdefault(str((feature.get("properties") or {}).get("dataset")), []).append(feature)
        kept = by_dataset or {self.datasets[0]: []}
        return tuple(fetcher.keep(f"{name}.geojson", collection(kept[name]), of=found.pages) for name in sorted(kept))

    def known(self, fetcher: Fetcher) -> tuple[str, ...]:
        """
        Return those of the datasets that the service knows, asked for one entity each time.

        Raises
        ------
        FetchFailed
            When it refuses some, naming them.
        """
        found = _Found()
        for start in range(0, len(self.datasets), _AT_ONCE):
            self._several(fetcher, self.datasets[start : start + _AT_ONCE], "", found)
        if found.faults:
            raise found.faults[0]
        return self.datasets

    def _several(self, fetcher: Fetcher, datasets: tuple[str, ...], outline: str, found: _Found) -> None:
        """Ask for some datasets at once; where the service refuses them, for the halves, to find the one it refuses."""
        try:
            self._pages(fetcher, datasets, outline, found)
        except refusals.Refused as fault:
            if fault.status in _OF_ALL:
                raise
            if len(datasets) == 1:
                found.faults.append(FetchFailed(f"{datasets[0]}: {fault}"))
            elif len(found.faults) < _MOST_REFUSED:
                middle = len(datasets) // 2
                self._several(fetcher, datasets[:middle], outline, found)
                self._several(fetcher, datasets[middle:], outline, found)
            else:  # it is not this dataset or that
                found.faults.append(FetchFailed(f"{', '.join(datasets)}: {fault}"))

    def _pages(self, fetcher: Fetcher, datasets: tuple[str, ...], outline: str, found: _Found) -> None:
        pages: list[Path] = []
        features: list[dict[str, Any]] = []
        for number in range(_MOST_PAGES):
            params = {
                "dataset": datasets, "geometry": outline or None,
                "geometry_relation": "intersects" if outline else None, "limit": _PAGE if outline else 1,
                "offset": len(features),
            }  # fmt: skip
            part = fetcher.get(
                f"{base(self.host)}/entity.geojson", name=f"designations-{number}.geojson", params=params, kind="json",
                check=partial(refusals.collection, self.host, of="entities"), polite=_TWICE,
            )  # fmt: skip
            page = refusals.collection(self.host, part, of="entities")["features"]
            pages.append(part)
            features.extend(page)
            if len(page) < _PAGE:
                found.pages.extend(pages)
                found.features.extend(features)
                return
        raise FetchFailed(f"{self.host} has more than {len(features):,} entities here; laep stops there.")


@dataclass(frozen=True)
class _Found:
    """What has come so far: pages, their features, and why some datasets did not."""

    pages: list[Path] = field(default_factory=list)
    features: list[dict[str, Any]] = field(default_factory=list)
    faults: list[FetchFailed] = field(default_factory=list)
