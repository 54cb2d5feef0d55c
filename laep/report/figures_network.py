"""The numbers of the network: which substations, how much room, how far rooftop solar would fill it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from laep import words
from laep.report.book import Book, called, where
from laep.report.layers import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

YEAR_STEP = 5
"""Scenario years are printed every five years, beside the first and the last: the chart shows the rest."""

_ROOF = ("pv.module.power_density", "pv.roof.usable_fraction.pitched", "pv.roof.usable_fraction.flat")
_PROPOSED = ("net.diversity.pv_export", "net.power_factor")
_SCREENED = ("admd.gas_heated.measured_kw", "net.lv.homes_per_feeder", "net.lv.cable_r_ohm_per_km")
_SUBSTATION_FACTS = {
    "max_demand": ("max_demand_mva", "MVA", "Highest demand seen at {}"),
    "firm_capacity": ("firm_capacity_mva", "MVA", "Firm capacity of {}"),
    "rating": ("rating_mva", "MVA", "Transformer rating of {}"),
    "connected_generation": ("connected_generation_mw", "MW", "Generation connected at {}"),
    "contracted_generation": ("contracted_generation_mw", "MW", "Generation contracted at {} but not yet connected"),
    "contracted_demand": ("contracted_demand_mva", "MVA", "Demand contracted at {} but not yet connected"),
    "customers": ("customers", "count", "Customers fed from {}"),
}

FIT_WORDS = {
    "fits": "room for all of it",
    "fits_part": "room for part of it",
    "none": "no room",
    "none_or_worse": "no room, or worse",
    "unknown": "cannot be said",
}


def links(book: Book) -> None:
    """Add which substation serves how much of the area, and how many buildings."""
    serving = book.layer("link_substation")
    ids = substation_slugs(book.frames)
    for row in each(serving):
        book.add(
            f"network.{row.level}.{ids[row.substation_id]}.share_of_area", f"Share of the land {called(row)} serves",
            row.share_of_area, "share", layer="link_substation",
            rows=where(source_id=row.source_id, substation_id=row.substation_id), column="share_of_area",
            method="value", confidence=row.confidence,
        )  # fmt: skip
    buildings = book.layer("link_building")
    if buildings is None:
        return
    for level in ("primary", "secondary"):
        column = f"{level}_id"
        for substation, count in buildings[column].value_counts().sort_index().items():
            if substation in ids:
                book.add(
                    f"network.{level}.{ids[substation]}.buildings", f"Buildings linked to {level} {substation}",
                    count, "buildings", layer="link_building", rows=where(**{column: substation}), column="",
                    method="count", confidence="medium",
                )  # fmt: skip
        book.add(
            f"network.{level}.linked_count", f"Buildings linked to a {level} substation",
            int(buildings[column].notna().sum()), "buildings", layer="link_building", rows=f"{column} == {column}",
            column="", method="count", confidence="medium",
        )  # fmt: skip


def headroom(book: Book) -> None:
    """Add the published headroom of every level, now and in the printed years, and what rooftop solar would ask."""
    _screened(book)
    published = book.layer("model_headroom")
    if published is None:
        return
    named = published.assign(figure_id=headroom_ids(published, substation_slugs(book.frames)))
    years = printed_years(named.loc[named["scenario"] != "now", "year"].astype(int))
    printed = named[(named["scenario"] == "now") | named["year"].isin(years)]
    for row in each(printed):
        rows = where(
            substation_id=row.substation_id, direction=row.direction, technology=row.technology,
            scenario=row.scenario, year=int(row.year), basis=row.basis,
        )  # fmt: skip
        when = "now" if row.scenario == "now" else f"in {int(row.year)}, scenario {row.scenario}"
        book.add(
            row.figure_id, f"Room for more {row.direction} at {called(row)} {when}, as published", row.value, row.unit,
            layer="model_headroom", rows=rows, column="value", method="value",
            confidence="medium" if row.basis in ("estimated", "not_stated") else "high",
        )  # fmt: skip
    proposed = named[named["proposed_mw"].notna() & (named["direction"] == "generation")]
    for row in each(proposed.drop_duplicates(["level", "substation_id"])):
        stem = row.figure_id.partition(".generation_headroom")[0]
        book.add(
            f"{stem}.proposed", f"Export that all suitable roofs on {called(row)} could add at the sunniest half-hour",
            row.proposed_mw, "MW", layer="model_headroom", column="proposed_mw", method="first",
            rows=where(substation_id=row.substation_id, direction="generation"), assumptions=(*_ROOF, *_PROPOSED),
            confidence="low",
        )  # fmt: skip
    _secondary(book, named)


def managed(book: Book) -> None:
    """Add how long and how much generation was held back by the schemes above the area, in the last year told."""
    for stem, rows, found in curtailed(book.frames):
        label = f"{{}} under the scheme {rows['scheme'].iloc[0]} in {int(rows['year'].iloc[0])}"
        for name, column, unit, told in (
            ("events", "events", "count", "Times generation was held back"),
            ("hours", "hours", "h", "Hours generation was held back, summed over sites"),
            ("lost", "energy_lost_kwh", "kWh", "Energy estimated to be lost"),
        ):
            if rows[column].notna().any():
                book.add(
                    f"{stem}.{name}", label.format(told), rows[column].sum(), unit, layer="in_curtailment",
                    rows=found, column=column, method="sum",
                )  # fmt: skip


def curtailed(frames: Mapping[str, pd.DataFrame]) -> list[tuple[str, pd.DataFrame, str]]:
    """Return, for each scheme named after a substation of the area, its figure stem, last year's rows, their query."""
    held, links = frames.get("in_curtailment"), frames.get("link_substation")
    if held is None or links is None or held.empty:
        return []
    ours = {_stem(name) for name in links["name"].dropna()} - {""}
    found = []
    for scheme in sorted(held["scheme"].unique()):
        if _stem(scheme) in ours:
            rows = held[held["scheme"] == scheme]
            year = int(rows["year"].max())
            alike = where(scheme=scheme, year=year)
            found.append((f"network.curtailment.{words.slug(scheme)}", rows[rows["year"] == year], alike))
    return found


def _stem(name: str) -> str:
    """Return the first word of the name of a substation or of a scheme called after one: `WALPOLE-W` is walpole."""
    return re.split(r"[\s\-_/]", str(name).strip().casefold())[0]


def _screened(book: Book) -> None:
    """Add how many street substations laep's own screening finds room at, by direction and year."""
    rows = book.layer("model_lv")
    if rows is None:
        return
    for _, part in rows.groupby(["direction", "year"], sort=True):
        direction, year = str(part["direction"].iloc[0]), int(part["year"].iloc[0])
        stem, at = f"network.lv.{direction}.{year}", where(direction=direction, year=year)
        book.add(
            f"{stem}.screened", f"Street substations screened for {direction} in {year}", len(part), "substations",
            layer="model_lv", rows=at, column="", method="count", confidence="low",
        )  # fmt: skip
        book.add(
            f"{stem}.with_room", f"Street substations with room left for {direction} in {year}, as laep reckons it",
            int((part["headroom_kw"] > 0).sum()), "substations", low=int((part["headroom_low_kw"] > 0).sum()),
            high=int((part["headroom_high_kw"] > 0).sum()), layer="model_lv", rows=f"{at} and headroom_kw > 0",
            column="", method="count", confidence="low", assumptions=_SCREENED,
        )  # fmt: skip


def _secondary(book: Book, named: pd.DataFrame) -> None:
    chosen = named[(named["level"] == "secondary") & (named["direction"] == "generation")]
    current = chosen.sort_values(["substation_id", "year"], kind="stable").drop_duplicates("substation_id")
    for verdict, count in current["verdict"].value_counts().sort_index().items():
        book.add(
            f"network.secondary.{verdict}_count",
            f"Secondary substations, by room for the solar on their roofs: {FIT_WORDS[str(verdict)]}", count,
            "substations", layer="model_headroom",
            column='level == "secondary", direction == "generation", the earliest row of each',
            method="calculation", confidence="medium",
        )  # fmt: skip


def substations(book: Book) -> None:
    """Add what operators publish about each substation the report names."""
    frame = book.layer("in_substation")
    ids = substation_slugs(book.frames)
    if frame is None:
        return
    for row in each(frame[frame["substation_id"].isin(list(ids))]):
        for stem, (column, unit, label) in _SUBSTATION_FACTS.items():
            figure_id = f"network.{row.level}.{ids[row.substation_id]}.{stem}"
            if figure_id not in book.figures:
                book.add(
                    figure_id, label.format(called(row)), getattr(row, column), unit, layer="in_substation",
                    rows=where(source_id=row.source_id, substation_id=row.substation_id), column=column, method="value",
                )  # fmt: skip


def printed_years(years: Iterable[int]) -> list[int]:
    """Return the scenario years printed as figures: the first, the last, and every fifth between."""
    found = sorted(set(years))
    return [year for year in found if year in (found[0], found[-1]) or year % YEAR_STEP == 0]


def substation_slugs(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the part of a figure id that stands for each substation the report names."""
    found: set[str] = set()
    for layer in ("link_substation", "model_headroom"):
        frame = frames.get(layer)
        if frame is not None:
            found |= set(frame["substation_id"].astype(str))
    return words.slugs(sorted(found))


def headroom_ids(headroom: pd.DataFrame, ids: Mapping[str, str]) -> pd.Series:
    """Return the figure id of each row of `model_headroom`; the basis joins in only where it tells two rows apart."""
    technology = headroom["technology"].where(headroom["technology"] != "any", "")
    scenario = headroom["scenario"].map(words.slug) + "." + headroom["year"].astype(str)
    parts = pd.DataFrame(
        {
            "stem": "network." + headroom["level"] + "." + headroom["substation_id"].map(dict(ids)),
            "direction": headroom["direction"] + "_headroom",
            "technology": technology,
            "when": scenario.where(headroom["scenario"] != "now", ""),
        }
    ).astype("string")
    found = parts.apply(lambda row: ".".join(part for part in row if part), axis=1).astype("string")
    return found.where(~found.duplicated(keep=False), found + "." + headroom["basis"]).astype("string")


def headline_headroom(headroom: pd.DataFrame) -> pd.DataFrame:
    """
    Return one row per substation, direction and technology: today's position, else the earliest year of a scenario.

    Where there is no position of today, a scenario whose name holds "best" goes before the others.
    """
    order = headroom.assign(
        _now=(headroom["scenario"] != "now"), _best=~headroom["scenario"].str.casefold().str.contains("best")
    ).sort_values(["_now", "_best", "year", "scenario", "basis"], kind="stable")
    kept = order.drop_duplicates(["substation_id", "direction", "technology"])
    return kept.drop(columns=["_now", "_best"]).sort_index(kind="stable")
