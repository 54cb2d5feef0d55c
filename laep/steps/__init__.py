"""The steps from layers to plan: which layers and assumptions go into which function. In running order: `STEPS`."""

from laep.pipeline import in_order
from laep.steps.balance import BALANCE
from laep.steps.energy import DEMAND, FINANCE, HEADROOM, SOLAR, YIELDS
from laep.steps.generation import GENERATORS
from laep.steps.homes import STOCK
from laep.steps.network import CHAIN, LIMITS, LV
from laep.steps.place import HEIGHTS, HORIZONS, LINKS, NETWORK, ROOFS, SITES
from laep.steps.plan import BLOCKS, FIGURES, PATHWAYS
from laep.steps.segments import SEGMENTS, SELF_BALANCE

STEPS = in_order(
    (
        HEIGHTS, GENERATORS, ROOFS, HORIZONS, SOLAR, NETWORK, STOCK, DEMAND, LINKS, CHAIN, SITES, SEGMENTS, YIELDS,
        BALANCE, SELF_BALANCE, HEADROOM, LV, LIMITS, FINANCE, BLOCKS, PATHWAYS, FIGURES,
    )
)  # fmt: skip
"""Where nothing is to be waited for, a step runs in the place it has here."""
