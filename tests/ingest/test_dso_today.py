"""Tables of substations with today's figures beside them: heat maps and capacity maps of five operators."""

import json
import os

import pandas as pd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.dso.enwl import heatmap as enwl_heatmap
from laep.ingest.dso.form import ltds, normal
from laep.ingest.dso.nged import capacity as nged_capacity
from laep.ingest.dso.nged import secondary as nged_secondary
from laep.ingest.dso.npg import heatmap as npg_heatmap
from laep.ingest.dso.npg import ltds as npg_ltds
from laep.ingest.dso.spen import ltds as spen_ltds
from laep.ingest.dso.spen import primaries as spen_primaries
from laep.ingest.dso.ssen import substations as ssen_substations
from laep.ingest.dso.ukpn import ltds as ukpn_ltds
from laep.ingest.dso.ukpn import secondary as ukpn_secondary
from laep.ingest.read import positions
from laep.ingest.source import Request

CLIP = shapely.box(440_000, 200_000, 442_000, 202_000)
LAT, LON = "51.70", "-1.41"  # inside it
FAR = "54.00", "-1.41"


def write(tmp_path, name, rows, delimiter=","):
    """Write rows, given as dicts, under the union of their keys."""
    path = tmp_path / name
    pd.DataFrame(rows).to_csv(path, index=False, sep=delimiter)
    return path


def read(module, *paths, clip=CLIP, **options):
    return module.read(Request(files=paths, clip=clip, options=options))


def npg_row(**cells):
    return {
        "mrid": "_a1", "name": "Moor  Lane", "latitude": LAT, "longitude": LON, "type": "Primary", "voltages": "11",
        "gsp": "_g1", "bsp": "", "area": "NPgY", "demandfirmcapacity": "24", "demandmaximum": "9.5", "demandminimum": "2",
        "generationcontractedcapacity": "1.5", "generationavailablecapacity": "4.17", "demandavailablecapacity": "9.16",
        "generationconstraint": "GREEN", "demandconstraint": "AMBER", "demandconstraintlimitingfactor": "Thermal",
        "generationconstraintlimitingfactor": "", **cells,
    }  # fmt: skip


def test_a_heat_map_gives_headroom_colours_limits_and_names_for_ids(tmp_path):
    rows = [
        npg_row(),
        npg_row(mrid="_g1", name="Skelton", type="GSP", voltages="[275, 132]", demandavailablecapacity="-3.1", gsp=""),
    ]
    found = read(npg_ltds, write(tmp_path, "ltds-capacity-heatmap_2026.csv", rows, ";"))
    primary = found.layers["in_substation"].set_index("substation_id").loc["_a1"]
    assert primary[["name", "level", "upstream_gsp", "voltage_kv", "operator"]].tolist() == [
        "Moor Lane",
        "primary",
        "Skelton",
        11.0,
        "npg",
    ]
    assert pd.isna(primary["firm_capacity_mva"])
    assert "Firm capacity (as published, MW): 24" in primary["comment"].splitlines()
    assert primary["contracted_generation_mw"] == 1.5
    supply = found.layers["in_substation"].set_index("substation_id").loc["_g1"]
    assert supply[["voltage_kv", "upstream_voltage_kv"]].tolist() == [132.0, 275.0]
    headroom = found.layers["in_headroom"].set_index(["substation_id", "direction"])
    assert headroom.loc[("_a1", "demand"), ["value", "unit", "value_mw", "rag", "constraint", "year"]].tolist() == [
        9.16,
        "MW",
        9.16,
        "Amber",
        "Thermal",
        2026,
    ]
    assert headroom.loc[("_g1", "demand"), "value"] == -3.1
    assert headroom["floor_at_zero"].tolist() == [False, False, pd.NA, pd.NA]
    assert any("does not give the unit" in note for note in found.notes)


def test_mva_given_by_the_user_fills_the_columns_in_mva_and_is_never_turned_into_mw(tmp_path):
    found = read(npg_ltds, write(tmp_path, "heat-2026.csv", [npg_row()]), unit="MVA", year=2025)
    headroom = found.layers["in_headroom"]
    assert set(headroom["unit"]) == {"MVA"}
    assert headroom["value_mw"].isna().all()
    assert set(headroom["year"]) == {2025}
    assert found.layers["in_substation"].loc[0, ["firm_capacity_mva", "max_demand_mva", "min_demand_mva"]].tolist() == [
        24.0,
        9.5,
        2.0,
    ]
    with pytest.raises(SourceInvalid, match=r"unit = 'kW': write one of MW, MVA"):
        read(npg_ltds, write(tmp_path, "heat-2026.csv", [npg_row()]), unit="kW")
    with pytest.raises(SourceInvalid, match="year = 'soon' is not a year"):
        read(npg_ltds, write(tmp_path, "heat-2026.csv", [npg_row()]), year="soon")


def test_a_table_without_a_date_is_of_the_year_of_its_file_and_says_so(tmp_path):
    path = write(tmp_path, "ltds-capacity-heatmap.csv", [npg_row()])
    os.utime(path, (1_700_000_000, 1_700_000_000))  # November 2023
    found = read(npg_ltds, path)
    assert set(found.layers["in_headroom"]["year"]) == {2023}
    assert any("taken to be of 2023" in note for note in found.notes)


def test_spen_goes_by_names_and_its_scottish_grid_sites_are_grid_supply_points(tmp_path):
    row = {
        "name": "X", "site_name": "Heathhall", "type": "Grid", "area": "SPD", "voltage": "33kV", "lat": LAT, "lon": LON,
        "demandavailablecapacity": "DATA NOT AVAILABLE", "demandconstraint": "RED", "generationavailablecapacity": "-",
        "generationconstraint": "", "otherconstraints": "Transmission", "grid_supply_point": "Dumfries",
    }  # fmt: skip
    scottish = write(tmp_path, "spd-2026.csv", [row, {**row, "site_name": "Far", "lat": FAR[0]}])
    welsh = write(tmp_path, "spm-2026.csv", [{**row, "area": "SPM"}, {**row, "area": "SPM", "lat": "51.71"}])
    found = read(spen_ltds, scottish, welsh)
    assert found.layers["in_substation"][["substation_id", "level"]].to_numpy().tolist() == [
        ["Heathhall (gsp)", "gsp"], ["Heathhall (bsp)", "bsp"], ["Heathhall (bsp) #2", "bsp"],
    ]  # fmt: skip
    headroom = found.layers["in_headroom"]
    assert headroom["value"].isna().all()
    assert headroom.iloc[0][["direction", "rag", "constraint"]].tolist() == ["demand", "Red", "Transmission"]


def test_ukpn_states_its_unit(tmp_path):
    row = {
        "mRID": "m",
        "name": "A 33kV",
        "type": "Primary",
        "voltages": "33;11",
        "geo_point_2d": f"{LAT}, {LON}",
        "demandavailablecapacity": "1",
        "generationavailablecapacity": "2",
        "gsp": "Walpole",
    }
    found = read(ukpn_ltds, write(tmp_path, "ukpn-2026.csv", [row]))
    assert found.layers["in_substation"].loc[0, ["voltage_kv", "upstream_voltage_kv", "upstream_gsp"]].tolist() == [
        11.0,
        33.0,
        "Walpole",
    ]
    assert not any("unit" in note for note in found.notes)
    assert set(ltds.COLUMNS) >= {"name", "demand_headroom"}


def test_ukpn_releases_in_json_are_read_as_the_table_is(tmp_path):
    row = {
        "mRID": "m1",
        "name": "A 33kV",
        "type": "Primary",
        "voltages": [33, 11],
        "latitude": 51.7,
        "longitude": -1.41,
        "GSP": "Walpole",
        "BSP": None,
        "demandAvailableCapacity": -3.1,
        "demandConstraint": "RED",
        "demandConstraintLimitingFactor": "Voltage",
        "generationAvailableCapacity": 2,
        "PastConnectionActivity": [{"voltage": 11}],
    }
    path = tmp_path / "LTDS heatmap LPN 2026-01"
    path.write_text(
        "\ufeff" + json.dumps({"title": "x", "Substations": [row, "odd"], "Circuits": []}), encoding="utf-8"
    )
    found = read(ukpn_ltds, path)
    assert found.layers["in_substation"].loc[
        0, ["substation_id", "voltage_kv", "upstream_voltage_kv", "upstream_gsp"]
    ].tolist() == ["m1", 11.0, 33.0, "Walpole"]
    headroom = found.layers["in_headroom"].set_index("direction")
    assert headroom.loc["demand", ["value", "rag", "constraint", "floor_at_zero"]].tolist() == [
        -3.1,
        "Red",
        "Voltage",
        False,
    ]
    path.write_text('{"Substations": []}')
    with pytest.raises(SourceInvalid, match="has no list 'Substations'"):
        read(ukpn_ltds, path)
    path.write_text('{"Substations": [')
    with pytest.raises(SourceInvalid, match="is not whole JSON"):
        read(ukpn_ltds, path)
    path.write_text('{"Substations": [{"name": "x", "kind": "y"}]}')
    with pytest.raises(SourceInvalid, match="no column 'type'"):
        read(ukpn_ltds, path)


def nged_row(**cells):
    return {
        "_id": "1", "substationID": "77", "type": "Primary", "area": "South Wales", "name": "Rogerstone 33 11kv S Stn",
        "substationNumber": "560012.0", "voltages": "33/11", "longitude": LON, "latitude": LAT, "primary": "",
        "BSP": "Newport East", "GSP": "Uskmouth  S.G.P.", "demandTotalCapacity": "23",
        "demandConnectedHeadroomMW": "8.5", "demandContractedHeadroomMW": "-1.2", "demandConnectedRAG": "green",
        "demandContractedRAG": "red", "demandConstraintLimitingFactor": "", "generationConnectedHeadroomMW": "12",
        "generationContractedHeadroomMW": "4", "generationConnectedRAG": "green", "generationContractedRAG": "amber",
        **cells,
    }  # fmt: skip


def test_nged_headroom_stands_beside_what_is_connected_and_what_is_contracted(tmp_path):
    street = nged_row(
        type="Secondary",
        substationNumber="560099",
        name="High Street",
        primary="Rogerstone",
        BSP="",
        demandConnectedHeadroomMW="0.1",
        demandContractedHeadroomMW="",
    )
    far = nged_row(type="Secondary", substationNumber="560100", latitude="51.75")
    found = read(
        nged_capacity,
        write(
            tmp_path,
            "nged-network-capacity-2026.csv",
            [nged_row(), street, far, nged_row(type="Switching Station", substationNumber="9")],
        ),
    )
    substations = found.layers["in_substation"].set_index("substation_id")
    assert substations["level"].to_dict() == {"560012": "primary", "560099": "secondary"}
    assert substations.loc["560012", ["upstream_bsp", "upstream_gsp", "voltage_kv"]].tolist() == [
        "Newport East",
        "Uskmouth S.G.P.",
        11.0,
    ]
    assert substations.loc["560099", "comment"].splitlines()[0] == "Fed from primary Rogerstone"
    headroom = found.layers["in_headroom"].set_index(["substation_id", "direction", "basis"])
    assert headroom.loc[("560012", "demand", "contracted"), ["value", "rag"]].tolist() == [-1.2, "Red"]
    assert headroom.loc[("560012", "demand", "connected"), ["value", "rag"]].tolist() == [8.5, "Green"]
    assert headroom.loc[("560099", "demand", "connected"), "value"] == 0.1
    assert set(headroom["unit"]) == {"MW"}
    assert any("1 of 2 secondary substations are in the area" in note for note in found.notes)
    assert any("1 of 4 rows are of a kind laep does not know" in note for note in found.notes)


def test_the_superseded_nged_map_is_in_mva_and_keeps_kva_in_words(tmp_path):
    row = {
        "Network Reference ID": "88", "Substation Name": "Rogerstone", "Substation Number": "", "Asset Type": "Primary",
        "Latitude": LAT, "Longitude": LON, "Group": "Uskmouth", "Upstream Voltage": "33", "Downstream Voltage": "11",
        "Firm Capacity of Substation (MVA)": "23.0", "Measured Peak Demand (MVA)": "14", "Demand Headroom (MVA)": "9",
        "Demand Headroom RAG": "Green", "Upstream Demand Headroom": "2.5", "Upstream Demand Headroom RAG": "Red",
        "Generation Headroom (MVA)": "-4", "Generation Headroom RAG": "Red", "Generation Connected (kVA)": "1,234",
    }  # fmt: skip
    found = read(nged_capacity, write(tmp_path, "WPD-Network-Capacity-Map-19-11-2021.csv", [row]))
    substation = found.layers["in_substation"].iloc[0]
    assert substation[["substation_id", "firm_capacity_mva", "max_demand_mva", "upstream_voltage_kv"]].tolist() == [
        "88",
        23.0,
        14.0,
        33.0,
    ]
    assert "Generation connected (kVA): 1,234" in substation["comment"]
    assert pd.isna(substation["connected_generation_mw"])
    headroom = found.layers["in_headroom"].set_index("direction")
    assert headroom.loc["demand", ["value", "unit", "basis", "constraint", "year"]].tolist() == [
        9.0,
        "MVA",
        "firm_n1",
        "Upstream demand headroom 2.5 MVA",
        2021,
    ]
    assert headroom["value_mw"].isna().all()


def test_enwl_heat_maps_keep_both_bases_and_the_lower_synchronous_figure(tmp_path):
    shared = {
        "gsp_number": "900",
        "circuit_mva": "30",
        "dem_hr_firm_mw": "3",
        "dem_hr_non_firm_mw": "9",
        "gen_hr_inverter_mw": "5",
        "batt_storage_hr_mw": "-1",
        "geo_point_2d": f"{LAT}, {LON}",
    }
    primary = write(
        tmp_path,
        "enwl-pry-heatmap-2026.csv",
        [
            {
                "pry_number": "100111",
                "bsp_number": "400",
                "class": "Green",
                "voltage_mw": "11",
                "gen_hr_lv_synchronous_mw": "8",
                "gen_hr_hv_synchronous_mw": "7",
                **shared,
            }
        ],
    )
    supply = write(
        tmp_path,
        "enwl-bsp-heatmap-2026.csv",
        [{"bsp_number": "400", "voltage_kv": "33", "gen_hr_synchronous_mw": "40", **shared}],
    )
    found = read(enwl_heatmap, primary, supply)
    substations = found.layers["in_substation"].set_index("substation_id")
    assert substations[["name", "level", "voltage_kv"]].to_numpy().tolist() == [
        ["Primary 100111", "primary", 11.0],
        ["BSP 400", "bsp", 33.0],
    ]
    assert substations.loc["100111", ["upstream_bsp", "upstream_gsp"]].tolist() == ["BSP 400", "GSP 900"]
    headroom = found.layers["in_headroom"].set_index(["substation_id", "technology", "basis"])["value"]
    assert headroom["100111"].to_dict() == {
        ("any", "firm_n1"): 3.0,
        ("any", "non_firm"): 9.0,
        ("inverter", "not_stated"): 5.0,
        ("synchronous", "not_stated"): 7.0,
        ("storage", "not_stated"): -1.0,
    }
    assert headroom["400", "synchronous", "not_stated"] == 40.0


def test_npg_says_what_binds_behind_a_colour_and_upstream(tmp_path):
    row = {
        "psp_name": "Belmont", "grid_easting": "441000.0", "grid_northing": "201000.0", "typetable": "Primary",
        "pvoltage": "11.0", "genhr": "0.0", "demhr": "10.2", "genconstraint": "Red - Fault Level; Amber - Voltage",
        "demconstraint": "Green", "upgenconst": "GSP Constraint", "updemconst": "No", "gen_voltage_constraint": "Some Voltage Constraint",
        "dem_voltage_constraint": "No Voltage Constraint", "worst_case_constraint_gen_colour": "Red",
        "worst_case_constraint_dem_colour": "Green", "upstreamname": "Potter House",
    }  # fmt: skip
    twin = {**row, "grid_easting": "441900.0"}
    found = read(npg_heatmap, write(tmp_path, "heatmapdatatable-2026.csv", [row, twin, row], ";"))
    assert found.layers["in_substation"]["substation_id"].tolist() == ["Belmont", "Belmont #2"]
    headroom = found.layers["in_headroom"].set_index(["substation_id", "direction"])
    assert (
        headroom.loc[("Belmont", "generation"), "constraint"]
        == "Fault Level; Voltage; Some Voltage Constraint; Upstream GSP Constraint"
    )
    assert pd.isna(headroom.loc[("Belmont", "demand"), "constraint"])
    assert any("gives no units" in note for note in found.notes)


def test_ukpn_secondary_joins_sites_transformers_and_utilisation(tmp_path):
    sites = write(
        tmp_path,
        "ukpn-secondary-sites-2026.csv",
        [
            {
                "functionallocation": "EPN-S1",
                "substationalias": "1U1",
                "geopoint": f"{LAT}, {LON}",
                "onanrating": "800",
                "customer_count": "120",
                "demand_headroom": "20%-40%",
                "substationvoltage": "11kV",
                "primaryfeeder": "A01 HIGH",
                "buildingaddress": "1 High Street",
            }
        ],
    )
    bands = write(
        tmp_path,
        "util.csv",
        [
            {
                "functionallocation": "EPN-S1",
                "utilisation_band": "60%-80%",
                "source": "Measured",
                "predicted_year_of_reinforcement": "2031",
            },
            {
                "functionallocation": "EPN-S9",
                "utilisation_band": "0.2-0.4",
                "source": "",
                "predicted_year_of_reinforcement": "",
            },
        ],
    )
    transformers = write(
        tmp_path,
        "tx.csv",
        [
            {
                "secondarysitefunctionallocation": "EPN-S2",
                "transformerfunctionallocation": f"T{n}",
                "primarywinding": "11",
                "secondarywinding": "433",
                "onanrating": kva,
                "geopoint": f"{LAT}, {LON}",
            }
            for n, kva in ((1, "500"), (2, "315"))
        ],
    )
    found = read(ukpn_secondary, sites, bands, transformers)
    substations = found.layers["in_substation"].set_index("substation_id")
    assert substations.loc["EPN-S1", ["name", "rating_mva", "customers", "voltage_kv"]].tolist() == [
        "1U1",
        0.8,
        120,
        11.0,
    ]
    assert substations.loc["EPN-S1", "comment"].splitlines() == [
        "Primary feeder: A01 HIGH",
        "Predicted year of reinforcement: 2031",
    ]
    assert substations.loc["EPN-S2", ["rating_text", "rating_mva", "voltage_kv", "upstream_voltage_kv"]].tolist() == [
        "500 + 315 kVA",
        0.815,
        0.433,
        11.0,
    ]
    headroom = found.layers["in_headroom"]
    assert headroom[["substation_id", "value", "unit", "basis", "constraint"]].to_numpy().tolist() == [
        ["EPN-S1", 160.0, "kVA", "nameplate", "Used: 60%-80%; Measured"]
    ]
    assert "High Street" not in " ".join(map(str, substations.to_numpy().ravel()))


def test_a_band_left_is_read_at_its_low_end():
    left = pd.Series(["20-40%", "0.2-0.4", "", "", ">80%", "x"], dtype="string").mask(lambda text: text.eq(""))
    used = pd.Series(["", "", "60%-80%", ">100%", "", ""], dtype="string").mask(lambda text: text.eq(""))
    assert ukpn_secondary.share_left(left, used).tolist() == pytest.approx(
        [0.2, 0.2, 0.2, 0.0, 0.8, float("nan")], nan_ok=True
    )


def test_distribution_substations_without_units_keep_them_in_words(tmp_path):
    row = {
        "DNO": "WPD",
        "PRIMARY SUBSTATION NAME": "Rogerstone",
        "HV FEEDER": "56001/0003",
        "SUBSTATION TYPE": "Ground",
        "SUBSTATION NAME": "High\nStreet",
        "SUBSTATION NUMBER": "0561234",
        "GRID REFERENCE": "SU 4100 0100",
        "LONGITUDE": "",
        "LATITUDE": "",
        "SUBSTATION_RATING": "500",
        "DAY_MAX_DEMAND": "210",
        "CUSTOMERS COUNT": "88",
        "Photovoltaic": "4",
    }
    near = {**row, "SUBSTATION NUMBER": "2", "LONGITUDE": LON, "LATITUDE": LAT}
    found = read(nged_secondary, write(tmp_path, "ds.csv", [row, near]))
    substation = found.layers["in_substation"].iloc[0]
    assert substation[["substation_id", "name", "customers", "rating_text", "level"]].tolist() == [
        "2",
        "High Street",
        88,
        "500",
        "secondary",
    ]
    assert pd.isna(substation["rating_mva"])
    assert substation["comment"].splitlines()[0] == "Fed from primary: Rogerstone"
    assert (found.rows_read, found.rows_kept) == (2, 1)


def test_ssen_substations_and_spen_primaries_give_places(tmp_path):
    rows = [
        {"Owner": "SEPD", "Type": kind, "Class": "11kV", "Number": f"00{n}", "Status": "In Service", "Locality": "EYNSHAM", "Location X (m)": "441000", "Location Y (m)": "201000"}
        for n, kind in enumerate(("Ground Mounted Distribution", "Primary", "Grid/Bulk Supply pt", "Supergrid", "Link box"))
    ]  # fmt: skip
    found = read(ssen_substations, write(tmp_path, "subs.csv", rows))
    assert found.layers["in_substation"].set_index("substation_id")["level"].to_dict() == {
        "000": "secondary",
        "001": "primary",
        "002": "bsp",
        "003": "gsp",
    }
    spen = write(
        tmp_path,
        "spen.csv",
        [
            {
                "substation_name": "Abergele T1",
                "primary_group": "ABERGELE",
                "firm_capacity_mva": "7.5",
                "maximum_load_mva": "N/A",
                "geo_point_2d": f"{LAT}, {LON}",
            }
        ],
    )
    primary = read(spen_primaries, spen).layers["in_substation"].iloc[0]
    assert primary[["substation_id", "firm_capacity_mva", "comment"]].tolist() == [
        "ABERGELE T1",
        7.5,
        "Primary group: ABERGELE",
    ]
    assert pd.isna(primary["max_demand_mva"])


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("33;11", 11.0, 33.0), ("[132, 33]", 33.0, 132.0), ("230.000 V", 0.23, None), ("11kV", 11.0, None),
        ("11000/433 V", 0.433, 11.0), ("6.6", 6.6, None), ("LV", None, None), ("0", None, None),
    ],
)  # fmt: skip
def test_voltages_in_any_wording(text, lower, upper):
    low, high = normal.voltage_list(pd.Series([text], dtype="string"))
    assert [None if pd.isna(found[0]) else found[0] for found in (low, high)] == [lower, upper]


def test_pairs_are_text_or_json():
    latitude, longitude = positions.split_pair(
        pd.Series(
            ["51.5, -1.25", '{"lon": -1.25, "lat": 51.5}', '{ "lat" : 51.5, "lon" : -1.25 }', None], dtype="string"
        )
    )
    assert latitude.tolist() == ["51.5", "51.5", "51.5", pd.NA]
    assert longitude.tolist() == ["-1.25", "-1.25", "-1.25", pd.NA]
