"""Generators told apart: what several sources tell of counts once, what is near and different stays two."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from laep.schema import empty, public
from laep.spatial.network import generators
from laep.spatial.network.generators import Alike, reconcile, totals

ALIKE = Alike(
    reach_m=3.0, spot_m=25.0, site_m=500.0, name_m=2000.0, size_share=0.75, ha_per_mw=2.0, own_connection_kw=50.0
)
BUILDINGS = gpd.GeoDataFrame(
    {"building_id": pd.array(["a", "b", "c"], dtype="string")},
    geometry=[shapely.box(x, 0, x + 10, 10) for x in (0, 20, 40)],
    crs=27700,
)
COLUMNS = ["told_by", "technology", "status", "capacity_kw", "x", "y"]
FIELD = 5000.0
"""Easting of open land, far from every building."""
SOURCES = {"register": "ecr", "planning": "repd", "map": "osm"}


def told(*rows, **columns):
    """Return `in_generator` of rows (kind of source, technology, status, kW, x, y); further columns by name."""
    table = pd.DataFrame(rows, columns=COLUMNS)
    every = {
        **{name: table[name] for name in COLUMNS[:4]}, "source_id": table["told_by"].map(SOURCES), "distance_m": 0.0,
        "generator_id": table.index.astype("string"), **columns,
    }  # fmt: skip
    frame = empty("in_generator").reindex(table.index).assign(**every)
    frame["name"] = frame["name"].astype("string")
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(table["x"], table["y"]), crs=27700)


def homes(*rows):
    return pd.DataFrame(rows, columns=["building_id", "pv", "pv_kwp"]).astype(
        {"building_id": "string", "pv": "boolean", "pv_kwp": float}
    )


def found(generators_told, *certificates):
    """Return `net_generator` by the rows each thing is made of."""
    made = reconcile(generators_told, BUILDINGS, homes(*certificates), alike=ALIKE, home_kw=3.5)
    return made.frame.set_index("sources")


def solar(teller, kw, x, y=5.0, status="connected"):
    return (teller, "solar", status, kw, x, y)


@pytest.mark.parametrize("mapped_kw", [250.0, 240.0, None, 100.0, 400.0])
def test_a_mapped_array_at_the_registers_own_point_is_the_same_array(mapped_kw):
    for x in (5.0, FIELD):
        got = found(told(solar("register", 250.0, x), solar("map", mapped_kw, x)))
        assert got.index.tolist() == ["ecr/0; osm/1"]
        assert got["capacity_kw"].tolist() == [250.0]
        assert got["told_by"].tolist() == ["register; map"]


def test_the_registers_size_counts_and_the_maps_place():
    got = found(told(solar("register", 5000.0, FIELD), solar("map", 4600.0, FIELD + 300))).iloc[0]
    assert (got["capacity_kw"], got["method"], got["confidence"]) == (5000.0, "register", "high")
    assert got["why"] == "the network operator's register: 5,000 kW; the map: 4,600 kW"
    assert got.geometry.x == FIELD + 300


def test_the_parts_drawn_of_a_whole_in_the_open_are_parts_of_it():
    turbines = [("map", "wind", "connected", 2000.0, FIELD + 150 * n, 0) for n in range(3)]
    got = found(told(("register", "wind", "connected", 6000.0, FIELD, 0), *turbines))
    assert got["capacity_kw"].tolist() == [6000.0]
    more = found(told(("register", "wind", "connected", 2000.0, FIELD, 0), *turbines))
    assert sorted(more["capacity_kw"]) == [2000.0, 2000.0, 2000.0]  # the whole holds one of them


def test_all_that_is_drawn_on_the_roof_of_a_registered_array_is_of_it():
    got = found(told(solar("register", 60.0, 5), solar("map", None, 2), solar("map", 30.0, 12)))
    assert got["capacity_kw"].tolist() == [60.0]
    assert got["building_id"].tolist() == ["a"]


def test_near_but_different_arrays_stay_apart():
    next_door = found(told(solar("register", 60.0, 5), solar("map", None, 22)))
    assert next_door["building_id"].tolist() == ["a", "b"]
    assert next_door["capacity_kw"].tolist() == [60.0, 3.5]
    other_size = found(told(solar("register", 250.0, FIELD), solar("planning", 5000.0, FIELD + 200)))
    assert len(other_size) == 2
    far = found(told(solar("register", 5000.0, FIELD), solar("map", 5000.0, FIELD + 600)))
    assert len(far) == 2
    alike_homes = found(told(solar("planning", 4.0, FIELD), solar("map", 4.0, FIELD + 30, 40)))
    assert len(alike_homes) == 2
    small = found(told(solar("register", 60.0, FIELD), solar("map", 4.0, FIELD + 90), solar("map", None, FIELD + 90)))
    assert len(small) == 3  # 60 kW stand on a tenth of a hectare
    on_roofs = found(told(solar("planning", 4.0, 5), solar("map", 4.0, 45)))
    assert len(on_roofs) == 2


def test_two_rows_of_one_source_are_two_things_unless_a_better_source_says_they_are_one():
    assert len(found(told(solar("map", 4.0, 5), solar("map", 4.0, 6)))) == 2
    assert len(found(told(solar("register", 250.0, FIELD), solar("register", 250.0, FIELD)))) == 2


def test_another_technology_is_another_thing():
    got = found(told(solar("register", 250.0, 5), ("map", "storage", "connected", 250.0, 5, 5)))
    assert got["technology"].tolist() == ["solar", "storage"]


def test_what_is_up_and_what_is_accepted_are_one_only_where_sizes_agree():
    extension = found(told(solar("register", 400.0, 5, status="accepted"), solar("map", 50.0, 5)))
    assert extension["status"].tolist() == ["accepted", "connected"]
    unsized = found(told(solar("register", 400.0, 5, status="accepted"), solar("map", None, 5)))
    assert len(unsized) == 2
    built = found(told(solar("register", 400.0, 5, status="accepted"), solar("map", 390.0, 5)))
    assert built["status"].tolist() == ["connected"]


def test_planning_joins_the_register_and_both_words_stay_apart():
    got = found(
        told(
            solar("register", 5000.0, FIELD, status="accepted"), solar("planning", 4900.0, FIELD + 400, status="planned"),
            planning=pd.array([None, "granted"], dtype="string"),
        )
    ).iloc[0]  # fmt: skip
    assert (got["status"], got["planning"], got["told_by"]) == ("accepted", "granted", "register; planning")
    alone = found(told(solar("planning", 4900.0, FIELD, status="planned"))).iloc[0]
    assert (alone["status"], alone["confidence"]) == ("planned", "medium")


def test_three_sources_tell_of_one_thing_and_a_second_one_of_its_size_is_another():
    got = found(
        told(
            solar("register", 5000.0, FIELD), solar("planning", 5000.0, FIELD + 300), solar("map", 5000.0, FIELD + 310),
            solar("map", 5000.0, FIELD + 420),
        )
    )  # fmt: skip
    assert got.index.tolist() == ["ecr/0; repd/1; osm/2", "osm/3"]


def test_a_name_reaches_further_than_a_place():
    rows = (solar("planning", 5000.0, FIELD), solar("map", 3000.0, FIELD + 1500))
    named = told(*rows, name=["Lark Hill Solar Farm", "LARK HILL solar farm"])
    assert found(named)["capacity_kw"].tolist() == [5000.0]
    assert len(found(told(*rows, name=["Lark Hill Solar Farm", "Otter Bridge"]))) == 2


def test_certificates_add_panels_only_where_nobody_else_knows_any():
    got = found(
        told(solar("map", None, 5), solar("register", 60.0, 25)),
        ("a", True, 4.0), ("b", True, 4.0), ("c", True, None), ("c", False, 9.0), ("off the map", True, 3.0),
    )  # fmt: skip
    assert got["building_id"].tolist() == ["a", "b", "c"]
    assert got["capacity_kw"].tolist() == [3.5, 60.0, 3.5]
    assert got["told_by"].tolist() == ["map", "register", "certificate"]


def test_a_household_gives_no_point_and_no_row_to_anybody():
    made = reconcile(told(solar("map", 4.0, 5)), BUILDINGS, homes(("c", True, 3.0)), alike=ALIKE, home_kw=3.5).frame
    assert made.loc[made["household"], "geometry"].isna().all()
    shown = public(made, "net_generator")
    assert shown["told_by"].tolist() == ["map"]
    assert not {"name"} & set(shown.columns)


def test_homes_count_in_sums_only_where_they_are_many():
    made = reconcile(
        told(solar("map", 4.0, 5)), BUILDINGS, homes(("b", True, 3.0), ("c", True, None)), alike=ALIKE, home_kw=3.5
    ).frame
    many, few = (totals(made, least=least).iloc[0] for least in (2, 3))
    assert many[["generators", "of_homes", "assumed", "capacity_kw"]].tolist() == [3, 2, 1, 10.5]
    assert few[["generators", "of_homes", "assumed", "capacity_kw"]].tolist() == [1, 0, 0, 4.0]


def test_only_what_is_drawn_is_taken_as_a_homes_array():
    got = found(told(solar("map", None, FIELD), solar("register", None, 5), ("map", "wind", "connected", None, 5, 900)))
    assert got["method"].tolist() == ["assumed", "not stated", "not stated"]
    assert got["capacity_kw"].isna().tolist() == [False, True, True]
    assert totals(got.reset_index(), least=10)["unsized"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("kv", "level"), [(0.4, "secondary"), (11.0, "primary"), (33.0, "bsp"), (132.0, "gsp"), (None, pd.NA)]
)
def test_the_voltage_it_is_connected_at_says_what_it_hangs_from(kv, level):
    got = found(told(solar("register", 900.0, FIELD), voltage_kv=kv))["level"].iloc[0]
    assert got is level or got == level


def test_a_small_array_on_a_roof_hangs_from_the_street_and_a_large_one_does_not():
    made = found(told(solar("map", 4.0, 5), solar("map", None, 25), solar("map", 60.0, 45), solar("map", 5.0, FIELD)))
    assert made["level"].fillna("").tolist() == ["secondary", "secondary", "", ""]
    links = pd.DataFrame({"building_id": ["a", "b", "c"], "secondary_id": ["S1", "S1", "S1"]})
    assert generators.on_streets(made, links, most_kw=50.0, least=10).to_dict() == {"S1": 7.5}


def test_segments_hold_what_stands_on_their_buildings_and_their_land():
    made = found(told(solar("map", 4.0, 5), solar("map", 5.0, 25), ("map", "wind", "connected", 9.0, 15, 5)))
    segments = gpd.GeoDataFrame(
        {"segment_id": ["s", "whole"]}, geometry=[shapely.box(0, 0, 18, 10), shapely.box(0, 0, 60, 10)], crs=27700
    )
    links = pd.DataFrame({"segment_id": ["s", "whole", "whole"], "building_id": ["a", "a", "b"]})
    on = generators.on_segments(made.reset_index(), segments, links, least=10)
    assert on.groupby("segment_id")["capacity_kw"].sum().to_dict() == {"s": 13.0, "whole": 18.0}


def test_nothing_known():
    made = reconcile(told(), BUILDINGS, homes(), alike=ALIKE, home_kw=3.5)
    assert made.frame.empty
    assert made.notes == ()
    assert totals(made.frame, least=10).empty


ROW = st.tuples(
    st.sampled_from(list(SOURCES)), st.sampled_from(["solar", "wind"]), st.sampled_from(["connected", "accepted"]),
    st.sampled_from([None, 4.0, 250.0, 5000.0]), st.sampled_from([5.0, 12.0, 25.0, 300.0, 700.0]),
    st.sampled_from([5.0, 200.0]),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=8))
def test_every_row_is_of_one_thing_and_sums_over_places_are_the_sum_of_all(rows):
    given_rows = told(*rows).assign(distance_m=[float(n % 3) for n in range(len(rows))])
    made = reconcile(given_rows, BUILDINGS, homes(), alike=ALIKE, home_kw=3.5).frame
    told_of = [part for sources in made["sources"] for part in sources.split("; ")]
    assert sorted(told_of) == sorted(given_rows["source_id"] + "/" + given_rows["generator_id"])
    sums = totals(made, least=10)
    assert sums["capacity_kw"].sum() == pytest.approx(made["capacity_kw"].sum())
    assert sums["generators"].sum() == len(made)
    one_source = given_rows.groupby(["told_by", "technology"]).size()
    for (teller, technology), count in one_source[one_source.index.get_level_values(0) == "register"].items():
        assert (made["technology"].eq(technology) & made["told_by"].str.contains(teller)).sum() == count
