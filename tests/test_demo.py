"""The main job on the sample village: from files to a plan, held against the village's own truth."""

import json
import re
import shutil

import agreement
import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmarks import _sample_truth
from laep import area as areas
from laep import explain, pipeline, resources, steps, words
from laep.cli import app
from laep.errors import UserFault
from laep.gather import gather
from laep.schema import LAYERS
from laep.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("village")]

NOT_IN_THE_VILLAGE = {
    "in_line", "in_meter", "in_forecast", "in_connection_request", "in_flexibility", "in_curtailment", "in_low_carbon",
    "in_weather_year", "in_building_use",
}  # fmt: skip
"""Layers from tables that the village's operator does not publish, from somebody's own file, or from a second source of
the same buildings."""


@pytest.fixture(scope="module")
def village(sample_plan):
    page = sample_plan.area.report / "index.html"
    return sample_plan.area, sample_plan.store, page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def truth():
    return resources.sample_data() / "truth"


def laep(area, *words):
    done = CliRunner().invoke(app, [*words, "--area", str(area.folder)])
    return done.exit_code, done.stdout


def test_nothing_is_stale_skipped_or_left_to_read(village):
    area, store, _ = village
    assert {s.state for s in gather.status(area, store)} == {"fresh"}
    assert {s.step.name: s.state for s in pipeline.status(area, store, steps.STEPS) if s.state != "fresh"} == {}
    assert set(LAYERS) - set(store.layers()) == NOT_IN_THE_VILLAGE


def test_f3_f6_f13_the_village_is_found_as_it_was_drawn(village):
    _, store, _ = village
    rows = {one.what: one for one in _sample_truth.held(store)}
    assert [what for what, one in rows.items() if one.ok is False] == []
    assert rows["Homes"].found == 1251
    assert rows["Fuel-poor homes"].found == 175
    figures = store.read("plan_figure").set_index("figure_id")["value"]
    assert {figures["homes.count"], store.read("model_demand")["homes"].sum()} == {1251}
    assert "homes.census" not in figures.index  # map and census are less than 15 % apart


def test_the_published_primary_is_found_with_its_chain_and_headroom(village):
    _, store, _ = village
    serving = store.read("link_substation")
    primary = serving[(serving["level"] == "primary") & (serving["role"] == "serves")].iloc[0]
    assert primary["method"] == "published_area"
    assert set(serving.loc[serving["role"] == "upstream", "level"]) == {"bsp", "gsp"}
    headroom = store.read("model_headroom")
    scenarios = headroom[(headroom["substation_id"] == primary["substation_id"]) & (headroom["scenario"] != "now")]
    assert scenarios["year"].nunique() > 5


def test_solar_that_is_up_is_one_number_wherever_it_is_told(village):
    _, store, _ = village
    every, sums = store.read("net_generator"), store.read("model_generation")
    here = every[every["distance_m"].eq(0) & every["status"].eq("connected") & every["technology"].eq("solar")]
    up = here["capacity_kw"].sum()
    segments, balance = store.read("net_segment"), store.read("model_balance").query("case == 'today'")
    whole = segments.loc[segments["kind"] == "area", "segment_id"].iloc[0]
    figures = store.read("plan_figure").set_index("figure_id")["value"]
    told = {
        "sums": sums.query("place == 'here' and status == 'connected' and technology == 'solar'")["capacity_kw"].sum(),
        "balance": balance.set_index("segment_id").loc[whole, "capacity_kwp"],
        "figure": figures["existing.solar_capacity"],
    }
    assert told == pytest.approx(dict.fromkeys(told, up))
    rule = store.read("plan_rule").set_index("rule_id").loc["VP-C07", "evidence"]
    assert f"show {words.power(up)} of generation inside the area" in rule
    made = balance.set_index("segment_id")["generation_kwh"]
    worked = store.read("model_segment").set_index("segment_id")["today_kwh"]
    assert worked.max() > 0
    assert worked.to_dict() == pytest.approx(made[worked.index].to_dict())


def test_the_gas_that_meters_read_stands_in_the_sums_the_figures_and_the_page(village):
    _, store, page = village
    use = store.read("model_use").query('scenario == "today"')
    homes = use[(use["sector"] == "homes") & (use["carrier"] == "gas")]
    lsoas = store.read("in_metered").query('kind == "lsoa" and fuel == "gas"').set_index("area_code")["total_kwh"]
    by_zone = homes[homes["scope"] == "zone"].groupby("scope_id")["annual_kwh"].sum()
    pd.testing.assert_series_equal(by_zone, lsoas, check_names=False, check_dtype=False, rtol=1e-9)
    figures = store.read("plan_figure").set_index("figure_id")
    assert figures.loc["energy.gas.metered", "value"] == pytest.approx(lsoas.sum())
    assert 'data-figure="energy.gas.metered"' in page
    assert f"{lsoas.sum() / 1e6:.3g}\N{NO-BREAK SPACE}GWh" in page


def test_energy_money_and_carbon_agree_over_scopes_and_with_demand(village):
    _, store, _ = village
    use = store.read("model_use").query('scenario == "today"')
    amounts = ["annual_kwh", "cost_gbp_per_yr", "leaving_gbp_per_yr", "carbon_kgco2e_per_yr"]
    sums = use.groupby("scope")[amounts].sum()
    assert set(sums.index) == {"building", "zone", "secondary", "primary", "area"}
    for name in amounts:
        assert sums[name].to_numpy() == pytest.approx(sums.loc["area", name], rel=1e-9)
    wired = use[(use["scope"] == "area") & (use["carrier"] == "electricity")]["annual_kwh"].sum()
    demand = store.read("model_demand")["annual_kwh"].sum()
    in_public = 0.05 * 1251 * 2250 * 0.2  # cars charged away from home
    assert wired == pytest.approx(demand + in_public)


def test_what_planners_list_too_counts_once_and_what_was_refused_not_at_all(village):
    _, store, _ = village
    every, told = store.read("net_generator"), store.read("in_generator")
    assert told["told_by"].value_counts()[["register", "planning"]].to_dict() == {"register": 5, "planning": 7}
    both = every[every["told_by"] == "register; planning"]
    assert len(both) == 5
    assert both.set_index("status")["planning"].loc["accepted"].tolist() == ["building", "granted"]
    planned = every[every["status"] == "planned"].set_index("technology")["capacity_kw"]
    assert planned.to_dict() == {"wind": 3000.0, "solar": 200.0}


def test_every_figure_leads_back_to_a_source_and_every_rule_says_what_it_rests_on(village, stories):
    _, store, _ = village
    figures, rules = store.read("plan_figure")["figure_id"], store.read("plan_rule").set_index("rule_id")["origin"]
    assert figures.is_unique
    assert [name for name, story in stories.items() if not story.text.startswith(name)] == []
    assert [f for f in figures if not any(table.title == "Sources" for table in stories[f].tables)] == []
    assert [rule for rule, origin in rules.items() if f"Rests on: {origin}" not in stories[rule].text] == []


def test_a_figure_is_what_its_rows_say(village):
    _, store, _ = village
    figures = store.read("plan_figure").set_index("figure_id")
    solar = store.read("model_solar")
    assert figures.loc["solar.annual", "value"] == pytest.approx(solar["annual_kwh"].sum())
    assert (
        figures.loc["solar.annual", "low"]
        <= figures.loc["solar.annual", "value"]
        <= figures.loc["solar.annual", "high"]
    )


def test_assumptions_layers_and_sources_can_be_explained_and_typos_are_met(village):
    area, store, _ = village
    assert "solar" in explain.trace(area, store, "pv.system.loss").text
    assert explain.trace(area, store, "model_solar").tables
    assert explain.trace(area, store, "osm").tables[0].rows
    with pytest.raises(UserFault, match=r"Did you mean .*solar\.annual"):
        explain.trace(area, store, "solar.anual")


def test_report_f15_every_id_that_the_page_prints_can_be_explained(sample_plan, stories, village):
    _, _, page = village
    printed = set(re.findall(r"\b[A-Z]{2}-[A-Z]?\d\d\b", re.sub(r"<[^>]+>", " ", page)))
    printed |= set(re.findall(r"<code>([^< …]+)</code>", page)) - {"answers.toml", ".*"}
    printed |= set(sample_plan.layer("plan_action")["action_id"]) | set(sample_plan.layer("plan_pathway")["pathway_id"])
    assert {"PR-05", "LA-A01", "CP-A01", "ST-06", "wind.hub_m.*", "osm", "FS-01"} <= printed
    held = explain.Held(sample_plan.area, sample_plan.store)
    assert [one for one in printed - set(stories) if not explain.told(held, one).text.startswith(one.rstrip("*"))] == []
    assert "The roadmap opens with baseline" in explain.told(held, "PR-05").text
    assert "In the roadmap here" in explain.told(held, "CP-A01").text
    assert "step CP-A01" in explain.told(held, "CP-A02").text
    assert set(explain.named()) & set(stories) == set()


def test_tables_and_sentences_of_the_report_agree_and_no_number_stands_without_an_id(sample_plan, village):
    _, _, page = village
    assert agreement.faults(page, sample_plan.figures(), area="barrowmere") == []


def test_the_check_of_agreement_finds_each_kind_of_contradiction(sample_plan, village):
    _, _, page = village
    figures = sample_plan.figures()
    wrong = figures.copy()
    wrong.loc["homes.count", "value"] -= 77
    wrong.loc["demand.school.annual", "value"] *= 2
    wrong.loc["tenure.owned_share", "value"] += 0.3
    wrong.loc["solar.annual", "low"] = 1e9
    wrong.loc["finance.home_pv.payback", "value"] = 7.5
    wrong.loc["solar.capacity", ["low", "high"]] = None
    found = "\n".join(agreement.faults(page, wrong, area="barrowmere"))
    for said in (
        "homes.count is 1,174",
        "not to demand.annual",
        "shares of tenure",
        "solar.annual lies",
        "finance.home_pv:",
        "solar.capacity has lost",
    ):
        assert said in found
    first = re.search(r'data-figure="demand.annual"[^>]*><b>(4,900)', page)
    edited = page[: first.start(1)] + "4,100" + page[first.end(1) :]
    before, money, after = edited.partition('<section id="money"')
    edited = before + money + after.replace("<p>", "<p>About 4,200 MWh. ", 1)
    found = "\n".join(agreement.faults(edited, figures, area="barrowmere"))
    assert "demand.annual is printed as" in found
    assert "no id stands behind" in found
    total = page.rindex('data-figure="demand.annual"')
    edited = page[:total] + page[total:].replace("4,900", "5,900", 1)
    assert "add up to" in "\n".join(agreement._columns(edited))


def test_the_page_needs_nothing_from_outside_and_names_no_home(village):
    _, _, page = village
    assert not re.search(r"""(src|href)\s*=\s*["'](https?:)?//(?!)""", page)
    assert not re.search(r"<(script|img|iframe|link)[^>]+(src|href)=[\"']https?:", page)
    epc = pd.read_csv(resources.sample_data() / "epc_certificates.csv", usecols=["ADDRESS1"])
    addresses = epc["ADDRESS1"].dropna().head(50)
    assert not [address for address in addresses if address in page]


def test_an_override_moves_what_depends_on_it_and_nothing_else(village, tmp_path):
    area, _, _ = village
    copy = shutil.copytree(area.folder, tmp_path / area.area_id)
    areas.override(areas.load(copy), {"finance.discount.green_book": 0.01})
    changed = areas.load(copy)
    store = Store(changed.gpkg)
    happened = {s.step.name: s.state for s in pipeline.run(changed, store, steps.STEPS)}
    assert happened["finance"] == "done"
    assert happened["solar"] == happened["balance"] == happened["headroom"] == "fresh"
    assert "override" in set(store.assumptions()["confidence"])


def test_the_commands_speak_json(village):
    area, _, _ = village
    code, out = laep(area, "status", "--json")
    assert code == 0
    assert {row["state"] for row in json.loads(out)["steps"]} == {"fresh"}
    code, out = laep(area, "explain", "homes.count", "--json")
    assert code == 0
    assert json.loads(out)["text"].startswith("homes.count")
    code, out = laep(area, "run", "--json")
    assert {row["state"] for row in json.loads(out)["steps"]} == {"fresh"}
    code, out = laep(area, "doctor", "--json")
    assert code == 0
    assert {row["state"] for row in json.loads(out)["findings"]} <= {"good", "warn"}


def test_the_pathways_are_six_and_stopping_and_one_leads(village):
    _, store, _ = village
    ranked = store.read("plan_pathway").sort_values("rank")
    assert len(ranked) == 7
    assert "stop_here" in set(ranked["pathway_id"])
    # people said they would buy panels, and 28 of the 100 homes it takes would go ahead
    led = ranked[ranked["leads"]]
    assert led[["pathway_id", "standing"]].to_numpy().tolist() == [["rooftop_pv", "possible"]]
    actions = store.read("plan_action").sort_values("position")
    stages = list(dict.fromkeys(actions["stage"]))
    assert stages[:2] == ["identify_assets", "identify_target"]
