"""Operators that publish headroom by scenario and year: Electricity North West and SP Energy Networks."""

import pandas as pd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.dso.enwl import headroom as enwl_headroom
from laep.ingest.dso.spen import headroom as spen_headroom
from laep.ingest.source import Request

STOCKPORT = shapely.box(389_000, 388_000, 396_000, 396_000)
DEMAND = (
    "GROUP,GROUP_NUMBER,YEAR,SCENARIO,FIRM HEADROOM ( MVA ),NON-FIRM HEADROOM ( MVA ),CENTROID_X,CENTROID_Y,geopoint"
)
GENERATION = (
    "GROUP,GROUP_NUMBER,YEAR,SCENARIO,PRY GEN HEADROOM - INVERTER BASED ( MW ),"
    "PRY GEN HEADROOM - SYNCHRONOUS LV ( MW ),PRY GEN HEADROOM - SYNCHRONOUS HV ( MW ),PRY BATTERY HEADROOM ( MW),"
    "BSP GEN HEADROOM - INVERTER BASED ( MW ),BSP GEN HEADROOM - SYNCHRONOUS ( MW ),BSP BATTERY HEADROOM ( MW ),"
    "CENTROID_X,CENTROID_Y,geopoint"
)
HERE = '390204.557,395729.422,"53.4582, -2.1489"'
FAR = '323326.9,530000.0,""'


def write(tmp_path, name, header, *rows):
    path = tmp_path / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def read_enwl(*paths, clip=STOCKPORT):
    return enwl_headroom.read(Request(files=paths, clip=clip))


def test_enwl_demand_keeps_both_bases_and_values_below_zero(tmp_path):
    path = write(
        tmp_path, "demand.csv", DEMAND,
        f"PRIMARY,000111,2051,2 - COUNTERFACTUAL,3.98,8.7,{HERE}",
        f"PRIMARY,000111,2042,3 - ELECTRIC ENGAGEMENT,-2.31,2.32,{HERE}",
        f"BSP,400,2030,1 - BEST VIEW,0,,{FAR}",
    )  # fmt: skip
    result = read_enwl(path)
    substations, headroom = result.layers["in_substation"], result.layers["in_headroom"]
    assert substations[["substation_id", "level", "operator"]].to_numpy().tolist() == [["000111", "primary", "enwl"]]
    assert substations["geometry"][0].equals(shapely.Point(390204.557, 395729.422))
    found = headroom.set_index(["basis", "scenario"])["value"].to_dict()
    assert found == {
        ("firm_n1", "Counterfactual"): 3.98, ("firm_n1", "Electric Engagement"): -2.31,
        ("non_firm", "Counterfactual"): 8.7, ("non_firm", "Electric Engagement"): 2.32,
    }  # fmt: skip
    assert set(headroom["unit"]) == {"MVA"}
    assert headroom["value_mw"].isna().all()
    assert not headroom["floor_at_zero"].any()
    assert set(headroom["year"]) == {2051, 2042}
    assert (result.rows_read, result.rows_kept) == (3, 2)
    assert any("of 5 published values 1 are below zero and 1 are exactly zero" in note for note in result.notes)


def test_enwl_generation_keeps_the_lower_synchronous_figure_and_says_both(tmp_path):
    path = write(
        tmp_path, "generation.csv", GENERATION,
        f"PRIMARY,000111,2030,1 - BEST VIEW,24.57,11.78,8.59,-1.5,,,,{HERE}",
        f"BSP,000400,2030,1 - BEST VIEW,,,,,60.5,40.25,0,{HERE}",
    )  # fmt: skip
    headroom = read_enwl(path).layers["in_headroom"].set_index(["substation_id", "technology"])
    assert headroom["value"].to_dict() == {
        ("000111", "inverter"): 24.57, ("000111", "synchronous"): 8.59, ("000111", "storage"): -1.5,
        ("000400", "inverter"): 60.5, ("000400", "synchronous"): 40.25, ("000400", "storage"): 0.0,
    }  # fmt: skip
    pd.testing.assert_series_equal(headroom["value_mw"], headroom["value"], check_names=False)
    said = headroom["constraint"]
    assert said["000111", "synchronous"] == "Synchronous plant: 11.78 MW at low voltage, 8.59 MW at high voltage"
    assert said.isna().sum() == 5
    assert set(headroom["direction"]) == {"generation"}
    assert headroom["floor_at_zero"].tolist() == [pd.NA, pd.NA, pd.NA, pd.NA, False, False]


def test_enwl_takes_both_files_api_names_and_the_older_edition(tmp_path):
    demand = write(
        tmp_path, "demand.csv",
        "group;group_number;year;scenario;firm_headroom_mva;non_firm_headroom_mva;centroid_x;centroid_y",
        "PRIMARY;1;2030;1 - BEST VIEW;5;6;390204;395729",
    )  # fmt: skip
    generation = write(tmp_path, "gen.csv", GENERATION, f"PRIMARY,1,2030,1 - BEST VIEW,7,8,9,10,,,,{HERE}")
    older = write(
        tmp_path, "older.csv", "substation,substation_type,year,scenario,status,headroom_mva,geopoint",
        'HEATON MOOR,Primary,2024,Best View,Non-Firm,2.5,"53.4582, -2.1489"',
        'HEATON MOOR,Primary,2024,Best View,Firm,1.5,"53.4582, -2.1489"',
        'HEATON MOOR,Primary,2025,Best View,Interim,0.5,"53.4582, -2.1489"',
    )  # fmt: skip
    result = read_enwl(demand, generation, older)
    headroom = result.layers["in_headroom"]
    assert result.layers["in_substation"]["substation_id"].tolist() == ["1", "HEATON MOOR"]
    assert result.layers["in_substation"]["name"].tolist() == ["Primary 1", "HEATON MOOR"]
    assert headroom.groupby("substation_id").size().to_dict() == {"1": 5, "HEATON MOOR": 3}
    bases = headroom[headroom["substation_id"] == "HEATON MOOR"].set_index("basis")["value"].to_dict()
    assert bases == {"non_firm": 2.5, "firm_n1": 1.5, "not_stated": 0.5}


def test_enwl_numbers_shared_by_two_levels_are_told_apart(tmp_path):
    path = write(
        tmp_path, "demand.csv", DEMAND, f"PRIMARY,111,2030,1 - BEST VIEW,1,1,{HERE}",
        f"BSP,111,2030,1 - BEST VIEW,2,2,{HERE}",
    )  # fmt: skip
    ids = set(read_enwl(path).layers["in_headroom"]["substation_id"])
    assert ids == {"111 (primary)", "111 (bsp)"}


def test_enwl_rows_that_say_nothing_are_counted(tmp_path):
    path = write(
        tmp_path, "demand.csv", DEMAND, f"PRIMARY,1,2030,1 - BEST VIEW,1,1,{HERE}",
        f"PRIMARY,1,2031,1 - BEST VIEW,N/A,,{HERE}", f"FEEDER,2,2030,1 - BEST VIEW,1,1,{HERE}",
    )  # fmt: skip
    result = read_enwl(path)
    said = " ".join(result.notes)
    assert "1 of 3 rows lack a known group" in said
    assert "1 of 3 rows have no headroom figure at all" in said
    assert len(result.layers["in_headroom"]) == 2


def test_enwl_meets_an_unknown_form_with_its_columns(tmp_path):
    path = write(tmp_path, "demand.csv", DEMAND.replace("FIRM HEADROOM ( MVA )", "FIRM HEADROOM ( MW )"), "x")
    with pytest.raises(SourceInvalid, match=r"nearest in the file: 'FIRM HEADROOM \( MW \)'"):
        read_enwl(path)
    with pytest.raises(SourceInvalid, match="needs a file"):
        read_enwl()


@pytest.mark.real
def test_the_enwl_excerpts(shared_data):
    folder = shared_data / "dso" / "enwl"
    result = read_enwl(
        folder / "ndp-pry-bsp-headroom_excerpt.csv", folder / "ndp-pry-bsp-generation_excerpt.csv", clip=None
    )
    headroom = result.layers["in_headroom"]
    assert (result.rows_read, len(result.layers["in_substation"])) == (36, 6)
    assert len(headroom) == 24 * 2 + 12 * 3
    one = headroom.query("substation_id == '100111' and year == 2051 and scenario == 'Holistic Transition'")
    assert one.set_index("basis")["value"].to_dict() == {"firm_n1": -4.94, "non_firm": -0.56}


SPM = "Substation/Group,Voltage,Scenario,DFES Year,Financial Year,Headroom (MW),Headroom Type,Grid_Group,Primary_Group"
SPD = "Substation/Group,Voltage,Scenario,Year,Financial Year,Headroom (MW),Headroom Type,GSP,Primary_Substation"


def read_spen(*paths):
    return spen_headroom.read(Request(files=paths))


def test_spen_levels_years_types_and_scenarios(tmp_path):
    manweb = write(
        tmp_path, "spm.csv", SPM,
        "Aberdyfi  T1,11.0,EE,2038.0,2038/39,1.288447548362802,Demand,ABERYSTWYTH GT2 / RHYDLYDAN GT1,ABERDYFI T1",
        "ABERYSTWYTH GT2,33.0,HT,2026.0,2026/27,6.5,Generation (Inverter Based),#N/A,X",
        "ABERYSTWYTH GT2,33.0,HT,2026.0,2026/27,5.5,Generation (Synchronous),#N/A,X",
        "ABERYSTWYTH GT2,33.0,HT,2026.0,2026/27,4.5,Generation (Non-Synchronous Storage),#N/A,X",
    )  # fmt: skip
    scotland = write(
        tmp_path, "scotland.csv", SPD, "HEATHHALL,11.0,HT,2041,2041/42,0.0,Demand,DUMFRIES,HEATHHALL",
        "DUMFRIES,33.0,CF,2030,2030/31,1.0,Generation,DUMFRIES,",
        "DUMFRIES,33.0,CF,2030,2030/31,1.0,Fault level,DUMFRIES,",
    )  # fmt: skip
    result = read_spen(manweb, scotland)
    rows = result.layers["in_headroom"]
    columns = ["substation_id", "level", "direction", "technology", "scenario", "year", "value"]
    assert rows[columns].to_numpy().tolist() == [
        ["ABERDYFI T1", "primary", "demand", "any", "Electric Engagement", 2038, 1.288447548362802],
        ["ABERYSTWYTH GT2", "bsp", "generation", "inverter", "Holistic Transition", 2026, 6.5],
        ["ABERYSTWYTH GT2", "bsp", "generation", "synchronous", "Holistic Transition", 2026, 5.5],
        ["ABERYSTWYTH GT2", "bsp", "generation", "storage", "Holistic Transition", 2026, 4.5],
        ["HEATHHALL", "primary", "demand", "any", "Holistic Transition", 2041, 0.0],
        ["DUMFRIES", "gsp", "generation", "any", "Counterfactual", 2030, 1.0],
    ]
    assert rows["substation_name"][0] == "Aberdyfi T1"
    floors = rows.groupby("direction")["floor_at_zero"].first().to_dict()
    assert floors["demand"]
    assert pd.isna(floors["generation"])
    assert rows["value_mw"].tolist() == rows["value"].tolist()
    assert (result.rows_read, result.rows_kept) == (7, 6)
    assert any("headroom type 'Fault level' are left out" in note for note in result.notes)
    assert any("matched by name" in note for note in result.notes)


def test_spen_older_field_names_are_understood(tmp_path):
    path = write(
        tmp_path, "spd-nshr.csv", "substation_group,voltage_kv,grid_grid_group,headroom_type,scenario,year,headroom_mw",
        "HEATHHALL,33,DUMFRIES,Demand,BV,2022,-3.5",
    )  # fmt: skip
    rows = read_spen(path).layers["in_headroom"]
    assert rows[["level", "scenario", "year", "value"]].to_numpy().tolist() == [["gsp", "Baseline", 2022, -3.5]]
    assert not rows["floor_at_zero"][0]


def test_spen_repeated_rows_leave_the_least_headroom(tmp_path):
    line = "HEATHHALL,11.0,HT,2041,2041/42,{},Demand,DUMFRIES,HEATHHALL"
    result = read_spen(write(tmp_path, "spd.csv", SPD, line.format(3), line.format(2), line.format(2)))
    assert result.layers["in_headroom"]["value"].tolist() == [2.0]
    assert any(note.startswith("2 rows repeat") for note in result.notes)


def test_spen_header_alone_is_a_refused_download(tmp_path):
    with pytest.raises(SourceInvalid, match="needs an account"):
        read_spen(write(tmp_path, "spd.csv", SPD))


@pytest.mark.real
def test_the_spen_excerpts(shared_data):
    folder = shared_data / "dso" / "spen"
    result = read_spen(folder / "spm-nshr-data-workbook_excerpt.csv", folder / "spd-nshr-data-workbook_excerpt.csv")
    rows = result.layers["in_headroom"]
    assert (result.rows_read, len(rows)) == (27, 27)
    assert rows["level"].value_counts().to_dict() == {"primary": 25, "bsp": 2}
    assert rows["floor_at_zero"].all()
    assert "ABERGELE T1 / PENSARN T1" in set(rows["substation_id"])
