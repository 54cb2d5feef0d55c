"""Half-hours of feeders become typical days: units, clock, withheld sums, ids and places, whatever the operator."""

import numpy as np
import pandas as pd
import pytest
from asked import asked
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from laep.errors import LaepError, SourceInvalid
from laep.ingest.dso.every import feeder_usage
from laep.ingest.source import Request
from laep.schema import conform

NGED = "dataset_id,dno_name,dno_alias,secondary_substation_id,secondary_substation_name,LV_feeder_ID,LV_feeder_name,substation_geo_location,aggregated_device_count_Active,Primary_consumption_active_import,Secondary_consumption_active_import,Total_consumption_active_import,Aggregated_device_count_reactive,Total_consumption_reactive_import,data_collection_log_timestamp,Insert_time,last_modified_time"
SSEN = NGED.lower()
UKPN = "dataset_id;dno;dno_alias;secondary_substation_id;lv_feeder_id;geopoint;aggregated_device_count_active;primary_consumption_active_import;secondary_consumption_active_import;total_consumption_active_import;aggregated_device_count_reactive;total_consumption_reactive_import;data_collection_log_timestamp;insert_time;last_modified_time"
HERE = Point(326500, 187500).buffer(400)  # 51.58 N, 3.06 W


def nged(stamp, wh, feeder="1", place='"51.5805, -3.0622"', meters="10"):
    return f"NGED_9_Jan,National Grid,NGED,009,A ROAD,{feeder},{feeder},{place},{meters},{wh},,{wh},5,9,{stamp},,"


def ssen(stamp, wh, dataset="000200200402", meters="15.0"):
    return f'{dataset},Scottish and Southern,SSEN,004,DUNCRAIG ROAD,02,"","",{meters},{wh},"",{wh},15.0,84.0,{stamp},,'


def read(tmp_path, header, *rows, clip=None, name="usage.csv", **options):
    path = tmp_path / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    result = feeder_usage.read(asked((path,), clip, **options))
    frame = result.layers["in_load_profile"]
    assert conform(frame, "in_load_profile").equals(frame)
    return result, frame


def test_watt_hours_of_two_mondays_by_hand(tmp_path):
    rows = [nged("2024-01-08 18:00:00+00:00", 9000, meters="36"), nged("2024-01-15 18:00:00+00:00", 12000, meters="38")]
    _, frame = read(tmp_path, NGED, *rows)
    assert len(frame) == 1
    got = frame.iloc[0]
    assert got[["asset_id", "operator", "substation_id", "substation_name", "month", "day_type", "period", "readings"]].tolist() == [
        "009-1", "nged", "009", "A ROAD", 1, "weekday", 37, 2,
    ]  # fmt: skip
    assert got[["meters", "mean", "sd", "lowest", "highest"]].tolist() == pytest.approx([37, 21, 4.242641, 18, 24])


def test_ssen_stamps_the_end_of_the_half_hour_and_keeps_leading_zeros(tmp_path):
    rows = [ssen("2024-02-12T00:30:00.000Z", 2331.0), ssen("2024-02-13T00:00:00.000Z", 1000.0)]
    _, frame = read(tmp_path, SSEN, *rows)
    assert frame["asset_id"].tolist() == ["000200200402"] * 2
    assert frame["period"].tolist() == [1, 48]
    assert frame["day_type"].tolist() == ["weekday"] * 2
    assert frame["sd"].isna().all()
    assert frame["mean"].tolist() == pytest.approx([4.662, 2.0])


def test_periods_go_by_the_local_clock(tmp_path):
    rows = [
        nged("2024-07-06 17:00:00+00:00", 1000),  # 18:00 on a summer Saturday
        nged("2024-10-27 00:30:00+00:00", 2000),  # 01:30, an hour before the clock goes back
        nged("2024-10-27 01:30:00+00:00", 4000),  # 01:30 again
        nged("2024-03-31 01:00:00+00:00", 500),  # 02:00, as 01:00 does not come
    ]
    _, frame = read(tmp_path, NGED, *rows)
    got = frame[["month", "day_type", "period", "readings", "mean"]].to_numpy().tolist()
    assert got == [[3, "sunday", 5, 1, 1.0], [7, "saturday", 37, 1, 2.0], [10, "sunday", 4, 2, 6.0]]


def test_withheld_sums_and_unreadable_times_are_counted(tmp_path):
    rows = [nged("2024-01-08 18:00:00+00:00", ""), nged("2024-01-08 18:30:00+00:00", 100), nged("soon", 100)]
    result, frame = read(tmp_path, NGED, *rows)
    assert (result.rows_read, result.rows_kept, len(frame)) == (3, 1, 1)
    assert any("1 half-hours are withheld" in note for note in result.notes)
    assert any("1 half-hours have no time" in note for note in result.notes)


def test_ukpn_export_with_semicolons_a_mark_at_its_start_and_no_zone_in_its_times(tmp_path):
    row = "x;UK Power Networks;UKPN;EPN-S01;3;51.5805, -3.0622;7;800;;800;7;10;2024-01-08T18:00:00;;"
    _, frame = read(tmp_path, "\ufeff" + UKPN, row)
    assert frame[["asset_id", "operator", "period", "mean"]].to_numpy().tolist() == [["EPN-S01-3", "ukpn", 37, 1.6]]


def test_by_substation_where_no_feeder_is_named(tmp_path):
    header = UKPN.replace(";lv_feeder_id", "")
    _, frame = read(tmp_path, header, "x;U;UKPN;EPN-S01;51.58, -3.06;7;800;;800;7;10;2024-01-08T18:00:00Z;;")
    assert frame["asset_id"].tolist() == ["EPN-S01"]


def test_feeders_elsewhere_are_left_out_and_those_without_a_place_need_the_list(tmp_path):
    rows = [
        nged("2024-01-08 18:00:00+00:00", 100), nged("2024-01-08 18:00:00+00:00", 100, feeder="2", place='"53.1, -0.6"'),
        nged("2024-01-08 18:00:00+00:00", 100, feeder="3", place=""),
    ]  # fmt: skip
    result, frame = read(tmp_path, NGED, *rows, clip=HERE)
    assert frame["asset_id"].tolist() == ["009-1"]
    assert any("1 feeders are in the area" in note and "1 are not" in note for note in result.notes)
    assert any("laep ingest ssen_feeder_lookup" in note for note in result.notes)
    _, frame = read(tmp_path, NGED, *rows, clip=HERE, in_feeder=pd.DataFrame({"feeder_id": ["009-3"]}))
    assert frame["asset_id"].tolist() == ["009-1", "009-3"]


def test_nothing_here_is_an_empty_layer(tmp_path):
    result, frame = read(tmp_path, NGED, nged("2024-01-08 18:00:00+00:00", 100, place='"53.1, -0.6"'), clip=HERE)
    assert frame.empty
    assert result.rows_read == 1


def test_other_columns_are_met_with_those_of_the_file(tmp_path):
    with pytest.raises(SourceInvalid, match=r"total_consumption_active_import.*nearest.*Total_use_active_import"):
        read(tmp_path, NGED.replace("Total_consumption_active", "Total_use_active"), nged("2024-01-08 18:00:00", 1))


def test_files_in_any_order_and_split_anywhere_give_the_same_days(tmp_path):
    rng = np.random.default_rng(3)
    stamps = pd.date_range("2024-01-01", periods=400, freq="30min", tz="UTC").astype(str)
    rows = [
        nged(stamp, int(wh), feeder=str(i % 3))
        for i, (stamp, wh) in enumerate(zip(stamps, rng.integers(1, 9999, 400), strict=True))
    ]
    _, whole = read(tmp_path, NGED, *rows)
    for name, part in (("a.csv", rows[250:]), ("b.csv", rows[:250])):
        (tmp_path / name).write_text("\n".join([NGED, *part]), encoding="utf-8")
    result = feeder_usage.read(Request(files=(tmp_path / "a.csv", tmp_path / "b.csv")))
    pd.testing.assert_frame_equal(result.layers["in_load_profile"], whole)
    assert whole["readings"].sum() == 400
    energy = (whole["mean"] * whole["readings"]).sum() / 2
    assert energy == pytest.approx(sum(int(row.split(",")[-6]) for row in rows) / 1000)
    assert (whole["lowest"] <= whole["mean"] + 1e-9).all()
    assert (whole["mean"] <= whole["highest"] + 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12), min_size=17, max_size=17
    )
)
def test_no_row_makes_anything_but_our_own_errors(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("rows") / "usage.csv"
    path.write_text("\n".join([NGED, nged("2024-01-08 18:00:00+00:00", 100), ",".join(cells)]), encoding="utf-8")
    try:
        result = feeder_usage.read(Request(files=(path,)))
    except LaepError:
        return
    assert result.rows_kept >= 1


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("nged/aggregated-smart-meter-data-lv-feeder-2024-01-part0000_head.csv", 10),
        ("ssen/lv_feeder_usage_2024-02-12_head.csv", 10),
        ("ssen/lv_feeder_usage_2024-02-12_for_location_lookup.csv", 6),
    ],
)
def test_real_excerpts(shared_data, name, rows):
    result = feeder_usage.read(Request(files=(shared_data / "dso" / name,)))
    assert (result.rows_read, result.rows_kept) == (rows, rows)
    assert result.layers["in_load_profile"]["mean"].gt(0).all()
