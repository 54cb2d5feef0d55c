"""The layer schema: what a frame must be to become a layer."""

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from laep.errors import SchemaBroken, ValuesBroken
from laep.schema import LAYERS, conform, empty, unit_suffix, unusual
from laep.schema.columns import spread


def boundary(**changes):
    columns = {"area_id": ["a"], "name": [None], "code": ["E1"], "found_by": ["file"], "source_id": ["boundary"]}
    return gpd.GeoDataFrame({**columns, **changes}, geometry=[shapely.box(0, 0, 1, 1)], crs=27700)


def test_every_layer_describes_itself():
    for name, layer in LAYERS.items():
        assert name == layer.name
        assert name.split("_")[0] in ("in", "link", "roof", "site", "net", "model", "plan")
        assert set(layer.key) <= set(layer.column_names)
        assert all(column.meaning and column.unit for column in layer.columns)
        assert len(set(layer.column_names)) == len(layer.column_names)


def test_a_numeric_column_with_a_unit_ends_in_it():
    for layer in LAYERS.values():
        for column in layer.columns:
            if column.type == "float" and column.unit in (
                "kWh",
                "kWp",
                "MW",
                "MVA",
                "kW",
                "m",
                "m2",
                "deg",
                "GBP",
                "GBP/yr",
            ):
                assert column.name.endswith(unit_suffix(column.unit)), f"{layer.name}.{column.name}"


def test_a_spread_has_three_columns_with_the_unit_last():
    assert [c.name for c in spread("benefit", "GBP/yr", "Gain")] == [
        "benefit_gbp_per_yr", "benefit_low_gbp_per_yr", "benefit_high_gbp_per_yr",
    ]  # fmt: skip


def test_polygons_become_multipolygons_and_heights_go():
    frame = boundary()
    frame["geometry"] = [shapely.Polygon([(0, 0, 5), (1, 0, 5), (1, 1, 5)])]
    shape = conform(frame, "in_boundary").geometry.iloc[0]
    assert shape.geom_type == "MultiPolygon"
    assert not shape.has_z


def test_columns_come_in_the_layers_order_with_its_types():
    shuffled = boundary()[["source_id", "geometry", "code", "name", "found_by", "area_id"]]
    normal = conform(shuffled, "in_boundary")
    assert list(normal.columns) == [*LAYERS["in_boundary"].column_names, "geometry"]
    assert normal["name"].dtype == "string"


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (boundary().drop(columns="code"), "no column code"),
        (boundary(colour="red"), "unknown column colour"),
        (boundary(found_by=[None]), "found_by has 1 missing"),
        (boundary().to_crs(4326), "EPSG:4326, not EPSG:27700"),
        (boundary().set_crs(None, allow_override=True), "no CRS"),
        (pd.concat([boundary(), boundary()]), "repeat the key"),
        (boundary().set_geometry([shapely.Point(0, 0)], crs=27700), "holds Point where MultiPolygon is due"),
    ],
)
def test_a_frame_that_breaks_the_schema_says_how(frame, fault):
    with pytest.raises(SchemaBroken, match=fault):
        conform(frame, "in_boundary")


def generators(**changes):
    columns = {
        "generator_id": ["1", "2", "3"], "told_by": "register", "technology": "solar", "status": "connected",
        "capacity_kw": [5.0, None, 0.0], "source_id": "ecr",
    }  # fmt: skip
    rest = {name: None for name in LAYERS["in_generator"].column_names if name not in columns}
    return gpd.GeoDataFrame(
        {**rest, **columns, **changes}, geometry=gpd.points_from_xy([0, 1, 2], [0, 0, 0]), crs=27700
    )


def test_words_and_ranges_of_a_column_are_held():
    frame = generators(technology=["banana", "solar", "banana"], status="perhaps", capacity_kw=[-5.0, None, 1.0])
    with pytest.raises(SchemaBroken) as broken:
        conform(frame, "in_generator")
    said = str(broken.value)
    assert (
        "technology holds 'banana' in 2 rows, allowed: solar, wind, hydro, storage, gas, biomass, waste, other" in said
    )
    assert "status holds 'perhaps' in 3 rows, allowed: connected, accepted" in said
    assert "capacity_kw holds -5 in 1 row (source_id ecr, generator_id 1), allowed: 0 to 5,000,000" in said


def test_missing_values_and_the_ends_of_a_range_are_allowed():
    assert conform(generators(), "in_generator")["capacity_kw"].isna().sum() == 1
    half_hour = {"demand_kw": 0.0, "solar_kw": 0.0}
    assert len(conform(pd.DataFrame([{"month": 12, "period": 48, **half_hour}]), "model_profile")) == 1
    with pytest.raises(SchemaBroken, match=r"month holds 13 in 1 row \(period 48\), allowed: 1 to 12"):
        conform(pd.DataFrame([{"month": 13, "period": 48, **half_hour}]), "model_profile")


def test_a_share_that_rounding_takes_past_one_is_whole():
    link = {"licence_area": ["A"], "operator": "npg", "method": "area", "confidence": "high", "source_id": "s"}
    assert len(conform(pd.DataFrame({**link, "share_of_area": 1 + 1e-15}), "in_licence_area")) == 1
    with pytest.raises(ValuesBroken, match="share_of_area"):
        conform(pd.DataFrame({**link, "share_of_area": 1.01}), "in_licence_area")


def metered(**changes):
    row = {"kind": "postcode", "area_code": "OX29 4AA", "fuel": "electricity", "source_id": "metered", **changes}
    return pd.DataFrame([row]).reindex(columns=LAYERS["in_metered"].column_names)


@pytest.mark.parametrize("kwh", [-2876.0, 2.9e9, float("-inf"), 1e308])
def test_numbers_of_a_file_that_cannot_be_are_refused_with_their_row(kwh):  # torture 12
    with pytest.raises(ValuesBroken, match=r"mean_kwh holds .* in 1 row \(kind postcode, area_code OX29 4AA"):
        conform(metered(mean_kwh=kwh), "in_metered")


def test_numbers_of_a_file_that_are_far_from_usual_are_told_with_their_row():  # torture 12
    (note,) = unusual(conform(metered(mean_kwh=290_000.0), "in_metered"), "in_metered")
    assert note.startswith("in_metered, mean_kwh: 290,000 in 1 row (kind postcode, area_code OX29 4AA")
    assert "300 to 100,000 kWh/yr is usual; taken as it stands" in note
    assert unusual(conform(metered(mean_kwh=2_900.0), "in_metered"), "in_metered") == []


def test_rooms_in_their_own_units_are_held_to_them():  # torture 12: 1e20 MW
    row = {
        "substation_id": "1", "level": "primary", "direction": "demand", "technology": "any", "scenario": "now",
        "year": 2026, "value": 50_000.0, "unit": "kVA", "basis": "not_stated", "source_id": "s",
    }  # fmt: skip

    def held(**changes):
        return pd.DataFrame([{**row, **changes}]).reindex(columns=LAYERS["in_headroom"].column_names)

    assert unusual(conform(held(), "in_headroom"), "in_headroom") == []
    assert len(unusual(conform(held(unit="MW"), "in_headroom"), "in_headroom")) == 1
    with pytest.raises(ValuesBroken, match=r"value holds 1e\+20 in 1 row \(source_id s, substation_id 1"):
        conform(held(value=1e20, unit="MVA"), "in_headroom")


def test_private_numbers_are_counted_and_not_told():
    home = {"home_id": ["7"], "floor_area_m2": 3000.0, "method": "m", "confidence": "low", "source_id": "homes"}
    (note,) = unusual(conform(pd.DataFrame(home).reindex(columns=LAYERS["in_home"].column_names), "in_home"), "in_home")
    assert note == "in_home, floor_area_m2: others in 1 row, where 8 to 2,000 m2 is usual; taken as it stands."


def test_a_boundary_with_a_corner_in_africa_is_refused():  # torture 12
    shape = shapely.Polygon([(440000, 210000), (441000, 210000), (441000, -4_000_000)])
    with pytest.raises(ValuesBroken, match="1 row of in_boundary reach far outside Great Britain"):
        conform(boundary().set_geometry([shape], crs=27700), "in_boundary")


def test_every_number_from_outside_has_a_range():
    for name, layer in LAYERS.items():
        for column in layer.columns if name.startswith("in_") else ():
            if column.type in ("float", "int") and column.unit != "as `unit`":
                assert column.least is not None, f"{name}.{column.name}"
                assert column.most is not None, f"{name}.{column.name}"


def test_many_wrong_words_are_counted_and_private_ones_not_told():
    odd = [f"odd{number}" for number in range(5)]
    described = LAYERS["in_metered"].column_names
    frame = pd.DataFrame({"area_code": odd, "kind": "lsoa", "fuel": odd, "source_id": "metered"}).reindex(
        columns=described
    )
    with pytest.raises(SchemaBroken, match="fuel holds 'odd0', 'odd1', 'odd2' and 2 more in 5 rows"):
        conform(frame, "in_metered")
    home = {"home_id": ["1"], "walls": "straw", "method": "m", "confidence": "low", "source_id": "homes"}
    with pytest.raises(SchemaBroken) as broken:
        conform(pd.DataFrame(home).reindex(columns=LAYERS["in_home"].column_names), "in_home")
    assert "walls holds others in 1 row, allowed: cavity" in str(broken.value)
    assert "straw" not in str(broken.value)


def test_a_column_that_holds_few_words_says_them_where_conform_reads_them():
    for layer in LAYERS.values():
        for column in layer.columns:
            assert not column.among or column.type == "text", f"{layer.name}.{column.name}"
            assert not re.search(r"^[a-z_]+(, [a-z_]+)* or [a-z_]+$|One of ", column.meaning), (
                f"{layer.name}.{column.name}"
            )


def test_a_number_that_is_no_number_is_a_fault():
    columns = empty("in_weather").columns
    frame = pd.DataFrame([[0, 1, 2, 3, "warm", 4, "weather"]], columns=columns)
    with pytest.raises(SchemaBroken, match="in_weather"):
        conform(frame, "in_weather")


def test_a_table_must_not_carry_geometry():
    with pytest.raises(SchemaBroken, match="should not have"):
        conform(empty("in_weather").assign(geometry=None), "in_weather")
