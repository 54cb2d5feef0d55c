"""The small signs that stand in the legends of maps."""

from __future__ import annotations

from laep.report import legend
from laep.report.draw import svg


def mark(*parts: str) -> str:
    """Return a small drawing for a legend."""
    return svg.element("svg", *parts, viewBox="0 0 18 14", width="18", height="14", aria_hidden="true")


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
