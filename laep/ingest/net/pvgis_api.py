"""PVGIS (Joint Research Centre of the European Commission): hourly sun, temperature and wind at the area's middle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pvlib
from pyproj import Transformer

from laep.errors import FetchFailed
from laep.ingest.net.keys import base

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Place

HOST = "re.jrc.ec.europa.eu/api/v5_3"
_DECIMALS = 2  # of a degree, about a kilometre: neighbouring areas ask for the same point, on a grid of 5 km


@dataclass(frozen=True, kw_only=True)
class Pvgis:
    """
    The hourly series of some years on a level plane, from which the reader makes a typical year.

    Attributes
    ----------
    first_year, last_year : int
        The years asked for.
    host : str
        The server, with the version of its interface.
    """

    first_year: int = 2014
    last_year: int = 2023
    host: str = HOST

    @property
    def keys(self) -> tuple[str, ...]:
        """No key is sent."""
        return ()

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return one JSON file."""
        middle = place.clip.centroid
        longitude, latitude = Transformer.from_crs(27700, 4326, always_xy=True).transform(middle.x, middle.y)
        params = {
            "lat": round(latitude, _DECIMALS), "lon": round(longitude, _DECIMALS), "startyear": self.first_year,
            "endyear": self.last_year, "components": 1, "angle": 0, "aspect": 0, "usehorizon": 1,
            "outputformat": "json",
        }  # fmt: skip
        name = f"pvgis_{params['lat']}_{params['lon']}_{self.first_year}_{self.last_year}.json"
        url = f"{base(self.host)}/seriescalc"
        return (fetcher.get(url, name=name, params=params, kind="json", check=self._check),)

    def _check(self, path: Path) -> None:
        """Read the answer as pvlib does: what that cannot read is not kept."""
        try:
            hours, _ = pvlib.iotools.read_pvgis_hourly(path, pvgis_format="json", map_variables=True)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FetchFailed(f"{self.host} sent no hourly series ({type(error).__name__}).") from error
        years = self.last_year - self.first_year + 1
        if len(hours) < years * 8760:
            raise FetchFailed(f"{self.host} sent {len(hours):,} hours, fewer than the {years * 8760:,} asked for.")
