"""Step of what generates and stores electricity already: every source's word brought to one row of each thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.errors import LayerMissing
from laep.pipeline import Step
from laep.spatial.network import generators

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.pipeline import Inputs


def _generators(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    if inputs.get("in_generator") is None and inputs.get("in_home") is None:
        raise LayerMissing(
            "No source says what generates electricity here. Run `laep ingest ecr --file PATH`, or one of osm."
        )
    take = inputs.assumptions
    found = generators.reconcile(
        inputs.or_empty("in_generator"),
        inputs.or_empty("in_building"),
        inputs.or_empty("in_home"),
        alike=generators.Alike(
            reach_m=take.value("pv.existing.reach_m", "m"),
            spot_m=take.value("net.generator.spot_m", "m"),
            site_m=take.value("net.generator.site_m", "m"),
            name_m=take.value("net.generator.name_m", "m"),
            ha_per_mw=take.value("solar_farm.land_ha_per_mw", "ha/MW"),
            size_share=take.value("net.generator.size_share", "-"),
            own_connection_kw=take.value("net.generator.own_connection_kw", "kW"),
        ),
        home_kw=take.value("pv.existing.home_kw", "kW"),
    )
    inputs.notes += found.notes
    least = take.value("privacy.least_count", "homes")
    return {"net_generator": found.frame, "model_generation": generators.totals(found.frame, least=least)}


GENERATORS = Step(
    "generators",
    "Telling generators apart",
    ("in_building", "in_generator", "in_home"),
    ("net_generator", "model_generation"),
    _generators,
)
