"""What all operators share: places, voltages, dates, floors, ids and one row a key."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from laep.errors import SourceInvalid
from laep.ingest.dso.form import normal
from laep.ingest.read import cells, positions
from laep.ingest.read.files import one_file
from laep.ingest.read.layer import as_layer
from laep.ingest.source import Request, Source
from laep.schema import conform

SOURCE = Source(
    name="demo", title="Demo data", publisher="P", licence="L", attribution="A", url="https://example.org/demo",
    writes=(), accepts="a CSV",
)  # fmt: skip


def text(*values):
    return pd.Series(values, dtype="string")


def test_eastings_come_before_degrees_and_nowhere_is_missing():
    places = positions.points(
        easting=text("442236", None, "0", "442236"), northing=text("210266", None, "0", "1"),
        latitude=text("51.789462", "51.789462", None, "N/A"), longitude=text("-1.3890547", "-1.3890547", None, None),
    )  # fmt: skip
    assert places.points[0].equals(shapely.Point(442236, 210266))
    assert places.points[1].distance(places.points[0]) < 5
    assert places.missing == 1  # 0, 0 with no degrees; a northing of 1 m is in the sea, but in the box
    assert places.astray == 0
    assert places.points.crs.to_epsg() == 27700


def test_positions_that_disagree_are_counted():
    places = positions.points(
        easting=text("442236", "442236"), northing=text("210266", "210266"),
        latitude=text("51.789462", "51.889462"), longitude=text("-1.3890547", "-1.3890547"),
    )  # fmt: skip
    assert places.astray == 1
    assert places.astray_m[1] == pytest.approx(11_100, rel=0.01)  # a tenth of a degree of latitude
    assert "1 substations have two published positions" in positions.astray_note(places)[0]


def test_degrees_abroad_are_no_position():
    places = positions.points(latitude=text("48.85", "51.789"), longitude=text("2.35", "51.789"))
    assert places.missing == 2
    assert "2 of 2 substations have no position" in positions.missing_note(places)[0]


@pytest.mark.parametrize(
    ("reference", "easting", "northing"),
    [
        ("SP 42236 10266", "442236", "210266"),  # Eynsham
        ("SV 00000 00000", "000000", "000000"),  # the origin
        ("tq3080", "530000", "180000"),
        ("HU 46000 41000", "446000", "1141000"),  # Shetland
        ("NN1667071270", "216670", "771270"),
    ],
)
def test_grid_references_become_metres(reference, easting, northing):
    east, north = positions.grid_reference(text(reference))
    assert int(east[0]) == int(easting)
    assert int(north[0]) == int(northing)


def test_broken_grid_references_are_missing():
    east, north = positions.grid_reference(text("SP 422", "II 1234 1234", "somewhere", None))
    assert east.isna().all()
    assert north.isna().all()


def test_voltages_are_lower_and_upper_whatever_their_order():
    lower, upper = normal.voltages(text("132 / 33", "11 / 33", "Longton 132/33/11kv", "11", "No 1 33kv", None))
    assert lower.tolist()[:4] == [33.0, 11.0, 11.0, 11.0]
    assert upper.tolist()[:3] == [132.0, 33.0, 132.0]
    assert lower[4:].isna().all()
    assert upper[3:].isna().all()


def test_dates_of_every_form_become_iso_and_the_rest_is_missing():
    dates = cells.iso_date(
        text(
            "2016-10-01", "2016-10-01T00:00:00+00:00", "01/10/2016", "01/10/2016 00:00", "01-Oct-16", "1 October 2016",
            "soon", "2016-13-01", None,
        )
    )  # fmt: skip
    assert dates[:6].tolist() == ["2016-10-01"] * 6
    assert dates[6:].isna().all()


def test_scenarios_lose_their_number_and_capitals():
    names = normal.scenario_name(text("2 - COUNTERFACTUAL", "Consumer Transformation", "HT", None))
    assert names[:3].tolist() == ["Counterfactual", "Consumer Transformation", "HT"]
    assert names[3] is pd.NA


def test_years_are_the_year_a_financial_year_starts_in():
    years = cells.start_year(text("2038/39", "2038.0", "2038", "2038-2039", "38/39", "203", None))
    assert years[:4].tolist() == [2038] * 4
    assert years[4:].isna().all()


@given(st.lists(st.floats(-5, 5), min_size=1))
def test_a_floor_is_claimed_only_where_nothing_is_below_zero(values):
    floor = normal.floor_at_zero(pd.Series(values))
    assert floor is (False if min(values) < 0 else True if 0.0 in values else None)


def test_the_note_on_a_floor_counts_its_evidence():
    note = normal.floor_note(pd.Series([0.0, 0.0, 3.0, None]), what="Demand")
    assert note == (
        "Demand: of 3 published values 0 are below zero and 2 are exactly zero, so zero is read as none or worse."
    )


def test_ids_that_stand_for_two_levels_are_told_apart():
    ids = normal.distinct_ids(text("HEXHAM", "HEXHAM", "ABER", "ABER"), text("bsp", "primary", "primary", "primary"))
    assert ids.tolist() == ["HEXHAM (bsp)", "HEXHAM (primary)", "ABER", "ABER"]


def test_repeated_rows_leave_the_least_headroom():
    rows = pd.DataFrame(
        {
            "substation_id": ["a", "b", "a"], "direction": "demand", "technology": "any", "scenario": "now",
            "year": 2026, "basis": "estimated", "value": [4.0, 1.0, -2.0],
        }
    )  # fmt: skip
    kept, notes = normal.one_row_a_key(rows, source=SOURCE)
    assert kept[["substation_id", "value"]].to_numpy().tolist() == [["b", 1.0], ["a", -2.0]]
    assert notes[0].startswith("1 rows repeat")


def substations():
    return gpd.GeoDataFrame(
        {
            "name": ["Near Primary", "Far Primary", "Far GSP", "Nowhere Primary", "Far BSP"],
            "upstream_bsp": ["Far BSP", None, None, None, None],
            "upstream_gsp": ["Far GSP", None, None, None, None],
        },
        geometry=gpd.GeoSeries(
            [
                shapely.Point(450_000, 0),
                shapely.Point(600_000, 0),
                shapely.Point(600_000, 0),
                None,
                shapely.Point(9, 9),
            ],
            crs="EPSG:27700",
        ),
    )


def test_substations_near_upstream_or_without_a_place_are_kept():
    kept = normal.around(substations(), shapely.box(399_000, 0, 400_000, 1))
    assert kept.tolist() == [True, False, True, True, True]
    note = normal.distance_note(kept)
    assert note.startswith("4 of 5 substations are within 50 km")
    assert "Is this the file" not in note


def test_all_substations_are_kept_while_there_is_no_area():
    assert normal.around(substations(), None).all()


def test_a_file_of_elsewhere_is_questioned():
    far = substations().drop(index=3)
    note = normal.distance_note(normal.around(far, shapely.box(0, 1_200_000, 1, 1_200_001)))
    assert note.endswith("Is this the file of the operator that serves this place?")


def test_rows_become_a_layer_with_missing_columns_missing():
    frame = gpd.GeoDataFrame(
        {"substation_id": ["007"], "operator": ["ssen"], "level": ["primary"], "scrap": [1]},
        geometry=gpd.GeoSeries([None], crs="EPSG:27700"),
    )
    layer = as_layer(frame, "in_substation", source=SOURCE)
    assert layer.loc[0, "substation_id"] == "007"
    assert layer.loc[0, "source_id"] == "demo"
    assert layer["rating_mva"].isna().all()
    pd.testing.assert_frame_equal(layer, conform(layer, "in_substation"))


def test_one_file_means_one(tmp_path):
    assert one_file(Request(files=(tmp_path,)), SOURCE) == tmp_path
    with pytest.raises(SourceInvalid, match="reads one file, and 2 were given"):
        one_file(Request(files=(tmp_path, tmp_path)), SOURCE)
