"""Ranges go low with low, poor years rest on the years given, and every scope holds the energy of its planes."""

import math

import numpy as np
import pandas as pd
import pytest

from laep.assumptions import shipped
from laep.errors import LaepError
from laep.models.energy import yields
from laep.schema import conform
from laep.schema.vocabulary import MONTHS

DOUBT = yields.Doubt(year_to_year=0.05, loss=(0.2, 0.1, 0.4), other=0.078)
HOUSES = pd.DataFrame({"building_id": ["b3", "b2", "b1"], "use": ["shop", "home", "home"]})


def roofs():
    return pd.DataFrame(
        {
            "roof_id": ["b1-1", "b1-2", "b1-3", "b2-1", "b3-1"],
            "building_id": ["b1", "b1", "b1", "b2", "b3"],
            "capacity_kwp": [2.0, 3.0, 9.0, 4.0, 5.0],
            "capacity_low_kwp": [1.0, 2.0, 8.0, 3.0, 4.0],
            "capacity_high_kwp": [3.0, 4.0, 10.0, 5.0, 6.0],
            "suitable": [True, True, False, False, True],
            "method": ["lidar", "archetype", "lidar", "lidar", "archetype"],
            "confidence": ["high", "low", "high", "high", "high"],
        }
    )


def plane_yields(sky_view=(0.9, np.nan, 0.8, 0.7, np.nan), doubt=DOUBT):
    monthly = pd.DataFrame(np.outer([900.0, 1000.0, 500.0, 800.0, 700.0], np.full(12, 1 / 12)), columns=range(1, 13))
    seen = pd.Series(sky_view, dtype="float64")
    middling = monthly.sum(axis=1)
    ends = tuple(middling.where(seen.notna(), share * middling) for share in (0.8, 1.02))
    return yields.planes(roofs(), monthly, pd.Series(1000.0, index=range(5)), seen, ends_kwh=ends, doubt=doubt)


def test_planes_by_hand():
    found = conform(plane_yields(), "model_plane").set_index("roof_id")
    known, unknown = found.loc["b1-1"], found.loc["b3-1"]
    assert known["yield_kwh_per_kwp"] == pytest.approx(900)
    assert known["yield_low_kwh_per_kwp"] == pytest.approx(900 * 0.95 * 0.6 / 0.8)
    assert known["yield_high_kwh_per_kwp"] == pytest.approx(900 * 1.05 * 0.9 / 0.8)
    assert known["yield_p90_kwh_per_kwp"] == pytest.approx(900 * (1 - 1.2816 * math.hypot(0.05 / 1.6449, 0.078)))
    assert known["shade_loss"] == pytest.approx(0.1)
    assert known["jan_kwh_per_kwp"] == pytest.approx(75)
    assert pd.isna(unknown["shade_loss"])
    assert unknown["yield_low_kwh_per_kwp"] == pytest.approx(0.8 * 700 * 0.95 * 0.6 / 0.8)
    assert unknown["yield_high_kwh_per_kwp"] == pytest.approx(1.02 * 700 * 1.05 * 0.9 / 0.8)
    assert "compiled loop; skyline from the surface model; usual spread of years" in known["method"]
    assert "shade not known" in unknown["method"]
    assert (known["confidence"], unknown["confidence"]) == ("high", "medium")


def test_poor_years_rest_on_the_years_given():
    light = pd.Series([1000.0, 1040.0, 960.0, 1020.0, 980.0, 1000.0])
    doubt = yields.Doubt(year_to_year=0.05, loss=DOUBT.loss, other=0.078, yearly_light=light)
    assert doubt.year_spread == pytest.approx(np.std(light, ddof=1) / 1000)
    assert doubt.p90 == pytest.approx(1 - 1.2816 * math.hypot(doubt.year_spread, 0.078))
    assert plane_yields(doubt=doubt)["method"].str.contains("spread of 6 years").all()
    few = yields.Doubt(year_to_year=0.05, loss=DOUBT.loss, other=0.078, yearly_light=light[:3])
    assert few.year_spread == DOUBT.year_spread


def test_f15_p90_counts_all_doubt_as_a_lender_does():
    year_to_year, other = shipped()["pv.weather.year_to_year"].value, shipped()["pv.yield.other_doubt"].value
    doubt = yields.Doubt(year_to_year=year_to_year, loss=DOUBT.loss, other=other)
    # Thevenard and Pelland: 8.7 % of all sources, 3.9 % of it weather
    assert math.hypot(doubt.year_spread, other) == pytest.approx(0.087, abs=0.001)
    assert doubt.p90 == pytest.approx(0.889, abs=0.002)


def test_buildings_by_hand():
    found = conform(yields.buildings(roofs(), HOUSES, plane_yields()), "model_solar").set_index("building_id")
    assert found.index.tolist() == ["b3", "b1"]
    first, planes = found.loc["b1"], plane_yields().set_index("roof_id")
    assert first["capacity_kwp"] == 5.0
    assert first["annual_kwh"] == pytest.approx(2 * 900 + 3 * 1000)
    assert first["yield_kwh_per_kwp"] == pytest.approx(960.0)
    low, high = planes["yield_low_kwh_per_kwp"], planes["yield_high_kwh_per_kwp"]
    assert first["annual_low_kwh"] == pytest.approx(low["b1-1"] + 2 * low["b1-2"])
    assert first["annual_high_kwh"] == pytest.approx(3 * high["b1-1"] + 4 * high["b1-2"])
    assert first["confidence"] == "low"
    assert first["method"].startswith("archetype; ")


def test_scopes_hold_the_energy_of_their_planes():
    members = {"segment": pd.DataFrame({"building_id": ["b1", "b3", "b1"], "scope_id": ["s", "s", "t"]}),
               "primary": pd.DataFrame({"building_id": ["b1", "b3"], "scope_id": ["p", None]})}  # fmt: skip
    found = conform(yields.scopes(roofs(), plane_yields(), members), "model_yield").set_index(["scope", "scope_id"])
    assert found.loc[("area", "area"), "annual_kwh"] == pytest.approx(4800 + 3500)
    assert found.loc[("segment", "s"), "annual_kwh"] == pytest.approx(8300)
    assert found.loc[("segment", "t"), "annual_kwh"] == pytest.approx(4800)
    assert found.loc[("primary", "p"), "capacity_kwp"] == 5.0
    assert len(found.loc["building"]) == 2
    months = found[[f"{month}_kwh" for month in MONTHS]].sum(axis=1)
    np.testing.assert_allclose(months, found["annual_kwh"])
    assert found.loc[("area", "area"), "method"].endswith("skyline known for 20% of capacity")


def test_no_suitable_roofs_no_rows():
    none = roofs().assign(suitable=False)
    assert conform(yields.buildings(none, HOUSES, plane_yields()), "model_solar").empty
    assert conform(yields.scopes(none, plane_yields(), {}), "model_yield").empty


def test_roofs_of_unknown_buildings_are_refused():
    with pytest.raises(LaepError, match="2 roof planes"):
        yields.buildings(roofs(), HOUSES.iloc[:1], plane_yields())
