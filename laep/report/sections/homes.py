"""Homes and heat: what homes use, what would make them warmer, sheets by type, and how streets could be heated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.book import ends, where
from laep.report.cells import Column, Sentence, Table, entries, joined, missing, said, told, typed
from laep.report.draw import charts, maps
from laep.report.layers import absent, each
from laep.schema.vocabulary import LACKING, MEASURES, ROUTES, VERDICT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.cells import Part
    from laep.report.material import Material
    from laep.report.printer import Printer

TITLE = "Homes and heat"
SHOWN = 15
"""Clusters in the table; the layer holds them all."""
COLDEST = "coldest"
_PACKAGES = {"package_easy": "All the easy steps at once", "package_whole": "All the steps that fit"}
_ASSUMED = ("heat.measure.performance", "heat.measure.comfort", "tariff.retail.gas_p_kwh")
_MEASURE_PARTS = {
    "homes": ("homes", "homes", "Homes it fits"),
    "capex": ("capex_gbp", "GBP", "Cost for one"),
    "saved": ("saved_kwh", "kWh", "Heat saved a year at one"),
    "bill": ("bill_gbp_per_yr", "GBP/yr", "Off the bill of one"),
    "carbon": ("carbon_kgco2e_per_yr", "kgCO2e/yr", "Emissions avoided at one"),
}
"""Part -> column, unit and label of what is told of a measure."""
_TYPE_PARTS = {
    "homes": ("homes", "homes", "Homes"),
    "space": ("space_heat_kwh", "kWh", "Space heat of one in a year"),
    "water": ("hot_water_kwh", "kWh", "Heat for hot water of one in a year"),
    "bill": ("bill_gbp_per_yr", "GBP/yr", "Cost of that heat of one in a year"),
    "floor": ("floor_m2", "m2", "Mean floor area"),
    "design": ("design_kw", "kW", "Heat one needs on a very cold day"),
}
_UPSET = {"little": "Little: a day or less", "some": "Some: a day or two", "much": "Much: rooms emptied, or weeks"}
_WHO = {
    "draughts": "a handy person or a local builder", "hot_water": "a plumber, or do it yourself",
    "loft": "a loft insulation firm, or do it yourself", "cavity": "a cavity wall firm with a guarantee",
    "controls": "a heating engineer", "floor": "a builder who knows old floors", "glazing": "a window fitter",
    "solid_wall": "a wall insulation firm, after a survey",
}  # fmt: skip
"""Measure -> whom to ask, in words a child reads."""
_TYPE_NOTE = {
    "certificate": "Most of this comes from energy certificates of homes like yours.",
    "neighbours": "Most of this comes from energy certificates of homes near by that are like yours.",
    "typical": "No energy certificate was held, so this is what homes of the nation are like.",
}


def figures(book: Book) -> None:
    """Add the heat of homes, measures, types of home and clusters."""
    _totals(book)
    _measures(book)
    _types(book)
    _clusters(book)


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames, show = material.frames, material.show
    return {
        "lede": _lede(show, material.name),
        "basis": _basis(frames),
        "cold": _cold(frames, show),
        "measures": _measure_table(frames, show),
        "best": _best(frames),
        "packages": _package_lines(frames, show),
        "sheets": [_sheet(row, show) for row in _rows_of(frames, "model_home_type")],
        "routes": _route_table(frames, show),
        "clusters": _cluster_table(frames, show),
        "left": max(len(_rows_of(frames, "model_heat_cluster")) - SHOWN, 0),
        "map": _map(material),
        "tests": _tests(frames),
        "unplaced": told(
            "For {} homes that no map shows no way can be said: where they stand is not known.", show("heat.unplaced")
        )
        if "heat.unplaced" in show
        else "",
    }


def _totals(book: Book) -> None:
    book.total("heat.homes", "Homes whose heat is worked out", "model_heat", "homes", "homes")
    frame = book.layer("model_heat")
    if frame is not None and (frame["scope"] == "zone").any():
        book.total("heat.unplaced", "Homes that no map shows", "model_heat", "homes", "homes", rows=where(scope="zone"))
    book.total("heat.space", "Space heat of homes in a year", "model_heat", "space_heat_kwh", "kWh",
               assumptions=("heat.calibration", "heat.prebound"))  # fmt: skip
    book.total("heat.water", "Heat for hot water of homes in a year", "model_heat", "hot_water_kwh", "kWh",
               assumptions=("heat.hot_water_kwh",))  # fmt: skip
    book.total("heat.pumps", "Electricity of heat pumps in every home in a year", "model_heat", "pump_kwh", "kWh",
               assumptions=("heat.spf.air",))  # fmt: skip
    book.total("heat.pumps_peak", "Highest half-hour of heat pumps in every home", "model_heat", "pump_peak_kw", "kW",
               assumptions=("heat.spf.air", "heat.flow_c"))  # fmt: skip
    profile = book.layer("model_heat_profile")
    if profile is not None:
        cold = profile[profile["day"] == COLDEST]
        book.add(
            "heat.cold_peak", "Highest half-hour of space heat on the coldest day", cold["space_kw"].max(), "kW",
            layer="model_heat_profile", rows=where(day=COLDEST), column="space_kw", method="max", confidence="medium",
        )  # fmt: skip


def _measures(book: Book) -> None:
    frame = book.layer("model_measure")
    if frame is None:
        return
    for row in each(frame):
        stem = _stem(row.scope_id, row.measure)
        of = "" if row.scope == "area" else f", {row.scope_id.replace('_', ' ')}"
        _parts(book, stem, row, frame, _MEASURE_PARTS, f"{MEASURES[row.measure]}{of}",
               where(scope=row.scope, scope_id=row.scope_id, measure=row.measure), "model_measure")  # fmt: skip


def _types(book: Book) -> None:
    frame = book.layer("model_home_type")
    if frame is None:
        return
    for row in each(frame):
        _parts(book, f"heat.type.{row.type_id}", row, frame, _TYPE_PARTS, row.name, where(type_id=row.type_id),
               "model_home_type")  # fmt: skip


def _parts(
    book: Book, stem: str, row: Any, frame: pd.DataFrame, parts: Mapping[str, tuple[str, str, str]], name: str,
    rows_: str, layer: str,
) -> None:  # fmt: skip
    """Add the figures of one row of a layer."""
    for part, (column, unit, label) in parts.items():
        if part == "homes" and row.homes < words.FEWEST_PEOPLE:
            continue
        low, high = ends(column, frame)
        book.add(
            f"{stem}.{part}", f"{label}: {name}", getattr(row, column), unit, low=getattr(row, low, None),
            high=getattr(row, high, None), layer=layer, rows=rows_, column=column, method="value",
            assumptions=_ASSUMED if layer == "model_measure" else (), confidence=row.confidence,
        )  # fmt: skip


def _clusters(book: Book) -> None:
    frame = book.layer("model_heat_cluster")
    if frame is None:
        return
    book.count("heat.clusters", "Clusters of homes looked at together", "model_heat_cluster")
    for route in ROUTES:
        if (frame["route"] == route).any():
            chosen = where(route=route)
            book.total(f"heat.route.{route}.homes", f"Homes for which {ROUTES[route]} comes first",
                       "model_heat_cluster", "homes", "homes", rows=chosen)  # fmt: skip
            book.total(f"heat.route.{route}.heat", f"Heat of homes for which {ROUTES[route]} comes first",
                       "model_heat_cluster", "heat_kwh", "kWh", rows=chosen)  # fmt: skip
    for row in each(frame):
        stem, rows_ = f"heat.cluster.{row.cluster_id}", where(cluster_id=row.cluster_id)
        for part, column, unit, label in (
            ("homes", "homes", "homes", "Homes"), ("heat", "heat_kwh", "kWh", "Heat in a year"),
            ("peak", "pump_peak_kw", "kW", "Draw of heat pumps at the peak"),
            ("density", "density_kwh_per_m", "kWh/m/yr", "Heat a metre of street in a year"),
        ):  # fmt: skip
            if part == "homes" and row.homes < words.FEWEST_PEOPLE:
                continue
            low, high = ends(column, frame)
            book.add(f"{stem}.{part}", f"{label}: {row.name}", getattr(row, column), unit, low=getattr(row, low, None),
                     high=getattr(row, high, None), layer="model_heat_cluster", rows=rows_, column=column,
                     method="value", confidence=row.confidence)  # fmt: skip
    _ways(book)


def _ways(book: Book) -> None:
    """Add what each way costs a home, in the middle cluster for which it is possible."""
    frame = book.layer("model_heat_route")
    for way in sorted(frame["route"].unique()) if frame is not None else ():
        rows_ = f"{where(route=way)} and possible"
        chosen = frame.query(rows_) if frame is not None else frame
        for part, column, unit, label in (
            ("capex", "capex_gbp", "GBP", "Cost a home before grants"),
            ("annual", "annual_gbp_per_yr", "GBP/yr", "Yearly cost a home, spread over its life"),
        ):  # fmt: skip
            if chosen is not None and len(chosen):
                low, high = ends(column, chosen)
                name = f"{label}: {ROUTES[way]}, the middle cluster"
                book.add(
                    f"heat.way.{way}.{part}", name, chosen[column].median(), unit, low=chosen[low].min(),
                    high=chosen[high].max(), layer="model_heat_route", rows=rows_, column=column, method="median",
                    confidence="low",
                )  # fmt: skip


def _lede(show: Printer, name: str) -> Sentence:
    if "heat.space" not in show:
        return Sentence()
    used = told(
        "To keep rooms warm, the {} homes of {} use {} of heat in a year, and {} for hot water.",
        show("heat.homes"), name, show("heat.space"), show("heat.water"),
    )  # fmt: skip
    pumped = told(
        "If every home had a heat pump, they would take {} of electricity a year, and {} in the coldest half-hour.",
        show("heat.pumps"), show("heat.pumps_peak"),
    )  # fmt: skip
    return joined([used, pumped])


def _basis(frames: Mapping[str, pd.DataFrame]) -> Sentence:
    """Return what the heat is held to, and what what homes lack rests on."""
    if absent(frames, "model_heat"):
        return Sentence()
    ways = " ".join(frames["model_heat"]["method"].dropna().unique())
    if "held to the metered gas of its zone" in ways:
        held = "The sum is held to the gas that meters of the area count; how it is shared among homes is worked out."
    else:
        held = "No metered gas of the area is held, so it may be far out: `laep ingest metered --file PATH` mends that."
    bases = {row.fabric_basis for row in _rows_of(frames, "model_home_type")}
    lacking = (
        "No energy certificate is held, so what homes lack is what homes of the nation lack: `laep ingest homes --file "
        "PATH` tells what is so here."
    )
    return joined([typed(held), typed(lacking) if bases == {"typical"} else ""])


def _cold(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Any] | None:
    """Return the coldest day: heat as it is used today, and what heat pumps would draw."""
    if absent(frames, "model_heat_profile"):
        return None
    profile = frames["model_heat_profile"]
    day = profile[profile["day"] == COLDEST]
    return {
        "chart": charts.cold_day(day, name="chart-cold-day"),
        "caption": told(
            "The coldest day of a typical year. Line: heat by the clocks of today, {} at its highest. Hill: what heat "
            "pumps in every home would draw, {} at its highest.", show("heat.cold_peak"), show("heat.pumps_peak"),
        ),
    }  # fmt: skip


def _measure_table(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table:
    """Return the measures of the area, in the order in which they are best done."""
    rows_ = [row for row in _rows_of(frames, "model_measure") if row.scope == "area" and row.measure in LACKING]
    return Table(
        table_id="heat-measures",
        columns=(
            Column("Step, in the order best done", "Step"), Column("Homes it fits", "Homes", number=True),
            Column("Cost for one", "Cost", number=True),
            Column("Off the bill of one, a year", "Off the bill", number=True),
            Column("Emissions avoided by one", "Emissions", number=True), Column("Upset"),
        ),
        rows=tuple(
            entries(
                MEASURES[row.measure],
                _or(show, f"{_stem('area', row.measure)}.homes", words.FEW),
                *(show(f"{_stem('area', row.measure)}.{part}") for part in ("capex", "bill", "carbon")),
                _UPSET[row.disruption],
            )
            for row in rows_
        ),
    )  # fmt: skip


def _best(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the cheapest step for warmth, for bills and for carbon."""
    rows_ = [row for row in _rows_of(frames, "model_measure") if row.scope == "area"]
    found = []
    for flag, words_ in (("best_warmth", "warmth"), ("best_bill", "bills"), ("best_carbon", "the climate")):
        best = [MEASURES[row.measure] for row in rows_ if getattr(row, flag)]
        if best:
            found.append(f"For {words_}, a pound does most here: {best[0][0].lower()}{best[0][1:]}.")
    return found


def _package_lines(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Sentence]:
    held = {row.measure for row in _rows_of(frames, "model_measure") if row.scope == "area"}
    return [
        told("{}: {} homes; {} for one; {} off its bill.", words_, _or(show, f"{_stem('area', name)}.homes", words.FEW),
             *(show(f"{_stem('area', name)}.{part}") for part in ("capex", "bill")))
        for name, words_ in _PACKAGES.items() if name in held
    ]  # fmt: skip


def _sheet(row: Any, show: Printer) -> dict[str, Any]:
    """Return the sheet of one type of home."""
    stem = f"heat.type.{row.type_id}"
    steps = list(words.split(row.first)) if words.known(row.first) else []
    return {
        "name": row.name,
        "is": told(
            "There are {} of them here. A middle one has {} of floor.", _or(show, f"{stem}.homes", words.FEW),
            show(f"{stem}.floor"),
        ),
        "uses": told(
            "In a year one uses {} to warm its rooms and {} for hot water. That costs {}.",
            show(f"{stem}.space"), show(f"{stem}.water"), show(f"{stem}.bill"),
        ),
        "steps": [_step(row.type_id, name, show) for name in steps],
        "ready": told("On a very cold day one needs {} of heat.", show(f"{stem}.design", span=False)),
        "note": _TYPE_NOTE[row.fabric_basis],
    }  # fmt: skip


def _step(type_id: str, measure: str, show: Printer) -> Sentence:
    stem = _stem(type_id, measure)
    return told(
        "{}. It costs {} and saves {}. Ask {}.", MEASURES[measure], show(f"{stem}.capex"), show(f"{stem}.bill"),
        _WHO[measure],
    )  # fmt: skip


def _route_table(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table:
    """Return how many homes each way comes first for, and what it costs."""
    return Table(
        table_id="heat-routes",
        columns=(
            Column("Way to heat homes without burning anything", "Way"),
            Column("Homes it comes first for", "Homes", number=True),
            Column("Cost a home, before grants", "Cost", number=True),
            Column("Yearly cost a home, over its life", "Yearly cost", number=True),
        ),
        rows=tuple(
            entries(
                f"{ROUTES[route][0].upper()}{ROUTES[route][1:]}", _or(show, f"heat.route.{route}.homes", "none"),
                _or(show, f"heat.way.{route}.capex", _without(route, frames)),
                _or(show, f"heat.way.{route}.annual", _without(route, frames)),
            )
            for route in (ROUTES if not absent(frames, "model_heat_cluster") else ())
        ),
    )  # fmt: skip


def _without(route: str, frames: Mapping[str, pd.DataFrame]) -> Part:
    """Return what stands for the cost of a way that has none."""
    if route == "wait":
        return "that of the second choice"
    held = frames["model_heat_cluster"]
    if route == "network" and held["pipe_m"].isna().all():
        return missing("not known: no streets are mapped")
    return "not possible here"


def _cluster_table(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table:
    """Return the clusters with most homes: route, second choice, why, and what the network carries."""
    held = sorted(_rows_of(frames, "model_heat_cluster"), key=lambda row: (-row.homes, row.cluster_id))
    return Table(
        table_id="heat-clusters",
        columns=(
            Column("Homes round"), Column("Homes", number=True),
            Column("Heat a metre of street", "Heat a metre", number=True),
            Column("First choice, and why", "First choice"), Column("Second"),
            Column("Would the network carry it?", "Network"),
        ),
        rows=tuple(
            entries(
                row.name, _or(show, f"heat.cluster.{row.cluster_id}.homes", words.FEW),
                show(f"heat.cluster.{row.cluster_id}.density"),
                said(_route(row.route), notes=[row.why]), _route(row.second),
                said(VERDICT_NAMES[row.carried], notes=[row.carried_why]),
            )
            for row in held[:SHOWN]
        ),
    )  # fmt: skip


def _route(value: object) -> Part:
    if not words.known(value):
        return missing(words.NOT_KNOWN)
    text = ROUTES[str(value)]
    return f"{text[0].upper()}{text[1:]}"


def _tests(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return whether the network would carry heat pumps, in one sentence without numbers."""
    if absent(frames, "model_heat_cluster"):
        return ""
    held = frames["model_heat_cluster"]
    share = held.groupby("carried")["homes"].sum() / held["homes"].sum()
    told_ = [
        f"{words.roughly(float(part))} of the homes stand where the answer is “{VERDICT_NAMES[str(verdict)]}”"
        for verdict, part in share.sort_values(ascending=False).items()
    ]
    return f"{words.sentence(words.listed(told_))}"


def _map(material: Material) -> maps.Map | None:
    frames = material.frames
    if material.ground is None or absent(frames, "model_heat_cluster"):
        return None
    return maps.heat(
        material.ground, frames["model_heat_cluster"], name="map-heat",
        title=f"How homes in {material.name} could be heated",
    )  # fmt: skip


def _or(show: Printer, figure_id: str, text: Part) -> Part:
    return show(figure_id) if figure_id in show else text


def _stem(scope_id: str, measure: str) -> str:
    return f"heat.measure.{scope_id}.{measure}"


def _rows_of(frames: Mapping[str, pd.DataFrame], layer: str) -> list[Any]:
    return [] if absent(frames, layer) else list(_each(frames, layer))


def _each(frames: Mapping[str, pd.DataFrame], layer: str) -> Iterable[Any]:
    frame = frames[layer]
    return each(frame.drop(columns="geometry", errors="ignore"))
