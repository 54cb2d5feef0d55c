"""The steps from layers to plan: which layers and assumptions go into which function. In running order: `STEPS`."""

from laep.pipeline import in_order
from laep.steps.assets import ASSETS
from laep.steps.balance import BALANCE
from laep.steps.demand import DEMAND
from laep.steps.energy import USE
from laep.steps.generation import GENERATORS
from laep.steps.heat import HEAT
from laep.steps.heat_routes import HEAT_ROUTES
from laep.steps.homes import HOMES, STOCK
from laep.steps.money import FINANCE
from laep.steps.network import CHAIN, HEADROOM, LIMITS, LINKS, LV, NETWORK
from laep.steps.plan import BLOCKS, FIGURES, PATHWAYS, QUESTIONS
from laep.steps.roofs import HEIGHTS, HORIZONS, ROOFS
from laep.steps.segments import SEGMENTS, SELF_BALANCE
from laep.steps.sites import SITES
from laep.steps.solar import SOLAR, YIELDS

STEPS = in_order(
    (
        HEIGHTS, GENERATORS, ROOFS, HORIZONS, SOLAR, NETWORK, HOMES, STOCK, HEAT, DEMAND, LINKS, CHAIN, SITES, SEGMENTS,
        YIELDS, BALANCE, SELF_BALANCE, HEADROOM, LV, LIMITS, USE, HEAT_ROUTES, ASSETS, FINANCE, BLOCKS, QUESTIONS,
        PATHWAYS, FIGURES,
    )
)  # fmt: skip
"""Where nothing is to be waited for, a step runs in the place it has here."""
