"""Walls and valleys of known height give the angles anyone can work out; how the grid is cut changes no bit."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from benchmarks import _reference
from laep.schema import conform
from laep.spatial.roofs import horizon
from laep.spatial.roofs.horizon_kernel import STACK, sky_above

ALL = horizon.sector_azimuths()


def ground(rows=60, columns=60, height=20.0):
    return np.full((rows, columns), height, np.float32)


def seen_from(surface, row, column, *, azimuth=ALL, cell_m=1.0, **more):
    grid = horizon.of_array(surface, cell_m)
    return _reference.angles(grid, np.array([row]), np.array([column]), azimuth_deg=np.asarray(azimuth, float), **more)[
        0
    ]


def rough(rows, columns, seed=4):
    rng = np.random.default_rng(seed)
    surface = rng.normal(50, 0.1, (rows, columns))
    for _ in range(rows * columns // 120):
        row, column = rng.integers(0, rows), rng.integers(0, columns)
        surface[row : row + 8, column : column + 6] += rng.uniform(2, 9)
    return surface.astype(np.float32)


def by_march(surface, row, column, azimuth_deg, step=0.25):
    """Return the skyline by small steps along the ray on the bilinear surface, the slow way."""
    east, south = np.sin(np.radians(azimuth_deg)), -np.cos(np.radians(azimuth_deg))
    away = np.arange(1.0, 500.0, step)
    x, y = column + east * away, row + south * away
    inside = (x >= 0) & (y >= 0) & (x < surface.shape[1] - 1) & (y < surface.shape[0] - 1)
    x, y, away = x[inside], y[inside], away[inside]
    i, j = x.astype(int), y.astype(int)
    fx, fy = x - i, y - j
    top = surface[j, i] * (1 - fx) + surface[j, i + 1] * fx
    low = surface[j + 1, i] * (1 - fx) + surface[j + 1, i + 1] * fx
    rise = (top * (1 - fy) + low * fy - surface[row, column]) / away
    return np.degrees(np.arctan(max(rise.max(initial=0), 0)))


# --- angles ---


def test_flat_ground_has_no_skyline():
    assert seen_from(ground(), 30, 30).tolist() == [0.0] * 36


def test_a_wall_stands_at_the_angle_of_its_height_over_its_distance():
    surface = ground()
    surface[:, 40:44] += 10.0  # a wall that runs north and south, 10 m high, 10 m east
    found = seen_from(surface, 30, 30)
    assert found[9] == pytest.approx(45.0)
    assert found[8] == pytest.approx(np.degrees(np.arctan(np.sin(np.radians(80)))), abs=0.05)
    assert found[4] == pytest.approx(np.degrees(np.arctan(np.sin(np.radians(40)))), abs=1.5)  # between cells
    assert found[18:].tolist() == [0.0] * 18


@pytest.mark.parametrize(("row", "column", "sector"), [(10, 30, 0), (30, 50, 9), (50, 30, 18), (30, 10, 27)])
def test_north_is_up_and_angles_run_clockwise(row, column, sector):
    surface = ground()
    surface[row, column] += 20.0
    found = seen_from(surface, 30, 30)
    assert found[sector] == pytest.approx(45.0)
    assert np.delete(found, sector).max() < 1.0


def test_the_highest_thing_seen_counts_and_not_the_nearest():
    surface = ground(3, 900)
    surface[:, 110] += 1.0
    surface[:, 800] += 70.0
    assert seen_from(surface, 1, 100, azimuth=[90])[0] == pytest.approx(np.degrees(np.arctan(0.1)))
    surface[:, 800] += 7.0
    assert seen_from(surface, 1, 100, azimuth=[90])[0] == pytest.approx(np.degrees(np.arctan(77 / 700)))


def test_cells_of_half_a_metre_double_the_angle():
    surface = ground()
    surface[:, 40] += 5.0
    assert seen_from(surface, 30, 30, azimuth=[90], cell_m=0.5)[0] == pytest.approx(45.0)


def test_a_raised_eye_looks_over_a_kerb():
    surface = ground()
    surface[:, 31] += 0.1
    assert seen_from(surface, 30, 30, azimuth=[90])[0] == pytest.approx(np.degrees(np.arctan(0.1)), abs=1e-3)
    assert seen_from(surface, 30, 30, azimuth=[90], lift_m=0.1)[0] == pytest.approx(0.0, abs=1e-3)


def test_missing_cells_hide_nothing():
    surface = ground()
    surface[:, 40] = np.nan
    surface[:, 45] += 15.0
    assert seen_from(surface, 30, 30, azimuth=[90])[0] == pytest.approx(45.0)


def test_close_to_small_steps_along_the_ray():
    surface = rough(150, 170)
    rng = np.random.default_rng(1)
    row, column = rng.integers(20, 130, 200), rng.integers(20, 150, 200)
    azimuth = np.array([0.0, 17.0, 45.0, 110.0, 222.0, 290.0])
    ours = _reference.angles(horizon.of_array(surface, 1.0), row, column, azimuth_deg=azimuth)
    slow = np.array([[by_march(surface, r, c, a) for a in azimuth] for r, c in zip(row, column, strict=True)])
    assert np.abs(ours[:, 0] - slow[:, 0]).max() < 1e-3
    assert np.abs(ours - slow).mean() < 1.0
    assert abs((ours - slow).mean()) < 0.3


@pytest.mark.parametrize("strip_cells", [170 * 150 // 2, 170 * 37, 170 * 9, 1])
def test_how_the_grid_is_cut_changes_no_bit(strip_cells):
    surface = rough(150, 170)
    surface[60:70, 20:30] = np.nan
    row, column = (part.ravel() for part in np.mgrid[0:150:3, 0:170:3])
    grid = horizon.of_array(surface, 1.0)
    azimuth = ALL[2::5] if strip_cells == 1 else ALL  # column by column takes long
    whole = _reference.angles(grid, row, column, azimuth_deg=azimuth)
    cut = _reference.angles(grid, row, column, azimuth_deg=azimuth, strip_cells=strip_cells)
    np.testing.assert_array_equal(whole, cut)


def test_a_round_hill_with_more_corners_than_are_kept_stays_round():
    away = np.arange(6 * STACK, dtype=float)
    hill = np.repeat((400 - away**2 / 2000)[None, :].astype(np.float32), 3, axis=0)
    found = seen_from(hill[:, ::-1], 1, 10, azimuth=[90])[0]
    heights = hill[1, ::-1].astype(float)
    want = np.degrees(np.arctan(((heights[11:] - heights[10]) / np.arange(1, len(heights) - 10)).max()))
    assert found == pytest.approx(want, abs=0.3)


# --- sky ---


def sky(tangent, tilt, facing):
    up, across, edge = horizon.as_seen(np.float64(tilt), ALL - facing)
    above, free = (sky_above(np.maximum(np.arctan(height), edge), up, across) for height in (tangent, -np.inf))
    return above.sum() * 2 / len(ALL), free.sum() * 2 / len(ALL)


@pytest.mark.parametrize("tilt", [0.0, 20.0, 35.0, 60.0, 90.0])
def test_a_free_plane_sees_the_usual_view_factor(tilt):
    above, free = sky(0.0, tilt, 180.0)
    assert above == pytest.approx(free)
    assert free == pytest.approx((1 + np.cos(np.radians(tilt))) / 2, rel=5e-3)


def test_a_level_plane_in_a_bowl_sees_the_square_of_the_cosine():
    assert sky(np.tan(np.radians(30)), 0.0, 180.0)[0] == pytest.approx(0.75)


def test_an_endless_wall_to_the_zenith_takes_half_the_sky():
    tangent = np.where(np.abs(ALL - 180.0) < 90, np.inf, 0.0)
    tangent[[9, 27]] = np.tan(np.pi / 4)  # the two sectors along the wall are half hidden
    assert sky(tangent, 0.0, 0.0)[0] == pytest.approx(0.5, abs=0.02)


def test_a_wall_behind_a_steep_plane_hides_nothing():
    behind = np.where(np.abs(ALL - 180) > 150, np.tan(np.radians(40)), 0.0)
    before = np.where(np.abs(ALL - 180) < 30, np.tan(np.radians(40)), 0.0)
    assert sky(behind, 60.0, 180.0)[0] == pytest.approx(0.75)
    assert sky(before, 60.0, 180.0)[0] < 0.65


# --- roofs ---


def written_surface(path, surface, left=430000.0, top=210000.0, nodata=None):
    with rasterio.open(
        path, "w", driver="GTiff", width=surface.shape[1], height=surface.shape[0], count=1, dtype="float32",
        crs="EPSG:27700", transform=from_origin(left, top, 1, 1), nodata=nodata,
    ) as file:  # fmt: skip
        file.write(surface, 1)
    return path


def roofs(*boxes, tilt=0.0, azimuth=180.0):
    count = len(boxes)
    return gpd.GeoDataFrame(
        {"roof_id": [f"r{n}" for n in range(count)], "tilt_deg": [tilt] * count, "azimuth_deg": [azimuth] * count},
        geometry=[shapely.box(*box) for box in boxes], crs="EPSG:27700",
    )  # fmt: skip


def test_roof_shade_by_hand(tmp_path):
    surface = ground(100, 100)
    surface[40:50, 40:50] += 6.0  # a roof
    surface[:, 60:62] += 16.0  # a taller row to its east
    path = written_surface(tmp_path / "dsm.tif", surface)
    planes = roofs((430040, 209950, 430050, 209960), (430500, 209950, 430510, 209960))
    found = conform(horizon.roof_shade(planes, [path], lift_m=0.0), "roof_shade")
    assert found["roof_id"].tolist() == ["r0"]  # the other lies off the surface: nothing is said of it
    assert found.loc[0, "cells"] == 100
    heights = [float(text) for text in found.loc[0, "horizon_deg"].split()]
    spreads = [float(text) for text in found.loc[0, "horizon_spread_deg"].split()]
    want = np.degrees(np.arctan(10 / np.arange(11, 21)))
    assert heights[9] == pytest.approx(want.mean(), abs=0.06)
    assert spreads[9] == pytest.approx(want.std(), abs=0.06)
    assert heights[27] == 0.0
    assert 0.85 < found.loc[0, "sky_view"] < 0.98


def test_planes_drawn_beside_their_roof_are_read_through_the_move(tmp_path):
    path = written_surface(tmp_path / "dsm.tif", rough(60, 60))
    there, astray = roofs((430020, 209965, 430028, 209972)), roofs((430023, 209963, 430031, 209970))
    moved = horizon.roof_shade(astray, [path], lift_m=0.1, moved_m=(-3.0, 2.0))
    assert moved.equals(horizon.roof_shade(there, [path], lift_m=0.1))
    assert not moved.equals(horizon.roof_shade(astray, [path], lift_m=0.1))


def test_chimney_and_ground_cells_are_no_eyes(tmp_path):
    surface = ground(100, 100)
    surface[40:50, 40:50] += 6.0
    surface[40, 40:50] -= 6.0  # a row of the footprint that the survey sees as ground
    path = written_surface(tmp_path / "dsm.tif", surface)
    found = horizon.roof_shade(roofs((430040, 209950, 430050, 209960)), [path], lift_m=0.0)
    assert found.loc[0, "cells"] == 90
    assert found.loc[0, "horizon_mean_deg"] == 0.0


def test_strips_of_files_change_no_bit(tmp_path):
    surface = rough(120, 140)
    tiles = [
        written_surface(tmp_path / "west.tif", surface[:, :70]),
        written_surface(tmp_path / "east.tif", surface[:, 70:], left=430070.0),
    ]
    planes = roofs(*[(430000 + x, 209890 + y, 430008 + x, 209897 + y) for x in range(3, 130, 20) for y in (5, 44, 80)])
    whole = horizon.roof_shade(planes, tiles, lift_m=0.1)
    cut = horizon.roof_shade(planes, tiles, lift_m=0.1, strip_cells=5000)
    one = horizon.roof_shade(planes, [written_surface(tmp_path / "all.tif", surface)], lift_m=0.1)
    assert len(whole) == len(planes)
    assert whole.equals(cut)
    assert whole.equals(one)


def test_no_planes_no_rows(tmp_path):
    path = written_surface(tmp_path / "dsm.tif", ground())
    assert horizon.roof_shade(roofs(), [path], lift_m=0.1).empty
    assert horizon.roof_shade(roofs((0, 0, 9, 9)), [path], lift_m=0.1).empty
    assert horizon.roof_shade(roofs((0, 0, 9, 9)), [], lift_m=0.1).empty
