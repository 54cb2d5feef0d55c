"""ESP-r and CSV weather: units, hours and what is missing; the real station years."""

import numpy as np
import pandas as pd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.source import Request
from laep.ingest.weather import climate
from laep.ingest.weather import source as weather

EYNSHAM = shapely.Point(443000, 209000).buffer(500)
TIMES = pd.date_range("2001-01-01", periods=8760, freq="h")


@pytest.fixture(scope="module")
def year():
    return climate.typical_year(1, latitude=51.5, longitude=-0.4)


def read(tmp_path, text, name="w.csv", clip=EYNSHAM):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    result = weather.read(Request(files=(path,), clip=clip))
    return result, result.layers["in_weather"]


def fails(tmp_path, text, words, **kwargs):
    with pytest.raises(SourceInvalid, match=words):
        read(tmp_path, text, **kwargs)


def espr(year, flag=0, hours=8760):
    light = year["dni_w_m2"] if flag == 0 else year["ghi_w_m2"]
    rows = (
        np.column_stack(
            [
                year["dhi_w_m2"],
                year["temp_air_c"] * 10,
                light,
                year["wind_speed_m_s"] * 10,
                np.full(8760, 200),
                np.full(8760, 80),
            ]
        )
        .round()
        .astype(int)
    )
    lines = []
    for day, block in enumerate(rows[:hours].reshape(-1, 24, 6)):
        lines += [f"* day {day % 28 + 1} month 1", *(" " + ",".join(map(str, row)) + "," for row in block)]
    return "\n".join(
        [
            "*CLIMATE",
            "# a comment",
            "SOMEWHERE 1995    # site name",
            f" 1995,51.50,-0.40,{flag}   # year, latitude, long diff, flag",
            " 1,365    # period",
            *lines,
        ]
    )


def test_espr_units_and_order(tmp_path, year):
    result, frame = read(tmp_path, espr(year), "s.a")
    assert result.edition == "ESP-r SOMEWHERE 1995, 1995"
    for name, near in (("dhi_w_m2", 0.51), ("dni_w_m2", 0.51), ("temp_air_c", 0.051), ("wind_speed_m_s", 0.051)):
        assert np.abs(frame[name] - year[name]).max() <= near
    assert frame["ghi_w_m2"].sum() == pytest.approx(year["ghi_w_m2"].sum(), rel=0.01)


def test_espr_flag_says_that_the_third_column_is_global(tmp_path, year):
    _, frame = read(tmp_path, espr(year, flag=1), "s.a")
    assert np.abs(frame["ghi_w_m2"] - year["ghi_w_m2"]).max() <= 0.51


def test_espr_faults(tmp_path, year):
    fails(tmp_path, espr(year, hours=2400), "2,400 hours", name="s.a")
    fails(tmp_path, "*CLIMATE\nsite\nno numbers\n1,365\n1,2,3", "no year, latitude", name="s.a")
    fails(tmp_path, espr(year).replace("51.50,-0.40", "48.00,2.00"), "outside Great Britain", name="s.a")


def table(year, **columns):
    frame = pd.DataFrame(
        {
            "time": TIMES.strftime("%Y-%m-%dT%H:%M"),
            "ghi": year["ghi_w_m2"],
            "dni": year["dni_w_m2"],
            "dhi": year["dhi_w_m2"],
            "temp_air": year["temp_air_c"],
            "wind_speed": year["wind_speed_m_s"],
        }
    )
    return frame.assign(**columns)


def test_csv_with_a_column_of_times(tmp_path, year):
    result, frame = read(tmp_path, table(year).to_csv(index=False))
    assert np.abs(frame["ghi_w_m2"] - year["ghi_w_m2"]).max() < 1e-6
    assert np.abs(frame["temp_air_c"] - year["temp_air_c"]).max() < 1e-9
    assert "0 km from the middle" in result.notes[-1]  # a file that names no place is of the area


def test_csv_in_the_cibse_layout(tmp_path, year):
    rows = pd.DataFrame(
        {
            "Year": 2003,
            " Month": TIMES.month,
            " Day": TIMES.day,
            " Hour": TIMES.hour + 1,
            " DBT": year["temp_air_c"],
            " WS": year["wind_speed_m_s"] / 0.514444,
            " GSR": year["ghi_w_m2"],
            " DSR": year["dhi_w_m2"],
        }
    )
    text = '.csv,,\nSite," Northolt, London",\nLatitude,51.549, Longitude,-0.417, Altitude,33\n' + rows.to_csv(
        index=False
    )
    result, frame = read(tmp_path, text)
    assert result.edition == "CSV Northolt, London"
    assert np.abs(frame["wind_speed_m_s"] - year["wind_speed_m_s"]).max() < 1e-6
    assert np.abs(frame["ghi_w_m2"] - year["ghi_w_m2"]).max() < 1e-6
    beam = (frame["ghi_w_m2"] - frame["dhi_w_m2"]).sum()
    assert (frame["dni_w_m2"] * climate.hour_sun(51.549, -0.417).cos_zenith).sum() == pytest.approx(beam, rel=0.02)


def test_csv_faults(tmp_path, year):
    fails(tmp_path, table(year).head(100).to_csv(index=False), "8,660 of 8,760 hours are missing")
    fails(tmp_path, table(year).drop(columns="wind_speed").to_csv(index=False), "no column for wind speed")
    fails(tmp_path, table(year).drop(columns="ghi").to_csv(index=False), "not weather laep can read")
    fails(tmp_path, table(year, ghi="x", dni="x", dhi="x").to_csv(index=False), "have no irradiance")
    fails(tmp_path, table(year).to_csv(index=False), "does not say where", clip=None)


@pytest.mark.real
def test_real_station_years(shared_data):
    want = {
        "GBR_Birmingham": 1027,
        "GBR_Hemsby": 1024,
        "GBR_London_Gatwick": 1010,
        "GBR_Aughton": 932,
        "GBR_Aberdeen.Dyce": 856,
        "GBR_lerwick": 773,
        "dundee80": 931,
    }
    for name, ghi in want.items():
        result = weather.read(Request(files=(shared_data / "weather" / "espr" / f"{name}.a",), clip=EYNSHAM))
        assert result.layers["in_weather"]["ghi_w_m2"].sum() / 1000 == pytest.approx(ghi, abs=5)
    with pytest.raises(SourceInvalid, match="outside Great Britain"):  # Jersey
        weather.read(Request(files=(shared_data / "weather" / "espr" / "GBR_Channel_Islands.a",), clip=EYNSHAM))


@pytest.mark.real
def test_real_cibse_file_is_the_epw_of_the_same_station(shared_data):
    folder = shared_data / "weather" / "epw"
    by_csv, by_epw = (
        weather.read(Request(files=(folder / name,), clip=EYNSHAM)).layers["in_weather"]
        for name in ("HEM_Northolt_London_CIBSE_format.csv", "HEM_Northolt_London_2003base.epw")
    )  # fmt: skip
    assert by_csv["ghi_w_m2"].sum() == pytest.approx(by_epw["ghi_w_m2"].sum(), rel=0.002)
    assert by_csv["temp_air_c"].mean() == pytest.approx(by_epw["temp_air_c"].mean(), abs=0.1)
