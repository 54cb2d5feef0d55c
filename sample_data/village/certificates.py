"""Energy certificates and census tenure, in the forms they were published in. Every address is invented."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from . import maps, writing
from .grid import SEED, rng

if TYPE_CHECKING:
    from pathlib import Path

    from .layout import Building
    from .people import Home

HEADER = (
    "LMK_KEY,ADDRESS1,ADDRESS2,ADDRESS3,POSTCODE,BUILDING_REFERENCE_NUMBER,CURRENT_ENERGY_RATING,"
    "POTENTIAL_ENERGY_RATING,CURRENT_ENERGY_EFFICIENCY,POTENTIAL_ENERGY_EFFICIENCY,PROPERTY_TYPE,BUILT_FORM,"
    "INSPECTION_DATE,LOCAL_AUTHORITY,CONSTITUENCY,COUNTY,LODGEMENT_DATE,TRANSACTION_TYPE,ENVIRONMENT_IMPACT_CURRENT,"
    "ENVIRONMENT_IMPACT_POTENTIAL,ENERGY_CONSUMPTION_CURRENT,ENERGY_CONSUMPTION_POTENTIAL,CO2_EMISSIONS_CURRENT,"
    "CO2_EMISS_CURR_PER_FLOOR_AREA,CO2_EMISSIONS_POTENTIAL,LIGHTING_COST_CURRENT,LIGHTING_COST_POTENTIAL,"
    "HEATING_COST_CURRENT,HEATING_COST_POTENTIAL,HOT_WATER_COST_CURRENT,HOT_WATER_COST_POTENTIAL,TOTAL_FLOOR_AREA,"
    "ENERGY_TARIFF,MAINS_GAS_FLAG,FLOOR_LEVEL,FLAT_TOP_STOREY,FLAT_STOREY_COUNT,MAIN_HEATING_CONTROLS,"
    "MULTI_GLAZE_PROPORTION,GLAZED_TYPE,GLAZED_AREA,EXTENSION_COUNT,NUMBER_HABITABLE_ROOMS,NUMBER_HEATED_ROOMS,"
    "LOW_ENERGY_LIGHTING,NUMBER_OPEN_FIREPLACES,HOTWATER_DESCRIPTION,HOT_WATER_ENERGY_EFF,HOT_WATER_ENV_EFF,"
    "FLOOR_DESCRIPTION,FLOOR_ENERGY_EFF,FLOOR_ENV_EFF,WINDOWS_DESCRIPTION,WINDOWS_ENERGY_EFF,WINDOWS_ENV_EFF,"
    "WALLS_DESCRIPTION,WALLS_ENERGY_EFF,WALLS_ENV_EFF,SECONDHEAT_DESCRIPTION,SHEATING_ENERGY_EFF,SHEATING_ENV_EFF,"
    "ROOF_DESCRIPTION,ROOF_ENERGY_EFF,ROOF_ENV_EFF,MAINHEAT_DESCRIPTION,MAINHEAT_ENERGY_EFF,MAINHEAT_ENV_EFF,"
    "MAINHEATCONT_DESCRIPTION,MAINHEATC_ENERGY_EFF,MAINHEATC_ENV_EFF,LIGHTING_DESCRIPTION,LIGHTING_ENERGY_EFF,"
    "LIGHTING_ENV_EFF,MAIN_FUEL,WIND_TURBINE_COUNT,HEAT_LOSS_CORRIDOR,UNHEATED_CORRIDOR_LENGTH,FLOOR_HEIGHT,"
    "PHOTO_SUPPLY,SOLAR_WATER_HEATING_FLAG,MECHANICAL_VENTILATION,ADDRESS,LOCAL_AUTHORITY_LABEL,CONSTITUENCY_LABEL,"
    "POSTTOWN,CONSTRUCTION_AGE_BAND,LODGEMENT_DATETIME,TENURE,FIXED_LIGHTING_OUTLETS_COUNT,"
    "LOW_ENERGY_FIXED_LIGHT_COUNT,UPRN,UPRN_SOURCE"
).split(",")
TENURE_HEADER = [
    "date", "geography", "geography code", "Tenure of household: Total: All households", "Tenure of household: Owned",
    "Tenure of household: Owned: Owns outright", "Tenure of household: Owned: Owns with a mortgage or loan",
    "Tenure of household: Shared ownership", "Tenure of household: Shared ownership: Shared ownership",
    "Tenure of household: Social rented", "Tenure of household: Social rented: Rents from council or Local Authority",
    "Tenure of household: Social rented: Other social rented", "Tenure of household: Private rented",
    "Tenure of household: Private rented: Private landlord or letting agency",
    "Tenure of household: Private rented: Other private rented", "Tenure of household: Lives rent free",
]  # fmt: skip
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
    writing.table(path, HEADER, rows)
    return len(rows)


def _certificate(home: Home, b: Building, random: np.random.Generator, count: int) -> dict[str, Any]:
    year = int(b.age)
    lodged = date(2012, 3, 1) + timedelta(days=int(random.integers(0, 4500)))
    if year > 2000:
        lodged = max(lodged, date(2014, 6, 1) + timedelta(days=int(random.integers(0, 700))))
    fabric = 50 + 11 * (year > 1920) + 3 * (year > 1950) + 4 * (year > 1970) + 16 * (year > 2000)
    heat = {"gas": 0, "oil": -6, "electric": -12, "heat_pump": 4}[home.heating]
    score = int(np.clip(random.normal(fabric + heat + (6 if home.pv_kw else 0), 6), 12, 94))
    potential = int(np.clip(score + random.integers(4, 26) * (0.4 if year > 2000 else 1), score, 96))
    kwh_m2 = round(float(np.clip(560 - 5.4 * score + random.normal(0, 14), 45, 700)))
    co2_m2 = round(kwh_m2 * {"gas": 0.176, "oil": 0.24, "electric": 0.14, "heat_pump": 0.1}[home.heating])
    rooms = int(np.clip(round(home.floor_m2 / 19), 2, 12))
    text = hashlib.sha256(f"{SEED} certificate {count}".encode()).hexdigest()
    cost = kwh_m2 * home.floor_m2 / 1000
    words = _words(b, home, year, random)
    return {
        "LMK_KEY": text, "ADDRESS1": home.address, "ADDRESS2": home.street if b.form == "flat" or b.name else "",
        "POSTCODE": home.postcode, "BUILDING_REFERENCE_NUMBER": str(99_000_000_00 + count),
        "CURRENT_ENERGY_RATING": _band(score), "POTENTIAL_ENERGY_RATING": _band(potential),
        "CURRENT_ENERGY_EFFICIENCY": score, "POTENTIAL_ENERGY_EFFICIENCY": potential,
        "INSPECTION_DATE": (lodged - timedelta(days=int(random.integers(0, 9)))).isoformat(),
        "LOCAL_AUTHORITY": "E07000181", "CONSTITUENCY": "E14999001", "COUNTY": "Oxfordshire",
        "LODGEMENT_DATE": lodged.isoformat(), "LODGEMENT_DATETIME": f"{lodged.isoformat()} 00:00:00",
        "TRANSACTION_TYPE": _transaction(home, year, random),
        "ENVIRONMENT_IMPACT_CURRENT": max(score - 3, 1), "ENVIRONMENT_IMPACT_POTENTIAL": max(potential - 2, 1),
        "ENERGY_CONSUMPTION_CURRENT": kwh_m2, "ENERGY_CONSUMPTION_POTENTIAL": round(kwh_m2 * (0.95 - (potential - score) / 90)),
        "CO2_EMISSIONS_CURRENT": round(co2_m2 * home.floor_m2 / 1000, 1), "CO2_EMISS_CURR_PER_FLOOR_AREA": co2_m2,
        "CO2_EMISSIONS_POTENTIAL": round(co2_m2 * home.floor_m2 / 1400, 1),
        "LIGHTING_COST_CURRENT": round(40 + 0.5 * home.floor_m2), "LIGHTING_COST_POTENTIAL": round(34 + 0.42 * home.floor_m2),
        "HEATING_COST_CURRENT": round(34 * cost), "HEATING_COST_POTENTIAL": round(26 * cost),
        "HOT_WATER_COST_CURRENT": round(90 + 3.6 * cost), "HOT_WATER_COST_POTENTIAL": round(70 + 2.6 * cost),
        "TOTAL_FLOOR_AREA": f"{home.floor_m2:.1f}", "NUMBER_HABITABLE_ROOMS": rooms, "NUMBER_HEATED_ROOMS": rooms,
        "PHOTO_SUPPLY": "50.0" if home.pv_kw and random.random() < 0.8 else "0.0" if random.random() < 0.6 else "",
        "ADDRESS": ", ".join(filter(None, [home.address, home.street if b.form == "flat" or b.name else ""])),
        "LOCAL_AUTHORITY_LABEL": "West Oxfordshire", "CONSTITUENCY_LABEL": "Barrow Vale", "POSTTOWN": "BARROWMERE",
        "CONSTRUCTION_AGE_BAND": _age(year, random), "TENURE": _tenure(home, random),
        "UPRN": home.uprn if random.random() < 0.93 else "", "UPRN_SOURCE": "Address Matched", **words,
    }  # fmt: skip


def _words(b: Building, home: Home, year: int, random: np.random.Generator) -> dict[str, Any]:
    solid = year < 1925
    filled = random.random() < 0.6
    wall = (
        "Solid brick, as built, no insulation (assumed)" if solid else "Cavity wall, as built, insulated (assumed)" if year > 2000
        else "Cavity wall, filled cavity" if filled else "Cavity wall, as built, no insulation (assumed)"
    )  # fmt: skip
    loft = int(random.choice([100, 150, 200, 250, 270, 300]))
    flat_roof = b.kind == "flats" and b.age == "1964"
    above = b.kind == "flats" and home.flat % 3 != 0
    roof = (
        "(another dwelling above)"
        if above
        else "Flat, insulated (assumed)"
        if flat_roof
        else f"Pitched, {loft} mm loft insulation"
    )
    heat, fuel, grade = _HEAT[home.heating]
    gas = home.heating == "gas"
    lights = int(random.integers(8, 26))
    low = int(lights * random.uniform(0.3, 1.0))
    share = round(100 * low / lights)
    kind = "Flat" if b.kind == "flats" else "Bungalow" if b.storeys == 1 else "House"
    level = home.flat % 3 if b.kind == "flats" else None
    return {
        "PROPERTY_TYPE": kind, "BUILT_FORM": _FORM.get(b.form, str(random.choice(["Semi-Detached", "End-Terrace", "Mid-Terrace"]))),
        "ENERGY_TARIFF": "Single" if home.heating != "electric" else "dual", "MAINS_GAS_FLAG": "Y" if gas else "N",
        "FLOOR_LEVEL": "" if level is None else f"{level:02d}", "FLAT_TOP_STOREY": "" if level is None else "N" if above else "Y",
        "FLAT_STOREY_COUNT": "" if level is None else int(b.storeys), "MAIN_HEATING_CONTROLS": "2106" if gas else "",
        "MULTI_GLAZE_PROPORTION": 100, "GLAZED_TYPE": "double glazing installed during or after 2002" if year > 2000 or random.random() < 0.5 else "double glazing, unknown install date",
        "GLAZED_AREA": "Normal", "EXTENSION_COUNT": int(random.random() < 0.2), "LOW_ENERGY_LIGHTING": share,
        "NUMBER_OPEN_FIREPLACES": int(solid and random.random() < 0.3), "HOTWATER_DESCRIPTION": "From main system" if home.heating != "electric" else "Electric immersion, off-peak",
        "HOT_WATER_ENERGY_EFF": "Good" if gas else "Average", "HOT_WATER_ENV_EFF": "Good" if gas else "Average",
        "FLOOR_DESCRIPTION": "(another dwelling below)" if level else "Solid, no insulation (assumed)" if year < 2000 else "Solid, insulated (assumed)",
        "FLOOR_ENERGY_EFF": "N/A", "FLOOR_ENV_EFF": "N/A", "WINDOWS_DESCRIPTION": "Fully double glazed", "WINDOWS_ENERGY_EFF": "Average",
        "WINDOWS_ENV_EFF": "Average", "WALLS_DESCRIPTION": wall, "WALLS_ENERGY_EFF": "Very Poor" if solid else "Good" if year > 2000 or filled else "Poor",
        "WALLS_ENV_EFF": "Very Poor" if solid else "Good" if year > 2000 or filled else "Poor", "SECONDHEAT_DESCRIPTION": "None" if year > 2000 else "Room heaters, mains gas",
        "SHEATING_ENERGY_EFF": "N/A", "SHEATING_ENV_EFF": "N/A", "ROOF_DESCRIPTION": roof, "ROOF_ENERGY_EFF": "N/A" if above else "Good",
        "ROOF_ENV_EFF": "N/A" if above else "Good", "MAINHEAT_DESCRIPTION": heat, "MAINHEAT_ENERGY_EFF": grade, "MAINHEAT_ENV_EFF": grade,
        "MAINHEATCONT_DESCRIPTION": "Programmer, room thermostat and TRVs", "MAINHEATC_ENERGY_EFF": "Good", "MAINHEATC_ENV_EFF": "Good",
        "LIGHTING_DESCRIPTION": f"Low energy lighting in {share}% of fixed outlets", "LIGHTING_ENERGY_EFF": "Good", "LIGHTING_ENV_EFF": "Good",
        "MAIN_FUEL": fuel, "WIND_TURBINE_COUNT": 0, "HEAT_LOSS_CORRIDOR": "" if level is None else "unheated corridor", "FLOOR_HEIGHT": "2.4",
        "SOLAR_WATER_HEATING_FLAG": "N", "MECHANICAL_VENTILATION": "natural", "FIXED_LIGHTING_OUTLETS_COUNT": lights, "LOW_ENERGY_FIXED_LIGHT_COUNT": low,
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
        _tenure_row("Stanlow 003B", "E01999006", {"owned": 355, "shared": 2, "social": 120, "private": 86}, 2, random)
    )
    writing.table(path, TENURE_HEADER, rows)


def _tenure_row(
    name: str, code: str, count: dict[str, int], rent_free: int, random: np.random.Generator
) -> dict[str, Any]:
    outright = round(count["owned"] * float(random.uniform(0.48, 0.6)))
    council = round(count["social"] * 0.18)
    private = max(count["private"] - rent_free, 0)
    other = round(private * 0.08)
    total = count["owned"] + count["shared"] + count["social"] + private + rent_free
    values = [total, count["owned"], outright, count["owned"] - outright, count["shared"], count["shared"], count["social"],
              council, count["social"] - council, private, private - other, other, rent_free]  # fmt: skip
    return dict(zip(TENURE_HEADER, ["2021", name, code, *values], strict=True))
