"""Measures in homes: whom they fit, what they cost and save, and types of home that give nobody away."""

import numpy as np
import pandas as pd
import pytest

from laep.models.energy import fabric, measures
from laep.models.money.span import Span
from laep.schema.vocabulary import FUELS, LACKING, MEASURES

SHAPE = fabric.Shape(storey_m=2.5, inner_share=0.8, window_share=0.2, bridge_share=0.1)
TERMS = measures.Terms(
    cost={name: Span(20.0, 10.0, 30.0) for name in LACKING},
    reached={"cavity": 0.4, "solid_wall": 0.3, "floor": 0.25, "loft": 0.2, "glazing": 1.6},
    air_share=Span(0.2, 0.1, 0.3), control_share=Span(0.05, 0.0, 0.1), water_share=Span(0.1, 0.05, 0.2),
    performance=Span(0.8, 0.5, 1.0), comfort=Span(0.25, 0.0, 0.5),
)  # fmt: skip
GBP = {fuel: Span(0.1, 0.08, 0.12) for fuel in (*FUELS, measures.PUMP)} | {"electricity": Span(0.3, 0.25, 0.35)}
KG = {fuel: Span.exact(0.2) for fuel in (*FUELS, measures.PUMP)}
PRICES = measures.Prices(GBP, KG)


def rows(**changes):
    count = len(next(iter(changes.values()))) if changes else 2
    frame = pd.DataFrame({
        "homes": 1.0, "form": ["semi"] * count, "age_band": "1950-1966", "floor_m2": 80.0, "calibration": 0.5,
        "need_kwh": 10_000.0, "fabric_basis": "certificate", "confidence": "medium", "design_kw": 5.0,
        **{f"{stem}{end}_kwh": value for stem, value in (("space_heat", 5000.0), ("hot_water", 2000.0)) for end in fabric.ENDS},
        **{f"heat_loss{end}_w_per_k": 200.0 for end in fabric.ENDS},
        **{f"{fuel}_share": float(fuel == "gas") for fuel in FUELS}, "pump_share": 0.0,
        **{f"lacks_{name}_share": 0.0 for name in LACKING},
    })  # fmt: skip
    return frame.assign(**changes)


def area(count):
    one = {"floor_m2": 80.0, "wall_m2": 90.0, "window_m2": 16.0, "roof_m2": 40.0, "ground_m2": 40.0, "volume_m3": 200.0}
    return pd.DataFrame([one] * count)


def filled(count):
    return pd.DataFrame([{f"{name}{end}": 0.6 for name in fabric.ELEMENTS for end in fabric.ENDS}] * count)


def worked(frame, slope=50.0):
    count = len(frame)
    return measures.work_out(
        frame, area(count), filled(count), slope=np.full(count, slope), shape=SHAPE, terms=TERMS
    )  # fmt: skip


def table(frame):
    return measures.table(frame, worked(frame), measures.types(frame, least=1), prices=PRICES)


def test_a_measure_by_hand():
    found = table(rows(lacks_cavity_share=[1.0, 0.0])).query("scope == 'area' and measure == 'cavity'").iloc[0]
    cut = 90 * (1.4 - 0.4) * 1.1
    assert found["homes"] == 1.0
    assert found["share"] == 0.5
    assert found["cut_w_per_k"] == pytest.approx(cut)
    assert found["capex_gbp"] == pytest.approx(90 * 20)
    assert found["saved_kwh"] == pytest.approx(cut * 50 * 0.5 * 0.8 * 0.75)
    assert found["saved_low_kwh"] == pytest.approx(cut * 50 * 0.5 * 0.5 * 0.5)
    assert found["saved_high_kwh"] == pytest.approx(cut * 50 * 0.5 * 1.0 * 1.0)
    assert found["bill_gbp_per_yr"] == pytest.approx(found["saved_kwh"] * 0.1)
    assert found["carbon_kgco2e_per_yr"] == pytest.approx(found["saved_kwh"] * 0.2)


def test_a_package_is_the_sum_of_its_measures_over_the_homes_that_lack_any():
    frame = rows(lacks_cavity_share=[1.0, 0.0], lacks_loft_share=[1.0, 0.5], lacks_solid_wall_share=[0.0, 1.0])
    found = table(frame).query("scope == 'area'").set_index("measure")
    for column in ("capex_gbp", "saved_kwh", "bill_gbp_per_yr", "carbon_kgco2e_per_yr", "cut_w_per_k"):
        whole = (found[column] * found["homes"])[list(found.index.intersection(list(LACKING)))].sum()
        assert found.loc["package_whole", column] * found.loc["package_whole", "homes"] == pytest.approx(
            whole, rel=1e-9
        )
    assert found.loc["package_easy", "homes"] == 1.5
    assert found.loc["package_whole", "homes"] == 2.0


def test_types_add_up_to_the_area():
    frame = rows(form=["semi", "detached", "flat"], lacks_loft_share=[1.0, 0.5, 0.0])
    found = table(frame).query("measure == 'loft'")
    whole = found[found["scope"] == "area"].iloc[0]
    parts = found[found["scope"] == "type"]
    assert (parts["homes"] * parts["saved_kwh"]).sum() == pytest.approx(whole["homes"] * whole["saved_kwh"], rel=1e-9)


def test_measures_stand_in_the_order_in_which_they_are_best_done():
    frame = rows(**{f"lacks_{name}_share": [0.5, 0.5] for name in LACKING})
    found = table(frame).query("scope == 'area'")
    assert found["measure"].tolist() == list(MEASURES)
    assert found["turn"].tolist() == list(range(1, len(MEASURES) + 1))
    for flag in ("best_warmth", "best_bill", "best_carbon"):
        assert found[flag].sum() == 1
    assert not found.loc[found["measure"].str.startswith("package"), "best_bill"].any()


def test_dear_fuel_saves_more_money():
    dear = rows(gas_share=[0.0, 0.0], electricity_share=[1.0, 1.0], lacks_loft_share=[1.0, 1.0])
    pumped = dear.assign(pump_share=1.0)
    cheap = rows(lacks_loft_share=[1.0, 1.0])
    bill = [float(table(one)["bill_gbp_per_yr"].iloc[0]) for one in (cheap, dear, pumped)]
    assert bill[1] == pytest.approx(3 * bill[0])
    assert bill[2] == pytest.approx(bill[0])


def test_types_of_few_homes_are_told_together():
    frame = rows(form=["semi"] * 12 + ["detached"] * 11 + ["flat"] * 3 + ["mid_terrace"] * 8)
    kind = measures.types(frame, least=10)
    assert set(kind) == {"semi_middle", "detached_middle", measures.OTHERS}
    lone = rows(form=["semi"] * 12 + ["detached"] * 11 + ["flat"] * 3)
    counts = lone["homes"].groupby(measures.types(lone, least=10)).sum()
    assert counts.min() >= 10


def test_there_are_no_more_types_than_a_reader_takes_in():
    bands = fabric.AGE_BANDS[::3]
    frame = rows(form=[form for form in ("semi", "detached", "flat", "mid_terrace") for _ in range(40)])
    frame["age_band"] = np.tile(np.repeat(bands, 10), 4)
    assert measures.types(frame, least=10).nunique() == measures.MOST_TYPES


def test_a_sheet_says_what_a_type_is_and_what_comes_first():
    frame = rows(
        form=["semi"] * 3, lacks_cavity_share=[1.0] * 3, lacks_floor_share=[1.0] * 3, lacks_hot_water_share=[0.05] * 3
    )
    kind = measures.types(frame, least=1)
    sheet = measures.of_types(frame, kind, table(frame), prices=PRICES, life_years=25.0).iloc[0]
    assert sheet["name"] == "Semi-detached homes built from 1930 to 1982"
    assert sheet["first"] == "cavity"  # the floor and the loft pay back too late, and few tanks are bare
    assert sheet["space_heat_kwh"] == 5000.0
    assert sheet["bill_gbp_per_yr"] == pytest.approx(7000 * 0.1)
