"""How a cluster of homes could be heated without burning anything: what each way costs, which comes first, and why.

Every way is worked out for every cluster, possible or not, so that people can see what a choice would cost. The least
yearly cost among those that are possible comes first; the network of the place may make it wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.models.money import finance
from laep.models.money.span import Span
from laep.models.network import carries
from laep.schema.vocabulary import ROUTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

WAYS = ("air", "communal", "loop", "network", "direct")
"""Ways worked out: of two that cost as much, the one that fewer people must agree on comes first."""
_MOSTLY = 0.5
_WHY = {
    "air": "homes have room outside for a unit of their own, and pipes to share would save little or nothing",
    "loop": "homes stand close enough to share boreholes, which warm them with less power than air can",
    "communal": "most homes are flats with no room outside, and one plant for the block needs the least space and work",
    "network": "so much heat is used along each metre of street that shared pipes cost less than a unit in each home",
    "direct": "these homes need so little heat, or have so little room outside, that simple heaters cost least",
}  # fmt: skip
_UNMAPPED = (
    "Of the ways that can be costed this one costs least, and whether shared pipes would cost less is not known, as no "
    "streets are mapped."
)
_LACKS_LAND = "homes have no room outside for a unit of their own"
_SHARED_LAND = "most homes are flats, and the land round them is shared"
_TOO_FEW = "too few homes stand together"
_NO_FLATS = "most homes are not flats"
_TOO_THIN = "too little heat is used along each metre of street"
_NO_STREETS = "no streets are mapped that pipes could follow"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """
    What the ways cost: assumptions `heat.route.*`.

    Attributes
    ----------
    capex : mapping of way to Span
        Cost a home, of `network` without pipes and energy centre. [GBP]
    years : mapping of way to Span
        Life. [years]
    factor : mapping of way to Span
        Heat over electricity in a year. [-]
    loss : mapping of way to Span
        Share of the heat sent out that is lost. [-]
    upkeep : mapping of way to Span
        Running cost beside electricity, a home. [GBP/yr]
    pipe_m, pipe_m_mw, centre_kw : Span
        Cost of a metre of pipe [GBP/m], of a metre and megawatt [GBP/m/MW], of a kilowatt of energy centre [GBP/kW].
    diversity : float
        Peak of many homes over the sum of theirs. [-]
    home_gbp_kwh, bulk_gbp_kwh : Span
        Electricity for homes, and for a plant that serves many. [GBP/kWh]
    carbon_kg_kwh : float
        Emissions of electricity. [kgCO2e/kWh]
    rate : float
        Real discount rate. [1/yr]
    outdoor_m2, least_homes, density, close : float
        From when a way is possible, and how close two are as good as each other.
    grant_gbp, off_gas_gbp : float
        Grant for a heat pump, and where it replaces oil or tank gas. [GBP]
    """

    capex: Mapping[str, Span]
    years: Mapping[str, Span]
    factor: Mapping[str, Span]
    loss: Mapping[str, Span]
    upkeep: Mapping[str, Span]
    pipe_m: Span
    pipe_m_mw: Span
    centre_kw: Span
    diversity: float
    home_gbp_kwh: Span
    bulk_gbp_kwh: Span
    carbon_kg_kwh: float
    rate: float
    outdoor_m2: float
    least_homes: float
    density: float
    close: float
    grant_gbp: float
    off_gas_gbp: float


def ways(clusters: pd.DataFrame, *, terms: Terms) -> pd.DataFrame:
    """
    Return layer `model_heat_route`: every way for every cluster.

    Parameters
    ----------
    clusters : DataFrame
        `cluster_id`, `homes`, `heat_kwh` with ends, `design_kw`, `pump_peak_kw`, `flat_share`, `outdoor_m2`, `pipe_m`,
        `pipe_mwm` (metres times megawatts), `density_kwh_per_m`, `oil_share` of homes on oil or tank gas.
    terms : Terms
    """
    return pd.concat([_way(clusters, way, terms) for way in WAYS], ignore_index=True)


def choose(clusters: pd.DataFrame, routes: pd.DataFrame, carried: pd.DataFrame, *, close: float) -> pd.DataFrame:
    """
    Return the route of each cluster, the second choice, and one sentence why.

    Parameters
    ----------
    clusters : DataFrame
        `cluster_id`, `network_share` (homes on a heat network already), `pipe_m`.
    routes : DataFrame
        From `ways`.
    carried : DataFrame, index cluster id
        From `carries.of_clusters`.
    close : float
        As in `Terms`.

    Returns
    -------
    DataFrame, index of `clusters`
        `route`, `second`, `why`, `carried`, `carried_why`.
    """
    annual = routes.pivot_table(index="cluster_id", columns="route", values="annual_gbp_per_yr")
    possible = routes.pivot_table(index="cluster_id", columns="route", values="possible", aggfunc="max").astype(bool)
    cost = annual.where(possible).reindex(columns=list(WAYS))
    rows = []
    streets = clusters["pipe_m"].notna()
    of = zip(clusters["cluster_id"].astype(str), clusters["network_share"], streets, strict=True)
    for cluster_id, share, mapped in of:
        ranked = pd.Series(cost.loc[[cluster_id]].to_numpy()[0], index=cost.columns).dropna().sort_values(kind="stable")
        told = {name: str(carried[name][cluster_id]) for name in ("carried", "held")}
        rows.append(_choice(ranked, told, on_network=float(share) > _MOSTLY, mapped=bool(mapped), close=close))
    found = pd.DataFrame(rows, columns=["route", "second", "why"], index=clusters.index)
    return found.assign(
        carried=carried["carried"].reindex(clusters["cluster_id"]).to_numpy(),
        carried_why=carried["carried_why"].reindex(clusters["cluster_id"]).to_numpy(),
    )


def _choice(
    ranked: pd.Series[float], told: Mapping[str, str], *, on_network: bool, mapped: bool, close: float
) -> tuple[str, str | None, str]:
    """Return route, second choice and why of one cluster."""
    near = ranked.index[ranked <= ranked.iloc[0] * (1 + close)]
    first = next(way for way in WAYS if way in near)  # of those that cost as much, the one that needs the fewest people
    others = [str(way) for way in ranked.index if way != first]
    second = others[0] if others else None
    if on_network:
        return "network", first if first != "network" else second, "Most homes are on a heat network already."
    if told["carried"] == carries.NO and told["held"] == carries.NO:
        return "wait", first, (
            "The electricity network here has no room for it yet, and less heat is needed once homes are insulated."
        )  # fmt: skip
    if not mapped:
        return first, second, _UNMAPPED
    why = _WHY[first]
    ending = f"; {ROUTES[second]} would cost about as much" if second in near and second else ""
    return first, second, f"{why[0].upper()}{why[1:]}{ending}."


def _way(clusters: pd.DataFrame, way: str, terms: Terms) -> pd.DataFrame:
    """Return one way for every cluster."""
    homes = clusters["homes"].to_numpy(dtype="float64")
    heat = Span(*(clusters[f"heat{end}_kwh"].to_numpy(dtype="float64") / homes for end in ("", "_low", "_high")))
    sent = _over(heat, Span.exact(1.0).less(terms.loss[way])) if way in terms.loss else heat
    power = _over(sent, terms.factor[way])
    capex = terms.capex[way].plus(_shared(clusters, way, terms)).times(Span.exact(np.ones(len(homes))))
    running = power.times(terms.bulk_gbp_kwh if way == "network" else terms.home_gbp_kwh)
    if way in terms.upkeep:
        running = running.plus(terms.upkeep[way])
    annual = _spread(capex, terms.years[way], terms.rate).plus(running)
    why_not = _why_not(clusters, way, terms)
    oil = clusters["oil_share"].to_numpy(dtype="float64") > _MOSTLY
    grant = (
        np.where(oil & (way == "air"), terms.off_gas_gbp, terms.grant_gbp)
        if way in ("air", "loop", "communal")
        else 0.0
    )
    factor = float(np.asarray(terms.factor["air"].value)) / float(np.asarray(terms.factor[way].value))
    return pd.DataFrame({
        "cluster_id": clusters["cluster_id"], "route": way, "possible": why_not.isna(), "why_not": why_not,
        **capex.columns("capex", "GBP"), "grant_gbp": np.minimum(grant, np.asarray(capex.value)),
        **running.columns("running", "GBP/yr"), **annual.columns("annual", "GBP/yr"),
        "electricity_kwh": np.asarray(power.value), "carbon_kg": np.asarray(power.value) * terms.carbon_kg_kwh,
        "peak_kw": clusters["pump_peak_kw"].to_numpy(dtype="float64") / homes * factor,
    })  # fmt: skip


def _shared(clusters: pd.DataFrame, way: str, terms: Terms) -> Span:
    """Return the share of a home in pipes and energy centre; nothing for ways without. [GBP]."""
    if way != "network":
        return Span.exact(np.zeros(len(clusters)))
    homes = clusters["homes"].to_numpy(dtype="float64")
    metres = Span.exact(clusters["pipe_m"].fillna(0.0).to_numpy(dtype="float64") / homes)
    wide = Span.exact(clusters["pipe_mwm"].fillna(0.0).to_numpy(dtype="float64") / homes)
    plant = Span.exact(clusters["design_kw"].to_numpy(dtype="float64") * terms.diversity / homes)
    return terms.pipe_m.times(metres).plus(terms.pipe_m_mw.times(wide)).plus(terms.centre_kw.times(plant))


def _why_not(clusters: pd.DataFrame, way: str, terms: Terms) -> pd.Series[str]:
    """Return why a way cannot be taken, missing where it can."""
    none = pd.Series(pd.NA, index=clusters.index, dtype="string")
    bare = clusters["outdoor_m2"] < terms.outdoor_m2
    if way == "air":
        flats = clusters["flat_share"] >= _MOSTLY
        return none.mask(flats, _SHARED_LAND).mask(bare, _LACKS_LAND)
    if way == "loop":
        return none.mask(clusters["homes"] < terms.least_homes, _TOO_FEW)
    if way == "communal":
        return none.mask(clusters["flat_share"] < _MOSTLY, _NO_FLATS)
    if way == "network":
        thin = clusters["density_kwh_per_m"].fillna(0.0) < terms.density
        return none.mask(thin, _TOO_THIN).mask(clusters["pipe_m"].isna(), _NO_STREETS)
    return none


def _over(span: Span, by: Span) -> Span:
    """Return a quotient: its low end takes the other's high end."""
    return Span(span.value / by.value, span.low / by.high, span.high / by.low)


def _spread(capex: Span, years: Span, rate: float) -> Span:
    """Return a cost as a level yearly payment over a life. [GBP/yr]."""
    factor = (finance.present_value_factor(rate, life) for life in (years.value, years.high, years.low))
    value, low, high = (1 / np.asarray(one) for one in factor)
    return capex.times(Span(value, low, high))
