"""All layers, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.schema.energy import ENERGY
from laep.schema.ground import GROUND
from laep.schema.heat import HEAT
from laep.schema.modelled import MODELLED
from laep.schema.money import MONEY
from laep.schema.network import NETWORK
from laep.schema.people import PEOPLE
from laep.schema.placed import PLACED
from laep.schema.planned import PLANNED
from laep.schema.ranges import bounded

if TYPE_CHECKING:
    from laep.schema.columns import Layer

FILLED: dict[str, Layer] = {layer.name: bounded(layer) for layer in (*GROUND, *PEOPLE, *NETWORK)}
"""Layers that files fill, where any number may stand."""
LAYERS: dict[str, Layer] = FILLED | {
    layer.name: layer for layer in (*PLACED, *MODELLED, *HEAT, *ENERGY, *MONEY, *PLANNED)
}
