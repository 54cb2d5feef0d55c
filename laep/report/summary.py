"""The place on one page: the opening, the five numbers, what looks promising, what holds things back, what first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from laep import words
from laep.report import notes, tables_network
from laep.report.layers import absent, each

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.printer import Printer

NUMBERS = 5
_SHOWN = 4
_CANDIDATES: tuple[tuple[str, str, str], ...] = (
    ("homes.count", "homes", ""),
    ("demand.annual", "electricity used in a year", ""),
    ("solar.annual", "what suitable roofs could make in a year", "besides panels already there"),
    ("solar.share_of_demand", "of a year's use that roofs could match", "over the year, not hour by hour"),
    ("@generation", "room for more generation at {name}", "as published today"),
    ("@demand", "room for more demand at {name}", "as published today"),
    ("finance.home_pv.payback", "for solar panels on a home to pay back", "before any VAT; see Money"),
    ("tenure.owned_share", "of households own their home", ""),
    ("tenure.households", "households", ""),
    ("existing.solar_capacity", "of solar registered here already", ""),
    ("sunshine.annual", "of sunshine on level ground in a year", ""),
)
"""Figures for the front page, the most telling first; the first five that are known are printed."""


def numbers(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[dict[str, Any]]:
    """Return the five numbers of the front page: those of `_CANDIDATES` that are known."""
    stem, name = _main_substation(frames, show)
    found: list[dict[str, Any]] = []
    blind = bool(notes.use_gap(frames))
    for key, label, note in _CANDIDATES:
        if blind and key == "solar.share_of_demand":
            continue
        figure_id = f"{stem}.{key[1:]}_headroom" if key.startswith("@") else key
        worse = key.startswith("@") and show.value(figure_id) == 0 and _floored(frames, show, name, key[1:])
        if figure_id in show and len(found) < NUMBERS:
            shown = show.text(figure_id)
            found.append(
                {
                    "figure": show(figure_id, span=False),
                    "span": shown.span,
                    "label": label.format(name=name),
                    "note": f"{note}: none or worse" if worse else note,
                }
            )
    return found


def verdict(frames: Mapping[str, pd.DataFrame], show: Printer, *, name: str) -> Markup:
    """Return the few sentences under the title."""
    clauses = [_roofs(frames, show, name), _network(frames, show), _pathway(frames)]
    said = [clause for clause in clauses if clause]
    if not said:
        return Markup("So far this plan holds too little about {} to say more than what to find out first.").format(
            name
        )
    return Markup(" ").join(said)


def promising(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Markup]:
    """Return what looks promising: building blocks first, then sites."""
    lines = [
        Markup("<b>{}.</b> {}").format(row.name, words.sentence(row.headline))
        for row in each(frames.get("plan_block"))
        if row.verdict == "promising"
    ]
    if show.value("sites.community_count"):
        lines.append(
            Markup("{} sites could hold a community's panels, {} in all.").format(
                show("sites.community_count"), show("sites.community_capacity")
            )
            if "sites.community_capacity" in show
            else Markup("{} sites could hold a shared asset.").format(show("sites.community_count"))
        )
    possible = [row.name for row in each(frames.get("plan_block")) if row.verdict == "possible"]
    if possible:
        lines.append(Markup("Possible, if answers turn out well: {}.").format(words.listed(possible)))
    return lines[:_SHOWN]


def holding_back(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Markup]:
    """Return what holds things back: the network, blocked blocks, and the weightiest unknowns."""
    tight = [_tight(row) for row in tables_network.substations(frames, show) if row["serves"] and not row["minor"]]
    lines = [line for line in tight if line][:2]
    lines += [
        Markup("<b>{}.</b> {}").format(row.name, words.sentence(row.headline))
        for row in each(frames.get("plan_block"))
        if row.verdict == "blocked"
    ][:1]
    if not absent(frames, "plan_unknown"):
        top = frames["plan_unknown"].sort_values("weight").head(2)
        lines += [Markup("Not known: {}.").format(_lower(str(row.what).rstrip("."))) for row in each(top)]
    return lines[:_SHOWN]


def first_actions(frames: Mapping[str, pd.DataFrame]) -> list[dict[str, str]]:
    """Return the first three actions of the roadmap."""
    if absent(frames, "plan_action"):
        return []
    rows = frames["plan_action"].sort_values("position").head(3)
    return [
        {"action": words.sentence(row.action), "who": str(row.who), "when": words.quarters(row.starts, row.ends)}
        for row in each(rows)
    ]


def chosen(frames: Mapping[str, pd.DataFrame]) -> dict[str, str] | None:
    """Return the recommended pathway, or the closest one, with how it stands."""
    if absent(frames, "plan_pathway"):
        return None
    row = next(iter(each(frames["plan_pathway"].sort_values(["rank", "pathway_id"]))))
    return {"id": row.pathway_id, "name": row.name, "standing": row.standing}


def _roofs(frames: Mapping[str, pd.DataFrame], show: Printer, name: str) -> Markup | None:
    if "solar.share_of_demand" in show and not notes.use_gap(frames):
        return Markup(
            "Over a year, panels on all the suitable roof left in {} could make {} of the electricity used here{}."
        ).format(name, show("solar.share_of_demand", span=False), _between(show.text("solar.share_of_demand").span))
    if "solar.annual" in show:
        return Markup("Panels on all the suitable roof left in {} could make {} in a year{}.").format(
            name, show("solar.annual", span=False), _between(show.text("solar.annual").span)
        )
    if "homes.count" in show:
        return Markup("{} has {} homes.").format(name, show("homes.count", span=False))
    return None


def _between(span: str) -> str:
    """Return a range as the end of a sentence."""
    return f", somewhere from {span}" if span else ""


def _network(frames: Mapping[str, pd.DataFrame], show: Printer) -> Markup | None:
    rows = [row for row in tables_network.substations(frames, show) if row["serves"]]
    if not rows:
        return None
    row = rows[0]
    colours = {cell["rag"] for what in _WAYS for cell in row[what]}
    short = _short(row)
    if short:
        said = Markup("The network that serves it, at {}, is short of room for more {}.")
        return said.format(row["name"], words.listed(short))
    if not any(colours):
        return Markup("{} serves it.").format(row["name"])
    room = "has limited room left" if "amber" in colours else "has room"
    return Markup("The network that serves it, at {}, {}.").format(row["name"], room)


def _pathway(frames: Mapping[str, pd.DataFrame]) -> Markup | None:
    found = chosen(frames)
    if found is None:
        return None
    if found["id"] == "stop_here":
        return Markup("On what is known so far, stopping here is a sound choice.")
    said = "fits best" if found["standing"] == "recommended" else "comes closest, though it still needs answers"
    return Markup("On what is known so far, “{}” {}.").format(found["name"], said)


def _tight(row: dict[str, Any]) -> Markup | None:
    short = _short(row)
    if not short:
        part = any(cell["verdict"] == "fits_part" for cell in row["generation"])
        said = Markup("<b>{}</b> has room for only part of what all suitable roofs could send out at once.")
        return said.format(row["name"]) if part else None
    cells = [cell for what in short for cell in row[what] if _has_none(cell) and cell["constraint"]]
    binds = words.listed(dict.fromkeys(f"{cell['constraint']}, {cell['binding']}" for cell in cells))
    relief = f" Planned works: {row['relief']}" if row["relief"] else ""
    said = Markup("<b>{}</b> is short of room for more {}{}.{}")
    return said.format(row["name"], words.listed(short), f" ({binds})" if binds else "", relief)


_WAYS = ("demand", "generation")
_NO_ROOM = ("none", "none_or_worse")


def _short(row: dict[str, Any]) -> list[str]:
    """Return which of demand and generation a substation is short of room for."""
    return [what for what in _WAYS if any(_has_none(cell) for cell in row[what])]


def _has_none(cell: dict[str, Any]) -> bool:
    return cell["rag"] == "red" or cell["verdict"] in _NO_ROOM


def _main_substation(frames: Mapping[str, pd.DataFrame], show: Printer) -> tuple[str, str]:
    rows = tables_network.serving(frames, show)
    return (rows[0]["stem"], rows[0]["name"]) if rows else ("", "")


def _floored(frames: Mapping[str, pd.DataFrame], show: Printer, name: str, what: str) -> bool:
    """Return whether the operator never publishes less than zero for a substation."""
    rows = [row for row in tables_network.substations(frames, show) if row["name"] == name]
    return any(cell["floored"] for row in rows for cell in row[what])


def _lower(text: str) -> str:
    """Return `text` with a small first letter, unless its first word is an abbreviation."""
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]
