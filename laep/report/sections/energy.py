"""Energy today: every carrier, what it is used for, what it costs and emits, what meters say, and who pays what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.report import legend
from laep.report.book import where
from laep.report.cells import Column, Sentence, Table, entries, joined, told
from laep.report.draw import charts, marks
from laep.report.layers import absent, each
from laep.schema.vocabulary import CARRIERS, END_USES, METERED_FUELS, SECTORS, TODAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.cells import Part
    from laep.report.material import Material
    from laep.report.printer import Printer

TITLE = "Energy today"
_AMOUNTS = {
    "annual": ("annual_kwh", "kWh", "Energy used in a year"),
    "cost": ("cost_gbp_per_yr", "GBP/yr", "What energy costs in a year"),
    "carbon": ("carbon_kgco2e_per_yr", "kgCO2e/yr", "Emissions of energy in a year"),
}
"""Last word of a figure -> column of `model_use`, unit and label."""
_PRICES = ("tariff.retail.elec_p_kwh", "tariff.retail.gas_p_kwh", "tariff.fuel.petrol_diesel_p_kwh")
_FACTORS = ("carbon.elec_2026", "carbon.fuel.gas", "carbon.fuel.petrol_diesel")
_LEAN = {"annual": ("demand.metered_doubt", "car.fuel_kwh_per_year"), "cost": _PRICES, "carbon": _FACTORS}
_TOPICS = {"tenure": "Who owns it", "rating": "Energy rating", "heating": "What heats it"}
_KINDS = {
    "owned": "Lived in by its owner", "social_rented": "Rented from a council or housing association",
    "private_rented": "Rented privately", "gas": "Mains gas", "no_gas": "No mains gas",
}  # fmt: skip
_LEAST_SHARE = 0.005  # a carrier below half a per cent of all energy is nought on the page
_PAYER = ("tariff.retail.elec_p_kwh", "tariff.retail.gas_p_kwh", "heat.efficiency.gas")


def figures(book: Book) -> None:
    """Add energy, cost and emissions by carrier, end use and user, what meters say, and what homes of a kind pay."""
    _sums(book)
    _homes(book)
    _metered(book)
    _years(book)
    _payers(book)


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames, show = material.frames, material.show
    return {
        "lede": _lede(show, material.name),
        "homes": _homes_told(show),
        "drawn": _chart(show),
        "carriers": _table("energy-carriers", "Carrier", {f"carrier.{name}": title for name, title in CARRIERS.items()},
                           show),
        "uses": _table("energy-uses", "Used for", {f"use.{name}": title for name, title in END_USES.items()}, show),
        "unheated": _unheated(frames),
        "meters": _meters(show),
        "meters_told": _meters_told(frames, show),
        "years": _years_table(frames, show),
        "poor": _poor(show),
        "payers": [_payer(frames, topic, title, show) for topic, title in _TOPICS.items()],
    }  # fmt: skip


def _sums(book: Book) -> None:
    if book.layer("model_use") is None:
        return
    for stem, label, rows in _groups():
        for name, (column, unit, what) in _AMOUNTS.items():
            book.total(
                f"energy.{stem}.{name}", f"{what}: {label}", "model_use", column, unit, rows=rows,
                assumptions=_LEAN[name], apart=True,
            )  # fmt: skip
    book.total(
        "energy.leaving", "What is spent on energy in a year and leaves the area", "model_use", "leaving_gbp_per_yr",
        "GBP/yr", rows=_today(), assumptions=("spend.stays_local_share", *_PRICES), apart=True,
    )  # fmt: skip


def _groups() -> list[tuple[str, str, str]]:
    """Return the sums of today that have figures: stem, what they are of, and their rows."""
    return [
        ("all", "all carriers", _today()),
        *((f"carrier.{one}", title.lower(), _today(carrier=one)) for one, title in CARRIERS.items()),
        *((f"use.{one}", title.lower(), _today(end_use=one)) for one, title in END_USES.items()),
        *((f"sector.{one}", title.lower(), _today(sector=one)) for one, title in SECTORS.items()),
    ]


def _today(**only: str) -> str:
    return where(scope="area", scenario=TODAY, **only)


def _homes(book: Book) -> None:
    """Add what energy costs a home on average; cars aside."""
    book.ratio(
        "energy.home.cost", "What a home pays for energy in a year on average, cars aside", "energy.sector.homes.cost",
        "homes.count", "GBP/yr", ranged=False,
    )  # fmt: skip
    book.ratio(
        "energy.home.annual", "Energy a home uses in a year on average, cars aside", "energy.sector.homes.annual",
        "homes.count", "kWh", ranged=False,
    )  # fmt: skip
    book.ratio("energy.gas.share", "Share of all energy that is mains gas", "energy.carrier.gas.annual",
               "energy.all.annual", ranged=False)  # fmt: skip


def _metered(book: Book) -> None:
    frame = book.layer("model_metered")
    if frame is None:
        return
    for row in each(frame[frame["scope"] == "area"]):
        rows = where(scope="area", fuel=row.fuel)
        for name, unit, what in (
            ("metered_kwh", "kWh", "as meters say"),
            ("modelled_kwh", "kWh", "as reckoned before meters are looked at"),
            ("meters", "count", "meters counted"),
            ("difference", "share", "reckoned over metered, less one"),
        ):
            stem = name.removesuffix("_kwh")
            book.add(
                f"energy.{row.fuel}.{stem}", f"{words.sentence(row.fuel).rstrip('.')} of homes: {what}",
                getattr(row, name), unit, layer="model_metered", rows=rows, column=name, method="value",
                confidence="high" if stem in ("metered", "meters") else "low",
            )  # fmt: skip


def _years(book: Book) -> None:
    frame = book.layer("model_use")
    if frame is None:
        return
    for year in later(frame):
        book.total(
            f"energy.same_use.{year}.carbon", f"Emissions of the same use in {year}", "model_use",
            "carbon_kgco2e_per_yr", "kgCO2e/yr", rows=where(scope="area", scenario="same_use", year=year),
            assumptions=(f"carbon.elec.{year}", *_FACTORS[1:]), apart=True,
        )  # fmt: skip


def later(frame: pd.DataFrame) -> list[int]:
    """Return the years to come for which the emissions of the same use are worked out."""
    return sorted(int(year) for year in frame.loc[frame["scenario"] == "same_use", "year"].unique())


def _payers(book: Book) -> None:
    frame = book.layer("model_payer")
    if frame is None:
        return
    for row in each(frame[~frame["hidden"].astype(bool)]):
        stem, rows = f"payer.{row.topic}.{row.category}", where(topic=row.topic, category=row.category)
        name = "all homes" if row.topic == "all" else _kind(row.category).lower()
        book.add(
            f"{stem}.bill", f"Mean cost of a year's energy in homes with a certificate: {name}", row.bill_gbp_per_yr,
            "GBP/yr", low=row.bill_low_gbp_per_yr, high=row.bill_high_gbp_per_yr, layer="model_payer", rows=rows,
            column="bill_gbp_per_yr", method="value", assumptions=_PAYER, confidence=row.confidence,
        )  # fmt: skip
        for column, unit, what in (
            ("homes", "homes", "Homes with a certificate"),
            ("poor_rating_share", "share", "Share rated D or worse"),
            ("no_gas_share", "share", "Share not heated by mains gas"),
        ):
            book.add(
                f"{stem}.{column}", f"{what}: {name}", getattr(row, column), unit, layer="model_payer", rows=rows,
                column=column, method="value", confidence="medium",
            )  # fmt: skip


def _kind(category: str) -> str:
    return _KINDS.get(category, f"Rated {category}")


def _lede(show: Printer, name: str) -> Sentence:
    if "energy.all.annual" not in show:
        return Sentence()
    whole = told(
        "In a year {} uses {} of energy of every kind, for {}, and so emits {}.",
        name, show("energy.all.annual"), show("energy.all.cost"), show("energy.all.carbon"),
    )  # fmt: skip
    known = "energy.gas.share" in show
    gas = told("Mains gas is {} of the energy.", show("energy.gas.share")) if known else ""
    return joined([whole, gas, told("Of the money, {} leaves the area.", show("energy.leaving"))])


def _homes_told(show: Printer) -> Sentence:
    if "energy.home.cost" not in show:
        return Sentence()
    mean = told(
        "A home here pays {} for its energy on average, standing charges included and cars aside. That is a mean: what "
        "any one home pays depends on its size, its walls, its heating and who lives in it.", show("energy.home.cost"),
    )  # fmt: skip
    read = told("Gas meters of homes here read {} in a year.", show("energy.gas.metered"))
    return joined([mean, read if "energy.gas.metered" in show else ""])


def _chart(show: Printer) -> dict[str, Any] | None:
    """Return energy by carrier as a chart with its key, the most first."""
    whole = show.value("energy.all.annual")
    known = [(show.value(f"energy.carrier.{name}.annual") or 0.0, name) for name in CARRIERS]
    drawn = [(kwh, name) for kwh, name in sorted(known, reverse=True) if whole and kwh / whole >= _LEAST_SHARE]
    if not drawn or not whole:
        return None
    pieces = [(CARRIERS[name], kwh, words.percent(kwh / whole)) for kwh, name in drawn]
    keys = [
        marks.Key(
            CARRIERS[name], marks.patch(legend.SHARES[n % len(legend.SHARES)]),
            told(": {}", show(f"energy.carrier.{name}.annual", span=False)),
        )
        for n, (_, name) in enumerate(drawn)
    ]  # fmt: skip
    return {"chart": charts.shares(pieces, name="chart-carriers", title="Energy by carrier"), "keys": tuple(keys)}


def _table(table_id: str, heading: str, stems: Mapping[str, str], show: Printer) -> Table:
    """Return energy, cost and emissions of some sums, those that come to nothing left out."""
    return Table(
        table_id=table_id,
        columns=(
            Column(heading),
            Column("Energy in a year", "Energy", number=True),
            Column("Cost", number=True),
            Column("Emissions", number=True),
        ),
        rows=tuple(
            entries(title, *(show(f"energy.{stem}.{name}") for name in _AMOUNTS))
            for stem, title in stems.items()
            if f"energy.{stem}.annual" in show
        ),
    )


def _unheated(frames: Mapping[str, pd.DataFrame]) -> bool:
    """Return whether energy is told and yet nothing of what heats homes."""
    if absent(frames, "model_use"):
        return False
    rows = frames["model_use"]
    return not (rows["end_use"] == "hot_water").any()


def _meters(show: Printer) -> Table:
    """Return what meters of homes say beside what kinds of homes tell."""
    return Table(
        table_id="energy-meters",
        columns=(
            Column("Homes"),
            Column("Meters", number=True),
            Column("They say", number=True),
            Column("Reckoned without them", "Reckoned", number=True),
            Column("Difference", number=True),
        ),
        rows=tuple(
            entries(
                CARRIERS[fuel], show(f"energy.{fuel}.meters"), show(f"energy.{fuel}.metered"),
                show(f"energy.{fuel}.modelled"), show(f"energy.{fuel}.difference"),
            )
            for fuel in METERED_FUELS
            if f"energy.{fuel}.metered" in show
        ),
    )  # fmt: skip


def _meters_told(frames: Mapping[str, pd.DataFrame], show: Printer) -> str:
    """Return whether meters were read, and of which year."""
    held = [fuel for fuel in METERED_FUELS if f"energy.{fuel}.metered" in show]
    if not held:
        return ""
    years = sorted({int(year) for year in frames["model_metered"]["year"].dropna()})
    of = f" of {words.listed(map(str, years))}" if years else ""
    return (
        f"Where meters were read, in the government's tables{of}, the sums are theirs, and kinds of homes only share "
        "them out."
    )


def _years_table(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table:
    """Return what the same use would emit in years to come."""
    years = [] if absent(frames, "model_use") else later(frames["model_use"])
    now: list[tuple[str, Part]] = [("Today", show("energy.all.carbon"))] if years else []
    told_years = [(str(year), show(f"energy.same_use.{year}.carbon")) for year in years]
    return Table(
        table_id="energy-years",
        columns=(Column("Year"), Column("Emissions if nothing changes here", number=True)),
        rows=tuple(entries(year, cell) for year, cell in (*now, *told_years)),
    )


def _poor(show: Printer) -> Sentence:
    key = "stock.fuel_poverty.fuel_poor_share"
    if key not in show:
        return Sentence()
    return told(
        "By the government's model, {} of households are in fuel poverty: their home is hard to heat and, once they "
        "have paid for that, what is left puts them below the poverty line.", show(key),
    )  # fmt: skip


def _payer(frames: Mapping[str, pd.DataFrame], topic: str, title: str, show: Printer) -> Table:
    """Return what homes pay, told apart by one topic."""
    held = [] if absent(frames, "model_payer") else list(each(frames["model_payer"].query(where(topic=topic))))
    return Table(
        table_id=f"payers-{topic}",
        columns=(
            Column(title),
            Column("Homes seen", number=True),
            Column("A year's energy", number=True),
            Column("Rated D or worse", "D or worse", number=True),
            Column("No mains gas", number=True),
        ),
        rows=tuple(
            entries(
                _kind(row.category),
                *(
                    words.FEW if row.hidden else show(f"payer.{topic}.{row.category}.{name}")
                    for name in ("homes", "bill", "poor_rating_share", "no_gas_share")
                ),
            )
            for row in held
        ),
    )
