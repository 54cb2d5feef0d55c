import pytest
from guide_cases import SCENARIOS, THRESHOLDS, said

from laep.models.guide import preferences

SMART = {"simple_vpp": True, "rooftop_pv": False}
"""Two pathways, and whether they ask if a smarter scheme is worth it."""
ALL = list(SMART)


def of(text):
    return preferences.of(said(f"[residents]\n{text}"), thresholds=THRESHOLDS)


def test_nothing_said_is_nothing_known():
    nothing = of("")
    assert (nothing.priorities, nothing.effort, nothing.worth_more, nothing.answered) == ((), None, None, 0)
    assert nothing.stops == ()
    assert nothing.leaves_open("advanced_vpp", smart=True)
    assert nothing.accepts("a_lot") is None
    assert len(nothing.open_stops) > 3


def test_wishes_come_in_residents_own_words():
    got = of('priorities = ["bills", "warmth"]\neffort = "some"\nworth_more = "yes"')
    assert got.priorities == ("warmth", "bills")
    assert got.wishes == ("warm, comfortable homes", "lower or fairer bills")
    assert (got.effort, got.worth_more, got.answered) == ("some", True, 3)


@pytest.mark.parametrize(
    ("offered", "little", "some", "a_lot"),
    [
        ("elsewhere", True, False, False),
        ("little", True, False, False),
        ("some", True, True, False),
        ("a_lot", True, True, True),
    ],
)
def test_effort_is_accepted_up_to_what_is_offered(offered, little, some, a_lot):
    got = of(f'effort = "{offered}"')
    assert [got.accepts(effort) for effort in ("little", "some", "a_lot")] == [little, some, a_lot]


@pytest.mark.parametrize(
    ("text", "want", "left"),
    [
        ('priorities = ["warmth", "bills"]', ["ST-01"], []),
        ('priorities = ["health"]', ["ST-01"], []),
        ('priorities = ["warmth", "carbon"]', [], ALL),
        ('priorities = ["community"]', [], ALL),
        ('priorities = ["bills"]\nkit_interest = 0.6', [], ALL),
        ('priorities = ["bills"]\nkit_interest = 0.1', ["ST-01"], []),
        ('effort = "elsewhere"', ["ST-02"], ["simple_vpp"]),
        ('agreement = "solar"', ["ST-03"], ["rooftop_pv"]),
        ('agreement = "flexibility"', ["ST-03"], ["simple_vpp"]),
        ('agreement = "efficiency"', ["ST-03"], []),
        ('agreement = "broad"', [], ALL),
        ('settings_enough = "yes"', ["ST-04"], []),
        ('settings_enough = "no"', [], ALL),
        ('worth_more = "no"', ["ST-05"], ["rooftop_pv"]),
        ('worth_more = "no"\nagreement = "solar"', ["ST-03", "ST-05"], ["rooftop_pv"]),
        ('settings_enough = "yes"\nagreement = "solar"', ["ST-03", "ST-04"], []),
        ('worth_more = "no"\neffort = "elsewhere"', ["ST-02", "ST-05"], []),
        ('effort = "elsewhere"\nagreement = "solar"', ["ST-02", "ST-03"], ["simple_vpp", "rooftop_pv"]),
        ('priorities = ["bills"]\nagreement = "solar"', ["ST-03"], ["rooftop_pv"]),
    ],
)
def test_stop_rules(text, want, left):
    got = of(text)
    assert [stop.id for stop in got.stops] == want
    assert [one for one in SMART if got.leaves_open(one, smart=SMART[one])] == left


def test_every_stop_rule_of_the_guide_but_the_sixth_is_here():
    assert {row["id"] for row in preferences.stop_rules()} == {"ST-01", "ST-02", "ST-03", "ST-04", "ST-05"}


@pytest.mark.parametrize(("scenario", "want"), [("simple_vpp", ["ST-02"]), ("rooftop_pv", ["ST-03", "ST-05"])])
def test_the_guides_own_stories_stop_where_they_stop(scenario, want):
    got = preferences.of(said(SCENARIOS[scenario][1]), thresholds=THRESHOLDS)
    assert [stop.id for stop in got.stops] == want
