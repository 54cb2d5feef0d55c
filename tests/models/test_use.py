"""The whole energy of places, followed by hand: meters shared out, heat by every fuel, and sums that agree."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laep.models.energy import business, cars, gas, household, metered, payers, use
from laep.models.money.span import Span
from laep.schema import conform
from laep.schema.vocabulary import HEAT_WAYS

ONE = Span.exact(1.0)
SCOPES = {
    "building": pd.Series(["a", "b", None], dtype="string"), "zone": pd.Series(["z", "z", "y"], dtype="string"),
    "area": pd.Series(["area"] * 3, dtype="string"),
}  # fmt: skip
RATES = household.Rates(
    efficiency=dict.fromkeys(HEAT_WAYS, ONE) | {"gas": Span.exact(0.8), "heat_pump": Span(2.5, 2.0, 3.0)},
    beside_gas=dict.fromkeys(HEAT_WAYS, ONE) | {"electric": Span.exact(0.5)},
    hot_water_kwh=Span(1900.0, 950.0, 2850.0), cooking_gas_kwh=Span(500.0, 0.0, 1000.0),
    cooking_kwh=Span(200.0, 100.0, 300.0), appliances_least=0.4, homes_apart=Span(1.0, 0.6, 1.7), metered_doubt=Span(1.0, 0.97, 1.03),
    price=dict.fromkeys(HEAT_WAYS, Span.exact(0.08)) | {"electricity": Span.exact(0.25), "gas": Span.exact(0.07)},
    carbon=dict.fromkeys(HEAT_WAYS, Span.exact(0.2)) | {"electricity": Span.exact(0.1)},
    standing={"electricity": 200.0, "gas": 100.0},
)  # fmt: skip


def readings(*rows, fuel="gas", kind="lsoa"):
    """Return `in_metered` of (area, meters, kWh, share in area)."""
    frame = pd.DataFrame(rows, columns=["area_code", "meters", "total_kwh", "share_in_area"])
    mean = frame["total_kwh"] / frame["meters"]
    return conform(
        frame.assign(kind=kind, fuel=fuel, year=2024, mean_kwh=mean, median_kwh=mean, source_id="metered"), "in_metered"
    )


def burnt(table, *, zone=("z", "z", None), told=(0.5, 0.5, 0.5)):
    homes = np.array([1.0, 3.0, 2.0])
    return gas.of_places(
        homes * 12_000, homes, pd.Series(zone, dtype="string"), table, told_share=np.array(told),
        doubt={"metered": Span(1.0, 0.97, 1.03), "expected": Span(1.0, 0.75, 1.25)},
    )  # fmt: skip


def test_gas_of_a_zone_is_what_its_meters_say_of_the_homes_inside():
    found = burnt(readings(("z", 6, 60_000.0, 0.5)))
    used = found.kwh * found.share
    assert found.share.tolist() == [0.75, 0.75, 0.5]  # three meters of four homes; the census beyond
    assert used[:2].sum() == pytest.approx(30_000.0)
    assert found.kwh[2] == pytest.approx(2 * 10_000.0)  # a zone without meters takes the mean of a home on gas
    assert found.confidence == "high"


def test_gas_without_zones_goes_by_postcodes_that_cover_half_the_homes_on_gas_else_by_what_is_expected():
    enough = readings(("AB1 2CD", 2, 18_000.0, None), kind="postcode")
    few = readings(("AB1 2CD", 1, 9_000.0, None), kind="postcode")
    assert burnt(enough).kwh.sum() == pytest.approx(6 * 9_000.0)
    assert burnt(few).kwh.sum() == pytest.approx(6 * 12_000.0)
    assert burnt(None).confidence == "low"
    assert (burnt(None).doubt.low, burnt(None).doubt.high) == (0.75, 1.25)


def test_other_ways_of_heating_share_what_gas_leaves_and_nothing_known_stays_missing():
    told = pd.Series(0.0, index=list(HEAT_WAYS))
    told[["gas", "oil", "electric"]] = 0.5, 0.3, 0.2
    none = pd.Series(0.0, index=list(HEAT_WAYS))
    none["gas"] = 1.0
    found = household.ways_beside_gas(np.array([told, none, none]), np.array([0.9, 0.9, 1.0]))
    first = dict(zip(HEAT_WAYS, found[0], strict=True))
    assert (first["gas"], first["oil"], first["electric"]) == pytest.approx((0.9, 0.06, 0.04))
    assert np.isnan(found[1, HEAT_WAYS.index("oil")])
    assert found[2].sum() == 1.0


def parts_of(*, electricity=4000.0, ways=None, car_kwh=0.0):
    ways = {"gas": 1.0} if ways is None else ways
    held = gas.Gas(
        share=np.array([ways.get("gas", 0.0)]), kwh=np.array([10_000.0]), doubt=ONE, method="m", confidence="high",
        note="",
    )  # fmt: skip
    table = np.array([[ways.get(way, 0.0) for way in HEAT_WAYS]])
    return household.parts(
        np.array([1.0]), np.array([electricity]), ONE, held, table, RATES, car_kwh=np.array([car_kwh]), car_doubt=ONE
    )


def amounts(parts):
    one = {"area": pd.Series(["area"], dtype="string")}
    rows = conform(use.table(parts, one, stays=Span.exact(0.1), year=2026), "model_use")
    return rows.set_index(["carrier", "end_use"])


def test_a_gas_home_by_hand():
    rows = amounts(parts_of(car_kwh=500.0))
    kwh = rows["annual_kwh"]
    assert kwh["gas"].to_dict() == pytest.approx({"space_heat": 7_125.0, "hot_water": 2_375.0, "cooking": 500.0})
    assert kwh["electricity"].to_dict() == pytest.approx({"cooking": 200.0, "cars": 500.0, "appliances": 3_300.0})
    assert rows.loc["gas", "cost_gbp_per_yr"].sum() == pytest.approx(10_000 * 0.07 + 100)
    assert rows.loc["electricity", "cost_gbp_per_yr"].sum() == pytest.approx(4_000 * 0.25 + 200)
    assert rows["leaving_gbp_per_yr"].sum() == pytest.approx(0.9 * rows["cost_gbp_per_yr"].sum())
    assert rows.loc["gas", "carbon_kgco2e_per_yr"].sum() == pytest.approx(2_000.0)
    assert rows.loc[("electricity", "cars"), "sector"] == "transport"


def test_a_heat_pump_and_direct_heat_take_less_than_gas_and_stay_on_the_meter():
    heat = (10_000 - 500) * 0.8
    pump = amounts(parts_of(electricity=8_000.0, ways={"heat_pump": 1.0}))["annual_kwh"]["electricity"]
    assert pump[["space_heat", "hot_water"]].sum() == pytest.approx(heat / 2.5)
    direct = amounts(parts_of(electricity=9_000.0, ways={"electric": 1.0}))["annual_kwh"]["electricity"]
    assert direct[["space_heat", "hot_water"]].sum() == pytest.approx(heat * 0.5)
    assert direct.sum() == pytest.approx(9_000.0)


def test_electric_heat_is_held_to_what_the_meter_leaves_beside_appliances():
    kwh = amounts(parts_of(electricity=3_000.0, ways={"electric": 1.0}))["annual_kwh"]["electricity"]
    assert kwh["appliances"] == pytest.approx(0.4 * 3_000)
    assert kwh.sum() == pytest.approx(3_000.0)


def test_sums_agree_over_scopes_and_many_places_are_surer_than_one():
    kwh = np.array([100.0, 200.0, np.nan])
    part = use.Part(
        sector="homes", carrier="gas", end_use="cooking", kwh=kwh, factor=Span(2.0, 1.8, 2.2), own=Span(1.0, 0.5, 1.5),
        price=Span(0.1, 0.05, 0.2), carbon=Span.exact(0.2), standing=np.array([1.0, 2.0, 4.0]), method="m",
        confidence="high",
    )  # fmt: skip
    rows = use.table([part, part], SCOPES, stays=Span.exact(0.0), year=2026).set_index(["scope", "scope_id"])
    assert rows["annual_kwh"].to_dict() == pytest.approx(
        {("building", "a"): 400.0, ("building", "b"): 800.0, ("zone", "z"): 1200.0, ("area", "area"): 1200.0}
    )
    assert rows.loc[("building", "a"), "annual_low_kwh"] == pytest.approx(2 * (100 * 1.8 - 100))
    area = rows.loc[("area", "area")]
    assert area["annual_low_kwh"] == pytest.approx(2 * (300 * 1.8 - np.hypot(100, 200)))
    assert area["annual_high_kwh"] == pytest.approx(2 * (300 * 2.2 + np.hypot(100, 200)))
    assert area["cost_gbp_per_yr"] == pytest.approx(1200 * 0.1 + 2 * 3)  # no charge of a place that uses nothing known
    assert rows["confidence"].to_dict()[("building", "a")] == "low"


def test_where_nothing_is_known_there_is_no_row():
    assert use.table([], SCOPES, stays=ONE, year=2026).empty


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 1e6), st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=60))
def test_money_and_carbon_add_up_over_scopes(places):
    kwh, zone, secondary = (np.array(column) for column in zip(*places, strict=True))
    scopes = {
        "building": pd.Series([f"b{n}" for n in range(len(kwh))]), "zone": pd.Series(zone.astype(str)),
        "secondary": pd.Series(secondary.astype(str)), "area": pd.Series(["area"] * len(kwh)),
    }  # fmt: skip
    part = use.Part(
        sector="homes", carrier="gas", end_use="cooking", kwh=kwh, factor=Span(1.1, 1.0, 1.2), own=ONE,
        price=Span.exact(0.07), carbon=Span.exact(0.183), standing=np.ones(len(kwh)), method="m", confidence="high",
    )  # fmt: skip
    sums = use.table([part], scopes, stays=ONE, year=2026).groupby("scope")[[*use.AMOUNTS]].sum()
    central = [name for name in use.AMOUNTS if "_low_" not in name and "_high_" not in name]
    for name in central:
        assert sums[name].max() == pytest.approx(sums[name].min(), rel=1e-9)


def test_the_same_use_emits_less_only_where_it_is_electric():
    area = amounts(parts_of()).reset_index()
    later = use.carbon_path(area, {2050: Span(0.01, 0.0, 0.02)}, scenario="same_use").set_index(["carrier", "end_use"])
    assert later.loc["electricity", "carbon_kgco2e_per_yr"].sum() == pytest.approx(40.0)
    assert later.loc["gas", "carbon_kgco2e_per_yr"].sum() == pytest.approx(2_000.0)
    assert set(later["year"]) == {2050}


def test_businesses_take_gas_by_the_floor_their_electricity_tells_and_none_where_no_home_has_it():
    found = business.parts(
        np.array([16_000.0, 16_000.0, 0.0]), ONE, pd.Series(["shop", "shop", "home"]), np.array([0.5, 0.0, 1.0]),
        elec_kwh_m2={"shop": Span.exact(100.0)}, gas_kwh_m2={"shop": Span(200.0, 100.0, 300.0)},
        mean_over_median={"shop": Span(1.6, 1.2, 2.0)}, on_gas=Span(0.6, 0.4, 0.9),
        price={"electricity": ONE, "gas": ONE}, carbon={"electricity": ONE, "gas": ONE},
    )  # fmt: skip
    heat = found[1]
    assert (heat.kwh * heat.factor.value)[:2].tolist() == pytest.approx([100 * 200 * 0.6 * 0.5, 0.0])
    assert np.isnan(heat.kwh[2])


def test_cars_of_a_zone_by_hand():
    census = pd.DataFrame(
        {"zone_id": ["z"] * 4, "category": ["none", "one", "two", "three_or_more"], "households": [10, 20, 8, 2]}
    )
    assert cars.per_household(census, of_three_or_more=3.5)["z"] == pytest.approx((20 + 16 + 7) / 40)
    fuel = cars.parts(
        np.array([3.0, 0.1]), np.array([1.0, 0.2]), fuel_kwh=Span.exact(8_000.0), car_kwh=Span.exact(2_000.0),
        home_share=Span(0.8, 0.6, 0.9), uptake=ONE, price=dict.fromkeys(("electricity", "petrol_diesel"), ONE),
        carbon=dict.fromkeys(("electricity", "petrol_diesel"), ONE),
    )  # fmt: skip
    public, pump = fuel
    assert (public.kwh * public.factor.value).tolist() == pytest.approx([400.0, 80.0])
    assert (pump.kwh * pump.factor.value).tolist() == pytest.approx([16_000.0, 0.0])


def test_meters_stand_beside_what_kinds_of_homes_tell():
    by_zone = gas.zones(readings(("z", 4, 40_000.0, 1.0), ("y", 2, 10_000.0, 0.5)), "gas")
    zone = pd.Series(["z", "y", None], dtype="string")
    found = metered.beside(by_zone, "gas", zone, np.array([4.0, 1.0, 9.0]), np.array([44_000.0, 4_000.0, 1.0]))
    rows = conform(found, "model_metered").set_index("scope_id")
    assert rows["difference"].to_dict() == pytest.approx({"z": 0.1, "y": -0.2, "area": 48 / 45 - 1})
    assert rows.loc["area", ["homes", "meters"]].tolist() == [5.0, 5.0]


def test_what_water_may_take_more_rooms_have_less_and_water_takes_half_at_most():
    rows = amounts(parts_of())
    water = rows.loc[("gas", "hot_water")]
    assert water["annual_low_kwh"] < 0.5 * water["annual_kwh"] < 1.5 * water["annual_kwh"] < water["annual_high_kwh"]
    small = gas.Gas(share=np.ones(1), kwh=np.array([2_500.0]), doubt=ONE, method="", confidence="low", note="")
    need = household.heat(np.ones(1), small, RATES)
    assert (need.space.tolist(), need.water.tolist()) == ([800.0], [800.0])


def test_who_pays_what_goes_by_heat_and_fuel_and_few_are_hidden():
    homes = pd.DataFrame(
        {"rating": ["C"] * 12 + ["E"] * 12 + ["G"], "tenure": ["owned"] * 12 + ["private_rented"] * 12 + ["owned"]}
    )
    ways = pd.Series(["gas"] * 12 + ["electric"] * 12 + ["gas"], dtype="string")
    heat = pd.Series([8_000.0] * 12 + [16_000.0] * 12 + [20_000.0])
    found = payers.table(
        homes, ways, {"value": heat, "low": heat * 0.9, "high": heat * 1.1}, base_kwh=2_500.0, rates=RATES,
        least_count=10,
    )  # fmt: skip
    rows = conform(found, "model_payer").set_index(["topic", "category"])
    electric_home = 16_000 * 0.25 * 0.5 + 2_500 * 0.25 + 200
    assert rows.loc[("heating", "no_gas"), "bill_gbp_per_yr"] == pytest.approx(electric_home)
    gas_homes = (12 * 8_000 + 20_000) / 13 * 0.07 / 0.8 + 2_500 * 0.25 + 300
    assert rows.loc[("heating", "gas"), "bill_gbp_per_yr"] == pytest.approx(gas_homes)
    assert rows.loc[("tenure", "private_rented"), ["no_gas_share", "poor_rating_share"]].tolist() == [1.0, 1.0]
    assert rows.loc[("rating", "G"), "hidden"]
    assert rows["bill_gbp_per_yr"].isna().equals(rows["hidden"].astype(bool))
    assert rows.loc[("rating", "C"), "hidden"] or rows.loc[("rating", "E"), "hidden"]  # else the one rated G is told
