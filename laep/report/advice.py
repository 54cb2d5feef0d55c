"""What to do about a layer that is missing, by the sources of the operator the place is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from laep import words
from laep.report.cells import Sentence, typed
from laep.report.layers import absent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.events import Skipped

Served = tuple[tuple[str, str, str], ...]
"""Licence area, operator and confidence of each network the place may be on."""
INPUTS: dict[str, tuple[str, str, str, int]] = {
    "in_building": (
        "Which buildings there are, and their outlines",
        "Without them there is no roof, no electricity use by building, no site and no segment in this plan.",
        "Get an OpenStreetMap extract of the area, then type `laep ingest osm --file PATH`.",
        10,
    ),
    "in_substation": (
        "Which substations serve this place",
        "Whether anything can be connected, and when, depends on them.",
        (
            "Find your network operator by postcode and get its substation table; then, for example, "
            "`laep ingest ssen_headroom --file PATH` (`laep sources` lists the others)."
        ),
        11,
    ),
    "in_headroom": (
        "How much room the network has",
        "A good site where the network is full may have to wait for years.",
        (
            "Get your network operator's headroom table; then, for example, `laep ingest ssen_headroom --file PATH` "
            "(`laep sources` lists the others)."
        ),
        12,
    ),
    "in_supply_area": (
        "The published supply areas of substations",
        "Without them buildings are linked to the nearest substation, which is often not the one that serves them.",
        "Ask the network operator for its supply areas; for SSEN type `laep ingest ssen_areas --file PATH`.",
        31,
    ),
    "in_weather": (
        "How much sun and wind there is, hour by hour",
        "Without it nothing can be said of what roofs could make, nor of when power is used and made.",
        "Type `laep ingest weather` (or `laep ingest weather --file PATH` for a PVGIS file of the place).",
        18,
    ),
    "in_tenure": (
        "Who owns and who rents",
        "What can be offered to people, and to whom one has to talk, depends on tenure.",
        (
            "Get census table TS054 and census zones, then type `laep ingest zones --file PATH` and "
            "`laep ingest tenure --file PATH`."
        ),
        20,
    ),
    "in_elevation": (
        "The shape of the roofs and what shades them",
        "Without heights every roof is taken as typical, so the figure for any one building may be far out.",
        "Get 1 m LiDAR surface and terrain tiles, then type `laep ingest elevation --file PATH`.",
        30,
    ),
    "in_home": (
        "How well homes hold heat, and how they are heated",
        "Cold homes come first, and whether a home suits a heat pump or panels starts with this.",
        (
            "Get the area's energy certificates and OS Open UPRN, then type `laep ingest uprn --file PATH` and "
            "`laep ingest homes --file PATH`. No household leaves the area folder."
        ),
        28,
    ),
    "in_metered": (
        "How much the area's meters say homes use",
        "Without it homes are scaled to a national mean, which may be well off here.",
        "Get the government's use of electricity and gas by LSOA, then type `laep ingest metered --file PATH`.",
        27,
    ),
    "in_load_profile": (
        "When the street's feeders are loaded",
        "A feeder's own half-hours show its peak; a national shape only guesses it.",
        "Where the operator publishes feeder half-hours, type `laep ingest feeder_usage --file PATH`.",
        45,
    ),
    "in_flexibility": (
        "Whether the network operator seeks to buy flexible use here",
        "It would pay for shifting use, and shows where the network is tight.",
        "Get the operator's flexibility tenders, then type `laep ingest flexibility --file PATH`.",
        44,
    ),
    "in_generator": (
        "What generates or stores electricity here already",
        "It takes up room on the network, and it is where a shared scheme could begin.",
        (
            "Get the network operator's embedded capacity register, then type `laep ingest ecr --file PATH`; what is "
            "only planned is in the government's planning database: `laep ingest repd --file PATH`. "
            "Small arrays on homes are in neither: count them on a walk."
        ),
        32,
    ),
    "in_constraint": (
        "Protected places: landscapes, habitats, flood zones, heritage",
        "A site may be ruled out, or need consent, for reasons this plan cannot see.",
        "Get the designations from planning.data.gov.uk, then type `laep ingest constraints --file PATH`.",
        33,
    ),
    "in_land": (
        "Open land and who owns it",
        "Ground-mounted panels, canopies over car parks and shared heat need land.",
        "Type `laep ingest osm --file PATH` or `laep ingest land --file PATH`.",
        40,
    ),
    "in_place": (
        "Schools, halls, clubs and places of worship",
        "They are where community assets usually start.",
        "Type `laep ingest osm --file PATH` or `laep ingest places --file PATH`.",
        41,
    ),
}
"""Layers that come from outside -> what is missing without them, why it matters, what to type, weight."""
_ROOTS = {
    "model_demand": ("in_building",),
    "model_use": ("in_building",),
    "model_month": ("in_building", "in_weather"),
    "model_profile": ("in_building", "in_weather"),
    "model_solar": ("in_building", "in_weather"),
    "model_finance": ("in_building", "in_weather"),
    "model_heat": ("in_building", "in_weather"),
    "model_heat_cluster": ("in_building", "in_weather"),
    "model_asset": ("in_building", "in_weather", "in_land"),
    "model_balance": ("in_building", "in_substation", "in_weather"),
    "net_segment": ("in_building", "in_substation"),
    "site_anchor": ("in_building", "in_land"),
    "link_substation": ("in_substation",),
    "model_headroom": ("in_headroom",),
}
"""Layers that are worked out -> those from outside that they cannot do without."""
HEADROOM_SOURCES = {
    "ssen": "ssen_headroom",
    "nged": "nged_capacity",
    "ukpn": "ukpn_headroom",
    "enwl": "enwl_headroom",
    "spen": "spen_headroom",
    "npg": "npg_headroom",
}
"""Operator -> the source of its table of headroom."""


@dataclass(frozen=True)
class Advice:
    """Says which layers are there, and for those that are not, why and what to type."""

    frames: Mapping[str, pd.DataFrame]
    skipped: tuple[Skipped, ...]
    served: Served

    def __call__(self, layer: str) -> bool:
        """Return whether a layer is there and holds rows."""
        return not absent(self.frames, layer)

    def gap(self, layer: str) -> Sentence:
        """Return what to do about a missing layer."""
        return typed(for_operator(self._advice(layer), self.served))

    def _advice(self, layer: str) -> str:
        if layer in INPUTS:
            return INPUTS[layer][2]
        root = next((name for name in _ROOTS.get(layer, ()) if not self(name)), None)
        if root:
            return INPUTS[root][2]
        reason = next((step.reason for step in self.skipped if layer in step.layers), "")
        return words.sentence(reason) or "Type `laep run`, then `laep report`."


def for_operator(text: str, served: Served) -> str:
    """Return advice that names SSEN's headroom table with the table of the operator the place is on, if that is one."""
    found = list(dict.fromkeys(operator for _, operator, _ in served))
    if len(found) != 1:
        return text
    return text.replace("ssen_headroom", HEADROOM_SOURCES.get(found[0], "ssen_headroom"))
