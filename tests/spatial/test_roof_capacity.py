"""Seen planes are laid out in whole modules, guessed ones go by share; panels there already leave less room."""

import numpy as np
import pandas as pd
import pytest
import shapely

from laep.spatial.roofs.packing import Module
from laep.spatial.roofs.roof_capacity import Layout, less_existing, with_capacity

LAYOUT = Layout(
    module=Module(width_m=1.0, length_m=2.0), edge_m=(0.5, 0.0, 1.0), flat_edge_m=(1.0, 0.5, 1.5), sun_deg=15.0,
    unseen=(0.1, 0.0, 0.25),
)  # fmt: skip
RULES = {
    "layout": LAYOUT, "flat_below_deg": 8.0, "flat_tilt_deg": (10.0, 5.0, 15.0), "usable_pitched": (0.5, 0.25, 0.75),
    "usable_flat": (0.4, 0.2, 0.6), "power_density": (200.0, 200.0, 200.0), "min_usable_m2": 8.0, "max_from_south_deg": 100.0,
}  # fmt: skip


def planes(shape, *, seen=True, tilt=60.0, azimuth=180.0):
    return pd.DataFrame(
        {"geometry": [shape], "seen": seen, "tilt_deg": tilt, "tilt_low_deg": tilt, "tilt_high_deg": tilt, "azimuth_deg": azimuth, "plan_m2": shape.area, "building_id": "a"}
    )  # fmt: skip


def test_a_seen_plane_holds_whole_modules_less_what_no_survey_shows():
    got = with_capacity(planes(shapely.box(0, 0, 9, 2.5)), **RULES).iloc[0]  # 9 m by 5 m on the slope
    assert got["usable_m2"] == pytest.approx(8 * 2 * 2 * 0.9)  # 8 m by 4 m clear: 8 in a row, 2 rows
    assert got["usable_high_m2"] == pytest.approx(4 * 5 * 2)  # 9 m by 5 m clear: 4 lying, 5 rows
    assert got["usable_low_m2"] == pytest.approx(3 * 3 * 2 * 0.75)  # 7 m by 3 m clear: 3 lying, 3 rows
    assert got["capacity_kwp"] == pytest.approx(got["usable_m2"] * 0.2)


def test_a_guessed_plane_goes_by_share():
    got = with_capacity(planes(shapely.box(0, 0, 9, 2.5), seen=False), **RULES).iloc[0]
    assert got[["usable_m2", "usable_low_m2", "usable_high_m2"]].tolist() == pytest.approx([22.5, 11.25, 33.75])


def test_a_flat_roof_has_frames_facing_south():
    got = with_capacity(planes(shapely.box(0, 0, 20, 20), tilt=2.0, azimuth=90.0), **RULES).iloc[0]
    assert got[["panel_tilt_deg", "panel_azimuth_deg"]].tolist() == [10.0, 180.0]
    assert got["suitable"]
    assert 0.3 < got["usable_m2"] / 400 < 0.6
    assert got["usable_low_m2"] < got["usable_m2"] < got["usable_high_m2"]


def existing(there_kw, *, public_kw=None):
    public = there_kw if public_kw is None else public_kw
    return pd.DataFrame({"there_kw": [there_kw], "public_kw": [public]}, index=["a"])


def test_panels_there_already_leave_less_room():
    room = with_capacity(planes(shapely.box(0, 0, 9, 2.5)), **RULES)
    full = float(room["capacity_kwp"].iloc[0])
    half = less_existing(room, existing(full / 2), min_usable_m2=8.0).iloc[0]
    assert half["existing_kwp"] == pytest.approx(full / 2)
    assert half["capacity_kwp"] == pytest.approx(full / 2)
    assert half["capacity_high_kwp"] == pytest.approx(room["capacity_high_kwp"].iloc[0] / 2)
    assert half["suitable"]
    none = less_existing(room, existing(99.0), min_usable_m2=8.0).iloc[0]
    assert none[["capacity_kwp", "suitable"]].tolist() == [0.0, False]
    same = less_existing(room, existing(0.0), min_usable_m2=8.0)
    assert np.array_equal(same["capacity_kwp"], room["capacity_kwp"])


def test_panels_that_only_a_certificate_tells_of_change_nothing_public():  # torture 8b
    room = with_capacity(planes(shapely.box(0, 0, 9, 2.5)), **RULES)
    private = less_existing(room, existing(3.0, public_kw=0.0), min_usable_m2=8.0)
    assert private["existing_kwp"].tolist() == [3.0]
    assert private[room.columns].equals(room)
