"""What the network operator would publish about this village: headroom, supply areas, load model, register, feeders."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely import MultiPolygon, Point, Polygon

from . import network, writing
from .grid import EAST, NORTH, rng, to_wgs84

if TYPE_CHECKING:
    from pathlib import Path

    from .layout import Building
    from .network import Network, Substation
    from .people import Home

HEADROOM_HEADER = (
    "AssetID,GSP Grouping / Default Order,Map / License Area,Substation,Upstream GSP,Upstream BSP,Substation Type,"
    "Voltage (kV),Location Latitude,Location Longitude,Grid Reference,Substation Comment,LTDS CIM Nodes,"
    "Transformer Nameplate Ratings,Single Transformer Site,Maximum Observed Gross Demand (MVA),"
    "Minimum Observed Gross Demand (MVA),Contracted Demand Excl BESS (MVA),Contracted BESS Demand (MVA),"
    "Estimated Demand Headroom (MVA),Substation Demand RAG Status,Demand Constraint,TIA Threshold,"
    "Connected Generation (MW),Contracted Generation (MW),Technical Limits Agreed at GSP,"
    "Estimated Generation Headroom (MW),3-Phase Break Fault Rating (kA),3-Phase Break Fault Level (kA),"
    "Substation Generation RAG Status,Generation Constraint,Upstream Reinforcement Works,"
    "Upstream Reinforcement Completion Date,Substation Reinforcement Works,Substation Reinforcement Completion Date"
).split(",")
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
TRANSFORMER_HEADER = (
    "full_nrn,transformer_name,local_authority,year,scenario,latitude,longitude,rating_kva,transformer_type,n_customers,"
    "n_customers_non_domestic,max_load_kva,max_used_capacity_percent,max_lct_load_kva,max_evc_load_kva,max_hp_load_kva,"
    "max_winter_load_kva,max_summer_load_kva"
).split(",")
NSHR_HEADER = (
    "Substation/Group,Voltage,Scenario,Year,Financial Year,Headroom (MW),Headroom Type,GSP,Primary_Substation".split(
        ","
    )
)
USAGE_HEADER = (
    "dataset_id,dno_name,dno_alias,secondary_substation_id,secondary_substation_name,lv_feeder_id,lv_feeder_name,"
    "substation_geo_location,aggregated_device_count_active,primary_consumption_active_import,"
    "secondary_consumption_active_import,total_consumption_active_import,aggregated_device_count_reactive,"
    "total_consumption_reactive_import,data_collection_log_timestamp,insert_time,last_modified_time"
).split(",")
LOOKUP_HEADER = (
    "dataset_id,postcode,primary_substation_id,primary_substation_name,hv_feeder_id,hv_feeder_name,"
    "secondary_substation_id,secondary_substation_name,lv_feeder_id,lv_feeder_name,total_mpan_count"
).split(",")
REGISTER_HEADER = (
    "Export MPAN / MSID,Import MPAN / MSID,Customer Name,Customer Site,Address Line 1,Address Line 2,Town/ City,County,"
    "Postcode,Country,Location (X-coordinate):_Eastings (where data is held),"
    "Location (y-coordinate):_Northings (where data is held),Grid Supply Point,Bulk Supply Point,Primary,"
    "Point of Connection (POC)_Voltage (kV),Licence Area,Energy Source 1,Energy Conversion Technology 1,"
    "CHP Cogeneration (Yes/No),Storage Capacity 1 (MWh),Storage Duration 1 (Hours),"
    "Energy Source & Energy Conversion Technology 1 - Registered Capacity (MW),Energy Source 2,"
    "Energy Conversion Technology 2,CHP Cogeneration 2 (Yes/No),Storage Capacity 2 (MWh),Storage Duration 2 (Hours),"
    "Energy Source & Energy Conversion Technology 2 - Registered Capacity (MW),Energy Source 3,"
    "Energy Conversion Technology 3,CHP Cogeneration 3 (Yes/No),Storage Capacity 3 (MWh),Storage Duration 3 (Hours),"
    "Energy Source & Energy Conversion Technology 3 - Registered Capacity (MW),Flexible Connection (Yes/No),"
    "Connection Status,Already connected Registered Capacity (MW),Already Connected - Maximum Export Capacity (MW),"
    "Already Connected - Maximum Export Capacity (MVA),Already Connected - Maximum Import Capacity (MW),"
    "Already Connected - Maximum Import Capacity (MVA),Date Connected,Accepted to Connect Registered Capacity (MW),"
    "Accepted to Connect - Change to Maximum Export Capacity (MW),"
    "Accepted to Connect - Change to Maximum Export Capacity (MVA),"
    "Accepted to Connect - Change to Maximum Import Capacity (MW),"
    "Accepted to Connect - Change to Maximum Import Capacity (MVA),Date Accepted,Target Energisation Date,"
    "Distribution Service Provider (Y/N),Transmission Service Provider (Y/N),Reference,In a Connection Queue (Y/N),"
    "Distribution Reinforcement Reference,Transmission Reinforcement Reference,Last Updated,Longitude,Latitude,"
    "SpatialCoordinates_Customer,SiteFunctionalLocation,Primary Resource Type_Group"
).split(",")
GSP, BSP = "Windlebury GSP", "Hallam Cross BSP"


def _lonlat(x: float, y: float) -> tuple[float, float]:
    at = to_wgs84(Point(x, y))
    return at.x, at.y


def _grid_reference(x: float, y: float) -> str:
    """Return a ten-figure reference; the whole neighbourhood lies in square SP."""
    return f"SP {round(x + EAST) - 400_000:05d} {round(y + NORTH) - 200_000:05d}"


# name, upstream GSP, upstream BSP, type, voltage, x, y, ratings, single, max, min, contracted, BESS, demand headroom, RAG,
# constraint, connected and contracted generation, generation headroom, fault rating and level, RAG, constraint
_HEADROOM: list[tuple[Any, ...]] = [
    (GSP, "N/A", "N/A", "GSP", "400 / 132", 17400, -6900, "4 x 240MVA", "No", 412.30, 151.02, 288.10, 120.00, "N/A", "Green", "", 301.20, 512.40, "N/A", 31.5, 14.2, "Red", "Substation Thermal Capacity"),
    (BSP, GSP, "N/A", "BSP", "132 / 33", 3900, 2600, "2 x 45 / 90MVA", "No", 61.40, 18.90, 22.70, 30.00, 9.80, "Amber", "Substation Thermal Capacity", 58.10, 44.50, 1.10, 25.0, 12.9, "Amber", "Upstream Thermal Capacity"),
    ("Barrowmere Primary", GSP, BSP, "Primary", "33 / 11", *network.PRIMARY_AT, "2 x 7.5 / 15MVA", "No", 9.87, 2.31, 2.73, 0.00, 2.40, "Amber", "Substation Thermal Capacity", 5.62, 0.60, 1.10, 13.1, 8.42, "Amber", "Upstream Thermal Capacity"),
    ("Kings Hatch Primary", GSP, BSP, "Primary", "33 / 11", 7900, 1400, "2 x 12 / 24MVA", "No", 16.20, 4.05, 5.90, 0.00, 1.90, "Amber", "Upstream Thermal Capacity", 3.10, 10.00, 0.00, 25.0, 9.75, "Red", "Upstream Thermal Capacity"),
    ("Stanlow Primary", GSP, BSP, "Primary", "33 / 11", -5200, 1900, "2 x 10MVA", "No", 7.95, 1.60, 1.15, 0.00, 0.90, "Red", "Substation Thermal Capacity", 2.05, 0.00, 1.10, 13.1, 7.3, "Amber", "Upstream Thermal Capacity"),
    ("Hallam Cross Local Primary", GSP, BSP, "Primary", "33 / 11", 3950, 2650, "2 x 15 / 30MVA", "No", 19.40, 5.33, 6.10, 0.00, 4.50, "Green", "", 6.70, 2.20, 0.75, 25.0, 11.2, "Amber", "Upstream Thermal Capacity & Substation Fault Level"),
    ("Minster Vale Primary", GSP, BSP, "Primary", "33 / 11", -1200, 8800, "1 x 7.5 / 15MVA", "Yes", 5.12, 0.98, 0.62, 0.00, 0.00, "Red", "Substation Thermal Capacity", 0.35, 0.00, 0.00, 13.1, 4.9, "Red", "Upstream Thermal Capacity"),
    ("Otterford Primary", GSP, BSP, "Primary", "33 / 11", 1100, -7600, "2 x 7.5 / 15MVA", "No", 8.44, 1.71, 3.05, 0.00, 3.51, "Green", "", 9.85, 5.00, 0.00, 13.1, 6.66, "Red", "Upstream Thermal Capacity"),
    ("Thornleigh BSP", GSP, "N/A", "BSP", "132 / 33", 24100, 5200, "2 x 30 / 60MVA + 1 x 45 / 90MVA", "No", 88.75, 27.10, 61.00, 49.90, 0.00, "Red", "Substation Thermal Capacity & Upstream Thermal Capacity", 35.50, 81.20, 0.00, 25.0, 16.0, "Red", "Substation Thermal Capacity & Upstream Thermal Capacity"),
    ("Thornleigh Town Primary", GSP, "Thornleigh BSP", "Primary", "33 / 11", 24500, 5400, "2 x 20 / 40MVA", "No", 24.05, 6.40, 8.80, 0.00, 0.00, "Red", "Upstream Thermal Capacity", 0.90, 0.00, 0.00, 25.0, 12.4, "Red", "Upstream Thermal Capacity"),
    ("Ashby Mill Primary", GSP, "Thornleigh BSP", "Primary", "33 / 11", 21200, 9100, "2 x 5MVA", "No", 4.33, 0.81, 0.40, 0.00, 0.35, "Red", "Upstream Thermal Capacity", 0.00, 0.00, 0.00, 13.1, 4.1, "Red", "Upstream Thermal Capacity"),
    ("Foxhanger Primary", GSP, "N/A", "Primary", "132 / 11", 19500, -3100, "2 x 15 / 30MVA (Shared with NGED)", "No", 14.90, 3.20, 12.20, 0.00, 11.05, "Green", "", 1.00, 0.00, 0.00, 25.0, 10.5, "Red", "Upstream Thermal Capacity"),
]  # fmt: skip
_COMMENTS = {
    GSP: "Any available capacity at Windlebury GSP is shared with another DNO - NGED\nMaximum and minimum demand figures listed account only for SSEN's network",
}
_WORKS = {
    BSP: ("Reinforce the 132kV circuits between Windlebury GSP and Hallam Cross BSP (Oct-29)\n\nAdd a 5th 240MVA transformer at Windlebury GSP", "Mar-31", "Install a 3rd 90MVA transformer", "Jun-30"),
    "Barrowmere Primary": ("Install a 3rd 90MVA transformer at Hallam Cross BSP", "Jun-30", "", ""),
    "Stanlow Primary": ("", "", "Replace both transformers with 12 / 24MVA units", "Dec-28"),
}  # fmt: skip


def write_headroom(path: Path) -> None:
    """Write the headroom dashboard rows of the village's primary, its neighbours and those above them."""
    rows = []
    for n, values in enumerate(_HEADROOM, start=1):
        (name, gsp, bsp, kind, volts, x, y, ratings, single, most, least, contracted, bess, demand, rag, binds,
         connected, due, generation, rating, level, generation_rag, generation_binds) = values  # fmt: skip
        lon, lat = _lonlat(x, y)
        works = _WORKS.get(name, ("", "", "", ""))
        asset = f"E - WNDL - {n:02d}"
        text = [asset, asset, "England / SEPD", name, gsp, bsp, kind, volts, lat, lon, _grid_reference(x, y),
                _COMMENTS.get(name, ""), f"{99000 + 7 * n}, {99001 + 7 * n}", ratings, single, _two(most), _two(least),
                _two(contracted), _two(bess), _two(demand), rag, binds, "5MW", _two(connected), _two(due), "Yes",
                _two(generation), _two(rating), _two(level), generation_rag, generation_binds, *works]  # fmt: skip
        rows.append(dict(zip(HEADROOM_HEADER, text, strict=True)))
    writing.table(path, HEADROOM_HEADER, rows)


def _two(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f}"


_WEST = [(-2600, -3900), (-2300, -1500), (-2750, 900), (-2100, 3300), (-1500, 5200)]
_EAST = [(4100, -4300), (4500, -1800), (4200, 400), (4650, 2300), (3600, 5600)]


def write_areas(path: Path) -> None:
    """Write the supply areas of the village's primary and two neighbours, which meet along shared lines."""
    top, bottom = [(600, 5900)], [(900, -4700)]
    areas = [
        ("BARROWMERE", network.PRIMARY_NRN, [*_WEST, *top, *_EAST[::-1], *bottom]),
        ("KINGS HATCH", "0500", [*_EAST, (6500, 5900), (11800, 4200), (12100, -1500), (9000, -5000)]),
        ("STANLOW", "0497", [*_WEST[::-1], (-5000, -4600), (-9100, -2200), (-9600, 2500), (-6400, 5600)]),
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
                row = (
                    s.nrn, s.name, "West Oxfordshire", year, scenario, repr(lat), repr(lon), f"{s.rating_kva:.1f}", s.kind,
                    s.homes + s.others, s.others, round(load, 3), round(100 * load / s.rating_kva, 3),
                    round(extra, 3), round(ev, 3), round(extra - ev, 3), round(load, 3), round(load * summer, 3),
                )  # fmt: skip
                rows.append(dict(zip(TRANSFORMER_HEADER, row, strict=True)))
    writing.table(path, TRANSFORMER_HEADER, rows)


def write_scenarios(path: Path) -> None:
    """Write headroom to 2050 by scenario, in the other operator's workbook form."""
    falls = {"HT": (0.235, 0.085), "EE": (0.195, 0.11), "HE": (0.105, 0.06)}
    rows = []
    for scenario, (demand_fall, generation_fall) in falls.items():
        for kind, start, fall, lift in (("Demand", 2.4, demand_fall, 3.2), ("Generation", 1.1, generation_fall, 1.4)):
            for year in range(2026, 2051):
                done = year - 2026
                value = (
                    start
                    - fall * done ** (1.06 if scenario == "HT" else 1.0)
                    + (lift if year >= 2031 and kind == "Generation" else 0)
                )
                row = (network.PRIMARY_NAME, "11.0", scenario, year, f"{year}/{(year + 1) % 100:02d}",
                       round(max(value, 0.0), 9), kind, "WINDLEBURY", network.PRIMARY_NAME)  # fmt: skip
                rows.append(dict(zip(NSHR_HEADER, row, strict=True)))
    rows.sort(key=lambda r: (r["Headroom Type"], r["Scenario"], r["Year"]))
    writing.table(path, NSHR_HEADER, rows)


_REGISTER: list[dict[str, Any]] = [
    {"who": "Lark Hill Solar Ltd", "site": "Lark Hill Solar Farm", "x": 2900, "y": 2700, "primary": "Barrowmere Primary 11kV", "kv": 11.0, "source": "Solar", "by": "Photovoltaic", "mw": 4.9, "status": "Connected", "on": "2015-03-24", "group": "Solar PV"},
    {"who": "Meadow End Logistics Ltd", "site": "Meadow End warehouse", "x": 1130, "y": 402, "primary": "Barrowmere Primary 11kV", "kv": 0.4, "source": "Solar", "by": "Photovoltaic", "mw": 0.25, "status": "Connected", "on": "2021-09-14", "group": "Solar PV"},
    {"who": "Hallam Vale Storage Ltd", "site": "Otter Bridge Battery", "x": 3300, "y": 1100, "primary": "Barrowmere Primary 11kV", "kv": 11.0, "source": "Stored Energy (all stored energy irrespective of the original energy source)", "by": "Storage - Electrochemical  (Batteries)", "mw": 0.5, "mwh": 1.0, "status": "Accepted to Connect", "on": "2025-02-10", "group": "Storage"},
    {"who": "Windrow Farms", "site": "Coldharbour Digester", "x": -1800, "y": 4300, "primary": "Barrowmere Primary 11kV", "kv": 11.0, "source": "Biofuel - Biogas from anaerobic digestion (excluding landfill & sewage)", "by": "Engine (combustion / reciprocating)", "mw": 0.4, "status": "Connected", "on": "2017-11-02", "group": "Biogas"},
    {"who": "Kings Hatch Community Energy", "site": "Kings Hatch Solar Meadow", "x": 7200, "y": 900, "primary": "Kings Hatch Primary 11kV", "kv": 33.0, "source": "Solar", "by": "Photovoltaic", "mw": 10.0, "status": "Accepted to Connect", "on": "2024-06-19", "group": "Solar PV", "queue": "Yes"},
    {"who": "Thornleigh Power Ltd", "site": "Thornleigh Reserve", "x": 24300, "y": 5600, "primary": "Thornleigh Town Primary 11kV", "kv": 11.0, "source": "Fossil - Gas", "by": "Engine (combustion / reciprocating)", "mw": 6.0, "status": "Connected", "on": "2019-01-30", "group": "Fossil fuel"},
]  # fmt: skip


def write_register(path: Path) -> None:
    """Write the register of generation and storage, 62 columns, with its byte-order mark."""
    rows = []
    for n, r in enumerate(_REGISTER, start=1):
        lon, lat = _lonlat(r["x"], r["y"])
        row: dict[str, Any] = {
            "Export MPAN / MSID": f"99000000000{n:02d}", "Customer Name": r["who"], "Customer Site": r["site"],
            "Town/ City": "Barrowmere", "County": "Oxfordshire", "Country": "England",
            "Location (X-coordinate):_Eastings (where data is held)": round(r["x"] + EAST),
            "Location (y-coordinate):_Northings (where data is held)": round(r["y"] + NORTH),
            "Grid Supply Point": "Windlebury", "Bulk Supply Point": "Thornleigh 33kV" if "Thornleigh" in r["site"] else "Hallam Cross 33kV",
            "Primary": r["primary"], "Point of Connection (POC)_Voltage (kV)": r["kv"],
            "Licence Area": "Southern Electric Power Distribution (SEPD)", "Energy Source 1": r["source"],
            "Energy Conversion Technology 1": r["by"], "Storage Capacity 1 (MWh)": r.get("mwh", ""),
            "Storage Duration 1 (Hours)": 2.0 if "mwh" in r else "",
            "Energy Source & Energy Conversion Technology 1 - Registered Capacity (MW)": r["mw"],
            "Flexible Connection (Yes/No)": "No", "Connection Status": r["status"], "In a Connection Queue (Y/N)": r.get("queue", ""),
            "Last Updated": "2026-03-31", "Longitude": lon, "Latitude": lat, "SpatialCoordinates_Customer": f"{lat}, {lon}",
            "Primary Resource Type_Group": r["group"],
        }  # fmt: skip
        mva = round(r["mw"] / 0.95, 3)
        if r["status"] == "Connected":
            row |= {"Already connected Registered Capacity (MW)": r["mw"], "Already Connected - Maximum Export Capacity (MW)": r["mw"],
                    "Already Connected - Maximum Export Capacity (MVA)": mva, "Date Connected": r["on"]}  # fmt: skip
        else:
            row |= {"Accepted to Connect Registered Capacity (MW)": r["mw"], "Accepted to Connect - Change to Maximum Export Capacity (MW)": r["mw"],
                    "Accepted to Connect - Change to Maximum Export Capacity (MVA)": mva, "Date Accepted": r["on"], "Target Energisation Date": "2028-10-01"}  # fmt: skip
        rows.append(row)
    writing.table(path, REGISTER_HEADER, rows, bom=True)


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
    writing.bare_table(path, LOOKUP_HEADER, sorted(rows))


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
    writing.bare_table(path, USAGE_HEADER, rows)


def _usage_row(
    s: Substation, feeder: str, meters: int, wh: float, ends: datetime, random: np.random.Generator, *, hidden: bool
) -> list[Any]:
    reactive = round(wh * random.uniform(0.03, 0.09))
    stamp = ends.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    stored = (ends + timedelta(days=2)).strftime("%Y-%m-%dT00:07:06.000Z")
    seen = (
        ["", "", "", "", "", ""]
        if hidden
        else [
            f"{meters:.1f}",
            f"{wh:.1f}".split(".")[0] + ".0",
            "",
            f"{wh:.1f}".split(".")[0] + ".0",
            f"{meters:.1f}",
            f"{reactive:.1f}",
        ]
    )
    return [s.feeder_id(feeder), "Scottish and Southern Electricity Networks", "SSEN", s.number, s.name, feeder, "", "", *seen,
            stamp, stored, "2024-08-01T12:00:00.000Z"]  # fmt: skip


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
