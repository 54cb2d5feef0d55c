"""Flexible use, curtailment, low-carbon kit, forecasts, requests and monitors: each table by hand, and the real ones."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from asked import asked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point

from laep.errors import LaepError, SourceInvalid
from laep.ingest.dso.every import curtailment, dfes, flexibility, load_monitor
from laep.ingest.dso.form import named
from laep.ingest.dso.nged import requests as nged_requests
from laep.ingest.dso.ukpn import low_carbon as ukpn_low_carbon
from laep.ingest.source import Request
from laep.schema import conform

MODULES = (flexibility, curtailment, ukpn_low_carbon, dfes, nged_requests, load_monitor)
HERE = Point(326500, 187500).buffer(400)  # 51.58 N, 3.06 W
ENWL = "Output_NAME,Substation_Name,Voltage_of_connection__kV_,Maximum_requirement__MVA_,Need_Type,Delivery_start_date,Months_Required,Times_required,Days_required,Ceiling_price__Per_Annum (£)_,Lat,Long,Sub_Number,Period,Maximum_Utilisation_Price___MWh"
EVENTS = "der_name,event_id,scheme_name,start_time_utc,end_time_utc,start_time_local,end_time_local,duration_hours,total_der_access_reduction_kWh,average_access_reduction_kW,peak_access_reduction_kW,estimated_energy_lost_kWh,driver,public_flag"
KIT = "LCT_Connections,Category,Type,Import,Export,LicenceArea,FunctionalLocation,SecondarySubstationAlias,Status,Primary_FunctionalLocation,PrimaryFeeder,Latitude,Longitude,geopoint,LocalAuthority"
ASKED = "Licence,Grid Supply Point,Bulk Supply Point,Primary Substation,Proposed Connection Voltage (kV),Connection Status,Total Demand Number,Total Demand Capacity (MW),Total Generation Number,Total Generation Capacity (MW)"
DFES = "Primary,2022,2030,Licence area,Voltage level,Scenario name,Output parameter"


def read(module, tmp_path, *lines, clip=None, name="table.csv", **options):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = module.read(asked((path,), clip, **options))
    (layer,) = result.layers
    assert conform(result.layers[layer], layer).equals(result.layers[layer])
    return result, result.layers[layer]


def substations(*names):
    return gpd.GeoDataFrame({"name": pd.array(names, dtype="string")}, geometry=[Point(0, 0)] * len(names), crs=27700)


def test_tender_requirements_near_and_far(tmp_path):
    rows = [
        "MILL (Peak Reduction),MILL,0.24kV/0.4kV,0.02,Peak Reduction,2025-10-30,30 Oct 25-11 Mar 26,16:00-19:30,Everyday,0,51.58,-3.06,323747,W25/26,116.5996",
        "FAR,FAR,11kV,1.5,Scheduled Utilisation,2025-05-01,Apr 25-Mar 26,All Day,Everyday,1500,53.5,-2.0,1,FY26,90",
    ]
    result, frame = read(flexibility, tmp_path, ENWL, *rows, clip=HERE)
    assert len(frame) == 1
    got = frame.iloc[0]
    assert got[["operator", "zone", "substation_id", "capacity", "unit", "starts", "window"]].tolist() == [
        "enwl", "MILL (Peak Reduction)", "323747", 0.02, "MVA", "2025-10-30", "30 Oct 25-11 Mar 26, Everyday, 16:00-19:30",
    ]  # fmt: skip
    assert pd.isna(got["ceiling_gbp_per_yr"])  # 0 in the file: no yearly payment is offered
    assert got["utilisation_gbp_per_mwh"] == pytest.approx(116.5996)
    assert got["distance_m"] < 200
    assert "1 rows are further off" in result.notes[-1]


def test_postcodes_of_a_zone_become_one_need(tmp_path):
    head = "Competition_Pot;Flexibility_Zone;Post_Code;Tender_Round;geo_point"
    rows = [f"HV;Newport North;NP10 8J{letter};TR12;51.58, -3.0{i}" for i, letter in enumerate("NPQ")]
    _, frame = read(flexibility, tmp_path, "\ufeff" + head, *rows, clip=HERE)
    assert frame["zone"].tolist() == ["Newport North"]
    assert frame["need_id"].tolist() == ["1-Newport North, TR12, HV"]


def test_low_voltage_assessment_by_api_names(tmp_path):
    head = "area,floc,deferred_transformer_size_kva,dnoa_result,constraint_year,tr11_flex_capacity_awarded_mw,tr11_flex_capacity_awarded_kw,sitefunctionallocation,geopoint"
    _, frame = read(flexibility, tmp_path, head, 'EPN,T1,500,Flexibility,2027,0.02,20,EPN-S1,"51.58, -3.06"')
    assert frame[["zone", "substation_id", "capacity", "unit", "starts", "outcome"]].to_numpy().tolist() == [
        ["EPN-S1", "T1", 20.0, "kW", "2027", "Flexibility"]
    ]  # fmt: skip


def test_events_are_summed_by_scheme_site_and_year(tmp_path):
    rows = [
        "DER1,E1,WALPOLE-W,2025-03-01T10:00:00+00:00,,,,1.5,300,,,120,Constraint,Y",
        "DER1,E2,WALPOLE-W,2025-06-01T10:00:00+00:00,,,,0.5,100,,,30,Constraint,Y",
        "DER1,E3,WALPOLE-W,2024-06-01T10:00:00+00:00,,,,2,50,,,0,Non-constraint,Y",
        "DER1,E4,,soon,,,,2,50,,,0,Constraint,Y",
    ]
    result, frame = read(curtailment, tmp_path, EVENTS, *rows)
    assert frame[["year", "cause", "events", "hours", "access_cut_kwh", "energy_lost_kwh"]].to_numpy().tolist() == [
        [2024, "Non-constraint", 1, 2.0, 50.0, 0.0], [2025, "Constraint", 2, 2.0, 400.0, 150.0],
    ]  # fmt: skip
    assert any("1 rows have no scheme" in note for note in result.notes)


def test_kit_is_summed_by_substation(tmp_path):
    rows = [
        '3,Generation,Solar PV,0,10,EPN,S1,1U1,Connected,P1,J37,,,"51.58, -3.06",X',
        '2,Generation,Solar PV,0,8,EPN,S1,1U1,Connected,P1,J37,,,"51.58, -3.06",X',
        '1,Demand,Heat Pump,5,0,EPN,S1,1U1,Connected,P1,J37,,,"51.58, -3.06",X',
        '1,Demand,Heat Pump,5,0,EPN,S2,1U1,Connected,P1,J37,,,"52.58, -0.06",X',
    ]
    _, frame = read(ukpn_low_carbon, tmp_path, KIT, *rows, clip=HERE)
    assert frame[["substation_id", "technology", "connections", "import_kw", "export_kw"]].to_numpy().tolist() == [
        ["S1", "heat_pump", 1, 5.0, 0.0], ["S1", "solar", 5, 0.0, 18.0],
    ]  # fmt: skip


def test_requests_are_found_by_name_at_any_level(tmp_path):
    rows = [
        "WPD,Uskmouth 132 kV,Panteg BSP,Risca 33 11 kV S Stn,11,Connection offers accepted,2,3.5,1,0.5",
        "WPD,Uskmouth 132 kV,Panteg BSP,Elsewhere 33 11 kV S Stn,11,Budget Estimates Provided,1,1,0,0",
    ]
    _, frame = read(nged_requests, tmp_path, ASKED, *rows, clip=HERE, in_substation=substations("RISCA PRIMARY"))
    assert frame[["primary", "status", "demand_requests", "demand_mw", "generation_mw"]].to_numpy().tolist() == [
        ["Risca 33 11 kV S Stn", "accepted", 2, 3.5, 0.5]
    ]  # fmt: skip
    with pytest.raises(SourceInvalid, match="names of substations"):
        read(nged_requests, tmp_path, ASKED, *rows, clip=HERE)


def test_a_column_a_year_becomes_a_row_a_year(tmp_path):
    rows = [f"ACKLAM,136.0,,NPgN,{level},Best View,Number of electric cars" for level in ("Primary", "11 kV")]
    result, frame = read(dfes, tmp_path, DFES, *rows, name="dfes2023_EV.csv")
    assert any("1 substations name none of the levels" in note for note in result.notes)
    assert frame[["substation_name", "operator", "scenario_vintage", "year", "unit"]].to_numpy().tolist() == [
        ["ACKLAM", "npg", "DFES 2023", 2022, "count"], ["ACKLAM", "npg", "DFES 2023", 2030, "count"],
    ]  # fmt: skip
    assert frame["value"].isna().tolist() == [False, True]


def test_scenarios_as_json_leave_baselines_out(tmp_path):
    table = {"EYNSHAM": {"ev": {"HT": {"2030": 250, "Baseline": 20}, "units": "Number"}}}
    result, frame = read(dfes, tmp_path, json.dumps(table), name="dfes_2025.json")
    assert frame[["substation_name", "scenario", "year", "value", "unit"]].to_numpy().tolist() == [
        ["EYNSHAM", "Holistic Transition", 2030, 250.0, "count"]
    ]  # fmt: skip
    assert any("1 values without a year" in note for note in result.notes)
    for text in ("[]", "{", '{"a": 1}', '{"a": {"b": {"c": {"Baseline": 1}}}}'):
        with pytest.raises(SourceInvalid):
            read(dfes, tmp_path, text, name="bad.json")


def test_phases_are_summed_and_a_moment_with_one_missing_is_left_out(tmp_path):
    rows = [f"2023-02-06 00:0{m}:00,721030 - Chestnut Drive,L{p} Active Power,{p}" for m in (0, 9) for p in (1, 2, 3)]
    result, frame = read(load_monitor, tmp_path, "timestamp,Substation,Description,original_values", *rows[:-1])
    assert frame[["asset_id", "substation_name", "readings", "mean", "unit"]].to_numpy().tolist() == [
        ["721030", "Chestnut Drive", 1, 6.0, "kW"]
    ]  # fmt: skip
    assert any("1 of 2 readings" in note for note in result.notes)


def test_power_is_preferred_to_current_and_amperes_stay_amperes(tmp_path):
    head = "timestamp,tx_id,active_power_mw,current_amps"
    _, frame = read(load_monitor, tmp_path, head, "2024-01-01 00:00:00+00:00,mill_11kv_t1,1.5,200")
    assert frame[["level", "mean", "unit"]].to_numpy().tolist() == [["transformer", 1500.0, "kW"]]
    _, frame = read(load_monitor, tmp_path, head, "2024-01-01 00:00:00+00:00,mill_11kv_t1,,200")
    assert frame[["substation_name", "mean", "unit"]].to_numpy().tolist() == [["mill 11kv", 200.0, "A"]]


def test_names_are_matched_without_voltage_and_level():
    names = pd.Series(["Risca 33 11 kV S Stn", "RISCA PRIMARY", "Risca 33/11kV", "St. Mary's Rd", None])
    assert named.key(names).tolist()[:4] == ["risca", "risca", "risca", "stmarysrd"]


@pytest.mark.parametrize("module", MODULES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10), min_size=1, max_size=18)
)
def test_no_row_makes_anything_but_our_own_errors(module, cells, tmp_path_factory):
    head = {flexibility: ENWL, curtailment: EVENTS, ukpn_low_carbon: KIT, nged_requests: ASKED, dfes: DFES}
    header = head.get(module, "timestamp,tx_id,active_power_mw,current_amps")
    path = tmp_path_factory.mktemp("rows") / "table.csv"
    path.write_text(f"{header}\n{','.join(cells)}\n", encoding="utf-8")
    said = "table.csv"
    try:
        module.read(Request(files=(path,)))
    except LaepError as error:
        said = str(error)
    assert "table.csv" in said


@pytest.mark.real
@pytest.mark.parametrize(
    ("module", "names", "rows"),
    [
        (flexibility, ["enwl/enwl_flexibility_tenders_autumn2024.csv"], 243),
        (curtailment, ["ukpn/ukpn-curtailment-events-site-specific_2025-08.csv"], 12_112),
        (curtailment, ["ukpn/ukpn-constraint-breaches-history_2025-08.csv"], 13_214),
        (ukpn_low_carbon, ["ukpn/ukpn-low-carbon-technologies-secondary_2025-06.csv"], 17_148),
        (nged_requests, ["nged/nged_new_connections_may_2025.csv"], 1_080),
        (load_monitor, ["ukpn/primary_transformer_power_flow_half_hourly_weybridge_2024q1.csv"], 8_803),
        (load_monitor, ["nged/lv_load_monitor_721030_feb2023_processed.csv"], 1_008),
        (dfes, [f"npg/dfes2023_primaries_{what}-BV.csv" for what in ("EV", "HP")], 2 * 584 * 29),
        (dfes, ["ssen/sepd_dfes_2025_by_primary_processed.json"], 47_772),
    ],
)
def test_real_files_load_whole(shared_data, module, names, rows):
    result = module.read(Request(files=tuple(shared_data / "dso" / name for name in names)))
    assert result.rows_read == rows
    assert result.rows_kept >= rows - 1
    (layer,) = result.layers
    assert len(result.layers[layer])
