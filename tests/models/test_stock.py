"""Homes counted by topic: shares of those that say something, and no small count shown or to be worked out."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laep.models.energy import demand, mean_use, stock
from laep.models.guide import homes as home_rules
from laep.schema import conform, empty


def certificates(**columns):
    length = len(next(iter(columns.values())))
    frame = pd.DataFrame({name: pd.Series([pd.NA] * length, dtype="string") for name in stock.TOPICS})
    frame["pv"] = frame["walls_insulated"] = pd.Series([pd.NA] * length, dtype="boolean")
    for name, values in columns.items():
        frame[name] = pd.Series(values, dtype="boolean" if name in ("pv", "walls_insulated") else "string")
    return frame


def counted(homes=None, census=None, poverty=None, tenure=None, least=10):
    frame = stock.stock(homes, census, poverty, tenure, least_count=least)
    assert conform(frame, "model_stock").equals(conform(frame, "model_stock"))
    return frame.set_index(["topic", "category"])


def test_certificates_are_counted_and_small_counts_hidden():
    homes = certificates(
        rating=["C"] * 40 + ["D"] * 30 + ["E"] * 12 + ["G"] * 3 + [None] * 5,
        pv=[True] * 20 + [False] * 40 + [None] * 30,
    )
    got = counted(homes).loc["rating"]
    assert got["of_homes"].tolist() == [85] * 4
    assert got["homes"].fillna(-1).to_dict() == {"C": 40, "D": 30, "E": -1, "G": -1}  # E too, or G would be 85 - 82
    assert got["hidden"].to_dict() == {"C": False, "D": False, "E": True, "G": True}
    assert got.loc["C", "share"] == pytest.approx(40 / 85)
    assert pd.isna(got.loc["G", "share"])
    assert counted(homes).loc["pv", "homes"].to_dict() == {"no": 40, "yes": 20}


def test_a_topic_few_homes_speak_of_is_left_out():
    frame = stock.stock(certificates(rating=["A"] * 9), None, None, None, least_count=10)
    assert frame.empty
    assert list(frame.columns) == list(stock.COLUMNS)


@given(st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=8), st.integers(min_value=2, max_value=20))
def test_nothing_small_shows_or_can_be_worked_out(counts, least):
    values = pd.Series(counts)
    hidden = stock.hide(values, least=least)
    assert (values[~hidden] >= least).all()
    if hidden.any():
        assert hidden.all() or (hidden.sum() >= 2 and values[hidden].sum() >= least)
    else:
        assert (values >= least).all()


def test_census_counts_are_weighted_and_need_no_hiding():
    census = pd.DataFrame(
        {
            "zone_id": ["E1", "E1", "E1", "E2", "E2"], "topic": "cars", "category": ["none", "one", "total", "none", "one"],
            "households": pd.array([10, 30, 40, 8, 4], dtype="Int64"), "share_in_area": [1.0, 1.0, 1.0, 0.25, 0.25],
        }
    )  # fmt: skip
    got = counted(census=census)
    assert got["homes"].to_dict() == {("cars", "none"): 12, ("cars", "one"): 31}
    assert got["of_homes"].tolist() == [43, 43]
    assert set(got["confidence"]) == {"medium"}


def test_fuel_poverty_is_weighted_and_gaps_left_out():
    poverty = pd.DataFrame(
        {
            "households": pd.array([100, 200, pd.NA], dtype="Int64"), "fuel_poor": pd.array([20, 20, 9], dtype="Int64"),
            "share_in_area": [1.0, 0.5, 1.0],
        }
    )  # fmt: skip
    got = counted(poverty=poverty).loc["fuel_poverty"]
    assert got["homes"].to_dict() == {"fuel_poor": 30, "not_fuel_poor": 170}
    assert got.loc["fuel_poor", "share"] == pytest.approx(0.15)


def test_tenure_is_counted_too_and_a_tenure_that_a_zone_does_not_state_is_left_out():
    tenure = pd.DataFrame({
        "zone_id": ["E1", "E2"], "households": [100, 100], "owned": [70, 50], "shared_ownership": [1, None],
        "social_rented": [10, 30], "private_rented": [19, 20], "share_in_area": [1.0, 0.5],
    })  # fmt: skip
    got = counted(tenure=tenure).loc["tenure"]
    assert got["homes"].to_dict() == {"owned": 95, "private_rented": 29, "social_rented": 25}


def test_empty_layers_count_nothing():
    assert stock.stock(
        empty("in_home"), empty("in_census"), empty("in_fuel_poverty"), empty("in_tenure"), least_count=10
    ).empty


def metered(*rows):
    return pd.DataFrame(rows, columns=["kind", "fuel", "year", "meters", "mean_kwh", "share_in_area"]).astype(
        {"year": "Int64", "meters": "Int64", "mean_kwh": "float64", "share_in_area": "float64"}
    )


def test_zones_come_before_postcodes_and_the_latest_year_counts():
    rows = metered(
        ("lsoa", "electricity", 2024, 100, 3000.0, 1.0), ("lsoa", "electricity", 2024, 100, 4000.0, 0.5),
        ("lsoa", "electricity", 2023, 100, 9000.0, 1.0), ("lsoa", "gas", 2024, 100, 12_000.0, 1.0),
        ("postcode", "electricity", 2024, 200, 2000.0, None),
    )  # fmt: skip
    got = mean_use.electricity(rows, homes=200, assumed_kwh=3100)
    assert got.kwh == pytest.approx((100 * 3000 + 50 * 4000) / 150)
    assert got.metered
    assert "150 domestic meters in 2 census zones (LSOAs) of 2024" in got.note
    assert (
        mean_use.electricity(rows, homes=399, assumed_kwh=3100).kwh == 2000.0
    )  # zones cover too few, postcodes enough
    assert mean_use.electricity(rows, homes=500, assumed_kwh=3100).kwh == 3100
    assert not mean_use.electricity(None, homes=5, assumed_kwh=3100).metered


def test_scaling_brings_the_sum_to_the_mean_and_keeps_the_differences():
    alone = pd.DataFrame({"homes": [1.0, 3.0, 0.0], "annual_kwh": [2000.0, 9000.0, None]})
    factor = demand.factor_to_mean(alone, mean_kwh=3300)
    assert (alone["annual_kwh"] * factor).sum() == pytest.approx(4 * 3300)
    assert mean_use.scaled({"flat": (1.0, 2.0, 3.0)}, factor) == {"flat": (factor, 2 * factor, 3 * factor)}
    assert demand.factor_to_mean(alone.iloc[2:], mean_kwh=3300) == 1.0


def test_the_census_says_how_many_homes_are_flats_where_buildings_do_not():
    census = pd.DataFrame(
        {
            "zone_id": ["E1"] * 4 + ["E2"] * 4, "topic": "accommodation",
            "category": ["detached", "purpose_built_flats", "shared_house", "total"] * 2,
            "households": pd.array([60, 30, 10, 100, 100, 0, 0, 100], dtype="Int64"), "share_in_area": [1.0] * 4 + [0.5] * 4,
        }
    )  # fmt: skip
    found = home_rules.flats({"in_census": census})
    assert found.value == pytest.approx(40 / 150)
    assert found.sentence == "By the census about 27% of homes are flats."
    assert home_rules.flats({"in_census": census[census["topic"] == "cars"]}).value is None
    assert home_rules.flats({}).value is None
