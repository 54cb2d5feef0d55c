"""The sections of the report: each says its figures and its rows, and has a template of the same name."""

from laep.report.sections import (
    assets,
    assumptions,
    baseline,
    blocks,
    check,
    glossary,
    homes,
    money,
    network,
    one_page,
    pathway,
    segments,
    sites,
    solar,
    sources,
    unknown,
)

SECTIONS = (
    one_page, baseline, homes, network, solar, sites, assets, segments, money, blocks, pathway, unknown, assumptions,
    sources, glossary, check,
)  # fmt: skip
"""Modules in the order of the report; each has `TITLE` and `rows(material)`."""
REGISTERING = (baseline, homes, network, solar, sites, assets, segments, money, blocks, pathway, unknown)
"""Those with numbers of their own; each has `figures(book)`, and later ones may lean on figures of earlier ones."""
