"""Geometry helpers."""

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from laep.spatial import shapes

SQUARE = shapely.box(0, 0, 10, 10)


def test_polygonal_mends_bow_ties_and_drops_lines():
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    mixed = shapely.GeometryCollection([SQUARE, shapely.LineString([(0, 0), (9, 9)])])
    line = shapely.LineString([(0, 0), (1, 0)])
    made = shapes.polygonal(np.array([bow_tie, mixed, line, SQUARE], dtype=object))
    assert shapely.is_valid(made).all()
    assert shapely.area(made).tolist() == pytest.approx([2.0, 100.0, 0.0, 100.0])
    assert set(shapely.get_type_id(made)) <= {3, 6}


def test_halves_lie_left_and_right_of_the_line():
    left, right = shapes.halves(np.array([SQUARE]), np.array([[4.0, 5.0]]), np.array([[0.0, 1.0]]))
    assert left[0].bounds == (0, 0, 4, 10)
    assert right[0].bounds == (4, 0, 10, 10)


def test_containing_takes_the_smallest_and_bridges_a_slit():
    areas = np.array([shapely.box(0, 0, 100, 100), shapely.box(10, 10, 20, 20), shapely.box(103, 0, 200, 100)])
    points = shapely.points([[5, 5], [15, 15], [101, 50], [102.5, 50], [900, 900]])
    assert shapes.containing(points, areas).tolist() == [0, 1, -1, -1, -1]
    assert shapes.containing(points, areas, gap_m=5).tolist() == [0, 1, 0, 2, -1]


def test_containing_with_nothing():
    none = np.array([], dtype=object)
    assert shapes.containing(none, np.array([SQUARE])).tolist() == []
    assert shapes.containing(shapely.points([[1, 1]]), none, gap_m=5).tolist() == [-1]


def test_edges_reach_into_multipolygons_and_holes():
    holed = shapely.MultiPolygon(
        [shapely.Polygon(SQUARE.exterior, [shapely.box(2, 2, 4, 4).exterior]), shapely.box(20, 0, 21, 1)]
    )
    owner, step = shapes.edges(np.array([SQUARE, holed], dtype=object))
    assert np.bincount(owner).tolist() == [4, 12]
    assert np.hypot(*step[owner == 1].T).sum() == pytest.approx(40 + 8 + 4)


@given(st.floats(0, 89.9), st.floats(6, 40), st.floats(1.2, 4))
@settings(max_examples=50, deadline=None)
def test_wall_axis_and_extent_find_a_turned_rectangle(bearing, length, ratio):
    # a box whose long side runs north, turned clockwise by `bearing`
    box = shapely.affinity.rotate(shapely.box(0, 0, length / ratio, length), -bearing)
    turned = np.array([shapely.MultiPolygon([box])], dtype=object)
    axis = shapes.wall_axis(turned)
    along, across = shapes.extent(turned, axis)
    assert abs((axis[0] - bearing + 45) % 90 - 45) < 1e-6
    assert sorted([along[0], across[0]]) == pytest.approx([length / ratio, length])


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_voronoi_cells_hold_their_points_and_cover_the_land(xy):
    land = shapely.box(-20, -20, 70, 70)
    points = np.array(xy, dtype=float)
    cells = shapes.voronoi(points, land)
    assert shapely.intersects(cells, shapely.points(points)).all()
    assert shapely.difference(land, shapely.union_all(cells).buffer(1e-6)).area == pytest.approx(0, abs=1e-6)
    distinct = shapely.area(shapely.intersection(np.array(list({cell.wkb: cell for cell in cells}.values())), land))
    assert distinct.sum() == pytest.approx(land.area)
