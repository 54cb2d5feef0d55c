"""Whether footprints lie where the surface model shows buildings."""

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from laep import schema
from laep.spatial.roofs import heights, registration

WEST, NORTH, SIZE = 400_000.0, 200_200.0, 200
SHAPES = shapely.box(
    *np.array(
        [
            (20 + 28 * i + 2 * (j % 3), 20 + 26 * j + i % 4, 31 + 28 * i + j % 5, 28 + 26 * j + i % 3)
            for i in range(6)
            for j in range(6)
        ]
    ).T
)
SHAPES = shapely.transform(SHAPES, lambda xy: xy + np.array([WEST, NORTH - SIZE]))


def models(tmp_path, shapes, noise=0.05):
    """Write a surface with blocks of 6 m on sloping ground, and the ground, at 1 m."""
    x, y = np.meshgrid(WEST + np.arange(SIZE) + 0.5, NORTH - np.arange(SIZE) - 0.5)
    ground = 50 + 0.02 * (x - WEST)
    built = shapely.contains_xy(shapely.union_all(shapes), x, y)
    surface = ground + 6.0 * built + np.random.default_rng(4).normal(0, noise, x.shape)
    paths = []
    for name, values in (("dsm", surface), ("dtm", ground)):
        paths.append(tmp_path / f"{name}.tif")
        with rasterio.open(
            paths[-1], "w", driver="GTiff", dtype="float32", count=1, height=SIZE, width=SIZE, crs="EPSG:27700",
            transform=from_origin(WEST, NORTH, 1, 1), nodata=-9999.0,
        ) as raster:  # fmt: skip
            raster.write(values.astype("float32"), 1)
    return [paths[0]], [paths[1]]


def moved(shapes, east, north):
    return shapely.transform(shapes, lambda xy: xy + np.array([east, north]))


@pytest.mark.parametrize("terrain", [True, False])
@pytest.mark.parametrize("by", [(3.0, -2.0), (-1.0, 3.0), (2.0, 0.0)])
def test_a_shift_is_found_and_undone(tmp_path, make_buildings, by, terrain):
    dsm, dtm = models(tmp_path, SHAPES)
    drawn = make_buildings(moved(SHAPES, *by))
    found = registration.shift(drawn, dsm, dtm if terrain else [])
    assert (found.dx_m, found.dy_m) == pytest.approx((-by[0], -by[1]), abs=0.3)
    assert found.sure
    assert f"moved {found.dx_m:.1f} m east" in found.told()[0]
    assert found.moved_m == (found.dx_m, found.dy_m)
    assert found.agreement >= 0.95
    assert found.gain > 0.05
    before = heights.building_heights(drawn, dsm, dtm)
    after = heights.building_heights(drawn, dsm, dtm, moved_m=found.moved_m)
    assert after["built_share"].mean() > 0.95
    assert after["built_share"].mean() > before["built_share"].mean()
    assert (after["moved_east_m"] == found.dx_m).all()


def test_footprints_in_place_stay(tmp_path, make_buildings):
    dsm, dtm = models(tmp_path, SHAPES)
    found = registration.shift(make_buildings(SHAPES), dsm, dtm)
    assert np.hypot(found.dx_m, found.dy_m) < 0.3
    assert not found.sure
    assert found.moved_m == (0.0, 0.0)
    assert found == registration.shift(make_buildings(SHAPES), dsm, dtm)


def test_too_little_evidence_moves_nothing(tmp_path, make_buildings):
    dsm, dtm = models(tmp_path, SHAPES)
    few = registration.shift(make_buildings(moved(SHAPES[:8], 3.0, 0.0)), dsm, dtm)
    assert few.dx_m == pytest.approx(-3.0, abs=0.3)
    assert (few.sure, few.moved_m, few.told()) == (False, (0.0, 0.0), [])
    chance = np.random.default_rng(7).uniform(-9, 9, (len(SHAPES), 2))
    astray = shapely.transform(SHAPES, lambda xy: xy + np.repeat(chance, 5, axis=0))
    assert not registration.shift(make_buildings(astray), dsm, dtm).sure
    far = registration.shift(make_buildings(moved(SHAPES, 9.0, 9.0)), dsm, dtm)
    assert not far.sure  # the best place lies beyond the reach


def test_nothing_to_compare(tmp_path, make_buildings, empty):
    dsm, _ = models(tmp_path, SHAPES)
    for buildings in (make_buildings(moved(SHAPES, -9_000, 0)), empty("in_building")):
        found = registration.shift(buildings, dsm)
        assert np.isnan([found.dx_m, found.dy_m, found.gain]).all()
        assert found.moved_m == (0.0, 0.0)
    assert registration.shift(make_buildings(SHAPES), []).buildings == 0


@pytest.mark.real
def test_covent_garden_lies_three_metres_south_of_its_surface_model(shared_data, make_buildings):
    folder = shared_data / "lidar/covent_garden"
    shapes = pyogrio.read_dataframe(folder / "footprints_osm_epsg32631.geojson").to_crs(schema.CRS).geometry
    found = registration.shift(make_buildings(shapes.to_numpy()), [folder / "DSM_CG.tif"], [folder / "DEM_CG.tif"])
    assert found.sure
    assert found.dy_m == pytest.approx(3.0, abs=0.5)
    assert -1.5 < found.dx_m <= 0.0
