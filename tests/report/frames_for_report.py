"""An invented village, Alderbrook, as the layers the report reads; every frame passes `schema.conform`."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box

from laep.schema import LAYERS, conform

X0, Y0 = 442_000.0, 209_000.0
_STREETS = [
    [(-620, -40), (-360, -10), (-80, 20), (180, 0), (420, -60), (640, -90)],
    [(-320, -10), (-330, 190), (-250, 360)],
    [(-100, 20), (-90, 240), (40, 390), (190, 420)],
    [(120, 0), (150, 180), (290, 260), (420, 250)],
    [(-200, 10), (-190, -190), (-60, -330)],
    [(60, 10), (70, -180), (200, -280), (380, -300)],
    [(-480, -20), (-520, -200), (-430, -330)],
    [(330, -30), (360, 110), (480, 160)],
    [(-250, 360), (-90, 330)],
    [(-60, -330), (70, -300)],
]
_SPECIAL = [
    ("school", "Alderbrook Primary School", [(-40, 120, 52, 18, 5), (-12, 138, 18, 30, 5)]),
    ("hall", "Alderbrook Village Hall", [(250, -60, 24, 13, -12)]),
    ("worship", "St Bride's Church", [(-150, -75, 30, 11, 8), (-168, -78, 8, 8, 8)]),
    ("shop", "The Village Stores", [(40, -38, 18, 12, 3)]),
    ("leisure", "Alderbrook Sports Club", [(430, 360, 26, 12, 20)]),
    ("health", "Millstream Surgery", [(-400, 40, 22, 16, 4)]),
    ("hotel", "The Plough", [(150, -38, 21, 13, -4)]),
    ("civic", "Library and Fire Station", [(-290, -60, 26, 14, 2)]),
    ("industry", "Brook Lane Works", [(560, -230, 74, 34, -8), (570, -290, 60, 28, -8), (640, -250, 30, 44, -8)]),
    ("farm", "Manor Farm", [(-640, 230, 42, 18, 15), (-600, 265, 34, 16, 15), (-660, 275, 20, 30, 15)]),
    ("office", "Brook House", [(480, -170, 28, 15, -6)]),
]  # fmt: skip
MONTH_SUN = (20, 36, 73, 112, 145, 152, 149, 126, 87, 51, 25, 16)
_DEMAND_SHAPE = (1.18, 1.05, 1.06, 0.95, 0.92, 0.87, 0.88, 0.89, 0.92, 1.0, 1.09, 1.19)


def village(*, copies: int = 1, seed: int = 7) -> dict[str, pd.DataFrame]:
    """Return every layer of the village; `copies` lays that many villages side by side, for speed and size."""
    rng = np.random.default_rng(seed)
    building = _buildings(rng, copies)
    frames = {
        "in_boundary": _boundary(building),
        "in_building": building,
        "in_place": _places(),
        "in_land": _land(),
        "in_substation": _substations(),
        "in_supply_area": _supply_areas(building),
        "in_generator": _generators(),
        "in_tenure": tenure(),
        "link_substation": _link_substation(),
        "link_building": _link_building(building),
        "site_anchor": _sites(building),
        "net_segment": _segments(building),
        "model_demand": _demand(building),
        "model_solar": _solar(building, rng),
        "model_headroom": _headroom(),
    }
    frames["model_month"] = _months(frames)
    frames["model_profile"] = _profile(frames)
    frames["model_balance"] = _balance(frames["net_segment"])
    frames["model_finance"] = _finance(frames["site_anchor"])
    frames |= _plan()
    return {name: conform(frame, name) for name, frame in frames.items()}


def network_only() -> dict[str, pd.DataFrame]:
    """Return the layers of a place with network, climate and tenure but no footprints."""
    every = village()
    kept = ("in_boundary", "in_substation", "in_supply_area", "in_tenure", "link_substation", "model_headroom", "plan_rule",
            "plan_block", "plan_pathway", "plan_action")  # fmt: skip
    frames = {name: every[name] for name in kept}
    frames["model_month"] = every["model_month"].assign(demand_kwh=np.nan, solar_kwh=np.nan)
    frames["model_headroom"] = every["model_headroom"].query('level != "secondary"').assign(proposed_mw=np.nan, verdict="unknown")
    return {name: conform(frame, name) for name, frame in frames.items()}


def provenance() -> pd.DataFrame:
    """Return provenance rows like those the GeoPackage holds."""
    rows = [
        ("osm", "OpenStreetMap extract", "OpenStreetMap contributors", "ODbL 1.0", "© OpenStreetMap contributors",
         "https://www.openstreetmap.org/copyright", "2026-10", 9121, 1203, "14 footprints under 4 m2 were left out"),
        ("ssen_headroom", "Headroom dashboard data", "Scottish and Southern Electricity Networks", "CC BY 4.0",
         "Contains SSEN data", "https://data.ssen.co.uk", "March 2026", 998, 3, ""),
        ("tenure", "Census 2021 TS054, tenure", "Office for National Statistics", "OGL 3.0",
         "Contains National Statistics data", "https://www.nomisweb.co.uk", "2021", 188880, 3, ""),
    ]  # fmt: skip
    columns = ["source_id", "title", "publisher", "licence", "attribution", "url", "edition", "rows_read", "rows_kept", "notes"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(retrieved_at="2026-11-20T09:12:00+00:00", sha256="ab" * 32)


def assumptions() -> pd.DataFrame:
    """Return assumption rows like those the GeoPackage holds: one override, some unconfirmed, some from the guide."""
    rows = [
        ("solar", "pv.module.power_density", 200.0, 200.0, 230.0, "W/m2", "Panel capacity per square metre of panel", "2026", "secondary pages", "confirmed_secondary"),
        ("solar", "pv.roof.usable_fraction.pitched", 0.45, 0.3, 0.6, "fraction", "Share of a pitched roof plane that panels can cover", "not stated", "Working value from general knowledge; no publication read", "unconfirmed"),
        ("solar", "pv.system.loss", 0.14, 0.1, 0.2, "fraction", "All losses between panel and meter", "2014-", "pvlib (after NREL PVWatts v5, 2014)", "confirmed_primary"),
        ("demand", "demand.home_kwh", 2800.0, 2800.0, 2800.0, "kWh/yr", "Electricity a typical home uses in a year", "2026", "Set for this area in laep.toml (laep ships 2500 kWh/yr)", "override"),
        ("finance", "tariff.retail.elec_p_kwh", 26.11, 24.1, 28.1, "p/kWh", "Price a home pays for electricity", "Jul-Sep 2026", "EnergyPlus", "confirmed_secondary"),
        ("finance", "demand.home_kwh", 2800.0, 2800.0, 2800.0, "kWh/yr", "Electricity a typical home uses in a year", "2026", "Set for this area in laep.toml (laep ships 2500 kWh/yr)", "override"),
        ("headroom", "net.headroom.rag_green_share", 0.2, 0.2, 0.2, "fraction", "Headroom above this share of firm capacity is shown green", "2026", "Our own convention, open to argument", "convention"),
        ("headroom", "net.headroom.rag_amber_share", 0.05, 0.05, 0.05, "fraction", "Headroom above this share of firm capacity is shown amber", "2026", "Our own convention, open to argument", "convention"),
        ("blocks", "guide.cp.min_installs", 100.0, 100.0, 100.0, "installs", "Installs that make collective purchasing of standard kit worthwhile", "2025", "Smart energy system options for net zero neighbourhoods, v1.0 (G. Oakes, 2025), 4.2.1", "guide"),
        ("blocks", "guide.vpp.revenue_gbp_per_kw_yr", 20.0, 20.0, 40.0, "GBP/kW/yr", "Flexibility revenue, realistic to good", "2025", "Smart energy system options for net zero neighbourhoods, v1.0 (G. Oakes, 2025), C.6", "guide"),
        ("blocks", "guide.ca.feasibility_gbp", 27500.0, 5000.0, 50000.0, "GBP", "Feasibility, survey and design of a shared asset", "2025", "the guide took it from ChatGPT", "guide_chatgpt"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["step", "key", "value", "low", "high", "unit", "meaning", "year", "source", "confidence"])


def _geo(rows: dict[str, object], geometry: list[object], layer: str) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(rows, geometry=geometry, crs="EPSG:27700")
    return _fill(frame, layer)


def _fill(frame: pd.DataFrame, layer: str) -> pd.DataFrame:
    for column in LAYERS[layer].columns:
        if column.name not in frame.columns:
            frame[column.name] = pd.Series(index=frame.index, dtype=column.dtype)
    return frame


def _rectangle(x: float, y: float, length: float, width: float, degrees: float) -> Polygon:
    return affinity.rotate(box(x - length / 2, y - width / 2, x + length / 2, y + width / 2), degrees)


def _houses(line: LineString, rng: np.random.Generator) -> list[Polygon]:
    houses = []
    for side in (-1, 1):
        at = 16.0 + 6 * rng.random()
        while at < line.length - 12:
            here, ahead = line.interpolate(at), line.interpolate(min(at + 4, line.length))
            along = np.arctan2(ahead.y - here.y, ahead.x - here.x)
            setback = side * (13 + 3 * rng.random())
            x, y = here.x - np.sin(along) * setback, here.y + np.cos(along) * setback
            length, width = 8.2 + 3.4 * rng.random(), 7.4 + 1.6 * rng.random()
            houses.append(_rectangle(x, y, length, width, np.degrees(along) + rng.normal(0, 1.5)))
            if rng.random() < 0.22:
                gx, gy = x - np.sin(along) * side * 11, y + np.cos(along) * side * 11
                houses.append(_rectangle(gx, gy, 5.4, 2.9, np.degrees(along)))
            at += length + (2.5 if rng.random() < 0.45 else 8.5)
    return houses


def _buildings(rng: np.random.Generator, copies: int) -> gpd.GeoDataFrame:
    shapes, uses, names = [], [], []
    side = int(np.ceil(np.sqrt(copies)))
    for copy in range(copies):
        dx, dy = 1400 * (copy % side), 900 * (copy // side)
        for street in _STREETS:
            for shape in _houses(LineString(street), rng):
                small = shape.area < 25
                shapes.append(affinity.translate(shape, X0 + dx, Y0 + dy))
                uses.append("outbuilding" if small else ("flats" if shape.area > 95 else "home"))
                names.append(pd.NA)
        for use, name, parts in _SPECIAL:
            for part in parts:
                shapes.append(affinity.translate(_rectangle(*part), X0 + dx, Y0 + dy))
                uses.append(use)
                names.append(name if part is parts[0] else pd.NA)
    uses = np.array(uses, dtype=object)
    uses[5::83] = "unknown"
    count = len(shapes)
    return _geo(
        {
            "building_id": [f"way/{100_000 + n}" for n in range(count)],
            "use": uses,
            "use_basis": "tag",
            "name": names,
            "footprint_m2": [shape.area for shape in shapes],
            "source_id": "osm",
        },
        shapes,
        "in_building",
    )


def _boundary(building: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    hull = shapely.convex_hull(shapely.union_all(building.geometry.array)).buffer(110).simplify(25)
    return _geo(
        {"area_id": ["alderbrook"], "name": ["Alderbrook"], "code": ["E05000001"], "found_by": ["file"], "source_id": ["boundary"]},
        [hull],
        "in_boundary",
    )


def _places() -> gpd.GeoDataFrame:
    rows = [(use, name, parts[0][:2]) for use, name, parts in _SPECIAL if use in ("school", "hall", "worship")]
    return _geo(
        {
            "place_id": [f"node/{n}" for n in range(len(rows))],
            "kind": [use for use, _, _ in rows],
            "name": [name for _, name, _ in rows],
            "source_id": "osm",
        },
        [Point(X0 + x, Y0 + y) for _, _, (x, y) in rows],
        "in_place",
    )


def _land() -> gpd.GeoDataFrame:
    parts = [
        ("playing_field", "Alderbrook Recreation Ground", Polygon([(380, 290), (560, 300), (570, 430), (390, 440)])),
        ("allotments", "Mill Lane Allotments", Polygon([(-620, 60), (-500, 60), (-500, 150), (-630, 140)])),
        ("school_grounds", "Alderbrook Primary School", Polygon([(-80, 60), (60, 60), (60, 200), (-70, 210)])),
        ("car_park", "Hall car park", Polygon([(270, -110), (330, -115), (335, -75), (272, -72)])),
        ("woodland", "Hanger Wood", Polygon([(-700, 300), (-470, 420), (-380, 480), (-600, 480), (-720, 400)])),
        ("water", "River Alder", Polygon([(-760, -260), (-300, -420), (200, -440), (760, -380), (760, -362), (200, -420), (-300, -402), (-760, -240)])),
        ("farmland", "Manor Farm land", Polygon([(-560, 210), (-380, 150), (-360, 300), (-520, 330)])),
        ("industrial", "Brook Lane", Polygon([(500, -200), (690, -210), (690, -320), (510, -330)])),
    ]  # fmt: skip
    shapes = [affinity.translate(shape, X0, Y0) for _, _, shape in parts]
    return _geo(
        {
            "land_id": [f"way/{900 + n}" for n in range(len(parts))],
            "kind": [kind for kind, _, _ in parts],
            "name": [name for _, name, _ in parts],
            "area_m2": [shape.area for shape in shapes],
            "source_id": "osm",
        },
        shapes,
        "in_land",
    )


_SECONDARIES = [(-330, 150), (-90, 220), (150, 160), (-190, -150), (70, -170), (560, -200), (-480, -60), (430, 120)]


def _substations() -> gpd.GeoDataFrame:
    rows = [
        ("15148", "Alderbrook Primary", "primary", 11.0, 33.0, Point(X0 + 905, Y0 + 420)),
        ("26352", "Yarnfield Primary", "primary", 11.0, 33.0, Point(X0 - 2400, Y0 + 900)),
        ("16573", "Yarnfield BSP", "bsp", 33.0, 132.0, Point(X0 + 5200, Y0 + 2900)),
        ("10100", "Cowlish GSP", "gsp", 132.0, 400.0, Point(X0 + 12_800, Y0 - 6200)),
        *[
            (f"sec-{n + 1}", f"Substation {n + 1}", "secondary", 0.4, 11.0, Point(X0 + x, Y0 + y))
            for n, (x, y) in enumerate(_SECONDARIES)
        ],
    ]
    frame = _geo(
        {
            "substation_id": [row[0] for row in rows],
            "operator": "ssen",
            "name": [row[1] for row in rows],
            "level": [row[2] for row in rows],
            "voltage_kv": [row[3] for row in rows],
            "upstream_voltage_kv": [row[4] for row in rows],
            "source_id": "ssen_headroom",
        },
        [row[5] for row in rows],
        "in_substation",
    )
    first = frame.index[0]
    frame.loc[first, ["rating_mva", "max_demand_mva", "connected_generation_mw", "contracted_generation_mw"]] = [24.0, 10.23, 0.95, 0.2]
    frame.loc[first, ["contracted_demand_mva", "customers"]] = [9.18, 4412]
    frame.loc[first, ["upstream_works", "upstream_works_date"]] = ["Reinforce the 33kV circuit between Witmere BSP and Alderbrook Primary", "Jun-28"]
    return frame


def _supply_areas(building: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    x0, y0, x1, y1 = building.total_bounds
    shapes = [
        Polygon([(X0 - 430, y0 - 900), (x1 + 1500, y0 - 900), (x1 + 1500, y1 + 900), (X0 - 500, y1 + 900), (X0 - 520, Y0)]),
        Polygon([(X0 - 430, y0 - 900), (X0 - 520, Y0), (X0 - 500, y1 + 900), (x0 - 2200, y1 + 900), (x0 - 2200, y0 - 900)]),
    ]
    return _geo(
        {
            "supply_area_id": ["a1", "a2"],
            "level": "primary",
            "substation_name": ["Alderbrook Primary", "Yarnfield Primary"],
            "operator": "ssen",
            "source_id": "ssen_areas",
        },
        shapes,
        "in_supply_area",
    )


def _generators() -> gpd.GeoDataFrame:
    return _geo(
        {
            "generator_id": ["g1", "g2", "g3", "g4"],
            "technology": ["solar", "solar", "solar", "storage"],
            "status": ["connected", "connected", "accepted", "accepted"],
            "capacity_kw": [48.0, 152.0, 4900.0, 20_000.0],
            "connected_on": ["2014-06-02", "2019-03-11", "2026-01-20", "2026-02-14"],
            "source_id": "ecr",
        },
        [Point(X0 + 560, Y0 - 230), Point(X0 - 640, Y0 + 240), Point(X0 - 450, Y0 + 240), Point(X0 + 600, Y0 + 60)],
        "in_generator",
    )


def tenure() -> pd.DataFrame:
    """Return three zones; shared ownership is so rare that it must not be printed as a number."""
    return _fill(
        pd.DataFrame(
            {
                "zone_id": ["E01028001", "E01028002", "E01028003"],
                "households": [212, 241, 198],
                "owned": [163, 171, 150],
                "shared_ownership": [2, 3, 1],
                "social_rented": [22, 31, 18],
                "private_rented": [25, 36, 29],
                "share_in_area": [1.0, 1.0, 0.6],
                "source_id": "tenure",
            }
        ),
        "in_tenure",
    )


def _link_substation() -> gpd.GeoDataFrame:
    return _geo(
        {
            "substation_id": ["15148", "26352", "16573", "10100"],
            "name": ["Alderbrook Primary", "Yarnfield Primary", "Yarnfield BSP", "Cowlish GSP"],
            "level": ["primary", "primary", "bsp", "gsp"],
            "role": ["serves", "serves", "upstream", "upstream"],
            "serves_id": [pd.NA, pd.NA, "15148", "15148"],
            "share_of_area": [0.83, 0.17, np.nan, np.nan],
            "distance_m": [997.0, 2563.0, 5954.0, 14_222.0],
            "method": ["published supply area", "published supply area", "named upstream", "named upstream"],
            "confidence": ["high", "high", "high", "medium"],
            "source_id": "ssen_headroom",
        },
        [Point(X0 + 905, Y0 + 420), Point(X0 - 2400, Y0 + 900), Point(X0 + 5200, Y0 + 2900), Point(X0 + 12_800, Y0 - 6200)],
        "link_substation",
    )


def _link_building(building: gpd.GeoDataFrame) -> pd.DataFrame:
    centres = building.geometry.centroid
    west = centres.x.to_numpy() < X0 - 500
    points = np.array(_SECONDARIES) + [X0, Y0]
    distance = np.hypot(centres.x.to_numpy()[:, None] - points[:, 0], centres.y.to_numpy()[:, None] - points[:, 1])
    nearest = distance.argmin(axis=1)
    return _fill(
        pd.DataFrame(
            {
                "building_id": building["building_id"],
                "secondary_id": [f"sec-{n + 1}" for n in nearest],
                "secondary_method": "nearest",
                "secondary_distance_m": distance.min(axis=1),
                "primary_id": np.where(west, "26352", "15148"),
                "primary_method": "published_area",
                "confidence": "medium",
            }
        ),
        "link_building",
    )


def _sites(building: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    named = building[building["name"].notna()].drop_duplicates("name")
    community = ("school", "hall", "worship", "leisure", "civic", "health")
    kept = named[named["use"].isin((*community, "industry", "farm", "shop", "office", "hotel"))]
    size = kept["footprint_m2"].to_numpy() * 0.09
    frame = _geo(
        {
            "site_id": ("roof:" + kept["building_id"]).to_list(),
            "owner_kind": ["community" if use in community else "corporate" for use in kept["use"]],
            "kind": kept["use"].to_list(),
            "name": kept["name"].to_list(),
            "building_id": kept["building_id"].to_list(),
            "technology": "rooftop_pv",
            "area_m2": kept["footprint_m2"].to_numpy(),
            "capacity_kwp": size,
            "capacity_low_kwp": size * 0.65,
            "capacity_high_kwp": size * 1.35,
            "primary_id": "15148",
            "secondary_id": "sec-1",
            "constraints": [pd.NA if use != "worship" else "listed-building;conservation-area" for use in kept["use"]],
            "caution": [
                pd.NA if use != "worship" else "Listed: ask the diocese and the conservation officer first"
                for use in kept["use"]
            ],
            "method": "footprint archetype",
            "confidence": "low",
        },
        kept.geometry.centroid.to_list(),
        "site_anchor",
    )
    ground = frame.iloc[[0]].assign(
        site_id="land:way/901", kind="allotments", name="Mill Lane Allotments", building_id=pd.NA, land_id="way/901",
        technology="ground_pv", area_m2=9900.0, capacity_kwp=np.nan, capacity_low_kwp=np.nan, capacity_high_kwp=np.nan,
        caution="Allotments are protected: only paths, sheds and margins could ever host panels",
    )  # fmt: skip
    ground.geometry = [Point(X0 - 560, Y0 + 105)]
    return pd.concat([frame, ground], ignore_index=True)


def _segments(building: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    centres = building.geometry.centroid
    points = np.array(_SECONDARIES) + [X0, Y0]
    distance = np.hypot(centres.x.to_numpy()[:, None] - points[:, 0], centres.y.to_numpy()[:, None] - points[:, 1])
    nearest = distance.argmin(axis=1)
    homes = building["use"].isin(["home", "flats"]).to_numpy()
    rows, shapes = [], []
    for n in range(len(points)):
        on = nearest == n
        if not on.any():
            continue
        rows.append((f"seg-{n + 1}", f"Round substation {n + 1}", f"sec-{n + 1}", int(on.sum()), int((on & homes).sum())))
        shapes.append(shapely.convex_hull(shapely.union_all(building.geometry.array[on])).buffer(6))
    return _geo(
        {
            "segment_id": [row[0] for row in rows],
            "kind": "secondary",
            "name": [row[1] for row in rows],
            "substation_id": [row[2] for row in rows],
            "buildings": [row[3] for row in rows],
            "homes": [row[4] for row in rows],
            "rating_kva": [500.0 if n % 2 else np.nan for n in range(len(rows))],
            "method": "buildings nearest one substation",
            "confidence": "low",
        },
        shapes,
        "net_segment",
    )


def _demand(building: gpd.GeoDataFrame) -> pd.DataFrame:
    use = building["use"]
    homes = use.map({"home": 1.0, "flats": 2.0}).fillna(0.0)
    intensity = {"school": 40, "hall": 20, "worship": 20, "shop": 165, "leisure": 150, "health": 70, "hotel": 105,
                 "civic": 70, "industry": 35, "farm": 35, "office": 95}  # fmt: skip
    other = use.map(intensity).astype("float64") * building["footprint_m2"]
    annual = (homes * 2800).where(homes > 0, other)
    return _fill(
        pd.DataFrame(
            {
                "scope": "building",
                "scope_id": building["building_id"],
                "use": use,
                "homes": homes,
                "annual_kwh": annual,
                "annual_low_kwh": annual * 0.75,
                "annual_high_kwh": annual * 1.3,
                "profile": np.where(annual.notna(), "elexon_pc1", None),
                "method": np.where(annual.notna(), "typical value for its use", "not estimated"),
                "confidence": np.where(homes > 0, "medium", "low"),
            }
        ),
        "model_demand",
    )


def _solar(building: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    count = len(building)
    size = building["footprint_m2"].to_numpy() * 0.055 * (0.6 + 0.8 * rng.random(count))
    size = np.where(building["footprint_m2"] < 30, 0.0, size)
    specific = np.clip(rng.normal(860, 80, count), 560, 1010)
    lidar = np.arange(count) % 4 != 0
    return _fill(
        pd.DataFrame(
            {
                "building_id": building["building_id"],
                "use": building["use"],
                "capacity_kwp": size,
                "capacity_low_kwp": size * 0.67,
                "capacity_high_kwp": size * 1.33,
                "annual_kwh": size * specific,
                "annual_low_kwh": size * specific * 0.6,
                "annual_high_kwh": size * specific * 1.42,
                "yield_kwh_per_kwp": specific,
                "method": np.where(lidar, "lidar plane", "footprint archetype"),
                "confidence": np.where(lidar, "high", "low"),
            }
        ),
        "model_solar",
    )


def _headroom() -> pd.DataFrame:
    works = "Reinforce the 33kV circuit between Witmere BSP and Alderbrook Primary (June 2028)"
    rows = [
        ("15148", "Alderbrook Primary", "primary", "serves", "demand", 0.0, "MVA", "red", "Upstream Thermal Capacity", "upstream", works, np.nan, "none_or_worse"),
        ("15148", "Alderbrook Primary", "primary", "serves", "generation", 9.48, "MW", "red", "Upstream Thermal Capacity", "upstream", works, 1.42, "fits"),
        ("26352", "Yarnfield Primary", "primary", "serves", "demand", 0.0, "MVA", "red", "Substation Thermal Capacity & Upstream Thermal Capacity", "here", pd.NA, np.nan, "none_or_worse"),
        ("26352", "Yarnfield Primary", "primary", "serves", "generation", 17.6, "MW", "red", "Upstream Thermal Capacity", "upstream", pd.NA, 0.31, "fits"),
        ("16573", "Yarnfield BSP", "bsp", "upstream", "demand", 0.0, "MVA", "red", "Substation Thermal Capacity", "here", "Install a 3rd 120MVA transformer (March 2028)", np.nan, "none_or_worse"),
        ("16573", "Yarnfield BSP", "bsp", "upstream", "generation", 12.4, "MW", "amber", "Substation Thermal Capacity & Upstream Thermal Capacity", "here", "Install a 3rd 120MVA transformer (March 2028)", np.nan, "fits"),
        ("10100", "Cowlish GSP", "gsp", "upstream", "demand", np.nan, "MVA", pd.NA, pd.NA, "unknown", pd.NA, np.nan, "unknown"),
    ]  # fmt: skip
    names = ["substation_id", "name", "level", "role", "direction", "value", "unit", "rag", "constraint", "binding", "relief", "proposed_mw", "verdict"]
    now = pd.DataFrame(rows, columns=names).assign(
        technology="any", scenario="now", year=2026, basis="estimated", floor_at_zero=True, rag_basis="published", source_id="ssen_headroom"
    )
    years = []
    for name, drop in (("Holistic Transition", 1.1), ("Electric Engagement", 1.4), ("Falling Behind", 0.5)):
        for year in range(2026, 2051):
            years.append(("demand", name, year, 6.2 - drop * (year - 2026) ** 0.9 / 2))
            years.append(("generation", name, year, 9.4 - drop * (year - 2026) / 4))
    future = pd.DataFrame(years, columns=["direction", "scenario", "year", "value"]).assign(
        substation_id="15148", name="Alderbrook Primary", level="primary", role="serves", technology="any", unit="MW",
        basis="firm_n1", floor_at_zero=False, rag=pd.NA, rag_basis="convention", constraint=pd.NA, binding="unknown",
        relief=pd.NA, proposed_mw=np.nan, verdict="unknown", source_id="ssen_dfes",
    )  # fmt: skip
    secondary = pd.DataFrame(
        {
            "substation_id": [f"sec-{n + 1}" for n in range(len(_SECONDARIES))],
            "name": [f"Substation {n + 1}" for n in range(len(_SECONDARIES))],
            "value": [120.0, 60.0, 15.0, 200.0, 0.0, 310.0, 45.0, 90.0],
            "proposed_mw": [0.11, 0.17, 0.12, 0.1, 0.12, 0.2, 0.08, 0.11],
            "verdict": ["fits", "fits_part", "fits_part", "fits", "none", "fits", "fits_part", "fits_part"],
        }
    ).assign(
        level="secondary", role="serves", direction="generation", technology="any", scenario="now", year=2026, unit="kVA",
        basis="nameplate", floor_at_zero=False, rag=pd.NA, rag_basis="convention", constraint=pd.NA, binding="here",
        relief=pd.NA, source_id="ssen_transformers",
    )  # fmt: skip
    return _fill(pd.concat([now, future, secondary], ignore_index=True), "model_headroom")


def _months(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    demand = frames["model_demand"]["annual_kwh"].sum() / 12
    solar = frames["model_solar"]["annual_kwh"].sum() / sum(MONTH_SUN)
    return pd.DataFrame(
        {
            "month": range(1, 13),
            "demand_kwh": [demand * share for share in _DEMAND_SHAPE],
            "solar_kwh": [solar * sun for sun in MONTH_SUN],
            "ghi_kwh_m2": MONTH_SUN,
            "temp_air_c": [4.6, 4.8, 6.9, 9.2, 12.3, 15.4, 17.6, 17.2, 14.6, 11.0, 7.4, 4.9],
        }
    )


def _profile(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    hours = (np.arange(48) + 0.5) / 2
    shape = 0.7 + 0.35 * np.exp(-(((hours - 8) / 1.6) ** 2)) + 0.9 * np.exp(-(((hours - 18.3) / 2.2) ** 2)) - 0.25 * np.exp(-(((hours - 3.5) / 2.5) ** 2))
    rows = []
    for row in frames["model_month"].itertuples():
        days = 30.4
        sun = np.clip(np.cos((hours - 12.2) / (5.2 + 3 * np.sin(np.pi * (row.month - 0.5) / 12)) * np.pi / 2), 0, None) ** 1.3
        demand = row.demand_kwh / days / 24 * shape / shape.mean()
        solar = row.solar_kwh / days / 24 * sun / sun.mean()
        rows.append(pd.DataFrame({"month": row.month, "period": range(1, 49), "demand_kw": demand, "solar_kw": solar}))
    return pd.concat(rows, ignore_index=True)


def _balance(segments: gpd.GeoDataFrame) -> pd.DataFrame:
    cases = [("today", 0.0, pd.NA, 0.0), ("solar", 0.9, 0.31, 0.0), ("solar_battery", 0.9, 0.44, 3.0)]
    rows = []
    for n, segment in enumerate(segments.itertuples()):
        demand = segment.homes * 2800.0
        for case, ratio, sufficiency, battery in cases:
            met = 0.0 if sufficiency is pd.NA else sufficiency + 0.012 * n
            made = demand * ratio
            rows.append(
                {
                    "segment_id": segment.segment_id, "case": case, "demand_kwh": demand, "generation_kwh": made,
                    "import_kwh": demand * (1 - met), "export_kwh": max(made - demand * met, 0.0), "loss_kwh": 0.0,
                    "self_consumption": met / ratio if ratio else np.nan, "self_sufficiency": met if ratio else np.nan,
                    "peak_import_kw": segment.homes * 1.3, "peak_export_kw": segment.homes * 2.1 * (ratio > 0),
                    "balanced_share": 0.02, "battery_kwh": battery * segment.homes, "battery_kw": battery * segment.homes / 2,
                    "capacity_kwp": segment.homes * 3.0 * (ratio > 0), "method": "half-hourly balance", "confidence": "low",
                }
            )  # fmt: skip
    return _fill(pd.DataFrame(rows), "model_balance")


def _finance(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    roofs = sites[sites["capacity_kwp"].notna()]
    rows = [
        ("home_pv", "home_pv", "Solar panels on a home", 300, 3.5, 6566.0, 35.0, 470.0, 2975.0, 0.35),
        ("home_pv_battery", "home_pv_battery", "Solar panels and a battery in a home", 300, 3.5, 10_066.0, 70.0, 640.0, 2975.0, 0.6),
        *[
            (site.site_id, "site_pv", site.name, 1, site.capacity_kwp, site.capacity_kwp * 1256, site.capacity_kwp * 15,
             site.capacity_kwp * 165, site.capacity_kwp * 850, 0.6)
            for site in roofs.itertuples(index=False)
        ],
        ("battery:seg-1", "segment_battery", "Shared battery round substation 1", 1, 90.0, 81_000.0, 1215.0, 2400.0, 42_000.0, np.nan),
    ]  # fmt: skip
    names = ["asset_id", "kind", "name", "units", "capacity_kw", "capex_gbp", "opex_gbp_per_yr", "benefit_gbp_per_yr", "annual_kwh", "self_consumption"]
    frame = pd.DataFrame(rows, columns=names)
    for column in ("capex_gbp", "opex_gbp_per_yr", "benefit_gbp_per_yr"):
        stem, unit = column.split("_", 1)
        frame[f"{stem}_low_{unit}"] = frame[column] * 0.8
        frame[f"{stem}_high_{unit}"] = frame[column] * 1.35
    net = frame["benefit_gbp_per_yr"] - frame["opex_gbp_per_yr"]
    payback = frame["capex_gbp"] / net
    battery = frame["kind"] == "segment_battery"
    frame["payback_years"] = payback.mask(battery)
    frame["payback_low_years"] = (payback * 0.7).mask(battery, 41.0)
    frame["payback_high_years"] = (payback * 1.7).mask(battery | (frame["kind"] == "home_pv_battery"))
    frame["npv_gbp"] = net * 14.5 - frame["capex_gbp"]
    frame["npv_low_gbp"] = frame["npv_gbp"] - 0.4 * frame["capex_gbp"]
    frame["npv_high_gbp"] = frame["npv_gbp"] + 0.4 * frame["capex_gbp"]
    frame["carbon_kg"] = frame["annual_kwh"] * 0.131
    frame["method"] = "simple cash flow, 25 years at 3.5%"
    frame["confidence"] = "low"
    return _fill(frame, "model_finance")


_RULES = [
    ("LA-C04", "laep", "for", "gate", "partner", "A named person or body would bring people together", "unknown", "Nobody has answered this yet", "Who would bring people together for the plan?"),
    ("LA-C05", "laep", "for", "weak", "spatial", "There is a distinct asset, site or substation area to gather round", "met", "Alderbrook Primary serves 83% of the area; the school, hall and sports club are sites", None),
    ("LA-C08", "laep", "for", "weak", "network", "Open network and housing data covers the area", "met", "SSEN headroom and Census 2021 tenure are held", None),
    ("PM-C01", "marketplace", "for", "strong", "survey", "Residents have ideas they want to explore", "unknown", "Nobody has answered this yet", "Have you an energy idea you would like help with?"),
    ("PM-C07", "marketplace", "for", "gate", "partner", "A trusted operator is available", "unknown", "Nobody has answered this yet", "Who could run a small project fund that everyone trusts?"),
    ("CP-C01", "collective_purchasing", "for", "strong", "demographic", "Owner-occupiers are a significant share of households", "met", "77% of households own their home, against a threshold of 40%", None),
    ("CP-C04", "collective_purchasing", "for", "strong", "survey", "Residents show interest in low carbon technologies", "met", "68 of 112 replies want solar panels", None),
    ("CP-C08", "collective_purchasing", "for", "gate", "partner", "A trusted coordinator is willing", "unknown", "Nobody has answered this yet", "Would the district council run a group-buy here?"),
    ("CP-V01", "collective_purchasing", "against", "strong", "demographic", "Most residents are tenants without control of the building", "not_met", "23% of households rent", None),
    ("CA-C06", "community_anchor", "for", "strong", "spatial", "A suitable site exists", "met", "6 community roofs hold 130 kWp (low to high 85 to 176)", None),
    ("CA-C09", "community_anchor", "for", "strong", "network", "The network has room at the site", "unknown", "Headroom at the secondary substation is not published for every site", "What would SSEN say to a budget estimate for the school roof?"),
    ("CA-V05", "community_anchor", "against", "strong", "survey", "Others actively resist", "unknown", "Nobody has answered this yet", "Is anyone against panels on the school or hall?"),
    ("CO-C02", "corporate_anchor", "for", "strong", "partner", "A company is planning an asset here", "unknown", "Nobody has answered this yet", "Is the works or the farm planning solar?"),
    ("VP-C05", "flexibility_vpp", "for", "gate", "partner", "A technical partner is interested", "unknown", "Nobody has answered this yet", "Which VPP operators have been approached?"),
    ("VP-C09", "flexibility_vpp", "for", "strong", "spatial", "Controllable capacity reaches 1 MW, or 10 kW for local markets", "met", "413 homes at 0.3 kW are about 124 kW: local markets only", None),
    ("LM-C02", "local_energy_market", "for", "gate", "partner", "A licensed supplier would take part", "unknown", "Nobody has answered this yet", "Would a supplier such as one behind Energy Local clubs serve us?"),
    ("LM-C09", "local_energy_market", "for", "strong", "survey", "Some hundreds of homes would join", "not_met", "31 of 112 replies would switch supplier", None),
    ("SB-C01", "self_balancing", "for", "strong", "network", "A piece of network could be run as one", "unknown", "Eight candidates were drawn from distance alone", "Could SSEN share the low voltage map?"),
    ("SB-V02", "self_balancing", "against", "strong", "spatial", "Generation and storage are too few", "met", "With solar and 3 kWh of battery a home, about 44% of use is met", None),
]  # fmt: skip
_BLOCKS = [
    ("laep", "Local area energy plan", "foundations", "promising", "You have started it by reading this.", "An evening a month for a small group"),
    ("marketplace", "Project marketplace", "foundations", "open", "It depends on whether residents have ideas and someone trusted can run it.", "Easily under-estimated: criteria, choosing, following up"),
    ("collective_purchasing", "Collective purchasing", "assets", "promising", "Most households own their home and many replies want solar.", "A coordinator for about a year"),
    ("community_anchor", "Community anchor asset", "assets", "possible", "The school and hall roofs could carry panels; the network answer is not known.", "A legal body, volunteers for years"),
    ("corporate_anchor", "Corporate anchor asset", "assets", "open", "Nobody has asked the works or the farm.", "Low for residents; trust must be earned"),
    ("flexibility_vpp", "Flexibility VPP", "smart_systems", "open", "Enough homes for local markets; no partner yet.", "Recruiting and supporting households"),
    ("local_energy_market", "Local energy market", "smart_systems", "blocked", "Too few homes would switch supplier.", "High: supplier, platform, members"),
    ("self_balancing", "Self-balancing network", "smart_systems", "advise_against", "Local generation and storage would meet less than half of use.", "Very high, and specialist"),
]  # fmt: skip
_PATHWAYS = [
    ("rooftop_pv", "Rooftop solar, bought together", 1, "recommended", 0.6, "Most households own their home\nReplies want solar panels", None, "Who would coordinate", "laep;collective_purchasing", "augment_assets"),
    ("stop_here", "Stop here", 2, "possible", 0.5, "A plan and a warmer home may be all people want", None, "What residents want first", "laep", "identify_target"),
    ("community_energy_share", "Community energy sharing", 3, "needs_answers", 0.4, "Community roofs exist", "Too few would switch supplier", "Network room at the school\nA licensed supplier", "laep;marketplace;community_anchor;local_energy_market", "optimise"),
    ("simple_vpp", "Simple flexibility", 4, "needs_answers", 0.3, "Enough homes for local markets", None, "A VPP partner", "laep;flexibility_vpp", "optimise"),
    ("advanced_vpp", "Solar, batteries and flexibility together", 5, "needs_answers", 0.3, "Owners and roofs", "No partner", "A VPP partner", "laep;collective_purchasing;flexibility_vpp", "optimise"),
    ("wind_farm_dividend", "A company pays into a community fund", 6, "needs_answers", 0.2, "A farm with land", "No developer known", "Any developer's plans", "laep;corporate_anchor;marketplace", "optimise"),
    ("private_wire", "Private wire village", 7, "ruled_out", 0.0, "Nothing here yet", "No new development to build it into", None, "laep;corporate_anchor;self_balancing", "optimise"),
]  # fmt: skip
_ACTIONS = [
    ("identify_assets", "Check the figures in this plan with people who know the place", "Planning group", "2027 Q1", "2027 Q1", "Every plan starts from today's position", "Free"),
    ("identify_assets", "Help homes that are cold or costly to heat first", "Planning group and the council's energy advice service", "2027 Q1", "2027 Q4", "Efficiency comes before generation", "Free advice; grants may apply"),
    ("identify_target", "Ask every household what it wants first", "Planning group", "2027 Q1", "2027 Q2", "PR-03", "About £500 for print and a hall"),
    ("identify_target", "Decide together: go on, or stop here", "Residents", "2027 Q2", "2027 Q2", "PR-02", None),
    ("build_partnerships", "Ask the district council to run a group-buy of solar panels", "Planning group and council", "2027 Q2", "2027 Q4", "CP-C08 is the gate", None),
    ("build_partnerships", "Ask SSEN for a budget estimate for the school roof", "School and a volunteer", "2027 Q3", "2027 Q4", "CA-C09", "Often free below 50 kW"),
    ("augment_assets", "Install panels on homes that signed up", "Vetted installers", "2028 Q1", "2028 Q4", "Pathway: rooftop solar", "See Money"),
    ("optimise", "Look back, and decide whether anything more is worth it", "Planning group", "2029 Q1", "2029 Q1", "PR-06", "Free"),
]  # fmt: skip


def _plan() -> dict[str, pd.DataFrame]:
    rules = pd.DataFrame(_RULES, columns=["rule_id", "block_id", "side", "strength", "evidence_type", "criterion", "status", "evidence", "ask"])
    rules["origin"] = np.where(rules["rule_id"] == "VP-C09", "model_demand;guide.vpp.home_flex_none_kw", "answers")
    blocks = pd.DataFrame(_BLOCKS, columns=["block_id", "name", "group_id", "verdict", "headline", "effort"])
    for name, side, status in (("met_for", "for", "met"), ("met_against", "against", "met")):
        chosen = rules[(rules["side"] == side) & (rules["status"] == status)]
        blocks[name] = blocks["block_id"].map(chosen["block_id"].value_counts()).fillna(0).astype(int)
    blocks["unknown"] = blocks["block_id"].map(rules.loc[rules["status"] == "unknown", "block_id"].value_counts()).fillna(0).astype(int)
    blocks["redirect"] = np.where(blocks["block_id"] == "self_balancing", "Asset blocks first", None)
    blocks["gates_unmet"] = np.where(blocks["block_id"] == "local_energy_market", "Some hundreds of homes would join", None)
    pathways = pd.DataFrame(
        _PATHWAYS,
        columns=["pathway_id", "name", "rank", "standing", "score", "reasons_for", "reasons_against", "to_settle", "blocks", "ends_at"],
    )
    actions = pd.DataFrame(_ACTIONS, columns=["stage", "action", "who", "starts", "ends", "why", "cost"])
    actions["action_id"] = [f"a{n + 1}" for n in range(len(actions))]
    actions["position"] = range(1, len(actions) + 1)
    return {
        "plan_rule": _fill(rules, "plan_rule"),
        "plan_block": _fill(blocks, "plan_block"),
        "plan_pathway": _fill(pathways, "plan_pathway"),
        "plan_action": _fill(actions, "plan_action"),
    }


GENERATED = dt.date(2026, 11, 23)
