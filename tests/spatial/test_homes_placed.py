"""Addresses find their building, buildings their zone, and the reach of a map is that of its buildings."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point, box

from laep.spatial import homes


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:27700")


BUILDINGS = frame([box(10, 10, 20, 20), box(40, 10, 50, 20)], building_id=["a", "b"])
ZONES = frame([box(0, 0, 30, 100), box(30, 0, 100, 100)], zone_id=["E1", "E2"])


def test_f13_an_address_in_or_at_the_wall_counts_and_one_in_the_street_does_not():
    points = frame([Point(15, 15), Point(22, 15), Point(30, 15), Point(45, 15)])
    assert homes.addresses(BUILDINGS, points).tolist() == [0, 0, -1, 1]
    assert homes.zone_of(BUILDINGS, ZONES).tolist() == ["E1", "E2"]


def test_report_f3_a_map_that_ends_before_the_boundary_reaches_part_of_the_land():
    share, by_zone = homes.map_reach(BUILDINGS, frame([box(0, 0, 100, 40)]), ZONES)
    assert share == pytest.approx(0.1)
    assert by_zone.tolist() == pytest.approx([20 * 10 / (30 * 40), 20 * 10 / (70 * 40)])
    nothing, none = homes.map_reach(BUILDINGS.iloc[:0], frame([box(0, 0, 100, 40)]), ZONES)
    assert np.isnan(nothing)
    assert none.isna().all()
