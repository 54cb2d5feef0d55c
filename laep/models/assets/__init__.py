"""Assets that a place could share: one module a kind, one way to size and to cost them all."""

from laep.models.assets.canopy import CANOPY
from laep.models.assets.solar_ground import SOLAR_GROUND
from laep.models.assets.solar_roof import SOLAR_ROOF

KINDS = {kind.technology: kind for kind in (SOLAR_ROOF, SOLAR_GROUND, CANOPY)}
"""Technology of a site -> what is known of such assets."""
