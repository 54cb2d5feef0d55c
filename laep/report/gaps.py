"""What is not known, why it matters and how to find out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from laep import words
from laep.report.advice import INPUTS
from laep.report.labels import name_or
from laep.report.layers import absent, each
from laep.schema import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from laep.events import Skipped

ASK_SHOWN = 3
"""Questions quoted from the rules for each kind of evidence; the building blocks list them all."""
_FEW = 0.05
"""A share of inferred links or archetype roofs below this is not worth a line of its own."""


@dataclass(frozen=True)
class Gap:
    """One thing not known; a small `weight` matters more."""

    unknown_id: str
    what: str
    matters: str
    find_out: str
    weight: int


_STANDS_FOR = {
    "in_headroom": ("model_headroom", ""),
    "in_weather": ("model_month", ""),
    "in_home": ("model_stock", 'basis == "certificates"'),
}
"""Layers, and rows of them, that show when they are held that the one they are made from is held too."""

_EVIDENCE = {
    "survey": (
        "what residents think",
        "Put the questions to residents and write what they say into `answers.toml`",
        13,
    ),
    "partner": ("what partners would do", "Ask the people named and write what they say into `answers.toml`", 14),
    "network": ("the network", "Ask the network operator", 21),
    "spatial": ("buildings, land and equipment", "Look on the ground, or add the layer that is missing", 34),
    "demographic": ("who lives here", "Look it up in the census, or ask the council", 35),
}


def find(frames: Mapping[str, pd.DataFrame], skipped: Iterable[Skipped], assumptions: pd.DataFrame | None) -> list[Gap]:
    """Return what is not known, the weightiest first and ranked by `weight` from 1; see `register.unknowns`."""
    gaps = [
        *_missing_layers(frames),
        *_skipped(skipped),
        *_rules(frames),
        *_links(frames),
        *_headroom(frames),
        *_roofs(frames),
        *_generators(frames),
        *_demand(frames),
        *_assumed(assumptions),
        *_always(),
    ]
    ordered = sorted(gaps, key=lambda gap: (gap.weight, gap.unknown_id))
    return [replace(gap, weight=n) for n, gap in enumerate(ordered, start=1)]


def _missing_layers(frames: Mapping[str, pd.DataFrame]) -> Iterator[Gap]:
    for layer, (what, matters, find_out, weight) in INPUTS.items():
        made, rows = _STANDS_FOR.get(layer, (layer, ""))
        if absent(frames, layer) and (absent(frames, made) or (rows and frames[made].query(rows).empty)):
            yield Gap(f"layer.{layer}", what, matters, find_out, weight)


def _skipped(skipped: Iterable[Skipped]) -> Iterator[Gap]:
    for step, layers, reason in skipped:
        what = f"{words.listed(LAYERS[layer].meaning for layer in layers)}: the step `{step}` could not run"
        yield Gap(f"step.{step}", what, "What rests on it is left out of this plan.", words.sentence(reason), 50)


def _rules(frames: Mapping[str, pd.DataFrame]) -> Iterator[Gap]:
    if absent(frames, "plan_rule"):
        return
    rules = frames["plan_rule"]
    unknown = rules[rules["status"] == "unknown"]
    order = pd.Categorical(unknown["strength"], ["gate", "strong", "weak"], ordered=True)
    unknown = unknown.assign(_order=order).sort_values(["_order", "rule_id"])
    for kind, (about, how, weight) in _EVIDENCE.items():
        rows = unknown[unknown["evidence_type"] == kind]
        if rows.empty:
            continue
        asked = [str(ask) for ask in dict.fromkeys(rows["ask"].dropna())][:ASK_SHOWN]
        gates = int((rows["strength"] == "gate").sum())
        turn = "turns" if len(rows) == 1 else "turn"
        rested = f"{words.count_of(len(rows), 'rule')} of the field guide {turn} on it"
        what = f"{about[:1].upper()}{about[1:]}: {rested}"
        matters = (
            f"{words.count_of(gates, 'of them is a gate', 'of them are gates')}: without a yes, the block cannot work."
            if gates
            else "They could move a building block up or down."
        )
        find_out = f"{how}. First: {' '.join(asked)}" if asked else f"{how}."
        yield Gap(f"rules.{kind}", what, matters, find_out, weight)


def _links(frames: Mapping[str, pd.DataFrame]) -> Iterator[Gap]:
    if not absent(frames, "link_substation"):
        serving = frames["link_substation"].query('role == "serves"')
        guessed = serving[serving["confidence"] == "low"]
        if len(guessed):
            names = words.listed(name_or(row, row.substation_id) for row in each(guessed))
            yield Gap(
                "link.primary", f"Whether {names} really {'serves' if len(guessed) == 1 else 'serve'} this place",
                "All that is said of the network rests on it; the substation was found by distance.",
                "Type a postcode into the network operator's map, or ask its connections team.", 15,
            )  # fmt: skip
    if absent(frames, "link_building"):
        return
    methods = frames["link_building"]["secondary_method"]
    share = float(methods.isin(["nearest", "along_streets"]).sum()) / max(len(methods), 1)
    if share > _FEW:
        yield Gap(
            "link.secondary",
            f"Which street substation {words.roughly(share)} of the buildings hang from: each is linked to one nearby",
            "Segments, and room on street substations, are drawn from these links, so they are candidates only.",
            "Ask the network operator for its low voltage map or feeder list of the area.", 22,
        )  # fmt: skip
    if methods.isna().mean() > _FEW:
        yield Gap(
            "link.none", f"Any street substation for {words.roughly(float(methods.isna().mean()))} of the buildings",
            "They belong to no segment, and nothing is known of the cable in their street.",
            "Ask the network operator for its secondary substations; `laep sources` lists those laep reads.", 23,
        )  # fmt: skip


def _headroom(frames: Mapping[str, pd.DataFrame]) -> Iterator[Gap]:
    if absent(frames, "model_headroom"):
        return
    headroom = frames["model_headroom"]
    today = headroom.loc[headroom["scenario"] == "now", "substation_id"]
    soonest = (headroom["scenario"] == "now") | ~headroom["substation_id"].isin(today)
    floored = headroom[soonest & headroom["floor_at_zero"].fillna(value=False) & (headroom["value"] == 0)]
    if len(floored):
        names = words.listed(dict.fromkeys(name_or(row, row.substation_id) for row in each(floored)))
        yield Gap(
            "headroom.floor", f"How far below zero the headroom at {names} is",
            "The operator never publishes less than zero, so 0 means none or worse, and the shortfall is hidden.",
            "Ask the operator's connections team what demand and generation it has already accepted above them.",
            16,
        )  # fmt: skip
    silent = headroom[(headroom["scenario"] == "now") & headroom["value"].isna()]
    if len(silent):
        names = words.listed(dict.fromkeys(name_or(row, row.substation_id) for row in each(silent)))
        yield Gap(
            "headroom.silent", f"Headroom at {names}, for which the operator publishes no figure",
            "A limit further up can hold back everything below it.", "Ask the operator's connections team.", 24,
        )  # fmt: skip
    if (headroom["rag_basis"] == "convention").any() and headroom["rag"].notna().any():
        yield Gap(
            "headroom.colours", "Where the operator itself would draw the line between red, amber and green",
            "Some colours in this report follow our own convention, because the operator publishes none.",
            "See assumptions `net.headroom.rag_green_share` and `net.headroom.rag_amber_share`; `laep assumptions "
            "--set` changes them.", 60,
        )  # fmt: skip


def _generators(frames: Mapping[str, pd.DataFrame]) -> Iterator[Gap]:
    if absent(frames, "model_generation"):
        return
    if (frames["model_generation"]["place"] == "unplaced").any():
        yield Gap(
            "generators.place", "Where some registered generators stand",
            "The register gives no place for them that can be read, so they are not counted as being in the area.",
            "Look them up in the network operator's embedded capacity register by the substation they hang from.", 43,
        )  # fmt: skip


def _roofs(frames: Mapping[str, pd.DataFrame]) -> Iterator[Gap]:
    if absent(frames, "model_solar"):
        return
    solar = frames["model_solar"]
    typical = solar["method"].str.contains("archetype", case=False)
    total = float(solar["capacity_kwp"].sum())
    share = float(solar.loc[typical, "capacity_kwp"].sum()) / total if total else 0.0
    if share > _FEW:
        yield Gap(
            "roofs.archetype",
            f"The true shape and shade of the roofs that hold {words.roughly(share)} of the solar capacity",
            "They are taken as typical roofs, which holds on average but not for any one building.",
            "Get newer LiDAR tiles and type `laep ingest elevation --file PATH`; for a single site, ask for a survey.",
            25,
        )  # fmt: skip


def _demand(frames: Mapping[str, pd.DataFrame]) -> Iterator[Gap]:
    if absent(frames, "model_demand"):
        return
    demand = frames["model_demand"]
    blank = demand["annual_kwh"].isna()
    if blank.mean() > _FEW:
        yield Gap(
            "demand.unestimated",
            f"The electricity {words.roughly(float(blank.mean()))} of the buildings use: sheds, garages, unknown uses",
            "Their use is left out, not taken as nothing; a workshop or a pumping station among them could matter.",
            "Name the use of larger ones in OpenStreetMap, or ask their owners for a year's bill.", 42,
        )  # fmt: skip
    metered = not absent(frames, "in_metered")
    yield Gap(
        "demand.measured", "What single buildings, and firms above all, really use" if metered
        else "What homes and firms here really use",
        "Homes are held to the mean of the area's meters, but firms are worked out from typical values." if metered
        else "Use is worked out from typical values; a village of large or electrically heated homes may use far more.",
        "Ask the largest users for a year's total." if metered
        else "Ask a few dozen households and the largest users for a year's total.", 26,
    )  # fmt: skip


def _assumed(assumptions: pd.DataFrame | None) -> Iterator[Gap]:
    if assumptions is None or assumptions.empty:
        return
    shaky = assumptions.drop_duplicates("key").query('confidence == "unconfirmed"')
    if shaky.empty:
        return
    share = len(shaky) / assumptions["key"].nunique()
    yield Gap(
        "assumptions.unconfirmed",
        f"Whether {words.roughly(share)} of the assumed numbers hold: no publication confirms them",
        "They are working values. Each is marked in the table of assumptions, with its range.",
        "Argue about them: `laep assumptions --search WORD` finds one, `laep assumptions --set key=value` changes it.",
        27,
    )  # fmt: skip


def _always() -> Iterator[Gap]:
    yield Gap(
        "scope.heat_transport", "Heat and transport",
        "Most of this plan looks at electricity as it is used today. Heat pumps and electric cars would add to it; "
        "they are counted only where streets and segments are looked at.",
        "Ask the council for its own plan, and the network operator for its scenarios of this area.", 70,
    )  # fmt: skip
