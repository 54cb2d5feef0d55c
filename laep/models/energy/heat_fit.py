"""Modelled heat of homes held to the gas that their zones and postcodes meter.

Homes that lose much heat are kept cooler than a model that warms all alike would have it, and homes that lose little
are kept warmer: the prebound effect. So what homes use follows what they would need at one temperature with a power
below one. That power and the level are fitted to metered gas; what stays over in a zone is taken on as far as its
number of meters bears it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_POWERS = np.linspace(0.0, 1.5, 151)
"""Powers tried."""


@dataclass(frozen=True, kw_only=True)
class Prior:
    """
    What is taken before any meter is read: assumptions of group `heat`.

    Attributes
    ----------
    level, level_apart : float
        What homes use over what the model asks for, `heat.calibration`, and how far places differ, as a logarithm. [-]
    power, power_apart : float
        The power, `heat.prebound`, and its standard deviation. [-]
    homes_apart : float
        How far homes alike differ, as the standard deviation of a logarithm, `heat.homes_apart`. [-]
    zones_apart : float
        How far zones differ in what no model sees, the same, `heat.zones_apart`. [-]
    """

    level: float
    level_apart: float
    power: float
    power_apart: float
    homes_apart: float
    zones_apart: float


@dataclass(frozen=True)
class Fit:
    """
    What turns heat at one temperature into heat used.

    Attributes
    ----------
    level, power : float
        Heat used a square metre is `level * usual * (need / usual) ** power`. [-]
    usual : float
        Middle need of the homes it was fitted to. [kWh/m2/yr]
    zone : Series, index zone id
        What a zone uses beside that, as a factor; zones without meters are not in it. [-]
    meters : float
        Meters it was held to; 0 for none. [-]
    """

    level: float
    power: float
    usual: float
    zone: pd.Series[float]
    meters: float

    def factor(self, need_kwh_m2: pd.Series[float], zone: pd.Series[str]) -> pd.Series[float]:
        """Return heat used over heat needed at one temperature, by building. [-]."""
        own = zone.map(self.zone).astype("float64").fillna(1.0)
        return self.level * (need_kwh_m2 / self.usual) ** (self.power - 1) * own


def units(metered: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the gas rows of one kind of area, of the latest year, that have meters and a mean; index `area_code`."""
    rows = metered[(metered["kind"] == kind) & (metered["fuel"] == "gas")].dropna(subset=["meters", "mean_kwh"])
    rows = rows[rows["meters"] > 0]
    year = rows["year"].max()
    latest = rows if pd.isna(year) else rows[rows["year"] == year]
    return latest.drop_duplicates("area_code").set_index("area_code")[["meters", "mean_kwh"]].astype("float64")


def space_heat(
    metered: pd.DataFrame, water_kwh: pd.Series[float], *, efficiency: float, cooking_kwh: float
) -> pd.Series[float]:
    """
    Return the space heat behind the metered gas of a mean home of each area. [kWh/yr].

    Parameters
    ----------
    metered : DataFrame
        From `units`.
    water_kwh : Series, index of `metered`
        Heat for hot water of a mean home there. [kWh/yr]
    efficiency : float
        Heat over gas in a boiler, `heat.efficiency.gas`. [-]
    cooking_kwh : float
        Gas that a mean home cooks with, `heat.cooking_gas_kwh`. [kWh/yr]
    """
    left = (metered["mean_kwh"] - cooking_kwh) * efficiency - water_kwh
    return left.where(left > 0)


def to_meters(
    homes: pd.DataFrame, held: Mapping[str, pd.DataFrame], *, water_kwh: float, efficiency: float, cooking_kwh: float,
    prior: Prior,
) -> Fit:  # fmt: skip
    """
    Fit homes to all the gas that is metered: level and power to whichever has more areas, zones or postcodes.

    Parameters
    ----------
    homes : DataFrame
        As in `fit`, with both `zone_id` and `postcode`.
    held : mapping of column to DataFrame
        Metered gas by zone and by postcode, from `units`.
    water_kwh, efficiency, cooking_kwh : float
        As in `space_heat`.
    prior : Prior
    """
    heat = {
        by: space_heat(rows, pd.Series(water_kwh, index=rows.index), efficiency=efficiency, cooking_kwh=cooking_kwh)
        for by, rows in held.items()
    }
    usable = homes[(homes["gas_homes"] > 0) & (homes["need_kwh_m2"] > 0)]
    many = {by: int(told.dropna().index.isin(usable[by].dropna()).sum()) for by, told in heat.items()}
    by = max(many, key=lambda name: many[name])
    found = fit(usable, heat[by], held[by]["meters"], by=by, prior=prior)
    if not many["zone_id"]:
        return found
    return with_zones(found, usable, heat["zone_id"], held["zone_id"]["meters"], prior=prior)


def fit(homes: pd.DataFrame, heat_kwh: pd.Series[float], meters: pd.Series[float], *, by: str, prior: Prior) -> Fit:
    """
    Fit level and power to the metered space heat of areas.

    Parameters
    ----------
    homes : DataFrame
        A row a building: `need_kwh_m2` (space heat at one temperature), `floor_m2` of one home, `gas_homes`, `zone_id`,
        and the area it is in (column `by`).
    heat_kwh, meters : Series, index area code
        Metered space heat of a mean home (`space_heat`) and meters. [kWh/yr], [count]
    by : str
        Column of `homes` that holds the area: `zone_id` or `postcode`.
    prior : Prior

    Returns
    -------
    Fit

    Notes
    -----
    The mean of a logarithm over areas, each weighted by what its meters and its own ways let it tell; the power is
    tried in steps of 0.01. A place without meters keeps the prior.
    """
    usable = homes[(homes["gas_homes"] > 0) & (homes["need_kwh_m2"] > 0)]
    if usable.empty:
        return Fit(prior.level, prior.power, 1.0, pd.Series(dtype="float64"), 0.0)
    usual = float(np.average(usable["need_kwh_m2"], weights=usable["gas_homes"]))
    told = heat_kwh.dropna()
    told = told[told.index.isin(usable[by].dropna().unique())]
    if told.empty:
        return Fit(prior.level, prior.power, usual, pd.Series(dtype="float64"), 0.0)
    area = pd.Categorical(usable[by], categories=told.index).codes
    count = meters[told.index].to_numpy(dtype="float64")
    trust = np.asarray(1.0 / (prior.zones_apart**2 + prior.homes_apart**2 / count), dtype=np.float64)
    measured = np.log(told.to_numpy(dtype="float64"))
    best, level, power = np.inf, prior.level, prior.power
    for tried in _POWERS:
        gap = measured - np.log(_means(usable, area, len(told), usual, tried))
        height, miss = _level(gap, trust, prior)
        cost = miss + ((tried - prior.power) / prior.power_apart) ** 2
        if cost < best:
            best, level, power = cost, height, float(tried)
    return Fit(level, power, usual, pd.Series(dtype="float64"), float(meters[told.index].sum()))


def with_zones(
    found: Fit, homes: pd.DataFrame, heat_kwh: pd.Series[float], meters: pd.Series[float], *, prior: Prior
) -> Fit:
    """Return a fit with what each zone uses beside it, as far as its number of meters bears it."""
    told = heat_kwh.dropna()
    told = told[told.index.isin(homes["zone_id"].dropna().unique())]
    area = pd.Categorical(homes["zone_id"], categories=told.index).codes
    modelled = _means(homes, area, len(told), found.usual, found.power)
    gap = np.log(told.to_numpy(dtype="float64")) - np.log(modelled) - np.log(found.level)
    noise = prior.homes_apart**2 / meters[told.index].to_numpy(dtype="float64")
    borne = prior.zones_apart**2 / (prior.zones_apart**2 + noise)
    return Fit(found.level, found.power, found.usual, pd.Series(np.exp(gap * borne), index=told.index), found.meters)


def left_out(
    homes: pd.DataFrame, heat_kwh: pd.Series[float], meters: pd.Series[float], *, by: str, prior: Prior
) -> pd.DataFrame:
    """
    Return for each area what it meters beside what a fit to all other areas makes of it.

    Returns
    -------
    DataFrame, index area code
        `metered_kwh`, `found_kwh` (space heat of a mean home) [kWh/yr], `meters`.
    """
    told = heat_kwh.dropna()
    usable = homes[(homes["gas_homes"] > 0) & (homes["need_kwh_m2"] > 0)]
    told = told[told.index.isin(usable[by].dropna().unique())]
    rows = []
    for code in told.index:
        others = fit(usable[usable[by] != code], told.drop(code), meters, by=by, prior=prior)
        own = usable[usable[by] == code]
        made = _means(own, np.zeros(len(own), dtype=np.int8), 1, others.usual, others.power)[0] * others.level
        rows.append((code, float(told[code]), float(made), float(meters[code])))
    return pd.DataFrame(rows, columns=["area_code", "metered_kwh", "found_kwh", "meters"]).set_index("area_code")


def _level(gap: Array, trust: Array, prior: Prior) -> tuple[float, float]:
    """Return the level, and by how much the areas miss it, the prior among them."""
    towards = 1.0 / prior.level_apart**2
    height = float(((gap * trust).sum() + np.log(prior.level) * towards) / (trust.sum() + towards))
    miss = float((trust * (gap - height) ** 2).sum() + towards * (np.log(prior.level) - height) ** 2)
    return float(np.exp(height)), miss


def _means(homes: pd.DataFrame, area: NDArray[np.int8], count: int, usual: float, power: float) -> Array:
    """Return the modelled space heat of a mean gas home of each area, before the level. [kWh/yr]."""
    need = homes["need_kwh_m2"].to_numpy(dtype="float64")
    of_home = homes["floor_m2"].to_numpy(dtype="float64") * usual * (need / usual) ** power
    weight = homes["gas_homes"].to_numpy(dtype="float64")
    inside = area >= 0
    total = np.bincount(area[inside], weights=(weight * of_home)[inside], minlength=count)
    return total / np.maximum(np.bincount(area[inside], weights=weight[inside], minlength=count), 1e-9)
