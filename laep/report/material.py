"""What the sections of a report are made from: the layers made ready for readers, and what else is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laep import words
from laep.report import register
from laep.report.advice import Advice
from laep.report.draw.ground import ground
from laep.report.layers import absent
from laep.report.printer import Printer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import pandas as pd

    from laep.events import Skipped
    from laep.report.draw.ground import Ground


@dataclass(frozen=True, kw_only=True)
class ReportInputs:
    """
    What the report is made from.

    Attributes
    ----------
    frames : mapping of layer name to DataFrame
        The layers the area holds; any may be absent.
    provenance, assumptions : DataFrame
        Rows of `laep_provenance` and `laep_assumption`.
    name : str
        The place.
    laep_version : str
        Version of laep that made the report.
    generated : date
        The day it was made.
    skipped : tuple of Skipped
        Steps that could not run.
    wishes : tuple of str
        What residents said they want, in their order.
    asked : str
        Who was asked, how many answered and when, in words; empty when it is not known.
    served : tuple of (licence area, operator, confidence)
        Whose network the place is on, for an area without layer `in_licence_area`.
    """

    frames: Mapping[str, pd.DataFrame]
    provenance: pd.DataFrame
    assumptions: pd.DataFrame
    name: str
    laep_version: str
    generated: dt.date
    skipped: tuple[Skipped, ...] = ()
    wishes: tuple[str, ...] = ()
    asked: str = ""
    served: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Material:
    """
    What every section is handed.

    Attributes
    ----------
    inputs : ReportInputs
        What was handed in.
    frames : mapping of layer name to DataFrame
        The layers, with figures and unknowns, names no longer in capitals.
    show : Printer
        Makes the cells that print figures.
    ground : Ground or None
        The plan that the maps share.
    """

    inputs: ReportInputs
    frames: Mapping[str, pd.DataFrame]
    show: Printer
    ground: Ground | None

    @property
    def name(self) -> str:
        """Return the name of the place."""
        return self.inputs.name

    @property
    def advice(self) -> Advice:
        """Return who says what to do about a missing layer."""
        return Advice(self.frames, self.inputs.skipped, self.inputs.served)


def prepare(inputs: ReportInputs) -> Material:
    """Return the layers with figures and unknowns, worked out here where the area does not hold them, and the rest."""
    frames = dict(inputs.frames)
    if absent(frames, "plan_unknown"):
        frames["plan_unknown"] = register.unknowns(frames, inputs.skipped, assumptions=inputs.assumptions)
    if absent(frames, "plan_figure"):
        frames["plan_figure"] = register.figures(frames)
    if not absent(frames, "net_segment"):
        whole = frames["net_segment"]["kind"] == "area"
        frames["net_segment"] = frames["net_segment"].assign(
            name=frames["net_segment"]["name"].mask(whole, f"All of {inputs.name}")
        )
    calm = _calmed(frames)
    return Material(
        inputs=inputs, frames=calm, show=Printer(calm["plan_figure"]), ground=ground(calm, shared=True)
    )  # fmt: skip


_SHOUTED = {
    "in_substation": "name",
    "in_supply_area": "substation_name",
    "link_substation": "name",
    "model_headroom": "name",
    "net_segment": "name",
    "model_finance": "name",
}
"""Columns with names that some operators publish in capitals."""
_QUOTING = ("model_finance", "plan_figure", "plan_rule", "plan_block", "plan_pathway", "plan_action", "plan_unknown")
"""Layers whose sentences quote the names of substations."""
_SENTENCES = {
    "name", "label", "criterion", "evidence", "ask", "headline", "needs_unmet", "redirect", "reasons_for",
    "reasons_against", "to_settle", "action", "why", "what", "matters", "find_out",
}  # fmt: skip


def _calmed(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return layers in which no name shouts; ids stay as they are."""
    shouted = _shouted(frames.get("in_substation"))
    calm = {layer: _calm(frame, _SHOUTED.get(layer, "")) for layer, frame in frames.items()}
    return calm | {layer: _quoted(calm[layer], shouted) for layer in _QUOTING if layer in calm}


def _shouted(substations: pd.DataFrame | None) -> dict[str, str]:
    """Return the names of substations that are published in capitals, and how the report spells them."""
    listed = () if substations is None else sorted(set(substations["name"].dropna().astype(str)))
    names = sorted(listed, key=len, reverse=True)
    return {name: calm for name in names if (calm := words.titled(name)) != name}


def _calm(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].map(words.titled, na_action="ignore")}) if column else frame


def _quoted(frame: pd.DataFrame, shouted: Mapping[str, str]) -> pd.DataFrame:
    """Return a layer with the names its sentences quote no longer in capitals; ids, which are one word, stay."""
    if not shouted or frame.empty:
        return frame
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, shouted))})\b")
    told = [name for name in frame.columns if name in _SENTENCES]
    return frame.assign(
        **{
            name: frame[name].map(lambda text: pattern.sub(lambda found: shouted[found[0]], text), na_action="ignore")
            for name in told
        }
    )
