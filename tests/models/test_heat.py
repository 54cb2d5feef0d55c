"""Heat of homes: the compiled loop beside a plain one, fabric by hand, clocks, and electricity of heat pumps."""

import numpy as np
import pandas as pd
import pytest

from laep.errors import LaepError
from laep.models.energy import fabric, heat, heat_table
from laep.models.time import clock

YEAR = 2026
TIMES = heat.Clock(
    room_c=19.0, off_c=14.0, setback_k=1.0, two_periods=0.6, morning_h=6.5, morning_long_h=2.5, evening_h=16.0,
    evening_long_h=6.5, spread_h=1.0,
)  # fmt: skip
AIR_SOURCE = heat.Pump(spf=2.8, flow_c=45.0, size=1.1, base_c=15.5)
SHAPE = fabric.Shape(storey_m=2.5, inner_share=0.8, window_share=0.2, bridge_share=0.1)
LOFT = fabric.Loft(bare_u=2.0, conductivity=0.04, full_mm=270.0)


def weather():
    step = np.arange(clock.PERIODS)
    day = np.cos((step / 48 + 10) / 365 * 2 * np.pi)
    light = np.maximum(np.cos((step % 48 - 24) / 24 * np.pi), 0.0) * (150 - 100 * day)
    return heat.Climate(air_c=10 - 7 * day + 2 * np.sin(step / 48 * 2 * np.pi), sun_w_m2=light)


def some(rows=3, count=1.0, size=1.5):
    one = np.linspace(0.7, 1.6, rows)
    return heat.Homes(
        loss_w_per_k=180 * one, mass_wh_per_k=4000 * one, gains_w=np.full(rows, 380.0), aperture_m2=np.full(rows, 6.0),
        heater_w=180 * one * 22 * size, count=np.full(rows, count),
    )  # fmt: skip


def plain_year(homes, sky, *, pumps):
    """The loop over homes and half-hours as anyone would write it: what the kernel is held to."""
    early, follows = heat.clocks(len(homes.count), TIMES, pumps=pumps)
    wanted, inverse = heat.patterns(YEAR, TIMES), heat.inverse_cop(sky.air_c, pump=AIR_SOURCE)
    heat_kwh, powered_kwh = [], []
    for home in range(len(homes.count)):
        goals = np.roll(wanted[int(follows[home])], -int(early[home]))
        inside, total, power = wanted[int(follows[home])][0], 0.0, 0.0
        for step, goal in enumerate(goals):
            free = (
                homes.gains_w[home] + homes.aperture_m2[home] * sky.sun_w_m2[step]
                - homes.loss_w_per_k[home] * (inside - sky.air_c[step])
            )  # fmt: skip
            rate = 0.5 / homes.mass_wh_per_k[home]
            given = min(max((goal - inside) / rate - free, 0.0), homes.heater_w[home])
            inside += rate * (given + free)
            total += given
            power += given * inverse[step]
        heat_kwh.append(total * 0.5 / 1000)
        powered_kwh.append(power * 0.5 / 1000)
    return np.array(heat_kwh), np.array(powered_kwh)


def year_of(homes, *, pumps=False):
    return heat.year_of(homes, weather(), year=YEAR, times=TIMES, pump=AIR_SOURCE, pumps=pumps)


@pytest.mark.parametrize("pumps", [False, True])
def test_the_kernel_does_what_a_plain_loop_does(pumps):
    found = year_of(some(), pumps=pumps)
    heat_kwh, powered_kwh = plain_year(some(), weather(), pumps=pumps)
    np.testing.assert_allclose(found.heat_kwh, heat_kwh, rtol=1e-9)
    np.testing.assert_allclose(found.powered_kwh, powered_kwh, rtol=1e-9)


def test_sums_over_half_hours_are_sums_over_homes():
    homes = some(rows=150, count=2.0)
    found = year_of(homes)
    assert found.heat_kw.sum() * clock.PERIOD_H == pytest.approx((found.heat_kwh * homes.count).sum(), rel=1e-9)
    assert found.powered_kw.sum() * clock.PERIOD_H == pytest.approx((found.powered_kwh * homes.count).sum(), rel=1e-9)


def test_a_home_that_loses_more_needs_more_and_no_heater_gives_more_than_it_can():
    found = year_of(some())
    assert (np.diff(found.heat_kwh) > 0).all()
    assert (found.peak_kw <= some().heater_w / 1000 + 1e-12).all()


def test_many_homes_peak_lower_than_each_of_them():
    found = year_of(some(rows=200, size=4.0))
    assert found.heat_kw.max() < 0.8 * found.peak_kw.sum()


def test_a_heat_pump_gives_its_factor_over_the_year_and_less_in_the_cold():
    inverse = heat.inverse_cop(weather().air_c, pump=AIR_SOURCE)
    cold = weather().air_c < 3
    assert (1 / inverse[cold]).mean() < 2.8 < (1 / inverse[~cold]).mean()
    found = year_of(some(), pumps=True)
    assert found.heat_kwh.sum() / found.powered_kwh.sum() == pytest.approx(2.8, rel=0.05)


def test_weather_that_is_not_whole_is_refused():
    with pytest.raises(LaepError, match="17520 half-hours, none missing"):
        heat.year_of(
            some(), heat.Climate(air_c=np.zeros(48), sun_w_m2=np.zeros(48)), year=YEAR, times=TIMES, pump=AIR_SOURCE,
            pumps=False,
        )  # fmt: skip


def test_hot_water_is_heated_while_homes_are_awake():
    share = heat_table.awake(YEAR, TIMES)
    hour = clock.hour(YEAR)
    assert share.sum() == pytest.approx(1.0)
    assert share[(hour < 6.5) | (hour >= 22.5)].sum() == 0


def certificates(**changes):
    row = {
        "age_band": "1950-1966", "walls": "cavity", "walls_insulated": False, "loft_mm": 100.0, "fuel": "gas", "heating": "boiler",
        "floor_insulated": pd.NA, "glazing": "double", "hot_water": "main", "controls": "full", "floor_area_m2": 80.0,
        "property_type": "house",
    }  # fmt: skip
    frame = pd.DataFrame([row | changes])
    return frame.astype({"walls_insulated": "boolean", "floor_insulated": "boolean", "loft_mm": "float64"})


def told(**changes):
    return fabric.told(certificates(**changes), loft=LOFT).iloc[0]


def test_fabric_by_hand():
    found = told()
    assert found["wall"] == 1.4
    assert found["roof"] == pytest.approx(1 / (1 / 2.0 + 0.1 / 0.04))
    assert found[["lacks_cavity", "lacks_solid_wall", "lacks_loft", "lacks_glazing"]].tolist() == [1, 0, 1, 0]
    assert found[["fuel_gas", "fuel_oil", "age_1950-1966", "age_1967-1975"]].tolist() == [1, 0, 1, 0]
    assert told(walls_insulated=True)["wall"] == 0.65
    assert told(walls_insulated=True, age_band="2007-2011")["wall"] == 0.3
    assert told(glazing="single")["window"] == 4.8


def test_what_a_certificate_does_not_tell_is_missing_and_no_no():
    found = told(walls_insulated=pd.NA, loft_mm=np.nan, age_band=pd.NA, glazing=pd.NA, controls=pd.NA)
    assert found[["lacks_cavity", "lacks_loft", "lacks_floor", "lacks_glazing", "lacks_controls"]].isna().all()
    assert found[["age_1950-1966", "age_2012 onwards"]].isna().all()
    assert found["wall"] == 0.9


def outlines(**changes):
    row = {"footprint_m2": 50.0, "outline_m": 30.0, "party_share": 0.25, "homes": 1.0}
    return pd.DataFrame([row | changes])


def test_areas_and_loss_by_hand():
    one = fabric.areas(outlines(), pd.Series([80.0]), storeys=pd.Series([1.0]), shape=SHAPE)
    # 40 m2 inside, so 80 m2 are two storeys: 22.5 m of open wall 5 m high, less 16 m2 of window
    assert one.iloc[0].to_dict() == {
        "floor_m2": 80.0, "wall_m2": 96.5, "window_m2": 16.0, "roof_m2": 40.0, "ground_m2": 40.0, "volume_m3": 200.0,
    }  # fmt: skip
    u = pd.DataFrame([{f"{name}{end}": 1.0 for name in fabric.ELEMENTS for end in fabric.ENDS}])
    loss = fabric.heat_loss(one, u, shape=SHAPE)["heat_loss_w_per_k"].iloc[0]
    assert loss == pytest.approx((96.5 + 16 + 40 + 40) * 1.1 + 200 * 0.33)


def test_without_a_certificate_storeys_give_the_floor():
    found = fabric.areas(outlines(homes=2.0), pd.Series([np.nan]), storeys=pd.Series([3.0]), shape=SHAPE).iloc[0]
    assert found["floor_m2"] == 60.0
    assert found["roof_m2"] == 20.0


def test_ends_of_a_loss_are_apart_by_the_root_of_the_sum_of_squares():
    one = fabric.areas(outlines(), pd.Series([80.0]), storeys=pd.Series([1.0]), shape=SHAPE)
    row = {f"{name}{end}": 1.0 for name in fabric.ELEMENTS for end in fabric.ENDS}
    row |= {"wall_low": 0.5, "roof_high": 2.0, "floor_high": 2.0}
    loss = fabric.heat_loss(one, pd.DataFrame([row]), shape=SHAPE).iloc[0]
    assert loss["heat_loss_w_per_k"] - loss["heat_loss_low_w_per_k"] == pytest.approx(96.5 * 0.5 * 1.1)
    assert loss["heat_loss_high_w_per_k"] - loss["heat_loss_w_per_k"] == pytest.approx(40 * 1.1 * 2**0.5)


def test_every_figure_of_the_fabric_table_has_a_range_a_confidence_and_a_source():
    rows = fabric.table()
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()
    assert rows["source"].str.len().min() > 10
    assert set(rows["confidence"]) <= {"confirmed_secondary", "unconfirmed"}
    assert not rows.duplicated(["element", "state", "age_band"]).any()
