"""What the network operator would publish about this village: headroom, supply areas, load model, register, feeders."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely import MultiPolygon, Point, Polygon

from . import network, tables, writing
from .grid import EAST, NORTH, rng, to_wgs84

if TYPE_CHECKING:
    from pathlib import Path

    from .layout import Building
    from .network import Network, Substation
    from .people import Home

AREA_COLUMNS = (
    "GSP_NAME",
    "GSP_Alias",
    "BSP_NAME",
    "BSP_ALIAS",
    "BSP_VOLTAGE_STEP",
    "PRIMARY_NRN_SPLIT",
    "PRIMARY_NAME_2025",
    "PRIMARY_VOLTAGE_STEP",
)


def _lonlat(x: float, y: float) -> tuple[float, float]:
    at = to_wgs84(Point(x, y))
    return at.x, at.y


def _grid_reference(x: float, y: float) -> str:
    """Return a ten-figure reference; the whole neighbourhood lies in square SP."""
    return f"SP {round(x + EAST) - 400_000:05d} {round(y + NORTH) - 200_000:05d}"


def write_headroom(path: Path) -> None:
    """Write the headroom dashboard rows of the village's primary, its neighbours and those above them."""
    columns = tables.header("headroom")
    rows = []
    for n, r in enumerate(tables.rows("headroom"), start=1):
        x, y = float(r["x"]), float(r["y"])
        lon, lat = _lonlat(x, y)
        asset = f"E - WNDL - {n:02d}"
        values = (
            asset, asset, "England / SEPD", r["name"], r["gsp"], r["bsp"], r["type"], r["voltage"], lat, lon,
            _grid_reference(x, y), r["comment"], f"{99000 + 7 * n}, {99001 + 7 * n}", r["ratings"], r["single"],
            r["max_mva"], r["min_mva"], r["contracted_mva"], r["bess_mva"], r["demand_headroom"], r["demand_rag"],
            r["demand_constraint"], "5MW", r["connected_mw"], r["contracted_mw"], "Yes", r["generation_headroom"],
            r["fault_rating_ka"], r["fault_level_ka"], r["generation_rag"], r["generation_constraint"],
            r["upstream_works"], r["upstream_date"], r["works"], r["works_date"],
        )  # fmt: skip
        rows.append(dict(zip(columns, values, strict=True)))
    writing.table(path, columns, rows)


_WEST = [(-2600, -3900), (-2300, -1500), (-2750, 900), (-2100, 3300), (-1500, 5200)]
_EAST = [(4100, -4300), (4500, -1800), (4200, 400), (4650, 2300), (3600, 5600)]


def write_areas(path: Path) -> None:
    """Write the supply areas of the village's primary and two neighbours, which meet along shared lines."""
    top, bottom = [(600, 5900)], [(900, -4700)]
    areas = [
        ("BARROWMERE", network.PRIMARY_NRN, [*_WEST, *top, *_EAST[::-1], *bottom]),
        ("KINGS HATCH", "0500", [*_EAST, (6500, 5900), (11800, 4200), (12100, -1500), (9000, -5000)]),
        ("STANHOLT", "0497", [*_WEST[::-1], (-5000, -4600), (-9100, -2200), (-9600, 2500), (-6400, 5600)]),
    ]
    rows = []
    for name, nrn, corners in areas:
        text = ("Windlebury", "WNDL", "HALLAM CROSS BSP", "HALC", "132/33", nrn, name, "33/11")
        rows.append((dict(zip(AREA_COLUMNS, text, strict=True)), MultiPolygon([Polygon(corners)])))
    writing.geojson(path, rows)


_SCENARIOS = {
    "Consumer Transformation": {2024: 1.0, 2030: 1.32, 2040: 1.95},
    "Falling Short": {2024: 1.0, 2030: 1.09, 2040: 1.28},
}


def write_transformers(path: Path, net: Network, kwh: np.ndarray) -> None:
    """Write the transformer load model: each substation, three years, two scenarios."""
    random = rng("transformers")
    rows = []
    for i, s in sorted(enumerate(net.substations), key=lambda pair: pair[1].nrn):
        lon, lat = _lonlat(s.x, s.y)
        total = float(kwh[net.of_building == i].sum())
        peak = max(total / 8760 * (2.3 + 4.0 / np.sqrt(s.homes + 3 * s.others + 1)), 2.0) * random.uniform(0.93, 1.07)
        summer = random.uniform(0.52, 0.74)
        for year in (2024, 2030, 2040):
            for scenario, growth in _SCENARIOS.items():
                load = peak * growth[year]
                extra = load - peak
                ev = extra * 0.55
                place = (s.nrn, s.name, "West Oxfordshire", year, scenario, lat, lon, f"{s.rating_kva:.1f}", s.kind)
                loads = (load, 100 * load / s.rating_kva, extra, ev, extra - ev, load, load * summer)
                row = (*place, s.homes + s.others, s.others, *(round(value, 3) for value in loads))
                rows.append(dict(zip(tables.header("transformers"), row, strict=True)))
    writing.table(path, tables.header("transformers"), rows)


# How fast each scenario uses up headroom: MW a year of demand and of generation, and how the demand bends.
_FALLS = {"HT": (0.235, 0.085, 1.06), "EE": (0.195, 0.11, 1.0), "HE": (0.105, 0.06, 1.0)}
_UPSTREAM_WORKS, _LIFT_MW = 2031, 1.4


def write_scenarios(path: Path) -> None:
    """Write headroom to 2050 by scenario, in the other operator's workbook form; never below zero, as published."""
    years = np.arange(2026, 2051)
    rows = []
    for scenario, (demand, generation, bend) in _FALLS.items():
        after = np.where(years >= _UPSTREAM_WORKS, _LIFT_MW, 0.0)
        left = {
            "Demand": 2.4 - demand * (years - 2026) ** bend,
            "Generation": 1.1 + after - generation * (years - 2026),
        }
        for kind, headroom in left.items():
            for year, value in zip(years.tolist(), np.maximum(headroom, 0.0).round(9).tolist(), strict=True):
                words = (f"{year}/{(year + 1) % 100:02d}", value, kind, "WINDLEBURY", network.PRIMARY_NAME)
                row = (network.PRIMARY_NAME, "11.0", scenario, year, *words)
                rows.append(dict(zip(tables.header("nshr"), row, strict=True)))
    rows.sort(key=lambda r: (r["Headroom Type"], r["Scenario"], r["Year"]))
    writing.table(path, tables.header("nshr"), rows)


_ACCEPTED = "Accepted to Connect - Change to Maximum Export Capacity"
_CONNECTED = "Already Connected - Maximum Export Capacity"


def write_register(path: Path) -> None:
    """Write the register of generation and storage, 62 columns, with its byte-order mark."""
    rows = []
    for n, r in enumerate(tables.rows("register"), start=1):
        x, y = float(r["x"]), float(r["y"])
        lon, lat = _lonlat(x, y)
        row = {
            "Export MPAN / MSID": f"99000000000{n:02d}", "Customer Name": r["who"], "Customer Site": r["site"],
            "Town/ City": "Barrowmere", "County": "Oxfordshire", "Country": "England",
            "Location (X-coordinate):_Eastings (where data is held)": round(x + EAST),
            "Location (y-coordinate):_Northings (where data is held)": round(y + NORTH),
            "Grid Supply Point": "Windlebury", "Bulk Supply Point": r["bsp"], "Primary": r["primary"],
            "Point of Connection (POC)_Voltage (kV)": r["kv"], "Energy Source 1": r["source"],
            "Licence Area": "Southern Electric Power Distribution (SEPD)",
            "Energy Conversion Technology 1": r["by"], "Storage Capacity 1 (MWh)": r["mwh"],
            "Storage Duration 1 (Hours)": "2.0" if r["mwh"] else "",
            "Energy Source & Energy Conversion Technology 1 - Registered Capacity (MW)": r["mw"],
            "Flexible Connection (Yes/No)": "No", "Connection Status": r["status"],
            "In a Connection Queue (Y/N)": r["queue"], "Last Updated": "2026-03-31", "Longitude": lon, "Latitude": lat,
            "SpatialCoordinates_Customer": f"{lat}, {lon}", "Primary Resource Type_Group": r["group"],
        }  # fmt: skip
        rows.append(row | _connection(r))
    writing.table(path, tables.header("register"), rows, encoding="utf-8-sig")


def _connection(r: dict[str, str]) -> dict[str, Any]:
    mva = round(float(r["mw"]) / 0.95, 3)
    if r["status"] == "Connected":
        return {
            "Already connected Registered Capacity (MW)": r["mw"], f"{_CONNECTED} (MW)": r["mw"],
            f"{_CONNECTED} (MVA)": mva, "Date Connected": r["on"],
        }  # fmt: skip
    return {
        "Accepted to Connect Registered Capacity (MW)": r["mw"], f"{_ACCEPTED} (MW)": r["mw"],
        f"{_ACCEPTED} (MVA)": mva, "Date Accepted": r["on"], "Target Energisation Date": "2028-10-01",
    }  # fmt: skip


def write_planning(path: Path) -> None:
    """Write the planning register of renewable schemes, 27 columns, in the Windows encoding it is published in."""
    rows = []
    for r in tables.rows("planning"):
        irish = r["country"] == "Northern Ireland"
        row = {
            "Ref ID": r["ref"], "Record Last Updated (dd/mm/yyyy)": "31/03/2026", "Operator (or Applicant)": r["who"],
            "Site Name": r["site"], "Technology Type": r["kind"], "Installed Capacity (MWelec)": r["mw"],
            "Storage Type": "Standalone" if r["kind"] == "Battery" else "", "CHP Enabled": "No",
            "Share Community Scheme": "No", "Mounting Type for Solar": r["mount"], "Development Status": r["long"],
            "Development Status (short)": r["state"], "Address": f"{r['site']}, Barrowmere",
            "County": "Tyrone" if irish else "Oxfordshire",
            "Region": r["country"] if irish else "South East", "Country": r["country"],
            "X-coordinate": round(float(r["x"]) + EAST), "Y-coordinate": round(float(r["y"]) + NORTH),
            "Planning Authority": "Invented District Council", "Planning Application Reference": f"XX/{r['ref']}/FUL",
            "Planning Application Submitted": r["submitted"], "Planning Permission Granted": r["granted"],
            "Under Construction": r["building"], "Operational": r["running"],
        }  # fmt: skip
        rows.append(row)
    writing.table(path, tables.header("planning"), rows, encoding="cp1252")


def feeder_homes(net: Network, homes: list[Home]) -> dict[tuple[int, str], list[Home]]:
    """Return the homes on each feeder, by the substation's place in the list and the feeder's number."""
    found: dict[tuple[int, str], list[Home]] = {}
    for home in homes:
        found.setdefault((int(net.of_building[home.building]), net.feeder[home.building]), []).append(home)
    return dict(sorted(found.items()))


def write_lookup(path: Path, net: Network, homes: list[Home]) -> None:
    """Write which postcodes each feeder serves."""
    rows = []
    for (i, feeder), here in feeder_homes(net, homes).items():
        s = net.substations[i]
        rows += [
            (s.feeder_id(feeder), code, network.PRIMARY_NRN, network.PRIMARY_NAME, s.hv, network.HV_FEEDERS[s.hv],
             s.number, s.name, feeder, "", len(here))
            for code in sorted({h.postcode for h in here})
        ]  # fmt: skip
    writing.bare_table(path, tables.header("lv_lookup"), sorted(rows))


WEEKS = (datetime(2024, 2, 12), datetime(2024, 7, 8))  # noqa: DTZ001
METERED_FEEDERS = 9


def write_usage(path: Path, net: Network, homes: list[Home]) -> None:
    """Write half-hours of smart meter sums for some feeders, a winter week and a summer week, in Wh."""
    random = rng("usage")
    feeders = feeder_homes(net, homes)
    small = [k for k, v in feeders.items() if len(v) < 5][:1]
    chosen = sorted([k for k in feeders if k[0] in {0, 4, 7, 9}][: METERED_FEEDERS - len(small)] + small)
    rows: list[list[Any]] = []
    for key in chosen:
        s, here = net.substations[key[0]], feeders[key]
        meters = max(round(len(here) * random.uniform(0.6, 0.8)), 1)
        metered = [here[int(i)] for i in random.permutation(len(here))[:meters]]
        year_kwh, pv_kw = sum(h.kwh for h in metered), sum(h.pv_kw for h in metered)
        for start in WEEKS:
            for step in range(7 * 48):
                ends = start + timedelta(minutes=30 * (step + 1))
                wh = 1000 * year_kwh * _share(ends, meters, random) - 1000 * pv_kw * 0.5 * _sun(ends) * random.uniform(
                    0.3, 1.0
                )
                hidden = meters < 5 or random.random() < 0.004
                rows.append(_usage_row(s, key[1], meters, max(wh, 0.02 * meters), ends, random, hidden=hidden))
    writing.bare_table(path, tables.header("lv_usage"), rows)


def _usage_row(
    s: Substation, feeder: str, meters: int, wh: float, ends: datetime, random: np.random.Generator, *, hidden: bool
) -> list[Any]:
    reactive = round(wh * random.uniform(0.03, 0.09))
    stamp = ends.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    stored = (ends + timedelta(days=2)).strftime("%Y-%m-%dT00:07:06.000Z")
    whole = f"{round(wh)}.0"
    seen = [""] * 6 if hidden else [f"{meters}.0", whole, "", whole, f"{meters}.0", f"{reactive}.0"]
    operator = ("Scottish and Southern Electricity Networks", "SSEN")
    place = (s.number, s.name, feeder, "", "")
    return [s.feeder_id(feeder), *operator, *place, *seen, stamp, stored, "2024-08-01T12:00:00.000Z"]


def _share(ends: datetime, meters: int, random: np.random.Generator) -> float:
    """Return the part of a year's use that falls in one half-hour: an evening peak, a morning one, quieter summers."""
    local = (ends - timedelta(minutes=15)) + timedelta(hours=1 if 4 <= ends.month <= 10 else 0)
    hour, weekend = local.hour + local.minute / 60, local.weekday() >= 5
    peaks = 0.55 * np.exp(-(((hour - (9.5 if weekend else 7.6)) / 1.5) ** 2)) + 1.35 * np.exp(
        -(((hour - 18.6) / 2.4) ** 2)
    )
    shape = 0.5 + peaks + 0.28 * np.exp(-(((hour - 13.0) / 3.5) ** 2)) * (1.5 if weekend else 1.0)
    season = 1.2 if ends.month < 4 else 0.84
    return float(season * shape / 0.96 / 17_520 * random.normal(1, 0.55 / np.sqrt(meters)))


def _sun(ends: datetime) -> float:
    """Return a plain bell of sunshine, kW for each kW of panel, by UTC hour."""
    hour = ends.hour + ends.minute / 60 - 0.25
    half, top = (4.2, 0.42) if ends.month < 4 else (7.6, 0.72)
    return float(top * max(np.cos(np.pi * (hour - 12.1) / (2 * half)), 0.0)) if abs(hour - 12.1) < half else 0.0


def building_kwh(buildings: list[Building], homes: list[Home]) -> np.ndarray:
    """Return the electricity each building uses in a year, shape (buildings,)."""
    kwh = np.array([b.kwh or 0.0 for b in buildings])
    for home in homes:
        kwh[home.building] += home.kwh
    return kwh
