"""A roof that no survey shows has a skyline by what covers the land round it: level and open by hand."""

import numpy as np
import pytest
import shapely

from laep.spatial.roofs import typical_skyline


def test_land_is_covered_by_buildings_and_woods_alone(make_buildings, make_layer):
    house = shapely.box(-5, -5, 5, 5)
    wood = shapely.MultiPolygon([shapely.box(0, -90, 90, 90)])
    grass = shapely.MultiPolygon([shapely.box(-90, -90, 0, 90)])
    land = make_layer("in_land", [wood, grass], land_id=["w", "g"], kind=["woodland", "grass"], area_m2=[16200.0] * 2)
    homes = make_buildings([house, shapely.box(1000, 1000, 1200, 1200)])
    found = typical_skyline.covered(homes, land, within_m=50)
    assert found["b0"] == pytest.approx(0.5, abs=0.03)
    assert found["b1"] == 1.0
    assert typical_skyline.covered(homes, land.iloc[:0], within_m=50)["b0"] < 0.05


def test_an_even_skyline_by_hand():
    level, steep, open_ = typical_skyline.around(np.array([0.0, 40.0, 0.0]), np.array([10.0, 10.0, 0.0])).sky_view
    heights = np.random.default_rng(1).exponential(np.radians(10), 200_000)
    assert level == pytest.approx(
        (np.cos(heights) ** 2).mean(), abs=0.004
    )  # light from above a height, on level ground
    assert steep < level < open_ == 1.0
    found = typical_skyline.around(np.array([30.0]), np.array([8.0]))
    assert found.horizon_deg.shape == (1, 36)
    assert np.ptp(found.horizon_deg) == 0
    assert found.horizon_deg[0, 0] == pytest.approx(8.0, rel=0.03)
    assert found.spread_deg[0, 0] == pytest.approx(8.0, rel=0.15)
