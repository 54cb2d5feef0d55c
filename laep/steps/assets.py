"""Step that sizes and costs what each site for a shared asset could have."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.errors import LayerMissing
from laep.models.assets import KINDS, offers
from laep.models.assets.kind import Around
from laep.models.assets.offers import Rates
from laep.models.assets.sizing import Places, room_at
from laep.models.assets.worth import Money
from laep.models.energy import demand, solar
from laep.models.money.span import Span
from laep.pipeline import AREA, Step
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from laep.models.assets.kind import Kind, Take
    from laep.pipeline import Inputs

    Array = NDArray[np.float64]

_PENCE = 100


def _assets(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    take: Take = partial(kit.span_from, inputs.assumptions)
    sites = pd.DataFrame(inputs["site_anchor"]).drop(columns="geometry")
    sites = sites[sites["capacity_kwp"] > 0].reset_index(drop=True)
    around, hosts, limits, rates = (
        _around(inputs, sites),
        _hosts(inputs, sites),
        inputs.or_empty("model_limit"),
        _rates(inputs),
    )
    street_most_kw = inputs.assumptions.value("net.connection.lv_max_kw", "kW")
    parts = []
    for technology, kind in KINDS.items():
        of_kind = np.flatnonzero(sites["technology"] == technology)
        if len(of_kind):
            theirs = sites.iloc[of_kind].reset_index(drop=True)
            places, money = _places(kind, theirs, around, hosts, take), _money(inputs, theirs, rates)
            room = room_at(theirs, limits, year=inputs.area.begins.year, street_most_kw=street_most_kw)
            parts.append(offers.of_kind(kind, theirs, places, room, money, take, rates=rates))
    if not parts:
        raise LayerMissing("No site here could hold an asset of a size that can be told.")
    return offers.layers(parts)


def _around(inputs: Inputs, sites: pd.DataFrame) -> Around:
    members = _members(sites)
    planes = inputs["roof_plane"]
    planes = pd.DataFrame(planes.loc[planes["suitable"], ["roof_id", "building_id", *solar.FACING, "capacity_kwp"]])
    planes = planes.merge(members, on="building_id").reset_index(drop=True)
    return Around(
        sky=kit.sky_over(inputs),
        system=kit.system_from(inputs.assumptions),
        planes=planes,
        shade=kit.shade_on(inputs, planes["roof_id"]),
        sun_doubt=Span(1.0, *kit.doubt_over(inputs).ends),
        wind_m_s=inputs["in_weather"].sort_values("hour")["wind_speed_m_s"].to_numpy(dtype=np.float64),
    )


def _hosts(inputs: Inputs, sites: pd.DataFrame) -> pd.DataFrame:
    """Return the half-hourly use of the buildings of each site [kW], and its ends over that in `attrs`."""
    used = inputs.or_empty("model_demand")
    rows = used[used["scope"] == "building"].merge(_members(sites), left_on="scope_id", right_on="building_id")
    power = demand.half_hourly_by(rows, rows["site_id"], year=inputs.area.begins.year)
    sums = rows.groupby("site_id")[["annual_kwh", "annual_low_kwh", "annual_high_kwh"]].sum()
    power.attrs["ends"] = sums.div(sums["annual_kwh"].where(sums["annual_kwh"] > 0), axis=0)
    return power


def _members(sites: pd.DataFrame) -> pd.DataFrame:
    """Return the buildings of each site: `site_id`, `building_id`."""
    told = sites[["site_id", "building_ids"]].dropna()
    each = told.assign(building_id=told["building_ids"].str.split(";")).explode("building_id")
    return each[["site_id", "building_id"]].astype("string").reset_index(drop=True)


def _places(kind: Kind, sites: pd.DataFrame, around: Around, hosts: pd.DataFrame, take: Take) -> Places:
    ends = hosts.attrs["ends"].reindex(sites["site_id"]).fillna(1.0)
    used = hosts.reindex(columns=sites["site_id"], fill_value=0.0).to_numpy(dtype=np.float64).T
    return Places(
        made=np.nan_to_num(kind.output(sites, around, take)),
        used=np.ascontiguousarray(used),
        used_low=ends["annual_low_kwh"].to_numpy(dtype=np.float64),
        used_high=ends["annual_high_kwh"].to_numpy(dtype=np.float64),
        most_kw=sites["capacity_kwp"].to_numpy(dtype=np.float64),
        doubt=kind.doubt(around, take),
    )


def _money(inputs: Inputs, sites: pd.DataFrame, rates: Rates) -> Money:
    take, connecting = inputs.assumptions, kit.connecting(inputs.assumptions)
    corporate = (sites["owner_kind"] == "corporate").to_numpy(dtype=bool)
    return Money(
        saved=kit.span_from(take, "tariff.business.elec_p_kwh", "p/kWh").times(1 / _PENCE),
        sold=kit.span_from(take, "tariff.export.ppa_community", "p/kWh").times(1 / _PENCE),
        rate=np.where(corporate, rates.corporate, rates.community),
        connection=lambda kw: Span(*connecting.many_gbp(kw)),
    )


def _rates(inputs: Inputs) -> Rates:
    terms = kit.terms_from(inputs.assumptions)
    return Rates(
        community=terms.community_discount,
        corporate=terms.corporate_discount,
        carbon_kg_per_kwh=terms.carbon_kg_per_kwh,
    )


ASSETS = Step(
    "assets",
    "Sizing and costing what each site could have",
    (
        "in_boundary", "in_weather", "in_weather_year", "site_anchor", "roof_plane", "roof_shade",
        "model_demand", "model_limit", AREA,
    ),
    offers.NAMES,
    _assets,
)  # fmt: skip
