"""Panels already up: found on their building, counted once, and taken off the best plane first."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from laep.spatial.roofs.existing import apart, arrays_on_buildings, on_planes, taken

BUILDINGS = gpd.GeoDataFrame(
    {"building_id": ["a", "b", "c"]}, geometry=[shapely.box(x, 0, x + 10, 10) for x in (0, 20, 40)], crs=27700
)  # fmt: skip


def generators(*rows):
    columns = ["source_id", "technology", "status", "capacity_kw"]
    points = [shapely.Point(row[-1], 5) for row in rows]
    return gpd.GeoDataFrame([row[:-1] for row in rows], columns=columns, geometry=points, crs=27700).astype(
        {"capacity_kw": float}
    )


def homes(*rows):
    return pd.DataFrame(rows, columns=["building_id", "pv", "pv_kwp"]).astype(
        {"building_id": "string", "pv": "boolean", "pv_kwp": float}
    )


def found(given, certificates=()):
    return arrays_on_buildings(BUILDINGS, given, homes(*certificates), reach_m=3).set_index("building_id")


def test_a_mapped_array_beside_the_wall_is_on_the_roof_and_a_registered_one_is_not():
    got = found(generators(("osm", "solar", "connected", 3.0, 12), ("ecr", "solar", "connected", 50.0, 32)))
    assert got.index.tolist() == ["a"]
    assert got.loc["a", ["arrays", "sized_kw", "unsized", "basis"]].tolist() == [1, 3.0, 0, "map"]


def test_arrays_on_no_building_stand_apart():
    given = generators(
        ("osm", "solar", "connected", 3.0, 12), ("ecr", "solar", "connected", 50.0, 32),
        ("osm", "solar", "connected", None, 34), ("ecr", "wind", "connected", 9.0, 34),
    )  # fmt: skip
    assert apart(BUILDINGS, given, reach_m=3).index.tolist() == [1, 2]
    assert apart(BUILDINGS, generators(), reach_m=3).empty


def test_other_technologies_and_what_is_not_built_do_not_count():
    assert found(generators(("osm", "wind", "connected", 3.0, 5), ("ecr", "solar", "accepted", 9.0, 5))).empty


def test_sources_are_not_added_up():
    given = generators(
        ("osm", "solar", "connected", None, 5),
        ("osm", "solar", "connected", 4.0, 6),
        ("ecr", "solar", "connected", 60.0, 5),
        ("ecr", "solar", "connected", 20.0, 25),
    )
    got = found(given, [("a", True, 3.5), ("b", True, 3.5), ("c", True, None), ("c", False, None)])
    assert got["basis"].tolist() == ["map", "register", "certificate"]
    assert got["arrays"].tolist() == [2, 1, 1]
    assert got["sized_kw"].tolist() == [4.0, 20.0, 0.0]
    assert got["unsized"].tolist() == [1, 0, 1]


def test_the_plane_nearest_south_is_taken_first_and_none_beyond_what_it_holds():
    planes = pd.DataFrame(
        {"building_id": ["a", "a", "a", "b"], "azimuth_deg": [90.0, 170.0, 0.0, 180.0], "capacity_kwp": [3.0, 4.0, 5.0, 2.0], "suitable": [True, True, False, True]}
    )  # fmt: skip
    got = taken(planes, pd.Series({"a": 5.0}))
    assert got.tolist() == pytest.approx([1.0, 4.0, 0.0, 0.0])
    assert taken(planes, pd.Series({"a": 99.0})).tolist() == pytest.approx([3.0, 4.0, 5.0, 0.0])


def test_arrays_stand_on_the_planes_they_take_up():
    planes = pd.DataFrame(
        {
            "roof_id": ["a-1", "a-2", "b-1"],
            "building_id": ["a", "a", "b"],
            "tilt_deg": [30.0, 35.0, 20.0],
            "existing_kwp": [3.0, 1.0, 0.0],
        }
    )
    arrays = pd.DataFrame(
        {"segment_id": ["s", "t", "s"], "building_id": ["a", "a", "b"], "capacity_kwp": [6.0, 6.0, 2.0]}
    )
    got = on_planes(arrays, planes)
    assert got["segment_id"].tolist() == ["s", "s", "t", "t", "s"]
    assert got["capacity_kwp"].tolist() == [4.5, 1.5, 4.5, 1.5, 2.0]
    assert got["roof_id"].tolist()[:4] == ["a-1", "a-2", "a-1", "a-2"]
    assert got.loc[4, ["roof_id", "tilt_deg"]].isna().all()


def test_nothing_known():
    assert found(generators()).empty
    assert list(found(generators()).columns) == ["arrays", "sized_kw", "unsized", "basis"]
