import datetime as dt
import itertools
import re
from dataclasses import replace

import pandas as pd
import pytest
from guide_cases import MUCH_ON_THE_MAP, SCENARIOS, THRESHOLDS, TWELVE, evidence, ranked, said
from hypothesis import given, settings
from hypothesis import strategies as st

from laep import answers, schema
from laep.models import guide
from laep.models.guide import asking, pathways, preferences
from laep.schema.vocabulary import STAGES

START = dt.date(2026, 11, 23)
NONE = schema.empty("plan_question")
QUESTIONS = schema.conform(
    pd.DataFrame(
        {"question_id": one.id, "section": one.section, "ask": one.ask, "answered": False, "parts": 1.0, "position": n}
        for n, one in enumerate(answers.questions().values(), start=1)
    ),
    "plan_question",
)
IDS = (
    "simple_vpp", "rooftop_pv", "advanced_vpp", "community_energy_share", "wind_farm_dividend", "private_wire",
    "stop_here",
)  # fmt: skip


def row(paths, pathway_id):
    return paths.set_index("pathway_id").loc[pathway_id]


def leading(paths):
    return paths.sort_values("rank").iloc[0]


def scenario(name, *, change=None, **known):
    evidence_known, text = SCENARIOS[name]
    for old, new in (change or {}).items():
        assert old in text
        text = text.replace(old, new)
    return ranked(text, **{**evidence_known, **known})


def plan(name, **options):
    return laid_out(*scenario(name, **options))


def laid_out(paths, place, text="", *, start=START):
    left = asking.questions_left(evidence(), said(text), thresholds=THRESHOLDS) if not paths["leads"].any() else NONE
    return pathways.roadmap(paths, place.blocks, place.rules, left, start=start, refresh_years=4.0)


# --- The data ---


def test_the_six_pathways_and_stop_here_are_in_the_data_simplest_first():
    assert tuple(pathways.pathways()) == IDS


@pytest.mark.real
def test_blocks_and_ends_are_the_guides(shared_data):
    path = shared_data.parent / "reference" / "guide.md"
    if not path.is_file():
        pytest.skip("needs the field guide kept beside the project")
    found = re.findall(r"\{id: (\w+),\s+blocks: \[([^]]+)\],\s+ends_at: (\w+),", path.read_text(encoding="utf-8"))
    assert len(found) == 6
    for pathway_id, names, ends_at in found:
        one = pathways.pathways()[pathway_id]
        assert (list(one.blocks), one.ends_at) == (names.split(", "), ends_at)


def test_conditions_of_a_pathway_are_rules_only():
    for pathway in pathways.pathways().values():
        assert pathways._faults(pathway) == []
        assert pathway.id == "stop_here" or any(need.must for need in pathway.needs)


def test_a_broken_pathway_is_found():
    odd = pathways.Need("Odd", {"answer": "effort", "is": "some"})
    gone = pathways.Need("Gone", {"rule": "XX-C99"})
    mapped = pathways.Need("Mapped", {"rule": "CP-C01"}, starts=True)
    broken = pathways.Pathway("x", "X", "", ("laep", "moon"), (), "later", "some", ("gold",), (odd, gone, mapped))
    assert set(pathways._faults(broken)) == {
        "Odd: not a rule", "no rule XX-C99", "Mapped: not for people to say", "no block moon", "no stage later",
        "no wish gold",
    }  # fmt: skip


# --- Ranking ---


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_each_scenario_of_the_guide_leads_in_its_own_circumstances(name):
    paths, _ = scenario(name)
    first = leading(paths)
    assert (first["pathway_id"], first["standing"], first["leads"]) == (name, "recommended", True)
    assert (first["unmet"], first["unknown"]) == (0, 0)
    assert isinstance(first["reasons_for"], str)


@pytest.mark.parametrize(("named", "of_scenario", "text", "want"), TWELVE, ids=[one[0] for one in TWELVE])
def test_f1_twelve_sets_of_answers(named, of_scenario, text, want):
    paths, _ = scenario(of_scenario, change=text) if of_scenario else ranked(text, **MUCH_ON_THE_MAP)
    leader, standing = want
    assert paths.loc[paths["leads"], "pathway_id"].tolist() == ([leader] if leader else [])
    assert leading(paths)["standing"] == standing
    if leader is None:
        assert set(paths["standing"]) == {standing}
        assert set(paths["rank"]) == {1}


def test_f1_standing_and_order_do_not_hang_on_how_many_conditions_a_pathway_has(monkeypatch):
    def many(pathway):
        extra = tuple(pathways.Need(f"{need.words}, again", need.test) for need in pathway.needs) * 3
        return replace(pathway, needs=(*pathway.needs, *extra))

    told = ["pathway_id", "standing", "rank", "leads"]
    before = {name: scenario(name)[0][told] for name in SCENARIOS}
    longer = {one.id: many(one) for one in pathways.pathways().values()}
    monkeypatch.setattr(pathways, "pathways", lambda: longer)
    for name, was in before.items():
        assert scenario(name)[0][told].equals(was)


@pytest.mark.parametrize("text", ["", '[residents]\npriorities = ["bills", "carbon"]'])
def test_f2_where_none_leads_stopping_stands_among_equals_and_the_roadmap_is_first_steps_and_questions(text):
    paths, place = ranked(text, **MUCH_ON_THE_MAP)
    assert paths["pathway_id"].iloc[0] == "stop_here"
    actions = laid_out(paths, place, text)
    assert actions["action_id"].tolist() == [
        "FS-01", "FS-02", "FS-03", "FS-04", "LA-C04", "ASK-01", "ASK-02", "ASK-03"
    ]  # fmt: skip
    asked = actions.set_index("action_id").loc["ASK-01", "action"]
    assert asked in [question.ask for question in answers.questions().values()]


def test_the_next_question_is_the_one_that_parts_most_and_answered_ones_come_last():
    left = asking.questions_left(evidence(), said('[residents]\nenergy_interest = "low"'), thresholds=THRESHOLDS)
    assert left.equals(schema.conform(left, "plan_question"))
    ordered = left.sort_values("position")
    assert ordered["parts"].dropna().is_monotonic_decreasing
    assert ordered["question_id"].iloc[-1] == "energy_interest"
    assert ordered["answered"].tolist() == [False] * 39 + [True]
    # naming a wish parts those that serve it from those that do not; how many have smart meters parts next to none
    parts = left.set_index("question_id")["parts"]
    assert parts["priorities"] > parts["smart_meter_share"]


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_frames_are_in_normal_form(name):
    paths, _ = scenario(name)
    assert paths.equals(schema.conform(paths, "plan_pathway"))
    assert sorted(paths["pathway_id"]) == sorted(IDS)
    assert paths["rank"].iloc[0] == 1
    assert paths["rank"].is_monotonic_increasing
    actions = plan(name)
    assert actions.equals(schema.conform(actions, "plan_action"))


def test_with_no_answers_nothing_is_recommended_and_nothing_leads():
    paths, _ = ranked("", owner_share=0.8, renter_share=0.2, homes=500.0)
    assert set(paths["standing"]) == {"needs_answers"}
    assert not paths["leads"].any()
    assert "kit" in row(paths, "rooftop_pv")["to_settle"]


def test_conditions_are_counted_and_unknown_ones_are_to_be_settled():
    paths, _ = ranked("[residents]\nable_to_pay = 0.6", owner_share=0.8)
    one = row(paths, "rooftop_pv")
    assert (one["met"], one["unmet"], one["unknown"]) == (2, 0, 4)
    assert one["standing"] == "needs_answers"
    assert "trusted body" in one["to_settle"]


def test_a_pathway_is_possible_once_people_have_said_what_it_starts_from():
    paths, _ = ranked("[residents]\nkit_interest = 0.6")
    assert (row(paths, "rooftop_pv")["standing"], row(paths, "simple_vpp")["standing"]) == ("possible", "needs_answers")


def test_f9_too_few_sign_ups_keep_buying_together_from_being_recommended_and_do_not_rule_it_out():
    short, _ = scenario("rooftop_pv", change={"registrations = 510": "registrations = 140"})
    assert (leading(short)["pathway_id"], leading(short)["standing"]) == ("rooftop_pv", "possible")
    assert "About 28 of them would go ahead" in leading(short)["reasons_against"]


def test_a_missing_must_rules_out_and_says_why():
    paths, _ = scenario("rooftop_pv", change={'"coordinator"': '"no coordinator"'})
    one = row(paths, "rooftop_pv")
    assert one["standing"] == "ruled_out"
    assert "No trusted body" in one["reasons_against"]
    assert "Missing: " not in one["reasons_against"]
    assert "(CP-C08)" in one["reasons_against"]


def test_a_blocked_block_at_the_core_rules_out_though_no_condition_names_it():
    paths, _ = scenario("rooftop_pv", change={'"installers"': '"no installers"'})
    one = row(paths, "rooftop_pv")
    assert one["standing"] == "ruled_out"
    assert "Buying together: Not as things stand" in one["reasons_against"]


def test_smart_pathways_wait_until_residents_say_the_extra_is_worth_it():
    paths, _ = scenario("advanced_vpp", change={'worth_more = "yes"': ""})
    one = row(paths, "advanced_vpp")
    assert one["standing"] == "possible"
    assert answers.questions()["worth_more"].ask in one["to_settle"]
    refused, _ = scenario("advanced_vpp", change={'worth_more = "yes"': 'worth_more = "no"'})
    assert row(refused, "advanced_vpp")["standing"] == "possible"
    assert "not be worth its effort and risk" in row(refused, "advanced_vpp")["reasons_against"]
    assert refused["pathway_id"].tolist()[:2] == ["rooftop_pv", "stop_here"]
    assert refused["leads"].tolist()[:2] == [True, False]


def test_more_effort_than_people_offer_counts_against():
    paths, _ = scenario("community_energy_share", change={'effort = "a_lot"': 'effort = "little"'})
    one = row(paths, "community_energy_share")
    assert one["standing"] == "possible"
    assert "asks for a lot of effort from residents, who offer a little effort" in one["reasons_against"]


def test_ties_go_to_what_serves_more_of_residents_wishes_then_to_less_effort():
    both = '[residents]\nkit_interest = 0.6\npriorities = ["{}"]'
    assert leading(ranked(both.format("independence"))[0])["pathway_id"] == "advanced_vpp"
    assert leading(ranked(both.format("nature"))[0])["pathway_id"] == "rooftop_pv"
    plain, _ = ranked()
    efforts = [pathways.pathways()[one].effort for one in plain["pathway_id"]]
    assert efforts == sorted(efforts, key=preferences.EFFORTS.index)


def test_selling_to_homes_is_left_out_where_people_say_it_is_not_worth_it():
    paths, _ = scenario("community_energy_share", change={'risk = "open"': 'worth_more = "no"'})
    one = leading(paths)
    assert (one["pathway_id"], one["standing"]) == ("community_energy_share", "recommended")
    assert (one["blocks"], one["ends_at"]) == ("laep;marketplace;community_anchor", "augment_assets")
    assert row(paths, "stop_here")["rank"] == 2


def test_selling_to_homes_is_left_out_where_no_market_can_be():
    change = {'market = ["platform", "supplier"]': 'market = ["no platform", "no supplier", "no trading_party"]'}
    paths, _ = scenario("community_energy_share", change=change)
    one = leading(paths)
    assert (one["pathway_id"], one["standing"]) == ("community_energy_share", "recommended")
    assert (one["blocks"], one["name"]) == ("laep;marketplace;community_anchor", "An asset that the community owns")
    assert one["ends_at"] == "augment_assets"


def test_reasons_lead_with_what_residents_want_and_name_their_rules():
    paths, _ = scenario("rooftop_pv")
    reasons = row(paths, "rooftop_pv")["reasons_for"].split("\n")
    assert reasons[0] == "Residents want lower or fairer bills and less carbon, which this serves."
    assert any(reason.endswith("(CP-C04)") and "60 % of people asked" in reason for reason in reasons)


def test_what_people_said_outright_is_not_said_twice():
    paths, _ = scenario("community_energy_share")
    reasons = row(paths, "community_energy_share")["reasons_for"].split("\n")
    assert "Part of the community is keen on a shared project (typed in). (CA-V04)" in reasons


def test_open_questions_to_one_partner_are_put_as_one():
    paths, _ = ranked("", owner_share=0.8)
    lines = row(paths, "private_wire")["to_settle"].split("\n")
    assert len(lines) == len({line.split(":")[0] for line in lines})
    balancing = [line for line in lines if line.startswith("If a local piece of network were to balance itself")]
    assert len(balancing) == 1
    assert balancing[0].count(";") == 6
    assert not any("?" in line[:-1] for line in lines if "which of these" in line)


# --- Stopping ---


def test_stop_here_stands_right_behind_the_one_thing_people_agree_on():
    paths, _ = scenario("rooftop_pv")
    stop = row(paths, "stop_here")
    assert (stop["rank"], stop["standing"], stop["leads"]) == (2, "recommended", False)
    assert "Do that, and stop there. (ST-03)" in stop["reasons_for"]
    others = paths[~paths["pathway_id"].isin(("rooftop_pv", "stop_here"))]
    assert not (others["standing"] == "recommended").any()


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ('priorities = ["warmth", "bills"]', "ST-01"),
        ('settings_enough = "yes"', "ST-04"),
        ('agreement = "efficiency"', "ST-03"),
    ],
)
def test_stop_rules_put_stopping_first(answer, rule):
    known, text = SCENARIOS["community_energy_share"]
    kept = "\n".join(line for line in text.splitlines() if not re.search("priorities|agreement", line))
    paths, _ = ranked(kept.replace("[residents]", f"[residents]\n{answer}"), **known)
    assert leading(paths)["pathway_id"] == "stop_here"
    assert f"({rule})" in leading(paths)["reasons_for"]
    assert f"({rule})" in row(paths, "community_energy_share")["reasons_against"]


def test_stopping_first_leaves_the_least_demanding_option_open():
    paths, _ = scenario("simple_vpp")
    assert paths.sort_values("rank")["pathway_id"].tolist()[:2] == ["simple_vpp", "stop_here"]


def test_nothing_smart_that_can_run_is_said_under_stop_here():
    text = """
    [residents]
    effort = "some"
    [partners]
    flexibility = ["no operator"]
    market = ["no platform"]
    balancing = ["no governance"]
    """
    paths, place = ranked(text)
    smart = place.blocks[place.blocks["group_id"] == "smart_systems"]
    assert set(smart["verdict"]) == {"blocked"}
    reasons = row(paths, "stop_here")["reasons_for"]
    assert "(ST-06)" in reasons
    assert all(name in reasons for name in smart["name"])


def test_stop_here_is_recommended_when_all_else_is_ruled_out():
    text = """
    [residents]
    energy_interest = "engaged"
    shared_project = ["no keen"]
    [partners]
    purchase_support = ["no coordinator"]
    flexibility = ["no operator"]
    company_offer = ["no oversight"]
    """
    paths, _ = ranked(text)
    assert (leading(paths)["pathway_id"], leading(paths)["standing"]) == ("stop_here", "recommended")
    assert (paths["standing"] == "ruled_out").sum() == 6


@st.composite
def some_answers(draw):
    chosen = {}
    for question in answers.questions().values():
        if draw(st.booleans()):
            options = sorted(question.options)
            if question.kind in ("share", "number"):
                chosen[question.id] = answers.Answer(question.id, draw(st.sampled_from([0.0, 1.0])))
            elif question.kind == "choice":
                picked = draw(st.sampled_from(options))
                chosen[question.id] = answers.Answer(question.id, None, tuple((one, one == picked) for one in options))
            else:
                ticks = tuple((one, draw(st.booleans())) for one in options)
                chosen[question.id] = answers.Answer(question.id, None, ticks)
    return answers.Answers(chosen)


@settings(max_examples=20, deadline=None)
@given(some_answers(), st.sampled_from(list(SCENARIOS)))
def test_whatever_is_answered_stopping_stays_open_and_the_roadmap_opens_the_same_way(given_answers, name):
    place = guide.evaluate(evidence(**SCENARIOS[name][0]), given_answers, thresholds=THRESHOLDS)
    wishes = preferences.of(given_answers, thresholds=THRESHOLDS)
    paths = pathways.rank(place.rules, place.blocks, wishes)
    assert paths["rank"].is_monotonic_increasing
    assert paths["leads"].sum() == (leading(paths)["standing"] in ("recommended", "possible"))
    assert row(paths, "stop_here")["standing"] != "ruled_out"
    assert leading(paths)["standing"] != "ruled_out"
    if wishes.stops:
        before = paths[paths["rank"] < row(paths, "stop_here")["rank"]]["pathway_id"]
        smart = {one: pathways.pathways()[one].asks_worth for one in before}
        assert all(wishes.leaves_open(one, smart=smart[one]) for one in before)
    left = QUESTIONS.assign(answered=QUESTIONS["question_id"].isin(given_answers.given))
    actions = pathways.roadmap(paths, place.blocks, place.rules, left, start=START, refresh_years=4.0)
    assert actions["action_id"].tolist()[:4] == ["FS-01", "FS-02", "FS-03", "FS-04"]
    assert paths.equals(pathways.rank(place.rules, place.blocks, wishes))


# --- The roadmap ---


def quarter(text):
    year, number = text.split(" Q")
    return int(year) * 4 + int(number)


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_the_roadmap_runs_through_the_stages_with_a_place_to_stop_after_each(name):
    actions = plan(name)
    ends_at = pathways.pathways()[name].ends_at
    stages = STAGES[: STAGES.index(ends_at) + 1]
    stops = actions[actions["action_id"].str.startswith("STOP-")]
    assert stops["stage"].tolist() == list(stages)
    body = actions[~actions["action_id"].str.startswith(("FS-", "REFRESH-"))]
    order = body["stage"].map(STAGES.index)
    assert order.is_monotonic_increasing
    for earlier, later in itertools.pairwise(stages):
        last = body.loc[body["stage"] == earlier, "ends"].map(quarter).max()
        assert last < body.loc[body["stage"] == later, "starts"].map(quarter).min()
    assert (actions["starts"].map(quarter) <= actions["ends"].map(quarter)).all()
    assert actions["position"].tolist() == list(range(1, len(actions) + 1))


def test_it_opens_with_baseline_simple_improvements_proven_kit_and_a_plan_in_the_first_quarter():
    first = plan("rooftop_pv").head(4)
    assert first["starts"].tolist() == ["2026 Q4"] * 4
    words = ["baseline", "insulation", "proven kit", "plan together"]
    assert all(word in text for word, text in zip(words, first["action"], strict=True))
    assert first["why"].str.contains("PR-05").all()


def test_the_plan_is_looked_at_again_after_the_years_given():
    last = plan("rooftop_pv").iloc[-1]
    assert (last["action_id"], last["starts"]) == ("REFRESH-01", "2030 Q4")


@pytest.mark.parametrize(
    ("day", "want"), [((2027, 1, 1), "2027 Q1"), ((2027, 3, 31), "2027 Q1"), ((2027, 4, 1), "2027 Q2")]
)
def test_quarters_are_those_of_the_calendar(day, want):
    paths, place = scenario("rooftop_pv")
    actions = laid_out(paths, place, start=dt.date(*day))
    assert actions["starts"].iloc[0] == want


def test_steps_of_a_pathway_are_conditional_until_it_is_recommended():
    sure = plan("rooftop_pv").set_index("action_id").loc["CP-A01", "why"]
    assert sure.startswith("Buying together, checklist CP-A01, CP-A02. For: ")
    actions = laid_out(*ranked("[residents]\nkit_interest = 0.6", owner_share=0.8)).set_index("action_id")
    assert "Only if people choose" in actions.loc["CP-A01", "why"]
    assert "Settle what is not known yet" in actions.loc["ASK-01", "action"]
    assert "more: see the pathway" in actions.loc["ASK-01", "action"]


def test_a_convenor_comes_first_where_none_is_known():
    assert "LA-C04" not in plan("rooftop_pv")["action_id"].tolist()
    assert "LA-C04" in plan("rooftop_pv", change={'plan_support = ["convenor"]': ""})["action_id"].tolist()


def test_stages_whose_text_is_damaged_are_marked_as_our_reading():
    actions = plan("advanced_vpp").set_index("action_id")
    assert "our reading" in actions.loc["VP-A05", "why"]
    assert "our reading" not in actions.loc["LA-A01", "why"]
    assert not plan("rooftop_pv")["why"].str.contains("our reading").any()


def test_steps_that_belong_together_start_together_and_others_wait():
    actions = plan("rooftop_pv").set_index("action_id")
    assert actions.loc["CP-A11", "starts"] == actions.loc["CP-A03", "starts"]
    assert quarter(actions.loc["CP-A03", "starts"]) == quarter(actions.loc["CP-A01", "ends"]) + 1


def test_a_block_moved_to_another_stage_has_its_steps_there():
    actions = plan("wind_farm_dividend").set_index("action_id")
    assert set(actions.loc[actions.index.str.startswith("PM-"), "stage"]) == {"optimise"}


def test_stopping_is_a_roadmap_too():
    actions = laid_out(*ranked('[residents]\nsettings_enough = "yes"'))
    assert set(actions["stage"]) == {"identify_assets", "identify_target"}
    assert actions["action_id"].iloc[-1] == "REFRESH-01"
    assert said("").digest() == said("").digest()
