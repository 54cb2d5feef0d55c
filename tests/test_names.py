"""Substation names from different publishers."""

import pandas as pd
import pytest

from laep import names


def text(*values):
    return pd.Series(values, dtype="string")


def test_spellings_of_one_substation_agree():
    spelled = text(
        "EYNSHAM", "Eynsham Primary", "Eynsham 33/11kV S/Stn", "eynsham 33 11kv s stn ", "Eynsham Substation"
    )
    # a ratio written without its stroke is kept by the strict key and dropped by the looser one
    assert names.plain(spelled).tolist() == ["EYNSHAM", "EYNSHAM", "EYNSHAM", "EYNSHAM3311", "EYNSHAM"]
    assert set(names.without_voltage(spelled)) == {"EYNSHAM"}


@pytest.mark.parametrize(
    ("said", "listed"),
    [("BRADFORD-ON-AVON", "Bradford on Avon Primary"), ("M V E E", "MVEE Primary"), ("ST MARY'S", "St Marys"),
     ("COWES & WOOTTON COMMON BSP", "Cowes and Wootton Common"), ("Yarnton BSP", "YARNTON")],
)  # fmt: skip
def test_punctuation_and_kind_do_not_matter(said, listed):
    assert names.plain(text(said)).iloc[0] == names.plain(text(listed)).iloc[0]


def test_voltage_that_tells_two_apart_is_kept():
    kept = names.plain(text("CANAL BANK 11kV", "Canal Bank 6.6KV Primary", "Iver 132", "Iver 66"))
    assert kept.tolist() == ["CANALBANK11", "CANALBANK6.6", "IVER132", "IVER66"]


def test_missing_and_empty_names_are_missing():
    assert names.plain(text(None, "Primary", " - ")).isna().all()


def test_slips_are_similar_and_neighbours_are_not():
    assert names.similar("LABURNUMROAD", "LABURNAMROAD")
    assert names.similar("PLESSEY", "PLESSEYSWINDON")
    assert not names.similar("NEWBURY", "NEWPORT")
    assert not names.similar("ELY", "ELYSIAN")  # too short to trust as a beginning


def test_generators_own_substations_are_told_by_name():
    found = names.customers_own(
        text("Adstock Solar Farm", "Larport Farm Bess", "Crown Farm 33 11kv S Stn", None, "Battery Point Primary")
    )
    assert found.tolist() == [True, True, False, False, False]


def found(wanted, listed):
    rows = [pd.DataFrame({"operator": "ssen", "name": text(*values)}) for values in (wanted, listed)]
    return names.find(*rows, by=["operator"]).astype(object).where(lambda at: at.notna(), None).tolist()


def test_a_name_is_found_as_written_then_plain_then_without_its_voltage():
    listed = ["Iver 132kV GSP", "Iver 66kV GSP", "COWLEY", "Lydney 33/11kV", "Lydney 132/33kV"]
    wanted = ["Iver 66kV GSP", "IVER 132", "Cowley 132kV", "LYDNEY 33/11KV", "Lydney", "Iver", "Nowhere", None]
    assert found(wanted, listed) == [1, 0, 2, 3, None, None, None, None]


def test_one_voltage_is_never_taken_for_another():
    assert found(["Iver 66kV GSP"], ["Iver 132kV GSP"]) == [None]
    assert found(["ABERGELE T1"], ["Abergele Primary 33/11kV"]) == [0]


def test_a_name_of_another_operator_is_not_found():
    wanted = pd.DataFrame({"operator": ["ssen"], "name": text("Newport")})
    listed = pd.DataFrame({"operator": ["nged", "ukpn"], "name": text("Newport", "Newport")})
    assert names.find(wanted, listed, by=["operator"]).isna().all()
    assert names.find(wanted, listed.iloc[:1], by=[]).tolist() == [0]
