"""Half-hours keep each hour's energy; planes equal pvlib; buildings add up."""

import numpy as np
import pandas as pd
import pvlib
import pytest

from laep.errors import LaepError
from laep.ingest import climate
from laep.models import solar
from laep.schema import conform

PLACE = {"latitude": 51.79, "longitude": -1.393}
SYSTEM = solar.System(
    loss=0.14, temp_coefficient=-0.0035, u0=25.0, u1=6.84, inverter_efficiency=0.96, dc_ac_ratio=1.1, albedo=0.2
)


@pytest.fixture(scope="module")
def weather():
    return climate.typical_year(1, **PLACE)


@pytest.fixture(scope="module")
def half(weather):
    return solar.half_hourly(weather, **PLACE)


@pytest.fixture(scope="module")
def sky(weather):
    return solar.prepare(weather, **PLACE)


def by_pvlib(half, tilt, azimuth, system=SYSTEM):
    """Return the power of one kWp by pvlib's own functions, one after another, on the same half-hours."""
    lit = half[(half["ghi_w_m2"] > 0) & (half["zenith_deg"] < 90)]
    zenith, sun_azimuth = lit["zenith_deg"].to_numpy(), lit["azimuth_deg"].to_numpy()
    aoi = pvlib.irradiance.aoi(tilt, azimuth, zenith, sun_azimuth)
    light = pvlib.irradiance.get_total_irradiance(
        tilt, azimuth, zenith, sun_azimuth, lit["dni_w_m2"].to_numpy(), lit["ghi_w_m2"].to_numpy(),
        lit["dhi_w_m2"].to_numpy(), dni_extra=lit["dni_extra_w_m2"].to_numpy(),
        airmass=pvlib.atmosphere.get_relative_airmass(zenith), albedo=system.albedo, model="perez",
    )  # fmt: skip
    effective = light["poa_direct"] * pvlib.iam.physical(aoi) + light["poa_diffuse"]
    cell = pvlib.temperature.faiman(
        light["poa_global"], lit["temp_air_c"].to_numpy(), lit["wind_speed_m_s"].to_numpy(), system.u0, system.u1
    )
    direct = pvlib.pvsystem.pvwatts_dc(effective, cell, 1.0, system.temp_coefficient) * (1 - system.loss)
    power = np.zeros(solar.STEPS)
    rating = 1 / system.dc_ac_ratio / system.inverter_efficiency
    power[lit.index] = pvlib.inverter.pvwatts(direct, rating, system.inverter_efficiency)
    return power


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
    half = solar.half_hourly(dark, **PLACE)
    assert half.loc[:1, "ghi_w_m2"].tolist() == [10.0, 10.0]
    assert half.loc[:1, "dhi_w_m2"].tolist() == [10.0, 10.0]
    assert half.loc[:1, "dni_w_m2"].tolist() == [0.0, 0.0]


def test_temperature_runs_between_hours(half, weather):
    hours = weather["temp_air_c"]
    assert half["temp_air_c"].iloc[3] == pytest.approx(0.75 * hours[1] + 0.25 * hours[2])
    assert half["temp_air_c"].iloc[0] == pytest.approx(0.75 * hours[0] + 0.25 * hours[8759])


def test_a_short_year_is_refused(weather):
    with pytest.raises(LaepError, match="8,759 rows"):
        solar.half_hourly(weather.iloc[1:], **PLACE)


# --- planes ---


@pytest.mark.parametrize(("tilt", "azimuth"), [(0, 180), (35, 180), (22, 95), (45, 300), (60, 10), (90, 200)])
def test_planes_equal_pvlib(sky, half, tilt, azimuth):
    ours = solar.unit_power(sky, np.array([tilt]), np.array([azimuth]), system=SYSTEM)[:, 0]
    # Glass is read from a table: the rest is the same arithmetic.
    np.testing.assert_allclose(ours, by_pvlib(half, float(tilt), float(azimuth)), atol=1e-5)


def test_yield_is_the_sum_of_power(sky):
    tilt, azimuth = np.linspace(0, 60, 20), np.linspace(0, 350, 20)
    power = solar.unit_power(sky, tilt, azimuth, system=SYSTEM)
    np.testing.assert_allclose(power.sum(axis=0) / 2, solar.unit_yield(sky, tilt, azimuth, system=SYSTEM))


def test_inverter_clips_at_its_rating(sky):
    small = solar.System(**{**SYSTEM.__dict__, "dc_ac_ratio": 2.0})
    power = solar.unit_power(sky, np.array([35.0]), np.array([180.0]), system=small)
    assert power.max() == pytest.approx(0.5)
    assert (power >= 0).all()


def test_yields_stand_in_the_order_anyone_expects(sky):
    south, flat, east, west, north = solar.unit_yield(
        sky, np.array([35.0, 0.0, 35.0, 35.0, 35.0]), np.array([180.0, 0.0, 90.0, 270.0, 0.0]), system=SYSTEM
    )
    assert south > flat > east > north
    assert west == pytest.approx(east, rel=0.05)
    # A good roof in Oxfordshire: the published range of like roofs is about 900 to 1,000 kWh/kWp.
    assert 920 < south < 1000


def test_grid_of_orientations_is_close_to_exact(sky):
    rng = np.random.default_rng(3)
    planes = pd.DataFrame({"tilt_deg": rng.uniform(0, 90, 400), "azimuth_deg": rng.uniform(0, 360, 400)})
    exact = solar.unit_yield(sky, planes["tilt_deg"].to_numpy(), planes["azimuth_deg"].to_numpy(), system=SYSTEM)
    error = solar.annual_yield(planes, sky, system=SYSTEM) / exact - 1
    assert error.abs().max() < 0.004
    assert abs(error.mean()) < 0.0005


def test_bins_by_hand():
    bins = solar.binned(
        pd.DataFrame({"tilt_deg": [31.25, 30.0, 90.0, 0.0], "azimuth_deg": [182.5, 180.0, 359.0, 77.0]})
    )
    assert bins.weight.sum(axis=1).tolist() == pytest.approx([1.0] * 4)
    first = {(bins.tilt_deg[c], bins.azimuth_deg[c]): w for c, w in zip(bins.corner[0], bins.weight[0], strict=True)}
    assert first == pytest.approx({(30, 180): 0.375, (30, 185): 0.375, (35, 180): 0.125, (35, 185): 0.125})
    assert {(bins.tilt_deg[c], bins.azimuth_deg[c]) for c in bins.corner[1]} == {(30.0, 180.0)}
    # The seam at north: 359 lies between 355 and 0, not 360. Nothing lies above 90.
    assert {(bins.tilt_deg[c], bins.azimuth_deg[c]) for c in bins.corner[2]} == {(90.0, 355.0), (90.0, 0.0)}
    assert {bins.tilt_deg[c] for c in bins.corner[3]} == {0.0}


def test_bins_refuse_planes_without_orientation():
    with pytest.raises(LaepError, match="no tilt or azimuth"):
        solar.binned(pd.DataFrame({"tilt_deg": [np.nan], "azimuth_deg": [180.0]}))


def test_north_is_one_direction_however_written(sky):
    planes = pd.DataFrame({"tilt_deg": [30.0] * 3, "azimuth_deg": [0.0, 360.0, -360.0]})
    first, *others = solar.annual_yield(planes, sky, system=SYSTEM)
    assert others == [first, first]


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
    assert (power.sum() / 2).tolist() == pytest.approx(kwh.tolist(), rel=1e-9)


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


# --- buildings ---


def roofs():
    return pd.DataFrame(
        {
            "roof_id": ["b1-1", "b1-2", "b1-3", "b2-1", "b3-1"],
            "building_id": ["b1", "b1", "b1", "b2", "b3"],
            "capacity_kwp": [2.0, 3.0, 9.0, 4.0, 5.0],
            "capacity_low_kwp": [1.0, 2.0, 8.0, 3.0, 4.0],
            "capacity_high_kwp": [3.0, 4.0, 10.0, 5.0, 6.0],
            "suitable": [True, True, False, False, True],
            "method": ["lidar", "archetype", "lidar", "lidar", "archetype"],
            "confidence": ["high", "low", "high", "high", "medium"],
        }
    )


HOUSES = pd.DataFrame({"building_id": ["b3", "b2", "b1"], "use": ["shop", "home", "home"]})


def test_buildings_by_hand():
    yields = pd.Series([900.0, 1000.0, 500.0, 800.0, 700.0])
    found = solar.buildings_solar(roofs(), HOUSES, yields, year_to_year=0.05, loss=(0.2, 0.1, 0.4))
    found = conform(found, "model_solar").set_index("building_id")
    assert found.index.tolist() == ["b3", "b1"]
    first = found.loc["b1"]
    assert first["capacity_kwp"] == 5.0
    assert first["annual_kwh"] == pytest.approx(2 * 900 + 3 * 1000)
    assert first["yield_kwh_per_kwp"] == pytest.approx(960.0)
    assert first["annual_low_kwh"] == pytest.approx((900 + 2000) * 0.95 * 0.6 / 0.8)
    assert first["annual_high_kwh"] == pytest.approx((2700 + 4000) * 1.05 * 0.9 / 0.8)
    assert first["confidence"] == "low"
    assert first["method"] == "archetype; half-hourly light on each plane"


def test_no_suitable_roofs_no_rows():
    none = roofs().assign(suitable=False)
    found = solar.buildings_solar(
        none, HOUSES, pd.Series(900.0, index=none.index), year_to_year=0.05, loss=(0.1, 0.1, 0.2)
    )
    assert conform(found, "model_solar").empty


def test_roofs_of_unknown_buildings_are_refused():
    with pytest.raises(LaepError, match="2 roof planes"):
        solar.buildings_solar(
            roofs(), HOUSES.iloc[:1], pd.Series(900.0, index=range(5)), year_to_year=0.05, loss=(0.1, 0.1, 0.2)
        )


# --- against measured arrays ---


@pytest.mark.real
def test_a_measured_roof_in_marshfield(shared_data):
    sites = pd.read_csv(shared_data / "weather" / "pv_measured" / "pv_measured_sites.csv").set_index("site")
    site = sites.loc["openlv_marshfield"]
    place = {"latitude": site["lat"], "longitude": site["lon"]}
    year = climate.typical_year(5, **place)
    tilt, azimuth = (np.array([float(site[name])]) for name in ("slope_deg", "azimuth_deg_from_north"))
    found = solar.unit_yield(solar.prepare(year, **place), tilt, azimuth, system=SYSTEM)[0]
    assert found == pytest.approx(site["measured_kwh_per_kwp"], rel=0.07)
