"""Compiled core of `laep.models.energy.solar`: the power of planes under one sky, each plane exactly, shade included.

What no roof changes (sun, Perez parts, air, cell cooling) comes ready in `columns`; what is left for each plane and
step is a few dozen operations with no call to anything. The arithmetic is that of pvlib's functions, named beside each
line, in single precision: twice as many steps at once, and a year within 1e-7 of pvlib's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Single = NDArray[np.float32]
    Whole = NDArray[np.int64]

EAST, NORTH, UP, HEIGHT, BEAM, AROUND, DOME, RIM, GROUND, COOLING, AIR = range(11)
"""Rows of `columns`: the unit vector to the sun; its height [deg]; direct normal light; Perez light round the sun, of
the dome and of the rim; light off the ground, with albedo [W/m2]; 1/(u0 + u1 wind) [K m2/W]; air temperature [degC]."""
TILT, AZIMUTH, KEPT, SKY, UNIT = range(5)
"""Columns of `planes`: [deg], [deg], share kept after losses, share of its sky a plane sees, and kWp."""
COEFFICIENT, EFFICIENCY, RATING = range(3)
"""Entries of `system`: power per degree, nominal inverter efficiency, inverter input at its limit [kW/kWp]."""
NO_SHADE = -90.0
"""Where a shadow begins for a plane that nothing shades. [deg]"""

_FAST = {"nsz", "nnan", "ninf", "contract", "reassoc", "arcp"}
"""No value is missing or infinite, and sums may be vectorised; each plane is still summed by one thread, in one
order."""
_INDEX = 1.526  # pvlib.iam.physical: refractive index, extinction times thickness
_DIM = 4.0 * 0.002
_ZERO, _HALF, _ONE = (np.float32(value) for value in (0, 0.5, 1))
_PER_WATT, _STANDARD_C = np.float32(0.001), np.float32(25)  # pvlib.pvsystem.pvwatts_dc
_INVERSE, _RISE, _FALL, _IDLE = (np.float32(value) for value in (1 / 0.9637, 0.9858, 0.0162, 0.0059))
"""pvlib.inverter.pvwatts: reference efficiency, and efficiency by load."""
_BLOCK = 256
_PLANES = 128
"""Planes taken through a month together, while its sun and sky stay in the nearest cache."""


def _through_glass(cosine: Array) -> Array:
    """Return the light an uncoated pane lets through over that at right angles, by Snell, Fresnel and Bouguer."""
    bent = np.sqrt(1.0 - (1.0 - cosine**2) / _INDEX**2)
    side = ((cosine - _INDEX * bent) / (cosine + _INDEX * bent)) ** 2
    flat = ((bent - _INDEX * cosine) / (bent + _INDEX * cosine)) ** 2
    straight = (1.0 - ((1.0 - _INDEX) / (1.0 + _INDEX)) ** 2) * math.exp(-_DIM)
    through: Array = (1.0 - 0.5 * (side + flat)) * np.exp(-_DIM / bent) / straight
    return through


def _polynomial(degree: int) -> Array:
    """Return the factors of the powers of 2 cos - 1, highest first, that make up `_through_glass` on 0 to 1."""
    fitted = np.polynomial.Chebyshev.interpolate(lambda x: _through_glass((x + 1.0) / 2.0), degree)
    factors: Array = np.ascontiguousarray(np.polynomial.chebyshev.cheb2poly(fitted.coef)[::-1])
    return factors


_GLASS = _polynomial(14).astype(np.float32)
"""A smooth curve: 15 products and sums give it within 7e-8, in a quarter of the time of its roots and quotients."""


@njit(inline="always")
def _power(
    columns: Single, step: int, lie: tuple[np.float32, ...], sky: np.float32, lit: np.float32, kept: np.float32,
    system: Single,
) -> np.float32:  # fmt: skip
    """Return the power of one kWp in one step, at the inverter's output. [kW]."""
    east, north, up, across = lie
    cosine = columns[EAST, step] * east + columns[NORTH, step] * north + columns[UP, step] * up
    cosine = min(max(cosine, _ZERO), _ONE)
    shone = cosine * lit
    # pvlib.irradiance.perez, beam_component, get_ground_diffuse
    even = columns[DOME, step] * (_HALF * (_ONE + up)) + columns[RIM, step] * across
    diffuse = max(even * sky + columns[AROUND, step] * shone, _ZERO) + columns[GROUND, step] * (_HALF * (_ONE - up))
    beam = columns[BEAM, step] * shone
    part = cosine + cosine - _ONE  # pvlib.iam.physical
    square = part * part
    even, odd = _GLASS[0], _GLASS[1]
    for power in range(2, _GLASS.size - 1, 2):
        even, odd = even * square + _GLASS[power], odd * square + _GLASS[power + 1]
    glass = even * square + odd * part + _GLASS[_GLASS.size - 1]
    # pvlib.temperature.faiman, pvsystem.pvwatts_dc, inverter.pvwatts
    cell = columns[AIR, step] + (beam + diffuse) * columns[COOLING, step]
    warm = _ONE + system[COEFFICIENT] * (cell - _STANDARD_C)
    direct = (beam * glass + diffuse) * _PER_WATT * warm * kept
    rating, efficiency = system[RATING], system[EFFICIENCY]
    out = efficiency * _INVERSE * (direct * (_RISE - _FALL * direct / rating) - _IDLE * rating)
    return max(min(out, efficiency * rating), _ZERO)


@njit(inline="always")
def _lie(tilt_deg: float, azimuth_deg: float) -> tuple[np.float32, ...]:
    """Return how a plane lies: the unit vector it faces along (east, north, up), and the sine of its tilt."""
    tilt, azimuth = math.radians(tilt_deg), math.radians(azimuth_deg)
    across = math.sin(tilt)
    return (
        np.float32(across * math.sin(azimuth)), np.float32(across * math.cos(azimuth)), np.float32(math.cos(tilt)),
        np.float32(across),
    )  # fmt: skip


@njit(parallel=True, cache=True, fastmath=_FAST, error_model="numpy")
def month_sums(
    columns: Single, month: Whole, group: Whole, planes: Array, shade_from: Single, shade_per_deg: Single,
    system: Single, total: Array,
) -> None:  # fmt: skip
    """
    Add up the power of each plane by month.

    Parameters
    ----------
    columns : array, shape (11, steps)
        Sun and sky, steps in order of month and of sector within it.
    month : int array, shape (months, 3)
        Month 0 to 11, its first group and the group after its last.
    group : int array, shape (groups, 3)
        Sector, first step and the step after the last: within a group the skyline is one number.
    planes : array, shape (planes, 5)
    shade_from, shade_per_deg : array, shape (planes or 1, sectors)
        Sun height below which a plane has no direct light, and the share of it that comes back per degree above.
        [deg, 1/deg] One row serves all planes when nothing shades any.
    system : array, shape (3,)
    total : array, shape (planes, 12)
        Filled with sums of power of one kWp. [kW steps]
    """
    shaded = shade_from.shape[0] > 1
    for block in prange((planes.shape[0] + _PLANES - 1) // _PLANES):
        lit = np.empty(columns.shape[1], np.float32)
        for some in range(month.shape[0]):
            low, high = np.uint64(group[month[some, 1], 1]), np.uint64(group[month[some, 2] - 1, 2])
            for plane in range(block * _PLANES, min(planes.shape[0], (block + 1) * _PLANES)):
                own = np.int64(plane) if shaded else np.int64(0)
                for number in range(month[some, 1], month[some, 2]):
                    start, rate = shade_from[own, group[number, 0]], shade_per_deg[own, group[number, 0]]
                    for step in range(np.uint64(group[number, 1]), np.uint64(group[number, 2])):
                        lit[step] = min(max((columns[HEIGHT, step] - start) * rate, _ZERO), _ONE)
                lie = _lie(planes[plane, TILT], planes[plane, AZIMUTH])
                kept, sky = np.float32(planes[plane, KEPT]), np.float32(planes[plane, SKY])
                added = _ZERO
                for step in range(low, high):
                    added += _power(columns, step, lie, sky, lit[step], kept, system)
                total[plane, month[some, 0]] = added


@njit(parallel=True, cache=True, error_model="numpy")
def group_sums(
    columns: Single, sector: Whole, planes: Array, group: Whole, shade_from: Single, shade_per_deg: Single,
    system: Single, power: Array,
) -> None:  # fmt: skip
    """
    Add up the power of groups of planes, step by step.

    Parameters
    ----------
    columns : array, shape (11, steps)
        Sun and sky, steps in order of time.
    sector : int array, shape (steps,)
    planes, shade_from, shade_per_deg, system
        As for `month_sums`.
    group : int array, shape (planes,)
        Row of `power` each plane adds to.
    power : array, shape (groups, steps)
        Added to. [kW]
    """
    steps = columns.shape[1]
    shaded = shade_from.shape[0] > 1
    for block in prange((steps + _BLOCK - 1) // _BLOCK):
        last = min(steps, (block + 1) * _BLOCK)
        for plane in range(planes.shape[0]):
            lie = _lie(planes[plane, TILT], planes[plane, AZIMUTH])
            kept, sky, unit = np.float32(planes[plane, KEPT]), np.float32(planes[plane, SKY]), planes[plane, UNIT]
            own = np.int64(plane) if shaded else np.int64(0)
            for step in range(np.uint64(block * _BLOCK), np.uint64(last)):
                start, rate = shade_from[own, sector[step]], shade_per_deg[own, sector[step]]
                lit = min(max((columns[HEIGHT, step] - start) * rate, _ZERO), _ONE)
                value = _power(columns, step, lie, sky, lit, kept, system)
                power[group[plane], step] += unit * value
