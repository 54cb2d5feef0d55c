"""The sections of the report: each says its figures and its rows, and has a template of the same name."""

from laep.report.sections import (
    assets,
    assumptions,
    baseline,
    blocks,
    check,
    energy,
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
    starter,
    unknown,
)

SECTIONS = (
    one_page, baseline, energy, homes, network, solar, sites, assets, segments, money, blocks, pathway, unknown,
    assumptions, sources, glossary, check,
)  # fmt: skip
"""Modules in the order of the report; each has `TITLE` and `rows(material)`."""
STARTER = (starter, network, sources, glossary, check)
"""Modules in the order of the page of a place without outlines of buildings; the network's only where some is known."""
REGISTERING = (baseline, energy, homes, network, solar, sites, assets, segments, money, blocks, pathway, unknown)
"""Those with numbers of their own; each has `figures(book)`, and later ones may lean on figures of earlier ones."""
