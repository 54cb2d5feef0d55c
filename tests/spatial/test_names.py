"""Substation names from different publishers."""

import pandas as pd
import pytest

from laep.spatial.network import names


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
    found = names.customers_own(text("Adstock Solar Farm", "Larport Farm Bess", "Crown Farm 33 11kv S Stn", None))
    assert found.tolist() == [True, True, False, False]


def test_slug():
    assert names.slug("St. Mary's (North) 11kV") == "st-mary-s-north-11kv"
