"""Steps of the network: what serves the place, what hangs from what, what is left, and which level binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep import schema
from laep.errors import LayerMissing
from laep.models.energy import uptake
from laep.models.network import chain, headroom, limits, lv, lv_flow, queue
from laep.models.network.lv import Diversity, Feeder, Voltage
from laep.pipeline import AREA, Step
from laep.spatial.network import buildings as link
from laep.spatial.network import generators, parents, registered, segments
from laep.spatial.network import substations as network
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.assumptions import Assumptions
    from laep.pipeline import Inputs


def _headroom(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, held = inputs.assumptions, kit.network(inputs)
    judged = headroom.judge(
        inputs["link_substation"],
        held.substations,
        held.headroom,
        kit.roof_export_mw(inputs),
        ways=held.ways,
        green_share=take.value("net.headroom.rag_green_share", "-"),
        amber_share=take.value("net.headroom.rag_amber_share", "-"),
        power_factor=take.value("net.power_factor", "-"),
        year=inputs.area.begins.year,
    )
    inputs.notes += headroom.notes(judged)
    return {"model_headroom": judged}


HEADROOM = Step(
    "headroom",
    "Judging network headroom",
    (*kit.NETWORK_LAYERS, "link_substation", "link_building", "model_solar", AREA),
    ("model_headroom",),
    _headroom,
)


def _network(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    held = kit.network(inputs)
    linked = network.serving_substations(
        inputs["in_boundary"], held.substations, inputs.or_empty("in_supply_area"),
        licences=inputs.or_empty("in_licence_area"), above=chain.above,
    )  # fmt: skip
    inputs.notes += [*held.notes, *linked.notes]
    return {"link_substation": linked.frame}


def _links(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, used, lines = inputs.assumptions, inputs.get("model_demand"), inputs.or_empty("in_line")
    substations, areas, feeders = (
        kit.network(inputs).substations,
        *map(inputs.or_empty, ("in_supply_area", "in_feeder")),
    )
    load_kva = None
    if used is not None:
        home_kw = take.value("admd.gas_heated.measured_kw", "kW")
        load_kva = lv.load_kva(
            used,
            home_kw=home_kw,
            power_factor=take.value("net.power_factor", "-"),
            own_supply_kw=take.value("net.connection.lv_max_kw", "kW"),
        )
    hung, _ = parents.parents(substations, areas, feeders)
    linked = link.building_links(
        inputs["in_building"],
        substations,
        areas,
        inputs.or_empty("in_zone"),
        max_secondary_m=take.value("net.link.max_secondary_m", "m"),
        roads=inputs.or_empty("in_road"),
        lines=lines[lines["level"] == "lv"],
        feeders=feeders,
        parents=hung,
        licences=inputs.get("in_licence_area"),
        load_kva=load_kva,
    )
    inputs.notes += linked.notes
    return {"link_building": linked.frame}


NETWORK = Step(
    "network",
    "Finding the substations that serve the area",
    ("in_boundary", "in_licence_area", *kit.NETWORK_LAYERS),
    ("link_substation",),
    _network,
)


LINKS = Step(
    "links",
    "Linking buildings to substations and census zones",
    (
        "in_building", *kit.NETWORK_LAYERS, "in_zone", "in_road", "in_line", "in_feeder", "in_licence_area",
        "model_demand",
    ),
    ("link_building",),
    _links,
)  # fmt: skip


def _chain(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    held, feeders = kit.network(inputs), inputs.or_empty("in_feeder")
    found, said = parents.parents(held.substations, inputs.or_empty("in_supply_area"), feeders)
    around = inputs.or_empty("link_substation")
    linked = parents.links(
        found,
        feeders,
        chain.links(held.substations, held.above),
        inputs.or_empty("link_building"),
        serving=around.loc[(around["role"] == "serves") & (around["level"] == "primary"), "substation_id"],
    )
    inputs.notes += [*said, *linked.notes]
    return {"link_chain": linked.frame}


def _lv(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take, links = inputs.assumptions, inputs["link_building"]
    if links["secondary_id"].isna().all():
        raise LayerMissing(
            "No building is linked to a street substation, so none can be screened. Run `laep ingest osm --file PATH` "
            "with a file that has substations, or the operator's own list of them."
        )
    pv_kw = generators.on_streets(
        inputs.or_empty("net_generator"),
        links,
        most_kw=take.value("net.generator.own_connection_kw", "kW"),
        least=take.value("privacy.least_count", "homes"),
    )
    served = lv.served(
        links, inputs["model_demand"], inputs["in_substation"], pv_kw,
        own_supply_kw=take.value("net.connection.lv_max_kw", "kW"),
    )  # fmt: skip
    on = served[~served["secondary_id"].isin(_not_listed_whole(inputs))].reset_index(drop=True)
    feeder, voltage, power_factor = _feeder(take), _voltage(take), take.value("net.power_factor", "-")
    rows = lv.screen(
        on,
        chargers=uptake.from_year(kit.chargers(take), inputs.area.begins.year),
        pumps=uptake.from_year(kit.heat_pumps(take), inputs.area.begins.year),
        diversity=Diversity(
            home_kw=take.get("admd.gas_heated.measured_kw", "kW").span,
            charger_kw=take.get("ev.admd_unmanaged_kw", "kW").span,
            pump_kw=take.get("hp.admd_at_peak_kw", "kW").span,
            k=take.get("admd.diversity_k", "-").span,
        ),
        feeder=feeder,
        voltage=voltage,
        pv_export=take.get("net.diversity.pv_export", "-").span,
        power_factor=power_factor,
    )
    rows = lv.believable(rows, most_load=take.value("net.lv.most_load", "-"), power_factor=power_factor)
    if left := len(served) - rows["secondary_id"].nunique():
        inputs.notes.append(
            f"{left} of {len(served)} street substations left out: more hangs from them here than one can carry, so "
            "others are not listed, or buildings are linked to the wrong one."
        )
    if rows.empty:
        return {"model_lv": schema.empty("model_lv")}
    silent = lv.unpublished(rows, inputs.or_empty("in_headroom"))
    checked = lv_flow.check(silent, feeder=feeder, voltage=voltage, power_factor=power_factor)
    screened = schema.conform(checked[schema.LAYERS["model_lv"].column_names], "model_lv")
    inputs.notes += [*lv.notes(screened), *lv_flow.notes(screened, voltage=voltage)]
    return {"model_lv": screened}


def _not_listed_whole(inputs: Inputs) -> list[str]:
    """Return the street substations that more homes are linked to than one can feed."""
    rows = inputs["model_demand"]
    homes = rows[rows["scope"] == "building"].set_index("scope_id")["homes"].astype("float64")
    links = inputs["link_building"].dropna(subset=["secondary_id"])
    return segments.incomplete(links.assign(homes=links["building_id"].map(homes).fillna(0.0)))


def _limits(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    linked, waiting = inputs["link_substation"], inputs.or_empty("net_generator")
    held = kit.network_with(inputs, lv.as_headroom(inputs.or_empty("model_lv")))
    listed, primary = parents.primaries(held.substations, inputs.or_empty("link_chain"))
    above = chain.above(listed, primary=primary)
    ways = chain.chains(listed, above)
    serves = linked.loc[(linked["role"] == "serves") & (linked["level"] == "primary"), "substation_id"]
    starts = np.flatnonzero(
        (listed["level"] == "primary") & listed["substation_id"].isin(serves) | primary["used"].to_numpy()
    )
    rows = held.headroom[held.headroom["at"].isin(ways[starts].ravel())].reset_index(drop=True)
    hangs = registered.hangs_from(waiting, listed, inputs.or_empty("in_supply_area"))["at"].to_numpy()
    power_factor = inputs.assumptions.value("net.power_factor", "-")
    network = limits.Network(
        substations=listed,
        above=above,
        ways=ways,
        tied=rows,
        held=headroom.arrays(rows, power_factor=power_factor),
        queue_kw=queue.waiting_kw(waiting, hangs, ways),
    )
    bound = limits.table(
        network,
        starts,
        limits.questions(rows, year=inputs.area.begins.year),
        proposed_mw=headroom.with_upstream(kit.roof_export_mw(inputs), listed, ways),
        year=inputs.area.begins.year,
        power_factor=power_factor,
    )
    inputs.notes += limits.notes(bound)
    return {"model_limit": schema.conform(bound[schema.LAYERS["model_limit"].column_names], "model_limit")}


def _feeder(take: Assumptions) -> Feeder:
    return Feeder(
        rating_kva=take.get("net.lv.rating_kva", "kVA").span,
        pole_rating_kva=take.get("net.lv.pole_rating_kva", "kVA").span,
        pole_homes=take.value("net.lv.pole_homes", "homes"),
        homes_per_feeder=take.get("net.lv.homes_per_feeder", "homes").span,
        length_m=take.get("net.lv.feeder_length_m", "m").span,
        cable_kva=take.get("net.lv.cable_kva", "kVA").span,
        r_ohm_per_km=take.get("net.lv.cable_r_ohm_per_km", "ohm/km").span,
        x_ohm_per_km=take.get("net.lv.cable_x_ohm_per_km", "ohm/km").span,
        unbalance=take.get("net.lv.unbalance", "-").span,
        reverse_share=take.get("net.lv.reverse_share", "-").span,
    )


def _voltage(take: Assumptions) -> Voltage:
    _, lowest, highest = take.get("net.voltage.lv_nominal", "V").span
    return Voltage(
        lowest=lowest,
        highest=highest,
        at_peak=take.get("net.lv.busbar_v_peak", "V").span,
        at_light_load=take.get("net.lv.busbar_v_light", "V").span,
    )


CHAIN = Step(
    "chain",
    "Following the network from feeder to grid supply point",
    (*kit.NETWORK_LAYERS, "in_feeder", "link_substation", "link_building"),
    ("link_chain",),
    _chain,
)


LV = Step(
    "lv",
    "Screening street substations",
    ("in_substation", "in_headroom", "net_generator", "link_building", "model_demand", AREA),
    ("model_lv",),
    _lv,
)


LIMITS = Step(
    "limits",
    "Finding which level of the network binds",
    (
        *kit.NETWORK_LAYERS, "net_generator", "link_substation", "link_building", "link_chain", "model_lv",
        "model_solar", AREA,
    ),
    ("model_limit",),
    _limits,
)  # fmt: skip
