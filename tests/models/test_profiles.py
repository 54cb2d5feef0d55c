"""The shapes sum to one, follow the local clock, and keep the settlement calendar."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from laep.errors import LaepError
from laep.models.time import profiles
from laep.models.time.clock import PERIODS
from laep.schema.vocabulary import PROFILES


def frame(name, year):
    times = pd.date_range(f"{year}-01-01", periods=PERIODS, freq="30min", tz="UTC")
    return pd.Series(profiles.profile(name, year=year), index=times)


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("year", [2023, 2024, 2025])
def test_shares_sum_to_one_exactly(name, year):
    share = profiles.profile(name, year=year)
    assert share.shape == (17520,)
    assert (share > 0).all()
    assert math.fsum(share) == 1.0


def test_settlement_calendar_of_2025():
    # August bank holiday is Monday 25 August; its 16th and 6th Saturdays before are 10 May and 19 July.
    starts = {
        date(2025, 1, 1): "wtr", date(2025, 3, 29): "wtr", date(2025, 3, 30): "spr", date(2025, 5, 9): "spr",
        date(2025, 5, 10): "smr", date(2025, 7, 18): "smr", date(2025, 7, 19): "hsr", date(2025, 8, 31): "hsr",
        date(2025, 9, 1): "aut", date(2025, 10, 25): "aut", date(2025, 10, 26): "wtr", date(2025, 12, 31): "wtr",
    }  # fmt: skip
    assert {day: profiles.season(day) for day in starts} == starts


@pytest.mark.parametrize("year", range(2020, 2032))
def test_summer_has_ten_weeks_and_high_summer_six_and_two_days(year):
    seasons = pd.Series([profiles.season(day.date()) for day in pd.date_range(f"{year}-01-01", f"{year}-12-31")])
    assert (seasons == "smr").sum() == 70
    assert (seasons == "hsr").sum() == 44


def test_day_types():
    assert [profiles.day_type(date(2025, 8, day)) for day in (22, 23, 24, 25)] == ["wd", "sat", "sun", "wd"]


def test_summer_evening_peak_stands_an_hour_earlier_in_utc():
    share = frame("elexon_pc1", 2025)
    winter, summer = share["2025-03-26"], share["2025-04-02"]
    local_winter, local_summer = (day.tz_convert("Europe/London") for day in (winter, summer))
    assert local_winter.idxmax().hour in range(16, 21)
    assert local_summer.idxmax().hour in range(16, 21)
    # One Wednesday's 48 local periods are one curve: the UTC day holds the last of them an hour early.
    same_curve = share.tz_convert("Europe/London")["2025-04-09"].to_numpy()
    np.testing.assert_allclose(share["2025-04-08 23:00":"2025-04-09 22:30"].to_numpy(), same_curve)


def test_clock_change_days_have_46_and_50_periods():
    local = frame("elexon_pc1", 2025).tz_convert("Europe/London")
    forward, back = local["2025-03-30"], local["2025-10-26"]
    assert (len(forward), len(back)) == (46, 50)
    # Periods 3 and 4 (01:00 to 02:00) fall out in spring and come twice, alike, in autumn.
    assert 1 not in forward.index.hour
    np.testing.assert_array_equal(back.iloc[2:4].to_numpy(), back.iloc[4:6].to_numpy())


def test_winter_weekday_by_hand():
    table = pd.read_csv(profiles.package_data("elexon_shape.csv"), comment="#").set_index(["profile", "period"])
    wanted = table.loc[("elexon_pc1", 36), "wtr_wd"] / table.loc[("elexon_pc1", 7), "wtr_sun"]
    share = frame("elexon_pc1", 2025)
    assert share["2025-01-15 17:30"] / share["2025-01-19 03:00"] == pytest.approx(wanted)


@pytest.mark.real
def test_shapes_are_those_published(shared_data):
    published = pd.read_csv(shared_data / "homes" / "demand" / "elexon_average_profiles_kw.csv")
    ours = pd.read_csv(profiles.package_data("elexon_shape.csv"), comment="#").set_index(["profile", "period"])
    for number in range(1, 5):
        theirs = published[published["profile_class"] == number].set_index("settlement_period")
        ratio = theirs[ours.columns] / ours.loc[f"elexon_pc{number}"]
        assert ratio.to_numpy().std() / ratio.to_numpy().mean() < 3e-4


def test_unknown_profile_is_named():
    with pytest.raises(LaepError, match=r"no profile 'pc1'.*elexon_pc1"):
        profiles.profile("pc1", year=2025)
