"""What residents said they want, what effort they would give, and whether that says stop."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from laep.answers import Answers, questions
from laep.errors import LaepError
from laep.models.guide.catalogue import leaf_faults
from laep.models.guide.engine import Bench
from laep.models.guide.logic import leaves

if TYPE_CHECKING:
    from collections.abc import Mapping

EFFORTS = ("elsewhere", "little", "some", "a_lot")
"""Answers to the question on effort, least first."""


@dataclass(frozen=True)
class Stop:
    """
    A stop rule that holds: why, and what to say.

    `allows` is the one pathway it leaves open; `veto` leaves none open; `smart_only` closes only what is smart.
    """

    id: str
    criterion: str
    outcome: str
    allows: str = ""
    veto: bool = False
    smart_only: bool = False


@dataclass(frozen=True)
class Preferences:
    """
    What residents said they want.

    `priorities` are options of the question of that name; `effort` is one of `EFFORTS` or None; `worth_more` is whether
    a smarter scheme would be worth its effort; `stops` are the stop rules that hold; `open_stops` the questions that
    could still bring one about; `answered` counts all answers given.
    """

    priorities: tuple[str, ...] = ()
    effort: str | None = None
    worth_more: bool | None = None
    stops: tuple[Stop, ...] = ()
    open_stops: tuple[str, ...] = ()
    answered: int = 0

    @property
    def wishes(self) -> tuple[str, ...]:
        """Return the priorities in residents' words."""
        options = questions()["priorities"].options
        return tuple(options[priority].label for priority in self.priorities)

    def asks_for(self, pathway_id: str) -> bool:
        """Return whether a stop rule names this pathway as the one thing still to do."""
        return any(stop.allows == pathway_id for stop in self.stops)

    def leaves_open(self, pathway_id: str, *, smart: bool) -> bool:
        """
        Return whether the stop rules leave a pathway open.

        Parameters
        ----------
        pathway_id : str
            Id of the pathway.
        smart : bool
            Whether the pathway asks residents if a smarter scheme is worth its effort.
        """
        if any(stop.veto or (smart and stop.smart_only) for stop in self.stops):
            return False
        return all(stop.smart_only for stop in self.stops) or self.asks_for(pathway_id)

    def accepts(self, effort: str) -> bool | None:
        """Return whether people would give this much effort, or None when nobody has said."""
        if self.effort is None:
            return None
        return EFFORTS.index(effort) <= max(EFFORTS.index(self.effort), EFFORTS.index("little"))


def of(answers: Answers, *, thresholds: Mapping[str, float]) -> Preferences:
    """
    Return what the answers say on what people want.

    Parameters
    ----------
    answers : Answers
        From `laep.answers.read`; may be empty.
    thresholds : mapping of assumption key to value
        Those of `laep.models.guide.thresholds`.

    Notes
    -----
    People who would rather give their time to other things are still taken to accept a little effort, so that the
    least demanding pathway stays open to them; `stops` then says that stopping is as good.
    """
    bench = Bench({}, answers, thresholds)
    judged = [(row, bench.judge(row["test"])) for row in stop_rules()]
    effort = next((option for option in EFFORTS if answers.holds("effort", option)), None)
    asked = dict.fromkeys(question for _, found in judged if found.holds is None for question in found.ask)
    return Preferences(
        priorities=tuple(one for one in questions()["priorities"].options if answers.holds("priorities", one)),
        effort=effort,
        worth_more=answers.holds("worth_more"),
        stops=tuple(_stop(row) for row, found in judged if found.holds),
        open_stops=tuple(asked),
        answered=len(answers),
    )


@cache
def stop_rules() -> tuple[Mapping[str, Any], ...]:
    """Return the stop rules as they stand in the data; ST-06 is judged in `pathways`, on the blocks."""
    text = resources.files(__package__).joinpath("pathways.toml").read_text(encoding="utf-8")
    rows = tuple(tomllib.loads(text)["stop"])
    if faults := [
        f"{row['id']}: {fault}" for row in rows for leaf in leaves(row["test"]) for fault in leaf_faults(leaf, set())
    ]:
        raise LaepError("The stop rules that ship with laep are broken: " + "; ".join(faults))
    return rows


def _stop(row: Mapping[str, Any]) -> Stop:
    return Stop(**{key: value for key, value in row.items() if key != "test"})
