"""The place on one page: the opening, the five numbers, what looks promising, what holds things back, what first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.cells import Sentence, joined, said, strong, told
from laep.report.draw import maps
from laep.report.layers import absent, each
from laep.report.sections import baseline, pathway, solar
from laep.report.stations import guessed, serving, stations

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.material import Material
    from laep.report.printer import Printer
    from laep.report.stations import Room, Station

TITLE = "{name} on one page"
NUMBERS = 5
_SHOWN = 4
_ACTIONS = 3
_CANDIDATES: tuple[tuple[str, str, str], ...] = (
    ("homes.count", "homes", ""),
    ("energy.all.annual", "energy of every kind used in a year", "electricity, gas, other fuels, cars"),
    ("solar.annual", "what suitable roofs could make in a year", "besides panels already there"),
    ("solar.share_of_demand", "of a year's electricity that roofs could match", "over the year, not hour by hour"),
    ("@generation", "room for more generation at {name}", "as published today"),
    ("@demand", "room for more demand at {name}", "as published today"),
    ("demand.annual", "electricity used in a year", ""),
    ("finance.home_pv.payback", "for solar panels on a home to pay back", "before any VAT; see Money"),
    ("tenure.owned_share", "of households own their home", ""),
    ("tenure.households", "households", ""),
    ("existing.solar_capacity", "of solar registered here already", ""),
    ("sunshine.annual", "of sunshine on level ground in a year", ""),
)
"""Figures for the front page, the most telling first; the first five that are known are printed."""


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames, show = material.frames, material.show
    return {
        "wishes": [words.sentence(wish) for wish in material.inputs.wishes],
        "asked": words.sentence(words.dated(material.inputs.asked)),
        "map": _map(material),
        "numbers": numbers(frames, show),
        "promising": promising(frames, show),
        "holding_back": holding_back(frames, show),
        "first_actions": first_actions(frames),
        "equals": _equals(frames),
        "next_question": pathway.next_question(frames),
    }


def _equals(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the names of the ways forward where none leads, stopping among them."""
    return [] if pathway.leading(frames) else [row.name for row in pathway.in_order(frames)]


def verdict(frames: Mapping[str, pd.DataFrame], show: Printer, *, name: str) -> Sentence:
    """Return the few sentences under the title."""
    clauses = joined([_roofs(frames, show, name), _network(frames, show), _pathway(frames)])
    return clauses or said(f"So far this plan holds too little about {name} to say more than what to find out first.")


def _map(material: Material) -> maps.Map | None:
    if material.ground is None:
        return None
    return maps.place(material.ground, material.frames, name="map-place", title=f"Map of {material.name}")


def numbers(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[dict[str, Any]]:
    """Return the five numbers of the front page: those of `_CANDIDATES` that are known."""
    main = next(iter(serving(frames)), None)
    stem, name = (main.stem, main.name) if main else ("", "")
    blind = bool(solar.use_gap(frames))
    found: list[dict[str, Any]] = []
    for key, label, note in _CANDIDATES:
        way = key.removeprefix("@")
        figure_id = f"{stem}.{way}_headroom" if key.startswith("@") else key
        if figure_id not in show or len(found) >= NUMBERS or (blind and key == "solar.share_of_demand"):
            continue
        of_network = way != key
        worse = of_network and show.value(figure_id) == 0 and _floored(frames, show, name, way)
        caveats = [note, "none or worse" if worse else ""]
        caveats += ["if it serves us, being the nearest known one" if of_network and main and main.guessed else ""]
        found.append(
            {
                "figure": show(figure_id, span=False),
                "label": label.format(name=name),
                "note": _note(show.text(figure_id).span, ": ".join(filter(None, caveats))),
                "doubt": baseline.apart(show) if figure_id == "homes.count" else Sentence(),
            }
        )
    return found


def _note(span: str, note: str) -> str:
    return "; ".join(part for part in (f"Somewhere from {span}" if span else "", note) if part)


def promising(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Sentence]:
    """Return what looks promising: building blocks first, then sites."""
    blocks = list(each(frames.get("plan_block")))
    lines = [_headline(row) for row in blocks if row.verdict == "promising"]
    if show.value("sites.community_count"):
        count = show("sites.community_count")
        lines.append(
            told(
                "{} sites of public or community bodies could hold panels that pay back in their life, {} in all.",
                count, show("sites.community_capacity"),
            )
        )  # fmt: skip
    possible = [row.name for row in blocks if row.verdict == "possible"]
    if possible:
        lines.append(said(f"Possible, if answers turn out well: {words.listed(possible)}."))
    return lines[:_SHOWN]


def holding_back(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Sentence]:
    """Return what holds things back: the network, blocked blocks, and the weightiest unknowns."""
    main = [one for one in stations(frames, show) if one.serves and not one.minor]
    doubted = guessed(frames)
    lines = [line for one in main if (line := _tight(one, guess=one.substation_id in doubted))][:2]
    lines += [_headline(row) for row in each(frames.get("plan_block")) if row.verdict == "blocked"][:1]
    if not absent(frames, "plan_unknown"):
        top = frames["plan_unknown"].sort_values("weight").head(2)
        lines += [said(f"Not known: {_lower(str(row.what).rstrip('.'))}.") for row in each(top)]
    return lines[:_SHOWN]


def _headline(row: Any) -> Sentence:
    return joined([strong(f"{row.name}."), words.sentence(row.headline)])


def first_actions(frames: Mapping[str, pd.DataFrame]) -> list[Sentence]:
    """Return the first actions of the roadmap, each with who and when."""
    if absent(frames, "plan_action"):
        return []
    return [
        said(words.sentence(row.action), notes=(f"{row.who}, {words.quarters(row.starts, row.ends)}",))
        for row in each(frames["plan_action"].sort_values("position").head(_ACTIONS))
    ]


def _roofs(frames: Mapping[str, pd.DataFrame], show: Printer, name: str) -> Sentence:
    if "solar.share_of_demand" in show and not solar.use_gap(frames):
        return told(
            "Over a year, panels on all the suitable roof left in {} could make {} of the electricity used here{}.",
            name, show("solar.share_of_demand", span=False), _between(show.text("solar.share_of_demand").span),
        )  # fmt: skip
    if "solar.annual" in show:
        return told(
            "Panels on all the suitable roof left in {} could make {} in a year{}.",
            name, show("solar.annual", span=False), _between(show.text("solar.annual").span),
        )  # fmt: skip
    return told("{} has {} homes.", name, show("homes.count", span=False)) if "homes.count" in show else Sentence()


def _between(span: str) -> str:
    """Return a range as the end of a sentence."""
    return f", somewhere from {span}" if span else ""


def _network(frames: Mapping[str, pd.DataFrame], show: Printer) -> Sentence:
    main = next((one for one in stations(frames, show) if one.serves), None)
    if main is None:
        return Sentence()
    guess = main.substation_id in guessed(frames)
    serves = (
        f"What serves it is not published: by distance it is {main.name}, which"
        if guess
        else (f"The network that serves it, at {main.name},")
    )
    if short := main.short_of():
        return said(f"{serves} is short of room for more {words.listed(short)}.")
    colours = {room.rag for room in main.every()}
    if not any(colours):
        return said(f"{serves.removesuffix(', which')}." if guess else f"{main.name} serves it.")
    left = "has limited room left" if "amber" in colours else "has room"
    return said(f"{serves} {left}.")


def _pathway(frames: Mapping[str, pd.DataFrame]) -> Sentence:
    if not pathway.in_order(frames):
        return Sentence()
    best = pathway.leading(frames)
    if best is None:
        return said(pathway.undecided(frames))
    if best.pathway_id == "stop_here":
        return said("On what people said, stopping here is a sound choice.")
    fits = "fits best" if best.standing == "recommended" else f"comes first, though {_still(best)}"
    return said(f"On what people said and what is known so far, “{best.name}” {fits}.")


def _still(best: Any) -> str:
    """Return what keeps the leading pathway from being recommended, as the end of a sentence."""
    if best.unmet:
        return "not all its conditions are met"
    return "not all its conditions are settled" if best.unknown else "something else speaks against it"


def _tight(station: Station, *, guess: bool) -> Sentence:
    """Return what a substation is short of room for, what binds it and what is planned; nothing where it has room."""
    short = station.short_of()
    name = joined([strong(station.name), "(a guess: the nearest known one)" if guess else ""])
    if not short:
        part = any(room.verdict == "fits_with_limit" for room in station.room["generation"])
        said_so = "{} has room for only part of what all suitable roofs could send out at once."
        return told(said_so, name) if part else Sentence()
    binds = words.listed(dict.fromkeys(_limit(room) for way in short for room in station.room[way] if _binds(room)))
    relief = f" Planned works: {station.relief}" if station.relief else ""
    limits = f" ({binds})" if binds else ""
    return said(name, f" is short of room for more {words.listed(short)}{limits}.{relief}")


def _binds(room: Room) -> bool:
    return room.short and bool(room.constraint)


def _limit(room: Room) -> str:
    return f"{room.constraint}, {room.binding}"


def _floored(frames: Mapping[str, pd.DataFrame], show: Printer, name: str, direction: str) -> bool:
    """Return whether the operator never publishes less than zero for a substation."""
    return any(room.floored for one in stations(frames, show) if one.name == name for room in one.room[direction])


def _lower(text: str) -> str:
    """Return `text` with a small first letter, unless its first word is an abbreviation."""
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]
