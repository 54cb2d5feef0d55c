"""Homes without a certificate take after neighbours, and modelled heat is held to meters."""

import numpy as np
import pandas as pd
import pytest

from laep.models.energy import alike, heat_fit, heat_table

PRIOR = heat_fit.Prior(
    level=0.85, level_apart=0.25, power=0.6, power_apart=0.2, homes_apart=0.5, zones_apart=0.08
)  # fmt: skip


def homes(level=0.7, power=0.5, *, zones=30, each=40, noise=0.0, seed=3):
    """Buildings in zones of different age, and what their zones' meters would say."""
    rng = np.random.default_rng(seed)
    zone = np.repeat([f"Z{n:02d}" for n in range(zones)], each)
    need = np.repeat(np.linspace(60, 220, zones), each) * rng.uniform(0.8, 1.2, zones * each)
    floor = rng.uniform(60, 120, zones * each)
    frame = pd.DataFrame({"need_kwh_m2": need, "floor_m2": floor, "gas_homes": 1.0, "zone_id": zone})
    usual = frame["need_kwh_m2"].mean()
    used = level * floor * usual * (need / usual) ** power * rng.lognormal(0, noise, len(frame))
    mean = pd.Series(used, index=frame.index).groupby(frame["zone_id"]).mean()
    return frame, mean, pd.Series(float(each), index=mean.index)


def test_level_and_power_are_found_again():
    frame, mean, meters = homes()
    found = heat_fit.fit(frame, mean, meters, by="zone_id", prior=PRIOR)
    assert found.level == pytest.approx(0.7, rel=0.03)
    assert found.power == pytest.approx(0.5, abs=0.05)
    assert found.meters == 1200


def test_without_meters_the_prior_stays():
    frame, mean, meters = homes()
    found = heat_fit.fit(frame, mean.iloc[:0], meters, by="zone_id", prior=PRIOR)
    assert (found.level, found.power, found.meters) == (0.85, 0.6, 0.0)


def test_few_meters_move_a_zone_less_than_many():
    frame, mean, _ = homes(zones=2)
    mean = mean * [1.0, 1.3]
    moved = [
        heat_fit.with_zones(heat_fit.Fit(0.7, 0.5, frame["need_kwh_m2"].mean(), pd.Series(dtype="float64"), 0.0), frame,
                            mean, pd.Series(float(count), index=mean.index), prior=PRIOR).zone.iloc[1]
        for count in (5, 40, 4000)
    ]  # fmt: skip
    assert 1.0 < moved[0] < moved[1] < moved[2] < 1.3


def test_zones_left_out_are_met_with_noise():
    frame, mean, meters = homes(noise=0.4)
    held = heat_fit.left_out(frame, mean, meters, by="zone_id", prior=PRIOR)
    error = held["found_kwh"] / held["metered_kwh"] - 1
    assert error.abs().median() < 0.1
    assert abs(held["found_kwh"].sum() / held["metered_kwh"].sum() - 1) < 0.03


def test_gas_less_cooking_and_water_is_space_heat_and_never_below_nothing():
    metered = pd.DataFrame({"meters": [10.0, 10.0], "mean_kwh": [11_000.0, 1_000.0]}, index=["A", "B"])
    found = heat_fit.space_heat(metered, pd.Series(2000.0, metered.index), efficiency=0.8, cooking_kwh=500)
    assert found["A"] == pytest.approx(10_500 * 0.8 - 2000)
    assert np.isnan(found["B"])


def places(**changes):
    frame = pd.DataFrame(
        {"x": [0.0, 10.0, 20.0, 5000.0], "y": 0.0, "form": ["semi", "semi", "detached", "semi"], "footprint_m2": 50.0},
        index=["a", "b", "c", "far"],
    )
    return frame.assign(**changes)


def fill(known, weight=None, **changes):
    other = pd.Series({"wall": 9.0, "roof": 9.0})
    weight = pd.Series(1.0, index=known.index) if weight is None else weight
    return alike.fill(known, places(**changes), weight=weight, scale_m=100.0, other=other)


def test_a_building_keeps_its_own_and_gaps_take_after_like_neighbours():
    known = pd.DataFrame({"wall": [1.0, 3.0], "roof": [np.nan, np.nan]}, index=["a", "c"])
    found = fill(known)
    assert found.attributes.loc["a", "wall"] == 1.0
    assert 1.0 < found.attributes.loc["b", "wall"] < 1.4  # the semi next door, a little of the detached one
    assert (found.attributes["roof"] == 9.0).all()
    assert np.isinf(found.evidence["a"])
    assert found.evidence["b"] > found.evidence["far"]
    assert found.evidence["far"] < 1e-9


def test_without_any_certificate_homes_are_as_those_of_the_nation():
    found = fill(pd.DataFrame({"wall": [], "roof": []}, dtype="float64"))
    assert (found.attributes == 9.0).all().all()
    assert (found.evidence == 0).all()


def test_those_who_are_missing_from_the_register_count_more():
    known = pd.DataFrame({"wall": [1.0, 3.0], "roof": 0.0}, index=["a", "c"])
    even = fill(known, form="semi").attributes.loc["b", "wall"]
    owners = fill(known, pd.Series([0.2, 4.0], index=["a", "c"]), form="semi").attributes.loc["b", "wall"]
    assert owners > even


def test_a_certificate_stands_for_those_of_its_tenure_that_have_none():
    tenure = pd.DataFrame({"zone_id": "Z", "tenure": ["owned"] * 10 + ["private_rented"] * 20})
    zones = pd.DataFrame({"owned": [30.0], "private_rented": [20.0]}, index=["Z"])
    found = alike.bias(tenure, zones)
    assert found.iloc[0] == 2.0
    assert found.iloc[-1] == 0.0
    assert (alike.bias(tenure.assign(zone_id=pd.NA), zones) == 1.0).all()


def test_gas_homes_are_brought_to_the_meters_but_for_those_with_a_certificate():
    frame = pd.DataFrame({"homes": [1.0, 1.0, 2.0], "gas_share": [1.0, 0.8, 0.8], "zone_id": "Z"})
    found = heat_table.gas_homes(frame, pd.Series({"Z": 2.2}), certain=np.array([True, False, False]))
    assert found.tolist() == pytest.approx([1.0, 0.4, 0.8])
    assert heat_table.gas_homes(
        frame, pd.Series({"Z": 9.0}), certain=np.array([True, False, False])
    ).tolist() == pytest.approx([1.0, 1.0, 2.0])
    assert heat_table.gas_homes(
        frame, pd.Series(dtype="float64"), certain=np.zeros(3, dtype=bool)
    ).sum() == pytest.approx(3.4)


def test_homes_that_no_map_shows_are_mean_homes_of_their_zone():
    sums = {key: [100.0, 300.0, 50.0] for key in heat_table._SUMS}
    rows = pd.DataFrame(
        sums
        | {"homes": [1.0, 3.0, 1.0], "pump_share": [0.0, 0.4, 1.0], "floor_m2": [60.0, 100.0, 80.0]}
        | {"fabric_basis": "typical"}
    )
    counted = pd.DataFrame({"scope": "zone", "scope_id": ["A", "C"], "off_map_homes": [2.0, 1.0]})
    found = heat_table.off_map(rows, counted, pd.Series(["A", "A", "B"])).set_index("scope_id")
    assert found.loc["A", ["pump_kwh", "pump_share", "floor_m2"]].tolist() == pytest.approx([200.0, 0.3, 90.0])
    assert found.loc["C", ["pump_kwh", "pump_share", "floor_m2"]].tolist() == pytest.approx([90.0, 0.44, 88.0])
