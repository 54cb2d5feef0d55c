"""One count of homes: what wins in a building and in a zone, worked by hand; a share of a zone is one of its homes."""

import numpy as np
import pandas as pd
import pytest

from laep.models.energy import homes

SIZES = homes.Sizes(flat_m2=75.0, flats_storeys=3.0, home_footprint_m2=60.0, home_min_m2=25.0, home_max_m2=300.0)


def buildings(*rows):
    """Return buildings of (use, footprint_m2, homes, storeys)."""
    frame = pd.DataFrame(rows, columns=["use", "footprint_m2", "homes", "storeys"])
    frame["building_id"] = [f"b{i}" for i in range(len(frame))]
    return frame.assign(
        homes=frame["homes"].astype("Int64"), storeys=frame["storeys"].astype("float64"), use_basis="tag"
    )


@pytest.mark.parametrize(
    ("row", "count", "confidence"),
    [
        (("home", 60.0, None, None), 1, "medium"),
        (("home", 8.0, None, None), 1, "medium"),
        (("home", 300.0, None, None), 1, "medium"),
        (("home", 480.0, None, None), 8, "low"),  # a row of 480 / 60
        (("home", 480.0, 3, None), 3, "high"),
        (("flats", 250.0, None, None), 10, "low"),  # 250 x 3 / 75
        (("flats", 250.0, None, 6.0), 20, "medium"),
        (("flats", 40.0, None, 1.0), 2, "medium"),  # never fewer than two
        (("unknown", 60.0, None, None), 1, "low"),
        (("unknown", 25.0, None, None), 1, "low"),
        (("unknown", 24.9, None, None), 0, "low"),
        (("unknown", 301.0, None, None), 0, "low"),
        (("unknown", 24.9, 1, None), 1, "high"),
        (("shop", 100.0, None, None), 0, "medium"),
        (("shop", 100.0, 2, None), 2, "high"),
        (("garage", 60.0, None, None), 0, "medium"),
        (("home", 60.0, 0, None), 0, "high"),
    ],
)
def test_homes_of_the_map_by_hand(row, count, confidence):
    counted = homes.mapped(buildings(row), SIZES)
    assert counted["homes"].tolist() == [count]
    assert counted["confidence"].tolist() == [confidence]


@pytest.mark.parametrize(
    ("row", "addresses", "certificates", "count", "won"),
    [
        (("home", 60.0, None, None), 1, 0, 1, "addresses"),
        (("home", 480.0, None, None), 3, 1, 3, "addresses"),  # drawn as one: 8 by its footprint
        (("home", 60.0, None, None), 4, 2, 4, "addresses"),  # a terrace drawn as one house
        (("flats", 250.0, None, 3.0), 9, 12, 12, "addresses"),  # never fewer than certificates
        (("home", 60.0, None, None), 0, 0, 1, "map"),  # tagged as a home, its address elsewhere
        (("unknown", 60.0, None, None), 0, 0, 0, "map"),  # only its size made it one
        (("unknown", 60.0, None, None), None, None, 1, "map"),  # no addresses are held: they say nothing
        (("shop", 100.0, None, 3.0), 5, 2, 2, "certificates"),  # addresses may be shops
        (("shop", 100.0, None, 3.0), 5, 0, 0, "map"),
        (("health", 800.0, 6, None), 24, 16, 6, "map"),  # what the source states stays
    ],
)
def test_f13_addresses_and_certificates_tell_the_homes_of_a_building(row, addresses, certificates, count, won):
    frame = buildings(row)
    held = [None if value is None else pd.Series([float(value)]) for value in (addresses, certificates)]
    found = homes.of_buildings(frame, homes.mapped(frame, SIZES), addresses=held[0], certificates=held[1])
    assert found["homes"].tolist() == [count]
    assert found["won"].tolist() == [won]


def test_f13_a_home_by_the_land_below_it_needs_an_address_where_addresses_are_held():
    frame = buildings(("home", 60.0, None, None)).assign(use_basis="land")
    found = homes.of_buildings(frame, homes.mapped(frame, SIZES), addresses=pd.Series([0.0]), certificates=None)
    assert found["homes"].tolist() == [0.0]


def zones(**columns):
    given = {"land_share": 1.0, "map_share": 1.0, "guessed": 0.0, "loose": np.nan, "main": True} | columns
    frame = pd.DataFrame(given, index=range(len(columns["homes"])))
    return homes.of_zones(frame.assign(zone_id=[f"E{i}" for i in frame.index]), apart=0.15)


def test_f3_a_zone_is_shared_out_by_homes_not_by_its_land():
    found = zones(homes=[300.0, 300.0, 0.0], households=[300.0, 600.0, 400.0], land_share=[0.1, 0.9, 0.4])
    assert found["share_in_area"].tolist() == [1.0, 0.5, 0.0]
    assert found["share_basis"].tolist() == ["homes"] * 3
    assert found["households"].tolist() == [300.0, 300.0, 0.0]
    assert found["won"].tolist() == ["map"] * 3


def test_f3_land_is_the_share_where_no_map_reaches_or_no_census_says():
    found = zones(homes=[0.0, 50.0], households=[400.0, np.nan], land_share=[0.25, 0.5], map_share=[0.1, 1.0])
    assert found["share_in_area"].tolist() == [0.25, 0.5]
    assert found["share_basis"].tolist() == ["land", "land"]
    assert found["homes"].tolist() == [100.0, 50.0]
    assert found["off_map_homes"].tolist() == [100.0, 0.0]


def test_report_f3_the_census_wins_where_the_map_lacks_homes_and_within_15_percent_the_map_does():
    found = zones(homes=[45.0, 86.0, 100.0], households=[100.0, 100.0, 100.0])
    assert found["homes"].tolist() == [100.0, 86.0, 100.0]
    assert found["off_map_homes"].tolist() == [55.0, 0.0, 0.0]
    assert found["won"].tolist() == ["census", "map", "map"]


def test_guesses_by_size_give_way_to_the_census_and_addresses_do_not():
    found = zones(homes=[150.0, 150.0, 150.0], households=[100.0] * 3, guessed=[80.0, 20.0, 80.0],
                  loose=[np.nan, np.nan, 0.0])  # fmt: skip
    assert found["homes"].tolist() == [100.0, 130.0, 150.0]
    assert found["scaled"].tolist() == [30 / 80, 0.0, 1.0]
    frame = buildings(("flats", 600.0, None, None), ("home", 60.0, None, None))
    rows = homes.of_buildings(frame, homes.mapped(frame, SIZES), addresses=None, certificates=None)
    brought = homes.scaled(rows, pd.Series(["E0", "E0"]), found)
    assert brought["homes"].tolist() == [24 * 30 / 80, 1.0]
    assert brought["won"].tolist() == ["census", "map"]


def test_the_area_is_the_sum_of_buildings_and_of_what_no_map_shows():
    frame = buildings(("home", 60.0, None, None), ("home", 60.0, None, None))
    rows = homes.of_buildings(frame, homes.mapped(frame, SIZES), addresses=None, certificates=None)
    twice = zones(homes=[2.0, 2.0], households=[10.0, 12.0], main=[True, False])  # output area and LSOA
    found = homes.table(rows, twice, map_share=0.5)
    assert homes.total(found) == 10.0
    assert found.set_index("scope").loc["area", ["mapped_homes", "households"]].tolist() == [2.0, 10.0]
    assert found["scope"].value_counts().to_dict() == {"building": 2, "zone": 2, "area": 1}
    assert "10 households" in homes.notes(found)[1]


def test_rows_of_no_known_zone_keep_their_own_share():
    nobody = homes.of_buildings(
        buildings(), homes.mapped(buildings(), SIZES), addresses=None, certificates=None
    )  # fmt: skip
    held = homes.table(nobody, zones(homes=[5.0], households=[10.0], land_share=[0.1]), map_share=1.0)
    frame = pd.DataFrame({"area_code": ["E0", "OX1 1AA"], "share_in_area": [0.1, np.nan]})
    share = homes.share(frame, held, zone="area_code")
    assert share.iloc[0] == 0.5
    assert np.isnan(share.iloc[1])
    assert homes.share(frame, None, zone="area_code").iloc[0] == 0.1
