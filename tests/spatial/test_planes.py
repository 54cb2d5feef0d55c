"""Roof planes from surface models, on roofs whose planes are known."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
import shapely.affinity
from rasterio.features import rasterize
from rasterio.transform import from_origin
from shapely import Polygon

from benchmarks import _roof_truth
from laep import schema
from laep.spatial import rasters, shapes
from laep.spatial.roofs import planes
from laep.spatial.roofs import roof_planes as roofs
from laep.spatial.roofs.packing import Module
from laep.spatial.roofs.plane_kernel import ROUGH_CELLS, ROUGH_M
from laep.spatial.roofs.roof_capacity import Layout

SAMPLE = _roof_truth.SAMPLE
SURVEYS = (_roof_truth.DSM, _roof_truth.DTM)
WEST, NORTH, SIZE, GROUND = 400_000.0, 200_120.0, 120, 50.0


def box(west, south, east, north):
    """Return a rectangle whose first point is its south-west corner, where roofs begin."""
    return Polygon([(west, south), (east, south), (east, north), (west, north)])


def at(shape, east=20.0, north=40.0):
    return shapely.affinity.translate(shape, WEST + east, NORTH - SIZE + north)


def gable(u, v, length, width, eaves, slope):
    """Return heights of a gable with its ridge along u."""
    return np.where((u >= 0) & (u <= length), eaves + slope * np.minimum(v, width - v), np.nan)


def hip(u, v, length, width, eaves, slope):
    return eaves + slope * np.minimum(np.minimum(v, width - v), np.minimum(u, length - u))


def write(path, values, nodata=-9999.0, west=WEST, north=NORTH, cell=1.0, crs="EPSG:27700"):
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "height": values.shape[0], "width": values.shape[1],
        "crs": crs, "transform": from_origin(west, north, cell, cell), "nodata": nodata,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(values.astype("float32"), 1)
    return path


@pytest.fixture
def survey(tmp_path):
    """Return a function that writes a surface and a terrain model of roofs: (footprint, height above ground of u, v)."""

    def make(*roofs_on, noise=0.0, cell=1.0, turn=0.0, size=SIZE, seed=1):
        count = int(size / cell)
        x = WEST + (np.arange(count) + 0.5) * cell
        y = NORTH - (np.arange(count) + 0.5) * cell
        x, y = np.meshgrid(x, y)
        z = np.full(x.shape, GROUND)
        for shape, height in roofs_on:
            corner = shapely.get_coordinates(shape)[0]
            angle = np.radians(turn)
            u = (x - corner[0]) * np.cos(angle) + (y - corner[1]) * np.sin(angle)
            v = -(x - corner[0]) * np.sin(angle) + (y - corner[1]) * np.cos(angle)
            z = np.where(shapely.contains_xy(shape, x, y), GROUND + height(u, v), z)
        z = z + np.random.default_rng(seed).normal(0, noise, z.shape)
        dsm = write(tmp_path / f"dsm_{seed}_{cell:g}.tif", z, cell=cell)
        dtm = write(tmp_path / f"dtm_{seed}_{cell:g}.tif", np.full(z.shape, GROUND), cell=cell)
        return [dsm], [dtm]

    return make


def by_area(found):
    return found.planes.sort_values(["plan_m2", "azimuth_deg"], ascending=[False, True]).reset_index(drop=True)


def off(found, want):
    """Return how far directions are from those wanted, nearest to nearest. [deg]."""
    turn = (np.asarray(found)[:, None] - np.asarray(want) + 180) % 360 - 180
    assert turn.shape[0] == turn.shape[1]
    return np.abs(turn).min(axis=0).max()


def sound(found, buildings):
    """Check what holds for every result: valid, inside the footprint, no overlap."""
    shapes = found.planes.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    own = buildings.geometry.to_numpy()[found.planes["row"]]
    assert shapely.area(shapely.difference(shapes, own)).max(initial=0.0) < 1e-6
    for _, group in found.planes.groupby("row"):
        assert shapely.union_all(group.geometry.to_numpy()).area == pytest.approx(group["plan_m2"].sum(), abs=1e-6)


def test_gable_by_hand(survey, make_buildings):
    house = at(box(0, 0, 12, 8))
    dsm, dtm = survey((house, lambda u, v: gable(u, v, 12, 8, 5.0, 0.75)))
    buildings = make_buildings([house])
    found = planes.from_rasters(buildings, dsm, dtm)
    sound(found, buildings)
    rows = by_area(found)
    assert rows["azimuth_deg"].to_numpy() == pytest.approx([0.0, 180.0], abs=0.01) or rows[
        "azimuth_deg"
    ].to_numpy() == pytest.approx([180.0, 360.0], abs=0.01)
    assert rows["tilt_deg"].to_numpy() == pytest.approx([36.87, 36.87], abs=0.01)
    assert rows["plan_m2"].to_numpy() == pytest.approx([48.0, 48.0], abs=0.01)
    assert rows["height_m"].to_numpy() == pytest.approx([6.5, 6.5], abs=0.01)  # eaves 5 m, ridge 8 m
    assert rows["residual_m"].max() < 0.001
    assert found.seen.loc[0, ["status", "cover_share", "built_share", "bare"]].tolist() == ["planes", 1.0, 1.0, True]


def test_hip_by_hand(survey, make_buildings):
    house = at(box(0, 0, 14, 8))
    dsm, dtm = survey((house, lambda u, v: hip(u, v, 14, 8, 5.0, 0.7)))
    buildings = make_buildings([house])
    found = planes.from_rasters(buildings, dsm, dtm)
    sound(found, buildings)
    rows = found.planes.sort_values("azimuth_deg")
    turn = np.sort((rows["azimuth_deg"] + 45) % 360)
    assert turn == pytest.approx([45, 135, 225, 315], abs=0.1)
    assert rows["tilt_deg"].to_numpy() == pytest.approx([34.99] * 4, abs=0.1)
    assert np.sort(rows["plan_m2"]) == pytest.approx([16, 16, 40, 40], rel=0.03)


def test_l_shape_has_four_planes(survey, make_buildings):
    shape = at(Polygon([(0, 0), (16, 0), (16, 8), (8, 8), (8, 16), (0, 16)]))
    main = lambda u, v: 5 + 0.8 * np.where(v <= 8, np.minimum(v, 8 - v), -9) + 0 * u  # noqa: E731
    wing = lambda u, v: 5 + 0.8 * np.where((u <= 8) & (v > 4), np.minimum(u, 8 - u), -9)  # noqa: E731
    dsm, dtm = survey((shape, lambda u, v: np.maximum(main(u, v), wing(u, v))), noise=0.02)
    buildings = make_buildings([shape])
    found = planes.from_rasters(buildings, dsm, dtm)
    sound(found, buildings)
    assert len(found.planes) == 4
    assert np.sort((found.planes["azimuth_deg"] + 45) % 360) == pytest.approx([45, 135, 225, 315], abs=1.5)
    assert found.planes["plan_m2"].sum() == pytest.approx(192.0, rel=0.001)


def test_flat_roof_with_plant_keeps_clear_of_it(survey, make_buildings):
    shape = at(box(0, 0, 30, 20))
    plant = lambda u, v: np.where((u > 10) & (u < 16) & (v > 6) & (v < 10), 12.0 + np.sin(7 * u) * np.cos(5 * v), 9.0)  # noqa: E731
    dsm, dtm = survey((shape, plant), noise=0.03)
    buildings = make_buildings([shape])
    found = planes.from_rasters(buildings, dsm, dtm)
    sound(found, buildings)
    largest = by_area(found).iloc[0]
    assert largest["tilt_deg"] < 0.5
    assert largest["azimuth_deg"] == 180.0
    assert largest["plan_m2"] == pytest.approx(576.0, rel=0.03)
    middle = at(box(11, 7, 15, 9))
    assert largest["geometry"].intersection(middle).area < 0.5


def test_two_bay_warehouse(survey, make_buildings):
    shape = at(box(0, 0, 40, 24))
    bays = lambda u, v: 8 + 0.12 * np.minimum(v % 12, 12 - v % 12) + 0 * u  # noqa: E731
    dsm, dtm = survey((shape, bays), noise=0.03)
    buildings = make_buildings([shape], use="industry")
    found = planes.from_rasters(buildings, dsm, dtm)
    sound(found, buildings)
    assert len(found.planes) == 4
    assert found.planes["plan_m2"].to_numpy() == pytest.approx([240] * 4, rel=0.03)
    assert found.planes["tilt_deg"].to_numpy() == pytest.approx([6.84] * 4, abs=0.3)


def test_terrace_row_is_cut_at_its_party_walls(survey, make_buildings):
    homes = [at(box(5 * i, 0, 5 * i + 5, 8), east=20.3) for i in range(6)]
    row = shapely.union_all(homes)
    row = box(*row.bounds)
    dsm, dtm = survey((row, lambda u, v: gable(u, v, 30, 8, 5.0, 0.8)), noise=0.05)
    buildings = make_buildings(homes)
    found = planes.from_rasters(buildings, dsm, dtm)
    sound(found, buildings)
    assert found.planes.groupby("row").size().tolist() == [2] * 6
    assert found.planes["plan_m2"].to_numpy() == pytest.approx([20.0] * 12, rel=0.03)
    assert found.planes["tilt_deg"].to_numpy() == pytest.approx([38.66] * 12, abs=2.5)


@pytest.mark.parametrize("turn", [0.0, 17.0, 45.0])
def test_noise_and_turned_walls(survey, make_buildings, turn):
    shape = at(shapely.affinity.rotate(box(0, 0, 12, 8), turn, origin=(0, 0)), east=50, north=50)
    dsm, dtm = survey((shape, lambda u, v: gable(u, v, 12, 8, 5.0, 0.75)), noise=0.1, turn=turn)
    buildings = make_buildings([shape])
    found = planes.from_rasters(buildings, dsm, dtm)
    sound(found, buildings)
    assert len(found.planes) == 2
    assert found.planes["tilt_deg"].to_numpy() == pytest.approx([36.87] * 2, abs=2.0)
    assert off(found.planes["azimuth_deg"], [180 - turn, 360 - turn]) < 3.0
    assert found.planes["plan_m2"].to_numpy() == pytest.approx([48.0] * 2, rel=0.05)


def test_a_narrow_gable_is_fitted_whole(survey, make_buildings):
    garage = at(box(0, 0, 6, 3.1), east=20.2, north=40.4)
    dsm, dtm = survey((garage, lambda u, v: gable(u, v, 6, 3.1, 2.3, 0.78)), noise=0.02)
    found = planes.from_rasters(make_buildings([garage], use="garage"), dsm, dtm)
    assert len(found.planes) == 2
    assert found.planes["tilt_deg"].to_numpy() == pytest.approx([38.0] * 2, abs=3.0)
    assert found.planes["plan_m2"].to_numpy() == pytest.approx([9.3] * 2, rel=0.15)


@pytest.mark.parametrize("turn", [0.0, 33.0])
def test_a_narrow_valley_roof_with_a_low_extension(survey, make_buildings, turn):
    """A London roof: a terraced house whose two slopes fall to a gutter in the middle, and a scullery behind it."""
    shape = at(
        shapely.affinity.rotate(Polygon([(0, 0), (9, 0), (9, 2), (12.5, 2), (12.5, 5), (0, 5)]), turn, origin=(0, 0)),
        east=50,
        north=50,
    )
    dsm, dtm = survey(
        (shape, lambda u, v: np.where(u < 9, 6.0 + 0.45 * np.abs(v - 2.5), 2.8)), noise=0.08, turn=turn, seed=4
    )
    buildings = make_buildings([shape])
    found = planes.from_rasters(buildings, dsm, dtm)
    sound(found, buildings)
    slopes = found.planes[found.planes["tilt_deg"] > 10]
    assert off(slopes["azimuth_deg"], [360 - turn, 180 - turn]) < 0.2
    assert slopes["tilt_deg"].to_numpy() == pytest.approx([24.2, 24.2], abs=5.0)
    assert slopes["plan_m2"].sum() == pytest.approx(45.0, rel=0.12)
    extension = found.planes[found.planes["height_m"] < 4]
    assert extension["height_m"].to_numpy() == pytest.approx([2.8], abs=0.1)


def test_slopes_stand_square_to_the_walls_where_cells_do_not_say_otherwise(survey, make_buildings):
    turn, askew = 20.0, 8.0
    rough, askance = (
        at(shapely.affinity.rotate(box(0, 0, 12, 8), turn, origin=(0, 0)), east=east, north=50) for east in (40, 80)
    )
    slope = np.radians(askew)

    def twisted(u, v):
        return 9 - 0.6 * np.abs((v - 4) * np.cos(slope) + (u - 6) * np.sin(slope))

    for seed in range(6):
        dsm, dtm = survey((rough, lambda u, v: gable(u, v, 12, 8, 5.0, 0.75)), noise=0.2, turn=turn, seed=seed)
        found = planes.from_rasters(make_buildings([rough]), dsm, dtm)
        assert off(found.planes["azimuth_deg"], [180 - turn, 360 - turn]) < 0.01
    dsm, dtm = survey((askance, twisted), noise=0.02, turn=turn)
    found = planes.from_rasters(make_buildings([askance]), dsm, dtm)
    assert off(found.planes["azimuth_deg"], [180 - turn + askew, 360 - turn + askew]) < 1.0


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_a_valley_is_found_under_noise_that_hides_its_slopes_one_by_one(survey, make_buildings, seed):
    shape = at(shapely.affinity.rotate(box(0, 0, 9.5, 5.2), 33, origin=(0, 0)), east=50, north=50)
    dsm, dtm = survey((shape, lambda _, v: 6 + 0.4 * np.abs(v - 2.6)), noise=0.15, turn=33, seed=seed)
    found = planes.from_rasters(make_buildings([shape]), dsm, dtm)
    assert off(found.planes["azimuth_deg"], [147, 327]) < 0.2


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_a_crown_is_no_roof(survey, make_buildings, seed):
    shape = at(box(0, 0, 6, 4))
    dsm, dtm = survey((shape, lambda u, _: 4 + 0.5 * u), noise=0.3, seed=seed)
    assert planes.from_rasters(make_buildings([shape]), dsm, dtm).planes.empty


def test_a_small_rough_patch_and_a_terrace_near_the_ground_are_no_roof(survey, make_buildings):
    shape = at(box(0, 0, 20, 8))

    def height(u, v):
        crown = 4 + 0.3 * u + 0.35 * np.sin(2.1 * u) * np.cos(1.7 * v)
        return np.where(u < 12, gable(u, v, 12, 8, 5.0, 0.75), np.where(u < 16, 1.3, crown))

    dsm, dtm = survey((shape, height), noise=0.02)
    found = planes.from_rasters(make_buildings([shape]), dsm, dtm)
    assert (found.planes["height_m"] > planes.BUILT_M).all()
    assert ((found.planes["residual_m"] <= ROUGH_M) | (found.planes["cells"] >= ROUGH_CELLS)).all()
    assert np.sort(found.planes["plan_m2"])[-2:] == pytest.approx([48, 48], rel=0.05)


def test_a_wall_smeared_over_three_cells_is_no_roof_and_not_given_to_one(survey, make_buildings):
    """Resampling draws a wall out to a rough slope of 60 degrees: no cell of it is roof."""
    shape = at(box(0, 0, 14, 12))

    def height(u, v):
        wall = 3.5 + (u - 8) * 1.75 + 0.5 * np.where((u + v) % 2 < 1, 1, -1)
        return np.where(u < 8, 3.5, np.where(u < 11, wall, 8.75))

    dsm, dtm = survey((shape, height), noise=0.02)
    found = planes.from_rasters(make_buildings([shape]), dsm, dtm)
    assert found.planes["tilt_deg"].max() < 5
    assert np.sort(found.planes["plan_m2"]) == pytest.approx([36, 96], abs=13)
    assert found.planes["plan_m2"].sum() < 145


def village(count=24, seed=5):
    """Return footprints of gables and hips on a street grid, with what stands on them."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        length, width = rng.uniform(8, 12), rng.uniform(6, 8)
        shape = at(
            box(0, 0, length, width), east=6 + 18 * (i % 6) + rng.random(), north=8 + 16 * (i // 6) + rng.random()
        )
        kind = gable if i % 2 else hip
        found.append((shape, lambda u, v, a=length, b=width, f=kind: f(u, v, a, b, 5.0, 0.7)))
    return found


@pytest.mark.parametrize("terrain", [True, False])
def test_result_does_not_depend_on_the_blocks_and_repeats(survey, make_buildings, terrain):
    there = village()
    dsm, dtm = survey(*there, noise=0.05)
    dtm = dtm if terrain else []
    buildings = make_buildings([shape for shape, _ in there])
    whole = planes.from_rasters(buildings, dsm, dtm)
    assert (whole.seen["status"] == "planes").all()
    for cells in (2048, 50, 17):
        again = planes.from_rasters(buildings, dsm, dtm, block_cells=cells)
        pd.testing.assert_frame_equal(pd.DataFrame(again.planes), pd.DataFrame(whole.planes), check_exact=True)
        pd.testing.assert_frame_equal(again.seen, whole.seen, check_exact=True)


def test_tiles_meet_under_a_roof(survey, tmp_path, make_buildings):
    there = village(6)
    dsm, dtm = survey(*there, noise=0.03)
    buildings = make_buildings([shape for shape, _ in there])
    whole = planes.from_rasters(buildings, dsm, dtm)
    with rasterio.open(dsm[0]) as raster:
        z = raster.read(1)
    halves = [write(tmp_path / "left.tif", z[:, :30]), write(tmp_path / "right.tif", z[:, 30:], west=WEST + 30)]
    split = planes.from_rasters(buildings, halves, dtm)
    pd.testing.assert_frame_equal(pd.DataFrame(split.planes), pd.DataFrame(whole.planes))


def test_moved_footprints_find_their_roofs_and_planes_stay_on_the_footprint(survey, make_buildings):
    house = at(box(0, 0, 12, 8))
    dsm, dtm = survey((house, lambda u, v: gable(u, v, 12, 8, 5.0, 0.75)))
    drawn = make_buildings([shapely.affinity.translate(house, 2.0, -3.0)])
    found = planes.from_rasters(drawn, dsm, dtm, moved_m=(-2.0, 3.0))
    sound(found, drawn)
    assert found.planes["plan_m2"].to_numpy() == pytest.approx([48.0, 48.0], abs=0.01)


def test_what_the_survey_does_not_show_gets_a_reason(survey, make_buildings, tmp_path):
    seen, gone, half, rough, tiny = (at(box(0, 0, 10, 8), east=10 + 20 * i) for i in range(5))
    tiny = at(box(0.6, 0.6, 1.4, 1.4), east=95)
    rng = np.random.default_rng(3)
    dsm, dtm = survey(
        (seen, lambda u, v: 6.0 + 0 * (u + v)), (half, lambda u, v: 6.0 + 0 * (u + v)),
        (rough, lambda u, v: 5.0 + 3 * rng.random((u + v).shape)), (tiny, lambda u, v: 4.0 + 0 * (u + v)),
    )  # fmt: skip
    with rasterio.open(dsm[0]) as raster:
        z = raster.read(1)
    column = int(half.bounds[0] - WEST)
    z[:, column - 1 : column + 7] = -9999.0
    dsm = [write(tmp_path / "holes.tif", z)]
    buildings = make_buildings([seen, gone, half, rough, tiny, box(0, 0, 9, 9)])
    found = planes.from_rasters(buildings, dsm, dtm)
    assert found.seen["status"].tolist() == ["planes", "low", "unseen", "rough", "small", "unseen"]
    assert set(found.planes["row"]) == {0}
    said = planes.summary(found)
    assert "1 of 6 roofs" in said
    assert "2 off the survey" in said

    made = roofs.roof_planes(buildings, found, **ROOFS)
    assert set(made["building_id"]) == set(buildings["building_id"])  # no building without a roof
    method = made.groupby("building_id")["method"].first()
    assert method["b0"] == "plane in the surface model"
    assert method["b1"] == "footprint archetype: gable, since no roof stands here in the survey"
    assert method["b2"] == "footprint archetype: gable"
    assert made.loc[made["building_id"].isin(["b1", "b3"]), "confidence"].eq("low").all()
    assert made.loc[made["building_id"] == "b0", "confidence"].eq("high").all()
    flat = made[made["building_id"] == "b0"].iloc[0]
    assert flat["tilt_deg"] < 0.1
    assert (flat["panel_tilt_deg"], flat["panel_azimuth_deg"]) == (12.0, 180.0)
    assert flat["height_m"] == pytest.approx(6.0, abs=0.01)


LAYOUT = Layout(
    module=Module(width_m=1.0, length_m=1.7), edge_m=(0.4, 0.3, 0.5), flat_edge_m=(1.0, 0.5, 1.5), sun_deg=15.0,
    unseen=(0.1, 0.0, 0.25),
)  # fmt: skip

ROOFS = {
    "pitch_deg": (35.0, 30.0, 40.0), "low_pitch_deg": (10.0, 5.0, 15.0), "flat_from_footprint_m2": 400.0,
    "flat_below_deg": 8.0, "flat_tilt_deg": (12.0, 10.0, 15.0), "layout": LAYOUT, "usable_pitched": (0.5, 0.25, 0.75),
    "usable_flat": (0.4, 0.2, 0.6), "power_density": (200.0, 100.0, 300.0), "min_usable_m2": 8.0,
    "max_from_south_deg": 115.0,
}  # fmt: skip


def test_coarse_cells_show_no_planes_and_fine_ones_are_averaged(survey, make_buildings):
    house = at(box(0, 0, 12, 8))
    gabled = (house, lambda u, v: gable(u, v, 12, 8, 5.0, 0.75))
    buildings = make_buildings([house])
    coarse = planes.from_rasters(buildings, *survey(gabled, cell=4.0))
    assert coarse.seen["status"].tolist() == ["coarse"]
    for cell in (0.5, 0.25):
        fine = planes.from_rasters(buildings, *survey(gabled, cell=cell, noise=0.03))
        assert fine.planes["plan_m2"].to_numpy() == pytest.approx([48.0, 48.0], rel=0.01)
        assert fine.planes["tilt_deg"].to_numpy() == pytest.approx([36.87] * 2, abs=0.3)
        assert fine.planes["cells"].max() <= 400


def test_a_survey_written_on_a_finer_grid_is_read_as_fine_as_it_was(survey, make_buildings, tmp_path):
    house = at(shapely.affinity.rotate(box(0, 0, 12, 8), 30, origin=(0, 0)))
    dsm, _ = survey((house, lambda u, v: gable(u, v, 12, 8, 5.0, 0.75)), noise=0.05, turn=30)
    with rasterio.open(dsm[0]) as raster:
        fine = raster.read(1).repeat(5, axis=0).repeat(5, axis=1)[2:, 3:]
    again = write(tmp_path / "fine.tif", fine, west=WEST + 0.6, north=NORTH - 0.4, cell=0.2)
    buildings = make_buildings([house])
    found, want = planes.from_rasters(buildings, [again]), planes.from_rasters(buildings, dsm)
    assert found.seen["resolution_m"].tolist() == pytest.approx([1.0])
    columns = ["tilt_deg", "azimuth_deg", "plan_m2", "height_m", "residual_m", "cells"]
    assert len(want.planes) == 2
    np.testing.assert_allclose(found.planes[columns], want.planes[columns], atol=1e-3)


@pytest.mark.parametrize("cell", [1.0, 0.5])
def test_level_roofs_are_not_taken_for_a_coarser_survey(make_buildings, tmp_path, cell):
    rng = np.random.default_rng(2)
    surface = np.zeros((int(SIZE / cell), int(SIZE / cell)))
    houses = [box(x, y, x + 8, y + 10) for x in range(4, 110, 12) for y in range(4, 100, 14)]
    for house in houses:
        west, south, east, north = (int(edge / cell) for edge in house.bounds)
        surface[len(surface) - north : len(surface) - south, west:east] = rng.uniform(4, 9)
    dsm = write(tmp_path / "level.tif", surface, cell=cell)
    shapes = np.array([at(house, 0, 0) for house in houses])
    assert rasters.repeats(rasters.describe(dsm), shapes)[0] == 1


def test_a_yard_inside_is_part_of_a_building_and_bare_cells_by_the_walls_are_not(survey, make_buildings):
    yard, grown = at(box(0, 0, 24, 24)), at(box(0, 0, 24, 24), east=60)

    def round_a_yard(u, v):
        return np.where((np.abs(u - 12) < 8) & (np.abs(v - 12) < 8), 0.0, 7.0)

    def smaller_then(u, v):
        return np.where((np.abs(u - 12) < 9) & (np.abs(v - 12) < 9), 7.0, 0.0)

    dsm, dtm = survey((yard, round_a_yard), (grown, smaller_then), noise=0.02)
    found = planes.from_rasters(make_buildings([yard, grown]), dsm, dtm)
    assert found.seen["built_share"].to_numpy() == pytest.approx([0.556, 0.5625], abs=0.01)
    assert found.seen["status"].tolist() == ["planes", "low"]


def test_a_survey_cut_out_along_the_walls_shows_roofs_of_unknown_height(survey, make_buildings, tmp_path):
    house = at(box(0, 0, 12, 8))
    dsm, _ = survey((house, lambda u, v: gable(u, v, 12, 8, 5.0, 0.75)), noise=0.02)
    with rasterio.open(dsm[0]) as raster:
        whole = raster.read(1)
        inside = rasterize([house], out_shape=whole.shape, transform=raster.transform)
    cut = write(tmp_path / "cut.tif", np.where(inside, whole, -9999))
    buildings = make_buildings([house])
    found = planes.from_rasters(buildings, [cut])
    assert off(found.planes["azimuth_deg"], [0, 180]) < 0.1
    assert found.planes["tilt_deg"].to_numpy() == pytest.approx([36.87] * 2, abs=1.0)
    assert found.planes["height_m"].isna().all()
    assert found.seen.loc[0, "status"] == "planes"
    assert np.isnan(found.seen.loc[0, "built_share"])
    made = roofs.roof_planes(buildings, found, **ROOFS)
    assert made["confidence"].tolist() == ["medium", "medium"]


def test_nothing_to_read(empty, make_buildings, survey):
    house = at(box(0, 0, 12, 8))
    dsm, dtm = survey((house, lambda u, v: 6.0 + 0 * (u + v)))
    none = planes.from_rasters(empty("in_building"), dsm, dtm)
    assert none.planes.empty
    assert none.seen.empty
    away = planes.from_rasters(make_buildings([house]), [])
    assert away.planes.empty
    assert away.seen["status"].tolist() == ["unseen"]
    schema.conform(roofs.roof_planes(make_buildings([house]), away, **ROOFS), "roof_plane")


@pytest.fixture(scope="module")
def barrowmere():
    drawn = pyogrio.read_dataframe(SAMPLE / "osm_buildings.geojson").to_crs(schema.CRS)
    buildings = gpd.GeoDataFrame({"building_id": drawn["osm_ref"]}, geometry=drawn.geometry)
    return buildings, planes.from_rasters(buildings, *SURVEYS)


@pytest.mark.xdist_group("barrowmere_roofs")
def test_sample_village_meets_the_targets(barrowmere):
    buildings, found = barrowmere
    truth = _roof_truth.read(SAMPLE / "truth" / "roof_planes.csv")
    sound(found, buildings)
    named = found.planes.assign(building_id=buildings["building_id"].to_numpy()[found.planes["row"]])
    score = _roof_truth.score(named, truth)
    assert score.buildings > 1000
    assert score.right_number >= 0.95
    assert score.matched >= 0.95
    assert score.tilt_rmse_deg <= 2.0
    assert score.azimuth_rmse_deg <= 3.0
    assert score.area_median_error <= 0.05
    newer = pd.read_csv(SAMPLE / "truth" / "roof_planes.csv").query("in_survey == 'no'")["building_id"].unique()
    status = found.seen["status"].set_axis(buildings["building_id"])
    assert len(newer) > 0
    assert (status.reindex(newer) == "low").all()


class _OtherProcessor:
    """Numpy on a processor whose sines and roots differ in the last digit."""

    def __getattr__(self, name):
        function = getattr(np, name)
        if name not in {"sin", "cos", "arctan2", "hypot"}:
            return function
        return lambda *values: np.nextafter(function(*values), np.inf)


@pytest.mark.compares
@pytest.mark.xdist_group("barrowmere_roofs")
def test_no_roof_hangs_on_the_last_digit_of_a_sine(barrowmere, monkeypatch):
    buildings, found = barrowmere
    monkeypatch.setattr(shapes, "np", _OtherProcessor())
    other = planes.from_rasters(buildings, *SURVEYS)
    pd.testing.assert_frame_equal(pd.DataFrame(other.planes), pd.DataFrame(found.planes))
    pd.testing.assert_frame_equal(other.seen, found.seen)


@pytest.mark.real
def test_covent_garden(shared_data, make_buildings):
    folder = shared_data / "lidar/covent_garden"
    shapes = pyogrio.read_dataframe(folder / "footprints_osm_epsg32631.geojson").to_crs(schema.CRS).geometry
    buildings = make_buildings(shapes.to_numpy())
    found = planes.from_rasters(buildings, [folder / "DSM_CG.tif"], [folder / "DEM_CG.tif"], moved_m=(-0.2, 3.2))
    sound(found, buildings)
    assert (found.seen["status"] == "planes").sum() > 330
    assert found.planes["tilt_deg"].max() < 71
    # the piazza's market halls run at one angle: their pitched planes face four ways, at right angles
    largest = found.planes[(found.planes["plan_m2"] > 100) & (found.planes["tilt_deg"] > 15)]
    assert len(largest) > 30
