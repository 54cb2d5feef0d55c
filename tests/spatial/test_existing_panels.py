"""Panels already up: taken off the best plane first."""

import pandas as pd
import pytest

from laep.spatial.roofs.existing import on_planes, taken


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
