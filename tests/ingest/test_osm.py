"""An extract and an export of the same map give the same layers; nothing personal is kept."""

from xml.sax.saxutils import quoteattr

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.ground import osm
from laep.ingest.source import Request
from laep.schema import conform

AREA = shapely.box(326000, 187000, 327000, 188000)


def at(x, y, width, depth=None):
    return shapely.box(326000 + x, 187000 + y, 326000 + x + width, 187000 + y + (depth or width))


def spot(x, y):
    return shapely.Point(326000 + x, 187000 + y)


def lonlat(shape):
    return gpd.GeoSeries([shape], crs=27700).to_crs(4326).iloc[0]


def extract(path, things):
    """Write an .osm file of points and closed ways; `things` is a list of (shape, tags)."""
    nodes, ways = [], []
    for number, (shape, tags) in enumerate(things, 1):
        marks = "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
        turned = lonlat(shape)
        if shape.geom_type == "Point":
            nodes.append(f'<node id="{number}" version="1" lat="{turned.y:.7f}" lon="{turned.x:.7f}">{marks}</node>')
            continue
        ring = turned.exterior.coords[:-1] if shape.geom_type == "Polygon" else turned.coords
        ids = [number * 1000 + i for i in range(len(ring))]
        nodes += [
            f'<node id="{i}" version="1" lat="{y:.7f}" lon="{x:.7f}"/>' for i, (x, y) in zip(ids, ring, strict=True)
        ]
        closed = [*ids, ids[0]] if shape.geom_type == "Polygon" else ids
        ways.append(f'<way id="{number}" version="1">' + "".join(f'<nd ref="{i}"/>' for i in closed) + marks + "</way>")
    path.write_text(f'<?xml version="1.0"?>\n<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>\n')
    return path


def export(path, things):
    """Write the same as GeoJSON with a column for each tag."""
    rows = [
        {"osm_ref": f"{'node' if shape.geom_type == 'Point' else 'way'}/{number}", **tags}
        for number, (shape, tags) in enumerate(things, 1)
    ]
    gpd.GeoDataFrame(pd.DataFrame(rows), geometry=[shape for shape, _ in things], crs=27700).to_crs(4326).to_file(path)
    return path


VILLAGE = [
    (
        at(100, 100, 8),
        {"building": "house", "name": "Rose Cottage", "addr:housenumber": "4", "addr:postcode": "np108jn"},
    ),
    (at(120, 100, 4), {"building": "yes"}),
    (at(200, 100, 30), {"building": "yes", "name": "Village Hall", "amenity": "community_centre", "height": "8 m"}),
    (at(300, 100, 20), {"building": "apartments", "building:levels": "3", "building:flats": "12", "name": "The Court"}),
    (at(400, 100, 10), {"building": "no"}),
    (at(450, 100, 10), {"building:part": "yes"}),
    (at(500, 100, 20), {"building": "yes"}),
    (spot(510, 110), {"shop": "bakery", "name": "The Oven", "phone": "01633 000000"}),
    (at(600, 100, 150), {"amenity": "school", "name": "Pentre School", "operator": "Newport City Council"}),
    (at(620, 120, 25), {"building": "school", "amenity": "school", "name": "Pentre School"}),
    (at(660, 120, 12), {"building": "yes"}),
    (at(100, 300, 100), {"landuse": "residential"}),
    (at(110, 310, 8), {"building": "yes"}),
    (at(110, 340, 30), {"building": "yes"}),
    (at(300, 300, 40), {"amenity": "parking", "operator": "Newport City Council"}),
    (at(360, 300, 40), {"amenity": "parking", "parking": "underground"}),
    (at(950, 300, 200), {"landuse": "allotments", "name": "Far Plots"}),
    (at(995, 700, 20), {"building": "house"}),
    (at(990.5, 730, 10), {"building": "house"}),
    (spot(700, 700), {"place": "village", "name": "Bassaleg"}),
    (spot(1200, 700), {"amenity": "pub", "name": "Outside"}),
    (spot(710, 700), {"power": "substation", "ref": "53 1234"}),
    (spot(1300, 700), {"power": "substation", "voltage": "33000;11000", "name": "Near Primary", "operator": "NGED"}),
    (spot(1600, 700), {"power": "substation", "name": "Too far"}),
    (at(720, 720, 20), {"power": "substation", "voltage": "132000;33000"}),
    (spot(730, 600), {"power": "substation", "substation": "traction"}),
    (spot(100, 800), {"power": "generator", "generator:source": "solar", "generator:output:electricity": "4 kW"}),
    (spot(110, 800), {"generator:source": "solar", "generator:output:electricity": "yes"}),
    (spot(120, 800), {"power": "generator", "generator:source": "solar", "generator:method": "thermal"}),
    (at(200, 800, 100), {"power": "plant", "plant:source": "solar", "plant:output:electricity": "5 MW"}),
    (at(210, 810, 20), {"power": "generator", "generator:source": "solar"}),
    (spot(240, 840), {"power": "generator", "generator:source": "wind", "generator:output:electricity": "850 W"}),
    (shapely.LineString([(326400, 187800), (326420, 187800)]), {"power": "generator", "generator:source": "solar"}),
]


@pytest.fixture(
    scope="module", params=[("village.osm", extract), ("village.geojson", export)], ids=["extract", "export"]
)
def village(request, tmp_path_factory):
    name, write = request.param
    return osm.read(Request(files=(write(tmp_path_factory.mktemp("osm") / name, VILLAGE),), clip=AREA))


def by_id(frame, key):
    return frame.set_index(frame[key].str.split("/").str[1].astype(int))


def test_every_layer_conforms(village):
    assert list(village.layers) == list(osm.SOURCE.writes)
    for name, frame in village.layers.items():
        assert conform(frame, name).equals(frame)
        assert (frame["source_id"] == "osm").all()


def test_buildings(village):
    frame = by_id(village.layers["in_building"], "building_id")
    uses = {
        1: ("home", "tag"), 2: ("outbuilding", "size"), 3: ("hall", "tag"), 4: ("flats", "tag"), 7: ("shop", "place"),
        10: ("school", "tag"), 11: ("school", "land"), 13: ("home", "land"), 14: ("unknown", "none"), 19: ("home", "tag"),
    }  # fmt: skip
    assert {
        row: (use, basis) for row, use, basis in zip(frame.index, frame["use"], frame["use_basis"], strict=True)
    } == uses
    assert frame.loc[1, "postcode"] == "NP10 8JN"
    assert frame.loc[3, "height_m"] == 8.0
    assert frame.loc[4, ["homes", "storeys", "name"]].tolist() == [12, 3.0, "The Court"]
    assert frame.loc[1, "footprint_m2"] == pytest.approx(64.0, rel=1e-3)
    assert frame[["homes", "storeys", "height_m"]].loc[[1, 2]].isna().all(axis=None)
    assert set(frame.geom_type) == {"MultiPolygon"}


def test_nothing_personal_is_kept(village):
    frame = by_id(village.layers["in_building"], "building_id")
    assert pd.isna(frame.loc[1, "name"])  # a house name is an address
    everything = "".join(layer.drop(columns="geometry").to_csv() for layer in village.layers.values())
    assert "01633" not in everything
    assert "Rose Cottage" not in everything


def test_places(village):
    frame = by_id(village.layers["in_place"], "place_id")
    assert frame["kind"].to_dict() == {3: "hall", 8: "shop", 9: "school", 20: "settlement"}
    assert frame.loc[9, "operator"] == "Newport City Council"
    assert set(frame.geom_type) == {"Point"}
    assert "Places mapped both as a site and as a building on it, kept once: 1." in village.notes


def test_land_is_whole_and_leaves_out_buildings(village):
    frame = by_id(village.layers["in_land"], "land_id")
    assert frame["kind"].to_dict() == {9: "school_grounds", 12: "residential", 15: "car_park", 17: "allotments"}
    assert frame.loc[17, "area_m2"] == pytest.approx(40_000, rel=1e-3)
    assert "Car parks under ground, on decks or along streets, left out of land: 1." in village.notes


def test_substations(village):
    frame = by_id(village.layers["in_substation"], "substation_id")
    assert frame["level"].to_dict() == {22: "secondary", 23: "primary", 25: "bsp"}
    assert frame["operator"].tolist() == ["osm"] * 3
    assert frame.loc[22, "name"] == "53 1234"
    assert frame.loc[23, ["voltage_kv", "upstream_voltage_kv"]].tolist() == [11.0, 33.0]
    assert frame.loc[23, "comment"] == "Operator on OpenStreetMap: NGED"
    assert frame.loc[[22], ["voltage_kv", "upstream_voltage_kv", "rating_mva", "customers"]].isna().all(axis=None)


def test_generators(village):
    frame = by_id(village.layers["in_generator"], "generator_id")
    assert frame["technology"].to_dict() == {27: "solar", 28: "solar", 30: "solar", 32: "wind", 33: "solar"}
    assert frame["capacity_kw"].dropna().to_dict() == {27: 4.0, 30: 5000.0, 32: 0.85}
    assert frame.loc[33].geometry.distance(shapely.Point(326410, 187800)) < 0.1
    assert "Solar water heaters, which make no electricity, left out: 1." in village.notes
    assert "Generators that are part of a mapped power plant, left out: 1." in village.notes
    assert "Generators without a capacity on the map: 2." in village.notes


def test_an_array_drawn_as_an_area_and_a_point_is_one_and_two_roofs_are_two(tmp_path):
    panels = {"power": "generator", "generator:source": "solar"}
    sized, half = {**panels, "generator:output:electricity": "4 kW"}, {**panels, "generator:output:electricity": "2 kW"}
    things = [
        (at(10, 10, 12), {**sized, "building": "house"}), (spot(16, 16), sized),
        (at(40, 10, 12), panels), (spot(42, 12), half), (spot(48, 18), half),
        (spot(70, 12), sized), (spot(72, 12), sized), (spot(16, 12), {**sized, "generator:source": "wind"}),
    ]  # fmt: skip
    found = osm.read(Request(files=(export(tmp_path / "arrays.geojson", things),), clip=AREA))
    frame = by_id(found.layers["in_generator"], "generator_id")
    assert frame["capacity_kw"].to_dict() == {1: 4.0, 3: 4.0, 6: 4.0, 7: 4.0, 8: 4.0}
    assert set(frame["told_by"]) == {"map"}
    assert "Generators drawn as an area and again as a point on it, left out once: 3." in found.notes


def test_counts(village):
    assert 0 < village.rows_kept <= village.rows_read
    assert village.edition == ""


def test_edition_is_in_the_file_name(tmp_path):
    path = export(tmp_path / "village-2024-02-29.geojson", VILLAGE[:3])
    assert osm.read(Request(files=(path,), clip=AREA)).edition == "2024-02-29"


def test_several_exports_are_one_map(tmp_path):
    buildings = [thing for thing in VILLAGE if "building" in thing[1]]
    rest = [thing for thing in VILLAGE if "building" not in thing[1] and "building:part" not in thing[1]]
    points = [thing for thing in rest if thing[0].geom_type == "Point"]
    files = (
        export(tmp_path / "buildings.geojson", buildings),
        export(tmp_path / "land.geojson", [thing for thing in rest if thing[0].geom_type != "Point"]),
        export(tmp_path / "points.geojson", points),
    )
    together = osm.read(Request(files=files, clip=AREA)).layers
    alone = osm.read(Request(files=(export(tmp_path / "all.geojson", VILLAGE),), clip=AREA)).layers
    for name in together:
        assert len(together[name]) == len(alone[name])
        first = together[name].columns[0]
        same = ["use", "use_basis", "footprint_m2"] if name == "in_building" else [together[name].columns[1]]
        assert sorted(together[name].drop(columns=[first, "geometry"])[same].to_numpy().tolist()) == sorted(
            alone[name].drop(columns=[first, "geometry"])[same].to_numpy().tolist()
        )


def test_one_object_in_two_files_is_one(tmp_path):
    shape = at(100, 100, 10)
    row = {"osm_ref": ["way/7"]}
    gpd.GeoDataFrame({**row, "building": ["yes"]}, geometry=[shape], crs=27700).to_file(tmp_path / "a.geojson")
    gpd.GeoDataFrame({**row, "amenity": ["pub"]}, geometry=[shape], crs=27700).to_file(tmp_path / "b.geojson")
    layers = osm.read(Request(files=(tmp_path / "a.geojson", tmp_path / "b.geojson"), clip=AREA)).layers
    assert layers["in_building"][["building_id", "use", "use_basis"]].to_numpy().tolist() == [["way/7", "hotel", "tag"]]
    assert layers["in_place"]["kind"].tolist() == ["pub"]
    assert layers["in_land"].empty


def test_coarse_export_without_tags(tmp_path):
    path = tmp_path / "coarse.geojson"
    kinds = ["residential", "commercial", "non-residential", "non-residential", "commercial"]
    shapes = [at(0, 0, 10), at(20, 0, 10), at(40, 0, 10), at(60, 0, 10), at(60, 0, 10)]
    table = {"osm_id": ["1", "2", "3", "4", "4"], "osmplotr_kind": kinds}
    gpd.GeoDataFrame(table, geometry=shapes, crs=27700).to_crs(4326).to_file(path)
    result = osm.read(Request(files=(path,), clip=AREA))
    frame = result.layers["in_building"]
    assert frame["building_id"].tolist() == ["1", "2", "3", "4"]
    assert frame["use"].tolist() == ["home", "office", "unknown", "office"]
    assert "typed by its column 'osmplotr_kind'" in result.notes[0]


def test_footprints_drawn_twice(tmp_path):
    path = tmp_path / "twice.geojson"
    table = {"osm_ref": ["way/1", "way/2", "way/3"], "building": ["yes", "house", "yes"]}
    gpd.GeoDataFrame(table, geometry=[at(0, 0, 10), at(0, 0, 10).reverse(), at(50, 0, 10)], crs=27700).to_file(path)
    result = osm.read(Request(files=(path,), clip=AREA))
    assert result.layers["in_building"]["building_id"].tolist() == ["way/2", "way/3"]
    assert "Footprints drawn twice, second ones left out: 1." in result.notes


def test_unknown_building_words_are_said(tmp_path):
    path = tmp_path / "odd.geojson"
    table = {"osm_ref": ["way/1", "way/2"], "building": ["hose", "yes"]}
    gpd.GeoDataFrame(table, geometry=[at(0, 0, 10), at(50, 0, 10)], crs=27700).to_file(path)
    result = osm.read(Request(files=(path,), clip=AREA))
    assert "Buildings with a type laep does not know, taken as untyped: 1 (hose)." in result.notes


@pytest.mark.parametrize(
    ("text", "height"),
    [
        ("8", 8.0),
        ("8.5 m", 8.5),
        ("8m", 8.0),
        ("30 ft", 9.144),
        ("30'", 9.144),
        ("tall", None),
        ("7;8", None),
        (None, None),
    ],
)
def test_metres(text, height):
    found = osm.metres(pd.Series([text], dtype="string")).iloc[0]
    assert found == pytest.approx(height) if height else pd.isna(found)


@pytest.mark.parametrize(
    ("text", "power"),
    [
        ("4 kW", 4.0),
        ("4.5kWp", 4.5),
        ("2 MW", 2000.0),
        ("850 W", 0.85),
        ("1 GW", 1e6),
        ("yes", None),
        ("4", None),
        (None, None),
    ],
)
def test_kilowatts(text, power):
    found = osm.kilowatts(pd.Series([text], dtype="string")).iloc[0]
    assert found == pytest.approx(power) if power else pd.isna(found)


def test_hstore_of_gdal():
    tags = pd.Series(['"power"=>"substation","voltage"=>"11000"', r'"note"=>"a \"power\"=>\"x\"","a"=>"\\b"', None])
    found = osm.hstore(tags, ("power", "voltage", "note", "a"))
    assert found["power"].tolist() == ["substation", pd.NA, pd.NA]
    assert found["voltage"].tolist() == ["11000", pd.NA, pd.NA]
    assert found["note"].tolist() == [pd.NA, 'a "power"=>"x"', pd.NA]
    assert found["a"].tolist() == [pd.NA, "\\b", pd.NA]


LEVELS = [
    (None, "secondary", None, None), ("11000", "secondary", None, 11.0), ("11000;400", "secondary", 0.4, 11.0),
    ("33000;11000", "primary", 11.0, 33.0), ("66000", "primary", None, 66.0), ("132000;11000", "primary", 11.0, 132.0),
    ("132000;33000;11000", "bsp", 11.0, 132.0), ("132000", "bsp", None, 132.0), ("400000;132000", "gsp", 132.0, 400.0),
    ("low", "secondary", None, None),
]  # fmt: skip


def test_levels_by_voltage(tmp_path):
    path = tmp_path / "s.geojson"
    voltage, level, low, high = (list(column) for column in zip(*LEVELS, strict=True))
    ids = [f"node/{i}" for i in range(len(LEVELS))]
    table = {"osm_ref": ids, "power": "substation", "voltage": pd.Series(voltage, dtype="string")}
    gpd.GeoDataFrame(table, geometry=[spot(10 * i, 10) for i in range(len(LEVELS))], crs=27700).to_file(path)
    frame = osm.read(Request(files=(path,), clip=AREA)).layers["in_substation"].set_index("substation_id").loc[ids]
    assert frame["level"].tolist() == level
    want = pd.DataFrame({"voltage_kv": low, "upstream_voltage_kv": high}, index=frame.index, dtype="float64")
    pd.testing.assert_frame_equal(pd.DataFrame(frame[list(want)]), want)


def fails(path, *words, clip=AREA):
    with pytest.raises(SourceInvalid) as caught:
        osm.read(Request(files=(path,), clip=clip))
    for word in words:
        assert word in str(caught.value)


def test_files_that_cannot_be_used(tmp_path):
    fails(tmp_path / "none.osm.pbf", "no such file", "download.geofabrik.de")
    page = tmp_path / "page.osm.pbf"
    page.write_text("<!doctype html><html></html>")
    fails(page, "web page")
    noise = tmp_path / "noise.osm.pbf"
    noise.write_bytes(b"\x00\x01\x02 not a pbf" * 50)
    fails(noise, "is damaged", "download.geofabrik.de")
    plain = tmp_path / "plain.geojson"
    gpd.GeoDataFrame({"colour": ["red"]}, geometry=[at(0, 0, 10)], crs=27700).to_file(plain)
    fails(plain, "none of the OpenStreetMap tag columns", "laep ingest buildings --file")


@pytest.mark.parametrize("write", [extract, export])
def test_a_map_of_somewhere_else(tmp_path, write):
    path = write(tmp_path / ("v.osm" if write is extract else "v.geojson"), VILLAGE)
    fails(path, "near the area", clip=shapely.box(526000, 187000, 527000, 188000))


def test_a_map_that_ends_beside_the_area(tmp_path):
    fails(
        export(tmp_path / "v.geojson", VILLAGE[:3]),
        "none inside its boundary",
        clip=shapely.box(326300, 187100, 326310, 187110),
    )


@pytest.mark.real
def test_real_newport(shared_data):
    box = shapely.box(325300, 186200, 328000, 188200)
    folder = shared_data / "buildings/newport"
    clip = osm.read(Request(files=tuple(sorted(folder.glob("*.geojson"))), clip=box))
    whole = osm.read(Request(files=(folder / "newport-2023-06-13.osm.pbf",), clip=box))
    assert len(clip.layers["in_building"]) == len(whole.layers["in_building"]) == 3487
    assert whole.edition == "2023-06-13"
    ids = [set(result.layers["in_building"]["building_id"]) for result in (clip, whole)]
    assert ids[0] == ids[1]
    by_use = whole.layers["in_building"].groupby("use_basis").size()
    assert (by_use["tag"], by_use["none"]) == (3042, 6)
    assert whole.layers["in_building"]["postcode"].notna().sum() == 3010
    assert clip.layers["in_generator"]["technology"].value_counts().to_dict() == {"solar": 58, "wind": 1}
    land = clip.layers["in_land"]["kind"].value_counts()
    assert (land["car_park"], land["school_grounds"], land["allotments"], land["recreation_ground"]) == (48, 4, 2, 5)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("buildings/london_covent_garden/london_osm_buildings.geojson", 1765),
        ("lidar/covent_garden/footprints_osm_epsg32631.geojson", 393),
    ],
)
def test_real_covent_garden(shared_data, name, count):
    area = gpd.GeoSeries([shapely.box(-0.14, 51.50, -0.10, 51.53)], crs=4326).to_crs(27700).iloc[0]
    frame = osm.read(Request(files=(shared_data / name,), clip=area)).layers["in_building"]
    assert len(frame) == count
    assert frame.geometry.within(area).all()
