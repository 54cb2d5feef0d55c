"""The low-voltage screening: worked by hand, and sent through a power flow."""

import builtins

import numpy as np
import pandas as pd
import pytest

from laep import schema
from laep.errors import LaepError
from laep.models.network import lv, lv_flow
from laep.models.network.lv import Diversity, Feeder, Voltage

DIVERSITY = Diversity((1.5, 1.2, 2.0), (1.2, 1.0, 2.0), (1.5, 1.3, 1.7), (2.0, 2.0, 2.0))
FEEDER = Feeder(
    rating_kva=(500.0, 315.0, 800.0), pole_rating_kva=(100.0, 50.0, 200.0), pole_homes=20.0,
    homes_per_feeder=(75.0, 50.0, 100.0), length_m=(300.0, 150.0, 500.0), cable_kva=(275.0, 200.0, 275.0),
    r_ohm_per_km=(0.164, 0.1, 0.32), x_ohm_per_km=(0.074, 0.07, 0.08), unbalance=(1.0, 1.0, 1.5),
    reverse_share=(1.0, 0.5, 1.0),
)  # fmt: skip
VOLTAGE = Voltage(216.2, 253.0, (240.0, 235.0, 245.0), (245.0, 240.0, 250.0))
NONE = (0.0, 0.0, 0.0)


def on(**more):
    base = {"secondary_id": "S1", "name": "Lane", "homes": 100.0, "business_kw": 0.0, "business_kw_low": 0.0,
            "business_kw_high": 0.0, "least_kw": 20.0, "least_kw_low": 10.0, "least_kw_high": 30.0, "rating_kva": 500.0,
            "mean_m": 150.0, "way": lv.STREETS, "pv_kw": 100.0, "link_confidence": "medium"}  # fmt: skip
    return pd.DataFrame([base | more])


def screened(secondaries=None, chargers=NONE, pumps=NONE, feeder=FEEDER):
    rows = lv.screen(
        on() if secondaries is None else secondaries, chargers={2026: NONE, 2035: chargers},
        pumps={2026: NONE, 2035: pumps}, diversity=DIVERSITY, feeder=feeder, voltage=VOLTAGE,
        pv_export=(0.8, 0.7, 0.9), power_factor=0.95,
    )  # fmt: skip
    return rows.set_index(["direction", "year"])


def test_the_peak_of_a_hundred_homes_by_hand():
    rows = screened(chargers=(0.5, 0.2, 0.8), pumps=(0.2, 0.1, 0.3))
    # 100 x 1.5 x (1 + 2 / sqrt(100)) = 180 kW; later 100 x (1.5 + 0.5 x 1.2 + 0.2 x 1.5) x 1.2 = 288 kW
    assert rows.loc[("demand", 2026), "flow_kw"] == pytest.approx(180.0)
    assert rows.loc[("demand", 2035), "flow_kw"] == pytest.approx(288.0)
    assert rows.loc[("demand", 2035), "flow_low_kw"] == pytest.approx(100 * (1.2 + 0.2 * 1.0 + 0.1 * 1.3) * 1.2)


def test_the_transformer_limit_by_hand():
    row = screened(on(mean_m=20.0)).loc[("demand", 2026)]
    # 500 kVA x 0.95 = 475 kW, less 180; two feeders of 275 kVA carry more
    assert row["headroom_kw"] == pytest.approx(295.0)
    assert row["binding"] == "transformer"
    assert row["thermal_low_kw"] == pytest.approx(1 * 200 * 0.95 - 240.0)  # one feeder of 100 homes, 200 kVA
    assert row["rating_basis"] == "published"


def test_the_volt_drop_by_hand():
    row = screened().loc[("demand", 2026)]
    # two feeders; on each P x (R + X tan phi) x 150 m / (3 x 216.2 V) = 240 - 216.2 V
    ohms = 0.164 + 0.074 * np.tan(np.arccos(0.95))
    per_feeder = 23.8 * 3 * 216.2 / (ohms * 150)
    assert row["voltage_kw"] == pytest.approx(2 * per_feeder - 180.0)
    assert row["binding"] == "transformer"
    far = screened(on(mean_m=600.0)).loc[("demand", 2026)]
    assert far["binding"] == "voltage"
    assert far["headroom_kw"] == pytest.approx(2 * per_feeder / 4 - 180.0)


def test_solar_has_the_rating_less_export_plus_least_demand():
    row = screened(on(mean_m=20.0)).loc[("generation", 2026)]
    assert row["flow_kw"] == pytest.approx(100 * 0.8 - 20)
    assert row["headroom_kw"] == pytest.approx(500 - 60)
    assert row["flow_high_kw"] == pytest.approx(100 * 0.9 - 10)
    assert row["thermal_low_kw"] == pytest.approx(min(250, 1 * 200) - 80)
    # rise of 253 - 245 V on two feeders at unity power factor
    assert row["voltage_kw"] == pytest.approx(2 * 8 * 3 * 245 / (0.164 * 20) - 60)


@pytest.mark.parametrize(("homes", "rating", "basis"), [(100.0, 500.0, "typical"), (8.0, 100.0, "typical")])
def test_without_a_published_rating_a_typical_one_is_taken_and_said(homes, rating, basis):
    row = screened(on(homes=homes, rating_kva=np.nan)).loc[("demand", 2026)]
    assert (row["rating_kva"], row["rating_basis"], row["confidence"]) == (rating, basis, "low")


def test_without_streets_the_typical_length_is_taken():
    unknown = screened(on(mean_m=np.nan, way=lv.TYPICAL)).loc[("demand", 2026)]
    assert unknown["voltage_kw"] == pytest.approx(screened().loc[("demand", 2026), "voltage_kw"])
    assert unknown["feeder"] == "a typical feeder"


@pytest.mark.parametrize("direction", ["demand", "generation"])
def test_low_is_never_above_central_nor_central_above_high(direction):
    rows = screened(chargers=(0.5, 0.2, 0.8)).reset_index()
    rows = rows[rows["direction"] == direction]
    for stem in ("flow", "thermal", "voltage", "headroom"):
        assert (rows[f"{stem}_low_kw"] <= rows[f"{stem}_kw"]).all()
        assert (rows[f"{stem}_kw"] <= rows[f"{stem}_high_kw"]).all()


def demand_of(**more):
    base = {"scope": "building", "scope_id": "b1", "use": "home", "homes": 1.0, "annual_kwh": 3000.0,
            "annual_low_kwh": 2000.0, "annual_high_kwh": 4000.0, "profile": "elexon_pc1"}  # fmt: skip
    return base | more


def link_of(building, **more):
    return {"building_id": building, "secondary_id": "S1", "secondary_method": "along_streets",
            "secondary_confidence": "medium", "secondary_street_m": 100.0} | more  # fmt: skip


def test_what_hangs_from_a_secondary_is_added_up():
    demand = pd.DataFrame(
        [demand_of(), demand_of(scope_id="b2", homes=3.0, annual_kwh=9000.0, annual_high_kwh=9000.0),
         demand_of(scope_id="b3", homes=0.0, annual_kwh=50_000.0, annual_high_kwh=60_000.0, profile="elexon_pc3"), demand_of(scope_id="b4")]
    )  # fmt: skip
    links = pd.DataFrame([link_of("b1"), link_of("b2", secondary_street_m=300.0), link_of("b3"),
                          link_of("b4", secondary_id=None)])  # fmt: skip
    substations = pd.DataFrame({"substation_id": ["S1"], "name": ["Lane"], "rating_mva": [0.315]})
    found = lv.served(links, demand, substations, pd.Series({"S1": 7.0}), own_supply_kw=200.0).iloc[0]
    assert (found["homes"], found["rating_kva"], found["pv_kw"]) == (4.0, 315.0, 7.0)
    assert found["mean_m"] == pytest.approx((1 * 100 + 3 * 300 + 0.1 * 100) / 4.1)  # a shop weighs a tenth of a home
    assert 3.0 < found["business_kw"] < 20.0
    assert 0 < found["least_kw_low"] <= found["least_kw"] <= found["least_kw_high"]
    assert found["way"] == lv.STREETS


def test_what_a_building_asks_of_its_transformer():
    demand = pd.DataFrame([demand_of(homes=2.0), demand_of(scope_id="z", scope="zone")])
    asked = lv.load_kva(demand, home_kw=1.5, power_factor=0.75, own_supply_kw=200.0)
    assert asked.to_dict() == {"b1": pytest.approx(4.0)}


def test_published_directions_are_left_out_and_the_rest_become_headroom_rows():
    rows = screened().reset_index()
    told = pd.DataFrame({"substation_id": ["S1"], "level": ["secondary"], "direction": ["demand"], "value": [9.0]})
    silent = lv.unpublished(rows, told)
    assert silent["direction"].tolist() == ["generation"]
    as_rows = lv.as_headroom(silent.assign(name="Lane"))
    assert as_rows[["basis", "level", "unit", "source_id"]].iloc[0].tolist() == [
        "estimated", "secondary", "MW", "model_lv",
    ]  # fmt: skip
    assert as_rows["value"].iloc[0] == pytest.approx(silent["headroom_kw"].iloc[0] / 1000)


def test_without_pandapower_the_rows_say_so(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == "pandapower":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    rows = lv_flow.check(screened().reset_index(), feeder=FEEDER, voltage=VOLTAGE, power_factor=0.95)
    assert rows["flow_voltage_v"].isna().all()
    assert rows["flow_by"].str.contains("pandapower is not installed").all()
    assert "not made" in lv_flow.notes(rows, voltage=VOLTAGE)[0]
    with pytest.raises(LaepError, match=r"pip install 'laep\[lv\]'"):
        lv_flow.far_end(
            kw=np.ones(1), kvar=np.ones(1), mean_m=np.ones(1), source_v=np.ones(1), r_ohm_per_km=1, x_ohm_per_km=1,
            cable_kva=1,
        )  # fmt: skip


def test_the_power_flow_agrees_with_two_buses_solved_by_hand():
    pytest.importorskip("pandapower")
    found = lv_flow.far_end(
        kw=np.array([100.0, -100.0]), kvar=np.zeros(2), mean_m=np.array([150.0, 150.0]),
        source_v=np.array([240.0, 245.0]), r_ohm_per_km=0.164, x_ohm_per_km=0.0, cable_kva=275.0,
    )  # fmt: skip
    # five equal loads along 300 m: each section's current from the voltage at its own end, by fixed point
    for sign, source, volts in ((1, 240.0, found["voltage_v"][0]), (-1, 245.0, found["voltage_v"][1])):
        at = np.full(5, source)
        lengths = np.array([30.0, 60, 60, 60, 60]) / 1000
        for _ in range(50):
            amps = sign * 20_000 / 3 / at
            at = source - np.cumsum(lengths * 0.164 * np.cumsum(amps[::-1])[::-1])
        assert volts == pytest.approx(at[-1], abs=1e-6)
    assert found["loading"][0] == pytest.approx(100 / 275 * 400 / np.sqrt(3) / 238, rel=0.02)


def test_the_power_flow_bears_the_screening_out():
    pytest.importorskip("pandapower")
    rows = lv_flow.check(
        screened(on(mean_m=600.0)).reset_index(), feeder=FEEDER, voltage=VOLTAGE, power_factor=0.95
    ).set_index(["direction", "year"])
    demand, export = rows.loc[("demand", 2026)], rows.loc[("generation", 2026)]
    assert 216.2 <= demand["flow_voltage_v"] <= 217.0
    assert 252.4 <= export["flow_voltage_v"] <= 253.0
    assert demand["flow_by"] == "pandapower"
    assert 0 < demand["flow_loading"] <= 1.0
    conformed = schema.conform(rows.reset_index()[schema.LAYERS["model_lv"].column_names], "model_lv")
    assert any("far end lies within" in note for note in lv_flow.notes(conformed, voltage=VOLTAGE))
    assert "screened for demand: voltage at 1" in " ".join(lv.notes(conformed))


def test_no_secondaries_give_no_rows():
    rows = screened(on().iloc[:0]).reset_index()
    assert rows.empty
    assert lv.notes(rows) == ()
    assert lv_flow.notes(rows, voltage=VOLTAGE) == ()


def test_f10_a_supply_that_works_has_no_large_shortfall_today():
    # 669 homes on one typical 500 kVA: 669 x 1.5 x 1.08 = 1,081 kW, over 1.3 x 475
    both = pd.concat([on(homes=669.0, rating_kva=np.nan), on(secondary_id="S2")], ignore_index=True)
    rows = lv.believable(screened(both).reset_index(), most_load=1.3, power_factor=0.95)
    assert set(rows["secondary_id"]) == {"S2"}
    assert set(rows["direction"]) == {"demand", "generation"}


def test_f10_a_large_business_has_a_supply_of_its_own():
    demand = pd.DataFrame([demand_of(), demand_of(scope_id="b2", homes=0.0, annual_kwh=3e6, profile="elexon_pc3")])
    links = pd.DataFrame([link_of("b1"), link_of("b2")])
    substations = pd.DataFrame({"substation_id": ["S1"], "name": ["Lane"], "rating_mva": [0.5]})
    found = lv.served(links, demand, substations, pd.Series(dtype="float64"), own_supply_kw=200.0).iloc[0]
    assert (found["business_kw"], found["homes"]) == (0.0, 1.0)
    asked = lv.load_kva(demand, home_kw=1.5, power_factor=0.75, own_supply_kw=200.0)
    assert asked.to_dict() == {"b1": pytest.approx(2.0), "b2": 0.0}
