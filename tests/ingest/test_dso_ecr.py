"""Embedded Capacity Registers: any operator's header, every technology a row, nobody's name."""

import json

import pandas as pd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.dso.every import ecr
from laep.ingest.source import Request

CLIP = shapely.box(530_000, 240_000, 545_000, 250_000)
SECRET = "Mrs A Person of 1 Mill Lane"
UKPN = {
    "mpan": "Export MPAN / MSID",
    "customer": "Customer Name",
    "site": "Customer Site",
    "easting": "Location (X-coordinate):_Eastings (where data is held)",
    "northing": "Location (y-coordinate):_Northings (where data is held)",
    "primary": "Primary",
    "voltage": "Point of Connection (POC)_Voltage (kV)",
    "source_1": "Energy Source 1",
    "conversion_1": "Energy Conversion Technology 1",
    "storage_mwh_1": "Storage Capacity 1 (MWh)",
    "capacity_1": "Energy Source & Energy Conversion Technology 1 - Registered Capacity (MW)",
    "source_2": "Energy Source 2",
    "conversion_2": "Energy Conversion Technology 2",
    "storage_mwh_2": "Storage Capacity 2 (MWh)",
    "capacity_2": "Energy Source & Energy Conversion Technology 2 - Registered Capacity (MW)",
    "status": "Connection Status",
    "connected": "Already connected Registered Capacity (MW)",
    "connected_export": "Already Connected - Maximum Export Capacity (MW)",
    "connected_on": "Date Connected",
    "accepted": "Accepted to Connect Registered Capacity (MW)",
    "accepted_export": "Accepted to Connect - Change to Maximum Export Capacity (MW)",
    "accepted_on": "Date Accepted",
    "latitude": "Latitude",
    "longitude": "Longitude",
}
STORED = "Stored Energy (all stored energy irrespective of the original energy source)"
SITE = {
    "mpan": "1.02348E+12", "customer": SECRET, "site": SECRET, "easting": "536960", "northing": "244420",
    "primary": "Bourn  Primary 11kV", "voltage": "33.0", "source_1": "Solar", "conversion_1": "Photovoltaic",
    "capacity_1": "25.0", "status": "Connected", "connected": "25.0", "connected_on": "2014-12-16",
}  # fmt: skip


def write(tmp_path, *sites, header=UKPN, name="ecr.csv", above=""):
    lines = [",".join(f'"{column}"' for column in header.values())]
    lines += [",".join(f'"{({**SITE, **site}).get(cell, "")}"' for cell in header) for site in sites]
    path = tmp_path / name
    path.write_text("\ufeff" + above + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(*paths, clip=CLIP):
    return ecr.read(Request(files=paths, clip=clip))


def test_a_connected_site_is_kept_without_names(tmp_path):
    result = read(write(tmp_path, {}))
    layer = result.layers["in_generator"]
    row = layer.iloc[0]
    assert row[["generator_id", "technology", "status", "substation_name", "connected_on"]].tolist() == [
        "1-1-1", "solar", "connected", "Bourn Primary 11kV", "2014-12-16",
    ]  # fmt: skip
    assert (row["capacity_kw"], row["voltage_kv"]) == (25_000.0, 33.0)
    assert pd.isna(row["storage_kwh"])
    assert row["geometry"].equals(shapely.Point(536960, 244420))
    everything = layer.to_csv() + " ".join(result.notes)
    assert "Person" not in everything
    assert "1.02348" not in everything


def test_a_row_listed_twice_counts_once_and_two_that_are_alike_count_twice(tmp_path):
    meter = {"mpan": "1200050981431"}
    got = read(write(tmp_path, meter, meter, {"mpan": "1200050981432"}, {}, {}))
    assert got.layers["in_generator"]["generator_id"].tolist() == ["1-1-1", "1-3-1", "1-4-1", "1-5-1"]
    assert "1 rows repeat another row of the same meter: left out." in got.notes
    assert (got.rows_read, got.rows_kept) == (5, 4)
    assert "1200050981431" not in got.layers["in_generator"].to_csv()


def test_two_monthly_editions_are_one_register(tmp_path):
    """F9: UKPN's register of two months made 80 generators of 40."""
    meter = {"mpan": "1200050981431"}
    june = write(tmp_path, {}, {}, {**meter, "capacity_1": "10"}, name="ecr-june-2026.csv")
    may = write(tmp_path, {}, {}, {**meter, "capacity_1": "8"}, {"capacity_1": "3"}, name="ecr-may-2026.csv")
    got = read(may, june)
    assert got.layers["in_generator"]["capacity_kw"].tolist() == [3_000.0, 25_000.0, 25_000.0, 10_000.0]
    assert "3 rows are told by another edition of the register too: counted once." in got.notes
    assert len(read(june, write(tmp_path, {}, {}, name="ecr-part-2-june-2026.csv")).layers["in_generator"]) == 5


def test_a_register_of_small_generators_with_large_figures_is_in_kw(tmp_path):
    """SPEN's second part: kW under a heading of MW, its columns slipped in some rows."""
    rows = [{"capacity_1": kw, "connected": kw, "voltage": "0.4"} for kw in ("50", "400", "7.5")]
    slipped = {"easting": "Solar", "northing": "536960", "latitude": "", "longitude": ""}
    result = read(write(tmp_path, *rows, slipped, name="embedded-capacity-register-50kv-1mw.csv"))
    assert result.layers["in_generator"]["capacity_kw"].tolist() == [50.0, 400.0, 7.5]
    assert any("most of its capacities are above 1: taken for kW" in note for note in result.notes)
    assert any("1 of 4 sites have no position" in note for note in result.notes)
    small = write(tmp_path, {"capacity_1": "0.4", "connected": "0.4"}, name="embedded-capacity-register-part-2.csv")
    assert read(small).layers["in_generator"]["capacity_kw"].tolist() == [400.0]


def test_a_site_with_two_technologies_is_two_rows(tmp_path):
    two = {"source_2": STORED, "conversion_2": "Storage - Electrochemical  (Batteries)"}
    result = read(write(tmp_path, {**two, "capacity_2": "20", "storage_mwh_2": "40.5"}, two))
    layer = result.layers["in_generator"]
    assert layer["generator_id"].tolist() == ["1-1-1", "1-1-2", "1-2-1", "1-2-2"]
    assert layer["technology"].tolist() == ["solar", "storage"] * 2
    assert layer["capacity_kw"].tolist()[:3] == [25_000.0, 20_000.0, 25_000.0]
    assert pd.isna(layer["capacity_kw"][3])  # the site's total is not shared out
    assert layer["storage_kwh"][1] == 40_500.0
    said = " ".join(result.notes)
    assert "2 second or third technologies" in said
    assert "1 of 4 generators have no registered capacity" in said


def test_a_single_technology_falls_back_to_the_site_and_then_to_export(tmp_path):
    bare = {"capacity_1": "", "connected": "", "connected_on": "", "connected_export": "3.5"}
    accepted = {**bare, "status": "Accepted to Connect", "accepted": "7", "accepted_on": "21/11/2021"}
    path = write(
        tmp_path, {"capacity_1": "N/A"}, bare, accepted,
        {**bare, "source_2": "Wind", "connected": "9"}, {"accepted": "4"},
    )  # fmt: skip
    result = read(path)
    layer = result.layers["in_generator"].set_index("generator_id")
    assert layer.loc[["1-1-1", "1-2-1", "1-3-1", "1-5-1"], "capacity_kw"].tolist() == [
        25_000.0,
        3_500.0,
        7_000.0,
        25_000.0,
    ]
    assert layer.loc[["1-4-1", "1-4-2"], "capacity_kw"].isna().all()
    assert layer.loc["1-3-1", ["status", "connected_on"]].tolist() == ["accepted", "2021-11-21"]
    assert any("1 connected sites also have an accepted increase" in note for note in result.notes)


def test_rows_far_off_nowhere_or_of_another_status_are_counted(tmp_path):
    path = write(
        tmp_path, {}, {"easting": "300000"}, {"easting": "0", "northing": "0"}, {"status": "Disconnected"},
        {"easting": "", "northing": "", "latitude": "52.08", "longitude": "0.0"}, {"easting": "519999"},
        {"easting": "520001"}, {"latitude": "52.5", "longitude": "0.0"},
        {"voltage": "0.0", "connected_on": "last year"},
    )  # fmt: skip
    result = read(path)
    layer = result.layers["in_generator"].set_index("generator_id")
    assert list(layer.index) == ["1-1-1", "1-5-1", "1-7-1", "1-8-1", "1-9-1"]
    assert (result.rows_read, result.rows_kept) == (9, 5)
    assert layer.loc["1-9-1", ["voltage_kv", "connected_on"]].isna().all()
    said = " ".join(result.notes)
    assert "1 of 9 sites are neither connected nor accepted: left out. 'Disconnected'" in said
    assert "1 of 9 sites have no position in Great Britain: left out" in said
    assert "5 of 9 sites are inside the area or within 10 km of it; 2 are further off" in said
    assert "1 sites have two published positions more than 100 m apart" in said
    assert "1 dates could not be read" in said


@pytest.mark.parametrize(
    ("source", "conversion", "technology"),
    [
        ("Solar", "Photovoltaic", "solar"),
        (None, "Photovoltaic", "solar"),
        ("wind onshore", "Onshore wind turbines", "wind"),
        ("Water (flowing water or head of water)", "Hydro - Run of river", "hydro"),
        ("Water (flowing water or head of water)", "Tidal stream devices", "other"),
        (STORED, "Storage - Electrochemical  (Batteries)", "storage"),
        ("Fossil - Gas", "Gas turbine (OCGT)", "gas"),
        ("Fossil - Oil", "Engine (combustion / reciprocating)", "other"),
        ("Biofuel - Landfill gas", "Gas turbine (OCGT)", "biomass"),
        ("Biofuel sewage gas", "Steam-gas turbine (CCGT)", "biomass"),
        ("Biomass", "Steam turbine (thermal power plant)", "biomass"),
        ("Waste", "Steam turbine (thermal power plant)", "waste"),
        ("Advanced Fuel (produced via gasification or pyrolysis of biofuel or waste)", None, "waste"),
        ("Hydrogen", "Fuel Cell", "other"),
        ("Other", "Photovoltaic", "solar"),
        ("Other", None, "other"),
        (None, None, "other"),
    ],
)
def test_technologies_become_our_words(source, conversion, technology):
    found = ecr.technology(pd.Series([source], dtype="string"), pd.Series([conversion], dtype="string"))
    assert found.tolist() == [technology]


NGED = {
    "customer": "customer_name", "easting": "location(x-coordinate):_eastings_(where_data_is_held)",
    "northing": "location(y-coordinate):_northings_(where_data_is_held)", "primary": "primary",
    "voltage": "point_of_connection(poc)_voltage(kv)", "source_1": "energy_source_1",
    "conversion_1": "Energy Conversion Technology 1", "storage_mwh_1": "storage_capacity_1(mwh)",
    "capacity_1": "energy_source_&_conversion_tech_1_reg_capacity_mw", "status": "connection_status",
    "connected": "already_connected_registered_capacity(mw)",
    "connected_export": "connected_maximum_export_capacity(mw)",
    "connected_on": "date_connected", "latitude": "lat", "longitude": "lon",
}  # fmt: skip
SSEN = {
    "customer": "Customer Name", "easting": "location__x_coordinate___eastings__where_data_is_held_",
    "northing": "location__y_coordinate___northings__where_data_is_held_", "primary": "Primary",
    "voltage": "point_of_connection__poc__voltage__kv_", "source_1": "Energy Source 1",
    "conversion_1": "Energy Conversion Technology 1", "storage_mwh_1": "storage_capacity_1__mwh_",
    "capacity_1": "energy_source___energy_conversion_technology_1___registered_", "status": "Connection Status",
    "connected": "already_connected_registered_capacity__mw_", "connected_export": "maximum_export_capacity__mw_",
    "connected_on": "Date Connected", "latitude": "Latitude", "longitude": "Longitude",
}  # fmt: skip
API = {
    "customer": "customer_name", "easting": "location_x_coordinate_eastings_where_data_is_held",
    "northing": "location_y_coordinate_northings_where_data_is_held", "primary": "primary",
    "voltage": "point_of_connection_poc_voltage_kv", "source_1": "energy_source_1",
    "conversion_1": "energy_conversion_technology_1", "storage_mwh_1": "storage_capacity_1_mwh",
    "capacity_1": "energy_source_energy_conversion_technology_1_registered_capacity_mw", "status": "connection_status",
    "connected": "already_connected_registered_capacity_mw", "connected_export": "maximum_export_capacity_mw",
    "connected_on": "date_connected", "latitude": "latitude", "longitude": "longitude",
}  # fmt: skip
SPEN = {
    **API, "easting": "location_xcoordinate_eastings_where_data_is_held",
    "northing": "location_ycoordinate_northings_where_data_is_held",
}  # fmt: skip


@pytest.mark.parametrize("header", [NGED, SSEN, API, SPEN], ids=["nged", "ssen", "ukpn-api", "spen"])
def test_every_operators_names_are_understood(tmp_path, header):
    sites = ({}, {"capacity_1": "", "connected": "", "connected_export": "5"}, {"storage_mwh_1": "2"})
    usual = read(write(tmp_path, *sites)).layers["in_generator"]
    other = read(write(tmp_path, *sites, header=header, name="other.csv")).layers["in_generator"]
    pd.testing.assert_frame_equal(other, usual)
    assert other["capacity_kw"].tolist() == [25_000.0, 5_000.0, 25_000.0]
    assert other["storage_kwh"][2] == 2_000.0


@pytest.mark.real
@pytest.mark.parametrize(
    ("operator", "dataset", "names"),
    [
        ("UKPN", "ukpn-embedded-capacity-register", "csv_header"),
        ("UKPN", "ukpn-embedded-capacity-register", "api_names"),
        ("UKPN", "ukpn-embedded-capacity-register-1-under-1mw", "labels"),
        ("UKPN", "ukpn-embedded-capacity-register-1-under-1mw", "names"),
        ("NGED", "embedded-capacity-register", "datastore_names"),
        ("SSEN", "embedded_capacity_register", "datastore_names"),
    ],
)
def test_no_column_of_a_known_header_is_missed(shared_data, tmp_path, operator, dataset, names):
    header = json.loads((shared_data / "dso" / "headers.json").read_text())[operator][dataset][names]
    path = tmp_path / "header.csv"
    path.write_text(",".join(header) + "\n" + ",".join("" for _ in header) + "x\n")
    assert not any("has no column for" in note for note in read(path).notes)


def test_title_rows_and_two_parts_are_read_and_ids_stay_apart(tmp_path):
    banner = '"Register Part 1\n50kW - <1MW",,\n'
    first, second = write(tmp_path, {}, name="part1.csv", above=banner), write(tmp_path, {}, {}, name="part2.csv")
    assert read(first, second).layers["in_generator"]["generator_id"].tolist() == ["1-1-1", "2-1-1", "2-2-1"]


def test_a_register_without_place_or_capacity_is_refused(tmp_path):
    placeless = {key: name for key, name in UKPN.items() if key not in {"easting", "latitude"}}
    with pytest.raises(SourceInvalid, match="no columns for the position"):
        read(write(tmp_path, {}, header=placeless))
    renamed = {**UKPN, "capacity_1": "Registered Capacity 1 (MW)"}
    with pytest.raises(SourceInvalid, match="no column 'Energy Source & Energy Conversion Technology 1"):
        read(write(tmp_path, {}, header=renamed))


def test_absent_columns_are_said(tmp_path):
    header = {key: name for key, name in UKPN.items() if key != "primary"}
    result = read(write(tmp_path, {}, header=header))
    assert result.layers["in_generator"]["substation_name"].isna().all()
    assert any("ecr.csv has no column for Primary" in note for note in result.notes)


@pytest.mark.real
def test_the_2025_ukpn_register(shared_data):
    path = shared_data / "dso" / "ukpn" / "ukpn-embedded-capacity-register_2025-08.csv"
    result = read(path, clip=None)
    layer = result.layers["in_generator"]
    assert (result.rows_read, result.rows_kept, len(layer)) == (1240, 1240, 1400)
    assert layer["technology"].value_counts().to_dict() == {
        "solar": 586, "storage": 315, "gas": 186, "biomass": 128, "wind": 87, "other": 78, "waste": 20,
    }  # fmt: skip
    assert int(layer["geometry"].isna().sum()) == 3  # two sites that name their supply point
    assert layer["generator_id"].is_unique
    near = read(path).layers["in_generator"]
    assert 0 < len(near) < 100
    assert near.geometry.distance(CLIP).max() <= 10_000
