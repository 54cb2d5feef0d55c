import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laep import answers, resources
from laep.errors import AreaInvalid, UserFault


@pytest.fixture
def read(tmp_path):
    def reading(text):
        path = tmp_path / "answers.toml"
        path.write_text(text, encoding="utf-8")
        return answers.read(path)

    return reading


def faults(read, text):
    with pytest.raises(AreaInvalid) as caught:
        read(text)
    return str(caught.value)


def test_there_are_forty_questions_at_most_each_in_plain_words():
    asked = answers.questions()
    assert 30 <= len(asked) <= 40
    for question in asked.values():
        assert question.kind in answers.KINDS
        assert question.ask.endswith(("?", "."))
        assert question.kind not in ("share", "number") or re.search(r"\{(share|number)\}", question.says)
        assert all(option.says.endswith(".") for option in question.options.values())
        if question.kind in ("facts", "choices", "yes_no"):
            assert all(option.denies.endswith(".") for option in question.options.values())


def test_no_question_asks_for_personal_data():
    words = " ".join(q.ask.casefold() for q in answers.questions().values())
    assert not re.search(r"\b(your name|address|postcode|email|phone|age|income of|health condition)\b", words)


def test_a_file_that_is_not_there_holds_no_answers(tmp_path):
    assert len(answers.read(tmp_path / "answers.toml")) == 0


def test_every_kind_of_answer_is_read(read):
    got = read(
        """
        [residents]
        worth_more = true
        settings_enough = "No"
        able_to_pay = "40 %"
        kit_interest = 0.55
        registrations = 120
        effort = "some"
        priorities = ["warmth", "bills"]
        shared_project = ["keen", "no helpers"]
        """
    )
    assert got.holds("worth_more") is True
    assert got.holds("settings_enough") is False
    assert got.number("able_to_pay") == 0.4
    assert got.number("kit_interest") == 0.55
    assert got.number("registrations") == 120
    assert (got.holds("effort", "some"), got.holds("effort", "a_lot")) == (True, False)
    assert (got.holds("priorities", "warmth"), got.holds("priorities", "carbon")) == (True, False)
    assert [got.holds("shared_project", one) for one in ("keen", "helpers", "resistance")] == [True, False, None]


@pytest.mark.parametrize("blank", ['""', '"unknown"', '"?"', "[]"])
def test_blank_and_unknown_are_no_answer(read, blank):
    assert len(read(f"[residents]\npriorities = {blank}")) == 0


def test_none_says_no_to_every_fact_and_one_fact_needs_no_brackets(read):
    got = read('[partners]\nmarket = "none"\nsite = "host"')
    assert got.holds("market", "platform") is False
    assert (got.holds("site", "host"), got.holds("site", "access")) == (True, None)


def test_who_said_it_how_many_and_when_is_kept(read):
    got = read(
        """
        [survey]
        people = 84
        date = 2027-03-12
        [residents]
        kit_interest = 0.4
        able_to_pay = {value = 0.5, source = "typed"}
        [partners]
        anchor_funding = {value = "part", date = "2027-04"}
        """
    )
    assert got.given["kit_interest"] == answers.Answer("kit_interest", 0.4, (), "survey", 84, "2027-03-12")
    assert got.given["able_to_pay"] == answers.Answer("able_to_pay", 0.5, (), "typed", None, None)
    assert got.words("kit_interest") == (
        "40 % of people asked would like solar panels, a battery, a heat pump or a car charger"
        " (survey of 84, 2027-03-12)."
    )
    assert got.words("anchor_funding").endswith("(partner's answer, 2027-04).")


def test_words_say_yes_and_no_and_nothing_when_not_asked(read):
    got = read('[partners]\nsite = ["access", "no host"]')
    assert got.words("site", "access") == "People and machines can get to the place in mind (partner's answer)."
    assert got.words("site", "host").startswith("No school, club, hall or place of worship would host")
    assert got.words("site", "buyer") == ""
    assert got.words("market", "platform") == ""


def test_faults_are_gathered_with_line_and_nearest_key(read):
    message = faults(
        read,
        """survy = 1
[survey]
people = 0
[residents]
priorites = ["warmth"]
priorities = ["warmth", "bils"]
able_to_pay = 40
registrations = -1
effort = 3
[partners]
convenor = true
plan_support = ["convenor", "no fundng"]
anchor_funding = {value = "part", source = "councl", count = 1.5, when = "now"}
home_limits = ["poor_buildings", "no poor_buildings"]
worth_more = "yes"
""",
    )
    for line, words in {
        1: "survy is not a part of this file. Did you mean 'survey'?",
        3: "people needs a whole number of people, 1 or more",
        5: "priorites is not a question laep asks. Did you mean 'priorities'?",
        6: "Did you mean 'bills'?",
        7: 'able_to_pay needs a share from 0 to 1, such as 0.4 or "40 %"; 40 is not.',
        8: "registrations needs a whole number, 0 or more; -1 is not.",
        9: "effort needs one of elsewhere, little, some, a_lot; 3 is not.",
        11: 'It is an answer to plan_support: write plan_support = ["convenor"] under [partners].',
        12: "Did you mean 'funding'?",
        14: "home_limits needs a list",
        15: "worth_more belongs under [residents]",
    }.items():
        assert any(row.strip().startswith(f"line {line}:") and words in row for row in message.splitlines()), words
    assert "has source 'councl'; allowed are survey, partner, typed." in message
    assert "has a count that must be a whole number" in message
    assert "unknown part 'when'" in message


def test_broken_toml_names_the_line(read):
    message = faults(read, "[residents]\neffort = some\n")
    assert "line 2" in message
    assert "Text needs quotes" in message


def test_a_section_that_is_no_section_is_refused(read):
    message = faults(read, 'residents = "all"\nsurvey = 3\n')
    assert "must be a heading in square brackets: [residents]" in message
    assert "must be a heading in square brackets: [survey]" in message


def test_f4_people_say_who_holds_a_place(read):
    told = read('[owners]\n"Station  car park" = "community"\n"carport-way/7" = "corporate"\n')
    assert told.owners == {"Station car park": "community", "carport-way/7": "corporate"}
    assert told.digest() != read("").digest()
    assert len(told) == 0
    message = faults(read, '[owners]\n"Station car park" = "comunity"\n')
    assert "line 2: Station car park needs community or corporate" in message
    assert "Did you mean 'community'" in message


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    path = tmp_path / "answers.toml"
    path.write_bytes(b"[residents]\n# caf\xe9\n")
    with pytest.raises(UserFault, match="UTF-8"):
        answers.read(path)


def test_bad_dates_are_refused(read):
    assert "2027-03-12, 2027-03 or 2027" in faults(read, '[survey]\ndate = "last spring"\n')


def test_the_template_holds_every_question_and_no_answer(read):
    text = answers.template("Barrowmere")
    assert "Barrowmere" in text
    assert all(f"# {question} = " in text for question in answers.questions())
    assert tomllib.loads(text) == {"survey": {}, "residents": {}, "partners": {}, "owners": {}}
    assert len(read(text)) == 0
    assert max(len(line) for line in text.splitlines()) <= 120


def test_every_example_of_the_template_is_a_valid_answer(read):
    text = answers.template("Barrowmere")
    names = "|".join([*answers.questions(), "people", "date"])
    assert len(read(re.sub(rf"(?m)^# (?=({names}) = )", "", text))) == len(answers.questions())


def test_the_sample_village_has_answered_a_good_part():
    got = answers.read(resources.sample_data() / "answers.toml")
    assert len(got) == pytest.approx(0.6 * len(answers.questions()), abs=3)


def test_digest_is_the_same_in_any_order_and_changes_with_any_answer(read):
    one = read('[residents]\neffort = "some"\nworth_more = "yes"\n').digest()
    assert one == read('[residents]\nworth_more = true\n\n# note\neffort = "some"\n').digest()
    assert one != read('[residents]\neffort = "some"\nworth_more = "no"\n').digest()
    assert one != read('[survey]\npeople = 3\n[residents]\neffort = "some"\nworth_more = "yes"\n').digest()


@given(st.floats(0, 1))
def test_shares_survive_writing_and_reading(tmp_path_factory, share):
    path = tmp_path_factory.mktemp("answers") / "answers.toml"
    path.write_text(f"[residents]\nable_to_pay = {share!r}\n", encoding="utf-8")
    assert answers.read(path).number("able_to_pay") == share


def test_open_questions_on_one_subject_are_merged_and_others_kept_in_order():
    market = answers.questions()["market"]
    effort = answers.questions()["effort"].ask
    got = answers.merged([market.asked("platform"), effort, market.asked("supplier"), effort, "Anything else?"])
    labels = [market.options[option].label for option in ("platform", "supplier")]
    assert got == [f"{market.ask[:-1]}: {labels[0]}; {labels[1]}?", effort, "Anything else?"]
    assert answers.merged([market.asked("platform")]) == [market.asked("platform")]


def test_an_older_file_learns_of_new_questions_and_keeps_what_people_wrote(tmp_path):
    path = tmp_path / "answers.toml"
    known = list(answers.questions().values())
    mine = next(q for q in known if q.section == "residents")
    theirs = next(q for q in known if q.section == "partners")
    whole = answers.template("Here").splitlines()
    kept = [line for line in whole if not re.match(rf"# ({mine.id}|{theirs.id}) = ", line)]
    kept[kept.index("[partners]") - 1] = "# said at the fair,  twice"
    path.write_bytes("\r\n".join([*kept, ""]).encode())
    assert sorted(answers.learn(path)) == sorted([mine.id, theirs.id])
    lines = path.read_bytes().decode().split("\r\n")
    rest = iter(lines)
    assert all(line in rest for line in kept)  # in the same order
    assert lines.index(next(x for x in lines if x.startswith(f"# {mine.id} = "))) < lines.index("[partners]")
    assert lines.index(next(x for x in lines if x.startswith(f"# {theirs.id} = "))) > lines.index("[partners]")
    answered = re.sub(rf"# ({mine.id}|{theirs.id}) = ", r"\1 = ", path.read_bytes().decode())
    path.write_bytes(answered.encode())
    assert set(answers.read(path).given) == {mine.id, theirs.id}
    assert answers.learn(path) == []


def test_a_file_without_a_section_gets_it_with_its_questions(tmp_path):
    path = tmp_path / "answers.toml"
    path.write_text('[residents]\neffort = "some"\n', encoding="utf-8")
    added = answers.learn(path)
    assert "effort" not in added
    assert len(added) == len(answers.questions()) - 1
    assert list(answers.read(path).given) == ["effort"]
    assert answers.learn(path) == []
    assert answers.learn(tmp_path / "none.toml") == []
