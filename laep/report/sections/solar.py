"""Solar on roofs: what roofs could carry and make, by use of building and by how they were found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from laep import words
from laep.report import legend
from laep.report.book import weighed, where
from laep.report.cells import Column, Sentence, Table, entries, joined, said, told
from laep.report.draw import charts, maps, marks
from laep.report.labels import USE_WORDS
from laep.report.layers import absent
from laep.report.sections.baseline import SUMMER, WINTER, map_ends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.report.book import Book
    from laep.report.material import Material
    from laep.report.printer import Printer

TITLE = "Solar on roofs"
ROOF = (
    "pv.module.power_density", "pv.roof.usable_fraction.pitched", "pv.roof.usable_fraction.flat",
)  # fmt: skip
YIELD = (*ROOF, "pv.system.loss", "pv.weather.year_to_year")
"""Assumptions that matter most to what fits on roofs, and to what it yields."""
MUCH = 0.2
"""From this share of the roof capacity on, buildings whose use is not known make a share of use misleading."""
FLAGS = {
    "listed-building": "are listed",
    "conservation-area": "stand in a conservation area",
    "world-heritage-site": "stand in a World Heritage Site",
    "scheduled-monument": "touch a scheduled monument",
    "article-4-direction-area": "stand where the council has taken away some usual rights to build",
}
"""Constraint on a roof -> what is said of the buildings it lies on."""
_PLAIN_METHODS = {
    "footprint archetype": "Typical roof for the footprint",
    "plane in the surface model": "Roof seen in the survey of heights",
}
_BY_USE = ("roofs", "capacity", "annual")
_METHOD_LEFT_OUT = ("half-hourly light", "skyline from", "usual spread", "spread of")


def figures(book: Book) -> None:
    """Add what roofs could carry and make, how many buildings are flagged, and what shade takes."""
    _solar(book)
    _flagged(book)
    _shaded(book)


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames, show = material.frames, material.show
    gap = use_gap(frames)
    held = not absent(frames, "model_solar")
    return {
        "held": held,
        "lede": _lede(show, material.name, matched=not gap) if held else Sentence(),
        "use_gap": gap,
        "map": _map(material),
        "map_caption": map_caption(frames),
        "flags": _flags(show),
        "by_use": by_use(show),
        "months": None if gap else _months(frames, show),
        "days": None if gap else _days(frames, show),
        "by_method": by_method(frames, show),
        "shade": shade(show),
        "sunshine": _sunshine(show),
    }


def _lede(show: Printer, name: str, *, matched: bool) -> Sentence:
    more = "more " if "existing.solar_count" in show else ""
    share = (
        told(", which is {} of the electricity used here", show("solar.share_of_demand"))
        if matched and "solar.share_of_demand" in show
        else ""
    )
    return joined(
        [
            told(
                "{} buildings in {} have a roof with room for {}panels: {} in all, besides panels already there.",
                show("solar.roofs"), name, more, show("solar.capacity"),
            ),
            told("In a year they could make {}{}.", show("solar.annual"), share),
        ]
    )  # fmt: skip


def use_gap(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return a warning where roofs cannot be set against use: much of either is not known, or not of the same place."""
    if absent(frames, "model_solar") or absent(frames, "model_demand"):
        return ""
    if map_ends(frames):
        return "Roofs beyond the edge of the map are missing, so those here are not set against all that is used."
    solar, demand = frames["model_solar"], frames["model_demand"]
    known = demand[demand["annual_kwh"].notna() & ~demand["use"].isin(["unknown"])]["scope_id"]
    total = float(solar["capacity_kwp"].sum())
    blind = float(solar.loc[~solar["building_id"].isin(known), "capacity_kwp"].sum())
    if not total or blind / total < MUCH:
        return ""
    return (
        f"{words.roughly(blind / total).capitalize()} of these panels would stand on buildings whose use of "
        "electricity is not known, so they are not set against it here."
    )


def _map(material: Material) -> maps.Map | None:
    frames = material.frames
    if material.ground is None or absent(frames, "model_solar") or absent(frames, "in_building"):
        return None
    return maps.roofs(material.ground, frames, name="map-roofs", title=f"Roofs of {material.name} by solar yield")


def map_caption(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return what the map of roofs shows."""
    by_plane = not (absent(frames, "model_plane") or absent(frames, "roof_plane"))
    what = "Roof planes" if by_plane else "Roofs"
    known = by_plane and frames["model_plane"]["shade_loss"].notna().any()
    shaded = ", shade included" if known else ", shade not known"
    return (
        f"{what} by what each kWp of panels could yield there in a first year{shaded}. Nobody has been on these roofs."
    )


def _flags(show: Printer) -> Sentence:
    """Return how many buildings with room for panels are listed, in a conservation area and the like."""
    flagged = [
        said(show(f"solar.flagged.{flag}"), f" {what}")
        for flag, what in FLAGS.items()
        if f"solar.flagged.{flag}" in show
    ]
    if len(flagged) < 2:
        return joined(flagged)
    return joined([joined(flagged[:-1], between=", "), flagged[-1]], between=", and ")


def by_use(show: Printer) -> Table:
    """Return suitable roofs, capacity and yield by use, uses without a suitable roof left out."""
    return Table(
        table_id="solar-by-use",
        columns=(
            Column("Use"),
            Column("With a suitable roof", "Suitable roofs", number=True),
            Column("Panels that fit", "Panels", number=True),
            Column("Yield in a year", "In a year", number=True),
        ),
        rows=(
            *(
                entries(label, *(show(f"solar.{use}.{part}") for part in _BY_USE))
                for use, label in USE_WORDS.items()
                if (show.value(f"solar.{use}.roofs") or 0) > 0
            ),
            entries("All", *(show(f"solar.{part}") for part in _BY_USE)),
        ),
    )


def _months(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Any] | None:
    """Return use and solar yield month by month, as a chart with its key and as a table."""
    if absent(frames, "model_month"):
        return None
    months = frames["model_month"]
    if months["demand_kwh"].isna().all() or months["solar_kwh"].isna().all():
        return None
    table = Table(
        table_id="months",
        columns=(
            Column("Month"),
            Column("Electricity used", "Used"),
            Column("Panels up and panels on the roof left could make", "Could make"),
        ),
        rows=(
            *(entries(words.month(n), show(f"month.{n}.demand"), show(f"month.{n}.solar")) for n in range(1, 13)),
            entries("The year", show("month.all.demand"), show("month.all.solar")),
        ),
    )
    keys = (
        marks.Key("Electricity used", marks.square(legend.DEMAND)),
        marks.Key("What panels on roofs could make", marks.ringed_line(legend.SOLAR)),
    )
    return {"chart": charts.months(months, with_solar=True, name="chart-solar-months"), "keys": keys, "table": table}


def _days(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Any] | None:
    """Return use and solar yield on the average day of winter and of summer, on one scale."""
    if absent(frames, "model_profile"):
        return None
    profile = frames["model_profile"]
    top = float(profile.loc[profile["month"].isin([WINTER, SUMMER]), ["demand_kw", "solar_kw"]].max().max())
    drawn = {
        season: charts.day(profile, month=month, top=top, name=f"chart-solar-{season}", with_solar=True)
        for season, month in (("winter", WINTER), ("summer", SUMMER))
    }
    peak = told(
        "On an average June day all these panels together would reach {}, while use at its highest is {}.",
        show("profile.summer_solar_peak"), show("profile.summer_demand_peak"),
    )  # fmt: skip
    return {**drawn, "peak": peak}


def by_method(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table:
    """Return how the roofs were found, with the capacity and confidence of each way."""
    methods = [] if absent(frames, "model_solar") else sorted(frames["model_solar"]["method"].unique())
    stems = {method: f"solar.method.{words.slug(method)}" for method in methods}
    return Table(
        table_id="solar-by-method",
        columns=(
            Column("How the roof was found"),
            Column("Buildings", number=True),
            Column("Panels that fit", "Panels", number=True),
            Column("Confidence"),
        ),
        rows=tuple(
            entries(
                _plain(method), show(f"{stem}.roofs"), show(f"{stem}.capacity"), show.confidence(f"{stem}.capacity")
            )
            for method, stem in stems.items()
            if (show.value(f"{stem}.roofs") or 0) > 0
        ),
    )


def _plain(method: str) -> str:
    """Return how a roof was found in plain words; how its light was worked out is said once, below the table."""
    parts = "; ".join(part for part in words.split(method) if not part.startswith(_METHOD_LEFT_OUT))
    for code, plain in _PLAIN_METHODS.items():
        parts = parts.replace(code, plain)
    return words.sentence(parts).rstrip(".")


def shade(show: Printer) -> Sentence:
    """Return what is known of shade."""
    if "solar.shade_loss" not in show:
        return said(
            "Shade is not known: no survey of heights is held, and the skyline usual for a place so closely built and "
            "wooded stands for it. It takes most in winter."
        )
    return told(
        "Shade of roofs, trees and hills is read from the survey of heights for {} of the panels: it takes {} of "
        "their yield.", show("solar.shade_known"), show("solar.shade_loss"),
    )  # fmt: skip


def _sunshine(show: Printer) -> Sentence:
    if "sunshine.annual" not in show:
        return Sentence()
    return told(
        "What can be said is how much sun there is: {} on level ground in a typical year.", show("sunshine.annual")
    )


def _flagged(book: Book) -> None:
    planes = book.layer("roof_plane")
    if planes is None or "constraints" not in planes.columns:
        return
    held = planes[planes["suitable"].astype(bool) & planes["constraints"].notna()]
    for flag, what in FLAGS.items():
        on = held.loc[held["constraints"].str.split(";").map(lambda kinds, flag=flag: flag in kinds), "building_id"]
        if len(on):
            book.add(
                f"solar.flagged.{flag}", f"Buildings with room for panels that {what}", on.nunique(), "buildings",
                layer="roof_plane", rows="suitable", column=f'building_id, where constraints hold "{flag}"',
                method="calculation", confidence="medium",
            )  # fmt: skip


def _shaded(book: Book) -> None:
    planes, yields = book.layer("roof_plane"), book.layer("model_plane")
    if planes is None or yields is None:
        return
    fits = planes.loc[planes["suitable"].astype(bool), ["roof_id", "capacity_kwp"]].merge(yields, on="roof_id")
    seen = fits[fits["shade_loss"].notna()]
    if seen["capacity_kwp"].sum() > 0:
        weight = seen["capacity_kwp"] / seen["capacity_kwp"].sum()
        book.add(
            "solar.shade_loss", "Yield that roofs, trees and hills take from suitable roofs by their shade",
            float((seen["shade_loss"] * weight).sum()), "share", layer="model_plane",
            column="shade_loss, weighted by capacity_kwp of roof_plane", method="calculation", confidence="medium",
        )  # fmt: skip
        book.add(
            "solar.shade_known", "Suitable roof capacity whose shade is read from a surface model",
            seen["capacity_kwp"].sum() / fits["capacity_kwp"].sum(), "share", layer="model_plane",
            rows="shade_loss == shade_loss", column="capacity_kwp of roof_plane", method="calculation",
        )  # fmt: skip


def _solar(book: Book) -> None:
    solar = book.layer("model_solar")
    if solar is None:
        return
    on = "capacity_kwp > 0"
    label = "Buildings with at least one suitable roof"
    book.count("solar.roofs", label, "model_solar", rows=on, unit="buildings", confidence=_typical(solar))
    label = "Solar panels that fit on suitable roofs, besides those there"
    book.total("solar.capacity", label, "model_solar", "capacity_kwp", "kWp", assumptions=ROOF)
    label = "Electricity suitable roofs could make in a year, besides panels already there"
    book.total("solar.annual", label, "model_solar", "annual_kwh", "kWh", assumptions=YIELD)
    label = "Yield of each kWp in a year"
    book.ratio("solar.yield", label, "solar.annual", "solar.capacity", "kWh/kWp", ranged=False)
    label = "What roofs could make, as a share of electricity used, over a year"
    book.ratio("solar.share_of_demand", label, "solar.annual", "demand.annual")
    for use in sorted(solar["use"].unique()):
        rows = where(use=use)
        label = f"Suitable roofs on buildings of use {use}"
        book.count(f"solar.{use}.roofs", label, "model_solar", rows=f"{rows} and {on}", unit="buildings")
        label = f"Solar panels that fit on roofs of use {use}"
        book.total(f"solar.{use}.capacity", label, "model_solar", "capacity_kwp", "kWp", rows=rows, assumptions=ROOF)
        label = f"Electricity roofs of use {use} could make in a year"
        book.total(f"solar.{use}.annual", label, "model_solar", "annual_kwh", "kWh", rows=rows, assumptions=YIELD)
    for method in sorted(solar["method"].unique()):
        rows = where(method=method)
        stem = f"solar.method.{words.slug(method)}"
        label = f"Suitable roofs found by: {method}"
        book.count(f"{stem}.roofs", label, "model_solar", rows=f"{rows} and {on}", unit="buildings")
        label = f"Solar panels that fit, found by: {method}"
        book.total(f"{stem}.capacity", label, "model_solar", "capacity_kwp", "kWp", rows=rows, assumptions=ROOF)


def _typical(frame: pd.DataFrame) -> str:
    return weighed(frame, pd.Series(1.0, index=frame.index))
