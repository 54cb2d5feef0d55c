"""Skylines read from real surface models beside those assumed for the same roofs, in light lost by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import shapes
from rasterio.merge import merge
from scipy import ndimage

from benchmarks._report import ROOT
from laep import schema
from laep.assumptions import Assumptions
from laep.ingest.weather import climate
from laep.models.energy import solar
from laep.spatial.roofs import horizon, planes, registration, typical_skyline
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DATA = ROOT.parent / "shared" / "data" / "lidar"
_GOTHENBURG = "gothenburg_Goteborg_SWEREF99_1200.zip/Goteborg_SWEREF99_1200/Goteborg_SWEREF99_1200"
_ROTTERDAM = "rotterdam_ICUC12_TC.zip/input_dataset"
_TOFT = "toft_cambridgeshire/LIDAR-DSM-1M-TL35ne.zip"
_LATITUDE, _LONGITUDE = 51.6, -1.2
"""One sky for all, so that only skylines differ."""
_STEEPEST_DEG, _LEAST_M2, _FROM_SOUTH_DEG = 60.0, 8.0, 100.0
"""Planes that panels could stand on."""
_TALL_M, _SMOOTH_M, _STEEP = 2.0, 0.35, 1.3
"""Cells of a roof where no footprints are held: so high above the ground, so near a plane of 3 x 3 cells, so steep."""
_GROUND_CELLS = 31


@dataclass(frozen=True)
class Skyline:
    """One place: planes compared, land covered round them, and light lost in each month and the year. [fraction]."""

    place: str
    planes: int
    covered: float
    found: Floats
    assumed: Floats


def measure(folder: Path = DATA) -> list[Skyline]:
    """Return the places whose files are there, from open to dense."""
    places: dict[str, Callable[[Path], tuple[gpd.GeoDataFrame, list[str], list[str]]]] = {
        "Toft, Cambridgeshire": _toft,
        "Rotterdam": lambda at: _drawn(
            at, f"{_ROTTERDAM}/dsm_rotterdam.tif", f"{_ROTTERDAM}/dem_rotterdam.tif",
            f"{_ROTTERDAM}/BuildingsRotterdam.gpkg", None,
        ),
        "Gothenburg": lambda at: _drawn(
            at, f"{_GOTHENBURG}/DSM_KRbig.tif", f"{_GOTHENBURG}/DEM_KRbig.tif", f"{_GOTHENBURG}/buildings.shp", None
        ),
        "Covent Garden": lambda at: _drawn(
            at, "covent_garden/DSM_CG.tif", "covent_garden/DEM_CG.tif",
            "covent_garden/footprints_osm_epsg32631.geojson", "EPSG:32631",
        ),
    }  # fmt: skip
    return [_at(place, *read(folder)) for place, read in places.items()] if folder.is_dir() else []


def _at(place: str, buildings: gpd.GeoDataFrame, dsm: list[str], dtm: list[str]) -> Skyline:
    take = Assumptions()
    moved = registration.shift(buildings, dsm, dtm).moved_m
    found = planes.from_rasters(buildings, dsm, dtm, moved_m=moved).planes
    towards_south = np.abs(found["azimuth_deg"] - 180.0) < _FROM_SOUTH_DEG
    fit = (found["tilt_deg"] < _STEEPEST_DEG) & (found["plan_m2"] > _LEAST_M2) & towards_south
    roofs = found[fit].reset_index(drop=True).assign(roof_id=lambda f: f.index.astype(str))
    read = horizon.roof_shade(roofs, dsm, lift_m=take.value("pv.roof.panel_height_m", "m"), moved_m=moved)
    roofs = roofs.iloc[read["roof_id"].astype(int)].reset_index(drop=True)
    text = (read[name] for name in ("horizon_deg", "horizon_spread_deg"))
    mean, spread = (np.array([row.split() for row in one], dtype="float64") for one in text)
    land = schema.empty("in_land")
    share = typical_skyline.covered(buildings, land, within_m=take.value("pv.skyline.within_m", "m")).to_numpy()
    covered = share[roofs["row"].to_numpy(dtype=np.intp)]
    base, rise = (take.value(f"pv.skyline.{name}", "deg") for name in ("open_deg", "covered_deg"))
    typical = typical_skyline.around(roofs["tilt_deg"].to_numpy(dtype="float64"), base + rise * covered)
    surveyed = solar.Shade(horizon_deg=mean, spread_deg=spread, sky_view=read["sky_view"].to_numpy(dtype="float64"))
    lost = [_lost(roofs, shade) for shade in (surveyed, solar.Shade(**typical._asdict()))]
    return Skyline(place, len(roofs), float(covered.mean()), *lost)


def _lost(roofs: pd.DataFrame, shade: solar.Shade) -> Floats:
    """Return the share of light lost to a skyline in each month, larger planes counting for more."""
    year = climate.typical_year(1, latitude=_LATITUDE, longitude=_LONGITUDE)
    sky = solar.prepare(year, latitude=_LATITUDE, longitude=_LONGITUDE)
    system, area = kit.system_from(Assumptions()), roofs["plan_m2"].to_numpy(dtype="float64")
    none = np.zeros_like(shade.horizon_deg)
    free = solar.Shade(horizon_deg=none, spread_deg=none, sky_view=np.ones(len(roofs)))
    shaded, open_ = (solar.monthly_yield(roofs, sky, system=system, shade=one).T @ area for one in (shade, free))
    return np.append(1 - shaded / open_, 1 - shaded.sum() / open_.sum())


def _drawn(
    folder: Path, dsm: str, dtm: str, footprints: str, crs: str | None
) -> tuple[gpd.GeoDataFrame, list[str], list[str]]:
    surface, ground, path = (
        f"/vsizip/{folder / name}" if ".zip" in name else str(folder / name) for name in (dsm, dtm, footprints)
    )
    drawn = gpd.read_file(path)
    drawn = drawn.set_crs(crs, allow_override=True) if crs else drawn
    drawn = drawn[drawn.geom_type.isin(["Polygon", "MultiPolygon"])].to_crs(schema.CRS)
    return _named(drawn.geometry.to_numpy()), [surface], [ground]


def _toft(folder: Path) -> tuple[gpd.GeoDataFrame, list[str], list[str]]:
    """Return the surface of a village that no footprints are held of, and those its own smooth high cells suggest."""
    tiles = [f"/vsizip/{folder / _TOFT}/{name}_DSM_1M.asc" for name in ("tl3555", "tl3556")]
    mosaic, transform = merge(tiles)
    surface = mosaic[0].astype("float64")
    coarse = ndimage.percentile_filter(surface[::2, ::2], 10, _GROUND_CELLS)
    ground = ndimage.zoom(coarse, 2, order=1)[: surface.shape[0], : surface.shape[1]]
    north, east = np.gradient(ndimage.uniform_filter(surface, 3))
    level = surface - surface.mean()
    rough = ndimage.uniform_filter(level**2, 3) - ndimage.uniform_filter(level, 3) ** 2
    off = np.sqrt(np.maximum(rough - (north**2 + east**2) * 2 / 3, 0.0))
    high = surface - ground > _TALL_M
    smooth = ndimage.binary_opening(high & (off < _SMOOTH_M) & (np.hypot(north, east) < _STEEP), np.ones((3, 3)))
    number, count = ndimage.label(smooth)
    every = np.arange(1, count + 1)
    firm = (ndimage.sum(smooth, number, every) >= 30) & (ndimage.median(off, number, every) < _SMOOTH_M / 2)
    roofs = ndimage.binary_dilation(np.isin(number, every[firm]), np.ones((3, 3))) & high
    outlines = shapes(roofs.astype("uint8"), mask=roofs, transform=transform)
    simple = shapely.buffer(shapely.simplify([shapely.geometry.shape(one) for one, _ in outlines], 0.8), 0.0)
    return _named(simple[(shapely.area(simple) > 35) & (shapely.area(simple) < 2500)]), tiles, []


def _named(footprints: NDArray[np.object_]) -> gpd.GeoDataFrame:
    ids = [str(number) for number in range(len(footprints))]
    return gpd.GeoDataFrame({"building_id": ids}, geometry=footprints, crs=schema.CRS)
