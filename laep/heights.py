"""Heights of one raster file: in metres, whatever integers stand for them, and without what stands for no height."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOOKED_AT = 512
"""Cells along each side of the picture by which a file is judged."""
_BESIDE_ZERO_M = 1.0
"""Land that reaches the sea has heights this near nought beside it; a filling stands alone."""
_FEW = 0.001


def opened(address: str | Path) -> Any:
    """
    Return a raster, opened as GeoTIFF or ASCII grid: GDAL knows formats that lead elsewhere, some into the network.

    Raises
    ------
    rasterio.errors.RasterioIOError
        When it is neither.
    """
    name = str(address)
    return rasterio.open(name, driver="GTiff" if _is_tiff(name) else "AAIGrid")


def _is_tiff(name: str) -> bool:
    """Return whether a file begins as TIFFs do; of a member of a zip the name decides."""
    if name.startswith("/vsi"):
        return not name.lower().endswith(".asc")
    if not Path(name).is_file():
        return True  # GDAL says that it is not there
    with Path(name).open("rb") as file:
        return file.read(2) in (b"II", b"MM")


def in_metres(source: Any, cells: NDArray[Any]) -> NDArray[np.float64]:
    """Return cells of a file as metres: times the scale and plus the offset it states."""
    metres: NDArray[np.float64] = np.asarray(cells, dtype=np.float64) * source.scales[0] + source.offsets[0]
    return metres


def nodata(source: Any) -> float | None:
    """Return the value that stands for no height, None where there is none: what the file names, else its filling."""
    if source.nodata is None and _filled_with_zeros(source.name):
        return 0.0
    named: float | None = source.nodata
    return named


def is_filling(source: Any, metres: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which heights only fill gaps: noughts of a file that has no land so low, or has nothing else."""
    if not _filled_with_zeros(source.name):
        return np.zeros(metres.shape, dtype=bool)
    filling: NDArray[np.bool_] = metres == source.offsets[0]
    return filling


@lru_cache(maxsize=256)
def _filled_with_zeros(path: str) -> bool:
    """Return whether noughts of a file are no heights: they are many or all, and nothing else in it is near nought."""
    with opened(path) as source:
        shape = tuple(min(_LOOKED_AT, side) for side in source.shape)
        metres = in_metres(source, source.read(1, out_shape=shape))
        zero = metres == source.offsets[0]
    near = (np.abs(metres) < _BESIDE_ZERO_M) & ~zero
    return bool(zero.mean() > _FEW and near.sum() <= _FEW * (~zero).sum())
