"""The small signs that stand in the legends of maps and charts, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field

from laep.report import legend
from laep.report.cells import Sentence
from laep.report.draw import svg


@dataclass(frozen=True)
class Key:
    """One line of a legend: what a mark means, the mark as a small SVG, and figures that follow the words."""

    words: str
    mark: str
    figures: Sentence = field(default_factory=Sentence)


def mark(*parts: str, wide: int = 18) -> str:
    """Return a small drawing for a legend."""
    style = None if wide == 18 else f"width:{wide}px"
    return svg.element("svg", *parts, viewBox=f"0 0 {wide} 14", width=wide, height=14, style=style, aria_hidden="true")


def patch(colour: str, edge: str | None = None) -> str:
    """Return a patch of colour."""
    return mark(
        svg.element(
            "rect", x=1, y=1, width=16, height=12, fill=colour, stroke=edge or legend.SWATCH_EDGE, stroke_width=0.7
        )
    )


def disc(colour: str) -> str:
    """Return a disc."""
    return mark(svg.element("circle", cx=9, cy=7, r=6, fill=colour))


def square(colour: str) -> str:
    """Return a square."""
    return mark(svg.element("rect", x=3, y=1, width=12, height=12, fill=colour))


def dot(colour: str) -> str:
    """Return a disc as charts draw it."""
    return mark(svg.element("circle", cx=9, cy=7, r=5.5, fill=colour))


def ring(colour: str) -> str:
    """Return a ring as charts draw it."""
    return mark(svg.element("circle", cx=9, cy=7, r=5, fill=legend.PAPER, stroke=colour, stroke_width=2))


def line(colour: str, dash: str) -> str:
    """Return a line of a chart, dashed or not."""
    look = {"stroke": colour, "stroke_width": 2.4, "stroke_dasharray": dash or None}
    return mark(svg.element("path", d="M0 7h34", **look), wide=34)


def ringed_line(colour: str) -> str:
    """Return a line of a chart with a ring on it."""
    ring_on = svg.element("circle", cx=17, cy=7, r=3.4, fill=legend.PAPER, stroke=colour, stroke_width=2)
    return mark(svg.element("path", d="M0 7h34", stroke=colour, stroke_width=2), ring_on, wide=34)


def dashes() -> str:
    """Return a dashed line."""
    return mark(svg.element("path", d="M0 7h18", stroke=legend.INK, stroke_width=1.6, stroke_dasharray="5 3"))


def glyph(level: str) -> str:
    """Return the sign of a level of substation, or of an arrow."""
    shapes = {
        "secondary": svg.element("circle", cx=9, cy=7, r=4, fill=legend.NETWORK),
        "primary": svg.element("rect", x=4, y=2, width=10, height=10, fill=legend.NETWORK),
        "arrow": svg.element("path", d="M15 7L4 12V2z", fill=legend.NETWORK),
    }
    return mark(shapes.get(level, svg.element("path", d="M9 0l7 7l-7 7l-7 -7z", fill=legend.NETWORK)))
