"""Building heights from elevation rasters."""

import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import rasterio.shutil
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from shapely import box

from laep import schema
from laep.errors import SourceInvalid
from laep.spatial import rasters
from laep.spatial.roofs import heights

WEST, NORTH = 400_000.0, 200_100.0
HOUSE = box(400_020, 200_030, 400_032, 200_040)


def write(path, values, *, crs="EPSG:27700", nodata=-9999.0, west=WEST, north=NORTH, cell=1.0):
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "height": values.shape[0], "width": values.shape[1],
        "crs": crs, "transform": from_origin(west, north, cell, cell), "nodata": nodata,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(values.astype("float32"), 1)
    return path


def surface(*blocks, size=100, ground=50.0):
    """Return a 1 m surface of flat ground on which each (shape, height) stands."""
    values = np.full((size, size), ground)
    for shape, height in blocks:
        low_e, low_n, high_e, high_n = (int(v) for v in shape.bounds)
        rows, columns = slice(int(NORTH) - high_n, int(NORTH) - low_n), slice(low_e - int(WEST), high_e - int(WEST))
        values[rows, columns] = ground + height
    return values


@pytest.fixture
def house(make_buildings):
    return make_buildings([HOUSE])


def only(frame):
    schema.conform(frame, "roof_height")
    assert len(frame) == 1
    return frame.iloc[0]


def test_height_against_bare_ground(tmp_path, house):
    dsm = write(tmp_path / "dsm.tif", surface((HOUSE, 7.0)))
    dtm = write(tmp_path / "dtm.tif", surface())
    row = only(heights.building_heights(house, [dsm], [dtm]))
    assert row["height_m"] == pytest.approx(7.0)
    assert (row["cover_share"], row["built_share"]) == (1.0, 1.0)
    assert (row["method"], row["confidence"]) == ("surface above bare ground", "high")


def test_without_a_terrain_model_the_ground_beside_is_used(tmp_path, house):
    values = surface((HOUSE, 7.0))
    values[60:72, 14:19] += 2.0  # a hedge along one wall does not lift the ground
    row = only(heights.building_heights(house, [write(tmp_path / "dsm.tif", values)]))
    assert row["height_m"] == pytest.approx(7.0)
    assert (row["method"], row["confidence"]) == ("surface above the ground beside it", "medium")


def test_neighbours_are_not_taken_as_ground(tmp_path, make_buildings):
    terrace = [box(400_020 + i * 6, 200_030, 400_026 + i * 6, 200_040) for i in range(5)]
    dsm = write(tmp_path / "dsm.tif", surface(*[(shape, 6.0) for shape in terrace]))
    found = heights.building_heights(make_buildings(terrace), [dsm])
    assert found["height_m"].tolist() == pytest.approx([6.0] * 5)


def test_a_building_the_survey_does_not_show_has_no_height(tmp_path, house):
    row = only(heights.building_heights(house, [write(tmp_path / "dsm.tif", surface())]))
    assert pd.isna(row["height_m"])
    assert (row["built_share"], row["method"], row["confidence"]) == (0.0, "no roof seen here", "low")


def test_off_the_raster_and_empty(tmp_path, make_buildings, empty):
    dsm = write(tmp_path / "dsm.tif", surface())
    row = only(heights.building_heights(make_buildings([box(0, 0, 10, 10)]), [dsm]))
    assert (row["cover_share"], row["method"]) == (0.0, "no elevation here")
    assert pd.isna(row["built_share"])
    assert heights.building_heights(empty("in_building"), [dsm]).empty
    assert only(heights.building_heights(make_buildings([HOUSE]), []))["cover_share"] == 0.0


@pytest.mark.parametrize("nodata", [-9999.0, -3.4028235e38, None])
def test_nodata_is_not_height_whether_declared_or_not(tmp_path, house, nodata):
    values = surface((HOUSE, 7.0))
    values[60:65, 20:32] = -3.4028235e38 if nodata is None else nodata  # the upper half of the roof
    dsm = write(tmp_path / "dsm.tif", values, nodata=nodata)
    dtm = write(tmp_path / "dtm.tif", surface())
    row = only(heights.building_heights(house, [dsm], [dtm]))
    assert row["height_m"] == pytest.approx(7.0)
    assert row["cover_share"] == pytest.approx(0.5)


def test_two_tiles_meet_under_a_building(tmp_path, house):
    values = surface((HOUSE, 7.0))
    left = write(tmp_path / "left.tif", values[:, :26])
    right = write(tmp_path / "right.tif", values[:, 26:], west=WEST + 26)
    row = only(heights.building_heights(house, [left, right]))
    assert (row["height_m"], row["cover_share"]) == (pytest.approx(7.0), 1.0)


def test_finer_raster_wins_and_coarser_fills(tmp_path, make_buildings):
    second = box(400_060, 200_030, 400_072, 200_040)
    fine = write(tmp_path / "fine.tif", surface((HOUSE, 7.0))[:, :50])
    coarse = write(tmp_path / "coarse.tif", surface((HOUSE, 3.0), (second, 5.0))[::2, ::2], cell=2.0)
    found = heights.building_heights(make_buildings([HOUSE, second]), [coarse, fine])
    assert found["height_m"].tolist() == pytest.approx([7.0, 5.0])


def test_the_move_of_the_footprints_is_one_for_all_and_none_where_nothing_was_read():
    read = pd.DataFrame({"moved_east_m": [1.5, 1.5], "moved_north_m": [-2.0, -2.0]})
    assert heights.moved_m(read) == (1.5, -2.0)
    assert heights.moved_m(read * float("nan")) == heights.moved_m(read.iloc[:0]) == heights.moved_m(None) == (0.0, 0.0)


def test_a_tiny_building_is_read_at_one_point(tmp_path, make_buildings):
    kiosk = box(400_025.6, 200_034.6, 400_025.9, 200_034.9)
    row = only(heights.building_heights(make_buildings([kiosk]), [write(tmp_path / "dsm.tif", surface((HOUSE, 4.0)))]))
    assert row["cover_share"] == 1.0


def test_raster_in_other_coordinates(tmp_path, house):
    values = surface((HOUSE, 7.0))
    dsm = write(tmp_path / "dsm.tif", values)
    warped = tmp_path / "utm.tif"
    with rasterio.open(dsm) as source, WarpedVRT(source, crs="EPSG:32630", resolution=0.5) as view:
        rasterio.shutil.copy(view, warped, driver="GTiff")
    row = only(heights.building_heights(house, [warped]))
    assert row["height_m"] == pytest.approx(7.0)
    assert row["built_share"] > 0.9


def test_raster_that_does_not_say_where_it_is(tmp_path, house):
    values = surface((HOUSE, 7.0))
    british = write(tmp_path / "british.tif", values, crs=None)
    assert only(heights.building_heights(house, [british]))["height_m"] == pytest.approx(7.0)
    elsewhere = write(tmp_path / "elsewhere.tif", values, crs=None, north=5_700_000.0)
    with pytest.raises(SourceInvalid, match="not on the British grid"):
        heights.building_heights(house, [elsewhere])
    degrees = write(tmp_path / "degrees.tif", values, crs="EPSG:4326", west=-1.0, north=52.0, cell=0.0001)
    with pytest.raises(SourceInvalid, match="is in degrees"):
        heights.building_heights(house, [degrees])
    (tmp_path / "text.tif").write_text("not a raster")
    with pytest.raises(SourceInvalid, match="not a raster laep can read"):
        heights.building_heights(house, [tmp_path / "text.tif"])


@pytest.mark.real
def test_covent_garden_stands_up(shared_data, make_buildings):
    folder = shared_data / "lidar/covent_garden"
    shapes = pyogrio.read_dataframe(folder / "footprints_osm_epsg32631.geojson").to_crs(schema.CRS).geometry
    buildings = make_buildings(shapes.to_numpy())
    dsm, dtm = [folder / "DSM_CG.tif"], [folder / "DEM_CG.tif"]
    found = heights.building_heights(buildings, dsm, dtm)
    area = buildings["footprint_m2"] * found["cover_share"]
    assert (found["built_share"] * area).sum() / area.sum() == pytest.approx(0.90, abs=0.01)
    assert found["height_m"].median() == pytest.approx(14.3, abs=0.5)
    beside = heights.building_heights(buildings, dsm)
    assert (beside["height_m"] - found["height_m"]).abs().median() < 0.5
    # the trap: footprints laid 20 m off stand on streets as well as on other roofs, and confidence falls
    astray = heights.building_heights(buildings.assign(geometry=buildings.geometry.translate(20, 20)), dsm, dtm)
    assert astray["built_share"].mean() < found["built_share"].mean() - 0.1
    assert (astray["confidence"] == "high").sum() < 0.8 * (found["confidence"] == "high").sum()


def test_coordinates_the_user_named_count_for_more_than_the_file_s_own(tmp_path, house):
    values = surface((HOUSE, 7.0))
    wrong = write(tmp_path / "wrong.tif", values, crs="EPSG:32630")  # the grid's numbers under another grid's name
    bare = write(tmp_path / "bare.tif", values, crs=None)
    for path in (wrong, bare):
        named = rasters.Placed(path, "EPSG:27700")
        assert only(heights.building_heights(house, [named]))["height_m"] == pytest.approx(7.0)
    assert only(heights.building_heights(house, [wrong]))["cover_share"] == 0.0
