"""Roof planes from footprints."""

import math

import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from laep import schema
from laep.spatial.roofs import roof_planes
from laep.spatial.roofs.packing import Module
from laep.spatial.roofs.roof_capacity import Layout

LAYOUT = Layout(
    module=Module(width_m=1.0, length_m=1.7), edge_m=(0.4, 0.3, 0.5), flat_edge_m=(1.0, 0.5, 1.5), sun_deg=15.0,
    unseen=(0.1, 0.0, 0.25),
)  # fmt: skip

KNOWN = {
    "flat_below_deg": 8.0, "pitch_deg": (60.0, 0.0, 60.0), "low_pitch_deg": (10.0, 5.0, 15.0), "flat_tilt_deg": (12.0, 10.0, 15.0),
    "layout": LAYOUT, "usable_pitched": (0.5, 0.25, 0.75), "usable_flat": (0.4, 0.2, 0.6), "power_density": (200.0, 100.0, 300.0),
    "min_usable_m2": 8.0, "max_from_south_deg": 115.0, "flat_from_footprint_m2": 400.0,
}  # fmt: skip
L_SHAPE = Polygon([(0, 0), (12, 0), (12, 6), (6, 6), (6, 10), (0, 10)])


def planes_of(buildings, **changes):
    return roof_planes.roof_planes(buildings, **{**KNOWN, **changes})


def test_gable_by_hand(make_buildings):
    # 10 m east-west by 6 m: ridge runs east-west, so one plane faces north and one south, 30 m2 each
    planes = planes_of(make_buildings([box(0, 0, 10, 6)])).set_index("azimuth_deg").sort_index()
    assert planes.index.to_numpy() == pytest.approx([0.0, 180.0])
    south = planes.iloc[1]
    assert south["geometry"].bounds == pytest.approx((0, 0, 10, 3))
    assert south["sloped_m2"] == pytest.approx(60.0)  # 30 / cos 60
    assert south[["usable_m2", "usable_low_m2", "usable_high_m2"]].tolist() == pytest.approx([30.0, 7.5, 45.0])
    assert south[["capacity_kwp", "capacity_low_kwp", "capacity_high_kwp"]].tolist() == pytest.approx([6.0, 0.75, 13.5])
    assert planes["suitable"].tolist() == [False, True]
    assert planes["tilt_deg"].tolist() == [60.0, 60.0]


def test_flat_by_hand(make_buildings):
    planes = planes_of(make_buildings([box(0, 0, 30, 20)], use="shop"))
    row = planes.iloc[0]
    assert len(planes) == 1
    assert row[
        ["panel_azimuth_deg", "panel_tilt_deg", "plan_m2", "sloped_m2", "usable_m2", "capacity_kwp"]
    ].tolist() == pytest.approx([180.0, 12.0, 600.0, 600.0, 240.0, 48.0])
    assert row["method"] == "footprint archetype: flat"
    assert row["suitable"]


def test_barn_has_a_shallow_gable(make_buildings):
    planes = planes_of(make_buildings([box(0, 0, 15, 40)], use="farm"))
    assert planes["tilt_deg"].tolist() == [10.0, 10.0]
    assert sorted(planes["azimuth_deg"]) == pytest.approx([90.0, 270.0])
    assert planes["sloped_m2"].sum() == pytest.approx(600 / math.cos(math.radians(10)))


@pytest.mark.parametrize(
    ("use", "side", "kind"),
    [("home", 30, "gable"), ("flats", 15, "gable"), ("flats", 25, "flat"), ("shop", 10, "gable"),
     ("industry", 10, "flat"), ("garage", 3, "flat"), ("worship", 30, "gable"), ("farm", 30, "shallow gable"),
     ("school", 30, "flat"), ("unknown", 30, "flat")],
)  # fmt: skip
def test_use_and_size_decide_the_roof(make_buildings, use, side, kind):
    buildings = make_buildings([box(0, 0, side, side)], use=use)
    assert roof_planes.roof_kinds(buildings, flat_from_footprint_m2=400.0).tolist() == [kind]


def test_terrace_ridge_runs_along_the_row_though_houses_are_deep(make_buildings):
    terrace = make_buildings([box(i * 5, 0, i * 5 + 5, 11) for i in range(4)])
    alone = make_buildings([box(0, 0, 5, 11)])
    assert roof_planes.ridge_bearing(terrace).to_numpy() == pytest.approx([90.0] * 4)
    assert roof_planes.ridge_bearing(alone).to_numpy() == pytest.approx([0.0])


@pytest.mark.compares
def test_the_ridge_of_a_square_house_does_not_hang_on_its_last_digits(make_buildings):
    turns = np.arange(0.0, 90.0, 0.5)
    squares = [box(east, 208_000.07, east + 9, 208_009.07) for east in 435_000.13 + 40 * turns]
    houses = make_buildings([shapely.affinity.rotate(*one) for one in zip(squares, -turns, strict=True)])
    assert roof_planes.ridge_bearing(houses).to_numpy() == pytest.approx(turns, abs=1e-5)


def test_l_shape_keeps_its_own_outline(make_buildings):
    buildings = make_buildings([L_SHAPE])
    planes = planes_of(buildings)
    assert planes["plan_m2"].sum() == pytest.approx(L_SHAPE.area)
    assert shapely.union_all(planes.geometry.to_numpy()).symmetric_difference(L_SHAPE).area == pytest.approx(
        0, abs=1e-9
    )
    assert roof_planes.ridge_bearing(buildings).iloc[0] == pytest.approx(90.0)  # 12 m by 10 m


def test_confidence_follows_known_heights(make_buildings, make_layer):
    buildings = make_buildings([box(x, 0, x + 10, 8) for x in (0, 50, 100, 150)])
    heights = make_layer(
        "roof_height", building_id=["b0", "b1", "b2"], height_m=[6.0, 6.0, None], cover_share=1.0,
        confidence=["high", "low", "high"],
    )  # fmt: skip
    planes = planes_of(buildings, heights=heights)
    assert planes.drop_duplicates("building_id")["confidence"].tolist() == ["medium", "low", "low", "low"]


def test_small_plane_is_not_suitable(make_buildings):
    assert not planes_of(make_buildings([box(0, 0, 3, 2)]))["suitable"].any()


def test_no_buildings(empty):
    planes = planes_of(empty("in_building"))
    assert planes.empty
    assert planes.crs == schema.CRS


def test_order_of_buildings_does_not_matter(make_buildings):
    shapes = [shapely.affinity.rotate(box(i * 20, 0, i * 20 + 12, 7), i * 17) for i in range(5)]
    ids = [f"b{i}" for i in range(5)]
    one = planes_of(make_buildings(shapes, building_id=ids)).set_index("roof_id").sort_index()
    other = planes_of(make_buildings(shapes[::-1], building_id=ids[::-1])).set_index("roof_id").sort_index()
    pd.testing.assert_frame_equal(one, other)


@given(
    st.lists(st.tuples(st.floats(4, 60), st.floats(4, 60), st.floats(0, 180)), min_size=1, max_size=6),
    st.sampled_from(schema.USES),
)
@settings(max_examples=20, deadline=None)
def test_planes_fill_the_footprint_and_never_leave_it(make_buildings, sizes, use):
    shapes = [
        shapely.affinity.rotate(box(x * 200, 0, x * 200 + width, depth), turn)
        for x, (width, depth, turn) in enumerate(sizes)
    ]
    buildings = make_buildings(shapes, use=use)
    planes = planes_of(buildings)
    of = planes["building_id"].str[1:].astype(int).to_numpy()
    footprints = buildings.geometry.to_numpy()
    outside = shapely.area(shapely.difference(planes.geometry.to_numpy(), footprints[of]))
    assert (outside < 1e-6).all()
    total = planes.groupby("building_id")["plan_m2"].sum().reindex(buildings["building_id"])
    assert total.to_numpy() == pytest.approx(shapely.area(footprints), rel=1e-9)
    assert planes["azimuth_deg"].between(0, 360, inclusive="left").all()
    assert (planes["usable_low_m2"] <= planes["usable_m2"]).all()
    assert (planes["capacity_kwp"] <= planes["capacity_high_kwp"]).all()
    pairs = planes[planes["method"].str.contains("gable")].groupby("building_id")["azimuth_deg"].agg(["min", "max"])
    assert np.allclose(pairs["max"] - pairs["min"], 180.0)
