"""Meter exports in the usual layouts give the same typical days; clock changes and gaps are honest."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laep.errors import LaepError, SourceInvalid
from laep.ingest.people import meter
from laep.ingest.source import Request
from laep.schema import LAYERS, conform


def read(tmp_path, text, name="hall.csv", **options):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    result = meter.read(Request(files=(path,), options=options))
    frame = result.layers["in_meter"]
    assert conform(frame, "in_meter").equals(frame)
    return result, frame


def fails(tmp_path, text, words, **options):
    with pytest.raises(SourceInvalid, match=words):
        read(tmp_path, text, **options)


def test_times_and_kwh_by_hand(tmp_path):
    text = "Timestamp,Consumption (kWh)\n2024-01-08 18:00,1.5\n2024-01-15 18:00,2.5\n2024-07-06 18:00,0.5\n2024-07-06 18:30,\n"
    result, frame = read(tmp_path, text, building="b1", site="Village hall")
    assert frame[["month", "day_type", "period", "readings", "mean_kw"]].to_numpy().tolist() == [
        [1, "weekday", 37, 2, 4.0], [7, "saturday", 37, 1, 1.0],
    ]  # fmt: skip
    assert frame["site"].unique().tolist() == ["Village hall"]
    assert frame["building_id"].unique().tolist() == ["b1"]
    assert (frame["days"] == 3).all()
    assert any("1 of 4 readings" in note for note in result.notes)


@pytest.mark.parametrize(
    "names",
    [
        [f"HH{n:02}" for n in range(1, 49)],
        [f"{n // 2:02}:{n % 2 * 30:02}" for n in range(48)],
        [f"{n}" for n in range(1, 49)],
    ],
)
def test_a_row_a_day(tmp_path, names):
    text = "\n".join(
        [",".join(["MPAN", "Date", *names]), ",".join(["2000", "08/01/2024", *[str(n / 10) for n in range(1, 49)]])]
    )
    _, frame = read(tmp_path, text)
    assert frame["period"].tolist() == list(range(1, 49))
    assert frame["mean_kw"].tolist() == pytest.approx([n / 5 for n in range(1, 49)])
    assert frame["month"].unique().tolist() == [1]  # day first


def test_the_hour_that_comes_twice_and_the_one_that_does_not_come(tmp_path):
    text = (
        "time,kwh\n2024-10-27 01:00,1\n2024-10-27 01:30,1\n2024-10-27 01:00,3\n2024-10-27 01:30,3\n2024-03-31 01:00,9\n"
    )
    _, frame = read(tmp_path, text)
    assert frame[["period", "readings", "mean_kw"]].to_numpy().tolist() == [[3, 2, 4.0], [4, 2, 4.0]]
    _, frame = read(tmp_path, text, clock="utc")
    assert frame["readings"].sum() == 5


def test_a_zone_in_the_times_is_kept(tmp_path):
    _, frame = read(tmp_path, "time,kwh\n2024-07-06T17:00:00Z,1\n2024-07-06T18:30:00+01:00,1\n")
    assert frame["period"].tolist() == [37, 38]


def test_faults(tmp_path):
    fails(tmp_path, "time,gas\n2024-01-01 00:00,1\n", "no column of kWh")
    fails(tmp_path, "when,kwh\n2024-01-01 00:00,1\n", "no column of times")
    fails(tmp_path, "time,kwh\nsoon,1\n", "no reading with a time")
    fails(tmp_path, "time,kwh\n2024-01-01 00:00,1\n", "no column 'use'", column="use")
    fails(tmp_path, "time,kwh\n2024-01-01 00:00,1\n", "clock", clock="gmt")


def test_every_column_is_private():
    assert all(column.private for column in LAYERS["in_meter"].columns if column.name != "source_id")


@settings(max_examples=40, deadline=None)
@given(stamp=st.text(max_size=20), kwh=st.text(max_size=10))
def test_no_row_makes_anything_but_our_own_errors(tmp_path_factory, stamp, kwh):
    path = tmp_path_factory.mktemp("meter") / "m.csv"
    pd.DataFrame({"time": ["2024-01-01 00:00", stamp], "kwh": ["1", kwh]}).to_csv(path, index=False, errors="replace")
    try:
        result = meter.read(Request(files=(path,)))
    except LaepError:
        return
    assert result.rows_kept >= 1
