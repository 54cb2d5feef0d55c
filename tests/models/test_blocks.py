import itertools
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from guide_cases import SCENARIOS, THRESHOLDS, block, evidence, frame, judged, said, status
from hypothesis import given, settings
from hypothesis import strategies as st

from laep import answers, schema
from laep.errors import LaepError
from laep.models import guide as blocks
from laep.models.guide import catalogue, collect, engine, logic, preferences
from laep.spatial.network.generators import totals

RULE_ROW = re.compile(r"^\| ([A-Z]{2}-[CV]\d\d) \|([^|\n]*\|[^|\n]*\|[^|\n]*\|[^|\n]*)\|$", re.MULTILINE)
"""A rule with its criterion, evidence, strength and source; rows of the guide's table of redirects have one cell."""


@pytest.fixture(scope="module")
def guide_text(shared_data):
    path = shared_data.parent / "reference" / "guide.md"
    if not path.is_file():
        pytest.skip("needs the field guide kept beside the project")
    return path.read_text(encoding="utf-8")


# --- The rules as data ---


@pytest.mark.real
def test_every_rule_of_the_guide_is_in_the_data_exactly_once(guide_text):
    wanted = Counter(rule_id for rule_id, _ in RULE_ROW.findall(guide_text))
    assert set(wanted.values()) == {1}
    assert Counter(rule.id for block in blocks.blocks().values() for rule in block.rules) == wanted


@pytest.mark.real
def test_side_strength_and_evidence_type_are_the_guides(guide_text):
    for rule_id, rest in RULE_ROW.findall(guide_text):
        if rule_id == "LA-V00":
            continue
        rule = blocks.rules()[rule_id]
        cells = [cell.strip() for cell in rest.split("|")]
        assert (rule.evidence_type, rule.strength) == (cells[1], cells[2]), rule_id
        assert rule.side == ("for" if "-C" in rule_id else "against"), rule_id


@pytest.mark.real
def test_every_checklist_id_of_the_guide_is_covered_once(guide_text):
    wanted = Counter(re.findall(r"^- ([A-Z]{2}-A\d\d) ", guide_text, re.MULTILINE))
    covered = Counter(one for block in blocks.blocks().values() for step in block.activities for one in step.covers)
    assert covered == wanted


@pytest.mark.real
def test_gate_groups_and_edges_are_complete(guide_text):
    def ids(prefix):
        return set(re.findall(rf"^\| ({prefix}-\d\d)\b", guide_text, re.MULTILINE))

    assert {group.id for block in blocks.blocks().values() for group in block.groups} == ids("GG")
    assert {edge.id for edge in blocks.guide().edges} == ids("DE")


@pytest.mark.real
def test_bands_carry_the_guides_fit_and_confidence(guide_text):
    for name in catalogue.BANDS:
        body = re.search(rf"matrix: {name}\n(.*?)```", guide_text, re.DOTALL)[1].split("cells:")[1]
        by_block = re.split(r"^  (\w+):", body, flags=re.MULTILINE)[1:]
        for block_id, cells in zip(by_block[::2], by_block[1::2], strict=True):
            wanted = {
                level: (fit, conf) for level, fit, conf in re.findall(r"(\w+):\s*\{fit: (\w+), conf: (\w+)", cells)
            }
            assert blocks.blocks()[block_id].bands[name].levels == wanted, (name, block_id)


@pytest.mark.real
def test_no_criterion_is_copied_from_the_reference(guide_text):
    text = " ".join(guide_text.casefold().split())
    for rule in blocks.rules().values():
        words = rule.criterion.casefold().split()
        runs = (" ".join(words[i : i + 9]) for i in range(len(words) - 8))
        assert not [run for run in runs if run in text], rule.id


@pytest.mark.real
def test_the_page_on_methods_says_what_is_made_of_every_principle(guide_text):
    page = (Path(__file__).resolve().parents[2] / "docs" / "methods-blocks-pathways.md").read_text(encoding="utf-8")
    wanted = re.findall(r"^\| (PR-\d\d) \|", guide_text, re.MULTILINE)
    held = [(one.id, one.says, one.so) for one in blocks.guide().principles]
    assert [name for name, _, _ in held] == wanted
    assert re.findall(r"^\| (PR-\d\d) \| ([^|]+) \| ([^|]+) \|$", page.replace("`", ""), re.MULTILINE) == held


def test_what_a_block_is_comes_with_it():
    one = block(judged(), "collective_purchasing")
    assert one["about"].startswith("Households buy solar panels")
    assert one["expect"].split("\n")[0] == (
        "Size: usually hundreds of homes; can be tens of homes or thousands of homes."
        " Hundreds of homes for standard kit; tens for unusual kit."
    )
    assert len(one["expect"].split("\n")) == len(catalogue.BANDS)
    assert block(judged(), "flexibility_vpp")["expect"].endswith(blocks.guide().dated)
    assert "Helps to pay for Asset owned by the community" in block(judged(), "local_energy_market")["leads_to"]
    assert "Cannot run without: " in block(judged(), "self_balancing")["leads_to"]


def test_what_gates_ask_for_is_said_in_plain_words():
    one = block(judged("[partners]\npurchase_support = ['no coordinator']"), "collective_purchasing")
    assert (one["gates_unmet"], one["needs_unmet"]) == ("CP-C08", "A trusted body to run the purchase")
    assert one["needs_unknown"].split("\n")[0] == "Owners able to pay, or a finance partner"
    assert len(one["needs_unknown"].split("\n")) == len(one["gates_unknown"].split(";"))


def test_operators_payback_is_never_sold_as_a_households():
    for block_id in ("corporate_anchor", "flexibility_vpp", "self_balancing"):
        one = blocks.blocks()[block_id]
        assert "operator requires" in one.benefits_note or "owner requires" in one.benefits_note
        assert "operator's requirement" in one.bands["benefits"].note


def test_every_question_is_used_and_every_evidence_key_too():
    checks = [rule.test for rule in blocks.rules().values()]
    checks += [row["test"] for row in preferences.stop_rules()]
    used = {leaf["answer"] for check in checks for leaf in logic.leaves(check) if "answer" in leaf}
    outside = {"worth_more", "effort", "registrations", "flexible_homes"}
    assert used | outside == set(answers.questions())
    found = [leaf.get("evidence") or leaf.get("tell") for check in checks for leaf in logic.leaves(check)]
    assert set(filter(None, found)) | {"homes"} == {*collect.KEYS, *collect.ANSWERED_KEYS}


def test_faults_in_the_data_are_found():
    known = set(blocks.rules())
    assert catalogue.leaf_faults({"rule": "XX-C01"}, known) == ["no rule XX-C01"]
    assert catalogue.leaf_faults({"answer": "worth_mor", "is": "yes"}, known) == ["no question worth_mor"]
    assert catalogue.leaf_faults({"answer": "effort", "is": "huge"}, known) == ["effort has no option huge"]
    assert catalogue.leaf_faults({"evidence": "moon", "is": True}, known) == ["no evidence moon"]
    assert catalogue.leaf_faults({"evidence": "homes", "below": "guide.x"}, known) == ["no assumption guide.x"]
    assert catalogue.leaf_faults({"odd": 1}, known) == ["cannot test {'odd': 1}"]


def test_thresholds_name_real_assumptions_with_their_unit():
    assert blocks.thresholds()["guide.cp.min_installs"] == "installs"
    assert blocks.thresholds()["guide.survey.many_share"] == "-"


def test_group_members_and_mirrors_are_not_gates_of_their_own():
    gates = blocks.blocks()["community_anchor"].gates()
    assert list(gates) == ["GG-02", "CA-C13", "CA-V04", "CA-V06"]
    assert list(blocks.blocks()["flexibility_vpp"].gates()) == ["GG-07", "VP-C05"]
    assert list(blocks.blocks()["laep"].gates()) == ["LA-C04"]


# --- Three-valued logic ---

HELD = {"t": True, "f": False, "u": None}


def truth(check, held=HELD):
    return logic.judge(check, lambda leaf: logic.Finding(held[leaf["x"]], (leaf["x"],), (), (f"{leaf['x']}?",)))


def leaf(name):
    return {"x": name}


@pytest.mark.parametrize(
    ("join", "names", "want"),
    [
        ("any", "tu", True), ("any", "fu", None), ("any", "ff", False),
        ("all", "fu", False), ("all", "tu", None), ("all", "tt", True),
        ("first", "uf", False), ("first", "ut", True), ("first", "tf", True), ("first", "uu", None),
    ],
)  # fmt: skip
def test_joins(join, names, want):
    assert truth({join: [leaf(name) for name in names]}).holds is want


@pytest.mark.parametrize(("name", "denied", "until"), [("t", False, False), ("f", True, True), ("u", None, True)])
def test_not_keeps_unknown_and_unless_does_not(name, denied, until):
    assert truth({"not": leaf(name)}).holds is denied
    assert truth({"unless": leaf(name)}).holds is until


def test_only_what_decides_is_given_as_the_reason_and_only_the_unknown_is_asked():
    assert truth({"any": [leaf("t"), leaf("f"), leaf("u")]}).because == ("t",)
    assert truth({"all": [leaf("t"), leaf("u")]}).ask == ("u?",)
    assert truth({"any": [leaf("t"), leaf("u")]}).ask == ()


trees = st.recursive(
    st.sampled_from("abcd").map(leaf),
    lambda inner: st.one_of(
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=8,
)
values = st.fixed_dictionaries({name: st.sampled_from([True, False, None]) for name in "abcd"})


@given(trees, values, st.sampled_from("abcd"), st.booleans())
def test_learning_more_never_overturns_what_was_known(tree, held, name, learnt):
    before = truth(tree, held).holds
    after = truth(tree, {**held, name: learnt if held[name] is None else held[name]}).holds
    assert before is None or after is before


# --- Rules ---


def test_with_nothing_known_everything_but_the_one_fixed_rule_is_unknown():
    place = judged()
    counts = place.rules["status"].value_counts().to_dict()
    assert counts == {"unknown": len(blocks.rules()) - 1, "not_met": 1}
    assert status(place, "LA-V00") == ["not_met"]
    unknown = place.rules[place.rules["status"] == "unknown"]
    assert unknown["ask"].notna().all()
    assert place.rules.loc[place.rules["status"] != "unknown", "ask"].isna().all()


def test_frames_are_in_normal_form_and_in_the_guides_order():
    place = judged(SCENARIOS["private_wire"][1])
    assert place.rules.equals(schema.conform(place.rules, "plan_rule"))
    assert place.blocks.equals(schema.conform(place.blocks, "plan_block"))
    assert place.rules["rule_id"].tolist() == list(blocks.rules())
    assert place.blocks["block_id"].tolist() == list(catalogue.BLOCK_IDS)


def test_every_rule_says_what_it_rests_on():
    place = judged(SCENARIOS["advanced_vpp"][1], **SCENARIOS["advanced_vpp"][0])
    assert (place.rules["origin"].str.len() > 0).all()
    row = place.rules.set_index("rule_id").loc["CP-C02"]
    assert row["origin"] == "answers.able_to_pay;guide.survey.many_share"
    assert row["evidence"] == "50 % of owners asked could pay for kit themselves (typed in)."


@pytest.mark.parametrize(
    ("known", "rule_id", "want"),
    [
        ({"owner_share": 0.4}, "CP-C01", "met"),
        ({"owner_share": 0.39}, "CP-C01", "not_met"),
        ({"renter_share": 0.5}, "CP-V01", "met"),
        ({"renter_share": 0.4}, "CA-C01", "met"),
        ({"suitable_roof_share": 0.2}, "CA-C04", "met"),
        ({"flat_share": 0.5}, "CA-C02", "met"),
        ({"generation_ratio": 1.2}, "VP-C07", "met"),
        ({"constrained": True}, "VP-C08", "met"),
        ({"constrained": True}, "SB-C04", "met"),
        ({"constrained": False}, "VP-C08", "not_met"),
        ({"spare_kw": 30.0}, "LM-C06", "met"),
        ({"spare_kw": 0.0}, "LM-C06", "not_met"),
        ({"spare_kw": 0.0}, "LM-V04", "unknown"),
        ({"spare_kw": 0.0, "generation_kw": 295.0}, "LM-V04", "not_met"),
        ({"today_ratio": 0.5}, "SB-C08", "met"),
        ({"today_ratio": 1.5}, "SB-C08", "met"),
        ({"today_ratio": 1.6, "balance_ratio": 1.6}, "SB-C08", "not_met"),
        ({"today_ratio": 0.1, "balance_ratio": 0.49}, "SB-C08", "not_met"),
        ({"today_ratio": 0.5, "balance_ratio": 1.6}, "SB-V02", "not_met"),
        ({"today_ratio": 0.1, "balance_ratio": 0.49}, "SB-V02", "met"),
        ({"segment_homes": 300.0}, "SB-C12", "met"),
        ({"segment_homes": 126.0, "site_found": True}, "SB-C12", "unknown"),
        ({"segment_homes": 100.0, "segment_anchor_kw": 100.0}, "SB-C12", "met"),
        ({"segment_homes": 126.0, "segment_anchor_kw": 99.0}, "SB-C12", "not_met"),
        ({"segment_homes": 99.0, "segment_anchor_kw": 500.0}, "SB-C12", "not_met"),
        ({"scheme_kw": 1000.0}, "CO-C04", "met"),
        ({"panels_share": 0.15}, "CP-C06", "not_met"),
        ({"panels_share": 0.07}, "CP-C06", "met"),
        ({"electric_heat_kw": 30.9}, "VP-C02", "met"),
        ({"poor_share": 0.4}, "CP-V05", "met"),
        ({"poor_share": 0.24}, "CP-V05", "unknown"),
        ({"poor_share": 0.24, "suitable_roof_share": 0.8}, "CP-V05", "not_met"),
        ({"limited_share": 0.1}, "CA-C05", "not_met"),
        ({"limited_share": 0.4}, "CA-C05", "met"),
    ],
)
def test_map_evidence_settles_rules_at_their_threshold(known, rule_id, want):
    assert status(judged(**known), rule_id) == [want]


def test_answers_come_before_the_map_where_both_speak():
    text = '[partners]\nsite = ["no access"]\nnetwork_operator = ["no queue"]'
    place = judged(text, site_reachable=True, constrained=True)
    assert status(place, "CA-C08", "CA-V02", "VP-C08") == ["not_met", "met", "not_met"]


COMPLEMENTARY = [
    ("PM-C07", "PM-V02", '[partners]\nproject_support = ["{}operator"]'),
    ("PM-C04", "PM-V01", '[partners]\nproject_support = ["{}room"]'),
    ("VP-C05", "VP-V01", '[partners]\nflexibility = ["{}operator"]'),
    ("CA-C08", "CA-V02", '[partners]\nsite = ["{}access"]'),
    ("LM-C02", "LM-V02", '[partners]\nmarket = ["{}supplier"]'),
    ("SB-C10", "SB-V03", '[partners]\nbalancing = ["{}regulation"]'),
    ("SB-C11", "SB-V06", '[residents]\nbalancing_views = ["{}accept"]'),
]


@pytest.mark.parametrize(("one", "other", "text"), COMPLEMENTARY)
def test_one_question_scores_both_ways(one, other, text):
    assert status(judged(text.format("")), one, other) == ["met", "not_met"]
    assert status(judged(text.format("no ")), one, other) == ["not_met", "met"]
    assert status(judged(), one, other) == ["unknown", "unknown"]


def test_site_headroom_scores_both_ways():
    assert status(judged(site_connects=False), "CA-C09", "CA-V03") == ["not_met", "met"]


def test_no_site_at_all_needs_all_three_ways_to_fail():
    text = '[partners]\nlocal_site = "none"\nsite = ["no public_land"{}]'
    assert status(judged(text.format(', "no host"')), "CA-V01") == ["met"]
    assert status(judged(text.format("")), "CA-V01") == ["unknown"]


def test_distrust_of_suppliers_and_of_the_system_are_two_questions():
    suppliers = judged('[residents]\nsupplier_distrust = "yes"')
    assert status(suppliers, "VP-C04", "VP-V04") == ["met", "unknown"]
    system = judged('[residents]\nsupplier_distrust = "yes"\nsystem_distrust = "yes"')
    assert status(system, "VP-C04", "VP-V04") == ["met", "met"]


def test_people_who_would_not_switch_may_still_trade_where_no_supplier_is_needed():
    stuck = '[residents]\nswitch_supplier = "unwilling"\n'
    assert status(judged(stuck), "LM-V03", "VP-V07") == ["met", "met"]
    assert status(judged(stuck + '[partners]\nmarket = ["trading_party"]'), "LM-V03") == ["not_met"]
    half_hourly = '[residents]\nswitch_supplier = "unwilling_half_hourly"\n'
    assert status(judged(half_hourly), "LM-V03", "VP-V07") == ["met", "not_met"]


def test_engagement_and_interest_are_told_apart():
    assert status(judged('[residents]\nenergy_interest = "low"'), "VP-V03", "VP-V05", "LM-V05") == ["met"] * 3
    assert status(judged('[residents]\nenergy_interest = "interested"'), "VP-V03", "VP-V05") == ["not_met", "met"]
    assert status(judged('[residents]\nenergy_interest = "want_flex"'), "VP-C03", "VP-V05") == ["met", "not_met"]


# --- Every rule can come out each way ---

ONLY_YES = {"site_found", "site_reachable", "site_near", "public_land", "open_data", "flexibility_sought"}
"""What a map can show, and never show that there is none of."""
AT_MOST = {"able_homes", "able_roofs", "balance_ratio"}
AT_LEAST = {"scheme_kw", "electric_heat_kw", "segment_anchor_kw"}
FROM_ANSWERS = {
    "expected_installs": ("registrations",), "kit_kw": ("flexible_homes",),
    "flex_kw": ("flexible_homes", "energy_interest"),
}  # fmt: skip
OPEN_DATA_TELLS = {"CP-C01", "CP-V01", "CP-V02", "CP-V03", "CP-V05", "CA-C01", "CA-C02", "CA-C04", "VP-V08"}
"""Rules on tenure, flats, roofs and how many homes: census and maps cover every place, so that nobody is asked."""


def all_leaves(check):
    for one in logic.leaves(check):
        yield from all_leaves(blocks.rules()[one["rule"]].test) if "rule" in one else (one,)


def what_it_turns_on(check):
    """Return the answers that a check can turn on, each with what may be said, and the same for the map."""
    asked, mapped = {}, {}
    for one in all_leaves(check):
        if "answer" in one:
            options = one.get("is", "yes")
            asked.setdefault(one["answer"], set()).update([options] if isinstance(options, str) else options)
        elif key := one.get("evidence"):
            for name in FROM_ANSWERS.get(key, ()):
                asked.setdefault(name, set()).update({"want_flex"} & set(answers.questions()[name].options))
            plain = "homes" if key == "flex_kw" else key
            values = (None, True) if key in ONLY_YES else (None, 0.0, 0.55, 1e6)
            mapped |= {} if key in FROM_ANSWERS and key != "flex_kw" else {plain: values}
    return {name: list(sayings(answers.questions()[name], options)) for name, options in asked.items()}, mapped


def sayings(question, options):
    yield None
    if question.kind in ("share", "number"):
        yield from (answers.Answer(question.id, number) for number in (0.0, 1.0 if question.kind == "share" else 1e4))
    elif question.kind == "choice":
        for picked in question.options:
            yield answers.Answer(question.id, None, tuple((one, one == picked) for one in question.options))
    else:
        for held in itertools.product((None, True, False), repeat=len(options)):
            ticks = tuple((one, tick) for one, tick in zip(sorted(options), held, strict=True) if tick is not None)
            yield answers.Answer(question.id, None, ticks)


def found_by(rule, *, with_map):
    """Return every way a rule comes out over all that can be said, and shown on the map or not."""
    asked, mapped = what_it_turns_on(rule.test)
    shown = [mapped[key] if with_map else (None,) for key in mapped]
    ways = set()
    for said_so, *on_map in itertools.product(itertools.product(*asked.values()), *shown):
        known = {key: value for key, value in zip(mapped, on_map, strict=True) if value is not None}
        held = evidence(**known)
        flags = {key: replace(held[key], most=key in AT_MOST, least=key in AT_LEAST) for key in known}
        given_answers = answers.Answers({one.question_id: one for one in said_so if one is not None})
        joined = collect.with_answers(held | flags, given_answers, thresholds=THRESHOLDS)
        ways.add(engine.Bench(joined, given_answers, THRESHOLDS).rule(rule.id).holds)
        if len(ways) == 3:
            break
    return ways


@pytest.mark.parametrize("rule_id", sorted(set(catalogue.rules()) - {"LA-V00"}))
def test_f9_every_rule_can_be_met_not_met_and_unknown(rule_id):
    assert found_by(catalogue.rules()[rule_id], with_map=True) == {True, False, None}


@pytest.mark.parametrize("rule_id", sorted(set(catalogue.rules()) - {"LA-V00"} - OPEN_DATA_TELLS))
def test_f9_what_open_data_cannot_settle_people_can(rule_id):
    assert found_by(catalogue.rules()[rule_id], with_map=False) == {True, False, None}


def test_f9_every_check_in_the_data_can_hold():
    for rule in catalogue.rules().values():
        for one in all_leaves(rule.test):
            assert one.get("is") is not False
            assert "tell" in one or one.get("evidence") not in ("host_found", "segment_candidates", "focus")


# --- The worked examples of the guide ---


@pytest.mark.parametrize(("homes", "want"), [(33.0, "not_met"), (34.0, "unknown")])
def test_f9_all_homes_taking_part_is_a_ceiling_that_can_only_show_too_little(homes, want):
    assert status(judged(homes=homes), "VP-C09") == [want]


@pytest.mark.parametrize(("homes", "want"), [(83.0, "not_met"), (84.0, "met")])
def test_local_markets_open_at_34_homes_that_take_part_without_kit(homes, want):
    # where people want to join 40 % count as many: 34 of 84 homes at 0.3 kW each
    assert status(judged('[residents]\nenergy_interest = "want_flex"', homes=homes), "VP-C09") == [want]


@pytest.mark.parametrize(("with_kit", "want"), [(1, "not_met"), (2, "met")])
def test_local_markets_open_at_2_homes_with_kit(with_kit, want):
    assert status(judged(f"[residents]\nflexible_homes = {with_kit}", storage_kw=0.0), "VP-C02") == [want]


@pytest.mark.parametrize(
    ("homes", "with_kit", "want"),
    [(8333.0, 0, "met"), (8335.0, 0, "not_met"), (500.0, 200, "not_met"), (497.0, 199, "met")],
)
def test_national_markets_open_at_3334_homes_without_kit_or_200_with(homes, with_kit, want):
    text = f'[residents]\nenergy_interest = "want_flex"\nflexible_homes = {with_kit}\n[partners]\nflexibility = '
    assert status(judged(f'{text}["no operator"]', homes=homes), "VP-V08") == [want]


def test_f9_a_small_pool_with_an_operator_that_would_not_pool_it_stays_below_national_markets():
    known, text = SCENARIOS["advanced_vpp"]
    assert status(judged(text, **known), "VP-V08") == ["not_met"]
    alone = text.replace('"kit_talks"]', '"kit_talks", "no pooled"]')
    assert status(judged(alone, **known), "VP-V08") == ["met"]


@pytest.mark.parametrize(("signed", "want"), [(499, "not_met"), (500, "met")])
def test_a_hundred_installs_take_five_hundred_sign_ups(signed, want):
    assert status(judged(f"[residents]\nregistrations = {signed}"), "CP-C09") == [want]


def test_sentences_print_the_worked_figures():
    place = judged(homes=900.0).rules.set_index("rule_id")
    said_of_flex = place.loc["VP-C09", "evidence"]
    assert "about 270\u00a0kW could be switched" in said_of_flex
    assert "Local markets open at 34 homes" in said_of_flex
    assert "national ones at 3,334 homes without kit, or 200 with" in said_of_flex
    assert "About 500 homes would have to sign up for 100 to go ahead." in place.loc["CP-C09", "evidence"]


# --- Gates and verdicts ---


def gate(text, group, **known):
    place = judged(text, **known)
    row = block(place, next(b.id for b in blocks.blocks().values() if any(g.id == group for g in b.groups)))
    unmet = row["gates_unmet"] if isinstance(row["gates_unmet"], str) else ""
    unknown = row["gates_unknown"] if isinstance(row["gates_unknown"], str) else ""
    return False if group in unmet.split(";") else None if group in unknown.split(";") else True


SITE = {"site_found": True, "site_reachable": True, "site_connects": True}


@pytest.mark.parametrize(
    ("group", "text", "known", "want"),
    [
        ("GG-01", "[residents]\nable_to_pay = 0.1", {}, None),
        ("GG-01", '[residents]\nable_to_pay = 0.1\n[partners]\npurchase_support = ["finance"]', {}, True),
        ("GG-01", '[residents]\nable_to_pay = 0.1\n[partners]\npurchase_support = ["no finance"]', {}, False),
        ("GG-02", '[partners]\nsite = ["owner_agrees"]', SITE, True),
        ("GG-02", "", SITE, None),
        ("GG-02", "", {**SITE, "public_land": True}, True),
        ("GG-02", '[partners]\nsite = ["host"]', {}, True),
        ("GG-02", '[partners]\nsite = ["owner_agrees", "connects"]', {**SITE, "site_connects": False}, True),
        ("GG-02", '[partners]\nsite = ["host", "no access"]', {"site_connects": False}, True),
        ("GG-02", '[partners]\nsite = ["no host"]', {**SITE, "site_connects": False}, False),
        ("GG-03", '[partners]\nlocal_site = "large"\nanchor_funding = "part"', {}, True),
        ("GG-03", '[partners]\nlocal_site = "large"\nanchor_funding = "enough"\ncompany_interest = "none"', {}, False),
        ("GG-04", '[partners]\nmarket = ["no supplier", "trading_party"]', {}, True),
        ("GG-05", '[residents]\nlocal_generation = ["invest"]', {"spare_kw": 0.0}, True),
        ("GG-05", '[residents]\nlocal_generation = ["no invest"]', {"spare_kw": 0.0}, False),
        ("GG-06", '[partners]\nnetwork_kind = "island"', {}, True),
        ("GG-06", '[partners]\nnetwork_kind = "estate"\nbalancing = ["owner_willing"]', {}, True),
        ("GG-06", '[residents]\npriorities = ["independence"]\n[partners]\nnetwork_operator = ["explores"]', {}, True),
        ("GG-07", '[residents]\nenergy_interest = "want_flex"', {}, True),
        (
            "GG-07",
            '[residents]\nenergy_interest = "low"\nplan_kit = "no"\nflexible_homes = 0',
            {"storage_kw": 0.0},
            False,
        ),
    ],
)
def test_gate_groups(group, text, known, want):
    assert gate(text, group, **known) is want


def test_a_known_unmet_gate_blocks_and_says_what_is_missing():
    row = block(judged('[partners]\npurchase_support = ["no coordinator"]'), "collective_purchasing")
    assert row["verdict"] == "blocked"
    assert row["gates_unmet"] == "CP-C08"
    assert row["headline"] == "Not as things stand: it needs a trusted body to run the purchase."


def test_strong_rules_against_that_outweigh_those_for_advise_against():
    row = block(judged(owner_share=0.1, renter_share=0.9, social_share=0.8, private_share=0.1), "collective_purchasing")
    assert row["verdict"] == "advise_against"
    assert "Work with the landlords" in row["redirect"]
    assert "shared asset" in row["redirect"]


def test_a_block_is_open_while_most_of_its_gates_are_unknown():
    assert block(judged(owner_share=0.9, renter_share=0.1), "collective_purchasing")["verdict"] == "open"


def test_smart_systems_are_not_promising_until_the_extra_is_worth_it():
    known, text = SCENARIOS["private_wire"]
    assert block(judged(text, **known), "self_balancing")["verdict"] == "promising"
    for answer in ("", 'worth_more = "no"'):
        row = block(judged(text.replace('worth_more = "yes"', answer), **known), "self_balancing")
        assert row["verdict"] == "possible"
        assert "worth it" in row["headline"]


def test_counts_are_of_rules():
    place = judged(SCENARIOS["rooftop_pv"][1], **SCENARIOS["rooftop_pv"][0])
    rows = place.rules[place.rules["block_id"] == "collective_purchasing"]
    row = block(place, "collective_purchasing")
    assert row["met_for"] == ((rows["side"] == "for") & (rows["status"] == "met")).sum()
    assert row["met_against"] == ((rows["side"] == "against") & (rows["status"] == "met")).sum()
    assert row["unknown"] == (rows["status"] == "unknown").sum()


@pytest.mark.parametrize(
    ("text", "known", "block_id", "words"),
    [
        ('[partners]\nhome_limits = ["poor_buildings"]', {}, "collective_purchasing", "insulation"),
        ('[partners]\nanchor_funding = "none"', {}, "community_anchor", "company or public body"),
        ('[partners]\nanchor_funding = "enough"\n[residents]\nviews_on_companies = ["prefer_without"]', {},
         "corporate_anchor", "as a community"),
        ('[residents]\nsystem_distrust = "yes"', {}, "flexibility_vpp", "trust first"),
        ("[residents]\nsmart_meter_share = 0.2", {}, "flexibility_vpp", "smart meters"),
        ('[residents]\nlocal_value = "cheap"', {}, "local_energy_market", "fixed price"),
        ('[partners]\nnetwork_kind = "unclear"', {}, "self_balancing", "needs no boundary"),
        ('[partners]\nbalancing = ["no matched"]', {}, "self_balancing", "generation and storage first"),
    ],
)  # fmt: skip
def test_redirects_name_a_better_route(text, known, block_id, words):
    assert words in block(judged(text, **known), block_id)["redirect"]


@st.composite
def answered(draw):
    """Any set of answers."""
    given_answers = {}
    for question in answers.questions().values():
        if not draw(st.booleans()):
            continue
        if question.kind in ("share", "number"):
            number = draw(st.floats(0, 1) if question.kind == "share" else st.integers(0, 5000).map(float))
            given_answers[question.id] = answers.Answer(question.id, number)
        elif question.kind == "choice":
            picked = draw(st.sampled_from(sorted(question.options)))
            ticks = tuple((option, option == picked) for option in sorted(question.options))
            given_answers[question.id] = answers.Answer(question.id, None, ticks)
        else:
            ticks = tuple((option, draw(st.booleans())) for option in sorted(question.options) if draw(st.booleans()))
            given_answers[question.id] = answers.Answer(question.id, None, ticks)
    return answers.Answers(given_answers)


@settings(max_examples=25, deadline=None)
@given(answered())
def test_planning_together_is_never_advised_against_and_every_gate_is_accounted_for(given_answers):
    place = blocks.evaluate(evidence(), given_answers, thresholds=THRESHOLDS)
    assert block(place, "laep")["verdict"] in ("possible", "promising")
    blocked = place.blocks["verdict"] == "blocked"
    assert place.blocks.loc[blocked, "gates_unmet"].notna().all()
    others = place.blocks[~blocked & (place.blocks["block_id"] != "laep")]
    assert others["gates_unmet"].isna().all()
    again = blocks.evaluate(evidence(), given_answers, thresholds=THRESHOLDS)
    assert place.rules.equals(again.rules)
    assert place.blocks.equals(again.blocks)


def test_a_rule_that_leans_on_itself_is_found(monkeypatch):
    loop = catalogue.Rule("XX-C01", "laep", "for", "weak", "survey", "A loop", {"not": {"rule": "XX-C01"}})
    monkeypatch.setattr(engine, "rules", lambda: {"XX-C01": loop})
    with pytest.raises(LaepError, match="leans on itself"):
        engine.Bench({}, said(""), THRESHOLDS).rule("XX-C01")


# --- Evidence from layers ---


def gathered(**frames):
    return blocks.gather(frames, thresholds=THRESHOLDS)


TENURE = frame(
    zone_id=["a", "b"], households=[100, 200], owned=[60, 100], shared_ownership=[0, 20], social_rented=[30, 40],
    private_rented=[10, 40], share_in_area=[1.0, 0.5],
)  # fmt: skip


def test_an_absent_layer_is_unknown_and_an_absent_or_empty_one_never_false():
    nothing = gathered()
    assert list(nothing) == list(collect.KEYS)
    assert all(one.value is None for one in nothing.values())
    assert all(one.origin for one in nothing.values())


def test_tenure_is_weighted_by_the_part_of_each_zone_inside():
    got = gathered(in_tenure=TENURE)
    # 100 households and half of 200; owners 60 and half of 120
    assert got["owner_share"].value == pytest.approx(0.6)
    assert got["renter_share"].value == pytest.approx(0.4)
    assert got["social_share"].value == pytest.approx(0.25)
    assert got["private_share"].value == pytest.approx(0.15)
    assert got["owner_share"].sentence == "By the census about 60% of households own their home, in part or whole."


def test_f3_tenure_is_weighted_by_homes_where_they_are_counted():
    homes = frame(
        scope=["zone", "area"], scope_id=["b", "area"], share_in_area=[0.0, None], homes=[0.0, 104.0]
    )  # fmt: skip
    got = gathered(in_tenure=TENURE, model_home=homes)
    assert got["owner_share"].value == pytest.approx(0.6)
    assert got["social_share"].value == pytest.approx(0.3)  # zone b has land in the area, and no home
    assert got["homes"].value == 104


def test_zones_with_gaps_are_left_out_and_counted():
    gappy = TENURE.assign(owned=pd.array([60, None], dtype="Int64"))
    got = gathered(in_tenure=gappy)["owner_share"]
    assert got.value == pytest.approx(0.6)
    assert "(1 of 2 zones had gaps)" in got.sentence
    nothing = TENURE.assign(owned=pd.array([None, None], dtype="Int64"))
    assert gathered(in_tenure=nothing)["owner_share"].value is None


DEMAND = frame(
    scope=["building"] * 4, scope_id=["1", "2", "3", "4"], use=["home", "home", "flats", "shop"],
    homes=[1.0, 1.0, 8.0, 0.0], annual_kwh=[2500.0, 2500.0, 16000.0, 9000.0],
)  # fmt: skip
HOMES = frame(scope=["area"], scope_id=["area"], homes=[10.0], share_in_area=[None])
SOLAR = frame(
    building_id=["1", "2", "3", "4"], use=["home", "home", "flats", "shop"], capacity_kwp=[3.0, 0.0, 9.0, 5.0]
)


def test_homes_flats_and_roofs_are_counted_by_homes():
    got = gathered(model_home=HOMES, model_demand=DEMAND, model_solar=SOLAR)
    assert got["homes"].value == 10
    assert got["flat_share"].value == pytest.approx(0.8)
    assert got["suitable_roof_share"].value == pytest.approx(0.9)
    assert (got["able_roofs"].value, got["able_roofs"].most) == (1, True)
    assert got["able_roofs"].sentence == "1\u00a0house has a roof that suits panels."
    assert (got["able_homes"].value, got["able_homes"].most) == (10, True)


def test_too_few_roofs_rule_out_a_hundred_installs_unless_people_have_signed_up():
    small = gathered(model_home=HOMES, model_demand=DEMAND, model_solar=SOLAR)
    few = blocks.evaluate(small, said(""), thresholds=THRESHOLDS)
    assert status(few, "CP-C09", "LM-C09") == ["not_met", "not_met"]


def test_zone_demand_leaves_flats_and_roofs_unknown():
    zones = DEMAND.assign(scope="zone")
    got = gathered(model_home=HOMES, model_demand=zones, model_solar=SOLAR)
    assert got["homes"].value == 10
    assert (got["flat_share"].value, got["suitable_roof_share"].value) == (None, None)


def generators(*rows):
    """Return sums of technology, status, kW and, where it is not inside, the distance."""
    padded = [row if len(row) == 4 else (*row, 0.0) for row in rows]
    each = pd.DataFrame(padded, columns=["technology", "status", "capacity_kw", "distance_m"])
    known = each.assign(generator_id="g", method="register", household=False, geometry=None)
    return totals(known.astype({"capacity_kw": float, "distance_m": float}), least=10)


def test_generation_and_storage_are_what_is_connected():
    listed = generators(("wind", "connected", 500.0), ("solar", "accepted", 900.0), ("storage", "connected", 100.0))
    got = gathered(model_generation=listed, model_home=HOMES, model_demand=DEMAND)
    assert (got["generation_kw"].value, got["storage_kw"].value) == (500.0, 100.0)
    assert got["generation_ratio"].value == pytest.approx(500 / (30000 / 8760))


def test_an_empty_register_says_none_but_a_missing_size_says_unknown():
    empty = gathered(model_generation=generators())
    assert empty["generation_kw"].value == 0.0
    assert empty["generation_kw"].sentence == "Registers and maps show no generation inside the area."
    sizeless = gathered(model_generation=generators(("wind", "connected", None)))
    assert sizeless["generation_kw"].value is None
    assert "1\u00a0more is shown there without a size" in sizeless["generation_kw"].sentence


def test_only_what_stands_inside_the_area_counts():
    register = generators(("solar", "connected", 4900.0, 9000.0), ("wind", "connected", 20.0))
    got = gathered(model_generation=register, model_home=HOMES, model_demand=DEMAND)
    assert got["generation_kw"].value == 20.0
    assert got["generation_ratio"].value == pytest.approx(20 / (30000 / 8760))
    place = blocks.evaluate(got, said(""), thresholds=THRESHOLDS)
    assert status(place, "LM-C06") == ["not_met"]
    outside = gathered(
        model_generation=generators(*[("solar", "connected", 4.0, 500.0)] * 5), model_home=HOMES, model_demand=DEMAND
    )
    assert outside["panels_share"].value == 0.0


@pytest.mark.parametrize("inside_kw", [20.0, 30.0])
def test_a_row_without_a_place_can_never_show_that_there_is_too_little(inside_kw):
    register = generators(("wind", "connected", inside_kw), ("solar", "connected", 4900.0, None))
    got = gathered(model_generation=register)
    assert "1\u00a0more does not say where, and was left out" in got["generation_kw"].sentence
    assert status(blocks.evaluate(got, said(""), thresholds=THRESHOLDS), "LM-C06") == ["unknown"]


def of_area(**columns):
    none = {"generation_kwh": [0.0], "demand_kwh": [100.0], "export_kwh": [0.0], "peak_export_kw": [0.0]}
    return frame(**{"segment_id": ["area"], "case": ["today"], **none, **columns})


AREA = frame(segment_id=["area"], kind=["area"], name=["Whole"], homes=[900])


def test_f9_power_to_spare_is_what_leaves_the_area_not_what_is_connected():
    held = {"model_generation": generators(("solar", "connected", 295.0)), "net_segment": AREA}
    used = gathered(**held, model_balance=of_area())
    assert used["spare_kw"].sentence == "What is made in the area today is used in it."
    sent = gathered(**held, model_balance=of_area(export_kwh=[52000.0], peak_export_kw=[41.0]))
    assert sent["spare_kw"].sentence == "Today up to 41\u00a0kW leaves the area at once, 52\u00a0MWh a year."
    found = [status(blocks.evaluate(one, said(""), thresholds=THRESHOLDS), "LM-C06") for one in (used, sent)]
    assert found == [["not_met"], ["met"]]
    assert status(blocks.evaluate(gathered(model_generation=held["model_generation"]), said(""),
                                  thresholds=THRESHOLDS), "LM-C06") == ["unknown"]  # fmt: skip


def test_f9_something_large_is_a_scheme_that_is_told_of_not_a_field_or_a_roof():
    told = frame(
        generator_id=["a", "b", "c"], technology=["wind", "storage", "wind"], status=["planned"] * 3,
        capacity_kw=[2500.0, 9000.0, 9000.0], distance_m=[0.0, 0.0, 800.0],
    )  # fmt: skip
    planned = gathered(net_generator=told, site_anchor=sites())
    assert planned["scheme_kw"].sentence.startswith(
        "The largest scheme told of inside the area is wind of 2.5\u00a0MW, planned."
    )
    assert status(blocks.evaluate(planned, said(""), thresholds=THRESHOLDS), "CO-C04") == ["met"]
    field = gathered(net_generator=told.iloc[:0], site_anchor=sites())
    assert "a stretch of farmland, with about 2.4\u00a0MW; wind, water and deep heat" in field["scheme_kw"].sentence
    assert status(blocks.evaluate(field, said(""), thresholds=THRESHOLDS), "CO-C04") == ["unknown"]


def test_a_large_ratio_is_told_as_times_and_a_small_one_in_percent():
    def told(kw):
        return gathered(model_generation=generators(("wind", "connected", kw)), model_home=HOMES, model_demand=DEMAND)[
            "generation_ratio"
        ]

    assert told(34.25).sentence.endswith("about 10 times what the area uses on average.")
    assert told(1.7125).sentence.endswith("about 50% of what the area uses on average.")


def stock(*rows):
    """Return counts of certified homes: topic, category, homes, of how many; a missing count is hidden."""
    held = pd.DataFrame(rows, columns=["topic", "category", "homes", "of_homes"]).assign(basis="certificates")
    return held.assign(share=held["homes"] / held["of_homes"], hidden=held["homes"].isna())


def test_registers_can_show_that_many_have_panels_but_never_that_few_do():
    few = gathered(model_generation=generators(("solar", "connected", 4.0)), model_home=HOMES, model_demand=DEMAND)
    assert (few["panels_share"].value, few["panels_share"].least) == (pytest.approx(0.1), True)
    assert status(blocks.evaluate(few, said(""), thresholds=THRESHOLDS), "CP-C06") == ["unknown"]
    many = gathered(
        model_generation=generators(*[("solar", "connected", 4.0)] * 5), model_home=HOMES, model_demand=DEMAND
    )
    assert status(blocks.evaluate(many, said(""), thresholds=THRESHOLDS), "CP-C06") == ["not_met"]


def test_f9_certificates_say_how_many_have_panels_electric_heat_or_a_poor_rating():
    got = gathered(model_stock=stock(
        ("pv", "yes", 38, 526), ("pv", "no", 488, 526), ("heating", "heat_pump", 41, 526),
        ("heating", "storage_heaters", 62, 526), ("rating", "E", 80, 526), ("rating", "F", 46, 526),
        ("rating", "G", None, 526),
    ))  # fmt: skip
    assert "7% have panels" in got["panels_share"].sentence
    assert got["electric_heat_kw"].value == pytest.approx(30.9)
    assert (got["poor_share"].value, got["poor_share"].least) == (pytest.approx(126 / 526), True)
    place = blocks.evaluate(got, said(""), thresholds=THRESHOLDS)
    assert status(place, "CP-C06", "VP-C02", "CP-V05") == ["met", "met", "unknown"]


def test_f9_designations_count_the_homes_they_touch():
    held = {"model_demand": DEMAND, "in_constraint": frame(kind=["conservation-area", "flood-risk-zone"])}
    assert gathered(**held)["limited_share"].value is None
    planes = frame(building_id=["1", "1", "2", "3"], constraints=["conservation-area", None, "flood-risk-zone", None])
    got = gathered(**held, roof_plane=planes)["limited_share"]
    assert got.value == pytest.approx(0.1)
    assert got.sentence.endswith("conservation area (1). They touch 10% of homes.")


def test_report_f7_designations_that_were_not_read_do_not_show_that_there_are_none():
    got = gathered(in_constraint=frame(kind=["flood-risk-zone"]))["limited_share"]
    assert (got.value, "no conservation area" in got.sentence) == (None, True)


def sites(**columns):
    base = {
        "site_id": ["s1", "s2", "s3"], "owner_kind": ["community", "community", "corporate"],
        "kind": ["school", "allotments", "farmland"], "name": ["Hill School", None, None],
        "technology": ["rooftop_pv", "ground_pv", "ground_pv"], "capacity_kwp": [85.0, None, 2400.0],
        "primary_id": ["P1", "P1", "P1"],
    }  # fmt: skip
    return pd.DataFrame({**base, **columns})


def test_sites_say_what_they_can_hold_and_no_more():
    got = gathered(site_anchor=sites())
    assert got["site_found"].value is True
    assert got["site_found"].sentence == (
        "2\u00a0places could hold 30\u00a0kW of solar or more, the largest a stretch of farmland with 2.4\u00a0MW."
    )
    assert got["site_reachable"].value is True
    assert got["site_near"].value is True
    assert got["public_land"].value is None
    assert got["host_found"].value is None
    assert "Hill School (85\u00a0kW)" in got["host_found"].sentence


def test_report_f7_a_map_without_sites_is_no_proof_that_there_are_none():
    small = gathered(
        site_anchor=sites(capacity_kwp=[5.0, None, None], owner_kind=["community", "corporate", "corporate"]),
        in_place=frame(kind=["school"], name=["Vale School"]),
    )
    keys = ("site_found", "host_found", "public_land", "site_reachable", "site_near")
    assert [small[key].value for key in keys] == [None] * 5
    assert small["host_found"].sentence == "Worth asking: Vale School."
    place = blocks.evaluate(small, said(""), thresholds=THRESHOLDS)
    assert status(place, "CA-C06", "CA-C11", "CA-C12", "CA-V01") == ["unknown"] * 4


def test_f4_a_car_park_in_use_is_no_land_to_spare():
    car_park = sites(technology=["rooftop_pv", "carport_pv", "ground_pv"], capacity_kwp=[5.0, 90.0, None])
    assert gathered(site_anchor=car_park)["public_land"].value is None
    ground = sites(capacity_kwp=[5.0, 90.0, None])
    assert gathered(site_anchor=ground)["public_land"].value is True


def test_places_stand_in_where_sites_have_not_been_looked_for():
    got = gathered(in_place=frame(kind=["school", "pub"], name=["Hill School", "The Plough"]))
    assert got["host_found"].value is None
    assert got["host_found"].sentence == "Worth asking: Hill School."


def headroom(*rows):
    base = {
        "name": None, "direction": "generation", "technology": "any", "scenario": "now", "year": 2026, "unit": "MW",
        "basis": "firm_n1", "rag": None, "verdict": "fits", "level": "primary", "role": "serves",
    }  # fmt: skip
    return pd.DataFrame([{**base, **row} for row in rows])


SERVING = {"substation_id": "P1", "name": "Hill Primary", "value": 5.0}
ABOVE = {"substation_id": "B1", "name": "Big BSP", "level": "bsp", "role": "upstream", "value": 0.0, "verdict": "none"}


def test_room_on_the_network_is_the_least_along_the_way_up():
    room = gathered(model_headroom=headroom(SERVING), site_anchor=sites())
    assert (room["constrained"].value, room["site_connects"].value) == (False, True)
    assert "Hill Primary has room for about 5\u00a0MW" in room["constrained"].sentence
    full = gathered(model_headroom=headroom(SERVING, ABOVE), site_anchor=sites())
    assert (full["constrained"].value, full["site_connects"].value) == (True, False)
    assert full["constrained"].sentence == (
        "Big BSP, above what serves the area, has little or no room for new generation today."
    )


def test_what_stands_above_another_primary_does_not_count():
    links = frame(
        substation_id=["P1", "B1"], serves_id=[None, "P2"], role=["serves", "upstream"], level=["primary", "bsp"],
        name=["Hill Primary", "Big BSP"], confidence="high",
    )  # fmt: skip
    got = gathered(model_headroom=headroom(SERVING, ABOVE), site_anchor=sites(), link_substation=links)
    assert got["site_connects"].value is True


def chain(**columns):
    """Return a primary that serves the area, and a bulk supply point above it and another."""
    rows = {
        "substation_id": ["P1", "B1"], "serves_id": [None, "P1;P2"], "role": ["serves", "upstream"],
        "level": ["primary", "bsp"], "name": ["Hill Primary", "Big BSP"], "confidence": ["high", "medium"],
    }  # fmt: skip
    return pd.DataFrame(rows | columns, dtype="string")  # as the store gives text back


def test_what_stands_above_several_primaries_stands_above_each():
    got = gathered(model_headroom=headroom(SERVING, ABOVE), site_anchor=sites(), link_substation=chain())
    assert got["site_connects"].value is False


def test_f4_what_a_guessed_substation_says_is_told_as_a_guess_and_settles_nothing():
    held = {"model_headroom": headroom({**SERVING, "value": 0.0}), "site_anchor": sites()}
    sure, guess = (gathered(**held, link_substation=chain(confidence=[one, "low"])) for one in ("high", "low"))
    keys = ("constrained", "site_connects")
    assert [sure[key].value for key in keys] == [True, False]
    doubt = "That Hill Primary serves the area is a guess: it is the nearest one known."
    for key in keys:
        assert (guess[key].value, guess[key].sentence) == (None, f"{sure[key].sentence} {doubt}")
    assert guess["focus"].sentence == doubt
    assert "serves the whole area" in sure["focus"].sentence
    far = {"in_flexibility": needs(distance_m=[3000.0, 4200.0], substation_id=["P1", "P9"])}
    told = [gathered(**far, link_substation=chain(confidence=[one, "low"])) for one in ("high", "low")]
    assert [one["flexibility_sought"].value for one in told] == [True, None]


def test_f4_a_guessed_substation_with_nothing_above_it_is_a_guess_too():
    alone = chain().iloc[[0]].assign(confidence="low", serves_id=pd.array([None], dtype="string"))
    assert "is a guess" in gathered(link_substation=alone)["focus"].sentence


def test_f4_a_substation_that_is_known_to_serve_settles_beside_a_guessed_one():
    both = chain(substation_id=["P1", "P2"], serves_id=[None, None], role=["serves"] * 2, level=["primary"] * 2,
                 name=["Hill Primary", "Vale Primary"], confidence=["high", "low"])  # fmt: skip
    rooms = headroom({**SERVING, "value": 0.0}, {**SERVING, "substation_id": "P2", "value": 9.0})
    got = gathered(model_headroom=rooms, link_substation=both)
    assert (got["constrained"].value, got["site_connects"].value) == (True, False)


def test_unpublished_headroom_and_headroom_elsewhere_are_unknown():
    silent = {**SERVING, "value": None, "verdict": "unknown"}
    got = gathered(model_headroom=headroom(silent), site_anchor=sites())
    assert (got["constrained"].value, got["site_connects"].value) == (None, None)
    away = gathered(model_headroom=headroom(SERVING), site_anchor=sites(primary_id=["P9"] * 3))
    assert away["site_connects"].value is None
    unlinked = gathered(model_headroom=headroom(SERVING), site_anchor=sites(primary_id=[None] * 3))
    assert unlinked["site_connects"].value is True


def test_no_room_anywhere_settles_the_site_before_there_is_one():
    dry = {**SERVING, "value": 0.0, "verdict": "does_not_fit", "binding": "upstream"}
    second = {**dry, "substation_id": "P2", "name": "Vale Primary"}
    full = gathered(model_headroom=headroom(dry, second))
    assert (full["constrained"].value, full["site_connects"].value) == (True, False)
    assert full["constrained"].sentence == (
        "Hill Primary and 1 more of the 2 that serve the area have little or no room for new generation today."
        " The limit sits further up the network."
    )
    place = blocks.evaluate(full, said(""), thresholds=THRESHOLDS)
    assert status(place, "CA-C09", "CA-V03", "VP-C08", "SB-C04") == ["not_met", "met", "met", "met"]
    assert block(place, "community_anchor")["verdict"] == "open"
    assert full["site_connects"].sentence.startswith("Wherever it stood, the network that serves the area has no room")
    silent = {**second, "value": None, "verdict": "unknown"}
    assert gathered(model_headroom=headroom(dry, silent))["site_connects"].value is None
    assert gathered(model_headroom=headroom(dry, {**second, "value": 4.0}))["site_connects"].value is None


def test_what_is_marked_red_further_up_is_said_beside_the_room():
    red = {**ABOVE, "name": None, "value": None, "verdict": "unknown", "rag": "Red"}
    both = gathered(model_headroom=headroom(SERVING, red), site_anchor=sites())
    assert both["constrained"].value is None
    assert both["constrained"].sentence.startswith("Hill Primary has room for about 5\u00a0MW")
    got = both["site_connects"]
    assert got.value is True
    assert got.sentence.endswith("B1 (BSP) further up is marked red: ask the operator early.")


def test_mva_counts_with_the_power_factor_and_today_comes_before_scenarios():
    rows = headroom(
        {**SERVING, "value": 0.0311, "unit": "MVA"},
        {**SERVING, "value": 9.0, "scenario": "Best View", "year": 2030},
    )
    got = gathered(model_headroom=rows, site_anchor=sites())["site_connects"]
    # 0.0311 MVA at 0.95 is 29.5 kW, just short of 30 kW
    assert got.value is False


PIECES = frame(
    segment_id=["area", "s1", "s2", "s3"], kind=["area", "secondary", "secondary", "secondary"],
    name=["Whole", "Mill Lane", "High Street", "Tiny"], homes=[900, 150, 120, 12],
)  # fmt: skip
BALANCE = frame(
    segment_id=["area", "s1", "s2", "s3", "s1"], case=["solar", "solar", "solar", "solar", "today"],
    generation_kwh=[40.0, 95.0, 50.0, 100.0, 1.0], demand_kwh=[100.0, 100.0, 100.0, 100.0, 100.0],
    export_kwh=[20000.0, 1.0, 1.0, 1.0, 0.0],
)  # fmt: skip


def test_the_most_promising_piece_of_network_is_the_best_matched_that_is_large_enough():
    got = gathered(net_segment=PIECES, model_balance=BALANCE)
    assert (got["balance_ratio"].value, got["balance_ratio"].most) == (pytest.approx(0.95), True)
    assert got["today_ratio"].value == pytest.approx(0.01)
    place = blocks.evaluate(got, said(""), thresholds=THRESHOLDS)
    assert status(place, "SB-C08", "SB-V02") == ["unknown", "unknown"]
    assert got["segment_homes"].value == 150
    assert "Mill Lane" in got["balance_ratio"].sentence
    assert got["segment_candidates"].value is None
    assert "3\u00a0substation areas are drawn" in got["segment_candidates"].sentence


def test_f9_the_anchor_is_a_roof_on_that_piece_of_network():
    solar = frame(building_id=["1", "2"], capacity_kwp=[99.0, 400.0])
    links = frame(segment_id=["s1", "s2"], building_id=["1", "2"])
    got = gathered(net_segment=PIECES, model_balance=BALANCE, model_solar=solar, link_segment=links)
    assert (got["segment_homes"].value, got["segment_anchor_kw"].value) == (150, 99.0)


def test_f9_a_developers_own_network_is_not_judged_by_the_streets_on_the_map():
    text = '[partners]\nnetwork_kind = "estate"'
    place = judged(text, balance_ratio=0.1, today_ratio=0.0, segment_homes=40.0)
    assert status(place, "SB-C08", "SB-V02", "SB-C12") == ["unknown"] * 3
    own = judged(f'{text}\nbalancing = ["matched", "enough_homes"]', balance_ratio=0.1, segment_homes=40.0)
    assert status(own, "SB-C08", "SB-V02", "SB-C12") == ["met", "not_met", "met"]


def test_small_pieces_count_where_none_is_large_and_none_where_nothing_is_made():
    small = PIECES[PIECES["segment_id"] == "s3"]
    assert gathered(net_segment=small, model_balance=BALANCE)["balance_ratio"].value == pytest.approx(1.0)
    dark = BALANCE.assign(generation_kwh=0.0)
    assert gathered(net_segment=PIECES, model_balance=dark)["balance_ratio"].value is None


def test_potential_export_is_told_beside_what_is_connected():
    today = pd.concat([BALANCE.assign(peak_export_kw=0.0), of_area()], ignore_index=True)
    got = gathered(model_generation=generators(), net_segment=PIECES, model_balance=today)["spare_kw"]
    assert got.value == 0.0
    assert got.sentence.endswith("about 20\u00a0MWh a year would be sent out of the area.")


def test_open_data_needs_both_halves():
    links = chain().head(1)
    assert gathered(link_substation=links, in_tenure=TENURE)["open_data"].value is True
    assert gathered(in_tenure=TENURE)["open_data"].value is None


def test_what_may_give_a_focus_is_told_and_whether_it_does_people_say():
    one = chain().head(1)
    got = gathered(link_substation=one)
    assert got["focus"].sentence == "One primary substation, Hill Primary, serves the whole area."
    for text, want in (("", "unknown"), ('["focus"]', "met"), ('["no focus"]', "not_met")):
        answered = said(f"[partners]\nplan_support = {text}" if text else "")
        assert status(blocks.evaluate(got, answered, thresholds=THRESHOLDS), "LA-C05") == [want]


@pytest.mark.parametrize("layer", collect.LAYERS)
def test_an_empty_layer_never_breaks_the_gathering(layer):
    got = gathered(**{layer: schema.empty(layer)})
    assert list(got) == list(collect.KEYS)


def needs(**columns):
    rows = {
        "need_id": ["1-1", "1-2"], "operator": ["enwl", "enwl"], "zone": ["Ash Lane", "Far Moor"],
        "substation_id": [None, None], "starts": ["2027-04-01", "2028"], "outcome": [None, None],
        "distance_m": [0.0, 4200.0],
    }  # fmt: skip
    return pd.DataFrame(rows | columns)


def sought(**columns):
    links = chain(substation_id=["P7", "B1"], serves_id=[None, "P7"], name=["Ash", "Big BSP"])
    return gathered(in_flexibility=needs(**columns), link_substation=links)["flexibility_sought"]


def test_flexible_use_sought_in_the_area_says_who_seeks_it_where_and_when():
    found = sought()
    assert found.value is True
    assert found.sentence == "SP Electricity North West lists Ash Lane, in the area, from 2027-04-01."


def test_flexible_use_sought_for_our_substation_counts_from_afar_and_any_other_does_not():
    far = {"distance_m": [3000.0, 4200.0]}
    assert sought(**far, substation_id=["P7", "P9"]).value is True
    open_one = sought(**far)
    assert open_one.value is None
    assert "Ash Lane, 3.0 km away, from 2027-04-01, and for 1\u00a0more zone within 10 km" in open_one.sentence


def test_needs_that_reinforcement_meets_are_not_sought():
    assert sought(outcome=["Reinforce", "Reinforcement"]).value is None


def test_tenders_settle_the_rule_unless_the_operator_said_otherwise():
    assert status(judged(flexibility_sought=True), "VP-C06") == ["met"]
    text = '[partners]\nnetwork_operator = ["no buys_flex"]'
    assert status(judged(text, flexibility_sought=True), "VP-C06") == ["not_met"]
