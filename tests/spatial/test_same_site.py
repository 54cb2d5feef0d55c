"""A substation that two of an operator's tables list counts once; neighbours and namesakes stay."""

import geopandas as gpd
import pandas as pd
import shapely

from laep import schema
from laep.models.network import headroom
from laep.spatial.network.same_site import one_each
from laep.spatial.network.substations import prefer_published

FULL = {"source_id": "ssen_headroom", "operator": "ssen", "name": "Eynsham", "level": "primary", "rating_mva": 30.0}
PLAIN = {"source_id": "ssen_substations", "operator": "ssen", "name": "EYNSHAM PRIMARY", "level": "primary"}


def listed(make_layer, *rows):
    """Return `in_substation` of rows, each a mapping with `at` (east, north) or None."""
    shapes = [shapely.Point(row.get("at", (0, 0))) if row.get("at", (0, 0)) else shapely.Point() for row in rows]
    table = pd.DataFrame([{"substation_id": str(number), **row} for number, row in enumerate(rows)])
    return make_layer("in_substation", shapes, **{n: table[n].tolist() for n in table.columns if n != "at"})


def test_the_table_that_says_most_keeps_its_row_and_takes_what_the_other_adds(make_layer):
    merged = one_each(listed(make_layer, PLAIN | {"voltage_kv": 11.0, "at": (200, 0)}, FULL | {"customers": 900}))
    schema.conform(merged.frame, "in_substation")
    (row,) = merged.frame.to_dict("records")
    assert (row["source_id"], row["substation_id"], row["name"]) == ("ssen_headroom", "1", "Eynsham")
    assert (row["voltage_kv"], row["rating_mva"], row["customers"]) == (11.0, 30.0, 900)
    assert row["geometry"] == shapely.Point(0, 0)
    assert merged.notes == ("1 substations stand in two of the operator's lists, and count once.",)


def test_the_order_of_rows_does_not_matter(make_layer):
    rows = [PLAIN | {"substation_id": "b", "at": (100, 0)}, FULL | {"substation_id": "a"}]
    one, other = (one_each(listed(make_layer, *order)).frame for order in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))


def test_what_is_not_the_same_stays(make_layer):
    apart = [
        PLAIN | {"at": (400, 0)},  # a namesake farther off
        PLAIN | {"level": "bsp"},
        PLAIN | {"operator": "nged", "source_id": "nged_substations"},
        PLAIN | {"name": "Eynsham North"},
        PLAIN | {"name": None},
        PLAIN | {"at": None},
        FULL | {"at": (10, 0), "rating_mva": None},  # twice in one table: two substations on one site
        {**FULL, "level": "secondary"},
        {**PLAIN, "level": "secondary"},
    ]
    table = listed(make_layer, FULL, *apart)
    merged = one_each(table)
    assert merged.notes == ()
    assert merged.frame["substation_id"].tolist() == table["substation_id"].tolist()


def test_f6_one_id_is_one_substation_whatever_the_positions_say(make_layer):
    own = {"substation_id": "BARROCK ROAD"}
    for where in ((860, 0), None):
        merged = one_each(listed(make_layer, FULL | own, PLAIN | own | {"at": where, "upstream_bsp": "Low Road"}))
        assert merged.frame["upstream_bsp"].tolist() == ["Low Road"]
        assert merged.frame["source_id"].tolist() == ["ssen_headroom"]


def test_f6_a_row_without_a_position_goes_by_a_name_that_each_table_has_once(make_layer):
    assert len(one_each(listed(make_layer, FULL, PLAIN | {"at": None})).frame) == 1
    assert len(one_each(listed(make_layer, FULL, PLAIN | {"at": None}, PLAIN | {"at": (900, 0)})).frame) == 3


def test_an_empty_list_stays_empty(empty):
    assert one_each(empty("in_substation")).frame.empty


def test_headroom_finds_it_whichever_table_it_is_published_with(make_layer):
    table = listed(make_layer, FULL | {"substation_id": "7"}, PLAIN | {"substation_id": "4711", "at": (50, 0)})
    usable, _ = prefer_published(table)
    row = {
        "substation_name": "Eynsham", "level": "primary", "direction": "generation", "technology": "any",
        "scenario": "now", "year": 2026, "value": 5.0, "unit": "MVA", "basis": "not_stated", "floor_at_zero": False,
    }  # fmt: skip
    for number, source in (("7", "ssen_headroom"), ("4711", "ssen_substations")):
        told = pd.DataFrame([row | {"substation_id": number, "source_id": source}])
        published = schema.conform(told.reindex(columns=schema.LAYERS["in_headroom"].column_names), "in_headroom")
        found = headroom.tie(published, usable, one_place=True)
        assert usable["substation_id"].iloc[found.headroom["at"]].tolist() == ["7"]
        assert found.headroom["value"].tolist() == [5.0]
        assert found.made_up.empty


def test_the_desk_has_one_substation_too(make_layer, empty):
    from laep.desk.link import link

    table = listed(make_layer, FULL, PLAIN | {"at": (50, 0)}).assign(file=None, source_row=None)
    cited = {
        name: empty(name).assign(file=None, source_row=None)
        for name in ("in_supply_area", "in_headroom", "in_generator")
    }
    made = link(gpd.GeoDataFrame(table), *cited.values(), one_place=False)
    assert made.substations["source_id"].tolist() == ["ssen_headroom"]
