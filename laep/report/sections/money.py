"""Money: what panels on a home and a shared battery cost, bring and save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.assumptions import shipped
from laep.report.book import ends, where
from laep.report.cells import Column, Sentence, Table, entries, said, told
from laep.report.draw import charts
from laep.report.labels import name_or
from laep.report.layers import absent, each
from laep.report.sections.assumptions import lapsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.material import Material
    from laep.report.printer import Printer

TITLE = "Money"
SHOWN = 10
"""Batteries in the table; the layer holds them all."""
_PAYBACKS_SHOWN = 7
_PAYBACK_AXIS = 40.0
"""Years at which the payback chart stops: panels seldom last longer."""
_KIT = {"without_kit": "without a battery or two-way car", "with_kit": "with a battery or two-way car"}
_POOL = {"small": "of about 1 MW", "large": "of more than 10 MW"}
_FLEX = (
    "guide.vpp.revenue_gbp_per_kw", "guide.vpp.home_flex_none_kw", "guide.vpp.home_flex_asset_kw",
    "guide.vpp.optimiser_share_small", "guide.vpp.optimiser_share_large", "guide.vpp.aggregator_share",
)  # fmt: skip
_VAT = "vat.energy_saving_materials"
_PRICES = "tariff."
"""How the keys of prices begin."""
_HOME, _BATTERY = ("home_pv", "home_pv_battery"), ("segment_battery",)
_ASSUMED = {
    "benefit": ("tariff.retail.elec_p_kwh", "tariff.export.seg_default", "pv.self_consumption.domestic_no_battery"),
    "life_benefit": ("tariff.retail.elec_p_kwh", "tariff.export.longrun", "pv.self_consumption.domestic_no_battery"),
}
"""What money rests on: at the prices of the first year, and at those of a life."""
_FINANCE = {
    "capex": ("capex_gbp", "GBP", "Cost before VAT"),
    "opex": ("opex_gbp_per_yr", "GBP/yr", "Running cost"),
    "benefit": ("benefit_gbp_per_yr", "GBP/yr", "Saving and income in the first year, at its prices"),
    "life_benefit": ("life_benefit_gbp_per_yr", "GBP/yr", "Saving and income of a year at long-run prices"),
    "payback": ("payback_years", "years", "Simple payback at first-year prices"),
    "npv": ("npv_gbp", "GBP", "Net present value at long-run prices"),
    "annual": ("annual_kwh", "kWh", "Yearly generation or throughput"),
    "carbon": ("carbon_kg", "kgCO2e/yr", "Emissions avoided in the first year"),
    "life_carbon": ("life_carbon_kgco2e", "kgCO2e", "Emissions avoided over its life, as the grid gets cleaner"),
    "self_consumption": ("self_consumption", "share", "Share used on site"),
    "capacity": ("capacity_kw", "kW", "Capacity"),
    "units": ("units", "count", "How many alike"),
}
_BROUGHT = (
    Column("Running cost a year", "Running cost", number=True),
    Column("Saving and income, first year", "First year", number=True),
    Column("Simple payback, first-year prices", "Payback", number=True),
    Column("Net present value over its life, long-run prices", "Net present value", number=True),
)
_COLUMNS = {
    "money-homes": (
        Column("Offer"), Column("Cost of one", number=True), *_BROUGHT,
        Column("Emissions avoided in the first year", "Emissions, first year"),
        Column("Emissions avoided over its life", "Emissions, life"),
    ),
    "money-batteries": (Column("Battery"), Column("Cost", number=True), *_BROUGHT),
}  # fmt: skip
_PARTS = ("capex", "opex", "benefit", "payback", "npv", "carbon", "life_carbon")
"""Figures of an asset in the order of the columns; a table with fewer columns stops short."""


def figures(book: Book) -> None:
    """Add the money of every asset."""
    _flexible(book)
    finance = book.layer("model_finance")
    if finance is None:
        return
    stems = _stems(finance)
    for row in each(finance):
        for part, (column, unit, label) in _FINANCE.items():
            low, high = ends(column, finance)
            book.add(
                f"{stems[row.asset_id]}.{part}", f"{label}, {row.name}", getattr(row, column), unit,
                low=getattr(row, low, None), high=getattr(row, high, None), layer="model_finance",
                rows=where(asset_id=row.asset_id), column=column, method="value",
                assumptions=_ASSUMED["life_benefit" if part in ("life_benefit", "npv") else "benefit"]
                if unit in ("GBP", "GBP/yr", "years") else (), confidence=row.confidence,
            )  # fmt: skip


def _flexible(book: Book) -> None:
    """Add what a home could earn by flexibility, gross and net."""
    held = book.layer("model_flexibility")
    if held is None:
        return
    for row in each(held):
        stem = f"flexibility.{row.home}.{row.pool}"
        for part, label in (("gross", "before cuts"), ("kept", "left after cuts")):
            column = f"{part}_gbp_per_yr"
            low, high = ends(column, held)
            book.add(
                f"{stem}.{part}", f"Flexibility of a home {_KIT[row.home]}, {_POOL[row.pool]}: {label}",
                getattr(row, column), "GBP/yr", low=getattr(row, low), high=getattr(row, high),
                layer="model_flexibility", rows=where(home=row.home, pool=row.pool), column=column, method="value",
                assumptions=_FLEX, confidence=row.confidence,
            )  # fmt: skip
        book.add(
            f"{stem}.homes_national", f"Homes {_KIT[row.home]} that make a pool for national markets",
            row.homes_national, "homes", layer="model_flexibility", rows=where(home=row.home, pool=row.pool),
            column="homes_national", method="value", assumptions=_FLEX, confidence=row.confidence,
        )  # fmt: skip


def _earned(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table | None:
    """Return what a home could earn by flexibility, in a small pool and in a large one."""
    if absent(frames, "model_flexibility"):
        return None
    return Table(
        table_id="money-flexibility",
        columns=(
            Column("A home"), Column("In a pool"), Column("Earned before cuts", number=True),
            Column("Left for the home or its group", "Left", number=True),
            Column("Homes that national markets take", "Homes needed", number=True),
        ),
        rows=tuple(
            entries(
                _KIT[row.home], _POOL[row.pool], show(f"{stem}.gross"), show(f"{stem}.kept"),
                show(f"{stem}.homes_national"),
            )
            for row in each(frames["model_flexibility"])
            for stem in [f"flexibility.{row.home}.{row.pool}"]
        ),
    )  # fmt: skip


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames, show = material.frames, material.show
    homes, batteries = (assets(frames, kinds) for kinds in (_HOME, _BATTERY))
    return {
        "homes": _table("money-homes", homes, frames, show),
        "homes_note": _homes_note(homes[0], frames, show) if homes else "",
        "payback": _chart(homes),
        "flexible": _earned(frames, show),
        "lapsed": lapsed(material.inputs.assumptions, material.inputs.generated, keys=_PRICES),
        "vat_until": words.published_date(shipped()[_VAT].review_by),
        "batteries": _table("money-batteries", batteries[:SHOWN], frames, show, sized=False),
    }


def assets(frames: Mapping[str, pd.DataFrame], kinds: Iterable[str]) -> list[Any]:
    """Return the rows of some kinds of asset; those with the best net present value first."""
    if absent(frames, "model_finance"):
        return []
    wanted = list(kinds)
    held = frames["model_finance"]
    chosen = each(held[held["kind"].isin(wanted)])
    return sorted(chosen, key=lambda row: (wanted.index(row.kind), -row.npv_gbp, row.asset_id))


def _table(
    table_id: str, chosen: Iterable[Any], frames: Mapping[str, pd.DataFrame], show: Printer, *, sized: bool = True
) -> Table:
    """Return what some assets cost and bring, with their size below the name where they are `sized`."""
    stems = {} if absent(frames, "model_finance") else _stems(frames["model_finance"])
    columns = _COLUMNS[table_id]
    return Table(
        table_id=table_id,
        columns=columns,
        rows=tuple(
            entries(
                said(name_or(row, row.asset_id), notes=[show(f"{stem}.capacity")] * sized),
                *(show(f"{stem}.{part}") for part in _PARTS[: len(columns) - 1]),
            )
            for row in chosen
            for stem in [stems[row.asset_id]]
        ),
    )


def _homes_note(row: Any, frames: Mapping[str, pd.DataFrame], show: Printer) -> Sentence:
    """Return what an offer to a home is the middle of, of how many, and how sure its payback is."""
    stem = _stems(frames["model_finance"])[row.asset_id]
    sure = show.confidence(f"{stem}.payback")
    of_what, _, rest = str(row.method).partition("; ")
    middle = f"{of_what[:1].upper()}{of_what[1:]}"
    return told("{} ({} of them); {}. Confidence: {}", middle, show(f"{stem}.units"), rest, sure)


def _stems(finance: pd.DataFrame) -> dict[str, str]:
    """Return how the figure ids of each asset begin."""
    return {asset: f"finance.{key}" for asset, key in words.slugs(sorted(finance["asset_id"])).items()}


def _chart(chosen: Iterable[Any]) -> str | None:
    drawn = [_whisker(row) for row in chosen if words.known(row.payback_years)][:_PAYBACKS_SHOWN]
    if not drawn:
        return None
    return charts.whiskers(
        drawn, unit="Years to pay back", name="chart-payback", title="Simple payback", reader=words.number,
        most=_PAYBACK_AXIS,
    )  # fmt: skip


def _whisker(row: Any) -> charts.Whisker:
    low, high = (float(v) if words.known(v) else None for v in (row.payback_low_years, row.payback_high_years))
    return charts.Whisker(name_or(row, row.asset_id), float(row.payback_years), low, high)
