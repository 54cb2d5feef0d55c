"""The compiled loop equals pvlib step by step; shade takes what it should and nothing else."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import _reference
from laep.ingest.weather import climate
from laep.models.energy import solar

PLACE = {"latitude": 51.79, "longitude": -1.393}
SYSTEM = solar.System(
    loss=0.14, temp_coefficient=-0.0035, u0=25.0, u1=6.84, inverter_efficiency=0.96, dc_ac_ratio=1.1, albedo=0.2,
    shade=0.03,
)  # fmt: skip
NO_LOSS_FOR_SHADE = solar.System(**{**SYSTEM.__dict__, "loss": 1 - 0.86 / 0.97})
SECTORS = 36


@pytest.fixture(scope="module")
def weather():
    return climate.typical_year(1, **PLACE)


@pytest.fixture(scope="module")
def sky(weather):
    return solar.prepare(weather, **PLACE)


def planes(*pairs):
    return pd.DataFrame(pairs, columns=["tilt_deg", "azimuth_deg"]).astype(float)


def shade(count, horizon=0.0, spread=0.0, sky_view=1.0):
    full = np.ones((count, SECTORS))
    return solar.Shade(horizon_deg=full * horizon, spread_deg=full * spread, sky_view=np.full(count, float(sky_view)))


def power(sky, tilt, azimuth, shade=None, system=SYSTEM):
    one = planes((tilt, azimuth))
    return solar.group_power(one, pd.Series([1.0]), pd.Series(["a"]), sky, system=system, shade=shade)["a"].to_numpy()


@pytest.mark.parametrize("hourly", [False, True])
def test_equal_to_pvlib_step_by_step(weather, hourly):
    sky = solar.prepare(weather, **PLACE, hourly=hourly)
    steps = solar.stepped(weather, **PLACE, per_hour=1 if hourly else 2)
    each = planes((0, 180), (35, 180), (22, 95), (45, 300), (60, 10), (90, 200))
    ours = _reference.unit_power(sky, *each.to_numpy().T, system=SYSTEM).T
    want = np.array([_reference.plain_power(steps, tilt, azimuth, system=SYSTEM) for tilt, azimuth in each.to_numpy()])
    np.testing.assert_allclose(ours, want, atol=1e-6)
    year = solar.annual_yield(each, sky, system=SYSTEM)
    np.testing.assert_allclose(year, want.sum(axis=1) * sky.step_h, rtol=5e-7)


def test_planes_and_skylines_turn_with_the_grid_they_are_counted_in(weather, sky):
    askew = solar.prepare(weather, **PLACE, grid_north_deg=10.0)  # grid north lies 10 degrees east of true north
    east = np.zeros((1, SECTORS))
    east[0, 5:12] = 30.0
    one = solar.Shade(horizon_deg=east, spread_deg=np.zeros((1, SECTORS)), sky_view=np.ones(1))
    turned = solar.Shade(horizon_deg=np.roll(east, 1), spread_deg=np.zeros((1, SECTORS)), sky_view=np.ones(1))
    found = solar.monthly_yield(planes((35, 100)), askew, system=SYSTEM, shade=one)
    want = solar.monthly_yield(planes((35, 110)), sky, system=SYSTEM, shade=turned)
    np.testing.assert_allclose(found, want, rtol=1e-6)
    assert want.sum().sum() != pytest.approx(
        solar.monthly_yield(planes((35, 100)), sky, system=SYSTEM, shade=one).sum().sum(), rel=1e-3
    )


def test_frames_on_a_flat_roof_count_and_not_the_roof(sky):
    flat = planes((1, 90), (35, 180)).assign(panel_tilt_deg=[10.0, np.nan], panel_azimuth_deg=[180.0, np.nan])
    found = solar.annual_yield(flat, sky, system=SYSTEM)
    want = solar.annual_yield(planes((10, 180), (35, 180)), sky, system=SYSTEM)
    assert found.tolist() == want.tolist()


def test_months_add_up_to_the_steps_in_them(sky):
    months = solar.monthly_yield(planes((30, 150)), sky, system=SYSTEM).iloc[0]
    steps = power(sky, 30, 150)
    clock = pd.date_range("2022-01-01", periods=17520, freq="30min").month
    assert months.index.tolist() == list(range(1, 13))
    np.testing.assert_allclose(months, pd.Series(steps).groupby(clock).sum() / 2, rtol=1e-6)


def test_no_power_at_night(sky):
    dark = np.setdiff1d(np.arange(17520), sky.step)
    assert power(sky, 35, 180)[dark].tolist() == [0.0] * len(dark)
    assert dark.size > 7000


def test_output_is_cut_at_the_inverters_rating(sky):
    small = solar.System(**{**SYSTEM.__dict__, "dc_ac_ratio": 2.0})
    made = power(sky, 35, 180, system=small)
    assert made.max() == pytest.approx(0.5)
    assert (made == made.max()).sum() > 100
    assert made.min() == 0.0


def test_an_open_skyline_is_no_shade_but_frees_the_loss_that_stood_for_it(sky):
    ours = power(sky, 35, 180, shade(1))
    np.testing.assert_allclose(ours, power(sky, 35, 180, system=NO_LOSS_FOR_SHADE), atol=1e-12)


def test_a_plane_in_a_pit_has_no_beam(weather, sky):
    cloudy = weather.assign(dni_w_m2=0.0, dhi_w_m2=weather["ghi_w_m2"])
    pit = shade(1, horizon=90.0, spread=0.0, sky_view=0.0)
    flat = planes((0, 180))
    assert solar.annual_yield(flat, sky, system=SYSTEM, shade=pit)[0] == 0.0
    half = shade(1, horizon=90.0, sky_view=0.5)
    dim = solar.annual_yield(flat, sky, system=SYSTEM, shade=half)[0]
    assert 0 < dim < 0.5 * solar.annual_yield(flat, solar.prepare(cloudy, **PLACE), system=SYSTEM)[0]


def test_a_wall_takes_the_sun_only_where_it_stands(sky):
    wall = shade(1)
    wall.horizon_deg[0, 9:18] = 30.0  # from east to just before south
    shaded, free = power(sky, 35, 180, wall), power(sky, 35, 180, shade(1))
    azimuth = np.degrees(np.arctan2(sky.sun[:, 0], sky.sun[:, 1])) % 360
    height = np.degrees(np.arcsin(sky.sun[:, 2]))
    behind = (azimuth > 85) & (azimuth < 175) & (height < 29.5)
    np.testing.assert_array_equal(shaded[sky.step[~behind & ((height > 30.5) | (azimuth > 175.1))]],
                                  free[sky.step[~behind & ((height > 30.5) | (azimuth > 175.1))]])  # fmt: skip
    lost = (free - shaded)[sky.step[behind]]
    assert (lost >= 0).all()
    assert lost.sum() > 20


def test_half_a_plane_in_shadow_has_half_the_beam(sky):
    # Skyline of mean 20 and spread 10/sqrt(3): from 10 deg, where all cells are shaded, to 30 deg, where none is.
    at = shade(1, horizon=20.0, spread=10 / 3**0.5)
    height = np.degrees(np.arcsin(sky.sun[:, 2]))
    bright = sky.beam > 200
    for level, share in ((10.0, 0.0), (15.0, 0.25), (20.0, 0.5), (30.0, 1.0)):
        step = np.flatnonzero(bright & (np.abs(height - level) < 0.3))[0]
        dull, clear = power(sky, 35, 180, shade(1, horizon=90.0)), power(sky, 35, 180, shade(1))
        part = power(sky, 35, 180, at)
        got = (part - dull)[sky.step[step]] / (clear - dull)[sky.step[step]]
        assert got == pytest.approx(share, abs=0.03)


def test_planes_without_a_skyline_keep_the_usual_loss(sky):
    two = planes((35, 180), (35, 180))
    mixed = shade(2, horizon=15.0, sky_view=0.9)
    mixed.horizon_deg[1], mixed.spread_deg[1], mixed.sky_view[1] = np.nan, np.nan, np.nan
    shaded, unknown = solar.annual_yield(two, sky, system=SYSTEM, shade=mixed)
    assert unknown == pytest.approx(solar.annual_yield(two, sky, system=SYSTEM)[0], rel=1e-6)
    assert shaded < unknown


def test_more_shade_is_never_more_power(sky):
    years = [
        solar.annual_yield(planes((30, 200)), sky, system=SYSTEM, shade=shade(1, horizon=h, sky_view=1 - h / 90))[0]
        for h in (0, 2, 5, 10, 20, 40)
    ]
    assert years == sorted(years, reverse=True)


def test_one_thread_or_two_same_bits(sky):
    import numba

    rng = np.random.default_rng(3)
    many = planes(*zip(rng.uniform(0, 60, 70), rng.uniform(0, 360, 70), strict=True))
    around = solar.Shade(
        horizon_deg=rng.uniform(0, 25, (70, SECTORS)), spread_deg=rng.uniform(0, 5, (70, SECTORS)),
        sky_view=rng.uniform(0.7, 1, 70),
    )  # fmt: skip
    threads = numba.get_num_threads()
    both = solar.monthly_yield(many, sky, system=SYSTEM, shade=around)
    try:
        numba.set_num_threads(1)
        one = solar.monthly_yield(many, sky, system=SYSTEM, shade=around)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(both, one)


def test_hours_and_half_hours_agree_over_a_year(weather, sky):
    hours = solar.prepare(weather, **PLACE, hourly=True)
    some = planes((35, 180), (10, 90), (45, 270))
    by_hour, by_half = (solar.annual_yield(some, which, system=SYSTEM) for which in (hours, sky))
    np.testing.assert_allclose(by_hour, by_half, rtol=0.005)
