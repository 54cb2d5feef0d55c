"""Compiled: planes of least squares from sums over cells, and from the cells themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from laep.spatial.roofs.plane_cells import inner

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOMENTS = 10
PARTS = 4
"""Per plane: slope east, slope north, height at the building's first corner, spread of its cells."""


@inner
def solve(s: NDArray[np.float64], plane: NDArray[np.float64]) -> float:
    """
    Write the plane z = p0 x + p1 y + p2 of least squares to a set of moments; return the sum of squared misses.

    Moments are n, x, y, z, xx, xy, yy, xz, yz, zz. Returns -1 where the cells lie on a line.
    """
    n = s[0]
    mx, my, mz = s[1] / n, s[2] / n, s[3] / n
    xx, xy, yy = s[4] - n * mx * mx, s[5] - n * mx * my, s[6] - n * my * my
    xz, yz, zz = s[7] - n * mx * mz, s[8] - n * my * mz, s[9] - n * mz * mz
    det = xx * yy - xy * xy
    if det < 1e-6 * (xx + yy) ** 2 + 1e-9:
        return -1.0
    a, b = (xz * yy - yz * xy) / det, (yz * xx - xz * xy) / det
    plane[0], plane[1], plane[2] = a, b, mz - a * mx - b * my
    rss: float = max(0.0, zz - a * xz - b * yz)
    return rss


@inner
def add(s: NDArray[np.float64], x: float, y: float, z: float) -> None:
    """Add a cell to a set of moments."""
    s[0] += 1.0
    s[1] += x
    s[2] += y
    s[3] += z
    s[4] += x * x
    s[5] += x * y
    s[6] += y * y
    s[7] += x * z
    s[8] += y * z
    s[9] += z * z


@inner
def sums(
    label: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    planes: int,
) -> NDArray[np.float64]:
    """Return the moments of the cells of each plane."""
    s = np.zeros((planes, MOMENTS))
    for k in range(x.size):
        if label[k] >= 0:
            add(s[label[k]], x[k], y[k], z[k])
    return s


@inner
def fit_all(
    label: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    planes: int,
    plane: NDArray[np.float64],
) -> None:
    """Fit every plane to its cells; cells in one line fix none, so their plane is taken as level."""
    s = sums(label, x, y, z, planes)
    for p in range(planes):
        rss = solve(s[p], plane[p])
        if rss < 0.0:
            plane[p, 0], plane[p, 1], plane[p, 2] = 0.0, 0.0, s[p, 3] / s[p, 0]
        plane[p, 3] = np.sqrt(max(rss, 0.0) / s[p, 0])
