"""Rasters are described, not copied: kind, cell size, ground covered, and how much of the area has a value."""

import hashlib
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from laep.errors import SourceInvalid
from laep.ingest.ground import elevation
from laep.ingest.source import Request
from laep.schema import conform

AREA = shapely.box(326000, 187000, 326100, 187100)


def raster(
    path, *, west=326000, north=187100, size=100, cell=1.0, crs="EPSG:27700", nodata=-9999.0, cells=None, bands=1
):
    values = np.full((int(size / cell), int(size / cell)), 20.0, dtype="float32") if cells is None else cells
    options = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": bands, "crs": crs}
    with rasterio.open(
        path, "w", dtype=values.dtype, nodata=nodata, transform=from_origin(west, north, cell, cell), **options
    ) as out:
        for band in range(1, bands + 1):
            out.write(values, band)
    return path


def grid(path, *, west=326000, south=187000, size=100, cell=1):
    rows = "\n".join(" ".join(["20.5"] * (size // cell)) for _ in range(size // cell))
    path.write_text(
        f"ncols {size // cell}\nnrows {size // cell}\nxllcorner {west}\nyllcorner {south}\ncellsize {cell}\n"
        f"NODATA_value -9999\n{rows}\n"
    )
    return path


def read(*paths, clip=AREA, **options):
    return elevation.read(Request(files=paths, clip=clip, options=options))


def fails(call, *words):
    with pytest.raises(SourceInvalid) as caught:
        call()
    for word in words:
        assert word in str(caught.value)


def test_one_surface_model(tmp_path):
    path = raster(tmp_path / "DSM_TQ_P_10775_20190219_20190221.tif")
    result = read(path)
    frame = result.layers["in_elevation"]
    assert conform(frame, "in_elevation").equals(frame)
    row = frame.iloc[0]
    assert (row["path"], row["kind"], row["crs"], row["resolution_m"]) == (str(path), "dsm", "EPSG:27700", 1.0)
    assert row["valid_share"] == 1.0
    assert row["survey_date"] == "2019-02-19"
    assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert row["geometry"].equals(AREA)
    assert result.notes == ("Surface models have values for 100% of the area.",)


def test_ground_models_and_survey_date_in_the_area_file(tmp_path):
    dsm, dtm, spare = (raster(tmp_path / name) for name in ("surface.tif", "ground.tif", "bare.tif"))
    frame = read(dsm, dtm=[str(dtm), str(spare)], survey_date="2021-03").layers["in_elevation"]
    assert frame["kind"].tolist() == ["dsm", "dtm", "dtm"]
    assert frame["path"].tolist() == [str(dsm), str(dtm), str(spare)]
    assert frame["survey_date"].tolist() == ["2021-03"] * 3
    only = elevation.read(Request(clip=AREA, options={"dtm": str(dtm)})).layers["in_elevation"]
    assert only["kind"].tolist() == ["dtm"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("LIDAR-DSM-1M-TL35ne", "dsm"), ("tq3081_dtm_1m", "dtm"), ("DEM_CG", "dtm"), ("fz_dsm", "dsm"), ("CDSM_CG", "canopy"),
        ("chm", "canopy"), ("heights", None),
    ],
)  # fmt: skip
def test_kind_in_a_name(name, kind):
    assert elevation.kind_in(name) == kind


def test_kind_of_a_silent_name(tmp_path):
    path = raster(tmp_path / "heights.tif")
    result = read(path)
    assert result.layers["in_elevation"]["kind"].tolist() == ["dsm"]
    assert "heights.tif: taken for a surface model (dsm), because its name does not say." in result.notes
    named = read(path, kind="dtm")
    assert named.layers["in_elevation"]["kind"].tolist() == ["dtm"]
    assert named.notes == ("Ground models have values for 100% of the area.",)
    fails(lambda: read(path, kind="dom"), "kind = 'dom'", '"dsm"')
    fails(lambda: read(raster(tmp_path / "CDSM_x.tif")), "canopy model")


def test_valid_share_by_hand(tmp_path):
    cells = np.full((100, 100), 20.0, dtype="float32")
    cells[:, :25] = -9999.0  # a quarter has the file's own mark
    cells[:10, 25:] = np.nan  # and three tenths of a quarter are not numbers
    cells[10:20, 25:] = -32767.0  # or a mark the file does not own up to
    share = read(raster(tmp_path / "dsm.tif", cells=cells)).layers["in_elevation"]["valid_share"].iloc[0]
    assert share == pytest.approx(0.75 * 0.8)


def test_shares_of_tiles_add_up(tmp_path):
    tiles = [raster(tmp_path / f"dsm_{i}.tif", west=326000 + 50 * i - 20, size=50, north=187080) for i in range(3)]
    result = read(*tiles)
    shares = result.layers["in_elevation"]["valid_share"]
    assert shares.tolist() == pytest.approx([0.15, 0.25, 0.10])
    assert result.notes[-1] == "Surface models have values for 50% of the area."


def test_area_that_is_no_box(tmp_path):
    circle = shapely.Point(326050, 187050).buffer(40)
    assert read(raster(tmp_path / "dsm.tif"), clip=circle).layers["in_elevation"]["valid_share"].iloc[
        0
    ] == pytest.approx(1, abs=0.01)
    half = raster(tmp_path / "dsm_half.tif", west=326050, size=50)
    assert read(half, clip=circle).layers["in_elevation"]["valid_share"].iloc[0] == pytest.approx(0.25, abs=0.01)


def test_strips_do_not_change_the_count(tmp_path, monkeypatch):
    cells = np.where(np.arange(10_000).reshape(100, 100) % 7 == 0, -9999.0, 5.0).astype("float32")
    path = raster(tmp_path / "dsm.tif", cells=cells)
    whole = read(path).layers["in_elevation"]["valid_share"].iloc[0]
    monkeypatch.setattr(elevation, "_STRIP_ROWS", 7)
    assert read(path).layers["in_elevation"]["valid_share"].iloc[0] == whole == pytest.approx((cells > 0).mean())


def test_ascii_grid_without_projection(tmp_path):
    result = read(grid(tmp_path / "tl3555_DSM_1M.asc"))
    row = result.layers["in_elevation"].iloc[0]
    assert (row["crs"], row["resolution_m"], row["valid_share"]) == ("EPSG:27700", 1.0, 1.0)
    assert "tl3555_DSM_1M.asc: says no coordinate system; taken for the British National Grid." in result.notes
    nowhere = grid(tmp_path / "dsm.asc", west=-500_000)
    fails(lambda: read(nowhere), "does not say which coordinate system", "`crs = ")
    fails(lambda: read(grid(tmp_path / "dsm2.asc"), crs="EPSG:99"), "no coordinate system 'EPSG:99'")


def test_a_damaged_zip_is_refused_at_once(tmp_path):  # torture 4: GDAL reads on in one for ever
    grid(tmp_path / "a_dsm.asc")
    path = tmp_path / "tiles.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "a_dsm.asc", "a_dsm.asc")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    fails(lambda: read(path), "damaged")


def test_a_raster_cut_off_is_a_sentence(tmp_path):  # torture 5
    path = raster(tmp_path / "a_dsm.tif", cells=np.random.default_rng(1).random((100, 100)).astype("float32"))
    path.write_bytes(path.read_bytes()[:5000])
    fails(lambda: read(path), "damaged")


def test_zipped_tiles(tmp_path):
    for name in ("a_dsm.asc", "CDSM_a.asc"):
        grid(tmp_path / name)
    grid(tmp_path / "b_dsm.asc", west=400_000)
    path = tmp_path / "tiles.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a_dsm.asc", "b_dsm.asc", "CDSM_a.asc"):
            archive.write(tmp_path / name, f"data/{name}")
    result = read(path)
    frame = result.layers["in_elevation"]
    assert frame["path"].tolist() == [f"/vsizip/{{{path}}}/data/a_dsm.asc"]
    with rasterio.open(tmp_path / "area" / frame["path"].iloc[0]) as data:  # joined to the area folder as a path
        assert data.shape == (100, 100)
    assert frame["sha256"].tolist() == [hashlib.sha256(path.read_bytes()).hexdigest()]
    assert "Rasters with no value inside the area, left out: 1." in result.notes


def test_other_coordinate_systems(tmp_path):
    utm = gpd.GeoSeries([AREA], crs=27700).to_crs(32630).iloc[0].bounds
    path = raster(tmp_path / "dsm.tif", west=utm[0] - 10, north=utm[3] + 10, size=130, crs="EPSG:32630")
    row = read(path).layers["in_elevation"].iloc[0]
    assert (row["crs"], row["resolution_m"]) == ("EPSG:32630", pytest.approx(1.0, abs=0.002))
    assert row["valid_share"] == pytest.approx(1.0, abs=0.01)
    assert row["geometry"].contains(AREA)
    bare = raster(tmp_path / "dsm_bare.tif", west=utm[0] - 10, north=utm[3] + 10, size=130, crs=None)
    assert read(bare, crs="EPSG:32630").layers["in_elevation"]["crs"].tolist() == ["EPSG:32630"]


def test_national_grid_in_other_words(tmp_path):
    words = "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.999601 +x_0=400000 +y_0=-100000 +ellps=airy +towgs84=446.448,-125.157,542.06 +units=m +no_defs"
    result = read(raster(tmp_path / "dsm.tif", crs=words))
    assert result.layers["in_elevation"]["crs"].tolist() == ["EPSG:27700"]
    assert "British National Grid in other words" in result.notes[0]
    irish = "+proj=tmerc +lat_0=53.5 +lon_0=-8 +k=1 +x_0=200000 +y_0=250000 +ellps=airy +units=m +no_defs"
    fails(lambda: read(raster(tmp_path / "dsm_ie.tif", crs=irish)), "no value inside the area")


def test_coarse_cells_are_said(tmp_path):
    result = read(raster(tmp_path / "dsm.tif", cell=5.0))
    assert result.layers["in_elevation"]["resolution_m"].tolist() == [5.0]
    assert "dsm.tif: cells of 5 m are too wide to tell how a roof slopes." in result.notes


def test_rasters_of_somewhere_else(tmp_path):
    away = raster(tmp_path / "dsm.tif", west=526000)
    fails(lambda: read(away), "has no value inside the area", "It covers longitude", "the area covers longitude -3.07")
    abroad = raster(tmp_path / "dsm_nl.tif", west=90_000, north=437_000, crs="EPSG:28992")
    fails(lambda: read(abroad), "outside Great Britain")
    blank = raster(tmp_path / "dsm_blank.tif", cells=np.full((100, 100), -9999.0, dtype="float32"))
    fails(lambda: read(blank), "has no value inside the area")
    fails(lambda: read(away, blank), "2 rasters, such as")


def test_files_that_cannot_be_used(tmp_path):
    fails(lambda: read(tmp_path / "none.tif"), "no such file", "environment.data.gov.uk/survey")
    fails(lambda: read(dtm="none.tif"), "none.tif: no such file")
    text, page, broken, empty = (tmp_path / name for name in ("a.tif", "b.tif", "c.zip", "d.zip"))
    text.write_text("hello")
    page.write_text("<html></html>")
    broken.write_bytes(b"PK\x03\x04")
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.txt", "hello")
    fails(lambda: read(text), "is not a raster, or is damaged")
    fails(lambda: read(page), "web page")
    fails(lambda: read(broken), "not a whole zip file")
    fails(lambda: read(empty), "holds no raster")
    picture = raster(tmp_path / "photo.tif", bands=3, cells=np.zeros((10, 10), dtype="uint8"), nodata=None)
    mask = raster(tmp_path / "mask.tif", cells=np.zeros((10, 10), dtype="uint8"), nodata=None)
    for path in (picture, mask):
        fails(lambda path=path: read(path), "a picture or a mask")
    fails(lambda: elevation.read(Request(clip=AREA)), "No file for elevation")


def test_the_same_raster_named_twice_is_one(tmp_path):
    path = raster(tmp_path / "dsm.tif")
    assert len(read(path, path).layers["in_elevation"]) == 1


@pytest.mark.real
def test_real_toft(shared_data):
    path = shared_data / "lidar/toft_cambridgeshire/LIDAR-DSM-1M-TL35ne.zip"
    result = read(path, clip=shapely.box(535000, 255000, 536500, 257000))
    frame = result.layers["in_elevation"]
    assert [Path(each).name for each in frame["path"]] == ["tl3555_DSM_1M.asc", "tl3556_DSM_1M.asc"]
    assert frame["valid_share"].tolist() == pytest.approx([1 / 3, 1 / 3])
    assert frame.union_all().bounds == (535000, 255000, 536000, 257000)


@pytest.mark.real
def test_real_covent_garden(shared_data):
    folder = shared_data / "lidar/covent_garden"
    area = gpd.GeoSeries([shapely.box(283150, 5711250, 283500, 5711600)], crs=32631).to_crs(27700).iloc[0]
    frame = read(folder / "DSM_CG.tif", clip=area, dtm=[folder / "DEM_CG.tif"]).layers["in_elevation"]
    assert frame["kind"].tolist() == ["dsm", "dtm"]
    assert frame["crs"].tolist() == ["EPSG:32631"] * 2
    assert frame["resolution_m"].tolist() == pytest.approx([1.0, 1.0], abs=0.001)
    assert frame["valid_share"].tolist() == pytest.approx([1.0, 1.0], abs=0.001)


@pytest.mark.real
def test_real_raster_with_the_national_grid_in_other_words(shared_data):
    path = shared_data / "lidar/cse_town_mask/cirencester_elevation_27700.tif"
    row = read(path, clip=shapely.box(401600, 200600, 402000, 201000)).layers["in_elevation"].iloc[0]
    assert (row["crs"], row["valid_share"]) == ("EPSG:27700", pytest.approx(1.0, abs=0.02))
    assert row["resolution_m"] == pytest.approx((3.563845 * 3.227781) ** 0.5, abs=0.001)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/plans/here/lidar/dsm.tif", "lidar/dsm.tif"),
        ("/plans/dsm.tif", "../dsm.tif"),
        ("/plans/lidar/dsm.tif", "../lidar/dsm.tif"),
        ("/plans/lidar/newest/dsm.tif", "/plans/lidar/newest/dsm.tif"),  # such as the cache of fetched files
        ("/elsewhere/dsm.tif", "/elsewhere/dsm.tif"),
    ],
)
def test_rasters_near_the_area_are_kept_from_its_folder_on(path, kept):
    folder = Path("/plans/here")
    assert elevation.kept_as(path, Path(path), folder) == kept
    assert Path(elevation.found_at(kept, folder)).resolve() == Path(path)
    zipped = elevation.kept_as(f"/vsizip/{{{path}}}/in/dsm.asc", Path(path), folder)
    assert zipped == f"/vsizip/{{{kept}}}/in/dsm.asc"
    archive, member = elevation.found_at(zipped, folder).removeprefix("/vsizip/{").split("}")
    assert (Path(archive).resolve(), member) == (Path(path), "/in/dsm.asc")
    assert elevation.kept_as(path, Path(path), None) == path


def test_a_zip_in_the_area_folder_is_found_after_the_folder_was_moved(tmp_path):
    before = tmp_path / "before"
    before.mkdir()
    grid(before / "dsm.asc")
    with zipfile.ZipFile(before / "tiles.zip", "w") as archive:
        archive.write(before / "dsm.asc", "tiles/dsm.asc")
    request = Request(files=(before / "tiles.zip",), clip=AREA, folder=before)
    kept = elevation.read(request).layers["in_elevation"]["path"].iloc[0]
    after = before.rename(tmp_path / "after")
    with rasterio.open(elevation.found_at(kept, after)) as data:
        assert data.read(1).max() == 20.5
