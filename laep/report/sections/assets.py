"""What each place could become: sizes that fit, what they cost and bring, who gains, and what that hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from laep import words
from laep.report.book import where
from laep.report.cells import Column, Table, entries, missing, said
from laep.report.draw import charts
from laep.report.labels import site_called
from laep.report.layers import absent, each
from laep.report.sections.sites import kind_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.cells import Entry, Row, Sentence
    from laep.report.material import Material
    from laep.report.printer import Printer

TITLE = "What each place could become"
SHOWN = 12
"""Places in the first table, those worth most first; the layers hold them all."""
_SIZED, _OWNED = 5, 2
"""Places whose other sizes, and whose ways of owning, are set side by side."""
_CHARTED = 7
_WORTH_A_WORD = 0.01
"""A chance of loss below this is not spelled out."""
_RISKS = 3
_OPTIONS = {
    "best_value": "worth most", "largest": "the most that fits on the place",
    "fits_now": "the most that connects today",
    "export_limited": "the most, with what it sends out held to the room there is",
    "after_works": "the most once published works are done",
}  # fmt: skip
_OWNERSHIPS = {
    "host": "Whoever holds the place pays for it", "host_loan": "Whoever holds the place borrows for it",
    "community_shares": "People here buy shares in it", "company": "A company builds it",
    "shared": "A company and a community share it", "landlord": "A landlord builds it for those who rent",
    "service": "A provider pays for all and sells the power",
}  # fmt: skip
_QUANTITIES = {
    "build": "the cost of building", "connection": "the cost of connecting", "upkeep": "the running cost",
    "part": "the cost of parts", "part_years": "how long parts last",
    "output": "the sun of a year and what is lost of it",
    "use": "how much is used there", "saved": "the price of power saved", "sold": "the price of power sold",
    "years": "how long it lasts", "fade": "how fast it ages",
}  # fmt: skip
_PAYERS = ("host", "members", "company", "society", "landlord", "provider")
"""Parties that put money in, but for who lends."""
_PRICES = ("tariff.business.elec_p_kwh", "tariff.export.ppa_community")
_KIT = {
    "rooftop_pv": ("pv.opex_gbp_per_kw_yr.community_roof", "pv.inverter.gbp_per_kw", "pv.inverter.years"),
    "ground_pv": ("solar_farm.capex_gbp_per_kw.1_5mw", "solar_farm.opex_gbp_per_kw_yr", "solar_farm.row_shade"),
    "carport_pv": ("site.carport.capex_gbp_per_kw", "site.carport.tilt_deg"),
}
_OWN = (
    "own.shares.interest", "own.loan.share", "own.loan.interest", "own.host_pays_share",
    "own.company.fund_gbp_per_kw_yr",
)  # fmt: skip


class _Part(NamedTuple):
    """A figure of one size: its column, unit, label and whether it has ends of its own."""

    column: str
    unit: str
    label: str
    spread: bool = False


_PARTS = {
    "capacity": _Part("capacity_kw", "kW", "Capacity"),
    "rating": _Part("rating_kw", "kW", "What of it counts on the network"),
    "limit": _Part("export_limit_kw", "kW", "Most it sends out at a time"),
    "room": _Part("room_kw", "kW", "Room for it today"),
    "annual": _Part("annual_kwh", "kWh", "Output used or sent out in a year", spread=True),
    "used": _Part("used_kwh", "kWh", "Of its output, used on the place"),
    "cost": _Part("build_gbp", "GBP", "Cost of building, before VAT", spread=True),
    "connection": _Part("connection_gbp", "GBP", "Cost of a connection", spread=True),
    "upkeep": _Part("upkeep_gbp_per_yr", "GBP/yr", "Running cost", spread=True),
    "saved": _Part("saved_gbp_per_yr", "GBP/yr", "Saved on the place in the first year"),
    "sold": _Part("sold_gbp_per_yr", "GBP/yr", "Earned by power sent out in the first year"),
    "npv": _Part("npv_gbp", "GBP", "Net present value", spread=True),
    "loss_chance": _Part("loss_chance", "share", "Chance that it is worth less than it costs"),
    "payback": _Part("payback_years", "years", "When it has paid back for good"),
    "levelised": _Part("levelised_p_per_kwh", "p/kWh", "Cost of what it makes"),
    "carbon": _Part("carbon_kg", "kgCO2e/yr", "Emissions avoided in the first year"),
}


def figures(book: Book) -> None:
    """Add every size of every place, and what each party gains by the main one."""
    held, sites = book.layer("model_asset"), book.layer("site_anchor")
    if held is None or sites is None:
        return
    names = {row.site_id: _name(row) for row in each(sites)}
    stems = _stems(sites)
    for row in each(held[held["site_id"].isin(sites["site_id"])]):
        stem, rows = _stem(row, stems), where(site_id=row.site_id, option=row.option)
        for part, told in _PARTS.items():
            _add(book, f"{stem}.{part}", f"{told.label}, {names[row.site_id]}", row, told, rows)
    _owner_figures(book, stems, names)


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames, show = material.frames, material.show
    if absent(frames, "model_asset") or absent(frames, "site_anchor"):
        return {"main": None}
    places = _places(frames)
    main = [row for row in places if row.main]
    pays = [row for row in main if words.known(row.npv_gbp) and row.npv_gbp > 0]
    several = {row.site_id for row in places if not row.main}
    return {
        "main": _main(main[:SHOWN], show),
        "left": max(len(main) - SHOWN, 0),
        "loses": len([row for row in main if words.known(row.npv_gbp)]) - len(pays),
        "options": _options([row for row in places if row.site_id in _first(main, several, _SIZED)], show),
        "owners": [_owners(frames, row, show) for row in pays[:_OWNED]],
        "risks": _risks(frames, pays[:_OWNED]),
        "chart_of": _chart(pays),
        "method": main[0].method if main else "",
    }


def _add(book: Book, figure_id: str, label: str, row: Any, told: _Part, rows: str) -> None:
    stem, unit = told.column.split("_", 1)
    low, high = ((getattr(row, f"{stem}_{end}_{unit}") if told.spread else None) for end in ("low", "high"))
    priced = told.unit in ("GBP", "GBP/yr", "years", "p/kWh") or told.column == "loss_chance"
    book.add(
        figure_id, label, getattr(row, told.column), told.unit, low=low, high=high, layer="model_asset", rows=rows,
        column=told.column, method="value", assumptions=(*_KIT.get(row.technology, ()), *(_PRICES if priced else ())),
        confidence=row.confidence,
    )  # fmt: skip


def _owner_figures(book: Book, stems: Mapping[str, str], names: Mapping[str, str]) -> None:
    for row in each(book.layer("model_asset_owner")):
        if row.site_id not in stems:
            continue
        stem = f"asset.{stems[row.site_id]}.{row.ownership}.{row.party}"
        rows = where(site_id=row.site_id, ownership=row.ownership, party=row.party)
        who = words.sentence(row.party.replace("_", " ")).rstrip(".")
        for part, column, unit, label in (
            ("paid_in", "paid_in_gbp", "GBP", "put in"),
            ("first_year", "first_year_gbp", "GBP/yr", "gained in the first year"),
            ("life", "life_gbp", "GBP", "gained in its life"),
        ):
            book.add(
                f"{stem}.{part}", f"{who}: {label}, {names[row.site_id]}",
                getattr(row, column), unit, layer="model_asset_owner", rows=rows, column=column, method="value",
                assumptions=(*_OWN, *_PRICES), confidence="low",
            )  # fmt: skip


def _places(frames: Mapping[str, pd.DataFrame]) -> list[Any]:
    """Return every size of every place with the place's name and kind, the places worth most first."""
    sites = frames["site_anchor"][["site_id", "name", "near", "kind", "owner_kind"]]
    held = frames["model_asset"].merge(sites, on="site_id")
    main = held[held["main"]].set_index("site_id")["npv_gbp"]
    held = held.assign(stem=held["site_id"].map(_stems(frames["site_anchor"])), worth=held["site_id"].map(main))
    return list(each(held.sort_values(["worth", "site_id", "main", "option"], ascending=[False, True, False, True])))


def _first(main: list[Any], among: set[str], most: int) -> set[str]:
    return set([row.site_id for row in main if row.site_id in among][:most])


def _main(chosen: list[Any], show: Printer) -> Table:
    return Table(
        table_id="assets-main",
        columns=(
            Column("Place and size"),
            Column("Cost, with connection where it needs one", "Cost", number=True),
            Column("Saved and earned in the first year, less running cost", "First year", number=True),
            Column("Paid back after", number=True),
            Column("Net present value: middle, and one chance in ten on either side", "Worth", number=True),
            Column("Does the network take it?", "Network"),
        ),
        rows=tuple(_main_row(row, show) for row in chosen),
    )


def _main_row(row: Any, show: Printer) -> Row:
    stem = _stem(row, {row.site_id: row.stem})
    on_land = row.technology != "rooftop_pv" and f"{stem}.connection" in show
    connection = [said("and ", show(f"{stem}.connection"), " to connect")] if on_land else []
    return entries(
        said(_name(row), notes=[said(show(f"{stem}.capacity"), f", {_OPTIONS[row.option]}")]),
        [said(show(f"{stem}.cost")), *connection],
        [
            said(show(f"{stem}.saved"), " saved"),
            said(show(f"{stem}.sold"), " sold"),
            said("less ", show(f"{stem}.upkeep")),
        ],
        show(f"{stem}.payback"),
        [said(show(f"{stem}.npv")), *_chance(row, stem, show)]
        if f"{stem}.npv" in show
        else missing("no price for its connection"),
        _fits(row, stem, show),
    )


def _chance(row: Any, stem: str, show: Printer) -> list[Sentence]:
    """Return in how many cases it is worth less than it costs, where that is worth a word."""
    if not row.loss_chance >= _WORTH_A_WORD:
        return []
    return [said("worth less than it costs in ", show(f"{stem}.loss_chance"), " of cases")]


def _fits(row: Any, stem: str, show: Printer) -> Entry:
    if not words.known(row.fits):
        return missing("nothing is published for it")
    if row.fits:
        return said("Yes: room for ", show(f"{stem}.room"))
    later = f" It would from {int(row.fits_from_year)} on." if words.known(row.fits_from_year) else ""
    return said("Not today: room for ", show(f"{stem}.room"), f".{later}" if later else "")


def _options(chosen: list[Any], show: Printer) -> Table:
    """Return the sizes that the first places could have, side by side."""
    return Table(
        table_id="assets-options",
        columns=(
            Column("Place"),
            Column("Size"),
            Column("In a year", number=True),
            Column("Of that used there", "Used there", number=True),
            Column("Net present value", "Worth", number=True),
            Column("Network"),
        ),
        rows=tuple(
            entries(
                _name(row),
                said(show(f"{stem}.capacity"), notes=[_OPTIONS[row.option]]),
                show(f"{stem}.annual"),
                show(f"{stem}.used"),
                show(f"{stem}.npv") if f"{stem}.npv" in show else missing("not known"),
                _fits(row, stem, show),
            )
            for row in chosen
            for stem in [_stem(row, {row.site_id: row.stem})]
        ),
    )


def _owners(frames: Mapping[str, pd.DataFrame], place: Any, show: Printer) -> dict[str, Any]:
    """Return who pays and gains by one place, under each way of owning it."""
    held = frames["model_asset_owner"]
    theirs = held[held["site_id"] == place.site_id]
    table = Table(
        table_id=f"assets-owners-{place.stem}",
        columns=(
            Column("How it is owned"), Column("Put in", number=True), Column("The place gains a year", number=True),
            Column("Who put money in gains a year", "Payers gain", number=True),
            Column("A community fund gains in its life", "Fund", number=True), Column("What to watch"),
        ),
        rows=tuple(
            _owner_row(name, list(each(theirs[theirs["ownership"] == name])), f"asset.{place.stem}.{name}", show)
            for name in _OWNERSHIPS
            if (theirs["ownership"] == name).any()
        ),
    )  # fmt: skip
    return {"name": _name(place), "table": table}


def _owner_row(ownership: str, parties: list[Any], stem: str, show: Printer) -> Row:
    named = {row.party: row for row in parties}
    payers = [party for party in _PAYERS if party in named and named[party].paid_in_gbp > 0]
    others = [party for party in payers if party != "host"]
    return entries(
        _OWNERSHIPS[ownership],
        [said(show(f"{stem}.{party}.paid_in")) for party in payers],
        show(f"{stem}.host.first_year"),
        [said(show(f"{stem}.{party}.first_year")) for party in others] or "the same",
        show(f"{stem}.community_fund.life") if "community_fund" in named else "nothing",
        _watch(named),
    )


def _watch(parties: Mapping[str, Any]) -> Entry:
    """Return what could go wrong under one way of owning: a thin cover, an empty account, shares not paid back."""
    one = next(iter(parties.values()))
    said_of = []
    if words.known(one.cover):
        said_of.append(f"The worst year brings {one.cover:.1f} times what the loan takes.")
    if words.known(one.shortest_gbp) and one.shortest_gbp < -1:
        said_of.append("In some years its account would be empty.")
    if words.known(one.unpaid_gbp) and one.unpaid_gbp > 1:
        said_of.append("It could not pay all shares back.")
    return said_of or "nothing by these numbers"


def _risks(frames: Mapping[str, pd.DataFrame], places: list[Any]) -> list[str]:
    """Return in a sentence a place what moves its worth most."""
    if absent(frames, "model_asset_risk"):
        return []
    held = frames["model_asset_risk"].sort_values(["site_id", "rank"])
    told = []
    for place in places:
        first = held[held["site_id"] == place.site_id].head(_RISKS)
        if len(first):
            named = words.listed([_QUANTITIES[name] for name in first["quantity"]])
            told.append(f"What the worth of {_name(place)} hangs on most: {named}.")
    return told


def _chart(pays: list[Any]) -> str | None:
    if not pays:
        return None
    drawn = [
        charts.Whisker(_name(row), row.npv_gbp / 1000, row.npv_low_gbp / 1000, row.npv_high_gbp / 1000)
        for row in pays[:_CHARTED]
    ]
    return charts.whiskers(
        drawn, unit="Net present value, thousand pounds", name="chart-worth", title="What places are worth",
        reader=words.number,
    )  # fmt: skip


def _name(row: Any) -> str:
    return site_called(row, kind_words(row.kind))


def _stem(row: Any, stems: Mapping[str, str]) -> str:
    """Return how the figure ids of one size begin; the main size is the place itself."""
    stem = f"asset.{stems[row.site_id]}"
    return stem if row.main else f"{stem}.{row.option}"


def _stems(sites: pd.DataFrame) -> dict[str, str]:
    return words.slugs(sorted(sites["site_id"]))
