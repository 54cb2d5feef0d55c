"""SSEN: headroom dashboard, primary supply areas, transformer load model."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.dso.ssen import areas as ssen_areas
from laep.ingest.dso.ssen import headroom as ssen_headroom
from laep.ingest.dso.ssen import transformers as ssen_transformers
from laep.ingest.source import Request
from laep.schema import conform

EYNSHAM = shapely.box(441_000, 208_000, 445_000, 212_000)
LABELS = [names[0] for names in ssen_headroom.COLUMNS.values()]
HEADER = ",".join(["GSP Grouping / Default Order", *LABELS])
NAME = "headroom-dashboard-data-march-2026.csv"


def row(asset, name, **cells):
    """Return a line of the dashboard file: Eynsham's own figures where a cell is not given."""
    usual = {
        "AssetID": asset, "Substation": name, "Upstream GSP": "Cowley GSP", "Upstream BSP": "Yarnton BSP",
        "Substation Type": "Primary", "Voltage (kV)": "33 / 11", "Location Latitude": "51.789462",
        "Location Longitude": "-1.3890547", "Grid Reference": "SP 42236 10266",
        "Transformer Nameplate Ratings": "1 x 12 / 24MVA", "Single Transformer Site": "Yes",
        "Maximum Observed Gross Demand (MVA)": "10.23", "Minimum Observed Gross Demand (MVA)": "3.80",
        "Contracted Demand Excl BESS (MVA)": "9.18", "Contracted BESS Demand (MVA)": "0.00",
        "Estimated Demand Headroom (MVA)": "0.00", "Substation Demand RAG Status": "Red",
        "Demand Constraint": "Upstream Thermal Capacity", "TIA Threshold": "5MW",
        "Connected Generation (MW)": "0.95", "Contracted Generation (MW)": "0.20",
        "Technical Limits Agreed at GSP": "Yes", "Estimated Generation Headroom (MW)": "0.00",
        "3-Phase Break Fault Rating (kA)": "25.00", "3-Phase Break Fault Level (kA)": "9.48",
        "Substation Generation RAG Status": "Red", "Generation Constraint": "Upstream Thermal Capacity",
    }  # fmt: skip
    merged = {**usual, **cells}
    quoted = [f'"{merged.get(column, "")}"' for column in LABELS]
    return ",".join([asset, *quoted])


def write(tmp_path, *rows, name=NAME, header=HEADER):
    path = tmp_path / name
    path.write_bytes(("\ufeff" + "\r\n".join([header, *rows]) + "\r\n").encode())
    return path


def read(path, clip=EYNSHAM, **options):
    return ssen_headroom.read(Request(files=(path,), clip=clip, options=options))


def test_a_substation_keeps_its_figures_units_and_words(tmp_path):
    works = "Transmission works:\r\nReplace both transformers"
    path = write(tmp_path, row("E - COWL - 54", " Eynsham  Primary ", **{"Upstream Reinforcement Works": works}))
    result = read(path)
    substation = result.layers["in_substation"].iloc[0]
    assert substation["substation_id"] == "E - COWL - 54"
    assert substation["name"] == "Eynsham Primary"
    assert (substation["voltage_kv"], substation["upstream_voltage_kv"]) == (11.0, 33.0)
    assert (substation["rating_mva"], substation["rating_text"]) == (24.0, "1 x 12 / 24MVA")
    assert substation["contracted_demand_mva"] == 9.18
    assert substation["upstream_works"] == "Transmission works:\nReplace both transformers"
    assert pd.isna(substation["works"])
    assert substation["comment"].splitlines() == [
        "Single Transformer Site: Yes", "TIA Threshold: 5MW", "Technical Limits Agreed at GSP: Yes",
        "3-Phase Break Fault Level (kA): 9.48", "3-Phase Break Fault Rating (kA): 25.00",
    ]  # fmt: skip
    assert substation["geometry"].distance(shapely.Point(442236, 210266)) < 5
    assert (result.rows_read, result.rows_kept, result.edition) == (1, 1, "March 2026")


def test_headroom_is_never_turned_into_another_unit(tmp_path):
    cells = {"Estimated Demand Headroom (MVA)": "1,234.50", "Estimated Generation Headroom (MW)": "4.85"}
    headroom = read(write(tmp_path, row("a", "A Primary", **cells))).layers["in_headroom"].set_index("direction")
    assert headroom.loc["demand", ["value", "unit"]].tolist() == [1234.5, "MVA"]
    assert pd.isna(headroom.loc["demand", "value_mw"])
    assert headroom.loc["generation", ["value", "unit", "value_mw"]].tolist() == [4.85, "MW", 4.85]
    assert headroom["year"].tolist() == [2026, 2026]
    assert headroom["scenario"].tolist() == ["now", "now"]
    assert headroom["basis"].tolist() == ["estimated", "estimated"]


def test_a_missing_figure_keeps_its_colour_and_is_not_zero(tmp_path):
    cells = {"Estimated Demand Headroom (MVA)": "N/A", "Estimated Generation Headroom (MW)": "n/a"}
    result = read(write(tmp_path, row("a", "Cowley GSP", **{"Substation Type": "GSP", **cells})))
    headroom = result.layers["in_headroom"]
    assert headroom["value"].isna().all()
    assert headroom["rag"].tolist() == ["Red", "Red"]
    assert any("2 headroom rows have no figure" in note for note in result.notes)


def test_the_floor_is_decided_for_each_direction_from_the_whole_file(tmp_path):
    far = {"Location Latitude": "57.7", "Location Longitude": "-2.0", "Grid Reference": "", "Upstream GSP": "Elgin GSP"}
    path = write(
        tmp_path, row("a", "A Primary"), row("b", "B Primary", **far, **{"Estimated Demand Headroom (MVA)": "-0.40"})
    )  # fmt: skip
    result = read(path)
    headroom = result.layers["in_headroom"].set_index("direction")
    assert result.rows_kept == 1  # B is far away, and still tells that demand is not clipped
    assert not headroom.loc["demand", "floor_at_zero"]
    assert headroom.loc["generation", "floor_at_zero"]
    assert any("of 2 published values 1 are below zero" in note for note in result.notes)


def test_upstream_substations_are_kept_however_far(tmp_path):
    far = {"Location Latitude": "57.7", "Location Longitude": "-2.0", "Grid Reference": "NK 00000 10000"}
    path = write(
        tmp_path, row("a", "Eynsham Primary"), row("b", "Yarnton BSP", **far, **{"Substation Type": "BSP"}),
        row("c", "Other BSP", **far, **{"Substation Type": "BSP"}),
    )  # fmt: skip
    assert read(path).layers["in_substation"]["name"].tolist() == ["Eynsham Primary", "Yarnton BSP"]


def test_a_place_missing_is_found_by_grid_reference_or_left_missing(tmp_path):
    nowhere = {"Location Latitude": "N/A", "Location Longitude": ""}
    path = write(
        tmp_path, row("a", "A Primary", **nowhere), row("b", "B Primary", **nowhere, **{"Grid Reference": "TBC"}),
        row("c", "C Primary", **{"Grid Reference": "NN 03067 59147"}),
    )  # fmt: skip
    result = read(path)
    layer = result.layers["in_substation"].set_index("name")
    assert layer.loc["A Primary", "geometry"].equals(shapely.Point(442236, 210266))
    assert layer.loc["B Primary", "geometry"] is None
    assert len(result.layers["in_headroom"]) == 6
    said = " ".join(result.notes)
    assert "1 substations have no position" in said
    assert "1 substations without latitude and longitude are placed by their grid reference" in said
    assert "latitude and longitude, which are kept: C Primary" in said


def test_rows_of_unknown_type_or_repeating_an_id_are_counted(tmp_path):
    path = write(
        tmp_path, row("a", "A Primary"), row("a", "A again"), row("b", "B", **{"Substation Type": "Switching Station"})
    )  # fmt: skip
    result = read(path)
    assert result.layers["in_substation"]["name"].tolist() == ["A Primary"]
    said = " ".join(result.notes)
    assert "1 of 3 rows are GSPs, BSPs or primaries" in said
    assert "type Switching Station are left out" in said
    assert "1 rows repeat an AssetID" in said


@pytest.mark.parametrize(
    ("words", "rating"),
    [
        ("1 x 12 / 24MVA", 24.0),
        ("2 X 240MVA (Shared with UKPN)", 480.0),
        ("1 x  6.3MVA + 1 x 7.5 / 15MVA", 21.3),
        ("2 x 7.5 / 15 + 1 x 10/20MVA", 50.0),
        ("3 x 10 / 12.5 MVA", 37.5),
        ("1 x 40 / 60MVA + 60MVA", None),
        ("about 2 x 10MVA", None),
        (None, None),
    ],
)
def test_ratings_add_up_or_stay_missing(words, rating):
    found = ssen_headroom.total_rating(pd.Series([words], dtype="string"))[0]
    assert pd.isna(found) if rating is None else found == pytest.approx(rating)


def test_the_year_comes_from_the_option_or_the_name_or_is_asked_for(tmp_path):
    plain = write(tmp_path, row("a", "A Primary"), name="headroom.csv")
    with pytest.raises(SourceInvalid, match=r"year = 2026.*sources\.ssen_headroom"):
        read(plain)
    assert read(plain, year=2025).layers["in_headroom"]["year"].tolist() == [2025, 2025]
    assert read(plain, year=2025).edition == "2025"
    with pytest.raises(SourceInvalid, match="'next' is not a year"):
        read(plain, year="next")
    dated = write(tmp_path, row("a", "A Primary"), name="headroom-2025-to-2026.csv")
    with pytest.raises(SourceInvalid, match="does not tell the year"):
        read(dated)


@pytest.mark.real
def test_the_march_2026_dashboard(shared_data):
    path = shared_data / "dso" / "ssen" / NAME
    result = read(path, clip=None)
    substations, headroom = result.layers["in_substation"], result.layers["in_headroom"]
    assert (result.rows_read, len(substations), len(headroom)) == (998, 998, 1996)
    assert substations["substation_id"].is_unique
    assert substations["level"].value_counts().to_dict() == {"primary": 819, "gsp": 99, "bsp": 80}
    assert substations["geometry"].notna().all()
    assert substations["rating_mva"].isna().sum() == 3
    eynsham = substations.set_index("name").loc["Eynsham Primary"]
    assert eynsham["upstream_works"] == "Reinforce the 33kV circuit between Witney BSP and Eynsham Primary"
    assert eynsham[["upstream_works_date", "upstream_bsp", "upstream_gsp"]].tolist() == [
        "Jun-28", "Yarnton BSP", "Cowley GSP",
    ]  # fmt: skip
    both = headroom[headroom["substation_name"] == "Eynsham Primary"].set_index("direction")
    assert both.loc["demand", ["value", "unit", "rag", "constraint"]].tolist() == [
        0.0, "MVA", "Red", "Upstream Thermal Capacity",
    ]  # fmt: skip
    assert both.loc["generation", ["value", "unit", "rag", "constraint"]].tolist() == [
        0.0, "MW", "Red", "Upstream Thermal Capacity",
    ]  # fmt: skip
    assert headroom["floor_at_zero"].all()
    assert (headroom["value"] == 0).sum() == 397 + 786
    assert headroom["value"].isna().sum() == 2 * 99


@pytest.mark.real
def test_the_dashboard_round_eynsham_keeps_what_is_near_and_upstream(shared_data):
    result = read(shared_data / "dso" / "ssen" / NAME)
    names = set(result.layers["in_substation"]["name"])
    assert {"Eynsham Primary", "Yarnton BSP", "Witney BSP", "Cowley GSP"} <= names
    assert "Lairg GSP" not in names
    assert 50 < len(names) < 300


def write_areas(tmp_path, properties, name="areas.geojson"):
    features = [
        {
            "type": "Feature",
            "properties": values,
            "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        }
        for values, ring in properties
    ]
    path = tmp_path / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


AREA_COLUMNS = ("PRIMARY_NRN_SPLIT", "PRIMARY_NAME_2027", "BSP_NAME", "GSP_NAME")
HERE = [(-1.40, 51.78), (-1.36, 51.78), (-1.36, 51.80), (-1.40, 51.80)]
NEXT = [(-1.50, 51.78), (-1.45, 51.78), (-1.45, 51.80), (-1.50, 51.80)]
BOW_TIE = [(-1.40, 51.78), (-1.36, 51.80), (-1.36, 51.78), (-1.40, 51.80)]


def test_areas_that_touch_are_kept_whole_with_their_zeros(tmp_path):
    path = write_areas(
        tmp_path,
        [
            (dict(zip(AREA_COLUMNS, ("0614", "EYNSHAM", "YARNTON BSP", "Cowley"), strict=True)), HERE),
            (dict(zip(AREA_COLUMNS, ("0615", "FAR", None, None), strict=True)), NEXT),
        ],
    )  # fmt: skip
    result = ssen_areas.read(Request(files=(path,), clip=EYNSHAM))
    areas = result.layers["in_supply_area"]
    assert areas[["supply_area_id", "substation_name", "upstream_bsp", "upstream_gsp"]].to_numpy().tolist() == [
        ["0614", "EYNSHAM", "YARNTON BSP", "Cowley"]
    ]
    outline = gpd.GeoSeries([shapely.Polygon(HERE)], crs=4326).to_crs(27700)
    assert areas.geometry.area[0] == pytest.approx(outline.area[0])
    assert (result.rows_read, result.rows_kept, result.edition) == (2, 1, "2027")
    conform(areas, "in_supply_area")


def test_an_edition_with_nothing_but_a_name_takes_it_as_id_and_mends_outlines(tmp_path):
    path = write_areas(tmp_path, [({"Primary": "EYNSHAM"}, BOW_TIE), ({"Primary": "EYNSHAM"}, HERE)])
    result = ssen_areas.read(Request(files=(path,), clip=EYNSHAM))
    areas = result.layers["in_supply_area"]
    assert areas["substation_name"].tolist() == ["EYNSHAM", "EYNSHAM"]
    assert areas["supply_area_id"].is_unique
    assert areas.geometry.is_valid.all()
    assert any("1" in note and "repaired" in note for note in result.notes)


def test_the_file_of_the_other_licence_area_is_a_note(tmp_path):
    """F2: for Eynsham the Scottish file was taken, and all supply areas were lost."""
    far = write_areas(tmp_path, [({"Primary": "CRIEFF"}, [(-4.4, 57.1), (-4.3, 57.1), (-4.3, 57.2), (-4.4, 57.1)])])
    shepd = far.rename(tmp_path / "shepd_primarysubstation_esa_2025.geojson")
    sepd = write_areas(tmp_path, [({"Primary": "EYNSHAM"}, HERE)])
    result = ssen_areas.read(Request(files=(shepd, sepd), clip=EYNSHAM))
    assert result.layers["in_supply_area"]["substation_name"].tolist() == ["EYNSHAM"]
    assert "shepd_primarysubstation_esa_2025.geojson is of another licence area: nothing of it is near." in result.notes
    with pytest.raises(SourceInvalid, match="has nothing near the area"):
        ssen_areas.read(Request(files=(shepd,), clip=EYNSHAM))


def test_areas_without_a_name_column_are_refused_with_what_is_there(tmp_path):
    path = write_areas(tmp_path, [({"SUBSTATION": "EYNSHAM"}, HERE)])
    with pytest.raises(SourceInvalid, match=r"PRIMARY_NAME_<year>.*'SUBSTATION'"):
        ssen_areas.read(Request(files=(path,), clip=EYNSHAM))


@pytest.mark.real
def test_the_2025_areas_round_eynsham(shared_data):
    path = shared_data / "dso" / "ssen" / "sepd_primarysubstation_esa_2025_simplified.geojson"
    ward = gpd.read_file(shared_data / "boundaries" / "eynsham_ward.geojson").to_crs(27700).union_all()
    result = ssen_areas.read(Request(files=(path,), clip=ward))
    areas = result.layers["in_supply_area"].set_index("substation_name")
    assert result.rows_read == 442
    assert sorted(areas.index) == ["EYNSHAM", "STANDLAKE", "WITNEY TOWN", "WOODSTOCK", "YARNTON"]
    assert areas.loc["EYNSHAM", ["supply_area_id", "upstream_bsp", "upstream_gsp"]].tolist() == [
        "4614", "YARNTON BSP", "Cowley",
    ]  # fmt: skip
    assert areas.geometry.is_valid.all()


TRANSFORMERS = "full_nrn,transformer_name,year,scenario,latitude,longitude,rating_kva,n_customers,max_load_kva\n"


def read_transformers(tmp_path, text, clip=EYNSHAM):
    path = tmp_path / "SEPD_transformers.csv"
    path.write_text(TRANSFORMERS + text)
    return ssen_transformers.read(Request(files=(path,), clip=clip))


def test_secondary_headroom_is_rating_less_load_and_may_be_negative(tmp_path):
    result = read_transformers(
        tmp_path,
        "0614_001_020,MILL  ST,2024,Falling Short,51.789462,-1.3890547,100.0,41,50.5\n"
        "0614_001_020,MILL ST,2050,Falling Short,51.789462,-1.3890547,100.0,41,130.0\n"
        "0614_001_030,NO LOAD,2024,Falling Short,51.789462,-1.3890547,50.0,,\n"
        "9999_001_020,FAR,2024,Falling Short,50.8,-1.3890547,100.0,1,5.0\n",
    )
    substations, headroom = result.layers["in_substation"], result.layers["in_headroom"]
    assert substations[["substation_id", "name", "rating_mva", "level"]].to_numpy().tolist() == [
        ["0614_001_020", "MILL ST", 0.1, "secondary"], ["0614_001_030", "NO LOAD", 0.05, "secondary"],
    ]  # fmt: skip
    assert substations["customers"].tolist() == [41, pd.NA]
    assert headroom["value"].tolist()[:2] == [49.5, -30.0]
    assert pd.isna(headroom["value"][2])
    assert headroom["year"].tolist() == [2024, 2050, 2024]
    assert set(headroom["unit"]) == {"kVA"}
    assert set(headroom["basis"]) == {"nameplate"}
    assert not headroom["floor_at_zero"].any()
    assert headroom["value_mw"].isna().all()
    assert (result.rows_read, result.rows_kept) == (4, 3)


def test_transformers_within_500_m_of_the_edge_are_kept(tmp_path):
    line = "{},X,2024,S,{},-1.3890547,100,1,5\n"
    north = [51.789462 + (212_000 - 210_266 + metres) / 111_250 for metres in (400, 600)]
    result = read_transformers(tmp_path, line.format("in", north[0]) + line.format("out", north[1]))
    assert result.layers["in_substation"]["substation_id"].tolist() == ["in"]


def test_a_repeated_transformer_row_leaves_the_least_headroom(tmp_path):
    line = "0614_001_020,X,2024,S,51.789462,-1.3890547,{},1,{}\n"
    result = read_transformers(tmp_path, line.format(100, 20) + line.format(200, 190))
    assert result.layers["in_headroom"]["value"].tolist() == [10.0]
    said = " ".join(result.notes)
    assert "1 rows repeat" in said
    assert "1 of them have more than one rating" in said


def test_no_transformer_near_gives_empty_layers_and_a_question(tmp_path):
    result = read_transformers(tmp_path, "1,X,2024,S,57.0,-2.0,100,1,5\n2,Y,2024,S,,,100,1,5\n")
    assert all(len(layer) == 0 for layer in result.layers.values())
    said = " ".join(result.notes)
    assert "1 rows have no position" in said
    assert "Is this the file of the licence area" in said


@pytest.mark.real
def test_the_published_head_of_the_load_model(shared_data):
    path = shared_data / "dso" / "ssen" / "SEPD_transformers_open_data_with_nrn_head.csv"
    result = ssen_transformers.read(Request(files=(path,), clip=shapely.box(487_000, 148_000, 489_000, 149_000)))
    headroom = result.layers["in_headroom"]
    assert (result.rows_read, len(result.layers["in_substation"]), len(headroom)) == (10, 5, 10)
    assert headroom.loc[headroom["substation_name"] == "ALDERSHOT CREMATORIUM", "value"].round(6).tolist() == [
        49.6,
        49.6,
    ]


def test_the_portals_datastore_may_mangle_the_names(tmp_path):
    mangled = {
        "3-Phase Break Fault Rating (kA)": "unsafe_3_phase_break_fault_rating__ka_",
        "3-Phase Break Fault Level (kA)": "unsafe_3_phase_break_fault_level__ka_",
        "Estimated Demand Headroom (MVA)": "estimated_demand_headroom__mva_", "Voltage (kV)": "voltage__kv_",
    }  # fmt: skip
    header = ",".join(["_id", *[mangled.get(name, name) for name in LABELS]])
    plain, changed = (
        read(write(tmp_path, row("a", "A Primary"))),
        read(write(tmp_path, row("a", "A Primary"), header=header)),
    )
    for layer, frame in plain.layers.items():
        pd.testing.assert_frame_equal(frame, changed.layers[layer])
