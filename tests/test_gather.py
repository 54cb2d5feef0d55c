"""Reading sources into an area: what is read, what is kept, and what a fault leaves behind."""

import gzip
import random
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from laep import area as areas
from laep import ingest, init
from laep.desk import recognise
from laep.errors import SourceInvalid, UserFault
from laep.gather import gather
from laep.ingest.place.boundary import Place
from laep.spatial import rasters
from laep.store import Store

SQUARE = shapely.box(440000, 210000, 441000, 211000)
EVERYWHERE = {"boundary": None, "where": None, "layer": None, "code": None, "place": None, "postcode": None, "at": None}


@pytest.fixture
def area(tmp_path):
    return init.create("Test Place", Place(name="Test", code=None, found_by="test", geometry=SQUARE), parent=tmp_path)


def footprints(path, count=3):
    shapes = [shapely.box(440100 + 20 * i, 210100, 440110 + 20 * i, 210108) for i in range(count)]
    gpd.GeoDataFrame({"class": ["house"] * count}, geometry=shapes, crs=27700).to_file(path)
    return path


def states(area):
    return {s.name: s.state for s in gather.status(area, Store(area.gpkg))}


def test_what_comes_with_laep_needs_no_naming(area):
    given = gather.read(area)
    assert set(given) == {"boundary", "licence_areas", "weather"}
    assert states(area) == {"boundary": "fresh", "licence_areas": "fresh", "weather": "fresh"}
    assert Store(area.gpkg).read("in_licence_area")["operator"].tolist() == ["ssen"]
    assert len(Store(area.gpkg).read("in_weather")) == 8760
    assert gather.read(area) == {}


def test_a_file_is_remembered_once_it_was_read_well(area):
    path = footprints(area.folder / "homes.gpkg")
    gather.read(area, ["buildings"], files=[path])
    again = areas.load(area.folder)
    assert again.sources["buildings"].files == (path,)
    assert gather.read(again) == {}
    assert len(Store(area.gpkg).read("in_building")) == 3


def test_a_surveyed_use_fills_one_that_the_map_does_not_know_until_its_source_goes(area):
    mapped, surveyed = area.folder / "map.geojson", area.folder / "survey.gpkg"
    shapes = [shapely.box(440100 + 20 * i, 210100, 440110 + 20 * i, 210108) for i in range(2)]
    tags = {"@id": ["way/1", "way/2"], "building": ["yes", "church"]}
    gpd.GeoDataFrame(tags, geometry=shapes, crs=27700).to_crs(4326).to_file(mapped)
    gpd.GeoDataFrame({"building_use": ["school", "shop"]}, geometry=shapes, crs=27700).to_file(surveyed)

    def uses():
        frame = Store(area.gpkg).read("in_building").set_index("building_id")
        return frame[["use", "use_by"]].to_numpy().tolist()

    gather.read(area, ["osm"], files=[mapped])
    assert uses() == [["unknown", "osm"], ["worship", "osm"]]
    gather.read(areas.load(area.folder), ["buildings"], files=[surveyed])
    both = areas.load(area.folder)
    assert uses() == [["school", "buildings"], ["worship", "osm"]]
    assert states(both)["buildings"] == "fresh"
    gather.read(both, ["osm"])
    assert uses() == [["school", "buildings"], ["worship", "osm"]]
    assert gather.read(both) == {}
    gather.remove(both, "buildings")
    assert uses() == [["unknown", "osm"], ["worship", "osm"]]


def test_a_bad_file_is_not_remembered_and_what_was_there_stays(area):
    gather.read(area, ["buildings"], files=[footprints(area.folder / "homes.gpkg")])
    bad = area.folder / "bad.gpkg"
    bad.write_text("<html>Sign in</html>")
    with pytest.raises(SourceInvalid, match=r"bad\.gpkg"):
        gather.read(areas.load(area.folder), ["buildings"], files=[bad])
    assert areas.load(area.folder).sources["buildings"].files == (area.folder / "homes.gpkg",)
    assert len(Store(area.gpkg).read("in_building")) == 3


def test_ground_models_of_laep_toml_are_found_from_the_area_folder_and_watched(area, tmp_path, monkeypatch):
    def tile(name, height_m):
        path = area.folder / "lidar" / name
        path.parent.mkdir(exist_ok=True)
        with rasterio.open(
            path, "w", driver="GTiff", width=100, height=100, count=1, dtype="float32",
            transform=from_origin(440000, 211000, 10, 10),
        ) as out:  # fmt: skip
            out.write(np.full((1, 100, 100), height_m, dtype="float32"))

    for name in ("dsm.tif", "dtm.tif"):
        tile(name, 50.0)
    text = (
        area.toml.read_text(encoding="utf-8") + '[sources.elevation]\nfile = "lidar/dsm.tif"\ndtm = "lidar/dtm.tif"\n'
    )
    area.toml.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = areas.load(area.folder)
    gather.read(found)
    held = Store(area.gpkg).read("in_elevation")
    assert held[["kind", "path"]].to_numpy().tolist() == [["dsm", "lidar/dsm.tif"], ["dtm", "lidar/dtm.tif"]]
    assert Store(area.gpkg).provenance().set_index("source_id")["files"]["elevation"] == "dsm.tif\ndtm.tif"
    tile("dtm.tif", 49.0)
    assert states(found)["elevation"] == "stale"
    (area.folder / "lidar/dtm.tif").unlink()
    assert states(found)["elevation"] == "missing"
    with pytest.raises(SourceInvalid, match=r"dtm\.tif: no such file"):
        gather.read(found)
    area.toml.write_text(text.replace('"lidar/dtm.tif"', "3"), encoding="utf-8")
    with pytest.raises(SourceInvalid, match=r"line \d+: dtm must be a path in quotes"):
        gather.read(areas.load(area.folder))


def test_faults_come_together_and_the_good_is_kept(area):
    footprints(area.folder / "homes.gpkg")
    (area.folder / "empty.csv").touch()
    text = area.toml.read_text(encoding="utf-8")
    text += '[sources.buildings]\nfile = "homes.gpkg"\n[sources.ecr]\nfile = "empty.csv"\n[sources.land]\nfile = "gone.gpkg"\n'
    area.toml.write_text(text, encoding="utf-8")
    with pytest.raises(SourceInvalid) as caught:
        gather.read(areas.load(area.folder))
    assert "ecr:" in str(caught.value)
    assert "gone.gpkg: no such file" in str(caught.value)
    found = areas.load(area.folder)
    assert states(found) == {
        "boundary": "fresh", "buildings": "fresh", "licence_areas": "fresh", "weather": "fresh", "ecr": "new",
        "land": "missing",
    }  # fmt: skip


def test_a_changed_file_is_stale_and_read_again(area):
    path = footprints(area.folder / "homes.gpkg")
    gather.read(area, ["buildings"], files=[path])
    path.unlink()
    footprints(path, count=5)
    found = areas.load(area.folder)
    assert states(found)["buildings"] == "stale"
    assert set(gather.read(found)) == {"buildings"}
    assert len(Store(area.gpkg).read("in_building")) == 5


def test_a_changed_boundary_makes_what_lies_in_it_stale(area):
    gather.read(area, ["buildings"], files=[footprints(area.folder / "homes.gpkg")])
    smaller = Place(name="Test", code=None, found_by="test", geometry=shapely.box(440000, 210000, 440135, 211000))
    from laep.ingest.place.boundary import write_geojson

    write_geojson(smaller, area.boundary)
    found = areas.load(area.folder)
    gather.read(found)
    assert len(Store(area.gpkg).read("in_building")) == 2


def test_footprints_without_a_use_take_it_from_the_land_they_stand_on(area):
    shapes = [shapely.box(440100, 210100, 440110, 210110)]
    gpd.GeoDataFrame({"ref": ["a"]}, geometry=shapes, crs=27700).to_file(area.folder / "bare.gpkg")
    ground = [shapely.box(440050, 210050, 440200, 210200)]
    gpd.GeoDataFrame({"kind": ["residential"]}, geometry=ground, crs=27700).to_file(area.folder / "land.gpkg")
    gather.read(area, ["buildings"], files=[area.folder / "bare.gpkg"])
    assert Store(area.gpkg).read("in_building")["use"].tolist() == ["unknown"]
    gather.read(areas.load(area.folder), ["land"], files=[area.folder / "land.gpkg"])
    found = areas.load(area.folder)
    assert states(found)["buildings"] == "stale"
    gather.read(found)
    assert Store(area.gpkg).read("in_building")[["use", "use_basis"]].to_numpy().tolist() == [["home", "land"]]


def test_a_building_that_two_sources_draw_is_kept_once(area):
    houses = [shapely.box(440100 + 20 * i, 210100, 440110 + 20 * i, 210108) for i in range(2)]
    osm = area.folder / "osm.geojson"
    gpd.GeoDataFrame({"osm_ref": ["way/1", "way/2"], "building": "house"}, geometry=houses, crs=27700).to_crs(
        4326
    ).to_file(osm)
    gather.read(area, ["osm"], files=[osm])
    gather.read(areas.load(area.folder), ["buildings"], files=[footprints(area.folder / "homes.gpkg", count=3)])
    assert sorted(Store(area.gpkg).read("in_building")["source_id"]) == ["buildings", "osm", "osm"]
    found = areas.load(area.folder)
    assert states(found)["buildings"] == "fresh"
    assert gather.read(found) == {}


def test_an_unknown_key_is_named_with_its_line(area):
    path = footprints(area.folder / "homes.gpkg")
    text = area.toml.read_text(encoding="utf-8") + f'[sources.buildings]\nfile = "{path.name}"\nuse_colum = "class"\n'
    area.toml.write_text(text, encoding="utf-8")
    line = text.splitlines().index('use_colum = "class"') + 1
    with pytest.raises(SourceInvalid, match=f"line {line}: unknown key 'use_colum'.*Did you mean 'use_column'"):
        gather.read(areas.load(area.folder))


def test_a_mistyped_source_is_met_with_the_nearest(area):
    with pytest.raises(SourceInvalid, match="Did you mean 'buildings'"):
        gather.read(area, ["bildings"])


def test_a_file_needs_one_source(area):
    with pytest.raises(UserFault, match="goes with one source"):
        gather.read(area, files=[area.folder / "x"])


def test_an_area_folder_is_whole_or_not_there(tmp_path, monkeypatch):
    place = Place(name="Test", code=None, found_by="test", geometry=SQUARE)
    monkeypatch.setattr(init.answers, "template", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        init.create("Half", place, parent=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(area):
    with pytest.raises(UserFault, match="already there"):
        init.create("Test Place", Place(name="x", code=None, found_by="x", geometry=SQUARE), parent=area.folder.parent)
    with pytest.raises(UserFault, match="letters or digits"):
        init.create("!!", Place(name="x", code=None, found_by="x", geometry=SQUARE), parent=area.folder.parent)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, "in one way, not 0"),
        ({"code": "E05", "place": "Eynsham"}, "in one way, not 2"),
        ({"code": "E05"}, "--from FILE"),
        ({"postcode": "OX29 4AA"}, "--from FILE"),
        ({"at": "here"}, "write latitude,longitude"),
        ({"at": "-1.37,51.78"}, "51.78"),
        ({"at": "48.85,2.35"}, "Great Britain"),
    ],
)
def test_a_place_is_given_in_one_way_and_checked(given, fault):
    with pytest.raises(UserFault, match=fault):
        init.find_place(**{**EVERYWHERE, **given}, radius_m=400, lookup=None)


def test_a_point_becomes_a_circle():
    found = init.find_place(**{**EVERYWHERE, "at": "51.78,-1.3745"}, radius_m=400, lookup=None)
    assert found.geometry.area == pytest.approx(3.14159 * 400**2, rel=0.01)


def test_a_source_is_taken_out_with_its_rows(area, tmp_path):  # F10
    gather.read(area)
    with pytest.raises(UserFault, match="The area has no source buildings"):
        gather.remove(area, "buildings")
    gather.read(area, ["buildings"], files=[footprints(tmp_path / "f.gpkg")])
    area = areas.load(area.folder)
    gather.remove(area, "buildings")
    assert "sources.buildings" not in area.toml.read_text(encoding="utf-8").replace("# [sources.buildings]", "")
    store = Store(area.gpkg)
    assert not store.has("in_building")
    assert "buildings" not in store.provenance()["source_id"].tolist()
    assert "ingest buildings" not in store.steps()
    with pytest.raises(UserFault, match="always has weather"):
        gather.remove(area, "weather")


def test_a_source_whose_lines_have_gone_goes_and_the_rest_of_its_layer_stays(area, tmp_path):  # F10
    gather.read(area, ["buildings"], files=[footprints(tmp_path / "f.gpkg")])
    with_lines = areas.load(area.folder)
    assert gather.named(with_lines) != gather.named(area)
    areas.forget_source(with_lines, "buildings")
    events = []
    gather.read(areas.load(area.folder), on_event=events.append)
    assert [(e.name, e.happened) for e in events if e.happened == "removed"] == [("buildings", "removed")]
    assert not Store(area.gpkg).has("in_building")


def test_a_second_file_says_what_it_takes_the_place_of(area, tmp_path):  # F11
    gather.read(area, ["buildings"], files=[footprints(tmp_path / "a.gpkg")])
    given = gather.read(areas.load(area.folder), ["buildings"], files=[footprints(tmp_path / "b.gpkg", count=2)])
    assert (
        given["buildings"].notes[0].startswith("This takes the place of a.gpkg. To have both: `laep ingest buildings")
    )


def test_a_file_that_points_elsewhere_is_not_opened(area, tmp_path):  # torture 13: a VRT reached the network
    path = tmp_path / "dsm.tif"
    path.write_text('<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>', encoding="utf-8")
    with pytest.raises(SourceInvalid, match="holds no data, only where to find some"):
        gather.read(area, ["elevation"], files=[path])


def test_nothing_that_points_elsewhere_is_opened_by_any_way(area, tmp_path):  # torture 13
    inside = "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/vsicurl/http://x/y</SrcDataSource>"
    inside += "</OGRVRTLayer></OGRVRTDataSource>"
    plain, zipped = tmp_path / "boundary.geojson", tmp_path / "map.zip"
    plain.write_text(inside, encoding="utf-8")
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("map.gpkg", inside)
    opened = (
        lambda: init.find_place(**{**EVERYWHERE, "boundary": plain}, radius_m=400, lookup=None),
        lambda: recognise.recognise(plain),
        lambda: gather.read(area, ["buildings"], files=[zipped]),
    )
    for opening in opened:
        with pytest.raises(SourceInvalid, match="holds no data, only where to find some"):
            opening()


def test_a_raster_that_was_changed_into_a_pointer_after_it_was_read_is_not_followed(tmp_path):  # torture 13
    path = tmp_path / "dsm.tif"
    path.write_text('<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>', encoding="utf-8")
    with pytest.raises(SourceInvalid, match="not a raster laep can read"):
        rasters.describe(path)


def test_a_gzipped_file_that_breaks_off_or_bursts_is_refused(area, tmp_path):  # torture 13
    burst = tmp_path / "homes.geojsonl.gz"
    with gzip.open(burst, "wb") as file:
        file.write(b"\n" * 30_000_000)
    with pytest.raises(SourceInvalid, match="would grow to more than"):
        gather.read(area, ["buildings"], files=[burst])
    whole = gzip.compress(random.Random(1).randbytes(20_000))
    (tmp_path / "cut.geojsonl.gz").write_bytes(whole[:9_000])
    with pytest.raises(SourceInvalid, match=r"damaged or cut short|breaks off or is damaged"):
        gather.read(area, ["buildings"], files=[tmp_path / "cut.geojsonl.gz"])


def test_what_steers_a_terminal_stays_outside(area, tmp_path):
    shapes = [shapely.box(440100, 210100, 440110, 210108)]
    path = tmp_path / "f.gpkg"
    gpd.GeoDataFrame({"class": ["house\x1b]0;owned\x07\x1b[31m"]}, geometry=shapes, crs=27700).to_file(path)
    gather.read(area, ["buildings"], files=[path])
    held = Store(area.gpkg).read("in_building").drop(columns="geometry").astype("string")
    assert not held.apply(lambda column: column.str.contains("\x1b", na=False)).any().any()


def test_values_that_no_layer_takes_are_the_files_and_not_our_fault(area, monkeypatch):
    path = footprints(area.folder / "homes.gpkg")
    module = ingest.load("buildings")

    def read(request):
        frame = module.empty("in_building").reindex(range(1)).assign(
            building_id="b1", use="castle", use_basis="tag", footprint_m2=1.0, source_id="buildings"
        )  # fmt: skip
        shapes = gpd.GeoDataFrame(frame, geometry=[shapely.MultiPolygon([SQUARE])], crs=27700)
        return module.Ingested(layers={"in_building": module.conform(shapes, "in_building")}, rows_read=1, rows_kept=1)

    monkeypatch.setattr(module, "read", read)
    with pytest.raises(SourceInvalid, match=r"homes\.gpkg: Layer in_building: use holds 'castle'.*Mend these rows"):
        gather.read(area, ["buildings"], files=[path])
