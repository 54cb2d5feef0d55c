"""The ground, what stands on it, and the two rasters a laser survey would have made of them in 2023."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin
from scipy import ndimage

from . import land
from .grid import EAST, HEIGHT, NORTH, WIDTH, rng

if TYPE_CHECKING:
    from pathlib import Path

    from shapely import Polygon

    from .land import Trees
    from .layout import Building

MARGIN = 60
NODATA = -9999.0
COLUMNS, ROWS = int(WIDTH) + 2 * MARGIN, int(HEIGHT) + 2 * MARGIN
TRANSFORM = from_origin(EAST - MARGIN, NORTH + HEIGHT + MARGIN, 1, 1)


@dataclass(frozen=True)
class Ground:
    """Bare ground at every cell centre, row 0 in the north, in metres above datum."""

    z: np.ndarray

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the ground at points in local metres."""
        rows, cols = HEIGHT + MARGIN - 0.5 - y, x + MARGIN - 0.5
        return ndimage.map_coordinates(self.z, [rows, cols], order=1, mode="nearest")


def centres() -> tuple[np.ndarray, np.ndarray]:
    """Return local east and north of every cell centre, each shape (rows, columns)."""
    x = np.arange(COLUMNS) - MARGIN + 0.5
    y = HEIGHT + MARGIN - 0.5 - np.arange(ROWS)
    return np.meshgrid(x, y)


def ground() -> Ground:
    """Return a gentle valley: the brook in the south, rising to the heath in the north."""
    x, y = centres()
    coarse = 10
    shapely.prepare(land.BROOK)
    sample = shapely.points(x[::coarse, ::coarse], y[::coarse, ::coarse])
    far = shapely.distance(sample, land.BROOK)
    far = ndimage.zoom(far, (ROWS / far.shape[0], COLUMNS / far.shape[1]), order=1)
    side = np.where(y > 255, 1.0, 0.75)
    rise = side * 31.0 * (1 - np.exp(-far / 620.0)) - 2.2 * np.exp(-((far / 28.0) ** 2))
    fall = 69.5 - 0.0042 * x
    swell = (
        1.1 * np.sin(x / 190 + 0.6) * np.cos(y / 240)
        + 0.5 * np.sin((x + 1.7 * y) / 97)
        + 0.25 * np.cos((2 * x - y) / 61)
    )
    z = fall + rise + swell * np.clip(far / 150, 0, 1)
    z = ndimage.gaussian_filter(z, 6)
    bed = shapely.contains_xy(land.BROOK.buffer(2.2), x, y)
    z = z - np.where(bed, 1.1, 0.0)
    mere = next(p.shape for p in land.PARCELS if p.name == "The Mere")
    wet = shapely.contains_xy(mere, x, y)
    return Ground(ndimage.gaussian_filter(np.where(wet, z[wet].min() - 0.3, z), 0.7))


def set_bases(buildings: list[Building], bare: Ground) -> None:
    """Give every building the level its walls stand on: one for all that share a roof."""
    by_block: dict[int, list[Building]] = {}
    for b in buildings:
        by_block.setdefault(b.block, []).append(b)
    for group in by_block.values():
        corners = np.vstack([shapely.get_coordinates(b.outline) for b in group])
        level = round(float(bare.at(corners[:, 0], corners[:, 1]).mean()), 2)
        for b in group:
            b.base = level


def surface(bare: Ground, buildings: list[Building], trees: Trees, missing: set[int]) -> np.ndarray:
    """Return what a survey from the air sees: roofs, trees, hedges, else ground; blocks in `missing` are not built."""
    top = bare.z.copy()
    for line in land.hedge_lines():
        _raise(top, line.buffer(0.9), lambda x, y: bare.at(x, y) + 1.7)
    random = rng("crowns")
    for x0, y0, h, r in zip(trees.x, trees.y, trees.height, trees.radius, strict=True):
        foot = float(bare.at(np.array([x0]), np.array([y0]))[0])
        ruffle = random.normal(0, 0.35, 256)
        shape = shapely.Point(x0, y0).buffer(r, quad_segs=4)

        def crown(x: np.ndarray, y: np.ndarray, *, at=(x0, y0, foot, h, r), noise=ruffle) -> np.ndarray:  # noqa: ANN001
            across = np.hypot(x - at[0], y - at[1]) / at[4]
            return at[2] + at[3] * (1 - 0.45 * np.clip(across, 0, 1) ** 2) + noise[: x.size]

        _raise(top, shape, crown)
    for b in buildings:
        if b.block in missing:
            continue
        for f in b.facets:
            _raise(top, f.patch, lambda x, y, f=f, b=b: b.base + f.height(x, y))
    return top


def _raise(top: np.ndarray, shape: Polygon, height) -> None:  # noqa: ANN001
    """Lift the cells whose centre is inside `shape` to `height(x, y)`, where that is higher."""
    x0, y0, x1, y1 = shape.bounds
    c0, c1 = max(int(x0 + MARGIN - 1), 0), min(int(x1 + MARGIN + 2), COLUMNS)
    r0, r1 = max(int(HEIGHT + MARGIN - y1 - 1), 0), min(int(HEIGHT + MARGIN - y0 + 2), ROWS)
    if c1 <= c0 or r1 <= r0:
        return
    x, y = np.meshgrid(np.arange(c0, c1) - MARGIN + 0.5, HEIGHT + MARGIN - 0.5 - np.arange(r0, r1))
    inside = shapely.contains_xy(shape, x, y)
    if inside.any():
        window = top[r0:r1, c0:c1]
        window[inside] = np.maximum(window[inside], height(x[inside], y[inside]))


def surveyed(z: np.ndarray, *, noise_m: float, stream: str) -> np.ndarray:
    """Return heights with survey noise, to the centimetre, and a strip along two edges that the aircraft missed."""
    x, y = centres()
    seen = np.round(z + rng(stream).normal(0, noise_m, z.shape), 2).astype("float32")
    seen[(x > WIDTH + 42) | (y < -44 + 6 * np.sin(x / 80))] = NODATA
    return seen


def write(path: Path, z: np.ndarray) -> None:
    """Write one raster as the agency does: GeoTIFF, float32, National Grid."""
    with rasterio.open(
        path, "w", driver="GTiff", height=ROWS, width=COLUMNS, count=1, dtype="float32", crs="EPSG:27700",
        transform=TRANSFORM, nodata=NODATA, compress="deflate", predictor=3, zlevel=9, tiled=True,
        blockxsize=512, blockysize=512, num_threads=1,
    ) as raster:  # fmt: skip
        raster.write(z, 1)
