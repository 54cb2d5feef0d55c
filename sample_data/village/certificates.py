"""Energy certificates and census tenure, in the forms they were published in. Every address is invented."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from . import maps, tables, writing
from .grid import SEED, rng

if TYPE_CHECKING:
    from pathlib import Path

    from .layout import Building
    from .people import Home

_BANDS = ((92, "A"), (81, "B"), (69, "C"), (55, "D"), (39, "E"), (21, "F"), (0, "G"))
_AGES = ((1900, "before 1900"), (1930, "1900-1929"), (1950, "1930-1949"), (1967, "1950-1966"), (1976, "1967-1975"),
         (1983, "1976-1982"), (1991, "1983-1990"), (1996, "1991-1995"), (2003, "1996-2002"), (2007, "2003-2006"),
         (2012, "2007-2011"), (9999, "2012 onwards"))  # fmt: skip
_FORM = {
    "detached": "Detached",
    "semi": "Semi-Detached",
    "end_terrace": "End-Terrace",
    "mid_terrace": "Mid-Terrace",
    "bungalow": "Detached",
}
_HEAT = {
    "gas": ("Boiler and radiators, mains gas", "mains gas (not community)", "Good"),
    "oil": ("Boiler and radiators, oil", "oil (not community)", "Average"),
    "electric": ("Electric storage heaters", "electricity (not community)", "Average"),
    "heat_pump": ("Air source heat pump, radiators, electric", "electricity (not community)", "Good"),
}
_TENURE = {
    "owned": "Owner-occupied",
    "shared": "Owner-occupied",
    "social": "Rented (social)",
    "private": "Rented (private)",
}


def write_certificates(path: Path, homes: list[Home], buildings: list[Building]) -> int:
    """Write a certificate for each home that has one, a few homes twice; return the rows written."""
    random = rng("certificates")
    rows: list[dict[str, Any]] = []
    for home in homes:
        if not home.has_certificate:
            continue
        b = buildings[home.building]
        first = _certificate(home, b, random, len(rows))
        rows.append(first)
        if random.random() < 0.04:
            rows.append(_certificate(home, b, random, len(rows)))
    rows.sort(key=lambda row: str(row["LMK_KEY"]))
    writing.table(path, tables.header("certificates"), rows)
    return len(rows)


_SAME = {
    "LOCAL_AUTHORITY": "E07000181", "LOCAL_AUTHORITY_LABEL": "West Oxfordshire", "CONSTITUENCY": "E14999001",
    "CONSTITUENCY_LABEL": "Barrow Vale", "COUNTY": "Oxfordshire", "POSTTOWN": "BARROWMERE",
    "UPRN_SOURCE": "Address Matched", "MULTI_GLAZE_PROPORTION": 100, "GLAZED_AREA": "Normal", "FLOOR_ENERGY_EFF": "N/A",
    "FLOOR_ENV_EFF": "N/A", "WINDOWS_DESCRIPTION": "Fully double glazed", "WINDOWS_ENERGY_EFF": "Average",
    "WINDOWS_ENV_EFF": "Average", "SHEATING_ENERGY_EFF": "N/A", "SHEATING_ENV_EFF": "N/A",
    "MAINHEATCONT_DESCRIPTION": "Programmer, room thermostat and TRVs", "MAINHEATC_ENERGY_EFF": "Good",
    "MAINHEATC_ENV_EFF": "Good", "LIGHTING_ENERGY_EFF": "Good", "LIGHTING_ENV_EFF": "Good", "WIND_TURBINE_COUNT": 0,
    "FLOOR_HEIGHT": "2.4", "SOLAR_WATER_HEATING_FLAG": "N", "MECHANICAL_VENTILATION": "natural",
}  # fmt: skip


def _certificate(home: Home, b: Building, random: np.random.Generator, count: int) -> dict[str, Any]:
    year = int(b.age)
    lodged = date(2012, 3, 1) + timedelta(days=int(random.integers(0, 4500)))
    if year > 2000:
        lodged = max(lodged, date(2014, 6, 1) + timedelta(days=int(random.integers(0, 700))))
    named = home.street if b.form == "flat" or b.name else ""
    return {
        **_SAME, "LMK_KEY": hashlib.sha256(f"{SEED} certificate {count}".encode()).hexdigest(),
        "BUILDING_REFERENCE_NUMBER": str(9_900_000_000 + count), "ADDRESS1": home.address, "ADDRESS2": named,
        "ADDRESS": ", ".join(filter(None, [home.address, named])), "POSTCODE": home.postcode,
        "UPRN": home.uprn if random.random() < 0.93 else "", "TENURE": _tenure(home, random),
        "INSPECTION_DATE": (lodged - timedelta(days=int(random.integers(0, 9)))).isoformat(),
        "LODGEMENT_DATE": lodged.isoformat(), "LODGEMENT_DATETIME": f"{lodged.isoformat()} 00:00:00",
        "TRANSACTION_TYPE": _transaction(home, year, random), "CONSTRUCTION_AGE_BAND": _age(year, random),
        **_ratings(home, year, random), **_form(b, home), **_fabric(b, home, year, random),
        **_services(home, year, random),
    }  # fmt: skip


def _ratings(home: Home, year: int, random: np.random.Generator) -> dict[str, Any]:
    """Return ratings, energy, carbon and cost, each resting on the score."""
    fabric = 50 + 11 * (year > 1920) + 3 * (year > 1950) + 4 * (year > 1970) + 16 * (year > 2000)
    heat = {"gas": 0, "oil": -6, "electric": -12, "heat_pump": 4}[home.heating]
    score = int(np.clip(random.normal(fabric + heat + (6 if home.pv_kw else 0), 6), 12, 94))
    potential = int(np.clip(score + random.integers(4, 26) * (0.4 if year > 2000 else 1), score, 96))
    kwh_m2 = round(float(np.clip(560 - 5.4 * score + random.normal(0, 14), 45, 700)))
    co2_m2 = round(kwh_m2 * {"gas": 0.176, "oil": 0.24, "electric": 0.14, "heat_pump": 0.1}[home.heating])
    mwh = kwh_m2 * home.floor_m2 / 1000
    return {
        "CURRENT_ENERGY_RATING": _band(score), "POTENTIAL_ENERGY_RATING": _band(potential),
        "CURRENT_ENERGY_EFFICIENCY": score, "POTENTIAL_ENERGY_EFFICIENCY": potential,
        "ENVIRONMENT_IMPACT_CURRENT": max(score - 3, 1), "ENVIRONMENT_IMPACT_POTENTIAL": max(potential - 2, 1),
        "ENERGY_CONSUMPTION_CURRENT": kwh_m2,
        "ENERGY_CONSUMPTION_POTENTIAL": round(kwh_m2 * (0.95 - (potential - score) / 90)),
        "CO2_EMISSIONS_CURRENT": round(co2_m2 * home.floor_m2 / 1000, 1), "CO2_EMISS_CURR_PER_FLOOR_AREA": co2_m2,
        "CO2_EMISSIONS_POTENTIAL": round(co2_m2 * home.floor_m2 / 1400, 1),
        "LIGHTING_COST_CURRENT": round(40 + 0.5 * home.floor_m2),
        "LIGHTING_COST_POTENTIAL": round(34 + 0.42 * home.floor_m2),
        "HEATING_COST_CURRENT": round(34 * mwh), "HEATING_COST_POTENTIAL": round(26 * mwh),
        "HOT_WATER_COST_CURRENT": round(90 + 3.6 * mwh), "HOT_WATER_COST_POTENTIAL": round(70 + 2.6 * mwh),
    }  # fmt: skip


def _form(b: Building, home: Home) -> dict[str, Any]:
    """Return the kind and size of home, and where a flat lies in its block."""
    rooms = int(np.clip(round(home.floor_m2 / 19), 2, 12))
    size = {"TOTAL_FLOOR_AREA": f"{home.floor_m2:.1f}", "NUMBER_HABITABLE_ROOMS": rooms, "NUMBER_HEATED_ROOMS": rooms}
    if b.kind != "flats":
        return {**size, "PROPERTY_TYPE": "Bungalow" if b.storeys == 1 else "House", "BUILT_FORM": _FORM[b.form]}
    level = _level(b, home)
    return {
        **size, "PROPERTY_TYPE": "Flat", "BUILT_FORM": ("Semi-Detached", "End-Terrace", "Mid-Terrace")[home.flat % 3],
        "FLOOR_LEVEL": f"{level:02d}", "FLAT_TOP_STOREY": "Y" if level + 1 >= b.storeys else "N",
        "FLAT_STOREY_COUNT": int(b.storeys), "HEAT_LOSS_CORRIDOR": "unheated corridor",
    }  # fmt: skip


def _level(b: Building, home: Home) -> int:
    """Return the storey of a flat, the ground floor 0."""
    return int((home.flat - 1) * b.storeys // b.homes)


def _fabric(b: Building, home: Home, year: int, random: np.random.Generator) -> dict[str, Any]:
    """Return walls, roof, floor and windows."""
    flat = b.kind == "flats"
    below, above = flat and _level(b, home) > 0, flat and _level(b, home) + 1 < b.storeys
    walls, grade = _walls(year, random)
    loft = f"Pitched, {random.choice([100, 150, 200, 250, 270, 300])} mm loft insulation"
    ground = "Solid, no insulation (assumed)" if year < 2000 else "Solid, insulated (assumed)"
    recent = year > 2000 or random.random() < 0.5
    glazing = "installed during or after 2002" if recent else "unknown install date"
    roof = "(another dwelling above)" if above else "Flat, insulated (assumed)" if b.age == "1964" else loft
    return {
        "WALLS_DESCRIPTION": walls, "WALLS_ENERGY_EFF": grade, "WALLS_ENV_EFF": grade, "ROOF_DESCRIPTION": roof,
        "ROOF_ENERGY_EFF": "N/A" if above else "Good", "ROOF_ENV_EFF": "N/A" if above else "Good",
        "FLOOR_DESCRIPTION": "(another dwelling below)" if below else ground,
        "GLAZED_TYPE": f"double glazing{' ' if recent else ', '}{glazing}",
        "EXTENSION_COUNT": int(random.random() < 0.2),
        "NUMBER_OPEN_FIREPLACES": int(year < 1925 and random.random() < 0.3),
    }  # fmt: skip


def _walls(year: int, random: np.random.Generator) -> tuple[str, str]:
    if year < 1925:
        return "Solid brick, as built, no insulation (assumed)", "Very Poor"
    if year > 2000:
        return "Cavity wall, as built, insulated (assumed)", "Good"
    filled = random.random() < 0.6
    return (
        ("Cavity wall, filled cavity", "Good") if filled else ("Cavity wall, as built, no insulation (assumed)", "Poor")
    )


def _services(home: Home, year: int, random: np.random.Generator) -> dict[str, Any]:
    """Return heating, hot water, lights and panels."""
    words, fuel, grade = _HEAT[home.heating]
    gas, stored = home.heating == "gas", home.heating == "electric"
    water = "Good" if gas else "Average"
    lights = int(random.integers(8, 26))
    low = int(lights * random.uniform(0.3, 1.0))
    share = round(100 * low / lights)
    return {
        "MAINHEAT_DESCRIPTION": words, "MAINHEAT_ENERGY_EFF": grade, "MAINHEAT_ENV_EFF": grade, "MAIN_FUEL": fuel,
        "MAINS_GAS_FLAG": "Y" if gas else "N", "ENERGY_TARIFF": "dual" if stored else "Single",
        "MAIN_HEATING_CONTROLS": "2106" if gas else "",
        "SECONDHEAT_DESCRIPTION": "None" if year > 2000 or not gas else "Room heaters, mains gas",
        "HOTWATER_DESCRIPTION": "Electric immersion, off-peak" if stored else "From main system",
        "HOT_WATER_ENERGY_EFF": water, "HOT_WATER_ENV_EFF": water, "LOW_ENERGY_LIGHTING": share,
        "LIGHTING_DESCRIPTION": f"Low energy lighting in {share}% of fixed outlets",
        "FIXED_LIGHTING_OUTLETS_COUNT": lights, "LOW_ENERGY_FIXED_LIGHT_COUNT": low,
        "PHOTO_SUPPLY": "50.0" if home.pv_kw and random.random() < 0.8 else "0.0" if random.random() < 0.6 else "",
    }  # fmt: skip


def _band(score: int) -> str:
    return next(letter for least, letter in _BANDS if score >= least)


def _age(year: int, random: np.random.Generator) -> str:
    if random.random() < 0.03:
        return "NO DATA!"
    return "England and Wales: " + next(words for before, words in _AGES if year < before)


def _tenure(home: Home, random: np.random.Generator) -> str:
    words = _TENURE[home.tenure]
    pick = random.random()
    if pick < 0.04:
        return "NO DATA!"
    if pick < 0.08:
        return "unknown"
    return words.lower() if pick < 0.3 and home.tenure in {"social", "private"} else words


def _transaction(home: Home, year: int, random: np.random.Generator) -> str:
    if year > 2000 and random.random() < 0.6:
        return "new dwelling"
    return {"social": "rental (social)", "private": "rental (private)"}.get(home.tenure, "marketed sale")


def write_tenure(path: Path, homes: list[Home], buildings: list[Building]) -> None:
    """Write the census table: occupied homes by tenure for the village's four zones, and two zones elsewhere."""
    random = rng("census")
    lsoas, _ = maps.zones()
    rows = []
    for n, (code, shape) in enumerate(lsoas):
        inside = shapely.contains(shape, np.array([b.outline.centroid for b in buildings]))
        here = [h for h in homes if inside[h.building] and random.random() < 0.965]
        count = {t: sum(h.tenure == t for h in here) for t in ("owned", "shared", "social", "private")}
        rows.append(_tenure_row(f"Barrowmere 001{'ABCD'[n]}", code, count, 3 + n, random))
    rows.append(
        _tenure_row(
            "Kings Hatch 002A", "E01999005", {"owned": 402, "shared": 6, "social": 71, "private": 98}, 4, random
        )
    )
    rows.append(
        _tenure_row("Stanholt 003B", "E01999006", {"owned": 355, "shared": 2, "social": 120, "private": 86}, 2, random)
    )
    writing.table(path, tables.header("tenure"), rows)


def _tenure_row(
    name: str, code: str, count: dict[str, int], rent_free: int, random: np.random.Generator
) -> dict[str, Any]:
    outright = round(count["owned"] * float(random.uniform(0.48, 0.6)))
    council = round(count["social"] * 0.18)
    private = max(count["private"] - rent_free, 0)
    other = round(private * 0.08)
    total = count["owned"] + count["shared"] + count["social"] + private + rent_free
    values = [total, count["owned"], outright, count["owned"] - outright, count["shared"], count["shared"],
              count["social"], council, count["social"] - council, private, private - other, other,
              rent_free]  # fmt: skip
    return dict(zip(tables.header("tenure"), ["2021", name, code, *values], strict=True))
