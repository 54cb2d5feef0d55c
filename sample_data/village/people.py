"""Homes and the people in them: addresses, tenure, floor area, heating, electricity, panels on the roof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .grid import rng

if TYPE_CHECKING:
    from .layout import Building

HOMES_A_POSTCODE = 22
# The letters C, I, K, M, O and V never end a British postcode, so none of these can be real.
_NEVER_LAST = "CIKMOV"
_FIRST = "ZYXWUTSRQPNLJHGFEDBA"

TENURES = ("owned", "shared", "social", "private")
_TENURE = {
    "terrace_old": (0.63, 0.0, 0.07, 0.30), "cottage": (0.74, 0.0, 0.03, 0.23), "georgian": (0.95, 0.0, 0.0, 0.05),
    "semi_30s": (0.83, 0.0, 0.02, 0.15), "semi_50s": (0.77, 0.0, 0.09, 0.14), "council": (0.22, 0.02, 0.68, 0.08),
    "council_old_folk": (0.04, 0.0, 0.94, 0.02), "bungalow": (0.89, 0.0, 0.01, 0.10), "det_70s": (0.91, 0.0, 0.0, 0.09),
    "modern_detached": (0.86, 0.02, 0.02, 0.10), "modern_semi": (0.62, 0.05, 0.17, 0.16),
    "modern_terrace": (0.33, 0.10, 0.42, 0.15), "flats": (0.22, 0.05, 0.48, 0.25), "house": (0.9, 0.0, 0.0, 0.1),
}  # fmt: skip
_FLOOR = {
    "council_old_folk": 0.86, "bungalow": 0.86, "flats": 0.82,
}  # fmt: skip


@dataclass(frozen=True)
class Home:
    """One home. Floor area in m2, electricity in kWh a year, panels in kW."""

    building: int
    address: str
    street: str
    postcode: str
    tenure: str
    floor_m2: float
    heating: str  # gas, oil, electric, heat_pump
    kwh: float
    pv_kw: float
    has_certificate: bool
    uprn: str
    flat: int = 0


def number(buildings: list[Building]) -> None:
    """Give every home-bearing outline its house number (odd on the left, even on the right) and its postcode."""
    streets: dict[str, list[Building]] = {}
    for b in buildings:
        streets.setdefault(b.street, []).append(b)
    homes_so_far, codes = 0, _codes()
    code = next(codes)
    for street in sorted(streets):
        rows = sorted(streets[street], key=lambda b: (b.along_m, b.side, b.block))
        next_number = {"L": 1, "R": 2}
        if homes_so_far:
            homes_so_far, code = 0, next(codes)
        for b in rows:
            if homes_so_far >= HOMES_A_POSTCODE:
                homes_so_far, code = 0, next(codes)
            b.postcode = code
            homes_so_far += b.homes
            if not b.homes or b.name:
                continue
            first = next_number[b.side]
            last = first + 2 * (b.homes - 1)
            b.number = str(first) if b.homes == 1 else f"{first}-{last}"
            next_number[b.side] = last + 2


def _codes():  # noqa: ANN202
    for first in _FIRST:
        for last in _NEVER_LAST:
            yield f"OX29 9{first}{last}"


def homes(buildings: list[Building], ground_m2: np.ndarray) -> list[Home]:
    """Return every home, in the order of its building."""
    random = rng("people")
    found: list[Home] = []
    for i, b in enumerate(buildings):
        for k in range(b.homes):
            found.append(_home(i, b, k, float(ground_m2[i]), random, len(found)))
    return found


def _home(i: int, b: Building, k: int, ground_m2: float, random: np.random.Generator, count: int) -> Home:
    style = b.style if b.style in _TENURE else "house"
    tenure = str(random.choice(TENURES, p=_TENURE[style]))
    if b.name in {"Rushmead House", "Withy House"}:
        tenure = "social" if random.random() < 0.88 else "private"
    floor = float(np.clip(ground_m2 * b.storeys / b.homes * _FLOOR.get(style, 0.84), 34, 420)) * random.uniform(
        0.95, 1.05
    )
    kwh = float(np.clip(random.lognormal(np.log(1000 + 19 * floor**0.96), 0.34), 700, 16_000))
    heating = _heating(style, random)
    kwh += {"electric": 42 * floor, "heat_pump": 30 * floor}.get(heating, 0.0)
    chance = {"owned": 0.085, "social": 0.05, "private": 0.01, "shared": 0.02}[tenure]
    chance *= 0.0 if style == "flats" else 1.7 if style.startswith("modern") else 0.8 if b.age < "1900" else 1.0
    pv = float(random.choice([2.4, 3.0, 3.6, 3.68, 4.0, 4.4, 5.2])) if random.random() < chance else 0.0
    address = _address(b, k)
    certificate = bool(
        random.random()
        < {"owned": 0.53, "shared": 0.95, "social": 0.92, "private": 0.94}[tenure]
        * (1.12 if style.startswith("modern") else 1.0)
    )
    return Home(
        i,
        address,
        b.street,
        b.postcode,
        tenure,
        round(floor, 0),
        heating,
        round(kwh),
        pv,
        certificate,
        f"9990{count + 1:08d}",
        k + 1 if b.homes > 1 else 0,
    )


def _address(b: Building, k: int) -> str:
    if b.form == "flat":
        return f"Flat {k + 1}, {b.name}"
    if b.name:
        return str(b.name)
    return f"{int(b.number.split('-')[0]) + 2 * k} {b.street}"


def _heating(style: str, random: np.random.Generator) -> str:
    shares = {
        "flats": (0.55, 0.0, 0.42, 0.03), "cottage": (0.78, 0.13, 0.07, 0.02), "house": (0.05, 0.75, 0.0, 0.2),
        "georgian": (0.8, 0.15, 0.0, 0.05), "modern_detached": (0.9, 0.0, 0.02, 0.08),
        "modern_semi": (0.92, 0.0, 0.03, 0.05), "council_old_folk": (0.6, 0.0, 0.15, 0.25),
    }.get(style, (0.93, 0.0, 0.04, 0.03))  # fmt: skip
    return str(random.choice(["gas", "oil", "electric", "heat_pump"], p=shares))
