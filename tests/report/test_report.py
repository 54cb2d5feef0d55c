"""The report page: sound HTML that fetches nothing, numbers that can be traced, and plain words for what is missing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import frames_for_report as sample
import numpy as np
import pandas as pd
import pytest
import reading

from laep.report import glossary, register, stations
from laep.report import html as page_html
from laep.report.material import ReportInputs
from laep.report.printer import Printer
from laep.report.sections import SECTIONS, STARTER, blocks, network, one_page, pathway
from laep.schema import empty

HOSTILE = '<script>alert("1")</script> & "Sons"'
NO_FIGURES = Printer(empty("plan_figure"))
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_UNREAD = {"style", "script", "title", "desc", "code"}


class Page(HTMLParser):
    """A page read: faults in the nesting of its tags, its attributes, and the words a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.seen: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.seen))

    def values(self, name: str) -> list[str]:
        return [value for _, key, value in self.attributes if key == name]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, key, value or "") for key, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, key, value or "") for key, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()} closes another tag")

    def handle_data(self, data: str) -> None:
        if not _UNREAD & set(self._open):
            self.seen.append(data)


def inputs(frames: dict[str, pd.DataFrame], *, name: str = "Alderbrook", **more: object) -> ReportInputs:
    values: dict[str, object] = {
        "frames": frames,
        "provenance": sample.provenance(),
        "assumptions": sample.assumptions(),
        "name": name,
        "laep_version": "0.1.0",
        "generated": sample.GENERATED,
    }
    return ReportInputs(**(values | more))


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return sample.village()


@pytest.fixture(scope="module")
def html(frames: dict[str, pd.DataFrame]) -> str:
    return page_html.report(inputs(frames, wishes=("warm homes",), asked="112 residents, June 2026"))


@pytest.fixture(scope="module")
def bare() -> str:
    return page_html.report(inputs(sample.network_only()))


@pytest.fixture(scope="module")
def nothing() -> str:
    return page_html.report(inputs({}, provenance=pd.DataFrame(), assumptions=pd.DataFrame()))


@pytest.fixture(params=["html", "bare", "nothing"])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(request.getfixturevalue(request.param))


def test_tags_are_balanced(page: Page):
    assert page.faults == []


def test_ids_are_unique(page: Page):
    ids = pd.Series(page.values("id"))
    assert ids[ids.duplicated()].tolist() == []


def test_every_link_inside_the_page_has_a_target(page: Page):
    ids = set(page.values("id"))
    wanted = {value[1:] for _, key, value in page.attributes if key == "href" and value.startswith("#")}
    assert wanted - ids == set()


def test_nothing_is_fetched(html: str):
    page = Page(html)
    fetched = [(tag, key, value) for tag, key, value in page.attributes if key in ("src", "srcset", "data", "action")]
    assert fetched == []
    outside = [(tag, value) for tag, key, value in page.attributes if key == "href" and "://" in value]
    assert {tag for tag, _ in outside} == {"a"}
    sources = html[html.index('<section id="sources"') : html.index('<section id="glossary"')]
    assert all(value in sources for _, value in outside)
    assert "url(" not in html
    assert "@import" not in html
    assert "<script" not in html


def test_no_missing_value_shows_through(page: Page):
    assert re.findall(r"\b(?:nan|NaN|None(?! of\b| is\b)|NaT|inf)\b|<NA>|Undefined", page.text) == []


def test_no_code_word_shows_through(html: str, bare: str):
    codes = (
        "published_area",
        "does_not_fit",
        "fits_with_limit",
        "not_asked",
        "needs_answers",
        "ruled_out",
        "advise_against",
        "not_met",
    )
    for text in (Page(html).text, Page(bare).text):
        assert [code for code in codes if code in text] == []


def test_glossary_explains_every_abbreviation(page: Page):
    in_names = {"NOT", "CONFIRMED"}
    found = set(re.findall(r"(?<![\w-])[A-Z]{3,}(?![\w-])", page.text)) - in_names
    spelled = " ".join(glossary.TERMS)
    assert {word for word in found if not re.search(rf"(?<!\w){word}(?!\w)", spelled)} == set()


def test_terms_used_are_listed(html: str):
    targets = set(re.findall(r'class="term" href="#([^"]+)"', html))
    assert targets
    assert targets <= set(Page(html).values("id"))


def test_every_printed_number_is_a_figure(frames: dict[str, pd.DataFrame], html: str):
    known = set(register.figures(frames | {"plan_unknown": _unknown(frames)})["figure_id"])
    printed = set(Page(html).values("data-figure"))
    assert len(printed) > 100
    assert printed - known == set()


def test_hostile_names_stay_text(frames: dict[str, pd.DataFrame]):
    named = {"in_substation", "link_substation", "model_headroom", "site_anchor", "net_segment", "model_finance"}
    worse = {
        layer: frame.assign(name=HOSTILE) if layer in named else frame for layer, frame in sample.village().items()
    }
    worse["in_supply_area"] = frames["in_supply_area"].assign(substation_name=HOSTILE)
    worse["plan_rule"] = frames["plan_rule"].assign(criterion=HOSTILE, evidence=HOSTILE)
    worse["plan_pathway"] = frames["plan_pathway"].assign(name=HOSTILE, reasons_for=HOSTILE)
    html = page_html.report(inputs(worse, name=HOSTILE, wishes=(HOSTILE,), asked=HOSTILE))
    assert "<script" not in html
    assert Page(html).faults == []
    assert HOSTILE in Page(html).text


def test_hostile_source_address_is_no_link(frames: dict[str, pd.DataFrame]):
    provenance = sample.provenance().assign(url="javascript:alert(1)")
    assert "javascript:" not in page_html.report(inputs(frames, provenance=provenance))


def test_same_layers_give_the_same_page(html: str):
    again = page_html.report(inputs(sample.village(), wishes=("warm homes",), asked="112 residents, June 2026"))
    assert again == html


def test_small_counts_are_not_printed(frames: dict[str, pd.DataFrame], html: str):
    tenure = frames["in_tenure"]
    few = float((tenure["shared_ownership"] * tenure["share_in_area"]).sum())
    assert few < 10
    assert "Part owned, part rented: fewer than 10" in Page(html).text.replace("  ", " ")
    shown = re.search(r'<li id="figure\.tenure\.shared_ownership">.*?</li>', html, re.DOTALL)
    assert shown is not None
    assert "fewer than 10" in shown[0]
    assert "tenure.shared_ownership_share" not in html


@pytest.mark.parametrize(
    "layers",
    [
        {"in_building", "model_headroom", "plan_block"},
        {"in_tenure", "link_substation", "net_segment", "plan_pathway"},
        {"in_substation", "model_solar", "in_generator", "model_generation", "model_profile"},
        {"site_anchor", "model_finance", "model_month", "in_boundary"},
    ],
)
def test_missing_layers_are_no_fault(frames: dict[str, pd.DataFrame], layers: set[str]):
    page = Page(page_html.report(inputs({name: frame for name, frame in frames.items() if name not in layers})))
    assert page.faults == []
    due = STARTER if "in_building" in layers else SECTIONS
    assert set(page.values("id")) >= {section.__name__.rpartition(".")[2].replace("_", "-") for section in due}


def test_a_place_without_footprints_says_what_to_type(bare: str):
    text = Page(bare).text
    assert "This is a starter, not a plan: no outline of a building in" in text
    assert text.index("Which buildings there are, and their outlines") < text.index("What needs no data")
    assert "laep ingest osm --file PATH" in re.sub(r"</?code>", "", bare)
    assert "none or worse" in text
    assert "further up the network" in text
    assert "Reinforce the 33kV circuit between Witmere BSP and Alderbrook Primary (June 2028)" in text
    assert "Starter for a local area energy plan" in text


def test_nothing_known_still_makes_a_page(nothing: str):
    text = Page(nothing).text
    assert "This is a starter, not a plan: no outline of a building in Alderbrook is known yet" in text
    assert "Ask people what they want, be it warmth, lower bills, something shared, or to be left in peace" in text
    assert 'id="network"' not in nothing


def test_a_pathway_asks_five_questions_at_most(frames: dict[str, pd.DataFrame]):
    asked = "\n".join(f"Question number {n}?" for n in range(1, 9))
    way = pathway.pathways({"plan_pathway": frames["plan_pathway"].assign(to_settle=asked)}, NO_FIGURES)[0]
    assert way["settle"] == [f"Question number {n}?" for n in range(1, 6)]
    assert way["settle_left"] == 3


def test_a_question_two_rules_share_is_asked_once(frames: dict[str, pd.DataFrame]):
    rules = frames["plan_rule"].iloc[:2].assign(block_id="laep", status="unknown", ask="Who would know?")
    groups = blocks.groups({"plan_rule": rules, "plan_block": frames["plan_block"]})
    assert reading.text(groups[0]["blocks"][0]["unknown"]) == "Who would know? LA-C04, LA-C05, gate"


def test_report_wording_of_a_rule_that_is_not_met_says_what_was_found(frames: dict[str, pd.DataFrame]):
    rules = frames["plan_rule"].iloc[:1].assign(
        block_id="laep", side="against", strength="strong", status="not_met", criterion="Nobody would help",
        evidence="Some people would help.", rule_id="CA-V06",
    )  # fmt: skip
    block = blocks.groups({"plan_rule": rules, "plan_block": frames["plan_block"]})[0]["blocks"][0]
    assert reading.text(block["for_"]) == "Some people would help. CA-V06 (Not the case: Nobody would help.)"


def test_a_plan_in_which_none_leads_says_so_and_has_first_steps_and_questions_alone(frames: dict[str, pd.DataFrame]):
    asked = frames["plan_pathway"].assign(standing="needs_answers", leads=False, rank=1)
    left = pd.DataFrame({"section": ["residents"], "ask": ["What do people want?"], "answered": False, "position": 1})
    steps = frames["plan_action"][frames["plan_action"]["stage"] == "identify_assets"]
    undecided = {"plan_pathway": asked, "plan_question": left, "plan_action": steps}
    lead = one_page.verdict(undecided, NO_FIGURES, name="Alderbrook")
    assert reading.text([lead]) == "Nobody has yet said what they want, so no way forward comes before another."
    assert pathway.next_question(undecided) == "What do people want?"
    assert not any(way["leads"] for way in pathway.pathways(undecided, NO_FIGURES))
    assert pathway.leading(undecided) is None


def test_headroom_nobody_published_is_told_apart(frames: dict[str, pd.DataFrame]):
    silent = frames["model_headroom"].query('level != "secondary"').assign(value=np.nan, rag=pd.NA, constraint=pd.NA)
    rows = stations.stations({"model_headroom": silent}, NO_FIGURES)
    assert [row.told for row in rows] == [False] * len(rows)
    assert rows[0].binds == []
    assert not network.room_table(rows)


def test_one_limit_on_both_ways_is_said_once(frames: dict[str, pd.DataFrame]):
    rows = stations.stations(frames, NO_FIGURES)
    both = next(row for row in rows if row.name == "Alderbrook Primary")
    assert both.binds == ["Demand and generation: upstream thermal capacity, further up the network"]


def _unknown(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return register.unknowns(frames, {}, assumptions=sample.assumptions())


def test_a_wide_table_scrolls_within_itself_and_never_the_page(html: str):
    tables = [found.start() for found in re.finditer("<table", html)]
    assert tables
    assert all(html[:at].endswith('<div class="held">\n') for at in tables)
    assert re.search(r"\.held, \.scroll { overflow-x: auto; }", html)
