"""The map files: boundary, census zones, OpenStreetMap extracts and designations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely
from shapely import LineString, Point, Polygon

from . import land, network, roads, writing
from .grid import cut, grown, rng, simple

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from shapely import Geometry

    from .layout import Building
    from .people import Home

BUILDING_COLUMNS = (
    "osm_ref", "name", "building", "amenity", "shop", "sport", "man_made", "addr:housenumber", "addr:housename",
    "addr:street", "addr:postcode", "building:levels", "height", "power", "religion", "operator",
)  # fmt: skip
LAND_COLUMNS = (
    "osm_ref", "name", "amenity", "leisure", "landuse", "sport", "addr:housenumber", "addr:housename", "addr:street",
    "addr:postcode", "religion", "operator", "capacity", "parking",
)  # fmt: skip
POINT_COLUMNS = (
    "osm_id", "name", "place", "amenity", "power", "generator:source", "generator:output:electricity",
    "addr:housenumber", "addr:postcode",
)  # fmt: skip

ROAD_COLUMNS = ("osm_ref", "name", "highway", "waterway", "bridge", "tunnel")

LSOAS = ("E01999001", "E01999002", "E01999003", "E01999004")
_BOX = Polygon([(-150, -150), (1450, -150), (1450, 1350), (-150, 1350)])
_NORTH = LineString([(-200, 985), (235, 950), (330, 905), (420, 884), (510, 886), (600, 890), (667, 880), (720, 857),
                     (800, 858), (860, 872), (930, 900), (1500, 900)])  # fmt: skip
_OA_CUTS = (
    LineString([(-200, 690), (340, 690), (470, 690), (560, 690), (645, 690)]),
    LineString([(905, -200), (905, 1400)]),
)


def name_buildings(buildings: list[Building]) -> None:
    """Give every outline the id it has on the map."""
    for i, b in enumerate(buildings):
        b.ref = f"way/{9_900_000_001 + i}"


def zones() -> tuple[list[tuple[str, Polygon]], list[tuple[str, str, Polygon]]]:
    """Return the LSOAs as (code, shape), and the OAs as (code, LSOA, shape)."""
    through, heath, mill = roads.THROUGH.line, roads.HEATH.line, roads.MILL.line
    ends = through.coords
    through = LineString([(-200, ends[0][1] + 30), *ends, (1500, ends[-1][1] + 40)]).simplify(0.7)
    heath = LineString([(655, 480), *heath.coords, (710, 1400)]).simplify(0.7)
    mill = LineString([(592, 520), *mill.coords, (630, -200)]).simplify(0.7)
    lower_heath = shapely.intersection(heath, Polygon([(600, 480), (720, 480), (720, 890), (600, 890)]))
    cells = _pieces(_BOX, [through, _NORTH, lower_heath])
    lsoa = {code: _holding(cells, at) for code, at in zip(LSOAS, _INSIDE, strict=True)}
    parts = []
    for code, shape in lsoa.items():
        cut = {"E01999001": heath, "E01999002": _OA_CUTS[0], "E01999003": _OA_CUTS[1], "E01999004": mill}[code]
        pieces = sorted(_pieces(shape, [cut]), key=lambda p: -p.area)[:2]
        parts += [(code, p) for p in sorted(pieces, key=lambda p: (round(p.centroid.y), round(p.centroid.x)))]
    oas = [(f"E00999{n:03d}", code, p) for n, (code, p) in enumerate(parts, start=1)]
    return list(lsoa.items()), oas


_INSIDE = (Point(500, 1000), Point(300, 780), Point(900, 750), Point(600, 300))


def _pieces(shape: Polygon, cuts: list[LineString]) -> list[Polygon]:
    """Return the parts of a shape between lines that run right across it."""
    lines = shapely.union_all([shape.exterior, *cuts])
    cells = shapely.get_parts(shapely.polygonize([lines]))
    return [cell for cell in cells if shape.contains(cell.representative_point())]


def _holding(cells: list[Polygon], at: Point) -> Polygon:
    return next(cell for cell in cells if cell.contains(at))


def write_zones(folder: Path) -> None:
    """Write boundary.geojson, zones.geojson and zones_oa.geojson."""
    ward = {"FID": 1, "WD24CD": "E05999001", "WD24NM": "Barrowmere", "WD24NMW": " "}
    writing.geojson(folder / "boundary.geojson", [(ward, land.BOUNDARY)])
    lsoas, oas = zones()
    names = {code: f"Barrowmere 001{letter}" for code, letter in zip(LSOAS, "ABCD", strict=True)}
    writing.geojson(folder / "zones.geojson", [({"LSOA21CD": c, "LSOA21NM": names[c]}, s) for c, s in lsoas])
    rows = [({"OA21CD": c, "LSOA21CD": z, "LSOA21NM": names[z]}, s) for c, z, s in oas]
    writing.geojson(folder / "zones_oa.geojson", rows)


def write_buildings(path: Path, buildings: list[Building], net: network.Network) -> None:
    """Write the building outlines with the tags mappers gave them, and some of the substations."""
    random = rng("tags")
    block_untyped = {b.block: random.random() < 0.09 for b in buildings}
    block_addressed = {b.block: random.random() < 0.8 for b in buildings}
    rows: list[tuple[dict[str, Any], Geometry]] = []
    for b in buildings:
        tags = dict.fromkeys(BUILDING_COLUMNS)
        tags["osm_ref"] = b.ref
        tags.update(b.tags or {"building": _building_tag(b, random)})
        untyped = block_untyped[b.block] or random.random() < 0.04
        if not b.tags and untyped:
            tags["building"] = "yes"
        if b.name and not (b.kind == "house" and random.random() < 0.3):
            tags["name" if b.kind != "house" else "addr:housename"] = b.name
        if b.homes and block_addressed[b.block] and not (untyped and random.random() < 0.7):
            tags["addr:housenumber"] = b.number or None
            tags["addr:street"], tags["addr:postcode"] = b.street, b.postcode
        if random.random() < 0.03 or b.form == "flat":
            tags["building:levels"] = str(int(b.storeys))
        rows.append((tags, b.outline))
    rows += _substation_rows(net, len(rows))
    writing.geojson(path, rows)


def _building_tag(b: Building, random: np.random.Generator) -> str:
    pick = random.random()
    if b.kind in {"garage", "shed"}:
        return b.kind if pick < 0.6 else "yes"
    if b.merged:
        return "terrace"
    special = {"semi": "semidetached_house", "detached": "detached", "bungalow": "bungalow"}
    share = {"semi": 0.3, "detached": 0.35, "bungalow": 0.2}
    if b.form in special and pick < share[b.form]:
        return special[b.form]
    return "terrace" if b.form.endswith("terrace") and pick < 0.12 else "house"


def _substation_rows(net: network.Network, first: int) -> list[tuple[dict[str, Any], Geometry]]:
    x, y = network.PRIMARY_AT
    switch_house = Polygon([(x - 6, y - 4), (x + 6, y - 4), (x + 6, y + 4), (x - 6, y + 4)])
    drawn: list[tuple[str | None, Geometry]] = [("Barrowmere Primary Substation", switch_house)]
    ground = [s for s in net.substations if s.kind == "GM"]
    drawn += [(None, network.kiosk(s)) for i, s in enumerate(ground) if i % 4 != 3]
    rows = []
    for i, (name, shape) in enumerate(drawn):
        tags = dict.fromkeys(BUILDING_COLUMNS)
        tags |= {"osm_ref": f"way/{9_900_000_001 + first + i}", "name": name, "building": "yes", "power": "substation"}
        rows.append((tags, shape))
    return rows


def residential(gardens: Geometry, buildings: list[Building]) -> list[Polygon]:
    """Return the built-up patches: gardens and houses run together, less the parcels drawn by hand."""
    homes = shapely.union_all([b.outline.buffer(6) for b in buildings if b.homes])
    built = grown(cut(shapely.union, gardens, homes), 11, -8)
    bare = shapely.union_all([p.shape for p in land.PARCELS if p.keep_clear])
    left = cut(shapely.difference, built, grown(bare, 0.5))
    parts = shapely.get_parts(simple(grown(left, -1, 1), 0.8))
    whole = [Polygon(p.exterior, [h for h in p.interiors if Polygon(h).area > 1500]) for p in parts if p.area > 1500]
    return sorted(whole, key=lambda p: (round(p.centroid.x), round(p.centroid.y)))


def fields(built: list[Polygon]) -> list[Polygon]:
    """Return what is left inside the boundary, cut at hedges, roads and the brook."""
    taken = shapely.union_all(
        [*built, *[p.shape for p in land.PARCELS], roads.tarmac(), land.BROOK.buffer(4),
         *[line.buffer(1.5) for line in land.hedge_lines()]]
    )  # fmt: skip
    left = cut(shapely.difference, land.BOUNDARY, grown(taken, 0.5))
    parts = shapely.get_parts(simple(grown(left, -4, 3.5), 0.8))
    return sorted((p for p in parts if p.area > 1200), key=lambda p: (round(p.centroid.x), round(p.centroid.y)))


def write_land(path: Path, gardens: Geometry, buildings: list[Building]) -> None:
    """Write the areas: built-up land, fields and the parcels drawn by hand."""
    built = residential(gardens, buildings)
    rows: list[tuple[dict[str, str | None], Geometry]] = [({"landuse": "residential"}, p) for p in built]
    rows += [({"landuse": "farmland" if p.area > 9000 else "grass"}, p) for p in fields(built)]
    rows += [({"name": p.name, **p.tags}, p.shape) for p in land.PARCELS]
    out = []
    for i, (tags, shape) in enumerate(rows):
        full = dict.fromkeys(LAND_COLUMNS) | {"osm_ref": f"way/{9_910_000_001 + i}"} | tags
        out.append((full, shapely.multipolygons([shape])))
    writing.geojson(path, out)


def write_roads(path: Path) -> None:
    """Write the streets, cut at junctions and at the brook, and the brook."""
    rows: list[tuple[dict[str, str | None], Geometry]] = [({"waterway": "stream", "name": "Barrow Brook"}, land.BROOK)]
    sorts = {"Stanholt Road": "tertiary", "High Street": "tertiary", "Kings Hatch Road": "tertiary"}
    for street, line in roads.joined():
        name = street.name_at(street.line.project(line.interpolate(0.5, normalized=True)))
        sort = "track" if street in roads.TRACKS else sorts.get(name, "residential")
        bridge = "yes" if line.intersects(land.BROOK) else None
        rows.append(({"highway": sort, "name": name, "bridge": bridge}, line))
    out = [
        (dict.fromkeys(ROAD_COLUMNS) | {"osm_ref": f"way/{9_930_000_001 + i}"} | tags, line)
        for i, (tags, line) in enumerate(rows)
    ]
    writing.geojson(path, out)


def write_points(path: Path, buildings: list[Building], homes: list[Home]) -> list[int]:
    """Write the points; return the buildings whose panels someone has put on the map."""
    random = rng("points")
    waggoner = next(b for b in buildings if b.name == "The Waggoner").outline.representative_point()
    rows: list[tuple[dict[str, str | None], Point]] = [
        ({"name": "Barrowmere", "place": "village"}, Point(600, 545)),
        ({"name": "The Waggoner", "amenity": "pub"}, waggoner),
        ({"name": None, "amenity": "charging_station"}, Point(846, 575)),
        ({"name": "Meadow End", "amenity": "charging_station"}, Point(1104, 498)),
        ({"name": None, "amenity": "post_box"}, Point(508, 521)),
        ({"name": "The Book Box", "amenity": "library"}, Point(573, 509)),
        ({"name": "Mere Bakery", "amenity": "cafe"}, Point(628, 512)),
    ]
    with_panels = sorted({h.building for h in homes if h.pv_kw})
    mapped = sorted(random.permutation(with_panels)[:45].tolist())
    for i in mapped:
        kw = sum(h.pv_kw for h in homes if h.building == i)
        output = f"{kw:g} kW" if random.random() < 0.25 else "yes"
        tags = {"power": "generator", "generator:source": "solar", "generator:output:electricity": output}
        at = buildings[i].outline.representative_point()
        rows.append((tags, Point(at.x + random.uniform(-1, 1), at.y + random.uniform(-1, 1))))
    out = [
        (dict.fromkeys(POINT_COLUMNS) | {"osm_id": str(9_920_000_001 + i)} | tags, at)
        for i, (tags, at) in enumerate(rows)
    ]
    writing.geojson(path, out)
    return mapped


def _outline(corners: str) -> Polygon:
    return Polygon([tuple(map(float, corner.split())) for corner in corners.split(",")])


CONSERVATION = _outline(
    "440 575, 445 505, 520 470, 575 395, 625 385, 650 470, 700 480, 775 500, 782 560, 775 650, 745 690, 655 690, "
    "600 640, 520 625, 470 625"
)
MEADOWS = _outline("1000 240, 1010 185, 1130 160, 1140 255, 1090 262")
GREEN_BELT = _outline(
    "1160 -140, 1440 -140, 1440 1340, 1140 1340, 1120 1190, 1000 1090, 985 1000, 1010 905, 1120 820, 1180 750, "
    "1200 606, 1235 560, 1225 385, 1140 300, 1150 100"
)


def write_constraints(path: Path, buildings: list[Building]) -> None:
    """Write the designations as planning.data.gov.uk gives them."""
    zone3, zone2 = (z.intersection(_BOX) for z in land.flood_zones())
    rows: list[tuple[str, str, Geometry]] = [
        ("conservation-area", "Barrowmere", CONSERVATION),
        ("flood-risk-zone", "Flood Zone 2", zone2.difference(zone3)),
        ("flood-risk-zone", "Flood Zone 3", zone3),
        ("green-belt", "Hallam Vale Green Belt", GREEN_BELT),
        ("site-of-special-scientific-interest", "Barrow Brook Meadows", MEADOWS),
        ("ancient-woodland", "Hatch Copse", next(p.shape for p in land.PARCELS if p.name == "Hatch Copse")),
    ]
    rows += [("listed-building", n, at) for n, at in _listed(buildings)]
    out = []
    for i, (dataset, name, shape) in enumerate(rows):
        properties = {
            "entity": 99_900_001 + i, "name": name, "dataset": dataset, "prefix": dataset, "typology": "geography",
            "reference": f"BARROWMERE-{i + 1:03d}", "organisation-entity": "999", "entry-date": "2025-01-15",
            "start-date": "", "end-date": "",
        }  # fmt: skip
        out.append((properties, shape))
    writing.geojson(path, out)


def _listed(buildings: list[Building]) -> list[tuple[str, Point]]:
    """Return the listed buildings: those with names, and some of the oldest houses round the green."""
    named = {
        "St Wulfrida's": "Church of St Wulfrida",
        "Barrowmere Manor": "Barrowmere Manor",
        "The Three Larches": "The Three Larches Inn",
        "The Old Mill": "The Old Mill",
    }
    found = [(title, b.outline.centroid) for b in buildings for name, title in named.items() if b.name == name]
    random = rng("listed")
    for b in buildings:
        old = b.style in {"cottage", "georgian"} and CONSERVATION.contains(b.outline.centroid)
        if old and random.random() < 0.22:
            found.append((f"{b.number} {b.street}".upper(), b.outline.centroid))
    return [(name, Point(round(at.x, 1), round(at.y, 1))) for name, at in found]
