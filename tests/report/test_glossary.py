"""Words are explained where they are used, once in a section."""

import re

import pytest

from laep.report import glossary
from laep.report.markup import link_terms


def test_the_first_use_in_each_section_is_linked():
    page = "<section><p>The headroom. More headroom.</p></section><section><p>Headroom again</p></section>"
    linked, terms = link_terms(page)
    assert linked.count('href="#term-headroom"') == 2
    assert "The <a" in linked
    assert "headroom" in terms


def test_headings_links_code_and_drawings_are_left_alone():
    page = "<section><h2>PV</h2><a href='#x'>PV</a><code>PV</code><svg><text>PV</text></svg></section>"
    linked, terms = link_terms(page)
    assert linked == page
    assert list(terms) == ["PV"]


def test_plurals_and_small_letters_match_spoken_terms_only():
    _, terms = link_terms("<p>Transformers and pv and KWH</p>")
    assert list(terms) == ["transformer"]


def test_parts_of_words_do_not_match():
    _, terms = link_terms("<p>VP-C03 EVs LAEPing reinforcements-like MPV</p>")
    assert "VPP" not in terms
    assert "PV" not in terms


def test_text_in_script_and_style_is_not_seen():
    _, terms = link_terms("<style>.BSP{}</style><script>GSP</script>")
    assert terms == {}


def test_terms_that_a_meaning_uses_are_explained_too():
    _, terms = link_terms("<p>MVA</p>")
    assert {"MVA", "kVA", "kW"} <= set(terms)


def test_markup_survives_untouched_around_the_links():
    page = '<p title="a &gt; PV">x &amp; O&amp;M y</p>'
    linked, terms = link_terms(page)
    assert re.sub(r"</?a[^>]*>", "", linked) == page
    assert "O&M" in terms


@pytest.mark.parametrize("term", glossary.TERMS)
def test_every_term_finds_itself_and_ends_its_meaning(term):
    _, terms = link_terms(f"<p>{term.replace('&', '&amp;')}</p>")
    assert term in terms
    assert glossary.TERMS[term].endswith(".")


def test_entries_have_distinct_anchors():
    anchors = [glossary.anchor(term) for term in glossary.TERMS]
    assert len(set(anchors)) == len(anchors)
