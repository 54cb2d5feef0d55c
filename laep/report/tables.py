"""Layers to table rows in readers' units: each function returns plain dictionaries for the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from laep.report import figures_network, words
from laep.report.book import each
from laep.report.unknowns import absent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from laep.report.printer import Printer

Row = dict[str, Any]

SITES_SHOWN = 15
SEGMENTS_SHOWN = 15
SECONDARIES_SHOWN = 10
"""Long tables stop here and say how many rows are left: the layer holds them all."""

USE_WORDS = {
    "home": "Houses", "flats": "Blocks of flats", "shop": "Shops", "office": "Offices", "school": "Schools",
    "hall": "Halls", "worship": "Places of worship", "health": "Health", "leisure": "Sport and leisure",
    "hotel": "Hotels and pubs", "civic": "Public buildings", "industry": "Industry", "farm": "Farm buildings",
    "garage": "Garages", "outbuilding": "Sheds and outbuildings", "utility": "Utilities", "other": "Other",
    "unknown": "Use not known",
}  # fmt: skip
TENURE_WORDS = {
    "owned": "Owned, outright or with a mortgage",
    "shared_ownership": "Part owned, part rented",
    "social_rented": "Rented from a council or housing association",
    "private_rented": "Rented privately or living rent free",
}
LEVEL_WORDS = {
    "gsp": "Grid supply point",
    "bsp": "Bulk supply point",
    "primary": "Primary substation",
    "secondary": "Street substation",
}
BINDING_WORDS = {"here": "at this substation", "upstream": "further up the network", "unknown": "where is not stated"}
FIT_WORDS = {
    "fits": "room for all of it",
    "fits_part": "room for part of it",
    "none": "no room",
    "none_or_worse": "no room, or worse",
    "unknown": "cannot be said",
}
FIT_COUNTED = {
    "fits": "there would be room for all they send out at",
    "fits_part": "for part of it at",
    "none": "for none at",
    "none_or_worse": "for none or less than none at",
    "unknown": "and no telling at",
}
KIND_WORDS = {
    "school": "School", "hall": "Hall", "worship": "Place of worship", "club": "Club", "library": "Library",
    "health": "Health centre", "pub": "Pub", "shop": "Shop", "civic": "Public building", "sport": "Sports ground",
    "leisure": "Sport and leisure", "allotments": "Allotments", "car_park": "Car park", "industry": "Industry",
    "farm": "Farm", "office": "Office", "hotel": "Hotel or pub", "flats": "Block of flats",
}  # fmt: skip
TECHNOLOGY_WORDS = {"rooftop_pv": "on the roof", "ground_pv": "on the ground", "carport_pv": "over parked cars"}
VERDICT_WORDS = {
    "promising": "Promising",
    "possible": "Possible",
    "open": "Open question",
    "blocked": "Blocked for now",
    "advise_against": "Not advised here",
}
STANDING_WORDS = {
    "recommended": "Fits best",
    "possible": "Possible",
    "needs_answers": "Needs answers first",
    "ruled_out": "Does not fit",
}
GROUPS = (
    ("foundations", "Foundations", "Take stock, agree what matters, and find projects worth doing."),
    ("assets", "Assets", "Panels, pumps, batteries and chargers, owned by households, the community or a company."),
    ("smart_systems", "Smart systems", "Ways of running many assets together."),
)
STAGES = (
    ("identify_assets", "Take stock"),
    ("identify_target", "Agree what we want"),
    ("build_partnerships", "Find partners"),
    ("augment_assets", "Build or buy"),
    ("optimise", "Run it well"),
)
CONFIDENCE_WORDS = {
    "confirmed_primary": "read at the publisher",
    "confirmed_secondary": "read in a page that quotes the publisher",
    "derived": "worked out from confirmed figures",
    "guide": "field guide",
    "guide_chatgpt": "field guide, which took it from ChatGPT",
    "convention": "our own rule",
    "unconfirmed": "NOT CONFIRMED: a working value",
    "override": "set for this place",
}


def uses(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return buildings and electricity by use, in the order of `USE_WORDS`."""
    return [
        {
            "use": label,
            "buildings": show(f"buildings.{use}.count"),
            "annual": show(f"demand.{use}.annual") if f"demand.{use}.annual" in show else Markup("not estimated"),
        }
        for use, label in USE_WORDS.items()
        if not absent(frames, "in_building") and f"buildings.{use}.count" in show
    ]


def tenure(show: Printer) -> list[Row]:
    """Return households by tenure; a small group is printed as "fewer than 10" and its share left out."""
    whole = show.value("tenure.households")
    rows = []
    for key, label in TENURE_WORDS.items():
        count = show.value(f"tenure.{key}")
        if count is None or not whole:
            continue
        few = count < words.FEWEST_PEOPLE
        rows.append(
            {
                "label": label,
                "count": show(f"tenure.{key}"),
                "share": Markup("a few") if few else show(f"tenure.{key}_share"),
                "printed": "a few" if few else words.percent(count / whole),
                "size": max(count, words.FEWEST_PEOPLE) if few else count,
            }
        )
    return rows


def existing(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return registered generation and storage by technology, connected and accepted."""
    if absent(frames, "in_generator"):
        return []
    rows = []
    for technology in sorted(frames["in_generator"]["technology"].unique()):
        row: Row = {"technology": str(technology).capitalize()}
        for status, stem in (("connected", "existing"), ("accepted", "accepted")):
            key = f"{stem}.{words.slug(technology)}"
            there = f"{key}_count" in show
            size = (f"{key}_capacity" in show) if there else False
            row[status] = (
                Markup("{} ({})").format(show(f"{key}_count"), show(f"{key}_capacity"))
                if size
                else show(f"{key}_count")
                if there
                else Markup("none registered")
            )
        rows.append(row)
    return rows


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
    keys = sorted({(order.get(r.role, 2), levels.get(r.level, 3), str(r.name), r.substation_id) for r in each(above)})
    return [_substation(above[above["substation_id"] == key[3]], show) for key in keys]


def _substation(rows: pd.DataFrame, show: Printer) -> Row:
    first = next(iter(each(rows)))
    relief = next((row.relief for row in each(rows) if words.known(row.relief)), "")
    return {
        "name": first.name if words.known(first.name) else first.substation_id,
        "level": LEVEL_WORDS[first.level],
        "serves": first.role == "serves",
        "demand": [_headroom(row, show) for row in each(rows[rows["direction"] == "demand"])],
        "generation": [_headroom(row, show) for row in each(rows[rows["direction"] == "generation"])],
        "relief": words.sentence(relief),
    }


def _headroom(row: Any, show: Printer) -> Row:
    when = "" if row.scenario == "now" else f"{row.scenario}, {int(row.year)}"
    return {
        "figure": show(row.figure_id) if row.figure_id in show else Markup("not published"),
        "technology": "" if row.technology == "any" else row.technology,
        "when": when,
        "rag": row.rag if words.known(row.rag) else "",
        "own_colour": row.rag_basis == "convention" and words.known(row.rag),
        "floored": bool(words.known(row.floor_at_zero) and row.floor_at_zero and row.value == 0),
        "constraint": str(row.constraint).lower().replace(" & ", " and ") if words.known(row.constraint) else "",
        "binding": BINDING_WORDS[row.binding],
        "fit": FIT_WORDS[row.verdict],
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
        above = [u for u in each(upstream) if u.serves_id == row.substation_id or not words.known(u.serves_id)]
        stem = f"network.{row.level}.{ids[row.substation_id]}"
        chain = [u.name for level in ("gsp", "bsp") for u in above if u.level == level and words.known(u.name)]
        rows.append(
            {
                "id": row.substation_id,
                "stem": stem,
                "name": row.name if words.known(row.name) else row.substation_id,
                "share": show(f"{stem}.share_of_area") if f"{stem}.share_of_area" in show else None,
                "method": row.method,
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
            "fit": FIT_WORDS[row.verdict],
            "buildings": show(row.figure_id.partition(".generation_headroom")[0] + ".buildings"),
        }
        for row in each(rows.head(SECONDARIES_SHOWN))
    ]


def street_verdicts(show: Printer) -> list[Row]:
    """Return how many street substations have room for all, part or none of the rooftop solar on them."""
    return [
        {"fit": label, "count": show(f"network.secondary.{verdict}_count")}
        for verdict, label in FIT_COUNTED.items()
        if f"network.secondary.{verdict}_count" in show
    ]


def solar_uses(show: Printer) -> list[Row]:
    """Return suitable roofs, capacity and yield by use, uses without a suitable roof left out."""
    return [
        {
            "use": label,
            "roofs": show(f"solar.{use}.roofs"),
            "capacity": show(f"solar.{use}.capacity"),
            "annual": show(f"solar.{use}.annual"),
        }
        for use, label in USE_WORDS.items()
        if (show.value(f"solar.{use}.roofs") or 0) > 0
    ]


def solar_methods(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return how the roofs were found, with the capacity and confidence of each way."""
    if absent(frames, "model_solar"):
        return []
    rows = []
    for method in sorted(frames["model_solar"]["method"].unique()):
        stem = f"solar.method.{words.slug(method)}"
        if (show.value(f"{stem}.roofs") or 0) > 0:
            rows.append(
                {
                    "method": words.sentence(method).rstrip("."),
                    "roofs": show(f"{stem}.roofs"),
                    "capacity": show(f"{stem}.capacity"),
                    "confidence": show.confidence(f"{stem}.capacity"),
                }
            )
    return rows


def sites(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Any]:
    """Return the sites by who would own the asset, the largest first and numbered through, and how many are left."""
    if absent(frames, "site_anchor"):
        return {"groups": [], "numbered": [], "methods": ""}
    every = frames["site_anchor"]
    ids = words.slugs(sorted(every["site_id"]))
    stations = _names(frames)
    number = 0
    groups, numbered = [], []
    for owner in ("community", "corporate"):
        rows = every[every["owner_kind"] == owner].sort_values(
            ["capacity_kwp", "site_id"], ascending=[False, True], na_position="last"
        )
        shown = []
        for row in each(rows.head(SITES_SHOWN)):
            number += 1
            shown.append(_site(row, number, f"site.{ids[row.site_id]}", stations, show))
            numbered.append((number, owner, row.geometry))
        if shown:
            groups.append({"owner": owner, "rows": shown, "left": len(rows) - len(shown)})
    methods = words.listed(sorted(every["method"].unique()))
    return {"groups": groups, "numbered": numbered, "methods": methods}


def _site(row: Any, number: int, stem: str, stations: Mapping[str, str], show: Printer) -> Row:
    cautions = [words.sentence(row.caution)] if words.known(row.caution) else []
    cautions += [f"Touches: {words.listed(part.replace('-', ' ') for part in words.split(row.constraints))}."] * bool(
        words.known(row.constraints)
    )
    linked = [stations.get(key, key) for key in (row.secondary_id, row.primary_id) if words.known(key)]
    return {
        "number": number,
        "name": row.name if words.known(row.name) else f"{KIND_WORDS.get(row.kind, row.kind)} without a name",
        "kind": KIND_WORDS.get(row.kind, str(row.kind).replace("_", " ").capitalize()),
        "technology": TECHNOLOGY_WORDS.get(row.technology, row.technology),
        "capacity": show(f"{stem}.capacity") if f"{stem}.capacity" in show else None,
        "annual": show(f"{stem}.annual") if f"{stem}.annual" in show else None,
        "linked": linked,
        "cautions": cautions,
        "method": row.method,
        "confidence": row.confidence,
    }


def segments(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Any]:
    """Return candidate segments, those that could meet most of their use first, numbered for the map."""
    if absent(frames, "net_segment"):
        return {"rows": [], "left": 0, "numbers": {}, "shares": {}}
    every = frames["net_segment"]
    ids = words.slugs(sorted(every["segment_id"]))
    shares = {
        segment: share
        for segment, key in ids.items()
        for share in [_share(show, f"segment.{key}")]
        if share is not None
    }
    ranked = sorted(each(every), key=lambda row: (-shares.get(row.segment_id, -1.0), -row.homes, row.segment_id))
    rows = [_segment(row, n, f"segment.{ids[row.segment_id]}", show) for n, row in enumerate(ranked, start=1)]
    shown = rows[:SEGMENTS_SHOWN]
    numbers = {row.segment_id: n for n, row in enumerate(ranked[:SEGMENTS_SHOWN], start=1)}
    return {"rows": shown, "left": len(rows) - len(shown), "numbers": numbers, "shares": shares}


def _share(show: Printer, stem: str) -> float | None:
    battery = show.value(f"{stem}.self_sufficiency_battery")
    return show.value(f"{stem}.self_sufficiency") if battery is None else battery


def _segment(row: Any, number: int, stem: str, show: Printer) -> Row:
    return {
        "number": number,
        "name": row.name if words.known(row.name) else row.segment_id,
        "homes": show(f"{stem}.homes"),
        "solar": show(f"{stem}.self_sufficiency"),
        "battery": show(f"{stem}.self_sufficiency_battery"),
        "export": show(f"{stem}.peak_export"),
        "size": show(f"{stem}.battery_battery"),
        "rating": show(f"{stem}.rating") if f"{stem}.rating" in show else None,
        "values": (show.value(f"{stem}.self_sufficiency"), show.value(f"{stem}.self_sufficiency_battery")),
    }


def finance(frames: Mapping[str, pd.DataFrame], show: Printer, kinds: Iterable[str]) -> list[Row]:
    """Return the money of some kinds of asset; sites with the best net present value first."""
    if absent(frames, "model_finance"):
        return []
    every = frames["model_finance"]
    ids = words.slugs(sorted(every["asset_id"]))
    wanted = list(kinds)
    chosen = every[every["kind"].isin(wanted)]
    order = sorted(each(chosen), key=lambda row: (wanted.index(row.kind), -row.npv_gbp, row.asset_id))
    return [
        {
            "name": row.name if words.known(row.name) else row.asset_id,
            "stem": f"finance.{ids[row.asset_id]}",
            "row": row,
            **{part: show(f"finance.{ids[row.asset_id]}.{part}") for part in _MONEY_COLUMNS},
            "confidence": row.confidence,
            "method": row.method,
        }
        for row in order
    ]


_MONEY_COLUMNS = ("capacity", "capex", "benefit", "opex", "payback", "npv", "carbon")


def blocks(frames: Mapping[str, pd.DataFrame]) -> list[Row]:
    """Return the three groups with their building blocks, and what speaks for and against each."""
    if absent(frames, "plan_block"):
        return []
    rules = frames.get("plan_rule")
    every = list(each(frames["plan_block"]))
    return [
        {
            "name": name,
            "purpose": purpose,
            "blocks": [_block(row, rules) for row in every if row.group_id == group],
        }
        for group, name, purpose in GROUPS
        if any(row.group_id == group for row in every)
    ]


def _block(row: Any, rules: pd.DataFrame | None) -> Row:
    mine = [] if rules is None else [rule for rule in each(rules) if rule.block_id == row.block_id]
    rank = {"gate": 0, "strong": 1, "weak": 2}
    mine.sort(key=lambda rule: (rank.get(rule.strength, 3), rule.rule_id))
    by_status: dict[tuple[str, str], list[Any]] = {}
    for rule in mine:
        by_status.setdefault((rule.side, rule.status), []).append(rule)
    return {
        "id": row.block_id,
        "name": row.name,
        "verdict": VERDICT_WORDS[row.verdict],
        "verdict_id": row.verdict,
        "headline": words.sentence(row.headline),
        "for_": [*by_status.get(("for", "met"), []), *by_status.get(("against", "not_met"), [])],
        "against": [*by_status.get(("against", "met"), []), *by_status.get(("for", "not_met"), [])],
        "unknown": [rule for rule in mine if rule.status == "unknown"],
        "effort": words.sentence(row.effort),
        "redirect": words.sentence(row.redirect),
        "gates_unmet": words.split(row.gates_unmet),
        "gates_unknown": words.split(row.gates_unknown),
    }


def pathways(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return the pathways in the order of their match."""
    if absent(frames, "plan_pathway"):
        return []
    named = _block_names(frames)
    ends = dict(STAGES)
    return [
        {
            "id": row.pathway_id,
            "name": row.name,
            "rank": int(row.rank),
            "standing": STANDING_WORDS[row.standing],
            "standing_id": row.standing,
            "score": show(f"pathway.{words.slug(row.pathway_id)}.score"),
            "for_": words.split(row.reasons_for, "\n"),
            "against": words.split(row.reasons_against, "\n"),
            "settle": words.split(row.to_settle, "\n"),
            "blocks": [named.get(block, block) for block in words.split(row.blocks)],
            "ends": ends.get(row.ends_at, str(row.ends_at).replace("_", " ")),
        }
        for row in each(frames["plan_pathway"].sort_values(["rank", "pathway_id"]))
    ]


def stages(frames: Mapping[str, pd.DataFrame]) -> list[Row]:
    """Return the five stages, each with its actions in order."""
    if absent(frames, "plan_action"):
        return []
    every = list(each(frames["plan_action"].sort_values("position")))
    return [{"name": name, "actions": [_action(row) for row in every if row.stage == stage]} for stage, name in STAGES]


def _action(row: Any) -> Row:
    return {
        "action": words.sentence(row.action),
        "who": row.who,
        "when": words.quarters(row.starts, row.ends),
        "first": words.quarter_index(row.starts),
        "last": words.quarter_index(row.ends),
        "why": words.sentence(row.why),
        "cost": words.sentence(row.cost),
    }


def assumptions(frame: pd.DataFrame) -> list[Row]:
    """Return the assumptions used, one row each however many steps used it."""
    if frame.empty:
        return []
    steps = frame.groupby("key")["step"].agg(lambda names: words.listed(sorted(set(names))))
    return [
        {
            "key": row.key,
            "meaning": words.sentence(row.meaning).rstrip("."),
            "value": _assumed(row),
            "year": row.year,
            "source": words.sentence(row.source),
            "confidence": CONFIDENCE_WORDS.get(row.confidence, row.confidence),
            "confidence_id": row.confidence,
            "steps": steps[row.key],
        }
        for row in each(frame.drop_duplicates("key").sort_values("key"))
    ]


def _assumed(row: Any) -> str:
    value = f"{words.number(row.value, 4)} {row.unit if row.unit != '-' else ''}".strip()
    if row.low == row.value == row.high:
        return value
    return f"{value} ({words.number(row.low, 4)} to {words.number(row.high, 4)})"


def sources(frame: pd.DataFrame) -> list[Row]:
    """Return where the data came from, with licences, attribution and dates."""
    return [
        {
            "id": row.source_id,
            "title": row.title,
            "publisher": row.publisher,
            "licence": row.licence,
            "attribution": row.attribution,
            "url": row.url if str(row.url).startswith(("https://", "http://")) else "",
            "edition": row.edition if words.known(row.edition) else "",
            "retrieved": words.published_date(str(row.retrieved_at)),
            "sha256": str(row.sha256)[:12] if words.known(row.sha256) else "",
            "kept": words.whole(row.rows_kept) if words.known(row.rows_kept) else words.NOT_KNOWN,
            "read": words.whole(row.rows_read) if words.known(row.rows_read) else words.NOT_KNOWN,
            "notes": [words.sentence(note) for note in words.split(row.notes, "\n")],
        }
        for row in (each(frame) if not frame.empty else ())
    ]


def _names(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    frame = frames.get("in_substation")
    return {row.substation_id: row.name for row in each(frame) if words.known(row.name)}


def _block_names(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    return {row.block_id: row.name for row in each(frames.get("plan_block"))}
