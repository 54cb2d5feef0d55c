"""What is registered in the area, apart from what is nearby and what has no known place."""

import frames_for_report as made
import pandas as pd
import pytest
import reading

from laep.report import register
from laep.report.printer import Printer
from laep.report.sections import baseline

HELD = {"model_generation": made.village()["model_generation"]}


def test_generators_beyond_the_edge_are_not_counted_in_the_area():
    values = register.figures(HELD).set_index("figure_id")["value"]
    assert values["existing.solar_capacity"] == 200.0
    assert values["accepted.solar_capacity"] == 4900.0
    assert values["nearby.accepted.storage_capacity"] == 20_000.0
    assert "accepted.storage_capacity" not in values


def test_generators_without_a_place_are_told_apart():
    area = {"model_generation": HELD["model_generation"].assign(place="unplaced").head(1)}
    built = register.figures(area)
    ids = set(built["figure_id"])
    assert "unplaced.existing.solar_count" in ids
    assert not any(figure_id.startswith(("existing.", "accepted.", "nearby.")) for figure_id in ids)
    listed = baseline.existing(area, Printer(built))
    assert not listed["here"]
    assert reading.names(listed["unplaced"]) == ["Solar"]
    assert "generators.place" in set(register.unknowns(area, {})["unknown_id"])


def test_generators_with_a_place_leave_nothing_unknown():
    assert "generators.place" not in set(register.unknowns(HELD, {})["unknown_id"])


def test_planned_is_told_apart_from_accepted_and_an_assumed_size_is_said():
    planned = HELD["model_generation"].head(1).assign(status="planned", assumed=1)
    area = {"model_generation": pd.concat([HELD["model_generation"], planned], ignore_index=True)}
    built = register.figures(area)
    capacity = built.set_index("figure_id").loc["planned.solar_capacity"]
    assert (capacity["value"], capacity["confidence"]) == (200.0, "medium")
    assert capacity["assumptions"] == "pv.existing.home_kw"
    (solar,) = reading.rows(baseline.existing(area, Printer(built))["here"])
    assert solar[2:] == [f"[{stem}.solar_count] ([{stem}.solar_capacity])" for stem in ("accepted", "planned")]


def test_weather_gives_sunshine_where_no_month_is_balanced():
    weather = pd.DataFrame({"hour": range(8760)}).assign(
        ghi_w_m2=100.0, dni_w_m2=0.0, dhi_w_m2=100.0, temp_air_c=9.0, wind_speed_m_s=4.0, source_id="weather"
    )
    values = register.figures({"in_weather": weather}).set_index("figure_id")["value"]
    assert values["sunshine.annual"] == pytest.approx(876.0)
    assert values["month.2.sunshine"] == pytest.approx(0.1 * 24 * 28)
    assert sum(values[f"month.{n}.sunshine"] for n in range(1, 13)) == pytest.approx(876.0)
    assert values["temperature.mean"] == pytest.approx(9.0)
