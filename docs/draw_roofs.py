"""
Draw the roof planes found on real surface models over their hillshade: `python docs/draw_roofs.py DATA`.

DATA is a folder whose `lidar/` holds the public data sets named in `PLACES`. Colour says which way a plane faces, grey
that it is level; a roof without colour is one no plane was found on. White is the footprint.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.features import rasterize
from rasterio.transform import Affine

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from laep.spatial import rasters
from laep.spatial.roofs import planes, registration

FOLDER = Path(__file__).resolve().parent / "pictures"
PIXELS_PER_M = 4
GREYS, HUES = 16, 12
LEVEL = (150, 150, 165)
LEVEL_DEG = 5.0
STEP = 16  # colours are rounded to this, so that the pictures stay small


@dataclass(frozen=True)
class Place:
    """One data set: where its files are, its footprints' coordinates if they do not say, and the share drawn."""

    name: str
    dsm: str
    dtm: str
    footprints: str
    crs: str | None
    window: tuple[float, float, float, float]


_GOTHENBURG = "gothenburg_Goteborg_SWEREF99_1200.zip/Goteborg_SWEREF99_1200/Goteborg_SWEREF99_1200"
_ROTTERDAM = "rotterdam_ICUC12_TC.zip/input_dataset"
PLACES = (
    Place(
        "roofs-covent-garden", "covent_garden/DSM_CG.tif", "covent_garden/DEM_CG.tif",
        "covent_garden/footprints_osm_epsg32631.geojson", "EPSG:32631", (0.32, 0.32, 0.72, 0.7),
    ),
    Place(
        "roofs-gothenburg", f"{_GOTHENBURG}/DSM_KRbig.tif", f"{_GOTHENBURG}/DEM_KRbig.tif",
        f"{_GOTHENBURG}/buildings.shp", None, (0.0, 0.0, 0.9, 0.9),
    ),
    Place(
        "roofs-rotterdam", f"{_ROTTERDAM}/dsm_rotterdam.tif", f"{_ROTTERDAM}/dem_rotterdam.tif",
        f"{_ROTTERDAM}/BuildingsRotterdam.gpkg", None, (0.0, 0.1, 0.6, 0.7),
    ),
)  # fmt: skip


def main(data: Path) -> None:
    """Draw every place into `docs/pictures`."""
    for place in PLACES:
        dsm, dtm, path = (_open(data / "lidar", name) for name in (place.dsm, place.dtm, place.footprints))
        drawn = gpd.read_file(path)
        drawn = drawn.set_crs(place.crs, allow_override=True) if place.crs else drawn
        drawn = drawn[drawn.geom_type.isin(["Polygon", "MultiPolygon"])].to_crs("EPSG:27700").reset_index(drop=True)
        move = registration.shift(drawn, [dsm], [dtm]).moved_m
        found = planes.from_rasters(drawn, [dsm], [dtm], moved_m=move)
        with rasterio.open(dsm) as raster:
            west, south, east, north = raster.bounds
        share = np.array(place.window).reshape(2, 2)
        corners = np.array([west, south]) + share * np.array([east - west, north - south])
        shown, walls = found.planes.translate(*move), drawn.translate(*move)
        paint = picture(
            dsm, found.planes.set_geometry(shown), gpd.GeoDataFrame(geometry=walls), tuple(corners.ravel().tolist())
        )
        write(FOLDER / f"{place.name}.png", paint)


def _open(folder: Path, name: str) -> str:
    """Return the address GDAL reads a file by, inside a zip or not."""
    return f"/vsizip/{folder / name}" if ".zip" in name else str(folder / name)


def picture(
    dsm: str, found: gpd.GeoDataFrame, footprints: gpd.GeoDataFrame, window: tuple[float, float, float, float]
) -> np.ndarray:
    """Return a picture, shape (3, rows, columns), of planes and footprints over the hillshade of a window."""
    raster = rasters.describe(dsm)
    west, south, east, north = window
    shape = (round((north - south) * PIXELS_PER_M), round((east - west) * PIXELS_PER_M))
    grid = Affine(1 / PIXELS_PER_M, 0, west, 0, -1 / PIXELS_PER_M, north)
    surface = rasters.read([raster], raster.crs, grid, shape, Resampling.bilinear)
    shade = np.round(_hillshade(surface, 1 / PIXELS_PER_M) * (GREYS - 1)) / (GREYS - 1)
    paint = np.repeat(shade[None] * 255, 3, axis=0)
    there = found.to_crs(raster.crs)
    drawn = [(s, i + 1) for i, s in enumerate(there.geometry)]
    which = rasterize(drawn, out_shape=shape, transform=grid, dtype="int32") if drawn else np.zeros(shape, "int32")
    colour = np.vstack([np.zeros((1, 3)), _colours(found)])
    paint = np.where(which > 0, 0.45 * paint + 0.55 * np.moveaxis(colour[which], 2, 0), paint)
    for shapes, ink in ((there.boundary, (20, 20, 20)), (footprints.to_crs(raster.crs).boundary, (255, 255, 255))):
        lines = [s for s in shapes if not s.is_empty]
        if lines:
            on = rasterize(lines, out_shape=shape, transform=grid, dtype="uint8") > 0
            paint = np.where(on, np.array(ink)[:, None, None], paint)
    return paint.astype("uint8")


def _hillshade(z: np.ndarray, cell: float) -> np.ndarray:
    """Return light from the north-west, 45 degrees high, 0 to 1."""
    north, east = np.gradient(np.nan_to_num(z, nan=float(np.nanmin(z))), cell)
    lit = (1 + (east + north) * 0.5) / np.sqrt(1 + east**2 + north**2) / np.sqrt(1.5)
    return np.clip(0.25 + 0.6 * lit, 0, 1)


def _colours(found: gpd.GeoDataFrame) -> np.ndarray:
    """Return red, green and blue of each plane: south yellow, east red, north blue, west green."""
    turn = np.radians(np.round(found["azimuth_deg"].to_numpy() / 360 * HUES) / HUES * 360)
    south, east = -np.cos(turn), np.sin(turn)
    rgb = np.column_stack(
        [
            128 + 110 * np.clip(south, -0.6, 1) + 60 * np.clip(east, 0, 1),
            128 + 90 * south - 70 * east,
            128 - 110 * south,
        ]
    )
    return np.where((found["tilt_deg"] < LEVEL_DEG).to_numpy()[:, None], LEVEL, np.clip(rgb, 0, 255))


def write(path: Path, paint: np.ndarray) -> None:
    """Write a picture as PNG with a palette of the colours it has."""
    flat = paint.reshape(3, -1).T.astype(int) // STEP * STEP
    colours, index = np.unique(flat, axis=0, return_inverse=True)
    index = index.reshape(-1)
    if len(colours) > 256:
        step = STEP * 2
        colours, index = np.unique(flat // step * step, axis=0, return_inverse=True)
        index = index.reshape(-1)
    with rasterio.open(
        path, "w", driver="PNG", width=paint.shape[2], height=paint.shape[1], count=1, dtype="uint8", ZLEVEL=9
    ) as out:
        out.write(index.reshape(1, *paint.shape[1:]).astype("uint8"))
        out.write_colormap(1, {number: (*colour, 255) for number, colour in enumerate(colours.tolist())})
    path.with_name(path.name + ".aux.xml").unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
