import numpy as np
import pandas as pd
import pytest

from laep import schema
from laep.assumptions import shipped
from laep.models.money import appraisal, costs, finance
from laep.models.money.span import Span

PRICES = appraisal.Prices(
    home_import=Span(26.0, 24.0, 28.0), home_export=Span(8.0, 6.0, 10.0), home_export_now=Span(12.0, 6.0, 15.0),
    site_import=Span(24.0, 19.0, 30.0), site_export=Span(7.0, 5.0, 10.0),
)  # fmt: skip
COSTS = appraisal.Costs(
    bands=costs.bands({
        "rooftop_pv": {0.0: Span(1800.0, 1500.0, 2800.0), 10.0: Span(1200.0, 1000.0, 1600.0)},
        "ground_pv": {0.0: Span(800.0, 650.0, 1000.0)},
        "carport_pv": {0.0: Span(1800.0, 1300.0, 2500.0)},
    }),
    home_opex=Span(10.0, 5.0, 20.0), roof_opex=Span(15.0, 10.0, 25.0), ground_opex=Span(10.0, 7.0, 15.0),
    land=Span(11.0, 5.0, 20.0), home_battery=Span(700.0, 400.0, 900.0), shared_battery=Span(450.0, 350.0, 700.0),
    battery_opex_share=Span(0.015, 0.01, 0.025),
)  # fmt: skip
TERMS = appraisal.Terms(
    home_discount=0.035, community_discount=0.03, corporate_discount=0.06,
    roof_years=Span(30.0, 25.0, 35.0), ground_years=Span(40.0, 35.0, 40.0), battery_years=Span(15.0, 10.0, 20.0),
    degradation=Span(0.005, 0.003, 0.008), round_trip_efficiency=0.9, usable_share=0.9, carbon_kg_per_kwh=0.131,
)  # fmt: skip
TYPICAL = {
    "rooftop_pv": Span(1000.0, 900.0, 1050.0), "ground_pv": Span(1100.0, 990.0, 1150.0), "carport_pv": Span.exact(900.0),
}  # fmt: skip


def layer(name, rows):
    spec = schema.LAYERS[name]
    frame = pd.DataFrame(rows).reindex(columns=spec.column_names)
    return frame.astype({column.name: column.dtype for column in spec.columns})


def solar_of(building_id, kwp, *, use="home", per_kwp=1000.0):
    return {
        "building_id": building_id, "use": use, "capacity_kwp": kwp, "capacity_low_kwp": kwp * 0.8,
        "capacity_high_kwp": kwp * 1.2, "annual_kwh": kwp * per_kwp, "annual_low_kwh": kwp * 0.8 * per_kwp * 0.9,
        "annual_high_kwh": kwp * 1.2 * per_kwp * 1.05, "yield_kwh_per_kwp": per_kwp,
        "method": "test", "confidence": "low",
    }  # fmt: skip


SOLAR = layer("model_solar", [
    solar_of("a", 3.0), solar_of("b", 4.0), solar_of("c", 9.0), solar_of("d", 0.0),
    solar_of("school", 40.0, use="school", per_kwp=950.0),
])  # fmt: skip
DEMAND = layer("model_demand", [
    {"scope": "building", "scope_id": "school", "annual_kwh": 6e4, "annual_low_kwh": 4e4, "annual_high_kwh": 8e4},
    {"scope": "building", "scope_id": "hall", "annual_kwh": 8e3, "annual_low_kwh": 5e3, "annual_high_kwh": 11e3},
])  # fmt: skip
HOME_DEMAND = Span(2500.0, 2000.0, 3000.0)


def homes(solar=SOLAR, most=1.0):
    given = {
        "demand_kwh": HOME_DEMAND, "battery_kwh": 5.0, "prices": PRICES, "costs": COSTS, "terms": TERMS,
        "alone": appraisal.SelfUse(of_yield=Span(0.35, 0.25, 0.5), of_demand=Span.exact(most)),
        "with_battery": appraisal.SelfUse(of_yield=Span(0.6, 0.5, 0.8), of_demand=Span.exact(most)),
    }  # fmt: skip
    return appraisal.home_offers(solar, **given)


def test_income_by_hand():
    earned = appraisal.income(
        Span.exact(4000.0), Span(1400.0, 1000.0, 2000.0), saved_p=PRICES.home_import, sold_p=PRICES.home_export
    )
    assert earned == Span(1400 * 0.26 + 2600 * 0.08, 1000 * 0.24 + 3000 * 0.06, 2000 * 0.28 + 2000 * 0.10)


def test_guide_value_of_own_use_over_export():  # WE-24, WE-25
    saved, sold = Span(25.0, 20.0, 30.0), Span.exact(8.0)
    own = appraisal.income(Span.exact(100.0), Span.exact(100.0), saved_p=saved, sold_p=sold)
    out = appraisal.income(Span.exact(100.0), Span.exact(0.0), saved_p=saved, sold_p=sold)
    assert (own.low / out.low, own.high / out.high) == (2.5, 3.75)
    assert (own.low - out.low, own.high - out.high) == (12, 22)


def test_battery_losses_come_out_of_export():
    earned = appraisal.income(
        Span.exact(4000.0), Span.exact(2300.0), saved_p=Span.exact(26.0), sold_p=Span.exact(8.0),
        direct=Span.exact(1400.0), efficiency=0.9,
    )  # fmt: skip
    assert earned.value == pytest.approx(2300 * 0.26 + (1700 - 100) * 0.08)


def test_typical_home_is_the_median_of_suitable_homes():
    rows = homes().set_index("asset_id")
    plain = rows.loc["home_pv"]
    assert plain[["units", "capacity_kw", "annual_kwh", "capex_gbp"]].tolist() == [3, 4.0, 4000.0, 7200.0]
    assert plain[["capex_low_gbp", "capex_high_gbp"]].tolist() == [6000.0, 11200.0]
    assert plain["life_benefit_gbp_per_yr"] == pytest.approx(1400 * 0.26 + 2600 * 0.08)
    assert plain["life_benefit_low_gbp_per_yr"] == pytest.approx(3600 * (0.25 * 0.24 + 0.75 * 0.06))
    assert plain["npv_gbp"] == pytest.approx(
        finance.npv(7200, 1400 * 0.26 + 2600 * 0.08, 40, rate=0.035, years=30, degradation=0.005)
    )
    assert plain["carbon_kg"] == pytest.approx(524)
    assert "3.5% real" in plain["method"]


def test_f11_the_first_year_is_priced_at_its_own_export_and_payback_goes_by_it():
    plain = homes().set_index("asset_id").loc["home_pv"]
    first = 1400 * 0.26 + 2600 * 0.12
    assert plain["benefit_gbp_per_yr"] == pytest.approx(first)
    assert plain["payback_years"] == pytest.approx(7200 / (first - 40))
    assert plain["life_years"] == 30


def test_battery_beside_it():
    rows = homes().set_index("asset_id")
    both = rows.loc["home_pv_battery"]
    assert both["capex_gbp"] == 7200 + 3500
    assert both["opex_gbp_per_yr"] == pytest.approx(40 + 52.5)
    assert both["self_consumption"] == pytest.approx(0.6)
    lost = (2400 - 1400) / 9
    assert both["benefit_gbp_per_yr"] == pytest.approx(2400 * 0.26 + (1600 - lost) * 0.12)
    assert both["life_benefit_gbp_per_yr"] == pytest.approx(2400 * 0.26 + (1600 - lost) * 0.08)
    once = finance.npv(10_700, both["life_benefit_gbp_per_yr"], 92.5, rate=0.035, years=30, degradation=0.005)
    assert both["npv_gbp"] == pytest.approx(once - 3500 * 1.035**-15)
    assert both["carbon_kg"] == pytest.approx((4000 - lost) * 0.131)


def test_a_home_never_uses_more_sun_than_a_share_of_its_demand():
    rows = homes(layer("model_solar", [solar_of("a", 10.0)]), most=0.35).set_index("asset_id")
    assert rows.loc["home_pv", "self_consumption"] == pytest.approx(2500 * 0.35 / 10_000)
    assert rows.loc["home_pv_battery", "self_consumption"] == pytest.approx(2500 * 0.35 / 10_000)


def test_no_suitable_home_gives_no_offer():
    assert homes(SOLAR[SOLAR["use"] == "school"]).empty


SITES = layer("site_anchor", [
    {"site_id": "b-school", "owner_kind": "community", "kind": "school", "name": "Bartholomew School",
     "building_id": "school", "building_ids": "school", "technology": "rooftop_pv", "capacity_kwp": 40.0},
    {"site_id": "b-hall", "owner_kind": "community", "kind": "hall", "building_id": "hall", "building_ids": "hall",
     "technology": "rooftop_pv", "capacity_kwp": 50.0},
    {"site_id": "l-field", "owner_kind": "corporate", "kind": "farmland", "land_id": "f", "technology": "ground_pv",
     "capacity_kwp": 2000.0},
    {"site_id": "l-park", "owner_kind": "community", "kind": "car_park", "land_id": "p", "technology": "carport_pv"},
])  # fmt: skip
OF_YIELD = {"school": Span(0.6, 0.4, 0.8), "hall": Span(0.45, 0.25, 0.65)}


HV_GBP = (150_000.0, 60_000.0, 600_000.0)


def sites(anchors=SITES, solar=SOLAR, demand=DEMAND, connection=HV_GBP):
    return appraisal.site_offers(
        anchors, solar, demand, of_yield=OF_YIELD, of_demand=Span(0.5, 0.35, 0.65), yield_kwh_per_kwp=TYPICAL,
        connection_gbp=Span(*(np.full(len(anchors), end) for end in (connection or (np.nan,) * 3))), prices=PRICES, costs=COSTS, terms=TERMS,
    )  # fmt: skip


def test_each_site_on_its_own_terms():
    rows = schema.conform(sites(), "model_finance").set_index("asset_id")
    assert list(rows.index) == ["b-school", "b-hall", "l-field"]  # no capacity, no row
    school = rows.loc["b-school"]
    assert school[["name", "annual_kwh", "capex_gbp", "opex_gbp_per_yr"]].tolist() == [
        "Bartholomew School", 38_000.0, 48_000.0, 600.0,
    ]  # fmt: skip
    assert school["self_consumption"] == pytest.approx(0.6)
    assert school["benefit_gbp_per_yr"] == pytest.approx(22_800 * 0.24 + 15_200 * 0.07)
    hall = rows.loc["b-hall"]
    assert hall["name"] == "Unnamed hall"
    assert hall["self_consumption"] == pytest.approx(4_000 / 50_000)  # half of what the hall uses
    field = rows.loc["l-field"]
    assert field["self_consumption"] == 0
    assert field["annual_kwh"] == pytest.approx(2_000_000 * 1.1)  # F16: a frame of its own, not the middle roof
    assert field["benefit_gbp_per_yr"] == pytest.approx(2_200_000 * 0.07)
    assert "all exported" in field["method"]
    assert "6.0% real" in field["method"]
    assert "3.0% real" in hall["method"]
    assert field["npv_gbp"] == pytest.approx(
        finance.npv(1_750_000, 154_000, 42_000, rate=0.06, years=40, degradation=0.005)
    )


def test_f5_a_site_of_several_buildings_makes_and_uses_what_all_of_them_do():
    campus = SITES.iloc[[0]].assign(building_ids="school;gym;kitchen", capacity_kwp=100.0)
    roofs = [solar_of("school", 40.0, per_kwp=900.0), solar_of("gym", 60.0, per_kwp=1000.0)]
    uses = [{"scope": "building", "scope_id": "kitchen", "annual_kwh": 20e3, "annual_low_kwh": 1e4,
             "annual_high_kwh": 3e4}]  # fmt: skip
    demand = pd.concat([DEMAND, layer("model_demand", uses)], ignore_index=True)
    row = sites(anchors=campus, solar=layer("model_solar", roofs), demand=demand).iloc[0]
    assert row["annual_kwh"] == pytest.approx(40 * 900 + 60 * 1000)
    assert row["self_consumption"] == pytest.approx(0.5 * (60e3 + 20e3) / 96e3)


def test_f16_land_bears_its_connection_rent_rates_and_insurance_and_a_roof_does_not():
    rows = sites().set_index("asset_id")
    assert rows["connection_gbp"].tolist() == [150_000.0] * 3
    assert rows.loc[["b-hall", "l-field"], "capex_gbp"].tolist() == [60_000.0, 1_600_000.0 + 150_000.0]
    assert rows.loc[["b-hall", "l-field"], "opex_gbp_per_yr"].tolist() == [750.0, 2000.0 * (10 + 11)]
    assert rows.loc["l-field", "capex_high_gbp"] == 2_000_000 + 600_000


def test_f16_land_too_large_for_a_known_connection_price_has_no_money():
    assert sites(connection=None)["asset_id"].tolist() == ["b-school", "b-hall"]


def test_ranges_hold_the_value():
    rows = appraisal.table(homes(), sites())
    for stem, unit in (("capex", "gbp"), ("opex", "gbp_per_yr"), ("benefit", "gbp_per_yr"), ("npv", "gbp")):
        low, value, high = (rows[f"{stem}_{end}{unit}"] for end in ("low_", "", "high_"))
        assert (low <= value).all()
        assert (value <= high).all()


def test_a_site_without_a_demand_estimate_is_not_capped():
    row = sites(demand=DEMAND[:0]).set_index("asset_id").loc["b-hall"]
    assert row["self_consumption"] == pytest.approx(0.45)


def test_no_sites():
    assert sites(SITES[:0]).empty
    assert list(appraisal.table(sites(SITES[:0])).columns) == schema.LAYERS["model_finance"].column_names


def balance_of(segment_id, *, saved, given_up, kwh):
    base = {"segment_id": segment_id, "demand_kwh": 1e5, "generation_kwh": 5e4, "loss_kwh": 0.0, "peak_import_kw": 1.0}
    base |= {"peak_export_kw": 1.0, "capacity_kwp": 50.0, "method": "test", "confidence": "low", "battery_kw": kwh / 2}
    return [
        base | {"case": "solar", "import_kwh": 70_000.0, "export_kwh": 20_000.0, "battery_kwh": 0.0},
        base | {"case": "solar_battery", "import_kwh": 70_000.0 - saved, "export_kwh": 20_000.0 - given_up,
                "battery_kwh": kwh, "self_consumption": 0.8},
    ]  # fmt: skip


SEGMENTS = layer("net_segment", [
    {"segment_id": "s1", "kind": "secondary", "name": "Acre End Street"}, {"segment_id": "s2", "kind": "secondary"},
    {"segment_id": "whole", "kind": "area"},
])  # fmt: skip
BALANCE = layer("model_balance", [
    *balance_of("s1", saved=9_000.0, given_up=10_000.0, kwh=90.0),
    *balance_of("s2", saved=9_000.0, given_up=10_000.0, kwh=180.0),
    *balance_of("whole", saved=90_000.0, given_up=100_000.0, kwh=90.0),
])  # fmt: skip


def shared(balance=BALANCE, segments=SEGMENTS):
    return appraisal.segment_battery(balance, segments, prices=PRICES, costs=COSTS, terms=TERMS)


def test_shared_battery_on_the_best_secondary_segment():
    row = appraisal.table(shared()).iloc[0]
    assert row[["asset_id", "name", "capacity_kw", "annual_kwh"]].tolist() == [
        "segment_battery_s1", "Shared battery on Acre End Street", 45.0, 9_000.0,
    ]  # fmt: skip
    assert row["capex_gbp"] == pytest.approx(100 * 450)  # 90 kWh usable of 100
    assert row["benefit_gbp_per_yr"] == pytest.approx(9_000 * 0.26 - 10_000 * 0.08)
    assert row["benefit_low_gbp_per_yr"] == pytest.approx(9_000 * 0.24 - 10_000 * 0.10)
    assert row["benefit_high_gbp_per_yr"] == pytest.approx(9_000 * 0.28 - 10_000 * 0.06)
    assert row["carbon_kg"] == pytest.approx(-131)
    assert "not a business case by itself" in row["method"]


def test_other_segments_when_there_is_no_secondary():
    assert shared(segments=SEGMENTS[2:])["asset_id"].tolist() == ["segment_battery_whole"]


@pytest.mark.parametrize("balance", [BALANCE[:0], BALANCE[BALANCE["case"] == "solar"]])
def test_no_battery_no_offer(balance):
    assert shared(balance).empty


def test_table_keeps_order_and_conforms():
    rows = appraisal.table(homes(), sites(SITES[:0]), shared())
    assert rows["asset_id"].tolist() == ["home_pv", "home_pv_battery", "segment_battery_s1"]
    assert not np.isinf(rows.select_dtypes("float")).any().any()


def test_kinds_of_site_point_at_shipped_assumptions():
    for word in appraisal.SELF_USE_OF_KIND.values():
        assert shipped()[f"pv.self_consumption.{word}"].unit == "-"
