"""Every way a map file can be wrong gives one clear error; every way it can be odd gives clean shapes and a note."""

import gzip
import json
import shutil
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from laep.errors import LayerMissing, SourceInvalid
from laep.ingest.read import vector
from laep.ingest.read.files import files_of
from laep.ingest.read.vector import read_vector
from laep.ingest.source import Request, Source

SOURCE = Source(
    name="things",
    title="a map of things",
    publisher="Nobody",
    licence="None",
    attribution="None",
    url="https://example.org/things",
    writes=(),
    accepts="a map file of things",
    options=("crs", "layer"),
)
AREA = shapely.box(326000, 187000, 327000, 188000)
SQUARE = shapely.box(326100, 187100, 326110, 187120)


def squares(n=3, crs=27700, **columns):
    shapes = [shapely.box(326100 + 50 * i, 187100, 326110 + 50 * i, 187120) for i in range(n)]
    frame = gpd.GeoDataFrame({"name": [f"s{i}" for i in range(n)], **columns}, geometry=shapes, crs=27700)
    return frame.to_crs(crs)


def put(frame, path, **kwargs):
    frame.to_file(path, engine="pyogrio", **kwargs)
    return path


def fails(path, *words, **kwargs):
    with pytest.raises(SourceInvalid) as caught:
        read_vector(path, source=SOURCE, **kwargs)
    message = str(caught.value)
    for word in (path.name, *words):
        assert word in message
    return message


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.fgb", "a.gml"])
def test_any_format_comes_out_the_same(tmp_path, name):
    read = read_vector(put(squares(), tmp_path / name), source=SOURCE, shapes="polygon")
    assert read.rows_read == 3
    assert read.frame.crs.to_epsg() == 27700
    assert set(read.frame.geom_type) == {"MultiPolygon"}
    assert read.frame.area.to_numpy() == pytest.approx([200.0] * 3, rel=1e-6)
    assert sorted(read.frame["name"]) == ["s0", "s1", "s2"]  # FlatGeobuf sorts by place


def test_geoparquet(tmp_path):
    path = tmp_path / "a.parquet"
    squares(crs=4326).to_parquet(path)
    read = read_vector(path, source=SOURCE, shapes="polygon", clip=shapely.box(326100, 187100, 326120, 187120))
    assert read.frame["name"].tolist() == ["s0"]
    fails(path, "GeoParquet", where="name = 's0'")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "plain.parquet")
    fails(tmp_path / "plain.parquet", "GeoParquet")


@pytest.mark.parametrize("name", ["a.geojsonl", "part-00001.csv.gz", "a.ndjson.gz"])
def test_lines_of_geojson_also_gzipped(tmp_path, name):
    lines = "\n".join(json.dumps(feature) for feature in squares(crs=4326).iterfeatures(drop_id=True))
    path = tmp_path / name
    path.write_bytes(gzip.compress(lines.encode()) if name.endswith(".gz") else lines.encode())
    read = read_vector(path, source=SOURCE, shapes="polygon", clip=shapely.box(326100, 187100, 326120, 187120))
    assert read.frame["name"].tolist() == ["s0"]


def test_a_gzipped_file_that_is_no_map(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(b"\x1f\x8bbroken")
    fails(tmp_path / "a.csv.gz", "the gzipped file is damaged or cut short")


def test_declared_crs_of_geojson_is_honoured(tmp_path):
    path = put(squares(crs=32631), tmp_path / "utm.geojson")
    assert "32631" in path.read_text()
    read = read_vector(path, source=SOURCE)
    assert read.frame.total_bounds == pytest.approx([326100, 187100, 326210, 187120], abs=0.01)


def test_only_rows_near_the_clip_are_read_but_all_are_counted(tmp_path):
    path = put(squares(n=20, crs=4326), tmp_path / "a.gpkg")
    read = read_vector(path, source=SOURCE, clip=shapely.box(326095, 187095, 326115, 187125))
    assert read.frame["name"].tolist() == ["s0"]
    assert read.rows_read == 20
    wide = read_vector(path, source=SOURCE, clip=shapely.box(326095, 187095, 326115, 187125), margin_m=60)
    assert wide.frame["name"].tolist() == ["s0", "s1"]


def test_where_and_columns(tmp_path):
    path = put(squares(kind=["a", "b", "a"]), tmp_path / "a.gpkg")
    read = read_vector(path, source=SOURCE, where="kind = 'a'", columns=["name", "not there"])
    assert read.frame.columns.tolist() == ["name", "geometry"]
    assert read.frame["name"].tolist() == ["s0", "s2"]


def test_self_crossing_third_dimension_blank_and_mixed_shapes(tmp_path):
    bow = shapely.Polygon([(326000, 187000), (326010, 187010), (326010, 187000), (326000, 187010)])
    high = shapely.force_3d(SQUARE, 9.0)
    mixed = shapely.GeometryCollection([SQUARE, shapely.Point(326200, 187200)])
    frame = gpd.GeoDataFrame(
        {"name": list("abcde")}, geometry=[bow, high, None, shapely.Point(326100, 187100), mixed], crs=27700
    )
    read = read_vector(put(frame, tmp_path / "odd.gpkg"), source=SOURCE, shapes="polygon")
    assert read.frame["name"].tolist() == ["a", "b", "e"]
    assert read.frame.area.tolist() == pytest.approx([50.0, 200.0, 200.0])
    assert read.frame.geometry.is_valid.all()
    assert not read.frame.geometry.has_z.any()
    assert read.notes == (
        "Shapes that crossed themselves, repaired: 1.",
        "Rows without a shape, left out: 1.",
        "Points and lines where areas are needed, left out: 1.",
    )


def test_zip_with_one_map(tmp_path):
    put(squares(), tmp_path / "inner.geojson")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "inner.geojson", "data/inner.geojson")
        archive.writestr("readme.txt", "hello")
    assert len(read_vector(path, source=SOURCE).frame) == 3


def test_zip_with_none_or_several_maps_or_broken(tmp_path):
    none, several, broken = (tmp_path / f"{name}.zip" for name in ("none", "several", "broken"))
    with zipfile.ZipFile(none, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with zipfile.ZipFile(several, "w") as archive:
        archive.writestr("a.gpkg", "x")
        archive.writestr("b.gpkg", "x")
    broken.write_bytes(b"PK\x03\x04 half")
    fails(none, "no map", "readme.txt")
    fails(several, "several maps", "a.gpkg", "b.gpkg", "Unpack")
    fails(broken, "not a whole zip", "https://example.org/things")


def test_csv_with_coordinates(tmp_path):
    degrees, metres = tmp_path / "degrees.csv", tmp_path / "metres.csv"
    degrees.write_text("name,lon,lat\nx,-3.05,51.58\n")
    metres.write_text("name,Easting,Northing\n007,326000,187000\n")
    read = read_vector(degrees, source=SOURCE)
    assert read.frame.geometry.iloc[0].x == pytest.approx(327_300, abs=500)
    assert read.notes == ("degrees.csv was taken to be in EPSG:4326, by its coordinates.",)
    read = read_vector(metres, source=SOURCE)
    assert (read.frame.geometry.iloc[0].x, read.frame.geometry.iloc[0].y) == (326000, 187000)
    assert read.frame["name"].tolist() == ["007"]


def test_csv_without_coordinates(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("name,height\nx,4\n")
    fails(path, "no pair of coordinate columns", "name, height")


def test_missing_and_empty_files(tmp_path):
    fails(tmp_path / "none.gpkg", "no such file", "laep ingest things --file", "https://example.org/things")
    (tmp_path / "empty.gpkg").touch()
    fails(tmp_path / "empty.gpkg", "0 bytes")


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.csv", "a.shp", "a.zip"])
def test_web_page_in_place_of_data(tmp_path, name):
    path = tmp_path / name
    path.write_text("\n<!DOCTYPE html>\n<html><body>Not found</body></html>")
    fails(path, "web page", "Download it again from https://example.org/things")


@pytest.mark.parametrize(
    ("text", "words"),
    [("hello world\nsecond", "begins 'hello world'"), ('{"error": "too many requests"}', "too many requests")],
)
def test_other_text_in_place_of_data(tmp_path, text, words):
    path = tmp_path / "a.gpkg"
    path.write_text(text)
    fails(path, "not a map file", words)


def test_damaged_binary(tmp_path):
    path = tmp_path / "a.gpkg"
    path.write_bytes(b"SQLite form\x00\x01\x02\x03" * 20)
    fails(path, "damaged")


def test_half_a_geojson(tmp_path):
    whole = put(squares(n=50, crs=4326), tmp_path / "whole.geojson").read_text()
    path = tmp_path / "half.geojson"
    path.write_text(whole[: len(whole) // 2])
    fails(path, "https://example.org/things")


def test_no_crs_names_what_the_coordinates_look_like(tmp_path):
    metres = put(squares().set_crs(None, allow_override=True), tmp_path / "m.shp")
    degrees = put(squares(crs=4326).set_crs(None, allow_override=True), tmp_path / "d.shp")
    neither = put(squares(crs=32631).set_crs(None, allow_override=True), tmp_path / "n.shp")
    fails(metres, "British National Grid", '`crs = "EPSG:27700"` under [sources.things] in laep.toml')
    fails(degrees, "longitude and latitude", 'crs = "EPSG:4326"')
    fails(neither, "Ask its publisher")
    assert len(read_vector(metres, source=SOURCE, crs="EPSG:27700").frame) == 3
    assert read_vector(neither, source=SOURCE, crs="EPSG:32631").frame.total_bounds[0] == pytest.approx(326100, abs=0.1)
    fails_crs = "EPSG:999999"
    with pytest.raises(SourceInvalid, match="no coordinate system 'EPSG:999999'"):
        read_vector(metres, source=SOURCE, crs=fails_crs)


def test_wrongly_declared_crs_is_seen_and_can_be_overridden(tmp_path):
    as_degrees = put(squares().set_crs(4326, allow_override=True), tmp_path / "grid.geojson")
    as_metres = put(squares(crs=4326).set_crs(27700, allow_override=True), tmp_path / "degrees.gpkg")
    fails(as_degrees, "EPSG:4326, but it is not", "British National Grid")
    fails(as_metres, "EPSG:27700, but it is not", "longitude and latitude")
    read = read_vector(as_degrees, source=SOURCE, crs="EPSG:27700", clip=AREA)
    assert read.frame.total_bounds == pytest.approx([326100, 187100, 326210, 187120])


@pytest.mark.parametrize("suffix", ["geojson", "gpkg"])
@pytest.mark.parametrize("clip", [None, AREA])
def test_swapped_latitude_and_longitude(tmp_path, suffix, clip):
    frame = squares(crs=4326)
    frame["geometry"] = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    fails(put(frame, tmp_path / f"a.{suffix}"), "swapped", "longitude first", clip=clip)


@pytest.mark.parametrize("clip", [None, AREA])
def test_outside_great_britain(tmp_path, clip):
    frame = gpd.GeoDataFrame(geometry=[shapely.box(4.4, 51.9, 4.5, 52.0)], crs=4326)
    fails(put(frame, tmp_path / "rotterdam.geojson"), "outside Great Britain", "longitude 4.40 to 4.50", clip=clip)


def test_nothing_near_the_clip(tmp_path):
    path = put(squares(crs=4326), tmp_path / "a.geojson")
    away = shapely.box(526000, 187000, 527000, 188000)
    fails(
        path, "nothing near the area", "The file covers longitude -3.07", "the area covers longitude -0.18", clip=away
    )
    read = read_vector(path, source=SOURCE, clip=away, required=False)
    assert read.frame.empty
    assert read.notes[0].startswith("a.geojson: has nothing near the area")


def test_empty_layer(tmp_path):
    path = tmp_path / "none.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    fails(path, "no rows")
    fails(put(squares()[:0], tmp_path / "none.gpkg"), "no rows")


def test_where_that_fits_nothing_lists_values_and_a_bad_one_lists_columns(tmp_path):
    path = put(squares(kind=["shop", "school", "hall"]), tmp_path / "a.gpkg")
    fails(path, "nothing fits", "kind has values such as hall, school, shop", where="kind = 'pub'")
    fails(path, "cannot use where", "name (such as 's0')", "kind (such as 'shop')", where="colour = 'red'")
    fails(path, "cannot use where", where="kind == == 'shop'")


def test_where_that_fits_only_elsewhere_is_about_place_not_words(tmp_path):
    path = put(squares(), tmp_path / "a.gpkg")
    away = shapely.box(526000, 187000, 527000, 188000)
    assert "nothing near the area" in fails(path, where="name = 's0'", clip=away)


def test_several_layers(tmp_path):
    path = put(squares(), tmp_path / "a.gpkg", layer="roofs")
    put(squares(n=1), path, layer="walls")
    fails(path, "several layers: roofs, walls", '`layer = "roofs"` under [sources.things]')
    fails(path, "no layer 'floors'", "roofs, walls", layer="floors")
    assert len(read_vector(path, source=SOURCE, layer="walls").frame) == 1
    assert "(layer walls)" in fails(path, layer="walls", where="name = 'x'")


def test_a_table_without_shapes(tmp_path):
    path = tmp_path / "table.gpkg"
    import pyogrio

    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), path, driver="GPKG")
    fails(path, "no layer with shapes")


def test_no_polygons_where_polygons_are_due(tmp_path):
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(326100, 187100)], crs=27700)
    fails(put(frame, tmp_path / "p.geojson"), "no polygons", "only Points", shapes="polygon")


def test_points_of_each_sort_of_shape():
    shapes = np.array(
        [
            shapely.Point(1, 2),
            shapely.LineString([(0, 0), (4, 0)]),
            shapely.box(0, 0, 2, 2),
            shapely.MultiPoint([(3, 3)]),
        ],
        dtype=object,
    )
    spots = vector.points_of(shapes)
    assert (shapely.get_x(spots).tolist(), shapely.get_y(spots).tolist()) == ([1, 2, 1, 3], [2, 0, 1, 3])


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "a#2", None]), max_size=12))
def test_ids_are_unique_and_keep_what_is_there(given_ids):
    ids = pd.Series(given_ids, dtype="string")
    shapes = np.array([shapely.Point(326000 + i // 2, 187000) for i in range(len(ids))], dtype=object)
    unique = vector.unique_ids(ids, shapes)
    assert unique.notna().all()
    assert not unique.duplicated().any()
    kept = ids.notna()
    assert all(whole.startswith(part) for whole, part in zip(unique[kept], ids[kept], strict=True))


def test_ids_by_hand():
    shapes = np.array([shapely.Point(326000.9, 187000.2)] * 4, dtype=object)
    ids = vector.unique_ids(pd.Series(["a", "a", None, None], dtype="string"), shapes)
    assert ids.tolist() == ["a", "a#2", "E326000N187000", "E326000N187000#2"]


def test_postcodes():
    values = pd.Series(["np108jn", " NP10  8JN ", "NP10", "12 High St", None, "w1a 1aa"], dtype="string")
    assert vector.postcodes(values).tolist() == ["NP10 8JN", "NP10 8JN", pd.NA, pd.NA, pd.NA, "W1A 1AA"]


def test_texts():
    frame = pd.DataFrame({"n": [1043459.0, None], "h": [1.5, 2.0], "t": [" x ", ""], "i": [7, 8]})
    assert vector.texts(frame, "n").tolist() == ["1043459", pd.NA]
    assert vector.texts(frame, "h").tolist() == ["1.5", "2.0"]
    assert vector.texts(frame, "t").tolist() == ["x", pd.NA]
    assert vector.texts(frame, "i").tolist() == ["7", "8"]
    assert vector.texts(frame, None).isna().all()


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("newport-2023-06-13.osm.pbf", "2023-06-13"),
        ("DSM_TL3555_P_10775_20190219_20190221.tif", "2019-02-19"),
        ("house-20231399.gpkg", ""),
        ("a123202301015.gpkg", ""),
    ],
)
def test_edition_in_a_file_name(tmp_path, name, date):
    assert vector.edition_in(tmp_path / name) == date


def test_choose_column(tmp_path):
    frame = pd.DataFrame({"Height_M": [1], "Name": [2]})
    path = tmp_path / "a.gpkg"

    def choose(named, usual):
        return vector.choose_column(frame, named, usual, path=path, source=SOURCE, option="height_column")

    assert choose(None, ("height", "height_m")) == "Height_M"
    assert choose(None, ("storeys",)) is None
    assert choose("name", ()) == "Name"
    with pytest.raises(SourceInvalid, match=r"no column 'heights'.*Height_M, Name.*height_column"):
        choose("heights", ())


def test_request_without_boundary_or_files(tmp_path):
    with pytest.raises(LayerMissing, match="laep ingest boundary"):
        vector.area_of(Request(), SOURCE)
    with pytest.raises(SourceInvalid, match="laep ingest things --file"):
        files_of(Request(clip=AREA), SOURCE)


def test_same_file_read_twice_is_the_same(tmp_path):
    path = put(squares(n=40, crs=4326), tmp_path / "a.geojson")
    copy = tmp_path / "b.geojson"
    shutil.copy(path, copy)
    first, second = (read_vector(each, source=SOURCE, clip=AREA).frame for each in (path, copy))
    assert first.to_wkb().equals(second.to_wkb())


def test_a_download_that_broke_off(tmp_path):
    whole = put(squares(n=400), tmp_path / "whole.gpkg").read_bytes()
    path = tmp_path / "half.gpkg"
    path.write_bytes(whole[: len(whole) // 2])
    fails(path, "https://example.org/things")
