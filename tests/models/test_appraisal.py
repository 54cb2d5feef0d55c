import numpy as np
import pandas as pd
import pytest

from laep import schema
from laep.models.money import appraisal, costs, finance
from laep.models.money.span import Span

PRICES = appraisal.Prices(
    home_import=Span(26.0, 24.0, 28.0), home_export=Span(8.0, 6.0, 10.0), home_export_now=Span(12.0, 6.0, 15.0),
)  # fmt: skip
COSTS = appraisal.Costs(
    bands=costs.bands({
        "rooftop_pv": {0.0: Span(1800.0, 1500.0, 2800.0), 10.0: Span(1200.0, 1000.0, 1600.0)},
    }),
    home_opex=Span(10.0, 5.0, 20.0), roof_opex=Span(15.0, 10.0, 25.0),
    home_battery=Span(700.0, 400.0, 900.0), shared_battery=Span(450.0, 350.0, 700.0),
    battery_opex_share=Span(0.015, 0.01, 0.025),
)  # fmt: skip
TERMS = appraisal.Terms(
    home_discount=0.035, community_discount=0.03, corporate_discount=0.06,
    roof_years=Span(30.0, 25.0, 35.0), battery_years=Span(15.0, 10.0, 20.0),
    degradation=Span(0.005, 0.003, 0.008), round_trip_efficiency=0.9, usable_share=0.9, carbon_kg_per_kwh=0.131,
    carbon_path={2026: (0.131, 0.1, 0.15), 2050: (0.01, 0.0, 0.03)},
)  # fmt: skip


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


def test_ranges_hold_the_value():
    rows = appraisal.table(homes(), shared())
    for stem, unit in (("capex", "gbp"), ("opex", "gbp_per_yr"), ("benefit", "gbp_per_yr"), ("npv", "gbp")):
        low, value, high = (rows[f"{stem}_{end}{unit}"] for end in ("low_", "", "high_"))
        assert (low <= value).all()
        assert (value <= high).all()


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
    rows = appraisal.table(homes(), shared(BALANCE[:0]), shared())
    assert rows["asset_id"].tolist() == ["home_pv", "home_pv_battery", "segment_battery_s1"]
    assert not np.isinf(rows.select_dtypes("float")).any().any()
