"""Whole modules on a plane, by hand: rectangles, hips, holes, margins, slopes; never more than the area holds."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from laep.spatial.roofs.packing import Module, flat, pitched

MODULE = Module(width_m=1.0, length_m=1.7)
SOUTH = 180.0


def on_slope(width, slope_length, tilt=40.0, azimuth=SOUTH):
    """Return the plan of a rectangle that is `slope_length` long on the slope."""
    plan = shapely.box(0, 0, width, slope_length * np.cos(np.radians(tilt)))
    return shapely.affinity.rotate(plan, SOUTH - azimuth, origin=(0, 0))


def count(shape, tilt=40.0, azimuth=SOUTH, margin=0.0):
    shapes = np.array([shape], dtype=object)
    return int(pitched(shapes, np.array([tilt]), np.array([azimuth]), module=MODULE, margin_m=margin)[0])


def test_rows_of_a_rectangle_on_its_true_length():
    assert count(on_slope(6.0, 3.4)) == 12  # portrait: 6 wide, 2 high
    assert count(on_slope(5.1, 3.0)) == 9  # landscape: 3 wide, 3 high
    assert count(on_slope(6.0, 3.4, tilt=60), tilt=60) == 12
    assert count(on_slope(0.9, 9.0)) == 0


@pytest.mark.parametrize("azimuth", [0.0, 37.0, 90.0, 181.5, 270.0])
def test_any_direction(azimuth):
    assert count(on_slope(6.01, 3.41, azimuth=azimuth), azimuth=azimuth) == 12


def test_the_margin_runs_round_the_edge_on_the_slope():
    assert count(on_slope(6.8, 4.2), margin=0.4) == 12
    assert count(on_slope(6.7, 4.2), margin=0.4) < 12


def test_a_triangle_has_shorter_rows_higher_up():
    hip = shapely.Polygon([(0, 0), (10, 0), (5, 5)])
    flat_lying = count(hip, tilt=0.0)
    portrait_by_hand = 6 + 3  # at 1.7 m up 6.6 m wide, at 3.4 m 3.2 m
    assert flat_lying >= portrait_by_hand
    assert flat_lying * MODULE.area_m2 < hip.area


def test_a_chimney_is_gone_round():
    roof = on_slope(6.0, 3.4, tilt=0.0)
    chimney = shapely.box(2.6, 1.0, 3.3, 1.6)
    assert count(roof.difference(chimney), tilt=0.0) == 10  # the lower row loses two, the upper none


def test_an_arm_that_is_too_narrow_holds_none_and_parts_add_up():
    two = shapely.MultiPolygon([on_slope(6.0, 3.4, tilt=0.0), shapely.box(20, 0, 23, 1.7)])
    assert count(two, tilt=0.0) == 12 + 3


def test_rows_on_a_flat_roof_keep_out_of_each_other_s_shade():
    roof = np.array([shapely.box(0, 0, 17.0, 10.0)], dtype=object)
    deep, gap = np.cos(np.radians(10)), np.sin(np.radians(10)) / np.tan(np.radians(15))
    rows = 1 + int((10.0 - deep) // (deep + gap))
    found = flat(roof, np.array([SOUTH]), module=MODULE, tilt_deg=10.0, sun_deg=15.0, margin_m=0.0)
    assert found.tolist() == [rows * 10]
    wide = flat(roof, np.array([SOUTH]), module=MODULE, tilt_deg=10.0, sun_deg=60.0, margin_m=0.0)
    assert wide[0] > found[0]


def test_nothing_to_pack():
    none = np.array([], dtype=object)
    assert pitched(none, np.array([]), np.array([]), module=MODULE, margin_m=0.4).tolist() == []
    assert count(shapely.Polygon(), tilt=30.0) == 0


@settings(max_examples=60, deadline=None)
@given(
    corners=st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20)), min_size=3, max_size=9),
    tilt=st.floats(0, 60), azimuth=st.floats(0, 359), margin=st.floats(0, 1),
)  # fmt: skip
def test_modules_never_cover_more_than_the_plane_less_its_margin(corners, tilt, azimuth, margin):
    hull = shapely.MultiPoint(corners).convex_hull
    if hull.geom_type != "Polygon":
        return
    fits = count(hull, tilt=tilt, azimuth=azimuth, margin=margin)
    sloped = hull.area / np.cos(np.radians(tilt))
    assert fits * MODULE.area_m2 <= sloped + 1e-6
    assert fits <= count(hull, tilt=tilt, azimuth=azimuth, margin=0.0)
