"""What residents and partners said: reads and checks `answers.toml`. A blank answer means unknown, never no."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import re
import textwrap
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from laep import files
from laep.errors import AreaInvalid
from laep.hints import meant, toml_line, toml_mend
from laep.schema.vocabulary import ANSWER_SECTIONS as SECTIONS
from laep.schema.vocabulary import OWNER_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Kind = Literal["yes_no", "share", "number", "choice", "choices", "facts"]
KINDS: tuple[str, ...] = get_args(Kind)
SOURCES = ("survey", "partner", "typed")
OWNERS = "owners"
"""The part of the file that says who holds which place."""
HOLDERS = tuple(kind for kind in OWNER_KINDS if kind != "not_known")
YES = "yes"
"""The one option a `yes_no` question has."""

_DETAIL_KEYS = ("value", "source", "count", "date")
_SURVEY_KEYS = ("people", "date")
_ASKED = re.compile(
    r"^[\s#]*(?:(?:residents|partners)\s*\.\s*)?[\"']?(\w+)[\"']?\s*=|^\s*\[\s*\w+\s*\.\s*(\w+)\s*\]",
    re.MULTILINE,
)
"""What an answers.toml asks: keys, whether commented out or not, and headings of single questions."""
_BLANK = ("", "unknown", "?")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True)
class Option:
    """One thing that can be ticked: its id, its label, and what a yes and a no say in a report."""

    id: str
    label: str
    says: str
    denies: str


@dataclass(frozen=True)
class Question:
    """One question: which section of `answers.toml` holds it, what kind of answer it takes, and its words."""

    id: str
    section: str
    group: str
    kind: Kind
    ask: str
    options: Mapping[str, Option] = field(default_factory=dict)
    says: str = ""
    one: str = ""

    def asked(self, option: str = YES) -> str:
        """Return how `option` alone is asked."""
        return self.one.format(label=self.options[option].label) if self.one else self.ask

    @property
    def allowed(self) -> str:
        """Return what may be written, in words."""
        names = ", ".join(self.options)
        return {
            "yes_no": '"yes" or "no"',
            "share": 'a share from 0 to 1, such as 0.4 or "40 %"',
            "number": "a whole number, 0 or more",
            "choice": f"one of {names}",
            "choices": f"a list of any of {names}",
            "facts": f'a list of any of {names}; "no x" where x is known not to hold',
        }[self.kind]


@dataclass(frozen=True)
class Answer:
    """One answer: a number, or options known to hold or not, with who gave it, how many, and when."""

    question_id: str
    number: float | None = None
    ticked: tuple[tuple[str, bool], ...] = ()
    source: str = "typed"
    count: int | None = None
    date: str | None = None


@dataclass(frozen=True)
class Answers:
    """Every answer given, by question id, and who holds which place. What is absent is unknown."""

    given: Mapping[str, Answer] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many questions have an answer."""
        return len(self.given)

    def holds(self, question_id: str, option: str = YES) -> bool | None:
        """Return whether `option` was said to hold, said not to hold, or (None) not said."""
        answer = self.given.get(question_id)
        return dict(answer.ticked).get(option) if answer else None

    def number(self, question_id: str) -> float | None:
        """Return the share or count given, or None."""
        answer = self.given.get(question_id)
        return answer.number if answer else None

    def words(self, question_id: str, option: str = YES) -> str:
        """Return what was said as one plain sentence with who said it; empty when nothing was."""
        answer = self.given.get(question_id)
        if answer is None:
            return ""
        sentence = _sentence(questions()[question_id], answer, option)
        return f"{sentence[:-1]} ({_who(answer)})." if sentence else ""

    def digest(self) -> str:
        """Return a fingerprint of every answer, the same for the same answers in any order."""
        rows = [
            [a.question_id, a.number, sorted(a.ticked), a.source, a.count, a.date]
            for a in sorted(self.given.values(), key=lambda a: a.question_id)
        ]
        rows += [[name, owner] for name, owner in sorted(self.owners.items())]
        return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


@cache
def questions() -> dict[str, Question]:
    """Return every question laep asks, by id, in the order `answers.toml` shows them."""
    table = tomllib.loads((Path(__file__).parent / "questions.toml").read_text(encoding="utf-8"))
    return {
        question_id: _question(question_id, section, row)
        for section in SECTIONS
        for question_id, row in table[section].items()
    }


def merged(asked: Iterable[str]) -> list[str]:
    """Return open questions in order, those on several options of one question put as one."""
    single = {
        question.asked(option): (question, option) for question in questions().values() for option in question.options
    }
    found: dict[str, list[str]] = {}
    for one in dict.fromkeys(asked):
        question, option = single.get(one, (None, ""))
        found.setdefault(question.id if question and question.one else one, []).append(option or one)
    return [_together(key, options) for key, options in found.items()]


def _together(key: str, options: list[str]) -> str:
    question = questions().get(key)
    if question is None:
        return key
    if len(options) == 1:
        return question.asked(options[0])
    return f"{question.ask.removesuffix('?')}: {'; '.join(question.options[option].label for option in options)}?"


def read(path: Path) -> Answers:
    """
    Read `answers.toml`; a file that is not there counts as no answers yet.

    Raises
    ------
    AreaInvalid
        With every fault found: unknown keys with the nearest right one, answers of the wrong kind, bad sources,
        counts and dates, each with its line.
    """
    if not path.exists():
        return Answers()
    text = files.read_text(path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AreaInvalid(f"{path} cannot be read: {error}.{toml_mend(text, str(error))}") from error
    return _Reader(text).read(table, path)


def template(area_name: str) -> str:
    """Return a commented `answers.toml` for an area: every question as a commented-out line."""
    lines = [*_intro(area_name), *_survey_table()]
    for section in SECTIONS:
        lines += ["", "", f"[{section}]"]
        heading = ""
        for question in (q for q in questions().values() if q.section == section):
            if question.group != heading:
                heading = question.group
                lines += ["", f"# --- {heading} ---"]
            lines += ["", *_question_lines(question)]
    return "\n".join([*lines, *_owners_table()]) + "\n"


def learn(path: Path) -> list[str]:
    """
    Add questions that an `answers.toml` does not have yet, each as a commented-out line at the end of its section.

    What people wrote stays as it is, to the letter; a file that is not there is not made.

    Returns
    -------
    The ids of the questions added.
    """
    if not path.exists():
        return []
    with files.locked(path):
        return _learn(path)


def _learn(path: Path) -> list[str]:
    text = files.read_text(path)
    asked = {name for found in _ASKED.findall(text) for name in found}
    new = [question for question in questions().values() if question.id not in asked]
    if new:
        ending = "\r\n" if "\r\n" in text else "\n"
        lines = text.splitlines()
        for section in SECTIONS:
            lines = _in_section(lines, section, [question for question in new if question.section == section])
        with files.replacing(path) as part:
            part.write_bytes(ending.join([*lines, ""]).encode())
    return [question.id for question in new]


def _in_section(lines: list[str], section: str, new: list[Question]) -> list[str]:
    """Return the lines of a file with questions at the end of one section, which is made where there is none."""
    if not new:
        return lines
    added = [line for question in new for line in ("", *_question_lines(question))]
    headings = [n for n, line in enumerate(lines) if re.match(r"\s*\[", line)]
    own = next((n for n in headings if re.match(rf"\s*\[\s*{section}\s*\]", lines[n])), None)
    if own is None:
        return [*lines, "", f"[{section}]", *added]
    end = next((n for n in headings if n > own), len(lines))
    while not lines[end - 1].strip():
        end -= 1
    return [*lines[:end], *added, *lines[end:]]


def _question(question_id: str, section: str, row: Mapping[str, Any]) -> Question:
    says, denies = row.get("says", ""), row.get("denies", "")
    options = {YES: Option(YES, YES, says, denies)} if row["kind"] == "yes_no" else {}
    for option_id, words in row.get("options", {}).items():
        label, *sentences = words
        if row["kind"] == "choices":
            sentences = [says.format(option=label), denies.format(option=label)]
        options[option_id] = Option(option_id, label, sentences[0], sentences[1] if len(sentences) > 1 else "")
    return Question(question_id, section, row["group"], row["kind"], row["ask"], options, says, row.get("one", ""))


def _sentence(question: Question, answer: Answer, option: str) -> str:
    if answer.number is not None:
        share, number = f"{answer.number * 100:.0f} %", f"{answer.number:,.0f}"
        return question.says.format(share=share, number=number)
    ticked = dict(answer.ticked)
    if question.kind == "choice":
        return next((question.options[o].says for o, held in answer.ticked if held), "")
    if option not in ticked:
        return ""
    return question.options[option].says if ticked[option] else question.options[option].denies


def _who(answer: Answer) -> str:
    who = {"survey": "survey", "partner": "partner's answer", "typed": "typed in"}[answer.source]
    people = f" of {answer.count:,}" if answer.count else ""
    return f"{who}{people}, {answer.date}" if answer.date else f"{who}{people}"


class _Reader:
    """Turns the parsed file into answers and gathers every fault on the way."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[str] = []

    def read(self, table: Mapping[str, Any], path: Path) -> Answers:
        for name in sorted(table.keys() - {*SECTIONS, "survey", OWNERS}):
            self._fault("", name, f"is not a part of this file.{_nearest(name, (*SECTIONS, 'survey', OWNERS))}")
        people, date = self._survey(table.get("survey", {}))
        given = {}
        for section in SECTIONS:
            for key, value in self._table(table, section).items():
                if answer := self._answer(section, key, value, people, date):
                    given[key] = answer
        owners = self._owners(self._table(table, OWNERS))
        if self.faults:
            raise AreaInvalid(
                f"{path} has {len(self.faults)} fault(s):\n"
                + "\n".join(f"  {fault}" for fault in self.faults)
                + "\nMend these lines, or remove them: a question without an answer counts as unknown."
            )
        return Answers(given, owners)

    def _owners(self, found: Mapping[str, Any]) -> dict[str, str]:
        """Return who was said to hold each place, by its name as the plan prints it."""
        for name, owner in found.items():
            if owner not in HOLDERS:
                hint = meant(str(owner), HOLDERS)
                self._fault(OWNERS, name, f"needs {' or '.join(HOLDERS)}; {_shown(owner)} is neither.{hint}")
        return {" ".join(name.split()): str(owner) for name, owner in found.items()}

    def _table(self, table: Mapping[str, Any], section: str) -> Mapping[str, Any]:
        found = table.get(section, {})
        if isinstance(found, dict):
            return found
        self._fault("", section, f"must be a heading in square brackets: [{section}].")
        return {}

    def _survey(self, found: Any) -> tuple[int | None, str | None]:
        if not isinstance(found, dict):
            self._fault("", "survey", "must be a heading in square brackets: [survey].")
            return None, None
        for key in sorted(found.keys() - set(_SURVEY_KEYS)):
            self._fault("survey", key, f"is not known here.{_nearest(key, _SURVEY_KEYS)}")
        return self._count("survey", "people", found.get("people")), self._date("survey", "date", found.get("date"))

    def _answer(self, section: str, key: str, raw: Any, people: int | None, date: str | None) -> Answer | None:
        question = questions().get(key)
        if question is None:
            self._fault(section, key, f"is not a question laep asks.{_nearest_question(key)}")
            return None
        if question.section != section:
            self._fault(section, key, f"belongs under [{question.section}]: move the line there.")
            return None
        detail = raw if isinstance(raw, dict) else {"value": raw}
        for odd in sorted(detail.keys() - set(_DETAIL_KEYS)):
            self._fault(section, key, f"has an unknown part {odd!r}.{_nearest(odd, _DETAIL_KEYS)}")
        surveyed = section == "residents" and people is not None
        usual = "partner" if section == "partners" else "survey" if surveyed else "typed"
        source = detail.get("source", usual)
        if source not in SOURCES:
            self._fault(section, key, f"has source {source!r}; allowed are {', '.join(SOURCES)}.")
        count = self._count(section, key, detail.get("count", people if source == "survey" else None))
        when = self._date(section, key, detail.get("date", date if source == "survey" else None))
        return self._value(question, detail.get("value"), source, count, when)

    def _value(self, question: Question, raw: Any, source: str, count: int | None, date: str | None) -> Answer | None:
        if raw is None or raw == [] or (isinstance(raw, str) and raw.strip().casefold() in _BLANK):
            return None
        if question.kind in ("share", "number"):
            number = _share(raw) if question.kind == "share" else _whole(raw)
            if number is not None:
                return Answer(question.id, number, (), source, count, date)
        else:
            ticked = _ticked(question, raw)
            if ticked is not None:
                return Answer(question.id, None, tuple(sorted(ticked.items())), source, count, date)
        hint = _nearest_option(question, raw)
        self._fault(question.section, question.id, f"needs {question.allowed}; {_shown(raw)} is not.{hint}")
        return None

    def _count(self, section: str, key: str, raw: Any) -> int | None:
        if raw is None or (isinstance(raw, int) and not isinstance(raw, bool) and raw > 0):
            return raw
        what = "needs a whole number of people" if key == "people" else "has a count that must be a whole number"
        self._fault(section, key, f"{what}, 1 or more; {_shown(raw)} is not.")
        return None

    def _date(self, section: str, key: str, raw: Any) -> str | None:
        if raw is None:
            return None
        if isinstance(raw, dt.date):
            return raw.isoformat()[:10]
        if isinstance(raw, str) and _DATE.fullmatch(raw.strip()):
            return raw.strip()
        self._fault(
            section, key, f"has a date that must look like 2027-03-12, 2027-03 or 2027; {_shown(raw)} does not."
        )
        return None

    def _fault(self, section: str, key: str, what: str) -> None:
        line = toml_line(self.text, key, section)
        where = f"line {line}: " if line else ""
        self.faults.append(f"{where}{key} {what}")


def _share(raw: Any) -> float | None:
    if isinstance(raw, str) and (found := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", raw)):
        raw = float(found[1]) / 100
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return float(raw) if 0 <= raw <= 1 else None


def _whole(raw: Any) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        return None
    return float(raw) if raw >= 0 and raw == int(raw) else None


def _ticked(question: Question, raw: Any) -> dict[str, bool] | None:
    """Return which options are known to hold or not, or None when `raw` is no answer to this question."""
    if question.kind == "yes_no":
        word = {True: "yes", False: "no"}.get(raw) if isinstance(raw, bool) else _plain(raw)
        return {YES: word == "yes"} if word in ("yes", "no") else None
    if question.kind == "choice":
        word = _plain(raw)
        return {option: option == word for option in question.options} if word in question.options else None
    words = [_plain(item) for item in (raw if isinstance(raw, list) else [raw])]
    if words == ["none"]:
        return dict.fromkeys(question.options, False)
    if question.kind == "choices":
        return {option: option in words for option in question.options} if set(words) <= set(question.options) else None
    return _facts(question, words)


def _facts(question: Question, words: list[str | None]) -> dict[str, bool] | None:
    found: dict[str, bool] = {}
    for word in words:
        name = re.sub(r"^(no|not) ", "", word or "")
        if name not in question.options or found.get(name, name == word) != (name == word):
            return None
        found[name] = name == word
    return found


def _plain(raw: Any) -> str | None:
    return " ".join(raw.split()).casefold() if isinstance(raw, str) else None


def _shown(raw: Any) -> str:
    return textwrap.shorten(json.dumps(raw, default=str, ensure_ascii=False), 60, placeholder=" ...")


def _nearest(word: str, words: Iterable[str]) -> str:
    known = list(words)
    return meant(word, known) or (f" Known are {', '.join(known)}." if len(known) < 6 else "")


def _nearest_question(key: str) -> str:
    holder = next((q for q in questions().values() if key in q.options), None)
    if holder is None:
        return _nearest(key, questions())
    written = f'["{key}"]' if holder.kind in ("choices", "facts") else f'"{key}"'
    return f" It is an answer to {holder.id}: write {holder.id} = {written} under [{holder.section}]."


def _nearest_option(question: Question, raw: Any) -> str:
    odd = [
        word
        for item in (raw if isinstance(raw, list) else [raw])
        if (word := re.sub(r"^(no|not) ", "", _plain(item) or "")) and word not in question.options
    ]
    return next((hint for word in odd if (hint := meant(word, question.options))), "")


def _intro(area_name: str) -> list[str]:
    return [
        f"# What people said: {area_name}",
        "#",
        "# Fill this in from a survey, a meeting, or what partners tell you. To answer a question, take the # off its",
        "# line and change what stands after the equals sign. Leave the # where nobody knows: blank means unknown, and",
        "# the plan says so and lists the question. A guess is worse than a blank.",
        "#",
        '# Where several things can be listed, list what is true, as in ["this", "that"]. Write "no this" where you',
        "# know it is not so. What you do not list stays unknown, unless the question says otherwise.",
        "#",
        "# Shares run from 0 to 1 (0.4 means 40 %). To note who said it, how many and when, write",
        '#   kit_interest = {value = 0.4, source = "survey", count = 84, date = "2027-03"}',
        f"# with {', '.join(SOURCES)} as the source.",
        "#",
        "# Write totals only: no names, addresses or answers of single people belong in this file.",
    ]


def _survey_table() -> list[str]:
    return [
        "",
        "[survey]",
        "# How many people answered, and when. Used for every answer of residents that does not say its own.",
        "# people = 84",
        '# date = "2027-03"',
    ]


def _owners_table() -> list[str]:
    return [
        "",
        "",
        f"[{OWNERS}]",
        "# Who holds a place for something shared, once somebody has asked: its name as the plan prints it, or its id,",
        "# then community (a public or community body) or corporate (a business or a farm).",
        '# "Station car park" = "community"',
    ]


def _question_lines(question: Question) -> list[str]:
    lines = [f"# {line}" for line in textwrap.wrap(question.ask, 110)]
    if question.kind in ("choice", "choices", "facts"):
        width = max(len(option) for option in question.options)
        lines += [f"#   {option.id:<{width}}  {option.label}" for option in question.options.values()]
    if question.kind == "choices":
        lines.append("# (List every one that applies: what is left out counts as not wanted.)")
    return [*lines, f"# {question.id} = {_example(question)}"]


def _example(question: Question) -> str:
    names: Iterator[str] = iter(question.options)
    if question.kind == "choice":
        return f'"{next(names)}"'
    if question.kind == "choices":
        return f'["{next(names)}", "{next(names)}"]'
    if question.kind == "facts":
        return f'["{next(names)}", "no {next(names)}"]'
    return {"yes_no": '"yes"', "share": "0.4", "number": "120"}[question.kind]
