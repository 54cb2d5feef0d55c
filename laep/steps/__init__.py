"""The steps from layers to plan: which layers and assumptions go into which function. In running order: `STEPS`."""

from laep.steps.energy import BALANCE, DEMAND, FINANCE, HEADROOM, SOLAR
from laep.steps.homes import STOCK
from laep.steps.place import HEIGHTS, LINKS, NETWORK, ROOFS, SEGMENTS, SITES
from laep.steps.plan import BLOCKS, FIGURES, PATHWAYS

STEPS = (
    NETWORK, LINKS, HEIGHTS, ROOFS, SITES, STOCK, DEMAND, SEGMENTS, SOLAR, BALANCE, HEADROOM, FINANCE,
    BLOCKS, PATHWAYS, FIGURES,
)  # fmt: skip
