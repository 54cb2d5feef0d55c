"""Which primary a secondary hangs from, and the links up to the grid."""

import pandas as pd
import pytest
from shapely import Point, box

from laep.models.network import chain as levels
from laep.spatial.network import parents as chain


@pytest.fixture
def substations(make_layer):
    rows = [
        ("P1", "ssen", "Barrowmere Primary", "primary", "Hill BSP", "Big GSP", Point(0, 0)),
        ("P2", "ssen", "Other Primary", "primary", "Hill BSP", "Big GSP", Point(5000, 0)),
        ("P3", "nged", "Far Primary", "primary", None, None, Point(9000, 9900)),
        ("B1", "ssen", "Hill BSP", "bsp", None, "Big GSP", Point(0, 9000)),
        ("0499_001_005", "ssen", "Green", "secondary", None, None, Point(4900, 10)),
        ("0500_002_010", "ssen", "Mill", "secondary", None, None, Point(100, 10)),
        ("x1", "nged", "Odd", "secondary", None, None, Point(9000, 9000)),
    ]
    ids, operator, name, level, bsp, gsp, points = zip(*rows, strict=True)
    return make_layer(
        "in_substation", points, substation_id=ids, operator=operator, name=name, level=level, upstream_bsp=bsp,
        upstream_gsp=gsp, source_id="table",
    )  # fmt: skip


@pytest.fixture
def areas(make_layer):
    return make_layer(
        "in_supply_area", [box(-500, -500, 1000, 1000), box(4000, -500, 6000, 1000)], supply_area_id=["0499", "0777"],
        level="primary", substation_name=["BARROWMERE", "OTHER"], operator="ssen", source_id="areas",
    )  # fmt: skip


def test_the_number_in_the_id_comes_before_where_the_transformer_stands(substations, areas, empty):
    found, notes = chain.parents(substations, areas, empty("in_feeder"))
    found = found.set_index("substation_id")
    # 0499 is Barrowmere's number by its supply area, though the transformer stands in Other's
    assert found.loc["0499_001_005", ["parent_id", "method", "confidence"]].tolist() == ["P1", "published_id", "high"]
    assert found.loc["0499_001_005", "hv_feeder_id"] == "0499_001"
    assert found.loc["0500_002_010", ["parent_id", "method"]].tolist() == ["P1", "published_area"]
    # nearest is Other, whose published area does not reach so far; the third has none, and serves what is near it
    assert found.loc["x1", ["parent_id", "method", "confidence"]].tolist() == ["P3", "nearest", "low"]
    assert "of 1 by their published id, of 1 by the supply area they stand in, of 1 by distance; 0 without" in notes[0]
    fewer, notes = chain.parents(substations[substations["substation_id"] != "P3"], areas, empty("in_feeder"))
    assert fewer.set_index("substation_id")["parent_id"].isna().to_dict() == {
        "0499_001_005": False, "0500_002_010": False, "x1": True,
    }  # fmt: skip
    assert "of 0 by distance; 1 without" in notes[0]


def test_the_lookup_names_the_primary_and_knows_secondaries_nobody_lists(substations, make_layer, empty):
    told = make_layer(
        "in_feeder", feeder_id=["f1"], postcode=["OX1 1AA"], operator="ssen", secondary_id=["0600_003_001"],
        secondary_name=["LANE"], hv_feeder_id=["0600_003"], hv_feeder_name=["NORTH"], primary_number=["0600"],
        primary_name=["OTHER"],
    )  # fmt: skip
    found, _ = chain.parents(substations, empty("in_supply_area"), told)
    row = found.set_index("substation_id").loc["0600_003_001"]
    assert row[["parent_id", "method", "hv_feeder_name"]].tolist() == ["P2", "published_id", "NORTH"]


def test_the_chain_runs_from_feeder_to_grid_with_every_link_explained(substations, areas, make_layer, empty):
    told = make_layer(
        "in_feeder", feeder_id=["f1"], postcode=["OX1 1AA"], operator="ssen", secondary_id=["0499_001_005"],
        hv_feeder_id=["0499_001"], primary_number=["0499"], primary_name=["BARROWMERE"],
    )  # fmt: skip
    links = make_layer("link_building", building_id=["b1", "b2"], secondary_id=["0499_001_005"] * 2,
                       lv_feeder_id=["f1", None])  # fmt: skip
    parents, _ = chain.parents(substations, areas, told)
    found = chain.links(parents, told, levels.links(substations, levels.above(substations)), links)
    rows = found.frame.set_index(["lower_level", "lower_id"])
    assert rows.loc[("lv_feeder", "f1"), "upper_id"] == "0499_001_005"
    assert rows.loc[("secondary", "0499_001_005"), ["upper_level", "upper_id"]].tolist() == ["hv_feeder", "0499_001"]
    assert rows.loc[("hv_feeder", "0499_001"), ["upper_level", "upper_id", "buildings"]].tolist() == [
        "primary",
        "P1",
        2,
    ]
    assert rows.loc[("secondary", "x1"), "upper_level"] == "primary"
    assert rows.loc[("primary", "P1"), "upper_id"] == "B1"
    top = rows.loc[("bsp", "B1")]
    assert pd.isna(top["upper_id"])  # Big GSP is named and not listed
    assert top["upper_name"] == "Big GSP"
    assert "bsp: 0 of 1 linked upwards, 0 surely." in found.notes


def test_nothing_listed_gives_no_links(empty):
    parents, notes = chain.parents(empty("in_substation"), empty("in_supply_area"), empty("in_feeder"))
    nothing = empty("in_substation")
    above = levels.links(nothing, levels.above(nothing))
    found = chain.links(parents, empty("in_feeder"), above, empty("link_building"))
    assert found.frame.empty
    assert notes == ()


def test_the_chain_gives_each_secondary_its_primary_past_its_feeder(substations, make_layer):
    links = make_layer(
        "link_chain", lower_level=["secondary", "hv_feeder", "secondary", "secondary"],
        lower_id=["0499_001_005", "0499_001", "x1", "unlisted"], lower_name=["Green", "North", "Odd", "Lane"],
        upper_level=["hv_feeder", "primary", "primary", "primary"], upper_id=["0499_001", "P1", "P2", "P1"],
        buildings=[3, 3, 0, 2], method=["published_id", "published_id", "nearest", "published_area"],
        confidence=["high", "medium", "low", "medium"],
    )  # fmt: skip
    every, primary = chain.primaries(substations, links)
    told = primary.assign(id=every["substation_id"].to_numpy()).set_index("id")
    ids = every["substation_id"].to_numpy()
    assert {key: ids[at] for key, at in told["at"].items() if at >= 0} == {
        "0499_001_005": "P1", "x1": "P2", "unlisted": "P1",
    }  # fmt: skip
    assert told.loc["0499_001_005", ["method", "confidence", "used"]].tolist() == ["published_id", "medium", True]
    assert told["used"].to_dict() == dict.fromkeys(ids, False) | {"0499_001_005": True, "unlisted": True}
    above = levels.above(every, primary=primary)
    ways = levels.chains(every, above)[list(ids).index("unlisted")]
    assert [ids[at] for at in ways if at >= 0] == ["unlisted", "P1", "B1"]
