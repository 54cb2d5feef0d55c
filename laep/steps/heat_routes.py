"""Step that gathers homes into clusters, finds how each could be heated, and whether the network would carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from laep import schema
from laep.models.energy import heat_route, heat_tree
from laep.models.energy.fabric import ENDS
from laep.models.network import carries
from laep.pipeline import Step
from laep.schema import uses
from laep.spatial import clusters as near
from laep.spatial.network import streets
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from laep.assumptions import Assumptions
    from laep.models.money.span import Span
    from laep.pipeline import Inputs

    Array = NDArray[np.float64]

_HEAT = tuple(f"{stem}{end}_kwh" for stem in ("space_heat", "hot_water") for end in ENDS)
_EXACT_SIZE = 3_000
"""Up to so many flows the tree of pipes is proven to be the cheapest; beyond, it is searched for."""


class _Tree(NamedTuple):
    """Pipes of a cluster: lines, lengths [m] and flows [kW]."""

    lines: NDArray[np.object_]
    length_m: Array
    flow_kw: Array


def _routes(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take = inputs.assumptions
    homes = _homes(inputs)
    clusters = _clusters(inputs, homes)
    trees = _trees(inputs, homes, clusters)
    clusters = _with_pipes(clusters, trees)
    ways = heat_route.ways(clusters, terms=(costs := terms(take)))
    tests = _tests(inputs, homes)
    carried = carries.of_clusters(tests, clusters["cluster_id"])
    chosen = heat_route.choose(clusters, ways, carried, close=costs.close)
    found = clusters.assign(**chosen, **_sure(clusters, chosen))
    inputs.notes += _notes(found)
    layers = {
        "model_heat_cluster": found, "model_heat_route": ways, "model_heat_test": tests,
        "net_heat_pipe": _pipes(found, trees),
    }  # fmt: skip
    return {
        name: schema.conform(_shaped(frame, name), name) if len(frame) else schema.empty(name)
        for name, frame in layers.items()
    }


def _homes(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the buildings that hold homes, with their heat, their street, their land and their cluster."""
    take, heat = inputs.assumptions, inputs["model_heat"]
    of = heat[heat["scope"] == "building"].set_index("scope_id")
    ground = gpd.GeoDataFrame(inputs["in_building"])
    ground = ground[ground["building_id"].isin(of.index)].reset_index(drop=True)
    columns = [name for name in of.columns if name not in ("scope", "method", "confidence", *ground.columns)]
    held = ground.drop(columns="homes").join(of[["homes", "confidence", *columns]], on="building_id")
    centre = shapely.centroid(held.geometry.to_numpy())
    held = held.assign(x=shapely.get_x(centre), y=shapely.get_y(centre))
    street = near.street_of(held, gpd.GeoDataFrame(inputs.or_empty("in_road")))
    plot = near.plots(held, held["homes"])
    number = near.cluster(
        held, street, plot, reach_m=take.value("heat.cluster.reach_m", "m"),
        most_homes=take.value("heat.cluster.most_homes", "homes"),
    )  # fmt: skip
    links = inputs.or_empty("link_building").set_index("building_id")
    return held.assign(
        street=street, plot_m2=plot, number=number,
        cluster_id=[f"heat-{one + 1:03d}" for one in number],
        feeder=held["building_id"].map(links["lv_feeder_id"]), secondary=held["building_id"].map(links["secondary_id"]),
        primary=held["building_id"].map(links["primary_id"]), zone=held["building_id"].map(links["zone_id"]),
    )  # fmt: skip


def _clusters(inputs: Inputs, homes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a row a cluster: what stands there, and what heat it uses."""
    by = homes.groupby("cluster_id", sort=True)
    count = by["homes"].sum()
    sums = by[[*_HEAT, "design_kw", "pump_peak_kw"]].sum()
    tenure = inputs.or_empty("in_tenure").set_index("zone_id")
    owned = homes["zone"].map((tenure["owned"] / tenure["households"]).astype("float64"))
    weight = homes["homes"]
    shares = pd.DataFrame({
        "flat_share": weight.where(homes["form"] == "flat", 0.0), "owner_share": owned * weight,
        "network_share": homes["heat_network_share"] * weight,
        "oil_share": (homes["oil_share"] + homes["lpg_share"]) * weight,
    }).groupby(homes["cluster_id"]).sum(min_count=1).div(count, axis=0)  # fmt: skip
    form = weight.groupby([homes["cluster_id"], homes["form"]]).sum().reset_index()
    most = form.sort_values("homes", kind="stable").drop_duplicates("cluster_id", keep="last").set_index("cluster_id")
    heat = {f"heat{end}_kwh": sums[f"space_heat{end}_kwh"] + sums[f"hot_water{end}_kwh"] for end in ENDS}
    frame = pd.DataFrame({
        "homes": count, "buildings": by.size(), "form": most["form"], **shares, "outdoor_m2": by["plot_m2"].median(),
        **heat, "design_kw": sums["design_kw"], "pump_peak_kw": sums["pump_peak_kw"],
    })  # fmt: skip
    outline = near.outlines(homes, homes["number"].to_numpy())
    anchors, anchor_kwh = _anchors(inputs, outline)
    frame = frame.assign(anchors=anchors, anchor_kwh=anchor_kwh, name=_names(homes))
    return gpd.GeoDataFrame(frame.reset_index(), geometry=outline, crs=schema.CRS)


def _names(homes: pd.DataFrame) -> pd.Series[str]:
    """Return a name for each cluster: the street of most of its homes, numbered where it has several."""
    of = homes.assign(street=homes["street"].fillna("Cluster")).groupby(["cluster_id", "street"])["homes"].sum()
    most = of.reset_index().sort_values("homes", kind="stable").drop_duplicates("cluster_id", keep="last")
    name = most.set_index("cluster_id")["street"].sort_index()
    turn = name.groupby(name).cumcount() + 1
    several = name.map(name.value_counts()) > 1
    return name.where(~several, name + " " + turn.astype("string"))


def _anchors(inputs: Inputs, outline: NDArray[np.object_]) -> tuple[NDArray[np.intp], Array]:
    """Return how many buildings beside each cluster use much heat, and how much. [kWh]."""
    take = inputs.assumptions
    ground = gpd.GeoDataFrame(inputs["in_building"])
    business = ground[ground["use"].isin(uses.BUSINESSES)]
    kwh = np.zeros(len(business))
    for use in business["use"].unique():
        word = uses.RULES[use].intensity
        rows = (business["use"] == use).to_numpy()
        storeys = (
            business.loc[rows, "storeys"].astype("float64").fillna(take.value(f"building.storeys.{word}", "storeys"))
        )
        floor = business.loc[rows, "footprint_m2"].to_numpy(dtype="float64") * storeys.to_numpy()
        kwh[rows] = floor * take.value(f"demand.gas_intensity_kwh_m2.{word}", "kWh/m2/yr")
    kwh *= take.value("heat.efficiency.gas", "-")
    large = kwh >= take.value("heat.route.network.anchor_kwh", "kWh/yr")
    counts, total = np.zeros(len(outline), dtype=np.intp), np.zeros(len(outline))
    if large.any() and len(outline):
        reach = take.value("heat.route.network.anchor_m", "m")
        at, which = shapely.STRtree(outline).query(
            shapely.centroid(business.geometry.to_numpy()[large]), predicate="dwithin", distance=reach
        )
        np.add.at(counts, which, 1)
        np.add.at(total, which, kwh[large][at])
    return counts, total


def _trees(inputs: Inputs, homes: gpd.GeoDataFrame, clusters: gpd.GeoDataFrame) -> dict[str, _Tree]:
    """Return the tree of pipes over the streets of each cluster that streets reach."""
    roads = inputs.get("in_road")
    if roads is None or not len(roads):
        return {}
    take, graph = inputs.assumptions, streets.graph(gpd.GeoDataFrame(roads[roads["kind"] != "path"]))
    attached = streets.attach(homes[["x", "y"]].to_numpy(dtype="float64"), graph)
    fixed = take.value("heat.route.network.gbp_m", "GBP/m")
    by_kw = take.value("heat.route.network.gbp_m_mw", "GBP/m/MW") / 1000
    draw = homes["design_kw"].to_numpy(dtype="float64") * take.value("heat.route.network.diversity", "-")
    found = {}
    for cluster_id in clusters["cluster_id"]:
        rows = np.flatnonzero((homes["cluster_id"] == cluster_id).to_numpy() & (attached.node >= 0))
        if not len(rows):
            continue
        nodes = attached.node[rows]
        part = graph.part[nodes]
        rows = rows[part == np.bincount(part).argmax()]
        found[str(cluster_id)] = _tree(homes, rows, attached, graph, draw, fixed=fixed, by_kw=by_kw)
    return found


def _tree(
    homes: pd.DataFrame, rows: NDArray[np.intp], attached: streets.Attached, graph: streets.Streets, draw: Array, *,
    fixed: float, by_kw: float,
) -> _Tree:  # fmt: skip
    """Return the pipes of one cluster: over the streets from the node in its middle, and a service to each building."""
    nodes, kw = attached.node[rows], draw[rows]
    xy = homes[["x", "y"]].to_numpy(dtype="float64")[rows]
    middle = np.average(xy, axis=0, weights=kw)
    source = int(nodes[np.argmin(((graph.nodes[nodes] - middle) ** 2).sum(axis=1))])
    pipes = heat_tree.lay(graph.graph, graph.nodes, source, nodes, kw, fixed=fixed, by_kw=by_kw, most_flows=_EXACT_SIZE)
    ends = np.stack([graph.nodes[pipes.start], graph.nodes[pipes.end]], axis=1)
    service = np.stack([graph.nodes[nodes], xy], axis=1)
    lines = np.concatenate([shapely.linestrings(ends), shapely.linestrings(service)])
    return _Tree(lines, np.concatenate([pipes.length_m, attached.off_m[rows]]), np.concatenate([pipes.flow_kw, kw]))


def _with_pipes(clusters: gpd.GeoDataFrame, trees: Mapping[str, _Tree]) -> gpd.GeoDataFrame:
    """Return clusters with the length of their pipes, what flows through it, and the heat a metre of it."""
    metres = clusters["cluster_id"].map({key: float(tree.length_m.sum()) for key, tree in trees.items()})
    flows = clusters["cluster_id"].map({k: float((t.length_m * t.flow_kw).sum()) / 1000 for k, t in trees.items()})
    heat = clusters["heat_kwh"] + clusters["anchor_kwh"]
    metres = metres.astype("float64").where(metres > 0)
    return clusters.assign(pipe_m=metres, pipe_mwm=flows.astype("float64"), density_kwh_per_m=heat / metres)


def _tests(inputs: Inputs, homes: pd.DataFrame) -> pd.DataFrame:
    """Return what heat pumps in every home ask of feeder, street substation and primary."""
    take, limits = inputs.assumptions, inputs.or_empty("model_limit")
    return carries.asks(
        homes, carries.room(limits), held_back=take.value("heat_pump.flexible_share", "-"),
        cable=carries.Cable(
            take.value("net.lv.cable_kva", "kVA"), take.value("admd.gas_heated.measured_kw", "kW"),
            take.value("net.power_factor", "-"),
        ),
    )  # fmt: skip


def _sure(clusters: pd.DataFrame, chosen: pd.DataFrame) -> dict[str, object]:
    method = (
        "least yearly cost at the social rate among what is possible, before grants; pipes as a tree over the streets; "
        "heat as in `model_heat`; network as in `model_limit`, and a typical cable"
    )
    known = clusters["pipe_m"].notna() & (chosen["carried"] != carries.UNKNOWN)
    return {"method": method, "confidence": np.where(known, "medium", "low")}


def _notes(found: pd.DataFrame) -> list[str]:
    of = found.groupby("route")["homes"].sum().sort_values(ascending=False)
    told = ", ".join(f"{route} {homes:,.0f}" for route, homes in of.items())
    return [f"{found['homes'].sum():,.0f} homes in {len(found):,} clusters; homes by route: {told}"]


def _pipes(found: pd.DataFrame, trees: Mapping[str, _Tree]) -> gpd.GeoDataFrame:
    """Return layer `net_heat_pipe`: pipes where a network is the first or second way."""
    wanted = found[(found["route"] == "network") | (found["second"] == "network")]["cluster_id"]
    parts = [
        gpd.GeoDataFrame(
            {"pipe_id": [f"{key}-{n + 1:03d}" for n in range(len(tree.lines))], "cluster_id": key,
             "length_m": tree.length_m, "flow_kw": tree.flow_kw},
            geometry=tree.lines, crs=schema.CRS,
        )
        for key, tree in trees.items() if key in set(wanted)
    ]  # fmt: skip
    return (
        gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))
        if parts
        else gpd.GeoDataFrame(schema.empty("net_heat_pipe"))
    )


def _shaped(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    layer = schema.LAYERS[name]
    return frame[[*layer.column_names, "geometry"]] if layer.geometry else frame.reindex(columns=layer.column_names)


def terms(take: Assumptions) -> heat_route.Terms:
    """Return what ways to heat homes cost."""

    def gbp(way: str) -> Span:
        return kit.span_from(take, f"heat.route.{way}.gbp", "GBP")

    def years(way: str) -> Span:
        return kit.span_from(take, f"heat.route.{way}.years", "years")

    air, pump = kit.span_from(take, "heat.spf.air", "-"), kit.span_from(take, "heat.route.pump_running_gbp", "GBP/yr")
    return heat_route.Terms(
        capex={way: gbp(way) for way in heat_route.WAYS},
        years={way: years(way) for way in heat_route.WAYS},
        factor={
            "air": air, "loop": kit.span_from(take, "heat.spf.ground", "-"), "communal": air,
            "network": kit.span_from(take, "heat.route.network.spf", "-"),
            "direct": kit.span_from(take, "heat.efficiency.electric", "-"),
        },
        loss={way: kit.span_from(take, f"heat.route.{way}.loss", "-") for way in ("communal", "network")},
        upkeep={
            "air": pump, "loop": pump, "communal": pump,
            "network": kit.span_from(take, "heat.route.network.running_gbp", "GBP/yr"),
        },
        pipe_m=kit.span_from(take, "heat.route.network.gbp_m", "GBP/m"),
        pipe_m_mw=kit.span_from(take, "heat.route.network.gbp_m_mw", "GBP/m/MW"),
        centre_kw=kit.span_from(take, "heat.route.network.gbp_kw", "GBP/kW"),
        diversity=take.value("heat.route.network.diversity", "-"),
        home_gbp_kwh=kit.span_from(take, "tariff.retail.elec_p_kwh", "p/kWh").times(1 / 100),
        bulk_gbp_kwh=kit.span_from(take, "tariff.business.elec_p_kwh", "p/kWh").times(1 / 100),
        carbon_kg_kwh=take.value("carbon.elec_2026", "kgCO2e/kWh"),
        rate=take.value("finance.discount.green_book", "1/yr"),
        outdoor_m2=take.value("heat.route.outdoor_m2", "m2"),
        least_homes=take.value("heat.route.loop.least_homes", "homes"),
        density=take.value("heat.route.network.density", "kWh/m/yr"),
        close=take.value("heat.route.close_share", "-"),
        grant_gbp=take.value("heat.grant.air_gbp", "GBP"),
        off_gas_gbp=take.value("heat.grant.off_gas_gbp", "GBP"),
    )  # fmt: skip


HEAT_ROUTES = Step(
    "heat_routes",
    "Finding how clusters of homes could be heated",
    ("in_building", "in_road", "in_tenure", "link_building", "model_heat", "model_limit"),
    ("model_heat_cluster", "model_heat_route", "model_heat_test", "net_heat_pipe"),
    _routes,
)
