"""The network in table rows: which substation serves the place, how much room each has, now and later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from laep import words
from laep.report import figures_network
from laep.report.layers import absent, each

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.printer import Printer

Row = dict[str, Any]

MINOR_SHARE = 0.05
"""A substation that serves less of the land than this is named, but not called the network of the place."""
SECONDARIES_SHOWN = 10
"""The table of street substations stops here; layer `model_headroom` holds them all."""
NEEDS_SHOWN = 5
LEVEL_WORDS = {
    "gsp": "Grid supply point",
    "bsp": "Bulk supply point",
    "primary": "Primary substation",
    "secondary": "Street substation",
}
BINDING_WORDS = {"here": "at this substation", "upstream": "further up the network", "unknown": "where is not stated"}
SCREEN_WORDS = {
    "transformer": "the transformer",
    "cable": "what the cables carry",
    "voltage": "voltage at the far end",
}
FIT_COUNTED = {
    "fits": "there would be room for all they send out at",
    "fits_part": "for part of it at",
    "none": "for none at",
    "none_or_worse": "for none or less than none at",
    "unknown": "and no telling at",
}


def substations(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return one row per substation above the street, serving ones first, each with its headroom both ways."""
    if absent(frames, "model_headroom"):
        return []
    headroom = figures_network.headline_headroom(frames["model_headroom"])
    ids = figures_network.headroom_ids(frames["model_headroom"], figures_network.substation_slugs(frames))
    headroom = headroom.assign(figure_id=ids.loc[headroom.index])
    above = headroom[headroom["level"] != "secondary"]
    order = {"serves": 0, "upstream": 1}
    levels = {"primary": 0, "bsp": 1, "gsp": 2}
    land = _land_served(frames)
    keys = sorted(
        {
            (
                order.get(r.role, 2),
                levels.get(r.level, 3),
                -land.get(r.substation_id, 0.0),
                str(r.name),
                r.substation_id,
            )
            for r in each(above)
        }
    )
    return [_substation(above[above["substation_id"] == key[-1]], land, show) for key in keys]


def _land_served(frames: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Return the share of the area's land each serving substation has, where it is known."""
    served = [] if absent(frames, "link_substation") else each(frames["link_substation"].query('role == "serves"'))
    return {row.substation_id: float(row.share_of_area) for row in served if words.known(row.share_of_area)}


def _substation(rows: pd.DataFrame, land: Mapping[str, float], show: Printer) -> Row:
    first = next(iter(each(rows)))
    relief = next((row.relief for row in each(rows) if words.known(row.relief)), "")
    ways = {what: [_headroom(row, show) for row in each(rows[rows["direction"] == what])] for what in _WAYS}
    return {
        "name": first.name if words.known(first.name) else first.substation_id,
        "level": LEVEL_WORDS[first.level],
        "serves": first.role == "serves",
        "minor": land.get(first.substation_id, 1.0) < MINOR_SHARE,
        **ways,
        "told": any(row.figure_id in show or words.known(row.rag) for row in each(rows)),
        "binds": _binds(ways),
        "relief": words.dated(words.sentence(relief)),
    }


_WAYS = ("demand", "generation")


def _binds(ways: Mapping[str, list[Row]]) -> list[str]:
    """Return what limits a substation and where, once where the same limits both demand and generation."""
    found: dict[str, list[str]] = {}
    for what, cells in ways.items():
        for cell in cells:
            if cell["constraint"]:
                found.setdefault(f"{cell['constraint']}, {cell['binding']}", []).append(what)
    return [f"{words.listed(dict.fromkeys(whats)).capitalize()}: {limit}" for limit, whats in found.items()]


def _headroom(row: Any, show: Printer) -> Row:
    when = "" if row.scenario == "now" else f"{row.scenario}, {int(row.year)}"
    return {
        "figure": show(row.figure_id) if row.figure_id in show else Markup("not published"),
        "technology": "" if row.technology == "any" else row.technology,
        "when": when,
        "rag": str(row.rag).casefold() if words.known(row.rag) else "",
        "own_colour": row.rag_basis == "convention" and words.known(row.rag),
        "floored": bool(words.known(row.floor_at_zero) and row.floor_at_zero and row.value == 0),
        "constraint": str(row.constraint).lower().replace(" & ", " and ") if words.known(row.constraint) else "",
        "binding": BINDING_WORDS[row.binding],
        "fit": figures_network.FIT_WORDS[row.verdict],
        "verdict": row.verdict,
    }


def serving(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return the primaries that serve the area, the largest share first, with the chain above each."""
    if absent(frames, "link_substation"):
        return []
    links = frames["link_substation"]
    ids = figures_network.substation_slugs(frames)
    upstream = links[links["role"] == "upstream"]
    chosen = links[links["role"] == "serves"].sort_values(
        ["share_of_area", "substation_id"], ascending=[False, True], na_position="last"
    )
    rows = []
    for row in each(chosen[chosen["level"] != "secondary"]):
        above = [
            u for u in each(upstream) if row.substation_id in words.split(u.serves_id) or not words.known(u.serves_id)
        ]
        stem = f"network.{row.level}.{ids[row.substation_id]}"
        chain = [u.name for level in ("gsp", "bsp") for u in above if u.level == level and words.known(u.name)]
        rows.append(
            {
                "id": row.substation_id,
                "stem": stem,
                "name": row.name if words.known(row.name) else row.substation_id,
                "share": show(f"{stem}.share_of_area") if f"{stem}.share_of_area" in show else None,
                "method": words.sentence(words.method(row.method)).rstrip("."),
                "confidence": row.confidence,
                "chain": chain,
                "proposed": f"{stem}.proposed" if f"{stem}.proposed" in show else None,
            }
        )
    return rows


def scenario_years(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return, for each serving substation, direction and technology with scenarios, its rows and printed years."""
    if absent(frames, "model_headroom"):
        return []
    headroom = frames["model_headroom"]
    ids = figures_network.headroom_ids(headroom, figures_network.substation_slugs(frames))
    future = headroom.assign(figure_id=ids)
    future = future[(future["scenario"] != "now") & (future["role"] == "serves") & (future["level"] != "secondary")]
    tables = []
    for key, rows in future.groupby(["substation_id", "direction", "technology", "unit"], sort=True):
        if rows["year"].nunique() < 2 or rows["value"].notna().sum() < 2:
            continue
        years = figures_network.printed_years(rows["year"].astype(int))
        scenarios = [
            {"name": name, "cells": [_year_cell(part, year, show) for year in years]}
            for name, part in rows.groupby("scenario", sort=True)
        ]
        name = rows["name"].iloc[0]
        tables.append(
            {
                "name": name if words.known(name) else key[0],
                "direction": key[1],
                "technology": "" if key[2] == "any" else key[2],
                "unit": key[3],
                "years": years,
                "scenarios": scenarios,
                "frame": rows,
            }
        )
    return tables


def _year_cell(rows: pd.DataFrame, year: int, show: Printer) -> Markup:
    at = rows[rows["year"] == year]
    return Markup("") if at.empty else show(str(at["figure_id"].iloc[0]))


def street_substations(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return the street substations with least room for rooftop solar, the tightest first."""
    if absent(frames, "model_headroom"):
        return []
    headroom = frames["model_headroom"]
    ids = figures_network.headroom_ids(headroom, figures_network.substation_slugs(frames))
    rows = headroom.assign(figure_id=ids)
    rows = rows[(rows["level"] == "secondary") & (rows["direction"] == "generation")]
    rows = rows.sort_values(["substation_id", "year"], kind="stable").drop_duplicates("substation_id")
    rank = {"none_or_worse": 0, "none": 1, "fits_part": 2, "unknown": 3, "fits": 4}
    rows = rows.assign(_rank=rows["verdict"].map(rank)).sort_values(["_rank", "value", "substation_id"])
    return [
        {
            "name": row.name if words.known(row.name) else row.substation_id,
            "headroom": show(row.figure_id) if row.figure_id in show else Markup("not published"),
            "proposed": show(row.figure_id.partition(".generation_headroom")[0] + ".proposed", kilo=True),
            "fit": figures_network.FIT_WORDS[row.verdict],
            "buildings": show(row.figure_id.partition(".generation_headroom")[0] + ".buildings"),
        }
        for row in each(rows.head(SECONDARIES_SHOWN))
    ]


def screening(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return, for each direction and year, at how many street substations laep's own screening finds room."""
    if absent(frames, "model_lv"):
        return []
    rows = frames["model_lv"]
    found = []
    for _, part in rows.groupby(["direction", "year"], sort=True):
        direction, year = str(part["direction"].iloc[0]), int(part["year"].iloc[0])
        stem = f"network.lv.{direction}.{year}"
        binding = str(part["binding"].value_counts().sort_index().idxmax())
        found.append(
            {
                "direction": direction,
                "year": year,
                "with_room": show(f"{stem}.with_room"),
                "screened": show(f"{stem}.screened"),
                "binding": SCREEN_WORDS[binding],
            }
        )
    return found


def screening_basis(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return in one sentence what the screened feeders are taken to be, and who made the power flow."""
    if absent(frames, "model_lv"):
        return ""
    rows = frames["model_lv"]
    feeders = words.listed(sorted(set(rows["feeder"])))
    flows = words.listed(sorted(set(rows["flow_by"])))
    return f"Each feeder is taken as {feeders}. Power flow, which checks the voltages: {flows}."


def binding_levels(frames: Mapping[str, pd.DataFrame]) -> list[Row]:
    """Return which level of the network sets the room at each serving primary today, both ways."""
    if absent(frames, "model_limit"):
        return []
    limits = frames["model_limit"]
    today = limits[(limits["scenario"] == "now") & (limits["start_level"] == "primary")]
    today = today[today["year"] == today["year"].min()]
    names: dict[str, str] = {}
    if not absent(frames, "link_substation"):
        named = frames["link_substation"].dropna(subset=["name"])
        names = dict(zip(named["substation_id"].astype(str), named["name"].astype(str), strict=True))
    upstream: set[tuple[str, str]] = set()
    if not absent(frames, "model_headroom"):
        said = frames["model_headroom"].query('scenario == "now" and binding == "upstream"')
        upstream = set(zip(said["substation_id"], said["direction"], strict=True))
    return [
        {
            "start": names.get(row.start_id, row.start_id),
            "direction": row.direction,
            "level": LEVEL_WORDS[row.level].casefold(),
            "name": row.name if words.known(row.name) else row.substation_id,
            "itself": row.substation_id == row.start_id,
            "managed": _gloss(row.managed) if words.known(row.managed) else "",
            "further": (row.start_id, row.direction) in upstream,
        }
        for row in each(today[today["level"].notna()])
    ]


def curtailment(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return how much generation each scheme above the area held back in the last year told."""
    return [
        {
            "scheme": words.titled(str(rows["scheme"].iloc[0])),
            "year": int(rows["year"].iloc[0]),
            "operator": rows["operator"].iloc[0],
            **{part: show(f"{stem}.{part}") for part in ("events", "hours", "lost")},
        }
        for stem, rows, _ in figures_network.curtailed(frames)
    ]


def flexibility(frames: Mapping[str, pd.DataFrame]) -> list[Row]:
    """Return the nearest places for which the operator seeks flexible use."""
    if absent(frames, "in_flexibility"):
        return []
    needs = frames["in_flexibility"].sort_values(["distance_m", "need_id"], kind="stable").drop_duplicates("zone")
    return [
        {
            "zone": words.titled(str(row.zone)),
            "away": "in the area" if row.distance_m == 0 else f"{words.number(row.distance_m / 1000)} km away",
            "size": f"up to {words.number(row.capacity)} {row.unit}" if words.known(row.capacity) else "",
            "starts": words.published_date(row.starts) if words.known(row.starts) else "",
            "window": row.window if words.known(row.window) else "",
            "outcome": words.sentence(row.outcome) if words.known(row.outcome) else "",
        }
        for row in each(needs.head(NEEDS_SHOWN))
    ]


def _gloss(managed: str) -> str:
    """Return what an operator says of managed limits, its short form spelled out."""
    return str(managed).replace(
        "Technical Limits Agreed at GSP: Yes", "agreed limits let some connect before works end"
    )


def street_verdicts(show: Printer) -> list[Row]:
    """Return how many street substations have room for all, part or none of the rooftop solar on them."""
    return [
        {"fit": label, "count": show(f"network.secondary.{verdict}_count")}
        for verdict, label in FIT_COUNTED.items()
        if f"network.secondary.{verdict}_count" in show
    ]
