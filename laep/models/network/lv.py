"""What a street substation could still take where its operator publishes nothing: a screening by plain arithmetic.

Transformer, cables and voltage are looked at one after the other; the least room counts. `lv_flow.py` beside it
sends the outcome through a power flow. `docs/methods-balance-headroom-money.md` says what it is worth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from laep.models.energy.demand import BUSINESS_PROFILE, HOME_PROFILE
from laep.models.time import profiles
from laep.models.time.clock import PERIOD_H

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Span = tuple[float, float, float]
"""Central, low and high value."""

OWN_CABLES = "its own cables, as drawn by the operator; typical conductor"
STREETS = "a typical cable as long as the way along the streets"
TYPICAL = "a typical feeder"
SCENARIO = "laep estimate"
METHOD = "screening: rating, after-diversity demand, volt drop on feeders that share the homes evenly"
_ENDS = ("", "_low", "_high")
_SUNNY = (9, 15)
"""Hours (UTC) between which solar output peaks."""
_SUMMER = (4, 9)
"""Months in which it does."""
_LEAST_M = 10.0
"""No feeder is shorter: the way from the transformer to the first joint."""


class Diversity(NamedTuple):
    """What each home, charger and heat pump adds to the peak of many [kW], and the coefficient for few [-]."""

    home_kw: Span
    charger_kw: Span
    pump_kw: Span
    k: Span


class Feeder(NamedTuple):
    """The typical feeder and transformer. Spans; units in the names."""

    rating_kva: Span
    pole_rating_kva: Span
    pole_homes: float
    homes_per_feeder: Span
    length_m: Span
    cable_kva: Span
    r_ohm_per_km: Span
    x_ohm_per_km: Span
    unbalance: Span
    reverse_share: Span


class Voltage(NamedTuple):
    """Phase to neutral: the lawful limits, and what the transformer gives at peak and light load. [V]."""

    lowest: float
    highest: float
    at_peak: Span
    at_light_load: Span


def load_kva(
    model_demand: pd.DataFrame, *, home_kw: float, power_factor: float, own_supply_kw: float
) -> pd.Series[float]:
    """
    Return what each building asks of its transformer at the peak, by building id. [kVA].

    Parameters
    ----------
    model_demand : DataFrame
        Layer `model_demand`; only rows of scope `building` count.
    home_kw : float
        After-diversity demand of a home, `admd.gas_heated.measured_kw`. [kW]
    power_factor : float
        `net.power_factor`. [-]
    own_supply_kw : float
        As in `served`. [kW]

    Notes
    -----
    A business counts with its mean half-hour at the time homes peak. Buildings without an estimate count nothing.
    """
    rows, shares = model_demand[model_demand["scope"] == "building"], _shares()
    business = _business_kwh(rows, shares, own_supply_kw)[:, 0] * shares["business_peak"]
    kw = rows["homes"].to_numpy(dtype="float64") * home_kw + business
    return pd.Series(kw / power_factor, index=rows["scope_id"].to_numpy(dtype=object))


def served(
    link_building: pd.DataFrame,
    model_demand: pd.DataFrame,
    substations: pd.DataFrame,
    pv_kw: pd.Series[float],
    *,
    own_supply_kw: float,
) -> pd.DataFrame:
    """
    Return what hangs from each linked secondary.

    Parameters
    ----------
    link_building, model_demand, substations : DataFrame
        Layers of the same name (`in_substation` the last).
    pv_kw : Series indexed by substation_id
        Solar already there. [kW]
    own_supply_kw : float
        Peak above which a business has a high-voltage supply of its own, so that it hangs from no street's transformer,
        `net.connection.lv_max_kw`. [kW]

    Returns
    -------
    DataFrame, one row per secondary, in order of id
        `secondary_id`, `name`, `homes`, `business_kw` and `least_kw` each with `_low`, `_high` (at the time homes peak;
        at the least demand of a sunny half-hour), `rating_kva` (missing: not published), `mean_m` (mean way of its
        homes along streets; missing where not known), `way` (how that was found), `pv_kw`, `link_confidence`.
    """
    rows = model_demand[model_demand["scope"] == "building"]
    used = link_building.merge(rows, left_on="building_id", right_on="scope_id").dropna(subset=["secondary_id"])
    shares, homes = _shares(), _home_kwh(used)
    business = _business_kwh(used, shares, own_supply_kw)
    parts = {"secondary_id": used["secondary_id"].to_numpy(), "homes": used["homes"].to_numpy(dtype="float64")}
    for i, end in enumerate(_ENDS):
        parts[f"business_kw{end}"] = business[:, i] * shares["business_peak"]
        parts[f"least_kw{end}"] = business[:, i] * shares["business_least"] + homes[:, i] * shares["home_least"]
    known = pd.DataFrame(parts).groupby("secondary_id", sort=True).sum().reset_index()
    listed = substations.drop_duplicates("substation_id").set_index("substation_id")
    ids = known["secondary_id"]
    ways = _ways(used)
    return known.assign(
        name=ids.map(listed["name"]).astype("string"),
        rating_kva=ids.map(listed["rating_mva"].astype("float64")) * 1000.0,
        mean_m=ids.map(ways["mean_m"]).astype("float64"),
        way=ids.map(ways["way"]).astype("string"),
        pv_kw=ids.map(pv_kw).fillna(0.0).astype("float64"),
        link_confidence=ids.map(ways["confidence"]).astype("string"),
    )


def screen(
    secondaries: pd.DataFrame,
    *,
    chargers: Mapping[int, Span],
    pumps: Mapping[int, Span],
    diversity: Diversity,
    feeder: Feeder,
    voltage: Voltage,
    pv_export: Span,
    power_factor: float,
) -> pd.DataFrame:
    """
    Return the room left at each secondary, by year and direction, as layer `model_lv` without its power flow.

    Parameters
    ----------
    secondaries : DataFrame
        From `served`.
    chargers, pumps : mapping of year to span
        Home chargers and heat pumps per home. The first year is today. [1/home]
    diversity, feeder, voltage
        What is assumed.
    pv_export : tuple
        Highest output of many arrays at once over their rating, `net.diversity.pv_export`. [-]
    power_factor : float
        Of demand; solar is taken at unity. [-]

    Returns
    -------
    DataFrame
        Besides the columns of `model_lv`: `feeders`, `mean_m`, `capacity_kw` (all that could flow at the peak, or back)
        and the cable's `r_ohm_per_km` and `x_ohm_per_km`, for a power flow.

    Notes
    -----
    Peak of n homes: (n x home + chargers x charger + pumps x pump) x (1 + k / sqrt(n)), plus businesses. Volt drop at
    the end of a feeder that carries P over a mean way m: u P (R + X tan phi) m / (3 V), with the lower voltage of its
    two ends for V, which is the safe side. Demand has a row a year; generation one, for today, because neither cars nor
    heat pumps change the least demand of a sunny half-hour much.
    """
    limits = _limits(secondaries, feeder)
    rows = [
        _rows(secondaries, limits, "demand", year, _peak(secondaries, chargers[year], pumps[year], diversity),
              _room_demand(limits, feeder, voltage, power_factor))
        for year in sorted(chargers)
    ]  # fmt: skip
    export = _export(secondaries, pv_export)
    rows.append(
        _rows(secondaries, limits, "generation", min(chargers), export, _room_generation(limits, feeder, voltage))
    )
    found = pd.concat(rows, ignore_index=True)
    return found.sort_values(["secondary_id", "direction", "year"], kind="stable").reset_index(drop=True)


def believable(rows: pd.DataFrame, *, most_load: float, power_factor: float) -> pd.DataFrame:
    """
    Return the rows of `screen` whose secondary could carry what is linked to it today.

    Parameters
    ----------
    rows : DataFrame
        From `screen`.
    most_load : float
        Peak load over rating above which a supply that works today cannot be as linked, `net.lv.most_load`. [-]
    power_factor : float
        `net.power_factor`. [-]

    Notes
    -----
    A supply that works has no large shortfall today: where one is reckoned, homes or a business are linked wrongly, a
    substation is missing from the list, or the rating is another. What room there is cannot be said.
    """
    today = rows[(rows["direction"] == "demand") & (rows["year"] == rows["year"].min())]
    over = today["flow_kw"] > most_load * today["rating_kva"] * power_factor
    return rows[~rows["secondary_id"].isin(today.loc[over, "secondary_id"])].reset_index(drop=True)


def unpublished(rows: pd.DataFrame, headroom: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `screen` whose secondary and direction have no published headroom."""
    told = headroom[(headroom["level"] == "secondary") & headroom["value"].notna()]
    have = pd.MultiIndex.from_frame(told[["substation_id", "direction"]].astype("string"))
    ours = pd.MultiIndex.from_frame(rows[["secondary_id", "direction"]].astype("string"))
    return rows[~ours.isin(have)].reset_index(drop=True)


def as_headroom(model_lv: pd.DataFrame) -> pd.DataFrame:
    """Return layer `model_lv` in the columns of `in_headroom`: level secondary, basis estimated, source `model_lv`."""
    return pd.DataFrame(
        {
            "substation_id": model_lv["secondary_id"], "substation_name": model_lv["name"], "level": "secondary",
            "direction": model_lv["direction"], "technology": "any", "scenario": SCENARIO, "scenario_vintage": None,
            "year": model_lv["year"], "value": model_lv["headroom_kw"] / 1000.0, "unit": "MW",
            "value_mw": model_lv["headroom_kw"] / 1000.0, "power_factor": None, "basis": "estimated",
            "floor_at_zero": False, "rag": None, "constraint": "Substation " + model_lv["binding"], "instead": None,
            "source_id": "model_lv",
        }
    )  # fmt: skip


def notes(model_lv: pd.DataFrame) -> tuple[str, ...]:
    """Return plain sentences on what was screened and what binds today."""
    said = []
    for direction, rows in model_lv.groupby("direction", sort=True):
        today = rows[rows["year"] == rows["year"].min()]
        kinds = ", ".join(f"{what} at {count}" for what, count in today["binding"].value_counts().sort_index().items())
        none = int((today["headroom_kw"] <= 0).sum())
        said.append(f"{len(today)} street substations screened for {direction}: {kinds}; {none} with no room today.")
    once = model_lv.drop_duplicates("secondary_id")
    if typical := int((once["rating_basis"] == "typical").sum()):
        said.append(f"{typical} of {len(once)} ratings are typical ones, as none is published.")
    return tuple(said)


def _shares() -> dict[str, float]:
    """Return power over yearly use at the peak of homes, at their least sunny half-hour and at most. [kW/kWh]."""
    year = 2026  # where weekends fall moves these by less than rounding
    home, business = profiles.profile(HOME_PROFILE, year=year), profiles.profile(BUSINESS_PROFILE, year=year)
    times = pd.date_range(f"{year}-01-01", periods=len(home), freq="30min")
    sunny = (times.hour >= _SUNNY[0]) & (times.hour < _SUNNY[1])
    sunny &= (times.month >= _SUMMER[0]) & (times.month <= _SUMMER[1])
    peak, least = int(home.argmax()), int(np.where(sunny, home, np.inf).argmin())
    return {
        "business_peak": float(business[peak]) / PERIOD_H,
        "business_most": float(business.max()) / PERIOD_H,
        "business_least": float(business[least]) / PERIOD_H,
        "home_least": float(home[least]) / PERIOD_H,
    }


def _kwh(rows: pd.DataFrame) -> Array:
    columns = [f"annual{end}_kwh" for end in _ENDS]
    kwh: Array = np.nan_to_num(rows[columns].to_numpy(dtype="float64", na_value=np.nan))
    return kwh


def _business_kwh(rows: pd.DataFrame, shares: Mapping[str, float], own_supply_kw: float) -> Array:
    """Return yearly use of businesses on the street's own transformer, shape (rows, 3); 0 for other buildings."""
    kwh = _kwh(rows)
    trade = rows["profile"].eq(BUSINESS_PROFILE).fillna(value=False).to_numpy(dtype=bool)
    return np.where((trade & (kwh[:, 0] * shares["business_most"] <= own_supply_kw))[:, None], kwh, 0)


def _home_kwh(rows: pd.DataFrame) -> Array:
    return np.where(rows["profile"].eq(HOME_PROFILE).fillna(value=False).to_numpy(dtype=bool)[:, None], _kwh(rows), 0)


def _ways(used: pd.DataFrame) -> pd.DataFrame:
    """Return for each secondary the mean way to its homes, how it was found, and the commonest link confidence."""
    weight = used["homes"].astype("float64").clip(lower=0.1)
    street = used["secondary_street_m"].astype("float64")
    known = pd.DataFrame(
        {
            "secondary_id": used["secondary_id"], "weight": weight.where(street.notna(), 0.0),
            "product": (weight * street).fillna(0.0),
            "cables": weight.where(used["secondary_method"].isin(["along_lines"]), 0.0),
            "all": weight, "low": weight.where(used["secondary_confidence"].isin(["low"]), 0.0),
        }
    )  # fmt: skip
    sums = known.groupby("secondary_id").sum()
    half = sums["weight"] >= sums["all"] / 2
    way = np.select([sums["cables"] >= sums["all"] / 2, half], [OWN_CABLES, STREETS], TYPICAL)
    mean = (sums["product"] / sums["weight"].replace(0.0, np.nan)).where(half)
    poor = sums["low"] > sums["all"] / 2
    return pd.DataFrame({"mean_m": mean, "way": way, "confidence": np.where(poor, "low", "medium")}, index=sums.index)


class _Limits(NamedTuple):
    """Of each secondary: rating, cables' carrying capacity, feeders and mean way, central, low and high room."""

    rating_kva: Array
    cables_kva: Array
    feeders: Array
    mean_m: Array


def _limits(secondaries: pd.DataFrame, feeder: Feeder) -> _Limits:
    homes = secondaries["homes"].to_numpy(dtype="float64")[:, None]
    published = secondaries["rating_kva"].to_numpy(dtype="float64")[:, None]
    typical = np.where(homes < feeder.pole_homes, np.array(feeder.pole_rating_kva), np.array(feeder.rating_kva))
    feeders = np.maximum(np.ceil(homes / _worse(feeder.homes_per_feeder)), 1.0)
    known = np.maximum(secondaries["mean_m"].to_numpy(dtype="float64")[:, None], _LEAST_M)
    mean = np.where(np.isnan(known), _worse(feeder.length_m) / 2, known)
    return _Limits(
        np.where(np.isnan(published), typical, published), feeders * np.array(feeder.cable_kva), feeders, mean
    )


def _worse(span: Span) -> Array:
    """Return a span in which more is worse, so that its high value goes with the low room."""
    central, low, high = span
    return np.array([central, high, low])


def _peak(secondaries: pd.DataFrame, chargers: Span, pumps: Span, diversity: Diversity) -> Array:
    """Return demand at the peak: central, low, high, shape (secondaries, 3). [kW]."""
    homes = secondaries["homes"].to_numpy(dtype="float64")[:, None]
    each = (
        np.array(diversity.home_kw)
        + np.array(chargers) * np.array(diversity.charger_kw)
        + np.array(pumps) * np.array(diversity.pump_kw)
    )
    business = secondaries[[f"business_kw{end}" for end in _ENDS]].to_numpy(dtype="float64")
    peak: Array = homes * each * (1 + np.array(diversity.k) / np.sqrt(np.maximum(homes, 1.0))) + business
    return peak


def _export(secondaries: pd.DataFrame, pv_export: Span) -> Array:
    """Return what flows back at the least demand of a sunny half-hour, below zero where none does. [kW]."""
    least = secondaries[[f"least_kw{end}" for end in _ENDS]].to_numpy(dtype="float64")
    export: Array = secondaries["pv_kw"].to_numpy(dtype="float64")[:, None] * np.array(pv_export) - least[:, [0, 2, 1]]
    return export


def _room_demand(limits: _Limits, feeder: Feeder, voltage: Voltage, power_factor: float) -> tuple[Array, Array, Array]:
    """Return all that could flow to homes as transformer, cables and voltage allow, worst end second. [kW]."""
    reactive = float(np.tan(np.arccos(power_factor)))
    drop = np.array(voltage.at_peak) - voltage.lowest
    ohms = _worse(feeder.r_ohm_per_km) + _worse(feeder.x_ohm_per_km) * reactive
    return (
        limits.rating_kva * power_factor,
        limits.cables_kva * power_factor,
        _by_voltage(limits, feeder, np.full(3, voltage.lowest), drop, ohms),
    )


def _room_generation(limits: _Limits, feeder: Feeder, voltage: Voltage) -> tuple[Array, Array, Array]:
    """Return all that could flow back, at unity power factor, worst end second. [kW]."""
    rise = voltage.highest - _worse(voltage.at_light_load)
    ohms = _worse(feeder.r_ohm_per_km)
    return (
        limits.rating_kva * np.array(feeder.reverse_share),
        limits.cables_kva,
        _by_voltage(limits, feeder, _worse(voltage.at_light_load), rise, ohms),
    )


def _by_voltage(limits: _Limits, feeder: Feeder, at_v: Array, allowed_v: Array, ohms: Array) -> Array:
    per_feeder = 3 * at_v * np.maximum(allowed_v, 0.0) / (_worse(feeder.unbalance) * ohms * limits.mean_m)
    kw: Array = limits.feeders * per_feeder  # volts times amperes over ohm/km times m: the two thousands cancel
    return kw


def _rows(
    secondaries: pd.DataFrame,
    limits: _Limits,
    direction: str,
    year: int,
    flow: Array,
    could: tuple[Array, Array, Array],
) -> pd.DataFrame:
    transformer, cables, by_voltage = (part - flow[:, [0, 2, 1]] for part in could)
    thermal = np.minimum(transformer, cables)
    room = np.minimum(thermal, by_voltage)
    sized = secondaries["rating_kva"].notna().to_numpy()
    sure = sized & (secondaries["link_confidence"] == "medium").to_numpy() & (secondaries["way"] != TYPICAL).to_numpy()
    spreads = {"flow": flow, "thermal": thermal, "voltage": by_voltage, "headroom": room}
    return pd.DataFrame(
        {
            "secondary_id": secondaries["secondary_id"], "name": secondaries["name"], "year": year,
            "direction": direction, "homes": secondaries["homes"], "rating_kva": limits.rating_kva[:, 0],
            "rating_basis": np.where(sized, "published", "typical"),
            **{f"{stem}{end}_kw": values[:, i] for stem, values in spreads.items() for i, end in enumerate(_ENDS)},
            "binding": _binding(transformer[:, 0], cables[:, 0], by_voltage[:, 0]),
            "feeder": secondaries["way"], "method": METHOD, "confidence": np.where(sure, "medium", "low"),
            "feeders": limits.feeders[:, 0], "mean_m": limits.mean_m[:, 0],
            "capacity_kw": np.min([part[:, 0] for part in could], axis=0),
        }
    )  # fmt: skip


def _binding(transformer: Array, cables: Array, by_voltage: Array) -> NDArray[np.str_]:
    words: NDArray[np.str_] = np.array(["transformer", "cable", "voltage"])
    named: NDArray[np.str_] = words[np.argmin([transformer, cables, by_voltage], axis=0)]
    return named
