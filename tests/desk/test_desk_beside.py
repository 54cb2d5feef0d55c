"""Transmission, codes with their dates, positions as people write them, sizes that cannot be (F4, F5, F16, section 6)."""

import pytest

from laep.checked import Proposal
from laep.desk import beside, bulk, check, place, tell
from laep.errors import UserFault

PRIMARY = "E - WNDL - 03"


def ask(held, numbers, **proposal):
    return check.check(held, Proposal(**proposal), numbers)


@pytest.mark.parametrize(
    ("kw", "comment", "areas", "needed"),
    [
        (300, "TIA Threshold: 200kW", ["Southern"], True),
        (300, "Single Transformer Site: Yes\nTIA Threshold: 1MW", ["North Scotland"], False),
        (4999, None, ["Southern"], False),
        (5000, None, ["London"], True),
        (300, None, ["South Scotland"], True),
        (100, None, ["North Scotland"], None),  # islands 50 kW, mainland 200 kW
        (40, None, ["North Scotland"], False),
        (100, None, [], None),
        (0, None, ["London"], None),
    ],
)
def test_f4_whether_transmission_is_asked(numbers, kw, comment, areas, needed):
    found = beside.transmission(kw, [{"comment": comment, "name": "Low", "substation_id": "1"}], areas, numbers)
    assert found.needed is needed
    assert ("Gate 2" in found.words) == (needed is True)


def test_fault_level_is_set_against_its_rating():
    told = "3-Phase Break Fault Level (kA): 9.0\n3-Phase Break Fault Rating (kA): 12.0"
    assert beside.fault_level({"comment": told}) == "9 of 12 kA (75% of rating)"
    assert beside.fault_level({"comment": "Fault level: 73.0 % of rating"}) == "73.0 % of rating"
    assert beside.fault_level({"comment": None}) == ""


def test_f4_the_answer_names_code_and_date_threshold_and_cost_by_phases(held, numbers):
    found = ask(held, numbers, asset=PRIMARY, generation_kw=5, phases=1)
    assert found.route.code == "g99_short"
    assert found.cost.high_gbp > 0
    assert "EREC G99, Issue 2 of March 2025" in found.route.words
    assert "transmission impact assessment" in tell.text(found, width=110)
    assert ask(held, numbers, asset=PRIMARY, generation_kw=5, phases=3).cost.high_gbp == 0


def test_f4_what_is_there_already_counts_for_the_route_and_asks_for_nothing(held, numbers):
    alone = ask(held, numbers, asset=PRIMARY, generation_kw=3)
    beside_more = ask(held, numbers, asset=PRIMARY, generation_kw=3, existing_kw=3)
    assert (alone.route.code, beside_more.route.code) == ("g98", "g99_short")
    assert beside_more.measures[0].ask_kw == 3


@pytest.mark.parametrize(
    "text", ["51.778N 1.4709W", "51.778\u00b0 N, 1.4709\u00b0 W", "SP 36600 08947", "sp366089", "51.778,-1.4709"]
)
def test_f16_positions_as_people_write_them(held, text):
    found = place.parse(text, held=held, postcode_file=None)
    assert (found.x, found.y) == pytest.approx((436600, 208947), abs=60)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("filled.count.soap", "looks like what3words"),
        ("///filled.count.soap", "looks like what3words"),
        ("OX29", "first half of a postcode, and the store holds none"),
        ("SP 366 0894", "even number of digits"),
        ("51.778S 1.4709W", "not in Great Britain"),
    ],
)
def test_f16_what_cannot_be_read_is_met_kindly(held, text, words):
    with pytest.raises(UserFault, match=words):
        place.parse(text, held=held, postcode_file=None)


def written(tmp_path, *lines):
    path = tmp_path / "proposals.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("BNG Easting,BNG Northing", "436600,208947"),
        ("Easting (m),Northing (m)", "436600,208947"),
        ("Latitude (WGS84),Longitude (WGS84)", "51.778,-1.4709"),
        ("x,y", "-1.4709,51.778"),
        ("OS Grid Ref", "SP 36600 08947"),
    ],
)
def test_f16_columns_of_real_files(held, numbers, tmp_path, header, cells):
    path = written(tmp_path, f"id,{header},generation_kw", f"A,{cells},700")
    row = bulk.check_file(held, path, numbers).table.iloc[0]
    assert row["substation_id"] == PRIMARY


def test_f5_absurd_sizes_are_refused_and_slips_of_a_thousand_noted(held, numbers, tmp_path):
    with pytest.raises(UserFault, match="no connection to a distribution network is as large"):
        ask(held, numbers, asset=PRIMARY, generation_kw=1e9)
    rows = ("A,5", "B,6", "C,7000", "C,1e9")
    path = written(tmp_path, "id,asset,generation_kw", *(f"{row.split(',')[0]},{PRIMARY},{row[2:]}" for row in rows))
    said = []
    table = bulk.check_file(held, path, numbers, on_stage=said.append).table
    assert table["verdict"].tolist()[-1] == "not_checked"
    assert "no connection" in table["reason"].iloc[-1]
    assert "kW and MW mixed up?" in table["notes"].iloc[2]
    assert table["notes"].iloc[2].startswith("several rows have this id")
    assert table["notes"].iloc[0] == ""
    assert any("rows to look at again" in text for text in said)


def test_section_6_the_table_says_whether_transmission_is_asked(held, numbers, tmp_path):
    path = written(tmp_path, "id,asset,generation_kw", f"A,{PRIMARY},100", f"B,{PRIMARY},60000")
    table = bulk.check_file(held, path, numbers).table
    assert table["transmission"].tolist() == ["no", "yes"]
