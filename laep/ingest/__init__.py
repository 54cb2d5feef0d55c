"""Published files in, `in_*` layers out. One module a source, with `SOURCE`, `COLUMNS` (if it has some) and `read`."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from laep.errors import SourceInvalid

if TYPE_CHECKING:
    from types import ModuleType

MODULES: dict[str, str] = {
    "boundary": "laep.ingest.boundary",
    "licence_areas": "laep.ingest.licence_areas",
    "osm": "laep.ingest.osm",
    "places": "laep.ingest.places",
    "land": "laep.ingest.land",
    "buildings": "laep.ingest.buildings",
    "constraints": "laep.ingest.constraints",
    "zones": "laep.ingest.zones",
    "tenure": "laep.ingest.tenure",
    "census": "laep.ingest.census",
    "metered": "laep.ingest.energy_use",
    "fuel_poverty": "laep.ingest.fuel_poverty",
    "uprn": "laep.ingest.uprn",
    "homes": "laep.ingest.homes",
    "weather": "laep.ingest.weather",
    "elevation": "laep.ingest.elevation",
    "ssen_headroom": "laep.ingest.dso.ssen_headroom",
    "ssen_areas": "laep.ingest.dso.ssen_areas",
    "ssen_transformers": "laep.ingest.dso.ssen_transformers",
    "ssen_feeder_lookup": "laep.ingest.dso.ssen_feeder_lookup",
    "feeder_usage": "laep.ingest.dso.feeder_usage",
    "nged_substations": "laep.ingest.dso.nged_substations",
    "ukpn_sites": "laep.ingest.dso.ukpn_sites",
    "enwl_headroom": "laep.ingest.dso.enwl_headroom",
    "spen_headroom": "laep.ingest.dso.spen_headroom",
    "ssen_substations": "laep.ingest.dso.ssen_substations",
    "ssen_lines": "laep.ingest.dso.ssen_lines",
    "nged_capacity": "laep.ingest.dso.nged_capacity",
    "nged_areas": "laep.ingest.dso.nged_areas",
    "nged_secondary": "laep.ingest.dso.nged_secondary",
    "ukpn_ltds": "laep.ingest.dso.ukpn_ltds",
    "ukpn_headroom": "laep.ingest.dso.ukpn_headroom",
    "ukpn_areas": "laep.ingest.dso.ukpn_areas",
    "ukpn_secondary": "laep.ingest.dso.ukpn_secondary",
    "ukpn_lines": "laep.ingest.dso.ukpn_lines",
    "npg_ltds": "laep.ingest.dso.npg_ltds",
    "npg_heatmap": "laep.ingest.dso.npg_heatmap",
    "npg_headroom": "laep.ingest.dso.npg_headroom",
    "npg_areas": "laep.ingest.dso.npg_areas",
    "npg_lines": "laep.ingest.dso.npg_lines",
    "enwl_heatmap": "laep.ingest.dso.enwl_heatmap",
    "enwl_areas": "laep.ingest.dso.enwl_areas",
    "enwl_secondary": "laep.ingest.dso.enwl_secondary",
    "enwl_lines": "laep.ingest.dso.enwl_lines",
    "spen_ltds": "laep.ingest.dso.spen_ltds",
    "spen_primaries": "laep.ingest.dso.spen_primaries",
    "spen_areas": "laep.ingest.dso.spen_areas",
    "spen_lines": "laep.ingest.dso.spen_lines",
    "ecr": "laep.ingest.dso.ecr",
    "ukpn_low_carbon": "laep.ingest.dso.ukpn_low_carbon",
    "flexibility": "laep.ingest.dso.flexibility",
    "curtailment": "laep.ingest.dso.curtailment",
    "dfes": "laep.ingest.dso.dfes",
    "nged_requests": "laep.ingest.dso.nged_requests",
    "load_monitor": "laep.ingest.dso.load_monitor",
    "meter": "laep.ingest.meter",
}
"""Every source by the name the user types, in the order they are read: places before the things that stand in them."""


def load(name: str) -> ModuleType:
    """Return the module of source `name`; an unknown name is met with the nearest right one."""
    if name not in MODULES:
        near = difflib.get_close_matches(name, MODULES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise SourceInvalid(f"There is no source {name!r}.{hint} Sources: {', '.join(MODULES)}.")
    return import_module(MODULES[name])
