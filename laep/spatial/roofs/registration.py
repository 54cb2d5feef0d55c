"""Whether footprints and surface model are drawn in the same place, and if not, how far apart."""
# ruff: noqa: C901, PLR0912  a compiled loop over cells reads best whole

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from laep.spatial.rasters import blocks, describe, groups
from laep.spatial.roofs import plane_cells

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from laep.spatial.rasters import Block, Placed

RING_CELLS = 3
"""Width of the belt of open ground compared with the inside of each footprint. [cells]"""
TALLEST_M = 5.0
"""Heights above the ground count up to this, so that one tower does not outvote a street. [m]"""
GROUND_REACH_M, GROUND_SHARE = 8.0, 0.1
"""Ground is the lowest tenth of the open cells this near: farther than the shifts tried. [m], [-]"""
DRAWS = 200
"""Times the buildings are drawn again, to see how often they give the same answer."""
AGREED = 0.95
"""Share of draws that must give it, to one cell."""
FEWEST = 20
"""Fewer buildings are too few to move footprints by."""
LEAST_CELLS = 0.75
"""Smaller shifts are within what either map is drawn to. [cells]"""
LEAST_GAIN = 0.02
"""Edges must stand out by this much more than where the footprints are now."""
SEED = 27700


class Shift(NamedTuple):
    """
    How far footprints lie from where the raster shows buildings.

    Attributes
    ----------
    dx_m, dy_m : float
        How far to move the footprints east and north for the best match; missing when none lies on a raster. [m]
    gain : float
        How much more the buildings then stand out from the ground round them, as a share.
    agreement : float
        Share of repeated draws of the buildings that give the same shift, to one cell.
    buildings : int
        Buildings compared.
    sure : bool
        Whether the evidence is enough to move footprints by. If not, leave them.
    """

    dx_m: float
    dy_m: float
    gain: float
    agreement: float
    buildings: int
    sure: bool

    @property
    def moved_m(self) -> tuple[float, float]:
        """Return the move to make: the shift when it is sure, else none."""
        return (self.dx_m, self.dy_m) if self.sure else (0.0, 0.0)

    def told(self) -> list[str]:
        """Return in words that footprints are read through a move; nothing where they are not."""
        if not self.sure:
            return []
        return [
            (
                f"buildings stand out best in the elevation model when footprints are moved {self.dx_m:.1f} m east and "
                f"{self.dy_m:.1f} m north ({self.agreement:.0%} of repeated draws of {self.buildings:,} agree); "
                "the model is read through that move; footprints stay where they are"
            )
        ]


def shift(
    buildings: gpd.GeoDataFrame,
    dsm: Sequence[Path | str | Placed],
    dtm: Sequence[Path | str | Placed] = (),
    *,
    reach_m: float = 6.0,
) -> Shift:
    """
    Find the one shift of all footprints under which they fit the buildings of a surface model best.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer `in_building`.
    dsm, dtm : sequence of paths
        Surface and terrain models; only the finest surface models are used.
    reach_m : float
        Farthest shift tried each way. [m]

    Returns
    -------
    Shift
        The fit is how much higher the inside of the footprints stands than the belt round them, each building alike. A
        peak between two cells is placed by a parabola. It is `sure` when it beats the present place, lies within the
        reach, is more than drawing error, and drawing the buildings again gives it again.

    Notes
    -----
    One shift for all: it finds a datum or projection error, not one badly drawn street.
    """
    finest = groups(dsm)
    if not finest:
        return _unknown()
    resolution = finest[0][0].resolution
    reach = max(1, round(reach_m / resolution))
    terrain = [describe(path) for path in dtm]
    parts = [_fits(block, reach) for block in blocks(buildings, np.arange(len(buildings)), finest[0], terrain)]
    fits = np.concatenate(parts) if parts else np.empty((0, 0, 0))
    fits = fits[~np.isnan(fits).any(axis=(1, 2))] if fits.size else fits
    if not len(fits):
        return _unknown()
    mean = fits.mean(axis=0)
    south, east = np.unravel_index(_best(mean[None])[0], mean.shape)
    here = mean[reach, reach]
    gain = float((mean[south, east] - here) / mean[south, east]) if mean[south, east] > 0 else 0.0
    agreement = _agreement(fits, south, east)
    inside = 0 < south < 2 * reach and 0 < east < 2 * reach
    dx = (east - reach + (_peak(mean[south, :], east) if inside else 0.0)) * resolution
    dy = -(south - reach + (_peak(mean[:, east], south) if inside else 0.0)) * resolution
    enough = len(fits) >= FEWEST and agreement >= AGREED and gain >= LEAST_GAIN
    sure = bool(inside and enough and np.hypot(dx, dy) >= LEAST_CELLS * resolution)
    return Shift(round(float(dx), 2) + 0.0, round(float(dy), 2) + 0.0, gain, agreement, len(fits), sure)


def _unknown() -> Shift:
    return Shift(np.nan, np.nan, np.nan, np.nan, 0, sure=False)


def _fits(block: Block, reach: int) -> NDArray[np.float64]:
    """Return how each building of a block fits under each shift, shape (buildings, rows, columns)."""
    offset, row, column = plane_cells.cells(block)
    cell = abs(block.transform.a)
    near = max(2, round(GROUND_REACH_M / cell))
    taken = plane_cells.taken(block)
    ground = plane_cells.ring_ground(block.dsm, taken, offset, row, column, near, GROUND_SHARE)
    fits: NDArray[np.float64] = _slide(block.dsm, block.dtm, taken, ground, offset, row, column, reach)
    return fits


@njit(cache=True, nogil=True)
def _slide(
    dsm: NDArray[np.float64],
    dtm: NDArray[np.float64],
    taken: NDArray[np.bool_],
    ground: NDArray[np.float64],
    offset: NDArray[np.int64],
    row: NDArray[np.int32],
    column: NDArray[np.int32],
    reach: int,
) -> NDArray[np.float64]:
    height, width = dsm.shape
    above_dtm = dsm - dtm
    side = 2 * reach + 1
    fits = np.full((offset.size - 1, side, side), np.nan)
    for b in range(offset.size - 1):
        lo, hi = offset[b], offset[b + 1]
        if hi == lo:
            continue
        r0, r1 = row[lo:hi].min() - RING_CELLS, row[lo:hi].max() + RING_CELLS + 1
        c0, c1 = column[lo:hi].min() - RING_CELLS, column[lo:hi].max() + RING_CELLS + 1
        if r0 - reach < 0 or c0 - reach < 0 or r1 + reach > height or c1 + reach > width:
            continue
        mine = np.zeros((r1 - r0, c1 - c0), np.int8)
        for k in range(lo, hi):
            i, j = row[k] - r0, column[k] - c0
            for a in range(i - RING_CELLS, i + RING_CELLS + 1):
                for d in range(j - RING_CELLS, j + RING_CELLS + 1):
                    if mine[a, d] == 0 and not taken[r0 + a, c0 + d]:
                        mine[a, d] = -1
            mine[i, j] = 1
        for s in range(side):
            for t in range(side):
                inner = outer = 0.0
                inners = outers = 0
                for a in range(mine.shape[0]):
                    for d in range(mine.shape[1]):
                        if mine[a, d] == 0:
                            continue
                        r, c = r0 + a + s - reach, c0 + d + t - reach
                        h = above_dtm[r, c]
                        if np.isnan(h):
                            h = dsm[r, c] - ground[b]
                        if np.isnan(h):
                            continue
                        h = min(max(h, 0.0), TALLEST_M)
                        if mine[a, d] > 0:
                            inner, inners = inner + h, inners + 1
                        else:
                            outer, outers = outer + h, outers + 1
                if inners > 0 and outers > 0:
                    fits[b, s, t] = inner / inners - outer / outers
    return fits


def _best(fits: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the position of the best shift of each table, the nearest to none of equals."""
    side = fits.shape[1]
    step = np.arange(side) - side // 2
    order = np.lexsort((np.tile(step, side), np.repeat(step, side), np.add.outer(step**2, step**2).ravel()))
    flat = np.round(fits.reshape(len(fits), -1), 9)[:, order]
    best: NDArray[np.intp] = order[flat.argmax(axis=1)]
    return best


def _agreement(fits: NDArray[np.float64], south: np.intp, east: np.intp) -> float:
    rng = np.random.default_rng(SEED)
    count, side = len(fits), fits.shape[1]
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS) / count
    found = _best((drawn @ fits.reshape(count, -1)).reshape(DRAWS, side, side))
    away = np.maximum(np.abs(found // side - south), np.abs(found % side - east))
    return float((away <= 1).mean())


def _peak(line: NDArray[np.float64], at: np.intp) -> float:
    """Return how far from its highest cell a line of fits peaks, by a parabola through three. [cells]."""
    before, top, after = line[at - 1], line[at], line[at + 1]
    bend = before - 2 * top + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
