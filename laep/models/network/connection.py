"""How generation gets connected, in plain words, and what a connection and its use cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from laep.errors import LaepError
from laep.schema.vocabulary import LEVELS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

G98: Final = "g98"
"""Route of what is connected first and told of afterwards, whatever headroom is published."""
PHASES = (1, 3)
"""Supplies in Great Britain have one or three phases."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """A way to get connected: `code` is g98, g99_short or g99; `words` say what to do."""

    code: Literal["g98", "g99_short", "g99"]
    words: str


def route(
    inverter_kw: float,
    *,
    phases: int,
    g98_limit_kw: float,
    short_form_single_kw: float,
    short_form_three_kw: float,
) -> Route:
    """
    Return the connection route of one installation.

    Parameters
    ----------
    inverter_kw : float
        Export rating of the inverters and batteries together, not the panel capacity. [kW]
    phases : int
        1 or 3.
    g98_limit_kw : float
        Rating per phase up to which kit is connected first and notified after; `net.g98.limit_kw`. [kW]
    short_form_single_kw, short_form_three_kw : float
        Ratings up to which the short G99 form does; `net.g99.short_form.single_kw`, `net.g99.short_form.three_kw`. [kW]

    Notes
    -----
    The short form also needs fully type-tested kit. Says nothing of whether the operator will accept or at what cost.
    """
    if phases not in PHASES or not (math.isfinite(inverter_kw) and inverter_kw > 0):
        raise LaepError(
            f"A connection needs an inverter above 0 kW on 1 or 3 phases, not {inverter_kw} kW on {phases}."
        )
    supply = "one phase" if phases == 1 else "three phases"
    limit = round(g98_limit_kw * phases, 9)
    short = short_form_single_kw if phases == 1 else short_form_three_kw
    if inverter_kw <= limit:
        return Route(
            code=G98,
            words=f"Up to {limit:g} kW on {supply}: connect first, then tell the network operator within 28 days "
            "(EREC G98, for kit up to 16 A a phase connected on or after 27 April 2019). Several such systems in one "
            "street: ask the operator before the first goes in.",
        )
    if inverter_kw <= short:
        return Route(
            code="g99_short",
            words=f"Above {limit:g} kW and up to {short:g} kW on {supply}: apply to the network operator before "
            "installing, on the short form A1-1 if all kit is fully type tested (EREC G99, Issue 2 of March 2025).",
        )
    return Route(
        code="g99",
        words=f"Above {short:g} kW on {supply}: make a full application to the network operator before installing, "
        "and wait for its offer before spending on kit (G99).",
    )


def g99_type(
    inverter_kw: float, *, type_a_max_mw: float, type_b_max_mw: float, type_c_max_mw: float
) -> Literal["A", "B", "C", "D"]:
    """
    Return the type G99 puts a generator in by its size; the type decides how much it has to prove.

    Parameters
    ----------
    inverter_kw : float
        Registered capacity. [kW]
    type_a_max_mw, type_b_max_mw, type_c_max_mw : float
        Capacity at which the next type begins; `net.g99.type_a.max_mw` and its sisters. [MW]

    Notes
    -----
    Leaves out that a connection at 110 kV or more is type D at any size.
    """
    megawatts = inverter_kw / 1000
    if megawatts < type_a_max_mw:
        return "A"
    if megawatts < type_b_max_mw:
        return "B"
    return "C" if megawatts < type_c_max_mw else "D"


def tia_from_kw(
    licence_area: str, *, england_wales_mw: float, scotland_kw: float, islands_kw: float
) -> tuple[float, float]:
    """
    Return the rating from which generation needs a transmission impact assessment, at least and at most. [kW].

    Parameters
    ----------
    licence_area : str
        Name as in `licence.AREAS`. North Scotland has islands, with a lower threshold; the two differ there.
    england_wales_mw, scotland_kw, islands_kw : float
        `net.tia.england_wales_mw`, `net.tia.scotland_kw`, `net.tia.islands_kw`.
    """
    if licence_area == "North Scotland":
        return islands_kw, scotland_kw
    only = scotland_kw if licence_area == "South Scotland" else england_wales_mw * 1000
    return only, only


@dataclass(frozen=True, kw_only=True)
class Connecting:
    """
    At what level something connects by its size, and what that may cost.

    Attributes
    ----------
    g98_limit_kw : float
        Rating per phase up to which nothing is charged as long as the supply that is there will do;
        `net.g98.limit_kw`. [kW]
    lv_max_kw, hv_max_mw : float
        Largest connection at low voltage and at 11 kV; `net.connection.lv_max_kw`, `net.connection.hv_max_mw`.
    lv_gbp, hv_gbp : tuple of value, low and high
        `net.connection.lv_gbp`, `net.connection.hv_gbp`. [GBP]

    Notes
    -----
    An order of size, not a quotation: distance, road and reinforcement decide, and only the operator prices them.
    """

    g98_limit_kw: float
    lv_max_kw: float
    hv_max_mw: float
    lv_gbp: tuple[float, float, float]
    hv_gbp: tuple[float, float, float]

    def level(self, kw: float) -> str | None:
        """Return the level of the substation that counts for `kw`, the larger of what is sent out and drawn."""
        if not math.isfinite(kw):
            return None
        if kw <= self.lv_max_kw:
            return LEVELS[0]
        return LEVELS[1] if kw <= self.hv_max_mw * 1000 else LEVELS[2]

    def gbp(self, kw: float, *, phases: int = max(PHASES)) -> tuple[float, float, float] | None:
        """Return value, low and high of what connecting `kw` may cost, None where no figure is known. [GBP]."""
        if kw <= self.g98_limit_kw * phases:
            return 0.0, 0.0, 0.0
        return {LEVELS[0]: self.lv_gbp, LEVELS[1]: self.hv_gbp}.get(self.level(kw) or "")

    def many_gbp(self, kw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `gbp` of many, shape (3, many); missing where no figure is known. [GBP]."""
        unknown = (math.nan,) * 3
        return np.array([self.gbp(each) or unknown for each in kw], dtype=np.float64).reshape(-1, 3).T


def export_mw(capacity_kwp: pd.Series[float], *, dc_ac_ratio: float, diversity: float) -> pd.Series[float]:
    """
    Return the export that many arrays could add at once, all of it leaving their homes.

    Parameters
    ----------
    capacity_kwp : Series
        Summed panel capacity. [kWp]
    dc_ac_ratio : float
        Panel capacity over inverter rating, `pv.system.dc_ac_ratio`. [-]
    diversity : float
        Highest simultaneous output over summed inverter rating, `net.diversity.pv_export`. [-]

    Returns
    -------
    Series, same index
        [MW]
    """
    return capacity_kwp / dc_ac_ratio * diversity / 1000


def avoided_charges_gbp(
    *, peak_kw: float, tnuos_gbp_per_kw: float, red_band_kwh: float, duos_red_p_per_kwh: float
) -> float:
    """
    Return the yearly use-of-system charges that a self-balancing network behind one meter might avoid.

    Parameters
    ----------
    peak_kw : float
        Demand taken off the system peak. [kW]
    tnuos_gbp_per_kw : float
        Transmission charge. [GBP/kW/yr]
    red_band_kwh : float
        Energy taken off the distribution red band in a year. [kWh]
    duos_red_p_per_kwh : float
        Distribution red band charge. [p/kWh]

    Notes
    -----
    What some avoid others pay: a private value, not a saving to the system. Open to reform.
    """
    return peak_kw * tnuos_gbp_per_kw + red_band_kwh * duos_red_p_per_kwh / 100
