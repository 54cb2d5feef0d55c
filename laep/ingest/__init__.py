"""Published files in, `in_*` layers out. One module a source, with `SOURCE`, `COLUMNS` (if it has some) and `read`."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from laep.errors import SourceInvalid

if TYPE_CHECKING:
    from types import ModuleType

MODULES: dict[str, str] = {
    "boundary": "laep.ingest.place.boundary",
    "licence_areas": "laep.ingest.place.licence_areas",
    "osm": "laep.ingest.ground.osm",
    "places": "laep.ingest.ground.places",
    "land": "laep.ingest.ground.land",
    "buildings": "laep.ingest.ground.buildings",
    "constraints": "laep.ingest.ground.constraints",
    "zones": "laep.ingest.place.zones",
    "tenure": "laep.ingest.people.tenure",
    "census": "laep.ingest.people.census",
    "metered": "laep.ingest.people.metered",
    "fuel_poverty": "laep.ingest.people.fuel_poverty",
    "uprn": "laep.ingest.ground.uprn",
    "homes": "laep.ingest.people.homes",
    "weather": "laep.ingest.weather.source",
    "elevation": "laep.ingest.ground.elevation",
    "ssen_headroom": "laep.ingest.dso.ssen.headroom",
    "ssen_areas": "laep.ingest.dso.ssen.areas",
    "ssen_transformers": "laep.ingest.dso.ssen.transformers",
    "ssen_feeder_lookup": "laep.ingest.dso.ssen.feeder_lookup",
    "feeder_usage": "laep.ingest.dso.every.feeder_usage",
    "nged_substations": "laep.ingest.dso.nged.substations",
    "ukpn_sites": "laep.ingest.dso.ukpn.sites",
    "enwl_headroom": "laep.ingest.dso.enwl.headroom",
    "spen_headroom": "laep.ingest.dso.spen.headroom",
    "ssen_substations": "laep.ingest.dso.ssen.substations",
    "ssen_lines": "laep.ingest.dso.ssen.lines",
    "nged_capacity": "laep.ingest.dso.nged.capacity",
    "nged_areas": "laep.ingest.dso.nged.areas",
    "nged_secondary": "laep.ingest.dso.nged.secondary",
    "ukpn_ltds": "laep.ingest.dso.ukpn.ltds",
    "ukpn_headroom": "laep.ingest.dso.ukpn.headroom",
    "ukpn_areas": "laep.ingest.dso.ukpn.areas",
    "ukpn_secondary": "laep.ingest.dso.ukpn.secondary",
    "ukpn_lines": "laep.ingest.dso.ukpn.lines",
    "npg_ltds": "laep.ingest.dso.npg.ltds",
    "npg_heatmap": "laep.ingest.dso.npg.heatmap",
    "npg_headroom": "laep.ingest.dso.npg.headroom",
    "npg_areas": "laep.ingest.dso.npg.areas",
    "npg_lines": "laep.ingest.dso.npg.lines",
    "enwl_heatmap": "laep.ingest.dso.enwl.heatmap",
    "enwl_areas": "laep.ingest.dso.enwl.areas",
    "enwl_secondary": "laep.ingest.dso.enwl.secondary",
    "enwl_lines": "laep.ingest.dso.enwl.lines",
    "spen_ltds": "laep.ingest.dso.spen.ltds",
    "spen_primaries": "laep.ingest.dso.spen.primaries",
    "spen_areas": "laep.ingest.dso.spen.areas",
    "spen_lines": "laep.ingest.dso.spen.lines",
    "ecr": "laep.ingest.dso.every.ecr",
    "repd": "laep.ingest.dso.every.repd",
    "ukpn_low_carbon": "laep.ingest.dso.ukpn.low_carbon",
    "flexibility": "laep.ingest.dso.every.flexibility",
    "curtailment": "laep.ingest.dso.every.curtailment",
    "dfes": "laep.ingest.dso.every.dfes",
    "nged_requests": "laep.ingest.dso.nged.requests",
    "load_monitor": "laep.ingest.dso.every.load_monitor",
    "meter": "laep.ingest.people.meter",
}
"""Every source by the name the user types, in the order they are read: places before the things that stand in them."""


def load(name: str) -> ModuleType:
    """Return the module of source `name`; an unknown name is met with the nearest right one."""
    if name not in MODULES:
        near = difflib.get_close_matches(name, MODULES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise SourceInvalid(f"There is no source {name!r}.{hint} Sources: {', '.join(MODULES)}.")
    return import_module(MODULES[name])
