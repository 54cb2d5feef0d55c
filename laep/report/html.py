"""The report as one HTML page that needs nothing else: no script, no network, no font to fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from laep import resources, words
from laep.report import legend, markup
from laep.report.layers import absent
from laep.report.material import prepare
from laep.report.sections import SECTIONS, STARTER, assumptions, network, one_page, starter

if TYPE_CHECKING:
    from types import ModuleType

    from laep.report.cells import Sentence
    from laep.report.material import Material, ReportInputs

GUIDE_CAVEAT = (
    "Figures from the field guide are one consultant's rough planning values, and several were taken from ChatGPT. "
    "Use them to start a conversation, not to decide."
)
_GLOSSARY_MARK = "<!-- glossary -->"
_INDEX_MARK = "<!-- index -->"


def report(inputs: ReportInputs) -> str:
    """Return the report as one self-contained HTML page."""
    material = prepare(inputs)
    environment = _environment(material)
    begins = starter.due(material.frames)
    shown = _of_starter(material) if begins else SECTIONS
    html = environment.get_template("report.html.j2").render(
        version=inputs.laep_version,
        date=words.date(inputs.generated),
        kind="Starter for a local area energy plan" if begins else "Local area energy plan",
        verdict=starter.verdict(material.name) if begins else _verdict(material),
        ground=material.ground.definitions() if material.ground and not begins else "",
        sections=[_section(module, material, environment) for module in shown],
    )
    html = html.replace(_INDEX_MARK, markup.index(material.show, html))
    linked, terms = markup.link_terms(html)
    return markup.tidy(linked.replace(_GLOSSARY_MARK, markup.terms(terms)))


def _of_starter(material: Material) -> tuple[ModuleType, ...]:
    known = any(not absent(material.frames, layer) for layer in ("in_substation", "in_headroom", "model_headroom"))
    return tuple(module for module in STARTER if known or module is not network)


def _verdict(material: Material) -> Sentence:
    return one_page.verdict(material.frames, material.show, name=material.name)


def _section(module: ModuleType, material: Material, environment: jinja2.Environment) -> dict[str, str]:
    """Return the id, title and HTML of a section."""
    name = module.__name__.rpartition(".")[2]
    template = environment.get_template(f"sections/{name}.html.j2")
    return {
        "id": name.replace("_", "-"),
        "title": module.TITLE.format(name=material.name),
        "html": Markup(template.render(**module.rows(material))),  # noqa: S704 - the template escaped it
    }


def _environment(material: Material) -> jinja2.Environment:
    """Return what templates are read with; cells, sentences and tables print as HTML wherever they stand."""
    html = markup.Html(material.show)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.templates() / "report"), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined, finalize=html,
    )  # fmt: skip
    environment.filters["table"] = html.table
    environment.globals |= {
        "place": material.name,
        "has": material.advice,
        "caveat": GUIDE_CAVEAT,
        "guide_used": assumptions.guide_used(material.inputs.assumptions),
        "page": legend.PAGE,
        "variables": legend.variables,
        "glossary_mark": _GLOSSARY_MARK,
        "index_mark": _INDEX_MARK,
    }
    return environment
