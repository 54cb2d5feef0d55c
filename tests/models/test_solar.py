"""Half-hours keep each hour's energy; yields stand in the order and at the height anyone expects."""

import numpy as np
import pandas as pd
import pvlib
import pytest

from benchmarks import _reference
from laep.errors import LaepError
from laep.ingest.weather import climate
from laep.models.energy import solar

PLACE = {"latitude": 51.79, "longitude": -1.393}
SYSTEM = solar.System(
    loss=0.14, temp_coefficient=-0.0035, u0=25.0, u1=6.84, inverter_efficiency=0.96, dc_ac_ratio=1.1, albedo=0.2
)


@pytest.fixture(scope="module")
def weather():
    return climate.typical_year(1, **PLACE)


@pytest.fixture(scope="module")
def half(weather):
    return solar.stepped(weather, **PLACE, per_hour=2)


@pytest.fixture(scope="module")
def sky(weather):
    return solar.prepare(weather, **PLACE)


# --- half-hours ---


def test_half_hours_keep_each_hour_and_close(half, weather):
    assert len(half) == 17520
    np.testing.assert_allclose(half["ghi_w_m2"].to_numpy().reshape(-1, 2).mean(axis=1), weather["ghi_w_m2"], atol=1e-9)
    assert half["dhi_w_m2"].sum() / 2 == pytest.approx(weather["dhi_w_m2"].sum(), rel=1e-3)
    closed = half["dhi_w_m2"] + half["dni_w_m2"] * np.cos(np.radians(half["zenith_deg"]))
    np.testing.assert_allclose(closed, half["ghi_w_m2"], atol=1e-9)
    assert (half[["ghi_w_m2", "dni_w_m2", "dhi_w_m2"]] >= 0).all(axis=None)
    assert (half["dni_w_m2"] <= half["dni_extra_w_m2"]).all()


def test_half_hour_sun_stands_at_mid_half_hour(half):
    times = pd.date_range("2022-01-01 00:15", periods=17520, freq="30min", tz="UTC")
    at = pvlib.solarposition.get_solarposition(times, **PLACE)
    high = (at["apparent_elevation"] > 8).to_numpy()
    np.testing.assert_allclose(half["zenith_deg"][high], at["apparent_zenith"].to_numpy()[high], atol=0.1)
    np.testing.assert_allclose(half["azimuth_deg"][high], at["azimuth"].to_numpy()[high], atol=0.2)


def test_half_hour_of_sunrise_sees_the_lit_part(half):
    # Two half-hours a day the sun crosses the horizon: what light there is comes from above it.
    rising = half[(half["zenith_deg"] < 90) & (half["zenith_deg"] > 88)]
    assert len(rising) > 300
    assert (rising["ghi_w_m2"] > 0).all()


def test_light_at_night_stays_diffuse_and_is_kept(weather):
    dark = weather.copy()
    dark.loc[0, ["ghi_w_m2", "dhi_w_m2", "dni_w_m2"]] = [10.0, 4.0, 0.0]
    half = solar.stepped(dark, **PLACE, per_hour=2)
    assert half.loc[:1, "ghi_w_m2"].tolist() == [10.0, 10.0]
    assert half.loc[:1, "dhi_w_m2"].tolist() == [10.0, 10.0]
    assert half.loc[:1, "dni_w_m2"].tolist() == [0.0, 0.0]


def test_temperature_runs_between_hours(half, weather):
    hours = weather["temp_air_c"]
    assert half["temp_air_c"].iloc[3] == pytest.approx(0.75 * hours[1] + 0.25 * hours[2])
    assert half["temp_air_c"].iloc[0] == pytest.approx(0.75 * hours[0] + 0.25 * hours[8759])


def test_a_short_year_is_refused(weather):
    with pytest.raises(LaepError, match="8,759 rows"):
        solar.stepped(weather.iloc[1:], **PLACE, per_hour=2)


# --- planes ---


def test_yield_is_the_sum_of_power(sky):
    tilt, azimuth = np.linspace(0, 60, 6), np.linspace(0, 350, 6)
    power = _reference.unit_power(sky, tilt, azimuth, system=SYSTEM)
    planes = pd.DataFrame({"tilt_deg": tilt, "azimuth_deg": azimuth})
    np.testing.assert_allclose(power.sum(axis=0) / 2, solar.annual_yield(planes, sky, system=SYSTEM))


def test_yields_stand_in_the_order_anyone_expects(sky):
    planes = pd.DataFrame({"tilt_deg": [35.0, 0.0, 35.0, 35.0, 35.0], "azimuth_deg": [180.0, 0.0, 90.0, 270.0, 0.0]})
    south, flat, east, west, north = solar.annual_yield(planes, sky, system=SYSTEM)
    assert south > flat > east > north
    assert west == pytest.approx(east, rel=0.05)
    # A good roof in Oxfordshire: the published range of like roofs is about 900 to 1,000 kWh/kWp.
    assert 920 < south < 1000


def test_planes_without_orientation_are_refused(sky):
    with pytest.raises(LaepError, match="no tilt or azimuth"):
        solar.annual_yield(pd.DataFrame({"tilt_deg": [np.nan], "azimuth_deg": [180.0]}), sky, system=SYSTEM)


def test_north_is_one_direction_however_written(sky):
    planes = pd.DataFrame({"tilt_deg": [30.0] * 3, "azimuth_deg": [0.0, 360.0, -360.0]})
    first, *others = solar.annual_yield(planes, sky, system=SYSTEM)
    assert others == pytest.approx([first, first], rel=1e-12)


def test_groups_hold_the_energy_of_their_planes(sky):
    rng = np.random.default_rng(5)
    planes = pd.DataFrame(
        {"tilt_deg": rng.uniform(0, 60, 50), "azimuth_deg": rng.uniform(0, 360, 50)}, index=range(100, 150)
    )
    capacity = pd.Series(rng.uniform(1, 5, 50), index=planes.index)
    group = pd.Series(rng.choice(["a", "b", None], 50), index=planes.index, dtype="object")
    power = solar.group_power(planes, capacity, group, sky, system=SYSTEM)
    kwh = (capacity * solar.annual_yield(planes, sky, system=SYSTEM)).groupby(group).sum()
    assert power.columns.tolist() == ["a", "b"]
    assert (power.sum() / 2).tolist() == pytest.approx(kwh.tolist(), rel=5e-7)


def test_no_planes_no_groups(sky):
    nothing = pd.DataFrame({"tilt_deg": [], "azimuth_deg": []})
    none = pd.Series([], dtype="float64")
    assert solar.annual_yield(nothing, sky, system=SYSTEM).empty
    power = solar.group_power(nothing, none, pd.Series([], dtype="object"), sky, system=SYSTEM)
    assert power.shape == (17520, 0)


def test_same_inputs_same_bits(weather, sky):
    planes = pd.DataFrame({"tilt_deg": [12.3, 44.0], "azimuth_deg": [101.0, 233.0]})
    again = solar.prepare(weather, **PLACE)
    pd.testing.assert_series_equal(
        solar.annual_yield(planes, sky, system=SYSTEM),
        solar.annual_yield(planes, again, system=SYSTEM),
        check_exact=True,
    )


# --- against measured arrays ---


@pytest.mark.real
def test_a_measured_roof_in_marshfield(shared_data):
    sites = pd.read_csv(shared_data / "weather" / "pv_measured" / "pv_measured_sites.csv").set_index("site")
    site = sites.loc["openlv_marshfield"]
    place = {"latitude": site["lat"], "longitude": site["lon"]}
    year = climate.typical_year(5, **place)
    plane = pd.DataFrame(
        {"tilt_deg": [float(site["slope_deg"])], "azimuth_deg": [float(site["azimuth_deg_from_north"])]}
    )
    found = solar.annual_yield(plane, solar.prepare(year, **place), system=SYSTEM)[0]
    assert found == pytest.approx(site["measured_kwh_per_kwp"], rel=0.07)


def test_f16_frames_on_the_ground_yield_by_their_own_slope_and_not_as_the_middle_roof(sample_plan):
    whole = sample_plan.layer("model_asset").query("option == 'largest'")
    per_kwp = (whole["annual_kwh"] / whole["capacity_kw"]).groupby(whole["technology"])
    assert per_kwp.max()["ground_pv"] == pytest.approx(per_kwp.min()["ground_pv"])
    assert per_kwp.median()["ground_pv"] > 1.01 * per_kwp.median()["carport_pv"]
