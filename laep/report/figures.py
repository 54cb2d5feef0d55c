"""Every number the report prints, with where it comes from: layer `plan_figure`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd

from laep import words
from laep.report import chosen_segments, figures_network, housing, notes
from laep.report.book import Book, ends, weighed, where
from laep.report.layers import each
from laep.schema import conform, empty

if TYPE_CHECKING:
    from collections.abc import Mapping

HOMES = ("home", "flats")
_DEMAND = ("demand.home_kwh",)
_ROOF = ("pv.module.power_density", "pv.roof.usable_fraction.pitched", "pv.roof.usable_fraction.flat")
_YIELD = (*_ROOF, "pv.system.loss", "pv.weather.year_to_year")
_MONEY = ("tariff.retail.elec_p_kwh", "tariff.export.longrun", "pv.self_consumption.domestic_no_battery")
_PROPOSED = ("net.diversity.pv_export", "net.power_factor")
_BATTERY = ("bess.kwh_per_home", "bess.hours", "bess.round_trip_efficiency")

_TENURES = {
    "owned": "Households that own their home, outright or with a mortgage",
    "shared_ownership": "Households in shared ownership",
    "social_rented": "Households renting from a council or housing association",
    "private_rented": "Households renting privately or living rent free",
}
_FINANCE = {
    "capex": ("capex_gbp", "GBP", "Cost before VAT"),
    "opex": ("opex_gbp_per_yr", "GBP/yr", "Running cost"),
    "benefit": ("benefit_gbp_per_yr", "GBP/yr", "Saving and income in the first year"),
    "payback": ("payback_years", "years", "Simple payback"),
    "npv": ("npv_gbp", "GBP", "Net present value"),
    "annual": ("annual_kwh", "kWh", "Yearly generation or throughput"),
    "carbon": ("carbon_kg", "kgCO2e/yr", "Emissions avoided in the first year"),
    "self_consumption": ("self_consumption", "share", "Share used on site"),
    "capacity": ("capacity_kw", "kW", "Capacity"),
    "units": ("units", "count", "How many alike"),
}
_PLACED = {"here": "", "nearby": ", nearby but not in the area", "unplaced": ", at a place that is not known"}
"""Where a generator stands, as `model_generation` has it -> how the label ends."""


def build(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """
    Return every number the report prints, one row each.

    Parameters
    ----------
    frames : mapping of layer name to DataFrame
        The layers the area holds, as `schema.LAYERS` describes them; any may be absent.

    Returns
    -------
    DataFrame in the form of layer `plan_figure`. A figure whose layer is absent is absent.
    """
    book = Book(frames)
    for part in (
        _place, _tenure, housing.figures, _demand, _months, _existing, figures_network.links, figures_network.headroom,
        figures_network.substations, figures_network.managed, _solar, notes.figures, _sites, _segments,
        chosen_segments.figures, _finance, _plan,
    ):  # fmt: skip
        part(book)
    if not book.figures:
        return empty("plan_figure")
    return conform(pd.DataFrame([asdict(figure) for figure in book.figures.values()]), "plan_figure")


def _place(book: Book) -> None:
    book.count("buildings.count", "Buildings", "in_building", unit="buildings")
    buildings = book.layer("in_building")
    for use in sorted(buildings["use"].unique()) if buildings is not None else ():
        rows = where(use=use)
        book.count(f"buildings.{use}.count", f"Buildings used as {use}", "in_building", rows=rows, unit="buildings")
    sun = book.layer("model_month")
    weather = book.layer("in_weather")
    label = "Sunshine on level ground in a typical year"
    if sun is not None:
        value = sun["ghi_kwh_m2"].sum()
        book.add("sunshine.annual", label, value, "kWh/m2", layer="model_month", column="ghi_kwh_m2", method="sum")
    elif weather is not None:
        _weather_months(book, weather)
        value = weather["ghi_w_m2"].sum() / 1000
        column = "ghi_w_m2, summed over the hours, / 1000"
        book.add("sunshine.annual", label, value, "kWh/m2", layer="in_weather", column=column, method="calculation")


def _weather_months(book: Book, weather: pd.DataFrame) -> None:
    """Add sunshine by month straight from the weather, for a place whose balance cannot be worked out."""
    for month, (first, last) in words.MONTH_HOURS.items():
        rows = f"{first} <= hour < {last}"
        book.add(
            f"month.{month}.sunshine", f"Sunshine on level ground in {words.month(month)}",
            weather.query(rows)["ghi_w_m2"].sum() / 1000, "kWh/m2", layer="in_weather", rows=rows,
            column="ghi_w_m2, summed over the hours, / 1000", method="calculation",
        )  # fmt: skip
    book.add(
        "temperature.mean", "Mean air temperature of a typical year", weather["temp_air_c"].mean(), "degC",
        layer="in_weather", column="temp_air_c", method="mean",
    )  # fmt: skip


def _tenure(book: Book) -> None:
    tenure = book.layer("in_tenure")
    if tenure is None:
        return
    share = tenure["share_in_area"].astype("float64")
    for column, label in {"households": "Households", **_TENURES}.items():
        counts = tenure[column].astype("float64") * share
        if counts.notna().all():
            book.add(
                f"tenure.{column}", label, counts.sum(), "households", layer="in_tenure",
                column=f"{column} * share_in_area", method="sum of products",
                confidence="high" if (share > 0.99).all() else "medium",
            )  # fmt: skip
    for column, label in _TENURES.items():
        figure_id = f"tenure.{column}_share"
        book.ratio(figure_id, label, f"tenure.{column}", "tenure.households", ranged=False)


def _demand(book: Book) -> None:
    demand = book.layer("model_demand")
    if demand is None:
        return
    book.add(
        "homes.count", "Homes", demand["homes"].sum(), "homes", layer="model_demand", column="homes", method="sum",
        confidence=weighed(demand, demand["homes"]),
    )  # fmt: skip
    book.total("demand.annual", "Electricity used in a year", "model_demand", "annual_kwh", "kWh", assumptions=_DEMAND)
    homes = f"use in {json.dumps(HOMES)}"
    label = "Electricity homes use in a year"
    book.total("demand.homes_annual", label, "model_demand", "annual_kwh", "kWh", rows=homes, assumptions=_DEMAND)
    label = "Electricity other buildings use in a year"
    book.total("demand.other_annual", label, "model_demand", "annual_kwh", "kWh", rows=f"not ({homes})")
    for use in sorted(demand["use"].unique()):
        label = f"Electricity used in a year by buildings of use {use}"
        book.total(f"demand.{use}.annual", label, "model_demand", "annual_kwh", "kWh", rows=where(use=use))
    book.ratio("demand.per_home", "Electricity an average home uses in a year", "demand.homes_annual", "homes.count",
               "kWh", ranged=False)  # fmt: skip
    unestimated = 'annual_kwh != annual_kwh and scope == "building"'
    label = "Buildings whose electricity use is not estimated"
    book.count("demand.unestimated_count", label, "model_demand", rows=unestimated, unit="buildings")


def _months(book: Book) -> None:
    months = book.layer("model_month")
    for row in each(months):
        name, rows = words.month(int(row.month)), f"month == {int(row.month)}"
        for column, stem, what in (
            ("demand_kwh", "demand", "Electricity used"),
            ("solar_kwh", "solar", "Yield of panels there today and on all suitable roofs"),
        ):
            book.add(
                f"month.{int(row.month)}.{stem}", f"{what} in {name}", getattr(row, column), "kWh",
                layer="model_month", rows=rows, column=column, method="value", confidence="medium",
            )  # fmt: skip
        book.add(
            f"month.{int(row.month)}.sunshine", f"Sunshine on level ground in {name}", row.ghi_kwh_m2, "kWh/m2",
            layer="model_month", rows=rows, column="ghi_kwh_m2", method="value",
        )  # fmt: skip
    profile = book.layer("model_profile")
    for month, season in ((1, "winter"), (6, "summer")) if profile is not None else ():
        rows = f"month == {month}"
        for column, stem, what in (("demand_kw", "demand", "electricity use"), ("solar_kw", "solar", "solar output")):
            peak = profile.query(rows)[column].max()  # type: ignore[union-attr]
            book.add(
                f"profile.{season}_{stem}_peak", f"Highest {what} on an average day in {words.month(month)}", peak,
                "kW", layer="model_profile", rows=rows, column=column, method="max", confidence="medium",
            )  # fmt: skip


def _existing(book: Book) -> None:
    """Add what generates and stores in the area, and apart from it what is nearby and what has no known place."""
    held = book.layer("model_generation")
    for row in each(held) if held is not None else ():
        stem, kind = generator_stem(row.place, row.status, row.technology), str(row.technology).capitalize()
        rows = where(place=row.place, status=row.status, technology=row.technology)
        ends_in = f"{row.status}{_PLACED[row.place]}"
        book.add(
            f"{stem}_count", f"{kind} sites {ends_in}", row.generators, "sites",
            layer="model_generation", rows=rows, column="generators", method="sum",
        )  # fmt: skip
        book.add(
            f"{stem}_capacity", f"{kind} capacity {ends_in}", row.capacity_kw, "kW",
            layer="model_generation", rows=rows, column="capacity_kw", method="sum",
            assumptions=("pv.existing.home_kw",) if row.assumed else (),
            confidence="medium" if row.assumed else "high",
        )  # fmt: skip


def generator_stem(place: str, status: str, technology: str) -> str:
    """Return the start of the figure ids of generators; `place` is a key of `_PLACED`."""
    kind = "existing" if status == "connected" else words.slug(status)
    return ".".join(part for part in (place if place != "here" else "", kind, words.slug(technology)) if part)


def _solar(book: Book) -> None:
    solar = book.layer("model_solar")
    if solar is None:
        return
    on = "capacity_kwp > 0"
    label = "Buildings with at least one suitable roof"
    book.count("solar.roofs", label, "model_solar", rows=on, unit="buildings", confidence=_typical(solar))
    label = "Solar panels that fit on suitable roofs, besides those there"
    book.total("solar.capacity", label, "model_solar", "capacity_kwp", "kWp", assumptions=_ROOF)
    label = "Electricity suitable roofs could make in a year, besides panels already there"
    book.total("solar.annual", label, "model_solar", "annual_kwh", "kWh", assumptions=_YIELD)
    label = "Yield of each kWp in a year"
    book.ratio("solar.yield", label, "solar.annual", "solar.capacity", "kWh/kWp", ranged=False)
    label = "What roofs could make, as a share of electricity used, over a year"
    book.ratio("solar.share_of_demand", label, "solar.annual", "demand.annual")
    for use in sorted(solar["use"].unique()):
        rows = where(use=use)
        label = f"Suitable roofs on buildings of use {use}"
        book.count(f"solar.{use}.roofs", label, "model_solar", rows=f"{rows} and {on}", unit="buildings")
        label = f"Solar panels that fit on roofs of use {use}"
        book.total(f"solar.{use}.capacity", label, "model_solar", "capacity_kwp", "kWp", rows=rows, assumptions=_ROOF)
        label = f"Electricity roofs of use {use} could make in a year"
        book.total(f"solar.{use}.annual", label, "model_solar", "annual_kwh", "kWh", rows=rows, assumptions=_YIELD)
    for method in sorted(solar["method"].unique()):
        rows = where(method=method)
        stem = f"solar.method.{words.slug(method)}"
        label = f"Suitable roofs found by: {method}"
        book.count(f"{stem}.roofs", label, "model_solar", rows=f"{rows} and {on}", unit="buildings")
        label = f"Solar panels that fit, found by: {method}"
        book.total(f"{stem}.capacity", label, "model_solar", "capacity_kwp", "kWp", rows=rows, assumptions=_ROOF)


def _sites(book: Book) -> None:
    sites = book.layer("site_anchor")
    if sites is None:
        return
    for owner in sorted(sites["owner_kind"].unique()):
        rows = where(owner_kind=owner)
        book.count(f"sites.{owner}_count", f"Sites a {owner} asset could use", "site_anchor", rows=rows, unit="sites")
        label = f"Solar capacity that fits on {owner} sites"
        book.total(f"sites.{owner}_capacity", label, "site_anchor", "capacity_kwp", "kWp", rows=rows, assumptions=_ROOF)
    ids = words.slugs(sorted(sites["site_id"]))
    solar = book.layer("model_solar")
    yields = {} if solar is None else {row.building_id: row for row in each(_on_sites(solar, sites))}
    for row in each(sites):
        name = row.name if words.known(row.name) else f"{row.kind} {row.site_id}"
        rows = where(site_id=row.site_id)
        book.add(
            f"site.{ids[row.site_id]}.capacity", f"Solar capacity that fits at {name}", row.capacity_kwp, "kWp",
            low=row.capacity_low_kwp, high=row.capacity_high_kwp, layer="site_anchor", rows=rows,
            column="capacity_kwp", method="value", assumptions=_ROOF, confidence=row.confidence,
        )  # fmt: skip
        found = yields.get(row.building_id) if words.known(row.building_id) else None
        if found is not None:
            sized = words.known(row.capacity_kwp) and found.capacity_kwp > 0
            more = float(row.capacity_kwp / found.capacity_kwp) if sized else 1.0
            alone = abs(more - 1) < 0.01  # the site is this building, but for rounding
            more = 1.0 if alone else more
            book.add(
                f"site.{ids[row.site_id]}.annual", f"Electricity the roofs at {name} could make in a year",
                found.annual_kwh * more, "kWh", low=found.annual_low_kwh * more, high=found.annual_high_kwh * more,
                layer="model_solar", rows=where(building_id=row.building_id), assumptions=_YIELD,
                column="annual_kwh" if alone else "annual_kwh x capacity_kwp of site_anchor / capacity_kwp",
                method="value" if alone else "calculation", confidence=found.confidence,
            )  # fmt: skip


def _on_sites(solar: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    return solar[solar["building_id"].isin(sites["building_id"])]


def _segments(book: Book) -> None:
    segments = book.layer("net_segment")
    if segments is None:
        return
    ids = words.slugs(sorted(segments["segment_id"]))
    book.count("segments.count", "Candidate segments of network", "net_segment", confidence="low")
    for row in each(segments):
        rows, stem = where(segment_id=row.segment_id), f"segment.{ids[row.segment_id]}"
        name = row.name if words.known(row.name) else f"segment {row.segment_id}"
        for column, unit in (("homes", "homes"), ("buildings", "buildings"), ("rating_kva", "kVA")):
            book.add(
                f"{stem}.{column.partition('_')[0]}", f"{column.partition('_')[0].capitalize()} on {name}",
                getattr(row, column), unit, layer="net_segment", rows=rows, column=column, method="value",
                confidence=row.confidence,
            )  # fmt: skip
    balance = book.layer("model_balance")
    names = dict(zip(segments["segment_id"], segments["name"].fillna(segments["segment_id"]), strict=True))
    for row in each(balance):
        if row.segment_id in ids and row.case in _CASES:
            ending, told = _CASES[row.case]
            _balance(book, row, f"segment.{ids[row.segment_id]}", ending, f"{names[row.segment_id]}, {told}")


_CASES = {
    "today": ("_today", "as it is today"),
    "solar": ("", "with solar"),
    "solar_battery": ("_battery", "with solar and a battery"),
}
"""Case of a balance -> how its figure ids end, and the words for it."""


def _balance(book: Book, row: object, stem: str, ending: str, told: str) -> None:
    segment, case = row.segment_id, row.case  # type: ignore[attr-defined]
    for column, unit, label in (
        ("self_sufficiency", "share", "Share of electricity met on"),
        ("self_consumption", "share", "Share of generation used on"),
        ("balanced_share", "share", "Share of half-hours in balance on"),
        ("peak_export_kw", "kW", "Highest half-hour sent out of"),
        ("peak_import_kw", "kW", "Highest half-hour drawn by"),
        ("demand_kwh", "kWh", "Electricity used on"),
        ("battery_kwh", "kWh", "Usable battery energy tried on"),
        ("capacity_kwp", "kWp", "Solar capacity on"),
    ):
        name = column.removesuffix("_kwh").removesuffix("_kwp").removesuffix("_kw") + ending
        book.add(
            f"{stem}.{name}", f"{label} {told}", getattr(row, column), unit, layer="model_balance",
            rows=where(segment_id=segment, case=case), column=column, method="value",
            assumptions=(*_ROOF, *_DEMAND, *(_BATTERY if ending == "_battery" else ())),
            confidence=row.confidence,  # type: ignore[attr-defined]
        )  # fmt: skip


def _finance(book: Book) -> None:
    finance = book.layer("model_finance")
    if finance is None:
        return
    ids = words.slugs(sorted(finance["asset_id"]))
    for row in each(finance):
        for stem, (column, unit, label) in _FINANCE.items():
            low, high = ends(column, finance)
            book.add(
                f"finance.{ids[row.asset_id]}.{stem}", f"{label}, {row.name}", getattr(row, column), unit,
                low=getattr(row, low, None), high=getattr(row, high, None), layer="model_finance",
                rows=where(asset_id=row.asset_id), column=column, method="value",
                assumptions=_MONEY if unit in ("GBP", "GBP/yr", "years") else (), confidence=row.confidence,
            )  # fmt: skip


def _plan(book: Book) -> None:
    book.count("rules.count", "Rules of the field guide tested", "plan_rule", unit="rules")
    label = "Rules nobody has evidence on yet"
    book.count("rules.unknown", label, "plan_rule", rows=where(status="unknown"), unit="rules")
    pathways = book.layer("plan_pathway")
    for row in each(pathways):
        book.add(
            f"pathway.{words.slug(row.pathway_id)}.score", f"Share of the preconditions of {row.name} that are met",
            row.score, "share", layer="plan_pathway", rows=where(pathway_id=row.pathway_id), column="score",
            method="value", confidence="medium",
        )  # fmt: skip
    book.count("unknowns.count", "Things we do not know", "plan_unknown")


def _typical(frame: pd.DataFrame) -> str:
    return weighed(frame, pd.Series(1.0, index=frame.index))
