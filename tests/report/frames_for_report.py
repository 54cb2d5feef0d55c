"""An invented village, Alderbrook, as the layers the report reads; every frame passes `schema.conform`."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box

from laep.models.energy import homes, stock
from laep.schema import LAYERS, conform

_VILLAGE = Path(__file__).with_name("village.json")
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
    frames["model_home"] = homes_of(frames["model_demand"], frames["in_tenure"])
    frames["model_stock"] = stock.stock(None, None, None, frames["in_tenure"], least_count=10)
    frames["model_generation"] = _generation()
    frames["model_month"] = _months(frames)
    frames["model_profile"] = _profile(frames)
    frames["model_balance"] = _balance(frames["net_segment"])
    frames["model_finance"] = _finance()
    frames |= _assets(frames["site_anchor"])
    frames |= _plan()
    return {name: conform(frame, name) for name, frame in frames.items()}


def network_only() -> dict[str, pd.DataFrame]:
    """Return the layers of a place with network, climate and tenure but no footprints."""
    every = village()
    kept = ("in_boundary", "in_substation", "in_supply_area", "in_tenure", "model_stock", "link_substation",
            "model_headroom", "plan_rule", "plan_block", "plan_pathway", "plan_action")  # fmt: skip
    frames = {name: every[name] for name in kept}
    frames["model_month"] = every["model_month"].assign(demand_kwh=np.nan, solar_kwh=np.nan)
    frames["model_headroom"] = (
        every["model_headroom"].query('level != "secondary"').assign(proposed_mw=np.nan, verdict="unknown")
    )
    return {name: conform(frame, name) for name, frame in frames.items()}


def provenance() -> pd.DataFrame:
    """Return provenance rows like those the GeoPackage holds."""
    return _table("provenance").assign(retrieved_at="2026-11-20T09:12:00+00:00", sha256="ab" * 32)


def assumptions() -> pd.DataFrame:
    """Return assumption rows like those the GeoPackage holds: one override, some unconfirmed, some from the guide."""
    return _table("assumptions")


def _table(name: str) -> pd.DataFrame:
    """Return a table of `village.json`; what is null there is missing."""
    table = json.loads(_VILLAGE.read_text(encoding="utf-8"))[name]
    return pd.DataFrame(table["rows"], columns=table["columns"])


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
        {
            "area_id": ["alderbrook"],
            "name": ["Alderbrook"],
            "code": ["E05000001"],
            "found_by": ["file"],
            "source_id": ["boundary"],
        },
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
        ("water", "River Alder", Polygon([(-760, -260), (-300, -420), (200, -440), (760, -380), (760, -362),
                                         (200, -420), (-300, -402), (-760, -240)])),
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
    frame.loc[first, ["rating_mva", "max_demand_mva", "connected_generation_mw", "contracted_generation_mw"]] = [
        24.0,
        10.23,
        0.95,
        0.2,
    ]
    frame.loc[first, ["contracted_demand_mva", "customers"]] = [9.18, 4412]
    frame.loc[first, ["upstream_works", "upstream_works_date"]] = [
        "Reinforce the 33kV circuit between Witmere BSP and Alderbrook Primary",
        "Jun-28",
    ]
    return frame


def _supply_areas(building: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    x0, y0, x1, y1 = building.total_bounds
    shapes = [
        Polygon(
            [(X0 - 430, y0 - 900), (x1 + 1500, y0 - 900), (x1 + 1500, y1 + 900), (X0 - 500, y1 + 900), (X0 - 520, Y0)]
        ),
        Polygon(
            [(X0 - 430, y0 - 900), (X0 - 520, Y0), (X0 - 500, y1 + 900), (x0 - 2200, y1 + 900), (x0 - 2200, y0 - 900)]
        ),
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
            "told_by": "register",
            "technology": ["solar", "solar", "solar", "storage"],
            "status": ["connected", "connected", "accepted", "accepted"],
            "capacity_kw": [48.0, 152.0, 4900.0, 20_000.0],
            "distance_m": [0.0, 0.0, 0.0, 1200.0],
            "connected_on": ["2014-06-02", "2019-03-11", "2026-01-20", "2026-02-14"],
            "source_id": "ecr",
        },
        [Point(X0 + 560, Y0 - 230), Point(X0 - 640, Y0 + 240), Point(X0 - 450, Y0 + 240), Point(X0 + 600, Y0 + 60)],
        "in_generator",
    )


def _generation() -> pd.DataFrame:
    rows = [("here", "solar", "connected", 2, 200.0), ("here", "solar", "accepted", 1, 4900.0),
            ("nearby", "storage", "accepted", 1, 20_000.0)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["place", "technology", "status", "generators", "capacity_kw"])
    return frame.assign(of_homes=0, assumed=0, unsized=0)


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


def homes_of(demand: pd.DataFrame, tenure: pd.DataFrame) -> pd.DataFrame:
    """Return the homes of the buildings in `demand`, and of the zones by the share given."""
    rows = demand[demand["scope"] == "building"]
    buildings = pd.DataFrame({
        "scope": "building", "scope_id": rows["scope_id"], "homes": rows["homes"], "mapped_homes": rows["homes"],
        "addresses": np.nan, "certificates": np.nan, "won": "map", "method": "one home a house", "confidence": "medium",
    })  # fmt: skip
    zones = pd.DataFrame({
        "scope": "zone", "scope_id": tenure["zone_id"], "homes": 0.0, "won": "map", "off_map_homes": 0.0, "main": True,
        "households": tenure["households"] * tenure["share_in_area"], "share_in_area": tenure["share_in_area"],
        "share_basis": "land", "method": "homes found on the map", "confidence": "medium",
    })  # fmt: skip
    return homes.table(buildings, zones, map_share=1.0)


def _link_substation() -> gpd.GeoDataFrame:
    return _geo(
        {
            "substation_id": ["15148", "26352", "16573", "10100"],
            "name": ["Alderbrook Primary", "Yarnfield Primary", "Yarnfield BSP", "Cowlish GSP"],
            "level": ["primary", "primary", "bsp", "gsp"],
            "role": ["serves", "serves", "upstream", "upstream"],
            "serves_id": [pd.NA, pd.NA, "15148", "15148"],
            "share_of_area": [0.83, 0.17, np.nan, np.nan],
            "share_of_supply": [0.021, 0.4, np.nan, np.nan],
            "distance_m": [997.0, 2563.0, 5954.0, 14_222.0],
            "method": ["published supply area", "published supply area", "named upstream", "named upstream"],
            "confidence": ["high", "high", "high", "medium"],
            "source_id": "ssen_headroom",
        },
        [
            Point(X0 + 905, Y0 + 420),
            Point(X0 - 2400, Y0 + 900),
            Point(X0 + 5200, Y0 + 2900),
            Point(X0 + 12_800, Y0 - 6200),
        ],
        "link_substation",
    )


def _link_building(building: gpd.GeoDataFrame) -> pd.DataFrame:
    centres = building.geometry.centroid
    west = centres.x.to_numpy() < X0 - 500
    points = np.array(_SECONDARIES) + np.array([X0, Y0])
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
            "building_ids": kept["building_id"].to_list(),
            "technology": "rooftop_pv",
            "area_m2": kept["footprint_m2"].to_numpy(),
            "capacity_kwp": size,
            "capacity_low_kwp": size * 0.65,
            "capacity_high_kwp": size * 1.35,
            "primary_id": "15148",
            "secondary_id": "sec-1",
            "connects_at": "secondary",
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
        site_id="land:way/901", kind="allotments", name="Mill Lane Allotments", building_id=pd.NA, building_ids=pd.NA, land_id="way/901",
        technology="ground_pv", area_m2=9900.0, capacity_kwp=np.nan, capacity_low_kwp=np.nan, capacity_high_kwp=np.nan,
        caution="Allotments are protected: only paths, sheds and margins could ever host panels",
    )  # fmt: skip
    ground.geometry = [Point(X0 - 560, Y0 + 105)]
    return pd.concat([frame, ground], ignore_index=True)


def _segments(building: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    centres = building.geometry.centroid
    points = np.array(_SECONDARIES) + np.array([X0, Y0])
    distance = np.hypot(centres.x.to_numpy()[:, None] - points[:, 0], centres.y.to_numpy()[:, None] - points[:, 1])
    nearest = distance.argmin(axis=1)
    homes = building["use"].isin(["home", "flats"]).to_numpy()
    rows, shapes = [], []
    for n in range(len(points)):
        on = nearest == n
        if not on.any():
            continue
        rows.append(
            (f"seg-{n + 1}", f"Round substation {n + 1}", f"sec-{n + 1}", int(on.sum()), int((on & homes).sum()))
        )
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
    now = _table("headroom").assign(
        technology="any", scenario="now", year=2026, basis="estimated", floor_at_zero=True, rag_basis="published",
        source_id="ssen_headroom",
    )  # fmt: skip
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
            "verdict": ["fits", "fits_with_limit", "fits_with_limit", "fits", "does_not_fit", "fits", "fits_with_limit", "fits_with_limit"],
        }
    ).assign(
        level="secondary", role="serves", direction="generation", technology="any", scenario="now", year=2026,
        unit="kVA",
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
    shape = (
        0.7
        + 0.35 * np.exp(-(((hours - 8) / 1.6) ** 2))
        + 0.9 * np.exp(-(((hours - 18.3) / 2.2) ** 2))
        - 0.25 * np.exp(-(((hours - 3.5) / 2.5) ** 2))
    )
    rows = []
    for row in frames["model_month"].itertuples():
        days = 30.4
        sun = (
            np.clip(np.cos((hours - 12.2) / (5.2 + 3 * np.sin(np.pi * (row.month - 0.5) / 12)) * np.pi / 2), 0, None)
            ** 1.3
        )
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
                    "balanced_share": 0.02, "battery_kwh": battery * segment.homes,
                    "battery_kw": battery * segment.homes / 2,
                    "capacity_kwp": segment.homes * 3.0 * (ratio > 0), "method": "half-hourly balance",
                    "confidence": "low",
                }
            )  # fmt: skip
    return _fill(pd.DataFrame(rows), "model_balance")


def _finance() -> pd.DataFrame:
    rows = [
        ("home_pv", "home_pv", "Solar panels on a home", 300, 3.5, 6566.0, 35.0, 470.0, 2975.0, 0.35),
        ("home_pv_battery", "home_pv_battery", "Solar panels and a battery in a home", 300, 3.5, 10_066.0, 70.0, 640.0,
         2975.0, 0.6),
        ("battery:seg-1", "segment_battery", "Shared battery round substation 1", 1, 90.0, 81_000.0, 1215.0,
         2400.0, 42_000.0, np.nan),
    ]  # fmt: skip
    names = [
        "asset_id",
        "kind",
        "name",
        "units",
        "capacity_kw",
        "capex_gbp",
        "opex_gbp_per_yr",
        "benefit_gbp_per_yr",
        "annual_kwh",
        "self_consumption",
    ]
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
    for end in ("", "_low", "_high"):
        frame[f"life_benefit{end}_gbp_per_yr"] = frame[f"benefit{end}_gbp_per_yr"] * 0.9
    frame["life_years"] = 30.0
    frame["npv_gbp"] = net * 14.5 - frame["capex_gbp"]
    frame["npv_low_gbp"] = frame["npv_gbp"] - 0.4 * frame["capex_gbp"]
    frame["npv_high_gbp"] = frame["npv_gbp"] + 0.4 * frame["capex_gbp"]
    frame["carbon_kg"] = frame["annual_kwh"] * 0.131
    frame["method"] = "simple cash flow, 25 years at 3.5%"
    frame["confidence"] = "low"
    return _fill(frame, "model_finance")


def _assets(sites: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Return what each roof could become: all of its size, and half of it, with two ways to own the first."""
    roofs = sites[sites["capacity_kwp"].notna()]
    rows, owners = [], []
    for site in roofs.itertuples(index=False):
        for option, share in (("largest", 1.0), ("best_value", 0.5)):
            kwp = site.capacity_kwp * share
            cost, gain = kwp * 1256, kwp * 150
            rows.append(
                {
                    "site_id": site.site_id, "technology": "rooftop_pv", "option": option, "main": share == 1.0,
                    "capacity_kw": kwp, "rating_kw": kwp / 1.1, "room_kw": 900.0, "fits": True,
                    "annual_kwh": kwp * 850, "used_kwh": kwp * 500, "sent_kwh": kwp * 350, "lost_kwh": 0.0,
                    "build_gbp": cost, "connection_gbp": 15_000.0, "upkeep_gbp_per_yr": kwp * 15, "part_gbp": kwp * 64,
                    "part_years": 12.0, "saved_gbp_per_yr": kwp * 120, "sold_gbp_per_yr": kwp * 45,
                    "life_years": 30.0, "discount": 0.03, "npv_gbp": gain * 19.6 - cost, "loss_chance": 0.12,
                    "irr_per_yr": 0.11, "levelised_p_per_kwh": 9.4, "price_fall_p_per_kwh": 4.1,
                    "payback_years": cost / gain, "discounted_payback_years": cost / gain * 1.2,
                    "carbon_kg": kwp * 111, "method": "half-hourly balance", "confidence": "low",
                }
            )  # fmt: skip
        for ownership, party, paid in (("host", "host", 1.0), ("company", "company", 1.0), ("company", "host", 0.0)):
            owners.append(
                {
                    "site_id": site.site_id,
                    "ownership": ownership,
                    "party": party,
                    "paid_in_gbp": paid * 1256,
                    "first_year_gbp": 150.0,
                    "life_gbp": 3000.0,
                    "npv_gbp": 1500.0,
                    "shortest_gbp": 0.0,
                }
            )
    held = pd.DataFrame(rows)
    for column in ("annual_kwh", "build_gbp", "connection_gbp", "upkeep_gbp_per_yr", "npv_gbp"):
        stem, unit = column.split("_", 1)
        held[f"{stem}_low_{unit}"] = held[column] - 0.2 * held[column].abs()
        held[f"{stem}_high_{unit}"] = held[column] + 0.3 * held[column].abs()
    return {
        "model_asset": _fill(held, "model_asset"),
        "model_asset_owner": _fill(pd.DataFrame(owners), "model_asset_owner"),
    }


def _plan() -> dict[str, pd.DataFrame]:
    rules = _table("rules")
    rules["origin"] = np.where(rules["rule_id"] == "VP-C09", "model_demand;guide.vpp.home_flex_none_kw", "answers")
    blocks = _table("blocks")
    for name, side, status in (("met_for", "for", "met"), ("met_against", "against", "met")):
        chosen = rules[(rules["side"] == side) & (rules["status"] == status)]
        blocks[name] = blocks["block_id"].map(chosen["block_id"].value_counts()).fillna(0).astype(int)
    blocks["unknown"] = (
        blocks["block_id"].map(rules.loc[rules["status"] == "unknown", "block_id"].value_counts()).fillna(0).astype(int)
    )
    blocks["redirect"] = np.where(blocks["block_id"] == "self_balancing", "Asset blocks first", None)
    blocks["gates_unmet"] = np.where(
        blocks["block_id"] == "local_energy_market", "Some hundreds of homes would join", None
    )
    pathways = _table("pathways")
    actions = _table("actions")
    actions["action_id"] = [f"a{n + 1}" for n in range(len(actions))]
    actions["position"] = range(1, len(actions) + 1)
    return {
        "plan_rule": _fill(rules, "plan_rule"),
        "plan_block": _fill(blocks, "plan_block"),
        "plan_pathway": _fill(pathways, "plan_pathway"),
        "plan_action": _fill(actions, "plan_action"),
    }


GENERATED = dt.date(2026, 11, 23)
