"""Sites for shared assets: roofs and pieces of land that could host something, by who would own it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.book import where
from laep.report.cells import Column, Table, entries, missing, said
from laep.report.draw import maps
from laep.report.labels import UNNAMED, site_called
from laep.report.layers import absent, each
from laep.report.sections.solar import ROOF, YIELD
from laep.report.stations import guessed
from laep.schema.vocabulary import LEVEL_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.cells import Part, Row
    from laep.report.material import Material
    from laep.report.printer import Printer

TITLE = "Sites for shared assets"
SHOWN = {"community": 15, "corporate": 8, "not_known": 8}
"""Owner -> sites listed; the layer holds them all."""
_HEADINGS = {
    "community": "Where a community asset could go",
    "corporate": "Where a company or farm could host one",
    "not_known": "Where nobody says whose the place is",
}
_CONNECTION = ("net.connection.lv_max_kw", "net.connection.lv_gbp", "net.connection.hv_gbp")
_KINDS = {
    "school": "School", "hall": "Hall", "worship": "Place of worship", "club": "Club", "library": "Library",
    "health": "Health centre", "pub": "Pub", "shop": "Shop", "civic": "Public building", "sport": "Sports ground",
    "leisure": "Sport and leisure", "allotments": "Allotments", "car_park": "Car park", "industry": "Industry",
    "farm": "Farm", "office": "Office", "hotel": "Hotel or pub", "flats": "Block of flats",
}  # fmt: skip
_RULES = {
    "homes": "too near to homes", "buildings": "buildings", "roads": "roads and their verges", "paths": "paths",
    "waterways": "rivers, streams and canals", "overhead_lines": "overhead lines",
    "too_small": "pieces too small to fence", "woodland": "woodland", "water": "water", "cemetery": "cemeteries",
    "construction": "building sites",
}  # fmt: skip
"""What takes land away that is no designation; those have names of their own."""
_SETBACKS = (
    "site.setback.solar.home_m", "site.setback.solar.building_m", "site.setback.solar.road_m",
    "site.setback.solar.path_m", "site.setback.solar.water_m", "site.setback.solar.line_m", "site.land.min_piece_ha",
)  # fmt: skip
_TECHNOLOGIES = {"rooftop_pv": "on the roof", "ground_pv": "on the ground", "carport_pv": "over parked cars"}


def figures(book: Book) -> None:
    """Add the sites by owner, and what each could carry and make."""
    sites = book.layer("site_anchor")
    if sites is None:
        return
    _owners(book, sites)
    _each_site(book, sites)
    _land(book)


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames = material.frames
    chosen = numbered(frames)
    drawn = [(number, site.owner_kind, site.geometry) for number, site in chosen]
    name = f"Sites in {material.name}"
    return {
        "groups": groups(frames, material.show),
        "methods": "" if absent(frames, "site_anchor") else "; ".join(sorted(frames["site_anchor"]["method"].unique())),
        "map": maps.sites(material.ground, frames, drawn, name="map-sites", title=name)
        if drawn and material.ground
        else None,
        "unchecked": absent(frames, "in_constraint"),
        "land": _ruled_out(frames, material.show),
    }


def _land(book: Book) -> None:
    """Add how much land was looked at, what rules out how much of it, and what is left."""
    removed = book.layer("site_removed")
    rules = [] if removed is None else sorted(removed["rule"].unique())
    for rule in rules:
        book.total(
            f"land.removed.{rule}", f"Land ruled out: {_RULES.get(rule, rule)}", "site_removed", "area_ha", "ha",
            rows=where(rule=rule), assumptions=_SETBACKS,
        )  # fmt: skip
    book.total("land.left", "Land left for panels", "site_land", "left_ha", "ha", assumptions=_SETBACKS)


def _ruled_out(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table | None:
    """Return what takes how much of the fields and waste ground looked at, and what is left of them."""
    if absent(frames, "site_removed"):
        return None
    held = frames["site_removed"].drop_duplicates("rule").sort_values(["position", "rule"])
    taken = [entries(_RULES.get(rule, rule.replace("-", " ")), show(f"land.removed.{rule}")) for rule in held["rule"]]
    left = [entries("Left", show("land.left"))] if "land.left" in show else []
    columns = (Column("Fields and waste ground: what takes land away"), Column("Land", number=True))
    return Table(table_id="land-ruled-out", columns=columns, rows=(*taken, *left))


def numbered(frames: Mapping[str, pd.DataFrame]) -> list[tuple[int, Any]]:
    """Return the sites listed, numbered through: those of communities first, the largest of each before the others."""
    if absent(frames, "site_anchor"):
        return []
    ordered = frames["site_anchor"].sort_values(
        ["capacity_kwp", "site_id"], ascending=[False, True], na_position="last"
    )
    shown = [site for owner, most in SHOWN.items() for site in each(ordered[ordered["owner_kind"] == owner].head(most))]
    return list(enumerate(shown, start=1))


def groups(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[dict[str, Any]]:
    """Return the sites by who would own the asset: a heading, a table, and whether some are left out."""
    chosen = numbered(frames)
    if not chosen:
        return []
    sites = frames["site_anchor"]
    ids = words.slugs(sorted(sites["site_id"]))
    stands, checked = _stands(frames), not absent(frames, "in_constraint")
    return [
        {
            "heading": heading,
            "table": Table(
                table_id=f"sites-{owner}",
                columns=(
                    Column("Site"),
                    Column("Panels that fit", "Panels", number=True),
                    Column("Yield in a year", "In a year", number=True),
                    Column("Would connect to", "Connects to"),
                    Column("Check first"),
                ),
                rows=tuple(
                    _site(n, site, f"site.{ids[site.site_id]}", stands, show, checked=checked) for n, site in theirs
                ),
            ),
            "left": int((sites["owner_kind"] == owner).sum()) > len(theirs),
        }
        for owner, heading in _HEADINGS.items()
        for theirs in [[(n, site) for n, site in chosen if site.owner_kind == owner]]
        if theirs
    ]


def _stands(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return what each substation is called; one that serves the place by a guess is said to."""
    named = {row.substation_id: row.name for row in each(frames.get("in_substation")) if words.known(row.name)}
    doubted = {one: f"{named[one]}, the nearest known" for one in guessed(frames) if one in named}
    return named | doubted


def kind_words(kind: str) -> str:
    """Return what a place for an asset is."""
    return _KINDS.get(kind, str(kind).replace("_", " ").capitalize())


def _site(number: int, site: Any, stem: str, stands: Mapping[str, str], show: Printer, *, checked: bool) -> Row:
    """Return the row of a site; `checked` is whether protected places were read at all."""
    kind = kind_words(site.kind)
    how = f"{kind}, {_TECHNOLOGIES.get(site.technology, site.technology)}"
    sizes = (f"{stem}.capacity", f"{stem}.annual")
    return entries(
        said(f"{number}. {site_called(site, kind)}", notes=(how,)),
        *(show(figure_id) if figure_id in show else missing("not estimated") for figure_id in sizes),
        _connection(site, stem, stands, show) or missing(words.NOT_KNOWN),
        _cautions(site) or missing("nothing found so far" if checked else "not known: protected places were not read"),
    )


def _connection(site: Any, stem: str, stands: Mapping[str, str], show: Printer) -> list[Part]:
    """Return at which substation a site of its size would connect, and what that may cost."""
    if not words.known(site.connects_at):
        return []
    at = {"secondary": site.secondary_id, "primary": site.primary_id}.get(site.connects_at)
    level = LEVEL_NAMES[site.connects_at]
    named = f"{stands.get(str(at), UNNAMED)}, {level}" if words.known(at) else f"a {level}, which is not known"
    lines: list[Part] = [named]
    if f"{stem}.connection" not in show:
        return [*lines, "no price is known for one of this size"]
    if not show.value(f"{stem}.connection"):
        return [*lines, "so small that its operator is only told of it afterwards: no work on the network counted"]
    unless = " unless the supply there will do" if site.technology == "rooftop_pv" else ""
    return [*lines, said("in the order of ", show(f"{stem}.connection"), unless)]


def _cautions(site: Any) -> list[str]:
    cautions = [words.sentence(site.caution)] if words.known(site.caution) else []
    already = " ".join(cautions).casefold()
    touched = [part.replace("-", " ") for part in words.split(site.constraints)]
    untold = [part for part in touched if part not in already]
    return cautions + [f"Touches: {words.listed(untold)}."] * bool(untold)


def _owners(book: Book, sites: pd.DataFrame) -> None:
    """Add how many sites of each owner have a case, and what fits on them: a capacity, and a payback in its life."""
    held = book.layer("model_asset")
    pays = sites["capacity_kwp"] > 0
    if held is not None:
        paid = held[held["main"]].dropna(subset="payback_years")
        pays &= sites["site_id"].isin(paid["site_id"])
    for owner, theirs in sites[pays].groupby("owner_kind", sort=True):
        rows = f"site_id in {json.dumps(sorted(theirs['site_id']))}"
        words_of = str(owner).replace("_", " ")
        label = f"Sites with a case, owner {words_of}"
        book.count(f"sites.{owner}_count", label, "site_anchor", rows=rows, unit="sites", confidence="low")
        label = f"Solar capacity that fits on sites with a case, owner {words_of}"
        book.total(f"sites.{owner}_capacity", label, "site_anchor", "capacity_kwp", "kWp", rows=rows, assumptions=ROOF)


def _each_site(book: Book, sites: pd.DataFrame) -> None:
    ids = words.slugs(sorted(sites["site_id"]))
    held = book.layer("model_asset")
    whole = {} if held is None else {row.site_id: row for row in each(held[held["option"] == "largest"])}
    for row in each(sites):
        name, stem = site_called(row, kind_words(row.kind)), f"site.{ids[row.site_id]}"
        book.add(
            f"{stem}.capacity", f"Solar capacity that fits at {name}", row.capacity_kwp, "kWp",
            low=row.capacity_low_kwp, high=row.capacity_high_kwp, layer="site_anchor", rows=where(site_id=row.site_id),
            column="capacity_kwp", method="value", assumptions=ROOF, confidence=row.confidence,
        )  # fmt: skip
        if row.site_id in whole:
            _whole(book, stem, name, whole[row.site_id])


def _whole(book: Book, stem: str, name: str, asset: Any) -> None:
    """Add what a site could make with all that fits on it, and what a connection of that size may cost."""
    told = {"layer": "model_asset", "rows": where(site_id=asset.site_id, option=asset.option), "method": "value"}
    book.add(
        f"{stem}.annual", f"Electricity that {name} could make in a year", asset.annual_kwh, "kWh",
        low=asset.annual_low_kwh, high=asset.annual_high_kwh, column="annual_kwh", assumptions=YIELD,
        confidence=asset.confidence, **told,
    )  # fmt: skip
    book.add(
        f"{stem}.connection", f"What a connection of its size may cost at {name}", asset.connection_gbp, "GBP",
        low=asset.connection_low_gbp, high=asset.connection_high_gbp, column="connection_gbp",
        assumptions=_CONNECTION, confidence="low", **told,
    )  # fmt: skip
