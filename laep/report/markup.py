"""Cells, sentences and tables as HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from laep import words
from laep.report import glossary
from laep.report.cells import Cell, Sentence, Table

if TYPE_CHECKING:
    from laep.report.cells import Column, Lines
    from laep.report.printer import Printer

_LOOKS = {
    "plain": Markup("{}"),
    "strong": Markup("<b>{}</b>"),
    "code": Markup("<code>{}</code>"),
    "quiet": Markup('<span class="quiet">{}</span>'),
    "missing": Markup('<span class="none">{}</span>'),
    "flag": Markup('<span class="flag">{}</span>'),
    "rule": Markup('<span class="rule">{}</span>'),
    **{colour: Markup('<span class="rag ') + colour + Markup('">{}</span>') for colour in ("red", "amber", "green")},
}


class Html:
    """Prints what a section says as HTML; figures link to their entry in the index at the end of the page."""

    def __init__(self, show: Printer) -> None:
        self._show = show

    def __call__(self, thing: object) -> object:
        """Return cells, sentences and tables as markup, and anything else as it is."""
        if isinstance(thing, Cell):
            return self._cell(thing)
        if isinstance(thing, Sentence):
            return self._sentence(thing)
        return self.table(thing) if isinstance(thing, Table) else thing

    def table(self, table: Table, look: str = "stack", *, head: bool = True) -> Markup:
        """
        Return a table in a frame that it scrolls within where it is wider than the page, so that the page never does.

        One that stacks on narrow pages carries the heading of each value beside it.
        """
        stacks = "stack" in look
        titles = Markup("").join(
            Markup('<th scope="col"{}>{}</th>').format(Markup(' class="num"') if column.number else "", column.title)
            for column in table.columns
        )
        rows = Markup("").join(
            Markup("<tr>{}{}</tr>").format(
                self._head(first),
                Markup("").join(
                    self._entry(lines, column, labelled=stacks)
                    for lines, column in zip(rest, table.columns[1:], strict=True)
                ),
            )
            for first, *rest in table.rows
        )
        caption = Markup("<caption>{}</caption>\n").format(table.caption) if table.caption else ""
        return Markup('<div class="held">\n<table{}>\n{}{}<tbody>{}</tbody>\n</table>\n</div>').format(
            Markup(' class="{}"').format(look) if look else "", caption,
            Markup("<thead><tr>{}</tr></thead>\n").format(titles) if head else "", rows,
        )  # fmt: skip

    def _head(self, lines: Lines) -> Markup:
        return Markup('<th scope="row">{}</th>').format(Markup("").join(self._sentence(line) for line in lines))

    def _entry(self, lines: Lines, column: Column, *, labelled: bool) -> Markup:
        label = Markup(' data-label="{}"').format(column.short or column.title) if labelled else ""
        body = [self._sentence(line) for line in lines]
        if len(lines) > 1:
            body = [Markup("<div>{}</div>").format(line) for line in body]
        several = len(lines) > 1 or any(len(line.cells) > 1 or line.notes for line in lines)
        whole = Markup("\n").join(body)
        return Markup("<td{}>{}</td>").format(label, Markup("<div>{}</div>").format(whole) if several else whole)

    def _sentence(self, sentence: Sentence) -> Markup:
        notes = [Markup("<small>{}</small>").format(self._sentence(note)) for note in sentence.notes]
        return Markup("").join([*(self._cell(cell) for cell in sentence.cells), *notes])

    def _cell(self, cell: Cell) -> Markup:
        body = _LOOKS[cell.look].format(self._figure(cell) if cell.figure_id else cell.text)
        if cell.link.startswith("#"):
            body = Markup('<a href="{}">{}</a>').format(cell.link, body)
        elif cell.link:
            body = Markup('<a class="source-link" href="{}" rel="noreferrer">{}</a>').format(cell.link, body)
        return Markup('<span id="{}">{}</span>').format(cell.anchor, body) if cell.anchor else body

    def _figure(self, cell: Cell) -> Markup:
        shown = self._show.text(cell.figure_id, kilo=cell.kilo)
        body = Markup("<b>{}</b>").format(shown.main)
        if cell.span and shown.span:
            body += Markup(' <span class="span">({})</span>').format(shown.span)
        sure = f"Confidence: {self._show.confidence(cell.figure_id)}"
        title = f"{self._show.label(cell.figure_id)}. {sure}. To check it: laep explain {cell.figure_id}"
        return Markup('<a class="fig" data-figure="{}" href="#figure.{}" title="{}">{}</a>').format(
            cell.figure_id, cell.figure_id, title, body
        )


def index(show: Printer, html: str) -> Markup:
    """Return the index of every figure that a page prints."""
    printed = sorted(set(re.findall(r'data-figure="([^"]+)"', html)), key=_natural)
    entry = Markup(
        '<li id="figure.{id}"><code>{id}</code> <b>{value}</b> {label}. '
        "<small>{source}; confidence {confidence}.</small></li>"
    )
    return Markup("\n").join(entry.format(**show.entry(figure_id)) for figure_id in printed)


def _natural(figure_id: str) -> list[tuple[int, str]]:
    """Return a key that sorts month 10 after month 9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", figure_id)]


UNLINKED = frozenset({"a", "h1", "h2", "h3", "h4", "svg", "code", "script", "style", "th", "summary", "title", "nav"})
"""Text inside these is never turned into a link."""
_UNSEEN = ("script", "style", "title")


def link_terms(html: str) -> tuple[str, dict[str, str]]:
    """
    Link the first use of each term of the glossary in each section to its entry.

    Returns
    -------
    tuple of str and dict
        The page, and the terms it uses with their meanings, in the order of the alphabet; terms that a meaning itself
        uses are among them.
    """
    out: list[str] = []
    seen: set[str] = set()
    depth = 0
    hidden = 0
    linked: set[str] = set()
    for piece in re.split(r"(<[^>]*>)", html):
        if piece.startswith("<"):
            tag = re.match(r"</?\s*([a-zA-Z0-9]+)", piece)
            name = tag[1].lower() if tag else ""
            if name == "section":
                linked = set()
            change = -1 if piece.startswith("</") else 0 if piece.endswith("/>") else 1
            depth += change * (name in UNLINKED)
            hidden += change * (name in _UNSEEN)
            out.append(piece)
            continue
        found = [] if hidden else glossary.found(piece)
        seen.update(found)
        out.append(piece if depth or not found else _linked(piece, linked))
    return "".join(out), glossary.closed(seen)


def _linked(piece: str, linked: set[str]) -> str:
    def replace(match: re.Match[str]) -> str:
        term = glossary.term_of(match[0])
        if term in linked:
            return match[0]
        linked.add(term)
        link = Markup('<a class="term" href="#{}" title="{}">{}</a>')
        return str(link.format(glossary.anchor(term), glossary.TERMS[term], Markup(match[0])))  # noqa: S704 - a piece of the page

    return glossary.PATTERN.sub(replace, piece)


def terms(meanings: dict[str, str]) -> Markup:
    """Return the entries of the glossary."""
    entry = Markup('<div id="{}"><dt>{}</dt><dd>{}</dd></div>')
    return Markup("\n").join(entry.format(glossary.anchor(term), term, told) for term, told in meanings.items())


def tidy(html: str) -> str:
    """Return a page without blank lines and trailing spaces, percentages spelled one way."""
    spelled = re.sub(rf"(?<=\d)[ {words.NBSP}]%", "%", html)
    return "\n".join(line.rstrip() for line in spelled.splitlines() if line.strip()) + "\n"
