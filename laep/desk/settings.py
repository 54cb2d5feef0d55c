"""The assumed numbers a check uses, read once and cited in every answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from laep.assumptions import some
from laep.checked import Route
from laep.models.network import connection

if TYPE_CHECKING:
    from laep.assumptions import Assumption, Assumptions

_KEYS = {
    "net.power_factor": "-",
    "net.link.max_secondary_m": "m",
    "net.g98.limit_kw": "kW",
    "net.g99.short_form.single_kw": "kW",
    "net.g99.short_form.three_kw": "kW",
    "net.g99.type_a.max_mw": "MW",
    "net.g99.type_b.max_mw": "MW",
    "net.g99.type_c.max_mw": "MW",
    "net.tia.england_wales_mw": "MW",
    "net.tia.scotland_kw": "kW",
    "net.tia.islands_kw": "kW",
    "net.connection.lv_max_kw": "kW",
    "net.connection.hv_max_mw": "MW",
    "net.connection.lv_gbp": "GBP",
    "net.connection.hv_gbp": "GBP",
}


@dataclass(frozen=True)
class Settings:
    """The assumptions of a desk, by key."""

    table: dict[str, Assumption]

    def value(self, key: str) -> float:
        """Return the central value of one assumption."""
        return self.table[key].value

    @property
    def power_factor(self) -> float:
        """Return the power factor that MVA is compared with MW by."""
        return self.value("net.power_factor")

    @property
    def lv_max_kw(self) -> float:
        """Return the largest proposal taken to connect at low voltage. [kW]."""
        return self.value("net.connection.lv_max_kw")

    @property
    def secondary_m(self) -> float:
        """Return the farthest a place is tied to a secondary substation by distance. [m]."""
        return self.value("net.link.max_secondary_m")

    @property
    def connecting(self) -> connection.Connecting:
        """Return at what level a proposal connects by its size, and what that may cost."""
        return connection.Connecting(
            g98_limit_kw=self.value("net.g98.limit_kw"), lv_max_kw=self.lv_max_kw,
            hv_max_mw=self.value("net.connection.hv_max_mw"), lv_gbp=self.table["net.connection.lv_gbp"].span,
            hv_gbp=self.table["net.connection.hv_gbp"].span,
        )  # fmt: skip

    def phases(self, kw: float, given: int | None) -> int:
        """Return the phases of the supply: as given, else one, as most homes have, up to the short form's limit."""
        return given or (1 if kw <= self.value("net.g99.short_form.single_kw") else 3)

    def route(self, generation_kw: float, demand_kw: float, *, phases: int | None) -> Route:
        """Return the connection route of one proposal, by the rating of its generators and batteries together."""
        if generation_kw <= 0:
            code = "demand" if demand_kw > 0 else "none"
            words = "Ask the network operator for an offer before you commit: G98 and G99 are for generation only."
            told = words if code == "demand" else "Nothing is proposed."
            return Route(code=code, g99_type="", phases=phases or 3, words=told)
        wires = self.phases(generation_kw, phases)
        found = connection.route(
            generation_kw, phases=wires, g98_limit_kw=self.value("net.g98.limit_kw"),
            short_form_single_kw=self.value("net.g99.short_form.single_kw"),
            short_form_three_kw=self.value("net.g99.short_form.three_kw"),
        )  # fmt: skip
        if found.code == "g98":
            return Route(code=found.code, g99_type="", phases=wires, words=found.words)
        kind = connection.g99_type(
            generation_kw, type_a_max_mw=self.value("net.g99.type_a.max_mw"),
            type_b_max_mw=self.value("net.g99.type_b.max_mw"), type_c_max_mw=self.value("net.g99.type_c.max_mw"),
        )  # fmt: skip
        return Route(code=found.code, g99_type=kind, phases=wires, words=f"{found.words} Type {kind} by size.")

    def cost_gbp(self, kw: float, *, phases: int) -> tuple[float, float, float] | None:
        """Return value, low and high of the connection cost of one proposal, None above what is known. [GBP]."""
        return self.connecting.gbp(kw, phases=phases)

    def tia_from_kw(self, licence_area: str) -> tuple[float, float]:
        """Return from which rating a transmission impact assessment is needed, at least and at most. [kW]."""
        return connection.tia_from_kw(
            licence_area, england_wales_mw=self.value("net.tia.england_wales_mw"),
            scotland_kw=self.value("net.tia.scotland_kw"), islands_kw=self.value("net.tia.islands_kw"),
        )  # fmt: skip


def read(assumptions: Assumptions) -> Settings:
    """Return the settings of a desk from an area's assumptions."""
    return Settings({key: assumptions.get(key, unit) for key, unit in _KEYS.items()})


def shipped() -> Settings:
    """Return the settings of a desk that belongs to no area."""
    return Settings(some(_KEYS))
