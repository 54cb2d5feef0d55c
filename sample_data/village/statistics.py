"""What statisticians and Ordnance Survey would publish: property points, census, meters, fuel poverty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from . import maps, writing
from .grid import rng, to_27700, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from .layout import Building
    from .people import Home

UPRN = ("UPRN", "X_COORDINATE", "Y_COORDINATE", "LATITUDE", "LONGITUDE")
POSTCODE = ("Outcode", "Postcode", "Num_meters", "Total_cons_kwh", "Mean_cons_kwh", "Median_cons_kwh")
LSOA = (
    "Local authority code", "Local authority", "MSOA code", "Middle layer super output area", "LSOA code",
    "Lower layer super output area", "Number of meters", "Total consumption (kWh)", "Mean consumption (kWh per meter)",
    "Median consumption (kWh per meter)",
)  # fmt: skip
FUEL_POVERTY = (
    "LSOA Code", "LSOA Name", "LA Code", "LA Name", "Region", "Number of households",
    "Number of households in fuel poverty", "Proportion of households fuel poor (%)",
)  # fmt: skip
_CENSUS = {
    "accommodation_ts044": (
        "Accommodation type: ",
        ("Detached", "Semi-detached", "Terraced", "In a purpose-built block of flats or tenement",
         "Part of a converted or shared house, including bedsits",
         "Part of another converted building, for example, former school, church or warehouse",
         "In a commercial building, for example, in an office building, hotel or over a shop",
         "A caravan or other mobile or temporary structure"),
    ),
    "cars_ts045": (
        "Number of cars or vans: ",
        ("No cars or vans in household", "1 car or van in household", "2 cars or vans in household",
         "3 or more cars or vans in household"),
    ),
    "heating_ts046": (
        "Type of central heating in household: ",
        ("No central heating", "Mains gas only", "Tank or bottled gas only", "Electric only", "Oil only", "Wood only",
         "Solid fuel only", "Renewable energy only", "District or communal heat networks only",
         "Other central heating only", "Two or more types of central heating (not including renewable energy)",
         "Two or more types of central heating (including renewable energy)"),
    ),
}  # fmt: skip
_FORM = {
    "detached": 0, "bungalow": 0, "semi": 1, "end_terrace": 2, "mid_terrace": 2, "flat": 3,
}  # fmt: skip
_HEAT = {"gas": 1, "electric": 3, "oil": 4, "heat_pump": 7}
_CARS = {"owned": (0.09, 0.4, 0.38, 0.13), "shared": (0.2, 0.5, 0.25, 0.05), "social": (0.38, 0.44, 0.14, 0.04),
         "private": (0.22, 0.46, 0.26, 0.06)}  # fmt: skip
_POOR = {"owned": 0.08, "shared": 0.09, "social": 0.17, "private": 0.2}
_FEWEST_METERS = 5  # the publisher leaves smaller postcodes out
_GAS_KWH_M2 = ((1930, 136.0), (1983, 126.0), (2003, 108.0), (9999, 84.0))  # built before -> gas of a year
_GAS_OF_FORM = {"flat": 0.88, "mid_terrace": 0.93, "detached": 1.05}


def write_uprns(path: Path, homes: list[Home], buildings: list[Building]) -> None:
    """Write a point for every home, inside its building, with the byte-order mark of the published file."""
    rows = []
    for home in sorted(homes, key=lambda h: h.uprn):
        spot = shapely.point_on_surface(buildings[home.building].outline)
        grid, degrees = to_27700(spot), to_wgs84(spot)
        values = (home.uprn, f"{grid.x:.1f}", f"{grid.y:.1f}", f"{degrees.y:.7f}", f"{degrees.x:.7f}")
        rows.append(dict(zip(UPRN, values, strict=True)))
    writing.table(path, UPRN, rows, encoding="utf-8-sig")


def write_census(folder: Path, homes: list[Home], buildings: list[Building]) -> None:
    """Write households by kind of home, cars and central heating, for the village's four zones and one elsewhere."""
    random = rng("census topics")
    of_zone = _by_zone(homes, buildings)
    for name, (prefix, answers) in _CENSUS.items():
        header = ("date", "geography", "geography code", f"{prefix}Total: All households",
                  *(prefix + answer for answer in answers))  # fmt: skip
        rows = []
        for code, label, here in of_zone:
            kept = [home for home in here if random.random() < 0.965]
            picks = [_answer(name, home, buildings[home.building], random) for home in kept]
            rows.append((label, code, np.bincount(picks, minlength=len(answers)).tolist()))
        elsewhere = [60 * (n < 4) for n in range(len(answers))]
        rows.append(("Kings Hatch 002A", "E01999005", elsewhere))
        lines = [
            dict(zip(header, ("2021", label, code, sum(counts), *counts), strict=True)) for label, code, counts in rows
        ]
        writing.table(folder / f"census_{name}.csv", header, lines)


def _answer(table: str, home: Home, b: Building, random: np.random.Generator) -> int:
    if table.startswith("accommodation"):
        return _FORM[b.form]
    if table.startswith("cars"):
        return int(random.choice(4, p=_CARS[home.tenure]))
    return 0 if random.random() < 0.01 else _HEAT[home.heating]


def write_meters(folder: Path, homes: list[Home], buildings: list[Building]) -> None:
    """Write electricity and gas by postcode and by zone, as published for 2024; panels are not taken off."""
    random = rng("meters")
    gas = {home.uprn: _gas_kwh(home, buildings[home.building]) * float(random.lognormal(0.0, 0.25)) for home in homes}
    for fuel in ("electricity", "gas"):
        use = {h.uprn: h.kwh if fuel == "electricity" else gas[h.uprn] for h in homes}
        metered = [h for h in homes if fuel == "electricity" or h.heating == "gas"]
        writing.table(folder / f"postcode_{fuel}_2024.csv", POSTCODE, _postcode_rows(metered, use))
        writing.table(folder / f"lsoa_{fuel}_2024.csv", LSOA, _zone_rows(metered, use, buildings))


def _gas_kwh(home: Home, b: Building) -> float:
    """Return the gas a home like this uses in a year: less the newer it is, and the more it is joined."""
    by_age = next(kwh for before, kwh in _GAS_KWH_M2 if int(b.age) < before)
    return home.floor_m2 * by_age * _GAS_OF_FORM.get(b.form, 1.0)


def _postcode_rows(homes: list[Home], use: Mapping[str, float]) -> Iterable[dict[str, Any]]:
    codes: dict[str, list[float]] = {}
    for home in homes:
        codes.setdefault(home.postcode, []).append(use[home.uprn])
    shown = {code: kwh for code, kwh in sorted(codes.items()) if len(kwh) >= _FEWEST_METERS}
    every = [kwh for values in shown.values() for kwh in values]
    for code, kwh in [("All postcodes", every), *shown.items()]:
        yield dict(zip(POSTCODE, ("OX29", code, *_four(kwh)), strict=True))


def _zone_rows(homes: list[Home], use: Mapping[str, float], buildings: list[Building]) -> Iterable[dict[str, Any]]:
    for code, label, here in _by_zone(homes, buildings):
        place = ("E07000181", "West Oxfordshire", "E02999001", "West Oxfordshire 001", code, label)
        yield dict(zip(LSOA, (*place, *_four([use[h.uprn] for h in here])), strict=True))


def _four(kwh: list[float]) -> tuple[int, int, int, int]:
    return len(kwh), round(sum(kwh)), round(sum(kwh) / len(kwh)), round(float(np.median(kwh)))


def write_fuel_poverty(path: Path, homes: list[Home], buildings: list[Building]) -> None:
    """Write the LSOA sheet of the fuel poverty tables: two title rows, then the table."""
    random = rng("fuel poverty")
    lines = ["Table 4: Fuel poverty in the village (Low Income Low Energy Efficiency), 2024", ""]
    lines.append(",".join(FUEL_POVERTY))
    for code, label, here in _by_zone(homes, buildings):
        poor = sum(random.random() < _POOR[home.tenure] * (1.0 if home.heating == "gas" else 1.4) for home in here)
        values = (code, label, "E07000181", "West Oxfordshire", "South East", len(here), poor,
                  f"{100 * poor / len(here):.1f}")  # fmt: skip
        lines.append(",".join(str(value) for value in values))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _by_zone(homes: list[Home], buildings: list[Building]) -> list[tuple[str, str, list[Home]]]:
    """Return code, name and homes of each of the village's zones."""
    lsoas, _ = maps.zones()
    spots = np.array([b.outline.centroid for b in buildings])
    found = []
    for n, (code, shape) in enumerate(lsoas):
        inside = shapely.contains(shape, spots)
        found.append((code, f"Barrowmere 001{'ABCD'[n]}", [home for home in homes if inside[home.building]]))
    return found
