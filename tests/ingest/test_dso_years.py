"""Headroom by scenario and year: wide and long tables of Northern Powergrid, UK Power Networks, Electricity North West."""

import json

import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from laep.errors import SourceInvalid
from laep.ingest.dso.enwl import secondary as enwl_secondary
from laep.ingest.dso.form import normal, years
from laep.ingest.dso.npg import headroom as npg_headroom
from laep.ingest.dso.spen import headroom as spen_headroom
from laep.ingest.dso.ukpn import headroom as ukpn_headroom
from laep.ingest.read import cells, positions
from laep.ingest.source import Request

CLIP = shapely.box(440_000, 200_000, 442_000, 202_000)
PLACE = "51.70, -1.41"


def write(tmp_path, name, rows, delimiter=","):
    path = tmp_path / name
    pd.DataFrame(rows).to_csv(path, index=False, sep=delimiter)
    return path


def read(module, *paths, clip=CLIP):
    return module.read(Request(files=paths, clip=clip))


def npg_row(kind="demand", **cells):
    return {
        "licence_area": "NPgN", "substation_name": "Hexham", "supply_voltage_kv": "66.0", "voltage_kv": "11.0",
        "bsp_group": "Fourstones", "substation_location": "NE46", "bulk_supply_point_or_primary": "Primary",
        "gsp_group": "Stella", "scenario_name": "DFES 2026 - Holistic Transition",
        f"{kind}_headroom_capacity_mw_2026": "36.9", f"{kind}_headroom_capacity_mw_2050": "-1.1", "geo_point_2d": PLACE,
        **cells,
    }  # fmt: skip


def test_npg_columns_of_years_become_rows(tmp_path):
    supply = npg_row(
        bulk_supply_point_or_primary="Supply Point",
        voltage_kv="33",
        supply_voltage_kv="132",
        demand_headroom_capacity_mw_2050="",
    )
    demand = write(tmp_path, "npg_ndp_demand_headroom.csv", [npg_row(), supply], ";")
    generation = write(tmp_path, "npg_ndp_generation_headroom.csv", [npg_row("generation")], ";")
    found = read(npg_headroom, demand, generation)
    headroom = found.layers["in_headroom"].set_index(["substation_id", "direction", "year"])
    assert headroom["value"].to_dict() == {
        ("Hexham (primary)", "demand", 2026): 36.9, ("Hexham (bsp)", "demand", 2026): 36.9,
        ("Hexham (primary)", "demand", 2050): -1.1, ("Hexham (primary)", "generation", 2026): 36.9,
        ("Hexham (primary)", "generation", 2050): -1.1,
    }  # fmt: skip
    assert set(headroom["scenario"]) == {"Holistic Transition"}
    assert set(headroom["scenario_vintage"]) == {"DFES 2026"}
    primary = found.layers["in_substation"].set_index("level").loc["primary"]
    assert primary[["upstream_bsp", "upstream_gsp", "voltage_kv", "upstream_voltage_kv"]].tolist() == [
        "Fourstones",
        "Stella",
        11.0,
        66.0,
    ]
    assert (found.rows_read, found.rows_kept) == (3, 3)


def test_npg_without_years_or_units_is_refused(tmp_path):
    bare = {name: cell for name, cell in npg_row().items() if "headroom" not in name}
    with pytest.raises(SourceInvalid, match=r"no column for a year: .* The file has 'licence_area'"):
        read(npg_headroom, write(tmp_path, "a.csv", [bare]))
    with pytest.raises(SourceInvalid, match="do not say MW or MVA"):
        read(npg_headroom, write(tmp_path, "b.csv", [{**bare, "headroom_2030": "5"}]))
    mva = read(npg_headroom, write(tmp_path, "c.csv", [{**bare, "demand_headroom_mva_2030": "5"}])).layers[
        "in_headroom"
    ]
    assert mva[["value", "unit"]].to_numpy().tolist() == [[5.0, "MVA"]]
    assert mva["value_mw"].isna().all()


UKPN = {
    "Category": "Demand Headroom", "LicenceArea": "Eastern Power Networks (EPN)", "Substation Name": "HIGH  ST 11KV",
    "Voltage (kV)": "11.0", "sitefunctionallocation": "EPN-S1", "BulkSupplyPoint": "BURY GRID 33KV",
    "GridSupplyPoint": "WALPOLE", "Scenario": "Electric Engagement", "Year": "2030-01-01", "Headroom (MW)": "-2.5",
    "Spatial Coordinates": PLACE,
}  # fmt: skip


def test_ukpn_categories_give_direction_and_technology(tmp_path):
    rows = [
        UKPN, {**UKPN, "Category": "Gen inverter headroom", "Headroom (MW)": "7"},
        {**UKPN, "Category": "Gen synch headroom", "Headroom (MW)": "0"}, {**UKPN, "Category": "Something else"},
        {**UKPN, "Voltage (kV)": "33", "sitefunctionallocation": "EPN-G1", "Headroom (MW)": "N/A"},
        {**UKPN, "Spatial Coordinates": ""}, {**UKPN, "Scenario": "Counterfactual", "Year": "2030/31", "Spatial Coordinates": "", "Headroom (MW)": "1"},
    ]  # fmt: skip
    found = read(ukpn_headroom, write(tmp_path, "dfes-network-headroom-report.csv", rows, ";"))
    headroom = found.layers["in_headroom"].set_index(["direction", "technology", "scenario"])
    assert headroom["value"].to_dict() == {
        ("demand", "any", "Electric Engagement"): -2.5, ("generation", "inverter", "Electric Engagement"): 7.0,
        ("generation", "synchronous", "Electric Engagement"): 0.0, ("demand", "any", "Counterfactual"): 1.0,
    }  # fmt: skip
    assert set(headroom["year"]) == {2030}
    floors = headroom["floor_at_zero"].dropna()
    assert floors.to_dict() == {
        ("demand", "any", "Electric Engagement"): False, ("demand", "any", "Counterfactual"): False,
        ("generation", "synchronous", "Electric Engagement"): True,
    }  # fmt: skip
    substations = found.layers["in_substation"].set_index("substation_id")
    assert substations["level"].to_dict() == {"EPN-S1": "primary", "EPN-G1": "bsp"}
    assert substations.loc["EPN-S1", ["name", "upstream_bsp"]].tolist() == ["HIGH ST 11KV", "BURY GRID 33KV"]
    notes = " ".join(found.notes)
    assert "1 of 7 figures lack a known substation" in notes
    assert "1 of 7 rows have no headroom figure" in notes
    assert "1 rows repeat a substation, scenario and year" in notes


def test_ukpn_takes_field_names_as_well_as_labels(tmp_path):
    names = (
        "category",
        "licencearea",
        "substation_name",
        "voltage_kv",
        "sitefunctionallocation",
        "bulksupplypoint",
        "gridsupplypoint",
        "scenario",
        "year",
        "headroom_mw",
        "spatial_coordinates",
    )
    row = dict(zip(names, UKPN.values(), strict=True))
    found = read(ukpn_headroom, write(tmp_path, "a.csv", [row]))
    assert found.layers["in_headroom"]["value"].tolist() == [-2.5]
    row["headroom"] = row.pop("headroom_mw")
    with pytest.raises(SourceInvalid, match=r"no column 'Headroom \(MW\)' \(nearest in the file: 'headroom'\)"):
        read(ukpn_headroom, write(tmp_path, "b.csv", [row]))


def test_enwl_scenarios_and_years_are_columns_in_kva(tmp_path):
    row = {
        "SECONDARY SUBSTATION": "0165087",
        "X": "441000",
        "Y": "201000",
        "ALL VALUES = kVA": "",
        "BEST VIEW 2024": "55.5",
        "BEST VIEW 2051": "-12",
        "ELECTRIC ENGAGEMENT 2024": "",
        "geopoint": PLACE,
    }
    far = {**row, "SECONDARY SUBSTATION": "2", "X": "445000"}
    found = read(enwl_secondary, write(tmp_path, "dfes-lv-headroom-monitored.csv", [row, far]))
    headroom = found.layers["in_headroom"]
    assert headroom[["substation_id", "scenario", "year", "value", "unit"]].to_numpy().tolist() == [
        ["0165087", "Best View", 2024, 55.5, "kVA"], ["0165087", "Best View", 2051, -12.0, "kVA"],
    ]  # fmt: skip
    assert headroom["value_mw"].isna().all()
    assert found.layers["in_substation"]["level"].tolist() == ["secondary"]
    with pytest.raises(SourceInvalid, match="no column for a scenario and year"):
        read(enwl_secondary, write(tmp_path, "b.csv", [{"secondary_substation": "1", "x": "1", "y": "1"}]))


def test_enwl_meters_give_substations_with_customers(tmp_path):
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-1.41, 51.70]},
        "properties": {"all_customers": 540, "dist_number": "0165087", "pry_number": "100637"},
    }
    path = tmp_path / "meters.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    found = read(enwl_secondary, path)
    assert found.layers["in_substation"][["substation_id", "customers", "comment"]].to_numpy().tolist() == [
        ["0165087", 540, "Fed from primary 100637"]
    ]


def test_spen_reads_its_workbook_and_fully_rated_converters_are_inverters(tmp_path):
    pyogrio = pytest.importorskip("pyogrio")
    cells = [
        ["SP Distribution network scenario headroom report", None, None, None, None, None],
        ["Substation/Group", "Voltage", "Scenario", "Financial Year", "Headroom (MW)", "Headroom Type"],
        ["HEATHHALL", "11.0", "HT", "2030/31", "8.86", "Demand"],
        ["HEATHHALL", "11.0", "HT", "2030/31", "3", "Generation (Fully Rated Converter)"],
    ]
    path = tmp_path / "spd-nshr-data-workbook.xlsx"
    pyogrio.write_dataframe(pd.DataFrame({"Read me": ["Notes"]}), path, driver="XLSX", layer="Notes")
    pyogrio.write_dataframe(
        pd.DataFrame(cells, columns=list("abcdef"), dtype="string"), path, driver="XLSX", layer="Data", append=True
    )
    headroom = read(spen_headroom, path).layers["in_headroom"]
    assert headroom[["direction", "technology", "value", "year"]].to_numpy().tolist() == [
        ["demand", "any", 8.86, 2030],
        ["generation", "inverter", 3.0, 2030],
    ]


@pytest.mark.parametrize(
    ("name", "stem", "year"),
    [
        ("best_view_2024", "best view", 2024), ("BEST VIEW 2024/25", "best view", 2024), ("2030", "", 2030),
        ("demand_headroom_capacity_mw_2026", "demand headroom capacity mw", 2026),
    ],
)  # fmt: skip
def test_columns_of_years(name, stem, year):
    assert years.year_columns([name, "x", "x1", "area_2"]) == {name: (stem, year)}


@given(st.lists(st.text(max_size=30), max_size=8))
def test_any_names_can_be_asked_for_years(names):
    for stem, year in years.year_columns(names).values():
        assert 1900 <= year < 2100
        assert stem == stem.strip()


@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=6))
def test_parsers_bear_any_text(texts):
    text = pd.Series(texts, dtype="string")
    lower, upper = normal.voltage_list(text)
    assert not (upper <= lower).any()
    assert len(cells.start_year(text)) == len(normal.colour(text)) == len(text)
    assert set(normal.colour(text).dropna()) <= {"Red", "Amber", "Green"}
    latitude, _ = positions.split_pair(text)
    scenario, _ = normal.scenario_and_vintage(text)
    assert len(latitude) == len(scenario) == len(text)
    assert cells.iso_date(text).dropna().str.fullmatch(r"\d{4}-\d{2}-\d{2}").all()


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2038/39", 2038),
        ("2038.0", 2038),
        ("2038-39", 2038),
        ("2038-01-01", 2038),
        ("2038-01-01T00:00:00+00:00", 2038),
        ("FY38", None),
    ],
)
def test_financial_years_begin_in_their_first_year(text, year):
    found = cells.start_year(pd.Series([text], dtype="string"))[0]
    assert (None if pd.isna(found) else found) == year
