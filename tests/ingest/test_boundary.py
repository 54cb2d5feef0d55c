"""A place is found by file, code, name, point or postcode; every way of missing it says what to type next."""

import json
import math

import geopandas as gpd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.place import boundary
from laep.ingest.source import Request
from laep.schema import conform

GRAIG = shapely.box(325000, 186000, 327000, 188000)
ROGERSTONE = shapely.box(327000, 188000, 328000, 189000)


@pytest.fixture
def wards(tmp_path):
    frame = gpd.GeoDataFrame(
        {
            "WD13CD": ["W05000839", "W05000849", "W05000850"],
            "WD13NM": ["Graig", "Rogerstone", "Stow  Hill"],
            "LAD13CD": ["W06000022"] * 3,
        },
        geometry=[GRAIG, ROGERSTONE, shapely.box(331000, 188000, 332000, 189000)],
        crs=27700,
    ).to_crs(4326)
    path = tmp_path / "wards.geojson"
    frame.to_file(path)
    return path


def fails(call, *words):
    with pytest.raises(SourceInvalid) as caught:
        call()
    for word in words:
        assert word in str(caught.value)
    return str(caught.value)


def test_one_feature_file(tmp_path):
    path = tmp_path / "one.gpkg"
    gpd.GeoDataFrame({"area_name": ["Mill Street"]}, geometry=[GRAIG], crs=27700).to_file(path)
    place = boundary.from_file(path)
    assert (place.name, place.code, place.found_by) == ("Mill Street", None, "file one.gpkg")
    assert place.geometry.geom_type == "MultiPolygon"
    assert place.geometry.area == pytest.approx(4e6)


def test_several_features_need_a_filter(wards):
    fails(
        lambda: boundary.from_file(wards),
        "3 places", "Graig, Rogerstone, Stow", "--where \"WD13NM = 'Graig'\"", f"--place NAME --from {wards}",
    )  # fmt: skip
    place = boundary.from_file(wards, where="WD13NM = 'Rogerstone'")
    assert (place.name, place.code) == ("Rogerstone", "W05000849")
    assert place.geometry.area == pytest.approx(1e6, rel=1e-6)


def test_filter_and_layer_errors_speak_of_flags(wards, tmp_path):
    fails(lambda: boundary.from_file(wards, where="WD13NM = 'Nowhere'"), "WD13NM has values such as Graig")
    path = tmp_path / "two.gpkg"
    for layer in ("old", "new"):
        gpd.GeoDataFrame({"name": ["a"]}, geometry=[GRAIG], crs=27700).to_file(path, layer=layer)
    fails(lambda: boundary.from_file(path), "several layers", '`--layer "old"`')
    assert boundary.from_file(path, layer="new").name == "a"


def test_boundary_of_points_and_without_crs(tmp_path):
    path = tmp_path / "points.geojson"
    gpd.GeoDataFrame(geometry=[shapely.Point(326000, 187000)], crs=27700).to_crs(4326).to_file(path)
    fails(lambda: boundary.from_file(path), "only Points", "has to be areas")
    bare = tmp_path / "bare.shp"
    with pytest.warns(UserWarning, match="crs"):
        gpd.GeoDataFrame({"name": ["a"]}, geometry=[GRAIG]).to_file(bare)
    fails(lambda: boundary.from_file(bare), "British National Grid", "write the file again as EPSG:27700")


def test_by_code(wards):
    place = boundary.from_code(" w05000839 ", wards)
    assert (place.name, place.code, place.found_by) == ("Graig", "w05000839", "code w05000839 (WD13CD)")
    fails(lambda: boundary.from_code("W05000838", wards), "no code 'W05000838'", "Did you mean W05000839")


def test_a_wider_code_joins_its_features(wards):
    place = boundary.from_code("W06000022", wards)
    assert place.found_by == "code W06000022 (LAD13CD), 3 zones joined"
    assert place.geometry.area == pytest.approx(6e6, rel=1e-6)
    assert (place.name, place.code) == ("W06000022", "W06000022")


def test_by_name(wards):
    assert boundary.from_name("  gRaIG", wards).code == "W05000839"
    assert boundary.from_name("stow hill", wards).code == "W05000850"
    fails(lambda: boundary.from_name("Rogerston", wards), "no name 'Rogerston'", "Did you mean Rogerstone?")
    fails(lambda: boundary.from_name("hill", wards), "Did you mean Stow  Hill?")
    fails(lambda: boundary.from_name("Zzz", wards), "It has Graig, Rogerstone, Stow  Hill.")


def test_a_name_that_two_places_share(tmp_path):
    path = tmp_path / "wards.gpkg"
    codes = ["E05000001", "E05000002"]
    frame = gpd.GeoDataFrame({"cd": codes, "name": ["Victoria"] * 2}, geometry=[GRAIG, ROGERSTONE], crs=27700)
    frame.to_file(path)
    fails(lambda: boundary.from_name("victoria", path), "2 places", "E05000001, E05000002", "--code CODE --from")


@pytest.mark.parametrize("radius", [50, 500, 20_000])
def test_circle_round_a_point(radius):
    place = boundary.from_point(51.58, -3.05, radius)
    assert place.found_by == f"{radius} m round 51.5800, -3.0500"
    assert place.code is None
    assert len(place.geometry.geoms[0].exterior.coords) == 65
    regular = 32 * radius**2 * math.sin(math.pi / 32)  # area of a regular 64-gon: n/2 r^2 sin(2 pi / n)
    assert place.geometry.area == pytest.approx(regular, rel=1e-9)
    centre = gpd.GeoSeries([place.geometry.centroid], crs=27700).to_crs(4326).iloc[0]
    assert (centre.y, centre.x) == pytest.approx((51.58, -3.05), abs=1e-6)


@pytest.mark.parametrize(
    ("lat", "lon", "radius", "words"),
    [
        (-3.05, 51.58, 500, "look swapped. Write the latitude first: 51.58, -3.05"),
        (48.8, 2.3, 500, "not in Great Britain"),
        (53.35, -6.26, 500, "not in Great Britain"),
        (54.6, -5.93, 500, "not in Great Britain"),
        (51.58, -3.05, 0, "radius of 0 m"),
        (51.58, -3.05, -5, "radius of -5 m"),
        (51.58, -3.05, 1e6, "up to 50000"),
    ],
)
def test_points_that_cannot_be_used(lat, lon, radius, words):
    fails(lambda: boundary.from_point(lat, lon, radius), words)


@pytest.mark.parametrize(("lat", "lon"), [(50.07, -5.7), (57.6, -7.3), (60.15, -1.15), (55.43, -5.6), (51.88, -5.27)])
def test_corners_of_great_britain_are_inside(lat, lon):
    assert boundary.from_point(lat, lon, 100).geometry.area > 0


POSTCODE_TABLES = {
    "onspd": "pcd,pcd2,pcds,oseast1m,osnrth1m,lat,long\nNP108JN,NP10 8JN,NP10 8JN,327000,187000,51.577,-3.055\n",
    "small": "postcode,ward_name,lon,lat\nNP10 8JN,Graig,-3.055,51.577\n",
    "grid": '"Postcode","Eastings","Northings"\n"np10 8jn",327000,187000\n',
    "codepoint": '"NP108JN",10,327000,187000,"W92000004",,"W11000028","","W06000022","W05001677"\n',
    "bom": "\ufeffPostcode,Latitude,Longitude\nNP10  8JN,51.577,-3.055\n",
}


@pytest.mark.parametrize("kind", POSTCODE_TABLES)
@pytest.mark.parametrize("written", ["NP10 8JN", "np108jn"])
def test_by_postcode(tmp_path, kind, written):
    path = tmp_path / f"{kind}.csv"
    path.write_text(POSTCODE_TABLES[kind], encoding="utf-8")
    place = boundary.from_postcode(written, path, 300)
    assert place.found_by == "300 m round postcode NP10 8JN"
    assert place.geometry.centroid.distance(shapely.Point(327000, 187000)) < 150


def test_postcodes_that_cannot_be_used(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("pcds,lat,long\nNP10 8JN,51.577,-3.055\nNP10 8JP,99.999999,0.000000\nCF10 1AA,51.5,-3.2\n")
    fails(lambda: boundary.from_postcode("NP10", path, 300), "not a full postcode", "NP10 8JN")
    fails(lambda: boundary.from_postcode("NP10 8JM", path, 300), "no postcode 'NP10 8JM'", "NP10 8JN")
    fails(lambda: boundary.from_postcode("NP10 8JP", path, 300), "NP10 8JP has no position")
    fails(lambda: boundary.from_postcode("BT1 1AA", path, 300), "not in Great Britain")
    fails(lambda: boundary.from_postcode("SW1A 1AA", path, 300), "no postcode 'SW1A 1AA'")


def test_postcode_tables_that_cannot_be_used(tmp_path):
    fails(lambda: boundary.from_postcode("NP10 8JN", tmp_path / "none.csv", 300), "no such file")
    path = tmp_path / "p.csv"
    path.write_text("postcode,ward\nNP10 8JN,Graig\n")
    fails(lambda: boundary.from_postcode("NP10 8JN", path, 300), "needs a postcode column and either lat and long")
    path.write_text("<html><body>login</body></html>")
    fails(lambda: boundary.from_postcode("NP10 8JN", path, 300), "web page")


def test_written_and_read_back(tmp_path):
    place = boundary.Place(name="Tŷ-du", code="W05000849", found_by="code W05000849", geometry=ROGERSTONE)
    path = tmp_path / "boundary.geojson"
    boundary.write_geojson(place, path)
    held = json.loads(path.read_text(encoding="utf-8"))["features"][0]
    assert held["properties"] == {"name": "Tŷ-du", "code": "W05000849", "found_by": "code W05000849"}
    assert -3.06 < held["geometry"]["coordinates"][0][0][0] < -3.03
    back = boundary.read(Request(files=(path,), area_id="ty-du", name="Ty-du"))
    frame = back.layers["in_boundary"]
    assert conform(frame, "in_boundary").equals(frame)
    assert frame.loc[0, ["area_id", "name", "code", "found_by"]].tolist() == [
        "ty-du", "Tŷ-du", "W05000849", "code W05000849",
    ]  # fmt: skip
    assert frame.geometry.iloc[0].hausdorff_distance(ROGERSTONE) < 0.02
    assert back.notes == ("The area is 1.00 km2.",)


def test_a_circle_survives_the_area_folder(tmp_path):
    place = boundary.from_point(51.58, -3.05, 400)
    boundary.write_geojson(place, tmp_path / "boundary.geojson")
    frame = boundary.read(Request(files=(tmp_path / "boundary.geojson",), area_id="x", name="Mill")).layers[
        "in_boundary"
    ]
    assert frame.geometry.iloc[0].area == pytest.approx(place.geometry.area, rel=1e-4)
    assert frame["found_by"].tolist() == ["400 m round 51.5800, -3.0500"]


def test_missing_boundary_file(tmp_path):
    fails(lambda: boundary.read(Request(files=(tmp_path / "boundary.geojson",))), "no such file")
    fails(lambda: boundary.read(Request()), "No file for boundary")


@pytest.mark.real
def test_real_wards(shared_data):
    folder = shared_data / "boundaries"
    eynsham = boundary.from_file(folder / "eynsham_ward.geojson")
    assert (eynsham.name, eynsham.code) == ("Eynsham and Cassington", "E05006639")
    assert eynsham.geometry.area / 1e6 == pytest.approx(40.1, abs=0.1)
    assert boundary.from_name("graig", folder / "newport_wards.geojson").code == "W05000839"
    assert boundary.from_code("E01006075", folder / "trafford_lsoa2021.geojson").code == "E01006075"
    fails(lambda: boundary.from_name("Eynsham", folder / "west_oxfordshire_wards.geojson"), "Eynsham and Cassington")


@pytest.mark.real
def test_real_postcodes(shared_data):
    place = boundary.from_postcode("m154ab", shared_data / "homes/geography/trafford_postcodes.csv", 500)
    assert place.found_by == "500 m round postcode M15 4AB"
    wards = shared_data / "boundaries/trafford_wards_2023_full.geojson"
    assert boundary.from_code("E05015247", wards).geometry.contains(place.geometry.centroid)
