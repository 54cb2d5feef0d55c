"""Verdicts on proposals, and how the binding level is known: said once for plan and desk."""

from __future__ import annotations

from enum import IntEnum

from laep.schema.vocabulary import LIMIT_PLACES, VERDICTS


class Verdict(IntEnum):
    """Verdicts from best to worst: the worst of a proposal's measures is the proposal's."""

    NOT_ASKED = 0
    FITS = 1
    FITS_UNTIL = 2
    FITS_LIMITED = 3
    UNKNOWN = 4
    NO = 5

    @property
    def word(self) -> str:
        """The verdict as layers, JSON and tables hold it."""
        return VERDICTS[self]


class Where(IntEnum):
    """
    How the binding level is known.

    The operator names a limit there; names one above the level but at no substation; it names none, so the least figure
    decides; no level has a figure; or other proposals take what is published there.
    """

    NAMED = 0
    BETWEEN = 1
    UNNAMED = 2
    NO_FIGURE = 3
    SHARED = 4

    @property
    def word(self) -> str:
        """The same as tables and JSON hold it."""
        return LIMIT_PLACES[self]
