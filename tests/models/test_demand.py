"""Homes are counted and use is estimated by rules one can follow by hand; missing stays missing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laep.models.energy import demand, homes, mean_use
from laep.models.time import profiles
from laep.models.time.clock import PERIODS
from laep.schema import conform, empty

HOME = (2500.0, 1600.0, 3900.0)
INTENSITY = {"shop": (100.0, 60.0, 140.0), "school": (50.0, 30.0, 70.0)}
STOREYS = {"shop": (1.0, 1.0, 2.0), "school": (1.5, 1.0, 2.5), "flats": (3.0, 2.0, 4.0), "home": (2.0, 1.0, 3.0)}
SIZES = homes.Sizes(flat_m2=75.0, flats_storeys=3.0, home_footprint_m2=60.0, home_min_m2=25.0, home_max_m2=300.0)
RULES = {"home_kwh": HOME, "intensity": INTENSITY, "storeys": STOREYS}


def buildings(*rows):
    """Return buildings of (use, footprint_m2, homes, storeys)."""
    frame = pd.DataFrame(rows, columns=["use", "footprint_m2", "homes", "storeys"])
    frame["building_id"] = [f"b{i}" for i in range(len(frame))]
    return frame.assign(homes=frame["homes"].astype("Int64"), storeys=frame["storeys"].astype("float64"))


def estimate(frame, **options):
    counted = homes.mapped(frame, SIZES)
    return conform(demand.buildings_demand(frame, counted, **RULES, **options), "model_demand")


@pytest.mark.parametrize(
    ("row", "annual", "profile"),
    [
        (("home", 60.0, None, None), HOME, "elexon_pc1"),
        (("flats", 250.0, None, None), (25_000, 16_000, 39_000), "elexon_pc1"),
        (("shop", 100.0, None, None), (10_000, 6_000, 28_000), "elexon_pc3"),  # storeys 1, 1, 2
        (("shop", 100.0, None, 2.0), (20_000, 12_000, 28_000), "elexon_pc3"),
        (("school", 1000.0, None, None), (75_000, 30_000, 175_000), "elexon_pc3"),
        (("shop", 100.0, 2, 3.0), (15_000, 9_200, 21_800), "elexon_pc3"),  # one storey of shop, two homes above
        (("shop", 20.0, 2, 3.0), (7_000, 4_400, 10_600), "elexon_pc1"),
    ],
)
def test_use_by_hand(row, annual, profile):
    found = estimate(buildings(row)).iloc[0]
    assert found[["annual_kwh", "annual_low_kwh", "annual_high_kwh"]].tolist() == pytest.approx(annual)
    assert found["profile"] == profile


def test_what_rests_on_nothing_stays_missing():
    found = estimate(buildings(*[(use, 50.0, None, None) for use in ("garage", "outbuilding", "utility", "other")]))
    found = pd.concat([found, estimate(buildings(("unknown", 900.0, None, None)))])
    assert found["annual_kwh"].isna().all()
    assert found["profile"].isna().all()
    assert (found["method"] == "no estimate: nothing says what it uses").all()
    assert (found["homes"] == 0).all()


def test_form_gives_its_archetype_and_the_rest_keep_the_typical_home():
    frame = buildings(("home", 80.0, None, None), ("home", 80.0, None, None), ("flats", 100.0, 2, None))
    form = pd.Series(["detached", pd.NA, pd.NA], dtype="string")
    kwh = {"detached": (3600.0, 2700.0, 4500.0), "flat": (1900.0, 1425.0, 2375.0)}
    found = estimate(frame, form=form, archetype_kwh=kwh)
    assert found["annual_kwh"].tolist() == [3600.0, 2500.0, 3800.0]
    assert found["annual_low_kwh"].tolist() == [2700.0, 1600.0, 2850.0]
    assert found["method"].str.contains("built form").tolist() == [True, False, True]


def test_several_homes_in_one_building_are_not_detached():
    frame = buildings(("home", 480.0, None, None), ("home", 480.0, None, None))
    form = pd.Series(["detached", "mid_terrace"], dtype="string")
    kwh = {"detached": (3600.0, 2700.0, 4500.0), "mid_terrace": (2400.0, 1800.0, 3000.0)}
    assert estimate(frame, form=form, archetype_kwh=kwh)["annual_kwh"].tolist() == [8 * 2500.0, 8 * 2400.0]


def test_methods_and_confidence_say_what_stands_behind():
    frame = buildings(("home", 60.0, None, None), ("shop", 50.0, None, 1.0), ("unknown", 60.0, None, None))
    found = estimate(frame)
    assert found["method"].tolist() == [
        "one home a house, a typical home's use",
        "floor area by storeys of the source, a benchmark's use",
        "one home, by its size alone, a typical home's use",
    ]
    assert found["confidence"].tolist() == ["medium", "low", "low"]


def test_any_index_will_do():
    frame = buildings(("home", 60.0, None, None), ("shop", 50.0, None, 1.0)).set_axis([7, 3])
    assert estimate(frame)["annual_kwh"].tolist() == [2500.0, 5000.0]


def test_nothing_in_nothing_out():
    frame = empty("in_building").drop(columns="geometry")
    assert estimate(pd.DataFrame(frame)).empty
    assert conform(demand.zones_demand(empty("model_home"), home_kwh=HOME), "model_demand").empty
    assert demand.half_hourly_by(empty("model_demand"), pd.Series(dtype="string"), year=2025).shape == (17520, 0)


def test_homes_that_no_map_shows_are_counted_by_zone():
    zones = pd.DataFrame({"scope_id": ["E1", "E2"], "off_map_homes": [25.0, 40.0]})
    found = conform(demand.zones_demand(zones, home_kwh=HOME), "model_demand")
    assert found["homes"].tolist() == [25.0, 40.0]
    assert found["annual_kwh"].tolist() == [62_500.0, 100_000.0]
    assert found["annual_high_kwh"].tolist() == [97_500.0, 156_000.0]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["home", "flats", "shop", "school", "garage", "unknown"]),
                          st.floats(5, 2000), st.none() | st.integers(0, 30), st.none() | st.floats(1, 10)),
                min_size=1, max_size=12))  # fmt: skip
def test_range_holds_the_centre_and_missing_go_together(rows):
    found = estimate(buildings(*rows))
    known = found[found["annual_kwh"].notna()]
    assert (known["annual_low_kwh"] <= known["annual_kwh"]).all()
    assert (known["annual_kwh"] <= known["annual_high_kwh"]).all()
    assert (found["profile"].isna() == found["annual_kwh"].isna()).all()


def test_half_hours_keep_the_year():
    found = estimate(buildings(("home", 60.0, None, None), ("shop", 100.0, None, None), ("garage", 20.0, None, None)))
    power = demand.half_hourly_by(found, pd.Series("all", index=found.index), year=2025)["all"]
    assert power.shape == (PERIODS,)
    assert power.sum() * 0.5 == pytest.approx(12_500, rel=1e-12)
    shop = 10_000 * profiles.profile("elexon_pc3", year=2025) * 2
    np.testing.assert_allclose(power, shop + 2500 * profiles.profile("elexon_pc1", year=2025) * 2)


def test_groups_may_share_a_building_and_leave_some_out():
    found = estimate(buildings(("home", 60.0, None, None), ("home", 60.0, None, None), ("home", 60.0, None, None)))
    twice = found.loc[[0, 0, 1, 2]].reset_index(drop=True)
    power = demand.half_hourly_by(twice, pd.Series(["area", "street", "area", None]), year=2025)
    assert power.columns.tolist() == ["area", "street"]
    assert (power.sum() * 0.5).tolist() == pytest.approx([5000.0, 2500.0])


def test_a_group_without_a_figure_is_absent():
    found = estimate(buildings(("home", 60.0, None, None), ("garage", 20.0, None, None)))
    assert demand.half_hourly_by(found, pd.Series(["a", "b"]), year=2025).columns.tolist() == ["a"]


def test_f6_homes_are_scaled_to_a_known_mean_and_businesses_from_median_to_mean():
    table = buildings(("home", 60.0, None, None), ("home", 480.0, None, None), ("shop", 100.0, None, None))
    counted = homes.mapped(table, SIZES)
    forms = {"archetype_kwh": {}, "form": pd.Series([None] * 3, dtype="string")}
    known = mean_use.MeanUse(4000.0, "scaled to meters", "", metered=True)
    found = demand.buildings_to_mean(
        table,
        counted,
        mean=known,
        mean_over_median=dict.fromkeys(RULES["intensity"], (1.6, 1.2, 2.0)),
        **RULES,
        **forms,
    )
    plain = demand.buildings_demand(table, counted, **RULES, **forms)
    lived_in = found[found["homes"] > 0]
    assert lived_in["annual_kwh"].sum() / lived_in["homes"].sum() == pytest.approx(4000.0)
    assert lived_in["method"].str.endswith("; scaled to meters").all()
    assert found["annual_kwh"].iloc[2] == pytest.approx(1.6 * plain["annual_kwh"].iloc[2])
    assert found["annual_high_kwh"].iloc[2] == pytest.approx(2.0 * plain["annual_high_kwh"].iloc[2])
    assert found["annual_low_kwh"].iloc[2] == pytest.approx(1.2 * plain["annual_low_kwh"].iloc[2])
