"""The report as one HTML page that needs nothing else: no script, no network, no font to fetch."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup, escape

from laep import resources, words
from laep.report import (
    chosen_segments,
    figures,
    glossary,
    housing,
    legend,
    notes,
    pictures,
    summary,
    tables,
    tables_assumed,
    tables_network,
    tables_plan,
    unknowns,
)
from laep.report.draw.ground import ground as ground_plan
from laep.report.layers import absent
from laep.report.printer import Printer
from laep.schema import LAYERS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import pandas as pd

SECTIONS = (
    ("one-page", "{name} on one page"),
    ("baseline", "Where we are now"),
    ("network", "Room on the network"),
    ("solar", "Solar on roofs"),
    ("sites", "Sites for shared assets"),
    ("segments", "Pieces of network that might balance themselves"),
    ("money", "Money"),
    ("blocks", "Building blocks"),
    ("pathway", "A way forward"),
    ("unknown", "What we do not know"),
    ("assumptions", "What we assumed"),
    ("sources", "Where the data came from"),
    ("glossary", "Words and abbreviations"),
    ("check", "How to check a number"),
)
"""Sections of the report in order: id and title. Each has a template of its own."""

GUIDE_CAVEAT = (
    "Figures from the field guide are one consultant's rough planning values, and several were taken from ChatGPT. "
    "Use them to start a conversation, not to decide."
)


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
    skipped : mapping of step name to reason
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
    skipped: Mapping[str, str] = field(default_factory=dict)
    wishes: tuple[str, ...] = ()
    asked: str = ""
    served: tuple[tuple[str, str, str], ...] = ()


def report(inputs: ReportInputs) -> str:
    """Return the report as one self-contained HTML page."""
    frames = _complete(inputs)
    show = Printer(frames["plan_figure"])
    ground = ground_plan(frames, shared=True)
    rows = _tables(frames, show, inputs)
    html = (
        _environment()
        .get_template("report.html.j2")
        .render(
            place=inputs.name,
            version=inputs.laep_version,
            date=words.date(inputs.generated),
            sections=[(key, title.format(name=inputs.name)) for key, title in SECTIONS],
            wishes=[words.sentence(wish) for wish in inputs.wishes],
            asked=words.sentence(words.dated(inputs.asked)),
            show=show,
            has=_Has(frames, inputs),
            caveat=GUIDE_CAVEAT,
            guide_used=_guide_used(inputs.assumptions),
            ground=ground.definitions() if ground else "",
            maps=pictures.draw_maps(ground, frames, rows, name=inputs.name),
            charts=pictures.draw_charts(frames, rows),
            scenario_key=pictures.scenario_key(rows["years"]),
            **rows,
        )
    )
    html = html.replace(_INDEX_MARK, _index(show, html))
    linked, terms = glossary.link(html)
    return _tidy(linked.replace(_GLOSSARY_MARK, _glossary(terms)))


def _complete(inputs: ReportInputs) -> dict[str, pd.DataFrame]:
    """Return the layers with figures and unknowns, worked out here when the area does not hold them."""
    frames = dict(inputs.frames)
    if absent(frames, "plan_unknown"):
        frames["plan_unknown"] = unknowns.build(frames, inputs.skipped, assumptions=inputs.assumptions)
    if absent(frames, "plan_figure"):
        frames["plan_figure"] = figures.build(frames)
    if not absent(frames, "net_segment"):
        whole = frames["net_segment"]["kind"] == "area"
        frames["net_segment"] = frames["net_segment"].assign(
            name=frames["net_segment"]["name"].mask(whole, f"All of {inputs.name}")
        )
    shouted = _shouted(frames.get("in_substation"))
    calm = {layer: _calm(frame, _SHOUTED.get(layer, "")) for layer, frame in frames.items()}
    return calm | {layer: _quoted(calm[layer], shouted) for layer in _QUOTING if layer in calm}


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


def _shouted(substations: pd.DataFrame | None) -> dict[str, str]:
    """Return the names of substations that are published in capitals, and how the report spells them."""
    names = [] if substations is None else sorted(set(substations["name"].dropna().astype(str)), key=len, reverse=True)
    return {name: calm for name in names if (calm := words.titled(name)) != name}


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


_SENTENCES = {
    "name", "label", "criterion", "evidence", "ask", "headline", "needs_unmet", "redirect", "reasons_for",
    "reasons_against", "to_settle", "action", "why", "what", "matters", "find_out",
}  # fmt: skip


def _calm(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a layer whose names do not shout; ids stay as they are."""
    return frame.assign(**{column: frame[column].map(words.titled, na_action="ignore")}) if column else frame


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.templates() / "report"), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters["typed"] = typed
    environment.globals |= {"glossary_mark": _GLOSSARY_MARK, "index_mark": _INDEX_MARK}
    environment.globals |= {"page": legend.PAGE, "variables": legend.variables, "legend": legend}
    return environment


def typed(text: object) -> Markup:
    """Return text in which what stands between back-ticks is shown as something to type."""
    parts = re.split(r"`([^`]*)`", str(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )


class _Has:
    """Says which layers are there, and for those that are not, why and what to type."""

    def __init__(self, frames: Mapping[str, pd.DataFrame], inputs: ReportInputs) -> None:
        self._frames = frames
        self._skipped = inputs.skipped
        self._served = inputs.served

    def __call__(self, layer: str) -> bool:
        return not absent(self._frames, layer)

    def gap(self, layer: str) -> str:
        """Return what to do about a missing layer, by the sources of the operator the place is on."""
        return notes.for_operator(self._advice(layer), self._served)

    def _advice(self, layer: str) -> str:
        reason = self._skipped.get(LAYERS[layer].written_by, "")
        if layer in unknowns.INPUTS:
            return unknowns.INPUTS[layer][2]
        root = next((name for name in _ROOTS.get(layer, ()) if not self(name)), None)
        if root:
            return unknowns.INPUTS[root][2]
        return words.sentence(reason) or "Type `laep run`, then `laep report`."


_ROOTS = {
    "model_demand": ("in_building",),
    "model_month": ("in_building", "in_weather"),
    "model_profile": ("in_building", "in_weather"),
    "model_solar": ("in_building", "in_weather"),
    "model_finance": ("in_building", "in_weather", "in_place", "in_land"),
    "model_balance": ("in_building", "in_substation", "in_weather"),
    "net_segment": ("in_building", "in_substation"),
    "site_anchor": ("in_building", "in_land"),
    "link_substation": ("in_substation",),
    "model_headroom": ("in_headroom",),
}


def _guide_used(assumptions: pd.DataFrame) -> bool:
    return not assumptions.empty and bool(assumptions["confidence"].isin(["guide", "guide_chatgpt"]).any())


def _tables(frames: Mapping[str, pd.DataFrame], show: Printer, inputs: ReportInputs) -> dict[str, Any]:
    return {
        "verdict": summary.verdict(frames, show, name=inputs.name),
        "numbers": summary.numbers(frames, show),
        "promising": summary.promising(frames, show),
        "holding_back": summary.holding_back(frames, show),
        "first_actions": summary.first_actions(frames),
        "chosen": summary.chosen(frames),
        "uses": tables.uses(frames, show),
        "tenure": tables.tenure(show),
        "housing": housing.tables(frames, show),
        "existing": tables.existing(frames, show),
        "serving": tables_network.serving(frames, show),
        "substations": tables_network.substations(frames, show),
        "years": tables_network.scenario_years(frames, show),
        "streets": tables_network.street_substations(frames, show),
        "street_verdicts": tables_network.street_verdicts(show),
        "operators": notes.operators(frames, inputs.served),
        "use_told": notes.use(frames),
        "use_gap": notes.use_gap(frames),
        "segments_from": notes.segments(frames),
        "roof_flags": notes.roof_flags(show),
        "roofs_caption": notes.roofs_caption(frames),
        "shade_told": notes.shade(show),
        "curtailment": tables_network.curtailment(frames, show),
        "flexibility": tables_network.flexibility(frames),
        "screening": tables_network.screening(frames, show),
        "screening_basis": tables_network.screening_basis(frames),
        "binding_levels": tables_network.binding_levels(frames),
        "solar_uses": tables.solar_uses(show),
        "solar_methods": tables.solar_methods(frames, show),
        "sites": tables.sites(frames, show),
        "segments": tables.segments(frames, show),
        "balancing": chosen_segments.table(frames, show),
        "offers": tables.finance(frames, show, ("home_pv", "home_pv_battery")),
        "site_money": tables.finance(frames, show, ("site_pv",)),
        "batteries": tables.finance(frames, show, ("segment_battery",)),
        "groups": tables_plan.blocks(frames),
        "pathways": tables_plan.pathways(frames, show),
        "stages": tables_plan.stages(frames),
        "unknown": [
            {**row, "find_out": notes.for_operator(row["find_out"], inputs.served)}
            for row in frames["plan_unknown"].sort_values("weight").to_dict("records")
        ],
        "assumptions": tables_assumed.assumptions(inputs.assumptions),
        "sources": tables_plan.sources(inputs.provenance),
        "month_names": [words.month(n) for n in range(1, 13)],
    }


_GLOSSARY_MARK = "<!-- glossary -->"
_INDEX_MARK = "<!-- index -->"


def _index(show: Printer, html: str) -> str:
    """Return the index of every figure that the page prints."""
    printed = sorted(set(re.findall(r'data-figure="([^"]+)"', html)), key=_natural)
    row = Markup(
        '<li id="figure.{id}"><code>{id}</code> <b>{value}</b> {label}. '
        "<small>{source}; confidence {confidence}.</small></li>"
    )
    return str(Markup("\n").join(row.format(**show.entry(figure_id)) for figure_id in printed))


def _natural(figure_id: str) -> list[tuple[int, str]]:
    """Return a key that sorts month 10 after month 9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", figure_id)]


def _glossary(terms: Mapping[str, str]) -> str:
    entries = [
        Markup('<div id="{}"><dt>{}</dt><dd>{}</dd></div>').format(glossary.anchor(term), term, meaning)
        for term, meaning in terms.items()
    ]
    return str(Markup("\n").join(entries))


def _tidy(html: str) -> str:
    """Return the page without blank lines and trailing spaces, percentages spelled one way."""
    spelled = re.sub(r"(?<=\d)[ \u00a0]%", "%", html)
    return "\n".join(line.rstrip() for line in spelled.splitlines() if line.strip()) + "\n"
