import numpy as np
import pandas as pd
import pytest

from laep.assumptions import Assumptions
from laep.errors import LaepError
from laep.models.money import carbon, costs
from laep.models.money.span import Span
from laep.steps import kit

BANDS = costs.bands({
    "rooftop_pv": {
        10.0: Span(1256.0, 1000.0, 1600.0), 0.0: Span(1876.0, 1500.0, 2800.0), 4.0: Span(1780.0, 1300.0, 2300.0),
    },
    "ground_pv": {0.0: Span(800.0, 650.0, 1000.0)},
})  # fmt: skip


@pytest.mark.parametrize(
    ("technology", "kw", "per_kw"),
    [("rooftop_pv", 0.0, 1876), ("rooftop_pv", 1.0, 1876), ("rooftop_pv", 2.0, 1876), ("rooftop_pv", 40**0.5, 1780),
     ("rooftop_pv", (2 * 40**0.5) ** 0.5, 1828), ("rooftop_pv", 20.0, 1256), ("rooftop_pv", 900.0, 1256),
     ("ground_pv", 5.0, 800)],
)  # fmt: skip
def test_the_rate_of_a_band_holds_in_its_middle_and_runs_between_middles(technology, kw, per_kw):
    cost = costs.capex(pd.Series([technology]), pd.Series([kw]), bands=BANDS)
    np.testing.assert_allclose(cost.value, [per_kw * kw])


def test_no_array_costs_less_than_a_smaller_one():
    shipped = kit.costs_from(Assumptions()).bands
    sizes = np.geomspace(1.0, 2000.0, 400)
    cost = costs.capex_of("rooftop_pv", sizes, bands=shipped)
    assert all((np.diff(end) > 0).all() for end in (cost.value, cost.low, cost.high))
    steps = np.diff(cost.value) / np.diff(sizes)
    assert steps.max() < 2000  # pounds for one more kW: no jump


def test_each_row_keeps_its_own_cost_and_range():
    technology = pd.Series(["ground_pv", "rooftop_pv", "ground_pv", "rooftop_pv"], index=[7, 3, 5, 1])
    cost = costs.capex(technology, pd.Series([100.0, 2.0, np.nan, 20.0], index=technology.index), bands=BANDS)
    np.testing.assert_allclose(cost.value, [80_000, 3_752, np.nan, 25_120])
    np.testing.assert_allclose(cost.low, [65_000, 3_000, np.nan, 20_000])
    np.testing.assert_allclose(cost.high, [100_000, 5_600, np.nan, 32_000])


def test_nothing_to_cost():
    assert costs.capex(pd.Series([], dtype="string"), pd.Series([], dtype="float64"), bands=BANDS).value.shape == (0,)


def test_a_technology_without_a_band_is_named():
    with pytest.raises(LaepError, match="carport_pv"):
        costs.capex(pd.Series(["carport_pv"]), pd.Series([1.0]), bands=BANDS)


def test_guide_school_array():  # WE-26, WE-27, WE-28
    bands = costs.bands({"rooftop_pv": {0.0: Span(950.0, 700.0, 1200.0)}})
    capital = costs.capex(pd.Series(["rooftop_pv"]), pd.Series([30.0]), bands=bands)
    assert (capital.low.item(), capital.high.item()) == (21_000, 36_000)
    upkeep = capital.times(Span(0.03, 0.01, 0.05))
    assert (upkeep.low.item(), upkeep.high.item()) == (210, 1_800)
    fee = Span.exact(36_000.0).times(Span(0.04, 0.03, 0.05))
    assert (fee.low, fee.high) == (1_080, 1_800)


def test_guide_battery():  # WE-33
    cost = costs.battery(10.0, gbp_per_kwh=Span(550.0, 400.0, 700.0))
    assert (cost.low, cost.high) == (4_000, 7_000)


def test_guide_collective_discount():  # WE-35
    saving = Span.exact(5_000.0).times(Span(0.15, 0.1, 0.25))
    assert (saving.low, saving.high) == (500, 1_250)


def test_carbon():
    assert carbon.avoided_kg(1000.0, kg_per_kwh=0.131) == pytest.approx(131)
    assert carbon.avoided_kg(-10.0, kg_per_kwh=0.131) == pytest.approx(-1.31)


def test_panels_on_a_segment_cost_what_each_building_pays_for_its_own_size():
    rates = costs.bands({"rooftop_pv": {0.0: Span(2000.0, 1000.0, 3000.0), 10.0: Span(1000.0, 500.0, 1500.0)}})
    planes = pd.DataFrame(
        {"segment_id": ["a", "a", "a", "b"], "building_id": ["x", "x", "y", "z"], "capacity_kwp": [5.0, 15.0, 5.0, 4.0]}
    )
    found = costs.by_group(planes, pd.Series({"a": 0.5, "b": 1.0, "none": 1.0}), bands=rates)
    assert found["a"] == Span(15_000.0, 7500.0, 22_500.0)  # half of 20 kWp at 1,000 and 5 kWp at 2,000 GBP/kW
    assert found["b"] == Span(8000.0, 4000.0, 12_000.0)
    assert found["none"] == Span(0.0, 0.0, 0.0)
