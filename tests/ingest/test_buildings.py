"""Footprints of any publisher: columns found or named, uses mapped, repeats dropped."""

import gzip
import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from asked import asked

from laep.errors import LayerMissing, SourceInvalid
from laep.ingest.ground import buildings, use_class
from laep.ingest.source import Request
from laep.schema import conform, empty

AREA = shapely.box(326000, 187000, 327000, 188000)


def at(x, y, width, depth=None):
    return shapely.box(326000 + x, 187000 + y, 326000 + x + width, 187000 + y + (depth or width))


def put(path, shapes, crs=27700, **columns):
    gpd.GeoDataFrame(columns, geometry=shapes, crs=27700).to_crs(crs).to_file(path)
    return path


def read(path, **options):
    return buildings.read(asked((path,), AREA, **options))


def fails(call, *words):
    with pytest.raises(SourceInvalid) as caught:
        call()
    for word in words:
        assert word in str(caught.value)


def drawn_by_osm(shapes, basis=None, use=None):
    """Layer `in_building` as OpenStreetMap drew it."""
    told = {"use": use or ["unknown"] * len(shapes), "use_basis": basis or ["none"] * len(shapes)}
    return gpd.GeoDataFrame(
        {
            "building_id": [f"way/{n}" for n in range(len(shapes))], **told, "use_told": told["use"],
            "use_told_basis": told["use_basis"], "footprint_m2": shapely.area(shapes), "source_id": "osm",
        },
        geometry=shapely.multipolygons([[shape] for shape in shapes]), crs=27700,
    )  # fmt: skip


ROW = [at(0, 0, 10), at(20, 0, 10), at(40, 0, 10)]


def test_columns_are_found_by_their_usual_names(tmp_path):
    path = put(
        tmp_path / "council-2024-05-01.gpkg", ROW,
        ID=["b1", "b2", "b2"], Building_Use=["flats", "farm", "Warehouse"], RelH2=[9.5, 0.0, 4.0], num_floors=[3, 1, 200],
        dwellings=[12, None, None], Postcode=["np108jn", "NP10", None], name=["The Court", "Low Barn", "Unit 4"],
    )  # fmt: skip
    result = read(path)
    frame = result.layers["in_building"]
    assert conform(frame, "in_building").equals(frame)
    assert frame["building_id"].tolist() == ["b1", "b2", "b2#2"]
    assert frame["use"].tolist() == ["flats", "farm", "industry"]
    assert frame["use_basis"].tolist() == ["tag"] * 3
    assert frame["height_m"].tolist() == pytest.approx([9.5, float("nan"), 4.0], nan_ok=True)
    assert frame["storeys"].tolist() == pytest.approx([3.0, 1.0, float("nan")], nan_ok=True)
    assert frame["homes"].tolist() == [12, pd.NA, pd.NA]
    assert frame["postcode"].tolist() == ["NP10 8JN", pd.NA, pd.NA]
    assert frame["name"].tolist() == ["The Court", "Low Barn", "Unit 4"]
    assert frame["footprint_m2"].tolist() == pytest.approx([100.0] * 3)
    assert (result.rows_read, result.rows_kept, result.edition) == (3, 3, "2024-05-01")
    assert "use from 'Building_Use', height from 'RelH2'" in result.notes[0]


def test_columns_can_be_named(tmp_path):
    path = put(
        tmp_path / "a.gpkg", ROW, sort=["house"] * 3, tall=[5.0, 6.0, 7.0], ref_no=["x", "y", "z"], use=["flats"] * 3
    )
    frame = read(path, use_column="SORT", height_column="tall", id_column="ref_no").layers["in_building"]
    assert frame["use"].tolist() == ["home"] * 3
    assert frame["height_m"].tolist() == [5.0, 6.0, 7.0]
    assert frame["building_id"].tolist() == ["x", "y", "z"]
    fails(lambda: read(path, height_column="talls"), "no column 'talls' (nearest: 'tall')", "`height_column = ")


def test_outlines_only(tmp_path):
    result = read(put(tmp_path / "microsoft.geojson", [at(0, 0, 11), at(20, 0, 11), at(40, 0, 11)], crs=4326))
    frame = result.layers["in_building"]
    assert frame["building_id"].tolist() == ["E326005N187005", "E326025N187005", "E326045N187005"]
    assert frame[["use", "use_basis"]].drop_duplicates().to_numpy().tolist() == [["unknown", "none"]]
    assert frame[["name", "postcode", "homes", "storeys", "height_m"]].isna().all(axis=None)
    assert "outlines only" in result.notes[0]
    assert result.notes[-1] == "Use of buildings: none known; 3 unknown."


def test_made_up_ids_do_not_depend_on_the_area(tmp_path):
    path = put(tmp_path / "a.gpkg", ROW)
    part = buildings.read(Request(files=(path,), clip=shapely.box(326015, 186990, 326060, 187020)))
    assert part.layers["in_building"]["building_id"].tolist() == ["E326025N187005", "E326045N187005"]
    assert part.rows_read == 3


def test_osm_words_in_an_osm_column_mean_what_osm_means(tmp_path):
    osm = put(tmp_path / "a.gpkg", ROW, building=["farm", "yes", "residential"])
    own = put(tmp_path / "b.gpkg", ROW, use=["farm", "yes", "civic"])
    assert read(osm).layers["in_building"]["use"].tolist() == ["home", "unknown", "home"]
    assert read(own).layers["in_building"]["use"].tolist() == ["farm", "unknown", "civic"]


def test_unknown_words_are_said(tmp_path):
    result = read(put(tmp_path / "a.gpkg", ROW, use=["B2", "house", "E(a)"]))
    assert "a.gpkg: uses laep does not know in 'use', taken as untyped: 2 (B2, E(a))." in result.notes


def test_places_and_land_of_the_area_settle_uses(tmp_path):
    path = put(tmp_path / "a.gpkg", [at(0, 0, 10), at(100, 0, 10), at(120, 0, 4), at(300, 0, 10)])
    places = gpd.GeoDataFrame({"kind": ["hall"]}, geometry=[shapely.Point(326005, 187005)], crs=27700)
    land = gpd.GeoDataFrame({"kind": ["residential"]}, geometry=[at(90, -10, 100)], crs=27700)
    frame = read(path, in_place=places, in_land=land).layers["in_building"]
    assert frame[["use", "use_basis"]].to_numpy().tolist() == [
        ["hall", "place"], ["home", "land"], ["outbuilding", "size"], ["unknown", "none"],
    ]  # fmt: skip
    bare = read(path, in_place=empty("in_place"), in_land=empty("in_land"), home_max_m2=50).layers["in_building"]
    assert bare["use"].tolist() == ["unknown"] * 4
    fails(lambda: read(path, home_max_m2="big"), "home_max_m2 = 'big'", "square metres")


def test_inside_by_a_point_within(tmp_path):
    shapes = [at(-4, 0, 10), at(-6, 20, 10), at(995, 0, 20), at(-300, 0, 200)]
    frame = read(put(tmp_path / "a.gpkg", shapes, id=list("abcd"))).layers["in_building"]
    assert frame["building_id"].tolist() == ["a"]


def test_repeats_keep_the_typed_one(tmp_path):
    result = read(
        put(tmp_path / "a.gpkg", [at(0, 0, 10), at(0, 0, 10), at(50, 0, 10)], id=list("abc"), use=[None, "shop", None])
    )
    assert result.layers["in_building"]["building_id"].tolist() == ["b", "c"]
    assert "Footprints drawn twice, second ones left out: 1." in result.notes


def test_several_files(tmp_path):
    files = (
        put(tmp_path / "a.gpkg", ROW[:1], use=["shop"]),
        put(tmp_path / "b.geojson", ROW[1:], crs=4326, height=[4, 5]),
    )
    result = buildings.read(Request(files=files, clip=AREA))
    frame = result.layers["in_building"]
    assert frame["use"].tolist() == ["shop", "unknown", "unknown"]
    assert frame["height_m"].isna().tolist() == [True, False, False]
    assert (result.rows_read, result.rows_kept) == (3, 3)


def test_the_national_geographic_database(tmp_path):
    shapes = [*ROW, at(60, 0, 30), at(100, 0, 8), at(120, 0, 8)]
    path = put(
        tmp_path / "bld_fts_building.gpkg", shapes,
        osid=["a", "b", "c", "d", "e", "f"],
        description=["Mid-Terrace House", "Residential Building", "Commercial Building", "Residential Building", "Ancillary Building", "Domestic Outbuilding"],
        buildinguse=["Residential Accommodation", "Residential Accommodation", "Commercial Activity: Retail", "Residential Accommodation", "Unknown Use", "Residential Accommodation"],
        buildinguse_addresscount_residential=[1, 1, 0, 8, 0, 0], height_relativemax_m=[7.5, 8.0, 6.0, 12.0, None, 2.5], numberoffloors=[2, 2, 1, 4, None, 1],
    )  # fmt: skip
    result = read(path)
    frame = result.layers["in_building"].set_index("building_id")
    assert frame["use"].to_dict() == {
        "a": "home",
        "b": "home",
        "c": "shop",
        "d": "flats",
        "e": "unknown",
        "f": "outbuilding",
    }
    assert frame.loc["d", ["homes", "storeys", "height_m"]].tolist() == [8, 4, 12]
    assert not any("does not know" in note for note in result.notes)


def test_overture_class_then_subtype(tmp_path):
    frame = gpd.GeoDataFrame(
        {"id": ["a", "b", "c"], "class": ["detached", None, None], "subtype": ["residential", "residential", "education"], "height": [6.0, None, 9.0]},
        geometry=ROW, crs=27700,
    )  # fmt: skip
    frame.to_crs(4326).to_parquet(tmp_path / "overture.parquet", write_covering_bbox=True)
    uses = read(tmp_path / "overture.parquet").layers["in_building"]
    assert uses["use"].tolist() == ["home", "home", "school"]


def test_microsoft_unknown_height_stays_missing(tmp_path):
    lines = [
        json.dumps(f)
        for f in gpd.GeoDataFrame({"height": [-1.0, 5.5]}, geometry=ROW[:2], crs=27700)
        .to_crs(4326)
        .iterfeatures(drop_id=True)
    ]
    path = tmp_path / "part-00000.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    frame = read(path).layers["in_building"]
    assert frame["height_m"].isna().tolist() == [True, False]


def test_two_sources_over_one_building_keep_the_first_and_walls_that_touch_are_no_overlap(tmp_path):
    first = put(tmp_path / "first.gpkg", [at(0, 0, 10), at(10, 0, 10)], building=["house", "house"])
    second = put(
        tmp_path / "second.gpkg", [at(1, 1, 10), at(20, 0, 10), at(14, 0, 10)], id=["same", "beside", "more than half"]
    )
    result = buildings.read(Request(files=(first, second), clip=AREA))
    frame = result.layers["in_building"]
    assert len(frame) == 3
    assert "beside" in set(frame["building_id"])
    assert "second.gpkg: 2 of 3 footprints are drawn already, and left out." in result.notes


def test_footprints_that_another_source_has_drawn(tmp_path):
    path = put(tmp_path / "a.gpkg", ROW, id=["a", "b", "c"])
    drawn = drawn_by_osm([at(-1, 0, 10)])
    assert read(path, in_building=drawn).layers["in_building"]["building_id"].tolist() == ["b", "c"]
    result = read(path, in_building=drawn_by_osm([at(-5, -5, 100)]))
    assert (result.rows_read, result.rows_kept) == (3, 0)
    assert result.layers["in_building_use"].empty


def test_words_of_footprints_that_another_source_has_drawn_are_told_of_its_buildings(tmp_path):
    path = put(tmp_path / "a.gpkg", ROW, id=["a", "b", "c"], building_use=["school", "shop", None])
    drawn = drawn_by_osm(
        [at(1, 0, 10), at(20, 0, 4), at(24, 0, 4), at(40, 0, 10)], basis=["none", "land", "tag", "none"]
    )
    result = read(path, in_building=drawn)
    told = result.layers["in_building_use"].set_index("building_id")["use"].to_dict()
    assert told == {"way/0": "school", "way/1": "shop", "way/2": "shop"}
    assert any("The use of 2 buildings is taken from here" in note for note in result.notes)


def test_an_earlier_file_without_a_use_takes_that_of_a_later_one(tmp_path):
    first = put(tmp_path / "first.gpkg", ROW[:1], id=["a"])
    second = put(tmp_path / "second.gpkg", ROW[:1], id=["z"], building_use=["school"])
    frame = buildings.read(Request(files=(first, second), clip=AREA)).layers["in_building"]
    assert frame[["building_id", "use"]].to_numpy().tolist() == [["a", "school"]]


def test_the_drawing_sources_word_wins_then_anothers_then_what_stands_around():
    buildings_ = drawn_by_osm(ROW, basis=["tag", "land", "none"], use=["shop", "home", "unknown"])
    told = conform(
        pd.DataFrame({"building_id": ["way/0", "way/1", "gone"], "use": "school", "source_id": "buildings"}),
        "in_building_use",
    )
    settled = use_class.reconcile(buildings_, told)
    assert settled["use"].tolist() == ["shop", "school", "unknown"]
    assert settled["use_basis"].tolist() == ["tag", "tag", "none"]
    assert settled["use_by"].tolist() == ["osm", "buildings", "osm"]
    pd.testing.assert_frame_equal(use_class.reconcile(settled, told), settled)
    assert use_class.reconcile(settled, told.iloc[:0])["use"].tolist() == ["shop", "home", "unknown"]


def test_nothing_to_read(tmp_path):
    away = put(tmp_path / "away.gpkg", [shapely.box(526000, 187000, 526010, 187010)])
    fails(lambda: read(away), "nothing near the area")
    beside = put(tmp_path / "beside.gpkg", [at(-300, 0, 305)])
    fails(lambda: read(beside), "none inside its boundary")
    fails(lambda: read(tmp_path / "none.gpkg"), "no such file")
    fails(lambda: buildings.read(Request(clip=AREA)), "No file for buildings")
    with pytest.raises(LayerMissing):
        buildings.read(Request(files=(away,)))


@pytest.mark.real
def test_real_footprints_in_another_crs(shared_data):
    path = shared_data / "lidar/covent_garden/footprints_osm_epsg32631.geojson"
    area = gpd.GeoSeries([shapely.box(-0.14, 51.50, -0.10, 51.53)], crs=4326).to_crs(27700).iloc[0]
    result = buildings.read(Request(files=(path,), clip=area))
    frame = result.layers["in_building"]
    assert (result.rows_read, len(frame)) == (399, 393)
    tile = gpd.GeoSeries([shapely.box(283101, 5711189, 283565, 5711622)], crs=32631).to_crs(27700)
    assert frame.total_bounds == pytest.approx(tile.total_bounds, abs=150)
